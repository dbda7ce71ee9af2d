//! The page of one entry.

use super::picture::Picture;
use super::walk::Walk;
use super::{escape, heading};
use crate::features::{PageError, plot};
use scalp_indicators::patterns::{PatternSpec, Rules};
use scalp_indicators::{Cost, Family, Indicator, Parameter, Scale, Schema, Spec};
use scalp_report::candles::Curve;
use std::fmt::Write as _;

/// Bars of a picture.
const SHOWN: usize = 200;
/// Bars before and behind a candlestick pattern.
const AROUND: usize = 14;
/// Where the functions of TA-Lib have their own pages.
const TALIB: &str = "https://ta-lib.org/";

/// The page of an indicator or candlestick pattern.
pub(super) fn indicator(spec: &'static Spec, walk: &Walk) -> Result<String, PageError> {
    let schema = schema()?;
    let built = Indicator::parse(spec.name, &schema)?;
    let mut out = head(spec.name, spec.summary, heading(spec.family));
    let _ = write!(out, "<p class=\"formula\">{}</p>", escape(spec.formula()));
    out.push_str(
        "<p class=\"soft\">The signs are explained under <a href=\"index.html#notation\">notation</a>.</p>",
    );
    out.push_str(&picture(&built, walk)?);
    parameters(&mut out, &spec.parameters);
    let inputs = spec.inputs.iter().map(|it| {
        if it.name == it.column { it.name.to_owned() } else { format!("{} (usually {})", it.name, it.column) }
    });
    out.push_str("<h2>Facts</h2><table class=\"facts\"><tbody>");
    fact(&mut out, "Inputs", &escape(&inputs.collect::<Vec<_>>().join(", ")));
    for (place, output) in spec.outputs.iter().enumerate() {
        let scale = match spec.scale(place) {
            Scale::Price => "on the scale of the price",
            Scale::Input => "on the scale of the input",
            Scale::Own => "on a scale of its own",
            Scale::Mark => "above zero rising, below zero falling, 0 nothing",
        };
        let whole = if output.integer { "; whole numbers" } else { "" };
        fact(&mut out, &format!("Output {}", output.name), &format!("{scale}{whole}"));
    }
    fact(&mut out, "Warm-up", &warm_up(&built));
    fact(&mut out, "Cost of a row", cost(spec.cost));
    if spec.partial {
        fact(
            &mut out,
            "Silence",
            "Some finite inputs have no finite answer; the row is then without a value.",
        );
    }
    fact(&mut out, "Source", &source(&spec.source));
    fact(&mut out, "Against TA-Lib", &escape(&against_talib(spec)));
    fact(&mut out, "Written", &format!("<code>{}</code>", escape(&built.to_string())));
    out.push_str("</tbody></table>");
    Ok(out)
}

/// The page of a chart pattern.
pub(super) fn pattern(spec: &'static PatternSpec, walk: &Walk) -> Result<String, PageError> {
    let mut out = head(spec.name, spec.summary, ("shapes", "Chart patterns"));
    let _ = write!(out, "<p class=\"formula\">strength: {}</p>", escape(spec.strength));
    let found = plot::figures(Rules::default(), &[spec.kind], &walk.long)?;
    if let Some(it) = found.first() {
        let mut picture = Picture::default();
        picture.lines.extend(it.lines.iter().map(|it| (it.stroke, it.points.clone())));
        let rows = it.lines.iter().flat_map(|it| it.points.iter().map(|it| it.0));
        let (first, last) = rows.fold((usize::MAX, 0), |(low, high), it| (low.min(it), high.max(it)));
        let shown = first.saturating_sub(AROUND)..(last + AROUND / 2).min(walk.long.len());
        let about = format!("{} on a seeded walk", spec.name);
        let _ = write!(
            out,
            "<figure>{}<figcaption>{} The first that was confirmed on the bars of a seeded walk.</figcaption></figure>",
            picture.svg(&walk.long, shown, &about),
            picture.legend()
        );
    } else {
        let _ = write!(
            out,
            "<p class=\"soft\">No picture: none was confirmed in {} bars of the seeded walk.</p>",
            walk.long.len()
        );
    }
    parameters(&mut out, &spec.parameters);
    out.push_str("<h2>Facts</h2><table class=\"facts\"><tbody>");
    fact(&mut out, "Inputs", "high, low, close, volume");
    fact(
        &mut out,
        "Output",
        "strength with the sign of its direction while it is confirmed and alive, else 0",
    );
    fact(
        &mut out,
        "Knowable",
        "at the bar at which its last point is known to be a swing; nothing is taken back",
    );
    fact(&mut out, "Source", &source(spec.source));
    out.push_str("</tbody></table>");
    Ok(out)
}

fn schema() -> Result<Schema, PageError> {
    Ok(Schema::new(&["time", "open", "high", "low", "close", "volume", "periods"])?)
}

fn head(name: &str, summary: &str, (id, family): (&str, &str)) -> String {
    format!(
        "<h1>{name}</h1><p>{}. <a href=\"index.html#{id}\">{family}</a></p>",
        escape(summary.trim_end_matches('.'))
    )
}

fn fact(out: &mut String, name: &str, html: &str) {
    let _ = write!(out, "<tr><th scope=\"row\">{}</th><td>{html}</td></tr>", escape(name));
}

