//! What might happen to one column: paths of a model fitted to it or given, and what they come to.

use super::charts::Histogram;
use super::{Sample, StudyError, figure};
use scalp_quant::bootstrap::{Method, ResampledPrices, optimal_block_length};
use scalp_quant::montecarlo::estimate::Tail;
use scalp_quant::montecarlo::outcome::RiskReport;
use scalp_quant::montecarlo::{
    Draws, Estimate, FractionalBrownian, GeometricBrownian, Grid, Heston, Merton, OrnsteinUhlenbeck,
    PathOutcome, Paths, evaluate, fractional, gbm, heston, merton, ornstein_uhlenbeck,
};
use scalp_quant::regression::Ols;
use scalp_quant::rng::{Key, Stream};
use scalp_quant::tails::quantile;
use scalp_quant::{Error, performance};
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Cell, Section, Study};

const PATHS: std::ops::RangeInclusive<usize> = 1_000..=1_000_000;
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
    const fn name(self) -> &'static str {
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

/// Parameters that stand in place of those of the table; per year.
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
    /// Steps ahead.
    pub horizon: usize,
    /// How many paths.
    pub paths: usize,
    /// Their seed.
    pub seed: u64,
    /// Parameters that are not estimated.
    pub given: Given,
}

/// The paths.
pub fn simulate(sample: &Sample, args: &SimulateArgs) -> Result<Study, StudyError> {
    let asset = sample.single()?;
    let name = &sample.names[asset];
    if !PATHS.contains(&args.paths) {
        let (least, most) = (PATHS.start(), PATHS.end());
        return Err(StudyError::Asked(format!("--paths: expected {least} to {most}, got {}", args.paths)));
    }
    if args.horizon.saturating_mul(args.paths) > WORK_MAX {
        return Err(StudyError::Asked(format!(
            "--horizon: {} steps of {} paths are more than {WORK_MAX}: take fewer of one",
            args.horizon, args.paths
        )));
    }
    let failed = || StudyError::of(name);
    let grid = Grid::new(args.horizon, args.horizon as f64 / sample.per_year).map_err(failed())?;
    let mut world = World {
        sample,
        asset,
        args,
        grid,
        parameters: Section::with_columns("Parameters, annual", ["value", "from"]),
    };
    world.foreign()?;
    let made = world.made()?;
    let draws = Draws::independent(Key::named(args.seed, "risk simulate"));
    let mut ends = vec![(PathOutcome::default(), 0.0); args.paths];
    evaluate(&made, draws, 0, &mut ends, |path| (PathOutcome::of(path), path[path.len() - 1]));
    if let Some(at) = ends.iter().position(|it| !it.1.is_finite()) {
        return Err(StudyError::Asked(format!(
            "{name}: path {} leaves the range of numbers: the drift or the volatility is too large for {} steps",
            at + 1,
            args.horizon
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
        "{}: {} independent paths of {} steps, seed {}: the same seed gives the same paths. Errors are standard errors of the simulation; they know nothing of how uncertain the parameters are, which is more.",
        args.model.name(), args.paths, args.horizon, args.seed
    ));
    notes.push(world.note().into());
    let known = |it: Estimate| Ok::<f64, Error>(it.value);
    Ok(Study {
        title: format!("{name}, {} steps ahead by {}", args.horizon, args.model.name()),
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

/// Any model.
struct Made(Box<dyn Paths>);

impl Paths for Made {
    fn steps(&self) -> usize {
        self.0.steps()
    }
    fn path(&self, stream: &mut Stream, out: &mut [f64]) {
        self.0.path(stream, out);
    }
}

/// Prices whose logarithm another model makes.
struct Exponential<P>(P);

impl<P: Paths> Paths for Exponential<P> {
    fn steps(&self) -> usize {
        self.0.steps()
    }
    fn path(&self, stream: &mut Stream, out: &mut [f64]) {
        self.0.path(stream, out);
        out.iter_mut().for_each(|it| *it = libm::exp(*it));
    }
}

/// What the model is made from.
struct World<'a> {
    sample: &'a Sample,
    asset: usize,
    args: &'a SimulateArgs,
    grid: Grid,
    parameters: Section,
}

impl World<'_> {
    /// That no parameter is given that the model does not have.
    fn foreign(&self) -> Result<(), StudyError> {
        use Model::{Block, Fractional, Gbm, Merton as Jumps, OrnsteinUhlenbeck as Ou, Stationary};
        let it = &self.args.given;
        let with: [(&str, Option<f64>, &[Model]); 12] = [
            ("drift", it.drift, &[Gbm, Jumps, Model::Heston]),
            ("volatility", it.volatility, &[Gbm, Jumps, Model::Heston, Ou, Fractional]),
            ("jumps", it.jumps, &[Jumps]),
            ("jump-mean", it.jump_mean, &[Jumps]),
            ("jump-deviation", it.jump_deviation, &[Jumps]),
            ("reversion", it.reversion, &[Model::Heston, Ou]),
            ("mean", it.mean, &[Ou]),
            ("vol-of-variance", it.vol_of_variance, &[Model::Heston]),
            ("correlation", it.correlation, &[Model::Heston]),
            ("volatility-now", it.volatility_now, &[Model::Heston]),
            ("hurst", it.hurst, &[Fractional]),
            ("block", it.block, &[Stationary, Block]),
        ];
        for (option, value, models) in with {
            if value.is_some() && !models.contains(&self.args.model) {
                return Err(StudyError::Asked(format!(
                    "--{option}: {} has no such parameter: leave it out",
                    self.args.model.name()
                )));
            }
        }
        Ok(())
    }

    /// A parameter that was given, or else that of the table.
    fn take(
        &mut self,
        name: &str,
        given: Option<f64>,
        of_table: impl FnOnce() -> Result<f64, StudyError>,
    ) -> Result<f64, StudyError> {
        let (value, from) = match given {
            Some(it) => (it, "given"),
            None => (of_table()?, "the table"),
        };
        self.parameters.row(name, vec![value.into(), from.into()]);
        Ok(value)
    }

    /// A parameter that no table tells.
    fn needed(&mut self, name: &str, option: &str, given: Option<f64>) -> Result<f64, StudyError> {
        let model = self.args.model.name();
        self.take(name, given, || {
            Err(StudyError::Asked(format!("--{option}: {model} needs it, it is not estimated from a table")))
        })
    }

    fn start(&mut self) -> Result<f64, StudyError> {
        let last = self.sample.prices.as_ref().and_then(|it| it[self.asset].last().copied());
        let given = self.args.given.start;
        if last.is_none() && given.is_none() {
            self.parameters.row("start", vec![1.0.into(), "a table of returns has no price".into()]);
            return Ok(1.0);
        }
        self.take("start", given, || Ok(last.unwrap_or(1.0)))
    }

    fn volatility(&mut self) -> Result<f64, StudyError> {
        let (sample, asset) = (self.sample, self.asset);
        self.take("volatility", self.args.given.volatility, || {
            let logs = sample.log_returns(asset);
            performance_of_logs(&logs, sample.per_year).map_err(StudyError::of(&sample.names[asset]))
        })
    }

    fn drift(&mut self, variance: f64) -> Result<f64, StudyError> {
        let (sample, asset) = (self.sample, self.asset);
        self.take("drift", self.args.given.drift, || {
            let logs = sample.log_returns(asset);
            Ok(logs.iter().sum::<f64>() / logs.len() as f64 * sample.per_year + 0.5 * variance)
        })
    }

    fn made(&mut self) -> Result<Made, StudyError> {
        let (given, grid) = (self.args.given, self.grid);
        let name = self.sample.names[self.asset].clone();
        let start = self.start()?;
        let boxed = |it: Result<Box<dyn Paths>, Error>| it.map(Made).map_err(StudyError::of(&name));
        match self.args.model {
            Model::Gbm => {
                let volatility = self.volatility()?;
                let drift = self.drift(volatility * volatility)?;
                let parameters = gbm::Parameters { start, drift, volatility };
                boxed(GeometricBrownian::new(parameters, grid).map(|it| Box::new(it) as Box<dyn Paths>))
            }
            Model::Merton => {
                let volatility = self.volatility()?;
                let drift = self.drift(volatility * volatility)?;
                let jumps_per_year = self.needed("jumps per year", "jumps", given.jumps)?;
                let jump_mean = self.needed("mean of a jump, logarithm", "jump-mean", given.jump_mean)?;
                let jump_deviation =
                    self.needed("deviation of a jump", "jump-deviation", given.jump_deviation)?;
                let parameters = merton::Parameters {
                    start,
                    drift,
                    volatility,
                    jumps_per_year,
                    jump_mean,
                    jump_deviation,
                };
                boxed(Merton::new(parameters, grid).map(|it| Box::new(it) as Box<dyn Paths>))
            }
            Model::Heston => {
                let volatility = self.volatility()?;
                let drift = self.drift(volatility * volatility)?;
                let now = self.take("volatility now", given.volatility_now, || Ok(volatility))?;
                let parameters = heston::Parameters {
                    start,
                    drift,
                    variance: now * now,
                    reversion: self.needed("speed of reversion", "reversion", given.reversion)?,
                    mean_variance: volatility * volatility,
                    volatility_of_variance: self.needed(
                        "volatility of the variance",
                        "vol-of-variance",
                        given.vol_of_variance,
                    )?,
                    correlation: self.needed("correlation", "correlation", given.correlation)?,
                };
                let scheme = heston::Scheme::QuadraticExponential;
                boxed(Heston::new(parameters, scheme, grid).map(|it| Box::new(it) as Box<dyn Paths>))
            }
            Model::OrnsteinUhlenbeck => self.reverting(start, &name),
            Model::Fractional => {
                let scale = self.volatility()?;
                let hurst = self.needed("Hurst's exponent", "hurst", given.hurst)?;
                let parameters =
                    fractional::Parameters { start: libm::log(positive(start, "--start")?), hurst, scale };
                boxed(
                    FractionalBrownian::new(parameters, grid)
                        .map(|it| Box::new(Exponential(it)) as Box<dyn Paths>),
                )
            }
            Model::Stationary | Model::Block => self.resampled(start, &name),
        }
    }

    /// The exact likelihood of the process at equal steps is that of a regression of each value on the one before.
    fn reverting(&mut self, start: f64, name: &str) -> Result<Made, StudyError> {
        let given = self.args.given;
        let found = if given.reversion.is_some() && given.mean.is_some() && given.volatility.is_some() {
            None
        } else {
            let Some(prices) = &self.sample.prices else {
                return Err(StudyError::Asked("an Ornstein-Uhlenbeck process is fitted to prices, the table holds returns: give --reversion, --mean and --volatility".into()));
            };
            let logs: Vec<f64> = prices[self.asset].iter().map(|it| libm::log(*it)).collect();
            let (before, after) = (&logs[..logs.len() - 1], &logs[1..]);
            let ones = vec![1.0; before.len()];
            let fit = Ols::fit(&[&ones, before], after).map_err(StudyError::of(name))?;
            let keep = fit.coef[1];
            if !(keep > 0.0 && keep < 1.0) {
                return Err(StudyError::Asked(format!(
                    "{name}: the logarithm of the price does not revert in this table (each value keeps {keep:.4} of the one before): take another model, or give --reversion, --mean and --volatility"
                )));
            }
            let squares: f64 = fit.residuals.iter().map(|it| it * it).sum();
            let variance = squares / fit.residuals.len() as f64;
            let speed = -libm::log(keep) * self.sample.per_year;
            let spread = libm::sqrt(2.0 * speed * variance / (1.0 - keep * keep));
            Some((speed, libm::exp(fit.coef[0] / (1.0 - keep)), spread))
        };
        let of = |get: fn((f64, f64, f64)) -> f64| found.map_or(0.0, get);
        let reversion = self.take("speed of reversion", given.reversion, || Ok(of(|it| it.0)))?;
        let mean = self.take("price that is returned to", given.mean, || Ok(of(|it| it.1)))?;
        let volatility = self.take("volatility", given.volatility, || Ok(of(|it| it.2)))?;
        let (start, mean) = (libm::log(positive(start, "--start")?), libm::log(positive(mean, "--mean")?));
        let parameters = ornstein_uhlenbeck::Parameters { start, reversion, mean, volatility };
        let steps = parameters.half_life() * self.sample.per_year;
        self.parameters.row("half-life, steps", vec![steps.into(), "the speed".into()]);
        let made = OrnsteinUhlenbeck::new(parameters, self.grid);
        made.map(|it| Made(Box::new(Exponential(it)))).map_err(StudyError::of(name))
    }

    fn resampled(&mut self, start: f64, name: &str) -> Result<Made, StudyError> {
        let returns = self.sample.returns[self.asset].clone();
        let is_block = self.args.model == Model::Block;
        // Volatility clusters longer than returns remember: the block is long enough for both.
        let length = self.take("length of a block, steps", self.args.given.block, || {
            let squares: Vec<f64> = returns.iter().map(|it| it * it).collect();
            let found =
                optimal_block_length(&returns).and_then(|it| Ok((it, optimal_block_length(&squares)?)));
            let (of_returns, of_squares) = found.map_err(StudyError::of(name))?;
            Ok(if is_block {
                libm::round(of_returns.circular.max(of_squares.circular)).max(1.0)
            } else {
                of_returns.stationary.max(of_squares.stationary)
            })
        })?;
        let method = if is_block {
            if length.fract() > 0.0 || length < 1.0 {
                return Err(StudyError::Asked(format!(
                    "--block: expected whole steps, at least 1, got {length}"
                )));
            }
            Method::CircularBlock { length: length as usize }
        } else {
            Method::Stationary { mean_length: length }
        };
        let made = ResampledPrices::new(&returns, method, start, self.args.horizon);
        made.map(|it| Made(Box::new(it))).map_err(StudyError::of(name))
    }

    /// The expected last price where it has a closed form.
    fn closed_form(&self) -> Option<f64> {
        let of = |name: &str| {
            let row = self.parameters.rows.iter().find(|it| it.0 == name)?;
            match row.1[0] {
                Cell::Number(it) => Some(it),
                _ => None,
            }
        };
        let years = self.grid.dt() * self.grid.steps() as f64;
        match self.args.model {
            Model::Gbm | Model::Merton | Model::Heston => {
                Some(of("start")? * libm::exp(of("drift")? * years))
            }
            Model::OrnsteinUhlenbeck => {
                let (speed, mean, spread) =
                    (of("speed of reversion")?, of("price that is returned to")?, of("volatility")?);
                let keep = libm::exp(-speed * years);
                let centre = libm::log(mean) + (libm::log(of("start")?) - libm::log(mean)) * keep;
                let variance = spread * spread * (1.0 - keep * keep) / (2.0 * speed);
                Some(libm::exp(centre + 0.5 * variance))
            }
            Model::Fractional => {
                let variance =
                    of("volatility")? * of("volatility")? * libm::pow(years, 2.0 * of("Hurst's exponent")?);
                Some(of("start")? * libm::exp(0.5 * variance))
            }
            Model::Stationary | Model::Block => {
                let returns = &self.sample.returns[self.asset];
                let length = of("length of a block, steps")?;
                // Of independent draws alone it is a power of the mean.
                let mean = returns.iter().sum::<f64>() / returns.len() as f64;
                (length <= 1.0).then_some(of("start")? * libm::pow(1.0 + mean, self.args.horizon as f64))
            }
        }
    }

    fn note(&self) -> &'static str {
        match self.args.model {
            Model::Gbm => {
                "Exact at every step. Volatility and drift of the table are those of its logarithmic returns; the drift of so few years is mostly chance."
            }
            Model::Merton => {
                "Exact at every step; the drift is that of the expected price, jumps included. The volatility of the table holds its jumps as well: give that of calm times (scalp volatility realised) with --volatility."
            }
            Model::Heston => {
                "Quadratic-exponential steps (Andersen 2008); the variance returns to the square of the volatility."
            }
            Model::OrnsteinUhlenbeck => {
                "Exact at every step, fitted by maximum likelihood. Estimates of the speed are too high in short tables: most prices revert less, or not at all."
            }
            Model::Fractional => {
                "Exact at every step (Davies and Harte 1987); the volatility is the standard deviation of the change over one year, so that over less the paths of an exponent above 0.5 are quieter than those of a random walk."
            }
            Model::Stationary | Model::Block => {
                "Nothing is known here but the table: no return is worse than the worst of it, no drift but that of it. The length of a block is the longer of those that the returns and their squares ask for (Politis and White 2004)."
            }
        }
    }
}

fn positive(value: f64, option: &str) -> Result<f64, StudyError> {
    if value > 0.0 && value.is_finite() {
        return Ok(value);
    }
    Err(StudyError::Asked(format!("{option}: expected a price above zero, got {value}")))
}

/// Annual volatility of logarithmic returns.
fn performance_of_logs(logs: &[f64], per_year: f64) -> Result<f64, Error> {
    let simple: Vec<f64> = logs.iter().map(|it| libm::expm1(*it)).collect();
    // Refuses what cannot vary in the words of the returns; the deviation is that of the logarithms.
    performance::volatility(&simple, per_year)?;
    let n = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / n;
    let squares: f64 = logs.iter().map(|it| (it - mean) * (it - mean)).sum();
    Ok(libm::sqrt(squares / (n - 1.0) * per_year))
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
    let times = args.horizon.min(FAN_TIMES);
    let at: Vec<usize> = (0..=times).map(|it| it * args.horizon / times).collect();
    let mut paths = vec![Vec::new(); args.paths.min(FAN_PATHS)];
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
