//! The chi-square distribution, for tests by likelihood ratio.

use super::gamma::{gamma_tails, ln_gamma};
use super::{check_probability, normal_quantile};
use crate::Error;

const NEWTON_STEPS_MAX: usize = 200;

/// Chi-square with any positive degrees of freedom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChiSquared {
    k: f64,
}

impl ChiSquared {
    /// Refuses degrees of freedom outside `(0, 1e6]`.
    pub fn new(k: f64) -> Result<Self, Error> {
        if k > 0.0 && k <= 1e6 {
            return Ok(Self { k });
        }
        Err(Error::Parameter { name: "degrees of freedom", value: k, expected: "in (0, 1e6]" })
    }

    /// Logarithm of the density at a positive `x`; minus infinity elsewhere.
    pub fn ln_pdf(&self, x: f64) -> f64 {
        if x <= 0.0 {
            return f64::NEG_INFINITY;
        }
        let half = 0.5 * self.k;
        (half - 1.0) * libm::log(0.5 * x) - 0.5 * x - ln_gamma(half) - std::f64::consts::LN_2
    }

    /// Probability of at most `x`.
    pub fn cdf(&self, x: f64) -> f64 {
        gamma_tails(0.5 * self.k, 0.5 * x).0
    }

    /// Probability of more than `x`: the p-value of a statistic.
    pub fn sf(&self, x: f64) -> f64 {
        gamma_tails(0.5 * self.k, 0.5 * x).1
    }

    /// The value that is exceeded with probability `1 - p`. Refuses a `p` outside `(0, 1)`. Starts from Wilson & Hilferty
    /// (1931).
    pub fn quantile(&self, p: f64) -> Result<f64, Error> {
        check_probability(p)?;
        let spread = 2.0 / (9.0 * self.k);
        let cube = 1.0 - spread + normal_quantile(p)? * spread.sqrt();
        let (mut low, mut high) = (0.0, f64::INFINITY);
        let mut x = if cube > 0.2 { self.k * cube * cube * cube } else { self.small(p) };
        for _ in 0..NEWTON_STEPS_MAX {
            let (lower, upper) = gamma_tails(0.5 * self.k, 0.5 * x);
            // The smaller tail has the digits.
            let excess = if p < 0.5 { lower - p } else { (1.0 - p) - upper };
            if excess < 0.0 {
                low = x;
            } else {
                high = x;
            }
            let next = x - excess / libm::exp(self.ln_pdf(x));
            let next = if next > low && next < high {
                next
            } else if high.is_finite() {
                0.5 * (low + high)
            } else {
                2.0 * low + 1.0
            };
            if (next - x).abs() <= 2.0 * f64::EPSILON * x {
                return Ok(next);
            }
            x = next;
        }
        Ok(x)
    }

    /// Near zero the distribution function is `(x / 2)^(k / 2) / Gamma(k / 2 + 1)`.
    fn small(&self, p: f64) -> f64 {
        let half = 0.5 * self.k;
        (2.0 * libm::exp((libm::log(p) + ln_gamma(half + 1.0)) / half)).max(f64::MIN_POSITIVE)
    }
}