fn parameters(out: &mut String, parameters: &[Parameter]) {
    if parameters.is_empty() {
        out.push_str("<h2>Parameters</h2><p class=\"soft\">None.</p>");
        return;
    }
    out.push_str(
        "<h2>Parameters</h2><div class=\"scroll\"><table><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Default</th>\
         <th scope=\"col\">Range</th><th scope=\"col\">What it is</th></tr></thead><tbody>",
    );
    for it in parameters {
        let _ = write!(
            out,
            "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(&it.name),
            it.default,
            escape(&range(it)),
            escape(it.hint)
        );
    }
    out.push_str("</tbody></table></div>");
}

/// What a parameter may be; very small and very large ends in powers of ten.
fn range(parameter: &Parameter) -> String {
    let text = parameter.range.to_string();
    let short = |word: &str| match word.parse::<f64>() {
        Ok(it) if it != 0.0 && (it.abs() < 1e-6 || it.abs() >= 1e12) => format!("{it:e}"),
        _ => word.to_owned(),
    };
    text.split(' ').map(short).collect::<Vec<_>>().join(" ")
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
    format!("{}, with the defaults", escape(&named.collect::<Vec<_>>().join("; ")))
}

fn cost(cost: Cost) -> &'static str {
    match cost {
        Cost::Constant => "O(1): it does not grow with the period, on average over the rows",
        Cost::Window => "grows with the period, or with its logarithm",
    }
}

/// A link where the source begins with an address.
fn source(text: &str) -> String {
    let (address, rest) = text.split_once(';').map_or((text, ""), |(a, b)| (a, b));
    if address.starts_with("https://") && !address.contains(' ') {
        let rest = if rest.is_empty() { String::new() } else { format!(";{}", escape(rest)) };
        return format!("<a href=\"{0}\">{0}</a>{rest}", escape(address));
    }
    escape(text)
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
            "KURT" => "KURTOSIS, which is 0 where all are equal",
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
        "RSI" => "0 for a price that never moved, as the C library says; its Rust crate says 50.".to_owned(),
        "PERCENTB" => "0.5 where the bands meet, as the crate says.".to_owned(),
        name if name.starts_with("HT_") || name == "MAMA" => {
            "The same definition; sums in another order, so that last digits may differ.".to_owned()
        }
        _ if spec.family == Family::Candle => {
            "The same answer, bar for bar, with its default settings of the candles.".to_owned()
        }
        _ => "The same definition with its default settings: no unstable period.".to_owned(),
    }
}

/// The entry at its defaults, drawn.
fn picture(built: &Indicator, walk: &Walk) -> Result<String, PageError> {
    if built.spec().family == Family::Candle {
        return candle(built, walk);
    }
    let bars = &walk.short;
    let columns = columns(built, bars)?;
    let spec = built.spec();
    let mut picture = Picture { levels: plot::levels(spec.name).to_vec(), ..Picture::default() };
    for (place, output) in spec.outputs.iter().enumerate() {
        let name = if spec.outputs.len() == 1 { spec.name.to_owned() } else { output.name.clone() };
        let form = plot::form(spec.name, &output.name, output.integer);
        let curve = Curve { name, form, values: columns[place].clone() };
        if built.is_on_price(place) { picture.over.push(curve) } else { picture.below.push(curve) }
    }
    let about = format!("{built} over {SHOWN} bars");
    Ok(format!(
        "<figure>{}<figcaption>{} {} bars of a seeded walk, with the defaults.</figcaption></figure>",
        picture.svg(bars, bars.len() - SHOWN..bars.len(), &about),
        picture.legend(),
        SHOWN
    ))
}

/// The first candlestick pattern of its kind on the walk.
fn candle(built: &Indicator, walk: &Walk) -> Result<String, PageError> {
    let bars = &walk.long;
    let said = columns(built, bars)?.swap_remove(0);
    let speaks = |row: &usize| said[*row].is_some_and(|it| it != 0.0);
    let Some(row) = (AROUND..bars.len() - AROUND).find(speaks) else {
        return Ok(format!(
            "<p class=\"soft\">No picture: it does not occur in {} bars of the seeded walk.</p>",
            bars.len()
        ));
    };
    let shown = row - AROUND..row + AROUND;
    let marks = shown.clone().filter(speaks).map(|row| (row, said[row].is_some_and(|it| it > 0.0)));
    let picture = Picture { marks: marks.collect(), ..Picture::default() };
    Ok(format!(
        "<figure>{}<figcaption>The first on the bars of a seeded walk. The mark stands at the candle that completes it.</figcaption></figure>",
        picture.svg(bars, shown, &built.to_string())
    ))
}

/// All outputs over bars; the periods of MAVP rise and fall between 5 and 25.
fn columns(built: &Indicator, bars: &crate::features::Bars) -> Result<Vec<Vec<Option<f64>>>, PageError> {
    let periods: Vec<f64> = (0..bars.len()).map(|it| 5.0 + (it % 40).min(40 - it % 40) as f64).collect();
    let named = bars.named();
    let mut all: Vec<&[f64]> = named.iter().map(|it| it.1).collect();
    all.push(&periods);
    let frame = scalp_indicators::Frame::new(&schema()?, &all)?;
    let columns = built.batch(&frame)?;
    Ok(columns.iter().map(|it| (0..bars.len()).map(|row| it.at(row)).collect()).collect())
}
