//! The house's own tools: what a machine can check about the house, one command each.

mod arch;
mod bench;
mod check;
mod licences;
mod run;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The house's own tools")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything a machine can check: `lint`, then `test`
    Check,
    /// Format, lints, architecture, licences and docs
    Lint,
    /// Run every test, on recorded data too
    Test {
        /// Passed on to `cargo test`
        #[arg(trailing_var_arg = true)]
        rest: Vec<String>,
    },
    /// Compare the table of rooms in ARCHITECTURE.md with the manifests
    Arch,
    /// Check the licence of every dependency
    Licences,
    /// Measure
    Bench {
        #[command(subcommand)]
        what: bench::What,
    },
}

fn main() -> anyhow::Result<()> {
    match Args::parse().task {
        Task::Check => check::lint().and_then(|()| check::tests(&[])),
        Task::Lint => check::lint(),
        Task::Test { rest } => check::tests(&rest),
        Task::Arch => arch::compare(),
        Task::Licences => licences::check(),
        Task::Bench { what } => bench::run(what),
    }
}
