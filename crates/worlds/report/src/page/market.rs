//! The price with our orders and fills, the closed trades as dots, costs and fill quality.

use crate::candles as drawn;
use crate::data::{FillQuality, FillRow, OrderRow, PriceBars, ReportData, TradeRow, Unit};
use crate::document::{Document, NEEDS_SCRIPT};
use crate::plot::{Axis, DOTS_MAX, Dot, scatter, waterfall};
use crate::series::{self, FILLS_MAX, ORDERS_MAX};
use crate::text::{duration, escape, in_unit, number, share, value};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

/// Ticks of holding times, seconds.
const HELD_STOPS: [f64; 15] = [
    0.001,
    0.01,
    0.1,
    1.0,
    10.0,
    60.0,
    600.0,
    3_600.0,
    21_600.0,
    86_400.0,
    604_800.0,
    2_592_000.0,
    7_776_000.0,
    31_536_000.0,
    315_360_000.0,
];

/// How a price chart is moved.
const HOW_TO_MOVE: &str = "Turn the wheel to zoom, drag to move; pinch and drag by touch.";
/// What stands for candles that are too many.
const LINE: &str = "Where candles have no room a line joins their closes.";
/// More fills in sight than these are small squares: `FILLS_SHAPED` in `page.js`.
const FILLS_SHAPED: usize = 1_500;

/// The price with the run's orders and fills.
pub fn price(doc: &mut Document, data: &ReportData) {
    candles(doc, data, "", "Price and fills");
}

/// The price chart, one instrument at a time, with what is drawn on it; `before` stands above it.
pub fn candles(doc: &mut Document, data: &ReportData, before: &str, heading: &'static str) {
    let charts: Vec<(Json, String)> = data.prices.iter().filter_map(|bars| pack(bars, data)).collect();
    if charts.is_empty() {
        let bars: usize = data.prices.iter().map(|it| it.at_ns.len()).sum();
        let why = match bars {
            0 => "No prices were recorded for a chart.".to_owned(),
            1 => "The one bar that was recorded lacks a price: there is no chart.".to_owned(),
            _ => format!(
                "Each of the {} recorded bars lacks a price: there is no chart.",
                number(bars as f64, 0)
            ),
        };
        doc.section("price", heading, &format!("<p class=\"note\">{why}</p>"));
        return;
    }
    let most = |of: &dyn Fn(&Json) -> usize| charts.iter().map(|it| of(&it.0)).max().unwrap_or(0);
    let fills = most(&|it| it["fills"]["kind"].as_str().map_or(0, str::len));
    let orders = most(&|it| it["orders"]["side"].as_str().map_or(0, str::len));
    let mut tools = String::from("<div class=\"tools\">");
    if charts.len() > 1 {
        tools.push_str("<label style=\"margin:0\">Instrument <select data-instrument>");
        for (index, (json, _)) in charts.iter().enumerate() {
            let _ = write!(
                tools,
                "<option value=\"{index}\">{}</option>",
                escape(json["n"].as_str().unwrap_or_default())
            );
        }
        tools.push_str("</select></label>");
    }
    let has = |key: &str| charts.iter().any(|it| it.0[key].as_array().is_some_and(|it| !it.is_empty()));
    let marked = charts.iter().any(|it| it.0["marks"]["at"].as_array().is_some_and(|it| !it.is_empty()));
    let switches = [
        ("fills", "Fills", fills > 0),
        ("orders", "Orders", orders > 0),
        ("overlays", "Curves", has("overlays")),
        ("marks", "Candlestick patterns", marked),
        ("figures", "Chart patterns", has("figures")),
    ];
    for (key, name, _) in switches.iter().filter(|it| it.2) {
        let _ = write!(tools, "<label><input type=\"checkbox\" data-show=\"{key}\" checked> {name}</label>");
    }
    tools.push_str("</div>");
    let notes: Vec<String> = charts
        .iter()
        .map(|(json, note)| {
            let name = json["n"].as_str().unwrap_or_default();
            if charts.len() > 1 { format!("{name}: {note}") } else { note.clone() }
        })
        .collect();
    let title = if charts.len() == 1 {
        charts[0].0["n"].as_str().unwrap_or_default().to_owned()
    } else {
        "Price".into()
    };
    let mut meaning = String::new();
    if charts.iter().any(|it| it.0["h"].is_object()) {
        let _ = write!(meaning, " {LINE}");
    }
    if fills > 0 {
        meaning.push_str(
            " A triangle is a fill: \u{25b2}\u{a0}buy, \u{25bc}\u{a0}sell; filled taker, hollow maker.",
        );
    }
    if fills > FILLS_SHAPED {
        let most = number(FILLS_SHAPED as f64, 0);
        let _ =
            write!(meaning, " Of more than {most} in sight each is a small square, blue buy, orange sell.");
    }
    if orders > 0 {
        meaning.push_str(" A level line is an order from sending to its end.");
    }
    meaning.push_str(&drawn::legend(charts.iter().map(|it| &it.0)));
    let out = format!(
        "<p class=\"note\">{HOW_TO_MOVE}{meaning}</p>{before}{tools}\
         <figure class=\"chart price\"><figcaption><h3>{}</h3><span class=\"note\">{}</span></figcaption>\
         <div class=\"holder\" data-price tabindex=\"0\" role=\"img\" aria-label=\"Price chart of candles\">{NEEDS_SCRIPT}</div></figure>{}",
        escape(&title),
        escape(&notes.join(" ")),
        drawn::boxes(&charts[0].0),
    );
    doc.prices = charts.into_iter().map(|d| d.0).collect();
    doc.section("price", heading, &out);
}

