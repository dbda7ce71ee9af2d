//! What can be wrong with a table or a plan of a choice.

use super::{FOLD_ROWS_MIN, HORIZONS_MIN};

/// Why nothing can be chosen.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SelectionError {
    /// A column of another length than the target.
    #[error("feature {name} has {have} rows, the target {need}")]
    Length {
        /// Which.
        name: String,
        /// Its rows.
        have: usize,
        /// Those of the target.
        need: usize,
    },
    /// A cell that is not a finite number.
    #[error("{name}, row {row}: {value} is not finite; leave the row out")]
    NotFinite {
        /// Which column.
        name: String,
        /// From 0.
        row: usize,
        /// What is there.
        value: f64,
    },
    /// Too few rows.
    #[error("{rows} rows with all features and a target are too few: {needed} are needed")]
    TooFew {
        /// How many there are.
        rows: usize,
        /// How many must be.
        needed: usize,
    },
    /// Too few stretches that do not overlap.
    #[error(
        "{rows} rows with all features and a target are too few for returns of {horizon} rows: {needed} are needed, so that \
         {HORIZONS_MIN} stretches of that length, which do not overlap, lie behind those that only teach"
    )]
    Stretches {
        /// How many rows there are.
        rows: usize,
        /// How far returns reach.
        horizon: usize,
        /// How many rows must be.
        needed: usize,
    },
    /// Nothing differs.
    #[error("{0} never changes")]
    Constant(String),
    /// A key of the plan.
    #[error("{key} is {value}: {expected}")]
    Plan {
        /// Which.
        key: &'static str,
        /// As it was given.
        value: f64,
        /// What would do.
        expected: &'static str,
    },
    /// More folds than the rows allow.
    #[error(
        "{folds} folds are too many for {rows} rows: at most {most}, so that each has {FOLD_ROWS_MIN} beside the first {first}, \
         which only teach"
    )]
    Folds {
        /// How many were asked for.
        folds: usize,
        /// Rows with all features and a target.
        rows: usize,
        /// Rows before the first fold, at least.
        first: usize,
        /// As many as can be.
        most: usize,
    },
    /// No column is left.
    #[error("no feature that changes is left of {0}")]
    Nothing(usize),
    /// A statistic refused.
    #[error(transparent)]
    Quant(#[from] scalp_quant::Error),
}
