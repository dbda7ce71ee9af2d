//! What runs bar by bar, and the fits that are repeated often.

use criterion::{Criterion, criterion_group, criterion_main};
use scalp_quant::forecast::arima::{Arima, Order, SeasonalOrder};
use scalp_quant::hypothesis::unit_root::{Deterministic, Lags, adf};
use scalp_quant::regime::bayesian::{Bayesian, Prior};
use scalp_quant::regime::hmm::{Hmm, Search};
use scalp_quant::regime::pelt::{Change, pelt};
use scalp_quant::regime::{Emission, Family};
use scalp_quant::rng::Key;

fn regimes(c: &mut Criterion) {
    let mut stream = Key::named(1, "bench").stream(0);
    let x: Vec<f64> =
        (0..10_000).map(|i| if i / 500 % 2 == 0 { 1.0 } else { 2.5 } * stream.normal()).collect();
    let mut group = c.benchmark_group("regime");
    group.sample_size(20);
    let laws = [0.5, 1.0, 4.0].map(|variance| Emission::Gaussian { mean: 0.0, variance }).to_vec();
    let mut filter = Hmm::sticky(0.95, laws).expect("a model").filter();
    let mut at = 0;
    group.bench_function("filter of three states, one value", |b| {
        b.iter(|| {
            at = (at + 1) % x.len();
            filter.push(x[at]).map(|p| p[0])
        });
    });
    let prior = Prior { mean: 0.0, mean_weight: 0.1, shape: 2.0, scale: 1.0 };
    let mut detector = Bayesian::new(prior, 250.0, 500).expect("a detector");
    group.bench_function("Bayesian changepoints, 500 run lengths, one value", |b| {
        b.iter(|| {
            at = (at + 1) % x.len();
            detector.push(x[at])
        });
    });
    let search = Search { family: Family::Gaussian, states: 2, starts: 0, seed: 1 };
    group.bench_function("hidden Markov model fitted, 2 states, 2,000 values", |b| {
        b.iter(|| Hmm::fit(&x[..2000], search))
    });
    group.bench_function("PELT, 10,000 values", |b| b.iter(|| pelt(&x, Change::MeanVariance, 10, None)));
    let walk: Vec<f64> = x[..1000]
        .iter()
        .scan(0.0, |sum, v| {
            *sum += v;
            Some(*sum)
        })
        .collect();
    group.bench_function("ADF with AIC, 1,000 values", |b| {
        b.iter(|| adf(&walk, Deterministic::Constant, Lags::Aic(None)))
    });
    let order = Order { p: 2, d: 0, q: 1, constant: true };
    group.bench_function("ARIMA(2,0,1) fitted, 1,000 values", |b| b.iter(|| Arima::fit(&x[..1000], order)));
    // Twelve years of months with a season, integrated once over a year and once more.
    let mut months: Vec<f64> = x[..144].to_vec();
    (12..144).for_each(|t| months[t] += months[t - 12]);
    (1..144).for_each(|t| months[t] += months[t - 1]);
    let order = Order { p: 0, d: 1, q: 1, constant: false };
    let season = SeasonalOrder { p: 0, d: 1, q: 1, period: 12 };
    group.bench_function("ARIMA(0,1,1)(0,1,1)12 fitted, 144 values", |b| {
        b.iter(|| Arima::fit_seasonal(&months, order, season))
    });
    group.finish();
}

criterion_group!(benches, regimes);
criterion_main!(benches);
