//! Random and simple events for the tests of this room.

use crate::buffer::{EventBuffer, Stamp};
use proptest::prelude::*;
use scalp_types::{
    Bar, BookAction, BookOrder, Contract, Depth, DepthKind, FundingRate, InstrumentId, InstrumentSpec,
    Instruments, Level, MarkPrice, Money, OpenInterest, Price, PublicLiquidation, Qty, Quote, Rate, Side,
    Span, Timestamp, Trade, TradeId, TradingStatus,
};

/// An instrument of venue `v` with this tick and lot.
pub fn spec(symbol: &str, tick: &str, lot: &str) -> InstrumentSpec {
    let json = format!(
        r#"{{"venue":"v","symbol":"{symbol}","contract":"linear","base":"B","quote":"Q","tick":"{tick}",
            "lot":"{lot}","liquidation_fee":"0"}}"#
    );
    let spec: InstrumentSpec = serde_json::from_str(&json).unwrap();
    assert_eq!(spec.contract, Contract::Linear);
    spec
}

/// Two instruments with different steps.
pub fn instruments() -> Instruments {
    Instruments::new([spec("A", "0.1", "0.001"), spec("B", "0.0005", "25")]).unwrap()
}

/// A trade at these times (ns), told apart by `id`.
pub fn trade(buffer: &mut EventBuffer, instrument: u16, exchange_at: i64, arrived_at: i64, id: u64) {
    let stamp = Stamp {
        instrument: InstrumentId(instrument),
        exchange_at: Timestamp::from_nanos(exchange_at),
        arrived_at: Timestamp::from_nanos(arrived_at),
    };
    let taker = if id.is_multiple_of(2) { Side::Buy } else { Side::Sell };
    let trade =
        Trade { id: TradeId(id), price: Price::new(1_000 + (id % 5) as i64), qty: Qty::new(3), taker };
    buffer.push_trade(stamp, id, trade);
}

/// Up to `max` events of all kinds, two instruments, times within three days, many of them equal.
pub fn events(max: usize) -> impl Strategy<Value = EventBuffer> {
    let one = (0_u8..10, 0_u16..2, 0_i64..40, -3_i64..4, any::<[i32; 9]>(), 0_usize..5, 0_usize..5);
    proptest::collection::vec(one, 0..max).prop_map(|rows| {
        let mut buffer = EventBuffer::new();
        for (n, (kind, instrument, at, delay, numbers, bids, asks)) in rows.into_iter().enumerate() {
            // Steps of 100 minutes: three days, with many equal times.
            let at = 1_700_000_000_000_000_000 + at * 6_000_000_000_000;
            let stamp = Stamp {
                instrument: InstrumentId(instrument),
                exchange_at: Timestamp::from_nanos(at),
                arrived_at: Timestamp::from_nanos(at + delay * 6_000_000_000_000 + 1),
            };
            put(&mut buffer, stamp, n as u64, kind, &numbers.map(i64::from), bids, asks);
        }
        buffer
    })
}

fn put(buffer: &mut EventBuffer, stamp: Stamp, n: u64, kind: u8, v: &[i64; 9], bids: usize, asks: usize) {
    let side = if v[0] % 2 == 0 { Side::Buy } else { Side::Sell };
    let level = |i: usize| Level { price: Price::new(v[i % 9]), qty: Qty::new(v[(i + 1) % 9]) };
    let (price, qty) = (Price::new(v[1]), Qty::new(v[2]));
    let given = v[0] % 3 == 0;
    let pick = v[3].rem_euclid(4) as usize;
    match kind {
        0 => buffer.push_trade(stamp, n, Trade { id: TradeId(v[3] as u64), price, qty, taker: side }),
        1 => {
            let kind =
                [DepthKind::Delta, DepthKind::Snapshot, DepthKind::TopSnapshot, DepthKind::Clear][pick];
            let levels: Vec<Level> = (0..bids + asks).map(level).collect();
            let (bids, asks) = levels.split_at(bids);
            let (first_id, last_id, previous_id) = (v[4] as u64, v[5] as u64, v[6] as u64);
            buffer.push_depth(stamp, n, &Depth { kind, first_id, last_id, previous_id, bids, asks });
        }
        2 => {
            let action = [BookAction::Add, BookAction::Modify, BookAction::Delete, BookAction::Fill][pick];
            buffer.push_order(stamp, n, BookOrder { action, id: v[4] as u64, side, price, qty });
        }
        3 => buffer.push_quote(stamp, n, Quote { id: v[4] as u64, bid: level(1), ask: level(3) }),
        4 => buffer.push_bar(
            stamp,
            n,
            Bar {
                open_at: Timestamp::from_nanos(v[0]),
                span: Span::from_nanos(v[1]),
                open: price,
                high: Price::new(v[3]),
                low: Price::new(v[4]),
                close: Price::new(v[5]),
                volume: qty,
                taker_buy: Qty::new(v[6]),
                trades: v[7] as u32,
            },
        ),
        5 => {
            buffer.push_funding(stamp, n, FundingRate { rate: Rate::new(v[3]), mark: given.then_some(price) })
        }
        6 => buffer.push_mark(stamp, n, MarkPrice { mark: price, index: given.then_some(Price::new(v[3])) }),
        7 => {
            let value = given.then_some(Money::new(i128::from(v[3]) * i128::from(v[4])));
            buffer.push_open_interest(stamp, n, OpenInterest { qty, value });
        }
        8 => buffer.push_liquidation(stamp, n, PublicLiquidation { side, price, qty }),
        _ => {
            let status = [
                TradingStatus::Trading,
                TradingStatus::CancelOnly,
                TradingStatus::Halted,
                TradingStatus::Delisted,
            ][pick];
            buffer.push_status(stamp, n, status);
        }
    }
}

/// Everything that is left of a stream.
pub fn drain(stream: &mut impl scalp_types::EventStream) -> Result<EventBuffer, scalp_types::StreamError> {
    let mut out = EventBuffer::new();
    while let Some(event) = stream.next()? {
        out.push(&event, 0);
    }
    Ok(out)
}

/// The events sorted by a key, ties as they were.
pub fn sorted(buffer: &EventBuffer, key: impl Fn(&scalp_types::MarketEvent<'_>) -> Timestamp) -> EventBuffer {
    let mut order: Vec<usize> = (0..buffer.len()).collect();
    order.sort_by_key(|n| key(&buffer.get(*n).unwrap()));
    let mut out = EventBuffer::new();
    order.into_iter().for_each(|n| out.push(&buffer.get(n).unwrap(), 0));
    out
}

/// Fails with the first difference.
#[track_caller]
pub fn assert_same(got: &EventBuffer, want: &EventBuffer) {
    for (n, (got, want)) in got.iter().zip(want.iter()).enumerate() {
        assert_eq!(got, want, "event {n}");
    }
    assert_eq!(got.len(), want.len());
}
