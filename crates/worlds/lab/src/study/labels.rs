//! What a model is to learn from each bar: triple-barrier or trend-scanning labels, with the weight of each.

use super::charts::{along, growth};
use super::files::write;
use super::{Sample, StudyError, figure};
use scalp_quant::Error;
use scalp_quant::labels::{
    Barriers, Path, Span, average_uniqueness, concurrency, ewm_deviation, return_weights, trend_scanning,
    triple_barrier,
};
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Section, Study};
use scalp_tables::panel::{Holds, Missing, Panel, PanelPlan};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Labels that are drawn one by one.
const DRAWN_MAX: usize = 1_500;

/// How bars are labelled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// A target, a stop or the clock, whichever is reached first.
    Barriers {
        /// Span of the exponentially weighted deviation that the barriers are multiples of.
        span: f64,
        /// Upper barrier in these multiples.
        upper: Option<f64>,
        /// Lower barrier in these multiples.
        lower: Option<f64>,
        /// Bars until the clock decides.
        horizon: usize,
    },
    /// The sign of the most significant trend that begins at the bar.
    Trend {
        /// Shortest look ahead, in bars.
        shortest: usize,
        /// Longest.
        longest: usize,
    },
}

/// What is asked beside the table.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelArgs {
    /// How.
    pub method: Method,
    /// Every so many bars one is labelled.
    pub every: usize,
    /// Where the labels go.
    pub out: Option<PathBuf>,
}

/// Highest and lowest prices of candles.
pub struct Extremes {
    high: Vec<f64>,
    low: Vec<f64>,
}

impl Extremes {
    /// Reads the columns high and low of the table that a sample was read from.
    pub fn read(path: &std::path::Path, missing: Missing, sample: &Sample) -> Result<Self, StudyError> {
        let columns = vec!["high".to_owned(), "low".to_owned()];
        let panel = Panel::read(path, &PanelPlan { holds: Holds::Prices, missing, columns })?;
        let mut series = panel.series.into_iter();
        let (high, low) = (series.next().unwrap_or_default(), series.next().unwrap_or_default());
        if high.len() != sample.steps() + 1 {
            return Err(StudyError::Asked(format!(
                "{}: --candles: high and low have {} rows, the closes {}: mend the table so that no row is missing or filled",
                path.display(),
                high.len(),
                sample.steps() + 1
            )));
        }
        Ok(Self { high, low })
    }
}

/// A label of one bar.
struct Labelled {
    span: Span,
    sign: i8,
    /// Logarithmic return over the span.
    log_return: f64,
    /// t-ratio of a trend.
    t: Option<f64>,
}

