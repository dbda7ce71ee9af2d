use super::*;
use crate::connection::Connection;
use crate::testing::{data, instruments, spec};
use scalp_types::{DepthKind, Instruments, MarketBody, Price, Qty, Side};

fn decode(options: CaptureOptions, lines: &[&str]) -> Result<(EventBuffer, CaptureCounts), Fault> {
    let all = instruments(&[("BTCUSDT", "0.1", "0.001"), ("ETHUSDT", "0.01", "0.001")]);
    let mut decoder = Decoder::new(Symbols::of_venue(&all, "v"), options);
    let mut out = EventBuffer::new();
    for (n, line) in lines.iter().enumerate() {
        decoder.decode_line(line.as_bytes(), n as u64 + 1, &mut out)?;
    }
    Ok((out, decoder.counts))
}

const DEPTH: &str = r#"1000000000000000007 {"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1000000000010,"T":1000000000009,"s":"BTCUSDT","U":10,"u":12,"pu":9,"b":[["61800.20","2.507"],["61800.1","0"]],"a":[["61800.30","2.510"]]}}"#;
const TRADE: &str = r#"1000000000000000008 {"stream":"btcusdt@trade","data":{"e":"trade","E":1000000000011,"T":1000000000010,"s":"BTCUSDT","t":5266583935,"p":"61800.30","q":"0.006","X":"MARKET","m":false}}"#;

#[test]
fn a_depth_update_and_a_trade_keep_every_number_and_both_times() {
    let (out, counts) = decode(CaptureOptions::default(), &[DEPTH, TRADE]).unwrap();
    let depth = out.get(0).unwrap();
    assert_eq!(depth.exchange_at.nanos(), 1_000_000_000_009_000_000);
    assert_eq!(depth.arrived_at.nanos(), 1_000_000_000_000_000_007);
    let MarketBody::Depth(it) = depth.body else { panic!("{depth:?}") };
    let level = |p, q| Level { price: Price::new(p), qty: Qty::new(q) };
    assert_eq!((it.kind, it.first_id, it.last_id, it.previous_id), (DepthKind::Delta, 10, 12, 9));
    assert_eq!(it.bids, [level(618_002, 2_507), level(618_001, 0)]);
    assert_eq!(it.asks, [level(618_003, 2_510)]);
    let trade = out.get(1).unwrap();
    let MarketBody::Trade(it) = trade.body else { panic!("{trade:?}") };
    assert_eq!((it.id.0, it.price.get(), it.qty.get(), it.taker), (5_266_583_935, 618_003, 6, Side::Buy));
    assert_eq!((counts.depths, counts.levels, counts.trades), (1, 3, 1));
}

#[test]
fn unknown_fields_other_orders_and_blanks_change_nothing() {
    let (want, _) = decode(CaptureOptions::default(), &[DEPTH]).unwrap();
    for same in [
        r#"1000000000000000007 {"e":"depthUpdate","E":1000000000010,"T":1000000000009,"s":"BTCUSDT","U":10,"u":12,"pu":9,"b":[["61800.20","2.507"],["61800.1","0"]],"a":[["61800.30","2.510"]]}"#,
        r#"1000000000000000007 {"stream":"btcusdt@depth@0ms","new":{"x":[1]},"data":{"st":2,"ps":"BTC","a":[["61800.30","2.510"]],"b":[["61800.20","2.507"],["61800.1","0"]],"pu":9,"u":12,"U":10,"s":"BTCUSDT","T":1000000000009,"zz":{"b":[]},"E":1000000000010,"e":"depthUpdate"}}"#,
        "1000000000000000007 { \"data\" : { \"e\" : \"depthUpdate\", \"T\" : 1000000000009, \"s\" : \"BTCUSDT\", \"U\" : 10, \"u\" : 12, \"pu\" : 9, \"b\" : [ [ \"61800.20\" , \"2.507\" ] , [\"61800.1\", \"0\", \"7\"] ], \"a\" : [ [\"61800.30\", \"2.510\"] ] }, \"stream\" : \"btcusdt@depth@0ms\" } ",
    ] {
        let (got, _) = decode(CaptureOptions::default(), &[same]).unwrap();
        assert!(got.iter().eq(want.iter()), "{same}");
    }
}

