//! Streams of our own for TA-Lib's simple functions, with TA-Lib's arithmetic in TA-Lib's order: the crate's own are a call
//! away and check each value again. Whole columns are walked by the crate.

use super::FuncId;
use super::bind::{BuildFn, live};
use crate::kernel::{Step, state};
use crate::window::{Channel, Highest, Window, largest, smallest};

/// What builds the function with a stream of our own, if it is here.
pub(super) fn build(id: FuncId) -> Option<BuildFn> {
    let build: BuildFn = match id {
        FuncId::SMA => |p| live::<ta_lib::SmaStream, _, 1, 1>(FuncId::SMA, Rolling::<true>::new(p), p),
        FuncId::SUM => |p| live::<ta_lib::SumStream, _, 1, 1>(FuncId::SUM, Rolling::<false>::new(p), p),
        FuncId::MOM => |p| live::<ta_lib::MomStream, _, 1, 1>(FuncId::MOM, Change::<MOM>::new(p), p),
        FuncId::ROC => |p| live::<ta_lib::RocStream, _, 1, 1>(FuncId::ROC, Change::<ROC>::new(p), p),
        FuncId::ROCP => |p| live::<ta_lib::RocpStream, _, 1, 1>(FuncId::ROCP, Change::<ROCP>::new(p), p),
        FuncId::ROCR => |p| live::<ta_lib::RocrStream, _, 1, 1>(FuncId::ROCR, Change::<ROCR>::new(p), p),
        FuncId::ROCR100 => {
            |p| live::<ta_lib::Rocr100Stream, _, 1, 1>(FuncId::ROCR100, Change::<ROCR100>::new(p), p)
        }
        FuncId::MAX => {
            |p| live::<ta_lib::MaxStream, _, 1, 1>(FuncId::MAX, Max(Highest::new(p[0] as usize)), p)
        }
        FuncId::MIN => {
            |p| live::<ta_lib::MinStream, _, 1, 1>(FuncId::MIN, Min(Highest::new(p[0] as usize)), p)
        }
        FuncId::MIDPOINT => |p| {
            live::<ta_lib::MidpointStream, _, 1, 1>(
                FuncId::MIDPOINT,
                Midpoint(Channel::new(p[0] as usize)),
                p,
            )
        },
        FuncId::MIDPRICE => |p| {
            live::<ta_lib::MidpriceStream, _, 2, 1>(
                FuncId::MIDPRICE,
                Midprice(Channel::new(p[0] as usize)),
                p,
            )
        },
        FuncId::DONCHIAN => |p| {
            live::<ta_lib::DonchianStream, _, 2, 3>(
                FuncId::DONCHIAN,
                Donchian(Channel::new(p[0] as usize)),
                p,
            )
        },
        FuncId::WILLR => {
            |p| live::<ta_lib::WillrStream, _, 3, 1>(FuncId::WILLR, Williams(Channel::new(p[0] as usize)), p)
        }
        FuncId::AROON => |p| live::<ta_lib::AroonStream, _, 2, 2>(FuncId::AROON, Aroon::new(p[0]), p),
        FuncId::AROONOSC => {
            |p| live::<ta_lib::AroonoscStream, _, 2, 1>(FuncId::AROONOSC, Aroon::new(p[0]), p)
        }
        FuncId::HA => |p| live::<ta_lib::HaStream, _, 4, 4>(FuncId::HA, HeikinAshi { before: None }, p),
        FuncId::OBV => |p| live::<ta_lib::ObvStream, _, 2, 1>(FuncId::OBV, OnBalance { before: None }, p),
        FuncId::AD => |p| live::<ta_lib::AdStream, _, 4, 1>(FuncId::AD, Accumulation { sum: 0.0 }, p),
        FuncId::TRANGE => {
            |p| live::<ta_lib::TrangeStream, _, 3, 1>(FuncId::TRANGE, TrueRange { before: None }, p)
        }
        FuncId::BOP => |p| live::<ta_lib::BopStream, _, 4, 1>(FuncId::BOP, BalanceOfPower, p),
        FuncId::MEDPRICE => |p| live::<ta_lib::MedpriceStream, _, 2, 1>(FuncId::MEDPRICE, Median, p),
        FuncId::TYPPRICE => |p| live::<ta_lib::TyppriceStream, _, 3, 1>(FuncId::TYPPRICE, Typical, p),
        _ => return None,
    };
    Some(build)
}

state! {
    /// The last `n` values, each in one place.
    struct Ring { values: Vec<f64>, place: usize, missing: usize }
}

impl Ring {
    fn new(n: f64) -> Ring {
        let n = n as usize;
        Ring { values: vec![0.0; n], place: 0, missing: n }
    }

    /// Takes a value in and gives the one that leaves, which is zero while the ring is not full.
    #[inline]
    fn put(&mut self, x: f64) -> f64 {
        let old = std::mem::replace(&mut self.values[self.place], x);
        self.place = if self.place + 1 == self.values.len() { 0 } else { self.place + 1 };
        self.missing = self.missing.saturating_sub(1);
        old
    }

