//! Reads the reference values. A file that is not there is a failure.
#![allow(dead_code, reason = "each test file uses its part")]

use serde_json::Value;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/golden/");

fn path(name: &str) -> String {
    format!("{ROOT}{name}")
}

pub fn json(name: &str) -> Value {
    let text = std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Bars as columns. Time is in milliseconds since 1970, where the file has one.
#[derive(Clone)]
pub struct Bars {
    pub time: Vec<f64>,
    pub open: Vec<f64>,
    pub high: Vec<f64>,
    pub low: Vec<f64>,
    pub close: Vec<f64>,
    pub volume: Vec<f64>,
}

impl Bars {
    pub fn head(mut self, n: usize) -> Bars {
        for column in
            [&mut self.time, &mut self.open, &mut self.high, &mut self.low, &mut self.close, &mut self.volume]
        {
            column.truncate(n);
        }
        self
    }

    pub fn ohlcv(&self) -> [&[f64]; 5] {
        [&self.open, &self.high, &self.low, &self.close, &self.volume]
    }
}

pub struct Table {
    titles: Vec<String>,
    columns: Vec<Vec<Option<f64>>>,
}

impl Table {
    pub fn column(&self, title: &str) -> &[Option<f64>] {
        let place = self.titles.iter().position(|it| it == title);
        &self.columns[place.unwrap_or_else(|| panic!("no column {title}"))]
    }

    pub fn columns(&self) -> impl Iterator<Item = (&str, &[Option<f64>])> {
        self.titles.iter().map(String::as_str).zip(self.columns.iter().map(Vec::as_slice))
    }
}

fn records(name: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_path(path(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    reader.records().map(|it| it.unwrap().iter().map(str::to_owned).collect()).collect()
}

pub fn csv_table(name: &str) -> Table {
    let records = records(name);
    let titles = records[0].clone();
    let columns = (0..titles.len())
        .map(|k| {
            let cell = |it: &Vec<String>| match it[k].as_str() {
                "" => None,
                text => Some(text.parse().unwrap_or_else(|_| panic!("{name}: {text:?} is not a number"))),
            };
            records[1..].iter().map(cell).collect()
        })
        .collect();
    Table { titles, columns }
}

/// Days since 1970 of a date of the Gregorian calendar (Howard Hinnant, `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn millis(text: &str) -> f64 {
    let numbers: Vec<i64> = text.split(['-', ' ', ':', 'T']).map(|it| it.parse().unwrap()).collect();
    let clock = numbers.get(3..).unwrap_or(&[]).iter().fold(0, |sum, it| sum * 60 + it);
    ((days(numbers[0], numbers[1], numbers[2]) * 86_400 + clock) * 1000) as f64
}

pub fn bars(name: &str) -> Bars {
    let records = records(name);
    let at = |title: &str| records[0].iter().position(|it| it == title);
    let column = |title: &str| -> Vec<f64> {
        match at(title) {
            Some(k) => records[1..].iter().map(|it| it[k].parse().unwrap()).collect(),
            None => vec![1.0; records.len() - 1],
        }
    };
    let time = match at("time") {
        Some(k) => records[1..].iter().map(|it| millis(&it[k])).collect(),
        None => (0..records.len() - 1).map(|i| i as f64).collect(),
    };
    Bars {
        time,
        open: column("open"),
        high: column("high"),
        low: column("low"),
        close: column("close"),
        volume: column("volume"),
    }
}

pub fn eurusd(n: usize) -> Bars {
    let bars = bars("input/eurusd_1h.csv").head(n);
    assert_eq!(bars.close.len(), n);
    bars
}

pub fn btcusd() -> Bars {
    bars("input/btcusd_1mo.csv")
}

/// How far `got` is from `want`, as a part of `want` or of `scale`, whichever is larger.
pub fn deviation(got: f64, want: f64, scale: f64) -> f64 {
    (got - want).abs() / want.abs().max(scale)
}
