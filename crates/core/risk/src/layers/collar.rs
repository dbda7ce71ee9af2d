//! The price collar: how far through the market an order may be priced.

use super::{Proposal, RiskLayer, Verdict};
use crate::refusal::Refusal;
use crate::view::RiskView;
use scalp_types::Side;

const BPS_ONE: i128 = 10_000;

/// A buy may not be priced above, a sell not below, the mark (or mid) by more than so many basis points. Priced away
/// from the market an order can do no harm, so that direction is free. Conditional orders are judged by their
/// limit only: their trigger is meant to be away from the market. A market order is judged by the touch it meets.
#[derive(Debug)]
pub struct CollarLayer {
    /// Against the mark.
    pub mark_bps: Option<u32>,
    /// Against the mid.
    pub mid_bps: Option<u32>,
}

impl RiskLayer for CollarLayer {
    fn review(&self, proposal: &Proposal, view: &RiskView<'_>) -> Verdict {
        let intent = &proposal.intent;
        if intent.kind.is_conditional() {
            return Verdict::Allow;
        }
        let Some(price) = proposal.reference(view) else { return Verdict::Refuse(Refusal::NoPrice) };
        let twice = 2 * i128::from(price.get());
        if let (Some(limit_bps), Some(mark)) = (self.mark_bps, view.mark)
            && is_through(intent.side, twice, 2 * i128::from(mark.get()), limit_bps)
        {
            return Verdict::Refuse(Refusal::MarkCollar { limit_bps, price, mark });
        }
        if let (Some(limit_bps), Some(mid_twice)) = (self.mid_bps, view.mid_twice())
            && is_through(intent.side, twice, mid_twice, limit_bps)
        {
            return Verdict::Refuse(Refusal::MidCollar { limit_bps, price, mid_twice });
        }
        Verdict::Allow
    }
}

fn is_through(side: Side, price: i128, reference: i128, limit_bps: u32) -> bool {
    let through = (price - reference) * i128::from(side.sign());
    through * BPS_ONE > reference.abs() * i128::from(limit_bps)
}
