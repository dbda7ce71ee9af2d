//! Times of the programmes that stand in the README: 50 assets, 1,000 rows of fat-tailed returns.

#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

use criterion::{Criterion, criterion_group, criterion_main};
use scalp_allocate::budgeting::{parity, risk_budget};
use scalp_allocate::hierarchy::risk_parity;
use scalp_allocate::multiperiod::MultiPeriod;
use scalp_allocate::realtime::{Limits, Moment, Sizer};
use scalp_allocate::{
    Constraints, Costs, Covariance, Linkage, MeanRisk, MeanVariance, Range, Risk, Scenarios,
};

const ASSETS: usize = 50;
const ROWS: usize = 1_000;

/// `SplitMix64` in -1..1, so that any other program can make the same table.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

/// Two factors and noise; the cube makes the tails fat.
fn table() -> Vec<f64> {
    let mut noise = Noise(7);
    let loads: Vec<[f64; 3]> = (0..ASSETS)
        .map(|_| [1.0 + 0.5 * noise.next(), noise.next(), 0.0003 * (1.0 + noise.next())])
        .collect();
    let mut fat = move || {
        let it = noise.next();
        it * it * it
    };
    let mut table = Vec::new();
    for _ in 0..ROWS {
        let (market, style) = (0.03 * fat(), 0.02 * fat());
        for load in &loads {
            table.push(load[0] * market + load[1] * style + load[2] + 0.04 * fat());
        }
    }
    table
}

fn covariance(table: &[f64]) -> Vec<f64> {
    let mean = Scenarios::new(ASSETS, table.to_vec()).unwrap().mean();
    let mut covariance = vec![0.0; ASSETS * ASSETS];
    for row in table.chunks(ASSETS) {
        for a in 0..ASSETS {
            for b in 0..ASSETS {
                covariance[a * ASSETS + b] += (row[a] - mean[a]) * (row[b] - mean[b]) / (ROWS - 1) as f64;
            }
        }
    }
    covariance
}

fn bench(c: &mut Criterion) {
    let table = table();
    let scenarios = Scenarios::new(ASSETS, table.clone()).unwrap();
    let values = covariance(&table);
    let mean = scenarios.mean();
    let long = Constraints::long_only(ASSETS);
    let mut group = c.benchmark_group("allocate");
    group.sample_size(20);
    group.bench_function("min_volatility_50_checked_input", |b| {
        b.iter(|| {
            let covariance = Covariance::new(ASSETS, values.clone()).unwrap();
            MeanVariance::new(&mean, &covariance, &long).unwrap().min_volatility().unwrap()
        });
    });
    let covariance = Covariance::new(ASSETS, values.clone()).unwrap();
    let problem = MeanVariance::new(&mean, &covariance, &long).unwrap();
    group.bench_function("min_volatility_50", |b| b.iter(|| problem.min_volatility().unwrap()));
    group.bench_function("max_sharpe_50", |b| b.iter(|| problem.max_sharpe(0.0).unwrap()));
    let tails = MeanRisk::new(&scenarios, &long).unwrap();
    println!("minimum volatility {:.12}", problem.min_volatility().unwrap().risk);
    for (name, risk) in [
        ("min_cvar_1000x50", Risk::Cvar { tail: 0.05 }),
        ("min_worst_1000x50", Risk::WorstRealisation),
        ("min_mad_1000x50", Risk::MeanAbsoluteDeviation),
        ("min_cdar_1000x50", Risk::Cdar { tail: 0.05 }),
        ("min_evar_1000x50", Risk::Evar { tail: 0.05 }),
    ] {
        println!("{name} {:.12}", tails.min_risk(risk).unwrap().risk);
        group.bench_function(name, |b| b.iter(|| tails.min_risk(risk).unwrap()));
    }
    group.bench_function("hrp_50", |b| b.iter(|| risk_parity(&covariance, Linkage::Single).unwrap()));
    group.bench_function("risk_budget_50", |b| b.iter(|| risk_budget(&covariance, &parity(ASSETS)).unwrap()));
    let book = Constraints { budget: Some(1.0), ..Constraints::bounded(ASSETS, Range::new(-0.1, 0.2)) };
    let costs = Costs::proportional(vec![1.0 / ASSETS as f64; ASSETS], 0.001);
    let means = vec![mean.clone(); 5];
    let plan = MultiPeriod {
        means: &means,
        covariance: &covariance,
        constraints: &book,
        costs: &costs,
        aversion: 0.0,
        variance_max: 0.01,
    };
    group.bench_function("multiperiod_5x50", |b| b.iter(|| plan.solve().unwrap()));
    let mut noise = Noise(11);
    let mut draw = |scale: f64| -> Vec<f64> { (0..ASSETS).map(|_| scale * noise.next()).collect() };
    let (current, expected) = (draw(0.02), draw(0.01));
    let confidence: Vec<f64> = draw(1.0).iter().map(|it| it.abs()).collect();
    let mut sizer = Sizer::new(Limits::default()).unwrap();
    let mut weights = Vec::new();
    group.bench_function("realtime_sizes_50", |b| {
        let moment = Moment { current: &current, expected: &expected, confidence: &confidence };
        b.iter(|| sizer.size(moment, &mut weights).unwrap());
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
