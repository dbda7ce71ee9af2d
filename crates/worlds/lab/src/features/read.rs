//! Tables of candles, trades or books, told by the names of their columns.

use super::FeaturesError;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal128Type, Float32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit as ArrowUnit};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use scalp_features::BarRow;
use scalp_features::measure::{Level, Print};
use scalp_tables::eventfile::EventFile;
use scalp_tables::reader::ReadError;
use scalp_tables::source::Source;
use scalp_tables::text::{TimeUnit, datetime, unsigned};
use scalp_types::{Side, Timestamp};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Names of the column of times, in the order in which they are looked for.
const TIME_NAMES: [&str; 9] =
    ["time", "timestamp", "datetime", "date", "open_time", "ts", "t_ms", "ts_ns", "exchange_timestamp"];
const SIZE_NAMES: [&str; 5] = ["size", "qty", "quantity", "amount", "volume"];
const SIDE_NAMES: [&str; 5] = ["side", "aggressor", "aggressor_side", "taker", "taker_side"];
const MAKER_NAMES: [&str; 3] = ["is_buyer_maker", "buyer_maker", "isBuyerMaker"];
const NO_VALUE: [&str; 5] = ["nan", "na", "null", "none", "n/a"];

/// What the rows of a table are.
#[derive(Debug, Clone, PartialEq)]
pub enum Holds {
    /// Open, high, low, close, volume, then the further columns, row after row.
    Bars {
        /// The values of all rows, side by side.
        values: Vec<f64>,
        /// Names of the further columns.
        extra: Vec<String>,
        /// The distance of two rows, nanoseconds, if it is a multiple of the smallest throughout.
        span: Option<i64>,
        /// Whether there is no column of volumes: they are not numbers then.
        no_volume: bool,
    },
    /// Trades.
    Trades(Vec<Print>),
    /// Books: bids and asks of each row, best first.
    Books {
        /// So many levels a side.
        levels: usize,
        /// The bids of all rows, side by side; a size of zero is no level.
        bids: Vec<Level>,
        /// The asks.
        asks: Vec<Level>,
    },
    /// Events of one instrument, as `scalp data import` stores them; the rows are those that are made of them.
    Events(Recorded),
}

/// An event file of one instrument.
#[derive(Debug, Clone)]
pub struct Recorded(pub(super) EventFile);

impl PartialEq for Recorded {
    fn eq(&self, other: &Self) -> bool {
        self.0.path() == other.0.path()
    }
}

/// A table in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// When each row was (a bar: when it began), nanoseconds since 1970, never falling.
    pub times: Vec<i64>,
    /// The times as they were written.
    pub written: Vec<String>,
    /// The name of the column of times.
    pub time_name: String,
    /// The rows.
    pub holds: Holds,
}

impl Table {
    /// The candles; none of another table. One is known at its end: its length after its start where all are of one length,
    /// else (calendar months) when the next one starts, and the last as long after its start as the longest took.
    pub fn bars(&self) -> impl Iterator<Item = BarRow<'_>> + Clone {
        let (values, width, span) = match &self.holds {
            Holds::Bars { values, extra, span, .. } => (values.as_slice(), 5 + extra.len(), *span),
            _ => (&[][..], 5, None),
        };
        let longest = self.times.windows(2).map(|it| it[1] - it[0]).max().unwrap_or(1);
        values.chunks(width).zip(&self.times).enumerate().map(move |(row, (values, &open_at))| {
            let close_at = match (span, self.times.get(row + 1)) {
                (Some(span), _) => open_at.saturating_add(span),
                (None, Some(&next)) => next,
                (None, None) => open_at.saturating_add(longest),
            };
            BarRow { open_at, close_at, values }
        })
    }
}

/// Reads CSV (commas, semicolons or tabs, plain or packed) or Parquet, with the names of its columns in the first line, or an
/// event file of one instrument (`.events`), which is not taken into memory: its rows are made as they are computed.
pub fn read(path: &Path) -> Result<Table, FeaturesError> {
    if path.extension().is_some_and(|it| it == "events") {
        let file = EventFile::open(path).map_err(|e| FeaturesError::table(path, e.to_string()))?;
        let names: Vec<String> = file.instruments().iter().map(|it| it.name()).collect();
        if names.len() != 1 {
            let what = format!("expected the events of one instrument, got {}", names.join(", "));
            return Err(FeaturesError::table(path, what));
        }
        let holds = Holds::Events(Recorded(file));
        return Ok(Table { times: Vec::new(), written: Vec::new(), time_name: "time".into(), holds });
    }
    let mut head = [0; 4];
    let file = File::open(path).map_err(|e| ReadError::io(path, "open", e))?;
    let got = (&file).take(4).read(&mut head).map_err(|e| ReadError::io(path, "read", e))?;
    let raw = if &head[..got] == b"PAR1" { parquet(path)? } else { text(path)? };
    raw.table(path)
}

