//! Flat tables in Parquet files, as columns of plain vectors: the one room that speaks to the library of the format.
//!
//! A [`Reader`] lends a file batch by batch, whatever its length; a [`Writer`] takes columns, one group of rows after
//! the other. A column of lists is read as one whose cells hold several values; what is nested deeper is named
//! ([`ColumnType::Other`]) and not read.

mod decode;
mod read;
mod schema;
#[cfg(test)]
mod tests;
mod write;

pub use read::{Batch, Reader};
pub use write::{Group, Packed, Packer, Writer};

use crate::text::TimeUnit;
use std::fmt;
use std::io::Write;

/// Digits that 128 bits hold.
pub const DIGITS_MAX: u32 = 38;

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Damage(pub String);

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub holds: ColumnType,
    /// Whether a cell may have no value.
    pub nullable: bool,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnType {
    /// Whole numbers of so many bits.
    Whole {
        /// 8, 16, 32 or 64.
        bits: u8,
        /// Whether there are negative ones.
        signed: bool,
    },
    /// Floating-point numbers of 16, 32 or 64 bits.
    Real {
        /// How many.
        bits: u8,
    },
    /// True or false.
    Flag,
    /// Exact decimals.
    Decimal {
        /// Digits in all.
        digits: u32,
        /// Digits after the point.
        places: u32,
    },
    /// Words.
    Text,
    /// Points in time, counted since 1970.
    Instant {
        /// In this unit.
        unit: TimeUnit,
        /// Whether they are told to be of UTC, not of some clock on a wall.
        utc: bool,
    },
    /// Days since 1970.
    Day,
    /// Pieces of so many bytes each, which the file says nothing about.
    Bytes(usize),
    /// No value in any row.
    Nothing,
    /// Several values in a cell.
    List(Box<ColumnType>),
    /// Something else, by its name; it is not read.
    Other(String),
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole { bits, signed } => write!(f, "{}int{bits}", if *signed { "" } else { "u" }),
            Self::Real { bits } => write!(f, "float{bits}"),
            Self::Flag => f.write_str("bool"),
            Self::Decimal { digits, places } => write!(f, "decimal({digits}, {places})"),
            Self::Text => f.write_str("string"),
            Self::Instant { unit, utc } => {
                write!(f, "timestamp[{}{}]", unit.name(), if *utc { ", UTC" } else { "" })
            }
            Self::Day => f.write_str("date"),
            Self::Bytes(length) => write!(f, "binary of {length} bytes"),
            Self::Nothing => f.write_str("null"),
            Self::List(items) => write!(f, "list of {items}"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

/// Words side by side in one piece of memory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Texts {
    bytes: String,
    ends: Vec<usize>,
}

impl Texts {
    /// Adds a word.
    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
    }
    /// The word of a row.
    #[must_use]
    pub fn get(&self, row: usize) -> &str {
        let from = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[from..self.ends[row]]
    }
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
    /// Removes all, and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

/// The values of a column, one for each row; what stands where there is none means nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Whole numbers, but for unsigned ones of 64 bits.
    Whole(Vec<i64>),
    /// Unsigned whole numbers of 64 bits.
    Count(Vec<u64>),
    /// Numbers of 16 and 32 bits.
    Short(Vec<f32>),
    /// Numbers of 64 bits.
    Real(Vec<f64>),
    /// True or false.
    Flag(Vec<bool>),
    /// Exact decimals of up to 38 digits; those with more are [`Values::Text`].
    Decimal {
        /// Without their point.
        unscaled: Vec<i128>,
        /// Digits after the point.
        places: u32,
    },
    /// Words.
    Text(Texts),
    /// Points in time and days.
    Time {
        /// Since 1970.
        counts: Vec<i64>,
        /// Nanoseconds of one count.
        nanos: i64,
    },
    /// Pieces of so many bytes each, side by side.
    Bytes(Vec<u8>, usize),
    /// Lists: the end of each row's values in one column of all of them.
    List(Vec<usize>, Box<Column>),
    /// No value in any row.
    Nothing,
    /// Not read: what it would be.
    Other(String),
}

/// The values of a column, and which rows have one.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The values.
    pub values: Values,
    /// Whether each row has a value; empty when all have.
    pub present: Vec<bool>,
}

impl Column {
    /// A column with a value in every row.
    #[must_use]
    pub fn full(values: Values) -> Self {
        Self { values, present: Vec::new() }
    }

    /// A column of what may be absent; `hold` makes the values, and what is absent is their default.
    pub fn of<T: Default>(
        cells: impl Iterator<Item = Option<T>>,
        hold: impl FnOnce(Vec<T>) -> Values,
    ) -> Self {
        let mut present = Vec::new();
        let values = cells.map(|it| {
            present.push(it.is_some());
            it.unwrap_or_default()
        });
        let values = hold(values.collect());
        Self { values, present }
    }

    /// Whether this row has a value.
    #[must_use]
    #[inline]
    pub fn has(&self, row: usize) -> bool {
        self.present.get(row).is_none_or(|it| *it) && !matches!(self.values, Values::Nothing)
    }

    /// A row as the shortest text that stands for it exactly: times as nanoseconds, nothing where there is no value, and
    /// what is no number, word or time by the name of its type in parentheses.
    pub fn write_text(&self, row: usize, out: &mut Vec<u8>) {
        if !self.has(row) {
            return;
        }
        let written = match &self.values {
            Values::Whole(it) => write!(out, "{}", it[row]),
            Values::Count(it) => write!(out, "{}", it[row]),
            Values::Short(it) => write!(out, "{}", it[row]),
            Values::Real(it) => write!(out, "{}", it[row]),
            Values::Flag(it) => write!(out, "{}", it[row]),
            Values::Decimal { unscaled, places } => write_decimal(unscaled[row], *places, out),
            Values::Text(it) => out.write_all(it.get(row).as_bytes()),
            Values::Time { counts, nanos } => write!(out, "{}", i128::from(counts[row]) * i128::from(*nanos)),
            Values::Bytes(_, length) => write!(out, "({})", ColumnType::Bytes(*length)),
            Values::List(..) => out.write_all(b"(list)"),
            Values::Nothing => Ok(()),
            Values::Other(name) => write!(out, "({name})"),
        };
        written.expect("writing to memory cannot fail");
    }
}

/// Writes a decimal of up to 38 places.
pub(crate) fn write_decimal(unscaled: i128, places: u32, out: &mut Vec<u8>) -> std::io::Result<()> {
    let one = 10_u128.pow(places.min(DIGITS_MAX));
    let (size, sign) = (unscaled.unsigned_abs(), if unscaled < 0 { "-" } else { "" });
    match places {
        0 => write!(out, "{sign}{size}"),
        _ => write!(out, "{sign}{}.{:0width$}", size / one, size % one, width = places as usize),
    }
}
