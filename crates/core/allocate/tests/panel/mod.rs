//! The reference panel: ten stocks, 756 days.

#![allow(dead_code, reason = "each test takes what it needs")]

use serde_json::Value;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/golden/");

pub struct Panel {
    pub reference: Value,
    pub tickers: Vec<String>,
    /// Rows of 10 prices.
    pub prices: Vec<Vec<f64>>,
    /// Rows of 10 simple returns.
    pub returns: Vec<Vec<f64>>,
    /// Geometric, per year of 252 days.
    pub mean: Vec<f64>,
    /// Sample, per year.
    pub covariance: Vec<f64>,
}

pub fn json(name: &str) -> Value {
    let path = format!("{GOLDEN}{name}");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

pub fn worst(got: &[f64], want: &[f64]) -> f64 {
    assert_eq!(got.len(), want.len());
    got.iter().zip(want).fold(0.0, |most, (got, want)| (got - want).abs().max(most))
}

impl Panel {
    pub fn read() -> Self {
        let reference = json("portfolio/panel10.json");
        let path = format!("{GOLDEN}input/panel10_756d.csv");
        let mut reader = csv::Reader::from_path(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let tickers: Vec<String> = reader.headers().unwrap().iter().skip(1).map(str::to_owned).collect();
        let prices: Vec<Vec<f64>> = reader
            .records()
            .map(|row| row.unwrap().iter().skip(1).map(|it| it.parse().unwrap()).collect())
            .collect();
        let returns: Vec<Vec<f64>> = prices
            .windows(2)
            .map(|pair| pair[1].iter().zip(&pair[0]).map(|(now, before)| now / before - 1.0).collect())
            .collect();
        let periods = returns.len() as f64;
        let mean = (0..10)
            .map(|asset| {
                let growth: f64 = returns.iter().map(|row| 1.0 + row[asset]).product();
                libm::pow(growth, 252.0 / periods) - 1.0
            })
            .collect();
        let covariance = sample_covariance(&returns).iter().map(|it| it * 252.0).collect();
        Self { reference, tickers, prices, returns, mean, covariance }
    }

    fn get(&self, path: &[&str]) -> &Value {
        path.iter().fold(&self.reference, |value, key| &value[*key])
    }

    pub fn number(&self, path: &[&str]) -> f64 {
        self.get(path).as_f64().unwrap()
    }

    pub fn numbers(&self, path: &[&str]) -> Vec<f64> {
        self.get(path).as_array().unwrap().iter().map(|it| it.as_f64().unwrap()).collect()
    }

    pub fn numbers_deep(&self, path: &[&str]) -> Vec<f64> {
        let rows = self.get(path).as_array().unwrap();
        rows.iter().flat_map(|row| row.as_array().unwrap()).map(|it| it.as_f64().unwrap()).collect()
    }

    pub fn by_ticker(&self, path: &[&str]) -> Vec<f64> {
        let value = self.get(path);
        self.tickers.iter().map(|it| value[it].as_f64().unwrap()).collect()
    }

    pub fn flat_returns(&self) -> Vec<f64> {
        self.returns.concat()
    }
}

/// Sample covariance of rows of returns, row by row.
pub fn sample_covariance(returns: &[Vec<f64>]) -> Vec<f64> {
    let (periods, assets) = (returns.len(), returns[0].len());
    let mean: Vec<f64> =
        (0..assets).map(|asset| returns.iter().map(|row| row[asset]).sum::<f64>() / periods as f64).collect();
    let mut covariance = vec![0.0; assets * assets];
    for row in returns {
        for a in 0..assets {
            for b in 0..assets {
                covariance[a * assets + b] += (row[a] - mean[a]) * (row[b] - mean[b]);
            }
        }
    }
    covariance.iter().map(|it| it / (periods - 1) as f64).collect()
}
