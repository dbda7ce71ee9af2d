//! Finds patterns bar by bar and follows each until nothing more is expected of it.

use super::bar::{Bar, Refused};
use super::found::{Direction, Found, Kind, State};
use super::rules::Rules;
use super::shape::{above, at_least, at_most};
use super::swings::{Swing, Swings};
use super::{channels, elliott, flags, harmonic, reversals};
use crate::error::Error;

/// How many swings are remembered; no pattern has more points.
pub const SWINGS_KEPT: usize = 16;

/// How many patterns of one kind can be alive at a time: one for each direction.
pub const ALIVE_PER_KIND: usize = 2;

/// Finds patterns of the chosen kinds. Memory is set by the number of kinds (two patterns alive and four changes for
/// each, at most 400 bytes a pattern), and no bar allocates. The work for a bar grows with the patterns that are alive; the
/// shapes are looked for only at the bars at which a swing becomes known.
///
/// While a pattern is alive, another of its kind and direction that begins before the last point of it is not said; one
/// that begins later takes its place.
#[derive(Clone, Debug)]
pub struct Patterns {
    rules: Rules,
    wanted: u32,
    finder: Swings,
    swings: Vec<Swing>,
    alive: Vec<Found>,
    changes: Vec<Found>,
}

/// What a series held.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// Every change, in the order in which they came: a pattern comes once for each state.
    pub changes: Vec<Found>,
    /// The rows that were refused; they are not counted as bars.
    pub refused: Vec<usize>,
}

