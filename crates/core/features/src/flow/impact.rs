//! What trading costs, and how prices answer to it.

use super::bars::{Bar, Clock};
use super::decay::Moments;
use super::rows::{Rows, Totals};
use super::sign::Classifier;
use super::table::Stream;
use crate::measure::{Depth, Print};
use crate::state::{plain, state};

/// What a bar's change is explained by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Impact {
    /// The change of price, by signed volume.
    Kyle,
    /// The change of the logarithm of price, by the sum of signed square roots of value.
    Hasbrouck,
}

/// `KYLE` and `HASBROUCK`: the slope of a least-squares line through the last bars.
#[derive(Clone, Debug)]
pub(super) struct Slope {
    impact: Impact,
    clock: Clock,
    classifier: Classifier,
    close: Option<f64>,
    /// What explains, what is explained, and the size of the parts that the first is the sum of.
    rows: Rows<3>,
    out: [f64; 4],
}

state!(Slope { clock, classifier, close, rows, out; impact });

impl Slope {
    pub(super) fn new(impact: Impact, bars: usize, seconds: f64) -> Slope {
        Slope {
            impact,
            clock: Clock::new(seconds),
            classifier: Classifier::default(),
            close: None,
            rows: Rows::new(bars),
            out: [f64::NAN; 4],
        }
    }

    fn on_bar(&mut self, bar: &Bar) {
        let Some(before) = self.close.replace(bar.close) else { return };
        self.rows.push(match self.impact {
            Impact::Kyle => [bar.signed, bar.close - before, bar.volume],
            Impact::Hasbrouck => [bar.signed_root, libm::log(bar.close / before), bar.root],
        });
        if self.rows.is_full() {
            self.out = line(&self.rows);
        }
    }
}

/// What a sum of signed parts leaves by rounding, as a part of the sum of their sizes.
const ROUNDING: f64 = 1e-12;

/// Slope, intercept, t-value of the slope and share explained of the line of the second column on the first; none of them where the
/// first are equal but for rounding, through which any line goes. Two passes, in the order of the rows.
fn line(rows: &Rows<3>) -> [f64; 4] {
    let n = rows.len() as f64;
    let (mut least, mut most, mut size) = (f64::INFINITY, f64::NEG_INFINITY, 0.0_f64);
    for &[x, _, parts] in rows.iter() {
        (least, most, size) = (least.min(x), most.max(x), size.max(parts));
    }
    if most - least <= ROUNDING * size {
        return [f64::NAN; 4];
    }
    let sums = rows.iter().fold([0.0; 2], |sum, it| [sum[0] + it[0], sum[1] + it[1]]);
    let [x_mean, y_mean] = sums.map(|it| it / n);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for &[x, y, _] in rows.iter() {
        xx += (x - x_mean) * (x - x_mean);
        xy += (x - x_mean) * (y - y_mean);
        yy += (y - y_mean) * (y - y_mean);
    }
    let slope = xy / xx;
    let left = (yy - slope * xy).max(0.0);
    let deviation = (left / (n - 2.0) / xx).sqrt();
    [slope, y_mean - slope * x_mean, slope / deviation, 1.0 - left / yy]
}

impl Stream for Slope {
    fn on_trade(&mut self, trade: &Print) {
        let sign = self.classifier.on_trade(trade).best();
        if let Some(bar) = self.clock.push(trade, sign) {
            self.on_bar(&bar);
        }
    }

    fn on_book(&mut self, book: &Depth<'_>) {
        self.classifier.on_book(book);
    }

    fn write(&self, out: &mut [f64]) {
        out.copy_from_slice(&self.out);
    }
}

/// `AMIHUD`: the mean of `|log return| / value` over the last bars.
#[derive(Clone, Debug)]
pub(super) struct Amihud {
    clock: Clock,
    close: Option<f64>,
    rows: Rows<1>,
    value: f64,
}

state!(Amihud { clock, close, rows, value });

