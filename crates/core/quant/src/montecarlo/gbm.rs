//! Geometric Brownian motion, `dS = mu S dt + sigma S dW`, without discretisation error.

use super::{Grid, Paths};
use crate::rng::Stream;
use crate::{Error, given};

/// Parameters, per year.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters {
    /// Price at the start, above zero.
    pub start: f64,
    /// `mu`: the expected price is `start * exp(mu t)`.
    pub drift: f64,
    /// `sigma`, not negative.
    pub volatility: f64,
}

/// Geometric Brownian motion on a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeometricBrownian {
    grid: Grid,
    start: f64,
    step_mean: f64,
    step_deviation: f64,
}

impl GeometricBrownian {
    /// Refuses a start that is not positive and a negative volatility.
    pub fn new(parameters: Parameters, grid: Grid) -> Result<Self, Error> {
        let Parameters { start, drift, volatility } = parameters;
        check_price(start, drift, volatility)?;
        Ok(Self {
            grid,
            start,
            step_mean: (drift - volatility * volatility / 2.0) * grid.dt(),
            step_deviation: volatility * libm::sqrt(grid.dt()),
        })
    }
}

impl Paths for GeometricBrownian {
    fn steps(&self) -> usize {
        self.grid.steps()
    }

    fn path(&self, stream: &mut Stream, out: &mut [f64]) {
        out[0] = self.start;
        let mut log = 0.0;
        for price in &mut out[1..] {
            log += self.step_mean + self.step_deviation * stream.normal();
            *price = self.start * libm::exp(log);
        }
    }
}

/// A volatility or variance per year above this is a slip.
const VOLATILITY_MAX: f64 = 1e6;

/// What every price model asks.
pub(super) fn check_price(start: f64, drift: f64, volatility: f64) -> Result<(), Error> {
    given::parameter("the price at the start", start, start > 0.0, "above zero is needed")?;
    given::parameter("the drift", drift, true, "a finite number is needed")?;
    given::parameter(
        "the volatility",
        volatility,
        (0.0..=VOLATILITY_MAX).contains(&volatility),
        "from 0 to 1e6 is needed",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;

    #[test]
    fn without_volatility_it_grows_as_interest_does() {
        let grid = Grid::new(4, 2.0).unwrap();
        let model =
            GeometricBrownian::new(Parameters { start: 50.0, drift: 0.1, volatility: 0.0 }, grid).unwrap();
        let mut path = [0.0; 5];
        model.path(&mut Key::named(1, "gbm").stream(0), &mut path);
        assert!((path[4] - 50.0 * libm::exp(0.2)).abs() < 1e-12 && (path[0] - 50.0).abs() < 1e-15);
        assert!(
            GeometricBrownian::new(Parameters { start: 0.0, drift: 0.1, volatility: 0.1 }, grid).is_err()
        );
        assert!(
            GeometricBrownian::new(Parameters { start: 1.0, drift: 0.1, volatility: -0.1 }, grid).is_err()
        );
    }
}
