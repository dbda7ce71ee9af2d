//! The features that a strategy decided by: their last values, and how each went with what came after.

use crate::data::{FeatureRow, Features, ReportData, Weighed};
use crate::document::Document;
use crate::text::{duration, escape, number, time};
use std::fmt::Write as _;

const NONE: &str = "\u{2013}";

/// A table for each instrument; no section where nothing was decided by features.
pub fn features(doc: &mut Document, data: &ReportData) {
    if data.features.is_empty() {
        return;
    }
    let mut out = String::new();
    for it in &data.features {
        let table = table(doc, it);
        let _ = write!(out, "<p class=\"note\">{}</p>{table}", escape(&note(it)));
    }
    doc.section("features", "Features", &out);
}

fn note(it: &Features) -> String {
    let last = format!("{}: the last decision was at {} UTC.", it.instrument, time(it.at, false));
    let last = match &it.schema {
        Some(schema) => format!("{last} Their schema over the bars of the run is {schema}."),
        None => last,
    };
    let (Some(bars), Some(half_life)) = (it.outcome_bars, it.outcome_half_life) else { return last };
    format!(
        "{last} A correlation is that of the value at a decision with the logarithmic return of the next {bars} bars, before \
         costs (on bars of trades without a length from behind the order that closed the bar); at entries the return counts in their direction. Newer decisions weigh more: a weight halves in {} of \
         them. \u{b1} is the standard error from the effective number of decisions whose returns do not overlap (n). Of \
         twenty features without any relation, one lies beyond twice its error.",
        number(half_life, 0)
    )
}

fn table(doc: &mut Document, it: &Features) -> String {
    let caption = format!("Features of the rules, {}", it.instrument);
    let rows: Vec<Vec<String>> = it.rows.iter().map(|row| cells(row, it.outcome_bars.is_some())).collect();
    let mut columns = vec![("Feature", true), ("Last value", false), ("Age", false)];
    if it.outcome_bars.is_some() {
        columns.extend([
            ("Decisions", false),
            ("n", false),
            ("Correlation", false),
            ("Entries", false),
            ("n", false),
            ("Correlation", false),
        ]);
    }
    doc.table(&caption, &columns, &rows, rows.len())
}

fn cells(row: &FeatureRow, is_weighed: bool) -> Vec<String> {
    let value = row.value.map_or(NONE.into(), six_digits);
    let mut cells = vec![row.name.clone(), value, row.age_seconds.map_or(NONE.into(), duration)];
    if is_weighed {
        cells.extend(weighed(&row.at_decisions));
        cells.extend(weighed(&row.at_entries));
    }
    cells
}

/// A number with six digits that matter, and no zeros behind them.
fn six_digits(value: f64) -> String {
    let size = value.abs().max(f64::MIN_POSITIVE).log10().floor();
    let text = number(value, (5.0 - size).clamp(0.0, 12.0) as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn weighed(it: &Weighed) -> [String; 3] {
    let correlation = match (it.correlation, it.standard_error) {
        (Some(r), Some(error)) => format!("{} \u{b1} {}", number(r, 3), number(error, 3)),
        _ => NONE.into(),
    };
    [it.decisions.to_string(), number(it.effective, 1), correlation]
}
