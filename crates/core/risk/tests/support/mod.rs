//! A market and wishes for the tests of this room.
#![allow(dead_code, reason = "each test binary uses its own part")]

use scalp_risk::{Exposure, Gate, GateConfig, Refusal, RiskView};
use scalp_types::{
    AssetId, Instrument, InstrumentId, InstrumentSpec, Instruments, Money, OrderId, OrderIntent, OrderKind,
    Price, Qty, Reason, Side, Timestamp, TradingStatus,
};

pub const BTC: InstrumentId = InstrumentId(0);
pub const ETH: InstrumentId = InstrumentId(1);
pub const USD: AssetId = AssetId(1);

/// Tick and lot of one dollar and one coin, so that values can be read off. The second one has no filters.
pub fn instruments() -> Instruments {
    let filtered = r#"{"venue": "v", "symbol": "BTC", "contract": "linear", "base": "BTC", "quote": "USD",
        "tick": "1", "lot": "1", "price_min": "10", "price_max": "1000", "qty_min": "2", "qty_max": "500",
        "market_qty_max": "50", "notional_min": "300", "percent_up": "1.5", "percent_down": "0.5",
        "open_orders_max": 20}"#;
    let plain = r#"{"venue": "v", "symbol": "ETH", "contract": "linear", "base": "ETH", "quote": "USD",
        "tick": "1", "lot": "1"}"#;
    let spec = |text| serde_json::from_str::<InstrumentSpec>(text).unwrap();
    Instruments::new([spec(filtered), spec(plain)]).unwrap()
}

pub fn gate(config: &GateConfig) -> Gate {
    Gate::new(config, &instruments()).unwrap()
}

pub fn secs(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs).unwrap()
}

pub fn usd(whole: i128) -> Money {
    Money::new(whole * Money::ONE)
}

/// Bid 99, ask 101, mark 100, fresh; nothing held and nothing at work.
pub fn view(instrument: &Instrument) -> RiskView<'_> {
    RiskView {
        now: secs(100),
        instrument,
        bid: Some(Price::new(99)),
        ask: Some(Price::new(101)),
        mark: Some(Price::new(100)),
        updated_at: Some(secs(100)),
        status: TradingStatus::Trading,
        doubt: None,
        position: Qty::ZERO,
        exposure: Exposure::default(),
        orders_total: 0,
        tag_in_use: false,
    }
}

pub fn limit(side: Side, qty: i64, price: i64) -> OrderIntent {
    OrderIntent::new(
        1,
        BTC,
        side,
        Qty::new(qty),
        OrderKind::Limit { price: Price::new(price) },
        Reason::Signal,
    )
}

pub fn market(side: Side, qty: i64) -> OrderIntent {
    OrderIntent::new(1, BTC, side, Qty::new(qty), OrderKind::Market, Reason::Signal)
}

/// Reviews one wish with a fresh gate: the size that passed, or why none did.
pub fn review(
    config: &GateConfig,
    intent: OrderIntent,
    change: impl FnOnce(&mut RiskView<'_>),
) -> Result<i64, Refusal> {
    let instruments = instruments();
    let mut view = view(instruments.get(intent.instrument));
    change(&mut view);
    let mut gate = gate(config);
    gate.review(&intent, OrderId(1), &view).map(|it| it.get().qty.get())
}
