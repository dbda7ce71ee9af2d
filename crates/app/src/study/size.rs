//! `scalp size`: how much to bet.

use super::{AnnualArgs, AnswerArgs, Missing};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use scalp_allocate::realtime::Limits;
use scalp_lab::study::sizing::{self, BetArgs, FallArgs, ReturnsArgs, StopArgs};
use std::path::PathBuf;
use std::process::ExitCode;

/// The commands below `scalp size`.
#[derive(Subcommand)]
pub enum SizeCommand {
    /// Kelly's fraction of a bet with two or more outcomes, less for an uncertain edge, and the ruin it brings
    ///
    /// Example: scalp size bet --probability 0.55 --odds 1 --error 0.02 --multiple 0.5 --units 20
    Bet(BetOptions),
    /// Kelly's fractions of columns of returns, each alone and all together, with the falls they bring
    ///
    /// Example: scalp size returns prices.csv --multiple 0.25 --target-volatility 0.15
    Returns(Box<ReturnsOptions>),
    /// The sizes that the real-time programme takes from what is held and expected, and what holds each back
    ///
    /// Example: scalp size programme assets.csv --gross-max 1 --step-max 0.1 --position-max 0.05 --cost 0.001
    Programme(ProgrammeOptions),
    /// The quantity whose stop, at a multiple of the average true range, loses a share of the equity
    ///
    /// Example: scalp size stop candles.csv --equity 10000 --risk 0.01 --multiple 2 --fee 0.001
    Stop(StopOptions),
}

/// Falls that are asked about.
#[derive(Args)]
pub struct FallOptions {
    /// Share of the equity that it falls to
    #[arg(long, default_value_t = 0.5, allow_negative_numbers = true)]
    pub fall_to: f64,
    /// Most chance of that, for the largest fraction that keeps it
    #[arg(long, default_value_t = 0.05, allow_negative_numbers = true)]
    pub chance: f64,
}

impl FallOptions {
    fn plan(&self, within: f64) -> FallArgs {
        FallArgs { to: self.fall_to, chance: self.chance, within }
    }
}

/// Options of `scalp size bet`.
#[derive(Args)]
pub struct BetOptions {
    /// Probability to win, 0 to 1
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub probability: Option<f64>,
    /// What is won per what is staked
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    pub odds: f64,
    /// In place of both: an outcome as its return on the stake and its probability, 0.5:0.6; once for each
    #[arg(long = "outcome", value_name = "RETURN:PROBABILITY", allow_hyphen_values = true, value_parser = outcome)]
    pub outcomes: Vec<(f64, f64)>,
    /// Standard error of the probability (of the expected return on the stake with --outcome)
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    pub error: f64,
    /// Multiple of the full fraction that is taken
    #[arg(long, default_value_t = 0.25, allow_negative_numbers = true)]
    pub multiple: f64,
    /// Capital in stakes of one size, for the chance to lose them all
    #[arg(long, value_name = "STAKES")]
    pub units: Option<u32>,
    /// Capital in stakes at which it ends well
    #[arg(long, value_name = "STAKES")]
    pub goal: Option<u32>,
    /// Bets within which the equity may fall
    #[arg(long, default_value_t = 100.0, value_name = "BETS", allow_negative_numbers = true)]
    pub within: f64,
    #[command(flatten)]
    pub falls: FallOptions,
    #[command(flatten)]
    pub answer: AnswerArgs,
}

/// Options of `scalp size returns`. All numbers are per year.
#[derive(Args)]
pub struct ReturnsOptions {
    #[command(flatten)]
    pub table: AnnualArgs,
    /// Annual return of what bears no risk
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    pub riskless: f64,
    /// Multiple of the full fraction that is taken
    #[arg(long, default_value_t = 0.25, allow_negative_numbers = true)]
    pub multiple: f64,
    /// Annual volatility that is aimed at
    #[arg(long, default_value_t = 0.15, allow_negative_numbers = true)]
    pub target_volatility: f64,
    /// Most that a position is scaled up to reach it
    #[arg(long, default_value_t = 1.5, allow_negative_numbers = true)]
    pub scale_max: f64,
    /// Most that the absolute fractions of all columns sum to
    #[arg(long, default_value_t = 10.0, allow_negative_numbers = true)]
    pub gross_max: f64,
    /// Columns may be held short
    #[arg(long)]
    pub short: bool,
    /// Years within which the equity may fall
    #[arg(long, default_value_t = 1.0, value_name = "YEARS", allow_negative_numbers = true)]
    pub within: f64,
    #[command(flatten)]
    pub falls: FallOptions,
}

