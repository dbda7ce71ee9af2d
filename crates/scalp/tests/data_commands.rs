//! `scalp data`: bad input gives one line that names file, place, field and what was expected, and keeps nothing; what is
//! the same data twice is known in any packing; what a killed command has left goes with the next.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::{Bench, Said, shared};

const HEADER: &str = "ts_ns,trade_id,price,qty,buyer_maker\n";
const ROWS: usize = 2_000;

/// A tape of one trade a second.
fn good() -> String {
    let row = |n: usize| {
        let at = 1_600_000_000_000_000_000 + n as i64 * 1_000_000_000;
        format!("{at},{n},{}.5,0.{},{}\n", 100 + n % 7, n % 9 + 1, n % 2)
    };
    HEADER.to_owned() + &(1..=ROWS).map(row).collect::<String>()
}
/// The same with something changed in its hundredth trade, line 101.
fn changed(from: &str, to: &str) -> String {
    let text = good();
    let line = text.lines().nth(100).unwrap();
    assert!(line.contains(from), "{line}");
    text.replacen(line, &line.replacen(from, to, 1), 1)
}

fn gz(text: &str, level: u32) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}
/// Text in a packing that stores it as it is, with one bit of this place in it flipped.
fn flipped(text: &str, place: &str) -> Vec<u8> {
    let mut bytes = gz(text, 0);
    let at = bytes.windows(place.len()).position(|it| it == place.as_bytes()).unwrap();
    bytes[at] ^= 64;
    bytes
}

/// `scalp data COMMAND` in the folder of the bench.
fn scalp(bench: &Bench, words: &[&str]) -> Command {
    let mut scalp = Command::new(env!("CARGO_BIN_EXE_scalp"));
    scalp.current_dir(bench.folder.path()).arg("data").args(words);
    scalp
}
fn data(bench: &Bench, words: &[&str]) -> Said {
    Said::of(scalp(bench, words).output().unwrap())
}
/// The same for the tape's symbol.
fn tape(bench: &Bench, words: &[&str]) -> Said {
    data(bench, &[words, &["--symbol", "BTCUSDT", "--tick", "0.1", "--lot", "0.001"]].concat())
}
fn backtest(bench: &Bench, paths: &[&str]) -> Said {
    let sources =
        paths.iter().map(|it| format!("[[data]]\npath = {:?}\n", bench.path(it).display().to_string()));
    let text = sources.collect::<String>()
        + "[[instrument]]\nsymbol = \"BTCUSDT\"\ntick = 0.1\nlot = 0.001\n[strategy]\nname = \"watch\"\n[report]\nkeep = false\n";
    bench.backtest(&bench.write("run.toml", text), &["--json"])
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.flatten().map(|it| it.path());
    paths.flat_map(|it| if it.is_dir() { files(&it) } else { vec![it] }).collect()
}
fn hidden(folder: &Path) -> Vec<PathBuf> {
    let is_hidden = |it: &PathBuf| it.file_name().unwrap().to_string_lossy().starts_with('.');
    files(folder).into_iter().filter(is_hidden).collect()
}

/// One line of error with all these parts, and a failure.
fn check_one_line(said: &Said, parts: &[&str]) {
    assert!(!said.ok, "it was taken: {}", said.out);
    let lines: Vec<&str> = said.err.lines().filter(|it| it.starts_with("scalp: ")).collect();
    assert_eq!(lines.len(), 1, "{}", said.err);
    assert!(said.err.trim_end().ends_with(lines[0]), "the error comes last: {}", said.err);
    assert!(lines[0].matches("which shows first").count() < 2, "said once: {}", lines[0]);
    for part in parts {
        assert!(lines[0].contains(part), "{part:?} is not in: {}", lines[0]);
    }
}

