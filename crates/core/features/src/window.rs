//! Windows over the last values of an item: lags, differences, rolling sums, deviations, extremes and correlations.
//! Constant time on average; a sum is taken anew each time the window has been filled once, so that it does not drift.

use crate::state::{plain, state};

/// What is not there.
pub(crate) const ABSENT: f64 = f64::NAN;

/// What a window answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The value `n` steps before.
    Lag,
    /// The value less the one `n` steps before.
    Diff,
    /// `x / x[n before] - 1`.
    PctChange,
    /// `ln(x / x[n before])`.
    LogReturn,
    Sum,
    Mean,
    /// With `n - 1` in the denominator.
    Var,
    Std,
    /// Distance from the mean in standard deviations, `n - 1` in the denominator.
    Standing,
}

/// A window of one item.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    kind: Kind,
    ring: Box<[f64]>,
    sums: Sums,
}

state!(Window { ring, sums; kind });

/// What changes with a value, beside the place that it takes in the ring.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    head: usize,
    count: usize,
    /// Values are summed as their distance from this one, so that little cancels.
    shift: f64,
    sum: f64,
    squares: f64,
    run: Run,
}

/// The last value, and how many in a row were it: what does not move has no spread, whatever rounding leaves in the sums.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    value: f64,
    len: usize,
}

impl Run {
    #[inline]
    #[allow(clippy::float_cmp, reason = "the same value, not one that is near")]
    fn push(&mut self, x: f64) {
        self.len = if x == self.value { self.len.saturating_add(1) } else { 1 };
        self.value = x;
    }
}

plain!(Run { value, len });
plain!(Sums { head, count, shift, sum, squares, run });

impl Window {
    pub(crate) fn new(kind: Kind, n: usize) -> Window {
        Window { kind, ring: vec![0.0; n].into_boxed_slice(), sums: Sums::default() }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn len(&self) -> usize {
        self.ring.len()
    }

    /// Takes a finite value in.
    #[inline]
    pub(crate) fn push(&mut self, x: f64) -> f64 {
        let n = self.ring.len();
        let full = self.sums.count == n;
        let old = self.ring[self.sums.head];
        self.ring[self.sums.head] = x;
        self.sums.head += 1;
        if self.sums.head == n {
            self.sums.head = 0;
        }
        if !full {
            self.sums.count += 1;
        }
        let answer = match self.kind {
            Kind::Lag if full => old,
            Kind::Diff if full => x - old,
            Kind::PctChange if full && old != 0.0 => x / old - 1.0,
            Kind::LogReturn if full && old != 0.0 => libm::log(x / old),
            Kind::Lag | Kind::Diff | Kind::PctChange | Kind::LogReturn => return ABSENT,
            _ => {
                self.add(x, full.then_some(old));
                if self.sums.count < n {
                    return ABSENT;
                }
                self.moment(x)
            }
        };
        if answer.is_finite() { answer } else { ABSENT }
    }

    fn add(&mut self, x: f64, old: Option<f64>) {
        let plain = matches!(self.kind, Kind::Sum | Kind::Mean);
        let sums = &mut self.sums;
        sums.run.push(x);
        if sums.head == 0 {
            // The window lies in the ring from its oldest value on: summed anew.
            sums.shift = if plain { 0.0 } else { x };
            (sums.sum, sums.squares) = (0.0, 0.0);
            for value in &self.ring {
                let d = value - sums.shift;
                sums.sum += d;
                sums.squares += d * d;
            }
            return;
        }
        if sums.count == 1 && old.is_none() && !plain {
            sums.shift = x;
        }
        let d = x - sums.shift;
        sums.sum += d;
        sums.squares += d * d;
        if let Some(old) = old {
            let d = old - sums.shift;
            sums.sum -= d;
            sums.squares -= d * d;
        }
    }

    fn moment(&self, x: f64) -> f64 {
        let n = self.ring.len() as f64;
        let Sums { shift, sum, squares, run, .. } = self.sums;
        let flat = run.len >= self.ring.len();
        let variance = || if flat { 0.0 } else { ((squares - sum * sum / n) / (n - 1.0)).max(0.0) };
        match self.kind {
            Kind::Sum => sum,
            Kind::Mean => sum / n,
            Kind::Var => variance(),
            Kind::Std => libm::sqrt(variance()),
            // A window without spread has no distance in its units.
            _ => (x - shift - sum / n) / libm::sqrt(variance()),
        }
    }

    /// What [`Window::push`] would answer; remembers nothing.
    pub(crate) fn peek(&mut self, x: f64) -> f64 {
        let (sums, old) = (self.sums, self.ring[self.sums.head]);
        let answer = self.push(x);
        self.ring[sums.head] = old;
        self.sums = sums;
        answer
    }

    pub(crate) fn reset(&mut self) {
        self.sums = Sums::default();
    }
}

/// What two ends of a window answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndKind {
    Min,
    Max,
    /// `(x - min) / (max - min)`.
    Place,
}

