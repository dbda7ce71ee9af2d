//! The unit of a price changes nothing: prices in ticks, which are whole numbers, and the same in decimals, whose sums and
//! differences are rounded, give one answer where a formula asks which of two is larger.

#![allow(clippy::unwrap_used, reason = "tests only")]

use scalp_indicators::patterns::{Bar, Kind, Patterns, Rules, State, SwingRule};
use scalp_indicators::{Frame, Indicator, Schema};
use ta_lib::Core;

/// Bars of few ticks, where equal sums and means abound: open, high, low, close and volume, in ticks.
fn ticks(rows: usize) -> [Vec<i32>; 5] {
    let mut state = 5_u64;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i32::try_from((state >> 33) % below).unwrap()
    };
    let mut columns: [Vec<i32>; 5] = Default::default();
    let mut close = 4_650;
    for _ in 0..rows {
        let open = close;
        close = (close + draw(9) - 4).clamp(4_300, 5_000);
        let row = [open, open.max(close) + draw(4), open.min(close) - draw(4), close, draw(900)];
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    columns
}

/// The columns with prices over `unit`; each is the number nearest to the decimal, as it is read from a file.
fn over(ticks: &[Vec<i32>; 5], unit: f64) -> [Vec<f64>; 5] {
    std::array::from_fn(|k| {
        let unit = if k < 4 { unit } else { 1.0 };
        ticks[k].iter().map(|it| f64::from(*it) / unit).collect()
    })
}

fn batch(text: &str, columns: &[Vec<f64>; 5]) -> Vec<Vec<Option<f64>>> {
    let schema = Schema::ohlcv();
    let frame = Frame::new(&schema, &columns.each_ref().map(Vec::as_slice)).unwrap();
    let said = Indicator::parse(text, &schema).unwrap().batch(&frame).unwrap();
    said.iter().map(|it| (0..columns[0].len()).map(|row| it.at(row)).collect()).collect()
}

#[test]
fn a_tie_of_sums_or_means_is_a_tie_in_decimals_too() {
    let ticks = ticks(20_000);
    let (whole, decimal) = (over(&ticks, 1.0), over(&ticks, 1000.0));
    for (text, unit) in [("KVO", 1.0), ("KVO(2,5,3)", 1.0), ("HILO", 1000.0), ("HILO(3,5)", 1000.0)] {
        for (place, (one, other)) in batch(text, &whole).iter().zip(batch(text, &decimal)).enumerate() {
            let size = one.iter().flatten().fold(0.0_f64, |most, it| most.max(it.abs()));
            for (row, pair) in one.iter().zip(other).enumerate() {
                let off = match pair {
                    (Some(one), Some(other)) => (one - other * unit).abs(),
                    (one, other) => {
                        assert_eq!(one.is_some(), other.is_some(), "{text}.{place} at {row}");
                        0.0
                    }
                };
                assert!(off <= 1e-9 * size, "{text}.{place} at {row}: {off} of {size}");
            }
        }
    }
}

#[test]
fn the_oscillator_of_klinger_is_the_crates_where_sums_are_exact() {
    let columns = over(&ticks(3_000), 1.0);
    let [_, high, low, close, volume] = &columns;
    for (fast, slow, signal) in [(34, 55, 13), (2, 3, 2), (55, 34, 60)] {
        let (mut kvo, mut line) = (vec![0.0; 3_000], vec![0.0; 3_000]);
        let range = Core::new()
            .kvo(0, 2_999, high, low, close, volume, fast, slow, signal, &mut kvo, &mut line)
            .unwrap();
        // The crate fuses a product with its sum, so the two agree to rounding.
        let size = kvo.iter().fold(0.0_f64, |most, it| most.max(it.abs()));
        let said = batch(&format!("KVO({fast},{slow},{signal})"), &columns);
        for (said, want) in said.iter().zip([kvo, line]) {
            for (row, said) in said.iter().enumerate() {
                let want = row.checked_sub(range.beg_idx).map(|it| want[it]);
                let is_near = match (said, want) {
                    (Some(said), Some(want)) => (said - want).abs() <= 1e-14 * size,
                    (said, want) => said.is_none() && want.is_none(),
                };
                assert!(is_near, "KVO({fast},{slow},{signal}) at {row}: {said:?} and not {want:?}");
            }
        }
    }
}

/// Turns ten bars apart, in ticks, as bars of one price each in decimals.
fn drawn(turns: &[i32]) -> Vec<Bar> {
    let price = |ticks: f64| ticks / 1000.0;
    let mut bars = Vec::new();
    for leg in turns.windows(2) {
        for k in 0..10 {
            let ticks = f64::from(leg[0]) + f64::from(leg[1] - leg[0]) * f64::from(k) / 10.0;
            let price = price(ticks);
            bars.push(Bar { high: price, low: price, close: price, volume: 1.0 });
        }
    }
    bars
}

#[test]
fn a_pattern_at_its_bound_is_there_in_decimals_too() {
    let rules = Rules { swings: SwingRule::Percent(0.2), ..Rules::default() };
    let is_found = |kind: Kind, turns: &[i32]| {
        let changes = Patterns::batch(rules, &[kind], &drawn(turns)).unwrap().changes;
        changes.iter().any(|it| it.state == State::Forming)
    };
    for base in 4_400..4_700 {
        // Tops 3 ticks of 20 apart, and 4: near is 0.15 of the height.
        let double = |other: i32| [base + 60, base - 30, base + 20, base, base + other, base - 20, base + 30];
        assert!(is_found(Kind::DoubleTop, &double(17)), "{base}");
        assert!(!is_found(Kind::DoubleTop, &double(16)), "{base}");
        // The second valley half as deep as the first, and less.
        let triple = |valley: i32| {
            [base + 60, base - 30, base + 40, base, base + 40, base + valley, base + 40, base - 20, base + 30]
        };
        assert!(is_found(Kind::TripleTop, &triple(20)), "{base}");
        assert!(!is_found(Kind::TripleTop, &triple(21)), "{base}");
        // Waves 1 and 3 are equally long, wave 5 is longer: the third is not the shortest; by a tick it is.
        let impulse = |third: i32| {
            let top = base + 20 + third;
            [base + 40, base, base + 30, base + 20, top, top - 13, top + 32, base + 30]
        };
        assert!(is_found(Kind::ElliottImpulse, &impulse(30)), "{base}");
        assert!(!is_found(Kind::ElliottImpulse, &impulse(29)), "{base}");
    }
}
