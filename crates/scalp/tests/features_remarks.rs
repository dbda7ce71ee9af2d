//! What should be known of how features came about is said wherever the answer is: on the error stream, in the JSON, and on the
//! page, by each command.

#![allow(clippy::unwrap_used, reason = "tests only")]

mod support;

use scalp_tables::eventfile::{EventFile, EventWriter, Merge};
use scalp_types::EventStream as _;
use std::path::Path;
use support::{Bench, Said, scalp};

/// Rows of this table, as many as asked, with what a drawing of whole numbers makes of each.
fn rows(head: &str, count: u64, row: impl Fn(u64, u64) -> String) -> String {
    let drawn = |at: u64| at.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    let rows: Vec<String> = (0..count).map(|at| row(at, drawn(at))).collect();
    format!("{head}\n{}\n", rows.join("\n"))
}

/// A trade each second, whose price wanders by cents.
fn trades(head: &str, side: &str) -> String {
    rows(head, 900, |at, drawn| {
        let cents = 10_000 + at / 7 + drawn % 13;
        format!("{},{}.{:02},{}{side}", 1_700_000_000 + at, cents / 100, cents % 100, 1 + drawn % 9)
    })
}

/// Runs each command that tells of columns over `input`, and checks that `said` is once on the error stream, and is in its JSON
/// and on its page, where it has those.
fn check_told(bench: &Bench, input: &[&str], list: &str, said: &str) {
    let at = |name: &str| bench.path(name).display().to_string();
    let (out, page) = (at("out.csv"), at("page.html"));
    let once = |told: &Said, command: &str| {
        assert!(told.ok, "{command}: {}", told.err);
        assert_eq!(told.err.matches(said).count(), 1, "{command}: {said:?} in {:?}", told.err);
    };
    let on_page = |command: &str| {
        let text = std::fs::read_to_string(&page).unwrap();
        assert!(text.contains(said), "{command}: {said:?} is not on the page");
        std::fs::remove_file(&page).unwrap();
    };
    let of = |command: &str, more: &[&str]| {
        let all = [&["features", command], input, &["--list", list], more].concat();
        let told = scalp(&all);
        once(&told, command);
        told
    };
    of("compute", &["--out", &out]);
    of("plot", &["--out", &page]);
    on_page("plot");
    for (command, more) in [("select", &["--horizon", "5"][..]), ("matrix-profile", &["--window", "20"])] {
        let told = of(command, &[more, &["--html", &page, "--json"]].concat());
        let notes = told.json()["notes"].to_string();
        assert!(notes.contains(said), "{command}: {said:?} is not in {notes}");
        on_page(command);
        let told = of(command, more);
        assert!(told.out.contains(said), "{command}: {said:?} is not in {}", told.out);
    }
    let past = of("matrix-profile", &["--window", "20", "--past", "--json"]);
    assert!(past.json()["notes"].to_string().contains(said), "--past");
}