/// Options of `scalp size programme`. Weights are fractions of equity.
#[derive(Args)]
pub struct ProgrammeOptions {
    /// CSV with the columns asset, current (weight held now), expected (return over the step) and, if wanted, confidence
    /// (0 to 1; 1 when absent)
    pub table: PathBuf,
    /// Most that the absolute weights may sum to
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    pub gross_max: f64,
    /// Most that one weight may change
    #[arg(long, default_value_t = 0.1, allow_negative_numbers = true)]
    pub step_max: f64,
    /// Most absolute weight of one asset
    #[arg(long, default_value_t = 0.05, allow_negative_numbers = true)]
    pub position_max: f64,
    /// Cost of what is traded, as a fraction of it
    #[arg(long, default_value_t = 0.001, allow_negative_numbers = true)]
    pub cost: f64,
    #[command(flatten)]
    pub answer: AnswerArgs,
}

/// Options of `scalp size stop`.
#[derive(Args)]
pub struct StopOptions {
    /// CSV (plain or packed) or Parquet with the columns high, low and close
    pub table: PathBuf,
    /// What is done about cells without a value
    #[arg(long, value_enum, default_value_t = Missing::Refuse)]
    pub missing: Missing,
    /// Equity, in the currency of the prices
    #[arg(long, allow_negative_numbers = true)]
    pub equity: f64,
    /// Share of the equity that the stop may lose
    #[arg(long, default_value_t = 0.01, allow_negative_numbers = true)]
    pub risk: f64,
    /// Candles of the average true range
    #[arg(long, default_value_t = 14, value_name = "CANDLES")]
    pub length: usize,
    /// Distance of the stop, in average true ranges
    #[arg(long, default_value_t = 2.0, allow_negative_numbers = true)]
    pub multiple: f64,
    /// Fees of both sides together, as a fraction of the price
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    pub fee: f64,
    #[command(flatten)]
    pub answer: AnswerArgs,
}

/// `RETURN:PROBABILITY`.
fn outcome(text: &str) -> Result<(f64, f64), String> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|it| it.is_finite());
    let found = text.split_once(':').and_then(|(a, b)| Some((number(a)?, number(b)?)));
    found.ok_or_else(|| "expected a return on the stake and its probability, such as -1:0.4".into())
}

/// Runs `scalp size`.
pub fn size(command: &SizeCommand) -> Result<ExitCode> {
    match command {
        SizeCommand::Bet(args) => {
            let asked = BetArgs {
                probability: args.probability,
                odds: args.odds,
                outcomes: args.outcomes.clone(),
                error: args.error,
                multiple: args.multiple,
                units: args.units,
                goal: args.goal,
                falls: args.falls.plan(args.within),
            };
            args.answer.give("size bet", &sizing::bet(&asked)?)
        }
        SizeCommand::Returns(args) => {
            let asked = ReturnsArgs {
                riskless: args.riskless,
                multiple: args.multiple,
                target: args.target_volatility,
                scale_max: args.scale_max,
                gross_max: args.gross_max,
                short: args.short,
                falls: args.falls.plan(args.within),
            };
            args.table.ask("size returns", |it| sizing::returns(it, &asked))
        }
        SizeCommand::Programme(args) => {
            let (gross_max, step_max) = (args.gross_max, args.step_max);
            let limits = Limits { gross_max, step_max, position_max: args.position_max, cost: args.cost };
            args.answer.give("size programme", &sizing::programme(&args.table, limits)?)
        }
        SizeCommand::Stop(args) => {
            let (equity, risk, length) = (args.equity, args.risk, args.length);
            let asked = StopArgs { equity, risk, length, multiple: args.multiple, fee: args.fee };
            let found =
                sizing::stop(&args.table, args.missing.plan(), &asked).context("the size cannot be given")?;
            args.answer.give("size stop", &found)
        }
    }
}
