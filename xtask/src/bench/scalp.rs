//! Our side: the release binary, and the object it prints.

use crate::run::{cargo, finish, output, root};
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The release binary and the folders it works in.
pub struct Scalp {
    program: PathBuf,
    /// Where cargo builds; everything that is made here lies below it.
    pub target: PathBuf,
}

/// Each workload and the command that runs it; the sweep on one thread, as its peers.
pub const WORKLOADS: [(&str, &[&str]); 6] = [
    ("w1", &["backtest", "config/workloads/w1.toml"]),
    ("w2a", &["backtest", "config/workloads/w2a.toml"]),
    ("w2b", &["backtest", "config/workloads/w2b.toml"]),
    ("w2c", &["backtest", "config/workloads/w2c.toml"]),
    ("w3", &["backtest", "config/workloads/w3.toml"]),
    ("w4", &["sweep", "config/workloads/w4.toml", "--threads", "1"]),
];

impl Scalp {
    /// The given program, or the release binary, built now.
    pub fn new(given: Option<PathBuf>) -> Result<Self> {
        let metadata = cargo_metadata::MetadataCommand::new().current_dir(root()).no_deps().exec()?;
        let target = PathBuf::from(metadata.target_directory);
        let program = if let Some(given) = given {
            given.canonicalize().with_context(|| format!("no program at {}", given.display()))?
        } else {
            finish(&mut cargo(&["build", "--release", "--locked", "--quiet", "--package", "scalp"]))?;
            target.join("release/scalp")
        };
        Ok(Self { program, target })
    }

    /// The arguments, without the program, of one workload that keeps its converted data below `folder`.
    pub fn arguments(workload: &str, folder: &Path) -> Vec<String> {
        let found = WORKLOADS.iter().find(|it| it.0 == workload);
        let (_, words) = found.expect("only names of the table are asked for");
        let mut arguments: Vec<String> = words.iter().map(|it| (*it).to_owned()).collect();
        arguments.extend(["--json".into(), "--folder".into(), folder.display().to_string()]);
        arguments
    }

    /// Runs one workload.
    pub fn run(&self, workload: &str, folder: &Path) -> Result<Value> {
        let mut command = Command::new(&self.program);
        object(command.current_dir(root()).args(Self::arguments(workload, folder)))
    }

    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }
}

/// The one JSON object that either side prints, alone or as its last line.
pub fn object(command: &mut Command) -> Result<Value> {
    let text = output(command)?;
    let last = text.lines().rev().find(|it| it.starts_with('{')).unwrap_or(&text);
    serde_json::from_str(&text)
        .or_else(|_| serde_json::from_str(last))
        .with_context(|| format!("no JSON object on standard output of {command:?}"))
}

/// A number of the object, by JSON pointer; decimals in quotes are numbers too.
pub fn number(object: &Value, pointer: &str) -> Result<f64> {
    let value = object.pointer(pointer);
    let found = value.and_then(|it| it.as_f64().or_else(|| it.as_str()?.parse().ok()));
    found.with_context(|| format!("no number at {pointer} in {object}"))
}

/// The middle one; of an even count the upper of the two.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_by_pointer_and_in_quotes() {
        let object: Value =
            serde_json::from_str(r#"{"a": {"b": 1.5}, "c": "2.25", "d": "x"}"#).expect("it is JSON");
        assert_eq!(number(&object, "/a/b").ok(), Some(1.5));
        assert_eq!(number(&object, "/c").ok(), Some(2.25));
        assert!(number(&object, "/d").is_err() && number(&object, "/e").is_err());
    }

    #[test]
    fn one_outlier_does_not_move_the_median() {
        assert!(median(vec![9.0, 1.0, 2.0]).total_cmp(&2.0).is_eq());
        assert!(median(vec![3.0]).total_cmp(&3.0).is_eq());
    }
}
