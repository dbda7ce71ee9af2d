//! Dependence, regimes, simulation and stress, as they are asked for from the shell: against independent libraries, and with
//! what cannot be answered.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod support;

use support::scalp;
use support::tables::{PANEL, ask, float, golden, layer, near, part, refused};

#[test]
fn a_copula_is_that_of_the_reference() {
    let wanted = golden("copula/t_copula_4.json");
    let words = ["risk", "copula", "--draws", "20000"];
    let four = ["--column", "AAPL", "--column", "AMD", "--column", "BAC", "--column", "BBY"];
    let got = ask(&[&words[..], &four].concat(), PANEL).json();
    let fit = &got["fit"];
    near(
        "degrees of freedom",
        &[(float(&fit["degrees_of_freedom"]), float(&wanted["nu_given_R"]))],
        1.0,
        1e-3,
    );
    let normal =
        (float(&fit["log_likelihood_of_the_normal_copula"]), float(&wanted["gaussian_copula_loglik_same_R"]));
    near("log-likelihood", &[(float(&fit["log_likelihood"]), float(&wanted["loglik"])), normal], 1.0, 1e-6);
    let pair = &got["pairs"]["aapl_and_amd"];
    let of = |key: &str| float(&pair[key]);
    let reference = |key: &str| float(&wanted[key][0][1]);
    near(
        "tau and correlation",
        &[(of("kendall_s_tau"), reference("kendall_tau")), (of("correlation"), reference("R_sin_pi2_tau"))],
        1.0,
        1e-8,
    );
    let seen = (of("fell_together_seen"), float(&wanted["empirical_lower_tail_dep_q05_pair01"]));
    near("tail dependence", &[(of("tail_dependence"), reference("tail_dep_lower=upper"))], 1.0, 1e-4);
    near("seen", &[seen], 1.0, 1e-8);
    let tails = &got["tail_of_the_portfolio_one_step"];
    assert!(float(&tails["crisis"]["es_99"]) > float(&tails["normal_copula"]["es_99"]));
    let got = ask(&[&words[..], &four[..4]].concat(), PANEL).json();
    let both = &wanted["bivariate_full_mle_pair01"];
    let families = &got["copulas_of_the_pair"];
    let likelihood =
        |row: &str, key: &str| (float(&families[row]["log_likelihood"]), float(&both[key]["loglik"]));
    near(
        "families",
        &[
            likelihood("student_t_degrees_of_freedom", "pyvinecopulib_student"),
            likelihood("clayton", "clayton"),
            likelihood("gumbel", "gumbel"),
            likelihood("frank", "frank"),
            likelihood("normal_correlation", "gaussian"),
        ],
        1.0,
        1e-6,
    );
    refused(&["one"], &ask(&["risk", "copula"], "sp500_daily.csv"), "asked of 2 to 40 columns");
    refused(
        &["draws"],
        &ask(&[&["risk", "copula", "--draws", "5"], &four[..]].concat(), PANEL),
        "--draws: expected 1000",
    );
}

