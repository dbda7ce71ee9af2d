//! What rules read of a recorded book in a run is what `scalp features compute` writes of the same file, to the last bit.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use scalp_features::groups::GROUPS;
use scalp_lab::backtest::Looks;
use scalp_lab::features::reference::{article, names};
use scalp_lab::features::{Asked, With, compute, parse_bars, read, read_all};
use scalp_lab::feed::Track;
use scalp_strategy::Shipped;
use std::num::NonZero;
use std::sync::Arc;
use support::rules::{Seen, alike, alike_with, read_in_a_run};
use support::{drive_with, events, house, ready, shipped};

/// Every measure that reads changes or a queue, others of trades and of the book, and indicators and windows over them.
const ITEMS: [&str; 22] = [
    "CANCELS(2).cancels",
    "CANCELS(2).share",
    "CANCELS(2).side",
    "CANCELS(2).rank",
    "SPOOFING.score",
    "LAYERING.score",
    "QUOTE_STUFFING(1).changes",
    "QUOTE_STUFFING(1).score",
    "QUEUE(2).bid_wait",
    "QUEUE(2).ask_age",
    "OFI(20).ofi",
    "MLOFI(20,5).scaled",
    "MICROPRICE(5).momentum",
    "STOIKOV_PRICE.price",
    "EFFECTIVE_SPREAD(1,50).realised",
    "VPIN(20).vpin",
    "EMA(40,real=mid)",
    "ROLLSTD(price,30)",
    "LAG(bid_size,7)",
    "RSI(5,real=ONBAR(CANCELS(2).side))",
    "RSI(5)",
    "DOUBLE_TOP(swing=fractal,size=2)",
];

#[test]
fn what_rules_read_of_a_recorded_book_is_what_is_computed_of_its_file() {
    let text = shipped("workloads/w2b.toml");
    let (head, tail) = text.split_once("[strategy]").unwrap();
    let (head, tail) = (
        format!("{head}[bars]\ntime = \"2s\"\n"),
        format!("[report]{}", tail.split_once("[report]").unwrap().1),
    );
    let (ready, seen) = read_in_a_run(&head, &ITEMS, &tail);
    for (title, spoken) in ITEMS.iter().zip(alike(&ready, &seen, &ITEMS, "2s")) {
        // A minute passes before some of them speak; a double top is rare.
        assert!(spoken > 50 || title.starts_with("DOUBLE_TOP"), "{title} spoke at {spoken} bars");
    }
    // Without bars each trade and each book is a row.
    let path = ready.loaded.tracks[0].file.path();
    let table = read(path).unwrap();
    let asked = Asked { threads: NonZero::new(3).unwrap(), bars: None, keep_going: false };
    let rows = compute(path, &table, &["CANCELS(2).cancels", "mid"], &asked).unwrap();
    assert!(rows.times.len() > 20_000 && rows.columns.iter().all(|it| it.1.len() == rows.times.len()));
    let told = compute(path, &table, &["open"], &asked).unwrap_err().to_string();
    assert!(told.contains("reads the column open"), "{told}");
}

