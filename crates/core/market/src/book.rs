//! The aggregated (L2) book of one instrument: sizes by price on two sides, and which levels are best. Knows nothing
//! of sequence numbers (see [`crate::sync`]) nor of our own orders.

use crate::ladder::{Falling, Ladder, Placed};
use scalp_types::{Depth, DepthKind, Level, Price, Qty, Side, StateHash};
use serde::{Deserialize, Serialize};

/// Prices beyond this many ticks on either side of zero are refused and counted.
pub const PRICE_TICKS_MAX: i64 = 1 << 61;
/// Sizes beyond this many lots, and negative ones, are refused and counted.
pub const LEVEL_LOTS_MAX: i64 = 1 << 61;
/// Default bound on the pages of one side. A page holds 512 neighbouring prices in 4 kB, and is made when a level
/// first appears there; a liquid perpetual uses under a hundred.
pub const PAGES_MAX: u32 = 4_096;

/// No best level. Keys are prices (bids) or negated prices (asks), so none is this small.
const NONE: i64 = i64::MIN;

/// What is fixed when a book is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookConfig {
    /// Most pages of 512 prices on one side. When all are taken by occupied prices, the page of the worst prices is
    /// dropped for a better one, and a level worse than all of them is not stored; both are counted.
    pub pages_max: u32,
}

impl Default for BookConfig {
    fn default() -> Self {
        Self { pages_max: PAGES_MAX }
    }
}

/// What one level update did to its own side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelChange {
    /// Size at the price before.
    pub before: Qty,
    /// Best price of the side before.
    pub best_before: Option<Price>,
    /// Best price of the side after.
    pub best_after: Option<Price>,
}

/// A level that a message has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Whose side of the book.
    pub side: Side,
    /// What rests there now.
    pub level: Level,
    /// Size at the price before, another one than now.
    pub before: Qty,
}

/// What a book has seen that it should not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookCounts {
    /// Levels with an absurd price or size, ignored.
    pub refused: u64,
    /// Levels lost because every page was taken: always the worst prices of the side.
    pub dropped: u64,
    /// Times a new best level reached the other side's best and pushed it away.
    pub crossed: u64,
}

#[derive(Clone)]
struct Half {
    ladder: Ladder,
    best: i64,
}

impl Half {
    #[inline]
    fn fall_to(&mut self, key: i64) {
        self.best = self.ladder.at_or_below(key).unwrap_or(NONE);
    }

    fn clear_from(&mut self, key: i64) {
        self.ladder.clear_from(key);
        if self.best >= key {
            self.fall_to(key.saturating_sub(1));
        }
    }

    fn clear(&mut self) {
        self.ladder.clear();
        self.best = NONE;
    }

    #[inline]
    fn levels(&self) -> Falling<'_> {
        self.ladder.falling_from(self.best)
    }
}

/// The book of one instrument.
///
/// The best of a side is a pointer. A bid that becomes best at or above the best ask moves the ask pointer up to the
/// next ask above it (and mirrored): the feed has lost something, and the newer word is believed. The asks left
/// behind stay stored but are neither best nor listed, until one is set again. When the best level is removed, the
/// next best is searched outward from it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "BookState", into = "BookState")]
pub struct Book {
    bids: Half,
    asks: Half,
    counts: BookCounts,
    config: BookConfig,
    /// Where changes are told, since [`Book::tell`].
    told: Option<Vec<Told>>,
}

/// A book as plain levels, for snapshots and files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookState {
    /// What the book was made with.
    pub config: BookConfig,
    /// Every stored bid from the highest price down, including those left behind by a cross.
    pub bids: Vec<Level>,
    /// Every stored ask from the lowest price up.
    pub asks: Vec<Level>,
    /// Best bid.
    pub best_bid: Option<Price>,
    /// Best ask.
    pub best_ask: Option<Price>,
    /// Counters.
    pub counts: BookCounts,
}

