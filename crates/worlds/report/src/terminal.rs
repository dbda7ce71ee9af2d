//! The same numbers for a terminal: aligned columns, a small curve, and nothing wider than it.

use crate::compare::{doubts, pairs};
use crate::data::{CompareData, Figure, ReportData, RunSummary, SweepData, Value};
use crate::series;
use crate::text::{in_unit, number, percent, plain, share, time, unit_of, value};
use std::fmt::Write as _;

/// Narrowest terminal that is laid out for.
pub const WIDTH_MIN: usize = 40;
/// Widest line that is written, however wide the terminal.
pub const WIDTH_MAX: usize = 120;
/// Columns when nobody says.
const WIDTH_USUAL: usize = 80;
/// Rows of a sweep that are printed; the page has more.
const SWEEP_ROWS: usize = 20;
const BLOCKS: [char; 8] =
    ['\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}', '\u{2588}'];

/// How wide and how colourful to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    width: usize,
    colour: bool,
}

impl Style {
    /// A style of this width (kept within [`WIDTH_MIN`] and [`WIDTH_MAX`]).
    pub fn new(width: usize, colour: bool) -> Self {
        Self { width: width.clamp(WIDTH_MIN, WIDTH_MAX), colour }
    }
    /// For what has no width, as a file: nothing is left out or cut for want of room.
    pub const fn boundless() -> Self {
        Self { width: usize::MAX, colour: false }
    }
    /// From what the environment says: the value of `COLUMNS`, the value of `NO_COLOR` (any text but an empty one
    /// switches colours off) and whether the output is a terminal.
    pub fn of(columns: Option<&str>, no_color: Option<&str>, is_terminal: bool) -> Self {
        let width = columns.and_then(|c| c.trim().parse().ok()).unwrap_or(WIDTH_USUAL);
        Self::new(width, is_terminal && no_color.is_none_or(str::is_empty))
    }
    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.into() }
    }
    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }
    fn soft(self, text: &str) -> String {
        self.paint("2", text)
    }
    /// Blue for gains, yellow for losses: told apart by every kind of eye.
    fn sign(self, number: f64, text: &str) -> String {
        if number > 0.0 {
            self.paint("34", text)
        } else if number < 0.0 {
            self.paint("33", text)
        } else {
            text.into()
        }
    }
    fn rule(self, title: &str) -> String {
        let title = cut(&plain(title), self.width - 4);
        let rest = self.width - 2 - title.chars().count();
        let line = format!("{} {}", "\u{2500}", title) + " " + &"\u{2500}".repeat(rest.saturating_sub(1));
        format!("{}\n", self.soft(&line))
    }
}

/// A curve in one line of `width` characters, the lowest value at the bottom; empty below two values.
pub fn sparkline(values: &[f64], width: usize) -> String {
    let values: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    if values.len() < 2 || width == 0 {
        return String::new();
    }
    let (low, high) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
    let width = width.min(values.len());
    (0..width)
        .map(|i| {
            let at = if width == 1 { 0 } else { i * (values.len() - 1) / (width - 1) };
            let part = if high > low { (values[at] - low) / (high - low) } else { 0.0 };
            BLOCKS[((part * 7.0).round() as usize).min(7)]
        })
        .collect()
}

