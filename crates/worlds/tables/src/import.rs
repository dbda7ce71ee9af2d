//! From a reader into the catalogue: one pass over the source, memory that does not grow, and a damaged source refused
//! as a whole unless a part of it is asked for.

use crate::buffer::EventBuffer;
use crate::catalog::store::Repeat;
use crate::catalog::{Catalog, ImportEntry, SourceFile, hash_file};
use crate::clock::{SmallestLatency, shift_to_zero};
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
    times: BTreeMap<InstrumentId, Timestamp>,
    kinds: BTreeMap<(InstrumentId, Kind), Timestamp>,
    line: u64,
    disorder: Option<Disorder>,
}

impl Latest {
    /// True when an event goes back too far. The numbers of rows begin anew with each file.
    fn goes_back(&mut self, event: &MarketEvent<'_>, line: u64) -> bool {
        if line < self.line {
            self.times.clear();
            self.kinds.clear();
        }
        self.line = line;
        let latest = self.times.entry(event.instrument).or_insert(event.exchange_at);
        *latest = (*latest).max(event.exchange_at);
        let before = self.kinds.entry((event.instrument, Kind::of(&event.body))).or_insert(event.exchange_at);
        let back = before.nanos().saturating_sub(event.exchange_at.nanos());
        *before = (*before).max(event.exchange_at);
        if back > 0 {
            let found = self.disorder.get_or_insert(Disorder { rows: 0, longest: Span::ZERO });
            found.rows += 1;
            found.longest = found.longest.max(Span::from_nanos(back));
        }
        event.exchange_at.saturating_add(DISORDER_MAX) <= *latest
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
            if latest.goes_back(&event, source) {
                let expected = "a time less than a day before the latest above it";
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
mod tests {
    use super::*;
    use crate::samples::{assert_same, drain, instruments, sorted, trade};

    /// Lends batches, then an error if there is one.
    struct Scripted {
        batches: Vec<EventBuffer>,
        error: Option<ReadError>,
        rows: u64,
    }

    impl Reader for Scripted {
        fn read(&mut self, out: &mut EventBuffer) -> Result<bool, ReadError> {
            if let Some(batch) = self.batches.pop() {
                batch.iter_with_source().for_each(|(event, source)| out.push(&event, source));
                self.rows += batch.len() as u64;
                if self.batches.is_empty()
                    && let Some(error) = self.error.take()
                {
                    return Err(error);
                }
                return Ok(true);
            }
            self.error.take().map_or(Ok(false), Err)
        }
        fn position(&self) -> Position {
            Position { rows: self.rows, ..Position::default() }
        }
        fn file(&self) -> &Path {
            Path::new("scripted.csv")
        }
    }

    #[derive(Default)]
    struct Counting {
        events: u64,
        last_line: u64,
        progress: Vec<u64>,
    }
    impl Observer for Counting {
        fn on_event(&mut self, _: &MarketEvent<'_>, source: u64) {
            self.events += 1;
            self.last_line = source;
        }
        fn on_progress(&mut self, position: Position, events: u64) {
            assert_eq!(position.rows, events);
            self.progress.push(events);
        }
    }

    fn batches() -> (Vec<EventBuffer>, EventBuffer) {
        let mut all = EventBuffer::new();
        let mut parts = Vec::new();
        for n in 0..3_i64 {
            let mut part = EventBuffer::new();
            for k in 0..5_i64 {
                let at = (7 * n + 3 * k) % 11;
                trade(&mut part, 0, at, at + 2, (5 * n + k) as u64);
            }
            part.iter_with_source().for_each(|(event, source)| all.push(&event, source));
            parts.push(part);
        }
        parts.reverse();
        (parts, all)
    }

    fn partial() -> ImportOptions {
        ImportOptions { partial: true, ..ImportOptions::default() }
    }

    fn damaged() -> ReadError {
        ReadError::field(Path::new("scripted.csv"), 16, "price", "a positive decimal", b"NaN")
    }

    #[test]
    fn a_source_is_imported_observed_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("scripted.csv");
        std::fs::write(&source, "content").unwrap();
        let mut catalog = Catalog::create(&folder.path().join("catalog")).unwrap();
        let (batches, all) = batches();
        let mut reader = Scripted { batches, error: None, rows: 0 };
        let mut seen = Counting::default();
        let options = ImportOptions { arrival_shift: Span::from_nanos(100), ..ImportOptions::default() };
        let sources = [source.clone()];
        let entry = import(&mut catalog, &mut reader, &sources, &instruments(), &options, &mut seen).unwrap();
        assert_eq!((seen.events, seen.last_line, seen.progress.last()), (15, 14, Some(&15)));
        assert_eq!(entry.summary.latency_min, Some(Span::from_nanos(102)));
        assert_eq!(entry.sources[0].bytes, 7);
        let mut shifted = all.clone();
        shifted.shift_arrivals(0, Span::from_nanos(100));
        let want = sorted(&shifted, |it| it.arrived_at);
        let mut got = catalog.load_range(Timestamp::MIN, Timestamp::MAX, &[], &[]).unwrap();
        assert_same(&drain(&mut got).unwrap(), &want);

        let mut again = Scripted { batches: vec![], error: None, rows: 0 };
        let error = import(&mut catalog, &mut again, &sources, &instruments(), &options, &mut Unobserved)
            .unwrap_err();
        assert!(error.to_string().contains("the same file was imported before"), "{error}");
    }

    #[test]
    fn the_smallest_latency_is_moved_to_zero_by_the_constant_that_the_recording_needs() {
        let folder = tempfile::tempdir().unwrap();
        let all = crate::testing::instruments(&[("BTCUSDT", "0.1", "0.001")]);
        let source = crate::testing::data("hftbacktest/usdm_btcusdt_20240808.gz");
        let open = || {
            let symbols = crate::symbols::Symbols::of_venue(&all, "v");
            crate::detect::open(&source, symbols, crate::capture::CaptureOptions::default()).unwrap()
        };
        let shift = clock_shift(&mut *open(), &mut Unobserved);
        assert_eq!(shift.nanos(), 1_272_156_851);
        let mut catalog = Catalog::create(folder.path()).unwrap();
        let options = ImportOptions { arrival_shift: shift, ..ImportOptions::default() };
        let sources = [source.clone()];
        let entry = import(&mut catalog, &mut *open(), &sources, &all, &options, &mut Unobserved).unwrap();
        assert_eq!(entry.summary.latency_min, Some(Span::ZERO));
        let told = crate::info::info(folder.path()).unwrap();
        assert_eq!((told.imports[0].arrival_shift, told.arrival_shift), (Some(shift), None));
        let file = crate::info::info(&folder.path().join(&entry.events)).unwrap();
        assert_eq!(file.arrival_shift, Some(shift));
        // The rows are those of the file, whatever was added to their arrivals: another packing of it is known.
        let again = folder.path().join("again.zst");
        std::fs::write(&again, zstd::encode_all(unpacked(&source).as_slice(), 1).unwrap()).unwrap();
        let path = folder.path().join("manifest.json");
        let manifest = std::fs::read_to_string(&path).unwrap();
        let moved = manifest.replace(&source.canonicalize().unwrap().display().to_string(), "/gone.gz");
        assert_ne!(moved, manifest);
        std::fs::write(&path, moved).unwrap();
        let mut catalog = Catalog::open(folder.path()).unwrap();
        let symbols = crate::symbols::Symbols::of_venue(&all, "v");
        let mut reader =
            crate::detect::open(&again, symbols, crate::capture::CaptureOptions::default()).unwrap();
        let options = ImportOptions::default();
        let error = import(&mut catalog, &mut *reader, &[again], &all, &options, &mut Unobserved);
        let text = error.unwrap_err().to_string();
        assert!(text.contains("the same rows were imported before"), "{text}");
    }

    fn unpacked(path: &Path) -> Vec<u8> {
        let mut text = Vec::new();
        let mut reader = flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap());
        std::io::Read::read_to_end(&mut reader, &mut text).unwrap();
        text
    }

    #[test]
    fn funding_which_is_announced_before_it_settles_tells_nothing_of_the_clock() {
        let mut part = EventBuffer::new();
        trade(&mut part, 0, 100, 103, 1);
        let at = |nanos| Timestamp::from_nanos(nanos);
        let stamp =
            crate::buffer::Stamp { instrument: InstrumentId(0), exchange_at: at(900), arrived_at: at(104) };
        part.push_funding(stamp, 2, scalp_types::FundingRate { rate: scalp_types::Rate::new(1), mark: None });
        let mut reader = Scripted { batches: vec![part], error: None, rows: 0 };
        assert_eq!(clock_shift(&mut reader, &mut Unobserved), Span::from_nanos(-3));
        let mut nothing = Scripted { batches: vec![], error: None, rows: 0 };
        assert_eq!(clock_shift(&mut nothing, &mut Unobserved), Span::ZERO);
    }

    #[test]
    fn a_row_that_goes_back_a_day_ends_the_import_and_disorder_within_a_day_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let day = 86_400_000_000_000;
        let read = |times: &[(i64, u64)]| {
            let mut part = EventBuffer::new();
            times.iter().for_each(|&(at, line)| trade(&mut part, 0, at, at, line));
            let mut reader = Scripted { batches: vec![part], error: None, rows: 0 };
            let path = folder.path().join("x.events");
            convert(&path, &mut reader, &instruments(), &partial(), &mut Unobserved)
        };
        let fine = read(&[(2 * day, 2), (day + 1, 3), (2 * day + 5, 4)]);
        assert_eq!(fine.unwrap().events, 3);
        let two_files = read(&[(2 * day, 2), (2 * day, 3), (day, 2)]);
        assert_eq!(two_files.unwrap().events, 3, "the second file begins with line 2 again");
        let error = read(&[(2 * day, 2), (2 * day, 3), (day, 4), (2 * day, 5)]).unwrap_err();
        let ImportError::Stopped { kept, error } = error else { panic!("{error}") };
        assert_eq!(kept.events, 2);
        let text = error.to_string();
        let wanted = "scripted.csv:4: time: expected a time less than a day before the latest above it";
        assert!(text.starts_with(wanted), "{text}");
    }

