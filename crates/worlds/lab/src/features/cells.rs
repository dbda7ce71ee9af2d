//! The cells of a column as a file holds them: text side by side, or numbers.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Float16Type,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};
use std::borrow::Cow;

const NO_VALUE: [&str; 5] = ["nan", "na", "null", "none", "n/a"];

/// Whether a cell holds no value.
pub(super) fn is_absent(cell: &str) -> bool {
    cell.is_empty() || NO_VALUE.iter().any(|it| it.eq_ignore_ascii_case(cell))
}

/// Text of many cells in one piece of memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Texts {
    bytes: String,
    ends: Vec<usize>,
}

impl Texts {
    pub(super) fn push(&mut self, cell: &str) {
        self.bytes.push_str(cell);
        self.ends.push(self.bytes.len());
    }

    /// The cell of a row.
    fn get(&self, row: usize) -> &str {
        let from = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[from..self.ends[row]]
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    /// Text; empty where there is none.
    Text(Texts),
    /// Whole numbers, and the smallest of all where there is none.
    Whole(Vec<i64>),
    /// Times, nanoseconds since 1970, and the smallest of all where there is none.
    Nanos(Vec<i64>),
    /// Numbers; not a number where there is none.
    Real(Vec<f64>),
}

/// Stands where there is no whole number.
const NONE: i64 = i64::MIN;

impl Cells {
    /// No rows yet, of a column of Parquet.
    pub(super) fn for_type(kind: &DataType) -> Cells {
        match kind {
            DataType::Float64 => Cells::Real(Vec::new()),
            DataType::Int64 | DataType::Int32 | DataType::Int16 | DataType::Int8 => Cells::Whole(Vec::new()),
            DataType::UInt32 | DataType::UInt16 | DataType::UInt8 => Cells::Whole(Vec::new()),
            DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => Cells::Nanos(Vec::new()),
            _ => Cells::Text(Texts::default()),
        }
    }

    /// Adds the rows of a column of Parquet, which is of the type that these are for.
    pub(super) fn extend(&mut self, column: &ArrayRef) {
        match self {
            Cells::Real(to) => {
                to.extend(column.as_primitive::<Float64Type>().iter().map(|it| it.unwrap_or(f64::NAN)));
            }
            Cells::Whole(to) | Cells::Nanos(to) => whole(column, to),
            // A word for many rows, each named by its place among the words.
            Cells::Text(to) if matches!(column.data_type(), DataType::Dictionary(..)) => {
                let words = column.as_any_dictionary();
                let places = words.normalized_keys();
                for (row, &place) in places.iter().enumerate() {
                    to.push(&if column.is_null(row) {
                        Cow::Borrowed("")
                    } else {
                        text(words.values(), place)
                    });
                }
            }
            Cells::Text(to) => (0..column.len()).for_each(|row| to.push(&text(column, row))),
        }
    }

    /// Adds the rows of the same column of another file.
    pub(super) fn append(&mut self, other: Cells) {
        match (&mut *self, other) {
            (Cells::Real(to), Cells::Real(more)) => to.extend(more),
            (Cells::Whole(to), Cells::Whole(more)) | (Cells::Nanos(to), Cells::Nanos(more)) => {
                to.extend(more)
            }
            (_, other) => {
                let rows = (0..self.len()).map(|row| self.text(row));
                *self = rows.chain((0..other.len()).map(|row| other.text(row))).collect();
            }
        }
    }

    fn len(&self) -> usize {
        match self {
            Cells::Text(it) => it.ends.len(),
            Cells::Whole(it) | Cells::Nanos(it) => it.len(),
            Cells::Real(it) => it.len(),
        }
    }

    /// The cell of a row as text.
    #[must_use]
    pub fn text(&self, row: usize) -> Cow<'_, str> {
        match self {
            Cells::Text(it) => Cow::Borrowed(it.get(row)),
            Cells::Whole(it) | Cells::Nanos(it) if it[row] == NONE => Cow::Borrowed(""),
            Cells::Whole(it) | Cells::Nanos(it) => Cow::Owned(it[row].to_string()),
            Cells::Real(it) if it[row].is_nan() => Cow::Borrowed(""),
            Cells::Real(it) => Cow::Owned(it[row].to_string()),
        }
    }

    /// The cell of a row where the column is of whole numbers.
    pub(super) fn whole(&self, row: usize) -> Option<i64> {
        match self {
            Cells::Whole(it) | Cells::Nanos(it) => Some(it[row]).filter(|it| *it != NONE),
            _ => None,
        }
    }

