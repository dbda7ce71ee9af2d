//! Moving-average cross: long while the fast average of closes is at or above the slow one, else short (or flat).
//!
//! Averages are exponential, `y = alpha * x + (1 - alpha) * y` with `alpha = 2 / (n + 1)`, seeded with the first
//! close. Warm-up: silent before bar `first_bar`. Constant time and space.

use crate::parameters::{self, ParameterError, Setup};
use crate::sizing::PriceScale;
use crate::strategy::{Configured, Strategy};
use crate::view::View;
use crate::wake::{Interest, Wake};
use rust_decimal::Decimal;
use scalp_types::{Bar, InstrumentId, Intent, Intents, OrderIntent, OrderKind, Qty, Reason, Side, StateHash};
use serde::{Deserialize, Serialize};

/// Longest average, in bars.
pub const PERIOD_MAX: i64 = 100_000;

/// Parameters of [`Cross`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossParameters {
    /// `venue:symbol` or `symbol`; may be left out when the run has one instrument.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<String>,
    /// Bars of the fast average, 1 to 100,000.
    #[serde(default = "fast")]
    pub fast: u32,
    /// Bars of the slow average, more than the fast one.
    #[serde(default = "slow")]
    pub slow: u32,
    /// Size held, in base coins (inverse: contracts).
    #[serde(with = "scalp_types::exact")]
    pub order_qty: Decimal,
    /// First bar that may act, counted from 1; the slow period when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_bar: Option<u32>,
    /// Whether to be short while the fast average is below; otherwise flat.
    #[serde(default = "yes")]
    pub short: bool,
}

const fn fast() -> u32 {
    10
}
const fn slow() -> u32 {
    20
}
const fn yes() -> bool {
    true
}

/// One exponential average.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ema {
    alpha: f64,
    rest: f64,
    value: f64,
}

impl Ema {
    /// Over `period` values.
    pub fn new(period: u32) -> Self {
        let alpha = 2.0 / (f64::from(period) + 1.0);
        Self { alpha, rest: 1.0 - alpha, value: f64::NAN }
    }
    /// Takes in one value; the first one seeds.
    #[inline]
    pub fn push(&mut self, x: f64) -> f64 {
        self.value = if self.value.is_nan() { x } else { self.alpha * x + self.rest * self.value };
        self.value
    }
}

/// The rule alone, without orders: closes in, wanted side out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrossRule {
    fast: Ema,
    slow: Ema,
    bars: u32,
    first_bar: u32,
}

impl CrossRule {
    /// Of two periods, silent before bar `first_bar`.
    pub fn new(fast: u32, slow: u32, first_bar: u32) -> Self {
        Self { fast: Ema::new(fast), slow: Ema::new(slow), bars: 0, first_bar }
    }
    /// Takes in one close; the side wanted, once warm.
    #[inline]
    pub fn push(&mut self, close: f64) -> Option<Side> {
        let (fast, slow) = (self.fast.push(close), self.slow.push(close));
        self.bars = self.bars.saturating_add(1);
        (self.bars >= self.first_bar).then_some(if fast >= slow { Side::Buy } else { Side::Sell })
    }
}

/// The strategy: one position, always of the wanted side, changed by one market order at the close of a bar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cross {
    instrument: InstrumentId,
    scale: PriceScale,
    rule: CrossRule,
    qty: Qty,
    short: bool,
}

impl Cross {
    fn on_bar(&mut self, bar: &Bar, view: &View<'_>, out: &mut Intents) {
        let Some(side) = self.rule.push(self.scale.to_f64(bar.close)) else { return };
        let target = match side {
            Side::Buy => self.qty,
            Side::Sell if self.short => -self.qty,
            Side::Sell => Qty::ZERO,
        };
        let position = view.position(self.instrument);
        // One order at a time: until the last one has ended, its outcome is not known.
        if position == target || !view.open(self.instrument).is_empty() {
            return;
        }
        let Some(change) = target.checked_sub(position) else { return };
        let Some(side) = change.side() else { return };
        let reason = if target.is_zero() { Reason::Exit } else { Reason::Signal };
        let tag = u64::from(self.rule.bars);
        let intent = OrderIntent::new(tag, self.instrument, side, change.abs(), OrderKind::Market, reason);
        out.push(Intent::Place(intent));
    }
}

impl Strategy for Cross {
    #[inline]
    fn interest(&self) -> Interest {
        Interest::BARS
    }

    #[inline]
    fn decide(&mut self, wake: &Wake<'_>, view: &View<'_>, out: &mut Intents) {
        if let Wake::Bar { instrument, bar } = wake
            && *instrument == self.instrument
        {
            self.on_bar(bar, view, out);
        }
    }

