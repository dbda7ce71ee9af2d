//! Numbers and times from text, exactly: every digit, every overflow and every step off the grid is checked, and no
//! binary float stands in between.

use rust_decimal::Decimal;
use scalp_types::{Instrument, Timestamp};

/// Why text is not the number it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberFault {
    /// Not a decimal number (NaN, empty, garbage).
    NotANumber,
    /// Not a whole count of the unit.
    OffGrid,
    /// Too large for 64 bits of the unit.
    OutOfRange,
}

impl NumberFault {
    /// What was expected instead, for people.
    pub const fn expected(self) -> &'static str {
        match self {
            Self::NotANumber => "a decimal number",
            Self::OffGrid => "a multiple of the unit",
            Self::OutOfRange => "a number that fits in 63 bits of the unit",
        }
    }
}

/// Turns decimal text into a count of a decimal unit: prices into ticks, sizes into lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    mantissa: i64,
    scale: u32,
    unit: Decimal,
}

/// Digits that always fit in an `i64`.
const DIGITS_SAFE: usize = 18;

impl Grid {
    /// The grid of a unit; `None` for a unit that is not positive or has more than 18 digits.
    pub fn new(unit: Decimal) -> Option<Self> {
        let unit = unit.normalize();
        let mantissa = i64::try_from(unit.mantissa()).ok().filter(|&it| it > 0)?;
        (unit.scale() as usize <= DIGITS_SAFE).then_some(Self { mantissa, scale: unit.scale(), unit })
    }

    /// The ticks and the lots of an instrument.
    pub fn of(instrument: &Instrument) -> Option<(Self, Self)> {
        Some((Self::new(instrument.spec.tick)?, Self::new(instrument.spec.lot)?))
    }

    /// The grid of this many decimal places. Panics above 18.
    pub fn places(places: u32) -> Self {
        Self::new(Decimal::new(1, places)).expect("at most 18 places")
    }

    /// The unit as a decimal.
    pub fn unit(&self) -> Decimal {
        self.unit
    }

    /// `text` as a whole count of the unit.
    #[inline]
    pub fn count(&self, text: &[u8]) -> Result<i64, NumberFault> {
        match self.scaled_fast(text) {
            Some(value) if self.mantissa == 1 => Ok(value),
            Some(value) if value % self.mantissa == 0 => Ok(value / self.mantissa),
            Some(_) => Err(NumberFault::OffGrid),
            None => self.count_slow(text).and_then(
                |(count, rest)| {
                    if rest { Err(NumberFault::OffGrid) } else { Ok(count) }
                },
            ),
        }
    }

    /// `text` as the nearest count of the unit (a tie goes away from zero), and whether it had to be rounded. For
    /// files written from binary floats, where `0.09969` became `0.09969000000000001`.
    pub fn nearest(&self, text: &[u8]) -> Result<(i64, bool), NumberFault> {
        self.count_slow(text)
    }

    /// `text * 10^scale` for a plain positive decimal with at most `scale` places that count; `None` for everything
    /// else.
    #[inline]
    fn scaled_fast(&self, text: &[u8]) -> Option<i64> {
        if text.len() > DIGITS_SAFE {
            return None;
        }
        let mut value = 0_i64;
        let mut at = 0;
        while let Some(digit) = text.get(at).map(|c| c.wrapping_sub(b'0')).filter(|d| *d < 10) {
            value = value * 10 + i64::from(digit);
            at += 1;
        }
        if at == 0 {
            return None;
        }
        let mut places = self.scale;
        if at < text.len() {
            if text[at] != b'.' {
                return None;
            }
            at += 1;
            if at == text.len() {
                return None;
            }
            while let Some(digit) = text.get(at).map(|c| c.wrapping_sub(b'0')) {
                if digit > 9 {
                    return None;
                }
                if places == 0 {
                    if digit != 0 {
                        return None;
                    }
                } else {
                    places -= 1;
                    value = value * 10 + i64::from(digit);
                }
                at += 1;
            }
        }
        value.checked_mul(POWERS[places as usize])
    }

