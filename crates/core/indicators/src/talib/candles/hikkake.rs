//! Hikkake over whole columns: where it is set up is judged for many bars at once, and only then is it followed from bar to
//! bar. Its stream is the crate's.

use crate::data::Column;

const BLOCK: usize = 256;
/// Bars before the first answer, and before the first bar that is judged.
const LOOKBACK: usize = 5;
const BEFORE: usize = 2;

pub(in crate::talib) fn walk(inputs: &[&[f64]], _: &[f64], out: &mut [Column]) -> bool {
    let (&[_, high, low, close], [out]) = (inputs, out) else { return false };
    let out = out.values.integer(close.len() - LOOKBACK);
    let mut setups = [0; BLOCK];
    // What was set up last, the range of its inside bar, and for how many bars it may yet be confirmed.
    let (mut said, mut range, mut left) = (0, (0.0, 0.0), 0);
    for from in (BEFORE..close.len()).step_by(BLOCK) {
        let setups = &mut setups[..BLOCK.min(close.len() - from)];
        judge(&high[from - BEFORE..], &low[from - BEFORE..], setups);
        for (j, setup) in setups.iter().enumerate() {
            let t = from + j;
            let mut answer = *setup;
            if answer != 0 {
                (said, range, left) = (answer, (high[t - 1], low[t - 1]), 3);
            } else if left > 0 {
                left -= 1;
                let confirmed = if said > 0 { close[t] > range.0 } else { close[t] < range.1 };
                if confirmed {
                    (answer, left) = (2 * said, 0);
                }
            }
            if t >= LOOKBACK {
                out[t - LOOKBACK] = answer;
            }
        }
    }
    true
}

/// An inside bar that is left by both ends: downward it is bullish, upward bearish. The slices begin two bars earlier.
fn judge(high: &[f64], low: &[f64], setups: &mut [i32]) {
    let len = setups.len();
    let [h2, h1, h0] = [0, 1, 2].map(|k| &high[k..k + len]);
    let [l2, l1, l0] = [0, 1, 2].map(|k| &low[k..k + len]);
    for j in 0..len {
        let inside = (h1[j] < h2[j]) & (l1[j] > l2[j]);
        let bullish = (h0[j] < h1[j]) & (l0[j] < l1[j]);
        let bearish = (h0[j] > h1[j]) & (l0[j] > l1[j]);
        setups[j] = if inside & bullish { 100 } else { 0 } - if inside & bearish { 100 } else { 0 };
    }
}
