//! Differences of a fast and a slow average of one input.

use super::Smooth;
use crate::kernel::{SILENT, Step, sound, stands};

/// A fast and a slow average of one input, side by side. Their difference is that of their gaps.
#[derive(Clone)]
#[repr(C)]
struct Pair {
    gaps: [f64; 2],
    betas: [f64; 2],
    before: f64,
    /// The rows before each begins, and those of its seed.
    waits: [usize; 2],
    left: [usize; 2],
    sums: [f64; 2],
    n: [f64; 2],
}

impl Pair {
    /// Of two periods, whichever is the fast one.
    fn new(one: f64, other: f64) -> Pair {
        let n = if other < one { [other, one] } else { [one, other] };
        Pair {
            gaps: [SILENT; 2],
            betas: n.map(|n| (n - 1.0) / (n + 1.0)),
            before: SILENT,
            waits: [0; 2],
            left: n.map(|n| n as usize),
            sums: [0.0; 2],
            n,
        }
    }

    /// The fast one begins later, so that both speak from the same row on.
    fn together(mut self) -> Pair {
        self.waits[0] = self.left[1] - self.left[0];
        self
    }

    /// The gaps after `x`; NaN until both are seeded, and not finite if `x` is not.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn next(&self, x: f64) -> [f64; 2] {
        let change = x - self.before;
        std::array::from_fn(|k| self.betas[k] * (self.gaps[k] + change))
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn take(&mut self, x: f64, gaps: [f64; 2]) {
        (self.before, self.gaps) = (x, gaps);
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn push(&mut self, x: f64) {
        let next = self.next(x);
        for (k, next) in next.into_iter().enumerate() {
            if self.waits[k] > 0 {
                self.waits[k] -= 1;
            } else if self.left[k] > 0 {
                self.sums[k] += x;
                self.left[k] -= 1;
                if self.left[k] == 0 {
                    self.gaps[k] = x - self.sums[k] / self.n[k];
                }
            } else {
                self.gaps[k] = next;
            }
        }
        self.before = x;
    }
}

/// The difference of the averages with these gaps.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the answer must not go through memory")]
fn line([fast, slow]: [f64; 2]) -> f64 {
    slow - fast
}

/// Moving average convergence and divergence. The histogram is the gap of the signal.
#[derive(Clone)]
pub(crate) struct Divergence {
    pair: Pair,
    signal: Smooth,
}

impl Divergence {
    pub(crate) fn new(p: &[f64]) -> Divergence {
        Divergence { pair: Pair::new(p[0], p[1]).together(), signal: Smooth::exponential(p[2]) }
    }
}

impl Step<1, 3> for Divergence {
    const WARMS: bool = true;
    const WALKS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 3]) {
        self.pair.push(x);
        let line = line(self.pair.gaps);
        if !line.is_nan()
            && let Some(signal) = self.signal.push(line)
        {
            *out = [line, signal, self.signal.gap.last];
        }
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 3]> {
        let gaps = self.pair.next(x);
        let line = line(gaps);
        let signal = self.signal.next(line);
        if !stands::<ASKED>(signal.value) {
            return None;
        }
        self.pair.take(x, gaps);
        self.signal.take(signal);
        Some([line, signal.value, signal.gap.0])
    }
}

/// The difference of two averages in per cent of the slower.
#[derive(Clone)]
pub(crate) struct Percentage(Pair);

/// Below it the slower average is nothing that could be divided by.
const NO_PRICE: f64 = 1e-14;

impl Percentage {
    pub(crate) fn new(p: &[f64]) -> Percentage {
        Percentage(Pair::new(p[0], p[1]))
    }
}

impl Step<1, 1> for Percentage {
    const WARMS: bool = true;
    const WALKS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.0.push(x);
        let (line, slow) = (line(self.0.gaps), x - self.0.gaps[1]);
        out[0] = if slow.abs() < NO_PRICE && !line.is_nan() { 0.0 } else { line / slow * 100.0 };
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        let gaps = self.0.next(x);
        let slow = x - gaps[1];
        let value = line(gaps) / slow * 100.0;
        if !(sound::<ASKED>(value) && slow.abs() >= NO_PRICE) {
            return None;
        }
        self.0.take(x, gaps);
        Some([value])
    }
}
