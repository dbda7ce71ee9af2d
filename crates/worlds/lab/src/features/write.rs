//! Columns into a file: Parquet by its name, else CSV. A value is written with the fewest digits that read back as the same
//! number; an absent one is an empty cell.

use super::FeaturesError;
use super::cache::{Cache, Found};
use super::compute::{Computed, Plan, Pool};
use super::filter::Kept;
use super::series::PUBLISHED_NAMES;
use crate::parallel;
use scalp_tables::flat::{Column, ColumnType, Field, Values, Writer};
use scalp_tables::plain::TIME_NAMES;
use scalp_tables::text::TimeUnit;
use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::num::NonZero;
use std::path::Path;

/// Under this key the metadata of a Parquet file have the hash of the schema.
pub const SCHEMA_KEY: &str = "scalp.schema";
/// The column that says when a row was known, by which `--with` takes it.
const KNOWN: &str = "known_at";

/// Most bytes of columns that are in memory at a time while Parquet is written.
const PART_BYTES: usize = 1 << 30;

/// Writes a file. It appears under its name only when it is whole.
pub fn write(path: &Path, computed: &Computed) -> Result<(), FeaturesError> {
    whole(path, |file| {
        let fault = |what: String| FeaturesError::Write { file: path.into(), what };
        if is_parquet(path) {
            let titles: Vec<String> = computed.columns.iter().map(|it| it.0.clone()).collect();
            let times = [Some(computed.times.as_slice()), computed.known.as_deref()];
            let heads = heads(&computed.time_name, titles.iter().map(String::as_str));
            parquet(path, file, heads, &titles, times, &[], |add| {
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
/// those that it lacks are added. Of the rows all are written, or those that are kept.
pub fn write_plan(
    path: &Path,
    plan: &Plan<'_>,
    cache: Option<&Cache>,
    kept: Option<&Kept>,
) -> Result<Written, FeaturesError> {
    let is_silent = |column: &[f64]| !column.iter().any(|it| it.is_finite());
    if !is_parquet(path) {
        let (mut computed, found) = plan.computed_with(cache)?;
        if let Some(kept) = kept {
            computed.times = kept.of(&computed.times);
            computed.known = computed.known.map(|it| kept.of(&it));
            computed.written = computed.written.at(&kept.rows);
            computed.columns.iter_mut().for_each(|it| it.1 = kept.of(&it.1));
        }
        write(path, &computed)?;
        let silent = computed.columns.into_iter().filter(|it| is_silent(&it.1)).map(|it| it.0).collect();
        return Ok(Written { found, silent });
    }
    let mut written = Written::default();
    whole(path, |file| {
        let most = PART_BYTES / (8 * plan.times().len().max(1));
        let schema = format!("{:016x}", plan.hash());
        let texts = [(SCHEMA_KEY, schema.as_str())];
        let of = |times: &[i64]| kept.map_or_else(|| times.to_vec(), |it| it.of(times));
        let [times, known] = [Some(of(plan.times())), plan.known().map(of)];
        let times = [times.as_deref(), known.as_deref()];
        let heads = heads(plan.time_name(), plan.titles().iter().map(String::as_str));
        parquet(path, file, heads, plan.titles(), times, &texts, |add| {
            let pool = Pool::default();
            written.found = plan.run_with(cache, most, &pool, |place, column| {
                let rows = kept.map_or(Cow::Borrowed(column.as_slice()), |it| Cow::Owned(it.of(&column)));
                if is_silent(&rows) {
                    written.silent.push(plan.titles()[place].clone());
                }
                add(&rows)?;
                drop(rows);
                pool.put(column);
                Ok(())
            })?;
            Ok(())
        })
    })?;
    Ok(written)
}

/// What the column of times is headed with, and that of when rows were known: no item has the same name.
fn heads<'a>(time_name: &'a str, titles: impl Iterator<Item = &'a str> + Clone) -> [&'a str; 2] {
    let free = |name: &&str| titles.clone().all(|it| !it.eq_ignore_ascii_case(name));
    let time = [time_name].into_iter().chain(TIME_NAMES).find(free).unwrap_or(time_name);
    [time, [KNOWN].into_iter().chain(PUBLISHED_NAMES).find(free).unwrap_or(KNOWN)]
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
    let [time, known] = heads(&computed.time_name, computed.columns.iter().map(|it| it.0.as_str()));
    write!(out, "{}", quoted(time))?;
    if computed.known.is_some() {
        write!(out, ",{known}")?;
    }
    for (title, _) in &computed.columns {
        write!(out, ",{}", quoted(title))?;
    }
    writeln!(out)?;
    // Rows are told by many threads at once, in pieces that are written in their order; so many pieces are in memory.
    let threads = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let rows = computed.times.len();
    let wave = PIECE_ROWS * 4 * threads.get();
    for from in (0..rows).step_by(wave) {
        let end = rows.min(from + wave);
        let pieces = parallel::map(threads, (end - from).div_ceil(PIECE_ROWS), |piece| {
            let from = from + piece * PIECE_ROWS;
            let mut text = Vec::new();
            // Writing to memory cannot fail.
            (from..end.min(from + PIECE_ROWS))
                .for_each(|row| row_of_csv(&mut text, computed, row).unwrap_or(()));
            text
        });
        pieces.iter().try_for_each(|it| out.write_all(it))?;
    }
    Ok(())
}

/// Rows that one thread tells at a time.
const PIECE_ROWS: usize = 2_048;

fn row_of_csv(out: &mut Vec<u8>, computed: &Computed, row: usize) -> std::io::Result<()> {
    write!(out, "{}", quoted(&computed.written.text(row)))?;
    if let Some(known) = &computed.known {
        write!(out, ",{}", known[row])?;
    }
    let mut digits = ryu::Buffer::new();
    for (_, column) in &computed.columns {
        out.push(b',');
        out.extend_from_slice(number(&mut digits, column[row]).as_bytes());
    }
    writeln!(out)
}

/// The fewest digits that read back as the same number, in powers of ten below 1e-5 and from 1e16 on; nothing for what is no
/// number.
fn number(digits: &mut ryu::Buffer, value: f64) -> &str {
    if !value.is_finite() {
        return "";
    }
    let text = digits.format_finite(value);
    text.strip_suffix(".0").unwrap_or(text)
}

fn quoted(title: &str) -> Cow<'_, str> {
    let needs = title.contains([',', '"', '\n']);
    if needs { Cow::Owned(format!("\"{}\"", title.replace('"', "\"\""))) } else { Cow::Borrowed(title) }
}

/// Writes Parquet of one group of rows with some texts beside them; `fill` hands the columns over in the order of the titles.
fn parquet(
    path: &Path,
    file: File,
    heads: [&str; 2],
    titles: &[String],
    times: [Option<&[i64]>; 2],
    texts: &[(&str, &str)],
    fill: impl FnOnce(&mut dyn FnMut(&[f64]) -> Result<(), FeaturesError>) -> Result<(), FeaturesError>,
) -> Result<(), FeaturesError> {
    let fault = |e: std::io::Error| FeaturesError::Write { file: path.into(), what: e.to_string() };
    let utc = ColumnType::Instant { unit: TimeUnit::Nanos, utc: true };
    let named = heads.into_iter().zip(times).filter_map(|(name, times)| Some((name, times?)));
    let named: Vec<(&str, &[i64])> = named.collect();
    let rows = named.first().map_or(0, |it| it.1.len());
    let time = |it: &(&str, _)| Field { name: it.0.to_owned(), holds: utc.clone(), nullable: false };
    let mut fields: Vec<Field> = named.iter().map(time).collect();
    let real = |it: &String| Field { name: it.clone(), holds: ColumnType::Real { bits: 64 }, nullable: true };
    fields.extend(titles.iter().map(real));
    let mut out = Writer::create(file, &fields, texts).map_err(fault)?;
    let packer = out.packer();
    let mut group = out.group().map_err(fault)?;
    // As many columns as there are threads are packed at once, and stand in the file in their order.
    let threads = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let (mut packed, mut waiting) = (0, Vec::new());
    let mut pack = |waiting: &mut Vec<Column>| -> std::io::Result<()> {
        let from = packed;
        packed += waiting.len();
        let done = parallel::map(threads, waiting.len(), |at| packer.pack(from + at, &waiting[at], 0..rows));
        waiting.clear();
        done.into_iter().try_for_each(|it| group.add(it?))
    };
    let mut add = |column: Column| -> std::io::Result<()> {
        waiting.push(column);
        if waiting.len() < threads.get() { Ok(()) } else { pack(&mut waiting) }
    };
    for (_, times) in named {
        add(Column::full(Values::Time { counts: times.to_vec(), nanos: 1 })).map_err(fault)?;
    }
    fill(&mut |column| add(real_column(column)).map_err(fault))?;
    pack(&mut waiting).map_err(fault)?;
    group.end().map_err(fault)?;
    out.finish().map_err(fault)?;
    Ok(())
}

/// A column of numbers, with no value where there is none.
fn real_column(values: &[f64]) -> Column {
    let is_full = values.iter().all(|it| it.is_finite());
    let present = if is_full { Vec::new() } else { values.iter().map(|it| it.is_finite()).collect() };
    Column { values: Values::Real(values.to_vec()), present }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::super::{Asked, Beside, Cells, Holds, Table};
    use super::*;
    use scalp_tables::flat::Reader;
    use scalp_tables::lengths::ends;

    const ROWS: usize = 3 * PIECE_ROWS + 17;
    const LIST: [&str; 11] = [
        "LAG(close,1)",
        "RSI(3)",
        "open",
        "high",
        "low",
        "close",
        "volume",
        "DIFF(close,1)",
        "SMA(4)",
        "MEDIAN(5)",
        "LN(close)",
    ];

    fn table() -> Table {
        let times: Vec<i64> = (0..ROWS as i64).map(|it| it * 60_000_000_000).collect();
        let column =
            |k: usize| (0..ROWS).map(|row| ((row * 37 + k * 11) % 101) as f64 * 0.1 + 1e-7).collect();
        let close_at = ends(&times, Some(60_000_000_000));
        let (span, columns) = (Some(60_000_000_000), (0..5).map(column).collect());
        let holds = Holds::Bars { columns, close_at, extra: Vec::new(), span, no_volume: false };
        let (written, beside) = (Cells::Whole(times.clone()), Beside::default());
        Table { times, written, time_name: "time".into(), holds, beside }
    }

    #[test]
    fn a_number_is_as_short_as_the_standard_library_writes_it_and_reads_back() {
        let mut digits = ryu::Buffer::new();
        let mut check = |value: f64| {
            let size = value.abs();
            let is_plain = size == 0.0 || (1e-5..1e16).contains(&size);
            let want = match value.is_finite() {
                false => String::new(),
                true if is_plain => value.to_string(),
                true => format!("{value:e}"),
            };
            let text = number(&mut digits, value);
            // Half way between two equally short texts either may be taken.
            assert_eq!(text.len(), want.len(), "{text} and {want}");
            assert_eq!(text.parse().map(f64::to_bits), want.parse().map(f64::to_bits), "{text} and {want}");
        };
        for value in [0.0, -0.0, 1.0, -1.5, 1e-5, 9.999e-6, 1e15, 9007199254740993.0, 1e16, 1.25e16, f64::NAN]
        {
            check(value);
            check(-value);
        }
        [f64::MIN_POSITIVE, 5e-324, f64::MAX, f64::INFINITY, 0.1 + 0.2].into_iter().for_each(&mut check);
        let mut state = 7_u64;
        for n in 0..200_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            check(f64::from_bits(state));
            check((state >> 40) as f64 / [1.0, 3.0, 100.0, 1e4, 1e9][n % 5]);
        }
    }

    #[test]
    fn what_many_threads_write_stands_in_its_order_and_reads_back_as_the_same_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let (table, threads) = (table(), NonZero::new(3).unwrap());
        let asked = Asked { threads, bars: None, keep_going: false };
        let plan = Plan::new(Path::new("table"), &table, &LIST, &asked).unwrap();
        let want = plan.computed().unwrap().columns;

        let path = folder.path().join("out.csv");
        write_plan(&path, &plan, None, None).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), ROWS + 1);
        for (row, line) in lines[1..].iter().enumerate() {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells[0], table.times[row].to_string());
            for ((title, column), cell) in want.iter().zip(&cells[1..]) {
                let same = cell.parse::<f64>().map_or(column[row].is_nan() && cell.is_empty(), |it| {
                    it.to_bits() == column[row].to_bits()
                });
                assert!(same, "{title}, row {row}: {cell}, not {}", column[row]);
            }
        }

        let path = folder.path().join("out.parquet");
        write_plan(&path, &plan, None, None).unwrap();
        let mut reader = Reader::open(File::open(&path).unwrap(), 1_000).unwrap();
        let names: Vec<String> = reader.fields().iter().map(|it| it.name.clone()).collect();
        assert_eq!(names[1..], LIST);
        assert_eq!(reader.metadata(SCHEMA_KEY), Some(format!("{:016x}", plan.hash()).as_str()));
        let mut from = 0;
        while let Some(batch) = reader.next_batch().unwrap() {
            for ((title, column), got) in want.iter().zip(&batch.columns[1..]) {
                let Values::Real(values) = &got.values else { panic!("{title} is no column of numbers") };
                for row in 0..batch.rows {
                    let (got, want) = (got.has(row).then(|| values[row]), column[from + row]);
                    assert!(got.map_or(want.is_nan(), |it| it.to_bits() == want.to_bits()), "{title}, {row}");
                }
            }
            from += batch.rows;
        }
        assert_eq!(from, ROWS);
    }
}
