//! Who took liquidity: the venue's word, the quote rule with the tick test at the mid (Lee & Ready 1991), the tick test
//! alone, and the split of bars by their price change (Easley, Lopez de Prado & O'Hara 2012).

use crate::state::{plain, state};
use scalp_quant::special::normal_cdf;
use scalp_types::Side;

use super::bars::{Bar, Clock};
use super::decay::Moments;
use super::history::History;
use super::table::Stream;
use crate::measure::{Depth, Print};

/// The sign of one trade by each rule: 1 a buyer took, -1 a seller did, 0 cannot be said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signs {
    /// What the venue tells; none where it tells nothing.
    pub told: Option<f64>,
    /// Above the mid a buyer, below it a seller, at it the tick test. None until a book has been seen.
    pub lee_ready: Option<f64>,
    /// Up a buyer, down a seller, unchanged as the trade before; 0 until a price has changed.
    pub tick: f64,
}

plain!(Signs { told, lee_ready, tick });

impl Signs {
    /// The venue's word, else Lee and Ready, else the tick test.
    #[inline]
    #[must_use]
    pub fn best(&self) -> f64 {
        self.told.or(self.lee_ready).unwrap_or(self.tick)
    }
}

/// Classifies trades. The quotes are those of the last book before the trade arrived; no lag is assumed, as both come with
/// the clock of one venue.
#[derive(Clone, Copy, Debug, Default)]
pub struct Classifier {
    mid: Option<f64>,
    last: Option<f64>,
    tick: f64,
}

state!(Classifier { mid, last, tick });

impl Classifier {
    /// Remembers the mid; a book with an empty side has none.
    #[inline]
    pub fn on_book(&mut self, book: &Depth<'_>) {
        self.mid = book.touch().map(|it| it.mid());
    }

    /// The sign of a trade.
    #[inline]
    pub fn on_trade(&mut self, trade: &Print) -> Signs {
        if let Some(last) = self.last {
            if trade.price > last {
                self.tick = 1.0;
            } else if trade.price < last {
                self.tick = -1.0;
            }
        }
        self.last = Some(trade.price);
        let told = trade.aggressor.map(|side| if side == Side::Buy { 1.0 } else { -1.0 });
        let lee_ready = self.mid.map(|mid| {
            if trade.price > mid {
                1.0
            } else if trade.price < mid {
                -1.0
            } else {
                self.tick
            }
        });
        Signs { told, lee_ready, tick: self.tick }
    }
}

/// `TRADE_SIGN`: the sign of the last trade, and how often each rule agreed with the venue.
#[derive(Clone, Debug, Default)]
pub(super) struct TradeSign {
    classifier: Classifier,
    last: Option<Signs>,
    told: u64,
    agreed: [u64; 2],
}

state!(TradeSign { classifier, last, told, agreed });

impl Stream for TradeSign {
    fn on_trade(&mut self, trade: &Print) {
        let signs = self.classifier.on_trade(trade);
        // Only trades that every rule signs are compared, so that the shares are of the same trades.
        if let (Some(told), Some(lee_ready)) = (signs.told, signs.lee_ready)
            && lee_ready != 0.0
            && signs.tick != 0.0
        {
            self.told += 1;
            self.agreed[0] += u64::from(lee_ready * told > 0.0);
            self.agreed[1] += u64::from(signs.tick * told > 0.0);
        }
        self.last = Some(signs);
    }

    fn on_book(&mut self, book: &Depth<'_>) {
        self.classifier.on_book(book);
    }

    fn write(&self, out: &mut [f64]) {
        let Some(last) = self.last else { return out.fill(f64::NAN) };
        out[0] = last.best();
        out[1] = last.lee_ready.unwrap_or(f64::NAN);
        out[2] = last.tick;
        // Nothing told is 0/0: silence.
        out[3] = self.agreed[0] as f64 / self.told as f64;
        out[4] = self.agreed[1] as f64 / self.told as f64;
    }
}

/// How a bar is split into what buyers and what sellers took.
#[derive(Clone, Copy, Debug)]
pub enum Deviation {
    /// The standard deviation of price changes from bar to bar, quote currency.
    Fixed(f64),
    /// Estimated as bars close, each change falling to half its weight in 100 of them; silent for the first ten. A change
    /// counts with ten medians of those before it or five deviations at most, whichever is more: a market that falls
    /// gets through, and one wrong print does not hide all that follows. The first ten changes that are not zero
    /// have no median before them; once they are there, they count with ten of theirs at most, and only what was said before
    /// knew no bound.
    Running,
}

