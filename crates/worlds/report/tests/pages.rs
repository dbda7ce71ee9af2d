//! Every page, from ordinary to hostile data: whole, escaped, repeatable, silent on the network, without odd numbers.

#[path = "../examples/made/mod.rs"]
#[allow(dead_code)]
mod made;

use scalp_report::candles::{
    CandlePage, Curve, Figure as Pattern, FigureLine, Form, Mark, Pane, Stroke, candles,
};
use scalp_report::data::*;
use scalp_report::terminal::{self, Style};
use scalp_report::{compare, page, sweep};

/// Largest page, for a year of minutes with more than ten thousand fills.
const PAGE_BYTES_MAX: usize = 3_000_000;

fn all() -> Vec<(&'static str, String)> {
    vec![
        ("usual", page(&made::usual())),
        ("negative", page(&made::negative())),
        ("large", page(&made::large())),
        ("short", page(&made::short())),
        ("one trade", page(&made::one_trade())),
        ("empty", page(&ReportData::default())),
        ("hostile", page(&hostile())),
        ("patterns", page(&made::patterns())),
        ("no fills", page(&made::no_fills())),
        ("candles", candles(&made::candles(700))),
        ("one candle", candles(&made::candles(1))),
        ("no candle", candles(&CandlePage::default())),
        ("hostile candles", candles(&hostile_candles())),
        ("compare", compare(&made::pair())),
        ("compare empty", compare(&CompareData::default())),
        ("sweep", sweep(&made::grid())),
        ("sweep empty", sweep(&SweepData::default())),
    ]
}

/// Every text is an attack and every number is odd.
fn hostile() -> ReportData {
    const TEXT: &str =
        "<script>alert(1)</script>\"'><img src=https://evil.example/x onerror=alert(2)>\u{202e}</style>";
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300, -0.0];
    let mut data = made::one_trade();
    let text = || TEXT.to_owned();
    let fact = || Fact::new(TEXT, TEXT);
    data.run = Run {
        name: text(),
        id: text(),
        strategy: text(),
        parameters: vec![fact()],
        data: vec![fact()],
        costs: vec![fact()],
        latency: vec![fact()],
        state_hash: text(),
        version: text(),
        currency: text(),
        command: Some(text()),
        config: text(),
        start_equity: f64::NAN,
        start_ns: i64::MIN,
        end_ns: i64::MAX,
        decimals: 255,
        ..data.run
    };
    data.features = vec![Features {
        instrument: text(),
        at: i64::MIN,
        schema: Some(text()),
        outcome_bars: Some(u64::MAX),
        outcome_half_life: Some(f64::NAN),
        rows: odd
            .map(|it| FeatureRow {
                name: text(),
                value: Some(it),
                age_seconds: Some(it),
                at_decisions: Weighed {
                    decisions: u64::MAX,
                    effective: it,
                    correlation: Some(it),
                    standard_error: Some(it),
                },
                ..FeatureRow::default()
            })
            .to_vec(),
    }];
    for (index, figure) in data.figures.iter_mut().chain(&mut data.risk).enumerate() {
        figure.name = text();
        figure.note = text();
        figure.value = if index % 2 == 0 { Value::Missing(text()) } else { odd[index % odd.len()].into() };
        figure.interval = Some(Interval { low: f64::NAN, high: 1.0, level: f64::INFINITY });
    }
    for (index, value) in data.equity.value.iter_mut().enumerate().skip(1).step_by(7) {
        *value = odd[index % odd.len()];
    }
    data.equity.at_ns[3] = i64::MIN;
    data.buy_and_hold.value[0] = 0.0;
    data.controls = Controls { at_ns: vec![0, 1, 2], runs: vec![odd.to_vec(), vec![]], how: text() };
    data.costs = Some(Costs { gross: f64::NAN, fees: 1e300, ..Costs::default() });
    if let Some(quality) = &mut data.fill_quality {
        quality.rejects.push((text(), u64::MAX));
        quality.faults.push((text(), u64::MAX));
        quality.fill_ratio = f64::NAN.into();
        quality.timings.push(Timing {
            name: text(),
            unit: Unit::Seconds,
            quantiles: Some(Quantiles { p50: f64::NAN, count: 1, ..Default::default() }),
        });
    }
    data.returns.horizon = text();
    data.returns.why = text();
    data.returns.returns.extend(odd);
    data.returns.tails.push(Tail {
        level: f64::NAN,
        value_at_risk: f64::INFINITY.into(),
        expected_shortfall: Value::Missing(text()),
    });
    data.bootstrap = Some(Bootstrap {
        how: text(),
        rows: vec![BootstrapRow {
            name: text(),
            unit: Unit::Money,
            percentiles: Some([f64::NAN; 5]),
            note: text(),
        }],
        probabilities: vec![fact()],
    });
    for trade in &mut data.trades {
        *trade = TradeRow {
            instrument: text(),
            reason: text(),
            qty: f64::NAN,
            profit: 1e300,
            mae: Some(f64::INFINITY),
            opened_ns: i64::MAX,
            closed_ns: i64::MIN,
            ..trade.clone()
        };
    }
    for order in &mut data.orders {
        *order = OrderRow {
            id: text(),
            instrument: text(),
            kind: text(),
            status: text(),
            reason: text(),
            price: Some(f64::NAN),
            sent_ns: i64::MIN,
            ..order.clone()
        };
    }
    for fill in &mut data.fills {
        *fill = FillRow { instrument: text(), price: f64::INFINITY, fee: f64::NAN, ..fill.clone() };
    }
    data.prices[0].instrument = text();
    data.prices[0].decimals = 255;
    data.prices[0].close[5] = f64::NAN;
    data.prices[0].high[6] = 1e300;
    let values = odd.into_iter().cycle().take(data.prices[0].close.len()).map(Some).collect();
    let curve = Curve { name: text(), form: Form::Line, values };
    let drawn = &mut data.prices[0].drawn;
    drawn.volume = vec![f64::NAN, f64::INFINITY, -1.0];
    drawn.overlays = vec![curve.clone()];
    drawn.panes = vec![Pane { name: text(), curves: vec![curve], levels: odd.to_vec() }];
    drawn.marks = vec![
        Mark { row: 5, name: text(), direction: i8::MIN },
        Mark { row: usize::MAX, name: "beyond".into(), direction: 0 },
    ];
    let line = FigureLine { stroke: Stroke::Target, points: vec![(usize::MAX, f64::NAN), (6, 1e300)] };
    drawn.figures = vec![Pattern { name: text(), direction: i8::MIN, known: usize::MAX, lines: vec![line] }];
    drawn.note = text();
    data.files = vec![fact()];
    data.limits = vec![text()];
    data
}

