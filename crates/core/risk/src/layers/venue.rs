//! The venue's filters and the number of open orders, checked before the venue has to.

use super::size::worth;
use super::{Proposal, RiskLayer, Verdict};
use crate::config::InstrumentLimits;
use crate::refusal::Refusal;
use crate::view::RiskView;
use scalp_types::{OrderKind, Price, Rate, Side};

/// Price range, percent-price band, smallest and largest size, smallest value, most open orders. Tick and lot need
/// no check: prices and sizes are counted in them.
#[derive(Debug)]
pub struct VenueLayer<'a> {
    /// The instrument's limits.
    pub limits: &'a InstrumentLimits,
    /// Most orders over all instruments.
    pub open_orders_max: Option<u32>,
}

impl RiskLayer for VenueLayer<'_> {
    fn review(&self, proposal: &Proposal, view: &RiskView<'_>) -> Verdict {
        let refusal = open_orders(self, proposal, view)
            .or_else(|| prices(proposal, view))
            .or_else(|| sizes(proposal, view));
        refusal.map_or(Verdict::Allow, Verdict::Refuse)
    }
}

fn open_orders(layer: &VenueLayer<'_>, proposal: &Proposal, view: &RiskView<'_>) -> Option<Refusal> {
    if proposal.is_amend {
        return None;
    }
    let here = view.exposure.orders;
    let full = |limit: Option<u32>, got: u32| {
        limit.filter(|it| got >= *it).map(|limit| Refusal::OpenOrders { limit, got })
    };
    full(layer.limits.open_orders_max, here)
        .or_else(|| full(view.instrument.filters.open_orders_max, here))
        .or_else(|| full(layer.open_orders_max, view.orders_total))
}

fn prices(proposal: &Proposal, view: &RiskView<'_>) -> Option<Refusal> {
    let (kind, filters) = (&proposal.intent.kind, &view.instrument.filters);
    if filters.price_min.is_some() || filters.price_max.is_some() {
        let activation = match kind {
            OrderKind::TrailingStop { activation, .. } => *activation,
            _ => None,
        };
        for price in [kind.limit(), kind.trigger(), activation].into_iter().flatten() {
            let low = filters.price_min.is_some_and(|it| price < it);
            let high = filters.price_max.is_some_and(|it| price > it);
            if low || high {
                return Some(Refusal::VenuePrice { price });
            }
        }
    }
    let (price, mark) = (kind.limit()?, view.mark?);
    let outside = match proposal.intent.side {
        Side::Buy => filters.percent_up.is_some_and(|up| is_above(price, mark, up)),
        Side::Sell => filters.percent_down.is_some_and(|down| is_below(price, mark, down)),
    };
    outside.then_some(Refusal::VenuePercent { price, mark })
}

fn is_above(price: Price, mark: Price, rate: Rate) -> bool {
    i128::from(price.get()) * i128::from(Rate::ONE) > i128::from(mark.get()) * i128::from(rate.get())
}

fn is_below(price: Price, mark: Price, rate: Rate) -> bool {
    i128::from(price.get()) * i128::from(Rate::ONE) < i128::from(mark.get()) * i128::from(rate.get())
}

fn sizes(proposal: &Proposal, view: &RiskView<'_>) -> Option<Refusal> {
    let (intent, filters) = (&proposal.intent, &view.instrument.filters);
    let got = intent.qty;
    if got < filters.qty_min {
        return Some(Refusal::VenueQtyMin { limit: filters.qty_min, got });
    }
    let largest = if intent.kind.limit().is_some() { filters.qty_max } else { filters.market_qty_max };
    if let Some(limit) = largest.or(filters.qty_max).filter(|it| got > *it) {
        return Some(Refusal::VenueQtyMax { limit, got });
    }
    let limit = filters.notional_min.filter(|_| !intent.reduce_only)?;
    let got = worth(view.instrument, proposal.reference(view)?, got);
    (got < limit).then_some(Refusal::VenueNotional { limit, got })
}
