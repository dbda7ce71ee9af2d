//! Exponential averages and what is made of them.
//!
//! TA-Lib rounds the product and the sum of an average once, by a fused multiplication, which is a call where the processor
//! is not known to have it. Here an average is kept as its distance from the input, which a level input leaves at zero without
//! that; it agrees with TA-Lib's to rounding. So the steps walk whole columns too.

use super::Ring;
use crate::kernel::{SILENT, Step, sound, stands, state};

/// How far an exponential average lies below its input: `g = beta (g + change)`. With `AHEAD`, two rows at once, as
/// `g = beta^2 g[2] + (beta (beta change[1]) + beta change)`, so that a row waits for the gap of two rows ago alone: for an
/// average that has nothing beside it to wait with.
///
/// What changes stands apart: the compiler would read two neighbours at once, for which a processor waits if they have just
/// been written one by one.
#[derive(Clone)]
#[repr(C)]
pub(crate) struct Gap<const AHEAD: bool> {
    /// What the gap before the last is by now.
    ready: f64,
    apart: [u64; 1],
    /// What the change before is by now.
    carried: f64,
    apart_too: [u64; 1],
    pub(super) last: f64,
    apart_last: [u64; 1],
    beta: f64,
    square: f64,
}

impl<const AHEAD: bool> Gap<AHEAD> {
    /// NaN until it begins.
    pub(crate) fn new(beta: f64) -> Self {
        Gap {
            ready: SILENT,
            apart: [0],
            carried: 0.0,
            apart_too: [0],
            last: SILENT,
            apart_last: [0],
            beta,
            square: beta * beta,
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn begin(&mut self, gap: f64) -> f64 {
        (self.last, self.ready, self.carried) = (gap, self.beta * gap, 0.0);
        gap
    }

    /// The gap after a change, and what [`Gap::take`] wants besides.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn next(&self, change: f64) -> (f64, f64) {
        if AHEAD { self.moved(self.beta * change) } else { (self.beta * (self.last + change), 0.0) }
    }

    /// The same where `beta` of the change is known.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn moved(&self, moved: f64) -> (f64, f64) {
        (self.ready + (self.carried + moved), moved)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn take(&mut self, (gap, moved): (f64, f64)) {
        if AHEAD {
            self.ready = self.square * self.last;
            self.carried = self.beta * moved;
        }
        self.last = gap;
    }
}

/// A [`Gap`] with `AHEAD`, two rows at a time, which do not wait for each other; to the last bit the same.
pub(crate) struct GapPair {
    gaps: [f64; 2],
    moved: f64,
    beta: f64,
    square: f64,
}

impl GapPair {
    /// Goes on where a gap stands after two changes, the gap before given too.
    pub(crate) fn after(before: f64, gap: &Gap<true>, change: f64) -> GapPair {
        GapPair { gaps: [before, gap.last], moved: gap.beta * change, beta: gap.beta, square: gap.square }
    }

    /// The gaps after each of two changes.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn next(&mut self, changes: [f64; 2]) -> [f64; 2] {
        self.moved([self.beta * changes[0], self.beta * changes[1]])
    }

    /// The same where `beta` of the changes is known.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    fn moved(&mut self, moved: [f64; 2]) -> [f64; 2] {
        let carried = [self.beta * self.moved, self.beta * moved[0]];
        let opened = [carried[0] + moved[0], carried[1] + moved[1]];
        self.gaps = [self.square * self.gaps[0] + opened[0], self.square * self.gaps[1] + opened[1]];
        self.moved = moved[1];
        self.gaps
    }
}

/// One exponential average, seeded by the mean of its first `n` values.
#[derive(Clone)]
#[repr(C)]
pub(crate) struct Smooth<const AHEAD: bool = false> {
    pub(super) gap: Gap<AHEAD>,
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
    pub(super) gap: (f64, f64),
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
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.push(x).into_iter().for_each(|value| out[0] = value);
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        let next = self.next(x);
        if !stands::<ASKED>(next.value) {
            return None;
        }
        self.take(next);
        Some([next.value])
    }
}

/// Averages of averages, `N` deep, each of one period. What an average moves by in a row is `alpha / beta` of its gap, so
/// that of the one below `g = beta (g + change)` becomes `g = beta g + alpha g'` with the gap `g'` of the one above.
#[derive(Clone)]
#[repr(C)]
pub(crate) struct Chain<const N: usize> {
    gaps: [Gap<true>; N],
    alpha: f64,
    before: f64,
    n: f64,
    /// The rows of the seeds, and their sums.
    left: [usize; N],
    sums: [f64; N],
}

