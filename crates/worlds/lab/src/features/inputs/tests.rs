use super::*;
use crate::features::{Asked, compute};
use std::fmt::Write as _;
use std::num::NonZero;

const MINUTE: i64 = 60_000_000_000;
/// A whole day after 1970, minutes.
const START: i64 = 28_000_000 - 28_000_000 % 1_440;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Minute candles of some minutes; the close is the number of the minute, plus what is altered.
    fn candles(&self, name: &str, minutes: std::ops::Range<i64>, altered: impl Fn(i64) -> f64) -> PathBuf {
        let mut text = "time,open,high,low,close,volume\n".to_owned();
        for it in minutes {
            let close = 100.0 + ((it * 37) % 11) as f64 + altered(it);
            writeln!(
                text,
                "{},{},{},{},{close},{}",
                (START + it) * 60,
                close - 0.5,
                close + 1.0,
                close - 1.0,
                5 + it % 3
            )
            .unwrap();
        }
        self.write(name, &text)
    }
}

fn with(text: &str) -> With {
    With::parse("--with", text).unwrap()
}

fn columns(table: &Table, list: &[&str]) -> Vec<Vec<f64>> {
    let asked = Asked { threads: NonZero::<usize>::MIN, bars: None, keep_going: false };
    compute(Path::new("bars"), table, list, &asked).unwrap().columns.into_iter().map(|it| it.1).collect()
}

fn bits(columns: &[Vec<f64>]) -> Vec<Vec<u64>> {
    columns.iter().map(|it| it.iter().map(|it| it.to_bits()).collect()).collect()
}

#[test]
fn parts_in_any_order_and_a_folder_are_the_whole() {
    let folder = Folder::new();
    let whole = folder.candles("whole.csv", 0..90, |_| 0.0);
    let parts = Folder::new();
    let [c, a, b] = [60..90, 0..20, 20..60]
        .map(|it: std::ops::Range<i64>| parts.candles(&format!("{}.csv", it.end), it, |_| 0.0));
    let whole = read_all(&[whole], &[]).unwrap();
    assert_eq!(read_all(&[c.clone(), a.clone(), b], &[]).unwrap(), whole);
    assert_eq!(read_all(&[parts.0.path().to_owned()], &[]).unwrap(), whole);
    let twice = read_all(&[a.clone(), a], &[]).unwrap_err().to_string();
    assert!(twice.contains("named twice"), "{twice}");
    let over = parts.candles("over.csv", 50..70, |_| 0.0);
    let refused = read_all(&[parts.0.path().to_owned()], &[]).unwrap_err().to_string();
    assert!(
        refused.contains("expected files one after the other") && refused.contains("over.csv"),
        "{refused}"
    );
    let other = folder.write("other.csv", "time,open,high,low,close\n1700000000,1,1,1,1\n");
    let refused = read_all(&[c, other], &[]).unwrap_err().to_string();
    assert!(refused.contains("has the columns"), "{refused}");
    std::fs::remove_file(over).unwrap();
    let empty = tempfile::tempdir().unwrap();
    let refused = read_all(&[empty.path().to_owned()], &[]).unwrap_err().to_string();
    assert!(refused.contains("expected files that end with csv"), "{refused}");
}

#[test]
fn a_series_is_seen_from_its_publication_on_and_never_before() {
    let folder = Folder::new();
    let bars = folder.candles("bars.csv", 0..30, |_| 0.0);
    let at = |minute: i64| (START + minute) * 60;
    // About minute 0, known in the middle of minute 10; about minute 5, known at the very end of minute 20.
    let text = format!("time,published_at,rate\n{},{},1.5\n{},{},2.5\n", at(0), at(10) + 30, at(5), at(21));
    let rate = folder.write("rate.csv", &text);
    let asked = format!("funding={},age=1h", rate.display());
    let table = read_all(std::slice::from_ref(&bars), &[with(&asked)]).unwrap();
    let got = columns(&table, &["funding", "AGE(funding)"]);
    for row in 0..30 {
        let want = if row >= 20 {
            Some(2.5)
        } else if row >= 10 {
            Some(1.5)
        } else {
            None
        };
        assert_eq!(Some(got[0][row]).filter(|it| it.is_finite()), want, "{row}");
    }
    assert!((got[1][10] - 30.0).abs() < 1e-9 && got[1][20].abs() < 1e-9, "{:?}", &got[1][9..22]);
    // With a delay instead of times of publication.
    let asked = format!("funding={},column=rate,delay=3m,age=1h", rate.display());
    let table = read_all(std::slice::from_ref(&bars), &[with(&asked)]).unwrap();
    let got = columns(&table, &["funding"]);
    assert_eq!(got[0].iter().position(|it| it.is_finite()), Some(2), "known at the end of minute 2");
    // Candles are known at their end: the one of a minute with that minute.
    let other = folder.candles("other.csv", 0..30, |it| it as f64);
    let table = read_all(&[bars], &[with(&format!("leader={}", other.display()))]).unwrap();
    let got = columns(&table, &["leader", "close", "ONBAR(leader)"]);
    for row in 0..30 {
        assert_eq!(got[0][row].to_bits(), (got[1][row] + row as f64).to_bits(), "{row}");
        assert_eq!(got[0][row].to_bits(), got[2][row].to_bits(), "{row}");
    }
}

