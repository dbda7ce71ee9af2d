//! From wishes to requests, and from answers back to state.

use crate::action::{Action, Actions, absorb_request};
use crate::config::Recording;
use crate::engine::{Engine, INTENTS_MAX};
use crate::record::{Drop, Fault, RecordBody};
use crate::timers::HOUSE;
use scalp_execution::{Books, CancelOutcome, Change, Difference, Effect, OrderChange, Orders, Stated};
use scalp_ledger::Ledger;
use scalp_market::Market;
use scalp_risk::{EmergencyStep, Exposure, RiskView};
use scalp_strategy::{Interest, Strategy, Wake};
use scalp_types::{
    GroupId, GroupRole, InstrumentId, Instruments, Intent, Mode, Money, OrderBody, OrderEvent, OrderId,
    OrderIntent, OrderStatus, Price, Qty, Reason, TimerId, Timestamp,
};

/// The tag of the engine's own closing orders; strategies are told to keep below it.
pub const HOUSE_TAG: u64 = u64::MAX;

impl<S: Strategy> Engine<S> {
    /// Takes the wishes of one decision in order. Who looks at a market in a beat wishes nothing else most of the time.
    pub(crate) fn carry_out(&mut self, out: &mut Actions) {
        self.orders.begin(self.next_seq - 1);
        let mut intents = std::mem::take(&mut self.intents);
        match intents.as_slice() {
            [wish @ Intent::Wake { timer, at }] => self.set_timer(wish, *timer, *at, out),
            wishes => self.carry_out_all(wishes, out),
        }
        intents.clear();
        self.intents = intents;
        self.arm(out);
    }

    fn carry_out_all(&mut self, intents: &[Intent], out: &mut Actions) {
        let (mut refused, mut known) = (None, None);
        self.note_stale();
        for (n, intent) in intents.iter().enumerate() {
            if n >= INTENTS_MAX {
                self.drop_wish(intent, Drop::TooManyWishes, out);
                continue;
            }
            match intent {
                Intent::Place(it) => {
                    self.place(it, &mut refused, &mut known, out);
                    continue;
                }
                Intent::Cancel { order } => {
                    // That a cancel was sent changes nothing yet of what the orders could still do.
                    if self.cancel(intent, *order, out) {
                        continue;
                    }
                }
                Intent::Wake { timer, at } => {
                    self.set_timer(intent, *timer, *at, out);
                    continue;
                }
                Intent::Amend { order, price, qty } => self.amend(intent, *order, *price, *qty, out),
                Intent::CancelGroup { group } => {
                    self.orders.cancel_group(*group, self.now, &mut self.effects);
                    self.carry_effects(out);
                }
                Intent::CancelAll { instrument } if instrument.index() < self.instruments.len() => {
                    self.orders.cancel_all(*instrument, self.now, &mut self.effects);
                    self.carry_effects(out);
                }
                Intent::CancelAll { instrument } => {
                    self.drop_wish(intent, Drop::UnknownInstrument(*instrument), out);
                }
            }
            known = None;
        }
    }

    /// One order wish. `refused` is the group whose parent has been refused in this decision.
    fn place(
        &mut self,
        intent: &OrderIntent,
        refused: &mut Option<GroupId>,
        known: &mut Option<Known>,
        out: &mut Actions,
    ) {
        if let Some(link) = intent.link
            && link.role == GroupRole::Child
            && *refused == Some(link.group)
        {
            return self.drop_wish(&Intent::Place(*intent), Drop::ParentRefused(link.group), out);
        }
        if self.propose(intent, known, out) {
            self.carry_effects(out);
        } else if let Some(link) = intent.link.filter(|it| it.role == GroupRole::Parent) {
            *refused = Some(link.group);
        }
    }

