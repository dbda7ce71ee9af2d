//! `scalp volatility`: how volatile a series is and will be.

use super::{AnnualArgs, TableArgs};
use anyhow::{Result, ensure};
use clap::{Args, Subcommand, ValueEnum};
use scalp_lab::study::realised::{self, RealisedArgs};
use scalp_lab::study::{correlations, volatility};
use scalp_quant::volatility::{ErrorFamily, Kind, Mean, Spec};
use std::path::PathBuf;
use std::process::ExitCode;

/// The commands below `scalp volatility`.
#[derive(Subcommand)]
pub enum VolatilityCommand {
    /// Fit a model of the GARCH family to one column
    Fit(VolatilityArgs),
    /// Fit it, and say what it expects of the next steps
    Forecast(ForecastArgs),
    /// How correlations of several columns move: dynamic conditional correlation
    ///
    /// Example: scalp volatility correlations prices.csv --horizon 10
    Correlations(CorrelationOptions),
    /// Volatility within each day, jumps, and the next day's from those before (HAR); a table of hours or minutes
    ///
    /// Example: scalp volatility realised hours.csv --out days.csv
    Realised(RealisedOptions),
}

/// Options of `scalp volatility correlations`.
#[derive(Args)]
pub struct CorrelationOptions {
    #[command(flatten)]
    pub model: VolatilityArgs,
    /// Steps ahead
    #[arg(long, default_value_t = 10)]
    pub horizon: u32,
}

/// Options of `scalp volatility realised`.
#[derive(Args)]
pub struct RealisedOptions {
    #[command(flatten)]
    pub table: TableArgs,
    /// Times are the ends of the steps: a row at midnight belongs to the day before
    #[arg(long)]
    pub times_end: bool,
    /// Also write the variances of each day (CSV), to a new file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Options of `scalp volatility fit`.
#[derive(Args)]
pub struct VolatilityArgs {
    #[command(flatten)]
    pub table: AnnualArgs,
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
    match command {
        VolatilityCommand::Fit(args) => {
            args.table.ask("volatility fit", |it| volatility::fit(it, &args.spec(), 0))
        }
        VolatilityCommand::Forecast(args) => {
            ensure!(args.horizon > 0, "--horizon: expected at least 1, got 0");
            let (table, spec) = (&args.model.table, args.model.spec());
            table.ask("volatility forecast", |it| volatility::fit(it, &spec, args.horizon))
        }
        VolatilityCommand::Correlations(args) => {
            let (table, spec) = (&args.model.table, args.model.spec());
            table.ask("volatility correlations", |it| correlations::correlations(it, &spec, args.horizon))
        }
        VolatilityCommand::Realised(args) => {
            let asked = RealisedArgs { times_end: args.times_end, out: args.out.clone() };
            args.table.ask("volatility realised", |it| realised::realised(it, &asked))
        }
    }
}

impl VolatilityArgs {
    fn spec(&self) -> Spec {
        let kind = match self.model {
            Model::Garch => Kind::Garch,
            Model::Gjr => Kind::Gjr,
            Model::Egarch => Kind::Egarch,
        };
        let errors = match self.errors {
            Errors::Normal => ErrorFamily::Normal,
            Errors::StudentT => ErrorFamily::StudentT,
            Errors::SkewedT => ErrorFamily::SkewedT,
        };
        let mean = if self.zero_mean { Mean::Zero } else { Mean::Constant };
        Spec { mean, ..Spec::new(kind, errors) }
    }
}
