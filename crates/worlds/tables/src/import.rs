//! From a reader into the catalogue: one pass over the source, memory that does not grow, and a damaged source refused
//! as a whole unless a part of it is asked for.

use crate::buffer::EventBuffer;
use crate::catalog::store::Repeat;
use crate::catalog::{Catalog, ImportEntry, SourceFile, hash_file};
use crate::clock::{Clocks, SmallestLatency, shift_to_zero};
use crate::connection::{choice, torn};
use crate::error::StoreError;
use crate::eventfile::{Disorder, EventWriter, Kind, Summary};
use crate::reader::{Position, ReadError, Reader};
use crate::rows::Digests;
use scalp_types::{InstrumentId, Instruments, MarketEvent, Span, Timestamp};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};

/// How deep folders of sources are searched.
const FOLDER_DEPTH_MAX: u32 = 16;

/// What is asked for beside the reader.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// What happens when a source was imported before.
    pub repeat: Repeat,
    /// What comes before the damage of a source that cannot be read to its end is stored, and marked as a part.
    pub partial: bool,
    /// Added to every arrival, and told by the summary: the recorder's clock was behind by this much, see [`clock_shift`].
    pub arrival_shift: Span,
}

/// Watches an import. Every method does nothing unless overridden.
pub trait Observer {
    /// Sees every event, with its line or byte offset, in the order of the source: the place of a validator.
    fn on_event(&mut self, event: &MarketEvent<'_>, source: u64) {
        let _ = (event, source);
    }
    /// Called before every batch with the file that its events are of.
    fn on_file(&mut self, file: &Path) {
        let _ = file;
    }
    /// Called after every batch.
    fn on_progress(&mut self, position: Position, events: u64) {
        let _ = (position, events);
    }
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;
impl Observer for Unobserved {}

/// Why an import did not store its source to the end.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It could not be stored; the catalogue is as it was.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The source is damaged; the catalogue is as it was. A checksum at the end of a file may say that any row of it is
    /// wrong, so that what was read before is not better than the rest.
    #[error(transparent)]
    Read(ReadError),
    /// The source is damaged after its beginning; what came before is stored, as was asked for.
    #[error("{error}; the {} events before it are kept", kept.events)]
    Stopped {
        /// What is stored.
        kept: Box<Summary>,
        /// Where and why it stopped.
        error: ReadError,
    },
}

/// Reads everything into the catalogue, as one import made from `sources` (files, or folders of files).
pub fn import(
    catalog: &mut Catalog,
    reader: &mut dyn Reader,
    sources: &[PathBuf],
    instruments: &Instruments,
    options: &ImportOptions,
    observer: &mut dyn Observer,
) -> Result<ImportEntry, ImportError> {
    let mut pending = catalog.begin(hash_sources(sources)?, instruments, options.repeat)?;
    let mut latest = Latest::default();
    let mut rows = Digests::new(instruments, options.arrival_shift, observer);
    let (events, stopped) =
        pump(reader, options.arrival_shift, &mut latest, &mut rows, &mut |event| pending.push(event))?;
    pending.set_disorder(latest.disorder);
    pending.set_sides_estimated(reader.sides_estimated());
    pending.set_arrival_shift(options.arrival_shift);
    if stopped.is_none() || options.partial {
        check_markets(reader, instruments)?;
    }
    if stopped.is_none() {
        pending.set_rows(&rows.finish())?;
    }
    pending.set_connections(reader.connections())?;
    match stopped {
        Some(error) if events == 0 || !options.partial => Err(ImportError::Read(error)),
        stopped => {
            let entry = pending.commit(stopped.as_ref().map(ToString::to_string))?;
            match stopped {
                None => Ok(entry),
                Some(error) => Err(ImportError::Stopped { kept: Box::new(entry.summary), error }),
            }
        }
    }
}

/// Reads everything into one event file, without a catalogue.
pub fn convert(
    path: &Path,
    reader: &mut dyn Reader,
    instruments: &Instruments,
    options: &ImportOptions,
    observer: &mut dyn Observer,
) -> Result<Summary, ImportError> {
    let mut writer = EventWriter::create(path, instruments)?;
    let mut latest = Latest::default();
    let (events, stopped) =
        pump(reader, options.arrival_shift, &mut latest, observer, &mut |event| writer.push(event))?;
    writer.set_disorder(latest.disorder);
    writer.set_sides_estimated(reader.sides_estimated());
    writer.set_arrival_shift(options.arrival_shift);
    if stopped.is_none() || options.partial {
        check_markets(reader, instruments)?;
    }
    writer.set_connections(reader.connections());
    match stopped {
        Some(error) if events == 0 || !options.partial => Err(ImportError::Read(error)),
        Some(error) => Err(ImportError::Stopped { kept: Box::new(writer.finish()?), error }),
        None => Ok(writer.finish()?),
    }
}

/// Refuses an instrument that the files of a source have of two markets. Within one file the reader itself does.
pub fn check_markets(reader: &dyn Reader, instruments: &Instruments) -> Result<(), StoreError> {
    let connections = reader.connections();
    let Some((instrument, carriers)) = torn(&connections) else { return Ok(()) };
    let symbol = &instruments.get(instrument).spec.symbol;
    let what = format!("expected {}; got all of them in the files of one source", choice(symbol, carriers));
    Err(StoreError::refused(reader.file(), what))
}

