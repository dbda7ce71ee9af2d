//! Indicators that TA-Lib lacks against their published formulas, written down plainly over whole columns: nothing is kept from row
//! to row but what the formula itself names.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::disallowed_methods,
    reason = "tests only: exact answers, files"
)]

mod golden;

use golden::Bars;
use scalp_indicators::{Column, Frame, Indicator, Schema};
use std::f64::consts::PI;

type Line = Vec<Option<f64>>;

fn batch(text: &str, bars: &Bars) -> Vec<Column> {
    let schema = Schema::ohlcv();
    Indicator::parse(text, &schema).unwrap().batch(&Frame::new(&schema, &bars.ohlcv()).unwrap()).unwrap()
}

/// Every row of every output, silence too. What is far below the largest value of a line is compared by that.
fn assert_same(text: &str, bars: &Bars, wanted: &[Line]) {
    let got = batch(text, bars);
    assert_eq!(got.len(), wanted.len(), "{text}");
    for (place, (got, want)) in got.iter().zip(wanted).enumerate() {
        let size = want.iter().flatten().fold(0.0, |a: f64, x| a.max(x.abs()));
        assert!(size > 0.0, "{text} output {place} says something");
        for (row, want) in want.iter().enumerate() {
            match (got.at(row), *want) {
                (None, None) => {}
                (Some(got), Some(want)) => {
                    let off = (got - want).abs();
                    assert!(off <= 1e-9 * size, "{text} output {place} at {row}: {got}, not {want}");
                }
                (got, want) => panic!("{text} output {place} at {row}: {got:?}, not {want:?}"),
            }
        }
    }
}

fn bars() -> Bars {
    golden::eurusd(1500)
}

/// The mean of the first `n` values, then the parts of all values since, each with its weight.
fn ema(line: &[Option<f64>], n: usize) -> Line {
    let from = line.iter().position(Option::is_some).unwrap();
    let k = 2.0 / (n as f64 + 1.0);
    (0..line.len())
        .map(|t| {
            let first = from + n - 1;
            let seed = line.get(from..=first)?.iter().map(|it| it.unwrap()).sum::<f64>() / n as f64;
            let since = |t: usize| (t - first) as i32;
            (t >= first).then(|| {
                let parts = (first + 1..=t).map(|s| k * (1.0 - k).powi((t - s) as i32) * line[s].unwrap());
                parts.sum::<f64>() + (1.0 - k).powi(since(t)) * seed
            })
        })
        .collect()
}

fn true_range(bars: &Bars, t: usize) -> f64 {
    let before = bars.close[t - 1];
    (bars.high[t] - bars.low[t]).max((bars.high[t] - before).abs()).max((bars.low[t] - before).abs())
}

/// Ehlers's super smoother of a pair's mean, "Cycle Analytics for Traders" (2013), equation 3-3.
fn super_smoother(line: &[f64], period: f64, first: f64) -> Vec<f64> {
    let a1 = (-2.0_f64.sqrt() * PI / period).exp();
    let b1 = 2.0 * a1 * (2.0_f64.sqrt() * PI / period).cos();
    let (c2, c3) = (b1, -a1 * a1);
    let c1 = 1.0 - c2 - c3;
    let mut filter: Vec<f64> = Vec::new();
    for t in 0..line.len() {
        let before = |all: &[f64], k: usize| t.checked_sub(k).map_or(first, |it| all[it]);
        let mean = (line[t] + before(line, 1)) / 2.0;
        filter.push(c1 * mean + c2 * before(&filter, 1) + c3 * before(&filter, 2));
    }
    filter
}

