//! How orders were filled, and how long it took.

use super::Ended;
use crate::outcome::{FillLine, OrderLine};
use crate::summary::{fault_kinds, label};
use scalp_quant::tails::quantile;
use scalp_report::data::{FillQuality, Quantiles, Timing, Unit, Value};
use scalp_types::{Liquidity, OrderStatus, Side, Span};
use std::collections::{BTreeMap, HashSet};

/// Fill quality over all orders of a run.
pub fn fill_quality(run: &Ended<'_>) -> FillQuality {
    let orders = &run.outcome.orders;
    let is = |status: OrderStatus| orders.iter().filter(|it| it.status == status).count() as u64;
    let ended_early = |it: &&OrderLine| matches!(it.status, OrderStatus::Cancelled | OrderStatus::Expired);
    let partly = orders.iter().filter(ended_early).filter(|it| !it.filled.is_zero()).count() as u64;
    let unfilled = orders.iter().filter(ended_early).filter(|it| it.filled.is_zero()).count() as u64;
    let mut rejects: BTreeMap<String, u64> = BTreeMap::new();
    for reason in orders.iter().filter_map(|it| it.rejected) {
        *rejects.entry(format!("venue: {reason}")).or_default() += 1;
    }
    for (name, count) in &run.outcome.refused {
        rejects.insert(format!("risk gate: {name}"), *count);
    }
    let mut rejects: Vec<(String, u64)> = rejects.into_iter().collect();
    rejects.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    FillQuality {
        orders: orders.len() as u64,
        filled: is(OrderStatus::Filled),
        partly,
        unfilled,
        rejected: is(OrderStatus::Rejected),
        refused: run.outcome.refused.values().sum(),
        fill_ratio: fill_ratio(run),
        maker_share: maker_share(run),
        timings: timings(run),
        rejects,
        faults: fault_kinds(&run.outcome.faults)
            .into_iter()
            .map(|(kind, n)| (in_words(kind).into(), n))
            .collect(),
        wrong_prints: run
            .outcome
            .wrong_prints
            .iter()
            .map(|(id, n)| (label(run.instruments, run.instruments.get(*id)), *n))
            .collect(),
    }
}

/// What a kind of fault means.
fn in_words(kind: &str) -> &str {
    match kind {
        "unknown_instrument" => "about an instrument of another run",
        "unknown_order" => "an answer about an order that is not ours",
        "duplicate_fill" => "a fill that was known already",
        "ledger" => "a fill or payment that could not be booked",
        "genesis" => "a second beginning",
        "unanswered" => "a question that the venue never answered",
        "unreconciled" => "a difference from the venue's books that no lost message explains",
        other => other,
    }
}

fn fill_ratio(run: &Ended<'_>) -> Value {
    let (mut ordered, mut filled) = (0.0, 0.0);
    for it in &run.outcome.orders {
        let instrument = run.instruments.get(it.request.instrument);
        ordered += instrument.qty_f64(it.request.qty);
        filled += instrument.qty_f64(it.filled);
    }
    if ordered > 0.0 { Value::Known(filled / ordered) } else { Value::Missing("no order was sent".into()) }
}

fn maker_share(run: &Ended<'_>) -> Value {
    let value =
        |it: &&FillLine| run.instruments.get(it.instrument).value(it.fill.price, it.fill.qty).to_f64();
    let all: f64 = run.outcome.fills.iter().map(|it| value(&it)).sum();
    let maker = |it: &&FillLine| it.fill.liquidity == Liquidity::Maker;
    let made: f64 = run.outcome.fills.iter().filter(maker).map(|it| value(&it)).sum();
    if all > 0.0 { Value::Known((made / all).max(0.0)) } else { Value::Missing("nothing was filled".into()) }
}

fn timings(run: &Ended<'_>) -> Vec<Timing> {
    let seconds = |span: Span| span.as_secs_f64();
    let orders = &run.outcome.orders;
    let entry = orders.iter().filter_map(|it| Some(seconds(it.accepted_at? - it.sent_at)));
    let answer = orders.iter().filter_map(|it| Some(seconds(it.heard_at? - it.sent_at)));
    let mut queue = Vec::new();
    let mut slip = Vec::new();
    let mut seen = HashSet::new();
    for fill in &run.outcome.fills {
        let Some(order) = run.outcome.order(fill.order).filter(|_| seen.insert(fill.order)) else { continue };
        match (fill.fill.liquidity, order.accepted_at, order.arrival) {
            (Liquidity::Maker, Some(accepted), _) => queue.push(seconds(fill.at - accepted)),
            (Liquidity::Taker, _, Some((bid, ask))) if !order.request.kind.is_conditional() => {
                let middle = (bid.get() as f64 + ask.get() as f64) / 2.0;
                let paid = fill.fill.price.get() as f64 - middle;
                let sign = if fill.fill.side == Side::Buy { 1.0 } else { -1.0 };
                slip.push(sign * paid / middle * 1e4);
            }
            _ => {}
        }
    }
    vec![
        timing("decision to venue", Unit::Seconds, entry.collect()),
        timing("decision to answer", Unit::Seconds, answer.collect()),
        timing("in the queue before the first fill (maker)", Unit::Seconds, queue),
        timing("first fill against the middle at the decision (taker)", Unit::BasisPoints, slip),
    ]
}

fn timing(name: &str, unit: Unit, values: Vec<f64>) -> Timing {
    let at = |share| quantile(&values, share).ok();
    let quantiles = (|| {
        let (p50, p90, p99, max) = (at(0.5)?, at(0.9)?, at(0.99)?, at(1.0)?);
        Some(Quantiles { p50, p90, p99, max, count: values.len() as u64 })
    })();
    Timing { name: name.into(), unit, quantiles }
}
