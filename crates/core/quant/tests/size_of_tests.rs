//! How often each test rejects what is true: at 5 %, about five times in a hundred, and its p-values spread evenly over 0 to 1.
//! Where a test is known to be off its level in small samples, the room it is given says so.

#![allow(clippy::unwrap_used, reason = "a test fails where a value is missing")]

use scalp_quant::edge::{Resampling, reality_check, superior_predictive_ability};
use scalp_quant::hypothesis::autocorrelation::{arch_lm, ljung_box};
use scalp_quant::hypothesis::cointegration::{engle_granger, johansen};
use scalp_quant::hypothesis::memory::variance_ratio;
use scalp_quant::hypothesis::normality::{anderson_darling, jarque_bera, shapiro_wilk};
use scalp_quant::hypothesis::samples::{ks_one_sample, ks_two_sample, mann_whitney, welch};
use scalp_quant::hypothesis::unit_root::{Around, Deterministic, Lags, adf, kpss};
use scalp_quant::rng::{Key, Stream};
use scalp_quant::special::{normal_cdf, normal_pdf, normal_quantile};
use scalp_quant::tails::{
    Forecast, TailRisk, acerbi_szekely, christoffersen, conditional_coverage, dynamic_quantile, kupiec,
    mcneil_frey,
};
use scalp_quant::volatility::Errors;

fn noise(stream: &mut Stream, n: usize) -> Vec<f64> {
    (0..n).map(|_| stream.normal()).collect()
}

fn walk(stream: &mut Stream, n: usize) -> Vec<f64> {
    let mut sum = 0.0;
    noise(stream, n)
        .into_iter()
        .map(|step| {
            sum += step;
            sum
        })
        .collect()
}

/// p-values of `trials` true nulls.
fn p_values(name: &str, trials: u64, mut test: impl FnMut(&mut Stream) -> f64) -> Vec<f64> {
    let key = Key::named(17, name);
    (0..trials)
        .map(|trial| {
            let p = test(&mut key.stream(trial));
            assert!((0.0..=1.0).contains(&p), "{name}: {p}");
            p
        })
        .collect()
}

/// The share of p-values at or below each level lies within `room` of it, and three and a half deviations of chance.
#[track_caller]
fn even(name: &str, levels: &[f64], room: f64, p: &[f64]) {
    let count = p.len() as f64;
    let shares: Vec<f64> =
        levels.iter().map(|level| p.iter().filter(|p| *p <= level).count() as f64 / count).collect();
    println!("{name}: {shares:.4?} of {count} true nulls rejected at {levels:?}");
    for (level, share) in levels.iter().zip(&shares) {
        let chance = 3.5 * (level * (1.0 - level) / count).sqrt();
        assert!((share - level).abs() <= chance + room, "{name}: {share} at {level}");
    }
}

const ALL: [f64; 5] = [0.01, 0.05, 0.1, 0.25, 0.5];

#[test]
fn unit_roots() {
    for kind in [Deterministic::None, Deterministic::Constant, Deterministic::Trend] {
        let name = format!("ADF {kind:?}, 500 values");
        let p = p_values(&name, 2_000, |s| adf(&walk(s, 500), kind, Lags::Fixed(2)).unwrap().test.p);
        even(&name, &ALL, 0.01, &p);
    }
    let p = p_values("ADF by AIC", 600, |s| {
        adf(&walk(s, 250), Deterministic::Constant, Lags::Aic(None)).unwrap().test.p
    });
    even("ADF by AIC, 250 values", &[0.05, 0.1, 0.25], 0.015, &p);
    // Its table ends at 1 and 10 %.
    for around in [Around::Level, Around::Trend] {
        let name = format!("KPSS {around:?}, 500 values");
        let p = p_values(&name, 2_000, |s| kpss(&noise(s, 500), around, None).unwrap().test.p);
        even(&name, &[0.025, 0.05, 0.075], 0.01, &p);
    }
}

#[test]
fn cointegration() {
    let p = p_values("Engle-Granger", 1_500, |s| {
        let (y, x) = (walk(s, 400), walk(s, 400));
        engle_granger(&y, &[&x], false, Lags::Fixed(1)).unwrap().test.p
    });
    even("Engle-Granger, 400 values", &ALL, 0.015, &p);
}