/// A stored state that no book could have been in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BookStateError {
    /// A level that the book would have refused.
    #[error("level {0:?} is out of range, or does not fit in the pages of the book")]
    Level(Level),
    /// A best price without a level, or best prices that cross.
    #[error("best bid {bid:?} and best ask {ask:?} do not belong to this book")]
    Best {
        /// Stored best bid.
        bid: Option<Price>,
        /// Stored best ask.
        ask: Option<Price>,
    },
}

/// Levels of one side, best first. Levels left behind by a cross are not listed.
#[derive(Clone)]
pub struct Levels<'a> {
    keys: Falling<'a>,
    sign: i64,
}

impl Iterator for Levels<'_> {
    type Item = Level;

    #[inline]
    fn next(&mut self) -> Option<Level> {
        let (key, lots) = self.keys.next()?;
        Some(Level { price: Price::new(key * self.sign), qty: Qty::new(lots) })
    }
}

/// Applies one level to `own`; `key` is the price as `own` counts it. Inlined for either side.
#[inline(always)]
fn set(own: &mut Half, other: &mut Half, counts: &mut BookCounts, key: i64, lots: i64) -> i64 {
    let before = match own.ladder.replace(key, lots) {
        Some(before) => before,
        None if lots == 0 => return 0,
        None => {
            if !place(own, counts, key, lots) {
                return 0;
            }
            0
        }
    };
    // Most updates are away from the best, so one branch that is rarely taken decides.
    if (key > own.best) & (lots != 0) | (key == own.best) & (lots == 0) {
        move_best(own, other, counts, key, lots);
    }
    before
}

#[cold]
fn place(own: &mut Half, counts: &mut BookCounts, key: i64, lots: i64) -> bool {
    match own.ladder.place(key, lots) {
        Placed::Refused => {
            counts.dropped += 1;
            false
        }
        Placed::Stored { dropped } => {
            counts.dropped += dropped;
            if dropped != 0 && own.best != NONE && own.ladder.get(own.best) == 0 {
                own.fall_to(own.best);
            }
            true
        }
    }
}

#[inline]
fn move_best(own: &mut Half, other: &mut Half, counts: &mut BookCounts, key: i64, lots: i64) {
    if lots == 0 {
        own.fall_to(key - 1);
        return;
    }
    own.best = key;
    if other.best != NONE && key >= -other.best {
        counts.crossed += 1;
        other.fall_to(-key - 1);
    }
}

#[inline]
const fn is_absurd(level: Level) -> bool {
    let (ticks, lots) = (level.price.get(), level.qty.get());
    (ticks > PRICE_TICKS_MAX) | (ticks < -PRICE_TICKS_MAX) | (lots < 0) | (lots > LEVEL_LOTS_MAX)
}

impl Book {
    /// An empty book.
    pub fn new(config: BookConfig) -> Self {
        let half = || Half { ladder: Ladder::new(config.pages_max as usize), best: NONE };
        Self { bids: half(), asks: half(), counts: BookCounts::default(), config, told: None }
    }

    /// Sets the size bid at a price; zero removes the level. See [`Book`] for what happens at a cross.
    #[inline]
    pub fn set_bid(&mut self, level: Level) -> LevelChange {
        let best_before = self.best_bid_price();
        let mut before = Qty::ZERO;
        if is_absurd(level) {
            self.counts.refused += 1;
        } else {
            before = Qty::new(self.put_bid(level));
        }
        LevelChange { before, best_before, best_after: self.best_bid_price() }
    }

    /// Sets the size asked at a price; zero removes the level. See [`Book`] for what happens at a cross.
    #[inline]
    pub fn set_ask(&mut self, level: Level) -> LevelChange {
        let best_before = self.best_ask_price();
        let mut before = Qty::ZERO;
        if is_absurd(level) {
            self.counts.refused += 1;
        } else {
            before = Qty::new(self.put_ask(level));
        }
        LevelChange { before, best_before, best_after: self.best_ask_price() }
    }

