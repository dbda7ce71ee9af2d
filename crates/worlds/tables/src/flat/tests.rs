//! Every type against files that are written with the plain writers of the library, and every damage of a file.

use super::*;
use crate::buffer::EventBuffer;
use crate::columns::TableWriter;
use crate::eventfile::Kind;
use crate::samples::{instruments, trade};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType,
    FloatType, Int32Type, Int64Type, Int96, Int96Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;
use scalp_types::InstrumentId;
use std::fs::File;
use std::sync::Arc;

/// A file of one column: its type as Parquet writes it, its values, and the levels of a column that may lack some.
fn file<T: DataType>(
    column: &str,
    values: &[T::T],
    defined: Option<&[i16]>,
    repeated: Option<&[i16]>,
) -> tempfile::NamedTempFile {
    let path = tempfile::NamedTempFile::new().unwrap();
    let schema = parse_message_type(&format!("message schema {{ {column} }}")).unwrap();
    let properties = Arc::new(WriterProperties::builder().build());
    let mut out = SerializedFileWriter::new(path.reopen().unwrap(), Arc::new(schema), properties).unwrap();
    let mut group = out.next_row_group().unwrap();
    let mut to = group.next_column().unwrap().unwrap();
    to.typed::<T>().write_batch(values, defined, repeated).unwrap();
    to.close().unwrap();
    group.close().unwrap();
    out.close().unwrap();
    path
}

/// The type of the only column and its cells, read by two.
fn read(path: &tempfile::NamedTempFile) -> (String, Vec<String>) {
    let mut reader = Reader::open(path.reopen().unwrap(), 2).unwrap();
    let holds = reader.fields()[0].holds.to_string();
    let mut cells = Vec::new();
    while let Some(batch) = reader.next_batch().unwrap() {
        for row in 0..batch.rows {
            let mut text = Vec::new();
            match &batch.columns[0].values {
                Values::List(ends, items) => {
                    for at in (if row == 0 { 0 } else { ends[row - 1] })..ends[row] {
                        text.push(b'|');
                        items.write_text(at, &mut text);
                    }
                }
                _ => batch.columns[0].write_text(row, &mut text),
            }
            cells.push(String::from_utf8(text).unwrap());
        }
    }
    (holds, cells)
}

#[track_caller]
fn check<T: DataType>(column: &str, values: &[T::T], holds: &str, cells: &[&str]) {
    let path = file::<T>(&format!("required {column};"), values, None, None);
    let (got_holds, got) = read(&path);
    assert_eq!(
        (&got_holds[..], &got[..]),
        (holds, &cells.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..])
    );
    // The same with a row before, between and after that has no value.
    let mut defined = vec![1; values.len()];
    defined.insert(values.len() / 2, 0);
    defined.insert(0, 0);
    defined.push(0);
    let path = file::<T>(&format!("optional {column};"), values, Some(&defined), None);
    let mut with_holes: Vec<&str> = cells.to_vec();
    with_holes.insert(values.len() / 2, "");
    with_holes.insert(0, "");
    with_holes.push("");
    assert_eq!(read(&path), (holds.to_owned(), with_holes.iter().map(|it| (*it).to_owned()).collect()));
}

#[test]
fn whole_numbers_of_every_width_are_exact() {
    check::<Int32Type>("INT32 x", &[i32::MIN, 0, i32::MAX], "int32", &["-2147483648", "0", "2147483647"]);
    check::<Int32Type>("INT32 x (INTEGER(8,true))", &[-128, 127], "int8", &["-128", "127"]);
    check::<Int32Type>("INT32 x (INTEGER(16,false))", &[65_535], "uint16", &["65535"]);
    check::<Int32Type>("INT32 x (INTEGER(32,false))", &[-1, 1], "uint32", &["4294967295", "1"]);
    check::<Int32Type>("INT32 x (UINT_8)", &[255], "uint8", &["255"]);
    check::<Int64Type>(
        "INT64 x",
        &[i64::MIN, i64::MAX],
        "int64",
        &["-9223372036854775808", "9223372036854775807"],
    );
    check::<Int64Type>("INT64 x (INTEGER(64,false))", &[-1], "uint64", &["18446744073709551615"]);
    check::<Int64Type>("INT64 x (UINT_64)", &[i64::MIN], "uint64", &["9223372036854775808"]);
}