/// What one run came to.
pub fn summary(data: &ReportData, style: Style) -> String {
    let run = &data.run;
    let money = usize::from(run.decimals);
    let mut out = format!("{}\n", style.bold(&cut(&plain(&run.name), style.width)));
    wrap(
        &mut out,
        &format!("{} \u{b7} {} to {} UTC", run.strategy, time(run.start_ns, false), time(run.end_ns, false)),
        style,
        "2",
    );
    if run.synthetic {
        wrap(&mut out, "Generated market: these prices never happened.", style, "1");
    }
    for warning in &data.warnings {
        wrap(&mut out, &format!("WARNING: {warning}"), style, "1;33");
    }
    let equity = series::clean(&data.equity);
    out.push('\n');
    match equity.value.last().filter(|_| run.start_equity > 0.0) {
        Some(last) => {
            let gain = last / run.start_equity - 1.0;
            let text = format!(
                "{} -> {} {} ({})",
                number(run.start_equity, money),
                number(*last, money),
                run.currency,
                percent(gain)
            );
            let _ = writeln!(out, "  {}", style.sign(gain, &cut(&plain(&text), style.width - 2)));
            let curve = sparkline(&equity.value, style.width - 4);
            if !curve.is_empty() {
                let _ = writeln!(out, "  {curve}");
            }
        }
        None => out.push_str("  No equity was recorded.\n"),
    }
    if let Some(first) = data.buy_and_hold.value.first().filter(|v| **v > 0.0) {
        let end = data.buy_and_hold.value.last().copied().unwrap_or(*first);
        let text = format!("Buying and holding gave {}. {}", percent(end / first - 1.0), data.hold_note);
        wrap(&mut out, text.trim_end(), style, "2");
    }
    let finals: Vec<f64> = data.controls.runs.iter().filter_map(|r| r.last().copied()).collect();
    if let (Some(last), false) = (equity.value.last(), finals.is_empty()) {
        let beaten = finals.iter().filter(|f| *f < last).count();
        let text = format!(
            "Ended above {beaten} of {} random-entry controls ({}).",
            finals.len(),
            share(beaten as f64 / finals.len() as f64)
        );
        wrap(&mut out, &text, style, "2");
    }
    figure_block(&mut out, "Figures", &data.figures, run.decimals, style);
    figure_block(&mut out, "Risk", &data.risk, run.decimals, style);
    if !data.returns.why.is_empty() {
        wrap(&mut out, &data.returns.why, style, "2");
    }
    costs(&mut out, data, style);
    fills(&mut out, data, style);
    out.push_str(&style.rule("Run"));
    let trials = if run.trials == 0 { "not declared".into() } else { run.trials.to_string() };
    let facts =
        [("Trials declared", trials), ("Seed", run.seed.to_string()), ("State hash", run.state_hash.clone())];
    let rows: Vec<[String; 2]> = facts.into_iter().map(|(a, b)| [a.into(), plain(&b)]).collect();
    two_columns(&mut out, &rows, style);
    wrap(&mut out, "A simulation under the stated conditions, no promise.", style, "2");
    ascii_minus(&out)
}

fn figure_block(out: &mut String, title: &str, figures: &[Figure], decimals: u8, style: Style) {
    if figures.is_empty() {
        return;
    }
    out.push_str(&style.rule(title));
    let rows: Vec<[String; 2]> = figures
        .iter()
        .map(|f| {
            let range =
                f.interval.filter(|i| i.low.is_finite() && i.high.is_finite()).map_or(String::new(), |i| {
                    format!(
                        "  [{} .. {}]",
                        in_unit(i.low, unit_of(f), decimals),
                        in_unit(i.high, unit_of(f), decimals)
                    )
                });
            [plain(&f.name), plain(&value(&f.value, unit_of(f), decimals)) + &range]
        })
        .collect();
    two_columns(out, &rows, style);
}

fn costs(out: &mut String, data: &ReportData, style: Style) {
    let Some(costs) = &data.costs else { return };
    out.push_str(&style.rule(&format!("Costs, {}", data.run.currency)));
    let rows: Vec<[String; 2]> = [
        ("Gross at arrival prices", costs.gross),
        ("Fees", -costs.fees),
        ("Spread", -costs.spread),
        ("Slippage", -costs.slippage),
        ("Impact", -costs.impact),
        ("Funding", -costs.funding),
        ("Liquidation", -costs.liquidation),
        ("Taken over by the fund", -costs.taken_over),
        ("Net", costs.net),
    ]
    .into_iter()
    .filter(|it| it.1 != 0.0 || !it.0.starts_with("Taken over"))
    .map(|(name, v)| [name.into(), crate::text::signed(v, usize::from(data.run.decimals))])
    .collect();
    numbers(out, &rows, style);
}

