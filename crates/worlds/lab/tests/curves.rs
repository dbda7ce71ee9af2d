//! What a run is measured by and compared with: the curve of buying and holding, the grid of returns, the trials that
//! are paid for, and what is said before any figure.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use scalp_engine::Fault;
use scalp_lab::analysis::{About, page};
use scalp_lab::backtest::{Finished, Looks, run};
use scalp_lab::metrics::sampling::sample;
use scalp_lab::summary::{Exact, OneOrMany};
use scalp_lab::sweep;
use scalp_quant::edge::{SharpeSample, Trials};
use scalp_quant::performance;
use scalp_report::data::{ReportData, Run, Value};
use scalp_report::terminal::{self, Style};
use scalp_risk::{ModeChange, ModeReason};
use scalp_strategy::Shipped;
use scalp_types::rng::Stream;
use scalp_types::{Mode, Rate, Span};
use std::path::Path;
use support::{Ready, ready};

const HOUR_MS: i64 = 3_600_000;
const START_MS: i64 = 1_704_067_200_000;

/// Hourly bars with these closes, each opening at the close before it; the first opens at `first`.
fn bars(folder: &Path, first: i64, closes: &[i64]) -> std::path::PathBuf {
    let mut text = String::from("timestamp,open,high,low,close,volume\n");
    let mut open = first;
    for (n, close) in closes.iter().enumerate() {
        let at = START_MS + n as i64 * HOUR_MS;
        let (high, low) = (open.max(*close), open.min(*close));
        text.push_str(&format!("{at},{open},{high},{low},{close},1000\n"));
        open = *close;
    }
    let path = folder.join("bars.csv");
    std::fs::write(&path, text).unwrap();
    path
}

fn prepared(first: i64, closes: &[i64], sample: &str, more: &str) -> Ready {
    let folder = tempfile::tempdir().unwrap();
    ready(&described(&bars(folder.path(), first, closes), sample, more))
}

fn described(data: &Path, sample: &str, more: &str) -> String {
    format!(
        r#"
        [[data]]
        path = {data:?}
        format = "mapping"
        [data.mapping]
        kind = "bars"
        span = "1h"
        time = {{ column = "timestamp", unit = "ms" }}
        [data.mapping.columns]
        open = "open"
        high = "high"
        low = "low"
        close = "close"
        volume = "volume"
        [[instrument]]
        symbol = "X"
        base = "X"
        tick = 1
        lot = 0.001
        [account]
        balances = {{ USDT = 10000 }}
        [venue]
        no_margin_check = true
        fees = {{ maker = 0, taker = 0 }}
        {more}
        [report]
        sample = {sample:?}
        controls = 5
        resamples = 50
        "#
    )
}

const HOLD: &str = "[strategy]\nname = \"buy-and-hold\"";

fn finished(ready: &Ready) -> Finished {
    run(&ready.plan, &ready.loaded.tracks, Looks { traces: true, ..Looks::default() }).unwrap()
}

fn page_of(ready: &Ready, finished: &Finished) -> ReportData {
    let about = About { id: "1".into(), command: None, synthetic: false, files: Vec::new() };
    page(&ready.plan, finished, &about).unwrap()
}

fn figure(data: &ReportData, name: &str) -> Value {
    data.figures.iter().chain(&data.risk).find(|it| it.name == name).unwrap().value.clone()
}

/// A random walk of hourly closes around 10 000.
fn walk(hours: usize) -> Vec<i64> {
    let mut stream = Stream::named(7, "walk");
    let mut price = 10_000;
    let mut step = || {
        price += stream.below(201) as i64 - 100;
        price.max(1_000)
    };
    (0..hours).map(|_| step()).collect()
}

#[test]
fn buying_and_holding_starts_at_the_first_price_and_never_looks_ahead() {
    // The price doubles in the second hour of 250 days, whose candles are longer than that.
    let mut closes = vec![200; 6_000];
    closes[0] = 100;
    for sample in ["1h", "1m", "7d"] {
        let ready = prepared(100, &closes, sample, HOLD);
        let finished = finished(&ready);
        let data = page_of(&ready, &finished);
        let hold = &data.buy_and_hold;
        assert_eq!(hold.value.first(), Some(&10_000.0), "{sample}: it starts with what there was");
        assert_eq!(hold.value.last(), Some(&20_000.0), "{sample}: and doubles");
        let text = terminal::summary(&data, Style::new(120, false));
        assert!(text.contains("Buying and holding gave +100.00 %"), "{sample}: {text}");
    }
}

