//! What holds for every indicator of the catalogue. A new entry is tested by being in it.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::disallowed_methods,
    reason = "tests only: exact answers, files"
)]

mod golden;

use scalp_indicators::{Column, Frame, Indicator, Range, Schema, Spec, catalogue};

const NAMES: [&str; 7] = ["open", "high", "low", "close", "volume", "periods", "time"];

fn schema() -> Schema {
    Schema::new(&NAMES).unwrap()
}

/// SplitMix64 (Steele, Lea, Flood 2014), in [0, 1).
fn uniform(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
}

/// Bars on a grid of `tick`: a coarse one has many ties, gaps and bars without a range.
fn walk(seed: u64, n: usize, tick: f64) -> Vec<Vec<f64>> {
    let mut state = seed;
    let mut draw = || uniform(&mut state);
    let grid = |x: f64| (x / tick).round() * tick;
    let mut close = 100.0;
    let mut columns: Vec<Vec<f64>> = vec![Vec::with_capacity(n); NAMES.len()];
    for i in 0..n {
        let open = grid(close + 0.4 * (draw() - 0.5));
        close = grid((close + 2.0 * (draw() - 0.5)).clamp(50.0, 150.0));
        let row = [
            open,
            grid(open.max(close) + draw()),
            grid(open.min(close) - draw()),
            close,
            (2000.0 * draw()).floor(),
            (2.0 + 28.0 * draw()).floor(),
            i as f64 * 900_000.0,
        ];
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    columns
}

fn worlds() -> Vec<(&'static str, Vec<Vec<f64>>)> {
    let real = golden::eurusd(700);
    let n = real.close.len();
    let periods = (0..n).map(|i| (5 + (7 * i) % 23) as f64).collect();
    let flat = vec![
        vec![50.0; 400],
        vec![50.0; 400],
        vec![50.0; 400],
        vec![50.0; 400],
        vec![0.0; 400],
        vec![9.0; 400],
        (0..400).map(|i| f64::from(i) * 60_000.0).collect(),
    ];
    vec![
        ("fine", walk(7, 700, 0.001)),
        ("coarse", walk(8, 700, 0.5)),
        ("real", vec![real.open, real.high, real.low, real.close, real.volume, periods, real.time]),
        ("flat, without volume", flat),
    ]
}

/// The indicator with its defaults, with its shortest periods, and with longer ones.
fn variants(spec: &Spec) -> Vec<String> {
    let with = |choose: &dyn Fn(i32, i32, f64) -> f64| {
        let value = |it: &scalp_indicators::Parameter| match it.range {
            Range::Whole { min, max } => choose(min, max, it.default),
            _ => it.default,
        };
        let parts: Vec<String> = spec.parameters.iter().map(|it| value(it).to_string()).collect();
        format!("{}({})", spec.name, parts.join(","))
    };
    let mut all = vec![
        with(&|_, _, default| default),
        with(&|min, _, _| f64::from(min)),
        with(&|_, max, default| (default + 3.0).min(f64::from(max))),
    ];
    all.dedup();
    all
}

/// Every variant that can be built: a combination may be refused, the defaults may not.
fn for_each_variant(mut check: impl FnMut(&str, &Indicator)) {
    let schema = schema();
    let mut built = 0;
    for spec in catalogue() {
        for (k, text) in variants(spec).iter().enumerate() {
            match Indicator::parse(text, &schema) {
                Ok(it) => {
                    check(text, &it);
                    built += 1;
                }
                Err(error) => assert!(k > 0, "{text}: {error}"),
            }
        }
    }
    println!("{built} indicators with their parameters");
    assert!(built >= catalogue().len());
}

fn slices(columns: &[Vec<f64>]) -> Vec<&[f64]> {
    columns.iter().map(Vec::as_slice).collect()
}

fn row(columns: &[Vec<f64>], i: usize) -> Vec<f64> {
    columns.iter().map(|it| it[i]).collect()
}

fn bits(value: Option<f64>) -> Option<u64> {
    value.map(f64::to_bits)
}

fn batch(indicator: &Indicator, columns: &[Vec<f64>]) -> Option<Vec<Column>> {
    let frame = Frame::new(&schema(), &slices(columns)).unwrap();
    indicator.batch(&frame).ok()
}

#[test]
fn streaming_equals_batch_and_speaks_exactly_from_its_lookback_on() {
    for (world, columns) in worlds() {
        for_each_variant(|text, indicator| {
            let Some(whole) = batch(indicator, &columns) else { return };
            let mut live = indicator.clone();
            let spec = indicator.spec();
            for i in 0..columns[0].len() {
                let answer = live.push(&row(&columns, i)).unwrap();
                for (k, value) in answer.iter().enumerate() {
                    let name = &spec.outputs[k].name;
                    assert_eq!(bits(value), bits(whole[k].at(i)), "{text}.{name} at {i}, {world}");
                    let silent = i < indicator.lookback(k);
                    assert!(!(silent && value.is_some()), "{text}.{name} speaks at {i}, {world}");
                    let owed = !silent && !spec.partial;
                    assert!(!(owed && value.is_none()), "{text}.{name} is silent at {i}, {world}");
                }
            }
        });
    }
}

#[test]
fn a_peek_answers_as_a_push_would_and_changes_nothing() {
    let columns = walk(9, 260, 0.01);
    for_each_variant(|text, indicator| {
        let mut plain = indicator.clone();
        let mut peeked = indicator.clone();
        for i in 0..columns[0].len() {
            let other = row(&columns, (i * 7 + 3) % columns[0].len());
            let _ = peeked.peek(&other).unwrap();
            let first: Vec<_> = peeked.peek(&row(&columns, i)).unwrap().iter().map(bits).collect();
            let second: Vec<_> = peeked.peek(&row(&columns, i)).unwrap().iter().map(bits).collect();
            let pushed: Vec<_> = peeked.push(&row(&columns, i)).unwrap().iter().map(bits).collect();
            let wanted: Vec<_> = plain.push(&row(&columns, i)).unwrap().iter().map(bits).collect();
            assert_eq!(pushed, wanted, "{text} at {i}");
            assert_eq!(first, wanted, "{text} at {i}");
            assert_eq!(second, wanted, "{text} at {i}");
        }
    });
}

#[test]
fn reset_equals_new() {
    let (before, after) = (walk(10, 200, 0.01), walk(11, 300, 0.01));
    for_each_variant(|text, indicator| {
        let mut used = indicator.clone();
        for i in 0..before[0].len() {
            used.push(&row(&before, i)).unwrap();
        }
        used.reset();
        assert_eq!(used.rows(), 0);
        let mut new = indicator.clone();
        for i in 0..after[0].len() {
            let wanted: Vec<_> = new.push(&row(&after, i)).unwrap().iter().map(bits).collect();
            let got: Vec<_> = used.push(&row(&after, i)).unwrap().iter().map(bits).collect();
            assert_eq!(got, wanted, "{text} at {i}");
        }
    });
}

#[test]
fn a_row_that_is_not_finite_is_refused_and_leaves_no_trace() {
    let clean = walk(12, 300, 0.01);
    let holes: Vec<usize> = vec![0, 1, 17, 18, 120, 299, 303];
    let mut broken: Vec<Vec<f64>> = vec![Vec::new(); clean.len()];
    let mut source = 0..clean[0].len();
    for i in 0..clean[0].len() + holes.len() {
        let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][i % 3];
        let next = if holes.contains(&i) { None } else { source.next() };
        for (k, column) in broken.iter_mut().enumerate() {
            column.push(next.map_or(bad, |it| clean[k][it]));
        }
    }
    // For each row of the clean ones where it stands among the broken ones.
    let places: Vec<usize> = (0..broken[0].len()).filter(|it| !holes.contains(it)).collect();
    for_each_variant(|text, indicator| {
        let mut through = indicator.clone();
        let mut plain = indicator.clone();
        let whole = batch(indicator, &broken);
        let mut kept = 0;
        for i in 0..broken[0].len() {
            if holes.contains(&i) {
                assert!(through.peek(&row(&broken, i)).is_err(), "{text}");
                assert!(through.push(&row(&broken, i)).is_err(), "{text}");
                whole.iter().flatten().for_each(|it| assert_eq!(it.at(i), None, "{text} at {i}"));
                continue;
            }
            let got: Vec<_> = through.push(&row(&broken, i)).unwrap().iter().map(bits).collect();
            // What tells a row by its number tells the number of the same row.
            let outputs = &indicator.spec().outputs;
            let wanted: Vec<_> = (plain.push(&row(&clean, kept)).unwrap().iter().zip(outputs))
                .map(|(it, output)| if output.is_row { it.map(|it| places[it as usize] as f64) } else { it })
                .map(bits)
                .collect();
            assert_eq!(got, wanted, "{text} at {i}");
            if let Some(whole) = &whole {
                let column: Vec<_> = whole.iter().map(|it| bits(it.at(i))).collect();
                assert_eq!(column, wanted, "{text} at {i}, batch");
            }
            kept += 1;
        }
    });
}

