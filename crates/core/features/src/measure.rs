//! What flow is measured from, and the one shape that every measure of it has.

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

/// One price of a book.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Quote currency per unit of base.
    pub price: f64,
    /// Base units resting there; zero in a [`Change`] that removes the price.
    pub size: f64,
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

/// Something that is measured from trades and books, one event at a time.
///
/// What is not defined yet, or has no finite value, is written as NaN and nothing else is; callers turn it into absence. No
/// warm call allocates. Events come in the order of their arrival; `at` may go back, by a rule that the measure states.
pub trait Measure: Send {
    /// Takes a trade in.
    fn on_trade(&mut self, trade: &Print);
    /// Takes the book after a message in.
    fn on_book(&mut self, book: &Depth<'_>);
    /// Writes the outputs, in the order of the spec, as of the last event.
    fn write(&self, out: &mut [f64]);
    /// Becomes as new.
    fn reset(&mut self);
    /// A copy with its state.
    fn boxed_clone(&self) -> Box<dyn Measure>;
}
