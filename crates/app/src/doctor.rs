//! `scalp doctor`: does this program do on this machine what it should?

use crate::cli::DoctorArgs;
use anyhow::Result;
use scalp_config::Config;
use scalp_lab::backtest::{Looks, Plan, run as run_plan};
use scalp_lab::generate;
use scalp_strategy::Configured;
use std::path::Path;
use std::process::ExitCode;

/// A quarter of an hour of a generated market, traded.
const PROBE: &str = r#"
[run]
name = "probe"
seed = 7
[synthetic]
hours = 0.25
[account]
balances = { USDT = 10000 }
[strategy]
name = "grid"
order_qty = 0.01
[report]
keep = false
"#;

/// Every check with what it found.
fn run_checks<S: Configured>(args: &DoctorArgs) -> Vec<(String, Result<String>)> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    vec![
        ("version".into(), Ok(format!("{} ({})", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH))),
        ("cores".into(), Ok(cores.to_string())),
        (format!("folder {}", args.folder.display()), can_write(&args.folder)),
        ("clock".into(), clock()),
        ("two equal runs".into(), twice::<S>(&args.folder)),
    ]
}

/// Runs the command; `S` knows the strategy of the probe. A parameter, so that the loop is compiled with the binary's own.
pub fn run<S: Configured>(args: &DoctorArgs) -> Result<ExitCode> {
    let mut healthy = true;
    for (name, result) in run_checks::<S>(args) {
        match result {
            Ok(text) => say!("ok    {name:<18} {text}"),
            Err(error) => {
                healthy = false;
                say!("FAIL  {name:<18} {error:#}");
            }
        }
    }
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn can_write(folder: &Path) -> Result<String> {
    std::fs::create_dir_all(folder)?;
    let probe = folder.join(".probe");
    std::fs::write(&probe, b"probe")?;
    std::fs::remove_file(&probe)?;
    Ok("can be written".into())
}

fn clock() -> Result<String> {
    let (before, after) = (std::time::Instant::now(), crate::show::now());
    anyhow::ensure!(after.date().0 >= 2024, "the clock says {after}");
    Ok(format!("{after}, read in {} ns", before.elapsed().as_nanos()))
}

/// The same generated market traded twice must end in the same state.
fn twice<S: Configured>(folder: &Path) -> Result<String> {
    let mut config = Config::parse(PROBE, Path::new("probe"))?;
    config.report.folder = folder.to_owned();
    let instruments = generate::instruments(&config.synthetic_parameters()?);
    let plan = Plan::<S>::new(config, instruments)?;
    let loaded = generate::load(&plan.config, &mut |_, _| ())?;
    let first = run_plan(&plan, &loaded.tracks, Looks::default())?.summary;
    let second = run_plan(&plan, &loaded.tracks, Looks::default())?.summary;
    anyhow::ensure!(first.state_hash == second.state_hash, "{} and {}", first.state_hash, second.state_hash);
    Ok(format!("{} events, {} fills, state {}", first.events, first.fills, first.state_hash))
}