    /// Any decimal text, with sign and exponent: the nearest count, and whether it was rounded.
    #[cold]
    fn count_slow(&self, text: &[u8]) -> Result<(i64, bool), NumberFault> {
        let number = Parsed::new(text)?;
        // value / unit = mantissa * 10^(exponent + scale) / unit mantissa
        let shift = i64::from(number.exponent) + i64::from(self.scale);
        let (above, below, lost) = if shift >= 0 {
            let factor = power(shift).ok_or(NumberFault::OutOfRange);
            if number.mantissa == 0 {
                return Ok((0, false));
            }
            let above = number.mantissa.checked_mul(factor?).ok_or(NumberFault::OutOfRange)?;
            (above, i128::from(self.mantissa), number.lost)
        } else {
            let Some(below) = power(-shift).and_then(|it| it.checked_mul(i128::from(self.mantissa))) else {
                return Ok((0, number.mantissa != 0 || number.lost));
            };
            (number.mantissa, below, number.lost)
        };
        let (quotient, rest) = (above / below, above % below);
        let away = if rest.unsigned_abs() * 2 >= below.unsigned_abs() { above.signum() } else { 0 };
        let count = i64::try_from(quotient + away).map_err(|_| NumberFault::OutOfRange)?;
        Ok((count, rest != 0 || lost))
    }
}

const POWERS: [i64; DIGITS_SAFE + 1] = {
    let mut powers = [1; DIGITS_SAFE + 1];
    let mut at = 1;
    while at <= DIGITS_SAFE {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

fn power(of_ten: i64) -> Option<i128> {
    u32::try_from(of_ten).ok().and_then(|it| 10_i128.checked_pow(it))
}

/// A decimal number as `mantissa * 10^exponent`; `lost` when nonzero digits beyond the 30th were left out.
struct Parsed {
    mantissa: i128,
    exponent: i32,
    lost: bool,
}

/// Digits kept of a number; more only say whether it was exact.
const DIGITS_KEPT: u32 = 30;
/// Exponents beyond this are out of every range.
const EXPONENT_MAX: i32 = 10_000;

impl Parsed {
    fn new(text: &[u8]) -> Result<Self, NumberFault> {
        let (negative, mut rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let mut it = Self { mantissa: 0, exponent: 0, lost: false };
        let (mut any, mut point, mut kept) = (false, false, 0);
        while let [c, tail @ ..] = rest {
            match c {
                b'0'..=b'9' => {
                    any = true;
                    if kept < DIGITS_KEPT {
                        it.mantissa = it.mantissa * 10 + i128::from(c - b'0');
                        kept += u32::from(it.mantissa != 0);
                        it.exponent -= i32::from(point);
                    } else {
                        it.lost |= *c != b'0';
                        it.exponent = (it.exponent + i32::from(!point)).min(EXPONENT_MAX);
                    }
                }
                b'.' if !point => point = true,
                b'e' | b'E' if any => {
                    it.exponent = it.exponent.saturating_add(exponent(tail)?);
                    rest = &[];
                    continue;
                }
                _ => return Err(NumberFault::NotANumber),
            }
            rest = tail;
        }
        if !any || text.last() == Some(&b'.') {
            return Err(NumberFault::NotANumber);
        }
        if negative {
            it.mantissa = -it.mantissa;
        }
        Ok(it)
    }
}

fn exponent(text: &[u8]) -> Result<i32, NumberFault> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    // Some programs append ".0" to whatever a float prints as, even to an exponent: "1e-07.0".
    let digits = digits.strip_suffix(b".0").unwrap_or(digits);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(NumberFault::NotANumber);
    }
    let size = digits
        .iter()
        .fold(0_i32, |sum, d| sum.saturating_mul(10).saturating_add(i32::from(d - b'0')))
        .min(EXPONENT_MAX);
    Ok(if negative { -size } else { size })
}

/// A whole number without sign.
#[inline]
pub fn unsigned(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    let mut value = 0_u64;
    for &c in text {
        let digit = c.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = if text.len() <= DIGITS_SAFE {
            value * 10 + u64::from(digit)
        } else {
            value.checked_mul(10)?.checked_add(u64::from(digit))?
        };
    }
    Some(value)
}

/// The unit of a time written as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum TimeUnit {
    /// Nanoseconds.
    #[serde(rename = "ns")]
    Nanos,
    /// Microseconds.
    #[serde(rename = "us")]
    Micros,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Millis,
    /// Seconds.
    #[serde(rename = "s")]
    Secs,
}

