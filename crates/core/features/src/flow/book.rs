//! What rests in the book: the spread, the depth and its shape, the table of both sides.

use super::decay::Moments;
use super::history::History;
use super::table::Stream;
use crate::measure::{Depth, Level};
use crate::state::state;

/// Spreads that are held before the past fades by half.
pub(super) const MEMORY: u32 = 200_000;

/// `SPREAD`: ask less bid, and how wide that is for this instrument.
#[derive(Clone, Debug)]
pub(super) struct Spread {
    mean: Moments,
    history: History,
    last: Option<[f64; 2]>,
    rank: Option<f64>,
}

state!(Spread { mean, history, last, rank });

impl Spread {
    pub(super) fn new(half_life: f64) -> Spread {
        Spread { mean: Moments::new(half_life), history: History::new(MEMORY), last: None, rank: None }
    }
}

impl Stream for Spread {
    fn on_book(&mut self, book: &Depth<'_>) {
        self.last = book.touch().map(|it| [it.spread(), 1e4 * it.spread() / it.mid()]);
        if let Some([_, bps]) = self.last {
            self.rank = self.history.rank(bps);
            self.history.push(bps);
            self.mean.push(bps);
        }
    }

    fn write(&self, out: &mut [f64]) {
        let [spread, bps] = self.last.unwrap_or([f64::NAN; 2]);
        out[0] = spread;
        out[1] = bps;
        out[2] = self.mean.mean().unwrap_or(f64::NAN);
        out[3] = self.rank.unwrap_or(f64::NAN);
    }
}

/// `DEPTH`: what rests within so many levels, and how fast it grows with the distance from the mid.
#[derive(Clone, Debug)]
pub(super) struct DepthShape {
    levels: usize,
    out: [f64; 4],
}

state!(DepthShape { out; levels });

impl DepthShape {
    pub(super) fn new(levels: usize) -> DepthShape {
        DepthShape { levels, out: [f64::NAN; 4] }
    }
}

impl Stream for DepthShape {
    fn on_book(&mut self, book: &Depth<'_>) {
        let Some(touch) = book.touch() else {
            self.out = [f64::NAN; 4];
            return;
        };
        let mid = touch.mid();
        let shape = |side: &[Level]| {
            let (mut depth, mut products, mut squares) = (0.0, 0.0, 0.0);
            for level in side.iter().take(self.levels) {
                depth += level.size;
                let bps = 1e4 * (level.price - mid).abs() / mid;
                products += bps * depth;
                squares += bps * bps;
            }
            [depth, products / squares]
        };
        let ([bids, bid_slope], [asks, ask_slope]) = (shape(book.bids), shape(book.asks));
        self.out = [bids, asks, bid_slope, ask_slope];
    }

    fn write(&self, out: &mut [f64]) {
        out.copy_from_slice(&self.out);
    }
}

/// `BOOK_TABLE`: volume, mean size and volume-weighted price of each side.
#[derive(Clone, Debug)]
pub(super) struct BookTable {
    levels: usize,
    out: [f64; 8],
}

state!(BookTable { out; levels });

impl BookTable {
    pub(super) fn new(levels: usize) -> BookTable {
        BookTable { levels, out: [f64::NAN; 8] }
    }
}

impl Stream for BookTable {
    fn on_book(&mut self, book: &Depth<'_>) {
        let side = |side: &[Level]| {
            let seen = &side[..side.len().min(self.levels)];
            let volume: f64 = seen.iter().map(|it| it.size).sum();
            let value: f64 = seen.iter().map(|it| it.price * it.size).sum();
            [volume, volume / seen.len() as f64, value / volume]
        };
        let ([bids, bid_mean, bid_vwap], [asks, ask_mean, ask_vwap]) = (side(book.bids), side(book.asks));
        let (ratio, between) = (bids / asks, ask_vwap - bid_vwap);
        self.out = [bids, asks, bid_mean, ask_mean, bid_vwap, ask_vwap, ratio, between];
    }

    fn write(&self, out: &mut [f64]) {
        out.copy_from_slice(&self.out);
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "numbers that halves and quarters hold exactly")]
mod tests {
    use super::*;

    fn of(measure: &mut impl Stream, width: usize) -> Vec<f64> {
        let level = |price, size| Level { price, size };
        let (bids, asks) = ([level(99.0, 1.0), level(98.0, 3.0)], [level(101.0, 2.0), level(102.0, 2.0)]);
        measure.on_book(&Depth { at: 0, bids: &bids, asks: &asks, changes: &[] });
        let mut out = vec![f64::NAN; width];
        measure.write(&mut out);
        out
    }

    #[test]
    fn the_table_of_both_sides() {
        assert_eq!(
            of(&mut BookTable::new(5), 8),
            [4.0, 4.0, 2.0, 2.0, 98.25, 101.5, 1.0, 3.25],
            "volumes, means, prices, ratio, distance"
        );
    }

    #[test]
    fn the_slope_is_that_of_the_line_through_the_mid() {
        let out = of(&mut DepthShape::new(2), 4);
        assert_eq!(out[..2], [4.0, 4.0]);
        // 100 and 200 bps away: (100 * 1 + 200 * 4) / (100^2 + 200^2) and (100 * 2 + 200 * 4) / 50000.
        assert_eq!(out[2..], [900.0 / 50_000.0, 1000.0 / 50_000.0]);
        assert_eq!(of(&mut Spread::new(10.0), 4)[..2], [2.0, 200.0]);
    }
}
