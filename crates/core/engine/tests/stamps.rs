//! Stamps of a venue that run ahead of the clock by which their events arrive.

#![allow(clippy::unwrap_used, reason = "tests only")]

mod common;

use common::{House, at, config, genesis, market, trade, walk};
use scalp_engine::Engine;
use scalp_market::BarRule;
use scalp_strategy::{Interest, Strategy, View, Wake};
use scalp_types::{
    Bar, FundingRate, InstrumentId, Intents, MarkPrice, MarketBody, MarketEvent, Price, Qty, Rate, Span,
    StateHash, Timestamp,
};
use serde::{Deserialize, Serialize};

const A: InstrumentId = InstrumentId(0);
const HOUR: i64 = 3_600_000;

/// Keeps the bars and the times of the trades that it is told of.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
struct Seer {
    bars: Vec<Bar>,
    trades_at: Vec<Timestamp>,
}

impl Strategy for Seer {
    fn interest(&self) -> Interest {
        Interest::TRADES.and(Interest::BARS)
    }
    fn decide(&mut self, wake: &Wake<'_>, _: &View<'_>, _: &mut Intents) {
        match wake {
            Wake::Market(event) => self.trades_at.push(event.exchange_at),
            Wake::Bar { bar, .. } => self.bars.push(**bar),
            _ => {}
        }
    }
    fn digest(&self, _: &mut StateHash) {}
}

fn seen(events: &[MarketEvent<'_>], every_ms: i64, holds_prints: bool) -> Engine<Seer> {
    let genesis = genesis(&["A"]);
    let mut config = config(&genesis);
    config.bars = vec![(A, BarRule::Time(Span::from_millis(every_ms)))];
    config.watch.prints = holds_prints;
    let mut engine = Engine::new(&genesis, Seer::default(), config).unwrap();
    let mut house = House::start(&mut engine, &genesis, at(0));
    events.iter().for_each(|it| house.market(&mut engine, it));
    engine
}

fn disbelieved(engine: &Engine<Seer>) -> u64 {
    engine.market().state(A).stamps.disbelieved()
}

fn ahead<'a>(event: &MarketEvent<'a>, ms: i64) -> MarketEvent<'a> {
    MarketEvent { exchange_at: event.exchange_at.saturating_add(Span::from_millis(ms)), ..*event }
}

/// Trades, ten milliseconds apart, that arrive five milliseconds after they were made.
fn arriving(n: usize) -> Vec<MarketEvent<'static>> {
    let late = Span::from_millis(5);
    walk(3, n)
        .iter()
        .map(|it| MarketEvent { arrived_at: it.arrived_at.saturating_add(late), ..*it })
        .collect()
}

#[test]
fn one_stamp_hours_ahead_closes_no_bar_and_no_trade_is_lost() {
    for place in [0, 1, 137, 199] {
        let right = arriving(1_000);
        let mut wrong = right.clone();
        wrong[place] = ahead(&wrong[place], 5 * HOUR);
        for holds_prints in [false, true] {
            let (right, wrong) = (seen(&right, 200, holds_prints), seen(&wrong, 200, holds_prints));
            assert_eq!(wrong.late_trades(A), 0, "the trade {place}");
            assert_eq!((disbelieved(&right), disbelieved(&wrong)), (0, 1));
            let (expected, got) = (&right.strategy().bars, &wrong.strategy().bars);
            if place == 0 {
                // Nothing of the venue's clock is known yet: a minute before its arrival it is safe.
                assert_eq!(got[0].trades, 1);
                assert!(got[2..] == expected[1..]);
            } else {
                assert!(got == expected, "the trade {place}");
            }
            assert!(wrong.strategy().trades_at.is_sorted(), "and no measure is told of another time");
        }
    }
}

/// Funding is dated when it settles, hours after it is announced: no clock is wrong.
#[test]
fn funding_that_is_announced_says_nothing_of_the_clock() {
    let funding = MarketBody::Funding(FundingRate { rate: Rate::new(100), mark: None });
    let mut events = arriving(500);
    let right = seen(&events, 200, false);
    for n in 0..20 {
        events.insert(251 + n, ahead(&market(0, 2_501, funding), 8 * HOUR));
    }
    let announced = seen(&events, 200, false);
    assert_eq!((announced.late_trades(A), disbelieved(&announced)), (0, 0));
    assert!(announced.strategy().bars == right.strategy().bars);
}

#[test]
fn a_mark_hours_ahead_closes_no_bar() {
    let mark = MarketBody::Mark(MarkPrice { mark: Price::new(5_000_000), index: None });
    let mut events = arriving(500);
    let right = seen(&events, 200, false);
    events.insert(251, ahead(&market(0, 2_501, mark), 7 * HOUR));
    let wrong = seen(&events, 200, false);
    assert_eq!((wrong.late_trades(A), disbelieved(&wrong)), (0, 1));
    assert!(wrong.strategy().bars == right.strategy().bars);
}

#[test]
fn a_trade_ahead_is_in_the_bar_that_a_quote_of_the_next_one_has_left_open() {
    let mark = |ms| market(0, ms, MarketBody::Mark(MarkPrice { mark: Price::new(5_000_000), index: None }));
    let events =
        [trade(0, 900, 5_000_000, 3), mark(1_000), ahead(&trade(0, 1_001, 5_000_100, 4), HOUR), mark(2_000)];
    let engine = seen(&events, 1_000, false);
    let bars: Vec<i64> = engine.strategy().bars.iter().map(|it| it.volume.get()).collect();
    assert_eq!((bars, engine.late_trades(A)), (vec![3, 4], 0));
}

