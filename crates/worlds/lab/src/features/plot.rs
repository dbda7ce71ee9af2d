//! Lists of items as what a price chart draws: curves on the price, panes below it, marks at candles, figures of chart
//! patterns. The numbers are those of `compute`.

use super::PageError;
use super::axis::{On, look};
use super::candles::{Candles, fold};
use super::compute::{Asked, Computed, Failed, compute};
use super::remarks::Remarks;
use super::table::{Holds, Table};
use scalp_features::expr::{parse, span_text, split_list};
use scalp_indicators::patterns::{Bar, Direction, Found, Kind, Patterns, Rules, Signal, State, table};
use scalp_indicators::{Request, catalogue};
use scalp_report::candles::{CandlePage, Curve, Drawn, Figure, FigureLine, Mark, Pane, Stroke};
use scalp_report::data::{Fact, PriceBars};
use std::path::Path;

/// Columns of a list; each is a curve, and a page of more cannot be read.
pub const CURVES_MAX: usize = 80;
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

/// What is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Items, as `features compute` takes them.
    pub list: &'a str,
    /// Whether candlestick patterns (but those of one plain candle) and chart patterns are added, all of them.
    pub patterns: bool,
    /// How they are computed.
    pub asked: &'a Asked,
}

/// A list over a table, ready for a chart.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The candles: the rows, or many trades or books folded into each.
    pub candles: Candles,
    /// What is drawn on them and below.
    pub drawn: Drawn,
    /// What each column says at the last row.
    pub last: Vec<Fact>,
    /// Items that were left out.
    pub failed: Vec<Failed>,
    /// What should be known of what was computed; it stands among the words of the chart, too.
    pub remarks: Remarks,
}

/// Computes a list and draws it.
pub fn picture(path: &Path, table: &Table, wanted: &Wanted<'_>) -> Result<Picture, PageError> {
    let has_candles = matches!(table.holds, Holds::Bars { .. }) || wanted.asked.bars.is_some();
    if wanted.patterns && !has_candles {
        let what = "--patterns: needs candles; --bars 1m builds them of trades";
        return Err(PageError::Asked(what.to_owned()));
    }
    let base: &[&str] = match &table.holds {
        Holds::Bars { no_volume: true, .. } => &["open", "high", "low", "close"],
        _ if has_candles => &["open", "high", "low", "close", "volume"],
        Holds::Trades(_) => &["price", "size"],
        Holds::Events(events) if !events.has_books() => &["price", "size"],
        _ => &["mid"],
    };
    let items: Vec<&str> = base.iter().copied().chain(split_list(wanted.list)).collect();
    let mut computed = compute(path, table, &items, wanted.asked)?;
    let columns = computed.columns.split_off(base.len());
    let silent = silent(&columns);
    if let (Some(name), false) = (silent.first(), wanted.asked.keep_going) {
        let rows = computed.times.len();
        return Err(PageError::Asked(format!("{name} has no value in any of the {rows} rows")));
    }
    let mut drawn = Drawn::default();
    let mut last = Vec::new();
    for (title, values) in columns.iter().filter(|it| !silent.contains(&it.0)) {
        let value = values.last().copied().filter(|it| it.is_finite());
        last.push(Fact::new(title.clone(), value.map_or("none".to_owned(), six)));
        // A chart pattern is a figure and no curve.
        if !has_candles || shape(title).is_none() {
            put(&mut drawn, title, values);
        }
    }
    if !silent.is_empty() {
        drawn.note = format!("Without a value in any row, and left out: {}. ", silent.join(", "));
    }
    for it in computed.remarks.sentences() {
        drawn.note = format!("{}{it} ", drawn.note);
    }
    fits(&drawn)?;
    let candles = if has_candles {
        let candles = candles(&computed);
        for title in columns.iter().map(|it| &it.0) {
            if let Some(signal) = shape(title).map(|it| Signal::build(&it)).transpose()? {
                drawn.figures.extend(figures(*signal.patterns().rules(), &[signal.spec().kind], &candles)?);
            }
        }
        candles
    } else {
        folded(&computed, &mut drawn)
    };
    if wanted.patterns {
        add_patterns(&mut drawn, path, table, wanted.asked, &candles)?;
    }
    drawn.volume.clone_from(&candles.volume);
    drawn.marks.sort_by(|a, b| (a.row, &a.name).cmp(&(b.row, &b.name)));
    drawn.marks.dedup();
    drawn.figures.sort_by(|a, b| (a.known, &a.name).cmp(&(b.known, &b.name)));
    drawn.figures.dedup();
    drawn.note = drawn.note.trim_end().to_owned();
    Ok(Picture { candles, drawn, last, failed: computed.failed, remarks: computed.remarks })
}