    #[inline(always)]
    fn put_bid(&mut self, level: Level) -> i64 {
        set(&mut self.bids, &mut self.asks, &mut self.counts, level.price.get(), level.qty.get())
    }

    #[inline(always)]
    fn put_ask(&mut self, level: Level) -> i64 {
        set(&mut self.asks, &mut self.bids, &mut self.counts, -level.price.get(), level.qty.get())
    }

    /// Applies a message: bids first, then asks, each in the order given. A side of a snapshot that lists nothing is
    /// empty; a [`DepthKind::TopSnapshot`] leaves levels beyond its worst listed price as they were.
    pub fn apply(&mut self, depth: &Depth<'_>) {
        match depth.kind {
            DepthKind::Delta => {}
            DepthKind::Clear => return self.clear(),
            DepthKind::Snapshot => self.clear(),
            DepthKind::TopSnapshot => {
                clear_top(&mut self.bids, worst_key(depth.bids, 1));
                clear_top(&mut self.asks, worst_key(depth.asks, -1));
            }
        }
        if self.told.is_some() {
            return self.apply_and_tell(depth);
        }
        for &level in depth.bids {
            if is_absurd(level) {
                self.counts.refused += 1;
            } else {
                self.put_bid(level);
            }
        }
        for &level in depth.asks {
            if is_absurd(level) {
                self.counts.refused += 1;
            } else {
                self.put_ask(level);
            }
        }
    }

    /// Whether the levels that messages change are told in [`Book::told`]. Part of no snapshot: to be said again after one.
    pub fn tell(&mut self, is_wanted: bool) {
        self.told = is_wanted.then(|| self.told.take().unwrap_or_default());
    }

    /// Whether changes are told.
    #[inline]
    pub const fn tells(&self) -> bool {
        self.told.is_some()
    }

    /// What the last message that was applied has changed, in its order: levels that were set to another size. Nothing of whole
    /// books, and nothing unless [`Book::tell`] asks for it.
    #[inline]
    pub fn told(&self) -> &[Told] {
        self.told.as_deref().unwrap_or_default()
    }

    /// As if nothing had been told.
    pub fn forget_told(&mut self) {
        if let Some(told) = &mut self.told {
            told.clear();
        }
    }

    /// The levels of a message, told. Apart from [`Book::apply`], which is the hot one.
    #[cold]
    #[inline(never)]
    fn apply_and_tell(&mut self, depth: &Depth<'_>) {
        let mut told = self.told.take().unwrap_or_default();
        told.clear();
        let bids = depth.bids.iter().map(|it| (Side::Buy, *it));
        for (side, level) in bids.chain(depth.asks.iter().map(|it| (Side::Sell, *it))) {
            if is_absurd(level) {
                self.counts.refused += 1;
                continue;
            }
            let before = Qty::new(if side == Side::Buy { self.put_bid(level) } else { self.put_ask(level) });
            // One that found no page is not in the book.
            let is_change = depth.kind == DepthKind::Delta && before != level.qty;
            if is_change && self.qty(side, level.price) == level.qty {
                told.push(Told { side, level, before });
            }
        }
        self.told = Some(told);
    }

