//! A warm row allocates nothing, whichever the indicator.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::disallowed_methods,
    reason = "tests only: exact answers, files"
)]

use allocation_counter::measure;
use scalp_indicators::{Indicator, Schema, catalogue};

#[test]
fn a_warm_row_costs_no_allocation() {
    let schema = Schema::new(&["open", "high", "low", "close", "volume", "periods", "time"]).unwrap();
    let row = |i: usize| {
        let close = 100.0 + ((i * 7919) % 101) as f64 / 50.0;
        let open = 100.0 + ((i * 104_729) % 97) as f64 / 50.0;
        let volume = 1000.0 + ((i * 31) % 17) as f64;
        let periods = (2 + (i * 5) % 28) as f64;
        [open, open.max(close) + 0.25, open.min(close) - 0.5, close, volume, periods, i as f64 * 3_600_000.0]
    };
    for spec in catalogue() {
        let mut indicator = Indicator::parse(spec.name, &schema).unwrap();
        let warm = indicator.warm_up() + 2;
        for i in 0..warm {
            indicator.push(&row(i)).unwrap();
        }
        // The first peek may size the shadow that it steps.
        indicator.peek(&row(warm)).unwrap();
        let cost = measure(|| {
            for i in warm..warm + 500 {
                indicator.peek(&row(i + 1)).unwrap();
                indicator.push(&row(i)).unwrap();
            }
        });
        assert_eq!(cost.count_total, 0, "{}", spec.name);
    }
}
