//! What happens to an account other than through its orders.

use crate::ids::{AssetId, InstrumentId, TradeId};
use crate::number::{Money, Price, Qty, Rate};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How positions share margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MarginMode {
    /// Every position stands on the whole wallet.
    #[default]
    Cross,
    /// Each position stands on its own margin.
    Isolated,
}

/// One change of the account, told by the venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountEvent {
    /// When it happened at the venue.
    pub exchange_at: Timestamp,
    /// What happened.
    pub body: AccountBody,
}

/// The kinds of account change. Fills are not among them: they come as order events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountBody {
    /// Money put in (positive) or taken out.
    Transfer {
        /// Of which asset.
        asset: AssetId,
        /// How much.
        amount: Money,
    },
    /// Funding settled.
    Funding {
        /// Of which position.
        instrument: InstrumentId,
        /// The rate that settled.
        rate: Rate,
        /// The mark it was computed from.
        mark: Price,
        /// The position it was computed from.
        position: Qty,
        /// Received (positive) or paid, in the settle asset.
        amount: Money,
    },
    /// The venue closed (part of) a position; the fills, marked as forced, come after it, so that the fee belongs to
    /// the round trip they end.
    Liquidated {
        /// Of which position.
        instrument: InstrumentId,
        /// Closed, with the sign of the position.
        qty: Qty,
        /// Taken by the insurance fund, in the settle asset.
        fee: Money,
    },
    /// Loss beyond the wallet, or beyond the margin of an isolated position, taken over by the venue's insurance fund.
    Bankruptcy {
        /// Of which asset.
        asset: AssetId,
        /// The isolated position that lost more than its margin; none where the whole wallet was below zero.
        instrument: Option<InstrumentId>,
        /// What the fund paid.
        amount: Money,
    },
    /// How the account stands, told because we asked: nothing has changed by it. Comes after the fills and the open
    /// orders of the same answer.
    Statement {
        /// Of which position, and which settle asset.
        instrument: InstrumentId,
        /// What is held of it.
        position: Qty,
        /// What that has cost: the sum of the signed values of the fills that make it up, in the settle asset.
        cost: Money,
        /// The wallet of the settle asset less what its positions have cost: free of the order in which fills came, but
        /// for the rounding of fills that turn a position through zero.
        cash: Money,
        /// Every fill of the instrument up to this one has been told, now or before.
        upto: TradeId,
        /// There are more fills to be told after `upto`, and only then the position.
        more: bool,
    },
}
