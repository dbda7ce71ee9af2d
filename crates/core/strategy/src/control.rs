//! Controls to compare a strategy with: random entries of the same turnover, and buy-and-hold. They know nothing, so
//! what they earn is what the market gave.

use crate::parameters::{self, ParameterError, Setup};
use crate::sizing::{size_for, value_per_lot};
use crate::strategy::{Configured, Strategy};
use crate::view::View;
use crate::wake::{Interest, Wake};
use rust_decimal::Decimal;
use scalp_types::rng::Stream;
use scalp_types::{
    Instrument, InstrumentId, Intent, Intents, OrderIntent, OrderKind, Qty, Reason, Side, StateHash,
};
use serde::{Deserialize, Serialize};

/// Parameters of [`RandomEntry`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomEntryParameters {
    /// `venue:symbol` or `symbol`; may be left out when the run has one instrument.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<String>,
    /// Probability of an entry at the close of a bar while flat.
    pub entry_probability: f64,
    /// Bars from the entry to the exit.
    pub holding_bars: u32,
    /// Probability that an entry buys.
    #[serde(default = "half")]
    pub buy_probability: f64,
    /// Size held, in base coins (inverse: contracts).
    #[serde(with = "scalp_types::exact")]
    pub order_qty: Decimal,
    /// Which of the control's random streams: several runs with different numbers are independent.
    #[serde(default)]
    pub stream: u32,
}

const fn half() -> f64 {
    0.5
}

/// Enters at random, holds for a fixed number of bars, leaves. Two draws for every bar, used or not, so that one
/// decision more does not shift the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomEntry {
    instrument: InstrumentId,
    entry_probability: f64,
    buy_probability: f64,
    holding_bars: u32,
    qty: Qty,
    held: u32,
    bars: u64,
    stream: Stream,
}

impl RandomEntry {
    fn on_bar(&mut self, view: &View<'_>, out: &mut Intents) {
        self.bars += 1;
        let (enters, side) = {
            let (entry, buy) = (self.stream.uniform(), self.stream.uniform());
            (entry < self.entry_probability, if buy < self.buy_probability { Side::Buy } else { Side::Sell })
        };
        let position = view.position(self.instrument);
        self.held = if position.is_zero() { 0 } else { self.held.saturating_add(1) };
        if !view.open(self.instrument).is_empty() {
            return;
        }
        match position.side() {
            None if enters => self.place(side, self.qty, false, out),
            Some(held) if self.held >= self.holding_bars => {
                self.place(held.opposite(), position.abs(), true, out);
            }
            _ => {}
        }
    }

    fn place(&self, side: Side, qty: Qty, reduce_only: bool, out: &mut Intents) {
        let mut intent =
            OrderIntent::new(self.bars, self.instrument, side, qty, OrderKind::Market, Reason::Control);
        intent.reduce_only = reduce_only;
        out.push(Intent::Place(intent));
    }
}

impl Strategy for RandomEntry {
    fn interest(&self) -> Interest {
        Interest::BARS
    }

    fn decide(&mut self, wake: &Wake<'_>, view: &View<'_>, out: &mut Intents) {
        if let Wake::Bar { instrument, .. } = wake
            && *instrument == self.instrument
        {
            self.on_bar(view, out);
        }
    }

    fn digest(&self, hash: &mut StateHash) {
        hash.absorb(self.bars);
        hash.absorb(u64::from(self.held));
        hash.absorb(self.stream.clone().next_u64());
    }
}

impl Configured for RandomEntry {
    type Parameters = RandomEntryParameters;

    fn build(parameters: &RandomEntryParameters, setup: &Setup<'_>) -> Result<Self, ParameterError> {
        let p = parameters;
        let it = setup.instrument(p.instrument.as_deref())?;
        Ok(Self {
            instrument: it.id,
            entry_probability: parameters::number("entry_probability", p.entry_probability, 0.0..=1.0)?,
            buy_probability: parameters::number("buy_probability", p.buy_probability, 0.0..=1.0)?,
            holding_bars: parameters::whole("holding_bars", p.holding_bars.into(), 1..=1_000_000_000)? as u32,
            qty: parameters::order_qty("order_qty", p.order_qty, it)?,
            held: 0,
            bars: 0,
            stream: Stream::named(setup.seed, &format!("control {}", p.stream)),
        })
    }
}

/// Parameters of [`BuyAndHold`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BuyAndHoldParameters {
    /// `venue:symbol` or `symbol` of each; empty for all of the run.
    pub instruments: Vec<String>,
    /// Part of the equity at the start that is bought, in equal parts over the instruments.
    pub fraction: f64,
}

impl Default for BuyAndHoldParameters {
    fn default() -> Self {
        Self { instruments: Vec::new(), fraction: 1.0 }
    }
}

