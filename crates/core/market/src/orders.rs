//! The order-by-order (L3) book of one instrument: every public order in its queue, first in, first out, by the venue's
//! id. Knows nothing of our own orders; a queue model asks it how much stands ahead of an id.

use crate::book::{LEVEL_LOTS_MAX, PAGES_MAX, PRICE_TICKS_MAX};
use crate::ladder::{Falling, Ladder, Placed};
use scalp_types::{BookAction, BookOrder, IdMap, Level, Price, Qty, Side, StateHash};
use serde::{Deserialize, Serialize};

/// Default bound on the orders of one book; a liquid spot market holds about 110,000. With twice this room the table of
/// ids has 2^19 places; a rounder number would double it.
pub const BOOK_ORDERS_MAX: u32 = 229_376;

/// What is fixed when an order book is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderBookConfig {
    /// Most orders at once; one more is refused and counted.
    pub orders_max: u32,
    /// Most pages of 512 prices on one side; an order that needs one more is refused and counted.
    pub pages_max: u32,
}

impl Default for OrderBookConfig {
    fn default() -> Self {
        Self { orders_max: BOOK_ORDERS_MAX, pages_max: PAGES_MAX }
    }
}

/// Why an event changed nothing, or less than it said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderFault {
    /// An id that is not in the book.
    Unknown,
    /// An added id that is already in the book; the order in the book stays as it is.
    Duplicate,
    /// A price or size that cannot be; nothing was done.
    Absurd,
    /// No room for another order or price; nothing was done.
    Full,
    /// Filled by more than it had; the order is gone.
    Overfilled,
}

/// How often each fault was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderBookCounts {
    /// See [`OrderFault::Unknown`].
    pub unknown: u64,
    /// See [`OrderFault::Duplicate`].
    pub duplicate: u64,
    /// See [`OrderFault::Absurd`].
    pub absurd: u64,
    /// See [`OrderFault::Full`].
    pub full: u64,
    /// See [`OrderFault::Overfilled`].
    pub overfilled: u64,
}

/// One order in the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestingOrder {
    /// The venue's id.
    pub id: u64,
    /// Its side.
    pub side: Side,
    /// Its price.
    pub price: Price,
    /// What remains of it.
    pub qty: Qty,
}

const NOBODY: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Node {
    id: u64,
    lots: i64,
    queue: u32,
    before: u32,
    after: u32,
}

#[derive(Debug, Clone, Copy)]
struct Queue {
    key: i64,
    lots: i64,
    first: u32,
    last: u32,
    side: Side,
}

/// See the module. Each change takes constant time; [`OrderBook::ahead`] walks the queue.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "OrderBookState", into = "OrderBookState")]
pub struct OrderBook {
    /// The number of the queue plus one, by key (bids: price; asks: negated price).
    bids: Ladder,
    asks: Ladder,
    queues: Vec<Queue>,
    queues_free: Vec<u32>,
    nodes: Vec<Node>,
    nodes_free: Vec<u32>,
    by_id: IdMap<u64, u32>,
    counts: OrderBookCounts,
    config: OrderBookConfig,
}

/// An order book as plain orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderBookState {
    /// What the book was made with.
    pub config: OrderBookConfig,
    /// `(id, price, lots)` of every bid: best price first, then oldest first.
    pub bids: Vec<(u64, i64, i64)>,
    /// The same for asks.
    pub asks: Vec<(u64, i64, i64)>,
    /// Counters.
    pub counts: OrderBookCounts,
}

/// A stored order that could not be put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stored order {id} cannot be in the book: {fault:?}")]
pub struct OrderBookStateError {
    /// Which order.
    pub id: u64,
    /// Why not.
    pub fault: OrderFault,
}

/// Levels of one side, best first, each with the sum of its orders.
#[derive(Clone)]
pub struct OrderLevels<'a> {
    keys: Falling<'a>,
    book: &'a OrderBook,
    sign: i64,
}

