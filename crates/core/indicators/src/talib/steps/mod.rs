//! The steps of TA-Lib's functions, with TA-Lib's arithmetic in TA-Lib's order.

mod averages;
mod directional;
mod moments;
mod windowed;

pub(crate) use averages::*;
pub(crate) use directional::*;
pub(crate) use moments::*;
pub(crate) use windowed::*;

use crate::kernel::{Step, state};
use crate::window::{Channel, Highest, Window, largest, smallest};

state! {
    /// The last `n` values, each in one place.
    pub(crate) struct Ring { values: Vec<f64>, place: usize, missing: usize }
}

impl Ring {
    pub(crate) fn new(n: f64) -> Ring {
        let n = n as usize;
        Ring { values: vec![0.0; n], place: 0, missing: n }
    }

    /// Takes a value in and gives the one that leaves, which is zero while the ring is not full.
    #[inline]
    fn put(&mut self, x: f64) -> f64 {
        let old = std::mem::replace(&mut self.values[self.place], x);
        self.place = if self.place + 1 == self.values.len() { 0 } else { self.place + 1 };
        if self.missing > 0 {
            self.fill();
        }
        old
    }

    /// A call, so that a full ring has nothing to write.
    #[cold]
    fn fill(&mut self) {
        self.missing -= 1;
    }

    #[inline]
    fn oldest(&self) -> f64 {
        self.values[self.place]
    }

    /// Where the values stand, the oldest first, once it is full.
    fn places(&self) -> impl Iterator<Item = usize> + use<> {
        (self.place..self.values.len()).chain(0..self.place)
    }
}

/// A running sum, or the mean of what it holds.
pub(crate) struct Rolling<const MEAN: bool> {
    ring: Ring,
    sum: f64,
    n: f64,
}

impl<const MEAN: bool> Rolling<MEAN> {
    pub(crate) fn new(p: &[f64]) -> Self {
        Rolling { ring: Ring::new(p[0]), sum: 0.0, n: p[0] }
    }
}

impl<const MEAN: bool> Clone for Rolling<MEAN> {
    fn clone(&self) -> Self {
        Rolling { ring: self.ring.clone(), sum: self.sum, n: self.n }
    }

    fn clone_from(&mut self, source: &Self) {
        self.ring.clone_from(&source.ring);
        (self.sum, self.n) = (source.sum, source.n);
    }
}

impl<const MEAN: bool> Step<1, 1> for Rolling<MEAN> {
    #[inline]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.ring.put(x);
        self.sum += x;
        if self.ring.missing == 0 {
            out[0] = if MEAN { self.sum / self.n } else { self.sum };
            self.sum -= self.ring.oldest();
        }
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
        Change(Ring::new(p[0]))
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

impl<const KIND: u8> Step<1, 1> for Change<KIND> {
    #[inline]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        let is_full = self.0.missing == 0;
        let before = self.0.put(x);
        if !is_full {
            return;
        }
        out[0] = match KIND {
            MOM => x - before,
            _ if before.abs() <= 0.0 => 0.0,
            ROC => (x / before - 1.0) * 100.0,
            ROCP => (x - before) / before,
            ROCR => x / before,
            _ => x / before * 100.0,
        };
    }
}

macro_rules! of {
    ($($name:ident($inner:ident))*) => {
        $(pub(crate) struct $name(pub(crate) $inner);

        impl Clone for $name {
            fn clone(&self) -> Self {
                $name(self.0.clone())
            }

            fn clone_from(&mut self, source: &Self) {
                self.0.clone_from(&source.0);
            }
        })*
    };
}
of! { Largest(Highest) Smallest(Highest) Middle(Channel) Edges(Channel) Williams(Channel) }

impl Step<1, 1> for Largest {
    #[inline]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.0.push(x).into_iter().for_each(|top| out[0] = top);
    }
}

impl Step<1, 1> for Smallest {
    #[inline]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.0.push(-x).into_iter().for_each(|bottom| out[0] = -bottom);
    }
}

impl Step<1, 1> for Middle {
    #[inline]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        if let Some((top, bottom)) = self.0.push(x, x) {
            out[0] = (top + bottom) / 2.0;
        }
    }
}

impl Step<2, 1> for Middle {
    #[inline]
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 1]) {
        if let Some((top, bottom)) = self.0.push(high, low) {
            out[0] = (top + bottom) / 2.0;
        }
    }
}

impl Step<2, 3> for Edges {
    #[inline]
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 3]) {
        if let Some((top, bottom)) = self.0.push(high, low) {
            *out = [top, (top + bottom) / 2.0, bottom];
        }
    }
}

impl Step<3, 1> for Williams {
    #[inline]
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 1]) {
        if let Some((top, bottom)) = self.0.push(high, low) {
            let is_none = (top - bottom).abs() <= 1e-14 * (top.abs() + bottom.abs());
            out[0] = if is_none {
                0.0
            } else {
                let part = (top - close) / (top - bottom) * -100.0;
                let part = if part > 0.0 { 0.0 } else { part };
                if part < -100.0 { -100.0 } else { part }
            };
        }
    }
}

state! {
    /// Where the extreme of the last `n` values stands, the later of equals. It is sought anew only when it leaves.
    pub(crate) struct Place { window: Window, n: usize, missing: usize, value: f64, left: usize }
}

impl Place {
    pub(crate) fn new(n: usize) -> Place {
        Place { window: Window::new(n), n, missing: n, value: 0.0, left: 0 }
    }

