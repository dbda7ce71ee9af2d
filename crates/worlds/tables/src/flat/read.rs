//! A file as batches of columns. The library that decodes it panics on some damage, where a decoder of bytes that anyone
//! may have written has to answer with an error: here such a panic becomes one, and nothing is read after it.
//! What cannot be mended from here: in a header, a list of truth values takes no bytes, so that one made on purpose can
//! claim two thousand million of them, and the library counts them all before it goes on; seconds for every such list.

use super::decode::Decoder;
use super::{Column, Damage, Field, Values, schema};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Reads a file from its first row to its last.
pub struct Reader {
    /// `None` at the end and after damage.
    file: Option<SerializedFileReader<File>>,
    fields: Vec<Field>,
    /// One for each column that is read.
    decoders: Vec<Option<Decoder>>,
    rows_total: u64,
    batch_rows: usize,
    /// The group of rows that comes next.
    group: usize,
    /// Rows of the group at hand that were not read yet.
    left: usize,
    batch: Batch,
}

/// Some rows, one column for each field.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// How many.
    pub rows: usize,
    /// Their values.
    pub columns: Vec<Column>,
}

impl Reader {
    /// Opens a file, whose rows will come by `batch_rows` at most.
    pub fn open(file: File, batch_rows: usize) -> Result<Self, Damage> {
        guarded(|| {
            let file = SerializedFileReader::new(file)?;
            let metadata = file.metadata().file_metadata();
            let rows_total = u64::try_from(metadata.num_rows()).unwrap_or(0);
            let columns = metadata.schema_descr();
            let (fields, leaves): (Vec<Field>, Vec<_>) = schema::fields(columns).into_iter().unzip();
            let decoder = |(it, leaf): (&Field, Option<usize>)| {
                leaf.map(|at| Decoder::new(at, &it.holds, &columns.column(at)))
            };
            let decoders = fields.iter().zip(leaves).map(decoder).collect();
            let none = fields.iter().map(|it| Column::full(Values::none(&it.holds)));
            let batch = Batch { rows: 0, columns: none.collect() };
            Ok(Self { file: Some(file), fields, decoders, rows_total, batch_rows, group: 0, left: 0, batch })
        })
    }
    /// The columns.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }
    /// The rows that the file says it has.
    #[must_use]
    pub fn rows_total(&self) -> u64 {
        self.rows_total
    }
    /// What the file says beside its columns.
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<&str> {
        let all = self.file.as_ref()?.metadata().file_metadata().key_value_metadata()?;
        all.iter().find(|it| it.key == key)?.value.as_deref()
    }

    /// The next rows; `None` at the end and after damage.
    pub fn next_batch(&mut self) -> Result<Option<&Batch>, Damage> {
        match self.fill() {
            Ok(true) => Ok(Some(&self.batch)),
            Ok(false) => {
                self.file = None;
                Ok(None)
            }
            Err(damage) => {
                self.file = None;
                Err(damage)
            }
        }
    }

    /// The rows that were read last.
    #[must_use]
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    fn fill(&mut self) -> Result<bool, Damage> {
        let Some(file) = &self.file else { return Ok(false) };
        while self.left == 0 {
            if self.group == file.num_row_groups() {
                return Ok(false);
            }
            let group = guarded(|| file.get_row_group(self.group))?;
            self.left = usize::try_from(group.metadata().num_rows())
                .map_err(|_| Damage(format!("a group of {} rows", group.metadata().num_rows())))?;
            for (field, decoder) in self.fields.iter().zip(&mut self.decoders) {
                let Some(decoder) = decoder else { continue };
                let reader = guarded(|| group.get_column_reader(decoder.leaf));
                decoder.begin(reader.map_err(|it| it.of(field))?);
            }
            self.group += 1;
        }
        if self.decoders.iter().all(Option::is_none) {
            return Err(Damage("it has no column of values that are read".into()));
        }
        let rows = self.left.min(self.batch_rows);
        for ((field, decoder), column) in
            self.fields.iter().zip(&mut self.decoders).zip(&mut self.batch.columns)
        {
            if let Some(decoder) = decoder {
                guarded(|| decoder.fill(rows, column)).map_err(|it| it.of(field))?;
            }
        }
        self.batch.rows = rows;
        self.left -= rows;
        Ok(true)
    }
}

impl Damage {
    fn of(self, field: &Field) -> Self {
        Self(format!("column {}: {}", field.name, self.0))
    }
}

/// Runs `work` of the library. What it was given is not used after a panic, so nobody sees it half changed.
fn guarded<T>(work: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, Damage> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|e| Damage(without_layers(&e.to_string()))),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a reason");
            Err(Damage(format!("the Parquet library could not go on: {said}")))
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

    #[test]
    fn the_layers_of_an_error_are_left_out() {
        let text = "External: Parquet argument error: External: snappy: corrupt input";
        assert_eq!(without_layers(text), "snappy: corrupt input");
        let text = "Parquet error: Disabled feature at compile time: lz4";
        assert_eq!(without_layers(text), "columns packed with lz4, which is not read");
    }
}