#[test]
fn what_cannot_be_read_is_named_by_every_command_and_nothing_of_it_is_kept() {
    let wide = good().encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let (gzip, torn) = (gz(&good(), 6), good().replacen('\n', "\r", 1));
    let cases: Vec<(&str, Vec<u8>, &[&str])> = vec![
        (
            "extra.csv",
            changed(",100,", ",100,9,").into(),
            &[":101: line: expected 5 columns, as in the first line, got \"6\""],
        ),
        ("short.csv", changed(",0.2,0", ",0.2").into(), &[":101: side: expected a value"]),
        ("trailing.csv", changed(",0.2,0", ",0.2,0,").into(), &[":101: line: expected 5 columns"]),
        ("mixed.csv", torn.into(), &[":2: line ends: expected one kind of line end"]),
        ("nan.csv", changed("102.5", "NaN").into(), &[":101: price: expected a decimal number, got \"NaN\""]),
        ("utf16.csv", wide, &["expected text in UTF-8", "got text in UTF-16"]),
        ("zeros.csv", vec![0; 999], &["expected text in UTF-8", "got bytes that are no text"]),
        ("lines.csv", b"\n\n\n".to_vec(), &["in the first line, got an empty line"]),
        ("semicolon.csv", good().replace(',', ";").into(), &[":1: header: expected commas between columns"]),
        ("lacking.csv", good().replace("price,", "").into(), &[":1: header: expected a column \"price\""]),
        (
            "cut.csv.gz",
            gzip[..gzip.len() / 2].to_vec(),
            &["expected more gzip data (line ", "got the end of the file"],
        ),
        (
            "row.csv.gz",
            flipped(&good(), ",100,102.5,"),
            &["expected an undamaged archive", "checksum", ":101: side"],
        ),
        ("head.csv.gz", flipped(&good(), "price"), &["expected an undamaged archive", "checksum", "header"]),
        ("nameless.csv", flipped(&good(), "102.5,0.2,0"), &["expected an undamaged archive", "checksum"]),
        (
            "x.7z",
            b"7z\xbc\xaf\x27\x1c".to_vec(),
            &["expected text, plain or packed with gzip", "got a 7z archive"],
        ),
        ("x.parquet", b"PAR1".to_vec(), &["expected Parquet with a mapping", "got Parquet without one"]),
        (
            "no.zip",
            b"PK\x05\x06".iter().copied().chain([0; 18]).collect(),
            &["expected a zip with at least one file"],
        ),
    ];
    for (name, bytes, parts) in cases {
        let bench = Bench::default();
        bench.write(name, &bytes);
        let parts = [&[name], parts].concat();
        check_one_line(&tape(&bench, &["check", name]), &parts);
        check_one_line(&tape(&bench, &["import", name, "--into", "catalog"]), &parts);
        assert!(
            !files(&bench.path("catalog")).iter().any(|it| it.extension().is_some_and(|it| it == "events"))
        );
        check_one_line(&backtest(&bench, &[name]), &parts);
    }
}

#[test]
fn a_file_with_the_line_ends_of_an_old_mac_is_read_by_every_command() {
    let bench = Bench::default();
    bench.write("tape.csv", good().replace('\n', "\r"));
    for words in [&["check", "tape.csv", "--json"][..], &["import", "tape.csv", "--json"]] {
        let said = tape(&bench, words);
        assert!(said.ok && said.out.contains("\"events\": 2000"), "{} {}", said.out, said.err);
    }
    assert_eq!(support::count(&backtest(&bench, &["tape.csv"]).json(), "events"), 2_000);
}

#[test]
fn findings_name_their_file_among_several_and_within_an_archive() {
    let bench = Bench::default();
    bench.write("a.csv", good());
    bench.write("b.csv", good());
    let mut zip = zip::ZipWriter::new(std::fs::File::create(bench.path("c.zip")).unwrap());
    for (name, text) in [("one.csv", good()), ("two.csv", good() + "\n")] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    for (paths, second) in [(&["a.csv", "b.csv"][..], "b.csv:2 "), (&["c.zip"], "c.zip!two.csv:2 ")] {
        let said = tape(&bench, &[&["check"], paths].concat());
        let line = said.out.lines().find(|it| it.starts_with("Duplicate")).unwrap();
        assert!(said.ok && line.contains(second) && line.contains(" 2000 "), "{line}");
    }
    let said = tape(&bench, &["import", "c.zip"]);
    assert!(said.ok && said.out.contains("c.zip!two.csv:2 "), "{} {}", said.out, said.err);
}

