//! Swings and patterns on a random walk: the cost of a bar, and of a million.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use scalp_indicators::patterns::{Bar, Kind, Patterns, Rules, Signal, SwingRule, Swings};

const BARS: usize = 1_000_000;

/// Bars of a walk (SplitMix64, Steele, Lea and Flood 2014), each of four steps.
fn walk(n: usize) -> Vec<Bar> {
    let mut state = 42_u64;
    let mut step = move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0 - 0.5
    };
    let mut close = 10_000.0;
    let bars = (0..n).map(|_| {
        let (mut high, mut low) = (close, close);
        for _ in 0..4 {
            close += step();
            high = f64::max(high, close);
            low = f64::min(low, close);
        }
        Bar { high, low, close, volume: 1.0 + step().abs() }
    });
    bars.collect()
}

fn million(c: &mut Criterion) {
    let bars = walk(BARS);
    let mut group = c.benchmark_group("a million bars");
    group.throughput(Throughput::Elements(BARS as u64)).sample_size(10);
    for (name, rule) in [
        ("swings by ATR", SwingRule::Atr { period: 14, multiple: 2.0 }),
        ("swings by per cent", SwingRule::Percent(0.02)),
        ("swings by fractals of 2", SwingRule::Fractal(2)),
    ] {
        let finder = Swings::new(rule).expect("a sound rule");
        group.bench_function(name, |b| {
            b.iter_batched_ref(
                || finder.clone(),
                |it| bars.iter().filter(|bar| it.push(bar).is_ok_and(|swing| swing.is_some())).count(),
                BatchSize::LargeInput,
            );
        });
    }
    for (name, kinds) in [("head and shoulders", &Kind::ALL[..1]), ("all 26 patterns", &Kind::ALL[..])] {
        let finder = Patterns::new(Rules::default(), kinds).expect("sound rules");
        group.bench_function(name, |b| {
            b.iter_batched_ref(
                || finder.clone(),
                |it| bars.iter().map(|bar| it.push(bar).map_or(0, <[_]>::len)).sum::<usize>(),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

fn one_bar(c: &mut Criterion) {
    let bars = walk(65_536);
    let mut signals: Vec<Signal> = scalp_indicators::patterns::table()
        .iter()
        .map(|it| Signal::parse(it.name).expect("a name of the table"))
        .collect();
    let mut i = 0;
    c.bench_function("one bar: 26 signals, each on its own", |b| {
        b.iter(|| {
            i = (i + 1) % bars.len();
            for it in &mut signals {
                black_box(it.push(&bars[i]).expect("sound bars"));
            }
        });
    });
}

criterion_group!(benches, million, one_bar);
criterion_main!(benches);
