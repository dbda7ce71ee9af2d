//! Items over a table, divided among threads by item; the answers do not depend on the division. Of candles whole columns are
//! computed at once, to the bits of the live pipeline; what needs the stream is computed by that.

use super::FeaturesError;
use super::read::{Holds, Table};
use super::stream::{part, sources};
use scalp_features::batch::{Batch, Lanes, Scratch};
use scalp_features::{Error, Schema, Sources};
use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How a table is computed.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Threads.
    pub threads: NonZero<usize>,
    /// Of trades: bars of this length are built, a row is a bar, and what trades tell is taken at its close; nanoseconds.
    pub bars: Option<i64>,
    /// Whether items that cannot be built are left out, and the others computed.
    pub keep_going: bool,
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
    pub written: Vec<String>,
    /// What the column of times is called.
    pub time_name: String,
    /// Each column with its title; not a number where absent, and nowhere else.
    pub columns: Vec<(String, Vec<f64>)>,
    /// What was left out.
    pub failed: Vec<Failed>,
    /// The hash of the schema, as a model stores it.
    pub schema: u64,
}

/// A list of items over a table, checked and ready to be computed, all of it or some columns at a time.
pub struct Plan<'a> {
    path: &'a Path,
    table: &'a Table,
    asked: &'a Asked,
    schema: Schema,
    lanes: Option<Lanes>,
    failed: Vec<Failed>,
    times: Vec<i64>,
}

impl<'a> Plan<'a> {
    /// Of items (or groups of them) over a table. `path` is named in errors.
    pub fn new(
        path: &'a Path,
        table: &'a Table,
        items: &[&str],
        asked: &'a Asked,
    ) -> Result<Plan<'a>, FeaturesError> {
        if asked.bars.is_some() && !matches!(table.holds, Holds::Trades(_)) {
            return Err(FeaturesError::table(
                path,
                "bars are built from trades only, and this table holds others",
            ));
        }
        let sources = sources(table, asked.bars);
        let (mut good, mut failed) = (Vec::new(), Vec::new());
        for &item in items {
            match Schema::of_items(&[item], &sources) {
                Ok(_) => good.push(item),
                Err(error) if asked.keep_going => failed.push(Failed { item: item.to_owned(), error }),
                Err(error) => return Err(error.into()),
            }
        }
        let schema = Schema::of_items(&good, &sources)?;
        let (lanes, times) = match (&table.holds, asked.bars) {
            (Holds::Bars { .. }, _) => (Some(Lanes::new(&schema, table.bars())?), table.times.clone()),
            (_, None) => (None, table.times.clone()),
            // The rows are the bars.
            (_, Some(_)) => (None, part(path, table, &schema_of_close(&sources)?, asked.bars)?.times),
        };
        Ok(Plan { path, table, asked, schema, lanes, failed, times })
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
    /// share is computed once and kept until the end.
    pub fn run(
        &self,
        most: usize,
        mut take: impl FnMut(usize, Vec<f64>) -> Result<(), FeaturesError>,
    ) -> Result<(), FeaturesError> {
        let threads = self.asked.threads.get();
        let batch = match &self.lanes {
            Some(lanes) => {
                let mut batch = Batch::new(&self.schema, lanes)?;
                for stage in batch.stages().to_vec() {
                    let columns = spread(threads, &stage, |&node, scratch| batch.node(node, scratch));
                    stage.iter().zip(columns).for_each(|(&node, columns)| batch.keep(node, columns));
                }
                Some(batch)
            }
            None => None,
        };
        let all: Vec<usize> = (0..self.schema.len()).collect();
        for places in all.chunks(most.max(1)) {
            for (place, column) in self.columns(batch.as_ref(), places)? {
                take(place, column)?;
            }
        }
        Ok(())
    }

    /// The columns at `places`, in rising order.
    fn columns(
        &self,
        batch: Option<&Batch<'_>>,
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
            let done = spread(threads, &jobs, |places, scratch| batch.columns(places, scratch));
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
                part(self.path, self.table, &schema, self.asked.bars)
            });
            for (places, done) in hands.iter().zip(done) {
                columns.extend(places.iter().copied().zip(done?.columns));
            }
        }
        Ok(columns)
    }

    /// All columns, in memory.
    pub fn computed(&self) -> Result<Computed, FeaturesError> {
        let mut columns = Vec::with_capacity(self.titles().len());
        self.run(usize::MAX, |place, column| {
            columns.push((self.titles()[place].clone(), column));
            Ok(())
        })?;
        let written = match self.asked.bars {
            None => self.table.written.clone(),
            Some(_) => self.times.iter().map(i64::to_string).collect(),
        };
        let (times, failed) = (self.times.clone(), self.failed.clone());
        let time_name = self.time_name().to_owned();
        Ok(Computed { times, written, time_name, columns, failed, schema: self.hash() })
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
        let handles: Vec<_> = (0..threads.min(jobs.len())).map(|_| scope.spawn(work)).collect();
        handles.into_iter().flat_map(|it| it.join().expect("a job that fails says so")).collect()
    });
    all.sort_unstable_by_key(|it| it.0);
    all.into_iter().map(|it| it.1).collect()
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
    use super::super::read::Beside;
    use super::*;

    /// Calendar months, and weeks of equal length.
    fn table(times: &[i64], span: Option<i64>) -> Table {
        let value = |at: usize| (at * 37 % 11) as f64;
        let values = (0..times.len()).flat_map(|at| [value(at), 12.0, -1.0, value(at + 1), 3.0]).collect();
        let holds = Holds::Bars { values, extra: Vec::new(), span, no_volume: false };
        let written = times.iter().map(i64::to_string).collect();
        Table { times: times.to_vec(), written, time_name: "time".into(), holds, beside: Beside::default() }
    }

    const DAY: i64 = 86_400_000_000_000;

    #[test]
    fn a_candle_is_known_at_its_end() {
        let months = table(&[0, 31 * DAY, 59 * DAY, 90 * DAY], None);
        let ends: Vec<i64> = months.bars().map(|it| it.close_at / DAY).collect();
        assert_eq!(ends, [31, 59, 90, 121], "the last as long after its start as the longest took");
        let weeks = table(&[0, 7 * DAY, 28 * DAY], Some(7 * DAY));
        let ends: Vec<i64> = weeks.bars().map(|it| it.close_at / DAY).collect();
        assert_eq!(ends, [7, 14, 35], "a gap does not make it longer");
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
            plan.run(most, |place, column| {
                columns.push((place, column.iter().map(|it| it.to_bits()).collect()));
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
        let sources = sources(&table, None);
        let stream = part(path, &table, &Schema::of_items(&items, &sources).expect("sound items"), None);
        let stream = stream.expect("sound rows").columns;
        for ((_, got), want) in whole.iter().zip(&stream) {
            assert!(got.iter().zip(want).all(|(got, want)| *got == want.to_bits()));
        }
    }
}
