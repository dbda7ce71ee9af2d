//! Which side weighs more: what rests, and how what rests changes.

use super::decay::Moments;
use super::rows::Totals;
use super::table::Stream;
use crate::measure::{Depth, Level};
use crate::state::state;

/// The widest book that is looked at.
pub(super) const LEVELS_MAX: usize = 50;

/// `BOOK_IMBALANCE`: `(bids - asks) / (bids + asks)`.
#[derive(Clone, Debug)]
pub(super) struct BookImbalance {
    levels: usize,
    out: [f64; 3],
}

state!(BookImbalance { out; levels });

impl BookImbalance {
    pub(super) fn new(levels: usize) -> BookImbalance {
        BookImbalance { levels, out: [f64::NAN; 3] }
    }
}

impl Stream for BookImbalance {
    fn on_book(&mut self, book: &Depth<'_>) {
        let (mut sums, mut weighted) = ([0.0; 2], [0.0; 2]);
        for (k, side) in [book.bids, book.asks].into_iter().enumerate() {
            for (i, level) in side.iter().take(self.levels).enumerate() {
                sums[k] += level.size;
                weighted[k] += level.size / (i + 1) as f64;
            }
        }
        let at = |side: &[Level]| side.get(self.levels - 1).map_or(0.0, |it| it.size);
        self.out = [
            balance(sums[0], sums[1]),
            balance(weighted[0], weighted[1]),
            balance(at(book.bids), at(book.asks)),
        ];
    }

    fn write(&self, out: &mut [f64]) {
        out.copy_from_slice(&self.out);
    }
}

/// `(a - b) / (a + b)`; NaN if both are nothing.
#[inline]
pub(super) fn balance(a: f64, b: f64) -> f64 {
    if a + b > 0.0 { (a - b) / (a + b) } else { f64::NAN }
}

/// What one message adds to the pressure at one level, equation (4) of Cont, Kukanov & Stoikov: what came to the bid less
/// what left it, less the same of the ask. A price that improves counts with all its size, one that retreats takes all
/// that was there away.
#[inline]
fn pressure(before: &[Option<Level>; 2], after: &[Option<Level>; 2]) -> f64 {
    let came = |before: Option<Level>, after: Option<Level>, better: f64| match (before, after) {
        (Some(old), Some(new)) => {
            let move_ = better * (new.price - old.price);
            let arrived = if move_ >= 0.0 { new.size } else { 0.0 };
            let gone = if move_ <= 0.0 { old.size } else { 0.0 };
            arrived - gone
        }
        (None, Some(new)) => new.size,
        (Some(old), None) => -old.size,
        (None, None) => 0.0,
    };
    came(before[0], after[0], 1.0) - came(before[1], after[1], -1.0)
}

/// `OFI` and `MLOFI`: order-flow imbalance over the last messages.
#[derive(Clone, Debug)]
pub(super) struct OrderFlow {
    from: usize,
    to: usize,
    before: Box<[[Option<Level>; 2]]>,
    ready: bool,
    last: f64,
    sums: Totals<1>,
    depth: Moments,
}

state!(OrderFlow { before, ready, last, sums, depth; from, to });

impl OrderFlow {
    /// Over the last `messages` of the levels `from..to`, counted from zero.
    pub(super) fn new(messages: usize, from: usize, to: usize) -> OrderFlow {
        OrderFlow {
            from,
            to,
            before: vec![[None; 2]; to - from].into_boxed_slice(),
            ready: false,
            last: f64::NAN,
            sums: Totals::new(messages),
            depth: Moments::new(messages as f64),
        }
    }
}

impl Stream for OrderFlow {
    fn on_book(&mut self, book: &Depth<'_>) {
        let (mut total, mut depth, mut sides) = (0.0, 0.0, 0.0);
        for (level, old) in (self.from..self.to).zip(self.before.iter_mut()) {
            let new = [book.bids.get(level).copied(), book.asks.get(level).copied()];
            total += pressure(old, &new);
            for it in new.iter().flatten() {
                depth += it.size;
                sides += 1.0;
            }
            *old = new;
        }
        if sides > 0.0 {
            self.depth.push(depth / sides);
        }
        // The first book is where changes are counted from.
        if !std::mem::replace(&mut self.ready, true) {
            return;
        }
        self.last = total;
        self.sums.push([total]);
    }

    fn write(&self, out: &mut [f64]) {
        out[0] = self.sums.sums().map_or(f64::NAN, |it| it[0]);
        // Per level, so that one and many levels are of one size.
        let levels = (self.to - self.from) as f64;
        out[1] = self.depth.mean().map_or(f64::NAN, |depth| out[0] / (depth * levels));
        out[2] = self.last;
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "whole numbers")]
mod tests {
    use super::*;

    fn feed(measure: &mut impl Stream, book: &[(f64, f64); 2]) -> Vec<f64> {
        let [bid, ask] = book.map(|(price, size)| Level { price, size });
        measure.on_book(&Depth { at: 0, bids: &[bid], asks: &[ask], changes: &[] });
        let mut out = vec![f64::NAN; 3];
        measure.write(&mut out);
        out
    }

    #[test]
    fn each_case_of_the_equation_counts_as_the_paper_says() {
        let mut flow = OrderFlow::new(1, 0, 1);
        assert!(feed(&mut flow, &[(10.0, 5.0), (11.0, 7.0)])[2].is_nan());
        // (book, what it adds): bid grows, bid improves, bid retreats, ask grows, ask improves, ask retreats.
        for (book, want) in [
            ([(10.0, 8.0), (11.0, 7.0)], 3.0),
            ([(10.5, 2.0), (11.0, 7.0)], 2.0),
            ([(10.0, 8.0), (11.0, 7.0)], -2.0),
            ([(10.0, 8.0), (11.0, 9.0)], -2.0),
            ([(10.0, 8.0), (10.5, 4.0)], -4.0),
            ([(10.0, 8.0), (11.0, 9.0)], 4.0),
        ] {
            assert_eq!(feed(&mut flow, &book)[2], want, "{book:?}");
        }
    }

    #[test]
    fn the_sum_is_that_of_the_window() {
        let mut flow = OrderFlow::new(3, 0, 1);
        let mut twin = Vec::new();
        for i in 0..50 {
            let out = feed(&mut flow, &[(10.0, f64::from((i * 7) % 11 + 1)), (11.0, 7.0)]);
            if i > 0 {
                twin.push(out[2]);
            }
            if twin.len() >= 3 {
                assert_eq!(out[0], twin.iter().rev().take(3).sum::<f64>());
            }
        }
    }

    #[test]
    fn an_imbalance_needs_something_to_rest() {
        assert!(balance(0.0, 0.0).is_nan());
        assert_eq!(balance(1.0, 0.0), 1.0);
        assert_eq!(balance(1.0, 3.0), -0.5);
    }
}
