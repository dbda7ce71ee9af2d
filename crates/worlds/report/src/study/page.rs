//! A study as one self-contained page: key figures, charts, tables, and what the reader must know.

use super::chart::{Body, Chart, Layer, Plane, Shape, Unit, nanos};
use super::{Cell, NONE, Section, Study, drawing};
use crate::data::{Figure, Series, Unit as FigureUnit, Value};
use crate::document::{Document, Extras, Line, Look, range_buttons};
use crate::series;
use crate::text::{escape, in_unit, number};
use std::fmt::Write as _;

const ABOUT: &str = "All times UTC. Statistics of the past under the conditions printed above; they are no promise and no advice.";
/// Height of a chart over time on a desk, in pixels.
const HEIGHT: u32 = 270;
/// Longer tables are paged.
const ROWS_PLAIN: usize = 40;
/// Longer texts of a table, in characters, are broken where they have no room, and have more of it.
const SHORT: usize = 24;
/// Milliseconds are shown where the charts span less than this.
const FINE_BELOW_NS: i64 = crate::document::FINE_BELOW_NS;

/// One self-contained HTML file. `eyebrow` says what made it. The same study gives the same bytes.
pub fn page(study: &Study, eyebrow: &str) -> String {
    let span = study.charts.iter().filter_map(over_time).flat_map(|it| &it.layers).flat_map(|it| &it.x);
    let (from, to) =
        span.fold((i64::MAX, i64::MIN), |(low, high), it| (low.min(nanos(*it)), high.max(nanos(*it))));
    let length = to.saturating_sub(from);
    let head = format!(
        "<div class=\"eyebrow\">{}</div><h1>{}</h1><div class=\"soft\">{}</div>",
        escape(eyebrow),
        escape(&study.title),
        escape(&study.sample),
    );
    let mut doc = Document::new(study.title.clone(), head, (0..FINE_BELOW_NS).contains(&length));
    doc.about = Some(ABOUT);
    if !study.headline.is_empty() {
        let cards: String = study.headline.iter().map(card).collect();
        doc.section("figures", "Key figures", &format!("<dl class=\"figures\">{cards}</dl>"));
    }
    if !study.charts.is_empty() {
        let mut out = String::new();
        if length > 0 && from <= to {
            out.push_str(
                "<p class=\"note\">Charts over time move together: drag to move, pinch or hold Ctrl and turn the wheel to zoom, double-click for all. The others name the point under the pointer.</p>",
            );
            out.push_str(&range_buttons(length));
        }
        out.push_str("<div class=\"charts\">");
        let is_wide = |chart: &Chart| over_time(chart).is_some();
        // Of an odd number of charts that stand in pairs the first has the whole width.
        for run in study.charts.chunk_by(|a, b| is_wide(a) == is_wide(b)) {
            for (at, chart) in run.iter().enumerate() {
                let alone = at == 0 && run.len() % 2 == 1 && !is_wide(chart);
                out.push_str(&one(&mut doc, chart, if alone { " wide" } else { "" }));
            }
        }
        out.push_str("</div>");
        doc.section("charts", "Charts", &out);
    }
    let tables = tables(&mut doc, study);
    doc.section("tables", "Tables", &tables);
    if !study.notes.is_empty() {
        let notes: String = study.notes.iter().map(|it| format!("<li>{}</li>", escape(it))).collect();
        doc.section("notes", "What to know", &format!("<ul class=\"notes\">{notes}</ul>"));
    }
    doc.finish()
}

/// One key figure in the grid of them.
fn card(figure: &Figure) -> String {
    let written = |value: f64| match figure.unit {
        FigureUnit::Ratio => number(value, decimals(value)),
        unit => in_unit(value, unit, 2),
    };
    let body = match &figure.value {
        Value::Known(value) => format!("<dd class=\"big\">{}</dd>", written(*value)),
        Value::Missing(why) => format!("<dd class=\"why\">{}</dd>", escape(why)),
    };
    let interval = figure.interval.filter(|it| it.low.is_finite() && it.high.is_finite()).map(|it| {
        let level = number(it.level * 100.0, 0);
        format!("<dd class=\"ci\">{level}\u{a0}%: {} to {}</dd>", written(it.low), written(it.high))
    });
    format!(
        "<div><dt>{}</dt>{body}{}<dd class=\"def\">{}</dd></div>",
        escape(&figure.name),
        interval.unwrap_or_default(),
        escape(&figure.note)
    )
}

