//! Points in time and spans between them, in integer nanoseconds. There is no clock here: a timestamp comes in
//! with an event.

use bytemuck::{Pod, Zeroable};
use serde::{Deserialize, Serialize};
use std::ops::{Add, Sub};

/// Nanoseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, Pod, Zeroable,
)]
#[repr(transparent)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// A signed length of time in nanoseconds.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, Pod, Zeroable,
)]
#[repr(transparent)]
#[serde(transparent)]
pub struct Span(i64);

const NANOS_PER_DAY: i64 = 86_400_000_000_000;

impl Timestamp {
    /// The earliest time that can be written.
    pub const MIN: Self = Self(i64::MIN);
    /// Later than anything: "never" for a schedule.
    pub const MAX: Self = Self(i64::MAX);

    /// From nanoseconds since the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }
    /// From microseconds since the epoch; `None` when it does not fit.
    pub fn from_micros(micros: i64) -> Option<Self> {
        micros.checked_mul(1_000).map(Self)
    }
    /// From milliseconds since the epoch; `None` when it does not fit.
    pub fn from_millis(millis: i64) -> Option<Self> {
        millis.checked_mul(1_000_000).map(Self)
    }
    /// From whole seconds since the epoch; `None` when it does not fit.
    pub fn from_secs(secs: i64) -> Option<Self> {
        secs.checked_mul(1_000_000_000).map(Self)
    }
    /// Nanoseconds since the epoch.
    #[inline]
    pub const fn nanos(self) -> i64 {
        self.0
    }
    /// The first instant of the UTC day that holds this one.
    pub const fn day_start(self) -> Self {
        Self(self.0.div_euclid(NANOS_PER_DAY).saturating_mul(NANOS_PER_DAY))
    }
    /// Days since the epoch, by UTC.
    pub const fn day(self) -> i64 {
        self.0.div_euclid(NANOS_PER_DAY)
    }
    /// The largest multiple of `span` since the epoch that is not after this. Panics if `span` is not positive.
    pub const fn floor(self, span: Span) -> Self {
        assert!(span.0 > 0, "a grid of time needs a positive span");
        Self(self.0 - self.0.rem_euclid(span.0))
    }
    /// The start of the candle of this length that holds it: multiples of the length since 1970 by UTC, but weeks, and what is
    /// made of whole weeks, from a Monday. Times too early for the grid share its first candle. Panics if `span` is not positive.
    pub const fn candle_start(self, span: Span) -> Self {
        assert!(span.0 > 0, "a candle has a positive length");
        // 1970 began on a Thursday.
        let monday = if span.0 % (7 * NANOS_PER_DAY) == 0 { 4 * NANOS_PER_DAY } else { 0 };
        let into = match self.0.checked_sub(monday) {
            Some(since) => since.rem_euclid(span.0),
            None => return Self::MIN,
        };
        match self.0.checked_sub(into) {
            Some(start) => Self(start),
            None => Self::MIN,
        }
    }
    /// Later by `span`, stopping at [`Timestamp::MAX`] and [`Timestamp::MIN`].
    #[inline]
    pub const fn saturating_add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
    /// Earlier by `span`, stopping at [`Timestamp::MAX`] and [`Timestamp::MIN`].
    #[inline]
    pub const fn saturating_sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
    /// The civil UTC date: year, month 1..=12, day 1..=31 (proleptic Gregorian; Hinnant, "chrono-compatible
    /// low-level date algorithms", `civil_from_days`).
    pub const fn date(self) -> (i64, u32, u32) {
        let z = self.day() + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
        let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
        let year = yoe + era * 400 + if month <= 2 { 1 } else { 0 };
        (year, month, day)
    }
    /// Midnight UTC of a civil date; `None` for a date that does not exist or does not fit.
    pub fn from_date(year: i64, month: u32, day: u32) -> Option<Self> {
        if !(1..=12).contains(&month) || day == 0 || !(1600..=2262).contains(&year) {
            return None;
        }
        let y = if month <= 2 { year - 1 } else { year };
        let era = y.div_euclid(400);
        let yoe = y.rem_euclid(400);
        let mp = (i64::from(month) + 9) % 12;
        let doy = (153 * mp + 2) / 5 + i64::from(day) - 1;
        let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
        let at = Self((era * 146_097 + doe - 719_468).checked_mul(NANOS_PER_DAY)?);
        (at.date() == (year, month, day)).then_some(at)
    }
}

impl std::fmt::Display for Timestamp {
    /// RFC 3339 in UTC with nanoseconds, e.g. `2024-08-08T23:54:15.123456789Z`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month, day) = self.date();
        let of_day = self.0.rem_euclid(NANOS_PER_DAY);
        let (secs, nanos) = (of_day / 1_000_000_000, of_day % 1_000_000_000);
        let (h, m, s) = (secs / 3600, secs / 60 % 60, secs % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{nanos:09}Z")
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// One day of 24 hours.
    pub const DAY: Self = Self(NANOS_PER_DAY);

    /// From nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }
    /// From milliseconds. Panics when it does not fit.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis * 1_000_000)
    }
    /// From seconds. Panics when it does not fit.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs * 1_000_000_000)
    }
    /// Nanoseconds.
    #[inline]
    pub const fn nanos(self) -> i64 {
        self.0
    }
    /// Seconds as a float, for people and statistics.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;
    #[inline]
    fn add(self, span: Span) -> Self {
        Self(self.0.checked_add(span.0).expect("timestamps stay within the years 1678 to 2262"))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Self;
    #[inline]
    fn sub(self, span: Span) -> Self {
        Self(self.0.checked_sub(span.0).expect("timestamps stay within the years 1678 to 2262"))
    }
}

impl Sub for Timestamp {
    type Output = Span;
    #[inline]
    fn sub(self, before: Self) -> Span {
        Span(self.0.checked_sub(before.0).expect("both timestamps are within the years 1678 to 2262"))
    }
}

impl Add for Span {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        Self(self.0.checked_add(other.0).expect("spans stay below 292 years"))
    }
}

impl Sub for Span {
    type Output = Self;
    #[inline]
    fn sub(self, other: Self) -> Self {
        Self(self.0.checked_sub(other.0).expect("spans stay below 292 years"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_survive_the_round_trip_over_leap_years_and_centuries() {
        for (y, m, d) in
            [(1970, 1, 1), (2000, 2, 29), (2024, 2, 29), (2100, 2, 28), (1999, 12, 31), (2025, 10, 10)]
        {
            assert_eq!(Timestamp::from_date(y, m, d).unwrap().date(), (y, m, d));
        }
        assert_eq!(Timestamp::from_date(2023, 2, 29), None);
        assert_eq!(Timestamp::from_date(2023, 13, 1), None);
        assert_eq!(Timestamp::from_date(2024, 1, 1).unwrap().nanos(), 1_704_067_200_000_000_000);
    }

    #[test]
    fn prints_rfc_3339_with_nanoseconds() {
        assert_eq!(
            Timestamp::from_nanos(1_723_161_599_123_456_789).to_string(),
            "2024-08-08T23:59:59.123456789Z"
        );
        assert_eq!(Timestamp::from_nanos(-1).to_string(), "1969-12-31T23:59:59.999999999Z");
    }

    #[test]
    fn floors_to_a_grid_also_before_the_epoch() {
        let minute = Span::from_secs(60);
        assert_eq!(Timestamp::from_nanos(-1).floor(minute).nanos(), -60_000_000_000);
        assert_eq!(Timestamp::from_nanos(61_000_000_000).floor(minute).nanos(), 60_000_000_000);
    }
}
