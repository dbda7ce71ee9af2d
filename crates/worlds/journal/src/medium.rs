//! Where segments lie: a directory of files with one writer at a time.

use crate::frame::SEGMENT_HEADER_BYTES;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const LOCK_FILE: &str = "writer.lock";

/// What a writer needs of the world; tests put a disk behind it that fills up or fails.
pub trait Medium {
    /// Makes segment `index` exist, durably, with `head` as its only bytes. May be called again after an error.
    fn prepare(&mut self, index: u32, head: &[u8; SEGMENT_HEADER_BYTES]) -> io::Result<()>;
    /// Turns to the segment prepared last; what is written from now on goes there.
    fn advance(&mut self) -> io::Result<()>;
    /// Writes some of `bytes` at the end of the current segment and says how many.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;
    /// Returns when everything written is on the disk.
    fn sync(&mut self) -> io::Result<()>;
}

/// A directory with segments, locked for one writer. The lock falls with the process that holds it.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    current: Option<File>,
    prepared: Option<File>,
    _lock: File,
}

/// Why a directory cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Another writer has it.
    #[error("journal {0} is being written by another process")]
    Locked(PathBuf),
    /// The file system says no.
    #[error("journal {path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
}

impl Directory {
    /// Makes the directory if it is not there and takes its lock.
    pub fn lock(path: impl Into<PathBuf>) -> Result<Self, DirectoryError> {
        let path = path.into();
        std::fs::create_dir_all(&path).map_err(|source| DirectoryError::Io { path: path.clone(), source })?;
        let file = path.join(LOCK_FILE);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&file)
            .map_err(|source| DirectoryError::Io { path: file.clone(), source })?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, current: None, prepared: None, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DirectoryError::Locked(path)),
            Err(TryLockError::Error(source)) => Err(DirectoryError::Io { path: file, source }),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Goes on at the end of segment `index`, cut to `length` bytes.
    pub(crate) fn reopen(&mut self, index: u32, length: u64) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(segment_path(&self.path, index))?;
        file.set_len(length)?;
        file.sync_all()?;
        io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
        self.current = Some(file);
        Ok(())
    }

    /// Removes segment `index` if it is there.
    pub(crate) fn remove(&mut self, index: u32) -> io::Result<()> {
        match std::fs::remove_file(segment_path(&self.path, index)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other.and_then(|()| sync_directory(&self.path)),
        }
    }
}

impl Medium for Directory {
    fn prepare(&mut self, index: u32, head: &[u8; SEGMENT_HEADER_BYTES]) -> io::Result<()> {
        let path = segment_path(&self.path, index);
        let unfinished = path.with_extension("new");
        let mut file = File::create(&unfinished)?;
        file.write_all(head)?;
        file.sync_all()?;
        std::fs::rename(&unfinished, &path)?;
        sync_directory(&self.path)?;
        self.prepared = Some(file);
        Ok(())
    }
    fn advance(&mut self) -> io::Result<()> {
        self.current =
            Some(self.prepared.take().expect("a segment is prepared before the writer turns to it"));
        Ok(())
    }
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.current.as_mut().expect("a segment is open before anything is written").write(bytes)
    }
    fn sync(&mut self) -> io::Result<()> {
        self.current.as_ref().map_or(Ok(()), File::sync_data)
    }
}

/// Where segment `index` of a journal lies.
pub fn segment_path(directory: &Path, index: u32) -> PathBuf {
    directory.join(format!("segment-{index:08}.journal"))
}

/// The indices of the segments in a directory, rising.
pub fn segments(directory: &Path) -> io::Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let name = entry?.file_name();
        let index: Option<u32> = name
            .to_str()
            .and_then(|it| it.strip_prefix("segment-")?.strip_suffix(".journal"))
            .and_then(|it| it.parse().ok());
        found.extend(index);
    }
    found.sort_unstable();
    Ok(found)
}

/// Makes names that were created or renamed in `directory` durable.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}
