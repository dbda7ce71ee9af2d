//! The ledger itself: every position and every wallet, and the only functions that change them.

use crate::position::{Position, bounded};
use crate::round_trip::RoundTrip;
use crate::wallet::{BalanceChange, Cause, Wallet, within_limit};
use scalp_types::{
    AccountBody, AccountEvent, AssetId, Contract, Fill, Instrument, InstrumentId, Instruments, MarginMode,
    Money, Price, Qty, StateHash, Timestamp,
};
use serde::{Deserialize, Serialize};

/// Most journal lines one call can write: a flip on spot posts profit, quote, base and fee.
pub const CHANGES_MAX: usize = 4;

/// How margin is kept for one instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarginTerms {
    /// Cross or isolated.
    pub mode: MarginMode,
    /// Initial margin is position value divided by this; at least 1.
    pub leverage: u32,
}

impl Default for MarginTerms {
    fn default() -> Self {
        Self { mode: MarginMode::Cross, leverage: 1 }
    }
}

/// What a ledger starts with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LedgerConfig {
    /// For every instrument that is not listed below.
    pub terms: MarginTerms,
    /// For single instruments.
    pub overrides: Vec<(InstrumentId, MarginTerms)>,
    /// Balances at the start.
    pub opening: Vec<(AssetId, Money)>,
}

/// Why the ledger refuses to book something. Nothing has changed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// An id of another run.
    #[error("instrument {0} is not in this ledger")]
    UnknownInstrument(InstrumentId),
    /// An id of another run.
    #[error("asset {0} is not in this ledger")]
    UnknownAsset(AssetId),
    /// A fill of nothing, or of a negative size.
    #[error("fill of {} lots in instrument {instrument}, expected a positive size", .qty.get())]
    FillSize {
        /// Of which instrument.
        instrument: InstrumentId,
        /// The size given.
        qty: Qty,
    },
    /// A price and size that are worth nothing that can be booked.
    #[error(
        "{} lots at {} ticks of instrument {instrument} have no value within 1e18 coins",
        .qty.get(), .price.get()
    )]
    NoValue {
        /// Of which instrument.
        instrument: InstrumentId,
        /// The price given.
        price: Price,
        /// The size given.
        qty: Qty,
    },
    /// More than the books hold.
    #[error("{what} would exceed 1e18 coins ({units} units)")]
    TooLarge {
        /// What would.
        what: &'static str,
        /// How much it would be.
        units: i128,
    },
    /// Leverage below one.
    #[error("leverage of instrument {0} is 0, expected at least 1")]
    Leverage(InstrumentId),
    /// A spot lot that is not a whole number of 1e-8 coins.
    #[error("lot of spot instrument {0} is not a multiple of 1e-8 coins")]
    SpotLot(InstrumentId),
}

/// What kind of change a fill made to its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeKind {
    /// From flat.
    Opened,
    /// Same direction.
    Grown,
    /// Part of it is gone.
    Shrunk,
    /// Flat now.
    Closed,
    /// Through flat to the other side.
    Flipped,
}

/// What a fill did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerChange {
    /// Opened, grown ...
    pub kind: ChangeKind,
    /// The position before.
    pub before: Qty,
    /// The position after.
    pub after: Qty,
    /// Profit booked by this fill, before its fee, in the settle asset.
    pub realised: Money,
    /// The round trip that ended with it, if one did.
    pub round_trip: Option<RoundTrip>,
}

/// Positions by instrument, wallets by asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    pub(crate) positions: Vec<Position>,
    pub(crate) terms: Vec<MarginTerms>,
    wallets: Vec<Wallet>,
    /// Units of 1e-8 base coin in one lot (spot; otherwise zero).
    base_units: Vec<i64>,
    /// Instruments with a position, by rising id.
    open: Vec<InstrumentId>,
    changes: [Option<BalanceChange>; CHANGES_MAX],
    changes_len: usize,
}