/// The columns that have no value in any row.
pub(super) fn silent(columns: &[(String, Vec<f64>)]) -> Vec<String> {
    let is_silent = |it: &&(String, Vec<f64>)| !it.1.iter().any(|it| it.is_finite());
    columns.iter().filter(is_silent).map(|it| it.0.clone()).collect()
}

/// The request of a column that is a chart pattern on the candles themselves. What else is told of it is a curve.
fn shape(title: &str) -> Option<Request> {
    let call = parse(title).ok().filter(|it| it.timeframe.is_none() && it.output.is_none())?;
    table().iter().find(|it| it.name.eq_ignore_ascii_case(&call.name))?;
    Request::parse(title).ok()
}

/// Puts a column where it is drawn.
fn put(drawn: &mut Drawn, title: &str, values: &[f64]) {
    let look = look(title);
    if let On::Marks(name) = look.on {
        let said = values.iter().enumerate().filter(|it| it.1.is_finite() && *it.1 != 0.0);
        let mark = |(row, value): (usize, &f64)| Mark {
            row,
            name: name.to_owned(),
            direction: if *value > 0.0 { 1 } else { -1 },
        };
        drawn.marks.extend(said.map(mark));
        return;
    }
    let values = values.iter().map(|it| Some(*it).filter(|it| it.is_finite())).collect();
    let curve = Curve { name: title.to_owned(), form: look.form, values };
    if look.on == On::Price {
        drawn.overlays.push(curve);
        return;
    }
    match drawn.panes.iter_mut().find(|it| it.name == look.item) {
        Some(pane) => pane.curves.push(curve),
        None => {
            drawn.panes.push(Pane { name: look.item, curves: vec![curve], levels: look.levels.to_vec() });
        }
    }
}

/// Whether a page can hold it.
fn fits(drawn: &Drawn) -> Result<(), PageError> {
    let curves = drawn.overlays.len() + drawn.panes.iter().map(|it| it.curves.len()).sum::<usize>();
    for (what, most, asked) in [("curves", CURVES_MAX, curves), ("panes", PANES_MAX, drawn.panes.len())] {
        if asked > most {
            let what = format!("--list: expected {most} {what} at most on one page, got {asked}");
            return Err(PageError::Asked(what));
        }
    }
    Ok(())
}

/// The rows as candles, where they are some.
fn candles(computed: &Computed) -> Candles {
    let column = |at: usize| computed.columns.get(at).map_or_else(Vec::new, |it| it.1.clone());
    let mut volume = column(4);
    if !volume.iter().any(|it| it.is_finite()) {
        volume.clear();
    }
    Candles::new(computed.times.clone(), [column(0), column(1), column(2), column(3)], volume)
}

/// Trades or books as candles, and the curves as they stood at the last row of each.
fn folded(computed: &Computed, drawn: &mut Drawn) -> Candles {
    let sizes = computed.columns.get(1).map(|it| it.1.as_slice());
    let folded = fold(&computed.times, &computed.columns[0].1, sizes);
    let curves = drawn.overlays.iter_mut().chain(drawn.panes.iter_mut().flat_map(|it| &mut it.curves));
    curves.for_each(|it| folded.curve(it));
    for mark in &mut drawn.marks {
        mark.row = folded.groups[mark.row];
    }
    let (rows, length) = (computed.times.len(), span_text(folded.length));
    drawn.note = format!(
        "{}{rows} rows, computed one by one; a candle shows those of {length}, and each curve the last of its values.",
        drawn.note
    );
    folded.candles
}

/// All candlestick patterns but those of one plain candle, and all chart patterns.
fn add_patterns(
    drawn: &mut Drawn,
    path: &Path,
    table: &Table,
    asked: &Asked,
    candles: &Candles,
) -> Result<(), PageError> {
    let all = catalogue().iter().map(|it| it.name);
    let names: Vec<&str> = all.filter(|it| it.starts_with("CDL") && !PLAIN_CANDLES.contains(it)).collect();
    for (title, values) in &compute(path, table, &names, asked)?.columns {
        put(drawn, title, values);
    }
    drawn.figures.extend(figures(Rules::default(), &Kind::ALL, candles)?);
    Ok(())
}

/// A row as patterns read it.
fn bar(bars: &Candles, row: usize) -> Bar {
    let volume = bars.volume.get(row).copied().unwrap_or(0.0);
    Bar { high: bars.high[row], low: bars.low[row], close: bars.close[row], volume }
}

