//! Tables for people and their tools: the same columns as CSV, JSON lines and Parquet.

use rust_decimal::Decimal;
use scalp_tables::flat::{self, ColumnType, Field, Texts, Values, Writer};
use scalp_tables::text::TimeUnit;
use scalp_types::{Money, Timestamp};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Rows of a row group of Parquet, at most.
const GROUP_ROWS: usize = 1 << 20;

/// A table that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {message}", path.display())]
pub struct ExportError {
    /// Which file.
    pub path: PathBuf,
    /// Why.
    pub message: String,
}

/// One column; `None` is an empty cell.
#[derive(Debug, Clone)]
pub enum Column {
    /// Text.
    Text(Vec<Option<String>>),
    /// Whole numbers.
    Whole(Vec<Option<i64>>),
    /// Times.
    Time(Vec<Option<Timestamp>>),
    /// Exact decimals with up to this many places.
    Decimal(Vec<Option<Decimal>>, u32),
    /// Money, eight places.
    Money(Vec<Option<Money>>),
    /// Measured or estimated numbers.
    Real(Vec<Option<f64>>),
}

/// Columns of equal length under a name.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// The file's name without its ending.
    pub name: &'static str,
    columns: Vec<(&'static str, Column)>,
}

impl Column {
    fn len(&self) -> usize {
        match self {
            Self::Text(it) => it.len(),
            Self::Whole(it) => it.len(),
            Self::Time(it) => it.len(),
            Self::Decimal(it, _) => it.len(),
            Self::Money(it) => it.len(),
            Self::Real(it) => it.len(),
        }
    }

    /// The cell as text, exact for everything but `Real`, which is the shortest text that reads back the same.
    fn cell(&self, row: usize) -> String {
        let text = match self {
            Self::Text(it) => it[row].clone(),
            Self::Whole(it) => it[row].map(|it| it.to_string()),
            Self::Time(it) => it[row].map(|it| it.to_string()),
            Self::Decimal(it, _) => it[row].map(|it| it.to_string()),
            Self::Money(it) => it[row].map(|it| it.to_string()),
            Self::Real(it) => it[row].map(|it| it.to_string()),
        };
        text.unwrap_or_default()
    }

    /// The cell as JSON: exact numbers, quoted texts and times, null where it is empty.
    fn json(&self, row: usize) -> String {
        let text = self.cell(row);
        match self {
            _ if text.is_empty() && !matches!(self, Self::Text(it) if it[row].is_some()) => "null".into(),
            Self::Text(_) | Self::Time(_) => serde_json::Value::String(text).to_string(),
            Self::Real(it) if it[row].is_some_and(|it| !it.is_finite()) => "null".into(),
            Self::Whole(_) | Self::Decimal(..) | Self::Money(_) | Self::Real(_) => text,
        }
    }

    /// The column as it stands in Parquet.
    fn stored(&self) -> Result<(ColumnType, flat::Column), String> {
        Ok(match self {
            Self::Text(it) => {
                let mut texts = Texts::default();
                it.iter().for_each(|it| texts.push(it.as_deref().unwrap_or_default()));
                let present = it.iter().map(Option::is_some).collect();
                (ColumnType::Text, flat::Column { values: Values::Text(texts), present })
            }
            Self::Whole(it) => {
                let whole = ColumnType::Whole { bits: 64, signed: true };
                (whole, flat::Column::of(it.iter().copied(), Values::Whole))
            }
            Self::Time(it) => {
                let counts = it.iter().map(|it| it.map(Timestamp::nanos));
                let column = flat::Column::of(counts, |counts| Values::Time { counts, nanos: 1 });
                (ColumnType::Instant { unit: TimeUnit::Nanos, utc: true }, column)
            }
            Self::Decimal(it, places) => {
                decimals(it.iter().map(|it| it.map(|it| scaled(it, *places))), *places)?
            }
            Self::Money(it) => decimals(it.iter().map(|it| it.map(|it| Some(it.get()))), 8)?,
            Self::Real(it) => {
                (ColumnType::Real { bits: 64 }, flat::Column::of(it.iter().copied(), Values::Real))
            }
        })
    }
}

fn scaled(value: Decimal, places: u32) -> Option<i128> {
    let value = value.normalize();
    let up = places.checked_sub(value.scale())?;
    value.mantissa().checked_mul(10_i128.checked_pow(up)?)
}

fn decimals(
    cells: impl Iterator<Item = Option<Option<i128>>>,
    places: u32,
) -> Result<(ColumnType, flat::Column), String> {
    let cells: Option<Vec<Option<i128>>> = cells.map(|it| it.map_or(Some(None), |it| it.map(Some))).collect();
    let cells = cells.ok_or_else(|| format!("a value has more than {places} decimal places"))?;
    let column = flat::Column::of(cells.into_iter(), |unscaled| Values::Decimal { unscaled, places });
    Ok((ColumnType::Decimal { digits: flat::DIGITS_MAX, places }, column))
}

impl Table {
    /// An empty table.
    pub const fn new(name: &'static str) -> Self {
        Self { name, columns: Vec::new() }
    }

