//! Nested clustered optimisation: where it is exact, and what holds always.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use scalp_allocate::nested::nested;
use scalp_allocate::{Constraints, Covariance, Error, FEASIBLE, Linkage, MeanVariance};
use scalp_quant::rng::Key;

fn quietest(mean: &[f64], covariance: &Covariance) -> Result<Vec<f64>, Error> {
    let long = Constraints::long_only(mean.len());
    Ok(MeanVariance::new(mean, covariance, &long)?.min_volatility()?.weights)
}

fn sharpest(mean: &[f64], covariance: &Covariance) -> Result<Vec<f64>, Error> {
    let long = Constraints::long_only(mean.len());
    Ok(MeanVariance::new(mean, covariance, &long)?.max_sharpe(0.0)?.weights)
}

/// Blocks of assets that know nothing of each other, in a mixed order.
fn blocks() -> Covariance {
    let block_of = [0, 1, 0, 2, 1, 0, 2];
    let sizes: [f64; 7] = [0.1, 0.2, 0.12, 0.3, 0.25, 0.2, 0.15];
    let mut values = Vec::new();
    for a in 0..7 {
        for b in 0..7 {
            let correlation =
                if a == b { 1.0 } else { 0.5 * f64::from(u8::from(block_of[a] == block_of[b])) };
            values.push(correlation * sizes[a] * sizes[b]);
        }
    }
    Covariance::new(7, values).unwrap()
}

#[test]
fn of_blocks_it_is_the_optimum_of_all() {
    let covariance = blocks();
    let mean = [0.05, 0.08, 0.06, 0.1, 0.07, 0.09, 0.04];
    type Optimise = fn(&[f64], &Covariance) -> Result<Vec<f64>, Error>;
    for (optimise, tolerance) in [(quietest as Optimise, 1e-12), (sharpest as Optimise, 1e-5)] {
        let got = nested(&mean, &covariance, Linkage::Single, Some(3), optimise).unwrap();
        let mut found: Vec<Vec<usize>> = got.clusters.clone();
        found.iter_mut().for_each(|it| it.sort_unstable());
        found.sort();
        assert_eq!(found, [vec![0, 2, 5], vec![1, 4], vec![3, 6]]);
        let want = optimise(&mean, &covariance).unwrap();
        for (got, want) in got.weights.iter().zip(want) {
            assert!((got - want).abs() < tolerance, "{got} {want}");
        }
    }
}

#[test]
fn one_cluster_and_one_for_each_asset_are_the_plain_programme() {
    let covariance = blocks();
    let want = quietest(&[0.0; 7], &covariance).unwrap();
    for count in [1, 7] {
        let got = nested(&[0.0; 7], &covariance, Linkage::Ward, Some(count), quietest).unwrap();
        for (got, want) in got.weights.iter().zip(&want) {
            assert!((got - want).abs() < 1e-12);
        }
    }
}

#[test]
fn refuses_what_does_not_fit() {
    let covariance = blocks();
    let ask = |clusters| nested(&[0.0; 7], &covariance, Linkage::Single, clusters, quietest);
    assert!(ask(Some(0)).is_err() && ask(Some(8)).is_err() && ask(None).is_ok());
    assert!(nested(&[0.0; 6], &covariance, Linkage::Single, None, quietest).is_err());
    assert!(nested(&[0.0; 7], &covariance, Linkage::Single, None, |_, _| Ok(vec![1.0])).is_err());
    let flat = Covariance::new(2, vec![0.0, 0.0, 0.0, 1.0]).unwrap();
    assert!(nested(&[0.0; 2], &flat, Linkage::Single, None, quietest).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn weights_are_feasible_and_follow_their_assets(seed in 0_u64..100_000, assets in 2_usize..12) {
        let mut stream = Key::named(seed, "nested").stream(0);
        let loads: Vec<f64> = (0..assets * 3).map(|_| stream.normal()).collect();
        let at = |a: usize, b: usize| -> f64 {
            let shared: f64 = (0..3).map(|k| loads[3 * a + k] * loads[3 * b + k]).sum();
            1e-4 * (shared + if a == b { 0.3 } else { 0.0 })
        };
        let mirror = |it: usize| assets - 1 - it;
        let of = |turn: &dyn Fn(usize) -> usize| {
            let values = (0..assets * assets).map(|k| at(turn(k / assets), turn(k % assets))).collect();
            nested(&vec![0.0; assets], &Covariance::new(assets, values).unwrap(), Linkage::Average, None, quietest).unwrap()
        };
        let (plain, turned) = (of(&|it| it), of(&mirror));
        prop_assert!((plain.weights.iter().sum::<f64>() - 1.0).abs() <= FEASIBLE);
        prop_assert!(plain.weights.iter().all(|w| *w >= -FEASIBLE));
        for asset in 0..assets {
            prop_assert!((plain.weights[asset] - turned.weights[mirror(asset)]).abs() < 1e-9);
        }
    }
}
