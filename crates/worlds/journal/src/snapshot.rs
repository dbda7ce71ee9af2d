//! Snapshots: states of the core as bytes, each whole on the disk or not there at all.
//!
//! ```text
//! 0  magic "SCALPSNP"   8  u32 version   12  u32 zero   16  u64 sequence number   24  u64 state hash
//! 32 u64 length of the state    40  32 bytes: BLAKE3 of everything but these      72  the state
//! ```

use crate::medium::sync_directory;
use scalp_types::StateHash;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// A snapshot larger than this is damage; `save` refuses to make one.
pub const STATE_BYTES_MAX: u64 = 1 << 32;

const MAGIC: [u8; 8] = *b"SCALPSNP";
/// The layout described above, with that of the state. It goes up whenever one of them changes: a state does not say what
/// it is made of.
pub const VERSION: u32 = 11;
const HEAD_BYTES: usize = 72;
const HASH_AT: usize = 40;

/// A state of the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The last event that the state has absorbed.
    pub seq: u64,
    /// The hash of the state.
    pub hash: StateHash,
    /// The state.
    pub state: Vec<u8>,
}

/// A snapshot that was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its file.
    pub path: PathBuf,
    /// Why.
    pub why: SkipReason,
}

/// Why a snapshot was passed over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkipReason {
    /// Cut off or altered.
    #[error("damaged: {0}")]
    Damaged(&'static str),
    /// Written in another layout.
    #[error("written in version {found} of the snapshot, expected version {VERSION}")]
    Version {
        /// What it was written in.
        found: u32,
    },
    /// Could not be read.
    #[error("unreadable: {0}")]
    Unreadable(String),
    /// It has absorbed events that the journal does not hold.
    #[error("ahead of the journal, which ends before event {journal_next_seq}")]
    Ahead {
        /// The number that follows the journal's last event.
        journal_next_seq: u64,
    },
}

/// A snapshot could not be kept or looked for.
#[derive(Debug, thiserror::Error)]
#[error("snapshot {path}: {source}")]
pub struct SnapshotError {
    /// The file or directory.
    pub path: PathBuf,
    /// What happened.
    pub source: io::Error,
}

/// The snapshots in one directory, named by the event that each has absorbed last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshots {
    directory: PathBuf,
}

impl Snapshots {
    /// The snapshots in `directory`, which is made if it is not there.
    pub fn open(directory: impl Into<PathBuf>) -> Result<Self, SnapshotError> {
        let directory = directory.into();
        match std::fs::create_dir_all(&directory) {
            Ok(()) => Ok(Self { directory }),
            Err(source) => Err(SnapshotError { path: directory, source }),
        }
    }

    /// Keeps a snapshot: when this returns it is whole on the disk; when it fails there is none. Sync the journal
    /// first, or the snapshot may be ahead of it after a crash and be passed over.
    pub fn save(&self, seq: u64, hash: StateHash, state: &[u8]) -> Result<PathBuf, SnapshotError> {
        let path = self.path_of(seq);
        let unfinished = path.with_extension("new");
        let written = write(&unfinished, seq, hash, state)
            .and_then(|()| std::fs::rename(&unfinished, &path))
            .and_then(|()| sync_directory(&self.directory));
        match written {
            Ok(()) => Ok(path),
            Err(source) => {
                // The first error is the one to tell; what is left of the file is never read.
                let _ = std::fs::remove_file(&unfinished);
                Err(SnapshotError { path, source })
            }
        }
    }

    /// The numbers of all snapshots, rising. Whether each is whole shows when it is read.
    pub fn list(&self) -> Result<Vec<u64>, SnapshotError> {
        let failed = |source| SnapshotError { path: self.directory.clone(), source };
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.directory).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let seq: Option<u64> = name
                .to_str()
                .and_then(|it| it.strip_prefix("snapshot-")?.strip_suffix(".state"))
                .and_then(|it| it.parse().ok());
            found.extend(seq);
        }
        found.sort_unstable();
        Ok(found)
    }

    /// The newest whole snapshot of an event below `before`, and those passed over on the way to it.
    pub fn newest(&self, before: u64) -> Result<(Option<Snapshot>, Vec<Skipped>), SnapshotError> {
        let mut skipped = Vec::new();
        for seq in self.list()?.into_iter().rev() {
            let path = self.path_of(seq);
            if seq >= before {
                skipped.push(Skipped { path, why: SkipReason::Ahead { journal_next_seq: before } });
                continue;
            }
            match read(&path, seq) {
                Ok(snapshot) => return Ok((Some(snapshot), skipped)),
                Err(why) => skipped.push(Skipped { path, why }),
            }
        }
        Ok((None, skipped))
    }

    /// Removes all but the newest `keep` snapshots; returns how many went.
    pub fn prune(&self, keep: usize) -> Result<usize, SnapshotError> {
        let found = self.list()?;
        let old = &found[..found.len().saturating_sub(keep)];
        for &seq in old {
            let path = self.path_of(seq);
            std::fs::remove_file(&path).map_err(|source| SnapshotError { path, source })?;
        }
        Ok(old.len())
    }

    fn path_of(&self, seq: u64) -> PathBuf {
        self.directory.join(format!("snapshot-{seq:020}.state"))
    }
}

