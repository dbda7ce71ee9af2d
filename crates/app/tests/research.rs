//! Limits, views, dependence, regimes, simulation, tests of many strategies, labels and sizes, as they are asked for from
//! the shell: against independent libraries, and with what cannot be answered.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod support;

use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use support::tables::{ask, float, golden, input, layer, near, no_null, walk};
use support::{Said, scalp};

const PANEL: &str = "panel10_756d.csv";
const NAMES: [&str; 10] = ["AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO"];

fn weights(got: &Value) -> Vec<f64> {
    NAMES.iter().map(|it| float(&got["weights"][it]["weight"])).collect()
}

fn pairs(got: &[f64], want: &[f64]) -> Vec<(f64, f64)> {
    assert_eq!(got.len(), want.len());
    got.iter().copied().zip(want.iter().copied()).collect()
}

/// The last rows of a table, its first line kept.
fn part(table: &str, rows: std::ops::Range<usize>, to: &Path) -> String {
    let text = std::fs::read_to_string(input(table)).unwrap();
    let mut lines = text.lines();
    let mut out = lines.next().unwrap().to_owned() + "\n";
    lines.skip(rows.start).take(rows.len()).for_each(|it| {
        let _ = writeln!(out, "{it}");
    });
    std::fs::write(to, out).unwrap();
    to.display().to_string()
}

/// cvxpy 1.9.3 with Clarabel 0.11.1, the same programmes written out.
#[test]
fn portfolios_under_limits_and_costs_are_those_of_another_solver() {
    let words = [
        "portfolio",
        "optimise",
        "--group",
        "chips=AAPL+AMD:0.3..",
        "--current",
        "AAPL=0.5,KO=0.5",
        "--turnover-max",
        "0.6",
    ];
    let got = ask(&words, PANEL).json();
    let want = [0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 0.0, 0.4];
    near("least volatility under a group and turnover", &pairs(&weights(&got), &want), 1.0, 1e-6);
    near(
        "its volatility",
        &[(float(&got["portfolio"]["annual_volatility_estimated"]), 0.228_745_123_527)],
        1.0,
        1e-8,
    );
    near("turnover", &[(float(&got["trading"]["turnover"]["change"]), 0.6)], 1.0, 1e-8);
    near("the group", &[(float(&got["groups"]["chips"]["weight"]), 0.3)], 1.0, 1e-8);
    let words = [
        "portfolio",
        "optimise",
        "--objective",
        "efficient-risk",
        "--target",
        "0.2",
        "--net-min",
        "-0.2",
        "--net-max",
        "0.9",
        "--weight-min",
        "-0.3",
        "--weight-max",
        "0.3",
        "--gross-max",
        "1.2",
        "--current",
        "AAPL=0.5,KO=0.5",
        "--cost",
        "0.002",
        "--holding",
        "20",
    ];
    let got = ask(&words, PANEL).json();
    let want = [0.3, 0.0, -0.084_923_3, -0.027_683_4, 0.3, -0.152_604_6, 0.148_857_9, 0.0, 0.0, 0.185_930_8];
    near("most return with costs, long and short", &pairs(&weights(&got), &want), 1.0, 1e-5);
    // What is paid over a year of 252 steps, changed every 20.
    let cost = float(&got["trading"]["cost_of_equity"]["change"]) * 252.0 / 20.0;
    let earned = float(&got["portfolio"]["annual_return_estimated"]) - cost;
    near("return after costs", &[(earned, 0.131_988_256_5)], 1.0, 1e-6);
}

