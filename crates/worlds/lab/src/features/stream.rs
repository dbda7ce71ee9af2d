//! A table as the stream of events that a pipeline is fed: rows, what lies beside them, and series from outside, in the order
//! in which they became known. Of equal times a publication comes first, then a candle, a trade, a book: a candle is known at
//! its end and does not hold the trade that begins the next, and a trade meets the book that stood before it.

use super::FeaturesError;
use super::built::{Building, Built, Closed};
use super::remarks::{Depths, Lost};
use super::table::{Holds, Table};
use scalp_features::measure::{Change, Depth, Level, Print};
use scalp_features::{BarRow, Error, Observation, Pipeline, Schema, Sources};
use scalp_strategy::signal::reading::LEVELS_MAX;
use scalp_types::Side;
use std::path::Path;

/// Publications between two events that are handed in at once; of more those before are shown in between.
const AT_ONCE: usize = 32;

/// What a table can tell, with bars that are built of it.
pub(super) fn sources(path: &Path, table: &Table, bars: Option<&Built>) -> Result<Sources, FeaturesError> {
    let beside = &table.beside;
    let worth = match &table.holds {
        Holds::Events(events) => events.scale().worth(),
        _ => beside.terms.scale(path)?.worth(),
    };
    let (bar_span, bar_kind) = bars.map(|it| it.0.kind.clone()).unwrap_or_default();
    let mut all = Sources {
        worth,
        trades: !beside.trades.is_empty(),
        book_levels: beside.books.as_ref().map_or(0, |it| it.levels),
        outside: beside.series.iter().map(|it| it.outside.clone()).collect(),
        ..Sources::default()
    };
    match &table.holds {
        Holds::Bars { extra, span, no_volume, .. } => {
            (all.bars, all.bar_span, all.no_volume) = (true, *span, *no_volume);
            all.bars_uneven = span.is_none();
            all.bar_extra.clone_from(extra);
            all.bar_kind.clone_from(&beside.bar_kind);
        }
        Holds::Trades(_) => {
            (all.trades, all.bars) = (true, bars.is_some());
            (all.bar_span, all.bar_kind) = (bar_span, bar_kind);
        }
        Holds::Books { levels, .. } => all.book_levels = *levels,
        Holds::Events(_) => {
            let (outside, bars) = (all.outside, bars.is_some());
            return Ok(Sources { bars, bar_span, bar_kind, worth, outside, ..Sources::market(LEVELS_MAX) });
        }
    }
    Ok(all)
}

/// The columns of some items.
pub(super) struct Part {
    pub(super) times: Vec<i64>,
    /// When each row was known.
    pub(super) known: Vec<i64>,
    pub(super) columns: Vec<Vec<f64>>,
    pub(super) lost: Lost,
    /// The books of an event file; those of a table are counted by [`depths`].
    pub(super) depths: Depths,
}

impl Part {
    fn row(&mut self, at: i64, known_at: i64, pipeline: &mut Pipeline) {
        self.times.push(at);
        self.known.push(known_at);
        for (column, &value) in self.columns.iter_mut().zip(pipeline.vector().raw()) {
            column.push(value);
        }
    }
}

/// The books of a table, those of its rows or those beside them.
#[derive(Clone, Copy)]
struct Books<'a> {
    times: &'a [i64],
    levels: usize,
    bids: &'a [Level],
    asks: &'a [Level],
}

