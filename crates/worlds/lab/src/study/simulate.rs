//! What might happen to one column: paths of a model fitted to it or given, and what they come to.

use super::ahead::AheadArgs;
use super::charts::Histogram;
use super::world::{Made, World};
use super::{Sample, StudyError, count, figure};
use scalp_quant::Error;
use scalp_quant::montecarlo::estimate::Tail;
use scalp_quant::montecarlo::outcome::RiskReport;
use scalp_quant::montecarlo::{Draws, Estimate, PathOutcome, evaluate};
use scalp_quant::rng::Key;
use scalp_quant::tails::quantile;
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Section, Study};

/// Steps of all paths.
const WORK_MAX: usize = 2_000_000_000;
/// Paths and times that the fan is drawn from.
const FAN_PATHS: usize = 4_000;
const FAN_TIMES: usize = 60;
/// Chances of the fan and of the last price.
const CHANCES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// The ways to make paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// Geometric Brownian motion.
    Gbm,
    /// With jumps (Merton 1976).
    Merton,
    /// With a variance of its own (Heston 1993).
    Heston,
    /// The logarithm of the price reverts to a mean.
    OrnsteinUhlenbeck,
    /// The logarithm of the price is a fractional Brownian motion.
    Fractional,
    /// Past returns drawn again in blocks of geometric length.
    Stationary,
    /// Past returns drawn again in blocks of one length.
    Block,
}

impl Model {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gbm => "geometric Brownian motion",
            Self::Merton => "jump diffusion (Merton)",
            Self::Heston => "stochastic volatility (Heston)",
            Self::OrnsteinUhlenbeck => "Ornstein-Uhlenbeck, logarithm of the price",
            Self::Fractional => "fractional Brownian motion, logarithm of the price",
            Self::Stationary => "stationary bootstrap",
            Self::Block => "block bootstrap",
        }
    }
}

/// Parameters that stand in place of those of the table; per year. A model reads those that it has.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Given {
    /// Price at the start.
    pub start: Option<f64>,
    /// Expected price grows by its exponential.
    pub drift: Option<f64>,
    /// Standard deviation of logarithmic returns.
    pub volatility: Option<f64>,
    /// Expected jumps in a year.
    pub jumps: Option<f64>,
    /// Mean of the logarithm of a jump.
    pub jump_mean: Option<f64>,
    /// Its standard deviation.
    pub jump_deviation: Option<f64>,
    /// Speed of reversion.
    pub reversion: Option<f64>,
    /// Price (Ornstein-Uhlenbeck) that is returned to.
    pub mean: Option<f64>,
    /// Volatility of the variance (Heston).
    pub vol_of_variance: Option<f64>,
    /// Correlation of price and variance (Heston).
    pub correlation: Option<f64>,
    /// Volatility that the variance starts at (Heston).
    pub volatility_now: Option<f64>,
    /// Hurst's exponent.
    pub hurst: Option<f64>,
    /// Length of a block, in steps.
    pub block: Option<f64>,
}

/// What is asked beside the table.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulateArgs {
    /// The model.
    pub model: Model,
    /// How far, how many paths, and their seed.
    pub ahead: AheadArgs,
    /// Parameters that are not estimated.
    pub given: Given,
}

/// The paths.
pub fn simulate(sample: &Sample, args: &SimulateArgs) -> Result<Study, StudyError> {
    let asset = sample.single()?;
    let name = &sample.names[asset];
    let failed = || StudyError::of(name);
    let grid = args.ahead.grid(sample, WORK_MAX)?;
    let mut world = World::new(sample, asset, args, grid);
    let made = world.made()?;
    let draws = Draws::independent(Key::named(args.ahead.seed, "risk simulate"));
    let mut ends = vec![(PathOutcome::default(), 0.0); args.ahead.paths];
    evaluate(&made, draws, 0, &mut ends, |path| (PathOutcome::of(path), path[path.len() - 1]));
    if let Some(at) = ends.iter().position(|it| !it.1.is_finite()) {
        return Err(StudyError::Asked(format!(
            "{name}: path {} leaves the range of numbers: the drift or the volatility is too large for {}",
            at + 1,
            count(args.ahead.horizon, "step")
        )));
    }
    let outcomes: Vec<PathOutcome> = ends.iter().map(|it| it.0).collect();
    let last: Vec<f64> = ends.iter().map(|it| it.1).collect();
    let report = RiskReport::of(&outcomes).map_err(failed())?;
    let closed = world.closed_form();
    let prices = prices(&last, closed).map_err(failed())?;
    let fan = fan(sample, &made, draws, args).map_err(failed())?;
    let returns: Vec<f64> = outcomes.iter().map(|it| it.total_return).collect();
    let mut notes = sample.notes.clone();
    notes.push(format!(
        "{}: {} independent paths of {}, seed {}: the same seed gives the same paths. Errors are standard errors of the simulation; they know nothing of how uncertain the parameters are, which is more.",
        args.model.name(), args.ahead.paths, count(args.ahead.horizon, "step"), args.ahead.seed
    ));
    notes.push(world.note().into());
    notes.append(&mut world.notes);
    let known = |it: Estimate| Ok::<f64, Error>(it.value);
    Ok(Study {
        title: format!("{name}, {} ahead by {}", count(args.ahead.horizon, "step"), args.model.name()),
        sample: sample.described(),
        headline: vec![
            figure("Expected return", FigureUnit::Percent, known(report.total_return), "over the horizon"),
            figure(
                "Probability of a loss",
                FigureUnit::Share,
                known(report.probability_of_loss),
                "at the end",
            ),
            figure(
                "ES 99 %",
                FigureUnit::Magnitude,
                known(report.tail_99.expected_shortfall),
                "over the horizon",
            ),
            figure(
                "Drawdown of 1 in 20",
                FigureUnit::Magnitude,
                known(report.drawdown_95.value_at_risk),
                "or deeper, on the way",
            ),
        ],
        charts: vec![fan, distribution(&returns)],
        sections: vec![world.parameters, outcome(&report), prices],
        notes,
    })
}

