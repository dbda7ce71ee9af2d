use super::*;
use crate::recorded;
use crate::testing::{instruments, spec};
use scalp_types::{Instruments, MarketBody, Side};

fn read(mapping: Mapping, text: &[u8]) -> (EventBuffer, Option<String>) {
    read_named("f.csv", mapping, text)
}

fn read_named(name: &str, mapping: Mapping, text: &[u8]) -> (EventBuffer, Option<String>) {
    let all = instruments(&[("X", "0.1", "0.001")]);
    let mut out = EventBuffer::new();
    let result = decode_table(name, text, mapping, Symbols::of_venue(&all, "v"), &mut out);
    (out, result.err().map(|e| e.to_string()))
}

fn ready(name: &str) -> Mapping {
    recorded::mapping(name).unwrap()
}

const TRADES: &str = "id,price,qty,quote_qty,time,is_buyer_maker\n1,61800.1,0.5,30900,1723161255088,true\n2,61800.2,0.1,6180,1723161255089,false\n";

#[test]
fn trades_are_read_with_and_without_header_and_on_either_clock() {
    let (want, error) = read(ready("binance-trades"), TRADES.as_bytes());
    assert_eq!((want.len(), error), (2, None));
    let bare = TRADES.split_once('\n').unwrap().1;
    let micros = TRADES.replace("5088", "5088000").replace("5089", "5089000").replace("true", "True");
    for same in [bare, &micros, &TRADES.replace('\n', "\r\n")] {
        let (got, error) = read(ready("binance-trades"), same.as_bytes());
        assert_eq!(error, None);
        assert!(got.iter().eq(want.iter()), "{same}");
    }
}

#[test]
fn every_row_has_the_columns_of_the_first_line() {
    let wider =
        |text: &str| text.replace("er\n", "er,new\n").replace("ue\n", "ue,x\n").replace("se\n", "se,x\n");
    let bare = TRADES.split_once('\n').unwrap().1;
    for text in [TRADES, bare] {
        let (got, error) = read(ready("binance-trades"), wider(text).as_bytes());
        assert_eq!((got.len(), error), (2, None), "a column more in every row is the venue's business");
    }
    let unneeded = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n";
    let row = "1706745600000,1,2,1,2,5,1706745659999,0,7,3,0,0\n";
    let mapping = || crate::binance::mapping(crate::binance::Set::Klines, Some("1m")).unwrap();
    for (bad, got) in [(row.replace(",0,0\n", ",0\n"), "11"), (row.replace(",0,0\n", ",0,0,0\n"), "13")] {
        for (first, line) in [(unneeded, 3), ("", 2)] {
            let (events, error) = read(mapping(), [first, row, &bad, row].concat().as_bytes());
            let want =
                format!(r#"f.csv:{line}: line: expected 12 columns, as in the first line, got "{got}""#);
            assert_eq!((events.len(), error), (1, Some(want)));
        }
    }
}

#[test]
fn lines_that_end_with_cr_alone_are_read_and_two_kinds_of_ends_are_named() {
    let (want, _) = read(ready("binance-trades"), TRADES.as_bytes());
    let (got, error) = read(ready("binance-trades"), TRADES.replace('\n', "\r").as_bytes());
    assert_eq!(error, None);
    assert!(got.iter().eq(want.iter()));
    let (header, rows) = TRADES.split_once('\n').unwrap();
    let many = rows.replace('\n', "\r").repeat(3_000);
    for rows in [rows.replacen('\n', "\r", 1), many] {
        let (_, error) = read(ready("binance-trades"), format!("{header}\n{rows}").as_bytes());
        let error = error.unwrap();
        let said = "f.csv:2: line ends: expected one kind of line end in the whole file: LF or CR LF, as in the first";
        assert!(error.starts_with(said), "{error}");
    }
}

#[test]
fn events_of_two_files_in_an_archive_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    for (name, text) in [("a.csv", TRADES.to_owned()), ("b.csv", TRADES.replace("172316", "172317"))] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    let all = instruments(&[("X", "0.1", "0.001")]);
    let mut table = Table::open(&path, ready("binance-trades"), Symbols::of_venue(&all, "v")).unwrap();
    let (mut out, mut seen) = (EventBuffer::new(), Vec::new());
    loop {
        out.clear();
        let more = table.read(&mut out).unwrap();
        let name = table.file().to_string_lossy().rsplit('!').next().unwrap().to_owned();
        seen.extend(out.iter_with_source().map(|(_, line)| (name.clone(), line)));
        if !more {
            break;
        }
    }
    let want = [("a.csv", 2), ("a.csv", 3), ("b.csv", 2), ("b.csv", 3)];
    assert_eq!(seen, want.map(|(name, line)| (name.to_owned(), line)));
}

