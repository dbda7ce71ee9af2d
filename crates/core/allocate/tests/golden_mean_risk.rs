//! Tail and drawdown portfolios against the reference objectives.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads its files"
)]

mod panel;

use panel::Panel;
use scalp_allocate::{Constraints, MeanRisk, Risk, Scenarios};

const RELATIVE_MAX: f64 = 1e-6;

#[test]
fn least_risks_are_the_reference() {
    let panel = Panel::read();
    let scenarios = Scenarios::new(10, panel.flat_returns()).unwrap();
    let long = Constraints::long_only(10);
    let problem = MeanRisk::new(&scenarios, &long).unwrap();
    let tail = 0.05;
    let cases = [
        ("rp_min_CVaR", "risk", Risk::Cvar { tail }),
        ("min_cvar95", "cvar", Risk::Cvar { tail }),
        ("rp_min_EVaR", "risk", Risk::Evar { tail }),
        ("rp_min_WR", "risk", Risk::WorstRealisation),
        ("rp_min_MDD", "risk", Risk::MaxDrawdown),
        ("rp_min_CDaR", "risk", Risk::Cdar { tail }),
        ("min_cdar95", "cdar", Risk::Cdar { tail }),
        ("rp_min_MAD", "risk", Risk::MeanAbsoluteDeviation),
        ("rp_min_UCI", "risk", Risk::Ulcer),
    ];
    for (name, key, risk) in cases {
        let portfolio = problem.min_risk(risk).unwrap();
        let want = panel.number(&[name, key]);
        let relative = (portfolio.risk - want) / want;
        println!("{name}: {} relative {relative:.2e}; {}", portfolio.risk, portfolio.check);
        assert!(relative.abs() <= RELATIVE_MAX, "{name}");
        let equal = risk.measure(&scenarios.of(&[0.1; 10])).unwrap();
        if key == "risk" {
            let want = panel.number(&[name, "risk_equal_weight"]);
            println!("    equal weight relative {:.2e}", (equal - want) / want);
            assert!((equal - want).abs() <= 1e-6 * want, "{name}");
        }
    }
}

#[test]
fn least_semideviation_is_the_reference() {
    let panel = Panel::read();
    let scenarios = Scenarios::new(10, panel.flat_returns()).unwrap();
    let long = Constraints::long_only(10);
    let problem = MeanRisk::new(&scenarios, &long).unwrap();
    let portfolio = problem.min_risk(Risk::SemiDeviation { below: 0.0 }).unwrap();
    let annual = portfolio.risk * libm::sqrt(252.0);
    let want = panel.numbers(&["min_semivariance", "perf"])[1];
    let weights = panel::worst(&portfolio.weights, &panel.numbers(&["min_semivariance", "w"]));
    println!("semideviation {annual} reference {want}; weights differ by {weights:.2e}; {}", portfolio.check);
    assert!((annual - want).abs() <= RELATIVE_MAX * want);
}

#[test]
fn most_return_per_cvar_is_the_reference() {
    let panel = Panel::read();
    let scenarios = Scenarios::new(10, panel.flat_returns()).unwrap();
    let long = Constraints::long_only(10);
    let problem = MeanRisk::new(&scenarios, &long).unwrap();
    let risk = Risk::Cvar { tail: 0.05 };
    let reference = panel.numbers(&["rp_max_ret_over_CVaR", "w"]);
    let portfolio = problem.max_ratio(risk, 0.0).unwrap();
    let ratio = |weights: &[f64]| {
        let returns = scenarios.of(weights);
        returns.iter().sum::<f64>() / returns.len() as f64 / risk.measure(&returns).unwrap()
    };
    let (got, want) = (ratio(&portfolio.weights), ratio(&reference));
    let weights = panel::worst(&portfolio.weights, &reference);
    println!("ratio {got} reference {want} relative {:.2e}; weights {weights:.2e}", (got - want) / want);
    assert!((got - want).abs() <= RELATIVE_MAX * want);
}
