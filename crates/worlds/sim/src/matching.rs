//! Recorded market data against our resting orders: levels move the queue, trades eat it, crossings end it.

use crate::config::{FillSize, UnseenQueue};
use crate::exchange::{Exchange, Hit};
use crate::l3;
use crate::orders::Slot;
use crate::pit::Detail;
use crate::queue::key;
use crate::replies::Replies;
use scalp_types::{
    BookAction, BookOrder, Depth, DepthKind, Level, Liquidity, OrderBody, Price, Qty, Quote, Side, Trade,
    TriggerSource,
};

impl Exchange {
    /// Levels: the queue of our price moves with its level, and a new best of the other side may cross us.
    #[inline]
    pub(crate) fn on_depth(&mut self, index: usize, depth: &Depth<'_>, out: &mut Replies) {
        let pit = &mut self.pits[index];
        pit.detail = pit.detail.max(Detail::Depth);
        if pit.detail != Detail::Depth {
            return;
        }
        if pit.is_quiet() {
            pit.book.apply(depth);
        } else {
            match depth.kind {
                DepthKind::Delta => self.on_levels(index, depth, out),
                DepthKind::Snapshot | DepthKind::TopSnapshot => self.on_snapshot(index, depth, out),
                DepthKind::Clear => {
                    pit.book.apply(depth);
                    pit.taken_bids.clear();
                    pit.taken_asks.clear();
                }
            }
        }
        self.watch_band(index);
    }

    /// Each side goes into the book in one piece: our queues need only the size before and after at their own prices,
    /// and a price is listed once, so that a new best is still there when its side is done.
    fn on_levels(&mut self, index: usize, depth: &Depth<'_>, out: &mut Replies) {
        let model = self.config.fills.queue;
        for side in [Side::Buy, Side::Sell] {
            let levels = if side == Side::Buy { depth.bids } else { depth.asks };
            if levels.is_empty() {
                continue;
            }
            let pit = &mut self.pits[index];
            let (first, last) = pit.queues(side).range();
            for level in levels {
                let place = key(side, level.price);
                if (first..=last).contains(&place) {
                    let (before, lot) = (pit.book.qty(side, level.price).get(), pit.lot);
                    pit.queues(side).on_level(model, place, before, level.qty.get().max(0), lot);
                }
            }
            let taken = pit.taken(side);
            if !taken.is_empty() {
                taken.retain(|it| levels.iter().all(|level| level.price != it.price));
            }
            match side {
                Side::Buy => pit.book.apply(&Depth { asks: &[], ..*depth }),
                Side::Sell => pit.book.apply(&Depth { bids: &[], ..*depth }),
            }
            let other = side.opposite();
            if pit.best(side).is_some_and(|best| pit.queues(other).best_key() <= key(other, best)) {
                self.cross(index, other, out);
            }
        }
    }

    /// A snapshot moves the queue of our price by what the level differs from what was known.
    fn on_snapshot(&mut self, index: usize, depth: &Depth<'_>, out: &mut Replies) {
        let model = self.config.fills.queue;
        let pit = &mut self.pits[index];
        let mut before = std::mem::take(&mut self.levels);
        before.clear();
        for (side, queues) in [(Side::Buy, &pit.bids), (Side::Sell, &pit.asks)] {
            for row in &queues.rows {
                let price = Price::new(if side == Side::Buy { row.key.saturating_neg() } else { row.key });
                before.push(Level { price, qty: pit.book.qty(side, price) });
            }
        }
        pit.book.apply(depth);
        pit.taken_bids.clear();
        pit.taken_asks.clear();
        let bids = pit.bids.rows.len();
        for (place, level) in before.iter().enumerate() {
            let side = if place < bids { Side::Buy } else { Side::Sell };
            // One level, one change: rows of one price follow one another.
            let again = place > 0 && place != bids && before[place - 1].price == level.price;
            let after = pit.book.qty(side, level.price).get();
            let lot = pit.lot;
            if !again {
                pit.queues(side).on_level(model, key(side, level.price), level.qty.get(), after, lot);
            }
        }
        self.levels = before;
        self.cross(index, Side::Buy, out);
        self.cross(index, Side::Sell, out);
    }

