//! Bars of every kind, and contracts of every worth: what rules read of them in a run is what `scalp features compute --bars` writes.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use scalp_lab::features::{Asked, Terms, compute, parse_bars, read};
use std::fmt::Write;
use std::num::NonZero;
use support::rules::{alike, read_in_a_run};
use support::shipped;

/// The kinds of `[bars]` but time, as `--bars` and as a configuration have them.
fn kinds() -> Vec<(String, String)> {
    let plain = ["trades=40", "volume=0.5", "value=30000"];
    let plain = plain.map(|it| (it.to_owned(), format!("[bars]\n{}\n", it.replace('=', " = "))));
    let keys = ["trades_first=40", "trades_min=5", "trades_max=400", "trades_span=10", "flow_span=200"];
    let flow = [("imbalance", "tick"), ("imbalance", "value"), ("run", "volume")];
    let flow = flow.map(|(kind, unit)| {
        let table = format!("[bars.{kind}]\nunit = \"{unit}\"\n{}\n", keys.join("\n").replace('=', " = "));
        (format!("{kind}={unit},{}", keys.join(",")), table)
    });
    plain.into_iter().chain(flow).collect()
}

/// What fades, ages, is published, and what is built of trades and of bars.
const OF_ANY_BAR: [&str; 13] = [
    "close",
    "volume",
    "RSI(5)",
    "LAG(ROLLMEAN(close,4),2)",
    "ONBAR(price)",
    "AGE(mid)",
    "AGE(price)",
    "HAWKES(1,0.5,1).intensity",
    "RATE(2).messages",
    "VPIN(10).vpin",
    "BOOK_IMBALANCE(5).total",
    "CORR(close,price,5)",
    "time",
];

#[test]
fn bars_of_every_kind_are_those_of_a_run() {
    let text = shipped("workloads/w2b.toml");
    let (head, tail) = text.split_once("[strategy]").unwrap();
    let tail = format!("[report]{}", tail.split_once("[report]").unwrap().1);
    let items = OF_ANY_BAR;
    let mut hashes = Vec::new();
    for (bars, table) in kinds() {
        let (ready, seen) = read_in_a_run(&format!("{head}{table}"), &items, &tail);
        let spoken = alike(&ready, &seen, &items, &bars);
        assert!(spoken.iter().all(|it| *it > 50), "{bars}: {spoken:?}");
        let at = |name: &str| items.iter().position(|it| *it == name).unwrap();
        assert!(
            seen.rows.iter().all(|it| it[at("ONBAR(price)")] == it[at("close")]),
            "the trade that closes {bars} is known at it"
        );
        let aged = at("AGE(mid)");
        assert!(seen.rows.iter().any(|it| it[aged].is_some_and(|it| it > 0.0)), "a book ages in {bars}");
        // One thread and four, and the hash of each kind.
        let path = ready.loaded.tracks[0].file.path();
        let recorded = read(path).unwrap();
        let of = |threads: usize| {
            let asked = Asked {
                threads: NonZero::new(threads).unwrap(),
                bars: parse_bars(&bars).ok(),
                keep_going: false,
            };
            compute(path, &recorded, &items, &asked).unwrap()
        };
        let (one, four) = (of(1), of(4));
        let bits = |it: &scalp_lab::features::Computed| {
            it.columns.iter().flat_map(|it| &it.1).map(|it| it.to_bits()).collect::<Vec<_>>()
        };
        assert!(bits(&one) == bits(&four) && one.times == four.times, "{bars}");
        let known = one.known.expect("such bars have no length: it is said when they were known");
        assert!(known.iter().zip(&one.times).all(|(known, at)| known >= at) && known.is_sorted(), "{bars}");
        assert!(!hashes.contains(&one.schema), "{bars} is told by the hash");
        hashes.push(one.schema);
        let asked =
            Asked { threads: NonZero::new(1).unwrap(), bars: parse_bars(&bars).ok(), keep_going: false };
        let told = compute(path, &recorded, &["close@1h"], &asked).unwrap_err().to_string();
        assert!(told.contains("bars of 1h cannot be made of bars that have no length of time"), "{told}");
    }
}

/// Correlation of pairs of which the weight of one halves in 1,000 that follow, as a run has it unless told otherwise.
fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let weight = |at: usize| (-((pairs.len() - 1 - at) as f64) / 1_000.0).exp2();
    let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        pairs.iter().enumerate().map(|(at, it)| weight(at) * of(it.0, it.1)).sum()
    };
    let all = sum(&|_, _| 1.0);
    let (x, y) = (sum(&|x, _| x) / all, sum(&|_, y| y) / all);
    let xy = sum(&|a, b| (a - x) * (b - y));
    xy / (sum(&|a, _| (a - x) * (a - x)) * sum(&|_, b| (b - y) * (b - y))).sqrt()
}

