//! Pages of studies, from ordinary to hostile: whole, escaped, repeatable, silent on the network, without odd numbers.

use scalp_report::data::{Figure, Value};
use scalp_report::study::chart::{Axis, Bars, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Cell, Section, Study};

const TEXT: &str =
    "<script>alert(1)</script>\"'><img src=https://evil.example/x onerror=alert(2)>\u{202e}</style>";
const DAY_MS: f64 = 86_400_000.0;

/// Every kind of chart over these horizontal and vertical values, under this name.
fn all_shapes(name: &str, x: &[f64], y: &[f64], time: bool) -> Vec<Chart> {
    let names = vec![name.to_owned(); x.len()];
    let upper: Vec<f64> = y.iter().map(|it| it + 1.0).collect();
    let shapes = [
        Shape::Line,
        Shape::Dashed,
        Shape::Filled,
        Shape::Dots,
        Shape::Named(names),
        Shape::Band(upper.clone()),
        Shape::Whiskers(upper),
        Shape::Columns(0.5),
    ];
    let plane = |log: bool| {
        let unit = if time { Unit::Time } else { Unit::Plain };
        let mut plane = Plane::new(Axis::new(name, unit), Axis { log, ..Axis::new(name, Unit::Percent) });
        for shape in &shapes {
            plane.layer(name, Colour::Blue, shape.clone(), x.to_vec(), y.to_vec());
        }
        plane.upright(name, x.first().copied().unwrap_or(0.0));
        plane.level(name, y.first().copied().unwrap_or(0.0));
        plane
    };
    let bars = Bars {
        unit: Unit::Percent,
        columns: vec![(name.to_owned(), Colour::Gold)],
        rows: y.iter().map(|it| (name.to_owned(), vec![*it])).collect(),
    };
    vec![
        Chart::plane(name, name, plane(false)),
        Chart::plane(name, name, plane(!time)),
        Chart::bars(name, name, bars),
        Chart::missing(name, name),
    ]
}

fn study(name: &str, charts: Vec<Chart>) -> Study {
    let mut one = Section::new(name);
    one.say(name, 1.5);
    one.say(name, name);
    one.say(name, Cell::Undefined(name.into()));
    let mut long = Section::with_columns(name, [name]);
    (0..100_usize).for_each(|at| long.row(name, vec![at.into()]));
    Study {
        title: name.into(),
        sample: name.into(),
        headline: vec![Figure { name: name.into(), value: Value::Missing(name.into()), ..Figure::default() }],
        sections: vec![one, long],
        charts,
        notes: vec![name.into()],
    }
}

fn pages() -> Vec<(&'static str, String)> {
    let x: Vec<f64> = (0..50).map(f64::from).collect();
    let times: Vec<f64> = x.iter().map(|it| 1.7e12 + it * DAY_MS).collect();
    let y: Vec<f64> = x.iter().map(|it| (it / 5.0).sin() + 2.0).collect();
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300, -0.0, 0.0, 1e-300];
    let many: Vec<f64> = (0..100_000).map(f64::from).collect();
    let with = |charts| study("asset", charts).page("scalp");
    vec![
        ("usual", with(all_shapes("asset", &x, &y, false))),
        ("over time", with(all_shapes("asset", &times, &y, true))),
        ("hostile", study(TEXT, all_shapes(TEXT, &x, &y, false)).page(TEXT)),
        ("hostile over time", study(TEXT, all_shapes(TEXT, &times, &y, true)).page(TEXT)),
        ("odd", with(all_shapes("asset", &odd, &odd, false))),
        ("odd over time", with(all_shapes("asset", &times[..8], &odd, true))),
        ("one point", with(all_shapes("asset", &x[..1], &y[..1], false))),
        ("one time", with(all_shapes("asset", &times[..1], &y[..1], true))),
        ("flat", with(all_shapes("asset", &x, &[1.0; 50], false))),
        ("no point", with(all_shapes("asset", &[], &[], false))),
        ("no time", with(all_shapes("asset", &[], &[], true))),
        ("many", with(all_shapes("asset", &many, &many, false))),
        ("empty", Study::default().page("")),
    ]
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
fn the_same_study_gives_the_same_bytes() {
    assert_eq!(pages(), pages());
}

