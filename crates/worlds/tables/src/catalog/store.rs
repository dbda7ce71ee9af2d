//! Adding to a catalogue: refuses what is there already, writes the tables, and only then changes the manifest.

use super::{Catalog, ImportEntry, LOCK, MANIFEST_PART, SourceFile, TableEntry, hash_file};
use crate::columns::{FinishedTable, TableWriter};
use crate::connection::{self, Connection};
use crate::error::StoreError;
use crate::eventfile::{Disorder, EventFile, EventWriter, Kind};
use crate::rows::Rows;
use crate::source::content::Outline;
use scalp_types::{EventStream, Instrument, InstrumentSpec, Instruments, MarketEvent, Span, Timestamp};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// When the open tables together hold more than this, their row groups are ended early.
pub const HELD_BYTES_MAX: usize = 96 << 20;

/// What happens to an import whose source was imported before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Repeat {
    /// It is refused.
    #[default]
    Refuse,
    /// The earlier import goes once this one is stored.
    Replace,
}

/// An import under way. Dropped before [`Pending::commit`], it leaves the catalogue as it was.
#[derive(Debug)]
pub struct Pending<'a> {
    catalog: &'a mut Catalog,
    sources: Vec<SourceFile>,
    number: u32,
    replaced: Vec<u32>,
    repeat: Repeat,
    writer: EventWriter,
    /// Held until the end, so that two imports do not write one manifest.
    _lock: File,
}

impl Catalog {
    /// Starts an import: takes the lock, looks for the same sources among earlier imports, and opens the event file.
    pub fn begin(
        &mut self,
        sources: Vec<SourceFile>,
        instruments: &Instruments,
        repeat: Repeat,
    ) -> Result<Pending<'_>, StoreError> {
        if let Some((first, again)) = twice(&sources) {
            let what = format!("the same file is given twice: {} is {} again", again.path, first.path);
            return Err(StoreError::refused(Path::new(&again.path), what));
        }
        let outlines: Vec<_> = sources.iter().map(|it| Outline::of(Path::new(&it.path))).collect();
        if let Some((first, again)) = packed_twice(&sources, &outlines) {
            let what = format!("the same data is given twice: unpacked, it is {} again", first.path);
            return Err(StoreError::refused(Path::new(&again.path), what));
        }
        let lock = self.lock()?;
        // Another process may have imported since this catalogue was opened.
        self.manifest = Self::open(&self.folder)?.manifest;
        self.remove_remains()?;
        let replaced = self.earlier(&sources, &outlines, repeat)?;
        self.check_instruments(instruments, &replaced)?;
        let folder = self.folder.join("events");
        std::fs::create_dir_all(&folder).map_err(|e| StoreError::io(&folder, "create the folder", e))?;
        let number = self.manifest.next_import;
        if number == u32::MAX {
            return Err(StoreError::refused(&self.folder, "no number is left for another import"));
        }
        let writer = EventWriter::create(&folder.join(format!("import-{number:04}.events")), instruments)?;
        Ok(Pending { catalog: self, sources, number, replaced, repeat, writer, _lock: lock })
    }

    pub(super) fn lock(&self) -> Result<File, StoreError> {
        let path = self.folder.join(LOCK);
        let file = File::options().create(true).append(true).open(&path);
        let file = file.map_err(|e| StoreError::io(&path, "open", e))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                Err(StoreError::refused(&self.folder, "another import into this catalogue is running"))
            }
            Err(TryLockError::Error(e)) => Err(StoreError::io(&path, "lock", e)),
        }
    }
    /// Removes what an import that was killed has left: temporary files, and files under a final name that the manifest
    /// never learnt of, which other tools would take for part of the market. Under the lock, so that nobody is at work.
    fn remove_remains(&self) -> Result<(), StoreError> {
        let known = |number| self.manifest.imports.iter().any(|it| it.number == number);
        let is_remains = |name: &str| match name.strip_prefix('.') {
            Some(temporary) => import_number(temporary).is_some(),
            None => import_number(name).is_some_and(|it| !known(it)),
        };
        // Nobody else is writing one; where there is none there is nothing to remove.
        let _ = std::fs::remove_file(self.folder.join(MANIFEST_PART));
        let mut folders = vec![self.folder.join("events"), self.folder.join("tables")];
        while let Some(folder) = folders.pop() {
            // Where the folder cannot be listed, the import itself will say why.
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                let path = entry.path();
                if entry.file_type().is_ok_and(|it| it.is_dir()) {
                    folders.push(path);
                } else if is_remains(&entry.file_name().to_string_lossy()) {
                    std::fs::remove_file(&path).map_err(|e| StoreError::io(&path, "remove", e))?;
                }
            }
        }
        Ok(())
    }
    /// The earlier imports of the same files; an error unless they are to be replaced.
    fn earlier(
        &self,
        sources: &[SourceFile],
        outlines: &[Option<Outline>],
        repeat: Repeat,
    ) -> Result<Vec<u32>, StoreError> {
        let mut found = Vec::new();
        for import in &self.manifest.imports {
            for known in &import.sources {
                let known_outline = Outline::of(Path::new(&known.path));
                for (source, outline) in sources.iter().zip(outlines) {
                    let same = if known.sha256 == source.sha256 {
                        Same::File
                    } else if known.path == source.path {
                        Same::Name
                    } else if is_packed_again(known, known_outline.as_ref(), outline.as_ref()) {
                        Same::Data
                    } else {
                        continue;
                    };
                    if repeat == Repeat::Refuse {
                        return Err(StoreError::refused(
                            Path::new(&source.path),
                            refusal(import, known, source, same),
                        ));
                    }
                    if !found.contains(&import.number) {
                        found.push(import.number);
                    }
                }
            }
        }
        Ok(found)
    }
    /// Ticks and lots of one instrument must be the same in all imports, or its tables would not fit each other.
    fn check_instruments(&self, instruments: &Instruments, replaced: &[u32]) -> Result<(), StoreError> {
        let kept = self.manifest.imports.iter().filter(|it| !replaced.contains(&it.number));
        for known in kept.flat_map(|it| &it.summary.instruments) {
            let Some(new) = instruments.find(&known.venue, &known.symbol) else { continue };
            let terms = |it: &InstrumentSpec| {
                (it.contract, it.tick.normalize(), it.lot.normalize(), it.multiplier.normalize())
            };
            if terms(known) != terms(&new.spec) {
                let what = format!(
                    "{} is kept with tick {}, lot {}, multiplier {}; expected the same, got {}, {}, {}",
                    new.name(),
                    known.tick,
                    known.lot,
                    known.multiplier,
                    new.spec.tick,
                    new.spec.lot,
                    new.spec.multiplier
                );
                return Err(StoreError::refused(&self.folder, what));
            }
        }
        Ok(())
    }
}