impl Ledger {
    /// Flat, with the opening balances.
    pub fn new(instruments: &Instruments, config: &LedgerConfig) -> Result<Self, LedgerError> {
        let mut terms = vec![config.terms; instruments.len()];
        for (id, it) in &config.overrides {
            *terms.get_mut(id.index()).ok_or(LedgerError::UnknownInstrument(*id))? = *it;
        }
        for it in instruments.iter() {
            if terms[it.id.index()].leverage == 0 {
                return Err(LedgerError::Leverage(it.id));
            }
        }
        let mut ledger = Self {
            positions: instruments.iter().map(|it| Position::flat(it.id)).collect(),
            terms,
            wallets: vec![Wallet::default(); instruments.assets().len()],
            base_units: instruments.iter().map(base_units).collect::<Result<_, _>>()?,
            open: Vec::with_capacity(instruments.len()),
            changes: [None; CHANGES_MAX],
            changes_len: 0,
        };
        for &(asset, amount) in &config.opening {
            let wallet = ledger.wallets.get_mut(asset.index()).ok_or(LedgerError::UnknownAsset(asset))?;
            wallet.post(Cause::Opening, amount)?;
        }
        Ok(ledger)
    }

    /// Books one fill of `instrument` that happened at `at`: cash and position together, or neither.
    pub fn on_fill(
        &mut self,
        instrument: &Instrument,
        at: Timestamp,
        fill: &Fill,
    ) -> Result<LedgerChange, LedgerError> {
        self.changes_len = 0;
        let id = instrument.id;
        if fill.qty <= Qty::ZERO {
            return Err(LedgerError::FillSize { instrument: id, qty: fill.qty });
        }
        let mut position = *self.positions.get(id.index()).ok_or(LedgerError::UnknownInstrument(id))?;
        let before = position.qty;
        let applied = position.net(instrument, at, fill)?;
        self.set_aside(instrument, &mut position, before)?;

        let mut books = Books::new(self, at, Some(id));
        books.post(instrument.settle, Cause::Realised, applied.realised)?;
        if instrument.spec.contract == Contract::Spot {
            books.post(instrument.quote, Cause::Exchange, -applied.cost_change)?;
            let lots = fill.qty.signed(fill.side).get();
            let coins = i128::from(lots) * i128::from(books.ledger.base_units[id.index()]);
            books.post(instrument.base, Cause::Exchange, Money::new(coins))?;
        }
        books.post(fill.fee_asset, Cause::Fee, -fill.fee)?;
        books.commit();

        self.track_open(before, &position);
        self.positions[id.index()] = position;
        Ok(LedgerChange {
            kind: applied.kind,
            before,
            after: position.qty,
            realised: applied.realised,
            round_trip: applied.ended,
        })
    }

    /// Takes over what the venue says that the position has cost, where fills were booked in another order than there.
    /// The profit is restated by as much, so that what fills have moved stays what it was, and by `rounding` besides.
    /// Returns the change of the profit booked so far. Margin set aside stays as it is.
    pub fn adopt(
        &mut self,
        instrument: &Instrument,
        at: Timestamp,
        cost: Money,
        rounding: Money,
    ) -> Result<Money, LedgerError> {
        self.changes_len = 0;
        let id = instrument.id;
        let mut position = *self.positions.get(id.index()).ok_or(LedgerError::UnknownInstrument(id))?;
        let dearer = bounded("a cost", cost.checked_add(-position.cost))?;
        position.cost = bounded("a cost", Some(cost))?;
        let profit = match instrument.spec.contract {
            Contract::Spot | Contract::Linear => dearer,
            Contract::Inverse => -dearer,
        } + rounding;
        position.realised = bounded("a profit", position.realised.checked_add(profit))?;
        if !position.is_flat() {
            position.trip.profit = bounded("a profit", position.trip.profit.checked_add(profit))?;
        }
        let mut books = Books::new(self, at, Some(id));
        books.post(instrument.settle, Cause::Realised, profit)?;
        if instrument.spec.contract == Contract::Spot {
            books.post(instrument.quote, Cause::Exchange, -dearer)?;
        }
        books.commit();
        self.positions[id.index()] = position;
        Ok(profit)
    }