#[test]
fn what_is_left_out_is_counted() {
    let quote = r#"1000000000000000000 {"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":5,"s":"BTCUSDT","b":"61800.20","B":"2.507","a":"61800.30","A":"2.510","T":1000000000000,"E":1000000000000}}"#;
    let insurance = TRADE.replace("MARKET", "INSURANCE_FUND");
    let aggregate = r#"1000000000000000000 {"e":"aggTrade","E":1000000000011,"T":1000000000010,"s":"BTCUSDT","a":1,"p":"61800.30","q":"0.006","m":false}"#;
    let reply = r#"1000000000000000000 {"result":null,"id":1}"#;
    let lines = [TRADE, &insurance, aggregate, quote, reply, ""];
    let (out, counts) = decode(CaptureOptions::default(), &lines).unwrap();
    assert_eq!(out.len(), 1);
    let left = [counts.quotes_left_out, counts.trades_not_market, counts.trades_told_twice, counts.unknown];
    assert_eq!(left, [1; 4]);
    let (out, counts) = decode(CaptureOptions { quotes: true, ..Default::default() }, &[quote]).unwrap();
    assert_eq!((out.len(), counts.quotes, counts.quotes_left_out), (1, 1, 0));
}

#[test]
fn funding_settles_when_the_next_time_is_announced() {
    let mark = |event: u64, rate: &str, next: u64| {
        format!(
            r#"{{"e":"markPriceUpdate","E":{event},"s":"BTCUSDT","p":"61800.28765432","i":"61810.1","r":"{rate}","T":{next}}}"#
        )
    };
    let [a, b, c] = [
        mark(1_000_000, "0.0001", 2_000_000),
        mark(1_500_000, "0.00012", 2_000_000),
        mark(2_000_500, "0.0003", 3_000_000),
    ];
    let (out, _) = decode(CaptureOptions::default(), &[&a, &b, &c]).unwrap();
    assert_eq!(out.len(), 4);
    let funding = out.get(2).unwrap();
    let MarketBody::Funding(it) = funding.body else { panic!("{funding:?}") };
    assert_eq!((it.rate.get(), it.mark), (120_000_000, Some(Price::new(618_003))));
    assert_eq!(funding.exchange_at.nanos(), 2_000_000_000_000);
    assert_eq!(funding.arrived_at.nanos(), 2_000_500_000_000);
}

