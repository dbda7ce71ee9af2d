//! Prices that are pushed and come back: momentum ignition and the hunt for stops. They read trades, second by second.

use super::gauge::Alarm;
use super::{Alert, Detector, Kind};
use crate::flow::{Classifier, History, Moments, Stream};
use crate::measure::{Depth, Print};
use crate::state::{plain, state};

/// Seconds that are remembered.
const SECONDS: usize = 1024;
/// The length of a move, in seconds.
const MOVE: usize = 5;
/// Moves that must have been seen before one is large.
const SEEN_MIN: u32 = 60;
/// Moves that are held before the past fades by half: a day.
const MEMORY: u32 = 86_400;

#[derive(Clone, Copy, Debug, Default)]
struct Second {
    price: f64,
    high: f64,
    low: f64,
    volume: f64,
    signed: f64,
}

plain!(Second { price, high, low, volume, signed });

/// The last trades, second by second; seconds without trades repeat the price. A trade of an earlier second counts with
/// the open one; a time that goes back by more than a minute, or ahead by more than is remembered, begins anew.
#[derive(Clone, Debug)]
struct Tape {
    classifier: Classifier,
    seconds: Box<[Second]>,
    now: Option<i64>,
    held: usize,
}

state!(Tape { classifier, seconds, now, held });

impl Tape {
    fn new() -> Tape {
        Tape {
            classifier: Classifier::default(),
            seconds: vec![Second::default(); SECONDS].into_boxed_slice(),
            now: None,
            held: 0,
        }
    }

    /// The second `back` before the last finished one.
    fn back(&self, back: usize) -> &Second {
        let place = self.now.unwrap_or(0) - 1 - back as i64;
        &self.seconds[place.rem_euclid(SECONDS as i64) as usize]
    }

    /// Takes a trade in, and calls `finished` after each second that it finishes, with the time of its end.
    fn on_trade(&mut self, trade: &Print, mut finished: impl FnMut(&Tape, i64)) {
        let sign = self.classifier.on_trade(trade).best();
        let second = trade.at.div_euclid(1_000_000_000);
        let is_anew = self.now.is_none_or(|now| second < now - 60 || second > now + SECONDS as i64 / 2);
        if is_anew {
            (self.now, self.held) = (Some(second), 0);
            *self.open(second) =
                Second { price: trade.price, high: trade.price, low: trade.price, ..Second::default() };
        }
        let mut now = self.now.unwrap_or(second);
        while now < second {
            let price = self.open(now).price;
            now += 1;
            self.now = Some(now);
            self.held = (self.held + 1).min(SECONDS - 1);
            *self.open(now) = Second { price, high: price, low: price, ..Second::default() };
            finished(self, now.saturating_mul(1_000_000_000));
        }
        let it = self.open(now);
        it.price = trade.price;
        it.high = it.high.max(trade.price);
        it.low = it.low.min(trade.price);
        it.volume += trade.size;
        it.signed += sign * trade.size;
    }

    fn open(&mut self, second: i64) -> &mut Second {
        &mut self.seconds[second.rem_euclid(SECONDS as i64) as usize]
    }
}

/// The last move and how it compares with others of this instrument.
#[derive(Clone, Debug)]
struct Moves {
    squares: Moments,
    lengths: History,
    volumes: History,
}

state!(Moves { squares, lengths, volumes });

#[derive(Clone, Copy, Debug)]
struct Move {
    from: f64,
    change: f64,
    /// The root mean square of moves before it, each second one, fading by half in ten minutes; at least the quarter
    /// quantile of those that are not zero. As a share of the price.
    usual: f64,
    /// Of the volume, among the volumes of moves before it.
    rank: f64,
    /// Signed volume over volume.
    lean: f64,
}

plain!(Move { from, change, usual, rank, lean });

impl Moves {
    fn new() -> Moves {
        Moves { squares: Moments::new(600.0), lengths: History::new(MEMORY), volumes: History::new(MEMORY) }
    }

    /// The move that ended with the last finished second; none while there are too few to compare it with.
    fn last(&mut self, tape: &Tape) -> Option<Move> {
        if tape.held <= MOVE {
            return None;
        }
        let (mut volume, mut signed) = (0.0, 0.0);
        for i in 0..MOVE {
            volume += tape.back(i).volume;
            signed += tape.back(i).signed;
        }
        let (from, to) = (tape.back(MOVE).price, tape.back(0).price);
        let change = to - from;
        let length = (change / from).abs();
        let usual = (self.lengths.len() >= SEEN_MIN).then(|| {
            self.squares.mean().unwrap_or(0.0).sqrt().max(self.lengths.quantile(0.25).unwrap_or(0.0))
        });
        let rank = self.volumes.rank(volume);
        self.squares.push(length * length);
        if length > 0.0 {
            self.lengths.push(length);
            self.volumes.push(volume);
        }
        let lean = if volume > 0.0 { signed / volume } else { 0.0 };
        Some(Move { from, change, usual: usual?, rank: rank?, lean })
    }
}

/// A run that may come back.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// What it left from, or the level that it broke.
    from: f64,
    extreme: f64,
    up: f64,
    since: i64,
    until: i64,
    /// What the score is divided by, in quote currency.
    limit: f64,
    rank: f64,
}

