//! What statistics cost: a year of minutes put on its grid and measured, and a thousand round trips resampled.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scalp_lab::metrics::sampling::{Sampled, sample};
use scalp_lab::metrics::{Performance, trades};
use scalp_types::rng::Stream;
use scalp_types::{Span, Timestamp};
use std::hint::black_box;

const YEAR_OF_MINUTES: usize = 365 * 24 * 60;
const RESAMPLES: u32 = 10_000;

fn returns(n: usize) -> Vec<f64> {
    let mut rng = Stream::named(1, "metrics bench");
    (0..n).map(|_| 0.0005 + 0.03 * rng.normal()).collect()
}

fn bootstraps(c: &mut Criterion) {
    let mut group = c.benchmark_group("bootstrap");
    let profits = returns(1_000);
    group.sample_size(20).throughput(Throughput::Elements(u64::from(RESAMPLES) * 1_000));
    group.bench_function("10,000 resamples of 1,000 trades", |b| {
        b.iter(|| trades::resampled(black_box(&profits), RESAMPLES, 1));
    });
    group.finish();
}

fn measures(c: &mut Criterion) {
    let mut group = c.benchmark_group("measure");
    let minute = Span::from_secs(60);
    let start = Timestamp::from_nanos(1_700_000_000_000_000_000);
    let at: Vec<Timestamp> = (0..YEAR_OF_MINUTES as i64)
        .map(|i| start.saturating_add(Span::from_nanos(i * minute.nanos() + 7)))
        .collect();
    let mut equity = vec![10_000.0];
    equity.extend(returns(YEAR_OF_MINUTES - 1).iter().scan(10_000.0, |e, r| {
        *e *= 1.0 + r / 100.0;
        Some(*e)
    }));
    group.throughput(Throughput::Elements(YEAR_OF_MINUTES as u64));
    group.bench_function("a year of minutes put on the minute grid", |b| {
        b.iter(|| sample(black_box(&at), &equity, minute));
    });
    let sampled = Sampled { first: start, step: minute, equity: equity.clone() };
    group.sample_size(20).bench_function("every figure of a year of minutes", |b| {
        b.iter(|| Performance::of(black_box(&sampled), None));
    });
    group.finish();
}

criterion_group!(benches, bootstraps, measures);
criterion_main!(benches);
