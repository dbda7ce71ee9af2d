//! The exponentially weighted variance of RiskMetrics (1996, section 5.2): `v' = lambda v + (1 - lambda) r^2`, returns
//! taken about zero. A GARCH without a mean to return to, so a forecast for any horizon is the last value.

use serde::{Deserialize, Serialize};

use super::check_series;
use crate::Error;

/// An exponentially weighted variance at work on a live series; constant time and space. Serialises as a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "(f64, f64)", into = "(f64, f64)")]
pub struct Ewma {
    lambda: f64,
    variance: f64,
}

impl Ewma {
    /// The decay that RiskMetrics uses for daily returns.
    pub const LAMBDA_DAILY: f64 = 0.94;

    /// Refuses a decay outside `(0, 1)` and a start that is not positive; [`backcast`](super::backcast) gives one.
    pub fn new(lambda: f64, start: f64) -> Result<Self, Error> {
        if !(lambda > 0.0 && lambda < 1.0) {
            return Err(Error::Parameter { name: "lambda", value: lambda, expected: "in (0, 1)" });
        }
        if !(start > 0.0 && start.is_finite()) {
            return Err(Error::Parameter {
                name: "start variance",
                value: start,
                expected: "positive and finite",
            });
        }
        Ok(Self { lambda, variance: start })
    }

    /// Takes a return in and gives the variance of the next. `None`, with nothing changed, when the return is not finite,
    /// so large that the variance would not be, or when the variance would fall to zero.
    #[inline]
    pub fn update(&mut self, value: f64) -> Option<f64> {
        let next = self.lambda * self.variance + (1.0 - self.lambda) * (value * value);
        if !(next > 0.0 && next < f64::INFINITY) {
            return None;
        }
        self.variance = next;
        Some(next)
    }

    /// The variance of the next return, and of every one after it.
    pub const fn variance(&self) -> f64 {
        self.variance
    }

    /// The variance of each return given those before it, and of the one to come: one value more than returns.
    pub fn variances(mut self, returns: &[f64]) -> Result<Vec<f64>, Error> {
        check_series("returns", returns, 1)?;
        let mut out = Vec::with_capacity(returns.len() + 1);
        out.push(self.variance);
        for (index, &value) in returns.iter().enumerate() {
            let expected = "a return that keeps the variance positive and finite";
            let next = self.update(value);
            out.push(next.ok_or(Error::OutOfRange { what: "returns", index, value, expected })?);
        }
        Ok(out)
    }
}

impl TryFrom<(f64, f64)> for Ewma {
    type Error = Error;
    fn try_from((lambda, variance): (f64, f64)) -> Result<Self, Error> {
        Self::new(lambda, variance)
    }
}

impl From<Ewma> for (f64, f64) {
    fn from(it: Ewma) -> Self {
        (it.lambda, it.variance)
    }
}
