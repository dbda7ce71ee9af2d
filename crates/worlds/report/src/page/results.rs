//! Equity, returns by calendar, risk, and use of the account.

use super::header::interval;
use crate::calendar;
use crate::data::{Controls, Figure, ReportData, Series, Value};
use crate::document::{Document, Line, Look, range_buttons};
use crate::plot::{Axis, Flag, histogram};
use crate::series;
use crate::text::{escape, in_unit, number, unit_of, value};
use std::fmt::Write as _;

/// Equity and drawdown against buy-and-hold and the controls.
pub fn equity(doc: &mut Document, data: &ReportData, equity: &Series) {
    if equity.value.len() < 2 {
        doc.section(
            "equity",
            "Equity",
            "<p class=\"note\">Not enough data for a curve (needs two equity values).</p>",
        );
        return;
    }
    let hold = series::clean(&data.buy_and_hold);
    let bands = band(&data.controls);
    let mut lines = Vec::new();
    if let Some([low, middle, high]) = &bands {
        lines.push(Line {
            name: "Controls 95 %",
            colour: "ref",
            width: 0.0,
            dash: false,
            fill: false,
            series: high,
        });
        lines.push(Line {
            name: "Controls 5 %",
            colour: "ref",
            width: 0.0,
            dash: false,
            fill: false,
            series: low,
        });
        lines.push(Line {
            name: "Controls, median",
            colour: "ref",
            width: 1.0,
            dash: false,
            fill: false,
            series: middle,
        });
    }
    if !hold.value.is_empty() {
        lines.push(Line {
            name: "Buy and hold",
            colour: "mark",
            width: 1.4,
            dash: true,
            fill: false,
            series: &hold,
        });
    }
    lines.push(Line { name: "Strategy", colour: "up", width: 2.0, dash: false, fill: false, series: equity });
    let mut note = String::new();
    if bands.is_some() {
        let _ =
            write!(note, "Band: 5 to 95 % of {} controls. {}", data.controls.runs.len(), data.controls.how);
    }
    let title = format!("Equity, {}", data.run.currency);
    let band_index = bands.is_some().then_some([0, 1]);
    let mut out = String::from(
        "<p class=\"note\">Drag to move, pinch or hold Ctrl and turn the wheel to zoom, double-click for all; with the keyboard: arrows, + and \u{2212}, 0. All charts move together.</p>",
    );
    out.push_str(&range_buttons(data.run.end_ns.saturating_sub(data.run.start_ns)));
    out.push_str(&doc.chart(
        &Look { title: &title, note, unit: "money", height: 340, zero: false, step: false, band: band_index },
        &lines,
    ));
    let fall = series::drawdown(equity);
    let hold_fall = series::drawdown(&hold);
    let mut falls = vec![];
    if !hold.value.is_empty() {
        falls.push(Line {
            name: "Buy and hold",
            colour: "mark",
            width: 1.2,
            dash: true,
            fill: false,
            series: &hold_fall,
        });
    }
    falls.push(Line { name: "Strategy", colour: "down", width: 1.4, dash: false, fill: true, series: &fall });
    out.push_str(&doc.chart(
        &Look {
            title: "Drawdown",
            note: "Fall from the highest equity so far.".into(),
            unit: "percent",
            height: 190,
            zero: true,
            step: false,
            band: None,
        },
        &falls,
    ));
    doc.section("equity", "Equity", &out);
}

/// The 5th, 50th and 95th percentile of the controls at each time; `None` without controls.
fn band(controls: &Controls) -> Option<[Series; 3]> {
    if controls.runs.is_empty() || controls.at_ns.is_empty() {
        return None;
    }
    let mut out: [Series; 3] = Default::default();
    for (index, at) in controls.at_ns.iter().enumerate() {
        let mut values: Vec<f64> =
            controls.runs.iter().filter_map(|r| r.get(index).copied()).filter(|v| v.is_finite()).collect();
        values.sort_unstable_by(f64::total_cmp);
        if values.is_empty() {
            continue;
        }
        for (series, share) in out.iter_mut().zip([0.05, 0.5, 0.95]) {
            series.at_ns.push(*at);
            series.value.push(values[((values.len() - 1) as f64 * share).round() as usize]);
        }
    }
    (out[0].value.len() > 1).then(|| out.map(|s| series::clean(&s)))
}