#[test]
fn sides_that_a_source_did_not_tell_are_told_of_its_event_file() {
    let bench = Bench::default();
    let file = bench.write("trades.csv", trades("timestamp,price,size", "")).display().to_string();
    let catalog = bench.path("catalog").display().to_string();
    let own = ["--symbol", "X", "--tick", "0.01", "--lot", "1", "--into", &catalog, "--json"];
    let imported = scalp(&[&["data", "import", &file], &own[..]].concat()).json();
    let sides = serde_json::json!({ "trades": 900, "rule": "tick" });
    assert_eq!(imported["sides_estimated"], sides);
    let events = format!("{catalog}/events/import-0001.events");
    for path in [&catalog, &events] {
        assert_eq!(scalp(&["data", "info", path, "--json"]).json()["sides_estimated"], sides);
        let told = scalp(&["data", "info", path]).out;
        assert!(told.contains("no side of 900 trades: it is estimated by the tick rule"), "{told}");
    }
    let list = "TRADE_FLOW(60).volume, ROLLMEAN(price,5), LAG(signed,1)";
    let said = "the source tells no side of 900 trades: it is estimated by the tick rule; on that rest TRADE_FLOW(60).volume, \
                LAG(signed,1)";
    check_told(&bench, &["--input", &events], list, said);
    // What reads no side needs no word, and of bars that close by sides everything does.
    let compute = |list: &str, more: &[&str]| {
        let out = bench.path("out.csv").display().to_string();
        let all = ["features", "compute", "--input", &events, "--list", list, "--out", &out];
        let told = scalp(&[&all, more].concat());
        assert!(told.ok, "{}", told.err);
        told.err
    };
    assert_eq!(compute("ROLLMEAN(price,5), VPIN(5,20,1,BULK)", &[]), "");
    let bars = "imbalance=tick,trades_first=10,trades_min=5,trades_max=40,trades_span=10,flow_span=50";
    let told = compute("close", &["--bars", bars]);
    assert!(
        told.contains("tick rule; all columns rest on that, as the sides say where these bars close"),
        "{told}"
    );
    // And a source that tells them has nothing to say.
    let file = bench.write("sided.csv", trades("timestamp,price,size,side", ",buy")).display().to_string();
    let imported = scalp(&[&["data", "import", &file, "--replace"], &own[..]].concat()).json();
    assert!(imported["sides_estimated"].is_null(), "{imported}");
}

#[test]
fn a_run_over_sides_that_were_estimated_says_so() {
    let bench = Bench::default();
    let file = bench.write("trades.csv", trades("timestamp,price,size", "")).display().to_string();
    let config = format!(
        "[[data]]\npath = {file:?}\n[[instrument]]\nsymbol = \"X\"\ntick = 0.01\nlot = 1\n[account]\nbalances = {{ USDT = 1000 }}\n\
         [strategy]\nname = \"buy-and-hold\"\n"
    );
    let told = bench.backtest(&bench.write("run.toml", config), &["--json"]).json();
    let warnings = told["warnings"].to_string();
    assert!(warnings.contains("the source tells no side of 900 trades"), "{told}");
}

#[test]
fn trades_of_a_table_without_sides_say_which_columns_rest_on_an_estimate() {
    let bench = Bench::default();
    let file = bench.write("trades.csv", trades("timestamp,price,size", "")).display().to_string();
    let list = "TRADE_FLOW(60).volume, ROLLMEAN(price,5)";
    let said = "no trade says who took (side, aggressor, aggressor_side, taker, taker_side, direction, is_buyer_maker, buyer_maker, \
                isBuyerMaker, m, is_buy, isBuy): it is estimated by the tick rule; on that rest TRADE_FLOW(60).volume";
    check_told(&bench, &["--input", &file], list, said);
    // Some of them, and a book beside.
    let some = rows("timestamp,price,size,side", 60, |at, drawn| {
        let side = if at % 3 == 0 { "" } else { "sell" };
        format!("{},100.0{},1,{side}", 1_700_000_000 + at, drawn % 9)
    });
    let book = rows("timestamp,bid,bid_size,ask,ask_size", 60, |at, drawn| {
        format!("{},99,{},101,1", 1_700_000_000 + at, 1 + drawn % 9)
    });
    let (some, book) = (bench.write("some.csv", some), bench.write("book.csv", book));
    let (some, book) = (some.display().to_string(), book.display().to_string());
    let out = bench.path("out.csv").display().to_string();
    let list = "TRADE_FLOW(60).volume, price";
    let told =
        scalp(&["features", "compute", "--input", &some, "--input", &book, "--list", list, "--out", &out]);
    let said = "20 of 60 trades do not say who took: it is estimated by the rule of Lee and Ready, before the first book by the \
                tick rule; on that rest TRADE_FLOW(60).volume\n";
    assert_eq!(told.err, said);
}

