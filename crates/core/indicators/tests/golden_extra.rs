//! The indicators that TA-Lib lacks or defines otherwise, against values of independent libraries.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::disallowed_methods,
    reason = "tests only: exact answers, files"
)]

mod golden;

use golden::{csv_table, deviation, json};
use scalp_indicators::{Frame, Indicator, Schema};

/// The column of the reference, what answers it, the place of its output, the size that a deviation is measured by, and
/// the tolerance.
const CASES: &[(&str, &str, usize, f64, f64)] = &[
    ("ichimoku_tenkan", "ICHIMOKU_CLOUD(9,26,52)", 0, 1.0, 1e-9),
    ("ichimoku_kijun", "ICHIMOKU_CLOUD(9,26,52)", 1, 1.0, 1e-9),
    ("ichimoku_spanA_unshifted", "ICHIMOKU_CLOUD(9,26,52)", 2, 1.0, 1e-9),
    ("ichimoku_spanB_unshifted", "ICHIMOKU_CLOUD(9,26,52)", 3, 1.0, 1e-9),
    ("ichimoku_spanA_at_bar", "ICHIMOKU_CLOUD(9,26,52)", 4, 1.0, 1e-9),
    ("ichimoku_spanB_at_bar", "ICHIMOKU_CLOUD(9,26,52)", 5, 1.0, 1e-9),
    ("donchian_prev_upper", "DONCHIAN_PREV(20)", 0, 1.0, 1e-9),
    ("donchian_prev_lower", "DONCHIAN_PREV(20)", 2, 1.0, 1e-9),
    ("vwap_rolling", "VWAP_ROLLING(20)", 0, 1.0, 1e-9),
    ("vwap_session", "VWAP_SESSION", 0, 1.0, 1e-9),
    ("eom_raw", "EOM(14,100000000)", 0, 1e-9, 1e-9),
    ("eom_sma", "EOM(14,100000000)", 1, 1e-9, 1e-9),
    ("pta_eom", "EOM(14,100000000)", 1, 1e-9, 1e-9),
    ("vol_close_close", "CLOSE_VOLATILITY(20)", 0, 1e-9, 1e-9),
    ("vol_parkinson", "PARKINSON(20)", 0, 1e-9, 1e-9),
    ("vol_garman_klass", "GARMAN_KLASS(20)", 0, 1e-9, 1e-9),
    ("vol_rogers_satchell", "ROGERSSATCHELL(20,1)", 0, 1e-9, 1e-9),
    ("vol_yang_zhang", "YANG_ZHANG(20)", 0, 1e-9, 1e-9),
    ("chaikin_vol_ema_first_seed", "CHAIKIN_VOLATILITY(10)", 0, 1e-9, 1e-9),
    ("zscore", "ZSCORE(20)", 0, 1e-9, 1e-9),
    ("rolling_skew", "SKEW(20,real=return)", 0, 1.0, 1e-7),
    ("rolling_kurt", "KURT(20,real=return)", 0, 1.0, 1e-7),
    ("force_index_raw", "FORCE", 0, 1e-9, 1e-9),
    ("pta_supertrend", "SUPERTREND_RMA(7,3)", 0, 1.0, 1e-9),
    ("pta_supertrend_dir", "SUPERTREND_RMA(7,3)", 1, 1.0, 1e-9),
    ("pta_kc_lower", "KELTNER_EMA(20,2)", 2, 1.0, 1e-9),
    ("pta_kc_basis", "KELTNER_EMA(20,2)", 1, 1.0, 1e-9),
    ("pta_kc_upper", "KELTNER_EMA(20,2)", 0, 1.0, 1e-9),
    ("pta_cmf", "CMF(20)", 0, 1e-9, 1e-9),
    ("pta_efi", "EFI(13)", 0, 1e-9, 1e-9),
    ("pta_tsi", "TSI_SIGNAL(13,25,13)", 0, 1.0, 1e-9),
    ("pta_tsi_signal", "TSI_SIGNAL(13,25,13)", 1, 1.0, 1e-9),
    ("pta_fisher", "FISHER_MIDPOINT(9)", 0, 1.0, 1e-9),
    ("pta_squeeze_on", "SQUEEZE(20,2,1.5)", 0, 1.0, 1e-9),
    // The reference loses digits where sums nearly cancel: in exact arithmetic it is off by up to 2.5e-9 itself.
    ("pta_cti", "CTI(12)", 0, 1.0, 5e-9),
    ("pta_hurst_like_er", "ER(12)", 0, 1.0, 1e-9),
    ("pta_chop", "CHOP(14)", 0, 1.0, 1e-9),
];

/// Where the reference fills the bars before the first value with a constant, ours is silent.
fn filled(column: &str, row: usize, value: f64) -> bool {
    match column {
        "pta_supertrend" => row == 0 && value == 0.0,
        "pta_supertrend_dir" => row < 7 && value == 1.0,
        "pta_squeeze_on" => row < 20 && value == 0.0,
        _ => false,
    }
}

