//! The shell around every page: one HTML file with its style, scripts and data inside, that may load nothing.

use crate::series;
use crate::text::{escape, script_json};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

const UPLOT_JS: &str = include_str!("../assets/uPlot.iife.min.js");
const UPLOT_CSS: &str = include_str!("../assets/uPlot.min.css");
const UPLOT_LICENSE: &str = include_str!("../assets/uPlot.LICENSE");
const PAGE_CSS: &str = include_str!("../assets/page.css");
const PAGE_JS: &str = include_str!("../assets/page.js");
const CANDLES_CSS: &str = include_str!("../assets/candles.css");
const CANDLES_JS: &str = include_str!("../assets/candles.js");
const PLANE_CSS: &str = include_str!("../assets/plane.css");
const PLANE_JS: &str = include_str!("../assets/plane.js");
/// What a page says at its end of the numbers in it.
const ABOUT_A_RUN: &str = "All times UTC. A year has 365 days. Figures describe a simulation under the conditions printed above; \
                           they are no promise and no advice.";

/// Rows of a table on one page of its pager.
const TABLE_PAGE: usize = 20;
/// Rows of a table that a page carries; the files beside it have all.
pub const TABLE_ROWS_MAX: usize = 2_000;
/// Runs shorter than this show milliseconds.
pub const FINE_BELOW_NS: i64 = 2 * 3_600 * 1_000_000_000;

/// A line of a chart, before thinning.
pub struct Line<'a> {
    /// Name in the legend.
    pub name: &'a str,
    /// Name of the colour in the style sheet.
    pub colour: &'a str,
    /// Width in pixels; 0 draws no line (an edge of a band).
    pub width: f64,
    /// Dashed.
    pub dash: bool,
    /// Filled down to zero.
    pub fill: bool,
    /// The points, cleaned.
    pub series: &'a crate::data::Series,
}

/// How a chart of lines is shown.
pub struct Look<'a> {
    /// Heading.
    pub title: &'a str,
    /// Sentence beside the heading.
    pub note: String,
    /// `money`, `percent`, `times` or `plain`.
    pub unit: &'a str,
    /// Height in pixels on a desk.
    pub height: u32,
    /// Keeps zero in sight.
    pub zero: bool,
    /// Values hold until the next one.
    pub step: bool,
    /// A band between two lines, by index.
    pub band: Option<[usize; 2]>,
}

/// A page in the making.
#[derive(Default)]
pub struct Document {
    /// Text of the browser's title bar.
    pub title: String,
    /// HTML before the navigation.
    pub head: String,
    /// Times are shown with milliseconds.
    pub fine: bool,
    sections: Vec<(&'static str, &'static str)>,
    body: String,
    charts: Vec<Json>,
    /// Price charts, packed by the section that draws them.
    pub prices: Vec<Json>,
    /// Points of the drawings without script, which are named where a pointer rests.
    pub planes: Vec<Json>,
    /// How many of the last candles are in sight at first, at most: where they cannot be told apart at its width, the page
    /// shows fewer. All are in sight where it is not said.
    pub seen: Option<usize>,
    /// What the page says at its end, where it is not about a run.
    pub about: Option<&'static str>,
    tables: Vec<Json>,
}

/// What a chart of lines shows besides lines.
#[derive(Default)]
pub struct Extras {
    /// Bands between two lines, by index.
    pub bands: Vec<[usize; 2]>,
    /// Lines whose points stand alone, by index.
    pub dots: Vec<usize>,
    /// Lines have values at their own times only; they do not go on to where another ends.
    pub apart: bool,
}

impl Document {
    /// An empty page with this title, and the HTML above its navigation.
    pub fn new(title: String, head: String, fine: bool) -> Self {
        Self { title, head, fine, ..Self::default() }
    }

    /// Adds a section with its heading.
    pub fn section(&mut self, id: &'static str, name: &'static str, html: &str) {
        self.sections.push((id, name));
        let _ = write!(self.body, "<section id=\"{id}\"><h2>{name}</h2>{html}</section>");
    }

