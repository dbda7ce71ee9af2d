//! Measuring: the same work by others, side by side, and instruction counts against a stored baseline.

use crate::run::{cargo, finish, output, root};
use anyhow::{Context, Result, bail, ensure};
use clap::Subcommand;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What to measure.
#[derive(Subcommand)]
pub enum What {
    /// Install `NautilusTrader` and hftbacktest from PyPI into a scratch environment and run the same work in turn
    Peers {
        /// Rounds; the median of each figure is printed
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// The folder of the recorded data
        #[arg(long, default_value = "../shared/data")]
        data: PathBuf,
    },
    /// Count instructions of each workload under callgrind and compare them with `xtask/instructions.json`
    Instructions {
        /// Store what was counted as the new baseline
        #[arg(long)]
        store: bool,
    },
}

/// Measures.
pub fn run(what: What) -> Result<()> {
    match what {
        What::Peers { rounds, data } => peers(rounds, &data),
        What::Instructions { store } => instructions(store),
    }
}

/// One piece of work: its configuration, the script that does it elsewhere, and what counts as a unit of it.
struct Work {
    name: &'static str,
    peer: &'static str,
    script: &'static str,
    arguments: &'static [&'static str],
}

const WORK: [Work; 5] = [
    Work { name: "w1", peer: "NautilusTrader", script: "nautilus.py", arguments: &["w1"] },
    Work { name: "w2a", peer: "hftbacktest", script: "hftbacktest_w2.py", arguments: &["w2a"] },
    Work { name: "w2b", peer: "hftbacktest", script: "hftbacktest_w2.py", arguments: &["w2b"] },
    Work { name: "w2c", peer: "hftbacktest", script: "hftbacktest_w2.py", arguments: &["w2c"] },
    Work { name: "w3", peer: "NautilusTrader", script: "nautilus.py", arguments: &["w3"] },
];

fn peers(rounds: usize, data: &Path) -> Result<()> {
    ensure!(rounds > 0, "at least one round");
    let python = environment()?;
    let scalp = binary()?;
    let data = root().join(data).canonicalize().with_context(|| format!("no data at {}", data.display()))?;
    println!(
        "{:<5} {:>16} {:>22} {:>9}   rows per CPU second, median of {rounds} rounds in turn",
        "work", "scalp", "peer", "ratio"
    );
    for work in &WORK {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let config = format!("config/workloads/{}.toml", work.name);
            ours.push(rate(Command::new(&scalp).current_dir(root()).args(["backtest", &config, "--json"]))?);
            let script = root().join("xtask/peers").join(work.script);
            theirs
                .push(rate(Command::new(&python).arg(script).args(work.arguments).arg("--data").arg(&data))?);
        }
        let (ours, theirs) = (median(ours), median(theirs));
        println!("{:<5} {ours:>16.0} {theirs:>9.0} {:<12} {:>8.1}x", work.name, work.peer, ours / theirs);
    }
    Ok(())
}

/// Rows per CPU second out of the one JSON object that both sides print.
fn rate(command: &mut Command) -> Result<f64> {
    let text = output(command)?;
    let line = text.lines().rev().find(|it| it.starts_with('{')).unwrap_or(&text);
    let object: Value = serde_json::from_str(line)
        .or_else(|_| serde_json::from_str(&text))
        .context("no JSON object on standard output")?;
    let number = |key: &str| object[key].as_f64().with_context(|| format!("no number {key} in {object}"));
    Ok(number("events")? / number("cpu_seconds")?)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The release binary.
fn binary() -> Result<PathBuf> {
    finish(&mut cargo(&["build", "--release", "--locked", "--package", "scalp-app"]))?;
    let metadata = cargo_metadata::MetadataCommand::new().current_dir(root()).no_deps().exec()?;
    Ok(metadata.target_directory.join("release/scalp").into())
}

/// A Python environment with the peers, made once.
fn environment() -> Result<PathBuf> {
    let folder = root().join("target/peers");
    let python = folder.join("bin/python");
    if !python.exists() {
        finish(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    }
    let wanted = ["hftbacktest==2.4.4", "nautilus_trader==1.231.0", "numpy", "polars", "pandas"];
    finish(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(wanted),
    )?;
    Ok(python)
}

/// A workload may need this many more instructions than the baseline before the check fails.
const TOLERANCE: f64 = 0.03;

fn instructions(store: bool) -> Result<()> {
    let scalp = binary()?;
    let path = root().join("xtask/instructions.json");
    let mut counted = BTreeMap::new();
    for work in &WORK {
        counted.insert(work.name.to_owned(), count(&scalp, work.name)?);
    }
    if store {
        std::fs::write(&path, serde_json::to_string_pretty(&counted)? + "\n")?;
        println!("stored in {}", path.display());
        return Ok(());
    }
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("no baseline at {}", path.display()))?;
    let baseline: BTreeMap<String, u64> = serde_json::from_str(&text)?;
    let mut worse = Vec::new();
    for (name, now) in &counted {
        let before = *baseline.get(name).with_context(|| format!("{name} is not in the baseline"))?;
        let change = *now as f64 / before as f64 - 1.0;
        println!("{name:<5} {now:>15} instructions, baseline {before:>15}, {:+.2} %", change * 100.0);
        if change > TOLERANCE {
            worse.push(name.as_str());
        }
    }
    ensure!(worse.is_empty(), "more instructions than the baseline allows: {}", worse.join(", "));
    Ok(())
}

fn count(scalp: &Path, name: &str) -> Result<u64> {
    let config = format!("config/workloads/{name}.toml");
    let mut command = Command::new("valgrind");
    command.current_dir(root()).args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    let result =
        command.arg(scalp).args(["backtest", &config, "--json"]).output().context("cannot start valgrind")?;
    let text = String::from_utf8_lossy(&result.stderr);
    ensure!(result.status.success(), "{name} failed under valgrind: {text}");
    let Some(line) = text.lines().find(|it| it.contains("Collected :")) else {
        bail!("valgrind counted nothing: {text}")
    };
    line.rsplit(' ').next().unwrap_or_default().parse().with_context(|| format!("not a count: {line}"))
}
