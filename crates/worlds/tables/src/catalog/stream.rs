//! Reads a stretch of time back from the tables, as one stream in order of arrival.

use super::TableEntry;
use crate::buffer::EventBuffer;
use crate::columns::TableReader;
use crate::error::StoreError;
use crate::eventfile::Kind;
use scalp_types::{EventStream, InstrumentId, Instruments, MarketEvent, StreamError, Timestamp};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::path::{Path, PathBuf};

/// Events of a catalogue in order of arrival; where arrivals are equal, the order of import.
pub struct CatalogStream {
    instruments: Instruments,
    tables: Vec<Chain>,
    /// When each table that is not current is due.
    due: BinaryHeap<Reverse<(Due, usize)>>,
    current: Option<usize>,
    start: Timestamp,
    end: Timestamp,
}

/// Arrival, number of the import, place within the import.
type Due = (Timestamp, u32, u64);

/// The tables of one import, instrument and kind, day after day. A table is opened when its first event is due.
struct Chain {
    import: u32,
    instrument: InstrumentId,
    kind: Kind,
    parts: VecDeque<(PathBuf, Timestamp)>,
    reader: Option<TableReader>,
    batch: EventBuffer,
    at: usize,
}

impl CatalogStream {
    pub(super) fn new<'a>(
        folder: &Path,
        instruments: Instruments,
        parts: impl Iterator<Item = (u32, &'a TableEntry)>,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut tables: Vec<Chain> = Vec::new();
        for (import, it) in parts {
            let Some(instrument) = instruments.find(&it.venue, &it.symbol).map(|it| it.id) else { continue };
            let part = (folder.join(&it.path), it.first);
            let same = |table: &&mut Chain| {
                table.import == import && table.instrument == instrument && table.kind == it.kind
            };
            match tables.iter_mut().find(same) {
                Some(table) => table.parts.push_back(part),
                None => tables.push(Chain {
                    import,
                    instrument,
                    kind: it.kind,
                    parts: VecDeque::from([part]),
                    reader: None,
                    batch: EventBuffer::default(),
                    at: 0,
                }),
            }
        }
        let mut due = BinaryHeap::new();
        for (n, table) in tables.iter_mut().enumerate() {
            table.parts.make_contiguous().sort_by_key(|it| it.1);
            due.extend(table.parts.front().map(|it| Reverse(((it.1, table.import, 0), n))));
        }
        Ok(Self { instruments, tables, due, current: None, start, end })
    }
    /// The instruments that the events name.
    pub fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    /// Puts the table with the next event first; false at the end.
    fn choose(&mut self) -> Result<bool, StoreError> {
        loop {
            if let Some(n) = self.current.take()
                && let Some(due) = self.tables[n].due(&self.instruments)?
            {
                if due.0 < self.end && self.due.peek().is_none_or(|Reverse(it)| (due, n) <= *it) {
                    self.current = Some(n);
                    if due.0 >= self.start {
                        return Ok(true);
                    }
                    self.tables[n].at += 1;
                    continue;
                }
                if due.0 < self.end {
                    self.due.push(Reverse((due, n)));
                }
            }
            let Some(Reverse((_, n))) = self.due.pop() else { return Ok(false) };
            self.current = Some(n);
        }
    }
}

impl Chain {
    /// When the next event is due; `None` at the end of the last table.
    fn due(&mut self, instruments: &Instruments) -> Result<Option<Due>, StoreError> {
        loop {
            if let Some((event, seq)) = self.batch.get_with_source(self.at) {
                return Ok(Some((event.arrived_at, self.import, seq)));
            }
            self.batch.clear();
            self.at = 0;
            match &mut self.reader {
                Some(reader) => {
                    if !reader.read(&mut self.batch)? {
                        self.reader = None;
                    }
                }
                None => {
                    let Some((path, _)) = self.parts.pop_front() else { return Ok(None) };
                    let instrument = instruments.get(self.instrument);
                    self.reader = Some(TableReader::open(&path, self.kind, instrument)?);
                }
            }
        }
    }
}

impl EventStream for CatalogStream {
    fn next(&mut self) -> Result<Option<MarketEvent<'_>>, StreamError> {
        if !self.choose()? {
            return Ok(None);
        }
        let Some(n) = self.current else { return Ok(None) };
        let table = &mut self.tables[n];
        table.at += 1;
        Ok(table.batch.get(table.at - 1))
    }
}
