//! The matrix profile of an item over a file: shapes that come again and what followed them, windows that are like no other,
//! and where the series changes. `join` compares two files; `past` tells what was known as each window ended.

pub mod join;
pub mod past;

mod page;

pub use page::study;

use super::compute::{Asked, Computed, compute};
use super::table::Table as Rows;
use super::{PageError, plot};
use crate::parallel;
use scalp_features::expr::split_list;
use scalp_indicators::profile::{
    Anomaly, Discord, Error, Join, Motif, Neighbour, Profile, anomalies, corrected_arcs, discords,
    distance_profile, exclusion_zone, followed, ideal_arcs, regimes,
};
use std::path::Path;

/// An occurrence of a motif is at most so many times as far from it as its two windows are from each other (Mueen et al. 2009).
const RADIUS: f64 = 2.0;
/// Windows nearer than this to either end, in windows, have no arc curve; changes are as far from each other.
const EDGE: usize = 5;
/// Parts of the work for each thread, so that none waits long for the last.
const PARTS: usize = 8;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// The items, as a list; each has a profile of its own.
    pub list: String,
    /// Rows in a window.
    pub window: usize,
    /// Motifs at most.
    pub motifs: usize,
    /// Discords at most.
    pub discords: usize,
    /// Rows after a motif over which the return is taken.
    pub horizon: usize,
    /// Windows farther from all others than this share of windows are unusual, in per cent.
    pub percent: f64,
    /// Windows told on either side of unusual ones.
    pub context: usize,
    /// Changes of regime at most.
    pub regimes: usize,
    /// How items are computed.
    pub asked: Asked,
}

/// What followed the windows that look like a motif.
#[derive(Debug, Clone, PartialEq)]
pub struct Followed {
    /// Where these windows start, in order; none shares more than its exclusion zone allows with another.
    pub starts: Vec<usize>,
    /// Returns of the price over the horizon after each of them, as far as the rows reach.
    pub returns: Vec<f64>,
}

/// The profile of one item, and what it tells.
#[derive(Debug, Clone)]
pub struct Shapes {
    /// The item.
    pub name: String,
    /// Its values.
    pub values: Vec<f64>,
    /// Of each window the nearest other.
    pub profile: Profile,
    /// Shapes that come again, the nearest first, with what followed.
    pub motifs: Vec<(Motif, Followed)>,
    /// Windows that are like no other, the farthest first.
    pub discords: Vec<Discord>,
    /// Runs of unusual windows, in order.
    pub anomalies: Vec<Anomaly>,
    /// The corrected arc curve; empty where there are too few windows for one.
    pub arcs: Vec<f64>,
    /// Where the regime changes, the surest first.
    pub regimes: Vec<usize>,
}

/// What is known of a file's shapes.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The items, computed.
    pub computed: Computed,
    /// The profile of each.
    pub shapes: Vec<Shapes>,
    /// The mean return over the horizon after any row, to compare with.
    pub base: Option<f64>,
}

/// Computes the items and their profiles, divided among threads; the answer does not depend on the division.
pub fn answer(path: &Path, table: &Rows, question: &Question) -> Result<Answer, PageError> {
    let (prices, computed) = items(path, table, &question.list, &question.asked)?;
    let shapes = computed
        .columns
        .iter()
        .map(|(name, values)| of(name, values, &prices, question).map_err(|why| refused(name, &why)))
        .collect::<Result<_, _>>()?;
    Ok(Answer { shapes, base: base(&prices, question.horizon), computed })
}

/// The price of each row, and the items.
fn items(path: &Path, table: &Rows, list: &str, asked: &Asked) -> Result<(Vec<f64>, Computed), PageError> {
    let price = asked.price(table);
    let items: Vec<&str> = std::iter::once(price).chain(split_list(list)).collect();
    let mut computed = compute(path, table, &items, asked)?;
    let prices = computed.columns.remove(0).1;
    if let Some(name) = plot::silent(&computed.columns).first() {
        return Err(PageError::Asked(format!("{name} has no value in any of the {} rows", prices.len())));
    }
    Ok((prices, computed))
}

