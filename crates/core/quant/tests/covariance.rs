//! Covariance models against PyPortfolioOpt and scikit-learn on ten stocks over 755 days.
#![allow(clippy::unwrap_used, reason = "tests only")]

mod golden;

use scalp_quant::dependence::{covariance, shrinkage};
use scalp_quant::matrix::Matrix;
use serde_json::Value;

/// Simple returns of the panel.
fn returns() -> Matrix {
    let text = golden::text("input/panel10_756d.csv");
    let prices: Vec<Vec<f64>> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').skip(1).map(|v| v.parse().unwrap()).collect())
        .collect();
    let rows: Vec<Vec<f64>> =
        prices.windows(2).map(|w| w[1].iter().zip(&w[0]).map(|(b, a)| b / a - 1.0).collect()).collect();
    Matrix::from_rows(&rows).unwrap()
}

/// Largest relative deviation of an annual covariance.
fn worst(got: &Matrix, want: &Value) -> f64 {
    let mut worst = 0.0_f64;
    for (i, row) in want.as_array().unwrap().iter().enumerate() {
        for (j, value) in row.as_array().unwrap().iter().enumerate() {
            let value = value.as_f64().unwrap();
            worst = worst.max((got[(i, j)] * 252.0 - value).abs() / value.abs());
        }
    }
    worst
}

#[test]
fn covariances_agree_with_the_references() {
    let panel: Value = golden::json("portfolio/panel10.json");
    let returns = returns();
    assert_eq!((returns.rows(), returns.cols()), (755, 10));
    let plain = [
        ("cov_sample", covariance::sample(&returns).unwrap()),
        ("cov_semicov_bench0.000079", covariance::semicovariance(&returns, 0.000079).unwrap()),
        ("cov_exp_span180", covariance::exponential(&returns, 180.0).unwrap()),
    ];
    let shrunk = [
        ("cov_ledoit_wolf_constant_variance", shrinkage::constant_variance(&returns).unwrap()),
        ("cov_ledoit_wolf_single_factor", shrinkage::single_factor(&returns).unwrap()),
        ("cov_ledoit_wolf_constant_correlation", shrinkage::constant_correlation(&returns).unwrap()),
        ("cov_oas", shrinkage::oracle_approximating(&returns).unwrap()),
    ];
    for (name, got) in &plain {
        let off = worst(got, &panel[name]);
        println!("{name}: worst relative deviation {off:.2e}");
        assert!(off < 1e-9, "{name}: {off:e}");
    }
    for (name, got) in &shrunk {
        let off = worst(&got.covariance, &panel[name]["cov"]);
        let delta = panel[name]["delta"].as_f64().unwrap();
        let intensity = (got.intensity - delta).abs() / delta;
        println!("{name}: worst relative deviation {off:.2e}, of the intensity {intensity:.2e}");
        assert!(off < 1e-9 && intensity < 1e-9, "{name}: {off:e} {intensity:e}");
    }
}
