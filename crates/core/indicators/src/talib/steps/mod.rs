//! The steps of TA-Lib's functions, with TA-Lib's arithmetic in TA-Lib's order unless [`Step::WALKS`] or a walk of our own says
//! otherwise.

mod averages;
mod bars;
mod channels;
mod differences;
mod directional;
mod extremes;
mod flows;
mod moments;
mod momentum_index;
mod smoothed_bars;
mod stops;
mod weighted;
mod windowed;

pub(crate) use averages::*;
pub(crate) use bars::*;
pub(crate) use channels::*;
pub(crate) use differences::*;
pub(crate) use directional::*;
pub(crate) use extremes::*;
pub(crate) use flows::*;
pub(crate) use moments::*;
pub(crate) use momentum_index::*;
pub(crate) use smoothed_bars::*;
pub(crate) use stops::*;
pub(crate) use weighted::*;
pub(crate) use windowed::*;

use crate::kernel::{SILENT, Step, stands, state};

state! {
    /// The last `n` values, each in one place.
    pub(crate) struct Ring { values: Vec<f64>, place: usize, missing: usize }
}

impl Ring {
    /// What leaves is zero while the ring is not full.
    pub(crate) fn new(n: f64) -> Ring {
        Ring::filled(n, 0.0)
    }

    /// What leaves is NaN while the ring is not full, and so is all that is made of it.
    pub(crate) fn silent(n: f64) -> Ring {
        Ring::filled(n, SILENT)
    }

    fn filled(n: f64, x: f64) -> Ring {
        let n = n as usize;
        Ring { values: vec![x; n], place: 0, missing: n }
    }

    /// Takes a value in and gives the one that leaves.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn put(&mut self, x: f64) -> f64 {
        self.missing = self.missing.saturating_sub(1);
        self.turn(x).unwrap_or(SILENT)
    }

    /// As [`Ring::put`], for a ring that is full; none if it has no place.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the value must not go through memory")]
    fn turn(&mut self, x: f64) -> Option<f64> {
        // Asked and not indexed, as the state must be in memory wherever something may panic.
        let old = self.slot().map(|old| std::mem::replace(old, x));
        self.go_on();
        old
    }

    /// Where the oldest value stands, and the next one goes.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the value must not go through memory")]
    fn slot(&mut self) -> Option<&mut f64> {
        self.values.get_mut(self.place)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn go_on(&mut self) {
        self.place = if self.place + 1 >= self.values.len() { 0 } else { self.place + 1 };
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn oldest(&self) -> f64 {
        self.values.get(self.place).copied().unwrap_or(SILENT)
    }

    /// The value that came so many rows after the oldest, fewer than there are.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn ahead(&self, rows: usize) -> f64 {
        let place = self.place + rows;
        let n = self.values.len();
        self.values.get(if place >= n { place - n } else { place }).copied().unwrap_or(SILENT)
    }

    /// Where the values stand, the oldest first, once it is full.
    fn places(&self) -> impl Iterator<Item = usize> + use<> {
        (self.place..self.values.len()).chain(0..self.place)
    }

    /// The newer values and the older ones, which come first.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn halves(&self) -> (&[f64], &[f64]) {
        self.values.split_at_checked(self.place).unwrap_or_default()
    }

    /// The sum of the values, from the oldest on, once it is full.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn total(&self) -> f64 {
        let (newer, older) = self.halves();
        older.iter().chain(newer).fold(0.0, |sum, x| sum + x)
    }
}

state! {
    /// Two rings of one length that turn together.
    pub(crate) struct Twin { values: Vec<[f64; 2]>, place: usize, missing: usize }
}

impl Twin {
    /// What leaves is zero while the rings are not full.
    pub(crate) fn new(n: f64) -> Twin {
        let n = n as usize;
        Twin { values: vec![[0.0; 2]; n], place: 0, missing: n }
    }

    /// Takes two values in.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn put(&mut self, pair: [f64; 2]) {
        self.missing = self.missing.saturating_sub(1);
        self.turn(pair);
    }

    /// As [`Twin::put`], for rings that are full.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the values must not go through memory")]
    fn turn(&mut self, pair: [f64; 2]) {
        if let Some(old) = self.slot() {
            *old = pair;
        }
        self.go_on();
    }

    /// Where the oldest values stand, and the next ones go.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the values must not go through memory")]
    fn slot(&mut self) -> Option<&mut [f64; 2]> {
        self.values.get_mut(self.place)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn go_on(&mut self) {
        self.place = if self.place + 1 >= self.values.len() { 0 } else { self.place + 1 };
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn oldest(&self) -> [f64; 2] {
        self.values.get(self.place).copied().unwrap_or([SILENT; 2])
    }

    /// The sum of one side, from the oldest on, once it is full.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn total(&self, side: usize) -> f64 {
        let (newer, older) = self.values.split_at_checked(self.place).unwrap_or_default();
        older.iter().chain(newer).fold(0.0, |sum, pair| sum + pair[side])
    }
}

