//! How much of each, as it is asked for from the shell: against other solvers, and with limits that cannot be kept.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod support;

use serde_json::Value;
use support::tables::{PANEL, ask, float, near, pairs, refused};

const NAMES: [&str; 10] = ["AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO"];

fn weights(got: &Value) -> Vec<f64> {
    NAMES.iter().map(|it| float(&got["weights"][it]["weight"])).collect()
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
        (&["--turnover-max", "0.2"], "--turnover-max: it is read beside --current alone"),
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
        (&["--budget", "1", "--no-budget"], "--no-budget: --budget excludes it"),
        (&["--holding", "5"], "--holding: it is read beside --cost or --impact alone"),
        (&["--cost", "-0.1", "--objective", "max-sharpe"], "--cost: linear is -0.1: zero or more"),
        (
            &["--objective", "hrp", "--group", "chips=AAPL+AMD:0.9.."],
            "least 0.9 of group chips; leave these limits out",
        ),
        (
            &["--objective", "hrp", "--cost", "0.1"],
            "--cost: --objective risk-parity, hrp or herc does not read it",
        ),
        (&["--robust", "1"], "--robust: it is read with --objective max-sharpe, efficient-risk"),
        (&["--objective", "max-sharpe", "--robust", "-1"], "--robust: radius is -1"),
        (&["--capital", "1000", "--lots", "KO=0"], "--lots: KO: expected units above zero"),
        (&["--capital", "-5"], "--capital: "),
        (&["--views", "nowhere.toml"], "nowhere.toml: "),
    ] {
        let answer = ask(&[&["portfolio", "optimise"], words].concat(), PANEL);
        refused(words, &answer, said);
    }
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

/// Black-Litterman of `PyPortfolioOpt` 1.6.0 with Idzorek's confidences; entropy pooling by the dual in SciPy 1.17.1,
/// again until the mean that the volatility is about is the one it leaves.
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
        0.300_455_783_863,
        0.072_802_873_609,
        0.008_685_441_068,
        0.329_470_694_586,
        0.066_062_858_036,
        0.140_166_462_898,
        0.109_750_606_973,
        0.105_679_769_299,
        0.018_357_265_054,
    ];
    near("entropy pooling", &pairs(&of(&got), &want), 1.0, 1e-7);
    let pooling = &got["entropy_pooling"];
    near("diversity", &[(float(&pooling["rows_as_diverse_after_the_views"]), 746.733_526_9)], 1.0, 1e-6);
    near("entropy", &[(float(&pooling["relative_entropy"]), 0.011_009_352_2)], 1.0, 1e-7);
    let viewed = |got: &Value| {
        let ko = &got["prior_and_posterior_annual"]["KO"];
        [float(&ko["posterior_volatility"]), float(&ko["posterior_return"])]
    };
    near("the volatility asked for", &[(viewed(&got)[0], 0.3)], 1.0, 1e-9);
    // Views that pull at each other hold both, said in one place or in two.
    let apart = "method = \"entropy-pooling\"\n[[view]]\nweights = { KO = 1 }\nvolatility = 0.2\n[[view]]\nweights = { KO = 1 }\nreturn = 0.6\n";
    for text in [apart.to_owned(), apart.replace("[[view]]\nweights = { KO = 1 }\nreturn", "return")] {
        std::fs::write(&path, text).unwrap();
        let [volatility, expected] = viewed(&ask(&words, PANEL).json());
        near("both views hold", &[(volatility, 0.2), (expected, 0.6)], 1.0, 1e-9);
    }
    std::fs::write(&path, POOLED).unwrap();
    let got = ask(&words, PANEL).json();
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
        (&["--resample", "5", "--cost", "0.1"], "--cost: --resample excludes it"),
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
    // Growth compounds: 20 steps have the power 20 / 252 of a year's, not that share of it.
    let held = float(&got["over_4_periods"]["what_is_held_now_kept"]["return_before_costs"]);
    let year = ask(&["portfolio", "optimise"], PANEL).json();
    let growth = 1.0 + float(&year["weights"]["KO"]["annual_return"]);
    near("what is held earns", &[(held, 4.0 * (growth.powf(20.0 / 252.0) - 1.0))], 1e-6, 1e-9);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("expected.csv");
    std::fs::write(&path, format!("{}\n{}\n", NAMES.join(","), ["0.01"; 10].join(","))).unwrap();
    let expected = path.display().to_string();
    let got = ask(&["portfolio", "plan", "--cost", "0.001", "--expected", &expected], PANEL).json();
    assert!(got["over_1_period"].is_object(), "one row is one period: {got}");
    for (words, said) in [
        (&[][..], "give --cost"),
        (&["--cost", "0.1", "--periods", "0"], "--periods: expected 1 to 60, got 0"),
        (&["--cost", "0.1", "--every", "0"], "--every: expected above 0, got 0"),
        (&["--cost", "0.1", "--aversion", "-1"], "--aversion: expected zero or more"),
        (&["--cost", "0.1", "--volatility-max", "0.05"], "--volatility-max"),
    ] {
        refused(words, &ask(&[&["portfolio", "plan"], words].concat(), PANEL), said);
    }
}