/// `hmmlearn` 0.3.3 from one start; ours may be as high or higher.
#[test]
fn regimes_are_those_of_the_reference() {
    let wanted = golden("stats/hmm_sp500_2state.json");
    let folder = tempfile::tempdir().unwrap();
    let table = part("sp500_daily.csv", 3_030..5_031, &folder.path().join("last.csv"));
    let states = folder.path().join("states.csv");
    let words = [
        "risk",
        "regimes",
        "--errors",
        "normal",
        "--starts",
        "2",
        "--json",
        "--out",
        &states.display().to_string(),
        &table,
    ];
    let got = scalp(&words).json();
    let fitted = float(&got["number_of_states"]["2_states"]["log_likelihood"]);
    near("log-likelihood", &[(fitted, float(&wanted["loglik_fit"]))], 1.0, 1e-6);
    for state in 0..2 {
        let row = &got["states_calmest_first"][format!("state_{}", state + 1)];
        // Annual: of 252 steps, fractions; the reference is of one step, per cent.
        let mean = float(&row["mean_annual"]) / 252.0 * 100.0;
        let variance = float(&row["volatility_annual"]).powi(2) / 252.0 * 1e4;
        near("mean", &[(mean, float(&wanted["means"][state]))], 1e-3, 1e-2);
        near("variance", &[(variance, float(&wanted["vars"][state]))], 1e-3, 1e-3);
        let stay = float(
            &got["from_one_step_to_the_next"][format!("from_state_{}", state + 1)]
                [format!("to_state_{}", state + 1)],
        );
        near("stay", &[(stay, float(&wanted["trans"][state][state]))], 1.0, 1e-3);
    }
    let written = std::fs::read_to_string(&states).unwrap();
    assert_eq!(written.lines().count(), 2_001, "a row a return and the names");
    let last = written.lines().last().unwrap();
    assert!(last.starts_with("2018-12-31T") && last.ends_with(",2"), "{last}");
    let (_, filtered) = layer(&got["charts"]["probability_of_each_state"], "state 2");
    let now = float(&got["states_calmest_first"]["state_2"]["probability_now"]);
    near("filtered", &[(filtered[filtered.len() - 1], now)], 1.0, 1e-12);
    refused(&["again"], &scalp(&words), "name another file");
    refused(
        &["states"],
        &ask(&["risk", "regimes", "--states", "0"], "sp500_daily.csv"),
        "--states: expected 1 to 6, got 0",
    );
}

/// Z1 and Z2 by NumPy from a GARCH(1,1) with Student-t errors of `arch` 8.0.0, fitted to the first 2,515 returns.
#[test]
fn expected_shortfall_is_tested_as_another_library_would() {
    let got = ask(&["risk", "report"], "sp500_daily.csv").json();
    let tested = &got["garch_t_tested_on_the_second_half"];
    for (row, hits, z1, z2) in [
        ("95", 136, -0.107_262_33, -0.197_516_32),
        ("97_5", 83, -0.096_448_87, -0.447_399_70),
        ("99", 43, -0.091_231_65, -0.865_724_10),
    ] {
        assert_eq!(tested[row]["exceeded"], hits, "{row}");
        near(row, &[(float(&tested[row]["Z1"]), z1), (float(&tested[row]["Z2"]), z2)], 1.0, 1e-4);
        assert!(float(&tested[row]["p_z2"]) < 0.05, "too many, too deep in 2008");
    }
}

#[test]
fn paths_come_to_their_closed_forms_and_are_the_same_for_a_seed() {
    for words in [
        &["--model", "gbm", "--drift", "0.05", "--volatility", "0.6"][..],
        &["--model", "gbm"],
        &["--model", "merton"],
        &["--model", "fbm"],
        &["--model", "merton", "--jumps", "4", "--jump-mean", "-0.04", "--jump-deviation", "0.08"],
        &["--model", "heston", "--reversion", "2", "--vol-of-variance", "0.3", "--correlation", "-0.6"],
        &["--model", "ou", "--reversion", "3", "--mean", "2000", "--volatility", "0.4"],
        &["--model", "ou"],
        &["--model", "fbm", "--hurst", "0.7"],
        &["--model", "stationary", "--block", "1"],
        &["--model", "block"],
    ] {
        let all = [&["risk", "simulate", "--horizon", "60", "--paths", "20000"], words].concat();
        let got = ask(&all, "sp500_daily.csv").json();
        let price = &got["last_price"];
        let (mean, error) = (float(&price["mean"]["value"]), float(&price["mean"]["standard_error"]));
        match price["mean_in_closed_form"]["value"].as_f64() {
            Some(closed) => {
                println!("{words:?}: {mean} of {closed}, error {error}");
                assert!((mean - closed).abs() < 4.0 * error, "{words:?}: {mean} of {closed}, error {error}");
            }
            None => assert_eq!(words[1], "block"),
        }
        let over = &got["over_the_horizon"];
        assert!(float(&over["es_99"]["value"]) >= float(&over["var_99"]["value"]));
        assert!(float(&over["es_99"]["standard_error"]) > 0.0);
        assert_eq!(got, ask(&all, "sp500_daily.csv").json(), "{words:?}: the same seed");
    }
    // E[S_T] of 100 after a year at a drift of 5 % is 105.127 (mc/closed_forms.json).
    let words = [
        "risk",
        "simulate",
        "--model",
        "gbm",
        "--start",
        "100",
        "--drift",
        "0.05",
        "--volatility",
        "0.6",
        "--horizon",
        "252",
    ];
    let got = ask(&words, "sp500_daily.csv").json();
    near(
        "closed form",
        &[(float(&got["last_price"]["mean_in_closed_form"]["value"]), 105.127_109_637_6)],
        1.0,
        1e-12,
    );
    for (words, said) in [
        (
            &["--model", "merton", "--jumps", "3"][..],
            "give all three (--volatility may stand beside them), or none",
        ),
        (&["--model", "merton", "--volatility", "0.3"], "they are estimated together"),
        (&["--model", "heston"], "--reversion: stochastic volatility (Heston) needs it, it is not estimated"),
        (&["--model", "gbm", "--hurst", "0.7"], "--hurst: it is read with --model fbm alone"),
        (&["--model", "fbm", "--hurst", "1.5"], "the Hurst exponent"),
        (&["--model", "gbm", "--volatility", "-1"], "the volatility"),
        (&["--model", "block", "--block", "2.5"], "--block: expected whole steps"),
        (&["--model", "ou", "--mean", "-3"], "--mean: expected a price above zero, got -3"),
        (&["--paths", "10"], "--paths: expected 1000 to 1000000, got 10"),
        (&["--horizon", "0"], "--horizon: expected at least 1"),
        (&["--horizon", "999999999999"], "take fewer of one"),
        (&["--model", "gbm", "--drift", "99999"], "leaves the range of numbers"),
    ] {
        refused(words, &ask(&[&["risk", "simulate"], words].concat(), "sp500_daily.csv"), said);
    }
}