#[test]
fn no_page_loads_anything() {
    for (name, page) in pages().iter().filter(|it| !it.0.starts_with("hostile")) {
        for word in ["http://", "https://", "src=", "@import", "url(", "<link", "<iframe", "<img", "fetch("] {
            assert!(!page.contains(word), "{name} holds {word}");
        }
        assert!(page.contains("default-src 'none'"), "{name}");
    }
}

#[test]
fn outside_text_never_becomes_markup() {
    for (name, page) in pages().iter().filter(|it| it.0.starts_with("hostile")) {
        assert!(!page.contains("<script>alert") && !page.contains("<img"), "{name}");
        assert!(!page.contains('\u{202e}'), "{name}");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{name}");
        assert_eq!(page.matches("<script").count(), 3, "{name}: data, chart library and our own");
        assert_eq!(page.matches("</style>").count(), 1, "{name}");
    }
}

#[test]
fn no_page_prints_a_nan_or_an_infinity() {
    for (name, page) in pages() {
        let text = visible(&page);
        let data = page.split_once("id=\"data\">").and_then(|it| it.1.split_once("</script>")).unwrap().0;
        for word in ["NaN", "inf", "Infinity"] {
            assert!(!text.contains(word), "{name} prints {word}");
            assert!(!data.contains(word), "{name} has {word} in its data");
        }
        serde_json::from_str::<serde_json::Value>(data).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

#[test]
fn every_element_is_closed_in_order() {
    const VOID: [&str; 4] = ["meta", "input", "br", "!doctype"];
    for (name, page) in pages() {
        let mut open: Vec<String> = vec![];
        for tag in visible(&page).split('<').skip(1) {
            let inside = tag.split_once('>').unwrap_or_else(|| panic!("{name}: unfinished tag {tag:.40}")).0;
            let is_word = |c: &char| c.is_alphanumeric() || *c == '!';
            let word: String = inside.trim_start_matches('/').chars().take_while(is_word).collect();
            if inside.starts_with('/') {
                assert_eq!(open.pop().as_deref(), Some(word.as_str()), "{name}: </{word}>");
            } else if !VOID.contains(&word.as_str()) && !inside.ends_with('/') {
                open.push(word);
            }
        }
        assert!(open.is_empty(), "{name}: {open:?} stay open");
    }
}

/// Whoever reads two bars can tell them apart: their names stand there whole.
#[test]
fn bars_whose_names_begin_alike_show_them_whole() {
    let name = |it: u32| format!("CORR(LOGRETURN(close,1),LAG(LOGRETURN(close,1),{it}),{})", it + 200);
    let rows = (0..12).map(|it| (name(it), vec![f64::from(it)])).collect();
    let bars = Bars { unit: Unit::Plain, columns: vec![("share".into(), Colour::Blue)], rows };
    let page = study("names", vec![Chart::bars("What was used", "", bars)]).page("scalp");
    for it in 0..12 {
        assert_eq!(page.matches(&format!("<th scope=\"row\">{}</th>", name(it))).count(), 1);
    }
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let rules: Vec<&str> = style.split('}').filter(|it| it.contains(".bars tbody th {")).collect();
    assert_eq!(rules.len(), 1, "{rules:?}");
    let cuts = ["text-overflow", "overflow: hidden", "nowrap", "max-width"];
    assert!(!cuts.iter().any(|it| rules[0].contains(it)), "{rules:?}");
}

#[test]
fn a_hundred_thousand_points_stay_a_page_that_a_browser_opens() {
    let (_, page) = pages().into_iter().find(|it| it.0 == "many").unwrap();
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
}

#[test]
fn json_has_every_point_of_every_chart_and_one_key_for_each() {
    let x = [0.1, 0.2, 1.0 / 3.0];
    let y = [1e-17, 2.0 / 3.0, 1e17];
    let json = serde_json::to_value(study("title", all_shapes("title", &x, &y, false))).unwrap();
    let charts = json["charts"].as_object().unwrap();
    assert_eq!(charts.keys().collect::<Vec<_>>(), ["title", "title_2", "title_3", "title_4"]);
    let layers = charts["title"]["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 8);
    for layer in layers {
        assert_eq!(layer["x"], serde_json::json!(x));
        assert_eq!(layer["y"], serde_json::json!(y));
    }
    assert_eq!(charts["title_3"]["columns"][0]["values"], serde_json::json!(y));
    assert_eq!(charts["title_4"]["undefined"], "title");
    assert_eq!(json["title"], "title", "what a table calls its columns takes no key of ours");
    assert!(json["title_2"].is_object() && json["title_3"].is_object());
}
