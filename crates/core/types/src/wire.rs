//! Market events as bytes: one layout for the event files and for the journal. Little-endian, every record a
//! multiple of 8 bytes long, so that a memory-mapped file lends its levels without a copy.
//!
//! ```text
//! 0   u32  size of the record in bytes        8   i64  exchange time, ns
//! 4   u8   kind        5   u8   flags         16  i64  arrival time, ns
//! 6   u16  instrument                         24  payload
//! ```

use crate::ids::{InstrumentId, TradeId};
use crate::market::{
    Bar, BookAction, BookOrder, Depth, DepthKind, FundingRate, Level, MarkPrice, MarketBody, MarketEvent,
    OpenInterest, PublicLiquidation, Quote, Trade, TradingStatus,
};
use crate::number::{Money, Price, Qty, Rate, Side};
use crate::time::{Span, Timestamp};

#[cfg(target_endian = "big")]
compile_error!("records are little-endian and are read in place");

/// Bytes of a record before its payload.
pub const HEADER_BYTES: usize = 24;
/// A record longer than this is damage: it would be a book of a million levels.
pub const RECORD_BYTES_MAX: usize = 1 << 24;

/// Bytes of a trade.
const TRADE_BYTES: usize = HEADER_BYTES + 24;

const TRADE: u8 = 1;
const DEPTH: u8 = 2;
const ORDER: u8 = 3;
const QUOTE: u8 = 4;
const BAR: u8 = 5;
const FUNDING: u8 = 6;
const MARK: u8 = 7;
const OPEN_INTEREST: u8 = 8;
const LIQUIDATION: u8 = 9;
const STATUS: u8 = 10;

/// Flag: the side is sell (trade, order, liquidation), or the optional field is present (funding, mark, interest).
const FLAG: u8 = 1;

/// Why bytes are not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Fewer bytes than the record says.
    #[error("record of {size} bytes is cut off after {have}")]
    Short {
        /// What the record needs.
        size: usize,
        /// What is there.
        have: usize,
    },
    /// A size that no record has.
    #[error("record size {0} is not possible")]
    Size(usize),
    /// A kind that is not known.
    #[error("record kind {0} is not known")]
    Kind(u8),
    /// A payload that contradicts itself.
    #[error("record payload is damaged")]
    Payload,
    /// The buffer does not start at a multiple of 8.
    #[error("record is not aligned to 8 bytes")]
    Unaligned,
}

/// What records are written to: bytes, or whole words.
trait Sink {
    fn put(&mut self, words: &[i64]);
    fn put_levels(&mut self, levels: &[Level]);
}

impl Sink for Vec<u8> {
    #[inline]
    fn put(&mut self, words: &[i64]) {
        self.extend_from_slice(bytemuck::cast_slice(words));
    }
    #[inline]
    fn put_levels(&mut self, levels: &[Level]) {
        self.extend_from_slice(bytemuck::cast_slice(levels));
    }
}

impl Sink for Vec<i64> {
    #[inline]
    fn put(&mut self, words: &[i64]) {
        self.extend_from_slice(words);
    }
    #[inline]
    fn put_levels(&mut self, levels: &[Level]) {
        self.extend_from_slice(bytemuck::cast_slice(levels));
    }
}

/// Appends one event to `out` and returns how many bytes it took.
#[inline]
pub fn encode(event: &MarketEvent<'_>, out: &mut Vec<u8>) -> usize {
    write(event, out)
}

/// [`encode`] for a buffer of words. The size returned is in bytes.
#[inline]
pub fn encode_words(event: &MarketEvent<'_>, out: &mut Vec<i64>) -> usize {
    write(event, out)
}

