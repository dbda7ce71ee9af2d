//! The data of a run: each source is converted once into an event file beside the runs, and played from there.

use crate::config::{Config, ConfigError, DataConfig, Format, Length, ReceiveShift};
use crate::feed::Track;
use crate::measure::{Spent, Stopwatch};
use scalp_tables::buffer::EventBuffer;
use scalp_tables::error::StoreError;
use scalp_tables::eventfile::{EventFile, EventWriter};
use scalp_tables::reader::{ReadError, Reader};
use scalp_types::{Instrument, Instruments, Span, Timestamp};
use sha2::{Digest, Sha256};
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
    /// The folder of converted data cannot be used.
    #[error("{}: {source}", path.display())]
    Folder {
        /// Which folder or file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Told how far a conversion is: bytes taken from the source, and all of them where known.
pub type Progress<'a> = &'a mut dyn FnMut(&Path, u64, Option<u64>);

/// The data of a run, ready to be played.
#[derive(Debug)]
pub struct Loaded {
    /// One for each file.
    pub tracks: Vec<Track>,
    /// What reading and converting cost.
    pub spent: Spent,
}

/// Loads every `[[data]]` of a configuration.
pub fn load(config: &Config, instruments: &Instruments, progress: Progress<'_>) -> Result<Loaded, DataError> {
    let watch = Stopwatch::start();
    let mut tracks = Vec::new();
    for (at, data) in config.data.iter().enumerate() {
        for path in data.path.as_slice() {
            let path = config.resolve(path);
            let file = event_file(config, (at, data), &path, instruments, progress)?;
            tracks.push(track(data, file));
        }
    }
    Ok(Loaded { tracks, spent: watch.spent() })
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
    }
}

/// The source as an event file: itself when it is one, what was converted before, or converted now.
fn event_file(
    config: &Config,
    data: (usize, &DataConfig),
    path: &Path,
    instruments: &Instruments,
    progress: Progress<'_>,
) -> Result<EventFile, DataError> {
    if data.1.format == Format::Events || path.extension().is_some_and(|it| it == "events") {
        return Ok(EventFile::open(path)?);
    }
    let instrument = instrument_of(config, data, instruments)?;
    let folder = config.report.folder.join("cache");
    let kept = folder.join(format!("{}.events", key(data.1, path, instrument)?));
    if kept.exists() {
        return Ok(EventFile::open(&kept)?);
    }
    let mut reader = open(data.1, path, instrument)?;
    std::fs::create_dir_all(&folder).map_err(|source| DataError::Folder { path: folder.clone(), source })?;
    let one = Instruments::new([instrument.spec.clone()]).expect("it is in a table already");
    let mut writer = EventWriter::create(&kept, &one)?;
    let mut buffer = EventBuffer::new();
    loop {
        buffer.clear();
        let more = reader.read(&mut buffer)?;
        for event in buffer.iter() {
            writer.push(&event)?;
        }
        let at = reader.position();
        progress(path, at.bytes, at.bytes_total);
        if !more {
            break;
        }
    }
    writer.finish()?;
    Ok(EventFile::open(&kept)?)
}

fn instrument_of<'a>(
    config: &Config,
    (at, data): (usize, &DataConfig),
    instruments: &'a Instruments,
) -> Result<&'a Instrument, ConfigError> {
    let found = match &data.instrument {
        Some(symbol) => instruments.iter().find(|it| it.spec.symbol == *symbol),
        None => instruments.iter().next(),
    };
    found.ok_or_else(|| {
        config.refuse(format!("data[{at}].instrument"), "expected the symbol of an [[instrument]]")
    })
}

/// Whatever changes the conversion changes the name it is kept under.
fn key(data: &DataConfig, path: &Path, instrument: &Instrument) -> Result<String, DataError> {
    let failed = |source| DataError::Folder { path: path.to_owned(), source };
    let meta = std::fs::metadata(path).map_err(failed)?;
    let full = path.canonicalize().map_err(failed)?;
    let changed = meta.modified().map_err(failed)?;
    let how = (&data.format, &data.mapping_name, &data.mapping, &data.receive_shift, data.book_ticker);
    let text = format!(
        "{}|{full:?}|{}|{changed:?}|{how:?}|{:?}",
        env!("CARGO_PKG_VERSION"),
        meta.len(),
        instrument.spec
    );
    let digest = Sha256::digest(text.as_bytes());
    Ok(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

/// A reader for a source.
fn open(data: &DataConfig, path: &Path, instrument: &Instrument) -> Result<Box<dyn Reader>, DataError> {
    let _ = (data, instrument);
    Err(ReadError::whole(path, "an event file", "something else").into())
}