#[test]
fn limits_from_a_file_are_those_from_the_shell() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(
        at("limits.csv"),
        "asset,group,min,max\nKO,,0.05,0.2\nAAPL,chips,0.1,0.3\nAMD,chips,,\nJPM,banks,,0.1\nBAC,banks,,0.1\n",
    )
    .unwrap();
    std::fs::write(
        at("limits.toml"),
        "[bounds.KO]\nmin = 0.05\nmax = 0.2\n[groups.chips]\nassets = [\"AAPL\", \"AMD\"]\nmin = 0.1\nmax = 0.3\n[groups.banks]\nassets = [\"JPM\", \"BAC\"]\nmax = 0.1\n",
    )
    .unwrap();
    std::fs::write(at("bounds.csv"), "asset,min,max\nKO,0.05,0.2\n").unwrap();
    std::fs::write(at("held.csv"), "asset,weight\nAAPL,0.5\nKO,0.5\n").unwrap();
    let held = at("held.csv").display().to_string();
    let solved = |words: &[&str]| {
        let base =
            ["portfolio", "optimise", "--objective", "max-sharpe", "--turnover-max", "1.5", "--current"];
        weights(&ask(&[&base[..], words].concat(), PANEL).json())
    };
    let [csv, toml, bounds] =
        ["limits.csv", "limits.toml", "bounds.csv"].map(|it| at(it).display().to_string());
    let one = solved(&["AAPL=0.5,KO=0.5", "--limits", &csv]);
    near("TOML", &pairs(&one, &solved(&[&held, "--limits", &toml])), 1.0, 1e-9);
    let words = ["--group", "chips=AAPL+AMD:0.1..0.3", "--group", "banks=JPM+BAC:..0.1"];
    let shell = solved(&[&[&held[..], "--limits", &bounds], &words[..]].concat());
    near("shell", &pairs(&one, &shell), 1.0, 1e-9);
    assert!(one[0] + one[1] <= 0.3 + 1e-9 && (0.05..=0.2 + 1e-9).contains(&one[9]), "{one:?}");
}

#[test]
fn limits_that_cannot_be_kept_are_named_by_their_options() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let bounds = at("bounds.csv", "asset,min\nAAPL,0.7\nKO,0.6\n");
    let twice = at("twice.csv", "asset,group,min\nAAPL,g,0.1\nKO,g,0.2\n");
    let word = at("word.csv", "asset,min\nAAPL,much\n");
    let nobody = at("nobody.toml", "[bounds.BTC]\nmin = 0.1\n");
    let typo = at("typo.toml", "[bounds.KO]\nleast = 0.1\n");
    for (words, said) in [
        (
            &["--weight-max", "0.05", "--group", "chips=AAPL+AMD:0.3.."][..],
            "no portfolio satisfies all of: --weight-max 0.05 of AAPL, AMD, least 0.3 of group chips; relax one of them",
        ),
        (&["--net-max", "0.5", "--budget", "1"], "no portfolio satisfies all of: --budget 1, --net-max 0.5"),
        (&["--limits", &bounds], "min 0.7 in"),
        (&["--current", "KO=1", "--turnover-max", "0.2", "--weight-max", "0.5"], "--weight-max 0.5 of KO"),
        (&["--current", "KO=1", "--trade-max", "0.1", "--weight-max", "0.5"], "--trade-max 0.1 of KO"),
        (&["--turnover-max", "0.2"], "say them with --current"),
        (&["--group", "chips"], "--group: expected NAME=ASSET+ASSET:LEAST..MOST"),
        (&["--group", "chips=BTC:0..1"], "expected one of the columns AAPL, AMD"),
        (&["--current", "nowhere.csv"], "there is no file \"nowhere.csv\""),
        (&["--current", "KO=much"], "--current: expected NAME=NUMBER, got \"KO=much\""),
        (&["--current", "KO=1,KO=2"], "expected each asset once, got KO again"),
        (
            &["--limits", &twice],
            "twice.csv:3: min: expected one min for all rows of group g, got 0.2 after 0.1",
        ),
        (&["--limits", &word], "word.csv:2: min: expected a number, got \"much\""),
        (&["--limits", &nobody], "nobody.toml: bounds.BTC: expected one of the columns"),
        (&["--limits", &typo], "typo.toml:2: unknown field `least`"),
        (&["--budget", "1", "--no-budget"], "exclude each other"),
        (&["--holding", "5"], "give --cost or --impact too"),
        (&["--cost", "-0.1", "--objective", "max-sharpe"], "--cost: linear is -0.1: zero or more"),
        (
            &["--objective", "hrp", "--group", "chips=AAPL+AMD:0.9.."],
            "least 0.9 of group chips; leave these limits out",
        ),
        (&["--objective", "hrp", "--cost", "0.1"], "looks at no expected return"),
        (&["--robust", "1"], "looks at no expected return"),
        (&["--objective", "max-sharpe", "--robust", "-1"], "--robust: radius is -1"),
        (&["--capital", "1000", "--lots", "KO=0"], "--lots: KO: expected units above zero"),
        (&["--capital", "-5"], "--capital: "),
        (&["--views", "nowhere.toml"], "nowhere.toml: "),
    ] {
        let answer = ask(&[&["portfolio", "optimise"], words].concat(), PANEL);
        refused(words, &answer, said);
    }
}

