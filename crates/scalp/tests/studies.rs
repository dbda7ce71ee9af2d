//! The commands that answer questions about a table, against reference values of independent libraries and with tables
//! that cannot be used.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use support::scalp;
use support::tables::{ask, float, golden, layer, near, no_null, walk};

#[test]
fn portfolios_are_those_of_the_reference() {
    let wanted = golden("portfolio/panel10.json");
    let names: Vec<String> = serde_json::from_value(wanted["tickers"].clone()).unwrap();
    for (words, key, tolerance) in [
        (&["--objective", "max-sharpe", "--riskless", "0.02"][..], "max_sharpe", 1e-4),
        (&["--objective", "min-volatility"][..], "min_volatility", 1e-4),
        (&["--objective", "efficient-risk", "--target", "0.2694"][..], "efficient_risk", 1e-4),
        (&["--objective", "hrp"][..], "hrp_single", 1e-8),
        (&["--objective", "risk-parity"][..], "rp_risk_parity_MV", 1e-4),
        (&["--objective", "min-risk", "--measure", "cvar"][..], "min_cvar95", 1e-4),
    ] {
        let got = ask(&[&["portfolio", "optimise"], words].concat(), "panel10_756d.csv").json();
        let weight = |at: usize| (float(&got["weights"][&names[at]]["weight"]), float(&wanted[key]["w"][at]));
        near(key, &(0..names.len()).map(weight).collect::<Vec<_>>(), 1.0, tolerance);
    }
}

#[test]
fn risk_is_that_of_the_reference() {
    let wanted = &golden("risk/eurusd_close_as_hourly.json")["series"];
    let got = ask(&["risk", "report", "--periods-per-year", "6240"], "eurusd_1h.csv").json();
    let (performance, tail) = (&got["performance"], &got["tail_of_one_step"]);
    let mut pairs = Vec::new();
    for (key, reference) in [
        ("sharpe_ratio", "sharpe"),
        ("sortino_ratio", "sortino"),
        ("calmar_ratio", "calmar"),
        ("omega_ratio", "omega_0"),
        ("annual_return", "annual_return"),
        ("annual_volatility", "annual_vol"),
        ("win_rate", "qs_win_rate"),
        ("kelly_s_share", "qs_kelly"),
    ] {
        pairs.push((float(&performance[key]["value"]), float(&wanted[reference])));
    }
    for (row, short) in [("historical", "hist"), ("normal", "norm")] {
        for percent in ["95", "99"] {
            let of = |measure: &str| float(&wanted[format!("{short}_{measure}_0.{percent}")]);
            pairs.push((float(&tail[row][format!("var_{percent}")]), of("var")));
            pairs.push((float(&tail[row][format!("es_{percent}")]), of("cvar")));
        }
    }
    let tested = &got["var_of_250_steps_tested"]["95"];
    pairs.push((float(&tested["exceeded"]), float(&wanted["kupiec"]["exceptions"])));
    pairs.push((float(&tested["p_coverage"]), float(&wanted["kupiec"]["p"])));
    pairs.push((float(&tested["p_independence"]), float(&wanted["christoffersen"]["p"])));
    near("risk report", &pairs, 1e-9, 1e-8);
    assert!(tail["cornish_fisher"].to_string().contains("domain"), "outside its domain it is refused");
}

#[test]
fn tests_and_edges_are_those_of_the_reference() {
    let wanted = &golden("risk/eurusd_close_as_hourly.json")["series"];
    let words = ["stats", "dsr", "--trials", "100", "--variance", "0.0004", "--periods-per-year", "6240"];
    let got = ask(&words, "eurusd_1h.csv").json();
    let of = |key: &str| float(&got["sharpe_ratio"][key]["close"]);
    let pairs = [
        (of("per_step"), float(&wanted["sr_per_period_ddof1"])),
        (of("skewness"), float(&wanted["skew_biased"])),
        (of("kurtosis"), float(&wanted["kurt_nonexcess_biased"])),
        (of("probabilistic_sharpe_ratio"), float(&wanted["psr_vs_0"])),
        (of("deflated_sharpe_ratio"), float(&wanted["dsr_N100_V0.0004"]["dsr"])),
        (of("returns_needed"), float(&wanted["min_track_record_len_vs0_95"])),
    ];
    near("deflated Sharpe ratio", &pairs, 1e-9, 1e-8);
    let got = ask(&["stats", "test"], "eurusd_1h.csv").json();
    assert!(float(&got["close"]["jarque_bera"]["p"]) < 1e-9);
    assert_eq!(got["close"]["adf_returns"]["says"], "stationary");
}