    fn digest(&self, hash: &mut StateHash) {
        hash.absorb(self.rule.fast.value.to_bits());
        hash.absorb(self.rule.slow.value.to_bits());
        hash.absorb(u64::from(self.rule.bars));
    }
}

impl Configured for Cross {
    type Parameters = CrossParameters;

    fn build(parameters: &CrossParameters, setup: &Setup<'_>) -> Result<Self, ParameterError> {
        let it = setup.instrument(parameters.instrument.as_deref())?;
        parameters::whole("fast", parameters.fast.into(), 1..=PERIOD_MAX - 1)?;
        parameters::whole("slow", parameters.slow.into(), i64::from(parameters.fast) + 1..=PERIOD_MAX)?;
        let first_bar = parameters.first_bar.unwrap_or(parameters.slow);
        parameters::whole("first_bar", first_bar.into(), 1..=i64::from(u32::MAX))?;
        Ok(Self {
            instrument: it.id,
            scale: PriceScale::of(it),
            rule: CrossRule::new(parameters.fast, parameters.slow, first_bar),
            qty: parameters::order_qty("order_qty", parameters.order_qty, it)?,
            short: parameters.short,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Stage, instruments};

    fn parameters(fast: u32, slow: u32) -> CrossParameters {
        CrossParameters {
            instrument: None,
            fast,
            slow,
            order_qty: Decimal::new(10, 3),
            first_bar: None,
            short: true,
        }
    }

    fn cross(parameters: &CrossParameters) -> Result<Cross, ParameterError> {
        Cross::build(parameters, &Setup { instruments: &instruments(&["A"]), seed: 0, bars: &[] })
    }

    #[test]
    fn the_average_is_seeded_by_the_first_close() {
        let mut ema = Ema::new(3);
        let out: Vec<f64> = [1.0, 2.0, 3.0, 4.0].into_iter().map(|x| ema.push(x)).collect();
        assert_eq!(out, [1.0, 1.5, 2.25, 3.125]);
    }

    #[test]
    fn it_is_silent_before_the_first_bar_and_then_flips_with_one_order() {
        let mut stage = Stage::new(&["A"]);
        let mut cross = cross(&parameters(1, 2)).unwrap();
        assert!(stage.bar(&mut cross, 0, 100).is_empty(), "bar 1 is before the slow period");
        let first = stage.bar(&mut cross, 0, 110);
        assert_eq!(stage.placed(&first), [(Side::Buy, 10, Reason::Signal)]);
        stage.fill(0, Side::Buy, 10, 110);
        assert!(stage.bar(&mut cross, 0, 120).is_empty(), "already there");
        let flip = stage.bar(&mut cross, 0, 90);
        assert_eq!(stage.placed(&flip), [(Side::Sell, 20, Reason::Signal)]);
    }

    #[test]
    fn an_equal_average_counts_as_above() {
        let mut rule = CrossRule::new(1, 2, 1);
        assert_eq!(rule.push(5.0), Some(Side::Buy));
    }

    #[test]
    fn it_waits_while_an_order_is_out() {
        let mut stage = Stage::new(&["A"]);
        let mut cross = cross(&parameters(1, 2)).unwrap();
        stage.bar(&mut cross, 0, 100);
        let placed = stage.bar(&mut cross, 0, 110);
        stage.rest(&placed);
        assert!(stage.bar(&mut cross, 0, 120).is_empty());
        assert!(stage.bar(&mut cross, 0, 80).is_empty());
    }

    #[test]
    fn without_shorts_it_goes_flat() {
        let mut stage = Stage::new(&["A"]);
        let mut cross = cross(&CrossParameters { short: false, ..parameters(1, 2) }).unwrap();
        stage.bar(&mut cross, 0, 100);
        stage.fill(0, Side::Buy, 10, 100);
        let out = stage.bar(&mut cross, 0, 50);
        assert_eq!(stage.placed(&out), [(Side::Sell, 10, Reason::Exit)]);
    }

    #[test]
    fn impossible_parameters_are_refused_by_key() {
        let key = |p: CrossParameters| cross(&p).unwrap_err().key;
        assert_eq!(key(parameters(0, 2)), "fast");
        assert_eq!(key(parameters(5, 5)), "slow");
        assert_eq!(
            key(CrossParameters { order_qty: Decimal::NEGATIVE_ONE, ..parameters(1, 2) }),
            "order_qty"
        );
        assert_eq!(key(CrossParameters { first_bar: Some(0), ..parameters(1, 2) }), "first_bar");
        assert_eq!(key(CrossParameters { instrument: Some("B".into()), ..parameters(1, 2) }), "instrument");
    }
}