/// Tables at 10, 5 and 1 %, no p-values. Where the series lack what the tables take them to have, the trace rejects too
/// often, by as much as the documentation says.
#[test]
fn johansen_by_its_tables() {
    let rejected = |drift: f64, kind: Deterministic| {
        let key = Key::named(17, "Johansen");
        let (mut trace, mut largest) = ([0_u32; 3], [0_u32; 3]);
        for trial in 0..1_500 {
            let stream = &mut key.stream(trial);
            let mut one = || -> Vec<f64> {
                walk(stream, 500).iter().enumerate().map(|(t, v)| v + drift * t as f64).collect()
            };
            let (a, b, c) = (one(), one(), one());
            let found = johansen(&[&a, &b, &c], kind, 1).unwrap();
            for level in 0..3 {
                trace[level] += u32::from(found.trace[0].statistic > found.trace[0].critical[level]);
                largest[level] +=
                    u32::from(found.max_eigen[0].statistic > found.max_eigen[0].critical[level]);
            }
        }
        println!(
            "Johansen {kind:?}, drift {drift}: trace {trace:?}, largest {largest:?} of 1,500 at 10, 5, 1 %"
        );
        [trace, largest].map(|counts| counts.map(|count| f64::from(count) / 1_500.0))
    };
    for (drift, kind) in [(0.0, Deterministic::None), (0.5, Deterministic::Constant)] {
        for shares in rejected(drift, kind) {
            for (share, level) in shares.iter().zip([0.1, 0.05, 0.01]) {
                assert!((share - level).abs() < 0.015 + 0.2 * level, "{kind:?}: {shares:?}");
            }
        }
    }
    for (kind, said) in [(Deterministic::Constant, 0.09), (Deterministic::Trend, 0.15)] {
        let [trace, _] = rejected(0.0, kind);
        assert!((trace[1] - said).abs() < 0.015, "{kind:?}: {trace:?}");
    }
}

#[test]
fn memory_and_clusters() {
    let p = p_values("Ljung-Box", 4_000, |s| ljung_box(&noise(s, 500), 10, 0).unwrap().p);
    even("Ljung-Box, 500 values", &ALL, 0.01, &p);
    let p = p_values("ARCH-LM", 4_000, |s| arch_lm(&noise(s, 1_000), 5).unwrap().lm.p);
    even("ARCH-LM, 1,000 values", &ALL, 0.015, &p);
    let p = p_values("ARCH-LM F", 4_000, |s| arch_lm(&noise(s, 1_000), 5).unwrap().f.p);
    even("ARCH-LM by F, 1,000 values", &ALL, 0.015, &p);
    let p = p_values("variance ratio", 4_000, |s| variance_ratio(&noise(s, 1_000), 4).unwrap().test.p);
    even("variance ratio, 1,000 values", &ALL, 0.01, &p);
}

#[test]
fn normality() {
    let p = p_values("Jarque-Bera", 3_000, |s| jarque_bera(&noise(s, 5_000)).unwrap().test.p);
    even("Jarque-Bera, 5,000 values", &ALL, 0.015, &p);
    let p = p_values("Anderson-Darling", 4_000, |s| anderson_darling(&noise(s, 200)).unwrap().p);
    even("Anderson-Darling, 200 values", &ALL, 0.01, &p);
    let p = p_values("Shapiro-Wilk", 4_000, |s| shapiro_wilk(&noise(s, 100)).unwrap().p);
    even("Shapiro-Wilk, 100 values", &ALL, 0.01, &p);
}

#[test]
fn samples() {
    let p = p_values("Kolmogorov-Smirnov", 4_000, |s| ks_one_sample(&noise(s, 100), normal_cdf).unwrap().p);
    even("Kolmogorov-Smirnov, 100 values", &ALL, 0.0, &p);
    // A statistic of few values: between two of them the test is careful.
    let p = p_values("Kolmogorov-Smirnov of two", 4_000, |s| {
        ks_two_sample(&noise(s, 80), &noise(s, 117)).unwrap().p
    });
    even("Kolmogorov-Smirnov, 80 and 117 values", &ALL, 0.01, &p);
    let p = p_values("Mann-Whitney", 4_000, |s| mann_whitney(&noise(s, 30), &noise(s, 45)).unwrap().p);
    even("Mann-Whitney, 30 and 45 values", &ALL, 0.005, &p);
    let p = p_values("Welch", 4_000, |s| {
        let wide: Vec<f64> = noise(s, 20).iter().map(|v| 3.0 * v).collect();
        welch(&noise(s, 50), &wide).unwrap().p_value()
    });
    even("Welch, 50 and 20 values of other variance", &ALL, 0.005, &p);
}