    /// Books what happened to the account otherwise.
    pub fn on_account(&mut self, instruments: &Instruments, event: &AccountEvent) -> Result<(), LedgerError> {
        self.changes_len = 0;
        let at = event.exchange_at;
        match event.body {
            // Tells, and changes nothing.
            AccountBody::Statement { .. } => Ok(()),
            AccountBody::Transfer { asset, amount } => {
                self.post_one(at, None, asset, Cause::Transfer, amount)
            }
            AccountBody::Bankruptcy { asset, instrument, amount } => {
                if let Some(id) = instrument {
                    self.known(instruments, id)?;
                }
                self.post_one(at, instrument, asset, Cause::Bankruptcy, amount)
            }
            AccountBody::Funding { instrument, amount, .. } => {
                let asset = self.known(instruments, instrument)?.settle;
                let mut position = self.positions[instrument.index()];
                position.funding = bounded("funding", position.funding.checked_add(amount))?;
                if !position.is_flat() {
                    position.trip.funding = bounded("funding", position.trip.funding.checked_add(amount))?;
                    if self.terms[instrument.index()].mode == MarginMode::Isolated {
                        position.margin = bounded("a margin", position.margin.checked_add(amount))?;
                    }
                }
                self.post_one(at, Some(instrument), asset, Cause::Funding, amount)?;
                self.positions[instrument.index()] = position;
                Ok(())
            }
            AccountBody::Liquidated { instrument, fee, .. } => {
                let asset = self.known(instruments, instrument)?.settle;
                let mut position = self.positions[instrument.index()];
                position.liquidation_fees = bounded("fees", position.liquidation_fees.checked_add(fee))?;
                if !position.is_flat() {
                    let trip = &mut position.trip;
                    trip.liquidation_fees = bounded("fees", trip.liquidation_fees.checked_add(fee))?;
                }
                self.post_one(at, Some(instrument), asset, Cause::LiquidationFee, -fee)?;
                self.positions[instrument.index()] = position;
                Ok(())
            }
        }
    }

    /// The position of this instrument. Panics for an id of another run.
    #[inline]
    pub fn position(&self, instrument: InstrumentId) -> &Position {
        &self.positions[instrument.index()]
    }
    /// Instruments with a position, by rising id.
    #[inline]
    pub fn open(&self) -> &[InstrumentId] {
        &self.open
    }
    /// What is in the wallet of this asset, earmarked margin included. Panics for an id of another run.
    #[inline]
    pub fn balance(&self, asset: AssetId) -> Money {
        self.wallets[asset.index()].balance()
    }
    /// The wallet of this asset, with what each cause has brought. Panics for an id of another run.
    #[inline]
    pub fn wallet(&self, asset: AssetId) -> &Wallet {
        &self.wallets[asset.index()]
    }
    /// The wallet of an asset less what the positions settled in it have cost: what fills have moved, whatever the order
    /// in which they were booked, but for the rounding of fills that turn a position through zero: these are booked in
    /// two parts. Two books that tell the same story in the same order agree on it to the last unit.
    pub fn cash(&self, asset: AssetId, instruments: &Instruments) -> Money {
        let open = self.open().iter().map(|id| instruments.get(*id)).filter(|it| it.settle == asset);
        let open = open.map(|it| match it.spec.contract {
            Contract::Linear => -self.position(it.id).cost,
            Contract::Inverse => self.position(it.id).cost,
            Contract::Spot => Money::ZERO,
        });
        self.balance(asset) + open.sum::<Money>()
    }
    /// The terms of margin of this instrument. Panics for an id of another run.
    #[inline]
    pub fn terms(&self, instrument: InstrumentId) -> MarginTerms {
        self.terms[instrument.index()]
    }
    /// The journal lines of the last call, in the order they were booked.
    pub fn changes(&self) -> impl Iterator<Item = &BalanceChange> {
        self.changes[..self.changes_len].iter().flatten()
    }

    /// Checks the whole book: each wallet against its causes, and the coins exchanged against the open spot
    /// positions. Anything but `Ok` is a bug; returns the asset and by how much it is off.
    pub fn audit(&self, instruments: &Instruments) -> Result<(), (AssetId, Money)> {
        for (index, wallet) in self.wallets.iter().enumerate() {
            let asset = AssetId(u16::try_from(index).expect("asset ids are 16 bits wide"));
            let mut off = wallet.imbalance() + wallet.brought_by(Cause::Exchange);
            for it in instruments.iter().filter(|it| it.spec.contract == Contract::Spot) {
                let position = &self.positions[it.id.index()];
                if it.quote == asset {
                    off += position.cost;
                }
                if it.base == asset {
                    off -= self.spot_coins(it.id);
                }
            }
            if !off.is_zero() {
                return Err((asset, off));
            }
        }
        Ok(())
    }

    /// Folds the state into a rolling hash.
    pub fn digest(&self, hash: &mut StateHash) {
        self.positions.iter().for_each(|it| it.digest(hash));
        self.wallets.iter().for_each(|it| it.digest(hash));
    }

    /// The coins that a spot position holds. Panics for an id of another run.
    pub fn spot_coins(&self, instrument: InstrumentId) -> Money {
        let lots = i128::from(self.positions[instrument.index()].qty.get());
        Money::new(lots * i128::from(self.base_units[instrument.index()]))
    }