    /// Forgets every level. Counters stay.
    pub fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
        self.forget_told();
    }

    /// Best bid price.
    #[inline]
    pub const fn best_bid_price(&self) -> Option<Price> {
        if self.bids.best == NONE { None } else { Some(Price::new(self.bids.best)) }
    }
    /// Best ask price.
    #[inline]
    pub const fn best_ask_price(&self) -> Option<Price> {
        if self.asks.best == NONE { None } else { Some(Price::new(-self.asks.best)) }
    }
    /// Best bid.
    #[inline]
    pub fn best_bid(&self) -> Option<Level> {
        self.best_bid_price().map(|price| Level { price, qty: self.bid_qty(price) })
    }
    /// Best ask.
    #[inline]
    pub fn best_ask(&self) -> Option<Level> {
        self.best_ask_price().map(|price| Level { price, qty: self.ask_qty(price) })
    }
    /// Best level of a side: buy is the bid.
    #[inline]
    pub fn best(&self, side: Side) -> Option<Level> {
        match side {
            Side::Buy => self.best_bid(),
            Side::Sell => self.best_ask(),
        }
    }
    /// Size stored at a bid price; zero where there is no level.
    #[inline]
    pub fn bid_qty(&self, price: Price) -> Qty {
        Qty::new(self.bids.ladder.get(price.get()))
    }
    /// Size stored at an ask price; zero where there is no level.
    #[inline]
    pub fn ask_qty(&self, price: Price) -> Qty {
        Qty::new(self.asks.ladder.get(price.get().wrapping_neg()))
    }
    /// Size stored at a price of a side: buy is the bid.
    #[inline]
    pub fn qty(&self, side: Side, price: Price) -> Qty {
        match side {
            Side::Buy => self.bid_qty(price),
            Side::Sell => self.ask_qty(price),
        }
    }
    /// Bids from the best down.
    pub fn bids(&self) -> Levels<'_> {
        Levels { keys: self.bids.levels(), sign: 1 }
    }
    /// Asks from the best up.
    pub fn asks(&self) -> Levels<'_> {
        Levels { keys: self.asks.levels(), sign: -1 }
    }
    /// Levels of a side, best first: buy is the bids.
    pub fn side(&self, side: Side) -> Levels<'_> {
        match side {
            Side::Buy => self.bids(),
            Side::Sell => self.asks(),
        }
    }

    /// Twice the mid price in ticks: best bid plus best ask.
    #[inline]
    pub const fn mid_half_ticks(&self) -> Option<i64> {
        if self.bids.best == NONE || self.asks.best == NONE {
            return None;
        }
        Some(self.bids.best - self.asks.best)
    }
    /// Best ask minus best bid in ticks; always positive, because a cross moves the older side away.
    #[inline]
    pub const fn spread_ticks(&self) -> Option<i64> {
        if self.bids.best == NONE || self.asks.best == NONE {
            return None;
        }
        Some(-self.asks.best - self.bids.best)
    }
    /// True when a stored bid lies above a stored ask: levels were left behind by a cross.
    pub fn is_crossed(&self) -> bool {
        self.overlap().is_some_and(|ticks| ticks > 0)
    }
    /// True when the highest stored bid equals the lowest stored ask.
    pub fn is_locked(&self) -> bool {
        self.overlap() == Some(0)
    }
    fn overlap(&self) -> Option<i64> {
        Some(self.bids.ladder.top()? + self.asks.ladder.top()?)
    }
    /// Size of the best `levels` levels of a side, stopping at the largest size that can be written.
    pub fn top_qty(&self, side: Side, levels: usize) -> Qty {
        sum(self.side(side).take(levels))
    }
    /// Size of a side from its best to `price`, both included.
    pub fn qty_to(&self, side: Side, price: Price) -> Qty {
        sum(self.side(side).take_while(|it| match side {
            Side::Buy => it.price >= price,
            Side::Sell => it.price <= price,
        }))
    }
    /// Stored levels of a side, including those left behind by a cross. Walks the pages.
    pub fn level_count(&self, side: Side) -> u64 {
        match side {
            Side::Buy => self.bids.ladder.levels(),
            Side::Sell => self.asks.ladder.levels(),
        }
    }
    /// What the book has seen that it should not have.
    pub const fn counts(&self) -> &BookCounts {
        &self.counts
    }

    /// A taker of `side` takes up to `qty` from the other side, best first, no further than `limit`; each part taken
    /// is handed to `each`. What is taken is gone until the level is set again. Returns what was not taken.
    pub fn take(
        &mut self,
        side: Side,
        qty: Qty,
        limit: Option<Price>,
        mut each: impl FnMut(Price, Qty),
    ) -> Qty {
        let (half, sign) = match side {
            Side::Buy => (&mut self.asks, -1),
            Side::Sell => (&mut self.bids, 1),
        };
        let worst = limit.map_or(NONE, |it| it.get().saturating_mul(sign));
        let mut left = qty.get();
        while left > 0 && half.best != NONE && half.best >= worst {
            let key = half.best;
            let shown = half.ladder.get(key);
            let part = shown.min(left);
            half.ladder.replace(key, shown - part);
            left -= part;
            each(Price::new(key * sign), Qty::new(part));
            if shown == part {
                half.fall_to(key - 1);
            }
        }
        Qty::new(left)
    }

    /// Absorbs every stored level and the best prices.
    pub fn digest(&self, hash: &mut StateHash) {
        for half in [&self.bids, &self.asks] {
            hash.absorb_signed(half.best);
            hash.absorb(half.ladder.levels());
            for (key, lots) in half.ladder.falling_from(i64::MAX) {
                hash.absorb_signed(key);
                hash.absorb_signed(lots);
            }
        }
    }

    /// The whole book as plain levels.
    pub fn state(&self) -> BookState {
        let levels = |half: &Half, sign| {
            let level =
                |(key, lots): (i64, i64)| Level { price: Price::new(key * sign), qty: Qty::new(lots) };
            half.ladder.falling_from(i64::MAX).map(level).collect()
        };
        BookState {
            config: self.config,
            bids: levels(&self.bids, 1),
            asks: levels(&self.asks, -1),
            best_bid: self.best_bid_price(),
            best_ask: self.best_ask_price(),
            counts: self.counts,
        }
    }
}

