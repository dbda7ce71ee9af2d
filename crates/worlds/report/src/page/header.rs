//! What was run, what came of it in one breath, under which conditions, and what it does not show.

use super::ends;
use crate::data::{Fact, Figure, ReportData, Run, Series, Value};
use crate::document::Document;
use crate::text::{date, duration, escape, in_unit, number, percent, share, time, unit_of};
use std::fmt::Write as _;

/// Runs shorter than this say that they are short.
const LONG_ENOUGH_DAYS: i64 = 180;
/// Runs with fewer closed trades say that they are few.
const ENOUGH_TRADES: usize = 100;
const DAY: i64 = 86_400_000_000_000;

/// The head of the page of a run.
pub fn head(data: &ReportData, equity: &Series) -> String {
    let run = &data.run;
    let mut out = title("Backtest", &run.name, run);
    for warning in &data.warnings {
        let _ = write!(out, "<p class=\"banner\"><strong>Warning.</strong> {}</p>", escape(warning));
    }
    let length = run.end_ns.saturating_sub(run.start_ns);
    match ends(equity) {
        Some((_, last)) if run.start_equity > 0.0 => {
            let gain = last / run.start_equity - 1.0;
            let money = usize::from(run.decimals);
            let class = if gain > 0.0 {
                "up"
            } else if gain < 0.0 {
                "down"
            } else {
                "soft"
            };
            let _ = write!(
                out,
                "<p class=\"lede\">{} {currency} became <strong>{} {currency}</strong> (<span class=\"{class}\">{}</span>) in {} of simulated \
                 trading, after all modelled costs, in {} closed trade{}.{}</p>",
                number(run.start_equity, money),
                number(last, money),
                percent(gain),
                duration(length as f64 / 1e9),
                number(data.trades.len() as f64, 0),
                if data.trades.len() == 1 { "" } else { "s" },
                comparison(data, last),
                currency = escape(&run.currency),
            );
        }
        _ => out.push_str("<p class=\"lede\">No equity was recorded for this run.</p>"),
    }
    out.push_str(&brief(run));
    out
}

/// Parameters, data, costs and latency in one line each, with what identifies the run.
fn brief(run: &Run) -> String {
    let list = |facts: &[Fact]| -> String {
        let all: Vec<String> = facts.iter().map(|f| format!("{} {}", f.name, f.value)).collect();
        escape(&all.join(", "))
    };
    let mut out = String::new();
    let groups = [
        ("Parameters", &run.parameters),
        ("Data", &run.data),
        ("Costs", &run.costs),
        ("Latency and queue", &run.latency),
    ];
    for (name, facts) in groups.into_iter().filter(|group| !group.1.is_empty()) {
        let _ = write!(out, "<p class=\"brief\"><span class=\"soft\">{name}:</span> {}</p>", list(facts));
    }
    let trials = if run.trials == 0 { "not declared".to_owned() } else { number(run.trials as f64, 0) };
    let _ = write!(
        out,
        "<p class=\"brief\"><span class=\"soft\">Trials:</span> {trials} \u{b7} <span class=\"soft\">seed</span> {} \u{b7} \
         <span class=\"soft\">state</span> <span class=\"mono hash\">{}</span> \u{b7} <a href=\"#conditions\">all conditions</a> \u{b7} \
         <a href=\"#limits\">what this does not show</a></p>",
        run.seed,
        escape(if run.state_hash.is_empty() { "not recorded" } else { &run.state_hash }),
    );
    out
}

/// The lines above a page: what it is, of which run, when, by which version.
pub fn title(kind: &str, name: &str, run: &Run) -> String {
    let joined = |parts: [&str; 2]| {
        let parts: Vec<String> = parts.iter().filter(|p| !p.is_empty()).map(|p| escape(p)).collect();
        parts.join(" \u{b7} ")
    };
    let period = format!("{} to {} UTC", time(run.start_ns, false), time(run.end_ns, false));
    let mut out = format!(
        "<div class=\"eyebrow\">{}</div><h1>{}</h1><div class=\"soft\">{}</div>",
        joined([kind, &run.version]),
        escape(if name.is_empty() { "Unnamed run" } else { name }),
        joined([&run.strategy, &period]),
    );
    if run.synthetic {
        out.push_str(
            "<p class=\"banner\"><strong>Generated market.</strong> These prices come from a random model with a seed; \
             they never happened. The run shows how the program works, not whether the strategy does.</p>",
        );
    }
    out
}