/// Minutes, and from the middle on hours.
fn two_lengths(bench: &Bench, name: &str) -> String {
    let text = rows("time,open,high,low,close,volume", 700, |at, drawn| {
        let minutes = if at < 350 { at } else { 350 + (at - 350) * 60 };
        let close = 100.0 + (drawn % 17) as f64 / 10.0;
        format!(
            "{},{close},{},{},{close},{}",
            1_699_999_200 + 60 * minutes,
            close + 1.0,
            close - 1.0,
            1 + drawn % 5
        )
    });
    bench.write(name, text).display().to_string()
}

#[test]
fn candles_that_change_their_length_in_mid_file_are_told_by_each_command() {
    let bench = Bench::default();
    let bars = two_lengths(&bench, "bars.csv");
    let said = "bars.csv: its candles are of no one length (most are 1m, and the one of 2023-11-15T03:50:00.000000000Z is followed \
                after 1h): each is taken as known when the next one starts";
    check_told(&bench, &["--input", &bars], "RSI(7), ROLLZ(close,9)", said);
    // The other file of a join, and a table of events.
    let (other, out) = (two_lengths(&bench, "other.csv"), bench.path("out.csv").display().to_string());
    let told = scalp(&[
        "features",
        "matrix-profile",
        "--input",
        &bars,
        "--join",
        &other,
        "--window",
        "20",
        "--json",
    ]);
    for name in ["bars.csv", "other.csv"] {
        let said = said.replace("bars.csv", name);
        assert_eq!(told.err.matches(&said).count(), 1, "{}", told.err);
        assert!(told.json()["notes"].to_string().contains(&said));
    }
    let entity = format!("market={bars}");
    let told = scalp(&["features", "synthesise", "--entity", &entity, "--every", "1h", "--out", &out]);
    assert!(told.ok && told.err.contains(said), "{}", told.err);
}

#[test]
fn books_of_fewer_levels_than_are_read_are_told() {
    let bench = Bench::default();
    // The third level is there from the middle on.
    let head = "timestamp,bid_price_0,bid_size_0,bid_price_1,bid_size_1,bid_price_2,bid_size_2,ask_price_0,ask_size_0,\
                ask_price_1,ask_size_1,ask_price_2,ask_size_2";
    let text = rows(head, 400, |at, drawn| {
        let third = if at < 200 { "," } else { "97,5" };
        let (bid, ask, up) = (1 + drawn % 9, 1 + drawn / 16 % 9, drawn / 256 % 2);
        let asks = format!("{},{ask},{},2,{},{}", 101 + up, 102 + up, 103 + up, 1 + drawn % 5);
        format!("{},99,{bid},98,2,{third},{asks}", 1_700_000_000 + at)
    });
    let file = bench.write("books.csv", text).display().to_string();
    let said = "200 of 400 books had fewer than the 3 levels a side that MLOFI(10,3).last reads: there it read those that it had";
    let list = "MLOFI(10,3).last, bid_size";
    let out = bench.path("out.csv").display().to_string();
    let told = scalp(&["features", "compute", "--input", &file, "--list", list, "--out", &out]);
    assert_eq!(told.err, format!("{said}\n"));
    let told = scalp(&["features", "compute", "--input", &file, "--list", "OFI(10,2).ofi", "--out", &out]);
    assert_eq!(told.err, "");
    // What no row can have is refused.
    let told = scalp(&["features", "compute", "--input", &file, "--list", "OFI(10,4).ofi", "--out", &out]);
    assert!(!told.ok && told.err.contains("reads 4 levels of a book, and there are 3"), "{}", told.err);
    // An event file does not know before how many its books have: what reads more reads those that are there, and it is told.
    let mapping = "kind = \"snapshots\"\ntime = { column = \"timestamp\", unit = \"s\" }\n[levels]\ncount = 3\nbid = \"bid_price_{}\"\n\
                   bid_qty = \"bid_size_{}\"\nask = \"ask_price_{}\"\nask_qty = \"ask_size_{}\"\n";
    let mapping = bench.write("books.toml", mapping).display().to_string();
    let catalog = bench.path("catalog").display().to_string();
    let own = ["--symbol", "X", "--tick", "1", "--lot", "1", "--mapping", &mapping, "--into", &catalog];
    let imported = scalp(&[&["data", "import", &file], &own[..]].concat());
    assert!(imported.ok, "{}", imported.err);
    let events = format!("{catalog}/events/import-0001.events");
    check_told(&bench, &["--input", &events], list, said);
    let said =
        "400 of 400 books had fewer than the 4 levels a side that MLOFI(10,4).last reads (the deepest had 3)";
    check_told(&bench, &["--input", &events], "MLOFI(10,4).last, bid_size", said);
}