fn fills(out: &mut String, data: &ReportData, style: Style) {
    let Some(quality) = &data.fill_quality else { return };
    out.push_str(&style.rule("Fills"));
    let known = |v: &Value| v.get().map_or("\u{2013}".into(), share);
    let mut rows = vec![
        ["Orders sent".into(), number(quality.orders as f64, 0)],
        [
            "Filled, partly, unfilled".into(),
            format!("{}, {}, {}", quality.filled, quality.partly, quality.unfilled),
        ],
        ["Rejected, refused".into(), format!("{}, {}", quality.rejected, quality.refused)],
        [
            "Fill ratio, maker share".into(),
            format!("{}, {}", known(&quality.fill_ratio), known(&quality.maker_share)),
        ],
    ];
    rows.extend(
        quality.faults.iter().map(|(kind, n)| [plain(&format!("Fault: {kind}")), number(*n as f64, 0)]),
    );
    let wrong: u64 = quality.wrong_prints.iter().map(|it| it.1).sum();
    if wrong > 0 {
        let refused = quality.rejects.iter().find(|it| it.0.ends_with("suspect_print")).map_or(0, |it| it.1);
        rows.push(["Wrong prints, refused for them".into(), format!("{wrong}, {refused}")]);
    }
    for timing in &quality.timings {
        if let Some(q) = timing.quantiles.filter(|q| q.count > 0) {
            let show = |v| in_unit(v, timing.unit, data.run.decimals);
            rows.push([plain(&timing.name), format!("median {}, 99 % {}", show(q.p50), show(q.p99))]);
        }
    }
    two_columns(out, &rows, style);
}

/// A list of stored runs, one line each: figures are taken by name from `columns`.
pub fn runs(list: &[RunSummary], columns: &[&str], style: Style) -> String {
    if list.is_empty() {
        return "No runs are stored.\n".into();
    }
    let mut head = vec!["Run".to_owned(), "Strategy".into(), "Ended at".into(), "Days".into()];
    head.extend(columns.iter().map(|c| plain(c)));
    let mut rows = vec![head];
    for summary in list {
        let run = &summary.run;
        let last = summary.equity.value.last().map_or("\u{2013}".into(), |v| {
            plain(&format!("{} {}", number(*v, usize::from(run.decimals)), run.currency))
                .trim_end()
                .to_owned()
        });
        let days = run.end_ns.saturating_sub(run.start_ns) as f64 / 86_400e9;
        let mut row = vec![plain(&run.id), plain(&run.strategy), last, number(days, 1)];
        row.extend(columns.iter().map(|name| {
            summary
                .figures
                .iter()
                .find(|f| f.name == *name)
                .and_then(|f| Some((f.value.get()?, unit_of(f))))
                .map_or("\u{2013}".into(), |(v, unit)| in_unit(v, unit, run.decimals))
        }));
        rows.push(row);
    }
    ascii_minus(&grid(&rows, 2, style))
}

/// Two runs side by side.
pub fn compare(data: &CompareData, style: Style) -> String {
    let mut rows = vec![vec!["".to_owned(), "A".into(), "B".into(), "B - A".into()]];
    let short = |text: &str| if text.chars().count() > 24 { "\u{2013}".to_owned() } else { plain(text) };
    for pair in pairs(data) {
        rows.push(vec![plain(&pair.name), short(&pair.a), short(&pair.b), plain(&pair.difference)]);
    }
    let mut out = String::new();
    for (letter, summary) in [("A", &data.a), ("B", &data.b)] {
        let _ = writeln!(
            out,
            "{letter}  {}",
            cut(&plain(&format!("{} ({})", summary.run.name, summary.run.id)), style.width - 3)
        );
        let curve = sparkline(&summary.equity.value, style.width - 6);
        if !curve.is_empty() {
            let _ = writeln!(out, "   {curve}");
        }
    }
    out.push('\n');
    for (what, why) in doubts(data) {
        wrap(&mut out, &format!("{what}. {why}"), style, "1;33");
    }
    out.push_str(&grid(&rows, 1, style));
    ascii_minus(&out)
}

