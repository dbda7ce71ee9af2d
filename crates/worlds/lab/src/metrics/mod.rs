//! Statistics of a backtest: plain slices in, numbers or a typed reason out. Knows no other room of the bench.
//!
//! Conventions, stated once:
//! - Equity is first sampled on a fixed grid of event time ([`sampling`]); a return is simple, `e[i] / e[i-1] - 1`.
//! - A year is 365 days of 24 hours, because crypto does not close; `per_year` is grid steps per year.
//! - The risk-free rate is zero.
//! - A number that does not exist is a [`MetricError`], never a NaN.
//! - Sums run in index order, so the same input gives the same bits on any number of threads.

pub mod sampling;

pub mod drawdown;
pub mod ratio;
pub mod tails;
pub mod trades;

pub mod activity;

pub mod normal;
pub mod significance;

pub mod bootstrap;

pub mod performance;

#[cfg(test)]
mod golden;

pub use performance::Performance;

/// Why a statistic does not exist for this input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
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
    /// An argument is outside its range.
    #[error("{what} is out of range")]
    OutOfRange {
        /// Which argument, with its range.
        what: &'static str,
    },
}

/// Days in a year of a market that never closes.
pub const DAYS_PER_YEAR: f64 = 365.0;

fn needs(what: &'static str, needs: usize, got: usize) -> Result<(), MetricError> {
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

/// Central moments 2, 3 and 4, divided by `n`.
fn moments(values: &[f64]) -> [f64; 3] {
    let (m, n) = (mean(values), values.len().max(1) as f64);
    let mut sums = [0.0; 3];
    for value in values {
        let d = value - m;
        let square = d * d;
        sums[0] += square;
        sums[1] += square * d;
        sums[2] += square * square;
    }
    sums.map(|sum| sum / n)
}

/// Whether the spread of these values is nothing but rounding.
fn constant(values: &[f64]) -> bool {
    let (low, high) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
    high - low <= f64::EPSILON * high.abs().max(low.abs())
}
