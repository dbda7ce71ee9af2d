//! The answer of an optimisation: weights that keep their limits, with the proof that they are optimal.

use crate::certificate::Check;
use crate::constraints::Constraints;
use crate::costs::Costs;
use crate::covariance::dot;
use crate::error::Error;

/// By how much weights may break a limit, in units of weight.
pub const FEASIBLE: f64 = 1e-9;

/// An optimal portfolio.
#[derive(Clone, Debug, PartialEq)]
pub struct Portfolio {
    /// Weight by asset, as a fraction of equity.
    pub weights: Vec<f64>,
    /// Expected return after costs, in the unit of the expected returns; 0 where none were given.
    pub expected_return: f64,
    /// Risk in the measure that was optimised or limited, computed from the weights by its definition.
    pub risk: f64,
    /// The residuals of optimality, none above [`Check::TOLERANCE`].
    pub check: Check,
}

/// What a portfolio earns after costs.
pub(crate) fn net_return(mean: &[f64], costs: Option<&Costs>, weights: &[f64]) -> f64 {
    dot(mean, weights) - costs.map_or(0.0, |it| it.of(weights))
}

/// Weights that keep `constraints` to [`FEASIBLE`], or a refusal.
pub(crate) fn settled(
    what: &'static str,
    constraints: &Constraints,
    mut weights: Vec<f64>,
    check: &mut Check,
) -> Result<Vec<f64>, Error> {
    constraints.repair(&mut weights);
    let violation = constraints.violation(&weights);
    check.primal = check.primal.max(violation);
    if violation <= FEASIBLE {
        return Ok(weights);
    }
    let detail = format!("weights break a limit by {violation:.1e}");
    Err(Error::NotOptimal { what, tolerance: FEASIBLE, detail })
}

/// The largest multiple of `weights` that is allowed. A ratio of returns without costs or a riskless rate to a homogeneous
/// risk is the same for every multiple, so that where no budget fixes the size the programme of the ratio leaves it open.
pub(crate) fn enlarged(constraints: &Constraints, weights: Vec<f64>) -> Vec<f64> {
    let times = |factor: f64| -> Vec<f64> { weights.iter().map(|it| factor * it).collect() };
    let allowed = |factor: f64| constraints.violation(&times(factor)) <= 0.1 * FEASIBLE;
    // The allowed multiples are an interval, as the constraints are convex.
    if !allowed(1.0) || !allowed(1.0 + 1e-6) {
        return weights;
    }
    let (mut low, mut high) = (1.0, 2.0);
    while allowed(high) {
        (low, high) = (high, 2.0 * high);
        if high > ENLARGED_MAX {
            return weights;
        }
    }
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return times(low);
        }
        if allowed(middle) { low = middle } else { high = middle }
    }
}

/// Multiples above it are taken for unbounded.
const ENLARGED_MAX: f64 = 1e12;
