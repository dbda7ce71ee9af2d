//! Instruments: contract terms and venue filters, and the only place where ticks and lots become money.

mod spec;

pub use spec::{Contract, InstrumentSpec, MarginTierSpec};

use crate::ids::{AssetId, InstrumentId, VenueId};
use crate::number::{Money, NumberError, Price, Qty, Rate, Rounding, div_round, to_units};
use crate::time::Span;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

/// One checked step of the margin table. The deduction makes the requirement continuous over the steps
/// (Binance: "maintenance amount").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarginTier {
    /// Position value from which the step applies.
    pub notional_floor: Money,
    /// Maintenance margin as a fraction of position value.
    pub maintenance: Rate,
    /// Taken off, so that the requirement does not jump at the floor.
    pub deduction: Money,
    /// Highest leverage a position of this value may have.
    pub leverage_max: u32,
}

/// A filter of the venue in ticks, lots and money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filters {
    /// Lowest price the venue takes.
    pub price_min: Option<Price>,
    /// Highest price the venue takes.
    pub price_max: Option<Price>,
    /// Smallest size of one order.
    pub qty_min: Qty,
    /// Largest size of one limit order.
    pub qty_max: Option<Qty>,
    /// Largest size of one market order.
    pub market_qty_max: Option<Qty>,
    /// Smallest value of one order; reduce-only orders are exempt.
    pub notional_min: Option<Money>,
    /// Buy at most at `mark * up`.
    pub percent_up: Option<Rate>,
    /// Sell at least at `mark * down`.
    pub percent_down: Option<Rate>,
    /// Most open orders at once.
    pub open_orders_max: Option<u32>,
}

/// One tradable instrument with everything needed to price, size and margin it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// Its index in [`Instruments`].
    pub id: InstrumentId,
    /// Where it trades.
    pub venue: VenueId,
    /// What was declared.
    pub spec: InstrumentSpec,
    /// What is traded.
    pub base: AssetId,
    /// What the price is counted in.
    pub quote: AssetId,
    /// What profit, fees and margin are paid in.
    pub settle: AssetId,
    /// The venue's filters.
    pub filters: Filters,
    /// Margin steps by rising floor; empty for spot.
    pub margin_tiers: Vec<MarginTier>,
    /// Fee on what a liquidation closes.
    pub liquidation_fee: Rate,
    value_numerator: i128,
    value_denominator: i128,
    tick_f64: f64Bits,
    lot_f64: f64Bits,
}

/// A float kept by its bits, so that the instrument stays `Eq`.
#[allow(non_camel_case_types, reason = "a private stand-in for f64")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct f64Bits(u64);

/// Why a declared instrument cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstrumentError {
    /// A field is out of its range.
    #[error("instrument {symbol}: {field} is {value}, expected {expected}")]
    Field {
        /// The symbol declared.
        symbol: String,
        /// Which field.
        field: &'static str,
        /// What was given.
        value: String,
        /// What would have been accepted.
        expected: &'static str,
    },
    /// A number does not fit the instrument's own steps.
    #[error("instrument {symbol}: {field}: {source}")]
    Number {
        /// The symbol declared.
        symbol: String,
        /// Which field.
        field: &'static str,
        /// Why not.
        source: NumberError,
    },
    /// Two instruments with one venue and symbol.
    #[error("instrument {venue}:{symbol} is defined twice")]
    Twice {
        /// The venue.
        venue: String,
        /// The symbol.
        symbol: String,
    },
    /// More than the ids can count.
    #[error("more than {} instruments, venues or assets", u16::MAX)]
    TooMany,
}

