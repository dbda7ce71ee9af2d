//! Orders of unknown fate: the venue is asked what became of them until it says so, or until it has been asked often
//! enough. Asking is by our id, and changes nothing: an order is never sent again as new.
//!
//! When the questions are used up, the order stays unknown, counts as exposure, and [`Effect::Unanswered`] says so; the
//! next statement of the account, [`PASS_AGAIN`] later at the latest, begins to ask anew.

use crate::effects::{Change, Effect, Effects, OrderChange};
use crate::orders::Orders;
use crate::reconcile::PASS_AGAIN;
use crate::work::Wait;
use scalp_risk::Approved;
use scalp_types::{
    Fill, GroupRole, InstrumentId, OrderBody, OrderEvent, OrderKind, OrderStatus, Price, Qty, Span,
    Timestamp, VenueQuery, VenueRequest,
};

/// A question is asked so often.
pub const ASKS_MAX: u8 = 8;
/// The second asking comes this long after the first; each pause is twice the one before.
pub const ASK_STEP: Span = Span::from_millis(250);
/// No pause between two askings is longer.
pub const ASK_STEP_MAX: Span = Span::from_secs(8);
/// An order has never arrived when the venue has said so often that it knows none, each time at least the answer
/// timeout after it was sent: one answer may have overtaken the order.
pub const ABSENT_MIN: u8 = 2;
/// An order that is still open is sent its cancel so often after look-ups; then the cancel is given up.
pub const ROUNDS_MAX: u8 = 8;

/// The pause after the n-th asking, counted from 1.
pub(crate) fn pause_after(asks: u8) -> Span {
    let doubled = ASK_STEP.nanos() << asks.saturating_sub(1).min(16);
    Span::from_nanos(doubled.min(ASK_STEP_MAX.nanos()))
}

/// An order as the venue lists it.
pub(crate) struct Listed {
    pub limit: Option<Price>,
    pub qty: Qty,
    pub triggered: bool,
    /// When the venue said so.
    pub as_of: Timestamp,
}

impl Orders {
    /// The fate of an order is in doubt: asks for it, from the first question on. Where one message got lost, others
    /// may have been, so the account is looked at as well.
    pub(crate) fn look_up(&mut self, instrument: InstrumentId, at: usize, now: Timestamp, out: &mut Effects) {
        let book = &mut self.books[instrument.index()];
        let (order, work) = (&mut book.open[at], &mut book.work[at]);
        order.status = OrderStatus::Unknown;
        (work.asks, work.absent) = (0, 0);
        self.audit.doubt(now);
        self.wait_until(self.audit.next_due());
        self.ask_about(instrument, at, now, out);
    }

    /// Asks (again), or gives up.
    pub(crate) fn ask_about(
        &mut self,
        instrument: InstrumentId,
        at: usize,
        now: Timestamp,
        out: &mut Effects,
    ) {
        let book = &mut self.books[instrument.index()];
        let (order, work) = (book.open[at].id, &mut book.work[at]);
        if work.asks >= ASKS_MAX {
            (work.wait, work.due) = (Wait::Nothing, Timestamp::MAX);
            out.push(Effect::Unanswered { order: Some(order), instrument });
            self.audit.begin_by(now.saturating_add(PASS_AGAIN));
            self.wait_until(self.audit.next_due());
            return;
        }
        work.asks += 1;
        (work.wait, work.due) = (Wait::LookUp, now.saturating_add(pause_after(work.asks)));
        let due = work.due;
        self.wait_until(due);
        self.query(VenueQuery::Order { order, instrument }, out);
    }

    pub(crate) fn query(&mut self, query: VenueQuery, out: &mut Effects) {
        self.counters.queries += 1;
        out.push(Effect::Send(Approved::<VenueRequest>::query(query)));
    }

    /// True when a fill that we asked for has been booked already, or may have been: what is older than the memory of
    /// fills is never booked a second time. A new one is remembered.
    pub(crate) fn is_past_known(&mut self, event: &OrderEvent, fill: &Fill, now: Timestamp) -> bool {
        let key = (event.instrument, fill.trade);
        fill.qty <= Qty::ZERO
            || self.fills.get(&key).is_some()
            || self.fills.may_have_forgotten(event.exchange_at)
            || !self.fills.insert(key, fill.qty.signed(fill.side), now)
    }