plain!(Run { from, extreme, up, since, until, limit, rank });

/// The rank from which on a volume is much.
const MUCH: f64 = 0.95;
/// The share of volume, buys less sells, from which on it is of one side.
const LEAN: f64 = 0.8;

/// What was found stands for this long, in nanoseconds.
const STANDS: i64 = 10_000_000_000;

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

    /// Whether its time is over, or time has gone back before it.
    fn is_past(&self, at: i64) -> bool {
        at > self.until || at < self.since
    }

    /// A price further out is the new extreme; it may stand until then.
    fn follow(&mut self, price: f64, until: i64) {
        if self.up * (price - self.extreme) > 0.0 {
            (self.extreme, self.until) = (price, until);
        }
    }
}

/// A move must be so many usual ones long.
const IGNITION: f64 = 2.5;

/// `MOMENTUM_IGNITION`: a move of five seconds that is out of the usual, on much volume from one side, and that is undone
/// within seconds.
///
/// A usual move is the root mean square of all moves of five seconds, one each second, fading by half in ten minutes. This
/// one must be 2.5 times as long, on volume above the 95 % quantile, nine tenths of it bought (or sold); 60 % of it must
/// come back within `seconds` of its furthest price. The score is its length over that limit; it is known only when the move
/// has been undone, and stands for ten seconds. Work once a second, of constant size.
#[derive(Clone, Debug)]
pub struct MomentumIgnition {
    seconds: i64,
    tape: Tape,
    moves: Moves,
    last: Option<Move>,
    run: Option<Run>,
    found: Found,
    alarm: Alarm,
}

state!(MomentumIgnition { tape, moves, last, run, found, alarm; seconds });

impl MomentumIgnition {
    /// Moves that are undone within `seconds`.
    #[must_use]
    pub fn new(seconds: f64) -> MomentumIgnition {
        MomentumIgnition {
            seconds: (seconds * 1e9) as i64,
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
        let MomentumIgnition { seconds, tape, moves, last, run, found, alarm } = self;
        tape.on_trade(trade, |tape, at| {
            *last = moves.last(tape);
            if run.is_some_and(|it| it.is_past(at)) {
                *run = None;
            }
            if let (None, Some(it)) = (&run, &last) {
                let limit = IGNITION * it.usual * it.from;
                let is_pushed = it.lean * it.change > 0.0 && it.lean.abs() >= LEAN && it.rank >= MUCH;
                if it.change.abs() > limit && is_pushed {
                    let (up, extreme) = (it.change.signum(), tape.back(0).price);
                    let until = at.saturating_add(*seconds);
                    *run = Some(Run { from: it.from, extreme, up, since: at, until, limit, rank: it.rank });
                }
            }
        });
        if let Some(it) = run {
            it.follow(trade.price, trade.at.saturating_add(*seconds));
            let back = it.up * (it.extreme - trade.price) / it.length();
            if back >= 0.6 {
                let evidence = [it.length() / it.from * 1e4, back, it.rank];
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
const HUNT: f64 = 1.5;
/// A broken level must be older than this, in seconds.
const LEVEL_AGE: usize = 15;
/// A run through a level must be back within this time, in nanoseconds.
const BACK_WITHIN: i64 = 60_000_000_000;

/// `STOP_HUNTING`: a run through the highest or lowest price of the last minutes, where stops lie, on much volume, and back
/// behind it within a minute.
///
/// The score is how far the run passed the level over 1.5 usual moves, as for [`MomentumIgnition`]. Volume above the 95 %
/// quantile. Known only when the price is back; it stands for ten seconds. Work once a second in which there were trades:
/// the window is looked through.
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
}

impl Stream for StopHunting {
    fn on_trade(&mut self, trade: &Print) {
        let StopHunting { lookback, tape, moves, last, run, found, alarm } = self;
        tape.on_trade(trade, |tape, at| {
            *last = moves.last(tape);
            if run.is_some_and(|it| it.is_past(at)) {
                *run = None;
            }
            let Some(last) = &last else { return };
            if let Some(it) = run {
                it.rank = it.rank.max(last.rank);
            } else if tape.back(0).volume > 0.0
                && let Some((low, high)) = StopHunting::extremes(tape, *lookback)
            {
                // A second without trades breaks nothing.
                let (second, until) = (tape.back(0), at.saturating_add(BACK_WITHIN));
                let limit = HUNT * last.usual * second.price;
                let broken = [(high, second.high, 1.0), (low, second.low, -1.0)];
                *run = broken.into_iter().find(|(from, extreme, up)| up * (extreme - from) > 0.0).map(
                    |(from, extreme, up)| Run { from, extreme, up, since: at, until, limit, rank: last.rank },
                );
            }
        });
        if let Some(it) = run {
            it.follow(trade.price, it.until);
            if it.up * (it.from - trade.price) > 0.0 {
                if it.rank >= MUCH {
                    let evidence = [it.length() / it.from * 1e4, it.from, it.rank];
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
        for i in 0..30 {
            let price = 100.01 + far * f64::from(i) / 29.0;
            detector.on_trade(&print(from + i64::from(i) * SECOND / 10, price, 9.0, Side::Buy));
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
