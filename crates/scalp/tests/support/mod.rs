//! Runs the built binary the way a person does, from the root of the workspace.

#![allow(dead_code, reason = "each test file is a crate of its own and uses its part")]

pub mod columns;
pub mod tables;

use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// The root of the workspace, where the shipped configurations are looked up from.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of the shared data set; a missing one is a failure, not a reason to skip.
pub fn shared(name: &str) -> PathBuf {
    let path = root().join("../shared/data").join(name);
    assert!(path.exists(), "{} is missing: these tests need the shared data set", path.display());
    path
}

/// What the binary printed and how it ended.
#[derive(Debug)]
pub struct Said {
    pub ok: bool,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn of(output: Output) -> Self {
        Self {
            ok: output.status.success(),
            out: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
            err: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
        }
    }

    /// The one object on standard output.
    pub fn json(&self) -> Value {
        assert!(self.ok, "failed: {}", self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("not one JSON object: {e}\n{}", self.out))
    }
}

/// Runs the binary with these words.
pub fn scalp(words: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_scalp")).current_dir(root()).args(words).output();
    Said::of(output.expect("the binary starts"))
}

/// A place for runs and configurations that goes away with the test.
pub struct Bench {
    pub folder: TempDir,
}

impl Default for Bench {
    fn default() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }
}

impl Bench {
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the bench's folder.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// `scalp backtest CONFIG --folder <bench>/runs` and more.
    pub fn command(&self, config: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scalp"));
        command.current_dir(root()).arg("backtest").arg(config);
        command.arg("--folder").arg(self.path("runs"));
        command
    }

    pub fn backtest(&self, config: &Path, more: &[&str]) -> Said {
        Said::of(self.command(config).args(more).output().expect("the binary starts"))
    }

    /// The result of a configuration file of the repository.
    pub fn shipped(&self, config: &str) -> Value {
        self.backtest(&root().join("config").join(config), &["--json"]).json()
    }

    /// The result of a shipped configuration with some of its text replaced.
    pub fn changed(&self, config: &str, changes: &[(&str, &str)]) -> Value {
        let path = self.write("changed.toml", changed(config, changes));
        self.backtest(&path, &["--json"]).json()
    }
}

/// A shipped configuration with some of its text replaced; each text must be there.
pub fn changed(config: &str, changes: &[(&str, &str)]) -> String {
    let path = root().join("config").join(config);
    let mut text = std::fs::read_to_string(&path).unwrap();
    for (before, after) in changes {
        assert!(text.contains(before), "{before:?} is not in {config}");
        text = text.replace(before, after);
    }
    text
}

/// The text of a number, exactly as it was printed.
pub fn number(value: &Value, key: &str) -> String {
    match &value[key] {
        Value::Number(it) => it.to_string(),
        other => panic!("{key} is {other}, expected a number"),
    }
}

/// A count.
pub fn count(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_else(|| panic!("{key} is {}, expected a count", value[key]))
}

/// The folder of the only run of a bench.
pub fn kept(bench: &Bench) -> PathBuf {
    let all = std::fs::read_dir(bench.path("runs")).unwrap().map(|it| it.unwrap().path());
    let mut runs = all.filter(|it| it.is_dir() && !it.ends_with("cache"));
    let run = runs.next().expect("a run was kept");
    assert!(runs.next().is_none(), "one run was kept");
    run
}

/// A table of the only run of a bench, each row by column.
pub fn rows(bench: &Bench, table: &str) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_path(kept(bench).join(format!("{table}.csv"))).unwrap();
    reader.deserialize().map(|it| it.unwrap()).collect()
}
