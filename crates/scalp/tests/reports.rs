//! What a run leaves behind agrees with what it says: the page stands alone, the tables come in both forms with the same
//! rows, and their sums are those of the summary.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use scalp_tables::flat::Reader;
use serde_json::Value;
use std::fs::File;
use support::{Bench, changed, count, kept, number, rows};

const TABLES: [&str; 7] = ["orders", "fills", "positions", "trades", "balances", "account", "equity"];

/// A number of eight places in its smallest unit.
fn units(text: &str) -> i128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: i128 = format!("{}{fraction:0<8}", whole.trim_start_matches('-')).parse().unwrap();
    if whole.starts_with('-') { -digits } else { digits }
}

/// A grid on ten minutes of depth and a cross on trades: makers and takers, open and closed trades.
fn run(config: &str, changes: &[(&str, &str)]) -> (Bench, Value) {
    let bench = Bench::default();
    let keep = [("keep = false          # the result is only printed", "controls = 3\nresamples = 200")];
    let text = changed(config, &[changes, &keep].concat());
    let result = bench.backtest(&bench.write("kept.toml", text), &["--json"]).json();
    (bench, result)
}

fn check(config: &str, changes: &[(&str, &str)]) {
    let (bench, result) = run(config, changes);
    let folder = kept(&bench);
    assert!(result["folder"].as_str().unwrap().ends_with(folder.file_name().unwrap().to_str().unwrap()));

    for table in TABLES {
        let csv = rows(&bench, table).len();
        let file = File::open(folder.join(format!("{table}.parquet"))).unwrap();
        let parquet = Reader::open(file, 1).unwrap().rows_total();
        assert_eq!(csv as u64, parquet, "{config}: {table}");
    }

    let fills = rows(&bench, "fills");
    assert_eq!(fills.len() as u64, count(&result, "fills"), "{config}");
    assert_eq!(rows(&bench, "orders").len() as u64, count(&result, "submits"), "{config}");
    let sum = |column: &str| fills.iter().map(|it| units(&it[column])).sum::<i128>();
    assert_eq!(sum("fee"), units(&number(&result, "fees")), "{config}: fees");
    assert_eq!(sum("qty"), units(&number(&result, "volume")), "{config}: volume");
    let signed = |it: &std::collections::HashMap<String, String>| {
        let qty = units(&it["qty"]);
        if it["side"] == "buy" { qty } else { -qty }
    };
    assert_eq!(fills.iter().map(signed).sum::<i128>(), units(&number(&result, "position")), "{config}");
    let end = &result["instruments"]["BTCUSDT"];
    assert_eq!(sum("realised"), units(&number(end, "realised")), "{config}: booked profit");

    let last = |table: &str, column: &str| units(&rows(&bench, table).last().unwrap()[column]);
    assert_eq!(last("balances", "balance"), units(&number(&result, "balance")), "{config}");
    assert_eq!(last("equity", "balance"), units(&number(&result, "balance")), "{config}");
    let equity = last("equity", "equity") - units(&number(&result, "equity"));
    assert!(equity.abs() < 10_000_000, "{config}: the last sample is the end, to half a tick of the mark");

    let summary: Value =
        serde_json::from_slice(&std::fs::read(folder.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary, result, "{config}: what is printed is what is kept");
    check_page(&std::fs::read_to_string(folder.join("report.html")).unwrap());
}

/// The page needs nothing from anywhere else.
fn check_page(page: &str) {
    assert!(page.starts_with("<!") && page.trim_end().ends_with("</html>"));
    for outside in
        ["src=\"http", "href=\"http", "src=\"//", "href=\"//", "@import", "url(http", "fetch(", "<link"]
    {
        assert!(!page.contains(outside), "the page asks for {outside}");
    }
    for what in ["<svg", "Drawdown", "Fees"] {
        assert!(page.contains(what) || page.contains(&what.to_lowercase()), "{what} is missing on the page");
    }
}

#[test]
fn the_page_and_the_tables_of_a_market_maker_agree_with_its_summary() {
    check("workloads/w2b.toml", &[("USDT = 0", "USDT = 10000")]);
}

#[test]
fn the_page_and_the_tables_of_a_taker_agree_with_its_summary() {
    check("workloads/w1.toml", &[("repeat = 500 ", "repeat = 20 ")]);
}

#[test]
fn a_run_is_listed_and_replays_from_its_journal() {
    let (bench, result) = run("workloads/w2b.toml", &[("USDT = 0", "USDT = 10000")]);
    let scalp = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_scalp"));
        command.current_dir(support::root()).args(args).arg("--folder").arg(bench.path("runs"));
        support::Said::of(command.output().unwrap())
    };
    let said = scalp(&["replay", "last"]);
    assert!(said.ok, "{}", said.err);
    assert!(said.out.contains(result["state_hash"].as_str().unwrap()), "{}", said.out);
    let said = scalp(&["runs"]);
    let id = kept(&bench).file_name().unwrap().to_string_lossy().into_owned();
    assert!(said.ok && said.out.contains(&id), "{} {}", said.out, said.err);
}

