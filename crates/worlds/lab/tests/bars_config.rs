//! `[bars.imbalance]` and `[bars.run]`: what is taken, what is refused, and what data they need.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use scalp_config::Config;
use scalp_lab::backtest::{Looks, run};
use scalp_market::{BarRule, FlowKind, FlowUnit};
use std::fmt::Write;
use std::path::Path;
use support::{Ready, ready};

const SPAN: &str = "trades_first = 20\ntrades_min = 5\ntrades_max = 100\ntrades_span = 10\nflow_span = 50\n";
const INSTRUMENT: &str =
    "[[instrument]]\nvenue = \"v\"\nsymbol = \"S\"\nbase = \"B\"\nquote = \"Q\"\ntick = \"1\"\nlot = \"1\"\n";
const WATCH: &str = "[strategy]\nname = \"watch\"\n";

fn rules(bars: &str) -> Result<Vec<BarRule>, String> {
    let text = format!("{INSTRUMENT}{bars}{WATCH}");
    let config = Config::parse(&text, Path::new("test.toml")).map_err(|e| e.to_string())?;
    let instruments = config.instruments().unwrap();
    let engine = config.engine(&instruments).map_err(|e| e.to_string())?;
    Ok(engine.bars.into_iter().map(|it| it.1).collect())
}

