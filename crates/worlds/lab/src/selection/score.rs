//! What forecasts were worth: how their ranks go with those of what came, and how far chance could have brought that.
//!
//! Both are ranked against the past alone and measured about zero, never about the mean of the rows that judge. That mean is
//! not known beforehand, and within any stretch of a walk the level goes against what is left of it: a correlation about the
//! stretch's own mean takes every wandering level for a forecast of its return.

use scalp_quant::special::StudentT;
use scalp_report::data::Interval;
use std::f64::consts::PI;

/// Certainty of [`Score::interval`].
const LEVEL: f64 = 0.95;

/// A score with its error.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Score {
    /// From -1 to 1; 0 where forecasts and outcomes have nothing to do with each other.
    pub score: f64,
    /// Its standard error, for outcomes that overlap.
    pub standard_error: f64,
    /// Degrees of freedom of that error.
    pub freedom: usize,
}

impl Score {
    /// Where the score lies with a certainty of 95 %, by Student's distribution.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        let t = StudentT::new(self.freedom as f64).and_then(|it| it.quantile(0.5 + LEVEL / 2.0)).ok()?;
        let reach = t * self.standard_error;
        Some(Interval { low: self.score - reach, high: self.score + reach, level: LEVEL })
    }
}

/// Where a forecast lies among those of the past, and where the outcome does, both from -1 to 1.
pub(super) type Mark = [f64; 2];

/// What a forest was trained on, as the measure of what it says later.
pub(super) struct Past {
    forecasts: Vec<f64>,
    sizes: Vec<f64>,
}

impl Past {
    /// What the forest says of the rows that it was trained on, and what came after those.
    pub(super) fn of(mut forecasts: Vec<f64>, targets: &[f64]) -> Past {
        let mut sizes: Vec<f64> = targets.iter().map(|it| it.abs()).collect();
        forecasts.sort_unstable_by(f64::total_cmp);
        sizes.sort_unstable_by(f64::total_cmp);
        Past { forecasts, sizes }
    }

    /// The forecast by its rank among those of the past; the outcome by its sign and the rank of its size.
    pub(super) fn marks(&self, foretold: &[f64], came: &[f64]) -> Vec<Mark> {
        let mark = |(&foretold, &came): (&f64, &f64)| {
            let side = if came == 0.0 { 0.0 } else { came.signum() };
            [2.0 * place(&self.forecasts, foretold) - 1.0, side * place(&self.sizes, came.abs())]
        };
        foretold.iter().zip(came).map(mark).collect()
    }
}

/// The share of sorted values below this one, those that equal it counted half.
fn place(sorted: &[f64], value: f64) -> f64 {
    let below = sorted.partition_point(|it| *it < value);
    let up_to = sorted.partition_point(|it| *it <= value);
    (below + up_to) as f64 / (2 * sorted.len().max(1)) as f64
}

/// The products of the marks as a share of the largest that they could be; zero where one side never leaves zero.
pub(super) fn together(marks: &[Mark]) -> f64 {
    let size = size(marks);
    let sum: f64 = marks.iter().map(|it| it[0] * it[1]).sum();
    if size > 0.0 { sum / size } else { 0.0 }
}

fn size(marks: &[Mark]) -> f64 {
    let squares = |side: usize| marks.iter().map(|it| it[side] * it[side]).sum::<f64>();
    (squares(0) * squares(1)).sqrt()
}

/// The score of marks in order of time, of outcomes that reach `horizon` rows ahead. Neighbours share most of their outcome,
/// so that the error is that of a mean of a series with memory: the mean square of its first cosine waves, with as many degrees
/// of freedom as waves (Lazarus, Lewis, Stock and Watson 2018, section 3). Their number is 0.4 n^(2/3) as there, and so small
/// that the shortest half wave is two horizons long.
pub(super) fn score(marks: &[Mark], horizon: usize) -> Score {
    let rows = marks.len() as f64;
    let usual = (0.4 * libm::cbrt(rows * rows)) as usize;
    let freedom = usual.min(marks.len() / (2 * horizon)).max(1);
    let mut squares = 0.0;
    for wave in 1..=freedom {
        let step = PI * wave as f64 / rows;
        let along = marks.iter().enumerate();
        let sum: f64 = along.map(|(row, it)| it[0] * it[1] * libm::cos(step * (row as f64 + 0.5))).sum();
        squares += 2.0 * sum * sum;
    }
    let size = size(marks);
    let standard_error = if size > 0.0 { (squares / freedom as f64).sqrt() / size } else { 0.0 };
    Score { score: together(marks), standard_error, freedom }
}
