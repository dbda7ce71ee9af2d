//! Times of rows: how a column of them is read, and where a bar ends.

use super::TimeForm;
use crate::fault::Fault;
use crate::text::{TimeUnit, datetime, unsigned};
use scalp_types::{Span, Timestamp};
use std::path::Path;

/// How one column of times is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    form: TimeForm,
    unit: Option<TimeUnit>,
    day: Option<Timestamp>,
}

impl Clock {
    /// A clock for times of this form, in a file of this path.
    pub(crate) fn new(form: TimeForm, path: &Path) -> Self {
        let unit = match form {
            TimeForm::Ns => Some(TimeUnit::Nanos),
            TimeForm::Us => Some(TimeUnit::Micros),
            TimeForm::Ms => Some(TimeUnit::Millis),
            TimeForm::S => Some(TimeUnit::Secs),
            TimeForm::Auto | TimeForm::Text | TimeForm::MsOfDay => None,
        };
        Self { form, unit, day: day_in_name(path) }
    }
    #[inline]
    pub(crate) fn read(&mut self, name: &str, text: &[u8]) -> Result<Timestamp, Fault> {
        if let Some(unit) = self.unit {
            if self.form == TimeForm::Auto && unsigned(text).and_then(TimeUnit::of_magnitude) != Some(unit) {
                let expected = format!("{} since 1970, as in the rows before", unit.name());
                return Err(Fault::field(name, expected, text));
            }
            return unit
                .parse(text)
                .ok_or_else(|| Fault::field(name, format!("{} since 1970", unit.name()), text));
        }
        match self.form {
            TimeForm::Auto => {
                let count = unsigned(text);
                if let Some(doubt) = count.and_then(TimeUnit::doubt) {
                    return Err(Fault::field(name, doubt, text));
                }
                self.unit = count.and_then(TimeUnit::of_magnitude);
                if self.unit.is_some() {
                    return self.read(name, text);
                }
                let at = datetime(text).ok_or_else(|| {
                    let expected =
                        "s, ms, us or ns since 1970, in the years 1990 to 2100, or a date (and time) in UTC";
                    Fault::field(name, expected, text)
                })?;
                self.form = TimeForm::Text;
                Ok(at)
            }
            TimeForm::MsOfDay => {
                let of_day = unsigned(text).filter(|&it| it < 86_400_000);
                let of_day = of_day
                    .ok_or_else(|| Fault::field(name, "milliseconds since midnight, below 86400000", text))?;
                let day = self.day.ok_or_else(|| Fault::file("a file name with a day (YYYYMMDD)", "none"))?;
                Ok(day.saturating_add(Span::from_nanos(of_day as i64 * 1_000_000)))
            }
            _ => datetime(text).ok_or_else(|| Fault::field(name, "a date (and time) in UTC", text)),
        }
    }
}

/// Length of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// The same for every bar; zero where rows are no bars.
    Fixed(Span),
    /// Calendar months in UTC, from the first of a month to the first of another.
    Months(i64),
}

impl Length {
    /// Reads `1s`, `5m`, `8h`, `1d`, `1w`, and months as `1mo` or `1M`.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let expected = "a whole number with s, m, h, d, w or mo (1m, 8h, 1mo)";
        let wrong = || Fault::field("span", expected, text.as_bytes());
        let at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (count, unit) = text.split_at(at);
        let count = unsigned(count.as_bytes()).filter(|it| (1..=1_000_000).contains(it)).ok_or_else(wrong)?;
        let count = i64::try_from(count).map_err(|_| wrong())?;
        let secs = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            "w" => 604_800,
            "mo" | "M" if count <= MONTHS_MAX => return Ok(Self::Months(count)),
            _ => return Err(wrong()),
        };
        let secs = count.checked_mul(secs).filter(|it| *it < 9_000_000_000).ok_or_else(wrong)?;
        Ok(Self::Fixed(Span::from_secs(secs)))
    }

    /// The end of a bar that opened then; a bar of months opens on the first of one, at midnight.
    pub(super) fn after(self, open_at: Timestamp) -> Result<Timestamp, Fault> {
        match self {
            Self::Fixed(span) => Ok(open_at.saturating_add(span)),
            Self::Months(count) => months_from(open_at, count),
        }
    }

    /// The end of a bar that was told to close then: Binance and others give the last moment that belongs to it, one unit of their
    /// clock before the next one opens (`1738368059999` for the minute that ends at `1738368060000`).
    pub(super) fn end_told_by(self, close_at: Timestamp) -> Timestamp {
        const UNITS: [i64; 4] = [1, 1_000, 1_000_000, 1_000_000_000];
        const DAY: Span = Span::from_secs(86_400);
        let is_end = |at: Timestamp, unit: i64| match self {
            Self::Fixed(span) if span.nanos() < 60 * unit => false,
            Self::Fixed(span) if span.nanos() % DAY.nanos() == 0 => at.candle_start(DAY) == at,
            Self::Fixed(span) => at.candle_start(span) == at,
            Self::Months(_) => months_from(at, 0).is_ok(),
        };
        let behind = UNITS.map(|unit| (close_at.saturating_add(Span::from_nanos(unit)), unit));
        behind.into_iter().find(|&(end, unit)| is_end(end, unit)).map_or(close_at, |it| it.0)
    }

    /// The start of a bar that ended then.
    pub(super) fn before(self, close_at: Timestamp) -> Result<Timestamp, Fault> {
        match self {
            Self::Fixed(span) => Ok(close_at.saturating_add(Span::from_nanos(-span.nanos()))),
            Self::Months(count) => months_from(close_at, -count),
        }
    }
}

/// Months of one bar, at most: a century.
const MONTHS_MAX: i64 = 1_200;

fn months_from(at: Timestamp, count: i64) -> Result<Timestamp, Fault> {
    let wrong = || {
        let expected = "the first of a month at midnight UTC, where bars of months begin and end";
        Fault::field("time", expected, at.to_string().as_bytes())
    };
    let (year, month, day) = at.date();
    if day != 1 || Timestamp::from_date(year, month, day) != Some(at) {
        return Err(wrong());
    }
    let months = year * 12 + i64::from(month) - 1 + count;
    let month = u32::try_from(months.rem_euclid(12)).map_err(|_| wrong())? + 1;
    Timestamp::from_date(months.div_euclid(12), month, 1).ok_or_else(wrong)
}

/// The first eight digits in a row in a file name that are a day.
fn day_in_name(path: &Path) -> Option<Timestamp> {
    let name = path.file_name()?.as_encoded_bytes();
    name.windows(8).filter(|it| it.iter().all(u8::is_ascii_digit)).find_map(datetime)
}
