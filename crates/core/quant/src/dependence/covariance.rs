//! Covariance and correlation, plainly estimated.

use crate::matrix::{Matrix, dot};
use crate::{Error, given};

/// Sample covariance with divisor `n - 1`. Needs two rows and one column.
pub fn sample(returns: &Matrix) -> Result<Matrix, Error> {
    let n = observations(returns, 2)?;
    sound(cross_products(&centred_columns(returns)).scaled(1.0 / (n - 1) as f64))
}

/// Exponentially weighted covariance about the plain means: the product of deviations `span` steps back counts about
/// `exp(-2)` of the newest (`w = (1 - 2 / (span + 1))^age`, weights summing to one). `span` is above 1.
///
/// Positive semidefinite, as all pairs share the weights.
pub fn exponential(returns: &Matrix, span: f64) -> Result<Matrix, Error> {
    let n = observations(returns, 2)?;
    given::parameter("the span", span, span > 1.0, "above 1 is needed")?;
    let keep = 1.0 - 2.0 / (span + 1.0);
    let mut weights = vec![1.0; n];
    for t in (0..n - 1).rev() {
        weights[t] = weights[t + 1] * keep;
    }
    let total: f64 = weights.iter().sum();
    let columns: Vec<Vec<f64>> = centred_columns(returns);
    sound(Matrix::symmetric_from(columns.len(), |i, j| {
        let pairs = columns[i].iter().zip(&columns[j]);
        pairs.zip(&weights).map(|((a, b), w)| a * b * w).sum::<f64>() / total
    }))
}

/// Semicovariance (Estrada 2008): mean product of what falls short of `benchmark` (a return per step) in both assets.
pub fn semicovariance(returns: &Matrix, benchmark: f64) -> Result<Matrix, Error> {
    let n = observations(returns, 1)?;
    given::parameter("the benchmark return", benchmark, true, "a finite number is needed")?;
    let short: Vec<Vec<f64>> = (0..returns.cols())
        .map(|j| returns.column(j).iter().map(|r| (r - benchmark).min(0.0)).collect())
        .collect();
    sound(cross_products(&short).scaled(1.0 / n as f64))
}

/// Correlation matrix and standard deviations of a covariance matrix. A variance that is not positive is refused as
/// [`Error::OutOfRange`].
pub fn split(covariance: &Matrix) -> Result<(Matrix, Vec<f64>), Error> {
    covariance.require_symmetric("a covariance matrix")?;
    let variances = covariance.diagonal();
    if let Some(index) = variances.iter().position(|v| *v <= 0.0) {
        return Err(Error::OutOfRange {
            what: "the variances",
            index,
            value: variances[index],
            expected: "a number above zero",
        });
    }
    let deviations: Vec<f64> = variances.iter().map(|v| libm::sqrt(*v)).collect();
    let correlation = Matrix::symmetric_from(deviations.len(), |i, j| {
        if i == j { 1.0 } else { (covariance[(i, j)] / (deviations[i] * deviations[j])).clamp(-1.0, 1.0) }
    });
    Ok((correlation, deviations))
}

/// The covariance matrix of a correlation matrix and standard deviations.
pub fn join(correlation: &Matrix, deviations: &[f64]) -> Result<Matrix, Error> {
    correlation.require_correlation("a correlation matrix")?;
    given::equal_lengths("the deviations", deviations.len(), "the correlations", correlation.rows())?;
    given::finite("the deviations", deviations)?;
    Ok(Matrix::symmetric_from(deviations.len(), |i, j| correlation[(i, j)] * deviations[i] * deviations[j]))
}

/// Pearson correlation matrix. A constant asset is refused.
pub fn correlation(returns: &Matrix) -> Result<Matrix, Error> {
    observations(returns, 2)?;
    refuse_constant(returns)?;
    let covariance = sample(returns)?;
    Ok(split(&covariance)?.0)
}