/// Changes before the deviation is spoken of, and before their median is.
const CHANGES_MIN: u32 = 10;
/// Changes after which their median is read anew.
const RENEW: u32 = 64;
/// Changes after which what is past fades by half.
const MEMORY: u32 = 20_000;
/// A change counts with so many medians, or deviations, at most.
const MEDIANS_MAX: f64 = 10.0;
const DEVIATIONS_MAX: f64 = 5.0;
/// Half the weight of a change is gone after so many.
const HALF_LIFE: f64 = 100.0;
/// More bars than this without a change weigh nothing that could be seen.
const ZEROS_MAX: u32 = 2_000;

/// A change before there was a median to bound it by, and the bars without one that came before it.
#[derive(Clone, Copy, Debug, Default)]
struct Early {
    zeros: u32,
    change: f64,
}

plain!(Early { zeros, change });

/// Bulk volume classification: the buyers' share of a bar is `Phi(change / deviation)`.
#[derive(Clone, Debug)]
pub struct Bulk {
    fixed: Option<f64>,
    changes: Moments,
    /// Sizes of the changes that were none of zero.
    sizes: History,
    median: Option<f64>,
    /// The changes that no median bounded.
    early: [Early; CHANGES_MIN as usize],
    close: Option<f64>,
}

state!(Bulk { changes, sizes, median, early, close; fixed });

impl Bulk {
    /// With a deviation that is known or one that is learnt.
    #[must_use]
    pub fn new(deviation: Deviation) -> Bulk {
        let fixed = if let Deviation::Fixed(it) = deviation { Some(it) } else { None };
        Bulk {
            fixed,
            changes: Moments::new(HALF_LIFE),
            sizes: History::new(MEMORY),
            median: None,
            early: Default::default(),
            close: None,
        }
    }

    /// The buyers' share of a bar that closed at `close`; none while the deviation is unknown. Half for the first bar.
    #[inline]
    pub fn share(&mut self, close: f64) -> Option<f64> {
        let change = self.close.replace(close).map(|before| close - before);
        let Some(change) = change else { return self.fixed.map(|_| 0.5) };
        let deviation = match self.fixed {
            Some(it) => it,
            // The change is judged by the deviation of those before it.
            None => {
                let known =
                    self.changes.deviation().filter(|_| self.changes.seen() >= u64::from(CHANGES_MIN));
                self.learn(change, known);
                known?
            }
        };
        Some(if change == 0.0 {
            0.5
        } else if deviation > 0.0 {
            normal_cdf(change / deviation)
        } else {
            f64::from(u8::from(change > 0.0))
        })
    }

    fn learn(&mut self, change: f64, known: Option<f64>) {
        let bound = self
            .median
            .zip(known)
            .map(|(median, deviation)| (MEDIANS_MAX * median).max(DEVIATIONS_MAX * deviation));
        self.changes.push(bound.map_or(change, |it| change.clamp(-it, it)));
        if self.median.is_none() {
            let early = &mut self.early[self.sizes.len() as usize];
            early.change = change;
            early.zeros = (early.zeros + u32::from(change == 0.0)).min(ZEROS_MAX);
        }
        if change != 0.0 {
            self.sizes.push(change.abs());
            let seen = self.sizes.len();
            if seen == CHANGES_MIN || seen > CHANGES_MIN && seen.is_multiple_of(RENEW) {
                let is_first = self.median.is_none();
                self.median = self.sizes.quantile(0.5);
                if is_first {
                    self.bound_early();
                }
            }
        }
    }

    /// Lays the deviation down anew if one of the first changes was beyond what the median of them bounds.
    #[cold]
    fn bound_early(&mut self) {
        let early = self.early;
        let most = MEDIANS_MAX * self.median.unwrap_or(f64::INFINITY);
        if early.iter().all(|it| it.change.abs() <= most) {
            return;
        }
        self.changes = Moments::new(HALF_LIFE);
        for it in early {
            (0..it.zeros).for_each(|_| self.changes.push(0.0));
            self.changes.push(it.change.clamp(-most, most));
        }
    }
}

/// `BVC`: the last finished bar, split.
#[derive(Clone, Debug)]
pub(super) struct BulkBars {
    clock: Clock,
    bulk: Bulk,
    last: Option<(f64, Bar)>,
}

state!(BulkBars { clock, bulk, last });