impl Patterns {
    /// Looks for `kinds` by `rules`, or says what is wrong with these.
    pub fn new(rules: Rules, kinds: &[Kind]) -> Result<Patterns, Error> {
        let finder = rules.check()?;
        let wanted = kinds.iter().fold(0, |bits, kind| bits | kind.bit());
        let count = wanted.count_ones() as usize;
        Ok(Patterns {
            rules,
            wanted,
            finder,
            swings: Vec::with_capacity(SWINGS_KEPT),
            alive: Vec::with_capacity(ALIVE_PER_KIND * count),
            // Each that is alive may end on the bar that brings its successor.
            changes: Vec::with_capacity(2 * ALIVE_PER_KIND * count),
        })
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// How many bars pass before a swing can be said at all; a pattern needs several swings.
    #[must_use]
    pub fn warm_up(&self) -> u64 {
        self.finder.warm_up()
    }

    /// How many bars have been taken in; those refused are not counted.
    #[must_use]
    pub fn bars(&self) -> u64 {
        self.finder.bars()
    }

    /// The last swings, oldest first, up to [`SWINGS_KEPT`].
    #[must_use]
    pub fn swings(&self) -> &[Swing] {
        &self.swings
    }

    /// The patterns of which something is still expected.
    #[must_use]
    pub fn alive(&self) -> &[Found] {
        &self.alive
    }

    /// Takes a finished bar in and says the patterns that came or changed by it. A refused bar leaves no trace.
    #[inline]
    pub fn push(&mut self, bar: &Bar) -> Result<&[Found], Refused> {
        bar.check()?;
        self.changes.clear();
        let now = self.finder.bars();
        let swing = self.finder.push_checked(bar);
        if !self.alive.is_empty() {
            self.follow(now, bar, swing.as_ref());
        }
        if let Some(swing) = swing {
            self.keep(swing);
            self.seek(now, bar);
        }
        Ok(&self.changes)
    }

    /// Becomes as new.
    pub fn reset(&mut self) {
        self.finder.reset();
        self.swings.clear();
        self.alive.clear();
        self.changes.clear();
    }

    /// All that a new detector says of `bars`, refused rows left out.
    pub fn batch(rules: Rules, kinds: &[Kind], bars: &[Bar]) -> Result<History, Error> {
        let mut patterns = Patterns::new(rules, kinds)?;
        let mut history = History { changes: Vec::new(), refused: Vec::new() };
        for (row, bar) in bars.iter().enumerate() {
            match patterns.push(bar) {
                Ok(changes) => history.changes.extend_from_slice(changes),
                Err(_) => history.refused.push(row),
            }
        }
        Ok(history)
    }

    fn follow(&mut self, now: u64, bar: &Bar, swing: Option<&Swing>) {
        let (rules, changes) = (&self.rules, &mut self.changes);
        self.alive.retain_mut(|it| {
            let Some(state) = next_state(it, now, bar, swing, rules) else { return true };
            it.state = state;
            it.changed_at = now;
            changes.push(*it);
            state.alive()
        });
    }

    fn keep(&mut self, swing: Swing) {
        if self.swings.len() == SWINGS_KEPT {
            self.swings.remove(0);
        }
        self.swings.push(swing);
    }

    /// Looks for every shape whose last point is the last swing.
    fn seek(&mut self, now: u64, bar: &Bar) {
        use Kind::{DoubleTop, ElliottFifth, ElliottImpulse, HeadShoulders, TripleTop};
        let (rules, wanted) = (self.rules, self.wanted);
        let swings = std::mem::take(&mut self.swings);
        let asked = |kind: Kind| wanted & (kind.bit() | kind.mirrored().bit()) != 0;
        let mut say = |found: Option<Found>| {
            if let Some(found) = found.filter(|it| wanted & it.kind.bit() != 0) {
                self.admit(found, now, bar);
            }
        };
        if asked(HeadShoulders) {
            say(reversals::head_shoulders(&swings, &rules));
        }
        if asked(DoubleTop) {
            say(reversals::double_top(&swings, &rules));
        }
        if asked(TripleTop) {
            say(reversals::triple_top(&swings, &rules));
        }
        if wanted & CHANNELS != 0 {
            say(channels::channel(&swings, &rules, wanted));
        }
        if wanted & FLAGS != 0 {
            say(flags::flag(&swings, &rules));
        }
        if wanted & HARMONICS != 0 {
            harmonic::harmonics(&swings, &rules, wanted, |found| say(Some(found)));
        }
        if asked(ElliottFifth) {
            say(elliott::fifth(&swings, &rules));
        }
        if asked(ElliottImpulse) {
            say(elliott::impulse(&swings, &rules));
        }
        if wanted & CORRECTIONS != 0 {
            say(elliott::correction(&swings, &rules));
        }
        self.swings = swings;
    }

    /// Takes a new pattern in, unless one of its kind and direction is alive and overlaps it, or the bar that made it known
    /// has already undone or outrun it.
    fn admit(&mut self, mut found: Found, now: u64, bar: &Bar) {
        if found.is_broken(bar.close) || lines_met(&found, now) || zone_passed(&found, bar) {
            return;
        }
        if let Some(direction) = breakout(&found, now, bar.close) {
            confirm(&mut found, direction, now);
            if found.is_over(bar.close) {
                return;
            }
        } else {
            measure(&mut found, now);
        }
        enter(&mut found, now, bar);
        let rival = |it: &Found| {
            it.kind == found.kind
                && (it.direction == found.direction
                    || it.direction == Direction::Open
                    || found.direction == Direction::Open)
        };
        let overlaps = |it: &Found| it.points.last().is_some_and(|last| found.from < last.at);
        if self.alive.iter().any(|it| rival(it) && overlaps(it)) {
            return;
        }
        let changes = &mut self.changes;
        self.alive.retain_mut(|it| {
            if !rival(it) {
                return true;
            }
            it.state = State::Expired;
            it.changed_at = now;
            changes.push(*it);
            false
        });
        self.alive.push(found);
        self.changes.push(found);
    }
}

const CHANNELS: u32 = bits(&[
    Kind::AscendingTriangle,
    Kind::DescendingTriangle,
    Kind::SymmetricalTriangle,
    Kind::RisingWedge,
    Kind::FallingWedge,
    Kind::Rectangle,
]);
const FLAGS: u32 = bits(&[Kind::BullFlag, Kind::BearFlag, Kind::BullPennant, Kind::BearPennant]);
const HARMONICS: u32 =
    bits(&[Kind::Gartley, Kind::Bat, Kind::Butterfly, Kind::Crab, Kind::Shark, Kind::Cypher]);
const CORRECTIONS: u32 = bits(&[Kind::ElliottZigzag, Kind::ElliottFlat]);

const fn bits(kinds: &[Kind]) -> u32 {
    let (mut all, mut i) = (0, 0);
    while i < kinds.len() {
        all |= 1 << kinds[i] as u32;
        i += 1;
    }
    all
}

/// The state that a bar brings a living pattern into, if another. The close is the last price of its bar, so a target that
/// the bar touched was reached before it.
#[inline]
fn next_state(it: &mut Found, now: u64, bar: &Bar, swing: Option<&Swing>, rules: &Rules) -> Option<State> {
    if it.state == State::Confirmed {
        let farthest = if it.direction == Direction::Bullish { bar.high } else { bar.low };
        if it.is_over(farthest) {
            return Some(State::Reached);
        }
    }
    if it.is_broken(bar.close) {
        return Some(State::Failed);
    }
    if it.state == State::Forming {
        if it.zone.is_some() {
            if zone_passed(it, bar) {
                return Some(State::Failed);
            }
            enter(it, now, bar);
            if let Some(swing) = swing {
                let complete = harmonic::complete(it, swing, rules);
                return Some(if complete { State::Confirmed } else { State::Failed });
            }
        } else if lines_met(it, now) {
            return Some(State::Expired);
        } else if let Some(direction) = breakout(it, now, bar.close) {
            confirm(it, direction, now);
            return Some(State::Confirmed);
        }
    }
    let since = if it.state == State::Confirmed { it.changed_at } else { it.known_at };
    (now - since >= it.length()).then_some(State::Expired)
}

/// Whether a bar reaches beyond the zone in which a harmonic pattern should turn.
fn zone_passed(it: &Found, bar: &Bar) -> bool {
    it.zone.is_some_and(|zone| match it.direction {
        Direction::Bullish => above(zone.low, bar.low, it.size),
        _ => above(bar.high, zone.high, it.size),
    })
}

/// Notes the first bar that reaches into the zone.
fn enter(it: &mut Found, now: u64, bar: &Bar) {
    let is_in = it.zone.is_some_and(|zone| match it.direction {
        Direction::Bullish => at_most(bar.low, zone.high, it.size),
        _ => at_least(bar.high, zone.low, it.size),
    });
    if is_in && it.entered_at.is_none() {
        it.entered_at = Some(now);
    }
}

/// The direction in which a close lies beyond a line that decides.
fn breakout(it: &Found, now: u64, close: f64) -> Option<Direction> {
    let rises = || it.upper.is_some_and(|line| above(close, line.price_at(now), it.size));
    let falls = || it.lower.is_some_and(|line| above(line.price_at(now), close, it.size));
    match it.direction {
        Direction::Bullish => rises().then_some(Direction::Bullish),
        Direction::Bearish => falls().then_some(Direction::Bearish),
        Direction::Open if rises() => Some(Direction::Bullish),
        Direction::Open => falls().then_some(Direction::Bearish),
    }
}

fn confirm(it: &mut Found, direction: Direction, now: u64) {
    if it.direction == Direction::Open {
        let opposite = if direction == Direction::Bullish { it.lower } else { it.upper };
        it.invalidation = opposite.map(|line| line.price_at(now));
    }
    it.direction = direction;
    it.state = State::Confirmed;
    measure(it, now);
}

/// Measures the move from the line at this bar, where it is measured from a line.
fn measure(it: &mut Found, now: u64) {
    let Some(height) = it.measure else { return };
    it.target = match it.direction {
        Direction::Bullish => it.upper.map(|line| line.price_at(now) + height),
        Direction::Bearish => it.lower.map(|line| line.price_at(now) - height),
        Direction::Open => None,
    };
}

fn lines_met(it: &Found, now: u64) -> bool {
    match (it.upper, it.lower) {
        (Some(upper), Some(lower)) => at_most(upper.price_at(now), lower.price_at(now), it.size),
        _ => false,
    }
}
