//! Bars: when nothing finer is known, orders fill along the path that the price is supposed to have gone.
//!
//! An order that reached the venue before the bar opened (or within the grace after it) is active for the whole bar;
//! a later one waits for the next. Market orders fill at the open, worse by the configured slippage. Limit, stop and
//! take-profit orders fill at their price when the path reaches it, or at the open when the bar opens beyond it (a
//! gap). Together they get at most the configured part of the bar's volume, first whose price is reached first, then by
//! arrival; in a bar without volume nobody traded, so nothing triggers, fills or ends. Without a recorded mark, the low
//! decides whether a long is liquidated and the high whether a short is.

use crate::config::BarPath;
use crate::exchange::Exchange;
use crate::orders::{Live, Slot, State};
use crate::pit::Detail;
use crate::queue::key;
use crate::replies::Replies;
use crate::trigger::{is_reached, is_stop};
use scalp_types::{
    Bar, CancelReason, Level, Liquidity, MarketEvent, OrderKind, Price, Qty, Side, Ticks, TimeInForce,
    TriggerSource,
};

impl Exchange {
    /// A closed bar, unless it arrived as it still grew: what it was in the end comes later.
    pub(crate) fn on_bar(&mut self, index: usize, bar: &Bar, event: &MarketEvent<'_>, out: &mut Replies) {
        let pit = &mut self.pits[index];
        let is_whole = if event.arrived_at < event.exchange_at {
            pit.stamps.believe(event, 0)
        } else {
            pit.stamps.tell(bar);
            true
        };
        // One that does not lie behind the last of its length has been told before.
        let is_again = bar.span == pit.bar.1 && bar.open_at <= pit.bar.0;
        if pit.detail > Detail::Bars || bar.high < bar.low || is_again || !is_whole {
            return;
        }
        pit.bar = (bar.open_at, bar.span);
        pit.detail = Detail::Bars;
        if self.config.fills.bars.volume_share.is_none() || bar.volume > Qty::ZERO {
            self.trade_bar(index, bar, out);
        }
        self.suffer(index, bar, out);
        self.show(index, bar.close);
    }

    /// Our orders in a bar in which somebody traded.
    fn trade_bar(&mut self, index: usize, bar: &Bar, out: &mut Replies) {
        let mut room = volume_room(bar, self.config.fills.bars.volume_share);
        self.at_open(index, bar, &mut room, out);
        let up_first = bar.high - bar.open <= bar.open - bar.low;
        let legs = if up_first {
            [(bar.open, bar.high), (bar.high, bar.low), (bar.low, bar.close)]
        } else {
            [(bar.open, bar.low), (bar.low, bar.high), (bar.high, bar.close)]
        };
        if self.config.fills.bars.path == BarPath::Pessimistic {
            // Stops first: whatever hurts has happened before whatever helps.
            self.along(index, bar, (bar.open, bar.high), true, &mut room, out);
            self.along(index, bar, (bar.open, bar.low), true, &mut room, out);
        }
        for leg in legs {
            self.along(index, bar, leg, false, &mut room, out);
        }
        self.end_immediate(index, bar, out);
    }

    /// The worst price of the bar decides about margin, also for a position that was opened within it: what came
    /// first is not known.
    fn suffer(&mut self, index: usize, bar: &Bar, out: &mut Replies) {
        let pit = &self.pits[index];
        let held = self.ledger.position(pit.id).qty;
        if !self.config.margin.enforced || held.is_zero() || pit.mark.is_some() {
            return;
        }
        let worst = if held > Qty::ZERO { bar.low } else { bar.high };
        if self.margin_due || worst.get() < pit.band.0 || worst.get() > pit.band.1 {
            self.show(index, worst);
            self.look_at_margin(out);
            // The bands were drawn around a price that has passed.
            self.margin_due = true;
        }
    }

