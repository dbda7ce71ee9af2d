//! The commands and their options.

use crate::backtest;
use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use scalp_strategy::Configured;
use std::path::PathBuf;
use std::process::ExitCode;

/// Backtests and market data for crypto futures.
#[derive(Parser)]
#[command(name = "scalp", version, about, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Trade recorded (or generated) markets against the exchange simulator and report what would have happened
    Backtest(BacktestArgs),
}

/// Options of `scalp backtest`.
#[derive(Args)]
pub struct BacktestArgs {
    /// Configuration (TOML); without it a generated market is traded
    pub config: Option<PathBuf>,
    /// Print one JSON object on standard output, and nothing else there
    #[arg(long)]
    pub json: bool,
    /// Keep the run below this folder instead of the configured one
    #[arg(long)]
    pub folder: Option<PathBuf>,
}

impl Cli {
    /// Carries out the command.
    pub fn run<S: Configured>(self) -> Result<ExitCode> {
        match self.command {
            Command::Backtest(args) => backtest::run::<S>(&args),
        }
    }
}
