//! Items over a table, divided among threads by item; the answers do not depend on the division. Of candles whole columns are
//! computed at once, to the bits of the live pipeline; what needs the stream is computed by that.

use super::FeaturesError;
use super::built::Built;
use super::cache::{Cache, Found};
use super::cells::Cells;
use super::remarks::{self, Lost, Remarks};
use super::stream::{depths, part, sources};
use super::table::{Holds, Table};
use crate::parallel::THREADS_MAX;
use scalp_config::TradeBarsConfig;
use scalp_features::batch::{BarColumns, Batch, Lanes, Scratch};
use scalp_features::schema::Part;
use scalp_features::sources::BOOK_COLUMNS;
use scalp_features::{Error, Schema, Sources};
use scalp_indicators::Nearest;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How a table is computed.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Threads.
    pub threads: NonZero<usize>,
    /// Of trades and event files: these bars are built, a row is a bar, and what trades tell is taken at its close.
    pub bars: Option<TradeBarsConfig>,
    /// Whether items that cannot be built are left out, and the others computed.
    pub keep_going: bool,
}

impl Asked {
    /// The item that says what a row of the table costs: of candles the close, of trades the price, of books the middle, of
    /// events the middle if there are books among them, else the price.
    #[must_use]
    pub fn price(&self, table: &Table) -> &'static str {
        match &table.holds {
            Holds::Trades(_) if self.bars.is_none() => "price",
            Holds::Events(events) if self.bars.is_none() => {
                if events.has_books() {
                    "mid"
                } else {
                    "price"
                }
            }
            Holds::Books { .. } => "mid",
            Holds::Bars { .. } | Holds::Trades(_) | Holds::Events(_) => "close",
        }
    }
}

/// An item that was left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Failed {
    /// As it was written.
    pub item: String,
    /// Why.
    pub error: Error,
}

/// Columns over the rows.
#[derive(Debug, Clone)]
pub struct Computed {
    /// When each row was, nanoseconds since 1970.
    pub times: Vec<i64>,
    /// The times as they were written; where bars were built, in nanoseconds.
    pub written: Cells,
    /// When each row was known, nanoseconds since 1970, where that is not at its time, or of a candle at its end.
    pub known: Option<Vec<i64>>,
    /// Of candles of one length, that length, nanoseconds.
    pub length: Option<i64>,
    /// Whether rows are of moments: trades, books, and bars of trades that have no length. Else they are of stretches of time, of which
    /// one ends as the next begins.
    pub are_moments: bool,
    /// What the column of times is called.
    pub time_name: String,
    /// Each column with its title; not a number where absent, and nowhere else.
    pub columns: Vec<(String, Vec<f64>)>,
    /// What was left out.
    pub failed: Vec<Failed>,
    /// The hash of the schema, as a model stores it.
    pub schema: u64,
    /// What should be known of what the columns were computed of.
    pub remarks: Remarks,
}

/// A list of items over a table, checked and ready to be computed, all of it or some columns at a time.
pub struct Plan<'a> {
    path: &'a Path,
    table: &'a Table,
    asked: &'a Asked,
    schema: Schema,
    lanes: Option<Lanes<'a>>,
    failed: Vec<Failed>,
    times: Cow<'a, [i64]>,
    known: Option<Vec<i64>>,
    built: Option<Built>,
    remarks: Remarks,
}

