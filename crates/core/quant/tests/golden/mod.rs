//! Reference files: reading them, and the worst deviation from them.
#![allow(dead_code, reason = "each test uses its own part of this file")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot read its reference fails"
)]

use serde_json::Value;

pub fn text(path: &str) -> String {
    let path = format!("{}/../../../../shared/golden/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub fn json(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap()
}

pub fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// One column of an input file.
pub fn column(path: &str, name: &str) -> Vec<f64> {
    let text = text(path);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let at = reader.headers().unwrap().iter().position(|h| h == name).unwrap();
    reader.records().map(|row| row.unwrap()[at].parse().unwrap()).collect()
}

/// Daily logarithmic returns of the S&P 500 in per cent.
pub fn sp500_returns() -> Vec<f64> {
    let prices = column("input/sp500_daily.csv", "price");
    prices.windows(2).map(|w| 100.0 * libm::log(w[1] / w[0])).collect()
}

/// The worst relative deviation seen, and where.
#[derive(Default)]
pub struct Worst {
    deviation: f64,
    place: String,
}

impl Worst {
    pub fn see(&mut self, place: &str, got: f64, want: f64) {
        let deviation = (got - want).abs() / want.abs().max(1e-9);
        assert!(!deviation.is_nan(), "{place}: {got} {want}");
        if deviation > self.deviation {
            (self.deviation, self.place) = (deviation, format!("{place}: {got} for {want}"));
        }
    }

    pub fn end(self, file: &str, most: f64) {
        println!("{file}: worst relative deviation {:.1e} ({})", self.deviation, self.place);
        assert!(self.deviation <= most, "{file}: {:e} at {}", self.deviation, self.place);
    }
}
