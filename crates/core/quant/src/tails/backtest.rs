//! Whether value at risk was exceeded as often as it said, and not in clusters.

use super::tail_probability;
use crate::Error;
use crate::matrix::{Cholesky, Matrix, dot};
use crate::special::ChiSquared;
use crate::volatility::check_series;

/// Whether the share of exceedances is what it should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coverage {
    /// Chi-square under the null.
    pub statistic: f64,
    /// Degrees of freedom of its distribution.
    pub degrees: u32,
    /// Probability of a statistic this large where the forecasts are right.
    pub p_value: f64,
}

impl Coverage {
    fn new(statistic: f64, degrees: u32) -> Result<Self, Error> {
        // A likelihood ratio is not negative but for rounding.
        let statistic = statistic.max(0.0);
        Ok(Self { statistic, degrees, p_value: ChiSquared::new(f64::from(degrees))?.sf(statistic) })
    }
}

/// Christoffersen's test with the counts it rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Independence {
    /// The test.
    pub test: Coverage,
    /// Pairs of neighbours by whether the first and the second were exceedances: `[[00, 01], [10, 11]]`.
    pub transitions: [[u64; 2]; 2],
}

/// Whether each return lay below the negative of its value at risk, which had been forecast before.
pub fn exceedances(returns: &[f64], value_at_risk: &[f64]) -> Result<Vec<bool>, Error> {
    check_series("returns", returns, 1)?;
    check_series("value at risk", value_at_risk, 1)?;
    let (left_len, right_len) = (returns.len(), value_at_risk.len());
    if left_len != right_len {
        return Err(Error::Lengths { left: "returns", left_len, right: "value at risk", right_len });
    }
    Ok(returns.iter().zip(value_at_risk).map(|(r, v)| *r < -v).collect())
}

/// Kupiec (1995), proportion of failures: the likelihood ratio of the observed share against one minus the confidence.
pub fn kupiec(hits: &[bool], confidence: f64) -> Result<Coverage, Error> {
    let p = tail_probability(confidence)?;
    if hits.is_empty() {
        return Err(Error::TooShort { what: "exceedances", have: 0, need: 1 });
    }
    let hit = hits.iter().filter(|h| **h).count() as f64;
    let missed = hits.len() as f64 - hit;
    Coverage::new(2.0 * (ln_binomial(hit, missed) - ln_at(hit, missed, p)), 1)
}

/// Christoffersen (1998), independence: whether an exceedance makes the next more likely. Refuses series without any
/// exceedance, or nothing else, before their last value: there is nothing to compare.
pub fn christoffersen(hits: &[bool]) -> Result<Independence, Error> {
    if hits.len() < 2 {
        return Err(Error::TooShort { what: "exceedances", have: hits.len(), need: 2 });
    }
    let mut transitions = [[0_u64; 2]; 2];
    for pair in hits.windows(2) {
        transitions[usize::from(pair[0])][usize::from(pair[1])] += 1;
    }
    let [[n00, n01], [n10, n11]] = transitions.map(|row| row.map(|n| n as f64));
    if n00 + n01 <= 0.0 || n10 + n11 <= 0.0 {
        return Err(Error::Constant { what: "the series of exceedances" });
    }
    let apart = ln_binomial(n01, n00) + ln_binomial(n11, n10);
    let together = ln_binomial(n01 + n11, n00 + n10);
    Ok(Independence { test: Coverage::new(2.0 * (apart - together), 1)?, transitions })
}

/// Christoffersen (1998), conditional coverage: the sum of the two statistics, two degrees of freedom.
pub fn conditional_coverage(hits: &[bool], confidence: f64) -> Result<Coverage, Error> {
    let (share, clusters) = (kupiec(hits, confidence)?, christoffersen(hits)?);
    Coverage::new(share.statistic + clusters.test.statistic, 2)
}

/// The dynamic quantile test of Engle & Manganelli (2004): demeaned exceedances are regressed on a constant, their last
/// `lags` values and the forecast itself; nothing may explain them. `lags + 2` degrees of freedom. Refuses fewer than 10
/// observations per regressor, and regressors that are collinear (a constant forecast, no exceedance).
pub fn dynamic_quantile(
    returns: &[f64],
    value_at_risk: &[f64],
    confidence: f64,
    lags: usize,
) -> Result<Coverage, Error> {
    let p = tail_probability(confidence)?;
    let hits = exceedances(returns, value_at_risk)?;
    let columns = lags + 2;
    let need = lags + 10 * columns;
    if hits.len() < need {
        return Err(Error::TooShort { what: "returns", have: hits.len(), need });
    }
    let hit = |t: usize| f64::from(u8::from(hits[t])) - p;
    let n = hits.len() - lags;
    let unit = value_at_risk.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    let unit = if unit > 0.0 { unit } else { 1.0 };
    let column = |column: usize| -> Vec<f64> {
        let at = |row: usize| match column {
            0 => 1.0,
            c if c <= lags => hit(row + lags - c),
            _ => value_at_risk[row + lags] / unit,
        };
        (0..n).map(at).collect()
    };
    let x: Vec<Vec<f64>> = (0..columns).map(column).collect();
    let y: Vec<f64> = (lags..lags + n).map(hit).collect();
    let singular = || {
        let detail = "constant, lagged exceedances and value at risk are collinear".to_owned();
        Error::Singular { what: "regressors", detail }
    };
    let factor =
        Cholesky::of(&Matrix::symmetric_from(columns, |i, j| dot(&x[i], &x[j]))).map_err(|_| singular())?;
    let moments: Vec<f64> = x.iter().map(|column| dot(column, &y)).collect();
    let smallest = factor.lower().diagonal().into_iter().fold(f64::INFINITY, f64::min);
    // A pivot this small against its column is rounding, not information.
    if smallest * smallest <= 1e-12 * n as f64 * p {
        return Err(singular());
    }
    let solved = factor.solve(&moments)?;
    let degrees = u32::try_from(columns).unwrap_or(u32::MAX);
    Coverage::new(dot(&moments, &solved) / (p * (1.0 - p)), degrees)
}

/// Largest log-likelihood of that many hits and misses.
fn ln_binomial(hit: f64, missed: f64) -> f64 {
    ln_at(hit, missed, hit / (hit + missed))
}

/// Log-likelihood of hits and misses at a probability; nothing times ln 0 is nothing.
fn ln_at(hit: f64, missed: f64, p: f64) -> f64 {
    let term = |n: f64, log: f64| if n > 0.0 { n * log } else { 0.0 };
    term(hit, libm::log(p)) + term(missed, libm::log1p(-p))
}
