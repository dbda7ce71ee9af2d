//! Windows over the last values of two items: correlation, covariance, slope. As in [`crate::window`], nothing is ever
//! subtracted from a sum.

use crate::state::{plain, state};
use crate::window::{ABSENT, Run, spread_of};

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

/// The sums of two items, each around a value of its own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Products {
    pub(crate) a: f64,
    pub(crate) b: f64,
    pub(crate) aa: f64,
    pub(crate) bb: f64,
    pub(crate) ab: f64,
}

plain!(Products { a, b, aa, bb, ab });

impl PairKind {
    /// What the sums of `n` pairs say; not finite where that is nothing.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "over a column the kind is known, and nothing is left to ask")]
    pub(crate) fn of(self, n: usize, sums: Products) -> f64 {
        let n = n as f64;
        let Products { a, b, aa, bb, ab } = sums;
        let (aa, bb, ab) = (spread_of(aa - a * a / n), spread_of(bb - b * b / n), ab - a * b / n);
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
    /// For each place of the ring the sums from there to its end, as they were when the window went round last.
    rest: Box<[Products]>,
    sums: PairSums,
}

state!(Pair { ring, rest, sums; kind });

/// What changes with a pair of values, beside the place that it takes in the ring.
#[derive(Clone, Copy, Debug, Default)]
struct PairSums {
    head: usize,
    count: usize,
    shift: (f64, f64),
    /// Of what has come since the window went round last.
    late: Products,
    runs: (Run, Run),
}

plain!(PairSums { head, count, shift, late, runs });

impl Products {
    #[inline]
    fn add(&mut self, (a, b): (f64, f64)) {
        self.a += a;
        self.b += b;
        self.aa += a * a;
        self.bb += b * b;
        self.ab += a * b;
    }

    #[inline]
    fn plus(self, other: Products) -> Products {
        Products {
            a: self.a + other.a,
            b: self.b + other.b,
            aa: self.aa + other.aa,
            bb: self.bb + other.bb,
            ab: self.ab + other.ab,
        }
    }
}

impl Pair {
    pub(crate) fn new(kind: PairKind, n: usize) -> Pair {
        Pair {
            kind,
            ring: vec![(0.0, 0.0); n].into_boxed_slice(),
            rest: vec![Products::default(); n].into_boxed_slice(),
            sums: PairSums::default(),
        }
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
        self.ring[self.sums.head] = (a, b);
        self.sums.head = if self.sums.head + 1 == n { 0 } else { self.sums.head + 1 };
        self.sums.count = (self.sums.count + 1).min(n);
        self.sums.runs.0.push(a);
        self.sums.runs.1.push(b);
        if self.sums.head == 0 {
            (self.sums.shift, self.sums.late) = ((a, b), Products::default());
            let mut total = Products::default();
            for (pair, rest) in self.ring.iter().zip(&mut self.rest).rev() {
                total.add((pair.0 - a, pair.1 - b));
                *rest = total;
            }
        } else {
            let shift = self.sums.shift;
            self.sums.late.add((a - shift.0, b - shift.1));
        }
        if self.sums.count < n {
            return ABSENT;
        }
        self.say(self.rest[self.sums.head].plus(self.sums.late))
    }

    fn say(&self, sums: Products) -> f64 {
        let n = self.ring.len();
        let runs = self.sums.runs;
        let answer = match [runs.0.len >= n, runs.1.len >= n] {
            [false, false] => self.kind.of(n, sums),
            flat => self.kind.of_flat(flat),
        };
        if answer.is_finite() { answer } else { ABSENT }
    }

    /// What [`Pair::push`] would answer; remembers nothing.
    pub(crate) fn peek(&mut self, a: f64, b: f64) -> f64 {
        let (sums, old) = (self.sums, self.ring[self.sums.head]);
        let answer = if sums.head + 1 == self.ring.len() {
            // What [`Pair::push`] would lay down is not.
            self.ring[sums.head] = (a, b);
            self.sums.runs.0.push(a);
            self.sums.runs.1.push(b);
            let mut total = Products::default();
            self.ring.iter().rev().for_each(|pair| total.add((pair.0 - a, pair.1 - b)));
            self.say(total)
        } else {
            self.push(a, b)
        };
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

    const KINDS: [PairKind; 3] = [PairKind::Corr, PairKind::Cov, PairKind::Beta];

    proptest! {
        #[test]
        fn a_pair_is_the_textbook_formula(
            xs in prop::collection::vec((90.0..110.0_f64, -3.0..3.0_f64), 1..80), n in 2..15_usize,
        ) {
            for kind in KINDS {
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
    fn an_enormous_value_leaves_no_trace_from_the_step_on_at_which_it_leaves() {
        let usual = |at: usize| 100.0 + libm::sin(at as f64 * 0.7) + 0.3 * libm::cos(at as f64 * 2.1);
        let other = |at: usize| 50.0 + libm::cos(at as f64 * 1.3);
        let n = 10;
        for spike in [1e9, -1e9, 1e15, 1e100] {
            for place in 20..40 {
                let mut pairs = KINDS.map(|it| Pair::new(it, n));
                for at in 0..70 {
                    let x = if at == place { spike } else { usual(at) };
                    let said = pairs.each_mut().map(|it| it.push(x, other(at)));
                    if at < place + n {
                        continue;
                    }
                    for (kind, got) in KINDS.iter().zip(said) {
                        // A window that never saw anything else.
                        let mut fresh = Pair::new(*kind, n);
                        let own = at + 1 - n..=at;
                        let want = own.map(|at| fresh.push(usual(at), other(at))).last().unwrap();
                        let off = (got - want).abs();
                        assert!(off < 1e-10, "{kind:?} {spike} at {place}: {got} for {want} at {at}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_never_moves_goes_with_nothing() {
        let mut pairs = KINDS.map(|it| Pair::new(it, 5));
        let mut on_flat = Pair::new(PairKind::Beta, 5);
        // Also where the sums still hold what rounding left of values that have gone.
        for before in [0.1, 99.73, -3e4 / 7.0] {
            for x in [before, before / 3.0, before / 7.0] {
                on_flat.push(x, x);
                for pair in &mut pairs {
                    pair.push(x, x * x);
                }
            }
            for step in 0..11 {
                let flat = step >= 4;
                let [corr, cov, beta] = pairs.each_mut().map(|it| it.push(0.1, f64::from(step * step)));
                assert!(!flat || corr.is_nan() && cov == 0.0 && beta == 0.0, "{corr} {cov} {beta} at {step}");
                assert!(on_flat.push(f64::from(step), 0.1).is_nan() || !flat);
            }
        }
    }
}
