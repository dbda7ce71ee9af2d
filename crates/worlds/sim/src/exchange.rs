//! The pretend exchange: one account, every instrument, by exchange time. Market data and requests in, replies out.

use crate::archive::Archive;
use crate::config::{ConfigError, ExchangeConfig, IdRule};
use crate::draw;
use crate::faults::Faults;
use crate::fees::Fees;
use crate::groups::Groups;
use crate::limits::Limits;
use crate::orders::{Live, Orders, Slot, State};
use crate::pit::{Detail, Pit};
use crate::replies::Replies;
use scalp_ledger::{Ledger, LedgerConfig, LedgerError};
use scalp_types::rng::Stream;
use scalp_types::{
    CancelReason, InstrumentId, Instruments, Level, MarketBody, MarketEvent, Money, OrderBody, OrderEvent,
    OrderId, Price, Qty, RejectReason, Side, Timestamp, TradingStatus, VenueRequest,
};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Open orders of one account unless configured otherwise; one more is refused as [`RejectReason::TooManyOrders`].
pub const OPEN_ORDERS_MAX: usize = 10_000;

/// Fills that the venue makes against us carry order ids from here on: no order of ours has them.
pub const FORCED_ORDER_IDS: u64 = 1 << 63;

/// Why an exchange cannot be built.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ExchangeError {
    /// A setting that cannot be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Opening balances or terms that the ledger refuses.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// What the exchange has counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Orders that arrived, refused ones too.
    pub submits: u64,
    /// Amends that arrived.
    pub amends: u64,
    /// Cancels that arrived, cancel-all included.
    pub cancels: u64,
    /// Questions that arrived, refused ones too.
    pub queries: u64,
    /// Refused orders, amends and cancels.
    pub rejects: u64,
    /// Fills.
    pub fills: u64,
    /// Orders that the venue or their group, lifetime or self-trade prevention ended.
    pub ended_by_venue: u64,
    /// Steps of liquidations.
    pub liquidations: u64,
    /// Market events about instruments that are not in the table, ignored.
    pub unknown_instruments: u64,
    /// Fills that the books refused (a price times a size beyond any account); the order was cancelled instead.
    pub unbookable: u64,
}

/// The pretend exchange.
pub struct Exchange {
    pub(crate) instruments: Instruments,
    pub(crate) config: ExchangeConfig,
    pub(crate) pits: Vec<Pit>,
    pub(crate) orders: Orders,
    pub(crate) groups: Groups,
    pub(crate) ledger: Ledger,
    pub(crate) fees: Fees,
    pub(crate) limits: Limits,
    pub(crate) faults: Faults,
    pub(crate) chance: Stream,
    pub(crate) counts: Counts,
    pub(crate) archive: Archive,
    pub(crate) now: Timestamp,
    pub(crate) trades: u64,
    pub(crate) forced: u64,
    /// Lifetimes of GTD orders.
    lifetimes: BinaryHeap<Reverse<(Timestamp, OrderId)>>,
    due_at: Timestamp,
    pub(crate) hits: Vec<Hit>,
    pub(crate) levels: Vec<Level>,
    pub(crate) reached: Vec<Slot>,
    /// Some position or order needs a look at its margin.
    pub(crate) margin_due: bool,
}

/// A fill about to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit {
    pub slot: Slot,
    pub price: Price,
    pub qty: Qty,
}

impl Exchange {
    /// An exchange with an empty book of every instrument.
    pub fn new(instruments: &Instruments, config: &ExchangeConfig, seed: u64) -> Result<Self, ExchangeError> {
        config.check()?;
        let ledger = Ledger::new(
            instruments,
            &LedgerConfig {
                terms: config.margin.terms,
                overrides: config.margin.overrides.clone(),
                opening: config.balances.clone(),
            },
        )?;
        Ok(Self {
            pits: instruments.iter().map(|it| Pit::new(it.id, it.lot_f64())).collect(),
            orders: Orders::new(config.open_orders_max, instruments.len()),
            groups: Groups::default(),
            ledger,
            fees: Fees::new(&config.fees),
            limits: Limits::new(&config.limits),
            faults: Faults::new(&config.faults, seed),
            chance: Stream::named(seed, "sim.fills"),
            counts: Counts::default(),
            archive: Archive::default(),
            now: Timestamp::MIN,
            trades: 0,
            forced: 0,
            lifetimes: BinaryHeap::new(),
            due_at: Timestamp::MAX,
            hits: Vec::with_capacity(64),
            levels: Vec::with_capacity(256),
            reached: Vec::with_capacity(64),
            margin_due: false,
            instruments: instruments.clone(),
            config: config.clone(),
        })
    }

