//! How long the candles of a file are found to be, file by file.

use crate::detect::{Format, detect};
use std::fmt::Write;

/// What is found of a file with this name and header, and rows this far apart.
fn found(name: &str, header: &str, times: impl IntoIterator<Item = String>) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let mut text = format!("{header}\n");
    for time in times {
        writeln!(text, "{time},1,1,1,1,1{}", ",1".repeat(header.matches(',').count() - 5)).unwrap();
    }
    std::fs::write(&path, text).unwrap();
    match detect(&path) {
        Ok(Format::Table { mapping, .. }) => Ok(mapping.span.clone().unwrap()),
        Ok(Format::Capture) => panic!("a capture"),
        Err(error) => Err(error.to_string().replace(&folder.path().display().to_string(), "")),
    }
}

const DATE: &str = "date,open,high,low,close,volume";
const TIMESTAMP: &str = "timestamp,open,high,low,close,volume";
const KLINES: &str = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore";

fn every(secs: u64) -> Vec<String> {
    // The third is missing, and one stands an odd second later.
    let rows = (0..9).filter(|it| *it != 2).map(|it| 1_700_006_400_000 + it * secs * 1_000);
    rows.enumerate().map(|(at, it)| (if at == 5 { it + 1_000 } else { it }).to_string()).collect()
}

#[test]
fn candles_are_as_long_as_the_step_between_them() {
    for (secs, length) in
        [(60, "1m"), (300, "5m"), (3_600, "1h"), (14_400, "4h"), (86_400, "1d"), (90, "90s")]
    {
        assert_eq!(found("x.csv", DATE, every(secs)).as_deref(), Ok(length));
        assert_eq!(found("x.csv", KLINES, every(secs)).as_deref(), Ok(length));
    }
    let hours = (0..5).map(|it| format!("2024-01-01 0{it}:00:00"));
    assert_eq!(found("x.csv", TIMESTAMP, hours.clone()).as_deref(), Ok("1h"));
    assert_eq!(found("x.csv", DATE, hours).as_deref(), Ok("1h"));
    let months = ["2023-11-01", "2023-12-01", "2024-01-01", "2024-02-01"].map(str::to_owned);
    assert_eq!(found("x.csv", DATE, months).as_deref(), Ok("1mo"));
    // As others write them, in quotes.
    let days = (1..=9).map(|it| format!("\"2024-01-0{it} 00:00:00\""));
    assert_eq!(found("x.csv", TIMESTAMP, days).as_deref(), Ok("1d"));
    // Rows of now, as of candles that had just begun, among whole ones.
    let now = |it: i64| 1_700_006_400_000 + it * 3_600_000;
    let rows = (0..720_i64).map(now).chain([now(100) + 1_500_000, now(400) + 1_700_000, now(600) + 9]);
    let mut rows: Vec<i64> = rows.collect();
    rows.sort_unstable();
    assert_eq!(found("x.csv", DATE, rows.iter().map(ToString::to_string)).as_deref(), Ok("1h"));
    // One row tells nothing.
    let one = found("x.csv", DATE, ["1700006400000".to_owned()]).unwrap_err();
    assert_eq!(
        one,
        "/x.csv: expected candles whose steps tell how long they are, or a name that says it (X-1m.csv), got the one of \
         2023-11-15T00:00:00.000000000Z"
    );
    assert_eq!(found("x-1d.csv", DATE, ["1700006400000".to_owned()]).as_deref(), Ok("1d"));
}