/// The same on a page of candles.
fn hostile_candles() -> CandlePage {
    let bars = hostile().prices.remove(0);
    let last = vec![Fact::new(bars.instrument.clone(), bars.instrument.clone())];
    CandlePage { title: bars.instrument.clone(), source: bars.instrument.clone(), bars, last }
}

/// The page without its styles, scripts and data.
fn visible(page: &str) -> String {
    let mut out = String::new();
    let mut rest = page;
    while let Some(start) = rest.find("<style>").into_iter().chain(rest.find("<script")).min() {
        out.push_str(&rest[..start]);
        let end = if rest[start..].starts_with("<style>") { "</style>" } else { "</script>" };
        rest = rest[start..].split_once(end).map_or("", |parts| parts.1);
    }
    out + rest
}

#[test]
fn the_same_data_gives_the_same_bytes() {
    assert_eq!(all(), all());
}

#[test]
fn no_page_loads_anything_or_names_an_address_of_its_own() {
    for (name, page) in all().iter().filter(|p| !p.0.starts_with("hostile")) {
        for word in [
            "http://",
            "https://",
            "//cdn",
            "src=",
            "@import",
            "url(",
            "<link",
            "<iframe",
            "<img",
            "fetch(",
            "XMLHttpRequest",
            "sendBeacon",
            "import(",
        ] {
            assert!(!page.contains(word), "{name} holds {word}");
        }
        assert!(page.contains("default-src 'none'"));
    }
}

#[test]
fn outside_text_never_becomes_markup() {
    let page = page(&hostile());
    assert!(!page.contains("<script>alert"));
    assert!(!page.contains("<img"));
    assert!(!page.contains('\u{202e}'));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert_eq!(page.matches("<script").count(), 3, "data, chart library and our own");
    assert_eq!(page.matches("</style>").count(), 1);
    assert!(!visible(&page).contains("<img"));
}

