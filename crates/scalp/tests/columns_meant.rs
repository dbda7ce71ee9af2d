//! Where a column of a table could be meant and another was read, it is said; so is a book beside trades, and of which of two files
//! the contracts are counted.

#![allow(clippy::unwrap_used, reason = "tests only")]

mod support;

use std::fmt::Write as _;
use support::{Bench, Said, scalp};

/// Rows of a table of trades, one a second; `more` stands behind time and price.
fn trades(bench: &Bench, name: &str, head: &str, more: impl Fn(u64) -> String) -> String {
    let mut text = format!("time,price,{head}\n");
    for at in 0..60 {
        writeln!(text, "{},100.0{},{}", 1_700_000_000 + at, at * 7 % 10, more(at)).unwrap();
    }
    bench.write(name, text).display().to_string()
}

fn compute(bench: &Bench, input: &str, list: &str) -> Said {
    let out = bench.path("out.csv").display().to_string();
    scalp(&["features", "compute", "--input", input, "--list", list, "--out", &out])
}

/// The sides that were read, `1`, `-1` or nothing.
fn sides(bench: &Bench) -> Vec<String> {
    let text = std::fs::read_to_string(bench.path("out.csv")).unwrap();
    text.lines().skip(1).map(|it| it.rsplit(',').next().unwrap().to_owned()).collect()
}

#[test]
fn a_table_with_two_columns_of_one_meaning_says_which_was_read() {
    let bench = Bench::default();
    let file =
        trades(&bench, "two.csv", "amount,qty,timestamp", |at| format!("2,{at}.5,{}", 1_600_000_000 + at));
    let size = "two.csv: the size is read from the column qty, and not from amount";
    let time = "two.csv: the time of a row is read from the column time, and not from timestamp";
    let told = compute(&bench, &file, "size");
    assert!(told.ok && told.err.matches(size).count() == 1 && told.err.contains(time), "{}", told.err);
    let told = scalp(&["features", "select", "--input", &file, "--list", "size", "--horizon", "1", "--json"]);
    assert!(!told.ok || told.json()["notes"].to_string().contains(size), "{}", told.err);
    // Of several files it is said of the first alone.
    let mut later = String::from("time,price,amount,qty,timestamp\n");
    (0..9).for_each(|at| writeln!(later, "{},100,2,1,0", 1_700_001_000 + at).unwrap());
    let later = bench.write("later.csv", later).display().to_string();
    let out = bench.path("out.csv").display().to_string();
    let told =
        scalp(&["features", "compute", "--input", &file, "--input", &later, "--list", "size", "--out", &out]);
    assert!(told.ok && told.err.matches("the size is read from").count() == 1, "{}", told.err);
    // An import and a check of the same file, and a run over it.
    let own = ["--symbol", "X", "--tick", "0.01", "--lot", "0.1"];
    let catalog = bench.path("catalog").display().to_string();
    for words in
        [vec!["data", "check", &file], vec!["data", "import", &file, "--replace", "--into", &catalog]]
    {
        let words = [&words[..], &own].concat();
        let told = scalp(&words);
        assert!(told.ok && told.out.matches(size).count() == 1, "{words:?}: {}{}", told.out, told.err);
        let told = scalp(&[&words[..], &["--json"]].concat()).json();
        let choices = if words[1] == "check" { &told["choices"] } else { &told["findings"]["choices"] };
        assert!(choices.to_string().contains(size), "{told}");
    }
    let config = format!(
        "[[data]]\npath = {file:?}\n[[instrument]]\nsymbol = \"X\"\ntick = 0.01\nlot = 0.1\n[account]\nbalances = {{ USDT = 1000 }}\n\
         [strategy]\nname = \"buy-and-hold\"\n"
    );
    let told = bench.backtest(&bench.write("run.toml", config), &["--json"]).json();
    assert!(told["warnings"].to_string().contains(size), "{told}");
    // One column of each meaning needs no word.
    let file = trades(&bench, "one.csv", "qty", |_| "1".into());
    assert_eq!(compute(&bench, &file, "size").err, "");
    // Books and candles likewise.
    let mut text = String::from("time,bid,bid_size,bid_qty,ask,ask_size,ask_qty\n");
    (0..60).for_each(|at| writeln!(text, "{},99,1,2,101,3,4", 1_700_000_000 + at).unwrap());
    let book = bench.write("book.csv", text).display().to_string();
    let told = compute(&bench, &book, "bid_size");
    let said = "the size of a bid is read from the column bid_size, and not from bid_qty";
    assert!(told.ok && told.err.contains(said), "{}", told.err);
    let mut text = String::from("time,open,high,low,close,vol,volume\n");
    (0..60).for_each(|at| writeln!(text, "{},1,1,1,1,5,6", 1_700_000_000 + at * 60).unwrap());
    let candles = bench.write("candles.csv", text).display().to_string();
    let told = compute(&bench, &candles, "volume");
    assert!(
        told.ok && told.err.contains("the volume is read from the column volume, and not from vol"),
        "{}",
        told.err
    );
}