/// The first pair of files with one content; empty ones are all alike and are no repetition.
fn twice(sources: &[SourceFile]) -> Option<(&SourceFile, &SourceFile)> {
    sources.iter().enumerate().filter(|it| it.1.bytes > 0).find_map(|(at, again)| {
        let first = sources[..at].iter().find(|it| it.sha256 == again.sha256);
        first.map(|first| (first, again))
    })
}

/// The number of the import that a file of this name is of: `import-0007.events`, `import-0007.parquet`.
fn import_number(name: &str) -> Option<u32> {
    name.strip_prefix("import-")?.split_once('.')?.0.parse().ok()
}

/// The first pair of files that hold the same in different packings.
fn packed_twice<'a>(
    sources: &'a [SourceFile],
    outlines: &[Option<Outline>],
) -> Option<(&'a SourceFile, &'a SourceFile)> {
    let is_again = |a: usize, b: usize| match (&outlines[a], &outlines[b]) {
        (Some(a), Some(b)) => a.same_when_unpacked(b),
        _ => false,
    };
    (1..sources.len()).find_map(|again| {
        let first = (0..again).find(|&first| is_again(first, again))?;
        Some((&sources[first], &sources[again]))
    })
}

/// Whether an earlier source, which must lie where it lay and be what it was, holds what a new one holds.
fn is_packed_again(known: &SourceFile, known_outline: Option<&Outline>, new: Option<&Outline>) -> bool {
    let (Some(old), Some(new)) = (known_outline, new) else { return false };
    let is_unchanged = || hash_file(Path::new(&known.path)).is_ok_and(|it| it.sha256 == known.sha256);
    old.same_when_unpacked(new) && is_unchanged()
}

/// How a source is one that was imported before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Same {
    /// To the byte.
    File,
    /// Unpacked.
    Data,
    /// Row by row, in another text.
    Rows,
    /// By its name alone.
    Name,
}

fn refusal(import: &ImportEntry, known: &SourceFile, source: &SourceFile, same: Same) -> String {
    let number = import.number;
    let part = match &import.stopped {
        Some(why) => format!(" (in part: {why})"),
        None => String::new(),
    };
    if same == Same::Data {
        let name = &known.path;
        return format!(
            "the same data was imported before: unpacked, it is {name} of import {number}{part}; replace it to import again"
        );
    }
    if same == Same::Rows {
        let name = &known.path;
        return format!(
            "the same rows were imported before, in another text: {name} of import {number}{part}; replace it to import again"
        );
    }
    if same == Same::File {
        let name = if known.path == source.path { String::new() } else { format!(" as {}", known.path) };
        return format!(
            "the same file was imported before{name}, as import {number}{part}; replace it to import again"
        );
    }
    format!(
        "the file has changed since import {number}{part}: expected SHA-256 {}, got {}; replace that import to accept it",
        known.sha256, source.sha256
    )
}

