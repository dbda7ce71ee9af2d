//! A series from outside: how it is asked for, which column of a file it is, and when each of its values is known.

use super::FeaturesError;
use super::lengths;
use super::raw::Raw;
use super::table::{Holds, Series, Table, last_row};
use scalp_features::expr;
use scalp_features::{Observation, Outside};
use scalp_indicators::Nearest;
use scalp_tables::lengths::{Lengths, commonest};
use scalp_tables::reader::ReadError;
use scalp_types::Timestamp;
use std::path::PathBuf;

/// Names of a column of the times at which the values of a series could be known.
pub(super) const PUBLISHED_NAMES: [&str; 6] =
    ["published_at", "published", "known_at", "available_at", "release_time", "publication_time"];

/// A series ends early when it says nothing for this many of its longest gaps before the rows end.
pub(super) const GAPS_MAX: i64 = 2;

/// A series from outside as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct With {
    /// The option that names it, for errors.
    pub option: &'static str,
    /// The name by which items read it.
    pub name: String,
    /// Where it stands.
    pub file: PathBuf,
    /// Its column; of candles the close where it is not named.
    pub column: Option<String>,
    /// The column of the times of publication.
    pub published: Option<String>,
    /// So much later than its time a value is published, nanoseconds.
    pub delay: Option<i64>,
    /// A value older than this is absent, nanoseconds.
    pub age: Option<i64>,
}

impl With {
    /// Reads `NAME=FILE` and what follows it: `,column=NAME`, `,published=NAME`, `,delay=10m`, `,age=1h`.
    pub fn parse(option: &'static str, text: &str) -> Result<With, String> {
        let mut parts = text.split(',');
        let (name, file) = parts
            .next()
            .and_then(|it| it.split_once('='))
            .filter(|it| !it.0.trim().is_empty() && !it.1.trim().is_empty())
            .ok_or_else(|| format!("expected NAME=FILE, such as funding=funding.csv, got {text:?}"))?;
        let mut with = With {
            option,
            name: name.trim().to_owned(),
            file: file.trim().into(),
            column: None,
            published: None,
            delay: None,
            age: None,
        };
        for part in parts {
            let (key, value) = part
                .split_once('=')
                .map(|it| (it.0.trim(), it.1.trim()))
                .ok_or_else(|| format!("{name}: expected KEY=VALUE, got {part:?}"))?;
            let length = || {
                let expected =
                    || format!("{name}: {key}: expected a length of time such as 10m, got {value:?}");
                expr::span(value).ok_or_else(expected)
            };
            match key {
                "column" => with.column = Some(value.to_owned()),
                "published" => with.published = Some(value.to_owned()),
                // Known at once.
                "delay" if value == "0s" => with.delay = Some(0),
                "delay" => with.delay = Some(length()?),
                "age" => with.age = Some(length()?),
                _ => {
                    let known = ["column", "published", "delay", "age"];
                    let nearest = Nearest::among(key, known.into_iter());
                    return Err(format!(
                        "{name}: unknown key {key:?}{nearest}; there are {}",
                        known.join(", ")
                    ));
                }
            }
        }
        if with.published.is_some() && with.delay.is_some() {
            return Err(format!("{name}: published and delay exclude each other"));
        }
        Ok(with)
    }
}

pub(super) fn add_series(table: &mut Table, with: &With) -> Result<(), FeaturesError> {
    let (read, remark) = series(with)?;
    if table.beside.series.iter().any(|other| other.outside.name == read.outside.name) {
        return Err(asked(with, "the series is named twice"));
    }
    reaches(with, &read, table)?;
    table.beside.remarks.extend(remark);
    table.beside.series.push(read);
    Ok(())
}

fn asked(with: &With, what: impl std::fmt::Display) -> FeaturesError {
    FeaturesError::table(&with.file, format!("{} {}: {what}", with.option, with.name))
}

/// A series as a schema knows it, and its values in the order of their publication.
pub fn observations(with: &With) -> Result<(Outside, Vec<Observation>), FeaturesError> {
    series(with).map(|(it, _)| (it.outside, it.observations))
}