/// Without a budget the quietest portfolio is none: a solver's rounding of it is no answer.
#[test]
fn nothing_at_all_is_told_and_not_given_as_a_portfolio() {
    for words in [
        &["--no-budget"][..],
        &["--net-min", "-1", "--weight-min", "-1"],
        &["--no-budget", "--objective", "min-risk", "--measure", "deviation"],
        &["--no-budget", "--objective", "efficient-return", "--target", "-0.1"],
    ] {
        let answer = ask(&[&["portfolio", "optimise"], words].concat(), PANEL);
        refused(words, &answer, "nothing at all keeps the limits and has the least risk: ask for something");
    }
    let words = ["portfolio", "optimise", "--no-budget", "--group", "chips=AAPL+AMD:0.3.."];
    let got = ask(&words, PANEL).json();
    near("the group alone is held", &[(weights(&got).iter().take(2).sum(), 0.3)], 1.0, 1e-6);
    let got = ask(&["portfolio", "frontier", "--no-budget", "--points", "3"], PANEL).json();
    let first = &got["frontier"]["portfolio_1"];
    assert!(
        NAMES.iter().all(|it| float(&first[format!("{}_weight", it.to_lowercase())]).abs() <= 0.0),
        "{first}"
    );
    assert!(!first["sharpe_ratio"].is_number(), "{first}");
}

#[test]
fn whole_lots_that_break_a_limit_are_told_and_shorts_bring_money_in() {
    let lots = |words: &[&str]| {
        let base = ["portfolio", "optimise", "--capital", "1000", "--weight-max", "0.3"];
        ask(&[&base[..], words].concat(), PANEL).json()
    };
    let told = |got: &Value| {
        let notes = got["notes"].as_array().unwrap();
        notes.iter().filter_map(Value::as_str).find(|it| it.starts_with("The whole lots")).map(str::to_owned)
    };
    // One lot of 30 is worth far more than three tenths.
    let got = lots(&["--lots", "KO=10,JNJ=5", "--group", "soft=KO:..0.3"]);
    let shares = &got["whole_lots_for_1000"];
    let most = NAMES.iter().map(|it| float(&shares[it]["weight"])).fold(0.0, f64::max);
    assert_eq!(most > 0.3 + 1e-9, told(&got).is_some_and(|it| it.contains("--weight-max 0.3")), "{shares}");
    assert!(most > 0.3, "the test needs lots that break the limit: {shares}");
    let got = lots(&[
        "--objective",
        "max-sharpe",
        "--weight-min",
        "-0.3",
        "--budget",
        "0.5",
        "--gross-max",
        "1.5",
        "--lots",
        "AAPL=0.01,AMD=0.01,BAC=0.01,BBY=0.01,CVX=0.01,GE=0.01,HD=0.01,JNJ=0.01,JPM=0.01,KO=0.01",
    ]);
    let shares = &got["whole_lots_for_1000"];
    let net: f64 = NAMES.iter().map(|it| float(&shares[it]["value"])).sum();
    near("left over", &[(float(&shares["left_over"]["value"]), 1000.0 - net)], 1.0, 1e-9);
    assert!(net < 510.0, "half of the capital is held net: {net}");
}
