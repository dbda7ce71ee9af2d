//! What can be wrong with a request or its data. Each error names the key that is at fault.

/// The name nearest to an unknown one, when one is near enough to be meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nearest(pub Option<String>);

impl Nearest {
    /// As [`nearest`].
    #[must_use]
    pub fn among<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Nearest {
        nearest(name, candidates)
    }
}

impl std::fmt::Display for Nearest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Some(name) => write!(f, "; did you mean {name}?"),
            None => Ok(()),
        }
    }
}

/// What can be wrong with a request or its data.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The text of an item does not read as `NAME(arguments).output`.
    #[error("cannot read {item:?}: {expected}")]
    Syntax {
        /// The item as written.
        item: String,
        /// What should have been there.
        expected: &'static str,
    },
    /// No indicator has this name.
    #[error("unknown indicator {name:?}{nearest}")]
    UnknownIndicator {
        /// The name as written.
        name: String,
        /// A name that is near.
        nearest: Nearest,
    },
    /// The indicator has neither a parameter nor an input of this name.
    #[error("{indicator} has no parameter {parameter:?}{nearest}")]
    UnknownParameter {
        /// The indicator.
        indicator: &'static str,
        /// The name as written.
        parameter: String,
        /// A name that is near.
        nearest: Nearest,
    },
    /// The indicator has no output of this name.
    #[error("{indicator} has no output {output:?}{nearest}")]
    UnknownOutput {
        /// The indicator.
        indicator: &'static str,
        /// The name as written.
        output: String,
        /// A name that is near.
        nearest: Nearest,
    },
    /// A parameter is out of range, or not of its kind.
    #[error("{indicator}.{parameter} must be {expected}, got {given}")]
    BadParameter {
        /// The indicator.
        indicator: &'static str,
        /// The parameter.
        parameter: String,
        /// The value as written.
        given: String,
        /// The range.
        expected: String,
    },
    /// More arguments than parameters.
    #[error("{indicator} takes {most} parameters at most, got {given}")]
    TooManyArguments {
        /// The indicator.
        indicator: &'static str,
        /// How many it has.
        most: usize,
        /// How many were given.
        given: usize,
    },
    /// A parameter is given twice.
    #[error("{indicator}.{parameter} is given twice")]
    Repeated {
        /// The indicator.
        indicator: &'static str,
        /// The parameter.
        parameter: String,
    },
    /// The data have no column of the name that an input asks for.
    #[error("{indicator}.{input} needs the column {column:?}, which is not there; there are {present}")]
    MissingColumn {
        /// The indicator.
        indicator: &'static str,
        /// The input.
        input: String,
        /// The column asked for.
        column: String,
        /// The columns that there are, separated by commas.
        present: String,
    },
    /// A schema names a column twice.
    #[error("the column {0:?} is named twice")]
    RepeatedColumn(String),
    /// A row or a frame has not the columns of the schema.
    #[error("{expected} columns expected, got {given}")]
    Width {
        /// Columns in the schema.
        expected: usize,
        /// Columns given.
        given: usize,
    },
    /// A column is not as long as the first.
    #[error("the column {column:?} has {given} rows, the first column has {expected}")]
    Ragged {
        /// The column.
        column: String,
        /// Rows in the first column.
        expected: usize,
        /// Rows in this one.
        given: usize,
    },
    /// A row holds a value that is not finite in a column that the indicator reads. Nothing was changed by it.
    #[error("{indicator}: the column {column:?} is not finite")]
    NotFinite {
        /// The indicator.
        indicator: &'static str,
        /// The column.
        column: String,
    },
    /// Fewer rows than the indicator needs for its first value.
    #[error("{indicator} needs {needed} rows for its first value, there are {given}")]
    TooShort {
        /// The indicator, with its parameters.
        indicator: String,
        /// Rows needed for the first value.
        needed: usize,
        /// Rows given, those that are not finite left out.
        given: usize,
    },
    /// The indicator has counted as many bars as it can (100,000,001).
    #[error("{indicator} has counted as many bars as it can; reset it")]
    Exhausted {
        /// The indicator.
        indicator: &'static str,
    },
}

/// Edits that turn one name into the other, letter case aside; two neighbours that changed places are one (Damerau 1964).
fn distance(a: &str, b: &str) -> usize {
    let lower = |name: &str| -> Vec<u8> { name.bytes().map(|it| it.to_ascii_lowercase()).collect() };
    let (a, b) = (lower(a), lower(b));
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut next = vec![i + 1];
        for j in 0..b.len() {
            let mut edits = (row[j] + usize::from(a[i] != b[j])).min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                edits = edits.min(before[j - 1] + 1);
            }
            next.push(edits);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

/// The candidate with the fewest edits from `name`, if these are no more than half its letters; else the shortest that begins with
/// `name`, if that has three letters or more.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Nearest {
    let candidates: Vec<&str> = candidates.collect();
    let close = candidates.iter().map(|it| (distance(name, it), *it)).min();
    let close = close.filter(|(edits, _)| *edits <= (name.len() / 2).max(1));
    let longer = || {
        let begins = |it: &&&str| it.get(..name.len()).is_some_and(|it| it.eq_ignore_ascii_case(name));
        let longer = candidates.iter().filter(|_| name.len() >= 3).filter(begins);
        longer.map(|it| (it.len(), *it)).min()
    };
    Nearest(close.or_else(longer).map(|(_, it)| it.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_named_only_when_it_is_near() {
        let names = ["RSI", "STOCHRSI", "BBANDS"];
        assert_eq!(nearest("BBAND", names.into_iter()).0.as_deref(), Some("BBANDS"));
        assert_eq!(nearest("rsi", names.into_iter()).0.as_deref(), Some("RSI"));
        assert_eq!(nearest("RIS", names.into_iter()).0.as_deref(), Some("RSI"), "changed places");
        let longer = ["KELTNER_EMA", "KELTNER_EMA_LONG", "KC"];
        assert_eq!(nearest("Keltner", longer.into_iter()).0.as_deref(), Some("KELTNER_EMA"), "its beginning");
        assert_eq!(nearest("KE", longer.into_iter()).0.as_deref(), Some("KC"), "two letters begin too much");
        assert_eq!(nearest("", names.into_iter()).0, None);
        assert_eq!(nearest("moon_phase", names.into_iter()).0, None);
        assert_eq!(nearest("x", std::iter::empty()).0, None);
    }
}
