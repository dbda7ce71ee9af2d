//! Answers to questions about a table of prices or returns, without any trading: how volatile, how deep can it fall, what
//! do tests say, which weights. The mathematics is in `quant` and `allocate`; here the table is read and the answer laid
//! out.

pub mod ahead;
pub mod calibration;
pub mod changes;
pub mod cointegration;
pub mod copula;
pub mod correlations;
pub mod differences;
pub mod forecast;
pub mod frontier;
pub mod labels;
pub mod limits;
pub mod moments;
pub mod plan;
pub mod portfolio;
pub mod realised;
pub mod regimes;
pub mod risk;
pub mod simulate;
pub mod sizing;
pub mod snooping;
pub mod splits;
pub mod statistics;
pub mod stress;
pub mod volatility;

mod charts;
mod files;
mod holes;
mod programme;
mod repeated;
mod views;
mod weights;
mod world;

use scalp_report::data::{Better, Figure, Unit, Value};
use scalp_tables::panel::{Holds, Missing, Panel, PanelPlan};
use scalp_tables::reader::ReadError;
use scalp_types::Timestamp;
use std::path::Path;

const DAY_NS: i64 = 86_400_000_000_000;
const YEAR_DAYS: f64 = 365.0;
/// Trading days in a year of markets that close at weekends.
const BUSINESS_DAYS: f64 = 252.0;
const WEEK_DAYS: i64 = 7;
/// 1970 began on a Thursday, the fourth day of a week that begins on Monday.
const FIRST_WEEKDAY: i64 = 3;
const SATURDAY: i64 = 5;
/// A return of one step beyond this is an error in the table.
const RETURN_MAX: f64 = 1e6;
/// A series is regular when steps of the usual length fill at least this share of its time.
const REGULAR_SHARE: f64 = 0.95;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The table cannot be used.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A statistic cannot be given.
    #[error("{what}: {why}{}", remedy(.why))]
    Quant {
        /// Of which series, or what was asked.
        what: String,
        /// Why.
        why: scalp_quant::Error,
    },
    /// A portfolio cannot be given.
    #[error("{0}")]
    Allocate(String),
    /// What was asked does not fit the table.
    #[error("{0}")]
    Asked(String),
}

impl StudyError {
    fn of(what: &str) -> impl FnOnce(scalp_quant::Error) -> Self {
        let what = what.to_owned();
        move |why| Self::Quant { what, why }
    }
}

/// What helps against it.
fn remedy(why: &scalp_quant::Error) -> &'static str {
    use scalp_quant::Error;
    match why {
        Error::TooShort { .. } => "; take a table with more rows",
        Error::Constant { .. } => "; leave such a column out, with --column for each of the others",
        _ => "",
    }
}

/// How a table is read.
#[derive(Debug, Clone)]
pub struct SampleArgs {
    /// The table holds simple returns and not prices.
    pub is_returns: bool,
    /// The columns wanted; all when empty.
    pub columns: Vec<String>,
    /// What is done about cells without a value.
    pub missing: Missing,
    /// How long a year is.
    pub year: Year,
}

/// How many steps a year has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Year {
    /// Nothing is told by the year.
    Unasked,
    /// As many as the times say.
    OfTimes,
    /// So many.
    Of(f64),
}

impl Year {
    /// Steps in a year of a table, and how that was found where the reader must know.
    fn steps(self, times: &[Timestamp]) -> Result<(f64, Option<String>), String> {
        match (self, steps_per_year(times)) {
            (Self::Of(it), _) if it > 0.0 && it.is_finite() => Ok((it, None)),
            (Self::Of(it), _) => Err(format!("--periods-per-year: expected above 0, got {it}")),
            (Self::Unasked, found) => Ok((found.map_or(1.0, |it| it.0), None)),
            (Self::OfTimes, Some((found, how))) => {
                Ok((found, Some(format!("{} a year: {how}.", count(found, "period")))))
            }
            (Self::OfTimes, None) => Err(
                "the table has no two times, so that the periods per year must be given (--periods-per-year 365 for days)".into(),
            ),
        }
    }
}

