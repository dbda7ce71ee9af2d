//! What the market says: trades, books, quotes, bars, funding. Each event carries two times: when it happened at
//! the exchange, and when we could first know it.

use crate::ids::{InstrumentId, TradeId};
use crate::number::{Money, Price, Qty, Rate, Side};
use crate::time::{Span, Timestamp};
use bytemuck::{Pod, Zeroable};
use serde::{Deserialize, Serialize};

/// One market event of one instrument. Depth borrows its levels from whoever read them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarketEvent<'a> {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// When it happened at the exchange: the simulator lives by this time.
    pub exchange_at: Timestamp,
    /// When it reached us: the core lives by this time.
    pub arrived_at: Timestamp,
    /// What happened.
    pub body: MarketBody<'a>,
}

/// The kinds of market event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MarketBody<'a> {
    /// A print on the public tape.
    Trade(Trade),
    /// Changed levels of the aggregated (L2) book.
    Depth(Depth<'a>),
    /// A change of one order of an order-by-order (L3) book.
    Order(BookOrder),
    /// The best bid and ask.
    Quote(Quote),
    /// A closed bar, known at its close.
    Bar(Bar),
    /// A funding rate that settles at `exchange_at`.
    Funding(FundingRate),
    /// Mark and index price.
    Mark(MarkPrice),
    /// Open interest.
    OpenInterest(OpenInterest),
    /// Somebody else's liquidation, as published.
    Liquidation(PublicLiquidation),
    /// Trading halted, resumed, delisted.
    Status(TradingStatus),
}

/// One level of a book: absolute size at a price; zero removes the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable, Serialize, Deserialize)]
#[repr(C)]
pub struct Level {
    /// The price.
    pub price: Price,
    /// Everything displayed at that price; zero means the level is gone.
    pub qty: Qty,
}

/// How the levels of a [`Depth`] are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DepthKind {
    /// Changes on top of what is known.
    Delta,
    /// The whole book: what is not listed is gone.
    Snapshot,
    /// The best levels whole: what is better than the worst listed level and not listed is gone, beyond is unknown.
    TopSnapshot,
    /// Forget the book (reconnect, gap); the levels are empty.
    Clear,
}

/// Changed levels of one instrument, applied in order: bids first, then asks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Depth<'a> {
    /// Delta or snapshot.
    pub kind: DepthKind,
    /// First update id covered (Binance `U`); 0 where the venue has none.
    pub first_id: u64,
    /// Last update id covered (Binance `u`, `lastUpdateId`); 0 where the venue has none.
    pub last_id: u64,
    /// Last id of the message before (Binance futures `pu`, OKX `prevSeqId`); 0 where the venue has none.
    pub previous_id: u64,
    /// Changed bids.
    pub bids: &'a [Level],
    /// Changed asks.
    pub asks: &'a [Level],
}

/// A print on the public tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade {
    /// The venue's id; 0 where it gives none.
    pub id: TradeId,
    /// Price.
    pub price: Price,
    /// Size, positive.
    pub qty: Qty,
    /// Side of the taker.
    pub taker: Side,
}

/// What happened to one order of an L3 book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BookAction {
    /// A new order at the end of its queue.
    Add,
    /// New size or price; keeps its place only when the price stays and the size shrinks.
    Modify,
    /// Gone without a trade.
    Delete,
    /// Filled by `qty`; gone when nothing remains.
    Fill,
    /// Forget every order (reconnect); the other fields are zero.
    Clear,
}

/// A change of one order of an order-by-order (L3) book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookOrder {
    /// What happened.
    pub action: BookAction,
    /// The venue's id of the order.
    pub id: u64,
    /// Its side.
    pub side: Side,
    /// Its price.
    pub price: Price,
    /// Size remaining (add, modify) or traded (fill).
    pub qty: Qty,
}

/// The best bid and ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The venue's update id; 0 where it gives none.
    pub id: u64,
    /// Best bid; size zero when there is none.
    pub bid: Level,
    /// Best ask; size zero when there is none.
    pub ask: Level,
}

/// A closed bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// Start of the bar.
    pub open_at: Timestamp,
    /// Length of a time bar; zero for tick, volume and other bars.
    pub span: Span,
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
    /// Traded size.
    pub volume: Qty,
    /// Part of `volume` where the taker bought; zero where unknown.
    pub taker_buy: Qty,
    /// Number of trades; zero where unknown.
    pub trades: u32,
}

/// A funding rate that settles at the event's exchange time: a long pays `rate * value at the mark` to the short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FundingRate {
    /// Part of the position's value.
    pub rate: Rate,
    /// The mark price at settlement, where recorded.
    pub mark: Option<Price>,
}

/// Mark and index price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkPrice {
    /// What margin and liquidation are computed from.
    pub mark: Price,
    /// The index beneath it, where recorded.
    pub index: Option<Price>,
}

/// Contracts open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenInterest {
    /// In lots.
    pub qty: Qty,
    /// Value in the settle currency, where recorded.
    pub value: Option<Money>,
}

/// Somebody else's liquidation order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicLiquidation {
    /// Side of the liquidation order (sell: a long was closed).
    pub side: Side,
    /// Its price.
    pub price: Price,
    /// Its size.
    pub qty: Qty,
}

/// Whether the instrument can be traded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TradingStatus {
    /// Open for trading.
    Trading,
    /// Only cancels are taken.
    CancelOnly,
    /// Nothing is taken.
    Halted,
    /// Gone for good.
    Delisted,
}
