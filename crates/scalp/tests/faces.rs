//! `scalp features` for a person: every name that is listed is described and can be computed as its example is written;
//! plots, choices and made features of any file; and what is said of mistakes.

#![allow(clippy::unwrap_used, reason = "tests only")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const START: i64 = 1_700_006_400;
const MINUTES: i64 = 2_000;

fn scalp<T: AsRef<std::ffi::OsStr>>(arguments: &[T]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scalp")).arg("features").args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Numbers from 0 to 1 that look drawn.
fn noise(seed: u64, at: i64) -> f64 {
    let z = seed.wrapping_add((at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
}

/// A market in files: candles of a minute, trades, books of twenty levels, and another instrument.
struct Market {
    folder: tempfile::TempDir,
}

impl Market {
    fn new() -> Market {
        let market = Market { folder: tempfile::tempdir().unwrap() };
        market.write("bars.csv", &candles(1, 0..MINUTES));
        market.write("leader.csv", &candles(2, 0..MINUTES));
        let (mut trades, mut books) = ("time,price,size,side\n".to_owned(), "time".to_owned());
        for level in 0..20 {
            write!(books, ",bid_price_{level},bid_size_{level},ask_price_{level},ask_size_{level}").unwrap();
        }
        books.push('\n');
        let mut price = 200.0_f64;
        for it in 0..18_000 {
            let ms = (START + (MINUTES * 60 - 9_000)) * 1_000 + it * 500;
            price = (price + (noise(7, it) - 0.5) * 0.4 + (200.0 - price) * 0.001).max(50.0);
            let tick = (price * 10.0).round() / 10.0;
            if noise(3, it) < 0.6 {
                let is_buy = noise(4, it) < 0.5;
                let at = if is_buy { tick + 0.1 } else { tick };
                let size = 0.1 + (noise(5, it) * 50.0).round() / 10.0;
                writeln!(trades, "{ms},{at:.1},{size:.1},{}", if is_buy { "buy" } else { "sell" }).unwrap();
            }
            write!(books, "{}", ms + 200).unwrap();
            for level in 0..20 {
                let below = tick - 0.1 * level as f64;
                let size =
                    |side: u64| 1.0 + (noise(10 + side, it / (1 + level) * 7 + level) * 40.0).round() / 10.0;
                write!(
                    books,
                    ",{below:.1},{:.1},{:.1},{:.1}",
                    size(0),
                    below + 0.1 + 0.2 * level as f64,
                    size(1)
                )
                .unwrap();
            }
            books.push('\n');
        }
        market.write("trades.csv", &trades);
        market.write("books.csv", &books);
        market
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }
}

fn candles(seed: u64, minutes: std::ops::Range<i64>) -> String {
    let mut text = "time,open,high,low,close,volume\n".to_owned();
    let mut close = 200.0_f64;
    for it in minutes {
        let open = close;
        close = (open + (noise(seed, it) - 0.5) * 2.0 + (200.0 - open) * 0.002).max(20.0);
        let (high, low) = (open.max(close) + noise(seed + 50, it), open.min(close) - noise(seed + 60, it));
        let volume = 5.0 + (noise(seed + 70, it) * 100.0).round();
        writeln!(text, "{},{open:.2},{high:.2},{low:.2},{close:.2},{volume}", START + it * 60).unwrap();
    }
    text
}

/// The columns that have a value in some row, and those that have none.
fn columns(path: &Path) -> (usize, Vec<String>) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let titles: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let mut seen = vec![false; titles.len()];
    for row in reader.records() {
        row.unwrap().iter().zip(&mut seen).for_each(|(cell, seen)| *seen |= !cell.is_empty());
    }
    let silent = titles.iter().zip(&seen).filter(|it| !it.1).map(|it| it.0.clone()).collect();
    (titles.len(), silent)
}

#[test]
fn every_name_that_is_listed_is_described_and_its_example_can_be_computed() {
    let market = Market::new();
    let listed = told(&scalp(&["list"]));
    let names: Vec<&str> = listed.lines().filter_map(|it| it.strip_prefix("  ")?.split(' ').next()).collect();
    assert!(names.len() > 380, "{}", names.len());
    let mut lists: [Vec<String>; 3] = Default::default();
    for name in &names {
        let done = scalp(&["describe", name]);
        assert!(done.status.success(), "{name}: {}", said(&done));
        let text = told(&done);
        let line = |key: &str| {
            let found = text.lines().find_map(|it| it.strip_prefix(key).filter(|it| it.starts_with(' ')));
            found.map_or_else(|| panic!("{name} has no {key}:\n{text}"), |it| it.trim().to_owned())
        };
        for key in ["formula", "source", "output", "warm-up", "cost"] {
            assert!(!line(key).is_empty(), "{name}: {key}");
        }
        let reads = line("reads");
        let of = if reads.contains("trades") && !reads.contains("bars") {
            1
        } else {
            usize::from(reads.starts_with("levels") || reads.starts_with("book")) * 2
        };
        // The widest has a test of its own; here it would only be slow.
        if !name.starts_with("SCHEMA:wide@") {
            lists[of].push(line("example"));
        }
    }
    println!(
        "{} names: of candles {}, trades {}, books {}",
        names.len(),
        lists[0].len(),
        lists[1].len(),
        lists[2].len()
    );
    let inputs: [&[&str]; 3] =
        [&["bars.csv", "trades.csv", "books.csv"], &["trades.csv", "books.csv"], &["books.csv"]];
    for (list, inputs) in lists.iter().zip(inputs) {
        let out = market.path("out.csv");
        let mut all: Vec<String> =
            vec!["compute".into(), "--list".into(), list.join(", "), "--out".into(), market.text("out.csv")];
        inputs.iter().for_each(|it| all.extend(["--input".to_owned(), market.text(it)]));
        if inputs.len() == 3 {
            all.extend(["--with".to_owned(), format!("leader={}", market.text("leader.csv"))]);
        }
        let done = scalp(&all);
        assert!(done.status.success(), "{}", said(&done));
        let (count, silent) = columns(&out);
        println!("{count} columns of {inputs:?}, silent: {silent:?}");
        assert!(silent.is_empty(), "{silent:?}");
    }
}

#[test]
fn a_plot_takes_what_is_computed() {
    let market = Market::new();
    let (bars, trades, books) =
        (market.text("bars.csv"), market.text("trades.csv"), market.text("books.csv"));
    let leader = format!("leader={}", market.text("leader.csv"));
    let page = market.text("page.html");
    let lists: [(&[&str], &str); 4] = [
        (
            &["--input", &bars, "--with", &leader],
            "SMA(SMA(9),20), RSI(14)@1h, LAG(RSI(14),3), CORR(close,leader,20), GROUP:time@1, DOUBLE_TOP",
        ),
        (
            &["--input", &trades, "--input", &books],
            "VPIN(10,0,0,1).vpin, ROLLMEAN(price,50), MICROPRICE(10).price, SPOOFING(5).level",
        ),
        (&["--input", &trades, "--bars", "1m"], "RSI(14), TRADE_FLOW(60), close@5m"),
        (&["--input", &books], "MICROPRICE(10), BOOKSHARE(5), QUEUE(10)"),
    ];
    for (inputs, list) in lists {
        let mut all = vec!["plot", "--list", list, "--out", &page];
        all.extend(inputs);
        let done = scalp(&all);
        assert!(done.status.success(), "{list}: {}", said(&done));
        let text = std::fs::read_to_string(&page).unwrap();
        let first = list.split(',').next().unwrap();
        assert!(text.contains(first) && text.contains("data-zoom") && text.contains("data-price"), "{list}");
        assert!(!text.contains("NaN\""), "{list}");
    }
}

#[test]
fn a_choice_is_made_among_the_same_items_of_any_file() {
    let market = Market::new();
    for (name, rows) in [("trades.csv", 1_200), ("books.csv", 1_200)] {
        let text = std::fs::read_to_string(market.path(name)).unwrap();
        let few: Vec<&str> = text.lines().take(rows).collect();
        market.write(&format!("few_{name}"), &few.join("\n"));
    }
    let (bars, trades, books) =
        (market.text("bars.csv"), market.text("few_trades.csv"), market.text("few_books.csv"));
    let leader = format!("leader={}", market.text("leader.csv"));
    let lists: [(&[&str], &str, &str); 3] = [
        (
            &["--input", &bars, "--with", &leader],
            "SMA(RSI(14),9), RSI(14)@5m, LAG(IBS,2), CORR(close,leader,20)",
            "2000 rows",
        ),
        (
            &["--input", &trades, "--input", &books],
            "ROLLZ(price,50), MICROPRICE(10).lean, TRADE_FLOW(60).count",
            "1199 rows",
        ),
        (&["--input", &books], "MICROPRICE(10).lean, BOOKSHARE(5), BOOKSHARE(1)", "1199 rows"),
    ];
    for (inputs, list, rows) in lists {
        let mut all = vec!["select", "--list", list, "--horizon", "5"];
        all.extend(inputs);
        let done = scalp(&all);
        assert!(done.status.success(), "{list}: {}", said(&done));
        let first = list.split(", ").next().unwrap();
        assert!(told(&done).contains(first) && told(&done).contains(rows), "{list}: {}", told(&done));
    }
    let done = scalp(&["select", "--input", &bars, "--list", "SMA(5000), IBS", "--horizon", "5"]);
    assert!(said(&done).contains("SMA(5000) has no value in any of the 2000 rows"), "{}", said(&done));
    let done = scalp(&["select", "--input", &bars, "--list", "IBS, RSI(14)", "--horizon", "0"]);
    assert!(said(&done).contains("--horizon: expected at least 1 row, got 0"), "{}", said(&done));
}

#[test]
fn features_are_made_out_of_files() {
    let market = Market::new();
    let (trades, bars) =
        (format!("trades={}", market.text("trades.csv")), format!("market={}", market.text("bars.csv")));
    let out = market.text("made.csv");
    let run = |more: &[&str]| {
        let mut all = vec!["synthesise", "--entity", &trades, "--entity", &bars, "--out", &out];
        all.extend(more);
        scalp(&all)
    };
    let done = run(&["--every", "10m", "--window", "1h"]);
    assert!(done.status.success(), "{}", said(&done));
    let (count, _) = columns(&market.path("made.csv"));
    assert!(count > 300, "{count}");
    market.write("cutoffs.csv", &format!("when,time\nnoon,{}\nlater,{}\n", START + 118_000, START + 119_000));
    let done = run(&["--cutoffs", &market.text("cutoffs.csv"), "--depth", "1"]);
    assert!(done.status.success(), "{}", said(&done));
    assert_eq!(csv::Reader::from_path(market.path("made.csv")).unwrap().records().count(), 2);
    for (more, says) in [
        (&["--every", "10x"][..], "--every: expected 1s, 5m, 1h or 1d, got \"10x\""),
        (&["--every", "10m", "--depth", "9"], "depth is 9"),
        (&["--every", "10m", "--window", "-1"], "unexpected argument"),
        (&["--every", "10m", "--features-max", "9"], "9 are allowed"),
        (&["--every", "10m", "--entity", "x=nowhere.csv"], "nowhere.csv"),
        (&["--every", "10m", "--entity", "x"], "--entity: expected NAME=FILE"),
    ] {
        let done = run(more);
        assert!(!done.status.success() && said(&done).contains(says), "{more:?}: {}", said(&done));
    }
}

#[test]
fn a_process_is_fitted_to_trades_and_columns_are_chosen() {
    let market = Market::new();
    let trades = market.text("trades.csv");
    // Two trades a second, each at its half, excite nothing.
    let done = scalp(&["fit", "--input", &trades]);
    let text = told(&done);
    assert!(done.status.success() && text.contains("Nothing was found"), "{text}{}", said(&done));
    assert!(!text.contains("Item: HAWKES("), "{text}");
    // Every ten seconds one, of which half have another soon after.
    let mut state = 7_u64;
    let mut drawn = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    let (mut at, mut times) = (1.7e9, Vec::new());
    for _ in 0..600 {
        at -= 10.0 * drawn().ln();
        times.push(at);
        if drawn() < 0.5 {
            times.push(at - 0.3 * drawn().ln());
        }
    }
    times.sort_by(f64::total_cmp);
    let rows: String = times.iter().map(|it| format!("{:.0},5,1,buy\n", it * 1e6)).collect();
    market.write("excited.csv", &format!("timestamp,price,size,side\n{rows}"));
    let done = scalp(&["fit", "--input", &market.text("excited.csv")]);
    let text = told(&done);
    assert!(done.status.success(), "{}", said(&done));
    for part in ["branching ratio", "standard error", "Kolmogorov", "Item: HAWKES("] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let done = scalp(&["list", "nosuch"]);
    assert!(!done.status.success() && said(&done).contains("no entry has \"nosuch\""), "{}", said(&done));
    assert_eq!(told(&scalp(&["describe", "RSI(14)"])), told(&scalp(&["describe", "RSI"])));
    let done = scalp(&["fit", "VPIN", "--input", &trades]);
    assert!(!done.status.success() && said(&done).contains("NAME: expected HAWKES"), "{}", said(&done));
    let done = scalp(&["fit", "--input", &market.text("bars.csv")]);
    assert!(!done.status.success() && said(&done).contains("it holds no trades"), "{}", said(&done));
    let (entity, out) = (format!("trades={trades}"), market.text("chosen.csv"));
    let made = ["synthesise", "--entity", &entity, "--every", "10m", "--depth", "1", "--out", &out];
    let done = scalp(&[&made[..], &["--columns", "trades.size"]].concat());
    assert!(done.status.success(), "{}", said(&done));
    let text = std::fs::read_to_string(market.path("chosen.csv")).unwrap();
    assert!(text.lines().next().unwrap().contains("trades.size") && !text.contains("trades.price"));
    let done = scalp(&[&made[..], &["--columns", "trades.sise"]].concat());
    assert!(said(&done).contains("--columns: there is no trades.sise; there are trades."), "{}", said(&done));
}

#[test]
fn one_clear_line_for_each_mistake() {
    let market = Market::new();
    market.write("short.csv", &candles(1, 0..60));
    market.write("early.csv", &candles(2, 0..100));
    market.write("bare.csv", "time,open,high,low\n1700000000,2,3,1\n");
    market.write("prices.csv", "time,open,high,low,close\n1700000000,2,3,1,2\n1700000060,2,3,1,2\n");
    let (short, bars, out) = (market.text("short.csv"), market.text("bars.csv"), market.text("out.csv"));
    let early = format!("leader={}", market.text("early.csv"));
    let (bare, prices) = (market.text("bare.csv"), market.text("prices.csv"));
    let folder = market.folder.path().to_str().unwrap().to_owned();
    let (nowhere, inside) = (format!("{folder}/no/out.csv"), format!("{folder}/new.csv"));
    let cases: Vec<(&str, &str, &str, &str, Vec<&str>)> = vec![
        ("RSJ(14)", &short, &out, "unknown name \"RSJ\"; did you mean RSI?", vec![]),
        ("RSI(timeperiot=14)", &short, &out, "timeperiot", vec![]),
        ("RSI(timeperiot=14)", &short, &out, "did you mean timeperiod?", vec![]),
        ("LAG(close,m=3)", &short, &out, "one of item, n", vec![]),
        ("RSI(0)", &short, &out, "RSI.timeperiod must be a whole number from", vec![]),
        ("LAG(close,0)", &short, &out, "LAG.n must be a whole number from 1", vec![]),
        ("RSI(14)@90s", &short, &out, "bars of 90s cannot be made of bars of 1m: it does not divide", vec![]),
        ("RSI(14)@x", &short, &out, "a length of bars after @", vec![]),
        ("RSI(14", &short, &out, "closing bracket", vec![]),
        ("RSI(14))", &short, &out, "the end of the item before \")\"", vec![]),
        ("close, RSI(14), close", &short, &out, "--list: close is there twice", vec![]),
        (" , ", &short, &out, "--list: expected", vec![]),
        ("close", &short, &short, "would be written over or into what is read", vec![]),
        ("close", &folder, &inside, "would be written over or into what is read", vec![]),
        ("close", &short, &nowhere, "/no is not there", vec![]),
        ("close", &short, &folder, "is a folder: name a file", vec![]),
        ("close", &bare, &out, "expected columns of candles (open, high, low, close)", vec![]),
        ("OBV", &prices, &out, "reads the column volume, and there are open, high, low, close", vec![]),
        ("leader", &bars, &out, "ends early", vec!["--with", &early]),
        ("leader", &bars, &out, "unknown name \"leader\"", vec![]),
        ("close", &bars, &out, "expected NAME=FILE", vec!["--with", "leader"]),
        (
            "close",
            &bars,
            &out,
            "--bars: expected a length of time (1s, 5m, 1h, 1d), or one of trades=...",
            vec!["--bars", "1x"],
        ),
        ("close", &bars, &out, "it does not divide", vec!["--bars", "90s"]),
        ("GROUP:prise@1", &bars, &out, "unknown group \"GROUP:prise@1\"", vec![]),
    ];
    for (list, input, out, says, more) in &cases {
        for command in ["compute", "plot"] {
            let mut all = vec![command, "--input", input, "--list", list, "--out", out];
            all.extend(more);
            let done = scalp(&all);
            let said = said(&done);
            assert_eq!(done.status.code(), Some(1), "{command} {list}: {said}");
            assert!(said.contains(says), "{command} {list}: {said}");
            assert_eq!(said.lines().count(), 1, "one line: {said}");
        }
    }
    assert!(!market.path("out.csv").exists(), "nothing was written");
    // What is longer than the data has no value: it is named, and the rest is there.
    let done = scalp(&["compute", "--input", &short, "--list", "SMA(500), SMA(5)", "--out", &out]);
    assert!(done.status.success());
    assert!(said(&done).contains("without a value in any of the 60 rows: SMA(500)"), "{}", said(&done));
    let page = market.text("page.html");
    let plot = |more: &[&str]| {
        let mut all = vec!["plot", "--input", &short, "--list", "SMA(500), SMA(5), VPIN(50)", "--out", &page];
        all.extend(more);
        scalp(&all)
    };
    assert!(said(&plot(&[])).contains("VPIN(50): VPIN reads trades"), "{}", said(&plot(&[])));
    let done = plot(&["--keep-going"]);
    assert_eq!(done.status.code(), Some(3));
    assert!(said(&done).contains("left out: VPIN(50)"), "{}", said(&done));
    assert!(std::fs::read_to_string(&page).unwrap().contains("left out: SMA(500)"));
    // A page is not written over a table, nor a series that ends early taken for one that goes on.
    let done = scalp(&["plot", "--input", &short, "--list", "close", "--out", &bars]);
    assert!(said(&done).contains("is there and is no page"), "{}", said(&done));
    let aged = format!("{early},age=10m");
    let done = scalp(&[
        "compute",
        "--input",
        &bars,
        "--list",
        "leader, MISSING(leader)",
        "--with",
        &aged,
        "--out",
        &out,
    ]);
    assert!(done.status.success(), "{}", said(&done));
    assert!(said(&scalp(&["describe", "RSJ"])).contains("did you mean RSI?"));
}

#[test]
fn a_backtest_shows_the_items_of_its_configuration_and_names_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/ohlcv-1h-binance-12/BTC-USDT.csv.zst");
    assert!(data.exists(), "{} is missing", data.display());
    let run = |items: &str| {
        let text = format!(
            "[run]\nname = \"days\"\n[[data]]\npath = \"{}\"\nstart = \"2020-03-01\"\nend = \"2020-03-08\"\n\
             [[instrument]]\nsymbol = \"BTCUSDT\"\nbase = \"BTC\"\ntick = 0.01\nlot = 0.000001\n\
             [account]\nbalances = {{ USDT = 10000 }}\n[strategy]\nname = \"buy-and-hold\"\n\
             [report]\ncontrols = 3\nresamples = 200\nfolder = \"{}\"\nindicators = {items}\n",
            data.display(),
            folder.path().display()
        );
        let path = folder.path().join("run.toml");
        std::fs::write(&path, text).unwrap();
        Command::new(env!("CARGO_BIN_EXE_scalp")).args(["backtest", "--json"]).arg(path).output().unwrap()
    };
    let done = run("[\"SMA(RSI(14),9)\", \"RSI(14)@4h\", \"LAG(EMA(9),2)\", \"RSI(3)@7m\", \"SMA(9999)\"]");
    assert!(done.status.success(), "{}", said(&done));
    let at: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let page = Path::new(at["folder"].as_str().unwrap()).join("report.html");
    let page = std::fs::read_to_string(page).unwrap();
    for name in ["<h3>SMA(RSI(14),9)</h3>", "<h3>RSI(14)@4h</h3>", "LAG(EMA(9),2)"] {
        assert!(page.contains(name), "{name}");
    }
    assert!(
        page.contains("bars of 7m cannot be made of bars of 1h"),
        "the rest is drawn, and it is said what is not"
    );
    assert!(page.contains("left out: SMA(9999)"));
    for (items, says) in [
        ("[\"SMA(20)\", \"BBAND(20)\"]", "did you mean BBANDS?"),
        ("[\"SMA(20)\", \"SMA(20)\"]", "stands at place 1 already"),
        ("[\"RSI(14\"]", "closing bracket"),
        ("[\" \"]", "expected an indicator such as SMA(20)"),
    ] {
        let done = run(items);
        assert!(!done.status.success() && said(&done).contains(says), "{items}: {}", said(&done));
        assert!(said(&done).contains("report.indicators"), "{items}: {}", said(&done));
    }
}
