//! Size and value of one order.

use super::{Proposal, RiskLayer, Verdict, limit_to};
use crate::config::{InstrumentLimits, Oversize};
use crate::refusal::Refusal;
use crate::view::RiskView;
use scalp_types::{Instrument, Money, Price, Qty};

/// Limits of one order, fat fingers above all.
#[derive(Debug)]
pub struct SizeLayer<'a> {
    /// The instrument's limits.
    pub limits: &'a InstrumentLimits,
    /// Refuse or shrink.
    pub oversize: Oversize,
}

impl RiskLayer for SizeLayer<'_> {
    fn review(&self, proposal: &Proposal, view: &RiskView<'_>) -> Verdict {
        let mut qty = proposal.intent.qty;
        let whole = qty;
        if let Some(limit) = self.limits.order_qty_max {
            let refusal = Refusal::OrderQty { limit, got: qty };
            match limit_to(limit.get().into(), proposal, self.oversize, refusal) {
                Verdict::Allow => {}
                Verdict::Shrink(less) => qty = less,
                refused @ Verdict::Refuse(_) => return refused,
            }
        }
        if let Some(limit) = self.limits.order_notional_max {
            let Some(price) = proposal.reference(view) else { return Verdict::Refuse(Refusal::NoPrice) };
            let got = worth(view.instrument, price, qty);
            if got > limit {
                let refusal = Refusal::OrderNotional { limit, got };
                if self.oversize == Oversize::Refuse {
                    return Verdict::Refuse(refusal);
                }
                qty = lots_within(view.instrument, price, qty, limit);
                if qty <= Qty::ZERO {
                    return Verdict::Refuse(refusal);
                }
            }
        }
        if qty < whole { Verdict::Shrink(qty) } else { Verdict::Allow }
    }
}

/// Value without sign; the largest amount there is when it has none.
pub(crate) fn worth(instrument: &Instrument, price: Price, qty: Qty) -> Money {
    let value = instrument.checked_value(price, qty).filter(|it| it.get() != i128::MIN);
    value.map_or(Money::new(i128::MAX), Money::abs)
}

/// The most lots, up to `most`, that are worth no more than `limit`; by bisection, since values are rounded.
pub(crate) fn lots_within(instrument: &Instrument, price: Price, most: Qty, limit: Money) -> Qty {
    let (mut fits, mut too_many) = (0, most.get().saturating_add(1));
    while too_many - fits > 1 {
        let middle = fits + (too_many - fits) / 2;
        if worth(instrument, price, Qty::new(middle)) <= limit { fits = middle } else { too_many = middle }
    }
    Qty::new(fits)
}
