//! What one step costs: a trade, a trade that closes a bar, a depth message, a look of the grid.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench")]

#[path = "../tests/common/mod.rs"]
mod common;

use common::{CROSS, GRID, House, at, config, engine, genesis, market, trade, walk};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use scalp_engine::{Actions, Engine, EngineConfig, Recording};
use scalp_market::{BarRule, Market};
use scalp_risk::AssetLimits;
use scalp_strategy::{Interest, Shipped, Strategy, View, Wake};
use scalp_types::{
    Body, Depth, DepthKind, Event, InstrumentId, Intent, Intents, Level, MarketBody, MarketEvent, Money,
    OrderIntent, OrderKind, Price, Qty, Quote, Reason, Side, Span, StateHash, Timer, TimerId, VenueRequest,
};
use serde::{Deserialize, Serialize};
use std::hint::black_box;

const N: usize = 10_000;

fn started(json: &str, change: impl FnOnce(&mut EngineConfig)) -> (Engine<Shipped>, Actions) {
    let mut engine = engine(&["A"], json, |config| {
        config.recording = Recording::Off;
        config.equity_every = None;
        change(config);
    });
    let mut actions = Actions::new();
    engine.step(&Event { seq: 0, at: at(0), body: Body::Genesis(&genesis(&["A"])) }, &mut actions);
    actions.clear();
    (engine, actions)
}

fn feed(engine: &mut Engine<Shipped>, actions: &mut Actions, events: &[MarketEvent<'_>]) {
    for (seq, event) in (engine.next_seq()..).zip(events) {
        actions.clear();
        engine.step(&Event { seq, at: event.arrived_at, body: Body::Market(*event) }, actions);
    }
    black_box(actions.as_slice().len());
}

fn trades(c: &mut Criterion) {
    let events = walk(1, N);
    let mut group = c.benchmark_group("step");
    group.throughput(Throughput::Elements(N as u64));
    for (name, bars, prints) in [
        ("trade", None, false),
        ("trade_bars_of_20", Some(BarRule::Tick(20)), false),
        ("trade_watched", None, true),
    ] {
        group.bench_function(name, |b| {
            let (mut engine, mut actions) = started(CROSS, |config| {
                config.bars = bars.map(|it| (InstrumentId(0), it)).into_iter().collect();
                config.watch.prints = prints;
            });
            b.iter(|| feed(&mut engine, &mut actions, &events));
        });
    }
    group.bench_function("trade_market_alone", |b| {
        let mut market = Market::new(&genesis(&["A"]).instruments);
        b.iter(|| {
            for event in &events {
                black_box(market.on_event(event));
            }
        });
    });
    group.finish();
}

fn depth(c: &mut Criterion) {
    let level = |price: i64, qty: i64| Level { price: Price::new(price), qty: Qty::new(qty) };
    let levels: Vec<[Level; 2]> = (0..N as i64)
        .map(|step| {
            let mid = 5_000_000 + step % 97;
            [level(mid - 1 - step % 50, 1 + step % 7), level(mid + 1 + step % 60, 1 + step % 5)]
        })
        .collect();
    let depth = |n: usize| Depth {
        kind: DepthKind::Delta,
        first_id: 0,
        last_id: 0,
        previous_id: 0,
        bids: if n.is_multiple_of(2) { &levels[n][..1] } else { &[] },
        asks: if n.is_multiple_of(2) { &[] } else { &levels[n][1..] },
    };
    let events: Vec<MarketEvent<'_>> = (0..N).map(|n| market(0, 0, MarketBody::Depth(depth(n)))).collect();
    let mut group = c.benchmark_group("step");
    group.throughput(Throughput::Elements(N as u64));
    group.bench_function("depth_one_level", |b| {
        let (mut engine, mut actions) = started(GRID, |_| {});
        b.iter(|| feed(&mut engine, &mut actions, &events));
    });
    group.bench_function("depth_one_level_market_alone", |b| {
        let mut market = Market::new(&genesis(&["A"]).instruments);
        b.iter(|| {
            for event in &events {
                black_box(market.on_event(event));
            }
        });
    });
    group.finish();
}

/// A look of the grid at an empty order table: ten orders through the gate and out.
fn look(c: &mut Criterion) {
    let level = |price: i64| Level { price: Price::new(price), qty: Qty::new(9) };
    let quote = Quote { id: 0, bid: level(5_000_000), ask: level(5_000_003) };
    let prepare = || {
        let (mut engine, mut actions) = started(GRID, |_| {});
        feed(&mut engine, &mut actions, &[market(0, 1, MarketBody::Quote(quote))]);
        actions.clear();
        (engine, actions)
    };
    let timer = |engine: &mut Engine<Shipped>, actions: &mut Actions, ms: i64| {
        let body = Body::Timer(Timer { id: TimerId(0), due: at(ms) });
        engine.step(&Event { seq: engine.next_seq(), at: at(ms), body }, actions);
    };
    c.bench_function("step/grid_look_submits_10", |b| {
        b.iter_batched_ref(prepare, |(engine, actions)| timer(engine, actions, 100), BatchSize::LargeInput);
    });
    c.bench_function("step/grid_look_nothing_to_do", |b| {
        let (mut engine, mut actions) = prepare();
        timer(&mut engine, &mut actions, 100);
        let sent = actions.as_slice().iter();
        let is_submit = |it: &&scalp_engine::Action| {
            matches!(it, scalp_engine::Action::Request(it) if matches!(it.get(), VenueRequest::Submit(_)))
        };
        assert_eq!(sent.filter(is_submit).count(), 10);
        let mut ms = 100;
        b.iter(|| {
            ms += 100;
            actions.clear();
            timer(&mut engine, &mut actions, ms);
        });
    });
}

/// Wishes, at each trade, an order that the gate refuses for its size.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Refused {
    /// Lots that are bought first of each instrument.
    held: i64,
    wishes: u64,
}

