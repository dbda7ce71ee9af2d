//! Exponential averages and what is made of them.
//!
//! TA-Lib rounds the product and the sum of an average once, by a fused multiplication, which is a call where the processor
//! is not known to have it. Here an average is kept as its distance from the input, which a level input leaves at zero without
//! that; it agrees with TA-Lib's to rounding. So the steps walk whole columns too.

use super::Ring;
use crate::kernel::{SILENT, Step, state};

/// How far an exponential average lies below its input: `g = beta (g + change)`. With `AHEAD`, what the change before adds is
/// made ready two rows ahead, `g = (beta^2 g[2] + beta (beta change[1])) + beta change`, so that a row waits for one sum
/// alone: for an average that has nothing beside it to wait with.
///
/// What changes stands apart: the compiler would read two neighbours at once, for which a processor waits if they have just
/// been written one by one.
#[derive(Clone)]
#[repr(C)]
pub(crate) struct Gap<const AHEAD: bool> {
    /// What the gap is before the change to come.
    ready: f64,
    apart: [u64; 1],
    pub(super) last: f64,
    apart_too: [u64; 1],
    beta: f64,
    square: f64,
}

impl<const AHEAD: bool> Gap<AHEAD> {
    /// NaN until it begins.
    pub(crate) fn new(beta: f64) -> Self {
        Gap { ready: SILENT, apart: [0], last: SILENT, apart_too: [0], beta, square: beta * beta }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn begin(&mut self, gap: f64) -> f64 {
        (self.last, self.ready) = (gap, self.beta * gap);
        gap
    }

    /// The gap after a change, and what [`Gap::take`] wants besides.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn next(&self, change: f64) -> (f64, f64) {
        if !AHEAD {
            return (self.beta * (self.last + change), 0.0);
        }
        let moved = self.beta * change;
        (self.ready + moved, moved)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn take(&mut self, (gap, moved): (f64, f64)) {
        if AHEAD {
            self.ready = self.square * self.last + self.beta * moved;
        }
        self.last = gap;
    }
}

/// One exponential average, seeded by the mean of its first `n` values.
#[derive(Clone)]
#[repr(C)]
pub(crate) struct Smooth<const AHEAD: bool = false> {
    gap: Gap<AHEAD>,
    left: usize,
    /// The input before.
    before: f64,
    apart: [u64; 1],
    sum: f64,
    pub(super) n: f64,
}

/// What an average would be after a value.
#[derive(Clone, Copy)]
pub(crate) struct Smoothed {
    pub(crate) value: f64,
    x: f64,
    gap: (f64, f64),
}

impl<const AHEAD: bool> Smooth<AHEAD> {
    pub(crate) fn exponential(n: f64) -> Self {
        Smooth::new((n - 1.0) / (n + 1.0), n)
    }

    pub(crate) fn wilder(n: f64) -> Self {
        Smooth::new((n - 1.0) / n, n)
    }

    fn new(beta: f64, n: f64) -> Self {
        Smooth { gap: Gap::new(beta), left: n as usize, before: SILENT, apart: [0], sum: 0.0, n }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn push(&mut self, x: f64) -> Option<f64> {
        if self.left > 0 {
            self.sum += x;
            self.before = x;
            self.left -= 1;
            if self.left > 0 {
                return None;
            }
            self.gap.begin(x - self.sum / self.n);
            return Some(x - self.gap.last);
        }
        let next = self.next(x);
        self.take(next);
        Some(next.value)
    }

    /// What the average would be after `x`; NaN until it is seeded, and not finite if `x` is not.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn next(&self, x: f64) -> Smoothed {
        let gap = self.gap.next(x - self.before);
        Smoothed { value: x - gap.0, x, gap }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn take(&mut self, next: Smoothed) {
        self.gap.take(next.gap);
        self.before = next.x;
    }
}

impl Step<1, 1> for Smooth<true> {
    const WALKS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.push(x).into_iter().for_each(|value| out[0] = value);
    }

    #[inline(always)]
    fn warm(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        let next = self.next(x);
        if !next.value.is_finite() {
            return None;
        }
        self.take(next);
        Some([next.value])
    }
}

/// Averages of averages, `N` deep.
#[derive(Clone)]
pub(crate) struct Chain<const N: usize>([Smooth; N]);

impl<const N: usize> Chain<N> {
    pub(crate) fn exponential(p: &[f64]) -> Self {
        Chain(std::array::from_fn(|_| Smooth::exponential(p[0])))
    }

    /// All of them, once the deepest speaks.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn push(&mut self, x: f64) -> Option<[f64; N]> {
        let mut all = [0.0; N];
        let mut x = x;
        for (average, to) in self.0.iter_mut().zip(&mut all) {
            x = average.push(x)?;
            *to = x;
        }
        Some(all)
    }

    /// All of them, if the deepest is finite, which it is not if another is not.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn warm(&mut self, x: f64) -> Option<[f64; N]> {
        let mut x = x;
        let next: [Smoothed; N] = std::array::from_fn(|k| {
            let next = self.0[k].next(x);
            x = next.value;
            next
        });
        if !x.is_finite() {
            return None;
        }
        for (average, next) in self.0.iter_mut().zip(next) {
            average.take(next);
        }
        Some(next.map(|it| it.value))
    }
}

