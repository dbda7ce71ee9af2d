//! What can be wrong with a schema, or with what a pipeline is fed. Each error names the item and the key at fault.

use scalp_indicators::Nearest;

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The text of an item cannot be read.
    #[error("cannot read {item:?}: expected {expected}")]
    Syntax {
        /// The item as written.
        item: String,
        /// What should have been there.
        expected: String,
    },
    /// Neither an entry of the catalogues nor a column has this name.
    #[error("{item}: unknown name {name:?}{nearest}")]
    UnknownName {
        /// The item as written.
        item: String,
        /// The name.
        name: String,
        /// A name that is near.
        nearest: Nearest,
    },
    /// A column of bars, trades or books that this stream does not have.
    #[error("{item}: reads the column {name}, and there are {there}")]
    NoColumn {
        /// The item as written.
        item: String,
        /// The column.
        name: String,
        /// The columns that there are.
        there: String,
    },
    /// A group or a schema that does not ship, or not in this version.
    #[error("unknown group {name:?}; there are {known}")]
    UnknownGroup {
        /// The name as written.
        name: String,
        /// Those that ship.
        known: String,
    },
    /// An argument is missing, superfluous, or not what it must be.
    #[error("{item}: {entry}.{parameter} must be {expected}, got {given}")]
    BadArgument {
        /// The item as written.
        item: String,
        /// The entry.
        entry: String,
        /// The parameter.
        parameter: String,
        /// What it must be.
        expected: String,
        /// What was written.
        given: String,
    },
    /// The item needs data that this stream does not have.
    #[error("{item}: {what}")]
    NotThere {
        /// The item as written.
        item: String,
        /// What it needs, and what there is.
        what: String,
    },
    /// An item cannot be built as it is written.
    #[error("{item}: {what}")]
    Unfit {
        /// The item as written.
        item: String,
        /// Why.
        what: String,
    },
    /// An indicator refuses its request.
    #[error("{item}: {source}")]
    Indicator {
        /// The item as written.
        item: String,
        /// What the catalogue says.
        source: scalp_indicators::Error,
    },
    /// A schema without an item, or with more than it may have.
    #[error("a schema has from 1 to {most} values, got {given}")]
    Size {
        /// The most.
        most: usize,
        /// How many there would be.
        given: usize,
    },
    /// What the data are said to be contradicts itself.
    #[error("{key}: {what}")]
    Sources {
        /// The key at fault.
        key: String,
        /// Why.
        what: String,
    },
    /// A pipeline was fed what it cannot take; nothing was changed by it.
    #[error("{key}: expected {expected}, got {given}")]
    Input {
        /// What was fed.
        key: &'static str,
        /// What would have been taken.
        expected: String,
        /// What came.
        given: String,
    },
}
