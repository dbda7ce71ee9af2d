//! Why a matrix profile cannot be given.

/// Why a matrix profile cannot be given.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The window is too short to have a shape.
    #[error("the window is {given}, at least {least} values are needed")]
    Window {
        /// As it was given.
        given: usize,
        /// What would do.
        least: usize,
    },
    /// Too few values for the window and its exclusion zone.
    #[error("{what} has {have} values, at least {need} are needed")]
    TooShort {
        /// What was given.
        what: &'static str,
        /// How many there are.
        have: usize,
        /// How many are needed.
        need: usize,
    },
    /// More values than an index can name.
    #[error("{what} has {have} values, at most {most} are possible")]
    TooLong {
        /// What was given.
        what: &'static str,
        /// How many there are.
        have: usize,
        /// How many are possible.
        most: usize,
    },
    /// The query holds a value that is missing.
    #[error("{what}: value {index} is {value}, a finite number of at most 1e100 is needed")]
    NotFinite {
        /// What was given.
        what: &'static str,
        /// Its place, from 0.
        index: usize,
        /// As it was given.
        value: f64,
    },
    /// Two things that belong together differ in length.
    #[error("{left} has {left_len} values and {right} {right_len}: they must be equal")]
    Lengths {
        /// The one.
        left: &'static str,
        /// Its length.
        left_len: usize,
        /// The other.
        right: &'static str,
        /// Its length.
        right_len: usize,
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
    /// Diagonals that the join does not have.
    #[error("diagonals {start}..{end} were asked for, there are {have}")]
    Diagonals {
        /// The first asked for.
        start: usize,
        /// The one after the last.
        end: usize,
        /// How many there are.
        have: usize,
    },
    /// A growing stream has reached the capacity that it was made with. Nothing was changed.
    #[error("the stream holds {capacity} values and takes no more; make it larger or let it slide")]
    Full {
        /// The capacity.
        capacity: usize,
    },
}
