//! Events into columns.

use super::{
    ACTIONS, BATCH_ROWS, BOOK_SIDES, DEPTH_KINDS, DIGITS, INSTRUMENT_KEY, ROW_GROUP_ROWS, SIDES, SOURCES_KEY,
    STATUSES, Scaling, Shape, all_specs, schema,
};
use crate::error::StoreError;
use crate::eventfile::Kind;
use arrow_array::{
    ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray, UInt32Array,
    UInt64Array,
};
use arrow_schema::Schema;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use scalp_types::{
    Depth, Instrument, Level, MarketBody, MarketEvent, Money, Price, Qty, Side, Span, Timestamp,
};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Values of one column that wait to be written.
#[derive(Debug)]
enum Waiting {
    Time(Vec<i64>),
    Span(Vec<i64>),
    Count(Vec<u64>),
    Small(Vec<u32>),
    Number(Vec<Option<i128>>, Scaling),
    Word(Vec<Option<&'static str>>),
}

impl Waiting {
    fn new(shape: Shape, instrument: &Instrument) -> Self {
        match shape {
            Shape::Time => Self::Time(Vec::new()),
            Shape::Span => Self::Span(Vec::new()),
            Shape::Count => Self::Count(Vec::new()),
            Shape::Small => Self::Small(Vec::new()),
            Shape::Word => Self::Word(Vec::new()),
            _ => Self::Number(Vec::new(), Scaling::of(shape, instrument)),
        }
    }
    /// Takes the values out as an array.
    fn take(&mut self) -> Result<ArrayRef, arrow_schema::ArrowError> {
        use std::mem::take;
        Ok(match self {
            Self::Time(it) => Arc::new(TimestampNanosecondArray::from(take(it)).with_timezone("UTC")),
            Self::Span(it) => Arc::new(Int64Array::from(take(it))),
            Self::Count(it) => Arc::new(UInt64Array::from(take(it))),
            Self::Small(it) => Arc::new(UInt32Array::from(take(it))),
            Self::Number(it, scaling) => {
                Arc::new(Decimal128Array::from(take(it)).with_precision_and_scale(DIGITS, scaling.scale)?)
            }
            Self::Word(it) => Arc::new(StringArray::from(take(it))),
        })
    }
}

/// One row being filled, column by column.
struct Row<'a> {
    columns: std::slice::IterMut<'a, Waiting>,
    fits: bool,
}

impl Row<'_> {
    fn time(&mut self, at: Timestamp) {
        if let Some(Waiting::Time(it)) = self.columns.next() {
            it.push(at.nanos());
        }
    }
    fn span(&mut self, span: Span) {
        if let Some(Waiting::Span(it)) = self.columns.next() {
            it.push(span.nanos());
        }
    }
    fn count(&mut self, count: u64) {
        if let Some(Waiting::Count(it)) = self.columns.next() {
            it.push(count);
        }
    }
    fn small(&mut self, count: u32) {
        if let Some(Waiting::Small(it)) = self.columns.next() {
            it.push(count);
        }
    }
    fn word(&mut self, word: Option<&'static str>) {
        if let Some(Waiting::Word(it)) = self.columns.next() {
            it.push(word);
        }
    }
    fn number(&mut self, units: Option<i128>) {
        if let Some(Waiting::Number(it, scaling)) = self.columns.next() {
            let unscaled = units.map(|units| scaling.unscaled(units));
            self.fits &= unscaled != Some(None);
            it.push(unscaled.flatten());
        }
    }
    fn price(&mut self, price: Price) {
        self.number(Some(i128::from(price.get())));
    }
    fn qty(&mut self, qty: Qty) {
        self.number(Some(i128::from(qty.get())));
    }
    fn side(&mut self, side: Side) {
        self.word(Some(SIDES[usize::from(side == Side::Sell)]));
    }
}

/// Writes events of one instrument and one kind to one Parquet file (zstd). The file appears only at the end.
#[derive(Debug)]
pub struct TableWriter {
    path: PathBuf,
    temporary: Option<PathBuf>,
    kind: Kind,
    schema: Arc<Schema>,
    writer: Option<ArrowWriter<File>>,
    waiting: Vec<Waiting>,
    waiting_rows: usize,
    rows: u64,
    events: u64,
}