#[test]
fn the_same_data_in_two_packings_is_refused_as_a_copy_is() {
    let bench = Bench::default();
    bench.write("x.csv", good());
    bench.write("x.csv.gz", gz(&good(), 6));
    check_one_line(
        &tape(&bench, &["import", "x.csv", "x.csv.gz", "--into", "catalog"]),
        &["x.csv.gz: the same data is given twice: unpacked, it is ", "x.csv again"],
    );
    assert!(tape(&bench, &["import", "x.csv", "--into", "catalog"]).ok);
    check_one_line(
        &tape(&bench, &["import", "x.csv.gz", "--into", "catalog"]),
        &["x.csv.gz: the same data was imported before: unpacked, it is ", "x.csv of import 1"],
    );
    check_one_line(
        &backtest(&bench, &["x.csv", "x.csv.gz"]),
        &["data[1].path: ", "x.csv.gz has, unpacked, the same content as ", "x.csv of data[0]"],
    );
}

#[test]
fn an_event_file_is_checked_by_the_terms_it_holds_and_a_wick_that_nothing_supports_is_marked() {
    let bench = Bench::default();
    let candle = |n: i64| {
        let (open, close) = (1_000 + n * 7 % 11, 1_000 + (n + 1) * 7 % 11);
        let (high, low) = (open.max(close) + n * 5 % 7, open.min(close) - n * 3 % 5);
        let high = if n == 2_500 { 2 * high } else { high };
        let (day, hour, minute) = (1 + n / 288, n % 288 / 12, n % 12 * 5);
        format!("2020-01-{day:02} {hour:02}:{minute:02}:00,{open},{high},{low},{close},{}\n", 10 + n % 13)
    };
    bench.write(
        "S-5m.csv",
        "date,open,high,low,close,volume\n".to_owned() + &(0..3_000).map(candle).collect::<String>(),
    );
    let terms = ["--symbol", "S", "--tick", "1", "--lot", "1"];
    assert!(data(&bench, &[&["import", "S-5m.csv", "--into", "catalog"], &terms[..]].concat()).ok);
    let of_csv = data(&bench, &[&["check", "S-5m.csv"], &terms[..]].concat());
    let of_events = data(&bench, &["check", "catalog/events/import-0001.events"]);
    for (said, place) in [(&of_csv, "S-5m.csv:2502"), (&of_events, "import-0001.events:2501")] {
        let line = said
            .out
            .lines()
            .find(|it| it.starts_with("WrongPrint"))
            .unwrap_or_else(|| panic!("{}", said.err));
        assert!(line.contains(place) && line.contains("high ") && line.contains("ticks among"), "{line}");
        assert_eq!(line.split_whitespace().nth(1), Some("1"), "{line}");
    }
    let json = data(&bench, &["check", "catalog/events/import-0001.events", "--json"]);
    assert!(json.ok && json.out.contains("\"kind\": \"wrong-print\""), "{}", json.out);
    check_one_line(
        &data(&bench, &["check", "S-5m.csv", "--symbol", "S", "--lot", "1"]),
        &["--tick: expected it"],
    );
    let two = ["check", "catalog/events/import-0001.events", "S-5m.csv"];
    check_one_line(&data(&bench, &two), &["PATHS: expected one event file and nothing beside it"]);
}