/// One instrument's chart, and a sentence about what it holds.
fn pack(bars: &PriceBars, data: &ReportData) -> Option<(Json, String)> {
    let (joined, in_one, groups) = series::join_bars(bars);
    if joined.close.is_empty() {
        return None;
    }
    let decimals = i32::from(bars.decimals.min(10));
    let column = |values: &[f64]| series::pack(values.iter().copied().map(Some), decimals);
    let mut note = counted_in_words(joined.close.len(), "bar");
    if in_one > 1 {
        let _ = write!(note, ", each joining {in_one} recorded ones");
    }
    let fills: Vec<&FillRow> =
        data.fills.iter().filter(|f| f.instrument == bars.instrument && f.price.is_finite()).collect();
    let orders: Vec<&OrderRow> = data
        .orders
        .iter()
        .filter(|o| o.instrument == bars.instrument && o.price.is_some_and(f64::is_finite))
        .collect();
    let (fill_step, order_step) =
        (fills.len().div_ceil(FILLS_MAX).max(1), orders.len().div_ceil(ORDERS_MAX).max(1));
    if !fills.is_empty() || !orders.is_empty() || !data.run.strategy.is_empty() {
        let _ = write!(note, ", {}{}", counted_in_words(fills.len(), "fill"), every(fill_step));
        let _ = write!(note, ", {}{}", counted_in_words(orders.len(), "priced order"), every(order_step));
    }
    note.push('.');
    let mut json = json!({
        "n": bars.instrument, "decimals": decimals,
        "x": series::pack_times(&joined.at_ns), "c": column(&joined.close),
        "fills": pack_fills(fills.into_iter().step_by(fill_step), decimals),
        "orders": pack_orders(orders.into_iter().step_by(order_step), decimals),
    });
    if !joined.open.is_empty() {
        json["o"] = column(&joined.open);
        json["h"] = column(&joined.high);
        json["l"] = column(&joined.low);
    }
    note.push_str(&drawn::pack(&mut json, bars, &groups, joined.close.len()));
    Some((json, note))
}

/// `1 bar`, `2,000 bars`.
fn counted_in_words(count: usize, one: &str) -> String {
    format!("{} {one}{}", number(count as f64, 0), if count == 1 { "" } else { "s" })
}

fn every(step: usize) -> String {
    if step > 1 { format!(" (one of {step} is drawn)") } else { String::new() }
}

