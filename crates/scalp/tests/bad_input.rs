//! Bad input gives one clear error that says where it is, what was there and what was expected; the program ends with a
//! failure, prints no result, and leaves nothing half-written.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Bench, Said, root, shared};

const HEADER: &str = "ts_ns,trade_id,price,qty,buyer_maker\n";

/// A row of a tape of one trade a second.
fn row(n: i64) -> [String; 5] {
    let at = 1_600_000_000_000_000_000 + n * 1_000_000_000;
    [
        at.to_string(),
        n.to_string(),
        format!("{}.5", 100 + n % 7),
        format!("0.{}", n % 9 + 1),
        (n % 2).to_string(),
    ]
}

/// A tape of 2,000 trades with one cell changed: line 101, the hundredth trade.
fn tape(column: usize, cell: &str) -> String {
    let rows = (1..=2_000).map(|n| {
        let mut row = row(n);
        if n == 100 && column < 5 {
            row[column] = cell.into();
        }
        row.join(",") + "\n"
    });
    HEADER.to_owned() + &rows.collect::<String>()
}

/// A whole and good tape.
fn good() -> String {
    tape(5, "")
}

/// A configuration of this source, with `KEY = value` lines put into its sections.
fn config(path: &Path, more: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (section, lines) in [
        ("[[data]]", format!("path = {:?}\n", path.display().to_string())),
        ("[[instrument]]", "symbol = \"BTCUSDT\"\ntick = 0.1\nlot = 0.001\n".into()),
        ("[account]", "balances = { USDT = 1000 }\n".into()),
        ("[venue]", String::new()),
        ("[bars]", "trades = 10\n".into()),
        ("[strategy]", "name = \"cross\"\nfast = 3\nslow = 6\norder_qty = 0.01\n".into()),
        ("[report]", "keep = false\n".into()),
    ] {
        text.push_str(section);
        text.push('\n');
        let changed: Vec<&str> = more.iter().filter(|it| it.0 == section).map(|it| it.1).collect();
        for line in lines.lines() {
            let key = line.split('=').next().unwrap();
            if !changed.iter().any(|it| it.split('=').next().unwrap() == key) {
                text.push_str(line);
                text.push('\n');
            }
        }
        changed.iter().for_each(|it| text.push_str(&format!("{it}\n")));
    }
    text
}

/// One clear error: a failure, no result, one line beginning with the program's name that contains every part, and
/// nothing left in the folder of runs.
fn check_refused(bench: &Bench, said: &Said, parts: &[&str]) {
    assert!(!said.ok, "it was taken: {}", said.out);
    assert_eq!(said.out, "", "no result is printed");
    assert!(said.err.starts_with("scalp: "), "{}", said.err);
    assert!(!said.err.contains("panicked"), "{}", said.err);
    assert_eq!(said.err.trim_end().lines().count(), 1, "one line: {}", said.err);
    for part in parts {
        assert!(said.err.contains(part), "{part:?} is not in: {}", said.err);
        assert_eq!(said.err.matches(part).count().min(2), said.err.matches(part).count(), "{}", said.err);
    }
    assert_eq!(left(&bench.path("runs")), Vec::<PathBuf>::new(), "something was left behind");
}

/// All files below a folder.
fn left(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|it| it.unwrap().path());
    paths.flat_map(|it| if it.is_dir() { left(&it) } else { vec![it] }).collect()
}

fn check_source(name: &str, bytes: impl AsRef<[u8]>, more: &[(&str, &str)], parts: &[&str]) {
    let bench = Bench::default();
    let source = bench.write(name, bytes);
    let said = bench.backtest(&bench.write("run.toml", config(&source, more)), &["--json"]);
    check_refused(&bench, &said, &[&[name], parts].concat());
}

fn check_config(more: &[(&str, &str)], parts: &[&str]) {
    let bench = Bench::default();
    let source = bench.write("good.csv", good());
    let said = bench.backtest(&bench.write("run.toml", config(&source, more)), &["--json"]);
    check_refused(&bench, &said, &[&["run.toml: "], parts].concat());
}

