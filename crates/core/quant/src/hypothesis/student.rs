//! Student's t fitted by maximum likelihood: how heavy the tails of a sample are.

use crate::Error;
use crate::series::{check_varying, moments};
use crate::special::{digamma, ln_gamma};

/// A fitted Student's t distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StudentFit {
    /// Degrees of freedom; [`DF_MAX`] means that the sample has no tails heavier than the normal's.
    pub df: f64,
    /// Location: mean where it exists.
    pub location: f64,
    /// Scale: not the standard deviation, which is `scale * sqrt(df / (df - 2))` where it exists.
    pub scale: f64,
    /// Log-likelihood at the optimum.
    pub log_likelihood: f64,
}

/// Range in which degrees of freedom are sought; a t with 10,000 is a normal distribution to four digits.
pub const DF_MAX: f64 = 10_000.0;
const DF_MIN: f64 = 0.05;
const STEPS_MAX: usize = 2_000;

/// Maximum likelihood by the ECME algorithm of Liu & Rubin (1995): location and scale by weighted moments, degrees of
/// freedom by the root of the likelihood's own derivative. Needs 5 values. `NotConverged` where the likelihood has no
/// bound, as it has none when about half of the values or more are equal.
pub fn fit(x: &[f64]) -> Result<StudentFit, Error> {
    check_varying("Student-t: sample", x, 5)?;
    let n = x.len() as f64;
    let m = moments(x);
    let spread = libm::sqrt(m.m2);
    let (mut location, mut scale, mut df) = (m.mean, spread, 8.0);
    let mut before = f64::NEG_INFINITY;
    for _ in 0..STEPS_MAX {
        let (mut sw, mut swx) = (0.0, 0.0);
        let weight = |v: f64, location: f64| {
            let z = (v - location) / scale;
            (df + 1.0) / (df + z * z)
        };
        for v in x {
            let w = weight(*v, location);
            sw += w;
            swx += w * v;
        }
        let next = swx / sw;
        // Divided by the weights instead of n: the parameter expansion of Meng & van Dyk, same limit, fewer steps.
        let ss: f64 = x.iter().map(|v| weight(*v, location) * (v - next) * (v - next)).sum();
        location = next;
        scale = libm::sqrt(ss / sw);
        if scale.is_nan() || scale <= 1e-9 * spread {
            break;
        }
        let squares: Vec<(f64, f64)> = x
            .iter()
            .map(|v| {
                let z = (v - location) / scale;
                (z * z, 1.0)
            })
            .collect();
        df = best_df(&squares, (DF_MIN, DF_MAX));
        let now = log_likelihood(x, location, scale, df);
        if (now - before).abs() <= 1e-13 * (now.abs() + n) {
            return Ok(StudentFit { df, location, scale, log_likelihood: now });
        }
        before = now;
    }
    Err(Error::NotConverged {
        what: "Student-t fit",
        iterations: STEPS_MAX,
        detail: format!("scale {scale:e} with {df:.3} degrees of freedom"),
    })
}

/// Log-likelihood of a sample.
pub fn log_likelihood(x: &[f64], location: f64, scale: f64, df: f64) -> f64 {
    let constant = ln_gamma((df + 1.0) / 2.0)
        - ln_gamma(df / 2.0)
        - 0.5 * libm::log(df * core::f64::consts::PI)
        - libm::log(scale);
    let sum: f64 = x
        .iter()
        .map(|v| {
            let z = (v - location) / scale;
            libm::log1p(z * z / df)
        })
        .sum();
    x.len() as f64 * constant - 0.5 * (df + 1.0) * sum
}

/// The degrees of freedom within `range` that maximise the likelihood of squared standardised values, each with its
/// weight. An end of the range stands for what lies beyond it.
pub(crate) fn best_df(squares: &[(f64, f64)], range: (f64, f64)) -> f64 {
    let n: f64 = squares.iter().map(|s| s.1).sum();
    let slope = |df: f64| {
        let sum: f64 =
            squares.iter().map(|(q, w)| w * (libm::log1p(q / df) - (df + 1.0) / df * q / (df + q))).sum();
        n * (digamma((df + 1.0) / 2.0) - digamma(df / 2.0) - 1.0 / df) - sum
    };
    if slope(range.1) >= 0.0 {
        return range.1;
    }
    if slope(range.0) <= 0.0 {
        return range.0;
    }
    let (mut low, mut high) = (libm::log(range.0), libm::log(range.1));
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if slope(libm::exp(middle)) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    libm::exp(0.5 * (low + high))
}
