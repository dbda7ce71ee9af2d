//! Are probabilities true? Scores, the reliability curve, and what calibration makes of them out of fold.

use super::charts::steps;
use super::{StudyError, count, figure, minute};
use scalp_quant::Error;
use scalp_quant::calibration::{
    self, Beta, Bin, Isotonic, Platt, brier, brier_parts, brier_skill, expected_calibration_error, log_loss,
    reliability_curve,
};
use scalp_quant::labels::Span;
use scalp_quant::split::purged_kfold;
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Cell, Section, Study};
use scalp_tables::panel::{Holds, Missing, Panel, PanelPlan};
use std::path::Path;

/// Standard normal quantile of a 95 % interval.
const Z_95: f64 = 1.959_963_984_540_054;
/// A logit is taken of probabilities this far from 0 and 1 at least.
const EDGE: f64 = 1e-9;
/// Most bins of the curve.
const BINS_MAX: usize = 100;
/// Most parts of the table.
const FOLDS_MAX: usize = 100;
/// Fewer cases than this have no curve.
const CASES_MIN: usize = 10;

/// What is asked beside the table.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibrationArgs {
    /// Column of the probabilities.
    pub probability: String,
    /// Column of the outcomes, 0 or 1.
    pub outcome: String,
    /// What is done about cells without a value.
    pub missing: Missing,
    /// Bins of equal width.
    pub bins: usize,
    /// Parts of the table, each calibrated by the others.
    pub folds: usize,
    /// Rows after a case within which its outcome came; so many around each part calibrate nothing.
    pub horizon: usize,
}

/// Probabilities and what came.
struct Cases {
    p: Vec<f64>,
    outcomes: Vec<bool>,
    described: String,
    notes: Vec<String>,
}

impl Cases {
    fn read(path: &Path, args: &CalibrationArgs) -> Result<Self, StudyError> {
        let columns = vec![args.probability.clone(), args.outcome.clone()];
        let panel = Panel::read(path, &PanelPlan { holds: Holds::Cases, missing: args.missing, columns })?;
        let row = |at: usize| match panel.times.get(at) {
            Some(time) => format!("{}, row {} of values ({})", path.display(), at + 1, minute(*time)),
            None => format!("{}, row {} of values", path.display(), at + 1),
        };
        let (p, given) = (&panel.series[0], &panel.series[1]);
        if let Some(at) = p.iter().position(|it| !(0.0..=1.0).contains(it)) {
            let name = &panel.names[0];
            return Err(StudyError::Asked(format!(
                "{}: {name}: expected a probability from 0 to 1, got {}; divide per cents by 100",
                row(at),
                p[at]
            )));
        }
        let is_outcome = |it: f64| it.abs() <= 0.0 || (it - 1.0).abs() <= 0.0;
        if let Some(at) = given.iter().position(|it| !is_outcome(*it)) {
            let name = &panel.names[1];
            return Err(StudyError::Asked(format!(
                "{}: {name}: expected 1 (it happened) or 0 (it did not), got {}",
                row(at),
                given[at]
            )));
        }
        let mut notes = Vec::new();
        if panel.dropped > 0 {
            notes.push(format!("{} without a value left out.", count(panel.dropped, "row")));
        }
        if panel.carried > 0 {
            notes.push(format!("{} missing, each taken as that before it.", count(panel.carried, "value")));
        }
        let file = path.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
        let outcomes = given.iter().map(|it| *it > 0.5).collect();
        let described = format!("{file}: {} cases", p.len());
        Ok(Self { p: p.clone(), outcomes, described, notes })
    }
}

/// A way to a probability, and its probabilities.
struct Way {
    name: &'static str,
    colour: Colour,
    p: Result<Vec<f64>, Error>,
}

