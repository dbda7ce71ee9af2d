//! Averages of a window with weights, and sums of flows.

use super::Ring;
use crate::kernel::{Step, state};
use crate::window::Window;

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
    /// The average by volume.
    pub(crate) struct ByVolume { prices: Ring, volumes: Ring, n: f64, price: f64, volume: f64, zeros: usize }
}

impl ByVolume {
    pub(crate) fn new(n: f64) -> ByVolume {
        ByVolume { prices: Ring::new(n), volumes: Ring::new(n), n, price: 0.0, volume: 0.0, zeros: 0 }
    }
}

impl Step<2, 1> for ByVolume {
    #[inline]
    fn step(&mut self, [x, volume]: [f64; 2], out: &mut [f64; 1]) {
        if self.n <= 1.0 {
            out[0] = x;
            return;
        }
        let product = x * volume;
        self.prices.put(product);
        self.volumes.put(volume);
        self.price += product;
        self.volume += volume;
        self.zeros += usize::from(volume.abs() <= 0.0);
        if self.prices.missing > 0 {
            return;
        }
        if self.zeros == self.prices.values.len() {
            (self.price, self.volume) = (0.0, 0.0);
        }
        out[0] = self.price / self.n / (self.volume / self.n);
        self.price -= self.prices.oldest();
        self.volume -= self.volumes.oldest();
        self.zeros -= usize::from(self.volumes.oldest().abs() <= 0.0);
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
}

impl Step<4, 1> for MoneyFlow {
    #[inline]
    fn step(&mut self, [high, low, close, volume]: [f64; 4], out: &mut [f64; 1]) {
        let price = (high + low + close) / 3.0;
        let Some(before) = self.before.replace(price) else { return };
        let change = price - before;
        let is_still = change.abs() <= 1e-14 * (price.abs() + before.abs());
        let flow = if is_still { 0.0 } else { price * volume };
        let up = if change < 0.0 { 0.0 } else { flow };
        let down = if change < 0.0 { flow } else { 0.0 };
        // While the ring is not full, what leaves is zero.
        self.rise = self.rise - self.up.put(up) + up;
        self.fall = self.fall - self.down.put(down) + down;
        let n = self.up.values.len();
        self.still = if flow.abs() <= 0.0 { self.still + 1 } else { 0 };
        if self.still >= n {
            self.still = n;
            (self.rise, self.fall) = (0.0, 0.0);
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
