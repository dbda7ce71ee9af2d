//! What was known as each window ended: its nearest window of the past alone, what had followed such windows by then, and the
//! changes of regime when they showed. Later rows alter nothing of it.

mod page;

pub use page::study;

use super::{EDGE, Followed, Question, RADIUS, alike, items, mean_and_error, refused, walked};
use crate::features::PageError;
use crate::features::compute::Computed;
use crate::features::entry::{entries, told};
use crate::features::table::Table as Rows;
use crate::parallel;
use scalp_indicators::profile::{Error, Floss, Join, Neighbour, exclusion_zone, followed, ideal_right_arcs};
use std::path::Path;

/// What is asked beyond the common question.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// The last rows by whose distances a new one is judged, and in which changes of regime are sought.
    pub held: usize,
    /// A change of regime shows when fewer arcs than this share of those expected run over a place.
    pub arcs_below: f64,
}

/// A window that was as near to an earlier one as few before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Where it starts. It was known when it ended.
    pub start: usize,
    /// The nearest earlier window.
    pub nearest: Neighbour,
    /// Earlier windows that looked like it and whose return was known by then.
    pub before: Followed,
    /// The return after it, which came later.
    pub came: Option<f64>,
}

impl Match {
    /// The mean return after the earlier windows; none where nothing had followed yet.
    #[must_use]
    pub fn foretold(&self) -> Option<f64> {
        super::mean_and_error(&self.before.returns).0
    }
}

/// A change of regime.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Where it lies.
    pub at: usize,
    /// The row with which it showed.
    pub known_at: usize,
    /// The share of arcs that ran over it then.
    pub arcs: f64,
}

/// What foretelling by earlier windows was worth, over matches whose returns do not overlap.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Worth {
    /// Matches with a return foretold and one that came.
    pub matches: usize,
    /// Of them, those that foretold the sign that came.
    pub right: usize,
    /// The correlation of both; none of fewer than three, or where either is constant.
    pub correlation: Option<f64>,
}

/// One item, window by window.
#[derive(Debug, Clone)]
pub struct Known {
    /// The item.
    pub name: String,
    /// Its values.
    pub values: Vec<f64>,
    /// Of each window the nearest earlier one.
    pub left: Vec<Option<Neighbour>>,
    /// Distances below and above which a window was unusual, by those before it.
    pub limits: Vec<Option<[f64; 2]>>,
    /// The first of each run of windows that were unusually near, in order.
    pub matches: Vec<Match>,
    /// The first of each run of windows that were unusually far, in order.
    pub alone: Vec<usize>,
    /// Changes of regime in the order in which they showed; none where there are too few rows.
    pub changes: Option<Vec<Change>>,
    /// What was foretold, and what came.
    pub worth: Worth,
}

/// What was known of a file's shapes.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The items, computed.
    pub computed: Computed,
    /// Each of them.
    pub known: Vec<Known>,
    /// The mean return over the horizon after any row.
    pub base: Option<f64>,
    /// What follows each row.
    pub prices: Prices,
    /// What is said of rows after which the return is counted from a later one, as they were known no sooner; none where there are
    /// none.
    pub later: Option<String>,
}

/// The prices of rows, and from where the return after each is counted.
#[derive(Debug, Clone)]
pub struct Prices {
    of: Vec<f64>,
    entries: Vec<usize>,
}

impl Prices {
    /// The row from whose price the return after a window is counted: that with which it ends, or the last that had begun when
    /// that was known, or was known with it.
    fn entry(&self, start: usize, window: usize) -> Option<usize> {
        self.entries.get(start.checked_add(window)?.checked_sub(1)?).copied()
    }

    /// The return over the horizon after a window.
    fn followed(&self, start: usize, window: usize, horizon: usize) -> Option<f64> {
        followed(&self.of, self.entry(start, window)?, 1, horizon)
    }

    /// The same, where it had come when the window ended that starts at `seen`.
    fn come(&self, start: usize, seen: usize, window: usize, horizon: usize) -> Option<f64> {
        let last = self.entry(start, window)?.checked_add(horizon)?;
        (last < seen + window).then(|| self.followed(start, window, horizon)).flatten()
    }
}