#[test]
fn floats_and_flags_are_as_short_as_they_can_be() {
    check::<DoubleType>("DOUBLE x", &[0.1, -1.5e300], "float64", &["0.1", &(-1.5e300).to_string()]);
    check::<FloatType>("FLOAT x", &[0.1, 16_777_216.0], "float32", &["0.1", "16777216"]);
    check::<BoolType>("BOOLEAN x", &[true, false, true], "bool", &["true", "false", "true"]);
    let half = |bits: u16| FixedLenByteArray::from(bits.to_le_bytes().to_vec());
    let halves = [0x0000, 0x8000, 0x3c00, 0xc500, 0x0001, 0x7bff, 0x7c00, 0x2e66].map(half);
    let texts = ["0", "-0", "1", "-5", "0.000000059604645", "65504", "inf", "0.099975586"];
    check::<FixedLenByteArrayType>("FIXED_LEN_BYTE_ARRAY (2) x (FLOAT16)", &halves, "float16", &texts);
    let path = file::<FixedLenByteArrayType>(
        "required FIXED_LEN_BYTE_ARRAY (2) x (FLOAT16);",
        &[half(0x7e00)],
        None,
        None,
    );
    assert_eq!(read(&path).1, ["NaN"]);
}

#[test]
fn decimals_are_exact_however_they_are_stored() {
    check::<Int32Type>(
        "INT32 x (DECIMAL(9,4))",
        &[-1, 123_456_789],
        "decimal(9, 4)",
        &["-0.0001", "12345.6789"],
    );
    check::<Int64Type>(
        "INT64 x (DECIMAL(18,0))",
        &[-999_999_999_999_999_999],
        "decimal(18, 0)",
        &["-999999999999999999"],
    );
    let pieces = |all: &[&[u8]]| all.iter().map(|it| ByteArray::from(*it)).collect::<Vec<_>>();
    let bytes = pieces(&[&[], &[0xff], &[0, 0xff], &[0xff; 17], &[0x7f; 15]]);
    check::<ByteArrayType>(
        "BYTE_ARRAY x (DECIMAL(38,2))",
        &bytes,
        "decimal(38, 2)",
        &["0.00", "-0.01", "2.55", "-0.01", "6620076684889581014069941045317794.55"],
    );
    let fixed = |value: i128| FixedLenByteArray::from(value.to_be_bytes().to_vec());
    let most = 10_i128.pow(38) - 1;
    let column = "FIXED_LEN_BYTE_ARRAY (16) x (DECIMAL(38,38))";
    let nines = "9".repeat(38);
    check::<FixedLenByteArrayType>(
        column,
        &[fixed(most), fixed(-most)],
        "decimal(38, 38)",
        &[&format!("0.{nines}"), &format!("-0.{nines}")],
    );
    let column = "FIXED_LEN_BYTE_ARRAY (3) x (DECIMAL(5,1))";
    let short = [[0xff_u8, 0xff, 0xf1].to_vec().into(), [0, 0, 15].to_vec().into()];
    check::<FixedLenByteArrayType>(column, &short, "decimal(5, 1)", &["-1.5", "1.5"]);
}

