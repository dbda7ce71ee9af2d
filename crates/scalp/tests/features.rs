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

/// 300 candles of a walk, with a column of numbers in which one cell is a word, and a column of words.
fn walk(separator: &str, last: impl Fn(usize) -> String) -> String {
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

#[test]
fn the_matrix_profile_is_that_of_stumpy() {
    let wanted: Value =
        serde_json::from_str(&std::fs::read_to_string(golden("mp/eurusd1500_m50.json")).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let text = std::fs::read_to_string(golden("input/eurusd_1h.csv")).unwrap();
    std::fs::write(at("bars.csv"), text.lines().take(1_501).collect::<Vec<_>>().join("\n")).unwrap();
    let (bars, out, html) = (at("bars.csv"), at("out.csv"), at("page.html"));
    let all = ["matrix-profile", "--input", &bars, "--json", "--html", &html, "--out", &out];
    let output = scalp(&all);
    assert!(output.status.success(), "{}", said(&output));
    let (titles, rows) = table(Path::new(&out));
    assert_eq!(titles, ["time", "close.distance", "close.nearest"]);
    let profile = wanted["profile"].as_array().unwrap();
    assert_eq!((rows.len(), profile.len()), (1_500, 1_451));
    for (row, distance) in rows.iter().zip(profile) {
        let (ours, stumpy) = (row[1].parse::<f64>().unwrap(), distance.as_f64().unwrap());
        assert!((ours - stumpy).abs() < 1e-6, "{row:?}: {stumpy}");
    }
    assert!(rows[profile.len()..].iter().all(|it| it[1].is_empty() && it[2].is_empty()));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let nearest = profile.iter().map(|it| it.as_f64().unwrap()).fold(f64::MAX, f64::min);
    let motif = &answer["motifs"][0];
    assert!((motif["distance"].as_f64().unwrap() - nearest).abs() < 1e-6, "{motif}");
    assert!(std::fs::read_to_string(&html).unwrap().contains("matrix profile"));
    for (wrong, why) in [
        (["--window", "2"], "at least 3 values"),
        (["--window", "1490"], "are needed"),
        (["--horizon", "0"], "--horizon"),
        (["--above", "101"], "--above"),
        (["--list", "closse"], "closse"),
    ] {
        let output = scalp(&[&["matrix-profile", "--input", &bars], &wrong[..]].concat());
        assert!(!output.status.success() && said(&output).contains(why), "{wrong:?}: {}", said(&output));
    }
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

/// Rows of the golden candles as a file.
fn candles(folder: &Path, name: &str, rows: std::ops::Range<usize>) -> String {
    let text = std::fs::read_to_string(golden("input/eurusd_1h.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let path = folder.join(name);
    let of = std::iter::once(lines[0]).chain(lines[1 + rows.start..1 + rows.end].iter().copied());
    std::fs::write(&path, of.collect::<Vec<_>>().join("\n")).unwrap();
    path.display().to_string()
}

#[test]
fn a_join_of_two_files_is_that_of_stumpy() {
    let folder = tempfile::tempdir().unwrap();
    let first = candles(folder.path(), "first.csv", 0..700);
    let second = candles(folder.path(), "second.csv", 700..1_500);
    let (out, html) = (folder.path().join("out.csv"), folder.path().join("page.html"));
    let (out, html) = (out.display().to_string(), html.display().to_string());
    let all =
        ["matrix-profile", "--input", &first, "--join", &second, "--json", "--html", &html, "--out", &out];
    let output = scalp(&all);
    assert!(output.status.success(), "{}", said(&output));
    let (titles, rows) = table(Path::new(&out));
    assert_eq!(titles, ["time", "close.distance", "close.nearest"]);
    check_profile(&rows, &STUMPY_JOIN, 651);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(answer["shapes_of_both"][0]["distance"].as_f64().unwrap() > 0.0, "{answer}");
    assert!(answer["of_the_first_alone"][0]["distance"].as_f64().unwrap() > 0.0);
    assert!(std::fs::read_to_string(&html).unwrap().contains("What two files share"));
    let output = scalp(&["matrix-profile", "--input", &first, "--join", &first]);
    assert!(!output.status.success() && said(&output).contains("would meet itself"), "{}", said(&output));
}

#[test]
fn the_past_of_each_window_is_the_left_profile_of_stumpy_and_later_rows_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bars = candles(folder.path(), "bars.csv", 0..1_500);
    let early = candles(folder.path(), "early.csv", 0..1_100);
    let (out, html) = (folder.path().join("out.csv"), folder.path().join("page.html"));
    let (out, html) = (out.display().to_string(), html.display().to_string());
    let written = |bars: &str| {
        let all = ["matrix-profile", "--input", bars, "--past", "--json", "--html", &html, "--out", &out];
        let output = scalp(&all);
        assert!(output.status.success(), "{}", said(&output));
        (table(Path::new(&out)), serde_json::from_slice::<Value>(&output.stdout).unwrap())
    };
    let ((titles, rows), answer) = written(&bars);
    assert_eq!(titles, ["time", "close.distance", "close.nearest", "close.after_nearest"]);
    // A window is known in its last row.
    assert!(rows[..49].iter().all(|it| it[1].is_empty()));
    check_profile(&rows[49..], &STUMPY_LEFT, 1_451);
    let sign = &answer["foretold_and_came"][1];
    assert!(
        sign["figure"] == "sign foretold" && sign["item"] == "close" && sign["value"].is_number(),
        "{answer}"
    );
    assert!(std::fs::read_to_string(&html).unwrap().contains("What was known"));
    let ((_, before), _) = written(&early);
    assert_eq!(rows[..1_100], before[..]);
    for (wrong, why) in [
        (["--held", "49"], "--held: expected at least a window"),
        (["--arcs-below", "1.5"], "--arcs-below"),
        (["--join", "x.csv"], "cannot be used with"),
        (["--motifs", "3"], "cannot be used with"),
        (["--discords", "3"], "cannot be used with"),
        (["--regimes", "3"], "cannot be used with"),
        (["--context", "3"], "cannot be used with"),
        (["--held", "1501"], "--held: expected at most the 1500 rows of the file, got 1501"),
    ] {
        let output = scalp(&[&["matrix-profile", "--input", &bars, "--past"], &wrong[..]].concat());
        assert!(!output.status.success() && said(&output).contains(why), "{wrong:?}: {}", said(&output));
    }
}

/// What stumpy 1.14.1 answers for windows of 50: where a window starts, how far its nearest is, and where that starts.
/// `stump(first, 50, second, ignore_trivial=False)` of the first 700 closes and the 800 behind them.
const STUMPY_JOIN: [(usize, f64, usize); 7] = [
    (0, 5.227_922_121_602, 705),
    (100, 3.923_663_577_095, 317),
    (250, 1.771_935_984_818, 463),
    (400, 2.547_868_550_410, 464),
    (500, 2.140_951_611_628, 694),
    (600, 3.595_570_560_278, 712),
    (650, 4.181_580_337_174, 537),
];

/// Column 2 of `stump(closes, 50)` of the first 1,500, with the distance of the two windows by numpy.
const STUMPY_LEFT: [(usize, f64, usize); 7] = [
    (100, 8.040_217_953_223, 10),
    (300, 4.369_887_440_507, 107),
    (500, 1.757_517_814_198, 238),
    (700, 2.697_688_766_325, 39),
    (900, 5.954_864_840_476, 662),
    (1_100, 2.144_990_318_942, 238),
    (1_400, 2.619_022_839_418, 749),
];

fn check_profile(rows: &[Vec<String>], wanted: &[(usize, f64, usize)], windows: usize) {
    assert!(rows[windows..].iter().all(|it| it[1].is_empty() && it[2].is_empty()));
    let mut worst = 0.0_f64;
    for &(at, distance, nearest) in wanted {
        worst = worst.max((rows[at][1].parse::<f64>().unwrap() - distance).abs());
        assert_eq!(rows[at][2].parse::<usize>().unwrap(), nearest, "window {at}");
    }
    println!("worst deviation from stumpy {worst:e}");
    assert!(worst < 1e-6, "{worst}");
}
