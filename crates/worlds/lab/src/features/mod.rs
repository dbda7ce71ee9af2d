//! Features of files: any table of candles, trades or books in, a column for each item out, on all cores. The numbers are
//! those of the live pipeline to the last bit. And features for people: drawn on candles, explained entry by entry, chosen by
//! what they foretell, and searched for shapes that come again.

pub mod fit;
pub mod matrix_profile;
pub mod plot;
pub mod reference;
pub mod run;
pub mod select;
pub mod synthesis;

mod alike;
mod axis;
mod books;
mod built;
mod cache;
mod candles;
mod cells;
mod choices;
mod coin;
mod compute;
mod entry;
mod filter;
mod inputs;
mod larger;
mod lengths;
mod raw;
mod read;
mod recorded;
mod remarks;
mod series;
mod stream;
mod table;
mod total;
mod write;

pub use alike::named_alike;
pub use books::Mended;
pub use built::{Terms, parse as parse_bars};
pub use cache::{Cache, Found};
pub use candles::Candles;
pub use cells::Cells;
pub use compute::{Asked, Computed, Failed, Plan, Pool, compute};
pub use filter::Kept;
pub use inputs::read_all;
pub use read::read;
pub use recorded::Recorded;
pub use remarks::Remarks;
pub use series::{With, observations};
pub use table::{Beside, Books, Holds, Series, Table};
pub use write::{Written, write, write_plan};

use stream::sources;

use std::path::PathBuf;

/// Why a file has no features.
#[derive(Debug, thiserror::Error)]
pub enum FeaturesError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] scalp_tables::reader::ReadError),
    /// The table is not what items can be computed of.
    #[error("{}: {what}", file.display())]
    Table {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A table has the names of its columns, and nothing below.
    #[error("{}: expected at least one row below the names of the columns", .0.display())]
    NoRows(PathBuf),
    /// A cell that is needed cannot be read: file, line, column, what was expected, and what stands there.
    #[error("{0}")]
    Cell(String),
    /// A rule about the rows is not one.
    #[error("{rule:?}: {what}")]
    Rule {
        /// As it was written.
        rule: String,
        /// What is wrong with it.
        what: String,
    },
    /// An item cannot be built.
    #[error(transparent)]
    Item(Box<scalp_features::Error>),
    /// The result cannot be written.
    #[error("{}: cannot write: {what}", file.display())]
    Write {
        /// Which file.
        file: PathBuf,
        /// Why.
        what: String,
    },
}

impl From<scalp_features::Error> for FeaturesError {
    fn from(error: scalp_features::Error) -> Self {
        Self::Item(Box::new(error))
    }
}

impl FeaturesError {
    fn table(file: &std::path::Path, what: impl Into<String>) -> Self {
        Self::Table { file: file.into(), what: what.into() }
    }
}

/// Why a list cannot be drawn, or nothing can be chosen.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The list cannot be computed.
    #[error(transparent)]
    Features(#[from] FeaturesError),
    /// The catalogue refuses a request.
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
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
}