/// Whatever a group or a schema has in it, a rule can name: as many rules as it takes, over trades, a book, bars of them and
/// a series beside.
#[test]
fn every_member_of_every_group_is_read_in_a_run_as_it_is_computed() {
    let text = shipped("workloads/w2b.toml");
    let (head, tail) = text.split_once("[strategy]").unwrap();
    let head = format!("{head}[bars]\ntime = \"1s\"\n");
    let tail = format!("[report]{}", tail.split_once("[report]").unwrap().1);
    let (ready, _) = read_in_a_run(&head, &["close"], &tail);
    let path = ready.loaded.tracks[0].file.path();
    let asked = Asked { threads: NonZero::new(3).unwrap(), bars: parse_bars("1s").ok(), keep_going: false };
    let times = compute(path, &read(path).unwrap(), &["close"], &asked).unwrap().times;
    let file = ready.folder.path().join("leader.csv");
    let rows = times.iter().enumerate().map(|(n, at)| format!("{at},{}\n", 100 + n * n % 97));
    std::fs::write(&file, format!("ts_ns,leader\n{}", rows.collect::<String>())).unwrap();
    let with = [With::parse("--with", &with_text(&file)).unwrap_or_else(|e| panic!("{e}"))];
    let table = read_all(&[path.to_owned()], &with).unwrap();
    let mut titles: Vec<String> = Vec::new();
    for it in GROUPS {
        let name = format!("{}@{}", it.name, it.version);
        let computed = compute(path, &table, &[&name], &asked).unwrap_or_else(|e| panic!("{name}: {e}"));
        println!("{name}: {} members", computed.columns.len());
        titles.extend(computed.columns.into_iter().map(|it| it.0));
    }
    titles.sort();
    titles.dedup();
    let (mut compared, mut spoken) = (0, 0);
    for some in titles.chunks(60) {
        let items: Vec<&str> = some.iter().map(String::as_str).collect();
        let series = format!("with = [{:?}]\n", with_text(&file));
        let (again, seen) = read_in_a_run(&head, &items, &format!("{series}{tail}"));
        assert_eq!(again.loaded.tracks[0].file.path().file_name(), path.file_name());
        let all = alike_with(&again, &seen, &items, "1s", &with);
        compared += all.len();
        spoken += all.iter().filter(|it| **it > 0).count();
    }
    println!("{compared} members, {spoken} of them with a value");
    assert!(compared == titles.len() && compared > 2_000, "{compared}");
    assert!(spoken * 10 > 3 * compared, "{spoken}");
}

fn with_text(file: &std::path::Path) -> String {
    format!("leader={},delay=0s,age=1m", file.display())
}

#[test]
fn recorded_candles_are_read_as_in_a_run() {
    let items = [
        "RSI(7)",
        "close",
        "SMA(20)@45m",
        "OBV",
        "LAG(ROLLZ(close,30),2)",
        "CDLENGULFING",
        "CONFLUENCE(1,5,15,0.5).score",
    ];
    let text = shipped("examples/cross-minute.toml");
    let (head, tail) = text.split_once("[strategy]").unwrap();
    let tail = format!("[risk]{}", tail.split_once("[risk]").unwrap().1);
    let (ready, seen) = read_in_a_run(head, &items, &tail);
    let spoken = alike(&ready, &seen, &items, "15m");
    assert!(spoken.iter().all(|it| *it > 1_000), "{spoken:?}");
    // Neither rows that are not there nor an empty answer: what is missing is said.
    let path = ready.loaded.tracks[0].file.path();
    let table = read(path).unwrap();
    for (bars, item, want) in [
        (None, "mid", "candles are rows with --bars"),
        (None, "close", "reads the column close"),
        (Some("100d"), "close", "no candle of this length"),
        (Some("100s"), "close", "it does not divide"),
    ] {
        let bars = bars.map(|it| parse_bars(it).unwrap());
        let asked = Asked { threads: NonZero::new(1).unwrap(), bars, keep_going: false };
        let told = compute(path, &table, &[item], &asked).unwrap_err().to_string();
        assert!(told.contains(want), "{told}");
    }
}

