//! Windows and arithmetic over a whole column, each to the last bit what its live twin answers value by value.

use super::logarithm;
use super::running::{self, Moments};
use crate::entry::Point;
use crate::pair::{Pair, PairKind};
use crate::window::{ABSENT, EndKind, Ends, Kind, Window, spread_of};
use scalp_indicators::shape::Shape;

/// A column that a kernel reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'a> {
    pub(super) x: &'a [f64],
    /// The first row from which on every value is there; none where there are gaps.
    pub(super) whole: Option<usize>,
}

/// The first row from which on every value is there, or the length; none where there are gaps.
pub(super) fn whole_from(x: &[f64]) -> Option<usize> {
    let first = x.iter().position(|it| it.is_finite()).unwrap_or(x.len());
    let is_whole = |x: &[f64]| x.iter().fold(true, |all, x| all & x.is_finite());
    x[first..].chunks(4096).all(is_whole).then_some(first)
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "it is a part of loops")]
pub(super) fn there(x: f64) -> f64 {
    if x.is_finite() { x } else { ABSENT }
}

/// Does work with the widest instructions of this processor. It is compiled for each kind that there is, as far as it is put
/// into the loop; the operations and their order are the same, and nothing is fused, so that the bits are too.
#[inline]
pub(super) fn wide<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(test)]
    match tests::NARROW.get() {
        tests::Narrow::Plain => return work(),
        #[cfg(target_arch = "x86_64")]
        tests::Narrow::V3 => match pulp::x86::V3::try_new() {
            Some(it) => return pulp::Simd::vectorize(it, work),
            None => return work(),
        },
        tests::Narrow::Not => {}
    }
    pulp::Arch::new().dispatch(work)
}