/// What is to be added to every arrival of a source so that its smallest feed latency is zero: the recorder's clock was off by one
/// constant. Reads all that an import would store, to the end of the source or its damage.
pub fn clock_shift(reader: &mut dyn Reader, observer: &mut dyn Observer) -> Span {
    let mut smallest = SmallestLatency::default();
    let mut look = |event: &MarketEvent<'_>| {
        smallest.see(event);
        Ok::<(), Infallible>(())
    };
    let Ok(_) = pump(reader, Span::ZERO, &mut Latest::default(), observer, &mut look);
    shift_to_zero(smallest.get())
}

/// Rows of one instrument may be out of order by less than this, in one file; one that lies further back does not belong
/// to the recording.
pub const DISORDER_MAX: Span = Span::from_secs(86_400);

/// The latest time of each instrument, and of each kind of its events, in the file being read.
#[derive(Default)]
struct Latest {
    /// With the line of each.
    times: BTreeMap<InstrumentId, (Timestamp, u64)>,
    kinds: BTreeMap<(InstrumentId, Kind), Timestamp>,
    clocks: Clocks,
    line: u64,
    disorder: Option<Disorder>,
}

impl Latest {
    /// The latest time and its line, when an event goes back too far. The numbers of rows begin anew with each file. A stamp that
    /// runs so far ahead of its arrival that no run believes it is the latest of nothing.
    fn goes_back(&mut self, event: &MarketEvent<'_>, line: u64) -> Option<(Timestamp, u64)> {
        if line < self.line {
            self.times.clear();
            self.kinds.clear();
        }
        self.line = line;
        let (at, kind) = (event.exchange_at, Kind::of(&event.body));
        let is_believed = self.clocks.believe(event);
        if is_believed {
            let latest = self.times.entry(event.instrument).or_insert((at, line));
            *latest = if at > latest.0 { (at, line) } else { *latest };
        }
        let before = self.kinds.get(&(event.instrument, kind)).copied();
        let back = before.map_or(0, |it| it.nanos().saturating_sub(at.nanos()));
        // Funding has times of its own.
        if is_believed || kind == Kind::Funding {
            self.kinds.insert((event.instrument, kind), before.map_or(at, |it| it.max(at)));
        }
        if back > 0 {
            let found = self.disorder.get_or_insert(Disorder { rows: 0, longest: Span::ZERO });
            found.rows += 1;
            found.longest = found.longest.max(Span::from_nanos(back));
        }
        self.times.get(&event.instrument).copied().filter(|it| at.saturating_add(DISORDER_MAX) <= it.0)
    }
}

/// Carries events from the reader to `store` until the end or the first damaged row; answers how many, and that row.
fn pump<E>(
    reader: &mut dyn Reader,
    arrival_shift: Span,
    latest: &mut Latest,
    observer: &mut dyn Observer,
    store: &mut dyn FnMut(&MarketEvent<'_>) -> Result<(), E>,
) -> Result<(u64, Option<ReadError>), E> {
    let mut batch = EventBuffer::new();
    let mut events = 0;
    loop {
        batch.clear();
        let answer = reader.read(&mut batch);
        batch.shift_arrivals(0, arrival_shift);
        observer.on_file(reader.file());
        for (at, (event, source)) in batch.iter_with_source().enumerate() {
            if let Some((at_latest, line)) = latest.goes_back(&event, source) {
                let expected = format!(
                    "a time less than a day before the latest above it, which is {at_latest} in line {line}: one of the two is wrong"
                );
                let got = event.exchange_at.to_string();
                let error = ReadError::field(reader.file(), source, "time", expected, got.as_bytes());
                return Ok((events + at as u64, Some(error)));
            }
            observer.on_event(&event, source);
            store(&event)?;
        }
        events += batch.len() as u64;
        observer.on_progress(reader.position(), events);
        match answer {
            Ok(true) => {}
            Ok(false) => return Ok((events, None)),
            Err(error) => return Ok((events, Some(crate::source::with_damage(error)))),
        }
    }
}

/// Hashes the files; a folder stands for all files in it and below, by name.
pub fn hash_sources(sources: &[PathBuf]) -> Result<Vec<SourceFile>, StoreError> {
    let mut files = Vec::new();
    for source in sources {
        list(source, 0, &mut files)?;
    }
    files.iter().map(|it| hash_file(it)).collect()
}

fn list(path: &Path, depth: u32, files: &mut Vec<PathBuf>) -> Result<(), StoreError> {
    if !path.is_dir() {
        files.push(path.into());
        return Ok(());
    }
    if depth == FOLDER_DEPTH_MAX {
        let what = format!("expected at most {FOLDER_DEPTH_MAX} folders within each other");
        return Err(StoreError::refused(path, what));
    }
    let entries = std::fs::read_dir(path).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let entries = entries.map_err(|e| StoreError::io(path, "list the folder", e))?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|it| it.path()).collect();
    paths.sort();
    paths.iter().try_for_each(|it| list(it, depth + 1, files))
}

#[cfg(test)]
mod tests;
