//! From what came of a run to what people look at: figures with their uncertainty, costs, fill quality, curves.

mod controls;
mod costs;
mod figures;
mod grid;
mod page;
mod quality;
mod rows;
mod series;

pub use controls::controls;
pub use costs::costs;
pub use figures::{Figures, Measuring, figures};
pub use grid::{Grid, prices_apart};
pub use page::{About, page};
pub use quality::fill_quality;
pub use rows::{
    fill_rows, kind_in_words, order_rows, price_bars, reason_in_words, status_in_words, trade_rows,
};
pub use series::{buy_and_hold, equity_series, hold_note, usage};

use crate::outcome::Outcome;
use crate::trace::Traces;
use scalp_types::{AssetId, Instrument, Instruments, Money, Timestamp};

/// A run that has ended, as the analysis sees it.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// The instruments.
    pub instruments: &'a Instruments,
    /// The asset that the page counts in: what the first instrument settles in.
    pub asset: AssetId,
    /// What came of it.
    pub outcome: &'a Outcome,
    /// Prices over time.
    pub traces: &'a Traces,
    /// Equity before the first event.
    pub opening: Money,
    /// Equity after the last, at the exact middle of the touch.
    pub closing: Money,
    /// The time of the first event.
    pub first_at: Timestamp,
    /// The time of the last event.
    pub last_at: Timestamp,
    /// Leverage chosen at the venue.
    pub leverage: u32,
    /// The venue's first taker fee, as a fraction of the value.
    pub taker_fee: f64,
}

impl<'a> Ended<'a> {
    /// The instruments that settle in the page's asset.
    pub fn counted(&self) -> impl Iterator<Item = &'a Instrument> + use<'a> {
        let asset = self.asset;
        self.instruments.iter().filter(move |it| it.settle == asset)
    }
}
