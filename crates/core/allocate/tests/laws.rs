//! What holds for every portfolio: order of assets does not matter, limits are kept, nobody finds a better one, the same
//! input gives the same bits, and what cannot be is refused by name.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use scalp_allocate::budgeting::{budgets_of_confidence, parity, risk_budget};
use scalp_allocate::constraints::{Group, Range, Source, Turnover};
use scalp_allocate::hierarchy::risk_parity;
use scalp_allocate::meanrisk::profile;
use scalp_allocate::pooling::{PoolingView, pool};
use scalp_allocate::resampling::{Resampling, resampled_frontier};
use scalp_allocate::{
    Constraints, Costs, Covariance, Error, FEASIBLE, Linkage, MeanRisk, MeanVariance, Risk, Scenarios,
    Uncertainty,
};
use scalp_quant::rng::{Key, Stream};

/// Returns with one factor and fat tails.
fn table(stream: &mut Stream, assets: usize, periods: usize) -> Vec<f64> {
    let loads: Vec<f64> = (0..assets).map(|_| 0.5 + stream.uniform()).collect();
    let drift: Vec<f64> = (0..assets).map(|_| 0.001 * stream.normal()).collect();
    let mut table = Vec::new();
    for _ in 0..periods {
        let market = 0.01 * stream.normal() / (0.3 + stream.uniform());
        for asset in 0..assets {
            let own = 0.01 * stream.normal() / (0.3 + stream.uniform());
            table.push(drift[asset] + loads[asset] * market + own);
        }
    }
    table
}

fn covariance(assets: usize, table: &[f64]) -> Covariance {
    let rows: Vec<&[f64]> = table.chunks(assets).collect();
    let matrix = scalp_quant::matrix::Matrix::from_rows(&rows).unwrap();
    Covariance::of(&scalp_quant::dependence::covariance::sample(&matrix).unwrap()).unwrap()
}

fn long_portfolio(stream: &mut Stream, assets: usize) -> Vec<f64> {
    let parts: Vec<f64> = (0..assets).map(|_| stream.exponential()).collect();
    let total: f64 = parts.iter().sum();
    parts.iter().map(|it| it / total).collect()
}

fn bits(weights: &[f64]) -> Vec<u64> {
    weights.iter().map(|it| it.to_bits()).collect()
}

