//! Formulas as they are printed, computed plainly from what they say: where a part of one decides, the text must hold it.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "tests only: exact answers")]

use scalp_indicators::{Frame, Indicator, Schema, find};

/// Bars of whole numbers, often without a body, a shadow or a difference.
fn bars(rows: usize) -> [Vec<f64>; 5] {
    let mut state = 11_u64;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % below) as f64
    };
    let mut columns: [Vec<f64>; 5] = Default::default();
    let mut close = 10_000.0;
    for _ in 0..rows {
        let open = close + draw(9) - 4.0;
        let wide = if draw(3) > 0.0 { 3 } else { 25 };
        close = open + draw(wide) - ((wide - 1) / 2) as f64;
        let row = [open, open.max(close) + draw(4), open.min(close) - draw(4), close, draw(50)];
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    columns
}

fn batch(text: &str, columns: &[Vec<f64>; 5]) -> Vec<Vec<Option<f64>>> {
    let schema = Schema::ohlcv();
    let frame = Frame::new(&schema, &columns.each_ref().map(Vec::as_slice)).unwrap();
    let said = Indicator::parse(text, &schema).unwrap().batch(&frame).unwrap();
    said.iter().map(|it| (0..columns[0].len()).map(|row| it.at(row)).collect()).collect()
}

/// An average of this weight over `x[from..]`, seeded by the mean of its first `n` values.
fn smooth(x: &[f64], from: usize, n: usize, weight: f64) -> Vec<Option<f64>> {
    let mut line = vec![None; x.len()];
    let mut value = x[from..from + n].iter().sum::<f64>() / n as f64;
    line[from + n - 1] = Some(value);
    for row in from + n..x.len() {
        value += weight * (x[row] - value);
        line[row] = Some(value);
    }
    line
}

#[test]
fn the_bands_of_keltner_are_seeded_as_they_say() {
    let text = find("KC").unwrap().formula();
    assert!(text.contains("the average that needs fewer rows begins later, seeded by the last rows so that both speak first in one row"));
    let columns = bars(400);
    let [_, high, low, close, _] = &columns;
    let price: Vec<f64> = (0..400).map(|t| (high[t] + low[t] + close[t]) / 3.0).collect();
    let mut range = vec![0.0; 400];
    for t in 1..400 {
        let before = close[t - 1];
        range[t] = (high[t] - low[t]).max((high[t] - before).abs()).max((low[t] - before).abs());
    }
    for (n, atr) in [(20, 10), (20, 10), (10, 40), (60, 5)] {
        // The first row in which both can speak: TR begins with row 1.
        let first = (n - 1).max(atr);
        let basis = smooth(&price, first + 1 - n, n, 2.0 / (n as f64 + 1.0));
        let width = smooth(&range, first + 1 - atr, atr, 1.0 / atr as f64);
        let said = batch(&format!("KC({n},{atr},2)"), &columns);
        for t in 0..400 {
            let want = basis[t]
                .zip(width[t])
                .map(|(basis, width)| [basis + 2.0 * width, basis, basis - 2.0 * width]);
            for (k, said) in said.iter().enumerate() {
                let near = match (said[t], want.map(|it| it[k])) {
                    (Some(said), Some(want)) => (said - want).abs() <= 1e-9 * want,
                    (said, want) => said == want,
                };
                assert!(near, "KC({n},{atr}), {k} at {t}: {:?}, not {want:?}", said[t]);
            }
        }
    }
}

#[test]
fn an_average_by_kind_has_the_further_parameters_that_it_says() {
    let text = find("MA").unwrap().formula();
    for part in [
        "VIDYA (cmoperiod = floor((3 n + 2) / 4))",
        "T3 with vfactor 0.7",
        "MAMA with 0.5 and 0.05, whatever n is",
        "DISABLED gives x, DEFAULT the SMA",
    ] {
        assert!(text.contains(part), "{part}");
    }
    let columns = bars(300);
    let same = |one: &str, other: &str| {
        let (one_said, other_said) = (batch(one, &columns), batch(other, &columns));
        for (t, pair) in one_said[0].iter().zip(&other_said[0]).enumerate() {
            let near = match pair {
                (Some(one), Some(other)) => (one - other).abs() <= 1e-9 * other.abs(),
                (one, other) => one == other,
            };
            assert!(near, "{one} and {other} at {t}: {pair:?}");
        }
    };
    for n in [2_u32, 13, 14, 15, 20, 30] {
        same(&format!("MA({n},14)"), &format!("VIDYA({n},{})", (3 * n + 2) / 4));
        same(&format!("MA({n},8)"), &format!("T3({n},0.7)"));
        same(&format!("MA({n},11)"), &format!("SMA({n})"));
        same(&format!("MA({n},7)"), "MAMA(0.5,0.05)");
        assert_eq!(batch(&format!("MA({n},10)"), &columns)[0][299], Some(columns[3][299]), "no average");
    }
}

