//! The reference of everything that can be computed: an article for each name, in the terminal and as a folder of plain
//! pages with its formula, source, parameters, warm-up, cost and a picture, and an index. No script, nothing loaded from
//! elsewhere.

mod article;
mod market;
mod page;
mod picture;
mod walk;
mod windows;

pub use article::{Article, Entry, Needs, Row, article, names, text};

use super::PageError;
use article::{SETS, SHAPES, WINDOWS, flow_heading, heading};
use page::Scene;
use scalp_features::entry::ENTRIES;
use scalp_features::flow;
use scalp_features::groups::GROUPS;
use scalp_indicators::patterns::table;
use scalp_indicators::{Family, NOTATION, catalogue};
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
    let scene = Scene::new();
    let mut all = vec![("style.css".to_owned(), STYLE.to_owned()), ("index.html".to_owned(), index())];
    for it in names().into_iter().flat_map(|it| it.1) {
        all.push((file(&it.name), shell(&it.name, &page::page(&article(&it.name)?, &scene)?)));
    }
    Ok(all)
}

/// The file of an entry.
fn file(name: &str) -> String {
    format!("{}.html", name.to_lowercase().replace([':', '@'], "-"))
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

const TITLE: &str = "Indicators, patterns, measures and features";

/// A heading of the index with what stands below it.
type Shelf = ((&'static str, &'static str), Vec<Entry>);

/// The headings of the index, in their order.
fn shelves() -> Vec<Shelf> {
    let of = |name: &str, summary: &str| Entry { name: name.to_owned(), summary: summary.to_owned() };
    let mut all: Vec<Shelf> = Vec::new();
    for family in Family::ALL {
        let members = catalogue().iter().filter(|it| it.family == family);
        all.push((heading(family), members.map(|it| of(it.name, it.summary)).collect()));
    }
    all.push((SHAPES, table().iter().map(|it| of(it.name, it.summary)).collect()));
    for family in flow::Family::ALL {
        let members = flow::catalogue().iter().filter(|it| it.family == family);
        all.push((flow_heading(family), members.map(|it| of(it.name, it.summary)).collect()));
    }
    all.push((WINDOWS, ENTRIES.iter().map(|it| of(it.name, it.summary)).collect()));
    let name = |it: &scalp_features::groups::Group| format!("{}@{}", it.name, it.version);
    all.push((SETS, GROUPS.iter().map(|it| of(&name(it), it.summary)).collect()));
    all
}

fn index() -> String {
    let shelves = shelves();
    let counts = [catalogue().len(), table().len(), flow::catalogue().len(), ENTRIES.len(), GROUPS.len()];
    let [indicators, patterns, measures, windows, groups] = counts;
    let mut out = format!(
        "<h1>{TITLE}</h1><p class=\"soft\">{indicators} indicators and candlestick patterns, {patterns} chart patterns, {measures} \
         measures of trades and books, {windows} windows and the like, {groups} groups and schemas. Each page has the formula as \
         it is computed here, the source, the parameters, the warm-up, the cost and a picture.</p><p class=\"jump\">"
    );
    for ((id, name), _) in &shelves {
        let _ = write!(out, "<a href=\"#{id}\">{name}</a> ");
    }
    out.push_str("<a href=\"#notation\">Notation</a></p>");
    for ((id, name), members) in &shelves {
        let _ = write!(
            out,
            "<h2 id=\"{id}\">{name} <small>{}</small></h2><table class=\"list\"><tbody>",
            members.len()
        );
        members.iter().for_each(|it| row(&mut out, &it.name, &it.summary));
        out.push_str("</tbody></table>");
    }
    out.push_str("<h2 id=\"notation\">Notation</h2><table class=\"facts\"><tbody>");
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

#[cfg(test)]
mod tests;
