//! One new bar: the decision set of 150 values and more, and single indicators with their usual parameters.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use scalp_indicators::{Family, Indicator, Range, Schema, Set, catalogue};

fn row(i: usize) -> [f64; 5] {
    let close = 100.0 + ((i * 7919) % 1009) as f64 / 100.0;
    let open = 100.0 + ((i * 104_729) % 1009) as f64 / 100.0;
    [open, open.max(close) + 0.25, open.min(close) - 0.5, close, 1000.0 + ((i * 31) % 97) as f64]
}

/// Every indicator that reads nothing but a bar, the transforms of a single value and the candles left out, and then the
/// candles, until there are 150.
fn decision_list() -> String {
    let reads_a_bar = |it: &&scalp_indicators::Spec| {
        it.inputs.iter().all(|input| ["open", "high", "low", "close", "volume"].contains(&input.column))
    };
    let mut items: Vec<&str> = catalogue()
        .iter()
        .filter(reads_a_bar)
        .filter(|it| !matches!(it.family, Family::Transform | Family::Operator | Family::Candle))
        // Windows of hundreds of bars are looked at less often than at each bar.
        .filter(|it| {
            it.parameters.iter().all(|p| !matches!(p.range, Range::Whole { .. }) || p.default <= 130.0)
        })
        .map(|it| it.name)
        .take(110)
        .collect();
    items.extend(
        catalogue().iter().filter(|it| it.family == Family::Candle).map(|it| it.name).take(150 - items.len()),
    );
    items.join(",")
}

/// Every indicator that reads nothing but a bar.
fn whole_list() -> String {
    let reads_a_bar = |it: &&scalp_indicators::Spec| {
        it.inputs.iter().all(|input| ["open", "high", "low", "close", "volume"].contains(&input.column))
    };
    catalogue().iter().filter(reads_a_bar).map(|it| it.name).collect::<Vec<_>>().join(",")
}

fn sets(c: &mut Criterion) {
    for (title, list) in
        [("150 indicators on one bar", decision_list()), ("all indicators on one bar", whole_list())]
    {
        let mut set = Set::parse(&list, &Schema::ohlcv()).expect("names of the catalogue");
        println!("{title}: {} indicators, {} values", set.indicators().len(), set.names().len());
        let mut out = Vec::with_capacity(set.names().len());
        let rows: Vec<[f64; 5]> = (0..4096).map(row).collect();
        let mut i = 0;
        while i < 1000 {
            set.push(&rows[i], &mut out).expect("finite rows");
            i += 1;
        }
        c.bench_function(title, |b| {
            b.iter(|| {
                i = (i + 1) % rows.len();
                set.push(&rows[i], &mut out).expect("finite rows");
                black_box(&out);
            });
        });
    }
}

/// Ten thousand bars each time, made beforehand.
fn single(c: &mut Criterion) {
    let rows: Vec<[f64; 5]> = (0..10_000).map(row).collect();
    for text in [
        "SMA(14)",
        "EMA(14)",
        "RSI(14)",
        "MACD(12,26,9)",
        "BBANDS(20,2,2,0)",
        "ATR(14)",
        "STOCH(14,3,0,3,0)",
        "CCI(14)",
        "ADX(14)",
        "OBV",
    ] {
        let built = Indicator::parse(text, &Schema::ohlcv()).expect("a name of the catalogue");
        c.bench_function(text, |b| {
            b.iter_batched_ref(
                || built.clone(),
                |it| {
                    for row in &rows {
                        black_box(it.push(row).expect("finite rows"));
                    }
                },
                BatchSize::LargeInput,
            );
        });
    }
}

criterion_group!(benches, sets, single);
criterion_main!(benches);
