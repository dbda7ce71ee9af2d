//! The catalogue: a folder that keeps imported markets, and a manifest that says what is in it.
//!
//! ```text
//! manifest.json                                what was imported, from which files, with their SHA-256
//! events/import-0001.events                    every import as an event file, for replay
//! tables/venue=.../instrument=.../kind=.../date=YYYY-MM-DD/import-0001.parquet
//! ```
//!
//! The tables are partitioned the way Arrow tools expect. The date is the UTC day of arrival, because that is the
//! order in which rows lie and in which a backtest may know them. The manifest is replaced as a whole, last: an import
//! that fails leaves nothing that the manifest knows.

pub mod store;
pub mod stream;
#[cfg(test)]
mod tests;

pub use store::Pending;
pub use stream::CatalogStream;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::eventfile::block::sync_folder;
use crate::eventfile::{EventFile, Kind, Summary};
use scalp_types::{InstrumentSpec, Instruments, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};

const MANIFEST: &str = "manifest.json";
/// The next manifest, while it is being written.
const MANIFEST_PART: &str = ".manifest.json.part";
const LOCK: &str = "manifest.lock";
const VERSION: u32 = 1;

/// What is in a catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this file.
    pub version: u32,
    /// Number of the next import; numbers are never used again.
    pub next_import: u32,
    /// Everything imported, oldest first.
    pub imports: Vec<ImportEntry>,
}

/// One import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportEntry {
    /// Its number.
    pub number: u32,
    /// The files it was read from.
    pub sources: Vec<SourceFile>,
    /// The event file, below the folder of the catalogue.
    pub events: String,
    /// What is in it.
    pub summary: Summary,
    /// The tables written.
    pub tables: Vec<TableEntry>,
    /// Why it ended before its source did; what came before is kept.
    #[serde(default)]
    pub stopped: Option<String>,
}

/// A file that was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// Where it lay.
    pub path: String,
    /// How long it was.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
    /// What its rows come to, in hexadecimal; none of a file without rows or that was read in part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<String>,
}

/// One Parquet file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableEntry {
    /// Below the folder of the catalogue.
    pub path: String,
    /// The venue.
    pub venue: String,
    /// The venue's symbol.
    pub symbol: String,
    /// What it holds.
    pub kind: Kind,
    /// UTC day of arrival, `YYYY-MM-DD`.
    pub date: String,
    /// Rows; of depth, one for each level.
    pub rows: u64,
    /// Events.
    pub events: u64,
    /// First arrival.
    pub first: Timestamp,
    /// Last arrival.
    pub last: Timestamp,
}

impl Manifest {
    /// Refuses what we never write: a manifest is trusted to name the files that an import replaces and removes, so it
    /// may name none outside its folder, and none of an import to come.
    fn check(&self, path: &Path) -> Result<(), StoreError> {
        let elsewhere =
            |it: &&String| !Path::new(it).components().all(|it| matches!(it, Component::Normal(_)));
        let mut numbers = BTreeSet::new();
        for import in &self.imports {
            let (number, next) = (import.number, self.next_import);
            if number >= next || !numbers.insert(number) {
                let expected = format!("imports with numbers of their own below {next}");
                return Err(StoreError::format(path, expected, format!("import {number}")));
            }
            if let Some(name) =
                import.tables.iter().map(|it| &it.path).chain([&import.events]).find(elsewhere)
            {
                let got = format!("{name:?} in import {number}");
                return Err(StoreError::format(path, "files below the folder of the catalogue", got));
            }
        }
        Ok(())
    }
}

/// A folder of imported markets.
#[derive(Debug)]
pub struct Catalog {
    folder: PathBuf,
    manifest: Manifest,
}

