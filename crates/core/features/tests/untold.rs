//! What a stream does not tell has no value: neither a rate of messages of a book that is not there, nor alarms about changes of a
//! book that only shows itself whole.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "tests only: exact answers")]

use scalp_features::measure::{Change, Depth, Level, Print};
use scalp_features::{BarRow, Pipeline, Schema, Sources, Worth};
use scalp_types::Side;

const SECOND: i64 = 1_000_000_000;
const LIST: &str = "SPOOFING(5), LAYERING(5), QUOTE_STUFFING(0.5), CANCELS(2)";

/// A book of 20 levels a side after each second, with what changed where that is told.
fn play(pipeline: &mut Pipeline, seconds: std::ops::Range<i64>, tells: bool) {
    for n in seconds {
        let size = |step: i64| 1.0 + ((n * 7 + step * 3) % 11) as f64;
        let side = |sign: f64| -> Vec<Level> {
            (0..20).map(|it| Level { price: 100.0 + sign * (0.5 + it as f64), size: size(it) }).collect()
        };
        let (bids, asks) = (side(-1.0), side(1.0));
        let changes: Vec<Change> =
            bids.iter().map(|level| Change { side: Side::Buy, level: *level, before: 3.0 }).collect();
        let changes = if tells { &changes[..] } else { &[] };
        let trade = Print { at: n * SECOND, price: 100.5, size: 2.0, aggressor: Some(Side::Buy) };
        pipeline.on_trade(&trade).unwrap();
        pipeline.on_book(&Depth { at: n * SECOND + 5, bids: &bids, asks: &asks, changes }).unwrap();
    }
}

#[test]
fn what_reads_changes_is_silent_where_none_are_told() {
    let schema = Schema::parse(LIST, &Sources::market(20)).unwrap();
    let mut pipeline = Pipeline::keeping(&schema);
    play(&mut pipeline, 0..300, false);
    assert!(pipeline.vector().raw().iter().all(|it| it.is_nan()), "{:?}", pipeline.vector().raw());
    // It is kept with the rest of the state, and a reset forgets it.
    let mut back = Pipeline::keeping(&schema);
    back.load(&pipeline.save().unwrap()).unwrap();
    assert!(back.vector().raw().iter().all(|it| it.is_nan()));
    play(&mut back, 300..600, true);
    assert!(back.vector().raw().iter().all(|it| it.is_finite()), "{:?}", back.vector().raw());
    let mut again = Pipeline::keeping(&schema);
    again.load(&back.save().unwrap()).unwrap();
    play(&mut again, 600..601, false);
    assert!(again.vector().raw().iter().all(|it| it.is_finite()), "a message without changes is one of them");
    again.reset();
    play(&mut again, 0..300, false);
    assert!(again.vector().raw().iter().all(|it| it.is_nan()));
}

#[test]
fn there_is_no_rate_of_messages_without_a_book() {
    let schema = Schema::parse("RATE(10).messages, RATE(10).buys", &Sources::market(5)).unwrap();
    let mut pipeline = Pipeline::new(&schema);
    for n in 0..100 {
        let trade = Print { at: n * SECOND, price: 100.5, size: 2.0, aggressor: Some(Side::Buy) };
        pipeline.on_trade(&trade).unwrap();
    }
    let said = pipeline.vector().raw().to_vec();
    assert!(said[0].is_nan() && said[1] > 0.5, "{said:?}");
    play(&mut pipeline, 100..130, false);
    let said = pipeline.vector().raw().to_vec();
    assert!(said[0] > 0.5 && said[0] < 1.5, "{said:?}");
}

#[test]
fn contracts_are_measured_in_units_of_base_and_matched_as_they_are_counted() {
    let list = "KYLE(3,2).lambda, RATE(10).volume, BOOK_TABLE(5).bid_volume, BIDVWAP(5), CANCELS(2).cancelled, size, bid_size";
    let of = |worth: Worth| {
        let schema = Schema::parse(list, &Sources { worth, ..Sources::market(20) }).unwrap();
        let mut pipeline = Pipeline::new(&schema);
        play(&mut pipeline, 0..60, true);
        (pipeline.vector().raw().to_vec(), schema.hash())
    };
    let (plain, hash) = of(Worth::Base);
    let (linear, other) = of(Worth::Linear(0.25));
    assert_ne!(hash, other);
    assert_eq!(linear[1..4], [plain[1] * 0.25, plain[2] * 0.25, plain[3]]);
    assert_eq!(linear[4..], plain[4..], "as the venue counts them");
    let (inverse, _) = of(Worth::Inverse(100.5));
    assert_eq!(inverse[1], plain[1], "each is worth a unit at this price");
    assert!(inverse[2] > plain[2], "and more at the lower prices of bids");
    let refused = Schema::parse("close", &Sources { worth: Worth::Linear(0.0), ..Sources::market(1) });
    assert!(refused.unwrap_err().to_string().contains("above zero"));
}

#[test]
fn a_longer_candle_lacks_what_a_part_lacks() {
    let schema = Schema::parse(
        "open@5m, high@5m, low@5m, close@5m, volume@5m",
        &Sources { bar_span: Some(60 * SECOND), ..Sources::bars() },
    );
    let schema = schema.unwrap();
    for (part, column) in [(0, 0), (2, 1), (3, 2), (4, 3), (1, 4), (4, 0)] {
        let mut pipeline = Pipeline::new(&schema);
        for n in 0..5 {
            let mut values = [2.0, 3.0, 1.0, 2.5, 7.0];
            if n == part {
                values[column] = f64::NAN;
            }
            let open_at = n as i64 * 60 * SECOND;
            pipeline.on_bar(&BarRow { open_at, close_at: open_at + 60 * SECOND, values: &values }).unwrap();
        }
        let said = pipeline.vector().raw().to_vec();
        for (at, value) in said.iter().enumerate() {
            assert_eq!(value.is_nan(), at == column, "column {column} of part {part}: {said:?}");
        }
    }
}