#[test]
fn the_good_tape_runs() {
    let bench = Bench::default();
    let source = bench.write("good.csv", good());
    let result = bench.backtest(&bench.write("run.toml", config(&source, &[])), &["--json"]).json();
    assert_eq!(support::count(&result, "events"), 2_000);
}

#[test]
fn a_bad_cell_is_named_by_file_line_field_and_what_was_expected() {
    for (column, cell, parts) in [
        (2, "NaN", [":101: price: expected a decimal number", "\"NaN\""]),
        (2, "inf", [":101: price: expected a decimal number", "\"inf\""]),
        (2, "-5", [":101: price: expected a price above zero", "\"-5\""]),
        (2, "0", [":101: price: expected a price other than zero", "\"0\""]),
        (2, "", [":101: price: expected a decimal number", "\"\""]),
        (2, "100.55", [":101: price: expected a multiple of 0.1", "\"100.55\""]),
        (3, "1e30", [":101: qty: expected at most 9223372036854775807 steps of 0.001", "\"1e30\""]),
        (3, "-1", [":101: qty: expected a size", "\"-1\""]),
        (3, "0.0001", [":101: qty: expected a multiple of 0.001", "\"0.0001\""]),
        (0, "yesterday", [":101: time: expected ns since 1970", "\"yesterday\""]),
        (4, "7", [":101: side: expected one of 0, 1", "\"7\""]),
    ] {
        check_source("tape.csv", tape(column, cell), &[], &parts);
    }
}

#[test]
fn a_row_that_is_too_short_is_named() {
    let text = good().replacen(&row(50).join(","), "1600000050000000000,50,102.5", 1);
    check_source("tape.csv", text, &[], &[":51: qty: expected a value"]);
}

#[test]
fn a_missing_column_is_named() {
    let cut = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        [cells[0], cells[1], cells[3], cells[4]].join(",") + "\n"
    };
    let text: String = good().lines().map(cut).collect();
    let mapping = [("[[data]]", "format = \"mapping\""), ("[[data]]", "mapping_name = \"nautilus-trades\"")];
    check_source(
        "tape.csv",
        &text,
        &mapping,
        &[":1: header: expected a column \"price\"", "ts_ns, trade_id, qty"],
    );
    check_source(
        "tape.csv",
        &text,
        &[],
        &["expected", "a mapping of its own", "ts_ns,trade_id,qty,buyer_maker"],
    );
}

#[test]
fn truncated_and_damaged_archives_are_named_with_their_place() {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(good().as_bytes()).unwrap();
    let gz = gz.finish().unwrap();
    let half = [": at byte ", "expected more gzip data (line ", "got the end of the file"];
    check_source("tape.csv.gz", &gz[..gz.len() / 2], &[], &half);
    let mut damaged = gz.clone();
    damaged[gz.len() - 6] ^= 0xff;
    check_source("tape.csv.gz", &damaged, &[], &[": at byte ", "expected sound gzip data"]);

    let name = "crypto__binance__hour__btcusdt_trade.zip";
    let zip = std::fs::read(shared("lean").join(name)).unwrap();
    let loose = [("[[instrument]]", "tick = 0.00000001"), ("[[instrument]]", "lot = 0.00000001")];
    let half = [": at byte ", "expected more zip data (line ", "got the end of the file"];
    check_source(name, &zip[..zip.len() / 2], &loose, &half);
}

#[test]
fn a_flipped_bit_in_an_archive_is_said_and_not_blamed_on_the_row_it_shows_in() {
    let mut crc = flate2::Crc::new();
    crc.update(good().as_bytes());
    let zip = zipped(&tape(2, "1t1.5"), crc.sum());
    check_source(
        "tape.zip",
        zip,
        &[],
        &["expected an undamaged archive", "checksum is", "tape.csv:101: price"],
    );
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    gz.write_all(tape(2, "1t1.5").as_bytes()).unwrap();
    let mut gz = gz.finish().unwrap();
    let at = gz.len() - 8;
    gz[at] ^= 1;
    check_source("tape.csv.gz", gz, &[], &["expected an undamaged archive", "checksum", ":101: price"]);
}

