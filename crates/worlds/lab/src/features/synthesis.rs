//! Features made by rule out of files: tables of events as entities, cutoffs at even times or out of a table, and a row for
//! each cutoff of what was known by then.

use super::lengths;
use super::raw::Raw;
use super::series::{With, is_candles, known_at, published};
use super::{Computed, FeaturesError, PageError, Remarks};
use scalp_features::synthesis::{
    Coverage, Cutoff, Entity, SynthesisError, SynthesisPlan, Values, synthesise as make,
};
use scalp_tables::lengths::Lengths;
use scalp_tables::plain::TIME_NAMES;
use std::path::{Path, PathBuf};

/// Different texts that a column of labels has at most; of more it is no label.
const LABELS_MAX: usize = 12;
/// Cutoffs at most.
const CUTOFFS_MAX: i64 = 10_000_000;

/// A file as a table of events with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named(With);

impl Named {
    /// Reads `NAME=FILE`, perhaps followed by `,published=COLUMN` or `,delay=10m`.
    pub fn parse(text: &str) -> Result<Named, String> {
        let with = With::parse("--entity", text)?;
        for (key, is_there) in [("column", with.column.is_some()), ("age", with.age.is_some())] {
            if is_there {
                return Err(format!(
                    "{}: {key} has no meaning here; there are published and delay",
                    with.name
                ));
            }
        }
        Ok(Named(with))
    }

    /// Where it stands.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.0.file
    }
}

/// When rows are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cutoffs {
    /// At each whole multiple of this length, from the first event known to the last; nanoseconds.
    Every(i64),
    /// At the times of a table.
    Of(PathBuf),
}

/// What is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Making {
    /// When rows are made.
    pub cutoffs: Cutoffs,
    /// Primitives on one another.
    pub depth: usize,
    /// Only what became known less than this before the cutoff is aggregated, nanoseconds.
    pub window: Option<i64>,
    /// More features than this are refused.
    pub features_max: usize,
    /// The columns that are taken, each as `TABLE.COLUMN`; without any all but times, identifiers and what never changes.
    pub columns: Vec<String>,
}

/// What was made, and which columns of the tables were passed over, each with the reason.
#[derive(Debug, Clone)]
pub struct Made {
    /// The features.
    pub computed: Computed,
    /// Such as `market.close_time (a time)`.
    pub passed_over: Vec<String>,
}

/// Makes all features of the plan at each cutoff. An event is seen from the time on at which it was known: a candle from its
/// end, another row from its time, its publication, or the delay after its time. What happened before a file begins and after it
/// ends is not known: its features are absent at cutoffs that see beyond it.
pub fn synthesise(entities: &[Named], making: &Making) -> Result<Made, PageError> {
    let (mut all, mut passed_over, mut there) = (Vec::new(), Vec::new(), Vec::new());
    let mut covered = Vec::new();
    let mut remarks = Remarks::default();
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    for it in entities {
        let read = entity(&it.0, &making.columns, &mut passed_over, &mut there)?;
        let Some(Told { entity, coverage, last: known_last, remark }) = read else { continue };
        remarks.read.extend(remark);
        (first, last) = (first.min(coverage.first), last.max(known_last));
        covered.push((it.file(), coverage));
        all.push(entity);
    }
    if let Some(gone) = making.columns.iter().find(|it| !there.contains(it)) {
        let what = format!("--columns: there is no {gone}; there are {}", there.join(", "));
        return Err(PageError::Asked(what));
    }
    let (times, written, time_name) = match &making.cutoffs {
        Cutoffs::Every(length) => {
            let start = first.saturating_sub(first.rem_euclid(*length));
            let count = last.saturating_sub(start) / length + 1;
            if count > CUTOFFS_MAX {
                let what = format!("--every: would make {count} rows, {CUTOFFS_MAX} are allowed");
                return Err(PageError::Asked(what));
            }
            // What is not known yet at a cutoff beyond the last event is in no row.
            let times: Vec<i64> =
                (0..count).map(|it| start + it * length).filter(|it| *it >= first).collect();
            if times.is_empty() {
                let at = |it: i64| scalp_types::Timestamp::from_nanos(it);
                let what = format!(
                    "--every: expected a whole multiple of the length between {}, when the first event was known, and {}, when the last \
                     was, got none",
                    at(first),
                    at(last)
                );
                return Err(PageError::Asked(what));
            }
            let written =
                times.iter().map(|it| scalp_types::Timestamp::from_nanos(*it).to_string()).collect();
            (times, written, "cutoff".to_owned())
        }
        Cutoffs::Of(path) => {
            let mut raw = Raw::read(path)?;
            let at = raw.time_place(path)?;
            let times = raw.times(path, at)?;
            (times, raw.cells.swap_remove(at), raw.names.swap_remove(at))
        }
    };
    remarks.read.extend(covered.into_iter().filter_map(|(file, it)| beyond(file, it, &times, making.window)));
    let cutoffs: Vec<Cutoff> = times.iter().map(|&at| Cutoff { key: 0, at }).collect();
    let plan =
        SynthesisPlan { depth: making.depth, window: making.window, features_max: making.features_max };
    let made = make(&all, &cutoffs, &plan).map_err(|it| {
        PageError::Asked(match it {
            SynthesisError::TooMany { count, most } => format!(
                "--features-max: {count} features would be made, {most} are allowed: choose columns with --columns, lower --depth, or \
                 raise --features-max"
            ),
            it => it.to_string(),
        })
    })?;
    let columns = made.into_iter().map(|it| (it.name, it.values)).collect();
    let computed = Computed {
        times,
        written,
        known: None,
        are_moments: true,
        time_name,
        columns,
        failed: Vec::new(),
        schema: 0,
        remarks,
    };
    Ok(Made { computed, passed_over })
}

