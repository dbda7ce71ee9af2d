//! Exponential averages of the range and of the flow of bars; what [`Gap`] says of rounding holds here too.

use super::{Gap, Smooth, TrueRange, flow, ranged_flow};
use crate::kernel::{Step, sound, stands};

/// The average true range (Wilder 1978), as it is or in per cent of the close.
#[derive(Clone)]
pub(crate) struct AverageRange<const PERCENT: bool> {
    range: TrueRange,
    average: Smooth<true>,
}

impl<const PERCENT: bool> AverageRange<PERCENT> {
    pub(crate) fn new(p: &[f64]) -> Self {
        AverageRange { range: TrueRange::default(), average: Smooth::wilder(p[0]) }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn value(&self, average: f64, close: f64) -> f64 {
        // A period of 1 is a range, not a per cent.
        if PERCENT && self.average.n > 1.0 { average / close * 100.0 } else { average }
    }
}

impl<const PERCENT: bool> Step<3, 1> for AverageRange<PERCENT> {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 1]) {
        let Some(range) = self.range.push(high, low, close) else { return };
        let Some(average) = self.average.push(range) else { return };
        let is_none = PERCENT && self.average.n > 1.0 && close.abs() <= 0.0;
        out[0] = if is_none { 0.0 } else { self.value(average, close) };
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [high, low, close]: [f64; 3]) -> Option<[f64; 1]> {
        let average = self.average.next(self.range.range(high, low));
        let value = self.value(average.value, close);
        // Nothing is a part of an infinite close, and of a close of zero everything.
        let is_told = if ASKED && !PERCENT { stands::<ASKED>(value) } else { (value + close).is_finite() };
        if !is_told {
            return None;
        }
        self.range.close(close);
        self.average.take(average);
        Some([value])
    }
}

/// The difference of two averages of the accumulated flow (Chaikin). It is the difference of their gaps, which open by the
/// flow of each bar, so that what has accumulated need not be known.
#[derive(Clone)]
pub(crate) struct FlowOscillator {
    fast: Gap<true>,
    slow: Gap<true>,
    /// The rows until the first answer.
    left: usize,
    is_first: bool,
}

impl FlowOscillator {
    pub(crate) fn new(p: &[f64]) -> FlowOscillator {
        let [fast, slow] = [p[0], p[1]].map(|n| {
            let mut gap = Gap::new((n - 1.0) / (n + 1.0));
            gap.begin(0.0);
            gap
        });
        // The averages begin at the first bar, whatever has flowed at it.
        FlowOscillator { fast, slow, left: f64::max(p[0], p[1]) as usize, is_first: true }
    }
}

impl Step<4, 1> for FlowOscillator {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, bar: [f64; 4], out: &mut [f64; 1]) {
        let flow = flow(bar);
        if !self.is_first {
            self.fast.take(self.fast.next(flow));
            self.slow.take(self.slow.next(flow));
        }
        self.is_first = false;
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            out[0] = self.slow.last - self.fast.last;
        }
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, bar: [f64; 4]) -> Option<[f64; 1]> {
        let flow = ranged_flow(bar);
        let (fast, slow) = (self.fast.next(flow), self.slow.next(flow));
        let value = slow.0 - fast.0;
        if self.left > 0 || !sound::<ASKED>(value) || bar[0] <= bar[1] {
            return None;
        }
        self.fast.take(fast);
        self.slow.take(slow);
        Some([value])
    }
}
