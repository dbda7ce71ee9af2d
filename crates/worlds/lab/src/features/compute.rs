//! Items over a table, divided among threads by item; the answers do not depend on the division.

use super::FeaturesError;
use super::read::{Holds, Table};
use scalp_features::measure::{Depth, Print};
use scalp_features::{BarRow, Error, Pipeline, Schema, Sources};
use std::num::NonZero;
use std::path::Path;

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
        Holds::Bars { extra, span, .. } => {
            Sources { bar_span: *span, bar_extra: extra.clone(), ..Sources::bars() }
        }
        Holds::Trades(_) => {
            Sources { trades: true, bars: bars.is_some(), bar_span: bars, ..Sources::default() }
        }
        Holds::Books { levels, .. } => Sources { book_levels: *levels, ..Sources::default() },
    }
}

/// Computes items (or groups of them) over a table. `path` is named in errors.
pub fn compute(path: &Path, table: &Table, items: &[&str], asked: &Asked) -> Result<Computed, FeaturesError> {
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
    let titles = schema.titles();
    // Each value by its full name, dealt out in turns: neighbours cost alike.
    let names = schema.names();
    let threads = asked.threads.get().min(names.len());
    let parts: Vec<Vec<usize>> =
        (0..threads).map(|thread| (thread..names.len()).step_by(threads).collect()).collect();
    let done: Vec<Result<Part, FeaturesError>> = std::thread::scope(|scope| {
        let run = |places: &Vec<usize>| {
            let names: Vec<&str> = places.iter().map(|&it| names[it].as_str()).collect();
            let sources = &sources;
            scope.spawn(move || part(path, table, &Schema::of_items(&names, sources)?, asked.bars))
        };
        let handles: Vec<_> = parts.iter().map(run).collect();
        handles.into_iter().map(|it| it.join().expect("a part that fails says so")).collect()
    });
    let mut columns: Vec<(String, Vec<f64>)> = titles.iter().map(|it| (it.clone(), Vec::new())).collect();
    let mut times = Vec::new();
    for (places, part) in parts.iter().zip(done) {
        let part = part?;
        times = part.times;
        for (&place, column) in places.iter().zip(part.columns) {
            columns[place].1 = column;
        }
    }
    let written = match asked.bars {
        None => table.written.clone(),
        Some(_) => times.iter().map(i64::to_string).collect(),
    };
    let time_name = table.time_name.clone();
    Ok(Computed { times, written, time_name, columns, failed, schema: schema.hash().get() })
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
        Holds::Bars { values, extra, least, .. } => {
            let width = 5 + extra.len();
            for (row, (values, &open_at)) in values.chunks(width).zip(&table.times).enumerate() {
                let bar = BarRow { open_at, close_at: open_at.saturating_add(*least), values };
                pipeline.on_bar(&bar).map_err(|e| fault(row, e))?;
                part.row(open_at, &mut pipeline);
            }
        }
        Holds::Trades(trades) => {
            let mut open: Option<(i64, [f64; 5])> = None;
            for (row, trade) in trades.iter().enumerate() {
                if let Some(span) = bars {
                    let start = trade.at - trade.at.rem_euclid(span);
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
    }
    Ok(part)
}

fn grow(open: &mut Option<(i64, [f64; 5])>, start: i64, trade: &Print) {
    let price = trade.price;
    let (_, row) = open.get_or_insert((start, [price, price, price, price, 0.0]));
    row[1] = row[1].max(price);
    row[2] = row[2].min(price);
    row[3] = price;
    row[4] += trade.size;
}
