//! How long the candles of a table are, by their times alone, and so when each was known. A candle is never longer than the step
//! to the next one; where steps are longer than most, times do not tell gaps from longer candles.

pub(crate) mod settle;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

/// A stretch of longer steps is taken for gaps where gaps that fall anywhere would make one like it in more than such a part of
/// tables: one whose candles begin as candles of that length do, and any other.
const CHANCE_MAX: f64 = 0.05;
const ODD_CHANCE_MAX: f64 = 0.001;
const DAY: i64 = 86_400_000_000_000;
/// Clocks of the world are apart by multiples of this: longer candles begin at multiples of it in all of them.
const QUARTER: i64 = 900_000_000_000;

/// The length of candles and when each was known.
#[derive(Debug)]
pub struct Lengths {
    /// The length of all, or of all but those in doubt.
    pub span: Option<i64>,
    /// When each was known, rising.
    pub close_at: Vec<i64>,
    /// The stretches that may be of longer candles. Each candle of them is known when the next one starts, and the last of a file
    /// as long after its start as the longest of its stretch took.
    pub doubts: Vec<Doubt>,
    /// Tables of one candle among others, which says nothing of its length.
    pub alone: Vec<usize>,
}

/// Candles that may be longer than most.
#[derive(Debug)]
pub struct Doubt {
    /// Where they are.
    pub rows: Range<usize>,
    /// The length that the first of them may have.
    pub length: i64,
    /// The chance that gaps which fall anywhere would look so.
    chance: f64,
}

impl Lengths {
    /// Of one table whose times rise.
    pub fn of(times: &[i64]) -> Lengths {
        Lengths::of_parts(times, &[0])
    }

    /// Of tables one behind the other, which begin at these rows: each may be of its own length.
    pub fn of_parts(times: &[i64], parts: &[usize]) -> Lengths {
        let span = span(times);
        let mut lengths =
            Lengths { span, close_at: ends(times, span), doubts: Vec::new(), alone: Vec::new() };
        let Some(least) = span else { return lengths };
        for (at, &from) in parts.iter().enumerate() {
            let until = parts.get(at + 1).copied().unwrap_or(times.len());
            match until - from {
                1 if parts.len() > 1 => lengths.alone.push(from),
                _ => lengths.look(times, least, from..until),
            }
        }
        for Doubt { rows, .. } in &lengths.doubts {
            let longest = rows.clone().filter_map(|row| Some(times.get(row + 1)? - times[row])).max();
            for row in rows.clone() {
                let end = times[row].saturating_add(longest.unwrap_or(least));
                // Another file may begin before so much is over.
                lengths.close_at[row] = times.get(row + 1).map_or(end, |next| end.min(*next));
            }
        }
        lengths
    }

    /// The first candle that is of another length than most, by all likelihood, and that length.
    fn another(times: &[i64]) -> Option<(usize, i64)> {
        let mut lengths = Lengths::of(times);
        if lengths.span.is_none() {
            // They have no length throughout: some begin off the grid, or there are two lengths.
            let most = commonest(times)?;
            lengths.look(times, most, 0..times.len());
            if let Some(found) = in_a_row(times, most) {
                return Some(found);
            }
        }
        let surest = lengths.doubts.iter().find(|it| it.chance < ODD_CHANCE_MAX);
        surest.map(|it| (it.rows.start, it.length))
    }

    /// Finds the stretches in doubt of one part: rows of which each is followed by a longer step than the least.
    fn look(&mut self, times: &[i64], least: i64, part: Range<usize>) {
        let mut steps = BTreeMap::new();
        for pair in times.windows(2) {
            *steps.entry(pair[1] - pair[0]).or_insert(0_usize) += 1;
        }
        let step = |row: usize| times[row + 1] - times[row];
        let last = part.end - 1;
        let mut row = part.start;
        while row < last {
            let begin = row;
            while row < last && step(row) != least {
                row += 1;
            }
            let stretch = Stretch { rows: begin..row, begins: begin == part.start, ends: row == last };
            if let Some(chance) = stretch.chance_of_gaps(times, &steps, least) {
                // The last row of a part has the length of those before it, another one is followed by the least step.
                let rows = begin..row + usize::from(stretch.ends);
                self.doubts.push(Doubt { rows, length: step(begin), chance });
            }
            row += 1;
        }
    }
}

/// Rows none of which is followed by the least step.
struct Stretch {
    rows: Range<usize>,
    /// Whether the file begins or ends with them.
    begins: bool,
    ends: bool,
}

