//! The vocabulary of the platform: what a price, an event, an order and a refusal are. Pure: no clock, no dice,
//! no I/O, and no decision; every other room speaks in these words.
//!
//! Money, prices, sizes and rates are integers with checked arithmetic. A [`Price`] or [`Qty`] means nothing
//! without its [`Instrument`]; the instrument is the only place that turns them into [`Money`] or into decimals.

pub mod account;
pub mod event;
pub mod exact;
pub mod hash;
pub mod ids;
pub mod instrument;
pub mod intent;
pub mod market;
pub mod number;
pub mod order;
pub mod port;
pub mod rng;
pub mod time;
pub mod wire;

pub use account::{AccountBody, AccountEvent, MarginMode};
pub use event::{Body, Command, CommandBody, Event, Genesis, Incoming, IncomingBody, Mode, Timer};
pub use hash::{IdMap, StateHash};
pub use ids::{AssetId, GroupId, InstrumentId, OrderId, RunId, TimerId, TradeId, VenueId};
pub use instrument::{
    Contract, Filters, Instrument, InstrumentError, InstrumentSpec, Instruments, MarginTier,
};
pub use intent::{Intent, Intents, OrderIntent, Reason};
pub use market::{
    Bar, BookAction, BookOrder, Depth, DepthKind, FundingRate, Level, MarkPrice, MarketBody, MarketEvent,
    OpenInterest, PublicLiquidation, Quote, Trade, TradingStatus,
};
pub use number::{Money, NumberError, Price, Qty, Rate, Rounding, Side, Ticks};
pub use order::{
    CancelReason, Fill, GroupLink, GroupRole, Liquidity, OpenOrder, OrderBody, OrderEvent, OrderKind,
    OrderRequest, OrderStatus, RejectReason, SelfTradePrevention, TimeInForce, TriggerSource, VenueQuery,
    VenueRequest,
};
pub use port::{EventStream, Full, StreamError, Venue};
pub use time::{Span, Timestamp};
