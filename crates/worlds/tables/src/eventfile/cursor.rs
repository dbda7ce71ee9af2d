//! Walks through an event file in either order. Reads blocks into a bounded window, so the memory of a replay does
//! not depend on the length of the file.

use super::Inner;
use super::block;
use crate::error::stream_error;
use scalp_types::{EventStream, MarketEvent, Span, StreamError, Timestamp, wire};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Most blocks kept while walking by exchange time: 6 MiB. Events that arrived further apart than that although they
/// happened together cost one more read of a block.
pub const CACHED_BLOCKS: usize = 32;
/// Blocks kept at first; one more whenever a block must be read again.
const CACHED_BLOCKS_AT_FIRST: usize = 2;

/// A stream that knows the time of its next event, so that several can be merged.
pub trait Timed: EventStream {
    /// The time by which this stream is ordered, of its next event; `None` at the end.
    fn next_at(&mut self) -> Result<Option<Timestamp>, StreamError>;
    /// The instruments its events name.
    fn instruments(&self) -> &scalp_types::Instruments;
    /// For messages.
    fn path(&self) -> &std::path::Path;
}

/// One block in memory.
#[derive(Debug, Default)]
pub(super) struct Block {
    words: Vec<i64>,
    /// Offset of the block in the file.
    offset: u64,
}

/// Blocks of records in memory, so that the walks of one file (both orders of a replay, the runs of a sweep) read each
/// only once while any of them holds it.
pub(super) type Shared = Mutex<Vec<(usize, Weak<Block>)>>;

/// What a walk looks at.
#[derive(Debug, Default)]
struct Window {
    block: Arc<Block>,
}

