//! The world: order of events, latency, faults, the end.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod floor;

use floor::{Floor, ONE, limit, market};
use proptest::prelude::*;
use scalp_sim::{
    ExchangeConfig, FaultRules, Feed, Kept, LatencyConfig, LatencyModel, LatencySample, Merged, Order,
    Reached, Spikes, StoredEvent, World,
};
use scalp_types::{
    IncomingBody, InstrumentId, MarketBody, MarketEvent, OrderBody, Price, Qty, Side, Span, TimeInForce,
    TimerId, Timestamp, Trade, TradeId, VenueRequest,
};
use std::ops::ControlFlow;
use std::sync::Arc;

fn at(nanos: i64) -> Timestamp {
    Timestamp::from_nanos(nanos)
}

/// A trade of `price` that happened and arrived at these times.
fn trade(happened: i64, arrived: i64, price: i64) -> StoredEvent {
    let (price, qty) = (Price::new(price), Qty::new(5));
    let body = MarketBody::Trade(Trade { id: TradeId(0), price, qty, taker: Side::Buy });
    let event = MarketEvent { instrument: ONE, exchange_at: at(happened), arrived_at: at(arrived), body };
    StoredEvent::new(&event)
}

fn world(events: Vec<StoredEvent>, config: &ExchangeConfig, latency: &LatencyConfig) -> World<Kept> {
    let events: Arc<[StoredEvent]> = events.into();
    let exchange = Floor::new(config).exchange;
    let (happened, arrived) = (Kept::new(events.clone(), Order::Exchange), Kept::new(events, Order::Arrival));
    World::two_orders(exchange, happened, arrived, latency, 3).unwrap()
}

/// What has come, as one line of a story.
fn line(now: Timestamp, body: &IncomingBody<'_>) -> String {
    let what = match body {
        IncomingBody::Market(event) => match event.body {
            MarketBody::Trade(it) => format!("trade {}", it.price.get()),
            _ => "market".into(),
        },
        IncomingBody::Order(event) => match event.body {
            OrderBody::Filled(fill) => format!("fill {}", fill.price.get()),
            OrderBody::Accepted => "accepted".into(),
            other => format!("{other:?}"),
        },
        IncomingBody::Timer(it) => format!("timer {}", it.id),
        _ => "other".into(),
    };
    format!("{} {what}", now.nanos())
}

/// Runs to the end and writes down what reached the core; `act` is asked at every step.
fn story<F: Feed>(
    world: &mut World<F>,
    mut act: impl FnMut(usize, &str) -> Option<VenueRequest>,
) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    while let Some(incoming) = world.next().unwrap() {
        let now = incoming.at;
        let line = line(now, &incoming.body);
        let what = line.split_once(' ').unwrap().1;
        let request = act(told.len() + 1, what);
        told.push(line);
        if let Some(request) = request {
            world.request(now, &request).unwrap();
        }
    }
    told
}

/// The same, by [`World::run`].
fn story_in_runs<F: Feed>(
    world: &mut World<F>,
    mut act: impl FnMut(usize, &str) -> Option<VenueRequest>,
) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    loop {
        let stopped = world.run(|now, reached| {
            let line = match reached {
                Reached::Market(it) => line(now, &IncomingBody::Market(*it)),
                Reached::Order(it) => line(now, &IncomingBody::Order(it)),
                Reached::Account(it) => line(now, &IncomingBody::Account(it)),
                Reached::Timer(it) => line(now, &IncomingBody::Timer(it)),
            };
            let request = act(told.len() + 1, line.split_once(' ').unwrap().1);
            told.push(line);
            request.map_or(ControlFlow::Continue(()), |it| ControlFlow::Break((now, it)))
        });
        let Some((now, request)) = stopped.unwrap() else { return told };
        world.request(now, &request).unwrap();
    }
}