/// Runs over `bars` with ten bars to an outcome: what the run tells of its features is what a choice of the same file counts, from the
/// price that held when each row was known. How many rows were known only after a later one.
fn weighed_from_the_price_that_held(head: &str, bars: &str, tail: &str) -> usize {
    let (items, h) = (["ROLLZ(close,20)", "RSI(5)", "close"], 10);
    let (kind, size) = bars.split_once('=').unwrap();
    let quote = if kind == "time" { "\"" } else { "" };
    let (ready, seen) =
        read_in_a_run(&format!("{head}[bars]\n{kind} = {quote}{size}{quote}\n"), &items, tail);
    let path = ready.loaded.tracks[0].file.path();
    let asked = Asked { threads: NonZero::new(3).unwrap(), bars: parse_bars(bars).ok(), keep_going: false };
    let made = compute(path, &read(path).unwrap(), &items, &asked).unwrap();
    let (rows, known) = (made.times.len(), made.known.unwrap());
    let is_part = |row: usize, known_by: i64| {
        made.times[row] < known_by || known[row] <= known_by || kind != "time" && made.times[row] == known_by
    };
    let by = |row: usize| known[..=row].iter().max().copied().unwrap();
    let entry = |row: usize| row + (row + 1..rows).take_while(|it| is_part(*it, by(row))).count();
    let entries: Vec<usize> = (0..rows).map(entry).collect();
    let close = &made.columns[2].1;
    let pairs = |column: &[f64], from: &dyn Fn(usize) -> usize| -> Vec<(f64, f64)> {
        let one = |row: usize| Some((column[row], (close.get(from(row) + h)? / close[from(row)]).ln()));
        (0..rows).filter(|it| column[*it].is_finite()).filter_map(one).collect()
    };
    let facts = seen.facts.unwrap();
    assert_eq!(facts.outcome_bars, Some(h));
    for (it, (title, column)) in facts.features.iter().zip(&made.columns) {
        let of_held = pairs(column, &|row| entries[row]);
        let (told, own) = (it.at_decisions, correlation(&pairs(column, &|row| row)));
        let (r, want) = (told.correlation.unwrap(), correlation(&of_held));
        println!("{bars} {title}: {r}, from the price that held {want}, from its own {own}");
        assert_eq!((it.name.as_str(), told.decisions), (title.as_str(), of_held.len() as u64));
        assert!((r - want).abs() < 1e-9, "{bars} {title}: {r}, expected {want}");
        assert!((r - own).abs() > 1e-6, "{bars} {title}: {r} says nothing of where it begins");
    }
    entries.iter().enumerate().filter(|it| *it.1 > it.0).count()
}

#[test]
fn a_run_weighs_features_by_the_returns_that_a_choice_counts() {
    let text = shipped("workloads/w2b.toml");
    let (head, tail) = text.split_once("[strategy]").unwrap();
    let tail = format!("[report]{}", tail.split_once("[report]").unwrap().1);
    // Times of arrival as they stand in the file.
    let head: String =
        head.lines().filter(|it| !it.starts_with("receive_shift")).map(|it| format!("{it}\n")).collect();
    let held = ["trades=2", "volume=0.05"].map(|it| weighed_from_the_price_that_held(&head, it, &tail));
    assert!(held.iter().sum::<usize>() > 100, "{held:?}");
}

/// Some trades arrive up to three seconds late, so that bars of a second are heard of after others have begun.
#[test]
fn bars_of_time_that_were_heard_late_are_weighed_from_the_price_that_held() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("late.csv");
    let mut rows = String::from("time,heard,price,qty,side\n");
    let mut heard = 0;
    for n in 0..6_000_i64 {
        let time = 1_700_000_100_000 + n * 137;
        heard = heard.max(time + if n * n % 41 < 6 { n * 7 % 3_000 } else { 20 });
        let price = 1_000 + n * 13 / 40 % 61 + n * n % 11;
        writeln!(rows, "{time},{heard},{price},1,{}", ["buy", "sell"][(n % 2) as usize]).unwrap();
    }
    std::fs::write(&path, rows).unwrap();
    let head = format!(
        "[[data]]\npath = {path:?}\nformat = \"mapping\"\ninstrument = \"A\"\n[data.mapping]\nkind = \"trades\"\n\
         time = {{ column = \"time\", unit = \"ms\" }}\narrival = {{ column = \"heard\", unit = \"ms\" }}\n[data.mapping.columns]\n\
         price = \"price\"\nqty = \"qty\"\n[data.mapping.side]\ncolumn = \"side\"\nbuy = [\"buy\"]\nsell = [\"sell\"]\n[[instrument]]\nvenue = \"v\"\nsymbol = \"A\"\nbase = \"A\"\n\
         quote = \"Q\"\ntick = \"1\"\nlot = \"1\"\n"
    );
    let held = ["time=1s", "trades=5"].map(|it| weighed_from_the_price_that_held(&head, it, ""));
    assert!(held.iter().all(|it| *it > 100), "{held:?}");
}

