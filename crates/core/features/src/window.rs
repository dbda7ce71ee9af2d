//! Windows over the last values of an item: lags, differences, rolling sums, deviations and extremes.
//! Constant time on average. Nothing is ever subtracted from a sum: each time the window has gone round, the sums of what is
//! left of it after one value has gone, after two, and so on, are laid down, and the sum of a window is one of those and the
//! sum of what has come since. So an enormous value leaves nothing behind when it goes, and nothing drifts.

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
    /// For each place of the ring the sum, and that of squares, from there to its end, as it was when the window went round
    /// last; none where no sums are taken.
    rest: Box<[[f64; 2]]>,
    sums: Sums,
}

state!(Window { ring, rest, sums; kind });

/// What changes with a value, beside the place that it takes in the ring.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    head: usize,
    count: usize,
    /// Values are summed as their distance from this one, so that little cancels.
    shift: f64,
    /// Of what has come since the window went round last.
    sum: f64,
    squares: f64,
    run: Run,
}

/// The last value, and how many in a row were it: what does not move has no spread, whatever rounding leaves in the sums.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Run {
    value: f64,
    pub(crate) len: usize,
}

impl Run {
    #[inline]
    #[allow(clippy::float_cmp, reason = "the same value, not one that is near")]
    pub(crate) fn push(&mut self, x: f64) {
        self.len = if x == self.value { self.len.saturating_add(1) } else { 1 };
        self.value = x;
    }
}

plain!(Run { value, len });
plain!(Sums { head, count, shift, sum, squares, run });

impl Window {
    pub(crate) fn new(kind: Kind, n: usize) -> Window {
        let is_summed = !matches!(kind, Kind::Lag | Kind::Diff | Kind::PctChange | Kind::LogReturn);
        Window {
            kind,
            ring: vec![0.0; n].into_boxed_slice(),
            rest: vec![[0.0; 2]; if is_summed { n } else { 0 }].into_boxed_slice(),
            sums: Sums::default(),
        }
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
                self.add(x);
                if self.sums.count < n {
                    return ABSENT;
                }
                let [sum, squares] = self.rest[self.sums.head];
                self.moment(x, [sum + self.sums.sum, squares + self.sums.squares])
            }
        };
        if answer.is_finite() { answer } else { ABSENT }
    }

    fn add(&mut self, x: f64) {
        self.sums.run.push(x);
        if self.sums.head != 0 {
            let d = x - self.sums.shift;
            self.sums.sum += d;
            self.sums.squares += d * d;
            return;
        }
        // The window lies in the ring from its oldest value on.
        let (shift, mut total) = (self.shift_at(x), [0.0; 2]);
        (self.sums.shift, self.sums.sum, self.sums.squares) = (shift, 0.0, 0.0);
        for (value, rest) in self.ring.iter().zip(&mut self.rest).rev() {
            add_to(&mut total, value - shift);
            *rest = total;
        }
    }

    /// Around which value a window is summed that goes round with `x`.
    fn shift_at(&self, x: f64) -> f64 {
        if matches!(self.kind, Kind::Sum | Kind::Mean) { 0.0 } else { x }
    }

    fn moment(&self, x: f64, [sum, squares]: [f64; 2]) -> f64 {
        let n = self.ring.len() as f64;
        let Sums { shift, run, .. } = self.sums;
        let flat = run.len >= self.ring.len();
        let variance = || if flat { 0.0 } else { spread_of((squares - sum * sum / n) / (n - 1.0)) };
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
        let goes_round = !self.rest.is_empty() && sums.head + 1 == self.ring.len();
        let answer = if goes_round { self.peek_round(x) } else { self.push(x) };
        self.ring[sums.head] = old;
        self.sums = sums;
        answer
    }

    /// The same with the value that fills the ring, with which [`Window::push`] would lay down what is left from each place on.
    fn peek_round(&mut self, x: f64) -> f64 {
        self.ring[self.sums.head] = x;
        self.sums.run.push(x);
        self.sums.shift = self.shift_at(x);
        let (shift, mut total) = (self.sums.shift, [0.0; 2]);
        self.ring.iter().rev().for_each(|value| add_to(&mut total, value - shift));
        let answer = self.moment(x, total);
        if answer.is_finite() { answer } else { ABSENT }
    }

    pub(crate) fn reset(&mut self) {
        self.sums = Sums::default();
    }
}