impl Stretch {
    /// The chance that these rows are followed by gaps, if it is so small that they may be longer candles. `steps` are how often each
    /// step comes in the file.
    fn chance_of_gaps(&self, times: &[i64], steps: &BTreeMap<i64, usize>, least: i64) -> Option<f64> {
        let Stretch { rows, begins, ends } = self;
        let is_inside = !begins && !ends;
        // A single one inside is a gap.
        if is_inside && rows.len() < 2 {
            return None;
        }
        let own = || rows.clone().map(|row| times[row + 1] - times[row]);
        let length = own().min().filter(|it| *it > least)?;
        // A part of longer steps alone has its own length.
        if *begins && *ends {
            return Some(0.0);
        }
        // The chance that gaps which fall anywhere make such steps in a row at one of so many places, by their share elsewhere. Where
        // a file begins is no chance.
        let all = times.len() - 1;
        let chance = |places: f64, is_like: &dyn Fn(i64) -> bool| {
            let like: usize = steps.iter().filter(|it| is_like(*it.0)).map(|it| it.1).sum();
            let share = (like - rows.len() + 1) as f64 / (all - rows.len() + 1) as f64;
            places * share.powi(i32::try_from(rows.len()).unwrap_or(i32::MAX))
        };
        // Those of a length that divides a day, or of days, which begin at multiples of it.
        let whole = length.min(QUARTER);
        let begin_whole = (DAY % length == 0 || length % DAY == 0)
            && own().all(|it| it % length == 0)
            && rows.clone().all(|row| times[row] % whole == 0);
        let some_quarter = least as f64 / whole.max(least) as f64;
        let places = match (*begins, is_inside) {
            (true, _) => 1.0,
            (_, true) => all as f64 * some_quarter,
            _ => some_quarter,
        };
        let of_whole =
            begin_whole.then(|| chance(places, &|step| step % length == 0)).filter(|it| *it < CHANCE_MAX);
        // Any others, as months among days. Two gaps side by side are seen now and then.
        let places = if is_inside { all as f64 } else { 1.0 };
        let are_enough = rows.len() > 1 + usize::from(is_inside);
        let of_any =
            are_enough.then(|| chance(places, &|step| step > least)).filter(|it| *it < ODD_CHANCE_MAX);
        of_whole.into_iter().chain(of_any).reduce(f64::min)
    }
}

/// When each candle is known: its length after its start where all are of one length, else (calendar months) when the next
/// one starts, and the last as long after its start as the longest took.
#[must_use]
pub fn ends(open_at: &[i64], span: Option<i64>) -> Vec<i64> {
    if let Some(span) = span {
        return open_at.iter().map(|it| it.saturating_add(span)).collect();
    }
    let longest = open_at.windows(2).map(|it| it[1] - it[0]).max().unwrap_or(1);
    let last = open_at.last().map(|it| it.saturating_add(longest));
    open_at.iter().skip(1).copied().chain(last).collect()
}

/// The smallest distance of two rows, if all are multiples of it, none is more common, and none comes so often in a row that it
/// is no gap but the length of other candles. A row too many among hours, or hours before minutes, would else make minutes of
/// them all, and each be known long before its end.
fn span(times: &[i64]) -> Option<i64> {
    let steps = times.windows(2).map(|it| it[1].saturating_sub(it[0]));
    let least = steps.clone().min().filter(|it| *it > 0)?;
    // How often each step comes, and how often in a row at most.
    let mut counts: BTreeMap<i64, (usize, usize)> = BTreeMap::new();
    let (mut last, mut in_a_row) = (least, 0);
    for step in steps {
        if step % least != 0 {
            return None;
        }
        in_a_row = if step == last { in_a_row + 1 } else { 1 };
        last = step;
        let (count, longest) = counts.entry(step).or_default();
        (*count, *longest) = (*count + 1, in_a_row.max(*longest));
    }
    let all = times.len() - 1;
    let (of_least, _) = counts.remove(&least)?;
    let are_gaps =
        counts.values().all(|&(count, longest)| count <= of_least && !is_a_length(count, longest, all));
    are_gaps.then_some(least)
}

/// Where a step other than the commonest comes so often in a row that it is the length of other candles, and that length.
fn in_a_row(times: &[i64], most: i64) -> Option<(usize, i64)> {
    let steps: Vec<i64> = times.windows(2).map(|it| it[1] - it[0]).collect();
    let mut row = 0;
    for stretch in steps.chunk_by(|a, b| a == b) {
        let (step, count) = (stretch[0], steps.iter().filter(|it| **it == stretch[0]).count());
        if step != most && stretch.len() > 2 && is_a_length(count, stretch.len(), steps.len()) {
            return Some((row, step));
        }
        row += stretch.len();
    }
    None
}

/// Whether a step that is `count` of `all` comes `longest` times in a row where gaps that fall anywhere would do so in less than
/// one of a million files: all * share^longest, the expected number of such runs.
fn is_a_length(count: usize, longest: usize, all: usize) -> bool {
    let (share, times) = (count as f64 / all as f64, i32::try_from(longest).unwrap_or(i32::MAX));
    longest > 2 && all as f64 * share.powi(times) < 1e-6
}

/// The step between two times that is most common, of equally common ones the shortest.
#[must_use]
pub fn commonest(times: &[i64]) -> Option<i64> {
    let mut counts = BTreeMap::new();
    for pair in times.windows(2).filter(|it| it[1] > it[0]) {
        *counts.entry(pair[1] - pair[0]).or_insert(0_usize) += 1;
    }
    counts.iter().max_by_key(|it| (*it.1, Reverse(*it.0))).map(|it| *it.0)
}
