//! Columns of returns, each alone and all together.

use super::{FallArgs, MULTIPLES, NOTHING, check, known, said};
use crate::study::charts::steps;
use crate::study::{Sample, StudyError, count};
use scalp_allocate::kelly::{self, Outcomes};
use scalp_allocate::ruin::Diffusion;
use scalp_allocate::sizing::VolatilityTarget;
use scalp_allocate::{Constraints, Range};
use scalp_quant::performance;
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Cell, Section, Study};

/// Rows of the joint programme: each brings an exponential cone.
const JOINT_ROWS_MAX: usize = 3_000;

/// Sizes of columns of returns.
#[derive(Debug, Clone, PartialEq)]
pub struct ReturnsArgs {
    /// Annual return of what bears no risk.
    pub riskless: f64,
    /// Multiple of the full fraction that is taken.
    pub multiple: f64,
    /// Annual volatility that is aimed at.
    pub target: f64,
    /// Most that is scaled up.
    pub scale_max: f64,
    /// Most that the absolute fractions sum to.
    pub gross_max: f64,
    /// Whether fractions may be below zero.
    pub short: bool,
    /// Falls that are asked about.
    pub falls: FallArgs,
}

/// Mean and variance of a column over a year, with the standard error of the mean.
struct Edge {
    mean: f64,
    variance: f64,
    error: f64,
}

impl Edge {
    fn of(returns: &[f64], per_year: f64) -> Result<Self, scalp_quant::Error> {
        // Refuses what is too short or does not vary.
        let volatility = performance::volatility(returns, per_year)?;
        performance::sharpe(returns, per_year)?;
        let n = returns.len() as f64;
        let mean = returns.iter().sum::<f64>() / n * per_year;
        Ok(Self { mean, variance: volatility * volatility, error: volatility / libm::sqrt(n / per_year) })
    }
}

/// The fractions of each column, and of all together.
pub fn returns(sample: &Sample, args: &ReturnsArgs) -> Result<Study, StudyError> {
    check(&args.falls)?;
    for (option, value) in [
        ("multiple", args.multiple),
        ("target-volatility", args.target),
        ("scale-max", args.scale_max),
        ("gross-max", args.gross_max),
    ] {
        if !(value > 0.0 && value.is_finite()) {
            return Err(StudyError::Asked(format!("--{option}: expected above 0, got {value}")));
        }
    }
    if !args.riskless.is_finite() {
        return Err(StudyError::Asked(format!(
            "--riskless: expected a finite number, got {}",
            args.riskless
        )));
    }
    let per_step = args.riskless / sample.per_year;
    let target =
        VolatilityTarget { target: args.target, scale_max: args.scale_max, ..VolatilityTarget::default() };
    let columns = [
        "mean excess",
        "error",
        "volatility",
        "full Kelly",
        "full Kelly, of the rows",
        "kept for the error",
        "fraction",
        "scale to the target",
    ];
    let mut section = Section::with_columns("Each column alone, annual", columns);
    for (name, all) in sample.names.iter().zip(&sample.returns) {
        let excess: Vec<f64> = all.iter().map(|it| it - per_step).collect();
        let edge = Edge::of(&excess, sample.per_year).map_err(StudyError::of(name))?;
        let full = kelly::continuous(edge.mean, 0.0, edge.variance).map_err(said(name))?;
        let keep = kelly::shrinkage(edge.mean, edge.error).map_err(said(name))?;
        let of_rows = Outcomes::of_history(&excess).and_then(|it| it.fraction());
        let scale = target.scale(libm::sqrt(edge.variance)).map_err(said("--target-volatility"))?;
        let cells = vec![
            edge.mean.into(),
            edge.error.into(),
            libm::sqrt(edge.variance).into(),
            full.into(),
            of_rows.into(),
            keep.into(),
            (full * keep * args.multiple).into(),
            scale.into(),
        ];
        section.row(name, cells);
    }
    let joint = Joint::of(sample, args, per_step)?;
    let mut notes = sample.notes.clone();
    notes.push("Full Kelly: mean excess over variance, for normal returns traded continuously (Merton 1969), below zero is short; of the rows: the fraction of most growth if each past return were as likely again, zero or more. An edge known to an error only keeps the share mean^2 / (mean^2 + error^2) (Baker and McHale 2013); the fraction is that times the multiple. The scale brings the volatility to the target at once.".into());
    let mut study = Study {
        title: format!(
            "How much of {}, {} of each",
            count(sample.names.len(), "column"),
            count(sample.steps(), "return")
        ),
        sample: sample.described(),
        sections: vec![section],
        ..Study::default()
    };
    match &joint {
        None => notes.push(format!(
            "All columns together are left out: the programme is of {JOINT_ROWS_MAX} rows at most, here are {}; take longer steps or a shorter table.",
            sample.steps()
        )),
        Some(joint) => {
        notes.push(format!("All together: most expected growth over the rows, gross at most {}, {}; what is best in the rows that it is judged by is too large out of them. Falls and their growth are of a Brownian motion with the mean and the variance of the rows (Thorp 2006), which has no single deep step; a multiple at which a row of the table takes all is told.", args.gross_max, if args.short { "below zero is short" } else { "none below zero" }));
            study.headline = vec![
                known("Gross, full Kelly", FigureUnit::Magnitude, joint.gross(), "all columns together"),
                known(
                    "Growth, full Kelly",
                    FigureUnit::Percent,
                    joint.growth * sample.per_year,
                    "annual, of the logarithm, in sample",
                ),
                known(
                    "Volatility, full Kelly",
                    FigureUnit::Magnitude,
                    libm::sqrt(joint.edge.variance),
                    "annual",
                ),
            ];
            study.charts = vec![joint.chart(args)];
            study.sections.extend([joint.table(sample, args), joint.falls(args)]);
            study.sections.extend(joint.proof());
        }
    }
    study.notes = notes;
    Ok(study)
}