#[derive(Clone)]
pub(crate) struct Dema2(pub(crate) Chain<2>);

impl Dema2 {
    #[inline]
    fn value([one, two]: [f64; 2]) -> [f64; 1] {
        [2.0 * one - two]
    }
}

impl Step<1, 1> for Dema2 {
    const WALKS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.0.push(x).into_iter().for_each(|all| *out = Dema2::value(all));
    }

    #[inline(always)]
    fn warm(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        self.0.warm(x).map(Dema2::value)
    }
}

#[derive(Clone)]
pub(crate) struct Tema3(pub(crate) Chain<3>);

impl Tema3 {
    #[inline]
    fn value([one, two, three]: [f64; 3]) -> [f64; 1] {
        [3.0 * one - 3.0 * two + three]
    }
}

impl Step<1, 1> for Tema3 {
    const WALKS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.0.push(x).into_iter().for_each(|all| *out = Tema3::value(all));
    }

    #[inline(always)]
    fn warm(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        self.0.warm(x).map(Tema3::value)
    }
}

/// A fast and a slow average of one input, side by side. Their difference is that of their gaps.
#[derive(Clone)]
#[repr(C)]
struct Pair {
    gaps: [f64; 2],
    betas: [f64; 2],
    before: f64,
    /// The rows before each begins, and those of its seed.
    waits: [usize; 2],
    left: [usize; 2],
    sums: [f64; 2],
    n: [f64; 2],
}

impl Pair {
    /// Of two periods, whichever is the fast one.
    fn new(one: f64, other: f64) -> Pair {
        let n = if other < one { [other, one] } else { [one, other] };
        Pair {
            gaps: [SILENT; 2],
            betas: n.map(|n| (n - 1.0) / (n + 1.0)),
            before: SILENT,
            waits: [0; 2],
            left: n.map(|n| n as usize),
            sums: [0.0; 2],
            n,
        }
    }

    /// The fast one begins later, so that both speak from the same row on.
    fn together(mut self) -> Pair {
        self.waits[0] = self.left[1] - self.left[0];
        self
    }

    /// The gaps after `x`; NaN until both are seeded, and not finite if `x` is not.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn next(&self, x: f64) -> [f64; 2] {
        let change = x - self.before;
        std::array::from_fn(|k| self.betas[k] * (self.gaps[k] + change))
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn take(&mut self, x: f64, gaps: [f64; 2]) {
        (self.before, self.gaps) = (x, gaps);
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn push(&mut self, x: f64) {
        let next = self.next(x);
        for (k, next) in next.into_iter().enumerate() {
            if self.waits[k] > 0 {
                self.waits[k] -= 1;
            } else if self.left[k] > 0 {
                self.sums[k] += x;
                self.left[k] -= 1;
                if self.left[k] == 0 {
                    self.gaps[k] = x - self.sums[k] / self.n[k];
                }
            } else {
                self.gaps[k] = next;
            }
        }
        self.before = x;
    }
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
    pair: Pair,
    signal: Smooth,
}

impl Divergence {
    pub(crate) fn new(p: &[f64]) -> Divergence {
        Divergence { pair: Pair::new(p[0], p[1]).together(), signal: Smooth::exponential(p[2]) }
    }
}

impl Step<1, 3> for Divergence {
    const WALKS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 3]) {
        self.pair.push(x);
        let line = line(self.pair.gaps);
        if !line.is_nan()
            && let Some(signal) = self.signal.push(line)
        {
            *out = [line, signal, self.signal.gap.last];
        }
    }

    #[inline(always)]
    fn warm(&mut self, [x]: [f64; 1]) -> Option<[f64; 3]> {
        let gaps = self.pair.next(x);
        let line = line(gaps);
        let signal = self.signal.next(line);
        if !signal.value.is_finite() {
            return None;
        }
        self.pair.take(x, gaps);
        self.signal.take(signal);
        Some([line, signal.value, signal.gap.0])
    }
}

/// The difference of two averages in per cent of the slower.
#[derive(Clone)]
pub(crate) struct Percentage(Pair);

/// Below it the slower average is nothing that could be divided by.
const NO_PRICE: f64 = 1e-14;

impl Percentage {
    pub(crate) fn new(p: &[f64]) -> Percentage {
        Percentage(Pair::new(p[0], p[1]))
    }
}

impl Step<1, 1> for Percentage {
    const WALKS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.0.push(x);
        let (line, slow) = (line(self.0.gaps), x - self.0.gaps[1]);
        out[0] = if slow.abs() < NO_PRICE && !line.is_nan() { 0.0 } else { line / slow * 100.0 };
    }

    #[inline(always)]
    fn warm(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        let gaps = self.0.next(x);
        let slow = x - gaps[1];
        let value = line(gaps) / slow * 100.0;
        if !(value.is_finite() && slow.abs() >= NO_PRICE) {
            return None;
        }
        self.0.take(x, gaps);
        Some([value])
    }
}

