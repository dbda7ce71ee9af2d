//! What waits at the best prices, how long, and how much of what leaves the book is taken back rather than traded.

use crate::state::{plain, state};
use scalp_types::Side;

use super::decay::{Fading, known_after, seconds_between};
use super::explained::Explained;
use super::history::History;
use super::imbalance::balance;
use super::table::Stream;
use crate::measure::{Depth, Level, Print};

/// One side of `QUEUE`.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    best: Option<Level>,
    age: f64,
    /// What left the front, base units, fading.
    left: f64,
}

plain!(Line { best, age, left });

impl Line {
    /// `better` is 1 for bids and -1 for asks: the sign of an improvement.
    fn step(&mut self, now: Option<Level>, better: f64, seconds: f64, keep: f64) {
        self.left *= keep;
        self.age += seconds;
        match (self.best, now) {
            (Some(old), Some(new)) if better * (new.price - old.price) == 0.0 => {
                self.left += (old.size - new.size).max(0.0);
                // Who leaves is as old as the others on average; who comes has no age.
                if new.size > old.size {
                    self.age *= old.size / new.size;
                }
            }
            (old, new) => {
                if let Some(old) = old
                    && new.is_none_or(|new| better * (new.price - old.price) < 0.0)
                {
                    self.left += old.size;
                }
                self.age = 0.0;
            }
        }
        self.best = now;
    }
}

/// `QUEUE`: what an order that joins the best price now would stand behind.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    fading: Fading,
    known: f64,
    at: Option<i64>,
    lines: [Line; 2],
}

state!(Queue { fading, known, at, lines });

impl Queue {
    pub(super) fn new(half_life: f64) -> Queue {
        Queue { fading: Fading::new(half_life), known: 0.0, at: None, lines: [Line::default(); 2] }
    }
}

impl Stream for Queue {
    fn on_book(&mut self, book: &Depth<'_>) {
        let keep = self.fading.step(book.at);
        self.known = known_after(self.known, keep);
        let seconds = self.at.replace(book.at).map_or(0.0, |before| seconds_between(before, book.at));
        let best = [book.bids.first().copied(), book.asks.first().copied()];
        for ((line, best), better) in self.lines.iter_mut().zip(best).zip([1.0, -1.0]) {
            line.step(best, better, seconds, keep);
        }
    }

    fn write(&self, out: &mut [f64]) {
        self.write_at(i64::MIN, out);
    }

    fn write_at(&self, at: i64, out: &mut [f64]) {
        let seconds = self.at.map_or(0.0, |before| seconds_between(before, at));
        let keep = self.fading.keep_at(at);
        let known = known_after(self.known, keep);
        for (i, line) in self.lines.iter().enumerate() {
            let Some(best) = line.best else {
                [out[i], out[i + 2], out[i + 4]] = [f64::NAN; 3];
                continue;
            };
            out[i] = best.size;
            out[i + 2] = line.age + seconds;
            let leaving = line.left * keep * self.fading.rate() / known;
            out[i + 4] = if known < 0.5 - 1e-12 { f64::NAN } else { best.size / leaving };
        }
    }
}

/// Messages whose rate is held before the past fades by half.
pub(super) const MEMORY: u32 = 200_000;
/// Messages before a rank says anything.
const SEEN_MIN: u32 = 100;

/// `CANCELS`: what is put in and taken back.
#[derive(Clone, Debug)]
pub(super) struct Cancels {
    fading: Fading,
    known: f64,
    explained: Explained,
    /// Base units.
    added: f64,
    traded: f64,
    cancelled: [f64; 2],
    /// Levels from which something was taken back.
    count: f64,
    history: History,
    rank: Option<f64>,
}

state!(Cancels { fading, known, explained, added, traded, cancelled, count, history, rank });

impl Cancels {
    pub(super) fn new(half_life: f64) -> Cancels {
        Cancels {
            fading: Fading::new(half_life),
            known: 0.0,
            explained: Explained::new(),
            added: 0.0,
            traded: 0.0,
            cancelled: [0.0; 2],
            count: 0.0,
            history: History::new(MEMORY),
            rank: None,
        }
    }
}

impl Stream for Cancels {
    fn on_trade(&mut self, trade: &Print) {
        self.explained.on_trade(trade);
    }

    fn on_book(&mut self, book: &Depth<'_>) {
        if book.changes.is_empty() {
            return;
        }
        let keep = self.fading.step(book.at);
        self.known = known_after(self.known, keep);
        for it in [&mut self.added, &mut self.traded, &mut self.count].into_iter().chain(&mut self.cancelled)
        {
            *it *= keep;
        }
        for change in book.changes {
            let gone = change.before - change.level.size;
            if gone > 0.0 {
                let traded = self.explained.take(book.at, change);
                self.traded += traded;
                if gone > traded {
                    self.cancelled[usize::from(change.side == Side::Sell)] += gone - traded;
                    self.count += 1.0;
                }
            } else {
                self.added -= gone;
            }
        }
        let rate = self.count * self.fading.rate();
        self.rank = self.history.rank(rate).filter(|_| self.history.len() >= SEEN_MIN);
        self.history.push(rate);
    }

    fn write(&self, out: &mut [f64]) {
        self.write_at(i64::MIN, out);
    }

    fn write_at(&self, at: i64, out: &mut [f64]) {
        let keep = self.fading.keep_at(at);
        let known = known_after(self.known, keep);
        if known < 0.5 - 1e-12 {
            return out.fill(f64::NAN);
        }
        let scale = keep * self.fading.rate() / known;
        let cancelled = self.cancelled[0] + self.cancelled[1];
        out[0] = scale * self.count;
        out[1] = scale * cancelled;
        out[2] = scale * self.added;
        out[3] = cancelled / (cancelled + self.traded);
        out[4] = balance(self.cancelled[0], self.cancelled[1]);
        let faded = || self.history.rank(self.count * keep * self.fading.rate());
        let rank = if keep < 1.0 { self.rank.and_then(|_| faded()) } else { self.rank };
        out[5] = rank.unwrap_or(f64::NAN);
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "whole numbers")]
mod tests {
    use super::*;

    #[test]
    fn a_queue_ages_and_those_who_come_make_it_younger() {
        let mut queue = Queue::new(10.0);
        let mut at = |seconds: i64, price: f64, size: f64| {
            let (bids, asks) = ([Level { price, size }], [Level { price: 20.0, size: 1.0 }]);
            queue.on_book(&Depth { at: seconds * 1_000_000_000, bids: &bids, asks: &asks, changes: &[] });
            let mut out = [f64::NAN; 6];
            queue.write(&mut out);
            out
        };
        assert_eq!(at(0, 10.0, 4.0)[2], 0.0);
        assert_eq!(at(6, 10.0, 8.0)[2], 3.0, "half of it is new");
        assert_eq!(at(7, 10.0, 2.0)[2], 4.0, "leaving changes nothing");
        assert_eq!(at(9, 10.5, 1.0)[2], 0.0, "a new price");
        let out = at(12, 10.5, 1.0);
        assert_eq!((out[2], out[3]), (3.0, 12.0));
        // Six left after seven seconds, faded over five more, of what twelve seconds weigh.
        let weight = |seconds: f64| libm::exp(-std::f64::consts::LN_2 * seconds / 10.0);
        let rate = 6.0 * weight(5.0) * std::f64::consts::LN_2 / 10.0 / (1.0 - weight(12.0));
        assert!((out[4] - 1.0 / rate).abs() < 1e-9, "{out:?}");
        assert!(!out[5].is_finite(), "nothing has left the other side");
    }
}
