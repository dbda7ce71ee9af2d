//! A file as columns of cells under their names, CSV or Parquet: times and numbers are found in them here, and what the rows are is
//! not known. `read` tells that.

use super::FeaturesError;
use super::cells::{Cells, is_absent};
use scalp_tables::binance::names_without_header;
use scalp_tables::flat::{Damage, Reader, Texts};
use scalp_tables::plain::{PRICE_NAMES, SIZE_NAMES, TIME_NAMES};
use scalp_tables::reader::ReadError;
use scalp_tables::source::{Source, open_file};
use scalp_tables::text::{TimeUnit, datetime, unsigned};
use scalp_types::Timestamp;
use std::borrow::Cow;
use std::io::Read as _;
use std::path::Path;

/// Names of a column that says which instrument a row is of, where it holds words: of an asset there may be numbers, too.
const SYMBOL_NAMES: [&str; 14] = [
    "symbol",
    "instrument",
    "instrument_id",
    "instrument_name",
    "inst_id",
    "instid",
    "product_id",
    "ticker",
    "pair",
    "currency_pair",
    "contract",
    "coin",
    "market",
    "asset",
];

/// Names of a column that says at which exchange a row was.
const EXCHANGE_NAMES: [&str; 2] = ["exchange", "venue"];

/// Columns, and where each row stands.
pub(super) struct Raw {
    pub(super) names: Vec<String>,
    /// One for each column.
    pub(super) cells: Vec<Cells>,
    pub(super) lines: Vec<u64>,
}

impl Raw {
    /// Reads a file whole. It has a row, and no name stands twice.
    pub(super) fn read(path: &Path) -> Result<Raw, FeaturesError> {
        let raw = raw(path)?;
        for (at, name) in raw.names.iter().enumerate().filter(|it| !it.1.is_empty()) {
            if let Some(other) = raw.names[..at].iter().find(|it| it.eq_ignore_ascii_case(name)) {
                let what = match other == name {
                    true => format!("the column {name} is there twice"),
                    false => format!(
                        "the columns {other} and {name} have one name, as columns are looked up in capitals and small letters alike: \
                         rename one"
                    ),
                };
                return Err(FeaturesError::table(path, what));
            }
        }
        if raw.lines.is_empty() {
            return Err(FeaturesError::NoRows(path.into()));
        }
        Ok(raw)
    }

