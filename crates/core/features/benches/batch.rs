//! What a value of a column costs on one thread, for each kind of window and arithmetic: a million bars, each item over a
//! buffer that is there.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a bench: it measures, and a failure ends it"
)]

use scalp_features::batch::{BarColumns, Batch, Lanes, Scratch};
use scalp_features::{Schema, Sources};
use std::time::Instant;

/// Nanoseconds that this thread was on a processor, where the system tells; else those of the clock.
fn spent(start: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let told = told.and_then(|it| it.split(' ').next()?.parse().ok());
    told.unwrap_or_else(|| start.elapsed().as_nanos() as f64)
}

const BARS: usize = 1_000_000;
/// So often is each computed; the mean is printed, as the system counts in steps of milliseconds.
const ROUNDS: usize = 20;
const MINUTE: i64 = 60_000_000_000;

fn main() {
    let start = Instant::now();
    let mut state = 1_u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / 9_007_199_254_740_992.0
    };
    let mut columns = vec![Vec::new(); 5];
    let mut close = 100.0;
    for _ in 0..BARS {
        let open = close;
        close = (close + uniform() - 0.5_f64).clamp(50.0, 150.0);
        let row = [
            open,
            open.max(close) + uniform(),
            open.min(close) - uniform(),
            close,
            1000.0 + 500.0 * uniform(),
        ];
        columns.iter_mut().zip(row).for_each(|(column, x)| column.push(x));
    }
    let open_at: Vec<i64> = (0..BARS as i64).map(|it| it * MINUTE).collect();
    let close_at: Vec<i64> = open_at.iter().map(|it| it + MINUTE).collect();
    let lent = columns.iter().map(Vec::as_slice).collect();
    let bars = BarColumns { open_at: &open_at, close_at: &close_at, columns: lent };
    let asked: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with('-')).collect();
    let items = [
        "LAG(close,$)",
        "DIFF(close,$)",
        "PCTCHANGE(close,$)",
        "LOGRETURN(close,$)",
        "ROLLSUM(close,$)",
        "ROLLMEAN(close,$)",
        "ROLLVAR(close,$)",
        "ROLLSTD(close,$)",
        "ROLLZ(close,$)",
        "ROLLMIN(close,$)",
        "ROLLMAX(close,$)",
        "RANGEPLACE(close,$)",
        "CORR(close,volume,$)",
        "COV(close,volume,$)",
        "EMA($)",
        "RSI($)",
        "ATR($)",
        "BBANDS($,2,2,0).upperband",
        "MEDIAN($)",
        "QUANTILE($,0.25)",
        "PERCENTRANK($)",
        "SKEW($)",
        "KURT($)",
        "RATIO(close,volume)",
        "CLIP(close,90,110)",
        "LN(close)",
        "HOUR",
    ];
    for item in
        items.into_iter().filter(|it| asked.is_empty() || asked.iter().any(|asked| it.contains(asked)))
    {
        let mut line = format!("{item:28}");
        for n in [5, 10, 20, 50, 100, 500] {
            let sources = Sources { bar_span: Some(MINUTE), ..Sources::bars() };
            let schema = Schema::parse(&item.replace('$', &n.to_string()), &sources).unwrap();
            let lanes = Lanes::new(&schema, &bars).unwrap();
            let batch = Batch::new(&schema, &lanes);
            let (mut out, mut scratch) = ([Vec::new()], Scratch::default());
            // What is prepared once, and the pages of the buffer, are not in it.
            batch.columns(&[0], &mut out, &mut scratch);
            let before = spent(start);
            for _ in 0..ROUNDS {
                batch.columns(&[0], &mut out, &mut scratch);
            }
            let spent = (spent(start) - before) / (ROUNDS * BARS) as f64;
            line += &format!(" n = {n}: {spent:7.2} ns");
        }
        println!("{line}");
    }
}
