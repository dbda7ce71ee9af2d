//! The same work by others: both sides in turn on the same machine, by CPU seconds, with the results compared.

use super::scalp::{Scalp, median, number, object};
use crate::run::{finish, root};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The recorded data, from the root, as the workload files name it.
const DATA: &str = "../shared/data";
/// The capture of W2 below it.
const CAPTURE: &str = "hftbacktest/usdm_btcusdt_20240808.gz";
/// Our runs last some 20 to 90 ms each, so a round takes the median of several.
const OUR_RUNS: usize = 7;

/// A Python environment of its own, since the peers disagree about what they need.
struct Environment {
    name: &'static str,
    packages: &'static [&'static str],
}

const COMMON: Environment = Environment {
    name: "common",
    packages: &[
        "nautilus_trader==1.231.0",
        "hftbacktest==2.4.4",
        "numba==0.68.1",
        "numpy==2.2.6",
        "pandas==3.1.1",
        "polars==2.1.0",
        "zstandard==0.25.0",
    ],
};
const NAUTILUS_2: Environment = Environment { name: "nautilus2", packages: &["nautilus_trader==2.0.0rc7"] };
const VECTORBT: Environment = Environment {
    name: "vectorbt",
    packages: &["vectorbt==1.2.0", "numba==0.68.1", "numpy==2.5.5", "pandas==3.1.1", "zstandard==0.25.0"],
};

/// One row: what we run, what they run, and what must come out on both sides.
struct Duel {
    name: &'static str,
    peer: &'static str,
    environment: &'static Environment,
    script: &'static str,
    arguments: &'static [&'static str],
    /// JSON pointers of figures on our side and theirs, and how far they may differ.
    same: &'static [(&'static str, &'static str, f64)],
    /// So slow that one round has to do.
    slow: bool,
}

const W1: &[(&str, &str, f64)] = &[
    ("/bars", "/bars", 0.0),
    ("/orders", "/orders", 0.0),
    ("/fills", "/fills", 0.0),
    ("/position", "/position", 0.0),
    ("/balance", "/balance", 0.0),
];
/// That peer's positions and sums are floats.
const W2: &[(&str, &str, f64)] = &[
    ("/submits", "/submits", 0.0),
    ("/cancels", "/cancels", 0.0),
    ("/fills", "/fills", 0.0),
    ("/position", "/position", 1e-9),
    ("/equity", "/equity", 1e-6),
];
const W3: &[(&str, &str, f64)] = &[
    ("/events", "/events", 0.0),
    ("/instruments/XRPUSDT/touch_sum", "/touch_sum", 0.0),
    ("/instruments/XRPUSDT/bid", "/bid", 0.0),
    ("/instruments/XRPUSDT/ask", "/ask", 0.0),
];
const W4: &[(&str, &str, f64)] =
    &[("/events", "/events", 0.0), ("/orders", "/orders", 0.0), ("/fills", "/fills", 0.0)];