#[test]
fn the_exchange_lives_ahead_of_us_and_orders_meet_its_present() {
    let events = vec![trade(100, 150, 10), trade(200, 210, 20), trade(260, 300, 30)];
    let latency = LatencyConfig::constant(Span::from_nanos(60), Span::from_nanos(7));
    let mut world = world(events, &ExchangeConfig::default(), &latency);
    let told = story(&mut world, |_, what| {
        (what == "trade 10").then_some(VenueRequest::Submit(market(1, Side::Buy, 1)))
    });
    // Sent at 150 having seen 10, it arrives at 210, when the last price is 20.
    assert_eq!(told, ["150 trade 10", "210 trade 20", "217 accepted", "217 fill 20", "300 trade 30"]);
}

#[test]
fn at_equal_times_two_feeds_give_market_then_replies_then_timers() {
    let events = vec![trade(100, 100, 10), trade(200, 200, 20), trade(200, 200, 21), trade(300, 300, 30)];
    let latency = LatencyConfig::constant(Span::from_nanos(60), Span::from_nanos(40));
    let mut world = world(events, &ExchangeConfig::default(), &latency);
    world.set_timer(TimerId(1), at(200));
    world.set_timer(TimerId(2), at(100));
    let told = story(&mut world, |_, what| {
        (what == "trade 10").then_some(VenueRequest::Submit(market(1, Side::Buy, 1)))
    });
    assert_eq!(
        told,
        [
            "100 trade 10",
            "100 timer 2",
            "200 trade 20",
            "200 trade 21",
            "200 accepted",
            "200 fill 10",
            "200 timer 1",
            "300 trade 30"
        ]
    );
}

#[test]
fn in_one_order_a_request_without_latency_comes_before_the_next_event_of_the_same_time() {
    let events: Arc<[StoredEvent]> = vec![trade(100, 100, 10), trade(100, 100, 20)].into();
    let exchange = Floor::new(&ExchangeConfig::default()).exchange;
    let feed = Kept::new(events, Order::Exchange);
    let mut world = World::one_order(exchange, feed, &LatencyConfig::default(), 3).unwrap();
    let told = story(&mut world, |_, what| {
        (what == "trade 10").then_some(VenueRequest::Submit(market(1, Side::Buy, 1)))
    });
    assert_eq!(told, ["100 trade 10", "100 accepted", "100 fill 10", "100 trade 20"]);
}

#[test]
fn timers_alone_do_not_keep_the_world_going() {
    let mut world = world(vec![trade(100, 100, 10)], &ExchangeConfig::default(), &LatencyConfig::default());
    assert_eq!(world.start_at(), Some(at(100)));
    world.set_timer(TimerId(1), at(50));
    world.set_timer(TimerId(2), at(500));
    assert_eq!(story(&mut world, |_, _| None), ["50 timer 1", "100 trade 10"]);
}

#[test]
fn after_the_last_market_event_nothing_is_executed_no_timer_fires_and_replies_arrive() {
    let events = vec![trade(100, 150, 10), trade(200, 300, 20)];
    let latency = LatencyConfig::constant(Span::from_nanos(60), Span::from_nanos(200));
    let mut two = world(events.clone(), &ExchangeConfig::default(), &latency);
    two.set_timer(TimerId(1), at(300));
    two.set_timer(TimerId(2), at(301));
    let mut id = 0;
    let mut buy = |_, what: &str| {
        id += 1;
        what.starts_with("trade").then_some(VenueRequest::Submit(market(id, Side::Buy, 1)))
    };
    // The first arrives at 210, before the core has the last event; the second would at 360.
    let told = story(&mut two, &mut buy);
    assert_eq!(told, ["150 trade 10", "300 trade 20", "410 accepted", "410 fill 20"]);
    assert_eq!((two.requests_on_their_way(), two.exchange().counts().submits), (1, 1));

    let exchange = Floor::new(&ExchangeConfig::default()).exchange;
    let feed = Kept::new(events.into(), Order::Exchange);
    let mut one = World::one_order(exchange, feed, &latency, 3).unwrap();
    one.set_timer(TimerId(1), at(201));
    assert_eq!(story(&mut one, &mut buy), ["100 trade 10", "200 trade 20", "360 accepted", "360 fill 10"]);
    assert_eq!((one.requests_on_their_way(), one.exchange().counts().submits), (1, 1));
}

