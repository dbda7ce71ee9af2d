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
        length: None,
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
mod tests;