#[test]
fn decimals_of_more_than_38_digits_are_exact_too() {
    let mut most = [0xff_u8; 32];
    most[0] = 0x7f;
    let mut least = [0_u8; 32];
    least[0] = 0x80;
    let mut small = [0xff_u8; 32];
    small[31] = 0xf1;
    let values = [most, least, small, [0; 32]].map(|it| FixedLenByteArray::from(it.to_vec()));
    let digits = "57896044618658097711785492504343953926634992332820282019728792003956564819";
    check::<FixedLenByteArrayType>(
        "FIXED_LEN_BYTE_ARRAY (32) x (DECIMAL(76,3))",
        &values,
        "decimal(76, 3)",
        &[
            &format!("{digits}.967", digits = &digits[..74]),
            &format!("-{digits}.968", digits = &digits[..74]),
            "-0.015",
            "0.000",
        ],
    );
    let path =
        file::<ByteArrayType>("required BYTE_ARRAY x (DECIMAL(38,2));", &[vec![1; 17].into()], None, None);
    let error = Reader::open(path.reopen().unwrap(), 2).unwrap().next_batch().unwrap_err();
    assert_eq!(error.0, "column x: holds a number of more than 38 digits");
}

#[test]
fn times_keep_their_unit() {
    let one = [-1_i64, 1_600_000_000_123];
    let cells = ["-1000000", "1600000000123000000"];
    check::<Int64Type>("INT64 x (TIMESTAMP(MILLIS,true))", &one, "timestamp[ms, UTC]", &cells);
    check::<Int64Type>("INT64 x (TIMESTAMP_MILLIS)", &one, "timestamp[ms, UTC]", &cells);
    check::<Int64Type>("INT64 x (TIMESTAMP(MICROS,false))", &[7], "timestamp[us]", &["7000"]);
    // The year 9999 in microseconds is beyond what 64 bits of nanoseconds hold, and is told as it is.
    let far = 253_402_300_799_000_000;
    check::<Int64Type>(
        "INT64 x (TIMESTAMP(MICROS,true))",
        &[far],
        "timestamp[us, UTC]",
        &["253402300799000000000"],
    );
    check::<Int64Type>("INT64 x (TIMESTAMP(NANOS,true))", &[9], "timestamp[ns, UTC]", &["9"]);
    check::<Int32Type>("INT32 x (DATE)", &[-1, 19_723], "date", &["-86400000000000", "1704067200000000000"]);
    let mut moment = Int96::new();
    // One nanosecond into the 2nd of January 1970, by its Julian day.
    moment.set_data(1, 0, 2_440_589);
    check::<Int96Type>("INT96 x", &[moment], "timestamp[ns]", &["86400000000001"]);
}

#[test]
fn words_are_words_and_other_bytes_are_not() {
    let words = ["", "buy", "Ü", "buy"].map(ByteArray::from);
    check::<ByteArrayType>("BYTE_ARRAY x (STRING)", &words, "string", &["", "buy", "Ü", "buy"]);
    check::<ByteArrayType>("BYTE_ARRAY x (JSON)", &words, "string", &["", "buy", "Ü", "buy"]);
    let path =
        file::<ByteArrayType>("required BYTE_ARRAY x (STRING);", &[vec![b'a', 0xff].into()], None, None);
    let error = Reader::open(path.reopen().unwrap(), 2).unwrap().next_batch().unwrap_err();
    assert!(error.0.starts_with("column x: invalid utf-8"), "{error}");
    let fixed = [[1_u8; 8], [2; 8]].map(|it| FixedLenByteArray::from(it.to_vec()));
    let name = "(binary of 8 bytes)";
    check::<FixedLenByteArrayType>("FIXED_LEN_BYTE_ARRAY (8) x", &fixed, "binary of 8 bytes", &[name, name]);
}

