//! Margin: what positions tie up, what keeps them alive, and the price at which they are taken away.

use crate::ledger::Ledger;
use crate::position::Position;
use crate::wallet::within_limit;
use scalp_types::{
    AssetId, Contract, Instrument, InstrumentId, Instruments, MarginMode, Money, Price, Qty, Rate, Rounding,
    number::div_round,
};
use serde::{Deserialize, Serialize};

/// The margin of a pool: all cross positions settled in one asset, or one isolated position. Amounts are in that
/// asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Margin {
    /// The wallet less what is set aside for isolated positions; or, isolated, what is set aside for this one.
    pub wallet: Money,
    /// Profit of the open positions at the marks.
    pub unrealised: Money,
    /// Tied up: position value at the mark divided by leverage.
    pub initial: Money,
    /// What equity may not fall to.
    pub maintenance: Money,
}

impl Margin {
    /// Wallet and unrealised profit.
    pub fn equity(&self) -> Money {
        self.wallet + self.unrealised
    }
    /// What is left for new positions; negative when there is less than nothing.
    pub fn free(&self) -> Money {
        self.equity() - self.initial
    }
    /// True when the venue takes the positions away: there is something to maintain and equity does not exceed it.
    pub fn is_liquidated(&self) -> bool {
        self.maintenance > Money::ZERO && self.equity() <= self.maintenance
    }
    /// Exact becomes belief: maintenance as a part of equity; 1 or more is liquidation, infinite without equity.
    pub fn ratio_f64(&self) -> f64 {
        if self.maintenance.is_zero() {
            0.0
        } else if self.equity() <= Money::ZERO {
            f64::INFINITY
        } else {
            self.maintenance.to_f64() / self.equity().to_f64()
        }
    }
}

/// What a position receives (positive) or pays when `rate` settles at `mark`: a long pays `rate * value` to the
/// short. Half-even. `None` when that has no value within limits.
pub fn funding_amount(instrument: &Instrument, position: Qty, mark: Price, rate: Rate) -> Option<Money> {
    let value = instrument.checked_value(mark, position).filter(|it| within_limit(*it))?;
    Some(-value.times(rate, Rounding::HalfEven))
}

/// Initial margin of a value: a part of `leverage`, rounded up.
pub(crate) fn initial(value: Money, leverage: u32) -> Money {
    Money::new(div_round(value.abs().get(), i128::from(leverage), Rounding::Ceil))
}

impl Ledger {
    /// Profit of the open part at `mark`; zero while flat and at a mark that gives no value within limits.
    #[inline]
    pub fn unrealised(&self, instrument: &Instrument, mark: Price) -> Money {
        self.position(instrument.id).unrealised(instrument, mark).unwrap_or(Money::ZERO)
    }

    /// Wallet and open profit of one asset. `mark` gives the mark price; a position without one counts at its cost.
    /// A spot position counts in its quote asset, at the mark, and its coins do not count in the base asset.
    pub fn equity(
        &self,
        asset: AssetId,
        instruments: &Instruments,
        mark: impl Fn(InstrumentId) -> Option<Price>,
    ) -> Money {
        let mut equity = self.balance(asset);
        for &id in self.open() {
            let instrument = instruments.get(id);
            let is_spot = instrument.spec.contract == Contract::Spot;
            if instrument.settle == asset {
                let open = mark(id).map_or(Money::ZERO, |it| self.unrealised(instrument, it));
                equity += open;
                if is_spot {
                    equity += self.position(id).cost;
                }
            }
            if is_spot && instrument.base == asset {
                equity -= self.spot_coins(id);
            }
        }
        equity
    }

    /// Margin of all cross positions settled in `asset`.
    pub fn margin(
        &self,
        asset: AssetId,
        instruments: &Instruments,
        mark: impl Fn(InstrumentId) -> Option<Price>,
    ) -> Margin {
        self.margin_except(asset, instruments, mark, None)
    }

    pub(crate) fn margin_except(
        &self,
        asset: AssetId,
        instruments: &Instruments,
        mark: impl Fn(InstrumentId) -> Option<Price>,
        left_out: Option<InstrumentId>,
    ) -> Margin {
        let mut pool = Margin { wallet: self.balance(asset), ..Margin::default() };
        for &id in self.open() {
            let instrument = instruments.get(id);
            if instrument.settle != asset || instrument.spec.contract == Contract::Spot {
                continue;
            }
            let position = self.position(id);
            if self.terms(id).mode == MarginMode::Isolated {
                pool.wallet -= position.margin;
            } else if left_out != Some(id) {
                self.add_position(&mut pool, instrument, position, mark(id));
            }
        }
        pool
    }

    /// Margin of one isolated position. The wallet in it is what is set aside for the position.
    pub fn isolated_margin(&self, instrument: &Instrument, mark: Option<Price>) -> Margin {
        let position = self.position(instrument.id);
        let mut pool = Margin { wallet: position.margin, ..Margin::default() };
        self.add_position(&mut pool, instrument, position, mark);
        pool
    }

    /// What an order of `qty` at `price` would tie up: its value (spot) or a part of it. `None` when that has no
    /// value within limits.
    pub fn order_margin(&self, instrument: &Instrument, price: Price, qty: Qty) -> Option<Money> {
        let value = instrument.checked_value(price, qty).filter(|it| within_limit(*it))?;
        Some(match instrument.spec.contract {
            Contract::Spot => value.abs(),
            Contract::Linear | Contract::Inverse => initial(value, self.terms(instrument.id).leverage),
        })
    }

    fn add_position(&self, pool: &mut Margin, instrument: &Instrument, held: &Position, mark: Option<Price>) {
        let marked = mark.and_then(|it| held.unrealised(instrument, it).map(|open| (it, open)));
        let (value, open) = match marked {
            Some((mark, open)) => (instrument.value(mark, held.qty), open),
            None => (held.cost, Money::ZERO),
        };
        pool.unrealised += open;
        pool.initial += initial(value, self.terms(instrument.id).leverage);
        pool.maintenance += instrument.maintenance_margin(value);
    }
}
