//! How fast the synthetic market is made: events a second, one and two instruments.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scalp_sim::synthetic::{InstrumentConfig, Synthetic, SyntheticConfig};
use scalp_types::EventStream;
use std::hint::black_box;

fn run(config: &SyntheticConfig) -> u64 {
    let mut market = Synthetic::new(config.clone()).unwrap();
    let mut count = 0;
    while let Some(event) = market.next().unwrap() {
        black_box(event);
        count += 1;
    }
    count
}

fn synthetic(c: &mut Criterion) {
    let mut group = c.benchmark_group("synthetic");
    for instruments in [1, 2] {
        let config = SyntheticConfig {
            instruments: vec![InstrumentConfig::default(); instruments],
            ..Default::default()
        };
        let count = run(&config);
        println!("{instruments} instruments, {} hours: {count} events", config.hours);
        group.throughput(Throughput::Elements(count)).sample_size(10);
        group.bench_function(format!("{instruments} instruments"), |b| b.iter(|| run(&config)));
    }
    group.finish();
}

criterion_group!(benches, synthetic);
criterion_main!(benches);
