//! What is made of a row and the rows of its key before it.

use scalp_indicators::{Indicator, Schema};

/// Rows that the momentum looks back.
const MOMENTUM: usize = 10;

/// A primitive on one column. Each looks at a row and at those of its key before it, never after; NaN in, NaN out, and the
/// row is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowPrimitive {
    /// Size without sign.
    Absolute,
    /// Share of the values so far that are at most this one.
    Percentile,
    /// Sum so far.
    CumSum,
    /// Mean so far.
    CumMean,
    /// Change since the row before.
    Diff,
    /// Relative change over ten rows.
    Momentum,
    /// `RSI(14)`.
    Rsi,
}

impl RowPrimitive {
    pub(super) const ALL: [Self; 7] = [
        Self::Absolute,
        Self::Percentile,
        Self::CumSum,
        Self::CumMean,
        Self::Diff,
        Self::Momentum,
        Self::Rsi,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Absolute => "ABSOLUTE",
            Self::Percentile => "PERCENTILE",
            Self::CumSum => "CUM_SUM",
            Self::CumMean => "CUM_MEAN",
            Self::Diff => "DIFF",
            Self::Momentum => "MOMENTUM",
            Self::Rsi => "RSI",
        }
    }

    /// A value for each row, in the order of the rows.
    pub(super) fn apply(self, values: &[f64], keys: &[usize]) -> Vec<f64> {
        let count = keys.iter().max().map_or(0, |it| it + 1);
        let mut pasts: Vec<Past> = (0..count).map(|_| Past::new(self)).collect();
        let value = |(value, &key): (&f64, &usize)| {
            if value.is_finite() { finite(pasts[key].push(*value)) } else { f64::NAN }
        };
        values.iter().zip(keys).map(value).collect()
    }
}

/// What a primitive remembers of one key.
enum Past {
    Absolute,
    Percentile(Vec<f64>),
    CumSum(f64),
    CumMean(f64, f64),
    Lag(Vec<f64>, usize, bool),
    Rsi(Box<Indicator>),
}

impl Past {
    fn new(primitive: RowPrimitive) -> Self {
        match primitive {
            RowPrimitive::Absolute => Self::Absolute,
            RowPrimitive::Percentile => Self::Percentile(Vec::new()),
            RowPrimitive::CumSum => Self::CumSum(0.0),
            RowPrimitive::CumMean => Self::CumMean(0.0, 0.0),
            RowPrimitive::Diff => Self::Lag(Vec::new(), 1, false),
            RowPrimitive::Momentum => Self::Lag(Vec::new(), MOMENTUM, true),
            RowPrimitive::Rsi => {
                let schema = Schema::new(&["value"]);
                let rsi = schema.and_then(|it| Indicator::parse("RSI(14, real=value)", &it));
                Self::Rsi(Box::new(rsi.expect("the catalogue has an RSI of one column")))
            }
        }
    }

    fn push(&mut self, value: f64) -> f64 {
        match self {
            Self::Absolute => value.abs(),
            Self::Percentile(sorted) => {
                let place = sorted.partition_point(|it| *it <= value);
                sorted.insert(place, value);
                (place + 1) as f64 / sorted.len() as f64
            }
            Self::CumSum(sum) => {
                *sum += value;
                *sum
            }
            Self::CumMean(sum, count) => {
                *sum += value;
                *count += 1.0;
                *sum / *count
            }
            Self::Lag(values, lag, relative) => {
                values.push(value);
                match values.len().checked_sub(*lag + 1).map(|it| values[it]) {
                    None => f64::NAN,
                    Some(before) if *relative => value / before - 1.0,
                    Some(before) => value - before,
                }
            }
            Self::Rsi(rsi) => rsi.push(&[value]).ok().and_then(|it| it.get(0)).unwrap_or(f64::NAN),
        }
    }
}

/// A primitive on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Joined {
    pub(super) const ALL: [Self; 4] = [Self::Add, Self::Subtract, Self::Multiply, Self::Divide];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Add => "ADD",
            Self::Subtract => "SUB",
            Self::Multiply => "MUL",
            Self::Divide => "DIV",
        }
    }

    pub(super) fn of(self, a: f64, b: f64) -> f64 {
        finite(match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
        })
    }
}

/// A value without a finite one is absent.
pub(super) fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}
