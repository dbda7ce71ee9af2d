//! Charts of a study as HTML: layers as a drawing without script that scales with its box, bars as a table. What a pointer
//! may ask about the points goes beside it as data.

use super::chart::{Bars, Layer, Plane, Shape, Unit};
use crate::plot::{self, BOX, DOTS_MAX, Scale};
use crate::series::{LINE_POINTS_MAX, thin};
use crate::text::{escape, number};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

/// Bars that a chart carries; of more, the largest are shown.
const BARS_MAX: usize = 40;
/// Above this many dots they are drawn smaller.
const DOTS_MANY: usize = 2_000;
/// Share of the height that the text of an upright rule takes.
const ROOM_OF_TEXT: f64 = 0.07;
/// Ticks that a linear axis has about.
const TICKS: f64 = 5.0;
/// Steps of the ticks of a logarithmic axis within a power of ten, where it has few powers.
const LOG_STEPS: [f64; 3] = [1.0, 2.0, 5.0];
/// An axis that spans fewer powers of ten shows steps within them.
const FEW_POWERS: f64 = 2.5;

/// A drawing and the points in it; nothing where no point has a place.
pub fn plane(plane: &Plane, about: &str) -> Option<(String, Json)> {
    let (mut across, mut up) = (scale(plane, true)?, scale(plane, false)?);
    if plane.square {
        let (low, high) = (across.low.min(up.low), across.high.max(up.high));
        (across.low, across.high, up.low, up.high) = (low, high, low, high);
    }
    // Texts of upright rules stand above what is drawn.
    let texts = plane.rules.iter().filter(|it| it.upright && !it.text.is_empty()).count();
    up.high += ROOM_OF_TEXT * texts as f64 * (up.high - up.low);
    let (x_stops, y_stops) = (stops(&across, plane.x.log), stops(&up, plane.y.log));
    let x_label = labels(&across, plane.x.unit, &x_stops);
    let y_label = labels(&up, plane.y.unit, &y_stops);
    let x = plot::Axis {
        title: &plane.x.title,
        log: plane.x.log,
        zero: plane.x.zero,
        stops: &x_stops,
        label: &x_label,
    };
    let y = plot::Axis { title: "", log: plane.y.log, zero: plane.y.zero, stops: &y_stops, label: &y_label };
    let mut out = plot::frame(&across, &up, &y, about);
    let mut more = String::new();
    let mut points = Vec::new();
    for layer in &plane.layers {
        let kept = kept(layer, plane);
        draw(&mut out, layer, &kept, &across, &up);
        if let Shape::Named(names) = &layer.shape {
            for (at, name) in kept.iter().map(|at| (*at, &names[*at])).filter(|it| !it.1.is_empty()) {
                let (left, bottom) = (across.part(layer.x[at]) * 100.0, up.part(layer.y[at]) * 100.0);
                let _ = write!(
                    more,
                    "<span class=\"name\" style=\"left:{left:.1}%;bottom:{bottom:.1}%\">{}</span>",
                    escape(name)
                );
            }
        }
        points.push(asked(layer, &kept));
    }
    for (row, rule) in plane.rules.iter().filter(|it| it.at.is_finite()).enumerate() {
        let path = if rule.upright {
            let part = within(across.part(rule.at));
            let _ = write!(
                more,
                "<span class=\"flag{}\" style=\"left:{:.1}%;top:{}px\">{}</span>",
                if part > 0.5 { " left" } else { "" },
                part * 100.0,
                4 + 17 * row,
                escape(&rule.text)
            );
            format!("M{:.1} 0V{BOX}", part * BOX)
        } else {
            let part = within(up.part(rule.at));
            let _ = write!(
                more,
                "<span class=\"flag level\" style=\"bottom:{:.1}%\">{}</span>",
                part * 100.0,
                escape(&rule.text)
            );
            format!("M0 {:.1}H{BOX}", (1.0 - part) * BOX)
        };
        let _ = write!(out, "<path class=\"rule\" d=\"{path}\"/>");
    }
    let _ = write!(more, "<span class=\"ytitle\">{}</span>", escape(&plane.y.title));
    let data = json!({ "x": ends(&across, plane.x.log, plane.x.unit), "y": ends(&up, plane.y.log, plane.y.unit),
        "xt": plane.x.title, "yt": plane.y.title, "layers": points });
    Some((plot::close(out, &across, &x, &up, &y, &more), data))
}