impl Iterator for OrderLevels<'_> {
    type Item = Level;

    fn next(&mut self) -> Option<Level> {
        let (key, queue) = self.keys.next()?;
        let lots = self.book.queues[queue as usize - 1].lots;
        Some(Level { price: Price::new(key * self.sign), qty: Qty::new(lots) })
    }
}

/// Orders of one price, oldest first.
#[derive(Clone)]
pub struct QueueOrders<'a> {
    book: &'a OrderBook,
    next: u32,
}

impl Iterator for QueueOrders<'_> {
    type Item = RestingOrder;

    fn next(&mut self) -> Option<RestingOrder> {
        let node = self.book.nodes.get(self.next as usize)?;
        self.next = node.after;
        Some(self.book.resting(node))
    }
}

const fn key_of(side: Side, price: Price) -> i64 {
    match side {
        Side::Buy => price.get(),
        Side::Sell => price.get().wrapping_neg(),
    }
}

const fn is_possible(price: Price, qty: Qty) -> bool {
    let (ticks, lots) = (price.get(), qty.get());
    ticks <= PRICE_TICKS_MAX && ticks >= -PRICE_TICKS_MAX && lots > 0 && lots <= LEVEL_LOTS_MAX
}

impl OrderBook {
    /// An empty book with all the room it will ever have for orders.
    pub fn new(config: OrderBookConfig) -> Self {
        let orders = config.orders_max as usize;
        let side = || Ladder::new(config.pages_max as usize);
        Self {
            bids: side(),
            asks: side(),
            queues: Vec::with_capacity(orders),
            queues_free: Vec::with_capacity(orders),
            nodes: Vec::with_capacity(orders),
            nodes_free: Vec::with_capacity(orders),
            // Twice the room, so that the table can clean itself in place and never grows.
            by_id: IdMap::with_capacity(orders * 2),
            counts: OrderBookCounts::default(),
            config,
        }
    }

    /// Applies one event. On a fault the book is as the variant of [`OrderFault`] says, and the fault is counted.
    pub fn apply(&mut self, event: &BookOrder) -> Result<(), OrderFault> {
        let result = match event.action {
            BookAction::Add => self.add(event),
            BookAction::Modify => self.modify(event),
            BookAction::Delete => self.find(event.id).map(|at| self.remove(at)),
            BookAction::Fill => self.fill(event),
            BookAction::Clear => {
                self.clear();
                Ok(())
            }
        };
        if let Err(fault) = result {
            *match fault {
                OrderFault::Unknown => &mut self.counts.unknown,
                OrderFault::Duplicate => &mut self.counts.duplicate,
                OrderFault::Absurd => &mut self.counts.absurd,
                OrderFault::Full => &mut self.counts.full,
                OrderFault::Overfilled => &mut self.counts.overfilled,
            } += 1;
        }
        result
    }

    fn find(&self, id: u64) -> Result<u32, OrderFault> {
        self.by_id.get(&id).copied().ok_or(OrderFault::Unknown)
    }

    fn add(&mut self, event: &BookOrder) -> Result<(), OrderFault> {
        if !is_possible(event.price, event.qty) {
            return Err(OrderFault::Absurd);
        }
        if self.by_id.contains_key(&event.id) {
            return Err(OrderFault::Duplicate);
        }
        if self.by_id.len() >= self.config.orders_max as usize {
            return Err(OrderFault::Full);
        }
        let lots = event.qty.get();
        let queue = self.queue_of(event.side, key_of(event.side, event.price))?;
        let before = self.queues[queue as usize].last;
        let node = Node { id: event.id, lots, queue, before, after: NOBODY };
        let at = store(&mut self.nodes, &mut self.nodes_free, node);
        match self.nodes.get_mut(before as usize) {
            Some(last) => last.after = at,
            None => self.queues[queue as usize].first = at,
        }
        let it = &mut self.queues[queue as usize];
        it.last = at;
        it.lots = it.lots.saturating_add(lots);
        self.by_id.insert(event.id, at);
        Ok(())
    }