#[test]
fn a_wrong_checksum_is_named_with_both_sums() {
    let bench = Bench::default();
    let source = bench.write("tape.csv", good());
    bench.write("tape.csv.CHECKSUM", format!("{}  tape.csv\n", "0".repeat(64)));
    for format in ["format = \"auto\"", "format = \"mapping\"\nmapping_name = \"nautilus-trades\""] {
        let text = config(&source, &[("[[data]]", format)]);
        let said = bench.backtest(&bench.write("run.toml", text), &["--json"]);
        check_refused(&bench, &said, &["tape.csv", "expected sha256 000000", "CHECKSUM", "got sha256 "]);
    }
}

#[test]
fn files_that_are_none_or_hold_nothing_are_named() {
    check_source("tape.csv", "", &[], &["expected rows of data, got an empty file"]);
    check_source("tape.csv", HEADER, &[], &["expected events of BTCUSDT"]);
    check_source("tape.csv", "hello\nworld\n", &[], &["expected", "got \"hello\""]);
    let bench = Bench::default();
    let missing = bench.path("missing.csv");
    let said = bench.backtest(&bench.write("run.toml", config(&missing, &[])), &["--json"]);
    check_refused(&bench, &said, &["missing.csv", "No such file"]);
    std::fs::create_dir(bench.path("folder.csv")).unwrap();
    let said = bench.backtest(&bench.write("run.toml", config(&bench.path("folder.csv"), &[])), &["--json"]);
    check_refused(&bench, &said, &["folder.csv: expected a file, got a directory"]);
    for (config, part) in [("nowhere.toml", "No such file"), ("crates", "Is a directory")] {
        let said = bench.backtest(Path::new(config), &["--json"]);
        check_refused(&bench, &said, &[config, part]);
    }
}

#[test]
fn an_instrument_that_nobody_defined_is_named() {
    check_config(
        &[("[[data]]", "instrument = \"ETHUSDT\"")],
        &["data[0].instrument: \"ETHUSDT\"", "BTCUSDT"],
    );
    let text = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n\
                binance,LINKUSDT,1760054400816129,1760054400819420,1,buy,22.1,5\n";
    check_source(
        "trades.csv",
        text,
        &[],
        &[":2: symbol: expected a defined instrument (BTCUSDT)", "\"LINKUSDT\""],
    );
}

