//! A wrong print in recorded trades, through the whole of a run: its result, its page, and its journal.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use support::{Bench, count, scalp};

/// A trade each second; number 3,500 is a tenth too low, and from 5,000 on the market has fallen by six hundredths.
fn trades() -> String {
    let mut text = String::from("ts_ns,price,qty,buyer_maker\n");
    let (mut state, mut price) = (7_u64, 500_000_i64);
    for n in 0..6_000_i64 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        price += (state >> 33) as i64 % 21 - 10;
        let shown = match n {
            3_500 => price * 9 / 10,
            5_000.. => price * 94 / 100,
            _ => price,
        };
        let at = 1_700_000_000_000_000_000 + n * 1_000_000_000;
        text += &format!("{at},{}.{:02},2,{}\n", shown / 100, shown % 100, state >> 40 & 1);
    }
    text
}

fn config(risk: &str) -> String {
    format!(
        "[[data]]\npath = \"trades.csv\"\nformat = \"mapping\"\n[data.mapping]\nkind = \"trades\"\n\
         time = {{ column = \"ts_ns\", unit = \"ns\" }}\nside = {{ column = \"buyer_maker\", buy = [\"0\"], sell = [\"1\"] }}\n\
         columns = {{ price = \"price\", qty = \"qty\" }}\n\
         [[instrument]]\nsymbol = \"BTCUSDT\"\ntick = 0.01\nlot = 0.001\n[account]\nbalances = {{ USDT = 100000 }}\n\
         [venue]\nlatency = {{ entry = \"0ns\", response = \"0ns\" }}\nbeyond = {{ model = \"nothing\" }}\n[bars]\ntrades = 1\n\
         [strategy]\nname = \"signal\"\norder_qty = 1\nenter_long = \"close < 0.98 * ROLLMEAN(close, 100)\"\n\
         exit_long = \"close > ROLLMEAN(close, 100)\"\n{risk}\n[report]\ncontrols = 0\nresamples = 100\n"
    )
}

/// Bars of a minute of which print 3,500 is neither the first nor the last.
#[test]
fn a_wrong_print_is_in_no_bar_that_a_rule_reads() {
    let bench = Bench::default();
    bench.write("trades.csv", trades());
    let run = |risk: &str| {
        let text = config(risk).replace("trades = 1\n", "time = \"1m\"\n");
        let text = text.replace("close < 0.98 * ROLLMEAN(close, 100)", "low < 0.97 * LAG(close, 1)");
        let text = text.replace("close > ROLLMEAN(close, 100)", "low >= 0.97 * LAG(close, 1)");
        bench.backtest(&bench.write("bars.toml", text), &["--json"]).json()
    };
    let (plain, held) = (run(""), run("[risk]\nwrong_prints = \"hold\""));
    assert_eq!(count(&held, "wrong_prints"), 1);
    assert_eq!(count(&plain, "submits"), count(&held, "submits") + 2, "the spike is bought, and sold");
    assert_eq!(count(&held, "submits"), 2, "the crash is bought, and sold");
}

#[test]
fn a_wrong_print_is_told_of_and_not_traded_and_the_crash_is() {
    let bench = Bench::default();
    bench.write("trades.csv", trades());
    let run = |risk: &str| {
        let said = bench.backtest(&bench.write("run.toml", config(risk)), &["--json"]);
        said.json()
    };
    let plain = run("");
    assert!(plain.get("wrong_prints").is_none() && plain.get("refused_kinds").is_none());
    let held = run("[risk]\nwrong_prints = \"hold\"");
    assert_eq!((count(&plain, "refused"), count(&held, "wrong_prints")), (0, 1));
    // Neither the wrong print nor the first of the crash is shown to a rule before its verdict, so nothing is to be refused.
    assert!(held.get("refused_kinds").is_none_or(serde_json::Value::is_null), "{}", held["refused_kinds"]);
    assert_eq!(count(&held, "submits") + 2, count(&plain, "submits"), "the wrong print is bought, and sold");
    assert!(count(&held, "fills") > 0);

    let (folder, runs) = (held["folder"].as_str().unwrap(), bench.path("runs").display().to_string());
    let runs = runs.as_str();
    let page = std::fs::read_to_string(format!("{folder}/report.html")).unwrap();
    assert!(page.contains("Prints judged wrong, by instrument"));
    let again = scalp(&["replay", "last", "--folder", runs]);
    assert!(again.ok, "{}{}", again.out, again.err);
    assert!(again.out.contains(held["state_hash"].as_str().unwrap()), "{}", again.out);
    let told = scalp(&["report", "last", "--folder", runs]);
    assert!(told.out.contains("Wrong prints, refused for them"), "{}{}", told.out, told.err);
}