/// The smallest and the largest of the last values: two queues of those that may still become it (Lemire 2006).
#[derive(Clone, Debug)]
pub(crate) struct Ends {
    kind: EndKind,
    n: u64,
    step: u64,
    low: Queue,
    high: Queue,
}

state!(Ends { step, low, high; kind, n });

#[derive(Clone, Debug)]
struct Queue {
    ring: Box<[(u64, f64)]>,
    first: usize,
    len: usize,
}

state!(Queue { ring, first, len });

impl Queue {
    fn new(n: usize) -> Queue {
        Queue { ring: vec![(0, 0.0); n].into_boxed_slice(), first: 0, len: 0 }
    }

    #[inline]
    fn at(&self, place: usize) -> (u64, f64) {
        let place = self.first + place;
        self.ring[if place < self.ring.len() { place } else { place - self.ring.len() }]
    }

    /// The best of the values from step `from` on and of `x`.
    fn best(&self, from: u64, x: f64, is_worse: impl Fn(f64, f64) -> bool) -> f64 {
        let kept = (0..self.len).map(|it| self.at(it)).find(|it| it.0 >= from);
        kept.map_or(x, |(_, value)| if is_worse(value, x) { x } else { value })
    }

    fn push(&mut self, step: u64, from: u64, x: f64, is_worse: impl Fn(f64, f64) -> bool) {
        while self.len > 0 && self.at(0).0 < from {
            self.first = if self.first + 1 < self.ring.len() { self.first + 1 } else { 0 };
            self.len -= 1;
        }
        while self.len > 0 && !is_worse(x, self.at(self.len - 1).1) {
            self.len -= 1;
        }
        let place = self.first + self.len;
        let place = if place < self.ring.len() { place } else { place - self.ring.len() };
        self.ring[place] = (step, x);
        self.len += 1;
    }
}

impl Ends {
    pub(crate) fn new(kind: EndKind, n: usize) -> Ends {
        Ends { kind, n: n as u64, step: 0, low: Queue::new(n), high: Queue::new(n) }
    }

    pub(crate) fn kind(&self) -> EndKind {
        self.kind
    }

    pub(crate) fn len(&self) -> usize {
        self.n as usize
    }

    pub(crate) fn push(&mut self, x: f64) -> f64 {
        let answer = self.peek(x);
        let from = (self.step + 1).saturating_sub(self.n);
        if self.kind != EndKind::Max {
            self.low.push(self.step, from, x, |a, b| a > b);
        }
        if self.kind != EndKind::Min {
            self.high.push(self.step, from, x, |a, b| a < b);
        }
        self.step += 1;
        answer
    }