fn refused(name: &str, why: &Error) -> PageError {
    PageError::Asked(format!("{name}: {why}"))
}

/// The mean return over the horizon after any row.
fn base(prices: &[f64], horizon: usize) -> Option<f64> {
    mean_and_error(&(0..prices.len()).filter_map(|at| followed(prices, at, 1, horizon)).collect::<Vec<_>>()).0
}

/// Mean and its standard error, as far as there are enough.
fn mean_and_error(values: &[f64]) -> (Option<f64>, Option<f64>) {
    let n = values.len() as f64;
    let mean = (n > 0.0).then(|| values.iter().sum::<f64>() / n);
    let squares = |mean: f64| values.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>();
    let error = mean.filter(|_| n > 1.0).map(|mean| (squares(mean) / (n - 1.0) / n).sqrt());
    (mean, error)
}

/// The profile of a join, divided among threads.
fn walked(join: &Join, asked: &Asked) -> Result<Profile, Error> {
    let ranges = join.split(asked.threads.get().saturating_mul(PARTS));
    let mut parts =
        parallel::map(asked.threads, ranges.len(), |at| join.part(ranges[at].clone())).into_iter();
    let mut whole = parts.next().unwrap_or_else(|| join.part(0..0))?;
    for part in parts {
        whole.merge(&part?)?;
    }
    join.finish(&whole)
}

fn of(name: &str, values: &[f64], prices: &[f64], question: &Question) -> Result<Shapes, Error> {
    let profile = walked(&Join::of_itself(values, question.window)?, &question.asked)?;
    let window = question.window;
    let told = |it: &Motif| {
        // The two of the motif are occurrences, however near something else is.
        let query = &values[it.first..it.first + window];
        let starts = alike(query, values, RADIUS * it.distance, &[it.first, it.second])?;
        Ok([Followed::after(starts, prices, question)])
    };
    let edge = EDGE * window;
    let indices = profile.indices();
    let arcs = if question.regimes > 0 && indices.len() > 2 * edge {
        corrected_arcs(&indices, &ideal_arcs(indices.len()), edge)?
    } else {
        Vec::new()
    };
    let motifs = pairs(&profile, question.motifs, told)?.into_iter().map(|(it, [after])| (it, after));
    Ok(Shapes {
        name: name.to_owned(),
        values: values.to_vec(),
        motifs: motifs.collect(),
        discords: discords(&profile, question.discords),
        anomalies: anomalies(&profile, question.percent, question.context)?,
        regimes: regimes(&arcs, question.regimes, edge),
        arcs,
        profile,
    })
}

/// Where the windows of a series start that lie within `radius` of a query, in order: first those of `seeds`, then the nearest,
/// none of which starts within the exclusion zone of another.
fn alike(query: &[f64], series: &[f64], radius: f64, seeds: &[usize]) -> Result<Vec<usize>, Error> {
    let distances = distance_profile(query, series)?;
    let near = |it: &(usize, f64)| it.1 <= radius;
    let mut all: Vec<(usize, f64)> =
        distances.iter().enumerate().filter_map(|(at, it)| it.map(|it| (at, it))).filter(near).collect();
    all.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let zone = exclusion_zone(query.len());
    let mut starts = seeds.to_vec();
    for (at, _) in all {
        if starts.iter().all(|it| it.abs_diff(at) > zone) {
            starts.push(at);
        }
    }
    starts.sort_unstable();
    Ok(starts)
}