    fn modify(&mut self, event: &BookOrder) -> Result<(), OrderFault> {
        let at = self.find(event.id)?;
        if event.qty.is_zero() {
            self.remove(at);
            return Ok(());
        }
        if !is_possible(event.price, event.qty) {
            return Err(OrderFault::Absurd);
        }
        let (node, lots) = (self.nodes[at as usize], event.qty.get());
        let queue = self.queues[node.queue as usize];
        let stays = queue.side == event.side && queue.key == key_of(event.side, event.price);
        if stays && lots <= node.lots {
            self.shrink(at, node.lots - lots);
            return Ok(());
        }
        // Room first: an order that cannot be where it wants to go stays where it is.
        self.queue_of(event.side, key_of(event.side, event.price))?;
        self.remove(at);
        self.add(event)
    }

    fn fill(&mut self, event: &BookOrder) -> Result<(), OrderFault> {
        let at = self.find(event.id)?;
        let (lots, filled) = (self.nodes[at as usize].lots, event.qty.get());
        if filled <= 0 {
            return Err(OrderFault::Absurd);
        }
        if filled < lots {
            self.shrink(at, filled);
            return Ok(());
        }
        self.remove(at);
        if filled > lots { Err(OrderFault::Overfilled) } else { Ok(()) }
    }

    fn shrink(&mut self, at: u32, by: i64) {
        let node = &mut self.nodes[at as usize];
        node.lots -= by;
        self.queues[node.queue as usize].lots -= by;
    }

    fn remove(&mut self, at: u32) {
        let node = self.nodes[at as usize];
        let queue = &mut self.queues[node.queue as usize];
        queue.lots -= node.lots;
        match self.nodes.get_mut(node.before as usize) {
            Some(before) => before.after = node.after,
            None => queue.first = node.after,
        }
        match self.nodes.get_mut(node.after as usize) {
            Some(after) => after.before = node.before,
            None => queue.last = node.before,
        }
        if queue.first == NOBODY {
            let key = queue.key;
            match queue.side {
                Side::Buy => self.bids.replace(key, 0),
                Side::Sell => self.asks.replace(key, 0),
            };
            self.queues_free.push(node.queue);
        }
        self.nodes_free.push(at);
        self.by_id.remove(&node.id);
    }

    /// The queue at this price, made when there is none.
    fn queue_of(&mut self, side: Side, key: i64) -> Result<u32, OrderFault> {
        let ladder = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        let known = ladder.get(key);
        if known != 0 {
            return Ok(known as u32 - 1);
        }
        let fresh = Queue { key, lots: 0, first: NOBODY, last: NOBODY, side };
        let queue = store(&mut self.queues, &mut self.queues_free, fresh);
        let number = i64::from(queue) + 1;
        if ladder.replace(key, number).is_none()
            && matches!(ladder.place_if_room(key, number), Placed::Refused)
        {
            self.queues_free.push(queue);
            return Err(OrderFault::Full);
        }
        Ok(queue)
    }