#[test]
fn a_model_of_volatility_and_a_forecast_come_with_their_errors() {
    let got = ask(&["volatility", "forecast", "--model", "gjr", "--horizon", "5"], "sp500_daily.csv").json();
    assert!(float(&got["parameters"]["gamma"]["robust_t"]) > 2.0, "losses move the S&P 500 more: {got}");
    assert_eq!(got["forecast"].as_object().unwrap().len(), 5);
    let words = ["forecast", "--horizon", "3", "--origins", "4", "--model", "arima"];
    let got = ask(&words, "btcusd_1mo.csv").json();
    assert_eq!(got["forecast"].as_object().unwrap().len(), 3);
    let report = &got["out_of_sample"];
    for model in ["random_walk", "ARIMA", "exponential_smoothing", "additive"] {
        assert!(float(&report[model]["MASE"]) > 0.0, "{model}: {report}");
    }
}

/// The second asset moves a tenth of the first.
const QUIET: &str = "time,A,B\n2024-01-01,1,1\n2024-01-02,2,1.1\n2024-01-03,1.5,1.12\n2024-01-04,1.7,1.1\n";

#[test]
fn what_cannot_be_answered_is_said_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        (
            "time,A\n2024-01-01,1\n2024-01-02,0\n",
            &["risk", "report"][..],
            "table.csv:3: A: expected a price above zero",
        ),
        (
            "time,A\n2024-01-01,1\n2024-01-03,\n",
            &["risk", "report"][..],
            "table.csv:3: A: expected a value in every row (--missing drop",
        ),
        ("time,A\n2024-01-01,1\n2024-01-01,2\n", &["risk", "report"][..], "a later time than that of line 2"),
        ("A\n1\n2\n", &["risk", "report"][..], "--periods-per-year 365"),
        ("time,A\n2024-01-01,1\n", &["risk", "report"][..], "one row of prices makes no return"),
        (
            "time,A,A\n2024-01-01,1,1\n2024-01-02,2,2\n",
            &["risk", "report"][..],
            "a name that no other column has",
        ),
        (
            "time,A\n2024-01-01,1\n2024-01-02,1e300\n2024-01-03,1\n",
            &["risk", "report"][..],
            "A, 2024-01-02: a return of 1.000e300 in one step is no market's: mend the cell",
        ),
        (
            "time,A,B\n2024-01-01,1,1\n2024-01-02,2,2\n2024-01-03,3,4\n",
            &["portfolio", "optimise"][..],
            "2 columns with 2 returns each: this covariance sees no risk at all in some portfolios; take --covariance",
        ),
        (
            "time,A,B\n2024-01-01,1,1\n2024-01-02,2,1\n2024-01-03,3,1\n2024-01-04,2,1\n",
            &["portfolio", "optimise", "--objective", "risk-parity"][..],
            "B: its returns do not vary, so that it has no risk to share: leave it out",
        ),
        (
            "time,A\n2024-01-01,1\n2024-01-02,2\n",
            &["stats", "pbo"][..],
            "the table has one, A: give a column for each that was tried",
        ),
        ("time,A\n2024-01-01,1\n2024-01-02,2\n", &["stats", "test"][..], "take a table with more rows"),
        ("time,A\n2024-01-01,1\n2024-01-02,2\n", &["risk", "report"][..], "at least"),
        ("time,A,B\n2024-01-01,1,1\n2024-01-02,2,2\n", &["volatility", "fit"][..], "name one with --column"),
        ("time,A\n2024-01-01,1\n2024-01-02,2\n", &["volatility", "fit"][..], "at least"),
        ("time,A\n2024-01-01,1\n2024-01-02,2\n", &["forecast"][..], "at most half can be judged"),
        (
            "time,A\n2024-01-01,1\n2024-01-02,2\n",
            &["forecast", "--horizon", "999999999999", "--origins", "999999999999"][..],
            "at most half can be judged",
        ),
        (
            "time,A,B\n2024-01-01,1,1\n2024-01-02,2,2.5\n2024-01-03,3,2\n2024-01-04,2,3\n",
            &["portfolio", "optimise", "--weight-max", "0.4"][..],
            "no portfolio satisfies all of: --weight-max 0.4 of A, B, --budget 1 (when nothing else is said; --no-budget); relax one",
        ),
        (
            "time,A\n2024-01-01,1\n2024-01-02,2\n",
            &["portfolio", "optimise", "--objective", "efficient-risk"][..],
            "--target",
        ),
        (
            QUIET,
            &["portfolio", "optimise", "--objective", "risk-parity", "--weight-max", "0.6"][..],
            "B has 0.9138, --weight-max 0.6; leave these limits out",
        ),
        (
            QUIET,
            &["portfolio", "optimise", "--objective", "hrp", "--budget", "2"][..],
            "the weights sum to 1.0000, --budget 2; leave these limits out",
        ),
        (
            QUIET,
            &["portfolio", "optimise", "--gross-max", "-1"][..],
            "--gross-max: gross_max is -1: zero or more",
        ),
        (QUIET, &["risk", "report", "--column", "A", "--column", "A"][..], "expected each column once"),
        (QUIET, &["forecast", "--column", "A", "--level", "0"][..], "level: expected above 0 and below 1"),
        (QUIET, &["forecast", "--column", "A", "--level", "nan"][..], "level: expected above 0 and below 1"),
    ];
    for (text, words, said) in cases {
        let path = folder.path().join("table.csv");
        std::fs::write(&path, text).unwrap();
        let path = path.display().to_string();
        let answer = scalp(&[words, &[&path]].concat());
        assert!(!answer.ok, "{words:?} of {text:?} succeeded: {}", answer.out);
        assert!(answer.err.contains(said), "{words:?} of {text:?}: expected {said:?} in {:?}", answer.err);
        assert!(!answer.err.contains("panicked"), "{}", answer.err);
    }
}

