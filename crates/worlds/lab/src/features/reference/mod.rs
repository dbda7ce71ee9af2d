//! The reference of indicators and patterns as a folder of plain pages: a page for each entry with its formula, source,
//! parameters, warm-up, cost and a picture, and an index. No script, nothing loaded from elsewhere.

mod entry;
mod picture;
mod walk;

use super::PageError;
use scalp_indicators::patterns::{PatternSpec, table};
use scalp_indicators::{Family, NOTATION, Spec, catalogue};
use std::fmt::Write as _;
use std::path::Path;

const STYLE: &str = include_str!("style.css");

/// Writes the pages into a folder, which is made where it is not there, and says how many there are.
pub fn write(folder: &Path) -> Result<usize, PageError> {
    let pages = pages()?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |why| PageError::Write { path, why }
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    for (name, text) in &pages {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(failed(&path))?;
    }
    Ok(pages.len() - 1)
}

/// Every file with its text: the style, the index, then each entry. The same catalogue gives the same bytes.
pub fn pages() -> Result<Vec<(String, String)>, PageError> {
    let walk = walk::Walk::new();
    let mut all = vec![("style.css".to_owned(), STYLE.to_owned()), ("index.html".to_owned(), index())];
    for spec in catalogue() {
        all.push((file(spec.name), shell(spec.name, &entry::indicator(spec, &walk)?)));
    }
    for spec in table() {
        all.push((file(spec.name), shell(spec.name, &entry::pattern(spec, &walk)?)));
    }
    Ok(all)
}

/// The file of an entry.
fn file(name: &str) -> String {
    format!("{}.html", name.to_lowercase())
}

/// Text that is not markup.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn shell(title: &str, body: &str) -> String {
    let back = if title == TITLE { "" } else { "<nav><a href=\"index.html\">All entries</a></nav>" };
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{}</title><link rel=\"stylesheet\" href=\"style.css\"></head>\n\
         <body>{back}<main>{body}</main></body></html>\n",
        escape(title)
    )
}

const TITLE: &str = "Indicators and patterns";

fn index() -> String {
    let (indicators, patterns) = (catalogue().len(), table().len());
    let mut out = format!(
        "<h1>{TITLE}</h1><p class=\"soft\">{indicators} indicators and candlestick patterns, {patterns} chart patterns. Each page has the formula as \
         it is computed here, the source, the parameters, the warm-up, the cost and a picture.</p><p class=\"jump\">"
    );
    let families = Family::ALL.map(heading);
    for (id, name) in families.iter().chain([&("shapes", "Chart patterns")]) {
        let _ = write!(out, "<a href=\"#{id}\">{name}</a> ");
    }
    out.push_str("<a href=\"#notation\">Notation</a></p>");
    for family in Family::ALL {
        let members: Vec<&Spec> = catalogue().iter().filter(|it| it.family == family).collect();
        let (id, name) = heading(family);
        let _ = write!(
            out,
            "<h2 id=\"{id}\">{name} <small>{}</small></h2><table class=\"list\"><tbody>",
            members.len()
        );
        for it in members {
            row(&mut out, it.name, it.summary);
        }
        out.push_str("</tbody></table>");
    }
    let _ = write!(
        out,
        "<h2 id=\"shapes\">Chart patterns <small>{patterns}</small></h2><table class=\"list\"><tbody>"
    );
    for PatternSpec { name, summary, .. } in table() {
        row(&mut out, name, summary);
    }
    out.push_str("</tbody></table><h2 id=\"notation\">Notation</h2><table class=\"facts\"><tbody>");
    for (sign, meaning) in NOTATION {
        let _ = write!(
            out,
            "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td></tr>",
            escape(sign),
            escape(meaning)
        );
    }
    out.push_str("</tbody></table>");
    shell(TITLE, &out)
}

fn row(out: &mut String, name: &str, summary: &str) {
    let _ = write!(
        out,
        "<tr><th scope=\"row\"><a href=\"{}\">{name}</a></th><td>{}</td></tr>",
        file(name),
        escape(summary)
    );
}

/// Where a family stands in the index, and what it is called.
fn heading(family: Family) -> (&'static str, &'static str) {
    match family {
        Family::Overlap => ("overlap", "Over the price"),
        Family::Momentum => ("momentum", "Momentum"),
        Family::Volatility => ("volatility", "Volatility"),
        Family::Volume => ("volume", "Volume"),
        Family::Cycle => ("cycle", "Cycles"),
        Family::Statistic => ("statistic", "Statistics"),
        Family::Price => ("price", "Prices of a bar"),
        Family::Operator => ("operator", "Operators"),
        Family::Transform => ("transform", "Functions of one value"),
        Family::Candle => ("candle", "Candlestick patterns"),
    }
}

#[cfg(test)]
mod tests;