#[test]
fn a_name_says_the_length_unless_candles_of_it_would_overlap() {
    let dates = |minutes: u32| (0..9).map(move |it| format!("2024-01-01 00:{:02}:00", it * minutes));
    assert_eq!(
        found("X-1m.csv", DATE, dates(5)).as_deref(),
        Ok("1m"),
        "minutes without a trade are left out"
    );
    let wrong =
        |name: &str| Err(format!("/{name}: expected candles of 1h, as its name says, got one every 1m"));
    assert_eq!(found("X-1h.csv", DATE, dates(1)), wrong("X-1h.csv"));
    for name in ["AVAXUSDT-1h-2025-02.csv", "X-1h.csv"] {
        assert_eq!(found(name, KLINES, every(60)), wrong(name));
    }
    // Wherever they overlap.
    let late = (0..3_000).map(|it| {
        (1_700_006_400_000_i64 + it.min(2_900) * 3_600_000 + (it - 2_900).max(0) * 60_000).to_string()
    });
    assert_eq!(found("X-1h.csv", DATE, late), wrong("X-1h.csv"));
    // Months of hours, by such a name.
    let hours =
        || (0..50).filter(|it| it % 9 != 3).map(|it| (1_700_006_400_000_i64 + it * 3_600_000).to_string());
    let longer = "/BTC_3m.csv: expected candles of 3m, as its name says, got one every 1h";
    assert_eq!(found("BTC_3m.csv", DATE, hours()), Err(longer.into()));
    for name in ["BTC_60m.csv", "BTC-3600s.csv", "BTC-1h-3mo.csv"] {
        assert!(found(name, DATE, hours()).is_ok(), "{name}");
    }
    // Months and quarters, of whatever days, and hours of which one stands a second late.
    let months = |step: usize| {
        (0..4)
            .flat_map(|year| (1..=12).map(move |month| (year, month)))
            .step_by(step)
            .map(|(year, month)| format!("202{year}-{month:02}-01"))
    };
    let late = |it: i64| (1_700_006_400_000 + it * 3_600_000 + i64::from(it == 700) * 1_000).to_string();
    // The last is of now.
    let now = |it: i64| (1_700_006_400_000 + it * 3_600_000 - i64::from(it == 400) * 3_500_000).to_string();
    for (name, times) in [
        ("X-1m.csv", months(1).collect::<Vec<_>>()),
        ("X-1d.csv", months(1).collect()),
        ("BTC_12m.csv", months(1).take(12).collect()),
        ("BTC_3m.csv", months(3).collect()),
        ("BTC_3m.csv", (0..2_000).map(late).collect()),
        ("BTC_3m.csv", (0..=400).map(now).collect()),
    ] {
        let said = found(name, DATE, times).unwrap_err();
        assert!(said.contains("as its name says, got one every"), "{name}: {said}");
    }
    let weeks = |it: i64| (1_700_006_400_000_i64 + it * 604_800_000).to_string();
    assert_eq!(found("X-1w.csv", DATE, [0, 1, 2, 4, 5].map(weeks)).as_deref(), Ok("1w"));
}

/// Days have months behind or before them, or among more months.
#[test]
fn months_among_days_are_candles_of_another_length() {
    let days = (1..=31).map(|it| format!("2023-12-{it:02}"));
    let months = |from: u32| (from..from + 3).map(|it| format!("2024-{it:02}-01"));
    let said = found("x.csv", DATE, days.clone().chain(months(1))).unwrap_err();
    assert!(
        said.ends_with("got most of 1d, and the one of 2024-01-01T00:00:00.000000000Z, which may be of 1mo"),
        "{said}"
    );
    let before = ["2023-09-01", "2023-10-01", "2023-11-01"].map(str::to_owned);
    let said = found("x.csv", DATE, before.into_iter().chain(days)).unwrap_err();
    assert!(said.contains("the one of 2023-09-01T00:00:00.000000000Z, which may be of 1mo"), "{said}");
    let few = ["2024-06-01", "2024-06-02"].map(str::to_owned);
    let said = found("x.csv", DATE, months(1).chain(months(4)).chain(few)).unwrap_err();
    assert!(
        said.contains("most of 1mo, and the one of 2024-06-01T00:00:00.000000000Z, which may be of 1d"),
        "{said}"
    );
}

/// Of minutes of which nine in ten are missing others are as common as the least step.
#[test]
fn thin_candles_are_as_long_as_their_least_step() {
    for seed in 1..=20_u64 {
        let mut state = seed;
        let mut there = |_: &i64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % 10 == 0
        };
        let minutes =
            (0..9_000_i64).filter(|it| there(it)).map(|it| (1_700_006_400_000 + it * 60_000).to_string());
        let minutes: Vec<String> = minutes.collect();
        assert_eq!(found("x.csv", DATE, minutes.clone()).as_deref(), Ok("1m"), "{seed}");
        // Too few to tell are refused, and never longer while some are closer.
        for (at, few) in minutes.chunks(45).enumerate() {
            let steps =
                few.windows(2).map(|it| it[1].parse::<u64>().unwrap() - it[0].parse::<u64>().unwrap());
            match found("x.csv", DATE, few.to_vec()) {
                Ok(length) if length != "1m" => {
                    let length = super::seconds(&length).unwrap() * 1_000;
                    let closer = steps.filter(|it| *it < length).count();
                    assert!(closer < 9, "{seed} {at}: {closer} overlap");
                }
                Ok(_) => {}
                Err(said) => assert!(said.contains("or a name that says it"), "{said}"),
            }
        }
    }
}

/// Midnight of New York is at five.
#[test]
fn months_that_begin_at_no_midnight_have_no_one_length() {
    let months = (1..=12).map(|it| format!("2023-{it:02}-01 05:00:00"));
    let said = found("x.csv", TIMESTAMP, months).unwrap_err();
    assert!(
        said.contains("most of 31d, and the one of 2023-02-01T05:00:00.000000000Z, which may be of 28d"),
        "{said}"
    );
}

