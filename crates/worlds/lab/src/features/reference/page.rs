//! The page of one entry: its article, and a picture.

use super::article::{Article, Needs, schema};
use super::escape;
use super::market::Market;
use super::picture::{Panel, Picture};
use super::walk::{Walk, rare};
use crate::features::compute::Asked;
use crate::features::plot::{Wanted, picture};
use crate::features::{Candles, PageError, axis, plot};
use scalp_features::flow;
use scalp_indicators::patterns::{PatternSpec, Rules, table};
use scalp_indicators::{Family, Indicator, Spec, find};
use scalp_report::candles::{Curve, Pane};
use std::fmt::Write as _;
use std::num::NonZero;
use std::ops::Range;
use std::path::Path;

/// Bars of a picture.
const SHOWN: usize = 200;
/// Bars before and behind a candlestick pattern.
const AROUND: usize = 14;
/// Boxes below the candles of a picture.
const BOXES_MAX: usize = 16;
/// Candles that an alarm is shown before its end.
const AFTER: usize = 40;

/// What pictures are drawn from.
pub(super) struct Scene {
    walk: Walk,
    market: Market,
}

impl Scene {
    pub(super) fn new() -> Scene {
        let walk = Walk::new();
        Scene { market: Market::new(&walk.long), walk }
    }

    /// The table that an example is computed on.
    pub(super) fn table(&self, needs: Needs) -> &crate::features::Table {
        match needs {
            Needs::Candles => &self.market.minutes,
            Needs::Trades => &self.market.trades,
            Needs::Books => &self.market.books,
        }
    }
}

/// The body of a page.
pub(super) fn page(it: &Article, scene: &Scene) -> Result<String, PageError> {
    let (id, heading) = it.section;
    let mut out = format!(
        "<h1>{}</h1><p>{}. <a href=\"index.html#{id}\">{heading}</a></p><p class=\"formula\">{}</p>",
        escape(&it.name),
        escape(it.summary.trim_end_matches('.')),
        escape(&it.formula)
    );
    let spec = find(&it.name);
    if spec.is_some() {
        out.push_str(
            "<p class=\"soft\">The signs are explained under <a href=\"index.html#notation\">notation</a>.</p>",
        );
    }
    let shape = table().iter().find(|shape| shape.name == it.name);
    out.push_str(&match (spec, shape) {
        (Some(spec), _) => indicator(spec, &scene.walk)?,
        (_, Some(shape)) => figure(shape, &scene.walk)?,
        _ => computed(it, scene)?,
    });
    parameters(&mut out, it);
    out.push_str("<h2>Facts</h2><table class=\"facts\"><tbody>");
    fact(&mut out, "Reads", &marked(&it.reads));
    for (name, unit) in &it.outputs {
        fact(&mut out, &format!("Output {name}"), &marked(unit));
    }
    fact(&mut out, "Warm-up", &marked(&it.warm_up));
    fact(&mut out, "Cost", &escape(&it.cost));
    for (name, text) in &it.facts {
        fact(&mut out, name, &marked(text));
    }
    fact(&mut out, "Source", &source(&it.source));
    fact(&mut out, "Written", &format!("<code>{}</code>", escape(&it.example)));
    out.push_str("</tbody></table>");
    Ok(out)
}

fn fact(out: &mut String, name: &str, html: &str) {
    let _ = write!(out, "<tr><th scope=\"row\">{}</th><td>{html}</td></tr>", escape(name));
}

fn parameters(out: &mut String, it: &Article) {
    if it.parameters.is_empty() {
        out.push_str("<h2>Parameters</h2><p class=\"soft\">None.</p>");
        return;
    }
    out.push_str(
        "<h2>Parameters</h2><div class=\"scroll\"><table><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Default</th>\
         <th scope=\"col\">Range</th><th scope=\"col\">What it is</th></tr></thead><tbody>",
    );
    for row in &it.parameters {
        let default = if row.default.is_empty() { "must be given" } else { &row.default };
        let _ = write!(
            out,
            "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(&row.name),
            escape(default),
            escape(&row.range),
            marked(&row.hint)
        );
    }
    out.push_str("</tbody></table></div>");
}

/// A link where the source begins with an address.
fn source(text: &str) -> String {
    let (address, rest) = text.split_once(';').map_or((text, ""), |(a, b)| (a, b));
    if address.starts_with("https://") && !address.contains(' ') {
        let rest = if rest.is_empty() { String::new() } else { format!(";{}", escape(rest)) };
        return format!("<a href=\"{0}\">{0}</a>{rest}", escape(address));
    }
    marked(text)
}

/// Text with what stands between backquotes as code.
fn marked(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in escape(text).split('`').enumerate() {
        let _ = if at % 2 == 1 { write!(out, "<code>{part}</code>") } else { write!(out, "{part}") };
    }
    out
}

/// A figure with its legend and a sentence about it.
fn framed(picture: &Picture, bars: &Candles, rows: Range<usize>, about: &str, caption: &str) -> String {
    let legend = picture.legend();
    format!(
        "<figure>{}<figcaption>{legend}{}{caption}</figcaption></figure>",
        picture.svg(bars, rows, about),
        if legend.is_empty() { "" } else { " " }
    )
}

/// A chart pattern: the first that was confirmed on the walk.
fn figure(spec: &'static PatternSpec, walk: &Walk) -> Result<String, PageError> {
    let found = plot::figures(Rules::default(), &[spec.kind], &walk.long)?;
    let Some(it) = found.first() else {
        let bars = walk.long.len();
        return Ok(format!(
            "<p class=\"soft\">No picture: none was confirmed in {bars} bars of the seeded walk.</p>"
        ));
    };
    let mut picture = Picture::default();
    picture.lines.extend(it.lines.iter().map(|it| (it.stroke, it.points.clone())));
    let rows = it.lines.iter().flat_map(|it| it.points.iter().map(|it| it.0));
    let (first, last) = rows.fold((usize::MAX, 0), |(low, high), it| (low.min(it), high.max(it)));
    let shown = first.saturating_sub(AROUND)..(last + AROUND / 2).min(walk.long.len());
    let about = format!("{} on a seeded walk", spec.name);
    let caption = "The first that was confirmed on the bars of a seeded walk.";
    Ok(framed(&picture, &walk.long, shown, &about, caption))
}

