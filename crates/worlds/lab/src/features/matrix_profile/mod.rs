//! The matrix profile of an item over a file: shapes that come again and what followed them, windows that are like no other,
//! and where the series changes.

use super::compute::{Asked, Computed, compute};
use super::read::Table as Rows;
use super::{PageError, plot};
use crate::parallel;
use scalp_features::expr::split_list;
use scalp_indicators::profile::{
    self, Anomaly, Discord, Error, Join, Motif, Profile, anomalies, corrected_arcs, discords,
    distance_profile, exclusion_zone, followed, ideal_arcs, motifs, regimes,
};
use scalp_report::Study;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Cell, Section};
use scalp_types::Timestamp;
use std::ops::Range;
use std::path::Path;

/// An occurrence of a motif is at most so many times as far from it as its two windows are from each other (Mueen et al. 2009).
const RADIUS: f64 = 2.0;
/// Windows nearer than this to either end, in windows, have no arc curve; changes are as far from each other.
const EDGE: usize = 5;
/// Parts of the work for each thread, so that none waits long for the last.
const PARTS: usize = 8;
/// Runs of unusual windows that are told one by one.
const RUNS_SHOWN: usize = 25;
/// Motifs that are drawn.
const MOTIFS_DRAWN: usize = 3;
/// Further windows drawn with a motif.
const OTHERS_DRAWN: usize = 3;

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
    let price = question.asked.price(table);
    let items: Vec<&str> = std::iter::once(price).chain(split_list(&question.list)).collect();
    let mut computed = compute(path, table, &items, &question.asked)?;
    let prices = computed.columns.remove(0).1;
    if let Some(name) = plot::silent(&computed.columns).first() {
        return Err(PageError::Asked(format!("{name} has no value in any of the {} rows", prices.len())));
    }
    let refuse = |name: &str, why: &Error| PageError::Asked(format!("{name}: {why}"));
    let shapes = computed
        .columns
        .iter()
        .map(|(name, values)| of(name, values, &prices, question).map_err(|why| refuse(name, &why)))
        .collect::<Result<_, _>>()?;
    let every: Vec<f64> =
        (0..prices.len()).filter_map(|at| followed(&prices, at, 1, question.horizon)).collect();
    let base = (!every.is_empty()).then(|| every.iter().sum::<f64>() / every.len() as f64);
    Ok(Answer { computed, shapes, base })
}

fn of(name: &str, values: &[f64], prices: &[f64], question: &Question) -> Result<Shapes, Error> {
    let join = Join::of_itself(values, question.window)?;
    let threads = question.asked.threads;
    let ranges = join.split(threads.get() * PARTS);
    let mut parts = parallel::map(threads, ranges.len(), |at| join.part(ranges[at].clone())).into_iter();
    let mut whole = parts.next().unwrap_or_else(|| join.part(0..0))?;
    for part in parts {
        whole.merge(&part?)?;
    }
    let profile = join.finish(&whole)?;
    let found = motifs(&profile, question.motifs).into_iter();
    let with_returns = |it: Motif| Ok((it, occurrences(&it, values, prices, question)?));
    let edge = EDGE * question.window;
    let indices = profile.indices();
    let arcs = if question.regimes > 0 && indices.len() > 2 * edge {
        corrected_arcs(&indices, &ideal_arcs(indices.len()), edge)?
    } else {
        Vec::new()
    };
    Ok(Shapes {
        name: name.to_owned(),
        values: values.to_vec(),
        motifs: found.map(with_returns).collect::<Result<_, Error>>()?,
        discords: discords(&profile, question.discords),
        anomalies: anomalies(&profile, question.percent, question.context)?,
        regimes: regimes(&arcs, question.regimes, edge),
        arcs,
        profile,
    })
}

