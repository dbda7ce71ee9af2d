//! Tests of many strategies, changes, labels and splits, as they are asked for from the shell: against independent libraries,
//! and with what cannot be answered. The pages of all questions about a table that `studies.rs` does not ask.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use support::scalp;
use support::tables::{PANEL, ask, float, golden, input, near, no_null, pairs, part, refused, walk};

/// The tests of statsmodels and scipy of the last thousand closes, and of what grows by the same part every day.
#[test]
fn the_tests_of_one_column_are_those_of_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("last.csv");
    let rows = std::fs::read_to_string(input("sp500_daily.csv")).unwrap().lines().count() - 1;
    let last = part("sp500_daily.csv", rows - 1_000..rows, &file);
    let got = scalp(&["stats", "test", &last, "--json"]).json()["price"].clone();
    let want = golden("stats/sp500_last1000.json");
    let pair =
        |ours: &str, theirs: &str, key: &str| (float(&got[ours]["statistic"]), float(&want[theirs][key]));
    let all = [
        pair("adf_log_price", "adf_logprice_c_AIC", "stat"),
        pair("adf_returns", "adf_returns_c_AIC", "stat"),
        pair("kpss_log_price", "kpss_logprice_c", "stat"),
        pair("jarque_bera", "jarque_bera_returns", "stat"),
        pair("arch_lm_10_lags", "arch_lm", "lm"),
    ];
    near("statistics", &all, 1.0, 1e-8);
    let grows: String = (0..60)
        .map(|hour| {
            format!("2024-01-{:02}T{:02}:00:00Z,{}\n", hour / 24 + 1, hour % 24, 100.0 * 1.001_f64.powi(hour))
        })
        .collect();
    std::fs::write(&file, format!("time,price\n{grows}")).unwrap();
    let got = scalp(&["stats", "test", &last, "--json"]).json();
    assert!(!got["price"]["arch_lm_10_lags"]["statistic"].is_number(), "{}", got["price"]);
}

/// `coint_johansen` of statsmodels 0.15.0 with `det_order` 0 and one lagged difference; `coint` for the pair.
#[test]
fn cointegration_of_several_columns_is_that_of_the_reference() {
    let words = ["stats", "cointegration", "--column", "AAPL", "--column", "KO", "--column", "JNJ"];
    let got = ask(&words, PANEL).json();
    let of = |test: &str| ["none", "at_most_1", "at_most_2"].map(|it| float(&got[test][it]["statistic"]));
    near("trace", &pairs(&of("trace_test"), &[29.018_130_16, 15.263_035_68, 7.529_277_47]), 1.0, 1e-8);
    let largest = of("test_of_the_largest_eigenvalue");
    near("largest eigenvalue", &pairs(&largest, &[13.755_094_49, 7.733_758_2, 7.529_277_47]), 1.0, 1e-8);
    let pair = &got["pairs_engle_and_granger"]["ko_on_jnj"];
    near(
        "pair",
        &[(float(&pair["statistic"]), -3.010_452_400_0), (float(&pair["p"]), 0.107_741_829_8)],
        1.0,
        1e-6,
    );
    let relation = got["relations_strongest_first"]["relation_1"].as_object().unwrap();
    let largest = ["AAPL", "KO", "JNJ"].iter().map(|it| float(&relation[*it]).abs()).fold(0.0, f64::max);
    near("scale", &[(largest, 1.0)], 1.0, 1e-12);
    refused(
        &["returns"],
        &ask(&["stats", "cointegration", "--returns"], PANEL),
        "cointegration is asked of prices",
    );
    refused(&["one"], &ask(&["stats", "cointegration"], "sp500_daily.csv"), "asked of 2 to 12 columns");
    refused(
        &["lags"],
        &ask(&["stats", "cointegration", "--lags", "1000"], PANEL),
        "--lags: expected at most 100",
    );
}

