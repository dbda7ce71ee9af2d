//! One instrument's book: levels on a window of ticks, moved by the makers' quotes, by limit orders, by cancels and
//! by market orders. It is never crossed and never empty, and it remembers which levels it changed.

use super::config::{InstrumentConfig, MakersConfig};
use rust_decimal::prelude::ToPrimitive;
use scalp_types::rng::Stream;
use scalp_types::{Level, Price, Qty, Side};

/// A market order takes from at most this many levels; what is left of it is cancelled.
pub const SWEEP_LEVELS_MAX: usize = 12;
/// A displayed or ordered size is never larger than this many times the mean.
const SIZE_FACTOR_MAX: f64 = 1_000.0;
/// Limit orders and cancels reach this many levels behind the best on average.
const REACH: f64 = 4.0;
/// How often a limit order goes in front of the best when there is room.
const IMPROVES: f64 = 0.2;
/// How often a cancel takes the whole level.
const CANCELS_ALL: f64 = 0.4;
/// How often an empty level within the book is filled in a beat.
const FILLS_GAP: f64 = 0.2;
/// Levels of each side whose size is drawn anew in a beat.
const BREATHES: u64 = 2;
/// Prices stay below this many ticks.
const TICKS_MAX: f64 = 1e15;

/// One side of the book: sizes by price in a ring.
#[derive(Debug, Clone)]
struct Half {
    sizes: Vec<i64>,
    /// Best price.
    best: i64,
    /// The price farthest from the other side that may have a size.
    far: i64,
    /// Prices with a size.
    count: usize,
    /// 1 when better prices are higher (bids), -1 for asks.
    up: i64,
}

impl Half {
    fn at(&self, price: i64) -> i64 {
        self.sizes[price as usize & (self.sizes.len() - 1)]
    }
    fn put(&mut self, price: i64, size: i64) {
        let mask = self.sizes.len() - 1;
        let place = &mut self.sizes[price as usize & mask];
        self.count = self.count + usize::from(size > 0) - usize::from(*place > 0);
        *place = size;
    }
    /// The price `steps` behind the best.
    fn behind(&self, steps: i64) -> i64 {
        self.best - self.up * steps
    }
    /// How many prices the half spans.
    fn width(&self) -> i64 {
        (self.best - self.far) * self.up + 1
    }
    /// Moves the best to the nearest price with a size. There is always one.
    fn find_best(&mut self) {
        while self.at(self.best) == 0 {
            self.best -= self.up;
        }
    }
}

/// The book of one instrument.
#[derive(Debug, Clone)]
pub struct Makers {
    bids: Half,
    asks: Half,
    levels: i64,
    level_lots: f64,
    order_lots: f64,
    tail: f64,
    spread: f64,
    rng: Stream,
    /// Bids changed since the last [`Self::clear_changes`].
    pub changed_bids: Vec<Level>,
    /// Asks changed since then.
    pub changed_asks: Vec<Level>,
}

impl Makers {
    /// A book around nothing yet: the first [`Self::renew`] fills it.
    pub fn new(it: &InstrumentConfig, book: &MakersConfig, tail: f64, start: f64, rng: Stream) -> Self {
        let levels = i64::from(book.levels);
        let room = (4 * book.levels as usize).next_power_of_two().max(256);
        let lot = it.lot.to_f64().unwrap_or(1.0);
        let best = whole(start, levels);
        let half = |best, up| Half { sizes: vec![0; room], best, far: best, count: 0, up };
        Self {
            bids: half(best, 1),
            asks: half(best + 1, -1),
            levels,
            level_lots: it.level_size / lot,
            order_lots: it.order_size / lot,
            tail,
            spread: it.spread,
            rng,
            changed_bids: Vec::with_capacity(4 * room),
            changed_asks: Vec::with_capacity(4 * room),
        }
    }

    /// Best bid and ask.
    pub fn best(&self) -> (Level, Level) {
        let level = |half: &Half| level(half.best, half.at(half.best));
        (level(&self.bids), level(&self.asks))
    }
    /// The middle, in ticks.
    pub fn mid(&self) -> f64 {
        0.5 * (self.bids.best + self.asks.best) as f64
    }
    /// Best ask less best bid, in ticks.
    pub const fn gap(&self) -> i64 {
        self.asks.best - self.bids.best
    }
    /// Every bid, best first.
    pub fn bids(&self) -> impl Iterator<Item = Level> {
        all(&self.bids)
    }
    /// Every ask, best first.
    pub fn asks(&self) -> impl Iterator<Item = Level> {
        all(&self.asks)
    }
    /// Forgets which levels changed.
    pub fn clear_changes(&mut self) {
        self.changed_bids.clear();
        self.changed_asks.clear();
    }

    /// The makers quote around `value` (ticks), with `spread` and `depth` times what is usual.
    pub fn renew(&mut self, value: f64, spread: f64, depth: f64) {
        let value = value.clamp(1.0, TICKS_MAX);
        let half = 0.5 * (self.spread * spread * value).max(1.0);
        let gap = (2.0 * half + 0.5).min(TICKS_MAX) as i64;
        let bid = whole(value - half + 0.5, self.levels);
        self.renew_half(Side::Buy, bid, depth);
        self.renew_half(Side::Sell, bid + gap.max(1), depth);
    }