/// A venue's stamp that cannot be, on a trade or on a mark: it closes no bar, and no measure fades by it, there or here.
#[test]
fn a_stamp_hours_ahead_is_read_in_a_run_as_it_is_computed() {
    let items =
        ["close", "volume", "RSI(5)", "VPIN(5).vpin", "HAWKES(1,0.5,1).intensity", "ONBAR(price)", "a"];
    let folder = tempfile::tempdir().unwrap();
    let (trades, series) = (folder.path().join("trades.csv"), folder.path().join("a.csv"));
    let start = 1_700_000_040_000_i64;
    let of = |ahead: &dyn Fn(i64) -> i64| {
        let mut rows = String::from("ts,heard,p,q,s\n");
        for n in 0..4_000_i64 {
            let at = start + n * 450;
            let side = if n * n % 7 < 3 { "b" } else { "s" };
            rows +=
                &format!("{},{},{},{},{side}\n", at + ahead(n), at + 20, 1_000 + n * 7_919 % 41, 1 + n % 5);
        }
        std::fs::write(&trades, rows).unwrap();
        let values: String = (0..600).map(|n| format!("{},{}\n", start + n * 60_000, 100 + n)).collect();
        std::fs::write(&series, format!("t_ms,a\n{values}")).unwrap();
        let with = format!("a={},delay=0s,age=10m", series.display());
        let head = format!(
            "[[data]]\npath = {trades:?}\nformat = \"mapping\"\n[data.mapping]\nkind = \"trades\"\n\
             time = {{ column = \"ts\", unit = \"ms\" }}\narrival = {{ column = \"heard\", unit = \"ms\" }}\n\
             side = {{ column = \"s\", buy = [\"b\"], sell = [\"s\"] }}\ncolumns = {{ price = \"p\", qty = \"q\" }}\n\
             [[instrument]]\nvenue = \"v\"\nsymbol = \"S\"\nbase = \"B\"\nquote = \"Q\"\ntick = \"1\"\nlot = \"1\"\n\
             [account]\nbalances = {{ Q = 1000 }}\n[bars]\ntime = \"10s\"\n"
        );
        let (ready, seen) = read_in_a_run(&head, &items, &format!("with = [{with:?}]\n"));
        let with = [With::parse("--with", &with).unwrap_or_else(|e| panic!("{e}"))];
        alike_with(&ready, &seen, &items, "10s", &with);
        seen.rows
    };
    let right = of(&|_| 0);
    let wrong = of(&|n| if n == 1_010 || n % 1_700 == 1_699 { 5 * 3_600_000 } else { 0 });
    assert_eq!(wrong.len(), right.len());
    let alike = wrong.iter().zip(&right).filter(|(wrong, right)| wrong == right).count();
    println!("{alike} of {} rows alike", right.len());
    assert!(wrong.iter().zip(&right).all(|(wrong, right)| wrong[..2] == right[..2] && wrong[6] == right[6]));
}

/// Silence in the run would look like rules that never held.
#[test]
fn a_rule_over_bars_that_cannot_be_made_is_refused_before_the_run() {
    let rules = support::rules_on_bars();
    assert!(rules.contains("time = \"15m\"") && rules.contains("SMA(20)@45m"));
    let folder = tempfile::tempdir().unwrap();
    let plan = |text: &str| {
        let file = folder.path().join("test.toml");
        std::fs::write(&file, text).unwrap();
        let config = scalp_config::Config::load(&file).unwrap();
        let instruments = scalp_lab::data::instruments(&config).unwrap();
        let plan = scalp_lab::backtest::Plan::<Shipped>::new(config, instruments);
        plan.map(|_| ()).map_err(|it| it.to_string())
    };
    let line = |text: &str| 1 + text.lines().position(|it| it.starts_with("enter_long")).unwrap();
    // By what bars are built is known before any data is read.
    for (bars, item, wanted) in [
        (
            "time = \"15m\"",
            "SMA(20)@40m",
            "bars of 40m cannot be made of bars of 15m: it does not divide; the nearest is @30m or @45m",
        ),
        (
            "time = \"15m\"",
            "RSI(14)@10s",
            "bars of 10s cannot be made of bars of 15m: it does not divide; the nearest is @15m",
        ),
        (
            "volume = 1000",
            "SMA(20)@45m",
            "bars of 45m cannot be made of bars that have no length of time (volume 1000)",
        ),
    ] {
        let text = rules.replace("time = \"15m\"", bars).replace("SMA(20)@45m", item);
        let told = plan(&text).unwrap_err();
        let rule =
            format!("test.toml: strategy.enter_long: is \"RSI(7) < 45 and close > {item} - 3 * ATR(14)\"");
        for part in [rule, format!("{item}: {wanted} (line {})", line(&text))] {
            assert!(told.contains(&part), "{part:?} is not in {told}");
        }
    }
    // How long the feed's own are, when the data is there: a minute.
    let own = rules.replace("[bars]\ntime = \"15m\"\n", "");
    let run = |item: &str| {
        let ready = ready(&own.replace("SMA(20)@45m", item));
        let tracks: Vec<_> =
            ready.loaded.tracks.iter().map(|it| Track { events_max: Some(200), ..it.clone() }).collect();
        let run = scalp_lab::backtest::run(&ready.plan, &tracks, Looks::default());
        run.map(|it| it.summary.remarks).map_err(|it| it.to_string())
    };
    let told = run("SMA(20)@10s").unwrap_err();
    assert!(
        told.contains("strategy.enter_long") && told.contains("bars of 10s cannot be made of bars of 1m"),
        "{told}"
    );
    let remarks = run("SMA(2)@45m").unwrap();
    assert!(remarks.iter().all(|it| !it.contains("cannot be made")), "{remarks:?}");
}