fn refused(words: &[&str], answer: &Said, said: &str) {
    assert!(!answer.ok, "{words:?} succeeded: {}", answer.out);
    assert!(answer.err.contains(said), "{words:?}: expected {said:?} in {:?}", answer.err);
    assert!(!answer.err.contains("panicked") && answer.err.trim_end().lines().count() == 1, "{}", answer.err);
}

#[test]
fn whole_lots_are_multiples_of_their_size() {
    let got = ask(&["portfolio", "optimise", "--capital", "50000", "--lots", "KO=10,JNJ=0.5"], PANEL).json();
    let lots = &got["whole_lots_for_50000"];
    let mut spent = float(&lots["left_over"]["value"]);
    for (name, lot) in [("KO", 10.0), ("JNJ", 0.5), ("AAPL", 1.0)] {
        let row = &lots[name];
        near(name, &[(float(&row["units"]), float(&row["lots"]) * lot)], 1.0, 1e-12);
        near(name, &[(float(&row["value"]), float(&row["units"]) * float(&row["price"]))], 1.0, 1e-12);
    }
    NAMES.iter().for_each(|it| spent += float(&lots[it]["value"]));
    near("all of it", &[(spent, 50_000.0)], 1.0, 1e-12);
}

const VIEWS: &str = "method = \"black-litterman\"\naversion = 2.5\ntau = 0.05\nmarket = { AAPL = 2000, AMD = 100, BAC = 250, BBY = 20, CVX = 300, GE = 90, HD = 300, JNJ = 450, JPM = 400, KO = 270 }\n[[view]]\nweights = { AAPL = 1, AMD = -1 }\nreturn = 0.05\nconfidence = 0.6\n[[view]]\nweights = { KO = 1 }\nreturn = 0.02\nconfidence = 0.3\n";
const POOLED: &str = "method = \"entropy-pooling\"\n[[view]]\nweights = { AAPL = 1 }\nreturn_min = 0.3\n[[view]]\nweights = { KO = 1 }\nvolatility = 0.3\n";

/// Black-Litterman of `PyPortfolioOpt` 1.6.0 with Idzorek's confidences; entropy pooling by the dual in SciPy 1.17.1.
#[test]
fn views_move_returns_as_other_libraries_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("views.toml").display().to_string();
    let words = ["portfolio", "optimise", "--objective", "max-sharpe", "--views", &path];
    let of = |got: &Value| -> Vec<f64> {
        NAMES.iter().map(|it| float(&got["prior_and_posterior_annual"][it]["posterior_return"])).collect()
    };
    std::fs::write(&path, VIEWS).unwrap();
    let got = ask(&words, PANEL).json();
    let want = [
        0.222_389_788_228,
        0.198_849_180_800,
        0.184_201_467_860,
        0.167_299_069_375,
        0.161_217_017_715,
        0.167_377_128_994,
        0.150_760_560_606,
        0.081_362_655_413,
        0.169_223_867_767,
        0.090_849_294_571,
    ];
    near("Black-Litterman", &pairs(&of(&got), &want), 1.0, 1e-9);
    let volatility = float(&got["prior_and_posterior_annual"]["AAPL"]["posterior_volatility"]);
    near("its covariance", &[(volatility * volatility, 0.142_634_619_822)], 1.0, 1e-9);
    std::fs::write(&path, POOLED).unwrap();
    let got = ask(&words, PANEL).json();
    let want = [
        0.3,
        0.300_623_514_076,
        0.067_356_759_312,
        0.005_718_360_888,
        0.324_529_910_200,
        0.060_693_499_031,
        0.137_239_764_310,
        0.106_309_637_407,
        0.100_564_134_197,
        0.011_458_509_476,
    ];
    near("entropy pooling", &pairs(&of(&got), &want), 1.0, 1e-7);
    let pooling = &got["entropy_pooling"];
    near("diversity", &[(float(&pooling["rows_as_diverse_after_the_views"]), 746.690_128_2)], 1.0, 1e-6);
    near("entropy", &[(float(&pooling["relative_entropy"]), 0.011_067_471_8)], 1.0, 1e-7);
    // Half the confidence goes half the way of the mean.
    std::fs::write(
        &path,
        POOLED.replace("[[view]]\nweights = { AAPL", "confidence = 0.5\n[[view]]\nweights = { AAPL"),
    )
    .unwrap();
    let half = ask(&words, PANEL).json();
    let prior = float(&half["prior_and_posterior_annual"]["KO"]["prior_return"]);
    near("half", &[(of(&half)[9], 0.5 * (prior + of(&got)[9]))], 1.0, 1e-9);
    for (text, said) in [
        ("method = \"guess\"\n", ":1: unknown variant `guess`"),
        ("method = \"black-litterman\"\n", "expected at least one [[view]]"),
        (
            "method = \"black-litterman\"\n[[view]]\nweights = { BTC = 1 }\nreturn = 0.1\n",
            "view 1: weights: expected one of the columns",
        ),
        (
            "method = \"black-litterman\"\n[[view]]\nweights = { KO = 1 }\n",
            "view 1: expected `return = NUMBER`",
        ),
        (
            "method = \"black-litterman\"\n[[view]]\nweights = { KO = 1 }\nreturn = 0.1\nconfidence = 2\n",
            "confidence of a view is 2: from 0 to 1",
        ),
        (
            "method = \"black-litterman\"\n[[view]]\nweights = { KO = 0 }\nreturn = 0.1\n",
            "view 1: weights: expected at least one other than zero",
        ),
        (
            "method = \"entropy-pooling\"\n[[view]]\nweights = { KO = 1 }\n",
            "view 1: expected `return`, `return_min`",
        ),
        (
            "method = \"entropy-pooling\"\nmarket = { KO = 1 }\n[[view]]\nweights = { KO = 1 }\nreturn = 0\n",
            "market: it belongs to the method black-litterman",
        ),
        (
            "method = \"entropy-pooling\"\n[[view]]\nweights = { KO = 1 }\nreturn = 0.5\n[[view]]\nweights = { KO = 1 }\nreturn = 0.6\n",
            "no probabilities of the 755 rows satisfy all of: view 1 (KO), view 2 (KO)",
        ),
    ] {
        std::fs::write(&path, text).unwrap();
        refused(&[text], &ask(&words, PANEL), said);
    }
}

