//! What came of a run: every order, fill, round trip and change of balance, gathered from the engine's records.

use crate::settled::{Settled, settle};
use scalp_engine::{Fault, Record, RecordBody};
use scalp_ledger::{BalanceChange, RoundTrip};
use scalp_risk::ModeChange;
use scalp_types::{
    AccountBody, AccountEvent, AssetId, Bar, CancelReason, Fill, IdMap, InstrumentId, Instruments, Money,
    OrderBody, OrderId, OrderKind, OrderRequest, OrderStatus, Price, Qty, Reason, RejectReason, Side,
    Timestamp,
};
use std::collections::BTreeMap;

/// One order and how it ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrderLine {
    /// What went out, with price and size as the venue has confirmed them last.
    pub request: OrderRequest,
    /// The price as it went out first.
    pub first_price: Option<Price>,
    /// The size as it went out first.
    pub first_qty: Qty,
    /// The confirmation that price and size are from, by the venue's clock.
    terms_at: Timestamp,
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

/// One closed round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TripLine {
    /// The round trip.
    pub trip: RoundTrip,
    /// Why the order was wished that closed it; none when the venue made it.
    pub reason: Option<Reason>,
    /// What of its loss the insurance fund bore.
    pub taken_over: Money,
}

impl TripLine {
    /// What it changed in the wallet, all costs and what the insurance fund bore included.
    pub fn net(&self) -> Money {
        self.trip.net() + self.taken_over
    }
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

/// A print that was in doubt as it came.
#[derive(Debug, Clone, Copy)]
struct Doubted {
    until: Timestamp,
    price: Price,
    usual: Price,
}

impl Doubted {
    fn distance(&self) -> u64 {
        self.price.get().abs_diff(self.usual.get())
    }

    /// Whether a price is nearer to the print than to what was usual.
    fn is_beyond(&self, price: Price) -> bool {
        price.get().abs_diff(self.price.get()) < price.get().abs_diff(self.usual.get())
    }
}

/// Everything that came of a run.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Orders in the order of sending.
    pub orders: Vec<OrderLine>,
    /// In words, why an order was wished, where its strategy says more than its reason.
    pub whys: BTreeMap<OrderId, String>,
    /// Fills; once [`settled`](Self::settle), in the venue's order, before that as they were booked.
    pub fills: Vec<FillLine>,
    /// Closed round trips in the order of closing at the venue; none before the run is [`settled`](Self::settle).
    pub trips: Vec<TripLine>,
    /// What the round trips that are not closed have changed in the wallet so far, by instrument.
    pub under_way: BTreeMap<InstrumentId, Money>,
    /// Every line of the ledger's journal.
    pub balances: Vec<BalanceChange>,
    /// Funding, liquidations and transfers.
    pub account: Vec<AccountEvent>,
    /// What was taken over from the venue's books, because fills had been booked in another order: when, of which
    /// instrument, and the change of the profit.
    pub adopted: Vec<(Timestamp, InstrumentId, Money)>,
    /// Samples of the account.
    pub equity: Vec<EquityLine>,
    /// Refused wishes by the name of the refusal.
    pub refused: BTreeMap<&'static str, u64>,
    /// Wishes that never came to the gate.
    pub dropped: u64,
    /// Prints that were judged wrong, by instrument.
    pub wrong_prints: BTreeMap<InstrumentId, u64>,
    /// Prints that were in doubt as they came, by instrument and time: of several at one time the farthest from the usual.
    doubted: BTreeMap<(InstrumentId, Timestamp), Doubted>,
    /// Changes of the trading mode.
    pub modes: Vec<(Timestamp, ModeChange)>,
    /// What came in and could not be.
    pub faults: Vec<(Timestamp, Fault)>,
    /// Bars that closed, where they are kept.
    pub bars: Vec<(InstrumentId, Bar)>,
    /// Whether bars are kept: the page shows indicators computed on them.
    pub keeps_bars: bool,
    by_id: IdMap<OrderId, usize>,
    /// Orders and lines of the ledger are left out: nobody will look at them.
    lean: bool,
}

impl Outcome {
    /// Without orders and lines of the ledger, for runs that are only measured.
    pub fn lean() -> Self {
        Self { lean: true, ..Self::default() }
    }