#[test]
fn what_is_wrong_on_the_command_line_is_named_as_it_stands_there() {
    let bench = Bench::default();
    bench.write("tape.csv", good());
    bench.write("mine.toml", "kind = \"trades\"\nprice,qty\n");
    let symbol = ["check", "tape.csv", "--symbol", "BTCUSDT"];
    for (words, part) in [
        (&["--tick", "abc", "--lot", "1"][..], "scalp: --tick: is \"abc\", expected a decimal number"),
        (&["--tick", "0.1", "--lot", "-1"], "scalp: --lot: is -1, expected a positive decimal"),
        (&["--tick", "1", "--lot", "1", "--contract", "x"], "scalp: --contract: unknown variant `x`"),
        (&["--tick", "1", "--lot", "1", "--mapping", "mine.toml"], "mine.toml:2: expected a mapping in TOML"),
        (&["--tick", "1", "--lot", "1", "--mapping", "no.toml"], "or a file with a mapping of your own"),
    ] {
        check_one_line(&data(&bench, &[&symbol[..], words].concat()), &[part]);
    }
    check_one_line(&tape(&bench, &["check", ""]), &["PATHS: expected a file, got an empty path"]);
    check_one_line(&tape(&bench, &["check", "tape.csv", "no.csv"]), &["no.csv: cannot open: No such file"]);
    check_one_line(&tape(&bench, &["import", "tape.csv", "--into", ""]), &["--into: expected the folder"]);
    check_one_line(
        &data(&bench, &["info", ""]),
        &["PATH: expected an event file or a catalogue, got an empty"],
    );
    check_one_line(&data(&bench, &["generate", "--out", ""]), &["--out: expected the event file to write"]);
    check_one_line(
        &data(&bench, &["generate", "--hours", "-1"]),
        &["--hours: ", "hours is -1, expected more than 0"],
    );
    check_one_line(&data(&bench, &["generate", "--seed", "-1"]), &["--seed: "]);
    let missing = data(&bench, &["generate", "--hours", "0.01", "--out", "no/x.events"]);
    check_one_line(&missing, &["scalp: no/x.events: cannot create: No such file"]);
    let download = |words: &[&str]| data(&bench, &[&["download"], words].concat());
    for (words, part) in [
        (&["btc", "2025-10-10"][..], "scalp: SYMBOL: expected capital letters"),
        (&["BTCUSDT", "today"], "scalp: FIRST: expected a day such as 2025-10-10, got \"today\""),
        (&["BTCUSDT", "2025-10-10", "2025-13-01"], "scalp: LAST: expected a day"),
        (
            &["BTCUSDT", "2025-10-10", "2025-10-09"],
            "scalp: LAST: expected a day not before 2025-10-10, got \"2025-10-09\"",
        ),
        (&["BTCUSDT", "2025-10-10", "--market", "x"], "scalp: --market: expected spot, um or cm"),
        (&["BTCUSDT", "2025-10-10", "--set", "x"], "scalp: --set: expected klines, "),
        (&["BTCUSDT", "2025-10-10", "--set", "klines"], "scalp: --interval: expected 1s, 1m, "),
        (&["BTCUSDT", "2025-10-10", "--set", "fundingRate"], "scalp: --monthly: expected monthly files"),
        (
            &["BTCUSDT", "2025-10-10", "--base-url", "x"],
            "scalp: --base-url: expected the address of a server",
        ),
        (&["BTCUSDT", "2025-10-10", "--into", ""], "scalp: --into: expected the folder"),
    ] {
        let said = download(words);
        check_one_line(&said, &[part]);
        assert_eq!(said.err.lines().count(), 1, "{}", said.err);
    }
}

#[test]
fn a_source_without_the_symbol_names_those_that_it_holds() {
    let bench = Bench::default();
    let rows = |names: &[&str]| {
        let row = |n: usize| {
            let at = 1_600_000_000_000 + n as i64 * 1_000;
            format!("{at},{},10{}.5,0.1,{}\n", names[n % names.len()], n % 7, n % 2)
        };
        "ts,sym,price,qty,side\n".to_owned() + &(0..200).map(row).collect::<String>()
    };
    bench.write("a.csv", rows(&["ETHUSDT", "SOLUSDT", "ETHUSDT"]));
    bench.write("b.csv", rows(&["ADAUSDT"]));
    bench.write(
        "mine.toml",
        "kind = \"trades\"\nsymbol = \"sym\"\ntime = { column = \"ts\", unit = \"ms\" }\nside = { column = \"side\", buy = [\"1\"], sell = [\"0\"] }\n[columns]\nprice = \"price\"\nqty = \"qty\"\n",
    );
    let said = tape(&bench, &["check", "a.csv", "b.csv", "--mapping", "mine.toml"]);
    let holds =
        "expected events of BTCUSDT, got a source without any for it, which holds ADAUSDT, ETHUSDT, SOLUSDT";
    check_one_line(&said, &[holds]);
    let said = tape(&bench, &["import", "a.csv", "--mapping", "mine.toml", "--into", "catalog"]);
    check_one_line(&said, &["which holds ETHUSDT, SOLUSDT"]);
    let one = data(
        &bench,
        &["check", "a.csv", "--mapping", "mine.toml", "--symbol", "SOLUSDT", "--tick", "0.1", "--lot", "0.1"],
    );
    assert!(one.ok && !one.out.contains("ETHUSDT"), "{} {}", one.out, one.err);
    let many: Vec<String> = (0..70).map(|it| format!("COIN{it:02}")).collect();
    bench.write("many.csv", rows(&many.iter().map(String::as_str).collect::<Vec<_>>()));
    let said = tape(&bench, &["check", "many.csv", "--mapping", "mine.toml"]);
    check_one_line(&said, &["COIN00, COIN01", "COIN63 and perhaps more"]);
}

