//! Averages of a window with weights, and sums of flows.

use super::{Ring, Rolling};
use crate::kernel::{Step, state};
use crate::window::{Window, fold4, total4};

state! {
    /// The average with weights 1, 2, 3 and on, the newest the largest.
    pub(crate) struct Linear { ring: Ring, n: f64, divider: f64, sum: f64, total: f64, last: f64, left: usize }
}

impl Linear {
    pub(crate) fn new(n: f64) -> Linear {
        let divider = n * (n + 1.0) / 2.0;
        Linear { ring: Ring::new(n), n, divider, sum: 0.0, total: 0.0, last: 0.0, left: 8 * n as usize }
    }

    #[inline]
    pub(crate) fn push(&mut self, x: f64) -> Option<f64> {
        if self.n <= 1.0 {
            return Some(x);
        }
        self.ring.put(x);
        self.total += x;
        if self.ring.missing > 0 {
            self.sum += x * (self.ring.values.len() - self.ring.missing) as f64;
            return None;
        }
        self.total -= self.last;
        self.sum += x * self.n;
        self.left -= 1;
        if self.left == 0 {
            self.anew();
        }
        self.last = self.ring.oldest();
        let average = self.sum / self.divider;
        self.sum -= self.total;
        Some(average)
    }

    #[cold]
    fn anew(&mut self) {
        self.left = 8 * self.ring.values.len();
        (self.total, self.sum) = (0.0, 0.0);
        for (weight, place) in self.ring.places().enumerate() {
            self.total += self.ring.values[place];
            self.sum += self.ring.values[place] * (weight + 1) as f64;
        }
    }
}

impl Step<1, 1> for Linear {
    #[inline]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.push(x).into_iter().for_each(|average| out[0] = average);
    }
}

state! {
    /// The average with weights that rise to the middle of the window and fall again.
    pub(crate) struct Triangle {
        window: Window,
        middle: usize,
        is_odd: bool,
        factor: f64,
        sum: f64,
        falling: f64,
        rising: f64,
        last: f64,
        is_warm: bool,
    }
}

impl Triangle {
    pub(crate) fn new(n: usize) -> Triangle {
        let (half, is_odd) = (n / 2, n % 2 == 1);
        let (middle, weights) =
            if is_odd { (half, (half + 1) * (half + 1)) } else { (half - 1, half * (half + 1)) };
        Triangle {
            window: Window::new(n),
            middle,
            is_odd,
            factor: 1.0 / weights as f64,
            sum: 0.0,
            falling: 0.0,
            rising: 0.0,
            last: 0.0,
            is_warm: false,
        }
    }

    #[cold]
    fn begin(&mut self) {
        let Some(values) = self.window.full() else { return };
        let (older, newer) = values.split_at(self.middle + 1);
        for x in older.iter().rev() {
            self.falling += x;
            self.sum += self.falling;
        }
        for x in newer {
            self.rising += x;
            self.sum += self.rising;
        }
        self.last = values[0];
        self.is_warm = true;
    }
}

impl Step<1, 1> for Triangle {
    #[inline]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.window.push(x);
        if self.is_warm {
            let Some(values) = self.window.full() else { return };
            let middle = values[self.middle];
            self.sum -= self.falling;
            self.falling -= self.last;
            self.falling += middle;
            if self.is_odd {
                self.sum += self.rising;
                self.rising -= middle;
            } else {
                self.rising -= middle;
                self.sum += self.rising;
            }
            self.rising += x;
            self.sum += x;
            self.last = values[0];
        } else {
            self.begin();
        }
        if self.is_warm {
            out[0] = self.sum * self.factor;
        }
    }
}

state! {
    /// The part of the money that flowed while the typical price rose.
    pub(crate) struct MoneyFlow {
        up: Ring,
        down: Ring,
        before: Option<f64>,
        rise: f64,
        fall: f64,
        still: usize,
    }
}

impl MoneyFlow {
    pub(crate) fn new(n: f64) -> MoneyFlow {
        MoneyFlow { up: Ring::new(n), down: Ring::new(n), before: None, rise: 0.0, fall: 0.0, still: 0 }
    }

    /// A call, so that the sums do not wait for the question.
    #[cold]
    fn empty(&mut self, n: usize) {
        self.still = n;
        (self.rise, self.fall) = (0.0, 0.0);
    }
}

