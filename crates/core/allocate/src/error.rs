//! Why a portfolio or a size cannot be given.

use crate::constraints::Source;

/// Why a portfolio or a size cannot be given. No optimum that failed its own check is ever handed out.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// NaN or infinite input.
    #[error("{what}: row {row}, column {column} is {value}; drop or repair it before allocating")]
    NotFinite {
        /// Which input.
        what: &'static str,
        /// Row, from 0; of a vector, the position.
        row: usize,
        /// Column, from 0; 0 for a vector.
        column: usize,
        /// As it was given.
        value: f64,
    },
    /// Two inputs that belong together differ in size.
    #[error("{what} has {have} values, {need} are needed")]
    Size {
        /// Which input.
        what: &'static str,
        /// How many there are.
        have: usize,
        /// How many would do.
        need: usize,
    },
    /// Fewer values than the method is defined for.
    #[error("{what} has {have}, at least {need} are needed")]
    TooFew {
        /// Of what.
        what: &'static str,
        /// How many there are.
        have: usize,
        /// How many are needed.
        need: usize,
    },
    /// The covariance differs from its transpose.
    #[error(
        "covariance is not symmetric: row {row}, column {column} is {value}, its mirror is {mirror}; \
         average the two if the difference is rounding"
    )]
    NotSymmetric {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// The entry.
        value: f64,
        /// The entry across the diagonal.
        mirror: f64,
    },
    /// The covariance gives some portfolio a negative variance.
    #[error(
        "covariance is not positive semidefinite: the portfolio led by asset {asset} has variance {eigenvalue}; \
         shrink the matrix or clip its eigenvalues"
    )]
    NotPositive {
        /// The smallest eigenvalue.
        eigenvalue: f64,
        /// The asset with the largest weight in its eigenvector.
        asset: usize,
    },
    /// A parameter outside its range.
    #[error("{name} is {value}: {expected}")]
    Parameter {
        /// Its name.
        name: &'static str,
        /// As it was given.
        value: f64,
        /// What would do.
        expected: &'static str,
    },
    /// No portfolio satisfies these constraints together; without any one of them some portfolio does.
    #[error("no portfolio satisfies all of: {}; relax one of them", names(.conflict))]
    Infeasible {
        /// A minimal set of constraints that exclude each other.
        conflict: Vec<Source>,
    },
    /// The constraints leave the objective without a bound.
    #[error("the objective has no bound under these constraints; bound each asset or the gross exposure")]
    Unbounded,
    /// No portfolio is as quiet as asked.
    #[error("target risk {target} is below {min}, the least that these constraints allow")]
    RiskTarget {
        /// What was asked.
        target: f64,
        /// The least there is.
        min: f64,
    },
    /// No portfolio earns as much as asked.
    #[error("target return {target} is above {max}, the most that these constraints allow")]
    ReturnTarget {
        /// What was asked.
        target: f64,
        /// The most there is.
        max: f64,
    },
    /// No portfolio earns more than the riskless rate, so a ratio of excess return to risk has no maximum.
    #[error("no portfolio here earns more than the riskless rate {riskless}: the best earns {max}")]
    NoExcessReturn {
        /// The riskless rate.
        riskless: f64,
        /// The most that a portfolio earns.
        max: f64,
    },
    /// A portfolio with positive excess return has no risk, so the ratio has no maximum.
    #[error(
        "a portfolio with excess return has no {risk} in these scenarios, so that the ratio has no maximum"
    )]
    NoRisk {
        /// The measure.
        risk: &'static str,
    },
    /// What the solver found fails our own check of optimality; nothing of it is handed out.
    #[error("{what}: not optimal to {tolerance} ({detail})")]
    NotOptimal {
        /// Which programme.
        what: &'static str,
        /// What is asked of each residual.
        tolerance: f64,
        /// The residuals, and how the solver ended.
        detail: String,
    },
    /// A statistical input could not be computed.
    #[error(transparent)]
    Quant(#[from] scalp_quant::Error),
}

fn names(conflict: &[Source]) -> String {
    let names: Vec<String> = conflict.iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// That every value of a vector is finite.
pub(crate) fn finite(what: &'static str, values: &[f64]) -> Result<(), Error> {
    match values.iter().position(|it| !it.is_finite()) {
        Some(row) => Err(Error::NotFinite { what, row, column: 0, value: values[row] }),
        None => Ok(()),
    }
}

/// That a vector has the size it must have and every value is finite.
pub(crate) fn sized(what: &'static str, values: &[f64], need: usize) -> Result<(), Error> {
    if values.len() != need {
        return Err(Error::Size { what, have: values.len(), need });
    }
    finite(what, values)
}

/// That a parameter is finite and `good`.
pub(crate) fn parameter(
    name: &'static str,
    value: f64,
    expected: &'static str,
    good: bool,
) -> Result<(), Error> {
    if value.is_finite() && good { Ok(()) } else { Err(Error::Parameter { name, value, expected }) }
}