#[test]
fn levels_of_a_book_that_cannot_be_are_counted_and_where_most_are_so_the_table_is_refused() {
    let bench = Bench::default();
    let books = |wrong: &dyn Fn(u64) -> Option<&'static str>| {
        rows("timestamp,bid,bid_size,ask,ask_size", 300, |at, drawn| {
            let bid = format!("{},{}", 98 + drawn / 256 % 2, 1 + drawn % 9);
            let bid = wrong(at).unwrap_or(&bid);
            format!("{},{bid},101,{}", 1_700_000_000 + at, 1 + drawn / 16 % 9)
        })
    };
    let list = "BOOK_IMBALANCE(1).total, mid";
    let some = |at: u64| match at {
        17 => Some("99,-5"),
        40 => Some("-99,5"),
        41 => Some("0,5"),
        // Nothing is no level, and nothing wrong.
        60 => Some("99,0"),
        61 => Some(","),
        62 => Some("0,0"),
        _ => None,
    };
    let file = bench.write("books.csv", books(&some)).display().to_string();
    let said = format!(
        "rows of books: 3 with a price or size that cannot be, whose levels were left out ({file}:19: bid_size: expected a number \
         above zero, got"
    );
    check_told(&bench, &["--input", &file], list, &said);
    let out = bench.path("out.csv").display().to_string();
    let compute = || scalp(&["features", "compute", "--input", &file, "--list", list, "--out", &out]);
    assert!(compute().ok);
    let text = std::fs::read_to_string(&out).unwrap();
    let absent: Vec<usize> =
        text.lines().skip(1).enumerate().filter(|it| it.1.ends_with(',')).map(|it| it.0).collect();
    assert_eq!(absent, [17, 40, 41, 60, 61, 62], "no bid, no middle");
    // Sizes below zero in most rows: signed, and no sizes.
    bench.write("books.csv", books(&|at| (at % 5 > 1).then_some("99,-5")));
    let told = compute();
    let said = "books.csv:4: bid_size: expected prices and sizes of a book";
    assert!(!told.ok && told.err.contains(said), "{}", told.err);
    assert!(told.err.contains("180 of 300 rows have others, got \"-5\""), "{}", told.err);
}

