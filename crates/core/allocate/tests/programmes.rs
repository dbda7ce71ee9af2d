//! Programmes in time: several periods, sizes between ticks, projected gradient, each against a slower twin.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use scalp_allocate::constraints::{Constraints, Range, Source, Turnover};
use scalp_allocate::gradient::{Descent, mean_risk};
use scalp_allocate::multiperiod::MultiPeriod;
use scalp_allocate::realtime::{Limits, Moment, Sizer};
use scalp_allocate::{Costs, Covariance, Error, MeanVariance};
use scalp_quant::rng::Key;

fn covariance() -> Covariance {
    let values = vec![
        0.040, 0.010, 0.002, 0.000, //
        0.010, 0.090, 0.020, 0.005, //
        0.002, 0.020, 0.160, 0.010, //
        0.000, 0.005, 0.010, 0.060,
    ];
    Covariance::new(4, values).unwrap()
}

#[test]
fn one_period_of_a_plan_is_the_utility_optimum_with_costs() {
    let covariance = covariance();
    let mean = vec![0.05, 0.09, 0.12, 0.06];
    let constraints = Constraints::long_only(4);
    let costs = Costs {
        three_halves: vec![0.01; 4],
        quadratic: vec![0.02; 4],
        ..Costs::proportional(vec![0.25; 4], 0.002)
    };
    let plan = MultiPeriod {
        means: std::slice::from_ref(&mean),
        covariance: &covariance,
        constraints: &constraints,
        costs: &costs,
        aversion: 1.5,
        variance_max: f64::INFINITY,
    };
    let plan = plan.solve().unwrap();
    let problem = MeanVariance::new(&mean, &covariance, &constraints).unwrap().with_costs(&costs).unwrap();
    let single = problem.max_utility(1.5).unwrap();
    for (a, b) in plan.weights[0].iter().zip(&single.weights) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
    assert!((plan.expected_return - single.expected_return).abs() < 1e-8);
}

#[test]
fn a_plan_keeps_its_limits_and_does_not_trade_for_less_than_it_costs() {
    let covariance = covariance();
    let turnover = Turnover { current: vec![0.05; 4], total_max: 0.15, each_max: 0.08 };
    let constraints = Constraints {
        net: Range::new(-0.2, 0.8),
        gross_max: 1.0,
        turnover: Some(turnover),
        ..Constraints::bounded(4, Range::new(-0.1, 0.2))
    };
    let means = vec![vec![0.01, 0.02, 0.03, -0.02]; 5];
    let costs = Costs::proportional(vec![0.05; 4], 0.001);
    let mut plan = MultiPeriod {
        means: &means,
        covariance: &covariance,
        constraints: &constraints,
        costs: &costs,
        aversion: 0.0,
        variance_max: 0.01,
    };
    let solved = plan.solve().unwrap();
    println!("{:?} {}", solved.weights, solved.check);
    let mut before = vec![0.05; 4];
    for weights in &solved.weights {
        let total: f64 = weights.iter().zip(&before).map(|(a, b)| (a - b).abs()).sum();
        assert!(total <= 0.15 + 1e-9);
        assert!(covariance.variance(weights) <= 0.01 + 1e-9);
        before.clone_from(weights);
    }
    assert!(solved.costs > 0.0);
    let dear = Costs::proportional(vec![0.05; 4], 1.0);
    plan.costs = &dear;
    let still = plan.solve().unwrap();
    assert!(still.weights.iter().flatten().all(|it| (it - 0.05).abs() < 1e-7));
}

#[test]
fn an_impossible_plan_names_what_conflicts() {
    let covariance = covariance();
    let constraints = Constraints { budget: Some(1.0), ..Constraints::bounded(4, Range::new(-0.1, 0.2)) };
    let costs = Costs::proportional(vec![0.0; 4], 0.0);
    let plan = MultiPeriod {
        means: &[vec![0.0; 4]],
        covariance: &covariance,
        constraints: &constraints,
        costs: &costs,
        aversion: 1.0,
        variance_max: f64::INFINITY,
    };
    let mut conflict = vec![Source::Budget];
    conflict.extend((0..4).map(Source::Maximum));
    conflict.sort();
    assert_eq!(plan.solve(), Err(Error::Infeasible { conflict }));
    let long = Constraints::long_only(4);
    let quiet = MultiPeriod { constraints: &long, variance_max: 0.001, ..plan };
    let conflict = vec![Source::Budget, Source::Risk];
    assert_eq!(quiet.solve(), Err(Error::Infeasible { conflict }));
}

