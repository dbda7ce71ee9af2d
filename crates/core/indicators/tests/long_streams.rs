//! How long a stream goes on: those through the crate `ta-lib` end after 100,000,001 rows, the others do not.

#![allow(clippy::unwrap_used, reason = "tests only")]

use scalp_indicators::{Error, Indicator, Schema};

/// The last place is 100,000,000, and the first is zero.
const ROWS: u64 = 100_000_001;

/// How many rows were taken in until one was refused, if one was.
fn rows_until_refused(text: &str) -> Option<u64> {
    let mut stream = Indicator::parse(text, &Schema::ohlcv()).unwrap();
    let bar = [100.0, 102.0, 99.0, 101.0, 10.0];
    for _ in 0..ROWS + 2 {
        if let Err(error) = stream.push(&bar) {
            assert!(matches!(error, Error::Exhausted { .. }), "{error}");
            assert!(stream.push(&bar).is_err(), "it stays so until it is reset");
            let rows = stream.rows();
            stream.reset();
            assert!(stream.push(&bar).is_ok());
            return Some(rows);
        }
    }
    None
}

#[test]
fn a_stream_through_the_crate_ends_and_one_of_our_own_does_not() {
    assert_eq!(rows_until_refused("CEIL"), Some(ROWS));
    assert_eq!(rows_until_refused("MEDPRICE"), None);
}
