//! Conditional orders: stops, take-profits and trailing stops, watched on the last trade or the mark.

use crate::exchange::Exchange;
use crate::orders::{Live, Slot, State};
use crate::replies::Replies;
use scalp_types::{OrderBody, OrderKind, Price, Rate, Side, TriggerSource};

/// True when the order waits for the price to move against it.
pub(crate) const fn is_stop(kind: &OrderKind) -> bool {
    matches!(
        kind,
        OrderKind::StopMarket { .. } | OrderKind::StopLimit { .. } | OrderKind::TrailingStop { .. }
    )
}

/// True when a fixed trigger has been reached by `now`.
pub(crate) fn is_reached(kind: &OrderKind, side: Side, trigger: Price, now: Price) -> bool {
    // A stop waits for the price to move against the order, a take-profit for it to come back.
    match (is_stop(kind), side) {
        (true, Side::Buy) | (false, Side::Sell) => now >= trigger,
        (true, Side::Sell) | (false, Side::Buy) => now <= trigger,
    }
}

/// The best price so far and whether the price has turned by `callback` from it.
pub(crate) fn trail(
    side: Side,
    best: Option<Price>,
    activation: Option<Price>,
    callback: Rate,
    now: Price,
) -> (Option<Price>, bool) {
    let active = best.is_some()
        || activation.is_none_or(|it| match side {
            Side::Sell => now >= it,
            Side::Buy => now <= it,
        });
    if !active {
        return (None, false);
    }
    let best = match (side, best) {
        (_, None) => now,
        (Side::Sell, Some(best)) => best.max(now),
        (Side::Buy, Some(best)) => best.min(now),
    };
    // Turned when |now - best| >= callback * best, in exact integers.
    let turned = (i128::from(now.get()) - i128::from(best.get())).abs() * i128::from(Rate::ONE);
    let allowed = i128::from(callback.get()) * i128::from(best.get()).abs();
    (Some(best), turned > 0 && turned >= allowed)
}

impl Exchange {
    /// A new last or mark price: triggers what it reaches, in the order of arrival.
    pub(crate) fn trigger(&mut self, index: usize, source: TriggerSource, now: Price, out: &mut Replies) {
        self.trigger_where(index, source, now, |_| true, out);
    }

    /// The same for the orders that `may` be triggered now.
    pub(crate) fn trigger_where(
        &mut self,
        index: usize,
        source: TriggerSource,
        now: Price,
        may: impl Fn(&Live) -> bool,
        out: &mut Replies,
    ) {
        let mut at = 0;
        let mut reached = std::mem::take(&mut self.reached);
        reached.clear();
        while let Some(&slot) = self.pits[index].waiting.get(at) {
            at += 1;
            let Some(live) = self.orders.get_mut(slot) else { continue };
            if live.request.trigger_source != source || !may(live) {
                continue;
            }
            let request = live.request;
            let hit = match request.kind {
                OrderKind::TrailingStop { activation, callback } => {
                    let (best, turned) = trail(request.side, live.best, activation, callback, now);
                    live.best = best;
                    turned
                }
                kind => kind.trigger().is_some_and(|it| is_reached(&kind, request.side, it, now)),
            };
            if hit {
                reached.push(slot);
            }
        }
        for &slot in &reached {
            // An earlier one may have cancelled it (its group).
            if self.orders.get(slot).is_some_and(|it| it.state == State::Waiting) {
                self.trigger_now(slot, out);
            }
        }
        self.reached = reached;
    }

    /// Turns a conditional order into the plain one it stands for.
    pub(crate) fn trigger_now(&mut self, slot: Slot, out: &mut Replies) {
        let Some(live) = self.orders.get_mut(slot) else { return };
        let request = live.request;
        live.triggered = true;
        live.state = State::Taking;
        self.pits[request.instrument.index()].waiting.retain(|it| *it != slot);
        self.say(request.id, request.instrument, OrderBody::Triggered, out);
        self.triggered_in_group(slot, out);
        self.activate_checked(slot, out);
    }
}
