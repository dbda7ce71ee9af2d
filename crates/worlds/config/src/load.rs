//! From a file to a checked [`Config`].

use super::schema::Config;
use scalp_types::{InstrumentError, Instruments};
use std::path::{Path, PathBuf};
use toml::de::DeTable;

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text is not TOML.
    #[error("{}: {message}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
    /// A key is unknown, missing, or its value is of the wrong kind or range.
    #[error("{}: {key}: {problem}", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// The path of the key, e.g. `venue.fees.maker`.
        key: String,
        /// What was found and what was expected.
        problem: String,
    },
    /// An instrument contradicts itself.
    #[error("{}: instrument: {source}", path.display())]
    Instrument {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: InstrumentError,
    },
}

impl Config {
    /// Reads and checks a file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Self::read(&text, path, true)
    }

    /// Checks a text; `path` names it in errors and is where relative paths are looked up first.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        Self::read(text, path, false)
    }

    fn read(text: &str, path: &Path, has_lines: bool) -> Result<Self, ConfigError> {
        // A first pass for the syntax alone: its errors show the line.
        let table: toml::Table = toml::from_str(text).map_err(|e| syntax(path, text, &e))?;
        let mut config: Self = read(&table).map_err(|e| {
            let (at, message) = (e.path().to_string(), e.inner().message().trim().to_owned());
            let key = match culprit(&table, &at, &message) {
                Some(key) if at == "." => key,
                Some(key) => format!("{at}.{key}"),
                None => key_of(&at),
            };
            let problem = with_line(in_words(&message), &key, has_lines.then_some(text));
            ConfigError::Key { path: path.to_owned(), key, problem }
        })?;
        config.has_lines = has_lines;
        config.text = text.to_owned();
        config.path = path.to_owned();
        config.check()?;
        Ok(config)
    }

    /// A refusal of `key`, in the words of this file.
    pub fn refuse(&self, key: impl Into<String>, problem: impl Into<String>) -> ConfigError {
        let key = key.into();
        let problem = with_line(problem.into(), &key, self.has_lines.then_some(&*self.text));
        ConfigError::Key { path: self.path.clone(), key, problem }
    }

    /// The instrument table.
    pub fn instruments(&self) -> Result<Instruments, ConfigError> {
        let mut table = Instruments::default();
        for (at, it) in self.instrument.iter().enumerate() {
            table.add(it.spec()).map_err(|error| match error {
                InstrumentError::Field { field, value, expected, .. } => self
                    .refuse(format!("instrument[{at}].{field}"), format!("is {value}, expected {expected}")),
                InstrumentError::Number { field, source, .. } => {
                    self.refuse(format!("instrument[{at}].{field}"), source.to_string())
                }
                source => ConfigError::Instrument { path: self.path.clone(), source },
            })?;
        }
        Ok(table)
    }

    /// A path of the configuration: beside the file first, then from the working directory.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        let beside = self.path.parent().map(|it| it.join(path)).filter(|it| it.exists());
        beside.unwrap_or_else(|| path.to_owned())
    }
}

/// The values of a table; an error says the path of the key.
fn read(table: &toml::Table) -> Result<Config, serde_path_to_error::Error<toml::de::Error>> {
    serde_path_to_error::deserialize(toml::Value::Table(table.clone()))
}

/// A syntax error in one line, with the line it is in.
fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let message = match error.message().trim() {
        it if it.ends_with("as i128, expected any valid TOML value") => {
            "expected a whole number below 2^63".into()
        }
        it => it.replace('\n', ", "),
    };
    let place = error.span().and_then(|it| text.get(..it.start)).map(|before| {
        let number = before.matches('\n').count();
        let column = before.rsplit('\n').next().map_or(0, |it| it.chars().count());
        let line = text.lines().nth(number).unwrap_or_default();
        format!("line {}, column {}: {line:?}: ", number + 1, column + 1)
    });
    ConfigError::Syntax { path: path.to_owned(), message: place.unwrap_or_default() + &message }
}

/// A problem with the line of its key in the text of a file, as far as the key stands there.
fn with_line(problem: String, key: &str, text: Option<&str>) -> String {
    match text.and_then(|text| line_of(text, key)) {
        Some(line) => format!("{problem} (line {line})"),
        None => problem,
    }
}

/// The line of a key such as `data[0].start`, or of the innermost section around it that is there.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let root = DeTable::parse(text).ok()?;
    let mut here = root.get_ref();
    let mut start = None;
    for part in key.split('.') {
        let mut names = part.split('[');
        let name = names.next()?;
        let Some((key, value)) = here.iter().find(|(key, _)| key.get_ref() == name) else { break };
        let mut value = value;
        start = Some(key.span().start);
        for place in names {
            let place = place.trim_end_matches(']').parse::<usize>().ok();
            let Some(row) = place.and_then(|at| value.get_ref().as_array()?.get(at)) else { break };
            value = row;
            start = Some(row.span().start);
        }
        let Some(table) = value.get_ref().as_table() else { break };
        here = table;
    }
    Some(text.get(..start?)?.matches('\n').count() + 1)
}