/// Buys once, at the first price of each instrument, and keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BuyAndHold {
    /// What is still to be bought.
    waiting: Vec<InstrumentId>,
    share: f64,
}

impl BuyAndHold {
    fn buy(&mut self, id: InstrumentId, view: &View<'_>, out: &mut Intents) {
        let Some(at) = self.waiting.iter().position(|it| *it == id) else { return };
        let instrument = view.instruments.get(id);
        let Some(each) = view.mark(id).and_then(|price| value_per_lot(instrument, price)) else { return };
        self.waiting.remove(at);
        let budget = view.equity(instrument.settle).to_f64() * self.share;
        let Some(qty) = size_for(instrument, budget, each) else { return };
        let tag = u64::from(id.0);
        out.push(Intent::Place(OrderIntent::new(
            tag,
            id,
            Side::Buy,
            qty,
            OrderKind::Market,
            Reason::Control,
        )));
    }
}

impl Strategy for BuyAndHold {
    fn interest(&self) -> Interest {
        if self.waiting.is_empty() {
            return Interest::NONE;
        }
        Interest::TRADES.and(Interest::BARS).and(Interest::QUOTES).and(Interest::DEPTH)
    }

    fn decide(&mut self, wake: &Wake<'_>, view: &View<'_>, out: &mut Intents) {
        if let Wake::Bar { .. } | Wake::Market(_) = wake
            && let Some(id) = wake.instrument()
        {
            self.buy(id, view, out);
        }
    }

    fn digest(&self, hash: &mut StateHash) {
        self.waiting.iter().for_each(|it| hash.absorb(u64::from(it.0)));
        hash.absorb(self.waiting.len() as u64);
    }
}

impl Configured for BuyAndHold {
    type Parameters = BuyAndHoldParameters;

    fn build(parameters: &BuyAndHoldParameters, setup: &Setup<'_>) -> Result<Self, ParameterError> {
        let fraction = parameters::number("fraction", parameters.fraction, 0.0..=100.0)?;
        let waiting: Vec<_> =
            setup.instruments(&parameters.instruments)?.into_iter().map(|it: &Instrument| it.id).collect();
        let share = fraction / waiting.len().max(1) as f64;
        Ok(Self { waiting, share })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Stage, instruments};

    fn random(stream: u32) -> RandomEntry {
        let parameters = RandomEntryParameters {
            instrument: None,
            entry_probability: 0.25,
            holding_bars: 3,
            buy_probability: 0.5,
            order_qty: Decimal::new(10, 3),
            stream,
        };
        RandomEntry::build(&parameters, &Setup { instruments: &instruments(&["A"]), seed: 7, bars: &[] })
            .unwrap()
    }

    /// Bars at which an order was placed while everything fills at once.
    fn trade(mut control: RandomEntry) -> (Vec<(usize, Side)>, u32) {
        let mut stage = Stage::new(&["A"]);
        let (mut orders, mut longest, mut entered) = (Vec::new(), 0, None);
        for bar in 0..2_000 {
            let out = stage.bar(&mut control, 0, 100);
            for (side, lots, _) in stage.placed(&out) {
                stage.fill(0, side, lots, 100);
                orders.push((bar, side));
                match entered.take() {
                    None => entered = Some(bar),
                    Some(start) => longest = longest.max((bar - start) as u32),
                }
            }
        }
        (orders, longest)
    }

    #[test]
    fn random_entries_repeat_under_a_seed_and_hold_as_long_as_told() {
        let (orders, longest) = trade(random(0));
        assert_eq!(orders, trade(random(0)).0);
        assert_ne!(orders, trade(random(1)).0);
        assert_eq!(longest, 3);
        // A cycle is 3 bars held and 4 on average waited for, less the bar of the exit.
        assert!((450..700).contains(&orders.len()), "{}", orders.len());
        let buys = orders.iter().step_by(2).filter(|(_, side)| *side == Side::Buy).count();
        assert!((100..220).contains(&buys), "{buys}");
    }

    #[test]
    fn buy_and_hold_buys_each_instrument_once_and_then_sleeps() {
        let mut stage = Stage::new(&["A", "B"]);
        let setup = Setup { instruments: &instruments(&["A", "B"]), seed: 0, bars: &[] };
        let mut hold = BuyAndHold::build(&BuyAndHoldParameters::default(), &setup).unwrap();
        assert!(hold.interest().contains(Interest::BARS));
        let out = stage.bar(&mut hold, 1, 1_000);
        assert_eq!(stage.placed(&out), [(Side::Buy, 500_000, Reason::Control)], "half of 100,000 at 100.0");
        assert!(stage.bar(&mut hold, 1, 2_000).is_empty());
        let out = stage.bar(&mut hold, 0, 4_000);
        assert_eq!(stage.placed(&out), [(Side::Buy, 125_000, Reason::Control)]);
        assert_eq!(hold.interest(), Interest::NONE);
    }
}