#[test]
fn the_group_across_assets_has_values_and_what_comes_later_changes_nothing() {
    let folder = Folder::new();
    let bars = folder.candles("bars.csv", 0..400, |_| 0.0);
    let leader = |name: &str, from: i64| {
        let path =
            folder.candles(name, 0..400, |it| ((it * 13) % 7) as f64 + if it >= from { 50.0 } else { 0.0 });
        let table =
            read_all(std::slice::from_ref(&bars), &[with(&format!("leader={}", path.display()))]).unwrap();
        columns(&table, &["GROUP:cross-asset@1", "RSI(14)", "SMA(ONBAR(leader),9)"])
    };
    let (plain, altered) = (leader("a.csv", i64::MAX), leader("b.csv", 300));
    assert_eq!(plain.len(), 8);
    assert!(plain.iter().all(|it| it.iter().any(|it| it.is_finite())));
    for (plain, altered) in bits(&plain).iter().zip(bits(&altered)) {
        assert_eq!(plain[..300], altered[..300]);
    }
    assert!(bits(&plain) != bits(&altered));
}

#[test]
fn a_series_of_many_values_between_two_rows_is_taken_whole() {
    let folder = Folder::new();
    let mut text = "time,open,high,low,close,volume\n".to_owned();
    (0..20).for_each(|it| {
        writeln!(text, "{},1,2,0.5,{},1", (START + it * 1_440) * 60, 1.0 + 0.1 * it as f64).unwrap()
    });
    let days = folder.write("days.csv", &text);
    let minutes = folder.candles("minutes.csv", 0..20 * 1_440, |_| 0.0);
    let table = read_all(&[days], &[with(&format!("leader={}", minutes.display()))]).unwrap();
    let got = columns(&table, &["ROLLSUM(leader,1440)", "leader"]);
    let close = |it: i64| 100.0 + ((it * 37) % 11) as f64;
    for row in 0..20 {
        let want: f64 = (0..1_440).map(|it| close(row as i64 * 1_440 + it)).sum();
        assert!((got[0][row] - want).abs() < 1e-6, "{row}: {} {want}", got[0][row]);
    }
}

#[test]
fn trades_and_books_of_two_files_are_one_stream() {
    let folder = Folder::new();
    let (mut trades, mut books) =
        ("time,price,size,side\n".to_owned(), "time,bid,bid_size,ask,ask_size\n".to_owned());
    for it in 0..200_i64 {
        let ms = (START * 60 + it) * 1_000;
        writeln!(trades, "{},{},1,{}", ms, 100 + it % 3, if it % 2 == 0 { "buy" } else { "sell" }).unwrap();
        writeln!(books, "{},{},1,{},3", ms, 99 + it % 3, 101 + it % 3).unwrap();
    }
    let (trades, books) = (folder.write("trades.csv", &trades), folder.write("books.csv", &books));
    let table = read_all(&[books.clone(), trades.clone()], &[]).unwrap();
    assert!(matches!(table.holds, Holds::Trades(_)));
    let got = columns(&table, &["mid", "price", "TRADE_SIGN.lee_ready"]);
    // Of one time the trade comes first: it meets the book that stood before it.
    assert!(got[0][0].is_nan());
    for row in 1..200 {
        assert_eq!(got[0][row].to_bits(), (100.0 + ((row - 1) % 3) as f64).to_bits(), "{row}");
    }
    let asked = Asked {
        threads: NonZero::<usize>::MIN,
        bars: super::super::parse_bars("1m").ok(),
        keep_going: false,
    };
    let made = compute(&trades, &table, &["close", "mid", "ONBAR(mid)"], &asked).unwrap();
    assert_eq!(made.times.len(), 3, "the last minute is not finished");
    // The book of the second 59 is the last before the close; that of second 60 is not seen.
    assert_eq!(made.columns[1].1[0].to_bits(), (100.0 + (59 % 3) as f64).to_bits());
}

