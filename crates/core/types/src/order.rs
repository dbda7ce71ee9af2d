//! Orders: what a venue receives, and what it answers. Answers are events, in every mode.

use crate::ids::{AssetId, GroupId, InstrumentId, OrderId, TradeId};
use crate::intent::Reason;
use crate::number::{Money, Price, Qty, Rate, Side};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What an order is told to do and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderKind {
    /// Take what is there.
    Market,
    /// Trade at `price` or better.
    Limit {
        /// The limit.
        price: Price,
    },
    /// A market order once the trigger price has been crossed against the order (buy: at or above).
    StopMarket {
        /// The trigger.
        trigger: Price,
    },
    /// A limit order once the trigger price has been crossed against the order.
    StopLimit {
        /// The trigger.
        trigger: Price,
        /// The limit.
        price: Price,
    },
    /// A market order once the trigger price has been reached in the order's favour (buy: at or below).
    TakeProfitMarket {
        /// The trigger.
        trigger: Price,
    },
    /// A limit order once the trigger price has been reached in the order's favour.
    TakeProfitLimit {
        /// The trigger.
        trigger: Price,
        /// The limit.
        price: Price,
    },
    /// A market order once the price has turned by `callback` from its best since activation.
    TrailingStop {
        /// Starts trailing when this is reached; at once when absent.
        activation: Option<Price>,
        /// Distance as a fraction of the best price (Binance `callbackRate`, 0.001 to 0.1).
        callback: Rate,
    },
}

impl OrderKind {
    /// The limit price, where there is one.
    pub const fn limit(&self) -> Option<Price> {
        match *self {
            Self::Limit { price } | Self::StopLimit { price, .. } | Self::TakeProfitLimit { price, .. } => {
                Some(price)
            }
            Self::Market
            | Self::StopMarket { .. }
            | Self::TakeProfitMarket { .. }
            | Self::TrailingStop { .. } => None,
        }
    }
    /// The fixed trigger price, where there is one.
    pub const fn trigger(&self) -> Option<Price> {
        match *self {
            Self::StopMarket { trigger }
            | Self::StopLimit { trigger, .. }
            | Self::TakeProfitMarket { trigger }
            | Self::TakeProfitLimit { trigger, .. } => Some(trigger),
            Self::Market | Self::Limit { .. } | Self::TrailingStop { .. } => None,
        }
    }
    /// True when the order waits for a trigger before it can trade.
    pub const fn is_conditional(&self) -> bool {
        !matches!(self, Self::Market | Self::Limit { .. })
    }
}

/// How long an order stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimeInForce {
    /// Until it is filled or cancelled.
    Gtc,
    /// What can be filled now; the rest is cancelled.
    Ioc,
    /// All of it now, or nothing.
    Fok,
    /// Until this time at the venue.
    Gtd(Timestamp),
}

/// Which price a conditional order watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TriggerSource {
    /// The last trade.
    #[default]
    Last,
    /// The mark price.
    Mark,
}

/// What happens when our own orders would trade with one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SelfTradePrevention {
    /// They may trade.
    None,
    /// The resting order is cancelled (Binance's default, EXPIRE_MAKER).
    #[default]
    CancelMaker,
    /// The incoming order is cancelled (EXPIRE_TAKER).
    CancelTaker,
    /// Both are cancelled (EXPIRE_BOTH).
    CancelBoth,
}

/// An order's place in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupLink {
    /// The group.
    pub group: GroupId,
    /// The place.
    pub role: GroupRole,
}

/// What an order does for its group. A bracket is one `Parent` with two `Child` legs that are also one-cancels-other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupRole {
    /// One-cancels-other: the first fill or trigger of one leg cancels the others; a partial fill shrinks them by
    /// as much.
    Leg,
    /// One-triggers-other: its fills release the children.
    Parent,
    /// Held until the parent fills, then as large as what has filled; the children of one parent are legs to
    /// each other.
    Child,
}

/// What a venue receives: complete, checked, and without a trace of why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRequest {
    /// Our id; the idempotency key.
    pub id: OrderId,
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// Size, positive.
    pub qty: Qty,
    /// Market, limit, stop ...
    pub kind: OrderKind,
    /// How long it stays.
    pub time_in_force: TimeInForce,
    /// Refused instead of taking (Binance GTX, OKX `post_only`).
    pub post_only: bool,
    /// May only shrink a position.
    pub reduce_only: bool,
    /// Which price triggers it, when it is conditional.
    pub trigger_source: TriggerSource,
    /// Against our own orders.
    pub self_trade: SelfTradePrevention,
    /// Its group, if any.
    pub link: Option<GroupLink>,
}