/// Computes the items and what was known of each, divided among threads; the answer does not depend on the division.
pub fn answer(path: &Path, table: &Rows, question: &Question, memory: &Memory) -> Result<Answer, PageError> {
    let (prices, computed) = items(path, table, &question.list, &question.asked)?;
    let entries = entries(&computed);
    let later = told(&computed, &entries);
    let prices = Prices { of: prices, entries };
    let known = computed
        .columns
        .iter()
        .map(|(name, values)| of(name, values, &prices, question, memory).map_err(|why| refused(name, &why)))
        .collect::<Result<_, _>>()?;
    let all = (0..prices.of.len()).filter_map(|at| prices.followed(at, 1, question.horizon));
    let base = mean_and_error(&all.collect::<Vec<f64>>()).0;
    Ok(Answer { known, base, computed, prices, later })
}

fn of(
    name: &str,
    values: &[f64],
    prices: &Prices,
    question: &Question,
    memory: &Memory,
) -> Result<Known, Error> {
    // What a join finds to the left of a window is what was there when it ended, to the last bit.
    let left = walked(&Join::of_itself(values, question.window)?, &question.asked)?.left;
    let limits = limits(&left, memory.held, question.percent);
    let is = |near: bool| {
        move |it: &Neighbour, limits: &[f64; 2]| {
            if near { it.distance < limits[0] } else { it.distance > limits[1] }
        }
    };
    let starts = first_of_runs(&left, &limits, question.window, is(true));
    let threads = question.asked.threads;
    let made =
        parallel::map(threads, starts.len(), |at| matched(starts[at], &left, values, prices, question));
    let matches = made.into_iter().flatten().collect::<Result<Vec<Match>, Error>>()?;
    Ok(Known {
        name: name.to_owned(),
        values: values.to_vec(),
        alone: first_of_runs(&left, &limits, question.window, is(false)),
        changes: changes(values, question, memory)?,
        worth: worth(&matches, prices, question),
        matches,
        limits,
        left,
    })
}

/// The least distance that is usual and the greatest, of the windows that ended before each: the last `held`, once there are a
/// tenth of them.
fn limits(left: &[Option<Neighbour>], held: usize, percent: f64) -> Vec<Option<[f64; 2]>> {
    let least = (held / 10).max(2);
    // However many are asked for, there are no more.
    let held = held.min(left.len() + 1);
    let mut sorted: Vec<f64> = Vec::with_capacity(held);
    let mut order = std::collections::VecDeque::with_capacity(held);
    let place = |sorted: &[f64], share: f64| {
        let at = share * (sorted.len() - 1) as f64;
        let (below, above) = (at.floor() as usize, at.ceil() as usize);
        sorted[below] + (sorted[above] - sorted[below]) * (at - below as f64)
    };
    let step = |it: &Option<Neighbour>| {
        let known = (sorted.len() >= least)
            .then(|| [place(&sorted, 1.0 - percent / 100.0), place(&sorted, percent / 100.0)]);
        if let Some(it) = it {
            if order.len() == held
                && let Some(oldest) = order.pop_front()
            {
                let at = sorted.partition_point(|other| *other < oldest);
                sorted.remove(at);
            }
            order.push_back(it.distance);
            sorted.insert(sorted.partition_point(|other| *other < it.distance), it.distance);
        }
        known
    };
    left.iter().map(step).collect()
}

/// The windows that are unusual, without those that share a value with the last one taken.
fn first_of_runs(
    left: &[Option<Neighbour>],
    limits: &[Option<[f64; 2]>],
    window: usize,
    is: impl Fn(&Neighbour, &[f64; 2]) -> bool,
) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    for (start, (it, limits)) in left.iter().zip(limits).enumerate() {
        let is_unusual = it.as_ref().zip(limits.as_ref()).is_some_and(|(it, limits)| is(it, limits));
        if is_unusual && found.last().is_none_or(|last| start - last >= window) {
            found.push(start);
        }
    }
    found
}

/// A match with what was known of windows like it when it ended.
fn matched(
    start: usize,
    left: &[Option<Neighbour>],
    values: &[f64],
    prices: &Prices,
    question: &Question,
) -> Option<Result<Match, Error>> {
    let (window, horizon) = (question.window, question.horizon);
    let nearest = left[start]?;
    let query = &values[start..start + window];
    // The last window that is not in the exclusion zone ends here.
    let seen = &values[..(start + window).saturating_sub(exclusion_zone(window) + 1)];
    let all = match alike(query, seen, RADIUS * nearest.distance, &[nearest.index]) {
        Ok(all) => all,
        Err(why) => return Some(Err(why)),
    };
    // A return is known once its last row has come.
    let is_over =
        |it: &usize| prices.entry(*it, window).is_some_and(|it| it.saturating_add(horizon) < start + window);
    let starts: Vec<usize> = all.into_iter().filter(is_over).collect();
    let returns = starts.iter().filter_map(|it| prices.followed(*it, window, horizon)).collect();
    let came = prices.followed(start, window, horizon);
    Some(Ok(Match { start, nearest, before: Followed { starts, returns }, came }))
}