/// The best rows of a sweep.
pub fn sweep(data: &SweepData, style: Style) -> String {
    let mut head = vec!["#".to_owned()];
    head.extend(data.parameters.iter().map(|p| plain(p)));
    head.extend(data.figures.iter().map(|f| plain(&f.name)));
    let mut rows = vec![head];
    for (index, row) in data.rows.iter().take(SWEEP_ROWS).enumerate() {
        let mut line = vec![(index + 1).to_string()];
        line.extend(row.parameters.iter().map(|p| plain(p)));
        line.extend(
            row.values
                .iter()
                .zip(&data.figures)
                .map(|(v, f)| v.get().map_or("\u{2013}".into(), |v| in_unit(v, f.unit, data.run.decimals))),
        );
        rows.push(line);
    }
    let mut out = format!("{}\n", style.bold(&cut(&plain(&data.run.name), style.width)));
    for warning in &data.warnings {
        wrap(&mut out, &format!("WARNING: {warning}"), style, "1;33");
    }
    out.push_str(&grid(&rows, 0, style));
    if data.rows.len() > SWEEP_ROWS {
        let _ = writeln!(out, "{} more sets are on the page.", data.rows.len() - SWEEP_ROWS);
    }
    out.push('\n');
    let trials = if data.run.trials == 0 { "not declared".into() } else { number(data.run.trials as f64, 0) };
    wrap(&mut out, &format!("Trials counted: {trials}."), style, "1");
    for note in &data.notes {
        wrap(&mut out, note, style, "2");
    }
    ascii_minus(&out)
}

/// Names on the left, values aligned after the longest name; long values wrap under themselves.
fn two_columns(out: &mut String, rows: &[[String; 2]], style: Style) {
    let name = rows.iter().map(|r| r[0].chars().count()).max().unwrap_or(0).min(style.width / 2);
    let room = style.width.saturating_sub(name + 4).max(8);
    for [key, text] in rows {
        for (index, line) in folded(text, room).iter().enumerate() {
            let key = if index == 0 { cut(key, name) } else { String::new() };
            let _ = writeln!(out, "  {}  {line}", style.soft(&pad(&key, name, false)));
        }
    }
}

/// The same with the values aligned on the right.
fn numbers(out: &mut String, rows: &[[String; 2]], style: Style) {
    let room = rows.iter().map(|r| r[1].chars().count()).max().unwrap_or(0).min(style.width / 2);
    let name = rows.iter().map(|r| r[0].chars().count()).max().unwrap_or(0).min(style.width - room - 4);
    for [key, text] in rows {
        let _ = writeln!(
            out,
            "  {}  {}",
            style.soft(&pad(&cut(key, name), name, false)),
            pad(&cut(text, room), room, true)
        );
    }
}

/// Rows under a head; the first `left` columns are aligned left. Columns that do not fit are left out, and said.
pub(crate) fn grid(rows: &[Vec<String>], left: usize, style: Style) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let most = if style.width == usize::MAX { usize::MAX } else { 32 };
    let wide: Vec<usize> = (0..columns)
        .map(|c| rows.iter().filter_map(|r| r.get(c)).map(|t| t.chars().count()).max().unwrap_or(0).min(most))
        .collect();
    let mut shown = 0;
    let mut used = 0;
    while shown < columns && (shown == 0 || used + 2 + wide[shown] <= style.width) {
        used += wide[shown] + if shown == 0 { 0 } else { 2 };
        shown += 1;
    }
    let mut out = String::new();
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<String> = (0..shown)
            .map(|c| pad(&cut(row.get(c).map_or("", String::as_str), wide[c]), wide[c], c >= left))
            .collect();
        let line = cells.join("  ").trim_end().to_owned();
        let _ = writeln!(out, "{}", if index == 0 { style.bold(&line) } else { line });
        if index == 0 {
            let _ = writeln!(out, "{}", style.soft(&"\u{2500}".repeat(used)));
        }
    }
    if shown < columns {
        let said = match columns - shown {
            1 => "1 column does not fit this width.".to_owned(),
            more => format!("{more} columns do not fit this width."),
        };
        let _ = writeln!(out, "{}", style.soft(&said));
    }
    out
}