impl<'a> Plan<'a> {
    /// Of items (or groups of them) over a table. `path` is named in errors.
    pub fn new(
        path: &'a Path,
        table: &'a Table,
        items: &[&str],
        asked: &'a Asked,
    ) -> Result<Plan<'a>, FeaturesError> {
        let built = asked.bars.map(|it| Built::of(path, table, &it)).transpose()?;
        let sources = sources(path, table, built.as_ref())?;
        let (mut good, mut failed) = (Vec::new(), Vec::new());
        // The most levels of a book that are read, and the item that reads them.
        let mut deepest = (0, "");
        for &item in items {
            match Schema::of_items(&[item], &sources).map_err(|error| unreadable(table, error)) {
                Ok(schema) => {
                    if schema.levels() > deepest.0 {
                        deepest = (schema.levels(), item);
                    }
                    good.extend(Part::of(item)?);
                }
                Err(error) if asked.keep_going => {
                    let (members, error) = sound(table, item, &sources, error);
                    good.extend(members);
                    failed.push(Failed { item: item.to_owned(), error });
                }
                Err(error) => return Err(error.into()),
            }
        }
        if good.is_empty() && !failed.is_empty() {
            let told: Vec<String> = failed.iter().map(|it: &Failed| it.error.to_string()).collect();
            return Err(FeaturesError::table(path, format!("every item is left out: {}", told.join("; "))));
        }
        let schema = Schema::of_parts(&good, &sources)?;
        let (mut lost, mut known, mut seen) = (Lost::default(), None, depths(table, deepest.0));
        let (lanes, times) = match (&table.holds, &built) {
            (Holds::Bars { columns, close_at, span, .. }, _) => {
                let told = table.beside.known.as_ref().filter(|it| *it != close_at || !table.has_length());
                let is_end = |(at, known): (&i64, &i64)| span.is_none_or(|span| at + span == *known);
                let are_ends =
                    table.beside.bar_kind.is_empty() && table.times.iter().zip(close_at).all(is_end);
                known = told.or((!are_ends).then_some(close_at)).cloned();
                let columns = columns.iter().map(Vec::as_slice).collect();
                let bars = BarColumns { open_at: &table.times, close_at, columns };
                (Some(Lanes::new(&schema, &bars)?), Cow::Borrowed(table.times.as_slice()))
            }
            // The rows are what is read of the events: all of it, whatever the items read.
            (Holds::Events(_), None) => {
                let all = Schema::parse("price, mid", &sources)?;
                let part = part(path, table, &all, None, deepest.0)?;
                seen = part.depths;
                known = (part.known != part.times).then_some(part.known);
                (None, Cow::Owned(part.times))
            }
            (_, None) => (None, Cow::Borrowed(table.times.as_slice())),
            // The rows are the bars.
            (_, Some(built)) => {
                let part = part(path, table, &schema_of_close(&sources)?, Some(built), deepest.0)?;
                lost = part.lost;
                if let Holds::Events(_) = table.holds {
                    seen = part.depths;
                }
                let is_end =
                    |(at, known): (&i64, &i64)| built.0.kind.0.is_some_and(|span| at + span == *known);
                known = (!part.times.iter().zip(&part.known).all(is_end)).then_some(part.known);
                (None, Cow::Owned(part.times))
            }
        };
        let found = [remarks::sides(table, &schema, built.as_ref()), seen.words(deepest.1)];
        let found = found.into_iter().chain(lost.words()).flatten().collect();
        let remarks = Remarks { read: table.remarks(), found };
        Ok(Plan { path, table, asked, schema, lanes, failed, times, known, built, remarks })
    }

    /// The same table, and other items, which must be sound.
    pub(super) fn of(&self, items: &[&str]) -> Result<Plan<'a>, FeaturesError> {
        Plan::new(self.path, self.table, items, self.asked)
    }

    /// The schema of one item over the same table.
    pub(super) fn schema_of(&self, item: &str) -> Result<Schema, FeaturesError> {
        Ok(Schema::of_items(&[item], self.schema.sources()).map_err(|error| unreadable(self.table, error))?)
    }

    pub(super) fn table(&self) -> &'a Table {
        self.table
    }

    pub(super) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The bars that are built of trades.
    pub(super) fn bars(&self) -> Option<TradeBarsConfig> {
        self.asked.bars
    }

    /// When each row was known, nanoseconds since 1970, where that is neither its time nor the end of its candle.
    #[must_use]
    pub fn known(&self) -> Option<&[i64]> {
        self.known.as_deref()
    }

    /// As [`Computed::length`] says.
    fn length(&self) -> Option<i64> {
        match (&self.table.holds, &self.built) {
            (Holds::Bars { span, .. }, None) => *span,
            (_, built) => built.as_ref().and_then(|it| it.0.kind.0),
        }
    }

    /// Whether rows are of moments, as [`Computed::are_moments`] says.
    fn are_moments(&self) -> bool {
        let has_length = self.built.as_ref().is_some_and(|it| it.0.kind.0.is_some());
        match (&self.table.holds, &self.built) {
            // Bars that trades closed, given back: hardly two of them took as long.
            (Holds::Bars { span: None, .. }, None) => self.known.as_ref().is_some_and(|known| {
                let took = known.iter().zip(&self.table.times).map(|(known, begin)| known - begin);
                2 * took.collect::<BTreeSet<_>>().len() > known.len()
            }),
            (Holds::Bars { .. }, _) => false,
            (Holds::Events(it), Some(_)) => !has_length && it.has_trades(),
            _ => !has_length,
        }
    }

    /// The columns as they are headed.
    #[must_use]
    pub fn titles(&self) -> &[String] {
        self.schema.titles()
    }

    /// When each row is, nanoseconds since 1970.
    #[must_use]
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    /// What should be known of what the columns are computed of.
    #[must_use]
    pub fn remarks(&self) -> &Remarks {
        &self.remarks
    }

    /// What was left out.
    #[must_use]
    pub fn failed(&self) -> &[Failed] {
        &self.failed
    }

    /// The hash of the schema.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.schema.hash().get()
    }

    /// The name of the column of times.
    #[must_use]
    pub fn time_name(&self) -> &str {
        &self.table.time_name
    }

    /// Computes the columns in their order, at most `most` of them in memory at a time, and hands each on. What several items
    /// share is computed once and kept until the end. Columns are taken from `pool`, and whoever is handed one may put it
    /// back there when it is of no more use.
    pub fn run(
        &self,
        most: usize,
        pool: &Pool,
        mut take: impl FnMut(usize, Vec<f64>) -> Result<(), FeaturesError>,
    ) -> Result<(), FeaturesError> {
        let threads = self.asked.threads.get();
        let batch = self.lanes.as_ref().map(|lanes| {
            let mut batch = Batch::new(&self.schema, lanes);
            for stage in batch.stages().to_vec() {
                let columns = spread(threads, &stage, |&node, scratch| {
                    let mut columns = pool.columns(batch.width(node));
                    batch.node(node, &mut columns, scratch);
                    columns
                });
                stage.iter().zip(columns).for_each(|(&node, columns)| batch.keep(node, columns));
            }
            batch
        });
        let all: Vec<usize> = (0..self.schema.len()).collect();
        for places in all.chunks(most.max(1)) {
            for (place, column) in self.columns(batch.as_ref(), pool, places)? {
                take(place, column)?;
            }
        }
        batch.into_iter().flat_map(Batch::into_kept).for_each(|it| pool.put(it));
        Ok(())
    }

    /// The columns at `places`, in rising order.
    fn columns(
        &self,
        batch: Option<&Batch<'_>>,
        pool: &Pool,
        places: &[usize],
    ) -> Result<BTreeMap<usize, Vec<f64>>, FeaturesError> {
        let threads = self.asked.threads.get();
        let is_streamed = |it: &usize| batch.is_none_or(|batch| batch.is_streamed(*it));
        let (streamed, whole): (Vec<usize>, Vec<usize>) = places.iter().partition(|it| is_streamed(it));
        let mut columns = BTreeMap::new();
        if let Some(batch) = batch {
            // The outputs of one node are asked for together.
            let mut jobs: BTreeMap<(Option<usize>, usize), Vec<usize>> = BTreeMap::new();
            for place in whole {
                let node = batch.node_of(place);
                let key = (node, if node.is_some() { 0 } else { place });
                jobs.entry(key).or_default().push(place);
            }
            let jobs: Vec<Vec<usize>> = jobs.into_values().collect();
            let done = spread(threads, &jobs, |places, scratch| {
                let mut columns = pool.columns(places.len());
                batch.columns(places, &mut columns, scratch);
                columns
            });
            for (places, done) in jobs.iter().zip(done) {
                columns.extend(places.iter().copied().zip(done));
            }
        }
        if !streamed.is_empty() {
            // Dealt out in turns: neighbours cost alike.
            let threads = threads.min(streamed.len());
            let deal = |thread: usize| streamed.iter().copied().skip(thread).step_by(threads).collect();
            let hands: Vec<Vec<usize>> = (0..threads).map(deal).collect();
            let done = spread(threads, &hands, |places, _| {
                let names: Vec<&str> = places.iter().map(|&it| self.schema.names()[it].as_str()).collect();
                let schema = Schema::of_items(&names, self.schema.sources())?;
                part(self.path, self.table, &schema, self.built.as_ref(), 0)
            });
            for (places, done) in hands.iter().zip(done) {
                columns.extend(places.iter().copied().zip(done?.columns));
            }
        }
        Ok(columns)
    }

    /// As [`Plan::run`], with the columns that a cache has read from it; what was found there, of a cache.
    pub fn run_with(
        &self,
        cache: Option<&Cache>,
        most: usize,
        pool: &Pool,
        take: impl FnMut(usize, Vec<f64>) -> Result<(), FeaturesError>,
    ) -> Result<Found, FeaturesError> {
        match cache {
            Some(cache) => cache.run(self, most, pool, take),
            None => self.run(most, pool, take).map(|()| Found::default()),
        }
    }

    /// All columns, in memory.
    pub fn computed(&self) -> Result<Computed, FeaturesError> {
        self.computed_with(None).map(|it| it.0)
    }

    /// The same, with the columns that a cache has read from it.
    pub fn computed_with(&self, cache: Option<&Cache>) -> Result<(Computed, Found), FeaturesError> {
        let mut columns = Vec::with_capacity(self.titles().len());
        let found = self.run_with(cache, usize::MAX, &Pool::default(), |place, column| {
            columns.push((self.titles()[place].clone(), column));
            Ok(())
        })?;
        let written = match (self.asked.bars, &self.table.holds) {
            (Some(_), _) | (_, Holds::Events(_)) => Cells::Whole(self.times.to_vec()),
            (None, _) => self.table.written.clone(),
        };
        let (times, known, failed) = (self.times.to_vec(), self.known.clone(), self.failed.clone());
        let are_moments = self.are_moments();
        let time_name = self.time_name().to_owned();
        Ok((
            Computed {
                times,
                written,
                known,
                length: self.length(),
                are_moments,
                time_name,
                columns,
                failed,
                schema: self.hash(),
                remarks: self.remarks.clone(),
            },
            found,
        ))
    }
}