#[test]
fn the_even_better_sinewave_is_listing_12_1_of_cycle_analytics() {
    let bars = bars();
    for (n, smooth) in [(40, 10), (11, 3), (61, 25), (5, 1)] {
        let angle = 2.0 * PI / f64::from(n);
        let alpha = (1.0 - angle.sin()) / angle.cos();
        let mut high_pass = vec![0.0];
        for t in 1..bars.close.len() {
            let change = bars.close[t] - bars.close[t - 1];
            high_pass.push(0.5 * (1.0 + alpha) * change + alpha * high_pass[t - 1]);
        }
        let filter = super_smoother(&high_pass, f64::from(smooth), 0.0);
        let wave = |t: usize| {
            let three = &filter[t - 2..=t];
            let mean = three.iter().sum::<f64>() / 3.0;
            let power = three.iter().map(|it| it * it).sum::<f64>() / 3.0;
            mean / power.sqrt()
        };
        let want: Line = (0..filter.len()).map(|t| (t >= n as usize).then(|| wave(t))).collect();
        assert_same(&format!("EBSW({n},{smooth})"), &bars, &[want]);
    }
}

#[test]
fn reflex_and_trendflex_are_the_listings_of_february_2020() {
    let bars = bars();
    for n in [20, 2, 7, 50] {
        let filter = super_smoother(&bars.close, 0.5 * n as f64, bars.close[0]);
        for (name, has_slope) in [("REFLEX", true), ("TRENDFLEX", false)] {
            let mut ms = 0.0;
            let want: Line = (0..filter.len())
                .map(|t| {
                    let oldest = filter[t.checked_sub(n)?];
                    let slope = if has_slope { (oldest - filter[t]) / n as f64 } else { 0.0 };
                    let mut sum = 0.0;
                    for count in 1..=n {
                        sum += (filter[t] + count as f64 * slope) - filter[t - count];
                    }
                    sum /= n as f64;
                    ms = 0.04 * sum * sum + 0.96 * ms;
                    Some(sum / ms.sqrt())
                })
                .collect();
            assert_same(&format!("{name}({n})"), &bars, &[want]);
        }
    }
}

#[test]
fn the_smoother_of_three_poles_is_that_of_cybernetic_analysis() {
    let bars = bars();
    for n in [20, 1, 3, 77] {
        let x = PI / f64::from(n);
        let (a, b) = ((-x).exp(), 2.0 * (-x).exp() * (3.0_f64.sqrt() * x).cos());
        let c = a * a;
        let (d2, d3, d4) = (b + c, -(c + b * c), c * c);
        let mut line = bars.close.clone();
        for t in 3..line.len() {
            line[t] =
                (1.0 - d2 - d3 - d4) * bars.close[t] + d2 * line[t - 1] + d3 * line[t - 2] + d4 * line[t - 3];
        }
        let want: Line = line.into_iter().map(Some).collect();
        assert_same(&format!("SSF3({n})"), &bars, &[want]);
    }
}

#[test]
fn the_holt_winters_channel_is_that_of_pandas_ta() {
    let bars = bars();
    for [na, nb, nc, nd, factor] in
        [[0.2, 0.1, 0.1, 0.1, 1.0], [0.7, 0.05, 0.3, 0.5, 2.5], [1.0, 1.0, 1.0, 1.0, 0.3]]
    {
        let (mut f, mut v, mut a) = (vec![bars.close[0]], vec![0.0], vec![0.0]);
        let (mut line, mut var) = (vec![bars.close[0]], vec![0.0]);
        for t in 1..bars.close.len() {
            f.push((1.0 - na) * (f[t - 1] + v[t - 1] + 0.5 * a[t - 1]) + na * bars.close[t]);
            v.push((1.0 - nb) * (v[t - 1] + a[t - 1]) + nb * (f[t] - f[t - 1]));
            a.push((1.0 - nc) * a[t - 1] + nc * (v[t] - v[t - 1]));
            line.push(f[t] + v[t] + 0.5 * a[t]);
            let error = bars.close[t - 1] - line[t - 1];
            var.push((1.0 - nd) * var[t - 1] + nd * error * error);
        }
        let band = |side: f64| {
            let at = |t: usize| (t >= 3).then(|| line[t] + side * factor * var[t - 1].sqrt());
            (0..line.len()).map(at).collect::<Line>()
        };
        let want = [band(1.0), line.iter().copied().map(Some).collect(), band(-1.0)];
        assert_same(&format!("HWC({na},{nb},{nc},{nd},{factor})"), &bars, &want);
    }
}