/// The labels of the only column.
pub fn labels(sample: &Sample, extremes: Option<&Extremes>, args: &LabelArgs) -> Result<Study, StudyError> {
    let asset = sample.single()?;
    let name = &sample.names[asset];
    let Some(prices) = &sample.prices else {
        return Err(StudyError::Asked(
            "labels are of prices, the table holds returns: leave --returns out".into(),
        ));
    };
    if args.every == 0 {
        return Err(StudyError::Asked("--every: expected at least 1, got 0".into()));
    }
    let close = &prices[asset];
    let found = made(close, extremes, args).map_err(StudyError::of(name))?;
    if found.is_empty() {
        return Err(StudyError::Asked(format!(
            "{name}: no bar of {} can be labelled: the labels look further ahead than the table goes; take a shorter horizon",
            close.len()
        )));
    }
    let spans: Vec<Span> = found.iter().map(|it| it.span).collect();
    let failed = || StudyError::of(name);
    let unique = average_uniqueness(&spans, close.len()).map_err(failed())?;
    let mut steps = vec![0.0];
    steps.extend(sample.log_returns(asset));
    let weights = return_weights(&spans, &steps).map_err(failed())?;
    let alive = concurrency(&spans, close.len()).map_err(failed())?;
    let effective: f64 = unique.iter().sum();
    let mut notes = sample.notes.clone();
    if let Some(path) = &args.out {
        write("--out", path, &csv(sample, &found, &unique, &weights))?;
        notes.push(format!("Labels: {}; rows are counted from 0, the first price.", path.display()));
    }
    notes.push(match args.method {
        Method::Barriers { span, horizon, .. } => {
            let bars = super::count(horizon, "bar");
            format!("Triple barrier (Lopez de Prado 2018, chapter 3): +1 where the upper barrier is reached first, -1 the lower, 0 neither within {bars}; barriers are multiples of the exponentially weighted deviation of logarithmic returns (span {span}) known at the bar. {} Bars without {bars} after them have none, nor those before which the price never moved.", if extremes.is_some() { "High and low of each bar count; one that reaches both counts as the lower." } else { "Closes alone count." })
        }
        Method::Trend { shortest, longest } => format!("Trend scanning (Lopez de Prado 2020, chapter 5): the sign of the slope with the largest t-ratio over {shortest} to {longest} bars ahead, of logarithmic prices."),
    });
    notes.push("Labels look ahead: they teach, and may be no feature. Uniqueness is one over the labels alive at the same time, mean over the span; the return weight is the size of the return shared so, of mean 1. Split them with scalp stats splits --labels.".into());
    let known = Ok::<f64, Error>;
    let count = found.len() as f64;
    let share = |sign: i8| found.iter().filter(|it| it.sign == sign).count() as f64 / count;
    Ok(Study {
        title: format!("{} of {name}", super::count(found.len(), "label")),
        sample: sample.described(),
        headline: vec![
            figure("Up", FigureUnit::Share, known(share(1)), "share of labels that are +1"),
            figure("Down", FigureUnit::Share, known(share(-1)), "share of labels that are -1"),
            figure("Effective labels", FigureUnit::Count, known(effective), "sum of their uniqueness"),
            figure("Mean uniqueness", FigureUnit::Share, known(effective / count), "1 where none overlap"),
        ],
        charts: charts(sample, asset, &found, &alive),
        sections: vec![table(&found, &unique), counted(&found, &unique, effective)],
        notes,
    })
}

fn made(close: &[f64], extremes: Option<&Extremes>, args: &LabelArgs) -> Result<Vec<Labelled>, Error> {
    match args.method {
        Method::Barriers { span, upper, lower, horizon } => {
            let width = ewm_deviation(close, span)?;
            let (high, low) = extremes.map_or((close, close), |it| (&it.high, &it.low));
            let starts = (0..close.len()).step_by(args.every);
            let found = triple_barrier(
                Path { high, low, close },
                &width,
                starts,
                Barriers { upper, lower, horizon },
            )?;
            let one = |it: scalp_quant::labels::Label| Labelled {
                span: it.span,
                sign: it.touch.sign(),
                log_return: it.log_return,
                t: None,
            };
            Ok(found.into_iter().map(one).collect())
        }
        Method::Trend { shortest, longest } => {
            let logs: Vec<f64> = close.iter().map(|it| libm::log(*it)).collect();
            let found = trend_scanning(&logs, shortest, longest)?;
            let one = |it: scalp_quant::labels::Trend| Labelled {
                span: it.span,
                sign: it.sign,
                log_return: logs[it.span.end] - logs[it.span.start],
                t: Some(it.t),
            };
            Ok(found.into_iter().step_by(args.every).map(one).collect())
        }
    }
}

fn mean(values: impl Iterator<Item = f64> + Clone) -> Result<f64, &'static str> {
    let count = values.clone().count();
    if count == 0 { Err("there is no such label") } else { Ok(values.sum::<f64>() / count as f64) }
}

fn table(found: &[Labelled], unique: &[f64]) -> Section {
    let columns = ["labels", "share", "mean length", "mean log return", "mean uniqueness"];
    let mut section = Section::with_columns("Labels", columns);
    for (sign, name) in [(1, "+1"), (0, "0"), (-1, "-1")] {
        let these = || found.iter().zip(unique).filter(move |it| it.0.sign == sign);
        let cells = vec![
            these().count().into(),
            (these().count() as f64 / found.len() as f64).into(),
            mean(these().map(|it| (it.0.span.end - it.0.span.start) as f64)).into(),
            mean(these().map(|it| it.0.log_return)).into(),
            mean(these().map(|it| *it.1)).into(),
        ];
        section.row(name, cells);
    }
    section
}