#[test]
fn messages_of_one_direction_never_overtake_unless_allowed() {
    let samples: Arc<[LatencySample]> = [(0, 500), (10, 5), (1_000, 5)]
        .map(|(t, entry)| LatencySample { at: at(t), entry: Span::from_nanos(entry), response: Span::ZERO })
        .into();
    let run = |overtaking| {
        let latency = LatencyConfig {
            model: LatencyModel::Replayed(samples.clone()),
            overtaking,
            ..LatencyConfig::constant(Span::ZERO, Span::ZERO)
        };
        let events = vec![trade(0, 0, 10), trade(20, 20, 20), trade(900, 900, 30)];
        let mut world = world(events, &ExchangeConfig::default(), &latency);
        story(&mut world, |step, _| match step {
            1 => Some(VenueRequest::Submit(limit(1, Side::Buy, 1, 5))),
            2 => Some(VenueRequest::CancelAll { instrument: InstrumentId(0) }),
            _ => None,
        })
    };
    let kept = run(false);
    assert_eq!(
        kept[2..],
        ["500 accepted", "500 Cancelled { reason: Requested, filled: Qty(0) }", "900 trade 30"]
    );
    assert_eq!(run(true)[2..], ["500 accepted", "900 trade 30"], "the cancel-all came first");
}

#[test]
fn recorded_delays_are_interpolated_and_hold_beyond_their_ends() {
    let samples: Arc<[LatencySample]> = [(100, 10), (200, 30)]
        .map(|(t, entry)| LatencySample { at: at(t), entry: Span::from_nanos(entry), response: Span::ZERO })
        .into();
    let config = LatencyConfig {
        model: LatencyModel::Replayed(samples),
        ..LatencyConfig::constant(Span::ZERO, Span::ZERO)
    };
    let mut latency = scalp_sim::latency::Latency::new(&config, 1);
    let delays = [50, 100, 150, 175, 300, 125].map(|t| latency.entry(at(t)).nanos());
    assert_eq!(delays, [10, 10, 20, 25, 30, 15], "also when the time goes back");
}

#[test]
fn faults_lose_double_and_delay_replies_and_an_outage_refuses() {
    let run = |faults| {
        let config = ExchangeConfig { faults, ..ExchangeConfig::default() };
        let mut world = world(vec![trade(0, 0, 10), trade(900, 900, 30)], &config, &LatencyConfig::default());
        story(&mut world, |step, _| (step == 1).then_some(VenueRequest::Submit(limit(1, Side::Buy, 1, 5))))
    };
    let lost = FaultRules { lose_reply: 1.0, ..FaultRules::default() };
    assert_eq!(run(lost), ["0 trade 10", "900 trade 30"]);
    let twice = FaultRules { repeat_reply: 1.0, ..FaultRules::default() };
    assert_eq!(run(twice), ["0 trade 10", "0 accepted", "0 accepted", "900 trade 30"]);
    let late = FaultRules { late_reply: 1.0, late_by: Span::from_nanos(70), ..FaultRules::default() };
    assert_eq!(run(late), ["0 trade 10", "70 accepted", "900 trade 30"]);
    let gone = FaultRules { lose_request: 1.0, ..FaultRules::default() };
    assert_eq!(run(gone), ["0 trade 10", "900 trade 30"]);
    let refused = FaultRules { reject: 1.0, ..FaultRules::default() };
    assert_eq!(run(refused)[1], "0 Rejected(Unavailable)");
    let outage = FaultRules { outages: vec![(at(0), at(1))], ..FaultRules::default() };
    assert_eq!(run(outage)[1], "0 Rejected(Unavailable)");
}