/// A running sum, or the mean of what it holds. What enters is added and what leaves is taken away one after the other, as
/// TA-Lib does it; or, `AT_ONCE`, their difference is added, so that a row waits for one sum of the row before.
pub(crate) struct Rolling<const MEAN: bool, const AT_ONCE: bool = false> {
    /// All values; unless it goes at once, all but the newest, so that what leaves next is where the newest goes.
    ring: Ring,
    /// Of all values but, unless it goes at once, the oldest. NaN until there are `n`, so that whether there is a value is the
    /// question whether it is finite.
    sum: f64,
    n: f64,
}

impl<const MEAN: bool, const AT_ONCE: bool> Rolling<MEAN, AT_ONCE> {
    pub(crate) fn new(p: &[f64]) -> Self {
        let kept = if AT_ONCE { p[0] } else { p[0] - 1.0 };
        Rolling { ring: Ring::new(kept), sum: SILENT, n: p[0] }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn value(&self, sum: f64) -> f64 {
        if MEAN { sum / self.n } else { sum }
    }

    /// The sum with `x`; NaN until the ring is full, and not finite if `x` is not.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn next(&self, x: f64) -> f64 {
        self.sum + if AT_ONCE { x - self.ring.oldest() } else { x }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn take(&mut self, x: f64, sum: f64) {
        let old = self.ring.turn(x);
        self.sum = if AT_ONCE { sum } else { sum - old.unwrap_or(x) };
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn push(&mut self, x: f64) -> f64 {
        if !self.sum.is_nan() {
            let sum = self.next(x);
            self.take(x, sum);
            return self.value(sum);
        }
        if AT_ONCE && self.n <= 1.0 {
            // One value is itself; no sum begins, as it would keep what has left.
            return x;
        }
        if AT_ONCE || self.ring.missing > 0 {
            self.ring.put(x);
            if !AT_ONCE || self.ring.missing > 0 {
                return SILENT;
            }
            self.sum = self.ring.total();
            return self.value(self.sum);
        }
        let sum = self.ring.total() + x;
        self.take(x, sum);
        self.value(sum)
    }
}

impl<const MEAN: bool, const AT_ONCE: bool> Clone for Rolling<MEAN, AT_ONCE> {
    fn clone(&self) -> Self {
        Rolling { ring: self.ring.clone(), sum: self.sum, n: self.n }
    }

    fn clone_from(&mut self, source: &Self) {
        self.ring.clone_from(&source.ring);
        (self.sum, self.n) = (source.sum, source.n);
    }
}

impl<const MEAN: bool, const AT_ONCE: bool> Step<1, 1> for Rolling<MEAN, AT_ONCE> {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        out[0] = self.push(x);
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        let sum = self.next(x);
        let value = self.value(sum);
        if !stands::<ASKED>(value) {
            return None;
        }
        self.take(x, sum);
        Some([value])
    }
}

pub(crate) const MOM: u8 = 0;
pub(crate) const ROC: u8 = 1;
pub(crate) const ROCP: u8 = 2;
pub(crate) const ROCR: u8 = 3;
pub(crate) const ROCR100: u8 = 4;

/// A change over `n` bars.
pub(crate) struct Change<const KIND: u8>(Ring);

impl<const KIND: u8> Change<KIND> {
    pub(crate) fn new(p: &[f64]) -> Self {
        Change(Ring::silent(p[0]))
    }
}

impl<const KIND: u8> Clone for Change<KIND> {
    fn clone(&self) -> Self {
        Change(self.0.clone())
    }

    fn clone_from(&mut self, source: &Self) {
        self.0.clone_from(&source.0);
    }
}

impl<const KIND: u8> Change<KIND> {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the values must not go through memory")]
    pub(crate) fn value(x: f64, before: f64) -> f64 {
        match KIND {
            MOM => x - before,
            ROC => (x / before - 1.0) * 100.0,
            ROCP => (x - before) / before,
            ROCR => x / before,
            _ => x / before * 100.0,
        }
    }
}

impl<const KIND: u8> Change<KIND> {
    /// The change to `x`; NaN until the ring is full, and not finite if `x` or the division is not.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the values must not go through memory")]
    fn next(&self, x: f64) -> f64 {
        Self::value(x, self.0.oldest())
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the value must not go through memory")]
    fn take(&mut self, x: f64) {
        self.0.turn(x);
    }
}

impl<const KIND: u8> Step<1, 1> for Change<KIND> {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        let before = self.0.put(x);
        out[0] = if KIND != MOM && before.abs() <= 0.0 { 0.0 } else { Self::value(x, before) };
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        let value = self.next(x);
        // From nothing there is no rate of change; a difference there always is.
        let is_told = match (ASKED, KIND) {
            (true, MOM) => stands::<ASKED>(value),
            (true, _) => self.0.oldest().abs() > 0.0,
            (false, _) => value.is_finite(),
        };
        if !is_told {
            return None;
        }
        self.take(x);
        Some([value])
    }
}

/// The larger as C's macro has it: of equals the second, so that the sign of a zero is the same.
#[inline]
fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

#[inline]
fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}
