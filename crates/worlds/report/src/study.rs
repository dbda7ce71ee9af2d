//! The answer to a question about numbers: named figures in sections and charts, as a text for the terminal, as JSON with
//! every digit, and as a page.

pub mod chart;

mod drawing;
mod page;

use crate::data::Figure;
use crate::terminal::{Style, grid};
use crate::text::{number, plain};
use chart::Chart;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Significant digits on the terminal.
const DIGITS: i32 = 6;
/// Whole numbers below this are shown without decimals.
const WHOLE_MAX: f64 = 1e9;
/// In place of a number that there is not.
const NONE: &str = "\u{2013}";

/// One figure.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A number.
    Number(f64),
    /// A whole number.
    Count(u64),
    /// A word.
    Text(String),
    /// Names, as they were written.
    Names(Vec<String>),
    /// Nothing, where nothing belongs.
    Empty,
    /// No number, and why there is none.
    Undefined(String),
}

impl From<f64> for Cell {
    fn from(it: f64) -> Self {
        Self::Number(it)
    }
}

impl From<usize> for Cell {
    fn from(it: usize) -> Self {
        Self::Count(it as u64)
    }
}

impl From<&str> for Cell {
    fn from(it: &str) -> Self {
        Self::Text(it.into())
    }
}

/// A number where the calculation gave one, else why it did not.
impl<T: Into<Self>, E: std::fmt::Display> From<Result<T, E>> for Cell {
    fn from(it: Result<T, E>) -> Self {
        it.map_or_else(|e| Self::Undefined(e.to_string()), Into::into)
    }
}

/// Figures that belong together: one a row, or several under the names of columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Section {
    /// Heading.
    pub name: String,
    /// Names of the columns; none where each row has one figure.
    pub columns: Vec<String>,
    /// Name and figures of each row.
    pub rows: Vec<(String, Vec<Cell>)>,
    /// Numbers nearer to zero than this are rounding, and read as 0; in JSON they stay.
    pub exact_to: f64,
    /// Where the names of the rows are not ours but somebody's who looks for them again: the key under which JSON has the
    /// name, as it was written, in a list of records. Without it JSON has an object of rows.
    pub record: Option<&'static str>,
    /// Where a study has the same section for several items: the item, as it was written, and the heading without it. JSON has
    /// one list of records under that heading, in which each record names its item.
    pub item: Option<(String, String)>,
}

impl Section {
    /// A section of one figure a row.
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
    /// A section of several figures a row.
    pub fn with_columns<C: Into<String>>(name: &str, columns: impl IntoIterator<Item = C>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), ..Self::new(name) }
    }
    /// A section of several figures a row, which JSON has as records with the row's name under `key`.
    pub fn of_records<C: Into<String>>(
        name: &str,
        key: &'static str,
        columns: impl IntoIterator<Item = C>,
    ) -> Self {
        Self { record: Some(key), ..Self::with_columns(name, columns) }
    }
    /// A section of records about one item of several.
    pub fn about<C: Into<String>>(
        item: &str,
        what: &str,
        key: &'static str,
        columns: impl IntoIterator<Item = C>,
    ) -> Self {
        let about = Some((item.to_owned(), what.to_owned()));
        Self { item: about, ..Self::of_records(&format!("{item}: {what}"), key, columns) }
    }
    /// Adds a row of one figure.
    pub fn say(&mut self, name: &str, cell: impl Into<Cell>) {
        self.rows.push((name.into(), vec![cell.into()]));
    }
    /// Adds a row.
    pub fn row(&mut self, name: &str, cells: Vec<Cell>) {
        self.rows.push((name.into(), cells));
    }
    /// A cell as people read it.
    fn shown(&self, cell: &Cell) -> String {
        match cell {
            Cell::Number(it) if it.abs() < self.exact_to => number(0.0, 0),
            Cell::Number(it) => significant(*it),
            Cell::Count(it) => number(*it as f64, 0),
            Cell::Text(it) => plain(it),
            Cell::Names(it) => plain(&it.join(", ")),
            Cell::Empty => String::new(),
            Cell::Undefined(_) => NONE.into(),
        }
    }
}

/// The whole answer. As JSON an object of sections, each an object of rows (or a list of records), in this order, and of
/// `charts`; names are in lower case with underscores, and one that was there before gets a number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Study {
    /// What was asked.
    pub title: String,
    /// Of which table: its name, its rows, and from when to when they are.
    pub sample: String,
    /// The figures that a page shows first; they are in the sections too.
    pub headline: Vec<Figure>,
    /// The answer.
    pub sections: Vec<Section>,
    /// The same to look at.
    pub charts: Vec<Chart>,
    /// What the reader must know about it.
    pub notes: Vec<String>,
}

