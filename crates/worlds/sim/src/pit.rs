//! One instrument at the venue: what the market shows there, and our orders in it.

use crate::l3::OrderQueue;
use crate::orders::Slot;
use crate::queue::{Queues, key};
use scalp_market::{Book, BookConfig, Stamps};
use scalp_types::{InstrumentId, Level, Money, Price, Qty, Side, Span, Timestamp, TradingStatus};

/// The finest kind of data seen of an instrument: orders are filled by it and by nothing coarser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Detail {
    /// Nothing yet.
    #[default]
    Nothing,
    /// Closed bars.
    Bars,
    /// Trades: the last one is the touch of both sides with its size displayed.
    Trades,
    /// The best bid and ask.
    Quotes,
    /// Levels.
    Depth,
    /// Single orders.
    Orders,
}

/// One instrument at the venue.
#[derive(Clone)]
pub(crate) struct Pit {
    pub id: InstrumentId,
    pub detail: Detail,
    /// Start and length of the last candle of the feed.
    pub bar: (Timestamp, Span),
    /// Which candles of the feed are believed.
    pub stamps: Stamps,
    pub book: Book,
    pub l3: Option<Box<OrderQueue>>,
    /// Without a book: what is displayed on each side.
    pub touch_bid: Level,
    pub touch_ask: Level,
    pub last: Option<Price>,
    pub mark: Option<Price>,
    pub status: TradingStatus,
    pub bids: Queues,
    pub asks: Queues,
    /// Conditional orders not yet triggered, in order of arrival.
    pub waiting: Vec<Slot>,
    /// Orders that wait for the next bar, in order of arrival.
    pub next_bar: Vec<Slot>,
    /// What we took from a displayed level since the feed last touched it.
    pub taken_bids: Vec<Level>,
    pub taken_asks: Vec<Level>,
    /// While the price stays within, no position can have come near its maintenance margin.
    pub band: (i64, i64),
    /// What closing has left of an isolated position's margin, in the event under way.
    pub left: Money,
    pub lot: f64,
}

impl Pit {
    pub fn new(id: InstrumentId, lot: f64) -> Self {
        let none = Level { price: Price::new(0), qty: Qty::ZERO };
        Self {
            id,
            detail: Detail::Nothing,
            bar: (Timestamp::MIN, Span::ZERO),
            stamps: Stamps::default(),
            book: Book::new(BookConfig::default()),
            l3: None,
            touch_bid: none,
            touch_ask: none,
            last: None,
            mark: None,
            status: TradingStatus::Trading,
            bids: Queues::new(),
            asks: Queues::new(),
            waiting: Vec::new(),
            next_bar: Vec::new(),
            taken_bids: Vec::new(),
            taken_asks: Vec::new(),
            band: (i64::MIN, i64::MAX),
            left: Money::ZERO,
            lot,
        }
    }

    /// True when a change of the book concerns nobody.
    #[inline]
    pub const fn is_quiet(&self) -> bool {
        self.bids.is_empty()
            && self.asks.is_empty()
            && self.taken_bids.is_empty()
            && self.taken_asks.is_empty()
    }
    #[inline]
    pub const fn queues(&mut self, side: Side) -> &mut Queues {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }
    #[inline]
    pub const fn taken(&mut self, side: Side) -> &mut Vec<Level> {
        match side {
            Side::Buy => &mut self.taken_bids,
            Side::Sell => &mut self.taken_asks,
        }
    }
    #[inline]
    pub fn has_book(&self) -> bool {
        self.detail >= Detail::Depth
    }
    /// The best displayed price of a side, as recorded.
    pub fn best(&self, side: Side) -> Option<Price> {
        if self.has_book() {
            return match side {
                Side::Buy => self.book.best_bid_price(),
                Side::Sell => self.book.best_ask_price(),
            };
        }
        let touch = self.touch(side);
        (!touch.qty.is_zero()).then_some(touch.price)
    }
    pub const fn touch(&self, side: Side) -> Level {
        match side {
            Side::Buy => self.touch_bid,
            Side::Sell => self.touch_ask,
        }
    }
    /// The queue that a new order of ours would stand behind; `None` where the data cannot show it: outside the known
    /// levels, and away from the touch when only the touch is known.
    pub fn queue_at(&self, side: Side, price: Price) -> Option<Qty> {
        let place = key(side, price);
        match self.detail {
            Detail::Depth | Detail::Orders => {
                let qty = self.book.qty(side, price);
                if !qty.is_zero() || self.detail == Detail::Orders {
                    return Some(qty);
                }
                // An empty price with levels beyond it is empty; beyond all levels nothing is known.
                self.book.side(side).any(|it| key(side, it.price) > place).then_some(Qty::ZERO)
            }
            Detail::Quotes => {
                let touch = self.touch(side);
                match key(side, touch.price).cmp(&place) {
                    _ if touch.qty.is_zero() => None,
                    std::cmp::Ordering::Less => None,
                    std::cmp::Ordering::Equal => Some(touch.qty),
                    std::cmp::Ordering::Greater => Some(Qty::ZERO),
                }
            }
            Detail::Nothing | Detail::Bars | Detail::Trades => None,
        }
    }
    /// Adds to `out` what a taker of the opposite side finds on `side`, best first, down to `limit`; what we took
    /// before is left out.
    pub fn available(&self, side: Side, limit: Option<Price>, enough: i64, out: &mut Vec<Level>) {
        let worse = |price: Price| match (side, limit) {
            (_, None) => false,
            (Side::Buy, Some(limit)) => price < limit,
            (Side::Sell, Some(limit)) => price > limit,
        };
        let taken = match side {
            Side::Buy => &self.taken_bids,
            Side::Sell => &self.taken_asks,
        };
        let mut found = 0_i64;
        let mut add = |level: Level| {
            let gone = taken.iter().find(|it| it.price == level.price).map_or(0, |it| it.qty.get());
            let left = level.qty.get() - gone;
            if left > 0 {
                out.push(Level { price: level.price, qty: Qty::new(left) });
                found = found.saturating_add(left);
            }
            found < enough
        };
        if self.has_book() {
            for level in self.book.side(side) {
                if worse(level.price) || !add(level) {
                    break;
                }
            }
        } else {
            let touch = self.touch(side);
            if touch.qty > Qty::ZERO && !worse(touch.price) {
                add(touch);
            }
        }
    }
    /// Remembers that we took `qty` displayed on `side` at `price`.
    pub fn take(&mut self, side: Side, price: Price, qty: Qty) {
        let taken = self.taken(side);
        match taken.iter_mut().find(|it| it.price == price) {
            Some(level) => level.qty += qty,
            None => taken.push(Level { price, qty }),
        }
    }
    /// What margin is computed from: the mark, else the mid, else the last trade.
    pub fn margin_price(&self) -> Option<Price> {
        self.mark.or_else(|| match (self.best(Side::Buy), self.best(Side::Sell)) {
            (Some(bid), Some(ask)) => Some(Price::new(i64::midpoint(bid.get(), ask.get()))),
            _ => self.last,
        })
    }
}