impl TimeUnit {
    /// Nanoseconds in one.
    pub const fn nanos(self) -> i64 {
        match self {
            Self::Nanos => 1,
            Self::Micros => 1_000,
            Self::Millis => 1_000_000,
            Self::Secs => 1_000_000_000,
        }
    }

    /// Its short name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nanos => "ns",
            Self::Micros => "us",
            Self::Millis => "ms",
            Self::Secs => "s",
        }
    }

    /// What a whole number since 1970 must be counted in to fall into the years 1990 to 2100: the ranges of the four
    /// units do not overlap.
    pub fn of_magnitude(value: u64) -> Option<Self> {
        const FROM: i64 = 631_152_000;
        const TO: i64 = 4_102_444_800;
        [Self::Secs, Self::Millis, Self::Micros, Self::Nanos].into_iter().find(|unit| {
            let per_second = 1_000_000_000 / unit.nanos();
            let from = FROM as u64 * per_second as u64;
            (from..TO as u64 * per_second as u64).contains(&value)
        })
    }

    /// What to say of a count of seconds that is a date without signs as well, `None` of any other: `2025020116` (year, month, day and
    /// hour) or `2502011639` (two digits of the year, month, day, hour and minute). Only seconds of 2033 and later can be doubted so.
    pub fn doubt(count: u64) -> Option<String> {
        let seconds = (Self::of_magnitude(count)? == Self::Secs).then(|| i64::try_from(count).ok())??;
        let part = |unit: i64, of: i64| u32::try_from(seconds / unit % of).ok();
        let day = |year: i64, unit: i64| {
            Timestamp::from_date(year, part(unit * 100, 100)?, part(unit, 100)?).map(|_| ())
        };
        let hours = (1990..=2100).contains(&(seconds / 1_000_000)) && part(1, 100)? < 24;
        let minutes = seconds >= 2_000_000_000 && part(100, 100)? < 24 && part(1, 100)? < 60;
        let is_date = (hours && day(seconds / 1_000_000, 100).is_some())
            || (minutes && day(2_000 + seconds / 100_000_000, 10_000).is_some());
        let read = Timestamp::from_nanos(seconds.saturating_mul(Self::Secs.nanos()));
        is_date.then(|| {
            format!(
                "a time that can be read in one way (this one is seconds since 1970, {read}, or a date as YYYYMMDDHH or YYMMDDHHMM): \
                 write dates as 2025-02-01 16:39"
            )
        })
    }

    /// A whole or decimal number of this unit since 1970; `None` when it is none, finer than a nanosecond, or beyond
    /// the years 1678 to 2262.
    #[inline]
    pub fn parse(self, text: &[u8]) -> Option<Timestamp> {
        if let Some(whole) = unsigned(text) {
            let nanos = i64::try_from(whole).ok()?.checked_mul(self.nanos())?;
            return Some(Timestamp::from_nanos(nanos));
        }
        let grid = Grid { mantissa: 1, scale: self.places(), unit: Decimal::ONE };
        grid.count(text).ok().map(Timestamp::from_nanos)
    }

    const fn places(self) -> u32 {
        match self {
            Self::Nanos => 0,
            Self::Micros => 3,
            Self::Millis => 6,
            Self::Secs => 9,
        }
    }
}

