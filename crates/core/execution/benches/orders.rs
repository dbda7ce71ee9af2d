//! What the gate and an order's life cost, and what a strategy's look at its orders costs.

use criterion::{Criterion, criterion_group, criterion_main};
use scalp_execution::{Effects, GroupsBy, Orders, OrdersConfig};
use scalp_risk::{Exposure, Gate, GateConfig, InstrumentLimits, MessageLimit, RiskView};
use scalp_types::{
    CancelReason, InstrumentId, InstrumentSpec, Instruments, OrderBody, OrderEvent, OrderIntent, OrderKind,
    Price, Qty, Reason, Side, Span, Timestamp, TradingStatus,
};
use std::hint::black_box;

const BTC: InstrumentId = InstrumentId(0);

fn benches(c: &mut Criterion) {
    let text = r#"{"venue": "v", "symbol": "S", "contract": "linear", "base": "BTC", "quote": "USD",
        "tick": "0.1", "lot": "0.001", "notional_min": "5", "percent_up": "1.05", "percent_down": "0.95"}"#;
    let spec = serde_json::from_str::<InstrumentSpec>(text).expect("a valid spec");
    let instruments = Instruments::new([spec]).expect("valid");
    let limits = InstrumentLimits {
        order_qty_max: Some(Qty::new(1_000)),
        position_max: Some(Qty::new(100_000)),
        ..InstrumentLimits::default()
    };
    let config = GateConfig {
        limits,
        mark_collar_bps: Some(100),
        mid_collar_bps: Some(100),
        data_age_max: Some(Span::from_secs(1)),
        needs_book: true,
        messages: vec![MessageLimit { count: 1_000_000, window: Span::from_millis(1) }],
        ..GateConfig::default()
    };
    let mut gate = Gate::new(&config, &instruments).expect("valid");
    let mut orders = Orders::new(1, OrdersConfig { groups_by: GroupsBy::Venue, ..OrdersConfig::default() });
    let mut out = Effects::with_capacity(64);
    let kind = OrderKind::Limit { price: Price::new(600_000) };
    let intent = OrderIntent::new(1, BTC, Side::Buy, Qty::new(10), kind, Reason::Quote);
    let mut seq = 0;
    c.bench_function("review, send, accept, cancel, end", |b| {
        b.iter(|| {
            seq += 1;
            let now = Timestamp::from_nanos(seq * 1_000);
            orders.begin(seq as u64);
            let view = RiskView {
                now,
                instrument: instruments.get(BTC),
                bid: Some(Price::new(600_000)),
                ask: Some(Price::new(600_001)),
                mark: Some(Price::new(600_000)),
                updated_at: Some(now),
                status: TradingStatus::Trading,
                doubt: None,
                position: Qty::ZERO,
                exposure: orders.exposure(BTC),
                orders_total: 0,
                tag_in_use: false,
            };
            let id = orders.next_id().expect("one an event");
            let approved = gate.review(black_box(&intent), id, &view).expect("within the limits");
            orders.submit(approved, 1, Reason::Quote, None, now, &mut out).expect("room");
            let event = |body| OrderEvent { order: id, instrument: BTC, exchange_at: now, body };
            orders.on_event(&event(OrderBody::Accepted), now, &mut out);
            orders.cancel(id, now, &mut out);
            let gone = OrderBody::Cancelled { reason: CancelReason::Requested, filled: Qty::ZERO };
            black_box(orders.on_event(&event(gone), now, &mut out));
            out.drain();
        });
    });
    let view = RiskView {
        now: Timestamp::from_nanos(1),
        instrument: instruments.get(BTC),
        bid: Some(Price::new(600_000)),
        ask: Some(Price::new(600_001)),
        mark: Some(Price::new(600_000)),
        updated_at: Some(Timestamp::from_nanos(1)),
        status: TradingStatus::Trading,
        doubt: None,
        position: Qty::ZERO,
        exposure: Exposure::default(),
        orders_total: 0,
        tag_in_use: false,
    };
    let mut gate = Gate::new(&GateConfig { messages: Vec::new(), ..config }, &instruments).expect("valid");
    let mut id = 0;
    c.bench_function("review", |b| {
        b.iter(|| {
            id += 1;
            black_box(gate.review(black_box(&intent), scalp_types::OrderId(id), &view))
                .expect("within the limits")
        });
    });
}

criterion_group!(orders, benches);
criterion_main!(orders);
