//! What the steps are made of: windows of the last values, sums that do not drift, and averages that wait for their seed.

use crate::highest::largest;
use crate::kernel::state;

state! {
    /// The last `n` values, oldest first, side by side.
    pub(crate) struct Window {
        values: Vec<f64>,
        n: usize,
        place: usize,
        seen: usize,
    }
}

impl Window {
    pub(crate) fn new(n: usize) -> Window {
        // Each value is kept twice, `n` places apart, so that the last `n` always lie side by side.
        Window { values: vec![0.0; 2 * n], n, place: 0, seen: 0 }
    }

    /// Takes a value in and gives the one that leaves, once the window is full.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn push(&mut self, x: f64) -> Option<f64> {
        let old = self.values[self.place];
        self.values[self.place] = x;
        self.values[self.place + self.n] = x;
        self.place = if self.place + 1 == self.n { 0 } else { self.place + 1 };
        let full = self.seen == self.n;
        self.seen += usize::from(!full);
        full.then_some(old)
    }

    /// The values, once there are `n`.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn full(&self) -> Option<&[f64]> {
        (self.seen == self.n).then(|| &self.values[self.place..self.place + self.n])
    }
}

/// The mean of some values.
#[inline]
pub(crate) fn mean(values: &[f64]) -> f64 {
    total(values) / values.len() as f64
}

#[inline]
pub(crate) fn total(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |sum, x| sum + x)
}

/// The sum of the squared distances from the mean.
#[inline]
pub(crate) fn squares(values: &[f64]) -> f64 {
    let middle = mean(values);
    values.iter().fold(0.0, |sum, x| sum + (x - middle) * (x - middle))
}

state! {
    /// The sum of the last `n` values. It is summed anew each time that the window has turned once, so it does not drift.
    pub(crate) struct Sum {
        window: Window,
        sum: f64,
    }
}

impl Sum {
    pub(crate) fn new(n: usize) -> Sum {
        Sum { window: Window::new(n), sum: 0.0 }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn push(&mut self, x: f64) -> Option<f64> {
        let old = self.window.push(x);
        self.sum += x - old.unwrap_or(0.0);
        let values = self.window.full()?;
        if self.window.place == 0 {
            self.sum = total(values);
        }
        Some(self.sum)
    }

    #[inline]
    pub(crate) fn mean(&mut self, x: f64) -> Option<f64> {
        let n = self.window.n as f64;
        self.push(x).map(|sum| sum / n)
    }
}

/// An exponential average, seeded by the mean of its first `n` values.
#[derive(Clone)]
pub(crate) struct Average {
    n: usize,
    k: f64,
    seen: usize,
    value: f64,
}

impl Average {
    /// The exponential moving average: `k = 2 / (n + 1)`.
    pub(crate) fn exponential(n: usize) -> Average {
        Average { n, k: 2.0 / (n as f64 + 1.0), seen: 0, value: 0.0 }
    }

    /// Wilder's: `k = 1 / n`.
    pub(crate) fn wilder(n: usize) -> Average {
        Average { n, k: 1.0 / n as f64, seen: 0, value: 0.0 }
    }

    #[inline]
    pub(crate) fn push(&mut self, x: f64) -> Option<f64> {
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
pub(crate) struct Before(Option<f64>);

impl Before {
    #[inline]
    pub(crate) fn push(&mut self, x: f64) -> Option<f64> {
        self.0.replace(x)
    }
}

/// The true range (Wilder 1978), from the second row on.
#[derive(Clone, Default)]
pub(crate) struct TrueRange(Before);

impl TrueRange {
    #[inline]
    pub(crate) fn push(&mut self, high: f64, low: f64, close: f64) -> Option<f64> {
        let before = self.0.push(close)?;
        Some(largest(&[high - low, (high - before).abs(), (low - before).abs()]))
    }
}

/// The sum of some values in four lanes, which the processor adds side by side.
#[inline]
pub(crate) fn total4(values: &[f64]) -> f64 {
    fold4(values, |x| x)
}

/// The sum of a function of some values, in four lanes.
#[inline]
pub(crate) fn fold4(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0; 4];
    let (fours, rest) = values.as_chunks::<4>();
    for four in fours {
        for (lane, x) in lanes.iter_mut().zip(four) {
            *lane += of(*x);
        }
    }
    let tail = rest.iter().fold(0.0, |sum, x| sum + of(*x));
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + tail
}

/// The sum of a function of some values, by quarters that lie one after the other: a value that has just been written is slow to
/// be read together with its neighbours, and here none is.
#[inline(always)]
#[allow(clippy::inline_always, reason = "what is given must not go through memory")]
pub(crate) fn fold_quarters(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let n = values.len() / 4;
    let (first, rest) = values.split_at(n);
    let (second, rest) = rest.split_at(n);
    let (third, rest) = rest.split_at(n);
    let (fourth, rest) = rest.split_at(n);
    let mut lanes = [0.0; 4];
    for (((a, b), c), d) in first.iter().zip(second).zip(third).zip(fourth) {
        lanes = [lanes[0] + of(*a), lanes[1] + of(*b), lanes[2] + of(*c), lanes[3] + of(*d)];
    }
    // Three at most, which is not seen.
    let tail = (0..3).filter_map(|k| rest.get(k)).fold(0.0, |sum, x| sum + of(*x));
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + tail
}
