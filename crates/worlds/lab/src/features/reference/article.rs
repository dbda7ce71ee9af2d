//! What there is to say about a name: one article for the terminal and for its page.

use super::PageError;
use super::windows::window;
use scalp_features::entry::{self, ENTRIES};
use scalp_features::flow::{self, Reads};
use scalp_features::groups::{GROUPS, Group};
use scalp_features::sources::{BAR_COLUMNS, BOOK_COLUMNS, TRADE_COLUMNS};
use scalp_indicators::patterns::{self, PatternSpec};
use scalp_indicators::{
    Cost, Family, Indicator, Nearest, Parameter, Request, Scale, Schema, Spec, catalogue, find,
};
use std::fmt::Write as _;

/// Where the functions of TA-Lib have their own pages.
const TALIB: &str = "https://ta-lib.org/";
/// Members of a group that are written out.
const MEMBERS_MAX: usize = 150;

/// A name with its summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// As it is written in a list.
    pub name: String,
    /// What it is, in one line.
    pub summary: String,
}

/// Which data an example needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Candles, perhaps with trades, books and the series `leader` beside them.
    Candles,
    /// Trades, perhaps with books beside them.
    Trades,
    /// Books.
    Books,
}

/// A parameter in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its key.
    pub name: String,
    /// Its value when none is given; empty where it must be given.
    pub default: String,
    /// What it may be.
    pub range: String,
    /// What it is for.
    pub hint: String,
}

/// What there is to say about a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// As it is written in a list.
    pub name: String,
    /// What it is, in one line.
    pub summary: String,
    /// Where it stands in the index: an anchor and a heading.
    pub section: (&'static str, &'static str),
    /// What is computed.
    pub formula: String,
    /// Paper, page or definition.
    pub source: String,
    /// In the order in which they are written.
    pub parameters: Vec<Row>,
    /// What it reads.
    pub reads: String,
    /// Each output with its unit or scale.
    pub outputs: Vec<(String, String)>,
    /// When it speaks first.
    pub warm_up: String,
    /// What an event costs.
    pub cost: String,
    /// What else there is to know.
    pub facts: Vec<(&'static str, String)>,
    /// An item that can be computed as it stands.
    pub example: String,
    /// The data that the example needs.
    pub needs: Needs,
}

/// Every name that can be described, by heading, in the order of the index.
#[must_use]
pub fn names() -> Vec<(&'static str, Vec<Entry>)> {
    let of = |name: &str, summary: &str| Entry { name: name.to_owned(), summary: summary.to_owned() };
    vec![
        (
            "Indicators and candlestick patterns, on bars or any item",
            catalogue().iter().map(|it| of(it.name, it.summary)).collect(),
        ),
        (
            "Measures of trades and books",
            flow::catalogue().iter().map(|it| of(it.name, it.summary)).collect(),
        ),
        ("Chart patterns, on bars", patterns::table().iter().map(|it| of(it.name, it.summary)).collect()),
        ("Windows, arithmetic, time, freshness", ENTRIES.iter().map(|it| of(it.name, it.summary)).collect()),
        ("Groups and schemas", GROUPS.iter().map(|it| of(&group_name(it), it.summary)).collect()),
    ]
}

fn group_name(it: &Group) -> String {
    format!("{}@{}", it.name, it.version)
}

/// The article of a name, letter case aside.
pub fn article(name: &str) -> Result<Article, PageError> {
    if let Some(it) = find(name) {
        return indicator(it);
    }
    if let Some(it) = flow::find(name) {
        return Ok(measure(it));
    }
    if let Some(it) = patterns::table().iter().find(|it| it.name.eq_ignore_ascii_case(name)) {
        return pattern(it);
    }
    if let Some(it) = entry::find(name) {
        return Ok(window(it));
    }
    if let Some(it) = GROUPS.iter().find(|it| group_name(it).eq_ignore_ascii_case(name)) {
        return Ok(group(it));
    }
    if BAR_COLUMNS.iter().chain(&TRADE_COLUMNS).chain(&BOOK_COLUMNS).any(|it| *it == name) {
        let columns = |of: &[&str]| of.join(", ");
        return Err(PageError::Asked(format!(
            "{name} is a column and no entry: candles have {}; trades {}; books {}",
            columns(&BAR_COLUMNS),
            columns(&TRADE_COLUMNS),
            columns(&BOOK_COLUMNS)
        )));
    }
    let all = names();
    let names = all.iter().flat_map(|it| &it.1).map(|it| it.name.as_str());
    Err(PageError::Asked(format!("unknown name {name:?}{}", Nearest::among(name, names))))
}

