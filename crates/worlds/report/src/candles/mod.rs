//! What a price chart shows besides its candles: volume, curves over the price, panes below it, marks at candles, and
//! figures of straight lines. Plain numbers in; rows are those of the bars.

mod page;

pub use page::{CandlePage, candles};

use crate::data::PriceBars;
use crate::series;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

/// Figures that a chart carries; of more, the newest are kept.
pub const FIGURES_MAX: usize = 400;
/// Marks that a chart carries; of more, the newest are kept.
pub const MARKS_MAX: usize = 20_000;
/// Decimals beyond those of the price that a curve over it shows.
const CURVE_DECIMALS: i32 = 2;
/// So many candlestick patterns are named above a chart; of more their number is.
const NAMED_MAX: usize = 4;
const FIGURES: &str = " A figure of lines is a chart pattern between swings, drawn from the bar at which it was known: its \
                       neckline dashed, its invalidation and its target dotted.";

/// How a curve is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A line from value to value.
    #[default]
    Line,
    /// A value holds until the next one.
    Step,
    /// Points that stand alone.
    Dots,
    /// Columns from zero.
    Columns,
}

/// One curve: a value or none for each bar.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Curve {
    /// Name in the legend.
    pub name: String,
    /// How it is drawn.
    pub form: Form,
    /// The values, one for each bar.
    pub values: Vec<Option<f64>>,
}

/// A pane below the candles, with a scale of its own.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Pane {
    /// Heading.
    pub name: String,
    /// Its curves.
    pub curves: Vec<Curve>,
    /// Levels that are drawn as lines across, such as 30 and 70.
    pub levels: Vec<f64>,
}

/// A named mark at a bar.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Mark {
    /// The bar.
    pub row: usize,
    /// What it is.
    pub name: String,
    /// Above zero it points up, below zero down.
    pub direction: i8,
}

/// What a line of a figure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stroke {
    /// From point to point of the pattern.
    #[default]
    Outline,
    /// The line whose break confirms it.
    Neckline,
    /// The price that says it was none.
    Invalidation,
    /// The price that it points to.
    Target,
}

/// One line of a figure: rows and prices.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FigureLine {
    /// What it means.
    pub stroke: Stroke,
    /// Its points, by rising row.
    pub points: Vec<(usize, f64)>,
}

/// A chart pattern.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Figure {
    /// What it is.
    pub name: String,
    /// Above zero it points up, below zero down.
    pub direction: i8,
    /// The bar at which it was known.
    pub known: usize,
    /// Its lines; the first is its outline.
    pub lines: Vec<FigureLine>,
}

/// What is drawn besides the candles.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Drawn {
    /// Volume of each bar; may be empty.
    pub volume: Vec<f64>,
    /// Curves on the scale of the price.
    pub overlays: Vec<Curve>,
    /// Panes below.
    pub panes: Vec<Pane>,
    /// Marks at candles, by rising row.
    pub marks: Vec<Mark>,
    /// Chart patterns, by the row at which they were known.
    pub figures: Vec<Figure>,
    /// What was computed on which bars, in a sentence.
    pub note: String,
}

