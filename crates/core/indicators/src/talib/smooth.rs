//! Walks of columns for TA-Lib's functions of averages that are smoothed by what they were before, or of averages of averages:
//! as in the steps, and to the last bit as they say it.

use super::FuncId;
use super::bind::Walk;
use super::steps::{Gap, flow, true_range};
use crate::data::Column;

/// How many bars are walked at once, so that what lies between the passes stays near the processor.
const BLOCK: usize = 256;

pub(super) fn walk(id: FuncId) -> Option<Walk> {
    match id {
        FuncId::ATR => Some(average_range::<false>),
        FuncId::NATR => Some(average_range::<true>),
        FuncId::ADOSC => Some(flow_oscillator),
        FuncId::TRIMA => Some(triangle),
        _ => None,
    }
}

fn average_range<const PERCENT: bool>(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[high, low, close], &[period], [column]) = (inputs, p, &mut *out) else { return false };
    let n = period as usize;
    if PERCENT && n == 1 {
        // A period of 1 is a range, not a per cent.
        return average_range::<false>(inputs, p, out);
    }
    let bars = || high[1..].iter().zip(&low[1..]).zip(&close[1..]).zip(close);
    let ranges = bars().take(n).map(|(((high, low), _), before)| true_range(*high, *low, *before));
    let (sum, mut before) = ranges.fold((0.0, 0.0), |(sum, _), range| (sum + range, range));
    let mut gap = Gap::<true>::new((period - 1.0) / period);
    let answer = |average: f64, close: f64| {
        let part = average / close * 100.0;
        let part = if close.abs() <= 0.0 { 0.0 } else { part };
        if PERCENT { part } else { average }
    };
    let out = column.values.real(close.len() - n);
    out[0] = answer(before - gap.begin(before - sum / period), close[n]);
    for (to, (((high, low), close), last)) in out[1..].iter_mut().zip(bars().skip(n)) {
        let range = true_range(*high, *low, *last);
        let next = gap.next(range - before);
        gap.take(next);
        before = range;
        *to = answer(range - next.0, *close);
    }
    true
}

fn flow_oscillator(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[high, low, close, volume], &[fast, slow], [out]) = (inputs, p, out) else { return false };
    let [mut fast_gap, mut slow_gap] = [fast, slow].map(|n| {
        let mut gap = Gap::<false>::new((n - 1.0) / (n + 1.0));
        gap.begin(0.0);
        gap
    });
    let silent = f64::max(fast, slow) as usize - 1;
    let flows = || {
        let bars = high[1..].iter().zip(&low[1..]).zip(&close[1..]).zip(&volume[1..]);
        bars.map(|(((high, low), close), volume)| flow([*high, *low, *close, *volume]))
    };
    let mut answer = |flow: f64| {
        let next = (fast_gap.next(flow), slow_gap.next(flow));
        fast_gap.take(next.0);
        slow_gap.take(next.1);
        next.1.0 - next.0.0
    };
    let out = out.values.real(close.len() - silent);
    // The first bar opens no gap, so the flows begin with the second.
    flows().take(silent - 1).for_each(|flow| {
        answer(flow);
    });
    for (to, flow) in out.iter_mut().zip(flows().skip(silent - 1)) {
        *to = answer(flow);
    }
    true
}

fn triangle(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[x], &[period], [out]) = (inputs, p, out) else { return false };
    let n = period as usize;
    let (first, second) = (n.div_ceil(2), n / 2 + 1);
    let weights = (first * second) as f64;
    let total = |values: &[f64]| values.iter().fold(0.0, |sum, x| sum + x);
    // The sums before the block, and those of the block.
    let mut sums = vec![0.0; second + BLOCK];
    let mut one = total(&x[..first]);
    sums[0] = one;
    for (to, (entering, leaving)) in sums[1..second].iter_mut().zip(x[first..].iter().zip(x)) {
        one += entering - leaving;
        *to = one;
    }
    let mut two = total(&sums[..second]);
    let out = out.values.real(x.len() + 1 - n);
    out[0] = two / weights;
    for (k, to) in out[1..].chunks_mut(BLOCK).enumerate() {
        let len = to.len();
        let (from, block) = (k * BLOCK + second - 1, second..second + len);
        for (to, (entering, leaving)) in
            sums[block.clone()].iter_mut().zip(x[from + first..].iter().zip(&x[from..]))
        {
            one += entering - leaving;
            *to = one;
        }
        for (to, (entering, leaving)) in to.iter_mut().zip(sums[block].iter().zip(&sums)) {
            two += entering - leaving;
            *to = two / weights;
        }
        sums.copy_within(len..len + second, 0);
    }
    true
}