fn pad(text: &str, width: usize, right: bool) -> String {
    let space = " ".repeat(width.saturating_sub(text.chars().count()));
    if right { space + text } else { text.to_owned() + &space }
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.into();
    }
    text.chars().take(width.saturating_sub(1)).chain(['\u{2026}']).collect()
}

/// Words in lines of at most `width`; a longer word is broken.
fn folded(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        let used = lines.last().map_or(0, |l| l.chars().count());
        if used > 0 && used + 1 + word.len() > width {
            lines.push(String::new());
        }
        while word.len() > width {
            let rest = word.split_off(width);
            if let Some(line) = lines.last_mut() {
                line.extend(word);
            }
            lines.push(String::new());
            word = rest;
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(word);
        }
    }
    lines
}

fn wrap(out: &mut String, text: &str, style: Style, code: &str) {
    for line in folded(&plain(text), style.width - 2) {
        let _ = writeln!(out, "  {}", style.paint(code, &line));
    }
}

/// A hyphen for a minus, and plain spaces: what is copied from a terminal should parse.
pub(crate) fn ascii_minus(text: &str) -> String {
    text.replace('\u{2212}', "-").replace('\u{a0}', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_goes_from_low_to_high() {
        assert_eq!(sparkline(&[0.0, 1.0, 2.0, 7.0], 4), "\u{2581}\u{2582}\u{2583}\u{2588}");
        assert_eq!(sparkline(&[1.0, 1.0], 9), "\u{2581}\u{2581}");
        assert_eq!(sparkline(&[1.0], 9), "");
        assert_eq!(sparkline(&[f64::NAN, 1.0, 2.0], 9).chars().count(), 2);
    }

    #[test]
    fn colours_need_a_terminal_and_no_refusal() {
        assert!(Style::of(None, None, true).colour);
        assert!(Style::of(None, Some(""), true).colour);
        assert!(!Style::of(None, Some("1"), true).colour);
        assert!(!Style::of(None, None, false).colour);
        assert_eq!(Style::of(Some("20"), None, false).width, WIDTH_MIN);
        assert_eq!(Style::of(Some("wide"), None, false).width, WIDTH_USUAL);
    }

    #[test]
    fn folding_keeps_every_letter_and_the_width() {
        let text = "a long sentence with averyveryverylongwordindeed and an end";
        let lines = folded(text, 10);
        assert!(lines.iter().all(|l| l.chars().count() <= 10), "{lines:?}");
        assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
    }

    #[test]
    fn runs_are_listed_with_their_currency_at_80_columns() {
        let run = |currency: &str| RunSummary {
            run: crate::data::Run {
                id: "20260101-000000-cross".into(),
                strategy: "cross".into(),
                currency: currency.into(),
                decimals: 2,
                ..Default::default()
            },
            equity: crate::data::Series { at_ns: vec![0], value: vec![1_234.5] },
            ..Default::default()
        };
        let text = runs(&[run("USDT"), run("AAVE")], &["Total return"], Style::new(80, false));
        assert!(text.contains("1,234.50 USDT") && text.contains("1,234.50 AAVE"), "{text}");
        assert!(text.lines().all(|l| l.chars().count() <= 80), "{text}");
    }

    #[test]
    fn columns_that_do_not_fit_are_said() {
        let rows: Vec<Vec<String>> =
            (0..3).map(|_| (0..9).map(|c| format!("column {c}")).collect()).collect();
        let text = grid(&rows, 1, Style::new(40, false));
        assert!(text.contains("5 columns do not fit"), "{text}");
        assert!(text.lines().all(|l| l.chars().count() <= 40));
        let text = grid(&[vec!["a".repeat(30), "b".repeat(30)]], 1, Style::new(40, false));
        assert!(text.contains("1 column does not fit"), "{text}");
    }
}
