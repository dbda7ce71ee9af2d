//! What was traded at each price of late, and how much of what left a level that explains.

use crate::measure::{Change, Print};
use crate::state::{Plain, Saved, State, plain, state};

/// Sizes that differ by less than this part of those they were counted from are equal: the differences and sums of decimals
/// are not exact.
pub(crate) const ROUNDING: f64 = 1e-12;
/// A trade explains what leaves its price within this time, in nanoseconds.
pub(super) const EXPLAINS: u64 = 1_000_000_000;
/// Prices that have room from the start.
const ROOM: usize = 512;
/// Prices that are held before those that are over are first looked for.
const FEW: usize = 64;

/// Something at a price.
pub(crate) trait Priced: Plain + Default {
    fn price(&self) -> f64;
}

/// The same of several prices, in rising order. What is over is forgotten when there are twice as many as were not over the
/// last time, so each price stands for itself however many there are. Nothing is allocated but where more are held at once than
/// [`ROOM`], and than ever before.
#[derive(Clone, Debug)]
pub(crate) struct Prices<T> {
    places: Vec<T>,
    held: usize,
    most: usize,
}

impl<T: Priced> Prices<T> {
    pub(crate) fn new() -> Prices<T> {
        Prices { places: vec![T::default(); ROOM], held: 0, most: FEW }
    }

    fn place(&self, price: f64) -> Result<usize, usize> {
        self.places[..self.held].binary_search_by(|it| it.price().total_cmp(&price))
    }

    /// What is held at `price`.
    #[inline]
    pub(crate) fn get(&mut self, price: f64) -> Option<&mut T> {
        let place = self.place(price).ok()?;
        self.places.get_mut(place)
    }

    /// Holds `it`, in place of what was held at its price; those for which `is_over` holds may be forgotten.
    #[inline]
    pub(crate) fn set(&mut self, it: T, is_over: impl Fn(&T) -> bool) {
        let place = match self.place(it.price()) {
            Ok(place) => {
                self.places[place] = it;
                return;
            }
            Err(_) if self.held == self.most => {
                self.forget(is_over);
                self.place(it.price()).unwrap_or_else(|place| place)
            }
            Err(place) => place,
        };
        self.places.copy_within(place..self.held, place + 1);
        self.places[place] = it;
        self.held += 1;
    }

    #[cold]
    fn forget(&mut self, is_over: impl Fn(&T) -> bool) {
        let mut kept = 0;
        for place in 0..self.held {
            let it = self.places[place];
            if !is_over(&it) {
                self.places[kept] = it;
                kept += 1;
            }
        }
        self.held = kept;
        self.most = (2 * kept).next_power_of_two().max(FEW);
        if self.most > self.places.len() {
            self.places.resize(self.most, T::default());
        }
    }
}

/// What is held, and how many may be before some are forgotten.
impl<T: Priced> State for Prices<T> {
    fn save(&self, to: &mut Vec<u8>) {
        let Self { places, held, most } = self;
        held.put(to);
        most.put(to);
        places[..*held].iter().for_each(|it| it.put(to));
    }

