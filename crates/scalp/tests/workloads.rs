//! Each workload is a configuration like any other, gives the figures that other engines gave on the same data, to the
//! last digit, and runs unchanged on another capture or instrument.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use serde_json::Value;
use support::{Bench, changed, count, number};

/// The keys that `--json` promises.
const PROMISED: [&str; 14] = [
    "events",
    "bars",
    "orders",
    "fills",
    "submits",
    "cancels",
    "position",
    "fees",
    "balance",
    "equity",
    "cpu_seconds",
    "wall_seconds",
    "peak_rss_bytes",
    "state_hash",
];

/// Asserts figures written as `key=value`.
fn check(result: &Value, figures: &[&str]) {
    for figure in figures {
        let (key, want) = figure.split_once('=').unwrap();
        assert_eq!(number(result, key), want, "{key}");
    }
    assert_eq!(count(result, "faults"), 0, "nothing came in that cannot be");
}

#[test]
fn json_is_one_object_with_everything_promised() {
    for workload in ["w1", "w2a", "w2b", "w2c", "w3"] {
        let result = Bench::default().shipped(&format!("workloads/{workload}.toml"));
        for key in PROMISED {
            assert!(!result[key].is_null(), "{workload}: {key} is missing");
        }
        let seconds = result["cpu_seconds"].as_f64().unwrap();
        assert!(seconds > 0.0 && result["wall_seconds"].as_f64().unwrap() > 0.0, "{workload}");
        assert!(count(&result, "peak_rss_bytes") < 64 << 20, "{workload}: at most 64 MB");
        assert_eq!(result["state_hash"].as_str().unwrap().len(), 16, "{workload}");
        assert!(result["folder"].is_null(), "{workload}: keep = false keeps nothing");
    }
}

#[test]
fn w1_trades_become_bars_and_a_cross_trades_them() {
    let result = Bench::default().shipped("workloads/w1.toml");
    let figures = ["bars=50025", "orders=1000", "fills=1075", "balance=1000006.45450732", "position=-0.001"];
    check(&result, &figures);
    check(&result, &["events=1000500", "submits=1000", "cancels=0", "fees=31.58468418"]);
}

#[test]
fn w2a_a_book_is_replayed_and_nothing_is_traded() {
    let result = Bench::default().shipped("workloads/w2a.toml");
    // 443,521 levels, 21,313 trades and one snapshot of 2,000 levels; the peer counts 25,139 rows twice, once for
    // each of its two orders of time.
    check(
        &result,
        &["events=466834", "orders=0", "fills=0", "position=0", "fees=0", "balance=0", "equity=0"],
    );
    let end = &result["instruments"]["BTCUSDT"];
    assert_eq!((number(end, "bid"), number(end, "ask")), ("61659.7".into(), "61659.8".into()));
}

#[test]
fn w2b_a_grid_makes_markets_on_a_recorded_book() {
    let result = Bench::default().shipped("workloads/w2b.toml");
    let figures = ["submits=2870", "cancels=1692", "fills=1075", "position=-0.07", "fees=132.669149"];
    check(&result, &figures);
    // The peer's balance leaves fees out: 4254.315 - 0.07 * 61659.75 - 132.669149 is the equity, to the last digit.
    check(&result, &["equity=-194.536649", "volume=10.75", "value=663345.745"]);
}

#[test]
fn w2b_agrees_under_other_latencies_and_queues_too() {
    let latency = "latency = { entry = \"5ms\", response = \"5ms\" }";
    let queue = "queue = { model = \"power\", n = 2.0 }";
    let cases = [
        (latency, "latency = { entry = \"0ns\", response = \"0ns\" }", [2_857, 1_672, 1_101]),
        (latency, "latency = { entry = \"100ms\", response = \"100ms\" }", [2_740, 2_300, 852]),
        (queue, "queue = { model = \"risk-averse\" }", [2_865, 1_689, 1_073]),
    ];
    for (before, after, want) in cases {
        let result = Bench::default().changed("workloads/w2b.toml", &[(before, after)]);
        let got = ["submits", "cancels", "fills"].map(|key| count(&result, key));
        assert_eq!(got, want, "{after}");
        check(&result, &[]);
    }
}

#[test]
fn w2c_a_quick_quoter_on_a_recorded_book() {
    let result = Bench::default().shipped("workloads/w2c.toml");
    check(&result, &["submits=1460", "cancels=737", "fills=575", "position=-0.01"]);
    let equity = result["equity"].as_f64().unwrap();
    assert_eq!(format!("{equity:.4}"), "-106.3773");
}