impl TableWriter {
    /// Starts a file for events of this kind; `sources` is JSON for the metadata.
    pub fn create(
        path: &Path,
        kind: Kind,
        instrument: &Instrument,
        sources: &str,
    ) -> Result<Self, StoreError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let temporary = path.with_file_name(format!(".{name}.part"));
        let file = File::create(&temporary).map_err(|e| StoreError::io(path, "create", e))?;
        let spec = serde_json::to_string(&instrument.spec).expect("an instrument is plain data");
        let pair = |key: &str, value: String| KeyValue { key: key.into(), value: Some(value) };
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_key_value_metadata(Some(vec![pair(INSTRUMENT_KEY, spec), pair(SOURCES_KEY, sources.into())]))
            .build();
        let schema = schema(kind, instrument);
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties));
        Ok(Self {
            writer: Some(writer.map_err(|e| parquet_error(path, "start the table", e))?),
            path: path.into(),
            temporary: Some(temporary),
            kind,
            schema,
            waiting: all_specs(kind).map(|(_, shape, _)| Waiting::new(shape, instrument)).collect(),
            waiting_rows: 0,
            rows: 0,
            events: 0,
        })
    }
    /// Adds one event of this kind.
    pub fn push(&mut self, event: &MarketEvent<'_>, seq: u64) -> Result<(), StoreError> {
        debug_assert_eq!(Kind::of(&event.body), self.kind, "the caller chose the table by kind");
        let before = self.waiting_rows;
        let fits = match &event.body {
            MarketBody::Depth(depth) => self.put_depth(event, seq, depth),
            _ => self.put_row(event, seq, None),
        };
        if !fits {
            let what = format!("event {seq} holds a number of more than {DIGITS} digits");
            return Err(StoreError::refused(&self.path, what));
        }
        self.rows += (self.waiting_rows - before) as u64;
        self.events += 1;
        if self.waiting_rows >= BATCH_ROWS { self.write_waiting() } else { Ok(()) }
    }
    /// Bytes the Parquet library holds for the open row group.
    pub fn held_bytes(&self) -> usize {
        self.writer.as_ref().map_or(0, ArrowWriter::in_progress_size)
    }
    /// Ends the row group, to free what it holds.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        self.write_waiting()?;
        let writer = self.writer.as_mut().expect("the writer is open until it is finished");
        writer.flush().map_err(|e| parquet_error(&self.path, "write", e))
    }
    /// Rows and events so far.
    pub fn counts(&self) -> (u64, u64) {
        (self.rows, self.events)
    }
    /// Ends the file and makes it durable, still under its temporary name.
    pub fn finish(mut self) -> Result<FinishedTable, StoreError> {
        self.write_waiting()?;
        let writer = self.writer.take().expect("the writer is open until it is finished");
        let file = writer.into_inner().map_err(|e| parquet_error(&self.path, "write", e))?;
        file.sync_all().map_err(|e| StoreError::io(&self.path, "write to the disk", e))?;
        Ok(FinishedTable { path: self.path.clone(), temporary: self.temporary.take() })
    }

    fn put_depth(&mut self, event: &MarketEvent<'_>, seq: u64, depth: &Depth<'_>) -> bool {
        if depth.bids.is_empty() && depth.asks.is_empty() {
            return self.put_row(event, seq, None);
        }
        let mut fits = true;
        for (side, levels) in BOOK_SIDES.into_iter().zip([depth.bids, depth.asks]) {
            for level in levels {
                fits &= self.put_row(event, seq, Some((side, *level)));
            }
        }
        fits
    }
    /// Adds one row; false when a number does not fit its column.
    fn put_row(&mut self, event: &MarketEvent<'_>, seq: u64, level: Option<(&'static str, Level)>) -> bool {
        let mut row = Row { columns: self.waiting.iter_mut(), fits: true };
        row.time(event.exchange_at);
        row.time(event.arrived_at);
        row.count(seq);
        put_body(&mut row, &event.body, level);
        debug_assert!(row.columns.next().is_none(), "every column of the row is filled");
        self.waiting_rows += 1;
        row.fits
    }
    fn write_waiting(&mut self) -> Result<(), StoreError> {
        if self.waiting_rows == 0 {
            return Ok(());
        }
        let columns = self.waiting.iter_mut().map(Waiting::take).collect::<Result<Vec<_>, _>>();
        let batch = columns.and_then(|it| RecordBatch::try_new(Arc::clone(&self.schema), it));
        let batch = batch.map_err(|e| parquet_error(&self.path, "build columns", e.into()))?;
        self.waiting_rows = 0;
        let writer = self.writer.as_mut().expect("the writer is open until it is finished");
        writer.write(&batch).map_err(|e| parquet_error(&self.path, "write", e))
    }
}

