//! Measuring: the same work by others, side by side, and instruction counts against a stored baseline.

mod instructions;
mod peers;
mod scalp;

use anyhow::Result;
use clap::Subcommand;
use scalp::Scalp;
use std::path::PathBuf;

/// What to measure.
#[derive(Subcommand)]
pub enum What {
    /// Install `NautilusTrader`, hftbacktest and vectorbt from `PyPI` below `target` and run the same work in turn
    Peers {
        /// Rounds; the median of each figure is printed
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// Only rows whose name begins so: w1, w2, w3, w4 or import
        #[arg(long, default_value = "")]
        only: String,
        /// Python 3.13 or 3.14 (3.12 for all but the newest peer); looked for when absent
        #[arg(long)]
        python: Option<PathBuf>,
        /// Measure this program instead of building the release binary
        #[arg(long)]
        scalp: Option<PathBuf>,
    },
    /// Count instructions of each workload under callgrind and compare them with `xtask/instructions.json`
    Instructions {
        /// Store what was counted as the new baseline
        #[arg(long)]
        store: bool,
        /// Measure this program instead of building the release binary
        #[arg(long)]
        scalp: Option<PathBuf>,
    },
}

/// Measures.
pub fn run(what: What) -> Result<()> {
    match what {
        What::Peers { rounds, only, python, scalp } => peers::run(rounds, &only, python, &Scalp::new(scalp)?),
        What::Instructions { store, scalp } => instructions::run(store, &Scalp::new(scalp)?),
    }
}
