//! Features of market data for people: drawn on candles, explained entry by entry, and chosen by what they foretell.

pub mod plot;
pub mod reference;
pub mod run;
pub mod select;

mod bars;

pub use bars::Bars;

/// Why a list cannot be drawn, or nothing can be chosen.
#[derive(Debug, thiserror::Error)]
pub enum FeatureError {
    /// The file cannot be used.
    #[error(transparent)]
    Read(#[from] scalp_tables::reader::ReadError),
    /// The list cannot be read.
    #[error(transparent)]
    Indicators(#[from] scalp_indicators::Error),
    /// Nothing can be chosen.
    #[error(transparent)]
    Selection(#[from] crate::selection::SelectionError),
    /// What was asked does not fit the file.
    #[error("{0}")]
    Asked(String),
    /// A page cannot be written.
    #[error("{path}: {why}")]
    Write {
        /// Where.
        path: std::path::PathBuf,
        /// Why.
        why: std::io::Error,
    },
}