    /// It says nothing new, unless it was the last of an order that we still believe open.
    pub(crate) fn on_known_fill(
        &mut self,
        event: &OrderEvent,
        fill: &Fill,
        now: Timestamp,
        out: &mut Effects,
    ) -> OrderChange {
        let known = self.get(event.order).copied();
        let Some((book, at)) = self.find_mut(event.instrument, event.order) else {
            return OrderChange::plain(Change::Nothing, known);
        };
        if fill.remaining > Qty::ZERO || book.work[at].held {
            return OrderChange::plain(Change::Nothing, known);
        }
        let change = self.ended(event.instrument, at, OrderStatus::Filled, now);
        if let Some(order) = change.order {
            self.on_group_answer(&order, &OrderBody::PastFill(*fill), now, out);
        }
        change
    }

    /// The venue has the order among its open ones, as this.
    pub(crate) fn on_listed(
        &mut self,
        instrument: InstrumentId,
        at: usize,
        listed: &Listed,
        now: Timestamp,
        out: &mut Effects,
    ) -> OrderChange {
        let timeout = self.config.answer_timeout;
        let book = &mut self.books[instrument.index()];
        let (order, work) = (&mut book.open[at], &mut book.work[at]);
        let is_news = !work.confirmed;
        if is_news {
            (work.confirmed, work.attempts) = (true, 0);
        }
        work.listed_at = listed.as_of;
        work.quality.accepted_at.get_or_insert(now);
        // A change that is still on its way may not be in the list yet.
        let amended = work.amended_at.saturating_add(timeout) <= now && {
            work.resizing = None;
            take_over(order, listed)
        };
        let working = if listed.triggered { OrderStatus::Triggered } else { OrderStatus::Open };
        let was_triggered = order.status == OrderStatus::Triggered;
        match order.status {
            OrderStatus::Pending | OrderStatus::Open => {
                order.status = working;
                (work.wait, work.due) = (Wait::Nothing, Timestamp::MAX);
            }
            OrderStatus::Unknown if !work.cancel_wanted || work.rounds >= ROUNDS_MAX => {
                order.status = working;
                work.cancel_wanted = false;
                (work.wait, work.due) = (Wait::Nothing, Timestamp::MAX);
            }
            OrderStatus::Unknown => {
                work.rounds += 1;
                order.status = OrderStatus::CancelPending;
                self.send_cancel(instrument, at, now, out);
            }
            _ => {}
        }
        let order = self.books[instrument.index()].open[at];
        let change = if is_news {
            Change::Accepted
        } else if order.status == OrderStatus::Triggered && !was_triggered {
            Change::Triggered
        } else if amended {
            Change::Amended
        } else {
            Change::Nothing
        };
        OrderChange::plain(change, Some(order))
    }

    /// The venue knows no such order.
    pub(crate) fn on_absent(&mut self, instrument: InstrumentId, at: usize, now: Timestamp) -> OrderChange {
        let timeout = self.config.answer_timeout;
        let book = &mut self.books[instrument.index()];
        let (order, work) = (&book.open[at], &mut book.work[at]);
        let is_old = now >= work.quality.sent_at.saturating_add(timeout);
        if order.status != OrderStatus::Unknown || !is_old {
            return OrderChange::plain(Change::Nothing, Some(*order));
        }
        work.absent += 1;
        if work.absent < ABSENT_MIN {
            return OrderChange::plain(Change::Nothing, Some(*order));
        }
        // What was confirmed once has been forgotten by the venue, so it has ended; else it never arrived.
        let status = if work.confirmed { OrderStatus::Cancelled } else { OrderStatus::Rejected };
        self.ended(instrument, at, status, now)
    }
}

/// Takes over price and size; true when something changed. A member of a group may be smaller at the venue than it was
/// sent, for as long as its parent fills: its size only grows here.
fn take_over(order: &mut scalp_types::OpenOrder, listed: &Listed) -> bool {
    let is_member = order.link.is_some_and(|it| it.role != GroupRole::Parent);
    let qty = if is_member { order.qty.max(listed.qty) } else { listed.qty };
    let mut changed = false;
    if qty != order.qty && qty > order.filled {
        order.qty = qty;
        changed = true;
    }
    if let (
        Some(now),
        OrderKind::Limit { price }
        | OrderKind::StopLimit { price, .. }
        | OrderKind::TakeProfitLimit { price, .. },
    ) = (listed.limit, &mut order.kind)
        && *price != now
    {
        *price = now;
        changed = true;
    }
    changed
}
