//! The page of one run.

mod features;
mod header;
mod market;
mod results;
mod tables;

pub(crate) use header::title;
pub(crate) use market::candles;
pub(crate) use results::shown;

use crate::data::{ReportData, Series};
use crate::document::{Document, FINE_BELOW_NS};
use crate::series;

/// One self-contained HTML file about one run. The same data gives the same bytes.
pub fn page(data: &ReportData) -> String {
    let equity = series::clean(&data.equity);
    let title = format!("{} \u{b7} backtest", data.run.name);
    let fine = data.run.end_ns.saturating_sub(data.run.start_ns) < FINE_BELOW_NS;
    let mut doc = Document::new(title, header::head(data, &equity), fine);
    header::figures(&mut doc, data);
    results::equity(&mut doc, data, &equity);
    market::price(&mut doc, data);
    results::calendar(&mut doc, &equity);
    results::risk(&mut doc, data);
    features::features(&mut doc, data);
    market::trades(&mut doc, data);
    market::costs_and_fills(&mut doc, data);
    results::usage(&mut doc, data);
    tables::tables(&mut doc, data);
    header::conditions(&mut doc, data);
    header::limits(&mut doc, data, &equity);
    doc.finish()
}

/// First and last value of a line, when it has one.
fn ends(series: &Series) -> Option<(f64, f64)> {
    Some((*series.value.first()?, *series.value.last()?))
}