/// Cells as text, and where each row stands.
struct Raw {
    names: Vec<String>,
    /// One for each column.
    cells: Vec<Vec<String>>,
    lines: Vec<u64>,
}

fn text(path: &Path) -> Result<Raw, FeaturesError> {
    let mut source = Source::open(path)?;
    let mut raw = Raw { names: Vec::new(), cells: Vec::new(), lines: Vec::new() };
    let mut by = ',';
    while let Some(line) = source.next_line()? {
        let text = String::from_utf8_lossy(line.text);
        let text = text.trim_start_matches('\u{feff}').trim_end();
        if text.is_empty() {
            continue;
        }
        if raw.names.is_empty() {
            by = [',', ';', '\t'].into_iter().max_by_key(|by| text.matches(*by).count()).unwrap_or(',');
            raw.names = text.split(by).map(|it| clean(it).to_owned()).collect();
            if raw.names.iter().any(|it| it.parse::<f64>().is_ok_and(f64::is_finite)) {
                let what = "expected the names of the columns in the first line, got numbers";
                return Err(FeaturesError::table(path, what));
            }
            raw.cells = vec![Vec::new(); raw.names.len()];
            continue;
        }
        let count = text.split(by).count();
        if count != raw.names.len() {
            let expected = format!("{} cells, as in the first line", raw.names.len());
            return Err(
                ReadError::field(path, line.number, "line", expected, count.to_string().as_bytes()).into()
            );
        }
        for (column, cell) in raw.cells.iter_mut().zip(text.split(by)) {
            column.push(clean(cell).to_owned());
        }
        raw.lines.push(line.number);
    }
    Ok(raw)
}

fn clean(cell: &str) -> &str {
    cell.trim().trim_matches('"')
}

fn parquet(path: &Path) -> Result<Raw, FeaturesError> {
    let broken = |e: &dyn std::fmt::Display| FeaturesError::table(path, format!("no sound Parquet: {e}"));
    let file = File::open(path).map_err(|e| ReadError::io(path, "open", e))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| broken(&e))?;
    let names: Vec<String> = builder.schema().fields().iter().map(|it| it.name().clone()).collect();
    let mut raw = Raw { cells: vec![Vec::new(); names.len()], names, lines: Vec::new() };
    for batch in builder.build().map_err(|e| broken(&e))? {
        let batch: RecordBatch = batch.map_err(|e| broken(&e))?;
        for (column, cells) in batch.columns().iter().zip(&mut raw.cells) {
            (0..batch.num_rows()).for_each(|row| cells.push(cell(column, row)));
        }
        let from = raw.lines.len() as u64;
        raw.lines.extend((1..=batch.num_rows() as u64).map(|it| from + it));
    }
    Ok(raw)
}

