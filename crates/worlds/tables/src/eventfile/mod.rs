//! The event file: recorded events of one or more instruments, in the bytes of [`scalp_types::wire`], ready for
//! replay without parsing.
//!
//! ```text
//! preamble   64 bytes: magic, version, CRC
//! records    blocks of whole records in order of arrival (ties: as they came in)
//! index      blocks of references to the records in order of exchange time (ties: as they arrived); only when
//!            that order differs
//! tables     one entry of 40 bytes for each block: where, how long, CRC, first and last time
//! summary    JSON: instruments, counts, times
//! trailer    64 bytes: where tables and summary are, CRC of both, CRC of itself, magic
//! ```
//!
//! Every byte is covered by one of the CRCs. Preamble, trailer, tables and summary are checked when the file is
//! opened, each block when it is first needed; damage is named by its byte position. A file is written under a
//! temporary name beside the final one and renamed when it is whole.

pub mod block;
pub mod cursor;
pub mod merge;
pub mod sort;
#[cfg(test)]
mod tests;
pub mod writer;

pub use cursor::{ByArrival, ByExchange, Timed};
pub use merge::Merge;
pub use writer::EventWriter;

use crate::connection::Connection;
use crate::error::StoreError;
use block::{BlockEntry, read_at};
use bytemuck::{Pod, Zeroable};
use scalp_types::{Bar, InstrumentSpec, Instruments, MarketBody, MarketEvent, Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const MAGIC: [u8; 8] = *b"SCALPEVT";
const VERSION: u32 = 1;
const PREAMBLE_BYTES: u64 = 64;
const TRAILER_BYTES: u64 = 64;
/// Tables and summary beyond this are damage: they would describe a file of 6 TB.
const FOOTER_BYTES_MAX: u64 = 1 << 31;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Preamble {
    magic: [u8; 8],
    version: u32,
    reserved: [u32; 12],
    crc: u32,
}

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Trailer {
    footer_at: u64,
    record_blocks: u64,
    index_blocks: u64,
    summary_bytes: u64,
    footer_crc: u32,
    reserved: [u32; 4],
    crc: u32,
    magic: [u8; 8],
}

fn crc_of(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

/// The preamble as bytes.
fn head() -> [u8; PREAMBLE_BYTES as usize] {
    let mut it = Preamble { magic: MAGIC, version: VERSION, reserved: [0; 12], crc: 0 };
    it.crc = crc_of(&bytemuck::bytes_of(&it)[..60]);
    bytemuck::cast(it)
}

/// The kinds of event, as counted and as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Prints on the public tape.
    Trade,
    /// Changed levels of an L2 book.
    Depth,
    /// Changes of orders of an L3 book.
    Order,
    /// Best bid and ask.
    Quote,
    /// Closed bars.
    Bar,
    /// Funding rates.
    Funding,
    /// Mark and index prices.
    Mark,
    /// Open interest.
    OpenInterest,
    /// Published liquidations.
    Liquidation,
    /// Trading status.
    Status,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Trade,
        Self::Depth,
        Self::Order,
        Self::Quote,
        Self::Bar,
        Self::Funding,
        Self::Mark,
        Self::OpenInterest,
        Self::Liquidation,
        Self::Status,
    ];
    /// The kind of an event.
    #[inline]
    pub const fn of(body: &MarketBody<'_>) -> Self {
        match body {
            MarketBody::Trade(_) => Self::Trade,
            MarketBody::Depth(_) => Self::Depth,
            MarketBody::Order(_) => Self::Order,
            MarketBody::Quote(_) => Self::Quote,
            MarketBody::Bar(_) => Self::Bar,
            MarketBody::Funding(_) => Self::Funding,
            MarketBody::Mark(_) => Self::Mark,
            MarketBody::OpenInterest(_) => Self::OpenInterest,
            MarketBody::Liquidation(_) => Self::Liquidation,
            MarketBody::Status(_) => Self::Status,
        }
    }
    /// Its name in paths and summaries.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trade => "trade",
            Self::Depth => "depth",
            Self::Order => "order",
            Self::Quote => "quote",
            Self::Bar => "bar",
            Self::Funding => "funding",
            Self::Mark => "mark",
            Self::OpenInterest => "open_interest",
            Self::Liquidation => "liquidation",
            Self::Status => "status",
        }
    }
}