/// Returns by month, day or hour.
pub fn calendar(doc: &mut Document, equity: &Series) {
    doc.section("returns", "Returns", &calendar::html(equity));
}

/// Risk table, distribution of returns and bootstrap.
pub fn risk(doc: &mut Document, data: &ReportData) {
    let mut out = String::from("<div class=\"cols\"><div>");
    out.push_str(&figure_table("Risk and reward", &data.risk, data.run.decimals));
    out.push_str("</div><div>");
    out.push_str(&distribution(data));
    out.push_str(&bootstrap(data));
    out.push_str("</div></div>");
    doc.section("risk", "Risk", &out);
}

/// A table of figures with intervals and definitions.
fn figure_table(caption: &str, figures: &[Figure], decimals: u8) -> String {
    if figures.is_empty() {
        return format!("<p class=\"note\">{caption}: nothing was measured.</p>");
    }
    let mut out = format!(
        "<table><caption>{caption}</caption><thead><tr><th class=\"l\" scope=\"col\">Figure</th><th scope=\"col\">Value</th></tr></thead><tbody>"
    );
    for figure in figures {
        let shown = match figure.value.get() {
            Some(v) => {
                let range =
                    interval(figure, decimals).map(|i| format!("<br><small>{i}</small>")).unwrap_or_default();
                format!("<td>{}{range}</td>", in_unit(v, unit_of(figure), decimals))
            }
            None => format!("<td class=\"why\">{}</td>", escape(&missing(&figure.value))),
        };
        let note = if figure.note.is_empty() {
            String::new()
        } else {
            format!("<br><small>{}</small>", escape(&figure.note))
        };
        let _ = write!(out, "<tr><th scope=\"row\">{}{note}</th>{shown}</tr>", escape(&figure.name));
    }
    out.push_str("</tbody></table>");
    out
}

fn missing(value: &Value) -> String {
    match value {
        Value::Missing(why) => why.clone(),
        Value::Known(_) => crate::text::NOT_A_NUMBER.into(),
    }
}

fn distribution(data: &ReportData) -> String {
    let returns = &data.returns;
    let mut out =
        format!("<h3>Distribution of returns over {}</h3>", escape(or(&returns.horizon, "one step")));
    if !returns.why.is_empty() {
        let _ = write!(out, "<p class=\"note\">{}</p>", escape(&returns.why));
    }
    let flags: Vec<Flag> = returns
        .tails
        .iter()
        .flat_map(|tail| {
            let level = number(tail.level * 100.0, 0);
            let flag = |value: &Value, name: &str| {
                value
                    .get()
                    .map(|v| Flag { at: -v, text: format!("{name} {level} %: {}", crate::text::percent(-v)) })
            };
            [flag(&tail.value_at_risk, "VaR"), flag(&tail.expected_shortfall, "ES")]
        })
        .flatten()
        .collect();
    let label = |v: f64| format!("{} %", number(v * 100.0, if v.abs() < 0.01 { 2 } else { 1 }));
    let axis = Axis {
        title: "Return (beyond the edges gathered in the outer columns)",
        log: false,
        zero: true,
        stops: &[],
        label: &label,
    };
    let about = format!("Histogram of {} returns over {}", returns.returns.len(), returns.horizon);
    let drawn = histogram(&returns.returns, &flags, &axis, &about);
    if drawn.is_empty() {
        out.push_str("<p class=\"note\">Not enough data for a distribution (needs 2 returns).</p>");
    }
    out.push_str(&drawn);
    if !returns.tails.is_empty() {
        out.push_str("<table><thead><tr><th class=\"l\" scope=\"col\">Level</th><th scope=\"col\">Value at risk</th><th scope=\"col\">Expected shortfall</th></tr></thead><tbody>");
        for tail in &returns.tails {
            let cell = |v: &Value| match v.get() {
                Some(loss) => format!("<td>{}</td>", crate::text::percent(loss).trim_start_matches('+')),
                None => format!("<td class=\"why\">{}</td>", escape(&missing(v))),
            };
            let _ = write!(
                out,
                "<tr><th scope=\"row\">{} % over {}</th>{}{}</tr>",
                number(tail.level * 100.0, 0),
                escape(or(&returns.horizon, "one step")),
                cell(&tail.value_at_risk),
                cell(&tail.expected_shortfall)
            );
        }
        out.push_str("</tbody></table><p class=\"note\">Historical losses as a share of equity: the value at risk was not exceeded in that share of steps; the shortfall is the mean of the rest.</p>");
    }
    out
}

