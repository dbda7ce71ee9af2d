//! Mean-risk portfolios by projected gradient, for many assets where a factorisation would be too large.

use crate::certificate::Check;
use crate::covariance::{Covariance, dot};
use crate::error::{Error, parameter, sized};
use crate::portfolio::Portfolio;

/// How to descend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Descent {
    /// Length of a step; nothing for the longest that is safe (the inverse of a bound of the curvature).
    pub rate: Option<f64>,
    /// Most steps.
    pub steps_max: usize,
}

impl Default for Descent {
    fn default() -> Self {
        Self { rate: None, steps_max: 20_000 }
    }
}

/// The long-only, fully invested portfolio with the most `expected return - tolerance * variance`, by projection onto the
/// simplex (Duchi et al. 2008) and momentum with restarts (Beck & Teboulle 2009; O'Donoghue & Candes 2015).
///
/// # Errors
/// Sizes differ, a parameter out of range; [`Error::NotOptimal`] when the steps end before the optimum is reached: a
/// portfolio on its way is not handed out.
pub fn mean_risk(
    mean: &[f64],
    covariance: &Covariance,
    tolerance: f64,
    descent: Descent,
) -> Result<Portfolio, Error> {
    let assets = covariance.size();
    sized("expected returns", mean, assets)?;
    parameter("tolerance", tolerance, "zero or more", tolerance >= 0.0)?;
    // In units of the largest return or variance, so that the residual means the same everywhere.
    let scale = mean.iter().fold(tolerance * covariance.scale(), |most, it| most.max(it.abs()));
    let scale = if scale > 0.0 { scale } else { 1.0 };
    let curvature = 2.0 * tolerance * covariance_norm(covariance) / scale;
    let safe = if curvature > 0.0 { 1.0 / curvature } else { 1.0 };
    let rate = descent.rate.unwrap_or(safe);
    parameter("rate", rate, "more than zero", rate > 0.0)?;
    let gradient = |w: &[f64]| -> Vec<f64> {
        let risk = covariance.times(w);
        mean.iter().zip(risk).map(|(mean, risk)| (2.0 * tolerance * risk - mean) / scale).collect()
    };
    let mut weights = vec![1.0 / assets as f64; assets];
    let (mut ahead, mut momentum) = (weights.clone(), 1.0);
    let mut left = f64::INFINITY;
    for _ in 0..descent.steps_max {
        left = residual(&weights, &gradient(&weights));
        if left <= Check::TOLERANCE {
            let expected_return = dot(mean, &weights);
            let risk = covariance.volatility(&weights);
            let check = Check { stationarity: left, ..Check::exact(0.0) };
            return Ok(Portfolio { weights, expected_return, risk, check });
        }
        let slope = gradient(&ahead);
        let next = project(ahead.iter().zip(&slope).map(|(w, g)| w - rate * g).collect());
        let moved: Vec<f64> = next.iter().zip(&weights).map(|(next, w)| next - w).collect();
        let backward = ahead.iter().zip(&next).zip(&moved).map(|((a, n), m)| (a - n) * m).sum::<f64>() > 0.0;
        let following =
            if backward { 1.0 } else { (1.0 + libm::sqrt(1.0 + 4.0 * momentum * momentum)) / 2.0 };
        let carry = if backward { 0.0 } else { (momentum - 1.0) / following };
        ahead = next.iter().zip(&moved).map(|(next, moved)| next + carry * moved).collect();
        (weights, momentum) = (next, following);
    }
    let detail = format!("residual {left:.1e} after {} steps", descent.steps_max);
    Err(Error::NotOptimal { what: "projected gradient", tolerance: Check::TOLERANCE, detail })
}

/// How far one step of length 1 along the gradient moves the weights; zero at the optimum only.
fn residual(weights: &[f64], gradient: &[f64]) -> f64 {
    let moved = project(weights.iter().zip(gradient).map(|(w, g)| w - g).collect());
    moved.iter().zip(weights).fold(0.0, |most, (moved, w)| (moved - w).abs().max(most))
}

/// The largest sum of absolute values in a row: a bound of the largest eigenvalue.
fn covariance_norm(covariance: &Covariance) -> f64 {
    let size = covariance.size();
    let rows = covariance.values().chunks_exact(size);
    rows.map(|row| row.iter().map(|it| it.abs()).sum()).fold(0.0, f64::max)
}

/// The nearest point whose entries are zero or more and sum to 1.
fn project(mut point: Vec<f64>) -> Vec<f64> {
    let mut sorted = point.clone();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut shift) = (0.0, 0.0);
    for (at, value) in sorted.iter().enumerate() {
        sum += value;
        let candidate = (sum - 1.0) / (at + 1) as f64;
        if *value > candidate {
            shift = candidate;
        }
    }
    point.iter_mut().for_each(|it| *it = (*it - shift).max(0.0));
    point
}
