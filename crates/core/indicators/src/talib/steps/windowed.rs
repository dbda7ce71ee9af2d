//! Distances within a window: from its mean, its middle, its first value.

use super::{Ring, Rolling};
use crate::kernel::{SILENT, Step, sound, stands, state};
use crate::window::{fold_quarters, total};

state! {
    /// The price of some rows ago less the simple average.
    pub(crate) struct Detrended { mean: Rolling<true>, past: Ring, wait: usize }
}

impl Detrended {
    pub(crate) fn new(p: &[f64]) -> Detrended {
        let ago = (p[0] / 2.0).floor() + 1.0;
        // The mean begins so that its first window ends where there is a price to set against it.
        let wait = (ago as usize + 1).saturating_sub(p[0] as usize);
        Detrended { mean: Rolling::new(p), past: Ring::silent(ago), wait }
    }
}

impl Step<1, 1> for Detrended {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        let before = self.past.put(x);
        if self.wait > 0 {
            self.wait -= 1;
            return;
        }
        out[0] = before - self.mean.push(x);
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        let sum = self.mean.next(x);
        let value = self.past.oldest() - self.mean.value(sum);
        if !stands::<ASKED>(value) {
            return None;
        }
        self.mean.take(x, sum);
        self.past.turn(x);
        Some([value])
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
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 1]) {
        self.mean.step([high - low], out);
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [high, low]: [f64; 2]) -> Option<[f64; 1]> {
        self.mean.warm::<ASKED>([high - low])
    }
}

state! {
    /// The mean of the last values and their mean distance from it. Their sum is added up anew each time that the window has
    /// turned.
    pub(crate) struct Spread {
        /// Each in one place.
        values: Vec<f64>,
        place: usize,
        /// NaN until there are `n`.
        total: f64,
        n: f64,
    }
}

/// What a [`Spread`] says with a value in the place of the oldest.
#[derive(Clone, Copy)]
pub(crate) struct Spreads {
    pub(crate) mean: f64,
    /// The mean distance from it.
    pub(crate) distance: f64,
    old: f64,
    total: f64,
}

impl Spread {
    pub(crate) fn new(n: f64) -> Spread {
        Spread { values: vec![SILENT; n as usize], place: 0, total: SILENT, n }
    }

    /// Puts a value in the place of the oldest, and says what comes of it: NaN until the window is full, and not finite if the
    /// value is not. [`Spread::take`] or [`Spread::leave`] is to follow.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn look(&mut self, x: f64) -> Spreads {
        let old = self.values.get_mut(self.place).map_or(SILENT, |slot| std::mem::replace(slot, x));
        self.say(old, self.total + (x - old))
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn say(&self, old: f64, total: f64) -> Spreads {
        let mean = total / self.n;
        let distance = fold_quarters(&self.values, |x| (x - mean).abs()) / self.n;
        Spreads { mean, distance, old, total }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn take(&mut self, said: Spreads) {
        self.total = said.total;
        self.place += 1;
        if self.place >= self.values.len() {
            self.place = 0;
            self.total = total(&self.values);
        }
    }

    /// Puts the oldest value back.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn leave(&mut self, said: Spreads) {
        if let Some(slot) = self.values.get_mut(self.place) {
            *slot = said.old;
        }
    }

    /// As [`Spread::look`] and [`Spread::take`], for any value.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn push(&mut self, x: f64) -> Spreads {
        let begins = self.total.is_nan();
        let said = self.look(x);
        self.take(said);
        if begins { self.say(said.old, self.total) } else { said }
    }
}

state! {
    pub(crate) struct AverageDeviation { spread: Spread }
}

impl AverageDeviation {
    pub(crate) fn new(n: f64) -> AverageDeviation {
        AverageDeviation { spread: Spread::new(n) }
    }
}

impl Step<1, 1> for AverageDeviation {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        out[0] = self.spread.push(x).distance;
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        let said = self.spread.look(x);
        if !stands::<ASKED>(said.distance) {
            self.spread.leave(said);
            return None;
        }
        self.spread.take(said);
        Some([said.distance])
    }
}

state! {
    /// The distance of the typical price from its mean, in mean distances (Lambert 1980).
    pub(crate) struct CommodityChannel { spread: Spread }
}

