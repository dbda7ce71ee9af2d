//! Wishes, refusals, fills, modes and faults, one claim each.

#![allow(clippy::unwrap_used, reason = "tests only")]

mod common;

use common::{CROSS, GRID, House, RANDOM, USDT, at, config, engine, genesis, market, run, trade, walk};
use proptest::prelude::*;
use scalp_engine::{BuildError, Drop, Engine, EngineConfig, Fault, Record, RecordBody, Recording};
use scalp_market::BarRule;
use scalp_risk::{AssetLimits, InstrumentLimits, LossAction, Refusal};
use scalp_strategy::{Interest, Strategy, View, Wake};
use scalp_types::{
    AccountBody, AccountEvent, Bar, CommandBody, Fill, GroupId, GroupLink, GroupRole, InstrumentId, Intent,
    Intents, Level, Liquidity, MarkPrice, MarketBody, Mode, Money, OrderBody, OrderEvent, OrderId,
    OrderIntent, OrderKind, Price, Qty, Quote, Rate, Reason, Side, Span, StateHash, TimerId, Timestamp,
    Trade, TradeId, VenueRequest,
};
use serde::{Deserialize, Serialize};

/// Writes down, at each trade, the wishes that a test has put in.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Puppet {
    wishes: Vec<Vec<Intent>>,
    woken: Vec<String>,
}

impl Strategy for Puppet {
    fn interest(&self) -> Interest {
        Interest::TRADES.and(Interest::ORDERS).and(Interest::FILLS)
    }
    fn decide(&mut self, wake: &Wake<'_>, _: &View<'_>, out: &mut Intents) {
        match wake {
            Wake::Market(_) if !self.wishes.is_empty() => {
                self.wishes.remove(0).into_iter().for_each(|it| out.push(it));
            }
            Wake::Market(_) => {}
            Wake::Start => self.woken.push("start".into()),
            Wake::Timer(timer) => self.woken.push(format!("timer {}", timer.id)),
            Wake::Bar { .. } => self.woken.push("bar".into()),
            Wake::Order { tag, .. } => self.woken.push(format!("order {tag}")),
            Wake::Fill { tag, fill, .. } => self.woken.push(format!("fill {tag:?} {}", fill.qty.get())),
        }
    }
    fn digest(&self, hash: &mut StateHash) {
        hash.absorb(self.woken.len() as u64);
    }
}

fn puppet(wishes: Vec<Vec<Intent>>, change: impl FnOnce(&mut EngineConfig)) -> (Engine<Puppet>, House) {
    let genesis = genesis(&["A"]);
    let mut config = config(&genesis);
    config.recording = Recording::Full;
    change(&mut config);
    let mut engine = Engine::new(&genesis, Puppet { wishes, woken: vec![] }, config).unwrap();
    let house = House::start(&mut engine, &genesis, at(0));
    (engine, house)
}

fn order(tag: u64, side: Side, lots: i64, kind: OrderKind) -> OrderIntent {
    OrderIntent::new(tag, InstrumentId(0), side, Qty::new(lots), kind, Reason::Signal)
}

fn buy(tag: u64, lots: i64) -> Intent {
    Intent::Place(order(tag, Side::Buy, lots, OrderKind::Market))
}

fn bodies(records: &[Record]) -> Vec<RecordBody> {
    records.iter().map(|it| it.body).collect()
}

#[test]
fn a_wish_becomes_a_request_and_its_fill_a_position() {
    let (mut engine, mut house) = puppet(vec![vec![buy(5, 10)]], |_| {});
    house.market(&mut engine, &trade(0, 0, 5_000_000, 4));
    assert_eq!(engine.position(InstrumentId(0)), Qty::new(10));
    assert_eq!(engine.strategy().woken, ["start", "fill Some(5) 4", "fill Some(5) 6"]);
    // 4 lots at 50,000.00 and 6 at 50,000.01 with 4 bp: fees of 8e-5 and 1.2e-4 (to 1e-8).
    assert_eq!(engine.ledger().balance(USDT).to_string(), "999999.99980000");
    let kinds = bodies(&house.records);
    assert!(matches!(kinds[0], RecordBody::Approved { intent, .. } if intent.tag == 5));
    let fills = kinds.iter().filter(|it| matches!(it, RecordBody::Fill { .. })).count();
    assert_eq!(fills, 2);
    assert!(kinds.iter().any(|it| matches!(it, RecordBody::Ended(it) if it.order.filled == Qty::new(10))));
}