/// A date or a date and time in UTC: `2024-08-08`, `2024-08-08 23:54[:15[.123456789]]` with a blank or `T` between,
/// optionally `Z`, ` UTC`, ` GMT` or an offset (`+02:00`, `+0200`, `+02`) at the end; or the same with the date as `20240808`, and
/// then perhaps the time as `2354` or `235415` behind it.
pub fn datetime(text: &[u8]) -> Option<Timestamp> {
    let text = text.trim_ascii();
    let (date, rest) = match text {
        [_, _, _, _, b'-', _, _, b'-', _, _, rest @ ..] => ([&text[..4], &text[5..7], &text[8..10]], rest),
        [_, _, _, _, _, _, _, _, rest @ ..] => ([&text[..4], &text[4..6], &text[6..8]], rest),
        _ => return None,
    };
    let [year, month, day] = date.map(unsigned);
    let midnight = Timestamp::from_date(
        i64::try_from(year?).ok()?,
        u32::try_from(month?).ok()?,
        u32::try_from(day?).ok()?,
    )?;
    let nanos = match rest {
        [] => 0,
        [b' ' | b'T' | b't', time @ ..] => time_of_day(time)?,
        [h1, h0, m1, m0, seconds @ ..] if text[4] != b'-' => {
            let seconds = match seconds {
                [] => 0,
                [s1, s0] => two([*s1, *s0], 59)?,
                _ => return None,
            };
            (two([*h1, *h0], 23)? * 3_600 + two([*m1, *m0], 59)? * 60 + seconds) * 1_000_000_000
        }
        _ => return None,
    };
    midnight.nanos().checked_add(nanos).map(Timestamp::from_nanos)
}

/// `HH:MM[:SS[.f]]` and perhaps what [`datetime`] takes behind it, as nanoseconds since midnight UTC.
fn time_of_day(text: &[u8]) -> Option<i64> {
    let (text, offset) = match text {
        [rest @ .., b'Z' | b'z']
        | [rest @ .., b' ', b'U', b'T', b'C']
        | [rest @ .., b' ', b'G', b'M', b'T'] => (rest, 0),
        [rest @ .., sign @ (b'+' | b'-'), h1, h0, b':', m1, m0]
        | [rest @ .., sign @ (b'+' | b'-'), h1, h0, m1, m0] => {
            let minutes = two([*h1, *h0], 23)? * 60 + two([*m1, *m0], 59)?;
            (rest, if *sign == b'+' { minutes } else { -minutes })
        }
        [rest @ .., sign @ (b'+' | b'-'), h1, h0] => {
            let minutes = two([*h1, *h0], 23)? * 60;
            (rest, if *sign == b'+' { minutes } else { -minutes })
        }
        _ => (text, 0),
    };
    let (hours, minutes, rest) = match text {
        [h1, h0, b':', m1, m0, rest @ ..] => (two([*h1, *h0], 23)?, two([*m1, *m0], 59)?, rest),
        _ => return None,
    };
    let nanos = match rest {
        [] => 0,
        [b':', seconds @ ..] => {
            let point = seconds.iter().position(|&c| c == b'.').unwrap_or(seconds.len());
            if point != 2 || seconds.first().is_none_or(|&c| c > b'5') {
                return None;
            }
            Grid { mantissa: 1, scale: 9, unit: Decimal::ONE }.count(seconds).ok()?
        }
        _ => return None,
    };
    Some((hours * 3_600 + (minutes - offset) * 60) * 1_000_000_000 + nanos)
}

