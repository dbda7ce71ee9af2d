//! How long the candles of a file are, by their own times: neither a header nor a name proves it.

use super::Lengths;
use crate::mapping::{Cells, Clock, Column, Mapping, ParquetRows, Row, is_parquet, place};
use crate::reader::ReadError;
use crate::source::Source;
use scalp_types::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const SECOND: i64 = 1_000_000_000;
/// The shortest month, nanoseconds.
const SHORTEST_MONTH: i64 = 28 * 86_400 * SECOND;

/// What a file should be that does not tell the length of its candles.
const TELLING: &str = "candles whose steps tell how long they are, or a name that says it (X-1m.csv)";

/// So many candles in a row that are closer together than the name says would overlap, and are no late ones.
const OVERLAPPING: usize = 3;

/// Candles that stand so far apart that gaps would do it in less than one of so many files are longer ones.
const APART: f64 = 1e-6;

/// Ready-made mappings whose rows begin with the time of a candle that has a length.
const CANDLES: [&str; 8] = [
    "binance-klines",
    "binance-markPriceKlines",
    "freqtrade-bars",
    "freqtrade-mark",
    "ohlcv",
    "ohlcv-dates",
    "ohlcv-long",
    "ohlcv-timestamp",
];

/// Gives a ready-made mapping the length that the candles of this file have: the most frequent step between them, as gaps are
/// rarer than candles. A length that was `said` by the file's name stays, unless candles of that length would overlap or stand so
/// far apart that they are longer. Without one, candles of two lengths in one file are refused, as one alone is: taken for
/// shorter ones they would be known before their end.
pub(crate) fn settle(
    path: &Path,
    name: &str,
    mapping: &mut Mapping,
    said: Option<String>,
) -> Result<(), ReadError> {
    if mapping.span.is_none() || !CANDLES.contains(&name) {
        return Ok(());
    }
    let Times { of_symbols, others, longer } = times(path, mapping);
    let speaks_against = |length: &str, times: &Vec<i64>| {
        let secs = i64::try_from(seconds(length)?).ok()?;
        against(times, secs * SECOND)
    };
    if let Some(said) = said {
        let got = of_symbols.values().chain(&others).find_map(|times| speaks_against(&said, times));
        if let Some(got) = got.or(longer) {
            return Err(ReadError::whole(path, format!("candles of {said}, as its name says"), got));
        }
        mapping.span = Some(said);
        return Ok(());
    }
    let mut lengths = BTreeSet::new();
    for times in of_symbols.values() {
        match length_of(times) {
            Ok(length) => drop(lengths.insert(length)),
            // Of one symbol among others.
            Err(_) if times.len() == 1 && of_symbols.len() > 1 => {}
            Err((expected, got)) => return Err(ReadError::whole(path, expected, got)),
        }
    }
    let mut lengths = lengths.into_iter();
    match (lengths.next(), lengths.next()) {
        (Some(length), None) => {
            let got = others.iter().find_map(|times| speaks_against(&length, times)).or(longer);
            if let Some(got) = got {
                return Err(ReadError::whole(path, format!("candles of one length, most of {length}"), got));
            }
            mapping.span = Some(length);
        }
        (Some(one), Some(other)) => {
            let expected = "candles of one length for all its symbols";
            return Err(ReadError::whole(path, expected, format!("some of {one} and some of {other}")));
        }
        // Of a file without a row, or whose times cannot be read, the reader says what is wrong.
        (None, _) if of_symbols.is_empty() => {}
        (None, _) => {
            return Err(ReadError::whole(path, TELLING, "one candle of each symbol"));
        }
    }
    Ok(())
}

