//! Keeps a book true to its venue: which message may be applied to which state, by the venue's sequence numbers. Holds
//! changes back until a snapshot bridges to them, and declares the book invalid at the first gap. Fetches nothing: the
//! caller asks the venue for a snapshot and passes it in as a message like any other.

use crate::book::Book;
use scalp_types::{Depth, DepthKind, Level, StateHash};
use serde::{Deserialize, Serialize};

/// Most messages held back while waiting for a snapshot; when full, the oldest go.
pub const PENDING_MESSAGES_MAX: usize = 1_024;
/// Most levels held back while waiting for a snapshot; when full, the oldest messages go. A message larger than this
/// is not held, and the wait begins anew after it.
pub const PENDING_LEVELS_MAX: usize = 32_768;
/// Messages in a row that may be older than the book before the venue is taken to have restarted its numbers.
pub const STALE_RUN_MAX: u32 = 256;

/// How a venue numbers its book messages. `first`, `last` and `previous` are the ids of [`Depth`]; `book` is the last
/// id of the book. A message of another rule's shape is never applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SyncRule {
    /// Everything is applied in the order it comes: recorded data that was checked before, venues without numbers.
    #[default]
    None,
    /// Every message is a whole book (Hyperliquid `l2Book`, OKX `books5`, Binance `depth20`): only one older than the
    /// book is stale. Changes are not applied.
    SnapshotOnly,
    /// `previous == book`, in-stream snapshots replace (Deribit, Bitget, HTX by-price).
    Chained,
    /// `first <= book + 1 <= last`, or `last == book + 1` where `first` is 0; in-stream snapshots replace (Kraken
    /// futures, KuCoin, Gate, MEXC).
    Consecutive,
    /// Binance USD-M and COIN-M: the snapshot comes by REST; the first change used has `first <= book <= last`, or
    /// `previous <= book <= last`, after which nothing can be missing either; then `previous == book`.
    BinanceFutures,
    /// Binance spot: the snapshot comes by REST; changes with `last <= book` are old; then `first <= book + 1`.
    BinanceSpot,
    /// Bybit v5: consecutive; a new snapshot at any time replaces; id 1 is a restart of the service and a whole book.
    Bybit,
    /// OKX v5: `previous == book`; the id may fall below `previous` once, after maintenance.
    Okx,
}

/// What was done with one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The book has it, and is valid.
    Apply,
    /// Older than the book, or a change where only whole books count; nothing was done.
    Stale,
    /// The book is invalid until a snapshot comes. A change was held back for then; a clear was carried out.
    Wait,
    /// Something is missing: the book was emptied and is invalid. Ask for a snapshot.
    Gap {
        /// The id that would have continued the book.
        expected: u64,
        /// The id that came.
        got: u64,
    },
}

/// How often each thing happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncCounts {
    /// Messages applied, those held back before included.
    pub applied: u64,
    /// Messages older than the book.
    pub stale: u64,
    /// Messages held back.
    pub held: u64,
    /// Held messages lost because the room was full, or because a gap among them made them useless.
    pub lost: u64,
    /// Gaps: times the book became invalid, or a snapshot was too old to bridge.
    pub gaps: u64,
    /// Snapshots loaded.
    pub snapshots: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    /// No snapshot yet, or not since the last gap.
    Waiting,
    /// A snapshot is loaded; no change has been joined to it yet.
    Loaded,
    /// Joined.
    Live,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    first_id: u64,
    last_id: u64,
    previous_id: u64,
    bids: u32,
    asks: u32,
}

/// Messages held back, oldest first; their levels lie one after another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Pending {
    messages: std::collections::VecDeque<Held>,
    levels: Vec<Level>,
    /// Levels at the front that belong to messages already dropped.
    gone: usize,
}

/// The sequence state of one book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookSync {
    rule: SyncRule,
    state: State,
    last_id: u64,
    stale_run: u32,
    pending: Pending,
    counts: SyncCounts,
}

enum Fit {
    Next,
    Old,
    Missing(u64, u64),
}

