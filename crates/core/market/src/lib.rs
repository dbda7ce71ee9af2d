//! What the market is now: books, bars, tape, marks and the health of the feed, for every instrument. Pure: events in,
//! state out; no clock, no sockets, nothing about our own orders.

pub mod bars;
pub mod book;
mod ladder;
pub mod latency;
pub mod market;
pub mod orders;
pub mod prints;
pub mod spread;
pub mod stamps;
pub mod sync;
pub mod watch;

pub use bars::flow::{Flow, FlowCounts, FlowKind, FlowRule, FlowUnit};
pub use bars::{BarRule, BarRuleError, Bars, Undivided};
pub use book::{Book, BookConfig, BookCounts, BookState, BookStateError, LevelChange, Levels, Told};
pub use latency::Latency;
pub use market::{
    Absurd, BookChange, Health, InstrumentMarket, Market, MarketChange, MarketConfig, Touch, grace,
};
pub use orders::{
    OrderBook, OrderBookConfig, OrderBookCounts, OrderBookState, OrderFault, OrderLevels, QueueOrders,
    RestingOrder,
};
pub use stamps::{Stamps, Telling};
pub use sync::{BookSync, SyncCounts, SyncRule, Verdict};
pub use watch::{Watch, WatchConfig, WideSpread, WrongPrint};
