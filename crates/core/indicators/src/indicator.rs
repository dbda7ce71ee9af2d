//! A built indicator: rows in one by one, or whole columns at once; the same numbers to the last bit either way.

use crate::data::{Column, Frame, Schema, Values};
use crate::error::Error;
use crate::kernel::{Exhausted, SILENT, Seat};
use crate::request::Request;
use crate::spec::{Family, Spec};
use crate::talib::Lent;

/// What an indicator says about one row: a value or silence for each output.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    values: &'a [f64],
}

/// A value that a kernel wrote, or silence.
#[inline]
pub(crate) fn said(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

impl<'a> Answer<'a> {
    /// As the kernel wrote them.
    #[inline]
    pub(crate) fn values(&self) -> &'a [f64] {
        self.values
    }

    /// The value of the output at `place` in the spec; none while it is warming up, and where the formula has no finite
    /// value.
    #[must_use]
    #[inline]
    pub fn get(&self, place: usize) -> Option<f64> {
        self.values.get(place).copied().and_then(said)
    }

    /// The outputs in their order.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = Option<f64>> + '_ {
        (0..self.values.len()).map(|place| self.get(place))
    }
}

/// A built indicator. Nothing is allocated by a row once every output has spoken, but for the first one that is tried out.
///
/// A row with a value that is not finite in a column that the indicator reads is refused and changes nothing: the next
/// row follows the one before it, as if the refused one had not been there, but in the outputs that tell a row by its
/// number ([`crate::Output::is_row`]), which count it. Over a frame the same rule holds; such rows are silent and listed as
/// gaps.
pub struct Indicator {
    spec: &'static Spec,
    request: Request,
    arguments: Vec<f64>,
    places: Vec<usize>,
    columns: Vec<String>,
    width: usize,
    lookbacks: Vec<usize>,
    kernel: Box<dyn Seat>,
    accepted: u64,
}

impl Clone for Indicator {
    fn clone(&self) -> Indicator {
        Indicator {
            spec: self.spec,
            request: self.request.clone(),
            arguments: self.arguments.clone(),
            places: self.places.clone(),
            columns: self.columns.clone(),
            width: self.width,
            lookbacks: self.lookbacks.clone(),
            kernel: self.kernel.boxed_clone(),
            accepted: self.accepted,
        }
    }
}

impl std::fmt::Debug for Indicator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Indicator").field("name", &self.to_string()).field("rows", &self.accepted).finish()
    }
}

/// The name with all parameters, and the inputs that do not read their usual columns.
impl std::fmt::Display for Indicator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.spec.name)?;
        let inputs = self.spec.inputs.iter().zip(&self.columns);
        let parts: Vec<String> = (self.arguments.iter().map(f64::to_string))
            .chain(
                inputs
                    .filter(|(it, column)| it.column != *column)
                    .map(|(it, column)| format!("{}={column}", it.name)),
            )
            .collect();
        if parts.is_empty() { Ok(()) } else { write!(f, "({})", parts.join(",")) }
    }
}

impl Indicator {
    /// Builds the indicator that `text` names, such as `RSI(14)` or `SMA(20, real=volume)`, for rows of `schema`. An
    /// output after a full stop is refused here; see [`crate::Set`].
    pub fn parse(text: &str, schema: &Schema) -> Result<Indicator, Error> {
        let request = Request::parse(text)?;
        match request.output {
            Some(_) => {
                let expected = "an indicator without an output, such as RSI(14)";
                Err(Error::Syntax { item: text.trim().to_owned(), expected })
            }
            None => Indicator::build(&request, schema),
        }
    }

