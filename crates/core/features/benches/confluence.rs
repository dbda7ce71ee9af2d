//! One base bar through three timeframes: a minute, five minutes and an hour.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scalp_features::confluence::{Confluence, ConfluenceConfig, Timeframe};
use scalp_types::{Bar, Price, Qty, Span, Timestamp};

const BARS: i64 = 50_000;

/// Minutes of a walk in ticks.
fn walk() -> Vec<Bar> {
    let mut state = 7_u64;
    let mut step = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % 41) as i64 - 20
    };
    let mut close = 1_000_000;
    let bars = (0..BARS).map(|i| {
        let open = close;
        close += step();
        Bar {
            open_at: Timestamp::from_nanos(i * 60_000_000_000),
            span: Span::from_secs(60),
            open: Price::new(open),
            high: Price::new(open.max(close) + step().abs()),
            low: Price::new(open.min(close) - step().abs()),
            close: Price::new(close),
            volume: Qty::new(100 + step()),
            taker_buy: Qty::ZERO,
            trades: 10,
        }
    });
    bars.collect()
}

fn three_timeframes(c: &mut Criterion) {
    let bars = walk();
    let timeframe = |secs, weight| Timeframe { span: Span::from_secs(secs), weight };
    let config = ConfluenceConfig {
        base: Span::from_secs(60),
        timeframes: vec![timeframe(60, 1.0), timeframe(300, 2.0), timeframe(3600, 3.0)],
        threshold: 0.3,
    };
    let mut confluence = Confluence::new(config).expect("a sound configuration");
    let mut group = c.benchmark_group("confluence");
    group.throughput(Throughput::Elements(BARS as u64)).sample_size(20);
    group.bench_function("three timeframes", |b| {
        b.iter(|| {
            confluence.reset();
            let said = bars.iter().filter(|bar| confluence.push(bar).expect("sound bars").is_some());
            said.count()
        });
    });
    group.finish();
}

criterion_group!(benches, three_timeframes);
criterion_main!(benches);
