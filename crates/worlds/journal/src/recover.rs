//! Recovery: the newest snapshot that can be trusted, and the events that came after it.

use crate::damage::ReadError;
use crate::reader::Reader;
use crate::snapshot::{Skipped, Snapshot, SnapshotError, Snapshots};
use scalp_types::Genesis;
use std::path::{Path, PathBuf};

/// Why a state cannot be recovered.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The journal is damaged or missing.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The snapshots cannot be looked for.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The journal ends before its first event.
    #[error("journal {0} is empty")]
    Empty(PathBuf),
}

/// What a core is rebuilt from: build it from `genesis`, put the snapshot in, and step through `tail`.
#[derive(Debug)]
pub struct Recovery {
    /// The first event.
    pub genesis: Genesis,
    /// The state to begin with; none means to begin with genesis alone.
    pub snapshot: Option<Snapshot>,
    /// Lends the events after the snapshot (or after genesis).
    pub tail: Reader,
    /// Snapshots that could not be used.
    pub skipped: Vec<Skipped>,
}

/// Where the snapshots of the journal in `directory` lie.
pub fn snapshots_of(directory: &Path) -> PathBuf {
    directory.join("snapshots")
}

/// Finds what the core of the journal in `directory` is rebuilt from. A damaged snapshot is passed over for an older
/// one; a damaged journal is an error, except for a torn tail.
pub fn recover(directory: &Path) -> Result<Recovery, RecoverError> {
    let mut first = Reader::open(directory)?;
    if first.next_event()?.is_none() {
        return Err(RecoverError::Empty(directory.to_path_buf()));
    }
    let genesis = first.genesis().expect("the reader checked that the first event is genesis").clone();
    let mut last = Reader::open_last(directory)?;
    while last.next_event()?.is_some() {}
    let (snapshot, skipped) = Snapshots::open(snapshots_of(directory))?.newest(last.next_seq())?;
    let tail = Reader::open_at(directory, snapshot.as_ref().map_or(0, |it| it.seq) + 1)?;
    Ok(Recovery { genesis, snapshot, tail, skipped })
}
