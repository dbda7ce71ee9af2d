//! Portfolios whose risk is split among the assets as asked: risk parity and risk budgeting, long only.
//!
//! The programme is `minimise risk(y) - sum of b ln y`, whose optimum, scaled to sum to one, has contributions
//! proportional to the budgets `b` (Maillard, Roncalli & Teiletche 2010; Spinu 2013). It has one optimum, unlike the
//! least squares on contributions that is often used instead.

use crate::certificate::Check;
use crate::constraints::Source;
use crate::covariance::{Covariance, dot};
use crate::error::{Error, sized};
use crate::portfolio::Portfolio;
use crate::program::{Affine, Cone, Program};
use crate::risk::Risk;
use crate::scenarios::Scenarios;
use scalp_quant::matrix::{Cholesky, Matrix};

const STEPS_MAX: usize = 200;
/// What the largest difference between a contribution and its budget is brought to.
const CONTRIBUTION_MAX: f64 = 1e-13;

/// Equal budgets.
#[must_use]
pub fn parity(assets: usize) -> Vec<f64> {
    vec![1.0 / assets as f64; assets]
}

/// Budgets in proportion to confidence: what we trust more may carry more of the risk.
///
/// # Errors
/// None, or a confidence that is not more than 0 and at most 1.
pub fn budgets_of_confidence(confidence: &[f64]) -> Result<Vec<f64>, Error> {
    checked_budgets("confidence", confidence)?;
    for &value in confidence {
        crate::error::parameter("confidence", value, "more than 0 and at most 1", value <= 1.0)?;
    }
    let total: f64 = confidence.iter().sum();
    Ok(confidence.iter().map(|it| it / total).collect())
}

/// The long-only, fully invested portfolio in which asset `i` contributes `budgets[i] / sum of budgets` of the
/// volatility. Newton's method with backtracking on the correlations; exact to 1e-13 of the volatility.
///
/// # Errors
/// A budget that is not more than zero (leave the asset out instead), an asset without variance, or no convergence,
/// as when some long portfolio has no variance at all.
pub fn risk_budget(covariance: &Covariance, budgets: &[f64]) -> Result<Portfolio, Error> {
    let assets = covariance.size();
    sized("budgets", budgets, assets)?;
    checked_budgets("budgets", budgets)?;
    let total: f64 = budgets.iter().sum();
    let budgets: Vec<f64> = budgets.iter().map(|it| it / total).collect();
    let mut deviation = Vec::new();
    for asset in 0..assets {
        let variance = covariance.at(asset, asset);
        crate::error::parameter("variance of an asset", variance, "more than zero", variance > 0.0)?;
        deviation.push(libm::sqrt(variance));
    }
    let correlation: Vec<f64> = (0..assets * assets)
        .map(|at| covariance.values()[at] / (deviation[at / assets] * deviation[at % assets]))
        .collect();
    let z = solve(&correlation, &budgets)?;
    let mut weights: Vec<f64> = z.iter().zip(&deviation).map(|(z, deviation)| z / deviation).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|it| *it /= sum);
    let risk = covariance.volatility(&weights);
    let contributions = crate::meanvariance::risk_contributions(covariance, &weights);
    let stationarity =
        contributions.iter().zip(&budgets).fold(0.0_f64, |most, (it, b)| most.max((it / risk - b).abs()));
    let check = Check { stationarity, ..Check::exact(0.0) };
    if check.passes() {
        return Ok(Portfolio { weights, expected_return: 0.0, risk, check });
    }
    let detail = check.to_string();
    Err(Error::NotOptimal { what: "risk budget", tolerance: Check::TOLERANCE, detail })
}