fn two(digits: [u8; 2], max: i64) -> Option<i64> {
    let value = i64::try_from(unsigned(&digits)?).ok()?;
    (value <= max).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grid(unit: &str) -> Grid {
        Grid::new(unit.parse().unwrap()).unwrap()
    }

    #[test]
    fn decimal_text_becomes_whole_ticks_or_says_why_not() {
        use NumberFault::{NotANumber, OffGrid, OutOfRange};
        let cases: [(&str, &str, Result<i64, NumberFault>); 26] = [
            ("0.1", "61800.20", Ok(618_002)),
            ("0.1", "61800.2", Ok(618_002)),
            ("0.1", "61800", Ok(618_000)),
            ("0.1", "61800.25", Err(OffGrid)),
            ("0.5", "8531.5", Ok(17_063)),
            ("0.5", "8531.25", Err(OffGrid)),
            ("0.25", "1.75", Ok(7)),
            ("10", "120", Ok(12)),
            ("10", "125", Err(OffGrid)),
            ("0.00000001", "122335.79000000", Ok(12_233_579_000_000)),
            ("0.001", "0.000", Ok(0)),
            ("0.001", "1e30", Err(OutOfRange)),
            ("0.001", "1e-3", Ok(1)),
            ("0.00000001", "2.853E-05", Ok(2_853)),
            ("0.001", "-1.5", Ok(-1_500)),
            ("0.001", "NaN", Err(NotANumber)),
            ("0.001", "inf", Err(NotANumber)),
            ("0.001", "", Err(NotANumber)),
            ("0.001", ".", Err(NotANumber)),
            ("0.001", "1.", Err(NotANumber)),
            ("0.001", "1.2.3", Err(NotANumber)),
            ("0.001", "1 ", Err(NotANumber)),
            ("1", "9223372036854775807", Ok(i64::MAX)),
            ("1", "9223372036854775808", Err(OutOfRange)),
            ("0.1", "999999999999999999", Err(OutOfRange)),
            ("0.1", "1e999999999999", Err(OutOfRange)),
        ];
        for (unit, text, want) in cases {
            assert_eq!(grid(unit).count(text.as_bytes()), want, "{text} in {unit}");
        }
    }

    #[test]
    fn numbers_written_from_floats_round_to_the_nearest_step_and_say_so() {
        assert_eq!(grid("0.00000001").nearest(b"9e-08.0"), Ok((9, false)));
        assert_eq!(grid("0.00000001").nearest(b"9e-08.5"), Err(NumberFault::NotANumber));
        assert_eq!(grid("0.00000001").nearest(b"9e.0"), Err(NumberFault::NotANumber));
        let tick = grid("0.000001");
        assert_eq!(tick.nearest(b"0.09946999000000001"), Ok((99_470, true)));
        assert_eq!(tick.nearest(b"0.0984"), Ok((98_400, false)));
        assert_eq!(grid("1").nearest(b"2.5"), Ok((3, true)));
        assert_eq!(grid("1").nearest(b"-2.5"), Ok((-3, true)));
        assert_eq!(grid("1").nearest(b"1e-50"), Ok((0, true)));
        assert_eq!(grid("0.01").nearest(b"79.200000000000003"), Ok((7_920, true)));
    }

    #[test]
    fn the_unit_of_a_clock_follows_from_the_size_of_its_numbers() {
        let of = TimeUnit::of_magnitude;
        assert_eq!(of(1_759_536_000), Some(TimeUnit::Secs));
        assert_eq!(of(1_759_536_000_061), Some(TimeUnit::Millis));
        assert_eq!(of(1_759_536_000_061_015), Some(TimeUnit::Micros));
        assert_eq!(of(1_759_536_000_061_015_000), Some(TimeUnit::Nanos));
        assert_eq!([of(0), of(20_251_010), of(u64::MAX)], [None; 3]);
    }

    #[test]
    fn counts_that_may_be_dates_are_doubted() {
        for count in [2_025_020_116, 1_990_010_100, 2_099_123_123, 2_502_011_639, 2_001_010_000] {
            let said = TimeUnit::doubt(count).unwrap_or_else(|| panic!("{count}"));
            assert!(said.contains("seconds since 1970, 20"), "{said}");
        }
        // No such hour, day, month or minute; seconds before 2033; counts that are no seconds.
        for count in
            [2_025_020_124, 2_025_023_000, 2_025_130_100, 2_002_011_699, 1_738_368_000, 1_701_011_200]
        {
            assert_eq!(TimeUnit::doubt(count), None, "{count}");
        }
        assert_eq!([TimeUnit::doubt(0), TimeUnit::doubt(1_738_368_000_000)], [None, None]);
    }

    #[test]
    fn times_keep_every_digit() {
        let ns = |unit: TimeUnit, text: &str| unit.parse(text.as_bytes()).map(Timestamp::nanos);
        assert_eq!(ns(TimeUnit::Secs, "1757015217.1651921"), Some(1_757_015_217_165_192_100));
        assert_eq!(ns(TimeUnit::Millis, "1757015217.5"), Some(1_757_015_217_500_000));
        assert_eq!(ns(TimeUnit::Micros, "1759536000061015"), Some(1_759_536_000_061_015_000));
        assert_eq!(ns(TimeUnit::Nanos, "0.5"), None);
        assert_eq!(ns(TimeUnit::Secs, "99999999999"), None);
        assert_eq!(ns(TimeUnit::Secs, "-1"), Some(-1_000_000_000));
    }

    #[test]
    fn dates_are_read_in_the_common_forms_and_nothing_else() {
        let read = |text: &str| datetime(text.as_bytes()).map(|it| it.to_string());
        let is = |text: &str, want: &str| assert_eq!(read(text).as_deref(), Some(want), "{text}");
        is("2024-08-08", "2024-08-08T00:00:00.000000000Z");
        is("2024-08-08 23:54", "2024-08-08T23:54:00.000000000Z");
        is("2024-08-08T23:54:15.5Z", "2024-08-08T23:54:15.500000000Z");
        is("2025-03-25T23:07:00.773674205Z", "2025-03-25T23:07:00.773674205Z");
        is("2013-04-15 21:45:35+00:00", "2013-04-15T21:45:35.000000000Z");
        is("2024-01-01T01:00:00+02:00", "2023-12-31T23:00:00.000000000Z");
        is("20180501 01:00", "2018-05-01T01:00:00.000000000Z");
        is("20201229 08:00:00", "2020-12-29T08:00:00.000000000Z");
        is(" 2025-10-10 00:00:07", "2025-10-10T00:00:07.000000000Z");
        is("2024-08-08 23:54:15 UTC", "2024-08-08T23:54:15.000000000Z");
        is("2024-08-08 23:54:15.25 GMT", "2024-08-08T23:54:15.250000000Z");
        is("2024-08-08 23:54:15+00", "2024-08-08T23:54:15.000000000Z");
        is("2024-08-08T23:54:15-0330", "2024-08-09T03:24:15.000000000Z");
        is("202408082354", "2024-08-08T23:54:00.000000000Z");
        is("20240808235415", "2024-08-08T23:54:15.000000000Z");
        for text in [
            "",
            "2024",
            "2023-02-29",
            "2024-13-01",
            "2024-08-08 24:00",
            "2024-08-08 23:60",
            "2024-08-08 23:54:60",
            "2024-08-08x23:54",
            "2024-08-08 23:54:15.0000000001",
            "2024-08-08 23:54:",
            "1600-01-01",
            "2024-08-08 23:54:15 EST",
            "202408082",
            "20240808236000",
            "2024-08-0823:54",
            "2024-08-08 23:54:1",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_number_or_an_error(text in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = grid("0.001").count(&text);
            let _ = unsigned(&text);
            let _ = datetime(&text);
            let _ = TimeUnit::Millis.parse(&text);
        }

        #[test]
        fn numberlike_bytes_are_a_number_or_an_error(text in "[-+]?[0-9]{0,40}[.]?[0-9]{0,40}(e[-+]?[0-9]{0,12})?") {
            for unit in ["0.001", "1", "1000", "0.25", "0.000000000000000001"] {
                let _ = grid(unit).count(text.as_bytes());
                let _ = grid(unit).nearest(text.as_bytes());
            }
        }

        /// The slow twin: the decimal library.
        #[test]
        fn counts_agree_with_decimal_arithmetic(mantissa in 0_i64..i64::MAX, scale in 0_u32..12, unit in 0_usize..5) {
            let value = Decimal::new(mantissa, scale);
            let grid = grid(["0.001", "1", "0.5", "0.00000001", "0.25"][unit]);
            let text = value.to_string();
            let ratio = value / grid.unit();
            let got = grid.count(text.as_bytes());
            if let Ok(count) = got {
                prop_assert_eq!(Decimal::from(count) * grid.unit(), value);
            } else {
                prop_assert!(!ratio.is_integer() || ratio > Decimal::from(i64::MAX), "{} {:?}", text, got);
            }
            let (near, rounded) = grid.nearest(text.as_bytes()).unwrap_or((0, true));
            prop_assert_eq!(got.ok(), (!rounded).then_some(near));
        }
    }
}
