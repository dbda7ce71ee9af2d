//! The example configurations run on the real data they name, and what is true of that data is true of the run: nothing
//! of the crash is lost, funding is paid at its times, every bar counts.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use scalp_tables::eventfile::EventFile;
use scalp_types::{InstrumentId, MarketBody};
use serde_json::Value;
use support::{Bench, count, number, root, rows};

/// Runs an example without its page; the tables are kept.
fn example(bench: &Bench, name: &str) -> Value {
    let text = std::fs::read_to_string(root().join(format!("config/examples/{name}.toml"))).unwrap();
    let text = text
        .replace("../../../shared/", "../shared/")
        .replace("[report]", "[report]\nhtml = false\njournal = false");
    bench.backtest(&bench.write("example.toml", text), &["--json"]).json()
}

/// The one converted source of a bench.
fn converted(bench: &Bench) -> EventFile {
    let mut files = std::fs::read_dir(bench.path("runs/cache")).unwrap().map(|it| it.unwrap().path());
    let file = files.next().unwrap();
    assert!(files.next().is_none(), "one source, one file");
    EventFile::open(&file).unwrap()
}

/// Lowest and highest price of all trades, as text, and how many there are.
fn extremes(file: &EventFile) -> (String, String, u64) {
    use scalp_types::EventStream;
    let instrument = file.instruments().get(InstrumentId(0)).clone();
    let mut stream = file.by_exchange();
    let (mut low, mut high, mut trades) = (None, None, 0);
    while let Some(event) = stream.next().unwrap() {
        if let MarketBody::Trade(it) = event.body {
            low = Some(low.map_or(it.price, |low| it.price.min(low)));
            high = Some(high.map_or(it.price, |high| it.price.max(high)));
            trades += 1;
        }
    }
    let text = |price: Option<_>| instrument.price_decimal(price.unwrap()).normalize().to_string();
    (text(low), text(high), trades)
}

#[test]
fn the_crash_on_a_coin_margined_perpetual_survives_whole() {
    let bench = Bench::default();
    let result = example(&bench, "crash-inverse");
    assert_eq!(extremes(&converted(&bench)), ("63.42".into(), "279.62".into(), 153_481));
    assert_eq!(number(&result, "events"), "153481");
    assert!(count(&result, "orders") > 20 && count(&result, "fills") > 20);
    assert_eq!(count(&result, "faults"), 0);
    // Coins of about 200 dollars: the balance is in AAVE, the contracts in dollars.
    let balance = result["balance"].as_f64().unwrap();
    assert!((1.0..100.0).contains(&balance), "{balance} AAVE");
}

#[test]
fn the_crash_on_a_spot_market_survives_whole() {
    let bench = Bench::default();
    let result = example(&bench, "crash-spot");
    assert_eq!(extremes(&converted(&bench)), ("0.1152".into(), "0.2402".into(), 300_351));
    assert_eq!(number(&result, "events"), "300351");
    let position = result["position"].as_f64().unwrap();
    assert!(count(&result, "fills") > 5 && position >= 0.0, "spot is never short: {position}");
    assert_eq!(count(&result, "faults"), 0);
}

#[test]
fn four_perpetuals_with_brackets_pay_their_funding() {
    let bench = Bench::default();
    let result = example(&bench, "trend-hourly");
    // 16,087 hours of each of four, less those that the exchange was down, and 2,013 fundings of each.
    assert_eq!((number(&result, "bars"), number(&result, "events")), ("64316".into(), "72368".into()));
    assert_eq!(count(&result, "faults"), 0);
    let orders = rows(&bench, "orders");
    let ended =
        |reason: &str| orders.iter().filter(|it| it["reason"] == reason && it["status"] == "filled").count();
    assert!(ended("stop loss") > 50 && ended("take profit") > 50, "both legs of the brackets fill");
    for it in &orders {
        let status = it["status"].as_str();
        assert!(status != "pending" && !status.contains("unknown"), "{it:?}");
    }
    let account = rows(&bench, "account");
    let funding: Vec<_> = account.iter().filter(|it| it["kind"] == "funding").collect();
    assert!(funding.len() > 1_000, "{}", funding.len());
    for it in &funding {
        let hour: u32 = it["at"][11..13].parse().unwrap();
        assert!(hour.is_multiple_of(8) && it["at"][14..].starts_with("00:00"), "{it:?}");
    }
    let sum: f64 = funding.iter().map(|it| it["amount"].parse::<f64>().unwrap()).sum();
    assert!((sum - result["funding"].as_f64().unwrap()).abs() < 1e-6, "{sum} of {}", result["funding"]);
}

#[test]
fn a_month_of_minutes_becomes_quarters_of_hours() {
    let bench = Bench::default();
    let result = example(&bench, "cross-minute");
    assert_eq!((number(&result, "events"), number(&result, "bars")), ("40320".into(), "2688".into()));
    assert!(count(&result, "fills") > 20 && count(&result, "faults") == 0);
}

#[test]
fn rules_over_features_trade_the_generated_market_and_say_why() {
    let bench = Bench::default();
    let text = std::fs::read_to_string(root().join("config/features.toml")).unwrap();
    let text = text.replace("[report]", "[report]\nhtml = false\njournal = false\ncontrols = 0");
    let result = bench.backtest(&bench.write("features.toml", text), &["--json"]).json();
    assert_eq!((count(&result, "faults"), count(&result, "refused")), (0, 0));
    assert!(result.get("remarks").is_none(), "{}", result["remarks"]);
    let orders = rows(&bench, "orders");
    let entries: Vec<_> = orders.iter().filter(|it| it["reason"] == "signal").collect();
    assert!(entries.len() > 10, "{}", entries.len());
    for it in &entries {
        let rule = if it["side"] == "buy" { "enter_long" } else { "enter_short" };
        assert!(it["why"].starts_with(rule) && it["why"].contains("RSI(14) = "), "{it:?}");
    }
}