impl Strategy for Refused {
    fn interest(&self) -> Interest {
        Interest::TRADES
    }
    fn decide(&mut self, wake: &Wake<'_>, view: &View<'_>, out: &mut Intents) {
        let Wake::Market(event) = wake else { return };
        self.wishes += 1;
        let is_first = self.held > 0 && view.ledger.position(event.instrument).qty.is_zero();
        let lots = if is_first { self.held } else { 1_000_000_000 };
        let (tag, id) = (self.wishes, event.instrument);
        let (side, qty) = (Side::Buy, Qty::new(lots));
        out.push(Intent::Place(OrderIntent::new(tag, id, side, qty, OrderKind::Market, Reason::Signal)));
    }
    fn digest(&self, hash: &mut StateHash) {
        hash.absorb(self.wishes);
    }
}

/// One decision among a hundred instruments, with and without a limit that counts them together.
fn decision(c: &mut Criterion) {
    let names: Vec<String> = (0..100).map(|n| format!("I{n}")).collect();
    let symbols: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut group = c.benchmark_group("decision_of_100");
    for (name, held, limit) in [
        ("no_limit", 0, None),
        ("gross_limit", 0, Some(1_000_000)),
        ("gross_limit_all_held", 10, Some(1_000_000)),
    ] {
        let genesis = genesis(&symbols);
        let mut config = config(&genesis);
        config.recording = Recording::Off;
        config.equity_every = None;
        config.risk_every = Span::from_secs(1_000_000);
        config.gate.limits.order_qty_max = Some(Qty::new(1_000));
        let gross_max = limit.map(|it: i128| Money::new(it * Money::ONE));
        let asset = genesis.instruments.get(InstrumentId(0)).settle;
        let (net_max, day_loss_max, drawdown_max) = (None, None, None);
        config.gate.assets = vec![AssetLimits { asset, gross_max, net_max, day_loss_max, drawdown_max }];
        let mut engine = Engine::new(&genesis, Refused { held, wishes: 0 }, config).unwrap();
        let mut house = House::start(&mut engine, &genesis, at(0));
        for id in 0..100 {
            house.market(&mut engine, &trade(id, 1, 5_000_000, 1_000));
        }
        let mut actions = Actions::new();
        let mut price = 5_000_000;
        group.bench_function(name, |b| {
            b.iter(|| {
                price += 1;
                actions.clear();
                let event = trade(7, 2, price, 1);
                let body = Body::Market(event);
                engine.step(&Event { seq: engine.next_seq(), at: event.arrived_at, body }, &mut actions);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, trades, depth, look, decision);
criterion_main!(benches);
