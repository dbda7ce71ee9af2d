//! `scalp stats`: what tests say, and whether an edge is luck.

use super::{AnnualArgs, AnswerArgs, Missing, TableArgs};
use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand, ValueEnum};
use scalp_lab::study::Year;
use scalp_lab::study::calibration::{self, CalibrationArgs};
use scalp_lab::study::changes::{self, ChangeArgs};
use scalp_lab::study::cointegration::{self, CointegrationArgs};
use scalp_lab::study::differences::{self, DifferenceArgs};
use scalp_lab::study::labels::{self, Extremes, LabelArgs, Method};
use scalp_lab::study::snooping::{self, SnoopingArgs};
use scalp_lab::study::splits::{self, Scheme, SplitArgs};
use scalp_lab::study::statistics::{self, Tried};
use scalp_quant::hypothesis::unit_root::Deterministic;
use scalp_quant::regime::pelt::Change;
use std::path::PathBuf;
use std::process::ExitCode;

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
    /// Which prices wander together: Johansen's tests of all columns, Engle and Granger's of each pair
    ///
    /// Example: scalp stats cointegration prices.csv --column BTC --column ETH --lags 2
    Cointegration(CointegrationOptions),
    /// Whether the best of many strategies beats a benchmark: White's reality check and Hansen's test
    ///
    /// Example: scalp stats spa strategies.csv --returns --benchmark hold
    Spa(SpaOptions),
    /// When a series changed: best cuts (PELT), and alarms as they come (CUSUM, Bayesian online)
    ///
    /// Example: scalp stats changes btc.csv --of mean-variance --penalty 50
    Changes(ChangeOptions),
    /// What a model is to learn from each bar, and how much each label is worth
    ///
    /// Example: scalp stats labels candles.csv --candles --upper 2 --lower 1 --horizon 24 --out labels.csv
    Labels(Box<LabelOptions>),
    /// Fractional differences: as stationary as needed, with as much memory left as possible
    ///
    /// Example: scalp stats difference btc.csv --order 0.4 --out differences.csv
    Difference(DifferenceOptions),
    /// Which rows may teach and which may judge: purged k-fold, walk-forward, combinatorial
    ///
    /// Example: scalp stats splits candles.csv --labels labels.csv --folds 5 --embargo 24 --out splits.csv
    Splits(Box<SplitOptions>),
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
    pub table: AnnualArgs,
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

/// What is taken off the levels of a price.
#[derive(Clone, Copy, ValueEnum)]
pub enum Levels {
    /// Nothing
    None,
    /// A constant
    Constant,
    /// A constant and a trend
    Trend,
}

/// Options of `scalp stats cointegration`.
#[derive(Args)]
pub struct CointegrationOptions {
    #[command(flatten)]
    pub table: TableArgs,
    /// What is taken off the levels first
    #[arg(long, value_enum, default_value_t = Levels::Constant)]
    pub levels: Levels,
    /// Lagged differences in Johansen's regressions
    #[arg(long, default_value_t = 1)]
    pub lags: usize,
}

