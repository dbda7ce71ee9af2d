//! `scalp risk`, `portfolio`, `stats`, `volatility` and `forecast`: questions about a table of prices or returns.

mod forecast;
mod needs;
mod portfolio;
mod risk;
mod size;
mod stats;
mod volatility;

pub use forecast::{AheadArgs, forecast};
pub use needs::check;
pub use portfolio::{PortfolioCommand, portfolio};
pub use risk::{RiskCommand, risk};
pub use size::{SizeCommand, size};
pub use stats::{StatsCommand, statistics};
pub use volatility::{VolatilityCommand, volatility};

use crate::show::style;
use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use scalp_lab::study::{Sample, SampleArgs, StudyError, Year};
use scalp_report::Study;
use scalp_report::terminal::Style;
use scalp_tables::panel;
use std::io::{IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a page begins with; a file that does not is not written over.
const PAGE_BEGINS: &str = "<!doctype html>";

/// A table and how it is read.
#[derive(Args)]
pub struct TableArgs {
    /// CSV (plain or packed) or Parquet: a column of times, and a column of prices for each asset
    pub table: PathBuf,
    /// The table holds simple returns and not prices
    #[arg(long)]
    pub returns: bool,
    /// A column that is wanted; say it again for more; all when absent (of candles the close)
    #[arg(long = "column", value_name = "NAME")]
    pub columns: Vec<String>,
    /// What is done about cells without a value
    #[arg(long, value_enum, default_value_t = Missing::Refuse)]
    pub missing: Missing,
    #[command(flatten)]
    pub answer: AnswerArgs,
}

/// A table, of which something is told by the year.
#[derive(Args)]
pub struct AnnualArgs {
    #[command(flatten)]
    pub table: TableArgs,
    /// Steps in a year; found from the times when absent (daily: 365, or 252 without weekends)
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub periods_per_year: Option<f64>,
}

/// How the answer is given.
#[derive(Args)]
pub struct AnswerArgs {
    /// Print one JSON object with every digit
    #[arg(long)]
    pub json: bool,
    /// Also write a page with charts and tables: one file that loads nothing
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// Cells without a value.
#[derive(Clone, Copy, ValueEnum)]
pub enum Missing {
    /// The table is refused
    Refuse,
    /// Their rows are left out
    Drop,
    /// The value before them stays
    Carry,
}

impl Missing {
    fn plan(self) -> panel::Missing {
        match self {
            Self::Refuse => panel::Missing::Refuse,
            Self::Drop => panel::Missing::Drop,
            Self::Carry => panel::Missing::Carry,
        }
    }
}

impl TableArgs {
    fn plan(&self, year: Year) -> SampleArgs {
        let missing = self.missing.plan();
        SampleArgs { is_returns: self.returns, columns: self.columns.clone(), missing, year }
    }

    fn sample(&self, year: Year) -> Result<Sample> {
        Sample::read(&self.table, &self.plan(year)).context("the table cannot be used")
    }

    /// Asks the table, and gives the answer of `command`.
    fn ask(
        &self,
        command: &str,
        question: impl FnOnce(&Sample) -> Result<Study, StudyError>,
    ) -> Result<ExitCode> {
        let sample = self.sample(Year::Unasked)?;
        self.answer.give(command, &question(&sample).map_err(|e| sample.named(e))?)
    }
}

impl AnnualArgs {
    /// The same with the length of a year.
    fn ask(
        &self,
        command: &str,
        question: impl FnOnce(&Sample) -> Result<Study, StudyError>,
    ) -> Result<ExitCode> {
        let year = self.periods_per_year.map_or(Year::OfTimes, Year::Of);
        let sample = self.table.sample(year)?;
        self.table.answer.give(command, &question(&sample).map_err(|e| sample.named(e))?)
    }
}

impl AnswerArgs {
    /// Prints the answer, and writes its page where one is wanted. `command` is what was asked.
    pub fn give(&self, command: &str, study: &Study) -> Result<ExitCode> {
        if let Some(path) = &self.html {
            let eyebrow = format!("scalp {command} \u{b7} {}", env!("CARGO_PKG_VERSION"));
            write_page("--html", path, &study.page(&eyebrow))?;
        }
        if self.json {
            say!("{}", serde_json::to_string_pretty(study)?);
            return Ok(ExitCode::SUCCESS);
        }
        // What reads a pipe has no width: nothing is cut away for it, unless COLUMNS asks for that.
        let is_piped = !std::io::stdout().is_terminal() && std::env::var_os("COLUMNS").is_none();
        let style = if is_piped { Style::boundless() } else { style() };
        say_raw!("{}", study.terminal(style));
        if let Some(path) = &self.html {
            say!("\nPage: {}", path.display());
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes a page to a new file or over an older page; a mistyped name must not cost a table.
pub fn write_page(option: &str, path: &Path, page: &str) -> Result<()> {
    if let Ok(mut file) = std::fs::File::open(path) {
        let mut start = vec![0; PAGE_BEGINS.len()];
        let is_page =
            file.read_exact(&mut start).is_ok() && start.eq_ignore_ascii_case(PAGE_BEGINS.as_bytes());
        let is_empty = std::fs::metadata(path).is_ok_and(|it| it.is_file() && it.len() == 0);
        ensure!(
            is_page || is_empty,
            "{option}: {} is there and is no page: name another file",
            path.display()
        );
    }
    std::fs::write(path, page).with_context(|| format!("{option}: {} cannot be written", path.display()))
}