#[test]
fn every_command_writes_a_page_with_its_charts_that_loads_nothing() {
    const EVIL: [&str; 3] = ["<script>alert(1)</script>", "<img src=x onerror=alert(2)>", "title"];
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("prices.csv"), walk(&EVIL, 420)).unwrap();
    std::fs::write(at("one.csv"), walk(&EVIL[..1], 420)).unwrap();
    let mut cases = String::from("probability,outcome\n");
    (0..300).for_each(|it| {
        let _ = writeln!(cases, "{},{}", f64::from(it % 97) / 97.0, u8::from(it % 97 > it % 89));
    });
    std::fs::write(at("cases.csv"), cases).unwrap();
    let (prices, one, cases) = (at("prices.csv"), at("one.csv"), at("cases.csv"));
    let missing = ["--missing", "drop"];
    for (words, charts) in [
        (
            &["risk", "report", &prices, missing[0], missing[1]][..],
            &[
                "growth",
                "drawdown",
                "volatility_annual",
                "value_at_risk_tested",
                "distribution_of_returns",
                "tail_of_the_losses",
                "quantiles_against_models",
                "parts_of_the_expected_shortfall",
            ][..],
        ),
        (
            &["portfolio", "optimise", &prices, missing[0], missing[1]],
            &["efficient_frontier", "weights", "shares_of_the_risk", "growth", "drawdown"],
        ),
        (&["stats", "test", &one, missing[0], missing[1]], &["autocorrelation_of_script_alert_1_script"]),
        (
            &["stats", "dsr", &one, "--trials", "9", missing[0], missing[1]],
            &["bootstrap_of_the_sharpe_ratio_script_alert_1_script"],
        ),
        (
            &["stats", "pbo", &prices, missing[0], missing[1]],
            &["rank_out_of_sample_of_the_best_in_sample", "in_and_out_of_sample"],
        ),
        (&["stats", "power", "1.5"], &["chance_to_find_the_edge"]),
        (
            &["stats", "calibration", &cases],
            &["reliability_curve", "how_often_which_probability", "maps_to_calibrated_probabilities"],
        ),
        (
            &["volatility", "fit", &one, missing[0], missing[1]],
            &[
                "volatility_of_each_step_annual",
                "response_to_news",
                "volatility_cone_annual",
                "errors_against_their_distribution",
                "clusters_before_and_after_the_model",
            ],
        ),
        (
            &["volatility", "forecast", "--model", "egarch", &one, missing[0], missing[1]],
            &[
                "volatility_of_each_step_annual",
                "volatility_ahead_annual",
                "response_to_news",
                "volatility_cone_annual",
                "errors_against_their_distribution",
                "clusters_before_and_after_the_model",
            ],
        ),
        (
            &["forecast", &one, "--horizon", "3", "--origins", "5", missing[0], missing[1]],
            &["forecast", "error_by_steps_ahead", "coverage_of_the_intervals"],
        ),
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
        let drawn = page.matches("data-plane=").count()
            + page.matches("data-chart=").count()
            + page.matches("class=\"fall bars\"").count();
        assert_eq!(drawn, charts.len(), "{words:?}");
        for word in ["http://", "https://", "src=\"", "<link", "<img", "<script>alert", "NaN"] {
            assert!(!page.contains(word), "{words:?} holds {word}");
        }
        std::fs::remove_file(&file).unwrap();
    }
}

