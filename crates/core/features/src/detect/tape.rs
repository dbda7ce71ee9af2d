//! The last trades second by second, and how far the orders of a while exceed what chance brings.

use crate::flow::{Classifier, Moments};
use crate::measure::Print;
use crate::state::{plain, state};

/// Seconds that are remembered.
pub(super) const SECONDS: usize = 1024;

/// Seconds in which what is usual is forgotten by half.
pub(crate) const USUAL: f64 = 600.0;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Second {
    pub(super) price: f64,
    pub(super) high: f64,
    pub(super) low: f64,
    /// Orders that took: trades of one time and one side are the prints of one.
    pub(super) orders: f64,
    /// Those that bought less those that sold.
    pub(super) net: f64,
}

plain!(Second { price, high, low, orders, net });

/// The last trades, second by second; seconds without trades repeat the price. A trade of an earlier second counts with
/// the open one; a time that goes back by more than a minute, or ahead by more than is remembered, begins anew.
#[derive(Clone, Debug)]
pub(super) struct Tape {
    pub(super) classifier: Classifier,
    seconds: Box<[Second]>,
    now: Option<i64>,
    pub(super) held: usize,
    /// Orders of a second, before the one that finished last.
    usual: Option<f64>,
    rate: Moments,
    order: Option<(i64, f64)>,
}

state!(Tape { classifier, seconds, now, held, usual, rate, order });

/// The orders of a while against what is usual.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pressure {
    /// `(n - m) / sqrt(m + 1)`: `n` orders where `m` are usual, in deviations of a Poisson count. It has no unit, so that it
    /// is alike on a busy and on a quiet market, whatever the sizes of trades are.
    pub(super) excess: f64,
    /// Those that bought less those that sold, as a share of all.
    pub(super) lean: f64,
}

plain!(Pressure { excess, lean });

impl Pressure {
    /// Whether it goes up (1) or down (-1) with far more orders than usual, nearly all of that side.
    pub(super) fn pushes(&self, up: f64) -> bool {
        self.excess >= EXCESS && up * self.lean >= LEAN
    }
}

/// Deviations above the usual count from which on orders are many.
const EXCESS: f64 = 6.0;
/// The share of orders, of one side less the other, from which on they are of one side.
const LEAN: f64 = 0.7;

impl Tape {
    pub(super) fn new() -> Tape {
        Tape {
            classifier: Classifier::default(),
            seconds: vec![Second::default(); SECONDS].into_boxed_slice(),
            now: None,
            held: 0,
            usual: None,
            rate: Moments::new(USUAL),
            order: None,
        }
    }

    /// The second `back` before the last finished one.
    pub(super) fn back(&self, back: usize) -> &Second {
        let place = self.now.unwrap_or(0) - 1 - back as i64;
        &self.seconds[place.rem_euclid(SECONDS as i64) as usize]
    }

    /// The pressure of the last `seconds` finished ones; none before a usual is known.
    pub(super) fn pressure(&self, seconds: usize) -> Option<Pressure> {
        let usual = self.usual? * seconds as f64;
        let (mut orders, mut net) = (0.0, 0.0);
        for i in 0..seconds.min(self.held) {
            orders += self.back(i).orders;
            net += self.back(i).net;
        }
        let lean = if orders > 0.0 { net / orders } else { 0.0 };
        Some(Pressure { excess: (orders - usual) / (usual + 1.0).sqrt(), lean })
    }

    /// Takes a trade in, and calls `finished` after each second that it finishes, with the time of its end.
    pub(super) fn on_trade(&mut self, trade: &Print, mut finished: impl FnMut(&Tape, i64)) {
        let sign = self.classifier.on_trade(trade).best();
        let second = trade.at.div_euclid(1_000_000_000);
        let is_anew = self.now.is_none_or(|now| second < now - 60 || second > now + SECONDS as i64 / 2);
        if is_anew {
            (self.now, self.held) = (Some(second), 0);
            *self.open(second) =
                Second { price: trade.price, high: trade.price, low: trade.price, ..Second::default() };
        }
        let mut now = self.now.unwrap_or(second);
        while now < second {
            let Second { price, orders, .. } = *self.open(now);
            now += 1;
            self.now = Some(now);
            self.held = (self.held + 1).min(SECONDS - 1);
            *self.open(now) = Second { price, high: price, low: price, ..Second::default() };
            self.usual = self.rate.mean();
            self.rate.push(orders);
            finished(self, now.saturating_mul(1_000_000_000));
        }
        let is_new = self.order.replace((trade.at, sign)) != Some((trade.at, sign));
        let it = self.open(now);
        it.price = trade.price;
        it.high = it.high.max(trade.price);
        it.low = it.low.min(trade.price);
        if is_new {
            it.orders += 1.0;
            it.net += sign;
        }
    }

    fn open(&mut self, second: i64) -> &mut Second {
        &mut self.seconds[second.rem_euclid(SECONDS as i64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalp_types::Side;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn the_prints_of_one_order_are_one_and_pressure_has_no_unit() {
        let pressed = |price: f64, size: f64| {
            let mut tape = Tape::new();
            let mut print = |at: i64, side: Side| {
                tape.on_trade(&Print { at, price, size, aggressor: Some(side) }, |_, _| {});
            };
            for i in 0..300 {
                let side = if i % 2 == 0 { Side::Buy } else { Side::Sell };
                (0..5).for_each(|_| print(i * SECOND, side));
            }
            (0..20).for_each(|i| print(300 * SECOND + i * SECOND / 20, Side::Buy));
            print(301 * SECOND, Side::Buy);
            let it = tape.pressure(5).unwrap();
            (it.excess, it.lean)
        };
        let (excess, lean) = pressed(100.0, 1.0);
        // 24 orders where 5 are usual, 22 of them bought and 2 sold.
        assert!((excess - 19.0 / 6.0_f64.sqrt()).abs() < 1e-9, "{excess}");
        assert!((lean - 20.0 / 24.0).abs() < 1e-12, "{lean}");
        assert_eq!((excess, lean), pressed(1e-6, 1e12));
    }
}