    /// Quotes: the touch with its size is all that is displayed.
    pub(crate) fn on_quote(&mut self, index: usize, quote: &Quote, out: &mut Replies) {
        let model = self.config.fills.queue;
        let pit = &mut self.pits[index];
        pit.detail = pit.detail.max(Detail::Quotes);
        if pit.detail != Detail::Quotes {
            return;
        }
        let before = [pit.touch_bid, pit.touch_ask];
        pit.touch_bid = quote.bid;
        pit.touch_ask = quote.ask;
        if !pit.is_quiet() {
            pit.taken_bids.clear();
            pit.taken_asks.clear();
            for (side, was, is) in [(Side::Buy, before[0], quote.bid), (Side::Sell, before[1], quote.ask)] {
                let (place, lot) = (key(side, is.price), pit.lot);
                let known = if was.price == is.price { was.qty.get() } else { 0 };
                let queues = pit.queues(side);
                queues.on_level(model, place, known, is.qty.get().max(0), lot);
                // Whoever was displayed at a price better than the touch is gone.
                for row in queues.rows.iter_mut().take_while(|it| it.key < place) {
                    row.ahead = 0.0;
                }
            }
            self.cross(index, Side::Buy, out);
            self.cross(index, Side::Sell, out);
        }
        self.watch_band(index);
    }

    /// A trade: through our price it fills us, at our price it eats the queue before us first. Where trades are all that
    /// is known, one that a taker of our own side made shows that somebody offered at its price, and our orders that
    /// reach it had it first.
    #[inline]
    pub(crate) fn on_trade(&mut self, index: usize, trade: &Trade, out: &mut Replies) {
        if trade.qty <= Qty::ZERO {
            return;
        }
        let pit = &mut self.pits[index];
        pit.last = Some(trade.price);
        if pit.detail <= Detail::Trades {
            pit.detail = Detail::Trades;
            pit.touch_bid = Level { price: trade.price, qty: trade.qty };
            pit.touch_ask = pit.touch_bid;
            pit.taken_bids.clear();
            pit.taken_asks.clear();
            if trade.price.get() < pit.band.0 || trade.price.get() > pit.band.1 {
                self.margin_due |= pit.mark.is_none();
            }
        }
        let maker = trade.taker.opposite();
        let place = key(maker, trade.price);
        if pit.queues(maker).best_key() <= place {
            self.eat(index, maker, place, trade.qty.get(), out);
        }
        let pit = &mut self.pits[index];
        if pit.detail == Detail::Trades && pit.queues(trade.taker).best_key() <= key(trade.taker, trade.price)
        {
            self.cross(index, trade.taker, out);
        }
        if !self.pits[index].waiting.is_empty() {
            self.trigger(index, TriggerSource::Last, trade.price, out);
        }
    }

    /// A trade of `qty` lots at the price of `place` against the side `maker`.
    fn eat(&mut self, index: usize, maker: Side, place: i64, qty: i64, out: &mut Replies) {
        let whole = self.config.fills.size == FillSize::Whole;
        let mut hits = std::mem::take(&mut self.hits);
        hits.clear();
        let mut left = qty;
        let mut at = 0;
        while let Some(mut row) = self.pits[index].queues(maker).rows.get(at).copied() {
            if row.key > place || (left == 0 && !whole) {
                break;
            }
            let reach = if row.key < place {
                row.ahead = 0.0;
                left
            } else if self.pits[index].detail == Detail::Orders {
                // The order-by-order feed says itself who traded.
                0
            } else if row.ahead.is_infinite() {
                self.reach_unseen(left)
            } else {
                row.ahead -= left as f64;
                row.traded += qty as f64;
                let beyond = (-row.ahead).round() as i64;
                if beyond > 0 {
                    row.ahead = 0.0;
                }
                beyond.max(0)
            };
            self.pits[index].queues(maker).rows[at] = row;
            at += 1;
            if reach > 0 {
                let fill = if whole { row.remaining } else { reach.min(row.remaining) };
                left -= if whole { 0 } else { fill.min(left) };
                hits.push(Hit { slot: row.slot, price: price_of(maker, row.key), qty: Qty::new(fill) });
            }
        }
        self.make(&mut hits, out);
        self.hits = hits;
    }

    /// How much of a trade reaches an order whose queue the data does not show.
    fn reach_unseen(&mut self, qty: i64) -> i64 {
        match self.config.fills.unseen_queue {
            UnseenQueue::ThroughOnly => 0,
            UnseenQueue::Empty => qty,
            UnseenQueue::Chance { reach, alpha, beta } => {
                (qty as f64 * self.unseen_share(reach, alpha, beta)).round() as i64
            }
        }
    }