#[test]
fn every_key_of_a_flow_bar_reaches_the_core() {
    for (name, kind) in [("imbalance", FlowKind::Imbalance), ("run", FlowKind::Run)] {
        for (word, unit) in
            [("tick", FlowUnit::Tick), ("volume", FlowUnit::Volume), ("value", FlowUnit::Value)]
        {
            let rules = rules(&format!("[bars.{name}]\nunit = \"{word}\"\n{SPAN}")).unwrap();
            let [BarRule::Flow(rule)] = rules[..] else { panic!("{rules:?}") };
            assert_eq!((rule.kind, rule.unit), (kind, unit));
            let numbers =
                (rule.trades_first, rule.trades_min, rule.trades_max, rule.trades_span, rule.flow_span);
            assert_eq!(numbers, (20, 5, 100, 10, 50));
        }
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_key() {
    for name in ["imbalance", "run"] {
        let of = |change: (&str, &str)| {
            let bars = format!("[bars.{name}]\nunit = \"tick\"\n{SPAN}").replace(change.0, change.1);
            rules(&bars).unwrap_err()
        };
        let key = format!("test.toml: bars.{name}");
        for (change, parts) in [
            (("trades_min = 5", "trades_min = 21"), ["", "trades_min <= trades_first <= trades_max"]),
            (("trades_max = 100", "trades_max = 19"), ["", "trades_min <= trades_first <= trades_max"]),
            (("trades_min = 5", "trades_min = 0"), ["", "above zero"]),
            (("flow_span = 50", "flow_span = 0"), ["", "above zero"]),
            (("trades_span = 10", "trades_span = 0"), ["", "above zero"]),
            (("flow_span = 50\n", ""), ["", "missing field `flow_span`"]),
            (("\"tick\"", "\"lots\""), [".unit", "unknown variant `lots`"]),
            (("flow_span = 50", "flow_span = -1"), [".flow_span", "expected a whole number, 0 or more"]),
            (("flow_span = 50", "flow_span = 50\nspan = 1"), ["", "unknown field `span`"]),
        ] {
            let said = of(change);
            assert!(said.starts_with(&format!("{key}{}", parts[0])), "{change:?}: {said}");
            assert!(said.contains(parts[1]), "{change:?}: {said}");
        }
    }
    let two = format!("[bars]\ntrades = 5\n[bars.run]\nunit = \"tick\"\n{SPAN}");
    assert!(rules(&two).unwrap_err().contains("bars: expected one kind of bar"));
}

/// A run over these rows of a CSV described by `mapping`.
fn over(rows: &str, mapping: &str, bars: &str) -> Ready {
    over_with("", rows, mapping, bars)
}

/// The same with further keys of the data.
fn over_with(keys: &str, rows: &str, mapping: &str, bars: &str) -> Ready {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    std::fs::write(&path, rows).unwrap();
    let text = format!(
        "[[data]]\npath = \"{}\"\nformat = \"mapping\"\n{keys}[data.mapping]\n\
         time = {{ column = \"ts\", unit = \"ms\" }}\n{mapping}\n{INSTRUMENT}[account]\nbalances = {{ Q = 1000 }}\n{bars}{WATCH}",
        path.display()
    );
    ready(&text)
}

fn bars_made(ready: &Ready) -> Result<u64, String> {
    let finished = run(&ready.plan, &ready.loaded.tracks, Looks::default()).map_err(|e| e.to_string())?;
    Ok(finished.summary.bars)
}

#[test]
fn bars_that_the_data_cannot_make_are_refused_with_their_key() {
    let of_bars = "kind = \"bars\"\nspan = \"1m\"\ncolumns = { open = \"o\", high = \"o\", low = \"o\", close = \"o\", volume = \"q\" }";
    let of_trades = "kind = \"trades\"\nside = { column = \"s\", buy = [\"b\"], sell = [\"s\"] }\ncolumns = { price = \"o\", qty = \"q\" }";
    let of_quotes =
        "kind = \"quotes\"\ncolumns = { bid = \"o\", bid_qty = \"q\", ask = \"a\", ask_qty = \"q\" }";
    let mut rows = String::from("ts,o,a,q,s\n");
    for n in 0..400_i64 {
        let side = if n / 40 % 2 == 0 { "b" } else { "s" };
        writeln!(rows, "{},100,101,1,{side}", 1_700_000_040_000 + n * 60_000).unwrap();
    }
    for name in ["imbalance", "run"] {
        let flow = format!("[bars.{name}]\nunit = \"tick\"\n{SPAN}");
        assert!(bars_made(&over(&rows, of_trades, &flow)).unwrap() > 3);
        let said = bars_made(&over(&rows, of_bars, &flow)).unwrap_err();
        assert!(said.contains(&format!("bars.{name}: expected data with trades of v:S")), "{said}");
        let said = bars_made(&over(&rows, of_quotes, &flow)).unwrap_err();
        assert!(said.contains(&format!("bars.{name}: expected data with trades, found none")), "{said}");
    }
    let plain = "[bars]\ntrades = 10\n";
    assert!(bars_made(&over(&rows, of_trades, plain)).unwrap() > 30);
    assert!(bars_made(&over(&rows, of_bars, plain)).unwrap() > 30);
    let said = bars_made(&over(&rows, of_quotes, plain)).unwrap_err();
    assert!(said.contains("bars.trades: expected data with trades or smaller bars, found none"), "{said}");
}

#[test]
fn trades_that_are_in_no_bar_are_told_of() {
    let of_trades = "kind = \"trades\"\nside = { column = \"s\", buy = [\"b\"], sell = [\"s\"] }\n\
        arrival = { column = \"heard\", unit = \"ms\" }\ncolumns = { price = \"o\", qty = \"q\" }";
    let warnings = |late_ms: i64, bars: &str| {
        let mut rows = String::from("ts,heard,o,q,s\n");
        for n in 0..400_i64 {
            let at = 1_700_000_040_000 + n * 10_000;
            let heard = at + if n % 100 == 99 { late_ms } else { 1 };
            writeln!(rows, "{at},{heard},100,1,b").unwrap();
        }
        let ready = over(&rows, of_trades, bars);
        run(&ready.plan, &ready.loaded.tracks, Looks::default()).unwrap().summary.warnings
    };
    let said = |late_ms, bars| -> Vec<String> {
        warnings(late_ms, bars).into_iter().filter(|it| it.contains("in no bar")).collect()
    };
    let minute = "[bars]\ntime = \"1m\"\n";
    // The last of the four comes when the data has ended.
    assert_eq!(said(95_000, minute), ["Trades that came when their bar had closed are in no bar: 3 of v:S."]);
    assert_eq!(said(2, minute), [""; 0]);
    assert_eq!(said(95_000, "[bars]\ntrades = 10\n"), [""; 0]);
}

#[test]
fn one_time_hours_ahead_costs_no_bar_and_shifts_no_arrival() {
    let of_trades = "kind = \"trades\"\nside = { column = \"s\", buy = [\"b\"], sell = [\"s\"] }\n\
        arrival = { column = \"heard\", unit = \"ms\" }\ncolumns = { price = \"o\", qty = \"q\" }";
    let of = |ahead_ms: i64, shift: &str| {
        let mut rows = String::from("ts,heard,o,q,s\n");
        for n in 0..400_i64 {
            let at = 1_700_000_040_000 + n * 10_000;
            let stamp = at + if n == 99 { ahead_ms } else { 0 };
            writeln!(rows, "{stamp},{},100,1,b", at - 1_500).unwrap();
        }
        let ready = over_with(shift, &rows, of_trades, "[bars]\ntime = \"1m\"\n");
        let summary = run(&ready.plan, &ready.loaded.tracks, Looks::default()).unwrap().summary;
        let told: Vec<String> = summary
            .warnings
            .into_iter()
            .filter(|it| it.contains("ahead") || it.contains("in no bar") || it.contains("happened"))
            .collect();
        (summary.bars, told, ready.loaded.tracks[0].shift.nanos() / 1_000_000)
    };
    let (bars, told, _) = of(0, "");
    assert_eq!(bars, 66);
    assert!(
        told.len() == 1 && told[0].contains("before the venue says that they happened (400 of 400 of v:S)"),
        "{told:?}"
    );
    let (bars, told, _) = of(5 * 3_600_000, "");
    assert_eq!(bars, 66);
    assert_eq!(told.len(), 2);
    assert!(told[0].contains("more than 60 s ahead") && told[0].contains("left out: 1 of v:S."), "{told:?}");
    let shift = "receive_shift = \"smallest-latency-zero\"\n";
    assert_eq!((of(0, shift).2, of(5 * 3_600_000, shift).2), (1_500, 1_500));
    assert_eq!(of(0, shift).1, [""; 0], "the clock was put right");
}

#[test]
fn bars_that_are_no_whole_number_of_the_parts_are_refused() {
    let of_bars = "kind = \"bars\"\nspan = \"1m\"\ncolumns = { open = \"o\", high = \"o\", low = \"o\", close = \"o\", volume = \"q\" }";
    let mut rows = String::from("ts,o,q\n");
    (0..40_i64).for_each(|n| writeln!(rows, "{},100,1", 1_700_000_040_000 + n * 60_000).unwrap());
    let made = |time: &str| bars_made(&over(&rows, of_bars, &format!("[bars]\ntime = \"{time}\"\n")));
    for (time, secs) in [("90s", "90"), ("30s", "30"), ("1s", "1")] {
        let said = made(time).unwrap_err();
        let want = format!("bars.time: is {secs} s, expected a multiple of 60 s, the bars of the data");
        assert!(said.contains(&want), "{said}");
    }
    assert!((8..=9).contains(&made("5m").unwrap()));
    assert_eq!(made("1m"), Ok(40));
}

#[test]
fn trades_and_bars_of_one_instrument_are_not_built_into_the_same_bars() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    let mut rows = String::from("ts,o,q,s\n");
    (0..40_i64).for_each(|n| writeln!(rows, "{},100,1,b", 1_700_000_040_000 + n * 60_000).unwrap());
    std::fs::write(&path, rows).unwrap();
    let kinds = [
        "kind = \"trades\"\nside = { column = \"s\", buy = [\"b\"], sell = [\"s\"] }\ncolumns = { price = \"o\", qty = \"q\" }",
        "kind = \"bars\"\nspan = \"1m\"\ncolumns = { open = \"o\", high = \"o\", low = \"o\", close = \"o\", volume = \"q\" }",
    ];
    let data: String = kinds
        .iter()
        .map(|kind| {
            format!(
                "[[data]]\npath = \"{}\"\nformat = \"mapping\"\n[data.mapping]\n\
                 time = {{ column = \"ts\", unit = \"ms\" }}\n{kind}\n",
                path.display()
            )
        })
        .collect();
    let made = |bars: &str| {
        bars_made(&ready(&format!("{data}{INSTRUMENT}[account]\nbalances = {{ Q = 1000 }}\n{bars}{WATCH}")))
    };
    let said = made("[bars]\ntime = \"5m\"\n").unwrap_err();
    assert!(
        said.contains("bars.time: expected trades or bars of v:S, found both: every trade would count twice"),
        "{said}"
    );
    assert_eq!(made(""), Ok(40), "without bars of our own, those of the feed are taken");
}
