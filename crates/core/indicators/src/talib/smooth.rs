//! Walks of columns for TA-Lib's functions of averages that are smoothed by what they were before, or of averages of averages:
//! as in the steps, and to the last bit as they say it.

use super::FuncId;
use super::bind::Walk;
use super::steps::{Chain, ChainPair, Dema2, Gap, GapPair, Parabolic, Tema3, flow, true_range};
use crate::data::Column;

/// How many bars are walked at once, so that what lies between the passes stays near the processor.
const BLOCK: usize = 256;
/// As few that a processor begins with the flows of some bars while the averages of the bars before are not done.
const FLOWS: usize = 32;

pub(super) fn walk(id: FuncId) -> Option<Walk> {
    match id {
        FuncId::EMA => Some(exponential),
        FuncId::RMA => Some(wilder),
        FuncId::ATR => Some(average_range::<false>),
        FuncId::NATR => Some(average_range::<true>),
        FuncId::ADOSC => Some(flow_oscillator),
        FuncId::DEMA => Some(|inputs, p, out| chained(inputs, p, out, Dema2::value)),
        FuncId::TEMA => Some(|inputs, p, out| chained(inputs, p, out, Tema3::value)),
        FuncId::TRIMA => Some(triangle),
        FuncId::SAR => Some(parabolic),
        _ => None,
    }
}

/// Fills `out`, two rows at a time, with what `answer` makes of a row, its value and the gap below it. `gap` has just begun, with
/// the value `before`. `inputs` are as long as `out`.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the loop is one with what it is given")]
fn pairs<const I: usize>(
    (mut gap, mut before): (Gap<true>, f64),
    inputs: [&[f64]; I],
    out: &mut [f64],
    value: impl Fn([f64; I]) -> f64,
    answer: impl Fn([f64; I], f64, f64) -> f64,
) {
    // The first two rows after a beginning are not as the others.
    let (mut below, mut change) = ([0.0; 2], 0.0);
    let head = out.len().min(2);
    for (i, to) in out[..head].iter_mut().enumerate() {
        let row = inputs.map(|it| it[i]);
        let now = value(row);
        change = now - std::mem::replace(&mut before, now);
        let next = gap.next(change);
        gap.take(next);
        below = [below[1], next.0];
        *to = answer(row, now, next.0);
    }
    let mut gaps = GapPair::after(below[0], &gap, change);
    let (twos, rest) = out[head..].as_chunks_mut::<2>();
    let len = twos.len();
    let columns = inputs.map(|it| &it[head..].as_chunks::<2>().0[..len]);
    for (k, to) in twos.iter_mut().enumerate() {
        let rows = [columns.map(|it| it[k][0]), columns.map(|it| it[k][1])];
        let values = rows.map(&value);
        let below = gaps.next([values[0] - before, values[1] - values[0]]);
        before = values[1];
        *to = [answer(rows[0], values[0], below[0]), answer(rows[1], values[1], below[1])];
    }
    if let Some(to) = rest.first_mut() {
        let row = inputs.map(|it| it[head + 2 * len]);
        let now = value(row);
        *to = answer(row, now, gaps.next([now - before, 0.0])[0]);
    }
}

fn exponential(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    average(inputs, p, (p[0] - 1.0) / (p[0] + 1.0), out)
}

fn wilder(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    average(inputs, p, (p[0] - 1.0) / p[0], out)
}

fn average(inputs: &[&[f64]], p: &[f64], beta: f64, out: &mut [Column]) -> bool {
    let (&[x], &[period], [out]) = (inputs, p, out) else { return false };
    let n = period as usize;
    let out = out.values.real(x.len() + 1 - n);
    let before = x[n - 1];
    let mut gap = Gap::new(beta);
    out[0] = before - gap.begin(before - x[..n].iter().fold(0.0, |sum, x| sum + x) / period);
    pairs((gap, before), [&x[n..]], &mut out[1..], |[x]| x, |_, x, gap| x - gap);
    true
}

/// `value` of each row and the gaps of `N` averages of averages below it.
#[allow(clippy::needless_range_loop, reason = "one count of rows runs through the three loops")]
fn chained<const N: usize>(
    inputs: &[&[f64]],
    p: &[f64],
    out: &mut [Column],
    value: impl Fn(f64, [f64; N]) -> f64,
) -> bool {
    let (&[x], &[period], [out]) = (inputs, p, out) else { return false };
    let mut chain = Chain::<N>::exponential(p);
    let silent = N * (period as usize - 1);
    for x in &x[..silent] {
        let _ = chain.push(*x);
    }
    let out = out.values.real(x.len() - silent);
    let Some(gaps) = chain.push(x[silent]) else { return false };
    out[0] = value(x[silent], gaps);
    let (x, out) = (&x[silent + 1..], &mut out[1..]);
    // The first two rows after a beginning are not as the others; with the next an odd rest is even.
    let (mut before, mut last) = ([0.0; N], [(0.0, 0.0); N]);
    let head = out.len().min(2 + out.len() % 2);
    for (to, x) in out[..head].iter_mut().zip(x) {
        before = last.map(|it| it.0);
        last = chain.next(*x);
        chain.take(*x, last);
        *to = value(*x, last.map(|it| it.0));
    }
    let mut chain = ChainPair::after(before, &chain, last);
    let (out, x) = (out[head..].as_chunks_mut::<2>().0, x[head..].as_chunks::<2>().0);
    let pairs = out.len();
    let mut say = |at: usize, gaps: [[f64; 2]; N]| {
        out[at] = [0, 1].map(|row| value(x[at][row], gaps.map(|it| it[row])));
    };
    for at in 0..pairs.min(N - 1) {
        chain.next(x[at], 0, at + 1);
    }
    for at in N - 1..pairs {
        let gaps = chain.next(x[at], 0, N);
        say(at + 1 - N, gaps);
    }
    for at in pairs..pairs + N - 1 {
        let gaps = chain.next([0.0; 2], at + 1 - pairs, N.min(at + 1));
        if at + 1 >= N {
            say(at + 1 - N, gaps);
        }
    }
    true
}

