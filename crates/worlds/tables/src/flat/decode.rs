//! The values of one column of a file, as many rows at a time as are asked for, into a [`Column`] that is kept.

use super::{Column, ColumnType, DIGITS_MAX, Texts, Values};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType, FixedLenByteArray, Int96};
use parquet::errors::ParquetError;
use parquet::schema::types::ColumnDescriptor;

const DAY_NANOS: i64 = 86_400_000_000_000;

/// Reads one column, through all groups of rows.
pub(super) struct Decoder {
    /// Its place among the columns of values.
    pub(super) leaf: usize,
    /// What a single value is.
    holds: ColumnType,
    levels: Levels,
    reader: Option<ColumnReader>,
    narrow: Vec<i32>,
    wide: Vec<i64>,
    pieces: Vec<ByteArray>,
    fixed: Vec<FixedLenByteArray>,
    moments: Vec<Int96>,
}

/// How deep each value is defined, and which begins a row (Dremel's levels).
#[derive(Default)]
struct Levels {
    defined: Vec<i16>,
    repeated: Vec<i16>,
    /// Of a value that is there.
    full: i16,
    /// Of a place in a list; 0 outside of lists.
    item: i16,
}

impl Values {
    /// None yet, of a column of this type.
    pub(super) fn none(holds: &ColumnType) -> Self {
        match holds {
            ColumnType::Whole { bits: 64, signed: false } => Self::Count(Vec::new()),
            ColumnType::Whole { .. } => Self::Whole(Vec::new()),
            ColumnType::Real { bits: 64 } => Self::Real(Vec::new()),
            ColumnType::Real { .. } => Self::Short(Vec::new()),
            ColumnType::Flag => Self::Flag(Vec::new()),
            ColumnType::Decimal { digits, places } if *digits <= DIGITS_MAX => {
                Self::Decimal { unscaled: Vec::new(), places: *places }
            }
            ColumnType::Decimal { .. } | ColumnType::Text => Self::Text(Texts::default()),
            ColumnType::Instant { unit, .. } => Self::Time { counts: Vec::new(), nanos: unit.nanos() },
            ColumnType::Day => Self::Time { counts: Vec::new(), nanos: DAY_NANOS },
            ColumnType::Bytes(length) => Self::Bytes(Vec::new(), *length),
            ColumnType::Nothing => Self::Nothing,
            ColumnType::List(items) => Self::List(Vec::new(), Box::new(Column::full(Self::none(items)))),
            ColumnType::Other(name) => Self::Other(name.clone()),
        }
    }
}

impl Decoder {
    pub(super) fn new(leaf: usize, holds: &ColumnType, column: &ColumnDescriptor) -> Self {
        let holds = if let ColumnType::List(items) = holds { items } else { holds };
        let (full, item) = (column.max_def_level(), column.repeated_ancestor_def_level());
        Self {
            leaf,
            holds: holds.clone(),
            levels: Levels { full, item, ..Levels::default() },
            reader: None,
            narrow: Vec::new(),
            wide: Vec::new(),
            pieces: Vec::new(),
            fixed: Vec::new(),
            moments: Vec::new(),
        }
    }

    /// Goes on with the next group of rows.
    pub(super) fn begin(&mut self, reader: ColumnReader) {
        self.reader = Some(reader);
    }

    /// The next rows; fewer are an error.
    pub(super) fn fill(&mut self, rows: usize, column: &mut Column) -> Result<(), ParquetError> {
        let Values::List(ends, items) = &mut column.values else { return self.values(rows, column) };
        self.values(rows, items)?;
        ends.clear();
        let mut end = 0;
        for (defined, repeated) in self.levels.defined.iter().zip(&self.levels.repeated) {
            if *repeated == 0 {
                ends.push(end);
            }
            end += usize::from(*defined >= self.levels.item);
            // An empty list and none are alike: neither has a value.
            let last = ends.last_mut().ok_or_else(|| damage("begins within a list".into()))?;
            *last = end;
        }
        if ends.len() == rows { Ok(()) } else { Err(short(ends.len(), rows)) }
    }

