//! A described mapping: says in TOML which columns of a CSV or Parquet file are the time, the price and so on, and so
//! makes a reader of it. The ready-made ones are in `mappings/`; what each key means stands
//! at the fields below.
//!
//! ```toml
//! kind = "trades"
//! time = { column = "ts_ns", unit = "ns" }
//! side = { column = "buyer_maker", buy = ["0"], sell = ["1"] }
//! [columns]
//! price = "price"
//! qty = "qty"
//! id = "trade_id"
//! ```

mod candles;
mod cells;
mod clock;
mod parquet;
mod plan;
mod rows;

use crate::buffer::EventBuffer;
use crate::fault::Fault;
use crate::reader::{Position, ReadError, Reader};
use crate::source::{Source, mixed_line_ends};
use crate::symbols::Symbols;
pub(crate) use cells::{Cells, Row};
pub(crate) use clock::Clock;
pub(crate) use parquet::{ParquetRows, is_parquet};
use plan::Plan;
pub(crate) use plan::place;
use rows::Rows;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How a file is to be read. Unknown keys are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// What a row is.
    pub kind: Kind,
    /// Whether the first line names the columns. Absent: it does unless its time column holds a time. (CSV only.)
    #[serde(default)]
    pub header: Option<bool>,
    /// What stands between two columns; a comma when absent. (CSV only.)
    #[serde(default = "comma")]
    pub delimiter: char,
    /// When it happened at the exchange; for bars, see `time_is`.
    pub time: Time,
    /// Whether the time of a bar is its `open` (when absent) or its `close`.
    #[serde(default)]
    pub time_is: TimeIs,
    /// When it reached the recorder; absent: equal to the exchange time.
    #[serde(default)]
    pub arrival: Option<Time>,
    /// The column of the symbol; absent: the file holds one instrument.
    #[serde(default)]
    pub symbol: Option<Column>,
    /// Side of the taker (trades), or of the book: `buy` lists the values that mean buy or bid, `sell` the others.
    #[serde(default)]
    pub side: Option<SideColumn>,
    /// Book rows: which of them belong to a whole book.
    #[serde(default)]
    pub snapshot: Option<YesColumn>,
    /// Snapshots: the columns of the levels.
    #[serde(default)]
    pub levels: Option<Levels>,
    /// Length of a bar, as `1s`, `1m`, `1h`, `1d`, `1w`, or calendar months in UTC as `1mo`; needed for bars. Marks and quotes that are the last of a candle
    /// have it too: they are known at its end.
    #[serde(default)]
    pub span: Option<String>,
    /// Prices off the tick grid go to the nearest tick (files written from binary floats); otherwise they are an error.
    #[serde(default)]
    pub round_prices: bool,
    /// Sizes off the lot grid go to the nearest lot; otherwise they are an error.
    #[serde(default)]
    pub round_sizes: bool,
    /// What a price of zero means.
    #[serde(default)]
    pub zero_price: ZeroPrice,
    /// Prices below zero are taken (dated spreads); otherwise they are an error.
    #[serde(default)]
    pub negative_prices: bool,
    /// Ids that are no whole numbers (UUIDs) become 0, "none"; otherwise they are an error.
    #[serde(default)]
    pub text_ids: bool,
    /// Trades whose file does not say which side took get it from the price: bought above the trade before, sold below
    /// it, at the same price as the trade before; the first trade counts as bought. An estimate, and counted as such.
    #[serde(default)]
    pub tick_rule: bool,
    /// Columns of fixed-size binary (8 or 16 bytes) hold little-endian whole numbers with this many decimal places.
    /// (Parquet only; without it such columns are an error.)
    #[serde(default)]
    pub fixed_places: Option<u8>,
    /// The other columns.
    #[serde(default)]
    pub columns: Columns,
}