fn worst_key(levels: &[Level], sign: i64) -> Option<i64> {
    levels.iter().filter(|it| !is_absurd(**it)).map(|it| it.price.get() * sign).min()
}

fn clear_top(half: &mut Half, worst: Option<i64>) {
    match worst {
        Some(key) => half.clear_from(key),
        None => half.clear(),
    }
}

fn sum(levels: impl Iterator<Item = Level>) -> Qty {
    Qty::new(levels.fold(0_i64, |total, it| total.saturating_add(it.qty.get())))
}

impl From<Book> for BookState {
    fn from(book: Book) -> Self {
        book.state()
    }
}

impl TryFrom<BookState> for Book {
    type Error = BookStateError;

    fn try_from(state: BookState) -> Result<Self, BookStateError> {
        let mut book = Self::new(state.config);
        let sides = [(&mut book.bids, &state.bids, 1), (&mut book.asks, &state.asks, -1)];
        for (half, levels, sign) in sides {
            for &level in levels {
                if is_absurd(level) || level.qty.is_zero() {
                    return Err(BookStateError::Level(level));
                }
                let (key, lots) = (level.price.get() * sign, level.qty.get());
                if half.ladder.replace(key, lots).is_none()
                    && !matches!(half.ladder.place(key, lots), Placed::Stored { dropped: 0 })
                {
                    return Err(BookStateError::Level(level));
                }
            }
        }
        let wrong = BookStateError::Best { bid: state.best_bid, ask: state.best_ask };
        if let Some(price) = state.best_bid {
            if book.bid_qty(price).is_zero() {
                return Err(wrong);
            }
            book.bids.best = price.get();
        }
        if let Some(price) = state.best_ask {
            if book.ask_qty(price).is_zero() {
                return Err(wrong);
            }
            book.asks.best = -price.get();
        }
        if book.spread_ticks().is_some_and(|ticks| ticks <= 0) {
            return Err(wrong);
        }
        book.counts = state.counts;
        Ok(book)
    }
}

impl PartialEq for Book {
    /// Same levels, same best prices, same counters.
    fn eq(&self, other: &Self) -> bool {
        self.state() == other.state()
    }
}

impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Book")
            .field("bid", &self.best_bid())
            .field("ask", &self.best_ask())
            .field("bids", &self.level_count(Side::Buy))
            .field("asks", &self.level_count(Side::Sell))
            .field("counts", &self.counts)
            .finish()
    }
}
