//! How far expected returns may be from their estimates: an ellipsoid, for robust portfolios.

use crate::constraints::Source;
use crate::covariance::Covariance;
use crate::error::{Error, parameter};
use crate::program::{Affine, Cone, Program};

/// All means with `(mean - estimate)' error^-1 (mean - estimate) <= radius^2` (Goldfarb & Iyengar 2003). The worst of
/// them takes `radius * sqrt(w' error w)` off the return of a portfolio.
#[derive(Clone, Debug)]
pub struct Uncertainty {
    error: Covariance,
    radius: f64,
}

impl Uncertainty {
    /// From the covariance of the errors of estimation and a radius.
    ///
    /// # Errors
    /// A radius that is negative or not finite.
    pub fn new(error: Covariance, radius: f64) -> Result<Self, Error> {
        parameter("radius", radius, "zero or more", radius >= 0.0)?;
        Ok(Self { error, radius })
    }

    /// For means of `periods` independent returns with this covariance per period: their error is `covariance / periods`.
    ///
    /// # Errors
    /// No periods, or a radius that is negative or not finite.
    pub fn of_sample(covariance: &Covariance, periods: usize, radius: f64) -> Result<Self, Error> {
        if periods == 0 {
            return Err(Error::TooFew { what: "periods", have: 0, need: 1 });
        }
        let values = covariance.values().iter().map(|it| it / periods as f64).collect();
        Self::new(Covariance::new(covariance.size(), values)?, radius)
    }

    /// How many assets.
    #[must_use]
    pub fn assets(&self) -> usize {
        self.error.size()
    }

    /// What the worst case takes off the return of a portfolio.
    #[must_use]
    pub fn of(&self, weights: &[f64]) -> f64 {
        self.radius * self.error.volatility(weights)
    }

    /// An upper bound of it, tight where it is minimised, for weights in the first columns.
    pub(crate) fn lower(&self, program: &mut Program) -> Affine {
        let unit = libm::sqrt(self.error.scale());
        let length = program.column();
        let mut rows = vec![Affine::of(length)];
        rows.extend(self.error.factor().map(|row| Affine::row(0, row).times(1.0 / unit)));
        program.cone(Cone::SecondOrder, Source::Definition, rows);
        Affine::of(length).times(self.radius * unit)
    }
}