/// Decimals that show three digits, at least two and at most six.
fn decimals(value: f64) -> usize {
    let size = value.abs();
    if size >= 100.0 {
        return 0;
    }
    let leading = if size > 0.0 { size.log10().floor() } else { 0.0 };
    (2.0 - leading).clamp(2.0, 6.0) as usize
}

fn over_time(chart: &Chart) -> Option<&Plane> {
    match &chart.body {
        Ok(Body::Plane(plane)) if plane.x.unit == Unit::Time => Some(plane),
        _ => None,
    }
}

/// One chart in its box.
fn one(doc: &mut Document, chart: &Chart, wide: &str) -> String {
    let nothing = |why: &str| {
        format!(
            "<figure class=\"drawn{wide}\"><figcaption><h3>{}</h3></figcaption><p class=\"missing\">{}</p></figure>",
            escape(&chart.name),
            escape(why)
        )
    };
    match &chart.body {
        Err(why) => nothing(&format!("Not drawn: {why}.")),
        Ok(Body::Plane(plane)) if plane.x.unit == Unit::Time => timed(doc, chart, plane),
        Ok(Body::Plane(plane)) => {
            let about = format!("Chart: {}. {}", chart.name, chart.note);
            let Some((html, data)) = drawing::plane(plane, &about) else {
                return nothing("Not drawn: there is no point.");
            };
            doc.planes.push(data);
            format!(
                "<figure class=\"drawn{wide}\" data-plane=\"{}\"><figcaption><h3>{}</h3>{}</figcaption>{html}<p class=\"note\">{}</p></figure>",
                doc.planes.len() - 1,
                escape(&chart.name),
                legend(&plane.layers),
                escape(&chart.note)
            )
        }
        Ok(Body::Bars(bars)) => format!(
            "<figure class=\"drawn{wide}\"><figcaption><h3>{}</h3></figcaption>{}<p class=\"note\">{}</p></figure>",
            escape(&chart.name),
            drawing::bars(bars, &chart.name),
            escape(&chart.note)
        ),
    }
}

fn legend(layers: &[Layer]) -> String {
    if layers.len() < 2 {
        return String::new();
    }
    let mut out = String::from("<div class=\"legend\">");
    for layer in layers.iter().filter(|it| !it.name.is_empty()) {
        let class = match layer.shape {
            Shape::Line | Shape::Filled | Shape::Whiskers(_) => "thin",
            Shape::Dashed => "thin dashed",
            Shape::Dots | Shape::Named(_) => "dot",
            Shape::Band(_) => "soft",
            Shape::Columns(_) => "",
        };
        let _ = write!(
            out,
            "<span><i class=\"key {class}\" style=\"--c:var(--{0});background:var(--{0})\"></i>{1}</span>",
            layer.colour.name(),
            escape(&layer.name)
        );
    }
    out + "</div>"
}

/// A chart over time, which can be moved and zoomed with the others.
fn timed(doc: &mut Document, chart: &Chart, plane: &Plane) -> String {
    let points = |layer: &Layer, y: &[f64]| {
        let at_ns = layer.x.iter().map(|it| nanos(*it)).collect();
        series::clean(&Series { at_ns, value: y.to_vec() })
    };
    let mut drawn: Vec<(&str, &Layer, f64, Series)> = Vec::new();
    let mut extras = Extras { apart: true, ..Extras::default() };
    let names: Vec<String> = plane.layers.iter().map(|it| format!("{}, upper", it.name)).collect();
    for (layer, upper) in plane.layers.iter().zip(&names) {
        let at = drawn.len();
        match &layer.shape {
            Shape::Band(to) => {
                drawn.push((upper, layer, 0.0, points(layer, to)));
                drawn.push((&layer.name, layer, 0.0, points(layer, &layer.y)));
                extras.bands.push([at, at + 1]);
            }
            Shape::Dots | Shape::Named(_) => {
                drawn.push((&layer.name, layer, 1.0, points(layer, &layer.y)));
                extras.dots.push(at);
            }
            _ => drawn.push((&layer.name, layer, 1.6, points(layer, &layer.y))),
        }
    }
    let ends = drawn.iter().flat_map(|it| [it.3.at_ns.first(), it.3.at_ns.last()]).flatten();
    let (from, to) = ends.fold((i64::MAX, i64::MIN), |(low, high), it| (low.min(*it), high.max(*it)));
    // A rule is a line from the first time to the last.
    let levels: Vec<(&str, Series)> = plane
        .rules
        .iter()
        .filter(|it| !it.upright && from < to)
        .map(|it| (&*it.text, Series { at_ns: vec![from, to], value: vec![it.at; 2] }))
        .collect();
    let mut lines: Vec<Line<'_>> = drawn
        .iter()
        .map(|(name, layer, width, series)| Line {
            name,
            colour: layer.colour.name(),
            width: *width,
            dash: layer.shape == Shape::Dashed,
            fill: layer.shape == Shape::Filled,
            series,
        })
        .collect();
    lines.extend(levels.iter().map(|(name, series)| Line {
        name,
        colour: "soft",
        width: 1.0,
        dash: true,
        fill: false,
        series,
    }));
    let unit = if plane.y.unit == Unit::Percent { "percent" } else { "plain" };
    let look = Look {
        title: &chart.name,
        note: String::new(),
        unit,
        height: HEIGHT,
        zero: plane.y.zero,
        step: false,
        band: None,
    };
    let html = doc.chart_with(&look, &lines, &extras);
    format!("<div class=\"wide\">{html}<p class=\"note\">{}</p></div>", escape(&chart.note))
}