/// The candles of another instrument are those of the same minute, in any order of the data, as of a file of them.
#[test]
fn candles_of_another_instrument_do_not_depend_on_the_order_of_the_data() {
    let shared = support::root().join("../shared/data/klines-1m-usdm").canonicalize().unwrap();
    let path = |symbol: &str| format!("{}/{symbol}-1m-2025-02.csv.zst", shared.display());
    let data = |symbol: &str| {
        format!(
            "[[data]]\npath = {:?}\ninstrument = {symbol:?}\nend = \"2025-02-02T00:00:00Z\"\n",
            path(symbol)
        )
    };
    let instrument = |symbol: &str| format!("[[instrument]]\nsymbol = {symbol:?}\ntick = 0.001\nlot = 1\n");
    let items = ["b", "f", "AGE(b)", "AGE(f)", "CORR(close,b,20)", "CORR(close,f,20)"];
    let rule: Vec<String> = items.iter().map(|it| format!("{it} > 1e300")).collect();
    let rows = |first: &str, second: &str, bars: &str| {
        let with = format!("f={},column=close,age=1h", path("AVAXUSDT"));
        let text = format!(
            "{}{}{}{}[account]\nbalances = {{ USDT = 1000 }}\n{bars}[strategy]\nname = \"signal\"\ninstrument = \"NEARUSDT\"\n\
             order_qty = 1\nwith = [\"b=AVAXUSDT.close\", {with:?}]\nenter_long = {:?}\nexit_long = \"close < 0\"\n",
            data(first),
            data(second),
            instrument("NEARUSDT"),
            instrument("AVAXUSDT"),
            rule.join(" or ")
        );
        let ready = ready(&text);
        let all: Arc<[_]> = events(&ready).into();
        let mut seen = Seen::default();
        drive_with(&mut house(&ready.plan, &all), &mut seen, |_| None);
        seen.rows
    };
    for bars in ["", "[bars]\ntime = \"5m\"\n"] {
        let (one, other) = (rows("NEARUSDT", "AVAXUSDT", bars), rows("AVAXUSDT", "NEARUSDT", bars));
        assert!(one.len() > 200 && one == other, "{bars:?}: {} and {} bars", one.len(), other.len());
        let is_alike = |it: &[Option<f64>]| it[0] == it[1] && it[4] == it[5];
        assert!(one.iter().all(|it| is_alike(it)), "{bars:?}: {:?}", one.iter().find(|it| !is_alike(it)));
        assert!(one.iter().all(|it| it[2] == Some(0.0)), "{bars:?}: the bar of the same time");
    }
}

/// Raw columns of trades and the book, read at the bar and joined with it.
const AT_BARS: [&str; 14] = [
    "price",
    "ONBAR(price)",
    "LAG(ONBAR(price),1)",
    "AGE(price)",
    "MISSING(ONBAR(price))",
    "FILL(ONBAR(price),0)",
    "DELTA(close,ONBAR(price))",
    "ROLLZ(DELTA(close,ONBAR(mid)),5)",
    "CORR(close,price,5)",
    "ONBAR(mid)",
    "CORR(close,ONBAR(mid),5)",
    "LAG(RATIO(close,mid),1)",
    "AGE(spread)",
    "SMA(ONBAR(bid_size),3)",
];