impl SyncRule {
    /// Whether `depth` continues a book at `book`. `joined` is false for the first change after a snapshot.
    fn fit(self, book: u64, joined: bool, depth: &Depth<'_>) -> Fit {
        let next = book.saturating_add(1);
        let first = if depth.first_id == 0 { depth.last_id } else { depth.first_id };
        match self {
            Self::None | Self::SnapshotOnly => Fit::Next,
            Self::BinanceFutures if !joined => {
                let chains = depth.previous_id != 0 && depth.previous_id <= book;
                if depth.last_id < book {
                    Fit::Old
                } else if first <= book || chains {
                    Fit::Next
                } else {
                    Fit::Missing(book, first)
                }
            }
            Self::BinanceFutures => {
                if depth.previous_id == book && depth.last_id > book {
                    Fit::Next
                } else if depth.last_id <= book {
                    Fit::Old
                } else {
                    Fit::Missing(book, depth.previous_id)
                }
            }
            Self::BinanceSpot | Self::Consecutive | Self::Bybit => {
                if depth.last_id <= book {
                    Fit::Old
                } else if first <= next {
                    Fit::Next
                } else {
                    Fit::Missing(next, first)
                }
            }
            Self::Chained | Self::Okx => {
                let may_fall = matches!(self, Self::Okx);
                if depth.previous_id == book && (may_fall || depth.last_id >= book) {
                    Fit::Next
                } else if depth.last_id <= book {
                    Fit::Old
                } else {
                    Fit::Missing(book, depth.previous_id)
                }
            }
        }
    }

    /// Whether a snapshot comes from outside the stream, so that a book already joined needs none.
    const fn snapshot_is_apart(self) -> bool {
        matches!(self, Self::BinanceFutures | Self::BinanceSpot)
    }
}

impl BookSync {
    /// Waiting for the first snapshot; [`SyncRule::None`] waits for nothing.
    pub fn new(rule: SyncRule) -> Self {
        Self {
            rule,
            state: State::Waiting,
            last_id: 0,
            stale_run: 0,
            pending: Pending::default(),
            counts: SyncCounts::default(),
        }
    }

    /// Judges one message and applies to `book` what may be applied.
    #[inline]
    pub fn on_depth(&mut self, depth: &Depth<'_>, book: &mut Book) -> Verdict {
        if self.rule == SyncRule::None {
            self.last_id = depth.last_id;
            self.counts.applied += 1;
            book.apply(depth);
            return Verdict::Apply;
        }
        self.on_numbered(depth, book)
    }

    fn on_numbered(&mut self, depth: &Depth<'_>, book: &mut Book) -> Verdict {
        match depth.kind {
            DepthKind::Clear => {
                self.invalidate(book);
                self.counts.lost += self.pending.clear();
                Verdict::Wait
            }
            DepthKind::Snapshot | DepthKind::TopSnapshot => self.on_snapshot(depth, book),
            // A restart of the service is announced by the id alone.
            DepthKind::Delta if self.rule == SyncRule::Bybit && depth.last_id == 1 => {
                self.on_snapshot(&Depth { kind: DepthKind::Snapshot, ..*depth }, book)
            }
            DepthKind::Delta => self.on_delta(depth, book),
        }
    }

    fn on_snapshot(&mut self, depth: &Depth<'_>, book: &mut Book) -> Verdict {
        let unneeded = match self.rule {
            SyncRule::SnapshotOnly => self.is_valid() && depth.last_id != 0 && depth.last_id < self.last_id,
            _ => self.state == State::Live && self.rule.snapshot_is_apart(),
        };
        if unneeded {
            return self.on_stale(depth, book);
        }
        // A partial snapshot says nothing about what lies beyond it, and what we knew there may be old by now.
        book.clear();
        book.apply(depth);
        self.last_id = depth.last_id;
        self.state = State::Loaded;
        self.stale_run = 0;
        self.counts.applied += 1;
        self.counts.snapshots += 1;
        self.drain(book)
    }

    /// Applies what was held back and continues the snapshot just loaded.
    fn drain(&mut self, book: &mut Book) -> Verdict {
        while let Some(depth) = self.pending.front() {
            match self.rule.fit(self.last_id, self.state == State::Live, &depth) {
                Fit::Old => self.counts.stale += 1,
                Fit::Next => {
                    book.apply(&depth);
                    self.last_id = depth.last_id;
                    self.state = State::Live;
                    self.counts.applied += 1;
                }
                Fit::Missing(expected, got) => {
                    // The snapshot is older than the first message held: a newer one can still bridge.
                    self.counts.gaps += 1;
                    self.invalidate(book);
                    return Verdict::Gap { expected, got };
                }
            }
            self.pending.drop_front();
        }
        self.pending.clear();
        Verdict::Apply
    }

    fn on_delta(&mut self, depth: &Depth<'_>, book: &mut Book) -> Verdict {
        if self.rule == SyncRule::SnapshotOnly {
            self.counts.stale += 1;
            return Verdict::Stale;
        }
        if self.state == State::Waiting {
            return self.hold(depth);
        }
        match self.rule.fit(self.last_id, self.state == State::Live, depth) {
            Fit::Next => {
                book.apply(depth);
                self.last_id = depth.last_id;
                self.state = State::Live;
                self.stale_run = 0;
                self.counts.applied += 1;
                Verdict::Apply
            }
            Fit::Old => self.on_stale(depth, book),
            Fit::Missing(expected, got) => self.on_gap(depth, book, expected, got),
        }
    }