#[test]
fn each_time_has_one_row_of_equity_also_where_the_end_falls_on_a_sample() {
    let ready = prepared(10_000, &walk(48), "1h", HOLD);
    let finished = finished(&ready);
    let rows = &finished.outcome.equity;
    assert!(
        rows.windows(2).all(|it| (it[0].at, it[0].asset) < (it[1].at, it[1].asset)),
        "{:?}",
        &rows[rows.len() - 2..]
    );
    let OneOrMany::One(closing) = &finished.summary.equity else { panic!("one asset") };
    let last = rows.last().unwrap();
    assert_eq!((last.at, last.equity.to_decimal()), (finished.last_at, closing.0), "the end is what holds");
    assert_eq!(last.at.nanos() % (HOUR_MS * 1_000_000), 0, "and it falls on a sample");
}

#[test]
fn each_point_of_buying_and_holding_is_the_last_price_at_or_before_it() {
    let closes = walk(6_000);
    let ready = prepared(9_000, &closes, "1h", HOLD);
    let finished = finished(&ready);
    let data = page_of(&ready, &finished);
    let hold = &data.buy_and_hold;
    assert!(hold.at_ns.len() > 5_990);
    assert!((hold.value[0] - 10_000.0).abs() < 1e-9);
    for (at, value) in hold.at_ns.iter().zip(&hold.value).skip(1) {
        // A bar is known at its end.
        let known = (at / 1_000_000 - START_MS) / HOUR_MS;
        let price = closes[known as usize - 1] as f64;
        assert!((value - 10_000.0 * price / 9_000.0).abs() < 1e-6, "{at}: {value}, price {price}");
    }
}

#[test]
fn samples_coarser_than_the_grid_make_the_grid_coarser_and_are_no_zero_returns() {
    let closes = walk(24 * 50);
    let ready = prepared(10_000, &closes, "12h", HOLD);
    let finished = finished(&ready);
    let data = page_of(&ready, &finished);
    assert_eq!(data.returns.horizon, "12 hours");
    let zeros = data.returns.returns.iter().filter(|it| **it == 0.0).count();
    assert!((99..=101).contains(&data.returns.returns.len()), "{} returns", data.returns.returns.len());
    assert!(zeros <= 2, "{zeros} returns of nothing");
    // 730 steps of twelve hours in a year.
    let volatility = performance::volatility(&data.returns.returns, 730.0).unwrap();
    assert_eq!(figure(&data, "Volatility"), Value::Known(volatility));
    assert!(figure(&data, "Value at risk 95 %").get().unwrap() > 0.0);
    let text = terminal::summary(&data, Style::new(120, false));
    assert!(text.contains("WARNING: Equity was sampled every 12 hours"), "{text}");

    // Sampled by the minute the same run is measured by the hour, and no more volatile than twelve hours say.
    let fine = prepared(10_000, &closes, "1m", HOLD);
    let data = page_of(&fine, &self::finished(&fine));
    assert_eq!(data.returns.horizon, "1 hour");
    let by_the_hour = figure(&data, "Volatility").get().unwrap();
    assert!((by_the_hour / volatility - 1.0).abs() < 0.25, "{by_the_hour} and {volatility}");
    assert!(data.warnings.is_empty(), "{:?}", data.warnings);
}

#[test]
fn too_few_samples_are_a_missing_ratio_and_no_number() {
    let ready = prepared(10_000, &walk(24 * 50), "30d", HOLD);
    let data = page_of(&ready, &finished(&ready));
    assert!(matches!(figure(&data, "Sharpe ratio"), Value::Missing(_)));
    assert!(matches!(figure(&data, "Value at risk 95 %"), Value::Missing(_)));
    assert_eq!(data.returns.horizon, "30 days");
}

