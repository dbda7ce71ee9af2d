//! The data of a run: each source is converted once into an event file beside the runs, and played from there.

use crate::at_work::{AtWork, CACHE};
use crate::feed::Track;
use crate::measure::{Spent, Stopwatch};
use scalp_config::{Config, ConfigError, DataConfig, Format, Length, ReceiveShift};
use scalp_market::stamps::AHEAD_MAX;
use scalp_tables::binance::{archive_name, verify_checksum};
use scalp_tables::buffer::EventBuffer;
use scalp_tables::capture::{Capture, CaptureOptions};
use scalp_tables::catalog::{Catalog, hash_file};
use scalp_tables::clock::{SmallestLatency, shift_to_zero};
use scalp_tables::connection::{self, Connection};
use scalp_tables::detect;
use scalp_tables::error::StoreError;
use scalp_tables::eventfile::{EventFile, Kind};
use scalp_tables::fault::Fault;
use scalp_tables::import::{ImportError, ImportOptions, Observer, convert};
use scalp_tables::mapping::{Mapping, Table};
use scalp_tables::reader::{Position, ReadError, Reader};
use scalp_tables::recorded;
use scalp_tables::source::content::Outline;
use scalp_tables::symbols::{Others, Symbols};
use scalp_types::{
    EventStream, Instrument, InstrumentId, InstrumentSpec, Instruments, Span, StreamError, Timestamp,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Why the data of a run cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The configuration asks for what cannot be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A source cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The converted data cannot be kept, or what was kept is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was kept cannot be read on.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// A file or folder cannot be used.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl From<ImportError> for DataError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Store(error) => Self::Store(error),
            // Half a source is no data for a backtest.
            ImportError::Read(error) | ImportError::Stopped { error, .. } => Self::Read(error),
        }
    }
}

/// Told how far a conversion is: the file, bytes taken from it, and all of them where known.
pub type Progress<'a> = &'a mut dyn FnMut(&Path, u64, Option<u64>);

/// The data of a run, ready to be played.
#[derive(Debug)]
pub struct Loaded {
    /// One for each file.
    pub tracks: Vec<Track>,
    /// What reading and converting cost.
    pub spent: Spent,
    /// What is odd about it and no error.
    pub warnings: Vec<String>,
}

/// The instruments of a configuration: those declared, or, where none is, those of its event files and catalogues.
pub fn instruments(config: &Config) -> Result<Instruments, DataError> {
    let mut all = config.instruments()?;
    if !all.is_empty() {
        return Ok(all);
    }
    for (at, data) in config.data.iter().enumerate() {
        for path in data.path.as_slice() {
            let path = config.resolve(path);
            let found = if is_catalog(data, &path) {
                Catalog::open(&path)?.instruments()
            } else if is_event_file(data, &path) {
                EventFile::open(&path)?.instruments().clone()
            } else {
                let expected = "expected an [[instrument]]: this source does not say its tick and lot";
                return Err(config.refuse(format!("data[{at}].instrument"), expected).into());
            };
            for it in found.iter() {
                if all.find(&it.spec.venue, &it.spec.symbol).is_some() {
                    continue;
                }
                let added = all.add(it.spec.clone());
                added.map_err(|e| config.refuse(format!("data[{at}].path"), e.to_string()))?;
            }
        }
    }
    Ok(all)
}

