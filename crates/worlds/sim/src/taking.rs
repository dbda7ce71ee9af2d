//! Taking: a marketable order walks what is displayed, meets our own resting orders, and pays for what is beyond.

use crate::config::{Beyond, FillSize};
use crate::exchange::Exchange;
use crate::orders::{Live, Slot};
use crate::queue::key;
use crate::replies::Replies;
use scalp_types::{CancelReason, Level, Liquidity, Price, Qty, SelfTradePrevention, Side, Ticks};

impl Exchange {
    /// Takes as much as the order's limit allows.
    pub(crate) fn take(&mut self, slot: Slot, out: &mut Replies) {
        let Some(live) = self.orders.get(slot).copied() else { return };
        let index = live.request.instrument.index();
        let side = live.request.side;
        if self.config.fills.size == FillSize::Whole {
            if let Some(best) = self.pits[index].best(side.opposite()) {
                self.fill(slot, best, live.remaining(), Liquidity::Taker, out);
            }
            return;
        }
        let mut levels = std::mem::take(&mut self.levels);
        levels.clear();
        let enough = live.remaining().get();
        self.pits[index].available(side.opposite(), live.limit, enough, &mut levels);
        let worst = self.walk(slot, &live, &levels, out);
        levels.clear();
        self.levels = levels;
        let base = worst.or_else(|| self.pits[index].best(side.opposite()));
        if let (Some(base), Some(live)) = (base, self.orders.get(slot).copied()) {
            self.take_beyond(slot, &live, base, out);
        }
    }

    /// Walks displayed levels and our own resting orders in the order of price; returns the last price reached.
    fn walk(&mut self, slot: Slot, live: &Live, levels: &[Level], out: &mut Replies) -> Option<Price> {
        let (index, side) = (live.request.instrument.index(), live.request.side);
        let other = side.opposite();
        let mut reached = None;
        let mut levels = levels.iter().copied();
        let mut level = levels.next();
        loop {
            let open = self.orders.get(slot)?.remaining().get();
            if open <= 0 {
                return reached;
            }
            let own = self.pits[index].queues(other).rows.first().copied();
            let own = own.filter(|it| live.limit.is_none_or(|limit| it.key <= key(other, limit)));
            let (price, mut part) = match (level, own) {
                (None, None) => return reached,
                (Some(at), None) => (at.price, at.qty.get()),
                (None, Some(_)) => (Price::new(0), 0),
                (Some(at), Some(own)) => match key(other, at.price).cmp(&own.key) {
                    std::cmp::Ordering::Less => (at.price, at.qty.get()),
                    std::cmp::Ordering::Equal => (at.price, at.qty.get().min(own.ahead.ceil() as i64)),
                    std::cmp::Ordering::Greater => (at.price, 0),
                },
            };
            part = part.min(open);
            if part > 0 {
                self.pits[index].take(other, price, Qty::new(part));
                if let Some(it) = &mut level {
                    it.qty = Qty::new(it.qty.get() - part);
                }
                if let Some(row) = self.pits[index].queues(other).rows.first_mut()
                    && row.key == key(other, price)
                {
                    row.ahead = (row.ahead - part as f64).max(0.0);
                }
                reached = Some(price);
                self.fill(slot, price, Qty::new(part), Liquidity::Taker, out);
            } else if let Some(own) = own {
                reached = Some(Price::new(if other == Side::Buy { -own.key } else { own.key }));
                if !self.meet_own(slot, own.slot, out) {
                    return reached;
                }
            }
            if level.is_some_and(|it| it.qty.is_zero()) {
                level = levels.next();
            }
        }
    }

    /// An incoming order meets a resting one of ours. False when the incoming order has ended.
    fn meet_own(&mut self, taker: Slot, maker: Slot, out: &mut Replies) -> bool {
        let (Some(incoming), Some(resting)) =
            (self.orders.get(taker).copied(), self.orders.get(maker).copied())
        else {
            return false;
        };
        match incoming.request.self_trade {
            SelfTradePrevention::CancelMaker => self.end(maker, CancelReason::SelfTrade, out),
            SelfTradePrevention::CancelTaker => self.end(taker, CancelReason::SelfTrade, out),
            SelfTradePrevention::CancelBoth => {
                self.end(maker, CancelReason::SelfTrade, out);
                self.end(taker, CancelReason::SelfTrade, out);
            }
            SelfTradePrevention::None => {
                let qty = incoming.remaining().min(resting.remaining());
                let Some(price) = resting.limit else { return false };
                self.fill(maker, price, qty, Liquidity::Maker, out);
                self.fill(taker, price, qty, Liquidity::Taker, out);
            }
        }
        self.orders.get(taker).is_some()
    }

    /// What is not displayed. A limit order never gets it: its rest waits at its price.
    fn take_beyond(&mut self, slot: Slot, live: &Live, base: Price, out: &mut Replies) {
        let rest = live.remaining();
        if rest.is_zero() || live.limit.is_some() {
            return;
        }
        if let Some(price) = self.beyond(live.request.side, base, rest) {
            self.fill(slot, price, rest, Liquidity::Taker, out);
        }
    }

    /// The price of `rest` beyond the last displayed price `base`, if it can be had at all.
    pub(crate) fn beyond(&self, side: Side, base: Price, rest: Qty) -> Option<Price> {
        let worse = |ticks: i64| base.checked_add(Ticks::new(ticks.checked_mul(side.sign())?));
        match self.config.fills.beyond {
            Beyond::Nothing => None,
            Beyond::Worse { ticks } => worse(ticks),
            Beyond::Impact { k, sigma, daily_volume } => {
                let share = rest.get() as f64 / daily_volume.get() as f64;
                let ticks = k * sigma * libm::sqrt(share) * base.get().unsigned_abs() as f64;
                worse(ticks.ceil().min(9.0e15) as i64)
            }
        }
    }

    /// True when a fill-or-kill order would be filled whole now.
    pub(crate) fn can_fill_whole(&self, live: &Live) -> bool {
        let pit = &self.pits[live.request.instrument.index()];
        let side = live.request.side;
        if !self.crosses(live) {
            return false;
        }
        if self.config.fills.size == FillSize::Whole {
            return true;
        }
        let mut levels = Vec::new();
        let open = live.remaining();
        pit.available(side.opposite(), live.limit, open.get(), &mut levels);
        let found = levels.iter().fold(0_i64, |sum, it| sum.saturating_add(it.qty.get()));
        if found >= open.get() {
            return true;
        }
        let Some(base) = levels.last().map(|it| it.price).or_else(|| pit.best(side.opposite())) else {
            return false;
        };
        live.limit.is_none() && self.beyond(side, base, Qty::new(open.get() - found)).is_some()
    }
}
