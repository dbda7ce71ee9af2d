//! What each chosen column is worth to what foretells the folds, on rows that they have not seen: how much of the score is
//! lost when its values are shuffled among the rows (Breiman 2001, section 10), beside its share of the gain in training.

use super::foreteller::Foreteller;
use super::score::{marks, together};
use super::{Fold, SelectionPlan};
use scalp_quant::rng::Key;
use serde::Serialize;
use std::num::NonZero;

/// What a column was worth in one fold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Loss {
    /// Its name.
    pub name: String,
    /// Its share of the squared error that the splits of the fold's forest removed, in training.
    pub gain: f64,
    /// The score that is lost on the rows of the fold when its values are shuffled among them; the mean of several shuffles.
    pub loss: f64,
}

/// A mean over the folds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OverFolds {
    /// The mean.
    pub mean: f64,
    /// Its standard error. The folds share most of the rows that they train on, so that it is rather too small.
    pub standard_error: f64,
}

/// What a column is worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Importance {
    /// Its name.
    pub name: String,
    /// The loss of score by shuffling it. A fold that did not choose it counts with zero. Of columns that tell the same
    /// each alone is worth little, as the others stand in for it.
    pub loss: OverFolds,
    /// Its share of the gain in training, likewise.
    pub gain: OverFolds,
    /// In how many folds it was chosen.
    pub folds: usize,
}

/// What each column is worth to what was taught, on rows that it has not seen. At most `plan.importance_rows` of them are looked at,
/// evenly spaced; each column is shuffled `plan.shuffles` times, with a stream of its own.
pub(super) fn losses<'a>(
    taught: &Foreteller,
    names: impl Iterator<Item = &'a str>,
    columns: &[&[f64]],
    came: &[f64],
    plan: &SelectionPlan,
    threads: NonZero<usize>,
) -> Vec<Loss> {
    let step = came.len().div_ceil(plan.importance_rows).max(1);
    let thin = |it: &[f64]| -> Vec<f64> { it.iter().copied().step_by(step).collect() };
    let (columns, came): (Vec<Vec<f64>>, Vec<f64>) =
        (columns.iter().map(|it| thin(it)).collect(), thin(came));
    let score = |columns: &[&[f64]]| together(&marks(&taught.predict(columns, threads), &came));
    let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let whole = score(&views);
    let mut losses = Vec::with_capacity(columns.len());
    for (place, (name, (gain, is_read))) in names.zip(taught.columns()).enumerate() {
        let key = Key::named(plan.forest.seed, name);
        let mut loss = 0.0;
        // What nothing reads is worth nothing, however it is shuffled.
        for shuffle in 0..if is_read { plan.shuffles } else { 0 } {
            let (mut stream, mut shuffled) = (key.stream(shuffle as u64), columns[place].clone());
            for last in (1..shuffled.len()).rev() {
                shuffled.swap(last, stream.below(last as u64 + 1) as usize);
            }
            let mut views = views.clone();
            views[place] = &shuffled;
            loss += (whole - score(&views)) / plan.shuffles as f64;
        }
        losses.push(Loss { name: name.to_owned(), gain, loss });
    }
    losses
}

/// The same over the folds, the largest loss first.
pub(super) fn over_folds(folds: &[Fold]) -> Vec<Importance> {
    let mut names: Vec<&String> = folds.iter().flat_map(|it| &it.losses).map(|it| &it.name).collect();
    names.sort_unstable();
    names.dedup();
    let mut all: Vec<Importance> = Vec::with_capacity(names.len());
    for name in names {
        let of = |fold: &Fold| fold.losses.iter().find(|it| it.name == *name).cloned();
        let found: Vec<Option<Loss>> = folds.iter().map(of).collect();
        let mean = |value: fn(&Loss) -> f64| {
            OverFolds::of(&found.iter().map(|it| it.as_ref().map_or(0.0, value)).collect::<Vec<f64>>())
        };
        all.push(Importance {
            name: name.clone(),
            loss: mean(|it| it.loss),
            gain: mean(|it| it.gain),
            folds: found.iter().flatten().count(),
        });
    }
    all.sort_by(|a, b| b.loss.mean.total_cmp(&a.loss.mean).then_with(|| a.name.cmp(&b.name)));
    all
}

impl OverFolds {
    /// Of two folds or more.
    #[must_use]
    pub fn of(values: &[f64]) -> OverFolds {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|it| (it - mean) * (it - mean)).sum();
        OverFolds { mean, standard_error: (squares / (count - 1.0) / count).sqrt() }
    }
}