    /// Builds what `request` names, for rows of `schema`. Its output, if it names one, plays no part.
    pub fn build(request: &Request, schema: &Schema) -> Result<Indicator, Error> {
        let resolved = request.resolve()?;
        let spec = resolved.spec;
        let mut places = Vec::with_capacity(spec.inputs.len());
        for (input, column) in spec.inputs.iter().zip(&resolved.columns) {
            let missing = || Error::MissingColumn {
                indicator: spec.name,
                input: input.name.to_owned(),
                column: column.clone(),
                present: schema.names().collect::<Vec<_>>().join(", "),
            };
            places.push(schema.place(column).ok_or_else(missing)?);
        }
        let (mut kernel, lookbacks) =
            (spec.build)(&resolved.arguments).map_err(|(place, expected)| Error::BadParameter {
                indicator: spec.name,
                parameter: spec.parameters.get(place).map_or_else(String::new, |it| it.name.clone()),
                given: resolved.arguments.get(place).map_or_else(String::new, f64::to_string),
                expected,
            })?;
        kernel.seat(schema.width(), &places);
        Ok(Indicator {
            spec,
            request: Request { output: None, ..request.clone() },
            arguments: resolved.arguments,
            places,
            columns: resolved.columns,
            width: schema.width(),
            lookbacks,
            kernel,
            accepted: 0,
        })
    }

    /// What the indicator is.
    #[must_use]
    pub fn spec(&self) -> &'static Spec {
        self.spec
    }

    /// The values of all parameters, in the order of the spec.
    #[must_use]
    pub fn arguments(&self) -> &[f64] {
        &self.arguments
    }

    /// The column that each input reads, in the order of the spec.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How many rows pass in silence before the first value of the output at `place`, which the spec must have.
    #[must_use]
    pub fn lookback(&self, place: usize) -> usize {
        self.lookbacks[place]
    }

    /// How many rows pass before every output has spoken.
    #[must_use]
    pub fn warm_up(&self) -> usize {
        self.lookbacks.iter().copied().max().unwrap_or(0)
    }

    /// How many rows have been taken in since it was new; those refused are not counted.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.accepted
    }

    /// Takes a finished row in, with the columns of the schema, and answers for it. After an error it is as before, but that
    /// a row with a value that is not finite counts as one that passed.
    #[inline]
    pub fn push(&mut self, row: &[f64]) -> Result<Answer<'_>, Error> {
        match self.kernel.push(row) {
            Some(values) => {
                self.accepted += 1;
                Ok(Answer { values })
            }
            None => Err(refusal(self.spec, self.width, &self.places, &self.columns, row)),
        }
    }

    /// A row passed in which an input has no value: as [`Indicator::push`] of it, without an error to be told.
    #[inline]
    pub fn pass(&mut self) {
        self.kernel.pass();
    }

    /// Answers what `push` would answer for a row that is not finished, and remains as it was.
    #[inline]
    pub fn peek(&mut self, row: &[f64]) -> Result<Answer<'_>, Error> {
        match self.kernel.peek(row) {
            Some(values) => Ok(Answer { values }),
            None => Err(refusal(self.spec, self.width, &self.places, &self.columns, row)),
        }
    }

    /// Becomes as new, by being built again.
    pub fn reset(&mut self) {
        self.kernel = self.fresh();
        self.accepted = 0;
    }

    /// The kernel as it was before the first row.
    fn fresh(&self) -> Box<dyn Seat> {
        let (mut kernel, _) = (self.spec.build)(&self.arguments).expect("it was built of these arguments");
        kernel.seat(self.width, &self.places);
        kernel
    }

    /// The columns of a frame as a new indicator would answer them row by row. What has been pushed plays no part.
    pub fn batch(&self, frame: &Frame<'_>) -> Result<Vec<Column>, Error> {
        let mut out = Vec::new();
        self.batch_into(frame, &mut out)?;
        Ok(out)
    }

    /// As [`Indicator::batch`], into columns that are kept: their memory is used again. After an error they hold nothing
    /// of use.
    pub fn batch_into(&self, frame: &Frame<'_>, out: &mut Vec<Column>) -> Result<(), Error> {
        if frame.width() != self.width {
            return Err(Error::Width { expected: self.width, given: frame.width() });
        }
        let gaps = frame.gaps(&self.places);
        let rows = frame.rows() - gaps.len();
        let needed = self.lookbacks.iter().copied().min().unwrap_or(0) + 1;
        if rows < needed {
            return Err(Error::TooShort { indicator: self.to_string(), needed, given: rows });
        }
        out.resize_with(self.lookbacks.len(), Column::default);
        for (column, &lookback) in out.iter_mut().zip(&self.lookbacks) {
            column.first = lookback.min(frame.rows());
            column.gaps.clear();
        }
        let exhausted = |Exhausted| Error::Exhausted { indicator: self.spec.name };
        if gaps.is_empty() {
            let inputs: Vec<&[f64]> = self.places.iter().map(|&place| frame.column(place)).collect();
            return self.fresh().batch(&inputs, rows, self.lent(frame), out).map_err(exhausted);
        }
        let whole: Vec<Vec<f64>> =
            self.places.iter().map(|&place| without(frame.column(place), &gaps)).collect();
        let inputs: Vec<&[f64]> = whole.iter().map(Vec::as_slice).collect();
        self.fresh().batch(&inputs, rows, None, out).map_err(exhausted)?;
        let kept: Vec<usize> = (0..frame.rows()).filter(|&row| gaps.binary_search(&row).is_err()).collect();
        for (column, output) in out.iter_mut().zip(&self.spec.outputs) {
            if output.is_row {
                number(column, &kept);
            }
            spread(column, &gaps, &kept, frame.rows());
        }
        Ok(())
    }

    /// What the frame lends, if this is a candlestick pattern.
    fn lent<'a>(&self, frame: &'a Frame<'_>) -> Option<&'a Lent> {
        (self.spec.family == Family::Candle).then(|| frame.lent(&self.places)).flatten()
    }

    /// How many outputs there are.
    #[inline]
    pub(crate) fn outputs(&self) -> usize {
        self.lookbacks.len()
    }

    pub(crate) fn same_calculation(&self, other: &Indicator) -> bool {
        std::ptr::eq(self.spec, other.spec)
            && self.arguments == other.arguments
            && self.places == other.places
    }
}