/// Which points are drawn and told: those that have a place; lines keep their lowest and highest, of too many dots every
/// k-th is kept.
fn kept(layer: &Layer, plane: &Plane) -> Vec<usize> {
    let fits = |value: f64, log: bool| value.is_finite() && (!log || value > 0.0);
    let has_place = |i: &usize| {
        let to = match &layer.shape {
            Shape::Band(to) | Shape::Whiskers(to) => to[*i],
            _ => layer.y[*i],
        };
        fits(layer.x[*i], plane.x.log) && fits(layer.y[*i], plane.y.log) && fits(to, plane.y.log)
    };
    let all: Vec<usize> = (0..layer.x.len().min(layer.y.len())).filter(has_place).collect();
    match layer.shape {
        Shape::Line | Shape::Dashed | Shape::Filled => {
            let values: Vec<f64> = all.iter().map(|i| layer.y[*i]).collect();
            thin(&values, LINE_POINTS_MAX).into_iter().map(|at| all[at]).collect()
        }
        _ => {
            let every = all.len().div_ceil(DOTS_MAX).max(1);
            all.into_iter().step_by(every).collect()
        }
    }
}

/// The range of one axis over all layers and rules.
fn scale(plane: &Plane, across: bool) -> Option<Scale> {
    let mut values: Vec<f64> = Vec::new();
    for layer in &plane.layers {
        match (across, &layer.shape) {
            (true, Shape::Columns(width)) => {
                values.extend(layer.x.iter().flat_map(|it| [*it, it + width]));
            }
            (true, _) => values.extend(&layer.x),
            (false, Shape::Band(to) | Shape::Whiskers(to)) => values.extend(layer.y.iter().chain(to)),
            (false, Shape::Columns(_) | Shape::Filled) => {
                values.push(0.0);
                values.extend(&layer.y);
            }
            (false, _) => values.extend(&layer.y),
        }
    }
    values.extend(plane.rules.iter().filter(|it| it.upright == across).map(|it| it.at));
    let axis = if across { &plane.x } else { &plane.y };
    let label = |_: f64| String::new();
    Scale::of(
        values.into_iter(),
        &plot::Axis { title: "", log: axis.log, zero: axis.zero, stops: &[], label: &label },
    )
}

/// Where ticks may stand: round values on a linear axis, on a logarithmic one of few powers of ten steps within them.
fn stops(scale: &Scale, log: bool) -> Vec<f64> {
    if !log {
        let span = scale.high - scale.low;
        let size = 10_f64.powf((span / TICKS).log10().floor());
        let near = |step: &f64| (span / (step * size) - TICKS).abs();
        let best = [1.0, 2.0, 5.0, 10.0].into_iter().min_by(|a, b| near(a).total_cmp(&near(b)));
        let step = best.unwrap_or(1.0) * size;
        let first = (scale.low / step).ceil();
        return (0..20).map(|it| (first + f64::from(it)) * step).take_while(|it| *it <= scale.high).collect();
    }
    let power = |end: f64| end / std::f64::consts::LN_10;
    if power(scale.high) - power(scale.low) > FEW_POWERS {
        return Vec::new();
    }
    let (low, high) = (power(scale.low).floor() as i32, power(scale.high).ceil() as i32);
    (low..=high).flat_map(|power| LOG_STEPS.map(|step| step * 10_f64.powi(power))).collect()
}

/// How the ticks of an axis are written: with as many decimals as tell them apart.
fn labels(scale: &Scale, unit: Unit, stops: &[f64]) -> impl Fn(f64) -> String + use<> {
    let factor = if unit == Unit::Percent { 100.0 } else { 1.0 };
    let ticks: Vec<f64> = scale.ticks(4, stops).iter().map(|it| it * factor).collect();
    let is_short = |value: f64, digits: i32| {
        let scaled = value * 10_f64.powi(digits);
        (scaled - scaled.round()).abs() <= 1e-6 * scaled.abs().max(1e-3)
    };
    let whole = (0..8).find(|digits| ticks.iter().all(|it| is_short(*it, *digits))).unwrap_or(8);
    let log = scale.is_log();
    move |value| {
        let value = value * factor;
        // Powers of ten differ too much for one number of decimals.
        let digits = if log { (0..8).find(|it| is_short(value, *it)).unwrap_or(8) } else { whole };
        let text = if value != 0.0 && (value.abs() < 1e-5 || value.abs() >= 1e7) {
            format!("{value:.0e}").replace('-', "\u{2212}")
        } else {
            number(value, digits as usize)
        };
        if unit == Unit::Percent { format!("{text}\u{a0}%") } else { text }
    }
}

