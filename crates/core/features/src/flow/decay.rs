//! Averages and rates that forget: exponential weights of time or of events.

use crate::state::state;

/// Forgets with time: what is weighed by it counts half after the half-life. Time that goes back forgets nothing, and what
/// follows is measured from there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fading {
    rate: f64,
    at: Option<i64>,
}

state!(Fading { at; rate });

impl Fading {
    /// `half_life` in seconds.
    pub(crate) fn new(half_life: f64) -> Fading {
        Fading { rate: std::f64::consts::LN_2 / half_life, at: None }
    }

    /// What a weight is multiplied by at `at`; one at the first call.
    #[inline]
    pub(crate) fn step(&mut self, at: i64) -> f64 {
        let keep = self.keep_at(at);
        self.at = Some(at);
        keep
    }

    /// What a weight is multiplied by at a time after the last step; that step stays the last one.
    #[inline]
    pub(crate) fn keep_at(&self, at: i64) -> f64 {
        let seconds = self.at.map_or(0.0, |before| seconds_between(before, at));
        if seconds == 0.0 { 1.0 } else { libm::exp(-self.rate * seconds) }
    }

    /// Turns a fading sum into an amount per second: the sum of a steady stream is this rate's inverse times the stream.
    #[inline]
    pub(crate) fn rate(&self) -> f64 {
        self.rate
    }
}

/// Seconds from `before` to `after`, zero if time went back.
#[inline]
pub(crate) fn seconds_between(before: i64, after: i64) -> f64 {
    if after <= before { 0.0 } else { after.abs_diff(before) as f64 * 1e-9 }
}

/// How much of the weight of all time lies since the beginning once it has faded by `keep`: 1/2 after one half-life.
#[inline]
pub(crate) fn known_after(known: f64, keep: f64) -> f64 {
    if keep < 1.0 { 1.0 - (1.0 - known) * keep } else { known }
}

/// Mean and variance that forget with events: weights fall by half in `half_life` of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moments {
    keep: f64,
    weight: f64,
    mean: f64,
    variance: f64,
    seen: u64,
}

state!(Moments { weight, mean, variance, seen; keep });

impl Moments {
    pub(crate) fn new(half_life: f64) -> Moments {
        let keep = libm::exp(-std::f64::consts::LN_2 / half_life);
        Moments { keep, weight: 0.0, mean: 0.0, variance: 0.0, seen: 0 }
    }

    #[inline]
    pub(crate) fn push(&mut self, x: f64) {
        self.weight = self.weight * self.keep + 1.0;
        let gain = 1.0 / self.weight;
        let off = x - self.mean;
        self.mean += gain * off;
        self.variance = (1.0 - gain) * (self.variance + gain * off * off);
        self.seen += 1;
    }

    #[inline]
    pub(crate) fn seen(&self) -> u64 {
        self.seen
    }

    #[inline]
    pub(crate) fn mean(&self) -> Option<f64> {
        (self.seen > 0).then_some(self.mean)
    }

    /// None until two values have been seen.
    #[inline]
    pub(crate) fn deviation(&self) -> Option<f64> {
        (self.seen > 1).then(|| self.variance.sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_is_half_after_the_half_life_and_time_that_goes_back_forgets_nothing() {
        let mut fading = Fading::new(2.0);
        assert!((fading.step(5) - 1.0).abs() < 1e-15);
        assert!((fading.step(2_000_000_005) - 0.5).abs() < 1e-12);
        assert!((fading.step(0) - 1.0).abs() < 1e-15);
        assert!((fading.step(4_000_000_000) - 0.25).abs() < 1e-12);
        assert!(fading.step(i64::MAX) >= 0.0);
        assert!((fading.step(i64::MIN) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn moments_that_hardly_forget_are_the_plain_ones() {
        let mut moments = Moments::new(1e12);
        [1.0, 2.0, 4.0, 9.0].into_iter().for_each(|x| moments.push(x));
        assert!((moments.mean().unwrap() - 4.0).abs() < 1e-9);
        assert!((moments.deviation().unwrap() - libm::sqrt(38.0 / 4.0)).abs() < 1e-9);
    }
}
