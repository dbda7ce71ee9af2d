//! Prices that are pushed and come back: momentum ignition and the hunt for stops. They read trades, second by second.
//!
//! Nothing here has a unit: a move is measured in usual moves of this instrument, and a push in orders above the usual
//! number of this instrument, in deviations of a count. Volume is not asked: on many markets a few large trades make most of
//! it, and forty orders of one side within seconds do not stand out in it.

use super::gauge::Alarm;
use super::tape::{Pressure, SECONDS, Tape};
use super::{Alert, Detector, Kind};
use crate::flow::{History, Moments, Stream};
use crate::measure::{Depth, Print};
use crate::state::{plain, state};

/// The length of a move, in seconds.
const MOVE: usize = 5;
/// Moves that must have been seen before one is large.
const SEEN_MIN: u32 = 60;
/// Moves that are held before the past fades by half: a day.
const MEMORY: u32 = 86_400;

/// The last move and how it compares with others of this instrument.
#[derive(Clone, Debug)]
struct Moves {
    squares: Moments,
    lengths: History,
}

state!(Moves { squares, lengths });

#[derive(Clone, Copy, Debug)]
struct Move {
    from: f64,
    change: f64,
    /// The root mean square of moves before it, each second one, fading by half in ten minutes; at least the quarter
    /// quantile of those that are not zero. As a share of the price.
    usual: f64,
}

plain!(Move { from, change, usual });

impl Moves {
    fn new() -> Moves {
        Moves { squares: Moments::new(600.0), lengths: History::new(MEMORY) }
    }

    /// The move that ended with the last finished second; none while there are too few to compare it with.
    fn last(&mut self, tape: &Tape) -> Option<Move> {
        if tape.held <= MOVE {
            return None;
        }
        let (from, to) = (tape.back(MOVE).price, tape.back(0).price);
        let change = to - from;
        let length = (change / from).abs();
        let usual = (self.lengths.len() >= SEEN_MIN).then(|| {
            self.squares.mean().unwrap_or(0.0).sqrt().max(self.lengths.quantile(0.25).unwrap_or(0.0))
        });
        self.squares.push(length * length);
        if length > 0.0 {
            self.lengths.push(length);
        }
        Some(Move { from, change, usual: usual? })
    }
}

/// A run that may come back.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// What it left from, or the level that it broke.
    from: f64,
    extreme: f64,
    extreme_at: i64,
    up: f64,
    since: i64,
    /// What the score is divided by, in quote currency.
    limit: f64,
    /// Of the orders that led to the furthest price.
    pressure: Pressure,
}

plain!(Run { from, extreme, extreme_at, up, since, limit, pressure });

/// What was found stands for this long, in nanoseconds.
pub(crate) const STANDS: i64 = 10_000_000_000;

/// What was found last.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    score: f64,
    evidence: [f64; 3],
    since: i64,
}

plain!(Found { score, evidence, since });

impl Found {
    /// As of `at`: nothing once it is past, or if time has gone back before it.
    fn at(&self, at: i64) -> (f64, [f64; 3]) {
        let stands = (self.since..self.since.saturating_add(STANDS)).contains(&at);
        if stands { (self.score, self.evidence) } else { (0.0, [0.0; 3]) }
    }
}

impl Run {
    /// How far it went, quote currency.
    fn length(&self) -> f64 {
        self.up * (self.extreme - self.from)
    }

    /// Whether it had `nanos` to come back from its furthest price, or time has gone back before it.
    fn is_past(&self, at: i64, nanos: i64) -> bool {
        at > self.extreme_at.saturating_add(nanos) || at < self.since
    }

    /// A price further out is the new extreme.
    fn follow(&mut self, price: f64, at: i64) {
        if self.up * (price - self.extreme) > 0.0 {
            (self.extreme, self.extreme_at) = (price, at);
        }
    }
}

/// A move must be so many usual ones long.
const IGNITION: f64 = 2.5;
/// The furthest price comes within this time of the push, in nanoseconds: what goes on for longer is a trend.
const BURST: i64 = 5_000_000_000;

/// `MOMENTUM_IGNITION`: a move of five seconds that is out of the usual, pushed by many orders of one side, and that is
/// undone within seconds.
///
/// A usual move is the root mean square of all moves of five seconds, one each second, fading by half in ten minutes. This
/// one must be 2.5 times as long, and the orders of its five seconds six deviations above the usual number, 85 % of them of
/// its side (see the head of this file). It must not go on for more than five seconds, and 60 % of it must come back within
/// `seconds` of its furthest price. The score is its length over that limit; it is known only when the move has been undone,
/// and stands for ten seconds. A push by a few large orders is not seen. Work once a second, of constant size.
#[derive(Clone, Debug)]
pub struct MomentumIgnition {
    nanos: i64,
    tape: Tape,
    moves: Moves,
    last: Option<Move>,
    run: Option<Run>,
    found: Found,
    alarm: Alarm,
}

state!(MomentumIgnition { tape, moves, last, run, found, alarm; nanos });

