//! `scalp volatility`: how volatile a series is and will be.

use super::TableArgs;
use anyhow::{Result, ensure};
use clap::{Args, Subcommand, ValueEnum};
use scalp_lab::study::volatility;
use scalp_quant::volatility::{ErrorFamily, Kind, Mean, Spec};
use std::process::ExitCode;

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
