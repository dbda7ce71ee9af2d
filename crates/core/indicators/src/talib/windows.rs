//! TA-Lib's functions of a short window, read where the values lie: the definitions are TA-Lib's, the sums go in four
//! lanes. Where a moving average is asked for that is not known here, the crate's own function is built instead.

use super::steps::{AverageDeviation, CommodityChannel, Ordered};
use crate::data::Column;
use crate::highest::{Channel, largest, smallest};
use crate::kernel::{Step, Stepped, seated, state};
use crate::look::{Look, Looking};
use crate::spec::Built;
use crate::window::{Average, Sum, total4};

type Answer = Result<Built, (usize, String)>;

const SIMPLE: f64 = 0.0;
const EXPONENTIAL: f64 = 1.0;
const WILDER: f64 = 13.0;

fn kernel<L: Look<I, O>, const I: usize, const O: usize>(look: L, n: usize, lookback: usize) -> Answer {
    Ok((seated(Looking::new::<I>(look, n, lookback)), vec![lookback; O]))
}

fn stepped<S: Step<I, O>, const I: usize, const O: usize>(step: S, lookback: usize) -> Answer {
    Ok((seated(Stepped::new(step, [lookback; O])), vec![lookback; O]))
}

pub(super) fn average_deviation(p: &[f64]) -> Answer {
    stepped(AverageDeviation::new(p[0]), p[0] as usize - 1)
}

pub(super) fn commodity_channel(p: &[f64]) -> Answer {
    stepped(CommodityChannel::new(p[0]), p[0] as usize - 1)
}

/// The longest window whose order is kept here; longer ones are searched, by the crate.
const ORDERED: f64 = 64.0;

pub(super) fn median(p: &[f64]) -> Answer {
    if p[0] > ORDERED {
        return Err((0, "a short window".to_owned()));
    }
    stepped(Ordered::new(p[0]), p[0] as usize - 1)
}

/// How many of the values before lie below, in per cent; a walk of whole columns, whose stream is the crate's.
pub(super) fn percent_rank(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[x], &[period], [out]) = (inputs, p, out) else { return false };
    let n = period as usize;
    let answer = |below: i64| below as f64 / period * 100.0;
    // A count, with one more if it lies below; as many can not overflow, which nobody need check.
    let more = |count: i64, x: f64, now: f64| count.wrapping_add(i64::from(x < now));
    let (fours, rest) = out.values.real(x.len() - n).as_chunks_mut::<4>();
    let done = 4 * fours.len();
    // Four bars at once: their windows are as good as one, and the end of a window is hard to foresee.
    for (k, to) in fours.iter_mut().enumerate() {
        let [a, b, c, d] = std::array::from_fn(|j| &x[4 * k + j..][..n]);
        let now: [f64; 4] = std::array::from_fn(|j| x[4 * k + j + n]);
        let mut below = [0; 4];
        for (((a, b), c), d) in a.iter().zip(b).zip(c).zip(d) {
            below = [
                more(below[0], *a, now[0]),
                more(below[1], *b, now[1]),
                more(below[2], *c, now[2]),
                more(below[3], *d, now[3]),
            ];
        }
        *to = below.map(answer);
    }
    for (to, window) in rest.iter_mut().zip(x[done..].windows(n + 1)) {
        *to = answer(window.iter().fold(0, |count, x| more(count, *x, window[n])));
    }
    true
}

/// The sum of the changes, in four lanes. `before` is `now` one row earlier, and may be longer.
#[inline]
fn path4(now: &[f64], before: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let before = &before[..now.len()];
    let ((fours, rest), (fours_before, rest_before)) = (now.as_chunks::<4>(), before.as_chunks::<4>());
    for (four, four_before) in fours.iter().zip(fours_before) {
        for k in 0..4 {
            lanes[k] += (four[k] - four_before[k]).abs();
        }
    }
    let tail = rest.iter().zip(rest_before).fold(0.0, |sum, (a, b)| sum + (a - b).abs());
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + tail
}

#[derive(Clone)]
struct VerticalHorizontal;

impl Look<1, 1> for VerticalHorizontal {
    #[inline]
    fn look(&mut self, [values]: [&[f64]; 1], out: &mut [f64; 1]) {
        // The first value is there for its change alone.
        let inside = &values[1..];
        let path = path4(inside, values);
        out[0] = if path > 0.0 { (largest(inside) - smallest(inside)) / path } else { 0.0 };
    }
}

pub(super) fn vertical_horizontal(p: &[f64]) -> Answer {
    let n = p[0] as usize;
    kernel(VerticalHorizontal, n + 1, n)
}

/// Where the close lies in the range, in per cent; 0 where the range is nothing but rounding.
#[inline]
pub(super) fn position((top, bottom): (f64, f64), close: f64) -> f64 {
    let range = top - bottom;
    if range.abs() <= 1e-14 * (top.abs() + bottom.abs()) {
        return 0.0;
    }
    (close - bottom) / range * 100.0
}

