//! Order-by-order data: who is in which queue, in the order they came, and the levels they add up to.

use scalp_types::{BookAction, BookOrder, IdMap, Level, Price, Qty, Side};

#[derive(Debug, Clone, Copy)]
struct Other {
    side: Side,
    price: Price,
    qty: Qty,
    joined: u64,
}

/// Everybody else's orders. Not bounded by us: the data decides how many are open at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct OrderQueue {
    orders: IdMap<u64, Other>,
    /// Counts arrivals, ours too: a smaller number is earlier in its queue.
    arrivals: u64,
}

/// What one event did to a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub side: Side,
    pub price: Price,
    /// Positive when the level grew.
    pub by: Qty,
    /// Place in the queue of the order that changed.
    pub joined: u64,
    pub is_fill: bool,
}

impl OrderQueue {
    /// The place of an order of ours that joins now.
    pub const fn join(&mut self) -> u64 {
        self.arrivals += 1;
        self.arrivals
    }

    /// Applies one event and tells which levels changed: at most two (a modify that moves). Unknown ids and absurd
    /// sizes change nothing.
    pub fn apply(&mut self, event: &BookOrder) -> [Option<Change>; 2] {
        if event.qty < Qty::ZERO {
            return [None, None];
        }
        match event.action {
            BookAction::Add => [self.add(event), None],
            BookAction::Delete => [self.remove(event.id), None],
            BookAction::Fill => [self.fill(event), None],
            BookAction::Modify => self.modify(event),
            BookAction::Clear => {
                self.orders.clear();
                [None, None]
            }
        }
    }

    fn add(&mut self, event: &BookOrder) -> Option<Change> {
        if event.qty.is_zero() || self.orders.contains_key(&event.id) {
            return None;
        }
        let joined = self.join();
        let other = Other { side: event.side, price: event.price, qty: event.qty, joined };
        self.orders.insert(event.id, other);
        Some(Change { side: event.side, price: event.price, by: event.qty, joined, is_fill: false })
    }

    fn remove(&mut self, id: u64) -> Option<Change> {
        let it = self.orders.remove(&id)?;
        Some(Change { side: it.side, price: it.price, by: -it.qty, joined: it.joined, is_fill: false })
    }

    fn fill(&mut self, event: &BookOrder) -> Option<Change> {
        let it = self.orders.get_mut(&event.id)?;
        let traded = event.qty.min(it.qty);
        it.qty -= traded;
        let change = Change { side: it.side, price: it.price, by: -traded, joined: it.joined, is_fill: true };
        if it.qty.is_zero() {
            self.orders.remove(&event.id);
        }
        Some(change)
    }

    fn modify(&mut self, event: &BookOrder) -> [Option<Change>; 2] {
        let Some(it) = self.orders.get_mut(&event.id) else { return [self.add(event), None] };
        if it.price == event.price && it.side == event.side && event.qty <= it.qty && !event.qty.is_zero() {
            let by = event.qty - it.qty;
            it.qty = event.qty;
            let change = Change { side: it.side, price: it.price, by, joined: it.joined, is_fill: false };
            return [Some(change), None];
        }
        let gone = self.remove(event.id);
        [gone, self.add(event)]
    }
}

/// The level after a change, for the book.
pub(crate) fn level_after(before: Qty, change: &Change) -> Level {
    let qty = before.checked_add(change.by).unwrap_or(before).max(Qty::ZERO);
    Level { price: change.price, qty }
}