impl Amihud {
    pub(super) fn new(bars: usize, seconds: f64) -> Amihud {
        Amihud { clock: Clock::new(seconds), close: None, rows: Rows::new(bars), value: f64::NAN }
    }
}

impl Stream for Amihud {
    fn on_trade(&mut self, trade: &Print) {
        let Some(bar) = self.clock.push(trade, 0.0) else { return };
        let Some(before) = self.close.replace(bar.close) else { return };
        self.rows.push([libm::log(bar.close / before).abs() / bar.value]);
        if self.rows.is_full() {
            let sum: f64 = self.rows.iter().map(|it| it[0]).sum();
            self.value = sum / self.rows.len() as f64;
        }
    }

    fn write(&self, out: &mut [f64]) {
        out[0] = self.value;
    }
}

/// `ROLL`: the spread that bounces trades between bid and ask would show, from the covariance of price changes.
#[derive(Clone, Debug)]
pub(super) struct Roll {
    last: Option<f64>,
    change: Option<f64>,
    /// Of a change, the one before, and their product.
    sums: Totals<3>,
}

state!(Roll { last, change, sums });

impl Roll {
    pub(super) fn new(trades: usize) -> Roll {
        Roll { last: None, change: None, sums: Totals::new(trades) }
    }
}

impl Stream for Roll {
    fn on_trade(&mut self, trade: &Print) {
        let Some(before) = self.last.replace(trade.price) else { return };
        let change = trade.price - before;
        let Some(earlier) = self.change.replace(change) else { return };
        self.sums.push([change, earlier, change * earlier]);
    }

    fn write(&self, out: &mut [f64]) {
        let Some([changes, earlier, products]) = self.sums.sums() else { return out.fill(f64::NAN) };
        let n = self.sums.length() as f64;
        let covariance = (products - changes * earlier / n) / (n - 1.0);
        out[0] = 2.0 * (-covariance).max(0.0).sqrt();
        out[1] = self.last.map_or(f64::NAN, |last| 1e4 * out[0] / last);
        out[2] = covariance;
    }
}

/// Trades that may wait for their mid.
const WAITING_MAX: usize = 4096;

#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
    at: i64,
    sign: f64,
    price: f64,
    mid: f64,
}

plain!(Waiting { at, sign, price, mid });

/// `EFFECTIVE_SPREAD`: what takers pay, and what of it the makers keep once the price has moved.
///
/// A trade waits for the mid that holds `horizon` later. At most 4096 wait; one that finds no place is left out. If time goes
/// back by more than the horizon, those that wait are dropped.
#[derive(Clone, Debug)]
pub(super) struct Effective {
    horizon: i64,
    classifier: Classifier,
    mid: Option<f64>,
    waiting: Box<[Waiting]>,
    first: usize,
    count: usize,
    effective: Moments,
    realised: Moments,
    impact: Moments,
}

state!(Effective { classifier, mid, waiting, first, count, effective, realised, impact; horizon });

impl Effective {
    pub(super) fn new(seconds: f64, half_life: f64) -> Effective {
        Effective {
            horizon: (seconds * 1e9) as i64,
            classifier: Classifier::default(),
            mid: None,
            waiting: vec![Waiting::default(); WAITING_MAX].into_boxed_slice(),
            first: 0,
            count: 0,
            effective: Moments::new(half_life),
            realised: Moments::new(half_life),
            impact: Moments::new(half_life),
        }
    }

    /// Counts those whose time has come, with the mid that holds now.
    fn settle(&mut self, at: i64) {
        while self.count > 0 {
            let it = self.waiting[self.first];
            if at < it.at.saturating_sub(self.horizon) {
                self.count = 0;
                return;
            }
            if at < it.at.saturating_add(self.horizon) {
                return;
            }
            self.first = (self.first + 1) % WAITING_MAX;
            self.count -= 1;
            if let Some(now) = self.mid {
                let scale = 2e4 * it.sign / it.mid;
                self.effective.push(scale * (it.price - it.mid));
                self.realised.push(scale * (it.price - now));
                self.impact.push(scale * (now - it.mid));
            }
        }
    }
}

