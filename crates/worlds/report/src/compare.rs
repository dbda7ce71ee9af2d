//! The page that puts two runs side by side: curves, figures with their differences, and what was configured otherwise.

use crate::data::{Better, CompareData, Fact, Figure, RunSummary, Series, Unit, Value};
use crate::document::{Document, FINE_BELOW_NS, Line, Look, range_buttons};
use crate::series;
use crate::text::{escape, in_unit, number, signed, time};
use std::fmt::Write as _;

/// Configurations with more lines than this are not compared line by line.
pub const DIFF_LINES_MAX: usize = 3_000;

/// One self-contained HTML file that compares two runs.
pub fn compare(data: &CompareData) -> String {
    let (a, b) = (&data.a, &data.b);
    let start = a.run.start_ns.min(b.run.start_ns);
    let length = a.run.end_ns.max(b.run.end_ns).saturating_sub(start);
    let title = format!("{} against {}", a.run.name, b.run.name);
    let mut doc = Document::new(title, head(data), length < FINE_BELOW_NS);
    let table = figures(data);
    doc.section("figures", "Figures", &table);
    curves(&mut doc, data, length);
    doc.section("conditions", "Conditions", &conditions(data));
    doc.section("config", "Configuration", &config(&a.run.config, &b.run.config));
    doc.finish()
}

fn head(data: &CompareData) -> String {
    let (a, b) = (&data.a, &data.b);
    let mut out = format!(
        "<div class=\"eyebrow\">Comparison of two backtests</div><h1>{} <span class=\"soft\">against</span> {}</h1>",
        escape(&a.run.name),
        escape(&b.run.name)
    );
    for (letter, colour, run) in [("A", "up", &a.run), ("B", "down", &b.run)] {
        let _ = write!(
            out,
            "<div class=\"soft\"><span class=\"key\" style=\"background:var(--{colour})\"></span>{letter}: {}, {} to {} UTC{}</div>",
            escape(&run.strategy),
            time(run.start_ns, false),
            time(run.end_ns, false),
            if run.synthetic { ", generated market" } else { "" }
        );
    }
    for (what, why) in doubts(data) {
        let _ = write!(out, "<p class=\"banner\"><strong>{what}.</strong> {}</p>", escape(&why));
    }
    out
}

/// What the two runs do not share and a comparison rests on: in a few words, and what follows from it.
pub(crate) fn doubts(data: &CompareData) -> Vec<(&'static str, String)> {
    let (a, b) = (&data.a, &data.b);
    let mut all = Vec::new();
    if (a.run.start_ns, a.run.end_ns) != (b.run.start_ns, b.run.end_ns) {
        let why =
            "The two runs do not cover the same time, so their figures do not answer the same question.";
        all.push(("Different periods", why.to_owned()));
    }
    if !same_currency(data) {
        let why = format!(
            "A counts in {}, B in {}: no difference is taken of amounts, returns and what is made of returns, and the \
             two curves are changes of different money.",
            a.run.currency, b.run.currency
        );
        all.push(("Different currencies", why));
    }
    if !same_horizon(data) {
        let why = format!(
            "Returns of A are over {}, of B over {}: no difference is taken of value at risk and expected shortfall, \
             which are of one step.",
            a.horizon, b.horizon
        );
        all.push(("Different steps", why));
    }
    all
}

fn same_currency(data: &CompareData) -> bool {
    data.a.run.currency == data.b.run.currency
}

fn same_horizon(data: &CompareData) -> bool {
    data.a.horizon == data.b.horizon || data.a.horizon.is_empty() || data.b.horizon.is_empty()
}

/// Whether B less A means something for a figure.
fn is_comparable(data: &CompareData, figure: &Figure) -> bool {
    let of_one_step = ["Value at risk", "Expected shortfall"].iter().any(|it| figure.name.starts_with(it));
    let of_no_money = matches!(figure.unit, Unit::Count | Unit::Seconds);
    (same_currency(data) || of_no_money) && (same_horizon(data) || !of_one_step)
}

/// One row of the comparison: both values and their difference where both exist.
pub(crate) struct Pair {
    pub name: String,
    pub a: String,
    pub b: String,
    pub difference: String,
    pub better: Option<bool>,
}