    /// The account as the venue keeps it.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }
    /// What has been counted.
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }
    /// Open orders, conditional and held ones included.
    pub const fn open_orders(&self) -> usize {
        self.orders.len()
    }
    /// True while an order of this id is open, conditional or held.
    pub fn is_open(&self, order: OrderId) -> bool {
        self.orders.slot(order).is_some()
    }
    /// The finest data seen of an instrument. Panics for an id of another run.
    pub fn detail(&self, instrument: InstrumentId) -> Detail {
        self.pits[instrument.index()].detail
    }
    /// The best displayed price of a side (buy is the bid). Panics for an id of another run.
    pub fn best_price(&self, instrument: InstrumentId, side: Side) -> Option<Price> {
        self.pits[instrument.index()].best(side)
    }
    /// The price from which margin of an instrument is computed.
    pub fn margin_price(&self, instrument: InstrumentId) -> Option<Price> {
        self.pits[instrument.index()].margin_price()
    }
    /// Lots before a resting order in its queue, if it rests and the data shows the level.
    pub fn queue_ahead(&self, order: OrderId) -> Option<f64> {
        let slot = self.orders.slot(order)?;
        let live = self.orders.get(slot)?;
        let pit = &self.pits[live.request.instrument.index()];
        let queues = if live.request.side == Side::Buy { &pit.bids } else { &pit.asks };
        let row = queues.rows.iter().find(|it| it.slot == slot)?;
        row.ahead.is_finite().then_some(row.ahead.max(0.0))
    }
    pub(crate) fn loses_request(&mut self) -> bool {
        self.faults.loses_request()
    }

    /// One market event, in the order of exchange time.
    #[inline]
    pub fn on_market(&mut self, event: &MarketEvent<'_>, out: &mut Replies) {
        let index = event.instrument.index();
        if index >= self.pits.len() {
            self.counts.unknown_instruments += 1;
            return;
        }
        self.now = self.now.max(event.exchange_at);
        match &event.body {
            MarketBody::Depth(depth) => self.on_depth(index, depth, out),
            MarketBody::Trade(trade) => self.on_trade(index, trade, out),
            MarketBody::Quote(quote) => self.on_quote(index, quote, out),
            MarketBody::Order(order) => self.on_book_order(index, order, out),
            MarketBody::Bar(bar) => self.on_bar(index, bar, event, out),
            MarketBody::Mark(mark) => self.on_mark(index, mark.mark, out),
            MarketBody::Funding(funding) => self.on_funding(index, funding, out),
            MarketBody::Status(status) => self.on_status(index, *status, out),
            MarketBody::OpenInterest(_) | MarketBody::Liquidation(_) => {}
        }
        let pit = &self.pits[index];
        if !pit.next_bar.is_empty() && pit.detail > Detail::Bars {
            self.wait_no_more(index, out);
        }
        if self.margin_due {
            self.look_at_margin(out);
        }
    }

    /// One request that reaches the venue at `at`.
    pub fn on_request(&mut self, at: Timestamp, request: &VenueRequest, out: &mut Replies) {
        self.now = self.now.max(at);
        match *request {
            VenueRequest::Submit(order) => {
                self.counts.submits += 1;
                if let Err(reason) = self.gate(1, 1, true).and_then(|()| self.submit(&order, out)) {
                    self.counts.rejects += 1;
                    self.say(order.id, order.instrument, OrderBody::Rejected(reason), out);
                }
            }
            VenueRequest::Amend { order, instrument, price, qty } => {
                self.counts.amends += 1;
                let done =
                    self.gate(1, 1, true).and_then(|()| self.amend(order, instrument, price, qty, out));
                if let Err(reason) = done {
                    self.counts.rejects += 1;
                    self.say(order, instrument, OrderBody::AmendRejected(reason), out);
                }
            }
            VenueRequest::Cancel { order, instrument } => {
                self.counts.cancels += 1;
                if let Err(reason) = self.gate(0, 1, false).and_then(|()| self.cancel(order, instrument, out))
                {
                    self.counts.rejects += 1;
                    self.say(order, instrument, OrderBody::CancelRejected(reason), out);
                }
            }
            VenueRequest::Query(query) => self.answer(&query, out),
            VenueRequest::CancelAll { instrument } => {
                self.counts.cancels += 1;
                if instrument.index() < self.pits.len() && self.gate(0, CANCEL_ALL_WEIGHT, false).is_ok() {
                    self.cancel_all(instrument, CancelReason::Requested, out);
                }
            }
        }
        if self.margin_due {
            self.look_at_margin(out);
        }
    }

    /// When the exchange next wants [`Self::on_time`]; [`Timestamp::MAX`] for never.
    #[inline]
    pub const fn next_due(&self) -> Timestamp {
        self.due_at
    }

    /// What was due at or before `at`.
    pub fn on_time(&mut self, at: Timestamp, out: &mut Replies) {
        self.now = self.now.max(at);
        while let Some(&Reverse((due, id))) = self.lifetimes.peek()
            && due <= at
        {
            self.lifetimes.pop();
            if let Some(slot) = self.orders.slot(id) {
                self.expire(slot, out);
            }
        }
        self.due_at = self.lifetimes.peek().map_or(Timestamp::MAX, |it| it.0.0);
    }

    pub(crate) fn outlive(&mut self, id: OrderId, until: Timestamp) {
        self.lifetimes.push(Reverse((until, id)));
        self.due_at = self.lifetimes.peek().map_or(Timestamp::MAX, |it| it.0.0);
    }

    /// Outages, chance and rate limits, before anything is looked at.
    pub(crate) fn gate(&mut self, orders: u32, weight: u32, may_fail: bool) -> Result<(), RejectReason> {
        if self.faults.is_outage(self.now) || (may_fail && self.faults.rejects()) {
            return Err(RejectReason::Unavailable);
        }
        if !self.limits.allow(self.now, orders, weight) {
            return Err(RejectReason::RateLimit);
        }
        Ok(())
    }

    fn on_mark(&mut self, index: usize, mark: Price, out: &mut Replies) {
        let pit = &mut self.pits[index];
        pit.mark = Some(mark);
        if mark.get() < pit.band.0 || mark.get() > pit.band.1 {
            self.margin_due = true;
        }
        // A mark takes positions away before it triggers orders.
        if self.margin_due {
            self.look_at_margin(out);
        }
        if !self.pits[index].waiting.is_empty() {
            self.trigger(index, scalp_types::TriggerSource::Mark, mark, out);
        }
    }

    fn on_status(&mut self, index: usize, status: TradingStatus, out: &mut Replies) {
        let pit = &mut self.pits[index];
        pit.status = status;
        if status == TradingStatus::Delisted {
            let id = pit.id;
            self.cancel_all(id, CancelReason::Venue, out);
        }
    }

    pub(crate) fn cancel_all(&mut self, instrument: InstrumentId, reason: CancelReason, out: &mut Replies) {
        while let Some(&slot) = self.orders.of_instrument(instrument.index()).first() {
            self.end(slot, reason, out);
        }
    }

    /// Ends an order without a fill and says so; its group hears of it.
    pub(crate) fn end(&mut self, slot: Slot, reason: CancelReason, out: &mut Replies) {
        if reason != CancelReason::Requested {
            self.counts.ended_by_venue += 1;
        }
        if let Some(live) = self.take_out(slot) {
            self.archive.ended(&live, Some(reason));
            let body = OrderBody::Cancelled { reason, filled: live.filled };
            self.say(live.request.id, live.request.instrument, body, out);
            self.left_group(&live, out);
        }
    }

    /// Ends an order whose time is over.
    pub(crate) fn expire(&mut self, slot: Slot, out: &mut Replies) {
        self.counts.ended_by_venue += 1;
        if let Some(live) = self.take_out(slot) {
            self.archive.ended(&live, None);
            let body = OrderBody::Expired { filled: live.filled };
            self.say(live.request.id, live.request.instrument, body, out);
            self.left_group(&live, out);
        }
    }

    /// Takes an order out of every list.
    pub(crate) fn take_out(&mut self, slot: Slot) -> Option<Live> {
        let live = *self.orders.get(slot)?;
        let pit = &mut self.pits[live.request.instrument.index()];
        match live.state {
            State::Resting => pit.queues(live.request.side).remove(slot),
            State::Waiting => pit.waiting.retain(|it| *it != slot),
            State::NextBar => pit.next_bar.retain(|it| *it != slot),
            State::Held | State::Taking => {}
        }
        let remember = match self.config.ids {
            IdRule::OpenOrders => None,
            IdRule::Remembered(span) => Some(self.now.saturating_add(span)),
        };
        self.orders.remove(slot, remember)
    }

    pub(crate) fn say(&self, order: OrderId, instrument: InstrumentId, body: OrderBody, out: &mut Replies) {
        out.order(OrderEvent { order, instrument, exchange_at: self.now, body });
    }

    /// A share drawn for an order in a queue that the data does not show.
    pub(crate) fn unseen_share(&mut self, reach: f64, alpha: f64, beta: f64) -> f64 {
        if self.chance.uniform() < reach { draw::beta(&mut self.chance, alpha, beta) } else { 0.0 }
    }

    /// What the venue's account is worth in an asset.
    pub fn equity(&self, asset: scalp_types::AssetId) -> Money {
        self.ledger.equity(asset, &self.instruments, |it| self.pits[it.index()].margin_price())
    }
}

/// What a cancel-all weighs against the request limit.
const CANCEL_ALL_WEIGHT: u32 = 10;
