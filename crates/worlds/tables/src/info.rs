//! What is in an event file or a catalogue, as plain facts to print.

use crate::catalog::{Catalog, ImportEntry};
use crate::error::StoreError;
use crate::eventfile::{EventFile, KindCount, SidesEstimated, Summary};
use scalp_types::{Span, Timestamp};
use serde::Serialize;
use std::path::Path;

/// The facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Info {
    /// What was looked at.
    pub path: String,
    /// What it is.
    pub form: Form,
    /// Instruments as `venue:symbol`.
    pub instruments: Vec<String>,
    /// Events.
    pub events: u64,
    /// Changed levels in all depth events together.
    pub levels: u64,
    /// Events by kind.
    pub kinds: Vec<KindCount>,
    /// Earliest and latest exchange time.
    pub exchange: Option<(Timestamp, Timestamp)>,
    /// Earliest and latest arrival.
    pub arrival: Option<(Timestamp, Timestamp)>,
    /// Smallest arrival minus exchange time.
    pub latency_min: Option<Span>,
    /// What was added to every arrival of an event file's source; imports of a catalogue say it one by one.
    pub arrival_shift: Option<Span>,
    /// True when arrivals and exchange times give one order.
    pub one_order: bool,
    /// Trades whose side no source told.
    pub sides_estimated: Option<SidesEstimated>,
    /// UTC days of arrival with events; none for an event file.
    pub days: Vec<String>,
    /// The imports of a catalogue.
    pub imports: Vec<ImportInfo>,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// One event file.
    EventFile,
    /// A catalogue.
    Catalog,
}

/// One import of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportInfo {
    /// Its number.
    pub number: u32,
    /// The files it was read from.
    pub sources: Vec<String>,
    /// Events.
    pub events: u64,
    /// What was added to every arrival.
    pub arrival_shift: Option<Span>,
    /// Why it ended before its source did.
    pub stopped: Option<String>,
}

/// Looks at an event file, or at a catalogue when `path` is a folder.
pub fn info(path: &Path) -> Result<Info, StoreError> {
    if !path.is_dir() {
        let file = EventFile::open(path)?;
        let mut it = empty(path, Form::EventFile);
        it.add(file.summary());
        it.one_order = file.summary().one_order;
        it.arrival_shift = file.summary().arrival_shift;
        return Ok(it);
    }
    let catalog = Catalog::open(path)?;
    let mut it = empty(path, Form::Catalog);
    let imports = &catalog.manifest().imports;
    it.one_order = imports.iter().all(|it| it.summary.one_order);
    for import in imports {
        it.add(&import.summary);
        it.days.extend(import.tables.iter().map(|it| it.date.clone()));
        it.imports.push(import_info(import));
    }
    it.days.sort();
    it.days.dedup();
    Ok(it)
}

fn empty(path: &Path, form: Form) -> Info {
    Info {
        path: path.display().to_string(),
        form,
        instruments: Vec::new(),
        events: 0,
        levels: 0,
        kinds: Vec::new(),
        exchange: None,
        arrival: None,
        latency_min: None,
        arrival_shift: None,
        one_order: true,
        sides_estimated: None,
        days: Vec::new(),
        imports: Vec::new(),
    }
}

fn import_info(import: &ImportEntry) -> ImportInfo {
    ImportInfo {
        number: import.number,
        sources: import.sources.iter().map(|it| it.path.clone()).collect(),
        events: import.summary.events,
        arrival_shift: import.summary.arrival_shift,
        stopped: import.stopped.clone(),
    }
}

impl Info {
    fn add(&mut self, summary: &Summary) {
        for spec in &summary.instruments {
            let name = format!("{}:{}", spec.venue, spec.symbol);
            if !self.instruments.contains(&name) {
                self.instruments.push(name);
            }
        }
        self.events += summary.events;
        self.levels += summary.levels;
        for new in &summary.kinds {
            match self.kinds.iter_mut().find(|it| it.kind == new.kind) {
                Some(it) => it.events += new.events,
                None => self.kinds.push(*new),
            }
        }
        self.kinds.sort_unstable_by_key(|it| it.kind);
        self.exchange = join(self.exchange, summary.exchange);
        self.arrival = join(self.arrival, summary.arrival);
        let sides = [self.sides_estimated, summary.sides_estimated].into_iter().flatten();
        self.sides_estimated = SidesEstimated::by_ticks(sides.map(|it| it.trades).sum());
        self.latency_min = [self.latency_min, summary.latency_min].into_iter().flatten().min();
    }
}

fn join(
    one: Option<(Timestamp, Timestamp)>,
    other: Option<(Timestamp, Timestamp)>,
) -> Option<(Timestamp, Timestamp)> {
    match (one, other) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buffer::EventBuffer;
    use crate::catalog::store::Repeat;
    use crate::samples::{instruments, trade};

    #[test]
    fn a_catalogue_adds_up_what_its_event_files_say() {
        let folder = tempfile::tempdir().unwrap();
        let mut catalog = Catalog::create(folder.path()).unwrap();
        let day = 86_400_000_000_000;
        for n in 0..2_i64 {
            let mut pending = catalog.begin(vec![], &instruments(), Repeat::Refuse).unwrap();
            let mut buffer = EventBuffer::new();
            (0..3).for_each(|k| trade(&mut buffer, 0, n * day + k, n * day + k + 4 + n, 1));
            buffer.iter().for_each(|it| pending.push(&it).unwrap());
            pending.commit(None).unwrap();
        }
        let all = info(folder.path()).unwrap();
        assert_eq!((all.form, all.events, all.imports.len()), (Form::Catalog, 6, 2));
        assert_eq!(all.days, ["1970-01-01", "1970-01-02"]);
        assert_eq!(all.instruments, ["v:A", "v:B"]);
        assert_eq!(all.latency_min, Some(Span::from_nanos(4)));
        let file = info(&folder.path().join("events/import-0002.events")).unwrap();
        assert_eq!((file.form, file.events), (Form::EventFile, 3));
        assert_eq!(file.arrival.unwrap().1, all.arrival.unwrap().1);
        assert!(info(&folder.path().join("none")).is_err());
    }
}
