//! Variance and what is made of it.

use super::Ring;
use crate::kernel::{Step, state};

/// Sums of the values of a window and of their squares, less a shift near their mean, and begun anew before they lose digits.
/// What enters and what leaves is added at once, so that a row waits for one sum of the row before.
///
/// What changes stands apart, by what does not: the compiler would read two neighbours at once, for which a processor waits if
/// they have just been written one by one.
#[derive(Clone)]
#[repr(C)]
pub(crate) struct Moments {
    sum: f64,
    part: f64,
    squares: f64,
    shift: f64,
    peak: f64,
    /// Of the largest sum of squares, what a variance may lose digits below.
    floor: f64,
    /// The rows until the sums are begun anew; 1 before they have begun.
    left: usize,
}

impl Moments {
    pub(crate) fn new(n: f64) -> Moments {
        let part = 1.0 / n;
        let floor = 0.000_001 * part;
        Moments { part, floor, shift: 0.0, sum: 0.0, squares: 0.0, peak: 0.0, left: 1 }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn value(&self, sum: f64, squares: f64) -> f64 {
        let mean = sum * self.part;
        squares * self.part - mean * mean
    }

    /// The variance with `x`, which nobody has looked at, and without `old`, unless the sums are to be begun anew.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn warm(&mut self, x: f64, old: f64) -> Option<f64> {
        let (comes, goes) = (x - self.shift, old - self.shift);
        let sum = self.sum + (comes - goes);
        let squares = self.squares + (comes * comes - goes * goes);
        let peak = if squares > self.peak { squares } else { self.peak };
        let variance = self.value(sum, squares);
        // An infinite variance comes of squares that are, which is then not above the peak; of what is not finite the mean and
        // its square are not either, so the variance is NaN. A window that stands still has none, and no peak.
        let is_told = variance > self.floor * peak - f64::MIN_POSITIVE;
        if !is_told || self.left <= 1 {
            return None;
        }
        self.left -= 1;
        (self.sum, self.squares, self.peak) = (sum, squares, peak);
        Some(variance)
    }

    /// Sums about `shift`.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn about(&mut self, shift: f64, (older, newer): (&[f64], &[f64])) -> f64 {
        (self.shift, self.sum, self.squares) = (shift, 0.0, 0.0);
        for x in older.iter().chain(newer).map(|x| x - shift) {
            self.sum += x;
            self.squares += x * x;
        }
        self.value(self.sum, self.squares)
    }

    /// Begins anew with a window, whose last value is `x`.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn anew(&mut self, x: f64, window: (&[f64], &[f64])) -> f64 {
        self.left = 32 * (window.0.len() + window.1.len());
        let total = window.0.iter().chain(window.1).fold(0.0, |sum, x| sum + x);
        let mut variance = self.about(total * self.part, window);
        // A window that hardly moves is summed about one of its own values.
        if variance < 0.000_001 * (self.squares * self.part) {
            variance = self.about(x, window);
        }
        self.peak = self.squares;
        if variance < 0.000_000_000_001 * (self.squares * self.part) { 0.0 } else { variance }
    }
}

state! {
    /// The variance of the last values.
    #[repr(C)]
    pub(crate) struct Variance { ring: Ring, moments: Moments }
}

impl Variance {
    pub(crate) fn new(n: f64) -> Variance {
        Variance { ring: Ring::new(n), moments: Moments::new(n) }
    }

    /// As [`Variance::warm`], for any value; none until the ring is full.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn push(&mut self, x: f64) -> Option<f64> {
        let warm = self.warm(x);
        if warm.is_some() {
            return warm;
        }
        self.ring.put(x);
        let (newer, older) = self.ring.halves();
        (self.ring.missing == 0).then(|| self.moments.anew(x, (older, newer)))
    }

    /// The variance with a value that nobody has looked at, unless the sums are to be begun anew.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn warm(&mut self, x: f64) -> Option<f64> {
        // The place is looked for once, for what leaves and for what comes.
        let slot = self.ring.slot()?;
        let variance = self.moments.warm(x, *slot)?;
        *slot = x;
        self.ring.go_on();
        Some(variance)
    }
}

impl Step<1, 1> for Variance {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.push(x).into_iter().for_each(|variance| out[0] = variance);
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
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
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        // A factor of 1 changes nothing, so it needs no case of its own.
        self.variance.push(x).into_iter().for_each(|variance| out[0] = variance.sqrt() * self.times);
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        self.variance.warm(x).map(|variance| [variance.sqrt() * self.times])
    }
}

state! {
    /// Bollinger's bands about the simple average.
    pub(crate) struct Bollinger { variance: Variance, up: f64, down: f64 }
}

impl Bollinger {
    pub(crate) fn new(p: &[f64]) -> Bollinger {
        Bollinger { variance: Variance::new(p[0]), up: p[1], down: p[2] }
    }

    /// The bands of the row that has just been taken in; its mean is that of the sums.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn bands(&self, variance: f64) -> [f64; 3] {
        let moments = &self.variance.moments;
        let middle = moments.shift + moments.sum * moments.part;
        let deviation = variance.sqrt();
        [middle + deviation * self.up, middle, middle - deviation * self.down]
    }
}

impl Step<1, 3> for Bollinger {
    const WARMS: bool = true;
    const WALKS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 3]) {
        self.variance.push(x).into_iter().for_each(|variance| *out = self.bands(variance));
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 3]> {
        // A root is at most 1e154 and a factor 3e37, so no band is beyond what is finite.
        self.variance.warm(x).map(|variance| self.bands(variance))
    }
}
