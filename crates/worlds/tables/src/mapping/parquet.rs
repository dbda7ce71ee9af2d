//! Parquet files as rows of cells: batch by batch, each value as the shortest text that stands for it exactly.

use super::cells::{Cells, Row};
use crate::batches::{Batches, Embedded};
use crate::fault::Fault;
use crate::reader::{Position, ReadError};
use crate::source::open_file;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Rows decoded at once.
const BATCH_ROWS: usize = 2_048;

/// Decimal places of fixed-size binary, at most: 10^38 is the last power of ten in 128 bits.
const FIXED_PLACES_MAX: u8 = 38;

/// True when the file begins as Parquet does.
pub(crate) fn is_parquet(path: &Path) -> Result<bool, ReadError> {
    let mut head = [0; 4];
    let read = open_file(path)?.read(&mut head).map_err(|e| ReadError::io(path, "read", e))?;
    Ok(&head[..read] == b"PAR1")
}

/// The rows of a file.
pub(crate) struct ParquetRows {
    path: PathBuf,
    batches: Batches,
    batch: Option<RecordBatch>,
    at: usize,
    rows: u64,
    size: u64,
    names: Vec<String>,
    list_cells: usize,
    fixed_places: Option<u8>,
    text: Vec<u8>,
    cells: Cells,
}

impl std::fmt::Debug for ParquetRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ParquetRows({}, row {})", self.path.display(), self.rows)
    }
}

impl ParquetRows {
    /// Opens a file; each list column becomes `list_cells` cells (one, which no field takes, when it is 0), and fixed-size binary is numbers of `fixed_places`.
    pub(crate) fn open(path: &Path, list_cells: usize, fixed_places: Option<u8>) -> Result<Self, ReadError> {
        if let Some(places) = fixed_places.filter(|it| *it > FIXED_PLACES_MAX) {
            let expected = format!("at most {FIXED_PLACES_MAX}");
            let fault = Fault::field("fixed_places", expected, places.to_string().as_bytes());
            return Err(fault.in_file(path));
        }
        let file = open_file(path)?;
        let size = file.metadata().map_err(|e| ReadError::io(path, "read", e))?.len();
        let batches = Batches::open(file, BATCH_ROWS, Embedded::Used);
        let batches = batches.map_err(|what| ReadError::whole(path, "a Parquet file", what))?;
        let mut names = Vec::new();
        for field in batches.schema().fields() {
            match field.data_type() {
                DataType::List(_) | DataType::LargeList(_) if list_cells > 0 => {
                    names.extend((0..list_cells).map(|n| format!("{}[{n}]", field.name())));
                }
                _ => names.push(field.name().clone()),
            }
        }
        Ok(Self {
            path: path.to_owned(),
            batches,
            batch: None,
            at: 0,
            rows: 0,
            size,
            names,
            list_cells,
            fixed_places,
            text: Vec::new(),
            cells: Cells::default(),
        })
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }
    /// Bytes are told by the share of rows read.
    pub(crate) fn position(&self) -> Position {
        let share =
            u128::from(self.size) * u128::from(self.rows) / u128::from(self.batches.rows_total().max(1));
        let bytes = u64::try_from(share).unwrap_or(self.size);
        Position { line: self.rows, rows: self.rows, bytes, bytes_total: Some(self.size) }
    }

