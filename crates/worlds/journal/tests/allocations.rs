//! After warm-up, writing and reading events takes nothing from the heap.
#![allow(clippy::unwrap_used, unsafe_code, reason = "a test that counts what the allocator is asked for")]

use scalp_journal::frame::SEGMENT_HEADER_BYTES;
use scalp_journal::{Medium, Reader, Writer, WriterConfig};
use scalp_types::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|it| it.set(it.get() + 1));
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the promises of `dealloc`.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Keeps what is written in room made beforehand.
struct Memory(Vec<u8>);

impl Medium for Memory {
    fn prepare(&mut self, _: u32, head: &[u8; SEGMENT_HEADER_BYTES]) -> std::io::Result<()> {
        self.0.extend_from_slice(head);
        Ok(())
    }
    fn advance(&mut self) -> std::io::Result<()> {
        Ok(())
    }
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn sync(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn events_cost_no_allocation_after_warm_up() {
    const EVENTS: u64 = 100_000;
    let genesis = Genesis {
        run: RunId(1),
        seed: 1,
        config_hash: [0; 32],
        instruments: Instruments::default(),
        config: String::new(),
    };
    let levels = [Level { price: Price::new(500), qty: Qty::new(7) }; 20];
    let (bids, asks) = levels.split_at(10);
    let depth = Depth { kind: DepthKind::Delta, first_id: 1, last_id: 2, previous_id: 0, bids, asks };
    let order = |seq| {
        let at = Timestamp::from_nanos(9);
        let body = OrderBody::Accepted;
        Body::Order(OrderEvent { order: OrderId(seq), instrument: InstrumentId(0), exchange_at: at, body })
    };
    let market = |at| {
        let body = MarketBody::Depth(depth);
        Body::Market(MarketEvent { instrument: InstrumentId(0), exchange_at: at, arrived_at: at, body })
    };
    let mut writer = Writer::on(Memory(Vec::with_capacity(64 << 20)), WriterConfig::default()).unwrap();
    let mut before = 0;
    for seq in 0..EVENTS {
        let at = Timestamp::from_nanos(seq as i64);
        let body = match seq {
            0 => Body::Genesis(&genesis),
            _ if seq % 3 == 0 => order(seq),
            _ => market(at),
        };
        writer.append(&Event { seq, at, body }).unwrap();
        if seq == 10_000 {
            before = COUNT.get();
        }
    }
    writer.sync().unwrap();
    assert_eq!(COUNT.get() - before, 0, "allocations in {} appends", EVENTS - 10_000);
    let mut reader = Reader::from_memory(vec![writer.medium().0.clone()]);
    let mut before = 0;
    while let Some(event) = reader.next_event().unwrap() {
        if event.seq == 10_000 {
            before = COUNT.get();
        }
    }
    assert_eq!(COUNT.get() - before, 0, "allocations in {} reads", EVENTS - 10_000);
    assert_eq!(reader.next_seq(), EVENTS);
}