/// Changes as they show, each told once: no other within the edge of it.
fn changes(values: &[f64], question: &Question, memory: &Memory) -> Result<Option<Vec<Change>>, Error> {
    let (window, held) = (question.window, memory.held);
    let edge = EDGE * window;
    if held < window || values.len() < held || held - window < 2 * edge {
        return Ok(None);
    }
    let mut floss = Floss::new(&values[..held], window, ideal_right_arcs(held - window + 1), edge)?;
    let mut found: Vec<Change> = Vec::new();
    for (known_at, &value) in values.iter().enumerate().skip(held - 1) {
        // The first rows are there already.
        if known_at >= held {
            floss.push(value)?;
        }
        let first = floss.stream().first();
        let curve = floss.curve().iter().copied().enumerate();
        let least = curve.min_by(|a, b| a.1.total_cmp(&b.1)).filter(|it| it.1 < memory.arcs_below);
        let Some((place, arcs)) = least else { continue };
        let at = first + place;
        if found.iter().all(|it| it.at.abs_diff(at) > edge) {
            found.push(Change { at, known_at, arcs });
        }
    }
    Ok(Some(found))
}

fn worth(matches: &[Match], prices: &Prices, question: &Question) -> Worth {
    let mut pairs: Vec<(f64, f64)> = Vec::new();
    let mut free = 0;
    for it in matches {
        // Two returns that share rows are no two trials.
        let Some(entry) = prices.entry(it.start, question.window).filter(|it| *it >= free) else { continue };
        let Some(pair) = it.foretold().zip(it.came) else { continue };
        free = entry + question.horizon;
        pairs.push(pair);
    }
    let n = pairs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (told, came) = (mean(|it| it.0), mean(|it| it.1));
    let sum = |of: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|it| of(it.0 - told, it.1 - came)).sum::<f64>();
    let norm = (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt();
    Worth {
        matches: pairs.len(),
        right: pairs.iter().filter(|it| it.0 * it.1 > 0.0).count(),
        correlation: (pairs.len() > 2 && norm > 0.0).then(|| sum(&|a, b| a * b) / norm),
    }
}

