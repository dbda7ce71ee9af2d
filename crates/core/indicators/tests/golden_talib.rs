//! The functions of TA-Lib against values that the C library computed.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::disallowed_methods,
    reason = "tests only: exact answers, files"
)]

mod golden;

use golden::{Bars, csv_table, deviation, json};
use scalp_indicators::{Column, Frame, Indicator, Schema, catalogue, find};

/// The columns of the reference: a bar, and what the functions of a narrow domain or with two inputs were fed.
fn schema() -> Schema {
    Schema::new(&["open", "high", "low", "close", "volume", "unit", "periods"]).unwrap()
}

fn columns(bars: &Bars) -> Vec<Vec<f64>> {
    let (min, max) = bars.close.iter().fold((f64::MAX, f64::MIN), |(a, b), &x| (a.min(x), b.max(x)));
    let unit = bars.close.iter().map(|c| 2.0 * (c - min) / (max - min) - 1.0).collect();
    let periods = (0..bars.close.len()).map(|i| (5 + (7 * i) % 23) as f64).collect();
    vec![
        bars.open.clone(),
        bars.high.clone(),
        bars.low.clone(),
        bars.close.clone(),
        bars.volume.clone(),
        unit,
        periods,
    ]
}

/// The request that the reference answers: every parameter is written out, as defaults differ between versions.
fn request(name: &str, meta: &serde_json::Value) -> String {
    let mut parts: Vec<String> =
        meta["params"].as_object().unwrap().iter().map(|(key, value)| format!("{key}={value}")).collect();
    if matches!(name, "ACOS" | "ASIN") {
        parts.push("real=unit".to_owned());
    }
    format!("{name}({})", parts.join(","))
}

/// Values smaller than this are compared as if they were as large.
const SMALL: f64 = 1e-9;

/// The same of `STOCHRSI`, which is of 100: of places that are all 0 a running mean keeps some rounding of those before, another than
/// the C library's where the last digits of the index are others.
const SMALL_OF_100: f64 = 1e-3;