#[test]
fn lists_have_the_values_of_each_row() {
    let three = "optional group x (LIST) { repeated group list { optional INT32 element; } }";
    // [1, null], [], null, [2], [null]
    let (defined, repeated) = ([3, 2, 1, 0, 3, 2], [0, 1, 0, 0, 0, 0]);
    let path = file::<Int32Type>(three, &[1, 2], Some(&defined), Some(&repeated));
    assert_eq!(read(&path), ("list of int32".into(), ["|1|", "", "", "|2", "|"].map(String::from).to_vec()));
    let two = "required group x (LIST) { repeated INT32 array; }";
    let path = file::<Int32Type>(two, &[1, 2, 3], Some(&[1, 1, 0, 1]), Some(&[0, 1, 0, 0]));
    assert_eq!(read(&path), ("list of int32".into(), ["|1|2", "", "|3"].map(String::from).to_vec()));
}

/// Columns of which one alone is read beside one that is.
#[test]
fn what_is_not_read_says_what_it_is() {
    let cases = [
        ("optional group x { optional INT32 a; optional INT32 b; }", "struct"),
        (
            "optional group x (MAP) { repeated group key_value { required INT32 key; optional INT32 value; } }",
            "map",
        ),
        (
            "optional group x (LIST) { repeated group list { optional group element { optional INT32 a; } } }",
            "list of struct",
        ),
        ("optional INT32 x (TIME(MILLIS,true));", "time of day"),
        ("optional BYTE_ARRAY x;", "binary"),
        ("optional BYTE_ARRAY x (ENUM);", "binary"),
        ("optional FIXED_LEN_BYTE_ARRAY (12) x (INTERVAL);", "interval"),
        ("optional INT32 x (UNKNOWN);", "null"),
    ];
    for (column, want) in cases {
        let schema = parse_message_type(&format!("message schema {{ {column} required INT32 y; }}")).unwrap();
        let columns = parquet::schema::types::SchemaDescriptor::new(Arc::new(schema));
        let fields = schema::fields(&columns);
        assert_eq!((fields[0].0.holds.to_string(), fields[0].1), (want.into(), None), "{column}");
        assert_eq!(fields[1].1, Some(columns.num_columns() - 1), "{column}");
    }
}

type Cells = (Option<i64>, Option<u64>, Option<i32>, Option<i64>, Option<String>);

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn what_is_written_is_read_in_batches_and_groups_of_any_size(
        rows in prop::collection::vec(any::<Cells>(), 0..300),
        batch_rows in 1_usize..90,
        group_rows in 1_usize..90,
    ) {
        let field = |name: &str, holds| Field { name: name.into(), holds, nullable: true };
        let fields = [
            field("whole", ColumnType::Whole { bits: 64, signed: true }),
            field("count", ColumnType::Whole { bits: 64, signed: false }),
            field("small", ColumnType::Whole { bits: 32, signed: false }),
            field("decimal", ColumnType::Decimal { digits: DIGITS_MAX, places: 3 }),
            field("text", ColumnType::Text),
            field("time", ColumnType::Instant { unit: TimeUnit::Micros, utc: false }),
            field("real", ColumnType::Real { bits: 64 }),
            Field { nullable: false, ..field("full", ColumnType::Real { bits: 64 }) },
        ];
        let mut texts = Texts::default();
        rows.iter().for_each(|it| texts.push(it.4.as_deref().unwrap_or_default()));
        let small = |it: &Option<i32>| it.map(|it| i64::from(it.unsigned_abs()));
        let columns = [
            Column::of(rows.iter().map(|it| it.0), Values::Whole),
            Column::of(rows.iter().map(|it| it.1), Values::Count),
            Column::of(rows.iter().map(|it| small(&it.2)), Values::Whole),
            Column::of(rows.iter().map(|it| it.3.map(i128::from)), |unscaled| Values::Decimal { unscaled, places: 3 }),
            Column { values: Values::Text(texts), present: rows.iter().map(|it| it.4.is_some()).collect() },
            Column::of(rows.iter().map(|it| it.3), |counts| Values::Time { counts, nanos: 1_000 }),
            Column::of(rows.iter().map(|it| it.0.map(|it| it as f64 / 3.0)), Values::Real),
            Column::full(Values::Real(rows.iter().map(|it| f64::from(it.2.unwrap_or(7))).collect())),
        ];
        let path = tempfile::NamedTempFile::new().unwrap();
        let mut writer = Writer::create(path.reopen().unwrap(), &fields, &[("key", "value")]).unwrap();
        let lent: Vec<&Column> = columns.iter().collect();
        writer.write(&lent, rows.len(), group_rows).unwrap();
        writer.finish().unwrap();
        let mut reader = Reader::open(path.reopen().unwrap(), batch_rows).unwrap();
        prop_assert_eq!(reader.fields(), &fields);
        prop_assert_eq!((reader.rows_total(), reader.metadata("key")), (rows.len() as u64, Some("value")));
        let mut from = 0;
        while let Some(batch) = reader.next_batch().unwrap() {
            prop_assert!(batch.rows <= batch_rows && batch.rows <= group_rows);
            for (got, want) in batch.columns.iter().zip(&columns) {
                for row in 0..batch.rows {
                    let (mut a, mut b) = (Vec::new(), Vec::new());
                    got.write_text(row, &mut a);
                    want.write_text(from + row, &mut b);
                    prop_assert_eq!((got.has(row), a), (want.has(from + row), b));
                }
            }
            from += batch.rows;
        }
        prop_assert_eq!(from, rows.len());
    }
}