fn bootstrap(data: &ReportData) -> String {
    let Some(bootstrap) = &data.bootstrap else {
        return "<h3>Bootstrap</h3><p class=\"note\">Not enough data for a bootstrap, or none was run.</p>"
            .into();
    };
    let mut out = format!(
        "<h3 style=\"margin-top:18px\">Bootstrap</h3><p class=\"note\">{}</p><table class=\"five\"><thead><tr><th class=\"l\" scope=\"col\">Percentile</th>",
        escape(&bootstrap.how)
    );
    for p in [5, 25, 50, 75, 95] {
        let _ = write!(out, "<th scope=\"col\">{p}</th>");
    }
    out.push_str("</tr></thead><tbody>");
    for row in &bootstrap.rows {
        let _ = write!(out, "<tr><th scope=\"row\">{}", escape(&row.name));
        if row.percentiles.is_some() && !row.note.is_empty() {
            let _ = write!(out, " <span class=\"why\">({})</span>", escape(&row.note));
        }
        out.push_str("</th>");
        match &row.percentiles {
            Some(five) => {
                for v in five {
                    let _ = write!(out, "<td>{}</td>", in_unit(*v, row.unit, data.run.decimals));
                }
            }
            None => {
                let why = escape(or(&row.note, "not defined in enough resamples"));
                let _ = write!(out, "<td class=\"why\" colspan=\"5\">{why}</td>");
            }
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table>");
    for fact in &bootstrap.probabilities {
        let _ = write!(
            out,
            "<p class=\"note\">{}: <strong>{}</strong></p>",
            escape(&fact.name),
            escape(&fact.value)
        );
    }
    out
}

/// Exposure, leverage and margin over time.
pub fn usage(doc: &mut Document, data: &ReportData) {
    let usage = &data.usage;
    let line = |column: &[f64]| series::clean(&Series { at_ns: usage.at_ns.clone(), value: column.to_vec() });
    let (exposure, leverage, margin) = (line(&usage.exposure), line(&usage.leverage), line(&usage.margin));
    let lines: Vec<Line<'_>> = [
        ("Net exposure", "up", &exposure, false),
        ("Leverage (gross)", "ref", &leverage, true),
        ("Margin in use", "mark", &margin, false),
    ]
    .into_iter()
    .filter(|(_, _, series, _)| series.value.len() > 1)
    .map(|(name, colour, series, dash)| Line { name, colour, width: 1.3, dash, fill: false, series })
    .collect();
    if lines.is_empty() {
        doc.section("usage", "Use of the account", "<p class=\"note\">No exposure was recorded.</p>");
        return;
    }
    let look = Look {
        title: "Exposure, leverage and margin",
        note: "As multiples of equity; net exposure below zero is short.".into(),
        unit: "times",
        height: 220,
        zero: true,
        step: true,
        band: None,
    };
    let out = doc.chart(&look, &lines);
    doc.section("usage", "Use of the account", &out);
}

fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.is_empty() { other } else { text }
}

/// A figure's value alone, for other tables.
pub fn shown(figure: &Figure, decimals: u8) -> String {
    value(&figure.value, unit_of(figure), decimals)
}