/// The columns of what was known: in the row with which a window ends, its distance to the nearest earlier one, the row where that
/// starts (counted from 0), and the return after it, where it had come by then.
#[must_use]
pub fn columns(answer: &Answer, question: &Question) -> Computed {
    let (rows, window, horizon) = (answer.computed.times.len(), question.window, question.horizon);
    let mut columns = Vec::new();
    for it in &answer.known {
        let column = |of: &dyn Fn(usize, &Neighbour) -> Option<f64>| -> Vec<f64> {
            let known = it.left.iter().enumerate();
            let known = known.map(|(at, it)| it.as_ref().and_then(|it| of(at, it)).unwrap_or(f64::NAN));
            std::iter::repeat_n(f64::NAN, window - 1).chain(known).take(rows).collect()
        };
        let after = |at: usize, it: &Neighbour| answer.prices.come(it.index, at, window, horizon);
        columns.push((format!("{}.distance", it.name), column(&|_, it| Some(it.distance))));
        columns.push((format!("{}.nearest", it.name), column(&|_, it| Some(it.index as f64))));
        columns.push((format!("{}.after_nearest", it.name), column(&after)));
    }
    Computed { columns, ..answer.computed.clone() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::super::tests::{bars, question};
    use super::*;

    const MEMORY: Memory = Memory { held: 150, arcs_below: 0.4 };

    /// Over six rows, so that the price that stays higher is in what follows a match which is known a little early.
    fn asked() -> Question {
        Question { horizon: 6, ..question(2) }
    }

    fn answer(rows: &Rows) -> Answer {
        super::answer(Path::new("bars"), rows, &asked(), &MEMORY).unwrap()
    }

    #[test]
    fn a_shape_is_a_match_when_it_comes_again_and_foretells_by_what_had_followed() {
        let answer = answer(&bars());
        let known = &answer.known[0];
        assert!(known.matches.iter().all(|it| it.nearest.index < it.start), "{:?}", known.matches);
        let near = |start: usize| known.matches.iter().find(|it| it.start.abs_diff(start) < 5);
        // The first of three could not be known for one.
        assert!(near(100).is_none());
        for (start, before) in [(300, 1), (420, 2)] {
            let it = near(start).unwrap();
            assert!((0..before).any(|at| it.nearest.index + [start - 100, 120][at] == it.start), "{it:?}");
            assert!(it.before.starts.iter().all(|at| at + 6 <= it.start), "{it:?}");
            assert!(it.foretold().unwrap() > 0.02 && it.came.unwrap() > 0.02, "{it:?}");
        }
    }

    /// Each row was known when the next but one began.
    #[test]
    fn a_return_begins_when_its_window_was_known_and_is_known_no_sooner() {
        let at_once = Prices { of: vec![1.0, 2.0, 4.0, 5.0, 10.0, 9.0], entries: (0..6).collect() };
        let late = Prices { entries: vec![1, 2, 3, 4, 5, 5], ..at_once.clone() };
        // A window of two rows, and the return over one row after it.
        assert_eq!((at_once.followed(1, 2, 1), late.followed(1, 2, 1)), (Some(0.25), Some(1.0)));
        assert_eq!((at_once.come(1, 2, 2, 1), late.come(1, 2, 2, 1)), (Some(0.25), None));
        assert_eq!(late.come(1, 3, 2, 1), Some(1.0));
        assert_eq!(late.followed(3, 2, 1), None, "nothing has followed yet");
    }

    #[test]
    fn a_match_that_is_drawn_has_the_number_of_its_row() {
        let answer = answer(&bars());
        let study = study(Path::new("bars"), &answer, &asked(), &MEMORY);
        let section = study.sections.iter().find(|it| it.name.ends_with(": matches")).unwrap();
        assert!(section.rows.len() > 1 && answer.known[0].matches.len() == section.rows.len());
        let mut drawn = 0;
        for chart in &study.charts {
            let Some((_, number)) = chart.name.split_once(": match ") else { continue };
            let Ok(scalp_report::study::chart::Body::Plane(plane)) = &chart.body else { panic!("a plane") };
            let it = &answer.known[0].matches[number.parse::<usize>().unwrap() - 1];
            let starts = super::super::page::time(answer.computed.times[it.start]);
            assert_eq!(plane.layers.last().unwrap().name, starts, "{}", chart.name);
            drawn += 1;
        }
        assert_eq!(drawn, section.rows.len().min(3));
    }

    #[test]
    fn later_rows_change_nothing_that_was_known() {
        let whole = answer(&bars());
        let made = columns(&whole, &asked());
        for cut in [320, 430, 599] {
            let short = answer(&super::super::tests::first(&bars(), cut));
            let of_short = columns(&short, &asked());
            for (long, short) in made.columns.iter().zip(&of_short.columns) {
                let bits = |all: &[f64]| all[..cut].iter().map(|it| it.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(&long.1), bits(&short.1), "{} at {cut}", long.0);
            }
            let (long, short) = (&whole.known[0], &short.known[0]);
            let ended = |it: &&Match| it.start + 12 <= cut;
            let told = |all: &[Match]| -> Vec<(usize, Neighbour, Followed)> {
                all.iter().filter(ended).map(|it| (it.start, it.nearest, it.before.clone())).collect()
            };
            assert_eq!(told(&long.matches), told(&short.matches));
            let shown = |all: &Known| -> Vec<Change> {
                all.changes.iter().flatten().filter(|it| it.known_at < cut).copied().collect()
            };
            assert_eq!(shown(long), shown(short));
        }
    }

    #[test]
    fn a_change_of_regime_shows_after_it_was_and_is_told_once() {
        // Two shapes that repeat, one after the other.
        let value = |row: usize| {
            let step = row as f64 * if row < 400 { 0.5 } else { 1.7 };
            step.sin() * 10.0 + (row as f64 * 0.77).cos() + 100.0
        };
        let close: Vec<f64> = (0..800).map(value).collect();
        let times = (0..800).map(|it| it * 60_000_000_000).collect();
        let columns = [close.clone(), close.clone(), close.clone(), close];
        let answer = answer(&Rows::candles(times, columns, vec![1.0; 800]));
        let changes = answer.known[0].changes.as_ref().unwrap();
        assert_eq!(changes.len(), 1, "{changes:?}");
        assert!(changes[0].at.abs_diff(400) < 20 && changes[0].known_at >= changes[0].at + EDGE * 12);
    }
}
