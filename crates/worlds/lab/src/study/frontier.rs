//! The efficient frontier under the same limits: as estimated, against the worst expected returns within their errors, and
//! averaged over worlds that the table might have come from.

use super::limits::{LimitArgs, Limits};
use super::moments::{Estimate, Moments, enough, invertible};
use super::programme::{scenarios, uncertainty};
use super::{Sample, StudyError, count, views};
use scalp_allocate::MeanVariance;
use scalp_allocate::resampling::{Resampling, resampled_frontier};
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Cell, Section, Study};
use std::path::PathBuf;

/// Portfolios of a frontier.
const POINTS: std::ops::RangeInclusive<usize> = 2..=200;
/// Worlds drawn.
const DRAWS_MAX: usize = 10_000;
/// Weights are exact to the root of the gap of the objective where it is flat: a smaller one is none.
const WEIGHT_EXACT_TO: f64 = 1e-7;

/// What is asked beside the table.
#[derive(Debug, Clone, PartialEq)]
pub struct FrontierArgs {
    /// Which covariance.
    pub estimate: Estimate,
    /// Annual return of what bears no risk.
    pub riskless: f64,
    /// Limits and costs.
    pub limits: LimitArgs,
    /// A file of views.
    pub views: Option<PathBuf>,
    /// Portfolios from the quietest to the one that earns most.
    pub points: usize,
    /// How many standard errors the expected returns may be off, for a robust frontier beside it.
    pub robust: Option<f64>,
    /// Worlds that a resampled frontier beside it is the mean of; it knows neither costs nor views.
    pub resample: Option<usize>,
    /// Seed of these worlds.
    pub seed: u64,
}

/// Portfolios in a row, quietest first.
struct Frontier {
    name: &'static str,
    colour: Colour,
    weights: Vec<Vec<f64>>,
}

/// The frontiers.
pub fn frontier(sample: &Sample, args: &FrontierArgs) -> Result<Study, StudyError> {
    if !POINTS.contains(&args.points) {
        let (least, most) = (POINTS.start(), POINTS.end());
        return Err(StudyError::Asked(format!("--points: expected {least} to {most}, got {}", args.points)));
    }
    if let Some(it) = args.resample.filter(|it| !(1..=DRAWS_MAX).contains(it)) {
        return Err(StudyError::Asked(format!("--resample: expected 1 to {DRAWS_MAX} worlds, got {it}")));
    }
    if !args.riskless.is_finite() {
        return Err(StudyError::Asked(format!(
            "--riskless: expected a finite number, got {}",
            args.riskless
        )));
    }
    enough(sample)?;
    invertible(sample, args.estimate)?;
    let limits = Limits::of(sample, &args.limits)?;
    let estimated = Moments::of(sample, args.estimate)?;
    let mut notes = sample.notes.clone();
    let mut sections = Vec::new();
    let moments = match &args.views {
        None => estimated,
        Some(path) => {
            let found = views::taken(sample, &estimated, args.riskless, path)?;
            notes.extend(found.notes);
            sections.extend(found.sections);
            found.moments
        }
    };
    let found = frontiers(sample, args, &limits, &moments)?;
    for it in found.iter().rev() {
        sections.insert(0, table(sample, &moments, it, args.riskless));
    }
    notes.push("Each portfolio is placed by the estimates of the table: the weighted mean of each asset's compounded growth, and the chosen covariance. Evenly spaced in return, from the quietest to the one that earns most.".into());
    if let Some(radius) = args.robust {
        notes.push(format!("Robust (Goldfarb and Iyengar 2003): best for the worst expected returns within {radius} standard errors of the estimates."));
    }
    if let Some(draws) = args.resample {
        notes.push(format!("Resampled (Michaud 1998): portfolios of the same rank averaged over {} of as many rows, drawn with replacement, seed {}; each world has its sample covariance and its mean simple return.", count(draws, "world"), args.seed));
    }
    notes.push("In sample: out of it expect less return and more risk.".into());
    Ok(Study {
        title: format!(
            "Efficient frontier of {}, {} of each",
            count(sample.names.len(), "asset"),
            count(sample.steps(), "return")
        ),
        sample: sample.described(),
        charts: vec![chart(sample, &moments, &found)],
        sections,
        notes,
        ..Study::default()
    })
}

