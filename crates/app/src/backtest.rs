//! `scalp backtest`: load, run, measure, write, show.

use crate::cli::BacktestArgs;
use crate::show::{Progress, now, style};
use anyhow::{Context, Result};
use scalp_config::Config;
use scalp_journal::{Snapshots, Writer, WriterConfig, recover::snapshots_of};
use scalp_lab::analysis::{About, page};
use scalp_lab::backtest::{Finished, Looks, Plan, run as run_plan};
use scalp_lab::observer::Keeping;
use scalp_lab::sheets::sheets;
use scalp_lab::store::{Kept, Runs};
use scalp_lab::{data, generate};
use scalp_report::data::Fact;
use scalp_strategy::Configured;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The configuration of the first run of a newcomer: a generated market.
const FIRST: &str = include_str!("../../../config/backtest.toml");

/// Runs the command.
pub fn run<S: Configured>(args: &BacktestArgs) -> Result<ExitCode> {
    let config = configuration(args.config.as_deref(), args.folder.as_deref())?;
    let progress = Progress::new(args.json);
    let (plan, loaded) = prepare::<S>(config, &progress)?;
    let kept = if plan.config.report.keep {
        let runs = Runs::at(&plan.config.report.folder);
        Some(runs.create(&plan.config.run.name, now())?)
    } else {
        None
    };
    let result = run_and_keep(&plan, &loaded, kept.as_ref(), args, &progress);
    progress.done();
    let (finished, text) = result.map_err(|error| match &kept {
        // A run that did not end is no run: what it has written so far goes with it.
        Some(kept) => match std::fs::remove_dir_all(&kept.path) {
            Ok(()) => {
                error.context(format!("the run in {} did not end and was removed", kept.path.display()))
            }
            Err(left) => error.context(format!("the run in {} did not end ({left})", kept.path.display())),
        },
        None => error,
    })?;
    kept.iter().try_for_each(|it| it.finished())?;
    match text {
        Some(text) if !args.json => say_raw!("{text}"),
        _ => say!("{}", serde_json::to_string_pretty(&finished.summary)?),
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs, and writes everything of the run below its folder; returns the result and the summary for the terminal.
fn run_and_keep<S: Configured>(
    plan: &Plan<S>,
    loaded: &data::Loaded,
    kept: Option<&Kept>,
    args: &BacktestArgs,
    progress: &Progress,
) -> Result<(Finished, Option<String>)> {
    let mut tick = |at, events| progress.trading(at, events);
    let looks = Looks {
        traces: kept.is_some(),
        full: plan.config.report.tables && kept.is_some(),
        keeping: keeping(plan, kept)?,
        tick: Some(&mut tick),
        loading: loaded.spent,
        warnings: &loaded.warnings,
    };
    let mut finished = run_plan(plan, &loaded.tracks, looks)?;
    progress.say("writing the report");
    let text = match kept {
        Some(kept) => keep(plan, &mut finished, kept, args)?,
        None => None,
    };
    Ok((finished, text))
}

/// The configuration asked for, or the first one.
pub fn configuration(path: Option<&Path>, folder: Option<&Path>) -> Result<Config> {
    let mut config = match path {
        Some(path) => Config::load(path)?,
        None => Config::parse(FIRST, Path::new("config/backtest.toml (built in)"))?,
    };
    if let Some(folder) = folder {
        config.report.folder = folder.to_owned();
    }
    Ok(config)
}

/// Checks the configuration and loads or generates its data.
pub fn prepare<S: Configured>(config: Config, progress: &Progress) -> Result<(Plan<S>, data::Loaded)> {
    if config.data.is_empty() {
        let instruments = generate::instruments(&config.synthetic_parameters()?);
        let plan = Plan::new(config, instruments)?;
        let loaded = generate::load(&plan.config, &mut |at, events| progress.generating(at, events))?;
        return Ok((plan, loaded));
    }
    let instruments = data::instruments(&config)?;
    let plan = Plan::new(config, instruments)?;
    let mut told = |path: &Path, bytes, all| progress.reading(path, bytes, all);
    let loaded = data::load(&plan.config, &plan.instruments, &mut told)?;
    Ok((plan, loaded))
}

fn keeping<S: Configured>(plan: &Plan<S>, kept: Option<&Kept>) -> Result<Option<Keeping>> {
    let Some(kept) = kept.filter(|_| plan.config.report.journal) else { return Ok(None) };
    let folder = kept.file("journal");
    let journal = Writer::create(&folder, WriterConfig::default())?;
    let snapshots = Snapshots::open(snapshots_of(&folder))?;
    Ok(Some(Keeping { journal, snapshots }))
}

/// Writes everything of the run below its folder; returns the summary for the terminal.
fn keep<S: Configured>(
    plan: &Plan<S>,
    finished: &mut Finished,
    kept: &Kept,
    args: &BacktestArgs,
) -> Result<Option<String>> {
    let report = &plan.config.report;
    finished.summary.folder = Some(kept.path.display().to_string());
    kept.write("config.toml", plan.config.text.as_bytes())?;
    kept.write("summary.json", &serde_json::to_vec_pretty(&finished.summary)?)?;
    let mut files =
        vec![Fact::new("configuration", "config.toml"), Fact::new("result in one object", "summary.json")];
    if report.tables {
        let tables = sheets(&finished.outcome, &plan.instruments);
        kept.write_tables(&tables)?;
        files.extend(tables.iter().map(|it| {
            Fact::new(
                format!("{} ({} rows)", it.name, it.rows()),
                format!("{0}.csv, {0}.jsonl, {0}.parquet", it.name),
            )
        }));
    }
    if report.journal {
        files.push(Fact::new("journal, for scalp replay", "journal/"));
    }
    let command = match &args.config {
        Some(path) => format!("scalp backtest {}", path.display()),
        None => "scalp backtest".into(),
    };
    let about =
        About { id: kept.id.clone(), command: Some(command), synthetic: plan.config.data.is_empty(), files };
    let Some(data) = page(plan, finished, &about) else { return Ok(None) };
    kept.write_data(&data)?;
    let mut text = scalp_report::terminal::summary(&data, style());
    if report.html {
        let path: PathBuf =
            kept.write("report.html", scalp_report::page(&data).as_bytes()).context("report")?;
        text.push_str(&format!("\nReport: {}\n", path.display()));
    }
    Ok(Some(text))
}
