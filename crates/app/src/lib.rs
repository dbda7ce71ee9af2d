//! The front door: command line, configuration, composition. No logic of its own.
//!
//! A binary with a strategy of your own is one line: `scalp_app::run_with::<MyStrategy>()`.

mod backtest;
mod cli;
mod data;
mod doctor;
mod replay;
mod runs;
mod show;
mod sweep;

use clap::Parser;
use scalp_strategy::{Configured, Shipped};
use std::process::ExitCode;

/// The command line with the strategies that ship with the platform.
pub fn run() -> ExitCode {
    run_with::<Shipped>()
}

/// The command line with a strategy of your own: `[strategy]` holds its parameters.
pub fn run_with<S: Configured>() -> ExitCode {
    match cli::Cli::parse().run::<S>() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("scalp: {error:#}");
            ExitCode::FAILURE
        }
    }
}