fn comparison(data: &ReportData, last: f64) -> String {
    let mut out = String::new();
    if let Some((first, end)) = ends(&data.buy_and_hold).filter(|(first, _)| *first > 0.0) {
        let _ = write!(out, " Buying and holding gave {}.", percent(end / first - 1.0));
        if !data.hold_note.is_empty() {
            let _ = write!(out, " {}", escape(&data.hold_note));
        }
    }
    let finals: Vec<f64> = data.controls.runs.iter().filter_map(|r| r.last().copied()).collect();
    if !finals.is_empty() {
        let beaten = finals.iter().filter(|f| **f < last).count();
        let _ = write!(
            out,
            " It ended above {} of {} random-entry controls ({}).",
            beaten,
            finals.len(),
            share(beaten as f64 / finals.len() as f64)
        );
    }
    out
}

/// The grid of key figures.
pub fn figures(doc: &mut Document, data: &ReportData) {
    let mut out = String::from("<dl class=\"figures\">");
    for figure in &data.figures {
        out.push_str(&card(figure, data.run.decimals));
    }
    out.push_str("</dl>");
    if data.figures.is_empty() {
        out = "<p class=\"note\">No figures were measured.</p>".into();
    } else if data.figures.iter().any(|f| f.interval.is_some()) {
        out.push_str("<p class=\"note\" style=\"margin-top:8px\">Ranges are bootstrap intervals of this one history; they know nothing of markets that did not happen.</p>");
    }
    doc.section("figures", "Key figures", &out);
}

fn card(figure: &Figure, decimals: u8) -> String {
    let body = match (&figure.value, figure.value.get()) {
        (_, Some(value)) => format!("<dd class=\"big\">{}</dd>", in_unit(value, unit_of(figure), decimals)),
        (Value::Missing(why), _) => format!("<dd class=\"why\">{}</dd>", escape(why)),
        _ => "<dd class=\"why\">not a number</dd>".into(),
    };
    format!(
        "<div><dt>{}</dt>{body}{}{}</div>",
        escape(&figure.name),
        interval(figure, decimals).map(|i| format!("<dd class=\"ci\">{i}</dd>")).unwrap_or_default(),
        if figure.note.is_empty() {
            String::new()
        } else {
            format!("<dd class=\"def\">{}</dd>", escape(&figure.note))
        },
    )
}

/// `90 %: 0.31 to 1.72`, when there is an interval of numbers.
pub fn interval(figure: &Figure, decimals: u8) -> Option<String> {
    let i = figure.interval.filter(|i| i.low.is_finite() && i.high.is_finite())?;
    Some(format!(
        "{}\u{a0}%: {} to {}",
        number(i.level * 100.0, 0),
        in_unit(i.low, unit_of(figure), decimals),
        in_unit(i.high, unit_of(figure), decimals)
    ))
}

/// How it was run, so that it can be run again.
pub fn conditions(doc: &mut Document, data: &ReportData) {
    let run = &data.run;
    let trials = if run.trials == 0 { "not declared".to_owned() } else { number(run.trials as f64, 0) };
    let about = [
        Fact::new("Run", &run.id),
        Fact::new("Strategy", &run.strategy),
        Fact::new("From", time(run.start_ns, false)),
        Fact::new("To", time(run.end_ns, false)),
        Fact::new(
            "Starting equity",
            format!("{} {}", number(run.start_equity, usize::from(run.decimals)), run.currency),
        ),
        Fact::new("Trials declared", trials),
        Fact::new("Seed", run.seed.to_string()),
        Fact::new("State hash", &run.state_hash),
        Fact::new("Version", &run.version),
    ];
    let mut out = String::from("<div class=\"facts\">");
    for (name, facts) in [
        ("Run", &about[..]),
        ("Parameters", &run.parameters),
        ("Data", &run.data),
        ("Costs", &run.costs),
        ("Latency and queue", &run.latency),
        ("Files beside this page", &data.files),
    ] {
        out.push_str(&fact_list(name, facts));
    }
    out.push_str("</div>");
    if let Some(command) = &run.command {
        let _ = write!(
            out,
            "<h3 style=\"margin-top:16px\">To repeat this run</h3><pre>{}</pre>",
            escape(command)
        );
    }
    if !run.config.is_empty() {
        let _ = write!(
            out,
            "<details><summary>The whole configuration</summary><pre>{}</pre></details>",
            escape(&run.config)
        );
    }
    doc.section("conditions", "Conditions", &out);
}

