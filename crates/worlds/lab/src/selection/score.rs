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

/// Where a forecast lies among those before it, and where the outcome does, both from -1 to 1.
pub(super) type Mark = [f64; 2];

/// The sizes of what came after the rows that taught: the measure of what comes later.
pub(super) struct Past {
    sizes: Vec<f64>,
}

impl Past {
    /// Of the targets that a forest was trained on.
    pub(super) fn of(targets: &[f64]) -> Past {
        let mut sizes: Vec<f64> = targets.iter().map(|it| it.abs()).collect();
        sizes.sort_unstable_by(f64::total_cmp);
        Past { sizes }
    }

    /// Each forecast by its rank among those before it, the outcome by its sign and the rank of its size in the past. Among what a
    /// forest says of its own training a forecast may lean to one side, and in a market that drifts a lean earns without skill.
    pub(super) fn marks(&self, foretold: &[f64], came: &[f64]) -> Vec<Mark> {
        let mark = |(lean, &came): (f64, &f64)| {
            let side = if came == 0.0 { 0.0 } else { came.signum() };
            let (below, up_to) = counts(&self.sizes, came.abs());
            [lean, side * (below + up_to) as f64 / (2 * self.sizes.len()).max(1) as f64]
        };
        among_earlier(foretold).into_iter().zip(came).map(mark).collect()
    }
}

/// How many of sorted values are below this one, and how many are not above it.
fn counts(sorted: &[f64], value: f64) -> (usize, usize) {
    (sorted.partition_point(|it| *it < value), sorted.partition_point(|it| *it <= value))
}

/// Where each value lies among those before it: -1 below them all, 1 above them all, 0 for the first.
fn among_earlier(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    // Counts of the earlier values by their place, in a binary indexed tree (Fenwick 1994).
    let mut tree = vec![0_usize; sorted.len() + 1];
    let mut out = Vec::with_capacity(values.len());
    for (seen, &value) in values.iter().enumerate() {
        let (from, to) = counts(&sorted, value);
        let up_to = |mut place: usize| {
            let mut sum = 0;
            while place > 0 {
                sum += tree[place];
                place &= place - 1;
            }
            sum
        };
        let both = (up_to(from) + up_to(to)) as f64;
        out.push(if seen == 0 { 0.0 } else { both / seen as f64 - 1.0 });
        let mut place = from + 1;
        while place < tree.len() {
            tree[place] += 1;
            place += place & place.wrapping_neg();
        }
    }
    out
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
/// that the shortest half wave is four horizons long.
pub(super) fn score(marks: &[Mark], horizon: usize) -> Score {
    let rows = marks.len() as f64;
    let usual = (0.4 * libm::cbrt(rows * rows)) as usize;
    let freedom = usual.min(marks.len() / (4 * horizon)).max(1);
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