/// A sum of squares about the mean: what rounding took below zero is zero, and squares that overflow say nothing.
#[inline(always)]
#[allow(clippy::inline_always, reason = "it is a part of loops")]
pub(crate) fn spread_of(x: f64) -> f64 {
    if x < 0.0 {
        0.0
    } else if x < f64::INFINITY {
        x
    } else {
        ABSENT
    }
}

#[inline]
fn add_to([sum, squares]: &mut [f64; 2], d: f64) {
    *sum += d;
    *squares += d * d;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pair::{Pair, PairKind};
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
    }

    #[test]
    fn squares_that_overflow_are_silence_and_not_zero() {
        for x in [1e155, 1e160, 1e300] {
            for kind in [Kind::Var, Kind::Std, Kind::Standing] {
                let mut window = Window::new(kind, 3);
                let said: Vec<f64> = [1.0, 2.0, x, 3.0, 4.0, 5.0].map(|it| window.push(it)).to_vec();
                assert!(
                    said[2..5].iter().all(|it| it.is_nan()) && said[5].is_finite(),
                    "{kind:?} {x}: {said:?}"
                );
                window.push(x);
                assert!(window.push(-x).is_nan(), "{kind:?} {x}: the sum is small and the squares are not");
            }
            for kind in [PairKind::Corr, PairKind::Beta] {
                let mut pair = Pair::new(kind, 3);
                let said = [(1.0, 2.0), (2.0, -1.0), (x, x), (3.0, 1.5), (4.0, 4.0), (5.0, 4.5)];
                let said = said.map(|(a, b)| pair.push(a, b));
                assert!(
                    said[2..5].iter().all(|it| it.is_nan()) && said[5].is_finite(),
                    "{kind:?} {x}: {said:?}"
                );
            }
        }
    }

    #[test]
    fn an_enormous_value_leaves_no_trace_from_the_step_on_at_which_it_leaves() {
        let usual = |at: usize| 100.0 + libm::sin(at as f64 * 0.7) + 0.3 * libm::cos(at as f64 * 2.1);
        let sums = [Kind::Sum, Kind::Mean, Kind::Var, Kind::Std, Kind::Standing];
        let n = 10;
        for spike in [1e9, -1e9, 1e15, 1e100] {
            for place in 20..40 {
                let mut windows = sums.map(|it| Window::new(it, n));
                for at in 0..70 {
                    let x = if at == place { spike } else { usual(at) };
                    let said = windows.each_mut().map(|it| it.push(x));
                    if at < place + n {
                        continue;
                    }
                    for (kind, got) in sums.iter().zip(said) {
                        // A window that never saw anything else.
                        let mut fresh = Window::new(*kind, n);
                        let want = (at + 1 - n..=at).map(|at| fresh.push(usual(at))).last().unwrap();
                        let off = (got / want - 1.0).abs();
                        assert!(off < 1e-10, "{kind:?} {spike} at {place}: {got} for {want} at {at}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_never_moves_has_no_spread_and_no_standing() {
        let (mut std, mut standing) = (Window::new(Kind::Std, 5), Window::new(Kind::Standing, 5));
        // Also where the sums still hold what rounding left of values that have gone.
        for before in [0.1, 99.73, -3e4 / 7.0] {
            for x in [before, before / 3.0, before / 7.0] {
                std.push(x);
                standing.push(x);
            }
            for step in 0..11 {
                let said = [std.push(0.1), standing.push(0.1)];
                assert!(
                    step < 4 || said[0].to_bits() == 0.0_f64.to_bits() && said[1].is_nan(),
                    "{said:?} at {step}"
                );
            }
        }
    }
}