impl<const N: usize> Chain<N> {
    pub(crate) fn exponential(p: &[f64]) -> Self {
        let n = p[0];
        Chain {
            gaps: std::array::from_fn(|_| Gap::new((n - 1.0) / (n + 1.0))),
            alpha: 2.0 / (n + 1.0),
            before: SILENT,
            n,
            left: [n as usize; N],
            sums: [0.0; N],
        }
    }

    /// The gaps after `x`, each NaN until it is seeded, and what [`Chain::take`] wants besides.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn next(&self, x: f64) -> [(f64, f64); N] {
        let mut moved = self.gaps[0].beta * (x - self.before);
        std::array::from_fn(|k| {
            let next = self.gaps[k].moved(moved);
            moved = self.alpha * next.0;
            next
        })
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn take(&mut self, x: f64, next: [(f64, f64); N]) {
        self.before = x;
        self.gaps.iter_mut().zip(next).for_each(|(it, next)| it.take(next));
    }

    /// The gaps after `x`, once the deepest average speaks.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn push(&mut self, x: f64) -> Option<[f64; N]> {
        let next = self.next(x);
        self.before = x;
        let mut x = x;
        for (k, next) in next.into_iter().enumerate() {
            if self.left[k] == 0 {
                self.gaps[k].take(next);
            } else {
                self.sums[k] += x;
                self.left[k] -= 1;
                if self.left[k] > 0 {
                    return None;
                }
                self.gaps[k].begin(x - self.sums[k] / self.n);
            }
            x -= self.gaps[k].last;
        }
        Some(std::array::from_fn(|k| self.gaps[k].last))
    }
}

macro_rules! chained {
    ($($(#[$meta:meta])* $name:ident($n:literal) = |$x:ident, $gaps:pat_param| $value:expr;)*) => {$(
        $(#[$meta])*
        #[derive(Clone)]
        pub(crate) struct $name(pub(crate) Chain<$n>);

        impl $name {
            #[inline(always)]
            #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
            pub(crate) fn value($x: f64, $gaps: [f64; $n]) -> f64 {
                $value
            }
        }

        impl Step<1, 1> for $name {
            const WARMS: bool = true;

            #[inline(always)]
            fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
                self.0.push(x).into_iter().for_each(|gaps| out[0] = $name::value(x, gaps));
            }

            #[inline(always)]
            fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
                let next = self.0.next(x);
                let value = $name::value(x, next.map(|it| it.0));
                if !stands::<ASKED>(value) {
                    return None;
                }
                self.0.take(x, next);
                Some([value])
            }
        }
    )*};
}
chained! {
    /// Twice the average less its average.
    Dema2(2) = |x, [one, two]| x - (one - two);
    /// Thrice the average less thrice its average, and the average of that.
    Tema3(3) = |x, [one, two, three]| x - (one - 2.0 * two + three);
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

impl Strength {
    /// Whether it speaks of a price that never moved.
    pub(crate) fn is_unmoved(&self) -> bool {
        self.moves.last.abs() <= 0.0
    }
}

impl Step<1, 1> for Strength {
    const WARMS: bool = true;

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
            let (gains, moves) = (self.gains.next(Strength::gain(change)), self.moves.next(change.abs()));
            // While the price stands still both shrink by one factor, and the index stays. They stop where they would be too small
            // for normal numbers, which no longer shrink below some last ones that are equal.
            if change.abs() > 0.0 || moves.0 >= f64::MIN_POSITIVE {
                self.gains.take(gains);
                self.moves.take(moves);
            }
        }
        let (gains, moves) = (self.gains.last, self.moves.last);
        out[0] = if moves > 0.0 { 100.0 * (gains / moves) } else { 0.0 };
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [price]: [f64; 1]) -> Option<[f64; 1]> {
        let change = price - self.before;
        let gains = self.gains.next(Strength::gain(change));
        let moves = self.moves.next(change.abs());
        // What is not finite is a move that is not; and without a move, or with next to none, there is more to ask.
        if !moves.0.is_normal() {
            return None;
        }
        self.before = price;
        self.gains.take(gains);
        self.moves.take(moves);
        Some([100.0 * (gains.0 / moves.0)])
    }
}

