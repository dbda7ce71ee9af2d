//! One asset's money: what is there, and where it came from.

use crate::ledger::LedgerError;
use scalp_types::{AssetId, InstrumentId, Money, StateHash, Timestamp};
use serde::{Deserialize, Serialize};

/// No amount, balance or position value may exceed this (1e18 coins): every sum and product below then fits.
/// Anything larger is refused before it changes anything.
pub const AMOUNT_MAX: Money = Money::new(10_i128.pow(26));

/// Why a balance changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Cause {
    /// What was there at the start.
    Opening,
    /// Put in or taken out.
    Transfer,
    /// Profit or loss of a reduced position.
    Realised,
    /// Fee (negative) or rebate (positive) of a fill.
    Fee,
    /// Funding received or paid.
    Funding,
    /// Taken by the insurance fund for a liquidation.
    LiquidationFee,
    /// Loss beyond the wallet, covered by the insurance fund.
    Bankruptcy,
    /// Spot: coins given or received for coins, at cost.
    Exchange,
}

impl Cause {
    /// How many causes there are.
    pub const COUNT: usize = 8;
    /// All causes, in the order of their accounts.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Opening,
        Self::Transfer,
        Self::Realised,
        Self::Fee,
        Self::Funding,
        Self::LiquidationFee,
        Self::Bankruptcy,
        Self::Exchange,
    ];
    /// A stable name for files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Transfer => "transfer",
            Self::Realised => "realised",
            Self::Fee => "fee",
            Self::Funding => "funding",
            Self::LiquidationFee => "liquidation_fee",
            Self::Bankruptcy => "bankruptcy",
            Self::Exchange => "exchange",
        }
    }
}

/// One line of the cash journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceChange {
    /// When, at the venue.
    pub at: Timestamp,
    /// Of which asset.
    pub asset: AssetId,
    /// Why.
    pub cause: Cause,
    /// Through which instrument, if through one.
    pub instrument: Option<InstrumentId>,
    /// By how much, signed.
    pub amount: Money,
    /// The balance afterwards.
    pub after: Money,
}

/// The money of one asset: the balance, and the sum of what each [`Cause`] has brought. The balance equals the
/// sum of the causes, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wallet {
    balance: Money,
    by_cause: [Money; Cause::COUNT],
}

impl Wallet {
    /// What is there.
    #[inline]
    pub const fn balance(&self) -> Money {
        self.balance
    }
    /// What this cause has brought so far, signed as the balance saw it (fees paid are negative).
    #[inline]
    pub const fn brought_by(&self, cause: Cause) -> Money {
        self.by_cause[cause as usize]
    }
    /// Books one amount on both sides, or refuses it whole.
    #[inline]
    pub(crate) fn post(&mut self, cause: Cause, amount: Money) -> Result<(), LedgerError> {
        let too_large = LedgerError::TooLarge { what: "a balance", units: amount.get() };
        let balance = self.balance.checked_add(amount).filter(|it| within_limit(*it)).ok_or(too_large)?;
        let account = &mut self.by_cause[cause as usize];
        let brought = account.checked_add(amount).filter(|it| within_limit(*it)).ok_or(too_large)?;
        self.balance = balance;
        *account = brought;
        Ok(())
    }
    /// What the two sides differ by; zero, or the program is wrong.
    pub fn imbalance(&self) -> Money {
        self.balance - self.by_cause.iter().copied().sum()
    }
    pub(crate) fn digest(&self, hash: &mut StateHash) {
        hash.absorb_wide(self.balance.get());
        self.by_cause.iter().for_each(|it| hash.absorb_wide(it.get()));
    }
}

/// True when the amount may be booked.
#[inline]
pub(crate) const fn within_limit(amount: Money) -> bool {
    amount.get().unsigned_abs() <= AMOUNT_MAX.get().unsigned_abs()
}
