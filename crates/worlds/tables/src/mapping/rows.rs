//! Rows into events, by a plan.

use super::candles::Candles;
use super::cells::Row;
use super::clock::{Clock, Length};
use super::plan::{Cell, Plan};
use super::{Kind, Mapping, TableCounts, TimeForm, TimeIs, ZeroPrice};
use crate::buffer::{EventBuffer, Stamp};
use crate::capture::LEVELS_MAX;
use crate::fault::Fault;
use crate::symbols::{Known, Symbols, number_fault};
use crate::text::{Grid, unsigned};
use scalp_types::{
    Bar, Depth, DepthKind, FundingRate, InstrumentId, Level, MarkPrice, Money, OpenInterest, Price, Qty,
    Quote, Rate, Side, Span, Timestamp, Trade, TradeId,
};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::Path;

/// Values that mean yes (or buy), and those that mean no (or sell).
type Words = (Vec<Box<[u8]>>, Vec<Box<[u8]>>);

/// What goes on from row to row.
#[derive(Debug)]
pub(super) struct Rows {
    kind: Kind,
    symbols: Symbols,
    side: Words,
    snapshot: Words,
    time: Clock,
    arrival: Clock,
    time_is: TimeIs,
    length: Length,
    round: [bool; 2],
    zero: ZeroPrice,
    negative: bool,
    text_ids: bool,
    ticks: Option<Vec<(InstrumentId, Price, Side)>>,
    group: Option<Group>,
    message: Vec<u8>,
    sides: Vec<(InstrumentId, Level, Level)>,
    funding: Vec<(InstrumentId, Timestamp, Rate, Price)>,
    candles: Candles,
    bids: Vec<Level>,
    asks: Vec<Level>,
    counts: TableCounts,
}

/// Book rows that belong together so far.
#[derive(Debug, Clone, Copy)]
struct Group {
    stamp: Stamp,
    line: u64,
    kind: DepthKind,
    ids: [u64; 3],
}

/// A row, and what is known of it whatever its kind.
#[derive(Clone, Copy)]
struct Found<'a> {
    plan: &'a Plan,
    row: &'a Row<'a>,
    line: u64,
    known: &'a Known,
    stamp: Stamp,
    /// When it arrived, where the row says so.
    arrived: Option<Timestamp>,
}

impl Rows {
    pub(super) fn new(mapping: &Mapping, symbols: Symbols, path: &Path) -> Result<Self, Fault> {
        if !mapping.delimiter.is_ascii() || mapping.delimiter == '"' {
            return Err(Fault::field(
                "delimiter",
                "one ASCII character",
                mapping.delimiter.to_string().as_bytes(),
            ));
        }
        let levels = mapping.levels.as_ref().map_or(1, |it| it.count);
        if !(1..=super::plan::LEVELS_MAX).contains(&levels) {
            return Err(Fault::field("levels.count", "1 to 1000", levels.to_string().as_bytes()));
        }
        let values = |all: &[String]| all.iter().map(|it| it.as_bytes().into()).collect::<Vec<Box<[u8]>>>();
        Ok(Self {
            kind: mapping.kind,
            symbols,
            side: mapping.side.as_ref().map(|it| (values(&it.buy), values(&it.sell))).unwrap_or_default(),
            snapshot: mapping
                .snapshot
                .as_ref()
                .map(|it| (values(&it.yes), values(&it.no)))
                .unwrap_or_default(),
            time: Clock::new(mapping.time.unit, path),
            arrival: Clock::new(mapping.arrival.as_ref().map_or(TimeForm::Ns, |it| it.unit), path),
            time_is: mapping.time_is,
            length: mapping.span.as_deref().map_or(Ok(Length::Fixed(Span::ZERO)), Length::parse)?,
            round: [mapping.round_prices, mapping.round_sizes],
            zero: mapping.zero_price,
            negative: mapping.negative_prices,
            text_ids: mapping.text_ids,
            ticks: mapping.tick_rule.then(Vec::new),
            group: None,
            message: Vec::new(),
            sides: Vec::new(),
            funding: Vec::new(),
            candles: Candles::default(),
            bids: Vec::new(),
            asks: Vec::new(),
            counts: TableCounts::default(),
        })
    }

    pub(super) fn counts(&self) -> &TableCounts {
        &self.counts
    }

    /// Hands out what waits for further rows.
    pub(super) fn end(&mut self, out: &mut EventBuffer) {
        self.flush(out);
        self.counts.unfinished += self.candles.end(out);
    }

