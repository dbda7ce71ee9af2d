//! What statistics cost: the whole bootstrap of the report over five years of days, and a year of minutes measured.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scalp_lab::metrics::bootstrap::{self, Plan, RESAMPLES};
use scalp_lab::metrics::sampling::{Sampled, sample};
use scalp_lab::metrics::{Performance, normal};
use scalp_types::rng::Stream;
use scalp_types::{Span, Timestamp};
use std::hint::black_box;

const FIVE_YEARS: usize = 5 * 365;
const YEAR_OF_MINUTES: usize = 365 * 24 * 60;

fn returns(n: usize) -> Vec<f64> {
    let mut rng = Stream::named(1, "metrics bench");
    (0..n).map(|_| 0.0005 + 0.03 * rng.normal()).collect()
}

fn bootstraps(c: &mut Criterion) {
    let mut group = c.benchmark_group("bootstrap");
    let days = returns(FIVE_YEARS);
    group.sample_size(20).throughput(Throughput::Elements(u64::from(RESAMPLES) * FIVE_YEARS as u64));
    group.bench_function("10,000 resamples of 5 years of days, all ratios", |b| {
        b.iter(|| bootstrap::returns(black_box(&days), Plan::new(365.0, 1)));
    });
    let profits = returns(1_000);
    group.throughput(Throughput::Elements(u64::from(RESAMPLES) * 1_000));
    group.bench_function("10,000 resamples of 1,000 trades", |b| {
        b.iter(|| bootstrap::trades(black_box(&profits), RESAMPLES, 1));
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
    group.throughput(Throughput::Elements(1));
    group.bench_function("a normal quantile", |b| b.iter(|| normal::quantile(black_box(0.013))));
    group.finish();
}

criterion_group!(benches, bootstraps, measures);
criterion_main!(benches);
