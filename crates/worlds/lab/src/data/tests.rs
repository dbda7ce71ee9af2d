use super::*;
use crate::backtest::Plan;
use scalp_strategy::Shipped;

/// Sources that speak at one time, in any order of the configuration.
#[test]
fn a_mark_comes_first_then_a_bar_then_the_funding_of_its_close_then_quotes_however_the_sources_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("marks.csv", "ts,mark\n1700000000000,100\n1700028800000,150\n");
    write("funding.csv", "ts,rate\n1700028800000,0.01\n");
    write("bars.csv", "ts,open,high,low,close,volume\n1700025200000,100,150,100,150,1\n");
    write("quotes.csv", "ts,bid,bid_qty,ask,ask_qty\n1700028800000,149,1,150,1\n");
    let source = |name: &str, kind: &str, columns: &str| {
        let columns: String = columns.split(' ').map(|it| format!("columns.{it} = \"{it}\"\n")).collect();
        let span = if kind == "bars" { "span = \"1h\"\n" } else { "" };
        format!(
            "[[data]]\npath = \"{}\"\nformat = \"mapping\"\n[data.mapping]\nkind = \"{kind}\"\n{span}time = {{ column = \"ts\", unit = \"ms\" }}\n{columns}",
            folder.path().join(name).display()
        )
    };
    let sources = [
        source("marks.csv", "marks", "mark"),
        source("bars.csv", "bars", "open high low close volume"),
        source("funding.csv", "funding", "rate"),
        source("quotes.csv", "quotes", "bid bid_qty ask ask_qty"),
    ];
    for order in [[0, 1, 2, 3], [3, 1, 0, 2], [2, 1, 3, 0], [2, 3, 0, 1], [0, 2, 3, 1]] {
        let text = format!(
            "[run]\nname = \"order\"\n[[instrument]]\nvenue = \"v\"\nsymbol = \"S\"\nbase = \"B\"\nquote = \"Q\"\ntick = \"1\"\nlot = \"1\"\n{}[strategy]\nname = \"buy-and-hold\"\n",
            order.map(|it| sources[it].as_str()).concat()
        );
        let mut config =
            Config::parse(&text, Path::new("test.toml")).unwrap_or_else(|e| panic!("{e}\n{text}"));
        config.report.folder = folder.path().into();
        let plan: Plan<Shipped> = Plan::new(config.clone(), instruments(&config).unwrap()).unwrap();
        let loaded =
            load(&plan.config, &plan.instruments, &mut |_, _, _| {}).unwrap_or_else(|e| panic!("{e}"));
        let kinds: Vec<Kind> = loaded.tracks.iter().map(|it| it.file.summary().kinds[0].kind).collect();
        assert_eq!(kinds, [Kind::Mark, Kind::Bar, Kind::Funding, Kind::Quote], "{order:?}");
    }
}

#[test]
fn files_that_overlap_are_told_and_files_that_follow_one_another_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let rows = |name: &str, seconds: std::ops::Range<u64>| {
        let path = folder.path().join(name);
        let rows = seconds.map(|it| format!("{it},{},100,1,1\n", 1_700_000_000_000 + it * 1_000));
        std::fs::write(&path, format!("id,ts,price,qty,side\n{}", rows.collect::<String>())).unwrap();
        path
    };
    let (first, second) = (rows("first.csv", 0..1_000), rows("second.csv", 1_000..2_000));
    let (month, day) = (rows("month.csv", 0..2_000), rows("day.csv", 500..1_500));
    let said = |paths: &[&Path], window: &str| {
        let paths: Vec<String> = paths.iter().map(|it| format!("{:?}", it.display().to_string())).collect();
        let text = format!(
            "[[data]]\npath = [{}]\nformat = \"mapping\"\n{window}[data.mapping]\nkind = \"trades\"\ntime = {{ column = \"ts\", unit = \"ms\" }}\nside = {{ column = \"side\", buy = [\"1\"], sell = [\"0\"] }}\ncolumns = {{ id = \"id\", price = \"price\", qty = \"qty\" }}\n[[instrument]]\nsymbol = \"S\"\ntick = 1\nlot = 1\n[strategy]\nname = \"watch\"\n",
            paths.join(", ")
        );
        let mut config =
            Config::parse(&text, Path::new("test.toml")).unwrap_or_else(|e| panic!("{e}\n{text}"));
        config.report.folder = folder.path().into();
        let loaded = load(&config, &instruments(&config).unwrap(), &mut |_, _, _| {}).unwrap();
        loaded.warnings.join("\n").replace(&format!("{}/", folder.path().display()), "")
    };
    assert_eq!(said(&[&first, &second], ""), "");
    assert_eq!(
        said(&[&month, &day], ""),
        "month.csv and day.csv both hold trade events of binance-usdm:S from 2023-11-14T22:21:40.000000000Z to \
         2023-11-14T22:38:19.000000000Z: what stands in both happens twice."
    );
    let before = "end = \"2023-11-14T22:21:40Z\"\n";
    assert_eq!(said(&[&month, &day], before), "", "what is left out does not happen twice");
    let many = said(&[&month, &day, &first], "");
    assert!(many.ends_with("\n2 more pairs of files overlap likewise."), "{many}");
}