impl Step<4, 1> for MoneyFlow {
    #[inline]
    fn step(&mut self, [high, low, close, volume]: [f64; 4], out: &mut [f64; 1]) {
        let price = (high + low + close) / 3.0;
        let Some(before) = self.before.replace(price) else { return };
        let change = price - before;
        let is_still = change.abs() <= 1e-14 * (price.abs() + before.abs());
        // Multiplied and not asked, as which way a price goes is not foreseen.
        let flow = price * volume * f64::from(u8::from(!is_still));
        let down = flow * f64::from(u8::from(change < 0.0));
        let up = flow - down;
        // While the ring is not full, what leaves is zero.
        self.rise = self.rise - self.up.put(up) + up;
        self.fall = self.fall - self.down.put(down) + down;
        let n = self.up.values.len();
        self.still = if flow.abs() <= 0.0 { self.still + 1 } else { 0 };
        if self.still >= n {
            self.empty(n);
        }
        if self.up.missing > 0 {
            return;
        }
        let both = self.rise + self.fall;
        let part = if self.rise > both { both } else { self.rise };
        let part = if part < 0.0 { 0.0 } else { part };
        out[0] = if both <= 0.0 { 0.0 } else { 100.0 * (part / both) };
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
    #[inline]
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
}

state! {
    /// The mean of the ranges of the bars.
    pub(crate) struct Ranges { mean: Rolling<true> }
}

impl Ranges {
    pub(crate) fn new(p: &[f64]) -> Ranges {
        Ranges { mean: Rolling::new(p) }
    }
}

impl Step<2, 1> for Ranges {
    #[inline]
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 1]) {
        self.mean.step([high - low], out);
    }
}

/// The average by volume since the first bar; the answer before where nothing has traded.
#[derive(Clone, Default)]
pub(crate) struct SinceFirst {
    money: f64,
    volume: f64,
    value: f64,
}

impl Step<4, 1> for SinceFirst {
    #[inline]
    fn step(&mut self, [high, low, close, volume]: [f64; 4], out: &mut [f64; 1]) {
        self.money += (high + low + close) / 3.0 * volume;
        self.volume += volume;
        if self.volume > 0.0 {
            self.value = self.money / self.volume;
        }
        out[0] = self.value;
    }
}

state! {
    /// The distance of the typical price from its mean, in mean distances (Lambert 1980). The sums go in four lanes.
    pub(crate) struct CommodityChannel { before: Window, n: f64 }
}

impl CommodityChannel {
    pub(crate) fn new(n: f64) -> CommodityChannel {
        CommodityChannel { before: Window::new(n as usize - 1), n }
    }

    /// The mean of the prices before and this one, and their mean distance from it. A price that has just been written is
    /// slow to be read with its neighbours, so it does not go through memory.
    #[inline]
    fn spread(&self, price: f64) -> Option<(f64, f64)> {
        let values = self.before.full()?;
        let mean = (total4(values) + price) / self.n;
        Some((mean, (fold4(values, |x| (x - mean).abs()) + (price - mean).abs()) / self.n))
    }
}

impl Step<3, 1> for CommodityChannel {
    #[inline]
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 1]) {
        let price = (high + low + close) / 3.0;
        let spread = self.spread(price);
        self.before.push(price);
        let Some((mean, spread)) = spread else { return };
        let distance = price - mean;
        // What is nothing but rounding is nothing.
        let rounding = 1e-14 * mean.abs();
        let is_none = distance.abs() <= rounding || spread.abs() <= rounding;
        out[0] = if is_none { 0.0 } else { distance / (0.015 * spread) };
    }
}

state! {
    /// The middle of the last values, which are kept in rising order between two sentinels. No step depends on where a value
    /// stands, so nothing is mispredicted.
    pub(crate) struct Ordered { ring: Ring, sorted: Vec<f64>, rest: Vec<f64> }
}

impl Ordered {
    pub(crate) fn new(n: f64) -> Ordered {
        let mut sorted = vec![f64::MAX; n as usize + 2];
        sorted[0] = f64::MIN;
        Ordered { ring: Ring::new(n), rest: sorted.clone(), sorted }
    }

    /// Without `old`, one of the values, and with `x`.
    #[inline]
    fn replace(&mut self, old: f64, x: f64) {
        let n = self.sorted.len() - 1;
        for ((to, here), next) in self.rest[..n].iter_mut().zip(&self.sorted[..n]).zip(&self.sorted[1..]) {
            *to = if *here < old { *here } else { *next };
        }
        // The sentinel below stays where it is, even if the value that leaves is as low.
        self.rest[0] = f64::MIN;
        for ((to, here), below) in self.sorted[1..n].iter_mut().zip(&self.rest[1..n]).zip(&self.rest[..n]) {
            let above = if x > *below { x } else { *below };
            *to = if *here < above { *here } else { above };
        }
    }
}

impl Step<1, 1> for Ordered {
    #[inline]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        let is_full = self.ring.missing == 0;
        let old = self.ring.put(x);
        // While the ring is not full, a sentinel leaves.
        self.replace(if is_full { old } else { f64::MAX }, x);
        if self.ring.missing == 0 {
            let n = self.ring.values.len();
            let (lower, upper) = (self.sorted[n.div_ceil(2)], self.sorted[n / 2 + 1]);
            out[0] = if n % 2 == 1 { lower } else { (lower + upper) / 2.0 };
        }
    }
}
