//! The state machine: what each answer of the venue does to its order. Answers may come twice, late, out of order,
//! or about orders we never had; an order ends once, and a fill is reported once.

use crate::effects::{Change, Effect, Effects, EndedOrder, OrderChange, no_negative};
use crate::look_up::Listed;
use crate::orders::{Orders, RETRIES_MAX, RETRY_STEP};
use crate::work::Wait;
use scalp_risk::Approved;
use scalp_types::{
    Fill, InstrumentId, OrderBody, OrderEvent, OrderKind, OrderStatus, Price, Qty, RejectReason, Span,
    Timestamp, VenueRequest,
};

impl Orders {
    /// Takes one answer in. The caller books [`OrderChange::fill`] when there is one, and carries out the effects.
    pub fn on_event(&mut self, event: &OrderEvent, now: Timestamp, out: &mut Effects) -> OrderChange {
        let (instrument, id) = (event.instrument, event.order);
        let mut body = event.body;
        if let OrderBody::Filled(fill) = body
            && (fill.qty <= Qty::ZERO
                || !self.fills.insert((instrument, fill.trade), fill.qty.signed(fill.side), now))
        {
            self.counters.duplicate_fills += 1;
            return OrderChange::plain(Change::DuplicateFill, self.get(id).copied());
        }
        if let OrderBody::PastFill(fill) = body {
            if self.is_past_known(event, &fill, now) {
                return self.on_known_fill(event, &fill, now, out);
            }
            body = OrderBody::Filled(fill);
        }
        if let OrderBody::Filled(fill) = body {
            self.note_place(instrument, fill.trade, now);
        }
        let Some((book, at)) = self.find_mut(instrument, id) else {
            return self.not_at_work(event, &body, out);
        };
        if book.work[at].held {
            return OrderChange::plain(Change::Nothing, Some(book.open[at]));
        }
        let change = match body {
            OrderBody::Accepted => self.on_accepted(instrument, at, now, out),
            OrderBody::Triggered => self.on_triggered(instrument, at),
            OrderBody::Amended { price, qty } => self.on_amended(instrument, at, price, qty, now),
            OrderBody::AmendRejected(_) => self.on_amend_rejected(instrument, at),
            OrderBody::CancelRejected(reason) => self.on_cancel_rejected(instrument, at, reason, now, out),
            OrderBody::Filled(fill) | OrderBody::PastFill(fill) => self.on_filled(instrument, at, fill, now),
            OrderBody::Listed { limit, qty, triggered } => {
                let listed = Listed { limit, qty, triggered, as_of: event.exchange_at };
                self.on_listed(instrument, at, &listed, now, out)
            }
            OrderBody::Rejected(RejectReason::UnknownOrder) => self.on_absent(instrument, at, now),
            OrderBody::Rejected(reason) => self.on_rejected(instrument, at, reason, now, out),
            OrderBody::Cancelled { .. } => self.ended(instrument, at, OrderStatus::Cancelled, now),
            OrderBody::Expired { .. } => self.ended(instrument, at, OrderStatus::Expired, now),
        };
        if let Some(order) = change.order {
            let triggered = change.change == Change::Triggered;
            let meant = if triggered { OrderBody::Triggered } else { body };
            self.on_group_answer(&order, &meant, now, out);
        }
        change
    }

    fn not_at_work(&mut self, event: &OrderEvent, body: &OrderBody, out: &mut Effects) -> OrderChange {
        let is_ours = self.ended.get(&event.order).is_some();
        let change = if is_ours { Change::Late } else { Change::Foreign };
        *(if is_ours { &mut self.counters.late } else { &mut self.counters.foreign }) += 1;
        let fill = match *body {
            OrderBody::Filled(fill) => Some(fill),
            OrderBody::Listed { .. } => {
                // It works at the venue and nobody here looks after it: it has to go.
                out.push(Effect::Send(Approved::<VenueRequest>::cancel(event.order, event.instrument)));
                None
            }
            _ => None,
        };
        self.counters.fills += u64::from(fill.is_some());
        OrderChange { change, fill, order: None, ended: None }
    }

