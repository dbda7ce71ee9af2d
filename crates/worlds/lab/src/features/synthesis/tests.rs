//! What is made of series, against sums by hand and altered futures.

#![allow(clippy::unwrap_used, reason = "tests only")]

use super::*;
use std::fmt::Write as _;

/// Trades of 500 seconds, one a second; from second `from` on all is otherwise.
fn trades(from: i64) -> String {
    let mut text = "time,price,size,side\n".to_owned();
    for it in 0..500_i64 {
        let (price, side) = (100 + (it * 37) % 11, if it % 3 == 0 { "buy" } else { "sell" });
        let (price, side) = if it < from { (price, side) } else { (7, "buy") };
        writeln!(text, "{},{price},{},{side}", 1_700_000_000 + it, 1 + it % 4).unwrap();
    }
    text
}

fn bars(from: i64) -> String {
    let mut text = "time,open,high,low,close,volume\n".to_owned();
    for it in 0..9_i64 {
        let close = if (it + 1) * 60 <= from { 100 + (it * 5) % 7 } else { 3 };
        writeln!(text, "{},{close},{close},{close},{close},{it}", 1_699_999_980 + it * 60).unwrap();
    }
    text
}

fn made(from: i64, every: &str, window: Option<i64>) -> Computed {
    let folder = tempfile::tempdir().unwrap();
    let (t, b) = (folder.path().join("t.csv"), folder.path().join("b.csv"));
    std::fs::write(&t, trades(from)).unwrap();
    std::fs::write(&b, bars(from)).unwrap();
    let named = |name: &str, path: &Path| Named::parse(&format!("{name}={}", path.display())).unwrap();
    let trades_at_once = Named::parse(&format!("trades={},delay=0s", t.display())).unwrap();
    let length = scalp_features::expr::span(every).unwrap();
    let making = Making {
        cutoffs: Cutoffs::Every(length),
        depth: 2,
        window,
        features_max: 10_000,
        columns: Vec::new(),
    };
    synthesise(&[trades_at_once, named("market", &b)], &making).unwrap().computed
}

#[test]
fn what_comes_later_changes_no_feature_at_or_before_a_cutoff() {
    for window in [None, Some(120_000_000_000)] {
        let (plain, altered) = (made(500, "1m", window), made(260, "1m", window));
        assert_eq!(plain.times, altered.times);
        assert!(plain.columns.len() > 100, "{}", plain.columns.len());
        // Second 259 is the last that is as it was; the bar that ends at second 220 is the last whole one of those.
        let same = plain.times.iter().filter(|it| **it <= 1_700_000_219_000_000_000).count();
        assert!(same >= 3, "{same}");
        let (mut compared, mut moved) = (0, 0);
        for (plain, altered) in plain.columns.iter().zip(&altered.columns) {
            assert_eq!(plain.0, altered.0);
            for row in 0..plain.1.len() {
                let is_same = plain.1[row].to_bits() == altered.1[row].to_bits();
                assert!(is_same || row >= same, "{} at {row}", plain.0);
                compared += usize::from(row < same);
                moved += usize::from(!is_same);
            }
        }
        println!("{compared} values as they were, {moved} moved");
        assert!(moved > 100, "the future does matter to what is after it");
    }
}

#[test]
fn a_candle_that_is_told_twice_is_refused_and_one_alone_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.csv");
    let said = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let named = [Named::parse(&format!("market={}", path.display())).unwrap()];
        let cutoffs = Cutoffs::Every(60_000_000_000);
        let columns = vec!["market.close".to_owned()];
        let making = Making { cutoffs, depth: 1, window: None, features_max: 10_000, columns };
        synthesise(&named, &making).map(drop).map_err(|it| it.to_string())
    };
    let bars = bars(500);
    assert_eq!(said(&bars), Ok(()));
    let lines: Vec<&str> = bars.lines().collect();
    for (at, line) in [(1, 3), (4, 6)] {
        let mut twice = lines.clone();
        twice.insert(at, lines[at]);
        let told = said(&twice.join("\n")).unwrap_err();
        assert!(told.contains(&format!("b.csv:{line}: time: expected a later time")), "{told}");
    }
    let told = said(&lines[..2].join("\n")).unwrap_err();
    assert!(told.contains("of one candle it is not told when it ends"), "{told}");
}