/// The answer for a table with a column of probabilities and one of outcomes.
pub fn calibration(path: &Path, args: &CalibrationArgs) -> Result<Study, StudyError> {
    if !(2..=BINS_MAX).contains(&args.bins) {
        return Err(StudyError::Asked(format!("bins: expected 2 to {BINS_MAX}, got {}", args.bins)));
    }
    if !(2..=FOLDS_MAX).contains(&args.folds) {
        return Err(StudyError::Asked(format!("folds: expected 2 to {FOLDS_MAX}, got {}", args.folds)));
    }
    let cases = Cases::read(path, args)?;
    let (p, outcomes) = (&cases.p, &cases.outcomes);
    let happened = outcomes.iter().filter(|it| **it).count();
    if p.len() < CASES_MIN || happened == 0 || happened == p.len() {
        return Err(StudyError::Asked(format!(
            "{}: {happened} of {} outcomes are 1: a reliability curve needs at least {CASES_MIN} cases, and both outcomes",
            path.display(),
            p.len()
        )));
    }
    let ways = [
        Way { name: "as given", colour: Colour::Blue, p: Ok(p.clone()) },
        Way {
            name: "isotonic",
            colour: Colour::Orange,
            p: out_of_fold(&cases, args, &|p, outcomes| {
                let map = Isotonic::fit_outcomes(p, outcomes)?;
                Ok(Box::new(move |it| map.predict(it).unwrap_or(it)))
            }),
        },
        Way {
            name: "Platt",
            colour: Colour::Purple,
            p: out_of_fold(&cases, args, &|p, outcomes| {
                let scores: Vec<f64> = p.iter().map(|it| logit(*it)).collect();
                let map = Platt::fit(&scores, outcomes)?;
                Ok(Box::new(move |it| map.predict(logit(it))))
            }),
        },
        Way {
            name: "beta",
            colour: Colour::Gold,
            p: out_of_fold(&cases, args, &|p, outcomes| {
                let map = Beta::fit(p, outcomes)?;
                Ok(Box::new(move |it| map.predict(it)))
            }),
        },
    ];
    let curve = reliability_curve(p, outcomes, args.bins).map_err(StudyError::of(&args.probability))?;
    let rate = happened as f64 / p.len() as f64;
    let mut notes = cases.notes;
    notes.push(format!(
        "Skill is over the base rate of these very outcomes, {rate:.4}: 0 knows no more, below 0 less. {} bins of equal width; intervals of the observed shares are Wilson's (1927), 95 %, for independent outcomes.",
        args.bins
    ));
    notes.push(format!(
        "Scores of the isotonic, Platt (of the logit) and beta maps are out of fold: fitted on {} of {} parts in a row and judged on the part left out, cases within {} rows around it set aside.",
        args.folds - 1,
        args.folds,
        args.horizon
    ));
    let known = figure::<Error>;
    Ok(Study {
        title: format!("Are these {} probabilities true?", p.len()),
        sample: cases.described,
        headline: vec![
            known("Brier score", FigureUnit::Ratio, brier(p, outcomes), "0 is perfect"),
            known("Brier skill", FigureUnit::Percent, brier_skill(p, outcomes), "over the base rate"),
            known(
                "Calibration error",
                FigureUnit::Share,
                expected_calibration_error(p, outcomes, args.bins),
                "mean distance from the diagonal",
            ),
            known("Base rate", FigureUnit::Share, Ok(rate), "share of outcomes that happened"),
        ],
        sections: vec![scores(&ways, outcomes, args.bins), parts(p, outcomes, args.bins), bins(&curve)],
        charts: vec![
            reliability(&ways, &curve, outcomes, args.bins),
            spread(&ways, args.bins),
            maps(&cases.p, outcomes),
        ],
        notes,
    })
}

/// From a probability to another.
type Map = Box<dyn Fn(f64) -> f64>;
/// A way to learn one from probabilities and outcomes.
type Teacher<'a> = &'a dyn Fn(&[f64], &[bool]) -> Result<Map, Error>;