#[test]
fn a_limit_order_is_acknowledged_rests_and_can_be_cancelled() {
    let limit = order(1, Side::Buy, 10, OrderKind::Limit { price: Price::new(4_000_000) });
    let (mut engine, mut house) = puppet(vec![vec![Intent::Place(limit)]], |_| {});
    house.market(&mut engine, &trade(0, 0, 5_000_000, 4));
    let open = *engine.orders().open(InstrumentId(0)).first().unwrap();
    assert!(open.is_cancellable());
    let cancel = Intent::Cancel { order: open.id };
    let (mut engine, mut house2) =
        puppet(vec![vec![Intent::Place(limit)], vec![cancel, cancel], vec![cancel]], |_| {});
    for ms in 0..3 {
        house2.market(&mut engine, &trade(0, ms, 5_000_000, 4));
    }
    assert!(engine.orders().is_empty());
    let dropped: Vec<Drop> = bodies(&house2.records)
        .iter()
        .filter_map(|it| match it {
            RecordBody::Dropped { why, .. } => Some(*why),
            _ => None,
        })
        .collect();
    assert_eq!(dropped, [Drop::NotCancellable(open.id), Drop::UnknownOrder(open.id)]);
}

#[test]
fn a_refusal_is_recorded_with_its_numbers_and_nothing_is_sent() {
    let (mut engine, mut house) = puppet(vec![vec![buy(1, 10)]], |config| {
        config.gate.limits =
            InstrumentLimits { order_qty_max: Some(Qty::new(9)), ..InstrumentLimits::default() };
    });
    house.market(&mut engine, &trade(0, 0, 5_000_000, 4));
    assert!(house.requests.is_empty());
    let refusal = Refusal::OrderQty { limit: Qty::new(9), got: Qty::new(10) };
    assert!(
        bodies(&house.records)
            .iter()
            .any(|it| matches!(it, RecordBody::Refused { refusal: r, .. } if *r == refusal))
    );
}

#[test]
fn limits_over_all_instruments_count_each_at_its_present_price() {
    let first = Intent::Place(order(1, Side::Buy, 10, OrderKind::Market));
    let mut other = order(2, Side::Buy, 10, OrderKind::Market);
    other.instrument = InstrumentId(1);
    let refused = |price: i64| {
        let genesis = genesis(&["A", "B"]);
        let mut config = config(&genesis);
        config.gate.assets = vec![AssetLimits {
            asset: USDT,
            gross_max: Some(Money::new(150_000_000)),
            net_max: None,
            day_loss_max: None,
            drawdown_max: None,
        }];
        let wishes = vec![vec![first], vec![], vec![Intent::Place(other)]];
        let mut engine = Engine::new(&genesis, Puppet { wishes, woken: vec![] }, config).unwrap();
        let mut house = House::start(&mut engine, &genesis, at(0));
        house.market(&mut engine, &trade(0, 0, 5_000_000, 4));
        house.market(&mut engine, &trade(0, 1, price, 4));
        house.market(&mut engine, &trade(1, 2, 5_000_000, 4));
        assert_eq!(engine.position(InstrumentId(0)), Qty::new(10));
        engine.gate().refusals().filter(|it| it.1 > 0).collect::<Vec<_>>()
    };
    // Half a coin was bought of each; what is held has trebled meanwhile.
    assert_eq!(refused(5_000_000), []);
    assert_eq!(refused(15_000_000), [("gross", 1)]);
}

#[test]
fn the_exits_of_a_refused_entry_are_not_sent() {
    let link = |role| Some(GroupLink { group: GroupId(4), role });
    let mut parent = order(1, Side::Buy, 100, OrderKind::Market);
    parent.link = link(GroupRole::Parent);
    let mut child = order(2, Side::Sell, 5, OrderKind::StopMarket { trigger: Price::new(4_900_000) });
    child.link = link(GroupRole::Child);
    child.reduce_only = true;
    let (mut engine, mut house) = puppet(vec![vec![Intent::Place(parent), Intent::Place(child)]], |config| {
        config.gate.limits =
            InstrumentLimits { order_qty_max: Some(Qty::new(9)), ..InstrumentLimits::default() };
    });
    house.market(&mut engine, &trade(0, 0, 5_000_000, 4));
    assert!(house.requests.is_empty());
    let last = bodies(&house.records).pop().unwrap();
    assert!(matches!(last, RecordBody::Dropped { why: Drop::ParentRefused(GroupId(4)), .. }), "{last:?}");
}

