//! Which features are worth keeping: those that repeat another are dropped, the others are judged by the F-test, by mutual
//! information and by a random forest, and the forest's choice is repeated on halves of the rows to see how steady it is.
//!
//! A choice made on all rows has seen the rows that it is judged by. [`judge`] therefore walks forward: it chooses and trains
//! among the rows before each fold alone, of those whose target was known by then, and scores the forest on the fold. Rows after
//! a fold tell of it: a feature that keeps a level would say there where the path went.

mod error;
mod forest;
mod foreteller;
mod importance;
mod score;

pub use error::SelectionError;
pub use forest::{Forest, ForestPlan};
pub use importance::{Importance, Loss, OverFolds};
pub use score::Score;

use crate::parallel;
use foreteller::Foreteller;
use scalp_quant::dependence::information::mutual_information;
use scalp_quant::rng::Key;
use scalp_quant::special::StudentT;
use score::{Came, Steps};
use serde::Serialize;
use std::cmp::Ordering;
use std::num::NonZero;
use std::ops::Range;

/// Columns of features and what they are to foretell, row by row in order of time, complete and finite. A target of zero is
/// that nothing happens, as with a return.
#[derive(Clone, Debug)]
pub struct Table {
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
    target: Vec<f64>,
    horizon: usize,
    /// What the targets are made of, where that is known.
    steps: Option<Steps>,
}

/// How features are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SelectionPlan {
    /// A column whose correlation with an earlier one is larger than this, by size, is dropped.
    pub correlation_max: f64,
    /// How many the F-test keeps, and how many the mutual information.
    pub best: usize,
    /// Rows that the mutual information looks at, evenly spaced, at most.
    pub information_rows: usize,
    /// The forest, which judges what either of the two kept.
    pub forest: ForestPlan,
    /// How many the forest keeps.
    pub top: usize,
    /// Halves of the rows on which the forest's choice is repeated; [`judge`] does not need it.
    pub halves: usize,
    /// Folds of [`judge`], one after the other until the end of the rows.
    pub folds: usize,
    /// Rows before a fold that the choice sees at most; all of them where there is none.
    pub train_window: Option<usize>,
    /// How often each chosen column is shuffled to see what it is worth; none where 0.
    pub shuffles: usize,
    /// Rows of a fold that this looks at, evenly spaced, at most.
    pub importance_rows: usize,
}

impl Default for SelectionPlan {
    fn default() -> Self {
        Self {
            correlation_max: 0.95,
            best: 50,
            information_rows: 5_000,
            forest: ForestPlan::default(),
            top: 25,
            halves: 20,
            folds: 5,
            train_window: None,
            shuffles: 5,
            importance_rows: 10_000,
        }
    }
}

/// A column that repeats another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dropped {
    /// Its name.
    pub name: String,
    /// The earlier column it repeats; none for a column that never changes.
    pub like: Option<String>,
    /// Their correlation.
    pub correlation: Option<f64>,
}

/// A column and what a judge says of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scored {
    /// Its name.
    pub name: String,
    /// F statistic; mutual information in nats; or share of the forest's gain.
    pub score: f64,
    /// Chance of an F so large without any relation. Targets that overlap are not independent: the degrees of freedom of both are
    /// those of the rows divided by the horizon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
}

/// How often a column was among the forest's top on halves of the rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Steadiness {
    /// Its name.
    pub name: String,
    /// Share of the halves.
    pub share: f64,
}

/// What was chosen, and why. Each list is the best first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Selection {
    /// Rows that were looked at.
    pub rows: usize,
    /// So many of them bear witness by themselves: [`Table::witnesses`].
    pub witnesses: f64,
    /// Of so many rows the mutual information is.
    pub information_rows: usize,
    /// Columns that repeat another.
    pub dropped: Vec<Dropped>,
    /// The others, in the order of the table.
    pub kept: Vec<String>,
    /// The best of those by the F-test of a straight line.
    pub f_test: Vec<Scored>,
    /// The best by mutual information.
    pub information: Vec<Scored>,
    /// The best by the forest: the choice.
    pub forest: Vec<Scored>,
    /// For each column that the forest saw, how steady its place among the top is (Meinshausen and Buehlmann 2010); empty
    /// where it was not asked for.
    pub steadiness: Vec<Steadiness>,
}

