//! The same wish twice is one wish.

use super::{Proposal, RiskLayer, Verdict};
use crate::refusal::Refusal;
use crate::view::RiskView;
use scalp_types::OrderId;

/// Ids only rise, and a tag names one order at a time.
#[derive(Debug)]
pub struct DuplicateLayer {
    /// The last id that was let through.
    pub last: Option<OrderId>,
}

impl RiskLayer for DuplicateLayer {
    fn review(&self, proposal: &Proposal, view: &RiskView<'_>) -> Verdict {
        if proposal.is_amend {
            return Verdict::Allow;
        }
        if let Some(last) = self.last.filter(|last| proposal.id <= *last) {
            return Verdict::Refuse(Refusal::DuplicateId { last, got: proposal.id });
        }
        if view.tag_in_use {
            return Verdict::Refuse(Refusal::TagInUse { tag: proposal.intent.tag });
        }
        Verdict::Allow
    }
}