/// Why a row was refused.
#[cold]
fn refusal(spec: &Spec, width: usize, places: &[usize], columns: &[String], row: &[f64]) -> Error {
    if row.len() != width {
        return Error::Width { expected: width, given: row.len() };
    }
    match places.iter().position(|&place| !row[place].is_finite()) {
        Some(k) => Error::NotFinite { indicator: spec.name, column: columns[k].clone() },
        None => Error::Exhausted { indicator: spec.name },
    }
}

fn without(column: &[f64], gaps: &[usize]) -> Vec<f64> {
    let mut kept = Vec::with_capacity(column.len());
    let mut from = 0;
    for &gap in gaps {
        kept.extend_from_slice(&column[from..gap]);
        from = gap + 1;
    }
    kept.extend_from_slice(&column[from..]);
    kept
}

/// Makes of places among the rows that were kept the numbers of these rows.
fn number(column: &mut Column, kept: &[usize]) {
    let Values::Integer(values) = &mut column.values else { return };
    for value in values {
        let row = usize::try_from(*value).ok().and_then(|it| kept.get(it)).copied();
        *value = row.and_then(|it| i32::try_from(it).ok()).unwrap_or(*value);
    }
}

/// Moves the values of the rows that were kept to their places among all rows.
fn spread(column: &mut Column, gaps: &[usize], kept: &[usize], rows: usize) {
    let first = kept.get(column.first).copied().unwrap_or(rows);
    let targets = &kept[column.first.min(kept.len())..];
    column.values = match &column.values {
        Values::Real(values) => {
            let mut spread = vec![SILENT; rows - first];
            targets.iter().zip(values).for_each(|(&row, &value)| spread[row - first] = value);
            Values::Real(spread)
        }
        Values::Integer(values) => {
            let mut spread = vec![0; rows - first];
            targets.iter().zip(values).for_each(|(&row, &value)| spread[row - first] = value);
            Values::Integer(spread)
        }
    };
    column.first = first;
    column.gaps = gaps.iter().copied().filter(|&gap| gap >= first).collect();
}