#[test]
fn a_configuration_that_cannot_be_is_named_by_key_and_what_was_expected() {
    for (section, line, parts) in [
        ("[report]", "colour = \"red\"", ["report.colour: unknown field", "expected one of"]),
        (
            "[venue]",
            "latency = { entry = \"5\" }",
            ["venue.latency.entry: ", "a length of time with its unit"],
        ),
        ("[venue]", "latency = { entry = 5 }", ["venue.latency.entry: ", "a length of time with its unit"]),
        ("[venue]", "fees = { maker = -0.5 }", ["venue.fees.maker: is -0.5", "expected a fraction"]),
        ("[venue]", "faults = { reject = 1.5 }", ["venue.faults.reject: is 1.5", "from 0 to 1"]),
        ("[venue]", "queue = { model = \"lucky\" }", ["venue.queue", "risk-averse"]),
        ("[strategy]", "fast = 0", ["strategy.fast: is 0", "expected a whole number from 1"]),
        (
            "[strategy]",
            "order_qty = 0.0005",
            ["strategy.order_qty: is 0.0005", "a multiple of the lot 0.001"],
        ),
        ("[strategy]", "name = \"oracle\"", ["strategy.name: ", "`cross`, `grid`, `trend`, `signal`"]),
        ("[strategy]", "colour = \"red\"", ["strategy", "unknown field `colour`"]),
        ("[[instrument]]", "tick = 0", ["instrument[0].tick: is 0", "expected a positive decimal"]),
        ("[[instrument]]", "lot = -0.1", ["instrument[0].lot: is -0.1", "expected a positive decimal"]),
        ("[[instrument]]", "base = \"USDT\"", ["instrument[0].base: is USDT", "another coin than the quote"]),
        (
            "[[instrument]]",
            "price_min = 5\nprice_max = 2",
            ["instrument[0].price_max: is 2", "at least price_min (line"],
        ),
        ("[account]", "balances = { EUR = 1 }", ["account.balances.EUR: no instrument uses", "USDT"]),
        ("[account]", "balances = { USDT = -1 }", ["account.balances.USDT: ", "not negative"]),
        ("[account]", "balances = { USDT = 1e27 }", ["account.balances.USDT: is 1", "expected at most"]),
        ("[account]", "leverage = 0", ["account.leverage: ", "a leverage from 1 to 1000"]),
        ("[bars]", "trades = 0", ["bars.trades: ", "above zero (line 11)"]),
        ("[bars]", "trades = 2\ntime = \"1m\"", ["bars: ", "expected one kind of bar, found several"]),
        ("[report]", "keep = false\n[risk]\norder_qty_max = 1e-9", ["risk.order_qty_max: is ", "one lot of"]),
        ("[venue]", "beyond = { model = \"nothing\", ticks = 3 }", ["venue.beyond", "unknown field `ticks`"]),
        ("[venue]", "queue = { model = \"log\", n = 3 }", ["venue.queue", "unknown field `n`"]),
        (
            "[venue]",
            "unseen_queue = { model = \"chance\", reach = 2, alpha = 1, beta = 1 }",
            ["venue.unseen_queue.reach: is 2", "expected a number from 0 to 1"],
        ),
        ("[venue]", "queue = \"log\"", ["venue.queue: is \"log\"", "a table such as { model"]),
        ("[strategy]", "fast = 3.5", ["strategy.fast: is 3.5", "expected a whole number, 0 or more"]),
        (
            "[venue]",
            "queue = { model = \"power\", n = \"two\" }",
            ["venue.queue.n: is \"two\"", "expected a number"],
        ),
        ("[[data]]", "path = \"\"", ["data[0].path: is empty", "expected a file"]),
        ("[[data]]", "path = []", ["data[0].path: is empty", "expected a file"]),
        ("[[data]]", "start = 12:00:00", ["data[0].start: is \"12:00:00\"", "expected a UTC time"]),
        ("[[instrument]]", "funding_hours = 0", ["instrument[0].funding_hours: is 0", "at least 1"]),
        ("[[instrument]]", "percent_up = 0.5", ["instrument[0].percent_up: is 0.5", "at least 1"]),
        ("[[instrument]]", "percent_down = 1.5", ["instrument[0].percent_down: is 1.5", "from 0 to 1"]),
        (
            "[[instrument]]",
            "margin_tiers = [[0, 0.5, 125]]",
            ["instrument[0].margin_tiers[0]: maintenance 0.5 with leverage 125", "1 / 125"],
        ),
        ("[venue]", "faults = { late_reply = 0.1 }", ["venue.faults.late_by: ", "how late"]),
        ("[report]", "keep = false\n[synthetic]\nhours = -5", ["synthetic: ", "hours"]),
        ("[[data]]", "repeat = 0", ["data[0].repeat: ", "expected at least 1"]),
        ("[[data]]", "format = \"mapping\"", ["data[0].mapping: ", "exactly one"]),
        ("[[data]]", "start = \"soon\"", ["data[0].start: ", "a UTC time"]),
        (
            "[[data]]",
            "format = \"mapping\"\nmapping_name = \"nonsense\"",
            ["data[0].mapping_name: is \"nonsense\"", "expected one of binance-trades"],
        ),
    ] {
        check_config(&[(section, line)], &parts);
    }
}

#[test]
fn a_text_that_is_no_toml_is_shown_with_its_line() {
    let bench = Bench::default();
    let said = bench.backtest(&bench.write("run.toml", "[run]\nname = \n"), &["--json"]);
    assert!(!said.ok && said.out.is_empty());
    for part in ["run.toml: ", "line 2", "name = "] {
        assert!(said.err.contains(part), "{part:?} is not in: {}", said.err);
    }
    assert_eq!(said.err.trim_end().lines().count(), 1, "one line: {}", said.err);
}

