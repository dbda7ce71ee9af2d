//! `scalp features plot`, `reference` and `select`: pages for people out of lists of features.

use crate::study::{AnswerArgs, write_page};
use anyhow::{Context, Result, ensure};
use clap::Args;
use scalp_lab::features::select::Question;
use scalp_lab::features::{plot, reference, select};
use scalp_lab::selection::SelectionPlan;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of `scalp features plot`.
#[derive(Args)]
pub struct PlotArgs {
    /// CSV (plain or packed) or Parquet: a column of times, open, high, low, close, and volume where there is one
    #[arg(long, value_name = "FILE")]
    pub input: PathBuf,
    /// Items separated by commas, such as "SMA(20), BBANDS(20,2,2,0), RSI(14), CDLHAMMER, DOUBLE_TOP"
    #[arg(long, default_value = "")]
    pub list: String,
    /// Also mark candlestick patterns (but those of one plain candle) and draw all chart patterns
    #[arg(long)]
    pub patterns: bool,
    /// Where the page goes
    #[arg(long, default_value = "features.html", value_name = "FILE")]
    pub out: PathBuf,
}

/// Options of `scalp features reference`.
#[derive(Args)]
pub struct ReferenceArgs {
    /// The folder for the pages; it is made where it is not there
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
}

/// Options of `scalp features select`.
#[derive(Args)]
pub struct SelectArgs {
    /// CSV (plain or packed) or Parquet: a column of times, open, high, low, close, and volume where there is one
    #[arg(long, value_name = "FILE")]
    pub input: PathBuf,
    /// The features, separated by commas, such as "RSI(14), ATR(14), IBS"
    #[arg(long)]
    pub list: String,
    /// Rows that the return looks ahead
    #[arg(long, value_name = "ROWS")]
    pub horizon: usize,
    /// Folds that judge, in order of time
    #[arg(long, default_value_t = SelectionPlan::default().folds)]
    pub folds: usize,
    /// How many features the forest keeps
    #[arg(long, default_value_t = SelectionPlan::default().top)]
    pub top: usize,
    /// Seed of the forest and of the shuffled targets
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    /// Threads; all cores when absent
    #[arg(long)]
    pub threads: Option<NonZero<usize>>,
    #[command(flatten)]
    pub answer: AnswerArgs,
}

/// Draws a page.
pub fn plot(args: &PlotArgs) -> Result<ExitCode> {
    ensure!(
        args.patterns || !args.list.trim().is_empty(),
        "--list: expected items such as \"SMA(20), RSI(14)\", or --patterns"
    );
    let page = plot::page(&args.input, &args.list, args.patterns).context("the list cannot be drawn")?;
    write_page("--out", &args.out, &page)?;
    say!("Page: {}", args.out.display());
    Ok(ExitCode::SUCCESS)
}

/// Writes the reference.
pub fn reference(args: &ReferenceArgs) -> Result<ExitCode> {
    let pages = reference::write(&args.out).context("the reference cannot be written")?;
    say!("{pages} pages, beginning with {}", args.out.join("index.html").display());
    Ok(ExitCode::SUCCESS)
}

/// Chooses features.
pub fn select(args: &SelectArgs) -> Result<ExitCode> {
    let mut plan = SelectionPlan { folds: args.folds, top: args.top, ..SelectionPlan::default() };
    plan.forest.seed = args.seed;
    let cores = || std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let question = Question {
        list: args.list.clone(),
        horizon: args.horizon,
        plan,
        threads: args.threads.unwrap_or_else(cores),
    };
    let study = select::study(&args.input, &question).context("nothing can be chosen")?;
    args.answer.give("features select", &study)
}
