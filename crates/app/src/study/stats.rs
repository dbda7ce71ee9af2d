//! `scalp stats`: what tests say, and whether an edge is luck.

use super::{AnswerArgs, Missing, TableArgs};
use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use scalp_lab::study::calibration::{self, CalibrationArgs};
use scalp_lab::study::statistics::{self, Tried};
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