/// Runs `kernel` over the values that are there, and puts the answers back at their rows.
fn over(input: Input<'_>, out: &mut [f64], kernel: impl FnOnce(&[f64], &mut [f64])) {
    let x = input.x;
    if let Some(first) = input.whole {
        out[..first].fill(ABSENT);
        return kernel(&x[first..], &mut out[first..]);
    }
    let there: Vec<f64> = x.iter().copied().filter(|it| it.is_finite()).collect();
    let mut said = vec![0.0; there.len()];
    kernel(&there, &mut said);
    let mut said = said.into_iter();
    for (to, from) in out.iter_mut().zip(x) {
        *to = if from.is_finite() { said.next().unwrap_or(ABSENT) } else { ABSENT };
    }
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "it is a part of loops")]
fn variance(it: Moments, n: f64) -> f64 {
    spread_of((it.squares - it.sum * it.sum / n) / (n - 1.0))
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "it is a part of loops")]
fn less(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "it is a part of loops")]
fn more(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// Tells the rows whose last `n` values are all alike.
#[allow(clippy::float_cmp, reason = "the same value, not one that is near")]
pub(super) fn flats(n: usize, x: &[f64], mut tell: impl FnMut(usize)) {
    const CHUNK: usize = 64;
    let mut run = 0;
    let mut before = f64::NAN;
    for (chunk, values) in x.chunks(CHUNK).enumerate() {
        // Most chunks have no two neighbours alike, and are done with at once.
        let alike = |any: bool, it: (&f64, &f64)| any | (it.0 == it.1);
        let is_still = values[0] == before || values.iter().zip(&values[1..]).fold(false, alike);
        before = values[values.len() - 1];
        if !is_still {
            run = 1;
            continue;
        }
        let from = chunk * CHUNK;
        for row in from..from + values.len() {
            run = if row > 0 && x[row] == x[row - 1] { run + 1 } else { 1 };
            if run >= n {
                tell(row);
            }
        }
    }
}

/// What [`Window::push`] answers to each value of a column.
pub(super) fn window(window: &Window, input: Input<'_>, out: &mut [f64]) {
    let n = window.len();
    over(input, out, |x, out| {
        let (silent, said) = out.split_at_mut(n.min(x.len()));
        let (old, x_late) = (&x[..said.len()], &x[silent.len()..]);
        let by = n as f64;
        match window.kind() {
            Kind::Lag | Kind::Diff | Kind::PctChange | Kind::LogReturn => silent.fill(ABSENT),
            _ => {}
        }
        let pairs = said.iter_mut().zip(x_late).zip(old);
        match window.kind() {
            Kind::Lag => said.copy_from_slice(old),
            Kind::Diff => wide(
                #[inline(always)]
                || pairs.for_each(|((to, x), old)| *to = there(x - old)),
            ),
            // What is divided by zero is not finite.
            Kind::PctChange => {
                wide(
                    #[inline(always)]
                    || pairs.for_each(|((to, x), old)| *to = there(x / old - 1.0)),
                );
            }
            Kind::LogReturn => logarithm::of_ratios(x_late, old, said),
            Kind::Sum => running::plain(
                n,
                x,
                out,
                #[inline(always)]
                |it| it.sum,
            ),
            Kind::Mean => running::plain(
                n,
                x,
                out,
                #[inline(always)]
                move |it| it.sum / by,
            ),
            Kind::Var => running::centred(
                n,
                x,
                out,
                #[inline(always)]
                move |it| variance(it, by),
            ),
            Kind::Std => running::centred(
                n,
                x,
                out,
                #[inline(always)]
                move |it| variance(it, by).sqrt(),
            ),
            Kind::Standing => running::centred(n, x, out, move |it| {
                (it.x - it.shift - it.sum / by) / variance(it, by).sqrt()
            }),
        }
        match window.kind() {
            Kind::Var | Kind::Std => flats(n, x, |row| out[row] = 0.0),
            Kind::Standing => flats(n, x, |row| out[row] = ABSENT),
            _ => {}
        }
    });
}

/// What [`Pair::push`] answers to each pair of values of two columns.
pub(super) fn pair(pair: &Pair, a: Input<'_>, b: Input<'_>, out: &mut [f64]) {
    let n = pair.len();
    let kind = pair.kind();
    let run = |a: &[f64], b: &[f64], out: &mut [f64]| {
        // One loop for each kind, so that none asks at each value which it is.
        macro_rules! each {
            ($($kind:ident)*) => {
                match kind {
                    $(PairKind::$kind => running::pairs(n, a, b, out, #[inline(always)] move |it| PairKind::$kind.of(n, it)),)*
                }
            };
        }
        each!(Corr Cov Beta);
        flats(n, a, |row| out[row] = kind.of_flat([true, false]));
        flats(n, b, |row| out[row] = kind.of_flat([false, true]));
    };
    if let (Some(first_a), Some(first_b)) = (a.whole, b.whole) {
        let first = first_a.max(first_b);
        out[..first].fill(ABSENT);
        return run(&a.x[first..], &b.x[first..], &mut out[first..]);
    }
    let is_there = |(a, b): (&f64, &f64)| a.is_finite() && b.is_finite();
    let (x, y): (Vec<f64>, Vec<f64>) = a.x.iter().zip(b.x).filter(|it| is_there(*it)).unzip();
    let mut said = vec![0.0; x.len()];
    run(&x, &y, &mut said);
    let mut said = said.into_iter();
    for (to, it) in out.iter_mut().zip(a.x.iter().zip(b.x)) {
        *to = if is_there(it) { said.next().unwrap_or(ABSENT) } else { ABSENT };
    }
}

/// What [`Point::of`] says to each pair of values; `b` is `a` where only one is read.
pub(super) fn point(point: Point, by: [f64; 2], a: &[f64], b: &[f64], out: &mut [f64]) {
    macro_rules! each {
        ($($kind:ident)*) => {
            match point {
                $(Point::$kind => wide(#[inline(always)] || {
                    for ((to, &a), &b) in out.iter_mut().zip(a).zip(b) {
                        *to = Point::$kind.of(a, b, by);
                    }
                }),)*
            }
        };
    }
    each!(Ratio Delta Product Abs Sign Clip Fill Missing);
}

/// What [`Ends::push`] answers to each value of a column.
pub(super) fn ends(ends: &Ends, input: Input<'_>, out: &mut [f64]) {
    over(input, out, |x, out| {
        // Which of two zeros of unlike sign is kept depends on the queue.
        let is_negative_zero = |any: bool, it: &f64| any | (it.to_bits() == 1 << 63);
        if x.chunks(4096).any(|it| it.iter().fold(false, is_negative_zero)) {
            let mut ends = ends.clone();
            return out.iter_mut().zip(x).for_each(|(to, &x)| *to = ends.push(x));
        }
        let n = ends.len();
        match ends.kind() {
            EndKind::Min => running::extremes(
                n,
                x,
                out,
                #[inline(always)]
                |_, a, b| less(a, b),
                #[inline(always)]
                |_, [low]| low,
            ),
            EndKind::Max => running::extremes(
                n,
                x,
                out,
                #[inline(always)]
                |_, a, b| more(a, b),
                #[inline(always)]
                |_, [high]| high,
            ),
            EndKind::Place => {
                running::extremes(
                    n,
                    x,
                    out,
                    #[inline(always)]
                    |end, a, b| if end == 0 { less(a, b) } else { more(a, b) },
                    #[inline(always)]
                    |x, [low, high]| there((x - low) / (high - low)),
                );
            }
        }
    });
}

/// The shape of each window of `n` values, as the live indicator says it.
pub(super) fn shape(shape: Shape, n: usize, x: &[f64], out: &mut [f64]) {
    let count = n as f64;
    running::powers(
        n,
        x,
        out,
        #[inline(always)]
        |sums| shape.of_sums(count, sums),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// With what [`wide`] does its work in this thread.
    #[derive(Clone, Copy, Debug)]
    pub(super) enum Narrow {
        Not,
        Plain,
        #[cfg(target_arch = "x86_64")]
        V3,
    }

    thread_local! {
        pub(super) static NARROW: Cell<Narrow> = const { Cell::new(Narrow::Not) };
    }

    /// What all kernels answer, one behind the other.
    fn all(n: usize, a: &[f64], b: &[f64]) -> Vec<u64> {
        let input = |x| Input { x, whole: whole_from(x) };
        let mut bits = Vec::new();
        let mut out = vec![7.0; a.len()];
        let mut keep = |out: &[f64]| bits.extend(out.iter().map(|it| it.to_bits()));
        let kinds = [
            Kind::Diff,
            Kind::PctChange,
            Kind::LogReturn,
            Kind::Sum,
            Kind::Mean,
            Kind::Var,
            Kind::Std,
            Kind::Standing,
        ];
        for kind in kinds {
            window(&Window::new(kind, n), input(a), &mut out);
            keep(&out);
        }
        for kind in [PairKind::Corr, PairKind::Cov, PairKind::Beta] {
            pair(&Pair::new(kind, n), input(a), input(b), &mut out);
            keep(&out);
        }
        for kind in [EndKind::Min, EndKind::Max, EndKind::Place] {
            ends(&Ends::new(kind, n), input(a), &mut out);
            keep(&out);
        }
        for kind in [Point::Ratio, Point::Product, Point::Clip, Point::Sign, Point::Missing] {
            point(kind, [-1.0, 1.0], a, b, &mut out);
            keep(&out);
        }
        for shape in [Shape::Skew, Shape::Kurt] {
            super::shape(shape, n.max(4), a, &mut out);
            keep(&out);
        }
        if let Some(ranks) = super::super::order::Ranks::new(a) {
            ranks.at(n, n / 2, false, a, &mut out, |lower, upper| lower + upper);
            keep(&out);
        }
        bits
    }

    #[test]
    fn every_kind_of_processor_answers_with_the_same_bits() {
        let mut state = 3_u64;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f64 / 65_536.0 - 100.0
        };
        let a: Vec<f64> = (0..1_500).map(|_| draw()).collect();
        let b: Vec<f64> = (0..1_500).map(|_| draw()).collect();
        for n in [2, 5, 21, 64, 65, 300] {
            NARROW.set(Narrow::Plain);
            let plain = all(n, &a, &b);
            NARROW.set(Narrow::Not);
            assert!(all(n, &a, &b) == plain, "the widest, {n}");
            #[cfg(target_arch = "x86_64")]
            {
                NARROW.set(Narrow::V3);
                assert!(all(n, &a, &b) == plain, "AVX2, {n}");
            }
        }
    }
}
