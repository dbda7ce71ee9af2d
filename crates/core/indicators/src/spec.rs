//! What an indicator is, before it is built: its name, parameters, inputs, outputs and source. Knows no values.

use crate::kernel::Seat;

/// The families of the catalogue. The first ten are TA-Lib's groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Dominant cycles and their filters.
    Cycle,
    /// Sums, extremes and arithmetic of columns.
    Operator,
    /// Functions of one value.
    Transform,
    /// Oscillators and measures of direction.
    Momentum,
    /// What is drawn over the price: averages, bands, stops.
    Overlap,
    /// Candlestick patterns.
    Candle,
    /// One price out of a bar.
    Price,
    /// Rolling statistics.
    Statistic,
    /// Ranges and deviations.
    Volatility,
    /// What uses volume.
    Volume,
}

impl Family {
    /// All families, in the order in which they are listed.
    pub const ALL: [Family; 10] = [
        Family::Overlap,
        Family::Momentum,
        Family::Volatility,
        Family::Volume,
        Family::Cycle,
        Family::Statistic,
        Family::Price,
        Family::Operator,
        Family::Transform,
        Family::Candle,
    ];
}

/// How the work for one bar grows with the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// Not at all (on average over the bars).
    Constant,
    /// With the period, or its logarithm.
    Window,
}

/// What a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// A whole number.
    Whole {
        /// The smallest allowed.
        min: i32,
        /// The largest allowed.
        max: i32,
    },
    /// A finite number.
    Real {
        /// The smallest allowed.
        min: f64,
        /// The largest allowed.
        max: f64,
    },
    /// One of a list, by number or by name.
    Choice(&'static [(i64, &'static str)]),
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Range::Whole { min, max } => write!(f, "a whole number from {min} to {max}"),
            Range::Real { min, max } if *max < 1e30 => write!(f, "a number from {min} to {max}"),
            Range::Real { min, .. } if *min > -1e30 => write!(f, "a finite number from {min} on"),
            Range::Real { .. } => write!(f, "a finite number"),
            Range::Choice(values) => {
                write!(f, "one of")?;
                for (i, (number, name)) in values.iter().enumerate() {
                    let comma = if i == 0 { "" } else { "," };
                    write!(f, "{comma} {number} ({name})")?;
                }
                Ok(())
            }
        }
    }
}

/// One parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its key, such as `timeperiod`.
    pub name: String,
    /// What it is for.
    pub hint: &'static str,
    /// What it may be.
    pub range: Range,
    /// Its value when none is given.
    pub default: f64,
}

/// One input.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its key, such as `high` or `real`.
    pub name: &'static str,
    /// The column that it reads when none is named.
    pub column: &'static str,
}

/// One output.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its name, such as `upperband`.
    pub name: String,
    /// Whether its values are whole numbers.
    pub integer: bool,
    /// Whether it tells a row by its number, counted from 0 over all rows that came, also those with an empty cell.
    pub is_row: bool,
}

/// A built kernel and, for each output, how many accepted rows pass in silence before its first value.
pub(crate) type Built = (Box<dyn Seat>, Vec<usize>);

/// Builds a kernel out of parameters, one for each of the spec and each in its range. What it returns as an error is what
/// the parameter of that place must be.
pub(crate) type Build = Box<dyn Fn(&[f64]) -> Result<Built, (usize, String)> + Send + Sync>;

/// One indicator of the catalogue.
pub struct Spec {
    /// Its name, in capitals.
    pub name: &'static str,
    /// Where it is listed.
    pub family: Family,
    /// What it is, in one line.
    pub summary: &'static str,
    /// The formula, or where it stands.
    pub source: String,
    /// The columns that it reads.
    pub inputs: Vec<Input>,
    /// Its parameters, in the order in which they are written.
    pub parameters: Vec<Parameter>,
    /// Its outputs.
    pub outputs: Vec<Output>,
    /// Whether finite inputs may have no finite answer: the domain of the formula is not all numbers.
    pub partial: bool,
    /// How the work for one bar grows with the period.
    pub cost: Cost,
    pub(crate) build: Build,
}

impl std::fmt::Debug for Spec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spec").field("name", &self.name).finish_non_exhaustive()
    }
}
