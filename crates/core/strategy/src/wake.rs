//! What a strategy can be woken by, and how it says which of it matters. Pure values; the engine does the waking.

use scalp_types::{Bar, Fill, InstrumentId, MarketBody, MarketEvent, OrderEvent, OrderId, Side, Timer};

/// Why [`crate::Strategy::decide`] is called. The state behind it (book, position, open orders) has taken the event
/// in already and stands in the view.
#[derive(Debug, Clone, Copy)]
pub enum Wake<'a> {
    /// The run begins: the moment to set timers. Always delivered, once, before anything is known of the market;
    /// `view.now` is the time of the first data (backtest) or of the start (live).
    Start,
    /// A market event of a kind in [`Interest`]; bars come as [`Wake::Bar`] instead.
    Market(&'a MarketEvent<'a>),
    /// A bar closed: built by the engine from trades, or given by the feed.
    Bar {
        /// Of which instrument.
        instrument: InstrumentId,
        /// The closed bar.
        bar: &'a Bar,
    },
    /// A timer that the strategy asked for came due. Always delivered.
    Timer(Timer),
    /// An order moved without a fill: accepted, refused by the venue, triggered, amended, cancelled, expired.
    Order {
        /// The strategy's name for it.
        tag: u64,
        /// What the venue said.
        event: &'a OrderEvent,
    },
    /// Part or all of an order traded.
    Fill {
        /// Our id of the order.
        order: OrderId,
        /// The strategy's name for it; `None` when the venue made the order (a liquidation).
        tag: Option<u64>,
        /// Which instrument.
        instrument: InstrumentId,
        /// The fill.
        fill: &'a Fill,
    },
}

impl Wake<'_> {
    /// The instrument it is about, if one.
    pub const fn instrument(&self) -> Option<InstrumentId> {
        match self {
            Self::Market(event) => Some(event.instrument),
            Self::Bar { instrument, .. } | Self::Fill { instrument, .. } => Some(*instrument),
            Self::Order { event, .. } => Some(event.instrument),
            Self::Start | Self::Timer(_) => None,
        }
    }
    /// The side of the fill, if it is one.
    pub const fn filled_side(&self) -> Option<Side> {
        match self {
            Self::Fill { fill, .. } => Some(fill.side),
            _ => None,
        }
    }
}

/// A set of kinds of event that wake a strategy; everything else passes it by at no cost. Start and timers are
/// always delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interest(u16);

impl Interest {
    /// Nothing but the start and timers.
    pub const NONE: Self = Self(0);
    /// Closed bars.
    pub const BARS: Self = Self(1);
    /// Prints on the public tape.
    pub const TRADES: Self = Self(1 << 1);
    /// Changes of the aggregated book.
    pub const DEPTH: Self = Self(1 << 2);
    /// Changes of the order-by-order book.
    pub const BOOK_ORDERS: Self = Self(1 << 3);
    /// Best bid and ask.
    pub const QUOTES: Self = Self(1 << 4);
    /// Funding rates.
    pub const FUNDING: Self = Self(1 << 5);
    /// Mark and index prices.
    pub const MARKS: Self = Self(1 << 6);
    /// Open interest and other people's liquidations.
    pub const CROWD: Self = Self(1 << 7);
    /// Halts and resumptions.
    pub const STATUS: Self = Self(1 << 8);
    /// Answers about our orders other than fills.
    pub const ORDERS: Self = Self(1 << 9);
    /// Our fills.
    pub const FILLS: Self = Self(1 << 10);
    /// No event of its own: that books tell which levels a message changed (`view.market.state(id).book.told()`). Asked
    /// for at the start alone.
    pub const BOOK_CHANGES: Self = Self(1 << 11);

    /// Both sets.
    #[inline]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    /// True when all of `other` is in this set.
    #[inline]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
    /// The kind that a market event is of.
    #[inline]
    pub const fn of(body: &MarketBody<'_>) -> Self {
        match body {
            MarketBody::Trade(_) => Self::TRADES,
            MarketBody::Depth(_) => Self::DEPTH,
            MarketBody::Order(_) => Self::BOOK_ORDERS,
            MarketBody::Quote(_) => Self::QUOTES,
            MarketBody::Bar(_) => Self::BARS,
            MarketBody::Funding(_) => Self::FUNDING,
            MarketBody::Mark(_) => Self::MARKS,
            MarketBody::OpenInterest(_) | MarketBody::Liquidation(_) => Self::CROWD,
            MarketBody::Status(_) => Self::STATUS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        let set = Interest::BARS.and(Interest::FILLS);
        assert!(set.contains(Interest::BARS));
        assert!(set.contains(Interest::FILLS));
        assert!(!set.contains(Interest::TRADES));
        assert!(!set.contains(Interest::BARS.and(Interest::TRADES)));
        assert!(set.contains(Interest::NONE));
    }
}
