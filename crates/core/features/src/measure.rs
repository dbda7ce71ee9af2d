//! What flow is measured from, and the one shape that every measure of it has.

use crate::state::{Saved, State, plain};
use scalp_types::Side;

/// A trade as a measure reads it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Print {
    /// When the venue says it happened, nanoseconds since 1970.
    pub at: i64,
    /// Quote currency per unit of base.
    pub price: f64,
    /// Base units, above zero.
    pub size: f64,
    /// The side that took liquidity, where the venue tells it.
    pub aggressor: Option<Side>,
}

/// The least price or size that is measured. No measure multiplies more than four prices and sizes, so nothing overflows
/// and nothing sinks to zero.
pub const SMALLEST: f64 = 1e-18;
/// The largest price or size that is measured.
pub const LARGEST: f64 = 1e18;

fn is_sound(value: f64) -> bool {
    (SMALLEST..=LARGEST).contains(&value)
}

impl Print {
    /// Whether price and size are numbers that can be measured. Callers leave out prints that are not.
    #[inline]
    #[must_use]
    pub fn is_sound(&self) -> bool {
        is_sound(self.price) && is_sound(self.size)
    }

    /// Quote currency.
    #[inline]
    #[must_use]
    pub fn value(&self) -> f64 {
        self.price * self.size
    }
}

/// One price of a book.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Quote currency per unit of base.
    pub price: f64,
    /// Base units resting there; zero in a [`Change`] that removes the price.
    pub size: f64,
}

plain!(Level { price, size });

impl Level {
    /// Whether price and size are numbers that can be measured.
    #[inline]
    #[must_use]
    pub fn is_sound(&self) -> bool {
        is_sound(self.price) && is_sound(self.size)
    }
}

/// A level that one message set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Whose side of the book.
    pub side: Side,
    /// What rests there now.
    pub level: Level,
    /// What rested there before, base units.
    pub before: f64,
}

/// A book after one message.
#[derive(Clone, Copy, Debug)]
pub struct Depth<'a> {
    /// When the venue says it happened, nanoseconds since 1970.
    pub at: i64,
    /// Best first; as many levels as the widest measure asked for, fewer if there are fewer.
    pub bids: &'a [Level],
    /// Best first.
    pub asks: &'a [Level],
    /// What the message changed, in its order; empty where only whole books are known.
    pub changes: &'a [Change],
}

/// The best of both sides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Touch {
    /// The best bid.
    pub bid: Level,
    /// The best ask.
    pub ask: Level,
}

impl Touch {
    /// Half way between the prices.
    #[inline]
    #[must_use]
    pub fn mid(&self) -> f64 {
        0.5 * (self.bid.price + self.ask.price)
    }

    /// Ask less bid; below zero in a crossed book.
    #[inline]
    #[must_use]
    pub fn spread(&self) -> f64 {
        self.ask.price - self.bid.price
    }
}

impl Depth<'_> {
    /// The best of both sides; none if a side is empty.
    #[inline]
    #[must_use]
    pub fn touch(&self) -> Option<Touch> {
        Some(Touch { bid: *self.bids.first()?, ask: *self.asks.first()? })
    }

    /// Whether every level and every change holds numbers that can be measured; a change may take a size to zero. Callers
    /// leave out messages that are not sound.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let is_size = |size: f64| size == 0.0 || is_sound(size);
        self.bids.iter().chain(self.asks).all(Level::is_sound)
            && self
                .changes
                .iter()
                .all(|it| is_sound(it.level.price) && is_size(it.level.size) && is_size(it.before))
    }
}

/// Something that is measured from trades and books, one event at a time.
///
/// What is not defined yet, or has no finite value, is written as NaN and nothing else is; callers turn it into absence. No
/// warm call allocates. Callers hand in sound events only, see [`Print::is_sound`] and [`Depth::is_sound`]; one that is not
/// may silence a measure until it is reset, and never makes it panic or write an infinity. Events come in the order of their arrival; `at` may go back, by a rule that the measure states.
pub trait Measure: Send + Sync {
    /// Takes a trade in.
    fn on_trade(&mut self, trade: &Print);
    /// Takes the book after a message in.
    fn on_book(&mut self, book: &Depth<'_>);
    /// Writes the outputs, in the order of the spec, as of the last event.
    fn write(&self, out: &mut [f64]);
    /// The same as of `at`, where that lies behind the last event: what fades or grows with time alone has gone on until then.
    /// Nothing is remembered, so that it plays no part when and how often somebody asks.
    fn write_at(&self, at: i64, out: &mut [f64]);
    /// Becomes as new.
    fn reset(&mut self);
    /// Appends what it has learnt.
    fn save(&self, to: &mut Vec<u8>);
    /// Takes back what one that was built alike has learnt. What does not fit is remembered by `from`.
    fn load(&mut self, from: &mut Saved<'_>);
    /// A copy with its state.
    fn boxed_clone(&self) -> Box<dyn Measure>;
}

impl State for Box<dyn Measure> {
    fn save(&self, to: &mut Vec<u8>) {
        (**self).save(to);
    }

    fn load(&mut self, from: &mut Saved<'_>) {
        (**self).load(from);
    }
}