/// What a server sends, and how long it says that this is.
type Answer = (Vec<u8>, usize);

/// A server that answers every request by its path; an answer that promises more than it holds keeps the client waiting.
fn serve(answer: fn(&str) -> Option<Answer>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut waiting = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let asked = lines.next().unwrap_or_default();
            lines.take_while(|it| !it.is_empty()).for_each(drop);
            let path = asked.split(' ').nth(1).unwrap_or_default().to_owned();
            let (status, (body, length)) = answer(&path).map_or(("404 No", (vec![], 0)), |it| ("200 OK", it));
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
            if body.len() < length {
                waiting.push(stream);
            }
        }
    });
    url
}

#[test]
fn a_wrong_checksum_is_counted_as_what_it_is() {
    let url = serve(|path| {
        let text = match path.rsplit('/').next()? {
            "BTCUSDT-trades-2024-02-27.zip.CHECKSUM" => {
                format!("{}  BTCUSDT-trades-2024-02-27.zip\n", "0".repeat(64))
            }
            "BTCUSDT-trades-2024-02-27.zip" => "body".to_owned(),
            _ => return None,
        };
        Some((text.clone().into_bytes(), text.len()))
    });
    let bench = Bench::default();
    let words = ["download", "BTCUSDT", "2024-02-27", "2024-02-28", "--set", "trades", "--base-url", &url];
    let said = data(&bench, &words);
    check_one_line(
        &said,
        &[
            "2 files are not there: 1 with a wrong checksum (BTCUSDT-trades-2024-02-27.zip); 1 not in the archive (BTCUSDT-trades-2024-02-28.zip)",
        ],
    );
    assert!(said.out.starts_with("0 of 2 files"), "{}", said.out);
}

