//! Several files as one table: parts of one kind joined in order of time, trades and books beside candles, series from
//! outside as of their publication.

use super::FeaturesError;
use super::cells::Cells;
use super::read::{Books, Holds, Raw, Series, Table, ends, read, span};
use scalp_features::expr;
use scalp_features::{Observation, Outside};
use scalp_indicators::Nearest;
use scalp_tables::text::{TimeUnit, unsigned};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Names of a column of the times at which the values of a series could be known.
pub(super) const PUBLISHED_NAMES: [&str; 6] =
    ["published_at", "published", "known_at", "available_at", "release_time", "publication_time"];
/// Files of a folder that are read; others are passed over, and named.
const ENDINGS: [&str; 8] = ["csv", "tsv", "txt", "parquet", "gz", "zst", "zip", "events"];
/// Tables in a form that is not read, or under another ending: a folder that holds one would be read in part.
const PACKED: [&str; 12] = ["xz", "bz2", "7z", "rar", "lz4", "lzma", "br", "z", "tgz", "tar", "zstd", "pq"];
/// A series ends early when it says nothing for this many of its longest gaps before the rows end.
const GAPS_MAX: i64 = 2;

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

/// Reads files and folders of them as one table, and what lies beside. The rows are the candles where there are any, else the
/// trades, else the books.
pub fn read_all(inputs: &[PathBuf], with: &[With]) -> Result<Table, FeaturesError> {
    let (files, mut remarks) = files(inputs)?;
    let (mut candles, mut trades, mut books) = (Vec::new(), Vec::new(), Vec::new());
    for path in &files {
        let mut table = match read(path) {
            // A day without a trade is a day.
            Err(FeaturesError::NoRows(_)) if files.len() > 1 => {
                remarks.push(format!("{}: no row below the names of the columns", path.display()));
                continue;
            }
            read => read?,
        };
        let kind = match &table.holds {
            Holds::Bars { .. } => &mut candles,
            Holds::Trades(_) => &mut trades,
            Holds::Books { .. } => &mut books,
            Holds::Events(_) if files.len() == 1 => {
                for it in with {
                    add_series(&mut table, it)?;
                }
                table.beside.remarks.extend(remarks);
                return Ok(table);
            }
            Holds::Events(_) => {
                let what = "an event file stands alone: expected no other file beside it";
                return Err(FeaturesError::table(path, what));
            }
        };
        kind.push((path, table));
    }
    let mut tables = [candles, trades, books].into_iter().filter(|it| !it.is_empty());
    let nothing = || FeaturesError::table(Path::new("--input"), "expected a file with at least one row");
    let rows = tables.next().ok_or_else(nothing)?;
    let first = rows.first().map_or(Path::new("--input"), |it| it.0.as_path());
    let mut table = joined(rows)?;
    if let Holds::Bars { span: None, .. } = table.holds {
        remarks.extend(uneven(first, &table.times));
    }
    for other in tables {
        let path = other.first().map_or(Path::new("--input"), |it| it.0.as_path());
        let other = joined(other)?;
        same_instrument(&table, &other, first, path)?;
        remarks.extend(beside(path, &other.times, &table)?);
        table.beside.mended.add(other.beside.mended);
        match other.holds {
            Holds::Trades(prints) => table.beside.trades = prints,
            Holds::Books { levels, bids, asks } => {
                table.beside.books = Some(Books { times: other.times, levels, bids, asks });
            }
            Holds::Bars { .. } | Holds::Events(_) => {}
        }
    }
    for it in with {
        add_series(&mut table, it)?;
    }
    table.beside.remarks.extend(remarks);
    Ok(table)
}

/// Of candles of no one length: which is the first that another length would fit, and what follows of it.
pub(super) fn uneven(path: &Path, times: &[i64]) -> Option<String> {
    let most = commonest(times)?;
    let at = times.windows(2).position(|it| (it[1] - it[0]) % most != 0);
    let at = at.or_else(|| times.windows(2).position(|it| it[1] - it[0] != most))?;
    let (time, step) = (scalp_types::Timestamp::from_nanos(times[at]), times[at + 1] - times[at]);
    Some(format!(
        "{}: its candles are of no one length (most are {}, and the one of {time} is followed after {}): each is taken as known \
         when the next one starts",
        path.display(),
        expr::span_text(most),
        expr::span_text(step)
    ))
}

/// The step between two times that is most common, of equally common ones the shortest.
fn commonest(times: &[i64]) -> Option<i64> {
    let mut counts = BTreeMap::new();
    for pair in times.windows(2).filter(|it| it[1] > it[0]) {
        *counts.entry(pair[1] - pair[0]).or_insert(0_usize) += 1;
    }
    counts.iter().max_by_key(|it| (*it.1, Reverse(*it.0))).map(|it| *it.0)
}

