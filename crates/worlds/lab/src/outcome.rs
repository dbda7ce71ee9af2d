//! What came of a run: every order, fill, round trip and change of balance, gathered from the engine's records.

use scalp_engine::{Fault, Record, RecordBody};
use scalp_ledger::{BalanceChange, RoundTrip};
use scalp_risk::ModeChange;
use scalp_types::{
    AccountBody, AccountEvent, AssetId, CancelReason, Fill, IdMap, InstrumentId, Money, OrderBody, OrderId,
    OrderRequest, OrderStatus, Price, Qty, Reason, RejectReason, Timestamp,
};
use std::collections::BTreeMap;

/// One order and how it ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrderLine {
    /// What went out.
    pub request: OrderRequest,
    /// Why.
    pub reason: Reason,
    /// When it was decided.
    pub sent_at: Timestamp,
    /// Best bid and ask when it was decided.
    pub arrival: Option<(Price, Price)>,
    /// When the venue took it, by its clock.
    pub accepted_at: Option<Timestamp>,
    /// When we heard of that.
    pub heard_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Where it stands.
    pub status: OrderStatus,
    /// How much of it traded.
    pub filled: Qty,
    /// Why the venue refused it.
    pub rejected: Option<RejectReason>,
    /// Why it was cancelled.
    pub cancelled: Option<CancelReason>,
}

/// One fill and what it did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FillLine {
    /// When it happened at the venue.
    pub at: Timestamp,
    /// Our id of the order.
    pub order: OrderId,
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Why the order was wished; none when the venue made it.
    pub reason: Option<Reason>,
    /// The fill.
    pub fill: Fill,
    /// The position after it.
    pub position: Qty,
    /// Profit booked by it, before its fee.
    pub realised: Money,
}

/// One sample of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EquityLine {
    /// When.
    pub at: Timestamp,
    /// Which asset.
    pub asset: AssetId,
    /// In its wallet.
    pub balance: Money,
    /// With the open profit.
    pub equity: Money,
    /// Value of all positions.
    pub gross: Money,
    /// Value of the long ones less value of the short ones.
    pub net: Money,
}

/// Everything that came of a run.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Orders in the order of sending.
    pub orders: Vec<OrderLine>,
    /// Fills in the order in which they were booked.
    pub fills: Vec<FillLine>,
    /// Closed round trips, each with the reason of the fill that closed it.
    pub trips: Vec<(RoundTrip, Option<Reason>)>,
    /// Every line of the ledger's journal.
    pub balances: Vec<BalanceChange>,
    /// Funding, liquidations and transfers.
    pub account: Vec<AccountEvent>,
    /// Samples of the account.
    pub equity: Vec<EquityLine>,
    /// Refused wishes by the name of the refusal.
    pub refused: BTreeMap<&'static str, u64>,
    /// Wishes that never came to the gate.
    pub dropped: u64,
    /// Changes of the trading mode.
    pub modes: Vec<(Timestamp, ModeChange)>,
    /// What came in and could not be.
    pub faults: Vec<(Timestamp, Fault)>,
    by_id: IdMap<OrderId, usize>,
    /// Orders and lines of the ledger are left out: nobody will look at them.
    lean: bool,
}

impl Outcome {
    /// Without orders and lines of the ledger, for runs that are only measured.
    pub fn lean() -> Self {
        Self { lean: true, ..Self::default() }
    }

