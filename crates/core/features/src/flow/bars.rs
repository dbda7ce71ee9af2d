//! Bars of equal time for what is measured bar by bar. Prices are floats here: money is not kept in them.

use crate::measure::Print;
use crate::state::{plain, state};

/// A finished bar.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bar {
    /// Price of the last trade.
    pub close: f64,
    /// Base units.
    pub volume: f64,
    /// Quote currency.
    pub value: f64,
    /// Base units, buys less sells.
    pub signed: f64,
    /// Sum of the square roots of value.
    pub root: f64,
    /// Sum of sign times the square root of value.
    pub signed_root: f64,
}

plain!(Bar { close, volume, value, signed, root, signed_root });

impl Bar {
    #[inline]
    fn add(&mut self, trade: &Print, sign: f64) {
        self.close = trade.price;
        self.volume += trade.size;
        self.value += trade.value();
        self.signed += sign * trade.size;
        let root = trade.value().sqrt();
        self.root += root;
        self.signed_root += sign * root;
    }
}

/// Cuts trades into bars that begin at whole multiples of their length since 1970. A bar is finished by the first trade of
/// another one; bars without trades do not exist. A trade of the bar before the open one is late and counts with the open
/// one; one from further back closes it, so that a single wrong time holds nothing up.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    nanos: i64,
    open: Option<(i64, Bar)>,
}

state!(Clock { open; nanos });

impl Clock {
    /// Bars of `seconds`; of one trade each if that is zero.
    #[must_use]
    pub fn new(seconds: f64) -> Clock {
        Clock { nanos: (seconds * 1e9) as i64, open: None }
    }

    /// Takes a trade in, with its sign, and gives the bar that it finishes.
    #[inline]
    pub fn push(&mut self, trade: &Print, sign: f64) -> Option<Bar> {
        if self.nanos == 0 {
            let mut bar = Bar::default();
            bar.add(trade, sign);
            return Some(bar);
        }
        let index = trade.at.div_euclid(self.nanos);
        match &mut self.open {
            Some((open, bar)) if index == *open || index.checked_add(1) == Some(*open) => {
                bar.add(trade, sign);
                None
            }
            open => {
                let mut bar = Bar::default();
                bar.add(trade, sign);
                open.replace((index, bar)).map(|(_, finished)| finished)
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "whole numbers")]
mod tests {
    use super::*;

    fn print(at: i64, price: f64) -> Print {
        Print { at, price, size: 2.0, aggressor: None }
    }

    #[test]
    fn a_late_trade_counts_with_the_open_bar_and_a_wrong_time_holds_nothing_up() {
        let mut clock = Clock::new(1.0);
        let second = 1_000_000_000;
        assert_eq!(clock.push(&print(0, 10.0), 1.0), None);
        let bar = clock.push(&print(2 * second, 11.0), 1.0).unwrap();
        assert_eq!((bar.close, bar.volume, bar.value, bar.signed), (10.0, 2.0, 20.0, 2.0));
        assert_eq!(clock.push(&print(2 * second - 1, 12.0), -1.0), None, "late");
        let bar = clock.push(&print(0, 13.0), 1.0).unwrap();
        assert_eq!((bar.close, bar.volume, bar.signed), (12.0, 4.0, 0.0), "far back");
        assert!(clock.push(&print(i64::MAX, 14.0), 1.0).is_some());
        assert!(clock.push(&print(second, 15.0), 1.0).is_some());
    }

    #[test]
    fn the_shortest_bars_know_the_ends_of_time() {
        let mut clock = Clock::new(1e-9);
        for at in [i64::MIN, i64::MAX, i64::MAX - 1, i64::MIN + 1, 0] {
            clock.push(&print(at, 10.0), 1.0);
        }
    }
}