trait PValue {
    fn p_value(&self) -> f64;
}

impl PValue for scalp_quant::hypothesis::samples::Welch {
    fn p_value(&self) -> f64 {
        self.test.p
    }
}

#[test]
fn forecasts_of_tails() {
    let n = 2_000;
    let hits = |s: &mut Stream| -> Vec<bool> { (0..n).map(|_| s.uniform() < 0.05).collect() };
    // Counts have few values, and the statistic of clusters rests on about five pairs.
    let p = p_values("Kupiec", 4_000, |s| kupiec(&hits(s), 0.95).unwrap().p_value);
    even("Kupiec, 2,000 days at 95 %", &ALL, 0.015, &p);
    let p = p_values("Christoffersen", 4_000, |s| christoffersen(&hits(s)).unwrap().test.p_value);
    even("Christoffersen, 2,000 days at 95 %", &[0.01, 0.05, 0.1], 0.015, &p);
    let p =
        p_values("conditional coverage", 4_000, |s| conditional_coverage(&hits(s), 0.95).unwrap().p_value);
    even("conditional coverage, 2,000 days at 95 %", &ALL, 0.015, &p);
    let (z, shortfall) = (-normal_quantile(0.05).unwrap(), normal_pdf(normal_quantile(0.05).unwrap()) / 0.05);
    let market = |s: &mut Stream| -> (Vec<f64>, Vec<f64>) {
        let mut level = 1.0_f64;
        (0..n)
            .map(|_| {
                level = libm::exp(0.97 * libm::log(level) + 0.1 * s.normal());
                (level * s.normal(), level)
            })
            .unzip()
    };
    let p = p_values("dynamic quantile", 2_000, |s| {
        let (returns, levels) = market(s);
        let limits: Vec<f64> = levels.iter().map(|level| z * level).collect();
        dynamic_quantile(&returns, &limits, 0.95, 4).unwrap().p_value
    });
    even("dynamic quantile, 2,000 days at 95 %", &ALL, 0.02, &p);
    let p = p_values("McNeil-Frey", 600, |s| {
        let (returns, levels) = market(s);
        let forecast =
            |level: &f64| TailRisk { value_at_risk: z * level, expected_shortfall: shortfall * level };
        let forecasts: Vec<TailRisk> = levels.iter().map(forecast).collect();
        mcneil_frey(&returns, &forecasts, &levels, 400, 3).unwrap().p_value
    });
    even("McNeil-Frey, about 100 exceedances", &[0.05, 0.1, 0.25, 0.5], 0.025, &p);
    let p = p_values("Acerbi-Szekely", 300, |s| {
        let (returns, levels) = market(s);
        let forecast = |level: &f64| Forecast { mean: 0.0, deviation: *level };
        let forecasts: Vec<Forecast> = levels.iter().map(forecast).collect();
        acerbi_szekely(&returns, &forecasts, &Errors::Normal, 0.95, 200, 3).unwrap().p_value_2
    });
    even("Acerbi-Szekely, second, 2,000 days", &[0.05, 0.1, 0.25, 0.5], 0.01, &p);
}

#[test]
fn the_best_of_many() {
    // Ten strategies that earn what the benchmark earns, and depend on each other.
    let excess = |s: &mut Stream| -> Vec<Vec<f64>> {
        let common = noise(s, 250);
        (0..10).map(|_| noise(s, 250).iter().zip(&common).map(|(a, b)| a + b).collect()).collect()
    };
    let resampling = Resampling { seed: 5, resamples: 400, block: 1.0 };
    let p = p_values("reality check", 600, |s| {
        let all = excess(s);
        let all: Vec<&[f64]> = all.iter().map(Vec::as_slice).collect();
        reality_check(&all, resampling).unwrap().p
    });
    even("reality check, 10 strategies", &[0.05, 0.1, 0.25, 0.5], 0.01, &p);
    let p = p_values("superior predictive ability", 600, |s| {
        let all = excess(s);
        let all: Vec<&[f64]> = all.iter().map(Vec::as_slice).collect();
        superior_predictive_ability(&all, resampling).unwrap().p_consistent
    });
    even("superior predictive ability, 10 strategies", &[0.05, 0.1, 0.25], 0.015, &p);
}
