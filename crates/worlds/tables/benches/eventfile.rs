//! How fast an event file is written and walked: trades in one order, trades that arrive out of order, and books.
//! The files lie in the page cache; the elements counted are events (or levels, for books). Criterion measures the
//! wall clock; the lines before its own give CPU time, which stays true on a machine that does other work too.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scalp_tables::eventfile::{EventFile, EventWriter, Merge};
use scalp_types::{
    Depth, DepthKind, EventStream, InstrumentId, InstrumentSpec, Instruments, Level, MarketBody, MarketEvent,
    Price, Qty, Side, Timestamp, Trade, TradeId,
};
use std::hint::black_box;
use std::path::Path;

/// Large enough that nothing but the page cache holds it: 48 MB of trades.
const TRADES: u64 = 1_000_000;
const BOOKS: u64 = 20_000;
const LEVELS: usize = 50;

fn instruments() -> Instruments {
    let json = r#"{"venue":"v","symbol":"S","contract":"linear","base":"B","quote":"Q","tick":"0.1","lot":"0.001",
        "liquidation_fee":"0"}"#;
    let spec: InstrumentSpec = serde_json::from_str(json).expect("the declaration above is valid");
    Instruments::new([spec]).expect("one instrument")
}

fn event(exchange_at: u64, arrived_at: u64, body: MarketBody<'_>) -> MarketEvent<'_> {
    let at = |ns| Timestamp::from_nanos(ns as i64);
    MarketEvent {
        instrument: InstrumentId(0),
        exchange_at: at(exchange_at),
        arrived_at: at(arrived_at),
        body,
    }
}

/// Trades 1 us apart; with `jitter`, their exchange times differ from the order of arrival by up to 64 places.
fn write_trades(path: &Path, jitter: bool) {
    let mut writer = EventWriter::create(path, &instruments()).expect("the folder is writable");
    for n in 0..TRADES {
        let taker = if n % 3 == 0 { Side::Buy } else { Side::Sell };
        let trade =
            Trade { id: TradeId(n), price: Price::new(600_000 + (n % 7) as i64), qty: Qty::new(3), taker };
        let late = if jitter { (n * 7_919) % 64 * 1_000 } else { 0 };
        let arrived_at = 1_000_000 + n * 1_000;
        let event = event(arrived_at - late, arrived_at, MarketBody::Trade(trade));
        writer.push(&event).expect("the disk has room");
    }
    writer.finish().expect("the disk has room");
}

fn write_books(path: &Path) {
    let mut writer = EventWriter::create(path, &instruments()).expect("the folder is writable");
    let level = |n: usize| Level { price: Price::new(600_000 + n as i64), qty: Qty::new(n as i64) };
    let levels: Vec<Level> = (0..LEVELS).map(level).collect();
    let (bids, asks) = levels.split_at(LEVELS / 2);
    for n in 0..BOOKS {
        let depth = Depth { kind: DepthKind::Delta, first_id: n, last_id: n, previous_id: n, bids, asks };
        writer.push(&event(n * 1_000, n * 1_000, MarketBody::Depth(depth))).expect("the disk has room");
    }
    writer.finish().expect("the disk has room");
}

/// Touches every event and every level.
fn scan(mut stream: impl EventStream) -> i64 {
    let mut sum = 0_i64;
    while let Some(event) = stream.next().expect("the file is whole") {
        sum = sum.wrapping_add(event.arrived_at.nanos());
        match event.body {
            MarketBody::Trade(it) => sum = sum.wrapping_add(it.price.get() ^ it.qty.get()),
            MarketBody::Depth(it) => {
                for level in it.bids.iter().chain(it.asks) {
                    sum = sum.wrapping_add(level.price.get() ^ level.qty.get());
                }
            }
            _ => {}
        }
    }
    sum
}

/// CPU time of this thread so far in ns; the system counts it in steps of some milliseconds.
fn cpu_ns() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok()
}

/// Prints the CPU time per element, over at least a second.
fn print_cpu(name: &str, elements: u64, mut work: impl FnMut()) {
    let Some(start) = cpu_ns() else { return };
    let mut rounds = 0;
    loop {
        work();
        rounds += 1;
        let spent = cpu_ns().unwrap_or(start) - start;
        if spent > 1_000_000_000 {
            println!(
                "{name:<28} {:6.2} ns of CPU for each element",
                spent as f64 / (rounds * elements) as f64
            );
            return;
        }
    }
}

fn bench(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let open = |name: &str| EventFile::open(&folder.path().join(name)).expect("the file was just written");
    write_trades(&folder.path().join("trades"), false);
    write_trades(&folder.path().join("jitter"), true);
    write_books(&folder.path().join("books"));
    let (trades, jitter, books) = (open("trades"), open("jitter"), open("books"));

    let levels = BOOKS * LEVELS as u64;
    let merged =
        || Merge::new(vec![trades.by_arrival(), jitter.by_arrival()]).expect("the instruments agree");
    print_cpu("scan_trades_by_arrival", TRADES, || {
        black_box(scan(trades.by_arrival()));
    });
    print_cpu("scan_trades_by_exchange", TRADES, || {
        black_box(scan(trades.by_exchange()));
    });
    print_cpu("scan_jittered_by_arrival", TRADES, || {
        black_box(scan(jitter.by_arrival()));
    });
    print_cpu("scan_jittered_by_exchange", TRADES, || {
        black_box(scan(jitter.by_exchange()));
    });
    print_cpu("merge_two_by_arrival", 2 * TRADES, || {
        black_box(scan(merged()));
    });
    print_cpu("scan_levels_by_arrival", levels, || {
        black_box(scan(books.by_arrival()));
    });
    print_cpu("write_trades", TRADES, || write_trades(&folder.path().join("w"), false));
    print_cpu("write_jittered", TRADES, || write_trades(&folder.path().join("w"), true));

    let mut group = c.benchmark_group("eventfile");
    group.sample_size(20).throughput(Throughput::Elements(TRADES));
    group.bench_function("scan_trades_by_arrival", |b| b.iter(|| black_box(scan(trades.by_arrival()))));
    group.bench_function("scan_trades_by_exchange", |b| b.iter(|| black_box(scan(trades.by_exchange()))));
    group.bench_function("scan_jittered_by_arrival", |b| b.iter(|| black_box(scan(jitter.by_arrival()))));
    group.bench_function("scan_jittered_by_exchange", |b| b.iter(|| black_box(scan(jitter.by_exchange()))));
    group.throughput(Throughput::Elements(2 * TRADES)).bench_function("merge_two_by_arrival", |b| {
        b.iter(|| black_box(scan(merged())));
    });
    group.throughput(Throughput::Elements(levels));
    group.bench_function("scan_levels_by_arrival", |b| b.iter(|| black_box(scan(books.by_arrival()))));
    group.throughput(Throughput::Elements(TRADES)).sample_size(10);
    group.bench_function("write_trades", |b| b.iter(|| write_trades(&folder.path().join("w"), false)));
    group.bench_function("write_jittered", |b| b.iter(|| write_trades(&folder.path().join("w"), true)));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