/// A file may not grow beyond some blocks, as on a disk that is full: of the converted data first, of the run later.
#[test]
fn a_disk_without_room_is_an_error_that_names_the_file_and_leaves_no_half_data() {
    let source = good();
    for blocks in [1, 40, 100] {
        let bench = Bench::default();
        let path = bench.write("tape.csv", &source);
        let text = config(&path, &[("[report]", "keep = true\ncontrols = 0\nresamples = 100")]);
        let text = text.replace("keep = false\n", "");
        let config = bench.write("run.toml", text);
        let script = format!("ulimit -f {blocks}; trap '' XFSZ; exec \"$0\" \"$@\"");
        let mut command = Command::new("bash");
        command.current_dir(root()).args(["-c", &script, env!("CARGO_BIN_EXE_scalp"), "backtest"]);
        command.arg(&config).arg("--json").arg("--folder").arg(bench.path("runs"));
        let said = Said::of(command.output().unwrap());
        assert!(!said.ok && said.out.is_empty(), "{blocks} blocks: {}", said.out);
        assert!(said.err.starts_with("scalp: ") && said.err.contains("File too large"), "{}", said.err);
        for it in left(&bench.path("runs")) {
            let whole = it.extension().is_some_and(|it| it == "events")
                && scalp_tables::eventfile::EventFile::open(&it).is_ok();
            let run = !it.starts_with(bench.path("runs/cache"));
            assert!(whole || run, "{blocks} blocks: {} was left half-written", it.display());
            assert!(it.file_name().unwrap() != "report.json", "an unfinished run is not listed");
        }
    }
}

#[test]
fn a_folder_of_runs_that_cannot_be_is_named() {
    let bench = Bench::default();
    let source = bench.write("tape.csv", good());
    let config = bench.write("run.toml", config(&source, &[]));
    let scalp = |folder: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scalp"));
        command.args(["backtest", "--json"]).arg(&config).arg("--folder").arg(folder);
        Said::of(command.output().unwrap())
    };
    check_refused(&bench, &scalp(&source), &["tape.csv", "Not a directory"]);
    check_refused(&bench, &scalp(Path::new("/dev/full")), &["/dev/full", "Not a directory"]);
}

/// `scalp data ...` for the good symbol.
fn data(bench: &Bench, command: &str, paths: &[&Path], more: &[&str]) -> Said {
    let mut scalp = Command::new(env!("CARGO_BIN_EXE_scalp"));
    scalp.current_dir(bench.folder.path()).args(["data", command]).args(paths);
    scalp.args(["--symbol", "BTCUSDT", "--tick", "0.1", "--lot", "0.001"]).args(more);
    Said::of(scalp.output().unwrap())
}

#[test]
fn a_time_that_goes_back_a_day_is_reported_and_kept() {
    let bench = Bench::default();
    let at = 1_600_000_099_000_000_000_i64 - 86_399_000_000_000;
    let source = bench.write("tape.csv", tape(0, &at.to_string()));
    let said = data(&bench, "check", &[&source], &["--json"]);
    assert!(said.ok, "what is marked is no failure: {}", said.err);
    assert!(said.out.contains("disorder"), "{}", said.out);
    let said = data(&bench, "import", &[&source], &["--into", "catalog", "--json"]);
    assert!(said.ok && said.out.contains("\"events\": 2000"), "all rows are kept: {} {}", said.out, said.err);
    let result = bench.backtest(&bench.write("run.toml", config(&source, &[])), &["--json"]).json();
    assert_eq!(support::count(&result, "events"), 2_000);
    assert!(result["first_at"].as_str().unwrap().starts_with("2020-09-12"), "{}", result["first_at"]);
    // Less than a day back it is played, in the order of the times: that is said in the result and above the figures.
    let warnings = result["warnings"].to_string();
    for part in ["tape.csv: 1 row goes back in time, the furthest by 86399 s", "in the order of their times"]
    {
        assert!(warnings.contains(part), "{part:?} is not in {warnings}");
    }
    let text = config(&source, &[]).replace("keep = false", "keep = true\nresamples = 100\ncontrols = 0");
    let said = bench.backtest(&bench.write("kept.toml", text), &[]);
    let head = said.out.split(" -> ").next().unwrap();
    assert!(said.ok && head.contains("WARNING") && head.contains("1 row goes back in time"), "{}", said.out);
    let good = bench.write("good.csv", good());
    let said = [("[venue]", "beyond = { model = \"nothing\" }")];
    let result = bench.backtest(&bench.write("run.toml", config(&good, &said)), &["--json"]).json();
    assert!(result.get("warnings").is_none(), "{}", result["warnings"]);
}

