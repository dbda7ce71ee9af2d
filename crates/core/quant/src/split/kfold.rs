//! Purged k-fold cross-validation with embargo.

use super::{Split, apart, check_samples, ranges, reach, runs};
use crate::Error;
use crate::labels::Span;

/// Each of `folds` runs of samples is the test once; the rest trains, less what overlaps the bars that the test looks at,
/// and less what starts within `embargo` bars after them.
pub fn purged_kfold(spans: &[Span], folds: usize, embargo: usize) -> Result<Vec<Split>, Error> {
    if folds < 2 {
        return Err(Error::Parameter { name: "folds", value: folds as f64, expected: "at least 2" });
    }
    check_samples(spans, folds)?;
    Ok(runs(spans.len(), folds)
        .into_iter()
        .map(|test| {
            let looked_at = reach(spans, &test);
            let kept = |i: usize| !test.contains(&i) && apart(spans[i], looked_at, embargo);
            Split { train: ranges(0..spans.len(), kept), test: vec![test] }
        })
        .collect())
}
