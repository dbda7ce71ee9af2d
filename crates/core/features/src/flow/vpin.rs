//! The probability that trading is informed, in volume time: Easley, Lopez de Prado & O'Hara, "Flow Toxicity and Liquidity
//! in a High-Frequency World", Review of Financial Studies 25 (2012), section 1.

use super::bars::Clock;
use super::decay::Moments;
use super::explained::ROUNDING;
use super::history::History;
use super::rows::Totals;
use super::sign::{Bulk, Classifier, Deviation};
use super::table::Stream;
use crate::measure::{Depth, Print};
use crate::state::state;

/// Buckets that must have a value before their ranks say anything.
const RANKED_MIN: u32 = 100;
/// What the rounding of large trades may leave in a value, relative to it.
const NEAR: f64 = 1e-9;
/// Buckets, or trades, after which what is past fades by half.
pub(super) const MEMORY: u32 = 20_000;
/// Trades after which what a trade weighs in the mean size has halved.
pub(super) const SIZES_HALF_LIFE: u32 = 10_000;
/// A trade counts in the mean size with so many medians at most.
pub(super) const MEDIANS_MAX: u32 = 100;

/// How the volume of a bucket is split into buys and sells.
#[derive(Clone, Copy, Debug)]
pub enum Split {
    /// By the price change of bars of so many seconds (of each trade if zero).
    Bulk(f64, Deviation),
    /// By the sign of each trade: the venue's, else Lee and Ready's.
    Sign,
}

/// What a bucket must hold.
#[derive(Clone, Copy, Debug)]
pub enum Bucket {
    /// Base units.
    Volume(f64),
    /// The volume of so many trades of mean size, read as a bucket opens. The mean forgets half in 10,000 trades, and a
    /// trade counts in it with 100 medians at most, so that one print does not stop the clock.
    Trades(f64),
}

impl Bucket {
    /// Trades of mean size in a bucket whose volume is not said.
    pub(super) const TRADES: u32 = 50;
}

/// How poisonous the flow is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Toxicity {
    /// As usual.
    Normal,
    /// Quote wider, or less.
    Cautious,
    /// Take no new risk.
    Defensive,
    /// Only reduce.
    Exit,
}

impl Toxicity {
    /// Of a value between 0 and 1 that reaches, but for rounding, none, one, two or all of three rising `limits`.
    #[must_use]
    pub fn of(value: f64, limits: [f64; 3]) -> Toxicity {
        match limits.iter().filter(|limit| value >= **limit - NEAR).count() {
            0 => Toxicity::Normal,
            1 => Toxicity::Cautious,
            2 => Toxicity::Defensive,
            _ => Toxicity::Exit,
        }
    }

    /// Limits of the plain VPIN. Raw values of crypto markets are often above the first without any harm: prefer ranks.
    pub const PLAIN: [f64; 3] = [0.2, 0.3, 0.4];
    /// Limits of the rank of VPIN among the values of this instrument so far.
    pub const RANKED: [f64; 3] = [0.80, 0.95, 0.99];
}

/// VPIN over the last `n` buckets of volume: the sum of `|buys - sells|` over the sum of volume.
///
/// Silent for `n` buckets. Its rank among former values, and with it the calibrated level, for 100 buckets more. Constant
/// time for a trade that ends no bucket; a trade that ends k buckets costs at most `n` of them.
#[derive(Clone, Debug)]
pub struct Vpin {
    split: Split,
    clock: Clock,
    bulk: Bulk,
    classifier: Classifier,
    bucket: Bucket,
    sizes: Moments,
    sizes_before: History,
    cap: f64,
    size: f64,
    filled: f64,
    signed: f64,
    /// The largest volume whose rounding may be in `filled`: it stays until a bucket is full to the last.
    rounded: f64,
    /// Of `|buys - sells|` and of volume, over the last buckets.
    buckets: Totals<2>,
    finished: u64,
    value: Option<f64>,
    rank: Option<f64>,
    history: History,
}

state!(Vpin {
    clock, bulk, classifier, sizes, sizes_before, cap, size, filled, signed, rounded, buckets, finished, value, rank,
    history;
    split, bucket
});

impl Vpin {
    /// Over the last `n` buckets, one at least.
    #[must_use]
    pub fn new(n: usize, bucket: Bucket, split: Split) -> Vpin {
        let (seconds, deviation) = match split {
            Split::Bulk(seconds, deviation) => (seconds, deviation),
            Split::Sign => (0.0, Deviation::Running),
        };
        Vpin {
            split,
            clock: Clock::new(seconds),
            bulk: Bulk::new(deviation),
            classifier: Classifier::default(),
            bucket,
            sizes: Moments::new(f64::from(SIZES_HALF_LIFE)),
            sizes_before: History::new(MEMORY),
            cap: f64::INFINITY,
            size: if let Bucket::Volume(volume) = bucket { volume } else { 0.0 },
            filled: 0.0,
            signed: 0.0,
            rounded: 0.0,
            buckets: Totals::new(n),
            finished: 0,
            value: None,
            rank: None,
            history: History::new(MEMORY),
        }
    }

