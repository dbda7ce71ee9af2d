//! Walks of columns for averages whose weights rise to the newest value, as the steps have them. The sums run first, bar after bar,
//! and what they are divided by comes for many bars at once.

use super::FuncId;
use super::bind::Walk;
use super::steps::weigh;
use crate::data::Column;

/// How many bars are walked at once, so that what lies between the passes stays near the processor.
const BLOCK: usize = 256;

pub(super) fn walk(id: FuncId) -> Option<Walk> {
    match id {
        FuncId::WMA => Some(linear),
        FuncId::HMA => Some(hull),
        _ => None,
    }
}

/// The sums of a window, with weights and without, until they are begun anew.
#[derive(Clone, Copy)]
struct Sums {
    n: usize,
    weighed: f64,
    /// The sum without weights, kept below zero, as the compiler would else pair it with the other and make the chain of sums longer.
    less: f64,
    left: usize,
}

impl Sums {
    fn new(n: usize) -> Sums {
        Sums { n, weighed: 0.0, less: 0.0, left: 1 }
    }

    /// What the sum with weights is multiplied by.
    fn part(&self) -> f64 {
        let n = self.n as f64;
        2.0 / (n * (n + 1.0))
    }

    /// Begins anew with a window.
    fn begin(&mut self, window: &[f64]) {
        let total;
        (self.weighed, total) = weigh(window.iter());
        self.less = -total;
        self.left = 8 * self.n;
    }

    /// The sum with weights after one has come and one has left.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the sums must stay in registers")]
    fn next(&mut self, leaving: f64, entering: f64) -> f64 {
        self.weighed += entering * self.n as f64 + self.less;
        self.less -= entering - leaving;
        self.weighed
    }
}

/// What `answer` makes of the sums with weights of several windows that end at one row, for the rows from `from` on, one for each of
/// `out`: the window of a row begins at `from` in the column of its sums. They follow those that were asked for before, and all
/// windows have two rows at least.
fn fill<const N: usize>(
    all: &mut [Sums; N],
    columns: [&[f64]; N],
    from: usize,
    out: &mut [f64],
    answer: impl Fn([f64; N]) -> f64,
) {
    let mut done = 0;
    while done < out.len() {
        let row = from + done;
        let left = all.iter().fold(usize::MAX, |left, it| left.min(it.left));
        if left <= 1 {
            let sums: [f64; N] = std::array::from_fn(|k| {
                let (x, sums) = (columns[k], &mut all[k]);
                let n = sums.n;
                if sums.left <= 1 {
                    sums.begin(&x[row..row + n]);
                    return sums.weighed;
                }
                sums.left -= 1;
                sums.next(x[row - 1], x[row + n - 1])
            });
            out[done] = answer(sums);
            done += 1;
            continue;
        }
        let run = (left - 1).min(out.len() - done);
        let to = &mut out[done..done + run];
        let leaving: [&[f64]; N] = std::array::from_fn(|k| &columns[k][row - 1..][..run]);
        let entering: [&[f64]; N] = std::array::from_fn(|k| &columns[k][row + all[k].n - 1..][..run]);
        let mut sums = *all;
        for i in 0..run {
            to[i] = answer(std::array::from_fn(|k| sums[k].next(leaving[k][i], entering[k][i])));
        }
        *all = sums;
        all.iter_mut().for_each(|it| it.left -= run);
        done += run;
    }
}

fn linear(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[x], &[n], [out]) = (inputs, p, out) else { return false };
    let out = out.values.real(x.len() + 1 - n as usize);
    if n <= 1.0 {
        out.copy_from_slice(x);
        return true;
    }
    let mut sums = [Sums::new(n as usize)];
    let part = sums[0].part();
    fill(&mut sums, [x], 0, out, |[sum]| sum * part);
    true
}

fn hull(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[x], &[period], [out]) = (inputs, p, out) else { return false };
    let n = period as usize;
    let (half, root) = ((n / 2).max(1), period.sqrt().floor() as usize);
    let out = out.values.real(x.len() + 2 - n - root);
    if n == 1 {
        out.copy_from_slice(x);
        return true;
    }
    // Half the window ends where the whole one does.
    let x_half = &x[n - half..];
    if root == 1 {
        // Of two or three rows half is one, which is itself, as is its average.
        let mut sums = [Sums::new(n)];
        let part = sums[0].part();
        fill(&mut sums, [x], 0, out, |[sum]| sum * part);
        out.iter_mut().zip(x_half).for_each(|(to, x)| *to = 2.0 * x - *to);
        return true;
    }
    let mut sums = [n, half].map(Sums::new);
    let parts = sums.each_ref().map(Sums::part);
    let mut differences = |from: usize, to: &mut [f64]| {
        fill(&mut sums, [x, x_half], from, to, |[whole, half]| 2.0 * (half * parts[1]) - whole * parts[0]);
    };
    // Those of the block stand behind as many before it as the last average reads, with the one that leaves.
    let mut ring = vec![0.0; root + BLOCK];
    differences(0, &mut ring[1..root]);
    let mut last = [Sums::new(root)];
    let part = last[0].part();
    for (k, to) in out.chunks_mut(BLOCK).enumerate() {
        let len = to.len();
        differences(root - 1 + k * BLOCK, &mut ring[root..root + len]);
        fill(&mut last, [&ring], 1, to, |[sum]| sum * part);
        ring.copy_within(len..len + root, 0);
    }
    true
}