    /// One line for each time and asset: the end of a run may fall on a sample, and is then what holds.
    fn sampled(&mut self, line: EquityLine) {
        let same = self.equity.iter_mut().rev().take_while(|it| it.at == line.at);
        match same.into_iter().find(|it| it.asset == line.asset) {
            Some(before) => *before = line,
            None => self.equity.push(line),
        }
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
            RecordBody::Late(event) => {
                if let (Some(&index), OrderBody::Amended { price, qty }) =
                    (self.by_id.get(&event.order), &event.body)
                {
                    self.orders[index].confirmed(event.exchange_at, Some(*price), *qty);
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
            }
            RecordBody::Balance(it) if !self.lean => self.balances.push(*it),
            RecordBody::Balance(_) => {}
            RecordBody::Account(it) => self.account.push(*it),
            &RecordBody::Equity { asset, balance, equity, gross, net } => {
                self.sampled(EquityLine { at, asset, balance, equity, gross, net });
            }
            RecordBody::Adopted { instrument, profit, .. } => self.adopted.push((at, *instrument, *profit)),
            RecordBody::Mode(it) => self.modes.push((at, *it)),
            RecordBody::Fault(it) => self.faults.push((at, *it)),
            RecordBody::WrongPrint { instrument, .. } => {
                *self.wrong_prints.entry(*instrument).or_default() += 1;
            }
            &RecordBody::DoubtedPrint { instrument, at, until, price, usual } => {
                let new = Doubted { until, price, usual };
                let known = self.doubted.entry((instrument, at)).or_insert(new);
                let until = known.until.max(until);
                let farther = if new.distance() > known.distance() { new } else { *known };
                *known = Doubted { until, ..farther };
            }
            RecordBody::Bar { instrument, bar } if self.keeps_bars => self.bars.push((*instrument, *bar)),
            RecordBody::Bar { .. } | RecordBody::ModeRefused(_) => {}
        }
    }

