//! The heterogeneous autoregression of realised variance (Corsi 2009): tomorrow's variance from the means of the last
//! day, the last 5 and the last 22, by least squares.

use super::check_series;
use crate::Error;
use crate::matrix::{Cholesky, Matrix, dot};

/// Days in the longest mean.
const MONTH: usize = 22;
const WEEK: usize = 5;

/// The regression's coefficients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Har {
    /// Constant, and the weights of the last day, week and month.
    pub coefficients: [f64; 4],
}

/// A fitted regression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HarFit {
    /// The coefficients.
    pub model: Har,
    /// Their standard errors after Newey & West (1987), with Bartlett weights over `lags`: right under heteroscedastic
    /// and correlated errors.
    pub standard_errors: [f64; 4],
    /// Lags of the standard errors.
    pub lags: usize,
    /// Share of the variance explained.
    pub r_squared: f64,
    /// Days that were explained.
    pub n: usize,
}

impl Har {
    /// The variance of the day after the last of `realised`, of which the last 22 are used. Refuses a forecast that is
    /// not positive: the regression does not keep it so.
    pub fn forecast(&self, realised: &[f64]) -> Result<f64, Error> {
        check_series("realised variances", realised, MONTH)?;
        let regressors = regressors(&realised[realised.len() - MONTH..]);
        let value: f64 = self.coefficients.iter().zip(regressors).map(|(c, x)| c * x).sum();
        if value > 0.0 && value.is_finite() {
            return Ok(value);
        }
        Err(Error::Parameter {
            name: "forecast variance",
            value,
            expected: "positive: the model does not fit here",
        })
    }
}

/// Fits to at least 44 daily realised variances (or their roots or logarithms: the same unit comes out). `lags` of the
/// standard errors: 0 for White's; 5 is usual.
pub fn fit_har(realised: &[f64], lags: usize) -> Result<HarFit, Error> {
    check_series("realised variances", realised, 2 * MONTH)?;
    let n = realised.len() - MONTH;
    if lags >= n {
        return Err(Error::Parameter {
            name: "lags",
            value: lags as f64,
            expected: "fewer than the days explained",
        });
    }
    let rows: Vec<[f64; 4]> = (0..n).map(|t| regressors(&realised[t..t + MONTH])).collect();
    let y = &realised[MONTH..];
    let mean = y.iter().sum::<f64>() / n as f64;
    let total: f64 = y.iter().map(|v| (v - mean) * (v - mean)).sum();
    let largest = y.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    if total <= n as f64 * 1e-24 * largest * largest {
        return Err(Error::Constant { what: "realised variances" });
    }
    // Columns of one size, as the constant is 1 and the variances may be tiny.
    let scale = largest;
    let rows: Vec<[f64; 4]> =
        rows.iter().map(|[one, day, week, month]| [*one, day / scale, week / scale, month / scale]).collect();
    let products = |a: &[f64; 4], b: &[f64; 4], i: usize, j: usize| a[i] * b[j];
    let gram = Matrix::symmetric_from(4, |i, j| rows.iter().map(|row| products(row, row, i, j)).sum());
    let factor = Cholesky::of(&gram).map_err(|_| Error::Singular {
        what: "regressors",
        detail: "the means over day, week and month are collinear".to_owned(),
    })?;
    let inverse = factor.inverse();
    let moments: Vec<f64> = (0..4).map(|i| rows.iter().zip(y).map(|(row, v)| row[i] * v).sum()).collect();
    let weights = factor.solve(&moments)?;
    let residuals: Vec<f64> = rows.iter().zip(y).map(|(row, v)| v - dot(row, &weights)).collect();
    let mut middle = Matrix::zeros(4, 4);
    for lag in 0..=lags {
        let bartlett = 1.0 - lag as f64 / (lags + 1) as f64;
        for t in lag..n {
            let product = bartlett * residuals[t] * residuals[t - lag];
            for i in 0..4 {
                for j in 0..4 {
                    let both = products(&rows[t], &rows[t - lag], i, j);
                    let mirrored = if lag > 0 { products(&rows[t], &rows[t - lag], j, i) } else { 0.0 };
                    middle[(i, j)] += product * (both + mirrored);
                }
            }
        }
    }
    let covariance = inverse.times(&middle)?.times(&inverse)?;
    let unit = |k: usize| if k == 0 { 1.0 } else { scale };
    let coefficients = std::array::from_fn(|k| weights[k] / unit(k));
    let standard_errors = std::array::from_fn(|k| covariance[(k, k)].max(0.0).sqrt() / unit(k));
    let r_squared = 1.0 - dot(&residuals, &residuals) / total;
    Ok(HarFit { model: Har { coefficients }, standard_errors, lags, r_squared, n })
}

/// One, the last day, the mean of the last week and of the month, from 22 days.
fn regressors(month: &[f64]) -> [f64; 4] {
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
    [1.0, month[MONTH - 1], mean(&month[MONTH - WEEK..]), mean(month)]
}