    /// Order-by-order data: exact places in the queue.
    pub(crate) fn on_book_order(&mut self, index: usize, event: &BookOrder, out: &mut Replies) {
        let pit = &mut self.pits[index];
        if pit.detail != Detail::Orders {
            pit.detail = Detail::Orders;
            pit.book.clear();
        }
        let changes = pit.l3.get_or_insert_default().apply(event);
        if event.action == BookAction::Clear {
            pit.book.clear();
            pit.taken_bids.clear();
            pit.taken_asks.clear();
            return;
        }
        for change in changes.into_iter().flatten() {
            let pit = &mut self.pits[index];
            let before = pit.book.qty(change.side, change.price);
            let level = l3::level_after(before, &change);
            let set = match change.side {
                Side::Buy => pit.book.set_bid(level),
                Side::Sell => pit.book.set_ask(level),
            };
            let place = key(change.side, change.price);
            let mut left = if change.is_fill { -change.by.get() } else { 0 };
            let mut hits = std::mem::take(&mut self.hits);
            hits.clear();
            let queues = pit.queues(change.side);
            let ours =
                queues.rows.iter_mut().skip_while(|it| it.key < place).take_while(|it| it.key == place);
            for row in ours {
                if change.by < Qty::ZERO && change.joined < row.joined {
                    row.ahead = (row.ahead + change.by.get() as f64).max(0.0);
                } else if left > 0 && change.joined > row.joined {
                    // Somebody behind us traded: in our presence it would have been us.
                    let fill = left.min(row.remaining);
                    left -= fill;
                    let price = change.price;
                    hits.push(Hit { slot: row.slot, price, qty: Qty::new(fill) });
                }
            }
            forget(pit.taken(change.side), change.price);
            let other = change.side.opposite();
            let crossed = set.best_after.is_some_and(|best| pit.queues(other).best_key() <= key(other, best));
            self.make(&mut hits, out);
            self.hits = hits;
            if crossed {
                self.cross(index, other, out);
            }
        }
        self.watch_band(index);
    }

    /// Our orders on `side` that the displayed best of the other side has reached: they trade with what is displayed
    /// there, at their own price.
    #[cold]
    pub(crate) fn cross(&mut self, index: usize, side: Side, out: &mut Replies) {
        let pit = &mut self.pits[index];
        let Some(best) = pit.best(side.opposite()) else { return };
        let place = key(side, best);
        let best_key = pit.queues(side).best_key();
        if best_key > place {
            return;
        }
        let mut hits = std::mem::take(&mut self.hits);
        hits.clear();
        if self.config.fills.size == FillSize::Whole {
            for row in pit.queues(side).rows.iter().take_while(|it| it.key <= place) {
                let price = price_of(side, row.key);
                hits.push(Hit { slot: row.slot, price, qty: Qty::new(row.remaining) });
            }
        } else {
            let mut levels = std::mem::take(&mut self.levels);
            levels.clear();
            pit.available(side.opposite(), Some(price_of(side, best_key)), i64::MAX, &mut levels);
            let mut at = 0;
            while let Some(row) = pit.queues(side).rows.get(at).copied() {
                if row.key > place {
                    break;
                }
                at += 1;
                let mut open = row.remaining;
                for level in levels.iter_mut().take_while(|it| key(side, it.price) >= row.key) {
                    let fill = open.min(level.qty.get());
                    if fill > 0 {
                        open -= fill;
                        level.qty = Qty::new(level.qty.get() - fill);
                        pit.take(side.opposite(), level.price, Qty::new(fill));
                        let price = price_of(side, row.key);
                        hits.push(Hit { slot: row.slot, price, qty: Qty::new(fill) });
                    }
                }
            }
            self.levels = levels;
        }
        self.make(&mut hits, out);
        self.hits = hits;
    }

    /// Carries out fills of resting orders, in order. An earlier one may have ended a later one (its group).
    fn make(&mut self, hits: &mut Vec<Hit>, out: &mut Replies) {
        for hit in hits.drain(..) {
            self.fill(hit.slot, hit.price, hit.qty, Liquidity::Maker, out);
        }
    }

    /// Without a mark, the mid of what is displayed decides about margin.
    #[inline]
    fn watch_band(&mut self, index: usize) {
        let pit = &self.pits[index];
        if pit.band != (i64::MIN, i64::MAX)
            && pit.mark.is_none()
            && pit.margin_price().is_some_and(|it| it.get() < pit.band.0 || it.get() > pit.band.1)
        {
            self.margin_due = true;
        }
    }

    pub(crate) fn accepted(&self, slot: Slot, out: &mut Replies) {
        if let Some(live) = self.orders.get(slot) {
            self.say(live.request.id, live.request.instrument, OrderBody::Accepted, out);
        }
    }
}

#[inline]
fn forget(taken: &mut Vec<Level>, price: Price) {
    if !taken.is_empty() {
        taken.retain(|it| it.price != price);
    }
}

#[inline]
const fn price_of(side: Side, key: i64) -> Price {
    match side {
        Side::Buy => Price::new(key.saturating_neg()),
        Side::Sell => Price::new(key),
    }
}
