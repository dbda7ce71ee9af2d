//! The sizes that the real-time programme would take between two ticks, with what holds each of them back.

use super::known;
use crate::study::files::rows;
use crate::study::{StudyError, count};
use scalp_allocate::realtime::{Limits, Moment, Sizer};
use scalp_allocate::{Error, FEASIBLE, Source};
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::{Cell, Section, Study};
use std::path::Path;

/// What is known of one asset.
struct Held {
    name: String,
    current: f64,
    expected: f64,
    confidence: f64,
}

/// The sizes of the assets of a file: what is held, what is expected, and how sure that is.
pub fn programme(path: &Path, limits: Limits) -> Result<Study, StudyError> {
    let assets = read(path)?;
    let of = |get: fn(&Held) -> f64| assets.iter().map(get).collect::<Vec<f64>>();
    let (current, expected, confidence) = (of(|it| it.current), of(|it| it.expected), of(|it| it.confidence));
    let mut weights = Vec::new();
    let mut sizer = Sizer::new(limits).map_err(|e| refused(&e, &assets, limits))?;
    let moment = Moment { current: &current, expected: &expected, confidence: &confidence };
    let check = sizer.size(moment, &mut weights).map_err(|e| refused(&e, &assets, limits))?;
    let gross: f64 = weights.iter().map(|it| it.abs()).sum();
    let turnover: f64 = weights.iter().zip(&current).map(|(a, b)| (a - b).abs()).sum();
    let income: f64 =
        weights.iter().zip(&expected).zip(&confidence).map(|((w, edge), sure)| w * edge * sure).sum();
    let is_full = gross >= limits.gross_max - FEASIBLE;
    let columns = ["held now", "weight", "change", "expected, times confidence", "held back by"];
    let mut section = Section { exact_to: FEASIBLE, ..Section::with_columns("Sizes", columns) };
    for (it, weight) in assets.iter().zip(&weights) {
        let edge = it.expected * it.confidence;
        let cells: Vec<Cell> = vec![
            it.current.into(),
            (*weight).into(),
            (weight - it.current).into(),
            edge.into(),
            bound(it, *weight, limits, is_full).into(),
        ];
        section.row(&it.name, cells);
    }
    let mut whole = Section::new("Together");
    whole.say("gross exposure", gross);
    whole.say("turnover", turnover);
    whole.say("expected, times confidence", income);
    whole.say("costs", limits.cost * turnover);
    whole.say("after costs", income - limits.cost * turnover);
    let mut proof = Section::new("Proof of optimality");
    proof.say("gap to the bound by the price of gross exposure", check.gap);
    proof.say("largest break of a limit", check.primal.max(0.0));
    let file = path.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
    Ok(Study {
        title: format!("Sizes of {} between two ticks", count(assets.len(), "asset")),
        sample: file,
        headline: vec![
            known("Gross exposure", FigureUnit::Magnitude, gross, "sum of the absolute weights"),
            known("Turnover", FigureUnit::Magnitude, turnover, "sum of the absolute changes"),
            known("After costs", FigureUnit::Percent, income - limits.cost * turnover, "expected, of equity"),
        ],
        sections: vec![section, whole, proof],
        notes: vec![
            "Most expected return times confidence, less the cost of what is traded, within the limits. Risk is in the limits alone: no covariance is read. Where it should count, with limits on sums and groups, ask scalp portfolio plan.".into(),
            "Exact in one pass: each unit of gross exposure goes where it earns most, and what the last one earns proves that no other sizes earn more.".into(),
        ],
        ..Study::default()
    })
}

/// The assets of a file, in its order.
fn read(path: &Path) -> Result<Vec<Held>, StudyError> {
    let mut assets: Vec<Held> = Vec::new();
    for row in rows(path, &["asset", "current", "expected", "confidence"], 3)? {
        let needed = |at: usize, name: &str| {
            row.number(at, name)?.ok_or_else(|| {
                StudyError::Asked(format!("{}: {name}: expected a number, got nothing", row.place))
            })
        };
        let name = row.cells[0].clone();
        if name.is_empty() || assets.iter().any(|it| it.name == name) {
            return Err(StudyError::Asked(format!(
                "{}: asset: expected a name that no other row has, got {name:?}",
                row.place
            )));
        }
        let confidence = row.number(3, "confidence")?.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&confidence) {
            return Err(StudyError::Asked(format!(
                "{}: confidence: expected 0 to 1, got {confidence}",
                row.place
            )));
        }
        let (current, expected) = (needed(1, "current")?, needed(2, "expected")?);
        assets.push(Held { name, current, expected, confidence });
    }
    if assets.is_empty() {
        return Err(StudyError::Asked(format!(
            "{}: expected a row for each asset, got none",
            path.display()
        )));
    }
    Ok(assets)
}

/// Why a weight goes no further.
fn bound(it: &Held, weight: f64, limits: Limits, is_full: bool) -> &'static str {
    let edge = it.expected * it.confidence;
    let change = weight - it.current;
    if weight.abs() >= limits.position_max - FEASIBLE {
        "--position-max"
    } else if change.abs() >= limits.step_max - FEASIBLE {
        "--step-max"
    } else if edge.abs() <= limits.cost && change.abs() <= FEASIBLE {
        "--cost is more than its edge"
    } else if is_full {
        "--gross-max"
    } else {
        "no edge"
    }
}

/// The refusal with options and names.
fn refused(error: &Error, assets: &[Held], limits: Limits) -> StudyError {
    let Error::Infeasible { conflict } = error else {
        let option = match error {
            Error::Parameter { name: "gross_max", .. } => "--gross-max: ",
            Error::Parameter { name: "step_max", .. } => "--step-max: ",
            Error::Parameter { name: "position_max", .. } => "--position-max: ",
            Error::Parameter { name: "cost", .. } => "--cost: ",
            _ => "",
        };
        return StudyError::Allocate(format!("{option}{error}"));
    };
    let mut names: Vec<&str> = Vec::new();
    let mut options = Vec::new();
    for source in conflict {
        let (option, asset) = match source {
            Source::Minimum(at) | Source::Maximum(at) => {
                (format!("--position-max {}", limits.position_max), Some(*at))
            }
            Source::Trade(at) => (format!("--step-max {}", limits.step_max), Some(*at)),
            Source::Gross => (format!("--gross-max {}", limits.gross_max), None),
            other => (other.to_string(), None),
        };
        options.push(option);
        names.extend(asset.and_then(|it| assets.get(it)).map(|it| it.name.as_str()));
    }
    options.dedup();
    names.dedup();
    StudyError::Allocate(format!(
        "{}: no sizes satisfy all of: {}; what is held is too far outside for one step: relax one of them",
        names.join(", "),
        options.join(", ")
    ))
}
