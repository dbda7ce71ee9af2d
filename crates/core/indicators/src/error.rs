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
    #[error("{indicator} takes {}, got {given}", at_most(*most))]
    TooManyArguments {
        /// The indicator.
        indicator: &'static str,
        /// How many it has.
        most: usize,
        /// How many were written, inputs aside.
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

fn at_most(parameters: usize) -> String {
    match parameters {
        0 => "no parameters".to_owned(),
        1 => "1 parameter at most".to_owned(),
        more => format!("{more} parameters at most"),
    }
}

/// Edits that turn one name into the other; two neighbours that changed places are one (Damerau 1964).
fn distance(a: &[u8], b: &[u8]) -> usize {
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

/// The candidate that is most likely meant by `name`, letter case aside. One slip of the finger is; then, of names of three
/// letters or more, the candidate of which `name` is a whole part (`SLOPE` of `LINEARREG_SLOPE`), that begins with it, or that
/// it begins with (`VARIANCE` with `VAR`); then the one with the fewest edits, if these are no more than a third of its
/// letters. Of equals the one that is nearer as it is written, letter case and all.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Nearest {
    let small = name.to_ascii_lowercase();
    let length = name.len();
    let rank = |it: &'a str| {
        let other = it.to_ascii_lowercase();
        let edits = distance(small.as_bytes(), other.as_bytes());
        let long = length.min(it.len()) >= 3;
        let tier = if edits <= 1 && length > 0 {
            (0, 0)
        } else if long && other.split('_').any(|part| part == small) {
            (1, it.len())
        } else if long && other.starts_with(&small) {
            (2, it.len())
        } else if long && small.starts_with(&other) {
            // The longest of them.
            (3, length - it.len())
        } else if edits <= length / 3 {
            (4, edits)
        } else {
            return None;
        };
        Some((tier, edits, distance(name.as_bytes(), it.as_bytes()), it))
    };
    Nearest(candidates.filter_map(rank).min().map(|it| it.3.to_owned()))
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

    #[test]
    fn of_near_names_the_one_that_is_meant_is_named() {
        let names = ["ADR", "CORR", "COS", "LINEARREG_SLOPE", "TAN", "TRANGE", "VAR", "close", "volume"];
        for (name, meant) in [
            ("clos", Some("close")),
            ("CO", Some("COS")),
            ("VARIANCE", Some("VAR")),
            ("SLOPE", Some("LINEARREG_SLOPE")),
            ("LINEARREG", Some("LINEARREG_SLOPE")),
            ("CORRELATION", Some("CORR")),
            ("volmue", Some("volume")),
            ("leader", None),
            ("eth", None),
        ] {
            assert_eq!(nearest(name, names.into_iter()).0.as_deref(), meant, "{name}");
        }
    }
}
