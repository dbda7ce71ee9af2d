//! The page of one instrument's candles with what is drawn on them, without a run.

use crate::data::{Fact, PriceBars, ReportData};
use crate::document::{Document, FINE_BELOW_NS, range_buttons};
use crate::page;
use crate::text::{escape, time};
use std::fmt::Write as _;

const ABOUT: &str =
    "All times UTC. Indicators and patterns describe the past; they are no promise and no advice.";
/// Bars that are in sight at first on a wide screen: so many can be told apart.
const SEEN_FIRST: usize = 220;
const NANOS_PER_MILLI: i64 = 1_000_000;
const LEGEND: &str = "A mark is a candlestick pattern: \u{25b2} rising, \u{25bc} falling. A figure is a chart pattern between \
                      swings, drawn from the bar at which it was known: its neckline dashed, its invalidation and its target dotted.";

/// The candles of one instrument and what is drawn on them.
#[derive(Debug, Clone, Default)]
pub struct CandlePage {
    /// Heading.
    pub title: String,
    /// Where the bars come from.
    pub source: String,
    /// The bars with what is drawn.
    pub bars: PriceBars,
    /// Each item of the list: its name and what it says at the last bar, or why it says nothing.
    pub last: Vec<Fact>,
}

/// One self-contained HTML file. The same data gives the same bytes.
pub fn candles(data: &CandlePage) -> String {
    let bars = &data.bars;
    let (from, to) = (bars.at_ns.first().copied().unwrap_or(0), bars.at_ns.last().copied().unwrap_or(0));
    let length = to.saturating_sub(from);
    let fine = length < FINE_BELOW_NS;
    let span = format!("{} to {}", time(from, false), time(to, false));
    let head = format!(
        "<div class=\"eyebrow\">Candles</div><h1>{}</h1><div class=\"soft\">{} \u{b7} {span}</div>",
        escape(&data.title),
        escape(&data.source),
    );
    let mut doc = Document::new(data.title.clone(), head, fine);
    doc.about = Some(ABOUT);
    let first_seen = bars.at_ns.len().checked_sub(SEEN_FIRST).filter(|it| *it > 0);
    doc.begin = first_seen.map(|row| bars.at_ns[row] / NANOS_PER_MILLI);
    let mut before = range_buttons(length);
    if !bars.drawn.marks.is_empty() || !bars.drawn.figures.is_empty() {
        before = format!("<p class=\"note\">{LEGEND}</p>{before}");
    }
    let only = ReportData { prices: vec![bars.clone()], ..ReportData::default() };
    page::candles(&mut doc, &only, &before, "Candles");
    if !data.last.is_empty() {
        let mut out = String::from(
            "<div class=\"scroll\"><table class=\"plain\"><thead><tr><th class=\"l\" scope=\"col\">Item</th><th scope=\"col\">Value</th></tr></thead><tbody>",
        );
        for fact in &data.last {
            let _ = write!(
                out,
                "<tr><th scope=\"row\">{}</th><td>{}</td></tr>",
                escape(&fact.name),
                escape(&fact.value)
            );
        }
        out.push_str("</tbody></table></div>");
        doc.section("last", "At the last bar", &out);
    }
    doc.finish()
}
