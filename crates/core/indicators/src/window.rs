//! What the steps are made of: windows of the last values, sums that do not drift, and averages that wait for their seed.

use crate::data::Column;
use crate::kernel::{Exhausted, Kernel, SILENT, Shadow, sound, state};
use crate::talib::Lent;

state! {
    /// The last `n` values, oldest first, side by side.
    pub(crate) struct Window {
        values: Vec<f64>,
        n: usize,
        place: usize,
        seen: usize,
    }
}

impl Window {
    pub(crate) fn new(n: usize) -> Window {
        // Each value is kept twice, `n` places apart, so that the last `n` always lie side by side.
        Window { values: vec![0.0; 2 * n], n, place: 0, seen: 0 }
    }

    /// Takes a value in and gives the one that leaves, once the window is full.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn push(&mut self, x: f64) -> Option<f64> {
        let old = self.values[self.place];
        self.values[self.place] = x;
        self.values[self.place + self.n] = x;
        self.place = if self.place + 1 == self.n { 0 } else { self.place + 1 };
        let full = self.seen == self.n;
        self.seen += usize::from(!full);
        full.then_some(old)
    }

    /// The values, once there are `n`.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn full(&self) -> Option<&[f64]> {
        (self.seen == self.n).then(|| &self.values[self.place..self.place + self.n])
    }
}

/// The one of some values that `better` prefers, in four lanes.
#[inline]
fn extreme(values: &[f64], worst: f64, better: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [worst; 4];
    let (fours, rest) = values.as_chunks::<4>();
    for four in fours {
        for (lane, x) in lanes.iter_mut().zip(four) {
            *lane = better(*lane, *x);
        }
    }
    let tail = rest.iter().fold(worst, |a, &b| better(a, b));
    better(better(better(lanes[0], lanes[1]), better(lanes[2], lanes[3])), tail)
}

/// The largest of some values.
#[inline]
pub(crate) fn largest(values: &[f64]) -> f64 {
    extreme(values, f64::MIN, |a, b| if b > a { b } else { a })
}

/// The smallest of some values.
#[inline]
pub(crate) fn smallest(values: &[f64]) -> f64 {
    extreme(values, f64::MAX, |a, b| if b < a { b } else { a })
}

state! {
    /// The largest of the last `n` values, with the same work for each however they lie. What came before the block in hand
    /// is kept as the largest from each place to the block's end; a value takes the place of one that has left.
    pub(crate) struct Highest {
        from: Vec<f64>,
        block: f64,
        place: usize,
        missing: usize,
    }
}

impl Highest {
    pub(crate) fn new(n: usize) -> Highest {
        Highest { from: vec![f64::MIN; n + 1], block: f64::MIN, place: 0, missing: n }
    }

    /// The largest, once there are `n` values.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn push(&mut self, x: f64) -> Option<f64> {
        let best = self.next(x);
        self.take(x);
        self.missing = self.missing.saturating_sub(1);
        self.is_full().then_some(best)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn is_full(&self) -> bool {
        self.missing == 0
    }

    /// What would be the largest with `x`.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn next(&self, x: f64) -> f64 {
        greater(self.from[self.place + 1], greater(self.block, x))
    }

    /// As `push`, for a window that is full.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the value must not go through memory")]
    pub(crate) fn take(&mut self, x: f64) {
        self.from[self.place] = x;
        self.block = greater(self.block, x);
        self.place += 1;
        if self.place + 1 == self.from.len() {
            // The block ends: from each place to its end.
            let mut largest = f64::MIN;
            for value in self.from.iter_mut().rev() {
                largest = if *value > largest { *value } else { largest };
                *value = largest;
            }
            self.place = 0;
            self.block = f64::MIN;
        }
    }
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "the values must not go through memory")]
fn greater(earlier: f64, later: f64) -> f64 {
    if earlier > later { earlier } else { later }
}

/// One of two values, chosen by their bits and not by a branch, as which of two prices is larger is not foreseen.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the values must not go through memory")]
pub(crate) fn chosen(is_first: bool, first: f64, second: f64) -> f64 {
    f64::from_bits(std::hint::select_unpredictable(is_first, first.to_bits(), second.to_bits()))
}