/// Fractions, growth per row, and the worst residual of the programme.
type Found = (Vec<f64>, f64, Option<f64>);

/// The fraction of the only column, exact without a programme.
fn alone(rows: &[Vec<f64>], args: &ReturnsArgs) -> Result<Found, StudyError> {
    let returns: Vec<f64> = rows.iter().map(|it| it[0]).collect();
    let outcomes = Outcomes::of_history(&returns).map_err(said("the rows"))?;
    let fraction = match outcomes.fraction() {
        Err(scalp_allocate::Error::Unbounded) => args.gross_max,
        other => other.map_err(said("the rows"))?.min(args.gross_max),
    };
    Ok((vec![fraction], outcomes.growth(fraction), None))
}

/// The fractions of several columns.
fn together(sample: &Sample, rows: &[Vec<f64>], args: &ReturnsArgs) -> Result<Found, StudyError> {
    let low = if args.short { -args.gross_max } else { 0.0 };
    let constraints = Constraints {
        gross_max: args.gross_max,
        ..Constraints::bounded(sample.names.len(), Range::new(low, args.gross_max))
    };
    let chances = vec![1.0 / rows.len() as f64; rows.len()];
    let found = kelly::joint(rows, &chances, &constraints)
        .map_err(|e| StudyError::Allocate(crate::study::portfolio::named(&e.to_string(), &sample.names)))?;
    let worst = found.check.worst();
    Ok((found.fractions, found.growth, Some(worst)))
}

/// All columns together.
struct Joint {
    fractions: Vec<f64>,
    /// Per row.
    growth: f64,
    /// Of the programme; none of one column, which needs no programme.
    worst_residual: Option<f64>,
    edge: Edge,
    /// The worst row of the full fractions.
    worst_row: f64,
}

impl Joint {
    /// Nothing where there are too many rows for the programme of several columns.
    fn of(sample: &Sample, args: &ReturnsArgs, per_step: f64) -> Result<Option<Self>, StudyError> {
        let steps = sample.steps();
        let is_one = sample.names.len() == 1 && !args.short;
        if steps > JOINT_ROWS_MAX && !is_one {
            return Ok(None);
        }
        let rows: Vec<Vec<f64>> =
            (0..steps).map(|t| sample.returns.iter().map(|it| it[t] - per_step).collect()).collect();
        let (fractions, growth, worst_residual) =
            if is_one { alone(&rows, args)? } else { together(sample, &rows, args)? };
        let held: Vec<f64> =
            rows.iter().map(|row| row.iter().zip(&fractions).map(|(r, f)| r * f).sum()).collect();
        let gross: f64 = fractions.iter().map(|it| it.abs()).sum();
        let edge = if gross > NOTHING {
            Edge::of(&held, sample.per_year).map_err(StudyError::of("all columns together"))?
        } else {
            Edge { mean: 0.0, variance: 0.0, error: 0.0 }
        };
        let worst_row = held.iter().copied().fold(0.0, f64::min);
        Ok(Some(Self { fractions, growth, worst_residual, edge, worst_row }))
    }

