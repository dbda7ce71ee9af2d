//! The worst-case position in the instrument.

use super::{Proposal, RiskLayer, Verdict, limit_to};
use crate::config::{InstrumentLimits, Oversize};
use crate::refusal::Refusal;
use crate::view::RiskView;
use scalp_types::Side;

/// Position, open orders and orders of unknown fate, all filled on one side, may not exceed the limit. Orders that
/// may only reduce cannot lead there and pass.
#[derive(Debug)]
pub struct PositionLayer<'a> {
    /// The instrument's limits.
    pub limits: &'a InstrumentLimits,
    /// Refuse or shrink.
    pub oversize: Oversize,
}

impl RiskLayer for PositionLayer<'_> {
    fn review(&self, proposal: &Proposal, view: &RiskView<'_>) -> Verdict {
        let Some(limit) = self.limits.position_max.filter(|_| !proposal.intent.reduce_only) else {
            return Verdict::Allow;
        };
        let worst = match proposal.intent.side {
            Side::Buy => view.exposure.highest(view.position),
            Side::Sell => -view.exposure.lowest(view.position),
        };
        let got = worst + i128::from(proposal.intent.qty.get());
        let room = i128::from(limit.get()) - worst;
        limit_to(room, proposal, self.oversize, Refusal::Position { limit, got })
    }
}
