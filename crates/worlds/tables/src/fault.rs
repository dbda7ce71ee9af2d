//! What is wrong with a row or a file, before it is known which row of which file: [`Fault::at`] adds the place.

use crate::reader::ReadError;
use rust_decimal::Decimal;
use std::path::Path;

/// What was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The path does not exist.
    Missing,
    /// The compressed data ends too early.
    Truncated(&'static str),
    /// The compressed data is damaged.
    Damaged {
        /// Which format.
        format: &'static str,
        /// What the decompressor said.
        detail: Box<str>,
    },
    /// The operating system refused.
    Io(Box<str>),
    /// A field that is not what it should be.
    Field {
        /// Which field.
        field: Box<str>,
        /// What was expected.
        expected: Box<str>,
        /// What was there.
        got: Box<[u8]>,
    },
    /// A file that is not what it should be as a whole.
    File {
        /// What was expected.
        expected: Box<str>,
        /// What it is.
        got: Box<str>,
    },
}

impl Fault {
    /// A field that is not what it should be.
    #[cold]
    pub fn field(field: &str, expected: impl Into<Box<str>>, got: &[u8]) -> Self {
        let got = &got[..got.len().min(4 * crate::reader::GOT_CHARS_MAX)];
        Self::Field { field: field.into(), expected: expected.into(), got: got.into() }
    }
    /// A field that is not there.
    #[cold]
    pub fn missing(field: &str) -> Self {
        Self::field(field, "a value, in every row", b"")
    }
    /// A number between two steps of its unit.
    #[cold]
    pub fn off_grid(field: &str, unit: Decimal, got: &[u8]) -> Self {
        Self::field(field, format!("a multiple of {unit}"), got)
    }
    /// A file that is not what it should be as a whole.
    #[cold]
    pub fn file(expected: impl Into<Box<str>>, got: impl Into<Box<str>>) -> Self {
        Self::File { expected: expected.into(), got: got.into() }
    }
    /// A symbol that none of the instruments asked for has.
    #[cold]
    pub fn unknown_instrument<'a>(got: &[u8], known: impl Iterator<Item = &'a str>) -> Self {
        let known = known.collect::<Vec<_>>().join(", ");
        Self::field("symbol", format!("a defined instrument ({known})"), got)
    }

    /// The fault at a line of a file, and at a byte of its unpacked text.
    #[cold]
    pub fn at(self, file: &Path, line: u64, offset: u64) -> ReadError {
        let before = || format!("(line {line}; everything before it was read)");
        match self {
            Self::Missing => ReadError::io(file, "open", std::io::Error::other("No such file or directory")),
            Self::Io(text) => ReadError::io(file, "read", std::io::Error::other(text.into_string())),
            Self::Truncated(format) => {
                let expected = format!("more {format} data {}", before());
                ReadError::damaged(file, offset, expected, "the end of the file")
            }
            Self::Damaged { format, detail } => {
                ReadError::damaged(file, offset, format!("sound {format} data {}", before()), detail)
            }
            Self::Field { field, expected, got } => ReadError::field(file, line, &field, expected, &got),
            Self::File { expected, got } => ReadError::whole(file, expected, got),
        }
    }
    /// The fault of a file as a whole.
    #[cold]
    pub fn in_file(self, file: &Path) -> ReadError {
        self.at(file, 0, 0)
    }
}
