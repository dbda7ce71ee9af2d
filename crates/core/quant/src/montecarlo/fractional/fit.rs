//! Hurst's exponent and the scale of a fractional Brownian motion from its steps, by maximum likelihood.

use super::autocovariance;
use crate::optimise::{Bracket, minimum};
use crate::series::check_varying;
use crate::{Error, given};
use std::f64::consts::PI;

/// Fewer steps say little of how they depend on each other.
const STEPS_MIN: usize = 50;
/// Steps whose joint likelihood is exact; of longer series, that of blocks of so many, taken as independent.
const BLOCK: usize = 4_096;
/// Where an exponent is sought.
const LEAST: f64 = 0.01;
const MOST: f64 = 0.99;
/// Step of the second derivative.
const STEP: f64 = 1e-3;

/// A fitted fractional Brownian motion with a drift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fitted {
    /// Hurst's exponent.
    pub hurst: f64,
    /// Its standard error.
    pub hurst_error: f64,
    /// Standard deviation of the change over one year.
    pub scale: f64,
    /// Its standard error.
    pub scale_error: f64,
    /// Mean of a step, by generalised least squares.
    pub step_mean: f64,
    /// Logarithm of the restricted likelihood.
    pub log_likelihood: f64,
    /// The same of independent steps (exponent 0.5).
    pub log_likelihood_independent: f64,
}

/// Fits the steps (of a logarithmic price: its returns), each over `dt` years, by the exact likelihood of fractional
/// Gaussian noise through the recursion of Levinson and Durbin (Beran 1994, section 5.3), restricted to what does not
/// depend on the mean (Patterson and Thompson 1971), as a mean that is fitted too makes every exponent look smaller. The
/// scale is solved for at every exponent. Standard errors by the observed information. Needs 50 steps; costs the square of their number, in
/// blocks of 4,096. Refused where the exponent comes to lie at an end of its range.
pub fn fit(steps: &[f64], dt: f64) -> Result<Fitted, Error> {
    let what = "Hurst exponent";
    check_varying("Hurst exponent: steps", steps, STEPS_MIN)?;
    given::parameter("the step in years", dt, dt > 0.0, "above zero is needed")?;
    let minus = |hurst: f64| -Profile::of(steps, hurst).log_likelihood;
    // The likelihood may have more than one maximum: the best of a grid is searched around.
    let grid: Vec<f64> = (0..=14).map(|i| LEAST + (MOST - LEAST) * f64::from(i) / 14.0).collect();
    let values: Vec<f64> = grid.iter().map(|it| minus(*it)).collect();
    let best = (0..grid.len()).min_by(|a, b| values[*a].total_cmp(&values[*b])).unwrap_or(0);
    if best == 0 || best + 1 == grid.len() {
        return Err(Error::NotConverged {
            what,
            iterations: grid.len(),
            detail: format!(
                "the likelihood still grows at {:.2}: the steps are no fractional noise, or the series is to be differenced",
                grid[best]
            ),
        });
    }
    let within = Bracket { left: grid[best - 1], middle: grid[best], right: grid[best + 1] };
    let hurst = minimum(what, minus, within, 1e-8)?.x;
    let (here, before, after) =
        (Profile::of(steps, hurst), Profile::of(steps, hurst - STEP), Profile::of(steps, hurst + STEP));
    let information =
        (2.0 * here.log_likelihood - before.log_likelihood - after.log_likelihood) / (STEP * STEP);
    if information <= 0.0 || !information.is_finite() {
        let detail = format!("the likelihood is flat at {hurst}");
        return Err(Error::NotConverged { what, iterations: grid.len(), detail });
    }
    let n = steps.len() as f64;
    let per_step = libm::log(dt);
    // The logarithm of the scale over a year moves with the exponent, at the best scale of each.
    let slope = 0.5 * libm::log(after.variance / before.variance) / (2.0 * STEP) - per_step;
    let scale = libm::sqrt(here.variance) * libm::exp(-hurst * per_step);
    Ok(Fitted {
        hurst,
        hurst_error: libm::sqrt(1.0 / information),
        scale,
        scale_error: scale * libm::sqrt(0.5 / (n - 1.0) + slope * slope / information),
        step_mean: here.mean,
        log_likelihood: here.log_likelihood,
        log_likelihood_independent: Profile::of(steps, 0.5).log_likelihood,
    })
}

/// Standard deviation of the change over one year that is likeliest at a given exponent.
pub fn scale_at(steps: &[f64], dt: f64, hurst: f64) -> Result<f64, Error> {
    check_varying("fractional noise: steps", steps, STEPS_MIN)?;
    given::parameter("the step in years", dt, dt > 0.0, "above zero is needed")?;
    given::parameter("the Hurst exponent", hurst, hurst > 0.0 && hurst < 1.0, "between 0 and 1 is needed")?;
    Ok(libm::sqrt(Profile::of(steps, hurst).variance) * libm::pow(dt, -hurst))
}

/// The likelihood at one exponent, with the mean and the variance of a step that are best there.
struct Profile {
    mean: f64,
    variance: f64,
    log_likelihood: f64,
}

impl Profile {
    fn of(steps: &[f64], hurst: f64) -> Self {
        let size = steps.len().min(BLOCK);
        let covariance: Vec<f64> = (0..size).map(|lag| autocovariance(lag as f64, hurst)).collect();
        let mut weights: Vec<f64> = Vec::with_capacity(size);
        let mut before: Vec<f64> = Vec::with_capacity(size);
        let (mut error, mut logs) = (1.0, 0.0);
        // Sums over the innovations of the steps and of ones: what generalised least squares needs.
        let (mut xx, mut xo, mut oo) = (0.0, 0.0, 0.0);
        for t in 0..size {
            if t > 0 {
                before.clone_from(&weights);
                let known: f64 = before.iter().enumerate().map(|(j, w)| w * covariance[t - 1 - j]).sum();
                let last = (covariance[t] - known) / error;
                weights.iter_mut().zip(before.iter().rev()).for_each(|(w, b)| *w -= last * b);
                weights.push(last);
                error *= 1.0 - last * last;
            }
            let one = 1.0 - weights.iter().sum::<f64>();
            for block in steps.chunks(size).filter(|it| it.len() > t) {
                let expected: f64 = weights.iter().zip(block[..t].iter().rev()).map(|(w, x)| w * x).sum();
                let x = block[t] - expected;
                xx += x * x / error;
                xo += x * one / error;
                oo += one * one / error;
                logs += libm::log(error);
            }
        }
        let n = steps.len() as f64;
        let mean = xo / oo;
        let variance = (xx - xo * mean) / (n - 1.0);
        let log_likelihood =
            -0.5 * ((n - 1.0) * (libm::log(2.0 * PI * variance) + 1.0) + logs + libm::log(oo));
        Self { mean, variance, log_likelihood }
    }
}
