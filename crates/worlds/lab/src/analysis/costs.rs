//! Where the money went. For each fill the difference to the middle of the touch at the decision falls apart into
//!
//! - spread: half the spread at the decision, paid by a taker (and earned by a maker, as far as the limit stood away
//!   from the middle);
//! - slippage: from the touch at the decision to the first price of the order at the venue (of a conditional order:
//!   from its trigger);
//! - impact: from that first price to worse ones of the same order in the same instant.
//!
//! They add up, with fees, funding and liquidation fees, to the difference between the net result and the result had
//! every order been filled at the middle when it was decided.

use super::Ended;
use crate::outcome::{FillLine, OrderLine};
use scalp_report::data::Costs;
use scalp_types::{Instrument, Liquidity, Money, OrderId, OrderKind, Price, Qty, Side, Timestamp};

/// The waterfall of a run, in the page's asset.
pub fn costs(run: &Ended<'_>) -> Costs {
    let (mut spread, mut slippage, mut impact) = (Money::ZERO, Money::ZERO, Money::ZERO);
    let mut first: Option<(OrderId, Timestamp, Price)> = None;
    for fill in &run.outcome.fills {
        let instrument = run.instruments.get(fill.instrument);
        if instrument.settle != run.asset {
            continue;
        }
        let Some(order) = run.outcome.order(fill.order) else { continue };
        let same = first.filter(|it| it.0 == fill.order && it.1 == fill.at);
        let first_price = same.map_or(fill.fill.price, |it| it.2);
        first = Some((fill.order, fill.at, first_price));
        let parts = split(instrument, order, fill, first_price);
        spread += parts.spread;
        slippage += parts.slippage;
        impact += parts.impact;
    }
    let fees = run.outcome.fees(run.asset);
    let settles = |id| run.instruments.get(id).settle == run.asset;
    let (funding, liquidation) = run.outcome.funding_and_liquidation(settles);
    let net = run.closing - run.opening;
    let taken_over = run.outcome.taken_over(run.asset);
    let gross = net + fees + spread + slippage + impact - funding + liquidation - taken_over;
    Costs {
        gross: gross.to_f64(),
        fees: fees.to_f64(),
        spread: spread.to_f64(),
        slippage: slippage.to_f64(),
        impact: impact.to_f64(),
        funding: (-funding).to_f64(),
        liquidation: liquidation.to_f64(),
        taken_over: (-taken_over).to_f64(),
        net: net.to_f64(),
    }
}

#[derive(Default)]
struct Parts {
    spread: Money,
    slippage: Money,
    impact: Money,
}

fn split(instrument: &Instrument, order: &OrderLine, fill: &FillLine, first_price: Price) -> Parts {
    let (side, qty) = (fill.fill.side, fill.fill.qty);
    let Some((bid, ask)) = reference(order, first_price) else { return Parts::default() };
    // Half a spread is not always whole ticks: the middle is worth half of what bid and ask are worth together.
    let half = |from: Price, to: Price| Money::new(worse(instrument, side, from, to, qty).get() / 2);
    let touch = if side == Side::Buy { ask } else { bid };
    let other = if side == Side::Buy { bid } else { ask };
    let half_spread = half(other, touch);
    match fill.fill.liquidity {
        Liquidity::Taker => Parts {
            spread: half_spread,
            slippage: worse(instrument, side, touch, first_price, qty),
            impact: worse(instrument, side, first_price, fill.fill.price, qty),
        },
        // A maker fills at its limit: everything is distance from the middle, most of it earned.
        Liquidity::Maker => Parts {
            spread: half_spread + worse(instrument, side, touch, fill.fill.price, qty),
            ..Parts::default()
        },
    }
}

/// What a fill is compared with: the touch at the decision; the trigger of a conditional order, because how far the
/// market went until then is no cost; the first fill of a trailing stop, whose trigger moves.
pub(super) fn reference(order: &OrderLine, first_price: Price) -> Option<(Price, Price)> {
    match order.request.kind {
        OrderKind::TrailingStop { .. } => Some((first_price, first_price)),
        kind => kind.trigger().map(|trigger| (trigger, trigger)).or(order.arrival),
    }
}

/// What it costs to trade at `to` instead of `from`: positive when it is worse for that side.
fn worse(instrument: &Instrument, side: Side, from: Price, to: Price, qty: Qty) -> Money {
    match side {
        Side::Buy => instrument.profit(from, to, qty),
        Side::Sell => instrument.profit(to, from, qty),
    }
}