fn head(seq: u64, hash: StateHash, length: u64) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[..8].copy_from_slice(&MAGIC);
    head[8..12].copy_from_slice(&VERSION.to_le_bytes());
    for (at, word) in [(16, seq), (24, hash.get()), (32, length)] {
        head[at..at + 8].copy_from_slice(&word.to_le_bytes());
    }
    head
}

fn digest(head: &[u8], state: &[u8]) -> [u8; 32] {
    *blake3::Hasher::new().update(&head[..HASH_AT]).update(state).finalize().as_bytes()
}

fn write(path: &Path, seq: u64, hash: StateHash, state: &[u8]) -> io::Result<()> {
    if state.len() as u64 > STATE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "state is larger than 4 GiB"));
    }
    let mut head = head(seq, hash, state.len() as u64);
    let digest = digest(&head, state);
    head[HASH_AT..].copy_from_slice(&digest);
    let mut file = File::create(path)?;
    file.write_all(&head)?;
    file.write_all(state)?;
    file.sync_all()
}

fn read(path: &Path, seq: u64) -> Result<Snapshot, SkipReason> {
    let unreadable = |error: io::Error| SkipReason::Unreadable(error.to_string());
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    if !(HEAD_BYTES as u64..=HEAD_BYTES as u64 + STATE_BYTES_MAX).contains(&length) {
        return Err(SkipReason::Damaged("its length is not possible"));
    }
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(length).read_to_end(&mut bytes).map_err(unreadable)?;
    let Some((found, state)) = bytes.split_at_checked(HEAD_BYTES) else {
        return Err(SkipReason::Damaged("it is cut off"));
    };
    let word = |at: usize| u64::from_le_bytes(found[at..at + 8].try_into().expect("eight bytes of the head"));
    let hash = StateHash::from_bits(word(24));
    let version = u32::from_le_bytes(found[8..12].try_into().expect("four bytes of the head"));
    if found[..8] == MAGIC && version != VERSION && found[HASH_AT..] == digest(found, state) {
        return Err(SkipReason::Version { found: version });
    }
    if found[..HASH_AT] != head(seq, hash, state.len() as u64)[..HASH_AT] {
        return Err(SkipReason::Damaged("its head does not match its name or length"));
    }
    if found[HASH_AT..] != digest(found, state) {
        return Err(SkipReason::Damaged("its hash does not match"));
    }
    Ok(Snapshot { seq, hash, state: state.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(bits: u64) -> StateHash {
        StateHash::from_bits(bits)
    }

    #[test]
    fn the_newest_one_comes_back_as_it_was_kept() {
        let dir = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::open(dir.path().join("deep/er")).unwrap();
        assert_eq!(snapshots.newest(u64::MAX).unwrap(), (None, vec![]));
        for seq in [5, 100, 20] {
            snapshots.save(seq, hash(seq), format!("state {seq}").as_bytes()).unwrap();
        }
        let (newest, skipped) = snapshots.newest(u64::MAX).unwrap();
        assert_eq!(newest, Some(Snapshot { seq: 100, hash: hash(100), state: b"state 100".to_vec() }));
        assert_eq!(skipped, []);
        assert_eq!(snapshots.prune(1).unwrap(), 2);
        assert_eq!(snapshots.list().unwrap(), [100]);
    }

    #[test]
    fn one_ahead_of_the_journal_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::open(dir.path()).unwrap();
        snapshots.save(5, hash(5), b"five").unwrap();
        let ahead = snapshots.save(9, hash(9), b"nine").unwrap();
        let (newest, skipped) = snapshots.newest(9).unwrap();
        assert_eq!(newest.unwrap().seq, 5);
        assert_eq!(skipped, [Skipped { path: ahead, why: SkipReason::Ahead { journal_next_seq: 9 } }]);
    }

    #[test]
    fn any_changed_or_missing_byte_makes_the_older_one_come_back() {
        let dir = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::open(dir.path()).unwrap();
        snapshots.save(1, hash(1), b"one").unwrap();
        let path = snapshots.save(2, hash(2), b"the second").unwrap();
        let whole = std::fs::read(&path).unwrap();
        let check = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            let (newest, skipped) = snapshots.newest(u64::MAX).unwrap();
            assert_eq!(newest.unwrap().seq, 1);
            assert!(matches!(skipped[0].why, SkipReason::Damaged(_)));
        };
        for at in 0..whole.len() {
            check(&whole[..at]);
            let mut changed = whole.clone();
            changed[at] ^= 1 << (at % 8);
            check(&changed);
        }
    }

    #[test]
    fn a_directory_that_cannot_be_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = Snapshots::open(file.join("inside")).unwrap_err();
        assert!(error.to_string().contains("file/inside"), "{error}");
    }
}
