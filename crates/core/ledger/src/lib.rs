//! What we own and owe: positions, balances, margin, fees, funding and profit, exact to the last unit. Pure
//! bookkeeping: no order, no decision, no clock; it does not know why a fill happened.
//!
//! Every change is posted twice, once to the wallet of an asset and once to the account of its cause; the two
//! sides are compared after every posting, in release builds too.

pub mod ledger;
pub mod liquidation;
pub mod margin;
pub mod position;
pub mod round_trip;
pub mod wallet;

pub use ledger::{ChangeKind, Ledger, LedgerChange, LedgerConfig, LedgerError, MarginTerms};
pub use margin::{Margin, funding_amount};
pub use position::Position;
pub use round_trip::RoundTrip;
pub use wallet::{BalanceChange, Cause, Wallet};
