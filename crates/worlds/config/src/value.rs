//! Values as people write them: decimals without a detour over floats, lengths of time with their unit, times.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use scalp_types::{Span, Timestamp};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// An exact decimal, see [`scalp_types::exact`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Number(#[serde(with = "scalp_types::exact")] pub Decimal);

/// A length of time with its unit: `"100ms"`, `"5s"`, `"1h"`, `"0ns"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Length(pub Span);

const UNITS: [(&str, i64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
];

impl Length {
    /// Reads `"5ms"`; `None` when the number or the unit is missing, negative, or too long.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, unit) = text.split_at(digits);
        let (_, nanos) = UNITS.iter().find(|(name, _)| *name == unit.trim())?;
        let total = Decimal::from_str_exact(number).ok()?.checked_mul((*nanos).into())?;
        let nanos = total.is_integer().then(|| total.to_i64())??;
        Some(Self(Span::from_nanos(nanos)))
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Lengths;
        impl Visitor<'_> for Lengths {
            type Value = Length;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a length of time with its unit (ns, us, ms, s, m, h, d, w), such as \"100ms\"")
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Length, E> {
                Length::parse(value).ok_or_else(|| E::invalid_value(Unexpected::Str(value), &self))
            }
        }
        deserializer.deserialize_any(Lengths)
    }
}

impl Serialize for Length {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nanos = self.0.nanos();
        let (name, unit) = UNITS
            .iter()
            .rev()
            .find(|(_, unit)| nanos % unit == 0)
            .expect("one nanosecond divides every span");
        serializer.collect_str(&format_args!("{}{name}", nanos / unit))
    }
}

/// A UTC time: `"2025-10-10"` or `"2025-10-10T21:15:00Z"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Timestamp);

impl Time {
    /// Reads a date, or a date and time in UTC with up to nine decimal places of a second.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, clock) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00"));
        let mut parts = date.splitn(3, '-');
        let year = parts.next()?.parse().ok()?;
        let month = parts.next()?.parse().ok()?;
        let day = Timestamp::from_date(year, month, parts.next()?.parse().ok()?)?;
        let mut parts = clock.strip_suffix('Z').unwrap_or(clock).splitn(3, ':');
        let hours: i64 = parts.next()?.parse().ok()?;
        let minutes: i64 = parts.next()?.parse().ok()?;
        let seconds = Length::parse(&format!("{}s", parts.next().unwrap_or("0")))?.0;
        let whole = (0..24).contains(&hours) && (0..60).contains(&minutes) && seconds < Span::from_secs(60);
        whole.then(|| Self(day + Span::from_secs(hours * 3_600 + minutes * 60) + seconds))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Times;
        impl<'de> Visitor<'de> for Times {
            type Value = Time;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a UTC time, such as \"2025-10-10\" or \"2025-10-10T21:15:00Z\"")
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Time, E> {
                Time::parse(value).ok_or_else(|| E::invalid_value(Unexpected::Str(value), &self))
            }
            /// A date without quotes, which TOML knows as a value of its own.
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Time, A::Error> {
                let date = toml::value::Datetime::deserialize(MapAccessDeserializer::new(map))?;
                self.visit_str(&date.to_string())
            }
        }
        deserializer.deserialize_any(Times)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Row {
        n: Number,
    }

    #[test]
    fn a_float_is_read_as_it_was_typed() {
        for text in ["0.0004", "0.1", "1000000", "61659.75", "\"0.000000000000000001\"", "1e-8", "-2.5"] {
            let row: Row = toml::from_str(&format!("n = {text}")).unwrap();
            let want = text.trim_matches('"');
            let want = Decimal::from_str_exact(want).or_else(|_| Decimal::from_scientific(want)).unwrap();
            assert_eq!(row.n.0, want, "{text}");
        }
        assert!(toml::from_str::<Row>("n = nan").is_err());
        assert!(toml::from_str::<Row>("n = \"4 bp\"").is_err());
    }

    #[test]
    fn a_length_of_time_has_a_unit() {
        assert_eq!(Length::parse("5ms"), Some(Length(Span::from_millis(5))));
        assert_eq!(Length::parse("0.5s"), Some(Length(Span::from_millis(500))));
        assert_eq!(Length::parse("8h"), Some(Length(Span::from_secs(28_800))));
        assert_eq!(Length::parse("1w"), Length::parse("7d"));
        for bad in ["5", "ms", "-5ms", "5 parsecs", "", "0.5ns", "99999999999d"] {
            assert_eq!(Length::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_time_is_a_date_or_a_date_and_a_clock() {
        let day = Time::parse("2025-10-10").unwrap().0;
        assert_eq!(
            Time::parse("2025-10-10T21:15:00.5Z").unwrap().0,
            day + Span::from_secs(76_500) + Span::from_millis(500)
        );
        #[derive(Deserialize)]
        struct Row {
            t: Time,
        }
        for text in ["2025-10-10", "2025-10-10T00:00:00Z", "\"2025-10-10\""] {
            assert_eq!(toml::from_str::<Row>(&format!("t = {text}")).unwrap().t.0, day, "{text}");
        }
        for bad in ["2025-13-01", "yesterday", "2025-10-10T25:00:00Z", "2025-10-10T10:00:61Z"] {
            assert_eq!(Time::parse(bad), None, "{bad:?}");
        }
    }
}
