//! Sums and extremes of a window that runs over a column. The live window lays its sums down anew each time it has gone round:
//! a window is the rest of one block and the beginning of the next. So the rows fall into blocks that do not depend on one
//! another: eight go side by side, each with the additions of the live window in its order. Their rows are laid beside one
//! another first, so that one instruction takes several blocks on.

use super::kernel::{there, wide};
use crate::pair::Products;
use crate::window::ABSENT;

/// How many blocks go side by side.
const SIDE: usize = 8;
/// A value of each block.
type Lanes = [f64; SIDE];
/// The same, and of the block behind them: the windows of a block leave its own values behind and take in those of the next.
type Row = [f64; SIDE + 1];

/// The sums of a window around `shift`, and its last value.
#[derive(Clone, Copy)]
pub(super) struct Moments {
    pub(super) shift: f64,
    pub(super) sum: f64,
    pub(super) squares: f64,
    pub(super) x: f64,
}

/// What `say` makes of the sums of each window of `n` values.
pub(super) fn plain(n: usize, x: &[f64], out: &mut [f64], say: impl Fn(Moments) -> f64) {
    let mut rests = vec![[0.0; SIDE]; n];
    by_blocks(
        n,
        [x],
        out,
        #[inline(always)]
        |[rows], said| {
            let zero = [0.0; SIDE];
            let (mut rest, mut late) = (zero, zero);
            for (row, kept) in rows.iter().zip(&mut rests).rev() {
                for k in 0..SIDE {
                    rest[k] += row[k];
                }
                *kept = rest;
            }
            let (first, later) = said.split_first_mut().expect("a window has a value");
            moments([&zero, &rest, &zero], &rows[n - 1][..SIDE], first, &say);
            for ((row, rest), to) in rows.iter().zip(&rests[1..]).zip(later) {
                let mut sum = zero;
                for k in 0..SIDE {
                    late[k] += row[k + 1];
                    sum[k] = rest[k] + late[k];
                }
                moments([&zero, &sum, &zero], &row[1..], to, &say);
            }
        },
    );
}

