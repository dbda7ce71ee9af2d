//! Is there a market to judge by?

use super::mode::closable;
use super::{Proposal, RiskLayer, Verdict};
use crate::refusal::Refusal;
use crate::view::{Doubt, RiskView};
use scalp_types::{OrderKind, Qty, Rate, Span, TradingStatus};

/// Refuses what cannot be judged: a halted instrument, no price, old data, an empty or crossed book, prices in doubt, an
/// order that contradicts itself. Orders that may only reduce pass old data, a broken book and a doubt: leaving must stay
/// possible. So does, in a doubt, what closes no more than is held: where there is no reduce-only, on spot, there is no
/// other way out.
#[derive(Debug)]
pub struct MarketLayer {
    /// Oldest allowed.
    pub age_max: Option<Span>,
    /// True to insist on two sides that do not cross.
    pub needs_book: bool,
}

impl RiskLayer for MarketLayer {
    fn review(&self, proposal: &Proposal, view: &RiskView<'_>) -> Verdict {
        match self.refusal(proposal, view) {
            Some(refusal) => Verdict::Refuse(refusal),
            None => Verdict::Allow,
        }
    }
}

impl MarketLayer {
    fn refusal(&self, proposal: &Proposal, view: &RiskView<'_>) -> Option<Refusal> {
        let intent = &proposal.intent;
        if intent.qty <= Qty::ZERO || !is_well_formed(proposal) {
            return Some(Refusal::Malformed);
        }
        if view.status != TradingStatus::Trading {
            return Some(Refusal::NotTrading { status: view.status });
        }
        if proposal.reference(view).is_none() {
            return Some(Refusal::NoPrice);
        }
        if intent.reduce_only {
            return None;
        }
        if let Some(limit) = self.age_max {
            let Some(updated_at) = view.updated_at else { return Some(Refusal::NoPrice) };
            let got = Span::from_nanos(view.now.nanos().saturating_sub(updated_at.nanos()));
            if got > limit {
                return Some(Refusal::Stale { limit, got });
            }
        }
        if self.needs_book {
            match (view.bid, view.ask) {
                (Some(bid), Some(ask)) if bid >= ask => return Some(Refusal::CrossedBook { bid, ask }),
                (Some(_), Some(_)) => {}
                _ => return Some(Refusal::EmptyBook),
            }
        }
        let doubt = view.doubt.filter(|_| intent.qty > closable(intent.side, view))?;
        Some(match doubt {
            Doubt::Print { price, usual } => Refusal::SuspectPrint { price, usual },
            Doubt::Spread { got, usual, times_max } => Refusal::WideSpread { got, usual, times_max },
        })
    }
}

fn is_well_formed(proposal: &Proposal) -> bool {
    let kind = &proposal.intent.kind;
    let callback_fits = match kind {
        OrderKind::TrailingStop { callback, .. } => *callback > Rate::ZERO && callback.get() < Rate::ONE,
        _ => true,
    };
    callback_fits && (!proposal.intent.post_only || kind.limit().is_some())
}