impl CommodityChannel {
    pub(crate) fn new(n: f64) -> CommodityChannel {
        CommodityChannel { spread: Spread::new(n) }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn value(price: f64, said: Spreads) -> f64 {
        let distance = price - said.mean;
        // What is nothing but rounding is nothing.
        let rounding = 1e-14 * said.mean.abs();
        let is_none = distance.abs() <= rounding || said.distance.abs() <= rounding;
        if is_none { 0.0 } else { distance / (0.015 * said.distance) }
    }
}

impl Step<3, 1> for CommodityChannel {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 1]) {
        let price = (high + low + close) / 3.0;
        out[0] = CommodityChannel::value(price, self.spread.push(price));
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [high, low, close]: [f64; 3]) -> Option<[f64; 1]> {
        let price = (high + low + close) / 3.0;
        let said = self.spread.look(price);
        let value = CommodityChannel::value(price, said);
        if !stands::<ASKED>(if ASKED { said.mean } else { said.mean + value }) {
            self.spread.leave(said);
            return None;
        }
        self.spread.take(said);
        Some([value])
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
    #[inline(always)]
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

state! {
    /// How far the price has come in `n` rows as a part of the way that it went (Kaufman 1995); 1 if it went no way.
    pub(crate) struct Efficiency {
        ring: Ring,
        /// The way of the last `n` changes.
        path: f64,
        /// The price that left last; NaN before the first answer.
        gone: f64,
        before: f64,
        still: usize,
    }
}

impl Efficiency {
    pub(crate) fn new(n: f64) -> Efficiency {
        Efficiency { ring: Ring::new(n), path: 0.0, gone: SILENT, before: SILENT, still: 0 }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn ratio(&self, x: f64, path: f64) -> f64 {
        let ratio = (x - self.ring.oldest()).abs() / if path > 0.0 { path } else { 0.0 };
        // A path of no length gives no number or an infinite one, which are 1 as well as what lies above it.
        if ratio < 1.0 { ratio } else { 1.0 }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the value must not go through memory")]
    fn path(&self, change: f64) -> f64 {
        self.path - (self.gone - self.ring.oldest()).abs() + change
    }

    /// For how many rows the price has not moved.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the value must not go through memory")]
    fn still(&self, change: f64) -> usize {
        if change <= 0.0 { self.still + 1 } else { 0 }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn push(&mut self, x: f64) -> Option<f64> {
        let change = (x - std::mem::replace(&mut self.before, x)).abs();
        if change.is_nan() {
            self.ring.put(x);
            return None;
        }
        self.still = self.still(change);
        if self.ring.missing > 0 {
            self.path += change;
            self.ring.put(x);
            return None;
        }
        // What leaves before the first answer is nothing.
        if self.gone.is_nan() {
            self.gone = self.ring.oldest();
        }
        self.path = self.path(change);
        let n = self.ring.values.len();
        if self.still >= n {
            // Nothing but rounding is left in the sum.
            (self.still, self.path) = (n, 0.0);
        }
        let ratio = self.ratio(x, self.path);
        self.gone = self.ring.put(x);
        Some(ratio)
    }

    /// What `push` would say, and what [`Efficiency::take`] wants besides: none until there are answers, of what is not finite, and
    /// where the price stands still.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn next<const ASKED: bool>(&self, x: f64) -> Option<(f64, (f64, usize))> {
        let change = (x - self.before).abs();
        let (path, still) = (self.path(change), self.still(change));
        // The price is in the path.
        if !stands::<ASKED>(path) || still >= self.ring.values.len() {
            return None;
        }
        Some((self.ratio(x, path), (path, still)))
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the value must not go through memory")]
    fn take(&mut self, x: f64, (path, still): (f64, usize)) {
        (self.before, self.path, self.still) = (x, path, still);
        self.gone = self.ring.put(x);
    }
}

impl Step<1, 1> for Efficiency {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.push(x).into_iter().for_each(|ratio| out[0] = ratio);
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        let (ratio, sums) = self.next::<ASKED>(x)?;
        self.take(x, sums);
        Some([ratio])
    }
}

state! {
    /// An average whose speed is how directly the price goes (Kaufman 1995). It is kept as a gap below the price, as the
    /// exponential ones, and begins at the price before its first answer.
    pub(crate) struct Adaptive { efficiency: Efficiency, gap: f64, copies: bool }
}

impl Adaptive {
    pub(crate) fn new(n: f64) -> Adaptive {
        Adaptive { efficiency: Efficiency::new(n), gap: 0.0, copies: n <= 1.0 }
    }

    /// The gap after a change.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn gap(gap: f64, change: f64, ratio: f64) -> f64 {
        // From the speed of an exponential average of 30 rows to that of one of 2, squared.
        let speed = ratio * (2.0 / 3.0 - 2.0 / 31.0) + 2.0 / 31.0;
        (1.0 - speed * speed) * (gap + change)
    }
}

impl Step<1, 1> for Adaptive {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        if self.copies {
            out[0] = x;
            return;
        }
        let change = x - self.efficiency.before;
        if let Some(ratio) = self.efficiency.push(x) {
            self.gap = Adaptive::gap(self.gap, change, ratio);
            out[0] = x - self.gap;
        }
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        let (ratio, sums) = self.efficiency.next::<ASKED>(x)?;
        let gap = Adaptive::gap(self.gap, x - self.efficiency.before, ratio);
        let value = x - gap;
        if !sound::<ASKED>(value) || self.copies {
            return None;
        }
        self.efficiency.take(x, sums);
        self.gap = gap;
        Some([value])
    }
}
