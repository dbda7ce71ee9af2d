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