/// Columns whose memory is used again: the system is asked for a page once, not once for each column.
#[derive(Debug, Default)]
pub struct Pool(Mutex<Vec<Vec<f64>>>);

impl Pool {
    /// Takes a column in that is of no more use.
    pub fn put(&self, column: Vec<f64>) {
        self.lock().push(column);
    }

    /// A column, with whatever it held before.
    pub(super) fn column(&self) -> Vec<f64> {
        self.lock().pop().unwrap_or_default()
    }

    /// So many columns, with whatever they held before.
    fn columns(&self, count: usize) -> Vec<Vec<f64>> {
        let mut spare = self.lock();
        (0..count).map(|_| spare.pop().unwrap_or_default()).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Vec<f64>>> {
        self.0.lock().expect("nobody panics while moving a column")
    }
}

/// Does all jobs on so many threads, each taking the next that is left; the answers stand in the order of the jobs.
fn spread<J: Sync, A: Send>(
    threads: usize,
    jobs: &[J],
    run: impl Fn(&J, &mut Scratch) -> A + Sync,
) -> Vec<A> {
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut scratch, mut done) = (Scratch::default(), Vec::new());
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(at) else { return done };
            done.push((at, run(job, &mut scratch)));
        }
    };
    let mut all: Vec<(usize, A)> = std::thread::scope(|scope| {
        let handles: Vec<_> =
            (0..threads.min(jobs.len()).min(THREADS_MAX)).map(|_| scope.spawn(work)).collect();
        handles.into_iter().flat_map(|it| it.join().expect("a job that fails says so")).collect()
    });
    all.sort_unstable_by_key(|it| it.0);
    all.into_iter().map(|it| it.1).collect()
}

