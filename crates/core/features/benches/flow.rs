//! What measures cost on a recorded stream (USD-M BTCUSDT, 345 s: trades and depth as they arrived): VPIN per trade, each
//! measure per trade and per message of the book, all of them together, and all detectors.
//!
//! The aim is 100 ns a trade for VPIN. The table shows the fastest of seven passes; times of a shared machine are upper
//! bounds.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "a program of its own: files, times"
)]

#[path = "../tests/common/tape.rs"]
mod tape;

use criterion::{BatchSize, Criterion, Throughput};
use scalp_features::detect::Watch;
use scalp_features::flow::{self, Built};
use scalp_features::measure::{Change, Depth, Level, Measure, Print};
use scalp_indicators::Request;
use std::hint::black_box;
use std::time::Instant;
use tape::{Body, Event, Player};

/// A message that owns its levels.
struct Book {
    at: i64,
    bids: Vec<Level>,
    asks: Vec<Level>,
    changes: Vec<Change>,
}

impl Book {
    fn depth(&self) -> Depth<'_> {
        Depth { at: self.at, bids: &self.bids, asks: &self.asks, changes: &self.changes }
    }
}

enum Row {
    Trade(Print),
    Book(Book),
}

/// Messages with what they changed, or only those in which the touch or a trade moved, one level each.
fn rows() -> Vec<Row> {
    let tape = tape::capture("USD-M BTCUSDT", "hftbacktest/usdm_btcusdt_20240808.gz", 1, 3);
    let mut player = Player::new(&tape, 50);
    let mut rows = Vec::new();
    for row in &tape.rows {
        match &row.body {
            Body::Trade { ticks, lots, side } => {
                if let Event::Trade(trade) = player.trade(row.at, *ticks, *lots, *side) {
                    rows.push(Row::Trade(trade));
                }
            }
            Body::Depth { is_snapshot, levels } => {
                player.begin();
                player.take(*is_snapshot, levels);
                if let Event::Book(it) = player.book(row.at) {
                    let (bids, asks, changes) = (it.bids.to_vec(), it.asks.to_vec(), it.changes.to_vec());
                    rows.push(Row::Book(Book { at: it.at, bids, asks, changes }));
                }
            }
        }
    }
    rows
}

fn build(name: &str) -> Built {
    flow::build(&Request::parse(name).unwrap()).unwrap()
}

fn feed(measure: &mut dyn Measure, row: &Row) {
    match row {
        Row::Trade(trade) => measure.on_trade(trade),
        Row::Book(book) => measure.on_book(&book.depth()),
    }
}

/// Nanoseconds a trade and a message, the fastest of seven passes over the stream, and of writing the outputs.
fn table(rows: &[Row]) {
    let (trades, books): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|it| matches!(it, Row::Trade(_)));
    let changes: usize =
        rows.iter().map(|it| if let Row::Book(book) = it { book.changes.len() } else { 0 }).sum();
    println!(
        "{} trades, {} messages, {:.1} changed levels a message",
        trades.len(),
        books.len(),
        changes as f64 / books.len() as f64
    );
    println!("| measure | ns a trade | ns a message | ns a write |\n|---|---|---|---|");
    let fastest = |mut pass: Box<dyn FnMut() + '_>, count: usize| {
        let times = (0..7).map(|_| {
            let start = Instant::now();
            pass();
            start.elapsed().as_nanos() as f64 / count as f64
        });
        times.fold(f64::INFINITY, f64::min)
    };
    let (mut sums, mut outputs) = ([0.0; 3], 0);
    for spec in flow::catalogue() {
        let mut built = build(spec.name);
        rows.iter().for_each(|it| feed(built.measure.as_mut(), it));
        let mut out = vec![f64::NAN; spec.outputs.len()];
        outputs += out.len();
        let mut pass = |of: &[&Row]| {
            let measure = built.measure.as_mut();
            fastest(Box::new(|| of.iter().for_each(|it| feed(measure, it))), of.len())
        };
        let each = [pass(&trades), pass(&books)];
        let measure = &built.measure;
        let write =
            fastest(Box::new(|| (0..10_000).for_each(|_| measure.write(black_box(&mut out)))), 10_000);
        println!("| {} | {:.1} | {:.1} | {write:.1} |", spec.name, each[0], each[1]);
        for (sum, it) in sums.iter_mut().zip([each[0], each[1], write]) {
            *sum += it;
        }
    }
    println!(
        "| all {} ({outputs} outputs) | {:.0} | {:.0} | {:.0} |",
        flow::catalogue().len(),
        sums[0],
        sums[1],
        sums[2]
    );
}

fn criteria(c: &mut Criterion, rows: &[Row]) {
    let trades: Vec<Print> =
        rows.iter().filter_map(|it| if let Row::Trade(trade) = it { Some(*trade) } else { None }).collect();
    let mut group = c.benchmark_group("vpin per trade");
    group.throughput(Throughput::Elements(trades.len() as u64));
    for name in ["VPIN(50)", "VPIN(50, seconds=0)", "VPIN(50, volume=1)", "VPIN(50, split=SIGN)"] {
        let built = build(name);
        group.bench_function(name, |b| {
            b.iter_batched_ref(
                || built.clone(),
                |it| {
                    for trade in &trades {
                        it.measure.on_trade(trade);
                    }
                    let mut out = [f64::NAN; 5];
                    it.measure.write(&mut out);
                    out
                },
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
    let mut group = c.benchmark_group("whole stream, per event");
    group.throughput(Throughput::Elements(rows.len() as u64));
    group.sample_size(10);
    let all: Vec<Built> = flow::catalogue().iter().map(|it| build(it.name)).collect();
    group.bench_function("all measures, written at each event", |b| {
        let mut out = [f64::NAN; 16];
        b.iter_batched_ref(
            || all.clone(),
            |all| {
                for row in rows {
                    for it in all.iter_mut() {
                        feed(it.measure.as_mut(), row);
                        it.measure.write(&mut out[..it.spec.outputs.len()]);
                    }
                }
                out[0]
            },
            BatchSize::LargeInput,
        );
    });
    group.bench_function("all detectors", |b| {
        b.iter_batched_ref(
            Watch::new,
            |watch| {
                let mut alerts = 0;
                for row in rows {
                    match row {
                        Row::Trade(trade) => watch.on_trade(trade, |_| alerts += 1),
                        Row::Book(book) => watch.on_book(&book.depth(), |_| alerts += 1),
                    }
                }
                alerts
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn main() {
    let rows = rows();
    table(&rows);
    let mut criterion = Criterion::default().configure_from_args();
    criteria(&mut criterion, &rows);
    criterion.final_summary();
}