#[test]
fn a_page_is_written_over_a_page_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("table.csv"), "kept").unwrap();
    let power = |file: &str| scalp(&["stats", "power", "1", "--html", file]);
    let refused = power(&at("table.csv"));
    assert!(!refused.ok && refused.err.contains("is there and is no page"), "{}", refused.err);
    assert_eq!(std::fs::read_to_string(at("table.csv")).unwrap(), "kept");
    for _ in 0..2 {
        let answer = power(&at("page.html"));
        assert!(answer.ok && answer.out.contains("Page: "), "{}{}", answer.out, answer.err);
    }
    assert!(!power(&at("no/such/folder.html")).ok);
}

#[test]
fn a_missing_day_is_refused_dropped_or_filled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("days.csv").display().to_string();
    let mut text = String::from("time,A\n");
    for day in (1..=29).filter(|it| *it != 17) {
        let _ = writeln!(text, "2024-02-{day:02},{}", 100 + day % 5);
    }
    std::fs::write(&path, text).unwrap();
    let ask = |missing: &str| scalp(&["stats", "test", &path, "--missing", missing, "--json"]);
    let refused = ask("refuse");
    let said = "between 2024-02-16 and 2024-02-18 a row is missing where one is expected every 1 d";
    assert!(!refused.ok && refused.err.contains(said), "{}", refused.err);
    assert!(refused.err.contains("--missing carry"), "{}", refused.err);
    for (missing, returns) in [("drop", "27 returns"), ("carry", "28 returns")] {
        let title = ask(missing).json()["title"].to_string();
        assert!(title.contains(returns), "{missing}: {title}");
    }
}