/// The relative strength index (Wilder, "New Concepts in Technical Trading Systems", 1978), as the C library answers: a
/// price that has not moved at all has an index of 0, where the Rust crate says 50. The gains and all moves are smoothed,
/// and as one is told as a part of the other, both may be as large as they like.
#[derive(Clone)]
#[repr(C)]
pub(crate) struct Strength {
    gains: Gap<false>,
    moves: Gap<false>,
    before: f64,
    left: usize,
    sums: [f64; 2],
}

impl Strength {
    pub(crate) fn new(p: &[f64]) -> Strength {
        let gap = Gap::new((p[0] - 1.0) / p[0]);
        Strength { gains: gap.clone(), moves: gap, before: SILENT, left: p[0] as usize + 1, sums: [0.0; 2] }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn gain(change: f64) -> f64 {
        if change > 0.0 { change } else { 0.0 }
    }
}

impl Step<1, 1> for Strength {
    #[inline(always)]
    fn step(&mut self, [price]: [f64; 1], out: &mut [f64; 1]) {
        let change = price - std::mem::replace(&mut self.before, price);
        if self.left > 0 {
            if !change.is_nan() {
                self.sums[0] += Strength::gain(change);
                self.sums[1] += change.abs();
            }
            self.left -= 1;
            if self.left > 0 {
                return;
            }
            self.gains.begin(self.gains.beta * self.sums[0]);
            self.moves.begin(self.moves.beta * self.sums[1]);
        } else {
            self.gains.take(self.gains.next(Strength::gain(change)));
            self.moves.take(self.moves.next(change.abs()));
        }
        let (gains, moves) = (self.gains.last, self.moves.last);
        out[0] = if moves > 0.0 { 100.0 * (gains / moves) } else { 0.0 };
    }

    #[inline(always)]
    fn warm(&mut self, [price]: [f64; 1]) -> Option<[f64; 1]> {
        let change = price - self.before;
        let gains = self.gains.next(Strength::gain(change));
        let moves = self.moves.next(change.abs());
        // What is not finite is a move that is not, and no gain is a finite part of it; without a move it is 0 / 0.
        let value = 100.0 * (gains.0 / moves.0);
        if !(value + moves.0).is_finite() {
            return None;
        }
        self.before = price;
        self.gains.take(gains);
        self.moves.take(moves);
        Some([value])
    }
}

state! {
    /// An average whose speed is the size of the momentum (Chande 1992). What changes stands apart, as in a [`Gap`].
    #[repr(C)]
    pub(crate) struct Dynamic {
        ring: Ring,
        up: f64,
        still: usize,
        down: f64,
        copies: bool,
        value: f64,
        alpha: f64,
        before: f64,
    }
}

impl Dynamic {
    pub(crate) fn new(p: &[f64]) -> Dynamic {
        Dynamic {
            ring: Ring::new(p[1]),
            alpha: 2.0 / (p[0] + 1.0),
            copies: p[0] <= 1.0,
            before: SILENT,
            up: 0.0,
            down: 0.0,
            still: 0,
            value: SILENT,
        }
    }

    /// The sums of rises and falls after a change, where `old` leaves.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn sums(&self, change: f64, old: f64) -> (f64, f64) {
        let (rise, gone) = ((change + change.abs()) * 0.5, (old + old.abs()) * 0.5);
        (self.up - gone + rise, self.down - (gone - old) + (rise - change))
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn value(&self, x: f64, up: f64, down: f64) -> f64 {
        let sum = up + down;
        let part = self.alpha * ((100.0 * (up - down) / sum).abs() / 100.0);
        let k = if sum > 0.0 { part } else { 0.0 };
        (x - self.value) * k + self.value
    }
}

impl Step<1, 1> for Dynamic {
    const WALKS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        if self.copies {
            out[0] = x;
            return;
        }
        let change = x - std::mem::replace(&mut self.before, x);
        if self.value.is_nan() {
            self.value = x;
            return;
        }
        let is_full = self.ring.missing == 0;
        // While the ring is not full, what leaves is zero.
        (self.up, self.down) = self.sums(change, self.ring.oldest());
        self.ring.put(change);
        self.still = if change.abs() <= 0.0 { self.still + 1 } else { 0 };
        let n = self.ring.values.len();
        if is_full && self.still >= n {
            self.still = n;
            (self.up, self.down) = (0.0, 0.0);
        }
        self.value = self.value(x, self.up, self.down);
        if self.ring.missing == 0 {
            out[0] = self.value;
        }
    }

    #[inline(always)]
    fn warm(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        let change = x - self.before;
        let (up, down) = self.sums(change, self.ring.oldest());
        let value = self.value(x, up, down);
        if self.ring.missing > 0 || !(value + change).is_finite() || change.abs() <= 0.0 {
            return None;
        }
        self.before = x;
        self.ring.turn(change);
        (self.up, self.down, self.still, self.value) = (up, down, 0, value);
        Some([value])
    }
}
