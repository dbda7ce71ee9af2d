//! Bayesian online changepoint detection (Adams & MacKay 2007): the probability of each possible time since the last
//! change, bar by bar. Within a stretch values are normal with unknown mean and variance, under the conjugate
//! normal-inverse-gamma prior, so that each prediction is a Student's t.

use crate::Error;
use crate::series::check_parameter;
use crate::special::ln_gamma;
use serde::{Deserialize, Serialize};

/// What is believed before anything is seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// Mean of a stretch.
    pub mean: f64,
    /// How many values that belief about the mean is worth, above 0.
    pub mean_weight: f64,
    /// Shape of the inverse gamma law of the variance, above 0: half the number of values it is worth.
    pub shape: f64,
    /// Scale of that law, above 0; the variance expected is `scale / (shape - 1)` for a shape above 1.
    pub scale: f64,
}

/// The detector. Time and space per bar: the number of run lengths kept; no allocation after it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bayesian {
    prior: Prior,
    hazard: f64,
    kept: usize,
    seen: u64,
    log_likelihood: f64,
    /// Probability of each run length; entry r has seen r values since the change.
    run: Vec<f64>,
    mean: Vec<f64>,
    scale: Vec<f64>,
    /// Constant of each prediction, which depends on the run length only.
    constant: Vec<f64>,
    next: Vec<f64>,
}

/// Most run lengths that may be kept.
pub const KEPT_MAX: usize = 1_000_000;

impl Bayesian {
    /// `mean_run` is the expected length of a stretch, above 1; `kept` the longest run length that is told apart from
    /// longer ones, 2 to 1,000,000: mass beyond it stays in the last entry, which then forgets nothing and grows no
    /// surer.
    pub fn new(prior: Prior, mean_run: f64, kept: usize) -> Result<Self, Error> {
        check_parameter("prior mean", prior.mean, true, "finite")?;
        check_parameter("prior mean weight", prior.mean_weight, prior.mean_weight > 0.0, "above 0")?;
        check_parameter("prior shape", prior.shape, prior.shape > 0.0, "above 0")?;
        check_parameter("prior scale", prior.scale, prior.scale > 0.0, "above 0")?;
        check_parameter("mean run", mean_run, mean_run > 1.0, "above 1")?;
        check_parameter("kept", kept as f64, (2..=KEPT_MAX).contains(&kept), "2 to 1,000,000")?;
        let constant = (0..=kept)
            .map(|r| {
                let half = prior.shape + r as f64 / 2.0;
                ln_gamma(half + 0.5) - ln_gamma(half) - 0.5 * libm::log(2.0 * core::f64::consts::PI * half)
            })
            .collect();
        let (mut run, mut mean, mut scale) =
            (Vec::with_capacity(kept + 1), Vec::with_capacity(kept + 1), Vec::with_capacity(kept + 1));
        run.push(1.0);
        mean.push(prior.mean);
        scale.push(prior.scale);
        let next = Vec::with_capacity(kept + 1);
        let hazard = 1.0 / mean_run;
        Ok(Self { prior, hazard, kept, seen: 0, log_likelihood: 0.0, run, mean, scale, constant, next })
    }

    /// Takes one value. A value that is not finite is refused and changes nothing.
    pub fn push(&mut self, x: f64) -> Result<(), Error> {
        crate::series::check_value("changepoint: value", self.seen, x)?;
        let lengths = self.run.len();
        self.next.clear();
        let mut top = f64::NEG_INFINITY;
        for r in 0..lengths {
            let weight = self.prior.mean_weight + r as f64;
            let half = self.prior.shape + r as f64 / 2.0;
            // Squared scale of the predictive t with 2 half degrees of freedom.
            let spread = self.scale[r] * (weight + 1.0) / (half * weight);
            let d = x - self.mean[r];
            let log = self.constant[r]
                - 0.5 * libm::log(spread)
                - (half + 0.5) * libm::log1p(d * d / (2.0 * half * spread));
            self.next.push(log);
            if self.run[r] > 0.0 {
                top = top.max(log);
            }
        }
        let mut sum = 0.0;
        for (p, log) in self.run.iter_mut().zip(&self.next) {
            *p *= libm::exp((*log - top).min(0.0));
            sum += *p;
        }
        self.log_likelihood += top + libm::log(sum);
        self.run.iter_mut().for_each(|p| *p /= sum);
        self.seen += 1;
        self.learn(x);
        self.shift();
        Ok(())
    }

    /// Each run length takes the value into its belief.
    fn learn(&mut self, x: f64) {
        for r in 0..self.run.len() {
            let weight = self.prior.mean_weight + r as f64;
            let d = x - self.mean[r];
            self.scale[r] += 0.5 * weight * d * d / (weight + 1.0);
            self.mean[r] += d / (weight + 1.0);
        }
    }

    /// Every run grows by one, or a new one begins: the change comes after the value, so that run length 0 has seen
    /// nothing.
    fn shift(&mut self) {
        let full = self.run.len() == self.kept + 1;
        if full {
            let last = self.kept;
            let (old, new) = (self.run[last], self.run[last - 1]);
            // The two longest become one; the surer belief of the two by mass stays.
            if old > new {
                self.mean[last - 1] = self.mean[last];
                // What it has seen beyond the limit is scaled to what the limit can hold.
                let limit = self.prior.shape + last as f64 / 2.0;
                self.scale[last - 1] = self.scale[last] * limit / (limit + 0.5);
            }
            self.run[last - 1] = old + new;
        } else {
            self.run.push(0.0);
            self.mean.push(0.0);
            self.scale.push(0.0);
        }
        let mut changed = 0.0;
        for r in (1..self.run.len()).rev() {
            changed += self.run[r - 1] * self.hazard;
            self.run[r] = self.run[r - 1] * (1.0 - self.hazard);
            self.mean[r] = self.mean[r - 1];
            self.scale[r] = self.scale[r - 1];
        }
        self.run[0] = changed;
        self.mean[0] = self.prior.mean;
        self.scale[0] = self.prior.scale;
    }

    /// Probability of each number of values since the last change; entry 0 says that the next value is the first of a
    /// new stretch, which is the hazard itself and no finding.
    pub fn run_lengths(&self) -> &[f64] {
        &self.run
    }

    /// The most probable number of values since the last change, 0 before the first.
    pub fn likeliest_run(&self) -> usize {
        (1..self.run.len()).fold(0, |best, r| if r == 1 || self.run[r] > self.run[best] { r } else { best })
    }

    /// Probability that the last change lies at most `bars` values back: 0 before the first value.
    pub fn changed_within(&self, bars: usize) -> f64 {
        let all: f64 = self.run.iter().skip(1).sum();
        if all > 0.0 { self.run.iter().skip(1).take(bars).sum::<f64>() / all } else { 0.0 }
    }

    /// Log-likelihood of all values so far, all ways to divide them taken together.
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }
}