/// A column that cannot be read is there: what is wrong is its cell, and not its name. So is a book that stands beside trades.
fn unreadable(table: &Table, error: Error) -> Error {
    let item = match &error {
        Error::NoColumn { item, name, .. } if BOOK_COLUMNS.contains(&name.as_str()) => Some(item),
        Error::NotThere { item, what } if what.contains("a book") => Some(item),
        _ => None,
    };
    if let (Some(item), Some(why), None) = (item, &table.beside.unread_book, &table.beside.books) {
        let told = error.to_string();
        let told = told.strip_prefix(&format!("{item}: ")).unwrap_or(&told);
        return Error::NotThere { item: item.clone(), what: format!("{told}; {why}") };
    }
    let (Error::UnknownName { item, name, .. } | Error::NoColumn { item, name, .. }) = &error else {
        return error;
    };
    if let Some(what) = table.beside.unreadable.get(name) {
        return Error::NotThere { item: item.clone(), what: what.clone() };
    }
    match &error {
        // A series of this name is given, and an output of it asked for.
        Error::UnknownName { nearest: Nearest(Some(near)), .. } if near == name => {
            let what = format!(
                "{name} is a series, which is one value: another column of its file is a series of its own, as in --with \
                 NAME=FILE,column=COLUMN"
            );
            Error::NotThere { item: item.clone(), what }
        }
        // Entries are in capitals: this is meant for a column or a series, or is written small.
        Error::UnknownName { nearest, .. } if !name.bytes().any(|it| it.is_ascii_uppercase()) => {
            let near = nearest.0.as_ref().map_or(String::new(), |it| format!("did you mean {it}? Else "));
            let what = format!(
                "unknown name {name:?}: neither a column of the file nor a series; {near}a series is joined by its name, as in \
                 --with {name}=FILE"
            );
            Error::NotThere { item: item.clone(), what }
        }
        _ => error,
    }
}

