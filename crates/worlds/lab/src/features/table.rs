//! What a table is once it has been read: candles, trades, books or events, what lies beside them, and how long its candles are.

use super::FeaturesError;
use super::books::Mended;
use super::built::Terms;
use super::cells::Cells;
use super::recorded::Recorded;
use scalp_features::measure::{Level, Print};
use scalp_features::{Observation, Outside};
use scalp_tables::lengths::Lengths;
use std::collections::BTreeMap;
use std::path::Path;

/// What the rows of a table are.
#[derive(Debug, Clone, PartialEq)]
pub enum Holds {
    /// Candles.
    Bars {
        /// Open, high, low, close, volume, then the further columns.
        columns: Vec<Vec<f64>>,
        /// When each was known: at its end, nanoseconds since 1970. See [`ends`](scalp_tables::lengths::ends). One that may be of
        /// longer candles is known later.
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
    /// By which columns files were read where several could be meant: the first file where that is so, and what.
    pub choices: Vec<(String, String)>,
    /// Why no book is read, where the columns of one stand beside trades.
    pub unread_book: Option<String>,
    /// What a reader of the answers should know of how the files were read.
    pub remarks: Vec<String>,
    /// What sizes of trades and books are worth.
    pub terms: Terms,
    /// What closed the candles, where they were made of others and have no length of time.
    pub bar_kind: String,
    /// When each candle was known, nanoseconds since 1970, never before its end: where a column tells it, and of candles made of others
    /// where some waited for the next.
    pub known: Option<Vec<i64>>,
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
        let (Lengths { span, close_at, .. }, no_volume) = (Lengths::of(&times), volume.is_empty());
        let volume = if no_volume { vec![f64::NAN; times.len()] } else { volume };
        let columns = prices.into_iter().chain([volume]).collect();
        let holds = Holds::Bars { columns, close_at, extra: Vec::new(), span, no_volume };
        let written = Cells::Whole(times.clone());
        Table { times, written, time_name: "time".into(), holds, beside: Beside::default() }
    }
}

impl Beside {
    /// Takes down by which columns a file was read where others could be meant.
    pub(super) fn choose(&mut self, path: &Path, what: Vec<String>) {
        self.choices.extend(what.into_iter().map(|it| (path.display().to_string(), it)));
    }

    /// The same of a further file. What is so of files before is told of the first of them alone.
    pub(super) fn choose_as(&mut self, other: &Beside) {
        for (path, what) in &other.choices {
            if self.choices.iter().all(|it| it.1 != *what) {
                self.choices.push((path.clone(), what.clone()));
            }
        }
    }
}

impl Table {
    /// Says what a contract is worth, where sizes of trades and books count contracts.
    pub fn count_contracts(&mut self, path: &Path, terms: Terms) -> Result<(), FeaturesError> {
        if let Some(why) = self.counts_none() {
            let what = format!("--contract: expected trades or books whose sizes count contracts: {why}");
            return Err(FeaturesError::table(path, what));
        }
        self.beside.terms = terms;
        Ok(())
    }

    /// Of candles with a column that tells when each was known: none was before its end. One that may be longer than most is not where
    /// it was known before, and those of no one length end when they and all before them were known.
    pub(super) fn settle_known(&mut self) {
        let (Holds::Bars { close_at, span, .. }, Some(known)) = (&mut self.holds, &mut self.beside.known)
        else {
            return;
        };
        let mut latest = i64::MIN;
        for ((time, known), end) in self.times.iter().zip(known).zip(close_at) {
            latest = latest.max(*known);
            *end = span.map_or(latest, |span| (*end).min(time.saturating_add(span).max(*known)));
            *known = (*known).max(*end);
        }
    }

    /// When each candle was known: by the column that tells it, else at its end.
    pub(super) fn known(&self) -> Vec<i64> {
        match (&self.beside.known, &self.holds) {
            (Some(known), _) => known.clone(),
            (None, Holds::Bars { close_at, .. }) => close_at.clone(),
            (None, _) => Vec::new(),
        }
    }

    /// Whether it is of candles of one length, each of which ends so long after its time.
    pub(super) fn has_length(&self) -> bool {
        matches!(self.holds, Holds::Bars { span: Some(_), .. })
    }

    /// Why nothing in it counts contracts, whatever one is worth; none where trades or books may.
    #[must_use]
    pub fn counts_none(&self) -> Option<&'static str> {
        let has_flow = !self.beside.trades.is_empty() || self.beside.books.is_some();
        match self.holds {
            Holds::Events(_) => Some("an event file knows the contract of its instrument"),
            Holds::Bars { .. } if !has_flow => Some("volumes of candles stay as they are"),
            _ => None,
        }
    }
}

/// When the last row was known.
pub(super) fn last_row(table: &Table) -> i64 {
    let rows = table.times.len() - 1;
    match &table.holds {
        Holds::Bars { close_at, .. } => close_at[rows],
        Holds::Trades(_) | Holds::Books { .. } | Holds::Events(_) => table.times[rows],
    }
}
