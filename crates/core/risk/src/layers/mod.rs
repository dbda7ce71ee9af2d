//! The layers of the gate. Each sees what the layers before it have left of a proposal, and may let it through, make it
//! smaller, or refuse it. None can make it larger: [`Verdict::apply`] checks.
//!
//! Their order is fixed, and written down once, in the gate: mode, market, duplicate, reduce, size, collar, position,
//! exposure, venue, throttle. `Venue` comes after everything that shrinks, `Throttle` last, so that only what would be
//! sent takes a token.

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

impl Verdict {
    /// Carries it out on the proposal that was judged.
    ///
    /// # Panics
    /// When it shrinks to nothing, or does not shrink: a bug of the layer.
    #[inline]
    pub fn apply(self, proposal: &mut Proposal) -> Result<(), Refusal> {
        match self {
            Self::Allow => Ok(()),
            Self::Shrink(qty) => {
                assert!(qty > Qty::ZERO && qty < proposal.intent.qty, "a layer shrinks and leaves something");
                proposal.intent.qty = qty;
                Ok(())
            }
            Self::Refuse(refusal) => Err(refusal),
        }
    }
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