/// All sections, with the reasons of what is missing below them.
fn tables(doc: &mut Document, study: &Study) -> String {
    let mut reasons: Vec<&str> = Vec::new();
    let mut out = String::from("<div class=\"study\">");
    for section in &study.sections {
        let rows: Vec<Vec<String>> = section
            .rows
            .iter()
            .map(|(name, cells)| {
                let cells = cells.iter().map(|cell| text_of(section, cell, &mut reasons));
                std::iter::once(name.clone()).chain(cells).collect()
            })
            .collect();
        let _ = write!(out, "<div><h3>{}</h3>", escape(&section.name));
        if rows.len() > ROWS_PLAIN {
            let columns: Vec<(&str, bool)> =
                std::iter::once(("", true)).chain(section.columns.iter().map(|it| (&**it, false))).collect();
            out.push_str(&doc.table("", &columns, &rows, rows.len()));
        } else {
            out.push_str(&table(section, &rows));
        }
        out.push_str("</div>");
    }
    out.push_str("</div>");
    if !reasons.is_empty() {
        out.push_str("<ol class=\"reasons\">");
        for reason in reasons {
            let _ = write!(out, "<li>{}</li>", escape(reason));
        }
        out.push_str("</ol>");
    }
    out
}

fn table(section: &Section, rows: &[Vec<String>]) -> String {
    let mut out = String::from("<div class=\"scroll\" tabindex=\"0\" role=\"region\"><table>");
    if !section.columns.is_empty() {
        out.push_str("<thead><tr><th></th>");
        for name in &section.columns {
            let _ = write!(out, "<th scope=\"col\">{}</th>", escape(name));
        }
        out.push_str("</tr></thead>");
    }
    out.push_str("<tbody>");
    for (row, (_, cells)) in rows.iter().zip(&section.rows) {
        let is_long = |text: &str| text.chars().count() > SHORT;
        let class = if is_long(&row[0]) { " class=\"long\"" } else { "" };
        let _ = write!(out, "<tr><th scope=\"row\"{class}>{}</th>", escape(&row[0]));
        for (text, cell) in row[1..].iter().zip(cells) {
            let class = match cell {
                Cell::Text(_) | Cell::Names(_) if is_long(text) => " class=\"words long\"",
                Cell::Text(_) | Cell::Names(_) => " class=\"words\"",
                _ => "",
            };
            let _ = write!(out, "<td{class}>{}</td>", escape(text));
        }
        out.push_str("</tr>");
    }
    out + "</tbody></table></div>"
}

/// A cell, a missing number as a dash with the number of its reason.
fn text_of<'a>(section: &Section, cell: &'a Cell, reasons: &mut Vec<&'a str>) -> String {
    let Cell::Undefined(reason) = cell else { return section.shown(cell) };
    let known = reasons.iter().position(|it| it == reason);
    let at = known.unwrap_or_else(|| {
        reasons.push(reason);
        reasons.len() - 1
    });
    format!("{NONE} [{}]", at + 1)
}
