//! The Ornstein-Uhlenbeck process, `dX = kappa (theta - X) dt + sigma dW`, by its exact transition (Gillespie 1996).

use super::{Grid, Paths};
use crate::rng::Stream;
use crate::{Error, given};

/// Parameters, per year.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters {
    /// Value at the start.
    pub start: f64,
    /// `kappa`, above zero.
    pub reversion: f64,
    /// `theta`, where it reverts to.
    pub mean: f64,
    /// `sigma`, not negative.
    pub volatility: f64,
}

impl Parameters {
    /// Time in years in which half of a deviation is gone: `ln 2 / kappa`.
    pub fn half_life(&self) -> f64 {
        std::f64::consts::LN_2 / self.reversion
    }
}

/// An Ornstein-Uhlenbeck process on a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrnsteinUhlenbeck {
    grid: Grid,
    start: f64,
    mean: f64,
    keep: f64,
    step_deviation: f64,
}

impl OrnsteinUhlenbeck {
    /// Refuses a reversion that is not positive and a negative volatility.
    pub fn new(parameters: Parameters, grid: Grid) -> Result<Self, Error> {
        let Parameters { start, reversion, mean, volatility } = parameters;
        given::parameter("the start", start, true, "a finite number is needed")?;
        given::parameter("the mean", mean, true, "a finite number is needed")?;
        given::parameter("the speed of reversion", reversion, reversion > 0.0, "above zero is needed")?;
        given::parameter("the volatility", volatility, volatility >= 0.0, "zero or more is needed")?;
        let variance = -libm::expm1(-2.0 * reversion * grid.dt()) / (2.0 * reversion);
        Ok(Self {
            grid,
            start,
            mean,
            keep: libm::exp(-reversion * grid.dt()),
            step_deviation: volatility * libm::sqrt(variance),
        })
    }
}

impl Paths for OrnsteinUhlenbeck {
    fn steps(&self) -> usize {
        self.grid.steps()
    }

    fn path(&self, stream: &mut Stream, out: &mut [f64]) {
        out[0] = self.start;
        let mut away = self.start - self.mean;
        for value in &mut out[1..] {
            away = away * self.keep + self.step_deviation * stream.normal();
            *value = self.mean + away;
        }
    }
}
