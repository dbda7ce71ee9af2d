//! Tables of candles, trades or books, told by the names of their columns: one file at a time. `inputs` joins several.

use super::FeaturesError;
use super::books::{Mended, NONE, Written, mend};
use super::cells::{Cells, is_absent};
use super::choices::VOLUME_NAMES;
use super::raw::Raw;
use super::recorded::Recorded;
use super::series::{PUBLISHED_NAMES, ends_before};
use super::table::{Beside, Holds, Table};
use scalp_features::measure::{Level, Print};
use scalp_tables::lengths::Lengths;
use scalp_tables::plain::{
    BUY, BUYER_NAMES, MAKER_NAMES, NO, OF_LEVELS, PRICE_NAMES, SELL, SIDE_NAMES, SIZE_NAMES, YES,
};
use scalp_tables::reader::ReadError;
use scalp_types::Side;
use std::path::Path;

/// What stands behind the side in the names of the price of a level, and of its size.
const LEVEL_PRICES: [&str; 2] = ["_price", ""];
/// See [`LEVEL_PRICES`].
const LEVEL_SIZES: [&str; 4] = ["_size", "_qty", "_amount", "_volume"];

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

impl Raw {
    fn table(mut self, path: &Path) -> Result<Table, FeaturesError> {
        let time_at = self.time_place(path)?;
        let times = self.times(path, time_at)?;
        let [instrument, exchange] = self.named(path)?;
        let mut beside = Beside { instrument, exchange, ..Beside::default() };
        let holds = self.holds(path, time_at, &times, &mut beside)?;
        if let (Some(at), false) = (self.any(&PUBLISHED_NAMES), matches!(holds, Holds::Bars { .. })) {
            let name = &self.names[at];
            let what = format!("{name} is not read: a trade or a book is taken as known at its time");
            beside.choose(path, vec![what]);
        }
        let time_name = self.names.swap_remove(time_at);
        let time_name = if time_name.is_empty() { "time".into() } else { time_name };
        let written = self.cells.swap_remove(time_at);
        let mut table = Table { times, written, time_name, holds, beside };
        table.settle_known();
        Ok(table)
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
            beside.choose(path, self.choices_of_candles());
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
            beside.choose(path, self.choices_of_trades());
            beside.unread_book = self.unread_book();
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
        let (volume, published) = (self.any(&VOLUME_NAMES), self.any(&PUBLISHED_NAMES));
        let used: Vec<usize> = prices.into_iter().chain(volume).chain(published).chain([time_at]).collect();
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
        if let Some(column) = published {
            beside.known = Some(self.known(path, column, times)?);
        }
        let Lengths { span, close_at, .. } = Lengths::of_file(path, times);
        Ok(Holds::Bars { columns, close_at, extra, span, no_volume: volume.is_none() })
    }

    /// When candles were known by the column that tells it.
    fn known(&self, path: &Path, column: usize, times: &[i64]) -> Result<Vec<i64>, FeaturesError> {
        let known = self.moments(path, column)?;
        if let Some(row) = (0..known.len()).find(|&row| known[row] < times[row]) {
            let expected = "a time at or after that of the candle";
            let (line, cell) = (self.lines[row], self.cells[column].text(row));
            return Err(ReadError::field(path, line, &self.names[column], expected, cell.as_bytes()).into());
        }
        ends_before(self, times, &known).map_err(|what| FeaturesError::table(path, what))?;
        Ok(known)
    }

    fn trades(&self, path: &Path, times: &[i64], price: usize, size: usize) -> Result<Holds, FeaturesError> {
        let (prices, sizes) = (self.numbers(path, price)?, self.numbers(path, size)?);
        let side = self.any(&SIDE_NAMES);
        // Where the buyer made, the taker sold.
        let maker = self.any(&MAKER_NAMES).map(|at| (at, Side::Sell));
        let said = maker.or_else(|| self.any(&BUYER_NAMES).map(|at| (at, Side::Buy)));
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
            let aggressor = match (side, said) {
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
                (None, Some((at, yes))) => {
                    let cell = self.cells[at].text(row);
                    match cell.to_ascii_lowercase().as_str() {
                        it if YES.contains(&it) => Some(yes),
                        it if NO.contains(&it) => Some(yes.opposite()),
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

    /// How the price or the size of a level may be called, numbered from 0 or 1, or of the best alone.
    fn level_names(side: &str, n: Option<usize>, parts: &[&str]) -> Vec<String> {
        let written = |part: &&str| match n {
            None => vec![format!("{side}{part}")],
            Some(n) => vec![
                format!("{side}{part}_{n}"),
                format!("{side}{part}{n}"),
                format!("{side}_{n}{part}"),
                format!("{side}s[{n}]{}", part.replace('_', ".")),
            ],
        };
        parts.iter().flat_map(written).collect()
    }

    /// The columns of a level.
    fn level(&self, side: &str, n: Option<usize>) -> Option<(usize, usize)> {
        let find = |parts: &[&str]| Self::level_names(side, n, parts).iter().find_map(|it| self.place(it));
        Some((find(&LEVEL_PRICES)?, find(&LEVEL_SIZES)?))
    }

    fn books(&self, path: &Path, beside: &mut Beside) -> Result<Holds, FeaturesError> {
        // Levels count from 0 or 1.
        let first = |side: &str| usize::from(self.level(side, Some(0)).is_none());
        let numbered = |side: &'static str| {
            (first(side)..).map_while(move |n| self.level(side, Some(n))).collect::<Vec<_>>()
        };
        let best = |side| self.level(side, None).into_iter().collect::<Vec<_>>();
        let (mut bids, mut asks) = (numbered("bid"), numbered("ask"));
        let are_numbered = !bids.is_empty() && !asks.is_empty();
        if !are_numbered {
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
        let called = |side: &str, parts: &[&str]| {
            let numbered = are_numbered.then(|| Self::level_names(side, Some(first(side)), parts));
            numbered.into_iter().flatten().chain(Self::level_names(side, None, parts)).collect()
        };
        let names = ["bid", "ask"].map(|side| [called(side, &LEVEL_PRICES), called(side, &LEVEL_SIZES)]);
        beside.choose(path, self.choices_of_books(names));
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
