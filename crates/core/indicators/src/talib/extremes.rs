//! Walks of columns for TA-Lib's functions of the extremes of a short window. The extremes of two windows side by side give
//! those of a window twice as long, so a few passes without a branch give them all.

use super::FuncId;
use super::bind::Walk;
use super::steps::Momentum;
use crate::data::Column;
use crate::highest::Channel;
use crate::kernel::SILENT;

/// Longer windows are left to the crate, whose work does not grow with them.
pub(super) const WINDOW_MAX: usize = 64;
/// How many bars are walked at once, so that what lies between the passes stays near the processor.
pub(super) const BLOCK: usize = 512;

pub(super) fn walk(id: FuncId) -> Option<Walk> {
    match id {
        FuncId::WILLR => Some(williams),
        FuncId::AROON => Some(aroon),
        FuncId::AROONOSC => Some(aroon_oscillator),
        FuncId::FRACTAL => Some(fractal),
        FuncId::SMI => Some(momentum_index),
        _ => None,
    }
}

/// Which of two values lies further out; of equals the later one.
pub(super) trait Side {
    fn further(later: f64, earlier: f64) -> f64;
    fn is_beyond(later: f64, earlier: f64) -> bool;
}

pub(super) struct Top;
pub(super) struct Bottom;

impl Side for Top {
    #[inline]
    fn further(later: f64, earlier: f64) -> f64 {
        if earlier > later { earlier } else { later }
    }

    #[inline]
    fn is_beyond(later: f64, earlier: f64) -> bool {
        later >= earlier
    }
}

impl Side for Bottom {
    #[inline]
    fn further(later: f64, earlier: f64) -> f64 {
        if earlier < later { earlier } else { later }
    }

    #[inline]
    fn is_beyond(later: f64, earlier: f64) -> bool {
        later <= earlier
    }
}

/// Room for the extremes of the windows of one block.
pub(super) struct Extremes {
    n: usize,
    values: [Vec<f64>; 2],
    places: [Vec<f64>; 2],
}

impl Extremes {
    pub(super) fn new(n: usize) -> Extremes {
        let room = || vec![0.0; BLOCK + n];
        Extremes { n, values: [room(), room()], places: [room(), room()] }
    }

    /// The extreme of each `n` values side by side.
    pub(super) fn of<S: Side>(&mut self, x: &[f64]) -> &[f64] {
        let [now, next] = &mut self.values;
        if self.n == 1 {
            now[..x.len()].copy_from_slice(x);
            return &now[..x.len()];
        }
        let mut len = x.len() - 1;
        for ((to, earlier), later) in now[..len].iter_mut().zip(x).zip(&x[1..]) {
            *to = S::further(*later, *earlier);
        }
        let mut width = 2;
        while width < self.n {
            let step = width.min(self.n - width);
            len -= step;
            for ((to, earlier), later) in next[..len].iter_mut().zip(&now[..len]).zip(&now[step..]) {
                *to = S::further(*later, *earlier);
            }
            std::mem::swap(now, next);
            width += step;
        }
        &now[..len]
    }

    /// Where the extreme of each `n` values stands, counted from the first of `x`; the later of equals.
    fn place<S: Side>(&mut self, x: &[f64]) -> &[f64] {
        let ([now, next], [place, place_next]) = (&mut self.values, &mut self.places);
        now[..x.len()].copy_from_slice(x);
        place.iter_mut().enumerate().for_each(|(i, to)| *to = i as f64);
        let (mut width, mut len) = (1, x.len());
        while width < self.n {
            let step = width.min(self.n - width);
            len -= step;
            let values = next[..len].iter_mut().zip(&now[..len]).zip(&now[step..]);
            let places = place_next[..len].iter_mut().zip(&place[..len]).zip(&place[step..]);
            for (((to, earlier), later), ((to_place, earlier_place), later_place)) in values.zip(places) {
                // The choice as a mask of bits, which the processor makes for several bars at once.
                let mask = u64::from(S::is_beyond(*later, *earlier)).wrapping_neg();
                let chosen = (later_place.to_bits() & mask) | (earlier_place.to_bits() & !mask);
                *to_place = f64::from_bits(chosen);
                *to = S::further(*later, *earlier);
            }
            std::mem::swap(now, next);
            std::mem::swap(place, place_next);
            width += step;
        }
        &place[..len]
    }
}

/// Whether a range is nothing but rounding.
#[inline]
fn is_none(top: f64, bottom: f64) -> bool {
    (top - bottom).abs() <= 1e-14 * (top.abs() + bottom.abs())
}

fn williams(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[high, low, close], &[n], [out]) = (inputs, p, out) else { return false };
    let n = n as usize;
    if n > WINDOW_MAX {
        return false;
    }
    let close = &close[n - 1..];
    let (mut tops, mut bottoms) = (Extremes::new(n), Extremes::new(n));
    for (k, to) in out.values.real(close.len()).chunks_mut(BLOCK).enumerate() {
        let from = k * BLOCK;
        let window = from..from + to.len() + n - 1;
        let (top, bottom) = (tops.of::<Top>(&high[window.clone()]), bottoms.of::<Bottom>(&low[window]));
        let close = &close[from..from + to.len()];
        for (((to, top), bottom), close) in to.iter_mut().zip(top).zip(bottom).zip(close) {
            let part = (top - close) / (top - bottom) * -100.0;
            let part = if part > 0.0 { 0.0 } else { part };
            let part = if part < -100.0 { -100.0 } else { part };
            *to = if is_none(*top, *bottom) { 0.0 } else { part };
        }
    }
    true
}

