//! What every reader of a foreign file offers, and how it says what was wrong and where.

use crate::buffer::EventBuffer;
use crate::connection::Connection;
use std::path::{Path, PathBuf};

/// Where a reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// The last line read, counted from 1; 0 before the first, or for a file without lines.
    pub line: u64,
    /// Rows (lines, records) read over all files of this reader.
    pub rows: u64,
    /// Bytes taken from the source as it lies on disk (compressed where it is), over all its files.
    pub bytes: u64,
    /// All bytes of the source on disk, where known: the end of the progress bar.
    pub bytes_total: Option<u64>,
}

/// Turns rows into events. Reading is streaming: memory does not grow with the length of the source.
pub trait Reader {
    /// Appends the next events to `out`, about [`crate::buffer::BATCH_EVENTS`] of them; false at the end of the source.
    /// On an error the events before the damaged row are in `out` and are good; the reader must not be used again.
    fn read(&mut self, out: &mut EventBuffer) -> Result<bool, ReadError>;
    /// Where it stands.
    fn position(&self) -> Position;
    /// The file being read.
    fn file(&self) -> &Path;
    /// Trades so far whose side no file told, so that it was estimated by the tick rule.
    fn sides_estimated(&self) -> u64 {
        0
    }
    /// Rows so far that told of a candle before it was whole; what was told of it last counts.
    fn unfinished(&self) -> u64 {
        0
    }
    /// The connections that its captures were recorded through, as far as they were read and name them.
    fn connections(&self) -> Vec<Connection> {
        Vec::new()
    }
}

impl<R: Reader + ?Sized> Reader for Box<R> {
    fn read(&mut self, out: &mut EventBuffer) -> Result<bool, ReadError> {
        (**self).read(out)
    }
    fn position(&self) -> Position {
        (**self).position()
    }
    fn file(&self) -> &Path {
        (**self).file()
    }
    fn sides_estimated(&self) -> u64 {
        (**self).sides_estimated()
    }
    fn unfinished(&self) -> u64 {
        (**self).unfinished()
    }
    fn connections(&self) -> Vec<Connection> {
        (**self).connections()
    }
}

/// Why a source could not be read further.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A field of a row is not what it must be.
    #[error("{}: {field}: expected {expected}, got {got:?}", place(file, *line))]
    Field {
        /// Which file.
        file: PathBuf,
        /// Which line, counted from 1; 0 for what is wrong with the file as a whole.
        line: u64,
        /// The column or key.
        field: Box<str>,
        /// What would have been accepted.
        expected: Box<str>,
        /// What was there, cut to [`GOT_CHARS_MAX`].
        got: Box<str>,
    },
    /// The container (gzip, zip, Parquet, event file) is damaged or cut off.
    #[error("{}: at byte {offset}: expected {expected}, got {got}", file.display())]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// Bytes from its start.
        offset: u64,
        /// What would have been accepted.
        expected: Box<str>,
        /// What was there.
        got: Box<str>,
    },
    /// The file as a whole is not what it should be (format, checksum, instrument, missing column).
    #[error("{}: expected {expected}, got {got}", file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// What would have been accepted.
        expected: Box<str>,
        /// What was there.
        got: Box<str>,
    },
    /// The operating system refused.
    #[error("{}: cannot {doing}: {source}", file.display())]
    Io {
        /// Which file.
        file: PathBuf,
        /// What was tried: `open`, `read`.
        doing: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}

fn place(file: &Path, line: u64) -> String {
    if line == 0 { file.display().to_string() } else { format!("{}:{line}", file.display()) }
}

/// A damaged field is quoted up to this many characters.
pub const GOT_CHARS_MAX: usize = 80;

impl ReadError {
    /// A field that is not what it must be; `got` is cut to [`GOT_CHARS_MAX`] characters.
    #[cold]
    pub fn field(file: &Path, line: u64, field: &str, expected: impl Into<Box<str>>, got: &[u8]) -> Self {
        let got: String = String::from_utf8_lossy(got).chars().take(GOT_CHARS_MAX).collect();
        Self::Field {
            file: file.into(),
            line,
            field: field.into(),
            expected: expected.into(),
            got: got.into(),
        }
    }
    /// A damaged container.
    #[cold]
    pub fn damaged(
        file: &Path,
        offset: u64,
        expected: impl Into<Box<str>>,
        got: impl Into<Box<str>>,
    ) -> Self {
        Self::Damaged { file: file.into(), offset, expected: expected.into(), got: got.into() }
    }
    /// A file that is not what it should be.
    #[cold]
    pub fn whole(file: &Path, expected: impl Into<Box<str>>, got: impl Into<Box<str>>) -> Self {
        Self::File { file: file.into(), expected: expected.into(), got: got.into() }
    }
    /// A refusal of the operating system.
    #[cold]
    pub fn io(file: &Path, doing: &'static str, source: std::io::Error) -> Self {
        Self::Io { file: file.into(), doing, source }
    }
    /// The file it is about.
    pub fn file(&self) -> &Path {
        match self {
            Self::Field { file, .. }
            | Self::Damaged { file, .. }
            | Self::File { file, .. }
            | Self::Io { file, .. } => file,
        }
    }
}

impl From<ReadError> for scalp_types::StreamError {
    fn from(error: ReadError) -> Self {
        let source_name = error.file().display().to_string();
        let text = error.to_string();
        let message =
            text.strip_prefix(&source_name).unwrap_or(&text).trim_start_matches([':', ' ']).to_owned();
        Self { source_name, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_file_line_field_what_was_expected_and_what_was_there() {
        let error = ReadError::field(Path::new("a/b.csv"), 3, "price", "a positive decimal", b"NaN");
        assert_eq!(error.to_string(), r#"a/b.csv:3: price: expected a positive decimal, got "NaN""#);
        let whole = ReadError::field(Path::new("a/b.csv"), 0, "kind", "trades", b"x");
        assert_eq!(whole.to_string(), r#"a/b.csv: kind: expected trades, got "x""#);
        let long = ReadError::field(Path::new("f"), 1, "x", "y", &[b'z'; 1000]);
        assert!(long.to_string().len() < 120);
        let damaged = ReadError::damaged(Path::new("f.gz"), 17, "a gzip block", "the end of the file");
        assert_eq!(damaged.to_string(), "f.gz: at byte 17: expected a gzip block, got the end of the file");
        let stream = scalp_types::StreamError::from(damaged);
        assert_eq!(stream.to_string(), "f.gz: at byte 17: expected a gzip block, got the end of the file");
    }
}
