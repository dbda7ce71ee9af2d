//! Averages of a window with weights, and the line through it.

use super::{Ring, Rolling};
use crate::kernel::{Step, sound, stands, state};

state! {
    /// The average with weights 1, 2, 3 and on, the newest the largest. A window is weighed by what it was before: what enters
    /// counts `n` times, and all that was there once less. The sums are begun anew at times.
    /// What changes stands apart, as in a [`super::Gap`].
    #[repr(C)]
    pub(crate) struct Linear { ring: Ring, sum: f64, n: f64, total: f64, part: f64, left: usize }
}

impl Linear {
    pub(crate) fn new(n: f64) -> Linear {
        Linear { ring: Ring::new(n), n, part: 2.0 / (n * (n + 1.0)), sum: 0.0, total: 0.0, left: 0 }
    }

    /// Whether the sums go on with the next row; not while the window is not full, and for one value, which is itself.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn goes_on(&self) -> bool {
        self.left > 1
    }

    /// The average with `x`, and the sums that it comes of, if they go on.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn next(&self, x: f64) -> (f64, [f64; 2]) {
        let sum = self.sum + (x * self.n - self.total);
        (sum * self.part, [sum, self.total + (x - self.ring.oldest())])
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the value must not go through memory")]
    fn take(&mut self, x: f64, [sum, total]: [f64; 2]) {
        self.left -= 1;
        self.ring.turn(x);
        (self.sum, self.total) = (sum, total);
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn push(&mut self, x: f64) -> Option<f64> {
        if self.goes_on() {
            let (average, sums) = self.next(x);
            self.take(x, sums);
            return Some(average);
        }
        if self.n <= 1.0 {
            return Some(x);
        }
        self.ring.put(x);
        if self.ring.missing > 0 {
            return None;
        }
        let (newer, older) = self.ring.halves();
        (self.sum, self.total) = weigh(older.iter().chain(newer));
        self.left = 8 * self.ring.values.len();
        Some(self.sum * self.part)
    }
}

/// The sum of values with the weights 1, 2, 3 and on, and without.
#[inline(always)]
#[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
pub(crate) fn weigh<'a>(values: impl Iterator<Item = &'a f64>) -> (f64, f64) {
    let (mut weight, mut sum, mut total) = (0.0, 0.0, 0.0);
    for x in values {
        weight += 1.0;
        sum += x * weight;
        total += x;
    }
    (sum, total)
}

impl Step<1, 1> for Linear {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.push(x).into_iter().for_each(|average| out[0] = average);
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        let (average, sums) = self.next(x);
        if !self.goes_on() || !sound::<ASKED>(average) {
            return None;
        }
        self.take(x, sums);
        Some([average])
    }
}

state! {
    /// The average with weights that rise to the middle of the window and fall again: the simple average of simple averages.
    pub(crate) struct Triangle { first: Rolling<false, true>, second: Rolling<false, true>, part: f64 }
}

impl Triangle {
    pub(crate) fn new(p: &[f64]) -> Triangle {
        let lengths = [((p[0] + 1.0) / 2.0).floor(), (p[0] / 2.0).floor() + 1.0];
        let [first, second] = lengths.map(|n| Rolling::new(&[n]));
        Triangle { first, second, part: 1.0 / (lengths[0] * lengths[1]) }
    }
}

impl Step<1, 1> for Triangle {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        let sum = self.first.push(x);
        if !sum.is_nan() {
            out[0] = self.second.push(sum) * self.part;
        }
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        let (first, second) = (&mut self.first, &mut self.second);
        // Each place is looked for once, for what leaves and for what comes.
        let (oldest, oldest_sum) = (first.ring.slot()?, second.ring.slot()?);
        let one = first.sum + (x - *oldest);
        let two = second.sum + (one - *oldest_sum);
        let value = two * self.part;
        if !stands::<ASKED>(value) {
            return None;
        }
        (*oldest, *oldest_sum) = (x, one);
        first.ring.go_on();
        second.ring.go_on();
        (first.sum, second.sum) = (one, two);
        Some([value])
    }
}

