//! Columns into events.

use super::{ACTIONS, BATCH_ROWS, DEPTH_KINDS, SIDES, STATUSES, Scaling, all_specs, schema};
use crate::batches::{Batches, Embedded};
use crate::buffer::{EventBuffer, Stamp};
use crate::error::StoreError;
use crate::eventfile::Kind;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type, TimestampNanosecondType, UInt32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema};
use scalp_types::{
    Bar, BookAction, BookOrder, Depth, DepthKind, FundingRate, Instrument, InstrumentId, Level, MarkPrice,
    Money, OpenInterest, Price, PublicLiquidation, Qty, Quote, Rate, Side, Span, Timestamp, Trade, TradeId,
    TradingStatus,
};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads one table back, batch by batch.
pub struct TableReader {
    path: PathBuf,
    kind: Kind,
    instrument: InstrumentId,
    scalings: Vec<Scaling>,
    batches: Batches,
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
        let batches = Batches::open(file, BATCH_ROWS, Embedded::Ignored);
        let batches = batches.map_err(|what| StoreError::damaged(path, 0, what))?;
        let expected = schema(kind, instrument);
        if batches.schema().fields() != expected.fields() {
            let columns = |it: &Schema| -> String {
                let text = |it: &Arc<Field>| format!("{} {}", it.name(), it.data_type());
                it.fields().iter().map(text).collect::<Vec<_>>().join(", ")
            };
            let (expected, got) = (columns(&expected), columns(batches.schema()));
            return Err(StoreError::format(path, format!("columns {expected}"), got));
        }
        Ok(Self {
            path: path.into(),
            kind,
            instrument: instrument.id,
            scalings: all_specs(kind).map(|it| Scaling::of(it.1, instrument)).collect(),
            batches,
            rows: 0,
            depth: DepthRows::default(),
        })
    }
    /// Appends the next events to `out`, each with its `seq` as its source; false at the end.
    pub fn read(&mut self, out: &mut EventBuffer) -> Result<bool, StoreError> {
        match self.batches.next() {
            Some(batch) => {
                let batch = batch.map_err(|what| StoreError::damaged(&self.path, 0, what))?;
                for row in 0..batch.num_rows() {
                    self.rows += 1;
                    if self.read_row(&batch, row, out).is_none() {
                        let what =
                            format!("row {} holds a value that no {} has", self.rows, self.kind.name());
                        return Err(StoreError::damaged(&self.path, 0, what));
                    }
                }
                Ok(true)
            }
            None => {
                self.depth.end(out);
                Ok(false)
            }
        }
    }

    /// `None` when a value is not one that we wrote.
    fn read_row(&mut self, batch: &RecordBatch, row: usize, out: &mut EventBuffer) -> Option<()> {
        let mut cells = Cells { batch, row, column: 0, scalings: &self.scalings };
        let exchange_at = cells.time()?;
        let arrived_at = cells.time()?;
        let stamp = Stamp { instrument: self.instrument, exchange_at, arrived_at };
        let seq = cells.count()?;
        if self.kind == Kind::Depth {
            return self.depth.read(&mut cells, stamp, seq, out);
        }
        read_body(self.kind, &mut cells, stamp, seq, out)
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
        let side = cells.word_or_null();
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
    batch: &'a RecordBatch,
    row: usize,
    column: usize,
    scalings: &'a [Scaling],
}

impl<'a> Cells<'a> {
    fn next(&mut self) -> &'a ArrayRef {
        self.column += 1;
        self.batch.column(self.column - 1)
    }
    fn time(&mut self) -> Option<Timestamp> {
        let column = self.next().as_primitive_opt::<TimestampNanosecondType>()?;
        Some(Timestamp::from_nanos(column.value(self.row)))
    }
    fn span(&mut self) -> Option<Span> {
        Some(Span::from_nanos(self.next().as_primitive_opt::<Int64Type>()?.value(self.row)))
    }
    fn count(&mut self) -> Option<u64> {
        Some(self.next().as_primitive_opt::<UInt64Type>()?.value(self.row))
    }
    fn small(&mut self) -> Option<u32> {
        Some(self.next().as_primitive_opt::<UInt32Type>()?.value(self.row))
    }
    /// Outer `None`: not a multiple of the step; inner: null.
    fn number_or_null(&mut self) -> Option<Option<i128>> {
        let scaling = self.scalings[self.column];
        let column = self.next().as_primitive_opt::<Decimal128Type>()?;
        if column.is_null(self.row) {
            return Some(None);
        }
        scaling.units(column.value(self.row)).map(Some)
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
    fn word_or_null(&mut self) -> Option<&'a str> {
        let column = self.next().as_string_opt::<i32>()?;
        (!column.is_null(self.row)).then(|| column.value(self.row))
    }
    fn pick<T: Copy, const N: usize>(&mut self, words: &[&str; N], values: [T; N]) -> Option<T> {
        let word = self.word_or_null()?;
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
