//! Variance and what is made of it.

use super::Ring;
use crate::kernel::{Step, state};

state! {
    /// Sums of the values and of their squares, less a shift near their mean, and begun anew before they lose digits.
    ///
    /// What changes stands apart, by what does not: the compiler would read two neighbours at once, for which a processor waits
    /// if they have just been written one by one.
    #[repr(C)]
    pub(crate) struct Variance {
        ring: Ring,
        sum: f64,
        part: f64,
        squares: f64,
        shift: f64,
        peak: f64,
        left: usize,
    }
}

impl Variance {
    pub(crate) fn new(n: f64) -> Variance {
        let left = 32 * n as usize;
        Variance { ring: Ring::new(n), part: 1.0 / n, shift: 0.0, sum: 0.0, squares: 0.0, peak: 0.0, left }
    }

    #[inline]
    fn add(&mut self, x: f64) {
        let x = x - self.shift;
        self.sum += x;
        self.squares += x * x;
    }

    #[inline]
    fn remove(&mut self, x: f64) {
        let x = x - self.shift;
        self.sum -= x;
        self.squares -= x * x;
    }

    #[inline]
    fn value(&self) -> f64 {
        let mean = self.sum * self.part;
        self.squares * self.part - mean * mean
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn push(&mut self, x: f64) -> Option<f64> {
        if self.ring.missing == self.ring.values.len() {
            self.shift = x;
        }
        self.ring.put(x);
        self.add(x);
        self.peak = if self.squares > self.peak { self.squares } else { self.peak };
        if self.ring.missing > 0 {
            return None;
        }
        let variance = self.value();
        self.left -= 1;
        if variance < 0.000_001 * (self.peak * self.part) || self.left == 0 {
            return Some(self.anew(x));
        }
        self.remove(self.ring.oldest());
        Some(variance)
    }

    /// Sums about `shift`, from the oldest value on.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn about(&mut self, shift: f64) -> f64 {
        (self.shift, self.sum, self.squares) = (shift, 0.0, 0.0);
        for place in self.ring.places() {
            self.add(self.ring.values[place]);
        }
        self.value()
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn anew(&mut self, x: f64) -> f64 {
        self.left = 32 * self.ring.values.len();
        let total = self.ring.places().fold(0.0, |sum, place| sum + self.ring.values[place]);
        let mut variance = self.about(total * self.part);
        // A window that hardly moves is summed about one of its own values.
        if variance < 0.000_001 * (self.squares * self.part) {
            variance = self.about(x);
        }
        self.peak = self.squares;
        if variance < 0.000_000_000_001 * (self.squares * self.part) {
            variance = 0.0;
        }
        self.remove(self.ring.oldest());
        variance
    }
}

impl Variance {
    /// As `push`, for a value that nobody has looked at, unless the sums are to be begun anew.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn warm(&mut self, x: f64) -> Option<f64> {
        let moved = x - self.shift;
        let (sum, squares) = (self.sum + moved, self.squares + moved * moved);
        let peak = if squares > self.peak { squares } else { self.peak };
        let mean = sum * self.part;
        let variance = squares * self.part - mean * mean;
        // Of what is not finite the mean and its square are not either, so the variance is NaN.
        let is_told = variance >= 0.000_001 * (peak * self.part) && variance.is_finite();
        if !is_told || self.ring.missing > 0 || self.left <= 1 {
            return None;
        }
        self.ring.turn(x);
        self.left -= 1;
        let gone = self.ring.oldest() - self.shift;
        (self.sum, self.squares, self.peak) = (sum - gone, squares - gone * gone, peak);
        Some(variance)
    }
}

impl Step<1, 1> for Variance {
    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.push(x).into_iter().for_each(|variance| out[0] = variance);
    }

    #[inline(always)]
    fn warm(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        Variance::warm(self, x).map(|variance| [variance])
    }
}

state! {
    /// The standard deviation, some times.
    pub(crate) struct Deviation { variance: Variance, times: f64 }
}

impl Deviation {
    pub(crate) fn new(p: &[f64]) -> Deviation {
        Deviation { variance: Variance::new(p[0]), times: p[1] }
    }
}

impl Step<1, 1> for Deviation {
    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        // A factor of 1 changes nothing, so it needs no case of its own.
        self.variance.push(x).into_iter().for_each(|variance| out[0] = variance.sqrt() * self.times);
    }

    #[inline(always)]
    fn warm(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        self.variance.warm(x).map(|variance| [variance.sqrt() * self.times])
    }
}

state! {
    /// Bollinger's bands about the simple average.
    pub(crate) struct Bollinger { variance: Variance, total: f64, n: f64, up: f64, down: f64 }
}

impl Bollinger {
    pub(crate) fn new(p: &[f64]) -> Bollinger {
        Bollinger { variance: Variance::new(p[0]), total: 0.0, n: p[0], up: p[1], down: p[2] }
    }
}

impl Bollinger {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn bands(&self, middle: f64, variance: f64) -> [f64; 3] {
        let deviation = variance.sqrt();
        let upper = if self.up.to_bits() == self.down.to_bits() {
            middle + deviation * self.up
        } else {
            libm::fma(deviation, self.up, middle)
        };
        [upper, middle, middle - deviation * self.down]
    }
}

impl Step<1, 3> for Bollinger {
    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 3]) {
        self.total += x;
        if let Some(variance) = self.variance.push(x) {
            *out = self.bands(self.total / self.n, variance);
            self.total -= self.variance.ring.oldest();
        }
    }

    #[inline(always)]
    fn warm(&mut self, [x]: [f64; 1]) -> Option<[f64; 3]> {
        let total = self.total + x;
        let middle = total / self.n;
        if !middle.is_finite() {
            return None;
        }
        // A root is at most 1e154 and a factor 3e37, so no band is beyond what is finite.
        let variance = self.variance.warm(x)?;
        self.total = total - self.variance.ring.oldest();
        Some(self.bands(middle, variance))
    }
}