/// Adds what is drawn to the packed candles, and says what was left out. `groups` tells for each bar the drawn bar that it
/// went into, if any.
pub(crate) fn pack(json: &mut Json, bars: &PriceBars, groups: &[Option<usize>], drawn_bars: usize) -> String {
    let drawn = &bars.drawn;
    let mut note = String::new();
    if drawn == &Drawn::default() {
        return note;
    }
    let at = |row: usize| groups.get(row).copied().flatten();
    if !drawn.volume.is_empty() {
        let mut volume = vec![0.0; drawn_bars];
        for (place, value) in groups.iter().zip(&drawn.volume) {
            if let Some(place) = place.filter(|_| value.is_finite()) {
                volume[place] += value;
            }
        }
        let decimals = series::decimals_for(volume.iter().copied()).min(8);
        json["v"] = series::pack(volume.into_iter().map(Some), decimals);
    }
    // Of bars that are drawn as one the last value stands.
    let curve = |it: &Curve, least: i32| {
        let mut values = vec![None; drawn_bars];
        for (place, value) in groups.iter().zip(&it.values) {
            if let (Some(place), Some(value)) = (place, value.filter(|it| it.is_finite())) {
                values[*place] = Some(value);
            }
        }
        let decimals = series::decimals_for(values.iter().filter_map(|it| *it)).max(least);
        json!({ "n": it.name, "form": it.form, "y": series::pack(values, decimals) })
    };
    let least = i32::from(bars.decimals.min(8)) + CURVE_DECIMALS;
    json["overlays"] = drawn.overlays.iter().map(|it| curve(it, least)).collect();
    let pane = |it: &Pane| {
        let curves: Vec<Json> = it.curves.iter().map(|it| curve(it, 0)).collect();
        let levels: Vec<f64> = it.levels.iter().copied().filter(|it| it.is_finite()).collect();
        json!({ "n": it.name, "curves": curves, "levels": levels })
    };
    json["panes"] = drawn.panes.iter().map(pane).collect();
    let mut names: Vec<&str> = drawn.marks.iter().map(|it| it.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let first = drawn.marks.len().saturating_sub(MARKS_MAX);
    let marks: Vec<Json> = drawn.marks[first..]
        .iter()
        .filter_map(|it| {
            let name = names.binary_search(&it.name.as_str()).ok()?;
            Some(json!([at(it.row)?, name, it.direction.signum()]))
        })
        .collect();
    left_out(&mut note, first, drawn.marks.len(), "marks");
    json["marks"] = json!({ "names": names, "at": marks });
    let first = drawn.figures.len().saturating_sub(FIGURES_MAX);
    left_out(&mut note, first, drawn.figures.len(), "chart patterns");
    let decimals = 10_f64.powi(least);
    json["figures"] = drawn.figures[first..]
        .iter()
        .map(|it| {
            let lines: Vec<Json> = it
                .lines
                .iter()
                .map(|line| {
                    let points: Vec<Json> = line
                        .points
                        .iter()
                        .filter(|it| it.1.is_finite())
                        .filter_map(|(row, price)| {
                            Some(json!([at(*row)?, (price * decimals).round() / decimals]))
                        })
                        .collect();
                    json!({ "stroke": line.stroke, "p": points })
                })
                .collect();
            json!({ "n": it.name, "dir": it.direction.signum(), "known": at(it.known), "lines": lines })
        })
        .collect();
    if !drawn.note.is_empty() {
        let _ = write!(note, " {}", drawn.note);
    }
    note
}

fn left_out(note: &mut String, first: usize, all: usize, what: &str) {
    if first > 0 {
        let _ = write!(note, " The last {} of {all} {what} are drawn.", all - first);
    }
}

/// What marks and figures of these packed charts mean, each as far as there are any.
pub(crate) fn legend<'a>(charts: impl Iterator<Item = &'a Json>) -> String {
    let (mut names, mut has_figures) = (Vec::new(), false);
    for chart in charts {
        names.extend(chart["marks"]["names"].as_array().into_iter().flatten().filter_map(Json::as_str));
        has_figures |= chart["figures"].as_array().is_some_and(|it| !it.is_empty());
    }
    names.sort_unstable();
    names.dedup();
    let mut out = String::new();
    if !names.is_empty() {
        let which = match names.len() {
            ..=NAMED_MAX => names.join(", "),
            more => format!("{more} kinds"),
        };
        let _ = write!(
            out,
            " A diamond is a candlestick pattern ({}): \u{25c6}\u{a0}rising, below its candle, \u{25c7}\u{a0}falling, above it.",
            crate::text::escape(&which)
        );
    }
    if has_figures {
        out.push_str(FIGURES);
    }
    out
}

/// The boxes of the panes below a price chart; those of the first instrument name them.
pub(crate) fn boxes(first: &Json) -> String {
    let mut out = String::new();
    for (index, pane) in first["panes"].as_array().into_iter().flatten().enumerate() {
        let name = crate::text::escape(pane["n"].as_str().unwrap_or_default());
        let _ = write!(
            out,
            "<figure class=\"chart price pane\"><figcaption><h3>{name}</h3></figcaption>\
             <div class=\"holder\" data-pane=\"{index}\" tabindex=\"0\" role=\"img\" aria-label=\"{name}\"></div></figure>"
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_bars_join_what_is_drawn_over_them() {
        let n = series::BARS_MAX + 2;
        let column = |add: f64| (0..n).map(|i| i as f64 + add).collect::<Vec<_>>();
        let mut bars = PriceBars {
            at_ns: (0..n as i64).map(|it| it * 1_000_000).collect(),
            open: column(1.0),
            high: column(2.0),
            low: column(0.5),
            close: column(1.5),
            ..PriceBars::default()
        };
        bars.close[2] = f64::NAN;
        bars.drawn.volume = vec![1.0; n];
        bars.drawn.overlays = vec![Curve {
            name: "a".into(),
            values: (0..n).map(|i| Some(i as f64)).collect(),
            ..Curve::default()
        }];
        bars.drawn.marks = vec![
            Mark { row: 2, name: "on a bar that is not drawn".into(), direction: 1 },
            Mark { row: 5, name: "Doji".into(), direction: 1 },
        ];
        let (joined, _, groups) = series::join_bars(&bars);
        let mut json = json!({});
        pack(&mut json, &bars, &groups, joined.close.len());
        // The third bar is left out, so the second drawn bar is of the fourth and fifth.
        assert_eq!(groups[..6], [Some(0), Some(0), None, Some(1), Some(1), Some(2)]);
        assert_eq!(json["v"]["d"][0], 2 * 10_i64.pow(json["v"]["e"].as_u64().unwrap() as u32));
        let scale = 10_i64.pow(json["overlays"][0]["y"]["e"].as_u64().unwrap() as u32);
        assert_eq!(json["overlays"][0]["y"]["d"][0], scale);
        assert_eq!(json["overlays"][0]["y"]["d"][1], 3 * scale);
        assert_eq!(json["marks"]["at"], json!([[2, 0, 1]]));
    }

    #[test]
    fn a_chart_without_anything_drawn_is_as_it_was() {
        let mut json = json!({});
        assert_eq!(pack(&mut json, &PriceBars::default(), &[], 0), "");
        assert_eq!(json, json!({}));
        assert_eq!(boxes(&json), "");
    }
}