/// Each part mapped by what the others teach.
fn out_of_fold(cases: &Cases, args: &CalibrationArgs, fit: Teacher<'_>) -> Result<Vec<f64>, Error> {
    let spans: Vec<Span> =
        (0..cases.p.len()).map(|start| Span { start, end: start.saturating_add(args.horizon) }).collect();
    let mut out = vec![0.0; cases.p.len()];
    for split in purged_kfold(&spans, args.folds, args.horizon)? {
        let p: Vec<f64> = split.train_samples().map(|it| cases.p[it]).collect();
        let outcomes: Vec<bool> = split.train_samples().map(|it| cases.outcomes[it]).collect();
        let map = fit(&p, &outcomes)?;
        split.test_samples().for_each(|it| out[it] = map(cases.p[it]));
    }
    Ok(out)
}

fn logit(p: f64) -> f64 {
    let p = p.clamp(EDGE, 1.0 - EDGE);
    libm::log(p) - libm::log1p(-p)
}

fn scores(ways: &[Way], outcomes: &[bool], bins: usize) -> Section {
    let columns = ["Brier", "skill", "log loss", "calibration error", "AUC"];
    let mut section = Section::with_columns("Scores", columns);
    for way in ways {
        let of = |score: &dyn Fn(&[f64]) -> Result<f64, Error>| -> Cell {
            way.p.as_ref().map_err(Clone::clone).and_then(|it| score(it)).into()
        };
        section.row(
            way.name,
            vec![
                of(&|it| brier(it, outcomes)),
                of(&|it| brier_skill(it, outcomes)),
                of(&|it| log_loss(it, outcomes)),
                of(&|it| expected_calibration_error(it, outcomes, bins)),
                of(&|it| calibration::auc(it, outcomes)),
            ],
        );
    }
    section
}

fn parts(p: &[f64], outcomes: &[bool], bins: usize) -> Section {
    let mut section = Section::new("Parts of the Brier score");
    let found = brier_parts(p, outcomes, bins);
    section.say("reliability, less is better", found.as_ref().map(|it| it.reliability));
    section.say("resolution, more is better", found.as_ref().map(|it| it.resolution));
    section.say("uncertainty of the outcomes", found.as_ref().map(|it| it.uncertainty));
    section.say("within the bins", found.as_ref().map(|it| it.within));
    section
}

/// Wilson's interval (1927) of the share of `observed` among `count` cases.
fn wilson(observed: f64, count: usize) -> (f64, f64) {
    let n = count as f64;
    let spread = Z_95 * Z_95 / n;
    let middle = (observed + 0.5 * spread) / (1.0 + spread);
    let reach = Z_95 / (1.0 + spread) * libm::sqrt(observed * (1.0 - observed) / n + 0.25 * spread / n);
    ((middle - reach).max(0.0), (middle + reach).min(1.0))
}

fn bins(curve: &[Bin]) -> Section {
    let columns = ["cases", "mean probability", "observed", "from", "to"];
    let mut section = Section::with_columns("Reliability", columns);
    for (at, bin) in curve.iter().enumerate() {
        let (low, high) = wilson(bin.observed, bin.count);
        let cells = vec![bin.count.into(), bin.mean.into(), bin.observed.into(), low.into(), high.into()];
        section.row(&format!("bin {}", at + 1), cells);
    }
    section
}

fn reliability(ways: &[Way], curve: &[Bin], outcomes: &[bool], bins: usize) -> Chart {
    let mut plane = Plane::new(
        Axis::new("probability given", Unit::Percent).from_zero(),
        Axis::new("share that happened", Unit::Percent).from_zero(),
    );
    plane.square = true;
    plane.layer("true", Colour::Ink, Shape::Dashed, vec![0.0, 1.0], vec![0.0, 1.0]);
    for way in ways.iter().skip(1) {
        let found = way.p.as_ref().map_err(Clone::clone).and_then(|it| reliability_curve(it, outcomes, bins));
        if let Ok(found) = found {
            let (x, y) = found.iter().map(|it| (it.mean, it.observed)).unzip();
            plane.layer(&format!("{}, out of fold", way.name), way.colour, Shape::Line, x, y);
        }
    }
    let x: Vec<f64> = curve.iter().map(|it| it.mean).collect();
    let (low, high): (Vec<f64>, Vec<f64>) = curve.iter().map(|it| wilson(it.observed, it.count)).unzip();
    plane.layer("95 % interval", Colour::Blue, Shape::Whiskers(high), x.clone(), low);
    let y: Vec<f64> = curve.iter().map(|it| it.observed).collect();
    plane.layer("as given", Colour::Blue, Shape::Line, x.clone(), y.clone());
    let names = vec![String::new(); x.len()];
    plane.layer("", Colour::Blue, Shape::Named(names), x, y);
    let note = format!(
        "{bins} bins of equal width, empty ones left out; intervals by Wilson, for independent outcomes. Below the diagonal: too sure that it happens."
    );
    Chart::plane("Reliability curve", &note, plane)
}