/// A file as an entity.
struct Told {
    entity: Entity,
    /// Of which time it tells all.
    coverage: Coverage,
    /// When the last of its rows was known.
    last: i64,
    /// What should be known of how it was read.
    remark: Option<String>,
}

/// Reads a file as an entity. Tells what was passed over, and the names of all columns that can be taken. None of a table of
/// which no column was asked for.
fn entity(
    with: &With,
    wanted: &[String],
    passed_over: &mut Vec<String>,
    there: &mut Vec<String>,
) -> Result<Option<Told>, PageError> {
    let path = with.file.as_path();
    let raw = Raw::read(path)?;
    raw.named(path)?;
    let time_at = raw.time_place(path)?;
    let known = known_at(with, &raw, time_at)?;
    let remark = if is_by_end(with, &raw) {
        let times = raw.moments(path, time_at)?;
        lengths::remark(&Lengths::of_file(path, &times), &times, |_| path)
    } else {
        None
    };
    let mut order: Vec<usize> = (0..known.len()).collect();
    // Rows that are known at one time keep their order.
    order.sort_by_key(|&row| known[row]);
    let mut columns = Vec::new();
    for at in (0..raw.names.len()).filter(|&at| at != time_at && !is_time(with, &raw, at)) {
        let name = format!("{}.{}", with.name, raw.names[at]);
        let is_wanted = wanted.contains(&name);
        if !wanted.is_empty() && !is_wanted {
            there.push(name);
            continue;
        }
        let values = values(path, &raw, at, &order)?;
        match values.as_ref().map_or(Some("text"), |it| idle(&raw.names[at], it)).filter(|_| !is_wanted) {
            Some(why) => passed_over.push(format!("{name} ({why})")),
            None => columns.extend(values.map(|it| (raw.names[at].clone(), it))),
        }
        there.push(name);
    }
    if columns.is_empty() && !wanted.is_empty() {
        return Ok(None);
    }
    if !columns.iter().any(|it| matches!(it.1, Values::Numbers(_))) {
        let what = format!(
            "--entity {}: expected a column of numbers beside that of the times, got none",
            with.name
        );
        return Err(FeaturesError::table(path, what).into());
    }
    let times: Vec<i64> = order.iter().map(|&row| known[row]).collect();
    let (Some(&first), Some(&last)) = (times.first(), times.last()) else {
        return Err(FeaturesError::NoRows(path.into()).into());
    };
    let coverage = coverage(with, &raw, time_at, first, last)?;
    let keys = vec![0; times.len()];
    let entity =
        Entity::new(&with.name, times, keys, columns).map_err(|it| PageError::Asked(it.to_string()))?;
    Ok(Some(Told { entity: entity.covering(coverage), coverage, last, remark }))
}