#[test]
fn too_many_wishes_and_unknown_names_are_dropped_and_counted() {
    let many: Vec<Intent> = (0..600).map(|_| Intent::Cancel { order: OrderId(1) }).collect();
    let strange = vec![
        Intent::Wake { timer: TimerId(64), at: at(5) },
        Intent::CancelAll { instrument: InstrumentId(9) },
        Intent::Place(OrderIntent {
            instrument: InstrumentId(9),
            ..order(1, Side::Buy, 1, OrderKind::Market)
        }),
        Intent::Amend { order: OrderId(77), price: None, qty: None },
    ];
    let (mut engine, mut house) = puppet(vec![many, strange], |_| {});
    house.market(&mut engine, &trade(0, 0, 5_000_000, 4));
    let of = |records: &[Record], why: Drop| {
        bodies(records)
            .iter()
            .filter(|it| matches!(it, RecordBody::Dropped { why: it, .. } if *it == why))
            .count()
    };
    assert_eq!(of(&house.records, Drop::UnknownOrder(OrderId(1))), 512);
    assert_eq!(of(&house.records, Drop::TooManyWishes), 88);
    house.market(&mut engine, &trade(0, 1, 5_000_000, 4));
    assert_eq!(of(&house.records, Drop::UnknownTimer(TimerId(64))), 1);
    assert_eq!(of(&house.records, Drop::UnknownInstrument(InstrumentId(9))), 2);
    assert_eq!(of(&house.records, Drop::UnknownOrder(OrderId(77))), 1);
    assert_eq!(engine.counters().dropped, 604);
    assert!(house.requests.is_empty());
}

#[test]
fn an_emergency_cancels_and_closes_until_flat() {
    let limit = order(9, Side::Buy, 10, OrderKind::Limit { price: Price::new(4_000_000) });
    let (mut engine, mut house) =
        puppet(vec![vec![buy(1, 10)], vec![Intent::Place(limit)], vec![buy(2, 10)]], |_| {});
    house.market(&mut engine, &trade(0, 0, 5_000_000, 100));
    house.market(&mut engine, &trade(0, 1, 5_000_000, 100));
    house.mode(&mut engine, Mode::Emergency);
    assert_eq!(engine.position(InstrumentId(0)), Qty::ZERO);
    assert!(engine.orders().is_empty());
    let closes: Vec<_> = house
        .requests
        .iter()
        .filter_map(|(_, it)| match it {
            VenueRequest::Submit(it) if it.reduce_only => Some((it.side, it.qty.get())),
            _ => None,
        })
        .collect();
    assert_eq!(closes, [(Side::Sell, 10)]);
    house.market(&mut engine, &trade(0, 2, 5_000_000, 100));
    assert_eq!(engine.position(InstrumentId(0)), Qty::ZERO, "and nothing new is opened");
    assert!(
        bodies(&house.records)
            .iter()
            .any(|it| matches!(it, RecordBody::Refused { refusal: Refusal::Mode { .. }, .. }))
    );
}

#[test]
fn an_emergency_close_that_is_not_answered_is_sent_again_in_time() {
    let (mut engine, mut house) = puppet(vec![vec![buy(1, 10)]], |_| {});
    house.market(&mut engine, &trade(0, 0, 5_000_000, 100));
    house.silent = true;
    house.mode(&mut engine, Mode::Emergency);
    let sent = house.requests.len();
    house.time_to(&mut engine, at(30_000));
    assert!(house.requests.len() > sent, "a close of unknown fate does not end the emergency");
    house.silent = false;
    house.time_to(&mut engine, at(60_000));
    assert_eq!(engine.position(InstrumentId(0)), Qty::ZERO);
}