    #[inline]
    fn oldest(&self) -> f64 {
        self.values[self.place]
    }
}

/// A running sum, or the mean of what it holds.
struct Rolling<const MEAN: bool> {
    ring: Ring,
    sum: f64,
}

impl<const MEAN: bool> Rolling<MEAN> {
    fn new(p: &[f64]) -> Self {
        Rolling { ring: Ring::new(p[0]), sum: 0.0 }
    }
}

impl<const MEAN: bool> Clone for Rolling<MEAN> {
    fn clone(&self) -> Self {
        Rolling { ring: self.ring.clone(), sum: self.sum }
    }

    fn clone_from(&mut self, source: &Self) {
        self.ring.clone_from(&source.ring);
        self.sum = source.sum;
    }
}

impl<const MEAN: bool> Step<1, 1> for Rolling<MEAN> {
    #[inline]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.ring.put(x);
        self.sum += x;
        if self.ring.missing == 0 {
            out[0] = if MEAN { self.sum / self.ring.values.len() as f64 } else { self.sum };
            self.sum -= self.ring.oldest();
        }
    }
}

const MOM: u8 = 0;
const ROC: u8 = 1;
const ROCP: u8 = 2;
const ROCR: u8 = 3;
const ROCR100: u8 = 4;

/// A change over `n` bars.
struct Change<const KIND: u8>(Ring);

impl<const KIND: u8> Change<KIND> {
    fn new(p: &[f64]) -> Self {
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
        $(struct $name($inner);

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
of! { Max(Highest) Min(Highest) Midpoint(Channel) Midprice(Channel) Donchian(Channel) Williams(Channel) }

impl Step<1, 1> for Max {
    #[inline]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.0.push(x).into_iter().for_each(|top| out[0] = top);
    }
}

impl Step<1, 1> for Min {
    #[inline]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.0.push(-x).into_iter().for_each(|bottom| out[0] = -bottom);
    }
}

impl Step<1, 1> for Midpoint {
    #[inline]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        if let Some((top, bottom)) = self.0.push(x, x) {
            out[0] = (top + bottom) / 2.0;
        }
    }
}

impl Step<2, 1> for Midprice {
    #[inline]
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 1]) {
        if let Some((top, bottom)) = self.0.push(high, low) {
            out[0] = (top + bottom) / 2.0;
        }
    }
}

impl Step<2, 3> for Donchian {
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
    struct Place { window: Window, n: usize, missing: usize, value: f64, left: usize }
}

impl Place {
    fn new(n: usize) -> Place {
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
    struct Aroon { high: Place, low: Place, factor: f64 }
}

impl Aroon {
    fn new(n: f64) -> Aroon {
        let place = Place::new(n as usize + 1);
        Aroon { high: place.clone(), low: place, factor: 100.0 / n }
    }

    /// How far the highest and the lowest bar stand from the first of the window.
    #[inline]
    fn places(&mut self, high: f64, low: f64) -> Option<(f64, f64)> {
        let top = self.high.push(high, |a, b| a >= b, largest);
        let bottom = self.low.push(low, |a, b| a <= b, smallest);
        Some((top?, bottom?))
    }
}

impl Step<2, 2> for Aroon {
    #[inline]
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 2]) {
        if let Some((top, bottom)) = self.places(high, low) {
            *out = [self.factor * bottom, self.factor * top];
        }
    }
}

impl Step<2, 1> for Aroon {
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
struct HeikinAshi {
    /// Open and close of the candle before.
    before: Option<(f64, f64)>,
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
struct OnBalance {
    /// Close and answer of the bar before.
    before: Option<(f64, f64)>,
}

impl Step<2, 1> for OnBalance {
    #[inline]
    fn step(&mut self, [close, volume]: [f64; 2], out: &mut [f64; 1]) {
        let (before, sum) = self.before.unwrap_or((close, volume));
        let up = if close > before { sum + volume } else { sum };
        let sum = if close < before { sum - volume } else { up };
        self.before = Some((close, sum));
        out[0] = sum;
    }
}

#[derive(Clone)]
struct Accumulation {
    sum: f64,
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

#[derive(Clone)]
struct TrueRange {
    before: Option<f64>,
}

impl Step<3, 1> for TrueRange {
    #[inline]
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 1]) {
        if let Some(before) = self.before.replace(close) {
            let range = larger((before - high).abs(), high - low);
            out[0] = larger((before - low).abs(), range);
        }
    }
}

#[derive(Clone)]
struct BalanceOfPower;

impl Step<4, 1> for BalanceOfPower {
    #[inline]
    fn step(&mut self, [open, high, low, close]: [f64; 4], out: &mut [f64; 1]) {
        let range = high - low;
        out[0] = if range <= 0.0 { 0.0 } else { (close - open) / range };
    }
}

#[derive(Clone)]
struct Median;

impl Step<2, 1> for Median {
    #[inline]
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 1]) {
        out[0] = (high + low) / 2.0;
    }
}

#[derive(Clone)]
struct Typical;

impl Step<3, 1> for Typical {
    #[inline]
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 1]) {
        out[0] = (high + low + close) / 3.0;
    }
}
