//! Signs of manipulation in public data, as alerts of five levels. Every limit is a multiple of what this instrument has
//! shown so far, never a number of units.
//!
//! A detector turns events into an *activity*; the gauge divides it by a high quantile of its own past, sampled each
//! second, and by a factor. The quotient is the *score*, and [`LIMITS`] of the score are the levels. A level falls only
//! when the score has fallen well below what raised it, and not before it has stood for three seconds. For the first 60
//! samples nothing is said. While a score is above one nothing is learnt, for five minutes at most: what goes on for longer
//! becomes the usual, by design, because a detector tells what is out of place. The two detectors of price runs have no gauge:
//! theirs is the usual size of moves and number of orders.
//!
//! An alert is a reason to look or to step aside, not a proof: public data name no accounts and show no intent. What is
//! caught and what is raised for nothing is measured by `benches/detectors.rs` on recorded streams.

pub(crate) mod gauge;
pub(crate) mod orders;
pub(crate) mod prints;
pub(crate) mod runs;
pub(crate) mod tape;

use crate::flow::Stream;
use crate::measure::{Depth, Print};
use crate::state::{Plain, Saved, plain};

pub use gauge::{LIMITS, WARNING};
pub use orders::{Layering, QuoteStuffing, Spoofing};
pub use prints::{Coordination, WashTrades};
pub use runs::{MomentumIgnition, StopHunting};

/// What it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Large orders on one side that are taken back before they trade.
    Spoofing,
    /// Depth on several levels of one side that appears and disappears as one.
    Layering,
    /// Trades that change nobody's position.
    WashTrades,
    /// A burst in one direction that is followed, then undone.
    MomentumIgnition,
    /// Far more changes of the book than usual, and no trades to show for them.
    QuoteStuffing,
    /// A run through a recent extreme, where stops lie, and back.
    StopHunting,
    /// Equal orders of an odd size, again and again, on one side.
    Coordination,
}

const KINDS: [Kind; 7] = [
    Kind::Spoofing,
    Kind::Layering,
    Kind::WashTrades,
    Kind::MomentumIgnition,
    Kind::QuoteStuffing,
    Kind::StopHunting,
    Kind::Coordination,
];

impl Plain for Kind {
    fn put(self, to: &mut Vec<u8>) {
        (self as u8).put(to);
    }
    fn take(from: &mut Saved<'_>) -> Self {
        let place = u8::take(from);
        let found = KINDS.into_iter().find(|it| *it as u8 == place);
        found.unwrap_or_else(|| {
            from.refuse();
            Kind::Spoofing
        })
    }
}

/// A detector has raised its level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alert {
    /// What it looks like.
    pub kind: Kind,
    /// 1 information, 2 warning, 3 high, 4 severe, 5 critical.
    pub level: u8,
    /// How many times its limit the activity is.
    pub score: f64,
    /// The time of the event that raised it.
    pub at: i64,
    /// Numbers that the score rests on, in the order of the outputs of the measure of that name, after `level` and `score`.
    pub evidence: [f64; 3],
}

plain!(Alert { kind, level, score, at, evidence });

/// A detector as the table of measures holds it: it writes its level, its score and its evidence.
pub trait Detector: Stream {
    /// The alert of the last event, if it raised the level.
    fn alert(&self) -> Option<Alert>;
}

/// All detectors over one instrument.
#[derive(Clone, Debug)]
pub struct Watch {
    spoofing: Spoofing,
    layering: Layering,
    stuffing: QuoteStuffing,
    wash: WashTrades,
    ignition: MomentumIgnition,
    hunting: StopHunting,
    coordination: Coordination,
}

/// Levels of the book that the detectors look at.
pub const LEVELS: usize = 20;

/// What the detectors are built with when nothing else is said, in seconds; see each.
pub(crate) mod usual {
    pub(crate) const QUICK: f64 = 5.0;
    pub(crate) const STUFFING_HALF_LIFE: f64 = 0.5;
    pub(crate) const PAIR: f64 = 2.0;
    pub(crate) const REPEAT: f64 = 40.0;
    pub(crate) const UNDONE: f64 = 30.0;
    pub(crate) const LOOKBACK: f64 = 300.0;
}

impl Default for Watch {
    fn default() -> Watch {
        Watch::new()
    }
}

impl Watch {
    /// With nothing seen yet.
    #[must_use]
    pub fn new() -> Watch {
        Watch {
            spoofing: Spoofing::new(usual::QUICK),
            layering: Layering::new(usual::QUICK),
            stuffing: QuoteStuffing::new(usual::STUFFING_HALF_LIFE),
            wash: WashTrades::new(usual::PAIR),
            ignition: MomentumIgnition::new(usual::UNDONE),
            hunting: StopHunting::new(usual::LOOKBACK),
            coordination: Coordination::new(usual::REPEAT),
        }
    }

    /// Takes a trade in and hands on every alert that it raises.
    pub fn on_trade(&mut self, trade: &Print, mut raise: impl FnMut(Alert)) {
        fn one(it: &mut impl Detector, trade: &Print, raise: &mut impl FnMut(Alert)) {
            it.on_trade(trade);
            it.alert().into_iter().for_each(raise);
        }
        one(&mut self.spoofing, trade, &mut raise);
        one(&mut self.layering, trade, &mut raise);
        one(&mut self.stuffing, trade, &mut raise);
        one(&mut self.wash, trade, &mut raise);
        one(&mut self.ignition, trade, &mut raise);
        one(&mut self.hunting, trade, &mut raise);
        one(&mut self.coordination, trade, &mut raise);
    }

    /// Takes a book in and hands on every alert that it raises. [`LEVELS`] levels are looked at.
    pub fn on_book(&mut self, book: &Depth<'_>, mut raise: impl FnMut(Alert)) {
        fn one(it: &mut impl Detector, book: &Depth<'_>, raise: &mut impl FnMut(Alert)) {
            it.on_book(book);
            it.alert().into_iter().for_each(raise);
        }
        one(&mut self.spoofing, book, &mut raise);
        one(&mut self.layering, book, &mut raise);
        one(&mut self.stuffing, book, &mut raise);
        // Only for the side of trades that the venue does not tell; they raise nothing on a book.
        self.wash.on_book(book);
        self.ignition.on_book(book);
        self.hunting.on_book(book);
        self.coordination.on_book(book);
    }
}
