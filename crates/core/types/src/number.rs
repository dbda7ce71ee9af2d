//! Exact numbers: prices in ticks, sizes in lots, money and rates in fixed decimal units. Arithmetic that has no
//! meaning does not compile; arithmetic that overflows panics in every build, or is `None` through `checked_*`.

use bytemuck::{Pod, Zeroable};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// Which way a quotient that is not whole goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rounding {
    /// To the nearest; a tie goes to the even neighbour.
    HalfEven,
    /// Toward zero.
    TowardZero,
    /// Toward negative infinity.
    Floor,
    /// Toward positive infinity.
    Ceil,
}

/// `numerator / denominator`, rounded as told. Panics when the denominator is zero.
#[inline]
pub const fn div_round(numerator: i128, denominator: i128, rounding: Rounding) -> i128 {
    let quotient = numerator / denominator;
    let remainder = numerator % denominator;
    if remainder == 0 {
        return quotient;
    }
    let away = if (numerator < 0) == (denominator < 0) { 1 } else { -1 };
    match rounding {
        Rounding::TowardZero => quotient,
        Rounding::Floor => quotient + if away < 0 { -1 } else { 0 },
        Rounding::Ceil => quotient + if away > 0 { 1 } else { 0 },
        Rounding::HalfEven => {
            let twice = remainder.unsigned_abs() * 2;
            let whole = denominator.unsigned_abs();
            if twice > whole || (twice == whole && quotient % 2 != 0) { quotient + away } else { quotient }
        }
    }
}

/// A number that a decimal text or value could not become.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// The text is not a decimal number.
    #[error("expected a decimal number, got {0:?}")]
    NotANumber(Box<str>),
    /// More decimal places than the unit has.
    #[error("{value} is not a multiple of {unit}")]
    OffGrid {
        /// What was given.
        value: Decimal,
        /// The smallest step that can be written.
        unit: Decimal,
    },
    /// Too large for the integer behind it.
    #[error("{0} is out of range")]
    OutOfRange(Decimal),
}

macro_rules! signed_unit {
    ($(#[$doc:meta])* $name:ident($int:ty), $zero:literal) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, Pod, Zeroable,
        )]
        #[repr(transparent)]
        #[serde(transparent)]
        pub struct $name($int);

        impl $name {
            #[doc = $zero]
            pub const ZERO: Self = Self(0);

            /// From a count of its unit.
            #[inline]
            pub const fn new(units: $int) -> Self {
                Self(units)
            }
            /// The count of its unit.
            #[inline]
            pub const fn get(self) -> $int {
                self.0
            }
            /// The size without the sign. Panics for the one value that has no counterpart.
            #[inline]
            pub const fn abs(self) -> Self {
                Self(self.0.checked_abs().expect("the most negative number is never reached"))
            }
            /// -1, 0 or 1.
            #[inline]
            pub const fn signum(self) -> $int {
                self.0.signum()
            }
            /// True for zero.
            #[inline]
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }
            /// The sum, unless it overflows.
            #[inline]
            pub fn checked_add(self, other: Self) -> Option<Self> {
                self.0.checked_add(other.0).map(Self)
            }
            /// The difference, unless it overflows.
            #[inline]
            pub fn checked_sub(self, other: Self) -> Option<Self> {
                self.0.checked_sub(other.0).map(Self)
            }
        }

        impl Add for $name {
            type Output = Self;
            #[inline]
            fn add(self, other: Self) -> Self {
                Self(self.0.checked_add(other.0).expect(concat!(stringify!($name), " overflow")))
            }
        }
        impl Sub for $name {
            type Output = Self;
            #[inline]
            fn sub(self, other: Self) -> Self {
                Self(self.0.checked_sub(other.0).expect(concat!(stringify!($name), " overflow")))
            }
        }
        impl Neg for $name {
            type Output = Self;
            #[inline]
            fn neg(self) -> Self {
                Self(self.0.checked_neg().expect(concat!(stringify!($name), " overflow")))
            }
        }
        impl AddAssign for $name {
            #[inline]
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }
        impl SubAssign for $name {
            #[inline]
            fn sub_assign(&mut self, other: Self) {
                *self = *self - other;
            }
        }
        impl std::iter::Sum for $name {
            fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
                iter.fold(Self::ZERO, |total, it| total + it)
            }
        }
    };
}

