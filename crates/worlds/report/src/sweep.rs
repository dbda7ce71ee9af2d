//! The page of a parameter sweep: the ranked table, a heat map over two parameters, and what ranking does to luck.

use crate::data::{Better, SweepData, SweepFigure, SweepRow};
use crate::document::{Document, TABLE_ROWS_MAX};
use crate::page::title;
use crate::text::{escape, in_unit, number, value};
use std::cmp::Ordering;
use std::fmt::Write as _;

/// Values of one parameter that a heat map shows.
pub const HEAT_SIDE_MAX: usize = 40;

/// One self-contained HTML file about a sweep.
pub fn sweep(data: &SweepData) -> String {
    let head = title("Sweep", &data.run.name, &data.run);
    let mut doc = Document::new(format!("{} \u{b7} sweep", data.run.name), head, false);
    for warning in &data.warnings {
        let _ = write!(doc.head, "<p class=\"banner\"><strong>Warning.</strong> {}</p>", escape(warning));
    }
    let _ = write!(
        doc.head,
        "<p class=\"lede\">{} parameter sets over {} parameter{} ({}), ranked by {}.</p>",
        number(data.rows.len() as f64, 0),
        data.parameters.len(),
        if data.parameters.len() == 1 { "" } else { "s" },
        escape(&data.parameters.join(", ")),
        escape(&ranking(data).name),
    );
    let table = ranked(&mut doc, data);
    doc.section("ranking", "Ranking", &table);
    doc.section("map", "Map", &heat(data));
    let mut notes = String::from("<ul class=\"limits\">");
    let standing = [
        "The best of many sets looks good by luck alone. The deflated Sharpe ratio asks how likely its Sharpe ratio is above what the best of that many sets without skill would show.".to_owned(),
        "A good set among bad neighbours on the map is more likely luck than a plateau is.".to_owned(),
        "All sets saw the same data. What the ranking chose must be checked on data that it did not see.".to_owned(),
        format!("Trials counted: {}.", if data.run.trials == 0 { "not declared".into() } else { number(data.run.trials as f64, 0) }),
    ];
    for sentence in standing.iter().chain(&data.notes) {
        let _ = write!(notes, "<li>{}</li>", escape(sentence));
    }
    notes.push_str("</ul>");
    doc.section("limits", "What this does not show", &notes);
    doc.finish()
}

/// The figure that ranks; a neutral nameless one when the index is wrong.
fn ranking(data: &SweepData) -> SweepFigure {
    data.figures.get(data.rank_by).cloned().unwrap_or_default()
}

fn ranked(doc: &mut Document, data: &SweepData) -> String {
    let mut columns: Vec<(&str, bool)> = vec![("Rank", false), ("Job", false)];
    columns.extend(data.parameters.iter().map(|p| (p.as_str(), false)));
    columns.extend(data.figures.iter().map(|f| (f.name.as_str(), false)));
    let rows: Vec<Vec<String>> = data
        .rows
        .iter()
        .take(TABLE_ROWS_MAX)
        .enumerate()
        .map(|(index, row)| texts(index, row, data))
        .collect();
    doc.table("Parameter sets, best first", &columns, &rows, data.rows.len())
}

fn texts(index: usize, row: &SweepRow, data: &SweepData) -> Vec<String> {
    let mut out = vec![(index + 1).to_string(), row.job.to_string()];
    out.extend(row.parameters.iter().cloned());
    out.extend(row.values.iter().zip(&data.figures).map(|(v, figure)| {
        if crate::compare::known(v) { value(v, figure.unit, data.run.decimals) } else { "\u{2013}".into() }
    }));
    out
}

/// Median of the ranking figure for each pair of values of the first two parameters.
fn heat(data: &SweepData) -> String {
    if data.parameters.len() < 2 {
        return "<p class=\"note\">A map needs two parameters.</p>".into();
    }
    let figure = ranking(data);
    let axis = |at: usize| {
        let mut values: Vec<&str> =
            data.rows.iter().filter_map(|r| r.parameters.get(at)).map(String::as_str).collect();
        values.sort_by(|a, b| by_number(a, b));
        values.dedup();
        values
    };
    let (across, down) = (axis(0), axis(1));
    if across.len() > HEAT_SIDE_MAX || down.len() > HEAT_SIDE_MAX {
        return format!(
            "<p class=\"note\">The map is left out: a parameter has more than {HEAT_SIDE_MAX} values.</p>"
        );
    }
    let cell = |x: &str, y: &str| {
        let mut values: Vec<f64> = data
            .rows
            .iter()
            .filter(|r| {
                r.parameters.first().is_some_and(|p| p == x) && r.parameters.get(1).is_some_and(|p| p == y)
            })
            .filter_map(|r| r.values.get(data.rank_by)?.get())
            .collect();
        values.sort_unstable_by(f64::total_cmp);
        (!values.is_empty()).then(|| (values[(values.len() - 1) / 2] + values[values.len() / 2]) / 2.0)
    };
    let cells: Vec<Vec<Option<f64>>> =
        down.iter().map(|y| across.iter().map(|x| cell(x, y)).collect()).collect();
    let known = || cells.iter().flatten().flatten().copied();
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    let best = if figure.better == Better::Lower { low } else { high };
    let more = if data.parameters.len() > 2 { ", median over the other parameters" } else { "" };
    let mut out = format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Map\"><table class=\"calendar heat\"><caption>{}{more}. Across: {}. Down: {}. Darker blue is better; the best is outlined.</caption><thead><tr><th scope=\"col\">{} \\ {}</th>",
        escape(&figure.name),
        escape(&data.parameters[0]),
        escape(&data.parameters[1]),
        escape(&data.parameters[1]),
        escape(&data.parameters[0])
    );
    for x in &across {
        let _ = write!(out, "<th scope=\"col\" style=\"text-align:center\">{}</th>", escape(x));
    }
    out.push_str("</tr></thead><tbody>");
    for (y, row) in down.iter().zip(&cells) {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", escape(y));
        for v in row {
            match v {
                Some(v) => {
                    let part = if high > low { (v - low) / (high - low) } else { 0.5 };
                    let part = if figure.better == Better::Lower { 1.0 - part } else { part };
                    // Below the middle orange, above it blue, so that both ends read without telling red from green.
                    let (class, tint) =
                        if part >= 0.5 { ("p", part * 2.0 - 1.0) } else { ("n", 1.0 - part * 2.0) };
                    let mark = if (v - best).abs() <= f64::EPSILON * best.abs() { " best" } else { "" };
                    let _ = write!(
                        out,
                        "<td class=\"{class}{mark}\" style=\"--v:{tint:.2}\">{}</td>",
                        in_unit(*v, figure.unit, data.run.decimals)
                    );
                }
                None => out.push_str("<td class=\"o\">\u{b7}</td>"),
            }
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
    out
}

/// Numbers by size, before texts by letters.
fn by_number(a: &str, b: &str) -> Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(x), Ok(y)) => x.total_cmp(&y).then_with(|| a.cmp(b)),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    }
}
