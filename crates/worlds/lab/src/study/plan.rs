//! A plan of weights over several periods, each trade paid for, beside going to the costless optimum at once.

use super::limits::{LimitArgs, Limits};
use super::moments::{Estimate, Moments, enough, invertible};
use super::{Sample, StudyError, count, figure};
use scalp_allocate::multiperiod::MultiPeriod;
use scalp_allocate::{Costs, Covariance};
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Cell, Section, Study};
use scalp_tables::panel::{Holds, Missing, Panel, PanelPlan};
use std::path::PathBuf;

/// Most periods.
const PERIODS_MAX: usize = 60;
/// Assets that the chart shows: those that move most.
const DRAWN: [Colour; 5] = [Colour::Blue, Colour::Orange, Colour::Purple, Colour::Gold, Colour::Grey];
/// Portfolios keep their limits to this, so that a smaller weight is none.
const WEIGHT_EXACT_TO: f64 = scalp_allocate::FEASIBLE;

/// What is asked beside the table.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanArgs {
    /// Which covariance.
    pub estimate: Estimate,
    /// Limits and costs.
    pub limits: LimitArgs,
    /// Periods ahead.
    pub periods: usize,
    /// Steps of the table in a period.
    pub every: f64,
    /// Half of it times the variance is taken off the return of each period.
    pub aversion: f64,
    /// Most annual volatility in each period.
    pub volatility_max: Option<f64>,
    /// Expected returns of each period: a table with a row a period and a column an asset.
    pub expected: Option<PathBuf>,
}

/// The plan.
pub fn plan(sample: &Sample, args: &PlanArgs) -> Result<Study, StudyError> {
    enough(sample)?;
    invertible(sample, args.estimate)?;
    for (option, value) in [("every", args.every), ("volatility-max", args.volatility_max.unwrap_or(1.0))] {
        if !(value > 0.0 && value.is_finite()) {
            return Err(StudyError::Asked(format!("--{option}: expected above 0, got {value}")));
        }
    }
    if !(args.aversion >= 0.0 && args.aversion.is_finite()) {
        return Err(StudyError::Asked(format!("--aversion: expected zero or more, got {}", args.aversion)));
    }
    let mut limits = Limits::of(sample, &args.limits)?;
    limits.risk_option = "--volatility-max";
    let Some(costs) = limits.costs.clone() else {
        return Err(StudyError::Asked(
            "a plan spreads trades because they cost: give --cost (fee and half spread, 0.0005 for 5 basis points) or --impact".into(),
        ));
    };
    let moments = Moments::of(sample, args.estimate)?;
    let years = args.every / sample.per_year;
    let means = expected(sample, args, &moments, years)?;
    let values = moments.covariance.values().iter().map(|it| it * years).collect();
    let said = |e: scalp_allocate::Error| limits.said(&e);
    let covariance = Covariance::new(sample.names.len(), values).map_err(said)?;
    let programme = MultiPeriod {
        means: &means,
        covariance: &covariance,
        constraints: &limits.constraints,
        costs: &costs,
        aversion: args.aversion,
        variance_max: args.volatility_max.map_or(f64::INFINITY, |it| it * it * years),
    };
    let found = programme.solve().map_err(said)?;
    let free = Costs::proportional(limits.current.clone(), 0.0);
    let loose = scalp_allocate::Constraints { turnover: None, ..limits.constraints.clone() };
    let ideal = MultiPeriod { costs: &free, constraints: &loose, ..programme }.solve().map_err(said)?;
    let judged = Judge { means: &means, covariance: &covariance, costs: &costs, aversion: args.aversion };
    let ways = [("the plan", &found.weights), ("the costless optimum, at once", &ideal.weights)];
    let ways = ways.map(|(name, path)| (name, judged.of(path)));
    let stay = limits.constraints.violation(&limits.current) <= WEIGHT_EXACT_TO;
    let held = vec![limits.current.clone(); means.len()];
    let mut compared = Section::with_columns(
        &format!("Over {}", count(means.len(), "period")),
        ["return before costs", "costs", "turnover", "return after costs", "after aversion"],
    );
    for (name, way) in &ways {
        compared.row(name, way.iter().map(|it| Cell::from(*it)).collect());
    }
    if stay {
        compared.row("what is held now, kept", judged.of(&held).iter().map(|it| Cell::from(*it)).collect());
    }
    let mut proof = Section::new("Proof of optimality");
    proof.say("worst residual", found.check.worst());
    let mut notes = sample.notes.clone();
    notes.push(format!(
        "Most expected return after costs and {} / 2 times the variance, over all periods together (Boyd et al. 2017); limits hold in each. Only the first trades are to be made: plan again when more is known.",
        args.aversion
    ));
    notes.push(if args.expected.is_some() {
        "Expected returns of each period are those of the file.".into()
    } else {
        format!("Expected returns of each period: the compounded growth of each asset in the table, over {}. It is the same in every period, and mostly chance; give your own with --expected.", count(args.every, "step"))
    });
    let known = Ok::<f64, String>;
    let traded: f64 = found.weights[0].iter().zip(&limits.current).map(|(a, b)| (a - b).abs()).sum();
    Ok(Study {
        title: format!(
            "A plan for {} over {} of {}",
            count(sample.names.len(), "asset"),
            count(means.len(), "period"),
            count(args.every, "step")
        ),
        sample: sample.described(),
        headline: vec![
            figure(
                "After costs and aversion",
                FigureUnit::Percent,
                known(ways[0].1[4]),
                "the plan, all periods",
            ),
            figure("Costs", FigureUnit::Magnitude, known(ways[0].1[1]), "of equity, all periods"),
            figure("Traded now", FigureUnit::Magnitude, known(traded), "sum of the absolute changes"),
            figure("The same, at once", FigureUnit::Percent, known(ways[1].1[4]), "the costless optimum"),
        ],
        charts: vec![chart(sample, &limits.current, &found.weights)],
        sections: vec![table(sample, &limits.current, &found.weights), compared, proof],
        notes,
    })
}

