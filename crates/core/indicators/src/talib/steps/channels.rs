//! Channels about an average, and sums of averages.

use super::{Ring, Rolling, Smooth, TrueRange};
use crate::kernel::{SILENT, Step, stands, state};

state! {
    /// Keltner's channel: an exponential average of the close and bands of one of the true range; or of the typical price,
    /// and bands of Wilder's.
    pub(crate) struct Keltner<const TYPICAL: usize> {
        range: TrueRange,
        basis: Smooth,
        band: Smooth,
        factor: f64,
        /// The rows before each average begins, so that both speak from the same row on.
        waits: [usize; 2],
    }
}

impl<const TYPICAL: usize> Keltner<TYPICAL> {
    fn of(basis: Smooth, band: Smooth, factor: f64, waits: [usize; 2]) -> Self {
        Keltner { range: TrueRange::default(), basis, band, factor, waits }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn price(high: f64, low: f64, close: f64) -> f64 {
        if TYPICAL == 1 { (high + low + close) / 3.0 } else { close }
    }
}

impl Keltner<0> {
    pub(crate) fn new(p: &[f64]) -> Self {
        Keltner::of(Smooth::exponential(p[0]), Smooth::exponential(p[0]), p[1], [0; 2])
    }
}

impl Keltner<1> {
    pub(crate) fn typical(p: &[f64]) -> Self {
        let (basis, band) = (p[0] as usize - 1, p[1] as usize);
        let both = basis.max(band);
        let waits = [both - basis, both - band];
        Keltner::of(Smooth::exponential(p[0]), Smooth::wilder(p[1]), p[2], waits)
    }
}

/// What is said, once the rows before it have passed.
#[inline]
fn waited(wait: &mut usize, say: impl FnOnce() -> Option<f64>) -> Option<f64> {
    if *wait > 0 {
        *wait -= 1;
        return None;
    }
    say()
}

impl<const TYPICAL: usize> Step<3, 3> for Keltner<TYPICAL> {
    const WARMS: bool = true;
    const WALKS: bool = true;

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 3]) {
        let range = self.range.push(high, low, close);
        let basis = waited(&mut self.waits[0], || self.basis.push(Self::price(high, low, close)));
        let band = range.and_then(|it| waited(&mut self.waits[1], || self.band.push(it)));
        match (basis, band) {
            (Some(basis), Some(band)) => {
                *out = [basis + self.factor * band, basis, basis - self.factor * band];
            }
            // Here the middle speaks before there are bands; with TA-Lib they speak together.
            (Some(basis), None) if TYPICAL == 0 => out[1] = basis,
            _ => {}
        }
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [high, low, close]: [f64; 3]) -> Option<[f64; 3]> {
        let range = self.range.range(high, low);
        let basis = self.basis.next(Self::price(high, low, close));
        let band = self.band.next(range);
        let width = self.factor * band.value;
        let (upper, lower) = (basis.value + width, basis.value - width);
        // One that is not finite leaves no difference that is.
        if !stands::<ASKED>(upper - lower) {
            return None;
        }
        self.range.close(close);
        self.basis.take(basis);
        self.band.take(band);
        Some([upper, basis.value, lower])
    }
}

state! {
    /// Pring's sum of smoothed rates of change, "know sure thing", and its simple average. The inverse of each price is kept, so
    /// that one division serves the four rates, and what means are divided by is in the weights.
    pub(crate) struct SureThing {
        inverses: Ring,
        /// How far from the oldest inverse the one stands that a rate begins at.
        begins: [usize; 4],
        rates: [Rolling<false, true>; 4],
        weights: [f64; 4],
        signal: Rolling<false, true>,
        part: f64,
        /// The rows before each mean begins, so that all speak from the same row on.
        waits: [usize; 4],
    }
}

impl SureThing {
    pub(crate) fn new(p: &[f64]) -> SureThing {
        let longest = p[..4].iter().fold(0.0, |a: f64, b| a.max(*b));
        let lengths: [usize; 4] = std::array::from_fn(|k| (p[k] + p[4 + k]) as usize);
        let last = lengths.iter().fold(0, |a: usize, b| a.max(*b));
        SureThing {
            inverses: Ring::silent(longest),
            begins: std::array::from_fn(|k| (longest - p[k]) as usize),
            rates: std::array::from_fn(|k| Rolling::new(&p[4 + k..])),
            weights: std::array::from_fn(|k| 100.0 * (k + 1) as f64 / p[4 + k]),
            signal: Rolling::new(&p[8..]),
            part: 1.0 / p[8],
            waits: lengths.map(|it| last - it),
        }
    }

    /// What the weights make of the sums of the rates.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the values must not go through memory")]
    fn line(&self, sums: [f64; 4]) -> f64 {
        let [one, two, three, four]: [f64; 4] = std::array::from_fn(|k| self.weights[k] * sums[k]);
        (one + two) + (three + four)
    }
}

impl Step<1, 2> for SureThing {
    const WARMS: bool = true;
    const WALKS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 2]) {
        let sums = std::array::from_fn(|k| {
            let inverse = self.inverses.ahead(self.begins[k]);
            if inverse.is_nan() {
                return SILENT;
            }
            // From a price of zero there is no rate.
            let rate = if inverse.is_finite() { x * inverse - 1.0 } else { 0.0 };
            waited(&mut self.waits[k], || Some(self.rates[k].push(rate))).unwrap_or(SILENT)
        });
        let line = self.line(sums);
        self.inverses.turn(1.0 / x);
        if !line.is_nan() {
            let sum = self.signal.push(line);
            if !sum.is_nan() {
                *out = [line, sum * self.part];
            }
        }
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 2]> {
        let rates: [f64; 4] = std::array::from_fn(|k| x * self.inverses.ahead(self.begins[k]) - 1.0);
        let sums: [f64; 4] = std::array::from_fn(|k| self.rates[k].next(rates[k]));
        let line = self.line(sums);
        let sum = self.signal.next(line);
        let signal = sum * self.part;
        // A price of zero has no inverse, asked or not.
        if !signal.is_finite() {
            return None;
        }
        for k in 0..4 {
            self.rates[k].take(rates[k], sums[k]);
        }
        self.inverses.turn(1.0 / x);
        self.signal.take(line, sum);
        Some([line, signal])
    }
}