#[test]
fn a_day_loss_trips_the_mode_by_the_mark_alone() {
    let (mut engine, mut house) = puppet(vec![vec![buy(1, 1_000_000)]], |config| {
        config.gate.assets = vec![AssetLimits {
            asset: USDT,
            gross_max: None,
            net_max: None,
            day_loss_max: Some(Rate::new(Rate::ONE / 100)),
            drawdown_max: None,
        }];
        config.gate.day_loss = LossAction { mode: Mode::Reduced, resume_next_day: false };
    });
    house.market(&mut engine, &trade(0, 0, 5_000_000, 1_000_000));
    assert_eq!(engine.gate().mode(), Mode::Normal);
    // One coin falls from 50,000 to 35,000: 1.5 % of a million.
    house.market(&mut engine, &trade(0, 5_000, 3_500_000, 1));
    house.market(&mut engine, &trade(0, 9_000, 3_500_000, 1));
    assert_eq!(engine.gate().mode(), Mode::Reduced);
    assert!(
        bodies(&house.records).iter().any(|it| matches!(it, RecordBody::Mode(it) if it.new == Mode::Reduced))
    );
}

#[test]
fn equity_is_sampled_on_the_grid_as_it_stood_before() {
    let (mut engine, mut house) = puppet(vec![vec![buy(1, 1_000_000)]], |config| {
        config.equity_every = Some(Span::from_secs(10));
    });
    for (ms, price) in [(0, 5_000_000), (9_000, 5_100_000), (12_000, 9_000_000), (47_000, 4_000_000)] {
        house.market(&mut engine, &trade(0, ms, price, 1_000_000));
    }
    let samples: Vec<_> = house
        .records
        .iter()
        .filter_map(|it| match it.body {
            RecordBody::Equity { equity, gross, .. } => Some((it.at, equity.to_string(), gross.to_string())),
            _ => None,
        })
        .collect();
    // The fee of the coin bought at 50,000 is 20.
    let want = [
        (at(10_000), "1000980.00000000".to_owned(), "51000.00000000".to_owned()),
        (at(40_000), "1039980.00000000".to_owned(), "90000.00000000".to_owned()),
    ];
    assert_eq!(samples, want);
}

#[test]
fn a_fill_is_booked_once_and_a_strange_one_that_the_venue_did_not_force_is_a_fault() {
    let (mut engine, mut house) = puppet(vec![], |_| {});
    house.market(&mut engine, &trade(0, 0, 5_000_000, 1));
    let fill = Fill {
        trade: TradeId(99),
        side: Side::Buy,
        price: Price::new(5_000_000),
        qty: Qty::new(3),
        remaining: Qty::ZERO,
        liquidity: Liquidity::Taker,
        fee: Money::ZERO,
        fee_asset: USDT,
        forced: true,
    };
    let event = |instrument, fill| OrderEvent {
        order: OrderId(u64::MAX),
        instrument: InstrumentId(instrument),
        exchange_at: at(0),
        body: OrderBody::Filled(fill),
    };
    house.order(&mut engine, event(0, fill));
    house.order(&mut engine, event(0, fill));
    assert_eq!(engine.position(InstrumentId(0)), Qty::new(3), "a forced fill is real, once");
    assert_eq!(engine.strategy().woken, ["start", "fill None 3"]);
    house.order(&mut engine, event(5, fill));
    let nobodys = Fill { trade: TradeId(101), side: Side::Sell, qty: Qty::new(1), forced: false, ..fill };
    house.order(&mut engine, event(0, nobodys));
    assert_eq!(engine.position(InstrumentId(0)), Qty::new(2), "it is booked all the same");
    let faults: Vec<Fault> = bodies(&house.records)
        .iter()
        .filter_map(|it| match it {
            RecordBody::Fault(it) => Some(*it),
            _ => None,
        })
        .collect();
    let id = OrderId(u64::MAX);
    assert_eq!(
        faults,
        [Fault::DuplicateFill(id), Fault::UnknownInstrument(InstrumentId(5)), Fault::UnknownOrder(id)]
    );
    // A fill that no ledger can hold: trading is paused.
    let absurd = Fill { trade: TradeId(100), price: Price::new(i64::MAX), qty: Qty::new(i64::MAX), ..fill };
    house.order(&mut engine, event(0, absurd));
    assert_eq!(engine.gate().mode(), Mode::Paused);
    assert_eq!(engine.position(InstrumentId(0)), Qty::new(2));
}

