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
    parameters: Parameters,
    falling: u32,
    close: Option<Price>,
}

impl Strategy for Dip {
    fn interest(&self) -> Interest {
        Interest::BARS
    }
    fn decide(&mut self, wake: &Wake<'_>, view: &View<'_>, out: &mut Intents) {
        let Wake::Bar { instrument, bar } = wake else { return };
        let is_falling = self.close.replace(bar.close).is_some_and(|before| bar.close < before);
        self.falling = if is_falling { self.falling + 1 } else { 0 };
        if *instrument != self.instrument || !view.open(self.instrument).is_empty() {
            return;
        }
        let held = view.position(self.instrument);
        let (side, qty, reason) = match held.is_zero() {
            true if self.falling >= self.parameters.bars => {
                (Side::Buy, Qty::new(self.parameters.lots), Reason::Signal)
            }
            false if self.falling == 0 => (Side::Sell, held.abs(), Reason::Exit),
            _ => return,
        };
        out.push(Intent::Place(OrderIntent::new(0, self.instrument, side, qty, OrderKind::Market, reason)));
    }
    fn digest(&self, hash: &mut StateHash) {
        hash.absorb(self.falling.into());
        hash.absorb_signed(self.close.map_or(0, Price::get));
    }
}

impl Configured for Dip {
    type Parameters = Parameters;
    fn build(parameters: &Parameters, setup: &Setup<'_>) -> Result<Self, ParameterError> {
        scalp_strategy::parameters::whole("lots", parameters.lots, 1..=1_000_000_000)?;
        let instrument = setup.instrument(None)?.id;
        Ok(Self { instrument, parameters: parameters.clone(), falling: 0, close: None })
    }
}

fn main() -> std::process::ExitCode {
    scalp_app::run_with::<Dip>()
}
