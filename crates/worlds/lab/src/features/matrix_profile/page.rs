//! The page of one file: motifs, discords, unusual runs and changes of regime, as tables and drawn.

use super::{Answer, EDGE, Question, RADIUS, Shapes, mean_and_error};
use scalp_indicators::profile::{self, Anomaly, Neighbour, exclusion_zone};
use scalp_report::Study;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Cell, Section};
use scalp_types::Timestamp;
use std::ops::Range;
use std::path::Path;

/// Runs of unusual windows that are told one by one.
const RUNS_SHOWN: usize = 25;
/// Motifs that are drawn.
pub(super) const DRAWN: usize = 3;
/// Further windows drawn with a motif.
pub(super) const OTHERS_DRAWN: usize = 3;
/// Their colours.
pub(super) const COLOURS: [Colour; DRAWN] = [Colour::Blue, Colour::Purple, Colour::Gold];

/// The answer for people.
#[must_use]
pub fn study(path: &Path, answer: &Answer, question: &Question) -> Study {
    let times = &answer.computed.times;
    let mut study = Study {
        title: format!("Matrix profile of windows of {} rows", question.window),
        sample: sample(path, times),
        ..Study::default()
    };
    for shapes in &answer.shapes {
        sections(&mut study, shapes, answer, question);
        charts(&mut study, shapes, times, question);
    }
    let base = answer.base.map_or("unknown".to_owned(), |it| format!("{it:.6}"));
    study.notes.push(format!(
        "{} Windows that start {} rows or fewer apart are no neighbours.",
        distance_note(question.window),
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
    study.notes.extend(answer.computed.remarks.sentences());
    study
}

/// The file with its rows and their span.
pub(super) fn sample(path: &Path, times: &[i64]) -> String {
    let name = path.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
    let (first, last) = (times.first().map(|it| time(*it)), times.last().map(|it| time(*it)));
    let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
    format!("{name} \u{b7} {} rows, {first} to {last}", times.len())
}

/// What a distance is.
pub(super) fn distance_note(window: usize) -> String {
    format!(
        "Distance: Euclidean, of windows brought to mean 0 and deviation 1, so that shape counts and neither level nor size; 0 \
         for equal shapes, at most {:.2} here.",
        2.0 * (window as f64).sqrt()
    )
}

/// `2025-02-04 04:39:00`, with what there is of a second.
pub(super) fn time(ns: i64) -> String {
    let text = Timestamp::from_nanos(ns).to_string().replace('T', " ");
    text.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The figures of one item.
fn sections(study: &mut Study, shapes: &Shapes, answer: &Answer, question: &Question) {
    let times = &answer.computed.times;
    let at = |row: usize| times.get(row).map_or_else(String::new, |it| time(*it));
    let span =
        |it: &Range<usize>| Cell::Text(format!("{} to {}", at(it.start), at(it.end.saturating_sub(1))));
    let item = shapes.name.as_str();
    let mut repeated = Section::about(
        item,
        "motifs",
        "number",
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
    let mut alone = Section::about(item, "discords", "number", ["from", "to", "distance"]);
    for (number, it) in shapes.discords.iter().enumerate() {
        let end = it.index + question.window - 1;
        let cells = vec![Cell::Text(at(it.index)), Cell::Text(at(end)), it.distance.into()];
        alone.row(&format!("{}", number + 1), cells);
    }
    let mut unusual = Section::about(
        item,
        &format!("above {} % of the distances", question.percent),
        "number",
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
    let mut changes = Section::about(item, "changes of regime", "number", ["at", "arcs of those expected"]);
    for (number, it) in shapes.regimes.iter().enumerate() {
        changes.row(&format!("{}", number + 1), vec![Cell::Text(at(*it)), shapes.arcs[*it].into()]);
    }
    if shapes.arcs.is_empty() && question.regimes > 0 {
        let need = (2 * EDGE + 1) * question.window;
        study.notes.push(format!("{}: changes of regime need more than {need} rows.", shapes.name));
    }
    study.sections.extend([repeated, alone, unusual, changes].into_iter().filter(|it| !it.rows.is_empty()));
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

/// A series of an item over time.
pub(super) struct Drawn<'a> {
    pub(super) times: &'a [i64],
    pub(super) values: &'a [f64],
    pub(super) plane: Plane,
}

impl<'a> Drawn<'a> {
    /// The whole series in grey.
    pub(super) fn new(name: &str, times: &'a [i64], values: &'a [f64]) -> Self {
        let plane = Plane::new(Axis::new("", Unit::Time), Axis::new(name, Unit::Plain));
        let mut it = Self { times, values, plane };
        it.rows(name, Colour::Grey, 0..values.len());
        it
    }

    /// Some rows of it once more, in a colour.
    pub(super) fn rows(&mut self, name: &str, colour: Colour, rows: Range<usize>) {
        let rows: Vec<usize> = rows.filter(|row| self.values[*row].is_finite()).collect();
        let x = rows.iter().map(|it| ms(self.times, *it)).collect();
        self.plane.layer(name, colour, Shape::Line, x, rows.iter().map(|it| self.values[*it]).collect());
    }
}

/// When a row was, as charts have it.
pub(super) fn ms(times: &[i64], row: usize) -> f64 {
    times[row] as f64 / 1e6
}

/// Windows laid over one another.
pub(super) struct Overlay {
    pub(super) plane: Plane,
    window: usize,
}

impl Overlay {
    pub(super) fn new(window: usize) -> Self {
        let (x, y) = (Axis::new("row of the window", Unit::Count), Axis::new("deviations", Unit::Plain));
        Self { plane: Plane::new(x, y), window }
    }

    pub(super) fn window(&mut self, name: &str, colour: Colour, values: &[f64], start: usize) {
        let y = in_deviations(&values[start..start + self.window]);
        let x = (0..self.window).map(|it| it as f64).collect();
        self.plane.layer(name, colour, Shape::Line, x, y);
    }
}

/// The distances of a profile over the starts of its windows, with a level above which they are unusual.
pub(super) fn distances(nearest: &[Option<Neighbour>], times: &[i64], percent: f64) -> Plane {
    let known: Vec<(usize, f64)> =
        nearest.iter().enumerate().filter_map(|(row, it)| Some((row, it.as_ref()?.distance))).collect();
    let far: Vec<f64> = known.iter().map(|it| it.1).collect();
    let axis = Axis::new("distance to the nearest", Unit::Plain).from_zero();
    let mut plane = Plane::new(Axis::new("", Unit::Time), axis);
    if let Ok(limit) = profile::percentile(&far, percent) {
        plane.level(&format!("{percent} %"), limit);
    }
    let at = known.iter().map(|it| ms(times, it.0)).collect();
    plane.layer("distance", Colour::Blue, Shape::Line, at, far);
    plane
}

/// One item drawn.
fn charts(study: &mut Study, shapes: &Shapes, times: &[i64], question: &Question) {
    let (window, values, name) = (question.window, &shapes.values, &shapes.name);
    let mut series = Drawn::new(name, times, values);
    for ((number, (motif, _)), colour) in shapes.motifs.iter().take(DRAWN).enumerate().zip(COLOURS) {
        for (which, start) in [("first", motif.first), ("second", motif.second)] {
            series.rows(&format!("motif {}, {which}", number + 1), colour, start..start + window);
        }
    }
    if let Some(it) = shapes.discords.first() {
        series.rows("discord 1", Colour::Orange, it.index..it.index + window);
    }
    let note =
        "The nearest pairs of windows and the window that is farthest from all others, where they are.";
    study.charts.push(Chart::plane(&format!("{name}: shapes"), note, series.plane));

    for (number, (motif, after)) in shapes.motifs.iter().take(DRAWN).enumerate() {
        let mut overlay = Overlay::new(window);
        let others = after.starts.iter().filter(|it| ![motif.first, motif.second].contains(it));
        for start in others.take(OTHERS_DRAWN) {
            overlay.window(&time(times[*start]), Colour::Grey, values, *start);
        }
        for (start, colour) in [(motif.first, Colour::Blue), (motif.second, Colour::Orange)] {
            overlay.window(&time(times[start]), colour, values, start);
        }
        let note = "The two windows brought to mean 0 and deviation 1; in grey others that look like them.";
        study.charts.push(Chart::plane(&format!("{name}: motif {}", number + 1), note, overlay.plane));
    }

    let note = "At the start of each window. Low: the shape comes again; high: it is like no other.";
    let distances = distances(&shapes.profile.nearest, times, question.percent);
    study.charts.push(Chart::plane(&format!("{name}: matrix profile"), note, distances));

    if !shapes.arcs.is_empty() {
        let axis = Axis::new("arcs of those expected", Unit::Percent).from_zero();
        let mut arcs = Plane::new(Axis::new("", Unit::Time), axis);
        let x = (0..shapes.arcs.len()).map(|row| ms(times, row)).collect();
        arcs.layer("arcs", Colour::Blue, Shape::Line, x, shapes.arcs.clone());
        shapes.regimes.iter().for_each(|it| arcs.upright("change", ms(times, *it)));
        let note = "Arcs from each window to its nearest that run over a place, as a part of what chance would send there \
                    (FLUSS). Low where few shapes of the one side come again on the other.";
        study.charts.push(Chart::plane(&format!("{name}: changes of regime"), note, arcs));
    }
}
