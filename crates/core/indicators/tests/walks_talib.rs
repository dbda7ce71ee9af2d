//! The functions of TA-Lib whose whole columns are walked by our own loops against the crate `ta-lib`, to the last bit: on
//! long random columns with jumps, runs that do not move and bars without volume, so that sums are emptied and begun anew.

#![allow(clippy::unwrap_used, reason = "tests only")]

use proptest::prelude::*;
use scalp_indicators::{Frame, Indicator, Schema, Values};
use ta_lib::Core;
use ta_lib::abstract_api::{OptInputType, OutputType, get_func_handle};

type Columns = [Vec<f64>; 5];

/// Walks of more bars than a block has, which stand still for a while again and again.
fn bars() -> impl Strategy<Value = Columns> {
    let step = (-3.0_f64..3.0, 0_i32..5, 0_i32..5, 0_u32..60, 0.0_f64..9.0);
    prop::collection::vec(step, 600..1400).prop_map(|steps| {
        let mut columns = Columns::default();
        let (mut close, mut still) = (100.0_f64, 0);
        for (t, (change, up, down, kind, volume)) in steps.into_iter().enumerate() {
            // The scale changes within the column, and leaves much of itself in the sums.
            let scale = [0.01, 30.0, 1.0][(t / 200) % 3];
            still = if kind == 0 { 40 } else { i32::max(still - 1, 0) };
            let moves = if still > 0 { 0.0 } else { 1.0 };
            let open = close;
            close = (close + moves * scale * change).clamp(20.0, 5000.0);
            let row = [
                open,
                open.max(close) + moves * scale * f64::from(up) * 0.1,
                open.min(close) - moves * scale * f64::from(down) * 0.1,
                close,
                if still > 0 { 0.0 } else { volume.floor() },
            ];
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        columns
    })
}

/// What the crate says, and from which row on.
fn reference(name: &str, parameters: &[i32], bars: &Columns) -> (usize, Vec<Vec<f64>>) {
    let core = Core::new();
    let rows = bars[0].len();
    let [open, high, low, close, volume] = bars.each_ref().map(|it| Some(it.as_slice()));
    let handle = get_func_handle(name).unwrap();
    let info = handle.info();
    let (mut reals, mut integers) = ([(); 3].map(|()| vec![0.0; rows]), [(); 3].map(|()| vec![0; rows]));
    let mut call = handle.new_call(&core);
    for (k, input) in info.inputs.iter().enumerate() {
        let set = match input.param_name {
            "inReal" => call.set_input(k, &bars[3]),
            "inReal0" => call.set_input(k, &bars[1]),
            "inReal1" => call.set_input(k, &bars[2]),
            _ => call.set_price_input(k, open, high, low, close, volume, None),
        };
        set.unwrap();
    }
    for (k, &value) in parameters.iter().enumerate() {
        match info.opt_inputs[k].kind {
            OptInputType::RealRange { .. } => call.set_opt_input(k, f64::from(value)).unwrap(),
            _ => call.set_opt_input(k, value).unwrap(),
        };
    }
    for (k, (real, integer)) in reals.iter_mut().zip(&mut integers).take(info.outputs.len()).enumerate() {
        let set = match info.outputs[k].kind {
            OutputType::Integer => call.set_int_output(k, integer),
            _ => call.set_output(k, real),
        };
        set.unwrap();
    }
    let range = call.call(0, rows - 1).unwrap();
    let whole = integers.map(|it| it.into_iter().map(f64::from).collect::<Vec<_>>());
    let chosen = info.outputs.iter().zip(reals.into_iter().zip(whole)).map(|(output, (real, integer))| {
        match output.kind {
            OutputType::Integer => integer,
            _ => real,
        }
    });
    (range.beg_idx, chosen.map(|it| it[..range.count].to_vec()).collect())
}

const CASES: [(&str, &[&[i32]]); 14] = [
    ("ER", &[&[2], &[10], &[33]]),
    ("CMF", &[&[2], &[20], &[256], &[257]]),
    ("ULTOSC", &[&[7, 14, 28], &[28, 7, 14], &[1, 2, 3], &[5, 5, 256], &[5, 9, 257]]),
    ("LINEARREG_SLOPE", &[&[2], &[14], &[60]]),
    ("LINEARREG_ANGLE", &[&[2], &[14]]),
    ("CORREL", &[&[2], &[5], &[30]]),
    ("BETA", &[&[1], &[5], &[300]]),
    ("WILLR", &[&[2], &[3], &[14], &[64], &[65]]),
    ("AROON", &[&[2], &[14], &[63], &[64]]),
    ("AROONOSC", &[&[2], &[14], &[63], &[64]]),
    ("FRACTAL", &[&[1, 1], &[2, 2], &[5, 1], &[1, 5], &[40, 40]]),
    ("CDLHIKKAKE", &[&[]]),
    ("TANH", &[&[]]),
    ("PERCENTRANK", &[&[2], &[7], &[100]]),
];

/// Functions whose streams are ours and whose whole columns are walked by the crate: the same to the last bit.
const STREAMS: [(&str, &[&[i32]]); 20] = [
    ("ADR", &[&[1], &[14]]),
    ("DPO", &[&[2], &[3], &[21]]),
    ("CMF", &[&[2], &[20]]),
    ("SAR", &[&[0, 1], &[1, 1], &[2, 1]]),
    ("MAXINDEX", &[&[2], &[14]]),
    ("MININDEX", &[&[2], &[14]]),
    ("MINMAXINDEX", &[&[2], &[14]]),
    ("ZIGZAG", &[&[1, 1], &[0, 1], &[2, 5], &[5, 3]]),
    ("OBV", &[&[]]),
    ("BBANDS", &[&[20, 2, 2, 1]]),
    ("MFI", &[&[2], &[14], &[60]]),
    ("DX", &[&[2], &[14]]),
    ("PLUS_DI", &[&[1], &[2], &[14]]),
    ("MINUS_DI", &[&[1], &[2], &[14]]),
    ("VWAP", &[&[]]),
    ("WCLPRICE", &[&[]]),
    ("MEDIAN", &[&[2], &[3], &[14], &[64], &[65]]),
    ("AROON", &[&[2], &[14]]),
    ("MAX", &[&[2], &[14]]),
    ("MIDPRICE", &[&[2], &[14]]),
];

/// Functions whose arithmetic is another than the crate's: the same to rounding, of the answer or of what it is made of.
const NEAR: [(&str, &[&[i32]]); 30] = [
    ("KAMA", &[&[1], &[2], &[10], &[30]]),
    ("SUPERTREND", &[&[2, 1], &[10, 3]]),
    ("SMA", &[&[1], &[2], &[14], &[300]]),
    ("SUM", &[&[2], &[14]]),
    ("WMA", &[&[1], &[2], &[14], &[40]]),
    ("HMA", &[&[1], &[2], &[3], &[4], &[5], &[16], &[31], &[90]]),
    ("SMI", &[&[13, 2, 25, 9], &[2, 2, 2, 2], &[64, 3, 5, 4], &[65, 3, 5, 4]]),
    ("VAR", &[&[1, 1], &[2, 1], &[14, 1], &[40, 1]]),
    ("STDDEV", &[&[3, 1], &[2, 2], &[14, 3]]),
    ("BBANDS", &[&[2, 2, 2, 0], &[20, 2, 2, 0], &[20, 1, 3, 0]]),
    ("KST", &[&[10, 15, 20, 30, 10, 10, 10, 15, 9], &[2, 3, 4, 5, 2, 3, 4, 5, 2]]),
    ("KC", &[&[2, 3, 1], &[20, 10, 2]]),
    ("ADOSC", &[&[3, 10], &[10, 3], &[2, 2]]),
    ("EMA", &[&[1], &[2], &[14], &[100]]),
    ("RMA", &[&[1], &[2], &[14]]),
    ("DEMA", &[&[1], &[2], &[14]]),
    ("TEMA", &[&[1], &[2], &[14]]),
    ("MACD", &[&[12, 26, 9], &[26, 12, 1], &[2, 2, 2]]),
    ("PPO", &[&[12, 26, 1], &[26, 12, 1], &[5, 9, 0]]),
    ("ATR", &[&[1], &[2], &[14]]),
    ("NATR", &[&[1], &[2], &[14]]),
    ("RSI", &[&[2], &[14]]),
    ("CRSI", &[&[3, 2, 100], &[2, 9, 7], &[14, 3, 2]]),
    ("DOSC", &[&[14, 5, 3, 9], &[2, 2, 2, 2], &[5, 9, 3, 30]]),
    ("TRIMA", &[&[1], &[2], &[3], &[13], &[14]]),
    ("VIDYA", &[&[1, 2], &[14, 9], &[2, 2]]),
    ("VWMA", &[&[1], &[2], &[14]]),
    ("LINEARREG", &[&[2], &[14]]),
    ("PLUS_DM", &[&[1], &[2], &[14]]),
    ("MINUS_DM", &[&[1], &[2], &[14]]),
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn every_walk_says_what_the_crate_says(bars in bars()) {
        let schema = Schema::ohlcv();
        let frame = Frame::new(&schema, &bars.each_ref().map(Vec::as_slice)).unwrap();
        for (name, variants) in CASES {
            for parameters in variants {
                let written: Vec<String> = parameters.iter().map(i32::to_string).collect();
                let text = format!("{name}({})", written.join(","));
                let columns = Indicator::parse(&text, &schema).unwrap().batch(&frame).unwrap();
                let (first, want) = reference(name, parameters, &bars);
                prop_assert_eq!(columns.len(), want.len());
                for (column, want) in columns.iter().zip(&want) {
                    prop_assert_eq!(column.first, first, "{}", &text);
                    let got: Vec<f64> = match &column.values {
                        Values::Real(values) => values.clone(),
                        Values::Integer(values) => values.iter().map(|it| f64::from(*it)).collect(),
                    };
                    prop_assert_eq!(got.len(), want.len(), "{}", &text);
                    let differs = got.iter().zip(want).position(|(a, b)| a.to_bits() != b.to_bits());
                    prop_assert_eq!(differs, None, "{}", &text);
                }
            }
        }
    }

    #[test]
    fn every_stream_says_what_the_crate_says(bars in bars()) {
        for (name, variants) in STREAMS {
            for_each_answer(name, variants, &bars, |text, got, want| {
                assert_eq!(got.map(f64::to_bits), want.map(f64::to_bits), "{text}");
            });
        }
    }

    #[test]
    fn every_stream_with_other_arithmetic_says_the_same_to_rounding(bars in bars()) {
        let schema = Schema::ohlcv();
        let frame = Frame::new(&schema, &bars.each_ref().map(Vec::as_slice)).unwrap();
        let level = bars[1].iter().chain(&bars[2]).fold(100.0, |a: f64, b| a.max(b.abs()));
        for (name, variants) in NEAR {
            for_each_answer(name, variants, &bars, |text, got, want| {
                // A price that never moved has no strength with us, as with the C library, and half of all with the crate.
                if name == "RSI" && got == Some(0.0) {
                    return;
                }
                // A variance is made of squares.
                let level = if name == "VAR" { level * level } else { level };
                let near = match (got, want) {
                    (Some(got), Some(want)) => (got - want).abs() <= 1e-11 * level,
                    (got, want) => got == want,
                };
                assert!(near, "{text}: {got:?}, not {want:?}");
            });
            for parameters in variants {
                check_that_columns_are_the_stream(name, parameters, &frame, &bars);
            }
        }
    }
}

/// Whole columns are walked by loops of our own too, over windows in which sums are begun anew.
fn check_that_columns_are_the_stream(name: &str, parameters: &[i32], frame: &Frame<'_>, bars: &Columns) {
    let written: Vec<String> = parameters.iter().map(i32::to_string).collect();
    let mut stream = Indicator::parse(&format!("{name}({})", written.join(",")), &Schema::ohlcv()).unwrap();
    let columns = stream.batch(frame).unwrap();
    for t in 0..bars[0].len() {
        let answer = stream.push(&bars.each_ref().map(|it| it[t])).unwrap();
        for (k, column) in columns.iter().enumerate() {
            let Values::Real(values) = &column.values else { panic!("{name} has whole numbers") };
            let value = t.checked_sub(column.first).map(|t| values[t]).filter(|it| it.is_finite());
            assert_eq!(answer.get(k).map(f64::to_bits), value.map(f64::to_bits), "{stream}, {k} at {t}");
        }
    }
}

/// Gives each answer of our stream and the crate's.
fn for_each_answer(
    name: &str,
    variants: &[&[i32]],
    bars: &Columns,
    check: impl Fn(&str, Option<f64>, Option<f64>),
) {
    for parameters in variants {
        let written: Vec<String> = parameters.iter().map(i32::to_string).collect();
        let text = format!("{name}({})", written.join(","));
        let mut stream = Indicator::parse(&text, &Schema::ohlcv()).unwrap();
        let (first, want) = reference(name, parameters, bars);
        for t in 0..bars[0].len() {
            let row = bars.each_ref().map(|it| it[t]);
            let answer = stream.push(&row).unwrap();
            for (k, want) in want.iter().enumerate() {
                let want = t.checked_sub(first).map(|t| want[t]).filter(|it| it.is_finite());
                check(&format!("{text}, {k} at {t}"), answer.get(k), want);
            }
        }
    }
}

/// A print of a billion among prices about 100, and what is left of it in the averages when it has gone: no more than the tolerance
/// that TA-Lib's own answers are held to, measured from the mean of the window itself.
#[test]
fn a_print_of_a_billion_leaves_no_more_in_the_averages_than_the_tolerance() {
    let mut bars = Columns::default();
    let mut z = 7_u64;
    for t in 0..20_000 {
        z = z.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let close = if t == 500 { 1e9 } else { 100.0 + (z >> 40) as f64 / 16_777_216.0 };
        bars.iter_mut().for_each(|column| column.push(close));
    }
    let worth = |k: usize, n: usize| f64::from(u16::try_from(k + 1).unwrap()) / (n * (n + 1) / 2) as f64;
    for n in [14_usize, 200] {
        for (name, weight) in [("SMA", None), ("WMA", Some(worth))] {
            let text = format!("{name}({n})");
            let mut stream = Indicator::parse(&text, &Schema::ohlcv()).unwrap();
            let (first, want) = reference(name, &[i32::try_from(n).unwrap()], &bars);
            let (mut worst, mut worst_of_crate) = (0.0_f64, 0.0_f64);
            for t in 0..bars[3].len() {
                let row = bars.each_ref().map(|it| it[t]);
                let got = stream.push(&row).unwrap().get(0);
                if t < 501 + n {
                    continue;
                }
                let window = &bars[3][t + 1 - n..=t];
                let mean = match weight {
                    None => window.iter().sum::<f64>() / n as f64,
                    Some(worth) => window.iter().enumerate().map(|(k, x)| x * worth(k, n)).sum::<f64>(),
                };
                worst = worst.max((got.unwrap() - mean).abs() / 100.0);
                worst_of_crate = worst_of_crate.max((want[0][t - first] - mean).abs() / 100.0);
            }
            println!("{text}: {worst:.1e} of the price, the crate {worst_of_crate:.1e}");
            assert!(worst < 1e-9, "{text}: {worst:e}");
        }
    }
}
