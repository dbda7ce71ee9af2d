//! How much is traded, how fast and by whom; and the prints that are large for their instrument.

use super::decay::{Fading, known_after};
use super::history::History;
use super::imbalance::balance;
use super::sign::Classifier;
use super::table::Stream;
use crate::measure::{Depth, Print};
use crate::state::state;

/// Sizes that are held before the past fades by half.
const MEMORY: u32 = 200_000;
/// Sizes that must have been seen before one can be large.
const SEEN_MIN: u32 = 100;

/// `TRADE_FLOW`: signed volume and signed count over volume and count, fading with time.
#[derive(Clone, Debug)]
pub(super) struct TradeFlow {
    classifier: Classifier,
    fading: Fading,
    volume: [f64; 2],
    count: [f64; 2],
}

state!(TradeFlow { classifier, fading, volume, count });

impl TradeFlow {
    pub(super) fn new(half_life: f64) -> TradeFlow {
        let (classifier, fading) = (Classifier::default(), Fading::new(half_life));
        TradeFlow { classifier, fading, volume: [0.0; 2], count: [0.0; 2] }
    }
}

impl Stream for TradeFlow {
    fn on_trade(&mut self, trade: &Print) {
        let sign = self.classifier.on_trade(trade).best();
        let keep = self.fading.step(trade.at);
        for it in self.volume.iter_mut().chain(&mut self.count) {
            *it *= keep;
        }
        // One whose side cannot be told is left out.
        if sign != 0.0 {
            let side = usize::from(sign < 0.0);
            self.volume[side] += trade.size;
            self.count[side] += 1.0;
        }
    }

    fn on_book(&mut self, book: &Depth<'_>) {
        self.classifier.on_book(book);
    }

    fn write(&self, out: &mut [f64]) {
        out[0] = balance(self.volume[0], self.volume[1]);
        out[1] = balance(self.count[0], self.count[1]);
    }
}

/// `RATE`: how often things happen, per second.
#[derive(Clone, Debug)]
pub(super) struct Rate {
    classifier: Classifier,
    fading: Fading,
    /// Buys, sells, base units, messages of the book: not a number before the first.
    sums: [f64; 4],
    /// How much of the weight of all time lies since the beginning: 1/2 after one half-life.
    known: f64,
}

state!(Rate { classifier, fading, sums, known });

impl Rate {
    pub(super) fn new(half_life: f64) -> Rate {
        let (classifier, fading) = (Classifier::default(), Fading::new(half_life));
        Rate { classifier, fading, sums: [0.0, 0.0, 0.0, f64::NAN], known: 0.0 }
    }

    fn step(&mut self, at: i64) {
        let keep = self.fading.step(at);
        self.known = known_after(self.known, keep);
        self.sums.iter_mut().for_each(|it| *it *= keep);
    }
}

impl Stream for Rate {
    fn on_trade(&mut self, trade: &Print) {
        self.step(trade.at);
        let sign = self.classifier.on_trade(trade).best();
        self.sums[0] += f64::from(u8::from(sign > 0.0));
        self.sums[1] += f64::from(u8::from(sign < 0.0));
        self.sums[2] += trade.size;
    }

    fn on_book(&mut self, book: &Depth<'_>) {
        self.step(book.at);
        self.classifier.on_book(book);
        self.sums[3] = if self.sums[3].is_nan() { 1.0 } else { self.sums[3] + 1.0 };
    }

    fn write(&self, out: &mut [f64]) {
        self.write_at(i64::MIN, out);
    }

    fn write_at(&self, at: i64, out: &mut [f64]) {
        let keep = self.fading.keep_at(at);
        let known = known_after(self.known, keep);
        // Silent until half of the weight is known; the tolerance is for rounding.
        if known < 0.5 - 1e-12 {
            return out.fill(f64::NAN);
        }
        let scale = keep * self.fading.rate() / known;
        for (to, sum) in out.iter_mut().zip(self.sums) {
            *to = scale * sum;
        }
    }
}

/// `WHALE`: trades larger than a quantile of those before them.
#[derive(Clone, Debug)]
pub(super) struct Whale {
    quantile: f64,
    classifier: Classifier,
    fading: Fading,
    history: History,
    last: Option<[f64; 3]>,
    volume: f64,
    whales: [f64; 2],
}

state!(Whale { classifier, fading, history, last, volume, whales; quantile });

impl Whale {
    pub(super) fn new(quantile: f64, half_life: f64) -> Whale {
        Whale {
            quantile,
            classifier: Classifier::default(),
            fading: Fading::new(half_life),
            history: History::new(MEMORY),
            last: None,
            volume: 0.0,
            whales: [0.0; 2],
        }
    }
}

impl Stream for Whale {
    fn on_trade(&mut self, trade: &Print) {
        let sign = self.classifier.on_trade(trade).best();
        let keep = self.fading.step(trade.at);
        self.volume = self.volume * keep + trade.size;
        self.whales.iter_mut().for_each(|it| *it *= keep);
        if self.history.len() >= SEEN_MIN
            && let (Some(limit), Some(rank)) =
                (self.history.quantile(self.quantile), self.history.rank(trade.size))
        {
            let is_whale = trade.size > limit;
            if is_whale && sign != 0.0 {
                self.whales[usize::from(sign < 0.0)] += trade.size;
            }
            self.last = Some([if is_whale { sign } else { 0.0 }, rank, limit]);
        }
        self.history.push(trade.size);
    }

    fn on_book(&mut self, book: &Depth<'_>) {
        self.classifier.on_book(book);
    }

    fn write(&self, out: &mut [f64]) {
        let Some(last) = self.last else { return out.fill(f64::NAN) };
        out[..3].copy_from_slice(&last);
        let [bought, sold] = self.whales;
        out[3] = (bought + sold) / self.volume;
        out[4] = (bought - sold) / self.volume;
    }
}
