//! Which rows may teach and which may judge: purged k-fold, walk-forward and combinatorial splits.

use super::files::{rows, write};
use super::{Sample, StudyError, count, figure, minute};
use scalp_quant::Error;
use scalp_quant::labels::Span;
use scalp_quant::split::{
    Split, WalkForward, Window, combinatorial_purged, purged_kfold, purged_walk_forward, spans_ahead,
};
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Section, Study};
use std::fmt::Write as _;
use std::ops::Range;
use std::path::PathBuf;

/// Splits that are listed and drawn.
const SHOWN_MAX: usize = 60;

/// How the rows are split.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scheme {
    /// Each of so many runs is the test once.
    KFold {
        /// How many runs.
        folds: usize,
    },
    /// Tests side by side to the end, each taught by what is older.
    WalkForward {
        /// How many tests.
        splits: usize,
        /// Samples of each; as many as make half of all when absent.
        test: Option<usize>,
        /// Samples that teach; all older ones when absent.
        window: Option<usize>,
        /// Bars between teaching and test in which no sample is used.
        gap: usize,
    },
    /// Every choice of test groups.
    Combinatorial {
        /// How many groups.
        groups: usize,
        /// How many of them are tests.
        tested: usize,
    },
}

/// What is asked beside the table.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitArgs {
    /// How.
    pub scheme: Scheme,
    /// Bars that the label of each row looks ahead.
    pub horizon: usize,
    /// Labels with spans of their own: a file of `scalp stats labels --out`.
    pub labels: Option<PathBuf>,
    /// Bars after a test from which nothing teaches.
    pub embargo: usize,
    /// Where the splits go.
    pub out: Option<PathBuf>,
}

/// The splits of the rows of a table, or of the labels of a file.
pub fn splits(sample: &Sample, args: &SplitArgs) -> Result<Study, StudyError> {
    // Rows are prices where there are prices: there is one more of them than of returns.
    let bars = sample.steps() + usize::from(sample.prices.is_some());
    let spans = match &args.labels {
        Some(path) => read(path, bars)?,
        // What the last rows are to be judged by is not known yet: they neither teach nor judge.
        None if args.horizon < bars => spans_ahead(bars - args.horizon, args.horizon),
        None => {
            return Err(StudyError::Asked(format!(
                "--horizon: no row has {} after it, the table has {bars}: take a shorter one",
                count(args.horizon, "row")
            )));
        }
    };
    let failed = || StudyError::of("splits");
    let mut paths = None;
    let found = match args.scheme {
        Scheme::KFold { folds } => purged_kfold(&spans, folds, args.embargo).map_err(failed())?,
        Scheme::WalkForward { splits, test, window, gap } => {
            let test = test.unwrap_or_else(|| (spans.len() / (2 * splits.max(1))).max(1));
            let window = window.map_or(Window::Growing, Window::Sliding);
            let walk = WalkForward { splits, test, window, purge_gap: gap, embargo: args.embargo };
            purged_walk_forward(&spans, walk).map_err(failed())?
        }
        Scheme::Combinatorial { groups, tested } => {
            let found = combinatorial_purged(&spans, groups, tested, args.embargo).map_err(failed())?;
            paths = Some(found.paths.len());
            found.splits
        }
    };
    let (name, about) = match args.scheme {
        Scheme::KFold { folds } => (
            format!("Purged {folds}-fold"),
            "Purged k-fold with embargo (Lopez de Prado 2018, chapter 7): each run is the test once, taught by the rest.",
        ),
        Scheme::WalkForward { splits, .. } => (
            format!("Purged walk-forward, {}", count(splits, "test")),
            "Purged walk-forward: what teaches is always older than what judges.",
        ),
        Scheme::Combinatorial { groups, tested } => (
            format!("Combinatorial purged, {tested} of {groups} groups"),
            "Combinatorial purged cross-validation (Lopez de Prado 2018, chapter 12): every choice of test groups, whose tests make whole paths through the past.",
        ),
    };
    let size = |ranges: &[Range<usize>]| ranges.iter().map(Range::len).sum::<usize>();
    let empty = found.iter().position(|it| it.train.is_empty());
    if let Some(at) = empty {
        return Err(StudyError::Asked(format!(
            "split {}: nothing is left to learn from: take a shorter --horizon or --embargo, fewer folds, or more rows",
            at + 1
        )));
    }
    let mut notes = sample.notes.clone();
    if let Some(path) = &args.out {
        write("--out", path, &csv(&found))?;
        notes.push(format!(
            "Splits: {}; sample numbers are counted from 0, both ends included.",
            path.display()
        ));
    }
    notes.push(about.into());
    let of = if args.labels.is_some() {
        "the spans of the file".to_owned()
    } else {
        format!("{} ahead", count(args.horizon, "row"))
    };
    notes.push(format!("A sample whose label ({of}) reaches into a test does not teach, and none that begins within {} after a test. Samples are counted from 0.", count(args.embargo, "row")));
    if args.labels.is_none() && args.horizon > 0 {
        notes.push(format!(
            "The labels of the last {} end after the table: they neither teach nor judge.",
            count(args.horizon, "row")
        ));
    }
    if found.len() > SHOWN_MAX {
        notes.push(format!("The first {SHOWN_MAX} of {} splits are shown; --out writes all.", found.len()));
    }
    let known = Ok::<f64, Error>;
    let taught = found.iter().map(|it| size(&it.train) as f64).sum::<f64>() / found.len() as f64;
    let mut headline = vec![
        figure("Splits", FigureUnit::Count, known(found.len() as f64), "of all samples"),
        figure("Samples", FigureUnit::Count, known(spans.len() as f64), "rows or labels"),
        figure("Teaching", FigureUnit::Share, known(taught / spans.len() as f64), "of all samples, mean"),
    ];
    headline.extend(
        paths.map(|it| figure("Paths", FigureUnit::Count, known(it as f64), "complete, through all groups")),
    );
    Ok(Study {
        title: format!("{name} of {} samples", spans.len()),
        sample: sample.described(),
        headline,
        charts: vec![chart(&found, spans.len())],
        sections: vec![table(sample, &spans, &found)],
        notes,
    })
}