impl MomentumIgnition {
    /// Moves that are undone within `seconds`.
    #[must_use]
    pub fn new(seconds: f64) -> MomentumIgnition {
        MomentumIgnition {
            nanos: (seconds * 1e9) as i64,
            tape: Tape::new(),
            moves: Moves::new(),
            last: None,
            run: None,
            found: Found::default(),
            alarm: Alarm::new(Kind::MomentumIgnition),
        }
    }
}

impl Stream for MomentumIgnition {
    fn on_trade(&mut self, trade: &Print) {
        let MomentumIgnition { nanos, tape, moves, last, run, found, alarm } = self;
        tape.on_trade(trade, |tape, at| {
            *last = moves.last(tape);
            if run.is_some_and(|it| it.is_past(at, *nanos)) {
                *run = None;
            }
            if let (None, Some(it), Some(pressure)) = (&run, &last, tape.pressure(MOVE)) {
                let (limit, up) = (IGNITION * it.usual * it.from, it.change.signum());
                if it.change.abs() > limit && pressure.pushes(up) {
                    let extreme = tape.back(0).price;
                    *run =
                        Some(Run { from: it.from, extreme, extreme_at: at, up, since: at, limit, pressure });
                }
            }
        });
        if let Some(it) = run {
            it.follow(trade.price, trade.at);
            let back = it.up * (it.extreme - trade.price) / it.length();
            if it.extreme_at > it.since.saturating_add(BURST) {
                *run = None;
            } else if back >= 0.6 {
                let evidence = [it.length() / it.from * 1e4, back, it.pressure.excess];
                *found = Found { score: it.length() / it.limit, evidence, since: trade.at };
                *run = None;
            }
        }
        let (score, evidence) = found.at(trade.at);
        alarm.update(trade.at, last.map(|_| score), evidence);
    }

    fn on_book(&mut self, book: &Depth<'_>) {
        self.tape.classifier.on_book(book);
        self.alarm.pass();
    }

    fn write(&self, out: &mut [f64]) {
        self.alarm.write(out);
    }
}

impl Detector for MomentumIgnition {
    fn alert(&self) -> Option<Alert> {
        self.alarm.alert()
    }
}

/// A run must pass its level by so many usual moves.
const HUNT: f64 = 0.7;
/// A broken level must be older than this, in seconds.
const LEVEL_AGE: usize = 15;
/// The seconds before its furthest price whose orders are counted.
const RUN: usize = 10;
/// A run through a level must be back within this time of its furthest price, in nanoseconds,
const BACK_WITHIN: i64 = 30_000_000_000;
/// and within this time of the break.
const BREAK_WITHIN: i64 = 60_000_000_000;

/// `STOP_HUNTING`: a run through the highest or lowest price of the last minutes, where stops lie, pushed by many orders of
/// one side, and back behind it.
///
/// The orders of the ten seconds up to the furthest price must be six deviations above the usual number, 85 % of them of the
/// side of the run (see the head of this file); the price must be back within 30 seconds of its furthest and within a minute
/// of the break. The score is how far the run passed the level over 0.7 usual moves, as for [`MomentumIgnition`]. Known
/// only when the price is back; it stands for ten seconds. Work once a second in which there were trades: the window is
/// looked through.
#[derive(Clone, Debug)]
pub struct StopHunting {
    lookback: usize,
    tape: Tape,
    moves: Moves,
    last: Option<Move>,
    run: Option<Run>,
    found: Found,
    alarm: Alarm,
}

state!(StopHunting { tape, moves, last, run, found, alarm; lookback });

impl StopHunting {
    /// Levels of the last `seconds`, at most 1000.
    #[must_use]
    pub fn new(seconds: f64) -> StopHunting {
        StopHunting {
            lookback: (seconds as usize).clamp(LEVEL_AGE + 1, SECONDS - 2),
            tape: Tape::new(),
            moves: Moves::new(),
            last: None,
            run: None,
            found: Found::default(),
            alarm: Alarm::new(Kind::StopHunting),
        }
    }

    fn extremes(tape: &Tape, lookback: usize) -> Option<(f64, f64)> {
        (tape.held > lookback).then(|| {
            (LEVEL_AGE..lookback).fold((f64::INFINITY, 0.0_f64), |(low, high), i| {
                let it = tape.back(i);
                (low.min(it.low), high.max(it.high))
            })
        })
    }

    /// The run that the last finished second began, if it passed a level.
    fn begun(tape: &Tape, lookback: usize, last: &Move, at: i64) -> Option<Run> {
        let second = tape.back(0);
        // A second without trades breaks nothing.
        let (low, high) =
            if second.orders > 0.0 { StopHunting::extremes(tape, lookback)? } else { return None };
        let limit = HUNT * last.usual * second.price;
        let pressure = tape.pressure(RUN)?;
        let broken = [(high, second.high, 1.0), (low, second.low, -1.0)];
        let (from, extreme, up) =
            broken.into_iter().find(|(from, extreme, up)| up * (extreme - from) > 0.0)?;
        Some(Run { from, extreme, extreme_at: at, up, since: at, limit, pressure })
    }
}

