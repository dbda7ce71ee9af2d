//! Indicators that no library has as they are defined at their source, against pandas: over the first 800 bars of the hourly
//! series, at three rows.
//!
//! `VFI`, Katsanos (2004), as it was computed:
//!
//! ```python
//! tp = (high + low + close) / 3
//! cut = coef * np.log(tp / tp.shift()).rolling(30).std(ddof=0) * close
//! a = volume.rolling(n).mean().shift()
//! f = np.sign(tp.diff()).where(tp.diff().abs() > cut, 0) * np.minimum(volume, vcoef * a)
//! vfi = EMA(f.rolling(n).sum() / a, 3), seeded by the mean of its first three values
//! ```

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests only: files")]

mod golden;

use golden::deviation;
use scalp_indicators::{Frame, Indicator, Schema};

const ROWS: [usize; 3] = [300, 500, 799];

/// The item, its first row, and its values.
const CASES: &[(&str, usize, [f64; 3])] = &[
    ("VFI(130,0.2,2.5)", 261, [2.507_467_809_847_21, 37.332_925_720_575_28, 27.270_552_553_901_915]),
    ("VFI(20,0.1,2)", 51, [2.329_515_387_173_107_6, 4.613_317_187_193_239, 3.373_281_630_07]),
    ("VFI(14,1.5,1)", 45, [0.805_674_645_177_502_5, 0.248_788_495_283_542_53, -0.659_900_233_631_442_3]),
];

#[test]
fn three_rows_of_each() {
    let bars = golden::eurusd(800);
    let schema = Schema::ohlcv();
    let frame = Frame::new(&schema, &bars.ohlcv()).unwrap();
    for &(text, first, wanted) in CASES {
        let got = &Indicator::parse(text, &schema).unwrap().batch(&frame).unwrap()[0];
        assert_eq!((got.at(first - 1), got.at(first).is_some()), (None, true), "{text}");
        for (row, want) in ROWS.into_iter().zip(wanted) {
            let value = got.at(row).unwrap();
            assert!(deviation(value, want, 1e-9) <= 1e-9, "{text} at {row}: {value}, not {want}");
        }
    }
}