impl Stream for Effective {
    fn on_trade(&mut self, trade: &Print) {
        self.settle(trade.at);
        let sign = self.classifier.on_trade(trade).best();
        let Some(mid) = self.mid.filter(|_| sign != 0.0 && self.count < WAITING_MAX) else { return };
        let place = (self.first + self.count) % WAITING_MAX;
        self.waiting[place] = Waiting { at: trade.at, sign, price: trade.price, mid };
        self.count += 1;
    }

    fn on_book(&mut self, book: &Depth<'_>) {
        self.settle(book.at);
        self.classifier.on_book(book);
        self.mid = book.touch().map(|it| it.mid());
    }

    fn write(&self, out: &mut [f64]) {
        for (to, from) in out.iter_mut().zip([&self.effective, &self.realised, &self.impact]) {
            *to = from.mean().unwrap_or(f64::NAN);
        }
    }
}

/// `NASH_SPREAD`: the half-spread at which no maker gains by another, from what the stream shows.
///
/// The cost of a fill is half the price impact and the fee; the sensitivity of takers is the inverse of their mean distance
/// from the mid, as if they reached quotes at a rate that falls exponentially with the distance.
#[derive(Clone, Debug)]
pub(super) struct NashSpread {
    makers: f64,
    fee: f64,
    effective: Effective,
    distance: Moments,
}

state!(NashSpread { effective, distance; makers, fee });

impl NashSpread {
    pub(super) fn new(makers: f64, fee: f64, horizon: f64, half_life: f64) -> NashSpread {
        let (effective, distance) = (Effective::new(horizon, half_life), Moments::new(half_life));
        NashSpread { makers, fee, effective, distance }
    }
}

impl Stream for NashSpread {
    fn on_trade(&mut self, trade: &Print) {
        if let Some(mid) = self.effective.mid {
            self.distance.push(1e4 * (trade.price - mid).abs() / mid);
        }
        self.effective.on_trade(trade);
    }

    fn on_book(&mut self, book: &Depth<'_>) {
        self.effective.on_book(book);
    }

