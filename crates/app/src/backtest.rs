//! `scalp backtest`.

use crate::cli::BacktestArgs;
use crate::show::Progress;
use anyhow::{Context, Result};
use scalp_lab::backtest::{Finished, Looks, Plan, run as run_plan};
use scalp_lab::config::Config;
use scalp_lab::data;
use scalp_strategy::Configured;
use std::process::ExitCode;

/// Runs the command.
pub fn run<S: Configured>(args: &BacktestArgs) -> Result<ExitCode> {
    let path = args.config.as_deref().context("no configuration")?;
    let mut config = Config::load(path)?;
    if let Some(folder) = &args.folder {
        config.report.folder.clone_from(folder);
    }
    let instruments = config.instruments()?;
    let plan = Plan::<S>::new(config, instruments)?;
    let progress = Progress::new(args.json);
    let loaded =
        data::load(&plan.config, &plan.instruments, &mut |path, at, all| progress.reading(path, at, all))?;
    let mut tick = |at, events| progress.trading(at, events);
    let looks =
        Looks { traces: true, full: true, tick: Some(&mut tick), loading: loaded.spent, keeping: None };
    let finished: Finished = run_plan(&plan, &loaded.tracks, looks)?;
    progress.done();
    println!("{}", serde_json::to_string_pretty(&finished.summary)?);
    Ok(ExitCode::SUCCESS)
}