/// The nearest pairs of windows, each shape once: windows that start within the exclusion zone of one that looks like a pair told
/// before are in no other. `told` answers what follows the windows that look like a pair, in the first series and, where the
/// windows of a pair are of two, in the second.
fn pairs<const N: usize>(
    profile: &Profile,
    most: usize,
    told: impl Fn(&Motif) -> Result<[Followed; N], Error>,
) -> Result<Vec<(Motif, [Followed; N])>, Error> {
    let near = |(first, it): (usize, &Option<Neighbour>)| {
        it.as_ref().map(|it| Motif { first, second: it.index, distance: it.distance })
    };
    let mut all: Vec<Motif> = profile.nearest.iter().enumerate().filter_map(near).collect();
    all.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.first.cmp(&b.first)));
    let zone = exclusion_zone(profile.window);
    let mut found: Vec<(Motif, [Followed; N])> = Vec::new();
    for it in all {
        if found.len() == most {
            break;
        }
        // Of one series both members are looked for among the same windows.
        let is_told = |(_, after): &(Motif, [Followed; N])| {
            let among = |side: usize, at: usize| after[side].starts.iter().any(|it| it.abs_diff(at) <= zone);
            among(0, it.first) || among(N - 1, it.second)
        };
        if !found.iter().any(is_told) {
            found.push((it, told(&it)?));
        }
    }
    Ok(found)
}

impl Followed {
    fn after(starts: Vec<usize>, prices: &[f64], question: &Question) -> Followed {
        let of = |at: &usize| followed(prices, *at, question.window, question.horizon);
        Followed { returns: starts.iter().filter_map(of).collect(), starts }
    }
}

/// The columns of the profiles: of each item the distance of the window that starts at the row, and the row where its nearest
/// starts, counted from 0. The rows in which no whole window starts, and windows without a neighbour, have none.
#[must_use]
pub fn columns(answer: &Answer) -> Computed {
    let of = answer.shapes.iter().map(|it| (it.name.as_str(), it.profile.nearest.as_slice()));
    nearest_columns(&answer.computed, of)
}