impl Instrument {
    fn new(
        id: InstrumentId,
        venue: VenueId,
        [base, quote]: [AssetId; 2],
        spec: InstrumentSpec,
    ) -> Result<Self, InstrumentError> {
        let bad = |field, value: String, expected| InstrumentError::Field {
            symbol: spec.symbol.clone(),
            field,
            value,
            expected,
        };
        for (field, value) in [("tick", spec.tick), ("lot", spec.lot), ("multiplier", spec.multiplier)] {
            if value <= Decimal::ZERO {
                return Err(bad(field, value.to_string(), "a positive decimal"));
            }
        }
        if spec.base == spec.quote {
            return Err(bad("base", spec.base.clone(), "another coin than the quote"));
        }
        let (value_numerator, value_denominator) = value_fraction(&spec).ok_or_else(|| {
            bad(
                "tick, lot and multiplier",
                format!("{}, {}, {}", spec.tick, spec.lot, spec.multiplier),
                "a product that fits in 38 digits",
            )
        })?;
        let tick_f64 =
            spec.tick.to_f64().ok_or_else(|| bad("tick", spec.tick.to_string(), "a finite number"))?;
        let lot_f64 = spec.lot.to_f64().ok_or_else(|| bad("lot", spec.lot.to_string(), "a finite number"))?;
        let number = |field, source| InstrumentError::Number { symbol: spec.symbol.clone(), field, source };
        let price = |field, v: Option<Decimal>| {
            v.map(|v| grid(v, spec.tick).map(Price::new)).transpose().map_err(|e| number(field, e))
        };
        let qty = |field, v: Option<Decimal>| {
            v.map(|v| grid(v, spec.lot).map(Qty::new)).transpose().map_err(|e| number(field, e))
        };
        let rate =
            |field, v: Option<Decimal>| v.map(Rate::from_decimal).transpose().map_err(|e| number(field, e));
        let filters = Filters {
            price_min: price("price_min", spec.price_min)?,
            price_max: price("price_max", spec.price_max)?,
            qty_min: qty("qty_min", spec.qty_min)?.unwrap_or(Qty::new(1)),
            qty_max: qty("qty_max", spec.qty_max)?,
            market_qty_max: qty("market_qty_max", spec.market_qty_max)?,
            notional_min: spec
                .notional_min
                .map(Money::from_decimal)
                .transpose()
                .map_err(|e| number("notional_min", e))?,
            percent_up: rate("percent_up", spec.percent_up)?,
            percent_down: rate("percent_down", spec.percent_down)?,
            open_orders_max: spec.open_orders_max,
        };
        for (field, least, most, expected) in [
            ("price_max", spec.price_min, spec.price_max, "at least price_min"),
            ("qty_max", spec.qty_min, spec.qty_max, "at least qty_min"),
            ("market_qty_max", spec.qty_min, spec.market_qty_max, "at least qty_min"),
        ] {
            if let Some(most) = most.filter(|most| least.is_some_and(|least| *most < least)) {
                return Err(bad(field, most.to_string(), expected));
            }
        }
        let margin_tiers = margin_tiers(&spec)?;
        let liquidation_fee =
            Rate::from_decimal(spec.liquidation_fee).map_err(|e| number("liquidation_fee", e))?;
        if !(0..Rate::ONE).contains(&liquidation_fee.get()) {
            let value = spec.liquidation_fee.to_string();
            return Err(bad("liquidation_fee", value, "a fraction from 0 to less than 1"));
        }
        let settle = if spec.contract == Contract::Inverse { base } else { quote };
        Ok(Self {
            id,
            venue,
            base,
            quote,
            settle,
            filters,
            margin_tiers,
            liquidation_fee,
            value_numerator,
            value_denominator,
            tick_f64: f64Bits(tick_f64.to_bits()),
            lot_f64: f64Bits(lot_f64.to_bits()),
            spec,
        })
    }