    /// True when the time column of a first line holds a time, so that the line is no header.
    pub(super) fn looks_like_time(&self, text: &[u8]) -> bool {
        let mut clock = self.time;
        clock.read("time", text).is_ok()
    }

    /// Hands out the book rows gathered last.
    pub(super) fn flush(&mut self, out: &mut EventBuffer) {
        let Some(group) = self.group.take() else { return };
        let depth = Depth {
            kind: group.kind,
            first_id: group.ids[0],
            last_id: group.ids[1],
            previous_id: group.ids[2],
            bids: &self.bids,
            asks: &self.asks,
        };
        out.push_depth(group.stamp, group.line, &depth);
        self.bids.clear();
        self.asks.clear();
    }

    /// One row.
    pub(super) fn row(
        &mut self,
        plan: &Plan,
        row: &Row<'_>,
        line: u64,
        out: &mut EventBuffer,
    ) -> Result<(), Fault> {
        self.counts.rows += 1;
        let known = match plan.symbol {
            Some(cell) => match self.symbols.find(cell.of(row)?)? {
                Some(known) => *known,
                None => {
                    self.counts.other_symbols += 1;
                    return Ok(());
                }
            },
            None => *self.symbols.unnamed()?,
        };
        let time = self.time.read("time", need(plan.time, row, "time")?)?;
        let arrived = match plan.arrival {
            Some(cell) => Some(self.arrival.read("arrival", cell.of(row)?)?),
            None => None,
        };
        let stamp = Stamp { instrument: known.id, exchange_at: time, arrived_at: arrived.unwrap_or(time) };
        let found = Found { plan, row, line, known: &known, stamp, arrived };
        match self.kind {
            Kind::Trades => self.trade(&found, out),
            Kind::Quotes => {
                let stamp = self.at_end_of_bar(stamp, arrived)?;
                self.quote(&Found { stamp, ..found }, out)
            }
            Kind::QuoteSides => self.quote_side(&found, out),
            Kind::Bars => self.bar(&found, out),
            Kind::Book => self.book_row(&found, out),
            Kind::Snapshots => self.levels(&found, out),
            Kind::Funding => {
                let rate = rate(plan.rate, row)?;
                let mark = self.near(plan.mark, row, &known)?;
                out.push_funding(stamp, line, FundingRate { rate, mark });
                Ok(())
            }
            Kind::Marks => {
                let Some(mark) = self.near(plan.mark, row, &known)? else {
                    return Err(Fault::missing("mark"));
                };
                let index = self.near(plan.index, row, &known)?;
                let stamp = self.at_end_of_bar(stamp, arrived)?;
                out.push_mark(stamp, line, MarkPrice { mark, index });
                Ok(())
            }
            Kind::OpenInterest => self.interest(&found, out),
            Kind::Ticker => self.ticker(&found, out),
        }
    }

    /// A price that is none of the row's, when a zero means that.
    fn price(&mut self, cell: Option<Cell>, row: &Row<'_>, known: &Known) -> Result<Option<Price>, Fault> {
        let (name, text) = named(cell, row)?;
        let ticks = self.count(name, text, known.price, 0)?;
        match ticks {
            0 if self.zero == ZeroPrice::Absent => {
                self.counts.zero_prices += 1;
                Ok(None)
            }
            0 => Err(Fault::field(name, "a price other than zero", text)),
            ..0 if !self.negative => Err(Fault::field(name, "a price above zero", text)),
            _ => Ok(Some(Price::new(ticks))),
        }
    }
    fn size(&mut self, cell: Option<Cell>, row: &Row<'_>, known: &Known) -> Result<Qty, Fault> {
        let (name, text) = named(cell, row)?;
        match self.count(name, text, known.size, 1)? {
            ..0 => Err(Fault::field(name, "a size of zero or more", text)),
            lots => Ok(Qty::new(lots)),
        }
    }
    #[inline]
    fn count(&mut self, name: &str, text: &[u8], grid: Grid, which: usize) -> Result<i64, Fault> {
        if self.round[which] {
            let (count, rounded) = grid.nearest(text).map_err(|e| number_fault(name, grid, e, text))?;
            self.counts.rounded += u64::from(rounded);
            return Ok(count);
        }
        grid.count(text).map_err(|e| number_fault(name, grid, e, text))
    }
    /// A mark or index price: nearest tick; `None` when there is no column or the cell is empty.
    fn near(&self, cell: Option<Cell>, row: &Row<'_>, known: &Known) -> Result<Option<Price>, Fault> {
        let Some(cell) = cell else { return Ok(None) };
        let text = cell.of(row)?;
        if text.is_empty() { Ok(None) } else { known.price_near(cell.name(), text).map(Some) }
    }
    fn id(&self, cell: Option<Cell>, row: &Row<'_>) -> Result<u64, Fault> {
        let Some(cell) = cell else { return Ok(0) };
        let text = cell.of(row)?;
        match unsigned(text) {
            Some(id) => Ok(id),
            None if self.text_ids || text == b"-1" => Ok(0), // Binance writes -1 for "none"
            None => Err(Fault::field(cell.name(), "a whole number", text)),
        }
    }
    fn side(&self, plan: &Plan, row: &Row<'_>) -> Result<Side, Fault> {
        let (name, text) = named(plan.side, row)?;
        match yes(&self.side, name, text)? {
            true => Ok(Side::Buy),
            false => Ok(Side::Sell),
        }
    }

