//! Prices that are pushed and come back: momentum ignition and the hunt for stops. They read trades, second by second.

use super::gauge::Alarm;
use super::{Alert, Detector, Kind};
use crate::flow::{Classifier, History, Stream};
use crate::measure::{Depth, Print};

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

/// The last trades, second by second; seconds without trades repeat the price. A trade of an earlier second counts with
/// the open one; a time that goes back by more than a minute, or ahead by more than is remembered, begins anew.
#[derive(Clone, Debug)]
struct Tape {
    classifier: Classifier,
    seconds: Box<[Second]>,
    now: Option<i64>,
    held: usize,
}

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
    moves: History,
    volumes: History,
}

#[derive(Clone, Copy, Debug)]
struct Move {
    from: f64,
    change: f64,
    /// The 99 % quantile of the size of moves before it, as a share of the price.
    usual: f64,
    /// Of the volume, among the volumes of moves before it.
    rank: f64,
    /// Signed volume over volume.
    lean: f64,
}

impl Moves {
    fn new() -> Moves {
        Moves { moves: History::new(MEMORY), volumes: History::new(MEMORY) }
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
        let is_known = self.moves.len() >= SEEN_MIN;
        let usual = self.moves.quantile(0.99).filter(|_| is_known);
        let rank = self.volumes.rank(volume);
        if change != 0.0 {
            self.moves.push((change / from).abs());
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
    until: i64,
    /// What the score is divided by, in quote currency.
    limit: f64,
    rank: f64,
}

impl Run {
    /// How far it went, quote currency.
    fn length(&self) -> f64 {
        self.up * (self.extreme - self.from)
    }

    fn follow(&mut self, second: &Second, until: i64) {
        let reached = if self.up > 0.0 { second.high } else { second.low };
        if self.up * (reached - self.extreme) > 0.0 {
            (self.extreme, self.until) = (reached, until);
        }
    }
}

/// `MOMENTUM_IGNITION`: a move of five seconds that is out of the usual, on much volume from one side, and that is undone
/// within seconds.
///
/// The move must be longer than 1.5 times the 99 % quantile of all moves, on volume above the 90 % quantile, at least half
/// of it from one side; 60 % of it must come back before `seconds` have passed since its end. The score is its length over
/// that limit. It is known only when the move has been undone. Work once a second, of constant size.
#[derive(Clone, Debug)]
pub struct MomentumIgnition {
    seconds: i64,
    tape: Tape,
    moves: Moves,
    run: Option<Run>,
    alarm: Alarm,
}

impl MomentumIgnition {
    /// Moves that are undone within `seconds`.
    #[must_use]
    pub fn new(seconds: f64) -> MomentumIgnition {
        MomentumIgnition {
            seconds: (seconds * 1e9) as i64,
            tape: Tape::new(),
            moves: Moves::new(),
            run: None,
            alarm: Alarm::new(Kind::MomentumIgnition),
        }
    }
}

impl Stream for MomentumIgnition {
    fn on_trade(&mut self, trade: &Print) {
        let MomentumIgnition { seconds, tape, moves, run, alarm } = self;
        alarm.pass();
        // An alert of one of several seconds that a trade finishes must not be lost to the next.
        let mut raised = None;
        tape.on_trade(trade, |tape, at| {
            let last = moves.last(tape);
            let price = tape.back(0).price;
            let (mut score, mut evidence) = (0.0, [0.0; 3]);
            if let Some(it) = run {
                it.follow(tape.back(0), at.saturating_add(*seconds));
                let back = it.up * (it.extreme - price) / it.length();
                if back >= 0.6 {
                    score = it.length() / it.limit;
                    evidence = [it.length() / it.from * 1e4, back, it.rank];
                }
                if back >= 0.6 || at > it.until {
                    *run = None;
                }
            } else if let Some(it) = last {
                let limit = 1.5 * it.usual * it.from;
                let is_pushed = it.lean * it.change > 0.0 && it.lean.abs() >= 0.5 && it.rank >= 0.9;
                if it.change.abs() > limit && is_pushed {
                    let until = at.saturating_add(*seconds);
                    let up = it.change.signum();
                    *run = Some(Run { from: it.from, extreme: price, up, until, limit, rank: it.rank });
                }
            }
            alarm.update(at, last.map(|_| score), evidence);
            raised = alarm.alert().or(raised);
        });
        alarm.restore(raised);
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

/// A broken level must be older than this, in seconds.
const LEVEL_AGE: usize = 15;
/// A run through a level must be back within this time, in nanoseconds.
const BACK_WITHIN: i64 = 60_000_000_000;

/// `STOP_HUNTING`: a run through the highest or lowest price of the last minutes, where stops lie, on much volume, and back
/// behind it within a minute.
///
/// The run must pass the level by more than the 99 % quantile of moves of five seconds; the score is how far it passed it
/// over that. Volume at its end above the 90 % quantile. Known only when the price is back. Work once a second: the window
/// is looked through.
#[derive(Clone, Debug)]
pub struct StopHunting {
    lookback: usize,
    tape: Tape,
    moves: Moves,
    run: Option<Run>,
    alarm: Alarm,
}

impl StopHunting {
    /// Levels of the last `seconds`, at most 1000.
    #[must_use]
    pub fn new(seconds: f64) -> StopHunting {
        StopHunting {
            lookback: (seconds as usize).clamp(LEVEL_AGE + 1, SECONDS - 2),
            tape: Tape::new(),
            moves: Moves::new(),
            run: None,
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
        let StopHunting { lookback, tape, moves, run, alarm } = self;
        alarm.pass();
        let mut raised = None;
        tape.on_trade(trade, |tape, at| {
            let last = moves.last(tape);
            let second = tape.back(0);
            let until = at.saturating_add(BACK_WITHIN);
            let (mut score, mut evidence) = (0.0, [0.0; 3]);
            if let Some(it) = run {
                it.follow(second, it.until);
                it.rank = last.map_or(it.rank, |last| it.rank.max(last.rank));
                let is_back = it.up * (it.from - second.price) > 0.0;
                if is_back && it.rank >= 0.9 {
                    score = it.length() / it.limit;
                    evidence = [it.length() / it.from * 1e4, it.from, it.rank];
                }
                if is_back || at > it.until {
                    *run = None;
                }
            } else if let Some(it) = last
                && let Some((low, high)) = StopHunting::extremes(tape, *lookback)
            {
                let limit = it.usual * second.price;
                if second.high > high {
                    let extreme = second.high;
                    *run = Some(Run { from: high, extreme, up: 1.0, until, limit, rank: it.rank });
                } else if second.low < low {
                    *run =
                        Some(Run { from: low, extreme: second.low, up: -1.0, until, limit, rank: it.rank });
                }
            }
            let is_known = last.is_some() && tape.held > *lookback;
            alarm.update(at, is_known.then_some(score), evidence);
            raised = alarm.alert().or(raised);
        });
        alarm.restore(raised);
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