    /// Takes in one record.
    pub fn take(&mut self, record: &Record) {
        let at = record.at;
        match &record.body {
            RecordBody::Approved { intent, request, touch } => self.sent(at, intent.reason, request, *touch),
            RecordBody::Emergency { request, touch } => self.sent(at, Reason::Emergency, request, *touch),
            RecordBody::Refused { refusal, .. } => *self.refused.entry(refusal.name()).or_default() += 1,
            RecordBody::Dropped { .. } => self.dropped += 1,
            RecordBody::Order { event, .. } => {
                if let Some(&index) = self.by_id.get(&event.order) {
                    self.orders[index].answered(at, event.exchange_at, &event.body);
                }
            }
            RecordBody::Ended(ended) => {
                if let Some(&index) = self.by_id.get(&ended.order.id) {
                    self.orders[index].status = ended.order.status;
                }
            }
            RecordBody::Fill { order, instrument, reason, fill, change, exchange_at, .. } => {
                if let Some(&index) = self.by_id.get(order) {
                    self.orders[index].traded(*exchange_at, fill);
                }
                self.fills.push(FillLine {
                    at: *exchange_at,
                    order: *order,
                    instrument: *instrument,
                    reason: *reason,
                    fill: *fill,
                    position: change.after,
                    realised: change.realised,
                });
                self.trips.extend(change.round_trip.map(|it| (it, *reason)));
            }
            RecordBody::Balance(it) if !self.lean => self.balances.push(*it),
            RecordBody::Balance(_) => {}
            RecordBody::Account(it) => self.account.push(*it),
            RecordBody::Equity { asset, balance, equity, gross, net } => self.equity.push(EquityLine {
                at,
                asset: *asset,
                balance: *balance,
                equity: *equity,
                gross: *gross,
                net: *net,
            }),
            RecordBody::Mode(it) => self.modes.push((at, *it)),
            RecordBody::Fault(it) => self.faults.push((at, *it)),
            RecordBody::Bar { .. } | RecordBody::ModeRefused(_) => {}
        }
    }

    fn sent(
        &mut self,
        at: Timestamp,
        reason: Reason,
        request: &OrderRequest,
        arrival: Option<(Price, Price)>,
    ) {
        if self.lean {
            return;
        }
        self.by_id.insert(request.id, self.orders.len());
        self.orders.push(OrderLine {
            request: *request,
            reason,
            sent_at: at,
            arrival,
            accepted_at: None,
            heard_at: None,
            ended_at: None,
            status: OrderStatus::Pending,
            filled: Qty::ZERO,
            rejected: None,
            cancelled: None,
        });
    }

    /// The order of this id.
    pub fn order(&self, id: OrderId) -> Option<&OrderLine> {
        self.by_id.get(&id).map(|&index| &self.orders[index])
    }

    /// Fees paid in one asset; rebates are negative.
    pub fn fees(&self, asset: AssetId) -> Money {
        self.fills.iter().filter(|it| it.fill.fee_asset == asset).map(|it| it.fill.fee).sum()
    }

    /// Loss in one asset that the venue's fund took over.
    pub fn taken_over(&self, chosen: AssetId) -> Money {
        let of = |it: &AccountEvent| match it.body {
            AccountBody::Bankruptcy { asset, amount } if asset == chosen => amount,
            _ => Money::ZERO,
        };
        self.account.iter().map(of).sum()
    }

    /// Funding received (positive) or paid, and liquidation fees, over the instruments chosen.
    pub fn funding_and_liquidation(&self, chosen: impl Fn(InstrumentId) -> bool) -> (Money, Money) {
        let (mut funding, mut liquidation) = (Money::ZERO, Money::ZERO);
        for it in &self.account {
            match it.body {
                AccountBody::Funding { instrument, amount, .. } if chosen(instrument) => funding += amount,
                AccountBody::Liquidated { instrument, fee, .. } if chosen(instrument) => liquidation += fee,
                _ => {}
            }
        }
        (funding, liquidation)
    }
}

impl OrderLine {
    fn answered(&mut self, at: Timestamp, exchange_at: Timestamp, body: &OrderBody) {
        let ended =
            matches!(body, OrderBody::Rejected(_) | OrderBody::Cancelled { .. } | OrderBody::Expired { .. });
        match body {
            OrderBody::Listed { qty, .. } => {
                self.accepted_at = self.accepted_at.or(Some(exchange_at));
                self.heard_at = self.heard_at.or(Some(at));
                self.status = OrderStatus::Open;
                self.request.qty = *qty;
            }
            OrderBody::Accepted => {
                self.accepted_at = self.accepted_at.or(Some(exchange_at));
                self.heard_at = self.heard_at.or(Some(at));
                self.status = OrderStatus::Open;
            }
            OrderBody::Rejected(reason) => self.rejected = Some(*reason),
            OrderBody::Cancelled { reason, .. } => self.cancelled = Some(*reason),
            OrderBody::Amended { qty, .. } => self.request.qty = *qty,
            _ => {}
        }
        if ended {
            self.ended_at = self.ended_at.or(Some(exchange_at));
        }
    }

    fn traded(&mut self, exchange_at: Timestamp, fill: &Fill) {
        self.filled += fill.qty;
        if fill.remaining.is_zero() {
            self.status = OrderStatus::Filled;
            self.ended_at = Some(exchange_at);
        }
    }
}