    /// Through the gate and to the orders, whose effects wait to be carried out. False when it came to nothing.
    fn propose(&mut self, intent: &OrderIntent, known: &mut Option<Known>, out: &mut Actions) -> bool {
        let id = intent.instrument;
        if id.index() >= self.instruments.len() {
            self.drop_wish(&Intent::Place(*intent), Drop::UnknownInstrument(id), out);
            return false;
        }
        if !out.has_room(1) {
            self.drop_wish(&Intent::Place(*intent), Drop::ActionsFull, out);
            return false;
        }
        let Some(order) = self.orders.has_room().then(|| self.orders.next_id()).flatten() else {
            self.drop_wish(&Intent::Place(*intent), Drop::OrdersFull, out);
            return false;
        };
        let facts = (&self.instruments, &self.market, &self.ledger, &self.orders);
        let exposure = known.take().filter(|it| it.of == id).map(|it| it.exposure);
        let exposure = exposure.unwrap_or_else(|| self.orders.exposure(id));
        let mut view = risk_view(self.now, facts, id, intent.tag, exposure);
        self.tell_doubt(&mut view);
        let mid_twice = view.mid_twice().and_then(|it| i64::try_from(it).ok());
        let touch = touch_of(&view);
        let approved = match self.gate.review(intent, order, &view) {
            Ok(approved) => approved,
            Err(refusal) => {
                self.hash.absorb(refusal.index() as u64);
                self.record(RecordBody::Refused { intent: *intent, refusal }, out);
                return false;
            }
        };
        // The gate has noted it at a price of its own.
        self.stale.add(id);
        self.record(RecordBody::Approved { intent: *intent, request: *approved.get(), touch }, out);
        // Members of a group may be held, and may change others.
        if intent.link.is_none() {
            let mut exposure = exposure;
            exposure.add(approved.get());
            *known = Some(Known { of: id, exposure });
        }
        let (tag, reason) = (intent.tag, intent.reason);
        let taken = self.orders.submit(approved, tag, reason, mid_twice, self.now, &mut self.effects);
        if taken.is_err() {
            *known = None;
            self.drop_wish(&Intent::Place(*intent), Drop::OrdersFull, out);
        }
        taken.is_ok()
    }

    fn amend(
        &mut self,
        wish: &Intent,
        order: OrderId,
        price: Option<Price>,
        qty: Option<Qty>,
        out: &mut Actions,
    ) {
        let Some(open) = self.orders.get(order).copied() else {
            return self.drop_wish(wish, Drop::UnknownOrder(order), out);
        };
        if !out.has_room(1) {
            return self.drop_wish(wish, Drop::ActionsFull, out);
        }
        let facts = (&self.instruments, &self.market, &self.ledger, &self.orders);
        let exposure = self.orders.exposure(open.instrument);
        let mut view = risk_view(self.now, facts, open.instrument, open.tag, exposure);
        self.tell_doubt(&mut view);
        match self.gate.amend(&open, price, qty, &view) {
            Ok(approved) => {
                self.stale.add(open.instrument);
                if self.orders.amend(approved, self.now, &mut self.effects) {
                    self.carry_effects(out);
                } else {
                    self.drop_wish(wish, Drop::UnknownOrder(order), out);
                }
            }
            Err(refusal) => {
                self.hash.absorb(refusal.index() as u64);
                let mut intent =
                    OrderIntent::new(open.tag, open.instrument, open.side, open.qty, open.kind, open.reason);
                intent.qty = qty.unwrap_or(open.qty);
                self.record(RecordBody::Refused { intent, refusal }, out);
            }
        }
    }

    /// True when no order has ended by it.
    fn cancel(&mut self, wish: &Intent, order: OrderId, out: &mut Actions) -> bool {
        if !out.has_room(1) {
            self.drop_wish(wish, Drop::ActionsFull, out);
            return true;
        }
        let outcome = self.orders.cancel(order, self.now, &mut self.effects);
        match outcome {
            CancelOutcome::Sent | CancelOutcome::Dropped => self.carry_effects(out),
            CancelOutcome::Already => self.drop_wish(wish, Drop::NotCancellable(order), out),
            CancelOutcome::Gone => self.drop_wish(wish, Drop::UnknownOrder(order), out),
        }
        outcome != CancelOutcome::Dropped
    }

    fn set_timer(&mut self, wish: &Intent, id: TimerId, at: Timestamp, out: &mut Actions) {
        if !self.timers.set(id, at) {
            return self.drop_wish(wish, Drop::UnknownTimer(id), out);
        }
        self.hash.absorb_signed(at.nanos());
        out.push(Action::SetTimer { id, at });
    }