#[inline]
fn write(event: &MarketEvent<'_>, out: &mut impl Sink) -> usize {
    let (kind, flags) = kind_and_flags(&event.body);
    let size = HEADER_BYTES + 8 * payload_words(&event.body);
    let length = u32::try_from(size).expect("a record stays below 4 GiB");
    let place = u64::from(event.instrument.0) << 48 | u64::from(flags) << 40 | u64::from(kind) << 32;
    let head = (place | u64::from(length)) as i64;
    let (happened, arrived) = (event.exchange_at.nanos(), event.arrived_at.nanos());
    if let MarketBody::Trade(it) = &event.body {
        out.put(&[head, happened, arrived, it.price.get(), it.qty.get(), it.id.0 as i64]);
        return size;
    }
    out.put(&[head, happened, arrived]);
    match &event.body {
        MarketBody::Trade(_) | MarketBody::Status(_) => {}
        MarketBody::Depth(it) => {
            let counts = ((it.asks.len() as i64) << 32) | it.bids.len() as i64;
            out.put(&[it.first_id as i64, it.last_id as i64, it.previous_id as i64, counts]);
            out.put_levels(it.bids);
            out.put_levels(it.asks);
        }
        MarketBody::Order(it) => out.put(&[it.id as i64, it.price.get(), it.qty.get()]),
        MarketBody::Quote(it) => out.put(&[
            it.id as i64,
            it.bid.price.get(),
            it.bid.qty.get(),
            it.ask.price.get(),
            it.ask.qty.get(),
        ]),
        MarketBody::Bar(it) => out.put(&[
            it.open_at.nanos(),
            it.span.nanos(),
            it.open.get(),
            it.high.get(),
            it.low.get(),
            it.close.get(),
            it.volume.get(),
            it.taker_buy.get(),
            i64::from(it.trades),
        ]),
        MarketBody::Funding(it) => out.put(&[it.rate.get(), it.mark.map_or(0, Price::get)]),
        MarketBody::Mark(it) => out.put(&[it.mark.get(), it.index.map_or(0, Price::get)]),
        MarketBody::OpenInterest(it) => {
            let value = it.value.map_or(0, Money::get);
            out.put(&[it.qty.get(), value as i64, (value >> 64) as i64]);
        }
        MarketBody::Liquidation(it) => out.put(&[it.price.get(), it.qty.get()]),
    }
    size
}

/// Words of a record behind its header.
const fn payload_words(body: &MarketBody<'_>) -> usize {
    match body {
        MarketBody::Trade(_) | MarketBody::Order(_) | MarketBody::OpenInterest(_) => 3,
        MarketBody::Depth(it) => 4 + 2 * (it.bids.len() + it.asks.len()),
        MarketBody::Quote(_) => 5,
        MarketBody::Bar(_) => 9,
        MarketBody::Funding(_) | MarketBody::Mark(_) | MarketBody::Liquidation(_) => 2,
        MarketBody::Status(_) => 0,
    }
}

/// Reads the record at the start of `bytes`; returns it and its size. Levels are lent from `bytes`, which must be
/// aligned to 8.
#[inline]
pub fn decode(bytes: &[u8]) -> Result<(MarketEvent<'_>, usize), WireError> {
    let Some((header, _)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        return Err(WireError::Short { size: HEADER_BYTES, have: bytes.len() });
    };
    let size = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
    if !(HEADER_BYTES..=RECORD_BYTES_MAX).contains(&size) || !size.is_multiple_of(8) {
        return Err(WireError::Size(size));
    }
    let Some(record) = bytes.get(..size) else {
        return Err(WireError::Short { size, have: bytes.len() });
    };
    decode_words(bytemuck::try_cast_slice(record).map_err(|_| WireError::Unaligned)?)
}

/// [`decode`] for bytes that were cast to words once, for a whole block of records: the fast way through a file.
/// The size returned is in bytes.
#[inline(always)]
pub fn decode_words(words: &[i64]) -> Result<(MarketEvent<'_>, usize), WireError> {
    let &[head, exchange_at, arrived_at, ref rest @ ..] = words else {
        return Err(WireError::Short { size: HEADER_BYTES, have: words.len() * 8 });
    };
    let size = head as u32 as usize;
    let event = |body| MarketEvent {
        instrument: InstrumentId((head >> 48) as u16),
        exchange_at: Timestamp::from_nanos(exchange_at),
        arrived_at: Timestamp::from_nanos(arrived_at),
        body,
    };
    let (kind, flags) = ((head >> 32) as u8, (head >> 40) as u8);
    // Most records are trades, whose length is known beforehand.
    if let &[price, qty, id, ..] = rest
        && kind == TRADE
        && size == TRADE_BYTES
    {
        let taker = if flags & FLAG == 0 { Side::Buy } else { Side::Sell };
        let trade = Trade { id: TradeId(id as u64), price: Price::new(price), qty: Qty::new(qty), taker };
        return Ok((event(MarketBody::Trade(trade)), TRADE_BYTES));
    }
    if !(HEADER_BYTES..=RECORD_BYTES_MAX).contains(&size) || !size.is_multiple_of(8) {
        return Err(WireError::Size(size));
    }
    let Some(payload) = rest.get(..(size - HEADER_BYTES) / 8) else {
        return Err(WireError::Short { size, have: words.len() * 8 });
    };
    if kind == DEPTH {
        return Ok((event(MarketBody::Depth(decode_depth(flags, payload)?)), size));
    }
    Ok((event(decode_body(kind, flags, payload)?), size))
}

