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
struct Sums {
    n: usize,
    weighed: f64,
    total: f64,
    left: usize,
}

impl Sums {
    fn new(n: usize) -> Sums {
        Sums { n, weighed: 0.0, total: 0.0, left: 1 }
    }

    /// What the average is divided by.
    fn divider(&self) -> f64 {
        let n = self.n as f64;
        n * (n + 1.0) / 2.0
    }

    /// The sums with weights of the windows that begin at `from` and after it, one for each of `out`. They follow those that were
    /// asked for before.
    fn fill(&mut self, x: &[f64], from: usize, out: &mut [f64]) {
        let (n, period) = (self.n, self.n as f64);
        if n == 1 {
            out.copy_from_slice(&x[from..][..out.len()]);
            return;
        }
        let mut done = 0;
        while done < out.len() {
            let row = from + done;
            if self.left <= 1 {
                (self.weighed, self.total) = weigh(x[row..row + n].iter());
                self.left = 8 * n;
                out[done] = self.weighed;
                done += 1;
                continue;
            }
            let run = (self.left - 1).min(out.len() - done);
            let (mut weighed, mut total) = (self.weighed, self.total);
            let ends = x[row - 1..].iter().zip(&x[row + n - 1..]);
            for (to, (leaving, entering)) in out[done..done + run].iter_mut().zip(ends) {
                weighed += entering * period - total;
                total += entering - leaving;
                *to = weighed;
            }
            (self.weighed, self.total) = (weighed, total);
            self.left -= run;
            done += run;
        }
    }
}

fn linear(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[x], &[n], [out]) = (inputs, p, out) else { return false };
    let mut sums = Sums::new(n as usize);
    let divider = sums.divider();
    for (k, to) in out.values.real(x.len() + 1 - n as usize).chunks_mut(BLOCK).enumerate() {
        sums.fill(x, k * BLOCK, to);
        to.iter_mut().for_each(|it| *it /= divider);
    }
    true
}

fn hull(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[x], &[period], [out]) = (inputs, p, out) else { return false };
    let n = period as usize;
    let out = &mut out.values;
    if n == 1 {
        out.real(x.len()).copy_from_slice(x);
        return true;
    }
    let (half, root) = (n / 2, period.sqrt().floor() as usize);
    let [mut of_whole, mut of_half, mut of_root] = [n, half, root].map(Sums::new);
    let dividers = [of_whole.divider(), of_half.divider()];
    // Half the window ends where the whole one does.
    let x_half = &x[n - half..];
    let (mut whole_sums, mut half_sums) = ([0.0; BLOCK], [0.0; BLOCK]);
    let mut differences = |from: usize, to: &mut [f64]| {
        let (whole, half) = (&mut whole_sums[..to.len()], &mut half_sums[..to.len()]);
        of_whole.fill(x, from, whole);
        of_half.fill(x_half, from, half);
        for ((to, whole), half) in to.iter_mut().zip(whole).zip(half) {
            *to = 2.0 * (*half / dividers[1]) - *whole / dividers[0];
        }
    };
    // Those of the block stand behind as many before it as the last average reads, with the one that leaves.
    let mut ring = vec![0.0; root + BLOCK];
    let mut before = 0;
    for to in ring[1..root].chunks_mut(BLOCK) {
        differences(before, to);
        before += to.len();
    }
    let divider = of_root.divider();
    for (k, to) in out.real(x.len() + 2 - n - root).chunks_mut(BLOCK).enumerate() {
        let len = to.len();
        differences(before + k * BLOCK, &mut ring[root..root + len]);
        of_root.fill(&ring, 1, to);
        to.iter_mut().for_each(|it| *it /= divider);
        ring.copy_within(len..len + root, 0);
    }
    true
}