fn ends(scale: &Scale, log: bool, unit: Unit) -> Json {
    json!({ "low": scale.low, "high": scale.high, "log": log, "percent": unit == Unit::Percent,
        "whole": unit == Unit::Count })
}

/// One layer as paths.
fn draw(out: &mut String, layer: &Layer, kept: &[usize], across: &Scale, up: &Scale) {
    let place = |x: f64, y: f64| {
        let (px, py) = (across.part(x), up.part(y));
        (px.is_finite() && py.is_finite()).then_some((px * BOX, (1.0 - py) * BOX))
    };
    let at = |i: usize, y: f64| place(layer.x[i], y);
    let colour = layer.colour.name();
    let mut path = String::new();
    match &layer.shape {
        Shape::Line | Shape::Dashed | Shape::Filled => {
            join(&mut path, kept.iter().filter_map(|i| at(*i, layer.y[*i])));
            if layer.shape == Shape::Filled && !path.is_empty() {
                let floor = (1.0 - within(up.part(0.0))) * BOX;
                let (first, last) =
                    (across.part(layer.x[kept[0]]), across.part(layer.x[kept[kept.len() - 1]]));
                let _ = write!(
                    out,
                    "<path class=\"area\" style=\"fill:var(--{colour})\" d=\"{path}L{:.1} {floor:.1}L{:.1} {floor:.1}Z\"/>",
                    last * BOX,
                    first * BOX
                );
            }
            let dash = if layer.shape == Shape::Dashed { " dash" } else { "" };
            let _ = write!(out, "<path class=\"line{dash}\" style=\"stroke:var(--{colour})\" d=\"{path}\"/>");
        }
        Shape::Band(to) => {
            join(&mut path, kept.iter().filter_map(|i| at(*i, layer.y[*i])));
            let back = kept.iter().rev().filter_map(|i| at(*i, to[*i]));
            for (x, y) in back {
                let _ = write!(path, "L{x:.1} {y:.1}");
            }
            let _ = write!(out, "<path class=\"area\" style=\"fill:var(--{colour})\" d=\"{path}Z\"/>");
        }
        Shape::Dots | Shape::Named(_) => {
            for (x, y) in kept.iter().filter_map(|i| at(*i, layer.y[*i])) {
                let _ = write!(path, "M{x:.1} {y:.1}h0");
            }
            let size = match layer.shape {
                Shape::Named(_) => " large",
                _ if kept.len() > DOTS_MANY => " many",
                _ => "",
            };
            let _ = write!(out, "<path class=\"dots{size}\" style=\"stroke:var(--{colour})\" d=\"{path}\"/>");
        }
        Shape::Whiskers(to) => {
            for i in kept {
                if let (Some((x, y0)), Some((_, y1))) = (at(*i, layer.y[*i]), at(*i, to[*i])) {
                    let _ = write!(path, "M{x:.1} {y0:.1}V{y1:.1}");
                }
            }
            let _ =
                write!(out, "<path class=\"line whisker\" style=\"stroke:var(--{colour})\" d=\"{path}\"/>");
        }
        Shape::Columns(width) => {
            for i in kept.iter().filter(|i| layer.y[**i].abs() > 0.0) {
                let (left, right) = (layer.x[*i], layer.x[*i] + width);
                let corners = (place(left, 0.0), place(right, layer.y[*i]));
                if let (Some((x0, y0)), Some((x1, y1))) = corners {
                    let gap = (x1 - x0).min(8.0) * 0.08;
                    let _ = write!(path, "M{:.1} {y0:.1}V{y1:.1}H{:.1}V{y0:.1}Z", x0 + gap, x1 - gap);
                }
            }
            let _ = write!(out, "<path class=\"column\" style=\"fill:var(--{colour})\" d=\"{path}\"/>");
        }
    }
}