    /// The VPIN of the last finished buckets; none until there are `n`.
    #[inline]
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        self.value
    }

    /// The share of former values that were lower; none until there are 100.
    #[inline]
    #[must_use]
    pub fn rank(&self) -> Option<f64> {
        self.rank
    }

    /// Buckets that have been filled.
    #[inline]
    #[must_use]
    pub fn finished(&self) -> u64 {
        self.finished
    }

    /// `|buys - sells|` of the last finished bucket, base units.
    #[must_use]
    pub fn last_imbalance(&self) -> Option<f64> {
        self.buckets.last().map(|it| it[0])
    }

    /// `volume`, of which buyers took `share`, goes into as many buckets as it fills.
    fn fill(&mut self, volume: f64, share: f64) {
        let lean = 2.0 * share - 1.0;
        let mut left = volume;
        if self.size <= 0.0 {
            self.open();
        }
        self.rounded = self.rounded.max(left);
        while left > 0.0 {
            // Ten times 0.1 is a little less than 1, and fills it; what a trade of many buckets leaves has its own rounding.
            let rounding = ROUNDING * self.size.max(self.rounded);
            let space = self.size - self.filled;
            if left < space - rounding {
                self.filled += left;
                self.signed += left * lean;
                return;
            }
            self.signed += space * lean;
            left -= space;
            self.finish();
            if left <= rounding {
                self.rounded = 0.0;
                return;
            }
            // A volume of more buckets than are remembered leaves the same in all of them: the rest of a bucket is all
            // that need be filled one by one.
            let whole = ((left + rounding) / self.size).trunc();
            let remembered = self.buckets.length() as f64;
            if whole > remembered {
                left = self.size * remembered + (left - self.size * whole).max(0.0);
            }
        }
    }

    fn finish(&mut self) {
        self.buckets.push([self.signed.abs(), self.size]);
        self.finished += 1;
        if let Some([leaned, volume]) = self.buckets.sums() {
            let value = (leaned / volume).clamp(0.0, 1.0);
            // Trades of equal lots make values that are bounds of bins, such as 0.25: but for rounding they are reached.
            let place = value * (1.0 + NEAR);
            self.rank = self.history.rank(place).filter(|_| self.history.len() >= RANKED_MIN);
            self.history.push(place);
            self.value = Some(value);
        }
        self.filled = 0.0;
        self.signed = 0.0;
        self.open();
    }

    fn open(&mut self) {
        self.size = match self.bucket {
            Bucket::Volume(volume) => volume,
            Bucket::Trades(trades) => {
                self.cap = self
                    .sizes_before
                    .quantile(0.5)
                    .map_or(f64::INFINITY, |median| f64::from(MEDIANS_MAX) * median);
                trades * self.sizes.mean().unwrap_or(0.0)
            }
        };
    }

    /// Takes a trade in.
    #[inline]
    pub fn on_trade(&mut self, trade: &Print) {
        if matches!(self.bucket, Bucket::Trades(_)) {
            self.sizes.push(trade.size.min(self.cap));
            self.sizes_before.push(trade.size);
        }
        match self.split {
            Split::Sign => {
                let sign = self.classifier.on_trade(trade).best();
                self.fill(trade.size, 0.5 + 0.5 * sign);
            }
            Split::Bulk(..) => {
                if let Some(bar) = self.clock.push(trade, 0.0)
                    && let Some(share) = self.bulk.share(bar.close)
                {
                    self.fill(bar.volume, share);
                }
            }
        }
    }
}

impl Stream for Vpin {
    fn on_trade(&mut self, trade: &Print) {
        Vpin::on_trade(self, trade);
    }

    fn on_book(&mut self, book: &Depth<'_>) {
        self.classifier.on_book(book);
    }

    fn write(&self, out: &mut [f64]) {
        let Some(value) = self.value else { return out.fill(f64::NAN) };
        let number = |level: Toxicity| f64::from(level as u8);
        out[0] = value;
        out[1] = self.rank.unwrap_or(f64::NAN);
        out[2] = self.rank.map_or(f64::NAN, |rank| number(Toxicity::of(rank, Toxicity::RANKED)));
        out[3] = number(Toxicity::of(value, Toxicity::PLAIN));
        out[4] = (self.filled / self.size).clamp(0.0, 1.0);
    }
}
