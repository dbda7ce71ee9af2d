//! Workload W2 through the whole core: the shipped grid strategy, the gate, the orders and the simulated exchange agree
//! with hftbacktest 2.4.4 to the order and the fill. The digests of the traces come from `xtask/peers/hftbacktest_w2.py`.

#![allow(clippy::unwrap_used, reason = "tests only")]

#[allow(clippy::disallowed_types, reason = "the test reads a file, the core does not")]
#[path = "../../../worlds/sim/tests/w2/mod.rs"]
mod w2;

use scalp_engine::{Action, Actions, Engine, EngineConfig, Recording};
use scalp_ledger::LedgerConfig;
use scalp_sim::{Exchange, Kept, LatencyConfig, Order, QueueModel, StoredEvent, World};
use scalp_strategy::{Configured, Setup, Shipped, ShippedParameters};
use scalp_types::{
    Body, Event, Genesis, IncomingBody, InstrumentId, Money, OrderBody, OrderId, OrderKind, RunId, Side,
    Span, StateHash, VenueRequest,
};
use std::collections::BTreeMap;
use std::sync::Arc;

const B: &str = r#"{"name":"grid","order_qty":"0.01"}"#;
const C: &str = r#"{"name":"grid","order_qty":"0.01","interval_ms":10,"levels":1,"spacing_ticks":1,
    "half_spread_ticks":1,"skew_ticks":1,"position_units_max":5}"#;
const POWER: QueueModel = QueueModel::Power { n: 2.0 };

struct Outcome {
    submits: u64,
    cancels: u64,
    fills: u64,
    lots: i64,
    fee: String,
    equity: String,
    trace: String,
    hash: StateHash,
}