#[test]
fn no_page_prints_a_nan_or_an_infinity() {
    for (name, page) in all() {
        let text = visible(&page);
        let data = page.split_once("id=\"data\">").and_then(|p| p.1.split_once("</script>")).unwrap().0;
        for word in ["NaN", "inf,", "inf<", "inf\u{a0}", "-inf", "Infinity"] {
            assert!(!text.contains(word), "{name} prints {word}");
        }
        serde_json::from_str::<serde_json::Value>(data).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

#[test]
fn every_element_is_closed_in_order() {
    const VOID: [&str; 4] = ["meta", "input", "br", "!doctype"];
    for (name, page) in all() {
        let mut open: Vec<String> = vec![];
        for tag in visible(&page).split('<').skip(1) {
            let inside = tag.split_once('>').unwrap_or_else(|| panic!("{name}: unfinished tag {tag:.40}")).0;
            let word: String = inside
                .trim_start_matches('/')
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '!')
                .collect();
            if inside.starts_with('/') {
                assert_eq!(open.pop().as_deref(), Some(word.as_str()), "{name}: </{word}>");
            } else if !VOID.contains(&word.as_str()) && !inside.ends_with('/') {
                open.push(word);
            }
        }
        assert!(open.is_empty(), "{name}: {open:?} stay open");
    }
}

#[test]
fn the_page_of_a_run_has_every_part_in_order() {
    let page = page(&made::usual());
    let parts = [
        "figures",
        "equity",
        "price",
        "returns",
        "risk",
        "trades",
        "costs",
        "usage",
        "tables",
        "conditions",
        "limits",
    ];
    let places: Vec<usize> = parts
        .iter()
        .map(|id| page.find(&format!("<section id=\"{id}\">")).unwrap_or_else(|| panic!("no {id}")))
        .collect();
    assert!(places.is_sorted());
    for text in [
        "b41fd0c9a2e84f5bb7a7c9d2f6150e3c",
        "Trials declared",
        "What this does not show",
        "Generated market.",
        "random-entry controls",
        "Slippage against arrival price",
        "VaR 95 %",
        "ES 99 %",
        "not enough data for the annual return: days (needs 30, got 12)",
        "they are no promise and no advice",
    ] {
        assert!(page.contains(text), "no {text}");
    }
}

#[test]
fn conditions_that_weaken_a_run_are_said() {
    let mut data = made::one_trade();
    data.run.trials = 0;
    data.run.synthetic = false;
    let page = page(&data);
    for text in [
        "rest on 1 closed trade;",
        "Nobody declared how many variants",
        "less than 180 days",
        "No random-entry controls",
    ] {
        assert!(page.contains(text), "no {text}");
    }
    assert!(!page.contains("Generated market"));
}

#[test]
fn a_year_of_minutes_with_ten_thousand_fills_stays_small_and_says_what_was_thinned() {
    let data = made::large();
    assert!(data.fills.len() > 10_000 && data.equity.value.len() > 500_000);
    let page = page(&data);
    assert!(page.len() < PAGE_BYTES_MAX, "{} bytes", page.len());
    assert!(page.contains("each joining 27 recorded ones"));
    assert!(page.contains("Thinned for the screen"));
    assert!(page.contains("all are in the files beside this page"));
}

#[test]
fn the_data_survive_a_trip_through_json() {
    let data = made::usual();
    let text = serde_json::to_string(&data).unwrap();
    assert_eq!(page(&serde_json::from_str(&text).unwrap()), page(&data));
}

#[test]
fn terminal_texts_fit_their_width_and_hold_no_control_characters() {
    for width in [40, 80, 120] {
        let style = Style::new(width, false);
        for text in [
            terminal::summary(&made::usual(), style),
            terminal::summary(&hostile(), style),
            terminal::summary(&ReportData::default(), style),
            terminal::compare(&made::pair(), style),
            terminal::sweep(&made::grid(), style),
            terminal::runs(
                &[made::pair().a, made::pair().b],
                &["Total return", "Sharpe ratio", "unknown"],
                style,
            ),
            terminal::runs(&[], &[], style),
        ] {
            for line in text.lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
                assert!(!line.chars().any(char::is_control), "{line:?}");
                assert!(!line.contains("NaN"), "{line}");
            }
        }
    }
}