#[test]
fn a_run_that_was_paused_says_so_before_its_result() {
    let bench = Bench::default();
    let data = support::shared("klines-1m-usdm/AVAXUSDT-1m-2025-02.csv.zst");
    let stop = "drawdown_max = 0.005\nloss_mode = \"paused\"";
    let path = "../../../shared/data/klines-1m-usdm/AVAXUSDT-1m-2025-02.csv.zst";
    let changes = [(path, data.to_str().unwrap()), ("drawdown_max = 0.3", stop)];
    let config = bench.write("paused.toml", changed("examples/cross-minute.toml", &changes));
    let said = bench.backtest(&config, &[]);
    assert!(said.ok, "{}", said.err);
    let before_the_result = said.out.split(" -> ").next().unwrap();
    let words = before_the_result.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("WARNING: At 2025-02-"), "{}", said.out);
    assert!(words.contains("trading was paused: no new orders (the fall from the highest equity"), "{words}");
    let page = std::fs::read_to_string(kept(&bench).join("report.html")).unwrap();
    assert!(page.split("<section").next().unwrap().contains("trading was paused"));
}

#[test]
fn a_sweep_says_how_many_trials_it_paid_for() {
    let bench = Bench::default();
    let data = support::shared("klines-1m-usdm/AVAXUSDT-1m-2025-02.csv.zst");
    let path = "../../../shared/data/klines-1m-usdm/AVAXUSDT-1m-2025-02.csv.zst\"";
    let short = format!("{}\"\nend = \"2025-02-04\"", data.display());
    let grid = "resamples = 1000\n[sweep.grid]\nfast = [4, 8, 12]";
    let best = |trials: u32, more: &[&str]| {
        let name = format!("name = \"cross-minute\"\ntrials = {trials}");
        let changes =
            [(path, &short[..]), ("resamples = 1000", grid), ("name = \"cross-minute\"", &name[..])];
        let config = bench.write("sweep.toml", changed("examples/cross-minute.toml", &changes));
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_scalp"));
        command.arg("sweep").arg(config).arg("--folder").arg(bench.path("runs")).args(more);
        support::Said::of(command.output().unwrap())
    };
    let (one, many) = (best(1, &["--json"]).json(), best(5_000, &["--json"]).json());
    assert_eq!((count(&one, "trials"), count(&many, "trials")), (3, 5_002));
    let deflated = |it: &Value| it["best"][0]["Deflated Sharpe"].as_f64().unwrap();
    assert!(deflated(&many) < deflated(&one), "{} and {}", deflated(&many), deflated(&one));
    let said = best(5_000, &[]);
    assert!(said.ok && said.out.contains("Trials counted: 5,002."), "{} {}", said.out, said.err);
}

