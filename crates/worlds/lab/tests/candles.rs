//! Candles of the feed of which some are missing, and such as came while they grew: a run, what is computed of its event file and
//! what is computed of the table say the same.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use scalp_lab::features::{Asked, Computed, Holds, With, compute, parse_bars, read_all, write};
use scalp_lab::feed::Track;
use std::fmt::Write;
use std::num::NonZero;
use std::path::Path;
use support::rules::{alike, read_in_a_run};

const START: i64 = 1_700_000_100_000;
const MINUTE: i64 = 60_000;

/// One candle of a minute, as its prices went: open, high, low, close and volume after so many seconds of it.
fn candle(seed: i64, minute: i64, seconds: i64) -> [i64; 5] {
    let price = |second: i64| {
        let at = minute * 60 + second;
        1_000 + (at * (7 + seed) / 40) % 97 + (at * at * (13 + seed)) % 11
    };
    let all = || (0..seconds).map(price);
    [price(0), all().max().unwrap(), all().min().unwrap(), price(seconds - 1), seconds]
}

/// Whether a minute is in the data: about one in six is not, and so the last of some bars of five.
fn is_there(seed: i64, minute: i64) -> bool {
    (minute * minute * (31 + seed) + minute * 7) % 101 % 6 != 0
}

/// A table of candles, each told after so many seconds of it, whose end arrives half a second late, and the rest a tenth.
fn table(path: &Path, seed: i64, minutes: i64, told: &[i64]) {
    let mut rows = String::from("open_time,heard,open,high,low,close,volume\n");
    for minute in (0..minutes).filter(|it| is_there(seed, *it)) {
        let open_at = START + minute * MINUTE;
        for &seconds in told {
            let heard = open_at + seconds * 1_000 + if seconds == 60 { 500 } else { 100 };
            let [open, high, low, close, volume] = candle(seed, minute, seconds);
            writeln!(rows, "{open_at},{heard},{open},{high},{low},{close},{volume}").unwrap();
        }
    }
    std::fs::write(path, rows).unwrap();
}

/// The data of a run over such a table.
fn data(path: &Path, symbol: &str) -> String {
    format!(
        "[[data]]\npath = {path:?}\nformat = \"mapping\"\ninstrument = {symbol:?}\n[data.mapping]\nkind = \"bars\"\nspan = \"1m\"\n\
         time = {{ column = \"open_time\", unit = \"ms\" }}\narrival = {{ column = \"heard\", unit = \"ms\" }}\n[data.mapping.columns]\n\
         open = \"open\"\nhigh = \"high\"\nlow = \"low\"\nclose = \"close\"\nvolume = \"volume\"\n"
    )
}

fn instrument(symbol: &str) -> String {
    format!(
        "[[instrument]]\nvenue = \"v\"\nsymbol = {symbol:?}\nbase = {symbol:?}\nquote = \"Q\"\ntick = \"1\"\nlot = \"1\"\n"
    )
}

/// As `scalp features compute --bars` does.
fn computed(path: &Path, items: &[&str], bars: &str, with: &[With]) -> Computed {
    let rule = parse_bars(bars).unwrap();
    let table = read_all(&[path.to_owned()], with).unwrap().larger(path, &rule).unwrap();
    let bars = matches!(table.holds, Holds::Events(_)).then_some(rule);
    compute(path, &table, items, &Asked { threads: NonZero::new(2).unwrap(), bars, keep_going: false })
        .unwrap()
}

fn bits(columns: &[(String, Vec<f64>)]) -> Vec<Vec<Option<u64>>> {
    let one = |it: &f64| it.is_finite().then_some(it.to_bits());
    columns.iter().map(|it| it.1.iter().map(one).collect()).collect()
}

