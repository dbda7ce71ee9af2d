//! Bars that are made of the bars of the stream: one closes with the part that reaches its end, or when a part begins behind it.

use super::BarRow;
use crate::state::{Saved, State};
use crate::window::ABSENT;
use scalp_types::{Span, Timestamp};

/// Longer bars on their way.
#[derive(Clone, Debug)]
pub(crate) struct Longer {
    span: i64,
    slot: usize,
    clock: u64,
    pub(super) open_at: Option<i64>,
    row: Vec<f64>,
}

impl State for Longer {
    fn save(&self, to: &mut Vec<u8>) {
        let Self { span: _, slot: _, clock: _, open_at, row } = self;
        open_at.save(to);
        row.as_slice().save(to);
    }

    fn load(&mut self, from: &mut Saved<'_>) {
        self.open_at.load(from);
        self.row.as_mut_slice().load(from);
    }
}

impl Longer {
    /// None open, of no stream.
    pub(crate) fn new(span: i64, width: usize) -> Longer {
        Longer { span, slot: 0, clock: 0, open_at: None, row: vec![ABSENT; width] }
    }

    /// The same, shown to a pipeline in these columns, with a clock that strikes when it closes.
    pub(super) fn shown_at(self, slot: usize, clock: u64) -> Longer {
        Longer { slot, clock, ..self }
    }

    /// Whether its end lies behind a part that begins at `open_at`.
    pub(crate) fn is_behind(&self, open_at: i64) -> bool {
        self.open_at.is_some_and(|own| own < floor(open_at, self.span))
    }

    /// Ends it, and lends its columns.
    pub(crate) fn end(&mut self) -> &[f64] {
        self.open_at = None;
        &self.row
    }

    /// Takes a part in; true when it reaches the end.
    pub(crate) fn take(&mut self, bar: &BarRow<'_>, part: &[f64]) -> bool {
        let open_at = floor(bar.open_at, self.span);
        if self.open_at == Some(open_at) {
            // A column that a part lacks is absent: nobody knows what it would have been.
            let both = |a: f64, b: f64, of: f64| if a.is_finite() && b.is_finite() { of } else { ABSENT };
            let [open, high, low, close, ..] = self.row[..] else { return false };
            self.row[0] = both(open, part[0], open);
            self.row[1] = both(high, part[1], high.max(part[1]));
            self.row[2] = both(low, part[2], low.min(part[2]));
            self.row[3] = both(close, part[3], part[3]);
            self.row[4] += part[4];
            self.row[6..].copy_from_slice(&part[6..]);
        } else {
            self.open_at = Some(open_at);
            self.row.copy_from_slice(part);
            self.row[5] = open_at.div_euclid(1_000_000) as f64;
        }
        bar.close_at >= open_at.saturating_add(self.span)
    }

    /// The bar is whole: its columns are shown, and its clock strikes.
    pub(super) fn close(&mut self, values: &mut [f64], known: &mut [i64], at: i64) -> u64 {
        self.open_at = None;
        for (place, &x) in self.row.iter().enumerate() {
            values[self.slot + place] = x;
            if x.is_finite() {
                known[self.slot + place] = at;
            }
        }
        self.clock
    }
}

fn floor(at: i64, span: i64) -> i64 {
    Timestamp::from_nanos(at).candle_start(Span::from_nanos(span)).nanos()
}
