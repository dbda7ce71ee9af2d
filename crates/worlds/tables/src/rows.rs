//! What the rows of each file come to, as one number: files that differ in their text alone (ends of lines, headers, the
//! order of columns, packing) hold the same rows.

use crate::import::Observer;
use crate::reader::Position;
use scalp_types::{InstrumentId, Instruments, MarketEvent, Span, StateHash, wire};
use std::path::{Path, PathBuf};

/// The rows of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The file.
    pub file: PathBuf,
    /// How many.
    pub count: u64,
    /// The hash of all of them, in their order.
    pub digest: StateHash,
}

/// Reads along, file by file, and passes everything on. Sixty-four bits tell data apart, not forgers.
pub(crate) struct Digests<'a> {
    observer: &'a mut dyn Observer,
    /// Of the names of the instruments, by id: the same instrument may have another id in another import.
    names: Vec<u64>,
    /// What was added to the arrivals of the rows: they are counted as they stand in the file.
    shift: Span,
    files: Vec<Rows>,
    words: Vec<i64>,
}

impl<'a> Digests<'a> {
    pub fn new(instruments: &Instruments, shift: Span, observer: &'a mut dyn Observer) -> Self {
        let name = |it: &scalp_types::Instrument| {
            let mut hash = StateHash::default();
            it.name().bytes().for_each(|byte| hash.absorb(byte.into()));
            hash.get()
        };
        let names = instruments.iter().map(name).collect();
        Self { observer, names, shift, files: Vec::new(), words: Vec::new() }
    }
    /// What each file came to, in the order in which they were read.
    pub fn finish(self) -> Vec<Rows> {
        self.files
    }
}

impl Observer for Digests<'_> {
    fn on_event(&mut self, event: &MarketEvent<'_>, source: u64) {
        if let Some(rows) = self.files.last_mut() {
            rows.count += 1;
            rows.digest.absorb(self.names.get(event.instrument.index()).copied().unwrap_or_default());
            self.words.clear();
            let arrived_at =
                event.arrived_at.saturating_add(Span::from_nanos(self.shift.nanos().saturating_neg()));
            let recorded = MarketEvent { instrument: InstrumentId(0), arrived_at, ..*event };
            wire::encode_words(&recorded, &mut self.words);
            self.words.iter().for_each(|word| rows.digest.absorb_signed(*word));
        }
        self.observer.on_event(event, source);
    }
    fn on_file(&mut self, file: &Path) {
        if self.files.last().is_none_or(|it| it.file != file) {
            self.files.push(Rows { file: file.into(), count: 0, digest: StateHash::default() });
        }
        self.observer.on_file(file);
    }
    fn on_progress(&mut self, position: Position, events: u64) {
        self.observer.on_progress(position, events);
    }
}
