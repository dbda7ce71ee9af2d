//! Portfolios of assets in any unit, near twins and constants among them: the weights keep their limits, the parts of the
//! risk sum to the whole, the unit of the returns changes nothing, and what cannot be solved is refused by name.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use scalp_allocate::budgeting::{parity, risk_budget};
use scalp_allocate::hierarchy::{equal_risk_contribution, risk_parity};
use scalp_allocate::meanvariance::risk_contributions;
use scalp_allocate::nested::nested;
use scalp_allocate::{
    Constraints, Covariance, Error, FEASIBLE, Linkage, MeanRisk, MeanVariance, Portfolio, Range, Risk,
    Scenarios,
};
use scalp_quant::rng::Key;

const ASSETS: usize = 6;
const PERIODS: usize = 60;

/// Returns of six assets: the second a near twin of the first, the third with ties, the last constant if asked for.
fn table(seed: u64, scale: f64, twin: f64, constant: bool) -> Vec<f64> {
    let mut stream = Key::named(seed, "allocate at every scale").stream(0);
    let mut out = Vec::new();
    for _ in 0..PERIODS {
        let market = stream.normal();
        let mut row: Vec<f64> =
            (0..ASSETS).map(|k| 0.1 * (k as f64 - 2.0) + market + stream.normal()).collect();
        row[1] = row[0] + twin * stream.normal();
        row[2] = libm::round(row[2]);
        if constant {
            row[5] = 0.05;
        }
        out.extend(row.iter().map(|r| r * scale));
    }
    out
}

fn covariance(table: &[f64]) -> Covariance {
    let rows: Vec<&[f64]> = table.chunks(ASSETS).collect();
    let matrix = scalp_quant::matrix::Matrix::from_rows(&rows).unwrap();
    Covariance::of(&scalp_quant::dependence::covariance::sample(&matrix).unwrap()).unwrap()
}

/// What was solved keeps its limits; what was not has a reason that is no bug of ours.
fn kept(name: &str, answer: Result<Portfolio, Error>, limits: &Constraints) -> Option<Portfolio> {
    match answer {
        Ok(portfolio) => {
            let off = limits.violation(&portfolio.weights);
            assert!(off <= FEASIBLE, "{name}: off by {off:e}");
            assert!(portfolio.risk.is_finite() && portfolio.expected_return.is_finite(), "{name}");
            Some(portfolio)
        }
        Err(Error::NotFinite { row, column, value, .. }) => panic!("{name}: {value} at {row} {column}"),
        Err(error) => {
            println!("refused {name}: {error}");
            None
        }
    }
}

/// How far the parts of the volatility are from their sum, in units of what rounding may do: 1e-9 of the whole, or the
/// rounding of the products that cancel in it. Twins held against each other have a risk far below either's own.
fn off_the_whole(covariance: &Covariance, weights: &[f64]) -> f64 {
    let whole = covariance.volatility(weights);
    let parts: f64 = risk_contributions(covariance, weights).iter().sum();
    let mut products = 0.0;
    for (row, a) in weights.iter().enumerate() {
        products +=
            weights.iter().enumerate().map(|(k, b)| (a * b * covariance.at(row, k)).abs()).sum::<f64>();
    }
    let rounding = (ASSETS * ASSETS) as f64 * f64::EPSILON * products / whole.max(f64::MIN_POSITIVE);
    (parts - whole).abs() / (1e-9 * whole).max(rounding).max(f64::MIN_POSITIVE)
}