/// How many events of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindCount {
    /// Which kind.
    pub kind: Kind,
    /// How many events.
    pub events: u64,
}

/// What is in an event file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The instruments, by the id used in this file.
    pub instruments: Vec<InstrumentSpec>,
    /// How many events.
    pub events: u64,
    /// How many changed levels in all depth events together.
    pub levels: u64,
    /// How many events of each kind that occurs.
    pub kinds: Vec<KindCount>,
    /// Earliest and latest exchange time; none when the file is empty.
    pub exchange: Option<(Timestamp, Timestamp)>,
    /// Earliest and latest arrival.
    pub arrival: Option<(Timestamp, Timestamp)>,
    /// The smallest arrival minus exchange time, funding left out (it is announced before it settles). Negative:
    /// the recorder's clock was behind the exchange's.
    pub latency_min: Option<Span>,
    /// The largest, likewise. Both zero: the data has one time only.
    pub latency_max: Option<Span>,
    /// True when the order of arrival is also the order of exchange times.
    pub one_order: bool,
    /// Rows of the source that went back in time, where some did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disorder: Option<Disorder>,
    /// Trades whose side the source did not tell, where there are some. A file that was written before this was kept does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sides_estimated: Option<SidesEstimated>,
    /// What was added to every arrival of the source, where the recorder's clock was set right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival_shift: Option<Span>,
    /// The connections that the source was recorded through, where it names them. A file that was written before this was kept
    /// does not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<Connection>,
    /// Bars that do not begin at multiples of their length, where there are some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bars_off: Option<BarsOff>,
}

/// Bars that do not begin at multiples of their length: none of them ends where a longer one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarsOff {
    /// How many.
    pub bars: u64,
    /// When the first that was told begins.
    pub first: Timestamp,
    /// Its length.
    pub span: Span,
}

impl BarsOff {
    /// Takes a bar in. Weeks begin on Mondays, months and what is longer at any midnight.
    pub fn see(found: &mut Option<Self>, bar: &Bar) {
        const DAY: Span = Span::from_secs(86_400);
        let is_long = bar.span.nanos() >= 28 * DAY.nanos() && bar.span.nanos() % DAY.nanos() == 0;
        let grid = if is_long { DAY } else { bar.span };
        if grid <= Span::ZERO || bar.open_at.candle_start(grid) == bar.open_at {
            return;
        }
        let it = found.get_or_insert(Self { bars: 0, first: bar.open_at, span: bar.span });
        it.bars += 1;
    }
    /// In words.
    pub fn words(&self) -> String {
        let Self { bars, first, span } = self;
        let (which, seconds) = (if *bars == 1 { "candle does" } else { "candles do" }, span.as_secs_f64());
        format!(
            "{bars} {which} not begin at multiples of their length (the first, of {seconds} s, begins at {first}): none ends where a \
             longer one does, so that longer ones made of them lack some or are refused"
        )
    }
}

/// Trades whose side is an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SidesEstimated {
    /// How many.
    pub trades: u64,
    /// By which rule.
    pub rule: SideRule,
}

/// How the side of a trade is estimated where the source does not tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SideRule {
    /// Above the trade before it was bought, below it sold, else as that one; the first was bought.
    Tick,
}

impl SideRule {
    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tick => "the tick rule",
        }
    }
}