/// Loads every `[[data]]` of a configuration.
pub fn load(config: &Config, instruments: &Instruments, progress: Progress<'_>) -> Result<Loaded, DataError> {
    let watch = Stopwatch::start();
    let (mut tracks, mut warnings) = (Vec::new(), Vec::new());
    let (mut given, mut from) = (Vec::<Given<'_>>::new(), Vec::new());
    let mut markets = Markets::new(instruments);
    for (at, data) in config.data.iter().enumerate() {
        let mut seen = BTreeSet::new();
        let first_track = tracks.len();
        let mut of_source = Vec::new();
        for path in data.path.as_slice() {
            let path = config.resolve(path);
            if path.canonicalize().is_ok_and(|it| !seen.insert(it)) {
                let problem = format!("expected each file once, {} is named twice", path.display());
                return Err(config.refuse(format!("data[{at}].path"), problem).into());
            }
            let files = event_files(config, (at, data), &path, instruments, &of_source, progress)?;
            for file in &files {
                let found = connection::of(file.summary(), &markets.instruments);
                connection::join(&mut of_source, found.clone());
                markets
                    .add(found)
                    .map_err(|problem| config.refuse(format!("data[{at}].path"), problem(&path)))?;
            }
            if let [file] = &files[..]
                && let Some(why) = passed_over(data, file)
            {
                warnings.push(format!("{}: {why}.", path.display()));
                continue;
            }
            let source = Given::new(at, data, path, &files);
            if let Some((first, how)) = given.iter().find_map(|it| Some((it, it.repeated_by(&source)?))) {
                let problem = format!(
                    "expected each row once, {} {how} {} of data[{}]: all that happened in it would happen twice",
                    source.path.display(),
                    first.path.display(),
                    first.at
                );
                return Err(config.refuse(format!("data[{at}].path"), problem).into());
            }
            warnings.extend(other_symbol(data, &source.path, instruments));
            warnings.extend(files.iter().filter_map(|it| out_of_order(&source.path, it)));
            warnings.extend(files.iter().filter_map(|it| estimated_sides(&source.path, it)));
            warnings.extend(choices(data, &source.path));
            warnings.extend(files.iter().filter_map(|it| bars_off(&source.path, it)));
            from.extend(files.iter().map(|_| source.path.clone()));
            given.push(source);
            tracks.extend(files.into_iter().map(|file| track(data, file)));
        }
        if let Some(fault) = connection::lacking(data.connection.as_slice(), &of_source) {
            let last = data.path.as_slice().last().map(|it| config.resolve(it));
            return Err(fault.in_file(&last.unwrap_or_default()).into());
        }
        let of_source = &mut tracks[first_track..];
        let shift = shift(data, of_source)?;
        of_source.iter_mut().for_each(|it| it.shift = shift);
    }
    warnings.extend(told_twice(&tracks, &from));
    // At equal times the earlier track goes first: what is charged or valued at a mark needs it, and all that a bar tells
    // lies before its close. The strategy's own instrument comes last: its rules are asked when all else of that time is known,
    // whatever the order of the sections.
    let own = own_instrument(config, instruments);
    let is_own = |it: &Track| {
        own.is_some_and(|own| it.file.instruments().find(&own.spec.venue, &own.spec.symbol).is_some())
    };
    tracks.sort_by_key(|it| (turn(it), is_own(it)));
    Ok(Loaded { tracks, spent: watch.spent(), warnings })
}

/// The connections through which all sources of a run were recorded, as far as they say.
struct Markets {
    instruments: Vec<InstrumentSpec>,
    connections: Vec<Connection>,
}

impl Markets {
    fn new(all: &Instruments) -> Self {
        Self { instruments: all.iter().map(|it| it.spec.clone()).collect(), connections: Vec::new() }
    }

    /// Takes those of another file in; what is wrong with its path where it has another market of an instrument.
    fn add(&mut self, found: Vec<Connection>) -> Result<(), impl FnOnce(&Path) -> String + use<>> {
        connection::join(&mut self.connections, found);
        let Some((instrument, carriers)) = connection::torn(&self.connections) else { return Ok(()) };
        let expected = connection::choice(&self.instruments[instrument.index()].symbol, carriers);
        Err(move |path: &Path| {
            let path = path.display();
            format!("expected {expected}; {path} would add another market to the sources before it")
        })
    }
}

/// Why a file gives nothing to a source of which connections were chosen.
fn passed_over(data: &DataConfig, file: &EventFile) -> Option<String> {
    connection::passed_over(data.connection.as_slice(), &file.summary().connections)
}

/// A source that was taken, and what would show that another one is the same.
struct Given<'a> {
    at: usize,
    data: &'a DataConfig,
    path: PathBuf,
    full: Option<PathBuf>,
    bytes: u64,
    instruments: BTreeSet<String>,
    kinds: BTreeSet<Kind>,
}

impl<'a> Given<'a> {
    fn new(at: usize, data: &'a DataConfig, path: PathBuf, files: &[EventFile]) -> Self {
        let bytes = std::fs::metadata(&path).ok().filter(|it| it.is_file()).map_or(0, |it| it.len());
        let kinds = files.iter().flat_map(|it| &it.summary().kinds).filter(|it| it.events > 0);
        let instruments = files.iter().flat_map(|it| it.instruments().iter()).map(|it| it.name());
        let full = path.canonicalize().ok();
        Self {
            at,
            data,
            full,
            bytes,
            instruments: instruments.collect(),
            kinds: kinds.map(|it| it.kind).collect(),
            path,
        }
    }

