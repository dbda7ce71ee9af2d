//! Risk budgets, trees and views against the reference values.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads its files"
)]

mod panel;

use panel::{Panel, worst};
use scalp_allocate::budgeting::{parity, risk_budget, risk_budget_of};
use scalp_allocate::hierarchy::{equal_risk_contribution, risk_parity};
use scalp_allocate::tree::correlation_distance;
use scalp_allocate::{Covariance, Linkage, Risk, Scenarios, Tree};

#[test]
fn risk_parity_is_the_reference() {
    let panel = Panel::read();
    let covariance = Covariance::new(10, panel.covariance.clone()).unwrap();
    let portfolio = risk_budget(&covariance, &parity(10)).unwrap();
    let deviation = worst(&portfolio.weights, &panel.numbers(&["rp_risk_parity_MV", "w"]));
    println!("risk parity: weights differ by {deviation:.2e}; {}", portfolio.check);
    assert!(deviation <= 1e-4);
    assert!(portfolio.check.stationarity <= 1e-12);
    let scenarios = Scenarios::new(10, panel.flat_returns()).unwrap();
    let risk = Risk::Cvar { tail: 0.05 };
    let tails = risk_budget_of(&scenarios, risk, &parity(10)).unwrap();
    let reference = panel.numbers(&["rp_risk_parity_CVaR", "w"]);
    let deviation = worst(&tails.weights, &reference);
    println!("risk parity of CVaR: weights differ by {deviation:.2e}; {}", tails.check);
    assert!(deviation <= 1e-4);
}

#[test]
fn trees_and_their_portfolios_are_the_reference() {
    let panel = Panel::read();
    let covariance = Covariance::new(10, panel.covariance.clone()).unwrap();
    let distance = correlation_distance(&covariance).unwrap();
    for (name, linkage) in [
        ("hrp_single", Linkage::Single),
        ("hrp_average", Linkage::Average),
        ("hrp_complete", Linkage::Complete),
        ("rp_HRP_ward", Linkage::Ward),
    ] {
        let weights = risk_parity(&covariance, linkage).unwrap();
        let deviation = worst(&weights, &panel.numbers(&[name, "w"]));
        println!("{name}: weights differ by {deviation:.2e}");
        assert!(deviation <= 1e-8, "{name}");
        if let Some(order) = panel.reference[name]["leaf_order"].as_array() {
            let got: Vec<&str> = Tree::of(10, &distance, linkage)
                .unwrap()
                .order()
                .iter()
                .map(|it| panel.tickers[*it].as_str())
                .collect();
            let want: Vec<&str> = order.iter().map(|it| it.as_str().unwrap()).collect();
            assert_eq!(got, want, "{name}");
        }
    }
    let weights = equal_risk_contribution(&covariance, Linkage::Ward, None).unwrap();
    let deviation = worst(&weights, &panel.numbers(&["rp_HERC_ward", "w"]));
    println!("rp_HERC_ward: weights differ by {deviation:.2e}");
    assert!(deviation <= 1e-8);
}

#[test]
fn black_litterman_is_the_reference() {
    use scalp_allocate::views::{Certainty, View, market_prior, posterior};
    let panel = Panel::read();
    let covariance = Covariance::new(10, panel.covariance.clone()).unwrap();
    let capitalisation: Vec<f64> = (0..10).map(|it| 1.0 + 0.1 * f64::from(it)).collect();
    let prior = market_prior(&covariance, &capitalisation, 2.5, 0.02).unwrap();
    let deviation = worst(&prior, &panel.by_ticker(&["black_litterman", "prior"]));
    println!("prior differs by {deviation:.2e}");
    assert!(deviation <= 1e-9);
    let view = |ticker: &str, expected: f64| View {
        weights: panel.tickers.iter().map(|it| if it == ticker { 1.0 } else { 0.0 }).collect(),
        expected,
        certainty: Certainty::LikePrior,
    };
    let views = [view("AAPL", 0.1), view("AMD", 0.05), view("BBY", -0.03)];
    let after = posterior(&covariance, &prior, 0.05, &views).unwrap();
    let deviation = worst(&after.mean, &panel.by_ticker(&["black_litterman", "posterior"]));
    let variances: Vec<f64> = (0..10).map(|it| after.covariance.at(it, it)).collect();
    let of_variance = worst(&variances, &panel.numbers(&["black_litterman", "posterior_cov_diag"]));
    println!("posterior differs by {deviation:.2e}, its variances by {of_variance:.2e}");
    assert!(deviation <= 1e-9);
    assert!(of_variance <= 1e-9);
}