/// The same of sums around the value with which a block's window is first full, and of their squares.
pub(super) fn centred(n: usize, x: &[f64], out: &mut [f64], say: impl Fn(Moments) -> f64) {
    let mut rests = vec![[[0.0; SIDE]; 2]; n];
    by_blocks(
        n,
        [x],
        out,
        #[inline(always)]
        |[rows], said| {
            let mut shift = [0.0; SIDE];
            shift.copy_from_slice(&rows[n - 1][..SIDE]);
            let (mut rest, mut late) = ([[0.0; SIDE]; 2], [[0.0; SIDE]; 2]);
            for (row, kept) in rows.iter().zip(&mut rests).rev() {
                add(&mut rest, &shift, &row[..SIDE]);
                *kept = rest;
            }
            let (first, later) = said.split_first_mut().expect("a window has a value");
            moments([&shift, &rest[0], &rest[1]], &rows[n - 1][..SIDE], first, &say);
            for ((row, rest), to) in rows.iter().zip(&rests[1..]).zip(later) {
                add(&mut late, &shift, &row[1..]);
                let sums = both(rest, &late);
                moments([&shift, &sums[0], &sums[1]], &row[1..], to, &say);
            }
        },
    );
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for each kind of processor")]
fn add([sum, squares]: &mut [Lanes; 2], shift: &Lanes, x: &[f64]) {
    for k in 0..SIDE {
        let d = x[k] - shift[k];
        sum[k] += d;
        squares[k] += d * d;
    }
}

/// The sums of what is left of the block before and of what has come since.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for each kind of processor")]
fn both<const S: usize>(rest: &[Lanes; S], late: &[Lanes; S]) -> [Lanes; S] {
    let mut sums = [[0.0; SIDE]; S];
    for s in 0..S {
        for k in 0..SIDE {
            sums[s][k] = rest[s][k] + late[s][k];
        }
    }
    sums
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for each kind of processor")]
fn moments([shift, sum, squares]: [&Lanes; 3], x: &[f64], to: &mut Lanes, say: &impl Fn(Moments) -> f64) {
    for k in 0..SIDE {
        to[k] = there(say(Moments { shift: shift[k], sum: sum[k], squares: squares[k], x: x[k] }));
    }
}

/// The same of two columns.
pub(super) fn pairs(n: usize, a: &[f64], b: &[f64], out: &mut [f64], say: impl Fn(Products) -> f64) {
    let mut rests = vec![[[0.0; SIDE]; 5]; n];
    by_blocks(
        n,
        [a, b],
        out,
        #[inline(always)]
        |[rows_a, rows_b], said| {
            let mut shift = [[0.0; SIDE]; 2];
            shift[0].copy_from_slice(&rows_a[n - 1][..SIDE]);
            shift[1].copy_from_slice(&rows_b[n - 1][..SIDE]);
            let (mut rest, mut late) = ([[0.0; SIDE]; 5], [[0.0; SIDE]; 5]);
            for ((a, b), kept) in rows_a.iter().zip(rows_b).zip(&mut rests).rev() {
                add_pair(&mut rest, &shift, [&a[..SIDE], &b[..SIDE]]);
                *kept = rest;
            }
            let (first, later) = said.split_first_mut().expect("a window has a value");
            products(&rest, first, &say);
            for (((a, b), rest), to) in rows_a.iter().zip(rows_b).zip(&rests[1..]).zip(later) {
                add_pair(&mut late, &shift, [&a[1..], &b[1..]]);
                products(&both(rest, &late), to, &say);
            }
        },
    );
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for each kind of processor")]
fn add_pair(sums: &mut [Lanes; 5], shift: &[Lanes; 2], [a, b]: [&[f64]; 2]) {
    for k in 0..SIDE {
        let (a, b) = (a[k] - shift[0][k], b[k] - shift[1][k]);
        sums[0][k] += a;
        sums[1][k] += b;
        sums[2][k] += a * a;
        sums[3][k] += b * b;
        sums[4][k] += a * b;
    }
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for each kind of processor")]
fn products(sums: &[Lanes; 5], to: &mut Lanes, say: &impl Fn(Products) -> f64) {
    for k in 0..SIDE {
        let [a, b, aa, bb, ab] = [sums[0][k], sums[1][k], sums[2][k], sums[3][k], sums[4][k]];
        to[k] = there(say(Products { a, b, aa, bb, ab }));
    }
}

/// The same of the sums of the first four powers around the value with which a block's window is first full.
pub(super) fn powers(n: usize, x: &[f64], out: &mut [f64], say: impl Fn([f64; 4]) -> f64) {
    let mut rests = vec![[[0.0; SIDE]; 4]; n];
    by_blocks(
        n,
        [x],
        out,
        #[inline(always)]
        |[rows], said| {
            let mut shift = [0.0; SIDE];
            shift.copy_from_slice(&rows[n - 1][..SIDE]);
            let (mut rest, mut late) = ([[0.0; SIDE]; 4], [[0.0; SIDE]; 4]);
            for (row, kept) in rows.iter().zip(&mut rests).rev() {
                add_powers(&mut rest, &shift, &row[..SIDE]);
                *kept = rest;
            }
            let (first, later) = said.split_first_mut().expect("a window has a value");
            of_powers(&both(&rest, &late), first, &say);
            for ((row, rest), to) in rows.iter().zip(&rests[1..]).zip(later) {
                add_powers(&mut late, &shift, &row[1..]);
                of_powers(&both(rest, &late), to, &say);
            }
        },
    );
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for each kind of processor")]
fn add_powers(sums: &mut [Lanes; 4], shift: &Lanes, x: &[f64]) {
    for k in 0..SIDE {
        let d = x[k] - shift[k];
        let square = d * d;
        sums[0][k] += d;
        sums[1][k] += square;
        sums[2][k] += square * d;
        sums[3][k] += square * square;
    }
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for each kind of processor")]
fn of_powers(sums: &[Lanes; 4], to: &mut Lanes, say: &impl Fn([f64; 4]) -> f64) {
    for k in 0..SIDE {
        to[k] = there(say([sums[0][k], sums[1][k], sums[2][k], sums[3][k]]));
    }
}

/// What `say` makes of each value and of what `better` prefers among the last `n`, for each of `E` ends. Van Herk's: the best
/// of them is the best of the rest of one block and the beginning of the next.
pub(super) fn extremes<const E: usize>(
    n: usize,
    x: &[f64],
    out: &mut [f64],
    better: impl Fn(usize, f64, f64) -> f64,
    say: impl Fn(f64, [f64; E]) -> f64,
) {
    let mut rests = vec![[[0.0; SIDE]; E]; n];
    by_blocks(
        n,
        [x],
        out,
        #[inline(always)]
        |[rows], said| {
            let mut best = [[0.0; SIDE]; E];
            best.iter_mut().for_each(|it| it.copy_from_slice(&rows[n - 1][..SIDE]));
            for (row, rest) in rows.iter().zip(&mut rests).rev() {
                for (e, best) in best.iter_mut().enumerate() {
                    for k in 0..SIDE {
                        best[k] = better(e, best[k], row[k]);
                    }
                }
                *rest = best;
            }
            let (first, later) = said.split_first_mut().expect("a window has a value");
            for k in 0..SIDE {
                first[k] = say(rows[n - 1][k], std::array::from_fn(|e| best[e][k]));
            }
            best.iter_mut().for_each(|it| it.copy_from_slice(&rows[0][1..]));
            for ((row, rest), to) in rows.iter().zip(&rests[1..]).zip(later) {
                let mut ends = [[0.0; SIDE]; E];
                for e in 0..E {
                    for k in 0..SIDE {
                        best[e][k] = better(e, best[e][k], row[k + 1]);
                        ends[e][k] = better(e, best[e][k], rest[e][k]);
                    }
                }
                for k in 0..SIDE {
                    to[k] = say(row[k + 1], std::array::from_fn(|e| ends[e][k]));
                }
            }
        },
    );
}

/// Hands eight blocks at a time to `run`, their rows beside one another, and puts what it says of them where it belongs. A
/// block has n rows, the first of which is the last of the first window. Where the column ends, zeros take the place of
/// what is not there, and what is said of them is left out.
fn by_blocks<const I: usize>(
    n: usize,
    x: [&[f64]; I],
    out: &mut [f64],
    mut run: impl FnMut([&[Row]; I], &mut [Lanes]),
) {
    let rows = out.len();
    out[..(n - 1).min(rows)].fill(ABSENT);
    let mut laid: [Vec<Row>; I] = std::array::from_fn(|_| vec![[0.0; SIDE + 1]; n]);
    let mut said = vec![[0.0; SIDE]; n];
    for from in (0..(rows + 1).saturating_sub(n)).step_by(SIDE * n) {
        for (laid, x) in laid.iter_mut().zip(x) {
            let mut blocks = x[from..].chunks(n);
            for k in 0..=SIDE {
                let block = blocks.next().unwrap_or(&[]);
                laid.iter_mut().zip(block).for_each(|(to, x)| to[k] = *x);
                laid[block.len()..].iter_mut().for_each(|to| to[k] = 0.0);
            }
        }
        wide(
            #[inline(always)]
            || run(laid.each_ref().map(Vec::as_slice), &mut said),
        );
        for (k, out) in out[from + n - 1..].chunks_mut(n).take(SIDE).enumerate() {
            out.iter_mut().zip(&said).for_each(|(to, said)| *to = said[k]);
        }
    }
}