    /// The value of `qty` at `price` in the settle currency (the quote currency for spot), with the sign of `qty`,
    /// rounded half-even to 1e-8. Inverse: `size * multiplier / price`. `None` on overflow, and for an inverse
    /// contract at a price that is not positive.
    #[inline]
    pub fn checked_value(&self, price: Price, qty: Qty) -> Option<Money> {
        let (price, qty) = (i128::from(price.get()), i128::from(qty.get()));
        match self.spec.contract {
            Contract::Spot | Contract::Linear => {
                let scaled = times(price * qty, self.value_numerator)?;
                if self.value_denominator == 1 {
                    return Some(Money::new(scaled));
                }
                Some(Money::new(div_round(scaled, self.value_denominator, Rounding::HalfEven)))
            }
            Contract::Inverse => {
                if price <= 0 {
                    return None;
                }
                let above = times(qty, self.value_numerator)?;
                let below = times(price, self.value_denominator)?;
                Some(Money::new(div_round(above, below, Rounding::HalfEven)))
            }
        }
    }

    /// [`Self::checked_value`] for prices and sizes that the gate or the venue has let through. Panics on overflow.
    #[inline]
    pub fn value(&self, price: Price, qty: Qty) -> Money {
        self.checked_value(price, qty).expect("the filters keep price times size within 1e30")
    }

    /// The change of money when `qty` (signed) is carried from `entry` to `exit`: what a long gains when the price
    /// rises. For an inverse contract the value falls as the price rises, so the difference is turned round.
    #[inline]
    pub fn profit(&self, entry: Price, exit: Price, qty: Qty) -> Money {
        match self.spec.contract {
            Contract::Spot | Contract::Linear => self.value(exit, qty) - self.value(entry, qty),
            Contract::Inverse => self.value(entry, qty) - self.value(exit, qty),
        }
    }

    /// The step of the margin table for a position of this value; `None` for spot.
    pub fn margin_tier(&self, value: Money) -> Option<&MarginTier> {
        self.margin_tiers.iter().rev().find(|it| value.abs() >= it.notional_floor)
    }

    /// The maintenance margin of a position of this value; zero without a margin table.
    pub fn maintenance_margin(&self, value: Money) -> Money {
        self.margin_tier(value)
            .map_or(Money::ZERO, |it| value.abs().times(it.maintenance, Rounding::Ceil) - it.deduction)
    }

    /// A decimal price on the tick grid, or why not.
    pub fn price(&self, value: Decimal) -> Result<Price, NumberError> {
        grid(value, self.spec.tick).map(Price::new)
    }
    /// A decimal size on the lot grid, or why not.
    pub fn qty(&self, value: Decimal) -> Result<Qty, NumberError> {
        grid(value, self.spec.lot).map(Qty::new)
    }
    /// The price as a decimal.
    pub fn price_decimal(&self, price: Price) -> Decimal {
        Decimal::from(price.get()) * self.spec.tick
    }
    /// The size as a decimal.
    pub fn qty_decimal(&self, qty: Qty) -> Decimal {
        Decimal::from(qty.get()) * self.spec.lot
    }
    /// Exact becomes belief: the price as a float.
    #[inline]
    pub fn price_f64(&self, price: Price) -> f64 {
        price.get() as f64 * self.tick_f64()
    }
    /// Exact becomes belief: the size as a float.
    #[inline]
    pub fn qty_f64(&self, qty: Qty) -> f64 {
        qty.get() as f64 * self.lot_f64()
    }
    /// One tick as a float.
    #[inline]
    pub fn tick_f64(&self) -> f64 {
        f64::from_bits(self.tick_f64.0)
    }
    /// One lot as a float.
    #[inline]
    pub fn lot_f64(&self) -> f64 {
        f64::from_bits(self.lot_f64.0)
    }
    /// Time between two funding payments.
    pub fn funding_interval(&self) -> Option<Span> {
        self.spec.funding_hours.map(|h| Span::from_secs(i64::from(h) * 3_600))
    }
    /// `venue:symbol`, for people.
    pub fn name(&self) -> String {
        format!("{}:{}", self.spec.venue, self.spec.symbol)
    }
}

/// The product, if there is room for it. Nearly all are of numbers that fit in 64 bits, and need one multiplication.
#[inline]
fn times(a: i128, b: i128) -> Option<i128> {
    match (i64::try_from(a), i64::try_from(b)) {
        (Ok(a), Ok(b)) => Some(i128::from(a) * i128::from(b)),
        _ => a.checked_mul(b),
    }
}