#[test]
fn a_bar_whose_last_candle_is_missing_is_known_with_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["A", "B"].map(|symbol| folder.path().join(format!("{symbol}.csv")));
    for (seed, path) in (0..).zip(&paths) {
        table(path, seed, 1_500, &[60]);
    }
    let missing = (0..300).filter(|bar| !is_there(1, bar * 5 + 4) && is_there(1, bar * 5)).count();
    assert!(missing > 20, "{missing} bars without their last candle");
    // The same as a table of candles alone.
    let plain = paths.each_ref().map(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        let without = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{},{}\n", cells[0], cells[2..].join(","))
        };
        let plain = path.with_extension("plain.csv");
        std::fs::write(&plain, text.lines().map(without).collect::<String>()).unwrap();
        plain
    });
    let items = ["b", "AGE(b)", "CORR(close,b,10)", "close"];
    let shown = folder.path().join("b.csv");
    for (bars, order) in [("5m", [0, 1]), ("5m", [1, 0]), ("15m", [0, 1])] {
        let all: Vec<String> = order.iter().map(|&it| data(&paths[it], ["A", "B"][it])).collect();
        let head = format!(
            "{}{}{}[account]\nbalances = {{ Q = 1000 }}\n[bars]\ntime = {bars:?}\n",
            all.concat(),
            instrument("A"),
            instrument("B")
        );
        let (ready, seen) = read_in_a_run(
            &head,
            &items,
            "instrument = \"A\"\nwith = [\"b=B.close\"]\n[report]\nkeep = false\n",
        );
        let [of_a, of_b] = ["A", "B"].map(|symbol| {
            let is_of = |it: &&Track| it.file.instruments().iter().all(|it| &*it.spec.symbol == symbol);
            ready.loaded.tracks.iter().find(is_of).unwrap().file.path().to_owned()
        });
        // The bars of the other, of its table and of its events.
        for leader in [&plain[1], &of_b] {
            let bars_of_it = computed(leader, &["open", "high", "low", "close", "volume"], bars, &[]);
            let known = bars_of_it.known.clone().unwrap_or_default();
            let length = parse_bars(bars).unwrap().time.unwrap().0.nanos();
            let late =
                bars_of_it.times.iter().zip(&known).filter(|(at, known)| *at + length < **known).count();
            assert!(late > 5, "{bars}: {late} wait for the next candle, of {}", leader.display());
            write(&shown, &bars_of_it).unwrap();
            let with =
                With::parse("--with", &format!("b={},column=close,age=100d", shown.display())).unwrap();
            for own in [&plain[0], &of_a] {
                let made = computed(own, &items, bars, std::slice::from_ref(&with));
                let columns = bits(&made.columns);
                assert!(made.times.len() > 90, "{}", made.times.len());
                // A file alone does not show that its last bar is over.
                assert!((made.times.len() - 1..=made.times.len()).contains(&seen.rows.len()));
                for (row, values) in seen.rows[..made.times.len() - 1].iter().enumerate() {
                    let of_run: Vec<_> =
                        values[..items.len()].iter().map(|it| it.map(f64::to_bits)).collect();
                    let of_file: Vec<_> = columns.iter().map(|it| it[row]).collect();
                    assert_eq!(of_run, of_file, "{bars}, row {row}, {order:?}, of {}", own.display());
                }
            }
        }
    }
}

#[test]
fn of_candles_that_came_as_they_grew_only_what_they_were_in_the_end_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    let items = ["open", "high", "low", "close", "volume", "RSI(5)"];
    let every = |step: i64| (1..=60 / step).map(|it| it * step).collect::<Vec<_>>();
    let of = |told: &[i64], bars: &str, shift: &str| {
        table(&path, 0, 800, told);
        let data = data(&path, "A").replace("format =", &format!("{shift}format ="));
        let head = format!(
            "{data}{}[account]\nbalances = {{ Q = 1000 }}\n[bars]\ntime = {bars:?}\n",
            instrument("A")
        );
        let (ready, seen) = read_in_a_run(&head, &items, "[report]\nkeep = false\n");
        if shift.is_empty() {
            alike(&ready, &seen, &items, bars);
        }
        let made = computed(ready.loaded.tracks[0].file.path(), &items, bars, &[]);
        // Of five the last may be missing.
        assert!(bars == "5m" || made.known.is_none());
        (seen.rows, made.remarks.found, ready.loaded.tracks[0].shift.nanos())
    };
    let shift = "receive_shift = \"smallest-latency-zero\"\n";
    for bars in ["1m", "5m"] {
        let (want, nothing, _) = of(&[60], bars, "");
        assert_eq!(nothing, [""; 0]);
        // Each second, each five seconds, and once shortly before the end.
        for told in [every(1), every(5), vec![55, 60]] {
            let (rows, found, _) = of(&told, bars, "");
            assert!(rows == want, "{bars}, told {} times", told.len());
            assert_eq!(found, [""; 0], "what came before is no candle of its own");
            // No stage says anything of the recorder's clock.
            let (_, _, by) = of(&told, bars, shift);
            assert_eq!(by, -500_000_000);
        }
    }
    let (_, _, by) = of(&[60], "1m", shift);
    assert_eq!(by, -500_000_000);
}