    /// How another source repeats this one: the same file or the same content, read for the same events of the same
    /// instrument in a time of both.
    fn repeated_by(&self, other: &Self) -> Option<&'static str> {
        let (a, b) = (self.data, other.data);
        let begins = |it: &DataConfig| it.start.map_or(Timestamp::MIN, |it| it.0);
        let ends = |it: &DataConfig| it.end.map_or(Timestamp::MAX, |it| it.0);
        // Two tables of columns may take two things of one kind out of one file, such as marks and indices.
        let how = |it: &DataConfig| (it.mapping_name.clone(), it.mapping.clone());
        let differ_by_choice = a.format == Format::Mapping && b.format == Format::Mapping && how(a) != how(b);
        let apart = self.instruments.is_disjoint(&other.instruments)
            || self.kinds.is_disjoint(&other.kinds)
            || begins(a).max(begins(b)) >= ends(a).min(ends(b));
        if apart || differ_by_choice {
            return None;
        }
        if self.full.is_some() && self.full == other.full {
            return Some("is the same file as");
        }
        let hash = |path: &Path| hash_file(path).ok().map(|it| it.sha256);
        let same_bytes = || hash(&self.path).is_some_and(|it| Some(it) == hash(&other.path));
        if self.bytes > 0 && self.bytes == other.bytes && same_bytes() {
            return Some("has the same content as");
        }
        let (ours, theirs) = (Outline::of(&self.path)?, Outline::of(&other.path)?);
        ours.same_when_unpacked(&theirs).then_some("has, unpacked, the same content as")
    }
}

/// Rows that go back by less are the usual disorder of a feed.
const DISORDER_TOLD: Span = Span::from_secs(1);

/// What is said of a source in which time goes back. Where rows have a time of arrival, the run goes by that.
fn out_of_order(path: &Path, file: &EventFile) -> Option<String> {
    let summary = file.summary();
    let found = summary.disorder.filter(|it| it.longest >= DISORDER_TOLD)?;
    let (rows, seconds) = (found.rows, found.longest.nanos() as f64 / 1e9);
    let has_one_time =
        [summary.latency_min, summary.latency_max].iter().flatten().all(|it| *it == Span::ZERO);
    let what = if has_one_time {
        "the run has them in the order of their times. A clock that jumped has the wrong times there"
    } else {
        "the strategy sees them in the order in which they arrived, the venue in the order of their times"
    };
    Some(format!(
        "{}: {rows} row{} back in time, the furthest by {seconds} s; {what}: scalp data check shows the rows.",
        path.display(),
        if rows == 1 { " goes" } else { "s go" }
    ))
}

/// What is said of a source that does not tell who took.
fn estimated_sides(path: &Path, file: &EventFile) -> Option<String> {
    let told = file.summary().sides_estimated?.words();
    Some(format!(
        "{}: {told}. Whatever reads who took, the queue of the simulated exchange too, takes it as told.",
        path.display()
    ))
}

/// By which columns a source is read that says itself what it is, where several could be meant.
fn choices(data: &DataConfig, path: &Path) -> Vec<String> {
    let is_told = data.format == Format::Auto;
    let all = if is_told { detect::choices(path) } else { Vec::new() };
    all.into_iter().map(|it| format!("{}: {it}.", path.display())).collect()
}

/// What is said of candles of which no longer ones can be made.
fn bars_off(path: &Path, file: &EventFile) -> Option<String> {
    Some(format!("{}: {}.", path.display(), file.summary().bars_off?.words()))
}