#[test]
fn the_terminal_and_the_page_say_first_that_the_books_differ_and_that_trading_was_paused() {
    let ready = prepared(10_000, &walk(100), "1h", HOLD);
    let mut finished = finished(&ready);
    assert!(page_of(&ready, &finished).warnings.is_empty());
    finished.summary.unreconciled = true;
    let length = finished.last_at - finished.first_at;
    let at = finished.first_at.saturating_add(Span::from_nanos(length.nanos() / 4));
    let (old, new, reason) = (Mode::Normal, Mode::Paused, ModeReason::Integrity);
    finished.outcome.modes.push((at, ModeChange { at, old, new, reason, operator: 0 }));
    // What the end commands is no news.
    let (at, reason) = (finished.last_at, ModeReason::Command);
    finished.outcome.modes.push((at, ModeChange { at, old, new, reason, operator: 0 }));
    let data = page_of(&ready, &finished);
    let text = terminal::summary(&data, Style::new(120, false));
    let before_the_result = text.split(" -> ").next().unwrap();
    for said in ["WARNING: The books of the venue differ from ours", "paused", "75.0 % of the run"] {
        assert!(before_the_result.contains(said), "{said} is missing above the result:\n{text}");
    }
    let html = scalp_report::page(&data);
    let head = html.split("<section").next().unwrap();
    assert!(head.contains("The books of the venue differ from ours") && head.contains("trading was paused"));
    assert!(!head.contains("never answered"), "nothing was asked");
}

#[test]
fn round_trips_and_what_is_booked_of_open_positions_make_the_change_of_the_balance() {
    let mut ready = prepared(10_000, &walk(100), "1h", HOLD);
    ready.plan.exchange.fees[0].taker = Rate::new(Rate::ONE / 1_000);
    let finished = finished(&ready);
    let Value::Known(booked) = figure(&page_of(&ready, &finished), "Booked of open positions") else {
        panic!("it holds a position")
    };
    let balance = finished.outcome.equity.last().unwrap().balance;
    assert!(finished.outcome.trips.is_empty() && booked < 0.0);
    assert!((booked - (balance - finished.opening).to_f64()).abs() < 1e-9, "{booked}");
}

#[test]
fn faults_are_named_by_kind_and_silence_of_the_venue_only_where_there_was_some() {
    let ready = prepared(10_000, &walk(100), "1h", HOLD);
    let mut finished = finished(&ready);
    assert!(page_of(&ready, &finished).fill_quality.unwrap().faults.is_empty());
    let instrument = scalp_types::InstrumentId(0);
    let (again, silent) =
        (Fault::DuplicateFill(scalp_types::OrderId(1)), Fault::Unanswered { order: None, instrument });
    finished.outcome.faults = [again, silent, again].map(|it| (finished.last_at, it)).to_vec();
    finished.summary.fault_kinds = scalp_lab::summary::fault_kinds(&finished.outcome.faults);
    finished.summary.unreconciled = true;
    let data = page_of(&ready, &finished);
    assert!(
        data.warnings[0].ends_with("A question to the venue was never answered."),
        "{}",
        data.warnings[0]
    );
    let (text, html) = (terminal::summary(&data, Style::new(120, false)), scalp_report::page(&data));
    for kind in ["a fill that was known already", "a question that the venue never answered"] {
        assert!(text.contains(&format!("Fault: {kind}")) && html.contains(kind), "{kind}: {text}");
    }
    let kinds = serde_json::to_value(&finished.summary).unwrap()["fault_kinds"].clone();
    assert_eq!(kinds, serde_json::json!({ "duplicate_fill": 2, "unanswered": 1 }));
}

/// The deflated Sharpe ratios by job of a sweep for which so many trials were declared, held against those of
/// `counted` trials.
fn deflated(declared: u32, counted: u64) -> Vec<f64> {
    let sweep =
        "[strategy]\nname = \"cross\"\norder_qty = 1\n[sweep.grid]\nfast = [2, 4, 8]\nslow = [12, 24]";
    let mut ready = prepared(10_000, &walk(24 * 50), "1h", sweep);
    ready.plan.config.run.trials = declared;
    let Ready { plan, loaded, .. } = &ready;
    let swept = sweep::run::<Shipped>(&plan.config, &plan.instruments, &loaded.tracks, &|_, _| ()).unwrap();
    let data = sweep::ranked(&swept, plan.opening(), &plan.config, Run::default());
    assert_eq!(data.run.trials, counted);
    let counted_in_words = format!("Trials counted: {}", if counted > 999 { "5,005" } else { "6" });
    let (text, html) = (terminal::sweep(&data, Style::new(120, false)), scalp_report::sweep(&data));
    assert!(text.contains(&counted_in_words) && html.contains(&counted_in_words), "{text}");

    let of_job = |it: &sweep::JobResult| {
        let (at, equity): (Vec<_>, Vec<_>) = it.curve.iter().map(|it| (it.0, it.1.to_f64())).unzip();
        let sampled = sample(&at, &equity, Span::from_secs(3_600)).unwrap();
        SharpeSample::of(&sampled.returns().unwrap()).unwrap()
    };
    let samples: Vec<SharpeSample> = swept.results.iter().map(of_job).collect();
    let sharpes: Vec<f64> = samples.iter().map(|it| it.sharpe).collect();
    let trials = Trials { count: counted as f64, ..Trials::of(&sharpes).unwrap() };
    let mut rows = data.rows;
    rows.sort_by_key(|it| it.job);
    let got: Vec<f64> = rows.iter().map(|it| it.values[0].get().unwrap()).collect();
    let want: Vec<f64> = samples.iter().map(|it| it.deflated(trials).unwrap()).collect();
    assert_eq!(got, want);
    got
}