/// White's statistic and a p-value of 0.6824 by 20,000 resamples in NumPy; Hansen's of `arch` 8.0.0, 0.6836, which does
/// not studentise each strategy.
#[test]
fn the_best_of_many_is_judged_as_another_library_would() {
    let got = ask(&["stats", "spa", "--benchmark", "KO", "--block", "2.6"], PANEL).json();
    let check = &got["tests"]["reality_check_white"];
    near("White's statistic", &[(float(&check["statistic"]), 0.017_456_846_623_3)], 1e-9, 1e-9);
    let error = 4.0 * (0.68_f64 * 0.32 * (1.0 / 10_000.0 + 1.0 / 20_000.0)).sqrt();
    assert!((float(&check["p"]) - 0.6824).abs() < error, "{check}");
    assert_eq!(check["best"], "CVX");
    let hansen = |which: &str| float(&got["tests"][format!("superior_ability_hansen_{which}")]["p"]);
    assert!((hansen("consistent") - 0.6836).abs() < 0.05, "{got}");
    assert!(hansen("lower") <= hansen("consistent") && hansen("consistent") <= hansen("upper"));
    for (words, said) in [
        (&["--benchmark", "BTC"][..], "--benchmark: expected one of the columns"),
        (&["--resamples", "1"], "--resamples: expected 100 to 1000000, got 1"),
        (&["--block", "0"], "between 1 and the number of periods"),
        (&["--column", "KO", "--benchmark", "KO"], "no column beside the benchmark"),
    ] {
        refused(words, &ask(&[&["stats", "spa"], words].concat(), PANEL), said);
    }
}

/// A random walk whose steps are four times as wide from row 200 on.
fn widened(rows: usize) -> String {
    let mut text = String::from("time,A\n");
    let (mut state, mut price) = (11_u64, 100.0);
    for row in 0..rows {
        let (month, day) = (row / 28, row % 28 + 1);
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let size = if row < 200 { 0.01 } else { 0.04 };
        price *= 1.0 + size * ((state >> 33) as f64 / (1_u64 << 31) as f64 * 2.0 - 1.0);
        let _ = writeln!(text, "{}-{:02}-{day:02},{price}", 2000 + month / 12, month % 12 + 1);
    }
    text
}

#[test]
fn a_change_of_volatility_is_found_by_all_three() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wide.csv").display().to_string();
    std::fs::write(&path, widened(400)).unwrap();
    let got = scalp(&["stats", "changes", "--missing", "drop", "--json", &path]).json();
    // Row 200 is the fifth of August where months have 28 days.
    let near_it = |text: &str| {
        text.starts_with("2000-08-0") || text.starts_with("2000-07-2") || text.starts_with("2000-08-1")
    };
    let stretches: Vec<&String> = got["stretches_from"].as_object().unwrap().keys().collect();
    assert_eq!(stretches.len(), 2, "{stretches:?}");
    let second = &got["stretches_from"][stretches[1]];
    assert!(near_it(stretches[1]), "{stretches:?}");
    let ratio = float(&second["volatility_annual"])
        / float(&got["stretches_from"][stretches[0]]["volatility_annual"]);
    assert!((ratio - 4.0).abs() < 0.5, "{ratio}");
    for detector in ["alarms_of_cusum_at", "bayesian_online_found_at"] {
        let found = got[detector].as_object().unwrap();
        assert!(found.values().any(|it| near_it(it["since"].as_str().unwrap())), "{detector}: {found:?}");
    }
    for (words, said) in [
        (&["--calibration", "5"][..], "--calibration: expected 10 to half"),
        (&["--shortest", "1"], "at least 2"),
        (&["--penalty", "-1"], "at least 0"),
        (&["--threshold", "0"], "above 0"),
        (&["--mean-run", "1"], "above 1"),
    ] {
        refused(words, &scalp(&[&["stats", "changes", "--missing", "drop", &path], words].concat()), said);
    }
}

/// A change in the steps that the prior is learnt from is known to the prior already.
#[test]
fn the_online_detector_finds_nothing_in_the_steps_it_learns_from() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("early.csv").display().to_string();
    std::fs::write(&path, widened(700)).unwrap();
    let found = |calibration: &str| {
        let words = ["stats", "changes", "--missing", "drop", "--calibration", calibration, "--json", &path];
        let got = scalp(&words).json();
        let all = got["bayesian_online_found_at"].as_object().unwrap();
        all.keys().filter(|it| *it != "none").cloned().collect::<Vec<_>>()
    };
    // Row 300 is in November where months have 28 days.
    assert!(found("100").iter().any(|it| it.starts_with("2000-08")), "{:?}", found("100"));
    assert!(found("300").iter().all(|it| it.as_str() > "2000-11-1"), "{:?}", found("300"));
}