#[inline]
fn decode_depth(flags: u8, words: &[i64]) -> Result<Depth<'_>, WireError> {
    let &[first, last, previous, counts, ref levels @ ..] = words else { return Err(WireError::Payload) };
    let levels: &[Level] = bytemuck::try_cast_slice(levels).map_err(|_| WireError::Payload)?;
    let (bids, asks) = (counts as u32 as usize, (counts as u64 >> 32) as usize);
    if bids.checked_add(asks) != Some(levels.len()) {
        return Err(WireError::Payload);
    }
    let (bids, asks) = levels.split_at(bids);
    Ok(Depth {
        kind: depth_kind(flags).ok_or(WireError::Payload)?,
        first_id: first as u64,
        last_id: last as u64,
        previous_id: previous as u64,
        bids,
        asks,
    })
}

#[inline(never)]
fn decode_body(kind: u8, flags: u8, words: &[i64]) -> Result<MarketBody<'_>, WireError> {
    let side = if flags & FLAG == 0 { Side::Buy } else { Side::Sell };
    let given = |price: i64| (flags & FLAG != 0).then_some(Price::new(price));
    Ok(match (kind, words) {
        (TRADE, &[price, qty, id]) => MarketBody::Trade(Trade {
            id: TradeId(id as u64),
            price: Price::new(price),
            qty: Qty::new(qty),
            taker: side,
        }),
        (ORDER, &[id, price, qty]) => MarketBody::Order(BookOrder {
            action: book_action(flags >> 1).ok_or(WireError::Payload)?,
            id: id as u64,
            side,
            price: Price::new(price),
            qty: Qty::new(qty),
        }),
        (QUOTE, &[id, bid, bid_qty, ask, ask_qty]) => MarketBody::Quote(Quote {
            id: id as u64,
            bid: Level { price: Price::new(bid), qty: Qty::new(bid_qty) },
            ask: Level { price: Price::new(ask), qty: Qty::new(ask_qty) },
        }),
        (BAR, &[open_at, span, open, high, low, close, volume, taker_buy, trades]) => MarketBody::Bar(Bar {
            open_at: Timestamp::from_nanos(open_at),
            span: Span::from_nanos(span),
            open: Price::new(open),
            high: Price::new(high),
            low: Price::new(low),
            close: Price::new(close),
            volume: Qty::new(volume),
            taker_buy: Qty::new(taker_buy),
            trades: u32::try_from(trades).map_err(|_| WireError::Payload)?,
        }),
        (FUNDING, &[rate, mark]) => {
            MarketBody::Funding(FundingRate { rate: Rate::new(rate), mark: given(mark) })
        }
        (MARK, &[mark, index]) => MarketBody::Mark(MarkPrice { mark: Price::new(mark), index: given(index) }),
        (OPEN_INTEREST, &[qty, low, high]) => MarketBody::OpenInterest(OpenInterest {
            qty: Qty::new(qty),
            value: (flags & FLAG != 0)
                .then_some(Money::new((i128::from(high) << 64) | i128::from(low as u64))),
        }),
        (LIQUIDATION, &[price, qty]) => {
            MarketBody::Liquidation(PublicLiquidation { side, price: Price::new(price), qty: Qty::new(qty) })
        }
        (STATUS, &[]) => MarketBody::Status(status(flags).ok_or(WireError::Payload)?),
        (TRADE..=STATUS, _) => return Err(WireError::Payload),
        _ => return Err(WireError::Kind(kind)),
    })
}

const fn kind_and_flags(body: &MarketBody<'_>) -> (u8, u8) {
    const fn side(it: Side) -> u8 {
        match it {
            Side::Buy => 0,
            Side::Sell => FLAG,
        }
    }
    match body {
        MarketBody::Trade(it) => (TRADE, side(it.taker)),
        MarketBody::Depth(it) => (DEPTH, it.kind as u8),
        MarketBody::Order(it) => (ORDER, side(it.side) | (it.action as u8) << 1),
        MarketBody::Quote(_) => (QUOTE, 0),
        MarketBody::Bar(_) => (BAR, 0),
        MarketBody::Funding(it) => (FUNDING, it.mark.is_some() as u8),
        MarketBody::Mark(it) => (MARK, it.index.is_some() as u8),
        MarketBody::OpenInterest(it) => (OPEN_INTEREST, it.value.is_some() as u8),
        MarketBody::Liquidation(it) => (LIQUIDATION, side(it.side)),
        MarketBody::Status(it) => (STATUS, *it as u8),
    }
}