#[test]
fn a_frontier_rises_from_the_quietest_and_the_robust_one_stops_earlier() {
    let words = [
        "portfolio",
        "frontier",
        "--points",
        "6",
        "--weight-max",
        "0.4",
        "--robust",
        "1",
        "--resample",
        "5",
        "--seed",
        "3",
    ];
    let got = ask(&words, PANEL).json();
    let of = |frontier: &str, key: &str| -> Vec<f64> {
        got[frontier].as_object().unwrap().values().map(|it| float(&it[key])).collect()
    };
    let quietest = ask(&["portfolio", "optimise", "--weight-max", "0.4"], PANEL).json();
    let least = float(&quietest["portfolio"]["annual_volatility_estimated"]);
    near("quietest", &[(of("frontier", "volatility")[0], least)], 1.0, 1e-9);
    assert!(of("frontier", "return").is_sorted() && of("frontier", "volatility").is_sorted());
    assert!(of("robust_frontier", "volatility")[5] < of("frontier", "volatility")[5], "doubt spreads");
    for name in NAMES {
        let all = of("resampled_frontier", &format!("{}_weight", name.to_lowercase()));
        assert!(all.len() == 6 && all.iter().all(|it| (-1e-9..=0.4 + 1e-9).contains(it)), "{name}: {all:?}");
    }
    for (words, said) in [
        (&["--points", "1"][..], "--points: expected 2 to 200, got 1"),
        (&["--resample", "0"], "--resample: expected 1 to 10000 worlds, got 0"),
        (&["--resample", "5", "--cost", "0.1"], "leave --cost, --impact and --views out"),
    ] {
        refused(words, &ask(&[&["portfolio", "frontier"], words].concat(), PANEL), said);
    }
}