    #[test]
    fn the_same_file_twice_in_one_import_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let files = ["a.csv", "b.csv"].map(|it| folder.path().join(it));
        files.iter().for_each(|it| std::fs::write(it, "content").unwrap());
        let mut catalog = Catalog::create(&folder.path().join("catalog")).unwrap();
        let (batches, _) = batches();
        let mut reader = Scripted { batches, error: None, rows: 0 };
        let options = ImportOptions::default();
        let error = import(&mut catalog, &mut reader, &files, &instruments(), &options, &mut Unobserved);
        let text = error.unwrap_err().to_string();
        assert!(text.contains("the same file is given twice") && text.contains("b.csv"), "{text}");
        assert!(catalog.manifest().imports.is_empty());
    }

    #[test]
    fn the_same_data_in_another_packing_is_refused_at_once_and_later() {
        let folder = tempfile::tempdir().unwrap();
        let text: String = (0..500).map(|n| format!("{n},{n}\n")).collect();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let plain = write("x.csv", text.as_bytes());
        let packed = write("x.csv.zst", &zstd::encode_all(text.as_bytes(), 1).unwrap());
        let place = folder.path().join("catalog");
        let mut catalog = Catalog::create(&place).unwrap();
        let mut add = |paths: &[&PathBuf], repeat| {
            let (batches, _) = batches();
            let mut reader = Scripted { batches, error: None, rows: 0 };
            let options = ImportOptions { repeat, ..ImportOptions::default() };
            let paths: Vec<PathBuf> = paths.iter().map(|it| (*it).clone()).collect();
            let done = import(&mut catalog, &mut reader, &paths, &instruments(), &options, &mut Unobserved);
            done.map(|it| it.number).map_err(|e| e.to_string())
        };
        let at_once = add(&[&plain, &packed], Repeat::Refuse).unwrap_err();
        assert!(at_once.contains("x.csv.zst: the same data is given twice: unpacked, it is "), "{at_once}");
        assert_eq!(add(&[&packed], Repeat::Refuse), Ok(1));
        let later = add(&[&plain], Repeat::Refuse).unwrap_err();
        assert!(later.contains("x.csv: the same data was imported before: unpacked, it is "), "{later}");
        assert!(later.ends_with("x.csv.zst of import 1; replace it to import again"), "{later}");
        assert_eq!(add(&[&plain], Repeat::Replace), Ok(2));
        assert_eq!(Catalog::open(&place).unwrap().manifest().imports.len(), 1);
        // What lies there now is no longer what was imported.
        write("x.csv", b"1\n2\n");
        assert_eq!(add(&[&packed], Repeat::Refuse), Ok(3));
    }

    #[test]
    fn the_same_rows_in_another_text_are_refused_at_once_and_later() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let (unix, dos) = (write("unix.csv", "1\n2\n"), write("dos.csv", "1\r\n2\r\n"));
        /// The rows of each file, one batch a file.
        struct Files(Vec<(PathBuf, EventBuffer)>, PathBuf);
        impl Reader for Files {
            fn read(&mut self, out: &mut EventBuffer) -> Result<bool, ReadError> {
                let Some((file, rows)) = self.0.pop() else { return Ok(false) };
                rows.iter_with_source().for_each(|(event, source)| out.push(&event, source));
                self.1 = file;
                Ok(true)
            }
            fn position(&self) -> Position {
                Position::default()
            }
            fn file(&self) -> &Path {
                &self.1
            }
        }
        let place = folder.path().join("catalog");
        let mut catalog = Catalog::create(&place).unwrap();
        let mut add = |files: &[(&PathBuf, i64)], repeat| {
            let rows = |first: i64| {
                let mut rows = EventBuffer::new();
                (first..first + 3).for_each(|at| trade(&mut rows, 0, at, at, at as u64));
                rows
            };
            let read = files.iter().rev().map(|&(file, first)| (file.clone(), rows(first))).collect();
            let options = ImportOptions { repeat, ..ImportOptions::default() };
            let paths: Vec<PathBuf> = files.iter().map(|it| it.0.clone()).collect();
            let mut reader = Files(read, PathBuf::new());
            let done = import(&mut catalog, &mut reader, &paths, &instruments(), &options, &mut Unobserved);
            done.map(|it| it.number).map_err(|e| e.to_string())
        };
        let at_once = add(&[(&unix, 1), (&dos, 1)], Repeat::Refuse).unwrap_err();
        assert!(at_once.contains("dos.csv: the same rows are given twice, in another text: "), "{at_once}");
        assert_eq!(add(&[(&unix, 1)], Repeat::Refuse), Ok(1));
        let later = add(&[(&dos, 1)], Repeat::Refuse).unwrap_err();
        assert!(
            later.contains("dos.csv: the same rows were imported before, in another text: ")
                && later.ends_with("unix.csv of import 1; replace it to import again"),
            "{later}"
        );
        assert_eq!(add(&[(&dos, 2)], Repeat::Refuse), Ok(2), "other rows");
        let more = write("more.csv", "1\n2");
        assert_eq!(add(&[(&more, 1)], Repeat::Replace), Ok(3));
        let left: Vec<u32> =
            Catalog::open(&place).unwrap().manifest().imports.iter().map(|it| it.number).collect();
        assert_eq!(left, [2, 3]);
    }

    #[test]
    fn a_damaged_source_is_refused_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut catalog = Catalog::create(&folder.path().join("catalog")).unwrap();
        let (batches, _) = batches();
        let reader = || Scripted { batches: batches.clone(), error: Some(damaged()), rows: 0 };
        let options = ImportOptions::default();
        let error = import(&mut catalog, &mut reader(), &[], &instruments(), &options, &mut Unobserved);
        assert_eq!(error.unwrap_err().to_string(), damaged().to_string());
        assert!(catalog.manifest().imports.is_empty());
        let path = folder.path().join("x.events");
        let error = convert(&path, &mut reader(), &instruments(), &options, &mut Unobserved).unwrap_err();
        assert_eq!(error.to_string(), damaged().to_string());
        let left = std::fs::read_dir(folder.path())
            .unwrap()
            .chain(std::fs::read_dir(folder.path().join("catalog/events")).unwrap());
        assert_eq!(left.count(), 1, "the catalogue, and no event file");
    }

    #[test]
    fn what_came_before_a_damaged_row_is_kept_where_a_part_is_asked_for_and_the_row_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut catalog = Catalog::create(folder.path()).unwrap();
        let (batches, all) = batches();
        let mut reader = Scripted { batches: batches.clone(), error: Some(damaged()), rows: 0 };
        let options = partial();
        let error =
            import(&mut catalog, &mut reader, &[], &instruments(), &options, &mut Unobserved).unwrap_err();
        let text = r#"scripted.csv:16: price: expected a positive decimal, got "NaN"; the 15 events before it are kept"#;
        assert_eq!(error.to_string(), text);
        let mut got = catalog.load_range(Timestamp::MIN, Timestamp::MAX, &[], &[]).unwrap();
        assert_same(&drain(&mut got).unwrap(), &sorted(&all, |it| it.arrived_at));
        assert!(catalog.manifest().imports[0].stopped.as_ref().unwrap().contains("scripted.csv:16"));

        let path = folder.path().join("x.events");
        let mut reader = Scripted { batches, error: Some(damaged()), rows: 0 };
        let error = convert(&path, &mut reader, &instruments(), &options, &mut Unobserved).unwrap_err();
        assert_eq!(error.to_string(), text);
        assert_eq!(crate::eventfile::EventFile::open(&path).unwrap().summary().events, 15);
    }

    #[test]
    fn a_source_damaged_at_its_first_row_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut catalog = Catalog::create(folder.path()).unwrap();
        let mut reader = Scripted { batches: vec![], error: Some(damaged()), rows: 0 };
        let options = ImportOptions::default();
        let error =
            import(&mut catalog, &mut reader, &[], &instruments(), &options, &mut Unobserved).unwrap_err();
        assert!(matches!(error, ImportError::Read(_)), "{error}");
        assert!(catalog.manifest().imports.is_empty());
        let missing = folder.path().join("none.csv");
        let error = import(&mut catalog, &mut reader, &[missing], &instruments(), &options, &mut Unobserved)
            .unwrap_err();
        assert!(error.to_string().contains("none.csv: cannot open"), "{error}");
    }

    #[test]
    fn a_folder_stands_for_the_files_below_it_by_name() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("b")).unwrap();
        for name in ["c", "b/d", "a"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let found = hash_sources(&[folder.path().into()]).unwrap();
        let names: Vec<_> = found.iter().map(|it| it.path.rsplit('/').next().unwrap()).collect();
        assert_eq!(names, ["a", "d", "c"]);
    }

    #[test]
    fn one_stamp_hours_ahead_shifts_no_clock() {
        const SECOND: i64 = 1_000_000_000;
        let shift = |ahead: i64| {
            let mut part = EventBuffer::new();
            for n in 0..20_i64 {
                let lead = if n == 7 { ahead } else { 3 * SECOND + n };
                trade(&mut part, 0, n * SECOND + lead, n * SECOND, n as u64);
            }
            let mut reader = Scripted { batches: vec![part], error: None, rows: 0 };
            clock_shift(&mut reader, &mut Counting::default()).nanos()
        };
        assert_eq!(shift(5 * 3_600 * SECOND), 3 * SECOND + 19);
        assert_eq!(shift(30 * SECOND), 30 * SECOND);
    }
}