    fn on_accepted(
        &mut self,
        instrument: InstrumentId,
        at: usize,
        now: Timestamp,
        out: &mut Effects,
    ) -> OrderChange {
        let book = &mut self.books[instrument.index()];
        let (order, work) = (&mut book.open[at], &mut book.work[at]);
        let is_news = !work.confirmed;
        if is_news {
            (work.confirmed, work.attempts) = (true, 0);
        }
        work.quality.accepted_at.get_or_insert(now);
        match order.status {
            OrderStatus::Pending => {
                order.status = OrderStatus::Open;
                (work.wait, work.due) = (Wait::Nothing, Timestamp::MAX);
            }
            OrderStatus::Unknown if !work.cancel_wanted => {
                order.status = OrderStatus::Open;
                (work.wait, work.due) = (Wait::Nothing, Timestamp::MAX);
            }
            // A cancel may have overtaken the order: it is asked for again, now that there is something to cancel.
            OrderStatus::Unknown => {
                order.status = OrderStatus::CancelPending;
                self.send_cancel(instrument, at, now, out);
            }
            _ => {}
        }
        let order = self.books[instrument.index()].open[at];
        OrderChange::plain(if is_news { Change::Accepted } else { Change::Nothing }, Some(order))
    }

    fn on_triggered(&mut self, instrument: InstrumentId, at: usize) -> OrderChange {
        let book = &mut self.books[instrument.index()];
        let (order, work) = (&mut book.open[at], &mut book.work[at]);
        work.confirmed = true;
        if matches!(order.status, OrderStatus::Pending | OrderStatus::Open | OrderStatus::Unknown) {
            order.status = OrderStatus::Triggered;
            (work.wait, work.due) = (Wait::Nothing, Timestamp::MAX);
        }
        OrderChange::plain(Change::Triggered, Some(*order))
    }

    fn on_amended(
        &mut self,
        instrument: InstrumentId,
        at: usize,
        price: Price,
        qty: Qty,
        now: Timestamp,
    ) -> OrderChange {
        let book = &mut self.books[instrument.index()];
        let (order, work) = (&mut book.open[at], &mut book.work[at]);
        work.resizing = None;
        order.qty = no_negative(qty);
        match &mut order.kind {
            OrderKind::Limit { price: limit }
            | OrderKind::StopLimit { price: limit, .. }
            | OrderKind::TakeProfitLimit { price: limit, .. } => *limit = price,
            OrderKind::Market
            | OrderKind::StopMarket { .. }
            | OrderKind::TakeProfitMarket { .. }
            | OrderKind::TrailingStop { .. } => {}
        }
        if order.filled >= order.qty {
            return self.ended(instrument, at, OrderStatus::Filled, now);
        }
        OrderChange::plain(Change::Amended, Some(*order))
    }

    fn on_amend_rejected(&mut self, instrument: InstrumentId, at: usize) -> OrderChange {
        let book = &mut self.books[instrument.index()];
        book.work[at].resizing = None;
        book.work[at].rigid = true;
        OrderChange::plain(Change::AmendRejected, Some(book.open[at]))
    }