state! {
    /// The line of least squares through the last values, at the last of them. The sums are begun anew at times, and when what
    /// leaves outweighs what stays, as TA-Lib does. What changes stands apart, as in a [`super::Gap`].
    #[repr(C)]
    pub(crate) struct Regression {
        ring: Ring,
        sum: f64,
        apart: [u64; 1],
        /// The sum of the values times their age.
        aged: f64,
        left: usize,
        size: f64,
        apart_too: [u64; 1],
        sum_x: f64,
        divisor: f64,
        n: f64,
    }
}

impl Regression {
    pub(crate) fn new(n: f64) -> Regression {
        let sum_x = n * (n - 1.0) * 0.5;
        let squares = n * (n - 1.0) * (2.0 * n - 1.0) / 6.0;
        let divisor = sum_x * sum_x - n * squares;
        Regression {
            ring: Ring::new(n),
            sum: 0.0,
            apart: [0],
            aged: 0.0,
            left: 0,
            size: 0.0,
            apart_too: [0],
            sum_x,
            divisor,
            n,
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn value(&self, sum: f64, aged: f64) -> f64 {
        let slope = (self.n * aged - self.sum_x * sum) / self.divisor;
        (sum - slope * self.sum_x) / self.n + slope * (self.n - 1.0)
    }

    /// The sums after `x` has come and `old` has left: of the values, by age, and of the sizes.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn sums(&self, x: f64, old: f64) -> [f64; 3] {
        let aged = self.aged + self.sum - self.n * old;
        [self.sum - old + x, aged, self.size - old.abs() + x.abs()]
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn anew(&mut self) {
        self.left = 32 * self.ring.values.len();
        (self.sum, self.aged, self.size) = (0.0, 0.0, 0.0);
        let mut age = self.n;
        for place in self.ring.places() {
            let x = self.ring.values[place];
            age -= 1.0;
            self.sum += x;
            self.aged += age * x;
            self.size += x.abs();
        }
    }
}

impl Step<1, 1> for Regression {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        let old = self.ring.put(x);
        if self.ring.missing > 0 {
            return;
        }
        [self.sum, self.aged, self.size] = self.sums(x, old);
        self.left = self.left.saturating_sub(1);
        if self.left == 0 || (self.n * old).abs() > 100.0 * self.size {
            self.anew();
        }
        out[0] = self.value(self.sum, self.aged);
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        let old = self.ring.oldest();
        let [sum, aged, size] = self.sums(x, old);
        let value = self.value(sum, aged);
        // `left` is 0 until the ring is full.
        if self.left <= 1 || (self.n * old).abs() > 100.0 * size || !sound::<ASKED>(value) {
            return None;
        }
        self.ring.turn(x);
        (self.sum, self.aged, self.size, self.left) = (sum, aged, size, self.left - 1);
        Some([value])
    }
}

state! {
    /// Hull's average: a linear average of twice that of half the window less that of the whole.
    pub(crate) struct Hull { whole: Linear, half: Linear, root: Linear, wait: usize, copies: bool }
}

impl Hull {
    pub(crate) fn new(n: f64) -> Hull {
        let half = (n / 2.0).floor().max(1.0);
        Hull {
            whole: Linear::new(n),
            half: Linear::new(half),
            root: Linear::new(n.sqrt().floor()),
            wait: (n - half) as usize,
            copies: n <= 1.0,
        }
    }
}

impl Step<1, 1> for Hull {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        if self.copies {
            out[0] = x;
            return;
        }
        let whole = self.whole.push(x);
        if self.wait > 0 {
            // Half the window begins later, so that both speak from the same row on.
            self.wait -= 1;
            return;
        }
        if let (Some(half), Some(whole)) = (self.half.push(x), whole) {
            self.root.push(2.0 * half - whole).into_iter().for_each(|average| out[0] = average);
        }
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        let (whole, whole_sums) = self.whole.next(x);
        let (half, half_sums) = self.half.next(x);
        let difference = 2.0 * half - whole;
        let (average, sums) = self.root.next(difference);
        let go_on = self.whole.goes_on() && self.half.goes_on() && self.root.goes_on();
        if !go_on || !sound::<ASKED>(average) {
            return None;
        }
        self.whole.take(x, whole_sums);
        self.half.take(x, half_sums);
        self.root.take(difference, sums);
        Some([average])
    }
}
