//! Tables of candles, trades or books, told by the names of their columns: one file at a time. `inputs` joins several.

use super::FeaturesError;
use super::books::{Mended, NONE, Written, mend};
use super::built::Terms;
use super::cells::{Cells, is_absent};
use super::recorded::Recorded;
use scalp_features::measure::{Level, Print};
use scalp_features::{Observation, Outside};
use scalp_tables::flat::{Damage, Reader, Texts};
use scalp_tables::plain::{
    BUY, MAKER_NAMES, NO, OF_LEVELS, PRICE_NAMES, SELL, SIDE_NAMES, SIZE_NAMES, TIME_NAMES, YES,
};
use scalp_tables::reader::ReadError;
use scalp_tables::source::Source;
use scalp_tables::text::{TimeUnit, datetime, unsigned};
use scalp_types::{Side, Timestamp};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// What the rows of a table are.
#[derive(Debug, Clone, PartialEq)]
pub enum Holds {
    /// Candles.
    Bars {
        /// Open, high, low, close, volume, then the further columns.
        columns: Vec<Vec<f64>>,
        /// When each was known: at its end, nanoseconds since 1970. See [`ends`].
        close_at: Vec<i64>,
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

/// A table in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// When each row was (a bar: when it began), nanoseconds since 1970, never falling.
    pub times: Vec<i64>,
    /// The times as they were written.
    pub written: Cells,
    /// The name of the column of times.
    pub time_name: String,
    /// The rows.
    pub holds: Holds,
    /// What else the market told meanwhile; it has no rows of its own.
    pub beside: Beside,
}

/// Names of a column that says which instrument a row is of, where it holds words: of an asset there may be numbers, too.
const SYMBOL_NAMES: [&str; 14] = [
    "symbol",
    "instrument",
    "instrument_id",
    "instrument_name",
    "inst_id",
    "instid",
    "product_id",
    "ticker",
    "pair",
    "currency_pair",
    "contract",
    "coin",
    "market",
    "asset",
];
/// Names of a column that says at which exchange a row was.
const EXCHANGE_NAMES: [&str; 2] = ["exchange", "venue"];

/// What is read beside the rows of a table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Beside {
    /// Trades, by rising time.
    pub trades: Vec<Print>,
    /// Books, by rising time.
    pub books: Option<Books>,
    /// Series from outside.
    pub series: Vec<Series>,
    /// Columns beside the candles that hold something else than numbers, with the first such cell as an error names it. They
    /// are passed over, unless an item reads one.
    pub unreadable: BTreeMap<String, String>,
    /// What was put right in rows of books.
    pub mended: Mended,
    /// The instrument that the rows name, if they do.
    pub instrument: Option<String>,
    /// The exchange that they name.
    pub exchange: Option<String>,
    /// What a reader of the answers should know of how the files were read.
    pub remarks: Vec<String>,
    /// What sizes of trades and books are worth.
    pub terms: Terms,
    /// What closed the candles, where they were made of others and have no length of time.
    pub bar_kind: String,
}

/// Books with the times at which they stood.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Books {
    /// Nanoseconds since 1970, never falling.
    pub times: Vec<i64>,
    /// So many levels a side.
    pub levels: usize,
    /// The bids of all books, side by side; a size of zero is no level.
    pub bids: Vec<Level>,
    /// The asks.
    pub asks: Vec<Level>,
}

/// A series from outside, such as funding or the close of another instrument.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The name by which items read it, and how old a value may be.
    pub outside: Outside,
    /// The values in the order of their publication.
    pub observations: Vec<Observation>,
}

impl Table {
    /// Candles of columns of equal length; the prices are open, high, low, close, and the volumes may be none.
    #[must_use]
    pub fn candles(times: Vec<i64>, prices: [Vec<f64>; 4], volume: Vec<f64>) -> Table {
        let (span, no_volume) = (span(&times), volume.is_empty());
        let volume = if no_volume { vec![f64::NAN; times.len()] } else { volume };
        let columns = prices.into_iter().chain([volume]).collect();
        let holds = Holds::Bars { columns, close_at: ends(&times, span), extra: Vec::new(), span, no_volume };
        let written = Cells::Whole(times.clone());
        Table { times, written, time_name: "time".into(), holds, beside: Beside::default() }
    }
}