#[test]
fn behind_a_hole_of_hours_everything_is_believed_at_once() {
    let before = arriving(500);
    let later = |it: &MarketEvent<'static>| MarketEvent {
        arrived_at: it.arrived_at.saturating_add(Span::from_millis(5 * HOUR)),
        ..ahead(it, 5 * HOUR)
    };
    let after: Vec<_> = arriving(1_000)[500..].iter().map(later).collect();
    let events: Vec<_> = before.iter().chain(&after).copied().collect();
    let engine = seen(&events, 200, false);
    assert_eq!((engine.late_trades(A), disbelieved(&engine)), (0, 0));
    assert!(engine.strategy().trades_at == events.iter().map(|it| it.exchange_at).collect::<Vec<_>>());
    let trades: u64 = engine.strategy().bars.iter().map(|it| u64::from(it.trades)).sum();
    assert_eq!(trades, 980, "all but those of the last bar, which is open");
}

#[test]
fn a_recorder_whose_clock_is_hours_behind_loses_no_trade_and_one_set_back_no_bar() {
    let shifted = |it: &MarketEvent<'static>| MarketEvent {
        arrived_at: it.arrived_at.saturating_sub(Span::from_millis(2 * HOUR)),
        ..*it
    };
    let right: Vec<_> = arriving(1_000).iter().map(|it| later_by(it, 3 * HOUR)).collect();
    let expected = seen(&right, 200, false);
    let behind: Vec<_> = right.iter().map(shifted).collect();
    let engine = seen(&behind, 200, false);
    assert_eq!((engine.late_trades(A), disbelieved(&engine)), (0, 7));
    assert!(engine.strategy().bars[2..] == expected.strategy().bars[1..]);
    // Set back in the middle: seven trades count with the one before them.
    let set_back: Vec<_> =
        right.iter().enumerate().map(|(n, it)| if n < 503 { *it } else { shifted(it) }).collect();
    let engine = seen(&set_back, 200, false);
    assert_eq!((engine.late_trades(A), disbelieved(&engine)), (0, 7));
    assert!(engine.strategy().bars == expected.strategy().bars);
}

fn later_by(event: &MarketEvent<'static>, ms: i64) -> MarketEvent<'static> {
    let by = Span::from_millis(ms);
    MarketEvent { arrived_at: event.arrived_at.saturating_add(by), ..ahead(event, ms) }
}

/// A candle of the feed of one minute.
fn bar(minute: i64, price: i64) -> MarketEvent<'static> {
    let price = Price::new(price);
    let (open_at, span) = (at(minute * 60_000), Span::from_secs(60));
    let bar = Bar {
        open_at,
        span,
        open: price,
        high: price,
        low: price,
        close: price,
        volume: Qty::new(1),
        taker_buy: Qty::ZERO,
        trades: 1,
    };
    MarketEvent {
        arrived_at: open_at.saturating_add(span),
        ..market(0, (minute + 1) * 60_000, MarketBody::Bar(bar))
    }
}

#[test]
fn a_candle_of_the_feed_that_is_told_twice_counts_once() {
    let once: Vec<_> = (0..100).map(|n| bar(n, 5_000_000 + n)).collect();
    // One at once, one that closed a larger one, and a piece of the file that stands in it twice.
    let mut twice = once.clone();
    twice.splice(60..60, once[40..60].iter().copied());
    twice.insert(20, once[19]);
    twice.insert(12, once[11]);
    for ms in [120_000, 300_000] {
        let (expected, engine) = (seen(&once, ms, false), seen(&twice, ms, false));
        assert_eq!(expected.market().state(A).health.bars_repeated, 0);
        assert_eq!(engine.market().state(A).health.bars_repeated, 22);
        assert!(engine.strategy().bars == expected.strategy().bars);
        assert!(engine.strategy().bars.len() as i64 >= 100 * 60_000 / ms - 1);
    }
}

#[test]
fn a_bar_of_the_feed_that_ends_hours_after_it_arrived_is_refused() {
    let mut events: Vec<_> = (0..100).map(|n| bar(n, 5_000_000 + n)).collect();
    let expected = seen(&events, 300_000, false);
    let mut wrong = bar(42 + 600, 9_000_000);
    wrong.arrived_at = events[42].arrived_at;
    events.insert(43, wrong);
    let engine = seen(&events, 300_000, false);
    assert_eq!((engine.late_trades(A), disbelieved(&engine)), (0, 1));
    assert_eq!(engine.market().state(A).health.refused, 1);
    assert!(engine.strategy().bars == expected.strategy().bars);
    assert_eq!(engine.strategy().bars.len(), 20);
}

#[test]
fn a_run_resumed_among_stamps_that_are_ahead_ends_in_the_same_hash() {
    let mut events = arriving(600);
    for event in &mut events[290..305] {
        *event = ahead(event, 2 * HOUR);
    }
    let whole = seen(&events, 200, false);
    let genesis = genesis(&["A"]);
    for cut in [100, 293, 297, 300, 400] {
        let mut config = config(&genesis);
        config.bars = vec![(A, BarRule::Time(Span::from_millis(200)))];
        let mut engine = Engine::new(&genesis, Seer::default(), config).unwrap();
        let mut house = House::start(&mut engine, &genesis, at(0));
        events[..cut].iter().for_each(|it| house.market(&mut engine, it));
        let bytes = postcard::to_allocvec(&engine.snapshot()).unwrap();
        let mut engine: Engine<Seer> =
            Engine::restore(&mut postcard::Deserializer::from_bytes(&bytes)).unwrap();
        events[cut..].iter().for_each(|it| house.market(&mut engine, it));
        assert_eq!(engine.state_hash(), whole.state_hash(), "cut at {cut}");
    }
    assert_eq!(disbelieved(&whole), 7);
}