/// The values of a series. Of candles they are known at the end of each, else at the time of publication, or the delay after
/// their time. Beside it what should be known of how it was read.
fn series(with: &With) -> Result<(Series, Option<String>), FeaturesError> {
    let path = with.file.as_path();
    let raw = Raw::read(path)?;
    raw.named(path)?;
    let time_at = raw.time_place(path)?;
    let at = match &with.column {
        Some(name) => place(with, &raw, name)?,
        None if is_candles(&raw) => place(with, &raw, "close")?,
        None => only(with, &raw, time_at)?,
    };
    let events = moments(with, &raw, time_at)?;
    let known = known_at(with, &raw, time_at)?;
    let mut observations = Vec::new();
    for (row, value) in raw.numbers(path, at)?.into_iter().enumerate().filter(|it| it.1.is_finite()) {
        let (event_at, published_at) = (events[row], known[row]);
        observations.push(Observation { event_at, published_at, value });
    }
    observations.sort_by_key(|it| it.published_at);
    let origin = format!("{} {}", raw.names[at], known_when(with, &raw));
    let is_by_end = is_candles(&raw) && (with.delay.is_some() || published(with, &raw).is_none());
    let remark =
        if is_by_end { lengths::remark(&Lengths::of_file(path, &events), &events, |_| path) } else { None };
    let outside = Outside { name: with.name.clone(), age_max: with.age, origin };
    Ok((Series { outside, observations }, remark))
}

fn place(with: &With, raw: &Raw, name: &str) -> Result<usize, FeaturesError> {
    raw.place(name).ok_or_else(|| {
        let nearest = Nearest::among(name, raw.names.iter().map(String::as_str));
        asked(with, format!("no column {name:?}{nearest}; there are {}", raw.names.join(", ")))
    })
}

pub(super) fn is_candles(raw: &Raw) -> bool {
    ["open", "high", "low", "close"].iter().all(|it| raw.place(it).is_some())
}

/// The column of the times of publication, if there is one.
pub(super) fn published(with: &With, raw: &Raw) -> Option<usize> {
    match &with.published {
        Some(name) => raw.place(name),
        None => raw.any(&PUBLISHED_NAMES),
    }
}

/// The time of each row. Where a column tells when rows were known they may stand in the order of that.
fn moments(with: &With, raw: &Raw, time_at: usize) -> Result<Vec<i64>, FeaturesError> {
    let is_told = with.delay.is_none() && published(with, raw).is_some();
    if is_told { raw.moments(&with.file, time_at) } else { raw.times(&with.file, time_at) }
}

/// When each row was known.
pub(super) fn known_at(with: &With, raw: &Raw, time_at: usize) -> Result<Vec<i64>, FeaturesError> {
    let path = with.file.as_path();
    if let Some(name) = &with.published {
        place(with, raw, name)?;
    }
    let events = moments(with, raw, time_at)?;
    let known = match published(with, raw).filter(|_| with.delay.is_none()) {
        Some(column) => {
            let known = raw.moments(path, column)?;
            ends_before(raw, &events, &known).map_err(|what| asked(with, what))?;
            known
        }
        None => {
            if with.delay.is_none() && !is_candles(raw) && !raw.is_of_moments(&events) {
                return Err(untold(with, &events));
            }
            let delay = with.delay.unwrap_or(0);
            let ends =
                if is_candles(raw) { ends_of_candles(with, raw, time_at, &events)? } else { events.clone() };
            ends.into_iter().map(|it| it.saturating_add(delay)).collect()
        }
    };
    if let Some(row) = (0..known.len()).find(|&row| known[row] < events[row]) {
        let line = raw.lines[row];
        return Err(asked(with, format!("line {line}: published before the time that it is about")));
    }
    Ok(known)
}

/// No candle is published before it ends. Where no length holds throughout, each ends after that of most, or when the next one
/// starts; where no length is that of half of them, as of bars that trades close, nothing tells an end. Of candles that may be longer
/// than most the publication itself tells it. Rows of one time tell of a candle as it grows, and then each of them may be of its own
/// moment.
pub(super) fn ends_before(raw: &Raw, events: &[i64], known: &[i64]) -> Result<(), String> {
    // Exchanges give the last unit of time before the end: a second, or a part of shorter candles.
    const SECOND: i64 = 1_000_000_000;
    const PART: i64 = 10;
    let mut sorted = events.to_vec();
    sorted.sort_unstable();
    let mut times = sorted.clone();
    times.dedup();
    if !is_candles(raw) || times.len() < 2 {
        return Ok(());
    }
    let lengths = Lengths::of(&times);
    let is_of_half = |length: &i64| {
        let like = times.windows(2).filter(|it| it[1] - it[0] == *length).count();
        like > 1 && 2 * like >= times.len() - 1
    };
    let Some(length) = lengths.span.or_else(|| commonest(&times).filter(is_of_half)) else { return Ok(()) };
    let end = |time: i64| {
        let at = times.binary_search(&time).ok()?;
        Some(lengths.close_at[at].min(time.saturating_add(length)))
    };
    let grows = |time: i64| {
        let at = sorted.partition_point(|it| *it < time);
        sorted.get(at + 1) == Some(&time)
    };
    for (row, (time, known)) in events.iter().zip(known).enumerate() {
        let Some(end) = end(*time).filter(|end| *known < end.saturating_sub(SECOND.min((end - time) / PART)))
        else {
            continue;
        };
        if grows(*time) {
            continue;
        }
        return Err(format!(
            "line {}: published at {}, before its candle of {} ends: expected {} or later",
            raw.lines[row],
            Timestamp::from_nanos(*known),
            expr::span_text(end - time),
            Timestamp::from_nanos(end)
        ));
    }
    Ok(())
}