    /// Isolated: sets margin aside for what a fill has opened. What a reduction frees, the position gave back itself.
    fn set_aside(
        &self,
        instrument: &Instrument,
        position: &mut Position,
        before: Qty,
    ) -> Result<(), LedgerError> {
        let terms = self.terms[instrument.id.index()];
        if terms.mode == MarginMode::Cross || instrument.spec.contract == Contract::Spot {
            return Ok(());
        }
        let was = self.positions[instrument.id.index()];
        let flipped = before.signum() * position.qty.signum() < 0;
        let grown = position.cost.abs() - if flipped { Money::ZERO } else { was.cost.abs() };
        if position.qty.abs() > before.abs() || flipped {
            let added = crate::margin::initial(grown, terms.leverage);
            position.margin = bounded("a margin", position.margin.checked_add(added))?;
        }
        Ok(())
    }

    fn known<'a>(
        &self,
        instruments: &'a Instruments,
        id: InstrumentId,
    ) -> Result<&'a Instrument, LedgerError> {
        if id.index() >= self.positions.len() || id.index() >= instruments.len() {
            return Err(LedgerError::UnknownInstrument(id));
        }
        Ok(instruments.get(id))
    }

    fn post_one(
        &mut self,
        at: Timestamp,
        instrument: Option<InstrumentId>,
        asset: AssetId,
        cause: Cause,
        amount: Money,
    ) -> Result<(), LedgerError> {
        let mut books = Books::new(self, at, instrument);
        books.post(asset, cause, amount)?;
        books.commit();
        Ok(())
    }

    fn track_open(&mut self, before: Qty, position: &Position) {
        match (before.is_zero(), position.is_flat()) {
            (true, false) => {
                let at = self.open.partition_point(|it| *it < position.instrument);
                self.open.insert(at, position.instrument);
            }
            (false, true) => self.open.retain(|it| *it != position.instrument),
            _ => {}
        }
    }
}

/// The postings of one call: prepared on copies of the wallets, written only by `commit`.
struct Books<'a> {
    ledger: &'a mut Ledger,
    at: Timestamp,
    instrument: Option<InstrumentId>,
    lines: [Option<BalanceChange>; CHANGES_MAX],
    wallets: [Option<(AssetId, Wallet)>; CHANGES_MAX],
    len: usize,
}

impl<'a> Books<'a> {
    fn new(ledger: &'a mut Ledger, at: Timestamp, instrument: Option<InstrumentId>) -> Self {
        Self { ledger, at, instrument, lines: [None; CHANGES_MAX], wallets: [None; CHANGES_MAX], len: 0 }
    }

    fn post(&mut self, asset: AssetId, cause: Cause, amount: Money) -> Result<(), LedgerError> {
        if amount.is_zero() {
            return Ok(());
        }
        if !within_limit(amount) {
            return Err(LedgerError::TooLarge { what: cause.name(), units: amount.get() });
        }
        let earlier = self.wallets[..self.len].iter().rev().flatten().find(|(it, _)| *it == asset);
        let known = earlier.map(|(_, wallet)| wallet).or_else(|| self.ledger.wallets.get(asset.index()));
        let mut wallet = *known.ok_or(LedgerError::UnknownAsset(asset))?;
        wallet.post(cause, amount)?;
        let (at, instrument, after) = (self.at, self.instrument, wallet.balance());
        self.lines[self.len] = Some(BalanceChange { at, asset, cause, instrument, amount, after });
        self.wallets[self.len] = Some((asset, wallet));
        self.len += 1;
        Ok(())
    }

    fn commit(self) {
        for (asset, wallet) in self.wallets.into_iter().flatten() {
            assert!(wallet.imbalance().is_zero(), "a wallet equals the sum of its causes");
            self.ledger.wallets[asset.index()] = wallet;
        }
        self.ledger.changes = self.lines;
        self.ledger.changes_len = self.len;
    }
}

/// Units of 1e-8 base coin in one lot of a spot instrument; zero for the others.
fn base_units(instrument: &Instrument) -> Result<i64, LedgerError> {
    if instrument.spec.contract != Contract::Spot {
        return Ok(0);
    }
    let lot = instrument.spec.lot.checked_mul(instrument.spec.multiplier);
    let units = lot.and_then(|it| Money::from_decimal(it).ok()).and_then(|it| i64::try_from(it.get()).ok());
    units.ok_or(LedgerError::SpotLot(instrument.id))
}