state! {
    /// An average whose speed is the size of the momentum (Chande 1992): how far the price has come in `n` rows as a part of the
    /// way that it went. It is kept as a gap below the price, as the others. What changes stands apart, as in a [`Gap`].
    #[repr(C)]
    pub(crate) struct Dynamic {
        ring: Ring,
        /// The way of the last `n` changes.
        path: f64,
        still: usize,
        /// The price that left last.
        gone: f64,
        copies: bool,
        gap: f64,
        alpha: f64,
        before: f64,
    }
}

impl Dynamic {
    pub(crate) fn new(p: &[f64]) -> Dynamic {
        let mut ring = Ring::new(p[1]);
        // There is one price more than there are changes.
        ring.missing += 1;
        Dynamic {
            ring,
            alpha: 2.0 / (p[0] + 1.0),
            copies: p[0] <= 1.0,
            before: SILENT,
            path: 0.0,
            gone: 0.0,
            still: 0,
            gap: 0.0,
        }
    }

    /// The way with `x`.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn path(&self, x: f64) -> f64 {
        self.path + ((x - self.before).abs() - (self.ring.oldest() - self.gone).abs())
    }

    /// The gap with `x`.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn gap(&self, x: f64, path: f64) -> f64 {
        let part = (x - self.ring.oldest()).abs() / path;
        // More than the whole is rounding, of what a far value has left in the path, and would make the gap grow.
        let part = if part < 1.0 { part } else { 1.0 };
        let k = if path > 0.0 { self.alpha * part } else { 0.0 };
        (1.0 - k) * (self.gap + (x - self.before))
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn take(&mut self, x: f64) {
        self.before = x;
        self.gone = self.ring.put(x);
    }
}

impl Step<1, 1> for Dynamic {
    const WARMS: bool = true;
    const WALKS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        if self.copies {
            out[0] = x;
            return;
        }
        if self.before.is_nan() {
            // While the ring is not full, what leaves is the first price.
            self.ring.values.fill(x);
            self.take(x);
            return;
        }
        self.path = self.path(x);
        self.still = if (x - self.before).abs() <= 0.0 { self.still + 1 } else { 0 };
        let n = self.ring.values.len();
        if self.still >= n {
            // Nothing but rounding is left in the sum.
            (self.still, self.path) = (n, 0.0);
        }
        self.gap = self.gap(x, self.path);
        self.take(x);
        if self.ring.missing == 0 {
            out[0] = x - self.gap;
        }
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        let path = self.path(x);
        let gap = self.gap(x, path);
        let value = x - gap;
        if self.ring.missing > 1 || !sound::<ASKED>(value + path) || (x - self.before).abs() <= 0.0 {
            return None;
        }
        self.take(x);
        (self.path, self.gap, self.still) = (path, gap, 0);
        Some([value])
    }
}

/// A [`Chain`], two rows at a time, to the last bit the same. Each average works on the two rows before those of the one above, so
/// that none waits for another: a processor would not see far enough ahead to find work beside one long chain.
pub(crate) struct ChainPair<const N: usize> {
    gaps: [GapPair; N],
    /// The gaps of each average, the latest first.
    said: [[[f64; 2]; N]; N],
    alpha: f64,
    before: f64,
}

impl<const N: usize> ChainPair<N> {
    /// Goes on where a chain stands after the two rows that follow its first answer, with the gaps of the first of them and what
    /// [`Chain::next`] said of the second.
    pub(crate) fn after(before: [f64; N], chain: &Chain<N>, last: [(f64, f64); N]) -> ChainPair<N> {
        let gap = |k: usize| {
            let Gap { beta, square, .. } = chain.gaps[k];
            GapPair { gaps: [before[k], last[k].0], moved: last[k].1, beta, square }
        };
        let gaps = std::array::from_fn(gap);
        ChainPair { gaps, said: [[[0.0; 2]; N]; N], alpha: chain.alpha, before: chain.before }
    }

    /// Takes two values, and gives the gaps after those of `N - 1` calls ago, those of one average side by side. Averages from `from`
    /// to before `until` work: at a beginning the lower ones have no rows yet, at an end the upper ones no more.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn next(&mut self, x: [f64; 2], from: usize, until: usize) -> [[f64; 2]; N] {
        let beta = self.gaps[0].beta;
        let moved = [beta * (x[0] - self.before), beta * (x[1] - x[0])];
        self.before = x[1];
        for k in (0..N).rev() {
            self.said[k].rotate_right(1);
            if (from..until).contains(&k) {
                let above = if k == 0 { moved } else { self.said[k - 1][0].map(|it| self.alpha * it) };
                self.said[k][0] = self.gaps[k].moved(above);
            }
        }
        std::array::from_fn(|k| self.said[k][N - 1 - k])
    }
}
