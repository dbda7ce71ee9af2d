//! No bar costs an allocation, from the first on.

#![allow(clippy::unwrap_used, reason = "tests only")]

use allocation_counter::measure;
use scalp_indicators::patterns::{Bar, Found, Kind, Patterns, Rules, Signal, SwingRule, table};

#[test]
fn a_pattern_is_as_small_as_is_said() {
    println!("{} bytes", size_of::<Found>());
    assert!(size_of::<Found>() <= 400);
}

#[test]
fn no_bar_costs_an_allocation() {
    let mut state = 5_u64;
    let mut step = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / 2_147_483_648.0 - 0.5
    };
    let mut close = 1000.0;
    let bars: Vec<Bar> = (0..20_000)
        .map(|_| {
            let before = close;
            close += step();
            Bar { high: before.max(close), low: before.min(close), close, volume: 1.0 }
        })
        .collect();
    let loose = Rules { tolerance: 0.5, ratio_tolerance: 0.2, symmetry: 100.0, ..Rules::default() };
    for swings in
        [SwingRule::Atr { period: 14, multiple: 1.5 }, SwingRule::Percent(0.1), SwingRule::Fractal(2)]
    {
        let mut patterns = Patterns::new(Rules { swings, ..loose }, &Kind::ALL).unwrap();
        let mut changes = 0;
        let cost = measure(|| {
            for bar in &bars {
                changes += patterns.push(bar).unwrap().len();
            }
        });
        assert_eq!(cost.count_total, 0, "{swings:?}");
        assert!(changes > 500, "{swings:?}: {changes}");
    }
    for spec in table() {
        let mut signal = Signal::parse(spec.name).unwrap();
        let cost = measure(|| {
            for bar in &bars {
                signal.push(bar).unwrap();
            }
        });
        assert_eq!(cost.count_total, 0, "{}", spec.name);
    }
}