/// The length of the candles that begin at these times; what is expected and what there is instead where they tell none.
fn length_of(times: &[i64]) -> Result<String, (String, String)> {
    let at = |row: usize| Timestamp::from_nanos(times[row]);
    // Candles that all stand at multiples of the least step are of that, however many are missing.
    let least = super::span(times).and_then(|least| length(at(0), times[0].saturating_add(least)));
    let Some(found) = least.map(|it| it.0).or_else(|| commonest_length(times)) else {
        let got = match times.get(1) {
            None => format!("the one of {}", at(0)),
            Some(second) => format!("steps of {} ns", second - times[0]),
        };
        return Err((TELLING.to_owned(), got));
    };
    let steps = || times.windows(2).map(|it| it[1] - it[0]).enumerate();
    let another = if found.ends_with("mo") {
        steps().find(|(_, step)| *step < SHORTEST_MONTH)
    } else {
        Lengths::another(times).or_else(|| {
            // Few candles of which most are missing: as long as the commonest step, those that are closer would overlap.
            let nine_tenths = seconds(&found).and_then(|it| i64::try_from(it).ok())? * SECOND / 10 * 9;
            let closer = || steps().filter(|(_, step)| *step < nine_tenths);
            let are_many = closer().count() >= OVERLAPPING.max(times.len() / 5);
            closer().next().filter(|_| are_many)
        })
    };
    let Some((row, another)) = another else { return Ok(found) };
    let another = length(at(row), times[row].saturating_add(another)).map_or_else(String::new, |it| it.0);
    let expected =
        format!("candles of one length, or a name that says it (X-{found}.csv), where these are gaps");
    Err((expected, format!("most of {found}, and the one of {}, which may be of {another}", at(row))))
}

/// A step from a time, in words.
fn told(from: i64, step: i64) -> String {
    length(Timestamp::from_nanos(from), from.saturating_add(step))
        .map_or_else(|| format!("one after {step} ns"), |it| format!("one every {}", it.0))
}

/// What speaks against candles of a length: several in a row that overlap, or all so far apart that they are longer.
pub(super) fn against(times: &[i64], span: i64) -> Option<String> {
    let steps: Vec<i64> = times.windows(2).map(|it| it[1] - it[0]).collect();
    let told = |row: usize, step: i64| told(times[row], step);
    let close = steps.windows(OVERLAPPING).position(|it| it.iter().all(|it| *it < span));
    if let Some(row) = close {
        return Some(told(row, *steps[row..row + OVERLAPPING].iter().min()?));
    }
    // A row or two may be closer than all others, as of a candle that still grew.
    let apart: Vec<i64> = steps.iter().copied().filter(|it| *it > span).collect();
    let are_nearly = |part: usize, all: usize| 20 * part >= 19 * all;
    let (most, _) = apart
        .iter()
        .fold(BTreeMap::new(), |mut counts, it| {
            *counts.entry(*it).or_insert(0_usize) += 1;
            counts
        })
        .into_iter()
        .max_by_key(|it| it.1)?;
    let is_month = |it: i64| most >= SHORTEST_MONTH && it / 31 <= most / 28 && most / 31 <= it / 28;
    let multiples = apart.iter().filter(|it| *it % most == 0).count();
    let months = apart.iter().filter(|it| is_month(**it)).count();
    let power = |part: f64, count: usize| part.powi(i32::try_from(count).unwrap_or(i32::MAX));
    // Of gaps of any length one in so many is such a multiple, or as even as months.
    let chance = if are_nearly(multiples, apart.len()) {
        power(span as f64 / most as f64, multiples)
    } else if are_nearly(months, apart.len()) {
        power(super::EVEN_PART, months)
    } else {
        return None;
    };
    (are_nearly(apart.len(), steps.len()) && chance < APART).then(|| told(0, most))
}

/// When candles begin.
struct Times {
    /// Of each symbol, or of all where no column tells it, in their order and each once.
    of_symbols: BTreeMap<Vec<u8>, Vec<i64>>,
    /// Those of each symbol in each file of an archive, which may be of another length.
    others: Vec<Vec<i64>>,
    /// What is told of candles that hold all others from their start to the next such.
    longer: Option<String>,
}

