//! `scalp features` as a person runs it: the functions of TA-Lib against the values of the C library, trades, books, and
//! what is said of mistakes.

#![allow(clippy::unwrap_used, reason = "tests only")]

mod support;

use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use support::columns::{golden, said, scalp, table, walk};

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
                    // It is of 100, and a mean of places that are all 0 keeps some rounding of those before.
                    let small = if item.starts_with("STOCHRSI") { 1e-3 } else { 1e-9 };
                    let off = (got - want).abs() / want.abs().max(small);
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
        ("FRAMA(5)", "FRAMA.timeperiod must be an even number, as its window has two halves, got 5"),
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
    let told = String::from_utf8(scalp(&["describe", "VWAP"]).stdout).unwrap();
    assert!(told.contains("of inverse ones") && told.contains("VWAP(volume=RATIO(volume,close))"), "{told}");
    assert!(scalp(&["list"]).status.success());
}

#[test]
fn a_cell_that_cannot_be_read_is_named_where_its_column_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (bars, more) = (folder.path().join("bars.csv"), folder.path().join("more.csv"));
    let out = folder.path().join("out.csv");
    std::fs::write(&bars, walk(",", |_| "x".into())).unwrap();
    let run = |inputs: &[&Path], list: &str, more: &[&str]| {
        let mut all = vec!["compute", "--list", list, "--out", out.to_str().unwrap()];
        inputs.iter().for_each(|it| all.extend(["--input", it.to_str().unwrap()]));
        all.extend(more);
        scalp(&all)
    };
    let oi = "bars.csv:152: oi: expected a finite number, got \"n/k\"";
    for (list, says) in [
        ("SMA(5,real=oi)", oi),
        ("close, LAG(oi,1)", oi),
        ("tag", "bars.csv:2: tag: expected a finite number, got \"x\""),
    ] {
        let done = run(&[&bars], list, &[]);
        assert!(!done.status.success() && said(&done).contains(says), "{list}: {}", said(&done));
    }
    let done = run(&[&bars], "close, oi", &["--keep-going"]);
    assert_eq!(done.status.code(), Some(3));
    assert!(said(&done).contains("left out: oi: ") && said(&done).contains(oi), "{}", said(&done));
    let with = format!("oi={},column=oi", bars.display());
    let done = run(&[&bars], "close", &["--with", &with]);
    assert!(!done.status.success() && said(&done).contains(oi), "{}", said(&done));
    // Of two files one after the other, only the second reads as numbers.
    let text = walk(",", |_| "x".into()).replace("n/k", "150").replace("17000", "17100");
    std::fs::write(&more, text).unwrap();
    let done = run(&[&bars, &more], "close", &[]);
    assert!(!done.status.success() && said(&done).contains(oi), "{}", said(&done));
    assert!(run(&[&bars], "close", &[]).status.success(), "what nobody asks for is passed over");
}

#[test]
fn an_empty_last_cell_is_no_value_whatever_stands_between_cells() {
    let folder = tempfile::tempdir().unwrap();
    let column = |separator: &str| {
        let (input, out) = (folder.path().join("bars.txt"), folder.path().join("out.csv"));
        let text = walk(separator, |n| if n % 7 == 0 { String::new() } else { n.to_string() });
        std::fs::write(&input, text).unwrap();
        let done = scalp(&[
            "compute",
            "--input",
            input.to_str().unwrap(),
            "--list",
            "tag, MISSING(tag)",
            "--out",
            out.to_str().unwrap(),
        ]);
        assert!(done.status.success(), "{separator:?}: {}", said(&done));
        table(&out).1
    };
    let (commas, tabs) = (column(","), column("\t"));
    assert_eq!(tabs, commas);
    assert_eq!((tabs[14][1].as_str(), tabs[14][2].as_str(), tabs[15][1].as_str()), ("", "1", "15"));
}

