//! The columns of every length of bars that a schema reads: those of the base bars as they were lent, those of longer ones
//! made of them.

use crate::error::Error;
use crate::pipeline::{BarRow, Longer, set_bar};
use crate::plan::Brings;
use crate::schema::Schema;
use crate::window::ABSENT;
use std::borrow::Cow;

/// Bars by columns, all of one length, the first bar first.
#[derive(Clone, Debug)]
pub struct BarColumns<'b> {
    /// Their starts, nanoseconds since 1970, never falling.
    pub open_at: &'b [i64],
    /// When each was known, nanoseconds since 1970.
    pub close_at: &'b [i64],
    /// Open, high, low, close, volume, then the further columns of the sources. What is not finite is absent.
    pub columns: Vec<&'b [f64]>,
}

impl<'b> BarColumns<'b> {
    /// Refuses what a pipeline would refuse.
    fn check(&self, width: usize) -> Result<(), Error> {
        let refuse = |key, expected: String, given: String| Err(Error::Input { key, expected, given });
        let rows = self.open_at.len();
        if self.columns.len() != width {
            return refuse("bar.values", format!("{width} columns"), self.columns.len().to_string());
        }
        if let Some(column) = self.columns.iter().find(|it| it.len() != rows) {
            return refuse("bar.values", format!("{rows} rows"), column.len().to_string());
        }
        if self.close_at.len() != rows {
            return refuse("bar.close_at", format!("{rows} rows"), self.close_at.len().to_string());
        }
        if let Some(it) = self.open_at.windows(2).find(|it| it[1] < it[0]) {
            let expected = format!("a start at or after that of the last bar, {}", it[0]);
            return refuse("bar.open_at", expected, it[1].to_string());
        }
        match self.open_at.iter().zip(self.close_at).find(|it| it.1 < it.0) {
            Some((open, close)) => refuse("bar.close_at", format!("at or after {open}"), close.to_string()),
            None => Ok(()),
        }
    }

    /// The column at `place` of the stream of bars, which has the time behind the volume.
    fn column(&self, place: usize) -> Cow<'b, [f64]> {
        let column = match place {
            5 => return self.open_at.iter().map(|it| it.div_euclid(1_000_000) as f64).collect(),
            0..5 => self.columns[place],
            _ => self.columns[place - 1],
        };
        // What is not a number is absent already.
        let has_infinite = |x: &[f64]| x.iter().fold(false, |any, x| any | x.is_infinite());
        if column.chunks(4096).any(has_infinite) {
            return column.iter().map(|&x| if x.is_finite() { x } else { ABSENT }).collect();
        }
        Cow::Borrowed(column)
    }
}

/// The columns of every length of bars that a schema reads.
#[derive(Clone, Debug)]
pub struct Lanes<'b> {
    pub(super) open_at: &'b [i64],
    /// For each stream of the schema; none for what is no bars.
    pub(super) lanes: Vec<Option<Lane<'b>>>,
}

#[derive(Clone, Debug)]
pub(super) struct Lane<'b> {
    pub(super) clock: u64,
    pub(super) columns: Vec<Cow<'b, [f64]>>,
    /// For each base bar how many of this lane had closed with it; none where they are the base bars.
    pub(super) closed: Option<Vec<u32>>,
}

impl<'b> Lanes<'b> {
    /// Takes the bars in.
    pub fn new(schema: &Schema, bars: &BarColumns<'b>) -> Result<Lanes<'b>, Error> {
        let width = 5 + schema.sources().bar_extra.len();
        bars.check(width)?;
        let lane = |stream: &crate::plan::Stream| match stream.brings {
            Brings::Bars => {
                // Of the time there is a column only where it is read; another of that length stands in for it.
                let place = |it: usize| if it == 5 && !is_read(schema, stream.slot + 5) { 0 } else { it };
                let columns = (0..=width).map(|it| bars.column(place(it))).collect();
                Some(Lane { clock: stream.clock, columns, closed: None })
            }
            Brings::Longer(span) => Some(longer(stream.clock, span, bars)),
            _ => None,
        };
        Ok(Lanes { open_at: bars.open_at, lanes: schema.streams.iter().map(lane).collect() })
    }
}

fn is_read(schema: &Schema, slot: usize) -> bool {
    let reads = |it: &crate::plan::Node| it.inputs.contains(&(slot as u32));
    schema.picks.contains(&slot) || schema.nodes.iter().any(reads)
}

fn longer<'b>(clock: u64, span: i64, bars: &BarColumns<'_>) -> Lane<'b> {
    let width = bars.columns.len();
    let (mut values, mut row) = (vec![ABSENT; width], vec![ABSENT; width + 1]);
    let mut columns = vec![Vec::new(); width + 1];
    let mut closed = Vec::with_capacity(bars.open_at.len());
    let mut open = Longer::new(span, width + 1);
    for (at, (&open_at, &close_at)) in bars.open_at.iter().zip(bars.close_at).enumerate() {
        values.iter_mut().zip(&bars.columns).for_each(|(to, it)| *to = it[at]);
        let bar = BarRow { open_at, close_at, values: &values };
        set_bar(&mut row, &bar);
        let mut put = |row: &[f64]| columns.iter_mut().zip(row).for_each(|(to, &x)| to.push(x));
        if open.is_behind(open_at) {
            put(open.end());
        }
        if open.take(&bar, &row) {
            put(open.end());
        }
        closed.push(columns[0].len() as u32);
    }
    Lane { clock, columns: columns.into_iter().map(Cow::Owned).collect(), closed: Some(closed) }
}
