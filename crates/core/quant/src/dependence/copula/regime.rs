//! Dependence by the state of the market: in a crisis correlations rise and tails grow fat together.

use super::StudentCopula;
use crate::Error;
use crate::matrix::{Matrix, nearest_correlation};

/// The market's state, as far as dependence goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarketRegime {
    /// 3 degrees of freedom, correlations times 1.5.
    Crisis,
    /// 5 degrees of freedom, correlations times 1.2.
    Bear,
    /// 10 degrees of freedom, correlations as estimated.
    Sideways,
    /// 15 degrees of freedom, correlations times 0.8.
    Bull,
}

/// A scaled correlation does not pass this, in size.
pub const CORRELATION_MAX: f64 = 0.95;
/// Smallest eigenvalue that a correction leaves.
const EIGENVALUE_MIN: f64 = 1e-6;

impl MarketRegime {
    /// Degrees of freedom. A rule of the house, not an estimate.
    pub const fn nu(self) -> f64 {
        match self {
            Self::Crisis => 3.0,
            Self::Bear => 5.0,
            Self::Sideways => 10.0,
            Self::Bull => 15.0,
        }
    }

    /// What correlations are multiplied by. A rule of the house, not an estimate.
    pub const fn correlation_factor(self) -> f64 {
        match self {
            Self::Crisis => 1.5,
            Self::Bear => 1.2,
            Self::Sideways => 1.0,
            Self::Bull => 0.8,
        }
    }

    /// The copula of this state, from correlations estimated over all states.
    pub fn copula(self, correlation: &Matrix) -> Result<StudentCopula, Error> {
        StudentCopula::new(&scaled_correlation(correlation, self.correlation_factor())?, self.nu())
    }
}

/// Correlations times `factor`, kept within [`CORRELATION_MAX`] in size where scaling moved them past it. Where the
/// result has no Cholesky factor the nearest correlation matrix that has one takes its place.
pub fn scaled_correlation(correlation: &Matrix, factor: f64) -> Result<Matrix, Error> {
    correlation.require_correlation("a correlation matrix")?;
    crate::given::parameter("the factor of correlations", factor, factor >= 0.0, "zero or more is needed")?;
    let scaled = Matrix::symmetric_from(correlation.rows(), |i, j| {
        if i == j {
            return 1.0;
        }
        // A correlation that was past the cap before scaling may stay where it was.
        let (before, cap) = (correlation[(i, j)], CORRELATION_MAX.max(correlation[(i, j)].abs()));
        (before * factor).clamp(-cap, cap)
    });
    if scaled.is_positive_definite() {
        return Ok(scaled);
    }
    Ok(nearest_correlation(&scaled, EIGENVALUE_MIN)?.matrix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dependence::copula::Copula;
    use crate::rng::Key;
    use proptest::prelude::*;

    #[test]
    fn a_crisis_binds_tighter_than_a_bull_market() {
        let correlation = Matrix::from_rows(&[[1.0, 0.4], [0.4, 1.0]]).unwrap();
        let tail =
            |regime: MarketRegime| regime.copula(&correlation).unwrap().tail_dependence().unwrap()[(0, 1)];
        let order = [MarketRegime::Crisis, MarketRegime::Bear, MarketRegime::Sideways, MarketRegime::Bull];
        assert!(order.windows(2).all(|w| tail(w[0]) > tail(w[1])));
        let crisis = MarketRegime::Crisis.copula(&correlation).unwrap();
        assert!((crisis.correlation()[(0, 1)] - 0.6).abs() < 1e-15 && crisis.dimension() == 2);
        let strong = Matrix::from_rows(&[[1.0, 0.8], [0.8, 1.0]]).unwrap();
        assert!((scaled_correlation(&strong, 1.5).unwrap()[(0, 1)] - CORRELATION_MAX).abs() < 1e-15);
        let stronger = Matrix::from_rows(&[[1.0, 0.97], [0.97, 1.0]]).unwrap();
        assert!((scaled_correlation(&stronger, 1.5).unwrap()[(0, 1)] - 0.97).abs() < 1e-15);
        assert!(scaled_correlation(&strong, f64::NAN).is_err());
    }

    proptest! {
        #[test]
        fn every_regime_keeps_the_matrix_positive_definite(n in 2_usize..10, seed in 0_u64..300) {
            let mut stream = Key::numbered(seed, 3).stream(0);
            let factors = Matrix::from_fn(n, 2 * n, |_, _| stream.normal());
            let (correlation, _) =
                crate::dependence::covariance::split(&factors.times(&factors.transposed()).unwrap()).unwrap();
            for regime in [MarketRegime::Crisis, MarketRegime::Bear, MarketRegime::Sideways, MarketRegime::Bull] {
                regime.copula(&correlation).unwrap();
            }
        }
    }
}