#[test]
fn no_two_columns_have_one_name() {
    let folder = tempfile::tempdir().unwrap();
    let (bars, out) = (folder.path().join("bars.csv"), folder.path().join("out.csv"));
    std::fs::write(&bars, walk(",", |_| "1".into())).unwrap();
    let titles = |list: &str| {
        let (input, to) = (bars.to_str().unwrap(), out.to_str().unwrap());
        let done = scalp(&["compute", "--input", input, "--list", list, "--out", to]);
        assert!(done.status.success(), "{list}: {}", said(&done));
        table(&out).0
    };
    let plain = titles("BBANDS(20,2,2,0)");
    for (list, count) in [
        ("BBANDS(20,2,2,0), BBANDS(20,2,2,0).upperband", 4),
        ("BBANDS(20,2,2,0).upperband, BBANDS(20,2,2,0)", 4),
        ("GROUP:price@1, ROCP(5)", 13),
        ("ROCP(5), GROUP:price@1", 13),
        ("ROCP(timeperiod=5), GROUP:price@1, ROCP(5)", 14),
    ] {
        let all = titles(list);
        assert_eq!(all.len(), count, "{list}: {all:?}");
        assert!((1..all.len()).all(|at| !all[..at].contains(&all[at])), "{list}: {all:?}");
        assert!(!list.starts_with("BBANDS") || plain.iter().all(|it| all.contains(it)), "{all:?}");
    }
    // A choice and a page stand on the same columns.
    for (command, more) in [("select", &["--horizon", "1", "--html"][..]), ("plot", &["--out"])] {
        let page = folder.path().join(command);
        let list = "GROUP:price@1, ROCP(5), IBS";
        let mut all = vec![command, "--input", bars.to_str().unwrap(), "--list", list, "--keep-going"];
        all.extend(more);
        all.push(page.to_str().unwrap());
        let done = scalp(&all);
        assert!(done.status.code().is_some_and(|it| it == 0 || it == 3), "{}", said(&done));
        assert!(page.exists(), "{command}");
    }
}

#[test]
fn another_schema_than_the_one_expected_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (bars, out) = (folder.path().join("bars.csv"), folder.path().join("out.csv"));
    std::fs::write(&bars, walk(",", |_| "1".into())).unwrap();
    let schema = |more: &[&str]| {
        let input = ["compute", "--input", bars.to_str().unwrap(), "--out", out.to_str().unwrap()];
        let done = scalp(&[&input, more].concat());
        let text = said(&done) + &String::from_utf8_lossy(&done.stdout);
        (done.status.success(), text, std::fs::remove_file(&out).is_ok())
    };
    let hash = |text: &str| text.split("schema ").nth(1).unwrap()[..16].to_owned();
    let list = ["--list", "leader, RSI(5)"];
    let with = |text: &str| format!("leader={}{text}", bars.to_str().unwrap());
    let mut all: Vec<String> = Vec::new();
    for more in ["", ",column=volume", ",delay=10m", ",age=9h"] {
        let (done, text, _) = schema(&[&list[..], &["--with", &with(more)]].concat());
        assert!(done, "{text}");
        assert!(!all.contains(&hash(&text)), "{more}: {text}");
        all.push(hash(&text));
    }
    let (done, _, is_there) =
        schema(&[&list[..], &["--with", &with(""), "--expect-schema", &all[0]]].concat());
    assert!(done && is_there);
    let (done, text, is_there) =
        schema(&[&list[..], &["--with", &with(""), "--expect-schema", &all[1]]].concat());
    let says = format!("expected {}, and these items over these inputs have {}", all[1], all[0]);
    assert!(!done && text.contains(&says) && !is_there, "{text}");
    // What nothing reads, and the order in which series are named, make no other vector.
    let other = format!("unread={}", bars.to_str().unwrap());
    for series in [[with(""), other.clone()], [other, with("")]] {
        let (done, text, _) = schema(&[&list[..], &["--with", &series[0], "--with", &series[1]]].concat());
        assert!(done && hash(&text) == all[0], "{text}");
    }
    let (done, text, _) = schema(&["--list", "RSI(5)", "--expect-schema", "83b1"]);
    assert!(!done && text.contains("16 hexadecimal digits"), "{text}");
}

/// What a shell makes of a line: words, where quotes keep spaces together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut is_quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words
}

