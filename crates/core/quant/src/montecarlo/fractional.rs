//! Fractional Brownian motion: `Var(B(t + s) - B(t)) = s^(2H)`, exactly, by circulant embedding of its increments
//! (Davies and Harte 1987; Wood and Chan 1994).
//!
//! A path of n steps costs one Fourier transform of length `2 m`, `m` the next power of two: `n log n`, and `2 m` normals.

mod fit;

pub use fit::{Fitted, fit, scale_at};

use super::fourier::Fourier;
use super::{Grid, Paths};
use crate::rng::Stream;
use crate::{Error, given};

/// Parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters {
    /// Value at the start.
    pub start: f64,
    /// Hurst exponent within (0, 1): below 0.5 it reverts, at 0.5 it is Brownian motion, above it trends.
    pub hurst: f64,
    /// Standard deviation of the change over one year, not negative.
    pub scale: f64,
}

/// Fractional Brownian motion on a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct FractionalBrownian {
    grid: Grid,
    start: f64,
    fourier: Fourier,
    /// Roots of the eigenvalues of the circulant matrix over its length: standard deviation of each frequency.
    deviations: Vec<f64>,
}

impl FractionalBrownian {
    /// Refuses a Hurst exponent outside (0, 1) and a negative scale. Costs one transform.
    pub fn new(parameters: Parameters, grid: Grid) -> Result<Self, Error> {
        let Parameters { start, hurst, scale } = parameters;
        given::parameter("the start", start, true, "a finite number is needed")?;
        given::parameter(
            "the Hurst exponent",
            hurst,
            hurst > 0.0 && hurst < 1.0,
            "between 0 and 1 is needed",
        )?;
        given::parameter("the scale", scale, scale >= 0.0, "zero or more is needed")?;
        let half = grid.steps().next_power_of_two();
        let length = 2 * half;
        let step_variance = scale * scale * libm::pow(grid.dt(), 2.0 * hurst);
        let mut real: Vec<f64> =
            (0..length).map(|k| step_variance * autocovariance(k.min(length - k) as f64, hurst)).collect();
        let mut imaginary = vec![0.0; length];
        let fourier = Fourier::new(length);
        fourier.transform(&mut real, &mut imaginary);
        // The eigenvalues are not negative for any H (Craigmile 2003); rounding may leave one just below.
        let deviations = real.iter().map(|value| libm::sqrt(value.max(0.0) / length as f64)).collect();
        Ok(Self { grid, start, fourier, deviations })
    }
}

/// Covariance of unit increments `lag` steps apart: `(|k + 1|^2H - 2 |k|^2H + |k - 1|^2H) / 2`.
fn autocovariance(lag: f64, hurst: f64) -> f64 {
    if lag <= 0.0 {
        return 1.0;
    }
    if lag >= FAR { far(lag, hurst) } else { near(lag, hurst) }
}

/// From this lag on the series is used.
const FAR: f64 = 1000.0;

/// The powers are large and nearly equal: what is subtracted are their differences from the middle one.
fn near(lag: f64, hurst: f64) -> f64 {
    let beside = |step: f64| libm::expm1(2.0 * hurst * libm::log1p(step / lag));
    0.5 * libm::pow(lag, 2.0 * hurst) * (beside(1.0) + beside(-1.0))
}

/// The binomial series in `1 / lag^2`, of which three terms leave less than a rounding from lag 1,000 on.
fn far(lag: f64, hurst: f64) -> f64 {
    let (h2, x) = (2.0 * hurst, 1.0 / (lag * lag));
    let first = h2 * (h2 - 1.0) / 2.0;
    let second = (h2 - 2.0) * (h2 - 3.0) / 12.0;
    let third = (h2 - 4.0) * (h2 - 5.0) / 30.0;
    libm::pow(lag, h2 - 2.0) * first * (1.0 + second * x * (1.0 + third * x))
}

impl Paths for FractionalBrownian {
    fn steps(&self) -> usize {
        self.grid.steps()
    }

    fn path(&self, stream: &mut Stream, out: &mut [f64]) {
        let length = self.deviations.len();
        let half = length / 2;
        let (mut real, mut imaginary) = (vec![0.0; length], vec![0.0; length]);
        real[0] = self.deviations[0] * stream.normal();
        real[half] = self.deviations[half] * stream.normal();
        for k in 1..half {
            let scale = self.deviations[k] * std::f64::consts::FRAC_1_SQRT_2;
            real[k] = scale * stream.normal();
            imaginary[k] = scale * stream.normal();
            real[length - k] = real[k];
            imaginary[length - k] = -imaginary[k];
        }
        self.fourier.transform(&mut real, &mut imaginary);
        out[0] = self.start;
        for i in 1..out.len() {
            out[i] = out[i - 1] + real[i - 1];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_and_far_lags_meet_and_agree_with_the_definition() {
        let power = |x: f64, hurst: f64| libm::pow(x.abs(), 2.0 * hurst);
        for hurst in [0.1, 0.3, 0.7, 0.99] {
            for lag in [1.0, 2.0, 5.0, 20.0] {
                let want =
                    0.5 * (power(lag + 1.0, hurst) - 2.0 * power(lag, hurst) + power(lag - 1.0, hurst));
                assert!((autocovariance(lag, hurst) - want).abs() < 1e-12, "{hurst} {lag}");
            }
            let (a, b) = (near(FAR, hurst), far(FAR, hurst));
            assert!((a / b - 1.0).abs() < 1e-9, "{hurst}: {a} {b}");
        }
        assert!(autocovariance(1.0, 0.5).abs() < 1e-15 && (autocovariance(0.0, 0.3) - 1.0).abs() < 1e-15);
    }
}