/// Everything that can be asked of a venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VenueRequest {
    /// Place an order.
    Submit(OrderRequest),
    /// Change price, total size or both of a resting limit order.
    Amend {
        /// Which order.
        order: OrderId,
        /// Its instrument.
        instrument: InstrumentId,
        /// The new limit.
        price: Option<Price>,
        /// The new total size (filled part included).
        qty: Option<Qty>,
    },
    /// Cancel one order.
    Cancel {
        /// Which order.
        order: OrderId,
        /// Its instrument.
        instrument: InstrumentId,
    },
    /// Cancel every order of an instrument, conditional ones too.
    CancelAll {
        /// Which instrument.
        instrument: InstrumentId,
    },
    /// Ask, and change nothing.
    Query(VenueQuery),
}

/// What a venue can be asked. The answer is one message: its parts are events that come one after the other, or not at
/// all. A question that a venue refuses (an outage, a rate limit) is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VenueQuery {
    /// What became of one order: its fills as [`OrderBody::PastFill`], then [`OrderBody::Listed`] while it is open, how
    /// it ended, or [`RejectReason::UnknownOrder`] where the venue knows no such order.
    Order {
        /// Which order.
        order: OrderId,
        /// Its instrument.
        instrument: InstrumentId,
    },
    /// How one instrument stands: its fills after `after` as [`OrderBody::PastFill`], each open order as
    /// [`OrderBody::Listed`], then [`crate::AccountBody::Statement`].
    Statement {
        /// Which instrument.
        instrument: InstrumentId,
        /// The last fill that need not be told again.
        after: TradeId,
    },
}

impl VenueQuery {
    /// The instrument it is about.
    pub const fn instrument(&self) -> InstrumentId {
        match *self {
            Self::Order { instrument, .. } | Self::Statement { instrument, .. } => instrument,
        }
    }
}

/// Where an order stands. The last four are terminal: exactly one of them is reached, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderStatus {
    /// Sent, not answered: it may or may not exist.
    Pending,
    /// Working (or, conditional, waiting for its trigger).
    Open,
    /// Triggered and working.
    Triggered,
    /// A cancel has been sent, not answered.
    CancelPending,
    /// Nobody answered in time: must be looked up, never resent as new.
    Unknown,
    /// Terminal: filled whole.
    Filled,
    /// Terminal: cancelled or expired by the venue, perhaps with fills.
    Cancelled,
    /// Terminal: the lifetime ended (GTD, or the part of an IOC that found no one).
    Expired,
    /// Terminal: refused by the venue.
    Rejected,
}

impl OrderStatus {
    /// True for the four ends.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Filled | Self::Cancelled | Self::Expired | Self::Rejected)
    }
}

/// One of our orders that has not ended, as its strategy may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenOrder {
    /// Our id.
    pub id: OrderId,
    /// The strategy's own name for it.
    pub tag: u64,
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// Total size, positive, the filled part included.
    pub qty: Qty,
    /// Traded so far.
    pub filled: Qty,
    /// Market, limit, stop ..., with its prices as last confirmed.
    pub kind: OrderKind,
    /// Where it stands; never terminal.
    pub status: OrderStatus,
    /// May only shrink a position.
    pub reduce_only: bool,
    /// Its group, if any; the group id is the strategy's own.
    pub link: Option<GroupLink>,
    /// Why it was wished.
    pub reason: Reason,
    /// When it was sent.
    pub submitted_at: Timestamp,
}

impl OpenOrder {
    /// What has not traded yet.
    #[inline]
    pub fn remaining(&self) -> Qty {
        self.qty - self.filled
    }
    /// True when the venue has confirmed it and no cancel is on its way.
    #[inline]
    pub const fn is_cancellable(&self) -> bool {
        matches!(self.status, OrderStatus::Open | OrderStatus::Triggered)
    }
}

/// One answer of the venue about one of our orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderEvent {
    /// Which order.
    pub order: OrderId,
    /// Its instrument.
    pub instrument: InstrumentId,
    /// When it happened at the venue.
    pub exchange_at: Timestamp,
    /// What happened.
    pub body: OrderBody,
}

