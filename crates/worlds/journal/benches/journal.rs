//! What an event costs on its way into the journal and out of it: nanoseconds, and bytes for each.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use scalp_journal::frame::SEGMENT_HEADER_BYTES;
use scalp_journal::{Medium, Reader, Writer, WriterConfig};
use scalp_types::*;
use std::hint::black_box;
use std::io;

const EVENTS: u64 = 1_000_000;

/// Takes everything and keeps only its length: the cost of the journal itself, without the disk.
#[derive(Default)]
struct Nowhere(u64);

impl Medium for Nowhere {
    fn prepare(&mut self, _: u32, _: &[u8; SEGMENT_HEADER_BYTES]) -> io::Result<()> {
        Ok(())
    }
    fn advance(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += black_box(bytes).len() as u64;
        Ok(bytes.len())
    }
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps everything.
#[derive(Default)]
struct Memory(Vec<Vec<u8>>);

impl Medium for Memory {
    fn prepare(&mut self, _: u32, head: &[u8; SEGMENT_HEADER_BYTES]) -> io::Result<()> {
        self.0.push(head.to_vec());
        Ok(())
    }
    fn advance(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.last_mut().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn genesis() -> Genesis {
    Genesis {
        run: RunId(1),
        seed: 1,
        config_hash: [0; 32],
        instruments: Instruments::default(),
        config: String::new(),
    }
}

/// One event of each kind that matters: a trade, a small depth change, an answer about an order, a timer.
fn bodies(levels: &[Level]) -> [(&'static str, Body<'_>); 4] {
    let market = |body| {
        Body::Market(MarketEvent {
            instrument: InstrumentId(0),
            exchange_at: Timestamp::from_nanos(5),
            arrived_at: Timestamp::from_nanos(9),
            body,
        })
    };
    let trade = Trade { id: TradeId(8), price: Price::new(500_000), qty: Qty::new(12), taker: Side::Buy };
    let (bids, asks) = levels.split_at(levels.len() / 2);
    let depth = Depth { kind: DepthKind::Delta, first_id: 1, last_id: 2, previous_id: 0, bids, asks };
    let order = OrderEvent {
        order: OrderId(1 << 40),
        instrument: InstrumentId(0),
        exchange_at: Timestamp::from_nanos(1_700_000_000_000_000_000),
        body: OrderBody::Accepted,
    };
    let timer = Timer { id: TimerId(3), due: Timestamp::from_nanos(1_700_000_000_000_000_000) };
    [
        ("trade", market(MarketBody::Trade(trade))),
        ("depth of 6 levels", market(MarketBody::Depth(depth))),
        ("order", Body::Order(order)),
        ("timer", Body::Timer(timer)),
    ]
}

fn write<M: Medium>(medium: M, body: &Body<'_>) -> Writer<M> {
    let genesis = genesis();
    let mut writer = Writer::on(medium, WriterConfig::default()).unwrap();
    let at = Timestamp::from_nanos(9);
    writer.append(&Event { seq: 0, at, body: Body::Genesis(&genesis) }).unwrap();
    for seq in 1..=EVENTS {
        writer.append(&Event { seq, at, body: *body }).unwrap();
    }
    writer.sync().unwrap();
    writer
}

fn journal(c: &mut Criterion) {
    let levels = [Level { price: Price::new(500_000), qty: Qty::new(7) }; 6];
    for (name, body) in bodies(&levels) {
        let written = write(Memory::default(), &body);
        let segments = written.medium().0.clone();
        let bytes: usize = segments.iter().map(Vec::len).sum();
        println!("{name}: {:.1} bytes for each event, seals included", bytes as f64 / EVENTS as f64);
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(EVENTS)).sample_size(10);
        group.bench_function("append", |b| b.iter(|| write(Nowhere::default(), &body)));
        group.bench_function("read", |b| {
            b.iter_batched(
                || Reader::from_memory(segments.clone()),
                |mut reader| {
                    while let Some(event) = reader.next_event().unwrap() {
                        black_box(event);
                    }
                    assert_eq!(reader.next_seq(), EVENTS + 1);
                },
                BatchSize::LargeInput,
            );
        });
        let dir = tempfile::tempdir().unwrap();
        let mut run = 0;
        group.bench_function("append to files, one sync at the end", |b| {
            b.iter(|| {
                run += 1;
                let directory = dir.path().join(run.to_string());
                let files = scalp_journal::Directory::lock(&directory).unwrap();
                drop(write(files, &body));
                std::fs::remove_dir_all(directory).unwrap();
            });
        });
        group.finish();
    }
}

/// Why blocks are sealed and not frames.
fn chain(c: &mut Criterion) {
    let block = vec![7_u8; scalp_journal::frame::BLOCK_BYTES];
    let mut group = c.benchmark_group("hash chain over 64 KiB");
    group.sample_size(10);
    for (name, size) in [("one block", block.len()), ("frames of 64 bytes", 64)] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let next = |key: [u8; 32], part: &[u8]| {
                    *blake3::Hasher::new_keyed(&key).update(part).finalize().as_bytes()
                };
                block.chunks(size).fold([0; 32], next)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, chain, journal);
criterion_main!(benches);
