//! The facts that a strategy may look at: borrowed from the engine for the length of one decision.

use scalp_ledger::Ledger;
use scalp_market::{Market, Touch};
use scalp_types::{AssetId, InstrumentId, Instruments, Money, OpenOrder, Price, Qty, Timestamp};

/// Who knows the open orders. The engine lends the real ones; a test lends a list.
pub trait OpenOrders {
    /// Those of one instrument, in the order they were sent.
    fn open(&self, instrument: InstrumentId) -> &[OpenOrder];
}

/// Everything a strategy knows beside its own state. The same in backtest, paper and live.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The time of the event in hand.
    pub now: Timestamp,
    /// Contract terms and filters.
    pub instruments: &'a Instruments,
    /// Books, last trades, bars, marks.
    pub market: &'a Market,
    /// Positions and balances.
    pub ledger: &'a Ledger,
    /// Our orders that have not ended.
    pub orders: &'a dyn OpenOrders,
}

impl<'a> View<'a> {
    /// Best bid and ask, last trade and mark.
    #[inline]
    pub fn touch(&self, instrument: InstrumentId) -> Touch {
        self.market.touch(instrument)
    }
    /// Best bid and ask price without their sizes; `None` while one is missing.
    #[inline]
    pub fn best_prices(&self, instrument: InstrumentId) -> Option<(Price, Price)> {
        self.market.state(instrument).best_prices()
    }
    /// Signed position in lots.
    #[inline]
    pub fn position(&self, instrument: InstrumentId) -> Qty {
        self.ledger.position(instrument).qty
    }
    /// Our open orders of one instrument, in the order they were sent.
    #[inline]
    pub fn open(&self, instrument: InstrumentId) -> &'a [OpenOrder] {
        self.orders.open(instrument)
    }
    /// What a position is valued at: the mark price, else the middle of the touch rounded down, else the last trade.
    #[inline]
    pub fn mark(&self, instrument: InstrumentId) -> Option<Price> {
        mark(self.market, instrument)
    }
    /// Balance and open profit in one asset, at [`Self::mark`].
    pub fn equity(&self, asset: AssetId) -> Money {
        self.ledger.equity(asset, self.instruments, |it| self.mark(it))
    }
}

/// What a position is valued at: the mark price, else the middle of the touch rounded down, else the last trade.
/// `None` before the first price.
#[inline]
pub fn mark(market: &Market, instrument: InstrumentId) -> Option<Price> {
    let state = market.state(instrument);
    if let Some(it) = state.mark {
        return Some(it.mark);
    }
    match state.best_prices() {
        Some((bid, ask)) => {
            let twice = i128::from(bid.get()) + i128::from(ask.get());
            Some(Price::new(twice.div_euclid(2) as i64))
        }
        None => state.touch().last,
    }
}
