//! The layers of the gate, in their fixed order. Each sees what the layers before it have left of a proposal, and
//! may let it through, make it smaller, or refuse it. None can make it larger: the gate checks.

pub mod collar;
pub mod duplicate;
pub mod exposure;
pub mod market;
pub mod mode;
pub mod position;
pub mod reduce;
pub mod size;
pub mod throttle;
pub mod venue;

use crate::refusal::Refusal;
use crate::view::RiskView;
use scalp_types::{OrderId, OrderIntent, Price, Qty, Side};

pub use throttle::{BUCKETS_MAX, REPEAT_MEMORY};

/// What a layer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it is.
    Allow,
    /// At most this much of it; positive and less than what it was.
    Shrink(Qty),
    /// Not at all.
    Refuse(Refusal),
}

/// An order on its way through the layers.
#[derive(Debug, Clone, Copy)]
pub struct Proposal {
    /// The wish; its size is what the layers so far have left of it.
    pub intent: OrderIntent,
    /// The id it will have.
    pub id: OrderId,
    /// True for a change of an order that is at work: its id and tag are known, and it is already counted among
    /// the open orders. Its size is what would remain to trade, and the view's exposure is without it.
    pub is_amend: bool,
}

impl Proposal {
    /// The price to judge its value by: its limit, its trigger, or what a market order would meet.
    pub fn reference(&self, view: &RiskView<'_>) -> Option<Price> {
        let touch = match self.intent.side {
            Side::Buy => view.ask,
            Side::Sell => view.bid,
        };
        self.intent.kind.limit().or(self.intent.kind.trigger()).or(touch).or(view.mark)
    }
}

/// One rule, or one family of rules.
pub trait RiskLayer {
    /// Judges a proposal by the facts. Must not remember the proposal: it may still be refused further on.
    fn review(&self, proposal: &Proposal, view: &RiskView<'_>) -> Verdict;
}

/// The layers, named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerKind {
    /// What the trading mode allows.
    Mode,
    /// Is there a market to judge by?
    Market,
    /// The id and the tag are new.
    Duplicate,
    /// Reduce-only orders reduce.
    Reduce,
    /// Size and value of one order.
    Size,
    /// Price against mark and mid.
    Collar,
    /// Worst-case position in the instrument.
    Position,
    /// Worst cases over all instruments.
    Exposure,
    /// The venue's filters and the number of open orders, on what is left of the size.
    Venue,
    /// Orders per time, and the same order again.
    Throttle,
}

/// The fixed order. The eight clamps that shape size by belief (volatility, value at risk, expected shortfall, heat,
/// correlation, leverage, crisis, smallest size) belong between `Exposure` and `Venue`, and are not built yet.
/// `Venue` comes after everything that shrinks, `Throttle` last, so that only what would be sent takes a token.
pub const ORDER: [LayerKind; 10] = [
    LayerKind::Mode,
    LayerKind::Market,
    LayerKind::Duplicate,
    LayerKind::Reduce,
    LayerKind::Size,
    LayerKind::Collar,
    LayerKind::Position,
    LayerKind::Exposure,
    LayerKind::Venue,
    LayerKind::Throttle,
];

/// Cuts a proposal down to `room` lots, or refuses, as configured.
pub(crate) fn limit_to(
    room: i128,
    proposal: &Proposal,
    oversize: crate::config::Oversize,
    refusal: Refusal,
) -> Verdict {
    let qty = proposal.intent.qty;
    if i128::from(qty.get()) <= room {
        return Verdict::Allow;
    }
    match oversize {
        crate::config::Oversize::Shrink if room > 0 => Verdict::Shrink(Qty::new(room as i64)),
        _ => Verdict::Refuse(refusal),
    }
}