/// The same for any measure over scenarios, by a programme with exponential cones.
///
/// # Errors
/// As [`risk_budget`], and a measure that is not positively homogeneous ([`Risk::SemiDeviation`] not below zero).
pub fn risk_budget_of(scenarios: &Scenarios, risk: Risk, budgets: &[f64]) -> Result<Portfolio, Error> {
    let what = "risk budget";
    let assets = scenarios.assets();
    risk.validate()?;
    sized("budgets", budgets, assets)?;
    checked_budgets("budgets", budgets)?;
    if let Risk::SemiDeviation { below } = risk {
        let expected = "0: only then do contributions sum to the risk";
        crate::error::parameter("below", below, expected, below.abs() <= 0.0)?;
    }
    let total: f64 = budgets.iter().sum();
    let mut program = Program::default();
    program.columns(assets);
    let rows: Vec<usize> = (0..scenarios.periods()).collect();
    let (amount, _) = risk.lower(&mut program, scenarios, &rows);
    program.minimise(&amount);
    for (asset, budget) in budgets.iter().enumerate() {
        let log = program.column();
        let rows = vec![Affine::of(log), Affine::constant(1.0), Affine::of(asset)];
        program.cone(Cone::Exponential, Source::Definition, rows);
        program.minimise(&Affine::of(log).times(-budget / total));
    }
    let solved = program.solve(what)?;
    let sum: f64 = solved.x[..assets].iter().sum();
    let weights: Vec<f64> = solved.x[..assets].iter().map(|it| it / sum).collect();
    let risk = risk.measure(&scenarios.of(&weights))?;
    Ok(Portfolio { weights, expected_return: 0.0, risk, check: solved.check })
}

fn checked_budgets(what: &'static str, budgets: &[f64]) -> Result<(), Error> {
    if budgets.is_empty() {
        return Err(Error::TooFew { what, have: 0, need: 1 });
    }
    crate::error::finite(what, budgets)?;
    match budgets.iter().find(|it| **it <= 0.0) {
        Some(&value) => Err(Error::Parameter { name: what, value, expected: "more than zero" }),
        None => Ok(()),
    }
}

/// The minimum of `1/2 z'Cz - sum of b ln z`.
fn solve(correlation: &[f64], budgets: &[f64]) -> Result<Vec<f64>, Error> {
    let size = budgets.len();
    let times = |z: &[f64]| -> Vec<f64> { correlation.chunks_exact(size).map(|row| dot(row, z)).collect() };
    let value = |z: &[f64]| {
        let logs: f64 = z.iter().zip(budgets).map(|(z, b)| b * libm::log(*z)).sum();
        0.5 * dot(z, &times(z)) - logs
    };
    let mut z: Vec<f64> = budgets.iter().map(|it| libm::sqrt(*it)).collect();
    let mut left = f64::INFINITY;
    for _ in 0..STEPS_MAX {
        let risk = times(&z);
        left = (0..size).fold(0.0_f64, |most, it| most.max((z[it] * risk[it] - budgets[it]).abs()));
        if left <= CONTRIBUTION_MAX {
            return Ok(z);
        }
        let gradient: Vec<f64> = (0..size).map(|it| risk[it] - budgets[it] / z[it]).collect();
        let mut curvature = Matrix::new(size, size, correlation.to_vec())?;
        for it in 0..size {
            curvature[(it, it)] += budgets[it] / (z[it] * z[it]);
        }
        let Ok(factor) = Cholesky::of(&curvature) else { break };
        let step = factor.solve(&gradient)?;
        let descent = dot(&gradient, &step);
        let now = value(&z);
        let mut length = 1.0;
        loop {
            let next: Vec<f64> = z.iter().zip(&step).map(|(z, step)| z - length * step).collect();
            // Where the decrease is below rounding, the full step of Newton is the better judge.
            let enough = now - 0.1 * length * descent + 1e-15 * (1.0 + now.abs());
            if next.iter().all(|it| *it > 0.0) && value(&next) <= enough {
                z = next;
                break;
            }
            length *= 0.5;
            if length < 1e-12 {
                return Err(stuck(left));
            }
        }
    }
    // Rounding may keep the last digits away; the caller's check decides.
    if left <= Check::TOLERANCE { Ok(z) } else { Err(stuck(left)) }
}

fn stuck(left: f64) -> Error {
    let detail =
        format!("contributions differ from budgets by {left:.1e}; is some long portfolio without risk?");
    Error::NotOptimal { what: "risk budget", tolerance: Check::TOLERANCE, detail }
}