/// The moments of a world with given probabilities, for what follows pooling.
fn expectation(values: &[f64], probabilities: &[f64]) -> f64 {
    values.iter().zip(probabilities).map(|(it, p)| it * p).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_the_assets_does_not_matter(seed in 0_u64..1_000_000, assets in 2_usize..9) {
        let mut stream = Key::named(seed, "laws").stream(0);
        let periods = 60;
        let table = table(&mut stream, assets, periods);
        let turned: Vec<f64> = table.chunks(assets).flat_map(|row| row.iter().rev().copied()).collect();
        let (plain, mirror) = (covariance(assets, &table), covariance(assets, &turned));
        let long = Constraints::long_only(assets);
        let (a, b) = (Scenarios::new(assets, table).unwrap(), Scenarios::new(assets, turned).unwrap());
        let (mean, mean_mirror) = (a.mean(), b.mean());
        let pairs = [
            (
                MeanVariance::new(&mean, &plain, &long).unwrap().min_volatility().unwrap().weights,
                MeanVariance::new(&mean_mirror, &mirror, &long).unwrap().min_volatility().unwrap().weights,
            ),
            (
                risk_budget(&plain, &parity(assets)).unwrap().weights,
                risk_budget(&mirror, &parity(assets)).unwrap().weights,
            ),
        ];
        for (one, other) in pairs {
            for (x, y) in one.iter().zip(other.iter().rev()) {
                prop_assert!((x - y).abs() < 1e-6, "{one:?} {other:?}");
            }
        }
        let risk = Risk::Cvar { tail: 0.1 };
        let one = MeanRisk::new(&a, &long).unwrap().min_risk(risk).unwrap().risk;
        let other = MeanRisk::new(&b, &long).unwrap().min_risk(risk).unwrap().risk;
        prop_assert!((one - other).abs() <= 1e-8 * one.abs().max(0.01), "{one} {other}");
    }

    #[test]
    fn nobody_finds_a_better_portfolio(seed in 0_u64..1_000_000, assets in 1_usize..7, periods in 2_usize..80) {
        let mut stream = Key::named(seed, "laws").stream(1);
        let scenarios = Scenarios::new(assets, table(&mut stream, assets, periods)).unwrap();
        let long = Constraints::long_only(assets);
        let problem = MeanRisk::new(&scenarios, &long).unwrap();
        let others: Vec<Vec<f64>> = (0..50).map(|_| long_portfolio(&mut stream, assets)).collect();
        for risk in Risk::all(0.1) {
            let best = problem.min_risk(risk).unwrap();
            prop_assert!(long.violation(&best.weights) <= FEASIBLE);
            prop_assert!(best.check.passes());
            for other in &others {
                let other = risk.measure(&scenarios.of(other)).unwrap();
                prop_assert!(best.risk <= other + 1e-9, "{}: {} {other}", risk.name(), best.risk);
            }
        }
    }

    #[test]
    fn nobody_finds_a_better_ratio(seed in 0_u64..1_000_000, assets in 2_usize..6) {
        let mut stream = Key::named(seed, "laws").stream(2);
        let scenarios = Scenarios::new(assets, table(&mut stream, assets, 120)).unwrap();
        let long = Constraints::long_only(assets);
        let problem = MeanRisk::new(&scenarios, &long).unwrap();
        let mean = scenarios.mean();
        let most = mean.iter().copied().fold(f64::MIN, f64::max);
        prop_assume!(most > 1e-4);
        let others: Vec<Vec<f64>> = (0..50).map(|_| long_portfolio(&mut stream, assets)).collect();
        for risk in Risk::all(0.05) {
            let best = problem.max_ratio(risk, 0.0).unwrap();
            let ratio = best.expected_return / best.risk;
            for other in &others {
                let income: f64 = other.iter().zip(&mean).map(|(w, m)| w * m).sum();
                let other = income / risk.measure(&scenarios.of(other)).unwrap();
                prop_assert!(ratio >= other - 1e-7, "{}: {ratio} {other}", risk.name());
            }
            let limited = problem.max_return(risk, best.risk).unwrap();
            prop_assert!(limited.risk <= best.risk * (1.0 + 1e-6));
            prop_assert!(limited.expected_return >= best.expected_return - 1e-8);
        }
    }

    #[test]
    fn pivoting_and_the_general_solver_agree(seed in 0_u64..1_000_000, assets in 2_usize..12) {
        let mut stream = Key::named(seed, "laws").stream(8);
        let covariance = covariance(assets, &table(&mut stream, assets, 60));
        let mean: Vec<f64> = (0..assets).map(|_| 0.001 * stream.normal()).collect();
        let bounds: Vec<Range> =
            (0..assets).map(|_| Range::new(-0.3 * stream.uniform(), 0.6 + stream.uniform())).collect();
        let plain = Constraints { bounds, ..Constraints::long_only(assets) };
        // A limit that never binds sends the same problem to the general solver.
        let general = Constraints { net: Range::new(-9.0, 9.0), ..plain.clone() };
        let fast = MeanVariance::new(&mean, &covariance, &plain).unwrap();
        let slow = MeanVariance::new(&mean, &covariance, &general).unwrap();
        for (fast, slow) in [
            (fast.min_volatility().unwrap(), slow.min_volatility().unwrap()),
            (fast.max_utility(2.0).unwrap(), slow.max_utility(2.0).unwrap()),
        ] {
            for (x, y) in fast.weights.iter().zip(&slow.weights) {
                prop_assert!((x - y).abs() < 1e-4, "{fast:?} {slow:?}");
            }
            let value = |it: &scalp_allocate::Portfolio| it.risk * it.risk - it.expected_return;
            prop_assert!(fast.risk <= slow.risk + 1e-9 || value(&fast) <= value(&slow) + 1e-9);
        }
    }

    #[test]
    fn pooled_probabilities_keep_the_views_and_no_others_are_nearer(seed in 0_u64..1_000_000, assets in 2_usize..5) {
        let mut stream = Key::named(seed, "laws").stream(10);
        let periods = 200;
        let scenarios = Scenarios::new(assets, table(&mut stream, assets, periods)).unwrap();
        let prior = vec![1.0 / periods as f64; periods];
        let column = |asset: usize| -> Vec<f64> { scenarios.rows().map(|row| row[asset]).collect() };
        let target = scenarios.mean()[0] + 0.002 * stream.normal();
        let calm: Vec<f64> = column(1).iter().map(|it| it * it).collect();
        let usual = expectation(&calm, &prior);
        let views = [
            PoolingView { values: column(0), expectation: Range::new(target, target) },
            PoolingView { values: calm.clone(), expectation: Range::new(0.0, 0.8 * usual) },
        ];
        let pooled = pool(&prior, &views).unwrap();
        prop_assert!(pooled.check.passes());
        prop_assert!((expectation(&column(0), &pooled.probabilities) - target).abs() < 1e-11);
        prop_assert!(expectation(&calm, &pooled.probabilities) <= 0.8 * usual + 1e-13);
        // Mixed with anything else that keeps the views, the entropy to the prior only grows (Pythagoras).
        let other = pool(&prior, &[views[0].clone(), PoolingView {
            values: calm.clone(),
            expectation: Range::new(0.6 * usual, 0.6 * usual),
        }]).unwrap();
        prop_assert!(other.relative_entropy >= pooled.relative_entropy - 1e-12);
    }

    #[test]
    fn the_best_ratio_is_the_best_point_of_the_frontier(seed in 0_u64..1_000_000, assets in 3_usize..8) {
        let mut stream = Key::named(seed, "laws").stream(9);
        let covariance = covariance(assets, &table(&mut stream, assets, 60));
        let mean: Vec<f64> = (0..assets).map(|_| 0.002 * stream.normal()).collect();
        let book = Constraints { gross_max: 0.25, ..Constraints::long_short(assets) };
        let costs = Costs {
            three_halves: vec![0.001; assets],
            ..Costs::proportional(vec![0.0; assets], 0.000_1)
        };
        let error = Uncertainty::of_sample(&covariance, 600, 1.0).unwrap();
        let plain = MeanVariance::new(&mean, &covariance, &book).unwrap();
        for (problem, riskless) in [
            (plain, 0.0),
            (plain.with_costs(&costs).unwrap(), 0.000_01),
            (plain.with_uncertainty(&error).unwrap(), 0.000_01),
        ] {
            let best = match problem.max_sharpe(riskless) {
                Err(Error::NoExcessReturn { .. }) => continue,
                other => other.unwrap(),
            };
            prop_assert!(book.violation(&best.weights) <= FEASIBLE);
            let ratio = (best.expected_return - riskless) / best.risk;
            for part in 1..8 {
                let risk = best.risk * 0.3 * f64::from(part);
                let other = problem.efficient_risk(risk).unwrap();
                let other = (other.expected_return - riskless) / other.risk;
                prop_assert!(ratio >= other - 1e-5 * ratio.abs().max(1.0), "{ratio} {other}");
            }
            if riskless <= 0.0 {
                // Nothing fixes the size but the limits, so one of them binds.
                let larger: Vec<f64> = best.weights.iter().map(|it| 1.001 * it).collect();
                prop_assert!(book.violation(&larger) > 0.0);
            }
        }
    }

    #[test]
    fn limits_of_every_kind_are_kept(seed in 0_u64..1_000_000, assets in 4_usize..12) {
        let mut stream = Key::named(seed, "laws").stream(3);
        let table = table(&mut stream, assets, 100);
        let covariance = covariance(assets, &table);
        let mean: Vec<f64> = (0..assets).map(|_| 0.01 * stream.normal()).collect();
        let current: Vec<f64> = (0..assets).map(|_| 0.05 * (2.0 * stream.uniform() - 1.0)).collect();
        let group = Group { members: vec![0, 2], sum: Range::new(-0.05, 0.05) };
        let turnover = Turnover { current: current.clone(), total_max: 0.6, each_max: 0.12 };
        let constraints = Constraints {
            groups: vec![group],
            turnover: Some(turnover),
            gross_max: 0.7,
            ..Constraints::long_short(assets)
        };
        let costs = Costs {
            three_halves: vec![0.005; assets],
            quadratic: vec![0.01; assets],
            ..Costs::proportional(current, 0.000_5)
        };
        let error = Uncertainty::of_sample(&covariance, 100, 1.0).unwrap();
        let problem = MeanVariance::new(&mean, &covariance, &constraints).unwrap();
        let problem = problem.with_costs(&costs).unwrap();
        for portfolio in [
            problem.min_volatility().unwrap(),
            problem.max_return().unwrap(),
            problem.max_utility(3.0).unwrap(),
            problem.with_uncertainty(&error).unwrap().max_utility(3.0).unwrap(),
            problem.efficient_risk(0.01).or_else(|_| problem.efficient_risk(0.1)).unwrap(),
        ] {
            prop_assert!(constraints.violation(&portfolio.weights) <= FEASIBLE);
            prop_assert!(portfolio.check.passes());
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bits() {
    let mut stream = Key::named(5, "laws").stream(4);
    let table = table(&mut stream, 12, 250);
    let scenarios = Scenarios::new(12, table.clone()).unwrap();
    let covariance = covariance(12, &table);
    let long = Constraints::long_only(12);
    let mean = scenarios.mean();
    let run = || {
        let variance = MeanVariance::new(&mean, &covariance, &long).unwrap();
        let tails = MeanRisk::new(&scenarios, &long).unwrap();
        let mut all = bits(&variance.min_volatility().unwrap().weights);
        all.extend(bits(&risk_parity(&covariance, Linkage::Ward).unwrap()));
        for risk in Risk::all(0.05) {
            all.extend(bits(&tails.min_risk(risk).unwrap().weights));
        }
        let resampling = Resampling { points: 3, draws: 4, seed: 9 };
        for weights in resampled_frontier(&scenarios, &long, resampling).unwrap() {
            all.extend(bits(&weights));
        }
        all
    };
    assert_eq!(run(), run());
}

#[test]
fn five_hundred_assets_with_a_hundred_days_have_a_quietest_portfolio() {
    let mut stream = Key::named(5, "laws").stream(5);
    let table = table(&mut stream, 500, 100);
    let covariance = covariance(500, &table);
    let long = Constraints::long_only(500);
    let mean = vec![0.0; 500];
    let best = MeanVariance::new(&mean, &covariance, &long).unwrap().min_volatility().unwrap();
    println!("volatility {}; {}", best.risk, best.check);
    assert!(long.violation(&best.weights) <= FEASIBLE);
    for _ in 0..50 {
        assert!(best.risk <= covariance.volatility(&long_portfolio(&mut stream, 500)));
    }
}

#[test]
fn one_asset_is_all_there_is() {
    let covariance = Covariance::new(1, vec![0.04]).unwrap();
    let long = Constraints::long_only(1);
    let problem = MeanVariance::new(&[0.1], &covariance, &long).unwrap();
    for portfolio in [problem.min_volatility().unwrap(), problem.max_sharpe(0.02).unwrap()] {
        assert!((portfolio.weights[0] - 1.0).abs() < 1e-12);
        assert!((portfolio.risk - 0.2).abs() < 1e-12);
    }
    assert!((risk_parity(&covariance, Linkage::Single).unwrap()[0] - 1.0).abs() < 1e-15);
    assert!((risk_budget(&covariance, &[1.0]).unwrap().weights[0] - 1.0).abs() < 1e-15);
}

fn quietest(constraints: &Constraints) -> Result<scalp_allocate::Portfolio, Error> {
    let assets = constraints.assets();
    let mut values = vec![0.0; assets * assets];
    (0..assets).for_each(|it| values[it * assets + it] = 1.0);
    let covariance = Covariance::new(assets, values).unwrap();
    MeanVariance::new(&vec![0.0; assets], &covariance, constraints).unwrap().min_volatility()
}

/// Only the given limits.
fn only(constraints: &Constraints, sources: &[Source]) -> Constraints {
    let has = |it: Source| sources.contains(&it);
    let side = |range: Range, min: Source, max: Source| {
        let min = if has(min) { range.min } else { f64::NEG_INFINITY };
        Range::new(min, if has(max) { range.max } else { f64::INFINITY })
    };
    let bounds = constraints.bounds.iter().enumerate();
    let groups = constraints.groups.iter().enumerate();
    let trades = sources.iter().any(|it| matches!(it, Source::Trade(_)));
    Constraints {
        bounds: bounds.map(|(at, it)| side(*it, Source::Minimum(at), Source::Maximum(at))).collect(),
        budget: constraints.budget.filter(|_| has(Source::Budget)),
        net: side(constraints.net, Source::NetMin, Source::NetMax),
        gross_max: if has(Source::Gross) { constraints.gross_max } else { f64::INFINITY },
        groups: groups
            .map(|(at, it)| Group {
                members: it.members.clone(),
                sum: side(it.sum, Source::GroupMin(at), Source::GroupMax(at)),
            })
            .collect(),
        turnover: constraints.turnover.as_ref().map(|it| Turnover {
            current: it.current.clone(),
            total_max: if has(Source::Turnover) { it.total_max } else { f64::INFINITY },
            // One limit for all assets: it stays as long as one of them takes part.
            each_max: if trades { it.each_max } else { f64::INFINITY },
        }),
    }
}

/// The conflict, after checking that its limits alone leave nothing and that without any one of them something is left.
fn conflict(constraints: &Constraints) -> Vec<Source> {
    let Err(Error::Infeasible { conflict }) = quietest(constraints) else { panic!("feasible") };
    assert!(matches!(quietest(&only(constraints, &conflict)), Err(Error::Infeasible { .. })));
    // Where there are very many, a few stand for all.
    for source in conflict.iter().take(8).filter(|it| !matches!(it, Source::Trade(_))) {
        let rest: Vec<Source> = conflict.iter().filter(|it| *it != source).cloned().collect();
        let without = quietest(&only(constraints, &rest));
        // Something is left, or so little that neither can be proven.
        let is_proven = matches!(without, Err(Error::Infeasible { .. }));
        assert!(!is_proven, "{source} in {conflict:?}: {without:?}");
    }
    conflict
}

/// Limits of every kind, drawn without regard to each other.
fn random_limits(seed: u64, assets: usize) -> Constraints {
    let mut stream = Key::named(seed, "laws").stream(13);
    let bounds = (0..assets).map(|_| {
        let low = 0.4 * stream.normal();
        Range::new(low, low + 0.5 * stream.uniform())
    });
    let bounds = bounds.collect();
    let mut group = |members: Vec<usize>| {
        let low = 0.5 * stream.normal();
        Group { members, sum: Range::new(low, low + 0.4 * stream.uniform()) }
    };
    let groups = vec![group(vec![0, 1]), group((1..assets).collect())];
    let turnover = Turnover {
        current: (0..assets).map(|_| 0.3 * stream.normal()).collect(),
        total_max: 1.5 * stream.uniform(),
        each_max: f64::INFINITY,
    };
    Constraints {
        bounds,
        budget: Some(stream.normal()),
        net: Range::new(-0.5, 0.5),
        gross_max: 2.0 * stream.uniform(),
        groups,
        turnover: Some(turnover),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_refusal_names_a_minimal_conflict(seed in 0_u64..1_000_000, assets in 2_usize..7) {
        let random = random_limits(seed, assets);
        match quietest(&random) {
            Ok(portfolio) => prop_assert!(random.violation(&portfolio.weights) <= FEASIBLE),
            Err(Error::Infeasible { .. }) => prop_assert!(!conflict(&random).is_empty()),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

/// A budget or a group that asks for little more than may be traded, the first for 0.0003: an attempt of the solver that proves
/// it with the auxiliary columns of another limit beside them may not prove it without.
#[test]
fn limits_that_exclude_each_other_by_little_are_named() {
    for (seed, want) in [(620_118, Source::Budget), (96_725, Source::Budget), (710_278, Source::GroupMax(0))]
    {
        assert_eq!(conflict(&random_limits(seed, 2)), [want, Source::Turnover], "{seed}");
    }
}

#[test]
fn limits_that_exclude_each_other_are_named() {
    let maxima = |count: usize| (0..count).map(Source::Maximum);
    let low = Constraints { budget: Some(1.0), ..Constraints::bounded(3, Range::new(0.0, 0.3)) };
    assert_eq!(conflict(&low), maxima(3).chain([Source::Budget]).collect::<Vec<_>>());
    let group = Group { members: vec![0, 1], sum: Range::new(0.9, 1.0) };
    let grouped = Constraints {
        bounds: vec![Range::new(0.0, 0.4), Range::new(0.0, 0.4), Range::LONG, Range::LONG],
        groups: vec![group],
        ..Constraints::long_only(4)
    };
    assert_eq!(conflict(&grouped), [Source::Maximum(0), Source::Maximum(1), Source::GroupMin(0)]);
    let gross = Constraints { gross_max: 0.5, ..Constraints::long_only(3) };
    assert_eq!(conflict(&gross), [Source::Budget, Source::Gross]);
    let net = Constraints { net: Range::new(-0.2, 0.8), ..Constraints::long_only(3) };
    assert_eq!(conflict(&net), [Source::Budget, Source::NetMax]);
    let crossed = Constraints::bounded(2, Range::new(0.3, 0.2));
    let it = conflict(&crossed);
    assert!(it == [Source::Minimum(0), Source::Maximum(0)] || it == [Source::Minimum(1), Source::Maximum(1)]);
    let turnover = Turnover { current: vec![0.0; 3], total_max: 0.5, each_max: f64::INFINITY };
    let slow = Constraints { turnover: Some(turnover), ..Constraints::long_only(3) };
    assert_eq!(conflict(&slow), [Source::Budget, Source::Turnover]);
    let turnover = Turnover { current: vec![0.0; 3], total_max: f64::INFINITY, each_max: 0.1 };
    let slow = Constraints { turnover: Some(turnover), ..Constraints::long_only(3) };
    let trades: Vec<Source> = [Source::Budget].into_iter().chain((0..3).map(Source::Trade)).collect();
    assert_eq!(conflict(&slow), trades);
    let wide = Constraints { budget: Some(1.0), ..Constraints::bounded(200, Range::new(0.0, 0.004)) };
    assert_eq!(conflict(&wide).len(), 201);
    let message = Error::Infeasible { conflict: conflict(&gross) }.to_string();
    assert_eq!(message, "no portfolio satisfies all of: budget, maximum gross exposure; relax one of them");
}

#[test]
fn garbage_is_refused_with_its_place() {
    let table = vec![0.01, 0.02, f64::NAN, 0.01];
    let answer = Scenarios::new(2, table).unwrap_err();
    assert!(matches!(answer, Error::NotFinite { row: 1, column: 0, .. }));
    assert!(matches!(Scenarios::new(2, vec![0.01, 0.02]), Err(Error::TooFew { have: 1, need: 2, .. })));
    assert!(matches!(Scenarios::new(2, vec![0.01; 5]), Err(Error::Size { .. })));
    let covariance = Covariance::new(2, vec![0.04, 0.0, 0.0, 0.09]).unwrap();
    let long = Constraints::long_only(2);
    assert!(matches!(
        MeanVariance::new(&[0.1, f64::INFINITY], &covariance, &long),
        Err(Error::NotFinite { row: 1, .. })
    ));
    assert!(MeanVariance::new(&[0.1], &covariance, &long).is_err());
    let nan = Constraints { bounds: vec![Range::LONG, Range::new(f64::NAN, 1.0)], ..long.clone() };
    assert!(matches!(
        MeanVariance::new(&[0.1, 0.1], &covariance, &nan),
        Err(Error::NotFinite { row: 1, .. })
    ));
    let twice = Group { members: vec![1, 1], sum: Range::LONG };
    let grouped = Constraints { groups: vec![twice], ..long.clone() };
    assert!(matches!(MeanVariance::new(&[0.1, 0.1], &covariance, &grouped), Err(Error::Parameter { .. })));
    let scenarios = Scenarios::new(2, vec![0.01, 0.02, -0.01, 0.01]).unwrap();
    let problem = MeanRisk::new(&scenarios, &long).unwrap();
    assert!(problem.min_risk(Risk::Cvar { tail: 1.0 }).is_err());
    assert!(problem.max_return(Risk::MaxDrawdown, -1.0).is_err());
    assert!(risk_budget(&covariance, &[0.5, 0.0]).is_err());
    let flat = Covariance::new(2, vec![0.04, 0.0, 0.0, 0.0]).unwrap();
    assert!(risk_parity(&flat, Linkage::Single).is_err());
    let free = Constraints::bounded(2, Range::FREE);
    let problem = MeanVariance::new(&[0.1, 0.2], &covariance, &free).unwrap();
    assert_eq!(problem.max_return(), Err(Error::Unbounded));
}

#[test]
fn a_measure_is_bounded_by_all_its_rows_even_where_few_leave_it_open() {
    // Without bounds on weights, CVaR has a minimum as long as no portfolio of budget one always gains: the first rows
    // alone would leave it open.
    let mut stream = Key::named(5, "laws").stream(12);
    let scenarios = Scenarios::new(8, table(&mut stream, 8, 300)).unwrap();
    let free = Constraints { budget: Some(1.0), ..Constraints::bounded(8, Range::FREE) };
    let problem = MeanRisk::new(&scenarios, &free).unwrap();
    for risk in [Risk::Cvar { tail: 0.01 }, Risk::WorstRealisation] {
        let best = problem.min_risk(risk).unwrap();
        let long = Constraints::long_only(8);
        let bounded = MeanRisk::new(&scenarios, &long).unwrap().min_risk(risk).unwrap();
        println!("{} {} {}", risk.name(), best.risk, bounded.risk);
        assert!(best.risk <= bounded.risk + 1e-9);
    }
    let always = Scenarios::new(2, vec![0.02, 0.01, 0.01, -0.01, 0.03, 0.01]).unwrap();
    let free = Constraints { budget: Some(1.0), ..Constraints::bounded(2, Range::FREE) };
    let answer = MeanRisk::new(&always, &free).unwrap().min_risk(Risk::WorstRealisation);
    assert_eq!(answer, Err(Error::Unbounded));
}

#[test]
fn a_ratio_without_risk_has_no_maximum() {
    let scenarios = Scenarios::new(2, vec![0.01, 0.02, 0.01, -0.01, 0.01, 0.03]).unwrap();
    let long = Constraints::long_only(2);
    let problem = MeanRisk::new(&scenarios, &long).unwrap();
    let answer = problem.max_ratio(Risk::StandardDeviation, 0.0);
    assert!(matches!(answer, Err(Error::NoRisk { .. })), "{answer:?}");
    let answer = problem.max_ratio(Risk::MaxDrawdown, 0.5);
    assert!(matches!(answer, Err(Error::NoExcessReturn { .. })), "{answer:?}");
    let covariance = Covariance::new(2, vec![0.0, 0.0, 0.0, 0.04]).unwrap();
    let answer = MeanVariance::new(&[0.01, 0.02], &covariance, &long).unwrap().max_sharpe(0.0);
    assert!(matches!(answer, Err(Error::NoRisk { .. })), "{answer:?}");
}

#[test]
fn a_frontier_is_ordered_and_a_robust_one_is_more_careful() {
    let mut stream = Key::named(5, "laws").stream(6);
    let table = table(&mut stream, 6, 250);
    let covariance = covariance(6, &table);
    let mean = Scenarios::new(6, table.clone()).unwrap().mean();
    let long = Constraints::long_only(6);
    let problem = MeanVariance::new(&mean, &covariance, &long).unwrap();
    let frontier = problem.frontier(8).unwrap();
    assert_eq!(frontier.len(), 8);
    for pair in frontier.windows(2) {
        assert!(pair[1].risk >= pair[0].risk - 1e-9);
        assert!(pair[1].expected_return >= pair[0].expected_return - 1e-12);
    }
    let error = Uncertainty::of_sample(&covariance, 250, 2.0).unwrap();
    let robust = problem.with_uncertainty(&error).unwrap();
    let (plain, careful) = (problem.max_return().unwrap(), robust.max_return().unwrap());
    let worst = plain.expected_return - error.of(&plain.weights);
    assert!(careful.expected_return >= worst - 1e-9);
    robust.frontier(4).unwrap();
    // Of two equally uncertain assets the plain optimum takes the better one alone, the robust one nearly half of each.
    let twins = Covariance::new(2, vec![1e-4, 0.0, 0.0, 1e-4]).unwrap();
    let (mean, long) = ([0.001_1, 0.001_0], Constraints::long_only(2));
    let problem = MeanVariance::new(&mean, &twins, &long).unwrap();
    let error = Uncertainty::of_sample(&twins, 100, 1.0).unwrap();
    assert!((problem.max_return().unwrap().weights[0] - 1.0).abs() < 1e-7);
    // d/dw of 0.0011 w + 0.001 (1 - w) - 0.001 sqrt(w^2 + (1 - w)^2) is zero at w = 1/2 + 1/2 (2 / 0.1^2 - 1)^-1/2.
    let share = 0.5 + 0.5 / libm::sqrt(2.0 / 0.01 - 1.0);
    let careful = problem.with_uncertainty(&error).unwrap().max_return().unwrap();
    assert!((careful.weights[0] - share).abs() < 1e-5, "{} {share}", careful.weights[0]);
}

#[test]
fn more_confidence_carries_more_of_the_risk() {
    let covariance = Covariance::new(2, vec![0.04, 0.01, 0.01, 0.09]).unwrap();
    let budgets = budgets_of_confidence(&[0.9, 0.3]).unwrap();
    let portfolio = risk_budget(&covariance, &budgets).unwrap();
    let parts = scalp_allocate::meanvariance::risk_contributions(&covariance, &portfolio.weights);
    assert!((parts[0] / portfolio.risk - 0.75).abs() < 1e-12);
    assert!((parts.iter().sum::<f64>() - portfolio.risk).abs() < 1e-14);
    assert!(budgets_of_confidence(&[0.9, 0.0]).is_err());
    assert!(budgets_of_confidence(&[1.1]).is_err());
}

#[test]
fn measures_are_in_their_known_order() {
    let mut stream = Key::named(5, "laws").stream(7);
    let scenarios = Scenarios::new(3, table(&mut stream, 3, 400)).unwrap();
    let profile = profile(&scenarios, &[0.5, 0.3, 0.2], 0.05).unwrap();
    let of = |name: &str| profile.iter().find(|it| it.0.name() == name).unwrap().1;
    assert!(of("conditional value at risk") <= of("entropic value at risk"));
    assert!(of("entropic value at risk") <= of("worst realisation"));
    assert!(of("ulcer index") <= of("maximum drawdown"));
    assert!(of("conditional drawdown at risk") <= of("maximum drawdown"));
    assert!(of("mean absolute deviation") <= of("standard deviation"));
}
