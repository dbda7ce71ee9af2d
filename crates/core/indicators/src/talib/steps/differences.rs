//! Differences of a fast and a slow average of one input.

use crate::kernel::{SILENT, Step, sound, stands};

/// How far averages lie below one input, as a [`Gap`](super::Gap) says it of one: `g = beta (g + change)`. With `AHEAD`, two rows at
/// once, as `g = (beta^2 g[2] + beta (beta change[1])) + beta change`, of which what is in brackets does not wait for the row before:
/// it is more work, which pays where nothing else waits beside it.
#[derive(Clone)]
#[repr(C)]
struct Gaps<const N: usize, const AHEAD: bool> {
    last: [f64; N],
    ready: [f64; N],
    betas: [f64; N],
    squares: [f64; N],
}

impl<const N: usize, const AHEAD: bool> Gaps<N, AHEAD> {
    /// NaN until they begin.
    fn new(n: [f64; N]) -> Self {
        let betas = n.map(|n| (n - 1.0) / (n + 1.0));
        Gaps { last: [SILENT; N], ready: [SILENT; N], betas, squares: betas.map(|beta| beta * beta) }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn begin(&mut self, k: usize, gap: f64) {
        (self.last[k], self.ready[k]) = (gap, self.betas[k] * gap);
    }

    /// The gaps after a change, and what [`Gaps::take`] wants besides.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn next(&self, change: f64) -> [[f64; N]; 2] {
        let moved: [f64; N] = std::array::from_fn(|k| self.betas[k] * change);
        let plain = |k: usize| self.betas[k] * (self.last[k] + change);
        [std::array::from_fn(|k| if AHEAD { self.ready[k] + moved[k] } else { plain(k) }), moved]
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn take(&mut self, [gaps, moved]: [[f64; N]; 2]) {
        if AHEAD {
            self.ready = std::array::from_fn(|k| self.squares[k] * self.last[k] + self.betas[k] * moved[k]);
        }
        self.last = gaps;
    }
}

/// Averages of one input, each seeded by the mean of its first values. Their differences are those of their gaps.
#[derive(Clone)]
#[repr(C)]
struct Averages<const N: usize, const AHEAD: bool> {
    gaps: Gaps<N, AHEAD>,
    before: f64,
    /// The rows before each begins, and those of its seed.
    waits: [usize; N],
    left: [usize; N],
    sums: [f64; N],
    n: [f64; N],
}

impl<const N: usize, const AHEAD: bool> Averages<N, AHEAD> {
    fn new(n: [f64; N]) -> Self {
        let left = n.map(|n| n as usize);
        Averages { gaps: Gaps::new(n), before: SILENT, waits: [0; N], left, sums: [0.0; N], n }
    }

    /// The gaps after `x`, NaN until they are seeded and not finite if `x` is not; and what [`Averages::take`] wants besides.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn next(&self, x: f64) -> [[f64; N]; 2] {
        self.gaps.next(x - self.before)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn take(&mut self, x: f64, next: [[f64; N]; 2]) {
        self.before = x;
        self.gaps.take(next);
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn push(&mut self, x: f64) -> [f64; N] {
        // Of those that are not seeded yet, the gap is NaN and remains so.
        self.take(x, self.next(x));
        for k in 0..N {
            if self.waits[k] > 0 {
                self.waits[k] -= 1;
            } else if self.left[k] > 0 {
                self.sums[k] += x;
                self.left[k] -= 1;
                if self.left[k] == 0 {
                    self.gaps.begin(k, x - self.sums[k] / self.n[k]);
                }
            }
        }
        self.gaps.last
    }
}

/// The shorter period first.
fn sorted(one: f64, other: f64) -> [f64; 2] {
    if other < one { [other, one] } else { [one, other] }
}

/// The difference of the averages with these gaps.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the answer must not go through memory")]
fn line([fast, slow]: [f64; 2]) -> f64 {
    slow - fast
}

/// Moving average convergence and divergence. The histogram is the gap of the signal.
#[derive(Clone)]
pub(crate) struct Divergence {
    pair: Averages<2, false>,
    signal: Averages<1, false>,
}

impl Divergence {
    pub(crate) fn new(p: &[f64]) -> Divergence {
        let mut pair = Averages::new(sorted(p[0], p[1]));
        // The fast one begins later, so that both speak from the same row on.
        pair.waits[0] = pair.left[1] - pair.left[0];
        Divergence { pair, signal: Averages::new([p[2]]) }
    }
}

impl Step<1, 3> for Divergence {
    const WARMS: bool = true;
    const WALKS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 3]) {
        let line = line(self.pair.push(x));
        if !line.is_nan() {
            let [gap] = self.signal.push(line);
            if !gap.is_nan() {
                *out = [line, line - gap, gap];
            }
        }
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 3]> {
        let next = self.pair.next(x);
        let line = line(next[0]);
        let signal = self.signal.next(line);
        let [gap] = signal[0];
        let value = line - gap;
        if !stands::<ASKED>(value) {
            return None;
        }
        self.pair.take(x, next);
        self.signal.take(line, signal);
        Some([line, value, gap])
    }
}

/// The difference of two averages in per cent of the slower.
#[derive(Clone)]
pub(crate) struct Percentage(Averages<2, true>);

/// Below it the slower average is nothing that could be divided by.
const NO_PRICE: f64 = 1e-14;

impl Percentage {
    pub(crate) fn new(p: &[f64]) -> Percentage {
        Percentage(Averages::new(sorted(p[0], p[1])))
    }
}

impl Step<1, 1> for Percentage {
    const WARMS: bool = true;
    const WALKS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        let gaps = self.0.push(x);
        let (line, slow) = (line(gaps), x - gaps[1]);
        out[0] = if slow.abs() < NO_PRICE && !line.is_nan() { 0.0 } else { line / slow * 100.0 };
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        let next = self.0.next(x);
        let slow = x - next[0][1];
        let value = line(next[0]) / slow * 100.0;
        if !(sound::<ASKED>(value) && slow.abs() >= NO_PRICE) {
            return None;
        }
        self.0.take(x, next);
        Some([value])
    }
}