    fn gross(&self) -> f64 {
        self.fractions.iter().map(|it| it.abs()).sum()
    }

    fn table(&self, sample: &Sample, args: &ReturnsArgs) -> Section {
        let mut section = Section {
            exact_to: scalp_allocate::FEASIBLE,
            ..Section::with_columns("All together", ["full Kelly", "times the multiple"])
        };
        for (name, it) in sample.names.iter().zip(&self.fractions) {
            section.row(name, vec![(*it).into(), (it * args.multiple).into()]);
        }
        section.row("gross", vec![self.gross().into(), (self.gross() * args.multiple).into()]);
        section.row("growth, annual", vec![(self.growth * sample.per_year).into(), "".into()]);
        section
    }

    fn proof(&self) -> Option<Section> {
        let mut section = Section::new("Proof of optimality");
        section.say("worst residual", self.worst_residual?);
        Some(section)
    }

    /// Growth and volatility of a multiple of the fractions, annual.
    fn at(&self, multiple: f64) -> (f64, f64) {
        let growth = multiple * self.edge.mean - 0.5 * multiple * multiple * self.edge.variance;
        (growth, multiple * libm::sqrt(self.edge.variance))
    }

    /// Why a multiple has no growth: the worst row takes all that there is.
    fn ruined(&self, multiple: f64) -> Option<String> {
        let lost = -multiple * self.worst_row;
        (lost >= 1.0).then(|| format!("the worst row of the table alone loses {lost:.4} of the equity"))
    }

    fn falls(&self, args: &ReturnsArgs) -> Section {
        let falls = &args.falls;
        let columns =
            ["growth, annual", "volatility, annual", "ever falls so deep", "within the years", "time below"];
        let name = format!("Falls to {} of the equity, within {}", falls.to, count(falls.within, "year"));
        let mut section = Section::with_columns(&name, columns);
        let mut all = MULTIPLES.to_vec();
        if !all.iter().any(|it| (it - args.multiple).abs() <= 0.0) {
            all.push(args.multiple);
            all.sort_by(|a, b| b.total_cmp(a));
        }
        for multiple in all {
            let (growth, volatility) = self.at(multiple);
            if let Some(why) = self.ruined(multiple) {
                let none = || Cell::Undefined(why.clone());
                section.row(
                    &format!("{multiple} of full Kelly"),
                    vec![none(), volatility.into(), none(), none(), none()],
                );
                continue;
            }
            let law = Diffusion::new(growth, volatility);
            let of = |get: &dyn Fn(Diffusion) -> Result<f64, scalp_allocate::Error>| -> Cell {
                match &law {
                    Ok(it) => get(*it).into(),
                    Err(_) => Cell::Undefined("nothing is held: no column has an edge".into()),
                }
            };
            let cells = vec![
                growth.into(),
                volatility.into(),
                of(&|it| it.ever_falls_to(falls.to)),
                of(&|it| it.falls_to_within(falls.to, falls.within)),
                of(&|it| it.time_below_peak(1.0 - falls.to)),
            ];
            section.row(&format!("{multiple} of full Kelly"), cells);
        }
        section
    }

    fn chart(&self, args: &ReturnsArgs) -> Chart {
        let name = "Growth by multiple";
        if self.edge.variance <= NOTHING {
            return Chart::missing(name, "nothing is held: no column has an edge");
        }
        let x: Vec<f64> = steps(0.0, 2.5, 126).into_iter().filter(|it| self.ruined(*it).is_none()).collect();
        let mut plane = Plane::new(
            Axis::new("multiple of the fractions", Unit::Plain).from_zero(),
            Axis::new("annual", Unit::Percent).from_zero(),
        );
        plane.layer(
            "growth",
            Colour::Blue,
            Shape::Line,
            x.clone(),
            x.iter().map(|it| self.at(*it).0).collect(),
        );
        let (fall_x, fall_y): (Vec<f64>, Vec<f64>) = x
            .iter()
            .filter_map(|it| {
                let (growth, volatility) = self.at(*it);
                Some((*it, Diffusion::new(growth, volatility).ok()?.ever_falls_to(args.falls.to).ok()?))
            })
            .unzip();
        plane.layer(
            &format!("chance to fall to {}", args.falls.to),
            Colour::Orange,
            Shape::Line,
            fall_x,
            fall_y,
        );
        plane.upright("taken", args.multiple);
        Chart::plane(
            name,
            "Of the columns together, as a Brownian motion with the mean and the variance of the rows, up to where a row takes all; in sample.",
            plane,
        )
    }
}