/// The windows that look like a motif, and the returns after them.
fn occurrences(
    motif: &Motif,
    values: &[f64],
    prices: &[f64],
    question: &Question,
) -> Result<Followed, Error> {
    let window = question.window;
    let distances = distance_profile(&values[motif.first..motif.first + window], values)?;
    let near = |it: &(usize, f64)| it.1 <= RADIUS * motif.distance;
    let mut all: Vec<(usize, f64)> =
        distances.iter().enumerate().filter_map(|(at, it)| it.map(|it| (at, it))).filter(near).collect();
    all.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let zone = exclusion_zone(window);
    // The two of the motif are occurrences, however near something else is.
    let mut starts = vec![motif.first, motif.second];
    for (at, _) in all {
        if starts.iter().all(|it| it.abs_diff(at) > zone) {
            starts.push(at);
        }
    }
    starts.sort_unstable();
    let returns = starts.iter().filter_map(|at| followed(prices, *at, window, question.horizon)).collect();
    Ok(Followed { starts, returns })
}

/// The columns of the profiles: of each item the distance of the window that starts at the row, and the row where its nearest
/// starts, counted from 0. The rows in which no whole window starts, and windows without a neighbour, have none.
#[must_use]
pub fn columns(answer: &Answer) -> Computed {
    let rows = answer.computed.times.len();
    let mut columns = Vec::new();
    for it in &answer.shapes {
        let column = |of: fn(&profile::Neighbour) -> f64| {
            let known = it.profile.nearest.iter().map(|it| it.as_ref().map_or(f64::NAN, of));
            known.chain(std::iter::repeat(f64::NAN)).take(rows).collect()
        };
        columns.push((format!("{}.distance", it.name), column(|it| it.distance)));
        columns.push((format!("{}.nearest", it.name), column(|it| it.index as f64)));
    }
    Computed { columns, ..answer.computed.clone() }
}

/// The answer for people.
#[must_use]
pub fn study(path: &Path, answer: &Answer, question: &Question) -> Study {
    let name = path.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
    let times = &answer.computed.times;
    let (first, last) = (times.first().map(|it| time(*it)), times.last().map(|it| time(*it)));
    let mut study = Study {
        title: format!("Matrix profile of windows of {} rows", question.window),
        sample: format!(
            "{name} \u{b7} {} rows, {} to {}",
            times.len(),
            first.unwrap_or_default(),
            last.unwrap_or_default()
        ),
        ..Study::default()
    };
    for shapes in &answer.shapes {
        sections(&mut study, shapes, answer, question);
        charts(&mut study, shapes, times, question);
    }
    let base = answer.base.map_or("unknown".to_owned(), |it| format!("{it:.6}"));
    study.notes.push(format!(
        "Distance: Euclidean, of windows brought to mean 0 and deviation 1, so that shape counts and neither level nor size; 0 \
         for equal shapes, at most {:.2} here. Windows that start {} rows or fewer apart are no neighbours.",
        2.0 * (question.window as f64).sqrt(),
        exclusion_zone(question.window)
    ));
    study.notes.push(format!(
        "Return after: of the price over the {} rows behind each window that lies within {RADIUS} times the motif's distance; \
         after any row it was {base}. The motifs were chosen on the same rows: what followed them is a description, no \
         forecast, and of few windows says little.",
        question.horizon
    ));
    study.notes.push(
        "All of it looks at the whole file, at later rows too: it is for study after the fact, not for trading at the time."
            .into(),
    );
    study
}