fn run(events: &Arc<[StoredEvent]>, json: &str, latency: Span, queue: QueueModel) -> Outcome {
    let instruments = w2::instruments();
    let id = InstrumentId(0);
    let exchange = Exchange::new(&instruments, &w2::config(queue), 1).unwrap();
    let latency = LatencyConfig::constant(latency, latency);
    let [exchange_order, arrival_order] =
        [Order::Exchange, Order::Arrival].map(|order| Kept::new(events.clone(), order));
    let mut world = World::two_orders(exchange, exchange_order, arrival_order, &latency, 1).unwrap();

    let parameters: ShippedParameters = serde_json::from_str(json).unwrap();
    let strategy =
        Shipped::build(&parameters, &Setup { instruments: &instruments, seed: 1, bars: &[] }).unwrap();
    let usdt = instruments.get(id).settle;
    let opening = vec![(usdt, Money::new(100_000 * Money::ONE))];
    let config = EngineConfig {
        ledger: LedgerConfig { opening, ..LedgerConfig::default() },
        recording: Recording::Off,
        ..EngineConfig::default()
    };
    let genesis =
        Genesis { run: RunId(1), seed: 1, config_hash: [0; 32], instruments, config: String::new() };
    let mut engine = Engine::new(&genesis, strategy, config).unwrap();

    let mut actions = Actions::new();
    let mut places: BTreeMap<OrderId, (Side, i64)> = BTreeMap::new();
    let mut trace: Vec<String> = Vec::new();
    let start = world.start_at().unwrap();
    engine.step(&Event { seq: 0, at: start, body: Body::Genesis(&genesis) }, &mut actions);
    let mut now = start;
    loop {
        for action in actions.drain() {
            match action {
                Action::Request(request) => {
                    let (kind, (side, tick)) = match *request.get() {
                        VenueRequest::Submit(it) => {
                            let OrderKind::Limit { price } = it.kind else { panic!("the grid sends limits") };
                            places.insert(it.id, (it.side, price.get()));
                            ("submit", (it.side, price.get()))
                        }
                        VenueRequest::Cancel { order, .. } => ("cancel", places[&order]),
                        other => panic!("{other:?} is not expected here"),
                    };
                    trace.push(format!("{} {kind} {} {tick}", now.nanos(), w2::name(side)));
                    world.request(now, request.get()).unwrap();
                }
                Action::SetTimer { id, at } => world.set_timer(id, at),
                Action::Snapshot | Action::Record(_) => {}
            }
        }
        let Some(incoming) = world.next().unwrap() else { break };
        now = incoming.at;
        if let IncomingBody::Order(event) = &incoming.body
            && let OrderBody::Filled(_) = event.body
        {
            let (side, tick) = places[&event.order];
            trace.push(format!("{} fill {} {tick}", event.exchange_at.nanos(), w2::name(side)));
        }
        engine
            .step(&Event { seq: engine.next_seq(), at: now, body: incoming.body.into_body() }, &mut actions);
    }
    trace.sort();
    let text = trace.join("\n");
    let digest = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |value, byte| {
        (value ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    assert_eq!(
        engine.ledger().position(id),
        world.exchange().ledger().position(id),
        "the venue sees it so too"
    );
    let touch = engine.market().touch(id);
    let instrument = engine.instruments().get(id);
    // Profit at the mid, which may lie between two ticks: the mean of the profits at bid and ask.
    let profit = engine.ledger().unrealised(instrument, touch.bid.unwrap().price)
        + engine.ledger().unrealised(instrument, touch.ask.unwrap().price);
    let balance = engine.ledger().balance(usdt) - Money::new(100_000 * Money::ONE);
    let counters = engine.orders().counters();
    Outcome {
        submits: counters.submits,
        cancels: counters.cancels,
        fills: counters.fills,
        lots: engine.position(id).get(),
        fee: engine.ledger().position(id).fees.to_string(),
        equity: (balance + Money::new(profit.get() / 2)).to_string(),
        trace: format!("{digest:016x}"),
        hash: engine.state_hash(),
    }
}

/// Submits, cancels, fills and position; fee, equity and the digest of the trace.
type Peer = ((u64, u64, u64, i64), [&'static str; 3]);

#[test]
fn the_grid_agrees_to_the_order_and_the_fill_in_every_setting() {
    let cases: [(&str, i64, QueueModel, Peer); 6] = [
        (B, 5, POWER, ((2_870, 1_692, 1_075, -70), ["132.66914900", "-194.53664900", "172fe38d6f19cab4"])),
        (C, 5, POWER, ((1_460, 737, 575, -10), ["70.96282740", "-106.37732740", "76edb1efcd2ae122"])),
        (B, 0, POWER, ((2_857, 1_672, 1_101, -70), ["135.87817600", "-203.31067600", "d49320cb9a98a4a0"])),
        (B, 100, POWER, ((2_740, 2_300, 852, -20), ["105.15811500", "-157.66811500", "555ed8ebd32e2acb"])),
        (
            B,
            5,
            QueueModel::RiskAverse,
            ((2_865, 1_689, 1_073, -70), ["132.42234400", "-194.29484400", "afbb61cecc695212"]),
        ),
        (
            B,
            5,
            QueueModel::Log,
            ((2_858, 1_676, 1_077, -70), ["132.91647700", "-194.01397700", "5f2dd39975e6c5d5"]),
        ),
    ];
    let events = w2::events();
    for (json, latency_ms, queue, (counters, texts)) in cases {
        let out = run(&events, json, Span::from_millis(latency_ms), queue);
        let name = format!("{latency_ms} ms, {queue:?}");
        assert_eq!((out.submits, out.cancels, out.fills, out.lots), counters, "{name}");
        assert_eq!([&out.fee, &out.equity, &out.trace], texts, "{name}");
    }
}

#[test]
fn run_after_run_the_hash_is_one() {
    let events = w2::events();
    let once = || run(&events, B, Span::from_millis(5), POWER).hash;
    let first = once();
    for _ in 0..3 {
        assert_eq!(once(), first);
    }
}
