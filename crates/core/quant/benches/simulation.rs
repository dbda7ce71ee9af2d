//! Paths and resamples: steps a second on one core, and the bootstrap of all ratios on four.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scalp_quant::bootstrap::{Method, Plan, RatioBootstrap, Ratios};
use scalp_quant::montecarlo::{
    Draws, FractionalBrownian, GeometricBrownian, Grid, Heston, Merton, OrnsteinUhlenbeck, Paths, evaluate,
    fractional, gbm, heston, merton, ornstein_uhlenbeck,
};
use scalp_quant::rng::Key;
use std::hint::black_box;

const STEPS: usize = 252;
const PATHS: usize = 1000;

fn paths(c: &mut Criterion) {
    let grid = Grid::new(STEPS, 1.0).unwrap();
    let heston = heston::Parameters {
        start: 100.0,
        drift: 0.03,
        variance: 0.25,
        reversion: 2.0,
        mean_variance: 0.36,
        volatility_of_variance: 0.5,
        correlation: -0.6,
    };
    let jumps = merton::Parameters {
        start: 100.0,
        drift: 0.05,
        volatility: 0.5,
        jumps_per_year: 4.0,
        jump_mean: -0.04,
        jump_deviation: 0.08,
    };
    let pull = ornstein_uhlenbeck::Parameters { start: 1.0, reversion: 3.0, mean: 0.2, volatility: 0.4 };
    let gbm = gbm::Parameters { start: 100.0, drift: 0.05, volatility: 0.6 };
    let rough = fractional::Parameters { start: 0.0, hurst: 0.7, scale: 1.0 };
    bench(c, "gbm", &GeometricBrownian::new(gbm, grid).unwrap());
    bench(c, "merton", &Merton::new(jumps, grid).unwrap());
    bench(c, "heston_qe", &Heston::new(heston, heston::Scheme::QuadraticExponential, grid).unwrap());
    bench(c, "heston_euler", &Heston::new(heston, heston::Scheme::FullTruncationEuler, grid).unwrap());
    bench(c, "ornstein_uhlenbeck", &OrnsteinUhlenbeck::new(pull, grid).unwrap());
    bench(c, "fractional", &FractionalBrownian::new(rough, grid).unwrap());
}

fn bench(c: &mut Criterion, name: &str, model: &impl Paths) {
    let mut group = c.benchmark_group("paths");
    group.throughput(Throughput::Elements((STEPS * PATHS) as u64)).sample_size(20);
    let draws = Draws::independent(Key::named(1, name));
    let mut ends = vec![0.0; PATHS];
    group.bench_function(name, |b| {
        b.iter(|| {
            evaluate(model, draws, 0, &mut ends, |path| path[path.len() - 1]);
            black_box(&ends);
        });
    });
}

/// 10,000 resamples of five years of days.
fn ratios(c: &mut Criterion) {
    let mut stream = Key::named(1, "returns").stream(0);
    let returns: Vec<f64> = (0..5 * 365).map(|_| 0.0005 + 0.03 * stream.normal()).collect();
    let mut group = c.benchmark_group("bootstrap_10k_of_5_years");
    group.throughput(Throughput::Elements(10_000 * returns.len() as u64)).sample_size(10);
    for (name, method) in
        [("independent", Method::Independent), ("stationary_10", Method::Stationary { mean_length: 10.0 })]
    {
        let plan = Plan { method: Some(method), ..Plan::new(365.0, Key::named(2, name)) };
        let bootstrap = RatioBootstrap::new(&returns, plan).unwrap();
        for threads in [1, 4] {
            group.bench_function(format!("{name}_{threads}_threads"), |b| {
                b.iter(|| {
                    let mut all = vec![Ratios::default(); 10_000];
                    spread(&bootstrap, &mut all, threads);
                    black_box(bootstrap.report(&all).unwrap())
                });
            });
        }
    }
}

/// The resamples in equal blocks, each on a thread of its own.
#[allow(
    clippy::disallowed_methods,
    reason = "the caller of the core owns the threads; here that is the benchmark"
)]
fn spread(bootstrap: &RatioBootstrap, all: &mut [Ratios], threads: usize) {
    let block = all.len().div_ceil(threads);
    std::thread::scope(|scope| {
        for (i, part) in all.chunks_mut(block).enumerate() {
            scope.spawn(move || bootstrap.evaluate((i * block) as u64, part));
        }
    });
}

fn draws(c: &mut Criterion) {
    let mut group = c.benchmark_group("draws");
    group.throughput(Throughput::Elements(1 << 16));
    let mut stream = Key::named(1, "draws").stream(0);
    let mut out = vec![0.0; 1 << 16];
    group.bench_function("uniform", |b| b.iter(|| stream.fill_uniform(black_box(&mut out))));
    group.bench_function("normal", |b| b.iter(|| stream.fill_normal(black_box(&mut out))));
}

criterion_group!(benches, draws, paths, ratios);
criterion_main!(benches);