/// `tick * lot * multiplier` in units of 1e-8 (or, inverse, `lot * multiplier / tick`) as a reduced fraction.
fn value_fraction(spec: &InstrumentSpec) -> Option<(i128, i128)> {
    let [tick, lot, multiplier] = [spec.tick, spec.lot, spec.multiplier].map(|it| it.normalize());
    let scales = lot.scale() + multiplier.scale();
    let size = lot.mantissa().checked_mul(multiplier.mantissa())?;
    let (above, below) = match spec.contract {
        Contract::Spot | Contract::Linear => (
            size.checked_mul(tick.mantissa())?.checked_mul(Money::ONE)?,
            10_i128.checked_pow(scales + tick.scale())?,
        ),
        Contract::Inverse => (
            size.checked_mul(10_i128.checked_pow(tick.scale())?)?.checked_mul(Money::ONE)?,
            10_i128.checked_pow(scales)?.checked_mul(tick.mantissa())?,
        ),
    };
    let divisor = greatest_common_divisor(above, below);
    Some((above / divisor, below / divisor))
}

const fn greatest_common_divisor(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// `value / step` when it is whole and fits.
fn grid(value: Decimal, step: Decimal) -> Result<i64, NumberError> {
    let count = value.checked_div(step).ok_or(NumberError::OutOfRange(value))?;
    let whole = count.round();
    if whole.checked_mul(step) != Some(value) {
        return Err(NumberError::OffGrid { value, unit: step });
    }
    whole.to_i64().ok_or(NumberError::OutOfRange(value))
}

fn margin_tiers(spec: &InstrumentSpec) -> Result<Vec<MarginTier>, InstrumentError> {
    let bad = |value: String, expected| {
        Err(InstrumentError::Field { symbol: spec.symbol.clone(), field: "margin_tiers", value, expected })
    };
    let number =
        |source| InstrumentError::Number { symbol: spec.symbol.clone(), field: "margin_tiers", source };
    let mut tiers: Vec<MarginTier> = Vec::with_capacity(spec.margin_tiers.len());
    for it in &spec.margin_tiers {
        let floor = Money::new(to_units(it.notional_floor, 8).map_err(number)?);
        let maintenance = Rate::from_decimal(it.maintenance).map_err(number)?;
        if maintenance <= Rate::ZERO || maintenance.get() >= Rate::ONE {
            return bad(it.maintenance.to_string(), "a maintenance fraction between 0 and 1");
        }
        if it.leverage_max == 0 {
            return bad(it.leverage_max.to_string(), "a leverage of at least 1");
        }
        let deduction = match tiers.last() {
            None if floor != Money::ZERO => return bad(it.notional_floor.to_string(), "a first floor of 0"),
            None => Money::ZERO,
            Some(last) if floor <= last.notional_floor || maintenance < last.maintenance => {
                return bad(it.notional_floor.to_string(), "rising floors and maintenance");
            }
            Some(last) => last.deduction + floor.times(maintenance - last.maintenance, Rounding::Floor),
        };
        tiers.push(MarginTier {
            notional_floor: floor,
            maintenance,
            deduction,
            leverage_max: it.leverage_max,
        });
    }
    Ok(tiers)
}

/// All instruments of a run, by id, with the names of venues and assets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instruments {
    all: Vec<Instrument>,
    venues: Vec<String>,
    assets: Vec<String>,
}

impl Instruments {
    /// Checks every declaration and gives out ids in the order given.
    pub fn new(specs: impl IntoIterator<Item = InstrumentSpec>) -> Result<Self, InstrumentError> {
        let mut table = Self::default();
        for spec in specs {
            table.add(spec)?;
        }
        Ok(table)
    }

