//! The facts a review needs, filled in by whoever owns them.

use scalp_types::{Instrument, OrderRequest, Price, Qty, Side, Timestamp, TradingStatus};
use serde::{Deserialize, Serialize};

/// What our working orders of one instrument could still do, in lots, all positive. An order that may only reduce
/// is in the last two and nowhere else; an order whose fate is not known counts as if it could still fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Exposure {
    /// Remaining size of buys that the venue has, or will get.
    pub open_buy: Qty,
    /// Remaining size of such sells.
    pub open_sell: Qty,
    /// Remaining size of buys that were sent and never answered.
    pub unknown_buy: Qty,
    /// Remaining size of such sells.
    pub unknown_sell: Qty,
    /// Remaining size of reduce-only buys.
    pub closing_buy: Qty,
    /// Remaining size of reduce-only sells.
    pub closing_sell: Qty,
    /// Number of orders that have not ended.
    pub orders: u32,
}

impl Exposure {
    /// The largest long that could come of `position` (or the position, when that is larger).
    pub fn highest(&self, position: Qty) -> i128 {
        i128::from(position.get()) + i128::from(self.open_buy.get()) + i128::from(self.unknown_buy.get())
    }
    /// The largest short that could come of `position`, negative.
    pub fn lowest(&self, position: Qty) -> i128 {
        i128::from(position.get()) - i128::from(self.open_sell.get()) - i128::from(self.unknown_sell.get())
    }
    /// Adds an order that has just been sent.
    pub fn add(&mut self, sent: &OrderRequest) {
        let sum = match (sent.reduce_only, sent.side) {
            (false, Side::Buy) => &mut self.open_buy,
            (false, Side::Sell) => &mut self.open_sell,
            (true, Side::Buy) => &mut self.closing_buy,
            (true, Side::Sell) => &mut self.closing_sell,
        };
        *sum = Qty::new(sum.get().saturating_add(sent.qty.get()));
        self.orders += 1;
    }
}

/// Why what the market says should not be acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// A print may be wrong and is not judged yet, or it was and the price is not back.
    Print {
        /// The price in doubt.
        price: Price,
        /// What would be usual.
        usual: Price,
    },
    /// The spread is far wider than usual; in ticks.
    Spread {
        /// What it is.
        got: u64,
        /// What is usual.
        usual: u64,
        /// How many times that it may be.
        times_max: u32,
    },
}

/// Plain facts about one instrument at one moment.
#[derive(Debug, Clone, Copy)]
pub struct RiskView<'a> {
    /// Now.
    pub now: Timestamp,
    /// Contract terms and venue filters.
    pub instrument: &'a Instrument,
    /// Best bid.
    pub bid: Option<Price>,
    /// Best ask.
    pub ask: Option<Price>,
    /// Mark price; the last trade where there is no mark.
    pub mark: Option<Price>,
    /// When the prices above last changed or were confirmed; `None` before the first.
    pub updated_at: Option<Timestamp>,
    /// Whether the venue takes orders for it.
    pub status: TradingStatus,
    /// Why its prices are in doubt; `None` where they are not, or nobody watches.
    pub doubt: Option<Doubt>,
    /// The position held.
    pub position: Qty,
    /// What our working orders could still do.
    pub exposure: Exposure,
    /// Orders that have not ended, over all instruments.
    pub orders_total: u32,
    /// True when an order with the intent's tag has not ended.
    pub tag_in_use: bool,
}

impl RiskView<'_> {
    /// Bid plus ask in ticks: twice the mid. `None` without two sides.
    pub fn mid_twice(&self) -> Option<i128> {
        Some(i128::from(self.bid?.get()) + i128::from(self.ask?.get()))
    }
}