signed_unit!(/// A distance between two prices, in ticks of their instrument.
    Ticks(i64), "No distance.");
signed_unit!(/// Signed size in lots of its instrument; negative is short.
    Qty(i64), "Nothing.");
signed_unit!(/// An amount of one currency, in units of 1e-8 of it. Which currency, the context says.
    Money(i128), "Nothing.");
signed_unit!(/// A fraction (fee, funding, margin, return) in units of 1e-12.
    Rate(i64), "No part.");

/// Price in ticks of its instrument. Negative prices exist (dated spreads), so the sign is not checked here.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, Pod, Zeroable,
)]
#[repr(transparent)]
#[serde(transparent)]
pub struct Price(i64);

impl Price {
    /// From a count of ticks.
    #[inline]
    pub const fn new(ticks: i64) -> Self {
        Self(ticks)
    }
    /// The count of ticks.
    #[inline]
    pub const fn get(self) -> i64 {
        self.0
    }
    /// The price further by `ticks`, unless it overflows.
    #[inline]
    pub fn checked_add(self, ticks: Ticks) -> Option<Self> {
        self.0.checked_add(ticks.0).map(Self)
    }
}

impl Sub for Price {
    type Output = Ticks;
    #[inline]
    fn sub(self, other: Self) -> Ticks {
        Ticks(self.0.checked_sub(other.0).expect("Price overflow"))
    }
}
impl Add<Ticks> for Price {
    type Output = Self;
    #[inline]
    fn add(self, ticks: Ticks) -> Self {
        Self(self.0.checked_add(ticks.0).expect("Price overflow"))
    }
}
impl Sub<Ticks> for Price {
    type Output = Self;
    #[inline]
    fn sub(self, ticks: Ticks) -> Self {
        Self(self.0.checked_sub(ticks.0).expect("Price overflow"))
    }
}

/// The side of an order, or of the taker of a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Buys.
    Buy,
    /// Sells.
    Sell,
}

impl Side {
    /// The other side.
    #[inline]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
    /// 1 for buy, -1 for sell.
    #[inline]
    pub const fn sign(self) -> i64 {
        match self {
            Self::Buy => 1,
            Self::Sell => -1,
        }
    }
}

impl Qty {
    /// The size with the sign of `side`.
    #[inline]
    pub const fn signed(self, side: Side) -> Self {
        match side {
            Side::Buy => self,
            Side::Sell => Self(-self.0),
        }
    }
    /// The side that a position of this sign is on; `None` when flat.
    #[inline]
    pub const fn side(self) -> Option<Side> {
        match self.0 {
            0 => None,
            n if n > 0 => Some(Side::Buy),
            _ => Some(Side::Sell),
        }
    }
    /// Belief becomes exact: lots toward zero. `None` for NaN, infinities and what does not fit.
    pub fn round_toward_zero(lots: f64) -> Option<Self> {
        let whole = lots.trunc();
        (whole.is_finite() && whole.abs() < 9.0e18).then_some(Self(whole as i64))
    }
}

impl Money {
    /// Units in one whole coin.
    pub const ONE: i128 = 100_000_000;

    /// From a decimal; more than eight places are refused.
    pub fn from_decimal(value: Decimal) -> Result<Self, NumberError> {
        to_units(value, 8).map(Self)
    }
    /// As a decimal, for people and files. Panics beyond 7.9e20, which no account holds.
    pub fn to_decimal(self) -> Decimal {
        Decimal::try_from_i128_with_scale(self.0, 8).expect("an amount of money below 7.9e20")
    }
    /// Exact becomes belief.
    #[inline]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 1e8
    }
    /// The part `rate` of this, rounded as told.
    #[inline]
    pub fn times(self, rate: Rate, rounding: Rounding) -> Self {
        let product = self.0.checked_mul(i128::from(rate.0)).expect("Money overflow");
        Self(div_round(product, i128::from(Rate::ONE), rounding))
    }
}

