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
            for file in 0..=moments.file {
                let mut of_file: Vec<i64> = rows.iter().filter(|it| it.2 == file).map(|it| it.0).collect();
                of_file.dedup();
                found.others.push(of_file);
            }
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
mod tests {
    use crate::detect::{Format, detect};
    use std::fmt::Write;

    /// What is found of a file with this name and header, and rows this far apart.
    fn found(name: &str, header: &str, times: impl IntoIterator<Item = String>) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let mut text = format!("{header}\n");
        for time in times {
            writeln!(text, "{time},1,1,1,1,1{}", ",1".repeat(header.matches(',').count() - 5)).unwrap();
        }
        std::fs::write(&path, text).unwrap();
        match detect(&path) {
            Ok(Format::Table { mapping, .. }) => Ok(mapping.span.clone().unwrap()),
            Ok(Format::Capture) => panic!("a capture"),
            Err(error) => Err(error.to_string().replace(&folder.path().display().to_string(), "")),
        }
    }

    const DATE: &str = "date,open,high,low,close,volume";
    const TIMESTAMP: &str = "timestamp,open,high,low,close,volume";
    const KLINES: &str = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore";

    fn every(secs: u64) -> Vec<String> {
        // The third is missing, and one stands an odd second later.
        let rows = (0..9).filter(|it| *it != 2).map(|it| 1_700_006_400_000 + it * secs * 1_000);
        rows.enumerate().map(|(at, it)| (if at == 5 { it + 1_000 } else { it }).to_string()).collect()
    }

    #[test]
    fn candles_are_as_long_as_the_step_between_them() {
        for (secs, length) in
            [(60, "1m"), (300, "5m"), (3_600, "1h"), (14_400, "4h"), (86_400, "1d"), (90, "90s")]
        {
            assert_eq!(found("x.csv", DATE, every(secs)).as_deref(), Ok(length));
            assert_eq!(found("x.csv", KLINES, every(secs)).as_deref(), Ok(length));
        }
        let hours = (0..5).map(|it| format!("2024-01-01 0{it}:00:00"));
        assert_eq!(found("x.csv", TIMESTAMP, hours.clone()).as_deref(), Ok("1h"));
        assert_eq!(found("x.csv", DATE, hours).as_deref(), Ok("1h"));
        let months = ["2023-11-01", "2023-12-01", "2024-01-01", "2024-02-01"].map(str::to_owned);
        assert_eq!(found("x.csv", DATE, months).as_deref(), Ok("1mo"));
        // As others write them, in quotes.
        let days = (1..=9).map(|it| format!("\"2024-01-0{it} 00:00:00\""));
        assert_eq!(found("x.csv", TIMESTAMP, days).as_deref(), Ok("1d"));
        // Rows of now, as of candles that had just begun, among whole ones.
        let now = |it: i64| 1_700_006_400_000 + it * 3_600_000;
        let rows = (0..720_i64).map(now).chain([now(100) + 1_500_000, now(400) + 1_700_000, now(600) + 9]);
        let mut rows: Vec<i64> = rows.collect();
        rows.sort_unstable();
        assert_eq!(found("x.csv", DATE, rows.iter().map(ToString::to_string)).as_deref(), Ok("1h"));
        // One row tells nothing.
        let one = found("x.csv", DATE, ["1700006400000".to_owned()]).unwrap_err();
        assert_eq!(
            one,
            "/x.csv: expected candles whose steps tell how long they are, or a name that says it (X-1m.csv), got the one of \
             2023-11-15T00:00:00.000000000Z"
        );
        assert_eq!(found("x-1d.csv", DATE, ["1700006400000".to_owned()]).as_deref(), Ok("1d"));
    }

    #[test]
    fn a_name_says_the_length_unless_candles_of_it_would_overlap() {
        let dates = |minutes: u32| (0..9).map(move |it| format!("2024-01-01 00:{:02}:00", it * minutes));
        assert_eq!(
            found("X-1m.csv", DATE, dates(5)).as_deref(),
            Ok("1m"),
            "minutes without a trade are left out"
        );
        let wrong =
            |name: &str| Err(format!("/{name}: expected candles of 1h, as its name says, got one every 1m"));
        assert_eq!(found("X-1h.csv", DATE, dates(1)), wrong("X-1h.csv"));
        for name in ["AVAXUSDT-1h-2025-02.csv", "X-1h.csv"] {
            assert_eq!(found(name, KLINES, every(60)), wrong(name));
        }
        // Wherever they overlap.
        let late = (0..3_000).map(|it| {
            (1_700_006_400_000_i64 + it.min(2_900) * 3_600_000 + (it - 2_900).max(0) * 60_000).to_string()
        });
        assert_eq!(found("X-1h.csv", DATE, late), wrong("X-1h.csv"));
        // Months of hours, by such a name.
        let hours = || {
            (0..50).filter(|it| it % 9 != 3).map(|it| (1_700_006_400_000_i64 + it * 3_600_000).to_string())
        };
        let longer = "/BTC_3m.csv: expected candles of 3m, as its name says, got one every 1h";
        assert_eq!(found("BTC_3m.csv", DATE, hours()), Err(longer.into()));
        for name in ["BTC_60m.csv", "BTC-3600s.csv", "BTC-1h-3mo.csv"] {
            assert!(found(name, DATE, hours()).is_ok(), "{name}");
        }
        // Months and quarters, of whatever days, and hours of which one stands a second late.
        let months = |step: usize| {
            (0..4)
                .flat_map(|year| (1..=12).map(move |month| (year, month)))
                .step_by(step)
                .map(|(year, month)| format!("202{year}-{month:02}-01"))
        };
        let late = |it: i64| (1_700_006_400_000 + it * 3_600_000 + i64::from(it == 700) * 1_000).to_string();
        // The last is of now.
        let now =
            |it: i64| (1_700_006_400_000 + it * 3_600_000 - i64::from(it == 400) * 3_500_000).to_string();
        for (name, times) in [
            ("X-1m.csv", months(1).collect::<Vec<_>>()),
            ("X-1d.csv", months(1).collect()),
            ("BTC_12m.csv", months(1).take(12).collect()),
            ("BTC_3m.csv", months(3).collect()),
            ("BTC_3m.csv", (0..2_000).map(late).collect()),
            ("BTC_3m.csv", (0..=400).map(now).collect()),
        ] {
            let said = found(name, DATE, times).unwrap_err();
            assert!(said.contains("as its name says, got one every"), "{name}: {said}");
        }
        let weeks = |it: i64| (1_700_006_400_000_i64 + it * 604_800_000).to_string();
        assert_eq!(found("X-1w.csv", DATE, [0, 1, 2, 4, 5].map(weeks)).as_deref(), Ok("1w"));
    }

    /// Days have months behind or before them, or among more months.
    #[test]
    fn months_among_days_are_candles_of_another_length() {
        let days = (1..=31).map(|it| format!("2023-12-{it:02}"));
        let months = |from: u32| (from..from + 3).map(|it| format!("2024-{it:02}-01"));
        let said = found("x.csv", DATE, days.clone().chain(months(1))).unwrap_err();
        assert!(
            said.ends_with(
                "got most of 1d, and the one of 2024-01-01T00:00:00.000000000Z, which may be of 1mo"
            ),
            "{said}"
        );
        let before = ["2023-09-01", "2023-10-01", "2023-11-01"].map(str::to_owned);
        let said = found("x.csv", DATE, before.into_iter().chain(days)).unwrap_err();
        assert!(said.contains("the one of 2023-09-01T00:00:00.000000000Z, which may be of 1mo"), "{said}");
        let few = ["2024-06-01", "2024-06-02"].map(str::to_owned);
        let said = found("x.csv", DATE, months(1).chain(months(4)).chain(few)).unwrap_err();
        assert!(
            said.contains("most of 1mo, and the one of 2024-06-01T00:00:00.000000000Z, which may be of 1d"),
            "{said}"
        );
    }

    /// Of minutes of which nine in ten are missing others are as common as the least step.
    #[test]
    fn thin_candles_are_as_long_as_their_least_step() {
        for seed in 1..=20_u64 {
            let mut state = seed;
            let mut there = |_: &i64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % 10 == 0
            };
            let minutes =
                (0..9_000_i64).filter(|it| there(it)).map(|it| (1_700_006_400_000 + it * 60_000).to_string());
            let minutes: Vec<String> = minutes.collect();
            assert_eq!(found("x.csv", DATE, minutes.clone()).as_deref(), Ok("1m"), "{seed}");
            // Too few to tell are refused, and never longer while some are closer.
            for (at, few) in minutes.chunks(45).enumerate() {
                let steps =
                    few.windows(2).map(|it| it[1].parse::<u64>().unwrap() - it[0].parse::<u64>().unwrap());
                match found("x.csv", DATE, few.to_vec()) {
                    Ok(length) if length != "1m" => {
                        let length = super::seconds(&length).unwrap() * 1_000;
                        let closer = steps.filter(|it| *it < length).count();
                        assert!(closer < 9, "{seed} {at}: {closer} overlap");
                    }
                    Ok(_) => {}
                    Err(said) => assert!(said.contains("or a name that says it"), "{said}"),
                }
            }
        }
    }

    /// Midnight of New York is at five.
    #[test]
    fn months_that_begin_at_no_midnight_have_no_one_length() {
        let months = (1..=12).map(|it| format!("2023-{it:02}-01 05:00:00"));
        let said = found("x.csv", TIMESTAMP, months).unwrap_err();
        assert!(
            said.contains("most of 31d, and the one of 2023-02-01T05:00:00.000000000Z, which may be of 28d"),
            "{said}"
        );
    }

    /// An archive of two files, or rows in turns: of the candles that begin together the hour is no minute.
    #[test]
    fn candles_of_two_lengths_of_the_same_time_are_refused() {
        let row = |at: i64, volume: i64| format!("{},1,1,1,1,{volume}\n", 1_700_006_400_000 + at * 60_000);
        let minutes: Vec<(i64, String)> = (0..1_440).map(|it| (it, row(it, 1))).collect();
        let hours: Vec<(i64, String)> = (0..24).map(|it| (it * 60, row(it * 60, 60))).collect();
        let folder = tempfile::tempdir().unwrap();
        let found = |name: &str, files: &[&[(i64, String)]]| {
            let path = folder.path().join(name);
            let text = |rows: &[(i64, String)]| {
                format!("{DATE}\n{}", rows.iter().map(|it| it.1.as_str()).collect::<String>())
            };
            let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
            for (at, rows) in files.iter().enumerate() {
                zip.start_file(format!("{at}.csv"), zip::write::SimpleFileOptions::default()).unwrap();
                std::io::Write::write_all(&mut zip, text(rows).as_bytes()).unwrap();
            }
            drop(zip.finish().unwrap());
            match detect(&path) {
                Ok(Format::Table { mapping, .. }) => Ok(mapping.span.clone().unwrap()),
                Ok(Format::Capture) => panic!("a capture"),
                Err(error) => Err(error.to_string()),
            }
        };
        let mut turns = [minutes.clone(), hours.clone()].concat();
        turns.sort_by_key(|it| it.0);
        for files in [&[&hours[..], &minutes[..]][..], &[&minutes[..], &hours[..]], &[&turns[..]]] {
            for name in ["x.zip", "X-1m.zip"] {
                let said = found(name, files).unwrap_err();
                assert!(said.ends_with("got one every 1h"), "{name}: {said}");
            }
        }
        // However few they are.
        let few = |files: &[&[(i64, String)]]| found("few.zip", files).unwrap_err();
        assert!(few(&[&minutes[..121], &hours[..2]]).ends_with("got one every 1h"));
        let threes: Vec<_> = (0..4).map(|it| (it * 3, row(it * 3, 3))).collect();
        assert!(few(&[&threes, &minutes[..12]]).ends_with("got one every 3m"));
        // Of two days in two files, or in pages of which each begins with the last row of the one before, all are minutes.
        let days = found("days.zip", &[&minutes[..700], &minutes[700..]]);
        let pages = minutes
            .chunks(59)
            .zip(minutes.chunks(59).skip(1))
            .flat_map(|(one, next)| [one, &next[..1]].concat());
        let pages = found("pages.zip", &[&pages.collect::<Vec<_>>()]);
        assert_eq!((days.as_deref(), pages.as_deref()), (Ok("1m"), Ok("1m")));
        // Nor are pages of which each ends with a candle that still grew.
        let grown = minutes.chunks(60).flat_map(|page| {
            let (at, _) = page[page.len() - 1];
            [page, &[(at + 1, format!("{},1,1,1,1,0.4\n", 1_700_006_400_000 + (at + 1) * 60_000))]].concat()
        });
        let grown: Vec<_> = grown.collect();
        for name in ["cron.zip", "X-1m.zip"] {
            assert_eq!(found(name, &[&grown]).as_deref(), Ok("1m"), "{name}");
        }
    }

    /// Minutes taken for the length of the hours behind them would have these known 59 minutes early.
    #[test]
    fn candles_of_two_lengths_in_one_file_are_refused() {
        let minute = |it: i64| (1_700_006_400_000 + it * 60_000).to_string();
        let hours = |from: i64, count: i64| (0..count).map(move |it| from + it * 60);
        for count in [2, 3, 48] {
            for (odd, minutes) in [
                (1_440, (0..1_440).chain(hours(1_440, count)).collect::<Vec<_>>()),
                (0, hours(0, count).chain(count * 60..count * 60 + 1_440).collect()),
                // One begins off the grid, which alone is no other length.
                (1_440, (0..500).chain(501..1_440).chain(hours(1_440, count)).collect()),
            ] {
                let rows = |it: &i64| {
                    if *it == 700 {
                        (1_700_006_400_000_i64 + 700 * 60_000 + 1_000).to_string()
                    } else {
                        minute(*it)
                    }
                };
                let said = found("x.csv", DATE, minutes.iter().map(rows)).unwrap_err();
                let at = scalp_types::Timestamp::from_nanos((1_700_006_400 + odd * 60) * 1_000_000_000);
                let wanted = format!(
                    "/x.csv: expected candles of one length, or a name that says it (X-1m.csv), where these are gaps, got most of \
                     1m, and the one of {at}, which may be of 1h"
                );
                assert_eq!(said, wanted, "{count} {odd}");
                assert_eq!(
                    found("X-1m.csv", DATE, minutes.iter().map(|it| minute(*it))).as_deref(),
                    Ok("1m")
                );
            }
        }
    }
}
