//! `scalp sweep`.

use crate::backtest::{configuration, prepare};
use crate::cli::SweepArgs;
use crate::show::{Progress, now, style};
use anyhow::{Context, Result};
use scalp_lab::measure::peak_rss_bytes;
use scalp_lab::store::Runs;
use scalp_lab::sweep;
use scalp_report::data::{Run, SweepData};
use scalp_report::terminal;
use scalp_strategy::Configured;
use scalp_types::{Instrument, Instruments};
use std::process::ExitCode;

/// Rows of the ranking in the JSON object.
const ROWS: usize = 20;

/// Runs the command.
pub fn run<S: Configured>(args: &SweepArgs) -> Result<ExitCode> {
    let mut config = configuration(Some(&args.config), args.folder.as_deref())?;
    let wanted = config.sweep.as_mut().context("sweep: expected a [sweep] section with [sweep.grid]")?;
    wanted.threads = args.threads.map(std::num::NonZero::get).or(wanted.threads);
    let progress = Progress::new(args.json);
    let first = sweep::jobs(&config)?.swap_remove(0);
    let (plan, loaded) = prepare::<S>(first.config(&config), &progress)?;
    let tick = |done: usize, all: usize| progress.say(format!("{done} of {all} jobs"));
    let swept = sweep::run::<S>(&config, &plan.instruments, &loaded.tracks, &tick)?;
    progress.done();
    let run = Run {
        name: config.run.name.clone(),
        strategy: config.strategy.get("name").and_then(|it| it.as_str()).unwrap_or("own").into(),
        seed: config.run.seed,
        state_hash: swept.result_hash().to_string(),
        version: env!("CARGO_PKG_VERSION").into(),
        currency: plan
            .instruments
            .iter()
            .next()
            .map_or_else(String::new, |it| plan.instruments.assets()[it.settle.index()].clone()),
        decimals: 2,
        start_equity: plan.opening().to_f64(),
        config: config.text.clone(),
        ..Run::default()
    };
    let mut data: SweepData = sweep::ranked(&swept, plan.opening(), &config, run);
    data.warnings.extend(other_assets(&plan.instruments, &data.run.currency));
    data.warnings.extend(loaded.warnings.iter().cloned());
    let page = if config.report.keep {
        let kept = Runs::at(&config.report.folder).create(&config.run.name, now())?;
        kept.write("sweep.json", &serde_json::to_vec(&data)?)?;
        let page = kept.write("sweep.html", scalp_report::sweep(&data).as_bytes())?;
        kept.finished()?;
        Some(page)
    } else {
        None
    };
    if !args.json {
        say_raw!("{}", terminal::sweep(&data, style()));
        if let Some(page) = page {
            say!("\nPage: {}", page.display());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let events = swept.events * swept.jobs.len() as u64;
    let object = serde_json::json!({
        "name": config.run.name,
        "jobs": swept.jobs.len(),
        "trials": data.run.trials,
        "threads": swept.threads,
        "fused": swept.fused,
        // The short cut reads bars; the engine reads whatever there is, trades and books too.
        "bars": swept.fused.then_some(swept.events),
        "market_events": swept.events,
        "events": events,
        "orders": swept.results.iter().map(|it| it.orders).sum::<u64>(),
        "fills": swept.results.iter().map(|it| it.fills).sum::<u64>(),
        "cpu_seconds": swept.spent.cpu_seconds,
        "wall_seconds": swept.spent.wall_seconds,
        "unreconciled": swept.unreconciled(),
        "load_cpu_seconds": loaded.spent.cpu_seconds,
        "peak_rss_bytes": peak_rss_bytes(),
        "state_hash": swept.result_hash().to_string(),
        "page": page.map(|it| it.display().to_string()),
        "warnings": data.warnings,
        "best": data.rows.iter().take(ROWS).map(|row| {
            let names = data.parameters.iter().cloned().zip(row.parameters.iter().cloned().map(serde_json::Value::from));
            let figures = data.figures.iter().zip(&row.values).map(|(figure, value)| {
                (figure.name.clone(), value.get().map_or(serde_json::Value::Null, serde_json::Value::from))
            });
            serde_json::Value::Object(names.chain(figures).collect())
        }).collect::<Vec<_>>(),
    });
    say!("{}", serde_json::to_string_pretty(&object)?);
    Ok(ExitCode::SUCCESS)
}

/// The ranking counts one asset; what settles in another is not in it.
fn other_assets(instruments: &Instruments, counted: &str) -> Option<String> {
    let asset = |it: &Instrument| instruments.assets()[it.settle.index()].clone();
    let others = instruments.iter().filter(|it| asset(it) != counted);
    let named: Vec<String> = others.map(|it| format!("{} ({})", it.name(), asset(it))).collect();
    (!named.is_empty()).then(|| {
        format!("The ranking counts {counted} alone; what {} brought is in no figure.", named.join(" and "))
    })
}
