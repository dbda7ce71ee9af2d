//! Forecasts of a series of prices, as one order after another is tried and the models are fitted anew at many origins.

use criterion::{Criterion, criterion_group, criterion_main};
use scalp_quant::forecast::additive::{Additive, Options};
use scalp_quant::forecast::arima::{Arima, Order, Stepwise};
use scalp_quant::forecast::ets::{Ets, Season};
use scalp_quant::rng::Key;

/// A walk whose steps have fat tails and a little memory.
fn prices(count: usize) -> Vec<f64> {
    let mut stream = Key::named(2, "forecast bench").stream(0);
    let (mut step, mut value) = (0.0, 1_000.0);
    (0..count)
        .map(|_| {
            step = -0.05 * step + 8.0 * stream.normal() / stream.uniform().max(0.05).sqrt();
            value += step;
            value
        })
        .collect()
}

fn forecasts(c: &mut Criterion) {
    let x = prices(2_001);
    let mut group = c.benchmark_group("forecast");
    group.sample_size(10);
    let order = Order { p: 3, d: 1, q: 3, constant: true };
    group.bench_function("ARIMA(3,1,3) fitted, 2,001 values", |b| b.iter(|| Arima::fit(&x, order)));
    group.bench_function("ARIMA of automatic order, 2,001 values", |b| {
        b.iter(|| Arima::auto(&x, Stepwise::default()))
    });
    group.bench_function("exponential smoothing of automatic kind, 2,001 values", |b| {
        b.iter(|| Ets::auto(&x, Season::None))
    });
    let options = Options { seasons: Vec::new(), ..Options::daily_and_weekly(1.0) };
    group.bench_function("additive model, 2,001 values", |b| {
        b.iter(|| Additive::fit(&x, &[], options.clone()))
    });
    group.finish();
}

criterion_group!(benches, forecasts);
criterion_main!(benches);
