//! Student's t distribution.

use serde::{Deserialize, Serialize};

use super::gamma::{beta_tails, ln_beta};
use super::{check_probability, normal_quantile};
use crate::Error;

const NEWTON_STEPS_MAX: usize = 200;

/// Student's t with `nu` degrees of freedom, any positive real up to a million. Its variance is `nu / (nu - 2)` where
/// `nu > 2`; volatility models use it [scaled to unit variance](Self::unit_scale).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct StudentT {
    nu: f64,
    ln_front: f64,
}

impl StudentT {
    /// Degrees of freedom above this are refused: the normal distribution is meant.
    pub const NU_MAX: f64 = 1e6;

    /// Refuses degrees of freedom outside `(0, 1e6]`.
    pub fn new(nu: f64) -> Result<Self, Error> {
        if !(nu > 0.0 && nu <= Self::NU_MAX) {
            return Err(Error::Parameter { name: "degrees of freedom", value: nu, expected: "in (0, 1e6]" });
        }
        Ok(Self { nu, ln_front: -ln_beta(0.5 * nu, 0.5) - 0.5 * libm::log(nu) })
    }

    /// Degrees of freedom.
    pub const fn nu(&self) -> f64 {
        self.nu
    }

    /// What a value is multiplied by to have variance one: `sqrt((nu - 2) / nu)`. Refuses `nu <= 2`, where there is no
    /// variance.
    pub fn unit_scale(&self) -> Result<f64, Error> {
        if self.nu <= 2.0 {
            let expected = "above 2, where the variance is finite";
            return Err(Error::Parameter { name: "degrees of freedom", value: self.nu, expected });
        }
        Ok(((self.nu - 2.0) / self.nu).sqrt())
    }

    /// Logarithm of the density at `x`.
    pub fn ln_pdf(&self, x: f64) -> f64 {
        self.ln_front - 0.5 * (self.nu + 1.0) * libm::log1p(x * x / self.nu)
    }

    /// Density at `x`.
    pub fn pdf(&self, x: f64) -> f64 {
        libm::exp(self.ln_pdf(x))
    }

    /// Probability of at most `x`.
    pub fn cdf(&self, x: f64) -> f64 {
        self.sf(-x)
    }

    /// Probability of more than `x`, exact in the far tail.
    pub fn sf(&self, x: f64) -> f64 {
        let square = x * x;
        let (outside, inside) = if square.is_infinite() {
            (0.0, 1.0)
        } else {
            let sum = self.nu + square;
            beta_tails(self.nu / sum, square / sum, 0.5 * self.nu, 0.5)
        };
        if x > 0.0 { 0.5 * outside } else { 0.5 + 0.5 * inside }
    }

    /// The value that is exceeded with probability `1 - p`. Refuses a `p` outside `(0, 1)`.
    pub fn quantile(&self, p: f64) -> Result<f64, Error> {
        check_probability(p)?;
        let tail = p.min(1.0 - p);
        if tail >= 0.5 {
            return Ok(0.0);
        }
        let x = self.upper(tail)?;
        Ok(if p < 0.5 { -x } else { x })
    }

    /// The positive `x` with `sf(x) = tail`: Newton steps, on logarithms in the tail (where the density is a power), kept
    /// in a bracket.
    fn upper(&self, tail: f64) -> Result<f64, Error> {
        let (mut low, mut high) = (0.0, f64::INFINITY);
        let mut x = -normal_quantile(tail)?;
        // The first terms of the expansion about the normal quantile (Abramowitz & Stegun 26.7.5).
        x += x * (x * x + 1.0) / (4.0 * self.nu).max(4.0);
        for _ in 0..NEWTON_STEPS_MAX {
            let sf = self.sf(x);
            if sf > tail {
                low = x;
            } else {
                high = x;
            }
            let pdf = self.pdf(x);
            let next = if tail < 0.1 && x > 0.0 {
                x * libm::exp(sf * libm::log(sf / tail) / (x * pdf))
            } else {
                x + (sf - tail) / pdf
            };
            let next = if next > low && next < high {
                next
            } else if high.is_finite() {
                0.5 * (low + high)
            } else {
                2.0 * low + 1.0
            };
            if (next - x).abs() <= 2.0 * f64::EPSILON * x.abs() || !next.is_finite() {
                return Ok(next.min(f64::MAX));
            }
            x = next;
        }
        Ok(x)
    }

    /// Mean of the values at or below the quantile of `p`, weighted by their probability: the integral of `x pdf(x)` up
    /// to `x`. Refuses `nu <= 1`, where there is no mean.
    pub fn partial_mean(&self, x: f64) -> Result<f64, Error> {
        if self.nu <= 1.0 {
            let expected = "above 1, where the mean is finite";
            return Err(Error::Parameter { name: "degrees of freedom", value: self.nu, expected });
        }
        Ok(-(self.nu + x * x) / (self.nu - 1.0) * self.pdf(x))
    }
}

impl TryFrom<f64> for StudentT {
    type Error = Error;
    fn try_from(nu: f64) -> Result<Self, Error> {
        Self::new(nu)
    }
}

impl From<StudentT> for f64 {
    fn from(it: StudentT) -> f64 {
        it.nu
    }
}