#[test]
fn a_sweep_pays_for_what_was_tried_before_it() {
    // Six jobs, and 4999 before them.
    let (one, many) = (deflated(1, 6), deflated(5_000, 5_005));
    for (one, many) in one.iter().zip(&many) {
        assert!(many < one, "{many} after 5005 trials is not below {one} after 6");
    }
}

/// An inverse contract on these closes, and two coins to begin with.
fn inverse(closes: &[i64]) -> Ready {
    let folder = tempfile::tempdir().unwrap();
    let mut text = described(&bars(folder.path(), closes[0], closes), "1h", HOLD);
    for (before, after) in [
        ("{ USDT = 10000 }", "{ X = 2 }"),
        ("symbol = \"X\"\n", "symbol = \"X\"\ncontract = \"inverse\"\nquote = \"USD\"\n"),
        ("lot = 0.001", "lot = 1"),
    ] {
        assert!(text.contains(before), "{before}");
        text = text.replace(before, after);
    }
    ready(&text)
}

#[test]
fn holding_the_coin_of_an_inverse_contract_changes_nothing_in_that_coin_and_never_falls_below_zero() {
    let mut closes = vec![100; 60];
    closes.extend(vec![20; 60]);
    closes.extend(vec![70; 60]);
    let ready = inverse(&closes);
    let finished = finished(&ready);
    let data = page_of(&ready, &finished);
    assert!(
        data.buy_and_hold.value.iter().all(|it| (it - 2.0).abs() < 1e-12),
        "{:?}",
        data.buy_and_hold.value
    );
    let text = terminal::summary(&data, Style::new(120, false));
    let said = "For inverse contracts that is X kept as it is: counted in X it never changes.";
    assert!(text.contains(&format!("Buying and holding gave 0.00 %. {said}")), "{text}");
    assert!(scalp_report::page(&data).contains(said));
}

#[test]
fn a_second_settle_currency_is_named_above_the_figures_with_what_became_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = bars(folder.path(), 100, &walk(60).iter().map(|it| it / 100).collect::<Vec<_>>());
    let of = |symbol: &str| {
        let text = described(&data, "1h", HOLD)
            .replace("format = \"mapping\"\n", "format = \"mapping\"\ninstrument = \"X\"\n");
        let other = "[[instrument]]\nsymbol = \"BTCUSD\"\nbase = \"BTC\"\nquote = \"USD\"\ncontract = \"inverse\"\ntick = 1\nlot = 1\n[account]";
        ready(&text.replace("[account]", other).replace("USDT = 10000", symbol))
    };
    let ready = of("USDT = 10000, BTC = 0.5");
    let mut finished = finished(&ready);
    let data = page_of(&ready, &finished);
    let want = "All figures and curves count USDT alone. In BTC, where binance-usdm:BTCUSD settles, equity went from \
                0.5 to 0.5 (+0.00 %).";
    assert_eq!(data.warnings, [want]);
    // Another end of it.
    let OneOrMany::Many(equity) = &mut finished.summary.equity else { panic!("two assets") };
    equity.insert("BTC".into(), Exact("0.25".parse().unwrap()));
    let text = terminal::summary(&page_of(&ready, &finished), Style::new(120, false));
    let words: Vec<&str> = text.split(" -> ").next().unwrap().split_whitespace().collect();
    assert!(words.join(" ").contains("0.5 to 0.25 (-50.00 %)"), "{text}");
}
