//! Instruction counts: a slower program is noticed on any machine, however busy.

use super::scalp::{Scalp, WORKLOADS};
use crate::run::{output, root};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// A workload may need this many more instructions than the baseline before the check fails.
const TOLERANCE: f64 = 0.03;

/// Counts every workload; compares with the baseline, or stores it.
pub fn run(store: bool, scalp: &Scalp) -> Result<()> {
    let path = root().join("xtask/instructions.json");
    let folder = scalp.target.join("instructions");
    let mut counted = BTreeMap::new();
    for (name, _) in &WORKLOADS {
        // The first run converts the data; what is counted only trades it.
        scalp.run(name, &folder)?;
        counted.insert(*name, count(scalp, name, &folder)?);
    }
    let rustc = output(Command::new("rustc").arg("--version"))?.trim().to_owned();
    if store {
        let object = json!({ "rustc": rustc, "instructions": counted });
        std::fs::write(&path, serde_json::to_string_pretty(&object)? + "\n")?;
        println!("stored in {}", path.display());
        return Ok(());
    }
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("no baseline at {}", path.display()))?;
    let baseline: Value = serde_json::from_str(&text)?;
    if baseline["rustc"] != rustc.as_str() {
        println!("the baseline is of {}, this is {rustc}", baseline["rustc"]);
    }
    let mut worse = Vec::new();
    for (name, now) in &counted {
        let before = baseline["instructions"][name].as_u64();
        let before = before.with_context(|| format!("{name} is not in the baseline"))?;
        let change = *now as f64 / before as f64 - 1.0;
        println!("{name:<5} {now:>15} instructions, baseline {before:>15}, {:+.2} %", change * 100.0);
        if change > TOLERANCE {
            worse.push(*name);
        }
    }
    ensure!(worse.is_empty(), "more instructions than the baseline allows: {}", worse.join(", "));
    Ok(())
}

fn count(scalp: &Scalp, name: &str, folder: &Path) -> Result<u64> {
    let mut command = Command::new("valgrind");
    command.current_dir(root()).args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    command.arg(scalp.program()).args(Scalp::arguments(name, folder));
    eprintln!("xtask: {name} under callgrind");
    let result = command.output().context("cannot start valgrind")?;
    let text = String::from_utf8_lossy(&result.stderr);
    ensure!(result.status.success(), "{name} failed under valgrind: {text}");
    let Some(line) = text.lines().find(|it| it.contains("Collected :")) else {
        bail!("valgrind counted nothing: {text}")
    };
    line.rsplit(' ').next().unwrap_or_default().parse().with_context(|| format!("not a count: {line}"))
}