impl Table {
    /// Says what a contract is worth, where sizes of trades and books count contracts.
    pub fn count_contracts(&mut self, path: &Path, terms: Terms) -> Result<(), FeaturesError> {
        let has_flow = !self.beside.trades.is_empty() || self.beside.books.is_some();
        match self.holds {
            Holds::Events(_) => {
                let what = "--contract: an event file knows the contract of its instrument";
                return Err(FeaturesError::table(path, what));
            }
            Holds::Bars { .. } if !has_flow => {
                let what = "--contract: expected trades or books, whose sizes count contracts; volumes of candles stay as they are";
                return Err(FeaturesError::table(path, what));
            }
            _ => self.beside.terms = terms,
        }
        Ok(())
    }
}

/// When each candle is known: its length after its start where all are of one length, else (calendar months) when the next
/// one starts, and the last as long after its start as the longest took.
#[must_use]
pub fn ends(open_at: &[i64], span: Option<i64>) -> Vec<i64> {
    if let Some(span) = span {
        return open_at.iter().map(|it| it.saturating_add(span)).collect();
    }
    let longest = open_at.windows(2).map(|it| it[1] - it[0]).max().unwrap_or(1);
    let last = open_at.last().map(|it| it.saturating_add(longest));
    open_at.iter().skip(1).copied().chain(last).collect()
}

/// A count without its decimals.
fn whole(cell: &str) -> &str {
    cell.split_once('.').map_or(cell, |it| it.0)
}

/// A time that is counted since 1970, perhaps with decimals.
fn counted(unit: TimeUnit, cell: &str) -> Option<Timestamp> {
    let Some((count, decimals)) = cell.split_once('.') else { return unit.parse(cell.as_bytes()) };
    let one = unit.parse(b"1")?.nanos();
    let part = decimals.get(..decimals.len().min(18)).filter(|it| it.bytes().all(|c| c.is_ascii_digit()))?;
    let of = 10_i128.pow(part.len() as u32);
    let part = if part.is_empty() { 0 } else { part.parse::<i128>().ok()? };
    let nanos = i64::try_from(part * i128::from(one) / of).ok()?;
    Some(Timestamp::from_nanos(unit.parse(count.as_bytes())?.nanos().checked_add(nanos)?))
}

/// The smallest distance of two rows, if all are multiples of it, none is more common, and none comes so often in a row that it
/// is no gap but the length of other candles. A row too many among hours, or hours before minutes, would else make minutes of
/// them all, and each be known long before its end.
pub(super) fn span(times: &[i64]) -> Option<i64> {
    let steps = times.windows(2).map(|it| it[1].saturating_sub(it[0]));
    let least = steps.clone().min().filter(|it| *it > 0)?;
    // How often each step comes, and how often in a row at most.
    let mut counts: BTreeMap<i64, (usize, usize)> = BTreeMap::new();
    let (mut last, mut in_a_row) = (least, 0);
    for step in steps {
        if step % least != 0 {
            return None;
        }
        in_a_row = if step == last { in_a_row + 1 } else { 1 };
        last = step;
        let (count, longest) = counts.entry(step).or_default();
        (*count, *longest) = (*count + 1, in_a_row.max(*longest));
    }
    let all = times.len() - 1;
    let (of_least, _) = counts.remove(&least)?;
    let are_gaps =
        counts.values().all(|&(count, longest)| count <= of_least && !is_a_length(count, longest, all));
    are_gaps.then_some(least)
}

