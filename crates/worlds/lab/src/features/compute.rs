//! Items over a table, divided among threads by item; the answers do not depend on the division. Of candles whole columns are
//! computed at once, to the bits of the live pipeline; what needs the stream is computed by that.

use super::FeaturesError;
use super::read::{Holds, Recorded, Table};
use scalp_features::batch::{Batch, Lanes, Scratch};
use scalp_features::measure::{Depth, Print};
use scalp_features::{BarRow, Error, Pipeline, Schema, Sources};
use scalp_market::{BarRule, Bars, Market, MarketChange};
use scalp_strategy::signal::reading::{LEVELS_MAX, Reading, Scale};
use scalp_types::{EventStream, MarketBody, Span, StreamError};
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

/// What a table can tell.
fn sources(table: &Table, bars: Option<i64>) -> Sources {
    match &table.holds {
        Holds::Bars { extra, span, no_volume, .. } => {
            Sources { bar_span: *span, bar_extra: extra.clone(), no_volume: *no_volume, ..Sources::bars() }
        }
        Holds::Trades(_) => {
            Sources { trades: true, bars: bars.is_some(), bar_span: bars, ..Sources::default() }
        }
        Holds::Books { levels, .. } => Sources { book_levels: *levels, ..Sources::default() },
        Holds::Events(_) => Sources { bars: bars.is_some(), bar_span: bars, ..Sources::market(LEVELS_MAX) },
    }
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
        if asked.bars.is_some() && !matches!(table.holds, Holds::Trades(_) | Holds::Events(_)) {
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
            // The rows are what is read of the events: all of it, whatever the items read.
            (Holds::Events(_), None) => {
                let all = Schema::parse("price, mid", &sources)?;
                (None, part(path, table, &all, None)?.times)
            }
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
        let written = match (self.asked.bars, &self.table.holds) {
            (Some(_), _) | (_, Holds::Events(_)) => self.times.iter().map(i64::to_string).collect(),
            (None, _) => self.table.written.clone(),
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

/// The columns of some items.
struct Part {
    times: Vec<i64>,
    columns: Vec<Vec<f64>>,
}

impl Part {
    fn row(&mut self, at: i64, pipeline: &mut Pipeline) {
        self.times.push(at);
        for (column, &value) in self.columns.iter_mut().zip(pipeline.vector().raw()) {
            column.push(value);
        }
    }
}

fn part(path: &Path, table: &Table, schema: &Schema, bars: Option<i64>) -> Result<Part, FeaturesError> {
    let mut pipeline = Pipeline::new(schema);
    let rows = table.times.len();
    let mut part = Part { times: Vec::new(), columns: vec![Vec::with_capacity(rows); schema.len()] };
    let fault = |row: usize, error: Error| {
        FeaturesError::table(path, format!("row {} ({}): {error}", row + 1, table.written[row]))
    };
    match &table.holds {
        Holds::Bars { .. } => {
            for (row, bar) in table.bars().enumerate() {
                pipeline.on_bar(&bar).map_err(|e| fault(row, e))?;
                part.row(bar.open_at, &mut pipeline);
            }
        }
        Holds::Trades(trades) => {
            let mut open: Option<(i64, [f64; 5])> = None;
            for (row, trade) in trades.iter().enumerate() {
                if let Some(span) = bars {
                    let start = trade.at.saturating_sub(trade.at.rem_euclid(span));
                    if let Some((open_at, values)) = open.take_if(|it| it.0 < start) {
                        let bar = BarRow { open_at, close_at: open_at.saturating_add(span), values: &values };
                        pipeline.on_bar(&bar).map_err(|e| fault(row, e))?;
                        part.row(open_at, &mut pipeline);
                    }
                    grow(&mut open, start, trade);
                }
                pipeline.on_trade(trade).map_err(|e| fault(row, e))?;
                if bars.is_none() {
                    part.row(trade.at, &mut pipeline);
                }
            }
        }
        Holds::Books { levels, bids, asks } => {
            let sides = bids.chunks(*levels).zip(asks.chunks(*levels));
            for (row, ((bids, asks), &at)) in sides.zip(&table.times).enumerate() {
                let real = |side: &[scalp_features::measure::Level]| {
                    side.iter().take_while(|it| it.size > 0.0).count()
                };
                let (bids, asks) = (&bids[..real(bids)], &asks[..real(asks)]);
                let book = Depth { at, bids, asks, changes: &[] };
                pipeline.on_book(&book).map_err(|e| fault(row, e))?;
                part.row(at, &mut pipeline);
            }
        }
        Holds::Events(recorded) => {
            let span = bars.map(Span::from_nanos);
            recorded
                .play(schema, &mut pipeline, span, |at, pipeline| part.row(at, pipeline))
                .map_err(|e| FeaturesError::table(path, e.to_string()))?;
        }
    }
    Ok(part)
}

impl Recorded {
    /// Feeds the events in the order of their arrival, and says when a row is whole: at each bar of trades where bars are
    /// asked for, else at each trade and each book. Bars and books are made by what makes them in a run without `book_sync`,
    /// so the values are those of a run.
    fn play(
        &self,
        schema: &Schema,
        pipeline: &mut Pipeline,
        span: Option<Span>,
        mut row: impl FnMut(i64, &mut Pipeline),
    ) -> Result<(), StreamError> {
        let instruments = self.0.instruments();
        let Some(instrument) = instruments.iter().next() else { return Ok(()) };
        let scale = Scale::of(instrument);
        let mut reading = Reading::new(schema, scale);
        let mut market = Market::new(instruments);
        market.tell_changes(reading.reads_book());
        // Asked for with a length above zero.
        let mut bars = span.and_then(|it| Bars::new(BarRule::Time(it)).ok());
        let mut stream = self.0.by_arrival();
        while let Some(event) = stream.next()? {
            if let MarketChange::Refused(_) = market.on_event(&event) {
                continue;
            }
            if let (MarketBody::Trade(trade), Some(bars)) = (&event.body, &mut bars)
                && let Some(bar) = bars.push(trade, event.exchange_at)
            {
                let (open_at, values) = (bar.open_at.nanos(), scale.bar(&bar));
                let close_at = bar.open_at.saturating_add(bar.span).nanos();
                // One that the pipeline refuses, as it starts before the last, says nothing.
                if pipeline.on_bar(&BarRow { open_at, close_at, values: &values }).is_ok() {
                    row(open_at, pipeline);
                }
            }
            let is_row =
                matches!(event.body, MarketBody::Trade(_) | MarketBody::Depth(_) | MarketBody::Quote(_));
            reading.feed(pipeline, &event, market.state(instrument.id));
            if bars.is_none() && is_row {
                row(event.exchange_at.nanos(), pipeline);
            }
        }
        Ok(())
    }
}

fn grow(open: &mut Option<(i64, [f64; 5])>, start: i64, trade: &Print) {
    let price = trade.price;
    let (_, row) = open.get_or_insert((start, [price, price, price, price, 0.0]));
    row[1] = row[1].max(price);
    row[2] = row[2].min(price);
    row[3] = price;
    row[4] += trade.size;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calendar months, and weeks of equal length.
    fn table(times: &[i64], span: Option<i64>) -> Table {
        let value = |at: usize| (at * 37 % 11) as f64;
        let values = (0..times.len()).flat_map(|at| [value(at), 12.0, -1.0, value(at + 1), 3.0]).collect();
        let holds = Holds::Bars { values, extra: Vec::new(), span, no_volume: false };
        let written = times.iter().map(i64::to_string).collect();
        Table { times: times.to_vec(), written, time_name: "time".into(), holds }
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