/// The kinds of answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderBody {
    /// The venue has it.
    Accepted,
    /// The venue refuses it.
    Rejected(RejectReason),
    /// A conditional order was triggered and now works.
    Triggered,
    /// Price or total size changed.
    Amended {
        /// The limit now.
        price: Price,
        /// The total size now.
        qty: Qty,
    },
    /// The change was refused; the order is as it was.
    AmendRejected(RejectReason),
    /// The cancel was refused; the order is as it was, or long gone.
    CancelRejected(RejectReason),
    /// The order is gone; `filled` of it had traded.
    Cancelled {
        /// Who did it.
        reason: CancelReason,
        /// Traded before.
        filled: Qty,
    },
    /// The order's time ended; `filled` of it had traded.
    Expired {
        /// Traded before.
        filled: Qty,
    },
    /// Part or all of it traded.
    Filled(Fill),
    /// Part or all of it had traded: told because we asked, whether we know it or not.
    PastFill(Fill),
    /// The order is open at the venue, as this: told because we asked.
    Listed {
        /// The limit now, where there is one.
        limit: Option<Price>,
        /// The total size now.
        qty: Qty,
        /// A conditional order that has been triggered.
        triggered: bool,
    },
}

/// Maker or taker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Liquidity {
    /// Our order was resting.
    Maker,
    /// Our order came to somebody else's.
    Taker,
}

/// Our part of a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    /// The venue's id: (instrument, trade) identifies a fill for good.
    pub trade: TradeId,
    /// Our side.
    pub side: Side,
    /// Price.
    pub price: Price,
    /// Size, positive.
    pub qty: Qty,
    /// What remains of the order; zero ends it.
    pub remaining: Qty,
    /// Maker or taker.
    pub liquidity: Liquidity,
    /// Paid to the venue; negative is a rebate.
    pub fee: Money,
    /// What the fee is paid in.
    pub fee_asset: AssetId,
    /// Made by the venue against us (liquidation, auto-deleveraging), not by our wish.
    pub forced: bool,
}

/// Why a venue refused. Named after the meaning; a venue's codes map onto these.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error,
)]
pub enum RejectReason {
    /// Price is off the tick grid or outside the venue's range.
    #[error("price is outside the venue's price filter")]
    PriceFilter,
    /// Size is off the lot grid or outside the venue's range.
    #[error("size is outside the venue's lot filter")]
    LotFilter,
    /// The order is worth too little.
    #[error("value is below the venue's minimum notional")]
    MinNotional,
    /// Too far from the mark price.
    #[error("price is outside the venue's percent-price band")]
    PercentPrice,
    /// A post-only order would have taken.
    #[error("post-only order would take")]
    PostOnlyWouldTake,
    /// A fill-or-kill order could not be filled whole.
    #[error("fill-or-kill order cannot be filled whole")]
    FokNotFilled,
    /// Nothing to reduce.
    #[error("reduce-only order would not reduce")]
    ReduceOnly,
    /// Would trigger at once.
    #[error("conditional order would trigger at once")]
    WouldTrigger,
    /// Not enough free margin.
    #[error("insufficient margin")]
    InsufficientMargin,
    /// Leverage above what the tier allows.
    #[error("position exceeds the leverage of its margin tier")]
    Leverage,
    /// This id is in use.
    #[error("duplicate client order id")]
    DuplicateId,
    /// No such order, or it has ended.
    #[error("unknown order")]
    UnknownOrder,
    /// The venue counts too many requests.
    #[error("rate limit of the venue")]
    RateLimit,
    /// Too many open orders.
    #[error("too many open orders")]
    TooManyOrders,
    /// The instrument is halted, cancel-only or gone.
    #[error("instrument is not trading")]
    NotTrading,
    /// The venue is down or overloaded; it did not happen.
    #[error("venue unavailable, not executed")]
    Unavailable,
    /// No price to trade against.
    #[error("empty book")]
    NoLiquidity,
    /// The request contradicts itself (a trigger on a market order, a size of zero).
    #[error("malformed request")]
    Malformed,
}

impl RejectReason {
    /// True when sending the same wish again later, with the same id, can succeed.
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::RateLimit | Self::Unavailable)
    }
}

/// Why an order is gone without having been filled whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CancelReason {
    /// We asked.
    Requested,
    /// The rest of an immediate-or-cancel or market order.
    Unfilled,
    /// Self-trade prevention.
    SelfTrade,
    /// Its group: another leg went first, or its parent died.
    Group,
    /// The position it was to reduce is gone.
    ReduceOnly,
    /// A post-only amend would have taken.
    PostOnlyWouldTake,
    /// The venue closed the position.
    Liquidation,
    /// Halt, delisting, outage.
    Venue,
}