#[test]
fn colours_appear_only_when_asked_for() {
    assert!(terminal::summary(&made::usual(), Style::new(80, true)).contains("\u{1b}[34m"));
    assert!(!terminal::summary(&made::usual(), Style::new(80, false)).contains('\u{1b}'));
}

#[test]
fn features_stand_in_a_table_and_their_weights_only_where_outcomes_were_looked_at() {
    let mut data = made::one_trade();
    assert!(!page(&data).contains("id=\"features\""));
    let row = FeatureRow {
        name: "RSI(14)".into(),
        value: Some(48.25),
        age_seconds: Some(0.0),
        at_decisions: Weighed {
            decisions: 90,
            effective: 9.0,
            correlation: Some(-0.125),
            standard_error: Some(0.375),
        },
        at_entries: Weighed { decisions: 2, effective: 2.0, ..Weighed::default() },
    };
    let of = |outcome_bars| Features {
        instrument: "BTCUSDT".into(),
        at: 1_738_368_000_000_000_000,
        schema: Some("83b1f6c12f843622".into()),
        outcome_bars,
        outcome_half_life: outcome_bars.map(|_| 1_000.0),
        rows: vec![row.clone()],
    };
    data.features = vec![of(Some(10))];
    let html = page(&data);
    let cells = "<td class=\"l\">RSI(14)</td><td class=\"\">48.25</td>";
    assert!(html.contains(cells), "no row");
    assert!(html.contains("the last decision was at 2025-02-01 00:00:00 UTC."));
    assert!(html.contains("Their schema over the bars of the run is 83b1f6c12f843622."));
    assert!(html.contains("\u{2212}0.125 \u{b1} 0.375") && html.contains("the next 10 bars"));
    data.features = vec![of(None)];
    let html = page(&data);
    assert!(
        html.contains(cells)
            && !html.contains("0.375")
            && !html.contains("standard error from the effective")
    );
}

/// What stands above the price chart.
fn price_note(page: &str) -> &str {
    let section = page.split_once("<section id=\"price\">").map_or("", |it| it.1);
    section.split("<p class=\"note\">").nth(1).and_then(|it| it.split("</p>").next()).unwrap_or("")
}

#[test]
fn each_kind_of_mark_is_explained_where_it_is_drawn_and_nowhere_else() {
    let mut many = made::large();
    let said = |data: &ReportData| {
        let page = page(data);
        [
            "A triangle is a fill: \u{25b2}\u{a0}buy, \u{25bc}\u{a0}sell",
            "A diamond is a",
            "A figure of lines",
            "level line",
        ]
        .map(|it| price_note(&page).contains(it))
    };
    let mut patterns = made::patterns();
    assert_eq!(said(&patterns), [true; 4]);
    let note = price_note(&page(&patterns)).to_owned();
    let diamond = "A diamond is a candlestick pattern (Hammer): \u{25c6}\u{a0}rising, below its candle, \u{25c7}\u{a0}falling, above it.";
    assert!(note.contains(diamond) && !note.contains("small square"), "{note}");
    patterns.fills.clear();
    patterns.orders.clear();
    assert_eq!(said(&patterns), [false, true, true, false]);
    assert!(
        !page(&patterns).contains("data-show=\"fills\"") && page(&patterns).contains("data-show=\"marks\"")
    );
    assert_eq!(said(&made::usual()), [true, false, false, true]);
    assert_eq!(said(&made::no_fills()), [false; 4]);
    let note = price_note(&page(&many)).to_owned();
    assert!(
        note.contains("Of more than 1,500 in sight each is a small square, blue buy, orange sell."),
        "{note}"
    );
    many.fills.truncate(1_500);
    assert!(!price_note(&page(&many)).contains("small square"));
    assert!(include_str!("../assets/page.js").contains("FILLS_SHAPED = 1500;"));
    let page = candles(&made::candles(700));
    assert!(
        price_note(&page).contains("A diamond is a candlestick pattern (6 kinds): "),
        "{}",
        price_note(&page)
    );
    assert!(!price_note(&page).contains("triangle"));
}

