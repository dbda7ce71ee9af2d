//! What the venue remembers of our past, and its answers to questions about it.

use crate::exchange::Exchange;
use crate::orders::{Live, State};
use crate::replies::{Part, Replies, ReplyBody};
use scalp_types::{
    AccountBody, AccountEvent, CancelReason, Fill, InstrumentId, OrderBody, OrderEvent, OrderId, Qty,
    RejectReason, Timestamp, TradeId, VenueQuery,
};
use std::collections::VecDeque;

/// Fills of ours that the venue remembers; the oldest is forgotten first.
pub const FILLS_KEPT_MAX: usize = 1 << 14;
/// Ended orders of ours that the venue remembers; the oldest is forgotten first, and is unknown from then on.
pub const ORDERS_KEPT_MAX: usize = 1 << 14;
/// Fills in one answer (Binance: 1,000).
pub const ANSWER_FILLS_MAX: usize = 1_000;
/// Request weight of one order and its fills (Binance: 1 and 5).
const ORDER_WEIGHT: u32 = 6;
/// Request weight of fills, open orders, position and balance of one instrument (Binance: 5, 1, 5 and 5).
const STATEMENT_WEIGHT: u32 = 16;

/// One fill as it was said.
#[derive(Debug, Clone, Copy)]
struct Past {
    order: OrderId,
    instrument: InstrumentId,
    at: Timestamp,
    fill: Fill,
}

/// An order that ended without being filled whole.
#[derive(Debug, Clone, Copy)]
struct Ended {
    order: OrderId,
    instrument: InstrumentId,
    /// Who ended it; none when its time was over.
    reason: Option<CancelReason>,
    filled: Qty,
}

/// The venue's memory of us. Trade ids rise.
#[derive(Debug, Clone, Default)]
pub(crate) struct Archive {
    fills: VecDeque<Past>,
    ended: VecDeque<Ended>,
}

impl Archive {
    pub fn filled(&mut self, order: OrderId, instrument: InstrumentId, at: Timestamp, fill: Fill) {
        if self.fills.len() == FILLS_KEPT_MAX {
            self.fills.pop_front();
        }
        self.fills.push_back(Past { order, instrument, at, fill });
    }
    pub fn ended(&mut self, live: &Live, reason: Option<CancelReason>) {
        if self.ended.len() == ORDERS_KEPT_MAX {
            self.ended.pop_front();
        }
        let (order, instrument) = (live.request.id, live.request.instrument);
        self.ended.push_back(Ended { order, instrument, reason, filled: live.filled });
    }
}

impl Exchange {
    /// Answers a question; one that is refused is not answered.
    pub(crate) fn answer(&mut self, query: &VenueQuery, out: &mut Replies) {
        self.counts.queries += 1;
        if query.instrument().index() >= self.pits.len() {
            return;
        }
        let weight = match query {
            VenueQuery::Order { .. } => ORDER_WEIGHT,
            VenueQuery::Statement { .. } => STATEMENT_WEIGHT,
        };
        if self.gate(0, weight, true).is_err() {
            return;
        }
        let mut answer = Answer { at: self.now, part: Part::First, out };
        match *query {
            VenueQuery::Order { order, instrument } => self.tell_order(order, instrument, &mut answer),
            VenueQuery::Statement { instrument, after } => self.tell_all(instrument, after, &mut answer),
        }
    }

    fn tell_order(&self, order: OrderId, instrument: InstrumentId, answer: &mut Answer<'_>) {
        let is_of_it = |it: &&Past| it.order == order && it.instrument == instrument;
        let fills = self.archive.fills.iter().filter(is_of_it);
        let older = fills.clone().count().saturating_sub(ANSWER_FILLS_MAX);
        let mut was_filled = false;
        for past in fills.skip(older) {
            was_filled |= past.fill.remaining.is_zero();
            answer.fill(past);
        }
        let slot = self.orders.slot(order).and_then(|slot| self.orders.get(slot));
        if let Some(live) = slot.filter(|it| it.request.instrument == instrument) {
            return answer.listed(live);
        }
        let ended =
            self.archive.ended.iter().rev().find(|it| it.order == order && it.instrument == instrument);
        let body = match ended {
            Some(Ended { reason: Some(reason), filled, .. }) => {
                OrderBody::Cancelled { reason: *reason, filled: *filled }
            }
            Some(Ended { reason: None, filled, .. }) => OrderBody::Expired { filled: *filled },
            // The last of its fills has said so.
            None if was_filled => return,
            None => OrderBody::Rejected(RejectReason::UnknownOrder),
        };
        answer.order(order, instrument, self.now, body);
    }

    fn tell_all(&self, instrument: InstrumentId, after: TradeId, answer: &mut Answer<'_>) {
        let fills = &self.archive.fills;
        let from = fills.partition_point(|it| it.fill.trade <= after);
        let mut told = fills.range(from..).filter(|it| it.instrument == instrument);
        for past in told.by_ref().take(ANSWER_FILLS_MAX) {
            answer.fill(past);
        }
        // Without more, everything up to the last fill of all has been told.
        let (more, upto) = match told.next() {
            Some(next) => (true, TradeId(next.fill.trade.0 - 1)),
            None => (false, TradeId(self.trades.max(after.0))),
        };
        if !more {
            for &slot in self.orders.of_instrument(instrument.index()) {
                self.orders.get(slot).into_iter().for_each(|live| answer.listed(live));
            }
        }
        let settle = self.instruments.get(instrument).settle;
        let body = AccountBody::Statement {
            instrument,
            position: self.ledger.position(instrument).qty,
            cost: self.ledger.position(instrument).cost,
            cash: self.ledger.cash(settle, &self.instruments),
            upto,
            more,
        };
        answer.say(ReplyBody::Account(AccountEvent { exchange_at: self.now, body }));
    }
}

/// An answer being written: its parts travel together.
struct Answer<'a> {
    at: Timestamp,
    part: Part,
    out: &'a mut Replies,
}

impl Answer<'_> {
    fn say(&mut self, body: ReplyBody) {
        self.out.answer(self.at, body, self.part);
        self.part = Part::Further;
    }
    fn order(&mut self, order: OrderId, instrument: InstrumentId, exchange_at: Timestamp, body: OrderBody) {
        self.say(ReplyBody::Order(OrderEvent { order, instrument, exchange_at, body }));
    }
    fn fill(&mut self, past: &Past) {
        self.order(past.order, past.instrument, past.at, OrderBody::PastFill(past.fill));
    }
    fn listed(&mut self, live: &Live) {
        // A child that waits for its parent has the size it was sent with.
        let qty = if live.state == State::Held { live.request.qty } else { live.qty };
        let body = OrderBody::Listed { limit: live.limit, qty, triggered: live.triggered };
        self.order(live.request.id, live.request.instrument, self.at, body);
    }
}