#[test]
fn the_walk_of_the_docs_shows_what_the_program_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let docs = std::fs::read_to_string(root.join("docs/features.md")).unwrap();
    let walk = docs.split("## A walk").nth(1).unwrap().split("## Input").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, symbol) in [("near", "NEARUSDT"), ("avax", "AVAXUSDT")] {
        let data = root.join(format!("../shared/data/klines-1m-usdm/{symbol}-1m-2025-02.csv.zst"));
        std::fs::copy(data, folder.path().join(format!("{name}.csv.zst"))).unwrap();
    }
    let mut count = 0;
    for block in walk.split("```text\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for told in block.split("$ scalp ").skip(1) {
            let (line, want) = told.split_once('\n').unwrap();
            let done = Command::new(env!("CARGO_BIN_EXE_scalp"))
                .current_dir(folder.path())
                .args(words(line))
                .output()
                .unwrap();
            assert!(done.status.success(), "{line}: {}", said(&done));
            let text = String::from_utf8(done.stdout).unwrap();
            let (want, is_whole) = want.strip_suffix("...\n").map_or((want, true), |it| (it, false));
            let lines =
                |text: &str| text.trim_end().lines().map(|it| it.trim_end().to_owned()).collect::<Vec<_>>();
            let (want, mut got) = (lines(want), lines(&text));
            if !is_whole {
                got.truncate(want.len());
            }
            assert_eq!(got, want, "{line}");
            count += 1;
        }
    }
    assert_eq!(count, 6, "commands of the walk");
}

#[test]
fn a_run_by_rules_tells_its_features_with_how_they_went_with_what_came_after() {
    let folder = tempfile::tempdir().unwrap();
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/features.toml");
    let text = std::fs::read_to_string(config).unwrap();
    let run = |name: &str, from: &str, to: &str| {
        let path = folder.path().join(name);
        assert!(text.contains(from), "{from}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_scalp"))
            .current_dir(folder.path())
            .args(["backtest", path.to_str().unwrap(), "--json"])
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", said(&done));
        serde_json::from_slice::<Value>(&done.stdout).unwrap()
    };
    let told = run("a.toml", "hours = 72", "hours = 24");
    let features = &told["features"]["BTCUSDT"];
    assert_eq!(features["outcome_bars"], 10);
    let all = features["features"].as_array().unwrap();
    let names: Vec<&str> = all.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["RSI(14)", "close", "SMA(100)", "ATR(14)", "CDLENGULFING"]);
    let rsi = &all[0];
    assert_eq!((&rsi["age_seconds"], rsi["value"].is_number()), (&Value::from(0.0), true));
    let bars = told["bars"].as_u64().unwrap();
    assert_eq!(
        rsi["at_decisions"]["decisions"].as_u64().unwrap(),
        bars - 14 - 10,
        "warm, and the outcome known"
    );
    let [r, error] = ["correlation", "standard_error"].map(|it| rsi["at_decisions"][it].as_f64().unwrap());
    assert!(r.abs() < 1.0 && error > 0.01 && error < 1.0, "{rsi}");
    let page = Path::new(told["folder"].as_str().unwrap()).join("report.html");
    let page = std::fs::read_to_string(folder.path().join(page)).unwrap();
    assert!(page.contains("id=\"features\"") && page.contains("Features of the rules, BTCUSDT"));
    // Whoever expects these features has them, and whoever expects others has no run.
    let schema = features["schema"].as_str().unwrap();
    let with = |expected: &str| format!("outcome_bars = 10\nexpect_schema = \"{expected}\"");
    assert_eq!(run("c.toml", "outcome_bars = 10", &with(schema))["features"]["BTCUSDT"]["schema"], schema);
    let path = folder.path().join("d.toml");
    std::fs::write(&path, text.replace("outcome_bars = 10", &with("83b1f6c12f843622"))).unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_scalp")).arg("backtest").arg(&path).output().unwrap();
    let says = format!("over these bars have {schema}");
    let told = said(&done);
    assert!(
        !done.status.success() && told.contains("strategy.expect_schema") && told.contains(&says),
        "{told}"
    );
    // Another horizon is another state, and none says nothing of outcomes.
    let none = run("b.toml", "outcome_bars = 10", "outcome_bars = 0");
    assert_eq!(none["features"]["BTCUSDT"]["outcome_bars"], Value::Null);
    assert_eq!(none["features"]["BTCUSDT"]["features"][0]["at_decisions"]["decisions"], 0);
}
