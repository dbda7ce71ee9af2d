//! Combinatorial purged cross-validation: every choice of test groups, so that there are several complete paths through
//! the past instead of one.

use super::{Split, apart, check_samples, ranges, reach, runs};
use crate::Error;
use crate::edge::next_combination;
use crate::labels::Span;
use core::ops::Range;

/// Most splits.
pub const SPLITS_MAX: usize = 100_000;

/// The splits and how their tests make paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Combinatorial {
    /// The groups of samples, in order.
    pub groups: Vec<Range<usize>>,
    /// One split for each choice of test groups, in lexicographic order.
    pub splits: Vec<Split>,
    /// For each path, for each group, the split whose test of that group belongs to it. Every test of every split
    /// belongs to exactly one path.
    pub paths: Vec<Vec<usize>>,
}

/// All choices of `tested` among `groups` groups; each split has its training samples purged and embargoed around each
/// run of test groups. There are `C(groups, tested)` splits and `C(groups - 1, tested - 1)` paths.
pub fn combinatorial_purged(
    spans: &[Span],
    groups: usize,
    tested: usize,
    embargo: usize,
) -> Result<Combinatorial, Error> {
    if tested == 0 || tested >= groups {
        return Err(Error::Parameter {
            name: "tested",
            value: tested as f64,
            expected: "at least 1, below groups",
        });
    }
    check_samples(spans, groups)?;
    // The product of the first factors is an integer at every step.
    let count = (0..tested).try_fold(1usize, |c, i| c.checked_mul(groups - i).map(|c| c / (i + 1)));
    if count.is_none_or(|c| c > SPLITS_MAX) {
        return Err(Error::Parameter {
            name: "groups",
            value: groups as f64,
            expected: "fewer: over 100,000 splits",
        });
    }
    let parts = runs(spans.len(), groups);
    let mut splits = Vec::new();
    let mut tests_seen = vec![0usize; groups];
    let mut paths: Vec<Vec<usize>> = Vec::new();
    let mut chosen: Vec<usize> = (0..tested).collect();
    loop {
        for &group in &chosen {
            let path = tests_seen[group];
            tests_seen[group] += 1;
            if path == paths.len() {
                paths.push(vec![0; groups]);
            }
            paths[path][group] = splits.len();
        }
        splits.push(split(spans, &parts, &chosen, embargo));
        if !next_combination(&mut chosen, groups) {
            break;
        }
    }
    Ok(Combinatorial { groups: parts, splits, paths })
}

fn split(spans: &[Span], parts: &[Range<usize>], chosen: &[usize], embargo: usize) -> Split {
    let mut test: Vec<Range<usize>> = Vec::new();
    for &group in chosen {
        match test.last_mut() {
            Some(last) if last.end == parts[group].start => last.end = parts[group].end,
            _ => test.push(parts[group].clone()),
        }
    }
    let looked_at: Vec<Span> = test.iter().map(|t| reach(spans, t)).collect();
    let kept = |i: usize| {
        !test.iter().any(|t| t.contains(&i)) && looked_at.iter().all(|bars| apart(spans[i], *bars, embargo))
    };
    Split { train: ranges(0..spans.len(), kept), test }
}