    /// A chart of lines on a shared grid of times: the union of what each line needs to keep its shape.
    pub fn chart(&mut self, look: &Look<'_>, lines: &[Line<'_>]) -> String {
        let bands = look.band.into_iter().collect();
        self.chart_with(look, lines, &Extras { bands, ..Extras::default() })
    }

    /// The same with several bands, and with points that stand alone.
    pub fn chart_with(&mut self, look: &Look<'_>, lines: &[Line<'_>], extras: &Extras) -> String {
        let each = series::LINE_POINTS_MAX / lines.len().max(1);
        let mut thinned = false;
        let kept: Vec<Vec<i64>> = lines
            .iter()
            .map(|line| {
                let kept = series::thin(&line.series.value, each);
                thinned |= kept.len() < line.series.value.len();
                kept.into_iter().map(|i| line.series.at_ns[i]).collect()
            })
            .collect();
        let times = series::union(&kept.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let decimals = series::decimals_for(lines.iter().flat_map(|l| l.series.value.iter().copied()));
        let packed: Vec<Json> = lines
            .iter()
            .enumerate()
            .map(|(at, line)| {
                let dots = extras.dots.contains(&at);
                let values = if dots || extras.apart {
                    series::only_at(line.series, &times)
                } else {
                    series::at_times(line.series, &times)
                };
                json!({
                    "n": line.name, "c": line.colour, "w": line.width, "dash": line.dash, "fill": line.fill,
                    "dots": dots, "step": look.step, "y": series::pack(values, decimals),
                })
            })
            .collect();
        let shown = if look.unit == "money" { decimals.clamp(0, 2) } else { decimals.max(0) };
        self.charts.push(json!({
            "x": series::pack_times(&times), "series": packed, "unit": look.unit, "decimals": shown,
            "height": look.height, "zero": look.zero, "bands": extras.bands,
        }));
        let thin_note = if thinned {
            " Thinned for the screen; the lowest and highest of each stretch are kept."
        } else {
            ""
        };
        format!(
            "<figure class=\"chart\"><figcaption><h3>{}</h3><span class=\"note\">{}{thin_note}</span></figcaption>\
             <div class=\"holder\" data-chart=\"{}\" tabindex=\"0\" role=\"img\" aria-label=\"{}\">{NEEDS_SCRIPT}</div></figure>",
            escape(look.title),
            escape(&look.note),
            self.charts.len() - 1,
            escape(&format!("Line chart: {}. {}", look.title, look.note)),
        )
    }

    /// A table of texts; `columns` are names and whether they are aligned left. Only the first rows are carried.
    pub fn table(
        &mut self,
        caption: &str,
        columns: &[(&str, bool)],
        rows: &[Vec<String>],
        total: usize,
    ) -> String {
        let align: Vec<&str> = columns.iter().map(|c| if c.1 { "l" } else { "" }).collect();
        let mut out = format!(
            "<div data-table=\"{}\"><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table><caption>{}",
            self.tables.len(),
            escape(caption),
            escape(caption)
        );
        if total > rows.len() {
            let _ =
                write!(out, ": the first {} of {}; all are in the files beside this page", rows.len(), total);
        }
        out.push_str("</caption><thead><tr>");
        for (name, left) in columns {
            let _ = write!(
                out,
                "<th scope=\"col\" class=\"{}\">{}</th>",
                if *left { "l" } else { "" },
                escape(name)
            );
        }
        out.push_str("</tr></thead><tbody>");
        for row in rows.iter().take(TABLE_PAGE) {
            out.push_str("<tr>");
            for (cell, class) in row.iter().zip(&align) {
                let _ = write!(out, "<td class=\"{class}\">{}</td>", escape(cell));
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table></div><div class=\"pager\" hidden><button type=\"button\">Previous</button><output aria-live=\"polite\"></output><button type=\"button\">Next</button></div></div>");
        self.tables.push(json!({ "page": TABLE_PAGE, "align": align, "rows": rows }));
        out
    }

    /// The whole file.
    pub fn finish(self) -> String {
        let data = json!({ "charts": self.charts, "prices": self.prices, "tables": self.tables, "planes": self.planes, "fine": self.fine, "seen": self.seen });
        let mut nav = String::new();
        for (id, name) in &self.sections {
            let _ = write!(nav, "<a href=\"#{id}\">{name}</a>");
        }
        // The banner of the library names an address; its licence stands below instead.
        let uplot = UPLOT_JS.split_once("*/").map_or(UPLOT_JS, |parts| parts.1);
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\
             <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\
             <style>{UPLOT_CSS}\n{PAGE_CSS}\n{PLANE_CSS}\n{CANDLES_CSS}</style></head>\n<body><a class=\"skip\" href=\"#{first}\">Skip to the figures</a>\
             <header>{head}</header>\n<nav aria-label=\"Sections\"><div>{nav}</div></nav>\n<main>{body}</main>\n\
             <footer><p>{about}</p>\
             <details><summary>Licence of the chart library in this page (uPlot)</summary><pre>{licence}</pre></details></footer>\n\
             <script type=\"application/json\" id=\"data\">{data}</script>\n<script>{uplot}</script>\n<script>{CANDLES_JS}\n{PAGE_JS}\n{PLANE_JS}</script>\n</body></html>\n",
            title = escape(&self.title),
            first = self.sections.first().map_or("", |s| s.0),
            head = self.head,
            about = self.about.unwrap_or(ABOUT_A_RUN),
            body = self.body,
            licence = escape(UPLOT_LICENSE.trim()),
            data = script_json(&data),
        )
    }
}

/// What a chart says where scripts do not run.
pub const NEEDS_SCRIPT: &str =
    "<noscript><p class=\"note\">This chart needs scripts. The tables do not.</p></noscript>";

/// Buttons that choose how much of a run of this length all charts show.
pub fn range_buttons(length_ns: i64) -> String {
    const SPANS: [(&str, &str, i64); 9] = [
        ("1 min", "one minute", 60),
        ("10 min", "ten minutes", 600),
        ("1 h", "one hour", 3_600),
        ("6 h", "six hours", 21_600),
        ("1 d", "one day", 86_400),
        ("1 w", "one week", 604_800),
        ("1 mo", "thirty days", 2_592_000),
        ("3 mo", "ninety days", 7_776_000),
        ("1 y", "365 days", 31_536_000),
    ];
    let mut out = String::from(
        "<div class=\"tools\" role=\"group\" aria-label=\"Time range of all charts\">\
         <button type=\"button\" data-span=\"all\" aria-pressed=\"true\">All</button>",
    );
    let fitting: Vec<_> =
        SPANS.iter().filter(|s| s.2.saturating_mul(1_000_000_000) < length_ns / 20 * 19).collect();
    for (name, long, seconds) in fitting.iter().rev().take(5) {
        let _ = write!(
            out,
            "<button type=\"button\" data-span=\"{}\" aria-pressed=\"false\" aria-label=\"{long}\">{name}</button>",
            seconds * 1000
        );
    }
    out.push_str(
        "<button type=\"button\" data-zoom=\"0.5\" aria-label=\"Zoom in\">+</button>\
         <button type=\"button\" data-zoom=\"2\" aria-label=\"Zoom out\">\u{2212}</button></div>",
    );
    out
}
