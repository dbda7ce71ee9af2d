//! Events into columns.

use super::{
    ACTIONS, BOOK_SIDES, ColumnSpec, DEPTH_KINDS, INSTRUMENT_KEY, ROW_GROUP_ROWS, SIDES, SOURCES_KEY,
    STATUSES, Scaling, Shape, all_specs, fields,
};
use crate::error::StoreError;
use crate::eventfile::Kind;
use crate::flat::{Column, DIGITS_MAX, Texts, Values, Writer};
use scalp_types::{
    Depth, Instrument, Level, MarketBody, MarketEvent, Money, Price, Qty, Side, Span, Timestamp,
};
use std::fs::File;
use std::path::{Path, PathBuf};

/// A column whose values wait to be written.
#[derive(Debug)]
struct Waiting {
    column: Column,
    scaling: Scaling,
    nullable: bool,
}

impl Waiting {
    fn new((_, shape, nullable): ColumnSpec, instrument: &Instrument) -> Self {
        let scaling = Scaling::of(shape, instrument);
        let values = match shape {
            Shape::Time => Values::Time { counts: Vec::new(), nanos: 1 },
            Shape::Span | Shape::Small => Values::Whole(Vec::new()),
            Shape::Count => Values::Count(Vec::new()),
            Shape::Word => Values::Text(Texts::default()),
            _ => Values::Decimal { unscaled: Vec::new(), places: scaling.places },
        };
        Self { column: Column::full(values), scaling, nullable }
    }
    fn clear(&mut self) {
        self.column.present.clear();
        match &mut self.column.values {
            Values::Time { counts: it, .. } | Values::Whole(it) => it.clear(),
            Values::Count(it) => it.clear(),
            Values::Text(it) => it.clear(),
            Values::Decimal { unscaled, .. } => unscaled.clear(),
            _ => {}
        }
    }
    /// Notes whether the next row has a value, where that is not certain.
    fn mark(&mut self, present: bool) {
        if self.nullable {
            self.column.present.push(present);
        }
    }
    /// Bytes of a row, about.
    fn row_bytes(&self) -> usize {
        match self.column.values {
            Values::Decimal { .. } => 17,
            Values::Text(_) => 16,
            _ => 8,
        }
    }
}

/// One row being filled, column by column.
struct Row<'a> {
    columns: std::slice::IterMut<'a, Waiting>,
    fits: bool,
}

impl Row<'_> {
    fn whole(&mut self, value: i64) {
        if let Some(Values::Whole(it) | Values::Time { counts: it, .. }) = self.next(true) {
            it.push(value);
        }
    }
    fn time(&mut self, at: Timestamp) {
        self.whole(at.nanos());
    }
    fn span(&mut self, span: Span) {
        self.whole(span.nanos());
    }
    fn small(&mut self, count: u32) {
        self.whole(i64::from(count));
    }
    fn count(&mut self, count: u64) {
        if let Some(Values::Count(it)) = self.next(true) {
            it.push(count);
        }
    }
    fn word(&mut self, word: Option<&'static str>) {
        if let Some(Values::Text(it)) = self.next(word.is_some()) {
            it.push(word.unwrap_or_default());
        }
    }
    fn number(&mut self, units: Option<i128>) {
        let Some(waiting) = self.columns.next() else { return };
        let unscaled = units.map(|units| waiting.scaling.unscaled(units));
        self.fits &= unscaled != Some(None);
        waiting.mark(units.is_some());
        if let Values::Decimal { unscaled: it, .. } = &mut waiting.column.values {
            it.push(unscaled.flatten().unwrap_or_default());
        }
    }
    fn next(&mut self, present: bool) -> Option<&mut Values> {
        let waiting = self.columns.next()?;
        waiting.mark(present);
        Some(&mut waiting.column.values)
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
    writer: Option<Writer>,
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
        let texts = [(INSTRUMENT_KEY, &spec[..]), (SOURCES_KEY, sources)];
        let writer = Writer::create(file, &fields(kind, instrument), &texts);
        Ok(Self {
            writer: Some(writer.map_err(|e| StoreError::io(path, "start the table", e))?),
            path: path.into(),
            temporary: Some(temporary),
            kind,
            waiting: all_specs(kind).map(|it| Waiting::new(it, instrument)).collect(),
            waiting_rows: 0,
            rows: 0,
            events: 0,
        })
    }
    /// Adds one event of this kind.
    pub fn push(&mut self, event: &MarketEvent<'_>, seq: u64) -> Result<(), StoreError> {
        debug_assert_eq!(Kind::of(&event.body), self.kind, "the caller chose the table by kind");
        self.events += 1;
        match &event.body {
            MarketBody::Depth(depth) => self.put_depth(event, seq, depth),
            _ => self.put_row(event, seq, None),
        }
    }
    /// Bytes that wait for the end of their row group, about.
    pub fn held_bytes(&self) -> usize {
        self.waiting_rows * self.waiting.iter().map(Waiting::row_bytes).sum::<usize>()
    }
    /// Ends the row group, to free what it holds.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        let writer = self.writer.as_mut().expect("the writer is open until it is finished");
        if self.waiting_rows > 0 {
            let columns: Vec<&Column> = self.waiting.iter().map(|it| &it.column).collect();
            let written = writer.write(&columns, self.waiting_rows, ROW_GROUP_ROWS);
            written.map_err(|e| StoreError::io(&self.path, "write", e))?;
            self.waiting.iter_mut().for_each(Waiting::clear);
            self.waiting_rows = 0;
        }
        Ok(())
    }
    /// Rows and events so far.
    pub fn counts(&self) -> (u64, u64) {
        (self.rows, self.events)
    }
    /// Ends the file and makes it durable, still under its temporary name.
    pub fn finish(mut self) -> Result<FinishedTable, StoreError> {
        self.flush()?;
        let writer = self.writer.take().expect("the writer is open until it is finished");
        let file = writer.finish().map_err(|e| StoreError::io(&self.path, "write", e))?;
        file.sync_all().map_err(|e| StoreError::io(&self.path, "write to the disk", e))?;
        Ok(FinishedTable { path: self.path.clone(), temporary: self.temporary.take() })
    }

    fn put_depth(&mut self, event: &MarketEvent<'_>, seq: u64, depth: &Depth<'_>) -> Result<(), StoreError> {
        if depth.bids.is_empty() && depth.asks.is_empty() {
            return self.put_row(event, seq, None);
        }
        for (side, levels) in BOOK_SIDES.into_iter().zip([depth.bids, depth.asks]) {
            for level in levels {
                self.put_row(event, seq, Some((side, *level)))?;
            }
        }
        Ok(())
    }
    fn put_row(
        &mut self,
        event: &MarketEvent<'_>,
        seq: u64,
        level: Option<(&'static str, Level)>,
    ) -> Result<(), StoreError> {
        let mut row = Row { columns: self.waiting.iter_mut(), fits: true };
        row.time(event.exchange_at);
        row.time(event.arrived_at);
        row.count(seq);
        put_body(&mut row, &event.body, level);
        debug_assert!(row.columns.next().is_none(), "every column of the row is filled");
        if !row.fits {
            let what = format!("event {seq} holds a number of more than {DIGITS_MAX} digits");
            return Err(StoreError::refused(&self.path, what));
        }
        self.rows += 1;
        self.waiting_rows += 1;
        if self.waiting_rows == ROW_GROUP_ROWS { self.flush() } else { Ok(()) }
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