#[test]
fn a_plan_is_no_worse_than_going_at_once_or_not_at_all() {
    let words =
        ["portfolio", "plan", "--current", "KO=1", "--cost", "0.0005", "--every", "20", "--periods", "4"];
    let got = ask(&words, PANEL).json();
    let of = |way: &str| float(&got["over_4_periods"][way]["after_aversion"]);
    let plan = of("the_plan");
    assert!(
        plan >= of("the_costless_optimum_at_once") - 1e-9 && plan >= of("what_is_held_now_kept") - 1e-9,
        "{got}"
    );
    assert!(float(&got["over_4_periods"]["the_plan"]["turnover"]) > 0.01, "something is worth its cost");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("expected.csv");
    std::fs::write(&path, format!("{}\n{}\n", NAMES.join(","), ["0.01"; 10].join(","))).unwrap();
    let expected = path.display().to_string();
    let got = ask(&["portfolio", "plan", "--cost", "0.001", "--expected", &expected], PANEL).json();
    assert!(got["over_1_periods"].is_object(), "one row is one period: {got}");
    for (words, said) in [
        (&[][..], "give --cost"),
        (&["--cost", "0.1", "--periods", "0"], "--periods: expected 1 to 60, got 0"),
        (&["--cost", "0.1", "--every", "0"], "--every: expected above 0, got 0"),
        (&["--cost", "0.1", "--aversion", "-1"], "--aversion: expected zero or more"),
    ] {
        refused(words, &ask(&[&["portfolio", "plan"], words].concat(), PANEL), said);
    }
}

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
        (&["--model", "merton"][..], "--jumps: jump diffusion (Merton) needs it"),
        (&["--model", "gbm", "--hurst", "0.7"], "--hurst: geometric Brownian motion has no such parameter"),
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
    std::fs::write(&table, walk(&["A"], 1_000)).unwrap();
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
    assert_eq!(got["splits"]["split_1"]["teach"], 498, "505 older samples less the gap: {got}");
    let labels = at("labels.csv");
    for (text, said) in [
        ("start,end\n0,5\n7,6\n", "labels.csv:3: end: expected 7 or later, got 6"),
        ("start,end\n0,5000\n", "labels.csv:2: end: expected a row of the table, 0 to 999"),
        ("first,last\n0,5\n", "labels.csv:1: expected a column \"start\" among first, last"),
        ("start,end\n5,6\n0,6\n", "labels.csv:3: start: expected labels in the order of time"),
    ] {
        std::fs::write(&labels, text).unwrap();
        refused(&[text], &scalp(&[&base[..], &["--labels", &labels]].concat()), said);
    }
    for (words, said) in [
        (&["--folds", "1"][..], "at least 2"),
        (&["--window", "5"], "--window: only --method walk-forward has one"),
        (&["--horizon", "999"], "nothing is left to learn from"),
        (&["--method", "combinatorial", "--tested", "9"], "at least 1, below groups"),
    ] {
        refused(words, &scalp(&[&base[..], words].concat()), said);
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
        ("constant", 1.189_117_276_7e-5, 4.921_490_305e-6),
        ("day_before", -0.034_773_997_4, 0.063_295_133_9),
        ("week_before", 0.023_346_853_2, 0.195_498_764_7),
        ("month_before", 0.428_344_954_2, 0.380_720_799_9),
    ] {
        near(name, &[(row(name).0, value), (row(name).1, error)], 1e-12, 1e-6);
    }
    near("explained", &[(float(&har["share_explained"]["value"]), 0.011_192_610_3)], 1e-9, 1e-6);
    near("next day", &[(float(&har["next_day_variance"]["value"]), 2.523_000_543_8e-5)], 1e-12, 1e-6);
    let days = &got["days"];
    assert_eq!(days["days"], 209);
    let share = 1.0 - 1.660_504_740_2e-5 / 1.913_933_990_6e-5;
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

