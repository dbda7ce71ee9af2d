//! Purged walk-forward: what is learnt is always older than what it is judged by.

use super::{Split, apart, check_samples, ranges, reach};
use crate::Error;
use crate::labels::Span;

/// Where training starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// At the first sample, always.
    Growing,
    /// So many samples before its end.
    Sliding(usize),
}

/// A walk forward.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WalkForward {
    /// Number of tests, side by side until the end of the samples.
    pub splits: usize,
    /// Samples in each test.
    pub test: usize,
    /// Where training starts.
    pub window: Window,
    /// Bars between the last training sample and the test, in which no sample is used; besides, no label may reach
    /// into the test.
    pub purge_gap: usize,
    /// Bars after each test whose samples never train a later split, e.g. 1 % of all bars.
    pub embargo: usize,
}

/// The splits in order of time. Refused when a split would have nothing to learn from.
pub fn purged_walk_forward(spans: &[Span], walk: WalkForward) -> Result<Vec<Split>, Error> {
    let n = spans.len();
    if walk.splits == 0 || walk.test == 0 {
        let value = walk.splits.min(walk.test) as f64;
        return Err(Error::Parameter { name: "splits and test", value, expected: "at least 1 each" });
    }
    let tested = walk.splits.saturating_mul(walk.test);
    check_samples(spans, tested.saturating_add(1))?;
    let first = n - tested;
    let tests: Vec<_> =
        (0..walk.splits).map(|s| first + s * walk.test..first + (s + 1) * walk.test).collect();
    let mut out = Vec::with_capacity(walk.splits);
    for (number, test) in tests.iter().enumerate() {
        let start = spans[test.start].start;
        let embargoed = |i: usize| {
            tests[..number].iter().any(|earlier| {
                let end = reach(spans, earlier).end;
                spans[i].start > end && !apart(spans[i], Span { start: end, end }, walk.embargo)
            })
        };
        let old = |i: usize| spans[i].end < start && start - spans[i].start > walk.purge_gap && !embargoed(i);
        let train = ranges(0..test.start, old);
        let train = match walk.window {
            Window::Growing => train,
            Window::Sliding(length) => last_of(train, length),
        };
        if train.is_empty() {
            return Err(Error::TooShort {
                what: "walk-forward: samples before the first test",
                have: first,
                need: first + 1,
            });
        }
        out.push(Split { train, test: vec![test.clone()] });
    }
    Ok(out)
}

/// The last `length` numbers of some ranges.
fn last_of(ranges: Vec<core::ops::Range<usize>>, length: usize) -> Vec<core::ops::Range<usize>> {
    let mut left = length;
    let mut out = Vec::new();
    for range in ranges.into_iter().rev() {
        let take = range.len().min(left);
        if take > 0 {
            out.push(range.end - take..range.end);
        }
        left -= take;
    }
    out.reverse();
    out
}
