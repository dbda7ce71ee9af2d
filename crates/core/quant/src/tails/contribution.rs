//! Who brings the risk: marginal, component and incremental contributions. Components are Euler's (Tasche 1999): the
//! position times the derivative of the whole by it, so that they add up to the whole.

use super::historical::quantile;
use super::{TailRisk, historical_tail, mean, tail_probability};
use crate::Error;
use crate::special::{normal_pdf, normal_quantile};
use crate::volatility::check_series;

/// A risk and its parts, one per position.
#[derive(Clone, Debug, PartialEq)]
pub struct Contributions {
    /// The whole: the sum of the components, in their order, to the bit.
    pub total: f64,
    /// By how much the whole grows per unit of a position.
    pub marginal: Vec<f64>,
    /// What a position brings; negative where it hedges.
    pub component: Vec<f64>,
    /// By how much the whole would fall without a position: all of it is gone, so these do not add up to the whole.
    pub incremental: Vec<f64>,
}

/// Normal value at risk and expected shortfall of `positions` (in money) over one step, from means and covariances
/// (row by row) of the returns. Refuses positions without any variance.
pub fn normal_contributions(
    positions: &[f64],
    means: &[f64],
    covariance: &[f64],
    confidence: f64,
) -> Result<(Contributions, Contributions), Error> {
    check_series("positions", positions, 1)?;
    check_series("means", means, 1)?;
    check_series("covariance", covariance, 1)?;
    let n = positions.len();
    for (right, right_len, left_len) in [("means", means.len(), n), ("covariance", covariance.len(), n * n)] {
        if left_len != right_len {
            return Err(Error::Lengths { left: "positions (or their square)", left_len, right, right_len });
        }
    }
    let p = tail_probability(confidence)?;
    let z = normal_quantile(p)?;
    let of = |multiple: f64| {
        let whole = |positions: &[f64]| -> (f64, Vec<f64>) {
            let with: Vec<f64> = covariance
                .chunks_exact(n)
                .map(|row| row.iter().zip(positions).map(|(c, w)| c * w).sum())
                .collect();
            (with.iter().zip(positions).map(|(c, w)| c * w).sum(), with)
        };
        let (variance, with) = whole(positions);
        if !(variance > 0.0 && variance.is_finite()) {
            let detail = format!("the variance of the positions is {variance}");
            return Err(Error::Singular { what: "covariance", detail });
        }
        let marginal: Vec<f64> =
            with.iter().zip(means).map(|(c, m)| multiple * c / variance.sqrt() - m).collect();
        let component: Vec<f64> = marginal.iter().zip(positions).map(|(m, w)| m * w).collect();
        let total: f64 = component.iter().sum();
        let incremental = (0..n)
            .map(|without| {
                let mut rest = positions.to_vec();
                rest[without] = 0.0;
                let drift: f64 = rest.iter().zip(means).map(|(w, m)| w * m).sum();
                total - (multiple * whole(&rest).0.max(0.0).sqrt() - drift)
            })
            .collect();
        Ok(Contributions { total, marginal, component, incremental })
    };
    Ok((of(-z)?, of(normal_pdf(z) / p)?))
}

/// Historical expected shortfall of `positions` and its parts: each position's mean loss over the scenarios at or below
/// the portfolio's quantile. `returns` holds one series per position, all of one length.
pub fn historical_contributions(
    positions: &[f64],
    returns: &[&[f64]],
    confidence: f64,
) -> Result<Contributions, Error> {
    check_series("positions", positions, 1)?;
    if positions.len() != returns.len() {
        let (left_len, right_len) = (positions.len(), returns.len());
        return Err(Error::Lengths { left: "positions", left_len, right: "series", right_len });
    }
    let n = returns[0].len();
    for series in returns {
        check_series("returns", series, 1)?;
        if series.len() != n {
            let (left, right) = ("returns of the first position", "returns of another");
            return Err(Error::Lengths { left, left_len: n, right, right_len: series.len() });
        }
    }
    let p = tail_probability(confidence)?;
    let outcome = |positions: &[f64]| -> Vec<f64> {
        (0..n).map(|t| positions.iter().zip(returns).map(|(w, r)| w * r[t]).sum()).collect()
    };
    let outcomes = outcome(positions);
    let at = quantile(&outcomes, p)?;
    let tail: Vec<usize> = (0..n).filter(|&t| outcomes[t] <= at).collect();
    let marginal: Vec<f64> =
        returns.iter().map(|r| -mean(&tail.iter().map(|&t| r[t]).collect::<Vec<f64>>())).collect();
    let component: Vec<f64> = marginal.iter().zip(positions).map(|(m, w)| m * w).collect();
    let total: f64 = component.iter().sum();
    let mut incremental = Vec::with_capacity(positions.len());
    for without in 0..positions.len() {
        let mut rest = positions.to_vec();
        rest[without] = 0.0;
        let TailRisk { expected_shortfall, .. } = historical_tail(&outcome(&rest), confidence)?;
        incremental.push(total - expected_shortfall);
    }
    Ok(Contributions { total, marginal, component, incremental })
}