#[test]
fn what_becomes_of_the_rest_of_a_large_order_on_trades_alone_is_said_once_unless_the_configuration_says_it() {
    let bench = Bench::default();
    let source = bench.write("good.csv", good());
    let result = bench.backtest(&bench.write("run.toml", config(&source, &[])), &["--json"]).json();
    let warnings = result["warnings"].to_string();
    let told =
        "The data of binance-usdm:BTCUSDT shows trades alone: a market order gets the size of the last trade";
    assert_eq!(warnings.matches("shows trades alone").count(), 1, "{warnings}");
    assert!(warnings.contains(told), "{warnings}");
    let text = config(&source, &[]).replace("keep = false", "keep = true\nresamples = 100\ncontrols = 0");
    let said = bench.backtest(&bench.write("kept.toml", text), &[]);
    let head = said.out.split(" -> ").next().unwrap();
    assert!(said.ok && head.contains("WARNING") && head.contains("shows trades alone"), "{}", said.out);
    assert_eq!(said.out.matches("shows trades alone").count(), 1, "{}", said.out);
    for line in [
        "beyond = { model = \"nothing\" }",
        "beyond = { model = \"worse\", ticks = 1 }",
        "whole_fills = true",
    ] {
        let text = config(&source, &[("[venue]", line)]);
        let result = bench.backtest(&bench.write("run.toml", text), &["--json"]).json();
        assert!(result.get("warnings").is_none(), "{line}: {}", result["warnings"]);
    }
}

#[test]
fn data_that_is_given_twice_is_refused_with_both_names() {
    let bench = Bench::default();
    let (a, b) = (bench.write("a.csv", good()), bench.write("b.csv", good()));
    let other = bench.write("other.csv", good().replace("\n16", "\n17"));
    let second = |path: &Path, more: &str| {
        let text = format!("{}[[data]]\npath = {:?}\n{more}", config(&a, &[]), path.display().to_string());
        bench.backtest(&bench.write("run.toml", text), &["--json"])
    };
    let refused = |said: &Said, parts: &[&str]| {
        assert!(!said.ok && said.out.is_empty(), "it was taken: {}", said.out);
        parts.iter().for_each(|it| assert!(said.err.contains(it), "{it:?} is not in: {}", said.err));
    };
    refused(&second(&a, ""), &["run.toml: data[1].path: ", "a.csv is the same file as", "a.csv of data[0]"]);
    refused(&second(&b, ""), &["data[1].path: ", "b.csv has the same content as", "a.csv of data[0]"]);
    assert_eq!(support::count(&second(&other, "").json(), "events"), 4_000);
    // Each part of it once.
    let text = config(&a, &[("[[data]]", "end = \"2020-09-13T12:30:00Z\"")])
        + &format!("[[data]]\npath = {:?}\nstart = \"2020-09-13T12:30:00Z\"\n", a.display().to_string());
    let result = bench.backtest(&bench.write("run.toml", text), &["--json"]).json();
    assert_eq!(support::count(&result, "events"), 2_000);
}

#[test]
fn a_file_whose_name_is_of_another_symbol_is_said_and_a_symbol_that_is_none_is_refused() {
    let bench = Bench::default();
    let source = bench.write("ETHUSDT-trades-2020-09-12.csv", good());
    let text = config(&source, &[("[[data]]", "format = \"mapping\"\nmapping_name = \"nautilus-trades\"")]);
    let result = bench.backtest(&bench.write("run.toml", text), &["--json"]).json();
    let warnings = result["warnings"].to_string();
    for part in ["by its name this is ETHUSDT", "reads it as binance-usdm:BTCUSDT"] {
        assert!(warnings.contains(part), "{part:?} is not in {warnings}");
    }
    for symbol in ["", "../../etc", "BTC USDT", ".."] {
        let line = format!("symbol = {symbol:?}");
        let said = format!("instrument[0].symbol: is {symbol:?}, expected a name such as \"BTCUSDT\"");
        check_config(&[("[[instrument]]", &line)], &[&said]);
    }
}