    fn load(&mut self, from: &mut Saved<'_>) {
        let (held, most) = (usize::take(from), usize::take(from));
        if held > most || most > held.saturating_mul(4).max(FEW) || !most.is_power_of_two() {
            return from.refuse();
        }
        *self = Prices::new();
        for place in 0..held {
            let it = T::take(from);
            let is_next = place == 0 || self.places[place - 1].price().total_cmp(&it.price()).is_lt();
            if from.is_damaged() || !is_next {
                return from.refuse();
            }
            if place == self.places.len() {
                self.places.push(it);
            } else {
                self.places[place] = it;
            }
        }
        if most > self.places.len() {
            self.places.resize(most, T::default());
        }
        (self.held, self.most) = (held, most);
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Traded {
    at: i64,
    price: f64,
    /// What has not explained anything yet, base units.
    size: f64,
    /// The most that this has been since it was nothing: what its rounding is a part of.
    most: f64,
}

plain!(Traded { at, price, size, most });

impl Priced for Traded {
    fn price(&self) -> f64 {
        self.price
    }
}

/// Tells what was traded from what was taken back: a size that shrinks after trades at its price was traded as far as they
/// reach and have not been counted yet, until a second passes without a trade there. A change that arrives before its trade
/// counts as taken back; the feeds of the venues that we know send the trade first or at the same time. Each price has its own
/// account; a change takes as many steps as the prices of a second have binary digits.
#[derive(Clone, Debug)]
pub(crate) struct Explained {
    trades: Prices<Traded>,
}

state!(Explained { trades });

impl Explained {
    pub(crate) fn new() -> Explained {
        Explained { trades: Prices::new() }
    }

    #[inline]
    pub(crate) fn on_trade(&mut self, trade: &Print) {
        let is_over = |it: &Traded| trade.at.abs_diff(it.at) > EXPLAINS;
        let before = self.trades.get(trade.price).filter(|it| !is_over(it) && it.size > 0.0);
        let (size, most) = before.map_or((0.0, 0.0), |it| (it.size, it.most));
        let size = size + trade.size;
        self.trades.set(Traded { at: trade.at, price: trade.price, size, most: size.max(most) }, is_over);
    }

    /// How much of what left the level was traded: all of it where that is so but for rounding.
    #[inline]
    pub(crate) fn take(&mut self, at: i64, change: &Change) -> f64 {
        let gone = change.before - change.level.size;
        match self.trades.get(change.level.price) {
            Some(it) if at.abs_diff(it.at) <= EXPLAINS => {
                if (gone - it.size).abs() <= ROUNDING * change.before.max(it.most) {
                    it.size = 0.0;
                    return gone;
                }
                let used = gone.min(it.size);
                it.size -= used;
                used
            }
            _ => 0.0,
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "whole numbers")]
mod tests {
    use super::*;
    use crate::measure::Level;
    use crate::state::{seal, unseal};
    use scalp_types::Side;

    const MILLI: i64 = 1_000_000;

    fn print(at: i64, price: f64, size: f64) -> Print {
        Print { at, price, size, aggressor: None }
    }

    fn change(price: f64, before: f64, size: f64) -> Change {
        Change { side: Side::Buy, level: Level { price, size }, before }
    }

    #[test]
    fn what_trades_explain_is_not_taken_back() {
        let mut explained = Explained::new();
        explained.on_trade(&print(0, 10.0, 2.0));
        explained.on_trade(&print(0, 10.0, 1.0));
        assert_eq!(explained.take(5, &change(10.0, 9.0, 6.5)), 2.5);
        assert_eq!(explained.take(6, &change(10.0, 6.5, 4.5)), 0.5);
        assert_eq!(explained.take(7, &change(10.0, 4.5, 2.5)), 0.0);
        explained.on_trade(&print(10, 11.0, 2.0));
        assert_eq!(explained.take(10, &change(10.0, 2.5, 0.5)), 0.0, "another price");
        assert_eq!(explained.take(10 + 2_000_000_000, &change(11.0, 2.0, 0.0)), 0.0, "too late");
    }

    /// 600.1 - 0.3 and the like are no decimals; what such a level lost to trades is nevertheless all explained.
    #[test]
    fn decimals_are_explained_as_lots_are() {
        for lots in [1_u32, 3, 7, 4097, 6_000_001] {
            for size in [1_u32, 2, 3, 7, 19] {
                let mut explained = Explained::new();
                let decimal = |lots: u32| f64::from(lots) / 10.0;
                (0..size).for_each(|_| explained.on_trade(&print(0, 10.0, 0.1)));
                let (before, after) = (decimal(lots + size), decimal(lots));
                assert_eq!(explained.take(1, &change(10.0, before, after)), before - after, "{lots} {size}");
                assert_eq!(explained.take(2, &change(10.0, after, 0.0)), 0.0, "nothing is left of them");
                // In two parts.
                explained.on_trade(&print(3, 10.0, decimal(size + 5)));
                explained.take(4, &change(10.0, decimal(lots + size + 5), decimal(lots + size)));
                let (before, after) = (decimal(lots + size), decimal(lots));
                assert_eq!(explained.take(5, &change(10.0, before, after)), before - after, "{lots} {size}");
            }
        }
    }

    #[test]
    fn every_price_of_a_second_has_its_own_account() {
        let mut explained = Explained::new();
        let price = |i: u32| 60_000.0 + f64::from(i) / 10.0;
        // Many seconds, so that what is over is forgotten in between, and one that is busier than all before.
        for (second, prices) in [400, 30, 400, 3, 3000, 100, 2000].into_iter().enumerate() {
            let at = second as i64 * 3000 * MILLI;
            let price = |i: u32| price(i) + 1000.0 * second as f64;
            for i in 0..prices {
                explained.on_trade(&print(at, price(i * 7 % prices), f64::from(i * 7 % prices + 1)));
            }
            let mut back = Explained::new();
            unseal(1, &seal(1, &explained), &mut back).unwrap();
            for it in [&mut explained.clone(), &mut back] {
                for i in 0..prices {
                    let left = f64::from(i + 1);
                    assert_eq!(it.take(at + MILLI, &change(price(i), left + 2.0, 1.0)), left, "{second} {i}");
                }
            }
        }
        assert_eq!(explained.trades.held, 2000, "what is over is forgotten");
    }
}
