//! Nanoseconds a bar for indicators over a million bars, one thread. Without input it measures the whole catalogue; with
//! names on the standard input it answers each line with its time, which is how `talib_c.py` sets it beside the C library.
//!
//!     cargo bench -p scalp-indicators --bench sweep < /dev/null
//!     python crates/core/indicators/benches/talib_c.py

use std::io::BufRead as _;

use rustix::time::{ClockId, clock_gettime};
use scalp_indicators::{Column, Frame, Indicator, Schema, catalogue};

const BARS: usize = 1_000_000;

/// SplitMix64 (Steele, Lea, Flood 2014), the stream of `seed` at place `i`, in [0, 1).
fn uniform(seed: u64, i: u64) -> f64 {
    let mut z = seed.wrapping_add((i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
}

/// A walk: the close moves by up to a half either way, reflected at 50 and 150, and the shadows reach up to 0.3 further.
fn columns() -> Vec<Vec<f64>> {
    let mut all: Vec<Vec<f64>> = (0..7).map(|_| Vec::with_capacity(BARS)).collect();
    let mut close = 100.0;
    for i in 0..BARS as u64 {
        let open = close;
        close += uniform(1, i) - 0.5;
        if !(50.0..150.0).contains(&close) {
            close = open;
        }
        all[0].push(open);
        all[1].push(open.max(close) + 0.3 * uniform(2, i));
        all[2].push(open.min(close) - 0.3 * uniform(3, i));
        all[3].push(close);
        all[4].push(1000.0 + 500.0 * uniform(4, i));
        all[5].push((2.0 + 28.0 * uniform(5, i)).floor());
        all[6].push(i as f64 * 60_000.0);
    }
    all
}

/// Time that the processor gave to this thread, so that other work on the machine counts less.
fn nanoseconds(mut work: impl FnMut()) -> f64 {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
    };
    let start = now();
    work();
    (now() - start) / BARS as f64
}

/// The best of two, into columns that are kept, as the memory that an array leaves behind is warm for the next one.
fn measure(name: &str, schema: &Schema, frame: &Frame<'_>) -> f64 {
    let built = Indicator::parse(name, schema).expect("an indicator of the catalogue");
    let mut best = f64::MAX;
    let mut out: Vec<Column> = Vec::new();
    for _ in 0..2 {
        best =
            best.min(nanoseconds(|| built.batch_into(frame, &mut out).expect("a million bars are enough")));
        std::hint::black_box(&out);
    }
    best
}

fn main() {
    let schema =
        Schema::new(&["open", "high", "low", "close", "volume", "periods", "time"]).expect("seven names");
    let held = columns();
    let slices: Vec<&[f64]> = held.iter().map(Vec::as_slice).collect();
    let frame = Frame::new(&schema, &slices).expect("columns of one length");
    let mut asked = false;
    for line in std::io::stdin().lock().lines() {
        asked = true;
        let line = line.expect("text on the standard input");
        println!("{:.3}", measure(line.trim(), &schema, &frame));
    }
    if !asked {
        let mut table: Vec<(f64, &str)> =
            catalogue().iter().map(|it| (measure(it.name, &schema, &frame), it.name)).collect();
        table.sort_by(|a, b| b.0.total_cmp(&a.0));
        table.iter().for_each(|(time, name)| println!("{name:24} {time:9.3} ns a bar"));
        let total: f64 = table.iter().map(|it| it.0).sum();
        println!("{} indicators, {:.3} us a bar together", table.len(), total / 1000.0);
    }
}