impl Stream for StopHunting {
    fn on_trade(&mut self, trade: &Print) {
        let StopHunting { lookback, tape, moves, last, run, found, alarm } = self;
        tape.on_trade(trade, |tape, at| {
            *last = moves.last(tape);
            let is_past =
                |it: &Run| it.is_past(at, BACK_WITHIN) || at > it.since.saturating_add(BREAK_WITHIN);
            if run.as_ref().is_some_and(is_past) {
                *run = None;
            }
            let Some(last) = &last else { return };
            match run {
                // The furthest price was reached in the second that is finished now.
                Some(it) if it.extreme_at > at.saturating_sub(1_000_000_000) => {
                    it.pressure = tape.pressure(RUN).unwrap_or(it.pressure);
                }
                Some(_) => {}
                None => *run = StopHunting::begun(tape, *lookback, last, at),
            }
        });
        if let Some(it) = run {
            it.follow(trade.price, trade.at);
            if it.up * (it.from - trade.price) > 0.0 {
                if it.pressure.pushes(it.up) {
                    let evidence = [it.length() / it.from * 1e4, it.from, it.pressure.excess];
                    *found = Found { score: it.length() / it.limit, evidence, since: trade.at };
                }
                *run = None;
            }
        }
        let (score, evidence) = found.at(trade.at);
        let is_known = last.is_some() && tape.held > *lookback;
        alarm.update(trade.at, is_known.then_some(score), evidence);
    }

    fn on_book(&mut self, book: &Depth<'_>) {
        self.tape.classifier.on_book(book);
        self.alarm.pass();
    }

    fn write(&self, out: &mut [f64]) {
        self.alarm.write(out);
    }
}

impl Detector for StopHunting {
    fn alert(&self) -> Option<Alert> {
        self.alarm.alert()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalp_types::Side;

    const SECOND: i64 = 1_000_000_000;

    fn print(at: i64, price: f64, size: f64, side: Side) -> Print {
        Print { at, price, size, aggressor: Some(side) }
    }

    /// A quiet market of ten minutes: two ticks up and down, of odd and even volumes.
    fn quiet(detector: &mut impl Detector) -> i64 {
        for i in 0..1200 {
            let price = 100.0 + 0.01 * f64::from([0, 1, 2, 1][i / 3 % 4]);
            let side = if i % 2 == 0 { Side::Buy } else { Side::Sell };
            detector.on_trade(&print(i as i64 * SECOND / 2, price, 1.0 + (i % 5) as f64, side));
            assert_eq!(detector.alert(), None);
        }
        600 * SECOND
    }

    /// Up by `far` within three seconds, and `back` again five seconds later.
    fn run(detector: &mut impl Detector, from: i64, far: f64, back: f64) -> Vec<Alert> {
        let mut alerts = Vec::new();
        for i in 0..60 {
            let price = 100.01 + far * f64::from(i) / 59.0;
            detector.on_trade(&print(from + i64::from(i) * SECOND / 20, price, 1.0, Side::Buy));
            alerts.extend(detector.alert());
        }
        for i in 0..10 {
            let at = from + 3 * SECOND + i64::from(i) * SECOND;
            let price = 100.01 + far - back * f64::from(i.min(5)) / 5.0;
            detector.on_trade(&print(at, price, 1.0, Side::Sell));
            alerts.extend(detector.alert());
        }
        alerts
    }

    #[test]
    fn a_push_that_is_undone_is_ignition_and_one_that_holds_is_not() {
        let tried = |far: f64, back: f64| {
            let mut ignition = MomentumIgnition::new(30.0);
            let from = quiet(&mut ignition);
            run(&mut ignition, from, far, back)
        };
        let alerts = tried(0.2, 0.19);
        assert_eq!(alerts.len(), 1, "{alerts:?}");
        assert!(alerts[0].level >= 3 && alerts[0].at >= 603 * SECOND);
        assert!(tried(0.2, 0.05).is_empty(), "it holds");
        assert!(tried(0.02, 0.02).is_empty(), "as always");
    }

    #[test]
    fn a_break_that_fails_is_a_hunt_and_one_that_holds_is_not() {
        let tried = |far: f64, back: f64| {
            let mut hunting = StopHunting::new(300.0);
            let from = quiet(&mut hunting);
            run(&mut hunting, from, far, back)
        };
        assert_eq!(tried(0.2, 0.2).len(), 1);
        assert!(tried(0.2, 0.1).is_empty(), "still above the level");
    }

    #[test]
    fn a_time_that_goes_back_ends_what_was_found() {
        let mut ignition = MomentumIgnition::new(30.0);
        let from = quiet(&mut ignition);
        run(&mut ignition, from, 0.2, 0.19);
        assert!(ignition.alarm.level() > 0);
        for at in [0, 1, 20, 40, 60] {
            ignition.on_trade(&print(at * SECOND, 100.0, 1.0, Side::Buy));
        }
        assert_eq!(ignition.alarm.level(), 0);
    }
}