state! {
    /// The row of the largest of the last `n` values, the later of equals, in the manner of [`Highest`].
    pub(crate) struct HighestRow {
        from: Vec<(f64, f64)>,
        block: f64,
        missing: usize,
        block_row: f64,
        place: usize,
        row: f64,
    }
}

impl HighestRow {
    pub(crate) fn new(n: usize) -> HighestRow {
        let from = vec![(f64::MIN, 0.0); n + 1];
        HighestRow { from, block: f64::MIN, missing: n, block_row: 0.0, place: 0, row: 0.0 }
    }

    /// The row to come, counted from the first.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn row(&self) -> f64 {
        self.row
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn is_full(&self) -> bool {
        self.missing == 0
    }

    /// The row of the largest, once there are `n` values.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn push(&mut self, x: f64) -> Option<f64> {
        let row = self.next(x);
        self.take(x);
        self.missing = self.missing.saturating_sub(1);
        self.is_full().then_some(row)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn block(&self, x: f64) -> (f64, f64) {
        let is_later = x >= self.block;
        (greater(self.block, x), chosen(is_later, self.row, self.block_row))
    }

    /// What would be the row of the largest with `x`.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn next(&self, x: f64) -> f64 {
        let (value, row) = self.block(x);
        let (earlier, earlier_row) = self.from[self.place + 1];
        chosen(earlier > value, earlier_row, row)
    }

    /// As `push`, for a window that is full.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the value must not go through memory")]
    pub(crate) fn take(&mut self, x: f64) {
        self.from[self.place] = (x, self.row);
        (self.block, self.block_row) = self.block(x);
        self.place += 1;
        self.row += 1.0;
        if self.place + 1 == self.from.len() {
            // The block ends: from each place to its end.
            let mut largest = (f64::MIN, 0.0);
            for entry in self.from.iter_mut().rev() {
                largest = (greater(entry.0, largest.0), chosen(entry.0 > largest.0, entry.1, largest.1));
                *entry = largest;
            }
            self.place = 0;
            self.block = f64::MIN;
        }
    }
}

state! {
    /// The highest high and the lowest low of the last `n` bars, in the manner of [`Highest`]: the lowest is the highest of the
    /// negatives, negated, so that both are one walk.
    pub(crate) struct Channel {
        from: Vec<[f64; 2]>,
        block: [f64; 2],
        place: usize,
        missing: usize,
    }
}

impl Channel {
    pub(crate) fn new(n: usize) -> Channel {
        Channel { from: vec![[f64::MIN; 2]; n + 1], block: [f64::MIN; 2], place: 0, missing: n }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn push(&mut self, high: f64, low: f64) -> Option<(f64, f64)> {
        let edges = self.edges(high, low);
        self.take(high, low);
        self.missing = self.missing.saturating_sub(1);
        (self.missing == 0).then_some(edges)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn edges(&self, high: f64, low: f64) -> (f64, f64) {
        let before = self.from.get(self.place + 1).copied().unwrap_or(self.block);
        let [top, bottom] = both(before, both(self.block, [high, -low]));
        (top, -bottom)
    }

    /// What would be the edges with a bar, if the window is full and the bar finite.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    pub(crate) fn next<const ASKED: bool>(&self, high: f64, low: f64) -> Option<(f64, f64)> {
        (self.missing == 0 && sound::<ASKED>(high + low)).then(|| self.edges(high, low))
    }

    /// As `push`, for a window that is full.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    pub(crate) fn take(&mut self, high: f64, low: f64) {
        let bar = [high, -low];
        // Asked and not indexed, as the state must be in memory wherever something may panic.
        if let Some(place) = self.from.get_mut(self.place) {
            *place = bar;
        }
        self.block = both(self.block, bar);
        self.place += 1;
        if self.place + 1 == self.from.len() {
            // The block ends: from each place to its end.
            let mut furthest = [f64::MIN; 2];
            for pair in self.from.iter_mut().rev() {
                furthest = both(*pair, furthest);
                *pair = furthest;
            }
            self.place = 0;
            self.block = [f64::MIN; 2];
        }
    }
}