/// As the script of TradingView has it, over whole columns.
fn qqe(bars: &Bars, n: usize, smooth: usize, factor: f64) -> [Line; 5] {
    let rsi = &batch(&format!("RSI({n})"), bars)[0];
    let rows = bars.close.len();
    let basis = ema(&(0..rows).map(|t| rsi.at(t)).collect::<Line>(), smooth);
    let change = |t: usize| Some((basis[t]? - basis[t.checked_sub(1)?]?).abs());
    let range = ema(&ema(&(0..rows).map(change).collect::<Line>(), 2 * n - 1), 2 * n - 1);
    let (mut long, mut short, mut direction): (Line, Line, Line) = (vec![], vec![], vec![]);
    for t in 0..rows {
        let Some(range) = range[t] else {
            long.push(None);
            short.push(None);
            direction.push(None);
            continue;
        };
        let (now, before) = (basis[t].unwrap(), basis[t - 1].unwrap());
        let (new_long, new_short) = (now - factor * range, now + factor * range);
        // As a comparison with what is not there is false.
        let nan = |line: &Line, k: usize| line[t - k].unwrap_or(f64::NAN);
        let (long1, long2, short1, short2) = (nan(&long, 1), nan(&long, 2), nan(&short, 1), nan(&short, 2));
        long.push(Some(if before > long1 && now > long1 { long1.max(new_long) } else { new_long }));
        short.push(Some(if before < short1 && now < short1 { short1.min(new_short) } else { new_short }));
        let cross = |one: f64, two: f64| (now > one && before < two) || (now <= one && before >= two);
        let last = direction[t - 1].unwrap_or(1.0);
        direction.push(Some(if cross(short1, short2) {
            1.0
        } else if cross(long1, long2) {
            -1.0
        } else {
            last
        }));
    }
    let line = (0..rows).map(|t| if direction[t]? > 0.0 { long[t] } else { short[t] }).collect();
    [line, basis, long, short, direction]
}

#[test]
fn the_trailing_line_of_the_smooth_index_is_that_of_the_script() {
    let bars = bars();
    for (n, smooth, factor) in [(14, 5, 4.236), (2, 1, 1.0), (6, 3, 2.5), (30, 9, 0.5)] {
        let want = qqe(&bars, n, smooth, factor);
        let turns = want[4].windows(2).filter(|it| it[0].is_some() && it[0] != it[1]).count();
        assert!(turns > 10, "{turns} turns");
        assert_same(&format!("QQE({n},{smooth},{factor})"), &bars, &want);
    }
}

/// E. M. Poulos, "Are There Persistent Cycles", September 1992, as MetaStock prints it for two to nine bars.
#[test]
fn the_random_walk_index_is_that_of_september_1992() {
    let bars = bars();
    for (n, shortest) in [(9, 2), (14, 2), (5, 5), (40, 8), (2, 2)] {
        let index = |t: usize, moved: &dyn Fn(usize) -> f64| {
            let each = (shortest..=n).map(|bars_seen| {
                let ranges = (1..=bars_seen).map(|back| true_range(&bars, t - back)).sum::<f64>();
                moved(bars_seen - 1) / (ranges / bars_seen as f64 * (bars_seen as f64).sqrt())
            });
            each.fold(f64::NEG_INFINITY, f64::max)
        };
        let high = |t: usize| (t > n).then(|| index(t, &|back| bars.high[t] - bars.low[t - back]));
        let low = |t: usize| (t > n).then(|| index(t, &|back| bars.high[t - back] - bars.low[t]));
        let rows = bars.close.len();
        let want = [(0..rows).map(high).collect(), (0..rows).map(low).collect()];
        assert_same(&format!("RWI({n},{shortest})"), &bars, &want);
    }
}