#[test]
fn no_cutoff_lies_beyond_what_was_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.csv");
    std::fs::write(&path, bars(500)).unwrap();
    let made = |every: &str| {
        let named = [Named::parse(&format!("market={}", path.display())).unwrap()];
        let cutoffs = Cutoffs::Every(scalp_features::expr::span(every).unwrap());
        let columns = vec!["market.close".to_owned()];
        let making = Making { cutoffs, depth: 1, window: None, features_max: 10_000, columns };
        synthesise(&named, &making).map(|it| it.computed.times).map_err(|it| it.to_string())
    };
    // Nine minutes, the first known at 1,700,000,040 and the last at 1,700,000,520 seconds.
    let seconds = |every: &str| -> Vec<i64> {
        made(every).unwrap().iter().map(|it| it / 1_000_000_000 - 1_700_000_000).collect()
    };
    assert_eq!(seconds("1m"), (1..=9).map(|it| it * 60 - 20).collect::<Vec<_>>());
    assert_eq!(seconds("5m"), [100, 400]);
    let told = made("1000w").unwrap_err();
    assert!(
        told.contains("--every: expected a whole multiple of the length between 2023-11-14T22:14:00"),
        "{told}"
    );
}

/// Ten minutes of candles and, from second 100 of them to second 300, trades: nothing is counted as zero that is not known.
#[test]
fn what_lies_beyond_a_file_is_absent_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let (b, t, c) = (folder.path().join("b.csv"), folder.path().join("t.csv"), folder.path().join("c.csv"));
    let candles = (0..10).map(|it| format!("{},1,1,1,{it},{}\n", 1_699_999_980 + it * 60, it + 1));
    std::fs::write(&b, format!("time,open,high,low,close,volume\n{}", candles.collect::<String>())).unwrap();
    let trades = (100..=300).map(|it| format!("{},{},1\n", 1_699_999_980 + it, 100 + it % 7));
    std::fs::write(&t, format!("time,price,size\n{}", trades.collect::<String>())).unwrap();
    let named = [format!("b={}", b.display()), format!("t={},delay=0s", t.display())]
        .map(|it| Named::parse(&it).unwrap());
    let made = |cutoffs: Cutoffs, window: Option<i64>| {
        let columns = vec!["b.volume".to_owned(), "t.price".to_owned()];
        let made =
            synthesise(&named, &Making { cutoffs, depth: 1, window, features_max: 100, columns }).unwrap();
        let rows = |name: &str| -> Vec<Option<f64>> {
            let column = made.computed.columns.iter().find(|it| it.0 == name).unwrap();
            column.1.iter().map(|it| it.is_finite().then_some(*it)).collect()
        };
        let counts = [rows("COUNT(b.volume)"), rows("COUNT(t.price)")];
        assert_eq!(
            counts[1],
            rows("SUM(t.price)").iter().zip(&counts[1]).map(|(sum, it)| sum.and(*it)).collect::<Vec<_>>()
        );
        (counts, made.computed.remarks.read)
    };
    const MINUTE: i64 = 60_000_000_000;
    let some = |all: &[i32]| all.iter().map(|it| (*it >= 0).then_some(f64::from(*it))).collect::<Vec<_>>();
    // The second minute begins before the first trade, the sixth ends after the last.
    let (counts, told) = made(Cutoffs::Every(MINUTE), Some(MINUTE));
    assert_eq!(counts[0], some(&[1; 10]));
    assert_eq!(counts[1], some(&[-1, -1, 60, 60, 60, -1, -1, -1, -1, -1]));
    assert_eq!(told.len(), 1, "{told:?}");
    let ends = "before 2023-11-14T22:14:40.000000000Z and after 2023-11-14T22:18:00.000000000Z is not known";
    assert!(told[0].contains("t.csv: what was") && told[0].contains(ends), "{told:?}");
    assert!(
        told[0].contains("absent at 7 of 10 cutoffs, which lie there or whose window begins"),
        "{told:?}"
    );
    // Without a window all of the past since the first trade is counted.
    let (counts, _) = made(Cutoffs::Every(MINUTE), None);
    assert_eq!(counts[0], some(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    assert_eq!(counts[1], some(&[-1, 21, 81, 141, 201, -1, -1, -1, -1, -1]));
    // Until the eleventh candle ends none can be known; a year later more may have been.
    let at = [-86_400, 0, 60, 600, 659, 660, 31_536_000].map(|it| format!("{}\n", 1_699_999_980 + it));
    std::fs::write(&c, format!("time\n{}", at.concat())).unwrap();
    let (counts, told) = made(Cutoffs::Of(c), Some(MINUTE));
    assert_eq!(counts[0], some(&[-1, -1, 1, 1, 1, -1, -1]));
    assert_eq!(counts[1], some(&[-1; 7]));
    assert!(told.len() == 2 && told[0].contains("b.csv: ") && told[0].contains("4 of 7"), "{told:?}");
}

#[test]
fn a_price_that_is_no_number_is_no_label() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.csv");
    for bad in ["abc", "inf"] {
        std::fs::write(&path, bars(500).replacen(",101,", &format!(",{bad},"), 1)).unwrap();
        let named = [Named::parse(&format!("market={}", path.display())).unwrap()];
        let cutoffs = Cutoffs::Every(60_000_000_000);
        let making = Making { cutoffs, depth: 1, window: None, features_max: 10_000, columns: Vec::new() };
        let said = synthesise(&named, &making).unwrap_err().to_string();
        assert!(said.contains("b.csv:") && said.contains("expected a finite number"), "{said}");
    }
}