    /// Above the trade before: bought; below: sold; else as the trade before. The first one: bought.
    fn side_by_tick(&mut self, instrument: InstrumentId, price: Price) -> Side {
        let ticks = self.ticks.get_or_insert_default();
        self.counts.sides_by_tick_rule += 1;
        let Some((_, last, side)) = ticks.iter_mut().find(|it| it.0 == instrument) else {
            ticks.push((instrument, price, Side::Buy));
            return Side::Buy;
        };
        match price.cmp(last) {
            Ordering::Greater => *side = Side::Buy,
            Ordering::Less => *side = Side::Sell,
            Ordering::Equal => {}
        }
        *last = price;
        *side
    }

    fn trade(&mut self, found: &Found<'_>, out: &mut EventBuffer) -> Result<(), Fault> {
        let &Found { plan, row, line, known, stamp, .. } = found;
        let Some(price) = self.price(plan.price, row, known)? else { return Ok(()) };
        let trade = Trade {
            id: TradeId(self.id(plan.id, row)?),
            price,
            qty: self.size(plan.qty, row, known)?,
            taker: match &self.ticks {
                None => self.side(plan, row)?,
                Some(_) => self.side_by_tick(known.id, price),
            },
        };
        out.push_trade(stamp, line, trade);
        Ok(())
    }

    /// A price and its size; no price, or an empty cell, is a side with nothing there.
    fn level(
        &mut self,
        cells: [Option<Cell>; 2],
        row: &Row<'_>,
        known: &Known,
    ) -> Result<Option<Level>, Fault> {
        if named(cells[0], row)?.1.is_empty() {
            return Ok(None);
        }
        let Some(price) = self.price(cells[0], row, known)? else { return Ok(None) };
        Ok(Some(Level { price, qty: self.size(cells[1], row, known)? }))
    }

    fn quote(&mut self, found: &Found<'_>, out: &mut EventBuffer) -> Result<(), Fault> {
        let &Found { plan, row, line, known, stamp, .. } = found;
        const NOTHING: Level = Level { price: Price::new(0), qty: Qty::ZERO };
        let bid = self.level([plan.bid, plan.bid_qty], row, known)?.unwrap_or(NOTHING);
        let ask = self.level([plan.ask, plan.ask_qty], row, known)?.unwrap_or(NOTHING);
        out.push_quote(stamp, line, Quote { id: self.id(plan.id, row)?, bid, ask });
        Ok(())
    }

    /// A quote once both sides are known.
    fn quote_side(&mut self, found: &Found<'_>, out: &mut EventBuffer) -> Result<(), Fault> {
        let &Found { plan, row, line, known, stamp, .. } = found;
        const UNKNOWN: Level = Level { price: Price::new(0), qty: Qty::new(-1) };
        let Some(level) = self.level([plan.price, plan.qty], row, known)? else { return Ok(()) };
        let side = self.side(plan, row)?;
        let at = self.sides.iter().position(|it| it.0 == known.id).unwrap_or_else(|| {
            self.sides.push((known.id, UNKNOWN, UNKNOWN));
            self.sides.len() - 1
        });
        let (_, bid, ask) = &mut self.sides[at];
        match side {
            Side::Buy => *bid = level,
            Side::Sell => *ask = level,
        }
        if *bid != UNKNOWN && *ask != UNKNOWN {
            out.push_quote(stamp, line, Quote { id: 0, bid: *bid, ask: *ask });
        }
        Ok(())
    }

