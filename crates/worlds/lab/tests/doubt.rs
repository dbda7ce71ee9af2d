//! Fills that a print in doubt brought are counted and told.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use scalp_lab::backtest::{Looks, run};
use scalp_lab::summary::Summary;
use std::fmt::Write;
use support::ready;

/// Buys at the first of these trades, a second apart; the order is half a minute under way, and the trade of then has this price.
fn bought(price_then: i64, wrong_prints: &str) -> Summary {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    let mut rows = String::from("ts,p,q,s\n");
    for n in 0..200_i64 {
        let price = if n == 30 { price_then } else { 1_000 + n % 3 };
        writeln!(rows, "{},{price},1000,b", 1_700_000_040_000 + n * 1_000).unwrap();
    }
    std::fs::write(&path, rows).unwrap();
    let ready = ready(&format!(
        "[[data]]\npath = {path:?}\nformat = \"mapping\"\n[data.mapping]\nkind = \"trades\"\n\
         time = {{ column = \"ts\", unit = \"ms\" }}\nside = {{ column = \"s\", buy = [\"b\"], sell = [\"s\"] }}\n\
         columns = {{ price = \"p\", qty = \"q\" }}\n\
         [[instrument]]\nvenue = \"v\"\nsymbol = \"S\"\nbase = \"B\"\nquote = \"Q\"\ntick = 1\nlot = 1\n\
         [account]\nbalances = {{ Q = 100000 }}\n[venue.latency]\nentry = \"30500ms\"\n\
         [risk]\nwrong_prints = {wrong_prints:?}\n[strategy]\nname = \"buy-and-hold\"\nfraction = 0.1\n"
    ));
    run(&ready.plan, &ready.loaded.tracks, Looks::default()).unwrap().summary
}

fn told(summary: &Summary) -> Vec<&String> {
    summary.warnings.iter().filter(|it| it.contains("in doubt")).collect()
}

#[test]
fn what_a_print_in_doubt_filled_is_told_with_what_it_brought() {
    let wrong = bought(700, "hold");
    assert_eq!((wrong.fills, wrong.fills_in_doubt), (1, Some(1)));
    let [said] = told(&wrong)[..] else { panic!("{:?}", wrong.warnings) };
    // Ten units at 700 that are worth 1,001 each by the prints before.
    assert!(said.contains("1 fill of 7000.00000000 Q in all, 3010.00000000 Q better"), "{said}");
    // Nearer to the usual price than to the print, or not watched at all.
    let right = bought(1_001, "hold");
    assert_eq!((right.fills, right.fills_in_doubt, told(&right).len()), (1, Some(0), 0));
    let unwatched = bought(700, "ignore");
    assert_eq!((unwatched.fills, unwatched.fills_in_doubt, told(&unwatched).len()), (1, None, 0));
}