#[test]
fn an_item_alone_is_the_same_in_any_list_with_any_number_of_threads() {
    let text = shipped("workloads/w2b.toml");
    let (head, tail) = text.split_once("[strategy]").unwrap();
    let head = format!("{head}[bars]\ntime = \"2s\"\n");
    let tail = format!("[report]{}", tail.split_once("[report]").unwrap().1);
    let (ready, seen) = read_in_a_run(&head, &AT_BARS, &tail);
    let spoken = alike(&ready, &seen, &AT_BARS, "2s");
    assert!(spoken.iter().all(|it| *it > 100), "{spoken:?}");
    let path = ready.loaded.tracks[0].file.path();
    let table = read(path).unwrap();
    let bits = |items: &[&str], threads: usize| {
        let threads = NonZero::new(threads).unwrap();
        let asked = Asked { threads, bars: parse_bars("2s").ok(), keep_going: true };
        let made = compute(path, &table, items, &asked).unwrap();
        let column = |it: &Vec<f64>| it.iter().map(|it| it.to_bits()).collect::<Vec<_>>();
        made.columns.iter().map(|(title, it)| (title.clone(), column(it))).collect::<Vec<_>>()
    };
    // Groups and schemas are made of the others.
    let sets = |it: &String| it.contains(':');
    let names = names().into_iter().flat_map(|it| it.1).map(|it| article(&it.name).unwrap().example);
    let examples: Vec<String> = names.filter(|it| !sets(it)).collect();
    let all: Vec<&str> = AT_BARS.into_iter().chain(examples.iter().map(String::as_str)).collect();
    let whole = bits(&all, 1);
    assert!(whole.len() > 500, "{}", whole.len());
    assert!(bits(&all, 4) == whole, "four threads");
    let mut compared = 0;
    for item in &all {
        for (title, alone) in bits(&[item], 2) {
            let (_, listed) =
                whole.iter().find(|it| it.0 == title).unwrap_or_else(|| panic!("{title} of {item}"));
            assert!(alone == *listed, "{title} of {item}");
            compared += 1;
        }
    }
    println!("{compared} columns of {} items", all.len());
}

#[test]
fn a_series_of_a_file_is_read_in_a_run_and_in_its_replay_as_it_is_computed() {
    let text = shipped("workloads/w2b.toml");
    let (head, tail) = text.split_once("[strategy]").unwrap();
    let head = format!("{head}[bars]\ntime = \"2s\"\n");
    let tail = format!("[report]{}", tail.split_once("[report]").unwrap().1);
    // The times of the run first, then a series that is published now and then within it, and ends before it.
    let (ready, _) = read_in_a_run(&head, &["close"], &tail);
    let path = ready.loaded.tracks[0].file.path();
    let asked = Asked { threads: NonZero::new(1).unwrap(), bars: parse_bars("2s").ok(), keep_going: false };
    let times = compute(path, &read(path).unwrap(), &["close"], &asked).unwrap().times;
    let rows = times.iter().enumerate().skip(3).step_by(3).take(times.len() / 4);
    let rows = rows.map(|(n, at)| {
        format!("{},{}\n", at + 700_000_007 * (n as i64 % 3), 0.1 + (n * n % 97) as f64 / 7.0)
    });
    let file = ready.folder.path().join("funding.csv");
    std::fs::write(&file, format!("ts_ns,funding\n{}", rows.collect::<String>())).unwrap();
    let items = [
        "funding",
        "AGE(funding)",
        "LAG(funding,2)",
        "CORR(close,funding,7)",
        "SMA(RATIO(close,funding),4)",
        "ROLLMEAN(DELTA(price,funding),5)",
        "EMA(5,real=DELTA(mid,funding))",
        "MISSING(funding)",
    ];
    let written = format!("funding={},delay=3s,age=20s", file.display());
    let rules: Vec<String> = items.iter().map(|it| format!("{it} > 1e300")).collect();
    let text = format!(
        "{head}[strategy]\nname = \"signal\"\norder_qty = 1\nwith = [{written:?}]\nenter_long = {:?}\nexit_long = \"close < 0\"\n{tail}",
        rules.join(" or ")
    );
    let told = |text: &str| {
        let config = scalp_config::Config::parse(text, std::path::Path::new("test.toml")).unwrap();
        let instruments = scalp_lab::data::instruments(&config).unwrap();
        scalp_lab::backtest::Plan::<Shipped>::new(config, instruments).unwrap_err().to_string()
    };
    let without = told(&text.replace(",age=20s", ""));
    assert!(without.contains("strategy.with") && without.contains("expected age=LENGTH too"), "{without}");
    let missing = told(&text.replace("funding.csv", "fundings.csv"));
    assert!(missing.contains("strategy.with") && missing.contains("fundings.csv"), "{missing}");
    let ready = support::ready(&text);
    let all: Arc<[_]> = events(&ready).into();
    let mut seen = Seen::default();
    let genesis = {
        let mut house = house(&ready.plan, &all);
        drive_with(&mut house, &mut seen, |_| None);
        house.genesis
    };
    let with = With::parse("--with", &written).unwrap();
    let spoken = alike_with(&ready, &seen, &items, "2s", &[with]);
    assert!(spoken.iter().all(|it| *it > 50), "{spoken:?}");
    let absent = seen.rows.iter().filter(|it| it[0].is_none()).count();
    assert!(absent > 20, "it ends before the run, and is absent from then on: {absent}");
    // What the journal says first is enough: the file is gone.
    std::fs::remove_file(&file).unwrap();
    let engine = scalp_lab::replay::rebuild::<Shipped>(&genesis).unwrap();
    assert!(
        *engine.strategy() == ready.plan.strategy().unwrap(),
        "the core of the replay is that of the run"
    );
}