fn check(set: &str, bars: &Bars, tolerance: f64) -> usize {
    let meta = json(&format!("ta/{set}_meta.json"));
    let held = columns(bars);
    let slices: Vec<&[f64]> = held.iter().map(Vec::as_slice).collect();
    let schema = schema();
    let frame = Frame::new(&schema, &slices).unwrap();
    let mut checked = 0;
    let mut worst = (0.0, String::new());
    for group in [
        "cycle_indicators",
        "math_operators",
        "math_transform",
        "momentum_indicators",
        "overlap_studies",
        "price_transform",
        "statistic_functions",
        "volatility_indicators",
        "volume_indicators",
    ] {
        let table = csv_table(&format!("ta/{set}_{group}.csv"));
        let rows: Vec<usize> = table.column("i").iter().map(|it| it.unwrap() as usize).collect();
        for (title, wanted) in table.columns().filter(|(title, _)| *title != "i") {
            let name = title.split('.').next().unwrap();
            let indicator = Indicator::parse(&request(name, &meta[name]), &schema).unwrap();
            let spec = indicator.spec();
            let outputs: Vec<&str> =
                meta[name]["outputs"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
            let ours: Vec<&str> = spec.outputs.iter().map(|it| it.name.as_str()).collect();
            assert_eq!(ours, outputs, "the outputs of {name}");
            let place = title.split_once('.').map_or(0, |(_, output)| spec.output(output).unwrap());
            let integer = spec.outputs[place].integer;
            let Ok(got) = indicator.batch(&frame) else {
                assert!(
                    wanted.iter().all(|it| it.is_none() || (integer && *it == Some(0.0))),
                    "{title} has values"
                );
                checked += 1;
                continue;
            };
            for (&row, &want) in rows.iter().zip(wanted) {
                let value = got[place].at(row);
                match (value, want) {
                    (None, None) => {}
                    // What overflows has no finite value.
                    (None, Some(want)) if want.is_infinite() => assert!(spec.partial, "{title} at {row}"),
                    (None, Some(want)) if integer && row < got[place].first => {
                        assert_eq!(want, 0.0, "{title} at {row}")
                    }
                    (Some(value), Some(want)) if integer => {
                        assert!(
                            value == want || same_extreme(name, &got, bars, value, want),
                            "{title} at {row}: {value}, not {want}"
                        );
                    }
                    (Some(value), Some(want)) => {
                        let small = if name == "STOCHRSI" { SMALL_OF_100 } else { SMALL };
                        let off = deviation(value, want, small);
                        if off > worst.0 {
                            worst = (off, format!("{title} at {row}: {value}, not {want}"));
                        }
                        assert!(off <= tolerance, "{title} at {row}: {value}, not {want}, off by {off:e}");
                    }
                    (value, want) => panic!("{title} at {row}: {value:?}, not {want:?}"),
                }
            }
            checked += 1;
        }
    }
    println!("{set}: {checked} columns, worst deviation {:e} ({}), allowed {tolerance:e}", worst.0, worst.1);
    checked
}

/// Where two bars share an extreme, either may be named.
fn same_extreme(name: &str, _: &[Column], bars: &Bars, a: f64, b: f64) -> bool {
    name.contains("INDEX") && bars.close[a as usize] == bars.close[b as usize]
}

#[test]
fn the_first_800_bars_of_eurusd() {
    assert_eq!(check("eurusd800_default", &golden::eurusd(800), 1e-9), 173);
}

#[test]
fn all_months_of_btcusd() {
    check("btc_default", &golden::btcusd(), 1e-9);
}

#[test]
fn a_sample_of_5000_bars_of_eurusd() {
    check("eurusd5000_default_sampled", &golden::eurusd(5000), 1e-8);
}

#[test]
fn flat_prices() {
    let text = json("ta/edge_cases_flat_zero.json");
    let rows: Vec<usize> =
        text["rows_sampled"].as_array().unwrap().iter().map(|it| it.as_u64().unwrap() as usize).collect();
    let n = 120;
    let bars = Bars {
        time: vec![0.0; n],
        open: vec![50.0; n],
        high: vec![50.0; n],
        low: vec![50.0; n],
        close: vec![50.0; n],
        volume: vec![1000.0; n],
    };
    let meta = json("ta/eurusd800_default_meta.json");
    let mut held = columns(&bars);
    held[5] = bars.close.clone();
    let slices: Vec<&[f64]> = held.iter().map(Vec::as_slice).collect();
    let schema = schema();
    let frame = Frame::new(&schema, &slices).unwrap();
    let mut differing = Vec::new();
    for (name, outputs) in text["cases"]["flat"].as_object().unwrap() {
        let Some(spec) = find(name) else { panic!("{name} is not there") };
        let arguments =
            if meta[name.as_str()].is_null() { name.clone() } else { request(name, &meta[name.as_str()]) };
        let got = Indicator::parse(&arguments, &schema).unwrap().batch(&frame).unwrap();
        for (output, wanted) in outputs.as_object().unwrap() {
            let place = spec.output(output).unwrap();
            for (&row, want) in rows.iter().zip(wanted.as_array().unwrap()) {
                let (value, want) = (got[place].at(row), want.as_f64());
                let agree = match (value, want) {
                    (Some(value), Some(want)) => {
                        deviation(value, want, SMALL) <= 1e-9 || (name.contains("INDEX"))
                    }
                    (None, Some(want)) => {
                        spec.outputs[place].integer && want == 0.0 && row < got[place].first
                    }
                    (value, want) => value == want,
                };
                if !agree {
                    differing.push(format!("{name}.{output} at {row}: {value:?}, not {want:?}"));
                }
            }
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn every_function_of_the_c_library_is_there() {
    let meta = json("ta/eurusd800_default_meta.json");
    let candles = json("ta/eurusd800_default_candles.json");
    let names: Vec<&String> =
        meta.as_object().unwrap().keys().chain(candles["patterns"].as_object().unwrap().keys()).collect();
    assert_eq!(names.len(), 201);
    for name in names {
        assert!(find(name).is_some(), "{name} is missing");
    }
    let candles = catalogue().iter().filter(|it| it.name.starts_with("CDL")).count();
    assert_eq!(candles, 61);
}