impl Study {
    /// The text for a terminal.
    pub fn terminal(&self, style: Style) -> String {
        let mut out = format!("{}\n", style.bold(&plain(&self.title)));
        if !self.sample.is_empty() {
            let _ = writeln!(out, "{}", plain(&self.sample));
        }
        let mut reasons: Vec<&str> = Vec::new();
        for section in &self.sections {
            let one = ["".to_owned()];
            let columns: &[String] = if section.columns.is_empty() { &one } else { &section.columns };
            let mut rows = vec![vec![plain(&section.name)]];
            rows[0].extend(columns.iter().map(|it| plain(it)));
            for (name, cells) in &section.rows {
                let mut row = vec![plain(name)];
                for cell in cells {
                    let mark = match cell {
                        Cell::Undefined(reason) => {
                            let known = reasons.iter().position(|it| it == reason);
                            let at = known.unwrap_or_else(|| {
                                reasons.push(reason);
                                reasons.len() - 1
                            });
                            format!("{NONE} [{}]", at + 1)
                        }
                        other => section.shown(other),
                    };
                    row.push(mark);
                }
                rows.push(row);
            }
            let _ = write!(out, "\n{}", grid(&rows, 1, style));
        }
        if !reasons.is_empty() || !self.notes.is_empty() {
            out.push('\n');
        }
        for (at, reason) in reasons.iter().enumerate() {
            let _ = writeln!(out, "[{}] {}", at + 1, plain(reason));
        }
        for note in &self.notes {
            let _ = writeln!(out, "{}", plain(note));
        }
        crate::terminal::ascii_minus(&out)
    }

    /// One self-contained HTML file. `eyebrow` is what stands above the title: what made it.
    pub fn page(&self, eyebrow: &str) -> String {
        page::page(self, eyebrow)
    }
}

/// A number with [`DIGITS`] significant digits; very small and very large ones in powers of ten.
fn significant(value: f64) -> String {
    let is_whole = value.fract() == 0.0 && value.abs() < WHOLE_MAX;
    if is_whole || !value.is_finite() {
        return number(value, 0);
    }
    let magnitude = value.abs().log10().floor() as i32;
    if !(-5..DIGITS + 3).contains(&magnitude) {
        return format!("{value:.*e}", DIGITS as usize - 1);
    }
    number(value, usize::try_from(DIGITS - 1 - magnitude).unwrap_or(0))
}

/// A name as a key of JSON. One word without small letters is a symbol or an abbreviation, and stays.
fn key(name: &str) -> String {
    let stays = !name.chars().any(|it| it.is_lowercase() || it.is_whitespace());
    let mut out = String::new();
    for c in name.chars() {
        if stays {
            out.push(c);
        } else if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    if stays { out } else { out.trim_end_matches('_').to_owned() }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(it) => to.serialize_f64(*it),
            Self::Count(it) => to.serialize_u64(*it),
            Self::Text(it) => to.serialize_str(it),
            Self::Names(it) => to.collect_seq(it),
            Self::Empty => to.serialize_none(),
            Self::Undefined(reason) => {
                let mut map = to.serialize_map(Some(1))?;
                map.serialize_entry("undefined", reason)?;
                map.end()
            }
        }
    }
}

/// Names as keys of one object, each once: what a table calls its columns is its own affair.
struct Keys {
    used: BTreeSet<String>,
}

impl Keys {
    fn new(reserved: &[&str]) -> Self {
        Self { used: reserved.iter().map(|it| (*it).to_owned()).collect() }
    }
    fn of(&mut self, name: &str) -> String {
        let plain = key(name);
        let numbered = (2..).map(|at| format!("{plain}_{at}"));
        let free = std::iter::once(plain.clone()).chain(numbered).find(|it| !self.used.contains(it));
        let free = free.unwrap_or(plain);
        self.used.insert(free.clone());
        free
    }
}

impl Serialize for Section {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if let Some(records) = self.records() {
            return to.collect_seq(records);
        }
        let mut keys = Keys::new(&[]);
        let mut map = to.serialize_map(Some(self.rows.len()))?;
        for (name, cells) in &self.rows {
            let key = keys.of(name);
            match (&self.columns[..], &cells[..]) {
                ([], [cell]) => map.serialize_entry(&key, cell)?,
                ([], cells) => map.serialize_entry(&key, cells)?,
                (columns, cells) => map.serialize_entry(&key, &Row { columns, cells })?,
            }
        }
        map.end()
    }
}

struct Row<'a> {
    columns: &'a [String],
    cells: &'a [Cell],
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut keys = Keys::new(&[]);
        to.collect_map(self.columns.iter().map(|it| keys.of(it)).zip(self.cells))
    }
}

impl Section {
    fn records(&self) -> Option<impl Iterator<Item = Record<'_>>> {
        let key = self.record?;
        let item = self.item.as_ref().map(|it| it.0.as_str());
        let record = move |(name, cells)| Record { item, key, name, columns: &self.columns, cells };
        Some(self.rows.iter().map(|(name, cells)| (name.as_str(), cells.as_slice())).map(record))
    }
}

/// Sections about several items as one list.
struct Together<'a>(Vec<&'a Section>);

impl Serialize for Together<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().filter_map(|it| it.records()).flatten())
    }
}