impl SidesEstimated {
    /// So many by the tick rule; none where there are none.
    pub fn by_ticks(trades: u64) -> Option<Self> {
        (trades > 0).then_some(Self { trades, rule: SideRule::Tick })
    }
    /// In words.
    pub fn words(&self) -> String {
        format!("the source tells no side of {} trades: it is estimated by {}", self.trades, self.rule.name())
    }
}

/// Rows of a source whose exchange time lies before that of an earlier row of the same file, instrument and kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disorder {
    /// How many.
    pub rows: u64,
    /// The longest way back, from the latest time above the row.
    pub longest: Span,
}

impl Summary {
    /// Counts one event, apart from its order.
    fn add(&mut self, event: &MarketEvent<'_>) {
        let kind = Kind::of(&event.body);
        self.events += 1;
        if let MarketBody::Depth(it) = &event.body {
            self.levels += (it.bids.len() + it.asks.len()) as u64;
        }
        if let MarketBody::Bar(it) = &event.body {
            BarsOff::see(&mut self.bars_off, it);
        }
        match self.kinds.iter_mut().find(|it| it.kind == kind) {
            Some(it) => it.events += 1,
            None => {
                self.kinds.push(KindCount { kind, events: 1 });
                self.kinds.sort_unstable_by_key(|it| it.kind);
            }
        }
        widen(&mut self.exchange, event.exchange_at);
        widen(&mut self.arrival, event.arrived_at);
        if let Some(span) = latency(event) {
            self.latency_min = Some(self.latency_min.map_or(span, |it| it.min(span)));
            self.latency_max = Some(self.latency_max.map_or(span, |it| it.max(span)));
        }
    }
}

/// Arrival minus exchange time; none of funding, which is announced before it settles.
pub(crate) fn latency(event: &MarketEvent<'_>) -> Option<Span> {
    let nanos = event.arrived_at.nanos().saturating_sub(event.exchange_at.nanos());
    (Kind::of(&event.body) != Kind::Funding).then(|| Span::from_nanos(nanos))
}

#[inline]
fn widen(range: &mut Option<(Timestamp, Timestamp)>, at: Timestamp) {
    *range = Some(range.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
}

/// An open event file. Cheap to clone; cursors keep it alive.
#[derive(Debug, Clone)]
pub struct EventFile {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    file: File,
    instruments: Instruments,
    summary: Summary,
    records: Vec<BlockEntry>,
    index: Vec<BlockEntry>,
    shared: cursor::Shared,
}

impl EventFile {
    /// Opens a file and checks everything but its blocks, which are checked when they are read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let meta = std::fs::metadata(path).map_err(|e| StoreError::io(path, "open", e))?;
        if meta.is_dir() {
            return Err(StoreError::Directory { file: path.into() });
        }
        // Of a pipe nothing may ever come.
        if !meta.is_file() {
            return Err(StoreError::format(path, "an event file", "a pipe or a device"));
        }
        let file = File::open(path).map_err(|e| StoreError::io(path, "open", e))?;
        let bytes = meta.len();
        if bytes < PREAMBLE_BYTES + TRAILER_BYTES {
            return Err(StoreError::format(path, "an event file", format!("only {bytes} bytes")));
        }
        check_preamble(path, &file)?;
        let trailer = read_trailer(path, &file, bytes - TRAILER_BYTES)?;
        let footer_bytes = bytes - TRAILER_BYTES - trailer.footer_at;
        let mut footer = vec![0_u8; footer_bytes as usize];
        read_at(&file, &mut footer, trailer.footer_at)
            .map_err(|e| StoreError::io(path, "read its summary", e))?;
        if crc_of(&footer) != trailer.footer_crc {
            return Err(StoreError::damaged(path, trailer.footer_at, "wrong CRC of tables and summary"));
        }
        let entry = size_of::<BlockEntry>();
        let (tables, summary) = footer.split_at(footer.len() - trailer.summary_bytes as usize);
        let (records, index) = tables.split_at(trailer.record_blocks as usize * entry);
        let summary: Summary = serde_json::from_slice(summary).map_err(|e| {
            StoreError::format(path, "a summary of this version", format!("JSON that does not fit: {e}"))
        })?;
        let instruments = Instruments::new(summary.instruments.iter().cloned())
            .map_err(|e| StoreError::format(path, "valid instruments", e.to_string()))?;
        let inner = Inner {
            path: path.into(),
            file,
            instruments,
            summary,
            records: bytemuck::pod_collect_to_vec(records),
            index: bytemuck::pod_collect_to_vec(index),
            shared: cursor::Shared::default(),
        };
        inner.check_tables(trailer.footer_at)?;
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Reads and checks every block; the first damage is named by its position.
    pub fn verify(&self) -> Result<(), StoreError> {
        let mut words = Vec::new();
        for entry in self.inner.records.iter().chain(&self.inner.index) {
            block::load(&self.inner.path, &self.inner.file, entry, &mut words)?;
        }
        Ok(())
    }
    /// What is in it.
    pub fn summary(&self) -> &Summary {
        &self.inner.summary
    }
    /// The instruments, by the id used in this file.
    pub fn instruments(&self) -> &Instruments {
        &self.inner.instruments
    }
    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }
    /// All events in order of arrival.
    pub fn by_arrival(&self) -> ByArrival {
        ByArrival::new(Arc::clone(&self.inner))
    }
    /// All events in order of exchange time.
    pub fn by_exchange(&self) -> ByExchange {
        ByExchange::new(Arc::clone(&self.inner))
    }
}

