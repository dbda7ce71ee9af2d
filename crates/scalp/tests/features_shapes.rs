//! `scalp features matrix-profile` against stumpy: of a file, of two files, and as it was known.

#![allow(clippy::unwrap_used, reason = "tests only")]

mod support;

use serde_json::Value;
use std::path::Path;
use support::columns::{golden, said, scalp, table};

#[test]
fn the_matrix_profile_is_that_of_stumpy() {
    let wanted: Value =
        serde_json::from_str(&std::fs::read_to_string(golden("mp/eurusd1500_m50.json")).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let text = std::fs::read_to_string(golden("input/eurusd_1h.csv")).unwrap();
    std::fs::write(at("bars.csv"), text.lines().take(1_501).collect::<Vec<_>>().join("\n")).unwrap();
    let (bars, out, html) = (at("bars.csv"), at("out.csv"), at("page.html"));
    let all = ["matrix-profile", "--input", &bars, "--json", "--html", &html, "--out", &out];
    let output = scalp(&all);
    assert!(output.status.success(), "{}", said(&output));
    let (titles, rows) = table(Path::new(&out));
    assert_eq!(titles, ["time", "close.distance", "close.nearest"]);
    let profile = wanted["profile"].as_array().unwrap();
    assert_eq!((rows.len(), profile.len()), (1_500, 1_451));
    for (row, distance) in rows.iter().zip(profile) {
        let (ours, stumpy) = (row[1].parse::<f64>().unwrap(), distance.as_f64().unwrap());
        assert!((ours - stumpy).abs() < 1e-6, "{row:?}: {stumpy}");
    }
    assert!(rows[profile.len()..].iter().all(|it| it[1].is_empty() && it[2].is_empty()));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let nearest = profile.iter().map(|it| it.as_f64().unwrap()).fold(f64::MAX, f64::min);
    let motif = &answer["motifs"][0];
    assert!((motif["distance"].as_f64().unwrap() - nearest).abs() < 1e-6, "{motif}");
    assert!(std::fs::read_to_string(&html).unwrap().contains("matrix profile"));
    for (wrong, why) in [
        (["--window", "2"], "at least 3 values"),
        (["--window", "1490"], "are needed"),
        (["--horizon", "0"], "--horizon"),
        (["--above", "101"], "--above"),
        (["--list", "closse"], "closse"),
    ] {
        let output = scalp(&[&["matrix-profile", "--input", &bars], &wrong[..]].concat());
        assert!(!output.status.success() && said(&output).contains(why), "{wrong:?}: {}", said(&output));
    }
}

/// Rows of the golden candles as a file.
fn candles(folder: &Path, name: &str, rows: std::ops::Range<usize>) -> String {
    let text = std::fs::read_to_string(golden("input/eurusd_1h.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let path = folder.join(name);
    let of = std::iter::once(lines[0]).chain(lines[1 + rows.start..1 + rows.end].iter().copied());
    std::fs::write(&path, of.collect::<Vec<_>>().join("\n")).unwrap();
    path.display().to_string()
}

#[test]
fn a_join_of_two_files_is_that_of_stumpy() {
    let folder = tempfile::tempdir().unwrap();
    let first = candles(folder.path(), "first.csv", 0..700);
    let second = candles(folder.path(), "second.csv", 700..1_500);
    let (out, html) = (folder.path().join("out.csv"), folder.path().join("page.html"));
    let (out, html) = (out.display().to_string(), html.display().to_string());
    let all =
        ["matrix-profile", "--input", &first, "--join", &second, "--json", "--html", &html, "--out", &out];
    let output = scalp(&all);
    assert!(output.status.success(), "{}", said(&output));
    let (titles, rows) = table(Path::new(&out));
    assert_eq!(titles, ["time", "close.distance", "close.nearest"]);
    check_profile(&rows, &STUMPY_JOIN, 651);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(answer["shapes_of_both"][0]["distance"].as_f64().unwrap() > 0.0, "{answer}");
    assert!(answer["of_the_first_alone"][0]["distance"].as_f64().unwrap() > 0.0);
    assert!(std::fs::read_to_string(&html).unwrap().contains("What two files share"));
    let output = scalp(&["matrix-profile", "--input", &first, "--join", &first]);
    assert!(!output.status.success() && said(&output).contains("would meet itself"), "{}", said(&output));
}

#[test]
fn the_past_of_each_window_is_the_left_profile_of_stumpy_and_later_rows_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bars = candles(folder.path(), "bars.csv", 0..1_500);
    let early = candles(folder.path(), "early.csv", 0..1_100);
    let (out, html) = (folder.path().join("out.csv"), folder.path().join("page.html"));
    let (out, html) = (out.display().to_string(), html.display().to_string());
    let written = |bars: &str| {
        let all = ["matrix-profile", "--input", bars, "--past", "--json", "--html", &html, "--out", &out];
        let output = scalp(&all);
        assert!(output.status.success(), "{}", said(&output));
        (table(Path::new(&out)), serde_json::from_slice::<Value>(&output.stdout).unwrap())
    };
    let ((titles, rows), answer) = written(&bars);
    assert_eq!(titles, ["time", "close.distance", "close.nearest", "close.after_nearest"]);
    // A window is known in its last row.
    assert!(rows[..49].iter().all(|it| it[1].is_empty()));
    check_profile(&rows[49..], &STUMPY_LEFT, 1_451);
    let sign = &answer["foretold_and_came"][1];
    assert!(
        sign["figure"] == "sign foretold" && sign["item"] == "close" && sign["value"].is_number(),
        "{answer}"
    );
    assert!(std::fs::read_to_string(&html).unwrap().contains("What was known"));
    let ((_, before), _) = written(&early);
    assert_eq!(rows[..1_100], before[..]);
    for (wrong, why) in [
        (["--held", "49"], "--held: expected at least a window"),
        (["--arcs-below", "1.5"], "--arcs-below"),
        (["--join", "x.csv"], "cannot be used with"),
        (["--motifs", "3"], "cannot be used with"),
        (["--discords", "3"], "cannot be used with"),
        (["--regimes", "3"], "cannot be used with"),
        (["--context", "3"], "cannot be used with"),
        (["--held", "1501"], "--held: expected at most the 1500 rows of the file, got 1501"),
    ] {
        let output = scalp(&[&["matrix-profile", "--input", &bars, "--past"], &wrong[..]].concat());
        assert!(!output.status.success() && said(&output).contains(why), "{wrong:?}: {}", said(&output));
    }
}

/// What stumpy 1.14.1 answers for windows of 50: where a window starts, how far its nearest is, and where that starts.
/// `stump(first, 50, second, ignore_trivial=False)` of the first 700 closes and the 800 behind them.
const STUMPY_JOIN: [(usize, f64, usize); 7] = [
    (0, 5.227_922_121_602, 705),
    (100, 3.923_663_577_095, 317),
    (250, 1.771_935_984_818, 463),
    (400, 2.547_868_550_410, 464),
    (500, 2.140_951_611_628, 694),
    (600, 3.595_570_560_278, 712),
    (650, 4.181_580_337_174, 537),
];

/// Column 2 of `stump(closes, 50)` of the first 1,500, with the distance of the two windows by numpy.
const STUMPY_LEFT: [(usize, f64, usize); 7] = [
    (100, 8.040_217_953_223, 10),
    (300, 4.369_887_440_507, 107),
    (500, 1.757_517_814_198, 238),
    (700, 2.697_688_766_325, 39),
    (900, 5.954_864_840_476, 662),
    (1_100, 2.144_990_318_942, 238),
    (1_400, 2.619_022_839_418, 749),
];

fn check_profile(rows: &[Vec<String>], wanted: &[(usize, f64, usize)], windows: usize) {
    assert!(rows[windows..].iter().all(|it| it[1].is_empty() && it[2].is_empty()));
    let mut worst = 0.0_f64;
    for &(at, distance, nearest) in wanted {
        worst = worst.max((rows[at][1].parse::<f64>().unwrap() - distance).abs());
        assert_eq!(rows[at][2].parse::<usize>().unwrap(), nearest, "window {at}");
    }
    println!("worst deviation from stumpy {worst:e}");
    assert!(worst < 1e-6, "{worst}");
}