#[test]
fn two_worlds_of_one_seed_are_the_same() {
    let run = |seed| {
        let latency = LatencyConfig {
            model: LatencyModel::LogNormal {
                entry: Span::from_nanos(80),
                response: Span::from_nanos(30),
                sigma: 0.7,
            },
            spikes: Some(Spikes { chance: 0.2, mean: Span::from_nanos(500) }),
            ..LatencyConfig::constant(Span::ZERO, Span::ZERO)
        };
        let events: Vec<_> = (0..200).map(|t| trade(t * 50, t * 50 + 9, 100 + t % 7)).collect();
        let events: Arc<[StoredEvent]> = events.into();
        let exchange = Floor::new(&ExchangeConfig::default()).exchange;
        let (a, b) = (Kept::new(events.clone(), Order::Exchange), Kept::new(events, Order::Arrival));
        let mut world = World::two_orders(exchange, a, b, &latency, seed).unwrap();
        let mut id = 0;
        story(&mut world, |_, what| {
            what.starts_with("trade").then(|| {
                id += 1;
                VenueRequest::Submit(market(id, if id % 2 == 0 { Side::Buy } else { Side::Sell }, 1))
            })
        })
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn feeds_merge_by_time_and_then_by_their_place_in_the_list() {
    let kept = |events: Vec<StoredEvent>| Kept::new(events.into(), Order::Exchange);
    let a = kept(vec![trade(1, 1, 10), trade(5, 5, 11)]);
    let b = kept(vec![trade(1, 1, 20), trade(3, 3, 21), trade(9, 9, 22)]);
    let mut merged = Merged::new(vec![a, b]).unwrap();
    let mut seen = Vec::new();
    while merged.next_at().unwrap().is_some() {
        let MarketBody::Trade(it) = merged.take().unwrap().body else { continue };
        seen.push(it.price.get());
    }
    assert_eq!(seen, [10, 20, 21, 11, 22]);
}

proptest! {
    /// Whatever is sent and due, and however many events fall on one time: what is handed over in runs is what is
    /// taken one by one.
    #[test]
    fn events_handed_over_in_runs_are_those_taken_one_by_one(
        times in proptest::collection::vec((0..40_i64, any::<bool>(), 8..13_i64), 1..60),
        sent in proptest::collection::btree_map(1..60_usize, (9..12_i64, proptest::option::of(1..12_i64)), 0..12),
        timers in proptest::collection::vec(0..45_i64, 0..6),
        (entry, response) in (0..4_i64, 0..4_i64),
        orders in 1..3_usize,
    ) {
        let latency = LatencyConfig::constant(Span::from_nanos(entry), Span::from_nanos(response));
        let made = || {
            let feed = |of| {
                let own = times.iter().filter(|it| it.1 == of).map(|it| trade(it.0, it.0, it.2));
                own.collect::<Vec<_>>().into()
            };
            let exchange = Floor::new(&ExchangeConfig::default()).exchange;
            let merged = |order| Merged::new(vec![Kept::new(feed(true), order), Kept::new(feed(false), order)]);
            let happened = merged(Order::Exchange).unwrap();
            let mut world = match orders {
                1 => World::one_order(exchange, happened, &latency, 3),
                _ => World::two_orders(exchange, happened, merged(Order::Arrival).unwrap(), &latency, 3),
            }
            .unwrap();
            for (id, due) in timers.iter().enumerate() {
                world.set_timer(TimerId(id as u32), at(*due));
            }
            world
        };
        let act = |step: usize, _: &str| {
            let (price, lives) = sent.get(&step)?;
            let mut order = limit(step as u64, Side::Buy, 3, *price);
            if let Some(lives) = lives {
                order.time_in_force = TimeInForce::Gtd(at(20 + lives));
            }
            Some(VenueRequest::Submit(order))
        };
        prop_assert_eq!(story(&mut made(), act), story_in_runs(&mut made(), act));
    }
}
