//! A warm stream of the matrix profile allocates nothing, and neither does a growing one below its capacity.

#![allow(clippy::unwrap_used, reason = "tests only")]

use allocation_counter::measure;
use scalp_indicators::profile::{Floss, Stream, ideal_right_arcs};

fn value(i: usize) -> f64 {
    if i % 97 == 5 { f64::NAN } else { ((i * 7919) % 1009) as f64 }
}

#[test]
fn a_value_costs_no_allocation() {
    assert!(measure(|| drop(std::hint::black_box(vec![0u8; 100]))).count_total > 0, "the counter counts");

    let mut growing = Stream::growing(12, 900).unwrap();
    assert_eq!(
        measure(|| {
            for i in 0..900 {
                growing.push(value(i)).unwrap();
            }
        })
        .count_total,
        0
    );

    let mut sliding = Stream::sliding(12, 100).unwrap();
    assert_eq!(
        measure(|| {
            for i in 0..900 {
                sliding.push(value(i)).unwrap();
            }
        })
        .count_total,
        0
    );

    let initial: Vec<f64> = (0..200).map(value).collect();
    let mut floss = Floss::new(&initial, 12, ideal_right_arcs(189), 12).unwrap();
    assert_eq!(
        measure(|| {
            for i in 200..900 {
                floss.push(value(i)).unwrap();
            }
        })
        .count_total,
        0
    );
}