#[test]
fn what_is_wrong_with_a_series_is_named() {
    let folder = Folder::new();
    let bars = folder.candles("bars.csv", 0..100, |_| 0.0);
    let at = |minute: i64| (START + minute) * 60;
    let series = |from: i64, to: i64| {
        let mut text = "time,rate,other\n".to_owned();
        (from..to).for_each(|it| writeln!(text, "{},1,2", at(it)).unwrap());
        folder.write(&format!("{from}-{to}.csv"), &text)
    };
    let refused =
        |asked: &str| read_all(std::slice::from_ref(&bars), &[with(asked)]).unwrap_err().to_string();
    let (whole, short, late) = (series(0, 100), series(0, 40), series(500, 600));
    let said = refused(&format!("funding={}", whole.display()));
    assert!(said.contains("--with funding: say which column") && said.contains("rate, other"), "{said}");
    let said = refused(&format!("funding={},column=rat", whole.display()));
    assert!(said.contains("no column \"rat\"; did you mean rate?"), "{said}");
    let said = refused(&format!("funding={},column=rate,delay=0s", short.display()));
    assert!(said.contains("--with funding: ends early") && said.contains("age=LENGTH"), "{said}");
    let said = refused(&format!("funding={},column=rate,delay=0s", late.display()));
    assert!(said.contains("begins to be known at"), "{said}");
    let said = refused(&format!("funding={},column=rate,published=rate", whole.display()));
    assert!(said.contains("published before the time that it is about"), "{said}");
    let said = refused("funding=nowhere.csv");
    assert!(said.contains("nowhere.csv"), "{said}");
    let asked = with(&format!("funding={},column=rate,delay=0s", whole.display()));
    let said = read_all(std::slice::from_ref(&bars), &[asked.clone(), asked]).unwrap_err().to_string();
    assert!(said.contains("the series is named twice"), "{said}");
    // With an age it goes on, and the value is absent once it is too old.
    let table = read_all(
        std::slice::from_ref(&bars),
        &[with(&format!("funding={},column=rate,delay=0s,age=10m", short.display()))],
    )
    .unwrap();
    let got = columns(&table, &["funding", "MISSING(funding)"]);
    assert!(got[0][48].is_finite() && got[0][50].is_nan() && (got[1][60] - 1.0).abs() < 1e-12);
    for (text, says) in [
        ("funding", "expected NAME=FILE"),
        ("=a.csv", "expected NAME=FILE"),
        ("a=b.csv,agee=1h", "unknown key \"agee\"; did you mean age?"),
        ("a=b.csv,age=x", "age: expected a length of time such as 10m, got \"x\""),
        ("a=b.csv,published=t,delay=1m", "exclude each other"),
        ("a=b.csv,x", "expected KEY=VALUE"),
    ] {
        let said = With::parse("--with", text).unwrap_err();
        assert!(said.contains(says), "{text}: {said}");
    }
    let one = Asked { threads: NonZero::<usize>::MIN, bars: None, keep_going: false };
    let given = read_all(
        std::slice::from_ref(&bars),
        &[with(&format!("funds={},column=rate,delay=0s", whole.display()))],
    )
    .unwrap();
    for (item, said) in [
        ("funds.close", "funds is a series, which is one value"),
        ("CORR(close,btc,20)", "a series is joined by its name, as in --with btc=FILE"),
    ] {
        let told = compute(&bars, &given, &[item], &one).unwrap_err().to_string();
        assert!(told.contains(said), "{told}");
    }
}

