//! Series of numbers over one axis of time, from any table of text (plain or packed) or Parquet: prices or returns of
//! several assets. Keeps the whole table in memory: it is for research on days and hours, not for ticks.

use crate::fault::Fault;
use crate::mapping::{Cells, Clock, ParquetRows, Row, TimeForm, is_parquet};
use crate::reader::ReadError;
use crate::source::Source;
use crate::text::{datetime, unsigned};
use scalp_types::Timestamp;
use std::path::Path;

/// Names of a column of times, whatever their case; else the first column is one if its first value is a date.
const TIME_NAMES: [&str; 8] =
    ["time", "date", "datetime", "timestamp", "ts", "open_time", "close_time", "day"];
/// A table with these columns holds candles of one asset, whose price is the close.
const CANDLE_NAMES: [&str; 4] = ["open", "high", "low", "close"];
/// Values that stand for none, besides an empty cell.
const NO_VALUE: [&str; 5] = ["nan", "na", "null", "none", "n/a"];

/// Names that a message lists.
const NAMES_MAX: usize = 12;

/// What the numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Prices or values of an account: above zero.
    Prices,
    /// Simple returns of one period as fractions: above -1.
    Returns,
    /// Anything finite.
    Numbers,
    /// Anything finite, of cases in a row of which several may be of one time.
    Cases,
}

/// What is done about a cell without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// The table is refused.
    #[default]
    Refuse,
    /// The row is left out.
    Drop,
    /// The value before it stays: the price, so that a return is zero. A row before the first value of a column is left out.
    Carry,
}

/// What is wanted of a table.
#[derive(Debug, Clone)]
pub struct PanelPlan {
    /// What the numbers are.
    pub holds: Holds,
    /// What is done about cells without a value.
    pub missing: Missing,
    /// The columns wanted, in this order; all that are not the time (of a table of candles: the close) when empty.
    pub columns: Vec<String>,
}

/// Series over one axis of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// When each row was, strictly rising (of [`Holds::Cases`] not falling); empty when the table has no column of times.
    pub times: Vec<Timestamp>,
    /// The name of each series.
    pub names: Vec<String>,
    /// The series, each as long as the table has rows.
    pub series: Vec<Vec<f64>>,
    /// Rows left out because a value was missing.
    pub dropped: u64,
    /// Values carried over cells without one.
    pub carried: u64,
}

impl Panel {
    /// Reads a file: Parquet by its first bytes, else text with commas, semicolons or tabs and names in its first line.
    pub fn read(path: &Path, plan: &PanelPlan) -> Result<Self, ReadError> {
        let mut making = Making::new(plan, path);
        if is_parquet(path)? {
            let mut rows = ParquetRows::open(path, 0, None)?;
            let names = rows.names().to_vec();
            making.header(&names).map_err(|fault| fault.in_file(path))?;
            while rows.next_row(|row, number| making.row(row, number))? {}
        } else {
            let mut source = Source::open(path)?;
            let mut cells = Cells::default();
            let mut delimiter = None;
            while let Some(line) = source.next_line()? {
                if line.text.trim_ascii().is_empty() {
                    continue;
                }
                let number = line.number;
                let is_header = delimiter.is_none();
                let by = *delimiter.get_or_insert_with(|| delimiter_of(line.text));
                let result = cells.split(line.text, by).and_then(|()| {
                    let row = cells.of(line.text);
                    if is_header { making.header_row(&row) } else { making.row(&row, number) }
                });
                result.map_err(|fault| source.fault(fault))?;
            }
        }
        making.finish().map_err(|fault| fault.in_file(path))
    }
}

/// The one of comma, semicolon and tab that a line has most of.
fn delimiter_of(line: &[u8]) -> u8 {
    let count = |by: u8| line.iter().filter(|&&it| it == by).count();
    let found = [b',', b';', b'\t'].into_iter().rev().max_by_key(|&by| count(by));
    found.unwrap_or(b',')
}