/// What is said where two files tell one kind of event of one instrument over one stretch of time, such as a month beside one of
/// its days: whatever stands in both happens twice. `from` has the source of each track.
fn told_twice(tracks: &[Track], from: &[PathBuf]) -> Vec<String> {
    let told = [Kind::Trade, Kind::Depth, Kind::Order, Kind::Quote, Kind::Bar, Kind::Funding];
    let stretch = |it: &Track| {
        let (first, last) = it.file.summary().exchange?;
        Some((first.max(it.start), last.min(it.end)))
    };
    let (mut said, mut more) = (Vec::new(), 0);
    for (at, (track, path)) in tracks.iter().zip(from).enumerate() {
        for (other, before) in tracks.iter().zip(from).take(at) {
            let (Some(a), Some(b)) = (stretch(track), stretch(other)) else { continue };
            let (begin, end) = (a.0.max(b.0), a.1.min(b.1));
            // Files that follow one another may touch: their last and first rows are a little out of order.
            if end.nanos().saturating_sub(begin.nanos()) < DISORDER_TOLD.nanos() {
                continue;
            }
            let (ours, theirs) = (track.file.instruments(), other.file.instruments());
            let names = ours.iter().filter(|it| theirs.find(&it.spec.venue, &it.spec.symbol).is_some());
            let names: Vec<String> = names.map(Instrument::name).collect();
            let has =
                |it: &Track, kind| it.file.summary().kinds.iter().any(|it| it.kind == kind && it.events > 0);
            let kinds = told.iter().filter(|&&it| has(track, it) && has(other, it));
            let kinds: Vec<&str> = kinds.map(|it| it.name()).collect();
            if names.is_empty() || kinds.is_empty() {
                continue;
            }
            if !said.is_empty() {
                more += 1;
                continue;
            }
            said.push(format!(
                "{} and {} both hold {} events of {} from {begin} to {end}: what stands in both happens twice.",
                before.display(),
                path.display(),
                kinds.join(", "),
                names.join(", ")
            ));
        }
    }
    if more > 0 {
        said.push(format!("{more} more pair{} of files overlap likewise.", if more == 1 { "" } else { "s" }));
    }
    said
}

/// What is said of a file whose name is that of another instrument.
fn other_symbol(data: &DataConfig, path: &Path, instruments: &Instruments) -> Option<String> {
    if is_catalog(data, path) || is_event_file(data, path) {
        return None;
    }
    let named = archive_name(path)?.symbol;
    let used = chosen(data, instruments)?;
    (named != used.spec.symbol).then(|| {
        format!(
            "{}: by its name this is {named}, and the run reads it as {}: check symbol, or rename the file.",
            path.display(),
            used.name()
        )
    })
}

/// The instrument that the strategy names, where it names one.
fn own_instrument<'a>(config: &Config, instruments: &'a Instruments) -> Option<&'a Instrument> {
    let name = config.strategy.get("instrument")?.as_str()?;
    instruments.iter().find(|it| it.name() == name || it.spec.symbol == name)
}

/// Whose turn it is at equal times: marks, then bars, then what happens at the close of a bar, such as funding, and trades, then
/// books: a trade meets the book that stood before it.
fn turn(track: &Track) -> u8 {
    let holds_nothing_but = |kinds: &[Kind]| {
        track.file.summary().kinds.iter().all(|it| kinds.contains(&it.kind) || it.events == 0)
    };
    match () {
        () if holds_nothing_but(&[Kind::Mark]) => 0,
        () if holds_nothing_but(&[Kind::Mark, Kind::Bar]) => 1,
        () if holds_nothing_but(&[Kind::Depth, Kind::Quote]) => 3,
        () => 2,
    }
}

/// One constant for all files of a `[[data]]`. They keep the times as recorded, so that finding it costs no second pass.
fn shift(data: &DataConfig, tracks: &[Track]) -> Result<Span, StreamError> {
    if data.receive_shift == ReceiveShift::None {
        return Ok(Span::ZERO);
    }
    let mut smallest = None;
    for file in tracks.iter().map(|it| &it.file) {
        // Candles may have come as they grew.
        let has_bars = file.summary().kinds.iter().any(|it| it.kind == Kind::Bar && it.events > 0);
        let ahead = if has_bars { Span::ZERO } else { AHEAD_MAX };
        let of_file = match file.summary().latency_min {
            Some(told) if told.nanos() < -ahead.nanos() => smallest_believed(file)?,
            told => told,
        };
        smallest = smallest.into_iter().chain(of_file).min();
    }
    Ok(shift_to_zero(smallest))
}

/// The smallest latency of a file, without events whose stamp no run would believe.
fn smallest_believed(file: &EventFile) -> Result<Option<Span>, StreamError> {
    let (mut stream, mut smallest) = (file.by_arrival(), SmallestLatency::default());
    while let Some(event) = stream.next()? {
        smallest.see(&event);
    }
    Ok(smallest.get())
}

fn track(data: &DataConfig, file: EventFile) -> Track {
    let Length(gap) = data.repeat_gap;
    Track {
        file,
        shift: Span::ZERO,
        start: data.start.map_or(Timestamp::MIN, |it| it.0),
        end: data.end.map_or(Timestamp::MAX, |it| it.0),
        repeat: data.repeat,
        gap,
        events_max: None,
    }
}

fn is_event_file(data: &DataConfig, path: &Path) -> bool {
    data.format == Format::Events || path.extension().is_some_and(|it| it == "events")
}