#[test]
fn the_true_momentum_oscillator_is_that_of_mobius() {
    let bars = bars();
    for (n, calc, smooth) in [(14, 5, 3), (1, 1, 1), (8, 2, 7), (33, 10, 4)] {
        let sum = |t: usize| {
            let from = (t + 1).checked_sub(n)?;
            let opens = &bars.open[from..=t];
            let above = opens.iter().filter(|it| bars.close[t] > **it).count() as f64;
            let below = opens.iter().filter(|it| bars.close[t] < **it).count() as f64;
            Some(above - below)
        };
        let main = ema(&ema(&(0..bars.close.len()).map(sum).collect::<Line>(), calc), smooth);
        let signal = ema(&main, smooth);
        assert_same(&format!("TMO({n},{calc},{smooth})"), &bars, &[main, signal]);
    }
}

#[test]
fn the_alpha_trend_is_that_of_the_script() {
    let bars = bars();
    let mut off = 0;
    for (n, factor, threshold) in [(14, 1.0, 50.0), (2, 0.3, 40.0), (25, 2.0, 60.0), (5, 0.0, 100.0)] {
        let flow: Line = (0..bars.close.len()).map(|t| money_flow(&bars, n, t)).collect();
        let running = &batch(&format!("MFI({n})"), &bars)[0];
        let is_above = |flow: Option<f64>| flow.is_some_and(|it| it >= threshold);
        off += (0..flow.len()).filter(|t| is_above(flow[*t]) != is_above(running.at(*t))).count();
        let mut line: Line = Vec::new();
        for t in 0..bars.close.len() {
            line.push((t >= n).then(|| {
                let width = factor * (t + 1 - n..=t).map(|it| true_range(&bars, it)).sum::<f64>() / n as f64;
                let (up, down) = (bars.low[t] - width, bars.high[t] + width);
                match (is_above(flow[t]), line[t - 1]) {
                    (true, Some(before)) if up < before => before,
                    (true, _) => up,
                    (false, Some(before)) if down > before => before,
                    (false, _) => down,
                }
            }));
        }
        assert_same(&format!("ALPHATREND({n},{factor},{threshold})"), &bars, &[line]);
    }
    assert!(off > 0, "running sums miss a full flow somewhere");
}

/// The money flow index of the last `n` changes, summed anew: 100 where nothing fell.
fn money_flow(bars: &Bars, n: usize, t: usize) -> Option<f64> {
    let price = |t: usize| (bars.high[t] + bars.low[t] + bars.close[t]) / 3.0;
    let mut flows = [0.0; 2];
    for s in (t + 1).checked_sub(n).filter(|it| *it > 0)?..=t {
        let change = price(s) - price(s - 1);
        if change.abs() > 1e-12 * price(s) {
            flows[usize::from(change < 0.0)] += price(s) * bars.volume[s];
        }
    }
    let all = flows[0] + flows[1];
    Some(if all > 0.0 { 100.0 * (flows[0] / all) } else { 0.0 })
}

/// Prices in another unit: squares of these overflow, and squares of their parts vanish.
#[test]
fn what_has_no_unit_is_the_same_in_any() {
    let bars = golden::eurusd(600);
    for scale in [1e120, 1e-120, 1e170, 1e-170] {
        let mut scaled = bars.clone();
        for column in [&mut scaled.open, &mut scaled.high, &mut scaled.low, &mut scaled.close] {
            column.iter_mut().for_each(|it| *it *= scale);
        }
        for text in ["EBSW", "REFLEX", "TRENDFLEX", "RWI", "QQE", "TMO"] {
            for (place, (one, other)) in batch(text, &bars).iter().zip(batch(text, &scaled)).enumerate() {
                for row in 0..600 {
                    let (Some(one), Some(other)) = (one.at(row), other.at(row)) else {
                        assert_eq!(one.at(row).is_some(), other.at(row).is_some(), "{text}.{place} at {row}");
                        continue;
                    };
                    let off = (one - other).abs() / one.abs().max(1.0);
                    assert!(off < 1e-6, "{text}.{place} at {row} times {scale}: {other}, not {one}");
                }
            }
        }
        let (one, other) = (batch("HWC", &bars), batch("HWC", &scaled));
        for row in 3..600 {
            let width = |it: &[Column]| it[0].at(row).unwrap() - it[2].at(row).unwrap();
            let off = (width(&other) / scale - width(&one)).abs();
            assert!(off < 1e-12 && (row < 10 || width(&one) > 1e-6), "HWC at {row} times {scale}: {off}");
        }
    }
}

