//! Laws of the exchange under any session: random markets, orders, amends, cancels, funding and marks.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod floor;
mod hostile;

use floor::{Floor, ONE, coins, in_group, limit, market, order, spec, stop, take_profit, tier};
use hostile::{Hostile, hostile, hurl};
use proptest::prelude::*;
use scalp_ledger::MarginTerms;
use scalp_sim::{
    BarPath, BarRules, Beyond, ExchangeConfig, FeeTier, FillRules, FillSize, Kept, LatencyConfig,
    LatencyModel, MarginRules, Order, QueueModel, ReplyBody, Spikes, StoredEvent, UnseenQueue, World,
};
use scalp_types::{
    AccountBody, AssetId, GroupRole, IncomingBody, Liquidity, MarginMode, MarketBody, MarketEvent, Money,
    OrderBody, OrderId, OrderKind, OrderRequest, Price, Qty, Rate, RejectReason, SelfTradePrevention, Side,
    Span, TimeInForce, Timestamp, Trade, TradeId, VenueRequest,
};
use std::collections::BTreeMap;
use std::sync::Arc;

const CASES: u32 = 1_000;
const Q: AssetId = AssetId(1);

/// One step of a session. Prices lie between 90 and 110.
#[derive(Debug, Clone)]
enum Step {
    Level(Side, i64, i64),
    Trade(Side, i64, i64),
    Submit(OrderRequest),
    Cancel(u64),
    Amend(u64, Option<i64>, Option<i64>),
    Funding(i64),
    Mark(i64),
    Wait(i64),
    /// Open, high, low, close, and volume.
    Bar([i64; 4], i64),
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn price() -> impl Strategy<Value = i64> {
    90..=110_i64
}

fn request() -> impl Strategy<Value = OrderRequest> {
    let kind = prop_oneof![
        5 => price().prop_map(|it| OrderKind::Limit { price: Price::new(it) }),
        2 => Just(OrderKind::Market),
        1 => price().prop_map(|it| OrderKind::StopMarket { trigger: Price::new(it) }),
        1 => price().prop_map(|it| OrderKind::TakeProfitMarket { trigger: Price::new(it) }),
        1 => (price(), price())
            .prop_map(|(a, b)| OrderKind::StopLimit { trigger: Price::new(a), price: Price::new(b) }),
        1 => Just(OrderKind::TrailingStop { activation: None, callback: Rate::new(Rate::ONE / 50) }),
    ];
    let life = prop_oneof![
        5 => Just(TimeInForce::Gtc),
        1 => Just(TimeInForce::Ioc),
        1 => Just(TimeInForce::Fok),
        1 => (1..50_i64).prop_map(|it| TimeInForce::Gtd(Timestamp::from_nanos(it * 1_000_000_000))),
    ];
    let prevention = prop_oneof![
        Just(SelfTradePrevention::CancelMaker),
        Just(SelfTradePrevention::CancelTaker),
        Just(SelfTradePrevention::CancelBoth),
    ];
    let role = prop_oneof![Just(GroupRole::Leg), Just(GroupRole::Parent), Just(GroupRole::Child)];
    let link = proptest::option::weighted(0.3, (0..3_u64, role));
    (1..40_u64, side(), 1..9_i64, kind, life, any::<[bool; 2]>(), prevention, link).prop_map(
        |(id, side, qty, kind, time_in_force, [post, reduce], self_trade, link)| {
            let plain = OrderRequest {
                time_in_force,
                post_only: post && matches!(kind, OrderKind::Limit { .. }),
                reduce_only: reduce && id % 3 == 0,
                self_trade,
                ..order(id, side, qty, kind)
            };
            link.map_or(plain, |(group, role)| in_group(plain, group, role))
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (side(), price(), 0..12_i64).prop_map(|(s, p, q)| Step::Level(s, p, q)),
        6 => (side(), price(), 1..12_i64).prop_map(|(s, p, q)| Step::Trade(s, p, q)),
        6 => request().prop_map(Step::Submit),
        2 => (1..40_u64).prop_map(Step::Cancel),
        2 => (1..40_u64, proptest::option::of(price()), proptest::option::of(1..12_i64))
            .prop_map(|(id, p, q)| Step::Amend(id, p, q)),
        1 => (-50..50_i64).prop_map(Step::Funding),
        1 => price().prop_map(Step::Mark),
        1 => (1..20_i64).prop_map(Step::Wait),
    ]
}

/// One step of a session in which bars are all there is.
fn step_of_bars() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (price(), price(), 0..6_i64, 0..6_i64, 0..30_i64).prop_map(|(open, close, up, down, volume)| {
            Step::Bar([open, open.max(close) + up, open.min(close) - down, close], volume)
        }),
        6 => request().prop_map(Step::Submit),
        2 => (1..40_u64).prop_map(Step::Cancel),
        2 => (1..40_u64, proptest::option::of(price()), proptest::option::of(1..12_i64))
            .prop_map(|(id, p, q)| Step::Amend(id, p, q)),
        1 => (-50..50_i64).prop_map(Step::Funding),
        1 => price().prop_map(Step::Mark),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use proptest::collection::vec;
    prop_oneof![3 => vec(step(), 1..60), 1 => vec(step_of_bars(), 1..60)]
}

fn rules() -> impl Strategy<Value = ExchangeConfig> {
    let queue = prop_oneof![
        Just(QueueModel::RiskAverse),
        (0.5..4.0_f64).prop_map(|n| QueueModel::Power { n }),
        Just(QueueModel::Log),
    ];
    let size = prop_oneof![4 => Just(FillSize::Partial), 1 => Just(FillSize::Whole)];
    let beyond = prop_oneof![
        Just(Beyond::Nothing),
        Just(Beyond::Worse { ticks: 1 }),
        Just(Beyond::Impact { k: 1.0, sigma: 0.02, daily_volume: Qty::new(1_000) }),
    ];
    let unseen_queue = prop_oneof![
        Just(UnseenQueue::ThroughOnly),
        Just(UnseenQueue::Empty),
        Just(UnseenQueue::Chance { reach: 0.5, alpha: 2.0, beta: 3.0 }),
    ];
    let bars = (any::<bool>(), 0..3_i64, proptest::option::of(0.1..1.0_f64)).prop_map(
        |(pessimistic, slippage_ticks, volume_share)| BarRules {
            path: if pessimistic { BarPath::Pessimistic } else { BarPath::NearerExtremeFirst },
            slippage_ticks,
            volume_share,
            ..BarRules::default()
        },
    );
    (queue, size, beyond, unseen_queue, bars, any::<bool>(), any::<bool>()).prop_map(
        |(queue, size, beyond, unseen_queue, bars, enforced, isolated)| {
            let mode = if isolated { MarginMode::Isolated } else { MarginMode::Cross };
            let fee = |volume: i64, maker: i64, taker: i64| FeeTier {
                volume: coins(volume),
                maker: Rate::new(maker * Rate::ONE / 100_000),
                taker: Rate::new(taker * Rate::ONE / 100_000),
            };
            ExchangeConfig {
                fills: FillRules { queue, size, beyond, unseen_queue, bars },
                fees: vec![fee(0, 20, 50), fee(2_000, -5, 33)],
                balances: vec![(Q, coins(2_000))],
                margin: MarginRules {
                    enforced,
                    terms: MarginTerms { mode, leverage: 10 },
                    liquidation_share: 0.5,
                    ..MarginRules::default()
                },
                ..ExchangeConfig::default()
            }
        },
    )
}

fn open(config: &ExchangeConfig) -> Floor {
    let mut one = spec("ONE");
    one.margin_tiers = vec![tier("0", "0.05", 20)];
    one.liquidation_fee = "0.01".parse().unwrap();
    Floor::with([one], config)
}

fn act(floor: &mut Floor, step: &Step) {
    match step {
        Step::Level(side, price, qty) => {
            let level = format!("{price}:{qty}");
            let text = if *side == Side::Buy { format!("{level} |") } else { format!("| {level}") };
            floor.depth(&text);
        }
        Step::Trade(taker, price, qty) => drop(floor.trade(*taker, *price, *qty)),
        Step::Submit(request) => drop(floor.submit(*request)),
        Step::Cancel(id) => drop(floor.cancel(*id)),
        Step::Amend(id, price, qty) => drop(floor.amend(*id, *price, *qty)),
        Step::Funding(bp) => drop(floor.funding(&format!("{}", *bp as f64 / 10_000.0), Some(100))),
        Step::Mark(price) => drop(floor.mark(*price)),
        Step::Wait(secs) => drop(floor.wait(*secs)),
        Step::Bar(prices, volume) => drop(floor.bar(*prices, *volume)),
    }
}

/// A whole session, ended by a cancel-all.
fn session(config: &ExchangeConfig, steps: &[Step]) -> Floor {
    let mut floor = open(config);
    for step in steps {
        act(&mut floor, step);
    }
    floor.send(VenueRequest::CancelAll { instrument: ONE });
    floor
}

/// What the replies say about one life of an order id.
#[derive(Debug, Default, Clone)]
struct Life {
    qty: i64,
    filled: i64,
    limit: Option<i64>,
    ended: bool,
}

/// Reads the replies like a careful client and checks that they make sense one after another.
fn lives(floor: &Floor, requests: &BTreeMap<u64, Vec<OrderRequest>>) -> Result<(), TestCaseError> {
    let mut now: BTreeMap<u64, Life> = BTreeMap::new();
    let mut taken: BTreeMap<u64, usize> = BTreeMap::new();
    for reply in &floor.all {
        let ReplyBody::Order(event) = reply.body else { continue };
        let id = event.order.0;
        if id > scalp_sim::FORCED_ORDER_IDS {
            continue;
        }
        match event.body {
            OrderBody::Accepted => {
                prop_assert!(now.get(&id).is_none_or(|it| it.ended), "accepted twice");
                let nth = taken.entry(id).or_default();
                // Refusals have no life; the request that was accepted is told by its place among the answers.
                let request = requests[&id][*nth];
                *nth += 1;
                let limit = request.kind.limit().map(Price::get);
                now.insert(id, Life { qty: request.qty.get(), limit, ..Life::default() });
            }
            OrderBody::Rejected(_) => *taken.entry(id).or_default() += 1,
            OrderBody::AmendRejected(_) | OrderBody::CancelRejected(_) => {}
            body => {
                let Some(life) = now.get_mut(&id) else { return Err(TestCaseError::fail("no such order")) };
                prop_assert!(!life.ended, "{id} has ended, yet {body:?}");
                match body {
                    OrderBody::Filled(fill) => {
                        life.filled += fill.qty.get();
                        prop_assert!(fill.qty > Qty::ZERO);
                        prop_assert!(life.filled <= life.qty, "{id} filled {} of {}", life.filled, life.qty);
                        if let Some(limit) = life.limit {
                            let better = (limit - fill.price.get()) * fill.side.sign();
                            prop_assert!(better >= 0, "{id} filled through its limit");
                        }
                        life.ended = fill.remaining.is_zero();
                    }
                    OrderBody::Amended { price, qty } => {
                        life.limit = life.limit.map(|_| price.get());
                        life.qty = qty.get();
                        prop_assert!(life.filled < life.qty);
                    }
                    OrderBody::Cancelled { filled, .. } | OrderBody::Expired { filled } => {
                        prop_assert_eq!(filled.get(), life.filled);
                        life.ended = true;
                    }
                    _ => {}
                }
            }
        }
    }
    prop_assert!(now.values().all(|it| it.ended), "after a cancel-all every order has ended, once");
    prop_assert_eq!(floor.exchange.open_orders(), 0);
    Ok(())
}

fn requests(steps: &[Step]) -> BTreeMap<u64, Vec<OrderRequest>> {
    let mut all: BTreeMap<u64, Vec<OrderRequest>> = BTreeMap::new();
    for step in steps {
        if let Step::Submit(request) = step {
            all.entry(request.id.0).or_default().push(*request);
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    /// Laws 1 to 3: no more is filled than ordered, never through the limit, and each order ends once.
    #[test]
    fn orders_live_and_end_as_their_answers_say(config in rules(), steps in steps()) {
        let floor = session(&config, &steps);
        lives(&floor, &requests(&steps))?;
    }

    /// Law 4: the books balance to the last unit, and the account is what the replies add up to.
    #[test]
    fn money_is_conserved(config in rules(), steps in steps(), mark in price()) {
        let floor = session(&config, &steps);
        let ledger = floor.exchange.ledger();
        prop_assert_eq!(ledger.audit(&floor.instruments), Ok(()));
        let one = floor.instruments.get(ONE);
        let (mut cash, mut position) = (coins(2_000), Qty::ZERO);
        for reply in &floor.all {
            match reply.body {
                ReplyBody::Order(event) => if let OrderBody::Filled(fill) = event.body {
                    let signed = fill.qty.signed(fill.side);
                    cash = cash - one.value(fill.price, signed) - fill.fee;
                    position += signed;
                },
                ReplyBody::Account(event) => match event.body {
                    AccountBody::Funding { amount, .. } | AccountBody::Bankruptcy { amount, .. }
                    | AccountBody::Transfer { amount, .. } => cash += amount,
                    AccountBody::Liquidated { fee, .. } => cash -= fee,
                    AccountBody::Statement { .. } => {}
                },
            }
        }
        prop_assert_eq!(ledger.position(ONE).qty, position);
        let equity = ledger.balance(Q) + ledger.unrealised(one, Price::new(mark));
        prop_assert_eq!(equity, cash + one.value(Price::new(mark), position));
        if config.margin.enforced && position.is_zero() {
            prop_assert!(ledger.balance(Q) >= Money::ZERO, "no wallet stays below zero");
        }
    }

    /// Law 5: a place in a queue is never negative, and never behind more than is displayed.
    #[test]
    fn nobody_stands_before_the_first_or_behind_the_last(config in rules(), steps in steps()) {
        let mut floor = open(&config);
        for step in &steps {
            act(&mut floor, step);
            for id in 1..40 {
                if let Some(ahead) = floor.exchange.queue_ahead(OrderId(id)) {
                    prop_assert!((0.0..=11.0).contains(&ahead), "{ahead}");
                }
            }
        }
    }

    /// Law 6: of two orders of ours at one price the later one gets nothing before the earlier one is whole.
    #[test]
    fn our_own_orders_queue_by_time(
        config in rules(),
        steps in steps(),
        sizes in proptest::collection::vec(1..9_i64, 2..6),
    ) {
        let config = ExchangeConfig { margin: MarginRules::default(), ..config };
        let mut floor = open(&config);
        floor.depth("100:5 | 101:5");
        for (at, qty) in sizes.iter().enumerate() {
            floor.submit(limit(100 + at as u64, Side::Buy, *qty, 100));
        }
        for step in &steps {
            if !matches!(step, Step::Submit(_) | Step::Cancel(_) | Step::Amend(..)) {
                act(&mut floor, step);
            }
        }
        let mut left: Vec<i64> = sizes.clone();
        for reply in &floor.all {
            if let ReplyBody::Order(event) = reply.body
                && let OrderBody::Filled(fill) = event.body
            {
                let at = (event.order.0 - 100) as usize;
                prop_assert!(left[..at].iter().all(|it| *it == 0), "{at} before {left:?}");
                left[at] -= fill.qty.get();
            }
        }
    }

    /// Law 7: an id that is taken changes nothing, however often it comes.
    #[test]
    fn the_same_order_twice_is_the_same_as_once(config in rules(), steps in steps(), again in 1..4_usize) {
        let once = session(&config, &steps);
        let mut twice = open(&config);
        for step in &steps {
            act(&mut twice, step);
            if let Step::Submit(request) = step {
                for _ in 0..again {
                    // What has ended may come again by the venue's rule; what is open may not.
                    let before = (twice.exchange.open_orders(), twice.position(), twice.balance());
                    twice.now -= 1_000;
                    let is_open = twice.exchange.is_open(request.id);
                    if is_open {
                        let answer = twice.submit(*request);
                        prop_assert_eq!(answer, format!("{} rejected DuplicateId", request.id));
                    } else {
                        twice.now += 1_000;
                    }
                    let after = (twice.exchange.open_orders(), twice.position(), twice.balance());
                    prop_assert_eq!(before, after);
                }
            }
        }
        twice.send(VenueRequest::CancelAll { instrument: ONE });
        prop_assert_eq!(once.position(), twice.position());
        prop_assert_eq!(once.balance(), twice.balance());
    }

    /// Law 8: with self-trade prevention no request makes one order of ours trade with another.
    #[test]
    fn we_never_trade_with_ourselves(config in rules(), steps in steps()) {
        let config = ExchangeConfig { margin: MarginRules::default(), ..config };
        let mut floor = open(&config);
        for step in &steps {
            let from = floor.all.len();
            act(&mut floor, step);
            let by_request = matches!(step, Step::Submit(_) | Step::Amend(..) | Step::Cancel(_));
            let makers = floor.all[from..].iter().filter(|it| matches!(
                it.body,
                ReplyBody::Order(event) if matches!(event.body, OrderBody::Filled(f) if f.liquidity == Liquidity::Maker)
            ));
            prop_assert!(!by_request || makers.count() == 0);
        }
    }

    /// Law 9: legs of a group never trade more than the largest of them, and children no more than their parent.
    #[test]
    fn groups_trade_no_more_than_they_may(
        config in rules(),
        steps in steps(),
        sizes in (1..9_i64, 1..9_i64, 1..9_i64),
        bracket in any::<bool>(),
    ) {
        let config = ExchangeConfig { margin: MarginRules::default(), ..config };
        let mut floor = open(&config);
        floor.depth("98:7 | 102:7");
        floor.trade(Side::Buy, 100, 1);
        let (parent, first, second) = sizes;
        let role = if bracket { GroupRole::Child } else { GroupRole::Leg };
        if bracket {
            floor.submit(in_group(limit(100, Side::Buy, parent, 98), 9, GroupRole::Parent));
        }
        floor.submit(in_group(limit(101, Side::Sell, first, 104), 9, role));
        floor.submit(in_group(stop(102, Side::Sell, second, 95), 9, role));
        floor.submit(in_group(take_profit(103, Side::Sell, second, 106), 9, role));
        let mut filled: BTreeMap<u64, i64> = BTreeMap::new();
        for step in &steps {
            if matches!(step, Step::Submit(_) | Step::Cancel(_) | Step::Amend(..)) {
                continue;
            }
            let from = floor.all.len();
            act(&mut floor, step);
            for reply in &floor.all[from..] {
                if let ReplyBody::Order(event) = reply.body
                    && let OrderBody::Filled(fill) = event.body
                {
                    *filled.entry(event.order.0).or_default() += fill.qty.get();
                }
            }
        }
        let of = |id: u64| filled.get(&id).copied().unwrap_or(0);
        let out = of(101) + of(102) + of(103);
        prop_assert!(out <= first.max(second), "{out} of {first} and {second}");
        if bracket {
            prop_assert!(out <= of(100), "{out} of the parent's {}", of(100));
        }
        prop_assert!(of(102) == 0 || of(103) == 0, "one leg only is triggered");
    }

    /// Law 10: messages arrive in the order they were sent, time never goes back, whatever the delays.
    #[test]
    fn messages_keep_their_order(
        seed in any::<u64>(),
        sigma in 0.0..2.0_f64,
        chance in 0.0..0.5_f64,
        times in proptest::collection::vec((0..2_000_i64, 0..300_i64, 90..110_i64), 1..40),
    ) {
        let events: Arc<[StoredEvent]> = times.iter().map(|&(at, late, price)| {
            let body = MarketBody::Trade(Trade {
                id: TradeId(0), price: Price::new(price), qty: Qty::new(3), taker: Side::Buy,
            });
            let (exchange_at, arrived_at) = (Timestamp::from_nanos(at), Timestamp::from_nanos(at + late));
            StoredEvent::new(&MarketEvent { instrument: ONE, exchange_at, arrived_at, body })
        }).collect();
        let latency = LatencyConfig {
            model: LatencyModel::LogNormal { entry: Span::from_nanos(90), response: Span::from_nanos(40), sigma },
            spikes: Some(Spikes { chance, mean: Span::from_nanos(900) }),
            ..LatencyConfig::constant(Span::ZERO, Span::ZERO)
        };
        let exchange = Floor::new(&ExchangeConfig::default()).exchange;
        let (a, b) = (Kept::new(events.clone(), Order::Exchange), Kept::new(events, Order::Arrival));
        let mut world = World::two_orders(exchange, a, b, &latency, seed).unwrap();
        let (mut id, mut last, mut happened, mut answers) = (0, Timestamp::MIN, Timestamp::MIN, Vec::new());
        while let Some(incoming) = world.next().unwrap() {
            prop_assert!(incoming.at >= last);
            last = incoming.at;
            match incoming.body {
                IncomingBody::Market(event) => {
                    prop_assert!(event.arrived_at == last);
                    id += 1;
                    world.request(last, &VenueRequest::Submit(limit(id, Side::Buy, 1, 50))).unwrap();
                }
                IncomingBody::Order(event) => {
                    prop_assert!(event.exchange_at >= happened);
                    prop_assert!(event.exchange_at <= last, "an answer from the future");
                    happened = event.exchange_at;
                    answers.push(event.order.0);
                }
                _ => {}
            }
        }
        let in_time = id - world.requests_on_their_way() as u64;
        prop_assert_eq!(answers, (1..=in_time).collect::<Vec<_>>(), "each request once and in order");
    }

    /// Law 11: no market data of any kind and no request makes the exchange panic; the books still balance.
    #[test]
    fn nothing_from_outside_breaks_it(
        config in rules(),
        events in proptest::collection::vec(hostile(|| request().boxed()), 1..40),
    ) {
        let mut floor = open(&config);
        floor.depth("100:5 | 101:5");
        floor.submit(limit(1, Side::Buy, 3, 100));
        floor.submit(limit(2, Side::Sell, 3, 101));
        floor.submit(stop(3, Side::Sell, 3, 90));
        for event in &events {
            match event {
                Hostile::Market(kind, a, b, c, at) => {
                    floor.now = (*at).clamp(i64::MIN / 2, i64::MAX / 2);
                    hurl(&mut floor, *kind, *a, *b, *c);
                }
                Hostile::Request(request) => drop(floor.submit(*request)),
                Hostile::Amend(id, price, qty) => drop(floor.amend(*id, *price, *qty)),
            }
        }
        prop_assert_eq!(floor.exchange.ledger().audit(&floor.instruments), Ok(()));
    }

    /// Law 12: the same session twice gives the same answers.
    #[test]
    fn a_session_repeats_itself(config in rules(), steps in steps()) {
        prop_assert_eq!(session(&config, &steps).all, session(&config, &steps).all);
    }
}

#[test]
fn a_refused_order_has_no_life() {
    let mut floor = open(&ExchangeConfig::default());
    floor.submit(market(1, Side::Buy, 0));
    let ReplyBody::Order(event) = floor.all[0].body else { panic!("an answer about an order") };
    assert_eq!(event.body, OrderBody::Rejected(RejectReason::Malformed));
    assert_eq!(floor.exchange.open_orders(), 0);
}
