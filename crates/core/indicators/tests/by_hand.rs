//! Small cases worked out by hand, for what no other library answers.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "tests only: exact answers")]

use scalp_indicators::{Indicator, Schema};

fn last(text: &str, columns: &[&str], rows: &[&[f64]]) -> Vec<Option<f64>> {
    let mut built = Indicator::parse(text, &Schema::new(columns).unwrap()).unwrap();
    let mut answer = Vec::new();
    for row in rows {
        answer = built.push(row).unwrap().iter().collect();
    }
    answer
}

/// Four bins from 0 to 4: the first bar puts one into each, the second ten into the second bin.
#[test]
fn the_value_area_grows_by_the_fuller_neighbour_the_upper_of_equals() {
    let rows: [&[f64]; 2] = [&[4.0, 0.0, 4.0], &[2.0, 1.0, 10.0]];
    let profile =
        |share: &str| last(&format!("VOLUME_PROFILE(2,4,{share})"), &["high", "low", "volume"], &rows);
    assert_eq!(profile("0.7"), [Some(1.5), Some(2.0), Some(1.0)]);
    assert_eq!(profile("0.8"), [Some(1.5), Some(3.0), Some(1.0)]);
    assert_eq!(profile("0.9"), [Some(1.5), Some(4.0), Some(1.0)]);
    assert_eq!(profile("1"), [Some(1.5), Some(4.0), Some(0.0)]);
    let flat: [&[f64]; 2] = [&[3.0, 3.0, 4.0], &[3.0, 3.0, 0.0]];
    assert_eq!(last("VOLUME_PROFILE(2,4)", &["high", "low", "volume"], &flat), [Some(3.0); 3]);
}

#[test]
fn the_anchored_price_begins_at_its_anchor() {
    let columns = ["high", "low", "close", "volume", "time"];
    let bar = |price: f64, volume: f64, time: f64| [price, price, price, volume, time];
    let bars = [bar(1.0, 5.0, 10.0), bar(2.0, 1.0, 20.0), bar(4.0, 3.0, 30.0)];
    let rows: Vec<&[f64]> = bars.iter().map(|it| it.as_slice()).collect();
    assert_eq!(last("VWAP_ANCHORED(20)", &columns, &rows[..1]), [None]);
    assert_eq!(last("VWAP_ANCHORED(20)", &columns, &rows), [Some(3.5)]);
    assert_eq!(last("VWAP_SESSION(20)", &columns, &rows), [Some(3.5)]);
    assert_eq!(last("VWAP_SESSION(20,10)", &columns, &rows), [Some(4.0)]);
    assert_eq!(last("VWAP_ANCHORED(0)", &columns, &[&bar(1.0, 0.0, 1.0)]), [None], "no volume, no price");
}

#[test]
fn counts_of_closes_start_anew_when_they_are_broken() {
    let count = |closes: &[f64]| {
        let rows: Vec<Vec<f64>> = closes.iter().map(|it| vec![*it]).collect();
        last("TD_SEQUENCE", &["close"], &rows.iter().map(Vec::as_slice).collect::<Vec<_>>())
    };
    assert_eq!(count(&[1.0, 2.0, 3.0, 4.0]), [None, None]);
    assert_eq!(count(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), [Some(2.0), Some(0.0)]);
    assert_eq!(count(&[1.0, 2.0, 3.0, 4.0, 5.0, 2.0]), [Some(0.0), Some(0.0)]);
    assert_eq!(count(&[1.0, 2.0, 3.0, 4.0, 5.0, 1.0]), [Some(0.0), Some(1.0)]);
}

#[test]
fn a_price_that_never_moved_has_a_strength_of_nothing() {
    let rows = [&[7.0][..]; 60];
    assert_eq!(last("RSI(14)", &["close"], &rows), [Some(0.0)]);
    assert_eq!(last("TSI_SIGNAL", &["close"], &rows), [Some(0.0), Some(0.0)]);
    assert_eq!(last("ZSCORE(20)", &["close"], &rows), [None]);
}

#[test]
fn the_words_of_a_straight_rise_hold_no_information() {
    let rises: Vec<Vec<f64>> = (0..50).map(|i| vec![f64::from(i)]).collect();
    let rows: Vec<&[f64]> = rises.iter().map(Vec::as_slice).collect();
    assert_eq!(last("SIGN_ENTROPY(50)", &["close"], &rows), [Some(0.0)]);
}

#[test]
fn a_price_that_stopped_moving_gives_no_rounding_for_an_answer() {
    let mut closes: Vec<f64> = (0..200).map(|it| 4_300.0 + f64::from(it * 37 % 101) / 7.0).collect();
    closes.extend([4_321.7; 700]);
    let bars: Vec<Vec<f64>> = closes.iter().map(|it| vec![*it; 3]).collect();
    let rows: Vec<&[f64]> = bars.iter().map(Vec::as_slice).collect();
    assert_eq!(last("PGO(14)", &["high", "low", "close"], &rows), [Some(0.0)]);
    assert_ne!(last("PGO(14)", &["high", "low", "close"], &rows[..205]), [Some(0.0)]);
    let rows: Vec<&[f64]> = bars.iter().map(|it| &it[..1]).collect();
    assert_eq!(last("KURTOSIS(14)", &["close"], &rows), [None], "as its formula says");
    let told = scalp_indicators::find("KURTOSIS").unwrap().formula();
    assert!(told.ends_with("silent where all are equal"), "{told}");
}