#[test]
fn a_row_without_a_value_is_not_written_where_each_has_one() {
    let path = tempfile::NamedTempFile::new().unwrap();
    let holds = ColumnType::Real { bits: 64 };
    let fields = [Field { name: "x".into(), holds, nullable: false }];
    let mut writer = Writer::create(path.reopen().unwrap(), &fields, &[]).unwrap();
    let column = Column::of([Some(1.0), None].into_iter(), Values::Real);
    let error = writer.write(&[&column], 2, 10).unwrap_err();
    assert!(error.to_string().contains("a row without a value"), "{error}");
    let none = Field { holds: ColumnType::Flag, ..fields[0].clone() };
    let error = Writer::create(path.reopen().unwrap(), &[none], &[]).unwrap_err();
    assert!(error.to_string().ends_with("a column of bool (x) is not written"), "{error}");
}

/// Reads everything; the rows, or what is damaged.
fn rows_of(path: &std::path::Path) -> Result<usize, Damage> {
    let mut reader = Reader::open(File::open(path).unwrap(), 100)?;
    let mut rows = 0;
    let end = loop {
        match reader.next_batch() {
            Ok(Some(batch)) => rows += batch.rows,
            Ok(None) => break Ok(rows),
            Err(damage) => break Err(damage),
        }
    };
    assert_eq!(reader.next_batch(), Ok(None), "nothing comes after the end");
    end
}

#[test]
fn a_changed_byte_and_a_cut_anywhere_are_rows_or_an_error_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trades.parquet");
    let table = instruments();
    let mut writer = TableWriter::create(&path, Kind::Trade, table.get(InstrumentId(0)), "[]").unwrap();
    let mut events = EventBuffer::new();
    (0..5).for_each(|n| trade(&mut events, 0, n, n + 1, n as u64));
    events.iter_with_source().for_each(|(event, seq)| writer.push(&event, seq).unwrap());
    writer.finish().unwrap().keep().unwrap();
    let sound = std::fs::read(&path).unwrap();
    assert_eq!(rows_of(&path), Ok(5));
    let mut caught = 0;
    for at in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x12;
        std::fs::write(&path, bytes).unwrap();
        if let Err(what) = rows_of(&path) {
            caught += usize::from(what.0.contains("the Parquet library could not go on: "));
        }
        std::fs::write(&path, &sound[..at]).unwrap();
        assert!(rows_of(&path).is_err(), "a file of {at} of {} bytes", sound.len());
    }
    println!("{caught} panics of the library became errors");
    assert!(caught > 0, "the library mends its panics: this room may no longer need to catch them");
}