impl Pending<'_> {
    /// Adds one event.
    pub fn push(&mut self, event: &MarketEvent<'_>) -> Result<(), StoreError> {
        self.writer.push(event)
    }
    pub(crate) fn set_disorder(&mut self, disorder: Option<Disorder>) {
        self.writer.set_disorder(disorder);
    }
    /// Says of how many trades the source told no side.
    pub(crate) fn set_sides_estimated(&mut self, trades: u64) {
        self.writer.set_sides_estimated(trades);
    }
    pub(crate) fn set_arrival_shift(&mut self, shift: Span) {
        self.writer.set_arrival_shift(shift);
    }
    /// Takes the connections that the sources were recorded through: refuses an instrument of which the catalogue keeps another
    /// market, unless that import is replaced.
    pub(crate) fn set_connections(&mut self, new: Vec<Connection>) -> Result<(), StoreError> {
        let instruments = &self.writer.summary().instruments;
        for import in &self.catalog.manifest.imports {
            if self.replaced.contains(&import.number) {
                continue;
            }
            let known = connection::of(&import.summary, instruments);
            let mut both = known.clone();
            connection::join(&mut both, new.clone());
            let Some((instrument, _)) = connection::torn(&both) else { continue };
            let carries = |it: &&Connection| it.carries.contains(&instrument);
            let what = format!(
                "import {} of this catalogue has {} of {}, and this would add to it what came through {}: choose the same market \
                 (--connection), import it with another --venue or --symbol, or into another catalogue",
                import.number,
                instruments[instrument.index()].symbol,
                connection::list(known.iter().filter(carries)),
                connection::list(new.iter().filter(carries))
            );
            return Err(StoreError::refused(&self.catalog.folder, what));
        }
        self.writer.set_connections(new);
        Ok(())
    }
    /// Takes what the rows of the sources came to, once they have been read to their end: refuses what is given twice or
    /// was imported before in another text, unless that import is to be replaced.
    pub(crate) fn set_rows(&mut self, read: &[Rows]) -> Result<(), StoreError> {
        for rows in read.iter().filter(|it| it.count > 0) {
            let path = std::fs::canonicalize(&rows.file).unwrap_or_else(|_| rows.file.clone());
            let name = path.display().to_string();
            if let Some(it) = self.sources.iter_mut().find(|it| it.path == name) {
                it.rows = Some(rows.digest.to_string());
            }
        }
        for (at, source) in self.sources.iter().enumerate().filter(|it| it.1.rows.is_some()) {
            let refuse = |what| Err(StoreError::refused(Path::new(&source.path), what));
            if let Some(first) = self.sources[..at].iter().find(|it| it.rows == source.rows) {
                return refuse(format!("the same rows are given twice, in another text: {}", first.path));
            }
            for import in &self.catalog.manifest.imports {
                let known = import.sources.iter().find(|it| it.rows == source.rows);
                let Some(known) = known.filter(|_| !self.replaced.contains(&import.number)) else { continue };
                if self.repeat == Repeat::Refuse {
                    return refuse(refusal(import, known, source, Same::Rows));
                }
                self.replaced.push(import.number);
            }
        }
        Ok(())
    }
    /// Stores everything: orders the event file, writes the tables, then the manifest. `stopped` says why the source
    /// could not be read to its end.
    pub fn commit(self, stopped: Option<String>) -> Result<ImportEntry, StoreError> {
        let Self { catalog, sources, number, replaced, repeat: _, writer, _lock } = self;
        let events = format!("events/import-{number:04}.events");
        let path = catalog.folder.join(&events);
        let summary = writer.finish()?;
        let unwind = RemoveOnDrop(Some(path.clone()));
        let file = EventFile::open(&path)?;
        let tables = write_tables(&catalog.folder, number, &file, &sources)?;
        let entry = ImportEntry { number, sources, events, summary, tables, stopped };
        let before = catalog.manifest.clone();
        catalog.manifest.imports.retain(|it| !replaced.contains(&it.number));
        catalog.manifest.imports.push(entry.clone());
        catalog.manifest.next_import = number + 1;
        if let Err(error) = catalog.write_manifest() {
            catalog.manifest = before;
            return Err(error);
        }
        unwind.forget();
        for old in before.imports.iter().filter(|it| replaced.contains(&it.number)) {
            remove_import(&catalog.folder, old)?;
        }
        Ok(entry)
    }
}