fn frontiers(
    sample: &Sample,
    args: &FrontierArgs,
    limits: &Limits,
    moments: &Moments,
) -> Result<Vec<Frontier>, StudyError> {
    let costs = limits.costs_over(limits.changes_per_year);
    let error = args.robust.map(|it| uncertainty(sample, &moments.covariance, it)).transpose();
    let error = error.map_err(|e| limits.said(&e))?;
    let solve = |robust: bool| {
        let mut programme = MeanVariance::new(&moments.mean, &moments.covariance, &limits.constraints)?;
        if let Some(costs) = &costs {
            programme = programme.with_costs(costs)?;
        }
        if let Some(error) = error.as_ref().filter(|_| robust) {
            programme = programme.with_uncertainty(error)?;
        }
        let found = programme.frontier(args.points)?;
        let weights = found.into_iter().map(|it| it.weights);
        Ok(weights
            .map(|it| if limits.is_nothing(&it) { vec![0.0; it.len()] } else { it })
            .collect::<Vec<_>>())
    };
    let said = |e: scalp_allocate::Error| limits.said(&e);
    let mut found =
        vec![Frontier { name: "frontier", colour: Colour::Blue, weights: solve(false).map_err(said)? }];
    if args.robust.is_some() {
        let weights = solve(true).map_err(said)?;
        found.push(Frontier { name: "robust frontier", colour: Colour::Purple, weights });
    }
    if let Some(draws) = args.resample {
        let plan = Resampling { points: args.points, draws, seed: args.seed };
        let rows = scenarios(sample).map_err(said)?;
        let weights = resampled_frontier(&rows, &limits.constraints, plan).map_err(said)?;
        found.push(Frontier { name: "resampled frontier", colour: Colour::Orange, weights });
    }
    Ok(found)
}

fn table(sample: &Sample, moments: &Moments, of: &Frontier, riskless: f64) -> Section {
    let mut columns = vec!["return".to_owned(), "volatility".into(), "Sharpe ratio".into()];
    columns.extend(sample.names.iter().map(|it| format!("{it}, weight")));
    let mut title = of.name.to_owned();
    title[..1].make_ascii_uppercase();
    let mut section = Section { exact_to: WEIGHT_EXACT_TO, ..Section::with_columns(&title, columns) };
    for (at, weights) in of.weights.iter().enumerate() {
        let (mean, volatility) = moments.place(weights);
        let sharpe = if volatility > 0.0 {
            Ok((mean - riskless) / volatility)
        } else {
            Err("the portfolio has no volatility")
        };
        let mut cells: Vec<Cell> = vec![mean.into(), volatility.into(), sharpe.into()];
        cells.extend(weights.iter().map(|it| Cell::from(*it)));
        section.row(&format!("portfolio {}", at + 1), cells);
    }
    section
}

fn chart(sample: &Sample, moments: &Moments, all: &[Frontier]) -> Chart {
    let mut plane = Plane::new(
        Axis::new("annual volatility", Unit::Percent).from_zero(),
        Axis::new("annual return", Unit::Percent),
    );
    let own: (Vec<f64>, Vec<f64>) = (0..sample.names.len())
        .map(|at| (libm::sqrt(moments.covariance.at(at, at)), moments.mean[at]))
        .unzip();
    plane.layer("assets", Colour::Grey, Shape::Named(sample.names.clone()), own.0, own.1);
    for it in all {
        let (x, y) = it.weights.iter().map(|it| moments.place(it)).map(|(mean, risk)| (risk, mean)).unzip();
        plane.layer(it.name, it.colour, Shape::Line, x, y);
    }
    Chart::plane(
        "Efficient frontier",
        "In sample: estimated and judged on the same rows, all under the same limits.",
        plane,
    )
}
