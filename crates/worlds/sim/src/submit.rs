//! Requests: what the venue checks, in which order, and where an accepted order goes.

use crate::exchange::Exchange;
use crate::orders::{Live, Slot, State};
use crate::pit::Detail;
use crate::queue::{Queued, key};
use crate::replies::Replies;
use scalp_ledger::wallet::AMOUNT_MAX;
use scalp_types::{
    CancelReason, GroupRole, Instrument, InstrumentId, OrderBody, OrderId, OrderKind, OrderRequest, Price,
    Qty, RejectReason, Side, TimeInForce, TradingStatus, TriggerSource,
};

impl Exchange {
    /// A new order. `Err` is a refusal; nothing has changed then.
    pub(crate) fn submit(&mut self, request: &OrderRequest, out: &mut Replies) -> Result<(), RejectReason> {
        self.check(request)?;
        let role = request.link.map(|it| it.role);
        let live = Live {
            request: *request,
            limit: request.kind.limit(),
            qty: request.qty,
            filled: Qty::ZERO,
            state: State::Taking,
            best: None,
            received_at: self.now,
            triggered: false,
        };
        if role == Some(GroupRole::Child) {
            return self.submit_child(live, out);
        }
        self.check_active(&live)?;
        let slot = self.orders.insert(live);
        self.join_group(slot);
        self.accepted(slot, out);
        self.activate(slot, out);
        Ok(())
    }

    /// Checks that need no price and no position: the same for held, conditional and plain orders.
    fn check(&mut self, request: &OrderRequest) -> Result<(), RejectReason> {
        let index = request.instrument.index();
        let Some(pit) = self.pits.get(index) else { return Err(RejectReason::Malformed) };
        if pit.status != TradingStatus::Trading {
            return Err(RejectReason::NotTrading);
        }
        if self.orders.is_taken(request.id, self.now) {
            return Err(RejectReason::DuplicateId);
        }
        let is_market = request.kind.limit().is_none();
        let bad_gtd = matches!(request.time_in_force, TimeInForce::Gtd(until) if until <= self.now);
        let bad_callback = matches!(request.kind, OrderKind::TrailingStop { callback, .. }
            if callback.get() <= 0 || callback.get() >= scalp_types::Rate::ONE);
        if request.qty <= Qty::ZERO
            || bad_gtd
            || bad_callback
            || (request.post_only && (is_market || is_immediate(request.time_in_force)))
            || request.id.0 >= crate::exchange::FORCED_ORDER_IDS
        {
            return Err(RejectReason::Malformed);
        }
        let instrument = self.instruments.get(request.instrument);
        let filters = &instrument.filters;
        let qty_max = if is_market { filters.market_qty_max.or(filters.qty_max) } else { filters.qty_max };
        if request.qty < filters.qty_min || qty_max.is_some_and(|it| request.qty > it) {
            return Err(RejectReason::LotFilter);
        }
        for price in [request.kind.limit(), request.kind.trigger()].into_iter().flatten() {
            check_price(instrument, price)?;
        }
        let open = self.orders.of_instrument(index).len();
        if self.orders.len() >= self.config.open_orders_max
            || filters.open_orders_max.is_some_and(|it| open >= it as usize)
        {
            return Err(RejectReason::TooManyOrders);
        }
        Ok(())
    }

    /// Checks against prices, position and margin, when the order becomes active.
    fn check_active(&self, live: &Live) -> Result<(), RejectReason> {
        let request = &live.request;
        let pit = &self.pits[request.instrument.index()];
        let instrument = self.instruments.get(request.instrument);
        let is_market = live.limit.is_none();
        let conditional = request.kind.is_conditional() && !live.triggered;
        let reference = live
            .limit
            .or_else(|| request.kind.trigger())
            .or_else(|| pit.best(request.side.opposite()))
            .or(pit.last);
        if let Some(limit) = live.limit {
            check_band(instrument, request.side, limit, pit.mark.or(pit.last))?;
        }
        if let Some(price) = reference {
            let value = instrument.checked_value(price, live.qty).filter(|it| it.abs() <= AMOUNT_MAX);
            let value = value.ok_or(RejectReason::LotFilter)?;
            if !request.reduce_only && filters_min(instrument).is_some_and(|it| value.abs() < it) {
                return Err(RejectReason::MinNotional);
            }
        }
        if request.reduce_only && self.reducible(request.instrument, request.side).is_zero() {
            return Err(RejectReason::ReduceOnly);
        }
        if conditional {
            let now = match request.trigger_source {
                TriggerSource::Last => pit.last,
                TriggerSource::Mark => pit.mark,
            };
            if let (Some(trigger), Some(now)) = (request.kind.trigger(), now)
                && crate::trigger::is_reached(&request.kind, request.side, trigger, now)
            {
                return Err(RejectReason::WouldTrigger);
            }
            return Ok(());
        }
        if pit.detail > Detail::Bars {
            let crosses = self.crosses(live);
            if live.request.post_only && crosses {
                return Err(RejectReason::PostOnlyWouldTake);
            }
            if is_market && pit.best(request.side.opposite()).is_none() {
                return Err(RejectReason::NoLiquidity);
            }
            if request.time_in_force == TimeInForce::Fok && !self.can_fill_whole(live) {
                return Err(RejectReason::FokNotFilled);
            }
        }
        self.check_margin(live, reference)
    }