/// A place on an axis; zero of a logarithmic one is at its beginning.
fn within(part: f64) -> f64 {
    if part > 0.0 { part.min(1.0) } else { 0.0 }
}

fn join(path: &mut String, points: impl Iterator<Item = (f64, f64)>) {
    for (index, (x, y)) in points.enumerate() {
        let _ = write!(path, "{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' });
    }
}

/// The points of a layer for a pointer; bands are only looked at.
fn asked(layer: &Layer, kept: &[usize]) -> Json {
    let of = |values: &[f64]| -> Vec<f64> { kept.iter().map(|i| six(values[*i])).collect() };
    let middle = if let Shape::Columns(width) = layer.shape { width / 2.0 } else { 0.0 };
    let x: Vec<f64> = kept.iter().map(|i| six(layer.x[*i] + middle)).collect();
    let mut out = json!({ "n": layer.name, "c": layer.colour.name(), "x": x, "y": of(&layer.y) });
    match &layer.shape {
        Shape::Named(names) => out["names"] = kept.iter().map(|i| names[*i].clone()).collect(),
        Shape::Band(to) | Shape::Whiskers(to) => out["to"] = json!(of(to)),
        Shape::Columns(width) => out["width"] = json!(width),
        _ => {}
    }
    out
}

/// Six significant digits: what is read off a drawing.
fn six(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let digits = 5 - value.abs().log10().floor() as i32;
    let scale = 10_f64.powi(digits.clamp(-300, 300));
    (value * scale).round() / scale
}

/// Bars by name as a table, the largest first where there are too many for all.
pub fn bars(bars: &Bars, caption: &str) -> String {
    let mut rows: Vec<&(String, Vec<f64>)> = bars.rows.iter().collect();
    let size = |row: &(String, Vec<f64>)| row.1.iter().fold(0.0_f64, |most, it| most.max(it.abs()));
    let total = rows.len();
    if total > BARS_MAX {
        rows.sort_by(|a, b| size(b).total_cmp(&size(a)));
        rows.truncate(BARS_MAX);
    }
    let all = || rows.iter().flat_map(|it| &it.1).copied().filter(|it| it.is_finite());
    let (low, high) = (all().fold(0.0, f64::min), all().fold(0.0, f64::max));
    let wide = if high > low { high - low } else { 1.0 };
    let mut out = String::from("<div class=\"scroll\"><table class=\"fall bars\">");
    if total > BARS_MAX {
        let _ = write!(out, "<caption>The {BARS_MAX} largest of {total}.</caption>");
    }
    let _ = write!(
        out,
        "<thead><tr><th class=\"l\" scope=\"col\"><span class=\"hide\">{}</span></th>",
        escape(caption)
    );
    for (name, colour) in &bars.columns {
        let _ = write!(
            out,
            "<th scope=\"col\"><span class=\"key\" style=\"background:var(--{})\"></span>{}</th>",
            colour.name(),
            escape(name)
        );
    }
    out.push_str("<th scope=\"col\"></th></tr></thead><tbody>");
    for (name, values) in rows {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", escape(name));
        let mut track = String::new();
        for (value, (_, colour)) in values.iter().zip(&bars.columns) {
            let _ = write!(out, "<td>{}</td>", written(*value, bars.unit));
            if value.is_finite() {
                let (left, right) = (value.min(0.0), value.max(0.0));
                let _ = write!(
                    track,
                    "<i style=\"background:var(--{});margin-left:{:.2}%;width:{:.2}%\"></i>",
                    colour.name(),
                    (left - low) / wide * 100.0,
                    (right - left) / wide * 100.0
                );
            }
        }
        let _ = write!(
            out,
            "<td class=\"track\"><div>{track}<b style=\"left:{:.2}%\"></b></div></td></tr>",
            -low / wide * 100.0
        );
    }
    out.push_str("</tbody></table></div>");
    out
}

fn written(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Percent => format!("{}\u{a0}%", number(value * 100.0, 1)),
        Unit::Count => number(value, 0),
        Unit::Plain | Unit::Time => number(value, 3),
    }
}