#[test]
fn stress_scales_the_world_it_was_estimated_from() {
    let got = ask(&["risk", "stress", "--paths", "4000", "--zero-drift"], PANEL).json();
    let rows = got["scenarios"].as_object().unwrap();
    let of = |row: &str, key: &str| float(&rows[row][key]);
    let base = "as_estimated";
    // The volatility of the portfolio as the report of its risk has it, within four errors and the odd wild path.
    let risk = ask(&["risk", "report"], PANEL).json();
    let wanted = float(&risk["performance"]["annual_volatility"]["value"]);
    assert!((of(base, "volatility") / wanted - 1.0).abs() < 0.05, "{} of {wanted}", of(base, "volatility"));
    near("volatility", &[(of("volatility_x_1_5", "volatility") / of(base, "volatility"), 1.5)], 1.0, 0.01);
    near(
        "crash",
        &[((1.0 + of("crash_of_30", "total_return")) / (1.0 + of(base, "total_return")), 0.7)],
        1.0,
        0.01,
    );
    for row in rows.keys().filter(|it| *it != base) {
        assert!(of(row, "es_99") > of(base, "es_99"), "{row}");
    }
    for (words, said) in [
        (&["--crash", "1.5"][..], "the fall"),
        (&["--degrees", "2"], "above 2"),
        (&["--horizon", "2"], "at least 4"),
        (&["--weights", "1,2"], "--weights: expected 10"),
    ] {
        refused(words, &ask(&[&["risk", "stress"], words].concat(), PANEL), said);
    }
}