/// A value as text; empty where there is none and for kinds that no table of a market has.
fn cell(column: &dyn Array, row: usize) -> String {
    if column.is_null(row) {
        return String::new();
    }
    let time = |value: i64, by: i64| value.saturating_mul(by).to_string();
    match column.data_type() {
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Float32 => column.as_primitive::<Float32Type>().value(row).to_string(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::UInt64 => column.as_primitive::<UInt64Type>().value(row).to_string(),
        DataType::UInt32 => column.as_primitive::<UInt32Type>().value(row).to_string(),
        DataType::Boolean => column.as_boolean().value(row).to_string(),
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        DataType::LargeUtf8 => column.as_string::<i64>().value(row).to_owned(),
        DataType::Decimal128(..) => column.as_primitive::<Decimal128Type>().value_as_string(row),
        DataType::Timestamp(ArrowUnit::Nanosecond, _) => {
            time(column.as_primitive::<TimestampNanosecondType>().value(row), 1)
        }
        DataType::Timestamp(ArrowUnit::Microsecond, _) => {
            time(column.as_primitive::<TimestampMicrosecondType>().value(row), 1_000)
        }
        DataType::Timestamp(ArrowUnit::Millisecond, _) => {
            time(column.as_primitive::<TimestampMillisecondType>().value(row), 1_000_000)
        }
        DataType::Timestamp(ArrowUnit::Second, _) => {
            time(column.as_primitive::<TimestampSecondType>().value(row), 1_000_000_000)
        }
        _ => String::new(),
    }
}

impl Raw {
    fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|it| it.eq_ignore_ascii_case(name))
    }

    fn any(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|it| self.place(it))
    }

    fn table(mut self, path: &Path) -> Result<Table, FeaturesError> {
        if self.lines.is_empty() {
            return Err(FeaturesError::table(
                path,
                "expected at least one row below the names of the columns",
            ));
        }
        // A first column without a name is how pandas writes an index.
        let unnamed = self.names.first().is_some_and(String::is_empty).then_some(0);
        let time_at = self.any(&TIME_NAMES).or(unnamed).ok_or_else(|| {
            let names = self.names.join(", ");
            let what = format!("expected a column of times ({}), got {names}", TIME_NAMES.join(", "));
            FeaturesError::table(path, what)
        })?;
        let times = self.times(path, time_at)?;
        let holds = self.holds(path, time_at, &times)?;
        let time_name = self.names.swap_remove(time_at);
        let time_name = if time_name.is_empty() { "time".into() } else { time_name };
        Ok(Table { times, written: self.cells.swap_remove(time_at), time_name, holds })
    }

    fn times(&self, path: &Path, at: usize) -> Result<Vec<i64>, FeaturesError> {
        let cells = &self.cells[at];
        // Eight digits are a day, and small counts are milliseconds of a test.
        let unit = match unsigned(cells[0].as_bytes()) {
            Some(_) if cells[0].len() == 8 => None,
            Some(it) => Some(TimeUnit::of_magnitude(it).unwrap_or(TimeUnit::Millis)),
            None => None,
        };
        let mut times: Vec<i64> = Vec::with_capacity(cells.len());
        for (cell, &line) in cells.iter().zip(&self.lines) {
            let time = match unit {
                Some(unit) => unit.parse(cell.as_bytes()),
                None => datetime(cell.as_bytes()),
            };
            let fault =
                |expected: String| ReadError::field(path, line, &self.names[at], expected, cell.as_bytes());
            let time = time.map(Timestamp::nanos).ok_or_else(|| {
                fault(
                    unit.map_or("a date (and time) in UTC".into(), |it| format!("{} since 1970", it.name())),
                )
            })?;
            if times.last().is_some_and(|it| *it > time) {
                return Err(fault("a time at or after that of the row before".into()).into());
            }
            times.push(time);
        }
        Ok(times)
    }

    /// The numbers of a column; not a number where a cell has none.
    fn numbers(&self, path: &Path, at: usize) -> Result<Vec<f64>, FeaturesError> {
        let each = self.cells[at].iter().zip(&self.lines).map(|(cell, &line)| {
            if cell.is_empty() || NO_VALUE.iter().any(|it| it.eq_ignore_ascii_case(cell)) {
                return Ok(f64::NAN);
            }
            let value = cell.parse::<f64>().ok().filter(|it| it.is_finite());
            value.ok_or_else(|| {
                ReadError::field(path, line, &self.names[at], "a finite number", cell.as_bytes()).into()
            })
        });
        each.collect()
    }

    fn holds(&self, path: &Path, time_at: usize, times: &[i64]) -> Result<Holds, FeaturesError> {
        let candle = ["open", "high", "low", "close"].map(|it| self.place(it));
        if let [Some(open), Some(high), Some(low), Some(close)] = candle {
            return self.bars(path, time_at, times, [open, high, low, close]);
        }
        if let (Some(price), Some(size)) = (self.any(&["price", "price_ticks"]), self.any(&SIZE_NAMES)) {
            return self.trades(path, times, price, size);
        }
        self.books(path)
    }

    fn bars(
        &self,
        path: &Path,
        time_at: usize,
        times: &[i64],
        prices: [usize; 4],
    ) -> Result<Holds, FeaturesError> {
        let volume = self.any(&["volume", "vol"]);
        let used: Vec<usize> = prices.into_iter().chain(volume).chain([time_at]).collect();
        let mut columns = Vec::new();
        for at in prices {
            columns.push(self.numbers(path, at)?);
        }
        columns.push(match volume {
            Some(at) => self.numbers(path, at)?,
            None => vec![f64::NAN; times.len()],
        });
        let mut extra = Vec::new();
        for at in (0..self.names.len()).filter(|it| !used.contains(it)) {
            let name = &self.names[at];
            let is_word = name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
                && name.bytes().next().is_some_and(|c| !c.is_ascii_digit())
                && !["open", "high", "low", "close", "volume", "time"].contains(&name.as_str())
                && !extra.contains(name);
            // A further column is one that items may read: it has a name, and numbers.
            if let (true, Ok(numbers)) = (is_word, self.numbers(path, at)) {
                extra.push(name.clone());
                columns.push(numbers);
            }
        }
        let rows = times.len();
        let values = (0..rows).flat_map(|row| columns.iter().map(move |it| it[row])).collect();
        let steps = times.windows(2).map(|it| it[1].saturating_sub(it[0]));
        if let Some(row) = steps.clone().position(|it| it == 0) {
            let cell = self.cells[time_at][row + 1].as_bytes();
            let expected = "a later time than that of the bar before";
            let line = self.lines[row + 1];
            return Err(ReadError::field(path, line, &self.names[time_at], expected, cell).into());
        }
        let least = steps.clone().min().unwrap_or(1);
        let span = (rows > 1 && steps.clone().all(|it| it % least == 0)).then_some(least);
        Ok(Holds::Bars { values, extra, span, no_volume: volume.is_none() })
    }

    fn trades(&self, path: &Path, times: &[i64], price: usize, size: usize) -> Result<Holds, FeaturesError> {
        let (prices, sizes) = (self.numbers(path, price)?, self.numbers(path, size)?);
        let (side, maker) = (self.any(&SIDE_NAMES), self.any(&MAKER_NAMES));
        let mut all = Vec::with_capacity(times.len());
        for row in 0..times.len() {
            let line = self.lines[row];
            let sound = |at: usize, value: f64| {
                if value > 0.0 {
                    return Ok(value);
                }
                let cell = self.cells[at][row].as_bytes();
                Err(ReadError::field(path, line, &self.names[at], "a number above zero", cell))
            };
            let aggressor = match (side, maker) {
                (Some(at), _) => {
                    let cell = &self.cells[at][row];
                    match cell.to_ascii_lowercase().as_str() {
                        "buy" | "b" | "bid" | "1" | "+1" | "1.0" => Some(Side::Buy),
                        "sell" | "s" | "ask" | "-1" | "-1.0" => Some(Side::Sell),
                        "" | "0" | "unknown" | "nan" => None,
                        _ => {
                            let expected = "buy or sell, b or s, 1 or -1, or nothing";
                            let name = &self.names[at];
                            return Err(ReadError::field(path, line, name, expected, cell.as_bytes()).into());
                        }
                    }
                }
                (None, Some(at)) => match self.cells[at][row].to_ascii_lowercase().as_str() {
                    "true" | "1" => Some(Side::Sell),
                    "false" | "0" => Some(Side::Buy),
                    _ => None,
                },
                (None, None) => None,
            };
            let (price, size) = (sound(price, prices[row])?, sound(size, sizes[row])?);
            all.push(Print { at: times[row], price, size, aggressor });
        }
        Ok(Holds::Trades(all))
    }

    /// The columns of a level, numbered from 0 or 1, or of the best alone.
    fn level(&self, side: &str, n: Option<usize>) -> Option<(usize, usize)> {
        let written = |part: &str| match n {
            None => vec![format!("{side}{part}")],
            Some(n) => vec![
                format!("{side}{part}_{n}"),
                format!("{side}{part}{n}"),
                format!("{side}_{n}{part}"),
                format!("{side}s[{n}]{}", part.replace('_', ".")),
            ],
        };
        let find = |parts: &[&str]| parts.iter().flat_map(|it| written(it)).find_map(|it| self.place(&it));
        Some((find(&["_price", ""])?, find(&["_size", "_qty", "_amount", "_volume"])?))
    }

    fn books(&self, path: &Path) -> Result<Holds, FeaturesError> {
        let numbered = |side| {
            let first = usize::from(self.level(side, Some(0)).is_none());
            (first..).map_while(move |n| self.level(side, Some(n))).collect::<Vec<_>>()
        };
        let best = |side| self.level(side, None).into_iter().collect::<Vec<_>>();
        let (mut bids, mut asks) = (numbered("bid"), numbered("ask"));
        if bids.is_empty() || asks.is_empty() {
            (bids, asks) = (best("bid"), best("ask"));
        }
        let levels = bids.len().min(asks.len());
        if levels == 0 {
            let what = format!(
                "expected columns of candles (open, high, low, close), trades (price, size), or a book (bid, bid_size, ask, \
                 ask_size, or bid_price_0, bid_size_0, ...), got {}",
                self.names.join(", ")
            );
            return Err(FeaturesError::table(path, what));
        }
        let side = |columns: &[(usize, usize)]| -> Result<Vec<Level>, FeaturesError> {
            let mut numbers = Vec::new();
            for &(price, size) in &columns[..levels] {
                numbers.push((self.numbers(path, price)?, self.numbers(path, size)?));
            }
            let level = |row: usize, (prices, sizes): &(Vec<f64>, Vec<f64>)| {
                let it = Level { price: prices[row], size: sizes[row] };
                if it.is_sound() { it } else { Level { price: 0.0, size: 0.0 } }
            };
            let rows = 0..self.lines.len();
            Ok(rows
                .flat_map(|row| numbers.iter().map(move |it| level(row, it)).collect::<Vec<_>>())
                .collect())
        };
        Ok(Holds::Books { levels, bids: side(&bids)?, asks: side(&asks)? })
    }
}
