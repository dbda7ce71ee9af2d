//! Statistics of a backtest: what becomes of its equity curve and its round trips before and around the statistics
//! themselves, which are those of `scalp_quant`. Knows no other room of the bench.
//!
//! Conventions, stated once:
//! - Equity is first sampled on a fixed grid of event time ([`sampling`]); a return is simple, `e[i] / e[i-1] - 1`.
//! - A year is 365 days of 24 hours, because crypto does not close; `per_year` is grid steps per year.
//! - The risk-free rate is zero.
//! - A number that does not exist is a [`MetricError`], never a NaN.
//! - Sums run in index order, so the same input gives the same bits on any number of threads.

pub mod sampling;

pub mod trades;

pub mod activity;

pub mod performance;

#[cfg(test)]
mod golden;

pub use performance::Performance;

/// Why a statistic does not exist for this input.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MetricError {
    /// Fewer observations than the statistic needs.
    #[error("not enough data for {what} (needs {needs}, got {got})")]
    TooShort {
        /// The statistic and what it counts, e.g. `the Sharpe ratio: returns`.
        what: &'static str,
        /// How many it needs.
        needs: usize,
        /// How many there are.
        got: usize,
    },
    /// The divisor has no spread: a constant series, no losing trade, no drawdown.
    #[error("{what} is undefined: {why}")]
    Undefined {
        /// The statistic.
        what: &'static str,
        /// What is missing.
        why: &'static str,
    },
    /// A NaN or infinity came in.
    #[error("value {index} is not a finite number")]
    NotFinite {
        /// Index in the input.
        index: usize,
    },
    /// Equity reached zero or less, after which returns mean nothing.
    #[error("equity is not positive at sample {index}: returns end there")]
    Ruined {
        /// Index in the input.
        index: usize,
    },
    /// An observation is earlier than the one before.
    #[error("observation {index} is earlier than the one before it")]
    Disorder {
        /// Index in the input.
        index: usize,
    },
    /// Two columns of one table differ in length.
    #[error("columns differ in length: {left} and {right}")]
    Lengths {
        /// Length of the first.
        left: usize,
        /// Length of the second.
        right: usize,
    },
    /// The statistic itself refuses the series.
    #[error(transparent)]
    Statistic(#[from] scalp_quant::Error),
    /// An argument is outside its range.
    #[error("{what} is out of range")]
    OutOfRange {
        /// Which argument, with its range.
        what: &'static str,
    },
}

/// Days in a year of a market that never closes.
pub const DAYS_PER_YEAR: f64 = 365.0;

pub(crate) fn needs(what: &'static str, needs: usize, got: usize) -> Result<(), MetricError> {
    if got < needs { Err(MetricError::TooShort { what, needs, got }) } else { Ok(()) }
}

fn finite(values: &[f64]) -> Result<(), MetricError> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(MetricError::NotFinite { index }),
        None => Ok(()),
    }
}

/// Arithmetic mean; 0 for an empty slice.
fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}