    /// Adds a column. Panics when its length differs from the others'.
    #[must_use]
    pub fn with(mut self, name: &'static str, column: Column) -> Self {
        assert!(self.columns.is_empty() || self.rows() == column.len(), "column {name} has another length");
        self.columns.push((name, column));
        self
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, it)| it.len())
    }

    /// Writes `folder/name.csv`, `folder/name.jsonl` (one object a line) and `folder/name.parquet`.
    pub fn write(&self, folder: &Path) -> Result<(), ExportError> {
        self.write_csv(&folder.join(format!("{}.csv", self.name)))?;
        self.write_json(&folder.join(format!("{}.jsonl", self.name)))?;
        self.write_parquet(&folder.join(format!("{}.parquet", self.name)))
    }

    fn write_csv(&self, path: &Path) -> Result<(), ExportError> {
        let failed = |message: String| ExportError { path: path.to_owned(), message };
        let file = File::create(path).map_err(|e| failed(e.to_string()))?;
        let mut out = csv::Writer::from_writer(BufWriter::new(file));
        out.write_record(self.columns.iter().map(|(name, _)| *name)).map_err(|e| failed(e.to_string()))?;
        for row in 0..self.rows() {
            out.write_record(self.columns.iter().map(|(_, it)| it.cell(row)))
                .map_err(|e| failed(e.to_string()))?;
        }
        let mut file = out.into_inner().map_err(|e| failed(e.to_string()))?;
        file.flush().map_err(|e| failed(e.to_string()))
    }

    fn write_json(&self, path: &Path) -> Result<(), ExportError> {
        let failed = |e: std::io::Error| ExportError { path: path.to_owned(), message: e.to_string() };
        let mut out = BufWriter::new(File::create(path).map_err(failed)?);
        for row in 0..self.rows() {
            let cells = self.columns.iter().map(|(name, it)| format!("\"{name}\":{}", it.json(row)));
            writeln!(out, "{{{}}}", cells.collect::<Vec<_>>().join(",")).map_err(failed)?;
        }
        out.flush().map_err(failed)
    }

    fn write_parquet(&self, path: &Path) -> Result<(), ExportError> {
        let failed = |message: String| ExportError { path: path.to_owned(), message };
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        for (name, column) in &self.columns {
            let (holds, column) = column.stored().map_err(|e| failed(format!("column {name}: {e}")))?;
            fields.push(Field { name: (*name).to_owned(), holds, nullable: true });
            columns.push(column);
        }
        let file = File::create(path).map_err(|e| failed(e.to_string()))?;
        let mut writer = Writer::create(file, &fields, &[]).map_err(|e| failed(e.to_string()))?;
        let columns: Vec<&flat::Column> = columns.iter().collect();
        let written = writer.write(&columns, self.rows(), GROUP_ROWS);
        written.and_then(|()| writer.finish()).map(drop).map_err(|e| failed(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalp_tables::flat::Reader;

    fn sample() -> Table {
        Table::new("sample")
            .with("who", Column::Text(vec![Some("a,\"b\"".into()), None]))
            .with("n", Column::Whole(vec![Some(-3), None]))
            .with("at", Column::Time(vec![Some(Timestamp::from_nanos(1)), None]))
            .with("price", Column::Decimal(vec![Some(Decimal::new(616_597, 1)), None], 2))
            .with("fee", Column::Money(vec![Some(Money::new(-150_000_001)), None]))
            .with("x", Column::Real(vec![Some(0.1), None]))
    }

    #[test]
    fn csv_is_exact_and_quoted() {
        let folder = tempfile::tempdir().unwrap();
        sample().write(folder.path()).unwrap();
        let text = std::fs::read_to_string(folder.path().join("sample.csv")).unwrap();
        let want = "who,n,at,price,fee,x\n\"a,\"\"b\"\"\",-3,1970-01-01T00:00:00.000000001Z,61659.7,-1.50000001,0.1\n,,,,,\n";
        assert_eq!(text, want);
    }

    #[test]
    fn json_lines_hold_exact_numbers_and_nulls() {
        let folder = tempfile::tempdir().unwrap();
        sample().write(folder.path()).unwrap();
        let text = std::fs::read_to_string(folder.path().join("sample.jsonl")).unwrap();
        let want = "{\"who\":\"a,\\\"b\\\"\",\"n\":-3,\"at\":\"1970-01-01T00:00:00.000000001Z\",\"price\":61659.7,\
                    \"fee\":-1.50000001,\"x\":0.1}\n{\"who\":null,\"n\":null,\"at\":null,\"price\":null,\"fee\":null,\"x\":null}\n";
        assert_eq!(text, want);
        assert!(text.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    }

    #[test]
    fn parquet_reads_back_with_the_plain_reader() {
        let folder = tempfile::tempdir().unwrap();
        sample().write(folder.path()).unwrap();
        let file = File::open(folder.path().join("sample.parquet")).unwrap();
        let mut reader = Reader::open(file, 10).unwrap();
        let types: Vec<String> = reader.fields().iter().map(|it| it.holds.to_string()).collect();
        let want = ["string", "int64", "timestamp[ns, UTC]", "decimal(38, 2)", "decimal(38, 8)", "float64"];
        assert_eq!(types, want);
        let batch = reader.next_batch().unwrap().unwrap();
        let cell = |row: usize, at: usize| {
            let mut text = Vec::new();
            batch.columns[at].write_text(row, &mut text);
            String::from_utf8(text).unwrap()
        };
        let row = |row: usize| (0..6).map(|at| cell(row, at)).collect::<Vec<_>>();
        assert_eq!(row(0), ["a,\"b\"", "-3", "1", "61659.70", "-1.50000001", "0.1"]);
        assert_eq!((batch.rows, row(1).concat().as_str()), (2, ""));
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = sample().write(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(error.to_string().starts_with("/nowhere/at/all/sample.csv: "), "{error}");
    }
}
