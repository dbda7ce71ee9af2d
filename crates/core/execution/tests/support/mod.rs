//! Approved orders and answers for the tests of this room.
#![allow(dead_code, reason = "each test binary uses its own part")]

use scalp_execution::{Effect, Effects, GroupsBy, Orders, OrdersConfig};
use scalp_risk::{Approved, Exposure, Gate, GateConfig, RiskView};
use scalp_types::{
    AssetId, CancelReason, Fill, GroupId, GroupLink, GroupRole, InstrumentId, InstrumentSpec, Instruments,
    Liquidity, Money, OrderBody, OrderEvent, OrderId, OrderIntent, OrderKind, OrderRequest, Price, Qty,
    Reason, Side, Timestamp, TradeId, TradingStatus, VenueRequest,
};

pub const BTC: InstrumentId = InstrumentId(0);
pub const GROUP: GroupId = GroupId(5);

pub fn instruments() -> Instruments {
    let spec = |symbol: &str| {
        let text = format!(
            r#"{{"venue": "v", "symbol": "{symbol}", "contract": "linear", "base": "BTC", "quote": "USD",
                "tick": "1", "lot": "1"}}"#
        );
        serde_json::from_str::<InstrumentSpec>(&text).unwrap()
    };
    Instruments::new([spec("A"), spec("B")]).unwrap()
}

pub fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap()
}

/// The orders under test with a gate that allows everything.
pub struct Desk {
    pub instruments: Instruments,
    pub gate: Gate,
    pub orders: Orders,
    pub out: Effects,
    pub position: i64,
    trade: u64,
}

impl Desk {
    pub fn new(groups_by: GroupsBy) -> Self {
        let instruments = instruments();
        let config = OrdersConfig { groups_by, ..OrdersConfig::default() };
        Self {
            gate: Gate::new(&GateConfig::default(), &instruments).unwrap(),
            orders: Orders::new(instruments.len(), config),
            out: Effects::with_capacity(64),
            instruments,
            position: 0,
            trade: 0,
        }
    }

    pub fn approve(&mut self, intent: &OrderIntent) -> Approved<OrderRequest> {
        let view = RiskView {
            now: at(0),
            instrument: self.instruments.get(intent.instrument),
            bid: Some(Price::new(99)),
            ask: Some(Price::new(101)),
            mark: Some(Price::new(100)),
            updated_at: Some(at(0)),
            status: TradingStatus::Trading,
            doubt: None,
            position: Qty::new(self.position),
            exposure: Exposure::default(),
            orders_total: 0,
            tag_in_use: false,
        };
        let id = self.orders.next_id().unwrap();
        self.gate.review(intent, id, &view).unwrap()
    }

    /// Sends an order and forgets the effect.
    pub fn submit(&mut self, intent: OrderIntent, now: Timestamp) -> OrderId {
        let approved = self.approve(&intent);
        let id = approved.get().id;
        self.orders.submit(approved, intent.tag, intent.reason, Some(200), now, &mut self.out).unwrap();
        id
    }

    pub fn answer(
        &mut self,
        order: OrderId,
        body: OrderBody,
        now: Timestamp,
    ) -> scalp_execution::OrderChange {
        let event = OrderEvent { order, instrument: BTC, exchange_at: now, body };
        let change = self.orders.on_event(&event, now, &mut self.out);
        if let Some(fill) = change.fill {
            self.position += fill.qty.signed(fill.side).get();
        }
        change
    }

    /// A fill with a trade id of its own.
    pub fn fill(
        &mut self,
        order: OrderId,
        side: Side,
        qty: i64,
        remaining: i64,
    ) -> scalp_execution::OrderChange {
        self.trade += 1;
        self.answer(order, OrderBody::Filled(fill(self.trade, side, qty, remaining)), at(50))
    }

    /// What was asked of the venue since the last call.
    pub fn sent(&mut self) -> Vec<VenueRequest> {
        let send = |it: Effect| match it {
            Effect::Send(request) => Some(request.into_inner()),
            _ => None,
        };
        self.out.drain().filter_map(send).collect()
    }
}

pub fn fill(trade: u64, side: Side, qty: i64, remaining: i64) -> Fill {
    Fill {
        trade: TradeId(trade),
        side,
        price: Price::new(100),
        qty: Qty::new(qty),
        remaining: Qty::new(remaining),
        liquidity: Liquidity::Maker,
        fee: Money::ZERO,
        fee_asset: AssetId(1),
        forced: false,
    }
}

pub fn cancelled() -> OrderBody {
    OrderBody::Cancelled { reason: CancelReason::Requested, filled: Qty::ZERO }
}

pub fn limit(tag: u64, side: Side, qty: i64, price: i64) -> OrderIntent {
    OrderIntent::new(
        tag,
        BTC,
        side,
        Qty::new(qty),
        OrderKind::Limit { price: Price::new(price) },
        Reason::Quote,
    )
}

pub fn stop(tag: u64, side: Side, qty: i64, trigger: i64) -> OrderIntent {
    let kind = OrderKind::StopMarket { trigger: Price::new(trigger) };
    OrderIntent::new(tag, BTC, side, Qty::new(qty), kind, Reason::StopLoss)
}

pub fn linked(intent: OrderIntent, role: GroupRole) -> OrderIntent {
    let reduce_only = role == GroupRole::Child;
    OrderIntent { link: Some(GroupLink { group: GROUP, role }), reduce_only, ..intent }
}
