//! Where exact becomes belief and belief becomes exact again: prices as floats, sizes from risk. Every rounding is
//! spelled out.

use scalp_types::{Instrument, Price, Qty, Side};
use serde::{Deserialize, Serialize};

/// Turns prices into floats that are the nearest to their decimal text: `ticks * mantissa / 10^places`, where
/// `mantissa / 10^places` is the tick. Multiplying by the tick as a float would be off in the last bit for one
/// price in three, and a moving-average cross can hang on that bit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PriceScale {
    mantissa: f64,
    divisor: f64,
}

impl PriceScale {
    /// Of this instrument.
    pub fn of(instrument: &Instrument) -> Self {
        let tick = instrument.spec.tick.normalize();
        let divisor = (0..tick.scale()).fold(1.0, |power, _| power * 10.0);
        Self { mantissa: tick.mantissa() as f64, divisor }
    }
    /// The price as a float: correctly rounded while `ticks * mantissa` and `10^places` stay below 2^53.
    #[inline]
    pub fn to_f64(self, price: Price) -> f64 {
        price.get() as f64 * self.mantissa / self.divisor
    }
}

/// The price nearest to `ticks`, toward the passive side: down for a buy, up for a sell. `None` for what is no price.
pub fn price_away(ticks: f64, side: Side) -> Option<Price> {
    let whole = match side {
        Side::Buy => ticks.floor(),
        Side::Sell => ticks.ceil(),
    };
    (whole.is_finite() && whole.abs() < 9.0e15).then_some(Price::new(whole as i64))
}

/// What a position of one lot loses, in settle coins, when it is carried from `entry` to `stop`; `None` when that is
/// no loss, or no value.
pub fn loss_per_lot(instrument: &Instrument, entry: Price, stop: Price, side: Side) -> Option<f64> {
    // A million lots are valued, because the value of one lot may round to nothing.
    const PROBE: i64 = 1_000_000;
    let probe = Qty::new(PROBE).signed(side);
    let (at_entry, at_stop) =
        (instrument.checked_value(entry, probe)?, instrument.checked_value(stop, probe)?);
    let change = at_stop.to_f64() - at_entry.to_f64();
    let inverse = matches!(instrument.spec.contract, scalp_types::Contract::Inverse);
    let loss = if inverse { change } else { -change } / PROBE as f64;
    (loss > 0.0).then_some(loss)
}

/// What one lot is worth at `price`, in settle coins; `None` when it is worth nothing.
pub fn value_per_lot(instrument: &Instrument, price: Price) -> Option<f64> {
    const PROBE: i64 = 1_000_000;
    let value = instrument.checked_value(price, Qty::new(PROBE))?.to_f64() / PROBE as f64;
    (value > 0.0).then_some(value)
}

/// The size that loses at most `budget` at `loss_per_lot`: lots, rounded toward zero, capped by the venue's largest
/// order; `None` when it is below the smallest.
pub fn size_for(instrument: &Instrument, budget: f64, loss_per_lot: f64) -> Option<Qty> {
    let lots = Qty::round_toward_zero(budget / loss_per_lot)?;
    let largest = instrument.filters.market_qty_max.or(instrument.filters.qty_max);
    let lots = largest.map_or(lots, |largest| lots.min(largest));
    (lots > Qty::ZERO && lots >= instrument.filters.qty_min).then_some(lots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{instrument, inverse};

    #[test]
    fn a_price_becomes_the_float_nearest_to_its_text() {
        let it = instrument("0.01", "0.001");
        let scale = PriceScale::of(&it);
        let mut multiplied_differs = 0;
        for ticks in 6_165_000..6_166_000 {
            let price = Price::new(ticks);
            let text = it.price_decimal(price).to_string();
            assert_eq!(scale.to_f64(price).to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
            multiplied_differs += u32::from(it.price_f64(price).to_bits() != scale.to_f64(price).to_bits());
        }
        assert!(multiplied_differs > 0, "then the scale would not be needed");
    }

    #[test]
    fn the_size_never_risks_more_than_the_budget() {
        let it = instrument("0.1", "0.001");
        let loss = loss_per_lot(&it, Price::new(600_000), Price::new(590_000), Side::Buy).unwrap();
        assert!((loss - 1.0).abs() < 1e-9, "1000 USDT a coin is 1 USDT a lot, got {loss}");
        assert_eq!(size_for(&it, 12.9, loss), Some(Qty::new(12)));
        assert_eq!(size_for(&it, 0.9, loss), None);
        assert_eq!(size_for(&it, f64::NAN, loss), None);
        assert_eq!(loss_per_lot(&it, Price::new(600_000), Price::new(610_000), Side::Buy), None);
        assert!(loss_per_lot(&it, Price::new(600_000), Price::new(610_000), Side::Sell).is_some());
    }

    #[test]
    fn an_inverse_long_loses_when_the_price_falls() {
        let it = inverse();
        let loss = loss_per_lot(&it, Price::new(500_000), Price::new(400_000), Side::Buy).unwrap();
        assert!((loss - (100.0 / 40_000.0 - 100.0 / 50_000.0)).abs() < 1e-12);
        assert_eq!(loss_per_lot(&it, Price::new(500_000), Price::new(0), Side::Buy), None);
    }

    #[test]
    fn quotes_round_away_from_the_market() {
        assert_eq!(price_away(10.7, Side::Buy), Some(Price::new(10)));
        assert_eq!(price_away(10.2, Side::Sell), Some(Price::new(11)));
        assert_eq!(price_away(-0.5, Side::Buy), Some(Price::new(-1)));
        assert_eq!(price_away(f64::INFINITY, Side::Buy), None);
    }
}