fn outcome(report: &RiskReport) -> Section {
    let mut section = Section::with_columns("Over the horizon", ["value", "standard error"]);
    let mut say = |name: &str, it: Estimate| {
        section.row(name, vec![it.value.into(), it.standard_error.into()]);
    };
    say("expected return", report.total_return);
    say("probability of a loss", report.probability_of_loss);
    let mut tail = |name: &str, it: &Tail| {
        say(&format!("VaR {name}"), it.value_at_risk);
        say(&format!("ES {name}"), it.expected_shortfall);
    };
    tail("95 %", &report.tail_95);
    tail("99 %", &report.tail_99);
    say("mean drawdown", report.max_drawdown);
    say("drawdown of 1 in 20, or deeper", report.drawdown_95.value_at_risk);
    say("mean of these", report.drawdown_95.expected_shortfall);
    section
}

fn prices(last: &[f64], closed: Option<f64>) -> Result<Section, Error> {
    let mut section = Section::with_columns("Last price", ["value", "standard error"]);
    let mean = Estimate::mean(last)?;
    section.row("mean", vec![mean.value.into(), mean.standard_error.into()]);
    if let Some(it) = closed {
        section.row("mean, in closed form", vec![it.into(), "".into()]);
    }
    for chance in CHANCES {
        section.row(&format!("{} %", chance * 100.0), vec![quantile(last, chance)?.into(), "".into()]);
    }
    Ok(section)
}

fn fan(sample: &Sample, made: &Made, draws: Draws, args: &SimulateArgs) -> Result<Chart, Error> {
    let times = args.ahead.horizon.min(FAN_TIMES);
    let at: Vec<usize> = (0..=times).map(|it| it * args.ahead.horizon / times).collect();
    let mut paths = vec![Vec::new(); args.ahead.paths.min(FAN_PATHS)];
    evaluate(made, draws, 0, &mut paths, |path| at.iter().map(|it| path[*it]).collect::<Vec<f64>>());
    let mut quantiles: Vec<Vec<f64>> = vec![Vec::new(); CHANCES.len()];
    for time in 0..at.len() {
        let values: Vec<f64> = paths.iter().map(|it| it[time]).collect();
        for (chance, out) in CHANCES.into_iter().zip(&mut quantiles) {
            out.push(quantile(&values, chance)?);
        }
    }
    let x: Vec<f64> = at.iter().map(|it| *it as f64).collect();
    let mut plane =
        Plane::new(Axis::new("steps ahead", Unit::Count).from_zero(), Axis::new("price", Unit::Plain));
    plane.layer("90 %", Colour::Grey, Shape::Band(quantiles[4].clone()), x.clone(), quantiles[0].clone());
    plane.layer("50 %", Colour::Blue, Shape::Band(quantiles[3].clone()), x.clone(), quantiles[1].clone());
    for (path, name) in paths.iter().zip(["three paths", "", ""]) {
        plane.layer(name, Colour::Gold, Shape::Line, x.clone(), path.clone());
    }
    plane.layer("median", Colour::Ink, Shape::Line, x, quantiles[2].clone());
    let note = format!(
        "{} paths of {}; half of them are inside the inner band at each step, nine in ten inside the outer.",
        paths.len(),
        sample.table
    );
    Ok(Chart::plane("Paths", &note, plane))
}

fn distribution(returns: &[f64]) -> Chart {
    let name = "Return at the end";
    let Some(bins) = Histogram::of(returns, 0.001) else {
        return Chart::missing(name, "all paths end at one price");
    };
    let mut plane = Plane::new(
        Axis::new("return over the horizon", Unit::Percent),
        Axis::new("share of the paths", Unit::Percent).from_zero(),
    );
    plane.layer("paths", Colour::Blue, Shape::Columns(bins.width), bins.left, bins.shares);
    plane.upright("0", 0.0);
    let note = format!("{} paths; {} beyond the columns on either side.", returns.len(), bins.outside);
    Chart::plane(name, &note, plane)
}
