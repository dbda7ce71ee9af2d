//! Jump diffusion (Merton 1976): geometric Brownian motion with log-normal jumps at Poisson times, without
//! discretisation error.

mod fit;

pub use fit::{Fitted, fit};

use super::gbm::check_price;
use super::{Grid, Paths};
use crate::rng::{Poisson, Stream};
use crate::{Error, given};

/// Parameters, per year.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters {
    /// Price at the start, above zero.
    pub start: f64,
    /// The expected price is `start * exp(drift * t)`: the jumps are compensated.
    pub drift: f64,
    /// Volatility of the diffusion, not negative.
    pub volatility: f64,
    /// Expected jumps in a year, not negative.
    pub jumps_per_year: f64,
    /// Mean of the logarithm of a jump.
    pub jump_mean: f64,
    /// Standard deviation of the logarithm of a jump, not negative.
    pub jump_deviation: f64,
}

/// Jump diffusion on a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merton {
    grid: Grid,
    start: f64,
    step_mean: f64,
    step_deviation: f64,
    jumps: Poisson,
    jump_mean: f64,
    jump_deviation: f64,
}

impl Merton {
    /// Refuses a start that is not positive, and negative volatilities or intensities.
    pub fn new(parameters: Parameters, grid: Grid) -> Result<Self, Error> {
        let Parameters { start, drift, volatility, jumps_per_year, jump_mean, jump_deviation } = parameters;
        check_price(start, drift, volatility)?;
        given::parameter(
            "the jumps per year",
            jumps_per_year,
            jumps_per_year >= 0.0,
            "zero or more is needed",
        )?;
        given::parameter("the mean of a jump", jump_mean, true, "a finite number is needed")?;
        given::parameter(
            "the deviation of a jump",
            jump_deviation,
            jump_deviation >= 0.0,
            "zero or more is needed",
        )?;
        let compensation = jumps_per_year * libm::expm1(jump_mean + jump_deviation * jump_deviation / 2.0);
        given::parameter(
            "the compensation of the jumps",
            compensation,
            true,
            "a finite expected jump is needed",
        )?;
        Ok(Self {
            grid,
            start,
            step_mean: (drift - volatility * volatility / 2.0 - compensation) * grid.dt(),
            step_deviation: volatility * libm::sqrt(grid.dt()),
            jumps: Poisson::new(jumps_per_year * grid.dt())?,
            jump_mean,
            jump_deviation,
        })
    }
}

impl Paths for Merton {
    fn steps(&self) -> usize {
        self.grid.steps()
    }

    fn path(&self, stream: &mut Stream, out: &mut [f64]) {
        out[0] = self.start;
        let mut log = 0.0;
        for price in &mut out[1..] {
            log += self.step_mean + self.step_deviation * stream.normal();
            let count = self.jumps.draw(stream);
            if count > 0 {
                // The sum of that many normal jumps is one normal.
                let count = count as f64;
                log += count * self.jump_mean + libm::sqrt(count) * self.jump_deviation * stream.normal();
            }
            *price = self.start * libm::exp(log);
        }
    }
}
