//! Prices, ranges and flows of single bars.

use super::{larger, smaller};
use crate::kernel::{SILENT, Step, sound, stands};

#[derive(Clone)]
pub(crate) struct HeikinAshi {
    /// The open of the next candle; NaN before the first.
    open: f64,
}

impl HeikinAshi {
    pub(crate) fn new() -> HeikinAshi {
        HeikinAshi { open: SILENT }
    }
}

impl Step<4, 4> for HeikinAshi {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [o, h, l, c]: [f64; 4], out: &mut [f64; 4]) {
        let open = if self.open.is_nan() { (o + c) / 2.0 } else { self.open };
        let close = (o + h + l + c) / 4.0;
        self.open = (open + close) / 2.0;
        *out = [open, larger(close, larger(open, h)), smaller(close, smaller(open, l)), close];
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [o, h, l, c]: [f64; 4]) -> Option<[f64; 4]> {
        let (open, close) = (self.open, (o + h + l + c) / 4.0);
        let next = (open + close) / 2.0;
        if !stands::<ASKED>(next) {
            return None;
        }
        self.open = next;
        Some([open, larger(close, larger(open, h)), smaller(close, smaller(open, l)), close])
    }
}

#[derive(Clone)]
pub(crate) struct OnBalance {
    /// Close and answer of the bar before; NaN before the first.
    close: f64,
    sum: f64,
}

impl OnBalance {
    pub(crate) fn new() -> OnBalance {
        OnBalance { close: SILENT, sum: SILENT }
    }

    #[inline]
    fn next(&self, close: f64, volume: f64) -> f64 {
        // Chosen before it is added, so that one bar waits for one sum of the bar before.
        // Minus zero is what leaves every sum as it is, minus zero too.
        let up = if close > self.close { volume } else { -0.0 };
        self.sum + if close < self.close { -volume } else { up }
    }
}

impl Step<2, 1> for OnBalance {
    const WARMS: bool = true;

    // The same as the crate's to the last bit, and without its question which way the price goes, which is not foreseen.
    const WALKS: bool = true;

    #[inline(always)]
    fn step(&mut self, [close, volume]: [f64; 2], out: &mut [f64; 1]) {
        let sum = if self.close.is_nan() { volume } else { self.next(close, volume) };
        (self.close, self.sum) = (close, sum);
        out[0] = sum;
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [close, volume]: [f64; 2]) -> Option<[f64; 1]> {
        let sum = self.next(close, volume);
        // A close that is not finite compares as well, and a volume may be left out.
        if !stands::<ASKED>(if ASKED { sum } else { close * 0.0 + volume * 0.0 + sum }) {
            return None;
        }
        (self.close, self.sum) = (close, sum);
        Some([sum])
    }
}

/// The volume by where in its range the bar closed, from all of it for the high to all of it against for the low. An infinite
/// range makes the numerator infinite too, so the part is NaN.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the row must not go through memory")]
pub(crate) fn flow([high, low, close, volume]: [f64; 4]) -> f64 {
    let flow = ranged_flow([high, low, close, volume]);
    if high - low <= 0.0 { 0.0 } else { flow }
}

/// As [`flow`], for a bar that has a range.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the row must not go through memory")]
pub(crate) fn ranged_flow([high, low, close, volume]: [f64; 4]) -> f64 {
    (close - low - (high - close)) / (high - low) * volume
}

#[derive(Clone)]
pub(crate) struct Accumulation {
    pub(crate) sum: f64,
}

impl Step<4, 1> for Accumulation {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, bar: [f64; 4], out: &mut [f64; 1]) {
        let flow = flow(bar);
        self.sum += flow;
        out[0] = self.sum;
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, bar: [f64; 4]) -> Option<[f64; 1]> {
        let sum = self.sum + ranged_flow(bar);
        if bar[0] <= bar[1] || !sound::<ASKED>(sum) {
            return None;
        }
        self.sum = sum;
        Some([sum])
    }
}

#[derive(Clone)]
pub(crate) struct TrueRange {
    /// The close of the bar before; NaN before the first.
    before: f64,
}

impl Default for TrueRange {
    fn default() -> TrueRange {
        TrueRange { before: SILENT }
    }
}