impl<'a> Books<'a> {
    fn of(table: &'a Table) -> Books<'a> {
        match (&table.holds, &table.beside.books) {
            (Holds::Books { levels, bids, asks }, _) => {
                Books { times: &table.times, levels: *levels, bids, asks }
            }
            (_, Some(it)) => Books { times: &it.times, levels: it.levels, bids: &it.bids, asks: &it.asks },
            _ => Books { times: &[], levels: 1, bids: &[], asks: &[] },
        }
    }

    /// One side of a book, without the levels that are not there.
    fn side(&self, side: &'a [Level], row: usize) -> &'a [Level] {
        let side = &side[row * self.levels..(row + 1) * self.levels];
        &side[..side.iter().take_while(|it| it.size > 0.0).count()]
    }
}

/// What changed on one side between two books. A price that only one of them reaches to is not known of in the other.
fn changes(side: Side, before: &[Level], after: &[Level], levels: usize, out: &mut Vec<Change>) {
    let is_better = |a: f64, b: f64| if side == Side::Buy { a > b } else { a < b };
    let is_seen = |price: f64, book: &[Level]| {
        book.len() < levels || book.last().is_none_or(|last| !is_better(last.price, price))
    };
    let (mut at, mut to) = (0, 0);
    while at < before.len() || to < after.len() {
        let (old, new) = (before.get(at), after.get(to));
        let (price, was, is) = match (old, new) {
            (Some(old), Some(new)) if is_better(old.price, new.price) => (old.price, old.size, 0.0),
            (Some(old), Some(new)) if is_better(new.price, old.price) => (new.price, 0.0, new.size),
            (Some(old), Some(new)) => (old.price, old.size, new.size),
            (Some(old), None) => (old.price, old.size, 0.0),
            (None, Some(new)) => (new.price, 0.0, new.size),
            (None, None) => return,
        };
        at += usize::from(old.is_some_and(|it| !is_better(price, it.price) && !is_better(it.price, price)));
        to += usize::from(new.is_some_and(|it| !is_better(price, it.price) && !is_better(it.price, price)));
        if was.to_bits() != is.to_bits() && is_seen(price, before) && is_seen(price, after) {
            out.push(Change { side, level: Level { price, size: is }, before: was });
        }
    }
}

/// Which event is next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Outside,
    Bar,
    Trade,
    Book,
}

/// How many levels the books of a table have, where so many are asked for. Those of an event file are told as it is read.
pub(super) fn depths(table: &Table, asked: usize) -> Depths {
    let (mut depths, books) = (Depths::of(asked), Books::of(table));
    for row in 0..books.times.len() {
        depths.see(books.side(books.bids, row).len().min(books.side(books.asks, row).len()));
    }
    depths
}

/// Feeds a pipeline of a schema with a table, and keeps its vector at each row. Of an event file it counts the books with fewer
/// than `levels` a side.
pub(super) fn part(
    path: &Path,
    table: &Table,
    schema: &Schema,
    bars: Option<&Built>,
    levels: usize,
) -> Result<Part, FeaturesError> {
    let rows = table.times.len();
    let columns = vec![Vec::with_capacity(rows); schema.len()];
    let mut part = Part {
        times: Vec::new(),
        known: Vec::new(),
        columns,
        lost: Lost::default(),
        depths: Depths::of(levels),
    };
    if let Holds::Events(recorded) = &table.holds {
        let (rule, series) = (bars.map(|it| it.0.rule), &table.beside.series);
        let row = |at: i64, known_at: i64, pipeline: &mut Pipeline| part.row(at, known_at, pipeline);
        let played = recorded.play((schema, &mut Pipeline::new(schema)), series, rule, levels, row)?;
        (part.lost, part.depths) = (played.lost, played.depths);
        if part.times.is_empty() {
            return Err(match bars {
                Some(it) => none(path, it, part.lost),
                None => {
                    let what = "it holds no trade, quote or book; candles are rows with --bars and their length, or a longer one";
                    FeaturesError::table(path, what)
                }
            });
        }
        return Ok(part);
    }
    let trades = match &table.holds {
        Holds::Trades(trades) => trades.as_slice(),
        _ => &table.beside.trades,
    };
    let mut outside: Vec<(usize, Observation)> = Vec::new();
    for (series, it) in table.beside.series.iter().enumerate() {
        outside.extend(it.observations.iter().map(|it| (series, *it)));
    }
    outside.sort_by_key(|it| it.1.published_at);
    let books = Books::of(table);
    let pipeline = Pipeline::new(schema);
    let building = bars.and_then(Built::start);
    let mut feed = Feed { path, table, building, part, pipeline, waiting: 0, changes: Vec::new() };
    let (columns, close_at) = match &table.holds {
        Holds::Bars { columns, close_at, .. } => (columns.as_slice(), close_at.as_slice()),
        _ => (&[][..], &[][..]),
    };
    let mut values = vec![0.0; columns.len()];
    let (mut bar, mut trade, mut book, mut published) = (0, 0, 0, 0);
    loop {
        let times = [
            (close_at.get(bar).copied(), Next::Bar),
            (trades.get(trade).map(|it| it.at), Next::Trade),
            (books.times.get(book).copied(), Next::Book),
        ];
        // A series that goes on behind the table closes no bar of it.
        let Some(own) = times.into_iter().filter_map(|(at, next)| Some((at?, next))).min() else { break };
        let publication = outside.get(published).map(|it| (it.1.published_at, Next::Outside));
        let (at, next) = publication.map_or(own, |it| it.min(own));
        feed.close_bar(at, next)?;
        match next {
            Next::Outside => {
                let (series, observation) = outside[published];
                feed.outside(series, observation)?;
                published += 1;
            }
            Next::Bar => {
                values.iter_mut().zip(columns).for_each(|(to, it)| *to = it[bar]);
                feed.bar(bar, &BarRow { open_at: table.times[bar], close_at: at, values: &values })?;
                bar += 1;
            }
            Next::Trade => {
                feed.trade(trade, &trades[trade])?;
                trade += 1;
            }
            Next::Book => {
                feed.book(book, books)?;
                book += 1;
            }
        }
    }
    match bars {
        Some(it) if feed.part.times.is_empty() => Err(none(path, it, feed.part.lost)),
        _ => Ok(feed.part),
    }
}

/// No bar is a row, maybe for what is in none.
fn none(path: &Path, bars: &Built, lost: Lost) -> FeaturesError {
    let has_length = bars.0.kind.0.is_some();
    let what =
        if has_length { "no candle of this length ends in it" } else { "no bar of this size closes in it" };
    let all: Vec<String> = [what.to_owned()].into_iter().chain(lost.words().into_iter().flatten()).collect();
    FeaturesError::table(path, all.join("; "))
}

/// A pipeline on its way through a table.
struct Feed<'a> {
    path: &'a Path,
    table: &'a Table,
    /// The bars that are being built of trades.
    building: Option<Building>,
    part: Part,
    pipeline: Pipeline,
    /// Publications since the last event.
    waiting: usize,
    changes: Vec<Change>,
}

