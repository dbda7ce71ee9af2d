//! `scalp features select` as a person runs it: its records, its limits, and what it takes for the price.

#![allow(clippy::unwrap_used, reason = "tests only")]

mod support;

use std::fmt::Write as _;
use std::process::Command;
use support::columns::{said, scalp, walk};

#[test]
fn more_folds_than_the_rows_allow_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bars = folder.path().join("bars.csv");
    std::fs::write(&bars, walk(",", |_| "1".into())).unwrap();
    let select = |folds: &str| {
        let input = bars.to_str().unwrap();
        scalp(&["select", "--input", input, "--list", "RSI(5), IBS", "--horizon", "1", "--folds", folds])
    };
    for folds in ["10", "120", "1000000"] {
        let done = select(folds);
        let says = format!(
            "{folds} folds are too many for 294 rows: at most 9, so that each has 20 beside the first 101, which only teach"
        );
        assert!(!done.status.success() && said(&done).contains(&says), "{}", said(&done));
    }
    assert!(select("9").status.success());
}

#[test]
fn a_choice_as_json_has_records_with_the_names_that_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let bars = folder.path().join("bars.csv");
    std::fs::write(&bars, walk(",", |_| "1".into())).unwrap();
    let list = "LAG(close,1), BBANDS(5,2,2,0).upperband, SIGN(close), ROLLZ(close,20)";
    let all = ["select", "--input", bars.to_str().unwrap(), "--list", list, "--horizon", "1", "--json"];
    let done = scalp(&all);
    assert!(done.status.success(), "{}", said(&done));
    let told: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let records =
        |section: &str| told[section].as_array().unwrap_or_else(|| panic!("{section} in {told}")).clone();
    let forest = records("chosen_by_the_forest");
    let names: Vec<&str> = forest.iter().map(|it| it["feature"].as_str().unwrap()).collect();
    assert!(names.contains(&"LAG(close,1)") && names.contains(&"ROLLZ(close,20)"), "{names:?}");
    assert!(forest.iter().all(|it| it["share_of_gain"].is_number() && it["steady_on_halves"].is_number()));
    let dropped = records("dropped");
    let sign = dropped.iter().find(|it| it["feature"] == "SIGN(close)").unwrap();
    assert!(sign["repeats"].is_null() && sign["correlation"].is_null(), "{sign}");
    let folds = records("folds");
    assert_eq!(folds.len(), 5);
    for it in &folds {
        assert!(it["chosen"].as_array().unwrap().iter().all(|it| it.is_string()), "{it}");
        assert!(it["score"].is_number() && it["rows_that_taught"].is_u64(), "{it}");
        assert!(it["from"].as_str().unwrap() < it["to"].as_str().unwrap(), "{it}");
    }
    let judged = records("walking_forward");
    assert_eq!(judged[0]["of"], "Score");
    assert!(judged.iter().all(|it| it["low"].is_number() && it["degrees_of_freedom"].is_u64()), "{judged:?}");
    assert_eq!(judged.len(), 3, "the score and both sentinels");
    assert!(records("worth_in_the_folds").iter().all(|it| it["folds"].is_u64()));
}

/// A plain table of trades is imported by the names of its columns, and its event file, which has no book, is chosen for by price.
#[test]
fn an_event_file_of_trades_alone_has_the_price_for_target() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let mut text = "timestamp,price,size,side\n".to_owned();
    for row in 0..800_u64 {
        let step = row.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let side = if step % 2 == 0 { "buy" } else { "sell" };
        let cents = 10_000 + row / 7 + step % 13;
        let (price, size) = (format!("{}.{:02}", cents / 100, cents % 100), 1 + step % 9);
        writeln!(text, "{},{price},{size},{side}", 1_700_000_000_000 + row * 1_000).unwrap();
    }
    std::fs::write(at("trades.csv"), text).unwrap();
    let data = |command: &str, more: &[&str]| {
        let own = ["--symbol", "X", "--tick", "0.01", "--lot", "1"];
        let trades = at("trades.csv");
        let mut run = Command::new(env!("CARGO_BIN_EXE_scalp"));
        let output = run.args(["data", command, &trades]).args(own).args(more).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    };
    data("check", &[]);
    data("import", &["--into", &at("catalog")]);
    let events = at("catalog/events/import-0001.events");
    let list = "TRADE_FLOW(60).volume, ROLLZ(price,20)";
    let output = scalp(&["select", "--input", &events, "--list", list, "--horizon", "5"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("Sentinel"));
}