#[test]
fn w3_batched_updates_keep_the_book() {
    let result = Bench::default().shipped("workloads/w3.toml");
    check(&result, &["events=1190100", "orders=0", "fills=0"]);
    let end = &result["instruments"]["XRPUSDT"];
    let figures = ["touch_sum", "bid", "ask"].map(|key| number(end, key));
    assert_eq!(figures, ["58604.22", "1.9537", "1.9538"]);
}

/// Another instrument of another kind, by changing path, symbol, tick, lot and size alone.
#[test]
fn a_workload_runs_unchanged_on_another_capture_and_instrument() {
    const BTC: &str = "usdm_btcusdt_20240808.gz";
    const TERMS: &str = "symbol = \"BTCUSDT\"\ntick = 0.1\nlot = 0.001";
    const USDT: &str = "balances = { USDT = 0 }";
    const SIZE: &str = "order_qty = 0.01";
    let others: [(&str, [(&str, &str); 4]); 3] = [
        (
            "ETHUSDT",
            [
                (BTC, "usdm_ethusdt_20240808.gz"),
                (TERMS, "symbol = \"ETHUSDT\"\nbase = \"ETH\"\ntick = 0.01\nlot = 0.001"),
                (USDT, USDT),
                (SIZE, "order_qty = 0.1"),
            ],
        ),
        (
            "BTCUSD_PERP",
            [
                (BTC, "cm_btcusd_perp_20240808.gz"),
                (
                    TERMS,
                    "venue = \"binance-coinm\"\nsymbol = \"BTCUSD_PERP\"\ncontract = \"inverse\"\nquote = \"USD\"\n\
                     tick = 0.1\nlot = 1\nmultiplier = 100",
                ),
                (USDT, "balances = { BTC = 0 }"),
                (SIZE, "order_qty = 10"),
            ],
        ),
        (
            // Orders are sized by 0.00001, but old orders have left a millionth here and there in the book.
            "BTCUSDT",
            [
                (BTC, "spot_btcusdt_20240808.gz"),
                (
                    TERMS,
                    "venue = \"binance-spot\"\nsymbol = \"BTCUSDT\"\ncontract = \"spot\"\ntick = 0.01\nlot = 0.000001",
                ),
                (USDT, "balances = { USDT = 100000, BTC = 1 }"),
                (SIZE, "order_qty = 0.01"),
            ],
        ),
    ];
    for (symbol, changes) in others {
        let result = Bench::default().changed("workloads/w2b.toml", &changes);
        check(&result, &[]);
        assert!(count(&result, "events") > 20_000, "{symbol}: {}", result["events"]);
        assert!(count(&result, "fills") > 10, "{symbol}: {} fills", result["fills"]);
        let end = &result["instruments"][symbol];
        let [bid, ask] = ["bid", "ask"].map(|key| end[key].as_f64().unwrap());
        assert!(bid < ask && bid > 1_000.0, "{symbol}: {bid} / {ask}");
        let [fees, value] = ["fees", "value"].map(|key| result[key].as_f64().unwrap());
        assert!((fees / value - 0.0002).abs() < 1e-6, "{symbol}: every fill is a maker's, {fees} of {value}");
    }
}

#[test]
fn w1_runs_unchanged_on_trades_of_another_format_and_contract() {
    let crash = "../shared/data/trades-20251010/binance-delivery_trades_2025-10-10_AAVEUSD_PERP.csv.zst";
    let text = changed("workloads/w1.toml", &[]);
    let mapping = text.find("format = \"mapping\"").unwrap()..text.find("[[instrument]]").unwrap();
    let mut text = text.clone();
    text.replace_range(mapping, "");
    let text = text
        .replace("../shared/data/nautilus/bench/btcusdt_spot_trades.csv.gz", crash)
        .replace("symbol = \"BTCUSDT\"", "venue = \"binance-coinm\"\nsymbol = \"AAVEUSD_PERP\"\nquote = \"USD\"\nbase = \"AAVE\"\ncontract = \"inverse\"\nmultiplier = 10")
        .replace("lot = 0.000001", "lot = 1")
        .replace("USDT = 1000000", "AAVE = 1000")
        .replace("order_qty = 0.001", "order_qty = 3");
    let bench = Bench::default();
    let result = bench.backtest(&bench.write("other.toml", text), &["--json"]).json();
    check(&result, &["events=153481", "bars=7674"]);
    assert!(count(&result, "orders") > 100 && count(&result, "fills") >= count(&result, "orders"));
}