/// Of candles of no one length the end is when the next one begins: where two begin at once the first would be known at its start,
/// and of one alone nothing tells when it ends.
fn ends_of_candles(
    with: &With,
    raw: &Raw,
    time_at: usize,
    events: &[i64],
) -> Result<Vec<i64>, FeaturesError> {
    if let Some(row) = events.windows(2).position(|it| it[0] == it[1]) {
        let cell = raw.cells[time_at].text(row + 1);
        let (line, name) = (raw.lines[row + 1], &raw.names[time_at]);
        let expected = "a later time than that of the candle before";
        return Err(ReadError::field(&with.file, line, name, expected, cell.as_bytes()).into());
    }
    if events.len() == 1 {
        let what = "of one candle it is not told when it ends: expected two or more, or published=COLUMN";
        return Err(asked(with, what));
    }
    Ok(Lengths::of_file(&with.file, events).close_at)
}

/// A row that is neither a candle nor a moment may stand for the time that begins with it, as a day's sum does and what is
/// computed of candles: it would be known before it could be. However its rows are spaced, the file must say it.
fn untold(with: &With, events: &[i64]) -> FeaturesError {
    let length = commonest(events).map_or("LENGTH".to_owned(), expr::span_text);
    let what = format!(
        "each of its rows may stand for the time that begins with it: say when it is known, as with delay={length} at the end of \
         that time, delay=0s at once, or published=COLUMN"
    );
    asked(with, what)
}

/// When a value is known, as the hash of a schema has it: two series of one file that differ in it are two.
fn known_when(with: &With, raw: &Raw) -> String {
    let of = if is_candles(raw) { "end" } else { "time" };
    match (with.delay, published(with, raw)) {
        (Some(delay), _) => format!("{of} + {delay}"),
        (None, Some(at)) => format!("published {}", raw.names[at]),
        (None, None) => of.to_owned(),
    }
}

/// The one column that a series can be.
fn only(with: &With, raw: &Raw, time_at: usize) -> Result<usize, FeaturesError> {
    let published = published(with, raw);
    if let Some(at) = raw.place(&with.name) {
        return Ok(at);
    }
    let others: Vec<usize> = (0..raw.names.len())
        .filter(|&at| at != time_at && Some(at) != published && !raw.names[at].is_empty())
        .collect();
    match others[..] {
        [at] => Ok(at),
        _ => {
            let names: Vec<&str> = others.iter().map(|&at| raw.names[at].as_str()).collect();
            Err(asked(with, format!("say which column, as in column=NAME; there are {}", names.join(", "))))
        }
    }
}

/// A series speaks while the rows go on; where it ends early it is said after which age its last value is absent.
fn reaches(with: &With, series: &Series, table: &Table) -> Result<(), FeaturesError> {
    let known = || series.observations.iter().map(|it| it.published_at);
    let (Some(first), Some(last)) = (known().next(), known().next_back()) else {
        return Err(asked(with, "expected at least one value, got none"));
    };
    if matches!(table.holds, Holds::Events(_)) {
        let what =
            "expected age=LENGTH too, after which a value is absent: where events end is not known before";
        return if with.age.is_some() { Ok(()) } else { Err(asked(with, what)) };
    }
    let (begin, end) = (table.times[0], last_row(table));
    let time = |ns: i64| scalp_types::Timestamp::from_nanos(ns);
    if first > end {
        let what = format!("begins to be known at {}, and the rows end at {}", time(first), time(end));
        return Err(asked(with, what));
    }
    let gap = known().zip(known().skip(1)).map(|it| it.1 - it.0).max().unwrap_or(0);
    let is_short = end.saturating_sub(last) > gap.saturating_mul(GAPS_MAX);
    if with.age.is_none() && (is_short || last < begin) {
        let what = format!(
            "ends early: its last value was known at {}, and the rows go on until {}; say age=LENGTH, after which a value is absent",
            time(last),
            time(end)
        );
        return Err(asked(with, what));
    }
    Ok(())
}
