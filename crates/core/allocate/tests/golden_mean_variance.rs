//! Mean-variance portfolios against the reference values.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads its files"
)]

mod panel;

use panel::{Panel, worst};
use scalp_allocate::{Constraints, Covariance, Error, MeanVariance, Portfolio, Range};

const WEIGHTS_MAX: f64 = 1e-4;

fn compare(name: &str, panel: &Panel, portfolio: &Portfolio) {
    let deviation = worst(&portfolio.weights, &panel.numbers(&[name, "w"]));
    println!("{name}: weights differ by {deviation:.2e}; {}", portfolio.check);
    assert!(deviation <= WEIGHTS_MAX, "{name}: {deviation}");
}

#[test]
fn moments_of_the_panel_are_the_reference() {
    let panel = Panel::read();
    let mean = worst(&panel.mean, &panel.by_ticker(&["mu_mean_historical"]));
    let covariance = panel.numbers_deep(&["cov_sample"]);
    let deviation = worst(&panel.covariance, &covariance);
    println!("mean {mean:.2e}, covariance {deviation:.2e}");
    assert!(mean < 1e-9);
    assert!(deviation < 1e-9);
}

#[test]
fn weights_of_strictly_convex_problems_are_the_reference() {
    let panel = Panel::read();
    let covariance = Covariance::new(10, panel.covariance.clone()).unwrap();
    let long = Constraints::long_only(10);
    let problem = MeanVariance::new(&panel.mean, &covariance, &long).unwrap();
    compare("min_volatility", &panel, &problem.min_volatility().unwrap());
    compare("cla_min_vol", &panel, &problem.min_volatility().unwrap());
    compare("max_sharpe", &panel, &problem.max_sharpe(0.02).unwrap());
    compare("cla_max_sharpe_rf0", &panel, &problem.max_sharpe(0.0).unwrap());
    compare("efficient_risk", &panel, &problem.efficient_risk(0.2694).unwrap());
    compare("efficient_return", &panel, &problem.efficient_return(0.0883).unwrap());
    compare("max_quadratic_utility_ra2", &panel, &problem.max_utility(2.0).unwrap());
    let bounds = Constraints { budget: Some(1.0), ..Constraints::bounded(10, Range::new(-0.3, 0.4)) };
    let bounded = MeanVariance::new(&panel.mean, &covariance, &bounds).unwrap();
    compare("min_vol_bounds_-0.3_0.4", &panel, &bounded.min_volatility().unwrap());
    let cap = Constraints { budget: Some(1.0), ..Constraints::bounded(10, Range::new(0.0, 0.25)) };
    let capped = MeanVariance::new(&panel.mean, &covariance, &cap).unwrap();
    compare("max_sharpe_cap_0.25", &panel, &capped.max_sharpe(0.02).unwrap());
    let ridged = covariance.with_ridge(0.5).unwrap();
    let spread = MeanVariance::new(&panel.mean, &ridged, &long).unwrap();
    compare("min_vol_L2_0.5", &panel, &spread.min_volatility().unwrap());
}

#[test]
fn impossible_targets_are_refused_by_name() {
    let expected = panel::json("portfolio/infeasible_expected.json");
    let panel = Panel::read();
    let covariance = Covariance::new(10, panel.covariance.clone()).unwrap();
    let long = Constraints::long_only(10);
    let problem = MeanVariance::new(&panel.mean, &covariance, &long).unwrap();
    let least = problem.min_volatility().unwrap().risk;
    let error = problem.efficient_risk(0.9 * least).unwrap_err();
    println!("{error} (reference: {})", expected["efficient_risk_below_min"]);
    assert!(matches!(error, Error::RiskTarget { min, .. } if (min - least).abs() < 1e-9));
    let most = panel.mean.iter().copied().fold(f64::MIN, f64::max);
    let error = problem.efficient_return(most + 0.01).unwrap_err();
    println!("{error} (reference: {})", expected["efficient_return_above_max"]);
    assert!(matches!(error, Error::ReturnTarget { max, .. } if (max - most).abs() < 1e-8));
    let error = problem.max_sharpe(most + 0.01).unwrap_err();
    println!("{error} (reference: {})", expected["max_sharpe_rf_above_all"]);
    assert!(matches!(error, Error::NoExcessReturn { .. }));
    assert_eq!(expected.as_object().unwrap().len(), 3);
}
