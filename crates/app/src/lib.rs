//! The front door: command line, configuration, composition. No logic of its own.
//!
//! A binary with a strategy of your own is one line: `scalp_app::run_with::<MyStrategy>()`.
//!
//! This package is compiled without optimisation, so nothing in it may run the loop for strategies that it names itself: of
//! generic functions that are never inlined a binary takes the copy made here, slow, in place of one of its own. All that
//! runs the loop is generic over the strategies, down from [`run_with`].

/// Writes a line to standard output; a failure is the caller's error, not a panic.
macro_rules! say {
    ($($text:tt)*) => { crate::show::out(format_args!("{}\n", format_args!($($text)*)))? };
}
/// The same without the end of the line.
macro_rules! say_raw {
    ($($text:tt)*) => { crate::show::out(format_args!($($text)*))? };
}

mod backtest;
mod charts;
mod cli;
mod data;
mod doctor;
mod features;
mod replay;
mod runs;
mod show;
mod study;
mod sweep;

use clap::{CommandFactory as _, FromArgMatches as _};
use scalp_strategy::Configured;
use std::process::ExitCode;

/// The command line with the strategies of `S`: `[strategy]` holds their parameters.
pub fn run_with<S: Configured>() -> ExitCode {
    let line = cli::Cli::command().get_matches();
    let asked = cli::Cli::from_arg_matches(&line).unwrap_or_else(|e| e.exit());
    match study::check(&line).and_then(|()| asked.run::<S>()) {
        Ok(code) => code,
        // Whoever read our output has stopped reading: there is nobody left to tell.
        Err(error)
            if error
                .downcast_ref::<std::io::Error>()
                .is_some_and(|it| it.kind() == std::io::ErrorKind::BrokenPipe) =>
        {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("scalp: {}", in_one_line(&error));
            ExitCode::FAILURE
        }
    }
}

/// The error and its causes, without what a cause would only say again.
fn in_one_line(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |text, cause| match text {
        text if text.is_empty() => cause,
        text if text.contains(&cause) => text,
        text => format!("{text}: {cause}"),
    })
}