    /// A cancel of an order that the venue does not know (yet, or any more) leaves the order's fate open. Any other
    /// refusal leaves the order as it was: the cancel is repeated by and by, and then given up.
    fn on_cancel_rejected(
        &mut self,
        instrument: InstrumentId,
        at: usize,
        reason: RejectReason,
        now: Timestamp,
        out: &mut Effects,
    ) -> OrderChange {
        let book = &mut self.books[instrument.index()];
        let (order, work) = (&mut book.open[at], &mut book.work[at]);
        if !work.cancel_wanted {
            return OrderChange::plain(Change::Nothing, Some(*order));
        }
        (work.wait, work.due) = (Wait::Nothing, Timestamp::MAX);
        if reason == RejectReason::UnknownOrder {
            self.look_up(instrument, at, now, out);
            return OrderChange::plain(Change::CancelRejected, Some(self.books[instrument.index()].open[at]));
        }
        if work.attempts < RETRIES_MAX {
            let pause = Span::from_nanos(RETRY_STEP.nanos() * i64::from(work.attempts + 1));
            (work.wait, work.due) = (Wait::CancelAnswer, now.saturating_add(pause));
        } else {
            order.status = if work.confirmed { OrderStatus::Open } else { OrderStatus::Pending };
            work.cancel_wanted = false;
        }
        let (due, order) = (work.due, *order);
        self.wait_until(due);
        OrderChange::plain(Change::CancelRejected, Some(order))
    }

    fn on_filled(&mut self, instrument: InstrumentId, at: usize, fill: Fill, now: Timestamp) -> OrderChange {
        self.counters.fills += 1;
        let book = &mut self.books[instrument.index()];
        let (order, work) = (&mut book.open[at], &mut book.work[at]);
        let room = order.qty.get().saturating_sub(order.filled.get()).max(0);
        let (lots, ticks) = (i128::from(fill.qty.get()), i128::from(fill.price.get()));
        work.quality.traded = work.quality.traded.saturating_add(lots * ticks);
        work.quality.first_fill_at.get_or_insert(now);
        work.confirmed = true;
        order.filled = Qty::new(order.filled.get().saturating_add(fill.qty.get()));
        if fill.qty.get() >= room || fill.remaining <= Qty::ZERO {
            let mut change = self.ended(instrument, at, OrderStatus::Filled, now);
            change.fill = Some(fill);
            return change;
        }
        if matches!(order.status, OrderStatus::Pending | OrderStatus::Unknown) && !work.cancel_wanted {
            order.status = OrderStatus::Open;
            (work.wait, work.due) = (Wait::Nothing, Timestamp::MAX);
        }
        OrderChange { change: Change::PartlyFilled, fill: Some(fill), order: Some(*order), ended: None }
    }

    fn on_rejected(
        &mut self,
        instrument: InstrumentId,
        at: usize,
        reason: RejectReason,
        now: Timestamp,
        out: &mut Effects,
    ) -> OrderChange {
        let book = &mut self.books[instrument.index()];
        let (order, work) = (&mut book.open[at], &mut book.work[at]);
        if work.confirmed {
            // The venue had it: this refusal answers a repetition of it, or is an answer gone astray.
            return OrderChange::plain(Change::Nothing, Some(*order));
        }
        if reason == RejectReason::DuplicateId && work.quality.sends > 1 {
            // It was sent more than once, so the refusal says that an earlier sending has arrived after all.
            self.look_up(instrument, at, now, out);
            return OrderChange::plain(Change::Nothing, Some(self.books[instrument.index()].open[at]));
        }
        if reason == RejectReason::Unavailable {
            self.audit.doubt(now);
        }
        if reason.is_retryable() && work.attempts < RETRIES_MAX && !work.cancel_wanted {
            work.attempts += 1;
            let pause = Span::from_nanos(RETRY_STEP.nanos() * i64::from(work.attempts));
            order.status = OrderStatus::Pending;
            (work.wait, work.due) = (Wait::Retry, now.saturating_add(pause));
            let (due, order) = (work.due.min(self.audit.next_due()), *order);
            self.wait_until(due);
            return OrderChange::plain(Change::Retrying, Some(order));
        }
        self.ended(instrument, at, OrderStatus::Rejected, now)
    }

    pub(crate) fn ended(
        &mut self,
        instrument: InstrumentId,
        at: usize,
        status: OrderStatus,
        now: Timestamp,
    ) -> OrderChange {
        let ended: EndedOrder = self.end(instrument, at, status, now);
        OrderChange {
            change: Change::Ended(status),
            fill: None,
            order: Some(ended.order),
            ended: Some(ended),
        }
    }
}
