//! Why the gate says no: one variant per rule, with the limit and what came.

use scalp_types::{Mode, Money, OrderId, Price, Qty, Span, TradingStatus};
use serde::{Deserialize, Serialize};

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident $({ $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? })? = $stable:literal;)*) => {
        /// A refusal: a value, not an error. Counted by kind in [`crate::Gate::refusals`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
        pub enum Refusal {
            $($(#[$doc])* $name $({ $($(#[$field_doc])* $field: $type),* })?,)*
        }

        /// The kinds of refusal without their numbers, in the order of [`Refusal::NAMES`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each is named after its refusal")]
        enum Kind { $($name),* }

        impl Refusal {
            /// Stable names, for files and counters, by [`Refusal::index`].
            pub const NAMES: &'static [&'static str] = &[$($stable),*];
            /// Its place in [`Refusal::NAMES`].
            pub const fn index(&self) -> usize {
                match self { $(Self::$name $({ $($field: _),* })? => Kind::$name as usize),* }
            }
            /// Its stable name.
            pub const fn name(&self) -> &'static str {
                Self::NAMES[self.index()]
            }
        }
    };
}

refusals! {
    /// The mode does not allow it.
    #[error("trading mode is {mode:?}")]
    Mode {
        /// The mode.
        mode: Mode,
    } = "mode";
    /// The mode only allows what shrinks a position, by no more than this.
    #[error("reduced mode: {} lots may be closed, got {}", .limit.get(), .got.get())]
    OnlyReducing {
        /// What could still be closed on this side.
        limit: Qty,
        /// What was asked.
        got: Qty,
    } = "only_reducing";
    /// The instrument is halted, cancel-only or gone.
    #[error("instrument is {status:?}")]
    NotTrading {
        /// Its status.
        status: TradingStatus,
    } = "not_trading";
    /// No price yet.
    #[error("no price to judge the order by")]
    NoPrice = "no_price";
    /// One side of the book is empty.
    #[error("the book has no bid or no ask")]
    EmptyBook = "empty_book";
    /// Bid at or above ask.
    #[error("book is crossed: bid {} at or above ask {} ticks", .bid.get(), .ask.get())]
    CrossedBook {
        /// Best bid.
        bid: Price,
        /// Best ask.
        ask: Price,
    } = "crossed_book";
    /// The last word of the market is too old.
    #[error("market data is {} ns old, limit {}", .got.nanos(), .limit.nanos())]
    Stale {
        /// Oldest allowed.
        limit: Span,
        /// Its age.
        got: Span,
    } = "stale";
    /// A size of zero or less, a trigger or callback that cannot be.
    #[error("order contradicts itself")]
    Malformed = "malformed";
    /// More than one order may have.
    #[error("order of {} lots, limit {}", .got.get(), .limit.get())]
    OrderQty {
        /// The limit.
        limit: Qty,
        /// What was asked.
        got: Qty,
    } = "order_qty";
    /// Worth more than one order may be.
    #[error("order is worth {got}, limit {limit}")]
    OrderNotional {
        /// The limit.
        limit: Money,
        /// What was asked.
        got: Money,
    } = "order_notional";
    /// Priced too far through the mark.
    #[error("price {} is more than {limit_bps} bp through the mark {}", .price.get(), .mark.get())]
    MarkCollar {
        /// The limit, in basis points.
        limit_bps: u32,
        /// The price.
        price: Price,
        /// The mark.
        mark: Price,
    } = "mark_collar";
    /// Priced too far through the mid.
    #[error("price {} is more than {limit_bps} bp through the mid, half of {mid_twice}", .price.get())]
    MidCollar {
        /// The limit, in basis points.
        limit_bps: u32,
        /// The price.
        price: Price,
        /// Bid plus ask.
        mid_twice: i128,
    } = "mid_collar";
    /// A reduce-only order without a position against it.
    #[error("reduce-only order without a position to reduce")]
    NothingToReduce = "nothing_to_reduce";
    /// The worst case of position and open orders would be too large.
    #[error("position could become {got} lots, limit {}", .limit.get())]
    Position {
        /// The limit.
        limit: Qty,
        /// The worst case with this order, in lots.
        got: i128,
    } = "position";
    /// The sum of all worst cases would be too large.
    #[error("gross exposure could become {got}, limit {limit}")]
    Gross {
        /// The limit.
        limit: Money,
        /// With this order.
        got: Money,
    } = "gross";
    /// The net of all positions could become too large.
    #[error("net exposure could become {got}, limit {limit}")]
    Net {
        /// The limit.
        limit: Money,
        /// With this order, signed.
        got: Money,
    } = "net";
    /// Too many orders at work.
    #[error("{got} orders are open, limit {limit}")]
    OpenOrders {
        /// The limit.
        limit: u32,
        /// How many there are.
        got: u32,
    } = "open_orders";
    /// Below or above what the venue takes.
    #[error("price {} ticks is outside the venue's range", .price.get())]
    VenuePrice {
        /// The price.
        price: Price,
    } = "venue_price";
    /// Further from the mark than the venue takes.
    #[error("price {} ticks is outside the venue's band around {}", .price.get(), .mark.get())]
    VenuePercent {
        /// The price.
        price: Price,
        /// The mark.
        mark: Price,
    } = "venue_percent";
    /// Smaller than the venue takes.
    #[error("order of {} lots, the venue takes {} or more", .got.get(), .limit.get())]
    VenueQtyMin {
        /// The filter.
        limit: Qty,
        /// What is left of the order.
        got: Qty,
    } = "venue_qty_min";
    /// Larger than the venue takes.
    #[error("order of {} lots, the venue takes at most {}", .got.get(), .limit.get())]
    VenueQtyMax {
        /// The filter.
        limit: Qty,
        /// The order.
        got: Qty,
    } = "venue_qty_max";
    /// Worth less than the venue takes.
    #[error("order is worth {got}, the venue takes {limit} or more")]
    VenueNotional {
        /// The filter.
        limit: Money,
        /// The order.
        got: Money,
    } = "venue_notional";
    /// An order with this tag has not ended.
    #[error("an order with tag {tag} has not ended")]
    TagInUse {
        /// The tag.
        tag: u64,
    } = "tag_in_use";
    /// An id that is not above the last.
    #[error("order id {got} is not above the last, {last}")]
    DuplicateId {
        /// The last id.
        last: OrderId,
        /// The id given.
        got: OrderId,
    } = "duplicate_id";
    /// The same order too often.
    #[error("the same order more than {limit} times within {} ns", .window.nanos())]
    Repeated {
        /// How many are allowed within the window.
        limit: u32,
        /// The window.
        window: Span,
    } = "repeated";
    /// Too many orders.
    #[error("more than {limit} orders within {} ns", .window.nanos())]
    Messages {
        /// How many are allowed within the window.
        limit: u32,
        /// The window.
        window: Span,
    } = "messages";
    /// A print may be wrong and is not judged yet, or it was and the price is not back.
    #[error("the last price is in doubt: {} ticks where {} are usual", .price.get(), .usual.get())]
    SuspectPrint {
        /// The price in doubt.
        price: Price,
        /// What would be usual.
        usual: Price,
    } = "suspect_print";
    /// The spread is far wider than usual.
    #[error("spread of {got} ticks, usual are {usual}, limit {times_max} times that")]
    WideSpread {
        /// What it is, in ticks.
        got: u64,
        /// What is usual.
        usual: u64,
        /// How many times that it may be.
        times_max: u32,
    } = "wide_spread";
}