#[test]
fn the_risks_of_twins_held_against_each_other_sum_to_rounding() {
    let table = table(540_548, 1e-6, 1e-4, false);
    let covariance = covariance(&table);
    let mean = Scenarios::new(ASSETS, table).unwrap().mean();
    let limits = Constraints {
        net: Range::new(-0.2, 0.8),
        gross_max: 1.0,
        ..Constraints::bounded(ASSETS, Range::new(-0.3, 0.3))
    };
    let held = MeanVariance::new(&mean, &covariance, &limits).unwrap().max_sharpe(0.0).unwrap();
    let parts = risk_contributions(&covariance, &held.weights);
    assert!(
        parts[0] > 1e3 * held.risk && parts[1] < -1e3 * held.risk,
        "no twins against each other: {parts:?}"
    );
    let off = off_the_whole(&covariance, &held.weights);
    assert!(off <= 1.0, "{off} times the rounding");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn limits_are_kept_and_parts_sum(
        seed in 0_u64..1_000_000,
        scale in prop::sample::select(vec![1e-12, 1e-6, 1e-2, 1.0, 1e6]),
        twin in prop::sample::select(vec![0.0, 1e-9, 1e-4, 0.3]),
        constant: bool,
    ) {
        let table = table(seed, scale, twin, constant);
        let covariance = covariance(&table);
        let scenarios = Scenarios::new(ASSETS, table).unwrap();
        let mean = scenarios.mean();
        let long = Constraints::long_only(ASSETS);
        let book = Constraints {
            net: Range::new(-0.2, 0.8),
            gross_max: 1.0,
            ..Constraints::bounded(ASSETS, Range::new(-0.3, 0.3))
        };
        for limits in [&long, &book] {
            let problem = MeanVariance::new(&mean, &covariance, limits).unwrap();
            for (name, answer) in [
                ("minimum volatility", problem.min_volatility()),
                ("maximum Sharpe ratio", problem.max_sharpe(0.0)),
                ("most return", problem.max_return()),
            ] {
                if let Some(portfolio) = kept(name, answer, limits) {
                    let off = off_the_whole(&covariance, &portfolio.weights);
                    prop_assert!(off <= 1.0, "{name}: {off} times the rounding");
                }
            }
            let tails = MeanRisk::new(&scenarios, limits).unwrap();
            for risk in [Risk::Cvar { tail: 0.1 }, Risk::MeanAbsoluteDeviation, Risk::WorstRealisation, Risk::MaxDrawdown] {
                kept(risk.name(), tails.min_risk(risk), limits);
            }
        }
        if let Some(portfolio) = kept("risk parity", risk_budget(&covariance, &parity(ASSETS)), &long) {
            let parts = risk_contributions(&covariance, &portfolio.weights);
            for part in &parts {
                prop_assert!((part / portfolio.risk - 1.0 / ASSETS as f64).abs() < 1e-9, "{parts:?}");
            }
        }
        let quietest = |mean: &[f64], covariance: &Covariance| {
            let long = Constraints::long_only(mean.len());
            Ok(MeanVariance::new(mean, covariance, &long)?.min_volatility()?.weights)
        };
        for (name, answer) in [
            ("HRP", risk_parity(&covariance, Linkage::Single)),
            ("HERC", equal_risk_contribution(&covariance, Linkage::Ward, None)),
            ("nested", nested(&mean, &covariance, Linkage::Average, None, quietest).map(|it| it.weights)),
        ] {
            prop_assert!(answer.is_ok() || constant, "{name}: {answer:?}");
            if let Ok(weights) = answer {
                prop_assert!(long.violation(&weights) <= FEASIBLE, "{name}: {weights:?}");
            }
        }
    }

    #[test]
    fn the_unit_of_the_returns_changes_no_weight(seed in 0_u64..1_000_000, power in prop::sample::select(vec![-40, -20, 20])) {
        let solved = |scale: f64| {
            let table = table(seed, scale, 0.3, false);
            let covariance = covariance(&table);
            let scenarios = Scenarios::new(ASSETS, table).unwrap();
            let long = Constraints::long_only(ASSETS);
            let quiet = MeanVariance::new(&scenarios.mean(), &covariance, &long).unwrap().min_volatility().unwrap();
            let level = risk_budget(&covariance, &parity(ASSETS)).unwrap();
            let tail = MeanRisk::new(&scenarios, &long).unwrap().min_risk(Risk::Cvar { tail: 0.1 }).unwrap();
            (quiet.weights, level.weights, tail.risk / scale)
        };
        let (plain, scaled) = (solved(1.0), solved(libm::ldexp(1.0, power)));
        for (a, b) in plain.0.iter().zip(&scaled.0).chain(plain.1.iter().zip(&scaled.1)) {
            prop_assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
        prop_assert!((plain.2 - scaled.2).abs() < 1e-6 * plain.2.abs().max(1e-3), "{} {}", plain.2, scaled.2);
    }
}