    fn bar(&mut self, found: &Found<'_>, out: &mut EventBuffer) -> Result<(), Fault> {
        let &Found { plan, row, line, known, stamp: Stamp { exchange_at: time, .. }, arrived } = found;
        let (open_at, close_at) = match self.time_is {
            TimeIs::Open => (time, self.length.after(time)?),
            TimeIs::Close => {
                let end = self.length.end_told_by(time);
                (self.length.before(end)?, end)
            }
        };
        let mut price = |cell| self.price(cell, row, known);
        let prices = [price(plan.open)?, price(plan.high)?, price(plan.low)?, price(plan.close)?];
        let [Some(open), Some(high), Some(low), Some(close)] = prices else { return Ok(()) };
        let trades = match plan.trades {
            Some(cell) => {
                let text = cell.of(row)?;
                let count = unsigned(text).and_then(|it| u32::try_from(it).ok());
                count.ok_or_else(|| Fault::field("trades", "a count below 4294967296", text))?
            }
            None => 0,
        };
        let bar = Bar {
            open_at,
            span: Span::from_nanos(close_at.nanos().saturating_sub(open_at.nanos())),
            open,
            high,
            low,
            close,
            volume: self.size(plan.volume, row, known)?,
            taker_buy: if plan.taker_buy.is_some() {
                self.size(plan.taker_buy, row, known)?
            } else {
                Qty::ZERO
            },
            trades,
        };
        let stamp =
            Stamp { instrument: known.id, exchange_at: close_at, arrived_at: arrived.unwrap_or(close_at) };
        self.counts.unfinished += self.candles.tell(arrived.is_some(), stamp, line, bar, out);
        Ok(())
    }

    /// A mark or quote read from candles is known at their end.
    fn at_end_of_bar(&self, stamp: Stamp, arrived: Option<Timestamp>) -> Result<Stamp, Fault> {
        if self.time_is == TimeIs::Close || self.length == Length::Fixed(Span::ZERO) {
            return Ok(stamp);
        }
        let exchange_at = self.length.after(stamp.exchange_at)?;
        Ok(Stamp { exchange_at, arrived_at: arrived.unwrap_or(exchange_at), ..stamp })
    }

    fn book_row(&mut self, found: &Found<'_>, out: &mut EventBuffer) -> Result<(), Fault> {
        let &Found { plan, row, line, known, stamp, .. } = found;
        let side = self.side(plan, row)?;
        let whole = match plan.snapshot {
            Some(_) => {
                let (name, text) = named(plan.snapshot, row)?;
                yes(&self.snapshot, name, text)?
            }
            None => false,
        };
        let kind = if whole { DepthKind::Snapshot } else { DepthKind::Delta };
        let level = self.level([plan.price, plan.qty], row, known)?;
        let message = plan.message.map(|cell| cell.of(row)).transpose()?;
        let same = self.group.is_some_and(|it| {
            it.kind == kind
                && it.stamp.instrument == known.id
                && match message {
                    Some(text) => text == self.message,
                    None => it.stamp == stamp,
                }
        });
        if !same {
            self.flush(out);
            let ids =
                [self.id(plan.first_id, row)?, self.id(plan.last_id, row)?, self.id(plan.previous_id, row)?];
            self.group = Some(Group { stamp, line, kind, ids });
            self.message.clear();
            self.message.extend_from_slice(message.unwrap_or(b""));
        }
        let levels = if side == Side::Buy { &mut self.bids } else { &mut self.asks };
        if levels.len() == LEVELS_MAX {
            return Err(Fault::field("side", format!("at most {LEVELS_MAX} levels of one message"), b"more"));
        }
        levels.extend(level);
        Ok(())
    }

    fn levels(&mut self, found: &Found<'_>, out: &mut EventBuffer) -> Result<(), Fault> {
        let &Found { plan, row, line, known, stamp, .. } = found;
        self.bids.clear();
        self.asks.clear();
        for [bid, bid_qty, ask, ask_qty] in &plan.levels {
            let level = self.level([Some(*bid), Some(*bid_qty)], row, known)?;
            // A level of nothing is not in a snapshot.
            self.bids.extend(level.filter(|it| !it.qty.is_zero()));
            let level = self.level([Some(*ask), Some(*ask_qty)], row, known)?;
            self.asks.extend(level.filter(|it| !it.qty.is_zero()));
        }
        // A side with fewer levels than there are columns has no more, and of the rows alone nothing is known beyond the columns. Of one
        // price there is one level, and bids that reach the best ask are none.
        let best = self.asks.iter().map(|it| it.price).min();
        let reaches = |bid: &&Level| best.is_some_and(|ask| bid.price >= ask);
        let (bids, asks) = (prices(self.bids.iter().filter(|it| !reaches(it))), prices(self.asks.iter()));
        let is_whole = bids.min(asks) < plan.levels.len();
        let depth = Depth {
            kind: if is_whole { DepthKind::Snapshot } else { DepthKind::TopSnapshot },
            first_id: 0,
            last_id: self.id(plan.last_id, row)?,
            previous_id: 0,
            bids: &self.bids,
            asks: &self.asks,
        };
        out.push_depth(stamp, line, &depth);
        self.bids.clear();
        self.asks.clear();
        Ok(())
    }

