//! The commands that answer questions about a table, against reference values of independent libraries and with tables
//! that cannot be used.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod support;

use serde_json::Value;
use std::path::PathBuf;
use support::{Said, root, scalp};

fn golden(name: &str) -> Value {
    let path = root().join("../shared/golden").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn input(name: &str) -> PathBuf {
    let path = root().join("../shared/golden/input").join(name);
    assert!(path.exists(), "{} is missing: these tests need the reference values", path.display());
    path
}

fn ask(words: &[&str], table: &str) -> Said {
    let path = input(table).display().to_string();
    scalp(&[words, &[&path, "--json"]].concat())
}

/// The worst of these deviations, each relative to the wanted value but at least to `floor`, is within `tolerance`.
fn near(what: &str, pairs: &[(f64, f64)], floor: f64, tolerance: f64) {
    let worst =
        pairs.iter().map(|(got, want)| (got - want).abs() / want.abs().max(floor)).fold(0.0, f64::max);
    println!("{what}: worst deviation {worst:.1e} of {} values, tolerance {tolerance:.0e}", pairs.len());
    assert!(worst <= tolerance && !pairs.is_empty(), "{what}: {worst:e}");
}

fn float(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("not a number: {value}"))
}

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

#[test]
fn what_cannot_be_answered_is_said_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        (
            "time,A\n2024-01-01,1\n2024-01-02,0\n",
            &["risk", "report"][..],
            "table.csv:3: A: expected a price above zero",
        ),
        ("time,A\n2024-01-01,1\n2024-01-03,\n", &["risk", "report"][..], "expected a value in every row"),
        ("time,A\n2024-01-01,1\n2024-01-01,2\n", &["risk", "report"][..], "a later time than that of line 2"),
        ("A\n1\n2\n", &["risk", "report"][..], "periods per year must be given"),
        ("time,A\n2024-01-01,1\n2024-01-02,2\n", &["risk", "report"][..], "at least"),
        ("time,A,B\n2024-01-01,1,1\n2024-01-02,2,2\n", &["volatility", "fit"][..], "name one with --column"),
        ("time,A\n2024-01-01,1\n2024-01-02,2\n", &["volatility", "fit"][..], "at least"),
        ("time,A\n2024-01-01,1\n2024-01-02,2\n", &["forecast"][..], "at most half can be judged"),
        (
            "time,A,B\n2024-01-01,1,1\n2024-01-02,2,2.5\n2024-01-03,3,2\n",
            &["portfolio", "optimise", "--weight-max", "0.4"][..],
            "no portfolio satisfies all of: maximum of A, maximum of B, budget",
        ),
        (
            "time,A\n2024-01-01,1\n2024-01-02,2\n",
            &["portfolio", "optimise", "--objective", "efficient-risk"][..],
            "--target",
        ),
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
