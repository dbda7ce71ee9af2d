//! Columns into a file: Parquet by its name, else CSV. A value is written with the fewest digits that read back as the same
//! number; an absent one is an empty cell.

use super::FeaturesError;
use super::compute::Computed;
use arrow_array::{ArrayRef, Float64Array, RecordBatch, TimestampNanosecondArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// Writes a file. It appears under its name only when it is whole.
pub fn write(path: &Path, computed: &Computed) -> Result<(), FeaturesError> {
    let fault = |what: String| FeaturesError::Write { file: path.into(), what };
    let name = path.file_name().ok_or_else(|| fault("expected the name of a file".into()))?;
    let temporary = path.with_file_name(format!(".{}.part", name.to_string_lossy()));
    let is_parquet = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("parquet"));
    let written = File::create(&temporary).map_err(|e| e.to_string()).and_then(|file| {
        if is_parquet {
            parquet(file, computed)
        } else {
            let mut out = BufWriter::new(file);
            csv(&mut out, computed).and_then(|()| out.flush()).map_err(|e| e.to_string())
        }
    });
    let done = written.and_then(|()| std::fs::rename(&temporary, path).map_err(|e| e.to_string()));
    done.map_err(|what| {
        // What is left is of no use to anybody; that it cannot be removed is not the first fault.
        let _ = std::fs::remove_file(&temporary);
        fault(what)
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
    for (row, time) in computed.written.iter().enumerate() {
        write!(out, "{}", quoted(time))?;
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

fn parquet(file: File, computed: &Computed) -> Result<(), String> {
    let times = TimestampNanosecondArray::from(computed.times.clone()).with_timezone("UTC");
    let mut columns: Vec<(String, ArrayRef, bool)> =
        vec![(computed.time_name.clone(), Arc::new(times), false)];
    for (title, column) in &computed.columns {
        let values: Float64Array = column.iter().map(|it| it.is_finite().then_some(*it)).collect();
        columns.push((title.clone(), Arc::new(values), true));
    }
    let batch = RecordBatch::try_from_iter_with_nullable(columns).map_err(|e| e.to_string())?;
    let level = ZstdLevel::try_new(3).map_err(|e| e.to_string())?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
    let mut writer =
        ArrowWriter::try_new(file, batch.schema(), Some(properties)).map_err(|e| e.to_string())?;
    writer.write(&batch).map_err(|e| e.to_string())?;
    writer.close().map_err(|e| e.to_string())?;
    Ok(())
}
