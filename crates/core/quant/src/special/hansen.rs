//! Hansen's skewed t distribution (Autoregressive Conditional Density Estimation, 1994, equations 10 to 12).

use serde::{Deserialize, Serialize};

use super::{StudentT, check_probability};
use crate::Error;

/// Mean zero, variance one, `nu > 2` degrees of freedom, and a skewness parameter in `(-1, 1)`: negative has the longer
/// left tail, zero is Student's t scaled to unit variance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "(f64, f64)", into = "(f64, f64)")]
pub struct HansenT {
    t: StudentT,
    lambda: f64,
    unit: f64,
    a: f64,
    b: f64,
}

impl HansenT {
    /// Refuses `nu` outside `(2, 1e6]` and `lambda` outside `(-1, 1)`.
    pub fn new(nu: f64, lambda: f64) -> Result<Self, Error> {
        let t = StudentT::new(nu)?;
        let unit = t.unit_scale()?;
        if !(lambda > -1.0 && lambda < 1.0) {
            return Err(Error::Parameter { name: "skewness", value: lambda, expected: "in (-1, 1)" });
        }
        let c = t.pdf(0.0) / unit;
        let a = 4.0 * lambda * c * (nu - 2.0) / (nu - 1.0);
        let b = (1.0 + 3.0 * lambda * lambda - a * a).sqrt();
        Ok(Self { t, lambda, unit, a, b })
    }

    /// Degrees of freedom.
    pub const fn nu(&self) -> f64 {
        self.t.nu()
    }

    /// Skewness parameter.
    pub const fn lambda(&self) -> f64 {
        self.lambda
    }

    /// Logarithm of the density at `z`.
    pub fn ln_pdf(&self, z: f64) -> f64 {
        let y = self.b * z + self.a;
        let side = if y < 0.0 { 1.0 - self.lambda } else { 1.0 + self.lambda };
        self.t.ln_pdf(y / (side * self.unit)) + libm::log(self.b / self.unit)
    }

    /// Density at `z`.
    pub fn pdf(&self, z: f64) -> f64 {
        libm::exp(self.ln_pdf(z))
    }

    /// Probability of at most `z`.
    pub fn cdf(&self, z: f64) -> f64 {
        let y = self.b * z + self.a;
        if y < 0.0 {
            let side = 1.0 - self.lambda;
            side * self.t.cdf(y / (side * self.unit))
        } else {
            let side = 1.0 + self.lambda;
            1.0 - side * self.t.sf(y / (side * self.unit))
        }
    }

    /// The value that is exceeded with probability `1 - p`. Refuses a `p` outside `(0, 1)`.
    pub fn quantile(&self, p: f64) -> Result<f64, Error> {
        check_probability(p)?;
        let y = if p < 0.5 * (1.0 - self.lambda) {
            let side = 1.0 - self.lambda;
            side * self.unit * self.t.quantile(p / side)?
        } else {
            let side = 1.0 + self.lambda;
            -side * self.unit * self.t.quantile(((1.0 - p) / side).clamp(f64::MIN_POSITIVE, 0.5))?
        };
        Ok((y - self.a) / self.b)
    }

    /// The integral of `z pdf(z)` up to `z`: the mean of the lower tail times its probability.
    pub fn partial_mean(&self, z: f64) -> Result<f64, Error> {
        let y = self.b * z + self.a;
        let below = y < 0.0;
        let side = if below { 1.0 - self.lambda } else { 1.0 + self.lambda };
        let x = y / (side * self.unit);
        let spread = side * self.unit * self.t.partial_mean(x)?;
        // The part above z has minus the mean of the part below, as the whole has mean zero.
        Ok(if below {
            side * (spread - self.a * self.t.cdf(x)) / self.b
        } else {
            side * (spread + self.a * self.t.sf(x)) / self.b
        })
    }
}

impl TryFrom<(f64, f64)> for HansenT {
    type Error = Error;
    fn try_from((nu, lambda): (f64, f64)) -> Result<Self, Error> {
        Self::new(nu, lambda)
    }
}

impl From<HansenT> for (f64, f64) {
    fn from(it: HansenT) -> (f64, f64) {
        (it.nu(), it.lambda)
    }
}
