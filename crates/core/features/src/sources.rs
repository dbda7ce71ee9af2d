//! What a stream holds: bars, trades, a book, series from outside. Says which columns items may read; holds no values.

use crate::error::Error;

/// Columns that every bar has, in their order; `time` is the start of the bar in milliseconds since 1970.
pub const BAR_COLUMNS: [&str; 6] = ["open", "high", "low", "close", "volume", "time"];
/// Columns of a trade: `side` is 1 where a buyer took and -1 where a seller did, `signed` is the size with that sign.
pub const TRADE_COLUMNS: [&str; 4] = ["price", "size", "side", "signed"];
/// Columns of a book: the best prices and sizes, the middle, and the distance of the two.
pub const BOOK_COLUMNS: [&str; 6] = ["bid", "ask", "bid_size", "ask_size", "mid", "spread"];
/// Most levels of a book a side.
pub const LEVELS_MAX: usize = 1_000;
/// Most series from outside.
pub const OUTSIDE_MAX: usize = 32;

/// A series from outside, such as funding, open interest or the close of another instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// Its name, by which items read it.
    pub name: String,
    /// A value older than this, counted from its publication, is absent; nanoseconds. Without one a value lasts until the
    /// next.
    pub age_max: Option<i64>,
    /// What its values are, in the words of whoever joins it: the column they come from and when one is known. It is part of
    /// what a schema is.
    pub origin: String,
}

/// What a unit of size is worth, as the venue counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Worth {
    /// A unit of base.
    #[default]
    Base,
    /// So many units of base: a linear contract of that size.
    Linear(f64),
    /// So much of the quote currency, whatever the price: an inverse contract.
    Inverse(f64),
}

impl Worth {
    /// A size at a price in units of base. Times the price it is the value in the quote currency.
    #[inline]
    #[must_use]
    pub fn base(self, price: f64, size: f64) -> f64 {
        match self {
            Worth::Base => size,
            Worth::Linear(base) => size * base,
            Worth::Inverse(quote) => size * quote / price,
        }
    }
}

/// What a stream holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sources {
    /// Whether there are bars.
    pub bars: bool,
    /// The length of a bar, nanoseconds, where it is known and always the same.
    pub bar_span: Option<i64>,
    /// Whether the bars are known to be of no one length: longer ones are refused then.
    pub bars_uneven: bool,
    /// What ends a bar that has no length of time, such as `trades 1000`. It is part of what a schema is.
    pub bar_kind: String,
    /// Whether the bars come without volumes: what reads them is refused, and patterns take them as unknown.
    pub no_volume: bool,
    /// Columns of a bar beyond [`BAR_COLUMNS`].
    pub bar_extra: Vec<String>,
    /// Whether there are trades.
    pub trades: bool,
    /// Levels a side of the book that is lent; 0 without one.
    pub book_levels: usize,
    /// What sizes of trades and books are worth. Columns have them as the venue counts them, measures in units of base.
    pub worth: Worth,
    /// Series from outside.
    pub outside: Vec<Outside>,
}

impl Sources {
    /// Bars alone.
    #[must_use]
    pub fn bars() -> Sources {
        Sources { bars: true, ..Sources::default() }
    }

    /// Bars, trades and a book.
    #[must_use]
    pub fn market(levels: usize) -> Sources {
        Sources { bars: true, trades: true, book_levels: levels, ..Sources::default() }
    }

    /// The names of a bar's columns.
    pub fn bar_names(&self) -> impl Iterator<Item = &str> {
        BAR_COLUMNS.into_iter().chain(self.bar_extra.iter().map(String::as_str))
    }

    /// Names that can be read, each once, none of a series that means an entry; spans and ages above zero.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let refuse = |key: &str, what: String| Err(Error::Sources { key: key.to_owned(), what });
        if self.bar_span.is_some_and(|it| it <= 0) {
            return refuse("bar_span", "expected a length above zero".into());
        }
        if let Worth::Linear(it) | Worth::Inverse(it) = self.worth
            && !(it.is_finite() && it > 0.0)
        {
            return refuse("worth", format!("expected a multiplier above zero, got {it}"));
        }
        if self.book_levels > LEVELS_MAX {
            return refuse("book_levels", format!("expected at most {LEVELS_MAX}, got {}", self.book_levels));
        }
        if self.outside.len() > OUTSIDE_MAX {
            return refuse("outside", format!("expected at most {OUTSIDE_MAX}, got {}", self.outside.len()));
        }
        let mut seen: Vec<&str> = Vec::new();
        let flow = TRADE_COLUMNS.into_iter().chain(BOOK_COLUMNS);
        let outside = self.outside.iter().map(|it| it.name.as_str());
        for name in self.bar_names().chain(outside) {
            let is_word = name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
                && name.bytes().next().is_some_and(|c| !c.is_ascii_digit());
            if !is_word {
                return refuse(
                    name,
                    "expected a name of letters, digits and underscores, such as funding".into(),
                );
            }
            if seen.contains(&name) {
                return refuse(name, "named twice among the columns and series".into());
            }
            seen.push(name);
        }
        for it in &self.outside {
            if flow.clone().any(|name| name == it.name) {
                return refuse(&it.name, "a column of trades or books has this name".into());
            }
            if crate::entry::is_written(&it.name) {
                let what = format!(
                    "an entry of the catalogue has this name, and {} means that entry: expected another, such as {}",
                    it.name,
                    it.name.to_lowercase()
                );
                return refuse(&it.name, what);
            }
            if it.age_max.is_some_and(|age| age <= 0) {
                return refuse(&it.name, "expected an age above zero".into());
            }
        }
        Ok(())
    }
}
