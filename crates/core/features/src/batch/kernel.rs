//! Windows over a whole column. The live window takes its sums anew each time it has gone round, so the rows fall into blocks
//! that do not depend on one another: eight blocks go side by side, each with the additions of the live window in its order.

use crate::window::{ABSENT, EndKind, Ends, Kind, Pair, PairSums, Window};

/// How many blocks go side by side.
const SIDE: usize = 8;

/// Runs `kernel` over the values that are there, and puts the answers back at their rows.
fn over(x: &[f64], kernel: impl FnOnce(&[f64], &mut [f64])) -> Vec<f64> {
    let rows = x.len();
    let first = x.iter().position(|it| it.is_finite()).unwrap_or(rows);
    let mut out = vec![0.0; rows];
    out[..first].fill(ABSENT);
    if x[first..].iter().all(|it| it.is_finite()) {
        kernel(&x[first..], &mut out[first..]);
        return out;
    }
    let there: Vec<f64> = x.iter().copied().filter(|it| it.is_finite()).collect();
    let mut said = vec![0.0; there.len()];
    kernel(&there, &mut said);
    let mut said = said.into_iter();
    for (to, from) in out.iter_mut().zip(x) {
        *to = if from.is_finite() { said.next().unwrap_or(ABSENT) } else { ABSENT };
    }
    out
}

#[inline]
fn there(x: f64) -> f64 {
    if x.is_finite() { x } else { ABSENT }
}

/// What [`Window::push`] answers to each value of a column.
pub(super) fn window(window: &Window, x: &[f64]) -> Vec<f64> {
    let n = window.len();
    over(x, |x, out| {
        let late = n.min(x.len());
        match window.kind() {
            Kind::Lag | Kind::Diff | Kind::PctChange | Kind::LogReturn => {
                out[..late].fill(ABSENT);
                let rows = out[late..].iter_mut().zip(&x[late..]).zip(x);
                match window.kind() {
                    Kind::Lag => rows.for_each(|((to, _), &old)| *to = old),
                    Kind::Diff => rows.for_each(|((to, x), old)| *to = there(x - old)),
                    // What is divided by zero is not finite.
                    Kind::PctChange => rows.for_each(|((to, x), old)| *to = there(x / old - 1.0)),
                    _ => rows.for_each(|((to, x), &old)| {
                        *to = if old == 0.0 { ABSENT } else { there(libm::log(x / old)) };
                    }),
                }
            }
            Kind::Sum => blocks(n, x, out, Plain::new, |it| it.sum),
            Kind::Mean => {
                let by = n as f64;
                blocks(n, x, out, Plain::new, move |it| it.sum / by);
            }
            kind @ (Kind::Var | Kind::Std | Kind::Standing) => {
                let by = n as f64;
                let new = |x: f64| Squares { shift: x, x, ..Squares::default() };
                let variance = move |it: Squares| ((it.squares - it.sum * it.sum / by) / (by - 1.0)).max(0.0);
                match kind {
                    Kind::Var => blocks(n, x, out, new, variance),
                    Kind::Std => blocks(n, x, out, new, move |it| variance(it).sqrt()),
                    _ => blocks(n, x, out, new, move |it| {
                        (it.x - it.shift - it.sum / by) / variance(it).sqrt()
                    }),
                }
            }
        }
    })
}

/// Sums of a window.
trait Running: Copy {
    type Of: Copy;
    fn add(&mut self, x: Self::Of);
    fn take(&mut self, x: Self::Of);
}

#[derive(Clone, Copy)]
struct Plain {
    sum: f64,
}

impl Plain {
    fn new(_: f64) -> Plain {
        Plain { sum: 0.0 }
    }
}

impl Running for Plain {
    type Of = f64;
    #[inline]
    fn add(&mut self, x: f64) {
        self.sum += x;
    }
    #[inline]
    fn take(&mut self, x: f64) {
        self.sum -= x;
    }
}

#[derive(Clone, Copy, Default)]
struct Squares {
    shift: f64,
    sum: f64,
    squares: f64,
    /// The last value.
    x: f64,
}

impl Running for Squares {
    type Of = f64;
    #[inline]
    fn add(&mut self, x: f64) {
        let d = x - self.shift;
        self.sum += d;
        self.squares += d * d;
        self.x = x;
    }
    #[inline]
    fn take(&mut self, x: f64) {
        let d = x - self.shift;
        self.sum -= d;
        self.squares -= d * d;
    }
}

impl Running for PairSums {
    type Of = (f64, f64);
    #[inline]
    fn add(&mut self, x: (f64, f64)) {
        PairSums::add(self, x, 1.0);
    }
    #[inline]
    fn take(&mut self, x: (f64, f64)) {
        PairSums::add(self, x, -1.0);
    }
}

/// The answers over columns without a gap: `new` begins the sums of a block at the value of its first row.
fn blocks<S: Running<Of = f64>>(
    n: usize,
    x: &[f64],
    out: &mut [f64],
    new: impl Fn(f64) -> S,
    say: impl Fn(S) -> f64,
) {
    blocks_of(n, x.len(), |at| x[at], out, new, say);
}