#[test]
fn a_book_beside_trades_is_told_and_named_where_it_is_missed() {
    let bench = Bench::default();
    let head = "size,bid,bid_size,ask,ask_size";
    let file = trades(&bench, "both.csv", head, |_| "1,99,1,101,2".into());
    let told = compute(&bench, &file, "price");
    let said = "both.csv: it is read as trades, and a book is read from a table of its own (--input once more, without the price \
                and the size of trades): of bid, bid_size, ask, ask_size no book is made";
    assert!(told.ok && told.err.contains(said), "{}", told.err);
    for item in ["mid", "MICROPRICE", "LAG(spread,1)"] {
        let told = compute(&bench, &file, item);
        assert!(
            !told.ok && told.err.contains("of bid, bid_size, ask, ask_size no book is made"),
            "{}",
            told.err
        );
    }
    // With the book as a file of its own beside it nothing is refused.
    let mut book = String::from("time,bid,bid_size,ask,ask_size\n");
    (0..60).for_each(|at| writeln!(book, "{},99,1,101,2", 1_700_000_000 + at).unwrap());
    let (book, out) = (bench.write("book.csv", book).display().to_string(), bench.path("out.csv"));
    let out = out.display().to_string();
    let told =
        scalp(&["features", "compute", "--input", &file, "--input", &book, "--list", "mid", "--out", &out]);
    assert!(told.ok, "{}", told.err);
}

#[test]
fn the_usual_names_of_sides_are_read_and_others_that_look_like_them_are_told() {
    let bench = Bench::default();
    let is_buy = |at: u64| at.is_multiple_of(3);
    let want: Vec<String> = (0..60).map(|at| if is_buy(at) { "1" } else { "-1" }.to_owned()).collect();
    let word = |at: u64| if is_buy(at) { "buy" } else { "sell" };
    for head in ["direction", "m", "is_buy", "isBuy"] {
        let cell = |at: u64| match head {
            "direction" => format!("1,{}", word(at)),
            "m" => format!("1,{}", !is_buy(at)),
            "is_buy" => format!("1,{}", u8::from(is_buy(at))),
            _ => format!("1,{}", is_buy(at)),
        };
        let file = trades(&bench, "sides.csv", &format!("size,{head}"), cell);
        let told = compute(&bench, &file, "side");
        assert!(told.ok && told.err.is_empty(), "{head}: {}", told.err);
        assert_eq!(sides(&bench), want, "{head}");
    }
    let file = trades(&bench, "other.csv", "size,type", |at| format!("1,{}", word(at)));
    let told = compute(&bench, &file, "side, LAG(signed,1)");
    let said = "other.csv: the column type looks like sides of trades, and is not read: one is called side, aggressor, \
                aggressor_side, taker, taker_side, direction, is_buyer_maker, buyer_maker, isBuyerMaker, m, is_buy, isBuy";
    assert!(told.ok && told.err.contains(said), "{}", told.err);
}

#[test]
fn a_contract_is_of_the_file_of_a_join_that_counts_them() {
    let bench = Bench::default();
    let file = trades(&bench, "trades.csv", "size,side", |at| format!("{},buy", 1 + at % 5));
    let mut text = String::from("time,open,high,low,close,volume\n");
    (0..90).for_each(|at| {
        writeln!(text, "{},1,1,1,1.{},5", 1_700_000_000 + at * 60, at * 7 % 10).unwrap();
    });
    let candles = bench.write("candles.csv", text).display().to_string();
    let join = |a: &str, b: &str| {
        let own = ["--window", "8", "--contract", "inverse,100", "--bars", "trades=1", "--json"];
        scalp(&[&["features", "matrix-profile", "--input", a, "--join", b], &own[..]].concat())
    };
    let said = "candles.csv: --contract is of the other file: volumes of candles stay as they are";
    for (a, b) in [(&file, &candles), (&candles, &file)] {
        let told = join(a, b);
        assert!(told.ok && told.err.contains(said), "{}", told.err);
        assert!(told.json()["notes"].to_string().contains(said));
    }
    let second = bench.path("second.csv");
    std::fs::copy(bench.path("candles.csv"), &second).unwrap();
    let told = join(&candles, &second.display().to_string());
    assert!(!told.ok && told.err.contains("volumes of candles stay as they are"), "{}", told.err);
}

#[test]
fn a_check_tells_of_sides_that_were_estimated() {
    let bench = Bench::default();
    let file = trades(&bench, "trades.csv", "size", |_| "1".into());
    let catalog = bench.path("catalog").display().to_string();
    let own = ["--symbol", "X", "--tick", "0.01", "--lot", "1"];
    let imported = scalp(&[&["data", "import", &file, "--into", &catalog], &own[..]].concat());
    assert!(imported.ok, "{}", imported.err);
    let events = format!("{catalog}/events/import-0001.events");
    for words in [vec!["data", "check", &events], [&["data", "check", &file], &own[..]].concat()] {
        let told = scalp(&words);
        let said = "the source tells no side of 60 trades: it is estimated by the tick rule";
        assert!(told.ok && told.out.matches(said).count() == 1, "{}", told.out);
        let told = scalp(&[&words[..], &["--json"]].concat()).json();
        assert_eq!(told["sides_estimated"], serde_json::json!({ "trades": 60, "rule": "tick" }), "{told}");
    }
    let sided = trades(&bench, "sided.csv", "size,side", |_| "1,buy".into());
    let told = scalp(&[&["data", "check", &sided, "--json"], &own[..]].concat()).json();
    assert!(told["sides_estimated"].is_null(), "{told}");
}