    fn show(&mut self, index: usize, price: Price) {
        let pit = &mut self.pits[index];
        pit.last = Some(price);
        pit.touch_bid = Level { price, qty: Qty::new(1) };
        pit.touch_ask = pit.touch_bid;
        pit.taken_bids.clear();
        pit.taken_asks.clear();
    }

    fn is_active(&self, slot: Slot, bar: &Bar) -> bool {
        let grace = self.config.fills.bars.entry_grace;
        self.orders.get(slot).is_some_and(|it| it.received_at <= bar.open_at.saturating_add(grace))
    }

    /// Market orders, limits that the open already satisfies, and conditional orders that it jumps over.
    fn at_open(&mut self, index: usize, bar: &Bar, room: &mut i64, out: &mut Replies) {
        self.trigger_at(index, bar, (bar.open, bar.open), false, out);
        for slot in self.by_price(index, bar.open, bar.open) {
            let Some(live) = self.orders.get(slot).copied() else { continue };
            if !self.is_active(slot, bar) && !live.triggered {
                continue;
            }
            let better = match (live.limit, live.request.side) {
                (None, _) => true,
                (Some(limit), Side::Buy) => bar.open <= limit,
                (Some(limit), Side::Sell) => bar.open >= limit,
            };
            if !better {
                continue;
            }
            if live.request.post_only {
                self.end(slot, CancelReason::PostOnlyWouldTake, out);
                continue;
            }
            self.pits[index].last = Some(bar.open);
            let price = self.slipped(bar.open, live.request.side);
            let price = live.limit.map_or(price, |limit| match live.request.side {
                Side::Buy => price.min(limit),
                Side::Sell => price.max(limit),
            });
            self.fill_in_bar(slot, price, Liquidity::Taker, room, out);
        }
    }

    /// What waits for a bar, in the order in which a price on its way from one to another reaches it: market orders at
    /// an open first, equals in the order of arrival.
    fn by_price(&self, index: usize, from: Price, to: Price) -> Vec<Slot> {
        let mut slots = self.pits[index].next_bar.clone();
        slots.sort_by_key(|slot| {
            let Some(live) = self.orders.get(*slot) else { return i64::MAX };
            let side = live.request.side;
            match live.limit {
                Some(limit) => key(side, limit).saturating_sub(key(side, from)),
                None if live.triggered && from != to => {
                    let at = trigger_price(&live.request.kind, side, live.best, from, to);
                    at.get().saturating_sub(from.get()).saturating_abs()
                }
                None => i64::MIN,
            }
        });
        slots
    }

    pub(crate) fn slipped(&self, price: Price, side: Side) -> Price {
        let ticks = self.config.fills.bars.slippage_ticks.saturating_mul(side.sign());
        price.checked_add(Ticks::new(ticks)).unwrap_or(price)
    }

    /// One leg of the path, from a price to another. Exits that a fill on the way releases see the rest of the leg.
    fn along(
        &mut self,
        index: usize,
        bar: &Bar,
        (mut from, to): (Price, Price),
        stops_only: bool,
        room: &mut i64,
        out: &mut Replies,
    ) {
        while let Some(at) = self.part_way(index, bar, (from, to), stops_only, room, out) {
            from = at;
        }
    }