/// Whether its rows are candles that are known by their ends: no column tells when.
fn is_by_end(with: &With, raw: &Raw) -> bool {
    is_candles(raw) && (with.delay.is_some() || published(with, raw).is_none())
}

/// Of which time a file tells all that became known, if its rows became known from `first` to `last`: nothing is known of what
/// came before and after. A candle tells of the time from its start on, and until the next one ends none is known.
fn coverage(
    with: &With,
    raw: &Raw,
    time_at: usize,
    first: i64,
    last: i64,
) -> Result<Coverage, FeaturesError> {
    if !is_candles(raw) {
        return Ok(Coverage { from: first, first, until: last });
    }
    let mut times = raw.moments(&with.file, time_at)?;
    if !is_by_end(with, raw) {
        times.sort_unstable();
        times.dedup();
        let span = Lengths::of_file(&with.file, &times).span.unwrap_or(1);
        let from = times.first().map_or(first, |it| first.min(*it));
        return Ok(Coverage { from, first, until: last.saturating_add(span - 1) });
    }
    let close_at = Lengths::of_file(&with.file, &times).close_at;
    let mut lengths = times.iter().zip(&close_at).map(|(begin, end)| end.saturating_sub(*begin));
    let (of_first, of_last) = (lengths.clone().next().unwrap_or(0), lengths.next_back().unwrap_or(0));
    let until = last.saturating_add(of_last.saturating_sub(1));
    Ok(Coverage { from: first.saturating_sub(of_first), first, until })
}

/// What should be known of a file that does not tell of all that the cutoffs see.
fn beyond(file: &Path, coverage: Coverage, cutoffs: &[i64], window: Option<i64>) -> Option<String> {
    let absent = cutoffs.iter().filter(|at| !coverage.covers(**at, window)).count();
    let at = |it: i64| scalp_types::Timestamp::from_nanos(it);
    (absent > 0).then(|| {
        format!(
            "{}: what was before {} and after {} is not known: its features are absent at {absent} of {} cutoffs, which lie there{}",
            file.display(),
            at(if window.is_some() { coverage.from } else { coverage.first }),
            at(coverage.until),
            cutoffs.len(),
            if window.is_some() { " or whose window begins there" } else { "" }
        )
    })
}

/// Why a column says nothing of the market, if that can be told: clocks and counters only rise, and what never changes tells
/// nothing apart.
fn idle(name: &str, values: &Values) -> Option<&'static str> {
    let name = name.to_lowercase();
    let ends = |all: &[&str]| all.iter().any(|it| name.ends_with(it));
    let never_changes = match values {
        Values::Numbers(it) => {
            let mut said = it.iter().filter(|it| it.is_finite());
            let first = said.next().map(|it| it.to_bits());
            said.all(|it| Some(it.to_bits()) == first)
        }
        Values::Labels(_, texts) => texts.len() < 2,
    };
    if TIME_NAMES.contains(&name.as_str()) || ends(&["time", "timestamp", "date", "_at"]) {
        Some("a time")
    } else if name == "id" || ends(&["_id", "tradeid"]) {
        Some("an identifier")
    } else if never_changes {
        Some("it never changes")
    } else {
        None
    }
}

fn is_time(with: &With, raw: &Raw, at: usize) -> bool {
    published(with, raw) == Some(at)
}

/// Columns that are numbers by their name: a text in one of them is no label.
const MEASURED: [&str; 15] = [
    "open", "high", "low", "close", "volume", "vol", "price", "size", "qty", "quantity", "amount", "bid",
    "ask", "bid_size", "ask_size",
];

