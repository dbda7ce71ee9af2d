//! `scalp features` as a person runs it: the functions of TA-Lib against the values of the C library, trades, books, and
//! what is said of mistakes.

#![allow(clippy::unwrap_used, reason = "tests only")]

use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn golden(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/golden").join(name);
    assert!(path.exists(), "{} is missing", path.display());
    path
}

fn scalp(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scalp")).arg("features").args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn table(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let titles = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|it| it.unwrap().iter().map(str::to_owned).collect()).collect();
    (titles, rows)
}

const GROUPS: [&str; 9] = [
    "cycle_indicators",
    "math_operators",
    "math_transform",
    "momentum_indicators",
    "overlap_studies",
    "price_transform",
    "statistic_functions",
    "volatility_indicators",
    "volume_indicators",
];

#[test]
fn the_functions_of_ta_lib_are_those_of_the_c_library() {
    let folder = tempfile::tempdir().unwrap();
    let (titles, rows) = table(&golden("input/eurusd_1h.csv"));
    assert_eq!(titles, ["time", "open", "high", "low", "close", "volume"]);
    let rows = &rows[..800];
    let closes: Vec<f64> = rows.iter().map(|it| it[4].parse().unwrap()).collect();
    let (low, high) = closes.iter().fold((f64::MAX, f64::MIN), |(a, b), &x| (a.min(x), b.max(x)));
    let mut text = "volume,time,close,open,high,low,unit,periods\n".to_owned();
    for (at, row) in rows.iter().enumerate() {
        let unit = 2.0 * (closes[at] - low) / (high - low) - 1.0;
        writeln!(
            text,
            "{},{},{},{},{},{},{unit},{}",
            row[5],
            row[0],
            row[4],
            row[1],
            row[2],
            row[3],
            5 + (7 * at) % 23
        )
        .unwrap();
    }
    let (input, out) = (folder.path().join("bars.csv"), folder.path().join("out.csv"));
    std::fs::write(&input, text).unwrap();
    let meta: Value =
        serde_json::from_str(&std::fs::read_to_string(golden("ta/eurusd800_default_meta.json")).unwrap())
            .unwrap();
    let mut wanted = Vec::new();
    for group in GROUPS {
        let (titles, rows) = table(&golden(&format!("ta/eurusd800_default_{group}.csv")));
        for (at, title) in titles.iter().enumerate().skip(1) {
            let (name, output) =
                title.split_once('.').map_or((title.as_str(), None), |it| (it.0, Some(it.1)));
            let mut arguments: Vec<String> = meta[name]["params"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            if matches!(name, "ACOS" | "ASIN") {
                arguments.push("real=unit".into());
            }
            let mut item = format!("{name}({})", arguments.join(","));
            if let Some(output) = output {
                write!(item, ".{output}").unwrap();
            }
            wanted.push((item, rows.iter().map(|it| it[at].clone()).collect::<Vec<_>>()));
        }
    }
    let list: Vec<&str> = wanted.iter().map(|it| it.0.as_str()).collect();
    let done = scalp(&[
        "compute",
        "--input",
        input.to_str().unwrap(),
        "--list",
        &list.join(", "),
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(done.status.success(), "{}", said(&done));
    let (titles, got) = table(&out);
    assert_eq!(titles[0], "time");
    assert_eq!(titles[1..], list, "headed as it was written");
    assert_eq!(got.len(), 800);
    let (mut worst, mut at_worst, mut compared) = (0.0_f64, String::new(), 0);
    for (column, (item, wanted)) in wanted.iter().enumerate() {
        let is_index = item.contains("INDEX") || item.contains("index");
        for (row, want) in wanted.iter().enumerate() {
            let cell = got[row][column + 1].as_str();
            let place = || format!("{item} at {row}: {cell:?}, not {want:?}");
            match (cell.parse::<f64>().ok(), want.parse::<f64>().ok().filter(|it| it.is_finite())) {
                (None, None) => {}
                (Some(_), Some(_)) if is_index => {} // ties differ between versions; checked in the room itself
                (Some(got), Some(want)) => {
                    let off = (got - want).abs() / want.abs().max(1e-9);
                    if off > worst {
                        (worst, at_worst) = (off, place());
                    }
                    assert!(off <= 1e-9, "{}", place());
                    compared += 1;
                }
                // Whole numbers are zero in the reference while they warm up; ours are absent.
                (None, Some(0.0)) => {}
                _ => panic!("{}", place()),
            }
        }
    }
    println!("{} columns, {compared} values, worst deviation {worst:e}: {at_worst}", wanted.len());
    assert!(compared > 90_000, "{compared}");
}

#[test]
fn candlestick_patterns_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (golden("input/eurusd_1h.csv"), folder.path().join("out.csv"));
    let wanted: Value =
        serde_json::from_str(&std::fs::read_to_string(golden("ta/eurusd5000_default_candles.json")).unwrap())
            .unwrap();
    let wanted = wanted["patterns"].as_object().unwrap();
    let list: Vec<&str> = wanted.keys().map(String::as_str).filter(|it| it.starts_with("CDL")).collect();
    assert_eq!(list.len(), 61);
    let (input, to) = (input.to_str().unwrap(), out.to_str().unwrap());
    let done = scalp(&["compute", "--input", input, "--list", &list.join(","), "--out", to]);
    assert!(done.status.success(), "{}", said(&done));
    let (_, got) = table(&out);
    for (column, name) in list.iter().enumerate() {
        let mut hits = Vec::new();
        for (row, cells) in got.iter().enumerate() {
            if !matches!(cells[column + 1].as_str(), "" | "0") {
                hits.push((row as i64, cells[column + 1].parse::<i64>().unwrap()));
            }
        }
        let want: Vec<(i64, i64)> = wanted[*name]["nonzero"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| (it[0].as_i64().unwrap(), it[1].as_i64().unwrap()))
            .collect();
        assert_eq!(hits, want, "{name}");
    }
}

#[test]
fn threads_and_formats_change_no_bit() {
    let folder = tempfile::tempdir().unwrap();
    let input = golden("input/eurusd_1h.csv");
    let list = "SCHEMA:model@1, RSI(14)@4h, AGE(close@1d), HOUR, CORR(close,volume,30)";
    let run = |name: &str, input: &Path, threads: &str| {
        let out = folder.path().join(name);
        let (from, to) = (input.to_str().unwrap(), out.to_str().unwrap());
        let done = scalp(&["compute", "--input", from, "--list", list, "--out", to, "--threads", threads]);
        assert!(done.status.success(), "{}", said(&done));
        out
    };
    let (one, four) = (run("one.csv", &input, "1"), run("four.csv", &input, "4"));
    assert!(std::fs::read(&one).unwrap() == std::fs::read(&four).unwrap());
    // Parquet out, and back in again as the input of the same computation.
    let copy = folder.path().join("copy.parquet");
    let bars = scalp(&[
        "compute",
        "--input",
        input.to_str().unwrap(),
        "--list",
        "open,high,low,close,volume",
        "--out",
        copy.to_str().unwrap(),
    ]);
    assert!(bars.status.success(), "{}", said(&bars));
    let again = run("again.csv", &copy, "3");
    let numbers = |path: &Path| table(path).1.into_iter().map(|it| it[1..].to_vec()).collect::<Vec<_>>();
    assert!(numbers(&one) == numbers(&again));
}

#[test]
fn trades_and_books_are_read_too() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.csv");
    let compute = |input: &Path, more: &[&str]| {
        let mut all =
            vec!["compute", "--input", input.to_str().unwrap(), "--out", out.to_str().unwrap(), "--list"];
        all.extend(more);
        let done = scalp(&all);
        assert!(done.status.success(), "{}", said(&done));
        table(&out)
    };
    let trades = golden("input/trades_101.csv");
    let (titles, rows) = compute(&trades, &["VPIN(10).vpin, RSI(14,real=price), ROLLSUM(signed,3), HOUR"]);
    assert_eq!(titles, ["t_ms", "VPIN(10).vpin", "RSI(14,real=price)", "ROLLSUM(signed,3)", "HOUR"]);
    assert_eq!(rows.len(), 6_000);
    assert_eq!(rows[1][3], "");
    assert!(rows[5_999].iter().all(|it| !it.is_empty()));
    let (_, rows) = compute(&trades, &["close, RSI(5), VPIN(10).vpin", "--bars", "1m"]);
    assert_eq!(rows.len(), 19, "twenty minutes but the last, which may be unfinished");
    let book = folder.path().join("book.csv");
    std::fs::write(&book, "time,bid,bid_size,ask,ask_size\n1700000000,9,3,11,1\n1700000001,10,1,,\n")
        .unwrap();
    let (_, rows) = compute(&book, &["mid, MICROPRICE(1).price, BOOKSHARE(1), MISSING(mid)"]);
    assert_eq!(rows[0], ["1700000000", "10", "10.5", "0.5", "0"]);
    assert_eq!(rows[1][1], "", "no ask, no middle");
    assert_eq!(rows[1][4], "1");
}

#[test]
fn mistakes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let input = golden("input/eurusd_1h.csv");
    let out = folder.path().join("out.csv");
    let run = |input: &Path, list: &str, more: &[&str]| {
        let mut all = vec![
            "compute",
            "--input",
            input.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
            "--list",
            list,
        ];
        all.extend(more);
        scalp(&all)
    };
    for (list, says) in [
        ("RSJ(14)", "unknown name \"RSJ\""),
        ("RSI(0)", "RSI.timeperiod must be a whole number from"),
        ("RSI(14)@7m", "it does not divide"),
        ("VPIN(50)", "reads trades, and there are none"),
        ("RSI(14", "closing bracket"),
        (" ", "at least one item"),
    ] {
        let done = run(&input, list, &[]);
        assert!(!done.status.success(), "{list}");
        assert!(said(&done).contains(says), "{list}: {}", said(&done));
        assert!(!out.exists(), "nothing is written");
    }
    let without = folder.path().join("without.csv");
    std::fs::write(&without, "time,open,high,low,close\n1700000000,2,3,1,2\n1700000060,2,3,1,2\n").unwrap();
    let done = run(&without, "OBV", &[]);
    assert!(!done.status.success());
    assert!(
        said(&done).contains("reads the column volume, and there are open, high, low, close"),
        "{}",
        said(&done)
    );
    assert!(run(&without, "close, DOUBLE_TOP", &[]).status.success());
    let done = run(&input, "RSI(14), VPIN(50), close", &["--keep-going"]);
    assert_eq!(done.status.code(), Some(3));
    assert!(said(&done).contains("left out: VPIN(50)"), "{}", said(&done));
    assert_eq!(table(&out).0, ["time", "RSI(14)", "close"]);
    for (text, says) in [
        ("time,open,high,low,close\n", "at least one row"),
        ("when,open,high,low,close\n1,2,3,4,5\n", "expected a column of times"),
        ("time,a,b\n1700000000,2,3\n", "expected columns of candles"),
        ("time,open,high,low,close\n1700000000,2,3,x,5\n", "2: low: expected a finite number, got \"x\""),
        (
            "time,open,high,low,close\n1700000060,2,3,1,2\n1700000000,2,3,1,2\n",
            "at or after that of the row before",
        ),
        ("time,open,high,low,close\n1700000060,2,3,1\n", "5 cells, as in the first line"),
        ("time,price,size\n1700000060,0,1\n", "price: expected a number above zero"),
    ] {
        let bad = folder.path().join("bad.csv");
        std::fs::write(&bad, text).unwrap();
        let done = run(&bad, "close", &[]);
        assert!(!done.status.success() && said(&done).contains(says), "{text}: {}", said(&done));
    }
    assert!(said(&scalp(&["describe", "RSJ"])).contains("did you mean"));
    for name in ["RSI", "VPIN", "LAG", "GROUP:price@1", "HEAD_SHOULDERS", "CONFLUENCE"] {
        assert!(scalp(&["describe", name]).status.success(), "{name}");
    }
    assert!(scalp(&["list"]).status.success());
}