#[test]
fn transfers_and_funding_reach_the_ledger() {
    let (mut engine, house) = puppet(vec![], |_| {});
    let seq = engine.next_seq();
    let mut actions = scalp_engine::Actions::new();
    let body = AccountBody::Transfer { asset: USDT, amount: Money::new(5 * Money::ONE) };
    let event = scalp_types::Event {
        seq,
        at: at(1),
        body: scalp_types::Body::Account(AccountEvent { exchange_at: at(1), body }),
    };
    engine.step(&event, &mut actions);
    assert_eq!(engine.ledger().balance(USDT), Money::new(1_000_005 * Money::ONE));
    assert_eq!(actions.as_slice().len(), 2, "the event and its line in the journal");
    assert!(house.requests.is_empty());
}

#[test]
fn bars_of_the_feed_are_taken_as_they_are_or_made_into_larger_ones() {
    let minute = |n: i64| {
        let open_at = at(0).floor(Span::from_secs(3_600)).saturating_add(Span::from_secs(60 * n));
        let price = |off: i64| Price::new(5_000_000 + n * 10 + off);
        let [open, high, low, close] = [0, 9, -9, 5].map(price);
        let (span, volume) = (Span::from_secs(60), Qty::new(3));
        MarketBody::Bar(Bar {
            open_at,
            span,
            open,
            high,
            low,
            close,
            volume,
            taker_buy: Qty::ZERO,
            trades: 0,
        })
    };
    let closes = |bars: Vec<(InstrumentId, BarRule)>| -> Vec<(i64, i64, i64)> {
        let (mut engine, mut house) = puppet(vec![], |config| config.bars = bars);
        (0..12).for_each(|n| house.market(&mut engine, &market(0, n * 60_000, minute(n))));
        let bar = |it: &RecordBody| match it {
            RecordBody::Bar { bar, .. } => Some((bar.close.get(), bar.low.get(), bar.volume.get())),
            _ => None,
        };
        bodies(&house.records).iter().filter_map(bar).collect()
    };
    assert_eq!(closes(vec![]).len(), 12);
    let five = closes(vec![(InstrumentId(0), BarRule::Time(Span::from_secs(300)))]);
    assert_eq!(five, [(5_000_045, 4_999_991, 15), (5_000_095, 5_000_041, 15)]);
}

#[test]
fn a_time_bar_closes_with_whatever_comes_first_at_or_behind_its_end() {
    let mark = |price: i64| MarketBody::Mark(MarkPrice { mark: Price::new(price), index: None });
    let rule = vec![(InstrumentId(0), BarRule::Time(Span::from_secs(1)))];
    let (mut engine, mut house) = puppet(vec![], |config| config.bars = rule);
    let bars = |house: &House| {
        let close = |it: &RecordBody| match it {
            RecordBody::Bar { bar, .. } => Some(bar.close.get()),
            _ => None,
        };
        bodies(&house.records).iter().filter_map(close).collect::<Vec<_>>()
    };
    // Milliseconds since a full second.
    house.market(&mut engine, &trade(0, 0, 5_000_000, 1));
    house.market(&mut engine, &trade(0, 900, 5_000_100, 1));
    house.market(&mut engine, &market(0, 999, mark(5_000_000)));
    assert_eq!(bars(&house), [0; 0]);
    house.market(&mut engine, &market(0, 1_000, mark(5_000_000)));
    assert_eq!(bars(&house), [5_000_100], "no trade of the next second has come");
    house.market(&mut engine, &trade(0, 950, 7_000_000, 1));
    assert_eq!(engine.late_trades(InstrumentId(0)), 1);
    house.market(&mut engine, &trade(0, 2_500, 5_000_200, 1));
    assert_eq!(bars(&house), [5_000_100], "nothing was traded in the second second");
}

#[test]
fn a_rule_reads_the_bars_of_another_instrument_that_end_with_its_own() {
    let json = r#"{"name":"signal","instrument":"A","order_qty":"0.01","with":["b=B.close"],"outcome_bars":0,
        "enter_long":"b > 1e9 and LAG(b,1) > 0","exit_long":"close < 0"}"#;
    let genesis = genesis(&["A", "B"]);
    let second = BarRule::Time(Span::from_secs(1));
    let mut engine = engine(&["A", "B"], json, |it| {
        it.bars = vec![(InstrumentId(0), second), (InstrumentId(1), second)];
    });
    let mut house = House::start(&mut engine, &genesis, at(0));
    let mut seen = Vec::new();
    for n in 0..6 {
        // B trades but once a second, and is silent when the bar of A closes; or has closed before.
        for (id, ms) in [(0, 100), (1, 200), (0, 990)] {
            house.market(&mut engine, &trade(id, n * 1_000 + ms, 5_000_000 + 1_000 * n + ms, 1));
            let scalp_strategy::Shipped::Signal(signal) = engine.strategy() else { panic!("rules") };
            if signal.items().bars() > seen.len() as u64 {
                seen.push(signal.items().now()[0]);
            }
        }
    }
    let closes: Vec<_> = (0..5).map(|n| Some((5_000_200 + 1_000 * n) as f64 / 100.0)).collect();
    assert_eq!(seen, closes, "each the close of the same second");
}