#[test]
fn bars_of_two_files_are_built_of_both_and_candles_that_make_none_stay_as_they_are() {
    let bench = Bench::default();
    let trades = rows("timestamp,price,size,side", 6_000, |at, drawn| {
        let side = if drawn % 2 == 0 { "buy" } else { "sell" };
        format!("{},100.{:02},1,{side}", 1_699_999_200 + 10 * at, drawn % 100)
    });
    let candles = |minutes: u64| {
        rows("time,open,high,low,close,volume", 60_000 / (60 * minutes) - 1, |at, drawn| {
            let close = 100.0 + (drawn % 100) as f64 / 100.0;
            format!("{},{close},{},{},{close},7", 1_699_999_200 + 60 * minutes * at, close + 1.0, close - 1.0)
        })
    };
    let write = |name: &str, text: String| bench.write(name, text).display().to_string();
    let (trades, minutes) = (write("trades.csv", trades), write("minutes.csv", candles(1)));
    let halves = write("halves.csv", candles(30));
    let join = |input: &str, other: &str, bars: &str| {
        scalp(&[
            "features",
            "matrix-profile",
            "--input",
            input,
            "--join",
            other,
            "--window",
            "8",
            "--bars",
            bars,
            "--json",
        ])
    };
    let rows_of = |told: &Said| {
        let sample = told.json()["sample"].as_str().unwrap().to_owned();
        let counts = sample.split(" rows").filter_map(|it| it.rsplit(' ').next()?.parse().ok());
        counts.collect::<Vec<usize>>()
    };
    // Trades and candles, in either order, both in bars of five minutes: the last of the trades may be unfinished.
    for (input, other, want) in [(&trades, &minutes, [199, 199]), (&minutes, &trades, [199, 199])] {
        let told = join(input, other, "5m");
        assert_eq!(rows_of(&told), want, "{input} {other}");
        assert_eq!(told.err, "");
    }
    // Candles of half an hour make none of five minutes.
    let stays = "halves.csv: --bars: ";
    for (input, other, want) in [(&trades, &halves, [199, 32]), (&halves, &minutes, [32, 199])] {
        let told = join(input, other, "5m");
        assert_eq!(rows_of(&told), want, "{input} {other}");
        assert!(
            told.err.contains(stays) && told.err.contains(": its candles stay as they are"),
            "{}",
            told.err
        );
        assert!(told.json()["notes"].to_string().contains(": its candles stay as they are"));
    }
    let told = join(&halves, &write("others.csv", candles(30)), "5m");
    assert!(!told.ok && told.err.contains("of neither file can such bars be made: "), "{}", told.err);
    // A file alone has nothing to be compared with: what was asked is not there.
    let out = bench.path("out.csv").display().to_string();
    let told =
        scalp(&["features", "compute", "--input", &halves, "--bars", "5m", "--list", "close", "--out", &out]);
    assert!(!told.ok && told.err.contains(stays), "{}", told.err);
}

#[test]
fn an_event_file_of_two_exchanges_is_refused_with_their_names_and_so_is_one_beside_another() {
    let bench = Bench::default();
    let file = bench.write("trades.csv", trades("timestamp,price,size,side", ",buy")).display().to_string();
    let events = |venue: &str| {
        let catalog = bench.path(venue).display().to_string();
        let own = ["--symbol", "X", "--tick", "0.01", "--lot", "1", "--venue", venue, "--into", &catalog];
        let told = scalp(&[&["data", "import", &file], &own[..]].concat());
        assert!(told.ok, "{}", told.err);
        format!("{catalog}/events/import-0001.events")
    };
    let (one, other) = (events("one"), events("other"));
    let out = bench.path("out.csv").display().to_string();
    let compute = |inputs: &[&str]| {
        let inputs: Vec<&str> = inputs.iter().flat_map(|it| ["--input", it]).collect();
        scalp(
            &[&["features", "compute"], &inputs[..], &["--list", "ROLLSUM(size,5)", "--out", &out]].concat(),
        )
    };
    assert!(compute(&[&one]).ok);
    let told = compute(&[&one, &other]);
    assert!(!told.ok && told.err.contains("an event file stands alone"), "{}", told.err);
    // Both in one file.
    let mixed = bench.path("mixed.events");
    let files = [&one, &other].map(|it| EventFile::open(Path::new(it)).unwrap());
    let mut merge = Merge::new(files.iter().map(EventFile::by_arrival).collect()).unwrap();
    let mut writer = EventWriter::create(&mixed, merge.instruments()).unwrap();
    while let Some(event) = merge.next().unwrap() {
        writer.push(&event).unwrap();
    }
    writer.finish().unwrap();
    for command in ["compute", "plot", "select", "matrix-profile"] {
        let mixed = mixed.display().to_string();
        let more: &[&str] = match command {
            "compute" | "plot" => &["--out", &out],
            "select" => &["--horizon", "1"],
            _ => &[],
        };
        let told =
            scalp(&[&["features", command, "--input", &mixed, "--list", "ROLLSUM(size,5)"], more].concat());
        assert!(!told.ok, "{command}");
        assert!(
            told.err.contains("expected the events of one instrument, got one:X, other:X"),
            "{}",
            told.err
        );
    }
}
