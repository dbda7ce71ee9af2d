//! Worst cases over all instruments that settle in one asset.

use super::{Proposal, RiskLayer, Verdict};
use crate::config::{AssetLimits, Oversize};
use crate::portfolio::{Portfolio, Worst};
use crate::refusal::Refusal;
use crate::view::{Exposure, RiskView};
use scalp_types::{Money, Price, Qty, Side};

/// Gross and net limits. The instrument of the order is taken from the view, the others as last noted: the
/// engine notes all of them at their present prices before the wishes of a decision.
#[derive(Debug)]
pub struct ExposureLayer<'a> {
    /// The limits of the settle asset, if there are any.
    pub limits: Option<&'a AssetLimits>,
    /// What was noted of all instruments.
    pub portfolio: &'a Portfolio,
    /// Refuse or shrink.
    pub oversize: Oversize,
}

impl RiskLayer for ExposureLayer<'_> {
    fn review(&self, proposal: &Proposal, view: &RiskView<'_>) -> Verdict {
        let Some(limits) = self.limits.filter(|_| !proposal.intent.reduce_only) else {
            return Verdict::Allow;
        };
        let Some(price) = view.mark.or(proposal.reference(view)) else {
            return Verdict::Refuse(Refusal::NoPrice);
        };
        let Some(refusal) = self.over(limits, proposal, view, price, proposal.intent.qty) else {
            return Verdict::Allow;
        };
        if self.oversize == Oversize::Refuse {
            return Verdict::Refuse(refusal);
        }
        let (mut fits, mut too_many) = (0, proposal.intent.qty.get());
        while too_many - fits > 1 {
            let middle = fits + (too_many - fits) / 2;
            if self.over(limits, proposal, view, price, Qty::new(middle)).is_none() {
                fits = middle;
            } else {
                too_many = middle;
            }
        }
        if fits > 0 { Verdict::Shrink(Qty::new(fits)) } else { Verdict::Refuse(refusal) }
    }
}

impl ExposureLayer<'_> {
    /// The limit that would be exceeded with `qty` of this order, if it makes things worse at all.
    fn over(
        &self,
        limits: &AssetLimits,
        proposal: &Proposal,
        view: &RiskView<'_>,
        price: Price,
        qty: Qty,
    ) -> Option<Refusal> {
        let others = self.portfolio.others(view.instrument);
        let now = Worst::of(view.instrument, price, view.position, &view.exposure);
        let then = Worst::of(view.instrument, price, view.position, &with(&view.exposure, proposal, qty));
        let gross = others.gross + then.gross;
        if let Some(limit) = limits.gross_max.filter(|limit| gross > *limit && then.gross > now.gross) {
            return Some(Refusal::Gross { limit, got: gross });
        }
        let limit = limits.net_max?;
        let (net, worse) = match proposal.intent.side {
            Side::Buy => (others.high + then.high, others.high + now.high),
            Side::Sell => (others.low + then.low, others.low + now.low),
        };
        let signed = if proposal.intent.side == Side::Buy { net } else { -net };
        let before = if proposal.intent.side == Side::Buy { worse } else { -worse };
        (signed > limit && signed > before.max(Money::ZERO)).then_some(Refusal::Net { limit, got: net })
    }
}

/// The exposure with `qty` of this order added.
pub(crate) fn with(exposure: &Exposure, proposal: &Proposal, qty: Qty) -> Exposure {
    let mut sum = *exposure;
    let side = match proposal.intent.side {
        Side::Buy => &mut sum.open_buy,
        Side::Sell => &mut sum.open_sell,
    };
    *side = Qty::new(side.get().saturating_add(qty.get()));
    sum
}