#[test]
fn calibration_finds_what_was_put_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cases.csv").display().to_string();
    // A forecaster who says 10 % and 90 % where 30 % and 70 % happen.
    let mut text = String::from("probability,outcome\n");
    for case in 0..2_000 {
        let (said, happens) = if case % 2 == 0 { (0.1, case % 20 < 6) } else { (0.9, case % 20 < 14) };
        let _ = writeln!(text, "{said},{}", u8::from(happens));
    }
    std::fs::write(&path, text).unwrap();
    let got = scalp(&["stats", "calibration", &path, "--json"]).json();
    let score = |way: &str, what: &str| float(&got["scores"][way][what]);
    assert!((score("as_given", "brier") - 0.25).abs() < 1e-12, "0.7 * 0.01 + 0.3 * 0.81: {got}");
    assert!((score("as_given", "calibration_error") - 0.2).abs() < 1e-12);
    for way in ["isotonic", "platt"] {
        assert!((score(way, "brier") - 0.21).abs() < 1e-3, "{way} is the base rate of each: {got}");
        assert!(score(way, "calibration_error") < 0.01, "{way}");
    }
    for (text, said) in [
        (
            "probability,outcome\n50,1\n",
            "row 1 of values: probability: expected a probability from 0 to 1, got 50",
        ),
        ("probability,outcome\n0.5,2\n", "row 1 of values: outcome: expected 1 (it happened) or 0"),
        ("p,o\n0.5,1\n", "a column of this name among p, o"),
        ("probability,outcome\n0.5,1\n0.4,1\n", "2 of 2 outcomes are 1"),
    ] {
        std::fs::write(&path, text).unwrap();
        let answer = scalp(&["stats", "calibration", &path]);
        assert!(!answer.ok && answer.err.contains(said), "{said} in {}", answer.err);
    }
    std::fs::write(&path, "probability,outcome\n").unwrap();
    let answer = scalp(&["stats", "calibration", &path, "--folds", "0"]);
    assert!(!answer.ok && answer.err.contains("folds: expected 2 to 100, got 0"), "{}", answer.err);
}

#[test]
fn charts_show_what_the_tables_say() {
    let risk = ask(&["risk", "report"], "sp500_daily.csv").json();
    let tested = &risk["charts"]["value_at_risk_tested"];
    for percent in ["95", "99"] {
        let (_, beyond) = layer(tested, &format!("beyond {percent} %"));
        let exceeded = risk["var_of_250_steps_tested"][percent]["exceeded"].as_u64().unwrap();
        assert_eq!(beyond.len() as u64, exceeded);
    }
    let (_, falls) = layer(&risk["charts"]["drawdown"], "drawdown");
    let deepest = falls.iter().copied().fold(0.0, f64::min);
    near("drawdown", &[(-deepest, float(&risk["drawdowns"]["deepest"]))], 1.0, 1e-12);
    let (_, growth) = layer(&risk["charts"]["growth"], "value of 1");
    let total = float(&risk["performance"]["total_return"]["value"]);
    near("growth", &[(growth[growth.len() - 1] - 1.0, total)], 1.0, 1e-12);
    let (_, shares) = layer(&risk["charts"]["distribution_of_returns"], "returns");
    let inside: f64 = shares.iter().sum();
    assert!(inside <= 1.0 && inside > 0.99, "{inside}");

    let got = ask(&["portfolio", "optimise"], "panel10_756d.csv").json();
    let frontier = &got["charts"]["efficient_frontier"];
    let (risks, returns) = layer(frontier, "frontier");
    let (own_risk, own_return) = layer(frontier, "least volatility");
    near("quietest", &[(risks[0], own_risk[0]), (returns[0], own_return[0])], 1.0, 1e-6);
    near("portfolio", &[(own_risk[0], float(&got["portfolio"]["annual_volatility_estimated"]))], 1.0, 1e-12);
    assert!(risks.is_sorted() && returns.is_sorted(), "more return for more risk");
    let best = got["weights"].as_object().unwrap().values().map(|it| float(&it["annual_return"]));
    near("most", &[(returns[returns.len() - 1], best.fold(f64::MIN, f64::max))], 1.0, 1e-6);

    let got = ask(&["volatility", "forecast", "--horizon", "7"], "sp500_daily.csv").json();
    let cone = &got["charts"]["volatility_cone_annual"];
    for (name, key) in [("now", "now"), ("median", "median"), ("model, ahead", "model_ahead")] {
        let (steps, values) = layer(cone, name);
        let row = |steps: &f64| float(&got["volatility_cone_annual"][format!("{steps}_steps")][key]);
        let pairs: Vec<_> = steps.iter().zip(values).map(|(steps, value)| (value, row(steps))).collect();
        near(name, &pairs, 1.0, 1e-12);
    }
    let (_, ahead) = layer(&got["charts"]["volatility_ahead_annual"], "expected");
    near("ahead", &[(ahead[6], float(&got["forecast"]["step_7"]["volatility_annual"]))], 1.0, 1e-12);
}