/// Figures of both runs by name, the first of each name: those of A in their order, then those only B has.
pub(crate) fn pairs(data: &CompareData) -> Vec<Pair> {
    let (a, b) = (&data.a, &data.b);
    let find = |figures: &'_ [Figure], name: &str| figures.iter().position(|f| f.name == name);
    let only_b = b.figures.iter().filter(|f| find(&a.figures, &f.name).is_none());
    let first_of_its_name = |(i, f): &(usize, &Figure)| find(&a.figures, &f.name) == Some(*i);
    a.figures
        .iter()
        .enumerate()
        .filter(first_of_its_name)
        .map(|(_, f)| (Some(f), find(&b.figures, &f.name).map(|i| &b.figures[i])))
        .chain(only_b.map(|f| (None, Some(f))))
        .filter_map(|(left, right)| {
            let kind = left.or(right)?;
            let text = |figure: Option<&Figure>, decimals| match figure {
                Some(f) => crate::page::shown(f, decimals),
                None => "not measured".into(),
            };
            let comparable = is_comparable(data, kind);
            let value = |it: Option<&Figure>| it.filter(|_| comparable).and_then(|f| f.value.get());
            let values = (value(left), value(right));
            let difference = match values {
                (Some(x), Some(y)) => difference(y - x, kind.unit, a.run.decimals),
                _ => "\u{2013}".into(),
            };
            let better = match (values, kind.better) {
                ((Some(x), Some(y)), Better::Higher) if (x - y).abs() > 0.0 => Some(y > x),
                ((Some(x), Some(y)), Better::Lower) if (x - y).abs() > 0.0 => Some(y < x),
                _ => None,
            };
            Some(Pair {
                name: kind.name.clone(),
                a: text(left, a.run.decimals),
                b: text(right, b.run.decimals),
                difference,
                better,
            })
        })
        .collect()
}

fn difference(value: f64, unit: Unit, decimals: u8) -> String {
    match unit {
        Unit::Percent | Unit::Magnitude | Unit::Share => format!("{}\u{a0}points", signed(value * 100.0, 2)),
        Unit::Money => signed(value, usize::from(decimals)),
        Unit::Count => signed(value, 0),
        Unit::Ratio | Unit::BasisPoints => signed(value, 2),
        Unit::Seconds if value > 0.0 => format!("+{}", in_unit(value, unit, decimals)),
        Unit::Seconds => in_unit(value, unit, decimals),
    }
}

fn figures(data: &CompareData) -> String {
    let mut out = String::from(
        "<p class=\"note\">Difference: B less A. The colour says which way is better, not whether the difference is more than chance.</p>\
         <div class=\"scroll\"><table><thead><tr><th class=\"l\" scope=\"col\">Figure</th><th scope=\"col\">A</th><th scope=\"col\">B</th><th scope=\"col\">Difference</th></tr></thead><tbody>",
    );
    for pair in pairs(data) {
        let class = match pair.better {
            Some(true) => "up",
            Some(false) => "down",
            None => "soft",
        };
        let word = match pair.better {
            Some(true) => " <small>B better</small>",
            Some(false) => " <small>A better</small>",
            None => "",
        };
        let cell = |text: &str| {
            let long = if text.len() > 28 { " class=\"why\"" } else { "" };
            format!("<td{long}>{}</td>", escape(text))
        };
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{}</th>{}{}<td><span class=\"{class}\">{}</span>{word}</td></tr>",
            escape(&pair.name),
            cell(&pair.a),
            cell(&pair.b),
            escape(&pair.difference)
        );
    }
    out.push_str("</tbody></table></div>");
    out
}

fn curves(doc: &mut Document, data: &CompareData, length: i64) {
    let relative = |summary: &RunSummary| {
        let mut line = series::clean(&summary.equity);
        let start = line.value.first().copied().filter(|v| *v > 0.0);
        line.value = line.value.iter().map(|v| start.map_or(0.0, |s| v / s - 1.0)).collect();
        (line, start.is_some())
    };
    let ((a, a_known), (b, b_known)) = (relative(&data.a), relative(&data.b));
    if !a_known || !b_known || a.value.len() < 2 || b.value.len() < 2 {
        doc.section("equity", "Equity", "<p class=\"note\">Not enough data for both curves (each needs two equity values above zero).</p>");
        return;
    }
    let falls = [series::drawdown(&shift(&a)), series::drawdown(&shift(&b))];
    let mut out = range_buttons(length);
    let look = Look {
        title: "Change of equity since the start of each run",
        note: "A solid, B dashed.".into(),
        unit: "percent",
        height: 340,
        zero: true,
        step: false,
        band: None,
    };
    out.push_str(&doc.chart(&look, &lines([&a, &b])));
    let look = Look { title: "Drawdown", height: 190, ..look };
    out.push_str(&doc.chart(&look, &lines([&falls[0], &falls[1]])));
    doc.section("equity", "Equity", &out);
}