    pub(crate) fn peek(&self, x: f64) -> f64 {
        if self.step + 1 < self.n {
            return ABSENT;
        }
        let from = self.step + 1 - self.n;
        let low = || self.low.best(from, x, |a, b| a > b);
        let high = || self.high.best(from, x, |a, b| a < b);
        match self.kind {
            EndKind::Min => low(),
            EndKind::Max => high(),
            EndKind::Place => {
                let (low, high) = (low(), high());
                let place = (x - low) / (high - low);
                if place.is_finite() { place } else { ABSENT }
            }
        }
    }

    pub(crate) fn reset(&mut self) {
        self.step = 0;
        (self.low.len, self.high.len) = (0, 0);
    }
}

/// What a window of two items answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PairKind {
    /// Pearson's correlation.
    Corr,
    /// Covariance, `n - 1` in the denominator.
    Cov,
    /// Slope of the first on the second.
    Beta,
}

/// The sums of a full window of two items, each around a value of its own.
#[derive(Clone, Copy)]
pub(crate) struct Products {
    pub(crate) a: f64,
    pub(crate) b: f64,
    pub(crate) aa: f64,
    pub(crate) bb: f64,
    pub(crate) ab: f64,
}

impl PairKind {
    /// What the sums of `n` pairs say; not finite where that is nothing.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "over a column the kind is known, and nothing is left to ask")]
    pub(crate) fn of(self, n: usize, sums: Products) -> f64 {
        let n = n as f64;
        let Products { a, b, aa, bb, ab } = sums;
        let (aa, bb, ab) = ((aa - a * a / n).max(0.0), (bb - b * b / n).max(0.0), ab - a * b / n);
        match self {
            PairKind::Corr => (ab / (aa.sqrt() * bb.sqrt())).clamp(-1.0, 1.0),
            PairKind::Cov => ab / (n - 1.0),
            PairKind::Beta => ab / bb,
        }
    }
}

impl PairKind {
    /// What there is to say where one of the two does not move, or neither.
    pub(crate) fn of_flat(self, [_, b]: [bool; 2]) -> f64 {
        match self {
            PairKind::Cov => 0.0,
            PairKind::Beta if !b => 0.0,
            PairKind::Beta | PairKind::Corr => ABSENT,
        }
    }
}

/// A window of two items.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    kind: PairKind,
    ring: Box<[(f64, f64)]>,
    sums: PairSums,
}

state!(Pair { ring, sums; kind });

/// The sums of a window of two items.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PairSums {
    head: usize,
    count: usize,
    shift: (f64, f64),
    a: f64,
    b: f64,
    aa: f64,
    bb: f64,
    ab: f64,
    runs: (Run, Run),
}

plain!(PairSums { head, count, shift, a, b, aa, bb, ab, runs });

impl PairSums {
    #[inline]
    pub(crate) fn add(&mut self, (a, b): (f64, f64), sign: f64) {
        let (a, b) = (a - self.shift.0, b - self.shift.1);
        self.a += sign * a;
        self.b += sign * b;
        self.aa += sign * a * a;
        self.bb += sign * b * b;
        self.ab += sign * a * b;
    }
}

impl Pair {
    pub(crate) fn new(kind: PairKind, n: usize) -> Pair {
        Pair { kind, ring: vec![(0.0, 0.0); n].into_boxed_slice(), sums: PairSums::default() }
    }

    pub(crate) fn kind(&self) -> PairKind {
        self.kind
    }

    pub(crate) fn len(&self) -> usize {
        self.ring.len()
    }