    /// True when a limit order would trade at once. Market orders always would.
    pub(crate) fn crosses(&self, live: &Live) -> bool {
        let side = live.request.side;
        let pit = &self.pits[live.request.instrument.index()];
        match (live.limit, pit.best(side.opposite())) {
            (Some(limit), Some(best)) => key(side, limit) <= key(side, best),
            (limit, _) => limit.is_none(),
        }
    }

    /// An order that is not held goes where its kind belongs.
    pub(crate) fn activate(&mut self, slot: Slot, out: &mut Replies) {
        let Some(live) = self.orders.get_mut(slot) else { return };
        let request = live.request;
        if let TimeInForce::Gtd(until) = request.time_in_force
            && !live.triggered
        {
            self.outlive(request.id, until);
        }
        let pit = &mut self.pits[request.instrument.index()];
        let Some(live) = self.orders.get_mut(slot) else { return };
        if request.kind.is_conditional() && !live.triggered {
            live.state = State::Waiting;
            if let OrderKind::TrailingStop { activation: None, .. } = request.kind {
                live.best = match request.trigger_source {
                    TriggerSource::Last => pit.last,
                    TriggerSource::Mark => pit.mark,
                };
            }
            pit.waiting.push(slot);
        } else if pit.detail <= Detail::Bars {
            live.state = State::NextBar;
            pit.next_bar.push(slot);
        } else {
            live.state = State::Taking;
            self.execute(slot, out);
        }
    }

    /// What came before anything was known of the instrument, or while bars were all, meets what is finer at once: there may be no
    /// further bar.
    #[cold]
    pub(crate) fn wait_no_more(&mut self, index: usize, out: &mut Replies) {
        for slot in std::mem::take(&mut self.pits[index].next_bar) {
            self.activate_checked(slot, out);
        }
    }

    /// A plain order meets the book; what remains rests or ends by its type.
    pub(crate) fn execute(&mut self, slot: Slot, out: &mut Replies) {
        let Some(live) = self.orders.get(slot).copied() else { return };
        if self.crosses(&live) {
            self.take(slot, out);
        }
        let Some(live) = self.orders.get(slot).copied() else { return };
        match (live.limit, live.request.time_in_force) {
            (None, _) => self.end(slot, CancelReason::Unfilled, out),
            (Some(_), TimeInForce::Ioc | TimeInForce::Fok) => self.expire(slot, out),
            (Some(limit), TimeInForce::Gtc | TimeInForce::Gtd(_)) => self.rest(slot, limit),
        }
    }

    /// Puts the order at the end of the queue of its price.
    pub(crate) fn rest(&mut self, slot: Slot, limit: Price) {
        let Some(live) = self.orders.get_mut(slot) else { return };
        live.state = State::Resting;
        let (side, remaining) = (live.request.side, live.remaining().get());
        let rules = self.config.fills.unseen_queue;
        let pit = &mut self.pits[live.request.instrument.index()];
        let ahead = match pit.queue_at(side, limit) {
            Some(qty) => qty.get() as f64,
            None if rules == crate::config::UnseenQueue::Empty => 0.0,
            None => f64::INFINITY,
        };
        let joined = pit.l3.as_mut().map_or(0, |it| it.join());
        let row = Queued { key: key(side, limit), slot, remaining, ahead, traded: 0.0, joined };
        pit.queues(side).insert(row);
    }

    /// Cancels one order.
    pub(crate) fn cancel(
        &mut self,
        order: OrderId,
        instrument: InstrumentId,
        out: &mut Replies,
    ) -> Result<(), RejectReason> {
        let slot = self.find(order, instrument)?;
        self.end(slot, CancelReason::Requested, out);
        Ok(())
    }

    fn find(&self, order: OrderId, instrument: InstrumentId) -> Result<Slot, RejectReason> {
        let slot = self.orders.slot(order).ok_or(RejectReason::UnknownOrder)?;
        let live = self.orders.get(slot).ok_or(RejectReason::UnknownOrder)?;
        if live.request.instrument == instrument { Ok(slot) } else { Err(RejectReason::UnknownOrder) }
    }