/// A choice made before the rows that judge it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fold {
    /// The rows that taught: all end before the first that judges, and so do their targets.
    pub train: Range<usize>,
    /// The rows that judge.
    pub test: Range<usize>,
    /// What was chosen on those that taught, without its steadiness.
    pub selection: Selection,
    /// How what was foretold of the chosen columns goes with what came, from -1 to 1.
    pub score: f64,
    /// What each of the chosen columns was worth; empty where none was shuffled.
    pub losses: Vec<Loss>,
}

/// What choosing is worth on later rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// The folds in order of time.
    pub folds: Vec<Fold>,
    /// The score over the rows of all folds.
    pub score: Score,
    /// What each column is worth that a fold chose, the most first; empty where none was shuffled.
    pub importance: Vec<Importance>,
}

/// Rows below which no choice means anything.
const ROWS_MIN: usize = 100;
/// Rows below which the score of a fold says nothing: without any relation its deviation is 0.22 here.
const FOLD_ROWS_MIN: usize = 20;
/// Folds that tell anything of each other, at least.
const FOLDS_MIN: usize = 2;
/// Horizons below which the rows of all folds together say nothing: so many stretches do not overlap.
const HORIZONS_MIN: usize = 8;

/// Rows that a choice is made among, at least.
const fn train_rows_min(horizon: usize) -> usize {
    let two = horizon.saturating_mul(2);
    if two > ROWS_MIN { two } else { ROWS_MIN }
}

impl Table {
    /// Columns with their names, and a target that looks `horizon` rows ahead (at least one).
    pub fn new(
        names: Vec<String>,
        columns: Vec<Vec<f64>>,
        target: Vec<f64>,
        horizon: usize,
    ) -> Result<Self, SelectionError> {
        if horizon == 0 {
            return Err(SelectionError::Plan { key: "horizon", value: 0.0, expected: "at least 1 row" });
        }
        if names.is_empty() || names.len() != columns.len() {
            return Err(SelectionError::Nothing(columns.len()));
        }
        let needed = train_rows_min(horizon);
        if target.len() < needed {
            return Err(SelectionError::TooFew { rows: target.len(), needed });
        }
        let all = names.iter().map(String::as_str).zip(&columns).chain([("the target", &target)]);
        for (name, column) in all {
            if column.len() != target.len() {
                let (have, need) = (column.len(), target.len());
                return Err(SelectionError::Length { name: name.to_owned(), have, need });
            }
            if let Some(row) = column.iter().position(|it| !it.is_finite()) {
                return Err(SelectionError::NotFinite { name: name.to_owned(), row, value: column[row] });
            }
        }
        if flat(&target) {
            return Err(SelectionError::Constant("the target".to_owned()));
        }
        Ok(Self { names, columns, target, horizon, steps: None })
    }

    /// The same with the steps that its targets are made of: the returns of the price from row to row, none missing, for each
    /// row of the table its place among these (`rows`, rising), and the first of the `horizon` steps ahead of it (`places`, never
    /// falling): that of its row, or a later one where the row was not known before. The error of a score is then told of these,
    /// and is small where targets overlap far.
    pub fn with_steps(
        self,
        returns: Vec<f64>,
        rows: Vec<usize>,
        places: Vec<usize>,
    ) -> Result<Self, SelectionError> {
        let length = |have| SelectionError::Length { name: "the steps".to_owned(), have, need: self.rows() };
        if rows.len() != self.rows() || rows.windows(2).any(|it| it[0] >= it[1]) {
            return Err(length(rows.len()));
        }
        let is_before = rows.iter().zip(&places).any(|(row, place)| place < row);
        if places.len() != self.rows() || is_before || places.windows(2).any(|it| it[0] > it[1]) {
            return Err(length(places.len()));
        }
        if places.last().is_some_and(|it| it + self.horizon > returns.len()) {
            return Err(length(returns.len()));
        }
        if let Some(row) = returns.iter().position(|it| !it.is_finite()) {
            let value = returns[row];
            return Err(SelectionError::NotFinite { name: "the steps".to_owned(), row, value });
        }
        Ok(Self { steps: Some(Steps { returns, rows, places }), ..self })
    }

