//! How bad it gets: value at risk, expected shortfall, entropic value at risk, drawdowns, who contributes, and whether the
//! forecasts held.
//!
//! Conventions everywhere: returns go in, **losses come out positive**; a confidence of 0.99 speaks of the worst hundredth;
//! a figure is for one step of the series unless a horizon in steps is given. Expected shortfall is never below value at
//! risk, of any method. A measure that is negative says that even the bad outcomes are gains.

mod acerbi_szekely;
mod backtest;
mod conditional;
mod contribution;
mod cornish_fisher;
mod drawdown;
mod entropic;
mod extreme;
mod historical;
mod mcneil_frey;
mod parametric;

pub use acerbi_szekely::{Forecast, ShortfallTest, acerbi_szekely};
pub use backtest::{
    Coverage, Independence, christoffersen, conditional_coverage, dynamic_quantile, exceedances, kupiec,
};
pub use conditional::{conditional_extreme, conditional_tail, filtered_historical};
pub use contribution::{Contributions, historical_contributions, normal_contributions};
pub use cornish_fisher::CornishFisher;
pub use drawdown::{Drawdowns, drawdowns, drawdowns_of_returns};
pub use entropic::entropic_var;
pub use extreme::{ParetoTail, fit_pareto_tail};
pub(crate) use historical::lower_tail;
pub use historical::{historical_tail, quantile};
pub use mcneil_frey::{ExceedanceResiduals, mcneil_frey};
pub use parametric::{StudentFit, StudentTail, fit_student, normal_tail};

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::series::mean;

/// Both measures at one confidence, as losses: positive is a loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TailRisk {
    /// The loss that is exceeded with probability one minus the confidence.
    pub value_at_risk: f64,
    /// The mean loss where it is exceeded.
    pub expected_shortfall: f64,
}

impl TailRisk {
    /// Rounding must not put the mean of a tail below its beginning.
    fn new(value_at_risk: f64, expected_shortfall: f64) -> Result<Self, Error> {
        if !(value_at_risk.is_finite() && expected_shortfall.is_finite()) {
            let value = if value_at_risk.is_finite() { expected_shortfall } else { value_at_risk };
            return Err(Error::Parameter { name: "tail risk", value, expected: "finite" });
        }
        Ok(Self { value_at_risk, expected_shortfall: expected_shortfall.max(value_at_risk) })
    }
}

/// The probability of the tail, from a confidence in `(0, 1)`.
fn tail_probability(confidence: f64) -> Result<f64, Error> {
    if confidence > 0.0 && confidence < 1.0 {
        return Ok(1.0 - confidence);
    }
    Err(Error::Parameter {
        name: "confidence",
        value: confidence,
        expected: "between 0 and 1, both excluded",
    })
}
