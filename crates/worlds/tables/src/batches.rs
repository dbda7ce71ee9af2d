//! A Parquet file as record batches. The library that decodes it panics on some damage, where a decoder of bytes that
//! anyone may have written has to answer with an error: here such a panic becomes one, and nothing is read after it.
//! What cannot be mended from here: in a header, a list of truth values takes no bytes, so that one made on purpose can
//! claim two thousand million of them, and the library counts them all before it goes on; seconds for every such list.

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the file says of its columns beside the Parquet schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Embedded {
    /// The Arrow schema that its writer may have stored with it tells more of a column (a time in seconds, say).
    Used,
    /// The Parquet schema says all.
    Ignored,
}

/// The batches of a file.
pub(crate) struct Batches {
    /// `None` after damage.
    reader: Option<ParquetRecordBatchReader>,
    schema: Schema,
    rows_total: u64,
}

impl Batches {
    /// Opens a file, whose rows will come by `batch_rows`; an error says what is damaged.
    pub(crate) fn open(file: File, batch_rows: usize, embedded: Embedded) -> Result<Self, String> {
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(embedded == Embedded::Ignored);
        guarded(|| {
            let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)?;
            let rows_total = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
            let schema = builder.schema().as_ref().clone();
            let reader = Some(builder.with_batch_size(batch_rows).build()?);
            Ok(Self { reader, schema, rows_total })
        })
    }
    /// The columns.
    pub(crate) fn schema(&self) -> &Schema {
        &self.schema
    }
    /// The rows that the file says it has.
    pub(crate) fn rows_total(&self) -> u64 {
        self.rows_total
    }
    /// The next batch; `None` at the end and after damage.
    pub(crate) fn next(&mut self) -> Option<Result<RecordBatch, String>> {
        let mut reader = self.reader.take()?;
        match guarded(|| Ok(reader.next().transpose()?.map(|batch| (reader, batch)))) {
            Ok(Some((reader, batch))) => {
                self.reader = Some(reader);
                Some(Ok(batch))
            }
            Ok(None) => None,
            Err(damage) => Some(Err(damage)),
        }
    }
}

/// Runs `work` of the library. What it was given does not outlive a panic, so nobody sees it half changed.
fn guarded<T>(work: impl FnOnce() -> Result<T, parquet::errors::ParquetError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|e| without_layers(&e.to_string())),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a reason");
            Err(format!("the Parquet library could not go on: {said}"))
        }
    }
}

/// What is wrong, without the names of the layers that passed it on.
fn without_layers(mut text: &str) -> String {
    const LAYERS: [&str; 3] = ["External: ", "Parquet argument error: ", "Parquet error: "];
    while let Some(rest) = LAYERS.iter().find_map(|it| text.strip_prefix(it)) {
        text = rest;
    }
    match text.strip_prefix("Disabled feature at compile time: ") {
        Some(packing) => format!("columns packed with {packing}, which is not read"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buffer::EventBuffer;
    use crate::columns::TableWriter;
    use crate::eventfile::Kind;
    use crate::samples::{instruments, trade};
    use scalp_types::InstrumentId;

    /// Reads everything; the rows, or what is damaged.
    fn read(bytes: &[u8], embedded: Embedded) -> Result<usize, String> {
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), bytes).unwrap();
        let mut batches = Batches::open(File::open(path.path()).unwrap(), 100, embedded)?;
        let mut rows = 0;
        while let Some(batch) = batches.next() {
            rows += batch?.num_rows();
        }
        assert!(batches.next().is_none(), "nothing comes after the end");
        Ok(rows)
    }

    #[test]
    fn the_layers_of_an_error_are_left_out() {
        let text = "External: Parquet argument error: External: snappy: corrupt input";
        assert_eq!(without_layers(text), "snappy: corrupt input");
        let text = "Parquet error: Disabled feature at compile time: lz4";
        assert_eq!(without_layers(text), "columns packed with lz4, which is not read");
    }

    #[test]
    fn a_changed_byte_anywhere_is_rows_or_an_error_and_never_a_panic() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trades.parquet");
        let table = instruments();
        let mut writer = TableWriter::create(&path, Kind::Trade, table.get(InstrumentId(0)), "[]").unwrap();
        let mut events = EventBuffer::new();
        (0..5).for_each(|n| trade(&mut events, 0, n, n + 1, n as u64));
        events.iter_with_source().for_each(|(event, seq)| writer.push(&event, seq).unwrap());
        writer.finish().unwrap().keep().unwrap();
        let sound = std::fs::read(&path).unwrap();
        let mut caught = 0;
        for embedded in [Embedded::Used, Embedded::Ignored] {
            assert_eq!(read(&sound, embedded), Ok(5));
            for at in 0..sound.len() {
                let mut bytes = sound.clone();
                bytes[at] ^= 0x12;
                if let Err(what) = read(&bytes, embedded) {
                    caught += usize::from(what.starts_with("the Parquet library could not go on: "));
                }
            }
        }
        println!("{caught} panics of the library became errors");
        assert!(caught > 0, "the library mends its panics: this room may no longer need to catch them");
    }
}