    /// Its place from the oldest on, once there are `n` values.
    #[inline]
    fn push(
        &mut self,
        x: f64,
        is_beyond: impl Fn(f64, f64) -> bool,
        extreme: impl Fn(&[f64]) -> f64,
    ) -> Option<f64> {
        self.window.push(x);
        let is_first = self.missing == self.n;
        self.missing = self.missing.saturating_sub(1);
        self.left = self.left.saturating_sub(1);
        if is_beyond(x, self.value) || is_first {
            self.value = x;
            self.left = self.n;
        } else if self.left == 0
            && let Some(values) = self.window.full()
        {
            self.value = extreme(values);
            // Nothing lies beyond the extreme, so the last that does not fall short of it is the one.
            let found = values.iter().rposition(|x| is_beyond(*x, self.value));
            self.left = found.map_or(0, |place| place + 1);
        }
        (self.missing == 0).then_some((self.left - 1) as f64)
    }
}

state! {
    pub(crate) struct Places { high: Place, low: Place, factor: f64 }
}

impl Places {
    pub(crate) fn new(n: f64) -> Places {
        let place = Place::new(n as usize + 1);
        Places { high: place.clone(), low: place, factor: 100.0 / n }
    }

    /// How far the highest and the lowest bar stand from the first of the window.
    #[inline]
    fn places(&mut self, high: f64, low: f64) -> Option<(f64, f64)> {
        let top = self.high.push(high, |a, b| a >= b, largest);
        let bottom = self.low.push(low, |a, b| a <= b, smallest);
        Some((top?, bottom?))
    }
}

impl Step<2, 2> for Places {
    #[inline]
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 2]) {
        if let Some((top, bottom)) = self.places(high, low) {
            *out = [self.factor * bottom, self.factor * top];
        }
    }
}

impl Step<2, 1> for Places {
    #[inline]
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 1]) {
        if let Some((top, bottom)) = self.places(high, low) {
            out[0] = self.factor * (top - bottom);
        }
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

#[derive(Clone)]
pub(crate) struct HeikinAshi {
    /// Open and close of the candle before.
    pub(crate) before: Option<(f64, f64)>,
}

impl Step<4, 4> for HeikinAshi {
    #[inline]
    fn step(&mut self, [o, h, l, c]: [f64; 4], out: &mut [f64; 4]) {
        let (open, close) = self.before.unwrap_or((o, c));
        let open = (open + close) / 2.0;
        let close = (o + h + l + c) / 4.0;
        self.before = Some((open, close));
        *out = [open, larger(close, larger(open, h)), smaller(close, smaller(open, l)), close];
    }
}

#[derive(Clone)]
pub(crate) struct OnBalance {
    /// Close and answer of the bar before.
    pub(crate) before: Option<(f64, f64)>,
}

impl Step<2, 1> for OnBalance {
    #[inline]
    fn step(&mut self, [close, volume]: [f64; 2], out: &mut [f64; 1]) {
        let (before, sum) = self.before.unwrap_or((close, volume));
        // Chosen before it is added, so that one bar waits for one sum of the bar before.
        // Minus zero is what leaves every sum as it is, minus zero too.
        let up = if close > before { volume } else { -0.0 };
        let sum = sum + if close < before { -volume } else { up };
        self.before = Some((close, sum));
        out[0] = sum;
    }
}

#[derive(Clone)]
pub(crate) struct Accumulation {
    pub(crate) sum: f64,
}

impl Step<4, 1> for Accumulation {
    #[inline]
    fn step(&mut self, [high, low, close, volume]: [f64; 4], out: &mut [f64; 1]) {
        let range = high - low;
        if range > 0.0 {
            self.sum += (close - low - (high - close)) / range * volume;
        }
        out[0] = self.sum;
    }
}

#[derive(Clone, Default)]
pub(crate) struct TrueRange {
    before: Option<f64>,
}

impl TrueRange {
    #[inline]
    fn push(&mut self, high: f64, low: f64, close: f64) -> Option<f64> {
        let before = self.before.replace(close)?;
        let range = larger((before - high).abs(), high - low);
        Some(larger((before - low).abs(), range))
    }
}

impl Step<3, 1> for TrueRange {
    #[inline]
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 1]) {
        self.push(high, low, close).into_iter().for_each(|range| out[0] = range);
    }
}

#[derive(Clone)]
pub(crate) struct BalanceOfPower;

impl Step<4, 1> for BalanceOfPower {
    #[inline]
    fn step(&mut self, [open, high, low, close]: [f64; 4], out: &mut [f64; 1]) {
        let range = high - low;
        out[0] = if range <= 0.0 { 0.0 } else { (close - open) / range };
    }
}

#[derive(Clone)]
pub(crate) struct Median;

impl Step<2, 1> for Median {
    #[inline]
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 1]) {
        out[0] = (high + low) / 2.0;
    }
}

#[derive(Clone)]
pub(crate) struct Typical;

impl Step<3, 1> for Typical {
    #[inline]
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 1]) {
        out[0] = (high + low + close) / 3.0;
    }
}

#[derive(Clone)]
pub(crate) struct Weighted;

impl Step<3, 1> for Weighted {
    #[inline]
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 1]) {
        // Twice the close is exact, so it does not matter that TA-Lib fuses the sum.
        out[0] = (close * 2.0 + (high + low)) / 4.0;
    }
}