/// A configuration of these sources, kept in a folder of its own, and what came of it.
fn loaded(folder: &Path, data: &str, instrument: &str) -> Result<Loaded, DataError> {
    let text = format!("{data}[[instrument]]\n{instrument}\n[strategy]\nname = \"watch\"\n");
    let mut config = Config::parse(&text, Path::new("test.toml")).unwrap_or_else(|e| panic!("{e}\n{text}"));
    config.report.folder = folder.into();
    load(&config, &instruments(&config).unwrap(), &mut |_, _, _| {})
}

/// Trades with a time of the venue and one of arrival, in milliseconds since 1.7e12.
fn arriving(folder: &Path, name: &str, times: &[(i64, i64)]) -> String {
    let at = |it: i64| 1_700_000_000_000 + it;
    let row = |it: &(i64, i64)| format!("{},{},100,1,1\n", at(it.0), at(it.1));
    let rows: String = times.iter().map(row).collect();
    let path = folder.join(name);
    std::fs::write(&path, format!("ts,came,price,qty,side\n{rows}")).unwrap();
    path.display().to_string()
}

const ARRIVING: &str = "[data.mapping]\nkind = \"trades\"\ntime = { column = \"ts\", unit = \"ms\" }\nside = { column = \"side\", buy = [\"1\"], sell = [\"0\"] }\ncolumns = { price = \"price\", qty = \"qty\" }\n";

#[test]
fn late_rows_are_seen_as_they_arrive_and_the_warning_says_so_and_rows_of_one_time_are_put_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path =
        arriving(folder.path(), "late.csv", &[(0, 10), (9_000, 9_010), (4_000, 9_020), (9_500, 9_510)]);
    let source = format!("[[data]]\npath = {path:?}\nformat = \"mapping\"\n");
    let arrival = "arrival = { column = \"came\", unit = \"ms\" }\n";
    let said = |mapping: &str| {
        let loaded =
            loaded(folder.path(), &format!("{source}{mapping}"), "symbol = \"S\"\ntick = 1\nlot = 1")
                .unwrap();
        let mut events = loaded.tracks[0].file.by_arrival();
        let mut times = Vec::new();
        while let Some(event) = scalp_types::EventStream::next(&mut events).unwrap() {
            times.push(event.exchange_at.nanos() / 1_000_000 - 1_700_000_000_000);
        }
        assert_eq!(loaded.warnings.len(), 1, "{:?}", loaded.warnings);
        (loaded.warnings[0].replace(&path, "late.csv"), times)
    };
    let (text, times) = said(&ARRIVING.replacen("side =", &format!("{arrival}side ="), 1));
    assert_eq!(
        text,
        "late.csv: 1 row goes back in time, the furthest by 5 s; the strategy sees them in the order in which they arrived, \
         the venue in the order of their times: scalp data check shows the rows."
    );
    assert_eq!(times, [0, 9_000, 4_000, 9_500]);
    let (text, times) = said(ARRIVING);
    assert_eq!(
        text,
        "late.csv: 1 row goes back in time, the furthest by 5 s; the run has them in the order of their times. A clock that \
         jumped has the wrong times there: scalp data check shows the rows."
    );
    assert_eq!(times, [0, 4_000, 9_000, 9_500]);
}

#[test]
fn one_constant_sets_the_clock_of_all_files_of_a_source_right() {
    let folder = tempfile::tempdir().unwrap();
    let first = arriving(folder.path(), "first.csv", &[(0, -400), (1_000, 700)]);
    let second = arriving(folder.path(), "second.csv", &[(2_000, 1_900), (3_000, 2_995)]);
    let mapping = ARRIVING.replacen("side =", "arrival = { column = \"came\", unit = \"ms\" }\nside =", 1);
    let shifts = |shift: &str| -> Vec<i64> {
        let source =
            format!("[[data]]\npath = [{first:?}, {second:?}]\nformat = \"mapping\"\n{shift}{mapping}");
        let loaded = loaded(folder.path(), &source, "symbol = \"S\"\ntick = 1\nlot = 1").unwrap();
        loaded.tracks.iter().map(|it| it.shift.nanos() / 1_000_000).collect()
    };
    assert_eq!(shifts(""), [0, 0]);
    assert_eq!(shifts("receive_shift = \"smallest-latency-zero\"\n"), [400, 400]);
}