#[test]
fn a_table_without_times_has_its_charts_by_step() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("steps.csv").display().to_string();
    let text: String =
        walk(&["A"], 300).lines().map(|it| format!("{}\n", it.split_once(',').unwrap().1)).collect();
    std::fs::write(&path, text).unwrap();
    let year = "--periods-per-year";
    for words in [
        &["risk", "report", year, "365"][..],
        &["forecast", "--horizon", "2"],
        &["volatility", "fit", year, "365"],
    ] {
        let got = scalp(&[words, &[&path, "--json"]].concat()).json();
        let charts = got["charts"].as_object().unwrap().values();
        assert!(charts.clone().all(|it| it["x"]["unit"] != "milliseconds since 1970"), "{words:?}");
        assert!(charts.clone().any(|it| it["x"]["unit"] == "count"), "{words:?}");
        charts.for_each(|it| no_null(words, it));
    }
}

/// Prices of a series whose volatility jumps once, a thousandfold: a fit finds no mean variance to return to.
fn broken(rows: usize) -> String {
    let mut text = String::from("time,A\n");
    let (mut state, mut price) = (7_u64, 1e6);
    for row in 0..rows {
        let (month, day) = (row / 28, row % 28 + 1);
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let size = if row < rows / 2 { 1e-5 } else { 1e-2 };
        price *= 1.0 + size * ((state >> 33) as f64 / (1_u64 << 31) as f64 * 2.0 - 1.0);
        let _ = writeln!(text, "{}-{:02}-{day:02},{price}", 2000 + month / 12, month % 12 + 1);
    }
    text
}

#[test]
fn a_nearly_integrated_fit_has_no_long_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.csv").display().to_string();
    std::fs::write(&path, broken(600)).unwrap();
    let got = scalp(&["volatility", "fit", "--missing", "drop", "--json", &path]).json();
    assert!(float(&got["fit"]["persistence"]) > 0.999_999, "the table is made so: {}", got["fit"]);
    for key in ["long_run_volatility_annual", "half_life_in_steps"] {
        let why = got["fit"][key]["undefined"].to_string();
        assert!(why.contains("the persistence came to lie at 1"), "{key}: {}", got["fit"]);
    }
    assert!(!got["charts"]["volatility_of_each_step_annual"].to_string().contains("long run"));
    let (news, _) = layer(&got["charts"]["response_to_news"], "next volatility");
    assert!(news.iter().all(|it| it.abs() < 0.2), "news of a return of 20 %: {news:?}");
}

#[test]
fn what_egarch_expects_does_not_depend_on_the_horizon() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.csv").display().to_string();
    std::fs::write(&path, walk(&["A"], 420)).unwrap();
    let ask = |horizon: &str| {
        let words =
            ["volatility", "forecast", "--model", "egarch", "--missing", "drop", "--horizon", horizon];
        scalp(&[&words[..], &["--json", &path]].concat()).json()["forecast"].clone()
    };
    let (near, far) = (ask("3"), ask("20"));
    for step in ["step_1", "step_2", "step_3"] {
        assert_eq!(near[step], far[step], "{step}");
    }
}

