//! Why a number cannot be given.

/// Why a number cannot be given. An estimator answers this and never NaN when its input is finite.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// Fewer values than the estimator needs.
    #[error("{what} has {have} values, at least {need} are needed")]
    TooShort {
        /// What was given.
        what: &'static str,
        /// How many there are.
        have: usize,
        /// How many are needed.
        need: usize,
    },
    /// NaN or infinite input.
    #[error("{what}: value {index} is {value}, a finite number is needed")]
    NotFinite {
        /// What was given.
        what: &'static str,
        /// Its place, from 0.
        index: usize,
        /// As it was given.
        value: f64,
    },
    /// A value outside what the estimator is defined for.
    #[error("{what}: value {index} is {value}, {expected} is needed")]
    OutOfRange {
        /// What was given.
        what: &'static str,
        /// Its place, from 0.
        index: usize,
        /// As it was given.
        value: f64,
        /// What would do.
        expected: &'static str,
    },
    /// All values are equal, so that nothing can be estimated from how they differ.
    #[error("{what} is constant")]
    Constant {
        /// What was given.
        what: &'static str,
    },
    /// Two inputs that belong together differ in length.
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
    /// A matrix that has no inverse, or is not positive definite where it must be.
    #[error("{what} is singular: {detail}")]
    Singular {
        /// Which matrix.
        what: &'static str,
        /// Where it showed.
        detail: String,
    },
    /// An optimiser ended without an optimum; nothing it found is handed out.
    #[error("{what} did not converge after {iterations} steps: {detail}")]
    NotConverged {
        /// What was fitted.
        what: &'static str,
        /// How many steps were taken.
        iterations: usize,
        /// What was left, e.g. the gradient.
        detail: String,
    },
}
