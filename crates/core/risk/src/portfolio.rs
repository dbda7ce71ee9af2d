//! Worst cases over all instruments: what positions and open orders could come to, per settle asset.

use crate::view::Exposure;
use scalp_types::{AssetId, Instrument, InstrumentId, Instruments, Money, Price, Qty, StateHash};
use serde::{Deserialize, Serialize};

/// The worst case of one instrument, in its settle asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Worst {
    /// Value of the largest position that could come to be, in either direction; positive.
    pub gross: Money,
    /// Value of the longest position that could come to be.
    pub high: Money,
    /// Value of the shortest.
    pub low: Money,
}

/// The last known worst case of each instrument, with their sums per asset. Constant time per change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portfolio {
    worst: Vec<Worst>,
    settle: Vec<AssetId>,
    totals: Vec<Worst>,
}

/// Values are cut here (1e18 coins), as the ledger cuts them: sums over 65,536 instruments fit.
const VALUE_MAX: i128 = 10_i128.pow(26);

impl Worst {
    /// What could come of this position and these orders at `price`.
    pub fn of(instrument: &Instrument, price: Price, position: Qty, exposure: &Exposure) -> Self {
        let high = value(instrument, price, exposure.highest(position));
        let low = value(instrument, price, exposure.lowest(position));
        Self { gross: high.abs().max(low.abs()), high, low }
    }
}

fn value(instrument: &Instrument, price: Price, lots: i128) -> Money {
    // Nearly all sizes and values fit in 64 bits, and are within the cut.
    if let Ok(lots) = i64::try_from(lots)
        && lots != i64::MIN
        && let Some(value) = instrument.checked_value(price, Qty::new(lots))
        && i64::try_from(value.get()).is_ok()
    {
        return value;
    }
    let qty = Qty::new(lots.clamp(-i128::from(i64::MAX), i128::from(i64::MAX)) as i64);
    let cut = Money::new(VALUE_MAX);
    let beyond = if qty.get() < 0 { -cut } else { cut };
    instrument
        .checked_value(price, qty)
        .filter(|it| it.get().unsigned_abs() <= VALUE_MAX as u128)
        .unwrap_or(beyond)
}

impl Portfolio {
    pub(crate) fn new(instruments: &Instruments) -> Self {
        Self {
            worst: vec![Worst::default(); instruments.len()],
            settle: instruments.iter().map(|it| it.settle).collect(),
            totals: vec![Worst::default(); instruments.assets().len()],
        }
    }

    pub(crate) fn set(&mut self, id: InstrumentId, worst: Worst) {
        let total = &mut self.totals[self.settle[id.index()].index()];
        let old = std::mem::replace(&mut self.worst[id.index()], worst);
        total.gross += worst.gross - old.gross;
        total.high += worst.high - old.high;
        total.low += worst.low - old.low;
    }

    /// The worst case of an instrument as it was noted last.
    #[inline]
    pub fn worst(&self, id: InstrumentId) -> Worst {
        self.worst[id.index()]
    }

    /// True when nothing could come of an instrument as it was noted last.
    #[inline]
    pub fn is_nothing(&self, id: InstrumentId) -> bool {
        self.worst[id.index()] == Worst::default()
    }

    /// The sums of the asset that `instrument` settles in, without that instrument.
    pub fn others(&self, instrument: &Instrument) -> Worst {
        let (total, own) = (self.total(instrument.settle), self.worst[instrument.id.index()]);
        Worst { gross: total.gross - own.gross, high: total.high - own.high, low: total.low - own.low }
    }

    pub(crate) fn digest(&self, hash: &mut StateHash) {
        for it in &self.totals {
            [it.gross, it.high, it.low].iter().for_each(|it| hash.absorb_wide(it.get()));
        }
    }

    /// The sums of one asset, in which every instrument is at its worst at once.
    pub fn total(&self, asset: AssetId) -> Worst {
        self.totals[asset.index()]
    }
}