/// An archive of two files, or rows in turns: of the candles that begin together the hour is no minute.
#[test]
fn candles_of_two_lengths_of_the_same_time_are_refused() {
    let row = |at: i64, volume: i64| format!("{},1,1,1,1,{volume}\n", 1_700_006_400_000 + at * 60_000);
    let minutes: Vec<(i64, String)> = (0..1_440).map(|it| (it, row(it, 1))).collect();
    let hours: Vec<(i64, String)> = (0..24).map(|it| (it * 60, row(it * 60, 60))).collect();
    let folder = tempfile::tempdir().unwrap();
    let found = |name: &str, files: &[&[(i64, String)]]| {
        let path = folder.path().join(name);
        let text = |rows: &[(i64, String)]| {
            format!("{DATE}\n{}", rows.iter().map(|it| it.1.as_str()).collect::<String>())
        };
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
        for (at, rows) in files.iter().enumerate() {
            zip.start_file(format!("{at}.csv"), zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut zip, text(rows).as_bytes()).unwrap();
        }
        drop(zip.finish().unwrap());
        match detect(&path) {
            Ok(Format::Table { mapping, .. }) => Ok(mapping.span.clone().unwrap()),
            Ok(Format::Capture) => panic!("a capture"),
            Err(error) => Err(error.to_string()),
        }
    };
    let mut turns = [minutes.clone(), hours.clone()].concat();
    turns.sort_by_key(|it| it.0);
    for files in [&[&hours[..], &minutes[..]][..], &[&minutes[..], &hours[..]], &[&turns[..]]] {
        for name in ["x.zip", "X-1m.zip"] {
            let said = found(name, files).unwrap_err();
            assert!(said.ends_with("got one every 1h"), "{name}: {said}");
        }
    }
    // However few they are.
    let few = |files: &[&[(i64, String)]]| found("few.zip", files).unwrap_err();
    assert!(few(&[&minutes[..121], &hours[..2]]).ends_with("got one every 1h"));
    let threes: Vec<_> = (0..4).map(|it| (it * 3, row(it * 3, 3))).collect();
    assert!(few(&[&threes, &minutes[..12]]).ends_with("got one every 3m"));
    // Of two days in two files, or in pages of which each begins with the last row of the one before, all are minutes.
    let days = found("days.zip", &[&minutes[..700], &minutes[700..]]);
    let pages =
        minutes.chunks(59).zip(minutes.chunks(59).skip(1)).flat_map(|(one, next)| [one, &next[..1]].concat());
    let pages = found("pages.zip", &[&pages.collect::<Vec<_>>()]);
    assert_eq!((days.as_deref(), pages.as_deref()), (Ok("1m"), Ok("1m")));
    // Nor are pages of which each ends with a candle that still grew.
    let grown = minutes.chunks(60).flat_map(|page| {
        let (at, _) = page[page.len() - 1];
        [page, &[(at + 1, format!("{},1,1,1,1,0.4\n", 1_700_006_400_000 + (at + 1) * 60_000))]].concat()
    });
    let grown: Vec<_> = grown.collect();
    for name in ["cron.zip", "X-1m.zip"] {
        assert_eq!(found(name, &[&grown]).as_deref(), Ok("1m"), "{name}");
    }
}

/// Minutes taken for the length of the hours behind them would have these known 59 minutes early.
#[test]
fn candles_of_two_lengths_in_one_file_are_refused() {
    let minute = |it: i64| (1_700_006_400_000 + it * 60_000).to_string();
    let hours = |from: i64, count: i64| (0..count).map(move |it| from + it * 60);
    for count in [2, 3, 48] {
        for (odd, minutes) in [
            (1_440, (0..1_440).chain(hours(1_440, count)).collect::<Vec<_>>()),
            (0, hours(0, count).chain(count * 60..count * 60 + 1_440).collect()),
            // One begins off the grid, which alone is no other length.
            (1_440, (0..500).chain(501..1_440).chain(hours(1_440, count)).collect()),
        ] {
            let rows = |it: &i64| {
                if *it == 700 {
                    (1_700_006_400_000_i64 + 700 * 60_000 + 1_000).to_string()
                } else {
                    minute(*it)
                }
            };
            let said = found("x.csv", DATE, minutes.iter().map(rows)).unwrap_err();
            let at = scalp_types::Timestamp::from_nanos((1_700_006_400 + odd * 60) * 1_000_000_000);
            let wanted = format!(
                "/x.csv: expected candles of one length, or a name that says it (X-1m.csv), where these are gaps, got most of \
                 1m, and the one of {at}, which may be of 1h"
            );
            assert_eq!(said, wanted, "{count} {odd}");
            assert_eq!(found("X-1m.csv", DATE, minutes.iter().map(|it| minute(*it))).as_deref(), Ok("1m"));
        }
    }
}
