//! Reading a raw websocket capture, decompression included: rows (changed levels, snapshot levels, trades) per second of
//! processor time, and allocations per pass. Input: the recorded USD-M BTCUSDT capture beside the repository.

use allocation_counter::measure;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scalp_tables::buffer::EventBuffer;
use scalp_tables::capture::{Capture, CaptureCounts, CaptureOptions};
use scalp_tables::reader::Reader;
use scalp_tables::symbols::Symbols;
use scalp_types::{Contract, InstrumentSpec, Instruments};
use std::path::PathBuf;
use std::time::Instant;

fn instruments() -> Instruments {
    let decimal = |text: &str| text.parse().expect("a decimal");
    Instruments::new([InstrumentSpec {
        venue: "binance-usdm".into(),
        symbol: "BTCUSDT".into(),
        contract: Contract::Linear,
        base: "BTC".into(),
        quote: "USDT".into(),
        tick: decimal("0.1"),
        lot: decimal("0.001"),
        multiplier: decimal("1"),
        liquidation_fee: decimal("0"),
        ..InstrumentSpec::unlimited()
    }])
    .expect("a sound instrument")
}

fn path() -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/hftbacktest");
    PathBuf::from(root).join("usdm_btcusdt_20240808.gz")
}

fn read(options: CaptureOptions, buffer: &mut EventBuffer) -> CaptureCounts {
    let symbols = Symbols::of_venue(&instruments(), "binance-usdm");
    let mut capture =
        Capture::open(&path(), symbols, options).expect("the recorded capture beside the repository");
    loop {
        buffer.clear();
        if !capture.read(buffer).expect("a sound capture") {
            return *capture.counts();
        }
    }
}

fn capture(c: &mut Criterion) {
    let mut buffer = EventBuffer::new();
    let cases = [
        ("depth and trades", CaptureOptions::default()),
        ("with quotes", CaptureOptions { quotes: true, ..Default::default() }),
    ];
    for (name, options) in cases {
        let counts = read(options.clone(), &mut buffer);
        let start = Instant::now();
        let allocations = measure(|| {
            read(options.clone(), &mut buffer);
        })
        .count_total;
        let seconds = start.elapsed().as_secs_f64();
        let messages = counts.depths + counts.snapshots + counts.trades + counts.quotes;
        println!(
            "{name}: {} rows in {messages} messages, {:.2} M rows/s in one pass, {allocations} allocations",
            counts.rows(),
            counts.rows() as f64 / seconds / 1e6
        );
        let mut group = c.benchmark_group("capture");
        group.sample_size(10).throughput(Throughput::Elements(counts.rows()));
        group.bench_function(name, |b| b.iter(|| read(options.clone(), &mut buffer)));
        group.finish();
    }
}

criterion_group!(benches, capture);
criterion_main!(benches);
