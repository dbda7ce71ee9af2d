//! Orders, fills, round trips and prices as the page lists and draws them.

use super::Ended;
use crate::features;
use crate::outcome::{OrderLine, TripLine};
use scalp_config::IndicatorList;
use scalp_ledger::RoundTrip;
use scalp_report::candles::Drawn;
use scalp_report::data::{FillRow, OrderRow, PriceBars, TradeRow};
use scalp_types::{Instrument, Liquidity, Money, OrderKind, OrderStatus, Qty, Reason, Side, TimeInForce};

fn label(run: &Ended<'_>, it: &Instrument) -> String {
    crate::summary::label(run.instruments, it)
}

/// The orders, in the order of sending.
pub fn order_rows(run: &Ended<'_>) -> Vec<OrderRow> {
    run.outcome.orders.iter().map(|it| order_row(run, it)).collect()
}

fn order_row(run: &Ended<'_>, it: &OrderLine) -> OrderRow {
    let instrument = run.instruments.get(it.request.instrument);
    let price = it.request.kind.limit().or(it.request.kind.trigger());
    OrderRow {
        id: it.request.id.to_string(),
        instrument: label(run, instrument),
        buy: it.request.side == Side::Buy,
        sent_ns: it.sent_at.nanos(),
        ended_ns: it.ended_at.unwrap_or(run.last_at).nanos(),
        kind: kind_in_words(it),
        price: price.map(|price| instrument.price_f64(price)),
        qty: instrument.qty_f64(it.request.qty),
        filled: instrument.qty_f64(it.filled),
        status: status_in_words(it),
        reason: reason_in_words(Some(it.reason)).into(),
    }
}

/// `limit, post only`.
pub fn kind_in_words(it: &OrderLine) -> String {
    let mut words = vec![match it.request.kind {
        OrderKind::Market => "market",
        OrderKind::Limit { .. } => "limit",
        OrderKind::StopMarket { .. } => "stop",
        OrderKind::StopLimit { .. } => "stop limit",
        OrderKind::TakeProfitMarket { .. } => "take profit",
        OrderKind::TakeProfitLimit { .. } => "take profit limit",
        OrderKind::TrailingStop { .. } => "trailing stop",
    }];
    words.extend(match it.request.time_in_force {
        TimeInForce::Gtc => None,
        TimeInForce::Ioc => Some("immediate or cancel"),
        TimeInForce::Fok => Some("fill or kill"),
        TimeInForce::Gtd(_) => Some("good till date"),
    });
    words.extend(it.request.post_only.then_some("post only"));
    words.extend(it.request.reduce_only.then_some("reduce only"));
    words.join(", ")
}

/// `rejected: post-only order would take`.
pub fn status_in_words(it: &OrderLine) -> String {
    match (it.status, it.rejected, it.cancelled) {
        (OrderStatus::Rejected, Some(reason), _) => format!("rejected: {reason}"),
        (OrderStatus::Cancelled, _, Some(reason)) => format!("cancelled: {reason:?}"),
        (status, ..) => format!("{status:?}"),
    }
    .to_lowercase()
}

/// A word for each reason.
pub const fn reason_in_words(reason: Option<Reason>) -> &'static str {
    match reason {
        None => "venue",
        Some(Reason::Signal) => "signal",
        Some(Reason::Quote) => "quote",
        Some(Reason::Exit) => "exit",
        Some(Reason::StopLoss) => "stop loss",
        Some(Reason::TakeProfit) => "take profit",
        Some(Reason::RiskReduction) => "risk reduction",
        Some(Reason::Emergency) => "emergency",
        Some(Reason::Control) => "control",
    }
}

/// The fills, in the order in which they were booked.
pub fn fill_rows(run: &Ended<'_>) -> Vec<FillRow> {
    let row = |it: &crate::outcome::FillLine| {
        let instrument = run.instruments.get(it.instrument);
        FillRow {
            instrument: label(run, instrument),
            buy: it.fill.side == Side::Buy,
            at_ns: it.at.nanos(),
            price: instrument.price_f64(it.fill.price),
            qty: instrument.qty_f64(it.fill.qty),
            fee: it.fill.fee.to_f64(),
            maker: it.fill.liquidity == Liquidity::Maker,
        }
    };
    run.outcome.fills.iter().map(row).collect()
}