    /// Changes price or total size of a limit order (Binance's rules): the place in the queue is kept only when the
    /// price stays and the size shrinks; a total at or below what has filled cancels; a post-only order that would
    /// take is cancelled.
    pub(crate) fn amend(
        &mut self,
        order: OrderId,
        instrument: InstrumentId,
        price: Option<Price>,
        qty: Option<Qty>,
        out: &mut Replies,
    ) -> Result<(), RejectReason> {
        let slot = self.find(order, instrument)?;
        let live = *self.orders.get(slot).ok_or(RejectReason::UnknownOrder)?;
        let Some(old_price) = live.limit else { return Err(RejectReason::Malformed) };
        let new_price = price.unwrap_or(old_price);
        let new_qty = qty.unwrap_or(live.qty);
        if (price.is_none() && qty.is_none()) || new_qty <= Qty::ZERO {
            return Err(RejectReason::Malformed);
        }
        let terms = self.instruments.get(instrument);
        if self.pits[instrument.index()].status != TradingStatus::Trading {
            return Err(RejectReason::NotTrading);
        }
        check_price(terms, new_price)?;
        if new_qty <= live.filled {
            self.end(slot, CancelReason::Requested, out);
            return Ok(());
        }
        if new_qty < terms.filters.qty_min || terms.filters.qty_max.is_some_and(|it| new_qty > it) {
            return Err(RejectReason::LotFilter);
        }
        let changed = Live { limit: Some(new_price), qty: new_qty, ..live };
        if matches!(live.state, State::Resting | State::NextBar) {
            let pit = &self.pits[instrument.index()];
            check_band(terms, live.request.side, new_price, pit.mark.or(pit.last))?;
            if new_qty > live.qty || new_price != old_price {
                self.check_margin_of_change(&live, &changed)?;
            }
        }
        if live.state != State::Resting {
            self.apply_amend(slot, new_price, new_qty, out);
            return Ok(());
        }
        let keeps_place = new_price == old_price && new_qty <= live.qty;
        if !keeps_place && live.request.post_only && self.crosses(&changed) {
            self.end(slot, CancelReason::PostOnlyWouldTake, out);
            return Ok(());
        }
        let side = live.request.side;
        self.apply_amend(slot, new_price, new_qty, out);
        let queues = self.pits[instrument.index()].queues(side);
        if keeps_place {
            if let Some(row) = queues.rows.iter_mut().find(|it| it.slot == slot) {
                row.remaining = changed.remaining().get();
            }
            return Ok(());
        }
        queues.remove(slot);
        if let Some(it) = self.orders.get_mut(slot) {
            it.state = State::Taking;
        }
        self.execute(slot, out);
        Ok(())
    }

    fn apply_amend(&mut self, slot: Slot, price: Price, qty: Qty, out: &mut Replies) {
        let Some(live) = self.orders.get_mut(slot) else { return };
        (live.limit, live.qty, live.request.qty) = (Some(price), qty, qty);
        let (order, instrument) = (live.request.id, live.request.instrument);
        self.say(order, instrument, OrderBody::Amended { price, qty }, out);
    }

    /// The part of a position that an order of this side could close.
    pub(crate) fn reducible(&self, instrument: InstrumentId, side: Side) -> Qty {
        let position = self.ledger.position(instrument).qty;
        if position.side() == Some(side.opposite()) { position.abs() } else { Qty::ZERO }
    }

    /// What waits for a parent, or for the next bar, or conditional, is checked again when it becomes active.
    pub(crate) fn activate_checked(&mut self, slot: Slot, out: &mut Replies) {
        let Some(live) = self.orders.get(slot).copied() else { return };
        match self.check_active(&live) {
            Ok(()) => self.activate(slot, out),
            // An exit is an order of its own once its entry has filled, and is refused like any other then. On bars the
            // answer would come a whole bar late: there the path takes it from where the entry filled.
            Err(RejectReason::WouldTrigger) => {
                if self.pits[live.request.instrument.index()].detail <= Detail::Bars {
                    self.activate(slot, out);
                } else {
                    self.expire(slot, out);
                }
            }
            Err(RejectReason::PostOnlyWouldTake) => self.end(slot, CancelReason::PostOnlyWouldTake, out),
            Err(RejectReason::ReduceOnly) => self.end(slot, CancelReason::ReduceOnly, out),
            Err(_) => self.end(slot, CancelReason::Venue, out),
        }
    }
}

const fn is_immediate(it: TimeInForce) -> bool {
    matches!(it, TimeInForce::Ioc | TimeInForce::Fok)
}

fn filters_min(instrument: &Instrument) -> Option<scalp_types::Money> {
    instrument.filters.notional_min
}

fn check_price(instrument: &Instrument, price: Price) -> Result<(), RejectReason> {
    let filters = &instrument.filters;
    let low = filters.price_min.unwrap_or(Price::new(1));
    if price < low || filters.price_max.is_some_and(|it| price > it) {
        return Err(RejectReason::PriceFilter);
    }
    Ok(())
}

/// A buy may not be priced above `mark * up`, a sell not below `mark * down`.
fn check_band(
    instrument: &Instrument,
    side: Side,
    limit: Price,
    mark: Option<Price>,
) -> Result<(), RejectReason> {
    let Some(mark) = mark else { return Ok(()) };
    let rate = match side {
        Side::Buy => instrument.filters.percent_up,
        Side::Sell => instrument.filters.percent_down,
    };
    let Some(rate) = rate else { return Ok(()) };
    let bound = i128::from(mark.get()) * i128::from(rate.get());
    let asked = i128::from(limit.get()) * i128::from(scalp_types::Rate::ONE);
    let outside = match side {
        Side::Buy => asked > bound,
        Side::Sell => asked < bound,
    };
    if outside { Err(RejectReason::PercentPrice) } else { Ok(()) }
}