#[test]
fn labels_and_differences_are_those_of_the_reference() {
    let wanted = golden("ml/ffd_triple_barrier_eurusd800.json");
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let table = part("eurusd_1h.csv", 0..800, &folder.path().join("eurusd.csv"));
    let out = at("labels.csv");
    let words = [
        "stats",
        "labels",
        "--span",
        "50",
        "--upper",
        "2",
        "--lower",
        "2",
        "--horizon",
        "24",
        "--out",
        &out,
        &table,
        "--json",
    ];
    let got = scalp(&words).json();
    let text = std::fs::read_to_string(&out).unwrap();
    let mut found = Vec::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |at: usize| cells[at].parse::<i64>().unwrap();
        found.push([number(0), number(1), number(4)]);
        assert!((0.0..=1.0).contains(&cells[7].parse::<f64>().unwrap()), "uniqueness: {line}");
    }
    let labels: Vec<[i64; 3]> =
        serde_json::from_value(wanted["triple_barrier"]["labels[i,touch,label]"].clone()).unwrap();
    // The reference begins where its span is full.
    assert_eq!(found.into_iter().filter(|it| it[0] >= labels[0][0]).collect::<Vec<_>>(), labels);
    assert!(float(&got["weights"]["effective_labels"]) > 10.0);
    let out = at("differences.csv");
    let words =
        ["stats", "difference", "--order", "0.4", "--threshold", "0.001", "--out", &out, &table, "--json"];
    let got = scalp(&words).json();
    assert_eq!(got["orders"]["0.40"]["weights"], wanted["ffd"]["n_weights"]);
    let values: Vec<f64> = std::fs::read_to_string(&out)
        .unwrap()
        .lines()
        .skip(1)
        .map(|it| it.split_once(',').unwrap().1.parse().unwrap())
        .collect();
    let reference = wanted["ffd"]["values_every5"].as_array().unwrap();
    let compared: Vec<(f64, f64)> = reference
        .iter()
        .enumerate()
        .filter_map(|(at, it)| Some((values[(5 * at).checked_sub(54)?], it.as_f64()?)))
        .collect();
    near("fractional differences", &compared, 1.0, 1e-10);
    refused(&["again"], &scalp(&words), "name another file");
    for (words, said) in [
        (&["labels", "--horizon", "5000"][..], "no bar of 800 can be labelled"),
        (&["labels", "--upper", "-1"], "above 0"),
        (&["labels", "--every", "0"], "--every: expected at least 1"),
        (&["labels", "--method", "trend-scanning", "--shortest", "2"], "at least 3"),
        (&["difference", "--order", "3"], "0 to 2"),
        (&["difference", "--threshold", "0"], "between 0 and 1"),
    ] {
        refused(words, &scalp(&[&["stats"], words, &[&table]].concat()), said);
    }
    refused(
        &["no candles"],
        &ask(&["stats", "labels", "--candles"], "sp500_daily.csv"),
        "high: expected a column of this name",
    );
}

#[test]
fn splits_are_those_of_the_reference() {
    let wanted = golden("ml/purged_kfold.json");
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (table, out) = (at("rows.csv"), at("splits.csv"));
    // The last ten rows have no label of ten rows ahead.
    std::fs::write(&table, walk(&["A"], 1_010)).unwrap();
    let base = ["stats", "splits", "--missing", "drop", "--json", &table];
    let got = scalp(&[&base[..], &["--horizon", "10", "--embargo", "10", "--out", &out]].concat()).json();
    let mut found = vec![(Vec::new(), Vec::new()); 5];
    for line in std::fs::read_to_string(&out).unwrap().lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let range = [2, 3].map(|at: usize| cells[at].parse::<u64>().unwrap());
        let fold: &mut (Vec<[u64; 2]>, Vec<[u64; 2]>) = &mut found[cells[0].parse::<usize>().unwrap() - 1];
        if cells[1] == "test" { fold.0.push(range) } else { fold.1.push(range) }
    }
    for (fold, wanted) in found.iter().zip(wanted["folds"].as_array().unwrap()) {
        let test: [u64; 2] = serde_json::from_value(wanted["test"].clone()).unwrap();
        let train: Vec<[u64; 2]> = serde_json::from_value(wanted["train_ranges"].clone()).unwrap();
        assert_eq!((&fold.0, &fold.1), (&vec![test], &train));
    }
    assert_eq!(got["splits"].as_object().unwrap().len(), 5);
    // Every choice of 2 among 6 groups.
    let got = scalp(&[&base[..], &["--method", "combinatorial", "--folds", "6"]].concat()).json();
    assert_eq!(got["splits"].as_object().unwrap().len(), 15);
    let got =
        scalp(&[&base[..], &["--method", "walk-forward", "--gap", "7", "--horizon", "3"]].concat()).json();
    assert_eq!(got["splits"]["split_1"]["teach"], 500, "507 older samples less the gap: {got}");
    let labels = at("labels.csv");
    for (text, said) in [
        ("start,end\n0,5\n7,6\n", "labels.csv:3: end: expected 7 or later, got 6"),
        ("start,end\n0,5000\n", "labels.csv:2: end: expected a row of the table, 0 to 1009"),
        ("first,last\n0,5\n", "labels.csv:1: expected a column \"start\" among first, last"),
        ("start,end\n5,6\n0,6\n", "labels.csv:3: start: expected labels in the order of time"),
    ] {
        std::fs::write(&labels, text).unwrap();
        refused(&[text], &scalp(&[&base[..], &["--labels", &labels]].concat()), said);
    }
    for (words, said) in [
        (&["--folds", "1"][..], "at least 2"),
        (&["--window", "5"], "--window: it is read with --method walk-forward alone"),
        (&["--horizon", "999"], "nothing is left to learn from"),
        (&["--method", "combinatorial", "--tested", "9"], "at least 1, below groups"),
    ] {
        refused(words, &scalp(&[&base[..], words].concat()), said);
    }
}