fn pack_fills<'a>(fills: impl Iterator<Item = &'a FillRow>, decimals: i32) -> Json {
    let mut fills: Vec<&FillRow> = fills.collect();
    fills.sort_by_key(|f| f.at_ns);
    let times: Vec<i64> = fills.iter().map(|f| f.at_ns).collect();
    let kind: String = fills
        .iter()
        .map(|f| match (f.buy, f.maker) {
            (true, true) => 'b',
            (true, false) => 'B',
            (false, true) => 's',
            (false, false) => 'S',
        })
        .collect();
    json!({ "x": series::pack_times(&times), "y": series::pack(fills.iter().map(|f| Some(f.price)), decimals), "kind": kind })
}

fn pack_orders<'a>(orders: impl Iterator<Item = &'a OrderRow>, decimals: i32) -> Json {
    let mut orders: Vec<&OrderRow> = orders.collect();
    orders.sort_by_key(|o| o.sent_ns);
    let times: Vec<i64> = orders.iter().map(|o| o.sent_ns).collect();
    let millis: Vec<i64> =
        orders.iter().map(|o| o.ended_ns.saturating_sub(o.sent_ns).max(0) / 1_000_000).collect();
    let side: String = orders.iter().map(|o| if o.buy { 'b' } else { 's' }).collect();
    json!({
        "x": series::pack_times(&times), "u": 1, "len": millis, "side": side,
        "y": series::pack(orders.iter().map(|o| o.price), decimals),
    })
}

/// Closed trades as dots.
pub fn trades(doc: &mut Document, data: &ReportData) {
    let trades = &data.trades;
    if trades.is_empty() {
        doc.section("trades", "Trades", "<p class=\"note\">No trade was closed.</p>");
        return;
    }
    let money = |v: f64| number(v, if v.abs() >= 100.0 { 0 } else { 2 });
    let hold = |v: f64| duration(v).replace(".0\u{a0}", "\u{a0}");
    let size = |v: f64| {
        let text = number(v, if v >= 100.0 { 0 } else { 6 });
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    };
    let part = |v: f64| format!("{} %", number(v * 100.0, 2));
    let profit = Axis { title: "", log: false, zero: true, stops: &[], label: &money };
    let dots = |x: &dyn Fn(&TradeRow) -> Option<f64>, y: &dyn Fn(&TradeRow) -> Option<f64>| {
        trades
            .iter()
            .filter_map(|t| Some(Dot { x: x(t)?, y: y(t)?, gain: t.profit > 0.0 }))
            .collect::<Vec<_>>()
    };
    let mut out = format!(
        "<p class=\"note\">Profit in {} after costs; blue gained, orange lost.{}</p><div class=\"cols3\">",
        escape(&data.run.currency),
        if trades.len() > DOTS_MAX {
            format!(" One of {} trades is drawn.", trades.len().div_ceil(DOTS_MAX))
        } else {
            String::new()
        }
    );
    let held = |t: &TradeRow| Some(t.closed_ns.saturating_sub(t.opened_ns).max(1_000_000) as f64 / 1e9);
    let drawings = [
        (
            "Profit by holding time",
            scatter(
                &dots(&held, &|t| Some(t.profit)),
                &Axis { title: "Time held", log: true, zero: false, stops: &HELD_STOPS, label: &hold },
                &profit,
                "Profit of each trade against the time it was held",
            ),
        ),
        (
            "Profit by size",
            scatter(
                &dots(&|t| Some(t.qty.abs()), &|t| Some(t.profit)),
                &Axis { title: "Size", log: false, zero: true, stops: &[], label: &size },
                &profit,
                "Profit of each trade against its size",
            ),
        ),
        (
            "Best against worst moment",
            scatter(
                &dots(&|t| t.mae, &|t| t.mfe),
                &Axis {
                    title: "Largest open loss while held (MAE)",
                    log: false,
                    zero: true,
                    stops: &[],
                    label: &part,
                },
                &Axis { title: "", log: false, zero: true, stops: &[], label: &part },
                "Largest open gain of each trade against its largest open loss",
            ),
        ),
    ];
    for (name, drawing) in drawings {
        let body =
            if drawing.is_empty() { "<p class=\"note\">Not recorded.</p>".to_owned() } else { drawing };
        let _ = write!(
            out,
            "<div><h3>{name}{}</h3>{body}</div>",
            if name.starts_with("Best") { " (MFE against MAE)" } else { "" }
        );
    }
    out.push_str("</div>");
    doc.section("trades", "Trades", &out);
}

