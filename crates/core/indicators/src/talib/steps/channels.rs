//! Channels about an average, and sums of averages.

use super::{Change, ROC, Rolling, Smooth, TrueRange};
use crate::kernel::{SILENT, Step, state};

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
    fn warm(&mut self, [high, low, close]: [f64; 3]) -> Option<[f64; 3]> {
        let (range, doubt) = self.range.look(high, low, close);
        let basis = self.basis.next(Self::price(high, low, close));
        let band = self.band.next(range);
        let width = self.factor * band.value;
        let (upper, lower) = (basis.value + width, basis.value - width);
        if !(upper + doubt).is_finite() || !lower.is_finite() {
            return None;
        }
        self.range.close(close);
        self.basis.take(basis);
        self.band.take(band);
        Some([upper, basis.value, lower])
    }
}

state! {
    /// Pring's sum of smoothed rates of change, "know sure thing", and its simple average.
    pub(crate) struct SureThing {
        changes: [Change<ROC>; 4],
        means: [Rolling<true>; 4],
        signal: Rolling<true>,
        /// The rows before each mean begins, so that all speak from the same row on.
        waits: [usize; 4],
    }
}

impl SureThing {
    pub(crate) fn new(p: &[f64]) -> SureThing {
        let lengths: [usize; 4] = std::array::from_fn(|k| (p[k] + p[4 + k]) as usize);
        let longest = lengths.iter().fold(0, |a: usize, b| a.max(*b));
        SureThing {
            changes: std::array::from_fn(|k| Change::new(&p[k..])),
            means: std::array::from_fn(|k| Rolling::new(&p[4 + k..])),
            signal: Rolling::new(&p[8..]),
            waits: lengths.map(|it| longest - it),
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the values must not go through memory")]
    fn sum([one, two, three, four]: [f64; 4]) -> f64 {
        4.0 * four + (3.0 * three + (2.0 * two + one))
    }
}

impl Step<1, 2> for SureThing {
    const WALKS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 2]) {
        let line = SureThing::sum(std::array::from_fn(|k| {
            let mut change = [SILENT];
            self.changes[k].step([x], &mut change);
            if change[0].is_nan() {
                return SILENT;
            }
            waited(&mut self.waits[k], || Some(self.means[k].push(change[0]))).unwrap_or(SILENT)
        }));
        if !line.is_nan() {
            let signal = self.signal.push(line);
            if !signal.is_nan() {
                *out = [line, signal];
            }
        }
    }

    #[inline(always)]
    fn warm(&mut self, [x]: [f64; 1]) -> Option<[f64; 2]> {
        let changes: [f64; 4] = std::array::from_fn(|k| self.changes[k].next(x));
        let sums: [f64; 4] = std::array::from_fn(|k| self.means[k].next(changes[k]));
        let line = SureThing::sum(std::array::from_fn(|k| self.means[k].value(sums[k])));
        let sum = self.signal.next(line);
        let signal = self.signal.value(sum);
        if !signal.is_finite() {
            return None;
        }
        for k in 0..4 {
            self.changes[k].take(x);
            self.means[k].take(changes[k], sums[k]);
        }
        self.signal.take(line, sum);
        Some([line, signal])
    }
}
