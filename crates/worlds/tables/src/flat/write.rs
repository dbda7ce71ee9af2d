//! Columns into a file. Each column of a group of rows is packed by itself, so that many threads can pack many at once;
//! they stand in the file in the order in which they are added.

use super::{Column, Field, Values, schema};
use bytes::Bytes;
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::{ColumnCloseResult, ColumnWriter, ColumnWriterImpl, get_column_writer};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{
    SerializedFileWriter, SerializedPageWriter, SerializedRowGroupWriter, TrackedWrite,
};
use parquet::schema::types::ColumnDescPtr;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// Level of zstd: digits do not pack much smaller at higher ones, and take longer.
const PACK_LEVEL: i32 = 1;
/// Rows handed to the library at once: so few that what is made of them stays in the cache of a core.
const PIECE_ROWS: usize = 1024;

/// Writes a file, packed with zstd.
#[derive(Debug)]
pub struct Writer {
    out: SerializedFileWriter<File>,
    packer: Packer,
}

/// Packs columns of one file; each thread may have its own.
#[derive(Debug, Clone)]
pub struct Packer {
    columns: Arc<[ColumnDescPtr]>,
    properties: WriterPropertiesPtr,
}

/// A packed column of a group of rows.
pub struct Packed {
    bytes: Bytes,
    result: ColumnCloseResult,
}

/// A group of rows that takes its columns.
pub struct Group<'a>(SerializedRowGroupWriter<'a, File>);

impl Writer {
    /// Starts a file with these columns, and texts beside them.
    ///
    /// # Errors
    /// A column of a type that is not written: those are whole numbers, numbers of 64 bits, words, points in time finer
    /// than a second and decimals of 38 digits.
    pub fn create(file: File, fields: &[Field], texts: &[(&str, &str)]) -> io::Result<Self> {
        let texts = texts.iter().map(|(key, value)| KeyValue::new((*key).to_owned(), (*value).to_owned()));
        let texts: Vec<KeyValue> = texts.collect();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(PACK_LEVEL).map_err(to_io)?))
            .set_key_value_metadata((!texts.is_empty()).then_some(texts))
            .build();
        let properties = Arc::new(properties);
        let schema = schema::parquet_schema(fields).map_err(to_io)?;
        let out = SerializedFileWriter::new(file, schema, Arc::clone(&properties)).map_err(to_io)?;
        let columns = out.schema_descr().columns().into();
        Ok(Self { out, packer: Packer { columns, properties } })
    }
    /// What packs the columns.
    #[must_use]
    pub fn packer(&self) -> Packer {
        self.packer.clone()
    }
    /// Begins a group of rows.
    pub fn group(&mut self) -> io::Result<Group<'_>> {
        self.out.next_row_group().map(Group).map_err(to_io)
    }
    /// Writes rows, so many in a group at most. Panics when the columns are not as many as the fields, or one is shorter.
    pub fn write(&mut self, columns: &[&Column], rows: usize, group_rows: usize) -> io::Result<()> {
        assert!(columns.len() == self.packer.columns.len(), "a column for each field");
        let packer = self.packer();
        for from in (0..rows).step_by(group_rows) {
            let mut group = self.group()?;
            for (at, column) in columns.iter().enumerate() {
                group.add(packer.pack(at, column, from..rows.min(from + group_rows))?)?;
            }
            group.end()?;
        }
        Ok(())
    }
    /// Ends the file.
    pub fn finish(self) -> io::Result<File> {
        self.out.into_inner().map_err(to_io)
    }
}

impl Group<'_> {
    /// Adds the next column.
    pub fn add(&mut self, column: Packed) -> io::Result<()> {
        self.0.append_column(&column.bytes, column.result).map_err(to_io)
    }
    /// Ends the group, which has all its columns.
    pub fn end(self) -> io::Result<()> {
        self.0.close().map(drop).map_err(to_io)
    }
}