/// Trades or books beside the rows speak of the same time; a remark where they end early, as a series does that is refused.
fn beside(path: &Path, times: &[i64], table: &Table) -> Result<Option<String>, FeaturesError> {
    let (Some(&first), Some(&last)) = (times.first(), times.last()) else { return Ok(None) };
    let (begin, end) = (table.times[0], last_row(table));
    let time = |ns: i64| scalp_types::Timestamp::from_nanos(ns);
    if first > end || last < begin {
        let what = format!(
            "is of {} to {}, and the rows are of {} to {}: expected the same time",
            time(first),
            time(last),
            time(begin),
            time(end)
        );
        return Err(FeaturesError::table(path, what));
    }
    let gap = times.windows(2).map(|it| it[1] - it[0]).max().unwrap_or(0);
    let is_short = end.saturating_sub(last) > gap.saturating_mul(GAPS_MAX);
    Ok(is_short.then(|| {
        format!(
            "{} ends at {}, and the rows go on until {}: what it told last stands still from then on",
            path.display(),
            time(last),
            time(end)
        )
    }))
}

/// When the last row was known.
fn last_row(table: &Table) -> i64 {
    let rows = table.times.len() - 1;
    match &table.holds {
        Holds::Bars { close_at, .. } => close_at[rows],
        Holds::Trades(_) | Holds::Books { .. } | Holds::Events(_) => table.times[rows],
    }
}

fn add_series(table: &mut Table, with: &With) -> Result<(), FeaturesError> {
    let (read, remark) = series(with)?;
    if table.beside.series.iter().any(|other| other.outside.name == read.outside.name) {
        return Err(asked(with, "the series is named twice"));
    }
    reaches(with, &read, table)?;
    table.beside.remarks.extend(remark);
    table.beside.series.push(read);
    Ok(())
}

/// The files, those of a folder in its place, and what is to be said of the others in it.
fn files(inputs: &[PathBuf]) -> Result<(Vec<PathBuf>, Vec<String>), FeaturesError> {
    let (mut all, mut remarks): (Vec<PathBuf>, Vec<String>) = (Vec::new(), Vec::new());
    for input in inputs {
        if !input.is_dir() {
            all.push(input.clone());
            continue;
        }
        let fault = |e: std::io::Error| FeaturesError::table(input, format!("cannot be read: {e}"));
        let (mut found, mut passed) = (Vec::new(), Vec::new());
        for entry in std::fs::read_dir(input).map_err(fault)? {
            let entry = entry.map_err(fault)?;
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let ending = path.extension().and_then(|it| it.to_str()).unwrap_or_default().to_ascii_lowercase();
            if path.is_file() && PACKED.contains(&ending.as_str()) {
                let what = "is packed in a way that is not read: expected plain, gzip, zstd or zip";
                return Err(FeaturesError::table(&path, what));
            }
            // What begins with a point is some program's own.
            if path.is_file() && !name.starts_with('.') && ENDINGS.contains(&ending.as_str()) {
                found.push(path);
            } else {
                passed.push(name);
            }
        }
        if found.is_empty() {
            let what =
                format!("expected files that end with {} in this folder, got none", ENDINGS.join(", "));
            return Err(FeaturesError::table(input, what));
        }
        if !passed.is_empty() {
            passed.sort();
            remarks.push(format!("{}: passed over {}", input.display(), some(&passed)));
        }
        found.sort();
        all.extend(found);
    }
    if let Some(at) = (1..all.len()).find(|&at| all[..at].contains(&all[at])) {
        return Err(FeaturesError::table(&all[at], "the file is named twice"));
    }
    Ok((all, remarks))
}

/// The first names, and how many more there are.
fn some(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    if names.len() > SHOWN { format!("{shown} and {} more", names.len() - SHOWN) } else { shown }
}

