//! Stops that follow the price. TA-Lib rounds a product and its sum once, by a fused multiplication, which is long work where the
//! processor is not known to have it; here both are rounded. So the arithmetic of whole columns is that of the steps too.

use super::TrueRange;
use crate::highest::chosen;
use crate::kernel::{SILENT, Step, sound, stands};

/// The parabolic stop and reverse (Wilder 1978). A short side is a long one upside down, so there is one side, and a sign.
#[derive(Clone)]
pub(crate) struct Parabolic {
    acceleration: f64,
    maximum: f64,
    factor: f64,
    sign: f64,
    stop: f64,
    extreme: f64,
    /// The bar before, as the side sees it.
    top: f64,
    bottom: f64,
    seen: u8,
}

impl Parabolic {
    pub(crate) fn new(p: &[f64]) -> Parabolic {
        Parabolic {
            acceleration: f64::min(p[0], p[1]),
            maximum: p[1],
            factor: 0.0,
            sign: 1.0,
            stop: 0.0,
            extreme: 0.0,
            top: 0.0,
            bottom: 0.0,
            seen: 0,
        }
    }

    /// The first bar has no answer.
    pub(crate) fn first(&mut self, high: f64, low: f64) {
        (self.top, self.bottom) = (high, low);
        self.seen = 1;
    }

    /// The second bar says which side is first; it stands for the bar before it, too.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn begin(&mut self, high: f64, low: f64) {
        let (up, down) = (high - self.top, self.bottom - low);
        let is_short = down > 0.0 && down > up;
        (self.sign, self.stop) = if is_short { (-1.0, -self.top) } else { (1.0, self.bottom) };
        (self.top, self.bottom) = if is_short { (-low, -high) } else { (high, low) };
        self.extreme = self.top;
        self.factor = self.acceleration;
        self.seen = 2;
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    pub(crate) fn next(&mut self, high: f64, low: f64) -> f64 {
        let (mut top, mut bottom) = if self.sign > 0.0 { (high, low) } else { (-low, -high) };
        if bottom <= self.stop {
            self.sign = -self.sign;
            (top, bottom) = (-bottom, -top);
            let before = (-self.top, -self.extreme);
            self.bottom = before.0;
            self.stop = lowest(before.1, self.bottom, bottom);
            (self.factor, self.extreme) = (self.acceleration, top);
        } else {
            let faster = self.factor + self.acceleration;
            let faster = if faster > self.maximum { self.maximum } else { faster };
            // Chosen and not asked, as whether a bar goes further is not foreseen.
            self.factor = chosen(top > self.extreme, faster, self.factor);
            self.extreme = if top > self.extreme { top } else { self.extreme };
        }
        let answer = self.stop * self.sign;
        self.stop = lowest(self.stop + self.factor * (self.extreme - self.stop), self.bottom, bottom);
        (self.top, self.bottom) = (top, bottom);
        answer
    }
}

/// A stop, no higher than the lows of two bars.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the values must not go through memory")]
fn lowest(stop: f64, before: f64, now: f64) -> f64 {
    // The lows first, as the next bar waits for the stop.
    let low = if before > now { now } else { before };
    if stop > low { low } else { stop }
}

impl Step<2, 1> for Parabolic {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 1]) {
        match self.seen {
            0 => {
                self.first(high, low);
                return;
            }
            1 => self.begin(high, low),
            _ => {}
        }
        out[0] = self.next(high, low);
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [high, low]: [f64; 2]) -> Option<[f64; 1]> {
        if self.seen < 2 || !sound::<ASKED>(high + low) {
            return None;
        }
        Some([self.next(high, low)])
    }
}

/// SuperTrend: bands of average true ranges about the middle of the bar, which only tighten, turned by a close beyond them.
/// What changes stands apart, as in a [`super::Gap`].
#[derive(Clone)]
#[repr(C)]
pub(crate) struct Trend {
    upper: f64,
    apart: [u64; 1],
    lower: f64,
    apart_too: [u64; 1],
    average: f64,
    is_up: bool,
    range: TrueRange,
    /// The weight of what is new.
    part: f64,
    width: f64,
    sum: f64,
    left: usize,
    n: f64,
}

impl Trend {
    pub(crate) fn new(p: &[f64]) -> Trend {
        Trend {
            range: TrueRange::default(),
            part: 1.0 / p[0],
            width: p[1],
            sum: 0.0,
            left: p[0] as usize,
            n: p[0],
            average: SILENT,
            upper: 0.0,
            apart: [0],
            lower: 0.0,
            apart_too: [0],
            is_up: true,
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn bands(&self, high: f64, low: f64, average: f64) -> (f64, f64) {
        let (middle, band) = ((high + low) / 2.0, self.width * average);
        (middle + band, middle - band)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn turn(&mut self, (upper, lower): (f64, f64), before: f64, close: f64) -> [f64; 2] {
        // Chosen and not asked, as which band tightens is not foreseen.
        self.upper = chosen((upper < self.upper) | (before > self.upper), upper, self.upper);
        self.lower = chosen((lower > self.lower) | (before < self.lower), lower, self.lower);
        self.is_up = if self.is_up { close >= self.lower } else { close > self.upper };
        if self.is_up { [self.lower, 1.0] } else { [self.upper, -1.0] }
    }
}

impl Step<3, 2> for Trend {
    const WARMS: bool = true;
    const WALKS: bool = true;

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 2]) {
        let before = self.range.before();
        let Some(range) = self.range.push(high, low, close) else { return };
        if self.left > 0 {
            self.sum += range;
            self.left -= 1;
            if self.left == 0 {
                self.average = self.sum / self.n;
                (self.upper, self.lower) = self.bands(high, low, self.average);
                *out = [self.lower, 1.0];
            }
            return;
        }
        self.average = self.average + self.part * (range - self.average);
        *out = self.turn(self.bands(high, low, self.average), before, close);
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [high, low, close]: [f64; 3]) -> Option<[f64; 2]> {
        let before = self.range.before();
        let range = self.range.range(high, low);
        let average = self.average + self.part * (range - self.average);
        let bands = self.bands(high, low, average);
        // The average is NaN until there is one. Bands that are not finite leave no difference that is.
        if !stands::<ASKED>(if ASKED { average } else { bands.0 - bands.1 + close }) {
            return None;
        }
        self.range.close(close);
        self.average = average;
        Some(self.turn(bands, before, close))
    }
}
