//! What a model is to learn, and how much each sample is worth: the label says what the future did after a bar, and
//! labels whose futures overlap share their weight. Lopez de Prado, "Advances in Financial Machine Learning" (2018),
//! chapters 3 and 4, and "Machine Learning for Asset Managers" (2020), chapter 5.

mod barrier;
mod trend;
mod uniqueness;

pub use barrier::{Barriers, Label, Path, Touch, ewm_deviation, triple_barrier};
pub use trend::{T_MAX, Trend, trend_scanning};
pub use uniqueness::{average_uniqueness, concurrency, return_weights, sequential_bootstrap};

/// The bars a label depends on, first and last, both of them included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The bar at which the decision is taken.
    pub start: usize,
    /// The last bar that was looked at to label it.
    pub end: usize,
}

/// Every span ends no earlier than it starts, and before bar `bars`.
pub(crate) fn check_spans(spans: &[Span], bars: usize) -> Result<(), crate::Error> {
    match spans.iter().position(|s| s.end < s.start || s.end >= bars) {
        Some(index) => Err(crate::Error::OutOfRange {
            what: "span of a label",
            index,
            value: spans[index].end as f64,
            expected: "an end from its start on and within the bars",
        }),
        None => Ok(()),
    }
}