#[test]
fn a_cutoff_sees_what_was_known_and_labels_split_it() {
    let made = made(500, "1m", None);
    assert_eq!(made.time_name, "cutoff");
    let column = |name: &str| {
        let it = made.columns.iter().find(|it| it.0 == name);
        &it.unwrap_or_else(|| {
            panic!("{name}: {:?}", made.columns.iter().map(|it| &it.0).take(40).collect::<Vec<_>>())
        })
        .1
    };
    // 1 700 000 000 is 20 seconds into a minute: the first cutoff after it sees 41 trades, that at its own time with them.
    assert_eq!(made.written.text(0), "2023-11-14T22:14:00.000000000Z");
    assert!((column("COUNT(trades.price)")[0] - 41.0).abs() < 1e-12);
    let buys: f64 = (0..=40).filter(|it| it % 3 == 0).map(|it| f64::from(1 + it % 4)).sum();
    assert!((column("SUM(trades.size WHERE side = buy)")[0] - buys).abs() < 1e-9);
    // The bar that began at 22:13 is known at 22:14.
    assert!((column("COUNT(market.close)")[0] - 1.0).abs() < 1e-12);
}

/// Candles as an exchange gives them: with the end of each, and a column of zeros.
#[test]
fn clocks_counters_and_what_never_changes_are_passed_over_unless_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("k.csv");
    let mut text = "open_time,open,high,low,close,volume,close_time,trade_id,ignore,venue\n".to_owned();
    for it in 0..60_i64 {
        let (at, close) = (1_699_999_980_000 + it * 60_000, 100 + (it * 5) % 7);
        writeln!(text, "{at},{close},{close},{close},{close},{it},{},{it},0,x", at + 59_999).unwrap();
    }
    std::fs::write(&path, text).unwrap();
    let named = [Named::parse(&format!("market={}", path.display())).unwrap()];
    let made = |columns: &[&str], depth: usize| {
        let columns = columns.iter().map(|it| (*it).to_owned()).collect();
        let cutoffs = Cutoffs::Every(600_000_000_000);
        synthesise(&named, &Making { cutoffs, depth, window: None, features_max: 10_000, columns })
    };
    let all = made(&[], 1).unwrap();
    let told = [
        "close_time (a time)",
        "trade_id (an identifier)",
        "ignore (it never changes)",
        "venue (it never changes)",
    ];
    assert_eq!(all.passed_over, told.map(|it| format!("market.{it}")));
    let reads = |it: &str| all.computed.columns.iter().any(|column| column.0.contains(it));
    assert!(reads("market.volume") && !["time", "id", "ignore", "venue"].iter().any(|it| reads(it)));
    let some = made(&["market.close", "market.ignore"], 1).unwrap();
    assert!(some.passed_over.is_empty());
    assert!(
        some.computed
            .columns
            .iter()
            .all(|it| it.0.contains("market.close") || it.0.contains("market.ignore"))
    );
    assert!(some.computed.columns.iter().any(|it| it.0 == "SUM(market.ignore)"));
    let said = made(&["market.clse"], 1).unwrap_err().to_string();
    assert!(said.contains("--columns: there is no market.clse; there are market.open, "), "{said}");
    let (cutoffs, window, columns) = (Cutoffs::Every(600_000_000_000), None, Vec::new());
    let few = Making { cutoffs, depth: 1, window, features_max: 9, columns };
    let said = synthesise(&named, &few).map(|it| it.computed.columns.len()).unwrap_err().to_string();
    assert!(said.contains("--columns, lower --depth, or raise --features-max"), "{said}");
}