struct Record<'a> {
    item: Option<&'a str>,
    key: &'static str,
    name: &'a str,
    columns: &'a [String],
    cells: &'a [Cell],
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut keys = Keys::new(&["item", self.key]);
        let mut map = to.serialize_map(None)?;
        if let Some(item) = self.item {
            map.serialize_entry("item", item)?;
        }
        map.serialize_entry(self.key, self.name)?;
        for (column, cell) in self.columns.iter().zip(self.cells) {
            map.serialize_entry(&keys.of(column), cell)?;
        }
        map.end()
    }
}

struct Charts<'a>(&'a [Chart]);

impl Serialize for Charts<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut keys = Keys::new(&[]);
        to.collect_map(self.0.iter().map(|it| (keys.of(&it.name), it)))
    }
}

impl Serialize for Study {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut keys = Keys::new(&["title", "sample", "charts", "notes"]);
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("title", &self.title)?;
        if !self.sample.is_empty() {
            map.serialize_entry("sample", &self.sample)?;
        }
        let what = |it: &Section| it.item.as_ref().map(|it| it.1.clone());
        for (place, section) in self.sections.iter().enumerate() {
            let Some(about) = what(section) else {
                map.serialize_entry(&keys.of(&section.name), section)?;
                continue;
            };
            if self.sections[..place].iter().any(|it| what(it).as_ref() == Some(&about)) {
                continue;
            }
            let all = self.sections.iter().filter(|it| what(it).as_ref() == Some(&about));
            map.serialize_entry(&keys.of(&about), &Together(all.collect()))?;
        }
        if !self.charts.is_empty() {
            map.serialize_entry("charts", &Charts(&self.charts))?;
        }
        map.serialize_entry("notes", &self.notes)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> Study {
        let mut one = Section::new("Shape of it");
        one.say("mean, daily", 0.000_123_456_789);
        one.say("rows", 1_234_usize);
        one.say("ratio", Err::<f64, _>("the series is constant"));
        let mut two = Section::with_columns("By asset", ["weight", "Risk 95 %"]);
        two.row("BTC", vec![0.25.into(), (-12_345.678).into()]);
        two.row("ETH", vec![1e-12.into(), Cell::Undefined("the series is constant".into())]);
        Study {
            title: "A <question>".into(),
            sections: vec![one, two],
            notes: vec!["Read this.".into()],
            ..Study::default()
        }
    }

    #[test]
    fn json_keeps_the_order_and_every_digit_and_says_why_a_number_is_missing() {
        let text = serde_json::to_string(&made()).unwrap();
        let wanted = concat!(
            r#"{"title":"A <question>","shape_of_it":{"mean_daily":0.000123456789,"rows":1234,"#,
            r#""ratio":{"undefined":"the series is constant"}},"by_asset":{"BTC":{"weight":0.25,"#,
            r#""risk_95":-12345.678},"ETH":{"weight":1e-12,"risk_95":{"undefined":"the series is constant"}}},"#,
            r#""notes":["Read this."]}"#
        );
        assert_eq!(text, wanted);
    }

    #[test]
    fn sections_about_several_items_are_one_list_that_names_them_as_written() {
        let about = |item: &str| {
            let mut section = Section::about(item, "motifs", "number", ["distance", "error"]);
            section.row("1", vec![0.5.into(), Cell::Empty]);
            section
        };
        let sections =
            vec![about("CLIP(close,-0.1,0.1)"), Section::new("Other"), about("CLIP(close,0.1,0.1)")];
        let study = Study { title: "t".into(), sections, ..Study::default() };
        assert_eq!(
            serde_json::to_string(&study).unwrap(),
            r#"{"title":"t","motifs":[{"item":"CLIP(close,-0.1,0.1)","number":"1","distance":0.5,"error":null},"#.to_owned()
                + r#"{"item":"CLIP(close,0.1,0.1)","number":"1","distance":0.5,"error":null}],"other":{},"notes":[]}"#
        );
    }

    #[test]
    fn records_keep_the_names_of_others_apart_and_as_they_were_written() {
        let mut section = Section::of_records("By feature", "feature", ["share of gain", "folds"]);
        section.row("LAG(close,1)", vec![0.5.into(), Cell::Names(vec!["f(1,2)".into(), "g".into()])]);
        section.row("lag(close,1)", vec![Cell::Empty, Cell::Empty]);
        let wanted = concat!(
            r#"[{"feature":"LAG(close,1)","share_of_gain":0.5,"folds":["f(1,2)","g"]},"#,
            r#"{"feature":"lag(close,1)","share_of_gain":null,"folds":null}]"#
        );
        assert_eq!(serde_json::to_string(&section).unwrap(), wanted);
        assert_eq!(section.shown(&section.rows[0].1[1]), "f(1,2), g");
    }

    #[test]
    fn the_terminal_shows_six_digits_and_each_reason_once() {
        let text = made().terminal(Style::new(80, false));
        for part in
            ["0.000123457", "1,234", "-12,345.7", "1.00000e-12", "[1] the series is constant", "Read this."]
        {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert_eq!(text.matches("the series is constant").count(), 1);
    }
}