/// Names for a message: all of a few, the first of many.
pub fn listed(names: &[String]) -> String {
    let few = names.iter().take(NAMES_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES_MAX) {
        0 => few,
        more => format!("{few} and {more} more"),
    }
}

/// A panel while its rows come in.
struct Making<'a> {
    plan: &'a PanelPlan,
    path: &'a Path,
    time_at: Option<(usize, String)>,
    clock: Option<Clock>,
    all_names: Vec<String>,
    /// Place in the row of each series.
    places: Vec<usize>,
    last_line: u64,
    last_time: Option<Timestamp>,
    values: Vec<Option<f64>>,
    panel: Panel,
}

impl<'a> Making<'a> {
    fn new(plan: &'a PanelPlan, path: &'a Path) -> Self {
        Self {
            plan,
            path,
            time_at: None,
            clock: None,
            all_names: Vec::new(),
            places: Vec::new(),
            last_line: 0,
            last_time: None,
            values: Vec::new(),
            panel: Panel { times: Vec::new(), names: Vec::new(), series: Vec::new(), dropped: 0, carried: 0 },
        }
    }

    fn header_row(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        let names: Vec<String> = row
            .all()
            .iter()
            .map(|it| String::from_utf8_lossy(it).trim_matches('\u{feff}').to_owned())
            .collect();
        self.header(&names)
    }

    fn header(&mut self, names: &[String]) -> Result<(), Fault> {
        if let Some(value) = names.iter().find(|it| it.parse::<f64>().is_ok_and(f64::is_finite)) {
            return Err(Fault::field("first line", "the names of the columns", value.as_bytes()));
        }
        if let Some(name) =
            names.iter().enumerate().find_map(|(at, it)| names[..at].contains(it).then_some(it))
        {
            let expected = "a name that no other column has (rename one of them)";
            return Err(Fault::field("first line", expected, name.as_bytes()));
        }
        self.all_names = names.to_vec();
        let place = |name: &str| names.iter().position(|it| it.eq_ignore_ascii_case(name));
        // A first column without a name is how pandas writes an index.
        let unnamed = names.first().is_some_and(String::is_empty);
        let time_at = TIME_NAMES.iter().find_map(|it| place(it)).or(unnamed.then_some(0));
        self.time_at = time_at.map(|at| (at, names[at].clone()));
        self.places = if !self.plan.columns.is_empty() {
            let found = self.plan.columns.iter().map(|wanted| {
                place(wanted).ok_or_else(|| {
                    Fault::field(wanted, format!("a column of this name among {}", listed(names)), b"none")
                })
            });
            let found: Vec<usize> = found.collect::<Result<_, _>>()?;
            let again = (1..found.len()).find(|at| found[..*at].contains(&found[*at]));
            if let Some(at) = again {
                let wanted = &self.plan.columns[at];
                return Err(Fault::field("columns", "each column once", wanted.as_bytes()));
            }
            found
        } else if CANDLE_NAMES.iter().all(|it| place(it).is_some()) {
            place("close").into_iter().collect()
        } else {
            (0..names.len()).filter(|at| Some(*at) != time_at).collect()
        };
        Ok(())
    }