#[test]
fn bars_of_the_feed_that_do_not_divide_the_bars_are_a_fault_and_in_none() {
    let bar = Bar {
        open_at: at(0).floor(Span::from_secs(3_600)),
        span: Span::from_secs(60),
        open: Price::new(5_000_000),
        high: Price::new(5_000_000),
        low: Price::new(5_000_000),
        close: Price::new(5_000_000),
        volume: Qty::new(3),
        taker_buy: Qty::ZERO,
        trades: 0,
    };
    let rule = vec![(InstrumentId(0), BarRule::Time(Span::from_secs(90)))];
    let (mut engine, mut house) = puppet(vec![], |config| config.bars = rule);
    house.market(&mut engine, &market(0, 0, MarketBody::Bar(bar)));
    let found = bodies(&house.records);
    assert!(
        matches!(found[..], [RecordBody::Fault(Fault::UndividedBar { why, .. })]
            if why.part == Span::from_secs(60) && why.bar == Span::from_secs(90)),
        "{found:?}"
    );
}

#[test]
fn bars_of_the_feed_beside_trades_do_not_count_twice() {
    let start = at(0).floor(Span::from_secs(3_600));
    let bar = Bar {
        open_at: start,
        span: Span::from_secs(60),
        open: Price::new(5_000_000),
        high: Price::new(5_000_000),
        low: Price::new(5_000_000),
        close: Price::new(5_000_000),
        volume: Qty::new(7),
        taker_buy: Qty::ZERO,
        trades: 1,
    };
    let into = at(0).nanos() - start.nanos();
    let ms = |minute: i64| minute * 60_000 - into / 1_000_000;
    let volumes = |with_trade: bool| -> Vec<i64> {
        let rule = vec![(InstrumentId(0), BarRule::Time(Span::from_secs(60)))];
        let (mut engine, mut house) = puppet(vec![], |config| config.bars = rule);
        if with_trade {
            house.market(&mut engine, &trade(0, ms(0), 5_000_000, 7));
        }
        house.market(&mut engine, &market(0, ms(1), MarketBody::Bar(bar)));
        house.market(&mut engine, &trade(0, ms(2), 5_000_000, 1));
        let volume = |it: &RecordBody| match it {
            RecordBody::Bar { bar, .. } => Some(bar.volume.get()),
            _ => None,
        };
        bodies(&house.records).iter().filter_map(volume).collect()
    };
    assert_eq!((volumes(false), volumes(true)), (vec![7], vec![7]));
}

#[test]
fn a_snapshot_command_asks_for_one_and_marks_the_hash() {
    let (mut engine, mut house) = puppet(vec![], |_| {});
    let before = engine.state_hash();
    house.command(&mut engine, CommandBody::Snapshot);
    assert_eq!(house.snapshots, 1);
    assert_ne!(engine.state_hash(), before);
}

#[test]
fn without_recording_nothing_is_recorded_and_the_trading_is_the_same() {
    let events = walk(5, 2_000);
    let with = |recording| {
        run(&["A"], RANDOM, &events, |config| {
            config.bars = vec![(InstrumentId(0), BarRule::Tick(5))];
            config.recording = recording;
        })
    };
    let (off, decisions, full) = (with(Recording::Off), with(Recording::Decisions), with(Recording::Full));
    assert!(off.house.records.is_empty());
    assert!(decisions.house.records.len() < full.house.records.len());
    assert!(off.hash == decisions.hash && off.hash == full.hash);
    assert_eq!(off.house.requests, full.house.requests);
}