/// The round trips in the order of closing, those of the page's asset.
pub fn trade_rows(run: &Ended<'_>) -> Vec<TradeRow> {
    let of_asset =
        run.outcome.trips.iter().filter(|it| run.instruments.get(it.trip.instrument).settle == run.asset);
    let row = |it: &TripLine| {
        let trip = &it.trip;
        let instrument = run.instruments.get(trip.instrument);
        let entry = average(instrument, trip.entry_value, trip.qty);
        let (mae, mfe) = excursions(run, instrument, trip, entry).unzip();
        TradeRow {
            instrument: label(run, instrument),
            long: trip.side == Side::Buy,
            opened_ns: trip.opened_at.nanos(),
            closed_ns: trip.closed_at.nanos(),
            qty: instrument.qty_f64(trip.qty_max),
            entry,
            exit: average(instrument, trip.exit_value, trip.qty),
            profit: it.net().to_f64(),
            fees: trip.fees.to_f64(),
            mae,
            mfe,
            reason: reason_in_words(it.reason).into(),
        }
    };
    of_asset.map(row).collect()
}

/// How far the price went against and for a round trip while it was open, as fractions of its average entry, by the
/// candles of the price trace: as fine as these are.
fn excursions(run: &Ended<'_>, instrument: &Instrument, trip: &RoundTrip, entry: f64) -> Option<(f64, f64)> {
    let trace = run.traces.get(instrument.id);
    let candles = trace.candles();
    let first = candles.partition_point(|it| it.at <= trip.opened_at).saturating_sub(1);
    let last = candles.partition_point(|it| it.at <= trip.closed_at);
    let held = candles.get(first..last).filter(|it| !it.is_empty() && entry > 0.0)?;
    let high = instrument.price_f64(held.iter().map(|it| it.high).max()?);
    let low = instrument.price_f64(held.iter().map(|it| it.low).min()?);
    let (up, down) = ((high / entry - 1.0).max(0.0), (1.0 - low / entry).max(0.0));
    Some(if trip.side == Side::Buy { (down, up) } else { (up, down) })
}

/// The average price of `qty` worth `value`.
fn average(instrument: &Instrument, value: Money, qty: Qty) -> f64 {
    use rust_decimal::prelude::ToPrimitive;
    let size = instrument.qty_f64(qty) * instrument.spec.multiplier.to_f64().unwrap_or(1.0);
    match instrument.spec.contract {
        _ if size == 0.0 || value.is_zero() => 0.0,
        scalp_types::Contract::Inverse => size / value.to_f64(),
        _ => value.to_f64() / size,
    }
}

/// The prices of every instrument, as candles, with the indicators that the configuration names.
pub fn price_bars(run: &Ended<'_>, indicators: &[String]) -> Vec<PriceBars> {
    // What cannot be read was refused with the configuration.
    let list = IndicatorList::read(indicators).ok().flatten();
    let bars = |it: &Instrument| {
        let candles = run.traces.get(it.id).candles();
        let column = |of: fn(&crate::trace::Candle) -> scalp_types::Price| {
            candles.iter().map(|candle| it.price_f64(of(candle))).collect()
        };
        let plain = PriceBars {
            instrument: label(run, it),
            decimals: u8::try_from(it.spec.tick.normalize().scale()).unwrap_or(8),
            at_ns: candles.iter().map(|candle| candle.at.nanos()).collect(),
            open: column(|it| it.open),
            high: column(|it| it.high),
            low: column(|it| it.low),
            close: column(|it| it.close),
            drawn: Drawn::default(),
        };
        let Some(list) = &list else { return plain };
        let of_it: Vec<_> = run.outcome.bars.iter().filter(|bar| bar.0 == it.id).map(|bar| &bar.1).collect();
        features::run::drawn(plain, it, &of_it, list)
    };
    run.instruments.iter().map(bars).collect()
}