fn is_catalog(data: &DataConfig, path: &Path) -> bool {
    data.format == Format::Catalog || path.join("manifest.json").is_file()
}

/// The source as event files: those it is made of, the one it was converted to before, or converted now.
fn event_files(
    config: &Config,
    data: (usize, &DataConfig),
    path: &Path,
    instruments: &Instruments,
    known: &[Connection],
    progress: Progress<'_>,
) -> Result<Vec<EventFile>, DataError> {
    let is_stored = is_catalog(data.1, path) || is_event_file(data.1, path);
    if is_stored && !data.1.connection.as_slice().is_empty() {
        let problem = "expected a capture: event files and catalogues name no connections";
        return Err(config.refuse(format!("data[{}].connection", data.0), problem).into());
    }
    if is_catalog(data.1, path) {
        let start = data.1.start.map_or(Timestamp::MIN, |it| it.0);
        let end = data.1.end.map_or(Timestamp::MAX, |it| it.0);
        let named: Vec<(&str, &str)> =
            instruments.iter().map(|it| (it.spec.venue.as_str(), it.spec.symbol.as_str())).collect();
        return Ok(Catalog::open(path)?.event_files(start, end, &named)?);
    }
    if is_event_file(data.1, path) {
        return Ok(vec![EventFile::open(path)?]);
    }
    let instrument = instrument_of(config, data, instruments)?;
    let folder = config.report.folder.join(CACHE);
    let kept = folder.join(format!("{}.events", key(data.1, path, instrument, known)?));
    // What was kept and cannot be opened any more is made again.
    if EventFile::open(&kept).is_err() {
        let one = Instruments::new([instrument.spec.clone()]).expect("it is in a table already");
        check_mapping(config, data.0)?;
        let mut reader = reader(data.1, path, Symbols::one(one.get(InstrumentId(0))).skip_others(), known)?;
        std::fs::create_dir_all(&folder).map_err(|source| DataError::Io { path: folder.clone(), source })?;
        let _at_work = AtWork::in_folder(&config.report.folder);
        let mut watch = Told { path, progress };
        convert(&kept, &mut reader, &one, &ImportOptions::default(), &mut watch)?;
        let file = EventFile::open(&kept)?;
        if file.summary().events == 0 && passed_over(data.1, &file).is_none() {
            let _ = std::fs::remove_file(&kept);
            return Err(nothing_in(data.1, path, one.get(InstrumentId(0))).into());
        }
    }
    Ok(vec![EventFile::open(&kept)?])
}

/// Why a source gave no event: the first row that belongs to somebody else, or no row at all.
#[cold]
fn nothing_in(data: &DataConfig, path: &Path, instrument: &Instrument) -> ReadError {
    let empty = || {
        ReadError::whole(path, format!("events of {}", instrument.spec.symbol), "a source without any for it")
    };
    let Ok(mut reader) = reader(data, path, Symbols::one(instrument), &[]) else { return empty() };
    let mut events = EventBuffer::new();
    loop {
        match reader.read(&mut events) {
            Ok(true) => events.clear(),
            Ok(false) => return empty(),
            Err(error) => return error,
        }
    }
}

/// Passes progress on.
struct Told<'a, 'b> {
    path: &'a Path,
    progress: Progress<'b>,
}

impl Observer for Told<'_, '_> {
    fn on_progress(&mut self, position: Position, _: u64) {
        (self.progress)(self.path, position.bytes, position.bytes_total);
    }
}

fn chosen<'a>(data: &DataConfig, instruments: &'a Instruments) -> Option<&'a Instrument> {
    match &data.instrument {
        Some(name) => instruments.iter().find(|it| it.name() == *name || it.spec.symbol == *name),
        None => instruments.iter().next(),
    }
}

fn instrument_of<'a>(
    config: &Config,
    (at, data): (usize, &DataConfig),
    instruments: &'a Instruments,
) -> Result<&'a Instrument, ConfigError> {
    chosen(data, instruments).ok_or_else(|| {
        config.refuse(format!("data[{at}].instrument"), "expected the symbol of an [[instrument]]")
    })
}

/// What changes with the content of a file even where its length and its time of modification were put back: its number
/// and the time of its last change of any kind.
#[cfg(unix)]
fn times_of(meta: &std::fs::Metadata) -> (u64, i64, i64) {
    use std::os::unix::fs::MetadataExt;
    (meta.ino(), meta.ctime(), meta.ctime_nsec())
}

