//! `scalp runs`, `scalp compare` and `scalp report`.

use crate::cli::{CompareArgs, ReportArgs, RunsArgs};
use crate::show::style;
use anyhow::{Context, Result};
use scalp_lab::store::{Kept, Runs};
use scalp_report::data::{CompareData, ReportData, RunSummary};
use scalp_report::terminal;
use std::process::ExitCode;

/// Figures shown in the list, by name.
const COLUMNS: [&str; 5] = ["Net result", "Total return", "Maximum drawdown", "Round trips", "Profit factor"];

/// Lists the runs.
pub fn list(args: &RunsArgs) -> Result<ExitCode> {
    let mut all = Vec::new();
    for kept in Runs::at(&args.folder).list()? {
        match kept.data() {
            Ok(data) => all.push(short(data)),
            Err(error) => eprintln!("scalp: {error}"),
        }
    }
    if args.json {
        let line = |it: &RunSummary| {
            serde_json::json!({
                "id": it.run.id, "name": it.run.name, "strategy": it.run.strategy, "seed": it.run.seed,
                "start_ns": it.run.start_ns, "end_ns": it.run.end_ns, "state_hash": it.run.state_hash,
                "equity": it.equity.value.last(),
                "figures": it.figures.iter().map(|it| (it.name.clone(), it.value.get().into()))
                    .collect::<serde_json::Map<String, serde_json::Value>>(),
            })
        };
        say!("{}", serde_json::to_string_pretty(&all.iter().map(line).collect::<Vec<_>>())?);
    } else {
        say_raw!("{}", terminal::runs(&all, &COLUMNS, style()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Puts two runs side by side.
pub fn compare(args: &CompareArgs) -> Result<ExitCode> {
    let runs = Runs::at(&args.folder);
    let load = |id: &str| -> Result<RunSummary> { Ok(short(runs.find(id)?.data()?)) };
    let data = CompareData { a: load(&args.a)?, b: load(&args.b)? };
    say_raw!("{}", terminal::compare(&data, style()));
    std::fs::write(&args.out, scalp_report::compare(&data))
        .with_context(|| args.out.display().to_string())?;
    say!("\nPage: {}", args.out.display());
    Ok(ExitCode::SUCCESS)
}

/// Writes the page of a run again.
pub fn report(args: &ReportArgs) -> Result<ExitCode> {
    let kept: Kept = Runs::at(&args.folder).find(&args.run)?;
    let data = kept.data()?;
    say_raw!("{}", terminal::summary(&data, style()));
    let path = kept.write("report.html", scalp_report::page(&data).as_bytes())?;
    say!("\nReport: {}", path.display());
    Ok(ExitCode::SUCCESS)
}

fn short(data: ReportData) -> RunSummary {
    let figures = data.figures.into_iter().chain(data.risk).collect();
    RunSummary { run: data.run, figures, equity: data.equity, horizon: data.returns.horizon }
}
