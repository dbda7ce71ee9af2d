//! A made-up market for tests: books that move level by level and trades that hit them, from a seed.
#![allow(dead_code, reason = "each test uses its part")]

use scalp_features::measure::{Change, Depth, Level, Print};
use scalp_types::Side;
use scalp_types::rng::Stream;

/// What happens next.
pub enum Event<'a> {
    Trade(Print),
    Book(Depth<'a>),
}

/// A book of whole ticks around a wandering mid. Sizes are heavy-tailed, trades come in bursts.
pub struct Market {
    stream: Stream,
    pub at: i64,
    mid: i64,
    /// `size` of the tick `i` away from the mid, bids and asks.
    sizes: [[f64; 30]; 2],
    changes: Vec<Change>,
    bids: Vec<Level>,
    asks: Vec<Level>,
    tick: f64,
    tells: bool,
}

impl Market {
    pub fn new(seed: u64) -> Market {
        Market {
            stream: Stream::named(seed, "market"),
            at: 1_700_000_000_000_000_000,
            mid: 100_000,
            sizes: [[5.0; 30]; 2],
            changes: vec![],
            bids: vec![],
            asks: vec![],
            tick: 0.1,
            tells: true,
        }
    }

    /// Trades without a side.
    pub fn silent(seed: u64) -> Market {
        Market { tells: false, ..Market::new(seed) }
    }

    fn price(&self, side: usize, i: usize) -> f64 {
        let away = i as i64 + 1;
        let ticks = if side == 0 { self.mid - away } else { self.mid + away };
        ticks as f64 * self.tick
    }

    fn set(&mut self, side: usize, i: usize, size: f64) {
        let before = std::mem::replace(&mut self.sizes[side][i], size);
        let price = self.price(side, i);
        let of = if side == 0 { Side::Buy } else { Side::Sell };
        self.changes.push(Change { side: of, level: Level { price, size }, before });
    }

    fn shift(&mut self, up: bool) {
        // The side that is run into loses its best, the other gains a new best.
        let (eaten, joined) = if up { (1, 0) } else { (0, 1) };
        self.set(eaten, 0, 0.0);
        self.sizes[eaten].rotate_left(1);
        self.sizes[eaten][29] = 5.0;
        self.sizes[joined].rotate_right(1);
        self.sizes[joined][0] = 0.0;
        self.mid += if up { 1 } else { -1 };
        self.set(joined, 0, 3.0);
    }

    pub fn next(&mut self) -> Event<'_> {
        let wait = self.stream.exponential() * 2e7;
        self.at += wait as i64;
        self.changes.clear();
        let draw = self.stream.uniform();
        if draw < 0.25 {
            let side = usize::from(self.stream.uniform() < 0.5);
            let size = 0.001 + self.stream.exponential() * self.stream.exponential();
            return Event::Trade(Print {
                at: self.at,
                price: self.price(side, 0),
                size,
                aggressor: self.tells.then_some(if side == 1 { Side::Buy } else { Side::Sell }),
            });
        }
        if draw < 0.30 {
            let up = self.stream.uniform() < 0.5;
            self.shift(up);
        } else {
            for _ in 0..1 + self.stream.below(4) {
                let (side, i) = (self.stream.below(2) as usize, self.stream.below(30) as usize);
                let size = 0.1 + self.stream.exponential() * 4.0;
                let size = if i > 0 && self.stream.uniform() < 0.2 { 0.0 } else { size };
                self.set(side, i, size);
            }
        }
        self.bids.clear();
        self.asks.clear();
        for i in 0..30 {
            for side in 0..2 {
                let level = Level { price: self.price(side, i), size: self.sizes[side][i] };
                if level.size > 0.0 {
                    if side == 0 { self.bids.push(level) } else { self.asks.push(level) }
                }
            }
        }
        Event::Book(Depth { at: self.at, bids: &self.bids, asks: &self.asks, changes: &self.changes })
    }
}