#[test]
fn counts_with_decimals_and_columns_that_stand_twice() {
    let folder = Folder::new();
    let path = folder.write(
        "a.csv",
        "timestamp,bid,bid_size,ask,ask_size\n1757015216.5,1,1,2,1\n1757015217.1651921,1,1,2,1\n",
    );
    let table = read(&path).unwrap();
    assert_eq!(table.times, [1_757_015_216_500_000_000, 1_757_015_217_165_192_100]);
    let path = folder.write("b.csv", "time,open,high,low,close,Close\n1700000000,1,1,1,1,1\n");
    let said = |path| read(path).unwrap_err().to_string();
    assert!(said(&path).contains("the columns close and Close have one name"), "{}", said(&path));
    let path = folder.write("c.csv", "time,open,high,low,close,close\n1700000000,1,1,1,1,1\n");
    assert!(said(&path).contains("the column close is there twice"), "{}", said(&path));
}

/// Hours with a row too many: what is said of one is known when the next begins, never a minute after its start.
#[test]
fn a_row_between_two_candles_makes_none_known_before_its_end() {
    let folder = Folder::new();
    let minutes = folder.candles("minutes.csv", 0..300, |_| 0.0);
    let hours = |name: &str, more: &[i64]| {
        let mut starts: Vec<i64> = (0..6).map(|it| it * 60).chain(more.iter().copied()).collect();
        starts.sort_unstable();
        let mut text = "time,open,high,low,close\n".to_owned();
        for it in starts {
            writeln!(text, "{},1,999,1,{it}", (START + it) * 60).unwrap();
        }
        folder.write(name, &text)
    };
    let shown = |file: &Path| {
        let leader = with(&format!("leader={}", file.display()));
        columns(&read_all(std::slice::from_ref(&minutes), &[leader]).unwrap(), &["leader"]).remove(0)
    };
    let (plain, altered) = (shown(&hours("plain.csv", &[])), shown(&hours("more.csv", &[301])));
    for minute in 0..300 {
        let (whole, over) = ((minute + 1) / 60, minute as i64);
        let want = if whole == 0 { f64::NAN } else { f64::from((whole as u32 - 1) * 60) };
        assert_eq!(plain[minute].to_bits(), want.to_bits(), "minute {minute}");
        assert!(altered[minute].is_nan() || altered[minute] as i64 + 60 <= over + 1, "minute {minute}");
    }
    assert!(altered[299].is_finite());
}

#[test]
fn the_maker_is_told_in_every_usual_way_and_no_other_word_is_passed_over() {
    let folder = Folder::new();
    let sides = |yes: &str, no: &str| {
        let text = format!("time,price,size,is_buyer_maker\n1,5,2,{yes}\n2,5,2,{no}\n3,5,2,\n");
        let table = read_all(&[folder.write("trades.csv", &text)], &[]).map_err(|it| it.to_string())?;
        let Holds::Trades(trades) = table.holds else { panic!("trades") };
        Ok::<_, String>(trades.iter().map(|it| it.aggressor).collect::<Vec<_>>())
    };
    use scalp_types::Side::{Buy, Sell};
    for (yes, no) in [("true", "false"), ("True", "False"), ("1", "0"), ("1.0", "0.0"), ("t", "f")] {
        assert_eq!(sides(yes, no).unwrap(), [Some(Sell), Some(Buy), None]);
    }
    let refused = sides("maker", "taker").unwrap_err();
    assert!(refused.contains("is_buyer_maker: expected true or false"), "{refused}");
}

#[test]
fn what_is_written_can_be_read() {
    let folder = Folder::new();
    let text = "time,\"LAG(close,1)\",open,high,low,close,\"a \"\"word\"\", or two\"\n\
                60,\"1,5\",1,2,1,\"1.5\",x\n120,,1,2,1,2.5,\"y,z\"\n";
    let table = read_all(&[folder.write("bars.csv", text)], &[]).unwrap();
    assert_eq!(columns(&table, &["close"]), [[1.5, 2.5]]);
    let open = "time,open,high,low,close\n60,1,2,1,\"1.5\n";
    assert!(read_all(&[folder.write("open.csv", open)], &[]).is_err());
}

