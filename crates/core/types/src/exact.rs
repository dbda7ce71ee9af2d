//! Decimals as people write them, without a detour over floats: `0.0004`, `10`, or, for more than 15 digits, a text
//! `"0.000000000000000001"`. For `#[serde(with = "scalp_types::exact")]` in self-describing formats.

use rust_decimal::Decimal;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserializer, Serializer};
use std::fmt;

struct Decimals;

impl Visitor<'_> for Decimals {
    type Value = Decimal;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal number such as 0.0004")
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Decimal, E> {
        Ok(value.into())
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Decimal, E> {
        Ok(value.into())
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Decimal, E> {
        // The shortest text that reads back as this float is what was typed, up to 15 digits.
        read(&value.to_string()).ok_or_else(|| E::invalid_value(Unexpected::Float(value), &self))
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<Decimal, E> {
        read(value).ok_or_else(|| E::invalid_value(Unexpected::Str(value), &self))
    }
}

fn read(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

/// Reads a number or a text.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    deserializer.deserialize_any(Decimals)
}

/// Writes a text with all digits.
pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&value.normalize())
}