    /// The place of the column of times. A first column without a name is how pandas writes an index.
    pub(super) fn time_place(&self, path: &Path) -> Result<usize, FeaturesError> {
        let unnamed = self.names.first().is_some_and(String::is_empty).then_some(0);
        self.any(&TIME_NAMES).or(unnamed).ok_or_else(|| {
            let names = self.names.join(", ");
            let what = format!("expected a column of times ({}), got {names}", TIME_NAMES.join(", "));
            FeaturesError::table(path, what)
        })
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|it| it.eq_ignore_ascii_case(name))
    }

    pub(super) fn any(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|it| self.place(it))
    }

    /// Whether the rows are trades or books as they came, which stand for a moment however far apart they are. Most of what is
    /// stamped with whole seconds may be made of them, one row for a time.
    pub(super) fn is_of_moments(&self, times: &[i64]) -> bool {
        const SECOND: i64 = 1_000_000_000;
        let are_trades = self.any(&PRICE_NAMES).is_some() && self.any(&SIZE_NAMES).is_some();
        let has = |names: &[&str]| names.iter().all(|it| self.place(it).is_some());
        let are_books = has(&["bid", "bid_size", "ask", "ask_size"]) || has(&["bid_price_0", "bid_size_0"]);
        let whole = times.iter().filter(|it| *it % SECOND == 0).count();
        (are_trades || are_books) && whole <= times.len() / 2
    }

    /// The one instrument and the one exchange that the rows name, if they do.
    pub(super) fn named(&self, path: &Path) -> Result<[Option<String>; 2], FeaturesError> {
        Ok([self.one_of(path, &SYMBOL_NAMES, "instrument")?, self.one_of(path, &EXCHANGE_NAMES, "exchange")?])
    }

    /// What every row of a column of words says that says something, in capitals or small letters.
    fn one_of(&self, path: &Path, names: &[&str], what: &str) -> Result<Option<String>, FeaturesError> {
        for at in names.iter().filter_map(|it| self.place(it)) {
            let cells = &self.cells[at];
            let mut said = (0..self.lines.len()).filter(|&row| !is_absent(&cells.text(row)));
            let Some(first) = said.next().map(|row| cells.text(row)) else { continue };
            if first.parse::<f64>().is_ok() {
                continue;
            }
            if let Some(row) = said.find(|&row| !cells.text(row).eq_ignore_ascii_case(&first)) {
                let (line, cell) = (self.lines[row], cells.text(row));
                let expected = format!("{first} as in the rows before: a table is of one {what}");
                return Err(ReadError::field(path, line, &self.names[at], expected, cell.as_bytes()).into());
            }
            return Ok(Some(first.into_owned()));
        }
        Ok(None)
    }

    /// Times that do not fall.
    pub(super) fn times(&self, path: &Path, at: usize) -> Result<Vec<i64>, FeaturesError> {
        let times = self.moments(path, at)?;
        if let Some(row) = times.windows(2).position(|it| it[1] < it[0]) {
            let (line, cell) = (self.lines[row + 1], self.cells[at].text(row + 1));
            let expected = "a time at or after that of the row before";
            return Err(ReadError::field(path, line, &self.names[at], expected, cell.as_bytes()).into());
        }
        Ok(times)
    }

    /// Times in any order.
    pub(super) fn moments(&self, path: &Path, at: usize) -> Result<Vec<i64>, FeaturesError> {
        let cells = &self.cells[at];
        let first = cells.text(0);
        let unit = match unsigned(whole(&first).as_bytes()) {
            // Times that are told as such are not guessed at.
            _ if matches!(cells, Cells::Nanos(_)) => Some(TimeUnit::Nanos),
            // Eight, twelve or fourteen digits that are a date are no count that anybody writes: it would be of a time before 1990.
            Some(it) if TimeUnit::of_magnitude(it).is_none() && datetime(first.as_bytes()).is_some() => None,
            Some(_) => Some(self.unit(path, at)?),
            None => None,
        };
        let mut times: Vec<i64> = Vec::with_capacity(self.lines.len());
        for (row, &line) in self.lines.iter().enumerate() {
            let fault = |expected: String| {
                ReadError::field(path, line, &self.names[at], expected, cells.text(row).as_bytes())
            };
            let whole = cells.whole(row).filter(|it| *it >= 0);
            let time = match (unit, whole) {
                (Some(unit), Some(count)) => count.checked_mul(unit.nanos()).map(Timestamp::from_nanos),
                (Some(unit), None) => counted(unit, &cells.text(row)),
                (None, _) => datetime(cells.text(row).as_bytes()),
            };
            let time = time.map(Timestamp::nanos).ok_or_else(|| {
                fault(
                    unit.map_or("a date (and time) in UTC".into(), |it| format!("{} since 1970", it.name())),
                )
            })?;
            times.push(time);
        }
        Ok(times)
    }

    /// What a column of times counts: what the first of the years 1990 to 2100 tells of it. Where there is none, counts that begin
    /// below a thousand are milliseconds of a clock that began at zero. What may be either is refused, as is what may be no count at
    /// all (years, months, days of a spreadsheet).
    fn unit(&self, path: &Path, at: usize) -> Result<TimeUnit, FeaturesError> {
        const OF_1971: u64 = 31_536_000;
        const OF_2100: u64 = 4_102_444_800;
        const BEGUN: u64 = 1_000;
        let cells = &self.cells[at];
        let counts = || {
            let count = |row: usize| match cells.whole(row) {
                Some(it) => u64::try_from(it).ok(),
                None => unsigned(whole(&cells.text(row)).as_bytes()),
            };
            (0..self.lines.len()).filter_map(move |row| Some((count(row)?, row)))
        };
        let fault = |row: usize, expected: String| {
            let (line, cell) = (self.lines[row], cells.text(row));
            Err(ReadError::field(path, line, &self.names[at], expected, cell.as_bytes()).into())
        };
        let told = counts().find_map(|(it, row)| Some((TimeUnit::of_magnitude(it)?, it, row)));
        let Some((unit, told, row)) = told else {
            let begins = counts().map(|it| it.0).min().is_some_and(|it| it < BEGUN);
            let late = counts().find(|it| !begins || it.0 >= OF_1971);
            let expected = "a date, or a count that tells its unit: s, ms, us or ns since 1970 with one of the years 1990 to 2100 among \
                            them, or ms of a clock that begins at zero and ends below 31536000";
            return late.map_or(Ok(TimeUnit::Millis), |(_, row)| fault(row, expected.to_owned()));
        };
        if let Some(doubt) = TimeUnit::doubt(told) {
            return fault(row, doubt);
        }
        // Beside these a clock that began at zero would have counted on until it looked like one of today.
        let of_second = TimeUnit::Secs.nanos().unsigned_abs() / unit.nanos().unsigned_abs();
        let (from, until) = (OF_1971 * of_second, OF_2100 * of_second);
        match counts().find(|it| !(from..until).contains(&it.0)) {
            Some((_, other)) => {
                let (unit, line) = (unit.name(), self.lines[row]);
                let expected = format!(
                    "a count of the years 1971 to 2100, as {told} of line {line} would be {unit} since 1970: beside this one it may be \
                     of a clock that began at zero, or of another unit; write dates, or one unit since 1970"
                );
                fault(other, expected)
            }
            None => Ok(unit),
        }
    }

    /// The numbers of a column; not a number where a cell has none.
    pub(super) fn numbers(&self, path: &Path, at: usize) -> Result<Vec<f64>, FeaturesError> {
        self.cells[at].numbers().map_err(|row| {
            let cell = self.cells[at].text(row);
            let line = self.lines[row];
            ReadError::field(path, line, &self.names[at], "a finite number", cell.as_bytes()).into()
        })
    }
}