/// What a row of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A trade: `price`, `qty`, `side`, perhaps `id`.
    Trades,
    /// Best bid and ask: `bid`, `bid_qty`, `ask`, `ask_qty`, perhaps `id`.
    Quotes,
    /// One changed side of the best bid and ask: `price`, `qty`, `side`.
    QuoteSides,
    /// A bar: `open`, `high`, `low`, `close`, `volume`, perhaps `taker_buy`, `trades`; `span`.
    Bars,
    /// One changed level: `price`, `qty`, `side`. Rows of one `message` (or, without it, of one time and arrival that
    /// follow one another) are one event.
    Book,
    /// The best levels whole: `levels`.
    Snapshots,
    /// A funding rate that settles at the time: `rate`, perhaps `mark`.
    Funding,
    /// `mark`, perhaps `index`; or, from candles of the mark price, their close as `mark`.
    Marks,
    /// `interest`, perhaps `interest_value`.
    OpenInterest,
    /// Tardis `derivative_ticker`: `mark`, perhaps `index`, `interest`, and `rate` with the time `rate_at` it settles at.
    Ticker,
}

/// A column: by name, by place from 0, by name where there is a header and else by place, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Column {
    /// By place, from 0.
    At(usize),
    /// By name.
    Named(String),
    /// By name where there is a header, else by place.
    Either {
        /// The name.
        name: String,
        /// The place, from 0.
        at: usize,
    },
    /// A part of a column that holds several values (`"2271.58_1.6477"`).
    Part {
        /// Which column.
        column: Box<Column>,
        /// What stands between the values.
        split: char,
        /// Which of them, from 0.
        part: usize,
    },
}

/// A column that holds a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// Which column.
    pub column: Column,
    /// How it is written.
    pub unit: TimeForm,
}

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeForm {
    /// Nanoseconds since 1970, whole. Timestamp columns of Parquet are always this.
    Ns,
    /// Microseconds since 1970, whole or decimal.
    Us,
    /// Milliseconds since 1970, whole or decimal.
    Ms,
    /// Seconds since 1970, whole or decimal.
    S,
    /// A whole number in one of these units, told by the size of the first; rows of another unit are an error.
    Auto,
    /// `2024-08-08`, `2024-08-08 23:54[:15[.123]]`, RFC 3339, or with the date as `20240808`; UTC.
    Text,
    /// Milliseconds since midnight UTC of the day that stands in the file name as `YYYYMMDD`.
    MsOfDay,
}

/// What the time of a bar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeIs {
    /// Its start.
    #[default]
    Open,
    /// Its end.
    Close,
}

/// A column that holds a side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideColumn {
    /// Which column.
    pub column: Column,
    /// Values that mean: the taker bought, or the level is a bid.
    pub buy: Vec<String>,
    /// Values that mean: the taker sold, or the level is an ask.
    pub sell: Vec<String>,
}

/// A column that holds yes or no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YesColumn {
    /// Which column.
    pub column: Column,
    /// Values that mean yes.
    pub yes: Vec<String>,
    /// Values that mean no.
    pub no: Vec<String>,
}

/// The columns of a book's levels: names in which `{}` stands for the number of the level. A list column `c` of Parquet
/// has the names `c[0]`, `c[1]` and so on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Levels {
    /// How many levels a side; missing ones at the end are empty cells.
    pub count: usize,
    /// Number of the best level: 0 when absent.
    #[serde(default)]
    pub first: usize,
    /// Price of a bid.
    pub bid: String,
    /// Size of a bid.
    pub bid_qty: String,
    /// Price of an ask.
    pub ask: String,
    /// Size of an ask.
    pub ask_qty: String,
}

/// What a price of zero means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ZeroPrice {
    /// An error.
    #[default]
    Refuse,
    /// Nothing there: the row is left out and counted (the side or level alone, for quotes and snapshots).
    Absent,
}