/// An indicator at its defaults, drawn.
fn indicator(spec: &'static Spec, walk: &Walk) -> Result<String, PageError> {
    let built = &Indicator::parse(spec.name, &schema()?)?;
    if spec.family == Family::Candle {
        return candle(built, walk);
    }
    let bars = &walk.short;
    let columns = columns(built, bars)?;
    let mut picture = Picture::default();
    let mut below = Panel { levels: axis::levels(spec.name).to_vec(), ..Panel::default() };
    for (place, output) in spec.outputs.iter().enumerate() {
        let name = if spec.outputs.len() == 1 { spec.name.to_owned() } else { output.name.clone() };
        let form = axis::form(spec.name, &output.name, output.integer);
        let curve = Curve { name, form, values: columns[place].clone() };
        if built.is_on_price(place) { picture.over.push(curve) } else { below.curves.push(curve) }
    }
    if !below.curves.is_empty() {
        picture.below.push(below);
    }
    let about = format!("{built} over {SHOWN} bars");
    let caption = format!("{SHOWN} bars of a seeded walk, with the defaults.");
    Ok(framed(&picture, bars, bars.len() - SHOWN..bars.len(), &about, &caption))
}

/// The first candlestick pattern of its kind on the walk, or on candles made after its definition where the walk has none.
fn candle(built: &Indicator, walk: &Walk) -> Result<String, PageError> {
    let made = rare(built.spec().name);
    let bars = made.as_ref().unwrap_or(&walk.long);
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
    let whence = match made {
        Some(_) => format!(
            "It never comes in {} bars of the seeded walk: these are made after its definition.",
            walk.long.len()
        ),
        None => "The first on the bars of a seeded walk.".to_owned(),
    };
    let caption = format!("{whence} The mark stands at the candle that completes it.");
    Ok(framed(&picture, bars, shown, &built.to_string(), &caption))
}

/// All outputs over bars; the periods of MAVP rise and fall between 5 and 25.
fn columns(built: &Indicator, bars: &Candles) -> Result<Vec<Vec<Option<f64>>>, PageError> {
    let periods: Vec<f64> = (0..bars.len()).map(|it| 5.0 + (it % 40).min(40 - it % 40) as f64).collect();
    let named = bars.named();
    let mut all: Vec<&[f64]> = named.iter().map(|it| it.1).collect();
    all.push(&periods);
    let frame = scalp_indicators::Frame::new(&schema()?, &all)?;
    let columns = built.batch(&frame)?;
    Ok(columns.iter().map(|it| (0..bars.len()).map(|row| it.at(row)).collect()).collect())
}

/// What an example says on the seeded market: over the candles what lies on the price, and a box for each further value.
fn computed(it: &Article, scene: &Scene) -> Result<String, PageError> {
    let asked = Asked { threads: NonZero::<usize>::MIN, bars: None, keep_going: false };
    let list = drawn_items(it, scene)?;
    let wanted = Wanted { list: &list.0, patterns: false, asked: &asked };
    let made = picture(Path::new(&it.name), scene.table(it.needs), &wanted)?;
    let mut all = Picture { over: made.drawn.overlays, ..Picture::default() };
    for Pane { curves, levels, .. } in made.drawn.panes {
        let alone = |curve: Curve| Panel { curves: vec![curve], levels: levels.clone(), is_low: true };
        all.below.extend(curves.into_iter().map(alone));
    }
    let rows = made.candles.len();
    let end = alarm(it, &all).map_or(rows, |last| (last + AFTER).min(rows));
    let shown = end.saturating_sub(SHOWN)..end;
    let what = match it.needs {
        Needs::Candles => "minutes of a seeded market",
        Needs::Trades => {
            "candles drawn of the trades of a seeded market: a row is a trade, and each value is that at the last trade of the candle"
        }
        Needs::Books => {
            "candles of the middle of a seeded market; each value is that of the last book of the candle"
        }
    };
    let about = format!("{} on a seeded market", it.name);
    let caption = format!("{} {what}.{}", shown.len(), list.1);
    Ok(framed(&all, &made.candles, shown, &about, &caption))
}

/// What of an example is drawn, and a sentence about what is not.
fn drawn_items(it: &Article, scene: &Scene) -> Result<(String, String), PageError> {
    let table = scene.table(it.needs);
    let schema = scalp_features::Schema::parse(
        &it.example,
        &crate::features::sources(Path::new("scene"), table, None)?,
    )
    .map_err(crate::features::FeaturesError::from)?;
    if schema.len() <= BOXES_MAX {
        return Ok((it.example.clone(), String::new()));
    }
    let first = schema.names()[..BOXES_MAX].join(", ");
    Ok((first, format!(" The first {BOXES_MAX} of {} values.", schema.len())))
}

/// The last candle at which an alarm was raised.
fn alarm(it: &Article, picture: &Picture) -> Option<usize> {
    let spec = flow::find(&it.name).filter(|it| it.family == flow::Family::Alarm)?;
    let level = format!(".{}", spec.outputs.first()?.name);
    let curve = picture.below.iter().flat_map(|it| &it.curves).find(|it| it.name.ends_with(&level))?;
    curve.values.iter().rposition(|it| it.is_some_and(|it| it > 0.0))
}
