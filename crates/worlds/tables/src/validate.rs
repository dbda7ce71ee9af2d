//! What is wrong with recorded data: gaps, duplicates, disorder, broken sequences, crossed books, impossible numbers and
//! jumps, wrong clocks, stale stretches. It marks and counts; it never drops, mends or reorders: a crash that happened
//! looks impossible too.

mod bars;
mod checks;
mod histogram;
mod ids;
mod prints;
mod report;
mod seen;
mod told;

pub use report::{ClockOffset, Example, Finding, Report, UncountedIds};

use crate::buffer::EventBuffer;
use crate::reader::{ReadError, Reader};
use checks::Checks;
use scalp_market::SyncRule;
use scalp_types::{Instruments, MarketEvent, Span};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What counts as a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ValidateOptions {
    /// Longest time between two events of one kind and instrument (not bars: they have their span).
    pub gap: Span,
    /// Longest time without a change of price while events come.
    pub stale: Span,
    /// A return is a jump when it is this many robust standard deviations long (1.4826 times the median length of the
    /// returns that are not zero) ...
    pub jump_deviations: f64,
    /// ... and at least this long.
    pub jump_min: f64,
    /// How the venue numbers its book messages; absent: by the name of the venue.
    pub sync: Option<SyncRule>,
    /// Positions kept of each finding: the first of them.
    pub examples: usize,
}

impl Default for ValidateOptions {
    fn default() -> Self {
        Self {
            gap: Span::from_secs(60),
            stale: Span::from_secs(600),
            jump_deviations: 50.0,
            jump_min: 0.005,
            sync: None,
            examples: 20,
        }
    }
}

/// The kinds of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// A long time without an event.
    TimeGap,
    /// Trade ids left out; only where ids count by one, see [`Report::uncounted_ids`].
    IdGap,
    /// Bars that are not there.
    MissingBars,
    /// A book message is missing, by the venue's own numbers.
    SequenceBreak,
    /// Told before, however far away: the same id, the same bar, or, once time has gone back, the same content at the same
    /// time.
    Duplicate,
    /// The same content as the row before at the same time, without an id to tell.
    Repeat,
    /// Exchange time goes back.
    Disorder,
    /// Arrival time goes back.
    ArrivalDisorder,
    /// A time that cannot be: so far ahead of its arrival that a run does not believe it ([`scalp_market::stamps`]), or, where a
    /// row has one time, so far ahead of the row before that the next of its kind contradicts it.
    StampAhead,
    /// The best bid is above the best ask.
    Crossed,
    /// The best bid equals the best ask.
    Locked,
    /// A price that stands more than once on a side of a snapshot: the last size counts.
    Doubled,
    /// A price of zero, below zero, or beyond any market.
    BadPrice,
    /// A size of zero or below where there must be one, or beyond any market.
    BadSize,
    /// A bar whose high or low does not hold its other prices.
    BadBar,
    /// A return far longer than the usual ones.
    Jump,
    /// A trade whose price the trades before and after it contradict, by what the instrument's own prints taught
    /// ([`scalp_market::prints`]); or a price of a candle that the rest of it, the one before and the one after contradict
    /// ([`scalp_market::prints::candles`]). A crash is none.
    WrongPrint,
    /// A long time without a change of price.
    Stale,
}

/// Looks at events one by one, in any order of files.
#[derive(Debug)]
pub struct Validator<'a> {
    checks: Checks<'a>,
}

impl<'a> Validator<'a> {
    /// For events of these instruments.
    pub fn new(instruments: &'a Instruments, options: ValidateOptions) -> Self {
        Self { checks: Checks::new(instruments, options) }
    }
    /// The events that follow come from this file.
    pub fn file(&mut self, file: &Path) {
        self.checks.file(file);
    }
    /// One event and its line (or row, or offset) in the file. An event of an instrument that is not in the table is
    /// counted and not looked at.
    pub fn on_event(&mut self, event: &MarketEvent<'_>, line: u64) {
        self.checks.on_event(event, line);
    }
    /// What was found.
    pub fn finish(self) -> Report {
        self.checks.finish()
    }
}

/// Looks at everything a reader gives. On an error of the reader the report covers what came before it.
pub fn validate(
    reader: &mut dyn Reader,
    instruments: &Instruments,
    options: ValidateOptions,
) -> (Report, Option<ReadError>) {
    let mut validator = Validator::new(instruments, options);
    let mut batch = EventBuffer::new();
    let mut error = None;
    loop {
        batch.clear();
        let more = reader.read(&mut batch).unwrap_or_else(|e| {
            error = Some(crate::source::with_damage(e));
            false
        });
        validator.file(reader.file());
        batch.iter_with_source().for_each(|(event, line)| validator.on_event(&event, line));
        if !more {
            return (validator.finish(), error);
        }
    }
}

/// How a venue of this name numbers its book messages; [`SyncRule::None`] for names that are not known.
pub fn sync_rule(venue: &str) -> SyncRule {
    match venue {
        "binance-usdm" | "binance-coinm" | "binance-futures" | "binance-delivery" => SyncRule::BinanceFutures,
        "binance" | "binance-spot" => SyncRule::BinanceSpot,
        _ if venue.starts_with("bybit") => SyncRule::Bybit,
        _ if venue.starts_with("okx") || venue.starts_with("okex") => SyncRule::Okx,
        _ if venue.starts_with("deribit") => SyncRule::Chained,
        _ => SyncRule::None,
    }
}

#[cfg(test)]
mod tests;