/// Simple returns of some assets over the same steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Name of the table's file.
    pub table: String,
    /// Names of the assets.
    pub names: Vec<String>,
    /// When each return was complete; empty when the table has no times.
    pub times: Vec<Timestamp>,
    /// Simple returns by asset.
    pub returns: Vec<Vec<f64>>,
    /// Prices by asset, one more than returns; none where returns were given.
    pub prices: Option<Vec<Vec<f64>>>,
    /// Steps in a year; where none was asked for and the times do not tell, 1.
    pub per_year: f64,
    /// What the reader must know.
    pub notes: Vec<String>,
}

impl Sample {
    /// Reads a table.
    pub fn read(path: &Path, args: &SampleArgs) -> Result<Self, StudyError> {
        let holds = if args.is_returns { Holds::Returns } else { Holds::Prices };
        let plan = PanelPlan { holds, missing: args.missing, columns: args.columns.clone() };
        let panel = Panel::read(path, &plan)?;
        let mut notes = Vec::new();
        if panel.dropped > 0 {
            notes.push(format!("{} without a value left out.", count(panel.dropped, "row")));
        }
        if panel.carried > 0 {
            let with = if args.is_returns { "a return of zero" } else { "that before it" };
            notes.push(format!("{} missing, each taken as {with}.", count(panel.carried, "value")));
        }
        let file = path.display();
        let mut panel = panel;
        if !args.is_returns && panel.series[0].len() < 2 {
            return Err(StudyError::Asked(format!(
                "{file}: one row of prices makes no return: give at least two"
            )));
        }
        notes.extend(
            holes::mend(&mut panel, args).map_err(|why| StudyError::Asked(format!("{file}: {why}")))?,
        );
        let (per_year, how) =
            args.year.steps(&panel.times).map_err(|why| StudyError::Asked(format!("{file}: {why}")))?;
        notes.extend(how);
        let table = path.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
        let Panel { mut times, names, series, .. } = panel;
        let (returns, prices) = if args.is_returns {
            (series, None)
        } else {
            let simple = |prices: &Vec<f64>| prices.windows(2).map(|it| it[1] / it[0] - 1.0).collect();
            if !times.is_empty() {
                times.remove(0);
            }
            (series.iter().map(simple).collect(), Some(series))
        };
        let sample = Self { table, names, times, returns, prices, per_year, notes };
        sample.believable().map_err(|why| StudyError::Asked(format!("{file}: {why}")))?;
        Ok(sample)
    }

    /// That no return is beyond what a market does: a price with a slipped point, or one of another asset.
    fn believable(&self) -> Result<(), String> {
        for (name, returns) in self.names.iter().zip(&self.returns) {
            if let Some(at) = returns.iter().position(|it| !(*it > -1.0 && *it < RETURN_MAX)) {
                let row = match self.times.get(at) {
                    Some(time) => minute(*time),
                    None => format!("row {} of values", at + 1 + usize::from(self.prices.is_some())),
                };
                return Err(format!(
                    "{name}, {row}: a return of {:.3e} in one step is no market's: mend the cell, or empty it and say what is done about missing values (--missing)",
                    returns[at]
                ));
            }
        }
        Ok(())
    }

    /// Which table, how many returns, and from when to when.
    pub fn described(&self) -> String {
        let period = match (self.times.first(), self.times.last()) {
            (Some(first), Some(last)) => format!(", {} to {} UTC", minute(*first), minute(*last)),
            _ => ", without times".into(),
        };
        let assets = match self.names.len() {
            1 => String::new(),
            n => format!(" of each of {n} columns"),
        };
        format!("{}: {}{assets}{period}", self.table, count(self.steps(), "return"))
    }

    /// How many returns each asset has.
    pub fn steps(&self) -> usize {
        self.returns.first().map_or(0, Vec::len)
    }

    /// Logarithmic returns of one asset.
    pub fn log_returns(&self, asset: usize) -> Vec<f64> {
        self.returns[asset].iter().map(|it| libm::log1p(*it)).collect()
    }