/// Tables of one kind in order of their times. None begins before the one before it ends.
fn joined(mut parts: Vec<(&PathBuf, Table)>) -> Result<Table, FeaturesError> {
    parts.sort_by_key(|it| it.1.times[0]);
    let mut parts = parts.into_iter();
    let Some((first, mut whole)) = parts.next() else {
        return Err(FeaturesError::table(Path::new("--input"), "expected a file, got none"));
    };
    let mut before = first;
    let (is_alone, mut is_mixed) = (parts.len() == 0, false);
    for (path, part) in parts {
        let last = whole.times.len() - 1;
        let is_bars = matches!(part.holds, Holds::Bars { .. });
        let is_late =
            if is_bars { part.times[0] > whole.times[last] } else { part.times[0] >= whole.times[last] };
        if !is_late {
            let (begins, ends) = (part.written.text(0), whole.written.text(last));
            let what = format!(
                "begins at {begins}, and {} ends at {ends}: expected files one after the other",
                before.display()
            );
            return Err(FeaturesError::table(path, what));
        }
        // Times that are counted in two units, or in one file only, are written in nanoseconds.
        let count = |it: &Table| unsigned(it.written.text(0).as_bytes()).map(TimeUnit::of_magnitude);
        is_mixed |= count(&whole) != count(&part);
        append(&mut whole, part, before, path)?;
        before = path;
    }
    if is_mixed {
        whole.written = Cells::Whole(whole.times.clone());
    }
    if let (false, Holds::Bars { span: length, close_at, .. }) = (is_alone, &mut whole.holds) {
        *length = span(&whole.times);
        *close_at = ends(&whole.times, *length);
    }
    Ok(whole)
}

/// Of two tables that name their instruments both name the same, and so of their exchanges.
fn same_instrument(whole: &Table, part: &Table, before: &Path, path: &Path) -> Result<(), FeaturesError> {
    let of = |it: &Table| [it.beside.instrument.clone(), it.beside.exchange.clone()];
    for pair in of(whole).into_iter().zip(of(part)) {
        if let (Some(one), Some(other)) = pair
            && !one.eq_ignore_ascii_case(&other)
        {
            let what = format!("is of {other}, and {} is of {one}", before.display());
            return Err(FeaturesError::table(path, what));
        }
    }
    Ok(())
}

fn append(whole: &mut Table, part: Table, before: &Path, path: &Path) -> Result<(), FeaturesError> {
    let differs = |what: &str, of: String, than: String| {
        let what = format!("has {what} {of}, and {} has {than}", before.display());
        FeaturesError::table(path, what)
    };
    same_instrument(whole, &part, before, path)?;
    match (&mut whole.holds, part.holds) {
        (
            Holds::Bars { columns, extra, no_volume, .. },
            Holds::Bars { columns: more, extra: others, no_volume: none, .. },
        ) => {
            let of = |extra: &[String], none: bool| {
                let volume = if none { None } else { Some("volume") };
                volume.into_iter().chain(extra.iter().map(String::as_str)).collect::<Vec<_>>().join(", ")
            };
            // A column that only one of two files has as numbers is told by the cell, if that is what is wrong.
            let faults = [(&whole.beside, &others), (&part.beside, &*extra)];
            let fault = faults
                .iter()
                .find_map(|(beside, names)| names.iter().find_map(|it| beside.unreadable.get(it)));
            if let Some(fault) = fault {
                return Err(FeaturesError::Cell(fault.clone()));
            }
            if *extra != others || *no_volume != none {
                return Err(differs("the columns", of(&others, none), of(extra, *no_volume)));
            }
            columns.iter_mut().zip(more).for_each(|(column, more)| column.extend(more));
        }
        (Holds::Trades(all), Holds::Trades(more)) => all.extend(more),
        (Holds::Books { levels, bids, asks }, Holds::Books { levels: more, bids: b, asks: a }) => {
            if *levels != more {
                return Err(differs("levels a side:", more.to_string(), levels.to_string()));
            }
            bids.extend(b);
            asks.extend(a);
        }
        _ => {}
    }
    whole.beside.mended.add(part.beside.mended);
    for (name, fault) in part.beside.unreadable {
        whole.beside.unreadable.entry(name).or_insert(fault);
    }
    whole.times.extend(part.times);
    whole.written.append(part.written);
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
    let is_uneven = is_candles(&raw) && events.len() > 1 && span(&events).is_none();
    let remark = is_uneven.then(|| uneven(path, &events)).flatten();
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
        Some(column) => raw.moments(path, column)?,
        None => {
            if with.delay.is_none() && !is_candles(raw) && !raw.is_of_moments(&events) {
                return Err(untold(with, &events));
            }
            let delay = with.delay.unwrap_or(0);
            let ends = if is_candles(raw) { ends(&events, span(&events)) } else { events.clone() };
            ends.into_iter().map(|it| it.saturating_add(delay)).collect()
        }
    };
    if let Some(row) = (0..known.len()).find(|&row| known[row] < events[row]) {
        let line = raw.lines[row];
        return Err(asked(with, format!("line {line}: published before the time that it is about")));
    }
    Ok(known)
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

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::needless_range_loop,
    reason = "tests only: rows are compared across columns"
)]
mod tests;
