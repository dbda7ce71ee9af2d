//! What the steps are made of: windows of the last values, sums that do not drift, and averages that wait for their seed.

use crate::kernel::state;

state! {
    /// The last `n` values, oldest first, side by side.
    pub(super) struct Window {
        values: Vec<f64>,
        n: usize,
        place: usize,
        seen: usize,
    }
}

impl Window {
    pub(super) fn new(n: usize) -> Window {
        // Each value is kept twice, `n` places apart, so that the last `n` always lie side by side.
        Window { values: vec![0.0; 2 * n], n, place: 0, seen: 0 }
    }

    /// Takes a value in and gives the one that leaves, once the window is full.
    #[inline]
    pub(super) fn push(&mut self, x: f64) -> Option<f64> {
        let old = self.values[self.place];
        self.values[self.place] = x;
        self.values[self.place + self.n] = x;
        self.place = if self.place + 1 == self.n { 0 } else { self.place + 1 };
        let full = self.seen == self.n;
        self.seen += usize::from(!full);
        full.then_some(old)
    }

    /// The values, once there are `n`.
    #[inline]
    pub(super) fn full(&self) -> Option<&[f64]> {
        (self.seen == self.n).then(|| &self.values[self.place..self.place + self.n])
    }
}

/// The largest of some values.
#[inline]
pub(super) fn largest(values: &[f64]) -> f64 {
    values.iter().fold(f64::MIN, |a, &b| if b > a { b } else { a })
}

/// The smallest of some values.
#[inline]
pub(super) fn smallest(values: &[f64]) -> f64 {
    values.iter().fold(f64::MAX, |a, &b| if b < a { b } else { a })
}

/// The mean of some values.
#[inline]
pub(super) fn mean(values: &[f64]) -> f64 {
    total(values) / values.len() as f64
}

#[inline]
pub(super) fn total(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |sum, x| sum + x)
}

/// The sum of the squared distances from the mean.
#[inline]
pub(super) fn squares(values: &[f64]) -> f64 {
    let middle = mean(values);
    values.iter().fold(0.0, |sum, x| sum + (x - middle) * (x - middle))
}

state! {
    /// The sum of the last `n` values. It is summed anew each time that the window has turned once, so it does not drift.
    pub(super) struct Sum {
        window: Window,
        sum: f64,
    }
}

impl Sum {
    pub(super) fn new(n: usize) -> Sum {
        Sum { window: Window::new(n), sum: 0.0 }
    }

    #[inline]
    pub(super) fn push(&mut self, x: f64) -> Option<f64> {
        let old = self.window.push(x);
        self.sum += x - old.unwrap_or(0.0);
        let values = self.window.full()?;
        if self.window.place == 0 {
            self.sum = total(values);
        }
        Some(self.sum)
    }

    #[inline]
    pub(super) fn mean(&mut self, x: f64) -> Option<f64> {
        let n = self.window.n as f64;
        self.push(x).map(|sum| sum / n)
    }
}

/// An exponential average, seeded by the mean of its first `n` values.
#[derive(Clone)]
pub(super) struct Average {
    n: usize,
    k: f64,
    seen: usize,
    value: f64,
}

impl Average {
    /// The exponential moving average: `k = 2 / (n + 1)`.
    pub(super) fn exponential(n: usize) -> Average {
        Average { n, k: 2.0 / (n as f64 + 1.0), seen: 0, value: 0.0 }
    }

    /// Wilder's: `k = 1 / n`.
    pub(super) fn wilder(n: usize) -> Average {
        Average { n, k: 1.0 / n as f64, seen: 0, value: 0.0 }
    }

    #[inline]
    pub(super) fn push(&mut self, x: f64) -> Option<f64> {
        if self.seen < self.n {
            self.seen += 1;
            self.value += x;
            if self.seen < self.n {
                return None;
            }
            self.value /= self.n as f64;
        } else {
            self.value += self.k * (x - self.value);
        }
        Some(self.value)
    }
}

/// The value one row ago.
#[derive(Clone, Default)]
pub(super) struct Before(Option<f64>);

impl Before {
    #[inline]
    pub(super) fn push(&mut self, x: f64) -> Option<f64> {
        self.0.replace(x)
    }
}

/// The true range (Wilder 1978), from the second row on.
#[derive(Clone, Default)]
pub(super) struct TrueRange(Before);

impl TrueRange {
    #[inline]
    pub(super) fn push(&mut self, high: f64, low: f64, close: f64) -> Option<f64> {
        let before = self.0.push(close)?;
        Some(largest(&[high - low, (high - before).abs(), (low - before).abs()]))
    }
}