#[test]
fn a_price_that_came_to_rest_leaves_no_wave() {
    let bars = golden::eurusd(200);
    let rest = vec![bars.close[199]; 6_000];
    let column = [bars.close.as_slice(), &rest].concat();
    let schema = Schema::new(&["close"]).unwrap();
    let frame = Frame::new(&schema, &[&column]).unwrap();
    for text in ["EBSW", "REFLEX", "TRENDFLEX"] {
        let line = Indicator::parse(text, &schema).unwrap().batch(&frame).unwrap();
        assert_ne!(line[0].at(199), Some(0.0), "{text}");
        assert_eq!(line[0].at(6_199), Some(0.0), "{text}");
    }
}

/// Falls, and then one price for so long that the averages of the moves end below the smallest normal number.
#[test]
fn an_index_of_a_price_that_came_to_rest_stays_or_is_that_of_no_moves() {
    let bars = golden::eurusd(200);
    let start = bars.close[199];
    let falls = (1..60).map(|t| start - 0.001 * f64::from(t) + if t % 4 == 0 { 0.0015 } else { 0.0 });
    let moving: Vec<f64> = bars.close.iter().copied().chain(falls).collect();
    let (at_rest, rows) = (moving.len(), 30_000);
    let mut column = moving.clone();
    column.resize(rows, moving[at_rest - 1]);
    let schema = Schema::new(&["close", "high", "low"]).unwrap();
    let frame = Frame::new(&schema, &[&column, &column, &column]).unwrap();
    let lines = |text: &str| Indicator::parse(text, &schema).unwrap().batch(&frame).unwrap();
    for n in [2, 5, 14, 30] {
        let line = &lines(&format!("RSI({n})"))[0];
        let first = line.at(at_rest - 1).unwrap();
        assert!(first > 1.0 && first < 50.0, "RSI({n}): {first}");
        for row in at_rest..rows {
            let off = (line.at(row).unwrap() - first).abs();
            assert!(off < 1e-9, "RSI({n}) at {row}: {:?}, not {first}", line.at(row));
        }
        let mut stream = Indicator::parse(&format!("RSI({n})"), &schema).unwrap();
        for (row, price) in column.iter().enumerate() {
            let said = stream.push(&[*price; 3]).unwrap().get(0);
            assert_eq!(said.map(f64::to_bits), line.at(row).map(f64::to_bits), "RSI({n}) at {row}");
        }
        let basis = &lines(&format!("QQE({n},1,4.236)"))[1];
        assert!((basis.at(rows - 1).unwrap() - first).abs() < 1e-9, "QQE({n}): {:?}", basis.at(rows - 1));
        // It moves again, and the index is that of the moves since.
        stream.push(&[moving[at_rest - 1] + 0.5; 3]).unwrap();
        let said = stream.push(&[moving[at_rest - 1] + 0.25; 3]).unwrap().get(0).unwrap();
        let rise = 1.0 - 1.0 / f64::from(n);
        assert!((said - 100.0 * rise / (rise + 0.5)).abs() < 1e-9, "RSI({n}): {said}");
    }
    for text in ["SMI", "TSI_SIGNAL"] {
        let line = &lines(text)[0];
        assert!(line.at(at_rest).unwrap() < -1.0, "{text}");
        assert_eq!(line.at(rows - 1), Some(0.0), "{text}");
        assert!((0..rows).all(|t| line.at(t).is_none_or(|it| it.abs() <= 100.0)), "{text}");
    }
}

/// A walk, and then one price.
fn at_rest(moving: usize, rows: usize, scale: f64) -> Bars {
    let mut bars = golden::eurusd(moving);
    for column in [&mut bars.open, &mut bars.high, &mut bars.low, &mut bars.close] {
        column.iter_mut().for_each(|it| *it *= scale);
        let last = column[moving - 1];
        column.resize(rows, last);
    }
    for column in [&mut bars.time, &mut bars.volume] {
        column.resize(rows, 1.0);
    }
    bars
}