    fn renew_half(&mut self, side: Side, best: i64, depth: f64) {
        let (half, changes) = match side {
            Side::Buy => (&mut self.bids, &mut self.changed_bids),
            Side::Sell => (&mut self.asks, &mut self.changed_asks),
        };
        let (up, levels) = (half.up, self.levels);
        let far = best - up * (levels - 1);
        let within = |price: i64| (best - price) * up >= 0 && (price - far) * up >= 0;
        let was = (half.far, half.best, half.count > 0);
        let was_within = |price: i64| was.2 && (was.1 - price) * up >= 0 && (price - was.0) * up >= 0;
        let mut price = half.best;
        for _ in 0..half.width() {
            if half.at(price) != 0 && !within(price) {
                half.put(price, 0);
                changes.push(level(price, 0));
            }
            price -= up;
        }
        let size = |rng: &mut Stream| lots(self.level_lots * depth * rng.exponential(), self.level_lots);
        let mut price = best;
        for step in 0..levels {
            if half.at(price) == 0 && (step == 0 || !was_within(price) || self.rng.uniform() < FILLS_GAP) {
                let size = size(&mut self.rng);
                half.put(price, size);
                changes.push(level(price, size));
            }
            price -= up;
        }
        for _ in 0..BREATHES {
            let price = best - up * self.rng.below(levels as u64) as i64;
            if half.at(price) != 0 {
                let size = size(&mut self.rng);
                half.put(price, size);
                changes.push(level(price, size));
            }
        }
        (half.best, half.far) = (best, far);
    }

    /// A market order of random size comes: each trade is handed to `print`. Returns the size of the order relative
    /// to the mean.
    pub fn take(&mut self, taker: Side, mut print: impl FnMut(Price, Qty)) -> f64 {
        // Pareto with the mean asked for.
        let least = (self.tail - 1.0) / self.tail;
        let relative = least * libm::pow(1.0 - self.rng.uniform(), -1.0 / self.tail);
        let relative = relative.min(SIZE_FACTOR_MAX);
        let mut left = lots(self.order_lots * relative, self.order_lots);
        let (half, changes) = match taker {
            Side::Buy => (&mut self.asks, &mut self.changed_asks),
            Side::Sell => (&mut self.bids, &mut self.changed_bids),
        };
        for _ in 0..SWEEP_LEVELS_MAX {
            let price = half.best;
            let there = half.at(price);
            // The last level keeps one lot, so that there is always a book.
            let taken = left.min(if half.count == 1 { there - 1 } else { there });
            if taken == 0 {
                break;
            }
            print(Price::new(price), Qty::new(taken));
            half.put(price, there - taken);
            changes.push(level(price, there - taken));
            half.find_best();
            left -= taken;
            if left == 0 {
                break;
            }
        }
        relative
    }

    /// A limit order of random size comes to rest.
    pub fn rest(&mut self, side: Side) {
        let gap = self.gap();
        let size = lots(self.order_lots * self.rng.exponential(), self.order_lots);
        let improves = gap > 1 && self.rng.uniform() < IMPROVES;
        let reach = self.reach();
        let ahead = 1 + self.rng.below((gap - 1).clamp(1, 3) as u64) as i64;
        let (half, changes) = self.half(side);
        let room = half.sizes.len() as i64 - 8;
        let price = if improves && half.width() + ahead < room {
            half.behind(-ahead)
        } else {
            half.behind(reach.min(half.width() - 1))
        };
        let size = half.at(price) + size;
        half.put(price, size);
        changes.push(level(price, size));
        if (price - half.best) * half.up > 0 {
            half.best = price;
        }
    }

    /// Part or all of a level goes.
    pub fn cancel(&mut self, side: Side) {
        let reach = self.reach();
        let whole = self.rng.uniform() < CANCELS_ALL;
        let part = self.rng.uniform();
        let (half, changes) = self.half(side);
        let price = half.behind(reach.min(half.width() - 1));
        let there = half.at(price);
        let left = if whole { 0 } else { (there as f64 * part) as i64 };
        if there == 0 || (left == 0 && half.count == 1) {
            return;
        }
        half.put(price, left);
        changes.push(level(price, left));
        half.find_best();
    }

    /// How far behind the best an order lies, in ticks, within the levels shown.
    fn reach(&mut self) -> i64 {
        ((REACH * self.rng.exponential()) as i64).min(self.levels / 2)
    }

    fn half(&mut self, side: Side) -> (&mut Half, &mut Vec<Level>) {
        match side {
            Side::Buy => (&mut self.bids, &mut self.changed_bids),
            Side::Sell => (&mut self.asks, &mut self.changed_asks),
        }
    }
}

fn all(half: &Half) -> impl Iterator<Item = Level> {
    (0..half.width())
        .map(|step| half.behind(step))
        .filter(|&it| half.at(it) > 0)
        .map(|it| level(it, half.at(it)))
}

const fn level(price: i64, qty: i64) -> Level {
    Level { price: Price::new(price), qty: Qty::new(qty) }
}

/// Ticks as a whole number, with room for a side of the book below.
fn whole(ticks: f64, levels: i64) -> i64 {
    (libm::floor(ticks.clamp(0.0, TICKS_MAX)) as i64).max(levels + 1)
}

/// At least one lot, at most a thousand times the mean.
fn lots(size: f64, mean: f64) -> i64 {
    (size.min(mean * SIZE_FACTOR_MAX).min(1e15) as i64).max(1)
}
