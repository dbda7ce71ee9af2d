//! Answers `features_polars.py`: for each line on its input computes a list of items over a million bars on four threads, all
//! columns in memory, and says what it took on the clock and of the processors, in nanoseconds. `dump PATH LIST` writes the
//! columns one behind the other, `file INPUT OUTPUT LIST` computes a file and says where the time goes.

#![allow(clippy::unwrap_used, reason = "a bench: a failure ends it")]
#![allow(missing_docs, reason = "a bench")]

use scalp_features::expr::split_list;
use scalp_lab::features::{Asked, Beside, Cells, Holds, Plan, Pool, Table, read, write_plan};
use scalp_tables::lengths::ends;
use std::io::BufRead as _;
use std::num::NonZero;
use std::path::Path;
use std::time::Instant;

const BARS: usize = 1_000_000;
const MINUTE: i64 = 60_000_000_000;

fn uniform(seed: u64) -> impl Iterator<Item = f64> {
    (1..=BARS as u64).map(move |at| {
        let z = seed.wrapping_add(at.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
    })
}

fn table() -> Table {
    let (mut columns, mut close) = (vec![Vec::new(); 5], 100.0_f64);
    for (((step, up), down), volume) in uniform(1).zip(uniform(2)).zip(uniform(3)).zip(uniform(4)) {
        let open = close;
        let moved = close + step - 0.5;
        if (50.0..150.0).contains(&moved) {
            close = moved;
        }
        let (high, low) = (open.max(close) + 0.3 * up, open.min(close) - 0.3 * down);
        let row = [open, high, low, close, 1000.0 + 500.0 * volume];
        columns.iter_mut().zip(row).for_each(|(column, x): (&mut Vec<f64>, f64)| column.push(x));
    }
    let times: Vec<i64> = (0..BARS as i64).map(|it| it * MINUTE).collect();
    let (span, close_at) = (Some(MINUTE), ends(&times, Some(MINUTE)));
    let holds = Holds::Bars { columns, close_at, extra: Vec::new(), span, no_volume: false };
    let written = Cells::Whole(Vec::new());
    Table { times, written, time_name: "time".into(), holds, beside: Beside::default() }
}

fn main() {
    let table = table();
    let threads = NonZero::new(4).unwrap();
    // As polars keeps the memory that it has asked for.
    let pool = Pool::default();
    let asked = Asked { threads, bars: None, keep_going: false };
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        if let Some(rest) = line.strip_prefix("file ") {
            let (input, rest) = rest.split_once(' ').unwrap();
            let (output, list) = rest.split_once(' ').unwrap();
            file(Path::new(input), Path::new(output), list, &asked);
            continue;
        }
        let (dump, list) = match line.strip_prefix("dump ") {
            Some(rest) => rest.split_once(' ').map(|(path, item)| (Some(path), item)).unwrap(),
            None => (None, line.as_str()),
        };
        let (clock, processors) = (Instant::now(), processor_time());
        let plan = Plan::new(Path::new("bars"), &table, &split_list(list), &asked).unwrap();
        let mut columns = Vec::new();
        plan.run(usize::MAX, &pool, |_, column| {
            columns.push(column);
            Ok(())
        })
        .unwrap();
        println!("{} {} {}", clock.elapsed().as_nanos(), processor_time() - processors, columns.len());
        if let Some(path) = dump {
            let bytes: Vec<u8> = columns.iter().flatten().flat_map(|it| it.to_le_bytes()).collect();
            std::fs::write(path, bytes).unwrap();
            println!("written");
        }
        columns.into_iter().for_each(|it| pool.put(it));
    }
}

/// A file in, a file out; milliseconds on the clock and of the processors for reading, and for computing and writing.
fn file(input: &Path, output: &Path, list: &str, asked: &Asked) {
    let (clock, processors) = (Instant::now(), processor_time());
    let table = read(input).unwrap();
    let read = (clock.elapsed().as_millis(), (processor_time() - processors) / 1_000_000);
    let plan = Plan::new(input, &table, &split_list(list), asked).unwrap();
    plan.run(1, &Pool::default(), |_, _| Ok(())).unwrap();
    let computed = (clock.elapsed().as_millis(), (processor_time() - processors) / 1_000_000);
    write_plan(output, &plan, None, None).unwrap();
    let whole = (clock.elapsed().as_millis(), (processor_time() - processors) / 1_000_000);
    let part = |a: (u128, i128), b: (u128, i128)| format!("{} ({} of the processors)", b.0 - a.0, b.1 - a.1);
    println!(
        "ms: read {}, compute {}, compute and write {}",
        part((0, 0), read),
        part(read, computed),
        part(computed, whole)
    );
}

fn processor_time() -> i128 {
    let at = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    i128::from(at.tv_sec) * 1_000_000_000 + i128::from(at.tv_nsec)
}
