//! The unit of a price changes nothing: prices in ticks, which are whole numbers, and the same in decimals, whose sums and
//! differences are rounded, give one answer where a formula asks which of two is larger.

#![allow(clippy::unwrap_used, reason = "tests only")]

use scalp_indicators::patterns::{Bar, Kind, Patterns, Rules, Signal, State, SwingRule, table};
use scalp_indicators::{Frame, Indicator, Schema};
use ta_lib::Core;

/// Bars of few ticks, where equal sums and means abound: open, high, low, close and volume, in ticks.
fn ticks(rows: usize) -> [Vec<i32>; 5] {
    ticks_about(4_650, 5, rows)
}

/// The same about another price, drawn anew.
fn ticks_about(middle: i32, seed: u64, rows: usize) -> [Vec<i32>; 5] {
    let mut state = seed;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i32::try_from((state >> 33) % below).unwrap()
    };
    let mut columns: [Vec<i32>; 5] = Default::default();
    let mut close = middle;
    for _ in 0..rows {
        let open = close;
        close = (close + draw(9) - 4).clamp(middle - 350, middle + 350);
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

/// What a pattern says of each bar of the columns, and where it speaks.
fn told(text: &str, columns: &[Vec<f64>; 5]) -> (Vec<[Option<f64>; 4]>, usize) {
    let [_, high, low, close, volume] = columns;
    let mut signal = Signal::parse(text).unwrap();
    let said = (0..high.len()).map(|t| {
        signal.push(&Bar { high: high[t], low: low[t], close: close[t], volume: volume[t] }).unwrap();
        signal.told()
    });
    let said: Vec<[Option<f64>; 4]> = said.collect();
    let spoken = said.iter().filter(|it| it[0].is_some_and(|strength| strength != 0.0)).count();
    (said, spoken)
}

/// Whether what is told of prices in ticks is that of the same prices over `unit`: levels are prices, the strength and the bars are
/// not.
fn are_near(ticks: [Option<f64>; 4], decimals: [Option<f64>; 4], unit: f64) -> bool {
    let scales = [1.0, unit, unit, 1.0];
    ticks.into_iter().zip(decimals).zip(scales).all(|(pair, scale)| match pair {
        (Some(one), Some(other)) => (one - other * scale).abs() <= 1e-6,
        (one, other) => one.is_none() && other.is_none(),
    })
}

/// Prices of four digits, of a coin of 65,000 in tenths, and of a spread about zero; each with what makes a turn of few ticks, and
/// one that is a part of the price, which lies on a tick often.
const MARKETS: [(i32, f64, &[&str]); 3] = [
    (4_650, 1_000.0, &["", ", period=1", ", swing=fractal, size=2", ", swing=percent, size=0.2"]),
    (650_000, 10.0, &["", ", period=1", ", swing=fractal, size=2", ", swing=percent, size=0.01"]),
    (0, 1_000.0, &["", ", period=1", ", swing=fractal, size=2"]),
];

#[test]
fn a_pattern_is_the_same_in_decimals_through_its_whole_life() {
    let rows = 12_000;
    let mut spoken = vec![0; table().len()];
    let mut differ = Vec::new();
    for (seed, (middle, unit, turns)) in MARKETS.into_iter().enumerate() {
        let ticks = ticks_about(middle, seed as u64, rows);
        let (whole, decimal) = (over(&ticks, 1.0), over(&ticks, unit));
        for (spec, spoken) in table().iter().zip(&mut spoken) {
            for (turn, since) in turns.iter().flat_map(|it| [(it, "known"), (it, "confirmed")]) {
                let text = format!("{}(since={since}{turn})", spec.name);
                let (one, count) = told(&text, &whole);
                *spoken += count;
                let (other, _) = told(&text, &decimal);
                let is_other = |row: &usize| !are_near(one[*row], other[*row], unit);
                let off = (0..rows).filter(is_other).collect::<Vec<_>>();
                if let Some(first) = off.first() {
                    differ.push(format!("{text} about {middle}: {} rows, from {first} on", off.len()));
                }
            }
        }
    }
    assert!(spoken.iter().all(|it| *it > 0), "all speak: {spoken:?}");
    assert!(differ.is_empty(), "{}:\n{}", differ.len(), differ.join("\n"));
}
