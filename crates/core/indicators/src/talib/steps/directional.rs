//! Wilder's movement by direction ("New Concepts in Technical Trading Systems", 1978).

use super::larger;
use crate::kernel::{Step, sound};

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
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
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
        // Multiplied and not asked, as which way a bar goes is not foreseen.
        let plus = larger(up, 0.0) * f64::from(u8::from(up > down));
        let minus = larger(down, 0.0) * f64::from(u8::from(down > up));
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
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
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

/// The smoothed moves in one direction, upward or not.
#[derive(Clone)]
pub(crate) struct Moves<const UP: bool> {
    part: f64,
    n: usize,
    seen: usize,
    high: f64,
    low: f64,
    sum: f64,
}

impl<const UP: bool> Moves<UP> {
    pub(crate) fn new(n: f64) -> Self {
        Moves { part: 1.0 / n, n: n as usize, seen: 0, high: 0.0, low: 0.0, sum: 0.0 }
    }

    /// What the sum of the moves would be after a bar, and what is not finite if the bar is not.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn next(&self, high: f64, low: f64) -> (f64, f64) {
        let (up, down) = (high - self.high, self.low - low);
        let (this, other) = if UP { (up, down) } else { (down, up) };
        // Multiplied and not asked, as which way a bar goes is not foreseen.
        let now = larger(this, 0.0) * f64::from(u8::from(this > other));
        let kept = if self.seen < self.n { self.sum } else { self.sum - self.sum * self.part };
        (kept + now, up + down)
    }
}

impl<const UP: bool> Step<2, 1> for Moves<UP> {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 1]) {
        let (sum, _) = self.next(high, low);
        (self.high, self.low) = (high, low);
        // The first bar has no move.
        if self.seen > 0 {
            self.sum = sum;
        }
        self.seen = if self.seen < self.n.max(2) { self.seen + 1 } else { self.seen };
        if self.seen >= self.n.max(2) {
            out[0] = self.sum;
        }
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [high, low]: [f64; 2]) -> Option<[f64; 1]> {
        let (sum, doubt) = self.next(high, low);
        if self.seen < self.n.max(2) || !sound::<ASKED>(sum + doubt) {
            return None;
        }
        (self.high, self.low, self.sum) = (high, low, sum);
        Some([sum])
    }
}
