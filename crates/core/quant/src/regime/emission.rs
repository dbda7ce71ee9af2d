//! What a hidden state emits.

use crate::Error;
use crate::hypothesis::student;
use crate::special::{HALF_LN_TWO_PI, ln_gamma};
use serde::{Deserialize, Serialize};

/// The kind of law that all states of a model share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Family {
    /// Normal.
    Gaussian,
    /// Student's t, whose degrees of freedom are estimated: outliers do not make a state of their own.
    StudentT,
}

/// The law of one state.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Emission {
    /// Normal.
    Gaussian {
        /// Mean.
        mean: f64,
        /// Variance, above 0.
        variance: f64,
    },
    /// Student's t.
    StudentT {
        /// Location.
        location: f64,
        /// Scale, above 0; the variance is `scale^2 df / (df - 2)`.
        scale: f64,
        /// Degrees of freedom, above 0.
        df: f64,
    },
}

/// Degrees of freedom are sought here: below, a state has no variance; above, it is normal.
const DF_RANGE: (f64, f64) = (2.05, 200.0);

impl Emission {
    pub(super) fn check(&self) -> Result<(), Error> {
        let (place, spread, df) = match *self {
            Self::Gaussian { mean, variance } => (mean, variance, 1.0),
            Self::StudentT { location, scale, df } => (location, scale, df),
        };
        crate::series::check_parameter("location of a state", place, true, "finite")?;
        crate::series::check_parameter("spread of a state", spread, spread > 0.0, "above 0")?;
        crate::series::check_parameter("degrees of freedom", df, df > 0.0, "above 0")
    }

    /// Logarithm of the density.
    pub fn log_density(&self, x: f64) -> f64 {
        match *self {
            Self::Gaussian { mean, variance } => {
                let d = x - mean;
                -HALF_LN_TWO_PI - 0.5 * libm::log(variance) - 0.5 * d * d / variance
            }
            Self::StudentT { location, scale, df } => {
                let z = (x - location) / scale;
                ln_gamma(0.5 * (df + 1.0))
                    - ln_gamma(0.5 * df)
                    - 0.5 * libm::log(df * core::f64::consts::PI)
                    - libm::log(scale)
                    - 0.5 * (df + 1.0) * libm::log1p(z * z / df)
            }
        }
    }

    /// Variance; `None` where it does not exist.
    pub fn variance(&self) -> Option<f64> {
        match *self {
            Self::Gaussian { variance, .. } => Some(variance),
            Self::StudentT { scale, df, .. } => (df > 2.0).then(|| scale * scale * df / (df - 2.0)),
        }
    }

    /// Mean, or location where there is none.
    pub fn mean(&self) -> f64 {
        match *self {
            Self::Gaussian { mean, .. } => mean,
            Self::StudentT { location, .. } => location,
        }
    }

    /// The maximisation step: the law fitted to `x` weighted by the probability of the state at each value.
    pub(super) fn update(&self, x: &[f64], weight: impl Fn(usize) -> f64) -> Self {
        match *self {
            Self::Gaussian { .. } => {
                let (mut sw, mut swx) = (0.0, 0.0);
                for (t, v) in x.iter().enumerate() {
                    sw += weight(t);
                    swx += weight(t) * v;
                }
                let mean = swx / sw;
                let ss: f64 = x.iter().enumerate().map(|(t, v)| weight(t) * (v - mean) * (v - mean)).sum();
                Self::Gaussian { mean, variance: ss / sw }
            }
            Self::StudentT { location, scale, df } => {
                // The latent precision of each value given the law so far: Peel & McLachlan (2000).
                let precision = |v: f64| {
                    let z = (v - location) / scale;
                    (df + 1.0) / (df + z * z)
                };
                let (mut sw, mut sp, mut spx) = (0.0, 0.0, 0.0);
                for (t, v) in x.iter().enumerate() {
                    let w = weight(t);
                    sw += w;
                    sp += w * precision(*v);
                    spx += w * precision(*v) * v;
                }
                let next = spx / sp;
                let ss: f64 = x
                    .iter()
                    .enumerate()
                    .map(|(t, v)| weight(t) * precision(*v) * (v - next) * (v - next))
                    .sum();
                let scale = libm::sqrt(ss / sw);
                let weighted: Vec<(f64, f64)> = x
                    .iter()
                    .enumerate()
                    .map(|(t, v)| {
                        let z = (v - next) / scale;
                        (z * z, weight(t))
                    })
                    .collect();
                Self::StudentT { location: next, scale, df: student::best_df(&weighted, DF_RANGE) }
            }
        }
    }
}
