//! The first rows of trades, orders and fills.

use crate::data::{PriceBars, ReportData};
use crate::document::{Document, TABLE_ROWS_MAX};
use crate::text::{duration, number, percent, signed, time};

/// Decimals of sizes; trailing zeros are cut.
const SIZE_DECIMALS: usize = 8;

/// Tables of trades, orders and fills.
pub fn tables(doc: &mut Document, data: &ReportData) {
    let fine = doc.fine;
    let money = usize::from(data.run.decimals);
    let price = |instrument: &str, value: f64| number(value, decimals_of(&data.prices, instrument));
    let share =
        |v: Option<f64>| v.map_or("\u{2013}".into(), |v| percent(v).trim_start_matches('+').to_owned());
    let trades: Vec<Vec<String>> = data
        .trades
        .iter()
        .take(TABLE_ROWS_MAX)
        .map(|t| {
            vec![
                time(t.opened_ns, fine),
                time(t.closed_ns, fine),
                t.instrument.clone(),
                if t.long { "long" } else { "short" }.into(),
                size(t.qty),
                price(&t.instrument, t.entry),
                price(&t.instrument, t.exit),
                signed(t.profit, money),
                number(t.fees, money),
                duration(t.closed_ns.saturating_sub(t.opened_ns) as f64 / 1e9),
                share(t.mae),
                share(t.mfe),
                t.reason.clone(),
            ]
        })
        .collect();
    let mut out = doc.table(
        "Closed trades",
        &[
            ("Opened", true),
            ("Closed", true),
            ("Instrument", true),
            ("Side", true),
            ("Size", false),
            ("Entry", false),
            ("Exit", false),
            ("Profit", false),
            ("Fees", false),
            ("Held", false),
            ("MAE", false),
            ("MFE", false),
            ("Closed by", true),
        ],
        &trades,
        data.trades.len(),
    );
    let orders: Vec<Vec<String>> = data
        .orders
        .iter()
        .take(TABLE_ROWS_MAX)
        .map(|o| {
            vec![
                time(o.sent_ns, fine),
                o.id.clone(),
                o.instrument.clone(),
                side(o.buy),
                o.kind.clone(),
                o.price.map_or("\u{2013}".into(), |p| price(&o.instrument, p)),
                size(o.qty),
                size(o.filled),
                o.status.clone(),
                duration(o.ended_ns.saturating_sub(o.sent_ns) as f64 / 1e9),
                o.reason.clone(),
            ]
        })
        .collect();
    out.push_str(&doc.table(
        "Orders",
        &[
            ("Sent", true),
            ("Id", true),
            ("Instrument", true),
            ("Side", true),
            ("Kind", true),
            ("Price", false),
            ("Size", false),
            ("Filled", false),
            ("Ended", true),
            ("After", false),
            ("Sent because", true),
        ],
        &orders,
        data.orders.len(),
    ));
    let fills: Vec<Vec<String>> = data
        .fills
        .iter()
        .take(TABLE_ROWS_MAX)
        .map(|f| {
            vec![
                time(f.at_ns, true),
                f.instrument.clone(),
                side(f.buy),
                price(&f.instrument, f.price),
                size(f.qty),
                number(f.fee, money),
                if f.maker { "maker" } else { "taker" }.into(),
            ]
        })
        .collect();
    out.push_str(&doc.table(
        "Fills",
        &[
            ("Time", true),
            ("Instrument", true),
            ("Side", true),
            ("Price", false),
            ("Size", false),
            ("Fee", false),
            ("As", true),
        ],
        &fills,
        data.fills.len(),
    ));
    if !data.files.is_empty() {
        out.push_str(
            "<p class=\"note\">Every row of these tables is in the files named under Conditions.</p>",
        );
    }
    doc.section("tables", "Trades, orders, fills", &out);
}

fn side(buy: bool) -> String {
    if buy { "buy" } else { "sell" }.into()
}

fn size(value: f64) -> String {
    let text = number(value, SIZE_DECIMALS);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

fn decimals_of(prices: &[PriceBars], instrument: &str) -> usize {
    prices.iter().find(|p| p.instrument == instrument).map_or(SIZE_DECIMALS / 2, |p| usize::from(p.decimals))
}