impl Catalog {
    /// Opens the catalogue in `folder`.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(MANIFEST);
        let text = std::fs::read(&path).map_err(|e| StoreError::io(&path, "open", e))?;
        let manifest: Manifest = serde_json::from_slice(&text)
            .map_err(|e| StoreError::format(&path, "a manifest", format!("JSON that does not fit: {e}")))?;
        if manifest.version != VERSION {
            let (expected, got) = (format!("version {VERSION}"), format!("version {}", manifest.version));
            return Err(StoreError::format(&path, expected, got));
        }
        manifest.check(&path)?;
        Ok(Self { folder: folder.into(), manifest })
    }
    /// Opens the catalogue in `folder`, or makes an empty one there.
    pub fn create(folder: &Path) -> Result<Self, StoreError> {
        if folder.join(MANIFEST).exists() {
            return Self::open(folder);
        }
        std::fs::create_dir_all(folder).map_err(|e| StoreError::io(folder, "create the folder", e))?;
        let manifest = Manifest { version: VERSION, next_import: 1, imports: Vec::new() };
        let it = Self { folder: folder.into(), manifest };
        // Another process may be making the same catalogue: only one writes the first manifest, and nobody writes an
        // empty one over the imports of another.
        let _lock = it.lock()?;
        if folder.join(MANIFEST).exists() {
            return Self::open(folder);
        }
        it.write_manifest()?;
        Ok(it)
    }
    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
    /// What is in it.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }
    /// The connections that all imports were recorded through.
    pub fn connections(&self) -> Vec<Connection> {
        self.manifest.imports.iter().flat_map(|it| it.summary.connections.iter().cloned()).collect()
    }
    /// All instruments, in the order in which they were first imported, as last declared.
    pub fn instruments(&self) -> Instruments {
        let mut specs: Vec<&InstrumentSpec> = Vec::new();
        for spec in self.manifest.imports.iter().flat_map(|it| &it.summary.instruments) {
            match specs.iter_mut().find(|it| it.venue == spec.venue && it.symbol == spec.symbol) {
                Some(known) => *known = spec,
                None => specs.push(spec),
            }
        }
        Instruments::new(specs.into_iter().cloned()).unwrap_or_default()
    }
    /// The event files that hold at least one event of these instruments (all, when none is named) that arrived from
    /// `start` until before `end`, oldest import first.
    pub fn event_files(
        &self,
        start: Timestamp,
        end: Timestamp,
        instruments: &[(&str, &str)],
    ) -> Result<Vec<EventFile>, StoreError> {
        let wanted = |it: &&ImportEntry| {
            it.tables
                .iter()
                .any(|it| it.first < end && it.last >= start && is_named(instruments, &it.venue, &it.symbol))
        };
        let open = |it: &ImportEntry| EventFile::open(&self.folder.join(&it.events));
        self.manifest.imports.iter().filter(wanted).map(open).collect()
    }
    /// The events of these instruments and kinds (all, where none is named) that arrived from `start` until before
    /// `end`, in order of arrival, from the tables.
    pub fn load_range(
        &self,
        start: Timestamp,
        end: Timestamp,
        instruments: &[(&str, &str)],
        kinds: &[Kind],
    ) -> Result<CatalogStream, StoreError> {
        let table = self.instruments();
        for (venue, symbol) in instruments {
            if table.find(venue, symbol).is_none() {
                let known: Vec<String> = table.iter().map(scalp_types::Instrument::name).collect();
                let what = format!("no instrument {venue}:{symbol}; there are {}", known.join(", "));
                return Err(StoreError::refused(&self.folder, what));
            }
        }
        let parts = self.manifest.imports.iter().flat_map(|import| {
            import
                .tables
                .iter()
                .filter(move |it| {
                    it.first < end
                        && it.last >= start
                        && is_named(instruments, &it.venue, &it.symbol)
                        && (kinds.is_empty() || kinds.contains(&it.kind))
                })
                .map(move |it| (import.number, it))
        });
        CatalogStream::new(&self.folder, table, parts, start, end)
    }

    /// Replaces the manifest as a whole.
    fn write_manifest(&self) -> Result<(), StoreError> {
        let path = self.folder.join(MANIFEST);
        let temporary = self.folder.join(MANIFEST_PART);
        let text = serde_json::to_vec_pretty(&self.manifest).expect("a manifest is plain data");
        let written = File::create(&temporary).and_then(|mut it| {
            it.write_all(&text)?;
            it.sync_all()
        });
        written.map_err(|e| StoreError::io(&path, "write", e))?;
        std::fs::rename(&temporary, &path).map_err(|e| StoreError::io(&path, "replace", e))?;
        sync_folder(&path)
    }
}

fn is_named(instruments: &[(&str, &str)], venue: &str, symbol: &str) -> bool {
    instruments.is_empty() || instruments.contains(&(venue, symbol))
}

/// Length and SHA-256 of a file, read once from its start to its end.
pub fn hash_file(path: &Path) -> Result<SourceFile, StoreError> {
    // Of a pipe nothing may ever come.
    if !std::fs::metadata(path).map_err(|e| StoreError::io(path, "open", e))?.is_file() {
        return Err(StoreError::format(path, "a plain file", "a pipe or a device"));
    }
    let mut file = File::open(path).map_err(|e| StoreError::io(path, "open", e))?;
    let mut hash = Sha256::new();
    let mut chunk = vec![0_u8; 1 << 18];
    let mut bytes = 0;
    loop {
        let count = file.read(&mut chunk).map_err(|e| StoreError::io(path, "read", e))?;
        if count == 0 {
            break;
        }
        hash.update(&chunk[..count]);
        bytes += count as u64;
    }
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.into());
    Ok(SourceFile {
        path: path.display().to_string(),
        bytes,
        sha256: hexadecimal(&hash.finalize()),
        rows: None,
    })
}

/// Lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}