    /// Hands the next row, counted from 1, to `each`; false at the end.
    pub(crate) fn next_row(
        &mut self,
        each: impl FnOnce(&Row<'_>, u64) -> Result<(), Fault>,
    ) -> Result<bool, ReadError> {
        while self.batch.as_ref().is_none_or(|it| self.at == it.num_rows()) {
            match self.batches.next() {
                None => return Ok(false),
                Some(Ok(batch)) => (self.batch, self.at) = (Some(batch), 0),
                Some(Err(what)) => {
                    let expected = format!("sound Parquet data (after row {})", self.rows);
                    return Err(ReadError::whole(&self.path, expected, what));
                }
            }
        }
        self.text.clear();
        self.cells.clear();
        self.rows += 1;
        if let Some(batch) = &self.batch {
            for column in batch.columns() {
                put_column(
                    column,
                    self.at,
                    self.list_cells,
                    self.fixed_places,
                    &mut self.text,
                    &mut self.cells,
                );
            }
        }
        self.at += 1;
        match each(&self.cells.of(&self.text), self.rows) {
            Ok(()) => Ok(true),
            Err(fault) => Err(fault.at(&self.path, self.rows, 0)),
        }
    }
}

fn put_column(
    column: &ArrayRef,
    at: usize,
    list_cells: usize,
    fixed_places: Option<u8>,
    text: &mut Vec<u8>,
    cells: &mut Cells,
) {
    let list = match column.data_type() {
        DataType::List(_) if list_cells > 0 => Some(column.as_list::<i32>().value(at)),
        DataType::LargeList(_) if list_cells > 0 => Some(column.as_list::<i64>().value(at)),
        _ => None,
    };
    let Some(list) = list else { return put(column, at, fixed_places, text, cells) };
    for n in 0..list_cells {
        if n < list.len() && !column.is_null(at) {
            put(&list, n, fixed_places, text, cells);
        } else {
            cells.push(text.len(), text.len());
        }
    }
}

/// One value as text; a null as nothing, and a type that stands for no number by its name, which no field takes.
fn put(column: &ArrayRef, at: usize, fixed_places: Option<u8>, text: &mut Vec<u8>, cells: &mut Cells) {
    let start = text.len();
    if !column.is_null(at) {
        write_value(column, at, fixed_places, text);
    }
    cells.push(start, text.len());
}

fn write_value(column: &ArrayRef, at: usize, fixed_places: Option<u8>, text: &mut Vec<u8>) {
    macro_rules! number {
        ($kind:ty) => {
            write!(text, "{}", column.as_primitive::<$kind>().value(at))
        };
    }
    macro_rules! nanos {
        ($kind:ty, $unit:literal) => {
            write!(text, "{}", i128::from(column.as_primitive::<$kind>().value(at)) * $unit)
        };
    }
    let written = match column.data_type() {
        DataType::Int8 => number!(Int8Type),
        DataType::Int16 => number!(Int16Type),
        DataType::Int32 => number!(Int32Type),
        DataType::Int64 => number!(Int64Type),
        DataType::UInt8 => number!(UInt8Type),
        DataType::UInt16 => number!(UInt16Type),
        DataType::UInt32 => number!(UInt32Type),
        DataType::UInt64 => number!(UInt64Type),
        DataType::Float32 => number!(Float32Type),
        DataType::Float64 => number!(Float64Type),
        DataType::Boolean => write!(text, "{}", column.as_boolean().value(at)),
        DataType::Utf8 => text.write_all(column.as_string::<i32>().value(at).as_bytes()),
        DataType::LargeUtf8 => text.write_all(column.as_string::<i64>().value(at).as_bytes()),
        DataType::Utf8View => text.write_all(column.as_string_view().value(at).as_bytes()),
        DataType::Decimal128(_, _) => {
            text.write_all(column.as_primitive::<Decimal128Type>().value_as_string(at).as_bytes())
        }
        DataType::Date32 => nanos!(Date32Type, 86_400_000_000_000),
        DataType::Timestamp(TimeUnit::Second, _) => nanos!(TimestampSecondType, 1_000_000_000),
        DataType::Timestamp(TimeUnit::Millisecond, _) => nanos!(TimestampMillisecondType, 1_000_000),
        DataType::Timestamp(TimeUnit::Microsecond, _) => nanos!(TimestampMicrosecondType, 1_000),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => nanos!(TimestampNanosecondType, 1),
        other => match (fixed_places, fixed_value(column, at)) {
            (Some(places), Some(value)) => write_fixed(value, places, text),
            _ => write!(text, "({other})"),
        },
    };
    written.expect("writing to memory cannot fail");
}

/// The whole number in a value of fixed-size binary.
fn fixed_value(column: &ArrayRef, at: usize) -> Option<i128> {
    let DataType::FixedSizeBinary(_) = column.data_type() else { return None };
    let bytes = column.as_fixed_size_binary().value(at);
    if let Ok(bytes) = <[u8; 8]>::try_from(bytes) {
        return Some(i128::from(i64::from_le_bytes(bytes)));
    }
    <[u8; 16]>::try_from(bytes).ok().map(i128::from_le_bytes)
}

fn write_fixed(value: i128, places: u8, text: &mut Vec<u8>) -> std::io::Result<()> {
    let one = 10_u128.pow(u32::from(places.min(FIXED_PLACES_MAX)));
    let (size, sign) = (value.unsigned_abs(), if value < 0 { "-" } else { "" });
    match places {
        0 => write!(text, "{sign}{size}"),
        _ => write!(text, "{sign}{}.{:0width$}", size / one, size % one, width = usize::from(places)),
    }
}