    /// Takes one answer of the venue in.
    pub(crate) fn on_order(&mut self, event: &OrderEvent, out: &mut Actions) {
        let id = event.instrument;
        if id.index() >= self.instruments.len() {
            return self.fault(Fault::UnknownInstrument(id), out);
        }
        self.stale.add(id);
        let change = self.orders.on_event(event, self.now, &mut self.effects);
        self.absorb_answer(event, &change);
        self.note_change(event, &change, out);
        if let Some(fill) = change.fill {
            self.book(event, &change, &fill, out);
        }
        if let Some(ended) = change.ended {
            self.record(RecordBody::Ended(ended), out);
        }
        self.orders.begin(self.next_seq - 1);
        self.carry_effects(out);
        self.note_exposure(id);
        self.tell(event, &change, out);
        if self.gate.mode() == Mode::Emergency {
            self.liquidate(id, out);
        }
        self.arm(out);
    }

    fn note_change(&mut self, event: &OrderEvent, change: &OrderChange, out: &mut Actions) {
        match change.change {
            // The venue's own orders against us have ids that we never gave.
            Change::Foreign if change.fill.is_some_and(|it| it.forced) => {}
            Change::Foreign => self.fault(Fault::UnknownOrder(event.order), out),
            Change::DuplicateFill => self.fault(Fault::DuplicateFill(event.order), out),
            _ => {}
        }
        if self.config.recording == Recording::Full && change.change == Change::Late {
            self.record(RecordBody::Late(*event), out);
        }
        if self.config.recording == Recording::Full
            && let Some(order) = change.order
        {
            let body = RecordBody::Order {
                tag: order.tag,
                status: order.status,
                change: change.change,
                event: *event,
            };
            self.record(body, out);
        }
    }

    /// Books a fill: ledger, hash, records, loss stops.
    fn book(
        &mut self,
        event: &OrderEvent,
        change: &OrderChange,
        fill: &scalp_types::Fill,
        out: &mut Actions,
    ) {
        let instrument = self.instruments.get(event.instrument);
        match self.ledger.on_fill(instrument, event.exchange_at, fill) {
            Ok(booked) => {
                self.counters.fills += 1;
                self.hash.absorb_signed(booked.after.get());
                self.hash.absorb_wide(self.ledger.balance(instrument.settle).get());
                let body = RecordBody::Fill {
                    order: event.order,
                    tag: change.order.map(|it| it.tag),
                    instrument: event.instrument,
                    exchange_at: event.exchange_at,
                    reason: change.order.map(|it| it.reason),
                    fill: *fill,
                    change: booked,
                };
                self.record(body, out);
                self.record_balances(out);
                self.check_losses(out);
            }
            Err(error) => self.distrust(Fault::Ledger(error), out),
        }
    }

    /// Tells the strategy, if it wants to hear of it.
    fn tell(&mut self, event: &OrderEvent, change: &OrderChange, out: &mut Actions) {
        let tag = change.order.map(|it| it.tag);
        if let Some(fill) = &change.fill {
            if self.is_awaited(Interest::FILLS) {
                let wake = Wake::Fill { order: event.order, tag, instrument: event.instrument, fill };
                self.wake(&wake, out);
            }
            return;
        }
        let is_news = !matches!(change.change, Change::Nothing | Change::Retrying | Change::DuplicateFill);
        if let Some(tag) = tag.filter(|_| is_news && self.is_awaited(Interest::ORDERS)) {
            self.wake(&Wake::Order { tag, event }, out);
        }
    }

    /// The venue has stated how an instrument stands; the fills and open orders of its answer have been taken in.
    pub(crate) fn on_statement(&mut self, stated: &Stated, out: &mut Actions) {
        let id = stated.instrument;
        if id.index() >= self.instruments.len() {
            return self.fault(Fault::UnknownInstrument(id), out);
        }
        if let Some(cost) = self.orders.cost_to_adopt(stated, &self.books_of(id)) {
            self.adopt(id, cost, Money::ZERO, out);
        }
        let ours = self.books_of(id);
        for word in [id.0.into(), stated.upto.0, stated.books.position.get() as u64, u64::from(stated.more)] {
            self.hash.absorb(word);
        }
        self.hash.absorb_wide(stated.books.cash.get());
        let difference = self.orders.on_statement(stated, &ours, self.now, &mut self.effects);
        self.carry_effects(out);
        if let Some(difference) = difference {
            match self.rounded(&difference) {
                Some(rounded) => {
                    let cost = self.ledger.position(rounded).cost;
                    self.adopt(rounded, cost, -difference.cash, out);
                    self.orders.on_adopted(self.now);
                }
                None => self.distrust(Fault::Unreconciled(difference), out),
            }
        }
        self.arm(out);
    }