/// Up to the first row that cannot be read: the reader says what is wrong.
fn times(path: &Path, mapping: &Mapping) -> Times {
    let mut moments = Moments { clock: Clock::new(mapping.time.unit, path), file: 0, all: BTreeMap::new() };
    // What is read up to a fault is enough.
    let _ = if is_parquet(path).unwrap_or(false) {
        moments.of_parquet(path, mapping)
    } else {
        moments.of_lines(path, mapping)
    };
    let mut found = Times { of_symbols: BTreeMap::new(), others: Vec::new(), longer: None };
    for (symbol, mut rows) in moments.all {
        rows.sort_by_key(|it| it.0);
        if moments.file > 0 {
            let mut of_files = vec![Vec::new(); moments.file + 1];
            rows.iter().for_each(|it| of_files[it.2].push(it.0));
            of_files.iter_mut().for_each(Vec::dedup);
            found.others.extend(of_files);
        }
        found.longer = found.longer.or_else(|| longer(&rows));
        let mut times: Vec<i64> = rows.into_iter().map(|it| it.0).collect();
        times.dedup();
        found.of_symbols.insert(symbol, times);
    }
    found
}

/// So many candles that a longer one holds, together with those that others hold, are no chance.
const HOLDS: usize = 6;

/// What is told of rows in their order where at some starts several candles begin of which nearly each time one has the volume of all
/// that follow it until the next such start: of two lengths the longer. A candle that stands there once more, as it was before it was
/// whole or put right, has not.
fn longer(rows: &[(i64, f64, usize)]) -> Option<String> {
    let candles: Vec<&[(i64, f64, usize)]> = rows.chunk_by(|a, b| a.0 == b.0).collect();
    let volumes = |at: usize| {
        candles[at].iter().fold((f64::INFINITY, 0.0_f64), |it, row| (it.0.min(row.1), it.1.max(row.1)))
    };
    let begin_several = |at: &usize| matches!(volumes(*at), (least, most) if least < most);
    let again: Vec<usize> = (0..candles.len()).filter(begin_several).collect();
    let follow = again.windows(2).map(|it| it[1] - it[0]).min()?;
    let holds = |at: &&usize| {
        let rest = (**at + 1..candles.len().min(**at + follow)).map(|it| volumes(it).0);
        volumes(**at).1 >= rest.sum::<f64>()
    };
    let held = again.iter().filter(holds).count();
    let starts = [candles[again[0]][0].0, candles[again[1]][0].0];
    let are_longer = 20 * held >= 19 * again.len() && again.len() * (follow - 1) >= HOLDS;
    are_longer.then(|| told(starts[0], starts[1] - starts[0]))
}

struct Moments {
    clock: Clock,
    /// Of an archive the one that is read.
    file: usize,
    /// Of each symbol the start of a candle, its volume (0 where it has none), and its file.
    all: BTreeMap<Vec<u8>, Vec<(i64, f64, usize)>>,
}

impl Moments {
    fn of_lines(&mut self, path: &Path, mapping: &Mapping) -> Option<()> {
        let (mut source, mut cells) = (Source::open(path).ok()?, Cells::default());
        let first = source.next_line().ok()??.text.to_vec();
        cells.split(&first, b',').ok()?;
        let row = cells.of(&first);
        let (at, are_names) = places(mapping, &row.all())?;
        // Without a column of that name the first line may still be one of names.
        if !are_names {
            let _ = self.take(&row, at);
        }
        while let Ok(Some(line)) = source.next_line() {
            // Another file of an archive may begin with the names again.
            let is_first = line.number == 1;
            self.file += usize::from(is_first);
            cells.split(line.text, b',').ok()?;
            let taken = self.take(&cells.of(line.text), at);
            if !is_first {
                taken?;
            }
        }
        Some(())
    }

