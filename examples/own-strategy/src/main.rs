//! Buys `lots` after `bars` falling closes in a row, and sells after the first close that does not fall.

use scalp_strategy::{Configured, Interest, ParameterError, Setup, Strategy, View, Wake};
use scalp_types::{
    InstrumentId, Intent, Intents, OrderIntent, OrderKind, Price, Qty, Reason, Side, StateHash,
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    bars: u32,
    lots: i64,
}

#[derive(Serialize, Deserialize)]
struct Dip {
    instrument: InstrumentId,
    own: Parameters,
    falling: u32,
    close: Option<Price>,
}

impl Strategy for Dip {
    fn interest(&self) -> Interest {
        Interest::BARS
    }
    fn decide(&mut self, wake: &Wake<'_>, view: &View<'_>, out: &mut Intents) {
        let Wake::Bar { bar, .. } = wake else { return };
        let is_falling = self.close.replace(bar.close).is_some_and(|before| bar.close < before);
        self.falling = if is_falling { self.falling + 1 } else { 0 };
        let (held, id) = (view.position(self.instrument), self.instrument);
        let is_wanted = if held.is_zero() { self.falling >= self.own.bars } else { self.falling == 0 };
        if !is_wanted || !view.open(id).is_empty() {
            return;
        }
        let lots = Qty::new(self.own.lots);
        let (side, qty) = if held.is_zero() { (Side::Buy, lots) } else { (Side::Sell, held.abs()) };
        let order = OrderIntent::new(0, id, side, qty, OrderKind::Market, Reason::Signal);
        out.push(Intent::Place(order));
    }
    fn digest(&self, hash: &mut StateHash) {
        hash.absorb_signed(self.close.map_or(0, Price::get) ^ i64::from(self.falling) << 48);
    }
}

impl Configured for Dip {
    type Parameters = Parameters;
    fn build(parameters: &Parameters, setup: &Setup<'_>) -> Result<Self, ParameterError> {
        scalp_strategy::parameters::whole("lots", parameters.lots, 1..=1_000_000_000)?;
        let (instrument, own) = (setup.instrument(None)?.id, parameters.clone());
        Ok(Self { instrument, own, falling: 0, close: None })
    }
}

fn main() -> std::process::ExitCode {
    scalp_app::run_with::<Dip>()
}
