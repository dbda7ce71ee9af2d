//! Random problems for the programmes with curved cones: budgets of risk, joint Kelly bets, plans with impact.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use scalp_allocate::budgeting::{risk_budget, risk_budget_of};
use scalp_allocate::gradient::{Descent, mean_risk};
use scalp_allocate::kelly::joint;
use scalp_allocate::multiperiod::MultiPeriod;
use scalp_allocate::{Constraints, Costs, Covariance, FEASIBLE, MeanVariance, Range, Risk, Scenarios};
use scalp_quant::rng::{Key, Stream};

/// Rows of fat-tailed returns with one common factor.
fn table(stream: &mut Stream, assets: usize, periods: usize) -> Vec<f64> {
    let mut table = Vec::new();
    for _ in 0..periods {
        let market = 0.01 * stream.normal() / (0.3 + stream.uniform());
        table.extend((0..assets).map(|_| market + 0.01 * stream.normal() / (0.3 + stream.uniform())));
    }
    table
}

/// Of `factors` random factors: singular where there are fewer than assets.
fn covariance(stream: &mut Stream, assets: usize, factors: usize) -> Covariance {
    let loads: Vec<Vec<f64>> = (0..factors)
        .map(|_| (0..assets).map(|_| 0.02 * (0.3 + stream.uniform()) * stream.normal()).collect())
        .collect();
    let mut values = vec![0.0; assets * assets];
    for load in &loads {
        for a in 0..assets {
            for b in 0..assets {
                values[a * assets + b] += load[a] * load[b];
            }
        }
    }
    Covariance::new(assets, values).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn contributions_are_the_budgets(seed in 0_u64..1_000_000, assets in 1_usize..40) {
        let mut stream = Key::named(seed, "stress").stream(0);
        let covariance = covariance(&mut stream, assets, assets + 5);
        let budgets: Vec<f64> = (0..assets).map(|_| 0.01 + stream.uniform()).collect();
        let portfolio = risk_budget(&covariance, &budgets).unwrap();
        prop_assert!(portfolio.check.stationarity <= 1e-11, "{}", portfolio.check);
        prop_assert!((portfolio.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn contributions_to_any_measure_are_the_budgets(seed in 0_u64..1_000_000, assets in 2_usize..6) {
        let mut stream = Key::named(seed, "stress").stream(1);
        let scenarios = Scenarios::new(assets, table(&mut stream, assets, 100)).unwrap();
        let budgets: Vec<f64> = (0..assets).map(|_| 0.2 + stream.uniform()).collect();
        let total: f64 = budgets.iter().sum();
        let smooth = [Risk::StandardDeviation, Risk::Evar { tail: 0.1 }];
        for risk in Risk::all(0.1) {
            let portfolio = risk_budget_of(&scenarios, risk, &budgets).unwrap();
            prop_assert!(portfolio.check.passes());
            if !smooth.contains(&risk) {
                continue;
            }
            // Where the measure is smooth, the contribution is the weight times the slope.
            for asset in 0..assets {
                let at = |shift: f64| {
                    let mut weights = portfolio.weights.clone();
                    weights[asset] += shift;
                    risk.measure(&scenarios.of(&weights)).unwrap()
                };
                let part = portfolio.weights[asset] * (at(1e-5) - at(-1e-5)) / 2e-5 / portfolio.risk;
                prop_assert!((part - budgets[asset] / total).abs() < 1e-4, "{} {part}", risk.name());
            }
        }
    }

    #[test]
    fn no_other_bets_grow_faster(seed in 0_u64..1_000_000, bets in 1_usize..6) {
        let mut stream = Key::named(seed, "stress").stream(2);
        let outcomes = 60;
        let returns: Vec<Vec<f64>> = (0..outcomes)
            .map(|_| (0..bets).map(|_| 0.03 + 0.2 * (2.0 * stream.uniform() - 1.0)).collect())
            .collect();
        let probabilities = vec![1.0 / f64::from(outcomes); outcomes as usize];
        let limits = Constraints { gross_max: 2.0, ..Constraints::bounded(bets, Range::new(-1.0, 1.0)) };
        let best = joint(&returns, &probabilities, &limits).unwrap();
        prop_assert!(limits.violation(&best.fractions) <= FEASIBLE);
        for _ in 0..50 {
            let other: Vec<f64> = best
                .fractions
                .iter()
                .map(|it| (it + 0.1 * stream.normal()).clamp(-1.0, 1.0))
                .collect();
            let gross: f64 = other.iter().map(|it| it.abs()).sum();
            let shrink = (2.0 / gross).min(1.0);
            let growth: f64 = returns
                .iter()
                .map(|row| row.iter().zip(&other).map(|(r, f)| r * f * shrink).sum::<f64>())
                .map(|it| libm::log(1.0 + it) / f64::from(outcomes))
                .sum();
            prop_assert!(best.growth >= growth - 1e-9 || growth.is_nan(), "{} {growth}", best.growth);
        }
    }

    #[test]
    fn plans_with_impact_keep_their_limits(seed in 0_u64..1_000_000, assets in 2_usize..8, periods in 1_usize..6) {
        let mut stream = Key::named(seed, "stress").stream(3);
        let covariance = covariance(&mut stream, assets, 3);
        let means: Vec<Vec<f64>> =
            (0..periods).map(|_| (0..assets).map(|_| 0.005 * stream.normal()).collect()).collect();
        let costs = Costs {
            three_halves: vec![0.002; assets],
            quadratic: vec![0.001; assets],
            ..Costs::proportional(vec![0.0; assets], 0.000_5)
        };
        let book = Constraints { gross_max: 0.6, ..Constraints::long_short(assets) };
        let plan = MultiPeriod {
            means: &means,
            covariance: &covariance,
            constraints: &book,
            costs: &costs,
            aversion: 1.0,
            variance_max: 1e-6,
        };
        let solved = plan.solve().unwrap();
        for weights in &solved.weights {
            prop_assert!(book.violation(weights) <= FEASIBLE);
            prop_assert!(covariance.variance(weights) <= 1e-6 + FEASIBLE);
        }
    }

    #[test]
    fn the_gradient_agrees_with_the_programme(seed in 0_u64..1_000_000, assets in 1_usize..30) {
        let mut stream = Key::named(seed, "stress").stream(4);
        let covariance = covariance(&mut stream, assets, assets + 10);
        let mean: Vec<f64> = (0..assets).map(|_| 0.001 * stream.normal()).collect();
        let tolerance = 1.0 + 4.0 * stream.uniform();
        let slow = mean_risk(&mean, &covariance, tolerance, Descent::default()).unwrap();
        let long = Constraints::long_only(assets);
        let fast = MeanVariance::new(&mean, &covariance, &long).unwrap().max_utility(2.0 * tolerance).unwrap();
        let utility = |it: &scalp_allocate::Portfolio| it.expected_return - tolerance * it.risk * it.risk;
        prop_assert!((utility(&slow) - utility(&fast)).abs() < 1e-9);
    }
}
