//! What the validator found, as a table for people and as JSON.

use super::FindingKind;
use crate::eventfile::SidesEstimated;
use scalp_types::{Span, Timestamp};
use serde::Serialize;

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Events looked at.
    pub events: u64,
    /// Events of instruments that are not in the table.
    pub unknown_instruments: u64,
    /// The earliest exchange time.
    pub first: Option<Timestamp>,
    /// The latest.
    pub last: Option<Timestamp>,
    /// Each kind that was found, once, with its count and first positions.
    pub findings: Vec<Finding>,
    /// What had been added to every arrival before it was looked at, where the recorder's clock was set right: who reads the events
    /// says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrival_shift: Option<Span>,
    /// Trades whose side was estimated, as the source does not tell it: who reads the events says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sides_estimated: Option<SidesEstimated>,
    /// By which columns a file was read where several could be meant: who reads it says it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Arrival minus exchange time, for each instrument that has arrival times.
    pub clocks: Vec<ClockOffset>,
    /// Instruments whose trades have ids that do not count by one: none can be missed by them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uncounted_ids: Vec<UncountedIds>,
}

/// Ids of trades that do not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UncountedIds {
    /// Which instrument.
    pub instrument: String,
    /// How many ids there are.
    pub ids: u64,
    /// How many runs without a hole they stand in.
    pub runs: u64,
}

/// One kind of finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// How often.
    pub count: u64,
    /// How much is missing in all, for gaps of ids and bars; else 0.
    pub missing: u64,
    /// The first ones.
    pub examples: Vec<Example>,
}

/// One place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// Which file.
    pub file: String,
    /// Which line (or row, or offset, as the reader counts).
    pub line: u64,
    /// Which instrument.
    pub instrument: String,
    /// When at the exchange.
    pub at: Timestamp,
    /// What exactly.
    pub detail: String,
}

/// How far arrival lies behind the exchange's clock, in nanoseconds; below zero, one of the clocks is wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClockOffset {
    /// Which instrument.
    pub instrument: String,
    /// Events measured.
    pub count: u64,
    /// Smallest, exact.
    pub min_ns: i64,
    /// Median, to one part in 64 and not beyond the least and the most seen.
    pub p50_ns: i64,
    /// 99th percentile, as exact.
    pub p99_ns: i64,
    /// Part of the events that arrived before they happened.
    pub negative_share: f64,
}

impl Report {
    /// How often a kind was found.
    pub fn count(&self, kind: FindingKind) -> u64 {
        self.findings.iter().find(|it| it.kind == kind).map_or(0, |it| it.count)
    }
    /// The finding of a kind.
    pub fn finding(&self, kind: FindingKind) -> Option<&Finding> {
        self.findings.iter().find(|it| it.kind == kind)
    }
    /// True when nothing was found.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} events", self.events)?;
        if let (Some(first), Some(last)) = (self.first, self.last) {
            write!(f, ", {first} to {last}")?;
        }
        writeln!(f)?;
        if self.unknown_instruments > 0 {
            writeln!(f, "{} events of unknown instruments were not looked at", self.unknown_instruments)?;
        }
        if let Some(shift) = self.arrival_shift {
            let seconds = shift.as_secs_f64();
            writeln!(
                f,
                "receive times shifted by {seconds:+.9} s, so that the smallest feed latency is zero"
            )?;
        }
        if let Some(sides) = self.sides_estimated {
            writeln!(f, "{}", sides.words())?;
        }
        for it in &self.choices {
            writeln!(f, "{it}")?;
        }
        for clock in &self.clocks {
            writeln!(
                f,
                "{}: arrival minus exchange time: min {:.3} ms, median {:.3} ms, 99 % {:.3} ms, {:.2} % negative",
                clock.instrument,
                clock.min_ns as f64 / 1e6,
                clock.p50_ns as f64 / 1e6,
                clock.p99_ns as f64 / 1e6,
                clock.negative_share * 100.0
            )?;
        }
        for UncountedIds { instrument, ids, runs } in &self.uncounted_ids {
            writeln!(
                f,
                "{instrument}: trade ids do not count by one ({ids} of them in {runs} runs without a hole), so that no \
                 trade is missed by its id"
            )?;
        }
        if self.is_clean() {
            return writeln!(f, "nothing found");
        }
        writeln!(f, "{:<18} {:>10} {:>10}  first", "finding", "count", "missing")?;
        for it in &self.findings {
            let name = format!("{:?}", it.kind);
            let missing = if it.missing == 0 { String::new() } else { it.missing.to_string() };
            write!(f, "{name:<18} {:>10} {missing:>10}", it.count)?;
            match it.examples.first() {
                Some(e) => writeln!(f, "  {}:{} {} {} {}", e.file, e.line, e.at, e.instrument, e.detail)?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}