    /// The numbers; not a number where a cell has none. Or the row of what is neither.
    pub(super) fn numbers(&self) -> Result<Vec<f64>, usize> {
        match self {
            Cells::Real(it) => match it.iter().position(|it| it.is_infinite()) {
                Some(row) => Err(row),
                None => Ok(it.clone()),
            },
            Cells::Whole(it) | Cells::Nanos(it) => {
                Ok(it.iter().map(|&it| if it == NONE { f64::NAN } else { it as f64 }).collect())
            }
            Cells::Text(it) => {
                let number = |row: usize| {
                    let cell = it.get(row);
                    if let Some(value) = cell.parse::<f64>().ok().filter(|it| it.is_finite()) {
                        return Ok(value);
                    }
                    if is_absent(cell) { Ok(f64::NAN) } else { Err(row) }
                };
                (0..it.ends.len()).map(number).collect()
            }
        }
    }
}

impl<S: AsRef<str>> FromIterator<S> for Cells {
    fn from_iter<I: IntoIterator<Item = S>>(cells: I) -> Cells {
        let mut texts = Texts::default();
        cells.into_iter().for_each(|it| texts.push(it.as_ref()));
        Cells::Text(texts)
    }
}

fn whole(column: &ArrayRef, to: &mut Vec<i64>) {
    macro_rules! each {
        ($kind:ty, $by:expr) => {
            to.extend(
                column
                    .as_primitive::<$kind>()
                    .iter()
                    .map(|it| it.map_or(NONE, |it| i64::from(it).saturating_mul($by))),
            )
        };
    }
    match column.data_type() {
        DataType::Int64 => each!(Int64Type, 1),
        DataType::Int32 => each!(Int32Type, 1),
        DataType::Int16 => each!(Int16Type, 1),
        DataType::Int8 => each!(Int8Type, 1),
        DataType::UInt32 => each!(UInt32Type, 1),
        DataType::UInt16 => each!(UInt16Type, 1),
        DataType::UInt8 => each!(UInt8Type, 1),
        DataType::Date32 => each!(Date32Type, 86_400_000_000_000),
        DataType::Date64 => each!(Date64Type, 1_000_000),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => each!(TimestampNanosecondType, 1),
        DataType::Timestamp(TimeUnit::Microsecond, _) => each!(TimestampMicrosecondType, 1_000),
        DataType::Timestamp(TimeUnit::Millisecond, _) => each!(TimestampMillisecondType, 1_000_000),
        DataType::Timestamp(TimeUnit::Second, _) => each!(TimestampSecondType, 1_000_000_000),
        _ => to.extend(std::iter::repeat_n(NONE, column.len())),
    }
}

/// What stands for a value of a kind that is no number, word or time: it is not taken for an absent one.
const OTHER: &str = "a value of another kind";