    /// Forgets every order. Counters stay.
    pub fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
        self.queues.clear();
        self.queues_free.clear();
        self.nodes.clear();
        self.nodes_free.clear();
        self.by_id.clear();
    }

    fn resting(&self, node: &Node) -> RestingOrder {
        let queue = &self.queues[node.queue as usize];
        let price = Price::new(if queue.side == Side::Buy { queue.key } else { -queue.key });
        RestingOrder { id: node.id, side: queue.side, price, qty: Qty::new(node.lots) }
    }

    fn queue_at(&self, side: Side, price: Price) -> Option<&Queue> {
        let number = match side {
            Side::Buy => self.bids.get(key_of(side, price)),
            Side::Sell => self.asks.get(key_of(side, price)),
        };
        (number != 0).then(|| &self.queues[number as usize - 1])
    }

    /// The order of this id.
    pub fn get(&self, id: u64) -> Option<RestingOrder> {
        self.by_id.get(&id).map(|at| self.resting(&self.nodes[*at as usize]))
    }
    /// How much stands before this order at its price; `None` for an unknown id. Walks what stands before it.
    pub fn ahead(&self, id: u64) -> Option<Qty> {
        let mut at = self.nodes[*self.by_id.get(&id)? as usize].before;
        let mut lots = 0_i64;
        while let Some(node) = self.nodes.get(at as usize) {
            lots = lots.saturating_add(node.lots);
            at = node.before;
        }
        Some(Qty::new(lots))
    }
    /// Sum of the orders at a price.
    pub fn qty(&self, side: Side, price: Price) -> Qty {
        Qty::new(self.queue_at(side, price).map_or(0, |it| it.lots))
    }
    /// Orders at a price, oldest first.
    pub fn queue(&self, side: Side, price: Price) -> QueueOrders<'_> {
        QueueOrders { book: self, next: self.queue_at(side, price).map_or(NOBODY, |it| it.first) }
    }
    /// Highest bid with the sum of its orders.
    pub fn best_bid(&self) -> Option<Level> {
        self.bids().next()
    }
    /// Lowest ask with the sum of its orders.
    pub fn best_ask(&self) -> Option<Level> {
        self.asks().next()
    }
    /// Bid levels, highest first.
    pub fn bids(&self) -> OrderLevels<'_> {
        OrderLevels { keys: self.bids.falling_from(i64::MAX), book: self, sign: 1 }
    }
    /// Ask levels, lowest first.
    pub fn asks(&self) -> OrderLevels<'_> {
        OrderLevels { keys: self.asks.falling_from(i64::MAX), book: self, sign: -1 }
    }
    /// Orders of a side: best price first, oldest first within a price.
    pub fn orders(&self, side: Side) -> impl Iterator<Item = RestingOrder> + '_ {
        let levels = if side == Side::Buy { self.bids() } else { self.asks() };
        levels.flat_map(move |it| self.queue(side, it.price))
    }
    /// True when the best bid is at or above the best ask.
    pub fn is_crossed(&self) -> bool {
        matches!((self.best_bid(), self.best_ask()), (Some(bid), Some(ask)) if bid.price >= ask.price)
    }
    /// How many orders are in the book.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }
    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
    /// How often each fault was seen.
    pub const fn counts(&self) -> &OrderBookCounts {
        &self.counts
    }
    /// Absorbs every order in its place.
    pub fn digest(&self, hash: &mut StateHash) {
        for side in [Side::Buy, Side::Sell] {
            for it in self.orders(side) {
                hash.absorb(it.id);
                hash.absorb_signed(it.price.get());
                hash.absorb_signed(it.qty.get());
            }
        }
        hash.absorb(self.len() as u64);
    }
    /// The whole book as plain orders.
    pub fn state(&self) -> OrderBookState {
        let list =
            |side| self.orders(side).map(|it| (it.id, it.price.get(), it.qty.get())).collect::<Vec<_>>();
        OrderBookState {
            config: self.config,
            bids: list(Side::Buy),
            asks: list(Side::Sell),
            counts: self.counts,
        }
    }
}

/// Puts `value` into a free place of `all`, or a new one.
fn store<T>(all: &mut Vec<T>, free: &mut Vec<u32>, value: T) -> u32 {
    if let Some(at) = free.pop() {
        all[at as usize] = value;
        return at;
    }
    all.push(value);
    all.len() as u32 - 1
}

impl From<OrderBook> for OrderBookState {
    fn from(book: OrderBook) -> Self {
        book.state()
    }
}

impl TryFrom<OrderBookState> for OrderBook {
    type Error = OrderBookStateError;

    fn try_from(state: OrderBookState) -> Result<Self, OrderBookStateError> {
        let mut book = Self::new(state.config);
        for (side, orders) in [(Side::Buy, &state.bids), (Side::Sell, &state.asks)] {
            for &(id, price, lots) in orders {
                let (price, qty) = (Price::new(price), Qty::new(lots));
                book.apply(&BookOrder { action: BookAction::Add, id, side, price, qty })
                    .map_err(|fault| OrderBookStateError { id, fault })?;
            }
        }
        book.counts = state.counts;
        Ok(book)
    }
}

impl std::fmt::Debug for OrderBook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrderBook")
            .field("bid", &self.best_bid())
            .field("ask", &self.best_ask())
            .field("orders", &self.len())
            .field("counts", &self.counts)
            .finish()
    }
}