/// The spans of a file of labels.
fn read(path: &std::path::Path, bars: usize) -> Result<Vec<Span>, StudyError> {
    let mut spans = Vec::new();
    for row in rows(path, &["start", "end"], 2)? {
        let number = |at: usize, name: &str| {
            row.cells[at].parse::<usize>().ok().filter(|it| *it < bars).ok_or_else(|| {
                StudyError::Asked(format!(
                    "{}: {name}: expected a row of the table, 0 to {}, got {:?}",
                    row.place,
                    bars - 1,
                    row.cells[at]
                ))
            })
        };
        let (start, end) = (number(0, "start")?, number(1, "end")?);
        if end < start {
            return Err(StudyError::Asked(format!(
                "{}: end: expected {start} or later, got {end}",
                row.place
            )));
        }
        if spans.last().is_some_and(|it: &Span| it.start > start) {
            return Err(StudyError::Asked(format!(
                "{}: start: expected labels in the order of time",
                row.place
            )));
        }
        spans.push(Span { start, end });
    }
    Ok(spans)
}

/// Ranges as people read them, the first of many.
fn said(ranges: &[Range<usize>]) -> String {
    let all: Vec<String> =
        ranges.iter().take(4).map(|it| format!("{} to {}", it.start, it.end - 1)).collect();
    let more = ranges.len().saturating_sub(4);
    if more > 0 { format!("{} and {more} more", all.join(", ")) } else { all.join(", ") }
}

fn table(sample: &Sample, spans: &[Span], found: &[Split]) -> Section {
    let columns = ["tests", "test", "teaching", "teach", "left out", "first test"];
    let mut section = Section::with_columns("Splits", columns);
    let size = |ranges: &[Range<usize>]| ranges.iter().map(Range::len).sum::<usize>();
    let offset = usize::from(sample.prices.is_some());
    for (at, it) in found.iter().enumerate().take(SHOWN_MAX) {
        let (train, test) = (size(&it.train), size(&it.test));
        let first = it.test.first().map_or(0, |it| spans[it.start].start);
        let time = first.checked_sub(offset).and_then(|at| sample.times.get(at));
        let first = time.map_or_else(|| format!("row {first}"), |it| minute(*it));
        let cells = vec![
            said(&it.test).as_str().into(),
            test.into(),
            said(&it.train).as_str().into(),
            train.into(),
            (spans.len() - train - test).into(),
            first.as_str().into(),
        ];
        section.row(&format!("split {}", at + 1), cells);
    }
    section
}

fn csv(found: &[Split]) -> String {
    let mut text = String::from("split,part,first,last\n");
    for (at, it) in found.iter().enumerate() {
        for (part, ranges) in [("train", &it.train), ("test", &it.test)] {
            for range in ranges {
                let _ = writeln!(text, "{},{part},{},{}", at + 1, range.start, range.end - 1);
            }
        }
    }
    text
}

/// Each split as a row of what teaches and what judges.
fn chart(found: &[Split], samples: usize) -> Chart {
    let mut plane = Plane::new(Axis::new("sample", Unit::Count).from_zero(), Axis::new("split", Unit::Count));
    let shown = &found[..found.len().min(SHOWN_MAX)];
    // A band that is there for a range and empty between draws all ranges of one kind as few layers.
    for (name, colour, part) in [("teaches", Colour::Blue, 0), ("judges", Colour::Orange, 1)] {
        for (at, it) in shown.iter().enumerate() {
            let ranges = if part == 0 { &it.train } else { &it.test };
            let y = (at + 1) as f64;
            for (number, range) in ranges.iter().enumerate() {
                let label = if at == 0 && number == 0 { name } else { "" };
                let x = vec![range.start as f64, range.end as f64];
                plane.layer(label, colour, Shape::Band(vec![y + 0.35; 2]), x, vec![y - 0.35; 2]);
            }
        }
    }
    let note = format!(
        "{samples} samples in the order of time; what is neither is left out, because its label looks into a test or it comes too soon after one."
    );
    Chart::plane("What teaches, what judges", &note, plane)
}