    fn write(&self, out: &mut [f64]) {
        let (Some(impact), Some(distance)) = (self.effective.impact.mean(), self.distance.mean()) else {
            return out.fill(f64::NAN);
        };
        let cost = 0.5 * impact + self.fee;
        out[0] = cost + self.makers / (self.makers - 1.0) * distance;
        out[1] = cost;
        out[2] = 1.0 / distance;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Level;
    use scalp_types::Side;

    #[test]
    fn the_spread_of_the_stream_is_that_of_the_game() {
        let mut nash = NashSpread::new(3.0, 0.2, 5.0, 1e9);
        let level = |price| [Level { price, size: 1.0 }];
        let book = |nash: &mut NashSpread, seconds: i64, mid: f64| {
            let (bids, asks) = (level(mid - 1.0), level(mid + 1.0));
            nash.on_book(&Depth { at: seconds * 1_000_000_000, bids: &bids, asks: &asks, changes: &[] });
        };
        book(&mut nash, 0, 1000.0);
        let buy = Print { at: 1_000_000_000, price: 1001.0, size: 1.0, aggressor: Some(Side::Buy) };
        nash.on_trade(&buy);
        book(&mut nash, 5, 1000.75);
        book(&mut nash, 7, 1000.75);
        let mut out = [f64::NAN; 3];
        nash.write(&mut out);
        let game = crate::quoting::spread::Game {
            makers: 3,
            cost: 0.5 * 15.0 + 0.2,
            sensitivity: 0.1,
            outside: None,
        };
        assert!((out[0] - game.half_spread().unwrap()).abs() < 1e-9, "{out:?}");
    }

    #[test]
    fn what_takers_pay_is_what_makers_keep_and_what_the_price_moved() {
        let mut spread = Effective::new(5.0, 1e9);
        let mut out = [f64::NAN; 3];
        let mut book = |spread: &mut Effective, seconds: i64, mid: f64| {
            let level = |price| [Level { price, size: 1.0 }];
            let (bids, asks) = (level(mid - 1.0), level(mid + 1.0));
            spread.on_book(&Depth { at: seconds * 1_000_000_000, bids: &bids, asks: &asks, changes: &[] });
            spread.write(&mut out);
            out
        };
        book(&mut spread, 0, 1000.0);
        let buy = Print { at: 1_000_000_000, price: 1001.0, size: 1.0, aggressor: Some(Side::Buy) };
        spread.on_trade(&buy);
        assert!(book(&mut spread, 5, 1000.75).iter().all(|it| it.is_nan()), "not yet");
        // The mid that holds at six seconds is that of five.
        let got = book(&mut spread, 7, 990.0);
        for (got, want) in got.iter().zip([20.0, 5.0, 15.0]) {
            assert!((got - want).abs() < 1e-9, "{got} {want}");
        }
    }

    /// Trades of one second each, `sizes` of them bought, at prices that walk.
    fn slope_of(impact: Impact, bars: &[&[f64]], price: impl Fn(usize) -> f64) -> [f64; 4] {
        let mut slope = Slope::new(impact, 3, 1.0);
        let mut out = [f64::NAN; 4];
        for (second, sizes) in bars.iter().enumerate() {
            for &size in *sizes {
                let aggressor = Some(if size > 0.0 { Side::Buy } else { Side::Sell });
                let (at, price) = (second as i64 * 1_000_000_000, price(second));
                slope.on_trade(&Print { at, price, size: size.abs(), aggressor });
            }
            slope.write(&mut out);
        }
        out
    }

    #[test]
    fn there_is_no_slope_through_volumes_that_differ_by_rounding_alone() {
        let walk = |second: usize| 100.0 + [0.0, 0.02, -0.01, 0.05, 0.04, 0.07][second];
        let decimals: [&[f64]; 6] = [
            &[0.1, 0.2, 0.3],
            &[0.3, 0.2, 0.1],
            &[0.2, 0.3, 0.1],
            &[0.1, 0.2, 0.3],
            &[0.3, 0.2, 0.1],
            &[0.6],
        ];
        let whole: [&[f64]; 6] = [&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0], &[6.0], &[5.0, 1.0], &[6.0], &[6.0]];
        // All that is left of what was bought less what was sold is rounding of what was traded.
        let cancelled: [&[f64]; 6] =
            [&[1.0], &[0.1, 0.2, -0.3], &[1e3, -1e3], &[0.3, -0.2, -0.1], &[5.0, -5.0], &[7.0]];
        for bars in [decimals, whole, cancelled] {
            let out = slope_of(Impact::Kyle, &bars, walk);
            assert!(out.iter().all(|it| it.is_nan()), "{out:?} of {bars:?}");
        }
        // The same in contracts of one value each, whose roots are told of.
        let contracts: Vec<[f64; 2]> = (0..6).map(|it| [100.0 / walk(it), 300.0 / walk(it)]).collect();
        let contracts: Vec<&[f64]> = contracts.iter().map(<[f64; 2]>::as_slice).collect();
        let out = slope_of(Impact::Hasbrouck, &contracts, walk);
        assert!(out.iter().all(|it| it.is_nan()), "{out:?}");
        // One lot of a large volume is no rounding.
        let lots: [&[f64]; 6] = [&[1.0], &[1e7], &[1e7 + 0.001], &[1e7], &[1e7 + 0.002], &[1.0]];
        let out = slope_of(Impact::Kyle, &lots, |second| 100.0 + lots[second][0] - 1e7);
        assert!(out.iter().all(|it| it.is_finite()), "{out:?}");
    }
}