/// The true range of a bar after one that closed at `before`.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the row must not go through memory")]
pub(crate) fn true_range(high: f64, low: f64, before: f64) -> f64 {
    let range = larger((before - high).abs(), high - low);
    larger((before - low).abs(), range)
}

impl TrueRange {
    /// The range of a bar that nobody has looked at: not finite if its high or low is not; of the first bar it is from its low to
    /// its high. The close is taken in by [`TrueRange::close`].
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    pub(crate) fn range(&self, high: f64, low: f64) -> f64 {
        true_range(high, low, self.before)
    }

    /// The close of the bar before; NaN at the first.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(super) fn before(&self) -> f64 {
        self.before
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn push(&mut self, high: f64, low: f64, close: f64) -> Option<f64> {
        let range = self.range(high, low);
        let is_first = std::mem::replace(&mut self.before, close).is_nan();
        (!is_first).then_some(range)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    pub(crate) fn close(&mut self, close: f64) {
        self.before = close;
    }
}

impl Step<3, 1> for TrueRange {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 1]) {
        self.push(high, low, close).into_iter().for_each(|range| out[0] = range);
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [high, low, close]: [f64; 3]) -> Option<[f64; 1]> {
        let range = self.range(high, low);
        if !stands::<ASKED>(if ASKED { self.before } else { range + (close - self.before) }) {
            return None;
        }
        self.close(close);
        Some([range])
    }
}

#[derive(Clone)]
pub(crate) struct BalanceOfPower;

impl Step<4, 1> for BalanceOfPower {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [open, high, low, close]: [f64; 4], out: &mut [f64; 1]) {
        let range = high - low;
        out[0] = if range <= 0.0 { 0.0 } else { (close - open) / range };
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [open, high, low, close]: [f64; 4]) -> Option<[f64; 1]> {
        let range = high - low;
        let part = (close - open) / range;
        // A body is no part of an infinite range.
        (range > 0.0 && sound::<ASKED>(part + range)).then_some([part])
    }
}

/// Prices made of one bar: each by one expression, which is finite only if all that it reads is.
macro_rules! price {
    ($($name:ident($($in:ident)+) = $value:expr;)*) => {$(
        #[derive(Clone)]
        pub(crate) struct $name;

        impl Step<{ [$(stringify!($in)),+].len() }, 1> for $name {
            const WARMS: bool = true;

            #[inline]
            fn step(&mut self, [$($in),+]: [f64; { [$(stringify!($in)),+].len() }], out: &mut [f64; 1]) {
                out[0] = $value;
            }

            #[inline(always)]
            fn warm<const ASKED: bool>(&mut self, [$($in),+]: [f64; { [$(stringify!($in)),+].len() }]) -> Option<[f64; 1]> {
                let value: f64 = $value;
                sound::<ASKED>(value).then_some([value])
            }
        }
    )*};
}
price! {
    Median(high low) = (high + low) / 2.0;
    Typical(high low close) = (high + low + close) / 3.0;
    // Twice the close is exact, so it does not matter that TA-Lib fuses the sum.
    Weighted(high low close) = (close * 2.0 + (high + low)) / 4.0;
}

/// The average by volume since the first bar; the answer before where nothing has traded.
/// What changes stands apart, as in a [`super::Gap`].
#[derive(Clone, Default)]
#[repr(C)]
pub(crate) struct SinceFirst {
    money: f64,
    apart: [u64; 1],
    volume: f64,
    apart_too: [u64; 1],
    value: f64,
}

impl Step<4, 1> for SinceFirst {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [high, low, close, volume]: [f64; 4], out: &mut [f64; 1]) {
        self.money += (high + low + close) / 3.0 * volume;
        self.volume += volume;
        if self.volume > 0.0 {
            self.value = self.money / self.volume;
        }
        out[0] = self.value;
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [high, low, close, volume]: [f64; 4]) -> Option<[f64; 1]> {
        let money = self.money + (high + low + close) / 3.0 * volume;
        let sum = self.volume + volume;
        let value = money / sum;
        // An infinite volume makes the money infinite too.
        if !(sound::<ASKED>(value) && sum > 0.0) {
            return None;
        }
        (self.money, self.volume, self.value) = (money, sum, value);
        Some([value])
    }
}
