//! Small drawings without script: candles with curves over them, and a box below for what has a scale of its own.

use crate::features::Candles;
use crate::features::plot::six;
use scalp_report::candles::{Curve, Form, Stroke};
use std::fmt::Write as _;
use std::ops::Range;

const WIDE: f64 = 880.0;
const CANDLES: f64 = 250.0;
const BELOW: f64 = 110.0;
const LOW: f64 = 84.0;
/// Above the curve of a low box stands its name.
const NAME: f64 = 28.0;
/// Letters that the names of a box and of its range have room for where the text is large.
const LETTERS: usize = 58;
const GAP: f64 = 14.0;
const COLOURS: usize = 6;
/// Of more curves than colours the next are dashed, then dotted.
const DASHES: [&str; 3] = ["", " dash", " fine"];

/// A line of a pattern: what it means, and its rows and prices.
pub(super) type Line = (Stroke, Vec<(usize, f64)>);

/// What is drawn.
#[derive(Default)]
pub(super) struct Picture {
    /// Curves over the candles.
    pub over: Vec<Curve>,
    /// Boxes below, each with a scale of its own.
    pub below: Vec<Panel>,
    /// Marks: the row, and whether they point up.
    pub marks: Vec<(usize, bool)>,
    /// Lines of a pattern.
    pub lines: Vec<Line>,
}

/// A box below the candles.
#[derive(Default)]
pub(super) struct Panel {
    /// Its curves.
    pub curves: Vec<Curve>,
    /// Levels across it.
    pub levels: Vec<f64>,
    /// Whether it is one of many and names its curve itself.
    pub is_low: bool,
}

impl Panel {
    fn tall(&self) -> f64 {
        if self.is_low { LOW } else { BELOW }
    }

    fn draw(&self, out: &mut String, rows: Range<usize>, top: f64, colour: usize, step: f64) {
        let name = if self.is_low { NAME } else { 0.0 };
        let zero = self.curves.iter().any(|it| it.form == Form::Columns).then_some(0.0);
        let values = self.curves.iter().flat_map(|it| it.values[rows.clone()].iter().filter_map(|it| *it));
        let said: Vec<f64> = values.collect();
        let all = said.iter().copied().chain(self.levels.iter().copied()).chain(zero);
        let scale = Scale::of(all, top + name, self.tall() - name).filter(|_| !said.is_empty());
        if self.is_low {
            let title = self.curves.first().map_or("", |it| it.name.as_str());
            let _ = write!(
                out,
                "<path class=\"rule\" d=\"M0 {top:.1}H{WIDE}\"/><text x=\"2\" y=\"{:.1}\" class=\"t{}\">{}</text>",
                top + 20.0,
                colour % COLOURS + 1,
                super::escape(title)
            );
            let (low, high) = said.iter().fold((f64::MAX, f64::MIN), |(a, b), &x| (a.min(x), b.max(x)));
            if low <= high {
                let range = if low < high { format!("{} to {}", six(low), six(high)) } else { six(low) };
                // On a narrow screen letters are large, and a long name needs all of the room.
                let class = if title.len() + range.len() > LETTERS { "right spare" } else { "right" };
                let (x, y) = (WIDE - 2.0, top + 20.0);
                let _ = write!(out, "<text x=\"{x}\" y=\"{y:.1}\" class=\"{class}\">{range}</text>");
            }
        }
        let Some(scale) = scale else {
            let _ = write!(out, "<text x=\"2\" y=\"{}\">silent here</text>", top + self.tall() / 2.0 + 8.0);
            return;
        };
        let zero = (scale.low < 0.0 && scale.high > 0.0 && self.levels.is_empty()).then_some(0.0);
        for level in self.levels.iter().copied().chain(zero) {
            let y = scale.y(level);
            let _ = write!(out, "<path class=\"rule dash\" d=\"M0 {y:.1}H{WIDE}\"/>");
            if !self.is_low {
                let _ = write!(out, "<text x=\"2\" y=\"{:.1}\">{level}</text>", y - 3.0);
            }
        }
        for (at, it) in self.curves.iter().enumerate() {
            curve(out, it, rows.clone(), colour + at, &scale, step);
        }
    }
}

/// Values to heights.
struct Scale {
    low: f64,
    high: f64,
    top: f64,
    tall: f64,
}

impl Scale {
    fn of(values: impl Iterator<Item = f64>, top: f64, tall: f64) -> Option<Scale> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for it in values.filter(|it| it.is_finite()) {
            low = low.min(it);
            high = high.max(it);
        }
        if low > high {
            return None;
        }
        let pad = if high > low { (high - low) * 0.06 } else { high.abs().max(1.0) * 0.5 };
        Some(Scale { low: low - pad, high: high + pad, top, tall })
    }

    fn y(&self, value: f64) -> f64 {
        self.top + (self.high - value) / (self.high - self.low) * self.tall
    }
}