#[test]
fn a_market_of_a_capture_is_chosen_by_its_connection() {
    let folder = tempfile::tempdir().unwrap();
    let capture =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/wire-bybit-2026/BYBIT.jsonl.zst");
    let btc = "venue = \"bybit\"\nsymbol = \"BTCUSDT\"\ntick = \"0.01\"\nlot = \"0.000001\"";
    let load = |more: &str| loaded(folder.path(), &format!("[[data]]\npath = {capture:?}\n{more}\n"), btc);
    let error = load("").unwrap_err().to_string();
    let wanted = "connection: expected the choice of one market of BTCUSDT by the name or address of its connection \
                  (--connection, or connection in [[data]]): BYBIT.ws.2 (wss://stream.bybit.com/v5/public/linear), BYBIT.ws.3 \
                  (wss://stream.bybit.com/v5/public/spot)";
    assert!(error.contains(wanted), "{error}");
    let depths = |more: &str| -> u64 {
        let loaded = load(more).unwrap_or_else(|e| panic!("{e}"));
        let kinds = &loaded.tracks[0].file.summary().kinds;
        kinds.iter().find(|it| it.kind == Kind::Depth).unwrap().events
    };
    // As many as there are messages of the book on each.
    assert_eq!(depths("connection = \"BYBIT.ws.2\""), 414);
    assert_eq!(depths("connection = [\"wss://stream.bybit.com/v5/public/spot\"]"), 300);
    let error = load("connection = \"BYBIT.ws.4\"").unwrap_err().to_string();
    assert!(error.contains("expected a capture of the connection \"BYBIT.ws.4\""), "{error}");
    let kept = std::fs::read_dir(folder.path().join(CACHE)).unwrap();
    let kept = kept.flatten().map(|it| it.path()).find(|it| it.extension().is_some_and(|it| it == "events"));
    let source =
        format!("[[data]]\npath = {:?}\nconnection = \"BYBIT.ws.2\"\n", kept.unwrap().display().to_string());
    let error = loaded(folder.path(), &source, btc).unwrap_err().to_string();
    assert_eq!(
        error,
        "test.toml: data[0].connection: expected a capture: event files and catalogues name no connections"
    );
}

/// The recorded spot and perpetual of Bybit, each in a file of its own, as a recorder writes them that keeps one for each connection.
fn one_file_each(folder: &Path) -> [String; 2] {
    let capture =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/wire-bybit-2026/BYBIT.jsonl.zst");
    let mut source = scalp_tables::source::Source::open(Path::new(capture)).unwrap();
    let mut text = String::new();
    while let Some(line) = source.next_line().unwrap() {
        text += std::str::from_utf8(line.text).unwrap();
        text.push('\n');
    }
    ["BYBIT.ws.2", "BYBIT.ws.3"].map(|name| {
        let lines = text.lines().filter(|it| it.contains(&format!("\"{name}\"")));
        let path = folder.join(format!("{name}.jsonl"));
        std::fs::write(&path, lines.flat_map(|it| [it, "\n"]).collect::<String>()).unwrap();
        path.display().to_string()
    })
}

#[test]
fn markets_in_files_of_their_own_are_no_more_one_market_than_in_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let [linear, spot] = one_file_each(folder.path());
    let btc = "venue = \"bybit\"\nsymbol = \"BTCUSDT\"\ntick = \"0.01\"\nlot = \"0.000001\"";
    let load = |source: &str| loaded(folder.path(), source, btc);
    let address = |it: &str| format!("wss://stream.bybit.com/v5/public/{it}");
    let together = format!("[[data]]\npath = [{linear:?}, {spot:?}]\n");
    let apart = format!("[[data]]\npath = {linear:?}\n[[data]]\npath = {spot:?}\n");
    let names = format!("BYBIT.ws.2 ({}), BYBIT.ws.3 ({})", address("linear"), address("spot"));
    // Also from the files that were converted before.
    for source in [&together, &apart, &together] {
        let error = load(source).map(|it| it.warnings).unwrap_err().to_string();
        assert!(error.contains("expected the choice of one market of BTCUSDT"), "{error}");
        assert!(
            error.contains(&names) && error.contains("BYBIT.ws.3.jsonl would add another market"),
            "{error}"
        );
    }
    for (chosen, depths, other) in [("linear", 414, "BYBIT.ws.3"), ("spot", 300, "BYBIT.ws.2")] {
        for _ in 0..2 {
            let loaded = load(&format!("{together}connection = {:?}\n", address(chosen))).unwrap();
            let of_depth = |it: &Track| {
                let kinds = &it.file.summary().kinds;
                kinds.iter().find(|it| it.kind == Kind::Depth).map_or(0, |it| it.events)
            };
            assert_eq!(loaded.tracks.iter().map(of_depth).collect::<Vec<u64>>(), [depths]);
            let [told] = &loaded.warnings[..] else { panic!("{:?}", loaded.warnings) };
            assert!(told.contains(&format!("{other}.jsonl: passed over")), "{told}");
        }
    }
    let error = load(&format!("{together}connection = \"BYBIT.ws.9\"\n")).unwrap_err().to_string();
    let wanted = format!("expected a capture of the connection \"BYBIT.ws.9\", got one of {names}");
    assert!(error.ends_with(&wanted), "{error}");
}