/// Whether a step that is `count` of `all` comes `longest` times in a row where gaps that fall anywhere would do so in less than
/// one of a million files: all * share^longest, the expected number of such runs.
fn is_a_length(count: usize, longest: usize, all: usize) -> bool {
    let (share, times) = (count as f64 / all as f64, i32::try_from(longest).unwrap_or(i32::MAX));
    longest > 2 && all as f64 * share.powi(times) < 1e-6
}

/// Reads CSV (commas, semicolons or tabs, plain or packed) or Parquet, with the names of its columns in the first line, or an
/// event file of one instrument (`.events`), which is not taken into memory: its rows are made as they are computed.
pub fn read(path: &Path) -> Result<Table, FeaturesError> {
    if path.extension().is_some_and(|it| it == "events") {
        let (holds, written) = (Holds::Events(Recorded::open(path)?), Cells::Whole(Vec::new()));
        let (times, beside) = (Vec::new(), Beside::default());
        return Ok(Table { times, written, time_name: "time".into(), holds, beside });
    }
    Raw::read(path)?.table(path)
}

fn raw(path: &Path) -> Result<Raw, FeaturesError> {
    let mut head = [0; 4];
    let file = File::open(path).map_err(|e| ReadError::io(path, "open", e))?;
    let got = (&file).take(4).read(&mut head).map_err(|e| ReadError::io(path, "read", e))?;
    if &head[..got] == b"PAR1" { parquet(path) } else { text(path) }
}

/// Columns, and where each row stands.
pub(super) struct Raw {
    pub(super) names: Vec<String>,
    /// One for each column.
    pub(super) cells: Vec<Cells>,
    pub(super) lines: Vec<u64>,
}

fn text(path: &Path) -> Result<Raw, FeaturesError> {
    let mut source = Source::open(path)?;
    let (mut names, mut columns, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    let (mut by, mut before) = (',', 0);
    while let Some(line) = source.next_line()? {
        let text = String::from_utf8_lossy(line.text);
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            continue;
        }
        // A tab at the end stands before a cell that is empty.
        let text = text.trim_end_matches(|it: char| it.is_whitespace() && it != '\t');
        // Each file of an archive begins with the same names.
        let is_further = line.number <= before;
        before = line.number;
        if is_further && !names.is_empty() {
            let is_same = split(text, by).iter().map(|it| it.as_ref()).eq(names.iter().map(String::as_str));
            if is_same {
                continue;
            }
            let what = "holds several files, and the first line of one is not that of the first: expected the same columns";
            return Err(FeaturesError::table(path, what));
        }
        if names.is_empty() {
            by = [',', ';', '\t'].into_iter().max_by_key(|by| split(text, *by).len()).unwrap_or(',');
            names = split(text, by).into_iter().map(Cow::into_owned).collect();
            if names.iter().any(|it| it.parse::<f64>().is_ok_and(f64::is_finite)) {
                let what = "expected the names of the columns in the first line, got numbers";
                return Err(FeaturesError::table(path, what));
            }
            columns = vec![Texts::default(); names.len()];
            continue;
        }
        let mut count = 0;
        let mut take = |cell: &str| {
            if let Some(column) = columns.get_mut(count) {
                Texts::push(column, cell);
            }
            count += 1;
        };
        // Lines without quotes, which are most, are cut where they stand.
        if text.contains('"') {
            split(text, by).iter().for_each(|it| take(it));
        } else {
            text.split(by).for_each(|it| take(it.trim()));
        }
        if count != names.len() {
            let expected = format!("{} cells, as in the first line", names.len());
            return Err(
                ReadError::field(path, line.number, "line", expected, count.to_string().as_bytes()).into()
            );
        }
        lines.push(line.number);
    }
    Ok(Raw { names, cells: columns.into_iter().map(Cells::Text).collect(), lines })
}