#[test]
fn candlesticks_are_what_their_rules_say() {
    let said = |name: &str, part: &str| {
        assert!(find(name).unwrap().formula().contains(part), "{name}: {part}");
    };
    said("CDLTRISTAR", "all three bodies are <= 0.1 of the mean range of the ten candles before [2]");
    said("CDLDRAGONFLYDOJI", "its lower > 0.1 of the mean range of the ten candles before it");
    said("CDLGRAVESTONEDOJI", "its upper > 0.1 of the mean range of the ten candles before it");
    said("CDLHARAMI", "80 where one end or both are shared");
    said("CDLHARAMICROSS", "80 where one end or both are shared");
    let columns = bars(60_000);
    let [open, high, low, close, _] = &columns;
    let top = |t: usize| open[t].max(close[t]);
    let bottom = |t: usize| open[t].min(close[t]);
    let body = |t: usize| top(t) - bottom(t);
    let ranges = |t: usize| (t - 10..t).map(|s| high[s] - low[s]).sum::<f64>();
    let bodies = |t: usize| (t - 10..t).map(body).sum::<f64>();
    let names = ["CDLTRISTAR", "CDLDRAGONFLYDOJI", "CDLGRAVESTONEDOJI", "CDLHARAMI", "CDLHARAMICROSS"];
    let lines = names.map(|name| batch(name, &columns).remove(0));
    let mut found = [0; 5];
    for t in 12..60_000 {
        let (upper, lower) = (high[t] - top(t), bottom(t) - low[t]);
        let small = ranges(t - 2);
        let dojis = (t - 2..=t).all(|s| 100.0 * body(s) <= small);
        let tristar = if dojis && bottom(t - 1) > top(t - 2) && top(t) < top(t - 1) {
            -100.0
        } else if dojis && top(t - 1) < bottom(t - 2) && bottom(t) > bottom(t - 1) {
            100.0
        } else {
            0.0
        };
        let mean = ranges(t);
        let is_doji = 100.0 * body(t) <= mean;
        let hundred = |is: bool| if is { 100.0 } else { 0.0 };
        let dragonfly = hundred(is_doji && 100.0 * upper < mean && 100.0 * lower > mean);
        let gravestone = hundred(is_doji && 100.0 * lower < mean && 100.0 * upper > mean);
        let color = if close[t - 1] >= open[t - 1] { 1.0 } else { -1.0 };
        let within = top(t) <= top(t - 1) && bottom(t) >= bottom(t - 1);
        let strict = top(t) < top(t - 1) && bottom(t) > bottom(t - 1);
        let inside = |is_small: bool| {
            let is = is_small && within && 10.0 * body(t - 1) > bodies(t - 1);
            if is { -color * if strict { 100.0 } else { 80.0 } } else { 0.0 }
        };
        let wanted = [tristar, dragonfly, gravestone, inside(10.0 * body(t) <= bodies(t)), inside(is_doji)];
        for (k, want) in wanted.into_iter().enumerate() {
            assert_eq!(lines[k][t], Some(want), "{} at {t}", names[k]);
            found[k] += usize::from(want != 0.0);
        }
    }
    println!("{names:?}: {found:?}");
    assert!(found.iter().all(|it| *it > 20), "{found:?}");
}

#[test]
fn the_least_period_is_as_it_is_printed() {
    let columns = bars(300);
    let [_, high, low, close, _] = &columns;
    let range = |t: usize| {
        let before = close[t - 1];
        (high[t] - low[t]).max((high[t] - before).abs()).max((low[t] - before).abs())
    };
    let part = |up: bool, t: usize| {
        let (rise, fall) = (high[t] - high[t - 1], low[t - 1] - low[t]);
        let (this, other) = if up { (rise, fall) } else { (fall, rise) };
        let moved = if this > 0.0 && this > other { this } else { 0.0 };
        if range(t) > 0.0 { moved / range(t) } else { 0.0 }
    };
    let cases = [
        ("PLUS_DI(1)", "; where n = 1 the part itself, PLUS_DM(1) / TR", 1),
        ("MINUS_DI(1)", "; where n = 1 the part itself, MINUS_DM(1) / TR", 1),
        ("NATR(1)", "; TR where n = 1", 1),
        ("KAMA(1)", "; x where n = 1", 0),
        ("VIDYA(1,2)", "; x where n = 1", 0),
    ];
    for (text, says, first) in cases {
        let name = text.split_once('(').unwrap().0;
        let wanted = |t: usize| match name {
            "PLUS_DI" => part(true, t),
            "MINUS_DI" => part(false, t),
            "NATR" => range(t),
            _ => close[t],
        };
        assert!(find(name).unwrap().formula().ends_with(says), "{name}");
        for (row, said) in batch(text, &columns)[0].iter().enumerate() {
            assert_eq!(*said, (row >= first).then(|| wanted(row)), "{text} at {row}");
        }
    }
}