    /// The only asset, or a refusal that names those there are.
    pub fn single(&self) -> Result<usize, StudyError> {
        match &self.names[..] {
            [_] => Ok(0),
            names => Err(StudyError::Asked(format!(
                "this is asked of one column, the table has {}: name one with --column",
                scalp_tables::panel::listed(names)
            ))),
        }
    }
}

/// Steps in a year, and how that was found; none without two times.
fn steps_per_year(times: &[Timestamp]) -> Option<(f64, String)> {
    let mut gaps: Vec<i64> = times.windows(2).map(|it| it[1].nanos() - it[0].nanos()).collect();
    gaps.sort_unstable();
    let usual = *gaps.get(gaps.len() / 2)?;
    if usual == DAY_NS && !times.iter().any(|it| is_weekend(*it)) && times.len() > WEEK_DAYS as usize {
        return Some((BUSINESS_DAYS, "days without weekends".into()));
    }
    let months = [28, 31].map(|it| it * DAY_NS);
    if (months[0]..=months[1]).contains(&usual) {
        return Some((12.0, "months".into()));
    }
    let year = YEAR_DAYS * DAY_NS as f64;
    let span = (times.last()?.nanos() - times.first()?.nanos()) as f64;
    if usual as f64 * gaps.len() as f64 >= REGULAR_SHARE * span {
        return Some((year / usual as f64, format!("one every {} of 365 days", duration(usual))));
    }
    let found = (gaps.len() as f64 * year / span).round().max(1.0);
    Some((found, "as many as there are in a year of this table, whose gaps differ".into()))
}

/// A key figure of a page, with its definition.
fn figure<E: std::fmt::Display>(name: &str, unit: Unit, value: Result<f64, E>, note: &str) -> Figure {
    let value = value.map_or_else(|why| Value::Missing(why.to_string()), Value::Known);
    Figure { name: name.into(), value, unit, interval: None, better: Better::default(), note: note.into() }
}

/// A number with its noun: `1 step`, `3 steps`, `2 strategies`.
fn count(number: impl std::fmt::Display, noun: &str) -> String {
    let number = number.to_string();
    match noun.strip_suffix('y') {
        _ if number == "1" => format!("{number} {noun}"),
        Some(stem) if !noun.ends_with("ay") => format!("{number} {stem}ies"),
        _ => format!("{number} {noun}s"),
    }
}

/// A time to the minute, or its day alone at midnight.
fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    let (day, rest) = text.split_once('T').unwrap_or((&text, ""));
    match rest.get(..5) {
        None | Some("00:00") => day.to_owned(),
        Some(clock) => format!("{day} {clock}"),
    }
}

fn is_weekend(at: Timestamp) -> bool {
    (at.day() + FIRST_WEEKDAY).rem_euclid(WEEK_DAYS) >= SATURDAY
}

fn duration(nanos: i64) -> String {
    let seconds = nanos as f64 / 1e9;
    match seconds {
        it if it >= 86_400.0 => format!("{} d", it / 86_400.0),
        it if it >= 3_600.0 => format!("{} h", it / 3_600.0),
        it if it >= 60.0 => format!("{} min", it / 60.0),
        it => format!("{it} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(every: i64, skip_weekends: bool) -> Vec<Timestamp> {
        let all = (0..400).map(|it| Timestamp::from_nanos(it * every));
        all.filter(|it| !skip_weekends || (it.day() + 3).rem_euclid(7) < 5).collect()
    }

    #[test]
    fn a_year_has_as_many_steps_as_its_market_is_open() {
        let found = |times: &[Timestamp]| steps_per_year(times).unwrap().0;
        let is = |times: &[Timestamp], wanted: f64| (found(times) - wanted).abs() < 1e-9;
        assert!(is(&days(DAY_NS, false), 365.0));
        assert!(is(&days(DAY_NS, true), 252.0));
        assert!(is(&days(DAY_NS / 24, false), 8_760.0));
        assert!(is(&days(30 * DAY_NS, false), 12.0));
        let weekdays = found(&days(DAY_NS / 24, true));
        assert!(weekdays < 8_760.0 && weekdays > 0.6 * 8_760.0, "{weekdays}");
        assert_eq!(steps_per_year(&days(DAY_NS, false)[..1]), None);
    }
}