#[test]
fn returns_are_never_finer_than_the_bars() {
    let bench = Bench::default();
    let data = support::shared("ohlcv-1h-binance-12/BTC-USDT.csv.zst");
    let measured = |end: &str| {
        let text = format!(
            "[run]\nname = \"hours\"\n[[data]]\npath = \"{}\"\nstart = \"2020-03-10\"\nend = \"{end}\"\n\
             [[instrument]]\nsymbol = \"BTCUSDT\"\nbase = \"BTC\"\ntick = 0.01\nlot = 0.000001\n\
             [account]\nbalances = {{ USDT = 10000 }}\n\
             [strategy]\nname = \"buy-and-hold\"\n[report]\ncontrols = 3\nresamples = 200\n",
            data.display()
        );
        let said = bench.backtest(&bench.write("hours.toml", text), &["--json"]);
        let folder = said.json()["folder"].as_str().unwrap().to_owned();
        let report = std::fs::read(std::path::Path::new(&folder).join("report.json")).unwrap();
        serde_json::from_slice::<Value>(&report).unwrap()
    };
    let report = measured("2020-03-11T12:00:00Z");
    assert_eq!(report["returns"]["horizon"], "1 hour");
    assert_eq!(report["returns"]["why"], "Returns are over 1 hour: the prices in the data are 1 hour apart.");
    let returns = report["returns"]["returns"].as_array().unwrap();
    assert!((35..=37).contains(&returns.len()), "{}", returns.len());
    assert!(returns.iter().filter(|it| it.as_f64() == Some(0.0)).count() < 4, "{returns:?}");
    let tail = &report["returns"]["tails"];
    assert!(tail[0]["value_at_risk"]["known"].as_f64().unwrap() > 0.001, "{tail}");
    assert!(tail[1]["value_at_risk"]["missing"].as_str().unwrap().contains("needs 100"), "{tail}");
    let sharpe = |report: &Value| {
        let figures = report["figures"].as_array().unwrap();
        figures.iter().find(|it| it["name"] == "Sharpe ratio").unwrap()["value"].clone()
    };
    let short = measured("2020-03-10T20:00:00Z");
    assert!(sharpe(&short)["missing"].as_str().unwrap().contains("needs 30"), "{}", sharpe(&short));
    assert!(sharpe(&report)["known"].is_number(), "{}", sharpe(&report));
}

#[test]
fn a_sweep_names_the_jobs_whose_books_are_not_the_venues() {
    let bench = Bench::default();
    let data = support::shared("klines-1m-usdm/AVAXUSDT-1m-2025-02.csv.zst");
    let path = "../../../shared/data/klines-1m-usdm/AVAXUSDT-1m-2025-02.csv.zst\"";
    let short = format!("{}\"\nend = \"2025-02-02\"", data.display());
    let sweep = |faults: &str, more: &[&str]| {
        let grid = format!("resamples = 1000\n[sweep.grid]\nfast = [4, 8]\n[venue.faults]\n{faults}");
        let changes = [(path, &short[..]), ("resamples = 1000", &grid[..])];
        let config = bench.write("sweep.toml", changed("examples/cross-minute.toml", &changes));
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_scalp"));
        command.arg("sweep").arg(config).arg("--folder").arg(bench.path("runs")).args(more);
        support::Said::of(command.output().unwrap())
    };
    let sound = sweep("", &[]);
    assert!(sound.ok && !sound.out.contains("differ from the venue"), "{} {}", sound.out, sound.err);
    let deaf = sweep("lose_reply = 1.0", &["--json"]).json();
    assert_eq!(deaf["unreconciled"], serde_json::json!([0, 1]), "{deaf}");
    let said = sweep("lose_reply = 1.0", &[]).out;
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("WARNING: 2 of 2 jobs ended with books that differ from the venue's (0, 1)"),
        "{said}"
    );
    let page = said.split("Page: ").nth(1).unwrap().trim();
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.split("<section").next().unwrap().contains("2 of 2 jobs ended"));
}