    fn interest(&mut self, found: &Found<'_>, out: &mut EventBuffer) -> Result<(), Fault> {
        let &Found { plan, row, line, known, stamp, .. } = found;
        let qty = self.size(plan.interest, row, known)?;
        let value = match plan.interest_value {
            Some(cell) => {
                let (text, grid) = (cell.of(row)?, Grid::places(8));
                let (units, _) =
                    grid.nearest(text).map_err(|e| number_fault("interest_value", grid, e, text))?;
                Some(Money::new(i128::from(units)))
            }
            None => None,
        };
        out.push_open_interest(stamp, line, OpenInterest { qty, value });
        Ok(())
    }

    /// Empty cells say nothing. Funding settles when a row names a later time than the rows before.
    fn ticker(&mut self, found: &Found<'_>, out: &mut EventBuffer) -> Result<(), Fault> {
        let &Found { plan, row, line, known, stamp, .. } = found;
        let mark = self.near(plan.mark, row, known)?;
        let given = |cell: Option<Cell>| match cell {
            Some(cell) => cell.of(row).map(|text| !text.is_empty()),
            None => Ok(false),
        };
        if let (true, true, Some(mark)) = (given(plan.rate)?, given(plan.rate_at)?, mark) {
            let next = self.time.read("rate_at", need(plan.rate_at, row, "rate_at")?)?;
            let rate = rate(plan.rate, row)?;
            match self.funding.iter_mut().find(|it| it.0 == known.id) {
                None => self.funding.push((known.id, next, rate, mark)),
                Some(last) => {
                    if next > last.1 {
                        let funding = FundingRate { rate: last.2, mark: Some(last.3) };
                        out.push_funding(Stamp { exchange_at: last.1, ..stamp }, line, funding);
                    }
                    *last = (known.id, next, rate, mark);
                }
            }
        }
        if let Some(mark) = mark {
            let index = self.near(plan.index, row, known)?;
            out.push_mark(stamp, line, MarkPrice { mark, index });
        }
        if given(plan.interest)? {
            self.interest(found, out)?;
        }
        Ok(())
    }
}

/// How many prices levels have.
fn prices<'a>(levels: impl Iterator<Item = &'a Level> + Clone) -> usize {
    let all = levels.map(|it| it.price);
    let next = all.clone().skip(1);
    let (rise, fall) = all.clone().zip(next).fold((true, true), |it, (a, b)| (it.0 && a < b, it.1 && a > b));
    if rise || fall { all.count() } else { all.collect::<BTreeSet<_>>().len() }
}

fn need<'a>(cell: Option<Cell>, row: &Row<'a>, name: &str) -> Result<&'a [u8], Fault> {
    cell.ok_or_else(|| Fault::missing(name))?.of(row)
}

fn named<'a>(cell: Option<Cell>, row: &Row<'a>) -> Result<(&'static str, &'a [u8]), Fault> {
    let cell = cell.ok_or_else(|| Fault::missing("a column"))?;
    Ok((cell.name(), cell.of(row)?))
}

fn rate(cell: Option<Cell>, row: &Row<'_>) -> Result<Rate, Fault> {
    let (name, text) = named(cell, row)?;
    let grid = Grid::places(12);
    // Rates written from binary floats carry more places than any venue pays.
    grid.nearest(text).map(|(units, _)| Rate::new(units)).map_err(|e| number_fault(name, grid, e, text))
}

fn yes(values: &Words, name: &str, text: &[u8]) -> Result<bool, Fault> {
    let among = |all: &[Box<[u8]>]| all.iter().any(|it| **it == *text);
    if among(&values.0) {
        return Ok(true);
    }
    if among(&values.1) {
        return Ok(false);
    }
    let all = values.0.iter().chain(&values.1).map(|it| String::from_utf8_lossy(it)).collect::<Vec<_>>();
    Err(Fault::field(name, format!("one of {}", all.join(", ")), text))
}