/// The article of a name for the terminal.
pub fn text(name: &str) -> Result<String, PageError> {
    let it = article(name)?;
    let mut out = format!("{}: {}\n\n", it.name, it.summary);
    let mut line = |key: &str, text: &str| {
        let _ = writeln!(out, "{key:<9}{text}");
    };
    line("formula", &it.formula.replace('\n', "\n         "));
    line("source", &it.source);
    line("reads", &it.reads);
    for row in &it.parameters {
        let default = if row.default.is_empty() { String::new() } else { format!(" = {}", row.default) };
        let hint = if row.hint.is_empty() { String::new() } else { format!("{} ", row.hint) };
        line("param", &format!("{}{default}: {hint}({})", row.name, row.range));
    }
    for (name, unit) in &it.outputs {
        line("output", &format!("{name}: {unit}"));
    }
    line("warm-up", &it.warm_up);
    line("cost", &it.cost);
    for (name, text) in &it.facts {
        line(&name.to_lowercase(), text);
    }
    line("example", &it.example);
    Ok(out)
}

/// Where a family stands in the index, and what it is called.
pub(super) fn heading(family: Family) -> (&'static str, &'static str) {
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

/// Where a family of measures stands in the index, and what it is called.
pub(super) fn flow_heading(family: flow::Family) -> (&'static str, &'static str) {
    match family {
        flow::Family::Trades => ("flow-trades", "Trades: who takes, and how much"),
        flow::Family::Intensity => ("flow-intensity", "Trades: how fast"),
        flow::Family::Book => ("flow-book", "Book: what rests"),
        flow::Family::Flow => ("flow-flow", "Book: how it changes"),
        flow::Family::Impact => ("flow-impact", "Cost and impact"),
        flow::Family::Alarm => ("flow-alarm", "Alarms: signs of manipulation"),
    }
}

pub(super) const SHAPES: (&str, &str) = ("shapes", "Chart patterns");
pub(super) const WINDOWS: (&str, &str) = ("windows", "Windows, arithmetic, time, freshness");
pub(super) const SETS: (&str, &str) = ("groups", "Groups and schemas");

/// The columns that indicators of the reference read.
pub(super) fn schema() -> Result<Schema, PageError> {
    Ok(Schema::new(&["time", "open", "high", "low", "close", "volume", "periods"])?)
}

fn rows(parameters: &[Parameter]) -> Vec<Row> {
    let row = |it: &Parameter| Row {
        name: it.name.clone(),
        default: it.default.to_string(),
        range: short(&it.range.to_string()),
        hint: it.hint.replace("optInTimePeriod", "timeperiod"),
    };
    parameters.iter().map(row).collect()
}

/// Very small and very large numbers in powers of ten.
pub(super) fn short(text: &str) -> String {
    let word = |word: &str| match word.parse::<f64>() {
        Ok(it) if it != 0.0 && (it.abs() < 1e-6 || it.abs() >= 1e12) => format!("{it:e}"),
        _ => word.to_owned(),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn cost(cost: Cost) -> String {
    match cost {
        Cost::Constant => "O(1): it does not grow with the period, on average over the rows",
        Cost::Window => "grows with the period, or with its logarithm",
    }
    .to_owned()
}

fn indicator(spec: &'static Spec) -> Result<Article, PageError> {
    let built = Indicator::parse(spec.name, &schema()?)?;
    let inputs = spec.inputs.iter().map(|it| {
        if it.name == it.column { it.name.to_owned() } else { format!("{} (usually {})", it.name, it.column) }
    });
    let output = |(place, output): (usize, &scalp_indicators::Output)| {
        let scale = match spec.scale(place) {
            Scale::Price => "on the scale of the price",
            Scale::Input => "on the scale of the input",
            Scale::Own => "on a scale of its own",
            Scale::Mark => "above zero rising, below zero falling, 0 nothing",
        };
        (output.name.clone(), format!("{scale}{}", if output.integer { "; whole numbers" } else { "" }))
    };
    let mut facts = Vec::new();
    if spec.partial {
        let text = "some finite inputs have no finite answer; the row is then without a value";
        facts.push(("Silence", text.to_owned()));
    }
    if spec.name.starts_with("VWAP") {
        let text = format!(
            "weighs by the volume as the table has it: of candles of contracts that are contracts, and of inverse ones, whose worth in \
             coins falls as the price rises, {}(volume=RATIO(volume,close)) weighs the coins",
            spec.name
        );
        facts.push(("Weights", text));
    }
    facts.push(("TA-Lib", against_talib(spec)));
    Ok(Article {
        name: spec.name.to_owned(),
        summary: spec.summary.to_owned(),
        section: heading(spec.family),
        formula: spec.formula().to_owned(),
        source: spec.source.clone(),
        parameters: rows(&spec.parameters),
        reads: inputs.collect::<Vec<_>>().join(", "),
        outputs: spec.outputs.iter().enumerate().map(output).collect(),
        warm_up: warm_up(&built),
        cost: cost(spec.cost),
        facts,
        example: match spec.name {
            // Of angles.
            "ACOS" | "ASIN" => format!("{}(real=RANGEPLACE(close,20))", spec.name),
            "MAVP" => "MAVP(periods=ONBAR(CLIP(HOUR,5,25)))".to_owned(),
            _ => built.to_string(),
        },
        needs: Needs::Candles,
    })
}

fn pattern(spec: &'static PatternSpec) -> Result<Article, PageError> {
    let built = patterns::Signal::parse(spec.name)?;
    let (strength, knowable) = if spec.is_harmonic() {
        (
            "-1 (bearish) to 1 (bullish) while it is confirmed and alive, else 0; with since=known also while D is awaited, once a bar has \
             reached into its zone; 0 where the price is at the target already; the item without an output",
            "at the bar at which C is known to be a swing, with the price still on its way to D; confirmed when D is known to be one; \
             nothing is taken back",
        )
    } else {
        (
            "-1 (bearish) to 1 (bullish) while it is confirmed and alive, else 0; with since=known from the bar at which it is knowable, \
             0 while its direction is open; the item without an output",
            "at the bar at which its last point is known to be a swing; nothing is taken back",
        )
    };
    let ends = "when a high or low touches the target after it was confirmed, a close lies beyond the invalidation, it has lived as many bars as \
                its points span since it was known or confirmed, its lines meet unconfirmed, or a newer one takes its place";
    let turns = "atr: a high is one when a later low lies `size` average true ranges (of `period` bars, as of the high) below it; percent: `size` per \
                 cent below it; fractal: when no high of `size` bars on either side is above it; a low likewise";
    Ok(Article {
        name: spec.name.to_owned(),
        summary: spec.summary.to_owned(),
        section: SHAPES,
        formula: format!("{}\nstrength: {}", spec.definition, spec.strength),
        source: spec.source.to_owned(),
        parameters: rows(&spec.parameters),
        reads: "high, low, close, volume".to_owned(),
        outputs: [
            ("strength", strength),
            ("invalidation", "the price beyond which a close says that it was none; stays when it has ended, with a strength of 0, until another speaks"),
            ("target", "the price that it should reach, which a few wave counts do not have; stays as the invalidation does"),
            ("bars", "bars since the one at which it became knowable; counts on until another speaks"),
        ]
        .map(|(name, what)| (name.to_owned(), what.to_owned()))
        .to_vec(),
        warm_up: format!("{} bars with the defaults", built.warm_up()),
        cost: "O(1) a bar, and a look at the last swings at each new one".to_owned(),
        facts: [("Turns", turns), ("Knowable", knowable), ("Ends", ends)]
            .map(|(name, text)| (name, text.to_owned()))
            .to_vec(),
        example: spec.name.to_owned(),
        needs: Needs::Candles,
    })
}

fn measure(spec: &'static flow::Spec) -> Article {
    let Reads { trades, levels, changes } = spec.reads;
    let example = match spec.parameters[..] {
        [] => spec.name.to_owned(),
        _ => {
            let default: Vec<String> = spec.parameters.iter().map(|it| it.default.to_string()).collect();
            format!("{}({})", spec.name, default.join(","))
        }
    };
    // Measures that sign trades look at the best level where the venue does not tell, but need none.
    let depth = Request::parse(&example).and_then(|it| spec.build(&it)).map_or(0, |it| it.levels);
    let depth = format!("levels of the book ({depth} a side as in the example)");
    let reads = [(trades, "trades"), (levels, depth.as_str()), (changes, "what changes in the book")];
    let reads: Vec<&str> = reads.into_iter().filter_map(|(is_read, name)| is_read.then_some(name)).collect();
    let mut facts = Vec::new();
    if changes {
        let text = "of a file of whole books, what differs from one row to the next counts as one message";
        facts.push(("Changes", text.to_owned()));
    }
    if spec.fades {
        let text = "what fades or ages with time has done so until the row, of a candle until its end";
        facts.push(("Time", text.to_owned()));
    }
    if spec.family == flow::Family::Alarm {
        let hint = if spec.name == "COORDINATION" {
            "A hint, and not an alarm to act on: programs send equal orders too. "
        } else {
            ""
        };
        let text = "How much of what is laid into recorded streams it finds, and how often it is right, is told in the guide to features, under Alarms.";
        facts.push(("Worth", format!("{hint}{text}")));
    }
    Article {
        name: spec.name.to_owned(),
        summary: spec.summary.to_owned(),
        section: flow_heading(spec.family),
        formula: spec.formula.to_owned(),
        source: spec.source.to_owned(),
        parameters: rows(&spec.parameters),
        reads: reads.join(", "),
        outputs: spec.outputs.iter().map(|it| (it.name.to_owned(), it.unit.to_owned())).collect(),
        warm_up: spec.warm_up.to_owned(),
        cost: match spec.cost {
            flow::Cost::Constant => "O(1) an event",
            flow::Cost::Prices => {
                "O(log n) an event, of n prices traded in the last second; a trade at a new price moves those behind it"
            }
            flow::Cost::Window => "an event, or a bar that it ends, costs a pass over the levels or bars",
        }
        .to_owned(),
        facts,
        example,
        needs: if trades { Needs::Trades } else { Needs::Books },
    }
}

fn group(it: &'static Group) -> Article {
    let members = it.members();
    let mut formula = members.iter().take(MEMBERS_MAX).cloned().collect::<Vec<_>>().join("\n");
    if members.len() > MEMBERS_MAX {
        let _ = write!(formula, "\nand {} more", members.len() - MEMBERS_MAX);
    }
    // What the summary says in brackets.
    let reads = it.summary.rsplit_once('(').map_or("any data", |it| it.1.trim_end_matches(')'));
    let reads = match it.name {
        "SCHEMA:full" => "bars, trades and a book of 5 levels",
        _ => reads,
    };
    let needs = match it.name {
        "GROUP:book" => Needs::Books,
        "GROUP:flow" | "SCHEMA:tick" => Needs::Trades,
        _ => Needs::Candles,
    };
    Article {
        name: group_name(it),
        summary: it.summary.to_owned(),
        section: SETS,
        formula,
        source:
            "the members, each with its own page; a group never changes, a better one has a higher version"
                .to_owned(),
        parameters: Vec::new(),
        reads: reads.to_owned(),
        outputs: vec![("each member".to_owned(), "as on its own page".to_owned())],
        warm_up: "that of each member; all speak when the slowest does".to_owned(),
        cost: format!("the sum of {} items; what several of them share is computed once", members.len()),
        facts: vec![("Version", it.version.to_string())],
        example: group_name(it),
        needs,
    }
}

/// When each output speaks first, with the defaults.
fn warm_up(built: &Indicator) -> String {
    let outputs = &built.spec().outputs;
    let first = |place: usize| {
        let silent = built.lookback(place);
        if silent == 0 { "from the first row on".to_owned() } else { format!("{silent} rows in silence") }
    };
    let all: Vec<String> = (0..outputs.len()).map(first).collect();
    if all.windows(2).all(|it| it[0] == it[1]) {
        return format!("{}, with the defaults", all[0]);
    }
    let named = outputs.iter().zip(&all).map(|(output, it)| format!("{} {it}", output.name));
    format!("{}, with the defaults", named.collect::<Vec<_>>().join("; "))
}

/// How an entry stands to TA-Lib's.
fn against_talib(spec: &Spec) -> String {
    if !spec.source.starts_with(TALIB) {
        let like = match spec.name {
            "CHAIKIN_VOLATILITY" => "CVI, which is seeded by a simple mean",
            "DONCHIAN_PREV" => "DONCHIAN, which takes this bar in",
            "EOM" => "EMV, which gives the mean alone",
            "FISHER_MIDPOINT" => "FISHER, whose range has no least size",
            "FORCE" => "EFI, which is smoothed",
            "ICHIMOKU_CLOUD" => "ICHIMOKU, which does not shift the cloud",
            "KELTNER_EMA" => "KC, on the typical price and Wilder's average",
            "KURT" => "KURTOSIS, the same number by another formula, so that last digits may differ",
            "MAD" => "AVGDEV",
            "QUANTILE" => "PERCENTILE, which takes the nearest rank",
            "SUPERTREND_RMA" => "SUPERTREND, whose bands move by another rule",
            "TSI_SIGNAL" => "TSI, without the signal line",
            "VOSC" => "PVO, on the averages that matype names",
            "VWAP_ANCHORED" | "VWAP_ROLLING" | "VWAP_SESSION" => "VWAP, from the first row on",
            _ => return "It has no such function.".to_owned(),
        };
        return format!("It has no such function. Nearest: {like}.");
    }
    match spec.name {
        "MININDEX" | "MAXINDEX" | "MINMAXINDEX" => {
            "Of two equal rows the later is named; the C library names the earlier.".to_owned()
        }
        "KVO" => {
            "Sums of high, low and close that differ by rounding are equal; TA-Lib takes the last bit for a rise or a fall."
                .to_owned()
        }
        "RSI" => {
            "0 for a price that never moved, as the C library says; its Rust crate says 50. Of one that stands still it stays what it \
             was, however long; TA-Lib says 50 after some 700 n rows, when its averages are too small to shrink."
                .to_owned()
        }
        "STOCHRSI" => {
            "The same definition, on the RSI of this catalogue: 0 for a price that never moved, as the C library says; and of one that \
             stands still it stays, where TA-Lib's leaves it after some 700 n rows, so that the place leaps to 0 or 100. Where C's place of a close \
             that did not move is rounding (3e-13), it is 0: an average that adapts (`fastd_matype` 6 and 7) goes another way there."
                .to_owned()
        }
        "CRSI" | "DOSC" => {
            "The same definition; what never moved has an RSI of 50, as its Rust crate says, and not the 0 of `RSI` itself. Of what \
             stands still the RSI stays as in `RSI`, where TA-Lib's leaps after some 700 n rows."
                .to_owned()
        }
        "SMI" => {
            "The same definition; 0 too when one price has stood so long that what the averages hold is too small to shrink \
             (some 350 slowperiod rows), where TA-Lib leaves its range."
                .to_owned()
        }
        "CMO" | "PLUS_DI" | "MINUS_DI" | "DX" | "ADX" | "ADXR" | "TSI" | "RVI" | "RVIR" | "CVI" => {
            "The same definition with the same parameters and its default settings: no unstable period. And the same arithmetic: when one price has \
             stood for some 700 n rows (350 n of an EMA), the averages are too small to shrink and say nothing of the market."
                .to_owned()
        }
        "PERCENTB" => "0.5 where the bands meet, as the crate says.".to_owned(),
        name if name.starts_with("HT_") || name == "MAMA" => {
            "The same definition; sums in another order, so that last digits may differ. Of a price that stands still the phasor is \
             nothing but rounding, and its angle is the period: what is said then says nothing of the market, and differs from \
             TA-Lib's by much more; so it does where a phase of a price that moves is exactly 0 in one of both, at one place in some \
             200,000 of minutes."
                .to_owned()
        }
        _ if spec.family == Family::Candle => {
            "The same answer, bar for bar, with its default settings of the candles.".to_owned()
        }
        "PERCENTILE" => "The same definition with the same parameters. Where no period is given it is 100 here, as in its Rust crate of \
             version 0.8.3, and 30 in the C library of version 0.8.1."
            .to_owned(),
        _ => "The same definition with the same parameters and its default settings: no unstable period.".to_owned(),
    }
}
