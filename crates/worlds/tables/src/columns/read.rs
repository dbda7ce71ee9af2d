//! Columns into events.

use super::{ACTIONS, BATCH_ROWS, DEPTH_KINDS, SIDES, STATUSES, Scaling, all_specs, fields};
use crate::buffer::{EventBuffer, Stamp};
use crate::error::StoreError;
use crate::eventfile::Kind;
use crate::flat::{Column, Field, Reader, Values};
use scalp_types::{
    Bar, BookAction, BookOrder, Depth, DepthKind, FundingRate, Instrument, InstrumentId, Level, MarkPrice,
    Money, OpenInterest, Price, PublicLiquidation, Qty, Quote, Rate, Side, Span, Timestamp, Trade, TradeId,
    TradingStatus,
};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Reads one table back, batch by batch.
pub struct TableReader {
    path: PathBuf,
    kind: Kind,
    instrument: InstrumentId,
    scalings: Vec<Scaling>,
    reader: Reader,
    rows: u64,
    depth: DepthRows,
}

/// The rows of one depth event, collected until the next begins.
#[derive(Default)]
struct DepthRows {
    event: Option<PendingDepth>,
    bids: Vec<Level>,
    asks: Vec<Level>,
}

/// A depth event without its levels.
struct PendingDepth {
    stamp: Stamp,
    seq: u64,
    kind: DepthKind,
    ids: [u64; 3],
}

impl TableReader {
    /// Opens a table that was written for this instrument.
    pub fn open(path: &Path, kind: Kind, instrument: &Instrument) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(|e| StoreError::io(path, "open", e))?;
        let reader = Reader::open(file, BATCH_ROWS);
        let reader = reader.map_err(|what| StoreError::damaged(path, 0, what.0))?;
        let expected = fields(kind, instrument);
        if reader.fields() != expected {
            let columns = |it: &[Field]| {
                it.iter().map(|it| format!("{} {}", it.name, it.holds)).collect::<Vec<_>>().join(", ")
            };
            let (expected, got) = (columns(&expected), columns(reader.fields()));
            return Err(StoreError::format(path, format!("columns {expected}"), got));
        }
        Ok(Self {
            path: path.into(),
            kind,
            instrument: instrument.id,
            scalings: all_specs(kind).map(|it| Scaling::of(it.1, instrument)).collect(),
            reader,
            rows: 0,
            depth: DepthRows::default(),
        })
    }
    /// Appends the next events to `out`, each with its `seq` as its source; false at the end.
    pub fn read(&mut self, out: &mut EventBuffer) -> Result<bool, StoreError> {
        let Self { path, kind, instrument, scalings, reader, rows, depth } = self;
        let batch = reader.next_batch().map_err(|what| StoreError::damaged(path, 0, what.0))?;
        let Some(batch) = batch else {
            depth.end(out);
            return Ok(false);
        };
        for row in 0..batch.rows {
            *rows += 1;
            let mut cells = Cells { columns: batch.columns.iter(), scalings: scalings.iter(), row };
            if read_row(*kind, *instrument, &mut cells, depth, out).is_none() {
                let what = format!("row {rows} holds a value that no {} has", kind.name());
                return Err(StoreError::damaged(path, 0, what));
            }
        }
        Ok(true)
    }
}

/// `None` when a value is not one that we wrote.
fn read_row(
    kind: Kind,
    instrument: InstrumentId,
    cells: &mut Cells<'_>,
    depth: &mut DepthRows,
    out: &mut EventBuffer,
) -> Option<()> {
    let (exchange_at, arrived_at) = (cells.time()?, cells.time()?);
    let stamp = Stamp { instrument, exchange_at, arrived_at };
    let seq = cells.count()?;
    match kind {
        Kind::Depth => depth.read(cells, stamp, seq, out),
        _ => read_body(kind, cells, stamp, seq, out),
    }
}

impl DepthRows {
    fn read(&mut self, cells: &mut Cells<'_>, stamp: Stamp, seq: u64, out: &mut EventBuffer) -> Option<()> {
        use DepthKind::{Clear, Delta, Snapshot, TopSnapshot};
        if self.event.as_ref().is_some_and(|it| it.seq != seq) {
            self.end(out);
        }
        let kind = cells.pick(&DEPTH_KINDS, [Delta, Snapshot, TopSnapshot, Clear])?;
        let ids = [cells.count()?, cells.count()?, cells.count()?];
        self.event.get_or_insert(PendingDepth { stamp, seq, kind, ids });
        let side = cells.word_or_null()?;
        let (price, qty) = (cells.number_or_null()?, cells.number_or_null()?);
        let level = || {
            Some(Level { price: Price::new(price?.try_into().ok()?), qty: Qty::new(qty?.try_into().ok()?) })
        };
        match side {
            None => {}
            Some("bid") => self.bids.push(level()?),
            Some("ask") => self.asks.push(level()?),
            Some(_) => return None,
        }
        Some(())
    }
    fn end(&mut self, out: &mut EventBuffer) {
        if let Some(PendingDepth { stamp, seq, kind, ids: [first_id, last_id, previous_id] }) =
            self.event.take()
        {
            let (bids, asks) = (&self.bids[..], &self.asks[..]);
            out.push_depth(stamp, seq, &Depth { kind, first_id, last_id, previous_id, bids, asks });
            self.bids.clear();
            self.asks.clear();
        }
    }
}