impl Picture {
    /// The drawing of some rows with its legend, as an inline SVG.
    pub(super) fn svg(&self, bars: &Candles, rows: Range<usize>, about: &str) -> String {
        let step = WIDE / rows.len().max(1) as f64;
        let x = |row: usize| (row as f64 - rows.start as f64 + 0.5) * step;
        let seen = |it: &Curve| it.values[rows.clone()].iter().filter_map(|it| *it).collect::<Vec<_>>();
        let tall = CANDLES + self.below.iter().map(|it| GAP + it.tall()).sum::<f64>();
        let mut out = format!(
            "<svg viewBox=\"0 0 {WIDE} {tall}\" role=\"img\" aria-label=\"{}\">",
            super::escape(about)
        );
        let prices = bars.high[rows.clone()].iter().chain(&bars.low[rows.clone()]).copied();
        let levels = self.lines.iter().flat_map(|it| it.1.iter().map(|it| it.1));
        let values = prices.chain(self.over.iter().flat_map(seen)).chain(levels);
        if let Some(scale) = Scale::of(values.collect::<Vec<_>>().into_iter(), 0.0, CANDLES) {
            candles(&mut out, bars, rows.clone(), &scale, step);
            for (at, it) in self.over.iter().enumerate() {
                curve(&mut out, it, rows.clone(), at, &scale, step);
            }
            self.pattern(&mut out, bars, &scale, x);
        }
        let (mut top, mut colour) = (CANDLES + GAP, self.over.len());
        for panel in &self.below {
            panel.draw(&mut out, rows.clone(), top, colour, step);
            colour += panel.curves.len();
            top += panel.tall() + GAP;
        }
        out.push_str("</svg>");
        out
    }

    fn pattern(&self, out: &mut String, bars: &Candles, scale: &Scale, x: impl Fn(usize) -> f64) {
        for (row, up) in &self.marks {
            let (at, side) = (x(*row), if *up { 1.0 } else { -1.0 });
            let y = scale.y(if *up { bars.low[*row] } else { bars.high[*row] }) + side * 5.0;
            let class = if *up { "mark-up" } else { "mark-down" };
            let _ = write!(out, "<path class=\"{class}\" d=\"M{at:.1} {y:.1}l4.5 {0:.1}h-9z\"/>", side * 7.0);
        }
        for (stroke, points) in &self.lines {
            let class = match stroke {
                Stroke::Outline => "k1",
                Stroke::Neckline => "k3 dash",
                Stroke::Invalidation => "k2 fine",
                Stroke::Target => "k4 fine",
            };
            let mut path = String::new();
            for (at, (row, price)) in points.iter().enumerate() {
                let _ =
                    write!(path, "{}{:.1} {:.1}", if at == 0 { 'M' } else { 'L' }, x(*row), scale.y(*price));
            }
            let _ = write!(out, "<path class=\"curve {class}\" d=\"{path}\"/>");
        }
    }

    /// The names of the curves in their colours.
    pub(super) fn legend(&self) -> String {
        let mut out = String::new();
        // A low box names its curve itself.
        let below = self.below.iter().filter(|it| !it.is_low).flat_map(|it| &it.curves);
        for (at, it) in self.over.iter().chain(below).enumerate() {
            let _ = write!(
                out,
                "<span class=\"key\"><i class=\"b{}{}\"></i>{}</span>",
                at % COLOURS + 1,
                dash(at),
                super::escape(&it.name)
            );
        }
        let strokes = [
            (Stroke::Outline, "b1", "points"),
            (Stroke::Neckline, "b3", "line that a close confirms"),
            (Stroke::Invalidation, "b2", "invalidation"),
            (Stroke::Target, "b4", "target"),
        ];
        for (_, class, name) in strokes.iter().filter(|it| self.lines.iter().any(|line| line.0 == it.0)) {
            let _ = write!(out, "<span class=\"key\"><i class=\"{class}\"></i>{name}</span>");
        }
        out
    }
}

fn candles(out: &mut String, bars: &Candles, rows: Range<usize>, scale: &Scale, step: f64) {
    let (mut wicks, mut white, mut black) = (String::new(), String::new(), String::new());
    let wide = (step * 0.62).min(12.0);
    // A candle without a price is a gap.
    for (place, row) in rows.enumerate().filter(|it| bars.close[it.1].is_finite()) {
        let x = (place as f64 + 0.5) * step;
        let (open, close) = (scale.y(bars.open[row]), scale.y(bars.close[row]));
        let _ = write!(wicks, "M{x:.1} {:.1}V{:.1}", scale.y(bars.high[row]), scale.y(bars.low[row]));
        let body = if bars.close[row] >= bars.open[row] { &mut white } else { &mut black };
        let (top, tall) = (open.min(close), (open - close).abs().max(0.8));
        let _ = write!(body, "M{:.1} {top:.1}h{wide:.1}v{tall:.1}h-{wide:.1}z", x - wide / 2.0);
    }
    let _ = write!(
        out,
        "<path class=\"wick\" d=\"{wicks}\"/><path class=\"white\" d=\"{white}\"/><path class=\"black\" d=\"{black}\"/>"
    );
}

fn curve(out: &mut String, curve: &Curve, rows: Range<usize>, colour: usize, scale: &Scale, step: f64) {
    let mut path = String::new();
    let mut before: Option<f64> = None;
    let floor = scale.y(0.0_f64.clamp(scale.low, scale.high));
    for (place, value) in curve.values[rows].iter().enumerate() {
        let Some(value) = value else {
            before = None;
            continue;
        };
        let (x, y) = ((place as f64 + 0.5) * step, scale.y(*value));
        let _ = match (curve.form, before) {
            (Form::Columns, _) => write!(path, "M{x:.1} {floor:.1}V{y:.1}"),
            (Form::Dots, _) => write!(path, "M{:.1} {y:.1}h2", x - 1.0),
            (Form::Step, Some(_)) => write!(path, "H{x:.1}V{y:.1}"),
            (_, Some(_)) => write!(path, "L{x:.1} {y:.1}"),
            (_, None) => write!(path, "M{x:.1} {y:.1}"),
        };
        before = Some(y);
    }
    let dash = if matches!(curve.form, Form::Line | Form::Step) { dash(colour) } else { "" };
    let _ = write!(out, "<path class=\"curve k{}{dash}\" d=\"{path}\"/>", colour % COLOURS + 1);
}

fn dash(colour: usize) -> &'static str {
    DASHES[colour / COLOURS % DASHES.len()]
}