fn counted(found: &[Labelled], unique: &[f64], effective: f64) -> Section {
    let mut section = Section::new("Weights");
    section.say("labels", found.len());
    section.say("effective labels", effective);
    section.say("mean uniqueness", effective / found.len() as f64);
    section.say("least uniqueness", unique.iter().copied().fold(1.0, f64::min));
    if found.iter().any(|it| it.t.is_some()) {
        let sizes = found.iter().filter_map(|it| it.t.map(f64::abs));
        section.say("mean size of the t-ratio", mean(sizes));
    }
    section
}

fn csv(sample: &Sample, found: &[Labelled], unique: &[f64], weights: &[f64]) -> String {
    let mut text = String::from("start,end,time,end_time,label,log_return,t,uniqueness,weight\n");
    for ((it, unique), weight) in found.iter().zip(unique).zip(weights) {
        // The first price has no return, and the sample no time of it.
        let time = |row: usize| {
            row.checked_sub(1)
                .and_then(|at| sample.times.get(at))
                .map_or_else(String::new, ToString::to_string)
        };
        let (Span { start, end }, t) = (it.span, it.t.map_or_else(String::new, |it| it.to_string()));
        let _ = writeln!(
            text,
            "{start},{end},{},{},{},{},{t},{unique},{weight}",
            time(start),
            time(end),
            it.sign,
            it.log_return
        );
    }
    text
}

fn charts(sample: &Sample, asset: usize, found: &[Labelled], alive: &[u32]) -> Vec<Chart> {
    let (axis, x) = along(sample, 0);
    let value = growth(&sample.returns[asset]);
    let mut plane = Plane::new(axis.clone(), Axis::new("value of 1", Unit::Plain));
    plane.layer("value of 1", Colour::Grey, Shape::Line, x.clone(), value.clone());
    let every = found.len().div_ceil(DRAWN_MAX);
    for (sign, name, colour) in [(1, "+1", Colour::Blue), (-1, "-1", Colour::Orange)] {
        let at = found.iter().step_by(every).filter(|it| it.sign == sign && it.span.start > 0);
        let (x, y): (Vec<f64>, Vec<f64>) =
            at.map(|it| (x[it.span.start - 1], value[it.span.start - 1])).unzip();
        if !x.is_empty() {
            plane.layer(name, colour, Shape::Dots, x, y);
        }
    }
    let mut crowd = Plane::new(axis, Axis::new("labels", Unit::Count).from_zero());
    crowd.layer(
        "alive at once",
        Colour::Purple,
        Shape::Line,
        x,
        alive[1..].iter().map(|it| f64::from(*it)).collect(),
    );
    let shown = if every > 1 { format!(" One label in {every} is drawn.") } else { String::new() };
    vec![
        Chart::plane(
            "Labels",
            &format!("At the bar that each label other than 0 belongs to; what it says comes later.{shown}"),
            plane,
        ),
        Chart::plane(
            "Labels alive at once",
            "How many spans each bar is in: the more, the less each of them tells.",
            crowd,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trends_and_barriers_label_a_rise_as_one() {
        let close: Vec<f64> =
            (0..60).map(|it| 100.0 * libm::exp(0.01 * f64::from(it) + 0.001 * f64::from(it % 3))).collect();
        let trend = LabelArgs { method: Method::Trend { shortest: 5, longest: 10 }, every: 1, out: None };
        let found = made(&close, None, &trend).unwrap();
        assert!(found.len() == 51 && found.iter().all(|it| it.sign == 1));
        let barriers = Method::Barriers { span: 10.0, upper: Some(1.0), lower: Some(1.0), horizon: 10 };
        let found = made(&close, None, &LabelArgs { method: barriers, every: 2, out: None }).unwrap();
        assert!(!found.is_empty() && found.iter().all(|it| it.sign == 1 && it.span.start % 2 == 0));
        assert!(mean(std::iter::empty()).is_err());
    }
}