/// Cost waterfall and fill quality.
pub fn costs_and_fills(doc: &mut Document, data: &ReportData) {
    let costs = match &data.costs {
        Some(costs) => waterfall(costs, data.run.decimals),
        None => "<p class=\"note\">Costs were not attributed.</p>".into(),
    };
    let fills = match &data.fill_quality {
        Some(quality) => fill_quality(quality, data.run.decimals),
        None => "<p class=\"note\">Fill quality was not measured.</p>".into(),
    };
    let out = format!(
        "<div class=\"cols\"><div><h3>Where the money went{}</h3>{costs}</div><div><h3>How orders were filled</h3>{fills}</div></div>",
        if data.run.currency.is_empty() {
            String::new()
        } else {
            format!(", {}", escape(&data.run.currency))
        }
    );
    doc.section("costs", "Costs and fills", &out);
}

fn fill_quality(quality: &FillQuality, decimals: u8) -> String {
    let mut out = String::from("<table><caption>Orders by how they ended</caption><tbody>");
    let of = quality.orders.max(1) as f64;
    for (name, count) in [
        ("Sent", quality.orders),
        ("Filled whole", quality.filled),
        ("Filled in part", quality.partly),
        ("Ended without a fill", quality.unfilled),
        ("Rejected by the venue", quality.rejected),
    ] {
        let part = count as f64 / of;
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{name}</th><td>{}</td><td>{}<span class=\"share\" aria-hidden=\"true\"><i style=\"width:{:.0}%\"></i></span></td></tr>",
            number(count as f64, 0),
            if quality.orders == 0 { "\u{2013}".into() } else { share(part) },
            (part * 100.0).clamp(0.0, 100.0)
        );
    }
    let _ = write!(
        out,
        "<tr><th scope=\"row\">Refused by our own risk gate</th><td>{}</td><td></td></tr>\
         <tr><th scope=\"row\">Fill ratio (size)</th><td colspan=\"2\">{}</td></tr><tr><th scope=\"row\">Maker share (notional)</th><td colspan=\"2\">{}</td></tr></tbody></table>",
        number(quality.refused as f64, 0),
        escape(&value(&quality.fill_ratio, Unit::Share, decimals)),
        escape(&value(&quality.maker_share, Unit::Share, decimals)),
    );
    if !quality.timings.is_empty() {
        out.push_str("<table style=\"margin-top:14px\"><caption>Times and distances</caption><thead><tr><th class=\"l\" scope=\"col\"></th><th scope=\"col\">Median</th><th scope=\"col\">90 %</th><th scope=\"col\">99 %</th><th scope=\"col\">Most</th></tr></thead><tbody>");
        for timing in &quality.timings {
            let _ = write!(out, "<tr><th scope=\"row\">{}</th>", escape(&timing.name));
            match timing.quantiles.filter(|q| q.count > 0) {
                Some(q) => {
                    for v in [q.p50, q.p90, q.p99, q.max] {
                        let _ = write!(out, "<td>{}</td>", in_unit(v, timing.unit, decimals));
                    }
                }
                None => out.push_str("<td class=\"why\" colspan=\"4\">nothing measured</td>"),
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table>");
    }
    out.push_str(&counted("Rejects and refusals by reason", &quality.rejects));
    out.push_str(&counted("Messages that could not be, by kind", &quality.faults));
    out.push_str(&counted("Prints judged wrong, by instrument", &quality.wrong_prints));
    out
}

/// A table of counts; nothing for none.
fn counted(title: &str, counts: &[(String, u64)]) -> String {
    if counts.is_empty() {
        return String::new();
    }
    let mut out = format!("<table style=\"margin-top:14px\"><caption>{}</caption><tbody>", escape(title));
    for (name, count) in counts {
        let (name, count) = (escape(name), number(*count as f64, 0));
        let _ = write!(out, "<tr><th scope=\"row\">{name}</th><td>{count}</td></tr>");
    }
    out.push_str("</tbody></table>");
    out
}