/// The likelihood of Engle (2002) in NumPy, climbed by SciPy 1.17.1, on errors of `arch` 8.0.0; HAR by statsmodels 0.15.0
/// with HAC errors, on variances by pandas.
#[test]
fn correlations_and_realised_volatility_are_those_of_other_libraries() {
    let words = ["volatility", "correlations", "--column", "AAPL", "--column", "KO", "--column", "JNJ"];
    let got = ask(&words, PANEL).json();
    let model = &got["model_of_the_correlations"];
    near("a", &[(float(&model["a_weight_of_the_last_products"]), 0.039_688_26)], 1.0, 1e-4);
    near("b", &[(float(&model["b_memory"]), 0.900_896_75)], 1.0, 1e-3);
    near(
        "log-likelihood",
        &[(float(&model["log_likelihood_beyond_no_correlation"]), 216.377_825)],
        1.0,
        1e-4,
    );
    let one = &got["volatility_of_each"]["AAPL"];
    near("GARCH", &[(float(&one["alpha"]), 0.113_101_72), (float(&one["beta"]), 0.852_960_14)], 1.0, 1e-4);
    let (_, path) = layer(&got["charts"]["correlations_over_time"], "AAPL and KO");
    let most = path.iter().copied().fold(f64::MIN, f64::max);
    near("most", &[(most, float(&got["pairs_the_most_moved_first"]["aapl_and_ko"]["most"]))], 1.0, 1e-12);
    let got = ask(&["volatility", "realised"], "eurusd_1h.csv").json();
    let har = &got["HAR"];
    let row = |name: &str| (float(&har[name]["value"]), float(&har[name]["error"]));
    for (name, value, error) in [
        ("constant", 1.224_991_327e-5, 5.109_705_238_2e-6),
        ("day_before", -0.034_603_406, 0.063_647_633),
        ("week_before", 0.028_535_371_1, 0.198_377_340_2),
        ("month_before", 0.404_270_390_6, 0.395_630_266_5),
    ] {
        near(name, &[(row(name).0, value), (row(name).1, error)], 1e-12, 1e-6);
    }
    near("explained", &[(float(&har["share_explained"]["value"]), 0.009_927_584_9)], 1e-9, 1e-6);
    near("next day", &[(float(&har["next_day_variance"]["value"]), 2.414_582_228_5e-5)], 1e-12, 1e-6);
    let days = &got["days"];
    // The table begins at nine and ends in the afternoon: neither day is whole.
    assert_eq!(days["days"], 207);
    let told = got["notes"].to_string();
    assert!(told.contains("last day of the table") && told.contains("first day of the table"), "{told}");
    let share = 1.0 - 1.667_758_849_5e-5 / 1.916_956_734_2e-5;
    near("jumps", &[(float(&days["share_of_the_variance_in_jumps"]), share)], 1e-9, 1e-6);
    refused(
        &["days"],
        &ask(&["volatility", "realised"], "sp500_daily.csv"),
        "take a table of hours or minutes",
    );
    refused(&["one"], &ask(&["volatility", "correlations"], "sp500_daily.csv"), "asked of 2 to 30 columns");
    refused(
        &["far"],
        &ask(&["volatility", "correlations", "--horizon", "0"], PANEL),
        "--horizon: expected 1 to 2000",
    );
}

/// SciPy 1.18.1: the mixture's likelihood and the restricted one of fractional noise written out, climbed by simplex and
/// by Brent's method, errors by second differences.
#[test]
fn models_that_are_fitted_are_those_of_another_library() {
    let words = ["risk", "simulate", "--column", "AAPL", "--paths", "1000", "--model"];
    let got = ask(&[&words[..], &["merton"]].concat(), PANEL).json();
    let of = |row: &str, column: &str| float(&got["parameters_annual"][row][column]);
    let mut pairs = Vec::new();
    for (row, value, error) in [
        ("drift", 0.257_731_514_2, 0.213_020_506),
        ("volatility", 0.281_448_805_8, 0.013_567_308),
        ("jumps_per_year", 30.572_538_648, 12.373_489_7),
        ("mean_of_a_jump_logarithm", -0.002_891_941_63, 0.005_814_313),
        ("deviation_of_a_jump", 0.043_086_418_25, 0.007_614_213),
    ] {
        pairs.extend([(of(row, "value"), value), (of(row, "standard_error"), error)]);
    }
    near("jump diffusion", &pairs, 1e-9, 1e-5);
    let got = ask(&[&words[..], &["fbm"]].concat(), PANEL).json();
    let of = |row: &str, column: &str| float(&got["parameters_annual"][row][column]);
    let pairs = [
        (of("hurst_s_exponent", "value"), 0.428_872_435),
        (of("hurst_s_exponent", "standard_error"), 0.020_707_556),
        (of("volatility", "value"), 0.248_714_787),
    ];
    near("fractional Brownian motion", &pairs, 1e-9, 1e-6);
}