impl Window {
    /// Reads a block of references, which only one walk needs.
    #[cold]
    fn load(&mut self, inner: &Inner, entry: &block::BlockEntry) -> Result<(), StreamError> {
        // The memory of the block before is used again unless another walk still looks at it.
        let mut block = Arc::try_unwrap(std::mem::take(&mut self.block)).unwrap_or_default();
        block.offset = entry.offset;
        block::load(&inner.path, &inner.file, entry, &mut block.words)?;
        self.block = Arc::new(block);
        Ok(())
    }
    /// Takes block `number` of the records from another walk that has it, or reads it.
    #[cold]
    fn share(&mut self, inner: &Inner, number: usize, entry: &block::BlockEntry) -> Result<(), StreamError> {
        let lock = || inner.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let found = lock().iter().find(|it| it.0 == number).and_then(|it| it.1.upgrade());
        if let Some(block) = found {
            self.block = block;
            return Ok(());
        }
        self.load(inner, entry)?;
        let mut shared = lock();
        shared.retain(|it| it.1.strong_count() > 0);
        shared.push((number, Arc::downgrade(&self.block)));
        Ok(())
    }
    #[inline]
    fn words(&self) -> &[i64] {
        &self.block.words
    }
    fn clear(&mut self) {
        self.block = Arc::default();
    }
    /// Hands the record at word `at`, and its length in words, to `to`.
    #[inline(always)]
    fn record<'a, R>(
        &'a self,
        at: usize,
        inner: &Inner,
        shift: Span,
        to: impl FnOnce(&mut MarketEvent<'a>, usize) -> R,
    ) -> Result<R, StreamError> {
        // Changed where it lies: a moved event would be written and read once more, in pieces of other sizes.
        match &mut wire::decode_words(self.words().get(at..).unwrap_or_default()) {
            Ok((event, size)) if event.instrument.index() < inner.instruments.len() => {
                event.arrived_at = event.arrived_at.saturating_add(shift);
                Ok(to(event, *size / 8))
            }
            Ok((event, _)) => {
                let what = format!("instrument {} is not declared in this file", event.instrument);
                Err(self.damaged(at, inner, &what))
            }
            Err(error) => Err(self.damaged(at, inner, &error.to_string())),
        }
    }
    /// Hands records to `to`, from word `at` on, for as long as there are some in this block, the next one's time (its
    /// word number `time`) is before `end`, and `to` says true. Returns the word behind the last that was handed.
    #[inline(always)]
    fn run(
        &self,
        mut at: usize,
        inner: &Inner,
        shift: Span,
        (time, end): (usize, i64),
        mut to: impl FnMut(&mut MarketEvent<'_>) -> bool,
    ) -> Result<usize, StreamError> {
        loop {
            let (words, more) = self.record(at, inner, shift, |event, words| (words, to(event)))?;
            at += words;
            if !more || self.words().get(at + time).is_none_or(|it| *it >= end) {
                return Ok(at);
            }
        }
    }
    #[cold]
    fn damaged(&self, at: usize, inner: &Inner, what: &str) -> StreamError {
        let offset = self.block.offset + at as u64 * 8;
        stream_error(&inner.path, &format!("damaged at byte {offset}: {what}"))
    }
}

/// All events of a file in order of arrival.
#[derive(Debug)]
pub struct ByArrival {
    inner: Arc<Inner>,
    window: Window,
    at: usize,
    next_block: usize,
    end: Timestamp,
    shift: Span,
}

impl ByArrival {
    pub(super) fn new(inner: Arc<Inner>) -> Self {
        Self {
            inner,
            window: Window::default(),
            at: 0,
            next_block: 0,
            end: Timestamp::MAX,
            shift: Span::ZERO,
        }
    }
    /// Moves every arrival by `shift` as it is lent: a recorder's clock was wrong by a constant. Comes before
    /// [`ByArrival::between`].
    pub fn shifted(mut self, shift: Span) -> Self {
        self.shift = shift;
        self
    }
    /// Only events that arrived (after the shift) at or after `start` and before `end`.
    pub fn between(mut self, start: Timestamp, end: Timestamp) -> Result<Self, StreamError> {
        self.end = end;
        let start = start.nanos().saturating_sub(self.shift.nanos());
        self.next_block = self.inner.records.partition_point(|it| it.last < start);
        while let Some(at) = self.next_at()? {
            if at.nanos().saturating_sub(self.shift.nanos()) >= start {
                break;
            }
            EventStream::next(&mut self)?;
        }
        Ok(self)
    }
    /// Hands the next event to `to`, which may change it; `None` at the end. What [`EventStream::next`] does, without
    /// moving the event about.
    #[inline(always)]
    pub fn hand<R>(&mut self, to: impl FnOnce(&mut MarketEvent<'_>) -> R) -> Result<Option<R>, StreamError> {
        if self.at == self.window.words().len() && !self.refill()? {
            return Ok(None);
        }
        let Self { window, at, end, .. } = self;
        window.record(*at, &self.inner, self.shift, |event, words| {
            if event.arrived_at >= *end && *end != Timestamp::MAX {
                return None;
            }
            *at += words;
            Some(to(event))
        })
    }
    /// Hands the next event to `to`, and those behind it for as long as they lie in a row, arrive before `end` and `to`
    /// says true; nothing at the end.
    #[inline(always)]
    pub fn hand_run(
        &mut self,
        end: Timestamp,
        to: impl FnMut(&mut MarketEvent<'_>) -> bool,
    ) -> Result<(), StreamError> {
        if Timed::next_at(self)?.is_none() {
            return Ok(());
        }
        let end = recorded(end.min(self.end), self.shift);
        self.at = self.window.run(self.at, &self.inner, self.shift, (2, end), to)?;
        Ok(())
    }
    /// Back to the first event of the file. A file of one block is not read again.
    pub fn rewind(&mut self) {
        self.at = 0;
        if self.inner.records.len() > 1 || self.window.words().is_empty() {
            self.window.clear();
            self.next_block = 0;
        }
    }
    /// Loads the next block; false at the end.
    #[cold]
    fn refill(&mut self) -> Result<bool, StreamError> {
        let Some(entry) = self.inner.records.get(self.next_block) else { return Ok(false) };
        self.at = 0;
        self.window.share(&self.inner, self.next_block, entry)?;
        self.next_block += 1;
        Ok(true)
    }
}

impl EventStream for ByArrival {
    #[inline]
    fn next(&mut self) -> Result<Option<MarketEvent<'_>>, StreamError> {
        if self.at == self.window.words().len() && !self.refill()? {
            return Ok(None);
        }
        let (event, words) =
            self.window.record(self.at, &self.inner, self.shift, |it, words| (*it, words))?;
        if event.arrived_at >= self.end && self.end != Timestamp::MAX {
            return Ok(None);
        }
        self.at += words;
        Ok(Some(event))
    }
}

impl Timed for ByArrival {
    #[inline]
    fn next_at(&mut self) -> Result<Option<Timestamp>, StreamError> {
        if self.at == self.window.words().len() && !self.refill()? {
            return Ok(None);
        }
        let Some(&at) = self.window.words().get(self.at + 2) else {
            return Err(self.window.damaged(self.at, &self.inner, "record is cut off"));
        };
        let at = Timestamp::from_nanos(at).saturating_add(self.shift);
        Ok((at < self.end || self.end == Timestamp::MAX).then_some(at))
    }
    fn instruments(&self) -> &scalp_types::Instruments {
        &self.inner.instruments
    }
    fn path(&self) -> &std::path::Path {
        &self.inner.path
    }
}

/// What the file must say for an arrival of `at` after the shift; no bound stays none.
fn recorded(at: Timestamp, shift: Span) -> i64 {
    if at == Timestamp::MAX { i64::MAX } else { at.saturating_sub(shift).nanos() }
}

/// All events of a file in order of exchange time.
#[derive(Debug)]
pub struct ByExchange {
    inner: Arc<Inner>,
    shift: Span,
    end: Timestamp,
    /// The references being followed; empty where the records lie in this order.
    index: Window,
    at: usize,
    next_block: usize,
    /// Which blocks are in memory, and when each was last used.
    cache: Vec<Cached>,
    current: usize,
    uses: u64,
    /// The first block that has not been read yet.
    unread: usize,
}

#[derive(Debug)]
struct Cached {
    block: usize,
    used: u64,
    window: Window,
}

const NO_BLOCK: usize = usize::MAX;

impl Default for Cached {
    fn default() -> Self {
        Self { block: NO_BLOCK, used: 0, window: Window::default() }
    }
}

impl ByExchange {
    pub(super) fn new(inner: Arc<Inner>) -> Self {
        let slots = if inner.index.is_empty() { 1 } else { CACHED_BLOCKS_AT_FIRST };
        Self {
            inner,
            shift: Span::ZERO,
            end: Timestamp::MAX,
            index: Window::default(),
            at: 0,
            next_block: 0,
            cache: std::iter::repeat_with(Cached::default).take(slots).collect(),
            current: 0,
            uses: 0,
            unread: 0,
        }
    }
    /// Moves every arrival by `shift` as it is lent; the order does not change.
    pub fn shifted(mut self, shift: Span) -> Self {
        self.shift = shift;
        self
    }
    /// Only events that happened at or after `start` and before `end`.
    pub fn between(mut self, start: Timestamp, end: Timestamp) -> Result<Self, StreamError> {
        self.end = end;
        // Without an index both orders are one, but the keys of the blocks are arrivals: nothing can be skipped by them.
        self.next_block = self.inner.index.partition_point(|it| it.last < start.nanos());
        while self.next_at()?.is_some_and(|at| at < start) {
            EventStream::next(&mut self)?;
        }
        Ok(self)
    }