impl Packer {
    /// Packs these rows of the column at this place.
    pub fn pack(&self, at: usize, column: &Column, rows: Range<usize>) -> io::Result<Packed> {
        let mut out = TrackedWrite::new(Vec::new());
        let pages = Box::new(SerializedPageWriter::new(&mut out));
        let descriptor = Arc::clone(&self.columns[at]);
        let writer = get_column_writer(Arc::clone(&descriptor), Arc::clone(&self.properties), pages);
        let values = Rows { column, rows, nullable: descriptor.max_def_level() > 0 };
        let result = values.put(writer).map_err(to_io)?;
        let bytes = out.into_inner().map_err(to_io)?.into();
        Ok(Packed { bytes, result })
    }
}

/// Rows of a column on their way into a file.
struct Rows<'a> {
    column: &'a Column,
    rows: Range<usize>,
    nullable: bool,
}

impl Rows<'_> {
    fn put(&self, writer: ColumnWriter<'_>) -> Result<ColumnCloseResult, ParquetError> {
        use ColumnWriter as To;
        match (writer, &self.column.values) {
            (To::Int64ColumnWriter(to), Values::Whole(it) | Values::Time { counts: it, .. }) => {
                self.each(to, |row| it[row])
            }
            (To::Int64ColumnWriter(to), Values::Count(it)) => self.each(to, |row| it[row].cast_signed()),
            // The low bits are the number, with a sign or without.
            (To::Int32ColumnWriter(to), Values::Whole(it)) => self.each(to, |row| it[row] as i32),
            (To::DoubleColumnWriter(to), Values::Real(it)) => self.each(to, |row| it[row]),
            (To::ByteArrayColumnWriter(to), Values::Text(it)) => {
                self.pieces(to, |row, bytes| bytes.extend_from_slice(it.get(row).as_bytes()))
            }
            (To::FixedLenByteArrayColumnWriter(to), Values::Decimal { unscaled, .. }) => {
                self.pieces(to, |row, bytes| bytes.extend_from_slice(&unscaled[row].to_be_bytes()))
            }
            _ => Err(ParquetError::General("a column of other values than its field says".into())),
        }
    }

    /// Writes values that are made one by one.
    fn each<T: DataType>(
        &self,
        to: ColumnWriterImpl<'_, T>,
        value: impl Fn(usize) -> T::T,
    ) -> Result<ColumnCloseResult, ParquetError> {
        self.all(to, |rows, values| match self.column.present.is_empty() {
            true => values.extend(rows.map(&value)),
            false => values.extend(rows.filter(|row| self.column.has(*row)).map(&value)),
        })
    }

    /// Writes pieces of bytes, which `put` puts side by side.
    fn pieces<T: DataType<T: From<ByteArray>>>(
        &self,
        to: ColumnWriterImpl<'_, T>,
        put: impl Fn(usize, &mut Vec<u8>),
    ) -> Result<ColumnCloseResult, ParquetError> {
        let mut ends = Vec::new();
        self.all(to, |rows, values| {
            let mut bytes = Vec::new();
            ends.clear();
            for row in rows.filter(|row| self.column.has(*row)) {
                put(row, &mut bytes);
                ends.push(bytes.len());
            }
            let bytes = ByteArray::from(bytes);
            let mut from = 0;
            values.extend(ends.iter().map(|&end| {
                let piece = bytes.slice(from, end - from);
                from = end;
                T::T::from(piece)
            }));
        })
    }

    /// Writes all rows; `make` makes the values of those of a piece that have one.
    fn all<T: DataType>(
        &self,
        mut to: ColumnWriterImpl<'_, T>,
        mut make: impl FnMut(Range<usize>, &mut Vec<T::T>),
    ) -> Result<ColumnCloseResult, ParquetError> {
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        for from in self.rows.clone().step_by(PIECE_ROWS) {
            let rows = from..self.rows.end.min(from + PIECE_ROWS);
            values.clear();
            make(rows.clone(), &mut values);
            levels.clear();
            if self.nullable {
                levels.extend(rows.map(|row| i16::from(self.column.has(row))));
            } else if values.len() < rows.len() {
                return Err(ParquetError::General("a row without a value where each has one".into()));
            }
            to.write_batch(&values, self.nullable.then_some(&levels[..]), None)?;
        }
        to.close()
    }
}

fn to_io(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(io) => *io,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}
