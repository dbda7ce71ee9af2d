//! How much to bet, as it is asked for from the shell: against closed forms and other solvers.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod support;

use support::scalp;
use support::tables::{PANEL, ask, float, input, near, no_null, pairs, refused};

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
    let wild = scalp(&["size", "bet", "--probability", "0.55", "--multiple", "20", "--json"]).json();
    no_null(&["wild"], &wild);
    assert!(
        wild["bet"]["growth_per_bet_this_fraction"]["undefined"].is_string(),
        "twice the equity is staked: {wild}"
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
    let long = ask(&["size", "returns"], "sp500_daily.csv").json();
    let own = &long["each_column_alone_annual"]["price"]["full_kelly_of_the_rows"];
    near("one column", &[(float(&long["all_together"]["price"]["full_kelly"]), float(own))], 1.0, 1e-12);
    let many = ask(&["size", "returns", "--column", "close", "--column", "open"], "eurusd_1h.csv").json();
    assert!(many["notes"].to_string().contains("of 3000 rows at most, here are 4999"), "{}", many["notes"]);
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

/// The same as linear programmes: `scipy.optimize.linprog` of SciPy 1.18.1.
#[test]
fn sizes_between_two_ticks_are_those_of_a_linear_programme() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("assets.csv");
    let write = |text: &str| std::fs::write(&path, text).unwrap();
    let table = path.display().to_string();
    let asked = |words: &[&str]| scalp(&[&["size", "programme", &table, "--json"], words].concat());
    write(
        "asset,current,expected,confidence\nBTC,0.02,0.004,0.8\nETH,0.05,0.003,0.5\nLTC,-0.03,-0.01,0.9\nXRP,0.01,0.0005,0.5\n",
    );
    for (words, want, after) in [
        (&[][..], [0.05, 0.05, -0.05, 0.01], 0.000_637_5),
        (&["--gross-max", "0.1"], [0.02, 0.03, -0.05, 0.0], 0.000_509),
        (
            &["--gross-max", "0.12", "--step-max", "0.02", "--position-max", "0.06"],
            [0.02, 0.05, -0.05, 0.0],
            0.000_559,
        ),
    ] {
        let got = asked(words).json();
        let weights = ["BTC", "ETH", "LTC", "XRP"].map(|it| float(&got["sizes"][it]["weight"]));
        near("sizes", &pairs(&weights, &want), 1.0, 1e-12);
        near("after costs", &[(float(&got["together"]["after_costs"]), after)], 1e-3, 1e-9);
    }
    let got = asked(&["--gross-max", "0.12", "--step-max", "0.02", "--position-max", "0.06"]).json();
    assert_eq!(got["sizes"]["LTC"]["held_back_by"], "--step-max");
    assert_eq!(got["sizes"]["BTC"]["held_back_by"], "--gross-max");
    for (words, said) in [
        (
            &["--position-max", "0.02", "--step-max", "0.01"][..],
            "ETH: no sizes satisfy all of: --position-max 0.02, --step-max 0.01",
        ),
        (&["--gross-max", "0.01", "--step-max", "0.01"], "--gross-max 0.01, --step-max 0.01"),
        (&["--cost", "-1"], "--cost: cost is -1: zero or more"),
    ] {
        refused(words, &asked(words), said);
    }
    for (text, said) in [
        ("asset,current\nA,0\n", "assets.csv:1: expected a column \"expected\""),
        ("asset,current,expected\nA,0,\n", "assets.csv:2: expected: expected a number, got nothing"),
        (
            "asset,current,expected\nA,0,1\nA,0,1\n",
            "assets.csv:3: asset: expected a name that no other row has",
        ),
        ("asset,current,expected,confidence\nA,0,1,2\n", "assets.csv:2: confidence: expected 0 to 1, got 2"),
        ("asset,current,expected\n", "expected a row for each asset, got none"),
    ] {
        write(text);
        refused(&[text], &asked(&[]), said);
    }
}

#[test]
fn a_multiple_at_which_the_table_itself_is_ruined_has_no_growth() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fall.csv").display().to_string();
    let day = |at: usize| format!("2021-{:02}-{:02}", at / 28 + 1, at % 28 + 1);
    let rows: Vec<String> = (0..100)
        .map(|at| {
            format!("{},{}", day(at), if at == 50 { -0.45 } else { 0.02 + 0.01 * f64::from(at as u8 % 3) })
        })
        .collect();
    std::fs::write(&path, format!("time,A\n{}\n", rows.join("\n"))).unwrap();
    let words = ["size", "returns", "--returns", "--missing", "drop", "--json", &path];
    let got = scalp(&words).json();
    let falls = got.as_object().unwrap().iter().find(|it| it.0.starts_with("falls_to")).unwrap().1;
    let of = |multiple: &str| &falls[multiple];
    assert!(float(&got["all_together"]["A"]["full_kelly"]) * 2.0 * 0.45 > 1.0);
    let ruined = &of("2_of_full_kelly")["growth_annual"];
    assert!(ruined["undefined"].as_str().unwrap().contains("worst row"), "{falls}");
    assert!(of("0_5_of_full_kelly")["growth_annual"].is_f64(), "{falls}");
}

/// The programme between two ticks is a plan of one period that bears any risk.
#[test]
fn sizes_between_two_ticks_are_a_plan_of_one_period_without_aversion() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let assets =
        write("assets.csv", "asset,current,expected\nAAPL,0.02,0.003\nAMD,-0.04,-0.0015\nKO,0.03,0.009\n");
    let expected = write("expected.csv", "AAPL,AMD,KO\n0.003,-0.0015,0.009\n");
    let limits = ["--gross-max", "0.1", "--cost", "0.001"];
    let words = ["size", "programme", &assets, "--json", "--step-max", "0.04", "--position-max", "0.06"];
    let sizes = scalp(&[&words[..], &limits].concat()).json();
    let words = [
        "portfolio",
        "plan",
        "--column",
        "AAPL",
        "--column",
        "AMD",
        "--column",
        "KO",
        "--no-budget",
        "--aversion",
        "0",
        "--expected",
        &expected,
        "--current",
        "AAPL=0.02,AMD=-0.04,KO=0.03",
        "--trade-max",
        "0.04",
        "--weight-min",
        "-0.06",
        "--weight-max",
        "0.06",
    ];
    let plan = ask(&[&words[..], &limits].concat(), PANEL).json();
    let both = ["AAPL", "AMD", "KO"]
        .map(|it| (float(&sizes["sizes"][it]["weight"]), float(&plan["weights"][it]["period_1"])));
    near("sizes as a plan", &both, 1.0, 1e-6);
}