/// Closed forms; joint fractions by cvxpy 1.9.3 with Clarabel; the range of TA-Lib 0.8.1.
#[test]
fn sizes_are_those_of_closed_forms_and_other_libraries() {
    let got = scalp(&[
        "size",
        "bet",
        "--probability",
        "0.55",
        "--error",
        "0.02",
        "--units",
        "20",
        "--goal",
        "40",
        "--json",
    ])
    .json();
    let bet = &got["bet"];
    near("Kelly", &[(float(&bet["full_kelly_fraction"]), 0.1)], 1.0, 1e-12);
    // Edge 0.1, its error twice that of the probability.
    let kept = 0.01 / (0.01 + 0.04 * 0.04);
    near(
        "kept",
        &[
            (float(&bet["kept_for_the_error_of_the_edge"]), kept),
            (float(&bet["fraction_to_stake"]), 0.1 * kept * 0.25),
        ],
        1.0,
        1e-12,
    );
    let growth = 0.55 * 1.1_f64.ln() + 0.45 * 0.9_f64.ln();
    near("growth", &[(float(&bet["growth_per_bet_full_kelly"]), growth)], 1e-9, 1e-10);
    let (ruin, ratio) = (&got["ruin_of_20_stakes_of_one_size"], 0.45_f64 / 0.55);
    near("ruin", &[(float(&ruin["chance_to_lose_them_all"]), ratio.powi(20))], 1e-12, 1e-10);
    let before = (ratio.powi(20) - ratio.powi(40)) / (1.0 - ratio.powi(40));
    near(
        "before the goal",
        &[(float(&ruin["chance_to_lose_them_before_40_are_reached"]), before)],
        1e-12,
        1e-10,
    );
    // The same bet by its outcomes.
    let same =
        scalp(&["size", "bet", "--outcome", "1:0.55", "--outcome", "-1:0.45", "--error", "0.04", "--json"])
            .json();
    near("outcomes", &[(float(&same["bet"]["fraction_to_stake"]), 0.1 * kept * 0.25)], 1.0, 1e-12);
    let words = ["size", "returns", "--column", "AAPL", "--column", "KO", "--column", "CVX"];
    let got = ask(&words, PANEL).json();
    let all = &got["all_together"];
    let of = |name: &str| float(&all[name]["full_kelly"]);
    near("joint", &[(of("AAPL"), 1.426_944_76), (of("KO"), 0.0), (of("CVX"), 0.943_082_91)], 1.0, 1e-6);
    near("growth", &[(of("growth_annual"), 0.315_901_722_7)], 1.0, 1e-7);
    let alone = &got["each_column_alone_annual"]["KO"];
    let full = float(&alone["mean_excess"]) / float(&alone["volatility"]).powi(2);
    near(
        "alone",
        &[
            (float(&alone["full_kelly"]), full),
            (float(&alone["scale_to_the_target"]), 0.15 / float(&alone["volatility"])),
        ],
        1.0,
        1e-12,
    );
    let text = std::fs::read_to_string(input("../ta/btc_default_volatility_indicators.csv")).unwrap();
    let column = text.lines().next().unwrap().split(',').position(|it| it == "ATR").unwrap();
    let atr: f64 = text.lines().last().unwrap().split(',').nth(column).unwrap().parse().unwrap();
    let got =
        ask(&["size", "stop", "--equity", "10000", "--risk", "0.02", "--multiple", "3"], "btcusd_1mo.csv")
            .json();
    let value = |key: &str| float(&got["size"][key]["value"]);
    near("range", &[(value("average_true_range_of_14"), atr)], 1.0, 1e-9);
    near(
        "quantity",
        &[
            (value("quantity"), 200.0 / (3.0 * atr)),
            (value("quantity") * value("distance_of_the_stop"), 200.0),
        ],
        1e-9,
        1e-9,
    );
    for (words, said) in [
        (&["bet"][..], "give either --probability (with --odds) or --outcome"),
        (&["bet", "--probability", "1.5"], "probability is 1.5: from 0 to 1"),
        (&["bet", "--probability", "0.5", "--odds", "-1"], "odds is -1: more than zero"),
        (&["bet", "--outcome", "1:0.5", "--outcome", "2:0.5"], "no outcome loses"),
        (&["bet", "--outcome", "1:0.5"], "--outcome: "),
        (
            &["bet", "--probability", "0.6", "--odds", "2", "--units", "5", "--goal", "9"],
            "a closed form for odds of 1 alone",
        ),
        (&["bet", "--probability", "0.6", "--fall-to", "2"], "--fall-to: expected between 0 and 1, got 2"),
        (&["bet", "--probability", "0.6", "--multiple", "0"], "--multiple: expected above 0, got 0"),
    ] {
        refused(words, &scalp(&[&["size"], words].concat()), said);
    }
    refused(
        &["fee"],
        &ask(&["size", "stop", "--equity", "1", "--fee", "2"], "btcusd_1mo.csv"),
        "--fee: expected 0 to below 1",
    );
    refused(
        &["long"],
        &ask(&["size", "stop", "--equity", "1", "--length", "400"], "btcusd_1mo.csv"),
        "ATR(400) needs 401 rows for its first value, there are 156",
    );
    refused(
        &["equity"],
        &ask(&["size", "stop", "--equity", "-1"], "btcusd_1mo.csv"),
        "equity is -1: more than zero",
    );
    refused(
        &["no candles"],
        &ask(&["size", "stop", "--equity", "1"], "sp500_daily.csv"),
        "high: expected a column of this name",
    );
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