    fn of_parquet(&mut self, path: &Path, mapping: &Mapping) -> Option<()> {
        let mut rows = ParquetRows::open(path, 0, None).ok()?;
        let names: Vec<Vec<u8>> = rows.names().iter().map(|it| it.clone().into_bytes()).collect();
        let (at, _) = places(mapping, &names.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        let mut is_sound = true;
        while is_sound {
            let more = rows.next_row(|row, _| {
                is_sound = self.take(row, at).is_some();
                Ok(())
            });
            is_sound &= more.ok()?;
        }
        Some(())
    }

    fn take(&mut self, row: &Row<'_>, [time, symbol, volume]: Places) -> Option<()> {
        let at = self.clock.read("time", row.get(time?)?).ok()?;
        let cell = |place: Option<usize>| place.and_then(|it| row.get(it)).unwrap_or_default();
        let symbol = cell(symbol);
        let volume = std::str::from_utf8(cell(volume)).ok().and_then(|it| it.trim().parse::<f64>().ok());
        let row = (at.nanos(), volume.filter(|it| *it > 0.0).unwrap_or_default(), self.file);
        match self.all.get_mut(symbol) {
            Some(rows) => rows.push(row),
            None => drop(self.all.insert(symbol.to_vec(), vec![row])),
        }
        Some(())
    }
}

/// Of times, symbols and volumes, where they are.
type Places = [Option<usize>; 3];

/// The columns in a file that begins with these cells, and whether they are names; none without times.
fn places(mapping: &Mapping, first: &[&[u8]]) -> Option<(Places, bool)> {
    let (time, are_names) = place(&mapping.time.column, first)?;
    let other = |column: &Option<Column>| column.as_ref().and_then(|it| place(it, first)).map(|it| it.0);
    Some(([Some(time), other(&mapping.symbol), other(&mapping.columns.volume)], are_names))
}

/// The most frequent step of these times as a length; of two equally frequent ones the shorter. None where there are fewer than
/// two times, or none that are whole seconds apart.
fn commonest_length(times: &[i64]) -> Option<String> {
    let mut steps = BTreeMap::<String, (u64, u64)>::new();
    let mut rest = times;
    while let [first, second, ..] = rest {
        let step = second - first;
        // Months of one length in days are two.
        let count = match rest.windows(2).take_while(|it| it[1] - it[0] == step).count() {
            count if step < SHORTEST_MONTH => count,
            _ => 1,
        };
        if let Some((length, secs)) = length(Timestamp::from_nanos(*first), *second) {
            steps.entry(length).or_insert((0, secs)).0 += count as u64;
        }
        rest = &rest[count..];
    }
    let most = steps.into_iter().max_by_key(|&(_, (count, secs))| (count, std::cmp::Reverse(secs)));
    most.map(|(length, _)| length)
}

/// A step as a length and about how many seconds it has: whole months between the firsts of two, else the largest unit that
/// it is a multiple of.
fn length(from: Timestamp, to: i64) -> Option<(String, u64)> {
    let nanos = to.saturating_sub(from.nanos());
    let secs = u64::try_from(nanos).ok().filter(|it| it % 1_000_000_000 == 0)? / 1_000_000_000;
    let months = |at: Timestamp| {
        let text = at.to_string();
        let number = |it: &[u8]| it.iter().fold(0, |sum, c| sum * 10 + u64::from(c - b'0'));
        let text = text.as_bytes();
        (&text[7..19] == b"-01T00:00:00").then(|| number(&text[..4]) * 12 + number(&text[5..7]))
    };
    if nanos >= SHORTEST_MONTH
        && let (Some(from), Some(to)) = (months(from), months(Timestamp::from_nanos(to)))
    {
        return Some((format!("{}mo", to - from), secs));
    }
    let units = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let (unit, name) = units.into_iter().find(|it| secs % it.0 == 0)?;
    Some((format!("{}{name}", secs / unit), secs))
}

/// About how many seconds a length has; a month counts for its shortest.
pub(super) fn seconds(length: &str) -> Option<u64> {
    let at = length.find(|c: char| !c.is_ascii_digit())?;
    let unit = match &length[at..] {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => 28 * 86_400,
    };
    length[..at].parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests;