/// Removes the files of an import that the manifest no longer names.
fn remove_import(folder: &Path, import: &ImportEntry) -> Result<(), StoreError> {
    for relative in import.tables.iter().map(|it| &it.path).chain([&import.events]) {
        let path = folder.join(relative);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::io(&path, "remove", e));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Removes a file that did not get into the manifest.
struct RemoveOnDrop(Option<PathBuf>);

impl RemoveOnDrop {
    fn forget(mut self) {
        self.0 = None;
    }
}

impl Drop for RemoveOnDrop {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // A file that nothing refers to; when it cannot be removed there is nobody left to tell.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A table being written, for one instrument, kind and day.
struct OpenTable {
    key: (u16, Kind),
    writer: TableWriter,
    first: Timestamp,
    last: Timestamp,
    path: String,
}

/// Writes the events of a file as tables. Events come in order of arrival, so only one day is open at a time.
fn write_tables(
    folder: &Path,
    number: u32,
    file: &EventFile,
    sources: &[SourceFile],
) -> Result<Vec<TableEntry>, StoreError> {
    let sources = serde_json::to_string(sources).expect("sources are plain data");
    let mut open: Vec<OpenTable> = Vec::new();
    let mut done: Vec<(TableEntry, FinishedTable)> = Vec::new();
    let mut cursor = file.by_arrival();
    let mut day = None;
    let mut seq = 0_u64;
    loop {
        let event = cursor.next().map_err(|e| StoreError::damaged(file.path(), 0, e.message))?;
        let Some(event) = event else { break };
        if day.replace(event.arrived_at.day()) != Some(event.arrived_at.day()) {
            close_tables(&mut open, file, &mut done)?;
        }
        let key = (event.instrument.0, Kind::of(&event.body));
        let at = match open.iter().position(|it| it.key == key) {
            Some(at) => at,
            None => {
                let instrument = file.instruments().get(event.instrument);
                open.push(OpenTable::create(folder, number, instrument, key, event.arrived_at, &sources)?);
                open.len() - 1
            }
        };
        open[at].writer.push(&event, seq)?;
        open[at].last = event.arrived_at;
        seq += 1;
        if seq.is_multiple_of(4_096) {
            bound_memory(&mut open)?;
        }
    }
    close_tables(&mut open, file, &mut done)?;
    let mut entries = Vec::with_capacity(done.len());
    let mut kept = Vec::new();
    for (entry, table) in done {
        kept.push(RemoveOnDrop(Some(folder.join(&entry.path))));
        table.keep()?;
        entries.push(entry);
    }
    kept.into_iter().for_each(RemoveOnDrop::forget);
    Ok(entries)
}

fn bound_memory(open: &mut [OpenTable]) -> Result<(), StoreError> {
    if open.iter().map(|it| it.writer.held_bytes()).sum::<usize>() > HELD_BYTES_MAX {
        for it in open {
            it.writer.flush()?;
        }
    }
    Ok(())
}

fn close_tables(
    open: &mut Vec<OpenTable>,
    file: &EventFile,
    done: &mut Vec<(TableEntry, FinishedTable)>,
) -> Result<(), StoreError> {
    for it in open.drain(..) {
        let spec = &file.instruments().get(scalp_types::InstrumentId(it.key.0)).spec;
        let (rows, events) = it.writer.counts();
        let entry = TableEntry {
            path: it.path,
            venue: spec.venue.clone(),
            symbol: spec.symbol.clone(),
            kind: it.key.1,
            date: date_of(it.first),
            rows,
            events,
            first: it.first,
            last: it.last,
        };
        done.push((entry, it.writer.finish()?));
    }
    Ok(())
}

impl OpenTable {
    fn create(
        folder: &Path,
        number: u32,
        instrument: &Instrument,
        key: (u16, Kind),
        first: Timestamp,
        sources: &str,
    ) -> Result<Self, StoreError> {
        let path = format!(
            "tables/venue={}/instrument={}/kind={}/date={}/import-{number:04}.parquet",
            path_part(&instrument.spec.venue),
            path_part(&instrument.spec.symbol),
            key.1.name(),
            date_of(first)
        );
        let full = folder.join(&path);
        let parent = full.parent().expect("the path has folders");
        std::fs::create_dir_all(parent).map_err(|e| StoreError::io(parent, "create the folder", e))?;
        Ok(Self {
            key,
            writer: TableWriter::create(&full, key.1, instrument, sources)?,
            first,
            last: first,
            path,
        })
    }
}

/// UTC day as `YYYY-MM-DD`.
fn date_of(at: Timestamp) -> String {
    let (year, month, day) = at.date();
    format!("{year:04}-{month:02}-{day:02}")
}

/// A name as one part of a path: letters, digits, `-`, `_` and `.` stay, every other byte becomes `%XX` (as Hive
/// partitions do), and so does a leading dot.
fn path_part(name: &str) -> String {
    let mut part = String::with_capacity(name.len());
    for (n, byte) in name.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (byte == b'.' && n > 0);
        if plain {
            part.push(char::from(byte));
        } else {
            part.push_str(&format!("%{byte:02X}"));
        }
    }
    if part.is_empty() { "%00".into() } else { part }
}