#[test]
fn each_kind_of_bad_line_is_one_clear_error() {
    let check = |line: &str, field: &str, expected: &str| {
        let fault = decode(CaptureOptions::default(), &[line]).unwrap_err();
        let Fault::Field { field: f, expected: e, .. } = &fault else { panic!("{fault:?}") };
        assert!(&**f == field && e.contains(expected), "{line}: {fault:?}");
    };
    check(&DEPTH.replace("61800.20", "NaN"), "b", "a decimal number");
    check(&DEPTH.replace("61800.20", "-61800.20"), "b", "a price above zero");
    check(&DEPTH.replace("61800.20", "61800.25"), "b", "a multiple of 0.1");
    check(&DEPTH.replace("2.510", "1e30"), "a", "at most 9223372036854775807 steps of 0.001");
    check(&DEPTH.replace("2.510", "-1"), "a", "a size of zero or more");
    check(&DEPTH.replace("BTCUSDT", "DOGEUSDT"), "symbol", "a defined instrument (BTCUSDT, ETHUSDT)");
    check(&DEPTH.replace("\"u\":12", "\"u\":-12"), "u", "a whole number");
    check(&DEPTH.replace("\"T\":1000000000009", "\"T\":99999999999999999999"), "T", "milliseconds");
    check(&TRADE.replace("\"p\":\"61800.30\",", ""), "p", "a value, in every row");
    check(&TRADE.replace("false", "maybe"), "m", "true or false");
    check("1000000000000000008x {}", "receive time", "nanoseconds");
    check("garbage", "message", "a JSON object");
    check(&DEPTH[..DEPTH.len() - 1], "json at byte 197", "'}'");
    check(r#"1000000000000000000 {"lastUpdateId":1,"bids":[],"asks":[]}"#, "symbol", "one instrument");
}

#[test]
fn the_recorded_captures_give_the_rows_that_stand_in_them() {
    // Message counts are those of the README beside the files; levels were counted by another program.
    let cases = [
        ("usdm_btcusdt_20240808.gz", "BTCUSDT", "0.1", "0.001", 6_551, 443_521, 21_313, 66_089, 1),
        ("usdm_ethusdt_20240808.gz", "ETHUSDT", "0.01", "0.001", 6_586, 428_662, 14_076, 53_992, 1),
        ("cm_btcusd_perp_20240808.gz", "BTCUSD_PERP", "0.1", "1", 26_847, 296_013, 2_286, 19_136, 1),
        ("spot_btcusdt_20240808.gz", "BTCUSDT", "0.01", "0.00000001", 3_451, 124_090, 9_757, 28_040, 1),
    ];
    for (file, symbol, tick, lot, depths, levels, trades, quotes, snapshots) in cases {
        let all = instruments(&[(symbol, tick, lot)]);
        let symbols = Symbols::of_venue(&all, "v");
        let path = data("hftbacktest").join(file);
        let mut capture = Capture::open(&path, symbols, CaptureOptions::default()).unwrap();
        let mut out = EventBuffer::new();
        let mut events = 0;
        while capture.read(&mut out).unwrap() {
            events += out.len() as u64;
            out.clear();
        }
        let counts = capture.counts();
        assert_eq!(counts.depths, depths, "{file}");
        assert_eq!(counts.trades + counts.trades_not_market, trades, "{file}");
        assert_eq!((counts.quotes_left_out, counts.snapshots), (quotes, snapshots), "{file}");
        assert_eq!(counts.levels, levels, "{file} {counts:?}");
        assert_eq!(events + out.len() as u64, counts.depths + counts.trades + counts.snapshots);
        assert_eq!(capture.position().bytes, std::fs::metadata(&path).unwrap().len(), "{file}");
    }
}

fn read_all(mut capture: Capture) -> (EventBuffer, CaptureCounts) {
    let mut out = EventBuffer::new();
    let mut batch = EventBuffer::new();
    while capture.read(&mut batch).unwrap() || !batch.is_empty() {
        batch.iter_with_source().for_each(|(event, line)| out.push(&event, line));
        batch.clear();
    }
    (out, *capture.counts())
}

#[test]
fn a_capture_in_memory_is_read_to_its_fault_and_keeps_what_came_before() {
    let all = instruments(&[("BTCUSDT", "0.1", "0.001")]);
    let mut out = EventBuffer::new();
    let text = [DEPTH, TRADE, "garbage"].join("\n");
    let symbols = Symbols::of_venue(&all, "v");
    let error = decode_capture(text.as_bytes(), symbols, CaptureOptions::default(), &mut out).unwrap_err();
    let want = "capture:3: message: expected a JSON object or array of them, got \"garbage\"";
    assert_eq!((out.len(), error.to_string().as_str()), (2, want));
}

#[test]
fn hyperliquid_and_bybit_captures_are_read() {
    let open = |path: &str, symbol: (&str, &str, &str)| {
        let all = instruments(&[symbol]);
        let symbols = Symbols::of_venue(&all, "v").skip_others();
        let chosen = path.contains("wire-bybit").then(|| "BYBIT.ws.2".into());
        let options = CaptureOptions { connections: chosen.into_iter().collect(), ..Default::default() };
        read_all(Capture::open(&data(path), symbols, options).unwrap())
    };
    let (events, counts) = open("hftbacktest/hyperliquid_btcusd_20250126.gz", ("BTC", "1", "0.00001"));
    assert_eq!((counts.snapshots, counts.trades, events.len()), (46, 64, 110));
    let (events, counts) =
        open("nautilus/market/bybit_xrpusdt_linear_ob500_20241201.data.zip", ("XRPUSDT", "0.0001", "1"));
    assert_eq!((events.len(), counts.rows(), counts.snapshots), (50, 3_966, 1));
    let (events, counts) = open("wire-bybit-2026/BYBIT.jsonl.zst", ("BTCUSDT", "0.1", "0.001"));
    let got = (counts.depths, counts.levels, counts.snapshots, counts.snapshot_levels, counts.trades);
    assert_eq!(got, (413, 6_780, 1, 400, 56));
    assert_eq!(events.len() as u64, counts.depths + counts.snapshots + counts.trades + counts.others);
}

/// A frame of this connection that tells a trade of BTCUSDT at this price.
fn framed(connection: &str, price: &str) -> String {
    let data = format!(
        r#"{{\"topic\":\"publicTrade.BTCUSDT\",\"ts\":1786310820000,\"data\":[{{\"T\":1786310820000,\"s\":\"BTCUSDT\",\"S\":\"Buy\",\"v\":\"1\",\"p\":\"{price}\",\"i\":\"7\"}}]}}"#
    );
    format!(r#"{{"t":"recv","conn":"{connection}","ts":1786310820.5,"data":"{data}"}}"#)
}

fn connected(connection: &str, address: &str) -> String {
    format!(r#"{{"t":"connect","conn":"{connection}","ts":1786310818.2,"addr":"{address}"}}"#)
}

#[test]
fn two_markets_of_one_symbol_are_never_one_stream() {
    let all = instruments(&[("BTCUSDT", "0.1", "0.001")]);
    let read = |lines: &[String], chosen: &[&str]| {
        let connections = chosen.iter().map(|&it| it.into()).collect();
        let options = CaptureOptions { connections, ..Default::default() };
        let mut out = EventBuffer::new();
        let text = lines.join("\n");
        let symbols = Symbols::of_venue(&all, "v").skip_others();
        let read = decode_capture(text.as_bytes(), symbols, options, &mut out);
        let prices = out.iter().map(|it| match it.body {
            MarketBody::Trade(it) => it.price.get(),
            other => panic!("{other:?}"),
        });
        (read.map_err(|it| it.to_string()), prices.collect::<Vec<_>>())
    };
    let linear = || connected("c.1", "wss://x/linear?a=1");
    let (spot, inverse) = (connected("c.2", "wss://x/spot"), connected("c.3", "wss://x/inverse"));
    let told = [framed("c.1", "100"), framed("c.2", "200"), framed("c.3", "300")];
    let three = [&[linear(), spot.clone(), inverse][..], &told].concat();
    // All are named, also those that come later, and where the row itself could not be read.
    let names = "c.1 (wss://x/linear), c.2 (wss://x/spot), c.3 (wss://x/inverse)";
    for second in ["200", "200.05"] {
        let mut lines = three.clone();
        lines[4] = framed("c.2", second);
        let error = read(&lines, &[]).0.unwrap_err();
        assert!(
            error.starts_with("capture:5: connection: expected the choice of one market of BTCUSDT"),
            "{error}"
        );
        assert!(error.contains(names) && error.ends_with("got \"c.2\""), "{error}");
        assert!(error.contains("--connection"), "{error}");
    }
    // One is chosen by its name, or by its address with or without what was asked for.
    for chosen in ["c.1", "wss://x/linear", "wss://x/linear?b=2"] {
        assert_eq!(read(&three, &[chosen]).1, [1_000], "{chosen}");
    }
    assert!(read(&three, &["c.1", "c.2"]).0.unwrap_err().contains("the choice of one market"));
    // Several connections to one market are one stream.
    let same = [linear(), connected("c.2", "wss://x/linear?a=2"), told[0].clone(), told[1].clone()];
    assert_eq!(read(&same, &[]).1, [1_000, 2_000]);
    // Where no address is known, each connection is a market, unless somebody says that they are not.
    assert!(read(&told, &[]).0.unwrap_err().contains(": c.1, c.2, c.3, got"));
    assert_eq!(read(&told, &["c.1", "c.3"]).1, [1_000, 3_000]);
    assert_eq!(read(&[told[0].clone(), told[0].clone()], &[]).1, [1_000, 1_000]);
    // A connection that is not there is no empty market.
    let error = read(&three, &["c.9"]).0.unwrap_err();
    let wanted = format!("expected a capture of the connection \"c.9\", got one of {names}");
    assert!(error.ends_with(&wanted), "{error}");
    let error = read(&[TRADE.to_owned()], &["c.9"]).0.unwrap_err();
    assert!(error.ends_with("got a capture that names no connections"), "{error}");
}

#[test]
fn the_recorded_spot_and_perpetual_of_bybit_are_two_books_as_their_messages_say() {
    let path = data("wire-bybit-2026/BYBIT.jsonl.zst");
    let all = instruments(&[("BTCUSDT", "0.01", "0.000001")]);
    let open = |connections: &[&str]| {
        let connections = connections.iter().map(|&it| it.into()).collect();
        let options = CaptureOptions { connections, ..Default::default() };
        Capture::open(&path, Symbols::of_venue(&all, "v").skip_others(), options).unwrap()
    };
    let mut out = EventBuffer::new();
    let mut capture = open(&[]);
    let error = loop {
        match capture.read(&mut out) {
            Ok(more) => assert!(more, "it was read as one market"),
            Err(error) => break error.to_string(),
        }
        out.clear();
    };
    let (linear, spot) = ("wss://stream.bybit.com/v5/public/linear", "wss://stream.bybit.com/v5/public/spot");
    assert!(error.contains(&format!("BYBIT.ws.2 ({linear}), BYBIT.ws.3 ({spot})")), "{error}");
    for (name, address) in [("BYBIT.ws.2", linear), ("BYBIT.ws.3", spot)] {
        let (events, counts) = read_all(open(&[name]));
        assert_eq!(counts, read_all(open(&[address])).1);
        let mut book = scalp_market::Book::new(scalp_market::BookConfig::default());
        let mut got = Vec::new();
        for event in events.iter() {
            if let MarketBody::Depth(depth) = event.body {
                book.apply(&depth);
                let best = |it: Option<Level>| it.map(|it| (it.price.get(), it.qty.get()));
                got.push((best(book.best_bid()), best(book.best_ask())));
            }
        }
        assert_eq!(got, books_by_hand(&path, name), "{name}");
        assert!(got.len() > 250);
    }
}

/// A recorder that begins a new file every hour says the address of a connection where it begins, in the first alone.
#[test]
fn a_connection_chosen_by_its_address_goes_on_in_the_next_file() {
    let folder = tempfile::tempdir().unwrap();
    let packed = std::fs::File::open(data("wire-bybit-2026/BYBIT.jsonl.zst")).unwrap();
    let whole = std::io::read_to_string(zstd::Decoder::new(packed).unwrap()).unwrap();
    let lines: Vec<&str> = whole.lines().filter(|it| it.contains("BYBIT.ws.2\"")).collect();
    let parts = [&lines[..lines.len() / 2], &lines[lines.len() / 2..]].map(|it| it.join("\n"));
    assert!(parts[0].contains("\"addr\"") && !parts[1].contains("\"addr\""));
    let read = |text: &str, chosen: &str, known: Vec<Connection>| {
        let path = folder.path().join("part.jsonl");
        std::fs::write(&path, text).unwrap();
        let all = instruments(&[("BTCUSDT", "0.01", "0.000001")]);
        let symbols = Symbols::one(all.iter().next().unwrap()).skip_others();
        let options = CaptureOptions {
            connections: vec![chosen.into()],
            known,
            one_of_several: true,
            ..Default::default()
        };
        let (mut capture, mut out, mut events) =
            (Capture::open(&path, symbols, options).unwrap(), EventBuffer::new(), 0);
        while capture.read(&mut out).unwrap() {
            events += out.len();
            out.clear();
        }
        (events + out.len(), capture.connections())
    };
    let address = "wss://stream.bybit.com/v5/public/linear";
    let (first, known) = read(&parts[0], address, Vec::new());
    let name = known.iter().find(|it| it.chosen).unwrap().name.clone();
    let (alone, _) = read(&parts[1], address, Vec::new());
    let (second, all) = read(&parts[1], address, known);
    assert!(first > 0 && second > 0 && alone == 0, "{first} {second} {alone}");
    assert_eq!(second, read(&parts[1], &name, Vec::new()).0);
    assert!(all.iter().all(|it| it.chosen == (it.name == name)), "{all:?}");
}

#[test]
fn a_connection_that_is_told_by_a_line_of_its_own_is_known_for_the_lines_below_it() {
    let symbols = |path: &str| {
        let file = data(&format!("wire-cryptofeed-2021/{path}"));
        // What each of the recordings has most of stands for one symbol that both have.
        let all = instruments(&[("X", "0.00001", "0.01")]);
        let one = all.iter().next().unwrap();
        (file, Symbols::none().with("NKNUSDT", one).with("SUSHIUSDT", one).skip_others())
    };
    let open = |path: &str, chosen: &[&str]| {
        let connections = chosen.iter().map(|&it| it.into()).collect();
        let (file, symbols) = symbols(path);
        let options = CaptureOptions { connections, one_of_several: true, ..Default::default() };
        Capture::open(&file, symbols, options).unwrap()
    };
    let read = |path: &str, chosen: &[&str]| {
        let (mut capture, mut out, mut events) = (open(path, chosen), EventBuffer::new(), 0);
        while capture.read(&mut out).unwrap() {
            events += out.len();
            out.clear();
        }
        (events + out.len(), capture.connections())
    };
    let (spot, perpetual) = ("BINANCE.ws.1.0.zst", "BINANCE_FUTURES.ws.1.0.zst");
    let (of_spot, of_perpetual) = (read(spot, &[]), read(perpetual, &[]));
    assert!(of_spot.0 > 0 && of_perpetual.0 > 0, "{} {}", of_spot.0, of_perpetual.0);
    let addresses = ["wss://stream.binance.com:9443/stream", "wss://fstream.binance.com/stream"];
    for ((_, found), address) in [&of_spot, &of_perpetual].into_iter().zip(addresses) {
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].address.as_deref(), found[0].carries.len()), (Some(address), 1));
    }
    let mut both = of_spot.1.clone();
    crate::connection::join(&mut both, of_perpetual.1.clone());
    let (_, carriers) = crate::connection::torn(&both).expect("two markets of one symbol");
    assert_eq!(crate::connection::list(carriers), addresses.join(", "));
    // The one that was chosen is read, of the other nothing is.
    assert_eq!(read(spot, &addresses[..1]).0, of_spot.0);
    assert_eq!(read(perpetual, &addresses[..1]).0, 0);
    // Where nothing else is to be read, that is an error.
    let (file, symbols) = symbols(perpetual);
    let options = CaptureOptions { connections: vec![addresses[0].into()], ..Default::default() };
    let (mut alone, mut out) = (Capture::open(&file, symbols, options).unwrap(), EventBuffer::new());
    let error = std::iter::from_fn(|| Some(alone.read(&mut out))).find_map(Result::err).unwrap().to_string();
    assert!(error.contains(&format!("a capture of the connection {:?}", addresses[0])), "{error}");
}

