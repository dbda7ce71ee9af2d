//! Columns into a file: Parquet by its name, else CSV. A value is written with the fewest digits that read back as the same
//! number; an absent one is an empty cell.

use super::FeaturesError;
use super::cache::{Cache, Found};
use super::compute::{Computed, Plan, Pool};
use arrow_array::{ArrayRef, Float64Array, TimestampNanosecondArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::compute_leaves;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// Most bytes of columns that are in memory at a time while Parquet is written.
const PART_BYTES: usize = 1 << 30;

/// Writes a file. It appears under its name only when it is whole.
pub fn write(path: &Path, computed: &Computed) -> Result<(), FeaturesError> {
    whole(path, |file| {
        let fault = |what: String| FeaturesError::Write { file: path.into(), what };
        if is_parquet(path) {
            let titles: Vec<String> = computed.columns.iter().map(|it| it.0.clone()).collect();
            parquet(path, file, &computed.time_name, &titles, &computed.times, |add| {
                computed.columns.iter().try_for_each(|it| add(&it.1))
            })
        } else {
            let mut out = BufWriter::new(file);
            csv(&mut out, computed).and_then(|()| out.flush()).map_err(|e| fault(e.to_string()))
        }
    })
}

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// What a cache had of it.
    pub found: Found,
    /// The columns without a value in any row.
    pub silent: Vec<String>,
}

/// Computes and writes. Into Parquet some columns at a time, so that one gigabyte of them is in memory, and what several
/// items share; a row of CSV needs all of its columns, so that they all are. Columns that a cache has are read from it, and
/// those that it lacks are added.
pub fn write_plan(path: &Path, plan: &Plan<'_>, cache: Option<&Cache>) -> Result<Written, FeaturesError> {
    let is_silent = |column: &[f64]| !column.iter().any(|it| it.is_finite());
    if !is_parquet(path) {
        let (computed, found) = plan.computed_with(cache)?;
        write(path, &computed)?;
        let silent = computed.columns.into_iter().filter(|it| is_silent(&it.1)).map(|it| it.0).collect();
        return Ok(Written { found, silent });
    }
    let mut written = Written::default();
    whole(path, |file| {
        let most = PART_BYTES / (8 * plan.times().len().max(1));
        parquet(path, file, plan.time_name(), plan.titles(), plan.times(), |add| {
            let pool = Pool::default();
            written.found = plan.run_with(cache, most, &pool, |place, column| {
                if is_silent(&column) {
                    written.silent.push(plan.titles()[place].clone());
                }
                add(&column)?;
                pool.put(column);
                Ok(())
            })?;
            Ok(())
        })
    })?;
    Ok(written)
}

fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|it| it.eq_ignore_ascii_case("parquet"))
}

/// Writes beside the name, and moves what is whole there.
fn whole(path: &Path, fill: impl FnOnce(File) -> Result<(), FeaturesError>) -> Result<(), FeaturesError> {
    let fault = |what: String| FeaturesError::Write { file: path.into(), what };
    let name = path.file_name().ok_or_else(|| fault("expected the name of a file".into()))?;
    let temporary = path.with_file_name(format!(".{}.part", name.to_string_lossy()));
    let written = File::create(&temporary).map_err(|e| fault(e.to_string())).and_then(fill);
    let done = written.and_then(|()| std::fs::rename(&temporary, path).map_err(|e| fault(e.to_string())));
    done.inspect_err(|_| {
        // What is left is of no use to anybody; that it cannot be removed is not the first fault.
        let _ = std::fs::remove_file(&temporary);
    })
}

/// Writes CSV.
pub(crate) fn csv(out: &mut impl Write, computed: &Computed) -> std::io::Result<()> {
    let quoted = |title: &str| {
        let needs = title.contains([',', '"', '\n']);
        if needs { format!("\"{}\"", title.replace('"', "\"\"")) } else { title.to_owned() }
    };
    write!(out, "{}", quoted(&computed.time_name))?;
    for (title, _) in &computed.columns {
        write!(out, ",{}", quoted(title))?;
    }
    writeln!(out)?;
    for row in 0..computed.times.len() {
        write!(out, "{}", quoted(&computed.written.text(row)))?;
        for (_, column) in &computed.columns {
            let value = column[row];
            let size = value.abs();
            if !value.is_finite() {
                write!(out, ",")?;
            } else if size != 0.0 && !(1e-5..1e16).contains(&size) {
                write!(out, ",{value:e}")?;
            } else {
                write!(out, ",{value}")?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Writes Parquet of one group of rows; `fill` hands the columns over in the order of the titles.
fn parquet(
    path: &Path,
    file: File,
    time_name: &str,
    titles: &[String],
    times: &[i64],
    fill: impl FnOnce(&mut dyn FnMut(&[f64]) -> Result<(), FeaturesError>) -> Result<(), FeaturesError>,
) -> Result<(), FeaturesError> {
    let fault = |e: ParquetError| FeaturesError::Write { file: path.into(), what: e.to_string() };
    let utc = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
    let mut fields = vec![Field::new(time_name, utc, false)];
    fields.extend(titles.iter().map(|it| Field::new(it, DataType::Float64, true)));
    let schema = Arc::new(Schema::new(fields));
    let level = ZstdLevel::try_new(3).map_err(fault)?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
    let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties)).map_err(fault)?;
    let (mut out, group) = writer.into_serialized_writer().map_err(fault)?;
    let mut writers = schema.fields().iter().zip(group.create_column_writers(0).map_err(fault)?);
    let mut group = out.next_row_group().map_err(fault)?;
    let mut add = |array: ArrayRef| -> Result<(), ParquetError> {
        let (field, mut writer) = writers.next().expect("as many columns as titles");
        for leaf in compute_leaves(field, &array)? {
            writer.write(&leaf)?;
        }
        writer.close()?.append_to_row_group(&mut group)
    };
    add(Arc::new(TimestampNanosecondArray::from(times.to_vec()).with_timezone("UTC"))).map_err(fault)?;
    fill(&mut |column| {
        let values: Float64Array = column.iter().map(|it| it.is_finite().then_some(*it)).collect();
        add(Arc::new(values)).map_err(fault)
    })?;
    group.close().map_err(fault)?;
    out.close().map_err(fault)?;
    Ok(())
}