/// Members of a group that are named where many are left out.
const NAMED_MAX: usize = 5;

/// The members of a group or schema that can be computed, and what is said of the others. Of an item there are none.
fn sound(table: &Table, item: &str, sources: &Sources, error: Error) -> (Vec<Part>, Error) {
    let mut parts = match Part::of(item) {
        Ok(parts) if parts.iter().any(|it| !it.is_own) => parts,
        _ => return (Vec::new(), error),
    };
    let (all, mut reasons) = (parts.len(), Vec::new());
    parts.retain(|part| match Schema::of_parts(std::slice::from_ref(part), sources) {
        Ok(_) => true,
        Err(error) => {
            reasons.push(unreadable(table, error).to_string());
            false
        }
    });
    if parts.is_empty() {
        return (parts, error);
    }
    let rest = reasons.len().saturating_sub(NAMED_MAX);
    let others = if rest > 0 { format!("; and {rest} more") } else { String::new() };
    let named = reasons[..reasons.len() - rest].join("; ");
    let what = format!("{} of its {all} members are left out: {named}{others}", reasons.len());
    (parts, Error::Unfit { item: item.to_owned(), what })
}

fn schema_of_close(sources: &Sources) -> Result<Schema, FeaturesError> {
    Ok(Schema::parse("close", sources)?)
}

/// Computes items (or groups of them) over a table, all columns in memory. `path` is named in errors.
pub fn compute(path: &Path, table: &Table, items: &[&str], asked: &Asked) -> Result<Computed, FeaturesError> {
    Plan::new(path, table, items, asked)?.computed()
}

#[cfg(test)]
mod tests {
    use super::super::table::Beside;
    use super::*;
    use scalp_tables::lengths::ends;