const fn duel(
    name: &'static str,
    peer: &'static str,
    environment: &'static Environment,
    (script, arguments): (&'static str, &'static [&'static str]),
    same: &'static [(&'static str, &'static str, f64)],
) -> Duel {
    Duel { name, peer, environment, script, arguments, same, slow: false }
}

const HFT: &str = "hftbacktest_w2.py";

const DUELS: [Duel; 14] = [
    duel("w1", "NautilusTrader 1.231.0", &COMMON, ("nautilus.py", &["w1"]), W1),
    duel("w1", "NautilusTrader 2.0.0rc7", &NAUTILUS_2, ("nautilus2.py", &["w1"]), W1),
    duel("w2a", "hftbacktest 2.4.4, hash book", &COMMON, (HFT, &["--work", "w2a"]), W2),
    duel("w2a", "hftbacktest 2.4.4, vector book", &COMMON, (HFT, &["--work", "w2a", "--book", "vector"]), W2),
    duel("w2b", "hftbacktest 2.4.4, hash book", &COMMON, (HFT, &["--work", "w2b"]), W2),
    duel("w2b", "hftbacktest 2.4.4, vector book", &COMMON, (HFT, &["--work", "w2b", "--book", "vector"]), W2),
    duel("w2c", "hftbacktest 2.4.4, hash book", &COMMON, (HFT, &["--work", "w2c"]), W2),
    duel("w2c", "hftbacktest 2.4.4, vector book", &COMMON, (HFT, &["--work", "w2c", "--book", "vector"]), W2),
    duel("w3", "NautilusTrader 1.231.0", &COMMON, ("nautilus.py", &["w3"]), W3),
    duel("w3", "NautilusTrader 2.0.0rc7", &NAUTILUS_2, ("nautilus2.py", &["w3"]), W3),
    duel("w4", "numba 0.68.1, fused loop", &COMMON, ("sweep.py", &["loop", "--repeat", "5"]), W4),
    duel("w4", "numba 0.68.1, shared averages", &COMMON, ("sweep.py", &["shared", "--repeat", "5"]), W4),
    // It decides at every bar, we when the last order is answered: its orders are its own.
    Duel {
        slow: true,
        ..duel("w4", "vectorbt 1.2.0", &VECTORBT, ("sweep.py", &["vectorbt"]), &[("/events", "/events", 0.0)])
    },
    // What is compared of an import is only its speed: they write an array, we write the event file.
    duel("import", "hftbacktest 2.4.4", &COMMON, (HFT, &["--work", "import"]), &[]),
];

/// What one side spent in a round.
struct Spent {
    cpu_seconds: f64,
    peak_bytes: f64,
    object: Value,
}

/// Runs every duel whose name begins with `only` and prints the table.
pub fn run(rounds: usize, only: &str, python: Option<PathBuf>, scalp: &Scalp) -> Result<()> {
    ensure!(rounds > 0, "at least one round");
    let chosen: Vec<&Duel> = DUELS.iter().filter(|it| it.name.starts_with(only)).collect();
    ensure!(!chosen.is_empty(), "no work whose name begins with {only:?}");
    let data = root().join(DATA);
    ensure!(data.is_dir(), "the recorded market data is not at {}", data.display());
    let folder = scalp.target.join("peers");
    let python = python.map_or_else(find_python, Ok)?;
    let mut environments = BTreeMap::new();
    for duel in &chosen {
        let it = duel.environment;
        environments.entry(it.name).or_insert_with(|| install(&python, &folder, it));
    }
    println!(
        "Median of {rounds} rounds in turn; rows per second are millions per CPU second, memory is the peak.\n"
    );
    println!(
        "| work | peer | scalp, M rows/s | peer, M rows/s | CPU time, peer / scalp | scalp, MB | peer, MB | same result |"
    );
    println!("| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |");
    let mut different = Vec::new();
    for duel in chosen {
        let Some(python) = &environments[duel.environment.name] else {
            println!("| {} | {} | | | | | | not installed |", duel.name, duel.peer);
            continue;
        };
        let arena = Arena { scalp, python, data: &data, folder: &folder };
        let difference = arena.fight(duel, if duel.slow { 1 } else { rounds })?;
        different.extend(difference.map(|it| format!("{} {}: {it}", duel.name, duel.peer)));
    }
    ensure!(different.is_empty(), "the results differ:\n  {}", different.join("\n  "));
    Ok(())
}

/// Where both sides meet.
struct Arena<'a> {
    scalp: &'a Scalp,
    python: &'a Path,
    data: &'a Path,
    folder: &'a Path,
}

impl Arena<'_> {
    /// Prints the row; returns the first difference of the results.
    fn fight(&self, duel: &Duel, rounds: usize) -> Result<Option<String>> {
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        let mut last = None;
        for round in 1..=rounds {
            eprintln!("xtask: {} against {}, round {round} of {rounds}", duel.name, duel.peer);
            let our = self.ours(duel)?;
            let their = self.theirs(duel)?;
            ours.push(our.cpu_seconds);
            theirs.push(their.cpu_seconds);
            ratios.push(their.cpu_seconds / our.cpu_seconds);
            last = Some((our, their));
        }
        let (our, their) = last.context("at least one round")?;
        // One count for both sides: that of the peer counts some rows twice.
        let rows = number(&our.object, "/events")? / 1e6;
        let difference = difference(duel, &our.object, &their.object)?;
        let verdict = match (&difference, duel.same) {
            (Some(_), _) => "NO",
            (None, []) => "",
            (None, [_]) => "the same rows",
            (None, _) => "yes",
        };
        println!(
            "| {} | {} | {:.1} | {:.2} | {:.1} | {:.0} | {:.0} | {verdict} |",
            duel.name,
            duel.peer,
            rows / median(ours),
            rows / median(theirs),
            median(ratios),
            our.peak_bytes / 1e6,
            their.peak_bytes / 1e6,
        );
        Ok(difference)
    }

    fn ours(&self, duel: &Duel) -> Result<Spent> {
        let importing = duel.name == "import";
        let (workload, cpu) =
            if importing { ("w2a", "/load_cpu_seconds") } else { (duel.name, "/cpu_seconds") };
        let folder = self.folder.join(if importing { "scalp-fresh" } else { "scalp" });
        if !importing {
            // The data is converted by the first run of all.
            self.scalp.run(workload, &folder)?;
        }
        let (mut times, mut last) = (Vec::new(), Value::Null);
        for _ in 0..OUR_RUNS {
            if importing && folder.exists() {
                std::fs::remove_dir_all(&folder)?;
            }
            last = self.scalp.run(workload, &folder)?;
            times.push(number(&last, cpu)?);
        }
        Ok(Spent { cpu_seconds: median(times), peak_bytes: number(&last, "/peak_rss_bytes")?, object: last })
    }

    fn theirs(&self, duel: &Duel) -> Result<Spent> {
        let mut command = Command::new(self.python);
        // Warnings of theirs about what they use themselves are not our subject.
        command.args(["-W", "ignore"]).arg(root().join("xtask/peers").join(duel.script));
        if duel.script == HFT {
            command.arg(self.data.join(CAPTURE)).arg("--cache").arg(self.folder.join("hftbacktest"));
            command.args(["--repeat", if duel.name == "import" { "1" } else { "5" }]);
        } else {
            command.arg("--data").arg(self.data);
        }
        let object = object(command.args(duel.arguments))?;
        let (cpu_seconds, peak_bytes) =
            (number(&object, "/cpu_seconds")?, number(&object, "/peak_rss_bytes")?);
        Ok(Spent { cpu_seconds, peak_bytes, object })
    }
}