/// Whether a command has something unfinished below the bench's folder before it ends.
fn comes_to_something_unfinished(bench: &Bench, child: &mut Child) -> bool {
    let begun = Instant::now();
    while hidden(bench.folder.path()).is_empty() {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "nothing unfinished appeared");
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

/// Runs `beside` while `long` is at work and then kills `long`: whether it was still at work, with the bench it leaves.
/// A short command can end first on a busy machine.
fn killed_at_work(long: &[&str], beside: Option<&[&str]>) -> Option<Bench> {
    let bench = Bench::default();
    let mut child = scalp(&bench, long).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = comes_to_something_unfinished(&bench, &mut child);
    if let Some(beside) = beside {
        data(&bench, beside);
        assert!(
            child.try_wait().unwrap().is_none() && !hidden(bench.folder.path()).is_empty(),
            "{long:?} was not left alone"
        );
    }
    child.kill().unwrap();
    let ended = child.wait().unwrap();
    (begun && ended.code().is_none()).then_some(bench)
}

#[test]
fn what_a_killed_command_has_left_goes_with_the_next_and_one_at_work_is_left_alone() {
    let stalled = serve(|path| match path.ends_with(".CHECKSUM") {
        true if path.contains("-27") => {
            let text = format!("{}  BTCUSDT-trades-2024-02-27.zip\n", "0".repeat(64));
            Some((text.clone().into_bytes(), text.len()))
        }
        true => None,
        false => Some((vec![7; 5_000], 1 << 20)),
    });
    let capture = shared("hftbacktest/usdm_btcusdt_20240808.gz").display().to_string();
    let quick = ["generate", "--hours", "0.01", "--out", "quick.events"];
    let import =
        ["import", &capture, "--into", "catalog", "--symbol", "BTCUSDT", "--tick", "0.1", "--lot", "0.001"];
    let download = |symbol, day| ["download", symbol, day, "--set", "trades", "--base-url", &stalled];
    let cases: [(&[&str], &[&str]); 3] = [
        (&["generate", "--hours", "2000", "--out", "long.events"], &quick),
        (&import, &import),
        (&download("BTCUSDT", "2024-02-27"), &download("ETHUSDT", "2024-02-28")),
    ];
    for (long, next) in cases {
        // Two imports into one catalogue are refused; of the others the second leaves the first alone.
        let beside = (long[0] != "import").then_some(next);
        let bench = (0..20).find_map(|_| killed_at_work(long, beside)).expect("one that is killed at work");
        assert!(!hidden(bench.folder.path()).is_empty(), "{long:?}: a killed process cannot clean up");
        data(&bench, next);
        assert_eq!(hidden(bench.folder.path()), Vec::<PathBuf>::new(), "{long:?}");
    }
}

/// A capture of a recorder whose clock was 1.272 s behind, so that everything seems to have come before it happened.
fn behind() -> String {
    shared("hftbacktest/usdm_btcusdt_20240808.gz").display().to_string()
}

#[test]
fn the_clock_of_a_recorder_is_set_right_where_that_is_asked_for_and_told() {
    let bench = Bench::default();
    let path = behind();
    let clock = |said: &Said| said.json()["clocks"][0].clone();
    let as_recorded = tape(&bench, &["check", &path, "--json"]);
    assert_eq!(clock(&as_recorded)["min_ns"], -1_272_156_851_i64, "{}", as_recorded.out);
    assert_eq!(clock(&as_recorded)["negative_share"], 1.0);
    let shifted = tape(&bench, &["check", &path, "--json", "--shift-clock"]);
    assert_eq!(
        (clock(&shifted)["min_ns"].as_i64(), clock(&shifted)["negative_share"].as_f64()),
        (Some(0), Some(0.0))
    );
    let told = "receive times shifted by +1.272156851 s, so that the smallest feed latency is zero";
    let text = tape(&bench, &["check", &path, "--shift-clock"]);
    assert!(
        text.out.contains(told) && text.out.contains("min 0.000 ms") && text.out.contains("0.00 % negative"),
        "{}",
        text.out
    );
    assert!(!tape(&bench, &["check", &path]).out.contains("shifted"));

    let said = tape(&bench, &["import", &path, "--shift-clock", "--into", "catalog"]);
    assert!(said.ok && said.out.contains(told), "{} {}", said.out, said.err);
    let info = data(&bench, &["info", "catalog"]);
    assert!(info.out.contains("smallest feed latency  0.000000 s"), "{}", info.out);
    assert!(info.out.contains(", receive times shifted by +1.272156851 s"), "{}", info.out);
    let file = data(&bench, &["info", "catalog/events/import-0001.events"]);
    assert!(file.out.contains("receive times shifted  +1.272156851 s"), "{}", file.out);
    // A run that shifts what was stored as recorded sees the same.
    let said = tape(&bench, &["import", &path, "--into", "recorded"]);
    assert!(said.ok && !said.out.contains("shifted"), "{}", said.out);
    let text = "[[data]]\npath = \"x.events\"\nreceive_shift = \"smallest-latency-zero\"\n[strategy]\nname = \"watch\"\n[report]\nkeep = false\n";
    let config = bench.write("run.toml", text);
    let hash = |catalog: &str| {
        std::fs::copy(bench.path(catalog).join("events/import-0001.events"), bench.path("x.events")).unwrap();
        bench.backtest(&config, &["--json"]).json()["state_hash"].as_str().unwrap().to_owned()
    };
    assert_eq!(hash("recorded"), hash("catalog"));
}

#[test]
fn one_constant_is_found_over_all_files_and_what_a_damaged_one_holds_does_not_count() {
    let bench = Bench::default();
    bench.write(
        "mine.toml",
        "kind = \"trades\"\ntime = { column = \"ts\", unit = \"ms\" }\narrival = { column = \"came\", unit = \"ms\" }\nside = { column = \"side\", buy = [\"1\"], sell = [\"0\"] }\n[columns]\nprice = \"price\"\nqty = \"qty\"\n",
    );
    let rows = |from: i64, latency: i64| {
        let at = |n: i64| 1_600_000_000_000 + (from + n) * 1_000;
        let row = |n: i64| format!("{},{},100.5,0.1,1\n", at(n), at(n) + latency + n);
        "ts,came,price,qty,side\n".to_owned() + &(0..100).map(row).collect::<String>()
    };
    bench.write("a.csv", rows(0, -300));
    bench.write("b.csv", rows(100, -500));
    bench.write("bad.csv", rows(200, -900) + "1600000900000,1600000900000,NaN,0.1,1\n");
    let all = tape(&bench, &["check", "a.csv", "b.csv", "--mapping", "mine.toml", "--shift-clock", "--json"])
        .json();
    assert_eq!(
        (all["arrival_shift"].as_i64(), all["clocks"][0]["min_ns"].as_i64()),
        (Some(500_000_000), Some(0))
    );
    let import = |into: &str, more: &[&str]| {
        let words = [
            "import",
            "a.csv",
            "b.csv",
            "bad.csv",
            "--mapping",
            "mine.toml",
            "--shift-clock",
            "--into",
            into,
        ];
        let said = tape(&bench, &[&words, more].concat());
        check_one_line(&said, &["bad.csv:102: price"]);
        data(&bench, &["info", into, "--json"]).json()["imports"][0]["arrival_shift"].as_i64()
    };
    // The two whole files alone are kept, and the constant is theirs.
    assert_eq!(import("whole", &[]), Some(500_000_000));
    assert_eq!(import("part", &["--partial"]), Some(900_000_000));
}

#[test]
fn two_markets_of_a_capture_are_never_one() {
    let bench = Bench::default();
    let path = shared("wire-bybit-2026/BYBIT.jsonl.zst").display().to_string();
    let bybit = |words: &[&str]| {
        let terms = ["--symbol", "BTCUSDT", "--tick", "0.01", "--lot", "0.000001", "--venue", "bybit"];
        data(&bench, &[&[words[0], &path], &words[1..], &terms].concat())
    };
    let names = "BYBIT.ws.2 (wss://stream.bybit.com/v5/public/linear), BYBIT.ws.3 (wss://stream.bybit.com/v5/public/spot)";
    for words in [&["check"][..], &["import", "--into", "catalog"]] {
        check_one_line(
            &bybit(words),
            &["BYBIT.jsonl.zst:", "connection: expected the choice of one market", "--connection", names],
        );
    }
    let said = bybit(&["import", "--into", "linear", "--connection", "BYBIT.ws.2", "--json"]);
    // Nothing is out of order or told twice, as it was while the spot market stood behind it.
    let found = said.json()["findings"]["findings"].clone();
    let found: Vec<&str> = found.as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!(found, ["repeat"], "{}", said.out);
    let info = data(&bench, &["info", "linear", "--json"]).json();
    // 414 messages of the book, 56 trades in 16 messages, and the minute that closed.
    assert_eq!(info["events"], 414 + 56 + 1, "{info}");
    let said = bybit(&["check", "--connection", "BYBIT.ws.9"]);
    check_one_line(&said, &["expected a capture of the connection \"BYBIT.ws.9\"", names]);
    check_one_line(&bybit(&["check", "--connection", ""]), &["--connection: is empty"]);
    bench.write("tape.csv", good());
    let said = tape(&bench, &["check", "tape.csv", "--connection", "BYBIT.ws.2"]);
    check_one_line(&said, &["expected a capture", "a table, which names no connections"]);
}

#[test]
fn markets_in_files_of_their_own_are_never_one_either() {
    let bench = Bench::default();
    let mut source = scalp_tables::source::Source::open(&shared("wire-bybit-2026/BYBIT.jsonl.zst")).unwrap();
    let mut text = String::new();
    while let Some(line) = source.next_line().unwrap() {
        text += std::str::from_utf8(line.text).unwrap();
        text.push('\n');
    }
    for name in ["BYBIT.ws.2", "BYBIT.ws.3"] {
        let lines = text.lines().filter(|it| it.contains(&format!("\"{name}\"")));
        bench.write(&format!("{name}.jsonl"), lines.flat_map(|it| [it, "\n"]).collect::<String>());
    }
    let files = ["BYBIT.ws.2.jsonl", "BYBIT.ws.3.jsonl"];
    let bybit = |words: &[&str]| {
        let terms = ["--symbol", "BTCUSDT", "--tick", "0.01", "--lot", "0.000001", "--venue", "bybit"];
        data(&bench, &[words, &terms].concat())
    };
    let [linear, spot] = ["linear", "spot"].map(|it| format!("wss://stream.bybit.com/v5/public/{it}"));
    let names = format!("BYBIT.ws.2 ({linear}), BYBIT.ws.3 ({spot})");
    for words in [&["check", files[0], files[1]][..], &["import", files[0], files[1], "--into", "both"]] {
        check_one_line(&bybit(words), &["the choice of one market of BTCUSDT", &names]);
    }
    assert!(!bench.path("both/events/import-0001.events").exists());
    // The one that is chosen is read, and of the other it is told.
    for (chosen, own, other) in [(&linear, files[0], "BYBIT.ws.3"), (&spot, files[1], "BYBIT.ws.2")] {
        let into = format!("of_{other}");
        let said = bybit(&["import", files[0], files[1], "--connection", chosen, "--into", &into, "--json"]);
        let told = said.json()["passed_over"].clone();
        assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
        assert!(told[0].as_str().unwrap().starts_with(&format!("{other}.jsonl: passed over")), "{told}");
        let alone = bybit(&["import", own, "--into", &format!("only_{other}"), "--json"]);
        assert_eq!(said.json()["events"], alone.json()["events"], "{}", said.out);
        let said = bybit(&["check", files[0], files[1], "--connection", chosen]);
        assert!(said.err.contains(&format!("{other}.jsonl: passed over")), "{}", said.err);
    }
    let said = bybit(&["import", files[0], files[1], "--connection", "BYBIT.ws.9", "--into", "none"]);
    check_one_line(&said, &["expected a capture of the connection \"BYBIT.ws.9\"", &names]);
    // One catalogue keeps one market of an instrument, whatever came when.
    assert!(bybit(&["import", files[0], "--into", "catalog"]).ok);
    let said = bybit(&["import", files[1], "--into", "catalog"]);
    check_one_line(
        &said,
        &["import 1 of this catalogue has BTCUSDT of BYBIT.ws.2", "BYBIT.ws.3", "--connection"],
    );
    let info = data(&bench, &["info", "catalog", "--json"]).json();
    assert_eq!(info["imports"].as_array().unwrap().len(), 1, "{info}");
}

#[test]
fn candles_that_begin_between_multiples_of_their_length_are_told_with_the_first_of_them() {
    let bench = Bench::default();
    let row = |at: i64| format!("{at},100,101,99,100,5\n");
    let rows =
        |first: i64| (0..600).map(|it| row(1_738_368_000_000 + first + it * 60_000)).collect::<String>();
    let head = "at,o,h,l,c,v\n";
    bench.write("last.csv", format!("{head}{}", rows(59_999)));
    bench.write("off.csv", format!("{head}{}", rows(90_000)));
    bench.write(
        "close.toml",
        "kind = \"bars\"\nspan = \"1m\"\ntime_is = \"close\"\ntime = { column = \"at\", unit = \"ms\" }\n[columns]\nopen = \
         \"o\"\nhigh = \"h\"\nlow = \"l\"\nclose = \"c\"\nvolume = \"v\"\n",
    );
    let import =
        |file: &str, into: &str| tape(&bench, &["import", file, "--mapping", "close.toml", "--into", into]);
    let compute = |from: &str, bars: &str| {
        let input = bench.path(from).join("events/import-0001.events").display().to_string();
        let out = bench.path("out.csv").display().to_string();
        support::scalp(&[
            "features", "compute", "--input", &input, "--bars", bars, "--list", "volume", "--out", &out,
        ])
    };
    // The last millisecond of a minute is its end: all 600 are whole.
    let said = import("last.csv", "last");
    assert!(said.ok && !said.out.contains("multiples"), "{}", said.out);
    for (bars, count, volume) in [("1m", 600, "5"), ("5m", 120, "25")] {
        assert!(compute("last", bars).ok);
        let text = std::fs::read_to_string(bench.path("out.csv")).unwrap();
        let cells: Vec<&str> = text.lines().skip(1).map(|it| it.rsplit(',').next().unwrap()).collect();
        assert_eq!((cells.len(), cells[0]), (count, volume), "{bars}");
    }
    let said = import("off.csv", "off");
    let words = "600 candles do not begin at multiples of their length (the first, of 60 s, begins at 2025-02-01T00:00:30";
    assert!(said.out.contains(words), "{}", said.out);
    for bars in ["1m", "5m"] {
        let said = compute("off", bars);
        let words =
            ["its candles of 1m do not begin at multiples of their length", "2025-02-01T00:00:30", bars];
        check_one_line(&said, &words);
    }
    let text = format!(
        "[[data]]\npath = {:?}\n[strategy]\nname = \"watch\"\n[report]\nfolder = {:?}\n",
        bench.path("off/events/import-0001.events"),
        bench.path("runs")
    );
    let said = bench.backtest(&bench.write("off.toml", text), &["--json"]);
    let warnings = said.json()["warnings"].to_string();
    assert!(warnings.contains("600 candles do not begin at multiples"), "{warnings} {}", said.err);
}