/// `2025-02-04 04:39:00`, with what there is of a second.
fn time(ns: i64) -> String {
    let text = Timestamp::from_nanos(ns).to_string().replace('T', " ");
    text.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The figures of one item.
fn sections(study: &mut Study, shapes: &Shapes, answer: &Answer, question: &Question) {
    let times = &answer.computed.times;
    let at = |row: usize| times.get(row).map_or_else(String::new, |it| time(*it));
    let span =
        |it: &Range<usize>| Cell::Text(format!("{} to {}", at(it.start), at(it.end.saturating_sub(1))));
    let title = |what: &str| format!("{}: {what}", shapes.name);
    let mut repeated = Section::with_columns(
        &title("motifs"),
        ["first", "second", "distance", "similarity", "windows", "return after", "standard error"],
    );
    for (number, (motif, after)) in shapes.motifs.iter().enumerate() {
        let (mean, error) = mean_and_error(&after.returns);
        repeated.row(
            &format!("{}", number + 1),
            vec![
                Cell::Text(at(motif.first)),
                Cell::Text(at(motif.second)),
                motif.distance.into(),
                motif.similarity().into(),
                after.starts.len().into(),
                mean.ok_or("no row follows").into(),
                error.ok_or("one window alone").into(),
            ],
        );
    }
    let mut alone = Section::with_columns(&title("discords"), ["from", "to", "distance"]);
    for (number, it) in shapes.discords.iter().enumerate() {
        let end = it.index + question.window - 1;
        let cells = vec![Cell::Text(at(it.index)), Cell::Text(at(end)), it.distance.into()];
        alone.row(&format!("{}", number + 1), cells);
    }
    let mut unusual = Section::with_columns(
        &title(&format!("above {} % of the distances", question.percent)),
        ["windows from", "context", "peak", "distance"],
    );
    let mut farthest: Vec<&Anomaly> = shapes.anomalies.iter().collect();
    farthest.sort_by(|a, b| b.distance.total_cmp(&a.distance).then(a.peak.cmp(&b.peak)));
    farthest.truncate(RUNS_SHOWN);
    farthest.sort_by_key(|it| it.peak);
    for (number, it) in farthest.iter().enumerate() {
        let cells = vec![span(&it.windows), span(&it.context), Cell::Text(at(it.peak)), it.distance.into()];
        unusual.row(&format!("{}", number + 1), cells);
    }
    if shapes.anomalies.len() > RUNS_SHOWN {
        study.notes.push(format!(
            "{}: {} runs of windows lie above {} % of the distances; the {RUNS_SHOWN} farthest are told.",
            shapes.name,
            shapes.anomalies.len(),
            question.percent
        ));
    }
    let mut changes = Section::with_columns(&title("changes of regime"), ["at", "arcs of those expected"]);
    for (number, it) in shapes.regimes.iter().enumerate() {
        changes.row(&format!("{}", number + 1), vec![Cell::Text(at(*it)), shapes.arcs[*it].into()]);
    }
    if shapes.arcs.is_empty() && question.regimes > 0 {
        let need = (2 * EDGE + 1) * question.window;
        study.notes.push(format!("{}: changes of regime need more than {need} rows.", shapes.name));
    }
    study.sections.extend([repeated, alone, unusual, changes].into_iter().filter(|it| !it.rows.is_empty()));
}

/// Mean and its standard error, as far as there are enough.
fn mean_and_error(values: &[f64]) -> (Option<f64>, Option<f64>) {
    let n = values.len() as f64;
    let mean = (n > 0.0).then(|| values.iter().sum::<f64>() / n);
    let squares = |mean: f64| values.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>();
    let error = mean.filter(|_| n > 1.0).map(|mean| (squares(mean) / (n - 1.0) / n).sqrt());
    (mean, error)
}

/// A window at mean 0 and deviation 1; a constant one is 0.
fn in_deviations(values: &[f64]) -> Vec<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / n).sqrt();
    // What rounding leaves of a constant window is no shape.
    let flat = deviation <= 1e-12 * mean.abs();
    values.iter().map(|it| if flat { 0.0 } else { (it - mean) / deviation }).collect()
}