/// The first figure that is not the same on both sides.
fn difference(duel: &Duel, ours: &Value, theirs: &Value) -> Result<Option<String>> {
    for (our, their, tolerance) in duel.same {
        let (a, b) = (number(ours, our)?, number(theirs, their)?);
        if (a - b).abs() > *tolerance {
            return Ok(Some(format!("{our} is {a} here and {b} there")));
        }
    }
    Ok(None)
}

/// Says by its exit status whether a Python is one that the peers run on.
const VERSIONS: &str = "import sys; sys.exit(not (3, 12) <= sys.version_info[:2] <= (3, 14))";

fn find_python() -> Result<PathBuf> {
    let names = ["python3.13", "python3.14", "python3", "python3.12"];
    let is_fit = |name: &&str| {
        let mut command = Command::new(name);
        command.args(["-c", VERSIONS]).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|it| it.success())
    };
    let found = names.into_iter().find(is_fit).map(PathBuf::from);
    found.context("the peers need Python 3.13 or 3.14 (3.12 for all but one): name it with --python PATH")
}

/// The Python of an environment, made once; `None`, said aloud, when its packages cannot be had.
fn install(python: &Path, folder: &Path, it: &Environment) -> Option<PathBuf> {
    let place = folder.join(it.name);
    let inside = place.join("bin/python");
    let make = || -> Result<()> {
        if !inside.exists() {
            finish(Command::new(python).args(["-m", "venv"]).arg(&place))?;
        }
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        finish(Command::new(&inside).args(pip).args(it.packages))
    };
    match make() {
        Ok(()) => Some(inside),
        Err(error) => {
            eprintln!("xtask: {} is left out: {error:#}", it.packages[0]);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_figure_that_differs_is_named() {
        let w1 = &DUELS[0];
        let ours =
            json!({"bars": 1, "orders": 2, "fills": 3, "position": -0.001, "balance": 1000006.45450732});
        let mut theirs = ours.clone();
        theirs["balance"] = json!("1000006.45450732");
        assert_eq!(difference(w1, &ours, &theirs).expect("all are there"), None);
        theirs["fills"] = json!(4);
        let told = difference(w1, &ours, &theirs).expect("all are there");
        assert_eq!(told.as_deref(), Some("/fills is 3 here and 4 there"));
        assert!(difference(w1, &ours, &json!({})).is_err());
    }

    #[test]
    fn every_script_is_there() {
        for duel in &DUELS {
            assert!(root().join("xtask/peers").join(duel.script).is_file(), "{}", duel.script);
        }
    }
}
