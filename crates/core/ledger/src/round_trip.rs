//! Round trips: what happened between flat and flat. A flip closes one and opens the next.

use scalp_types::{InstrumentId, Money, Qty, Side, StateHash, Timestamp};
use serde::{Deserialize, Serialize};

/// One position from its opening to its return to flat (or to a flip).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundTrip {
    /// Of which instrument.
    pub instrument: InstrumentId,
    /// Buy for long, sell for short.
    pub side: Side,
    /// First fill, at the venue.
    pub opened_at: Timestamp,
    /// Last fill, at the venue.
    pub closed_at: Timestamp,
    /// The largest size held, positive.
    pub qty_max: Qty,
    /// Everything that was entered (and in the end left), positive.
    pub qty: Qty,
    /// Value of all entries, positive, in the settle asset.
    pub entry_value: Money,
    /// Value of all exits, positive, in the settle asset.
    pub exit_value: Money,
    /// Profit before fees and funding, in the settle asset.
    pub profit: Money,
    /// Fees paid in the settle asset; rebates are negative. Fees in other assets are in their wallets only.
    pub fees: Money,
    /// Funding received (positive) or paid.
    pub funding: Money,
    /// Paid to the insurance fund while it was open. A venue that says so only after the closing fill is booked in
    /// the position and the wallet alone: the trip has ended then.
    #[serde(default)]
    pub liquidation_fees: Money,
    /// Number of fills.
    pub fills: u32,
}

impl RoundTrip {
    /// What it left in the wallet, before anything that an insurance fund took over.
    pub fn net(&self) -> Money {
        self.profit - self.fees + self.funding - self.liquidation_fees
    }
}

/// A round trip that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OpenTrip {
    /// First fill, at the venue.
    pub opened_at: Timestamp,
    /// The largest size held so far, positive.
    pub qty_max: Qty,
    /// Everything entered so far, positive.
    pub qty: Qty,
    /// Value of the entries so far, positive.
    pub entry_value: Money,
    /// Value of the exits so far, positive.
    pub exit_value: Money,
    /// Profit of what has been closed so far.
    pub profit: Money,
    /// Fees so far, in the settle asset.
    pub fees: Money,
    /// Funding so far.
    pub funding: Money,
    /// Paid to the insurance fund so far.
    #[serde(default)]
    pub liquidation_fees: Money,
    /// Number of fills so far.
    pub fills: u32,
}

impl OpenTrip {
    pub(crate) fn close(self, instrument: InstrumentId, side: Side, closed_at: Timestamp) -> RoundTrip {
        RoundTrip {
            instrument,
            side,
            opened_at: self.opened_at,
            closed_at,
            qty_max: self.qty_max,
            qty: self.qty,
            entry_value: self.entry_value,
            exit_value: self.exit_value,
            profit: self.profit,
            fees: self.fees,
            funding: self.funding,
            liquidation_fees: self.liquidation_fees,
            fills: self.fills,
        }
    }

    pub(crate) fn digest(&self, hash: &mut StateHash) {
        hash.absorb_signed(self.opened_at.nanos());
        hash.absorb_signed(self.qty_max.get());
        hash.absorb_signed(self.qty.get());
        let Self { entry_value, exit_value, profit, fees, funding, liquidation_fees, .. } = self;
        for it in [entry_value, exit_value, profit, fees, funding, liquidation_fees] {
            hash.absorb_wide(it.get());
        }
        hash.absorb(u64::from(self.fills));
    }
}