    /// Hands the next event to `to`, which may change it; `None` at the end. What [`EventStream::next`] does, without
    /// moving the event about.
    #[inline(always)]
    pub fn hand<R>(&mut self, to: impl FnOnce(&mut MarketEvent<'_>) -> R) -> Result<Option<R>, StreamError> {
        let Some(word) = self.locate()? else { return Ok(None) };
        let in_order = self.inner.index.is_empty();
        let Self { cache, at, end, .. } = self;
        cache[self.current].window.record(word, &self.inner, self.shift, |event, words| {
            if event.exchange_at >= *end && *end != Timestamp::MAX {
                return None;
            }
            *at += if in_order { words } else { 1 };
            Some(to(event))
        })
    }
    /// Hands the next event to `to`, and those behind it for as long as they lie in a row, happened before `end` and `to`
    /// says true; nothing at the end.
    #[inline(always)]
    pub fn hand_run(
        &mut self,
        end: Timestamp,
        mut to: impl FnMut(&mut MarketEvent<'_>) -> bool,
    ) -> Result<(), StreamError> {
        if !self.inner.index.is_empty() {
            return self.hand(|event| _ = to(event)).map(|_| ());
        }
        if Timed::next_at(self)?.is_none() {
            return Ok(());
        }
        let end = end.min(self.end).nanos();
        self.at = self.cache[0].window.run(self.at, &self.inner, self.shift, (1, end), to)?;
        Ok(())
    }
    /// Back to the first event of the file. Blocks still in memory are not read again.
    pub fn rewind(&mut self) {
        self.at = 0;
        self.unread = 0;
        let (blocks, walked) = match self.inner.index.is_empty() {
            true => (self.inner.records.len(), &mut self.cache[0].window),
            false => (self.inner.index.len(), &mut self.index),
        };
        if blocks > 1 || walked.words().is_empty() {
            walked.clear();
            self.next_block = 0;
        }
    }

    /// Makes the block of the next event current and returns its word there; `None` at the end.
    #[inline]
    fn locate(&mut self) -> Result<Option<usize>, StreamError> {
        if self.inner.index.is_empty() {
            return self.locate_in_order();
        }
        if self.at == self.index.words().len() {
            let Some(entry) = self.inner.index.get(self.next_block) else { return Ok(None) };
            self.at = 0;
            self.index.load(&self.inner, entry)?;
            self.next_block += 1;
        }
        let reference = self.index.words()[self.at];
        let (block, word) = ((reference as u64 >> 32) as usize, reference as u32 as usize);
        if self.cache[self.current].block != block {
            self.find(block)?;
        }
        Ok(Some(word))
    }
    #[inline]
    fn locate_in_order(&mut self) -> Result<Option<usize>, StreamError> {
        if self.at == self.cache[0].window.words().len() {
            let Some(entry) = self.inner.records.get(self.next_block) else { return Ok(None) };
            self.at = 0;
            self.cache[0].window.share(&self.inner, self.next_block, entry)?;
            self.next_block += 1;
        }
        Ok(Some(self.at))
    }
    /// Makes `block` current, from the cache or from the file in place of the block not used for longest.
    fn find(&mut self, block: usize) -> Result<(), StreamError> {
        self.uses += 1;
        let slot = match self.cache.iter().position(|it| it.block == block) {
            Some(slot) => slot,
            None => {
                let Some(entry) = self.inner.records.get(block) else {
                    return Err(self.index.damaged(
                        self.at,
                        &self.inner,
                        "reference to a block that is not there",
                    ));
                };
                if block < self.unread && self.cache.len() < CACHED_BLOCKS {
                    self.cache.push(Cached::default());
                }
                self.unread = self.unread.max(block + 1);
                let oldest = self.cache.iter().enumerate().min_by_key(|it| it.1.used);
                let slot = oldest.expect("the cache has slots").0;
                self.cache[slot].block = NO_BLOCK;
                self.cache[slot].window.share(&self.inner, block, entry)?;
                self.cache[slot].block = block;
                slot
            }
        };
        self.cache[slot].used = self.uses;
        self.current = slot;
        Ok(())
    }
}

impl EventStream for ByExchange {
    #[inline]
    fn next(&mut self) -> Result<Option<MarketEvent<'_>>, StreamError> {
        let Some(word) = self.locate()? else { return Ok(None) };
        let window = &self.cache[self.current].window;
        let (event, words) = window.record(word, &self.inner, self.shift, |it, words| (*it, words))?;
        if event.exchange_at >= self.end && self.end != Timestamp::MAX {
            return Ok(None);
        }
        self.at += if self.inner.index.is_empty() { words } else { 1 };
        Ok(Some(event))
    }
}

impl Timed for ByExchange {
    #[inline]
    fn next_at(&mut self) -> Result<Option<Timestamp>, StreamError> {
        let Some(word) = self.locate()? else { return Ok(None) };
        let window = &self.cache[self.current].window;
        let Some(&at) = window.words().get(word + 1) else {
            return Err(window.damaged(word, &self.inner, "record is cut off"));
        };
        let at = Timestamp::from_nanos(at);
        Ok((at < self.end || self.end == Timestamp::MAX).then_some(at))
    }
    fn instruments(&self) -> &scalp_types::Instruments {
        &self.inner.instruments
    }
    fn path(&self) -> &std::path::Path {
        &self.inner.path
    }
}