    /// Rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.target.len()
    }

    /// How many rows bear witness by themselves: those whose targets do not overlap, so the rows divided by the horizon at most. Rows
    /// whose targets begin at one step, as those of the trades of one order do, or less than a horizon apart, are as many as their
    /// overlaps leave: n^2 / sum over all pairs of max(0, 1 - distance / horizon), which is Kish's (1965) number for a horizon of 1.
    #[must_use]
    pub fn witnesses(&self) -> f64 {
        let (rows, horizon) = (self.rows() as f64, self.horizon as f64);
        let most = rows / horizon;
        let Some(Steps { places, .. }) = &self.steps else { return most };
        // Of the rows before each that overlap with it, and how far they lie back together.
        let (mut first, mut back, mut overlaps) = (0, 0.0, 0.0);
        for (row, place) in places.iter().enumerate() {
            back += (place - places[row.saturating_sub(1)]) as f64 * (row - first) as f64;
            while place - places[first] >= self.horizon {
                back -= (place - places[first]) as f64;
                first += 1;
            }
            overlaps += (row - first) as f64 - back / horizon;
        }
        (rows * rows / (rows + 2.0 * overlaps)).min(most)
    }

    /// The rows of this range alone.
    fn only(&self, rows: &Range<usize>) -> Result<Self, SelectionError> {
        let columns = self.columns.iter().map(|it| it[rows.clone()].to_vec()).collect();
        Self::new(self.names.clone(), columns, self.target[rows.clone()].to_vec(), self.horizon)
    }

    fn columns_of(&self, places: &[usize]) -> Vec<&[f64]> {
        places.iter().map(|&it| self.columns[it].as_slice()).collect()
    }
}

impl SelectionPlan {
    fn check(&self) -> Result<(), SelectionError> {
        let refuse = |key, value, expected| Err(SelectionError::Plan { key, value, expected });
        if !(self.correlation_max > 0.0 && self.correlation_max <= 1.0) {
            return refuse("correlation_max", self.correlation_max, "above 0, at most 1");
        }
        if self.information_rows < ROWS_MIN {
            return refuse("information_rows", self.information_rows as f64, "at least 100");
        }
        if self.importance_rows < ROWS_MIN {
            return refuse("importance_rows", self.importance_rows as f64, "at least 100");
        }
        let positive = [
            ("best", self.best),
            ("top", self.top),
            ("trees", self.forest.trees),
            ("depth", self.forest.depth),
            ("leaf", self.forest.leaf),
        ];
        if !(0.0..0.5).contains(&self.forest.leaf_share) {
            return refuse("leaf_share", self.forest.leaf_share, "from 0 to below a half");
        }
        match positive.into_iter().find(|it| it.1 == 0) {
            Some((key, _)) => refuse(key, 0.0, "at least 1"),
            None if self.folds < FOLDS_MIN => refuse("folds", self.folds as f64, "at least 2"),
            None => Ok(()),
        }
    }