#[test]
fn a_price_that_stands_still_turns_no_trailing_line() {
    let rows = 2_500;
    for (n, smooth, factor) in [(14, 5, 4.236), (5, 3, 2.0), (2, 1, 1.0)] {
        let text = format!("QQE({n},{smooth},{factor})");
        let mut seen = [false; 2];
        for moving in 600..612 {
            let direction = |bars: &Bars| batch(&text, bars).remove(4);
            let (one, other) =
                (direction(&at_rest(moving, rows, 1.0)), direction(&at_rest(moving, rows, 1e5)));
            for row in 0..rows {
                assert_eq!(one.at(row), other.at(row), "{text} of {moving} at {row} in another unit");
            }
            // The smooth index may still cross on its way to where the index came to rest.
            let settled = one.at(moving + 60).unwrap();
            seen[usize::from(settled > 0.0)] = true;
            for row in moving + 60..rows {
                assert_eq!(one.at(row), Some(settled), "{text} of {moving} at {row}");
            }
            // And the first move away from there is a crossing, as if the bands had not shrunk to nothing.
            for step in [0.01, -0.01] {
                let mut bars = at_rest(moving, rows, 1.0);
                bars.close[rows - 1] += step;
                assert_eq!(direction(&bars).at(rows - 1), Some(step.signum()), "{text} of {moving}");
            }
        }
        assert_eq!(seen, [true; 2], "{text}");
    }
}

#[test]
fn the_index_of_others_is_that_of_the_catalogue() {
    let rows = 5_000;
    let mut bars = at_rest(400, rows, 1.0);
    // New listings begin so: one price for a while.
    let (start, first) = (61, bars.close[0]);
    bars.close[..start].fill(first);
    let schema = Schema::ohlcv();
    for (n, k, d) in [(14, 5, 3), (2, 1, 1), (5, 70, 4), (30, 64, 9)] {
        let text = format!("STOCHRSI({n},{k},{d},0)");
        let index = &batch(&format!("RSI({n})"), &bars)[0];
        assert_eq!(index.at(start - 1), Some(0.0), "of a price that never moved");
        let lines = batch(&text, &bars);
        let place = |t: usize| {
            let window: Vec<f64> = (t + 1 - k..=t).map(|it| index.at(it)).collect::<Option<_>>().unwrap();
            let (top, bottom) = window.iter().fold((f64::MIN, f64::MAX), |(a, b), x| (a.max(*x), b.min(*x)));
            let is_none = top - bottom <= 1e-14 * (top + bottom);
            if is_none { 0.0 } else { 100.0 * (window[k - 1] - bottom) / (top - bottom) }
        };
        let lookback = n + k + d - 2;
        let mut stream = Indicator::parse(&text, &schema).unwrap();
        for row in 0..rows {
            let said = lines[0].at(row);
            assert_eq!(said.is_some(), row >= lookback, "{text} at {row}");
            assert_eq!(lines[1].at(row).is_some(), row >= lookback, "{text} at {row}");
            let pushed = [0.0, 0.0, 0.0, bars.close[row], 0.0];
            let tried = stream.peek(&pushed).unwrap();
            let (tried, taken) = ([0, 1].map(|it| tried.get(it)), stream.push(&pushed).unwrap());
            for output in [0, 1] {
                let bits = lines[output].at(row).map(f64::to_bits);
                assert_eq!(tried[output].map(f64::to_bits), bits, "{text} at {row}");
                assert_eq!(taken.get(output).map(f64::to_bits), bits, "{text} at {row}");
            }
            if let Some(said) = said {
                assert!((said - place(row)).abs() < 1e-9, "{text} at {row}: {said}, not {}", place(row));
                let mean = (row + 1 - d..=row).map(place).sum::<f64>() / d as f64;
                assert!((lines[1].at(row).unwrap() - mean).abs() < 1e-9, "{text} at {row}: fastd");
            }
        }
        assert!(k == 1 || (start..400).any(|it| lines[0].at(it).is_some_and(|it| it > 1.0)), "{text}");
    }
    // These two take half of all for a price that never moved, and nothing leaps when one has stood for long.
    let strength = &batch("RSI(5)", &bars)[0];
    let index: Line = (0..rows).map(|t| strength.at(t).map(|it| if t < start { 50.0 } else { it })).collect();
    let smooth = ema(&ema(&index, 5), 3);
    let line = &batch("DOSC(5,5,3,9)", &bars)[0];
    for row in 0..rows {
        let mean =
            row.checked_sub(8).and_then(|from| smooth[from..=row].iter().copied().sum::<Option<f64>>());
        match (line.at(row), mean) {
            (None, None) => {}
            (Some(said), Some(sum)) => {
                let want = smooth[row].unwrap() - sum / 9.0;
                assert!((said - want).abs() < 1e-9, "DOSC at {row}: {said}, not {want}");
            }
            (said, want) => panic!("DOSC at {row}: {said:?}, {want:?}"),
        }
    }
    assert!((1_000..rows).all(|it| line.at(it).unwrap().abs() < 1e-9), "DOSC at rest");
    let line = &batch("CRSI(3,2,10)", &bars)[0];
    assert!((line.at(start - 1).unwrap() - 100.0 / 3.0).abs() < 1e-9, "CRSI of a price that never moved");
    let settled = line.at(1_000).unwrap();
    assert!((1_000..rows).all(|it| (line.at(it).unwrap() - settled).abs() < 1e-9), "CRSI at rest");
}

