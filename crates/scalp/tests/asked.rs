//! `scalp features` with names that mean two things, and with numbers at their ends: told or refused in words, never a panic.

#![allow(clippy::unwrap_used, reason = "tests only")]

use std::path::Path;
use std::process::{Command, Output};

fn scalp(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scalp")).arg("features").args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Candles with two further columns that are named like entries.
fn candles(path: &Path, rows: usize) -> &str {
    let mut text = "time,open,high,low,close,volume,OBV,vwap\n".to_owned();
    for row in 0..rows {
        let close = 100 + row * row % 37;
        let time = 1_700_000_040 + 60 * row;
        text += &format!("{time},{close},{},{},{close},5,777,888\n", close + 1, close - 1);
    }
    std::fs::write(path, text).unwrap();
    path.to_str().unwrap()
}

#[test]
fn a_name_in_capitals_is_the_entry_and_what_may_be_meant_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("bars.csv"), folder.path().join("out.csv"));
    let (bars, out) = (candles(&path, 30), out.to_str().unwrap());
    let done = scalp(&["compute", "--input", bars, "--list", "OBV, vwap, VWAP", "--out", out]);
    assert!(done.status.success(), "{}", said(&done));
    let told = said(&done);
    assert!(
        told.contains("OBV is the entry of the catalogue: the column of this name in the file is not read"),
        "{told}"
    );
    assert!(told.contains("vwap is the column of the file, and VWAP the entry of the catalogue"), "{told}");
    let text = std::fs::read_to_string(out).unwrap();
    let last: Vec<&str> = text.lines().last().unwrap().split(',').collect();
    assert!(last[1] != "777" && last[2] == "888" && last[3] != "888", "{last:?}");
    let quiet = scalp(&["compute", "--input", bars, "--list", "RSI(14)", "--out", out]);
    assert_eq!(said(&quiet), "");
    let with = format!("RSI={bars}");
    let done = scalp(&["compute", "--input", bars, "--list", "RSI", "--with", &with, "--out", out]);
    assert!(
        !done.status.success() && said(&done).contains("expected another, such as rsi"),
        "{}",
        said(&done)
    );
    for (list, says) in [
        ("CORR(close,leader,3)", "a series is joined by its name, as in --with leader=FILE"),
        ("clos", "did you mean close?"),
        ("KC(20,10,nan)", "expected a finite number where nan stands"),
        ("CDLHAMMER(3)", "CDLHAMMER takes no parameters, got 1"),
    ] {
        let done = scalp(&["compute", "--input", bars, "--list", list, "--out", out]);
        assert!(!done.status.success() && said(&done).contains(says), "{list}: {}", said(&done));
    }
    assert!(said(&scalp(&["describe", "close"])).contains("close is a column and no entry"));
    let crab = scalp(&["describe", "CRAB"]);
    let crab = String::from_utf8_lossy(&crab.stdout);
    assert!(
        crab.contains("(A - D) / (A - X) = 1.618") && crab.contains("once a bar has reached into its zone"),
        "{crab}"
    );
}

#[test]
fn a_number_at_the_end_of_its_range_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bars.csv");
    let bars = candles(&path, 260);
    let largest = u64::MAX.to_string();
    for value in ["0", "1", "2", "99", "4611686018427387904", &largest] {
        for option in ["--folds", "--horizon", "--train-window", "--top", "--threads"] {
            let mut asked = vec!["select", "--input", bars, "--list", "IBS, RSI(5)", option, value];
            if option != "--horizon" {
                asked.extend(["--horizon", "1"]);
            }
            let done = scalp(&asked);
            assert!(matches!(done.status.code(), Some(0..=3)), "{option} {value}: {}", said(&done));
            assert!(
                done.status.success() || said(&done).contains(value),
                "{option} {value}: {}",
                said(&done)
            );
        }
        for option in ["--window", "--horizon", "--motifs", "--threads", "--held"] {
            let past: &[&str] = if option == "--held" { &["--past"] } else { &[] };
            let asked =
                [&["matrix-profile", "--input", bars, "--list", "close", option, value], past].concat();
            let done = scalp(&asked);
            assert!(matches!(done.status.code(), Some(0..=3)), "{option} {value}: {}", said(&done));
        }
    }
    let done = scalp(&["select", "--input", bars, "--list", "IBS, SMA(200)", "--horizon", "1"]);
    assert!(said(&done).contains("SMA(200) in 61"), "{}", said(&done));
}

/// What is written takes the place of what is there: a link would be a file afterwards, and a device would be gone.
#[cfg(unix)]
#[test]
fn nothing_but_a_file_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let [bars, target, link] = ["bars.csv", "target.csv", "link.csv"].map(|it| folder.path().join(it));
    let bars = candles(&bars, 60);
    std::fs::write(&target, "old").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let out = link.to_str().unwrap();
    let entity = format!("market={bars}");
    for asked in [
        &["compute", "--input", bars, "--list", "close"][..],
        &["synthesise", "--entity", &entity, "--every", "10m"],
        &["matrix-profile", "--input", bars, "--window", "5"],
    ] {
        let done = scalp(&[asked, &["--out", out]].concat());
        assert!(
            !done.status.success() && said(&done).contains("is there and is no plain file"),
            "{}",
            said(&done)
        );
        assert!(link.is_symlink() && std::fs::read_to_string(&target).unwrap() == "old", "{asked:?}");
    }
    let done = Command::new(env!("CARGO_BIN_EXE_scalp"))
        .args(["data", "generate", "--hours", "0.01", "--out", out])
        .output();
    assert!(said(&done.unwrap()).contains("is no plain file") && link.is_symlink());
}

#[cfg(unix)]
#[test]
fn a_pipe_is_no_input() {
    let folder = tempfile::tempdir().unwrap();
    let (pipe, out) = (folder.path().join("pipe"), folder.path().join("out.csv"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (pipe, out) = (pipe.to_str().unwrap(), out.to_str().unwrap());
    let entity = format!("market={pipe}");
    for asked in [
        &["compute", "--input", pipe, "--list", "close"][..],
        &["synthesise", "--entity", &entity, "--every", "10m"],
    ] {
        let done = scalp(&[asked, &["--out", out]].concat());
        assert!(!done.status.success() && said(&done).contains("is no plain file"), "{}", said(&done));
    }
}
