//! The cells of a column as a file holds them: text side by side, or numbers.

use scalp_tables::flat::{Column, ColumnType, Texts, Values};
use std::borrow::Cow;

const NO_VALUE: [&str; 5] = ["nan", "na", "null", "none", "n/a"];

/// Whether a cell holds no value.
pub(super) fn is_absent(cell: &str) -> bool {
    cell.is_empty() || NO_VALUE.iter().any(|it| it.eq_ignore_ascii_case(cell))
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
    pub(super) fn for_type(holds: &ColumnType) -> Cells {
        match holds {
            ColumnType::Real { bits: 64 } => Cells::Real(Vec::new()),
            ColumnType::Whole { bits: 64, signed: false } => Cells::Text(Texts::default()),
            ColumnType::Whole { .. } => Cells::Whole(Vec::new()),
            ColumnType::Instant { .. } | ColumnType::Day => Cells::Nanos(Vec::new()),
            _ => Cells::Text(Texts::default()),
        }
    }

    /// Adds rows of a column of Parquet, which is of the type that these are for. What is no number, word or time is not
    /// taken for an absent one: it stands there by the name of its type.
    pub(super) fn extend(&mut self, column: &Column, rows: usize) {
        match (self, &column.values) {
            (Cells::Real(to), Values::Real(from)) => put(column, from, f64::NAN, |it| it, to),
            (Cells::Whole(to), Values::Whole(from)) => put(column, from, NONE, |it| it, to),
            (Cells::Nanos(to), Values::Time { counts, nanos }) => {
                put(column, counts, NONE, |it| it.saturating_mul(*nanos), to);
            }
            (Cells::Text(to), Values::Text(from)) => {
                (0..rows).for_each(|row| to.push(if column.has(row) { from.get(row) } else { "" }));
            }
            (Cells::Text(to), _) => {
                let mut cell = Vec::new();
                for row in 0..rows {
                    cell.clear();
                    column.write_text(row, &mut cell);
                    to.push(&String::from_utf8_lossy(&cell));
                }
            }
            (Cells::Whole(to) | Cells::Nanos(to), _) => to.extend(std::iter::repeat_n(NONE, rows)),
            (Cells::Real(to), _) => to.extend(std::iter::repeat_n(f64::NAN, rows)),
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
            Cells::Text(it) => it.len(),
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

    /// The cells of some rows.
    pub(super) fn at(&self, rows: &[usize]) -> Cells {
        match self {
            Cells::Text(it) => rows.iter().map(|&row| it.get(row)).collect(),
            Cells::Whole(it) => Cells::Whole(rows.iter().map(|&row| it[row]).collect()),
            Cells::Nanos(it) => Cells::Nanos(rows.iter().map(|&row| it[row]).collect()),
            Cells::Real(it) => Cells::Real(rows.iter().map(|&row| it[row]).collect()),
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
                (0..it.len()).map(number).collect()
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

/// Adds values, and `none` where there is none.
fn put<T: Copy>(column: &Column, from: &[T], none: T, convert: impl Fn(T) -> T, to: &mut Vec<T>) {
    if column.present.is_empty() {
        to.extend(from.iter().map(|it| convert(*it)));
    } else {
        to.extend(from.iter().zip(&column.present).map(|(it, has)| if *has { convert(*it) } else { none }));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::*;
    use scalp_tables::text::TimeUnit;

    /// A column as it was read from a file: of this type, with these values and absent ones.
    fn column<T: Default>(
        holds: ColumnType,
        cells: impl IntoIterator<Item = Option<T>>,
        values: impl FnOnce(Vec<T>) -> Values,
    ) -> Cells {
        let column = Column::of(cells.into_iter(), values);
        let mut cells = Cells::for_type(&holds);
        cells.extend(&column, column.present.len());
        cells
    }

    fn words(all: &[&str]) -> Values {
        let mut texts = Texts::default();
        all.iter().for_each(|it| texts.push(it));
        Values::Text(texts)
    }

    fn whole(bits: u8, signed: bool) -> ColumnType {
        ColumnType::Whole { bits, signed }
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
        let double = ColumnType::Real { bits: 64 };
        let real = column(double.clone(), [Some(0.1), None, Some(f64::NAN)], Values::Real);
        assert_eq!((real.text(0), real.text(1)), ("0.1".into(), "".into()));
        assert!(real.numbers().unwrap()[1..].iter().all(|it| it.is_nan()));
        let infinite = column(double, [1.0, f64::INFINITY].map(Some), Values::Real);
        assert_eq!(infinite.numbers(), Err(1));
        let whole = column(whole(32, true), [Some(-7), None], Values::Whole);
        assert_eq!((whole.whole(0), whole.whole(1), whole.text(1)), (Some(-7), None, "".into()));
        assert_eq!(bits(&whole)[0], (-7.0_f64).to_bits());
        assert!(whole.numbers().unwrap()[1].is_nan());
        let millis = ColumnType::Instant { unit: TimeUnit::Millis, utc: false };
        let time =
            column(millis, [Some(1_600_000_000_000)], |counts| Values::Time { counts, nanos: 1_000_000 });
        assert_eq!(time.text(0), "1600000000000000000", "nanoseconds");
        // A float of 32 bits is the number that it is written as.
        let short = column(ColumnType::Real { bits: 32 }, [Some(0.1)], Values::Short);
        assert_eq!(bits(&short)[0], 0.1_f64.to_bits());
        let text = column(ColumnType::Text, [Some(()), None], |_| words(&["2.5", ""]));
        assert_eq!(bits(&text)[0], 2.5_f64.to_bits());
    }

    #[test]
    fn every_kind_of_number_word_and_time_has_its_value_and_no_other_is_absent() {
        let texts =
            |cells: Cells| (0..cells.len()).map(|row| cells.text(row).into_owned()).collect::<Vec<_>>();
        assert_eq!(texts(column(whole(8, true), [Some(-1), None, Some(1)], Values::Whole)), ["-1", "", "1"]);
        assert_eq!(
            texts(column(whole(64, false), [Some(u64::MAX), None], Values::Count)),
            ["18446744073709551615", ""]
        );
        let side = column(ColumnType::Text, [Some(()), None, Some(())], |_| words(&["buy", "", "sell"]));
        assert_eq!(texts(side), ["buy", "", "sell"]);
        assert_eq!(texts(column(ColumnType::Flag, [Some(true), None], Values::Flag)), ["true", ""]);
        let exact = ColumnType::Decimal { digits: 9, places: 1 };
        let exact = column(exact, [Some(-15), None], |unscaled| Values::Decimal { unscaled, places: 1 });
        assert_eq!(texts(exact), ["-1.5", ""]);
        let nanos = 86_400_000_000_000;
        let day = column(ColumnType::Day, [Some(1), None], |counts| Values::Time { counts, nanos });
        assert_eq!((day.whole(0), day.whole(1), matches!(day, Cells::Nanos(_))), (Some(nanos), None, true));
        let nothing = column(ColumnType::Nothing, [Some(()), None], |_| Values::Nothing);
        assert_eq!(texts(nothing), ["", ""]);
        let nested =
            column(ColumnType::Other("struct".into()), [Some(())], |_| Values::Other("struct".into()));
        assert_eq!((nested.numbers(), nested.text(0)), (Err(0), "(struct)".into()), "not absent");
    }
}