/// One row being read, column by column.
struct Cells<'a> {
    columns: std::slice::Iter<'a, Column>,
    scalings: std::slice::Iter<'a, Scaling>,
    row: usize,
}

impl<'a> Cells<'a> {
    fn next(&mut self) -> Option<(&'a Column, &'a Scaling)> {
        Some((self.columns.next()?, self.scalings.next()?))
    }
    fn time(&mut self) -> Option<Timestamp> {
        let Values::Time { counts, .. } = &self.next()?.0.values else { return None };
        Some(Timestamp::from_nanos(counts[self.row]))
    }
    fn whole(&mut self) -> Option<i64> {
        let Values::Whole(it) = &self.next()?.0.values else { return None };
        Some(it[self.row])
    }
    fn span(&mut self) -> Option<Span> {
        self.whole().map(Span::from_nanos)
    }
    fn small(&mut self) -> Option<u32> {
        self.whole()?.try_into().ok()
    }
    fn count(&mut self) -> Option<u64> {
        let Values::Count(it) = &self.next()?.0.values else { return None };
        Some(it[self.row])
    }
    /// Outer `None`: not a multiple of the step; inner: null.
    fn number_or_null(&mut self) -> Option<Option<i128>> {
        let (column, scaling) = self.next()?;
        let Values::Decimal { unscaled, .. } = &column.values else { return None };
        if !column.has(self.row) {
            return Some(None);
        }
        scaling.units(unscaled[self.row]).map(Some)
    }
    fn small_number(&mut self) -> Option<i64> {
        self.number_or_null()??.try_into().ok()
    }
    fn price(&mut self) -> Option<Price> {
        self.small_number().map(Price::new)
    }
    fn price_or_null(&mut self) -> Option<Option<Price>> {
        match self.number_or_null()? {
            None => Some(None),
            Some(units) => Some(Some(Price::new(units.try_into().ok()?))),
        }
    }
    fn qty(&mut self) -> Option<Qty> {
        self.small_number().map(Qty::new)
    }
    fn level(&mut self) -> Option<Level> {
        Some(Level { price: self.price()?, qty: self.qty()? })
    }
    /// Outer `None`: no column of words; inner: null.
    fn word_or_null(&mut self) -> Option<Option<&'a str>> {
        let (column, _) = self.next()?;
        let Values::Text(it) = &column.values else { return None };
        Some(column.has(self.row).then(|| it.get(self.row)))
    }
    fn pick<T: Copy, const N: usize>(&mut self, words: &[&str; N], values: [T; N]) -> Option<T> {
        let word = self.word_or_null()??;
        words.iter().position(|it| *it == word).map(|at| values[at])
    }
    fn side(&mut self) -> Option<Side> {
        self.pick(&SIDES, [Side::Buy, Side::Sell])
    }
}

fn read_body(kind: Kind, cells: &mut Cells<'_>, stamp: Stamp, seq: u64, out: &mut EventBuffer) -> Option<()> {
    match kind {
        Kind::Depth => return None,
        Kind::Trade => {
            let id = TradeId(cells.count()?);
            let (price, qty, taker) = (cells.price()?, cells.qty()?, cells.side()?);
            out.push_trade(stamp, seq, Trade { id, price, qty, taker });
        }
        Kind::Order => {
            use BookAction::{Add, Clear, Delete, Fill, Modify};
            let action = cells.pick(&ACTIONS, [Add, Modify, Delete, Fill, Clear])?;
            let (id, side, price, qty) = (cells.count()?, cells.side()?, cells.price()?, cells.qty()?);
            out.push_order(stamp, seq, BookOrder { action, id, side, price, qty });
        }
        Kind::Quote => {
            let (id, bid, ask) = (cells.count()?, cells.level()?, cells.level()?);
            out.push_quote(stamp, seq, Quote { id, bid, ask });
        }
        Kind::Bar => {
            let (open_at, span) = (cells.time()?, cells.span()?);
            let (open, high, low, close) = (cells.price()?, cells.price()?, cells.price()?, cells.price()?);
            let (volume, taker_buy, trades) = (cells.qty()?, cells.qty()?, cells.small()?);
            out.push_bar(
                stamp,
                seq,
                Bar { open_at, span, open, high, low, close, volume, taker_buy, trades },
            );
        }
        Kind::Funding => {
            let rate = Rate::new(cells.small_number()?);
            out.push_funding(stamp, seq, FundingRate { rate, mark: cells.price_or_null()? });
        }
        Kind::Mark => {
            let mark = cells.price()?;
            out.push_mark(stamp, seq, MarkPrice { mark, index: cells.price_or_null()? });
        }
        Kind::OpenInterest => {
            let qty = cells.qty()?;
            let value = cells.number_or_null()?.map(Money::new);
            out.push_open_interest(stamp, seq, OpenInterest { qty, value });
        }
        Kind::Liquidation => {
            let (side, price, qty) = (cells.side()?, cells.price()?, cells.qty()?);
            out.push_liquidation(stamp, seq, PublicLiquidation { side, price, qty });
        }
        Kind::Status => {
            use TradingStatus::{CancelOnly, Delisted, Halted, Trading};
            let status = cells.pick(&STATUSES, [Trading, CancelOnly, Halted, Delisted])?;
            out.push_status(stamp, seq, status);
        }
    }
    Some(())
}