type Best = Option<(i64, i64)>;

/// Best bid and ask after each book message of BTCUSDT on one connection, by nothing but its JSON and two maps.
fn books_by_hand(path: &Path, connection: &str) -> Vec<(Best, Best)> {
    let text = zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap();
    let (mut bids, mut asks) = (std::collections::BTreeMap::new(), std::collections::BTreeMap::new());
    let mut all = Vec::new();
    for line in std::str::from_utf8(&text).unwrap().lines() {
        let frame: serde_json::Value = serde_json::from_str(line).unwrap();
        if frame["conn"] != connection || frame["t"] != "recv" {
            continue;
        }
        let message: serde_json::Value = serde_json::from_str(frame["data"].as_str().unwrap()).unwrap();
        if message["topic"] != "orderbook.200.BTCUSDT" {
            continue;
        }
        for (side, key) in [(&mut bids, "b"), (&mut asks, "a")] {
            if message["type"] == "snapshot" {
                side.clear();
            }
            for level in message["data"][key].as_array().unwrap() {
                let steps = |at: usize, step: f64| {
                    (level[at].as_str().unwrap().parse::<f64>().unwrap() / step).round() as i64
                };
                match (steps(0, 0.01), steps(1, 0.000_001)) {
                    (price, 0) => side.remove(&price),
                    (price, size) => side.insert(price, size),
                };
            }
        }
        let of = |it: Option<(&i64, &i64)>| it.map(|(&price, &size)| (price, size));
        all.push((of(bids.last_key_value()), of(asks.first_key_value())));
    }
    all
}