    /// A row, by its line in the file.
    fn row(&mut self, row: &Row<'_>, line: u64) -> Result<(), Fault> {
        if self.clock.is_none() && self.last_line == 0 {
            self.begin(row);
        }
        let (cells, columns) = (row.all().len(), self.all_names.len());
        if cells != columns {
            let expected = format!("{columns} cells, as in the first line");
            return Err(Fault::field("line", expected, cells.to_string().as_bytes()));
        }
        let at = self.time(row)?;
        self.last_line = line;
        self.values.clear();
        for (place, name) in self.places.iter().zip(&self.panel.names) {
            let text = row.get(*place).unwrap_or_default();
            self.values.push(number(name, text, self.plan.holds)?);
        }
        if let Some(at) = self.values.iter().position(Option::is_none) {
            match self.plan.missing {
                Missing::Refuse => {
                    let expected = "a value in every row (--missing drop leaves such rows out, --missing carry takes the value before)";
                    let text = row.get(self.places[at]).unwrap_or_default();
                    return Err(Fault::field(&self.panel.names[at], expected, text));
                }
                Missing::Carry if !self.panel.series.iter().any(Vec::is_empty) => {
                    for (value, series) in self.values.iter_mut().zip(&self.panel.series) {
                        if value.is_none() {
                            // A price that stays is no return, and not the return before it once more.
                            let stays = if self.plan.holds == Holds::Returns {
                                Some(0.0)
                            } else {
                                series.last().copied()
                            };
                            *value = stays;
                            self.panel.carried += 1;
                        }
                    }
                }
                Missing::Drop | Missing::Carry => {
                    self.panel.dropped += 1;
                    return Ok(());
                }
            }
        }
        self.panel.times.extend(at);
        for (series, value) in self.panel.series.iter_mut().zip(&self.values) {
            series.extend(*value);
        }
        Ok(())
    }

    /// What the first row of values shows: whether a column without a telling name holds dates, and how times are
    /// written.
    fn begin(&mut self, row: &Row<'_>) {
        let first = row.get(0).unwrap_or_default();
        if self.time_at.is_none() && self.places.first() == Some(&0) && datetime(first).is_some() {
            let text = std::str::from_utf8(first).unwrap_or_default();
            if text.parse::<f64>().is_err() {
                self.time_at = Some((0, self.all_names[0].clone()));
                self.places.remove(0);
            }
        }
        self.clock = self.time_at.as_ref().map(|(at, _)| {
            let text = row.get(*at).unwrap_or_default();
            // Eight digits are a day.
            let is_count = unsigned(text).is_some() && text.len() != 8;
            Clock::new(if is_count { TimeForm::Auto } else { TimeForm::Text }, self.path)
        });
        self.panel.names = self.places.iter().map(|at| self.all_names[*at].clone()).collect();
        self.panel.series = vec![Vec::new(); self.places.len()];
    }

    fn time(&mut self, row: &Row<'_>) -> Result<Option<Timestamp>, Fault> {
        let (Some((at, name)), Some(clock)) = (&self.time_at, &mut self.clock) else { return Ok(None) };
        let text = row.get(*at).unwrap_or_default();
        let time = clock.read(name, text).map_err(|fault| {
            let wanted = std::str::from_utf8(text).ok().and_then(elsewhere);
            wanted.map_or(fault, |wanted| Fault::field(name, wanted, text))
        })?;
        let may_repeat = self.plan.holds == Holds::Cases;
        if self.last_time.is_some_and(|it| it > time || (it == time && !may_repeat)) {
            let expected = format!(
                "{} than that of line {} (keep {} in order)",
                if may_repeat { "a time not earlier" } else { "a later time" },
                self.last_line,
                if may_repeat { "rows" } else { "one row for each time," }
            );
            return Err(Fault::field(name, expected, text));
        }
        self.last_time = Some(time);
        Ok(Some(time))
    }

    fn finish(self) -> Result<Panel, Fault> {
        if self.places.is_empty() {
            return Err(Fault::file("at least one column of numbers", "none"));
        }
        if self.panel.series.first().is_none_or(Vec::is_empty) {
            return Err(Fault::file("at least one row with a value in every column", "none"));
        }
        Ok(self.panel)
    }
}

/// The number in a cell; `None` where there is none.
fn number(name: &str, text: &[u8], holds: Holds) -> Result<Option<f64>, Fault> {
    let (expected, low): (_, f64) = match holds {
        Holds::Prices => {
            ("a price above zero (mend the cell, or empty it and say what is done about missing values)", 0.0)
        }
        Holds::Returns => ("a simple return above -1, 0.01 for 1 % (mend the cell, or empty it)", -1.0),
        Holds::Numbers | Holds::Cases => ("a finite number", f64::NEG_INFINITY),
    };
    let fault = || Fault::field(name, expected, text);
    let cell = std::str::from_utf8(text).map_err(|_| fault())?;
    if cell.is_empty() || NO_VALUE.iter().any(|it| it.eq_ignore_ascii_case(cell)) {
        return Ok(None);
    }
    let value: f64 = cell.parse().map_err(|_| match elsewhere(cell) {
        Some(wanted) => Fault::field(name, wanted, text),
        None => fault(),
    })?;
    if value.is_finite() && value > low { Ok(Some(value)) } else { Err(fault()) }
}