/// The greater of each.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the values must not go through memory")]
fn both(earlier: [f64; 2], later: [f64; 2]) -> [f64; 2] {
    [greater(earlier[0], later[0]), greater(earlier[1], later[1])]
}

/// The mean of some values.
#[inline]
pub(crate) fn mean(values: &[f64]) -> f64 {
    total(values) / values.len() as f64
}

#[inline]
pub(crate) fn total(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |sum, x| sum + x)
}

/// The sum of the squared distances from the mean.
#[inline]
pub(crate) fn squares(values: &[f64]) -> f64 {
    let middle = mean(values);
    values.iter().fold(0.0, |sum, x| sum + (x - middle) * (x - middle))
}

state! {
    /// The sum of the last `n` values. It is summed anew each time that the window has turned once, so it does not drift.
    pub(crate) struct Sum {
        window: Window,
        sum: f64,
    }
}

impl Sum {
    pub(crate) fn new(n: usize) -> Sum {
        Sum { window: Window::new(n), sum: 0.0 }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is not seen through keeps the state in memory")]
    pub(crate) fn push(&mut self, x: f64) -> Option<f64> {
        let old = self.window.push(x);
        self.sum += x - old.unwrap_or(0.0);
        let values = self.window.full()?;
        if self.window.place == 0 {
            self.sum = total(values);
        }
        Some(self.sum)
    }

    /// The values that it sums; of use once it is full.
    #[inline]
    pub(crate) fn values(&self) -> &[f64] {
        &self.window.values[self.window.place..][..self.window.n]
    }

    #[inline]
    pub(crate) fn mean(&mut self, x: f64) -> Option<f64> {
        let n = self.window.n as f64;
        self.push(x).map(|sum| sum / n)
    }
}

/// An exponential average, seeded by the mean of its first `n` values.
#[derive(Clone)]
pub(crate) struct Average {
    n: usize,
    k: f64,
    seen: usize,
    value: f64,
}

impl Average {
    /// The exponential moving average: `k = 2 / (n + 1)`.
    pub(crate) fn exponential(n: usize) -> Average {
        Average { n, k: 2.0 / (n as f64 + 1.0), seen: 0, value: 0.0 }
    }

    /// Wilder's: `k = 1 / n`.
    pub(crate) fn wilder(n: usize) -> Average {
        Average { n, k: 1.0 / n as f64, seen: 0, value: 0.0 }
    }

    #[inline]
    pub(crate) fn push(&mut self, x: f64) -> Option<f64> {
        if self.seen < self.n {
            self.seen += 1;
            self.value += x;
            if self.seen < self.n {
                return None;
            }
            self.value /= self.n as f64;
        } else {
            self.value += self.k * (x - self.value);
        }
        Some(self.value)
    }
}

/// The value one row ago.
#[derive(Clone, Default)]
pub(crate) struct Before(Option<f64>);

impl Before {
    #[inline]
    pub(crate) fn push(&mut self, x: f64) -> Option<f64> {
        self.0.replace(x)
    }
}

/// The true range (Wilder 1978), from the second row on.
#[derive(Clone, Default)]
pub(crate) struct TrueRange(Before);

impl TrueRange {
    #[inline]
    pub(crate) fn push(&mut self, high: f64, low: f64, close: f64) -> Option<f64> {
        let before = self.0.push(close)?;
        Some(largest(&[high - low, (high - before).abs(), (low - before).abs()]))
    }
}

/// The sum of some values in four lanes, which the processor adds side by side.
#[inline]
pub(crate) fn total4(values: &[f64]) -> f64 {
    fold4(values, |x| x)
}

/// The sum of a function of some values, in four lanes.
#[inline]
pub(crate) fn fold4(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0; 4];
    let (fours, rest) = values.as_chunks::<4>();
    for four in fours {
        for (lane, x) in lanes.iter_mut().zip(four) {
            *lane += of(*x);
        }
    }
    let tail = rest.iter().fold(0.0, |sum, x| sum + of(*x));
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + tail
}

