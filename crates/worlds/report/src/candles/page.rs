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
    let fine = (1..FINE_BELOW_NS).contains(&length);
    let span = match bars.at_ns.len() {
        0 => "no candle".to_owned(),
        1 => format!("one candle, {}", time(from, false)),
        _ => format!("{} to {}", time(from, false), time(to, false)),
    };
    let head = format!(
        "<div class=\"eyebrow\">Candles</div><h1>{}</h1><div class=\"soft\">{} \u{b7} {span}</div>",
        escape(&data.title),
        escape(&data.source),
    );
    let mut doc = Document::new(data.title.clone(), head, fine);
    doc.about = Some(ABOUT);
    doc.seen = Some(SEEN_FIRST);
    let only = ReportData { prices: vec![bars.clone()], ..ReportData::default() };
    page::candles(&mut doc, &only, &range_buttons(length), "Candles");
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
