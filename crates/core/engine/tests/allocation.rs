//! A warm step allocates nothing, neither for the market nor for an order.

#![allow(clippy::unwrap_used, reason = "tests only")]

mod common;

use allocation_counter::measure;
use common::{CROSS, FLOW, GRID, House, RANDOM, SIGNAL, engine, genesis, market, walk};
use scalp_engine::{Action, Actions, Engine};
use scalp_market::BarRule;
use scalp_strategy::Shipped;
use scalp_types::{
    Body, Depth, DepthKind, Event, InstrumentId, Level, MarketBody, OrderBody, OrderEvent, Price, Qty, Timer,
    VenueRequest,
};

#[test]
fn a_warm_trade_costs_no_allocation() {
    let events = walk(1, 4_000);
    let mut engine = engine(&["A"], CROSS, |config| {
        config.bars = vec![(InstrumentId(0), BarRule::Tick(1_000_000))];
    });
    let mut house = House::start(&mut engine, &genesis(&["A"]), events[0].arrived_at);
    events[..1_000].iter().for_each(|it| house.market(&mut engine, it));
    let mut actions = Actions::new();
    let cost = measure(|| {
        for event in &events[1_000..] {
            let seq = engine.next_seq();
            actions.clear();
            engine.step(&Event { seq, at: event.arrived_at, body: Body::Market(*event) }, &mut actions);
        }
    });
    assert_eq!(cost.count_total, 0);
}

#[test]
fn a_warm_depth_message_costs_no_allocation() {
    // Rules with what they remember, and the changes that the book tells them.
    const RULES: &str = r#"{"name":"signal","order_qty":"0.001","enter_long":"EMA(3, real=mid) > LAG(bid, 4)",
        "exit_long":"CANCELS(1).cancels > 2 or OFI(9).ofi < 0 or QUEUE(1).bid_ahead > 3"}"#;
    for json in [GRID, RULES] {
        check_depth_messages(json);
    }
}

fn check_depth_messages(json: &str) {
    let mut engine = engine(&["A"], json, |_| {});
    let mut house = House::start(&mut engine, &genesis(&["A"]), common::at(0));
    let level = |price, qty| Level { price: Price::new(price), qty: Qty::new(qty) };
    let mut counted = 0;
    for step in 0..20_000_i64 {
        let mid = 5_000_000 + step % 977 * 3;
        let bids = [level(mid - 1 - step % 50, step % 7), level(mid - 20, 5)];
        let asks = [level(mid + 1 + step % 60, step % 5), level(mid + 20, 5)];
        let id = step as u64;
        let depth = Depth {
            kind: DepthKind::Delta,
            first_id: id,
            last_id: id,
            previous_id: 0,
            bids: &bids,
            asks: &asks,
        };
        let event = market(0, 0, MarketBody::Depth(depth));
        house.actions.clear();
        let seq = engine.next_seq();
        let event = Event { seq, at: event.arrived_at, body: Body::Market(event) };
        let cost = measure(|| engine.step(&event, &mut house.actions)).count_total;
        counted += if step > 5_000 { cost } else { 0 };
    }
    assert_eq!(counted, 0, "{json}");
}

/// Allocations inside the steps of a whole run after its first half, and orders submitted in that half.
fn orders(json: &str) -> (u64, u64) {
    let events = walk(2, 20_000);
    let mut engine: Engine<Shipped> = engine(&["A"], json, |config| {
        config.bars = vec![(InstrumentId(0), BarRule::Tick(5))];
    });
    let mut actions = Actions::new();
    let genesis = genesis(&["A"]);
    let (mut counted, mut submitted) = (0, 0);
    let mut timers = Vec::with_capacity(1_024);
    let mut answers = Vec::with_capacity(1_024);
    let mut now = events[0].arrived_at;
    let mut step = |engine: &mut Engine<Shipped>,
                    at,
                    body: Body<'_>,
                    timers: &mut Vec<_>,
                    answers: &mut Vec<_>,
                    warm| {
        let seq = engine.next_seq();
        let cost = measure(|| engine.step(&Event { seq, at, body }, &mut actions)).count_total;
        counted += if warm { cost } else { 0 };
        for action in actions.drain() {
            match action {
                Action::Request(it) => {
                    let (order, body) = match it.get() {
                        VenueRequest::Submit(it) => {
                            (it.id, OrderBody::Rejected(scalp_types::RejectReason::MinNotional))
                        }
                        VenueRequest::Cancel { order, .. } => {
                            (*order, OrderBody::CancelRejected(scalp_types::RejectReason::UnknownOrder))
                        }
                        _ => continue,
                    };
                    submitted += u64::from(warm && matches!(it.get(), VenueRequest::Submit(_)));
                    let event = OrderEvent { order, instrument: InstrumentId(0), exchange_at: at, body };
                    answers.push(event);
                }
                Action::SetTimer { id, at } => timers.push(Timer { id, due: at }),
                _ => {}
            }
        }
    };
    step(&mut engine, now, Body::Genesis(&genesis), &mut timers, &mut answers, false);
    for (n, event) in events.iter().enumerate() {
        let warm = n > events.len() / 2;
        while let Some(at) = timers.iter().position(|it| it.due < event.arrived_at) {
            let timer = timers.swap_remove(at);
            now = now.max(timer.due);
            step(&mut engine, now, Body::Timer(timer), &mut timers, &mut answers, warm);
        }
        now = now.max(event.arrived_at);
        let mut quote = *event;
        if let MarketBody::Trade(trade) = event.body {
            let level = |off: i64| Level { price: Price::new(trade.price.get() + off), qty: Qty::new(9_000) };
            quote.body = MarketBody::Quote(scalp_types::Quote { id: 0, bid: level(-3), ask: level(2) });
        }
        step(&mut engine, now, Body::Market(quote), &mut timers, &mut answers, warm);
        step(&mut engine, now, Body::Market(*event), &mut timers, &mut answers, warm);
        while let Some(answer) = answers.pop() {
            step(&mut engine, now, Body::Order(answer), &mut timers, &mut answers, warm);
        }
    }
    (counted, submitted)
}

#[test]
fn a_warm_order_costs_no_allocation() {
    for json in [CROSS, GRID, RANDOM, SIGNAL, FLOW] {
        let (allocations, orders) = orders(json);
        assert!(orders > 200, "{json}: {orders} orders prove little");
        assert_eq!(allocations, 0, "{json}: over {orders} orders");
    }
}