/// A sum of the day stands at the day's beginning in many tables, and what is computed of candles at theirs.
#[test]
fn rows_that_may_stand_for_a_time_say_when_they_are_known() {
    let folder = Folder::new();
    let bars = folder.candles("bars.csv", 0..10_000, |_| 0.0);
    let (days, months) =
        (["2023-03-28", "2023-03-29", "2023-03-30", "2023-03-31"], ["2023-03-01", "2023-04-01"]);
    let file = |name: &str, dates: &[&str]| {
        let rows: String = dates.iter().map(|it| format!("{it},0.5\n")).collect();
        folder.write(name, &format!("date,share\n{rows}"))
    };
    let read = |file: &Path, more: &str| {
        let asked = format!("share={},age=10d{more}", file.display());
        read_all(std::slice::from_ref(&bars), &[with(&asked)])
    };
    let days = file("days.csv", &days);
    let said = read(&days, "").unwrap_err().to_string();
    assert!(said.contains("say when it is known, as with delay=1d at the end"), "{said}");
    let said = read(&file("months.csv", &months), "").unwrap_err().to_string();
    assert!(said.contains("delay=31d at the end"), "{said}");
    // A flaw among the rows, days of another place, and what is made of trades, one row for a minute.
    let minutes = |altered: &dyn Fn(i64) -> i64| {
        let rows = (0..50).map(|it| format!("{},0.5\n", (START + it) * 60 + altered(it)));
        format!("time,share\n{}", rows.collect::<String>())
    };
    let place =
        "time,share\n2023-03-27T00:00:00-04:00,1\n2023-03-28T00:00:00-04:00,1\n2023-03-30T00:00:00-03:00,1\n";
    let made = minutes(&|_| 0).replace("share", "price,size,share").replace(",0.5", ",1,1,0.5");
    for text in [minutes(&|it| if it == 7 { -60 } else { 0 }), minutes(&|it| it / 30), place.to_owned(), made]
    {
        let said = read(&folder.write("flawed.csv", &text), "").unwrap_err().to_string();
        assert!(said.contains("may stand for the time that begins with it"), "{said}");
    }
    // Trades as they came are known at once.
    let trades: String = (0..50).map(|it| format!("{},5,1\n", (START * 60 + it) * 1_000 + 17 * it)).collect();
    let trades =
        folder.write("trades.csv", &format!("time,share,price,size\n{}", trades.replace(",5,", ",1,5,")));
    assert!(read(&trades, "").is_ok());
    let known = |more: &str| columns(&read(&days, more).unwrap(), &["share"]).remove(0);
    let first = |known: &[f64]| known.iter().position(|it| it.is_finite()).unwrap();
    // The candle of the last minute of the day is known with it.
    assert_eq!((first(&known(",delay=0s")), first(&known(",delay=1d"))), (0, 1_439));
}

#[test]
fn a_table_is_of_one_instrument_and_a_folder_is_read_whole() {
    let folder = Folder::new();
    let trades = |name: &str, symbols: [&str; 2], from: i64| {
        let row = |(n, it): (i64, &str)| format!("{},{it},100,1\n", START * 60 + from + n);
        let rows: String = (0..).zip(symbols).map(row).collect();
        folder.write(name, &format!("time,symbol,price,size\n{rows}"))
    };
    let both = trades("both.csv", ["BTCUSDT", "ETHUSDT"], 0);
    let said = read(&both).unwrap_err().to_string();
    assert!(said.contains("both.csv:3: symbol") && said.contains("BTCUSDT as in the rows before"), "{said}");
    for name in ["instId", "coin", "currency_pair", "exchange"] {
        let text = std::fs::read_to_string(&both).unwrap().replace("symbol", name);
        let said = read(&folder.write("named.csv", &text)).unwrap_err().to_string();
        assert!(said.contains(&format!("named.csv:3: {name}: expected BTCUSDT")), "{said}");
        // Nor is the file of a series of two.
        let bars = folder.candles("bars.csv", 0..10, |_| 0.0);
        let asked = format!("x={},column=price,delay=0s", folder.0.path().join("named.csv").display());
        assert!(
            read_all(&[bars], &[with(&asked)]).unwrap_err().to_string().contains("as in the rows before")
        );
    }
    let text = "time,symbol,price,size\n1,,5,1\n2,NEARUSDT,5,1\n3,nearusdt,5,1\n4,,5,1\n";
    assert_eq!(read(&folder.write("few.csv", text)).unwrap().beside.instrument.as_deref(), Some("NEARUSDT"));
    // A number is none: of a coin or a market there may be a price.
    let numbers = folder.write("n.csv", "time,price,size,market\n1,5,1,100\n2,5,1,101\n");
    assert!(read(&numbers).is_ok());
    let (one, other) = (trades("1.csv", ["BTC"; 2], 0), trades("2.csv", ["ETH"; 2], 10));
    let said = read_all(&[one.clone(), other], &[]).unwrap_err().to_string();
    assert!(
        said.contains("2.csv") && said.contains("is of ETH, and") && said.contains("is of BTC"),
        "{said}"
    );
    let parts = Folder::new();
    parts.write("a.csv", &std::fs::read_to_string(one).unwrap());
    parts.write("b.csv.xz", "");
    let said = read_all(&[parts.0.path().to_owned()], &[]).unwrap_err().to_string();
    assert!(said.contains("b.csv.xz") && said.contains("packed in a way"), "{said}");
    // What is passed over is named; a day without a trade is a day.
    std::fs::remove_file(parts.0.path().join("b.csv.xz")).unwrap();
    parts.write(".c.csv", "no table");
    parts.write("sums.CHECKSUM", "x");
    parts.write("d.csv", "time,symbol,price,size\n");
    std::fs::create_dir(parts.0.path().join("more")).unwrap();
    let table = read_all(&[parts.0.path().to_owned()], &[]).unwrap();
    assert_eq!(table.times.len(), 2);
    let remarks = &table.beside.remarks;
    assert!(remarks[0].ends_with("passed over .c.csv, more, sums.CHECKSUM"), "{remarks:?}");
    assert!(remarks[1].ends_with("d.csv: no row below the names of the columns"), "{remarks:?}");
    assert_eq!(remarks.len(), 2);
}

