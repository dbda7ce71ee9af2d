//! The judge of prints: what a print costs on average, and the dearest of all, over a recorded day with a crash.
#![allow(missing_docs, clippy::unwrap_used)]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "files, and the time that passes")]

#[path = "../tests/common/recorded.rs"]
mod recorded;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scalp_market::prints::Inspector;
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::time::Instant;

/// Prices in ticks.
fn prices() -> Vec<f64> {
    let file = recorded::open("trades-20251010/coinbase_trades_2025-10-10_ADA-USD.csv.zst");
    let lines = BufReader::new(file).lines().skip(1);
    let price = |line: String| line.split(',').nth(6).unwrap().parse::<f64>().unwrap();
    lines.map(|it| (price(it.unwrap()) * 1e4).round()).collect()
}

fn judge(c: &mut Criterion) {
    let prices = prices();
    let mut group = c.benchmark_group("prints");
    group.sample_size(10).throughput(Throughput::Elements(prices.len() as u64));
    group.bench_function("judge", |b| {
        b.iter(|| {
            let mut inspector = Inspector::default();
            for price in &prices {
                black_box(inspector.push(*price));
            }
        });
    });
    group.finish();
    // The least of many runs for each print, so that what the machine does beside it does not count.
    let mut costs = vec![u128::MAX; prices.len()];
    for _ in 0..9 {
        let mut inspector = Inspector::default();
        for (cost, price) in costs.iter_mut().zip(&prices) {
            let start = Instant::now();
            black_box(inspector.push(*price));
            *cost = (*cost).min(start.elapsed().as_nanos());
        }
    }
    costs.sort_unstable();
    let at = |share: f64| costs[((costs.len() - 1) as f64 * share) as usize];
    println!(
        "{} prints, ns with the clock: median {}, 99 % {}, 99.9 % {}, dearest {}",
        costs.len(),
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0)
    );
}

criterion_group!(benches, judge);
criterion_main!(benches);