    /// Takes two finite values in.
    pub(crate) fn push(&mut self, a: f64, b: f64) -> f64 {
        let n = self.ring.len();
        let full = self.sums.count == n;
        let old = std::mem::replace(&mut self.ring[self.sums.head], (a, b));
        self.sums.head = if self.sums.head + 1 == n { 0 } else { self.sums.head + 1 };
        self.sums.count += usize::from(!full);
        self.sums.runs.0.push(a);
        self.sums.runs.1.push(b);
        if self.sums.head == 0 {
            let PairSums { count, runs, .. } = self.sums;
            self.sums = PairSums { count, runs, shift: (a, b), ..PairSums::default() };
            for &pair in &self.ring {
                self.sums.add(pair, 1.0);
            }
        } else {
            if self.sums.count == 1 {
                self.sums.shift = (a, b);
            }
            self.sums.add((a, b), 1.0);
            if full {
                self.sums.add(old, -1.0);
            }
        }
        if self.sums.count < n {
            return ABSENT;
        }
        let PairSums { a, b, aa, bb, ab, runs, .. } = self.sums;
        let flat = [runs.0.len >= n, runs.1.len >= n];
        let answer = match flat {
            [false, false] => self.kind.of(n, Products { a, b, aa, bb, ab }),
            flat => self.kind.of_flat(flat),
        };
        if answer.is_finite() { answer } else { ABSENT }
    }

    /// What [`Pair::push`] would answer; remembers nothing.
    pub(crate) fn peek(&mut self, a: f64, b: f64) -> f64 {
        let (sums, old) = (self.sums, self.ring[self.sums.head]);
        let answer = self.push(a, b);
        self.ring[sums.head] = old;
        self.sums = sums;
        answer
    }