/// A count without its decimals.
fn whole(cell: &str) -> &str {
    cell.split_once('.').map_or(cell, |it| it.0)
}

/// A time that is counted since 1970, perhaps with decimals.
fn counted(unit: TimeUnit, cell: &str) -> Option<Timestamp> {
    let Some((count, decimals)) = cell.split_once('.') else { return unit.parse(cell.as_bytes()) };
    let one = unit.parse(b"1")?.nanos();
    let part = decimals.get(..decimals.len().min(18)).filter(|it| it.bytes().all(|c| c.is_ascii_digit()))?;
    let of = 10_i128.pow(part.len() as u32);
    let part = if part.is_empty() { 0 } else { part.parse::<i128>().ok()? };
    let nanos = i64::try_from(part * i128::from(one) / of).ok()?;
    Some(Timestamp::from_nanos(unit.parse(count.as_bytes())?.nanos().checked_add(nanos)?))
}

fn raw(path: &Path) -> Result<Raw, FeaturesError> {
    let mut head = [0; 4];
    let file = open_file(path)?;
    let got = (&file).take(4).read(&mut head).map_err(|e| ReadError::io(path, "read", e))?;
    if &head[..got] == b"PAR1" { parquet(path) } else { text(path) }
}

fn text(path: &Path) -> Result<Raw, FeaturesError> {
    let mut source = Source::open(path)?;
    let (mut names, mut columns, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    let (mut by, mut before, mut has_names) = (',', 0, true);
    while let Some(line) = source.next_line()? {
        let text = String::from_utf8_lossy(line.text);
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            continue;
        }
        // A tab at the end stands before a cell that is empty.
        let text = text.trim_end_matches(|it: char| it.is_whitespace() && it != '\t');
        // Each file of an archive begins with the same names, or none does.
        let is_further = line.number <= before;
        before = line.number;
        if is_further && !names.is_empty() && has_names {
            let is_same = split(text, by).iter().map(|it| it.as_ref()).eq(names.iter().map(String::as_str));
            if is_same {
                continue;
            }
            let what = "holds several files, and the first line of one is not that of the first: expected the same columns";
            return Err(FeaturesError::table(path, what));
        }
        if names.is_empty() {
            by = [',', ';', '\t'].into_iter().max_by_key(|by| split(text, *by).len()).unwrap_or(',');
            names = split(text, by).into_iter().map(Cow::into_owned).collect();
            columns = vec![Texts::default(); names.len()];
            has_names = !names.iter().any(|it| it.parse::<f64>().is_ok_and(f64::is_finite));
            if has_names {
                continue;
            }
            names = names_of_an_archive(path, names.len())?;
        }
        let mut count = 0;
        let mut take = |cell: &str| {
            if let Some(column) = columns.get_mut(count) {
                Texts::push(column, cell);
            }
            count += 1;
        };
        // Lines without quotes, which are most, are cut where they stand.
        if text.contains('"') {
            split(text, by).iter().for_each(|it| take(it));
        } else {
            text.split(by).for_each(|it| take(it.trim()));
        }
        if count != names.len() {
            let expected = format!("{} cells, as in the first line", names.len());
            return Err(
                ReadError::field(path, line.number, "line", expected, count.to_string().as_bytes()).into()
            );
        }
        lines.push(line.number);
    }
    Ok(Raw { names, cells: columns.into_iter().map(Cells::Text).collect(), lines })
}