#[test]
fn each_value_that_is_not_finite_is_seen_by_itself() {
    let mut columns = walk(16, 330, 0.5);
    for i in 0..columns[0].len() {
        // Bars in which nothing traded, and bars without a range, where formulas look at less.
        if i % 5 == 0 {
            columns[4][i] = 0.0;
        }
        if i % 7 == 0 {
            let close = columns[3][i];
            columns[..3].iter_mut().for_each(|it| it[i] = close);
        }
    }
    for_each_variant(|text, indicator| {
        let mut through = indicator.clone();
        let mut plain = indicator.clone();
        let read: Vec<usize> =
            (0..NAMES.len()).filter(|&it| indicator.columns().iter().any(|name| name == NAMES[it])).collect();
        for i in 0..columns[0].len() {
            let clean = row(&columns, i);
            for (k, &place) in read.iter().enumerate() {
                let mut broken = clean.clone();
                broken[place] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][(i + k) % 3];
                assert!(
                    through.push(&broken).is_err(),
                    "{text} at {i}: {} is {}",
                    NAMES[place],
                    broken[place]
                );
            }
            let got: Vec<_> = through.push(&clean).unwrap().iter().map(bits).collect();
            // One of so many rows is clean, the last of each, and its number counts the others.
            let number = |it: f64| it * (read.len() + 1) as f64 + read.len() as f64;
            let wanted: Vec<_> = (plain.push(&clean).unwrap().iter().zip(&indicator.spec().outputs))
                .map(|(it, output)| bits(if output.is_row { it.map(number) } else { it }))
                .collect();
            assert_eq!(got, wanted, "{text} at {i}");
        }
    });
}