/// Trades that the venue dates behind a message of the book that came first are as old as that, whether the book is read or not.
#[test]
fn ages_at_trades_are_the_same_in_a_run_whatever_else_its_rules_read() {
    let text = shipped("workloads/w2b.toml");
    let (head, tail) = text.split_once("[strategy]").unwrap();
    let head = format!("{head}[bars]\ntrades = 7\n");
    let tail = format!("[report]{}", tail.split_once("[report]").unwrap().1);
    let (ready, _) = read_in_a_run(&head, &["close"], &tail);
    let path = ready.loaded.tracks[0].file.path();
    let asked = Asked { threads: NonZero::new(1).unwrap(), bars: parse_bars("2s").ok(), keep_going: false };
    let times = compute(path, &read(path).unwrap(), &["close"], &asked).unwrap().times;
    let file = ready.folder.path().join("leader.csv");
    let rows: String = times.iter().enumerate().map(|(n, at)| format!("{},{n}\n", at + 3_000_001)).collect();
    std::fs::write(&file, format!("ts_ns,leader\n{rows}")).unwrap();
    let written = with_text(&file);
    let with = [With::parse("--with", &written).unwrap()];
    let tail = format!("with = [{written:?}]\n{tail}");
    let items = ["CORR(price,AGE(leader),6)", "LAG(DELTA(price,AGE(leader)),1)", "AGE(leader)", "mid"];
    let [alone, listed] = [&items[..3], &items].map(|items| {
        let (ready, seen) = read_in_a_run(&head, items, &tail);
        let spoken = alike_with(&ready, &seen, items, "trades=7", &with);
        assert!(spoken.iter().all(|it| *it > 1_000), "{spoken:?}");
        seen.rows
    });
    assert_eq!(alone.len(), listed.len());
    for (bar, (alone, listed)) in alone.iter().zip(&listed).enumerate() {
        assert_eq!(alone[..3], listed[..3], "bar {bar}");
    }
}

/// Where each trade, quote and message of the book is a row, and where bars are, the time of a row goes on whatever a list reads.
#[test]
fn rows_of_events_are_the_same_in_any_list_with_any_number_of_threads() {
    for bars in [None, Some("2s"), Some("trades=40")] {
        rows_are_the_same_in_any_list(bars);
    }
}