    fn values(&mut self, rows: usize, column: &mut Column) -> Result<(), ParquetError> {
        use ColumnReader as From;
        let Column { values, present } = column;
        let reader = self.reader.as_mut().ok_or_else(|| short(0, rows))?;
        let mut levels = (&mut self.levels, present);
        match (reader, values) {
            (From::DoubleColumnReader(from), Values::Real(to)) => read_in_place(from, rows, &mut levels, to)?,
            (From::FloatColumnReader(from), Values::Short(to)) => read_in_place(from, rows, &mut levels, to)?,
            (From::BoolColumnReader(from), Values::Flag(to)) => read_in_place(from, rows, &mut levels, to)?,
            (From::Int64ColumnReader(from), Values::Whole(to) | Values::Time { counts: to, .. }) => {
                read_in_place(from, rows, &mut levels, to)?;
            }
            (From::Int64ColumnReader(from), Values::Count(to)) => {
                let wide = &mut self.wide;
                read(from, rows, &mut levels, wide)?;
                place(wide, levels.1, to, |it| it.cast_unsigned());
            }
            (From::Int64ColumnReader(from), Values::Decimal { unscaled: to, .. }) => {
                let wide = &mut self.wide;
                read(from, rows, &mut levels, wide)?;
                place(wide, levels.1, to, |it| i128::from(*it));
            }
            (From::Int32ColumnReader(from), values) => {
                let narrow = &mut self.narrow;
                read(from, rows, &mut levels, narrow)?;
                match values {
                    Values::Whole(to) if matches!(self.holds, ColumnType::Whole { signed: false, .. }) => {
                        place(narrow, levels.1, to, |it| i64::from(it.cast_unsigned()));
                    }
                    Values::Whole(to) | Values::Time { counts: to, .. } => {
                        place(narrow, levels.1, to, |it| i64::from(*it));
                    }
                    Values::Decimal { unscaled: to, .. } => {
                        place(narrow, levels.1, to, |it| i128::from(*it));
                    }
                    _ => return Err(mixed()),
                }
            }
            (From::Int96ColumnReader(from), Values::Time { counts: to, .. }) => {
                read(from, rows, &mut levels, &mut self.moments)?;
                place(&self.moments, levels.1, to, Int96::to_nanos);
            }
            (From::ByteArrayColumnReader(from), values) => {
                read(from, rows, &mut levels, &mut self.pieces)?;
                pieces(&self.holds, &self.pieces, levels.1, values)?;
            }
            (From::FixedLenByteArrayColumnReader(from), values) => {
                read(from, rows, &mut levels, &mut self.fixed)?;
                pieces(&self.holds, &self.fixed, levels.1, values)?;
            }
            _ => return Err(mixed()),
        }
        Ok(())
    }
}

/// The values of the next rows without those that are absent; which of them are, is written into the second level.
fn read<T: DataType>(
    from: &mut ColumnReaderImpl<T>,
    rows: usize,
    (levels, present): &mut (&mut Levels, &mut Vec<bool>),
    to: &mut Vec<T::T>,
) -> Result<(), ParquetError> {
    let Levels { defined, repeated, full, item } = &mut **levels;
    defined.clear();
    repeated.clear();
    present.clear();
    to.clear();
    let (got, ..) = from.read_records(rows, Some(defined), Some(repeated), to)?;
    if got != rows {
        return Err(short(got, rows));
    }
    let places = || defined.iter().filter(|it| **it >= *item);
    if to.len() < places().count() {
        present.extend(places().map(|it| it == full));
    }
    Ok(())
}

fn read_in_place<T: DataType<T: Clone + Default>>(
    from: &mut ColumnReaderImpl<T>,
    rows: usize,
    levels: &mut (&mut Levels, &mut Vec<bool>),
    to: &mut Vec<T::T>,
) -> Result<(), ParquetError> {
    read(from, rows, levels, to)?;
    spread(to, levels.1);
    Ok(())
}

/// Moves the values to the places of those that are present.
fn spread<T: Clone + Default>(values: &mut Vec<T>, present: &[bool]) {
    let mut from = values.len();
    if from < present.len() {
        values.resize(present.len(), T::default());
        for at in (0..present.len()).rev() {
            if present[at] && from > 0 {
                from -= 1;
                values.swap(at, from);
            }
        }
    }
}

/// Converts values into their places.
fn place<S, T: Clone + Default>(values: &[S], present: &[bool], to: &mut Vec<T>, convert: impl Fn(&S) -> T) {
    to.clear();
    to.extend(values.iter().map(convert));
    spread(to, present);
}

