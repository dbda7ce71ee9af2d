//! What forecasts were worth: how their ranks go with those of what came, and how far chance could have brought that.
//!
//! Both are ranked against the past alone and measured about zero, never about the mean of the rows that judge. That mean is
//! not known beforehand, and within any stretch of a walk the level goes against what is left of it: a correlation about the
//! stretch's own mean takes every wandering level for a forecast of its return.

use scalp_quant::special::StudentT;
use scalp_report::data::Interval;
use std::f64::consts::PI;
use std::ops::Range;

/// Certainty of [`Score::interval`].
const LEVEL: f64 = 0.95;
/// Certainty of [`Score::is_above_chance`], on one side. Twice as strict as the two and a half of a hundred that it is to keep:
/// under items that keep a level the true share of false finds is up to twice what Student's distribution says (Dickey and Fuller).
const BAR: f64 = 0.9875;

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
    /// Whether it lies farther above zero than chance explains: where there is no edge, in two or three of a hundred at most.
    #[must_use]
    pub fn is_above_chance(&self) -> bool {
        let t = StudentT::new(self.freedom as f64).and_then(|it| it.quantile(BAR));
        t.is_ok_and(|t| self.score > t * self.standard_error)
    }

    /// Where the score lies with a certainty of 95 %, by Student's distribution; never beyond -1 and 1, where no score can be.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        let t = StudentT::new(self.freedom as f64).and_then(|it| it.quantile(0.5 + LEVEL / 2.0)).ok()?;
        let reach = t * self.standard_error;
        let [low, high] = [self.score - reach, self.score + reach].map(|it| it.clamp(-1.0, 1.0));
        Some(Interval { low, high, level: LEVEL })
    }
}

/// Where a forecast lies among those before it, from -1 to 1, and what came.
pub(super) type Mark = [f64; 2];

/// The sizes of what came in the past: the measure of what comes later.
pub(super) struct Sizes(Vec<f64>);

impl Sizes {
    /// Of the changes that were known when the measuring begins.
    pub(super) fn of(changes: &[f64]) -> Sizes {
        let mut sizes: Vec<f64> = changes.iter().map(|it| it.abs()).collect();
        sizes.sort_unstable_by(f64::total_cmp);
        Sizes(sizes)
    }

    /// A change by its sign and the rank of its size in the past, from -1 to 1.
    pub(super) fn mark(&self, change: f64) -> f64 {
        let side = if change == 0.0 { 0.0 } else { change.signum() };
        let (below, up_to) = counts(&self.0, change.abs());
        side * (below + up_to) as f64 / (2 * self.0.len()).max(1) as f64
    }
}

/// The returns from row to row that the targets of a table are made of.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    /// All of them, in order of time; none is missing.
    pub returns: Vec<f64>,
    /// For each row of the table, the step that leads away from it.
    pub rows: Vec<usize>,
    /// For each row of the table, the first of those that its target is made of.
    pub places: Vec<usize>,
}

/// What came after the rows of a fold.
pub(super) struct Came {
    /// For each row: the mark of its target, or the sum of the marks of the steps that it is made of.
    pub each: Vec<f64>,
    /// The first step, those from it on, and for each row the first of its own among these.
    steps: Option<(usize, Vec<f64>, Vec<usize>)>,
    horizon: usize,
}

impl Came {
    /// After rows without known steps, measured by the targets that taught.
    pub(super) fn targets(taught: &[f64], targets: &[f64], horizon: usize) -> Came {
        let sizes = Sizes::of(taught);
        Came { each: targets.iter().map(|&it| sizes.mark(it)).collect(), steps: None, horizon }
    }

    /// After these rows, measured by the steps from the first row that taught until the fold begins.
    pub(super) fn steps(steps: &Steps, train: &Range<usize>, test: &Range<usize>, horizon: usize) -> Came {
        let (from, to) = (steps.places[test.start], steps.places[test.end - 1] + horizon);
        let sizes = Sizes::of(&steps.returns[steps.rows[train.start]..steps.rows[test.start]]);
        let marks: Vec<f64> = steps.returns[from..to].iter().map(|&it| sizes.mark(it)).collect();
        let firsts: Vec<usize> = steps.places[test.clone()].iter().map(|it| it - from).collect();
        let each = firsts.iter().map(|&it| marks[it..it + horizon].iter().sum()).collect();
        Came { each, steps: Some((from, marks, firsts)), horizon }
    }

    /// Adds to each step what the forecasts that stood over it made of it: their sum times its mark.
    pub(super) fn add_moves(&self, marks: &[Mark], moves: &mut [f64]) {
        let Some((from, steps, firsts)) = &self.steps else { return };
        let mut changes = vec![0.0; steps.len() + 1];
        for (mark, &first) in marks.iter().zip(firsts) {
            changes[first] += mark[0];
            changes[first + self.horizon] -= mark[0];
        }
        let mut standing = 0.0;
        for (place, step) in steps.iter().enumerate() {
            standing += changes[place];
            moves[from + place] += standing * step;
        }
    }
}

/// Each forecast by its rank among those before it, beside what came. Among what is said of the rows that taught a forecast may
/// lean to one side, and in a market that drifts a lean earns without skill.
pub(super) fn marks(foretold: &[f64], came: &[f64]) -> Vec<Mark> {
    among_earlier(foretold).into_iter().zip(came).map(|(lean, &came)| [lean, came]).collect()
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

/// The score of marks whose outcomes are sums of steps, out of what the forecasts made of each step. In a market without an edge
/// nothing that stands before a step tells where it goes, so that these products have no memory, however far outcomes overlap and
/// whatever keeps a level: the error is that of a sum of independent terms of unequal size (the reverse regression of Hodrick
/// 1992, with the errors of White 1980). Degrees of freedom are as many as there are steps that carry it.
pub(super) fn score_of_steps(marks: &[Mark], moves: &[f64]) -> Score {
    let size = size(marks);
    let (squares, fourths) = moves.iter().fold((0.0, 0.0), |(two, four), it| {
        let square = it * it;
        (two + square, four + square * square)
    });
    let standard_error = if size > 0.0 { squares.sqrt() / size } else { 0.0 };
    let carried = if fourths > 0.0 { squares * squares / fourths } else { 1.0 };
    Score { score: together(marks), standard_error, freedom: carried.max(1.0) as usize }
}

/// The score of marks in order of time, of outcomes that reach `horizon` rows ahead and whose steps are not known. Neighbours share most of their outcome,
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