    /// Rows before the first fold and in each of them, of so many rows whose target looks `horizon` ahead: to be asked before
    /// anything is computed. The first fold has as many rows before it as each has, and more where a choice needs them. Where
    /// rows are too few, as many as the error names are enough for this plan.
    pub fn walk(&self, rows: usize, horizon: usize) -> Result<(usize, usize), SelectionError> {
        self.check()?;
        let least = train_rows_min(horizon);
        if let Some(window) = self.train_window.filter(|it| *it < least) {
            let expected = "at least 100 rows, and two horizons";
            return Err(SelectionError::Plan { key: "train_window", value: window as f64, expected });
        }
        let first = least.saturating_add(horizon);
        let stretches = HORIZONS_MIN.saturating_mul(horizon);
        let of_folds = FOLD_ROWS_MIN.saturating_mul(self.folds);
        let needed = first.saturating_add(stretches.max(of_folds));
        let most = rows.saturating_sub(first) / FOLD_ROWS_MIN;
        if rows < needed {
            let fewer_would_do = most >= FOLDS_MIN && rows - first >= stretches;
            return Err(if fewer_would_do {
                SelectionError::Folds { folds: self.folds, rows, first, most }
            } else if stretches > of_folds {
                SelectionError::Stretches { rows, horizon, needed }
            } else {
                SelectionError::TooFew { rows, needed }
            });
        }
        let each = (rows - first.max(rows / (self.folds + 1))) / self.folds;
        Ok((rows - each * self.folds, each))
    }
}

/// Chooses among all rows of a table: fit for what comes after its last row, not for judging by its own rows.
pub fn select(
    table: &Table,
    plan: &SelectionPlan,
    threads: NonZero<usize>,
) -> Result<Selection, SelectionError> {
    plan.check()?;
    let (kept, dropped) = without_repeats(table, plan.correlation_max, threads);
    if kept.is_empty() {
        return Err(SelectionError::Nothing(table.columns.len()));
    }
    let f_test = f_tests(table, &kept, threads)?;
    let information = informations(table, &kept, plan, threads)?;
    let (f_best, i_best) = (best(&f_test, plan.best), best(&information, plan.best));
    let mut seen: Vec<usize> = f_best.iter().chain(&i_best).map(|it| it.0).collect();
    seen.sort_unstable();
    seen.dedup();
    let forest = Forest::grow(&table.columns_of(&seen), &table.target, &plan.forest, threads);
    let scored = importances(&seen, &forest);
    let name = |place: usize| table.names[place].clone();
    let listed = |of: &[(usize, f64, Option<f64>)]| {
        of.iter().map(|&(place, score, p)| Scored { name: name(place), score, p }).collect()
    };
    Ok(Selection {
        rows: table.rows(),
        witnesses: table.witnesses(),
        information_rows: table.rows().div_ceil(table.rows().div_ceil(plan.information_rows)),
        steadiness: steadiness(table, &seen, plan, threads)
            .into_iter()
            .map(|(place, share)| Steadiness { name: name(place), share })
            .collect(),
        dropped,
        kept: kept.iter().map(|&it| name(it)).collect(),
        f_test: listed(&f_best),
        information: listed(&i_best),
        forest: listed(&best(&scored, plan.top)),
    })
}