/// Options of `scalp stats spa`.
#[derive(Args)]
pub struct SpaOptions {
    /// A table with a column of returns (or prices) for each strategy that was tried, and the benchmark where there is one
    #[command(flatten)]
    pub table: AnnualArgs,
    /// The column that the others are to beat; a return of zero when absent
    #[arg(long, value_name = "NAME")]
    pub benchmark: Option<String>,
    /// Mean length of a block of the bootstrap, in steps; chosen from the table when absent
    #[arg(long, value_name = "STEPS", allow_negative_numbers = true)]
    pub block: Option<f64>,
    /// Resamples
    #[arg(long, default_value_t = 10_000)]
    pub resamples: usize,
    /// Seed of the resamples
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// What may change.
#[derive(Clone, Copy, ValueEnum)]
pub enum ChangeOf {
    /// The mean, at one variance
    Mean,
    /// Mean and variance
    MeanVariance,
}

/// Options of `scalp stats changes`.
#[derive(Args)]
pub struct ChangeOptions {
    #[command(flatten)]
    pub table: AnnualArgs,
    /// What may change between two stretches
    #[arg(long = "of", value_enum, default_value_t = ChangeOf::MeanVariance)]
    pub of: ChangeOf,
    /// Least steps of a stretch
    #[arg(long, default_value_t = 20)]
    pub shortest: usize,
    /// Penalty of a cut: more for fewer of them; that of the Bayesian criterion when absent
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub penalty: Option<f64>,
    /// Steps that the detectors learn mean and deviation from
    #[arg(long, default_value_t = 100, value_name = "STEPS")]
    pub calibration: usize,
    /// Threshold of CUSUM, in standard deviations
    #[arg(long, default_value_t = 5.0, allow_negative_numbers = true)]
    pub threshold: f64,
    /// Steps expected between two changes, for the Bayesian detector
    #[arg(long, default_value_t = 250.0, value_name = "STEPS", allow_negative_numbers = true)]
    pub mean_run: f64,
}

/// Ways to label.
#[derive(Clone, Copy, ValueEnum)]
pub enum Labelling {
    /// A target, a stop or the clock, whichever is reached first
    TripleBarrier,
    /// The sign of the most significant trend ahead
    TrendScanning,
}

/// Options of `scalp stats labels`.
#[derive(Args)]
pub struct LabelOptions {
    #[command(flatten)]
    pub table: TableArgs,
    /// How bars are labelled
    #[arg(long, value_enum, default_value_t = Labelling::TripleBarrier)]
    pub method: Labelling,
    /// triple-barrier: span of the deviation that the barriers are multiples of, in steps
    #[arg(long, default_value_t = 50.0, value_name = "STEPS", allow_negative_numbers = true)]
    pub span: f64,
    /// triple-barrier: upper barrier, in deviations of one step
    #[arg(long, default_value_t = 2.0, allow_negative_numbers = true)]
    pub upper: f64,
    /// triple-barrier: lower barrier, in deviations of one step
    #[arg(long, default_value_t = 2.0, allow_negative_numbers = true)]
    pub lower: f64,
    /// triple-barrier: steps until the clock decides
    #[arg(long, default_value_t = 24, value_name = "STEPS")]
    pub horizon: usize,
    /// triple-barrier: the columns high and low of the table reach the barriers, not its closes alone
    #[arg(long)]
    pub candles: bool,
    /// trend-scanning: shortest look ahead, in bars
    #[arg(long, default_value_t = 5, value_name = "BARS")]
    pub shortest: usize,
    /// trend-scanning: longest look ahead, in bars
    #[arg(long, default_value_t = 20, value_name = "BARS")]
    pub longest: usize,
    /// Label every so many bars one
    #[arg(long, default_value_t = 1, value_name = "BARS")]
    pub every: usize,
    /// Also write the labels with their weights (CSV), to a new file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Options of `scalp stats difference`.
#[derive(Args)]
pub struct DifferenceOptions {
    #[command(flatten)]
    pub table: TableArgs,
    /// The order that is drawn and written, 0 to 2; the least that is stationary when absent
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub order: Option<f64>,
    /// Weights below this are left out
    #[arg(long, default_value_t = 1e-3, allow_negative_numbers = true)]
    pub threshold: f64,
    /// Also write the differences (CSV), to a new file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Ways to split.
#[derive(Clone, Copy, ValueEnum)]
pub enum Splitting {
    /// Each run of rows is the test once
    KFold,
    /// Tests side by side to the end, taught by what is older
    WalkForward,
    /// Every choice of test groups
    Combinatorial,
}

/// Options of `scalp stats splits`.
#[derive(Args)]
pub struct SplitOptions {
    #[command(flatten)]
    pub table: TableArgs,
    /// How the rows are split
    #[arg(long, value_enum, default_value_t = Splitting::KFold)]
    pub method: Splitting,
    /// Runs (k-fold), tests (walk-forward) or groups (combinatorial)
    #[arg(long, default_value_t = 5)]
    pub folds: usize,
    /// combinatorial: groups that are tests in each split
    #[arg(long, default_value_t = 2)]
    pub tested: usize,
    /// walk-forward: samples of each test; as many as make half of all when absent
    #[arg(long, value_name = "SAMPLES")]
    pub test: Option<usize>,
    /// walk-forward: samples that teach; all older ones when absent
    #[arg(long, value_name = "SAMPLES")]
    pub window: Option<usize>,
    /// walk-forward: rows between teaching and test
    #[arg(long, default_value_t = 0, value_name = "ROWS")]
    pub gap: usize,
    /// Rows that the label of each row looks ahead
    #[arg(long, default_value_t = 0, value_name = "ROWS")]
    pub horizon: usize,
    /// Labels with spans of their own: a file of `scalp stats labels --out`, or any CSV with the columns start and end
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// Rows after a test from which nothing teaches
    #[arg(long, default_value_t = 0, value_name = "ROWS")]
    pub embargo: usize,
    /// Also write the splits (CSV), to a new file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Runs `scalp stats`.
pub fn statistics(command: &StatsCommand) -> Result<ExitCode> {
    match command {
        StatsCommand::Test(args) => {
            args.table.ask("stats test", |it| statistics::tests(it, args.with.as_deref()))
        }
        StatsCommand::Dsr(args) => {
            ensure!(args.trials >= 1.0, "--trials: expected at least 1, got {}", args.trials);
            let tried = Tried { count: args.trials, variance: args.variance };
            args.table.ask("stats dsr", |it| statistics::sharpe(it, tried, args.benchmark))
        }
        StatsCommand::Pbo(args) => args.table.ask("stats pbo", |it| statistics::overfitting(it, args.blocks)),
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
        StatsCommand::Cointegration(args) => {
            let deterministic = match args.levels {
                Levels::None => Deterministic::None,
                Levels::Constant => Deterministic::Constant,
                Levels::Trend => Deterministic::Trend,
            };
            let asked = CointegrationArgs { deterministic, lags: args.lags };
            args.table.ask("stats cointegration", |it| cointegration::cointegration(it, asked))
        }
        StatsCommand::Spa(args) => {
            let asked = SnoopingArgs {
                benchmark: args.benchmark.clone(),
                block: args.block,
                resamples: args.resamples,
                seed: args.seed,
            };
            args.table.ask("stats spa", |it| snooping::snooping(it, &asked))
        }
        StatsCommand::Changes(args) => {
            let change = match args.of {
                ChangeOf::Mean => Change::Mean,
                ChangeOf::MeanVariance => Change::MeanVariance,
            };
            let asked = ChangeArgs {
                change,
                shortest: args.shortest,
                penalty: args.penalty,
                calibration: args.calibration,
                threshold: args.threshold,
                mean_run: args.mean_run,
            };
            args.table.ask("stats changes", |it| changes::changes(it, &asked))
        }
        StatsCommand::Labels(args) => label(args),
        StatsCommand::Difference(args) => {
            let asked =
                DifferenceArgs { order: args.order, threshold: args.threshold, out: args.out.clone() };
            args.table.ask("stats difference", |it| differences::difference(it, &asked))
        }
        StatsCommand::Splits(args) => split(args),
    }
}

fn label(args: &LabelOptions) -> Result<ExitCode> {
    let sample = args.table.sample(Year::Unasked)?;
    let method = match args.method {
        Labelling::TripleBarrier => Method::Barriers {
            span: args.span,
            upper: Some(args.upper),
            lower: Some(args.lower),
            horizon: args.horizon,
        },
        Labelling::TrendScanning => Method::Trend { shortest: args.shortest, longest: args.longest },
    };
    let extremes = args
        .candles
        .then(|| Extremes::read(&args.table.table, args.table.missing.plan(), &sample))
        .transpose()?;
    let asked = LabelArgs { method, every: args.every, out: args.out.clone() };
    args.table.answer.give("stats labels", &labels::labels(&sample, extremes.as_ref(), &asked)?)
}

fn split(args: &SplitOptions) -> Result<ExitCode> {
    let scheme = match args.method {
        Splitting::KFold => Scheme::KFold { folds: args.folds },
        Splitting::WalkForward => {
            Scheme::WalkForward { splits: args.folds, test: args.test, window: args.window, gap: args.gap }
        }
        Splitting::Combinatorial => Scheme::Combinatorial { groups: args.folds, tested: args.tested },
    };
    let asked = SplitArgs {
        scheme,
        horizon: args.horizon,
        labels: args.labels.clone(),
        embargo: args.embargo,
        out: args.out.clone(),
    };
    args.table.ask("stats splits", |it| splits::splits(it, &asked))
}
