//! `scalp features` as a person runs it, and the columns that it writes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub fn golden(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/golden").join(name);
    assert!(path.exists(), "{} is missing", path.display());
    path
}

pub fn scalp(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scalp")).arg("features").args(arguments).output().unwrap()
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn table(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let titles = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|it| it.unwrap().iter().map(str::to_owned).collect()).collect();
    (titles, rows)
}

/// 300 candles of a walk, with a column of numbers in which one cell is a word, and a column of words.
pub fn walk(separator: &str, last: impl Fn(usize) -> String) -> String {
    let mut text = ["time", "open", "high", "low", "close", "volume", "oi", "tag\n"].join(separator);
    for n in 0..300_usize {
        let close = 100.0 + (n * n % 37) as f64;
        let row = [1_700_000_000.0 + 60.0 * n as f64, close, close + 1.0, close - 1.0, close, 5.0];
        let oi = if n == 150 { "n/k".to_owned() } else { n.to_string() };
        let cells: Vec<String> = row.iter().map(f64::to_string).chain([oi, last(n)]).collect();
        text += &(cells.join(separator) + "\n");
    }
    text
}
