//! Wilder's movement by direction ("New Concepts in Technical Trading Systems", 1978) and his parabola.

use super::larger;
use crate::kernel::Step;

pub(crate) const PLUS: u8 = 0;
pub(crate) const MINUS: u8 = 1;
pub(crate) const DX: u8 = 2;

/// The smoothed moves in both directions and the smoothed true range.
#[derive(Clone)]
pub(crate) struct Directional<const KIND: u8> {
    part: f64,
    n: usize,
    seen: usize,
    high: f64,
    low: f64,
    close: f64,
    plus: f64,
    minus: f64,
    range: f64,
    last: f64,
}

impl<const KIND: u8> Directional<KIND> {
    pub(crate) fn new(n: f64) -> Self {
        Directional {
            part: 1.0 / n,
            n: n as usize,
            seen: 0,
            high: 0.0,
            low: 0.0,
            close: 0.0,
            plus: 0.0,
            minus: 0.0,
            range: 0.0,
            last: 0.0,
        }
    }

    /// Takes a bar in; false until there are answers.
    #[inline]
    fn take(&mut self, high: f64, low: f64, close: f64) -> bool {
        let (up, down) = (high - self.high, self.low - low);
        let gap = larger((low - self.close).abs(), larger((high - self.close).abs(), high - low));
        (self.high, self.low, self.close) = (high, low, close);
        if self.seen <= self.n {
            self.seen += 1;
            if self.seen == 1 {
                return false;
            }
        }
        let plus = if up > 0.0 && up - down > 0.0 { up } else { 0.0 };
        let minus = if down > 0.0 && down - up > 0.0 { down } else { 0.0 };
        if self.seen <= self.n {
            self.plus += plus;
            self.minus += minus;
            self.range += gap;
            return false;
        }
        self.plus = self.plus - self.plus * self.part + plus;
        self.minus = self.minus - self.minus * self.part + minus;
        self.range = self.range - self.range * self.part + gap;
        true
    }
}

impl<const KIND: u8> Step<3, 1> for Directional<KIND> {
    #[inline]
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 1]) {
        if !self.take(high, low, close) {
            return;
        }
        let is_none = self.range <= 0.0;
        if KIND == DX {
            if !is_none {
                let minus = 100.0 * (self.minus / self.range);
                let plus = 100.0 * (self.plus / self.range);
                let both = minus + plus;
                if both.abs() >= 1e-14 {
                    self.last = 100.0 * ((minus - plus).abs() / both);
                }
            }
            out[0] = self.last;
            return;
        }
        let part = if KIND == PLUS { self.plus } else { self.minus } / self.range;
        // A period of 1 is a part, not a per cent.
        let scale = if self.n <= 1 { 1.0 } else { 100.0 };
        out[0] = if is_none { 0.0 } else { scale * part };
    }
}

/// The parabolic stop and reverse.
#[derive(Clone)]
pub(crate) struct Parabolic {
    acceleration: f64,
    maximum: f64,
    factor: f64,
    extreme: f64,
    stop: f64,
    high: f64,
    low: f64,
    is_long: bool,
    seen: usize,
}

impl Parabolic {
    pub(crate) fn new(p: &[f64]) -> Parabolic {
        let acceleration = if p[0] > p[1] { p[1] } else { p[0] };
        Parabolic {
            acceleration,
            maximum: p[1],
            factor: acceleration,
            extreme: 0.0,
            stop: 0.0,
            high: 0.0,
            low: 0.0,
            is_long: true,
            seen: 0,
        }
    }

    /// The first two bars say which way it goes.
    #[cold]
    fn begin(&mut self, high: f64, low: f64) {
        if self.seen == 1 {
            let (up, down) = (high - self.high, self.low - low);
            self.is_long = !(down > 0.0 && up < down);
            (self.extreme, self.stop) = if self.is_long { (high, self.low) } else { (low, self.high) };
        }
        self.seen += 1;
        (self.high, self.low) = (high, low);
    }

    /// Begins to go the other way, from the extreme, which lies beyond both bars.
    #[inline]
    fn turn(&mut self, extreme: f64) {
        self.is_long = !self.is_long;
        self.stop = self.extreme;
        self.factor = self.acceleration;
        self.extreme = extreme;
    }

    /// Keeps the stop out of the last two bars.
    #[inline]
    fn beyond(&mut self, high: f64, low: f64) {
        if self.is_long {
            let stop = if self.stop > self.low { self.low } else { self.stop };
            self.stop = if stop > low { low } else { stop };
        } else {
            let stop = if self.stop < self.high { self.high } else { self.stop };
            self.stop = if stop < high { high } else { stop };
        }
    }
}

impl Step<2, 1> for Parabolic {
    #[inline]
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 1]) {
        if self.seen < 2 {
            self.begin(high, low);
            if self.seen < 2 {
                return;
            }
        }
        let is_through = if self.is_long { low <= self.stop } else { high >= self.stop };
        if is_through {
            self.turn(if self.is_long { low } else { high });
            self.beyond(high, low);
        } else {
            let is_new = if self.is_long { high > self.extreme } else { low < self.extreme };
            if is_new {
                self.extreme = if self.is_long { high } else { low };
                self.factor += self.acceleration;
                if self.factor > self.maximum {
                    self.factor = self.maximum;
                }
            }
        }
        out[0] = self.stop;
        self.stop = libm::fma(self.factor, self.extreme - self.stop, self.stop);
        self.beyond(high, low);
        (self.high, self.low) = (high, low);
    }
}
