//! After warm-up, writing and reading events takes nothing from the heap.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

use allocation_counter::measure;
use scalp_journal::frame::SEGMENT_HEADER_BYTES;
use scalp_journal::{Medium, Reader, Writer, WriterConfig};
use scalp_types::*;

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
    let mut allocations = 0;
    for seq in 0..EVENTS {
        let at = Timestamp::from_nanos(seq as i64);
        let body = match seq {
            0 => Body::Genesis(&genesis),
            _ if seq % 3 == 0 => order(seq),
            _ => market(at),
        };
        let cost = measure(|| writer.append(&Event { seq, at, body }).unwrap()).count_total;
        if seq > 10_000 {
            allocations += cost;
        }
    }
    allocations += measure(|| writer.sync().unwrap()).count_total;
    assert_eq!(allocations, 0, "in {} appends", EVENTS - 10_000);
    let mut reader = Reader::from_memory(vec![writer.medium().0.clone()]);
    while reader.next_seq() <= 10_000 {
        reader.next_event().unwrap();
    }
    let allocations = measure(|| while reader.next_event().unwrap().is_some() {}).count_total;
    assert_eq!(allocations, 0, "in {} reads", EVENTS - 10_000);
    assert_eq!(reader.next_seq(), EVENTS);
}
