//! The slow twin of `Book`: two ordered maps and the same rules, written down without any thought of speed.

use scalp_market::book::{LEVEL_LOTS_MAX, PRICE_TICKS_MAX};
use scalp_types::{Depth, DepthKind, Level, Price, Qty, Side};
use std::collections::BTreeMap;

#[derive(Debug, Default, Clone)]
pub struct NaiveBook {
    pub bids: BTreeMap<i64, i64>,
    pub asks: BTreeMap<i64, i64>,
    pub best_bid: Option<i64>,
    pub best_ask: Option<i64>,
    pub refused: u64,
}

impl NaiveBook {
    fn bid_below(&self, price: i64) -> Option<i64> {
        self.bids.range(..price).next_back().map(|(p, _)| *p)
    }
    fn ask_above(&self, price: i64) -> Option<i64> {
        self.asks.range(price + 1..).next().map(|(p, _)| *p)
    }
    fn usable(level: Level) -> bool {
        level.price.get().unsigned_abs() <= PRICE_TICKS_MAX as u64
            && (0..=LEVEL_LOTS_MAX).contains(&level.qty.get())
    }

    pub fn set(&mut self, side: Side, level: Level) {
        let (price, lots) = (level.price.get(), level.qty.get());
        if !Self::usable(level) {
            self.refused += 1;
            return;
        }
        let map = if side == Side::Buy { &mut self.bids } else { &mut self.asks };
        if lots == 0 {
            map.remove(&price);
        } else {
            map.insert(price, lots);
        }
        match side {
            Side::Buy if lots == 0 && self.best_bid == Some(price) => self.best_bid = self.bid_below(price),
            Side::Buy if lots != 0 && self.best_bid.is_none_or(|best| price > best) => {
                self.best_bid = Some(price);
                if self.best_ask.is_some_and(|ask| ask <= price) {
                    self.best_ask = self.ask_above(price);
                }
            }
            Side::Sell if lots == 0 && self.best_ask == Some(price) => self.best_ask = self.ask_above(price),
            Side::Sell if lots != 0 && self.best_ask.is_none_or(|best| price < best) => {
                self.best_ask = Some(price);
                if self.best_bid.is_some_and(|bid| bid >= price) {
                    self.best_bid = self.bid_below(price);
                }
            }
            _ => {}
        }
    }

    pub fn apply(&mut self, depth: &Depth<'_>) {
        match depth.kind {
            DepthKind::Delta => {}
            DepthKind::Snapshot | DepthKind::Clear => {
                *self = Self { refused: self.refused, ..Self::default() };
            }
            DepthKind::TopSnapshot => {
                let listed = |levels: &[Level]| -> Vec<i64> {
                    levels.iter().filter(|it| Self::usable(**it)).map(|it| it.price.get()).collect()
                };
                let worst_bid = listed(depth.bids).into_iter().min().unwrap_or(i64::MIN);
                let worst_ask = listed(depth.asks).into_iter().max().unwrap_or(i64::MAX);
                self.bids.retain(|price, _| *price < worst_bid);
                self.asks.retain(|price, _| *price > worst_ask);
                self.best_bid = self.best_bid.and_then(|best| self.bid_below(best.saturating_add(1)));
                self.best_ask = self.best_ask.and_then(|best| self.ask_above(best.saturating_sub(1)));
            }
        }
        if depth.kind == DepthKind::Clear {
            return;
        }
        depth.bids.iter().for_each(|level| self.set(Side::Buy, *level));
        depth.asks.iter().for_each(|level| self.set(Side::Sell, *level));
    }

    pub fn bids(&self) -> Vec<Level> {
        self.best_bid.map_or(vec![], |best| self.bids.range(..=best).rev().map(level).collect())
    }
    pub fn asks(&self) -> Vec<Level> {
        self.best_ask.map_or(vec![], |best| self.asks.range(best..).map(level).collect())
    }

    /// Compares everything that can be seen of the two books.
    pub fn check(&self, book: &scalp_market::Book) {
        self.check_best(book);
        assert_eq!(book.bids().collect::<Vec<_>>(), self.bids());
        assert_eq!(book.asks().collect::<Vec<_>>(), self.asks());
        let state = book.state();
        assert_eq!(state.bids, self.bids.iter().rev().map(level).collect::<Vec<_>>());
        assert_eq!(state.asks, self.asks.iter().map(level).collect::<Vec<_>>());
        assert_eq!(book.counts().refused, self.refused);
    }

    pub fn check_best(&self, book: &scalp_market::Book) {
        assert_eq!(book.best_bid_price().map(Price::get), self.best_bid);
        assert_eq!(book.best_ask_price().map(Price::get), self.best_ask);
    }
}

fn level((price, lots): (&i64, &i64)) -> Level {
    Level { price: Price::new(*price), qty: Qty::new(*lots) }
}