/// Other systems do not tell.
#[cfg(not(unix))]
fn times_of(_: &std::fs::Metadata) {}

/// Whatever changes the conversion changes the name it is kept under.
fn key(
    data: &DataConfig,
    path: &Path,
    instrument: &Instrument,
    known: &[Connection],
) -> Result<String, DataError> {
    let failed = |source| DataError::Io { path: path.to_owned(), source };
    let meta = std::fs::metadata(path).map_err(failed)?;
    let full = path.canonicalize().map_err(failed)?;
    let changed = meta.modified().map_err(failed)?;
    let changed = (changed, times_of(&meta));
    let connections = data.connection.as_slice();
    let known: Vec<_> = asked(data, known).iter().map(|it| (it.name.clone(), it.address.clone())).collect();
    let how = (&data.format, &data.mapping_name, &data.mapping, data.book_ticker, connections, known);
    let text = format!(
        "{}|lengths|sides|names|whole|connections|candles|{full:?}|{}|{changed:?}|{how:?}|{:?}",
        env!("CARGO_PKG_VERSION"),
        meta.len(),
        instrument.spec
    );
    let digest = Sha256::digest(text.as_bytes());
    Ok(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

/// A reader for a source of one instrument, which tells the names of the others; `known` are the connections of the files before.
pub fn open_telling(
    data: &DataConfig,
    path: &Path,
    instrument: &Instrument,
    others: &Others,
    known: &[Connection],
) -> Result<Box<dyn Reader>, DataError> {
    Ok(reader(data, path, Symbols::one(instrument).tell_others(others), known)?)
}

/// Which connections of the files before matter for a source: where one is chosen, those whose address was said.
fn asked(data: &DataConfig, known: &[Connection]) -> Vec<Connection> {
    let is_asked = |it: &&Connection| !data.connection.as_slice().is_empty() && it.address.is_some();
    known.iter().filter(is_asked).cloned().collect()
}

fn reader(
    data: &DataConfig,
    path: &Path,
    symbols: Symbols,
    known: &[Connection],
) -> Result<Box<dyn Reader>, ReadError> {
    let connections = data.connection.as_slice().iter().map(|it| it.as_str().into()).collect();
    let quotes = data.book_ticker;
    let known = asked(data, known);
    let options =
        CaptureOptions { quotes, connections, known, one_of_several: true, ..CaptureOptions::default() };
    Ok(match data.format {
        Format::Capture => {
            verify_checksum(path)?;
            Box::new(Capture::open(path, symbols, options)?)
        }
        Format::Mapping => {
            verify_checksum(path)?;
            let mapping = match (&data.mapping, &data.mapping_name) {
                (None, Some(name)) => detect::ready_made(path, name)?,
                _ => mapping(data).map_err(|fault| fault.in_file(path))?,
            };
            Box::new(Table::open(path, mapping, symbols)?)
        }
        Format::Auto | Format::Events | Format::Catalog => detect::open(path, symbols, options)?,
    })
}

fn mapping(data: &DataConfig) -> Result<Mapping, Fault> {
    match (&data.mapping, &data.mapping_name) {
        (Some(table), _) => {
            Mapping::parse(&toml::to_string(table).expect("a table that was read can be written"))
        }
        (None, name) => recorded::mapping(name.as_deref().unwrap_or_default()),
    }
}

/// A mapping that cannot be is a fault of the configuration, not of the file that it was meant for.
pub fn check_mapping(config: &Config, at: usize) -> Result<(), ConfigError> {
    let data = &config.data[at];
    if data.format != Format::Mapping {
        return Ok(());
    }
    let Err(fault) = mapping(data) else { return Ok(()) };
    Err(match fault {
        Fault::Field { expected, got, .. } if data.mapping.is_none() => {
            let got = String::from_utf8_lossy(&got);
            config.refuse(format!("data[{at}].mapping_name"), format!("is {got:?}, expected {expected}"))
        }
        Fault::Field { field, expected, got } => {
            let got = String::from_utf8_lossy(&got);
            config.refuse(format!("data[{at}].mapping.{field}"), format!("is {got:?}, expected {expected}"))
        }
        Fault::File { expected, got } => {
            config.refuse(format!("data[{at}].mapping"), format!("expected {expected}, got {got}"))
        }
        other => config.refuse(format!("data[{at}].mapping"), other.in_file(&config.path).to_string()),
    })
}

#[cfg(test)]
mod tests;
