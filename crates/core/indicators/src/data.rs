//! The data that indicators read: named columns, as one row at a time or as a frame of whole columns. Values that are not
//! finite are found here, once for all indicators.

use std::sync::OnceLock;

use crate::error::Error;
use crate::talib::Lent;

/// The names of the columns, in the order in which rows and frames hold them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    names: Box<[Box<str>]>,
}

impl Schema {
    /// The columns `names`, none of them twice.
    pub fn new(names: &[&str]) -> Result<Schema, Error> {
        for (i, name) in names.iter().enumerate() {
            if names[..i].contains(name) {
                return Err(Error::RepeatedColumn((*name).to_owned()));
            }
        }
        Ok(Schema { names: names.iter().map(|&name| name.into()).collect() })
    }

    /// A bar: `open`, `high`, `low`, `close`, `volume`.
    #[must_use]
    pub fn ohlcv() -> Schema {
        let names = ["open", "high", "low", "close", "volume"];
        Schema { names: names.iter().map(|&name| name.into()).collect() }
    }

    /// How many columns there are.
    #[must_use]
    pub fn width(&self) -> usize {
        self.names.len()
    }

    /// The place of the column `name`.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|it| &**it == name)
    }

    /// The name of the column at `place`, which must be below the width.
    #[must_use]
    pub fn name(&self, place: usize) -> &str {
        &self.names[place]
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|it| &**it)
    }
}

/// Whole columns of one length, with the rows known that hold values that are not finite. The averages that candlestick
/// patterns share are computed once and kept with it: up to 136 bytes a row, when all patterns have been asked.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    columns: Vec<&'a [f64]>,
    /// For each column the rows whose value is not finite, ascending.
    broken: Vec<Vec<usize>>,
    rows: usize,
    /// The averages of the bars that candlestick patterns share, and the columns that the first of them read.
    lent: Box<(OnceLock<[usize; 4]>, Lent)>,
}

impl<'a> Frame<'a> {
    /// The `columns` in the order of the schema. Reads each value once, to find what is not finite.
    pub fn new(schema: &Schema, columns: &[&'a [f64]]) -> Result<Frame<'a>, Error> {
        if columns.len() != schema.width() {
            return Err(Error::Width { expected: schema.width(), given: columns.len() });
        }
        let rows = columns.first().map_or(0, |it| it.len());
        for (place, column) in columns.iter().enumerate() {
            if column.len() != rows {
                let column_name = schema.name(place).to_owned();
                return Err(Error::Ragged { column: column_name, expected: rows, given: column.len() });
            }
        }
        let broken = columns.iter().map(|column| broken_rows(column)).collect();
        Ok(Frame { columns: columns.to_vec(), broken, rows, lent: Box::default() })
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn width(&self) -> usize {
        self.columns.len()
    }

    pub(crate) fn column(&self, place: usize) -> &'a [f64] {
        self.columns[place]
    }

    /// The averages of the bars in the columns at `places`: lent for the columns that were asked for first.
    pub(crate) fn lent(&self, places: &[usize]) -> Option<&Lent> {
        let bars: [usize; 4] = places.try_into().ok()?;
        let (of, lent) = &*self.lent;
        (*of.get_or_init(|| bars) == bars).then_some(lent)
    }

    /// The rows in which one of the columns at `places` is not finite, ascending, each once.
    pub(crate) fn gaps(&self, places: &[usize]) -> Vec<usize> {
        let mut rows: Vec<usize> = places.iter().flat_map(|&it| self.broken[it].iter().copied()).collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }
}

fn broken_rows(column: &[f64]) -> Vec<usize> {
    // Zero times a finite value is zero, so a block is clean when this sum is; clean data need no branch a value.
    let mut rows = Vec::new();
    for (block, values) in column.chunks(1024).enumerate() {
        if values.iter().fold(0.0, |sum, x| sum + x * 0.0) != 0.0_f64 || values.iter().any(|x| !x.is_finite())
        {
            rows.extend(
                values.iter().enumerate().filter(|(_, x)| !x.is_finite()).map(|(i, _)| block * 1024 + i),
            );
        }
    }
    rows
}

/// The values of one output, one for each row from `first` on.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers. A value that is not finite stands for silence at its row.
    Real(Vec<f64>),
    /// Whole numbers: the candlestick patterns and the indices.
    Integer(Vec<i32>),
}

impl Values {
    /// How many rows have a place here, silent ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Values::Real(values) => values.len(),
            Values::Integer(values) => values.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn real(&mut self, len: usize) -> &mut [f64] {
        if !matches!(self, Values::Real(_)) {
            *self = Values::Real(Vec::new());
        }
        match self {
            Values::Real(values) => sized(values, len),
            Values::Integer(_) => unreachable!("made real above"),
        }
    }

    pub(crate) fn integer(&mut self, len: usize) -> &mut [i32] {
        if !matches!(self, Values::Integer(_)) {
            *self = Values::Integer(Vec::new());
        }
        match self {
            Values::Integer(values) => sized(values, len),
            Values::Real(_) => unreachable!("made integer above"),
        }
    }
}

/// A buffer that is kept is only cut or grown; a new one comes zeroed from the system, without a pass over it.
fn sized<T: Clone + Default>(values: &mut Vec<T>, len: usize) -> &mut [T] {
    if values.capacity() < len {
        *values = vec![T::default(); len];
    } else {
        values.resize(len, T::default());
    }
    values
}

/// One output of an indicator over a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The first row that has a value; all before it are silent.
    pub first: usize,
    /// One value for each row from `first` to the last.
    pub values: Values,
    /// Rows from `first` on that were left out because an input was not finite, ascending.
    pub gaps: Vec<usize>,
}

impl Default for Column {
    fn default() -> Column {
        Column { first: 0, values: Values::Real(Vec::new()), gaps: Vec::new() }
    }
}

impl Column {
    /// The value at `row`; none while the indicator is warming up, at a gap, and where the formula has no finite value
    /// (the logarithm of a negative number, a division by zero).
    #[must_use]
    pub fn at(&self, row: usize) -> Option<f64> {
        let place = row.checked_sub(self.first)?;
        match &self.values {
            Values::Real(values) => values.get(place).copied().filter(|it| it.is_finite()),
            Values::Integer(values) => {
                let value = values.get(place)?;
                self.gaps.binary_search(&row).is_err().then_some(f64::from(*value))
            }
        }
    }
}
