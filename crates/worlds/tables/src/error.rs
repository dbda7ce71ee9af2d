//! Why something could not be stored or read back.

use std::io;
use std::path::{Path, PathBuf};

/// A failure of our own files: event files, the catalogue, downloads.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error("{}: cannot {doing}: {source}", file.display())]
    Io {
        /// Which file.
        file: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// No room is left; nothing was put under the final name, and what was stored before stays.
    #[error("{}: cannot {doing}: the disk is full; nothing was stored under the final name", file.display())]
    DiskFull {
        /// Which file.
        file: PathBuf,
        /// What was tried.
        doing: &'static str,
    },
    /// A directory stands where a file is to be.
    #[error("{}: expected a file, got a directory", file.display())]
    Directory {
        /// Which path.
        file: PathBuf,
    },
    /// The file was not written by us, or not finished.
    #[error("{}: expected {expected}, got {got}", file.display())]
    Format {
        /// Which file.
        file: PathBuf,
        /// What would have been accepted.
        expected: String,
        /// What was there.
        got: String,
    },
    /// Bytes changed since they were written.
    #[error("{}: damaged at byte {offset}: {what}", file.display())]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// Where the damaged part starts.
        offset: u64,
        /// Which part, and how it was noticed.
        what: String,
    },
    /// An event or a request does not fit what is declared.
    #[error("{}: {what}", file.display())]
    Refused {
        /// Which file or folder.
        file: PathBuf,
        /// What was refused and what would have been accepted.
        what: String,
    },
}

impl StoreError {
    /// A refusal of the operating system; a full disk and a directory get their own variant.
    #[cold]
    pub fn io(file: &Path, doing: &'static str, source: io::Error) -> Self {
        let file = file.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { file, doing },
            io::ErrorKind::IsADirectory => Self::Directory { file },
            _ => Self::Io { file, doing, source },
        }
    }
    #[cold]
    pub(crate) fn damaged(file: &Path, offset: u64, what: impl Into<String>) -> Self {
        Self::Damaged { file: file.into(), offset, what: what.into() }
    }
    #[cold]
    pub(crate) fn format(file: &Path, expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self::Format { file: file.into(), expected: expected.into(), got: got.into() }
    }
    #[cold]
    pub(crate) fn refused(file: &Path, what: impl Into<String>) -> Self {
        Self::Refused { file: file.into(), what: what.into() }
    }
    /// The file it is about.
    pub fn file(&self) -> &Path {
        match self {
            Self::Io { file, .. }
            | Self::DiskFull { file, .. }
            | Self::Directory { file }
            | Self::Format { file, .. }
            | Self::Damaged { file, .. }
            | Self::Refused { file, .. } => file,
        }
    }
}

impl From<StoreError> for scalp_types::StreamError {
    fn from(error: StoreError) -> Self {
        stream_error(error.file(), &error.to_string())
    }
}

/// A stream error whose message does not repeat the name of the file.
pub(crate) fn stream_error(file: &Path, text: &str) -> scalp_types::StreamError {
    let source_name = file.display().to_string();
    let message = text.strip_prefix(&source_name).unwrap_or(text).trim_start_matches([':', ' ']).to_owned();
    scalp_types::StreamError { source_name, message }
}