/// The columns of values; which are needed, the kind says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Columns {
    /// Price of a trade or level.
    pub price: Option<Column>,
    /// Size of a trade or level, in base coins or contracts as the instrument counts.
    pub qty: Option<Column>,
    /// The venue's id of a trade or quote.
    pub id: Option<Column>,
    /// Best bid.
    pub bid: Option<Column>,
    /// Its size.
    pub bid_qty: Option<Column>,
    /// Best ask.
    pub ask: Option<Column>,
    /// Its size.
    pub ask_qty: Option<Column>,
    /// First price of a bar.
    pub open: Option<Column>,
    /// Highest price.
    pub high: Option<Column>,
    /// Lowest price.
    pub low: Option<Column>,
    /// Last price.
    pub close: Option<Column>,
    /// Traded size.
    pub volume: Option<Column>,
    /// Part of it where the taker bought.
    pub taker_buy: Option<Column>,
    /// Number of trades.
    pub trades: Option<Column>,
    /// Funding rate as a fraction.
    pub rate: Option<Column>,
    /// When that rate settles, in the unit of `time`.
    pub rate_at: Option<Column>,
    /// Mark price; goes to the nearest tick.
    pub mark: Option<Column>,
    /// Index price; goes to the nearest tick.
    pub index: Option<Column>,
    /// Open interest in lots' units.
    pub interest: Option<Column>,
    /// Its value in the settle currency.
    pub interest_value: Option<Column>,
    /// Number of the message a book row belongs to.
    pub message: Option<Column>,
    /// First update id of a book row's message.
    pub first_id: Option<Column>,
    /// Last update id.
    pub last_id: Option<Column>,
    /// Last update id of the message before.
    pub previous_id: Option<Column>,
}

fn comma() -> char {
    ','
}

impl Mapping {
    /// Reads a description; unknown keys and impossible values are refused with their place.
    pub fn parse(toml: &str) -> Result<Self, Fault> {
        toml::from_str(toml).map_err(|e| Fault::file("a mapping in TOML", e.message().trim().to_owned()))
    }

    /// Reads a description from a file.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let text = std::fs::read_to_string(path).map_err(|e| ReadError::io(path, "read", e))?;
        Self::parse(&text).map_err(|fault| fault.in_file(path))
    }
}

/// What was left out or changed, by the description's own word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct TableCounts {
    /// Rows read.
    pub rows: u64,
    /// Rows of symbols that were not asked for.
    pub other_symbols: u64,
    /// Rows, sides or levels left out because their price is zero.
    pub zero_prices: u64,
    /// Prices and sizes that went to the nearest step.
    pub rounded: u64,
    /// Trades whose side is an estimate by the tick rule.
    pub sides_by_tick_rule: u64,
    /// Rows that told of a candle before it was whole, as a recorder with times of arrival hears it: what was told last counts.
    pub unfinished: u64,
}

/// Reads a CSV or Parquet file by a mapping.
#[derive(Debug)]
pub struct Table {
    input: Input,
    mapping: Mapping,
    plan: Option<Plan>,
    rows: Rows,
    cells: Cells,
    /// The file that the events handed out last are of.
    file: PathBuf,
    /// The first line of the next file of an archive, which waits until the events before it were handed out.
    waiting: Option<Vec<u8>>,
    ended: bool,
}

#[derive(Debug)]
enum Input {
    Text(Box<Source>),
    Columns(Box<parquet::ParquetRows>),
}

impl Table {
    /// Opens a file: Parquet by its first bytes, else CSV in any packing of [`Source`].
    pub fn open(path: &Path, mapping: Mapping, symbols: Symbols) -> Result<Self, ReadError> {
        let input = if parquet::is_parquet(path)? {
            let count = mapping.levels.as_ref().map_or(0, |it| it.count);
            Input::Columns(Box::new(parquet::ParquetRows::open(path, count, mapping.fixed_places)?))
        } else {
            Input::Text(Box::new(Source::open(path)?))
        };
        Self::with_input(input, mapping, symbols, path)
    }

    /// Reads CSV from a source.
    pub fn new(source: Source, mapping: Mapping, symbols: Symbols) -> Result<Self, ReadError> {
        let path = PathBuf::from(source.name());
        Self::with_input(Input::Text(Box::new(source)), mapping, symbols, &path)
    }

    fn with_input(input: Input, mapping: Mapping, symbols: Symbols, path: &Path) -> Result<Self, ReadError> {
        let rows = Rows::new(&mapping, symbols, path).map_err(|fault| fault.in_file(path))?;
        let mut table = Self {
            input,
            mapping,
            plan: None,
            rows,
            cells: Cells::default(),
            file: path.into(),
            waiting: None,
            ended: false,
        };
        if let Input::Columns(columns) = &table.input {
            let names = columns.names().iter().map(|it| it.as_bytes()).collect::<Vec<_>>();
            let plan = Plan::new(&table.mapping, Some(&names));
            table.plan = Some(plan.map_err(|fault| fault.in_file(path))?);
        }
        Ok(table)
    }