/// The places of the highest high and the lowest low of the last `n + 1` bars, block by block: `each` is given where the
/// block begins in the output, and the places from the first bar of its first window on.
fn aroon_places(inputs: &[&[f64]], p: &[f64], mut each: impl FnMut(usize, &[f64], &[f64])) -> bool {
    let (&[high, low], &[n]) = (inputs, p) else { return false };
    let n = n as usize;
    if n >= WINDOW_MAX {
        return false;
    }
    let (mut tops, mut bottoms) = (Extremes::new(n + 1), Extremes::new(n + 1));
    for from in (0..high.len() - n).step_by(BLOCK) {
        let window = from..(from + BLOCK + n).min(high.len());
        each(from, tops.place::<Top>(&high[window.clone()]), bottoms.place::<Bottom>(&low[window]));
    }
    true
}

fn aroon(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let [down, up] = out else { return false };
    let factor = 100.0 / p[0];
    let len = inputs[0].len() - p[0] as usize;
    let (down, up) = (down.values.real(len), up.values.real(len));
    aroon_places(inputs, p, |from, top, bottom| {
        // The window of the output `j` ends `n` bars after its first, which is the bar `j` of the block.
        for (j, (to, place)) in up[from..].iter_mut().zip(top).enumerate() {
            *to = factor * (place - j as f64);
        }
        for (j, (to, place)) in down[from..].iter_mut().zip(bottom).enumerate() {
            *to = factor * (place - j as f64);
        }
    })
}

fn aroon_oscillator(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let factor = 100.0 / p[0];
    let out = out[0].values.real(inputs[0].len() - p[0] as usize);
    aroon_places(inputs, p, |from, top, bottom| {
        for ((to, top), bottom) in out[from..].iter_mut().zip(top).zip(bottom) {
            *to = factor * (top - bottom);
        }
    })
}

fn fractal(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[high, low], &[left, right], [peaks, valleys]) = (inputs, p, out) else { return false };
    let (left, right) = (left as usize, right as usize);
    if left + right > WINDOW_MAX {
        return false;
    }
    let len = high.len() - left - right;
    swings::<Top>(high, (left, right), peaks.values.integer(len));
    swings::<Bottom>(low, (left, right), valleys.values.integer(len));
    true
}

/// Where a bar lies beyond all of its neighbours.
fn swings<S: Side>(x: &[f64], (left, right): (usize, usize), out: &mut [i32]) {
    let mut others = [0.0; BLOCK];
    for (k, to) in out.chunks_mut(BLOCK).enumerate() {
        let len = to.len();
        let others = &mut others[..len];
        let bars = |ahead: usize| &x[k * BLOCK + ahead..][..len];
        others.copy_from_slice(bars(0));
        for ahead in (1..=left + right).filter(|&it| it != left) {
            for (other, x) in others.iter_mut().zip(bars(ahead)) {
                *other = S::further(*x, *other);
            }
        }
        for ((to, other), pivot) in to.iter_mut().zip(others).zip(bars(left)) {
            *to = if S::is_beyond(*other, *pivot) { 0 } else { 100 };
        }
    }
}

fn momentum_index(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[high, low, close], &[n, fast, slow, signal], [index, average]) = (inputs, p, out) else {
        return false;
    };
    let n = n as usize;
    let (mut tops, mut bottoms, mut channel) = (Extremes::new(n), Extremes::new(n), Channel::new(n));
    let is_wide = n > WINDOW_MAX;
    if is_wide {
        high[..n - 1].iter().zip(low).for_each(|(high, low)| channel.take(*high, *low));
    }
    // What is smoothed, of the windows that begin at `from` and after it, one for each of `to`.
    let mut parts = |from: usize, to: &mut [[f64; 2]]| {
        let window = from..from + to.len() + n - 1;
        let close = &close[from + n - 1..];
        if is_wide {
            let bars = high[from + n - 1..].iter().zip(&low[from + n - 1..]).zip(close);
            for (to, ((high, low), close)) in to.iter_mut().zip(bars) {
                *to = Momentum::parts(channel.edges(*high, *low), *close);
                channel.take(*high, *low);
            }
            return;
        }
        let (top, bottom) = (tops.of::<Top>(&high[window.clone()]), bottoms.of::<Bottom>(&low[window]));
        for (to, ((top, bottom), close)) in to.iter_mut().zip(top.iter().zip(bottom).zip(close)) {
            *to = Momentum::parts((*top, *bottom), *close);
        }
    };
    let mut momentum = Momentum::new(&p[1..]);
    let silent = (fast + slow + signal) as usize - 3;
    let mut block = [[0.0; 2]; BLOCK];
    for from in (0..silent).step_by(BLOCK) {
        let block = &mut block[..BLOCK.min(silent - from)];
        parts(from, block);
        block.iter().for_each(|parts| {
            momentum.push(*parts);
        });
    }
    let len = close.len() + 1 - n - silent;
    let columns = (index.values.real(len).chunks_mut(BLOCK)).zip(average.values.real(len).chunks_mut(BLOCK));
    for (k, (index, average)) in columns.enumerate() {
        let block = &mut block[..index.len()];
        parts(silent + k * BLOCK, block);
        for ((parts, index), average) in block.iter().zip(index).zip(average) {
            let warm = momentum.warm::<true>(*parts);
            [*index, *average] = warm.or_else(|| momentum.push(*parts)).unwrap_or([SILENT; 2]);
        }
    }
    true
}
