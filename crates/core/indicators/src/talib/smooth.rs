//! Walks of columns for TA-Lib's functions of averages that are smoothed by what they were before. What the bars put into them is
//! computed for many bars at once, and then the averages run, as in the steps and to the last bit as they say it.

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
    let (&[high, low, close], &[period], [out]) = (inputs, p, out) else { return false };
    let n = period as usize;
    let ranges = |to: &mut [f64], from: usize| {
        let bars = high[from..].iter().zip(&low[from..]).zip(&close[from - 1..]);
        for (to, ((high, low), before)) in to.iter_mut().zip(bars) {
            *to = true_range(*high, *low, *before);
        }
    };
    let mut block = [0.0; BLOCK];
    let (mut sum, mut before) = (0.0, 0.0);
    for from in (1..=n).step_by(BLOCK) {
        let block = &mut block[..BLOCK.min(n + 1 - from)];
        ranges(block, from);
        sum = block.iter().fold(sum, |sum, x| sum + x);
        before = block[block.len() - 1];
    }
    let mut gap = Gap::<true>::new((period - 1.0) / period);
    let out = out.values.real(close.len() - n);
    out[0] = before - gap.begin(before - sum / period);
    for (k, to) in out[1..].chunks_mut(BLOCK).enumerate() {
        let block = &mut block[..to.len()];
        ranges(block, n + 1 + k * BLOCK);
        for (to, range) in to.iter_mut().zip(block) {
            let next = gap.next(*range - before);
            gap.take(next);
            before = *range;
            *to = before - next.0;
        }
    }
    if PERCENT && n > 1 {
        for (to, close) in out.iter_mut().zip(&close[n..]) {
            let part = *to / close * 100.0;
            *to = if close.abs() <= 0.0 { 0.0 } else { part };
        }
    }
    true
}

fn flow_oscillator(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[high, low, close, volume], &[fast, slow], [out]) = (inputs, p, out) else { return false };
    let mut gaps = [fast, slow].map(|n| {
        let mut gap = Gap::<true>::new((n - 1.0) / (n + 1.0));
        gap.begin(0.0);
        gap
    });
    let silent = f64::max(fast, slow) as usize - 1;
    let out = out.values.real(close.len() - silent);
    let mut flows = [0.0; BLOCK];
    let mut answers = [0.0; BLOCK];
    for from in (1..close.len()).step_by(BLOCK) {
        let len = BLOCK.min(close.len() - from);
        let bars = high[from..].iter().zip(&low[from..]).zip(&close[from..]).zip(&volume[from..]);
        for (to, (((high, low), close), volume)) in flows[..len].iter_mut().zip(bars) {
            *to = flow([*high, *low, *close, *volume]);
        }
        for (to, flow) in answers.iter_mut().zip(&flows[..len]) {
            let next = [gaps[0].next(*flow), gaps[1].next(*flow)];
            gaps[0].take(next[0]);
            gaps[1].take(next[1]);
            *to = next[1].0 - next[0].0;
        }
        let skipped = silent.saturating_sub(from).min(len);
        let to = from + skipped - silent.min(from + skipped);
        if skipped < len {
            out[to..to + len - skipped].copy_from_slice(&answers[skipped..len]);
        }
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