const BARTER: &str = "barter-rs/binance_spot_trades_l1_btcusdt_ethusdt_solusdt.json.gz";

#[test]
fn a_recording_of_barter_names_its_instruments_by_number() {
    let open = |names: &[(&str, &str, &str)]| {
        let all = instruments(names);
        let options = CaptureOptions { quotes: true, ..Default::default() };
        let symbols = Symbols::of_venue(&all, "v").skip_others();
        read_all(Capture::open(&data(BARTER), symbols, options).unwrap())
    };
    let fine = |name| (name, "0.01", "0.00001");
    let (events, counts) = open(&[fine("BTCUSDT"), fine("ETHUSDT"), fine("SOLUSDT")]);
    assert_eq!((counts.quotes, counts.trades, events.len()), (38_968, 11_032, 50_000));
    let trade = events.iter().find(|it| matches!(it.body, MarketBody::Trade(_))).unwrap();
    let MarketBody::Trade(it) = trade.body else { panic!("{trade:?}") };
    assert_eq!(
        (it.id.0, it.price, it.qty, it.taker),
        (4_744_868_157, Price::new(8_723_200), Qty::new(12), Side::Sell)
    );
    assert_eq!(trade.exchange_at.to_string(), "2025-03-25T23:07:00.715000000Z");
    assert_eq!(trade.arrived_at.to_string(), "2025-03-25T23:07:00.847021081Z");
    let (one, counts) = open(&[fine("ETHUSDT")]);
    assert_eq!(one.len() as u64 + counts.other_symbols, 50_000);
    assert!(!one.is_empty() && counts.other_symbols > 0);
}