fn fact_list(name: &str, facts: &[Fact]) -> String {
    let mut out = format!("<div><h3>{name}</h3>");
    if facts.is_empty() {
        out.push_str("<p class=\"note\">None stated.</p></div>");
        return out;
    }
    out.push_str("<dl>");
    for fact in facts {
        let class = if fact.name == "State hash" || fact.name == "Run" { " class=\"mono hash\"" } else { "" };
        let _ = write!(out, "<dt>{}</dt><dd{class}>{}</dd>", escape(&fact.name), escape(&fact.value));
    }
    out.push_str("</dl></div>");
    out
}

/// What this run does not show.
pub fn limits(doc: &mut Document, data: &ReportData, equity: &Series) {
    let run = &data.run;
    let mut sentences: Vec<String> = vec![
        "This is a simulation. A model decided which orders were filled, when and at what price; a venue would have decided otherwise in places.".into(),
        "The other participants in the recording did not see our orders. Beyond the stated impact model nobody reacted to them.".into(),
        "Places in the queue are estimated unless the data identify every order.".into(),
        "One history is one draw. The intervals resample this history; they cannot contain what never occurred in it.".into(),
        "Failures of venues, networks and counterparties appear only where the latency and fault model puts them.".into(),
    ];
    if run.synthetic {
        sentences.insert(0, "The market was generated. Nothing here is evidence about a real market.".into());
    }
    sentences.splice(0..0, data.warnings.iter().cloned());
    match run.trials {
        0 => sentences.push("Nobody declared how many variants were tried before this one. If there were many, the best of them looks good by luck alone, and no deflated Sharpe ratio can say so.".into()),
        1 => sentences.push("One trial was declared. Variants that were tried and not declared make the deflated Sharpe ratio too high.".into()),
        n => sentences.push(format!("{} trials were declared; the deflated Sharpe ratio is as true as that number.", number(n as f64, 0))),
    }
    let days = run.end_ns.saturating_sub(run.start_ns) / DAY;
    if days < LONG_ENOUGH_DAYS {
        sentences.push(format!(
            "The run covers {} ({} to {}), less than {LONG_ENOUGH_DAYS} days: too short to see several kinds of market.",
            duration(run.end_ns.saturating_sub(run.start_ns) as f64 / 1e9),
            date(run.start_ns),
            date(run.end_ns)
        ));
    }
    if data.trades.len() < ENOUGH_TRADES {
        sentences.push(format!(
            "Figures per trade rest on {} closed trade{}; below about {ENOUGH_TRADES} they are uncertain.",
            data.trades.len(),
            if data.trades.len() == 1 { "" } else { "s" },
        ));
    }
    if let Some(costs) = &data.costs {
        for (cost, name) in
            [(costs.fees, "fees"), (costs.impact, "market impact"), (costs.funding, "funding")]
        {
            if cost.abs() < f64::MIN_POSITIVE && !data.fills.is_empty() {
                sentences.push(format!(
                    "No {name} came up in this run; see the cost model for whether it was modelled."
                ));
            }
        }
    }
    if data.controls.runs.is_empty() {
        sentences.push(
            "No random-entry controls were run, so luck in timing cannot be told from skill here.".into(),
        );
    }
    if equity.at_ns.len() < data.equity.at_ns.len() {
        sentences.push(format!(
            "{} equity values were not numbers or went back in time and are not drawn.",
            data.equity.at_ns.len() - equity.at_ns.len()
        ));
    }
    sentences.extend(data.limits.iter().cloned());
    let mut out = String::from("<ul class=\"limits\">");
    for sentence in &sentences {
        let _ = write!(out, "<li>{}</li>", escape(sentence));
    }
    out.push_str("</ul>");
    doc.section("limits", "What this does not show", &out);
}