/// The cells of a line. One that begins with a quote ends at the next that stands alone; two are one in the cell (RFC 4180).
/// A quote that nothing ends is left as it is.
fn split(mut text: &str, by: char) -> Vec<Cow<'_, str>> {
    let mut cells = Vec::new();
    loop {
        let quoted = text.trim_start_matches(' ').strip_prefix('"').and_then(|it| {
            let end = it.replace("\"\"", "\0\0").find('"')?;
            let rest = it[end + 1..].trim_start_matches(' ');
            (rest.is_empty() || rest.starts_with(by)).then_some((&it[..end], rest))
        });
        let (cell, rest) = match quoted {
            Some((cell, rest)) => (Cow::Owned(cell.trim().replace("\"\"", "\"")), rest),
            None => {
                let (cell, rest) = text.split_at(text.find(by).unwrap_or(text.len()));
                (Cow::Borrowed(cell.trim()), rest)
            }
        };
        cells.push(cell);
        match rest.strip_prefix(by) {
            Some(rest) => text = rest,
            None => return cells,
        }
    }
}

/// Rows of Parquet that are decoded at once.
const BATCH_ROWS: usize = 8 * 1024;

fn parquet(path: &Path) -> Result<Raw, FeaturesError> {
    let broken = |e: Damage| FeaturesError::table(path, format!("no sound Parquet: {e}"));
    let file = File::open(path).map_err(|e| ReadError::io(path, "open", e))?;
    let mut reader = Reader::open(file, BATCH_ROWS).map_err(broken)?;
    let fields = reader.fields().iter();
    let (names, cells) = fields.map(|it| (it.name.clone(), Cells::for_type(&it.holds))).unzip();
    let mut raw = Raw { cells, names, lines: Vec::new() };
    while let Some(batch) = reader.next_batch().map_err(broken)? {
        for (column, cells) in batch.columns.iter().zip(&mut raw.cells) {
            cells.extend(column, batch.rows);
        }
        let from = raw.lines.len() as u64;
        raw.lines.extend((1..=batch.rows as u64).map(|it| from + it));
    }
    Ok(raw)
}

impl Raw {
    /// Reads a file whole. It has a row, and no name stands twice.
    pub(super) fn read(path: &Path) -> Result<Raw, FeaturesError> {
        let raw = raw(path)?;
        let twice = (0..raw.names.len()).find(|&at| {
            !raw.names[at].is_empty()
                && raw.names[..at].iter().any(|it| it.eq_ignore_ascii_case(&raw.names[at]))
        });
        if let Some(at) = twice {
            return Err(FeaturesError::table(path, format!("the column {} is there twice", raw.names[at])));
        }
        if raw.lines.is_empty() {
            return Err(FeaturesError::NoRows(path.into()));
        }
        Ok(raw)
    }