/// Walks forward: chooses among the rows before each fold whose target was known when the fold began (Lopez de Prado 2018,
/// chapters 7 and 12), teaches a forest and a line of the chosen columns on the same, and scores what they foretell together on the
/// rows of the fold.
pub fn judge(
    table: &Table,
    plan: &SelectionPlan,
    threads: NonZero<usize>,
) -> Result<Judgement, SelectionError> {
    plan.check()?;
    let (rows, horizon) = (table.rows(), table.horizon);
    let (first, each) = plan.walk(rows, horizon)?;
    let plan = &SelectionPlan { halves: 0, ..*plan };
    let (mut folds, mut all) = (Vec::with_capacity(plan.folds), Vec::with_capacity(rows));
    let mut moves = vec![0.0; table.steps.as_ref().map_or(0, |it| it.returns.len())];
    for test in (first..rows).step_by(each).map(|start| start..start + each) {
        // The target of the last is known before the fold's first row.
        let mut end = test.start - horizon;
        if let Some(Steps { rows, places, .. }) = &table.steps {
            end = places[..end].partition_point(|it| it + horizon < rows[test.start]);
        }
        let train = end.saturating_sub(plan.train_window.unwrap_or(end))..end;
        let taught = table.only(&train)?;
        let selection = select(&taught, plan, threads)?;
        let chosen: Vec<usize> = selection
            .forest
            .iter()
            .filter_map(|it| table.names.iter().position(|name| *name == it.name))
            .collect();
        let foreteller =
            Foreteller::taught(&taught.columns_of(&chosen), &taught.target, &plan.forest, threads);
        let judged: Vec<&[f64]> = chosen.iter().map(|&it| &table.columns[it][test.clone()]).collect();
        let came = match &table.steps {
            Some(steps) => Came::steps(steps, &train, &test, horizon),
            None => Came::targets(&taught.target, &table.target[test.clone()], horizon),
        };
        let marks = score::marks(&foreteller.predict(&judged, threads), &came.each);
        came.add_moves(&marks, &mut moves);
        let names = chosen.iter().map(|&it| table.names[it].as_str());
        let losses = match plan.shuffles {
            0 => Vec::new(),
            _ => importance::losses(&foreteller, names, &judged, &came.each, plan, threads),
        };
        folds.push(Fold { train, test, selection, score: score::together(&marks), losses });
        all.extend(marks);
    }
    let importance = importance::over_folds(&folds);
    let score = match table.steps {
        Some(_) => score::score_of_steps(&all, &moves),
        None => score::score(&all, horizon),
    };
    Ok(Judgement { folds, score, importance })
}

/// Places with a score and a chance, the best first; equal ones in the order of the table.
type Ranking = Vec<(usize, f64, Option<f64>)>;

fn best(of: &Ranking, count: usize) -> Ranking {
    let mut sorted = of.clone();
    sorted.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    sorted.truncate(count);
    sorted
}

/// The places that stay, and what repeats an earlier one or never changes.
fn without_repeats(table: &Table, most: f64, threads: NonZero<usize>) -> (Vec<usize>, Vec<Dropped>) {
    let units = parallel::map(threads, table.columns.len(), |i| unit(&table.columns[i]));
    let (mut kept, mut dropped): (Vec<usize>, Vec<Dropped>) = (Vec::new(), Vec::new());
    for (place, column) in units.iter().enumerate() {
        let name = table.names[place].clone();
        let Some(column) = column else {
            dropped.push(Dropped { name, like: None, correlation: None });
            continue;
        };
        let with_kept = parallel::map(threads, kept.len(), |i| {
            units[kept[i]].as_deref().map_or(0.0, |it| dot(it, column))
        });
        match with_kept.iter().position(|it| it.abs() > most) {
            Some(i) => {
                let like = Some(table.names[kept[i]].clone());
                dropped.push(Dropped { name, like, correlation: Some(with_kept[i].clamp(-1.0, 1.0)) });
            }
            None => kept.push(place),
        }
    }
    (kept, dropped)
}

/// A column less its mean, of length one; none if it never changes.
fn unit(column: &[f64]) -> Option<Vec<f64>> {
    if flat(column) {
        return None;
    }
    // Against overflow and underflow of the squares.
    let scale = column.iter().fold(0.0_f64, |most, it| most.max(it.abs()));
    let mean = column.iter().map(|it| it / scale).sum::<f64>() / column.len() as f64;
    let mut unit: Vec<f64> = column.iter().map(|it| it / scale - mean).collect();
    let length = dot(&unit, &unit).sqrt();
    (length > 0.0).then(|| {
        unit.iter_mut().for_each(|it| *it /= length);
        unit
    })
}