#[test]
fn larger_bars_of_recorded_candles_are_those_of_a_run() {
    let items = ["RSI(7)", "close", "volume", "LAG(ROLLZ(close,30),2)", "AGE(close)", "CDLENGULFING"];
    let text = shipped("examples/cross-minute.toml");
    let (head, tail) = text.split_once("[strategy]").unwrap();
    let (head, tail) = (
        head.split_once("[bars]").map_or(head, |it| it.0),
        format!("[risk]{}", tail.split_once("[risk]").unwrap().1),
    );
    for bars in ["trades=3000", "volume=20000", "value=1000000"] {
        let (ready, seen) =
            read_in_a_run(&format!("{head}[bars]\n{}\n", bars.replace('=', " = ")), &items, &tail);
        let spoken = alike(&ready, &seen, &items, bars);
        assert!(spoken.iter().all(|it| *it > 100), "{bars}: {spoken:?}");
    }
    let ready = read_in_a_run(head, &["close"], &tail).0;
    let path = ready.loaded.tracks[0].file.path();
    let run = parse_bars(&kinds()[4].0).ok();
    let asked = Asked { threads: NonZero::new(1).unwrap(), bars: run, keep_going: false };
    let told = compute(path, &read(path).unwrap(), &["close"], &asked).unwrap_err().to_string();
    assert!(told.contains("need the side of each"), "{told}");
}

/// The size of a contract of an inverse instrument is worth so much of its quote currency, in a run
/// and over its event file, over the recorded table when that is said, and by hand.
#[test]
fn an_inverse_contract_is_measured_alike_in_a_run_in_its_file_and_by_hand() {
    let items = [
        "close",
        "AMIHUD(5,60)",
        "HASBROUCK(5,60).lambda",
        "KYLE(5,60).lambda",
        "RATE(60).volume",
        "VPIN(10).vpin",
    ];
    let text = shipped("examples/crash-inverse.toml");
    let (head, _) = text.split_once("[bars]").unwrap();
    let (ready, seen) =
        read_in_a_run(&format!("{head}[bars]\nvalue = 20000\n"), &items, "[report]\nkeep = false\n");
    let spoken = alike(&ready, &seen, &items, "value=20000");
    assert!(spoken.iter().all(|it| *it > 100), "{spoken:?}");
    let instrument = ready.loaded.tracks[0].file.instruments().iter().next().unwrap().clone();
    let multiplier = instrument.spec.multiplier;
    let path = ready.loaded.tracks[0].file.path();
    let asked = Asked { threads: NonZero::new(2).unwrap(), bars: None, keep_going: false };
    // By the value of each trade, which is its contracts times the multiplier.
    let rows = compute(path, &read(path).unwrap(), &["AMIHUD(1,60)", "price", "size"], &asked).unwrap();
    let worth: f64 = multiplier.to_string().parse().unwrap();
    let (mut minutes, mut worst): (Vec<(i64, f64, f64)>, f64) = (Vec::new(), 0.0);
    for row in 0..rows.times.len() {
        let column = |at: usize| rows.columns[at].1[row];
        let minute = rows.times[row].div_euclid(60_000_000_000);
        match minutes.last_mut().filter(|it| it.0 >= minute) {
            Some(it) => (it.1, it.2) = (column(1), it.2 + worth * column(2)),
            None => minutes.push((minute, column(1), worth * column(2))),
        }
        if let [.., a, b, _] = minutes[..] {
            worst = worst.max((column(0) / ((b.1 / a.1).ln().abs() / b.2) - 1.0).abs());
        }
    }
    println!("AMIHUD against its formula: {worst:e}");
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/trades-20251010/");
    let csv =
        std::path::PathBuf::from(format!("{shared}binance-delivery_trades_2025-10-10_AAVEUSD_PERP.csv.zst"));
    let mut table = read(&csv).unwrap();
    table.count_contracts(&csv, Terms::parse(&format!("inverse,{multiplier}")).unwrap()).unwrap();
    let of_table = compute(&csv, &table, &["AMIHUD(1,60)", "price", "size"], &asked).unwrap();
    assert_eq!(of_table.schema, rows.schema);
    for (a, b) in of_table.columns.iter().zip(&rows.columns) {
        assert!(a.1.iter().map(|it| it.to_bits()).eq(b.1.iter().map(|it| it.to_bits())), "{}", a.0);
    }
    assert!(worst < 1e-11 && minutes.len() > 100, "{worst:e}");
}