/// Hours before minutes are no minutes with gaps: an hour would be known a minute after its start.
#[test]
fn candles_of_two_lengths_have_none() {
    let folder = Folder::new();
    let minutes = folder.candles("minutes.csv", 0..6_000, |_| 0.0);
    let text = std::fs::read_to_string(&minutes).unwrap();
    let rows: Vec<&str> = text.lines().skip(1).collect();
    let file = |name: &str, of: &dyn Fn(usize) -> bool| {
        let kept: Vec<&str> = (0..rows.len()).filter(|it| of(*it)).map(|it| rows[it]).collect();
        folder.write(name, &format!("time,open,high,low,close,volume\n{}\n", kept.join("\n")))
    };
    let length = |file: &[PathBuf]| match read_all(file, &[]).unwrap().holds {
        Holds::Bars { span, .. } => span,
        _ => panic!("candles"),
    };
    let both = file("both.csv", &|it| it >= 3_000 || it % 60 == 0);
    assert_eq!(length(std::slice::from_ref(&both)), None);
    let (hours, rest) = (file("a.csv", &|it| it < 3_000 && it % 60 == 0), file("b.csv", &|it| it >= 3_000));
    assert_eq!(length(&[hours, rest]), None);
    let table = read_all(std::slice::from_ref(&both), &[with(&format!("x={}", both.display()))]).unwrap();
    let remarks = &table.beside.remarks;
    assert_eq!(remarks.len(), 2, "{remarks:?}");
    for it in remarks {
        assert!(it.contains("both.csv: its candles are of no one length (most are 1m"), "{it}");
    }
    // What is said of an hour is known at its end.
    let leader = with(&format!("leader={}", both.display()));
    let shown = columns(&read_all(std::slice::from_ref(&minutes), &[leader]).unwrap(), &["leader", "close"]);
    for minute in 59..3_000 {
        let hour = (minute + 1) / 60 * 60 - 60;
        assert_eq!(shown[0][minute].to_bits(), shown[1][hour].to_bits(), "minute {minute}");
    }
    // Minutes of a thin coin, where a third is left out, and with an outage of a day.
    let mut state = 7_u64;
    let thin: Vec<bool> = (0..6_000)
        .map(|it| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            !(state >> 33).is_multiple_of(3) && !(2_000..3_440).contains(&it)
        })
        .collect();
    assert_eq!(length(&[file("thin.csv", &|it| thin[it])]), Some(MINUTE));
}