/// Converts pieces of bytes.
fn pieces<S: AsRef<[u8]>>(
    holds: &ColumnType,
    pieces: &[S],
    present: &[bool],
    values: &mut Values,
) -> Result<(), ParquetError> {
    let rows = if present.is_empty() { pieces.len() } else { present.len() };
    let mut pieces = pieces.iter().map(S::as_ref);
    // The piece of a row; empty where there is none.
    let mut next = |row: usize| match present.get(row) {
        Some(false) => None,
        _ => pieces.next(),
    };
    match values {
        Values::Text(to) => {
            to.clear();
            for row in 0..rows {
                match (next(row), holds) {
                    (None, _) => to.push(""),
                    (Some(piece), ColumnType::Decimal { places, .. }) => {
                        to.push(&long_decimal(piece, *places))
                    }
                    (Some(piece), _) => {
                        to.push(std::str::from_utf8(piece).map_err(|e| damage(e.to_string()))?)
                    }
                }
            }
        }
        Values::Decimal { unscaled: to, .. } => {
            to.clear();
            for row in 0..rows {
                to.push(next(row).map_or(Ok(0), whole)?);
            }
        }
        Values::Short(to) => {
            to.clear();
            to.extend((0..rows).map(|row| next(row).and_then(|it| it.try_into().ok()).map_or(0.0, half)));
        }
        Values::Bytes(to, length) => {
            to.clear();
            for row in 0..rows {
                to.extend_from_slice(next(row).unwrap_or_default());
                to.resize((row + 1) * *length, 0);
            }
        }
        _ => return Err(mixed()),
    }
    Ok(())
}

/// A whole number of two's complement, the highest byte first.
fn whole(bytes: &[u8]) -> Result<i128, ParquetError> {
    let fill = if bytes.first().is_some_and(|it| *it >= 0x80) { 0xff } else { 0 };
    let (above, low) = bytes.split_at(bytes.len().saturating_sub(16));
    let mut all = [fill; 16];
    all[16 - low.len()..].copy_from_slice(low);
    let value = i128::from_be_bytes(all);
    if above.iter().any(|it| *it != fill) || (value < 0) != (fill != 0) {
        return Err(damage(format!("holds a number of more than {DIGITS_MAX} digits")));
    }
    Ok(value)
}

/// The digits of a whole number of any length with a point before the last `places`.
fn long_decimal(bytes: &[u8], places: u32) -> String {
    const NINE_DIGITS: u64 = 1_000_000_000;
    let negative = bytes.first().is_some_and(|it| *it >= 0x80);
    let mut size = bytes.to_vec();
    if negative {
        let mut carry = true;
        for byte in size.iter_mut().rev() {
            let (next, more) = (!*byte).overflowing_add(u8::from(carry));
            (*byte, carry) = (next, more);
        }
    }
    // Groups of nine digits, the lowest first.
    let mut groups = Vec::new();
    while size.iter().any(|it| *it != 0) {
        let mut rest = 0_u64;
        for byte in &mut size {
            let value = rest << 8 | u64::from(*byte);
            (*byte, rest) = ((value / NINE_DIGITS) as u8, value % NINE_DIGITS);
        }
        groups.push(rest);
    }
    let digits: String = groups.iter().rev().map(|it| format!("{it:09}")).collect();
    let places = places as usize;
    let digits = format!("{:0>width$}", digits.trim_start_matches('0'), width = places + 1);
    let (before, after) = digits.split_at(digits.len() - places);
    let (sign, point) = (if negative { "-" } else { "" }, if places == 0 { "" } else { "." });
    format!("{sign}{before}{point}{after}")
}

/// A number of 16 bits (IEEE 754), the lowest byte first.
fn half(bytes: [u8; 2]) -> f32 {
    let bits = u16::from_le_bytes(bytes);
    let (exponent, part) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    // Both factors are powers of two within the range of a float, so that every product is exact.
    let size = match exponent {
        0 => part * 2.0_f32.powi(-24),
        0x1f if part > 0.0 => f32::NAN,
        0x1f => f32::INFINITY,
        _ => (1024.0 + part) * 2.0_f32.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

fn damage(what: String) -> ParquetError {
    ParquetError::General(what)
}

fn short(got: usize, rows: usize) -> ParquetError {
    damage(format!("ends after {got} of {rows} rows"))
}

/// The schema and the pages were read as different types, which the library does not do.
fn mixed() -> ParquetError {
    damage("holds values of another type than its schema says".into())
}
