//! One position: what the fills left behind, with its exact cost.
//!
//! The *cost* is the sum of the signed values of the fills that make up the open size; there is no rounded
//! average price. Reducing by `closed` of `size` takes the share `cost * closed / size`, rounded half-even to
//! 1e-8, out of the cost and leaves the remainder in it; the last reduction takes what is left. So the profits of
//! any sequence of partial closes add up to exactly the value of the exits less the value of the entries.

use crate::ledger::{ChangeKind, LedgerError};
use crate::round_trip::{OpenTrip, RoundTrip};
use crate::wallet::within_limit;
use scalp_types::{Contract, Fill, Instrument, InstrumentId, Money, Price, Qty, Side, StateHash, Timestamp};
use serde::{Deserialize, Serialize};

/// A netted position of one instrument, with what it has earned and cost since the start. Amounts are in the settle
/// asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Of which instrument.
    pub instrument: InstrumentId,
    /// Signed size; negative is short. Spot: bought less sold (fees paid in the coin itself are in its wallet).
    pub qty: Qty,
    /// Sum of the signed values of the fills that make up `qty`.
    pub cost: Money,
    /// Margin set aside for it (isolated only; otherwise zero).
    pub margin: Money,
    /// Profit of everything closed so far.
    pub realised: Money,
    /// Fees paid in the settle asset; rebates are negative.
    pub fees: Money,
    /// Funding received (positive) or paid.
    pub funding: Money,
    /// Paid to the insurance fund.
    pub liquidation_fees: Money,
    /// The round trip under way; all zero while flat.
    pub trip: OpenTrip,
}

/// What a fill did to a position, before any wallet has heard of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Applied {
    pub kind: ChangeKind,
    /// Profit of the closed part.
    pub realised: Money,
    /// Change of the cost basis.
    pub cost_change: Money,
    /// The round trip that ended, if one did.
    pub ended: Option<RoundTrip>,
}

impl Position {
    pub(crate) fn flat(instrument: InstrumentId) -> Self {
        Self {
            instrument,
            qty: Qty::ZERO,
            cost: Money::ZERO,
            margin: Money::ZERO,
            realised: Money::ZERO,
            fees: Money::ZERO,
            funding: Money::ZERO,
            liquidation_fees: Money::ZERO,
            trip: OpenTrip::default(),
        }
    }

    /// Long, short or `None`.
    #[inline]
    pub const fn side(&self) -> Option<Side> {
        self.qty.side()
    }
    /// True without a position.
    #[inline]
    pub const fn is_flat(&self) -> bool {
        self.qty.is_zero()
    }
    /// Profit of the open part at `mark`; zero while flat, `None` at a mark that gives no value within limits.
    #[inline]
    pub fn unrealised(&self, instrument: &Instrument, mark: Price) -> Option<Money> {
        if self.is_flat() {
            return Some(Money::ZERO);
        }
        let value = instrument.checked_value(mark, self.qty).filter(|it| within_limit(*it))?;
        Some(match instrument.spec.contract {
            Contract::Spot | Contract::Linear => value - self.cost,
            Contract::Inverse => self.cost - value,
        })
    }
    /// Exact becomes belief: the average entry price; `None` while flat.
    pub fn average_price_f64(&self, instrument: &Instrument) -> Option<f64> {
        use rust_decimal::prelude::ToPrimitive;
        if self.is_flat() || self.cost.is_zero() {
            return None;
        }
        let size = instrument.qty_f64(self.qty) * instrument.spec.multiplier.to_f64()?;
        Some(match instrument.spec.contract {
            Contract::Spot | Contract::Linear => self.cost.to_f64() / size,
            Contract::Inverse => size / self.cost.to_f64(),
        })
    }

    /// Nets one fill. When it refuses, the position is half changed: to be called on a copy.
    pub(crate) fn net(
        &mut self,
        instrument: &Instrument,
        at: Timestamp,
        fill: &Fill,
    ) -> Result<Applied, LedgerError> {
        let signed = fill.qty.signed(fill.side);
        let settle_fee = if fill.fee_asset == instrument.settle { fill.fee } else { Money::ZERO };
        self.fees = bounded("fees", self.fees.checked_add(settle_fee))?;
        let against = self.qty.signum() * signed.signum() < 0;
        if !against {
            let kind = if self.is_flat() { ChangeKind::Opened } else { ChangeKind::Grown };
            let value = value(instrument, fill.price, signed)?;
            self.grow(at, signed, value, settle_fee)?;
            return Ok(Applied { kind, realised: Money::ZERO, cost_change: value, ended: None });
        }
        let closed = if fill.qty < self.qty.abs() { fill.qty } else { self.qty.abs() };
        let rest = fill.qty - closed;
        let fee_closed = share(settle_fee, closed, fill.qty);
        let cost_before = self.cost;
        let realised = self.shrink(instrument, fill.price, closed, fee_closed)?;
        if !self.is_flat() {
            let cost_change = self.cost - cost_before;
            return Ok(Applied { kind: ChangeKind::Shrunk, realised, cost_change, ended: None });
        }
        let trip = std::mem::take(&mut self.trip);
        let ended = Some(trip.close(self.instrument, fill.side.opposite(), at));
        if rest.is_zero() {
            return Ok(Applied { kind: ChangeKind::Closed, realised, cost_change: -cost_before, ended });
        }
        let value = value(instrument, fill.price, rest.signed(fill.side))?;
        self.grow(at, rest.signed(fill.side), value, settle_fee - fee_closed)?;
        Ok(Applied { kind: ChangeKind::Flipped, realised, cost_change: self.cost - cost_before, ended })
    }

