//! The largest and the smallest of some values, and of the last ones of a stream.

use crate::kernel::{sound, state};

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

    /// A row passed that has no value.
    #[inline]
    pub(crate) fn pass(&mut self) {
        self.row += 1.0;
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

    /// Whether the window is full with the next bar.
    pub(crate) fn is_next_full(&self) -> bool {
        self.missing <= 1
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
