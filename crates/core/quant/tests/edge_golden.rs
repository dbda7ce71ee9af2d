//! The edge's tests against their published definitions, and against `arch` where the answer is random.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail by panic and need not be the same on every machine"
)]

mod known;

use known::{Deviation, number, numbers, read};
use scalp_quant::edge::{
    Resampling, SharpeSample, Trials, probability_of_overfitting, reality_check, superior_predictive_ability,
};

#[test]
fn sharpe_ratios_agree_with_the_reference() {
    let want = &read("risk/eurusd_close_as_hourly.json")["series"];
    let close = known::eurusd_close();
    let returns: Vec<f64> = close.windows(2).map(|w| w[1] / w[0] - 1.0).collect();
    let sample = SharpeSample::of(&returns).unwrap();
    let mut worst = Deviation::default();
    worst.relative(sample.sharpe, number(&want["sr_per_period_ddof1"]));
    worst.relative(sample.skew, number(&want["skew_biased"]));
    worst.relative(sample.kurtosis, number(&want["kurt_nonexcess_biased"]));
    worst.relative(sample.probabilistic(0.0).unwrap(), number(&want["psr_vs_0"]));
    worst.relative(sample.probabilistic(0.02).unwrap(), number(&want["psr_vs_0.02"]));
    for (name, count, variance) in [
        ("dsr_N10_V0.0004", 10.0, 0.0004),
        ("dsr_N100_V0.0004", 100.0, 0.0004),
        ("dsr_N1000_V0.0009", 1000.0, 0.0009),
    ] {
        let trials = Trials { count, variance };
        worst.relative(trials.expected_best().unwrap(), number(&want[name]["sr0"]));
        worst.relative(sample.deflated(trials).unwrap(), number(&want[name]["dsr"]));
    }
    worst.relative(sample.minimum_length(0.0, 0.95).unwrap(), number(&want["min_track_record_len_vs0_95"]));
    worst.relative(sample.standard_error_normal(), number(&want["sr_se_iid_lo"]));
    worst.at_most("probabilistic and deflated Sharpe ratio", 1e-9);
}

/// The generator of the reference: SplitMix64, 53 bits a uniform, Box-Muller with the cosine only.
fn reference_normals(seed: u64, count: usize) -> Vec<f64> {
    let mut state = seed;
    let mut uniform = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..count)
        .map(|_| {
            let (a, b) = (uniform(), uniform());
            libm::sqrt(-2.0 * libm::log(a)) * libm::cos(2.0 * core::f64::consts::PI * b)
        })
        .collect()
}

#[test]
fn overfitting_agrees_with_the_reference() {
    let want = read("risk/pbo_cscv.json");
    let normals = reference_normals(41, 400 * 8);
    let rows: Vec<Vec<f64>> =
        (0..8).map(|k| (0..400).map(|t| (normals[t * 8 + k] * 0.01 * 1e8).round() / 1e8).collect()).collect();
    let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
    let got = probability_of_overfitting(&rows, 8).unwrap();
    assert_eq!(got.logits.len() as u64, want["n_comb"].as_u64().unwrap());
    let mut worst = Deviation::default();
    worst.absolute(got.pbo, number(&want["pbo"]));
    let mean = got.logits.iter().sum::<f64>() / got.logits.len() as f64;
    worst.absolute(mean, number(&want["logit_mean"]));
    for (got, want) in got.logits.iter().zip(numbers(&want["logits_first10"])) {
        worst.absolute(*got, want);
    }
    worst.at_most("probability of overfitting", 1e-9);
}

fn panel_excess() -> Vec<Vec<f64>> {
    ["AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "KO"]
        .iter()
        .map(|name| {
            let own = known::log_returns(&known::column("panel10_756d.csv", name));
            let benchmark = known::log_returns(&known::column("panel10_756d.csv", "JPM"));
            own.iter().zip(&benchmark).map(|(a, b)| a - b).collect()
        })
        .collect()
}

#[test]
fn snooping_tests_agree_with_arch_and_hansen() {
    let want: serde_json::Value = serde_json::from_str(include_str!("reference/spa.json")).unwrap();
    let (mut worst, mut statistics) = (Deviation::default(), Deviation::default());
    for want in want["cases"].as_array().unwrap() {
        let shift = number(&want["shift"]);
        let rows: Vec<Vec<f64>> =
            panel_excess().into_iter().map(|row| row.into_iter().map(|v| v + shift).collect()).collect();
        let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
        let resampling = Resampling { seed: 7, resamples: 20_000, block: 10.0 };
        let got = superior_predictive_ability(&rows, resampling).unwrap();
        worst.absolute(got.p_lower, number(&want["lower"]));
        worst.absolute(got.p_consistent, number(&want["consistent"]));
        worst.absolute(got.p_upper, number(&want["upper"]));
        worst.absolute(reality_check(&rows, resampling).unwrap().p, number(&want["white"]));
        // Theirs divides by the deviation of the resampled means, ours by its formula.
        statistics.relative(got.statistic, number(&want["statistic"]));
        assert_eq!(got, superior_predictive_ability(&rows, resampling).unwrap());
    }
    statistics.at_most("SPA statistic", 0.03);
    // Each p has a standard error of at most 0.0035: four of the difference's.
    worst.at_most("SPA and reality check p", 0.02);
}

#[test]
fn luck_passes_as_often_as_it_should_and_an_edge_passes() {
    // 400 searches among 10 strategies without edge: p below 10 % about 10 % of the time.
    let (mut spa, mut white) = (0, 0);
    for seed in 0..400 {
        let normals = reference_normals(1000 + seed, 10 * 120);
        let rows: Vec<&[f64]> = normals.chunks_exact(120).collect();
        let resampling = Resampling { seed, resamples: 400, block: 1.0 };
        spa += usize::from(superior_predictive_ability(&rows, resampling).unwrap().p_consistent < 0.1);
        white += usize::from(reality_check(&rows, resampling).unwrap().p < 0.1);
    }
    println!("of 400 lucky searches, SPA passes {spa}, the reality check {white}; 40 are expected");
    // 40 with a standard deviation of 6.
    assert!((22..=64).contains(&spa) && (22..=64).contains(&white));
    let mut normals = reference_normals(9, 10 * 400);
    normals[400..800].iter_mut().for_each(|v| *v += 0.3);
    let rows: Vec<&[f64]> = normals.chunks_exact(400).collect();
    let resampling = Resampling { seed: 1, resamples: 1000, block: 5.0 };
    let got = superior_predictive_ability(&rows, resampling).unwrap();
    assert!(got.p_consistent < 0.005 && got.best == 1, "{got:?}");
    let got = reality_check(&rows, resampling).unwrap();
    assert!(got.p < 0.005 && got.best == 1, "{got:?}");
}
