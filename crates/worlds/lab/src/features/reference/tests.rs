use super::*;
use crate::features::{Asked, compute};
use std::collections::BTreeSet;

/// What opens and closes must match; the rest stands alone.
fn well_formed(name: &str, text: &str) {
    let mut open: Vec<&str> = Vec::new();
    for part in text.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap_or_else(|| panic!("{name}: a tag without an end"));
        let word = tag.split([' ', '/']).find(|it| !it.is_empty()).unwrap_or("");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(word), "{name}");
        } else if !tag.ends_with('/') && !["!doctype", "meta", "link"].contains(&word) {
            open.push(word);
        }
    }
    assert!(open.is_empty(), "{name}: {open:?}");
}

#[test]
fn every_entry_has_a_whole_page_and_no_link_is_broken() {
    let pages = pages().unwrap();
    let files: BTreeSet<&str> = pages.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(files.len(), pages.len(), "no file is written twice");
    let entries: usize = names().iter().map(|it| it.1.len()).sum();
    assert_eq!(pages.len(), 2 + entries);
    for (name, text) in pages.iter().filter(|it| it.0.ends_with(".html")) {
        well_formed(name, text);
        for bad in ["NaN", "inf ", "<script", "Infinity"] {
            assert!(!text.contains(bad), "{name}: {bad}");
        }
        for link in text.split("href=\"").skip(1).filter_map(|it| it.split_once('"')).map(|it| it.0) {
            if link.starts_with("https://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = if file.is_empty() { name } else { file };
            assert!(files.contains(file), "{name}: {link}");
            let to = &pages.iter().find(|it| it.0 == file).unwrap().1;
            assert!(anchor.is_empty() || to.contains(&format!("id=\"{anchor}\"")), "{name}: {link}");
        }
    }
    for spec in catalogue() {
        let text = &pages.iter().find(|it| it.0 == file(spec.name)).unwrap().1;
        assert!(text.contains(&escape(spec.formula())), "{}", spec.name);
        assert!(text.contains("<svg"), "{}", spec.name);
        for it in &spec.parameters {
            assert!(text.contains(&format!("<code>{}</code>", it.name)), "{}: {}", spec.name, it.name);
        }
    }
}

#[test]
fn every_entry_has_a_picture_with_something_in_it() {
    let pages = pages().unwrap();
    let without: Vec<&str> =
        pages.iter().filter(|it| it.1.contains("No picture")).map(|it| it.0.as_str()).collect();
    assert!(without.is_empty(), "{without:?}");
    for spec in catalogue().iter().filter(|it| it.family == Family::Candle) {
        let text = &pages.iter().find(|it| it.0 == file(spec.name)).unwrap().1;
        assert!(text.contains("class=\"mark-"), "{} is not marked in its picture", spec.name);
    }
    let silent = ["acos.html", "asin.html"];
    for (name, text) in pages.iter().filter(|it| it.1.contains("<svg")) {
        let empty = text.contains("d=\"\"") || text.contains("silent here");
        assert_eq!(empty, silent.contains(&name.as_str()), "{name}");
    }
}

#[test]
fn every_name_is_described_and_can_be_computed_as_its_example_is_written() {
    let scene = Scene::new();
    let asked = Asked { threads: std::num::NonZero::<usize>::MIN, bars: None, keep_going: false };
    let mut alone = Vec::new();
    for name in names().into_iter().flat_map(|it| it.1).map(|it| it.name) {
        let it = article(&name).unwrap();
        for (what, text) in [
            ("formula", &it.formula),
            ("source", &it.source),
            ("reads", &it.reads),
            ("warm-up", &it.warm_up),
            ("cost", &it.cost),
            ("example", &it.example),
        ] {
            assert!(!text.trim().is_empty(), "{name} has no {what}");
        }
        assert!(!it.outputs.is_empty() && it.outputs.iter().all(|it| !it.1.is_empty()), "{name}");
        assert!(it.parameters.iter().all(|it| !it.range.is_empty() && !it.hint.is_empty()), "{name}");
        let text = text(&name.to_lowercase()).unwrap();
        assert!(text.contains(&it.source) && text.contains(&format!("example  {}", it.example)), "{name}");
        let path = std::path::Path::new(&name);
        // The widest needs all cores and a minute; that it can be built is enough here.
        if name.starts_with("SCHEMA:wide@") {
            let sources = crate::features::sources(Path::new("scene"), scene.table(it.needs), None).unwrap();
            assert!(scalp_features::Schema::parse(&it.example, &sources).unwrap().len() > 1_000);
            continue;
        }
        let made = compute(path, scene.table(it.needs), &[&it.example], &asked);
        let columns = made.unwrap_or_else(|e| panic!("{name}: {e}")).columns;
        let silent = crate::features::plot::silent(&columns);
        assert!(silent.is_empty(), "{name}: {silent:?} say nothing");
        // The groups are made of the others.
        if !name.contains(':') {
            alone.push((it.needs, it.example, columns));
        }
    }
    // In one list, on several threads, each is what it is alone.
    let asked = Asked { threads: std::num::NonZero::new(4).unwrap(), ..asked };
    for needs in [Needs::Candles, Needs::Trades, Needs::Books] {
        let of: Vec<_> = alone.iter().filter(|it| it.0 == needs).collect();
        let items: Vec<&str> = of.iter().map(|it| it.1.as_str()).collect();
        let listed =
            compute(std::path::Path::new("list"), scene.table(needs), &items, &asked).unwrap().columns;
        for (title, column) in of.iter().flat_map(|it| &it.2) {
            let (_, other) = listed.iter().find(|it| it.0 == *title).unwrap();
            let is_same = column.iter().zip(other).all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(is_same && column.len() == other.len(), "{title}");
        }
    }
    let unknown = article("RSJ").unwrap_err().to_string();
    assert!(unknown.contains("unknown name \"RSJ\"; did you mean RSI?"), "{unknown}");
}

/// A reader of a page has papers and formulas, and not the code.
#[test]
fn no_source_is_a_path_in_the_code() {
    for name in names().into_iter().flat_map(|it| it.1).map(|it| it.name) {
        let it = article(&name).unwrap();
        for part in ["see `", "::", ".rs", "docs/", ".md"] {
            assert!(!it.source.contains(part), "{name}: {}", it.source);
        }
    }
    let formula = article("CONFLUENCE").unwrap().formula;
    for part in
        ["EMA(20) - EMA(50)", "RSI(14) - 50", "ATR(14) / ATR(100)", "CMF(20)", "CDLENGULFING", "score = "]
    {
        assert!(formula.contains(part), "{part}: {formula}");
    }
    for candle in scalp_features::confluence::CANDLES {
        assert!(formula.contains(candle), "{candle}");
    }
}

#[test]
fn every_alarm_is_raised_in_its_picture() {
    let scene = Scene::new();
    let asked = Asked { threads: std::num::NonZero::<usize>::MIN, bars: None, keep_going: false };
    for spec in flow::catalogue().iter().filter(|it| it.family == flow::Family::Alarm) {
        let item = format!("{}.level", article(spec.name).unwrap().example);
        let path = std::path::Path::new(spec.name);
        let made = compute(path, scene.table(Needs::Trades), &[&item], &asked).unwrap();
        let most = made.columns[0].1.iter().fold(0.0_f64, |a, &b| a.max(b));
        println!("{}: level {most}", spec.name);
        assert!(most >= 2.0, "{}: {most}", spec.name);
    }
}

/// Letters of 11 on a picture of 880 are 6.5 wide at most, the large ones of a narrow screen 14.
#[test]
fn the_name_of_a_box_and_its_range_do_not_overlap() {
    let mut boxes = 0;
    for (name, text) in pages().unwrap() {
        let labels: Vec<(f64, bool, &str)> = text
            .split("<text x=\"")
            .skip(1)
            .filter_map(|it| {
                let (head, rest) = it.split_once("\">")?;
                let y = head.split_once(" y=\"")?.1.split('"').next()?.parse().ok()?;
                Some((y, head.contains("spare"), rest.split_once("</text>")?.0))
            })
            .collect();
        for pair in labels.windows(2).filter(|it| it[0].0.to_bits() == it[1].0.to_bits()) {
            let letters = (pair[0].2.len() + pair[1].2.len()) as f64;
            assert!(letters * 6.5 < 880.0, "{name}: {pair:?}");
            assert!(pair[1].1 || letters * 14.0 < 880.0, "{name}: {pair:?}");
            boxes += 1;
        }
    }
    assert!(boxes > 150, "{boxes}");
}