#[test]
fn impossible_configurations_are_refused() {
    let genesis = genesis(&["A"]);
    let build = |change: fn(&mut EngineConfig)| {
        let mut config = config(&genesis);
        change(&mut config);
        Engine::new(&genesis, Puppet::default(), config).map(|_| ()).unwrap_err()
    };
    assert!(matches!(build(|it| it.risk_every = Span::ZERO), BuildError::Span { field: "risk_every", .. }));
    assert_eq!(
        build(|it| it.bars = vec![(InstrumentId(1), BarRule::Tick(5))]),
        BuildError::Bars(InstrumentId(1))
    );
    assert_eq!(
        build(|it| it.bars = vec![(InstrumentId(0), BarRule::Tick(0))]),
        BuildError::Bars(InstrumentId(0))
    );
    let twice = (InstrumentId(0), BarRule::Tick(5));
    assert_eq!(
        build(|it| it.bars = vec![(InstrumentId(0), BarRule::Tick(5)), (InstrumentId(0), BarRule::Tick(6))]),
        BuildError::Bars(twice.0)
    );
    assert!(matches!(build(|it| it.gate.day_loss.mode = Mode::Normal), BuildError::Gate(_)));
}

fn any_price() -> impl proptest::strategy::Strategy<Value = i64> {
    prop_oneof![any::<i64>(), 4_999_000_i64..5_001_000, Just(i64::MAX), Just(i64::MIN), Just(0)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_the_market_says_nothing_panics(
        events in prop::collection::vec((any_price(), any_price(), any::<i64>(), 0_u16..3, 0_u8..4), 1..60)
    ) {
        for json in [CROSS, GRID, RANDOM] {
            let mut engine = engine(&["A", "B"], &json.replace('{', r#"{"instrument":"A","#), |config| {
                config.bars = vec![(InstrumentId(0), BarRule::Tick(2))];
            });
            let genesis = genesis(&["A", "B"]);
            let mut house = House::start(&mut engine, &genesis, at(0));
            for (ms, &(price, other, qty, instrument, kind)) in events.iter().enumerate() {
                let level = |price| Level { price: Price::new(price), qty: Qty::new(qty) };
                let body = match kind {
                    0 => MarketBody::Trade(Trade { id: TradeId(1), price: Price::new(price), qty: Qty::new(qty), taker: Side::Sell }),
                    1 => MarketBody::Quote(Quote { id: 0, bid: level(price), ask: level(other) }),
                    2 => MarketBody::Mark(scalp_types::MarkPrice { mark: Price::new(price), index: None }),
                    _ => MarketBody::Funding(scalp_types::FundingRate { rate: Rate::new(qty), mark: Some(Price::new(price)) }),
                };
                let mut event = market(instrument, ms as i64 * 40, body);
                event.exchange_at = Timestamp::from_nanos(other);
                house.silent = true;
                house.market(&mut engine, &event);
            }
            prop_assert!(engine.next_seq() > events.len() as u64);
        }
    }
}

#[test]
fn a_venue_whose_books_are_others_pauses_trading_and_says_so() {
    use scalp_types::{AccountBody, AccountEvent, Body, Event, Money, TradeId};
    let mut engine = engine(&["A"], CROSS, |_| {});
    let mut house = House::start(&mut engine, &genesis(&["A"]), at(0));
    let cash = engine.ledger().balance(common::USDT);
    assert_eq!(cash, Money::new(1_000_000 * Money::ONE));
    for n in 1..=3 {
        assert_eq!(engine.gate().mode(), Mode::Normal);
        house.command(&mut engine, scalp_types::CommandBody::Reconcile);
        let body = AccountBody::Statement {
            instrument: InstrumentId(0),
            position: Qty::new(7),
            cost: Money::ZERO,
            cash,
            upto: TradeId(0),
            more: false,
        };
        let event = Body::Account(AccountEvent { exchange_at: at(n), body });
        let seq = engine.next_seq();
        house.actions.clear();
        engine.step(&Event { seq, at: at(n), body: event }, &mut house.actions);
    }
    assert_eq!(engine.gate().mode(), Mode::Paused);
    let says = |it: &scalp_engine::Action| {
        matches!(it, scalp_engine::Action::Record(it)
            if matches!(it.body, RecordBody::Fault(scalp_engine::Fault::Unreconciled(found)) if found.position == Qty::new(-7)))
    };
    assert!(house.actions.as_slice().iter().any(says), "{:?}", house.actions.as_slice());
}