/// Fills are drawn with three corners, patterns with four: the shapes that the page names, in the chart as in its legend.
#[test]
fn marks_of_patterns_have_another_shape_than_fills() {
    let corners = |script: &str, from: &str| {
        let drawing = script.split_once(from).unwrap().1.split_once("g.closePath()").unwrap().0;
        let drawing = drawing.rsplit_once("g.moveTo").unwrap().1;
        1 + drawing.matches("g.lineTo").count()
    };
    let (fills, patterns) = (include_str!("../assets/page.js"), include_str!("../assets/candles.js"));
    assert_eq!(corners(fills, "const marks = u =>"), 3);
    assert_eq!(corners(patterns, "function drawMarks("), 4);
    assert!(patterns.contains("\\u25c6") && patterns.contains("\\u25c7"));
    assert!(!patterns.contains("\\u25b2") && !patterns.contains("\\u25bc"));
}

#[test]
fn one_candle_is_a_chart_and_what_has_no_price_says_so() {
    let drawn = |page: &str| page.contains("data-price tabindex");
    let page = candles(&made::candles(1));
    assert!(drawn(&page) && page.contains("<span class=\"note\">1 bar.</span>"));
    assert!(page.contains("\u{b7} one candle, 2024-02-05 00:00:00</div>"));
    assert!(candles(&made::candles(2)).contains("<span class=\"note\">2 bars.</span>"));
    let none = candles(&CandlePage::default());
    assert!(!drawn(&none) && none.contains("No prices were recorded for a chart."));
    let mut data = made::candles(1);
    data.bars.open[0] = f64::NAN;
    let page = candles(&data);
    assert!(
        !drawn(&page) && page.contains("The one bar that was recorded lacks a price: there is no chart.")
    );
    data = made::candles(300);
    data.bars.close.fill(f64::INFINITY);
    assert!(candles(&data).contains("Each of the 300 recorded bars lacks a price: there is no chart."));
}

/// The first view is so many candles as have room, told by their number and the width, and not by a time alone.
#[test]
fn a_page_of_candles_begins_with_as_many_as_can_be_told_apart() {
    let script = include_str!("../assets/page.js");
    let pixels = |name: &str| -> f64 {
        script.split_once(&format!("{name} = ")).unwrap().1.split([',', ';']).next().unwrap().parse().unwrap()
    };
    assert!(pixels("CANDLE_FIRST") > pixels("CANDLE_LEAST"));
    for count in [1, 200, 700] {
        assert!(candles(&made::candles(count)).contains("\"seen\":220"));
    }
    assert!(page(&made::usual()).contains("\"seen\":null"));
}

/// Names as long as they like stay within their page: what holds them may break them anywhere, and nothing cuts them.
#[test]
fn long_names_are_broken_and_never_cut() {
    let page = candles(&made::candles(700));
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    for name in [
        "figure figcaption h3 {",
        ".u-legend .u-series .u-label {",
        "table.plain tbody th {",
        ".bars tbody th {",
        ".study tbody th {",
    ] {
        let rule = style.split_once(name).unwrap_or_else(|| panic!("no {name}")).1.split_once('}').unwrap().0;
        assert!(rule.contains("overflow-wrap: anywhere"), "{name}{rule}");
    }
    assert!(!style.contains("text-overflow"));
    assert!(page.contains(&format!("<h3>{}</h3>", made::long_name(200))));
}

/// No two curves of the fullest chart look alike: colours times dashes, in light and in dark.
#[test]
fn there_are_colours_and_dashes_for_all_curves_of_a_chart() {
    let (script, style) = (include_str!("../assets/candles.js"), include_str!("../assets/candles.css"));
    let after = |text: &'static str, from: &str| text.split_once(from).unwrap().1;
    let colours: usize = after(script, "COLOURS = ").split(',').next().unwrap().parse().unwrap();
    let dashes = after(script, "DASHES = [").split_once("]];").unwrap().0;
    let mut each: Vec<&str> = dashes.split("], [").map(|it| it.trim_matches(['[', ']'])).collect();
    let count = each.len();
    each.sort_unstable();
    each.dedup();
    assert_eq!(each.len(), count, "{each:?}");
    assert!(colours * count >= 80, "{colours} colours, {count} dashes");
    for theme in style.split(":root").skip(1) {
        let colour = |number: usize| {
            let (_, rest) = theme.split_once(&format!("--c{number}: ")).unwrap();
            rest.split(';').next().unwrap()
        };
        let mut all: Vec<&str> = (1..=colours).map(colour).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), colours, "{theme}");
    }
    assert_eq!(style.matches(":root").count(), 2);
}
