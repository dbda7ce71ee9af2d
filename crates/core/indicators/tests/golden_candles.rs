//! The candlestick patterns against every answer of the C library, bar for bar.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::disallowed_methods,
    reason = "tests only: exact answers, files"
)]

mod golden;

use golden::{Bars, json};
use scalp_indicators::{Frame, Indicator, Schema, Values};
use serde_json::Value;

fn pattern(name: &str, arguments: &Value, bars: &Bars) -> Vec<i32> {
    let schema = Schema::ohlcv();
    let frame = Frame::new(&schema, &bars.ohlcv()).unwrap();
    let empty = serde_json::Map::new();
    let parts: Vec<String> =
        arguments.as_object().unwrap_or(&empty).iter().map(|(key, value)| format!("{key}={value}")).collect();
    let built = Indicator::parse(&format!("{name}({})", parts.join(",")), &schema).unwrap();
    let column = &built.batch(&frame).unwrap()[0];
    let mut all = vec![0; column.first];
    match &column.values {
        Values::Integer(values) => all.extend_from_slice(values),
        Values::Real(_) => panic!("{name} answers with whole numbers"),
    }
    all
}

fn hits(values: &[i32]) -> Vec<(u64, i64)> {
    values.iter().enumerate().filter(|(_, it)| **it != 0).map(|(i, it)| (i as u64, i64::from(*it))).collect()
}

fn pairs(value: &Value) -> Vec<(u64, i64)> {
    value.as_array().unwrap().iter().map(|it| (it[0].as_u64().unwrap(), it[1].as_i64().unwrap())).collect()
}

fn check(file: &str, bars: &Bars) {
    let wanted = json(file);
    let patterns = wanted["patterns"].as_object().unwrap();
    assert_eq!(patterns.len(), 61);
    let mut total = 0;
    for (name, want) in patterns {
        let got = hits(&pattern(name, &want["params"], bars));
        assert_eq!(got, pairs(&want["nonzero"]), "{name}");
        total += got.len();
    }
    println!("{file}: 61 patterns, {total} hits, all equal");
}

#[test]
fn eurusd_and_btcusd() {
    check("ta/eurusd5000_default_candles.json", &golden::eurusd(5000));
    check("ta/eurusd800_default_candles.json", &golden::eurusd(800));
    check("ta/btc_default_candles.json", &golden::btcusd());
}

#[test]
fn bars_made_for_the_rarest_patterns() {
    let wanted = json("ta/candle_rare_11.json");
    let bars = golden::bars("input/candle_rare_11.csv");
    assert_eq!(bars.close.len(), 1920);
    let patterns = wanted["nonzero"].as_object().unwrap();
    assert_eq!(patterns.len(), 61);
    for (name, want) in patterns {
        assert_eq!(hits(&pattern(name, &Value::Null, &bars)), pairs(want), "{name}");
    }
}

#[test]
fn forty_thousand_bars_on_a_coarse_grid() {
    let wanted = json("ta/candle_fuzz_20240601.json");
    let bars = golden::bars("input/candle_fuzz_20240601.csv");
    assert_eq!(bars.close.len(), 40_000);
    let patterns = wanted["patterns"].as_object().unwrap();
    assert_eq!(patterns.len(), 61);
    for (name, want) in patterns {
        let values = pattern(name, &Value::Null, &bars);
        let got = hits(&values);
        assert_eq!(got.len() as u64, want["hits"].as_u64().unwrap(), "hits of {name}");
        assert_eq!(got.iter().map(|(_, it)| it).sum::<i64>(), want["sum"].as_i64().unwrap(), "sum of {name}");
        assert_eq!(got[..got.len().min(60)], pairs(&want["first"]), "first of {name}");
        assert_eq!(u64::from(crc32(&values)), want["crc32_i32le"].as_u64().unwrap(), "checksum of {name}");
    }
}

/// The checksum of ISO 3309, bit by bit.
fn crc32(values: &[i32]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    let byte = |crc: u32, it: u8| (0..8).fold(crc ^ u32::from(it), |crc, _| step(crc));
    !values.iter().flat_map(|it| it.to_le_bytes()).fold(!0, byte)
}