    /// Goes from a price to another until a fill releases conditional orders, and says where that was: triggers first,
    /// then limits that the way reaches. The last price is where the path has come to when an order fills, so that the
    /// exits that it releases are judged by it.
    fn part_way(
        &mut self,
        index: usize,
        bar: &Bar,
        (from, to): (Price, Price),
        stops_only: bool,
        room: &mut i64,
        out: &mut Replies,
    ) -> Option<Price> {
        let before = self.pits[index].next_bar.clone();
        self.trigger_at(index, bar, (from, to), stops_only, out);
        for slot in self.by_price(index, from, to) {
            let Some(live) = self.orders.get(slot).copied() else { continue };
            if !self.is_active(slot, bar) {
                continue;
            }
            let side = live.request.side;
            let at = trigger_price(&live.request.kind, side, live.best, from, to);
            let takes = match live.limit {
                // A market order here has just been triggered.
                None => live.triggered,
                // So has this one, where its limit is no worse than the price.
                Some(limit) => live.triggered && !before.contains(&slot) && reaches(side, limit, at),
            };
            let (at, price, liquidity) = match live.limit {
                limit if takes => {
                    let slipped = self.slipped(at, side);
                    let within = |limit: Price| {
                        if side == Side::Buy { slipped.min(limit) } else { slipped.max(limit) }
                    };
                    (at, limit.map_or(slipped, within), Liquidity::Taker)
                }
                Some(limit) if !stops_only && reaches(side, limit, to) => (limit, limit, Liquidity::Maker),
                _ => continue,
            };
            self.pits[index].last = Some(at);
            let waiting = self.pits[index].waiting.clone();
            self.fill_in_bar(slot, price, liquidity, room, out);
            if self.pits[index].waiting.iter().any(|it| !waiting.contains(it)) {
                return Some(at);
            }
        }
        None
    }

    /// Conditional orders on the way from one price to another, in the order of arrival.
    fn trigger_at(
        &mut self,
        index: usize,
        bar: &Bar,
        (from, to): (Price, Price),
        stops_only: bool,
        out: &mut Replies,
    ) {
        let latest = bar.open_at.saturating_add(self.config.fills.bars.entry_grace);
        let may = |it: &Live| it.received_at <= latest && (!stops_only || is_stop(&it.request.kind));
        if from != to {
            self.trigger_where(index, TriggerSource::Last, from, may, out);
        }
        self.trigger_where(index, TriggerSource::Last, to, may, out);
    }

    fn fill_in_bar(
        &mut self,
        slot: Slot,
        price: Price,
        liquidity: Liquidity,
        room: &mut i64,
        out: &mut Replies,
    ) {
        let Some(live) = self.orders.get(slot) else { return };
        let open = live.remaining().get();
        if live.request.time_in_force == TimeInForce::Fok && open > *room {
            return;
        }
        let qty = open.min(*room);
        *room -= qty;
        self.fill(slot, price, Qty::new(qty), liquidity, out);
    }

    /// What had to be filled at once and was not, ends with the bar.
    fn end_immediate(&mut self, index: usize, bar: &Bar, out: &mut Replies) {
        for slot in self.pits[index].next_bar.clone() {
            let Some(live) = self.orders.get(slot).copied() else { continue };
            if live.state != State::NextBar || !self.is_active(slot, bar) {
                continue;
            }
            match (live.limit, live.request.time_in_force) {
                (Some(_), TimeInForce::Ioc | TimeInForce::Fok) => self.expire(slot, out),
                (None, _) if !live.triggered => self.end(slot, CancelReason::Unfilled, out),
                _ => {}
            }
        }
    }
}

/// Lots of the bar that may be ours.
fn volume_room(bar: &Bar, share: Option<f64>) -> i64 {
    share.map_or(i64::MAX, |share| (bar.volume.get() as f64 * share).floor() as i64)
}

fn reaches(side: Side, limit: Price, to: Price) -> bool {
    match side {
        Side::Buy => to <= limit,
        Side::Sell => to >= limit,
    }
}

/// Where a conditional order fills: at its trigger, or at the start of the leg when that was already beyond.
fn trigger_price(kind: &OrderKind, side: Side, best: Option<Price>, from: Price, to: Price) -> Price {
    let trigger = match *kind {
        OrderKind::TrailingStop { callback, .. } => best.map(|best| {
            let away = (best.get() as f64 * (callback.get() as f64 / 1e12)).ceil() as i64;
            Price::new(best.get().saturating_sub(side.opposite().sign().saturating_mul(away)))
        }),
        _ => kind.trigger(),
    };
    let (low, high) = (from.min(to), from.max(to));
    match trigger {
        Some(it) if is_reached(kind, side, it, from) => from,
        Some(it) => it.clamp(low, high),
        None => to,
    }
}