    pub(crate) fn reset(&mut self) {
        self.sums = PairSums::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The textbook formula over the last `n` values.
    fn slow(kind: Kind, n: usize, xs: &[f64]) -> Option<f64> {
        let at = xs.len() - 1;
        if matches!(kind, Kind::Lag | Kind::Diff | Kind::PctChange | Kind::LogReturn) {
            let (x, old) = (xs[at], *xs.get(at.checked_sub(n)?)?);
            return Some(match kind {
                Kind::Lag => old,
                Kind::Diff => x - old,
                Kind::PctChange => x / old - 1.0,
                _ => libm::log(x / old),
            });
        }
        let window = &xs[(at + 1).checked_sub(n)?..];
        let sum: f64 = window.iter().sum();
        let mean = sum / n as f64;
        let variance = window.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / (n as f64 - 1.0);
        Some(match kind {
            Kind::Sum => sum,
            Kind::Mean => mean,
            Kind::Var => variance,
            Kind::Std => variance.sqrt(),
            _ => (xs[at] - mean) / variance.sqrt(),
        })
    }

    const KINDS: [Kind; 9] = [
        Kind::Lag,
        Kind::Diff,
        Kind::PctChange,
        Kind::LogReturn,
        Kind::Sum,
        Kind::Mean,
        Kind::Var,
        Kind::Std,
        Kind::Standing,
    ];

    proptest! {
        #[test]
        fn a_window_is_the_textbook_formula_and_a_peek_is_a_push_that_was_not(
            xs in prop::collection::vec(90.0..110.0_f64, 1..120), n in 2..20_usize,
        ) {
            for kind in KINDS {
                let mut window = Window::new(kind, n);
                for at in 0..xs.len() {
                    let peeked = window.peek(xs[at]);
                    let pushed = window.push(xs[at]);
                    prop_assert_eq!(peeked.to_bits(), pushed.to_bits());
                    match slow(kind, n, &xs[..=at]) {
                        None => prop_assert!(pushed.is_nan()),
                        Some(want) => prop_assert!(
                            (pushed - want).abs() <= 1e-9 * want.abs().max(1.0), "{:?} {} {}", kind, pushed, want
                        ),
                    }
                }
            }
        }

        #[test]
        fn the_ends_of_a_window_are_those_of_its_values(
            xs in prop::collection::vec(-5..5_i32, 1..100), n in 1..12_usize,
        ) {
            let mut all = [EndKind::Min, EndKind::Max, EndKind::Place].map(|it| Ends::new(it, n));
            for at in 0..xs.len() {
                let x = f64::from(xs[at]);
                let said = all.each_mut().map(|it| {
                    let peeked = it.peek(x);
                    let pushed = it.push(x);
                    assert_eq!(peeked.to_bits(), pushed.to_bits());
                    pushed
                });
                let Some(from) = (at + 1).checked_sub(n) else {
                    prop_assert!(said.iter().all(|it| it.is_nan()));
                    continue;
                };
                let window = xs[from..=at].iter().map(|&it| f64::from(it));
                let (low, high) = (window.clone().fold(f64::MAX, f64::min), window.fold(f64::MIN, f64::max));
                prop_assert_eq!((said[0], said[1]), (low, high));
                let place = (x - low) / (high - low);
                prop_assert!(said[2].to_bits() == place.to_bits() || (said[2].is_nan() && place.is_nan()));
            }
        }

        #[test]
        fn a_pair_is_the_textbook_formula(
            xs in prop::collection::vec((90.0..110.0_f64, -3.0..3.0_f64), 1..80), n in 2..15_usize,
        ) {
            for kind in [PairKind::Corr, PairKind::Cov, PairKind::Beta] {
                let mut pair = Pair::new(kind, n);
                for at in 0..xs.len() {
                    let (a, b) = xs[at];
                    let peeked = pair.peek(a, b);
                    let got = pair.push(a, b);
                    prop_assert_eq!(peeked.to_bits(), got.to_bits());
                    let Some(from) = (at + 1).checked_sub(n) else { prop_assert!(got.is_nan()); continue };
                    let window = &xs[from..=at];
                    let mean = |f: fn(&(f64, f64)) -> f64| window.iter().map(f).sum::<f64>() / n as f64;
                    let (ma, mb) = (mean(|it| it.0), mean(|it| it.1));
                    let sum = |f: &dyn Fn(f64, f64) -> f64| {
                        window.iter().map(|it| f(it.0 - ma, it.1 - mb)).sum::<f64>()
                    };
                    let (aa, bb, ab) = (sum(&|a, _| a * a), sum(&|_, b| b * b), sum(&|a, b| a * b));
                    let want = match kind {
                        PairKind::Corr => ab / (aa * bb).sqrt(),
                        PairKind::Cov => ab / (n as f64 - 1.0),
                        PairKind::Beta => ab / bb,
                    };
                    if aa > 1e-3 && bb > 1e-3 {
                        prop_assert!((got - want).abs() <= 1e-6 * want.abs().max(1.0), "{:?} {} {}", kind, got, want);
                    }
                }
            }
        }
    }

    #[test]
    fn a_spike_leaves_no_trace_once_the_window_has_gone_round() {
        let mut mean = Window::new(Kind::Mean, 10);
        mean.push(1e15);
        for _ in 0..40 {
            mean.push(0.1);
        }
        assert!((mean.push(0.1) - 0.1).abs() < 1e-15);
    }

    #[test]
    fn what_never_moves_has_no_spread_and_no_standing() {
        let (mut std, mut standing) = (Window::new(Kind::Std, 5), Window::new(Kind::Standing, 5));
        let mut pairs = [PairKind::Corr, PairKind::Cov, PairKind::Beta].map(|it| Pair::new(it, 5));
        let mut on_flat = Pair::new(PairKind::Beta, 5);
        // Also where the sums still hold what rounding left of values that have gone.
        for before in [0.1, 99.73, -3e4 / 7.0] {
            for x in [before, before / 3.0, before / 7.0] {
                std.push(x);
                standing.push(x);
                on_flat.push(x, x);
                for pair in &mut pairs {
                    pair.push(x, x * x);
                }
            }
            for step in 0..11 {
                let flat = step >= 4;
                let said = [std.push(0.1), standing.push(0.1)];
                assert!(
                    !flat || said[0].to_bits() == 0.0_f64.to_bits() && said[1].is_nan(),
                    "{said:?} at {step}"
                );
                let [corr, cov, beta] = pairs.each_mut().map(|it| it.push(0.1, f64::from(step * step)));
                assert!(!flat || corr.is_nan() && cov == 0.0 && beta == 0.0, "{corr} {cov} {beta} at {step}");
                assert!(on_flat.push(f64::from(step), 0.1).is_nan() || !flat);
            }
        }
    }
}
