//! The liquidation price, to the tick: the first price against the position at which equity no longer exceeds the
//! maintenance margin.
//!
//! No formula is inverted. Within one step of the margin table equity less maintenance never rises as the price
//! moves against the position (the maintenance fraction is below one, and every rounding keeps the order), so each
//! step is searched by bisection with the very function that decides a liquidation. Between steps the rounding of
//! the deduction may be off by a unit, so the steps are searched one after the other, from the safe side.

use crate::ledger::Ledger;
use crate::position::Position;
use crate::wallet::within_limit;
use scalp_types::{Contract, Instrument, InstrumentId, Instruments, MarginMode, Money, Price, Side};

impl Ledger {
    /// The price at which the venue takes this position away, all others standing at their marks. `None` while flat,
    /// on spot, without a margin table, and where no price could do it.
    pub fn liquidation_price(
        &self,
        id: InstrumentId,
        instruments: &Instruments,
        mark: impl Fn(InstrumentId) -> Option<Price>,
    ) -> Option<Price> {
        let instrument = instruments.get(id);
        let position = self.position(id);
        if instrument.spec.contract == Contract::Spot || instrument.margin_tiers.is_empty() {
            return None;
        }
        let side = position.side()?;
        let cushion = if self.terms(id).mode == MarginMode::Isolated {
            position.margin
        } else {
            let pool = self.margin_except(instrument.settle, instruments, mark, Some(id));
            pool.equity() - pool.maintenance
        };
        let search = Search { instrument, position, cushion, side };
        search.first_taken().map(|step| search.price(step))
    }

    /// The first price against this position at which nothing is left of what carries it, all others standing at their
    /// marks: its margin (isolated) or the pool's equity (cross). `None` while flat, on spot, and where no price could
    /// do it.
    pub fn bankruptcy_price(
        &self,
        id: InstrumentId,
        instruments: &Instruments,
        mark: impl Fn(InstrumentId) -> Option<Price>,
    ) -> Option<Price> {
        let instrument = instruments.get(id);
        let position = self.position(id);
        if instrument.spec.contract == Contract::Spot {
            return None;
        }
        let side = position.side()?;
        let cushion = if self.terms(id).mode == MarginMode::Isolated {
            position.margin
        } else {
            self.margin_except(instrument.settle, instruments, mark, Some(id)).equity()
        };
        let search = Search { instrument, position, cushion, side };
        first_step(0, LAST_STEP, |it| {
            search.equity(it).map_or(!search.gains_with_value(), |it| it <= Money::ZERO)
        })
        .map(|step| search.price(step))
    }

    /// True when the margin table allows this instrument's leverage for a position of this value.
    pub fn leverage_fits(&self, instrument: &Instrument, value: Money) -> bool {
        let leverage = self.terms(instrument.id).leverage;
        instrument.margin_tier(value).is_none_or(|it| leverage <= it.leverage_max)
    }
}

/// Prices from the safest to the worst, counted in steps of one tick.
struct Search<'a> {
    instrument: &'a Instrument,
    position: &'a Position,
    /// What everything else leaves for the position to lose.
    cushion: Money,
    side: Side,
}

const LAST_STEP: i64 = i64::MAX - 1;

impl Search<'_> {
    /// A long fears falling prices, a short rising ones.
    const fn price(&self, step: i64) -> Price {
        match self.side {
            Side::Buy => Price::new(i64::MAX - step),
            Side::Sell => Price::new(1 + step),
        }
    }

    /// Position value without sign; `None` beyond what can be booked, which is beyond every step of the table.
    fn value(&self, step: i64) -> Option<Money> {
        let value = self.instrument.checked_value(self.price(step), self.position.qty);
        value.filter(|it| within_limit(*it)).map(Money::abs)
    }

    /// True when a larger position value is a profit: linear long, inverse short.
    fn gains_with_value(&self) -> bool {
        (self.instrument.spec.contract == Contract::Linear) == (self.side == Side::Buy)
    }

    fn is_taken(&self, step: i64) -> bool {
        let (Some(value), Some(equity)) = (self.value(step), self.equity(step)) else {
            return !self.gains_with_value();
        };
        equity <= self.instrument.maintenance_margin(value)
    }

    /// The cushion and the open profit.
    fn equity(&self, step: i64) -> Option<Money> {
        let rise = self.value(step)? - self.position.cost.abs();
        Some(self.cushion + if self.gains_with_value() { rise } else { -rise })
    }

    fn first_taken(&self) -> Option<i64> {
        let tiers = &self.instrument.margin_tiers;
        let below = |step: i64, floor: Money| self.value(step).is_some_and(|it| it < floor);
        let mut from = 0;
        for n in 0..tiers.len() {
            // The last step of this tier: where the value leaves it, downward or upward.
            let to = if self.gains_with_value() {
                let floor = tiers[tiers.len() - 1 - n].notional_floor;
                first_step(from, LAST_STEP, |it| below(it, floor)).map_or(LAST_STEP, |it| it - 1)
            } else {
                let floor = tiers.get(n + 1).map(|it| it.notional_floor);
                let left = floor.and_then(|floor| first_step(from, LAST_STEP, |it| !below(it, floor)));
                left.map_or(LAST_STEP, |it| it - 1)
            };
            if from <= to
                && let Some(step) = first_step(from, to, |it| self.is_taken(it))
            {
                return Some(step);
            }
            if to == LAST_STEP {
                return None;
            }
            from = to + 1;
        }
        None
    }
}

/// The first of `from..=to` for which a predicate, false before and true from there on, holds.
fn first_step(from: i64, to: i64, holds: impl Fn(i64) -> bool) -> Option<i64> {
    if from > to || !holds(to) {
        return None;
    }
    let (mut low, mut high) = (from, to);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    Some(low)
}