    /// Where a difference comes from, when it is no more than the rounding of fills booked in another order.
    fn rounded(&self, found: &Difference) -> Option<InstrumentId> {
        let settle = self.instruments.get(found.instrument).settle;
        let of_asset = || self.instruments.iter().filter(|it| it.settle == settle).map(|it| it.id);
        let is_cash_alone = found.position.is_zero() && found.cost.is_zero();
        let is_explained = is_cash_alone && found.cash.abs() <= self.orders.rounding_of(of_asset());
        of_asset().find(|id| is_explained && self.orders.is_displaced(*id))
    }

    /// Takes the venue's cost of a position over, and what rounding has left.
    fn adopt(&mut self, id: InstrumentId, cost: Money, rounding: Money, out: &mut Actions) {
        match self.ledger.adopt(self.instruments.get(id), self.now, cost, rounding) {
            Ok(profit) => {
                self.hash.absorb_wide(cost.get());
                self.hash.absorb_wide(profit.get());
                self.record(RecordBody::Adopted { instrument: id, cost, profit }, out);
                self.record_balances(out);
                self.check_losses(out);
            }
            Err(error) => self.distrust(Fault::Ledger(error), out),
        }
    }

    /// Our books as a statement is compared with them.
    fn books_of(&self, id: InstrumentId) -> Books {
        let (position, settle) = (self.ledger.position(id), self.instruments.get(id).settle);
        let cash = self.ledger.cash(settle, &self.instruments);
        Books { position: position.qty, cost: position.cost, cash }
    }

    /// Asks the venue how everything stands.
    pub(crate) fn reconcile(&mut self, out: &mut Actions) {
        self.orders.reconcile(self.now, &mut self.effects);
        self.carry_effects(out);
        self.arm(out);
    }

    /// The engine's own timer: answers overdue, and the next step of an emergency.
    pub(crate) fn on_house_time(&mut self, out: &mut Actions) {
        self.orders.begin(self.next_seq - 1);
        self.orders.on_time(self.now, &mut self.effects);
        self.carry_effects(out);
        if self.gate.mode() == Mode::Emergency {
            self.liquidate_all(out);
        }
        self.arm(out);
    }

    /// Emergency: cancels and closes everything, instrument by instrument.
    pub(crate) fn liquidate_all(&mut self, out: &mut Actions) {
        self.orders.begin(self.next_seq - 1);
        for index in 0..self.instruments.len() {
            self.liquidate(InstrumentId(index as u16), out);
        }
        self.arm(out);
    }

    /// The next step toward being flat in one instrument. Orders of unknown fate do not hold it up: their cancels
    /// have been sent, and the close only reduces.
    fn liquidate(&mut self, id: InstrumentId, out: &mut Actions) {
        self.orders.cancel_all(id, self.now, &mut self.effects);
        self.carry_effects(out);
        let Some(order) = self.orders.has_room().then(|| self.orders.next_id()).flatten() else { return };
        let facts = (&self.instruments, &self.market, &self.ledger, &self.orders);
        let mut view = risk_view(self.now, facts, id, HOUSE_TAG, self.orders.exposure(id));
        let open = self.orders.open(id).iter();
        view.exposure.orders = open.filter(|it| it.status != OrderStatus::Unknown).count() as u32;
        let mid_twice = view.mid_twice().and_then(|it| i64::try_from(it).ok());
        match self.gate.emergency_step(&view, order) {
            EmergencyStep::Close(approved) => {
                let until = self.now.saturating_add(self.config.gate.emergency_retry);
                self.stale.add(id);
                let reason = Reason::Emergency;
                self.record(RecordBody::Emergency { request: *approved.get(), touch: touch_of(&view) }, out);
                let taken =
                    self.orders.submit(approved, HOUSE_TAG, reason, mid_twice, self.now, &mut self.effects);
                debug_assert!(taken.is_ok(), "there was room and the id is new");
                self.carry_effects(out);
                self.set_house_timer(until, out);
            }
            EmergencyStep::Wait { until } => self.set_house_timer(until, out),
            EmergencyStep::Cancel(_) | EmergencyStep::Flat | EmergencyStep::Dust => {}
        }
    }

