//! Which samples may teach and which may judge. Labels look ahead, so a training sample whose label's span reaches into
//! the test is purged, and for some bars after the test none is used (the embargo), as features look back. Lopez de
//! Prado (2018), chapters 7 and 12.
//!
//! Samples stand in order of time; each has the [`Span`] of bars its label depends on.

mod combinatorial;
mod degradation;
mod kfold;
mod sentinel;
mod walk_forward;

pub use combinatorial::{Combinatorial, SPLITS_MAX, combinatorial_purged};
pub use degradation::{Degradation, degradation};
pub use kfold::purged_kfold;
pub use sentinel::{Sentinel, shuffled_labels};
pub use walk_forward::{WalkForward, Window, purged_walk_forward};

use crate::Error;
use crate::labels::Span;
use core::ops::Range;

/// One split. Both sides are ranges of sample numbers, in order and apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Samples to learn from.
    pub train: Vec<Range<usize>>,
    /// Samples to judge by.
    pub test: Vec<Range<usize>>,
}

impl Split {
    /// The numbers of the training samples.
    pub fn train_samples(&self) -> impl Iterator<Item = usize> + '_ {
        self.train.iter().cloned().flatten()
    }

    /// The numbers of the test samples.
    pub fn test_samples(&self) -> impl Iterator<Item = usize> + '_ {
        self.test.iter().cloned().flatten()
    }
}

/// Spans that all reach `horizon` bars ahead, one sample a bar.
pub fn spans_ahead(samples: usize, horizon: usize) -> Vec<Span> {
    (0..samples).map(|start| Span { start, end: start + horizon }).collect()
}

fn check_samples(spans: &[Span], need: usize) -> Result<(), Error> {
    crate::labels::check_spans(spans, usize::MAX)?;
    if spans.len() < need {
        return Err(Error::TooShort { what: "samples", have: spans.len(), need });
    }
    match spans.windows(2).position(|w| w[1].start < w[0].start) {
        Some(at) => Err(Error::OutOfRange {
            what: "samples",
            index: at + 1,
            value: spans[at + 1].start as f64,
            expected: "starts in order of time",
        }),
        None => Ok(()),
    }
}

/// The bars that a run of test samples looks at.
fn reach(spans: &[Span], test: &Range<usize>) -> Span {
    let end = spans[test.clone()].iter().map(|s| s.end).max().unwrap_or(0);
    Span { start: spans[test.start].start, end }
}

/// Whether a sample may be trained on beside a test that looks at `test`.
fn apart(sample: Span, test: Span, embargo: usize) -> bool {
    sample.end < test.start || sample.start > test.end.saturating_add(embargo)
}

/// Joins the numbers for which `kept` holds into ranges.
fn ranges(among: Range<usize>, kept: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for i in among {
        if !kept(i) {
            continue;
        }
        match out.last_mut() {
            Some(last) if last.end == i => last.end = i + 1,
            _ => out.push(i..i + 1),
        }
    }
    out
}

/// Cuts `samples` into `parts` runs; the first ones are longer by one if they cannot all be equal.
fn runs(samples: usize, parts: usize) -> Vec<Range<usize>> {
    let (size, longer) = (samples / parts, samples % parts);
    let mut start = 0;
    (0..parts)
        .map(|p| {
            let end = start + size + usize::from(p < longer);
            let run = start..end;
            start = end;
            run
        })
        .collect()
}
