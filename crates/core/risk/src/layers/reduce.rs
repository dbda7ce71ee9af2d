//! Reduce-only orders reduce.

use super::{Proposal, RiskLayer, Verdict};
use crate::refusal::Refusal;
use crate::view::RiskView;
use scalp_types::{GroupRole, Qty};

/// A reduce-only order needs a position against it and is cut to its size. The children of a group are let be: they
/// are held back until their parent has filled, and no larger than what filled.
#[derive(Debug)]
pub struct ReduceLayer;

impl RiskLayer for ReduceLayer {
    fn review(&self, proposal: &Proposal, view: &RiskView<'_>) -> Verdict {
        let intent = &proposal.intent;
        let is_child = intent.link.is_some_and(|it| it.role == GroupRole::Child);
        if !intent.reduce_only || is_child {
            return Verdict::Allow;
        }
        if view.position.side() != Some(intent.side.opposite()) {
            return Verdict::Refuse(Refusal::NothingToReduce);
        }
        let size = Qty::new(view.position.get().saturating_abs());
        if intent.qty > size { Verdict::Shrink(size) } else { Verdict::Allow }
    }
}
