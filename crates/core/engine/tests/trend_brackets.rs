//! The trend follower with its brackets, against the simulated exchange: no position without a stop, no stop without a
//! position, whoever looks after the groups.

#![allow(clippy::unwrap_used, reason = "tests only")]

mod common;

use common::{at, genesis, trade};
use scalp_engine::{Action, Actions, Engine, EngineConfig, Record, RecordBody, Recording};
use scalp_execution::{GroupsBy, OrdersConfig};
use scalp_ledger::LedgerConfig;
use scalp_market::BarRule;
use scalp_sim::{Exchange, ExchangeConfig, Kept, LatencyConfig, Order, StoredEvent, World};
use scalp_strategy::{Configured, Setup, Shipped, ShippedParameters};
use scalp_types::{Body, Event, InstrumentId, Money, OrderStatus, Reason, Span, StateHash};
use std::sync::Arc;

const TREND: &str = r#"{"name":"trend","entry_bars":10,"exit_bars":5,"atr_bars":10,"stop_atr":1.5,"take_atr":2.5,
    "trail_atr":4.0,"risk":0.005,"positions_max":2,"cooldown_bars":2}"#;

/// Two instruments that trend for a while and turn, a trade of one or the other every 50 ms.
fn events(n: usize) -> Arc<[StoredEvent]> {
    let mut stream = scalp_types::rng::Stream::named(11, "trend");
    let mut prices = [5_000_000.0_f64, 300_000.0];
    let mut drifts = [0.0, 0.0];
    (0..n)
        .map(|i| {
            let which = stream.below(2) as usize;
            if stream.below(400) == 0 {
                drifts[which] = stream.normal() * 2e-5;
            }
            prices[which] *= 1.0 + drifts[which] + stream.normal() * 1e-4;
            let lots = 100_000 + stream.below(2_000_000_000) as i64;
            StoredEvent::new(&trade(which as u16, i as i64 * 50, prices[which] as i64, lots))
        })
        .collect()
}

struct Outcome {
    records: Vec<Record>,
    hash: StateHash,
    bare: u64,
    faults: u64,
    trips: u64,
}

fn run(events: &Arc<[StoredEvent]>, groups_by: GroupsBy, latency: Span) -> Outcome {
    let genesis = genesis(&["A", "B"]);
    let parameters: ShippedParameters = serde_json::from_str(TREND).unwrap();
    let setup = Setup { instruments: &genesis.instruments, seed: genesis.seed, bars: &[] };
    let strategy = Shipped::build(&parameters, &setup).unwrap();
    let usdt = genesis.instruments.get(InstrumentId(0)).quote;
    let opening = vec![(usdt, Money::new(1_000_000 * Money::ONE))];
    let config = EngineConfig {
        bars: vec![(InstrumentId(0), BarRule::Tick(20)), (InstrumentId(1), BarRule::Tick(20))],
        ledger: LedgerConfig { opening: opening.clone(), ..LedgerConfig::default() },
        orders: OrdersConfig { groups_by, ..OrdersConfig::default() },
        recording: Recording::Full,
        ..EngineConfig::default()
    };
    let mut engine = Engine::new(&genesis, strategy, config).unwrap();
    let exchange_config = ExchangeConfig { balances: opening, ..ExchangeConfig::default() };
    let exchange = Exchange::new(&genesis.instruments, &exchange_config, 1).unwrap();
    let [first, second] = [Order::Exchange, Order::Arrival].map(|it| Kept::new(events.clone(), it));
    let mut world =
        World::two_orders(exchange, first, second, &LatencyConfig::constant(latency, latency), 1).unwrap();

    let mut actions = Actions::new();
    let (mut records, mut bare, mut now) = (Vec::new(), 0, at(0));
    let mut naked_since = [None, None];
    engine.step(&Event { seq: 0, at: now, body: Body::Genesis(&genesis) }, &mut actions);
    loop {
        for action in actions.drain() {
            match action {
                Action::Request(it) => world.request(now, it.get()).unwrap(),
                Action::SetTimer { id, at } => world.set_timer(id, at),
                Action::Record(it) => records.push(it),
                Action::Snapshot => {}
            }
        }
        let Some(incoming) = world.next().unwrap() else { break };
        now = incoming.at;
        engine
            .step(&Event { seq: engine.next_seq(), at: now, body: incoming.body.into_body() }, &mut actions);
        for (index, since) in naked_since.iter_mut().enumerate() {
            let id = InstrumentId(index as u16);
            let is_guarded = engine.orders().open(id).iter().any(|it| {
                matches!(it.reason, Reason::StopLoss | Reason::Exit | Reason::RiskReduction)
                    && it.status != OrderStatus::Unknown
            });
            let is_naked = !engine.position(id).is_zero() && !is_guarded;
            *since = if is_naked { since.or(Some(now)) } else { None };
            // A bar may pass before it is noticed; two may not.
            bare += u64::from(since.is_some_and(|since| (now - since).nanos() > 4_000_000_000));
        }
    }
    let of_venue = |id| *world.exchange().ledger().position(id);
    for id in [InstrumentId(0), InstrumentId(1)] {
        assert_eq!(engine.ledger().position(id).qty, of_venue(id).qty, "the venue sees it so too");
        if engine.position(id).is_zero() {
            assert!(
                engine
                    .orders()
                    .open(id)
                    .iter()
                    .all(|it| !it.reduce_only || it.status == OrderStatus::Unknown)
            );
        }
    }
    let trips = records
        .iter()
        .filter(|it| matches!(it.body, RecordBody::Fill { change, .. } if change.round_trip.is_some()))
        .count() as u64;
    Outcome { records, hash: engine.state_hash(), bare, faults: engine.counters().faults, trips }
}

fn fills(outcome: &Outcome, wanted: Reason) -> usize {
    let is_wanted =
        |it: &&Record| matches!(it.body, RecordBody::Fill { reason: Some(it), .. } if it == wanted);
    outcome.records.iter().filter(is_wanted).count()
}

#[test]
fn every_position_has_its_stop_and_no_stop_outlives_its_position() {
    let events = events(60_000);
    for groups_by in [GroupsBy::Venue, GroupsBy::Us] {
        for latency_ms in [0, 20] {
            let name = format!("{groups_by:?}, {latency_ms} ms");
            let out = run(&events, groups_by, Span::from_millis(latency_ms));
            assert!(out.trips > 30, "{name}: {} round trips prove little", out.trips);
            assert_eq!(out.bare, 0, "{name}");
            for reason in [Reason::StopLoss, Reason::TakeProfit, Reason::Exit] {
                assert!(fills(&out, reason) > 0, "{name}: no fill by {reason:?}");
            }
            if latency_ms == 0 {
                assert_eq!(out.faults, 0, "{name}");
            }
            let flips = out.records.iter().filter(|it| {
                matches!(it.body, RecordBody::Fill { change, .. } if change.kind == scalp_ledger::ChangeKind::Flipped)
            });
            assert_eq!(flips.count(), 0, "{name}: exits only reduce");
            assert_eq!(run(&events, groups_by, Span::from_millis(latency_ms)).hash, out.hash, "{name}");
        }
    }
}