/// The archive of one exchange counts milliseconds until a day, and microseconds from it on.
#[test]
fn times_of_two_units_are_written_in_one() {
    let folder = Folder::new();
    let part = |name: &str, from: i64, of: &dyn Fn(i64) -> String| {
        let rows = (from..from + 50).map(|it| format!("{},1,2,1,1.5,9\n", of((START + it) * 60)));
        folder.write(name, &format!("open_time,open,high,low,close,volume\n{}", rows.collect::<String>()))
    };
    let millis = part("a.csv", 0, &|it| format!("{it}000"));
    let micros = part("b.csv", 50, &|it| format!("{it}000000"));
    let words = part("c.csv", 100, &|it| scalp_types::Timestamp::from_nanos(it * 1_000_000_000).to_string());
    let written = |files: &[PathBuf]| {
        let table = read_all(files, &[]).unwrap();
        (0..table.times.len()).map(|row| table.written.text(row).into_owned()).collect::<Vec<_>>()
    };
    let nanos = |row: i64| ((START + row) * MINUTE).to_string();
    let all = written(&[millis.clone(), micros, words]);
    assert!((0..150).all(|row| all[row as usize] == nanos(row)), "{:?}", &all[48..52]);
    assert_eq!(written(&[millis])[0], format!("{}000", START * 60));
}

#[test]
fn digits_of_a_date_and_a_time_are_no_count() {
    let folder = Folder::new();
    let head = "time,open,high,low,close";
    let file = folder.write("a.csv", &format!("{head}\n202502010000,1,2,1,1\n202502010001,1,2,1,1\n"));
    assert_eq!(read(&file).unwrap().times, [1_738_368_000, 1_738_368_060].map(|it| it * 1_000_000_000));
}

#[test]
fn trades_and_books_beside_the_rows_are_of_the_same_time() {
    let folder = Folder::new();
    let trades = |name: &str, minutes: std::ops::Range<i64>| {
        let rows: String = minutes.map(|it| format!("{},5,1,buy\n", (START + it) * 60)).collect();
        folder.write(name, &format!("time,price,size,side\n{rows}"))
    };
    let bars = folder.candles("bars.csv", 0..100, |_| 0.0);
    let read = |file: PathBuf| read_all(&[bars.clone(), file], &[]);
    for minutes in [200..300, -300..-100] {
        let said = read(trades("other.csv", minutes)).unwrap_err().to_string();
        assert!(said.contains("other.csv: is of ") && said.contains("expected the same time"), "{said}");
    }
    assert!(read(trades("whole.csv", 0..100)).unwrap().beside.remarks.is_empty());
    let remarks = read(trades("half.csv", 0..50)).unwrap().beside.remarks;
    assert!(remarks.len() == 1 && remarks[0].contains("half.csv ends at "), "{remarks:?}");
}

#[test]
fn levels_of_a_book_are_no_trades() {
    let folder = Folder::new();
    for (head, row) in [
        ("timestamp,local_timestamp,is_snapshot,side,price,amount", "1,1,true,bid,5,1"),
        ("timestamp,side,update_type,price,qty,pu", "1,b,snap,5,1,3"),
    ] {
        let said = read(&folder.write("book.csv", &format!("{head}\n{row}\n"))).unwrap_err().to_string();
        assert!(said.contains("are of a level of a book"), "{said}");
    }
    let best = folder.write("best.csv", "timestamp,price,size,side\n1,5,1,bid\n1,6,1,ask\n");
    let said = read(&best).unwrap_err().to_string();
    assert!(said.contains("best.csv:2: side: expected buy or sell") && said.contains("bid"), "{said}");
}

#[test]
fn a_series_of_one_candle_and_candles_that_are_told_twice_are_refused() {
    let folder = Folder::new();
    let minutes = folder.candles("minutes.csv", 0..300, |_| 0.0);
    let head = "time,open,high,low,close,volume";
    let row = |minute: i64| format!("{},1,2,0.5,1.5,3", (START + minute) * 60);
    let refused = |name: &str, rows: &[String]| {
        let file = folder.write(name, &format!("{head}\n{}\n", rows.join("\n")));
        let of = with(&format!("d={},age=30d", file.display()));
        read_all(std::slice::from_ref(&minutes), &[of]).unwrap_err().to_string()
    };
    let one = refused("one.csv", &[row(0)]);
    assert!(one.contains("one.csv: --with d: of one candle it is not told when it ends"), "{one}");
    let twice = refused("twice.csv", &[row(0), row(60), row(60), row(120)]);
    assert!(
        twice.contains("twice.csv:4: time: expected a later time than that of the candle before"),
        "{twice}"
    );
    // Told when they were known, both are as they are, and nothing is said of lengths.
    let known = |name: &str, rows: &[i64]| {
        let rows: Vec<String> =
            rows.iter().map(|it| format!("{},{}", row(*it), (START + it) * 60 + 7_200)).collect();
        let file = folder.write(name, &format!("{head},known_at\n{}\n", rows.join("\n")));
        let table =
            read_all(std::slice::from_ref(&minutes), &[with(&format!("d={},age=30d", file.display()))])
                .unwrap();
        assert_eq!(table.beside.remarks, Vec::<String>::new());
        columns(&table, &["d"])[0].iter().position(|it| it.is_finite())
    };
    assert_eq!(known("known.csv", &[0]), Some(119));
    assert_eq!(known("uneven.csv", &[0, 7, 60, 60]), Some(119));
}