/// Known at their ends, by their times or by a column that says so.
#[test]
fn candles_with_a_column_of_when_they_were_known_tell_of_the_time_from_their_start_on() {
    let folder = tempfile::tempdir().unwrap();
    let minute = 60_000_000_000_i64;
    let made = |name: &str, head: &str| {
        let mut text = format!("time,open,high,low,close,volume{head}\n");
        for it in 0..499_i64 {
            let (at, close) = (1_738_368_000_000_000_000 + it * minute, 100.0 + (it % 7) as f64);
            write!(text, "{at},{close},{close},{close},{close},{}", it % 5).unwrap();
            if !head.is_empty() {
                write!(text, ",{}", at + minute).unwrap();
            }
            text.push('\n');
        }
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let named = Named::parse(&format!("m={}", path.display())).unwrap();
        let making = Making {
            cutoffs: Cutoffs::Every(60 * minute),
            depth: 1,
            window: Some(60 * minute),
            features_max: 1_000,
            columns: vec!["m.close".into(), "m.volume".into()],
        };
        synthesise(&[named], &making).unwrap()
    };
    let (plain, known) = (made("plain.csv", ""), made("known.csv", ",known_at"));
    assert_eq!(plain.computed.times, known.computed.times);
    assert_eq!(format!("{:?}", plain.computed.columns), format!("{:?}", known.computed.columns));
    assert!(known.computed.columns.iter().any(|it| it.0 == "SUM(m.volume)" && it.1[0].is_finite()));
}

#[test]
fn what_cannot_be_made_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, trades(500)).unwrap();
    let one = |text: &str| Named::parse(&format!("trades={}{text}", path.display()));
    assert!(one(",age=1h").unwrap_err().contains("age has no meaning here"));
    assert!(one(",publish=x").unwrap_err().contains("did you mean published?"));
    let refused = |entities: &[Named], depth: usize, every: i64, most: usize| {
        let making = Making {
            cutoffs: Cutoffs::Every(every),
            depth,
            window: None,
            features_max: most,
            columns: Vec::new(),
        };
        synthesise(entities, &making).unwrap_err().to_string()
    };
    let trades = one(",delay=0s").unwrap();
    let minute = 60_000_000_000;
    assert!(refused(std::slice::from_ref(&trades), 0, minute, 1_000).contains("depth is 0"));
    assert!(refused(std::slice::from_ref(&trades), 2, minute, 5).contains("5 are allowed"));
    assert!(refused(&[trades.clone(), trades.clone()], 2, minute, 1_000).contains("given twice"));
    assert!(refused(&[trades], 1, 1, 1_000).contains("--every: would make"));
    let gone = Named::parse("a=nowhere.csv").unwrap();
    assert!(refused(&[gone], 1, minute, 1_000).contains("nowhere.csv"));
}
