//! What foretells the rows of a fold: a forest, and beside it a straight line through the places of the values, each on the
//! scale of what it said of the rows that taught. Where an edge is weak and straight the line wastes less on noise than any
//! forest; where it bends or hangs on two columns at once the forest sees it.

use super::score::Sizes;
use super::{Forest, ForestPlan};
use crate::parallel;
use scalp_quant::matrix::{Cholesky, Matrix};
use std::num::NonZero;

/// What is added to the squares on the diagonal, as a share: columns that are sums of others have no one solution.
const RIDGE: f64 = 1e-3;

/// A forest and a line that were taught by the same rows.
pub(super) struct Foreteller {
    forest: Forest,
    line: Line,
    /// One over the deviation of what each said of the rows that taught; zero where it said one thing alone.
    weights: [f64; 2],
}

impl Foreteller {
    pub(super) fn taught(
        columns: &[&[f64]],
        target: &[f64],
        plan: &ForestPlan,
        threads: NonZero<usize>,
    ) -> Self {
        let forest = Forest::grow(columns, target, plan, threads);
        let line = Line::fit(columns, target, threads);
        let weight = |said: Vec<f64>| {
            let count = said.len().max(1) as f64;
            let mean = said.iter().sum::<f64>() / count;
            let variance = said.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / count;
            if variance > 0.0 { 1.0 / variance.sqrt() } else { 0.0 }
        };
        let weights = [weight(forest.predict(columns, threads)), weight(line.predict(columns, threads))];
        Self { forest, line, weights }
    }

    /// What it foretells of rows of the same columns: where one lies among others counts, not how large it is.
    pub(super) fn predict(&self, columns: &[&[f64]], threads: NonZero<usize>) -> Vec<f64> {
        let (forest, line) = (self.forest.predict(columns, threads), self.line.predict(columns, threads));
        let [by_forest, by_line] = self.weights;
        forest.iter().zip(&line).map(|(forest, line)| by_forest * forest + by_line * line).collect()
    }

    /// For each column its share of the forest's gain, and whether anything reads it.
    pub(super) fn columns(&self) -> impl Iterator<Item = (f64, bool)> {
        let slopes = self.line.slopes.iter();
        self.forest.importance().iter().zip(slopes).map(|(&gain, slope)| (gain, gain > 0.0 || *slope != 0.0))
    }
}

/// Least squares of the return, by its sign and the place of its size, on the places of the values, all from -1 to 1: a wild
/// value weighs no more than the largest.
struct Line {
    sorted: Vec<Vec<f64>>,
    slopes: Vec<f64>,
}

impl Line {
    fn fit(columns: &[&[f64]], target: &[f64], threads: NonZero<usize>) -> Line {
        let sorted = parallel::map(threads, columns.len(), |i| {
            let mut column = columns[i].to_vec();
            column.sort_unstable_by(f64::total_cmp);
            column
        });
        let places = parallel::map(threads, columns.len(), |i| places(columns[i], &sorted[i]));
        let sizes = Sizes::of(target);
        let came: Vec<f64> = target.iter().map(|&it| sizes.mark(it)).collect();
        let mean = came.iter().sum::<f64>() / came.len().max(1) as f64;
        let products = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let rows: Vec<Vec<f64>> = parallel::map(threads, columns.len(), |i| {
            let mut row: Vec<f64> = places.iter().map(|it| products(&places[i], it)).collect();
            row[i] = row[i] * (1.0 + RIDGE) + f64::MIN_POSITIVE;
            row
        });
        let with_target: Vec<f64> = places
            .iter()
            .map(|it| it.iter().zip(&came).map(|(place, came)| place * (came - mean)).sum())
            .collect();
        let solved = Matrix::from_rows(&rows).and_then(|it| Cholesky::of(&it)?.solve(&with_target));
        // Without a solution the forest speaks alone.
        let slopes = solved.unwrap_or_else(|_| vec![0.0; columns.len()]);
        Line { sorted, slopes }
    }

    fn predict(&self, columns: &[&[f64]], threads: NonZero<usize>) -> Vec<f64> {
        let placed = parallel::map(threads, columns.len(), |i| places(columns[i], &self.sorted[i]));
        let rows = columns.first().map_or(0, |it| it.len());
        (0..rows)
            .map(|row| placed.iter().zip(&self.slopes).map(|(it, slope)| slope * it[row]).sum())
            .collect()
    }
}

/// Where values lie among sorted ones: -1 below them all, 1 above them all.
fn places(values: &[f64], sorted: &[f64]) -> Vec<f64> {
    let count = sorted.len().max(1) as f64;
    let place = |value: &f64| {
        let below = sorted.partition_point(|it| it < value);
        let up_to = below + sorted[below..].partition_point(|it| it <= value);
        (below + up_to) as f64 / count - 1.0
    };
    values.iter().map(place).collect()
}
