//! `scalp risk`, `portfolio`, `stats`, `volatility` and `forecast`: questions about a table of prices or returns.

use crate::show::style;
use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Subcommand, ValueEnum};
use scalp_allocate::Risk;
use scalp_lab::study::calibration::{self, CalibrationArgs};
use scalp_lab::study::portfolio::{Estimate, Objective, PortfolioArgs};
use scalp_lab::study::risk::RiskArgs;
use scalp_lab::study::statistics::Tried;
use scalp_lab::study::{Sample, SampleArgs, forecast, portfolio, risk, statistics, volatility};
use scalp_quant::volatility::{ErrorFamily, Kind, Mean, Spec};
use scalp_report::Study;
use scalp_report::terminal::Style;
use scalp_tables::panel;
use std::io::{IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a page begins with; a file that does not is not written over.
const PAGE_BEGINS: &str = "<!doctype html>";

/// A table and how it is read.
#[derive(Args)]
pub struct TableArgs {
    /// CSV (plain or packed) or Parquet: a column of times, and a column of prices for each asset
    pub table: PathBuf,
    /// The table holds simple returns and not prices
    #[arg(long)]
    pub returns: bool,
    /// A column that is wanted; say it again for more; all when absent (of candles the close)
    #[arg(long = "column", value_name = "NAME")]
    pub columns: Vec<String>,
    /// What is done about cells without a value
    #[arg(long, value_enum, default_value_t = Missing::Refuse)]
    pub missing: Missing,
    /// Steps in a year; found from the times when absent (daily: 365, or 252 without weekends)
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub periods_per_year: Option<f64>,
    #[command(flatten)]
    pub answer: AnswerArgs,
}

/// How the answer is given.
#[derive(Args)]
pub struct AnswerArgs {
    /// Print one JSON object with every digit
    #[arg(long)]
    pub json: bool,
    /// Also write a page with charts and tables: one file that loads nothing
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// Cells without a value.
#[derive(Clone, Copy, ValueEnum)]
pub enum Missing {
    /// The table is refused
    Refuse,
    /// Their rows are left out
    Drop,
    /// The value before them stays
    Carry,
}

impl Missing {
    fn plan(self) -> panel::Missing {
        match self {
            Self::Refuse => panel::Missing::Refuse,
            Self::Drop => panel::Missing::Drop,
            Self::Carry => panel::Missing::Carry,
        }
    }
}

impl TableArgs {
    fn sample(&self) -> Result<Sample> {
        let missing = self.missing.plan();
        let per_year = self.periods_per_year;
        let args = SampleArgs { is_returns: self.returns, columns: self.columns.clone(), missing, per_year };
        Sample::read(&self.table, &args).context("the table cannot be used")
    }
}

impl AnswerArgs {
    /// Prints the answer, and writes its page where one is wanted. `command` is what was asked.
    pub fn give(&self, command: &str, study: &Study) -> Result<ExitCode> {
        if let Some(path) = &self.html {
            let eyebrow = format!("scalp {command} \u{b7} {}", env!("CARGO_PKG_VERSION"));
            write_page("--html", path, &study.page(&eyebrow))?;
        }
        if self.json {
            say!("{}", serde_json::to_string_pretty(study)?);
            return Ok(ExitCode::SUCCESS);
        }
        // What reads a pipe has no width: nothing is cut away for it, unless COLUMNS asks for that.
        let is_piped = !std::io::stdout().is_terminal() && std::env::var_os("COLUMNS").is_none();
        let style = if is_piped { Style::boundless() } else { style() };
        say_raw!("{}", study.terminal(style));
        if let Some(path) = &self.html {
            say!("\nPage: {}", path.display());
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes a page to a new file or over an older page; a mistyped name must not cost a table.
pub fn write_page(option: &str, path: &Path, page: &str) -> Result<()> {
    if let Ok(mut file) = std::fs::File::open(path) {
        let mut start = vec![0; PAGE_BEGINS.len()];
        let is_page =
            file.read_exact(&mut start).is_ok() && start.eq_ignore_ascii_case(PAGE_BEGINS.as_bytes());
        let is_empty = std::fs::metadata(path).is_ok_and(|it| it.is_file() && it.len() == 0);
        ensure!(
            is_page || is_empty,
            "{option}: {} is there and is no page: name another file",
            path.display()
        );
    }
    std::fs::write(path, page).with_context(|| format!("{option}: {} cannot be written", path.display()))
}

/// The commands below `scalp risk`.
#[derive(Subcommand)]
pub enum RiskCommand {
    /// Ratios with their intervals, the tail by every method, drawdowns, contributions, and a backtest of the VaR
    Report(RiskReportArgs),
}

/// Options of `scalp risk report`.
#[derive(Args)]
pub struct RiskReportArgs {
    #[command(flatten)]
    pub table: TableArgs,
    /// Weight of each asset, in the order of the columns; equal ones when absent
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true)]
    pub weights: Vec<f64>,
    /// Seed of the bootstrap
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Runs `scalp risk`.
pub fn risk(command: &RiskCommand) -> Result<ExitCode> {
    let RiskCommand::Report(args) = command;
    let sample = args.table.sample()?;
    let asked = RiskArgs { weights: args.weights.clone(), seed: args.seed };
    args.table.answer.give("risk report", &risk::report(&sample, &asked)?)
}

/// The commands below `scalp portfolio`.
#[derive(Subcommand)]
pub enum PortfolioCommand {
    /// Weights by an objective, with the proof that they are optimal
    Optimise(Box<OptimiseArgs>),
}

/// Options of `scalp portfolio optimise`.
#[derive(Args)]
pub struct OptimiseArgs {
    #[command(flatten)]
    pub table: TableArgs,
    /// What the portfolio is to be best at
    #[arg(long, value_enum, default_value_t = Aim::MinVolatility)]
    pub objective: Aim,
    /// The annual volatility (efficient-risk) or return (efficient-return) that is asked for
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub target: Option<f64>,
    /// Measure of the objectives min-risk and max-ratio
    #[arg(long, value_enum, default_value_t = Measure::Cvar)]
    pub measure: Measure,
    /// Tail probability of measures that have one
    #[arg(long, default_value_t = 0.05, allow_negative_numbers = true)]
    pub tail: f64,
    /// Estimate of the covariance
    #[arg(long, value_enum, default_value_t = Covariance::Sample)]
    pub covariance: Covariance,
    /// Span of the exponential covariance, in steps
    #[arg(long, default_value_t = 180.0, allow_negative_numbers = true)]
    pub span: f64,
    /// Annual return of what bears no risk
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    pub riskless: f64,
    /// Least weight of an asset
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    pub weight_min: f64,
    /// Most weight of an asset
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    pub weight_max: f64,
    /// What the weights sum to
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    pub budget: f64,
    /// The weights may sum to anything
    #[arg(long)]
    pub no_budget: bool,
    /// Most that the absolute weights may sum to
    #[arg(long, allow_negative_numbers = true)]
    pub gross_max: Option<f64>,
    /// Equity to be laid out in whole units at the last prices
    #[arg(long, allow_negative_numbers = true)]
    pub value: Option<f64>,
}

/// What the portfolio is to be best at.
#[derive(Clone, Copy, ValueEnum, PartialEq)]
pub enum Aim {
    /// Least variance
    MinVolatility,
    /// Highest ratio of excess return to volatility
    MaxSharpe,
    /// Highest return at a volatility
    EfficientRisk,
    /// Least volatility at a return
    EfficientReturn,
    /// Equal contributions to the variance
    RiskParity,
    /// Hierarchical risk parity
    Hrp,
    /// Hierarchical equal risk contribution
    Herc,
    /// Least of a measure over the rows
    MinRisk,
    /// Highest ratio of excess return to a measure
    MaxRatio,
}

/// Measures of risk over the rows of the table.
#[derive(Clone, Copy, ValueEnum)]
pub enum Measure {
    /// Standard deviation
    Deviation,
    /// Mean absolute deviation
    Mad,
    /// Root mean square of the losses
    SemiDeviation,
    /// Mean loss in the tail
    Cvar,
    /// Entropic value at risk
    Evar,
    /// The largest loss
    Worst,
    /// Mean drawdown in the tail
    Cdar,
    /// The largest drawdown
    MaxDrawdown,
    /// Root mean square of the drawdowns
    Ulcer,
}

/// Estimates of the covariance.
#[derive(Clone, Copy, ValueEnum)]
pub enum Covariance {
    /// Of the sample
    Sample,
    /// Shrunk towards a constant variance
    LedoitWolf,
    /// Oracle approximating shrinkage
    Oas,
    /// Recent rows count more
    Exponential,
    /// Of losses only
    Semi,
}

/// Runs `scalp portfolio`.
pub fn portfolio(command: &PortfolioCommand) -> Result<ExitCode> {
    let PortfolioCommand::Optimise(args) = command;
    let tail = args.tail;
    let measure = match args.measure {
        Measure::Deviation => Risk::StandardDeviation,
        Measure::Mad => Risk::MeanAbsoluteDeviation,
        Measure::SemiDeviation => Risk::SemiDeviation { below: 0.0 },
        Measure::Cvar => Risk::Cvar { tail },
        Measure::Evar => Risk::Evar { tail },
        Measure::Worst => Risk::WorstRealisation,
        Measure::Cdar => Risk::Cdar { tail },
        Measure::MaxDrawdown => Risk::MaxDrawdown,
        Measure::Ulcer => Risk::Ulcer,
    };
    let target = || args.target.context("this objective needs --target: an annual volatility or return");
    let objective = match args.objective {
        Aim::MinVolatility => Objective::MinVolatility,
        Aim::MaxSharpe => Objective::MaxSharpe,
        Aim::EfficientRisk => Objective::EfficientRisk(target()?),
        Aim::EfficientReturn => Objective::EfficientReturn(target()?),
        Aim::RiskParity => Objective::RiskParity,
        Aim::Hrp => Objective::Hrp,
        Aim::Herc => Objective::Herc,
        Aim::MinRisk => Objective::MinRisk(measure),
        Aim::MaxRatio => Objective::MaxRatio(measure),
    };
    let estimate = match args.covariance {
        Covariance::Sample => Estimate::Sample,
        Covariance::LedoitWolf => Estimate::LedoitWolf,
        Covariance::Oas => Estimate::Oas,
        Covariance::Exponential => Estimate::Exponential(args.span),
        Covariance::Semi => Estimate::Semi,
    };
    if args.target.is_some() && !matches!(args.objective, Aim::EfficientRisk | Aim::EfficientReturn) {
        bail!("--target: only the objectives efficient-risk and efficient-return have one");
    }
    let asked = PortfolioArgs {
        objective,
        estimate,
        riskless: args.riskless,
        bounds: (args.weight_min, args.weight_max),
        budget: (!args.no_budget).then_some(args.budget),
        gross_max: args.gross_max,
        tail,
        value: args.value,
        charts: args.table.answer.json || args.table.answer.html.is_some(),
    };
    args.table.answer.give("portfolio optimise", &portfolio::optimise(&args.table.sample()?, &asked)?)
}

/// The commands below `scalp stats`.
#[derive(Subcommand)]
pub enum StatsCommand {
    /// Unit roots, normality, memory and clusters of variance, for each column
    Test(StatsTestArgs),
    /// What a Sharpe ratio proves after so many trials: probabilistic and deflated Sharpe ratio
    Dsr(DsrArgs),
    /// Probability that the best of several strategies was luck, by cross-validation over all splits
    Pbo(PboArgs),
    /// How long a run must be before a Sharpe ratio is told from none
    Power(PowerArgs),
    /// Whether probabilities are true: Brier score, reliability curve, and what calibration makes of them
    Calibration(ProbabilityArgs),
}

/// Options of `scalp stats test`.
#[derive(Args)]
pub struct StatsTestArgs {
    #[command(flatten)]
    pub table: TableArgs,
    /// A column that each other is tested for cointegration with
    #[arg(long, value_name = "NAME")]
    pub with: Option<String>,
}

/// Options of `scalp stats dsr`.
#[derive(Args)]
pub struct DsrArgs {
    #[command(flatten)]
    pub table: TableArgs,
    /// How many strategies or parameter sets were tried to arrive at this one
    #[arg(long, allow_negative_numbers = true)]
    pub trials: f64,
    /// Variance of the Sharpe ratios of all trials, per step
    #[arg(long, allow_negative_numbers = true)]
    pub variance: Option<f64>,
    /// Annual Sharpe ratio that is to be beaten
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    pub benchmark: f64,
}

/// Options of `scalp stats pbo`.
#[derive(Args)]
pub struct PboArgs {
    /// A table with a column of returns (or prices) for each strategy
    #[command(flatten)]
    pub table: TableArgs,
    /// Blocks that the table is cut into, half of them in the sample; even
    #[arg(long, default_value_t = 16)]
    pub blocks: usize,
}

/// Options of `scalp stats power`.
#[derive(Args)]
pub struct PowerArgs {
    /// Annual Sharpe ratio
    #[arg(allow_negative_numbers = true)]
    pub sharpe: f64,
    /// Steps in a year
    #[arg(long, default_value_t = 365.0, allow_negative_numbers = true)]
    pub periods_per_year: f64,
    #[command(flatten)]
    pub answer: AnswerArgs,
}

/// Options of `scalp stats calibration`.
#[derive(Args)]
pub struct ProbabilityArgs {
    /// CSV (plain or packed) or Parquet: a column of probabilities and one of outcomes, in the order of time
    pub table: PathBuf,
    /// Column of the probabilities, from 0 to 1
    #[arg(long, value_name = "NAME", default_value = "probability")]
    pub probability: String,
    /// Column of the outcomes, 1 where it happened and 0 where not
    #[arg(long, value_name = "NAME", default_value = "outcome")]
    pub outcome: String,
    /// What is done about cells without a value
    #[arg(long, value_enum, default_value_t = Missing::Refuse)]
    pub missing: Missing,
    /// Bins of the reliability curve, of equal width
    #[arg(long, default_value_t = 10)]
    pub bins: usize,
    /// Parts of the table, each calibrated by what the others teach
    #[arg(long, default_value_t = 5)]
    pub folds: usize,
    /// Rows within which an outcome came; so many around each part teach nothing
    #[arg(long, default_value_t = 0)]
    pub horizon: usize,
    #[command(flatten)]
    pub answer: AnswerArgs,
}

/// Runs `scalp stats`.
pub fn statistics(command: &StatsCommand) -> Result<ExitCode> {
    match command {
        StatsCommand::Test(args) => {
            let found = statistics::tests(&args.table.sample()?, args.with.as_deref())?;
            args.table.answer.give("stats test", &found)
        }
        StatsCommand::Dsr(args) => {
            ensure!(args.trials >= 1.0, "--trials: expected at least 1, got {}", args.trials);
            let tried = Tried { count: args.trials, variance: args.variance };
            let found = statistics::sharpe(&args.table.sample()?, tried, args.benchmark)?;
            args.table.answer.give("stats dsr", &found)
        }
        StatsCommand::Pbo(args) => {
            let found = statistics::overfitting(&args.table.sample()?, args.blocks)?;
            args.table.answer.give("stats pbo", &found)
        }
        StatsCommand::Power(args) => {
            let found = statistics::power(args.sharpe, args.periods_per_year)?;
            args.answer.give("stats power", &found)
        }
        StatsCommand::Calibration(args) => {
            let asked = CalibrationArgs {
                probability: args.probability.clone(),
                outcome: args.outcome.clone(),
                missing: args.missing.plan(),
                bins: args.bins,
                folds: args.folds,
                horizon: args.horizon,
            };
            let found = calibration::calibration(&args.table, &asked).context("the table cannot be used")?;
            args.answer.give("stats calibration", &found)
        }
    }
}

/// The commands below `scalp volatility`.
#[derive(Subcommand)]
pub enum VolatilityCommand {
    /// Fit a model of the GARCH family to one column
    Fit(VolatilityArgs),
    /// Fit it, and say what it expects of the next steps
    Forecast(ForecastArgs),
}

/// Options of `scalp volatility fit`.
#[derive(Args)]
pub struct VolatilityArgs {
    #[command(flatten)]
    pub table: TableArgs,
    /// Which recursion
    #[arg(long, value_enum, default_value_t = Model::Garch)]
    pub model: Model,
    /// Distribution of the errors
    #[arg(long, value_enum, default_value_t = Errors::StudentT)]
    pub errors: Errors,
    /// Fit no mean
    #[arg(long)]
    pub zero_mean: bool,
}

/// Options of `scalp volatility forecast`.
#[derive(Args)]
pub struct ForecastArgs {
    #[command(flatten)]
    pub model: VolatilityArgs,
    /// Steps ahead
    #[arg(long, default_value_t = 10)]
    pub horizon: usize,
}

/// Recursions of the variance.
#[derive(Clone, Copy, ValueEnum)]
pub enum Model {
    /// Symmetric
    Garch,
    /// Losses may count more
    Gjr,
    /// On logarithms, with a signed response
    Egarch,
}

/// Distributions of the errors.
#[derive(Clone, Copy, ValueEnum)]
pub enum Errors {
    /// Normal
    Normal,
    /// Student's t
    StudentT,
    /// Hansen's skewed t
    SkewedT,
}

/// Runs `scalp volatility`.
pub fn volatility(command: &VolatilityCommand) -> Result<ExitCode> {
    let (args, horizon) = match command {
        VolatilityCommand::Fit(args) => (args, 0_usize),
        VolatilityCommand::Forecast(args) => {
            ensure!(args.horizon > 0, "--horizon: expected at least 1, got 0");
            (&args.model, args.horizon)
        }
    };
    let kind = match args.model {
        Model::Garch => Kind::Garch,
        Model::Gjr => Kind::Gjr,
        Model::Egarch => Kind::Egarch,
    };
    let errors = match args.errors {
        Errors::Normal => ErrorFamily::Normal,
        Errors::StudentT => ErrorFamily::StudentT,
        Errors::SkewedT => ErrorFamily::SkewedT,
    };
    let mean = if args.zero_mean { Mean::Zero } else { Mean::Constant };
    let spec = Spec { mean, ..Spec::new(kind, errors) };
    let name = if horizon > 0 { "volatility forecast" } else { "volatility fit" };
    args.table.answer.give(name, &volatility::fit(&args.table.sample()?, &spec, horizon)?)
}

/// Options of `scalp forecast`.
#[derive(Args)]
pub struct AheadArgs {
    #[command(flatten)]
    pub table: TableArgs,
    /// Whose forecast is printed; the one of least error out of sample when absent
    #[arg(long, value_enum)]
    pub model: Option<Forecaster>,
    /// Steps ahead
    #[arg(long, default_value_t = 10)]
    pub horizon: usize,
    /// Steps in a season, e.g. 7 for a week of days; 1 for none
    #[arg(long, default_value_t = 1)]
    pub season: usize,
    /// Level of the intervals
    #[arg(long, default_value_t = 0.95, allow_negative_numbers = true)]
    pub level: f64,
    /// Forecasts that each model is judged by
    #[arg(long, default_value_t = 20)]
    pub origins: usize,
    /// Seed of simulated intervals
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Ways to forecast.
#[derive(Clone, Copy, ValueEnum)]
pub enum Forecaster {
    /// The last value
    RandomWalk,
    /// ARIMA, its order chosen step by step
    Arima,
    /// Exponential smoothing, its kind chosen
    Ets,
    /// Trend with changes of slope, and a season
    Additive,
}

/// Runs `scalp forecast`.
pub fn forecast(args: &AheadArgs) -> Result<ExitCode> {
    let model = args.model.map(|it| match it {
        Forecaster::RandomWalk => forecast::Model::RandomWalk,
        Forecaster::Arima => forecast::Model::Arima,
        Forecaster::Ets => forecast::Model::Ets,
        Forecaster::Additive => forecast::Model::Additive,
    });
    for (name, value) in [("horizon", args.horizon), ("season", args.season), ("origins", args.origins)] {
        ensure!(value > 0, "--{name}: expected at least 1, got 0");
    }
    let (horizon, season, level) = (args.horizon, args.season, args.level);
    let asked =
        forecast::ForecastArgs { model, horizon, season, level, origins: args.origins, seed: args.seed };
    args.table.answer.give("forecast", &forecast::forecast(&args.table.sample()?, &asked)?)
}