/// The names of the columns of a file whose first line is a row: those of Binance's archive are known.
fn names_of_an_archive(path: &Path, count: usize) -> Result<Vec<String>, FeaturesError> {
    let mut names = names_without_header(path).ok_or_else(|| {
        let what = "expected the names of the columns in the first line, got numbers, which only files of Binance's archive \
                    under their own names (BTCUSDT-1m-2024-01.zip) may begin with";
        FeaturesError::table(path, what)
    })?;
    if names.len() > count {
        let what =
            format!("expected {} columns at least, as Binance's archive has them, got {count}", names.len());
        return Err(FeaturesError::table(path, what));
    }
    names.resize(count, String::new());
    Ok(names)
}

/// The cells of a line. One that begins with a quote ends at the next that stands alone; two are one in the cell (RFC 4180).
/// A quote that nothing ends is left as it is.
fn split(mut text: &str, by: char) -> Vec<Cow<'_, str>> {
    let mut cells = Vec::new();
    loop {
        let quoted = text.trim_start_matches(' ').strip_prefix('"').and_then(|it| {
            let end = it.replace("\"\"", "\0\0").find('"')?;
            let rest = it[end + 1..].trim_start_matches(' ');
            (rest.is_empty() || rest.starts_with(by)).then_some((&it[..end], rest))
        });
        let (cell, rest) = match quoted {
            Some((cell, rest)) => (Cow::Owned(cell.trim().replace("\"\"", "\"")), rest),
            None => {
                let (cell, rest) = text.split_at(text.find(by).unwrap_or(text.len()));
                (Cow::Borrowed(cell.trim()), rest)
            }
        };
        cells.push(cell);
        match rest.strip_prefix(by) {
            Some(rest) => text = rest,
            None => return cells,
        }
    }
}

/// Rows of Parquet that are decoded at once.
const BATCH_ROWS: usize = 8 * 1024;