impl std::fmt::Display for Money {
    /// Eight places, e.g. `-1.50000000`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let units = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:08}", units / Self::ONE as u128, units % Self::ONE as u128)
    }
}

impl Rate {
    /// Units in one whole (100 %).
    pub const ONE: i64 = 1_000_000_000_000;

    /// From a decimal fraction (0.0004 is 4 basis points); more than twelve places are refused.
    pub fn from_decimal(value: Decimal) -> Result<Self, NumberError> {
        let units = to_units(value, 12)?;
        i64::try_from(units).map(Self).map_err(|_| NumberError::OutOfRange(value))
    }
    /// As a decimal fraction.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, 12)
    }
    /// Exact becomes belief.
    #[inline]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 1e12
    }
}

/// `value` as a whole count of `10^-places`.
pub(crate) fn to_units(value: Decimal, places: u32) -> Result<i128, NumberError> {
    let value = value.normalize();
    if value.scale() > places {
        return Err(NumberError::OffGrid { value, unit: Decimal::new(1, places) });
    }
    let factor = 10_i128.pow(places - value.scale());
    value.mantissa().checked_mul(factor).ok_or(NumberError::OutOfRange(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_even_ties_go_to_the_even_neighbour_on_both_sides_of_zero() {
        let cases =
            [(5, 2, 2), (7, 2, 4), (-5, 2, -2), (-7, 2, -4), (5, -2, -2), (1, 3, 0), (2, 3, 1), (-2, 3, -1)];
        for (n, d, want) in cases {
            assert_eq!(div_round(n, d, Rounding::HalfEven), want, "{n}/{d}");
        }
    }

    #[test]
    fn the_other_roundings_go_where_they_say() {
        for (rounding, up, down) in
            [(Rounding::Floor, 2, -3), (Rounding::Ceil, 3, -2), (Rounding::TowardZero, 2, -2)]
        {
            assert_eq!(div_round(5, 2, rounding), up);
            assert_eq!(div_round(-5, 2, rounding), down);
            assert_eq!(div_round(4, 2, rounding), 2);
        }
    }

    #[test]
    fn money_refuses_what_it_cannot_hold_exactly() {
        assert_eq!(Money::from_decimal(Decimal::new(15, 1)).unwrap().get(), 150_000_000);
        assert!(matches!(Money::from_decimal(Decimal::new(1, 9)), Err(NumberError::OffGrid { .. })));
        assert_eq!(Money::new(-150_000_000).to_string(), "-1.50000000");
        assert_eq!(Money::new(-1).to_string(), "-0.00000001");
    }

    #[test]
    fn a_fee_rounds_half_even_to_the_last_unit() {
        let four_bp = Rate::from_decimal(Decimal::new(4, 4)).unwrap();
        assert_eq!(Money::new(1_250).times(four_bp, Rounding::HalfEven), Money::new(0), "0.5 ties to 0");
        assert_eq!(Money::new(3_750).times(four_bp, Rounding::HalfEven), Money::new(2), "1.5 ties to 2");
    }

    #[test]
    #[should_panic(expected = "Qty overflow")]
    fn sizes_never_wrap() {
        let _ = Qty::new(i64::MAX) + Qty::new(1);
    }

    #[test]
    fn a_wish_that_is_no_number_becomes_no_size() {
        assert_eq!(Qty::round_toward_zero(-2.9), Some(Qty::new(-2)));
        assert_eq!(Qty::round_toward_zero(f64::NAN), None);
        assert_eq!(Qty::round_toward_zero(1e30), None);
    }
}