#[test]
fn the_same_file_twice_is_refused_and_what_was_imported_before_stays() {
    let bench = Bench::default();
    let source = bench.write("tape.csv", good());
    let import = |path: &Path, more: &[&str]| data(&bench, "import", &[path], more);
    assert!(import(&source, &["--into", "catalog"]).ok);
    let before = left(&bench.path("catalog"));
    let said = import(&source, &["--into", "catalog"]);
    assert!(!said.ok && said.err.contains("tape.csv"), "{}", said.err);
    assert_eq!(left(&bench.path("catalog")), before, "nothing was added");
    let said = import(&source, &["--into", "catalog", "--replace"]);
    assert!(said.ok, "{}", said.err);

    // A damaged source afterwards: an error, and the first import is as it was.
    let bad = bench.write("bad.csv", tape(2, "NaN"));
    let said = import(&bad, &["--into", "catalog"]);
    assert!(!said.ok && said.err.contains("bad.csv:101: price: expected a decimal number"), "{}", said.err);
    let text = config(&bench.path("catalog"), &[("[[data]]", "format = \"catalog\"")]);
    let result = bench.backtest(&bench.write("run.toml", text), &["--json"]).json();
    assert!(support::count(&result, "events") >= 2_000, "{}", result["events"]);
}

#[test]
fn a_strategy_that_waits_for_a_book_in_trades_alone_is_told_so() {
    let bench = Bench::default();
    let source = bench.write("tape.csv", good());
    let grid = "name = \"grid\"\norder_qty = 0.01";
    let text = config(&source, &[]);
    let at = text.find("name = \"cross\"").unwrap();
    let end = text.find("[report]").unwrap();
    let text = format!("{}{grid}\n{}", &text[..at], &text[end..]);
    let result = bench.backtest(&bench.write("run.toml", text), &["--json"]).json();
    assert_eq!(support::count(&result, "submits"), 0);
    let warnings = result["warnings"].to_string();
    assert!(warnings.contains("No order was sent") && warnings.contains("it holds: trade)"), "{warnings}");
}

/// The files of a catalogue that hold market data.
fn stored(catalog: &Path) -> Vec<PathBuf> {
    let holds = |it: &PathBuf| it.extension().is_some_and(|it| it == "events" || it == "parquet");
    left(catalog).into_iter().filter(holds).collect()
}

/// A zip with one stored member under this checksum.
fn zipped(text: &str, crc: u32) -> Vec<u8> {
    let size = u32::try_from(text.len()).unwrap().to_le_bytes();
    let header = |signature: [u8; 4], more: &[u8]| [&signature[..], more].concat();
    let terms =
        [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &crc.to_le_bytes(), &size, &size, &[8, 0, 0, 0]].concat();
    let mut zip = header(*b"PK\x03\x04", &terms);
    zip.extend(b"tape.csv");
    zip.extend(text.as_bytes());
    let directory = zip.len() as u32;
    zip.extend(header(*b"PK\x01\x02", &[&[20, 0][..], &terms, &[0; 14]].concat()));
    zip.extend(b"tape.csv");
    let length = (zip.len() as u32 - directory).to_le_bytes();
    zip.extend(header(*b"PK\x05\x06", &[0, 0, 0, 0, 1, 0, 1, 0]));
    zip.extend([&length[..], &directory.to_le_bytes(), &[0, 0]].concat());
    zip
}

/// The name of a damaged source, its bytes, and what is said of it.
fn damaged_sources() -> Vec<(&'static str, Vec<u8>, [&'static str; 2])> {
    let gz = |text: &str| {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gz.write_all(text.as_bytes()).unwrap();
        gz.finish().unwrap()
    };
    let flipped = |mut bytes: Vec<u8>, back: usize| {
        let at = bytes.len() - back;
        bytes[at] ^= 0xff;
        bytes
    };
    let text = good();
    let mut crc = flate2::Crc::new();
    crc.update(text.as_bytes());
    let whole = gz(&text);
    let capture = std::fs::read(shared("hftbacktest/usdm_btcusdt_20240808.gz")).unwrap();
    vec![
        ("crc.zip", zipped(&text, crc.sum() ^ 1), ["sound zip data", "checksum is"]),
        ("crc.csv.gz", flipped(whole.clone(), 6), ["sound gzip data", "checksum"]),
        ("cut.csv.gz", whole[..whole.len() / 2].to_vec(), ["more gzip data", "the end of the file"]),
        ("cut.csv", text.as_bytes()[..text.len() - 5].to_vec(), ["cut.csv:2001: ", "expected"]),
        ("capture.gz", capture[..1 << 20].to_vec(), ["more gzip data", "the end of the file"]),
    ]
}

