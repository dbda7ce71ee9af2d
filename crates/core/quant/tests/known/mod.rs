//! Reads the reference values, and keeps the worst deviation from them.

#![allow(dead_code, reason = "each test file uses its part")]

use serde_json::Value;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/golden/");

/// A JSON file of the reference values; fails when it is missing.
pub fn read(name: &str) -> Value {
    let path = format!("{ROOT}{name}");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// One column of a reference CSV.
pub fn column(name: &str, column: &str) -> Vec<f64> {
    let path = format!("{ROOT}input/{name}");
    let mut reader = csv::Reader::from_path(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let index = reader.headers().unwrap().iter().position(|h| h == column).expect("column");
    reader.records().map(|r| r.unwrap()[index].parse().unwrap()).collect()
}

pub fn sp500() -> Vec<f64> {
    column("sp500_daily.csv", "price")
}

pub fn eurusd_close() -> Vec<f64> {
    column("eurusd_1h.csv", "close")
}

pub fn log_returns(price: &[f64]) -> Vec<f64> {
    price.windows(2).map(|w| libm::log(w[1]) - libm::log(w[0])).collect()
}

pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(number).collect()
}

/// The worst deviation seen.
#[derive(Default)]
pub struct Deviation {
    worst: f64,
    seen: usize,
}

impl Deviation {
    pub fn absolute(&mut self, got: f64, want: f64) {
        let d = (got - want).abs();
        self.seen += 1;
        // NaN must show.
        if d.is_nan() || d > self.worst {
            self.worst = if d.is_nan() { f64::INFINITY } else { d };
        }
    }

    /// Relative to the wanted value, or to 1e-9 where that is smaller still; p-values are compared by their own size.
    pub fn relative(&mut self, got: f64, want: f64) {
        let scale =
            if want.abs() < 1e-9 && want.abs() > 0.0 && want > 0.0 { want } else { want.abs().max(1e-9) };
        self.absolute(got / scale, want / scale);
    }

    /// The rule of the reference values: `|got - want| <= tol * max(|want|, scale)`.
    pub fn relative_to(&mut self, got: f64, want: f64, scale: f64) {
        let scale = want.abs().max(scale);
        self.absolute(got / scale, want / scale);
    }

    pub fn at_most(&self, what: &str, tolerance: f64) {
        println!(
            "{what}: worst deviation {:.2e} of {} values, tolerance {tolerance:.0e}",
            self.worst, self.seen
        );
        assert!(self.seen > 0, "{what}: nothing compared");
        assert!(self.worst <= tolerance, "{what}: worst deviation {:e} exceeds {tolerance:e}", self.worst);
    }
}
