//! `scalp features`: what indicators and patterns say of files of candles.

use crate::charts::{self, PlotArgs, ReferenceArgs, SelectArgs};
use anyhow::Result;
use clap::Subcommand;
use std::process::ExitCode;

/// The commands below `scalp features`.
#[derive(Subcommand)]
pub enum FeaturesCommand {
    /// Draw a list of indicators and patterns on the candles of a file, as one page
    Plot(PlotArgs),
    /// Write the reference of all indicators and patterns as a folder of pages
    Reference(ReferenceArgs),
    /// Choose the features that foretell the return of the next rows, judged on rows that the choice has not seen
    Select(SelectArgs),
}

impl FeaturesCommand {
    /// Carries out the command.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Self::Plot(args) => charts::plot(&args),
            Self::Reference(args) => charts::reference(&args),
            Self::Select(args) => charts::select(&args),
        }
    }
}