fn nearest_columns<'a>(
    computed: &Computed,
    profiles: impl Iterator<Item = (&'a str, &'a [Option<Neighbour>])>,
) -> Computed {
    let mut columns = Vec::new();
    for (name, nearest) in profiles {
        let column = |of: fn(&Neighbour) -> f64| {
            let known = nearest.iter().map(|it| it.as_ref().map_or(f64::NAN, of));
            known.chain(std::iter::repeat(f64::NAN)).take(computed.times.len()).collect()
        };
        columns.push((format!("{name}.distance"), column(|it| it.distance)));
        columns.push((format!("{name}.nearest"), column(|it| it.index as f64)));
    }
    Computed { columns, ..computed.clone() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::super::table::Holds;
    use super::*;
    use scalp_quant::rng::Key;
    use std::num::NonZero;

    const SHAPE: [f64; 12] = [0.0, 3.0, 1.0, 7.0, 2.0, 9.0, 4.0, 4.5, 1.0, 0.0, 6.0, 5.0];

    /// A walk with the same shape at 100, a little bent at 300 and the other way at 420, after each of which the price stays
    /// 4 % higher.
    pub(super) fn bars() -> Rows {
        let mut stream = Key::named(3, "matrix profile").stream(0);
        let mut price = 1_000.0;
        let mut close: Vec<f64> = Vec::new();
        while close.len() < 600 {
            if let Some((_, bent)) =
                [(100, 0.0), (300, 0.05), (420, -0.07)].iter().find(|it| it.0 == close.len())
            {
                let scale = 1.0 + close.len() as f64 / 300.0;
                let bend =
                    |(at, it): (usize, f64)| price + scale * (it + if at % 2 == 0 { *bent } else { -bent });
                close.extend(SHAPE.into_iter().enumerate().map(bend));
                price = close.last().unwrap() * 1.04;
            }
            close.push(price);
            price *= 1.0 + 0.002 * stream.normal();
        }
        let volume = (0..close.len()).map(|it| 1.0 + (it % 7) as f64).collect();
        let times = (0..close.len() as i64).map(|it| it * 60_000_000_000).collect();
        let columns = [
            close.clone(),
            close.iter().map(|it| it + 1.0).collect(),
            close.iter().map(|it| it - 1.0).collect(),
            close,
        ];
        Rows::candles(times, columns, volume)
    }

    /// The first rows of candles.
    pub(super) fn first(rows: &Rows, count: usize) -> Rows {
        let Holds::Bars { columns, .. } = &rows.holds else { panic!("candles") };
        let column = |at: usize| columns[at][..count].to_vec();
        Rows::candles(rows.times[..count].to_vec(), [0, 1, 2, 3].map(column), column(4))
    }

    pub(super) fn question(threads: usize) -> Question {
        let asked = Asked { threads: NonZero::new(threads).unwrap(), bars: None, keep_going: false };
        Question {
            list: "close".into(),
            window: 12,
            motifs: 3,
            discords: 2,
            horizon: 1,
            percent: 99.0,
            context: 10,
            regimes: 2,
            asked,
        }
    }

    #[test]
    fn a_planted_shape_is_found_with_what_followed_it() {
        let answer = answer(Path::new("bars"), &bars(), &question(1)).unwrap();
        let shapes = &answer.shapes[0];
        let (motif, after) = &shapes.motifs[0];
        assert_eq!((motif.first, motif.second), (100, 300));
        assert!(motif.distance < 0.1, "{motif:?}");
        assert_eq!(after.starts, [100, 300, 420]);
        assert!(after.returns.iter().all(|it| (it - 0.04).abs() < 1e-9), "{after:?}");
        assert!(answer.base.unwrap().abs() < 0.002);
        assert_eq!(shapes.arcs.len(), 600 - 11);
    }

    #[test]
    fn threads_change_nothing_and_columns_hold_the_profile() {
        let (one, four) = (
            answer(Path::new("bars"), &bars(), &question(1)).unwrap(),
            answer(Path::new("bars"), &bars(), &question(4)).unwrap(),
        );
        assert_eq!(one.shapes[0].profile, four.shapes[0].profile);
        let made = columns(&one);
        assert_eq!(made.columns[0].0, "close.distance");
        assert_eq!(made.columns[1].0, "close.nearest");
        assert!((made.columns[1].1[100] - 300.0).abs() < 1e-9);
        assert!(made.columns[0].1[589].is_nan() && made.columns[0].1[588].is_finite());
        assert_eq!(made.columns[0].1.len(), made.times.len());
    }

    /// Windows that look like a motif are in no other: one that comes often does not fill the list with itself, a row later.
    #[test]
    fn what_looks_like_a_motif_is_in_no_other() {
        let mut stream = Key::named(9, "once").stream(0);
        let mut value = |row: usize| match row % 40 {
            at @ 0..12 => 100.0 + SHAPE[at] + 0.01 * stream.normal(),
            _ => 100.0 + 10.0 * stream.normal(),
        };
        let close: Vec<f64> = (0..600).map(&mut value).collect();
        let columns = [close.clone(), close.clone(), close.clone(), close];
        let rows = Rows::candles((0..600).map(|it| it * 60_000_000_000).collect(), columns, vec![1.0; 600]);
        let answer = answer(Path::new("bars"), &rows, &question(1)).unwrap();
        let (motif, after) = &answer.shapes[0].motifs[0];
        assert!(motif.first % 40 < 2 && after.starts.len() >= 4, "{motif:?} {after:?}");
        for (other, _) in &answer.shapes[0].motifs[1..] {
            for member in [other.first, other.second] {
                assert!(after.starts.iter().all(|it| it.abs_diff(member) > 3), "{other:?} {after:?}");
            }
        }
        // A market that stands still is one shape too.
        let mut still = bars();
        let Holds::Bars { columns, .. } = &mut still.holds else { panic!("candles") };
        columns[3][200..280].fill(1_000.0);
        let answer = super::answer(Path::new("bars"), &still, &question(1)).unwrap();
        let flat = answer.shapes[0].motifs.iter().filter(|it| it.0.distance <= 0.0).count();
        assert_eq!(flat, 1);
    }

    #[test]
    fn a_window_longer_than_the_file_is_refused_with_the_item() {
        let error = answer(Path::new("bars"), &bars(), &Question { window: 599, ..question(1) }).unwrap_err();
        assert!(error.to_string().starts_with("close: "), "{error}");
    }
}