/// Mean of the correlations between different assets; what a crisis drives towards one. Needs two assets.
pub fn mean_correlation(correlation: &Matrix) -> Result<f64, Error> {
    correlation.require_correlation("a correlation matrix")?;
    let n = correlation.rows();
    given::enough("the assets of a mean correlation", n, 2)?;
    let sum: f64 = (0..n).map(|i| correlation.row(i)[..i].iter().sum::<f64>()).sum();
    Ok(sum / (n * (n - 1) / 2) as f64)
}

/// The market's state, as far as covariance goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolatilityRegime {
    /// As estimated.
    Normal,
    /// Covariance times 1.5.
    Volatile,
    /// Covariance times 2.
    FlashCrash,
    /// Covariance times 0.8.
    LowVolatility,
}

impl VolatilityRegime {
    /// What an estimated covariance is multiplied by in this state. A rule of the house, not an estimate.
    pub const fn covariance_multiplier(self) -> f64 {
        match self {
            Self::Normal => 1.0,
            Self::Volatile => 1.5,
            Self::FlashCrash => 2.0,
            Self::LowVolatility => 0.8,
        }
    }
}

/// Refuses a column whose values are all equal. Its deviations from a rounded mean need not be zero, so that a look at
/// the variance would miss it.
pub(super) fn refuse_constant(returns: &Matrix) -> Result<(), Error> {
    for j in 0..returns.cols() {
        let first = returns[(0, j)];
        if (1..returns.rows()).all(|t| returns[(t, j)].total_cmp(&first).is_eq()) {
            return Err(Error::Constant { what: "a column of returns" });
        }
    }
    Ok(())
}

/// Columns less their means.
pub(super) fn centred_columns(returns: &Matrix) -> Vec<Vec<f64>> {
    (0..returns.cols()).map(|j| crate::series::centred(&returns.column(j))).collect()
}

/// `sum over time of x_i x_j`.
pub(super) fn cross_products(columns: &[Vec<f64>]) -> Matrix {
    Matrix::symmetric_from(columns.len(), |i, j| dot(&columns[i], &columns[j]))
}

/// Refuses what grew past the range of numbers.
pub(super) fn sound(covariance: Matrix) -> Result<Matrix, Error> {
    given::finite("the covariance, of values too large to multiply,", covariance.values())?;
    Ok(covariance)
}

/// Number of rows, when there are at least `need` and a column.
pub(super) fn observations(returns: &Matrix, need: usize) -> Result<usize, Error> {
    given::enough("the assets", returns.cols(), 1)?;
    given::enough("the returns", returns.rows(), need)?;
    given::finite("the returns", returns.values())?;
    Ok(returns.rows())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worked_example_by_hand() {
        let returns = Matrix::from_columns(&[[0.01, -0.02, 0.04], [0.00, -0.03, 0.03]]).unwrap();
        let got = sample(&returns).unwrap();
        assert!((got[(0, 0)] - 0.0009).abs() < 1e-17 && (got[(0, 1)] - 0.0009).abs() < 1e-17);
        let (correlation, deviations) = split(&got).unwrap();
        assert!((deviations[1] - 0.03).abs() < 1e-16);
        assert_eq!(join(&correlation, &deviations).unwrap().rows(), 2);
        let half = semicovariance(&returns, 0.0).unwrap();
        assert!((half[(0, 1)] - 0.0002).abs() < 1e-17);
        assert!((mean_correlation(&correlation).unwrap() - 1.0).abs() < 1e-15);
    }

    #[test]
    fn refuses_nothing_one_row_constants_and_bad_spans() {
        let one = Matrix::from_rows(&[[0.1, 0.2]]).unwrap();
        assert!(matches!(sample(&one), Err(Error::TooShort { have: 1, need: 2, .. })));
        assert!(sample(&Matrix::zeros(0, 0)).is_err());
        let flat = Matrix::from_columns(&[[0.1, 0.1, 0.1], [0.1, 0.2, 0.3]]).unwrap();
        assert!(matches!(correlation(&flat), Err(Error::Constant { .. })));
        assert!(exponential(&flat, 1.0).is_err());
        assert!(mean_correlation(&Matrix::identity(1)).is_err());
    }
}