    /// The place of the column of times. A first column without a name is how pandas writes an index.
    pub(super) fn time_place(&self, path: &Path) -> Result<usize, FeaturesError> {
        let unnamed = self.names.first().is_some_and(String::is_empty).then_some(0);
        self.any(&TIME_NAMES).or(unnamed).ok_or_else(|| {
            let names = self.names.join(", ");
            let what = format!("expected a column of times ({}), got {names}", TIME_NAMES.join(", "));
            FeaturesError::table(path, what)
        })
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|it| it.eq_ignore_ascii_case(name))
    }

    pub(super) fn any(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|it| self.place(it))
    }

    fn table(mut self, path: &Path) -> Result<Table, FeaturesError> {
        let time_at = self.time_place(path)?;
        let times = self.times(path, time_at)?;
        let [instrument, exchange] = self.named(path)?;
        let mut beside = Beside { instrument, exchange, ..Beside::default() };
        let holds = self.holds(path, time_at, &times, &mut beside)?;
        let time_name = self.names.swap_remove(time_at);
        let time_name = if time_name.is_empty() { "time".into() } else { time_name };
        let written = self.cells.swap_remove(time_at);
        Ok(Table { times, written, time_name, holds, beside })
    }

    /// Whether the rows are trades or books as they came, which stand for a moment however far apart they are. Most of what is
    /// stamped with whole seconds may be made of them, one row for a time.
    pub(super) fn is_of_moments(&self, times: &[i64]) -> bool {
        const SECOND: i64 = 1_000_000_000;
        let are_trades = self.any(&PRICE_NAMES).is_some() && self.any(&SIZE_NAMES).is_some();
        let has = |names: &[&str]| names.iter().all(|it| self.place(it).is_some());
        let are_books = has(&["bid", "bid_size", "ask", "ask_size"]) || has(&["bid_price_0", "bid_size_0"]);
        let whole = times.iter().filter(|it| *it % SECOND == 0).count();
        (are_trades || are_books) && whole <= times.len() / 2
    }

    /// The one instrument and the one exchange that the rows name, if they do.
    pub(super) fn named(&self, path: &Path) -> Result<[Option<String>; 2], FeaturesError> {
        Ok([self.one_of(path, &SYMBOL_NAMES, "instrument")?, self.one_of(path, &EXCHANGE_NAMES, "exchange")?])
    }

    /// What every row of a column of words says that says something, in capitals or small letters.
    fn one_of(&self, path: &Path, names: &[&str], what: &str) -> Result<Option<String>, FeaturesError> {
        for at in names.iter().filter_map(|it| self.place(it)) {
            let cells = &self.cells[at];
            let mut said = (0..self.lines.len()).filter(|&row| !is_absent(&cells.text(row)));
            let Some(first) = said.next().map(|row| cells.text(row)) else { continue };
            if first.parse::<f64>().is_ok() {
                continue;
            }
            if let Some(row) = said.find(|&row| !cells.text(row).eq_ignore_ascii_case(&first)) {
                let (line, cell) = (self.lines[row], cells.text(row));
                let expected = format!("{first} as in the rows before: a table is of one {what}");
                return Err(ReadError::field(path, line, &self.names[at], expected, cell.as_bytes()).into());
            }
            return Ok(Some(first.into_owned()));
        }
        Ok(None)
    }

    /// Times that do not fall.
    pub(super) fn times(&self, path: &Path, at: usize) -> Result<Vec<i64>, FeaturesError> {
        let times = self.moments(path, at)?;
        if let Some(row) = times.windows(2).position(|it| it[1] < it[0]) {
            let (line, cell) = (self.lines[row + 1], self.cells[at].text(row + 1));
            let expected = "a time at or after that of the row before";
            return Err(ReadError::field(path, line, &self.names[at], expected, cell.as_bytes()).into());
        }
        Ok(times)
    }

    /// Times in any order.
    pub(super) fn moments(&self, path: &Path, at: usize) -> Result<Vec<i64>, FeaturesError> {
        let cells = &self.cells[at];
        let first = cells.text(0);
        // Eight digits are a day, and small counts are milliseconds of a test.
        let unit = match unsigned(whole(&first).as_bytes()) {
            // Times that are told as such are not guessed at.
            _ if matches!(cells, Cells::Nanos(_)) => Some(TimeUnit::Nanos),
            Some(_) if first.len() == 8 => None,
            // Neither is twelve or fourteen of them a count that anybody writes: it would be of a time before 1990.
            Some(it) if TimeUnit::of_magnitude(it).is_none() && datetime(first.as_bytes()).is_some() => None,
            Some(it) => Some(TimeUnit::of_magnitude(it).unwrap_or(TimeUnit::Millis)),
            None => None,
        };
        let mut times: Vec<i64> = Vec::with_capacity(self.lines.len());
        for (row, &line) in self.lines.iter().enumerate() {
            let fault = |expected: String| {
                ReadError::field(path, line, &self.names[at], expected, cells.text(row).as_bytes())
            };
            let whole = cells.whole(row).filter(|it| *it >= 0);
            let time = match (unit, whole) {
                (Some(unit), Some(count)) => count.checked_mul(unit.nanos()).map(Timestamp::from_nanos),
                (Some(unit), None) => counted(unit, &cells.text(row)),
                (None, _) => datetime(cells.text(row).as_bytes()),
            };
            let time = time.map(Timestamp::nanos).ok_or_else(|| {
                fault(
                    unit.map_or("a date (and time) in UTC".into(), |it| format!("{} since 1970", it.name())),
                )
            })?;
            times.push(time);
        }
        Ok(times)
    }

    /// The numbers of a column; not a number where a cell has none.
    pub(super) fn numbers(&self, path: &Path, at: usize) -> Result<Vec<f64>, FeaturesError> {
        self.cells[at].numbers().map_err(|row| {
            let cell = self.cells[at].text(row);
            let line = self.lines[row];
            ReadError::field(path, line, &self.names[at], "a finite number", cell.as_bytes()).into()
        })
    }

    fn holds(
        &self,
        path: &Path,
        time_at: usize,
        times: &[i64],
        beside: &mut Beside,
    ) -> Result<Holds, FeaturesError> {
        let candle = ["open", "high", "low", "close"].map(|it| self.place(it));
        if let [Some(open), Some(high), Some(low), Some(close)] = candle {
            return self.bars(path, time_at, times, [open, high, low, close], beside);
        }
        if let (Some(price), Some(size)) = (self.any(&PRICE_NAMES), self.any(&SIZE_NAMES)) {
            if let Some(name) = self.any(&OF_LEVELS).map(|at| &self.names[at]) {
                let what = format!(
                    "a price and a size beside {name} are of a level of a book: expected a row for each book, or an event file, \
                     which `scalp data import` makes"
                );
                return Err(FeaturesError::table(path, what));
            }
            return self.trades(path, times, price, size);
        }
        self.books(path, beside)
    }

    fn bars(
        &self,
        path: &Path,
        time_at: usize,
        times: &[i64],
        prices: [usize; 4],
        beside: &mut Beside,
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
            if !is_word {
                continue;
            }
            // A further column is one that items may read: it has a name, and numbers.
            match self.numbers(path, at) {
                Ok(numbers) => {
                    extra.push(name.clone());
                    columns.push(numbers);
                }
                Err(fault) => {
                    beside.unreadable.insert(name.clone(), fault.to_string());
                }
            }
        }
        if let Some(row) = times.windows(2).position(|it| it[0] == it[1]) {
            let cell = self.cells[time_at].text(row + 1);
            let expected = "a later time than that of the bar before";
            let line = self.lines[row + 1];
            return Err(ReadError::field(path, line, &self.names[time_at], expected, cell.as_bytes()).into());
        }
        let span = span(times);
        let close_at = ends(times, span);
        Ok(Holds::Bars { columns, close_at, extra, span, no_volume: volume.is_none() })
    }

    fn trades(&self, path: &Path, times: &[i64], price: usize, size: usize) -> Result<Holds, FeaturesError> {
        let (prices, sizes) = (self.numbers(path, price)?, self.numbers(path, size)?);
        let (side, maker) = (self.any(&SIDE_NAMES), self.any(&MAKER_NAMES));
        let mut all = Vec::with_capacity(times.len());
        if let Some(row) = side.and_then(|at| self.unclear(at)) {
            let name = side.map_or("side", |at| &self.names[at]);
            let expected = "buy or sell, or 1 or -1: 0 may be a sale or unknown where no other row is a sale";
            return Err(ReadError::field(path, self.lines[row], name, expected, b"0").into());
        }
        for row in 0..times.len() {
            let line = self.lines[row];
            let sound = |at: usize, value: f64| {
                if value > 0.0 {
                    return Ok(value);
                }
                let cell = self.cells[at].text(row);
                Err(ReadError::field(path, line, &self.names[at], "a number above zero", cell.as_bytes()))
            };
            let aggressor = match (side, maker) {
                (Some(at), _) => {
                    let cell = self.cells[at].text(row);
                    match cell.to_ascii_lowercase().as_str() {
                        it if BUY.contains(&it) => Some(Side::Buy),
                        it if SELL.contains(&it) => Some(Side::Sell),
                        it if is_absent(it) || matches!(it, "0" | "0.0" | "-0.0" | "unknown") => None,
                        _ => {
                            let expected =
                                "buy or sell, b or s, 1 or -1, or nothing (a bid and an ask are of a book)";
                            let name = &self.names[at];
                            return Err(ReadError::field(path, line, name, expected, cell.as_bytes()).into());
                        }
                    }
                }
                (None, Some(at)) => {
                    let cell = self.cells[at].text(row);
                    match cell.to_ascii_lowercase().as_str() {
                        it if YES.contains(&it) => Some(Side::Sell),
                        it if NO.contains(&it) => Some(Side::Buy),
                        _ if is_absent(&cell) => None,
                        _ => {
                            let (expected, name) = ("true or false, 1 or 0, or nothing", &self.names[at]);
                            return Err(ReadError::field(path, line, name, expected, cell.as_bytes()).into());
                        }
                    }
                }
                (None, None) => None,
            };
            let (price, size) = (sound(price, prices[row])?, sound(size, sizes[row])?);
            all.push(Print { at: times[row], price, size, aggressor });
        }
        Ok(Holds::Trades(all))
    }

    /// The first row of a column of sides with a 0, where nothing in it says what 0 is: no row of it is a sale by another word.
    fn unclear(&self, at: usize) -> Option<usize> {
        let text = |row: usize| self.cells[at].text(row).to_ascii_lowercase();
        let rows = 0..self.lines.len();
        let zero = rows.clone().find(|&row| matches!(text(row).as_str(), "0" | "0.0" | "-0.0"))?;
        let sells = rows.into_iter().any(|row| SELL.contains(&text(row).as_str()));
        (!sells).then_some(zero)
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

    fn books(&self, path: &Path, beside: &mut Beside) -> Result<Holds, FeaturesError> {
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
        // The first cell of each row that cannot be.
        let mut wrong: Vec<Option<usize>> = vec![None; self.lines.len()];
        let mut side = |columns: &[(usize, usize)]| -> Result<Vec<Level>, FeaturesError> {
            let mut side = vec![NONE; self.lines.len() * levels];
            for (place, &(price, size)) in columns[..levels].iter().enumerate() {
                let (prices, sizes) = (self.numbers(path, price)?, self.numbers(path, size)?);
                for (row, wrong) in wrong.iter_mut().enumerate() {
                    match Written::of(prices[row], sizes[row]) {
                        Written::Level(level) => side[row * levels + place] = level,
                        Written::Nothing => {}
                        Written::WrongPrice => *wrong = wrong.or(Some(price)),
                        Written::WrongSize => *wrong = wrong.or(Some(size)),
                    }
                }
            }
            Ok(side)
        };
        let (mut bids, mut asks) = (side(&bids)?, side(&asks)?);
        let mended = mend(levels, &mut bids, &mut asks);
        beside.mended = self.unsound(path, &wrong)?;
        beside.mended.add(mended);
        Ok(Holds::Books { levels, bids, asks })
    }

    /// What is said of rows with a level that cannot be. Where most rows have one they are no books, and are refused.
    fn unsound(&self, path: &Path, wrong: &[Option<usize>]) -> Result<Mended, FeaturesError> {
        let count = wrong.iter().flatten().count();
        let Some((row, at)) = wrong.iter().enumerate().find_map(|(row, at)| Some((row, (*at)?))) else {
            return Ok(Mended::default());
        };
        let expected = |what: &str| {
            let cell = self.cells[at].text(row);
            ReadError::field(path, self.lines[row], &self.names[at], what, cell.as_bytes())
        };
        if 2 * count > wrong.len() {
            let all = wrong.len();
            let what = format!(
                "prices and sizes of a book, which are above zero, or zero or nothing where there is no level; {count} of {all} rows \
                 have others"
            );
            return Err(expected(&what).into());
        }
        let first = expected("a number above zero").to_string();
        Ok(Mended { unsound: count, first_unsound: Some(first), ..Mended::default() })
    }
}
