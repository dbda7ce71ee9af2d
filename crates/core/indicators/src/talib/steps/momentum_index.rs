//! Blau's stochastic momentum index ("Momentum, Direction, and Divergence", 1995).

use super::{Smooth, Smoothed};
use crate::highest::Channel;
use crate::kernel::{Step, stands, state};

/// The way of the close from the middle of the range, and the range, each smoothed twice; the one as a part of half the other, in
/// per cent, and its average.
#[derive(Clone)]
pub(crate) struct Momentum {
    slow: [Smooth; 2],
    fast: [Smooth; 2],
    signal: Smooth,
}

impl Momentum {
    /// Of the periods of the fast, the slow and the last average.
    pub(crate) fn new(p: &[f64]) -> Momentum {
        let twice = |n: f64| [Smooth::exponential(n), Smooth::exponential(n)];
        Momentum { fast: twice(p[0]), slow: twice(p[1]), signal: Smooth::exponential(p[2]) }
    }

    /// What is smoothed.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the values must not go through memory")]
    pub(crate) fn parts((top, bottom): (f64, f64), close: f64) -> [f64; 2] {
        [close - (top + bottom) * 0.5, top - bottom]
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the values must not go through memory")]
    fn line([way, range]: [f64; 2]) -> f64 {
        let half = 0.5 * range;
        let line = 100.0 * way / half;
        // Numbers below the normal ones no longer shrink as the ranges do.
        if half >= f64::MIN_POSITIVE { line } else { 0.0 }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn push(&mut self, parts: [f64; 2]) -> Option<[f64; 2]> {
        // Both of a pair are of one period, so they speak together; and both are to take what comes.
        let [way, range] = std::array::from_fn(|k| self.slow[k].push(parts[k]));
        let slow = [way?, range?];
        let [way, range] = std::array::from_fn(|k| self.fast[k].push(slow[k]));
        let line = Momentum::line([way?, range?]);
        Some([line, self.signal.push(line)?])
    }

    /// The averages after a row; the last is NaN until it is seeded.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn next(&self, parts: [f64; 2]) -> ([Smoothed; 2], [Smoothed; 2], f64, Smoothed) {
        let slow: [Smoothed; 2] = std::array::from_fn(|k| self.slow[k].next(parts[k]));
        let fast: [Smoothed; 2] = std::array::from_fn(|k| self.fast[k].next(slow[k].value));
        let line = Momentum::line(fast.map(|it| it.value));
        (slow, fast, line, self.signal.next(line))
    }

    /// As `push`, once there are answers: none until then, and of what is not finite.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn warm<const ASKED: bool>(&mut self, parts: [f64; 2]) -> Option<[f64; 2]> {
        let (slow, fast, line, signal) = self.next(parts);
        if !stands::<ASKED>(signal.value) {
            return None;
        }
        for k in 0..2 {
            self.slow[k].take(slow[k]);
            self.fast[k].take(fast[k]);
        }
        self.signal.take(signal);
        Some([line, signal.value])
    }
}

state! {
    pub(crate) struct MomentumIndex { channel: Channel, momentum: Momentum }
}

impl MomentumIndex {
    pub(crate) fn new(p: &[f64]) -> MomentumIndex {
        MomentumIndex { channel: Channel::new(p[0] as usize), momentum: Momentum::new(&p[1..]) }
    }
}

impl Step<3, 2> for MomentumIndex {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 2]) {
        let edges = self.channel.push(high, low);
        let answer = edges.and_then(|it| self.momentum.push(Momentum::parts(it, close)));
        answer.into_iter().for_each(|answer| *out = answer);
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [high, low, close]: [f64; 3]) -> Option<[f64; 2]> {
        let edges = self.channel.next::<ASKED>(high, low)?;
        let answer = self.momentum.warm::<ASKED>(Momentum::parts(edges, close))?;
        self.channel.take(high, low);
        Some(answer)
    }
}