    /// Hands on what the orders ask for.
    pub(crate) fn carry_effects(&mut self, out: &mut Actions) {
        if self.effects.is_empty() {
            return;
        }
        if let Some(request) = self.effects.take_only_request() {
            absorb_request(&mut self.hash, request.get());
            out.push(Action::Request(request));
            return;
        }
        let mut effects = std::mem::take(&mut self.effects);
        for effect in effects.drain() {
            match effect {
                Effect::Send(request) => {
                    absorb_request(&mut self.hash, request.get());
                    out.push(Action::Request(request));
                }
                Effect::Unanswered { order, instrument } => {
                    self.fault(Fault::Unanswered { order, instrument }, out);
                }
                Effect::Ended(ended) => {
                    self.hash.absorb(ended.order.id.0);
                    self.record(RecordBody::Ended(ended), out);
                }
                // What two legs of a group have filled too much goes back, through the gate like any wish.
                Effect::Flatten { intent, .. } => {
                    self.propose(&intent, &mut None, out);
                }
            }
        }
        if self.effects.is_empty() {
            self.effects = effects;
            return;
        }
        // A flattening order has put its own effects into the empty buffer.
        let mut more = std::mem::replace(&mut self.effects, effects);
        for effect in more.drain() {
            if let Effect::Send(request) = effect {
                absorb_request(&mut self.hash, request.get());
                out.push(Action::Request(request));
            }
        }
    }

    /// Keeps the engine's own timer at the earliest answer that may be overdue.
    #[inline]
    pub(crate) fn arm(&mut self, out: &mut Actions) {
        if let Some(due) = self.orders.next_due() {
            self.set_house_timer(due, out);
        }
    }

    fn set_house_timer(&mut self, at: Timestamp, out: &mut Actions) {
        if self.timers.set_house(at) {
            out.push(Action::SetTimer { id: HOUSE, at });
        }
    }

    fn absorb_answer(&mut self, event: &OrderEvent, change: &OrderChange) {
        self.hash.absorb(event.order.0);
        self.hash.absorb_signed(self.now.nanos());
        let status = change.order.map_or(15, |it| it.status as u64);
        self.hash.absorb(u64::from(event.instrument.0) << 8 | status);
        if let OrderBody::Filled(fill) | OrderBody::PastFill(fill) = &event.body {
            self.hash.absorb(fill.trade.0);
            self.hash.absorb_signed(fill.price.get());
            self.hash.absorb_signed(fill.qty.get());
            self.hash.absorb_wide(fill.fee.get());
        }
    }

    #[cold]
    fn drop_wish(&mut self, wish: &Intent, why: Drop, out: &mut Actions) {
        self.counters.dropped += 1;
        self.hash.absorb(self.counters.dropped);
        self.record(RecordBody::Dropped { intent: *wish, why }, out);
    }
}

/// What the orders of one instrument could still do, as of the last wish: orders of one decision need not count anew.
pub(crate) struct Known {
    of: InstrumentId,
    exposure: Exposure,
}

/// The facts that a review needs.
fn risk_view<'a>(
    now: Timestamp,
    (instruments, market, ledger, orders): (&'a Instruments, &Market, &Ledger, &Orders),
    id: InstrumentId,
    tag: u64,
    exposure: Exposure,
) -> RiskView<'a> {
    debug_assert_eq!(exposure, orders.exposure(id), "what was added up is what there is");
    let state = market.state(id);
    // Where both sides are there, the sizes of the touch need no looking up.
    let (bid, ask) = state.best_prices().map_or_else(
        || {
            let touch = state.touch();
            (touch.bid.map(|it| it.price), touch.ask.map(|it| it.price))
        },
        |(bid, ask)| (Some(bid), Some(ask)),
    );
    let last = || state.trade.map(|it| it.price).or(state.bar.map(|it| it.close));
    RiskView {
        now,
        instrument: instruments.get(id),
        bid,
        ask,
        mark: state.mark.map(|it| it.mark).or_else(last),
        updated_at: (state.updated_at > Timestamp::MIN).then_some(state.updated_at),
        status: state.status,
        doubt: None,
        position: ledger.position(id).qty,
        exposure,
        orders_total: orders.len() as u32,
        tag_in_use: orders.by_tag(id, tag).is_some(),
    }
}

/// Best bid and ask; the last trade (or the mark) as both where the data has no book.
fn touch_of(view: &RiskView<'_>) -> Option<(Price, Price)> {
    view.bid.zip(view.ask).or(view.mark.map(|mark| (mark, mark)))
}