impl Inner {
    /// Blocks must follow each other without gap from the preamble to the footer.
    fn check_tables(&self, footer_at: u64) -> Result<(), StoreError> {
        let mut at = PREAMBLE_BYTES;
        for entry in self.records.iter().chain(&self.index) {
            if entry.offset != at || entry.words == 0 {
                return Err(StoreError::damaged(&self.path, at, "the table of blocks has a gap"));
            }
            at = at.saturating_add(entry.bytes());
        }
        if at != footer_at {
            return Err(StoreError::damaged(&self.path, at, "the blocks do not end where the tables start"));
        }
        Ok(())
    }
}

fn check_preamble(path: &Path, file: &File) -> Result<(), StoreError> {
    let mut it = Preamble::zeroed();
    read_at(file, bytemuck::bytes_of_mut(&mut it), 0).map_err(|e| StoreError::io(path, "read", e))?;
    if it.magic != MAGIC {
        return Err(StoreError::format(path, "an event file", "another format"));
    }
    if it.crc != crc_of(&bytemuck::bytes_of(&it)[..60]) {
        return Err(StoreError::damaged(path, 0, "wrong CRC of the first 64 bytes"));
    }
    if it.version != VERSION {
        let expected = format!("version {VERSION} of the event file");
        return Err(StoreError::format(path, expected, format!("version {}", it.version)));
    }
    Ok(())
}

fn read_trailer(path: &Path, file: &File, at: u64) -> Result<Trailer, StoreError> {
    let mut it = Trailer::zeroed();
    read_at(file, bytemuck::bytes_of_mut(&mut it), at).map_err(|e| StoreError::io(path, "read", e))?;
    if it.magic != MAGIC || it.crc != crc_of(&bytemuck::bytes_of(&it)[..52]) {
        return Err(StoreError::damaged(
            path,
            at,
            "no valid trailer: the file is cut off or damaged at its end",
        ));
    }
    let entries = it.record_blocks.checked_add(it.index_blocks);
    let tables = entries.and_then(|it| it.checked_mul(size_of::<BlockEntry>() as u64));
    let footer_bytes = tables.and_then(|tables| tables.checked_add(it.summary_bytes));
    match footer_bytes {
        Some(bytes) if bytes <= FOOTER_BYTES_MAX && it.footer_at.checked_add(bytes) == Some(at) => Ok(it),
        _ => Err(StoreError::damaged(path, at, "the trailer does not describe this file")),
    }
}
