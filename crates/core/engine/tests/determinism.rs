//! The same events give the same actions and the same hash; the future changes nothing before it; a snapshot changes
//! nothing at all.

#![allow(clippy::unwrap_used, reason = "tests only")]

mod common;

use common::{FLOW, GRID, House, Outcome, RANDOM, SIGNAL, at, genesis, market, run, walk};
use scalp_engine::{Engine, EngineConfig};
use scalp_market::BarRule;
use scalp_strategy::Shipped;
use scalp_types::{Depth, DepthKind, InstrumentId, Level, MarketBody, MarketEvent, Price, Qty, Quote};

fn bars(config: &mut EngineConfig) {
    config.bars = vec![(InstrumentId(0), BarRule::Tick(5))];
}

fn play(json: &str, events: &[MarketEvent<'_>]) -> Outcome {
    run(&["A"], json, events, bars)
}

/// The walk, with a quote around each trade for those who need a book.
fn quoted(seed: u64, n: usize) -> Vec<MarketEvent<'static>> {
    let mut events = Vec::new();
    for (i, event) in walk(seed, n).into_iter().enumerate() {
        let MarketBody::Trade(trade) = event.body else { unreachable!() };
        let level = |off: i64| Level { price: Price::new(trade.price.get() + off), qty: Qty::new(9_000) };
        let quote = Quote { id: i as u64, bid: level(-3), ask: level(2) };
        events.push(market(0, i as i64 * 10, MarketBody::Quote(quote)));
        events.push(event);
    }
    events
}

/// Fast enough to turn often.
const CROSS: &str = r#"{"name":"cross","order_qty":"0.001","fast":2,"slow":4}"#;
const ALL: [&str; 5] = [CROSS, GRID, RANDOM, SIGNAL, FLOW];

#[test]
fn twice_the_same_is_the_same_to_the_bit() {
    let events = quoted(1, 4_000);
    for json in ALL {
        let (one, two) = (play(json, &events), play(json, &events));
        assert!(one.house.requests.len() > 50, "{json}: {} requests prove little", one.house.requests.len());
        assert!(one.house.fills > 20, "{json}");
        assert_eq!(one.house.requests, two.house.requests);
        assert_eq!(one.house.records, two.house.records);
        assert_eq!(one.hash, two.hash, "{json}");
    }
}

#[test]
fn one_lot_more_in_one_trade_is_another_hash() {
    let events = quoted(1, 400);
    let mut other = events.clone();
    let MarketBody::Trade(trade) = &mut other[601].body else { unreachable!() };
    trade.qty = Qty::new(trade.qty.get() + 1);
    assert_ne!(play(CROSS, &events).hash, play(CROSS, &other).hash);
}

#[test]
fn the_future_does_not_reach_back() {
    let events = quoted(2, 2_000);
    for json in ALL {
        let before = play(json, &events);
        for cut in [500, 1_333, 3_000] {
            let mut altered = events.clone();
            let other = quoted(99, 2_000);
            altered[cut..].copy_from_slice(&other[cut..]);
            let after = play(json, &altered);
            let cut_seq = |outcome: &Outcome| {
                // The last sequence number before the altered event: requests are compared up to there.
                let time = events[cut].arrived_at;
                let record = outcome.house.records.iter().find(|it| it.at >= time).map(|it| it.seq);
                record.unwrap_or(u64::MAX)
            };
            let last = cut_seq(&before).min(cut_seq(&after));
            let past = |outcome: &Outcome| -> Vec<_> {
                outcome.house.requests.iter().filter(|it| it.0 < last).copied().collect()
            };
            assert!(past(&before).len() > 3, "{json}, {cut}: {}", past(&before).len());
            assert_eq!(past(&before), past(&after), "{json}, altered from event {cut}");
            assert_ne!(before.house.requests, after.house.requests, "the alteration must matter at all");
        }
    }
}

#[test]
fn a_run_resumed_from_a_snapshot_ends_in_the_same_hash() {
    let events = quoted(3, 2_000);
    for json in ALL {
        let whole = play(json, &events);
        let cut = 1_777;
        let first = play(json, &events[..cut]);
        let bytes = postcard::to_allocvec(&first.engine.snapshot()).unwrap();
        let mut engine: Engine<Shipped> =
            Engine::restore(&mut postcard::Deserializer::from_bytes(&bytes)).unwrap();
        assert_eq!(engine.state_hash(), first.hash);
        let pending: Vec<_> = engine.pending_timers().collect();
        assert!(!pending.is_empty());
        let mut house = first.house;
        events[cut..].iter().for_each(|it| house.market(&mut engine, it));
        assert_eq!(engine.state_hash(), whole.hash, "{json}");
        assert_eq!(house.requests, whole.house.requests, "{json}");
        assert_eq!(house.records, whole.house.records, "{json}");
    }
}

#[test]
fn the_book_is_part_of_the_hash_at_the_end() {
    let level = |price, qty| Level { price: Price::new(price), qty: Qty::new(qty) };
    let hash = |far: i64| {
        let bids = [level(100, 1), level(90, far)];
        let asks = [level(101, 1)];
        let depth = Depth {
            kind: DepthKind::Snapshot,
            first_id: 0,
            last_id: 1,
            previous_id: 0,
            bids: &bids,
            asks: &asks,
        };
        play(CROSS, &[market(0, 0, MarketBody::Depth(depth))]).hash
    };
    assert_eq!(hash(5), hash(5));
    assert_ne!(hash(5), hash(6), "a level far from the touch counts too");
}

#[test]
fn a_grid_that_starts_looks_every_interval() {
    let genesis = genesis(&["A"]);
    let mut engine = common::engine(&["A"], GRID, |_| {});
    let mut house = House::start(&mut engine, &genesis, at(0));
    assert_eq!(house.timers.len(), 1);
    house.time_to(&mut engine, at(1_001));
    assert_eq!(engine.counters().decisions, 11, "the start and ten looks");
}