    /// Keeps what a strategy says of an order; not where orders are left out.
    pub fn explain(&mut self, order: OrderId, why: String) {
        if !self.lean {
            self.whys.insert(order, why);
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
            first_price: request.kind.limit(),
            first_qty: request.qty,
            terms_at: Timestamp::MIN,
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

    /// Ends the gathering: fills, their profits and the round trips become what the venue's books have.
    pub fn settle(&mut self, instruments: &Instruments) {
        Settled { trips: self.trips, under_way: self.under_way } =
            settle(&mut self.fills, &self.account, instruments);
    }

    /// Fills that a print in doubt brought, each with the price that was usual then: at the time of the print, or until the next
    /// one and nearer to its price than to the usual.
    pub fn fills_in_doubt(&self) -> impl Iterator<Item = (&FillLine, Price)> {
        self.fills.iter().filter_map(|fill| {
            let id = fill.instrument;
            let before = self.doubted.range((id, Timestamp::MIN)..=(id, fill.at)).next_back();
            let (&(_, at), it) = before.filter(|(_, it)| fill.at <= it.until)?;
            let brought = fill.at == at || (fill.at < it.until && it.is_beyond(fill.fill.price));
            brought.then_some((fill, it.usual))
        })
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
            AccountBody::Bankruptcy { asset, amount, .. } if asset == chosen => amount,
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
            OrderBody::Listed { limit, qty, .. } => {
                self.accepted_at = self.accepted_at.or(Some(exchange_at));
                self.heard_at = self.heard_at.or(Some(at));
                self.status = OrderStatus::Open;
                self.confirmed(exchange_at, *limit, *qty);
            }
            OrderBody::Accepted => {
                self.accepted_at = self.accepted_at.or(Some(exchange_at));
                self.heard_at = self.heard_at.or(Some(at));
                self.status = OrderStatus::Open;
            }
            OrderBody::Rejected(reason) => self.rejected = Some(*reason),
            OrderBody::Cancelled { reason, .. } => self.cancelled = Some(*reason),
            OrderBody::Amended { price, qty } => self.confirmed(exchange_at, Some(*price), *qty),
            _ => {}
        }
        if ended {
            self.ended_at = self.ended_at.or(Some(exchange_at));
        }
    }

    /// The venue has the order at this price and size now. Answers overtake one another: the newest counts.
    fn confirmed(&mut self, exchange_at: Timestamp, price: Option<Price>, qty: Qty) {
        if exchange_at < self.terms_at {
            return;
        }
        self.terms_at = exchange_at;
        self.request.qty = qty;
        if let (
            Some(price),
            OrderKind::Limit { price: limit }
            | OrderKind::StopLimit { price: limit, .. }
            | OrderKind::TakeProfitLimit { price: limit, .. },
        ) = (price, &mut self.request.kind)
        {
            *limit = price;
        }
    }

    /// A fill that an order of these terms could not have had shows an amend whose confirmation has not come.
    fn shown_by(&mut self, fill: &Fill) {
        if self.filled > self.request.qty {
            self.request.qty = self.filled + fill.remaining;
        }
        let is_beyond = |limit: Price| match fill.side {
            Side::Buy => fill.price > limit,
            Side::Sell => fill.price < limit,
        };
        if let OrderKind::Limit { price }
        | OrderKind::StopLimit { price, .. }
        | OrderKind::TakeProfitLimit { price, .. } = &mut self.request.kind
            && is_beyond(*price)
        {
            *price = fill.price;
        }
    }

    fn traded(&mut self, exchange_at: Timestamp, fill: &Fill) {
        self.filled += fill.qty;
        self.shown_by(fill);
        if fill.remaining.is_zero() {
            self.status = OrderStatus::Filled;
            self.ended_at = Some(exchange_at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalp_types::{
        Liquidity, OrderEvent, OrderIntent, SelfTradePrevention, TimeInForce, TradeId, TriggerSource,
    };

    const ID: OrderId = OrderId(1);
    const IT: InstrumentId = InstrumentId(0);

    fn at(n: i64) -> Timestamp {
        Timestamp::from_nanos(n)
    }

    /// A buy limit of 1 lot at 9,000.
    fn sent() -> Outcome {
        let kind = OrderKind::Limit { price: Price::new(9_000) };
        let request = OrderRequest {
            id: ID,
            instrument: IT,
            side: Side::Buy,
            qty: Qty::new(1),
            kind,
            time_in_force: TimeInForce::Gtc,
            post_only: false,
            reduce_only: false,
            trigger_source: TriggerSource::Last,
            self_trade: SelfTradePrevention::None,
            link: None,
        };
        let intent = OrderIntent::new(1, IT, Side::Buy, Qty::new(1), kind, Reason::Signal);
        let mut outcome = Outcome::default();
        let body = RecordBody::Approved { intent, request, touch: None };
        outcome.take(&Record { seq: 1, at: at(1), body });
        outcome
    }

    fn answer(outcome: &mut Outcome, exchange_at: i64, late: bool, body: OrderBody) {
        if late {
            let event = OrderEvent { order: ID, instrument: IT, exchange_at: at(exchange_at), body };
            outcome.take(&Record { seq: 2, at: at(99), body: RecordBody::Late(event) });
        } else {
            outcome.orders[0].answered(at(99), at(exchange_at), &body);
        }
    }

    fn amended(price: i64, qty: i64) -> OrderBody {
        OrderBody::Amended { price: Price::new(price), qty: Qty::new(qty) }
    }

    fn terms(outcome: &Outcome) -> (i64, i64, i64, i64) {
        let it = outcome.order(ID).unwrap();
        let price = |it: Option<Price>| it.map_or(0, Price::get);
        (price(it.request.kind.limit()), it.request.qty.get(), price(it.first_price), it.first_qty.get())
    }

    fn fill(trade: u64, price: i64, qty: i64, remaining: i64) -> Fill {
        Fill {
            trade: TradeId(trade),
            side: Side::Buy,
            price: Price::new(price),
            qty: Qty::new(qty),
            remaining: Qty::new(remaining),
            liquidity: Liquidity::Maker,
            fee: Money::ZERO,
            fee_asset: AssetId(0),
            forced: false,
        }
    }

    #[test]
    fn a_row_has_the_terms_confirmed_last_and_those_it_went_out_with() {
        let mut outcome = sent();
        answer(&mut outcome, 10, false, amended(9_500, 30));
        assert_eq!(terms(&outcome), (9_500, 30, 9_000, 1));
        // A later answer has overtaken an earlier one.
        answer(&mut outcome, 30, false, amended(9_800, 20_000));
        answer(&mut outcome, 20, false, amended(9_600, 10));
        let listed =
            OrderBody::Listed { limit: Some(Price::new(9_600)), qty: Qty::new(10), triggered: false };
        answer(&mut outcome, 25, false, listed);
        assert_eq!(terms(&outcome), (9_800, 20_000, 9_000, 1));
        answer(&mut outcome, 40, true, amended(9_900, 7));
        assert_eq!(terms(&outcome), (9_900, 7, 9_000, 1), "heard after the end");
    }

    #[test]
    fn a_fill_shows_terms_that_nobody_confirmed() {
        let mut outcome = sent();
        let line = &mut outcome.orders[0];
        line.traded(at(50), &fill(1, 9_800, 350, 3));
        assert_eq!((line.request.qty, line.filled), (Qty::new(353), Qty::new(350)));
        assert_eq!(line.request.kind.limit(), Some(Price::new(9_800)));
        line.traded(at(60), &fill(2, 9_700, 3, 0));
        assert_eq!((line.request.qty, line.filled), (Qty::new(353), Qty::new(353)));
        assert_eq!(line.request.kind.limit(), Some(Price::new(9_800)), "a better price shows nothing");
        assert_eq!(line.status, OrderStatus::Filled);
    }
}