    /// Calendar months, and weeks of equal length.
    fn table(times: &[i64], span: Option<i64>) -> Table {
        let value = |at: usize| (at * 37 % 11) as f64;
        let column = |of: &dyn Fn(usize) -> f64| (0..times.len()).map(of).collect::<Vec<f64>>();
        let columns = vec![
            column(&value),
            column(&|_| 12.0),
            column(&|_| -1.0),
            column(&|at| value(at + 1)),
            column(&|_| 3.0),
        ];
        let close_at = ends(times, span);
        let holds = Holds::Bars { columns, close_at, extra: Vec::new(), span, no_volume: false };
        let written = Cells::Whole(times.to_vec());
        Table { times: times.to_vec(), written, time_name: "time".into(), holds, beside: Beside::default() }
    }

    const DAY: i64 = 86_400_000_000_000;

    #[test]
    fn a_candle_is_known_at_its_end() {
        let days = |open: &[i64], span: Option<i64>| {
            let open: Vec<i64> = open.iter().map(|it| it * DAY).collect();
            ends(&open, span).iter().map(|it| it / DAY).collect::<Vec<i64>>()
        };
        let months = days(&[0, 31, 59, 90], None);
        assert_eq!(months, [31, 59, 90, 121], "the last as long after its start as the longest took");
        assert_eq!(days(&[0, 7, 28], Some(7 * DAY)), [7, 14, 35], "a gap does not make it longer");
        assert_eq!(days(&[3], None), [3], "one alone is known at once");
    }

    #[test]
    fn a_column_that_cannot_be_read_is_told_by_its_cell_whatever_its_name() {
        let mut table = table(&[0, DAY, 2 * DAY], Some(DAY));
        for name in ["price", "weather"] {
            table.beside.unreadable.insert(name.into(), format!("x.csv:3: {name}: expected a number"));
        }
        let asked = Asked { threads: NonZero::<usize>::MIN, bars: None, keep_going: false };
        let told = |item: &str| {
            let answer = compute(Path::new("table"), &table, &[item], &asked);
            answer.expect_err("no such column").to_string()
        };
        assert_eq!(told("LAG(price,1)"), "LAG(price,1): x.csv:3: price: expected a number");
        assert_eq!(told("weather"), "weather: x.csv:3: weather: expected a number");
        let there = "open, high, low, close, volume, time";
        assert_eq!(told("bid_size"), format!("bid_size: reads the column bid_size, and there are {there}"));
    }

    #[test]
    fn some_columns_at_a_time_and_any_number_of_threads_are_all_columns_at_once() {
        let times: Vec<i64> = (0..300).map(|it| it * DAY).collect();
        let table = table(&times, Some(DAY));
        let list =
            "BBANDS(5,2,2,0), LAG(RSI(3),2), RSI(3)@1w, RATIO(close,close@1w), AGE(close@1w), HOUR, close";
        let items = scalp_features::expr::split_list(list);
        let path = Path::new("table");
        let all = |threads: usize, most: usize| {
            let asked =
                Asked { threads: NonZero::new(threads).expect("above zero"), bars: None, keep_going: false };
            let plan = Plan::new(path, &table, &items, &asked).expect("sound items");
            let mut columns: Vec<(usize, Vec<u64>)> = Vec::new();
            let pool = Pool::default();
            plan.run(most, &pool, |place, column| {
                columns.push((place, column.iter().map(|it| it.to_bits()).collect()));
                // Used again for what comes next: nothing of this column may be left in it.
                pool.put(column);
                Ok(())
            })
            .expect("sound rows");
            columns
        };
        let whole = all(1, usize::MAX);
        assert!(whole.iter().enumerate().all(|(at, it)| at == it.0));
        for (threads, most) in [(1, 1), (3, 2), (4, usize::MAX)] {
            assert!(all(threads, most) == whole, "{threads} threads, {most} columns");
        }
        // And they are what one pipeline says.
        let sources = sources(path, &table, None).expect("sound terms");
        let schema = Schema::of_items(&items, &sources).expect("sound items");
        let stream = part(path, &table, &schema, None, 0);
        let stream = stream.expect("sound rows").columns;
        for ((_, got), want) in whole.iter().zip(&stream) {
            assert!(got.iter().zip(want).all(|(got, want)| *got == want.to_bits()));
        }
    }
}