/// Whether the recurrence of Holt and Winters forgets: a high power of its matrix, squared again and again, is nothing.
fn forgets([level, speed, turn]: [f64; 3]) -> bool {
    let step = |[at, v, a]: [f64; 3]| {
        let f = (1.0 - level) * (at + v + 0.5 * a);
        let speed_now = (1.0 - speed) * (v + a) + speed * (f - at);
        [f, speed_now, (1.0 - turn) * a + turn * (speed_now - v)]
    };
    let columns = [step([1.0, 0.0, 0.0]), step([0.0, 1.0, 0.0]), step([0.0, 0.0, 1.0])];
    let mut power: [[f64; 3]; 3] = std::array::from_fn(|i| std::array::from_fn(|j| columns[j][i]));
    for _ in 0..44 {
        let before = power;
        power = std::array::from_fn(|i| {
            std::array::from_fn(|j| (0..3).map(|k| before[i][k] * before[k][j]).sum::<f64>())
        });
        let size = power.iter().flatten().fold(0.0, |a: f64, x| a.max(x.abs()));
        if !(1e-9..=1e9).contains(&size) {
            return size < 1.0;
        }
    }
    panic!("too near to say: {level}, {speed}, {turn}");
}

#[test]
fn weights_with_which_holt_and_winters_grow_without_end_are_refused() {
    let schema = Schema::ohlcv();
    let weights = [0.003, 0.02, 0.1, 0.2, 0.35, 0.5, 0.8, 0.99, 1.0];
    let mut counts = [0; 2];
    for level in weights {
        for speed in weights {
            for turn in weights {
                let forgets = forgets([level, speed, turn]);
                counts[usize::from(forgets)] += 1;
                for (name, more) in [("HWMA", ""), ("HWC", ",0.1,1")] {
                    let text = format!("{name}({level},{speed},{turn}{more})");
                    match Indicator::parse(&text, &schema) {
                        Ok(_) => assert!(forgets, "{text} grows without end"),
                        Err(error) => {
                            assert!(!forgets, "{text}: {error}");
                            let wanted = format!("{name}.nc must be such that nc (1 - na)");
                            assert!(error.to_string().contains(&wanted), "{error}");
                        }
                    }
                }
            }
        }
    }
    assert!(counts.iter().all(|it| *it > 100), "{counts:?}");
    assert!(Indicator::parse("HWMA(1e-12,1e-12,1e-12)", &schema).is_ok(), "slow, and yet it forgets");
    // The worst that is taken stays near the prices.
    let bars = bars();
    let line = &batch("HWMA(0.2,0.1,0.26)", &bars)[0];
    assert!((0..1500).all(|it| (line.at(it).unwrap() / bars.close[it] - 1.0).abs() < 0.1));
}