const fn depth_kind(flags: u8) -> Option<DepthKind> {
    Some(match flags {
        0 => DepthKind::Delta,
        1 => DepthKind::Snapshot,
        2 => DepthKind::TopSnapshot,
        3 => DepthKind::Clear,
        _ => return None,
    })
}

const fn book_action(code: u8) -> Option<BookAction> {
    Some(match code {
        0 => BookAction::Add,
        1 => BookAction::Modify,
        2 => BookAction::Delete,
        3 => BookAction::Fill,
        4 => BookAction::Clear,
        _ => return None,
    })
}

const fn status(flags: u8) -> Option<TradingStatus> {
    Some(match flags {
        0 => TradingStatus::Trading,
        1 => TradingStatus::CancelOnly,
        2 => TradingStatus::Halted,
        3 => TradingStatus::Delisted,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn aligned(bytes: &[u8]) -> Vec<u64> {
        let mut words = vec![0_u64; bytes.len().div_ceil(8)];
        bytemuck::cast_slice_mut(&mut words)[..bytes.len()].copy_from_slice(bytes);
        words
    }

    fn check(body: MarketBody<'_>) {
        let event = MarketEvent {
            instrument: InstrumentId(7),
            exchange_at: Timestamp::from_nanos(-5),
            arrived_at: Timestamp::from_nanos(9),
            body,
        };
        let mut bytes = Vec::new();
        let size = encode(&event, &mut bytes);
        assert_eq!(size, bytes.len());
        let mut whole = Vec::new();
        assert_eq!(encode_words(&event, &mut whole), size);
        assert_eq!(bytemuck::cast_slice::<i64, u8>(&whole), bytes);
        let words = aligned(&bytes);
        let bytes: &[u8] = bytemuck::cast_slice(&words);
        assert_eq!(decode(bytes), Ok((event, size)));
        for cut in 0..size {
            assert!(decode(&bytes[..cut]).is_err(), "a record cut at {cut} of {size} must not be read");
        }
    }

    #[test]
    fn every_kind_survives_the_round_trip_and_no_cut_is_read() {
        let level = |p, q| Level { price: Price::new(p), qty: Qty::new(q) };
        let (bids, asks) = ([level(5, 1), level(4, 0)], [level(6, 3)]);
        for kind in [DepthKind::Delta, DepthKind::Snapshot, DepthKind::TopSnapshot, DepthKind::Clear] {
            check(MarketBody::Depth(Depth {
                kind,
                first_id: 1,
                last_id: u64::MAX,
                previous_id: 0,
                bids: &bids,
                asks: &asks,
            }));
        }
        for side in [Side::Buy, Side::Sell] {
            check(MarketBody::Trade(Trade {
                id: TradeId(3),
                price: Price::new(-1),
                qty: Qty::new(i64::MAX),
                taker: side,
            }));
            check(MarketBody::Liquidation(PublicLiquidation {
                side,
                price: Price::new(1),
                qty: Qty::new(2),
            }));
            for action in
                [BookAction::Add, BookAction::Modify, BookAction::Delete, BookAction::Fill, BookAction::Clear]
            {
                check(MarketBody::Order(BookOrder {
                    action,
                    id: 9,
                    side,
                    price: Price::new(1),
                    qty: Qty::new(2),
                }));
            }
        }
        check(MarketBody::Quote(Quote { id: 1, bid: level(1, 2), ask: level(3, 4) }));
        check(MarketBody::Bar(Bar {
            open_at: Timestamp::from_nanos(1),
            span: Span::from_secs(60),
            open: Price::new(1),
            high: Price::new(4),
            low: Price::new(0),
            close: Price::new(2),
            volume: Qty::new(10),
            taker_buy: Qty::new(3),
            trades: u32::MAX,
        }));
        for mark in [None, Some(Price::new(0))] {
            check(MarketBody::Funding(FundingRate { rate: Rate::new(-100), mark }));
            check(MarketBody::Mark(MarkPrice { mark: Price::new(7), index: mark }));
        }
        for value in [None, Some(Money::new(-1)), Some(Money::new(i128::MAX / 3))] {
            check(MarketBody::OpenInterest(OpenInterest { qty: Qty::new(1), value }));
        }
        for it in [
            TradingStatus::Trading,
            TradingStatus::CancelOnly,
            TradingStatus::Halted,
            TradingStatus::Delisted,
        ] {
            check(MarketBody::Status(it));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_event_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let words = aligned(&bytes);
            let _ = decode(&bytemuck::cast_slice::<u64, u8>(&words)[..bytes.len()]);
        }
    }
}
