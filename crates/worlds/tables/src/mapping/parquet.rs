//! Parquet files as rows of cells: batch by batch, each value as the shortest text that stands for it exactly.

use super::cells::{Cells, Row};
use crate::fault::Fault;
use crate::flat::{Column, ColumnType, Reader, Values, write_decimal};
use crate::reader::{Position, ReadError};
use crate::source::open_file;
use std::io::Read;
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
    reader: Reader,
    /// Rows of the batch at hand, and the next of them.
    batch_rows: usize,
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
        let reader = Reader::open(file, BATCH_ROWS);
        let reader = reader.map_err(|what| ReadError::whole(path, "a Parquet file", what.0))?;
        let mut names = Vec::new();
        for field in reader.fields() {
            match field.holds {
                ColumnType::List(_) if list_cells > 0 => {
                    names.extend((0..list_cells).map(|n| format!("{}[{n}]", field.name)));
                }
                _ => names.push(field.name.clone()),
            }
        }
        Ok(Self {
            path: path.to_owned(),
            reader,
            batch_rows: 0,
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
        let total = u128::from(self.reader.rows_total().max(1));
        let share = u128::from(self.size) * u128::from(self.rows) / total;
        let bytes = u64::try_from(share).unwrap_or(self.size);
        Position { line: self.rows, rows: self.rows, bytes, bytes_total: Some(self.size) }
    }

    /// Hands the next row, counted from 1, to `each`; false at the end.
    pub(crate) fn next_row(
        &mut self,
        each: impl FnOnce(&Row<'_>, u64) -> Result<(), Fault>,
    ) -> Result<bool, ReadError> {
        while self.at == self.batch_rows {
            match self.reader.next_batch() {
                Ok(None) => return Ok(false),
                Ok(Some(batch)) => (self.batch_rows, self.at) = (batch.rows, 0),
                Err(what) => {
                    let expected = format!("sound Parquet data (after row {})", self.rows);
                    return Err(ReadError::whole(&self.path, expected, what.0));
                }
            }
        }
        self.text.clear();
        self.cells.clear();
        self.rows += 1;
        for column in &self.reader.batch().columns {
            match &column.values {
                Values::List(ends, items) if self.list_cells > 0 => {
                    let from = if self.at == 0 { 0 } else { ends[self.at - 1] };
                    for n in from..from + self.list_cells {
                        let at = (n < ends[self.at]).then_some(n);
                        put(items, at, self.fixed_places, &mut self.text, &mut self.cells);
                    }
                }
                _ => put(column, Some(self.at), self.fixed_places, &mut self.text, &mut self.cells),
            }
        }
        self.at += 1;
        match each(&self.cells.of(&self.text), self.rows) {
            Ok(()) => Ok(true),
            Err(fault) => Err(fault.at(&self.path, self.rows, 0)),
        }
    }
}

/// One value as text, and nothing for none; a type that stands for no number by its name, which no field takes.
fn put(column: &Column, at: Option<usize>, fixed_places: Option<u8>, text: &mut Vec<u8>, cells: &mut Cells) {
    let start = text.len();
    if let Some(at) = at {
        match (&column.values, fixed_places) {
            (Values::Bytes(bytes, length @ (8 | 16)), Some(places)) if column.has(at) => {
                let value = fixed_value(&bytes[at * length..(at + 1) * length]);
                write_decimal(value, u32::from(places), text).expect("writing to memory cannot fail");
            }
            _ => column.write_text(at, text),
        }
    }
    cells.push(start, text.len());
}

/// The whole number in 8 or 16 bytes, the lowest first.
fn fixed_value(bytes: &[u8]) -> i128 {
    match bytes.try_into() {
        Ok(bytes) => i128::from_le_bytes(bytes),
        Err(_) => bytes.try_into().map_or(0, |it| i128::from(i64::from_le_bytes(it))),
    }
}