impl BulkBars {
    pub(super) fn new(seconds: f64) -> BulkBars {
        BulkBars { clock: Clock::new(seconds), bulk: Bulk::new(Deviation::Running), last: None }
    }
}

impl Stream for BulkBars {
    fn on_trade(&mut self, trade: &Print) {
        if let Some(bar) = self.clock.push(trade, 0.0) {
            self.last = self.bulk.share(bar.close).map(|share| (share, bar)).or(self.last);
        }
    }

    fn write(&self, out: &mut [f64]) {
        let Some((share, bar)) = self.last else { return out.fill(f64::NAN) };
        out[0] = share;
        out[1] = share * bar.volume;
        out[2] = (1.0 - share) * bar.volume;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Closes of a quiet market whose changes are drawn alike.
    fn closes(n: usize) -> Vec<f64> {
        let mut stream = scalp_types::rng::Stream::named(7, "closes");
        let mut price = 1_000.0;
        let step = || {
            price += 0.5 * (stream.uniform() * 9.0 - 4.5).round();
            Some(price)
        };
        std::iter::from_fn(step).take(n).collect()
    }

    fn shares(closes: &[f64]) -> Vec<Option<f64>> {
        let mut bulk = Bulk::new(Deviation::Running);
        closes.iter().map(|it| bulk.share(*it)).collect()
    }

    #[test]
    fn a_wrong_print_does_not_hide_what_follows() {
        let usual = closes(3_000);
        let want = shares(&usual);
        for wrong in [1e9, 1e-6, 5_000.0] {
            let mut closes = usual.clone();
            closes[1_000] = wrong;
            let got = shares(&closes);
            assert_eq!(got[..1_000], want[..1_000]);
            let lean = |all: &[Option<f64>]| all.iter().flatten().map(|it| (it - 0.5).abs()).sum::<f64>();
            let part = |rows: std::ops::Range<usize>| lean(&got[rows.clone()]) / lean(&want[rows]);
            let (soon, late) = (part(1_010..1_070), part(2_000..3_000));
            println!("{wrong}: {soon:.2} of the lean soon after, {late:.2} a thousand bars later");
            assert!(soon > 0.7, "{wrong}: {soon}");
            assert!((late - 1.0).abs() < 0.05, "{wrong}: {late}");
        }
    }

    #[test]
    fn a_wrong_print_among_the_first_is_bounded_once_there_is_something_to_bound_it_by() {
        let usual = closes(3_000);
        let want = shares(&usual);
        for place in 0..12 {
            for wrong in [1e9, 1e-6, 5_000_000.0] {
                let mut closes = usual.clone();
                closes[place] = wrong;
                let got = shares(&closes);
                let lean = |all: &[Option<f64>]| all.iter().flatten().map(|it| (it - 0.5).abs()).sum::<f64>();
                // Ten medians are in the deviation then, for as long as a change weighs.
                let (early, late) = (lean(&got[800..1_200]), lean(&got[2_000..]));
                assert!(early > 0.7 * lean(&want[800..1_200]), "{wrong} at {place}: {early}");
                assert!((late / lean(&want[2_000..]) - 1.0).abs() < 0.05, "{wrong} at {place}: {late}");
            }
        }
        // Bars without a change between the first ones keep their weight.
        let still: Vec<f64> = usual.iter().flat_map(|it| [*it; 4]).collect();
        let mut wrong = still.clone();
        wrong[9] = 1e9;
        let [want, got] = [still, wrong].map(|closes| {
            let mut bulk = Bulk::new(Deviation::Running);
            closes.iter().for_each(|it| {
                bulk.share(*it);
            });
            bulk.changes.deviation().unwrap()
        });
        assert!((got / want - 1.0).abs() < 0.01, "{got} {want}");
    }

    #[test]
    fn a_market_whose_moves_grow_is_followed() {
        let growing: Vec<f64> = closes(2_000)
            .iter()
            .enumerate()
            .map(|(n, it)| if n < 1_000 { *it } else { 1_000.0 + (it - 1_000.0) * 300.0 })
            .collect();
        let mut bulk = Bulk::new(Deviation::Running);
        growing.iter().for_each(|it| {
            bulk.share(*it);
        });
        let mut fresh = Bulk::new(Deviation::Running);
        growing[1_001..].iter().for_each(|it| {
            fresh.share(*it);
        });
        let [old, new] = [&bulk, &fresh].map(|it| it.changes.deviation().unwrap());
        assert!((old / new - 1.0).abs() < 0.05, "{old} {new}");
    }
}