/// A and B as lines, told apart by colour and dash.
fn lines([a, b]: [&Series; 2]) -> [Line<'_>; 2] {
    let line = |name, colour, dash| Line { name, colour, width: 1.8, dash, fill: false, series: a };
    [line("A", "up", false), Line { series: b, ..line("B", "down", true) }]
}

/// Changes as wealth from one, so that drawdowns are fractions of the peak.
fn shift(series: &Series) -> Series {
    Series { at_ns: series.at_ns.clone(), value: series.value.iter().map(|v| 1.0 + v).collect() }
}

fn conditions(data: &CompareData) -> String {
    let facts = |summary: &RunSummary| -> Vec<Fact> {
        let run = &summary.run;
        let own = [
            Fact::new("Run", &run.id),
            Fact::new("Strategy", &run.strategy),
            Fact::new("From", time(run.start_ns, false)),
            Fact::new("To", time(run.end_ns, false)),
            Fact::new(
                "Starting equity",
                format!("{} {}", number(run.start_equity, usize::from(run.decimals)), run.currency),
            ),
            Fact::new(
                "Trials declared",
                if run.trials == 0 { "not declared".into() } else { run.trials.to_string() },
            ),
            Fact::new("Seed", run.seed.to_string()),
            Fact::new("Version", &run.version),
            Fact::new("State hash", &run.state_hash),
        ];
        own.into_iter()
            .chain(run.parameters.iter().cloned())
            .chain(run.data.iter().cloned())
            .chain(run.costs.iter().cloned())
            .chain(run.latency.iter().cloned())
            .collect()
    };
    let (a, b) = (facts(&data.a), facts(&data.b));
    let value = |facts: &[Fact], name: &str| facts.iter().find(|f| f.name == name).map(|f| f.value.clone());
    let mut names: Vec<&str> = a.iter().map(|f| f.name.as_str()).collect();
    names.extend(b.iter().map(|f| f.name.as_str()).filter(|name| value(&a, name).is_none()));
    let mut out = String::from(
        "<div class=\"scroll\"><table><thead><tr><th class=\"l\" scope=\"col\"></th><th class=\"l\" scope=\"col\">A</th><th class=\"l\" scope=\"col\">B</th></tr></thead><tbody>",
    );
    for name in names {
        let (x, y) = (value(&a, name), value(&b, name));
        let (open, shut) =
            if x == y { ("<span class=\"soft\">", "</span>") } else { ("<strong>", "</strong>") };
        let show = |v: Option<String>| escape(&v.unwrap_or_else(|| "\u{2013}".into()));
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"l w\">{open}{}{shut}</td><td class=\"l w\">{open}{}{shut}</td></tr>",
            escape(name),
            show(x),
            show(y)
        );
    }
    out.push_str("</tbody></table></div><p class=\"note\">Bold where the two differ.</p>");
    out
}

fn config(a: &str, b: &str) -> String {
    if a == b {
        return format!(
            "<p class=\"note\">The two configurations are {}.</p>",
            if a.is_empty() { "not recorded" } else { "identical" }
        );
    }
    let (left, right): (Vec<&str>, Vec<&str>) = (a.lines().collect(), b.lines().collect());
    if left.len() > DIFF_LINES_MAX || right.len() > DIFF_LINES_MAX {
        return format!(
            "<p class=\"note\">The configurations differ and are too long to compare line by line (at most {DIFF_LINES_MAX} lines).</p>"
        );
    }
    let mut out = String::from(
        "<p class=\"note\">\u{2212} only in A, + only in B.</p><div class=\"scroll\"><table class=\"diff mono\"><tbody>",
    );
    for (mark, line) in diff(&left, &right) {
        let class = match mark {
            '+' => " class=\"plus\"",
            '\u{2212}' => " class=\"minus\"",
            _ => "",
        };
        let _ = write!(out, "<tr{class}><td>{mark}</td><td>{}</td></tr>", escape(line));
    }
    out.push_str("</tbody></table></div>");
    out
}