    /// Adds one more; its id is the next.
    pub fn add(&mut self, spec: InstrumentSpec) -> Result<InstrumentId, InstrumentError> {
        if self.find(&spec.venue, &spec.symbol).is_some() {
            return Err(InstrumentError::Twice { venue: spec.venue, symbol: spec.symbol });
        }
        let id = InstrumentId(u16::try_from(self.all.len()).map_err(|_| InstrumentError::TooMany)?);
        let venue = VenueId(intern(&mut self.venues, &spec.venue)?);
        let base = AssetId(intern(&mut self.assets, &spec.base)?);
        let quote = AssetId(intern(&mut self.assets, &spec.quote)?);
        self.all.push(Instrument::new(id, venue, [base, quote], spec)?);
        Ok(id)
    }

    /// The instrument of this id. Panics for an id of another table.
    #[inline]
    pub fn get(&self, id: InstrumentId) -> &Instrument {
        &self.all[id.index()]
    }
    /// By venue and symbol.
    pub fn find(&self, venue: &str, symbol: &str) -> Option<&Instrument> {
        self.all.iter().find(|it| it.spec.venue == venue && it.spec.symbol == symbol)
    }
    /// All, by id.
    pub fn iter(&self) -> std::slice::Iter<'_, Instrument> {
        self.all.iter()
    }
    /// How many.
    pub fn len(&self) -> usize {
        self.all.len()
    }
    /// True when none is defined.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
    /// Venue names by [`VenueId`].
    pub fn venues(&self) -> &[String] {
        &self.venues
    }
    /// Asset names by [`AssetId`].
    pub fn assets(&self) -> &[String] {
        &self.assets
    }
}

