//! Copulas: dependence apart from the laws of the single assets. A t-copula crashes jointly, a Gaussian one does not.
//!
//! They are fitted to pseudo-observations, `rank / (n + 1)` of each asset, so that no law of the single assets is assumed.

mod archimedean;
mod gaussian;
mod levels;
pub mod portfolio;
pub mod regime;
mod student;
pub mod tail;

pub use archimedean::{ArchimedeanCopula, ArchimedeanFit, Family, TailDependence, theta_of_tau};
pub use gaussian::{GaussianCopula, GaussianPair};
pub use portfolio::CopulaPortfolio;
pub use regime::MarketRegime;
pub use student::{DegreesOfFreedom, StudentCopula, StudentFit, StudentPair};

use crate::dependence::rank;
use crate::matrix::{Cholesky, Matrix, nearest_correlation};
use crate::rng::Stream;
use crate::{Error, given};

/// Fewest observations that a copula is fitted to.
pub const OBSERVATIONS_MIN: usize = 30;

/// A law of uniform numbers that depend on each other.
pub trait Copula {
    /// Number of assets.
    fn dimension(&self) -> usize;

    /// One draw: a uniform in (0, 1) for each asset, written into `out`, whose length is the dimension.
    fn draw(&self, stream: &mut Stream, out: &mut [f64]);

    /// Log density at pseudo-observations, one row per time step, summed.
    fn ln_likelihood(&self, uniforms: &Matrix) -> Result<f64, Error>;
}

/// The correlation matrix that Kendall's tau implies for an elliptical copula, `sin(pi tau / 2)` (Lindskog, McNeil and
/// Schmock 2003), and its distance to the nearest one that is positive definite, when it is not.
#[derive(Clone, Debug, PartialEq)]
pub struct ImpliedCorrelation {
    /// Positive definite.
    pub correlation: Matrix,
    /// `Some` when the pairwise values had to be corrected: the Frobenius distance.
    pub corrected_by: Option<f64>,
}

/// Smallest eigenvalue that a correction leaves.
const EIGENVALUE_MIN: f64 = 1e-6;

/// See [`ImpliedCorrelation`]; `observations` have one row per time step.
pub fn implied_correlation(observations: &Matrix) -> Result<ImpliedCorrelation, Error> {
    let tau = rank::kendall_matrix(observations)?;
    let n = tau.rows();
    let pairwise = Matrix::symmetric_from(n, |i, j| {
        if i == j { 1.0 } else { libm::sin(std::f64::consts::FRAC_PI_2 * tau[(i, j)]) }
    });
    if pairwise.is_positive_definite() {
        return Ok(ImpliedCorrelation { correlation: pairwise, corrected_by: None });
    }
    let nearest = nearest_correlation(&pairwise, EIGENVALUE_MIN)?;
    Ok(ImpliedCorrelation { correlation: nearest.matrix, corrected_by: Some(nearest.distance) })
}

/// The factor of a correlation matrix, which must be positive definite.
fn factor(correlation: &Matrix) -> Result<Cholesky, Error> {
    correlation.require_correlation("the correlation of a copula")?;
    Cholesky::of(correlation)
}

/// Refuses too few rows, one column, and values outside (0, 1).
fn check_uniforms(uniforms: &Matrix, rows_min: usize) -> Result<(), Error> {
    given::enough("the assets of a copula", uniforms.cols(), 2)?;
    given::enough("the observations of a copula", uniforms.rows(), rows_min)?;
    match uniforms.values().iter().position(|u| !(*u > 0.0 && *u < 1.0)) {
        Some(index) => Err(Error::OutOfRange {
            what: "the uniforms of a copula",
            index,
            value: uniforms.values()[index],
            expected: "a number between 0 and 1, both excluded",
        }),
        None => Ok(()),
    }
}