/// What is wanted where a cell is written as a spreadsheet of some country writes it; these are not guessed at, as `1,234`
/// is two numbers and `01/02/2022` two days.
fn elsewhere(cell: &str) -> Option<&'static str> {
    let parts: Vec<&str> = cell.split(['.', '/', '-']).collect();
    let is_number = |it: &&str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit());
    let is_date = parts.len() == 3 && parts.iter().all(is_number) && parts[2].len() == 4;
    if is_date && parts[..2].iter().all(|it| it.len() <= 2) {
        return Some("a date as 2022-01-31: year, month, day");
    }
    let digits = cell.trim_start_matches(['-', '+']);
    let is_grouped = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b',' | b'.' | b'\''));
    let has_mark = digits.contains([',', '\'']) || digits.matches('.').count() > 1;
    (is_grouped && has_mark && digits.starts_with(|it: char| it.is_ascii_digit()))
        .then_some("a number as 1234.5: a decimal point, and nothing between thousands")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(holds: Holds, missing: Missing, columns: &[&str], text: &str) -> Result<Panel, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        std::fs::write(&path, text).unwrap();
        let columns = columns.iter().map(|it| (*it).to_owned()).collect();
        let said = |e: ReadError| e.to_string().replace(&format!("{}/", folder.path().display()), "");
        Panel::read(&path, &PanelPlan { holds, missing, columns }).map_err(said)
    }

    fn prices(text: &str) -> Result<Panel, String> {
        read(Holds::Prices, Missing::Refuse, &[], text)
    }

    #[test]
    fn a_table_of_prices_is_its_columns_by_time() {
        let panel = prices("Date,A,B\n2024-01-01,1.5,2\n2024-01-02,3,4e2\n").unwrap();
        assert_eq!(panel.names, ["A", "B"]);
        assert_eq!(panel.series, [vec![1.5, 3.0], vec![2.0, 400.0]]);
        let days: Vec<_> = panel.times.iter().map(|it| it.date()).collect();
        assert_eq!(days, [(2024, 1, 1), (2024, 1, 2)]);
    }

    #[test]
    fn other_ways_to_write_the_same_table_give_the_same() {
        let plain = prices("time,A\n2024-01-01,1\n2024-01-02,2\n").unwrap();
        for text in [
            "time;A\n2024-01-01;1\n2024-01-02;2\n",
            "time\tA\r\n20240101\t1\r\n20240102\t2\r\n",
            "\u{feff}time,A\n1704067200,1\n1704153600,2\n",
            "timestamp,A\n1704067200000,1\n1704153600000,2\n",
            ",A\n2024-01-01T00:00:00Z,1\n2024-01-02 00:00,2\n",
            "session,A\n2024-01-01,1\n2024-01-02,2\n\n",
            "A,time\n1,2024-01-01\n2,2024-01-02\n",
        ] {
            assert_eq!(prices(text).as_ref(), Ok(&plain), "{text}");
        }
    }

    #[test]
    fn a_parquet_file_is_read_as_text_is() {
        use crate::flat::{Column, ColumnType, Field, Values, Writer};
        use crate::text::TimeUnit;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.parquet");
        let instant = ColumnType::Instant { unit: TimeUnit::Micros, utc: false };
        let fields = [
            Field { name: "time".into(), holds: instant, nullable: false },
            Field { name: "A".into(), holds: ColumnType::Real { bits: 64 }, nullable: true },
        ];
        let counts = vec![1_704_067_200_000_000, 1_704_153_600_000_000];
        let times = Column::full(Values::Time { counts, nanos: 1_000 });
        let values = Column::of([Some(1.5), None].into_iter(), Values::Real);
        let mut writer = Writer::create(std::fs::File::create(&path).unwrap(), &fields, &[]).unwrap();
        writer.write(&[&times, &values], 2, 10).unwrap();
        writer.finish().unwrap();
        let plan = |missing| PanelPlan { holds: Holds::Prices, missing, columns: vec![] };
        let panel = Panel::read(&path, &plan(Missing::Carry)).unwrap();
        assert_eq!(panel.series, [vec![1.5, 1.5]]);
        assert_eq!(panel.times.last().unwrap().date(), (2024, 1, 2));
        let refused = Panel::read(&path, &plan(Missing::Refuse)).unwrap_err().to_string();
        assert!(refused.contains("x.parquet:2: A: expected a value in every row"), "{refused}");
    }

    #[test]
    fn of_candles_the_close_is_taken_unless_columns_are_named() {
        let text = "time,open,high,low,close,volume\n2024-01-01,1,3,1,2,9\n";
        assert_eq!(prices(text).unwrap().names, ["close"]);
        let named = read(Holds::Numbers, Missing::Refuse, &["volume", "Open"], text).unwrap();
        assert_eq!(
            (named.names, named.series),
            (vec!["volume".into(), "open".into()], vec![vec![9.0], vec![1.0]])
        );
    }

    #[test]
    fn a_table_without_times_has_none() {
        let panel = read(Holds::Returns, Missing::Refuse, &[], "r\n0.1\n-0.2\n").unwrap();
        assert!(panel.times.is_empty());
        assert_eq!(panel.series, [vec![0.1, -0.2]]);
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_line_and_column() {
        let cases = [
            (
                "time,A\n2024-01-01,0\n",
                "x.csv:2: A: expected a price above zero (mend the cell, or empty it and say what is done about missing values), got \"0\"",
            ),
            (
                "time,A\n2024-01-01,-3\n",
                "x.csv:2: A: expected a price above zero (mend the cell, or empty it and say what is done about missing values), got \"-3\"",
            ),
            (
                "time,A\n2024-01-01,1\n2024-01-02,inf\n",
                "x.csv:3: A: expected a price above zero (mend the cell, or empty it and say what is done about missing values), got \"inf\"",
            ),
            (
                "time,A\n2024-01-01,1\n2024-01-02,x\n",
                "x.csv:3: A: expected a price above zero (mend the cell, or empty it and say what is done about missing values), got \"x\"",
            ),
            (
                "time,A\n2024-01-02,1\n2024-01-02,2\n",
                "x.csv:3: time: expected a later time than that of line 2 (keep one row for each time, in order), got \"2024-01-02\"",
            ),
            (
                "time,A,B\n2024-01-01,1,\n",
                "x.csv:2: B: expected a value in every row (--missing drop leaves such rows out, --missing carry takes the value before), got \"\"",
            ),
            ("time,A\n2024-01-01,1,2\n", "x.csv:2: line: expected 2 cells, as in the first line, got \"3\""),
            ("2024-01-01,1\n", "x.csv:1: first line: expected the names of the columns, got \"1\""),
            (
                "time,A,B,A\n2024-01-01,1,2,3\n",
                "x.csv:1: first line: expected a name that no other column has (rename one of them), got \"A\"",
            ),
            ("time\n2024-01-01\n", "x.csv: expected at least one column of numbers, got none"),
            ("time,A\n", "x.csv: expected at least one row with a value in every column, got none"),
            ("time,A\nyesterday,1\n", "x.csv:2: time: expected a date (and time) in UTC, got \"yesterday\""),
        ];
        for (text, said) in cases {
            assert_eq!(prices(text).unwrap_err(), said, "{text}");
        }
        assert_eq!(
            read(Holds::Prices, Missing::Refuse, &["C"], "time,A,B\n").unwrap_err(),
            "x.csv:1: C: expected a column of this name among time, A, B, got \"none\""
        );
        assert_eq!(
            read(Holds::Prices, Missing::Refuse, &["A", "a"], "time,A,B\n").unwrap_err(),
            "x.csv:1: columns: expected each column once, got \"a\""
        );
    }

    #[test]
    fn cases_of_one_time_are_read_in_their_order() {
        let text = "time,p\n2024-01-01,0.5\n2024-01-01,0.25\n";
        let panel = read(Holds::Cases, Missing::Refuse, &[], text).unwrap();
        assert_eq!(panel.series, [vec![0.5, 0.25]]);
        let said = read(Holds::Cases, Missing::Refuse, &[], "time,p\n2024-01-02,1\n2024-01-01,0\n");
        assert!(said.unwrap_err().contains("a time not earlier than that of line 2"));
    }

    #[test]
    fn what_spreadsheets_write_elsewhere_is_refused_with_what_is_wanted() {
        for (text, said) in [
            (
                "time;A\n2024-01-01;1,5\n",
                "x.csv:2: A: expected a number as 1234.5: a decimal point, and nothing between thousands, got \"1,5\"",
            ),
            ("time;A\n2024-01-01;1.234,5\n", "nothing between thousands, got \"1.234,5\""),
            ("time;A\n2024-01-01;1'234.5\n", "nothing between thousands, got \"1'234.5\""),
            (
                "Date,A\n01.02.2022,1\n",
                "x.csv:2: Date: expected a date as 2022-01-31: year, month, day, got \"01.02.2022\"",
            ),
            ("Date,A\n01/02/2022,1\n", "expected a date as 2022-01-31"),
            ("Datum;A\n1.2.2022;1\n", "x.csv:2: Datum: expected a date as 2022-01-31"),
        ] {
            let found = prices(text).unwrap_err();
            assert!(found.contains(said), "{text}: {found}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        let wide: Vec<u8> =
            "\u{feff}time,A\n2024-01-01,1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(&path, wide).unwrap();
        let plan = PanelPlan { holds: Holds::Prices, missing: Missing::Refuse, columns: vec![] };
        let said = Panel::read(&path, &plan).unwrap_err().to_string();
        assert!(
            said.contains("expected text in UTF-8 (in a spreadsheet: save as CSV UTF-8), got text in UTF-16"),
            "{said}"
        );
    }

    #[test]
    fn missing_values_are_dropped_or_carried_when_asked() {
        let text =
            "time,A,B\n2024-01-01,,1\n2024-01-02,1,2\n2024-01-03,NaN,3\n2024-01-04,4,null\n2024-01-05,5,5\n";
        let dropped = read(Holds::Prices, Missing::Drop, &[], text).unwrap();
        assert_eq!((dropped.series, dropped.dropped), (vec![vec![1.0, 5.0], vec![2.0, 5.0]], 3));
        let carried = read(Holds::Prices, Missing::Carry, &[], text).unwrap();
        assert_eq!(carried.series, [vec![1.0, 1.0, 4.0, 5.0], vec![2.0, 3.0, 3.0, 5.0]]);
        assert_eq!((carried.dropped, carried.carried), (1, 2));
        let returns = read(Holds::Returns, Missing::Carry, &[], "r,s\n0.1,0.2\n,0.3\n0.4,0.5\n").unwrap();
        assert_eq!(returns.series, [vec![0.1, 0.0, 0.4], vec![0.2, 0.3, 0.5]]);
    }

    proptest! {
        #[test]
        fn any_text_is_a_panel_or_an_error(text in "[-0-9a-z,;.\t\r\n\"T:]{0,200}") {
            if let Ok(panel) = read(Holds::Numbers, Missing::Drop, &[], &text) {
                prop_assert!(panel.series.iter().all(|it| it.len() == panel.series[0].len()));
                prop_assert!(panel.series.iter().flatten().all(|it| it.is_finite()));
                prop_assert!(panel.times.is_empty() || panel.times.len() == panel.series[0].len());
            }
        }
    }
}