#[test]
fn every_new_command_writes_a_page_with_its_charts_that_loads_nothing() {
    const EVIL: [&str; 3] = ["<script>alert(1)</script>", "<img src=x onerror=alert(2)>", "title"];
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("prices.csv"), walk(&EVIL, 420)).unwrap();
    std::fs::write(at("one.csv"), walk(&EVIL[..1], 420)).unwrap();
    let (prices, one) = (at("prices.csv"), at("one.csv"));
    let hours = input("eurusd_1h.csv").display().to_string();
    let drop = ["--missing", "drop"];
    for (words, charts) in [
        (
            &[
                "portfolio",
                "frontier",
                &prices,
                "--robust",
                "1",
                "--resample",
                "3",
                "--points",
                "4",
                drop[0],
                drop[1],
            ][..],
            &["efficient_frontier"][..],
        ),
        (&["portfolio", "plan", &prices, "--cost", "0.001", drop[0], drop[1]], &["weights_by_period"]),
        (
            &["risk", "copula", &prices, "--draws", "2000", drop[0], drop[1]],
            &["falling_together", "expected_shortfall_by_copula"],
        ),
        (
            &["risk", "regimes", &one, "--starts", "1", drop[0], drop[1]],
            &["probability_of_each_state", "likeliest_path"],
        ),
        (&["risk", "stress", &prices, "--paths", "1000", drop[0], drop[1]], &["losses_by_scenario"]),
        (&["risk", "simulate", &one, "--paths", "1000", drop[0], drop[1]], &["paths", "return_at_the_end"]),
        (&["stats", "cointegration", &prices, drop[0], drop[1]], &["the_strongest_relation"]),
        (&["stats", "spa", &prices, drop[0], drop[1]], &["mean_excess_return"]),
        (&["stats", "changes", &one, drop[0], drop[1]], &["stretches", "change_seen_as_it_comes"]),
        (&["stats", "labels", &one, drop[0], drop[1]], &["labels", "labels_alive_at_once"]),
        (
            &["stats", "difference", &one, "--order", "0.5", drop[0], drop[1]],
            &["stationarity_against_memory", "the_differences"],
        ),
        (&["stats", "splits", &one, "--horizon", "5", drop[0], drop[1]], &["what_teaches_what_judges"]),
        (&["volatility", "correlations", &prices, drop[0], drop[1]], &["correlations_over_time"]),
        (&["volatility", "realised", &hours], &["volatility_of_each_day"]),
        (&["size", "bet", "--probability", "0.6"], &["growth_by_fraction"]),
        (&["size", "returns", &prices, drop[0], drop[1]], &["growth_by_multiple"]),
    ] {
        let file = at("page.html");
        let answer = scalp(&[words, &["--json", "--html", &file]].concat());
        assert!(answer.ok, "{words:?}: {}", answer.err);
        let json = answer.json();
        let found: BTreeSet<&str> = json["charts"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(found, charts.iter().copied().collect(), "{words:?}");
        let page = std::fs::read_to_string(&file).unwrap();
        for (name, chart) in json["charts"].as_object().unwrap() {
            assert!(chart["undefined"].is_null(), "{words:?}: {name} is not drawn: {chart}");
            assert!(!chart["note"].as_str().unwrap().is_empty(), "{words:?}: {name} says no conditions");
            no_null(words, chart);
        }
        for word in ["http://", "https://", "src=\"", "<link", "<img", "<script>alert", "NaN"] {
            assert!(!page.contains(word), "{words:?} holds {word}");
        }
        std::fs::remove_file(&file).unwrap();
        let said = scalp(words);
        assert!(said.ok && !said.out.is_empty(), "{words:?}: {}", said.err);
    }
}
