//! Questions about a table: reference values, tables to ask about, and how answers are compared.

use super::{Said, root, scalp};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Ten stocks of the reference values.
pub const PANEL: &str = "panel10_756d.csv";

pub fn golden(name: &str) -> Value {
    let path = root().join("../shared/golden").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

pub fn input(name: &str) -> PathBuf {
    let path = root().join("../shared/golden/input").join(name);
    assert!(path.exists(), "{} is missing: these tests need the reference values", path.display());
    path
}

pub fn ask(words: &[&str], table: &str) -> Said {
    let path = input(table).display().to_string();
    scalp(&[words, &[&path, "--json"]].concat())
}

/// The worst of these deviations, each relative to the wanted value but at least to `floor`, is within `tolerance`.
pub fn near(what: &str, pairs: &[(f64, f64)], floor: f64, tolerance: f64) {
    let worst =
        pairs.iter().map(|(got, want)| (got - want).abs() / want.abs().max(floor)).fold(0.0, f64::max);
    println!("{what}: worst deviation {worst:.1e} of {} values, tolerance {tolerance:.0e}", pairs.len());
    assert!(worst <= tolerance && !pairs.is_empty(), "{what}: {worst:e}");
}

pub fn float(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("not a number: {value}"))
}

/// The layer of a chart with this name: its horizontal and its vertical values.
pub fn layer(chart: &Value, name: &str) -> (Vec<f64>, Vec<f64>) {
    let layers = chart["layers"].as_array().unwrap();
    let found = layers.iter().find(|it| it["name"] == name);
    let found = found.unwrap_or_else(|| panic!("no layer {name} in {chart}"));
    let of = |key: &str| found[key].as_array().unwrap().iter().map(float).collect();
    (of("x"), of("y"))
}

/// A table of prices of a random walk, one column a name; months have 28 days in it.
pub fn walk(names: &[&str], rows: usize) -> String {
    let mut text = format!("time,{}\n", names.join(","));
    let mut state = 1_u64;
    let mut prices = vec![100.0; names.len()];
    for row in 0..rows {
        let (month, day) = (row / 28, row % 28 + 1);
        let _ = write!(text, "{}-{:02}-{day:02}", 2000 + month / 12, month % 12 + 1);
        for price in &mut prices {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *price *= 1.0 + 0.04 * ((state >> 33) as f64 / (1_u64 << 31) as f64 - 0.49);
            let _ = write!(text, ",{price:.4}");
        }
        text.push('\n');
    }
    text
}

pub fn no_null(words: &[&str], value: &Value) {
    match value {
        Value::Null => panic!("{words:?}: a number that is none"),
        Value::Array(all) => all.iter().for_each(|it| no_null(words, it)),
        Value::Object(all) => all.values().for_each(|it| no_null(words, it)),
        _ => {}
    }
}

pub fn pairs(got: &[f64], want: &[f64]) -> Vec<(f64, f64)> {
    assert_eq!(got.len(), want.len());
    got.iter().copied().zip(want.iter().copied()).collect()
}

/// The last rows of a table, its first line kept.
pub fn part(table: &str, rows: std::ops::Range<usize>, to: &Path) -> String {
    let text = std::fs::read_to_string(input(table)).unwrap();
    let mut lines = text.lines();
    let mut out = lines.next().unwrap().to_owned() + "\n";
    lines.skip(rows.start).take(rows.len()).for_each(|it| {
        let _ = writeln!(out, "{it}");
    });
    std::fs::write(to, out).unwrap();
    to.display().to_string()
}

/// A question that was refused in one line that says this.
pub fn refused(words: &[&str], answer: &Said, said: &str) {
    assert!(!answer.ok, "{words:?} succeeded: {}", answer.out);
    assert!(answer.err.contains(said), "{words:?}: expected {said:?} in {:?}", answer.err);
    assert!(!answer.err.contains("panicked") && answer.err.trim_end().lines().count() == 1, "{}", answer.err);
}
