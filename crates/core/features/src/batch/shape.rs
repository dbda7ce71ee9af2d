//! Skewness and kurtosis of windows over a column: the powers of the distances from the mean of each window, several windows
//! side by side, each with the additions of the live indicator in its order. The work a row grows with the window.

use super::kernel::{flats, there, wide};
use crate::window::ABSENT;

/// How many windows go side by side.
const SIDE: usize = 32;

/// Means of powers of the distances from the mean.
#[derive(Clone, Copy)]
pub(super) struct Powers {
    pub(super) two: f64,
    pub(super) three: f64,
    pub(super) four: f64,
}

/// What `say` makes of the powers of each window of `n`; absent where all values of one are alike.
pub(super) fn shape(n: usize, x: &[f64], out: &mut [f64], say: impl Fn(Powers) -> f64) {
    let (silent, said) = out.split_at_mut((n - 1).min(x.len()));
    silent.fill(ABSENT);
    let mut windows = [0.0; SIDE];
    for (chunk, to) in said.chunks_mut(SIDE).enumerate() {
        let from = chunk * SIDE;
        let x = &x[from..from + to.len() + n - 1];
        if to.len() == SIDE {
            wide(
                #[inline(always)]
                || side_by_side(n, x, &mut windows, &say),
            );
        } else {
            // The last windows, with zeros behind them for those that are not there.
            let mut padded = x.to_vec();
            padded.resize(SIDE + n - 1, 0.0);
            wide(
                #[inline(always)]
                || side_by_side(n, &padded, &mut windows, &say),
            );
        }
        to.copy_from_slice(&windows[..to.len()]);
    }
    flats(n, x, |row| out[row] = ABSENT);
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for each kind of processor")]
fn side_by_side(n: usize, x: &[f64], out: &mut [f64; SIDE], say: &impl Fn(Powers) -> f64) {
    let count = n as f64;
    let mut mean = [0.0; SIDE];
    for x in rows(n, x) {
        for k in 0..SIDE {
            mean[k] += x[k];
        }
    }
    for mean in &mut mean {
        *mean /= count;
    }
    let (mut two, mut three, mut four) = ([0.0; SIDE], [0.0; SIDE], [0.0; SIDE]);
    for x in rows(n, x) {
        for k in 0..SIDE {
            let d = x[k] - mean[k];
            two[k] += d * d;
            three[k] += d * d * d;
            four[k] += d * d * d * d;
        }
    }
    for k in 0..SIDE {
        let powers = Powers { two: two[k] / count, three: three[k] / count, four: four[k] / count };
        out[k] = there(say(powers));
    }
}

/// The first value of each window, then the second, and so on.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for each kind of processor")]
fn rows(n: usize, x: &[f64]) -> impl Iterator<Item = &[f64; SIDE]> {
    x.array_windows().take(n)
}
