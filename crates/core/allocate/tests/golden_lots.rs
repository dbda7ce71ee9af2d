//! Whole lots against the reference.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads its files"
)]

mod panel;

use panel::Panel;
use scalp_allocate::lots::{greedy, nearest};

#[test]
fn lots_are_the_reference_or_better() {
    let panel = Panel::read();
    let weights = panel.by_ticker(&["discrete_greedy", "weights"]);
    let value = panel.number(&["discrete_greedy", "total"]);
    let prices = panel.prices.last().unwrap().clone();
    let counts = |name: &str| -> Vec<i64> {
        let alloc = &panel.reference[name]["alloc"];
        panel.tickers.iter().map(|it| alloc[it].as_i64().unwrap_or(0)).collect()
    };
    let got = greedy(&weights, &prices, value).unwrap();
    assert_eq!(got.counts, counts("discrete_greedy"));
    let leftover = panel.number(&["discrete_greedy", "leftover"]);
    println!("greedy leftover {} reference {leftover}", got.leftover);
    assert!((got.leftover - leftover).abs() < 1e-6);
    let integer = nearest(&weights, &prices, value).unwrap();
    let reference = counts("discrete_lp");
    // From the reference's lots, as its own leftover carries the rounding of its solver.
    let mut want = value;
    for ((count, price), weight) in reference.iter().zip(&prices).zip(&weights) {
        want += (weight * value - *count as f64 * price).abs() - *count as f64 * price;
    }
    let have = integer.leftover + integer.tracking_error;
    println!("integer {:?} {have} reference {reference:?} {want}; proven {}", integer.counts, integer.proven);
    assert!(have <= want + 1e-9);
    assert!(integer.proven);
}
