//! Lists of indicators and patterns as what a price chart draws: curves on the price, panes below it, marks at candles,
//! figures of chart patterns.

use super::{Bars, PageError};
use scalp_indicators::patterns::{Bar, Direction, Found, Kind, Patterns, Rules, Signal, State, table};
use scalp_indicators::{Column, Error, Frame, Indicator, Request, Scale, Schema, catalogue};
use scalp_report::candles::{CandlePage, Curve, Drawn, Figure, FigureLine, Form, Mark, Pane, Stroke};
use scalp_report::data::{Fact, PriceBars};
use std::path::Path;

/// Items of a list; each is a curve or a pane, and a page of more cannot be read.
pub const ITEMS_MAX: usize = 60;
/// Panes of a chart.
pub const PANES_MAX: usize = 24;
/// A line of a pattern goes on behind its last bar for this part of its length.
const BEYOND: u64 = 3;
/// Candlestick patterns of one candle that says nothing of its neighbours: too frequent to be marked unless they are named.
const PLAIN_CANDLES: [&str; 13] = [
    "CDLBELTHOLD",
    "CDLCLOSINGMARUBOZU",
    "CDLDOJI",
    "CDLDRAGONFLYDOJI",
    "CDLGRAVESTONEDOJI",
    "CDLHIGHWAVE",
    "CDLLONGLEGGEDDOJI",
    "CDLLONGLINE",
    "CDLMARUBOZU",
    "CDLRICKSHAWMAN",
    "CDLSHORTLINE",
    "CDLSPINNINGTOP",
    "CDLTAKURI",
];

/// A column with its name: a value or none for each bar.
pub type Named = (String, Vec<Option<f64>>);

/// An item of a list, built.
#[derive(Debug)]
enum Item {
    /// An indicator, and the output that is wanted; all where none is.
    Curve(Box<Indicator>, Option<usize>),
    /// A chart pattern.
    Shape(Box<Signal>),
}

/// A list of items, built for bars with or without a volume.
#[derive(Debug)]
pub struct List {
    items: Vec<Item>,
    schema: Schema,
    patterns: bool,
}

impl List {
    /// Reads items such as `SMA(20), RSI(14), CDLHAMMER, DOUBLE_TOP`, separated by commas. With `patterns` all chart
    /// patterns are added, and all candlestick patterns but those that are about one plain candle.
    pub fn parse(text: &str, patterns: bool, schema: Schema) -> Result<List, PageError> {
        let mut items = Vec::new();
        for request in if text.trim().is_empty() { Vec::new() } else { Request::parse_list(text)? } {
            items.push(item(&request, &schema)?);
        }
        if items.len() > ITEMS_MAX {
            let asked = items.len();
            return Err(PageError::Asked(format!("expected {ITEMS_MAX} items at most, got {asked}")));
        }
        let panes = items.iter().filter(|it| it.has_pane()).count();
        if panes > PANES_MAX {
            return Err(PageError::Asked(format!(
                "expected {PANES_MAX} items at most that need a pane of their own, got {panes}"
            )));
        }
        Ok(List { items, schema, patterns })
    }

    /// Each item as a column: its name, and a value or none for each bar.
    pub fn values(&self, bars: &Bars) -> Result<Vec<Named>, PageError> {
        let frame = bars.frame(&self.schema)?;
        let mut all = Vec::new();
        for item in &self.items {
            match item {
                Item::Curve(indicator, output) => {
                    let columns = indicator.batch(&frame)?;
                    for place in places(indicator, *output) {
                        let values = (0..bars.len()).map(|row| columns[place].at(row)).collect();
                        all.push((named(indicator, place), values));
                    }
                }
                Item::Shape(signal) => {
                    let rows: Vec<Bar> = (0..bars.len()).map(|row| bar(bars, row)).collect();
                    all.push((signal.spec().name.to_owned(), signal.batch(&rows)));
                }
            }
        }
        Ok(all)
    }

