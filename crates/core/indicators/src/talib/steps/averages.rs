//! Exponential averages and what is made of them. TA-Lib fuses the product of the average with the sum; here the fused
//! multiplication is that of `libm`, which rounds once on every machine.

use libm::fma;

use super::{Ring, TrueRange};
use crate::kernel::{Step, state};

/// One exponential average, seeded by the mean of its first `n` values.
#[derive(Clone)]
pub(crate) struct Smooth {
    beta: f64,
    k: f64,
    value: f64,
    left: usize,
    n: f64,
    /// A period of 1 does not smooth.
    copies: bool,
}

impl Smooth {
    pub(crate) fn exponential(n: f64) -> Smooth {
        let beta = (n - 1.0) / (n + 1.0);
        let k = 1.0 - beta;
        // Both add up to 1 exactly, so that a flat input stays at its level.
        let beta = if beta < 0.5 { 1.0 - k } else { beta };
        Smooth { beta, k, value: 0.0, left: n as usize, n, copies: n <= 1.0 }
    }

    pub(crate) fn wilder(n: f64) -> Smooth {
        let beta = (n - 1.0) / n;
        Smooth { beta, k: 1.0 - beta, value: 0.0, left: n as usize, n, copies: false }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn push(&mut self, x: f64) -> Option<f64> {
        if self.left > 0 {
            return self.seed(x);
        }
        self.value = fma(self.beta, self.value, self.k * x);
        Some(self.value)
    }

    #[cold]
    fn seed(&mut self, x: f64) -> Option<f64> {
        if self.copies {
            return Some(x);
        }
        self.value += x;
        self.left -= 1;
        if self.left > 0 {
            return None;
        }
        self.value /= self.n;
        Some(self.value)
    }
}

/// Averages of averages, `N` deep.
#[derive(Clone)]
pub(crate) struct Chain<const N: usize>([Smooth; N]);

impl<const N: usize> Chain<N> {
    pub(crate) fn exponential(p: &[f64]) -> Self {
        Chain(std::array::from_fn(|_| Smooth::exponential(p[0])))
    }

    pub(crate) fn wilder(p: &[f64]) -> Self {
        Chain(std::array::from_fn(|_| Smooth::wilder(p[0])))
    }

    /// All of them, once the deepest speaks.
    #[inline]
    fn push(&mut self, x: f64) -> Option<[f64; N]> {
        let mut all = [0.0; N];
        let mut x = x;
        for (average, to) in self.0.iter_mut().zip(&mut all) {
            x = average.push(x)?;
            *to = x;
        }
        Some(all)
    }
}

impl Step<1, 1> for Chain<1> {
    #[inline]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.0[0].push(x).into_iter().for_each(|average| out[0] = average);
    }
}

#[derive(Clone)]
pub(crate) struct Dema2(pub(crate) Chain<2>);

impl Step<1, 1> for Dema2 {
    #[inline]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        if let Some([one, two]) = self.0.push(x) {
            out[0] = 2.0 * one - two;
        }
    }
}

/// Moving average convergence and divergence.
#[derive(Clone)]
pub(crate) struct Divergence {
    fast: Smooth,
    slow: Smooth,
    signal: Smooth,
    /// The rows before the fast average begins, so that both speak from the same row on.
    wait: usize,
}

impl Divergence {
    pub(crate) fn new(p: &[f64]) -> Divergence {
        let (fast, slow) = if p[1] < p[0] { (p[1], p[0]) } else { (p[0], p[1]) };
        Divergence {
            fast: Smooth::exponential(fast),
            slow: Smooth::exponential(slow),
            signal: Smooth::exponential(p[2]),
            wait: (slow - fast) as usize,
        }
    }
}

impl Step<1, 3> for Divergence {
    #[inline]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 3]) {
        let slow = self.slow.push(x);
        if self.wait > 0 {
            self.wait -= 1;
            return;
        }
        if let (Some(fast), Some(slow)) = (self.fast.push(x), slow) {
            let line = fast - slow;
            if let Some(signal) = self.signal.push(line) {
                *out = [line, signal, line - signal];
            }
        }
    }
}

/// The average true range (Wilder 1978), as it is or in per cent of the close.
#[derive(Clone)]
pub(crate) struct AverageRange<const PERCENT: bool> {
    range: TrueRange,
    average: Smooth,
}

impl<const PERCENT: bool> AverageRange<PERCENT> {
    pub(crate) fn new(p: &[f64]) -> Self {
        AverageRange { range: TrueRange::default(), average: Smooth::wilder(p[0]) }
    }
}

impl<const PERCENT: bool> Step<3, 1> for AverageRange<PERCENT> {
    #[inline]
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 1]) {
        let Some(range) = self.range.push(high, low, close) else { return };
        let Some(average) = self.average.push(range) else { return };
        out[0] = if !PERCENT || self.average.n <= 1.0 {
            average
        } else if close.abs() > 0.0 {
            average / close * 100.0
        } else {
            0.0
        };
    }
}

/// The difference of two averages in per cent of the slower.
#[derive(Clone)]
pub(crate) struct Percentage {
    fast: Smooth,
    slow: Smooth,
}

impl Percentage {
    pub(crate) fn new(p: &[f64]) -> Percentage {
        let (fast, slow) = if p[1] < p[0] { (p[1], p[0]) } else { (p[0], p[1]) };
        Percentage { fast: Smooth::exponential(fast), slow: Smooth::exponential(slow) }
    }
}

impl Step<1, 1> for Percentage {
    #[inline]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        if let (Some(fast), Some(slow)) = (self.fast.push(x), self.slow.push(x)) {
            out[0] = if slow.abs() < 1e-14 { 0.0 } else { (fast - slow) / slow * 100.0 };
        }
    }
}

state! {
    /// An average whose speed is the size of the momentum (Chande 1992).
    pub(crate) struct Dynamic {
        ring: Ring,
        alpha: f64,
        copies: bool,
        before: Option<f64>,
        up: f64,
        down: f64,
        still: usize,
        value: f64,
    }
}

impl Dynamic {
    pub(crate) fn new(p: &[f64]) -> Dynamic {
        Dynamic {
            ring: Ring::new(p[1]),
            alpha: 2.0 / (p[0] + 1.0),
            copies: p[0] <= 1.0,
            before: None,
            up: 0.0,
            down: 0.0,
            still: 0,
            value: 0.0,
        }
    }
}

impl Step<1, 1> for Dynamic {
    #[inline]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        if self.copies {
            out[0] = x;
            return;
        }
        let Some(before) = self.before.replace(x) else {
            self.value = x;
            return;
        };
        let change = x - before;
        let rise = (change + change.abs()) * 0.5;
        let is_full = self.ring.missing == 0;
        let old = self.ring.put(change);
        if is_full {
            let gone = (old + old.abs()) * 0.5;
            self.up -= gone;
            self.down -= gone - old;
        }
        self.up += rise;
        self.down += rise - change;
        self.still = if change.abs() <= 0.0 { self.still + 1 } else { 0 };
        let n = self.ring.values.len();
        if is_full && self.still >= n {
            self.still = n;
            (self.up, self.down) = (0.0, 0.0);
        }
        let sum = self.up + self.down;
        let part = self.alpha * ((100.0 * (self.up - self.down) / sum).abs() / 100.0);
        let k = if sum > 0.0 { part } else { 0.0 };
        self.value = fma(x - self.value, k, self.value);
        if self.ring.missing == 0 {
            out[0] = self.value;
        }
    }
}