    fn grow(&mut self, at: Timestamp, signed: Qty, value: Money, fee: Money) -> Result<(), LedgerError> {
        if self.is_flat() {
            self.trip.opened_at = at;
        }
        let qty = self.qty.checked_add(signed).filter(|it| it.get() != i64::MIN);
        self.qty = qty.ok_or(LedgerError::TooLarge { what: "a position", units: signed.get().into() })?;
        self.cost = bounded("a cost", self.cost.checked_add(value))?;
        let trip = &mut self.trip;
        trip.qty_max = trip.qty_max.max(self.qty.abs());
        trip.qty = Qty::new(trip.qty.get().saturating_add(signed.get().abs()));
        trip.entry_value = bounded("a traded value", trip.entry_value.checked_add(value.abs()))?;
        trip.fees = bounded("fees", trip.fees.checked_add(fee))?;
        trip.fills = trip.fills.saturating_add(1);
        Ok(())
    }

    /// Closes `closed` (positive, at most the size) at `price`; the profit.
    fn shrink(
        &mut self,
        instrument: &Instrument,
        price: Price,
        closed: Qty,
        fee: Money,
    ) -> Result<Money, LedgerError> {
        let size = self.qty.abs();
        let signed = Qty::new(closed.get() * self.qty.signum());
        let exit = value(instrument, price, signed)?;
        let cost = share(self.cost, closed, size);
        let profit = match instrument.spec.contract {
            Contract::Spot | Contract::Linear => exit - cost,
            Contract::Inverse => cost - exit,
        };
        self.margin -= share(self.margin, closed, size);
        self.qty -= signed;
        self.cost -= cost;
        self.realised = bounded("a profit", self.realised.checked_add(profit))?;
        let trip = &mut self.trip;
        trip.exit_value = bounded("a traded value", trip.exit_value.checked_add(exit.abs()))?;
        trip.profit = bounded("a profit", trip.profit.checked_add(profit))?;
        trip.fees = bounded("fees", trip.fees.checked_add(fee))?;
        trip.fills = trip.fills.saturating_add(1);
        Ok(profit)
    }

    pub(crate) fn digest(&self, hash: &mut StateHash) {
        hash.absorb_signed(self.qty.get());
        for it in [self.cost, self.margin, self.realised, self.fees, self.funding, self.liquidation_fees] {
            hash.absorb_wide(it.get());
        }
        self.trip.digest(hash);
    }
}

#[inline]
fn value(instrument: &Instrument, price: Price, qty: Qty) -> Result<Money, LedgerError> {
    instrument.checked_value(price, qty).filter(|it| within_limit(*it)).ok_or(LedgerError::NoValue {
        instrument: instrument.id,
        price,
        qty,
    })
}

#[inline]
pub(crate) fn bounded(what: &'static str, sum: Option<Money>) -> Result<Money, LedgerError> {
    let sum = sum.ok_or(LedgerError::TooLarge { what, units: i128::MAX })?;
    if within_limit(sum) { Ok(sum) } else { Err(LedgerError::TooLarge { what, units: sum.get() }) }
}

/// `amount * part / whole` rounded half-even; `part` of a positive `whole`, both positive. Cannot overflow: the
/// amount is divided first and only its remainder, smaller than `whole`, is multiplied.
#[inline]
pub(crate) fn share(amount: Money, part: Qty, whole: Qty) -> Money {
    debug_assert!(part.get() >= 0);
    debug_assert!(part <= whole);
    if part == whole {
        return amount;
    }
    let (part, whole) = (i128::from(part.get()), i128::from(whole.get()));
    // Divisions of 128 bits are slow: the remainders come from the quotients.
    let times = amount.get() / whole;
    let scaled = (amount.get() - times * whole) * part;
    let of_scaled = scaled / whole;
    let quotient = times * part + of_scaled;
    let twice = (scaled - of_scaled * whole).unsigned_abs() * 2;
    let up = twice > whole.unsigned_abs() || (twice == whole.unsigned_abs() && quotient % 2 != 0);
    Money::new(if up { quotient + scaled.signum() } else { quotient })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use scalp_types::{Rounding, number::div_round};

    #[test]
    fn a_share_that_ties_goes_to_the_even_unit_on_both_sides_of_zero() {
        let cases = [(5, 1, 2, 2), (7, 1, 2, 4), (-5, 1, 2, -2), (-7, 1, 2, -4), (10, 3, 4, 8), (2, 1, 3, 1)];
        for (amount, part, whole, want) in cases {
            assert_eq!(share(Money::new(amount), Qty::new(part), Qty::new(whole)), Money::new(want));
        }
        assert_eq!(share(Money::new(7), Qty::new(3), Qty::new(3)), Money::new(7));
        assert_eq!(share(Money::new(7), Qty::ZERO, Qty::new(3)), Money::ZERO);
    }

    proptest! {
        #[test]
        fn a_share_is_the_rounded_product_also_where_the_product_would_not_fit(
            amount in -(10_i128.pow(18))..10_i128.pow(18), whole in 1..=i64::MAX, part in 0..=i64::MAX, shift in 0..8_u32,
        ) {
            let part = part % whole + 1;
            let exact = div_round(amount * i128::from(part), i128::from(whole), Rounding::HalfEven);
            prop_assert_eq!(share(Money::new(amount), Qty::new(part), Qty::new(whole)), Money::new(exact));
            // Whole multiples of the size, far beyond what a product could hold, add exact multiples of the part. Even
            // ones, so that ties stay ties to the same side.
            let multiple = 2_i128 << (shift * 8);
            let larger = share(Money::new(amount + multiple * i128::from(whole)), Qty::new(part), Qty::new(whole));
            prop_assert_eq!(larger, Money::new(exact + multiple * i128::from(part)));
        }
    }
}
