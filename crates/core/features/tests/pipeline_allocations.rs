//! A warm pipeline allocates nothing.

#![allow(clippy::unwrap_used, reason = "tests only")]

use allocation_counter::measure;
use scalp_features::measure::{Depth, Level, Print};
use scalp_features::{BarRow, Observation, Outside, Pipeline, Schema, Sources};
use scalp_types::Side;

#[test]
fn a_warm_event_allocates_nothing() {
    let leader = Outside { name: "leader".into(), age_max: Some(1_000_000_000_000), origin: String::new() };
    let sources = Sources { bar_span: Some(60_000_000_000), outside: vec![leader], ..Sources::market(10) };
    let list =
        "SCHEMA:full@1, GROUP:flow@1, GROUP:cross-asset@1, RSI(14)@5m, STANDARD(RSI(7)), SMA(5,real=RSI(3))";
    let mut pipeline = Pipeline::keeping(&Schema::parse(list, &sources).unwrap());
    // Looks at unfinished bars copy the state of these, so they are not looked at here.
    let patterns = scalp_indicators::patterns::table().iter().map(|it| it.name);
    let list: Vec<&str> = patterns.chain(["CONFLUENCE(1,3,5)"]).collect();
    let mut shapes = Pipeline::new(&Schema::of_items(&list, &sources).unwrap());
    let mut round = |minute: i64| {
        let at = minute * 60_000_000_000;
        let price = 100.0 + (minute % 17) as f64 * 0.3 + (minute % 5) as f64 * 0.1;
        for part in 0..5 {
            let at = at + part * 10_000_000_000;
            let level = |n: i64, sign: f64| Level {
                price: price + sign * 0.01 * n as f64,
                size: (n + part) as f64 + 1.0,
            };
            let bids: [Level; 6] = std::array::from_fn(|n| level(n as i64 + 1, -1.0));
            let asks: [Level; 6] = std::array::from_fn(|n| level(n as i64 + 1, 1.0));
            pipeline.on_book(&Depth { at, bids: &bids, asks: &asks, changes: &[] }).unwrap();
            let aggressor = Some(if (minute + part) % 3 == 0 { Side::Buy } else { Side::Sell });
            let print =
                Print { at, price: price + part as f64 * 0.01, size: 1.0 + (minute % 7) as f64, aggressor };
            pipeline.on_trade(&print).unwrap();
        }
        let observation = Observation { event_at: at, published_at: at + 1, value: price * 2.0 };
        pipeline.on_outside(0, observation).unwrap();
        // A bar without a volume now and then: silence must not allocate either.
        let volume = if minute % 11 == 0 { f64::NAN } else { 5.0 + (minute % 3) as f64 };
        let values = [price, price + 0.2, price - 0.2, price + 0.1, volume];
        let bar = BarRow { open_at: at, close_at: at + 60_000_000_000, values: &values };
        pipeline.peek_bar(&bar).unwrap();
        pipeline.on_bar(&bar).unwrap();
        shapes.on_bar(&bar).unwrap();
        assert!(pipeline.vector().len() > 100);
    };
    (0..1_200).for_each(&mut round);
    let cost = measure(|| (1_200..1_500).for_each(&mut round));
    assert_eq!(cost.count_total, 0);
}