fn parquet(path: &Path) -> Result<Raw, FeaturesError> {
    let broken = |e: Damage| FeaturesError::table(path, format!("this Parquet cannot be read: {e}"));
    let file = open_file(path)?;
    let mut reader = Reader::open(file, BATCH_ROWS).map_err(broken)?;
    let fields = reader.fields().iter();
    let (names, cells) = fields.map(|it| (it.name.clone(), Cells::for_type(&it.holds))).unzip();
    let mut raw = Raw { cells, names, lines: Vec::new() };
    while let Some(batch) = reader.next_batch().map_err(broken)? {
        for (column, cells) in batch.columns.iter().zip(&mut raw.cells) {
            cells.extend(column, batch.rows);
        }
        let from = raw.lines.len() as u64;
        raw.lines.extend((1..=batch.rows as u64).map(|it| from + it));
    }
    Ok(raw)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::*;

    /// The times of candles whose times are written so, in a file a.csv.
    fn times(counts: &[&str]) -> Result<Vec<i64>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let rows: String = counts.iter().map(|it| format!("{it},1,2,0.5,1.5\n")).collect();
        std::fs::write(&path, format!("time,open,high,low,close\n{rows}")).unwrap();
        let read = Raw::read(&path).and_then(|it| it.times(&path, it.time_place(&path)?));
        read.map_err(|it| it.to_string())
    }

    #[test]
    fn counts_of_years_before_1990_are_those_of_the_rest_of_their_column() {
        let times = |counts: &[i64]| {
            let counts: Vec<String> = counts.iter().map(ToString::to_string).collect();
            times(&counts.iter().map(String::as_str).collect::<Vec<_>>())
        };
        const OF_1985: i64 = 473_385_600;
        let nanos = |count: i64, unit: i64| count * unit;
        for (unit, of_second) in
            [(1_000_000_000, 1), (1_000_000, 1_000), (1_000, 1_000_000), (1, 1_000_000_000)]
        {
            let counts = [OF_1985 * of_second, (OF_1985 + 60) * of_second, 1_738_368_000 * of_second];
            assert_eq!(times(&counts), Ok(counts.map(|it| nanos(it, unit)).to_vec()));
        }
        // A clock that begins at zero counts milliseconds, for not quite nine hours.
        let minute = 60_000_000_000;
        assert_eq!(times(&[0, 60_000]), Ok(vec![0, minute]));
        assert_eq!(times(&[999, 31_535_999]), Ok(vec![999_000_000, 31_535_999_000_000]));
    }

    /// A file of Binance's archive with the names of its columns and without, of futures and of spot, whose clock counts microseconds.
    #[test]
    fn files_of_binances_archive_need_no_names_of_columns() {
        use crate::features::{Asked, compute, read};
        const AT: i64 = 1_704_067_200_000;
        let klines = |n: i64| {
            let at = AT + n * 60_000;
            format!("{at},{},102,98,{},{n}.5,{},300,7,1.5,150,0", 100 + n % 3, 100 + n * 7 % 2, at + 59_999)
        };
        let trade = |n: i64, unit: i64| {
            format!("{},100.{},0.{n},", 7 * n, n % 9, n = n + 1) + &format!("{}", (AT + 900 * n) * unit)
        };
        let of_trade = |n: i64, unit: i64, tail: &str| {
            let row = trade(n, unit);
            let (head, at) = row.rsplit_once(',').unwrap();
            match tail {
                "trades" => format!("{head},50.5,{at},{}", n % 3 == 0),
                _ => format!("{head},{n},{n},{at},{}{tail}", n % 3 == 0),
            }
        };
        let folder = tempfile::tempdir().unwrap();
        let written = |name: &str, rows: &[String]| {
            let path = folder.path().join(name);
            std::fs::write(&path, rows.join("\n") + "\n").unwrap();
            path
        };
        let klines_names = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore";
        let agg = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker";
        let cases: [(&str, String, Vec<String>, &str); 4] = [
            ("1m", klines_names.into(), (0..90).map(klines).collect(), "close, volume, SMA(close,3)"),
            (
                "aggTrades",
                agg.into(),
                (0..90).map(|n| of_trade(n, 1, "")).collect(),
                "price, TRADE_SIGN.sign",
            ),
            (
                "aggTrades",
                format!("{agg},is_best_match"),
                (0..90).map(|n| of_trade(n, 1_000, ",true")).collect(),
                "price, TRADE_SIGN.sign",
            ),
            (
                "trades",
                "id,price,qty,quote_qty,time,is_buyer_maker".into(),
                (0..90).map(|n| of_trade(n, 1, "trades")).collect(),
                "price, size, TRADE_SIGN.sign",
            ),
        ];
        for (set, names, rows, list) in cases {
            let items: Vec<&str> = list.split(", ").collect();
            let made = |head: &[String]| {
                let path = written(&format!("BTCUSDT-{set}-2024-01.csv"), &[head, &rows].concat());
                let asked =
                    Asked { threads: std::num::NonZero::new(1).unwrap(), bars: None, keep_going: false };
                let made = compute(&path, &read(&path).unwrap(), &items, &asked).unwrap();
                assert_eq!((made.times.len(), made.times[0]), (90, AT * 1_000_000), "{set}");
                let bits = |it: &(String, Vec<f64>)| it.1.iter().map(|it| it.to_bits()).collect::<Vec<_>>();
                (made.times, made.columns.iter().map(bits).collect::<Vec<_>>())
            };
            assert!(made(&[]) == made(&[names]), "{set}");
            let other = written("rows.csv", &rows);
            let told = read(&other).err().unwrap().to_string();
            assert!(
                told.contains("expected the names of the columns in the first line, got numbers"),
                "{told}"
            );
        }
        let short = written("BTCUSDT-1m-2024-01.csv", &["1704067200000,1,2,1,2,3".to_owned()]);
        let told = read(&short).err().unwrap().to_string();
        assert!(
            told.contains("expected 10 columns at least, as Binance's archive has them, got 6"),
            "{told}"
        );
    }

    /// Years, months, days and hours without signs, days of a spreadsheet and since 1970, milliseconds of a day, counts of 1985 and
    /// beyond 2100: nothing tells which.
    #[test]
    fn counts_that_do_not_tell_what_they_are_are_refused() {
        let said = |counts: &[&str]| times(counts).unwrap_err();
        for (line, counts) in [
            (2, ["2001", "2002"]),
            (2, ["202501", "202502"]),
            (2, ["250201", "250202"]),
            (2, ["25020116", "25020117"]),
            (2, ["45689.5", "45690.5"]),
            (2, ["45689.50", "45690.50"]),
            (2, ["20120", "20121"]),
            (2, ["57600000", "57660000"]),
            (2, ["1000", "61000"]),
            (2, ["31536000", "31539600"]),
            (2, ["473385600", "473385660"]),
            (2, ["473385600000", "473385660000"]),
            (2, ["7258118400", "7258118460"]),
            (3, ["0", "31536000"]),
            (3, ["0", "473385600"]),
        ] {
            let said = said(&counts);
            let expected = format!("a.csv:{line}: time: expected a date, or a count that tells its unit");
            assert!(said.contains(&expected), "{counts:?}: {said}");
        }
        // Seconds since 1970, or milliseconds of a clock that began at zero a week before; seconds and milliseconds.
        for (line, counts) in [
            (2, ["0", "631152000"]),
            (2, ["86400", "1738368000"]),
            (2, ["0", "3600000000000"]),
            (3, ["1738368000", "1738368060000"]),
            (3, ["1738368000", "7258118400"]),
        ] {
            let said = said(&counts);
            let expected = format!("a.csv:{line}: time: expected a count of the years 1971 to 2100, as ");
            assert!(said.contains(&expected), "{counts:?}: {said}");
        }
        for counts in [["2025020116", "2025020117"], ["2502011639", "2502011640"]] {
            let said = said(&counts);
            assert!(
                said.contains(
                    "a.csv:2: time: expected a time that can be read in one way (this one is seconds"
                ),
                "{said}"
            );
        }
    }
}