/// A value as text; empty where there is none.
fn text(column: &ArrayRef, row: usize) -> Cow<'_, str> {
    if column.is_null(row) {
        return Cow::Borrowed("");
    }
    match column.data_type() {
        DataType::Null => Cow::Borrowed(""),
        DataType::Float16 => column.as_primitive::<Float16Type>().value(row).to_string().into(),
        DataType::Float32 => column.as_primitive::<Float32Type>().value(row).to_string().into(),
        DataType::UInt64 => column.as_primitive::<UInt64Type>().value(row).to_string().into(),
        DataType::Boolean => column.as_boolean().value(row).to_string().into(),
        DataType::Utf8 => column.as_string::<i32>().value(row).into(),
        DataType::LargeUtf8 => column.as_string::<i64>().value(row).into(),
        DataType::Utf8View => column.as_string_view().value(row).into(),
        DataType::Decimal32(..) => column.as_primitive::<Decimal32Type>().value_as_string(row).into(),
        DataType::Decimal64(..) => column.as_primitive::<Decimal64Type>().value_as_string(row).into(),
        DataType::Decimal128(..) => column.as_primitive::<Decimal128Type>().value_as_string(row).into(),
        DataType::Decimal256(..) => column.as_primitive::<Decimal256Type>().value_as_string(row).into(),
        kind if matches!(Cells::for_type(kind), Cells::Whole(_)) => {
            let mut one = Vec::with_capacity(1);
            whole(&column.slice(row, 1), &mut one);
            one[0].to_string().into()
        }
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_string().into(),
        _ => Cow::Borrowed(OTHER),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::*;
    use arrow_array::{
        BinaryArray, Date32Array, Decimal256Array, DictionaryArray, Float16Array, Float32Array, Float64Array,
        Int8Array, Int32Array, NullArray, StringArray, StringViewArray, TimestampMillisecondArray,
        UInt16Array,
    };
    use std::sync::Arc;

    fn column(array: ArrayRef) -> Cells {
        let mut cells = Cells::for_type(array.data_type());
        cells.extend(&array);
        cells
    }

    fn bits(cells: &Cells) -> Vec<u64> {
        cells.numbers().unwrap().iter().map(|it| it.to_bits()).collect()
    }

    #[test]
    fn what_has_no_value_is_no_number_and_what_is_neither_is_told_by_its_row() {
        let cells: Cells = ["1.5", "", "NaN", "null", "-2e3"].into_iter().collect();
        let numbers = cells.numbers().unwrap();
        assert!(numbers[1..4].iter().all(|it| it.is_nan()));
        assert_eq!((numbers[0].to_bits(), numbers[4].to_bits()), (1.5_f64.to_bits(), (-2e3_f64).to_bits()));
        assert_eq!(cells.text(4), "-2e3", "as it was written");
        let row_of_fault = |last: &str| ["1", last].into_iter().collect::<Cells>().numbers().unwrap_err();
        assert!(["x", "inf", "1e999", "1,0"].into_iter().all(|it| row_of_fault(it) == 1));
    }

    #[test]
    fn numbers_of_parquet_are_those_that_text_would_have_been() {
        let real = column(Arc::new(Float64Array::from(vec![Some(0.1), None, Some(f64::NAN)])));
        assert_eq!((real.text(0), real.text(1)), ("0.1".into(), "".into()));
        assert!(real.numbers().unwrap()[1..].iter().all(|it| it.is_nan()));
        let infinite = column(Arc::new(Float64Array::from(vec![1.0, f64::INFINITY])));
        assert_eq!(infinite.numbers(), Err(1));
        let whole = column(Arc::new(Int32Array::from(vec![Some(-7), None])));
        assert_eq!((whole.whole(0), whole.whole(1), whole.text(1)), (Some(-7), None, "".into()));
        assert_eq!(bits(&whole)[0], (-7.0_f64).to_bits());
        assert!(whole.numbers().unwrap()[1].is_nan());
        let time = column(Arc::new(TimestampMillisecondArray::from(vec![1_600_000_000_000])));
        assert_eq!(time.text(0), "1600000000000000000", "nanoseconds");
        // A float of 32 bits is the number that it is written as.
        let short = column(Arc::new(Float32Array::from(vec![0.1])));
        assert_eq!(bits(&short)[0], 0.1_f64.to_bits());
        let text = column(Arc::new(StringArray::from(vec![Some("2.5"), None])));
        assert_eq!(bits(&text)[0], 2.5_f64.to_bits());
    }

    #[test]
    fn every_kind_of_number_word_and_time_has_its_value_and_no_other_is_absent() {
        let texts = |array: ArrayRef| {
            let cells = column(array);
            (0..cells.len()).map(|row| cells.text(row).into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(texts(Arc::new(Int8Array::from(vec![Some(-1), None, Some(1)]))), ["-1", "", "1"]);
        assert_eq!(texts(Arc::new(UInt16Array::from(vec![65_535]))), ["65535"]);
        let side: DictionaryArray<Int32Type> =
            [Some("buy"), None, Some("sell"), Some("buy")].into_iter().collect();
        assert_eq!(texts(Arc::new(side)), ["buy", "", "sell", "buy"]);
        let counts = Arc::new(Int32Array::from(vec![7, 8]));
        let counts = DictionaryArray::new(Int8Array::from(vec![1, 0]), counts);
        assert_eq!(texts(Arc::new(counts)), ["8", "7"]);
        assert_eq!(texts(Arc::new(StringViewArray::from(vec!["2.5"]))), ["2.5"]);
        let half = Float16Array::from_value(Default::default(), 1);
        assert_eq!(texts(Arc::new(half)), ["0"]);
        let wide =
            Decimal256Array::from_iter_values([15_i64.into()]).with_precision_and_scale(50, 1).unwrap();
        assert_eq!(texts(Arc::new(wide)), ["1.5"]);
        let day = column(Arc::new(Date32Array::from(vec![1])));
        assert_eq!((day.whole(0), matches!(day, Cells::Nanos(_))), (Some(86_400_000_000_000), true));
        assert_eq!(texts(Arc::new(NullArray::new(2))), ["", ""]);
        assert_eq!(column(Arc::new(BinaryArray::from(vec![&b"1"[..]]))).numbers(), Err(0), "not absent");
    }
}