/// Expected returns by period.
fn expected(
    sample: &Sample,
    args: &PlanArgs,
    moments: &Moments,
    years: f64,
) -> Result<Vec<Vec<f64>>, StudyError> {
    let Some(path) = &args.expected else {
        if !(1..=PERIODS_MAX).contains(&args.periods) {
            return Err(StudyError::Asked(format!(
                "--periods: expected 1 to {PERIODS_MAX}, got {}",
                args.periods
            )));
        }
        // A growth compounds: its share of a year is a power and not a fraction.
        let over_a_period = |annual: &f64| libm::expm1(years * libm::log1p(*annual));
        return Ok(vec![moments.mean.iter().map(over_a_period).collect(); args.periods]);
    };
    let plan = PanelPlan { holds: Holds::Returns, missing: Missing::Refuse, columns: sample.names.clone() };
    let panel = Panel::read(path, &plan)?;
    let rows = panel.series[0].len();
    if rows > PERIODS_MAX {
        let file = path.display();
        return Err(StudyError::Asked(format!(
            "--expected: {file}: expected at most {PERIODS_MAX} rows, one a period, got {rows}"
        )));
    }
    Ok((0..rows).map(|t| panel.series.iter().map(|it| it[t]).collect()).collect())
}

/// What a path of weights comes to.
struct Judge<'a> {
    means: &'a [Vec<f64>],
    covariance: &'a Covariance,
    costs: &'a Costs,
    aversion: f64,
}

impl Judge<'_> {
    /// Return before costs, costs, turnover, return after costs, and that less the aversion.
    fn of(&self, path: &[Vec<f64>]) -> [f64; 5] {
        let (mut gross, mut cost, mut turnover, mut risk) = (0.0, 0.0, 0.0, 0.0);
        let mut before = &self.costs.current;
        for (weights, mean) in path.iter().zip(self.means) {
            gross += weights.iter().zip(mean).map(|(w, m)| w * m).sum::<f64>();
            cost += self.costs.between(before, weights);
            turnover += weights.iter().zip(before).map(|(a, b)| (a - b).abs()).sum::<f64>();
            risk += 0.5 * self.aversion * self.covariance.variance(weights);
            before = weights;
        }
        [gross, cost, turnover, gross - cost, gross - cost - risk]
    }
}

fn table(sample: &Sample, current: &[f64], path: &[Vec<f64>]) -> Section {
    let mut columns = vec!["held now".to_owned()];
    columns.extend((1..=path.len()).map(|it| format!("period {it}")));
    let mut section = Section { exact_to: WEIGHT_EXACT_TO, ..Section::with_columns("Weights", columns) };
    for (at, name) in sample.names.iter().enumerate() {
        let cells = std::iter::once(current[at]).chain(path.iter().map(|it| it[at]));
        section.row(name, cells.map(Cell::from).collect());
    }
    section
}

fn chart(sample: &Sample, current: &[f64], path: &[Vec<f64>]) -> Chart {
    let mut plane =
        Plane::new(Axis::new("period", Unit::Count), Axis::new("weight", Unit::Percent).from_zero());
    let last = &path[path.len() - 1];
    let moved = |at: usize| (last[at] - current[at]).abs().max(last[at].abs());
    let mut order: Vec<usize> = (0..current.len()).collect();
    order.sort_by(|a, b| moved(*b).total_cmp(&moved(*a)).then(a.cmp(b)));
    let x: Vec<f64> = (0..=path.len()).map(|it| it as f64).collect();
    for (at, colour) in order.iter().zip(DRAWN) {
        let y = std::iter::once(current[*at]).chain(path.iter().map(|it| it[*at])).collect();
        plane.layer(&sample.names[*at], colour, Shape::Line, x.clone(), y);
    }
    let note = format!(
        "From what is held now (period 0). {} of {}: those of the largest weight or change.",
        order.len().min(DRAWN.len()),
        count(order.len(), "asset")
    );
    Chart::plane("Weights by period", &note, plane)
}