/// The sum of a function of some values, by quarters that lie one after the other: a value that has just been written is slow to
/// be read together with its neighbours, and here none is.
#[inline]
pub(crate) fn fold_quarters(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let n = values.len() / 4;
    let (first, rest) = values.split_at(n);
    let (second, rest) = rest.split_at(n);
    let (third, rest) = rest.split_at(n);
    let (fourth, rest) = rest.split_at(n);
    let mut lanes = [0.0; 4];
    for (((a, b), c), d) in first.iter().zip(second).zip(third).zip(fourth) {
        lanes = [lanes[0] + of(*a), lanes[1] + of(*b), lanes[2] + of(*c), lanes[3] + of(*d)];
    }
    let tail = rest.iter().fold(0.0, |sum, x| sum + of(*x));
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + tail
}

/// A step that looks at the last `n` values of each input, itself included. Over a column it reads them where they lie.
pub(crate) trait Look<const I: usize, const O: usize>: Clone + Send + Sync + 'static {
    /// Takes the windows of one row, oldest first, and writes the outputs that have a value.
    fn look(&mut self, windows: [&[f64]; I], out: &mut [f64; O]);
}

/// A [`Look`] and what it looks at.
struct View<L> {
    look: L,
    windows: Vec<Window>,
}

impl<L: Clone> Clone for View<L> {
    fn clone(&self) -> Self {
        View { look: self.look.clone(), windows: self.windows.clone() }
    }

    fn clone_from(&mut self, source: &Self) {
        self.look.clone_from(&source.look);
        self.windows.clone_from(&source.windows);
    }
}

/// A [`Look`] as a kernel.
#[derive(Clone)]
pub(crate) struct Looking<L> {
    live: View<L>,
    shadow: Shadow<View<L>>,
    n: usize,
    lookback: usize,
}

impl<L: Clone> Looking<L> {
    /// Looks at `n` values of each of `I` inputs.
    pub(crate) fn new<const I: usize>(fresh: L, n: usize, lookback: usize) -> Self {
        let live = View { look: fresh, windows: vec![Window::new(n); I] };
        Looking { live, shadow: Shadow::default(), n, lookback }
    }
}

/// What is said of a row: a call, and one for all that ask.
#[inline(never)]
fn look<L: Look<I, O>, const I: usize, const O: usize>(
    view: &mut View<L>,
    row: [f64; I],
    out: &mut [f64; O],
) {
    let View { look, windows } = view;
    for (window, x) in windows.iter_mut().zip(row) {
        window.push(x);
    }
    *out = [SILENT; O];
    if windows[0].full().is_some() {
        look.look(std::array::from_fn(|i| windows[i].full().unwrap_or(&[])), out);
    }
}

impl<L: Look<I, O>, const I: usize, const O: usize> Kernel<I, O> for Looking<L> {
    #[inline]
    fn push(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted> {
        look(&mut self.live, row, out);
        Ok(())
    }

    fn peek(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted> {
        look(self.shadow.of(&self.live), row, out);
        Ok(())
    }

    fn batch(
        &mut self,
        inputs: &[&[f64]],
        rows: usize,
        _: Option<&Lent>,
        out: &mut [Column],
    ) -> Result<(), Exhausted> {
        let state = &mut self.live.look;
        let inputs: [&[f64]; I] = std::array::from_fn(|i| &inputs[i][..rows]);
        let mut columns: [&mut [f64]; O] = std::array::from_fn(|_| Default::default());
        for (k, column) in out.iter_mut().enumerate() {
            columns[k] = column.values.real(rows.saturating_sub(self.lookback));
        }
        for t in self.n - 1..rows {
            let mut answer = [SILENT; O];
            state.look(std::array::from_fn(|i| &inputs[i][t + 1 - self.n..=t]), &mut answer);
            if t >= self.lookback {
                for k in 0..O {
                    columns[k][t - self.lookback] = answer[k];
                }
            }
        }
        Ok(())
    }
}