/// Six significant digits: what is read at a glance.
pub(super) fn six(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = (5.0 - value.abs().log10().floor()).clamp(0.0, 12.0) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// The patterns that were confirmed, each as of the bar of its confirmation.
pub(super) fn figures(rules: Rules, kinds: &[Kind], bars: &Candles) -> Result<Vec<Figure>, PageError> {
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

/// A page, and what is to be said beside it.
#[derive(Debug, Clone)]
pub struct Page {
    /// The whole file.
    pub text: String,
    /// Items that were left out.
    pub failed: Vec<Failed>,
    /// What should be known of what was computed.
    pub remarks: Remarks,
}

/// The page of a table: its candles with the list drawn on them.
pub fn page(path: &Path, table: &Table, wanted: &Wanted<'_>) -> Result<Page, PageError> {
    let Picture { candles, drawn, last, failed, remarks } = picture(path, table, wanted)?;
    let name = path.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
    let list = wanted.list.split_whitespace().collect::<Vec<_>>().join(" ");
    let path = path.display();
    let source = if list.is_empty() { path.to_string() } else { format!("{list} \u{b7} {path}") };
    let title = name.clone();
    let bars = PriceBars {
        instrument: name,
        decimals: candles.decimals(),
        at_ns: candles.at_ns,
        open: candles.open,
        high: candles.high,
        low: candles.low,
        close: candles.close,
        drawn,
    };
    let text = scalp_report::candles::candles(&CandlePage { title, source, bars, last });
    Ok(Page { text, failed, remarks })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::super::{Beside, Cells};
    use super::*;
    use scalp_features::measure::Print;
    use scalp_report::candles::Form;
    use scalp_types::Side;
    use std::num::NonZero;

    /// A double top in steps of one, with shadows of a quarter.
    fn double_top() -> Table {
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
        Table::candles(at_ns, [open, high, low, closes], volume)
    }

    fn drawing(table: &Table, list: &str, keep_going: bool) -> Result<Picture, PageError> {
        let asked = Asked { threads: NonZero::<usize>::MIN, bars: None, keep_going };
        picture(Path::new("bars"), table, &Wanted { list, patterns: false, asked: &asked })
    }

    fn draw(list: &str) -> Drawn {
        drawing(&double_top(), list, false).unwrap().drawn
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
                "SUPERTREND(3).supertrend"
            ]
        );
        let panes: Vec<Vec<String>> = drawn.panes.iter().map(|it| names(&it.curves)).collect();
        assert_eq!(
            panes,
            [["SUPERTREND(3).trend"], ["MACD(3,5,2).macdhist"], ["SMA(3,real=volume)"], ["RSI(5)"]]
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
        let Holds::Bars { columns, .. } = &mut bars.holds else { panic!("candles") };
        for (row, close) in [(30, 103.0_f64), (45, 97.0)] {
            let bar = [100.0, close.max(100.0), close.min(100.0), close];
            columns.iter_mut().zip(bar).for_each(|(column, it)| column[row] = it);
        }
        let drawn = drawing(&bars, "CDLMARUBOZU", false).unwrap().drawn;
        let marks: Vec<_> = drawn.marks.iter().map(|it| (it.row, it.name.as_str(), it.direction)).collect();
        assert_eq!(marks, [(30, "Marubozu", 1), (45, "Marubozu", -1)]);
        assert!(drawn.overlays.is_empty() && drawn.panes.is_empty());
    }

    #[test]
    fn what_else_is_told_of_a_chart_pattern_is_a_curve() {
        let of = |output: &str| format!("DOUBLE_TOP(swing=percent,size=4).{output}");
        let list = format!(
            "{}, {}, {}, DOUBLE_TOP(swing=percent,size=4)",
            of("invalidation"),
            of("target"),
            of("bars")
        );
        let made = drawing(&double_top(), &list, false).unwrap();
        let names = |of: &[Curve]| of.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&made.drawn.overlays), [of("invalidation"), of("target")]);
        assert_eq!(names(&made.drawn.panes[0].curves), [of("bars")]);
        assert!(made.drawn.overlays[0].values.iter().any(Option::is_some) && !made.drawn.figures.is_empty());
    }

    #[test]
    fn nested_items_longer_candles_and_windows_are_drawn_like_any_other() {
        let list = "SMA(RSI(5),3), RSI(3)@5m, LAG(SMA(3),2), close@5m, ROLLSTD(close,4), HOUR";
        let made = drawing(&double_top(), list, false).unwrap();
        let names = |of: &[Curve]| of.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&made.drawn.overlays), ["LAG(SMA(3),2)", "close@5m"]);
        let panes: Vec<&str> = made.drawn.panes.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(panes, ["SMA(RSI(5),3)", "RSI(3)@5m", "ROLLSTD(close,4)", "HOUR"]);
        assert_eq!(made.drawn.panes[1].curves[0].form, Form::Step);
        // The numbers are those of the columns that are computed.
        let asked = Asked { threads: NonZero::<usize>::MIN, bars: None, keep_going: false };
        let computed = compute(Path::new("bars"), &double_top(), &["SMA(RSI(5),3)"], &asked).unwrap();
        let drawn = made.drawn.panes[0].curves[0].values.iter().map(|it| it.map(f64::to_bits));
        let want = computed.columns[0].1.iter().map(|it| Some(it.to_bits()).filter(|_| it.is_finite()));
        assert!(drawn.eq(want));
    }

    #[test]
    fn trades_are_folded_into_candles_and_a_row_without_a_price_is_a_gap() {
        let mut bars = double_top();
        let Holds::Bars { columns, .. } = &mut bars.holds else { panic!("candles") };
        columns[..4].iter_mut().for_each(|it| it[7] = f64::NAN);
        let made = drawing(&bars, "SMA(3)", false).unwrap();
        assert!(made.candles.close[7].is_nan() && made.candles.decimals() == 0);
        let asked = Asked { threads: NonZero::<usize>::MIN, bars: None, keep_going: false };
        let wanted = Wanted { list: "", patterns: true, asked: &asked };
        let made = picture(Path::new("bars"), &bars, &wanted).unwrap();
        // The other rows are looked at, that one is not.
        assert_eq!(made.drawn.volume.len(), made.candles.len());
        assert!(made.drawn.marks.iter().all(|it| it.row != 7));
        let trade = |at: i64| Print {
            at: at * 300_000_000,
            price: 100.0 + (at % 7) as f64,
            size: 1.0,
            aggressor: Some(if at % 3 == 0 { Side::Buy } else { Side::Sell }),
        };
        let prints: Vec<Print> = (0..4_000).map(trade).collect();
        let times: Vec<i64> = prints.iter().map(|it| it.at).collect();
        let written = Cells::Whole(times.clone());
        let holds = Holds::Trades(prints);
        let table = Table { times, written, time_name: "t".into(), holds, beside: Beside::default() };
        let made = drawing(&table, "ROLLMEAN(price,9), TRADE_FLOW(60)", false).unwrap();
        assert_eq!(made.candles.len(), 1_200);
        assert_eq!((made.drawn.overlays.len(), made.drawn.panes.len()), (1, 1));
        assert_eq!(made.drawn.overlays[0].values.len(), 1_200);
        assert!(made.drawn.note.contains("a candle shows those of 1s"), "{}", made.drawn.note);
        let refused = drawing(&table, "RSI(14)", false).unwrap_err().to_string();
        assert!(refused.contains("there are price, size, side, signed"), "{refused}");
    }

    #[test]
    fn what_cannot_be_drawn_is_refused_by_name() {
        let bars = double_top();
        let refused = |list: &str| drawing(&bars, list, false).unwrap_err().to_string();
        assert!(refused("BBAND(20)").contains("did you mean BBANDS?"));
        assert!(refused("MACD.signal").contains("MACD"));
        let many = |n: usize| (2..n + 2).map(|it| format!("SMA({it})")).collect::<Vec<_>>().join(",");
        let long = refused(&many(CURVES_MAX + 1));
        assert!(long.contains("SMA(64) has no value in any of the 63 rows"), "{long}");
        let panes = (2..PANES_MAX + 3).map(|it| format!("RSI({it})")).collect::<Vec<_>>().join(",");
        assert!(refused(&panes).contains("panes at most on one page, got 25"));
        let lags = (1..CURVES_MAX + 2).map(|it| format!("CLIP(close,0,{it})")).collect::<Vec<_>>().join(",");
        assert!(refused(&lags).contains("80 curves at most on one page, got 81"));
        let kept = drawing(&bars, "SMA(500), SMA(3), VPIN(5)", true).unwrap();
        assert_eq!(kept.drawn.overlays.len(), 1);
        assert_eq!(kept.failed.len(), 1);
        assert!(kept.drawn.note.contains("left out: SMA(500)"), "{}", kept.drawn.note);
    }
}