fn average_range<const PERCENT: bool>(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[high, low, close], &[period], [column]) = (inputs, p, &mut *out) else { return false };
    let n = period as usize;
    if PERCENT && n == 1 {
        // A period of 1 is a range, not a per cent.
        return average_range::<false>(inputs, p, out);
    }
    let bars = high[1..].iter().zip(&low[1..]).zip(close);
    let ranges = bars.take(n).map(|((high, low), before)| true_range(*high, *low, *before));
    let (sum, before) = ranges.fold((0.0, 0.0), |(sum, _), range| (sum + range, range));
    let answer = |average: f64, close: f64| {
        let part = average / close * 100.0;
        let part = if close.abs() <= 0.0 { 0.0 } else { part };
        if PERCENT { part } else { average }
    };
    let mut gap = Gap::new((period - 1.0) / period);
    let out = column.values.real(close.len() - n);
    out[0] = answer(before - gap.begin(before - sum / period), close[n]);
    let inputs = [&high[n + 1..], &low[n + 1..], &close[n + 1..], &close[n..]];
    let range = |[high, low, _, last]: [f64; 4]| true_range(high, low, last);
    pairs((gap, before), inputs, &mut out[1..], range, |bar, range, gap| answer(range - gap, bar[2]));
    true
}

fn flow_oscillator(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[high, low, close, volume], &[fast, slow], [out]) = (inputs, p, out) else { return false };
    let [mut fast_gap, mut slow_gap] = [fast, slow].map(|n| {
        let mut gap = Gap::<true>::new((n - 1.0) / (n + 1.0));
        gap.begin(0.0);
        gap
    });
    let silent = f64::max(fast, slow) as usize - 1;
    let mut answer = |flow: f64| {
        let next = (fast_gap.next(flow), slow_gap.next(flow));
        fast_gap.take(next.0);
        slow_gap.take(next.1);
        next.1.0 - next.0.0
    };
    // The first bar opens no gap, so the flows begin with the second.
    for i in 1..silent {
        answer(flow([high[i], low[i], close[i], volume[i]]));
    }
    let mut flows = [0.0; FLOWS];
    for (k, to) in out.values.real(close.len() - silent).chunks_mut(FLOWS).enumerate() {
        let from = silent + k * FLOWS;
        let [high, low, close, volume] = [high, low, close, volume].map(|it| &it[from..][..to.len()]);
        // Two flows at once, which the averages that follow would not let be.
        let bars = high.iter().zip(low).zip(close).zip(volume);
        for (flow_of, (((high, low), close), volume)) in flows.iter_mut().zip(bars) {
            *flow_of = flow([*high, *low, *close, *volume]);
        }
        to.iter_mut().zip(&flows).for_each(|(to, flow)| *to = answer(*flow));
    }
    true
}

fn triangle(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[x], &[period], [out]) = (inputs, p, out) else { return false };
    let n = period as usize;
    let (first, second) = (n.div_ceil(2), n / 2 + 1);
    let part = 1.0 / (first * second) as f64;
    let total = |values: &[f64]| values.iter().fold(0.0, |sum, x| sum + x);
    // The sums before the block, and those of the block.
    let mut sums = vec![0.0; second + BLOCK];
    let mut one = total(&x[..first]);
    sums[0] = one;
    // One value is itself.
    let next = |one: f64, entering: f64, leaving: f64| {
        if first == 1 { entering } else { one + (entering - leaving) }
    };
    for (to, (entering, leaving)) in sums[1..second].iter_mut().zip(x[first..].iter().zip(x)) {
        one = next(one, *entering, *leaving);
        *to = one;
    }
    let mut two = total(&sums[..second]);
    let out = out.values.real(x.len() + 1 - n);
    out[0] = two * part;
    for (k, to) in out[1..].chunks_mut(BLOCK).enumerate() {
        let len = to.len();
        let (from, block) = (k * BLOCK + second - 1, second..second + len);
        for (to, (entering, leaving)) in
            sums[block.clone()].iter_mut().zip(x[from + first..].iter().zip(&x[from..]))
        {
            one = next(one, *entering, *leaving);
            *to = one;
        }
        for (to, (entering, leaving)) in to.iter_mut().zip(sums[block].iter().zip(&sums)) {
            two = if second == 1 { *entering } else { two + (entering - leaving) };
            *to = two * part;
        }
        sums.copy_within(len..len + second, 0);
    }
    true
}

fn parabolic(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[high, low], [out]) = (inputs, out) else { return false };
    let mut stop = Parabolic::new(p);
    stop.first(high[0], low[0]);
    stop.begin(high[1], low[1]);
    let bars = high[1..].iter().zip(&low[1..]);
    for (to, (high, low)) in out.values.real(high.len() - 1).iter_mut().zip(bars) {
        *to = stop.next(*high, *low);
    }
    true
}