    fn on_stale(&mut self, depth: &Depth<'_>, book: &mut Book) -> Verdict {
        self.counts.stale += 1;
        self.stale_run += 1;
        if self.stale_run <= STALE_RUN_MAX {
            return Verdict::Stale;
        }
        self.on_gap(depth, book, self.last_id, depth.last_id)
    }

    fn on_gap(&mut self, depth: &Depth<'_>, book: &mut Book, expected: u64, got: u64) -> Verdict {
        self.counts.gaps += 1;
        self.invalidate(book);
        if depth.kind == DepthKind::Delta {
            self.hold(depth);
        }
        Verdict::Gap { expected, got }
    }

    /// Holds a change back until a snapshot comes. What is held is always an unbroken run.
    fn hold(&mut self, depth: &Depth<'_>) -> Verdict {
        if let Some(last) = self.pending.messages.back() {
            match self.rule.fit(last.last_id, true, depth) {
                Fit::Next => {}
                Fit::Old => {
                    self.counts.stale += 1;
                    self.stale_run += 1;
                    if self.stale_run <= STALE_RUN_MAX {
                        return Verdict::Stale;
                    }
                    self.counts.lost += self.pending.clear();
                }
                Fit::Missing(..) => self.counts.lost += self.pending.clear(),
            }
        }
        self.stale_run = 0;
        self.counts.held += 1;
        self.counts.lost += self.pending.push(depth);
        Verdict::Wait
    }

    fn invalidate(&mut self, book: &mut Book) {
        book.clear();
        self.state = State::Waiting;
        self.last_id = 0;
        self.stale_run = 0;
    }

    /// True when the book is what the venue had at [`Self::last_id`].
    #[inline]
    pub fn is_valid(&self) -> bool {
        self.rule == SyncRule::None || self.state != State::Waiting
    }
    /// The last id the book has; 0 when it is invalid.
    #[inline]
    pub const fn last_id(&self) -> u64 {
        self.last_id
    }
    /// The rule in force.
    pub const fn rule(&self) -> SyncRule {
        self.rule
    }
    /// How often each thing happened.
    pub const fn counts(&self) -> &SyncCounts {
        &self.counts
    }
    /// Messages held back at present.
    pub fn held(&self) -> usize {
        self.pending.messages.len()
    }
    /// Absorbs what decides about the next message.
    pub fn digest(&self, hash: &mut StateHash) {
        hash.absorb(self.state as u64);
        hash.absorb(self.last_id);
        hash.absorb(u64::from(self.stale_run));
        for it in &self.pending.messages {
            hash.absorb(it.last_id);
        }
    }
}

impl Pending {
    /// Adds a message at the end; returns how many had to go for it, itself included when it cannot fit.
    fn push(&mut self, depth: &Depth<'_>) -> u64 {
        let wanted = depth.bids.len() + depth.asks.len();
        if wanted > PENDING_LEVELS_MAX {
            return self.clear() + 1;
        }
        if self.levels.capacity() == 0 {
            self.levels.reserve_exact(PENDING_LEVELS_MAX);
            self.messages.reserve_exact(PENDING_MESSAGES_MAX);
        }
        let mut lost = 0;
        while self.messages.len() == PENDING_MESSAGES_MAX
            || self.levels.len() - self.gone + wanted > PENDING_LEVELS_MAX
        {
            self.drop_front();
            lost += 1;
        }
        if self.levels.len() + wanted > PENDING_LEVELS_MAX {
            self.levels.drain(..self.gone);
            self.gone = 0;
        }
        self.levels.extend_from_slice(depth.bids);
        self.levels.extend_from_slice(depth.asks);
        self.messages.push_back(Held {
            first_id: depth.first_id,
            last_id: depth.last_id,
            previous_id: depth.previous_id,
            bids: depth.bids.len() as u32,
            asks: depth.asks.len() as u32,
        });
        lost
    }

    fn front(&self) -> Option<Depth<'_>> {
        let it = self.messages.front()?;
        let (bids, asks) = (it.bids as usize, it.asks as usize);
        let levels = self.levels.get(self.gone..self.gone + bids + asks)?;
        Some(Depth {
            kind: DepthKind::Delta,
            first_id: it.first_id,
            last_id: it.last_id,
            previous_id: it.previous_id,
            bids: &levels[..bids],
            asks: &levels[bids..],
        })
    }

    fn drop_front(&mut self) {
        if let Some(it) = self.messages.pop_front() {
            self.gone += it.bids as usize + it.asks as usize;
        }
    }

    /// Forgets everything, keeping the room; returns how many messages were lost.
    fn clear(&mut self) -> u64 {
        let lost = self.messages.len() as u64;
        self.messages.clear();
        self.levels.clear();
        self.gone = 0;
        lost
    }
}
