//! How answers and refusals are worded: columns by their names, counts with their nouns, options that nothing reads.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod support;

use serde_json::Value;
use support::scalp;
use support::tables::{PANEL, ask, input, refused, walk};

const ONE: &[&str] = &["--column", "AAPL"];

/// The column A of a random walk, and B at twice its price.
fn twins(rows: usize) -> String {
    let one = walk(&["A", "C"], rows);
    let mut text = String::from("time,A,B,C\n");
    for line in one.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let twice = 2.0 * cells[1].parse::<f64>().unwrap();
        text += &format!("{},{},{twice},{}\n", cells[0], cells[1], cells[2]);
    }
    text
}

#[test]
fn columns_that_move_as_one_are_named_where_no_matrix_of_them_has_an_inverse() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("twins.csv");
    std::fs::write(&path, twins(400)).unwrap();
    let path = path.display().to_string();
    for words in [
        &["stats", "cointegration"][..],
        &["risk", "stress"],
        &["volatility", "correlations"],
        &["stats", "spa", "--benchmark", "A"],
    ] {
        let answer = scalp(&[words, &["--missing", "drop", &path]].concat());
        refused(words, &answer, "B moves as A does: leave one of them out, with --column for each");
    }
}

/// Every text of an answer.
fn texts<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
    match value {
        Value::String(it) => out.push(it),
        Value::Array(all) => all.iter().for_each(|it| texts(it, out)),
        Value::Object(all) => all.values().for_each(|it| texts(it, out)),
        _ => {}
    }
}

/// What is counted as one and named as many.
fn miscounted(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let found = words.windows(2).find(|it| {
        let noun = it[1].trim_matches(|c: char| !c.is_ascii_alphabetic());
        let is_many = noun.ends_with('s') && !["is", "was", "this", "has", "less"].contains(&noun);
        it[0].trim_start_matches('(') == "1" && is_many
    });
    found.map(|it| it.join(" "))
}

#[test]
fn one_is_not_counted_as_many() {
    assert_eq!(miscounted("a table of 1 assets, 2 rows").as_deref(), Some("1 assets,"));
    let questions: [&[&str]; 14] = [
        &["portfolio", "optimise"],
        &["portfolio", "frontier", "--points", "2", "--resample", "1"],
        &["portfolio", "plan", "--cost", "0.001", "--periods", "1"],
        &["risk", "report"],
        &["risk", "simulate", "--horizon", "1", "--paths", "1000"],
        &["risk", "stress", "--horizon", "4"],
        &["risk", "regimes", "--states", "1", "--starts", "0"],
        &["stats", "dsr", "--trials", "1"],
        &["stats", "spa"],
        &["stats", "splits", "--method", "walk-forward", "--folds", "1", "--horizon", "1", "--embargo", "1"],
        &["stats", "labels", "--horizon", "1", "--every", "700"],
        &["forecast", "--horizon", "1", "--origins", "1"],
        &["size", "returns"],
        &["volatility", "forecast", "--horizon", "1"],
    ];
    let mut answers: Vec<(&[&str], Value)> =
        questions.iter().map(|it| (*it, ask(&[it, ONE].concat(), PANEL).json())).collect();
    let bet = ["size", "bet", "--probability", "0.6", "--units", "1", "--within", "1", "--json"];
    answers.push((&bet[..], scalp(&bet).json()));
    for (words, answer) in answers {
        let mut said = Vec::new();
        texts(&answer, &mut said);
        assert!(said.len() > 3, "{words:?}: {answer}");
        for text in said {
            assert_eq!(miscounted(text), None, "{words:?}: {text}");
        }
    }
}

#[test]
fn an_option_that_the_rest_of_the_question_does_not_read_is_refused() {
    for (words, said) in [
        (
            &["portfolio", "optimise", "--span", "180"][..],
            "--span: it is read with --covariance exponential alone: say --covariance exponential, or leave --span out",
        ),
        (
            &["portfolio", "frontier", "--seed", "4"],
            "--seed: it is read beside --resample alone: say that too, or leave --seed out",
        ),
        (
            &["portfolio", "optimise", "--measure", "evar"],
            "--measure: it is read with --objective min-risk or max-ratio alone: say --objective min-risk",
        ),
        (&["stats", "splits", "--tested", "3"], "--tested: it is read with --method combinatorial alone"),
        (
            &["stats", "labels", "--method", "trend-scanning", "--candles"],
            "--candles: it is read with --method triple-barrier alone",
        ),
        (
            &["stats", "labels", "--shortest", "3"],
            "--shortest: it is read with --method trend-scanning alone",
        ),
        (&["risk", "simulate", "--hurst", "0.6"], "--hurst: it is read with --model fbm alone"),
    ] {
        refused(words, &ask(words, PANEL), said);
    }
    let words = ["size", "bet", "--outcome", "0.5:0.5", "--outcome=-0.4:0.5", "--odds", "3"];
    refused(&words, &scalp(&words), "--odds: it is read beside --probability alone");
}

/// Nothing by the year is asked, so that a table without times needs no length of it, and none can be given.
#[test]
fn what_is_not_told_by_the_year_asks_for_no_year() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    let text = std::fs::read_to_string(input(PANEL)).unwrap();
    let cut: Vec<&str> = text.lines().map(|it| it.split_once(',').unwrap().1).collect();
    std::fs::write(&path, cut.join("\n")).unwrap();
    let path = path.display().to_string();
    for words in [&["stats", "pbo"][..], &["stats", "test"], &["stats", "splits"], &["risk", "copula"]] {
        assert!(scalp(&[words, &[&path]].concat()).ok, "{words:?}");
        let said = scalp(&[words, &[&path, "--periods-per-year", "252"]].concat());
        assert!(!said.ok && said.err.contains("unexpected argument '--periods-per-year'"), "{}", said.err);
    }
}

/// The last rows are not labelled yet: nothing may be taught or judged by them.
#[test]
fn rows_whose_label_ends_after_the_table_are_in_no_split() {
    for method in ["k-fold", "walk-forward", "combinatorial"] {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("splits.csv").display().to_string();
        let words = ["stats", "splits", "--method", method, "--horizon", "20", "--out", &out];
        let got = ask(&words, "sp500_daily.csv").json();
        let rows = std::fs::read_to_string(input("sp500_daily.csv")).unwrap().lines().count() - 1;
        let text = std::fs::read_to_string(&out).unwrap();
        let last = text.lines().skip(1).map(|it| it.rsplit(',').next().unwrap().parse::<usize>().unwrap());
        assert_eq!(last.max(), Some(rows - 1 - 20), "{method}");
        assert!(got["notes"].to_string().contains("the last 20 rows end after the table"), "{got}");
        assert!(got["title"].as_str().unwrap().ends_with(&format!("of {} samples", rows - 20)), "{got}");
    }
    let words = ["stats", "splits", "--horizon", "999999"];
    refused(&words, &ask(&words, PANEL), "--horizon: no row has 999999 rows after it");
}