#[test]
fn a_row_that_is_told_by_its_number_is_one_of_all_rows_and_holds_what_is_told() {
    let mut columns = walk(17, 600, 0.5);
    for (k, gap) in [(3, 100), (3, 200), (3, 201), (1, 150), (2, 333)] {
        columns[k][gap] = f64::NAN;
    }
    let list = "MAX(30), MIN(30), MAXINDEX(30), MININDEX(30), MINMAXINDEX(30), ZIGZAG(0.3,1)";
    let mut set = scalp_indicators::Set::parse(list, &schema()).unwrap();
    let whole = set.batch(&Frame::new(&schema(), &slices(&columns)).unwrap()).unwrap();
    let (mut said, mut told) = (Vec::new(), [0; 2]);
    for i in 0..columns[0].len() {
        let _ = set.push(&row(&columns, i), &mut said);
        for (k, value) in said.iter().enumerate() {
            assert_eq!(bits(*value), bits(whole[k].at(i)), "{} at {i}", set.names()[k]);
        }
        let at = |k: usize, column: usize| said[k].map(|it| columns[column][it as usize]);
        if let (Some(max), Some(min)) = (said[0], said[1]) {
            assert_eq!([at(2, 3), at(5, 3)], [Some(max); 2], "the largest, row {i}");
            assert_eq!([at(3, 3), at(4, 3)], [Some(min); 2], "the smallest, row {i}");
            told[0] += 1;
        }
        if let (Some(extreme), Some(trend)) = (said[6], said[7]) {
            assert_eq!(at(8, if trend > 0.0 { 1 } else { 2 }), Some(extreme), "the extreme, row {i}");
            told[1] += 1;
        }
    }
    assert_eq!(told, [600 - 3 - 29, 600 - 2 - 1]);
}

#[test]
fn the_future_changes_nothing() {
    let columns = walk(13, 400, 0.01);
    let mut other = walk(14, 400, 0.01);
    let same = 300;
    for (a, b) in other.iter_mut().zip(&columns) {
        a[..same].copy_from_slice(&b[..same]);
    }
    for_each_variant(|text, indicator| {
        let (Some(a), Some(b)) = (batch(indicator, &columns), batch(indicator, &other)) else { return };
        for (a, b) in a.iter().zip(&b) {
            for i in 0..same {
                assert_eq!(bits(a.at(i)), bits(b.at(i)), "{text} at {i}");
            }
        }
    });
}

#[test]
fn no_length_of_data_panics() {
    let columns = walk(15, 130, 0.01);
    for_each_variant(|text, indicator| {
        for n in [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 130] {
            let short: Vec<Vec<f64>> = columns.iter().map(|it| it[..n].to_vec()).collect();
            let got = batch(indicator, &short);
            let least = (0..indicator.spec().outputs.len()).map(|k| indicator.lookback(k)).min().unwrap();
            assert_eq!(got.is_some(), n > least, "{text} with {n} rows");
        }
    });
}

#[test]
fn the_text_of_an_indicator_builds_it_again() {
    for_each_variant(|_, indicator| {
        let again = Indicator::parse(&indicator.to_string(), &schema()).unwrap();
        assert_eq!(again.to_string(), indicator.to_string());
        assert_eq!(again.arguments(), indicator.arguments());
    });
}
