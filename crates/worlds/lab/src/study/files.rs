//! Small files beside a table: limits, weights, views. A wrong cell is refused with its file, line and name.

use super::StudyError;
use scalp_config::in_words;
use serde::de::DeserializeOwned;
use std::io::Write as _;
use std::path::Path;

/// Files beside a table are small; a larger one is another file.
const BYTES_MAX: u64 = 16 << 20;

/// A row of a file of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where it stands: the file and its line.
    pub place: String,
    /// Its cells, in the order that was asked for; empty ones are empty.
    pub cells: Vec<String>,
}

impl Row {
    /// The number in a cell; nothing where the cell is empty.
    pub fn number(&self, at: usize, name: &str) -> Result<Option<f64>, StudyError> {
        let text = &self.cells[at];
        if text.is_empty() {
            return Ok(None);
        }
        match text.parse::<f64>() {
            Ok(it) if it.is_finite() => Ok(Some(it)),
            _ => Err(StudyError::Asked(format!("{}: {name}: expected a number, got {text:?}", self.place))),
        }
    }
}

fn text_of(path: &Path) -> Result<String, StudyError> {
    let failed = |why: &dyn std::fmt::Display| StudyError::Asked(format!("{}: {why}", path.display()));
    let length = std::fs::metadata(path).map_err(|e| failed(&e))?.len();
    if length > BYTES_MAX {
        return Err(failed(&format!("expected a small file, got one of {length} bytes")));
    }
    std::fs::read_to_string(path).map_err(|e| failed(&e))
}

/// Whether a file is TOML by its name.
pub fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|it| it.eq_ignore_ascii_case("toml"))
}

/// The columns `names` of a CSV file; those after `needed` may be absent, and are empty then.
pub fn rows(path: &Path, names: &[&str], needed: usize) -> Result<Vec<Row>, StudyError> {
    let text = text_of(path)?;
    let file = path.display();
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(text.as_bytes());
    let said = |e: csv::Error| match e.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            StudyError::Asked(format!(
                "{file}:{line}: expected {expected_len} cells, as in the first line, got {len}"
            ))
        }
        _ => StudyError::Asked(format!("{file}: {e}")),
    };
    let header = reader.headers().map_err(said)?.clone();
    let mut places = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let place = header.iter().position(|it| it.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name));
        if place.is_none() && at < needed {
            let all = header.iter().collect::<Vec<_>>().join(", ");
            return Err(StudyError::Asked(format!(
                "{file}:1: expected a column {name:?} among {} (a first line with the names {})",
                if all.is_empty() { "none".to_owned() } else { all },
                names.join(", ")
            )));
        }
        places.push(place);
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(said)?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |place: &Option<usize>| place.and_then(|at| record.get(at)).unwrap_or_default().to_owned();
        rows.push(Row { place: format!("{file}:{line}"), cells: places.iter().map(cell).collect() });
    }
    Ok(rows)
}

/// A TOML file of one shape.
pub fn toml<T: DeserializeOwned>(path: &Path) -> Result<T, StudyError> {
    let text = text_of(path)?;
    toml::from_str(&text).map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|it| text.get(..it.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let said = in_words(&error.message().trim().replace('\n', ", "));
        StudyError::Asked(format!("{}:{line}: {said}", path.display()))
    })
}

/// Where a named asset stands among the columns.
pub fn asset(names: &[String], name: &str, said_by: &str) -> Result<usize, StudyError> {
    names.iter().position(|it| it.eq_ignore_ascii_case(name.trim())).ok_or_else(|| {
        let all = scalp_tables::panel::listed(names);
        StudyError::Asked(format!("{said_by}: expected one of the columns {all}, got {:?}", name.trim()))
    })
}

/// A value for each asset from `NAME=VALUE,NAME=VALUE` or a CSV file with the columns `asset` and `value`; nothing for
/// those that are not named.
pub fn by_asset(
    names: &[String],
    given: &str,
    value: &str,
    option: &str,
) -> Result<Vec<Option<f64>>, StudyError> {
    let mut found: Vec<Option<f64>> = vec![None; names.len()];
    let mut put = |name: &str, number: f64, said_by: &str| {
        let at = asset(names, name, said_by)?;
        if found[at].replace(number).is_some() {
            return Err(StudyError::Asked(format!("{said_by}: expected each asset once, got {name} again")));
        }
        Ok(())
    };
    if given.contains('=') {
        for part in given.split(',') {
            let wanted =
                || StudyError::Asked(format!("{option}: expected NAME=NUMBER, got {:?}", part.trim()));
            // A name may hold the sign itself.
            let (name, number) = part.rsplit_once('=').ok_or_else(wanted)?;
            let number = number.trim().parse::<f64>().ok().filter(|it| it.is_finite()).ok_or_else(wanted)?;
            put(name, number, option)?;
        }
        return Ok(found);
    }
    let path = Path::new(given);
    if !path.exists() {
        return Err(StudyError::Asked(format!(
            "{option}: expected NAME=NUMBER for each asset, or a CSV file with the columns asset and {value}; there is no file {given:?}"
        )));
    }
    for row in rows(path, &["asset", value], 2)? {
        let number = row.number(1, value)?;
        let number = number.ok_or_else(|| {
            StudyError::Asked(format!("{}: {value}: expected a number, got nothing", row.place))
        })?;
        put(&row.cells[0], number, &row.place)?;
    }
    Ok(found)
}

/// Writes a table of text for other programmes; a file that is there is not written over.
pub fn write(option: &str, path: &Path, text: &str) -> Result<(), StudyError> {
    let failed = |e: std::io::Error| {
        let help = if e.kind() == std::io::ErrorKind::AlreadyExists { ": name another file" } else { "" };
        StudyError::Asked(format!("{option}: {}: {e}{help}", path.display()))
    };
    let mut file = std::fs::File::create_new(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}