    /// What was left out or changed so far.
    pub fn counts(&self) -> &TableCounts {
        self.rows.counts()
    }

    /// One line of text: the header, or a row.
    fn line(&mut self, out: &mut EventBuffer) -> Result<Step, ReadError> {
        let Input::Text(source) = &mut self.input else { return Ok(Step::End) };
        let waiting = self.waiting.take();
        let (number, text) = match &waiting {
            Some(text) => (1, &text[..]),
            None => match source.next_line()? {
                None => return Ok(Step::End),
                Some(line) => (line.number, line.text),
            },
        };
        if number == 1 && waiting.is_none() {
            self.rows.end(out); // another file of an archive begins
            if !out.is_empty() {
                self.waiting = Some(text.to_vec());
                return Ok(Step::File);
            }
        }
        let delimiter = self.mapping.delimiter as u8;
        let result = self.cells.split(text, delimiter).and_then(|()| {
            if text.trim_ascii().is_empty() {
                return Ok(());
            }
            let row = self.cells.of(text);
            if number == 1 || self.plan.is_none() {
                let (plan, header) = Plan::from_first_line(&self.mapping, &row, &self.rows)?;
                self.plan = Some(plan);
                if header {
                    return Ok(());
                }
            }
            let Some(plan) = &self.plan else { return Ok(()) };
            plan.check_columns(&row)?;
            self.rows.row(plan, &row, number, out)
        });
        // Lines that end with CR alone among others look like one long row.
        let result = result.map_err(|fault| match memchr::memchr(b'\r', text.trim_ascii()) {
            Some(_) => mixed_line_ends("LF or CR LF, as in the first", text),
            None => fault,
        });
        if number == 1 {
            self.file = source.entry().into();
        }
        result.map(|()| Step::Row).map_err(|fault| source.fault(fault))
    }
}

/// What a line was.
enum Step {
    Row,
    /// The first of another file: the events so far are of the file before.
    File,
    End,
}

/// Reads a whole CSV file from memory (packed or not) into `out`: the entry for fuzzing and for small pieces. The name
/// serves those mappings that take the day from it.
pub fn decode_table(
    name: &str,
    bytes: &[u8],
    mapping: Mapping,
    symbols: Symbols,
    out: &mut EventBuffer,
) -> Result<TableCounts, ReadError> {
    let mut table = Table::new(Source::from_bytes(name, bytes)?, mapping, symbols)?;
    let mut batch = EventBuffer::new();
    loop {
        batch.clear();
        let more = table.read(&mut batch);
        batch.iter_with_source().for_each(|(event, line)| out.push(&event, line));
        if !more? {
            return Ok(*table.counts());
        }
    }
}

impl Reader for Table {
    fn read(&mut self, out: &mut EventBuffer) -> Result<bool, ReadError> {
        while !out.is_full() && !self.ended {
            let step = match &mut self.input {
                Input::Text(_) => self.line(out),
                Input::Columns(columns) => {
                    let plan = self.plan.as_ref().expect("made when the file was opened");
                    let more = columns.next_row(|cells, row| self.rows.row(plan, cells, row, out));
                    more.map(|more| if more { Step::Row } else { Step::End })
                }
            };
            // What stood before a row that cannot be read is handed out.
            let step = step.inspect_err(|_| self.rows.end(out))?;
            match step {
                Step::Row => {}
                Step::File => return Ok(true),
                Step::End => {
                    self.rows.end(out);
                    self.ended = true;
                }
            }
        }
        Ok(!self.ended)
    }
    fn position(&self) -> Position {
        match &self.input {
            Input::Text(it) => it.position(),
            Input::Columns(it) => it.position(),
        }
    }
    fn file(&self) -> &Path {
        &self.file
    }
    fn sides_estimated(&self) -> u64 {
        self.counts().sides_by_tick_rule
    }
    fn unfinished(&self) -> u64 {
        self.counts().unfinished
    }
}

#[cfg(test)]
mod tests;