#[test]
fn of_a_damaged_file_nothing_is_imported_and_the_files_before_it_are_kept() {
    for (name, bytes, parts) in damaged_sources() {
        let bench = Bench::default();
        let bad = bench.write(name, bytes);
        let check_named = |said: &Said| {
            assert!(!said.ok && said.err.starts_with("scalp: "), "{name}: {}", said.err);
            for part in [name, parts[0], parts[1]] {
                assert!(said.err.contains(part), "{part:?} is not in: {}", said.err);
            }
        };
        let said = data(&bench, "import", &[&bad], &["--into", "alone"]);
        check_named(&said);
        assert_eq!(said.out, "", "{name}");
        assert_eq!(stored(&bench.path("alone")), Vec::<PathBuf>::new(), "{name}: rows of it were kept");

        let before = bench.write("good.csv", good());
        let said = data(&bench, "import", &[&before, &bad], &["--into", "both", "--json"]);
        check_named(&said);
        assert!(said.out.contains("\"events\": 2000,"), "{name}: {}", said.out);
        assert!(said.err.contains("nothing of it is kept"), "{}", said.err);

        let said = data(&bench, "import", &[&bad], &["--into", "part", "--partial"]);
        check_named(&said);
        assert!(said.err.contains("events before it are kept"), "{name}: {}", said.err);
    }
}

#[test]
fn of_a_parquet_file_that_lacks_its_middle_or_its_end_nothing_is_imported() {
    let whole =
        std::fs::read(shared("nautilus/market/binance_btcusdt_spot_trades_20210108.parquet")).unwrap();
    let middle = whole.len() / 2;
    let holed = [&whole[..middle], &whole[middle + 4_096..]].concat();
    for (name, bytes) in [("cut.parquet", whole[..middle].to_vec()), ("holed.parquet", holed)] {
        let bench = Bench::default();
        let bad = bench.write(name, bytes);
        let mut scalp = Command::new(env!("CARGO_BIN_EXE_scalp"));
        scalp.current_dir(bench.folder.path()).args(["data", "import"]).arg(&bad);
        scalp.args(["--symbol", "BTCUSDT", "--tick", "0.01", "--lot", "0.000001", "--contract", "spot"]);
        let said =
            Said::of(scalp.args(["--mapping", "nautilus-trades", "--into", "catalog"]).output().unwrap());
        assert!(!said.ok && said.err.contains(name) && said.err.contains("expected"), "{}", said.err);
        assert_eq!(stored(&bench.path("catalog")), Vec::<PathBuf>::new(), "{name}");
    }
}

#[test]
fn a_mapping_that_cannot_be_is_named_and_nothing_is_said_to_have_been_found() {
    let bench = Bench::default();
    let source = bench.write("tape.csv", good());
    let table = bench.write("mine.toml", "kind = \"ticks\"\n");
    for command in ["check", "import"] {
        for mapping in ["bogus", table.to_str().unwrap()] {
            let said = data(&bench, command, &[&source], &["--mapping", mapping]);
            assert!(!said.ok && said.out.is_empty(), "{command} {mapping}: {}", said.out);
            let wanted: &[&str] = if mapping == "bogus" {
                &["scalp: --mapping: is \"bogus\", expected one of binance-trades"]
            } else {
                &["mine.toml: expected a mapping in TOML, got ", "`ticks`", "`trades`"]
            };
            wanted.iter().for_each(|it| assert!(said.err.contains(it), "{it:?} is not in: {}", said.err));
            assert!(!said.err.contains(":0:"), "{}", said.err);
        }
    }
    // A file that breaks off before anything was found.
    let cut = bench.write("cut.csv", &good().as_bytes()[..good().len() - 5]);
    let said = data(&bench, "check", &[&cut], &[]);
    assert!(!said.ok && !said.out.contains("nothing found"), "{}", said.out);
    assert!(said.err.contains("cut.csv:2001: "), "{}", said.err);
}
