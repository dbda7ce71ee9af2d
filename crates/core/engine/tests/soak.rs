//! The core against an exchange that rejects, repeats itself and answers late: the books agree in the end, and an
//! emergency ends flat.

#![allow(clippy::unwrap_used, reason = "tests only")]

mod common;

use common::{GRID, RANDOM, at, genesis, market};
use scalp_engine::{Action, Actions, Engine, EngineConfig, Recording};
use scalp_ledger::LedgerConfig;
use scalp_market::BarRule;
use scalp_sim::{Exchange, ExchangeConfig, FaultRules, Kept, LatencyConfig, Order, StoredEvent, World};
use scalp_strategy::{Configured, Setup, Shipped, ShippedParameters};
use scalp_types::{
    Body, Command, CommandBody, Depth, DepthKind, Event, InstrumentId, Level, MarketBody, Mode, Money, Price,
    Qty, Side, Span, Trade, TradeId,
};
use std::sync::Arc;

const CROSS: &str = r#"{"name":"cross","order_qty":"0.001","fast":2,"slow":4}"#;

/// A book of two levels a side that wanders, and a trade at its touch, every 20 ms.
fn events(seed: u64, n: i64) -> Arc<[StoredEvent]> {
    let mut stream = scalp_types::rng::Stream::named(seed, "soak");
    let mut mid = 5_000_000;
    let mut out = Vec::new();
    for i in 0..n {
        mid += stream.below(201) as i64 - 100;
        let level = |off: i64| Level { price: Price::new(mid + off), qty: Qty::new(50_000) };
        let (bids, asks) = ([level(-5), level(-40)], [level(5), level(40)]);
        let kind = DepthKind::Snapshot;
        let depth = Depth { kind, first_id: 0, last_id: 0, previous_id: 0, bids: &bids, asks: &asks };
        out.push(StoredEvent::new(&market(0, i * 20, MarketBody::Depth(depth))));
        let taker = if stream.below(2) == 0 { Side::Buy } else { Side::Sell };
        let price = Price::new(mid + 5 * taker.sign());
        let qty = Qty::new(1 + stream.below(3_000) as i64);
        let trade = Trade { id: TradeId(i as u64 + 1), price, qty, taker };
        out.push(StoredEvent::new(&market(0, i * 20 + 10, MarketBody::Trade(trade))));
    }
    out.into()
}

fn soak(seed: u64, json: &str) -> u64 {
    let genesis = genesis(&["A"]);
    let parameters: ShippedParameters = serde_json::from_str(json).unwrap();
    let strategy =
        Shipped::build(&parameters, &Setup { instruments: &genesis.instruments, seed, bars: &[] }).unwrap();
    let id = InstrumentId(0);
    let usdt = genesis.instruments.get(id).quote;
    let opening = vec![(usdt, Money::new(1_000_000 * Money::ONE))];
    let config = EngineConfig {
        bars: vec![(id, BarRule::Tick(5))],
        ledger: LedgerConfig { opening: opening.clone(), ..LedgerConfig::default() },
        recording: Recording::Off,
        ..EngineConfig::default()
    };
    let mut engine = Engine::new(&genesis, strategy, config).unwrap();
    let faults = FaultRules {
        reject: 0.05,
        repeat_reply: 0.1,
        late_reply: 0.05,
        late_by: Span::from_millis(700),
        ..FaultRules::default()
    };
    let exchange_config = ExchangeConfig { balances: opening, faults, ..ExchangeConfig::default() };
    let exchange = Exchange::new(&genesis.instruments, &exchange_config, seed).unwrap();
    let events = events(seed, 6_000);
    let [first, second] = [Order::Exchange, Order::Arrival].map(|it| Kept::new(events.clone(), it));
    let way = Span::from_millis(7);
    let mut world =
        World::two_orders(exchange, first, second, &LatencyConfig::constant(way, way), seed).unwrap();

    let mut actions = Actions::new();
    let mut now = at(0);
    let mut is_emergency = false;
    engine.step(&Event { seq: 0, at: now, body: Body::Genesis(&genesis) }, &mut actions);
    loop {
        for action in actions.drain() {
            match action {
                Action::Request(it) => world.request(now, it.get()).unwrap(),
                Action::SetTimer { id, at } => world.set_timer(id, at),
                Action::Record(_) | Action::Snapshot => {}
            }
        }
        if now > at(100_000) && !is_emergency {
            is_emergency = true;
            let body = Body::Command(Command { operator: 1, body: CommandBody::SetMode(Mode::Emergency) });
            engine.step(&Event { seq: engine.next_seq(), at: now, body }, &mut actions);
            continue;
        }
        let Some(incoming) = world.next().unwrap() else { break };
        now = incoming.at;
        let event = Event { seq: engine.next_seq(), at: now, body: incoming.body.into_body() };
        engine.step(&event, &mut actions);
    }
    let (ours, theirs) = (engine.ledger(), world.exchange().ledger());
    assert_eq!(ours.position(id), theirs.position(id), "{json} under seed {seed}");
    assert_eq!(ours.balance(usdt), theirs.balance(usdt), "{json} under seed {seed}");
    assert_eq!(engine.position(id), Qty::ZERO, "{json} under seed {seed}: an emergency ends flat");
    assert!(engine.counters().faults > 0, "fills that are told twice are noticed");
    engine.counters().fills
}

#[test]
fn the_books_agree_and_an_emergency_ends_flat() {
    for json in [CROSS, GRID, RANDOM] {
        let fills: u64 = (0..4).map(|seed| soak(seed, json)).sum();
        assert!(fills > 400, "{json}: {fills} fills prove little");
    }
}