fn intern(names: &mut Vec<String>, name: &str) -> Result<u16, InstrumentError> {
    let at = names.iter().position(|it| it == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    u16::try_from(at).map_err(|_| InstrumentError::TooMany)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(contract: Contract, tick: &str, lot: &str, multiplier: &str) -> InstrumentSpec {
        InstrumentSpec {
            venue: "v".into(),
            symbol: "S".into(),
            contract,
            base: "B".into(),
            quote: "Q".into(),
            tick: tick.parse().unwrap(),
            lot: lot.parse().unwrap(),
            multiplier: multiplier.parse().unwrap(),
            ..InstrumentSpec::unlimited()
        }
    }

    fn instrument(spec: InstrumentSpec) -> Instrument {
        Instruments::new([spec]).unwrap().get(InstrumentId(0)).clone()
    }

    #[test]
    fn terms_that_contradict_one_another_are_refused_by_name() {
        let number = |it: &str| Some(it.parse().unwrap());
        let refused = |change: &dyn Fn(&mut InstrumentSpec)| {
            let mut it = spec(Contract::Spot, "0.1", "0.1", "1");
            change(&mut it);
            Instruments::new([it]).err().map(|e| e.to_string())
        };
        assert_eq!(refused(&|_| ()), None);
        let said = refused(&|it| it.base = "Q".into()).unwrap();
        assert_eq!(said, "instrument S: base is Q, expected another coin than the quote");
        for (field, change) in [
            (
                "price_max is 1",
                &(|it: &mut InstrumentSpec| {
                    (it.price_min, it.price_max) = (number("2"), number("1"));
                }) as &dyn Fn(&mut InstrumentSpec),
            ),
            ("qty_max is 1", &|it| (it.qty_min, it.qty_max) = (number("2"), number("1"))),
            ("market_qty_max is 1", &|it| (it.qty_min, it.market_qty_max) = (number("2"), number("1"))),
        ] {
            let said = refused(change).expect(field);
            assert!(said.contains(field), "{said}");
        }
        assert_eq!(refused(&|it| (it.qty_min, it.qty_max) = (number("2"), number("2"))), None);
    }

    #[test]
    fn linear_value_is_price_times_size() {
        let it = instrument(spec(Contract::Linear, "0.1", "0.001", "1"));
        assert_eq!(it.value(Price::new(616_600), Qty::new(10)).to_string(), "616.60000000");
        assert_eq!(it.value(Price::new(616_600), Qty::new(-10)).to_string(), "-616.60000000");
    }

    #[test]
    fn inverse_value_is_contracts_over_price_and_a_long_gains_when_the_price_rises() {
        let it = instrument(spec(Contract::Inverse, "0.1", "1", "100"));
        assert_eq!(it.value(Price::new(500_000), Qty::new(5)).to_string(), "0.01000000");
        assert_eq!(
            it.profit(Price::new(400_000), Price::new(500_000), Qty::new(4)).to_string(),
            "0.00200000"
        );
        assert_eq!(it.checked_value(Price::new(0), Qty::new(5)), None);
    }

    #[test]
    fn a_value_finer_than_a_unit_rounds_half_even() {
        let it = instrument(spec(Contract::Spot, "0.00001", "0.0001", "1"));
        assert_eq!(it.value(Price::new(1), Qty::new(15)), Money::new(2), "1.5 units tie to 2");
        assert_eq!(it.value(Price::new(1), Qty::new(25)), Money::new(2), "2.5 units tie to 2");
    }

    #[test]
    fn a_value_is_the_same_whether_its_factors_fit_in_64_bits_or_not() {
        let numbers =
            [0, 1, -1, 7, i64::MAX as i128, i64::MIN as i128, 1 << 63, -(1 << 64), 1 << 100, i128::MAX];
        for (a, b) in numbers.iter().flat_map(|a| numbers.map(|b| (*a, b))) {
            assert_eq!(times(a, b), a.checked_mul(b), "{a} times {b}");
        }
    }

    #[test]
    fn decimals_off_the_grid_are_refused() {
        let it = instrument(spec(Contract::Linear, "0.5", "0.001", "1"));
        assert_eq!(it.price("61659.5".parse().unwrap()), Ok(Price::new(123_319)));
        assert!(it.price("61659.75".parse().unwrap()).is_err());
        assert_eq!(it.price_decimal(Price::new(123_319)), "61659.5".parse().unwrap());
    }

    #[test]
    fn a_liquidation_fee_neither_pays_nor_takes_it_all() {
        let with = |fee: &str| {
            let spec = spec(Contract::Linear, "0.1", "0.001", "1");
            let told = Instruments::new([InstrumentSpec { liquidation_fee: fee.parse().unwrap(), ..spec }]);
            told.map(|_| ()).map_err(|e| e.to_string())
        };
        assert_eq!((with("0"), with("0.999999")), (Ok(()), Ok(())));
        for fee in ["-1", "-0.000001", "1", "2"] {
            let told = with(fee).unwrap_err();
            assert!(told.contains(&format!("liquidation_fee is {fee}, expected a fraction")), "{told}");
        }
    }

    #[test]
    fn the_maintenance_margin_is_continuous_over_the_tiers() {
        let mut s = spec(Contract::Linear, "0.1", "0.001", "1");
        let tier = |floor: &str, rate: &str| MarginTierSpec {
            notional_floor: floor.parse().unwrap(),
            maintenance: rate.parse().unwrap(),
            leverage_max: 10,
        };
        s.margin_tiers = vec![tier("0", "0.004"), tier("50000", "0.005"), tier("250000", "0.01")];
        let it = instrument(s);
        let at = |v: i128| it.maintenance_margin(Money::new(v * Money::ONE));
        assert_eq!(at(50_000).to_string(), "200.00000000");
        assert_eq!(at(250_000).to_string(), "1200.00000000");
        assert_eq!(it.maintenance_margin(Money::new(50_000 * Money::ONE - 1)).to_string(), "200.00000000");
        assert_eq!(at(-300_000).to_string(), "1700.00000000");
    }

    #[test]
    fn impossible_terms_are_refused_by_name() {
        let zero = Instruments::new([spec(Contract::Linear, "0", "1", "1")]).unwrap_err();
        assert_eq!(zero.to_string(), "instrument S: tick is 0, expected a positive decimal");
        let twice =
            Instruments::new([spec(Contract::Linear, "1", "1", "1"), spec(Contract::Linear, "1", "1", "1")]);
        assert_eq!(twice.unwrap_err().to_string(), "instrument v:S is defined twice");
    }
}