impl Drop for TableWriter {
    fn drop(&mut self) {
        if let Some(temporary) = self.temporary.take() {
            // A temporary file of ours; when it cannot be removed there is nobody left to tell.
            let _ = std::fs::remove_file(temporary);
        }
    }
}

/// A whole table that has not got its final name yet; dropped, it disappears.
#[derive(Debug)]
pub struct FinishedTable {
    path: PathBuf,
    temporary: Option<PathBuf>,
}

impl FinishedTable {
    /// Gives the file its final name.
    pub fn keep(mut self) -> Result<(), StoreError> {
        let temporary = self.temporary.take().expect("a table is kept once");
        std::fs::rename(temporary, &self.path)
            .map_err(|e| StoreError::io(&self.path, "rename to this name", e))
    }
}

impl Drop for FinishedTable {
    fn drop(&mut self) {
        if let Some(temporary) = self.temporary.take() {
            // See `TableWriter`.
            let _ = std::fs::remove_file(temporary);
        }
    }
}

fn put_body(row: &mut Row<'_>, body: &MarketBody<'_>, level: Option<(&'static str, Level)>) {
    match body {
        MarketBody::Trade(it) => {
            row.count(it.id.0);
            row.price(it.price);
            row.qty(it.qty);
            row.side(it.taker);
        }
        MarketBody::Depth(it) => {
            row.word(Some(DEPTH_KINDS[it.kind as usize]));
            row.count(it.first_id);
            row.count(it.last_id);
            row.count(it.previous_id);
            row.word(level.map(|it| it.0));
            row.number(level.map(|it| i128::from(it.1.price.get())));
            row.number(level.map(|it| i128::from(it.1.qty.get())));
        }
        MarketBody::Order(it) => {
            row.word(Some(ACTIONS[it.action as usize]));
            row.count(it.id);
            row.side(it.side);
            row.price(it.price);
            row.qty(it.qty);
        }
        MarketBody::Quote(it) => {
            row.count(it.id);
            row.price(it.bid.price);
            row.qty(it.bid.qty);
            row.price(it.ask.price);
            row.qty(it.ask.qty);
        }
        MarketBody::Bar(it) => {
            row.time(it.open_at);
            row.span(it.span);
            [it.open, it.high, it.low, it.close].into_iter().for_each(|price| row.price(price));
            row.qty(it.volume);
            row.qty(it.taker_buy);
            row.small(it.trades);
        }
        MarketBody::Funding(it) => {
            row.number(Some(i128::from(it.rate.get())));
            row.number(it.mark.map(|it| i128::from(it.get())));
        }
        MarketBody::Mark(it) => {
            row.price(it.mark);
            row.number(it.index.map(|it| i128::from(it.get())));
        }
        MarketBody::OpenInterest(it) => {
            row.qty(it.qty);
            row.number(it.value.map(Money::get));
        }
        MarketBody::Liquidation(it) => {
            row.side(it.side);
            row.price(it.price);
            row.qty(it.qty);
        }
        MarketBody::Status(it) => row.word(Some(STATUSES[*it as usize])),
    }
}

fn parquet_error(path: &Path, doing: &'static str, error: parquet::errors::ParquetError) -> StoreError {
    let source = match error {
        parquet::errors::ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(io) => *io,
            Err(other) => std::io::Error::other(other),
        },
        other => std::io::Error::other(other),
    };
    StoreError::io(path, doing, source)
}