    /// What the list draws on these bars, and what each item says at the last of them.
    pub fn draw(&self, bars: &Bars) -> Result<(Drawn, Vec<Fact>), PageError> {
        let frame = bars.frame(&self.schema)?;
        let mut drawn = Drawn { volume: bars.volume.clone(), ..Drawn::default() };
        let mut last = Vec::new();
        for item in &self.items {
            match item {
                Item::Curve(indicator, output) => {
                    curves(indicator, *output, &frame, bars.len(), &mut drawn, &mut last)?;
                }
                Item::Shape(signal) => {
                    let kinds = [signal.spec().kind];
                    drawn.figures.extend(figures(*signal.patterns().rules(), &kinds, bars)?);
                }
            }
        }
        if self.patterns {
            let all = catalogue().iter().filter(|it| it.name.starts_with("CDL"));
            for spec in all.filter(|it| !PLAIN_CANDLES.contains(&it.name)) {
                let indicator = Indicator::parse(spec.name, &self.schema)?;
                let shown = self.items.iter().any(|it| it.is(&indicator));
                match indicator.batch(&frame) {
                    Ok(columns) if !shown => drawn.marks.extend(marks(&indicator, &columns[0], bars.len())),
                    // Too few bars for this pattern are enough for others.
                    Ok(_) | Err(Error::TooShort { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            drawn.figures.extend(figures(Rules::default(), &Kind::ALL, bars)?);
        }
        drawn.marks.sort_by(|a, b| (a.row, &a.name).cmp(&(b.row, &b.name)));
        drawn.figures.sort_by(|a, b| (a.known, &a.name).cmp(&(b.known, &b.name)));
        drawn.figures.dedup();
        Ok((drawn, last))
    }
}

impl Item {
    fn has_pane(&self) -> bool {
        match self {
            Item::Shape(_) => false,
            Item::Curve(indicator, output) => places(indicator, *output)
                .any(|it| indicator.spec().scale(it) != Scale::Mark && !indicator.is_on_price(it)),
        }
    }

    fn is(&self, other: &Indicator) -> bool {
        matches!(self, Item::Curve(indicator, _) if indicator.to_string() == other.to_string())
    }
}

fn item(request: &Request, schema: &Schema) -> Result<Item, PageError> {
    if table().iter().any(|it| it.name.eq_ignore_ascii_case(&request.name)) {
        return Ok(Item::Shape(Box::new(Signal::build(request)?)));
    }
    let indicator = Indicator::build(request, schema)?;
    let output = request.output.as_deref().map(|it| indicator.spec().output(it)).transpose()?;
    Ok(Item::Curve(Box::new(indicator), output))
}

/// The outputs that are wanted.
fn places(indicator: &Indicator, output: Option<usize>) -> impl Iterator<Item = usize> + use<> {
    let all = indicator.spec().outputs.len();
    output.map_or(0..all, |it| it..it + 1)
}

/// The name of an output: the indicator with its parameters, and the output where there are several.
fn named(indicator: &Indicator, place: usize) -> String {
    match &indicator.spec().outputs[..] {
        [_] => indicator.to_string(),
        outputs => format!("{indicator}.{}", outputs[place].name),
    }
}

/// A row as patterns read it.
fn bar(bars: &Bars, row: usize) -> Bar {
    let volume = bars.volume.get(row).copied().unwrap_or(0.0);
    Bar { high: bars.high[row], low: bars.low[row], close: bars.close[row], volume }
}

fn curves(
    indicator: &Indicator,
    output: Option<usize>,
    frame: &Frame<'_>,
    rows: usize,
    drawn: &mut Drawn,
    last: &mut Vec<Fact>,
) -> Result<(), PageError> {
    let (spec, title) = (indicator.spec(), indicator.to_string());
    let columns = indicator.batch(frame)?;
    let mut pane = Pane { name: title, curves: Vec::new(), levels: levels(spec.name).to_vec() };
    for place in places(indicator, output) {
        let (column, output) = (&columns[place], &spec.outputs[place]);
        let name = named(indicator, place);
        let value = rows.checked_sub(1).and_then(|row| column.at(row));
        last.push(Fact::new(name.clone(), value.map_or("none".to_owned(), six)));
        if spec.scale(place) == Scale::Mark {
            drawn.marks.extend(marks(indicator, column, rows));
            continue;
        }
        let values = (0..rows).map(|row| column.at(row)).collect();
        let curve = Curve { name, form: form(spec.name, &output.name, output.integer), values };
        if indicator.is_on_price(place) {
            drawn.overlays.push(curve);
        } else {
            pane.curves.push(curve);
        }
    }
    if !pane.curves.is_empty() {
        drawn.panes.push(pane);
    }
    Ok(())
}

/// Six significant digits: what is read at a glance.
fn six(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = (5.0 - value.abs().log10().floor()).clamp(0.0, 12.0) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// How the values of an output are drawn.
pub(super) fn form(name: &str, output: &str, integer: bool) -> Form {
    match (name, output) {
        ("SAR" | "SAREXT", _) => Form::Dots,
        (_, "macdhist") | ("AO" | "AC" | "SQZMOM", "real" | "momentum") | ("FORCE" | "FRACTAL", _) => {
            Form::Columns
        }
        ("ZIGZAG" | "HILO" | "PVR" | "TD_SEQUENCE" | "SQUEEZE", _) => Form::Step,
        (_, "direction" | "trend") => Form::Step,
        _ if integer => Form::Step,
        _ => Form::Line,
    }
}

/// The levels that readers of an oscillator look for.
pub(super) fn levels(name: &str) -> &'static [f64] {
    match name {
        "RSI" | "LRSI" | "IMI" => &[30.0, 70.0],
        "STOCH" | "STOCHF" | "STOCHRSI" | "KDJ" | "MFI" => &[20.0, 80.0],
        "STC" => &[25.0, 75.0],
        "WILLR" => &[-80.0, -20.0],
        "CCI" => &[-100.0, 100.0],
        "ADX" | "ADXR" | "DX" => &[25.0],
        "CMO" | "CMOU" => &[-50.0, 50.0],
        "PERCENTB" => &[0.0, 1.0],
        "CRSI" => &[10.0, 90.0],
        "CHOP" | "CHOPTR" => &[38.2, 61.8],
        "ULTOSC" => &[30.0, 70.0],
        "WAVETREND" => &[-60.0, 60.0],
        "RVI" | "RVIR" | "PSL" => &[50.0],
        _ => &[],
    }
}

fn marks(indicator: &Indicator, column: &Column, rows: usize) -> Vec<Mark> {
    let name = indicator.spec().summary;
    let said = (column.first..rows).filter_map(|row| Some((row, column.at(row)?)));
    said.filter(|it| it.1 != 0.0)
        .map(|(row, value)| Mark { row, name: name.to_owned(), direction: if value > 0.0 { 1 } else { -1 } })
        .collect()
}

/// The patterns that were confirmed, each as of the bar of its confirmation.
pub(super) fn figures(rules: Rules, kinds: &[Kind], bars: &Bars) -> Result<Vec<Figure>, PageError> {
    let mut patterns = Patterns::new(rules, kinds)?;
    // Bars that are refused are not counted by the patterns.
    let (mut rows, mut found) = (Vec::new(), Vec::new());
    for row in 0..bars.len() {
        if let Ok(changes) = patterns.push(&bar(bars, row)) {
            found.extend(changes.iter().filter(|it| it.state == State::Confirmed).copied());
            rows.push(row);
        }
    }
    Ok(found.iter().map(|it| figure(it, &rows)).collect())
}

fn figure(found: &Found, rows: &[usize]) -> Figure {
    let row = |bar: u64| rows[(bar as usize).min(rows.len() - 1)];
    let until = (found.changed_at + found.length().div_ceil(BEYOND)).min(rows.len() as u64 - 1);
    let outline = found.points.iter().map(|it| (row(it.at), it.price)).collect();
    let mut lines = vec![FigureLine { stroke: Stroke::Outline, points: outline }];
    let both = matches!(
        found.kind,
        Kind::AscendingTriangle
            | Kind::DescendingTriangle
            | Kind::SymmetricalTriangle
            | Kind::RisingWedge
            | Kind::FallingWedge
            | Kind::Rectangle
            | Kind::BullFlag
            | Kind::BearFlag
            | Kind::BullPennant
            | Kind::BearPennant
    );
    let (upper, lower) = match found.direction {
        Direction::Bullish if !both => (found.upper, None),
        Direction::Bearish if !both => (None, found.lower),
        _ => (found.upper, found.lower),
    };
    for line in [upper, lower].into_iter().flatten() {
        let points = [found.from, found.changed_at].map(|bar| (row(bar), line.price_at(bar))).to_vec();
        lines.push(FigureLine { stroke: Stroke::Neckline, points });
    }
    for (stroke, level) in [(Stroke::Invalidation, found.invalidation), (Stroke::Target, found.target)] {
        if let Some(price) = level {
            lines
                .push(FigureLine { stroke, points: vec![(row(found.known_at), price), (row(until), price)] });
        }
    }
    let name = table().iter().find(|it| it.kind == found.kind).map_or("", |it| it.name);
    Figure {
        name: in_words(name),
        direction: found.direction.sign() as i8,
        known: row(found.known_at),
        lines,
    }
}

/// `HEAD_SHOULDERS` as `Head shoulders`.
fn in_words(name: &str) -> String {
    let (first, rest) = name.split_at(name.len().min(1));
    format!("{first}{}", rest.to_lowercase().replace('_', " "))
}

/// The page of a file: its candles with the list drawn on them.
pub fn page(path: &Path, text: &str, patterns: bool) -> Result<String, PageError> {
    let bars = Bars::read(path)?;
    let list = List::parse(text, patterns, bars.schema()?)?;
    let (mut drawn, last) = list.draw(&bars)?;
    if bars.dropped > 0 {
        drawn.note = format!("{} rows without a value were left out.", bars.dropped);
    }
    let name = path.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
    let title = if text.trim().is_empty() { name.clone() } else { format!("{name}: {}", text.trim()) };
    let drawn_bars = PriceBars {
        instrument: name,
        decimals: bars.decimals(),
        at_ns: bars.at_ns,
        open: bars.open,
        high: bars.high,
        low: bars.low,
        close: bars.close,
        drawn,
    };
    let source = path.display().to_string();
    Ok(scalp_report::candles::candles(&CandlePage { title, source, bars: drawn_bars, last }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::*;

    /// A double top in steps of one, with shadows of a quarter.
    fn double_top() -> Bars {
        let mut closes = vec![90.0];
        for leg in [90, 110, 100, 110, 88].windows(2) {
            let step: i32 = if leg[1] > leg[0] { 1 } else { -1 };
            closes.extend((1..=(leg[1] - leg[0]) * step).map(|it| f64::from(leg[0] + it * step)));
        }
        let open: Vec<f64> = std::iter::once(90.0).chain(closes.iter().copied()).take(closes.len()).collect();
        let high = open.iter().zip(&closes).map(|(a, b)| a.max(*b) + 0.25).collect();
        let low = open.iter().zip(&closes).map(|(a, b)| a.min(*b) - 0.25).collect();
        let at_ns = (0..closes.len() as i64).map(|it| it * 60_000_000_000).collect();
        let volume = vec![1.0; closes.len()];
        Bars::new(at_ns, [open, high, low, closes], volume)
    }

    fn draw(list: &str) -> Drawn {
        let bars = double_top();
        List::parse(list, false, bars.schema().unwrap()).unwrap().draw(&bars).unwrap().0
    }

    #[test]
    fn each_output_goes_where_its_scale_is() {
        let drawn = draw("BBANDS(5,2,2,0), SUPERTREND(3), MACD(3,5,2).macdhist, SMA(3,real=volume), RSI(5)");
        let names = |of: &[Curve]| of.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        assert_eq!(
            names(&drawn.overlays),
            [
                "BBANDS(5,2,2,0).upperband",
                "BBANDS(5,2,2,0).middleband",
                "BBANDS(5,2,2,0).lowerband",
                "SUPERTREND(3,3).supertrend"
            ]
        );
        let panes: Vec<Vec<String>> = drawn.panes.iter().map(|it| names(&it.curves)).collect();
        assert_eq!(
            panes,
            [["SUPERTREND(3,3).trend"], ["MACD(3,5,2).macdhist"], ["SMA(3,real=volume)"], ["RSI(5)"]]
        );
        assert_eq!(drawn.panes[1].curves[0].form, Form::Columns);
        assert_eq!(drawn.panes[3].levels, [30.0, 70.0]);
        assert_eq!(drawn.overlays[1].values[..5], [None, None, None, None, Some(92.0)]);
    }

    #[test]
    fn a_chart_pattern_is_drawn_with_its_neckline_its_invalidation_and_its_target() {
        let drawn = draw("DOUBLE_TOP(swing=percent, size=4)");
        let [figure] = &drawn.figures[..] else { panic!("{:?}", drawn.figures) };
        assert_eq!((figure.name.as_str(), figure.direction), ("Double top", -1));
        let strokes: Vec<Stroke> = figure.lines.iter().map(|it| it.stroke).collect();
        assert_eq!(strokes, [Stroke::Outline, Stroke::Neckline, Stroke::Invalidation, Stroke::Target]);
        assert_eq!(figure.lines[0].points.last().map(|it| it.1), Some(110.25));
        for line in &figure.lines {
            assert!(line.points.windows(2).all(|it| it[0].0 <= it[1].0), "{line:?}");
        }
    }

    #[test]
    fn candlestick_patterns_are_marks_with_a_direction() {
        let mut bars = double_top();
        for (row, close) in [(30, 103.0), (45, 97.0)] {
            bars.open[row] = 100.0;
            bars.close[row] = close;
            (bars.low[row], bars.high[row]) = (close.min(100.0), close.max(100.0));
        }
        let list = List::parse("CDLMARUBOZU", false, bars.schema().unwrap()).unwrap();
        let drawn = list.draw(&bars).unwrap().0;
        let marks: Vec<_> = drawn.marks.iter().map(|it| (it.row, it.name.as_str(), it.direction)).collect();
        assert_eq!(marks, [(30, "Marubozu", 1), (45, "Marubozu", -1)]);
        assert!(drawn.overlays.is_empty() && drawn.panes.is_empty());
    }

    #[test]
    fn what_cannot_be_drawn_is_refused_by_name() {
        let bars = double_top();
        let refused = |list: &str| List::parse(list, false, bars.schema().unwrap()).unwrap_err().to_string();
        assert!(refused("BBAND(20)").contains("did you mean BBANDS?"));
        assert!(refused("MACD.signal").contains("MACD"));
        assert!(refused(&["SMA(3)"; ITEMS_MAX + 1].join(",")).contains("items at most"));
        assert!(refused(&["RSI(3)"; PANES_MAX + 1].join(",")).contains("pane"));
        let long = List::parse("SMA(500)", false, bars.schema().unwrap()).unwrap().draw(&bars).unwrap_err();
        assert!(long.to_string().contains("needs 500 rows"), "{long}");
    }
}