/// Lines of both texts in order, by their longest common subsequence: unmarked in both, minus in A, plus in B.
pub(crate) fn diff<'a>(a: &[&'a str], b: &[&'a str]) -> Vec<(char, &'a str)> {
    let wide = b.len() + 1;
    let mut longest = vec![0_u16; (a.len() + 1) * wide];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i * wide + j] = if a[i] == b[j] {
                longest[(i + 1) * wide + j + 1] + 1
            } else {
                longest[(i + 1) * wide + j].max(longest[i * wide + j + 1])
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            out.push((' ', a[i]));
            i += 1;
            j += 1;
        } else if j == b.len() || (i < a.len() && longest[(i + 1) * wide + j] >= longest[i * wide + j + 1]) {
            out.push(('\u{2212}', a[i]));
            i += 1;
        } else {
            out.push(('+', b[j]));
            j += 1;
        }
    }
    out
}

/// Whether a value is a number.
pub(crate) fn known(value: &Value) -> bool {
    value.get().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_keeps_both_texts_whole() {
        let (a, b) = (["x", "a = 1", "y", "z"], ["x", "a = 2", "y", "w", "z"]);
        let lines = diff(&a, &b);
        let of =
            |marks: [char; 2]| lines.iter().filter(|l| marks.contains(&l.0)).map(|l| l.1).collect::<Vec<_>>();
        assert_eq!(of([' ', '\u{2212}']), a);
        assert_eq!(of([' ', '+']), b);
        assert_eq!(lines.iter().filter(|l| l.0 == ' ').count(), 3);
        assert!(diff(&[], &[]).is_empty());
    }

    #[test]
    fn different_currencies_and_steps_are_said_and_not_subtracted() {
        let run = |currency: &str, horizon: &str| {
            let figure = |name: &str, unit| Figure {
                name: name.into(),
                value: 2.0.into(),
                unit,
                better: Better::Higher,
                ..Default::default()
            };
            RunSummary {
                run: crate::data::Run { currency: currency.into(), ..Default::default() },
                figures: vec![
                    figure("Net result", Unit::Money),
                    figure("Total return", Unit::Percent),
                    figure("Value at risk 95 %", Unit::Magnitude),
                    figure("Round trips", Unit::Count),
                ],
                horizon: horizon.into(),
                ..Default::default()
            }
        };
        let check = |b: RunSummary, whats: &[&str], taken: [bool; 4]| {
            let data = CompareData { a: run("USDT", "1 day"), b };
            assert_eq!(doubts(&data).iter().map(|it| it.0).collect::<Vec<_>>(), whats);
            let style = crate::terminal::Style::new(120, false);
            let (text, html) = (crate::terminal::compare(&data, style), compare(&data));
            whats.iter().for_each(|it| assert!(text.contains(it) && html.contains(it), "{it}: {text}"));
            let got: Vec<bool> = pairs(&data).iter().map(|it| it.difference != "\u{2013}").collect();
            assert_eq!(got, taken);
        };
        check(run("USDT", "1 day"), &[], [true; 4]);
        check(run("AAVE", "1 day"), &["Different currencies"], [false, false, false, true]);
        check(run("USDT", "1 minute"), &["Different steps"], [true, true, false, true]);
    }

    #[test]
    fn figures_are_matched_by_name_and_a_missing_one_has_no_difference() {
        let figure = |name: &str, value| Figure {
            name: name.into(),
            value,
            better: Better::Lower,
            ..Default::default()
        };
        let data = CompareData {
            a: RunSummary {
                figures: vec![figure("x", 1.0.into()), figure("y", Value::Missing("too short".into()))],
                ..Default::default()
            },
            b: RunSummary {
                figures: vec![figure("y", 2.0.into()), figure("x", 3.0.into()), figure("z", 1.0.into())],
                ..Default::default()
            },
        };
        let got = pairs(&data);
        assert_eq!(got.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["x", "y", "z"]);
        assert_eq!((got[0].difference.as_str(), got[0].better), ("+2.00", Some(false)));
        assert_eq!(
            (got[1].a.as_str(), got[1].difference.as_str(), got[1].better),
            ("too short", "\u{2013}", None)
        );
        assert_eq!(got[2].a, "not measured");
    }
}