/// One item drawn.
fn charts(study: &mut Study, shapes: &Shapes, times: &[i64], question: &Question) {
    let ms = |row: usize| times[row] as f64 / 1e6;
    let x = |rows: Range<usize>| rows.map(ms).collect::<Vec<f64>>();
    let when = || Axis::new("", Unit::Time);
    let window = question.window;
    let mut series = Plane::new(when(), Axis::new(&shapes.name, Unit::Plain));
    let known = |rows: Range<usize>| rows.filter(|row| shapes.values[*row].is_finite()).collect::<Vec<_>>();
    let mut layer = |name: &str, colour: Colour, rows: Range<usize>| {
        let rows = known(rows);
        let (x, y) =
            (rows.iter().map(|it| ms(*it)).collect(), rows.iter().map(|it| shapes.values[*it]).collect());
        series.layer(name, colour, Shape::Line, x, y);
    };
    layer(&shapes.name, Colour::Grey, 0..shapes.values.len());
    let colours = [Colour::Blue, Colour::Purple, Colour::Gold];
    for ((number, (motif, _)), colour) in shapes.motifs.iter().take(MOTIFS_DRAWN).enumerate().zip(colours) {
        for (which, start) in [("first", motif.first), ("second", motif.second)] {
            layer(&format!("motif {}, {which}", number + 1), colour, start..start + window);
        }
    }
    if let Some(it) = shapes.discords.first() {
        layer("discord 1", Colour::Orange, it.index..it.index + window);
    }
    let note =
        "The nearest pairs of windows and the window that is farthest from all others, where they are.";
    study.charts.push(Chart::plane(&format!("{}: shapes", shapes.name), note, series));

    for (number, (motif, after)) in shapes.motifs.iter().take(MOTIFS_DRAWN).enumerate() {
        let mut overlay =
            Plane::new(Axis::new("row of the window", Unit::Count), Axis::new("deviations", Unit::Plain));
        let steps: Vec<f64> = (0..window).map(|it| it as f64).collect();
        let others = after.starts.iter().filter(|it| ![motif.first, motif.second].contains(it));
        for start in others.take(OTHERS_DRAWN) {
            let y = in_deviations(&shapes.values[*start..start + window]);
            overlay.layer(&time(times[*start]), Colour::Grey, Shape::Line, steps.clone(), y);
        }
        for (start, colour) in [(motif.first, Colour::Blue), (motif.second, Colour::Orange)] {
            let y = in_deviations(&shapes.values[start..start + window]);
            overlay.layer(&time(times[start]), colour, Shape::Line, steps.clone(), y);
        }
        let note = "The two windows brought to mean 0 and deviation 1; in grey others that look like them.";
        study.charts.push(Chart::plane(&format!("{}: motif {}", shapes.name, number + 1), note, overlay));
    }

    let rows: Vec<usize> =
        (0..shapes.profile.nearest.len()).filter(|row| shapes.profile.nearest[*row].is_some()).collect();
    let distance = |row: &usize| shapes.profile.nearest[*row].map_or(f64::NAN, |it| it.distance);
    let mut distances = Plane::new(when(), Axis::new("distance to the nearest", Unit::Plain).from_zero());
    let (at, far) = (rows.iter().map(|it| ms(*it)).collect(), rows.iter().map(distance).collect::<Vec<_>>());
    if let Ok(limit) = profile::percentile(&far, question.percent) {
        distances.level(&format!("{} %", question.percent), limit);
    }
    distances.layer("distance", Colour::Blue, Shape::Line, at, far);
    let note = "At the start of each window. Low: the shape comes again; high: it is like no other.";
    study.charts.push(Chart::plane(&format!("{}: matrix profile", shapes.name), note, distances));

    if !shapes.arcs.is_empty() {
        let mut arcs = Plane::new(when(), Axis::new("arcs of those expected", Unit::Percent).from_zero());
        arcs.layer("arcs", Colour::Blue, Shape::Line, x(0..shapes.arcs.len()), shapes.arcs.clone());
        shapes.regimes.iter().for_each(|it| arcs.upright("change", ms(*it)));
        let note = "Arcs from each window to its nearest that run over a place, as a part of what chance would send there \
                    (FLUSS). Low where few shapes of the one side come again on the other.";
        study.charts.push(Chart::plane(&format!("{}: changes of regime", shapes.name), note, arcs));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::*;
    use scalp_quant::rng::Key;
    use std::num::NonZero;

    const SHAPE: [f64; 12] = [0.0, 3.0, 1.0, 7.0, 2.0, 9.0, 4.0, 4.5, 1.0, 0.0, 6.0, 5.0];

    /// A walk with the same shape at 100, a little bent at 300 and the other way at 420, after each of which the price stays
    /// 4 % higher.
    fn bars() -> Rows {
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

    fn question(threads: usize) -> Question {
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

    #[test]
    fn a_window_longer_than_the_file_is_refused_with_the_item() {
        let error = answer(Path::new("bars"), &bars(), &Question { window: 599, ..question(1) }).unwrap_err();
        assert!(error.to_string().starts_with("close: "), "{error}");
    }
}