/// A moving average that is known here.
#[derive(Clone)]
enum Smooth {
    Simple(Sum),
    Exponential(Average),
}

impl Smooth {
    fn new(n: f64, kind: f64) -> Result<Smooth, (usize, String)> {
        match kind {
            _ if kind.to_bits() == SIMPLE.to_bits() => Ok(Smooth::Simple(Sum::new(n as usize))),
            _ if kind.to_bits() == EXPONENTIAL.to_bits() => {
                Ok(Smooth::Exponential(Average::exponential(n as usize)))
            }
            _ if kind.to_bits() == WILDER.to_bits() => Ok(Smooth::Exponential(Average::wilder(n as usize))),
            _ => Err((0, "an average that is known here".to_owned())),
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn push(&mut self, x: f64) -> Option<f64> {
        match self {
            Smooth::Simple(sum) => sum.mean(x),
            Smooth::Exponential(average) => average.push(x),
        }
    }

    fn assign(&mut self, source: &Smooth) {
        match (self, source) {
            (Smooth::Simple(to), Smooth::Simple(from)) => to.clone_from(from),
            (Smooth::Exponential(to), Smooth::Exponential(from)) => to.clone_from(from),
            (to, from) => *to = from.clone(),
        }
    }
}

/// The fast stochastic: its line, and that line smoothed.
pub(crate) struct Stochastic<const O: usize> {
    channel: Channel,
    slow_k: Option<Smooth>,
    d: Smooth,
}

impl Stochastic<2> {
    /// The fast line smoothed simply, of the lengths of both.
    pub(crate) fn fast(p: &[f64]) -> Self {
        let d = Smooth::Simple(Sum::new(p[1] as usize));
        Stochastic { channel: Channel::new(p[0] as usize), slow_k: None, d }
    }
}

impl<const O: usize> Clone for Stochastic<O> {
    fn clone(&self) -> Self {
        Stochastic { channel: self.channel.clone(), slow_k: self.slow_k.clone(), d: self.d.clone() }
    }

    fn clone_from(&mut self, source: &Self) {
        self.channel.clone_from(&source.channel);
        self.d.assign(&source.d);
        match (&mut self.slow_k, &source.slow_k) {
            (Some(to), Some(from)) => to.assign(from),
            (to, from) => to.clone_from(from),
        }
    }
}

impl<const O: usize> Step<3, O> for Stochastic<O> {
    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; O]) {
        let Some(range) = self.channel.push(high, low) else { return };
        let fast = position(range, close);
        let k = match &mut self.slow_k {
            Some(slow) => match slow.push(fast) {
                Some(k) => k,
                None => return,
            },
            None => fast,
        };
        if let Some(d) = self.d.push(k) {
            let lines = [k, d, 3.0 * k - 2.0 * d];
            out.copy_from_slice(&lines[..O]);
        }
    }
}

pub(super) fn stochastic_fast(p: &[f64]) -> Answer {
    let &[fast, d, kind] = p else { return Err((0, "three values".to_owned())) };
    let channel = Channel::new(fast as usize);
    stepped(Stochastic::<2> { channel, slow_k: None, d: Smooth::new(d, kind)? }, (fast + d) as usize - 2)
}

fn slow<const O: usize>(p: &[f64]) -> Answer {
    let &[fast, k, k_kind, d, d_kind] = p else { return Err((0, "five values".to_owned())) };
    let channel = Channel::new(fast as usize);
    let (slow_k, d_line) = (Some(Smooth::new(k, k_kind)?), Smooth::new(d, d_kind)?);
    stepped(Stochastic::<O> { channel, slow_k, d: d_line }, (fast + k + d) as usize - 3)
}

pub(super) fn stochastic(p: &[f64]) -> Answer {
    slow::<2>(p)
}

pub(super) fn kdj(p: &[f64]) -> Answer {
    slow::<3>(p)
}

state! {
    struct VariablePeriod { min: f64, max: f64 }
}

impl Look<2, 1> for VariablePeriod {
    #[inline]
    fn look(&mut self, [values, periods]: [&[f64]; 2], out: &mut [f64; 1]) {
        let n = values.len();
        let period = (periods[n - 1].clamp(self.min, self.max)) as usize;
        out[0] = total4(&values[n - period..]) / period as f64;
    }
}

pub(super) fn variable_period(p: &[f64]) -> Answer {
    let &[min, max, kind] = p else { return Err((0, "three values".to_owned())) };
    if kind.to_bits() != SIMPLE.to_bits() || min > max {
        return Err((2, "an average that is known here".to_owned()));
    }
    let n = max as usize;
    kernel(VariablePeriod { min, max }, n, n - 1)
}