/// How often which probability was given, before and after.
fn spread(ways: &[Way], bins: usize) -> Chart {
    let width = 1.0 / bins as f64;
    let mut plane = Plane::new(
        Axis::new("probability", Unit::Percent).from_zero(),
        Axis::new("cases", Unit::Count).from_zero(),
    );
    let shown: Vec<(&Way, &Vec<f64>)> =
        ways.iter().filter_map(|it| Some((it, it.p.as_ref().ok()?))).collect();
    let each = width * 0.9 / shown.len() as f64;
    for (at, (way, p)) in shown.iter().enumerate() {
        let mut counts = vec![0.0; bins];
        for it in *p {
            counts[((it * bins as f64) as usize).min(bins - 1)] += 1.0;
        }
        let x = (0..bins).map(|it| (it as f64 + 0.05) * width + at as f64 * each).collect();
        plane.layer(way.name, way.colour, Shape::Columns(each), x, counts);
    }
    Chart::plane(
        "How often which probability",
        "Cases in each bin; calibrated ones out of fold. A forecaster that knows much gives high and low ones.",
        plane,
    )
}

/// The maps fitted to all cases, as they would be used next.
fn maps(p: &[f64], outcomes: &[bool]) -> Chart {
    let mut plane = Plane::new(
        Axis::new("probability given", Unit::Percent).from_zero(),
        Axis::new("probability after", Unit::Percent).from_zero(),
    );
    plane.square = true;
    plane.layer("unchanged", Colour::Ink, Shape::Dashed, vec![0.0, 1.0], vec![0.0, 1.0]);
    let x = steps(0.0, 1.0, 201);
    let scores: Vec<f64> = p.iter().map(|it| logit(*it)).collect();
    let mut add = |name, colour, map: Result<Map, Error>| {
        if let Ok(map) = map {
            plane.layer(name, colour, Shape::Line, x.clone(), x.iter().map(|it| map(*it)).collect());
        }
    };
    let isotonic = Isotonic::fit_outcomes(p, outcomes);
    add(
        "isotonic",
        Colour::Orange,
        isotonic.map(|map| Box::new(move |it| map.predict(it).unwrap_or(it)) as Map),
    );
    let platt = Platt::fit(&scores, outcomes);
    add("Platt", Colour::Purple, platt.map(|map| Box::new(move |it| map.predict(logit(it))) as Map));
    let beta = Beta::fit(p, outcomes);
    add("beta", Colour::Gold, beta.map(|map| Box::new(move |it| map.predict(it)) as Map));
    Chart::plane(
        "Maps to calibrated probabilities",
        "Fitted to all cases, as they would be used from here on; in sample.",
        plane,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_the_interval_are_rates_that_the_share_is_1_96_errors_from() {
        for (observed, count) in [(0.8, 10), (0.0, 5), (1.0, 5), (0.37, 1_000)] {
            let (low, high) = wilson(observed, count);
            for end in [low, high] {
                let error = libm::sqrt(end * (1.0 - end) / count as f64);
                assert!(
                    ((end - observed).abs() - Z_95 * error).abs() < 1e-12,
                    "{observed} of {count}: {end}"
                );
            }
            assert!(low <= observed && observed <= high && low >= 0.0 && high <= 1.0);
        }
    }
}
