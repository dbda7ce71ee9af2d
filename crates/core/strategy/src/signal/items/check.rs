//! Whether a text that a rule reads is one value, and what is said where it is not.

use scalp_features::{Error, Schema, Sources, entry, flow};
use scalp_indicators::patterns::table;
use scalp_indicators::{Nearest, catalogue, nearest};
use scalp_types::Span;

/// Members of a group that a refusal lists.
const MEMBERS_TOLD: usize = 32;
const COLUMNS: [&str; 5] = ["open", "high", "low", "close", "volume"];

/// Checks that `text` is one value; the lengths of the longer bars that it reads.
pub(super) fn check(text: &str, market: &Sources) -> Result<Vec<Span>, String> {
    let schema = Schema::of_items(&[text], market).map_err(|error| match error {
        Error::UnknownName { name, .. } => unknown(text, &name, market),
        other => other.to_string(),
    })?;
    if text.starts_with("GROUP:") || text.starts_with("SCHEMA:") {
        return Err(members(text, schema.titles()));
    }
    if schema.len() > 1 {
        let outputs: Vec<&str> =
            schema.titles().iter().map(|it| it.rsplit('.').next().unwrap_or_default()).collect();
        let names = outputs.join(", ");
        return Err(format!("{text} has several outputs: name one of {names} after a full stop"));
    }
    Ok(schema.longer().map(Span::from_nanos).collect())
}

/// A rule compares single values, so of a group it names the members that it means.
fn members(group: &str, titles: &[String]) -> String {
    let shown = &titles[..titles.len().min(MEMBERS_TOLD)];
    let rest = match titles.len() - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more (scalp features describe {group})"),
    };
    format!(
        "{group} is {} values and a rule compares one: name a member, of {}{rest}",
        titles.len(),
        shown.join(", ")
    )
}

/// A name that is neither of the catalogue nor of a series. Entries are in capitals: what is not, and is near none, is meant for a
/// series, and so is what has a column of bars behind it.
fn unknown(text: &str, name: &str, market: &Sources) -> String {
    let series: Vec<&str> = market.outside.iter().map(|it| it.name.as_str()).collect();
    let column = COLUMNS.into_iter().find(|it| has_output(text, name, it));
    if series.contains(&name) {
        return format!(
            "{name} is a series of with, which is one value: write {name} with no output behind it"
        );
    }
    let near = near(name, &series);
    let is_series = column.is_some() || near.0.is_none() && !name.bytes().any(|it| it.is_ascii_uppercase());
    if !is_series {
        return format!("unknown feature {name:?}{near}");
    }
    let there = match &series[..] {
        [] => "no series is given".to_owned(),
        all => format!("the series that are given are {}", all.join(", ")),
    };
    let column = column.unwrap_or("close");
    format!(
        "unknown feature {name:?}: no series of this name is given ({there}){near}; one is given as in with = [\"{name}=FILE\"], \
         or of another instrument of the run [\"{name}=SYMBOL.{column}\"], and read by {name} alone"
    )
}

/// Whether `text` reads this output of this name.
fn has_output(text: &str, name: &str, output: &str) -> bool {
    let is_word = |it: char| it.is_ascii_alphanumeric() || it == '_';
    text.split(|it: char| !is_word(it) && it != '.').any(|it| it.split_once('.') == Some((name, output)))
}

/// The name that may have been meant.
fn near(name: &str, series: &[&str]) -> Nearest {
    let indicators = catalogue().iter().map(|it| it.name);
    let measures = flow::catalogue().iter().map(|it| it.name);
    let entries = entry::ENTRIES.iter().map(|it| it.name);
    let patterns = table().iter().map(|it| it.name);
    let all = indicators.chain(measures).chain(entries).chain(patterns).chain(series.iter().copied());
    nearest(name, all.chain(COLUMNS).chain(super::super::parse::CROSSINGS))
}
