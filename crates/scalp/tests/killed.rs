//! A process that is killed leaves files behind; the next one removes them, and nobody else's.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use support::Bench;

const QUICK: &str = "[synthetic]\nhours = 0.05\n[strategy]\nname = \"watch\"\n[report]\ncontrols = 0\n";

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.flatten().map(|it| it.path());
    paths.flat_map(|it| if it.is_dir() { files(&it) } else { vec![it] }).collect()
}
fn hidden(folder: &Path) -> Vec<PathBuf> {
    let is_hidden = |it: &PathBuf| it.file_name().unwrap().to_string_lossy().starts_with('.');
    files(folder).into_iter().filter(is_hidden).collect()
}

/// Starts a run and waits until it has something unfinished with this in its path.
fn started(bench: &Bench, config: &str, unfinished: &str) -> Child {
    let config = bench.write("long.toml", config);
    let mut command = bench.command(&config);
    let mut child = command.arg("--json").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    let is_there = || hidden(&bench.path("runs")).iter().any(|it| it.to_string_lossy().contains(unfinished));
    while !is_there() {
        assert!(child.try_wait().unwrap().is_none(), "the run has ended before it could be killed");
        assert!(begun.elapsed() < Duration::from_secs(120), "nothing unfinished appeared");
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

fn quick(bench: &Bench) {
    let said = bench.backtest(&bench.write("quick.toml", QUICK), &["--json"]);
    assert!(said.ok, "{}", said.err);
}

/// Runs that are there, by the file that makes them listed.
fn whole(bench: &Bench) -> usize {
    files(&bench.path("runs")).iter().filter(|it| it.ends_with("report.json")).count()
}

#[test]
fn what_a_killed_run_has_left_goes_with_the_next_one_and_a_run_at_work_is_left_alone() {
    let bench = Bench::default();
    let long = "[synthetic]\nhours = 200\n[strategy]\nname = \"watch\"\n";
    let mut killed = started(&bench, long, "cache");
    // While it generates its market, another run comes and goes.
    quick(&bench);
    assert!(killed.try_wait().unwrap().is_none() && !hidden(&bench.path("runs/cache")).is_empty());
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(!hidden(&bench.path("runs/cache")).is_empty(), "a killed process cannot clean up");
    quick(&bench);
    assert_eq!(hidden(&bench.path("runs")), Vec::<PathBuf>::new());

    // The same in the middle of trading: the whole folder of the run goes.
    let source = support::shared("hftbacktest/usdm_btcusdt_20240808.gz");
    let endless = format!(
        "[[data]]\npath = \"{}\"\nformat = \"capture\"\nrepeat = 1000\n\
         [[instrument]]\nsymbol = \"BTCUSDT\"\ntick = 0.1\nlot = 0.001\n[strategy]\nname = \"watch\"\n",
        source.display()
    );
    let mut killed = started(&bench, &endless, ".unfinished");
    let of_it = hidden(&bench.path("runs"))[0].parent().unwrap().to_owned();
    quick(&bench);
    assert!(of_it.is_dir(), "it is still at work");
    killed.kill().unwrap();
    killed.wait().unwrap();
    quick(&bench);
    assert!(!of_it.exists(), "{:?}", files(&of_it));
    assert_eq!((hidden(&bench.path("runs")), whole(&bench)), (Vec::new(), 4));
    // What was whole is still used.
    let cached = files(&bench.path("runs/cache")).len();
    assert_eq!(cached, 2, "the small market and the capture");
}