/// Whether a column never changes.
fn flat(column: &[f64]) -> bool {
    column.windows(2).all(|it| it[0].partial_cmp(&it[1]) == Some(Ordering::Equal))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a8.remainder().iter().zip(b8.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a8.zip(b8) {
        (0..8).for_each(|i| sums[i] += a[i] * b[i]);
    }
    sums.iter().sum::<f64>() + rest
}

/// F statistic of a straight line through each column and the target, `r^2 / (1 - r^2) (n - 2)`, and its chance with
/// as many degrees of freedom: n is [`Table::witnesses`], so that rows whose targets overlap are not counted twice in either.
fn f_tests(table: &Table, kept: &[usize], threads: NonZero<usize>) -> Result<Ranking, SelectionError> {
    let target = unit(&table.target).ok_or_else(|| SelectionError::Constant("the target".to_owned()))?;
    let free = (table.witnesses() - 2.0).clamp(1.0, StudentT::NU_MAX);
    let student = StudentT::new(free)?;
    Ok(parallel::map(threads, kept.len(), |i| {
        let r = unit(&table.columns[kept[i]]).map_or(0.0, |it| dot(&it, &target).clamp(-1.0, 1.0));
        let odds = r * r / (1.0 - r * r).max(f64::MIN_POSITIVE);
        (kept[i], odds * free, Some(2.0 * student.sf((odds * free).sqrt())))
    }))
}

fn informations(
    table: &Table,
    kept: &[usize],
    plan: &SelectionPlan,
    threads: NonZero<usize>,
) -> Result<Ranking, SelectionError> {
    let step = table.rows().div_ceil(plan.information_rows);
    let thin = |it: &[f64]| -> Vec<f64> { it.iter().copied().step_by(step).collect() };
    let target = thin(&table.target);
    let measured = parallel::map(threads, kept.len(), |i| {
        match mutual_information(&thin(&table.columns[kept[i]]), &target, plan.forest.seed) {
            // A column that changes between the rows that are looked at only.
            Err(scalp_quant::Error::Constant { what: "x" }) => Ok((kept[i], 0.0, None)),
            told => told.map(|it| (kept[i], it, None)),
        }
    });
    Ok(measured.into_iter().collect::<Result<_, scalp_quant::Error>>()?)
}

fn importances(seen: &[usize], forest: &Forest) -> Ranking {
    seen.iter().zip(forest.importance()).map(|(&place, &it)| (place, it, None)).collect()
}

/// Share of random halves, in blocks that keep neighbours together, in which each column is among the forest's top.
fn steadiness(
    table: &Table,
    seen: &[usize],
    plan: &SelectionPlan,
    threads: NonZero<usize>,
) -> Vec<(usize, f64)> {
    if plan.halves == 0 {
        return Vec::new();
    }
    let key = Key::named(plan.forest.seed, "halves");
    let mut counts = vec![0_usize; table.columns.len()];
    for half in 0..plan.halves {
        let ranges = blocks(table.rows(), table.horizon, key.stream(half as u64));
        let pick = |it: &[f64]| -> Vec<f64> {
            ranges.iter().flat_map(|range| it[range.clone()].iter().copied()).collect()
        };
        let columns: Vec<Vec<f64>> = seen.iter().map(|&it| pick(&table.columns[it])).collect();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let forest = Forest::grow(&columns, &pick(&table.target), &plan.forest, threads);
        for (place, score, _) in best(&importances(seen, &forest), plan.top) {
            counts[place] += usize::from(score > 0.0);
        }
    }
    let mut shares: Vec<(usize, f64)> =
        seen.iter().map(|&it| (it, counts[it] as f64 / plan.halves as f64)).collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    shares
}

/// Half of the rows: of twenty or more blocks of equal length, each at least a horizon long where there are so many rows,
/// every second one by chance.
fn blocks(rows: usize, horizon: usize, mut stream: scalp_quant::rng::Stream) -> Vec<Range<usize>> {
    let length = (rows / 20).min(10 * horizon).max(horizon).max(1);
    let mut starts: Vec<usize> = (0..rows).step_by(length).collect();
    let half = starts.len().div_ceil(2);
    for place in 0..half {
        let other = place + stream.below((starts.len() - place) as u64) as usize;
        starts.swap(place, other);
    }
    starts.truncate(half);
    starts.sort_unstable();
    starts.into_iter().map(|it| it..(it + length).min(rows)).collect()
}

#[cfg(test)]
mod tests;