/// The programme by exhaustive search over the price of gross exposure and the corners of each asset.
fn slow_sizes(limits: Limits, moment: Moment<'_>) -> f64 {
    let assets = moment.current.len();
    let corner = |asset: usize, price: f64| {
        let current = moment.current[asset];
        let low = (current - limits.step_max).max(-limits.position_max);
        let high = (current + limits.step_max).min(limits.position_max);
        let edge = moment.expected[asset] * moment.confidence[asset];
        let mut best = f64::NEG_INFINITY;
        for w in [low, high, 0.0_f64.clamp(low, high), current.clamp(low, high)] {
            best = best.max(edge * w - limits.cost * (w - current).abs() - price * w.abs());
        }
        best
    };
    // The dual is convex and piecewise linear in the price: its minimum lies on a slope of one asset.
    let mut prices = vec![0.0];
    for asset in 0..assets {
        let edge = (moment.expected[asset] * moment.confidence[asset]).abs();
        prices.extend([edge + limits.cost, (edge - limits.cost).abs()]);
    }
    let dual = |price: f64| (0..assets).map(|it| corner(it, price)).sum::<f64>() + price * limits.gross_max;
    prices.into_iter().map(dual).fold(f64::INFINITY, f64::min)
}

#[test]
fn sizes_between_ticks_are_as_good_as_the_dual_allows() {
    let mut worst = 0.0_f64;
    for case in 0..2_000 {
        let mut stream = Key::named(11, "sizes").stream(case);
        let assets = 1 + stream.below(12) as usize;
        let limits = Limits {
            gross_max: 0.02 + 0.3 * stream.uniform(),
            step_max: 0.1 * stream.uniform() + 0.02,
            position_max: 0.02 + 0.05 * stream.uniform(),
            cost: 0.002 * stream.uniform(),
        };
        let current: Vec<f64> = (0..assets).map(|_| 0.02 * (2.0 * stream.uniform() - 1.0)).collect();
        let expected: Vec<f64> = (0..assets).map(|_| 0.005 * stream.normal()).collect();
        let confidence: Vec<f64> = (0..assets).map(|_| stream.uniform()).collect();
        let moment = Moment { current: &current, expected: &expected, confidence: &confidence };
        let mut weights = Vec::new();
        let check = Sizer::new(limits).unwrap().size(moment, &mut weights).unwrap();
        worst = worst.max(check.worst());
        let gained: f64 = (0..assets)
            .map(|it| {
                expected[it] * confidence[it] * weights[it] - limits.cost * (weights[it] - current[it]).abs()
            })
            .sum();
        let bound = slow_sizes(limits, moment);
        assert!((gained - bound).abs() < 1e-14, "case {case}: {gained} {bound}");
        assert!(weights.iter().map(|it| it.abs()).sum::<f64>() <= limits.gross_max + 1e-12);
    }
    println!("worst residual {worst:.2e}");
}

#[test]
fn a_book_too_large_for_one_step_is_refused_by_name() {
    let mut sizer = Sizer::new(Limits { gross_max: 0.05, position_max: 0.5, ..Limits::default() }).unwrap();
    let zeros = [0.0; 3];
    let moment = Moment { current: &[0.14, 0.13, 0.0], expected: &zeros, confidence: &zeros };
    let conflict = vec![Source::Gross, Source::Trade(0), Source::Trade(1)];
    assert_eq!(sizer.size(moment, &mut Vec::new()), Err(Error::Infeasible { conflict }));
    let mut tight = Sizer::new(Limits::default()).unwrap();
    let moment = Moment { current: &[0.2, 0.0, 0.0], expected: &zeros, confidence: &zeros };
    let conflict = vec![Source::Maximum(0), Source::Trade(0)];
    assert_eq!(tight.size(moment, &mut Vec::new()), Err(Error::Infeasible { conflict }));
}

#[test]
fn projected_gradient_reaches_the_optimum_of_the_programme() {
    let covariance = covariance();
    let mean = [0.05, 0.09, 0.12, 0.06];
    let slow = mean_risk(&mean, &covariance, 0.75, Descent::default()).unwrap();
    let long = Constraints::long_only(4);
    let fast = MeanVariance::new(&mean, &covariance, &long).unwrap().max_utility(1.5).unwrap();
    for (a, b) in slow.weights.iter().zip(&fast.weights) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
    let short = Descent { rate: Some(0.01), steps_max: 5 };
    assert!(matches!(mean_risk(&mean, &covariance, 0.75, short), Err(Error::NotOptimal { .. })));
}