/// A column as numbers, else as labels where its texts are few; none where it is neither. Of a price or a size a cell that is no
/// number is refused.
fn values(path: &Path, raw: &Raw, at: usize, order: &[usize]) -> Result<Option<Values>, PageError> {
    match raw.numbers(path, at) {
        Ok(numbers) => {
            let numbers: Vec<f64> = order.iter().map(|&row| numbers[row]).collect();
            return Ok(numbers.iter().any(|it| it.is_finite()).then_some(Values::Numbers(numbers)));
        }
        Err(fault) if MEASURED.iter().any(|it| raw.names[at].eq_ignore_ascii_case(it)) => {
            return Err(fault.into());
        }
        Err(_) => {}
    }
    let mut texts: Vec<String> = Vec::new();
    let mut places = Vec::with_capacity(order.len());
    for &row in order {
        let text = raw.cells[at].text(row);
        let place = texts.iter().position(|it| *it == text).unwrap_or_else(|| {
            texts.push(text.to_string());
            texts.len() - 1
        });
        if texts.len() > LABELS_MAX {
            return Ok(None);
        }
        places.push(place);
    }
    Ok(Some(Values::Labels(places, texts)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    /// Trades of 500 seconds, one a second; from second `from` on all is otherwise.
    fn trades(from: i64) -> String {
        let mut text = "time,price,size,side\n".to_owned();
        for it in 0..500_i64 {
            let (price, side) = (100 + (it * 37) % 11, if it % 3 == 0 { "buy" } else { "sell" });
            let (price, side) = if it < from { (price, side) } else { (7, "buy") };
            writeln!(text, "{},{price},{},{side}", 1_700_000_000 + it, 1 + it % 4).unwrap();
        }
        text
    }

    fn bars(from: i64) -> String {
        let mut text = "time,open,high,low,close,volume\n".to_owned();
        for it in 0..9_i64 {
            let close = if (it + 1) * 60 <= from { 100 + (it * 5) % 7 } else { 3 };
            writeln!(text, "{},{close},{close},{close},{close},{it}", 1_699_999_980 + it * 60).unwrap();
        }
        text
    }

    fn made(from: i64, every: &str, window: Option<i64>) -> Computed {
        let folder = tempfile::tempdir().unwrap();
        let (t, b) = (folder.path().join("t.csv"), folder.path().join("b.csv"));
        std::fs::write(&t, trades(from)).unwrap();
        std::fs::write(&b, bars(from)).unwrap();
        let named = |name: &str, path: &Path| Named::parse(&format!("{name}={}", path.display())).unwrap();
        let trades_at_once = Named::parse(&format!("trades={},delay=0s", t.display())).unwrap();
        let length = scalp_features::expr::span(every).unwrap();
        let making = Making {
            cutoffs: Cutoffs::Every(length),
            depth: 2,
            window,
            features_max: 10_000,
            columns: Vec::new(),
        };
        synthesise(&[trades_at_once, named("market", &b)], &making).unwrap().computed
    }

    #[test]
    fn what_comes_later_changes_no_feature_at_or_before_a_cutoff() {
        for window in [None, Some(120_000_000_000)] {
            let (plain, altered) = (made(500, "1m", window), made(260, "1m", window));
            assert_eq!(plain.times, altered.times);
            assert!(plain.columns.len() > 100, "{}", plain.columns.len());
            // Second 259 is the last that is as it was; the bar that ends at second 220 is the last whole one of those.
            let same = plain.times.iter().filter(|it| **it <= 1_700_000_219_000_000_000).count();
            assert!(same >= 3, "{same}");
            let (mut compared, mut moved) = (0, 0);
            for (plain, altered) in plain.columns.iter().zip(&altered.columns) {
                assert_eq!(plain.0, altered.0);
                for row in 0..plain.1.len() {
                    let is_same = plain.1[row].to_bits() == altered.1[row].to_bits();
                    assert!(is_same || row >= same, "{} at {row}", plain.0);
                    compared += usize::from(row < same);
                    moved += usize::from(!is_same);
                }
            }
            println!("{compared} values as they were, {moved} moved");
            assert!(moved > 100, "the future does matter to what is after it");
        }
    }

    #[test]
    fn a_candle_that_is_told_twice_is_refused_and_one_alone_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.csv");
        let said = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let named = [Named::parse(&format!("market={}", path.display())).unwrap()];
            let cutoffs = Cutoffs::Every(60_000_000_000);
            let columns = vec!["market.close".to_owned()];
            let making = Making { cutoffs, depth: 1, window: None, features_max: 10_000, columns };
            synthesise(&named, &making).map(drop).map_err(|it| it.to_string())
        };
        let bars = bars(500);
        assert_eq!(said(&bars), Ok(()));
        let lines: Vec<&str> = bars.lines().collect();
        for (at, line) in [(1, 3), (4, 6)] {
            let mut twice = lines.clone();
            twice.insert(at, lines[at]);
            let told = said(&twice.join("\n")).unwrap_err();
            assert!(told.contains(&format!("b.csv:{line}: time: expected a later time")), "{told}");
        }
        let told = said(&lines[..2].join("\n")).unwrap_err();
        assert!(told.contains("of one candle it is not told when it ends"), "{told}");
    }

    #[test]
    fn no_cutoff_lies_beyond_what_was_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.csv");
        std::fs::write(&path, bars(500)).unwrap();
        let made = |every: &str| {
            let named = [Named::parse(&format!("market={}", path.display())).unwrap()];
            let cutoffs = Cutoffs::Every(scalp_features::expr::span(every).unwrap());
            let columns = vec!["market.close".to_owned()];
            let making = Making { cutoffs, depth: 1, window: None, features_max: 10_000, columns };
            synthesise(&named, &making).map(|it| it.computed.times).map_err(|it| it.to_string())
        };
        // Nine minutes, the first known at 1,700,000,040 and the last at 1,700,000,520 seconds.
        let seconds = |every: &str| -> Vec<i64> {
            made(every).unwrap().iter().map(|it| it / 1_000_000_000 - 1_700_000_000).collect()
        };
        assert_eq!(seconds("1m"), (1..=9).map(|it| it * 60 - 20).collect::<Vec<_>>());
        assert_eq!(seconds("5m"), [100, 400]);
        let told = made("1000w").unwrap_err();
        assert!(
            told.contains("--every: expected a whole multiple of the length between 2023-11-14T22:14:00"),
            "{told}"
        );
    }

    /// Ten minutes of candles and, from second 100 of them to second 300, trades: nothing is counted as zero that is not known.
    #[test]
    fn what_lies_beyond_a_file_is_absent_and_told() {
        let folder = tempfile::tempdir().unwrap();
        let (b, t, c) =
            (folder.path().join("b.csv"), folder.path().join("t.csv"), folder.path().join("c.csv"));
        let candles = (0..10).map(|it| format!("{},1,1,1,{it},{}\n", 1_699_999_980 + it * 60, it + 1));
        std::fs::write(&b, format!("time,open,high,low,close,volume\n{}", candles.collect::<String>()))
            .unwrap();
        let trades = (100..=300).map(|it| format!("{},{},1\n", 1_699_999_980 + it, 100 + it % 7));
        std::fs::write(&t, format!("time,price,size\n{}", trades.collect::<String>())).unwrap();
        let named = [format!("b={}", b.display()), format!("t={},delay=0s", t.display())]
            .map(|it| Named::parse(&it).unwrap());
        let made = |cutoffs: Cutoffs, window: Option<i64>| {
            let columns = vec!["b.volume".to_owned(), "t.price".to_owned()];
            let made = synthesise(&named, &Making { cutoffs, depth: 1, window, features_max: 100, columns })
                .unwrap();
            let rows = |name: &str| -> Vec<Option<f64>> {
                let column = made.computed.columns.iter().find(|it| it.0 == name).unwrap();
                column.1.iter().map(|it| it.is_finite().then_some(*it)).collect()
            };
            let counts = [rows("COUNT(b.volume)"), rows("COUNT(t.price)")];
            assert_eq!(
                counts[1],
                rows("SUM(t.price)").iter().zip(&counts[1]).map(|(sum, it)| sum.and(*it)).collect::<Vec<_>>()
            );
            (counts, made.computed.remarks.read)
        };
        const MINUTE: i64 = 60_000_000_000;
        let some =
            |all: &[i32]| all.iter().map(|it| (*it >= 0).then_some(f64::from(*it))).collect::<Vec<_>>();
        // The second minute begins before the first trade, the sixth ends after the last.
        let (counts, told) = made(Cutoffs::Every(MINUTE), Some(MINUTE));
        assert_eq!(counts[0], some(&[1; 10]));
        assert_eq!(counts[1], some(&[-1, -1, 60, 60, 60, -1, -1, -1, -1, -1]));
        assert_eq!(told.len(), 1, "{told:?}");
        let ends =
            "before 2023-11-14T22:14:40.000000000Z and after 2023-11-14T22:18:00.000000000Z is not known";
        assert!(told[0].contains("t.csv: what was") && told[0].contains(ends), "{told:?}");
        assert!(
            told[0].contains("absent at 7 of 10 cutoffs, which lie there or whose window begins"),
            "{told:?}"
        );
        // Without a window all of the past since the first trade is counted.
        let (counts, _) = made(Cutoffs::Every(MINUTE), None);
        assert_eq!(counts[0], some(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
        assert_eq!(counts[1], some(&[-1, 21, 81, 141, 201, -1, -1, -1, -1, -1]));
        // Until the eleventh candle ends none can be known; a year later more may have been.
        let at = [-86_400, 0, 60, 600, 659, 660, 31_536_000].map(|it| format!("{}\n", 1_699_999_980 + it));
        std::fs::write(&c, format!("time\n{}", at.concat())).unwrap();
        let (counts, told) = made(Cutoffs::Of(c), Some(MINUTE));
        assert_eq!(counts[0], some(&[-1, -1, 1, 1, 1, -1, -1]));
        assert_eq!(counts[1], some(&[-1; 7]));
        assert!(told.len() == 2 && told[0].contains("b.csv: ") && told[0].contains("4 of 7"), "{told:?}");
    }

    #[test]
    fn a_price_that_is_no_number_is_no_label() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.csv");
        for bad in ["abc", "inf"] {
            std::fs::write(&path, bars(500).replacen(",101,", &format!(",{bad},"), 1)).unwrap();
            let named = [Named::parse(&format!("market={}", path.display())).unwrap()];
            let cutoffs = Cutoffs::Every(60_000_000_000);
            let making =
                Making { cutoffs, depth: 1, window: None, features_max: 10_000, columns: Vec::new() };
            let said = synthesise(&named, &making).unwrap_err().to_string();
            assert!(said.contains("b.csv:") && said.contains("expected a finite number"), "{said}");
        }
    }

    #[test]
    fn a_cutoff_sees_what_was_known_and_labels_split_it() {
        let made = made(500, "1m", None);
        assert_eq!(made.time_name, "cutoff");
        let column = |name: &str| {
            let it = made.columns.iter().find(|it| it.0 == name);
            &it.unwrap_or_else(|| {
                panic!("{name}: {:?}", made.columns.iter().map(|it| &it.0).take(40).collect::<Vec<_>>())
            })
            .1
        };
        // 1 700 000 000 is 20 seconds into a minute: the first cutoff after it sees 41 trades, that at its own time with them.
        assert_eq!(made.written.text(0), "2023-11-14T22:14:00.000000000Z");
        assert!((column("COUNT(trades.price)")[0] - 41.0).abs() < 1e-12);
        let buys: f64 = (0..=40).filter(|it| it % 3 == 0).map(|it| f64::from(1 + it % 4)).sum();
        assert!((column("SUM(trades.size WHERE side = buy)")[0] - buys).abs() < 1e-9);
        // The bar that began at 22:13 is known at 22:14.
        assert!((column("COUNT(market.close)")[0] - 1.0).abs() < 1e-12);
    }

    /// Candles as an exchange gives them: with the end of each, and a column of zeros.
    #[test]
    fn clocks_counters_and_what_never_changes_are_passed_over_unless_they_are_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k.csv");
        let mut text = "open_time,open,high,low,close,volume,close_time,trade_id,ignore,venue\n".to_owned();
        for it in 0..60_i64 {
            let (at, close) = (1_699_999_980_000 + it * 60_000, 100 + (it * 5) % 7);
            writeln!(text, "{at},{close},{close},{close},{close},{it},{},{it},0,x", at + 59_999).unwrap();
        }
        std::fs::write(&path, text).unwrap();
        let named = [Named::parse(&format!("market={}", path.display())).unwrap()];
        let made = |columns: &[&str], depth: usize| {
            let columns = columns.iter().map(|it| (*it).to_owned()).collect();
            let cutoffs = Cutoffs::Every(600_000_000_000);
            synthesise(&named, &Making { cutoffs, depth, window: None, features_max: 10_000, columns })
        };
        let all = made(&[], 1).unwrap();
        let told = [
            "close_time (a time)",
            "trade_id (an identifier)",
            "ignore (it never changes)",
            "venue (it never changes)",
        ];
        assert_eq!(all.passed_over, told.map(|it| format!("market.{it}")));
        let reads = |it: &str| all.computed.columns.iter().any(|column| column.0.contains(it));
        assert!(reads("market.volume") && !["time", "id", "ignore", "venue"].iter().any(|it| reads(it)));
        let some = made(&["market.close", "market.ignore"], 1).unwrap();
        assert!(some.passed_over.is_empty());
        assert!(
            some.computed
                .columns
                .iter()
                .all(|it| it.0.contains("market.close") || it.0.contains("market.ignore"))
        );
        assert!(some.computed.columns.iter().any(|it| it.0 == "SUM(market.ignore)"));
        let said = made(&["market.clse"], 1).unwrap_err().to_string();
        assert!(said.contains("--columns: there is no market.clse; there are market.open, "), "{said}");
        let (cutoffs, window, columns) = (Cutoffs::Every(600_000_000_000), None, Vec::new());
        let few = Making { cutoffs, depth: 1, window, features_max: 9, columns };
        let said = synthesise(&named, &few).map(|it| it.computed.columns.len()).unwrap_err().to_string();
        assert!(said.contains("--columns, lower --depth, or raise --features-max"), "{said}");
    }

    /// Known at their ends, by their times or by a column that says so.
    #[test]
    fn candles_with_a_column_of_when_they_were_known_tell_of_the_time_from_their_start_on() {
        let folder = tempfile::tempdir().unwrap();
        let minute = 60_000_000_000_i64;
        let made = |name: &str, head: &str| {
            let mut text = format!("time,open,high,low,close,volume{head}\n");
            for it in 0..499_i64 {
                let (at, close) = (1_738_368_000_000_000_000 + it * minute, 100.0 + (it % 7) as f64);
                write!(text, "{at},{close},{close},{close},{close},{}", it % 5).unwrap();
                if !head.is_empty() {
                    write!(text, ",{}", at + minute).unwrap();
                }
                text.push('\n');
            }
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            let named = Named::parse(&format!("m={}", path.display())).unwrap();
            let making = Making {
                cutoffs: Cutoffs::Every(60 * minute),
                depth: 1,
                window: Some(60 * minute),
                features_max: 1_000,
                columns: vec!["m.close".into(), "m.volume".into()],
            };
            synthesise(&[named], &making).unwrap()
        };
        let (plain, known) = (made("plain.csv", ""), made("known.csv", ",known_at"));
        assert_eq!(plain.computed.times, known.computed.times);
        assert_eq!(format!("{:?}", plain.computed.columns), format!("{:?}", known.computed.columns));
        assert!(known.computed.columns.iter().any(|it| it.0 == "SUM(m.volume)" && it.1[0].is_finite()));
    }

    #[test]
    fn what_cannot_be_made_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, trades(500)).unwrap();
        let one = |text: &str| Named::parse(&format!("trades={}{text}", path.display()));
        assert!(one(",age=1h").unwrap_err().contains("age has no meaning here"));
        assert!(one(",publish=x").unwrap_err().contains("did you mean published?"));
        let refused = |entities: &[Named], depth: usize, every: i64, most: usize| {
            let making = Making {
                cutoffs: Cutoffs::Every(every),
                depth,
                window: None,
                features_max: most,
                columns: Vec::new(),
            };
            synthesise(entities, &making).unwrap_err().to_string()
        };
        let trades = one(",delay=0s").unwrap();
        let minute = 60_000_000_000;
        assert!(refused(std::slice::from_ref(&trades), 0, minute, 1_000).contains("depth is 0"));
        assert!(refused(std::slice::from_ref(&trades), 2, minute, 5).contains("5 are allowed"));
        assert!(refused(&[trades.clone(), trades.clone()], 2, minute, 1_000).contains("given twice"));
        assert!(refused(&[trades], 1, 1, 1_000).contains("--every: would make"));
        let gone = Named::parse("a=nowhere.csv").unwrap();
        assert!(refused(&[gone], 1, minute, 1_000).contains("nowhere.csv"));
    }
}
