//! What a strategy wishes. An intent is a proposal: only the risk gate can turn it into an order.

use crate::ids::{GroupId, InstrumentId, OrderId, TimerId};
use crate::number::{Price, Qty, Side};
use crate::order::{GroupLink, OrderKind, SelfTradePrevention, TimeInForce, TriggerSource};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Why an order is wished; recorded with every decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reason {
    /// A signal says so.
    Signal,
    /// A quote of a market maker.
    Quote,
    /// Closing because the signal is gone or turned.
    Exit,
    /// A stop.
    StopLoss,
    /// A target.
    TakeProfit,
    /// Shrinking for risk.
    RiskReduction,
    /// Emergency liquidation.
    Emergency,
    /// The control of a comparison.
    Control,
}

/// An order as the strategy wishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderIntent {
    /// The strategy's own name for the order, unique among its open orders; cancels and amends use it.
    pub tag: u64,
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
    /// Refused instead of taking.
    pub post_only: bool,
    /// May only shrink a position.
    pub reduce_only: bool,
    /// Which price triggers it.
    pub trigger_source: TriggerSource,
    /// Against our own orders.
    pub self_trade: SelfTradePrevention,
    /// Its group, if any; the group id is the strategy's own.
    pub link: Option<GroupLink>,
    /// Why.
    pub reason: Reason,
}

impl OrderIntent {
    /// A good-till-cancelled order of `kind` with everything else at its default.
    pub const fn new(
        tag: u64,
        instrument: InstrumentId,
        side: Side,
        qty: Qty,
        kind: OrderKind,
        reason: Reason,
    ) -> Self {
        Self {
            tag,
            instrument,
            side,
            qty,
            kind,
            time_in_force: TimeInForce::Gtc,
            post_only: false,
            reduce_only: false,
            trigger_source: TriggerSource::Last,
            self_trade: SelfTradePrevention::CancelMaker,
            link: None,
            reason,
        }
    }
}

/// One wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Intent {
    /// Place an order.
    Place(OrderIntent),
    /// Change a resting limit order.
    Amend {
        /// Which order.
        order: OrderId,
        /// The new limit.
        price: Option<Price>,
        /// The new total size.
        qty: Option<Qty>,
    },
    /// Cancel one order.
    Cancel {
        /// Which order.
        order: OrderId,
    },
    /// Cancel the orders of a group.
    CancelGroup {
        /// Which group.
        group: GroupId,
    },
    /// Cancel all orders of an instrument.
    CancelAll {
        /// Which instrument.
        instrument: InstrumentId,
    },
    /// Be woken at this time.
    Wake {
        /// The strategy's own name for the timer.
        timer: TimerId,
        /// When.
        at: Timestamp,
    },
}

/// Where a strategy writes its wishes; the engine keeps and clears the buffer.
#[derive(Debug, Clone, Default)]
pub struct Intents(Vec<Intent>);

impl Intents {
    /// An empty buffer with room for `capacity` wishes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }
    /// Adds a wish.
    #[inline]
    pub fn push(&mut self, intent: Intent) {
        self.0.push(intent);
    }
    /// The wishes so far.
    #[inline]
    pub fn as_slice(&self) -> &[Intent] {
        &self.0
    }
    /// Forgets them, keeping the room.
    #[inline]
    pub fn clear(&mut self) {
        self.0.clear();
    }
}