/// Hours with a time of publication that is their start, or their middle: an hour would be known before it is over.
#[test]
fn no_candle_is_published_before_it_ends() {
    let folder = Folder::new();
    let minutes = folder.candles("minutes.csv", 0..300, |_| 0.0);
    let read = |seconds: i64| {
        let row = |it: i64| format!("{},1,2,0.5,1.5,{}\n", (START + it) * 60, (START + it) * 60 + seconds);
        let rows: String = (0..5).map(|it| row(it * 60)).collect();
        let file = folder.write("hours.csv", &format!("time,open,high,low,close,published_at\n{rows}"));
        let table = read_all(std::slice::from_ref(&minutes), &[with(&format!("d={}", file.display()))])?;
        Ok::<_, FeaturesError>(columns(&table, &["d"])[0].iter().position(|it| it.is_finite()))
    };
    for seconds in [0, 1_800, 3_540] {
        let said = read(seconds).unwrap_err().to_string();
        assert!(
            said.contains("hours.csv: --with d: line 2: published at 2023-")
                && said.contains("its candle of 1h ends"),
            "{said}"
        );
    }
    // The last unit of time before the end is how exchanges write the end.
    assert_eq!(read(3_599).unwrap(), Some(59));
    assert_eq!(read(3_600).unwrap(), Some(59));
    assert_eq!(read(3_660).unwrap(), Some(60));
}

/// One odd candle among them excuses none of the others: a revision, one that begins late, months of as many days as they have.
#[test]
fn no_candle_beside_an_odd_one_is_published_before_it_ends() {
    const HOUR: i64 = 3_600;
    let folder = Folder::new();
    let minutes = folder.candles("minutes.csv", 0..300, |_| 0.0);
    let read = |rows: &[(i64, i64)]| {
        let row = |(at, published): &(i64, i64)| {
            format!("{},1,2,0.5,1.5,{}\n", START * 60 + at, START * 60 + published)
        };
        let rows: String = rows.iter().map(row).collect();
        let file = folder.write("odd.csv", &format!("time,open,high,low,close,published_at\n{rows}"));
        let table =
            read_all(std::slice::from_ref(&minutes), &[with(&format!("d={},age=90d", file.display()))]);
        table.map(|_| ()).map_err(|it| it.to_string())
    };
    let hours = |after: i64| (0..9).map(|it| (it * HOUR, it * HOUR + after)).collect::<Vec<_>>();
    let told_twice = |after: i64| [hours(after), vec![(8 * HOUR, 10 * HOUR)]].concat();
    let late =
        |after: i64| hours(after).into_iter().chain([(9 * HOUR + 1, 10 * HOUR + 1)]).collect::<Vec<_>>();
    let months = |after: i64| {
        let starts = [0, 31, 60, 91, 121].map(|it| it * 24 * HOUR);
        starts.iter().map(|it| (*it, it + after)).collect::<Vec<_>>()
    };
    let refused = |rows: &[(i64, i64)]| {
        read(rows).unwrap_err().contains("odd.csv: --with d: line 2: published at 2023-")
    };
    assert!(refused(&told_twice(0)) && refused(&late(1_800)) && refused(&months(24 * HOUR)));
    assert_eq!([told_twice(HOUR), late(HOUR)].map(|it| read(&it)), [const { Ok(()) }; 2]);
    let said = read(&months(31 * 24 * HOUR)).unwrap_err();
    assert!(said.contains("odd.csv: --with d: begins to be known at 2023-"), "{said}");
    // A candle that is told as it grows was known so far at each of these moments.
    let grows: Vec<_> =
        (0..9).flat_map(|it| [1_200, HOUR].map(|after| (it * HOUR, it * HOUR + after))).collect();
    assert_eq!(read(&grows), Ok(()));
}