impl Feed<'_> {
    fn fault(&self, what: &str, row: usize, error: &Error) -> FeaturesError {
        let written = match what {
            "row" => Some(format!(" ({})", self.table.written.text(row))),
            _ => None,
        };
        let what = format!("{what} {}{}: {error}", row + 1, written.unwrap_or_default());
        FeaturesError::table(self.path, what)
    }

    /// Closes the bar of time that is being built, if what comes next lies behind it.
    fn close_bar(&mut self, at: i64, next: Next) -> Result<(), FeaturesError> {
        let Some(end) = self.building.as_ref().and_then(Building::due) else { return Ok(()) };
        // What is published at its very end is known at its close.
        let is_behind = if next == Next::Outside { at > end } else { at >= end };
        match self.building.as_mut().filter(|_| is_behind).and_then(|it| it.on_time(end)) {
            Some(closed) => self.built(&closed),
            None => Ok(()),
        }
    }

    fn built(&mut self, closed: &Closed) -> Result<(), FeaturesError> {
        let Closed { open_at, known_at, values } = closed;
        let bar = BarRow { open_at: *open_at, close_at: *known_at, values };
        let row = self.part.times.len();
        self.pipeline.on_bar(&bar).map_err(|e| self.fault("bar", row, &e))?;
        self.waiting = 0;
        self.part.row(*open_at, *known_at, &mut self.pipeline);
        Ok(())
    }

    fn outside(&mut self, series: usize, observation: Observation) -> Result<(), FeaturesError> {
        if self.waiting == AT_ONCE {
            self.pipeline.publish_until(observation.published_at);
            self.waiting = 0;
        }
        self.waiting += 1;
        let name = || self.table.beside.series[series].outside.name.clone();
        self.pipeline
            .on_outside(series, observation)
            .map_err(|e| FeaturesError::table(self.path, format!("series {}: {e}", name())))
    }

    fn bar(&mut self, row: usize, bar: &BarRow<'_>) -> Result<(), FeaturesError> {
        self.pipeline.on_bar(bar).map_err(|e| self.fault("row", row, &e))?;
        self.waiting = 0;
        self.part.row(bar.open_at, bar.close_at, &mut self.pipeline);
        Ok(())
    }

    fn trade(&mut self, row: usize, trade: &Print) -> Result<(), FeaturesError> {
        let is_row = matches!(self.table.holds, Holds::Trades(_));
        let what = if is_row { "row" } else { "trade" };
        self.pipeline.on_trade(trade).map_err(|e| self.fault(what, row, &e))?;
        self.waiting = 0;
        match &mut self.building {
            // A bar that it closes holds it, and so does what trades tell; one of time that it lies behind is closed already.
            Some(building) => match building.push(trade) {
                Some(closed) => self.built(&closed),
                None => Ok(()),
            },
            None => {
                if is_row {
                    self.part.row(trade.at, trade.at, &mut self.pipeline);
                }
                Ok(())
            }
        }
    }

    fn book(&mut self, row: usize, books: Books<'_>) -> Result<(), FeaturesError> {
        let (bids, asks) = (books.side(books.bids, row), books.side(books.asks, row));
        self.changes.clear();
        if let Some(before) = row.checked_sub(1) {
            let (old_bids, old_asks) = (books.side(books.bids, before), books.side(books.asks, before));
            changes(Side::Buy, old_bids, bids, books.levels, &mut self.changes);
            changes(Side::Sell, old_asks, asks, books.levels, &mut self.changes);
        }
        let depth = Depth { at: books.times[row], bids, asks, changes: &self.changes };
        let is_row = matches!(self.table.holds, Holds::Books { .. });
        let what = if is_row { "row" } else { "book" };
        self.pipeline.on_book(&depth).map_err(|e| self.fault(what, row, &e))?;
        self.waiting = 0;
        if is_row {
            self.part.row(books.times[row], books.times[row], &mut self.pipeline);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(of: &[(f64, f64)]) -> Vec<Level> {
        of.iter().map(|&(price, size)| Level { price, size }).collect()
    }

    #[test]
    fn what_changed_between_two_books_is_what_both_of_them_reach_to() {
        let told = |side, before: &[(f64, f64)], after: &[(f64, f64)]| {
            let mut out = Vec::new();
            changes(side, &levels(before), &levels(after), 2, &mut out);
            out.iter().map(|it| (it.level.price, it.before, it.level.size)).collect::<Vec<_>>()
        };
        assert_eq!(told(Side::Buy, &[(9.0, 1.0), (8.0, 2.0)], &[(9.0, 1.0), (8.0, 2.0)]), []);
        assert_eq!(told(Side::Buy, &[(9.0, 1.0), (8.0, 2.0)], &[(9.0, 4.0), (8.0, 2.0)]), [(9.0, 1.0, 4.0)]);
        // A better bid pushes 8 out of sight: nobody took it back.
        assert_eq!(
            told(Side::Buy, &[(9.0, 1.0), (8.0, 2.0)], &[(10.0, 5.0), (9.0, 1.0)]),
            [(10.0, 0.0, 5.0)]
        );
        // The best is gone and 7 comes into sight: nobody put it there.
        assert_eq!(told(Side::Buy, &[(9.0, 1.0), (8.0, 2.0)], &[(8.0, 2.0), (7.0, 3.0)]), [(9.0, 1.0, 0.0)]);
        assert_eq!(told(Side::Sell, &[(9.0, 1.0)], &[(10.0, 2.0)]), [(9.0, 1.0, 0.0), (10.0, 0.0, 2.0)]);
        assert_eq!(told(Side::Sell, &[], &[(10.0, 2.0)]), [(10.0, 0.0, 2.0)]);
    }
}