#[test]
fn columns_in_another_order_are_found_by_name() {
    let text = "time,is_buyer_maker,price,qty,id\n1723161255088,true,61800.1,0.5,1\n";
    let (got, error) = read(ready("binance-trades"), text.as_bytes());
    assert_eq!((got.len(), error), (1, None));
}

#[test]
fn each_kind_of_bad_row_is_one_clear_error_and_rows_before_it_stay() {
    let check = |from: &str, to: &str, want: &str| {
        let text = TRADES.replace(from, to);
        assert_ne!(text, TRADES);
        let (got, error) = read(ready("binance-trades"), text.as_bytes());
        assert_eq!(error.as_deref(), Some(want));
        assert_eq!(got.len(), usize::from(want.starts_with("f.csv:3:")), "{want}");
    };
    check("61800.2", "NaN", r#"f.csv:3: price: expected a decimal number, got "NaN""#);
    check("61800.2", "-61800.2", r#"f.csv:3: price: expected a price above zero, got "-61800.2""#);
    check("61800.2", "0", r#"f.csv:3: price: expected a price other than zero, got "0""#);
    check("61800.2", "61800.25", r#"f.csv:3: price: expected a multiple of 0.1, got "61800.25""#);
    check(
        ",0.1,",
        ",1e30,",
        r#"f.csv:3: qty: expected at most 9223372036854775807 steps of 0.001, got "1e30""#,
    );
    check(",0.1,", ",-0.1,", r#"f.csv:3: qty: expected a size of zero or more, got "-0.1""#);
    check("false", "maybe", r#"f.csv:3: side: expected one of false, False, true, True, got "maybe""#);
    check(
        "1723161255089",
        "1723161255089000",
        r#"f.csv:3: time: expected ms since 1970, as in the rows before, got "1723161255089000""#,
    );
    check(",1723161255089,false", "", r#"f.csv:3: time: expected a value, in every row, got """#);
    check("\n2,", "\n2,2,", r#"f.csv:3: line: expected 6 columns, as in the first line, got "7""#);
    check(",false\n", ",false,\n", r#"f.csv:3: line: expected 6 columns, as in the first line, got "7""#);
    check("\n2,", "\nx2,", r#"f.csv:3: id: expected a whole number, got "x2""#);
    check(
        ",qty,",
        ",",
        r#"f.csv:1: header: expected a column "qty" (for qty), got "id, price, quote_qty, time, is_buyer_maker""#,
    );
    let (_, error) = read(ready("binance-trades"), b"\x01\xff garbage\n");
    assert!(error.unwrap().starts_with("f.csv:1: header: expected a column \"time\""));
}

#[test]
fn a_symbol_that_nobody_defined_is_refused_or_left_out_when_told_so() {
    let text =
        b"timestamp,open,high,low,close,volume,symbol\n2020-01-01,1,1,1,1,1,X\n2020-01-01,1,1,1,1,1,Y\n";
    let (got, error) = read(ready("ohlcv-long"), text);
    assert_eq!(got.len(), 1);
    assert_eq!(error.unwrap(), r#"f.csv:3: symbol: expected a defined instrument (X), got "Y""#);
    let all = instruments(&[("X", "0.1", "0.001")]);
    let source = Source::from_bytes("f", *text).unwrap();
    let mut table =
        Table::new(source, ready("ohlcv-long"), Symbols::of_venue(&all, "v").skip_others()).unwrap();
    let mut out = EventBuffer::new();
    assert!(!table.read(&mut out).unwrap());
    assert_eq!((out.len(), table.counts().other_symbols), (1, 1));
}

#[test]
fn rows_of_one_message_are_one_event_and_a_snapshot_is_its_own() {
    let text = b"exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n\
        d,X,1585699200245000,1585699200355684,true,ask,6421.5,1\n\
        d,X,1585699200245000,1585699200355684,true,bid,6421,2\n\
        d,X,1585699200250000,1585699200355684,false,bid,6421,0\n\
        d,X,1585699200250000,1585699200355684,false,ask,6422,3\n\
        d,X,1585699200251000,1585699200355684,false,ask,6422,0\n";
    let (got, error) = read(ready("tardis-incremental_book_L2"), text);
    assert_eq!(error, None);
    let shape: Vec<_> = got
        .iter_with_source()
        .map(|(event, line)| match event.body {
            MarketBody::Depth(it) => (it.kind as u8, it.bids.len(), it.asks.len(), line),
            _ => panic!("{event:?}"),
        })
        .collect();
    assert_eq!(shape, [(1, 1, 1, 2), (0, 1, 1, 4), (0, 0, 1, 6)]);
}

#[test]
fn a_tardis_ticker_gives_marks_interest_and_the_funding_that_settled() {
    let text = b"exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,predicted_funding_rate,open_interest,last_price,index_price,mark_price\n\
        b,X,1000000000000000,1000000000000001,1000000001000000,0.0001,,5,1,100.04,100.06\n\
        b,X,1000000002000000,1000000002000001,1000028801000000,0.0002,,,1,100.04,\n\
        b,X,1000000003000000,1000000003000001,1000028801000000,0.0002,,,1,,100.1\n";
    let (got, error) = read(ready("tardis-derivative_ticker"), text);
    assert_eq!(error, None);
    let kinds: Vec<_> = got
        .iter()
        .map(|it| match it.body {
            MarketBody::Mark(_) => "mark",
            MarketBody::OpenInterest(_) => "interest",
            MarketBody::Funding(_) => "funding",
            _ => "other",
        })
        .collect();
    assert_eq!(kinds, ["mark", "interest", "funding", "mark"]);
    assert_eq!(got.get(2).unwrap().exchange_at.nanos(), 1_000_000_001_000_000_000);
}

#[test]
fn a_mapping_that_contradicts_itself_is_refused() {
    let text = "kind = \"trades\"\ntime = { column = 0, unit = \"ns\" }\n";
    let error = |text: &str| match Mapping::parse(text) {
        Ok(it) => read(it, b"1,2,3\n").1.unwrap_or_default(),
        Err(fault) => format!("{fault:?}"),
    };
    assert!(error(text).contains("a column for price"), "{}", error(text));
    assert!(error(&format!("{text}colour = 1\n")).contains("unknown field `colour`"));
    assert!(error(&text.replace("ns", "fortnights")).contains("unknown variant"));
    let bars = text.replace("trades", "bars") + "span = \"1y\"\n";
    assert!(error(&bars).contains("a whole number with s, m, h, d, w or mo"));
    let tick = text.to_owned()
        + "tick_rule = true\nside = { column = 3, buy = [\"b\"], sell = [\"s\"] }\n[columns]\nprice = 1\nqty = 2\n";
    assert!(error(&tick).contains("tick_rule only for trades without a column for side"));
}

#[test]
fn floats_are_rounded_only_when_told_so_and_counted() {
    let text = b"date,open,high,low,close,volume\n2018-01-10T04:55:00Z,0.30000000000000004,0.4,0.1,0.2,1\n";
    let (_, error) = read(ready("ohlcv-dates"), text);
    assert!(error.unwrap().contains("open: expected a multiple of 0.1"));
    let all = instruments(&[("X", "0.1", "0.001")]);
    let source = Source::from_bytes("f", *text).unwrap();
    let mut table = Table::new(source, ready("freqtrade-bars"), Symbols::of_venue(&all, "v")).unwrap();
    let mut out = EventBuffer::new();
    assert!(!table.read(&mut out).unwrap());
    assert_eq!((out.len(), table.counts().rounded), (1, 1));
}

#[test]
fn bars_of_a_month_end_where_the_next_begins() {
    let mapping = crate::binance::mapping(crate::binance::Set::Klines, Some("1mo")).unwrap();
    let row = |open: &str| format!("{open},1,2,1,2,5,0,0,7,3,0,0\n");
    // 2024-02-01, 2024-12-01, 2025-02-01.
    let text = row("1706745600000") + &row("1733011200000") + &row("1738368000000");
    let (got, error) = read(mapping.clone(), text.as_bytes());
    assert_eq!(error, None);
    let ends = got.iter().map(|it| match it.body {
        MarketBody::Bar(bar) => {
            (it.exchange_at.to_string()[..10].to_owned(), bar.span.nanos() / 86_400_000_000_000)
        }
        _ => panic!("{it:?}"),
    });
    let want = [("2024-03-01", 29), ("2025-01-01", 31), ("2025-03-01", 28)];
    assert!(ends.eq(want.map(|(end, days)| (end.to_owned(), days))));
    for bad in ["1706745600001", "1706832000000"] {
        let (_, error) = read(mapping.clone(), row(bad).as_bytes());
        assert!(error.unwrap().contains("the first of a month at midnight UTC"));
    }
}

#[test]
fn the_tick_rule_gives_sides_and_counts_them() {
    let text = b"1672531436,2.0,1\n1672531437,2.0,1\n1672531438,1.9,1\n1672531439,1.9,1\n1672531440,2.1,1\n";
    let all = instruments(&[("X", "0.1", "0.001")]);
    let mut out = EventBuffer::new();
    let counts =
        decode_table("f", text, ready("kraken-trades"), Symbols::of_venue(&all, "v"), &mut out).unwrap();
    let sides = out.iter().map(|it| match it.body {
        MarketBody::Trade(trade) => trade.taker,
        _ => panic!("{it:?}"),
    });
    use Side::{Buy, Sell};
    assert!(sides.eq([Buy, Buy, Sell, Sell, Buy]));
    assert_eq!(counts.sides_by_tick_rule, 5);
}

#[test]
fn the_day_of_a_minute_file_comes_from_its_name() {
    let (got, error) = read_named("x__20221213_trade.csv", ready("lean-minute-trade"), b"60000,1,2,1,2,5\n");
    assert_eq!((got.len(), error), (1, None));
    assert_eq!(got.get(0).unwrap().exchange_at.to_string(), "2022-12-13T00:02:00.000000000Z");
    let (_, error) = read_named("nameless.csv", ready("lean-minute-trade"), b"60000,1,2,1,2,5\n");
    assert!(error.unwrap().contains("a file name with a day"));
}

proptest::proptest! {
    #[test]
    fn any_bytes_under_any_mapping_are_events_or_an_error(
        which in 0..recorded::READY_MADE.len(),
        text in proptest::collection::vec(proptest::prelude::any::<u8>(), 1..200),
    ) {
        let all = Instruments::new([spec("X", "0.1", "0.001")]).unwrap();
        let mapping = Mapping::parse(recorded::READY_MADE[which].1).unwrap();
        if let Ok(source) = Source::from_bytes("f_20240101", text)
            && let Ok(mut table) = Table::new(source, mapping, Symbols::of_venue(&all, "v"))
        {
            let mut out = EventBuffer::new();
            while let Ok(true) = table.read(&mut out) {
                out.clear();
            }
        }
    }

    #[test]
    fn rowlike_bytes_under_any_mapping_are_events_or_an_error(
        which in 0..recorded::READY_MADE.len(),
        header in proptest::prelude::any::<bool>(),
        text in "([0-9]{0,19}[,._-]{0,2}[0-9eE.+-]{0,25}[,\"]){0,14}\n([0-9]{0,19},){0,14}[0-9]{0,3}",
    ) {
        let all = Instruments::new([spec("X", "0.1", "0.001")]).unwrap();
        let mut mapping = Mapping::parse(recorded::READY_MADE[which].1).unwrap();
        mapping.header = header.then_some(false);
        mapping.symbol = None;
        if let Ok(source) = Source::from_bytes("f_20240101", text)
            && let Ok(mut table) = Table::new(source, mapping, Symbols::of_venue(&all, "v"))
        {
            let mut out = EventBuffer::new();
            while let Ok(true) = table.read(&mut out) {
                out.clear();
            }
        }
    }
}

#[test]
fn a_snapshot_with_fewer_levels_than_columns_leaves_none_of_those_before() {
    let mut mapping = ready("hyperliquid-books");
    mapping.levels.as_mut().unwrap().count = 2;
    let head = "timestamp,sequence,exchange_timestamp,bid_price_0,bid_size_0,ask_price_0,ask_size_0,bid_price_1,bid_size_1,\
                ask_price_1,ask_size_1\n";
    let both = "1.5,1,1500,100,1,101,1,99,2,102,2\n";
    for (row, left) in [
        // The same levels, and others that are two as well: what lies beyond is not known.
        ("2.5,2,2500,100,1,101,1,99,2,102,2\n", [2, 2]),
        ("2.5,2,2500,100.5,1,100.8,1,100,1,101,1\n", [3, 3]),
        // One is all there is of that side.
        ("2.5,2,2500,100,1,101,1,99,2,0,0\n", [2, 1]),
        ("2.5,2,2500,100,1,101,1,0,0,0,0\n", [1, 1]),
        // A level of size zero is none, wherever it stands, also one of the price of another.
        ("2.5,2,2500,100.5,1,100.8,1,100,0,101,1\n", [1, 2]),
        ("2.5,2,2500,100.5,0,100.8,1,100,1,101,1\n", [1, 2]),
        ("2.5,2,2500,100.5,1,100.8,1,100.5,0,101,1\n", [1, 2]),
        // Two of one price are one, and a bid that reaches the best ask is none.
        ("2.5,2,2500,100.5,1,100.8,1,100.5,3,101,1\n", [1, 2]),
        ("2.5,2,2500,100.8,1,100.8,1,100.5,3,101,1\n", [1, 2]),
    ] {
        mapping.zero_price = ZeroPrice::Absent;
        let (events, error) = read(mapping.clone(), [head, both, row].concat().as_bytes());
        assert_eq!((events.len(), error), (2, None), "{row}");
        let mut book = scalp_market::Book::new(scalp_market::BookConfig::default());
        for event in events.iter() {
            let MarketBody::Depth(depth) = event.body else { panic!("{event:?}") };
            book.apply(&depth);
        }
        assert_eq!([book.bids().count(), book.asks().count()], left, "{row}");
    }
}

#[test]
fn a_close_time_one_unit_before_the_next_open_time_is_the_end_of_the_candle() {
    let bars = |span: &str, time_is: &str, unit: &str, times: &[i64]| -> Vec<(i64, i64, i64)> {
        let text = format!(
            "kind = \"bars\"\nspan = \"{span}\"\ntime_is = \"{time_is}\"\ntime = {{ column = \"at\", unit = \"{unit}\" }}\n\
             columns = {{ open = \"o\", high = \"h\", low = \"l\", close = \"c\", volume = \"v\" }}\n"
        );
        let rows: String = times.iter().map(|it| format!("{it},1,2,1,2,5\n")).collect();
        let (out, error) = read(Mapping::parse(&text).unwrap(), format!("at,o,h,l,c,v\n{rows}").as_bytes());
        assert_eq!(error, None);
        let all = out.iter().map(|event| match event.body {
            MarketBody::Bar(it) => (it.open_at.nanos(), it.span.nanos(), event.exchange_at.nanos()),
            other => panic!("{other:?}"),
        });
        all.collect()
    };
    let open = 1_738_368_000_000; // 2025-02-01T00:00:00Z, a Saturday.
    let minute = 60_000;
    let want = bars("1m", "open", "ms", &[open, open + minute]);
    let last = [open + minute - 1, open + 2 * minute - 1];
    assert_eq!(bars("1m", "close", "ms", &last), want);
    assert_eq!(bars("1m", "close", "ms", &last.map(|it| it + 1)), want);
    for (unit, count) in [("us", 1_000), ("ns", 1_000_000)] {
        assert_eq!(bars("1m", "close", unit, &last.map(|it| (it + 1) * count - 1)), want, "{unit}");
    }
    assert_eq!(bars("1m", "close", "s", &last.map(|it| it / 1_000)), want);
    let day = 86_400_000;
    for (span, open, length) in
        [("1d", open, day), ("1w", open + 2 * day, 7 * day), ("1mo", open, 28 * day), ("1s", open, 1_000)]
    {
        let want = bars(span, "open", "ms", &[open]);
        assert_eq!(bars(span, "close", "ms", &[open + length - 1]), want, "{span}");
    }
    // What lies elsewhere is left where it is.
    let off = open + 30_000;
    assert_eq!(bars("1m", "close", "ms", &[off + minute]), bars("1m", "open", "ms", &[off]));
    assert_eq!(bars("1m", "close", "ms", &[off + minute - 1]), bars("1m", "open", "ms", &[off - 1]));
}

/// A recorder hears a candle many times. What it heard last is the candle, also where a stage arrived after its end.
#[test]
fn a_candle_that_grows_is_what_was_told_of_it_last() {
    let text = "kind = \"bars\"\nspan = \"1m\"\nsymbol = \"s\"\ntime = { column = \"at\", unit = \"s\" }\n\
                arrival = { column = \"heard\", unit = \"ms\" }\n\
                columns = { open = \"o\", high = \"h\", low = \"l\", close = \"c\", volume = \"v\" }\n";
    let start = 1_738_368_000;
    // Of each row its minute, the milliseconds after that at which it was heard, and the volume; so of each candle.
    let told = |rows: &[(i64, i64, i64)]| -> (Vec<(i64, i64, i64)>, u64) {
        let line = |it: &(i64, i64, i64)| {
            format!("X,{},{},1,2,1,2,{}\n", start + it.0 * 60, (start + it.0 * 60) * 1_000 + it.1, it.2)
        };
        let text_of_rows = format!("s,at,heard,o,h,l,c,v\n{}", rows.iter().map(line).collect::<String>());
        let all = instruments(&[("X", "0.1", "1")]);
        let (mapping, symbols) = (Mapping::parse(text).unwrap(), Symbols::of_venue(&all, "v"));
        let mut out = EventBuffer::new();
        let counts = decode_table("f.csv", text_of_rows.as_bytes(), mapping, symbols, &mut out).unwrap();
        let candle = |event: scalp_types::MarketEvent<'_>| match event.body {
            MarketBody::Bar(it) => {
                let minute = it.open_at.nanos() / 60_000_000_000 - start / 60;
                (minute, (event.arrived_at.nanos() - it.open_at.nanos()) / 1_000_000, it.volume.get())
            }
            other => panic!("{other:?}"),
        };
        (out.iter().map(candle).collect(), counts.unfinished)
    };
    // The stage of second 59.9 is heard 100 ms after the end, the whole one 100 ms later.
    let stages = [(0, 30_000, 3), (0, 60_100, 5), (0, 60_200, 6), (1, 30_000, 1), (1, 60_200, 7)];
    assert_eq!(told(&stages), (vec![(0, 60_200, 6), (1, 60_200, 7)], 3));
    // One that was heard whole, and then again, was known the first time.
    let again = [(0, 30_000, 3), (0, 60_200, 6), (0, 90_000, 6), (1, 60_200, 7)];
    assert_eq!(told(&again), (vec![(0, 60_200, 6), (1, 60_200, 7)], 2));
    // Nothing was traded in the last seconds.
    let still = [(0, 30_000, 3), (0, 50_000, 6), (0, 60_200, 6), (1, 60_200, 7)];
    assert_eq!(told(&still), (vec![(0, 60_200, 6), (1, 60_200, 7)], 2));
    // Of one whose end was not told, as the recorder was away, two stages show that it grew: neither is believed.
    let lost = [(0, 2_000, 1), (0, 30_000, 3), (0, 59_900, 5), (5, 2_000, 1), (5, 4_000, 2), (6, 60_200, 9)];
    let two = [(0, 30_000, 3), (0, 59_900, 5), (5, 2_000, 1), (5, 4_000, 2), (6, 60_200, 9)];
    assert_eq!(told(&lost), (two.to_vec(), 1));
    // One is told once more after the next has begun.
    let turns =
        [(0, 30_000, 3), (0, 60_100, 5), (1, 2_000, 1), (0, 62_000, 6), (1, 60_100, 7), (2, 60_100, 8)];
    assert_eq!(told(&turns), (vec![(0, 62_000, 6), (1, 60_100, 7), (2, 60_100, 8)], 3));
    // Polled each 20 s with the last `limit` of them, the first answer after an end still without the last trade.
    for limit in 1..=6 {
        let mut polls = Vec::new();
        for at in (3..900_i64).step_by(20) {
            let newest = at / 60;
            for minute in (newest - limit + 1).max(0)..=newest {
                let seconds = (at - 2 - minute * 60).clamp(1, 60);
                polls.push((minute, (at - minute * 60) * 1_000, seconds));
            }
        }
        let (candles, _) = told(&polls);
        for minute in 0..13 {
            let of: Vec<_> = candles.iter().filter(|it| it.0 == minute).collect();
            match limit {
                // Of the one candle that each answer tells the whole is never heard.
                1 => assert_eq!(of, [&(minute, 23_000, 21), &(minute, 43_000, 41)], "{minute}"),
                _ => assert_eq!(of, [&(minute, 63_000, 60)], "{minute} of {limit}"),
            }
        }
    }
    // In answers that have the newest first, or of which each tells several for the first time.
    for every in [20, 120, 300] {
        let mut polls = Vec::new();
        for at in (58..3_000_i64).step_by(every) {
            for minute in ((at / 60 - 9).max(0)..=at / 60).rev() {
                polls.push((minute, (at - minute * 60) * 1_000, (at - minute * 60).min(60)));
            }
        }
        let (candles, _) = told(&polls);
        let starts: Vec<i64> = candles.iter().map(|it| it.0).collect();
        assert!(starts.is_sorted(), "each {every} s: {starts:?}");
        for minute in 0..40 {
            let of: Vec<_> = candles.iter().filter(|it| it.0 == minute).collect();
            assert!(matches!(of[..], [(_, 60_000.., 60)]), "each {every} s: {of:?}");
        }
    }
    // Polled once a minute shortly before the end, and a poll fails: of that candle nothing but a stage is known.
    let mut polls = Vec::new();
    for at in (57..1_800_i64).step_by(60).filter(|it| it / 60 % 7 != 3) {
        let minute = at / 60;
        polls.extend([(minute - 1, 60_000 + at % 60 * 1_000, 60), (minute, at % 60 * 1_000, at % 60)]);
    }
    let (candles, _) = told(&polls[1..]);
    let missing = |it: &i64| it % 7 == 2;
    let whole: Vec<_> = (0..29).filter(|it| !missing(it)).map(|it| (it, 117_000, 60)).collect();
    assert_eq!(candles, whole);
    // However often it was told alike, or in which order it stands.
    let quiet = (1..10_000).map(|it| (0, it * 6, 3)).chain([(0, 60_100, 3), (1, 60_100, 7)]);
    let quiet: Vec<_> = quiet.collect();
    assert_eq!(told(&quiet), (vec![(0, 60_100, 3), (1, 60_100, 7)], 9_999));
    let backwards: Vec<_> = stages.iter().rev().copied().collect();
    assert_eq!(told(&backwards).0, [(0, 60_200, 6), (1, 60_200, 7)]);
    // Told once, however early, nothing shows that it grew.
    assert_eq!(told(&[(0, 59_900, 5), (1, 59_900, 2)]), (vec![(0, 59_900, 5), (1, 59_900, 2)], 0));
}

/// A table to which pages are appended, each with a last row that still grew; what stands twice alike is told twice.
#[test]
fn of_a_candle_that_stands_twice_the_last_is_the_candle() {
    let text = "kind = \"bars\"\nspan = \"1m\"\ntime = { column = \"at\", unit = \"s\" }\n\
                columns = { open = \"o\", high = \"h\", low = \"l\", close = \"c\", volume = \"v\" }\n";
    let told = |rows: &[(i64, i64)]| -> (Vec<(i64, i64)>, u64) {
        let line = |it: &(i64, i64)| format!("{},1,2,1,2,{}\n", 1_738_368_000 + it.0 * 60, it.1);
        let rows = format!("at,o,h,l,c,v\n{}", rows.iter().map(line).collect::<String>());
        let all = instruments(&[("X", "0.1", "1")]);
        let symbols = Symbols::one(all.iter().next().unwrap());
        let mut out = EventBuffer::new();
        let mapping = Mapping::parse(text).unwrap();
        let counts = decode_table("f.csv", rows.as_bytes(), mapping, symbols, &mut out).unwrap();
        let candle = |event: scalp_types::MarketEvent<'_>| match event.body {
            MarketBody::Bar(it) => {
                (it.open_at.nanos() / 60_000_000_000 - 1_738_368_000 / 60, it.volume.get())
            }
            other => panic!("{other:?}"),
        };
        (out.iter().map(candle).collect(), counts.unfinished)
    };
    assert_eq!(told(&[(0, 5), (1, 2), (1, 6), (2, 7)]), (vec![(0, 5), (1, 6), (2, 7)], 1));
    assert_eq!(
        told(&[(0, 5), (1, 2), (0, 5), (1, 6), (2, 7), (3, 8)]).0,
        [(0, 5), (0, 5), (1, 6), (2, 7), (3, 8)]
    );
    // Alike, or long after.
    assert_eq!(told(&[(0, 5), (0, 5), (1, 6)]), (vec![(0, 5), (0, 5), (1, 6)], 0));
    assert_eq!(told(&[(0, 5), (1, 6), (2, 7), (0, 9)]), (vec![(0, 5), (0, 9), (1, 6), (2, 7)], 0));
}