#[test]
fn a_number_without_a_name_is_its_own_name_and_quotes_are_left_out_unless_asked_for() {
    let line = r#"{"Item":{"time_exchange":"2025-03-25T23:07:00.715Z","time_received":"2025-03-25T23:07:00.847021081Z","exchange":"x","instrument":7,"kind":KIND}}"#;
    let trade = line.replace("KIND", r#"{"Trade":{"id":"4","price":87232.0,"amount":0.002,"side":"Sell"}}"#);
    let quote = line
        .replace("KIND", r#"{"OrderBookL1":{"best_bid":{"price":"2059.1","amount":"33"},"best_ask":null}}"#);
    let all = instruments(&[("7", "0.1", "0.001")]);
    let read = |quotes| {
        let mut out = EventBuffer::new();
        let text = [&*trade, &quote].join("\n");
        let options = CaptureOptions { quotes, ..Default::default() };
        let symbols = Symbols::of_venue(&all, "v");
        (decode_capture(text.as_bytes(), symbols, options, &mut out).unwrap(), out)
    };
    let (counts, _) = read(false);
    assert_eq!((counts.trades, counts.quotes, counts.quotes_left_out), (1, 0, 1));
    let (counts, out) = read(true);
    assert_eq!((counts.trades, counts.quotes), (1, 1));
    let MarketBody::Quote(it) = out.get(1).unwrap().body else { panic!("{out:?}") };
    assert_eq!((it.bid.price, it.ask.qty), (Price::new(20_591), Qty::ZERO));
    let bad = trade.replace("Sell", "Sold");
    let error = decode(CaptureOptions::default(), &[&bad.replace(":7,", ":\"BTCUSDT\",")]).unwrap_err();
    assert!(matches!(&error, Fault::Field { field, .. } if &**field == "side"), "{error:?}");
}

#[test]
fn frames_as_cryptofeed_keeps_them_are_read_with_the_symbol_of_their_request() {
    let open = |file: &str, symbol: (&str, &str, &str)| {
        let all = instruments(&[symbol]);
        let symbols = Symbols::of_venue(&all, "v").skip_others();
        let path = data("wire-cryptofeed-2021").join(file);
        read_all(Capture::open(&path, symbols, CaptureOptions::default()).unwrap())
    };
    let (events, counts) = open("BINANCE.http.0.0.zst", ("LRCBTC", "0.00000001", "1"));
    assert_eq!((events.len(), counts.snapshots, counts.other_symbols), (1, 1, 3));
    assert_eq!(events.get(0).unwrap().exchange_at.to_string(), "2021-10-12T00:28:36.844380900Z");
    let (events, counts) = open("BINANCE.ws.1.0.zst", ("NKNUSDT", "0.0001", "1"));
    assert_eq!(counts.depths + counts.trades + counts.others, events.len() as u64);
    assert!(counts.depths > 50 && counts.quotes_left_out == 84, "{counts:?}");
    let (_, counts) = open("BINANCE_FUTURES.http.0.0.zst", ("AKROUSDT", "0.00001", "1"));
    assert_eq!((counts.snapshots, counts.other_symbols), (1, 3));
    let (_, counts) = open("BINANCE_DELIVERY.ws.1.0.zst", ("BCHUSD_PERP", "0.01", "1"));
    assert!(counts.depths > 100 && counts.quotes_left_out == 2_240, "{counts:?}");
}

#[test]
fn a_capture_of_messages_that_nobody_knows_is_an_error_and_not_an_empty_market() {
    let all = instruments(&[("BTCUSDT", "0.1", "0.001")]);
    let text = "{\"feed\":\"book\"}\n{\"feed\":\"trade\"}\n";
    let symbols = Symbols::of_venue(&all, "v");
    let error = decode_capture(text.as_bytes(), symbols, CaptureOptions::default(), &mut EventBuffer::new());
    assert!(error.unwrap_err().to_string().contains("2 messages of other kinds and none of these"));
}

#[test]
fn recordings_kept_as_one_array_are_read_message_by_message() {
    let all = instruments(&[("ETHBTC", "0.000001", "0.001")]);
    let open = |name: &str| {
        let path = data("l2diff-binance-spot").join(format!("ETHBTC_2020-11-01T09-00-00_{name}.json.zst"));
        read_all(Capture::open(&path, Symbols::of_venue(&all, "v"), CaptureOptions::default()).unwrap())
    };
    let (events, counts) = open("update");
    assert_eq!((events.len(), counts.levels), (3_600, 67_601));
    let (_, counts) = open("trades");
    assert_eq!(counts.trades, 1_736);
    let (events, counts) = open("snapshot");
    assert_eq!((counts.snapshots, counts.snapshot_levels), (1, 2_000));
    assert_eq!(events.get(0).unwrap().exchange_at.to_string(), "2020-11-01T09:00:00.000000000Z");
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_events_or_an_error(text in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let all = Instruments::new([spec("BTCUSDT", "0.1", "0.001")]).unwrap();
        let mut decoder = Decoder::new(Symbols::of_venue(&all, "v"), CaptureOptions { quotes: true, ..Default::default() });
        let _ = decoder.decode_line(&text, 1, &mut EventBuffer::new());
    }

    #[test]
    fn damaged_messages_are_events_or_an_error(which in 0_usize..2, at in 0_usize..260, byte in proptest::prelude::any::<u8>(), cut in 0_usize..300) {
        let all = Instruments::new([spec("BTCUSDT", "0.1", "0.001")]).unwrap();
        let mut decoder = Decoder::new(Symbols::of_venue(&all, "v"), CaptureOptions::default());
        let mut text = [DEPTH, TRADE][which].as_bytes().to_vec();
        let at = at % text.len();
        text[at] = byte;
        text.truncate(cut);
        let _ = decoder.decode_line(&text, 1, &mut EventBuffer::new());
    }
}

#[test]
fn the_best_levels_of_which_there_are_fewer_than_the_stream_tells_are_all_there_are() {
    let kinds = |lines: &[String]| {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let (events, _) = decode(CaptureOptions::default(), &lines).unwrap();
        let kind = |it: scalp_types::MarketEvent<'_>| match it.body {
            MarketBody::Depth(it) => it.kind,
            other => panic!("{other:?}"),
        };
        events.iter().map(kind).collect::<Vec<_>>()
    };
    let levels = |count: u32, step: &str| {
        let all: Vec<String> = (0..count).map(|it| format!(r#"["61{step}{it:02}.0","1"]"#)).collect();
        all.join(",")
    };
    let binance = |bids: u32, asks: u32| {
        let depth = DEPTH.replace("@depth@0ms", "@depth5@100ms");
        let (head, _) = depth.split_once(r#""b":"#).unwrap();
        format!(r#"{head}"b":[{}],"a":[{}]}}}}"#, levels(bids, "7"), levels(asks, "8"))
    };
    use DepthKind::{Snapshot, TopSnapshot};
    let got = kinds(&[binance(5, 5), binance(4, 5), binance(4, 3), binance(0, 1)]);
    assert_eq!(got, [TopSnapshot, TopSnapshot, Snapshot, Snapshot]);
    let hyperliquid = |bids: u32, asks: u32| {
        let side = |count: u32, step: u32| {
            let level = |it: u32| format!(r#"{{"px":"{}.0","sz":"1","n":1}}"#, 61_000 + step + it);
            (0..count).map(level).collect::<Vec<_>>().join(",")
        };
        format!(
            r#"1000000000000000007 {{"channel":"l2Book","data":{{"coin":"BTCUSDT","time":1000000000009,"levels":[[{}],[{}]]}}}}"#,
            side(bids, 0),
            side(asks, 500)
        )
    };
    let got = kinds(&[hyperliquid(20, 20), hyperliquid(20, 19), hyperliquid(3, 0)]);
    assert_eq!(got, [TopSnapshot, Snapshot, Snapshot]);
}