fn rows_are_the_same_in_any_list(bars: Option<&str>) {
    let ready = ready(&shipped("workloads/w2b.toml"));
    let path = ready.loaded.tracks[0].file.path().to_owned();
    let threads = |count: usize| Asked {
        threads: NonZero::new(count).unwrap(),
        bars: bars.map(|it| parse_bars(it).unwrap()),
        keep_going: false,
    };
    let times = compute(&path, &read(&path).unwrap(), &["price"], &threads(1)).unwrap().times;
    let (first, last) = (times[0], *times.iter().max().unwrap());
    // A value of 11 parts of the time, and then none any more; then so many at once that the time is told in between.
    let step = (last - first) / 20;
    let sparse: String = (0..11).map(|it| format!("{},{it}\n", first + it * step)).collect();
    let dense: String = (0..3_000).map(|it| format!("{},{it}\n", first - 3_000_000 + it * 100)).collect();
    let folder = tempfile::tempdir().unwrap();
    let with = [("s", sparse, 3 * step), ("d", dense, step)].map(|(name, rows, age)| {
        let file = folder.path().join(name);
        std::fs::write(&file, format!("ts_ns,{name}\n{rows}")).unwrap();
        let age = age / 1_000_000_000;
        With::parse("--with", &format!("{name}={},delay=0s,age={age}s", file.display())).unwrap()
    });
    let table = read_all(std::slice::from_ref(&path), &with).unwrap();
    let bits = |list: &[&str], count: usize| {
        let made = compute(&path, &table, list, &threads(count)).unwrap();
        let column = |it: &Vec<f64>| it.iter().map(|it| it.to_bits()).collect::<Vec<_>>();
        made.columns.iter().map(|(title, it)| (title.clone(), column(it))).collect::<Vec<_>>()
    };
    let list = [
        "s",
        "AGE(s)",
        "LAG(s,1)",
        "AGE(LAG(s,1))",
        "FILL(s,0)",
        "AGE(ROLLMEAN(s,2))",
        "AGE(DELTA(AGE(s),s))",
        "LAG(DELTA(AGE(price),s),1)",
        "ROLLMEAN(DELTA(MINUTE,s),2)",
        "CORR(price,AGE(s),6)",
        "LAG(DELTA(price,AGE(s)),1)",
        "STANDARD(DELTA(price,AGE(s)))",
        "CORR(s,d,3)",
        "MISSING(s)",
        "d",
        "AGE(d)",
        "GROUP:time@1",
        "HOUR",
        "AGE(price)",
        "AGE(mid)",
        "FILL(AGE(price),0)",
        "DELTA(mid,s)",
        "RATE(10).buys",
        "QUEUE(2).bid_age",
        "price",
        "VPIN(5).vpin",
        "LAG(ROLLMEAN(mid,3),1)",
    ];
    let whole = bits(&list, 1);
    let spoken = |title: &str| {
        let column = &whole.iter().find(|it| it.0 == title).unwrap().1;
        column.iter().filter(|it| f64::from_bits(**it).is_finite()).count()
    };
    let rows = whole[0].1.len();
    // Ten steps and the age of the last value, of twenty (of bars of trades not so many fall into these); the dense series is too
    // old after one.
    println!("{rows} rows, s in {}, d in {}", spoken("s"), spoken("d"));
    assert!(spoken("s") > rows * 2 / 5 && spoken("s") < rows && spoken("d") > 0 && spoken("d") < rows / 4);
    assert!(
        spoken("HOUR") == rows
            && spoken("AGE(price)") > rows * 9 / 10
            && spoken("AGE(LAG(s,1))") > rows * 2 / 5
    );
    for count in [2, 3, 4, 16] {
        for ((title, got), (_, want)) in bits(&list, count).iter().zip(&whole) {
            let row = (0..rows).find(|&row| got[row] != want[row]);
            let told = row.map(|row| (row, f64::from_bits(got[row]), f64::from_bits(want[row])));
            assert_eq!(told, None, "{title} with {count} threads, {bars:?}");
        }
    }
    for item in list {
        for (title, alone) in bits(&[item], 2) {
            let listed = &whole.iter().find(|it| it.0 == title).unwrap().1;
            if let Some(row) = (0..rows).find(|&row| alone[row] != listed[row]) {
                let [alone, listed] = [alone[row], listed[row]].map(f64::from_bits);
                panic!("{title} alone, row {row}: {alone}, in the list {listed}");
            }
        }
    }
}