/// The key within a table that an error names as a whole, as it does where a word chooses which keys there are: the one
/// without which the error is another.
fn culprit(table: &toml::Table, at: &str, message: &str) -> Option<String> {
    let inner = inside(table.clone(), at, |it| it.keys().cloned().collect::<Vec<_>>())?.0;
    let found = |key: &String| {
        let (_, without) = inside(table.clone(), at, |it| it.remove(key))?;
        let error = read(&without).err();
        let is_same =
            error.is_some_and(|e| e.path().to_string() == at && e.inner().message().trim() == message);
        (!is_same).then(|| key.clone())
    };
    // The word that chooses changes everything.
    let is_choice = |key: &&String| matches!(key.as_str(), "model" | "name");
    message.starts_with("invalid ").then(|| inner.iter().filter(|it| !is_choice(it)).find_map(found))?
}

/// Does something to the table at a path such as `data[0].mapping`.
fn inside<T>(
    mut table: toml::Table,
    at: &str,
    what: impl FnOnce(&mut toml::Table) -> T,
) -> Option<(T, toml::Table)> {
    let mut here = &mut table;
    for part in at.split('.').filter(|it| !it.is_empty()) {
        let (name, index) = part.split_once('[').map_or((part, None), |it| (it.0, Some(it.1)));
        let value = here.get_mut(name)?;
        let value = match index {
            Some(index) => {
                value.as_array_mut()?.get_mut(index.trim_end_matches(']').parse::<usize>().ok()?)?
            }
            None => value,
        };
        here = value.as_table_mut()?;
    }
    let got = what(here);
    Some((got, table))
}

/// What serde says of a value, in words of people who do not program.
pub fn in_words(message: &str) -> String {
    let lengths =
        message.strip_prefix("invalid length ").and_then(|it| it.split_once(", expected a tuple of size "));
    if let Some((got, expected)) = lengths {
        return format!("has {got} values, expected {expected}");
    }
    if let Some(unknown) = message.strip_suffix(", there are no fields") {
        return format!("{unknown}, expected none beside `model`");
    }
    let stripped = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    let Some((got, expected)) = stripped.and_then(|it| it.split_once(", expected ")) else {
        return message.to_owned();
    };
    if (got, expected) == ("unit variant", "string only") {
        // Of a number or true, where one of some words was wanted.
        return "expected a word in quotes".to_owned();
    }
    let value =
        ["floating point ", "integer ", "boolean ", "string "].iter().find_map(|it| got.strip_prefix(it));
    let got = match (value, got) {
        (Some(value), _) => value.trim_matches('`'),
        (_, "map") => "a table, or a date without quotes",
        (_, "sequence") => "a list",
        (_, other) => other,
    };
    let expected = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "path string" => "a text in quotes",
        "a map" => "a table of keys",
        "a sequence" => "a list",
        other if other.starts_with("struct ") => "a table of keys",
        other if other.starts_with("internally tagged enum ") => "a table such as { model = ... }",
        other => other,
    };
    format!("is {got}, expected {expected}")
}

/// The path of a key; a missing section has none.
fn key_of(path: &str) -> String {
    if path == "." { "top level".into() } else { path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{in_words, line_of};

    #[test]
    fn a_key_has_the_line_where_it_stands_or_that_of_the_section_where_it_is_missed() {
        let text = "book_sync = \"none\"\n[run]\nseed = 1\n\n[[data]]\npath = \"a\"\n[[data]]\npath = \"b\"\n\
                    start = 3\n[venue]\nfees = { tiers = [\n  { volume = 1 },\n  { volume = 2 },\n] }\n";
        for (key, line) in [
            ("book_sync", Some(1)),
            ("run.seed", Some(3)),
            ("run.name", Some(2)),
            ("data[1].start", Some(9)),
            ("data[0].start", Some(5)),
            ("venue.fees.tiers[1].volume", Some(13)),
            ("venue.fees.tiers[7].volume", Some(11)),
            ("risk.position_max", None),
            ("top level", None),
            ("", None),
        ] {
            assert_eq!(line_of(text, key), line, "{key}");
        }
    }

    #[test]
    fn what_serde_says_is_told_in_words_of_people() {
        for (said, want) in [
            (
                "unknown field `ticks`, there are no fields",
                "unknown field `ticks`, expected none beside `model`",
            ),
            ("invalid length 1, expected a tuple of size 2", "has 1 values, expected 2"),
            (
                "invalid type: string \"power\", expected internally tagged enum QueueConfig",
                "is \"power\", expected a table such as { model = ... }",
            ),
        ] {
            assert_eq!(in_words(said), want);
        }
    }
}