#[test]
fn a_portfolio_says_what_it_earned_as_the_report_of_its_risk_does() {
    let got = ask(&["portfolio", "optimise", "--objective", "hrp"], "panel10_756d.csv").json();
    let weights = got["weights"].as_object().unwrap().values().map(|it| float(&it["weight"]).to_string());
    let weights = weights.collect::<Vec<_>>().join(",");
    let risk = ask(&["risk", "report", "--weights", &weights], "panel10_756d.csv").json();
    let pairs: Vec<(f64, f64)> = ["annual_return", "annual_volatility", "sharpe_ratio"]
        .iter()
        .map(|key| {
            let earned = &got["portfolio"][format!("{key}_earned")];
            (float(earned), float(&risk["performance"][key]["value"]))
        })
        .collect();
    near("earned", &pairs, 1e-9, 1e-9);
    assert!(float(&got["portfolio"]["effective_assets"]) > 1.0);
    let tested = &risk["var_of_250_steps_tested"]["95"];
    for key in ["p_dynamic_quantile", "p_es"] {
        assert!((0.0..=1.0).contains(&float(&tested[key])), "{key}: {tested}");
    }
}

#[test]
fn beside_a_constant_column_the_quietest_portfolio_is_that_column_and_the_others_keep_their_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cash.csv").display().to_string();
    let text: String = walk(&["A", "B"], 60)
        .lines()
        .map(|it| format!("{it},{}\n", if it.starts_with("time") { "cash" } else { "1" }))
        .collect();
    std::fs::write(&path, text).unwrap();
    let words = ["portfolio", "optimise", "--missing", "drop", "--riskless", "0.02", "--json", &path];
    let got = scalp(&words).json();
    let weight = |name: &str| float(&got["weights"][name]["weight"]);
    assert!((weight("cash") - 1.0).abs() < 1e-12, "{}", got["weights"]);
    assert!(weight("A").abs() <= 0.0 && weight("B").abs() <= 0.0, "{}", got["weights"]);
    for key in ["sharpe_ratio_estimated", "sharpe_ratio_earned"] {
        assert!(got["portfolio"][key]["undefined"].is_string(), "{key}: {}", got["portfolio"]);
    }
    let got = scalp(&["stats", "dsr", "--trials", "3", "--missing", "drop", "--json", &path]).json();
    assert!(float(&got["sharpe_ratio"]["annual"]["A"]).is_finite());
    assert!(got["sharpe_ratio"]["annual"]["cash"]["undefined"].is_string(), "{got}");
}

#[test]
fn what_is_piped_keeps_all_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.csv").display().to_string();
    std::fs::write(&path, walk(&["A"], 60)).unwrap();
    let said = scalp(&["volatility", "fit", "--missing", "drop", &path]).out;
    assert!(said.contains("model, ahead") && !said.contains("not fit this width"), "{said}");
}

#[test]
fn cointegration_finds_how_much_of_one_price_stands_against_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pair.csv").display().to_string();
    let mut rows = walk(&["A", "B"], 300).lines().map(str::to_owned).collect::<Vec<_>>();
    rows[0].push_str(",C");
    for (at, row) in rows.iter_mut().enumerate().skip(1) {
        let a: f64 = row.split(',').nth(1).unwrap().parse().unwrap();
        let _ = write!(row, ",{}", a * a * (1.0 + 0.01 * f64::from((at * 7 % 11) as u8)));
    }
    std::fs::write(&path, rows.join("\n")).unwrap();
    let words = ["stats", "test", "--missing", "drop", "--json", &path, "--with"];
    let got = scalp(&[&words[..], &["A"]].concat()).json();
    let found = &got["cointegration_with_a"];
    assert!(float(&found["C"]["p"]) < float(&found["B"]["p"]), "{found}");
    near("hedge ratio", &[(float(&found["C"]["hedge_ratio"]), 2.0)], 1.0, 0.05);
    let said = scalp(&[&words[..], &["Z"]].concat()).err;
    assert!(said.contains("--with: expected one of at least two columns, A, B, C, got Z"), "{said}");
}
