//! Several files as one table: parts of one kind joined in order of time, trades and books beside candles, series from
//! outside as of their publication.

use super::FeaturesError;
use super::cells::Cells;
use super::lengths;
use super::read::read;
use super::series::{GAPS_MAX, With, add_series};
use super::table::{Books, Holds, Table, last_row};
use scalp_tables::lengths::{Lengths, Part};
use scalp_tables::text::{TimeUnit, unsigned};
use std::path::{Path, PathBuf};

/// Files of a folder that are read; others are passed over, and named.
const ENDINGS: [&str; 8] = ["csv", "tsv", "txt", "parquet", "gz", "zst", "zip", "events"];

/// Tables in a form that is not read, or under another ending: a folder that holds one would be read in part.
const PACKED: [&str; 12] = ["xz", "bz2", "7z", "rar", "lz4", "lzma", "br", "z", "tgz", "tar", "zstd", "pq"];

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
    for other in tables {
        let path = other.first().map_or(Path::new("--input"), |it| it.0.as_path());
        let other = joined(other)?;
        same_instrument(&table, &other, first, path)?;
        remarks.extend(beside(path, &other.times, &table)?);
        table.beside.choose_as(&other.beside);
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
    let (mut begins, mut is_mixed) = (vec![(0, first.as_path())], false);
    let mut is_known = whole.beside.known.is_some();
    for (path, part) in parts {
        is_known &= part.beside.known.is_some();
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
        begins.push((whole.times.len(), path));
        append(&mut whole, part, before, path)?;
        before = path;
    }
    if is_mixed {
        whole.written = Cells::Whole(whole.times.clone());
    }
    if let Holds::Bars { span, close_at, .. } = &mut whole.holds {
        let parts: Vec<Part> = begins.iter().map(|it| Part::of(it.0, it.1)).collect();
        let found = Lengths::of_parts(&whole.times, &parts);
        let file = |row: usize| begins[parts.partition_point(|it| it.from <= row) - 1].1;
        if !is_known {
            whole.beside.remarks.extend(lengths::remark(&found, &whole.times, file));
        }
        (*span, *close_at) = (found.span, found.close_at);
    }
    whole.settle_known();
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
    if whole.beside.known.is_some() || part.beside.known.is_some() {
        whole.beside.known = Some([whole.known(), part.known()].concat());
    }
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
    whole.beside.choose_as(&part.beside);
    whole.beside.mended.add(part.beside.mended);
    whole.beside.unread_book = whole.beside.unread_book.take().or(part.beside.unread_book);
    for (name, fault) in part.beside.unreadable {
        whole.beside.unreadable.entry(name).or_insert(fault);
    }
    whole.times.extend(part.times);
    whole.written.append(part.written);
    Ok(())
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::needless_range_loop,
    reason = "tests only: rows are compared across columns"
)]
mod tests;