#[test]
fn every_column_of_the_reference() {
    let bars = golden::eurusd(800);
    let table = csv_table("ta/eurusd800_extra_default.csv");
    let mut returns = vec![f64::NAN];
    returns.extend(bars.close.windows(2).map(|it| libm::log(it[1] / it[0])));
    let schema = Schema::new(&["open", "high", "low", "close", "volume", "time", "return"]).unwrap();
    let mut columns = bars.ohlcv().to_vec();
    columns.push(&bars.time);
    columns.push(&returns);
    let frame = Frame::new(&schema, &columns).unwrap();
    assert_eq!(table.columns().count() - 1, CASES.len());
    let mut worst = (0.0, "");
    for &(title, text, place, scale, tolerance) in CASES {
        let got = Indicator::parse(text, &schema).unwrap().batch(&frame).unwrap();
        for (row, want) in table.column(title).iter().enumerate() {
            match (got[place].at(row), *want) {
                (None, None) => {}
                (None, Some(want)) if filled(title, row, want) => {}
                (Some(value), Some(want)) => {
                    let off = deviation(value, want, scale);
                    if off / tolerance > worst.0 {
                        worst = (off / tolerance, title);
                    }
                    assert!(off <= tolerance, "{title} at {row}: {value}, not {want}, off by {off:e}");
                }
                (value, want) => panic!("{title} at {row}: {value:?}, not {want:?}"),
            }
        }
    }
    println!("{} columns, worst deviation {:e} of its tolerance ({})", CASES.len(), worst.0, worst.1);
}

/// The correlation of the close with the row number, in two passes.
#[test]
fn the_trend_correlation_agrees_with_its_definition() {
    let bars = golden::eurusd(800);
    let schema = Schema::ohlcv();
    let frame = Frame::new(&schema, &bars.ohlcv()).unwrap();
    let got = &Indicator::parse("CTI(12)", &schema).unwrap().batch(&frame).unwrap()[0];
    let mut worst = 0.0_f64;
    for row in 11..800 {
        let values = &bars.close[row - 11..=row];
        let middle = values.iter().sum::<f64>() / 12.0;
        let (mut xy, mut yy) = (0.0, 0.0);
        for (i, y) in values.iter().enumerate() {
            xy += (i as f64 - 5.5) * (y - middle);
            yy += (y - middle) * (y - middle);
        }
        worst = worst.max((got.at(row).unwrap() - xy / (143.0 * yy).sqrt()).abs());
    }
    println!("trend correlation: worst deviation {worst:e}, allowed 1e-9");
    assert!(worst <= 1e-9, "{worst:e}");
}

#[test]
fn the_fractional_difference() {
    let bars = golden::eurusd(800);
    let wanted = &json("ml/ffd_triple_barrier_eurusd800.json")["ffd"];
    let schema = Schema::ohlcv();
    let frame = Frame::new(&schema, &bars.ohlcv()).unwrap();
    let built = Indicator::parse("FRACDIFF(0.4,0.001,YES)", &schema).unwrap();
    assert_eq!(built.lookback(0) as u64 + 1, wanted["n_weights"].as_u64().unwrap());
    let got = &built.batch(&frame).unwrap()[0];
    let mut worst = 0.0_f64;
    for (k, want) in wanted["values_every5"].as_array().unwrap().iter().enumerate() {
        match (got.at(5 * k), want.as_f64()) {
            (Some(value), Some(want)) => worst = worst.max((value - want).abs()),
            (value, want) => assert_eq!(value, want, "row {}", 5 * k),
        }
    }
    println!("fractional difference: worst deviation {worst:e}, allowed 1e-10");
    assert!(worst <= 1e-10);
}

#[test]
fn hurst_and_sign_entropy_over_all_bars() {
    let bars = golden::eurusd(5000);
    let wanted = json("stats/eurusd_hurst_tail_entropy.json");
    let schema = Schema::ohlcv();
    let frame = Frame::new(&schema, &bars.ohlcv()).unwrap();
    let last =
        |text: &str| Indicator::parse(text, &schema).unwrap().batch(&frame).unwrap()[0].at(4999).unwrap();
    let hurst = deviation(last("HURST(4999,128)"), wanted["rescaled_range"]["slope"].as_f64().unwrap(), 1e-9);
    let entropy = deviation(last("SIGN_ENTROPY(5000)"), wanted["sign3_entropy_bits"].as_f64().unwrap(), 1e-9);
    println!("hurst off by {hurst:e}, entropy of signs off by {entropy:e}, allowed 1e-9");
    assert!(hurst <= 1e-9, "{hurst:e}");
    assert!(entropy <= 1e-9, "{entropy:e}");
}