#[inline]
fn blocks_of<S: Running>(
    n: usize,
    rows: usize,
    x: impl Fn(usize) -> S::Of,
    out: &mut [f64],
    new: impl Fn(S::Of) -> S,
    say: impl Fn(S) -> f64,
) {
    out[..(n - 1).min(rows)].fill(ABSENT);
    // The block whose window is filled at row `from - 1 + n` starts there and has n rows.
    let mut from = 0;
    while from + (SIDE + 1) * n <= rows + 1 {
        // Places lie within the columns by the condition above; the sums wrap so that they are not checked a second time.
        let old: [usize; SIDE] = std::array::from_fn(|k| from + k * n);
        let mut all: [S; SIDE] = std::array::from_fn(|k| new(x(old[k] + n - 1)));
        for j in 0..n {
            for (sums, old) in all.iter_mut().zip(&old) {
                sums.add(x(old.wrapping_add(j)));
            }
        }
        for (sums, old) in all.iter().zip(&old) {
            out[old + n - 1] = there(say(*sums));
        }
        for j in 0..n - 1 {
            for (sums, old) in all.iter_mut().zip(&old) {
                let old = old.wrapping_add(j);
                let new = old.wrapping_add(n);
                sums.add(x(new));
                sums.take(x(old));
                out[new] = there(say(*sums));
            }
        }
        from += SIDE * n;
    }
    while from + n <= rows {
        let mut sums = new(x(from + n - 1));
        (from..from + n).for_each(|at| sums.add(x(at)));
        out[from + n - 1] = there(say(sums));
        let end = (from + 2 * n - 1).min(rows);
        for (at, out) in (from + n..end).zip(&mut out[from + n..end]) {
            sums.add(x(at));
            sums.take(x(at - n));
            *out = there(say(sums));
        }
        from += n;
    }
}

/// What [`Pair::push`] answers to each pair of values of two columns.
pub(super) fn pair(pair: &Pair, a: &[f64], b: &[f64]) -> Vec<f64> {
    let n = pair.len();
    let run = |a: &[f64], b: &[f64], out: &mut [f64]| {
        let rows = a.len().min(b.len());
        blocks_of(n, rows, |at| (a[at], b[at]), out, PairSums::around, |sums| pair.answer_of(&sums));
    };
    let is_there = |(a, b): (&f64, &f64)| a.is_finite() && b.is_finite();
    let first = a.iter().zip(b).position(is_there).unwrap_or(a.len());
    let mut out = vec![0.0; a.len()];
    out[..first].fill(ABSENT);
    if a[first..].iter().zip(&b[first..]).all(is_there) {
        run(&a[first..], &b[first..], &mut out[first..]);
        return out;
    }
    let (x, y): (Vec<f64>, Vec<f64>) = a.iter().zip(b).filter(|it| is_there(*it)).unzip();
    let mut said = vec![0.0; x.len()];
    run(&x, &y, &mut said);
    let mut said = said.into_iter();
    for (to, it) in out.iter_mut().zip(a.iter().zip(b)) {
        *to = if is_there(it) { said.next().unwrap_or(ABSENT) } else { ABSENT };
    }
    out
}

/// What [`Ends::push`] answers to each value of a column.
pub(super) fn ends(ends: &Ends, x: &[f64]) -> Vec<f64> {
    over(x, |x, out| {
        // Which of two zeros of unlike sign is kept depends on the queue.
        if x.iter().any(|it| *it == 0.0 && it.is_sign_negative()) {
            let mut ends = ends.clone();
            out.iter_mut().zip(x).for_each(|(to, &x)| *to = ends.push(x));
            return;
        }
        let n = ends.len();
        match ends.kind() {
            EndKind::Min => extremes(n, x, out, |a, b| if a < b { a } else { b }),
            EndKind::Max => extremes(n, x, out, |a, b| if a > b { a } else { b }),
            EndKind::Place => {
                let mut high = vec![0.0; x.len()];
                extremes(n, x, &mut high, |a, b| if a > b { a } else { b });
                extremes(n, x, out, |a, b| if a < b { a } else { b });
                for ((to, high), x) in out.iter_mut().zip(&high).zip(x) {
                    *to = there((x - *to) / (high - *to));
                }
            }
        }
    })
}

/// Van Herk's: the best of the last n is the best of the rest of one block and the beginning of the next.
fn extremes(n: usize, x: &[f64], out: &mut [f64], best: impl Fn(f64, f64) -> f64) {
    out[..(n - 1).min(x.len())].fill(ABSENT);
    let mut rest = vec![0.0; n];
    let mut from = 0;
    while from + n <= x.len() {
        let block = &x[from..from + n];
        let mut so_far = block[n - 1];
        for (to, &x) in rest.iter_mut().zip(block).rev() {
            so_far = best(so_far, x);
            *to = so_far;
        }
        out[from + n - 1] = rest[0];
        let next = &x[from + n..x.len().min(from + 2 * n - 1)];
        if let Some(&first) = next.first() {
            let mut so_far = first;
            for ((to, &x), &rest) in out[from + n..].iter_mut().zip(next).zip(&rest[1..]) {
                so_far = best(so_far, x);
                *to = best(so_far, rest);
            }
        }
        from += n;
    }
}
