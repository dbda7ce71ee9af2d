//! Nothing is opened on a price that may be wrong, and nothing is held up by a crash.

#![allow(clippy::unwrap_used, reason = "tests only")]

mod common;

use allocation_counter::measure;
use common::{House, USDT, at, config, genesis, market, trade, walk};
use scalp_engine::{Actions, BuildError, Engine, EngineConfig, Record, RecordBody};
use scalp_market::{BarRule, WatchConfig};
use scalp_risk::{AssetLimits, Refusal};
use scalp_strategy::{Interest, Strategy, View, Wake};
use scalp_types::{
    Bar, Body, Event, InstrumentId, Intent, Intents, Level, MarketBody, MarketEvent, Mode, OrderIntent,
    OrderKind, Price, Qty, Quote, Rate, Reason, Side, Span, StateHash, Timestamp,
};
use serde::{Deserialize, Serialize};

const A: InstrumentId = InstrumentId(0);
/// Prints before anything odd happens: enough for the first verdicts.
const CALM: usize = 3_000;

/// Buys whenever the last price is more than a hundredth away from the first.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Jumper {
    first: Option<i64>,
    wishes: u64,
    /// Buys a lot with the first price.
    starts_long: bool,
    /// Sells what it bought, instead of buying more.
    leaves: bool,
    /// Wishes nothing at all.
    sleeps: bool,
}

impl Strategy for Jumper {
    fn interest(&self) -> Interest {
        Interest::TRADES.and(Interest::BARS).and(Interest::QUOTES)
    }
    fn decide(&mut self, wake: &Wake<'_>, view: &View<'_>, out: &mut Intents) {
        let Some(last) = view.market.touch(A).last.map(Price::get) else { return };
        let is_quote = matches!(wake, Wake::Market(it) if matches!(it.body, MarketBody::Quote(_)));
        let is_first = self.first.is_none();
        let first = *self.first.get_or_insert(last);
        let buys_first = is_first && self.starts_long;
        if self.sleeps || !buys_first && !is_quote && (last - first).abs() * 100 < first {
            return;
        }
        self.wishes += 1;
        let side = if self.leaves && !buys_first { Side::Sell } else { Side::Buy };
        let lots = if self.starts_long { 1_000_000 } else { 10 };
        let intent =
            OrderIntent::new(self.wishes, A, side, Qty::new(lots), OrderKind::Market, Reason::Signal);
        out.push(Intent::Place(intent));
    }
    fn digest(&self, hash: &mut StateHash) {
        hash.absorb(self.wishes);
    }
}

fn hold(config: &mut EngineConfig) {
    config.watch = WatchConfig { prints: true, spread_times_max: None };
}

fn started(jumper: Jumper, change: impl FnOnce(&mut EngineConfig)) -> (Engine<Jumper>, House) {
    let genesis = genesis(&["A"]);
    let mut config = config(&genesis);
    change(&mut config);
    let mut engine = Engine::new(&genesis, jumper, config).unwrap();
    let house = House::start(&mut engine, &genesis, at(0));
    (engine, house)
}

/// A walk in which print `CALM` is off by a factor; where it `stays`, all prints after it are as well.
fn odd(factor: f64, stays: bool) -> Vec<MarketEvent<'static>> {
    let mut events = walk(1, CALM + 200);
    for (n, event) in events.iter_mut().enumerate() {
        let MarketBody::Trade(trade) = &mut event.body else { unreachable!() };
        if n == CALM || (stays && n > CALM) {
            trade.price = Price::new((trade.price.get() as f64 * factor) as i64);
        }
    }
    events
}

fn play(
    jumper: Jumper,
    events: &[MarketEvent<'_>],
    change: fn(&mut EngineConfig),
) -> (Engine<Jumper>, House) {
    let (mut engine, mut house) = started(jumper, change);
    events.iter().for_each(|it| house.market(&mut engine, it));
    (engine, house)
}

/// Prints after the odd one at which orders went out.
fn bought_at(house: &House) -> Vec<i64> {
    let approved = house.records.iter().filter(|it| matches!(it.body, RecordBody::Approved { .. }));
    approved.map(print_of).collect()
}

fn print_of(record: &Record) -> i64 {
    (record.at - at(CALM as i64 * 10)).nanos() / 10_000_000
}

fn wrong_prints(house: &House) -> Vec<(i64, scalp_market::WrongPrint)> {
    let of = |it: &Record| match it.body {
        RecordBody::WrongPrint { instrument, print } => {
            assert_eq!(instrument, A);
            Some((print_of(it), print))
        }
        _ => None,
    };
    house.records.iter().filter_map(of).collect()
}

#[test]
fn a_print_in_doubt_is_told_with_the_next_one_whether_it_was_wrong_or_not() {
    let doubted = |stays: bool, change: fn(&mut EngineConfig)| {
        let (_, house) = play(Jumper::default(), &odd(0.5, stays), change);
        let of = |it: &Record| match it.body {
            RecordBody::DoubtedPrint { instrument, at, until, price, usual } => {
                assert_eq!((instrument, it.at), (A, until));
                assert!((usual.get() - 5_000_000).abs() < 50_000 && price < Price::new(3_000_000));
                Some(((at - common::at(0)).nanos() / 10_000_000, (until - at).nanos()))
            }
            _ => None,
        };
        house.records.iter().filter_map(of).collect::<Vec<_>>()
    };
    let first = (CALM as i64, 10_000_000);
    assert_eq!(doubted(false, hold), [first]);
    assert_eq!(doubted(true, hold), [first, (first.0 + 1, first.1)], "until the first of a crash is judged");
    assert!(doubted(true, |_| {}).is_empty());
}

#[test]
fn a_wrong_print_is_never_bought_and_a_crash_is_once_it_is_judged() {
    for factor in [10.0, 0.1, 1.05, 0.95, 0.5] {
        let (unwatched, house) = play(Jumper::default(), &odd(factor, false), |_| {});
        assert_eq!(bought_at(&house), [0], "{factor}: without the watch it is bought");
        assert!(wrong_prints(&house).is_empty() && unwatched.counters().wrong_prints == 0);

        let (engine, house) = play(Jumper::default(), &odd(factor, false), hold);
        assert_eq!(bought_at(&house), [] as [i64; 0], "{factor}");
        assert_eq!(engine.strategy().wishes, 0, "nobody is shown it");
        let [(judged, print)] = wrong_prints(&house)[..] else {
            panic!("{factor}: {:?}", wrong_prints(&house))
        };
        assert_eq!((judged, print.at), (2, at(CALM as i64 * 10)));
        let MarketBody::Trade(trade) = odd(factor, false)[CALM].body else { unreachable!() };
        assert_eq!(print.price, trade.price);
        assert!((print.usual.get() - 5_000_000).abs() < 50_000 && print.z > 10.0 && print.probability > 0.5);
        assert_eq!(engine.counters().wrong_prints, 1);
        // Who wishes something for another reason meanwhile is refused.
        let mut quoted = odd(factor, false);
        quoted.insert(CALM + 1, quote_at(CALM));
        let (engine, house) = play(Jumper::default(), &quoted, hold);
        assert_eq!(bought_at(&house), [] as [i64; 0], "{factor}");
        let refused: Vec<Refusal> = house
            .records
            .iter()
            .filter_map(|it| match it.body {
                RecordBody::Refused { refusal, .. } => Some(refusal),
                _ => None,
            })
            .collect();
        let [Refusal::SuspectPrint { price, usual }] = refused[..] else { panic!("{factor}: {refused:?}") };
        assert!(price == print.price && (usual.get() - print.usual.get()).abs() < 1_000);
        assert!(engine.gate().refusals().any(|it| it == ("suspect_print", 1)));

        let (engine, house) = play(Jumper::default(), &odd(factor, true), hold);
        let all: Vec<i64> = [2, 2].into_iter().chain(2..200).collect();
        assert_eq!(bought_at(&house), all, "{factor}: from the verdict on, at every print");
        assert_eq!(engine.counters().wrong_prints, 0);
    }
}

#[test]
fn in_doubt_what_is_held_can_be_sold() {
    let jumper = || Jumper { starts_long: true, leaves: true, ..Jumper::default() };
    let mut quoted = odd(0.9, false);
    let (engine, house) = play(jumper(), &quoted, |_| {});
    assert_eq!(bought_at(&house).len(), 2, "the purchase at first, the sale at the odd print");
    assert_eq!(engine.position(A), Qty::ZERO);
    quoted.insert(CALM + 1, quote_at(CALM));
    let (engine, house) = play(jumper(), &quoted, hold);
    assert_eq!(bought_at(&house)[1..], [0], "the sale at the quote behind the odd print");
    assert_eq!(engine.position(A), Qty::ZERO);
}

fn quote_at(print: usize) -> MarketEvent<'static> {
    let level = |price| Level { price: Price::new(price), qty: Qty::new(1) };
    let quote = Quote { id: 0, bid: level(4_999_999), ask: level(5_000_001) };
    market(0, print as i64 * 10 + 1, MarketBody::Quote(quote))
}

/// The prices of all trades, and of all bars, that it was shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Seer {
    trades: Vec<i64>,
    bars: Vec<[i64; 5]>,
}

impl Strategy for Seer {
    fn interest(&self) -> Interest {
        Interest::TRADES.and(Interest::BARS)
    }
    fn decide(&mut self, wake: &Wake<'_>, view: &View<'_>, _: &mut Intents) {
        match wake {
            Wake::Market(MarketEvent { body: MarketBody::Trade(trade), .. }) => {
                assert_eq!(
                    view.market.touch(A).last,
                    Some(trade.price),
                    "the last price is that of what is told"
                );
                self.trades.push(trade.price.get());
            }
            Wake::Bar { bar, .. } => {
                let prices = [bar.open, bar.high, bar.low, bar.close].map(Price::get);
                let [open, high, low, close] = prices;
                self.bars.push([open, high, low, close, bar.volume.get()]);
            }
            _ => {}
        }
    }
    fn digest(&self, _: &mut StateHash) {}
}

#[test]
fn a_wrong_print_is_in_no_bar_and_told_to_nobody_and_a_crash_comes_in_order() {
    let seen = |events: &[MarketEvent<'_>], rule: BarRule, prints: bool| {
        let genesis = genesis(&["A"]);
        let mut config = config(&genesis);
        config.bars = vec![(A, rule)];
        config.watch.prints = prints;
        let mut engine = Engine::new(&genesis, Seer::default(), config).unwrap();
        let mut house = House::start(&mut engine, &genesis, at(0));
        events.iter().for_each(|it| house.market(&mut engine, it));
        (engine.late_trades(A), engine.counters().wrong_prints, engine.strategy().clone())
    };
    for rule in [BarRule::Time(Span::from_millis(700)), BarRule::Tick(7), BarRule::Volume(Qty::new(9_999))] {
        for factor in [10.0, 0.1, 1.05, 0.95, 0.5] {
            let wrong = odd(factor, false);
            let mut without = wrong.clone();
            without.remove(CALM);
            assert_ne!(
                seen(&wrong, rule, false).2,
                seen(&without, rule, false).2,
                "it shows where nobody watches"
            );
            let (late, found, held) = seen(&wrong, rule, true);
            assert_eq!((late, found), (0, 1));
            assert!(held == seen(&without, rule, false).2, "{rule:?} by {factor}");
            // A market that falls, or rises, is seen whole, two prints later.
            let crash = odd(factor, true);
            let (late, found, held) = seen(&crash, rule, true);
            assert_eq!((late, found), (0, 0));
            assert!(held == seen(&crash, rule, false).2, "{rule:?}: a crash by {factor}");
        }
    }
    // Two wrong ones in a row, and one right behind the end of a bar.
    let mut wrong = walk(1, CALM + 200);
    for n in [CALM, CALM + 1, CALM + 40] {
        let MarketBody::Trade(trade) = &mut wrong[n].body else { unreachable!() };
        trade.price = Price::new(trade.price.get() / 2);
    }
    let mut without = wrong.clone();
    for n in [CALM + 40, CALM + 1, CALM] {
        without.remove(n);
    }
    let rule = BarRule::Time(Span::from_millis(400));
    let (late, found, held) = seen(&wrong, rule, true);
    assert_eq!((late, found), (0, 3));
    assert!(held == seen(&without, rule, false).2);
}

#[test]
fn a_run_resumed_in_the_middle_of_a_doubt_ends_in_the_same_hash() {
    for (factor, stays) in [(0.9, true), (10.0, false)] {
        let events = odd(factor, stays);
        let (whole, whole_house) = play(Jumper::default(), &events, hold);
        // In the middle of a fit, before, in and after the doubt.
        for cut in [1_100, CALM, CALM + 1, CALM + 2, CALM + 3, CALM + 50] {
            let (first, mut house) = play(Jumper::default(), &events[..cut], hold);
            let bytes = postcard::to_allocvec(&first.snapshot()).unwrap();
            let mut engine: Engine<Jumper> =
                Engine::restore(&mut postcard::Deserializer::from_bytes(&bytes)).unwrap();
            assert_eq!(engine.state_hash(), first.state_hash());
            events[cut..].iter().for_each(|it| house.market(&mut engine, it));
            assert_eq!(engine.state_hash(), whole.state_hash(), "{factor}, cut at {cut}");
            assert_eq!(house.requests, whole_house.requests);
            assert_eq!(house.records, whole_house.records);
        }
    }
}

#[test]
fn a_warm_step_that_watches_allocates_nothing() {
    let mut events = walk(3, 12_000);
    for (n, event) in events.iter_mut().enumerate() {
        let MarketBody::Trade(trade) = &mut event.body else { unreachable!() };
        let factor = if n % 97 == 0 { 10 } else { 1 };
        trade.price = Price::new(trade.price.get() * factor);
    }
    let (mut engine, mut house) = started(Jumper { sleeps: true, ..Jumper::default() }, |config| {
        hold(config);
        config.watch.spread_times_max = Some(5);
    });
    let (warm, rest) = events.split_at(500);
    warm.iter().for_each(|it| house.market(&mut engine, it));
    let mut actions = Actions::new();
    let level = |price: i64| Level { price: Price::new(price), qty: Qty::new(1) };
    let cost = measure(|| {
        for (n, event) in rest.iter().enumerate() {
            let quote = Quote { id: 0, bid: level(5_000_000), ask: level(5_000_001 + n as i64 % 40) };
            for body in [event.body, MarketBody::Quote(quote)] {
                let event = MarketEvent { body, ..*event };
                let seq = engine.next_seq();
                actions.clear();
                engine.step(&Event { seq, at: event.arrived_at, body: Body::Market(event) }, &mut actions);
            }
        }
    });
    assert!(engine.counters().wrong_prints > 50, "{} prove little", engine.counters().wrong_prints);
    assert_eq!(cost.count_total, 0);
}

/// Stops at a loss of a fifth; a million lots are a coin, worth a twentieth of the account.
fn stopped(config: &mut EngineConfig) {
    let part = Some(Rate::new(200_000_000_000));
    config.gate.assets = vec![AssetLimits {
        asset: USDT,
        gross_max: None,
        net_max: None,
        day_loss_max: part,
        drawdown_max: part,
    }];
    // A step of time falls between all prints.
    config.risk_every = Span::from_millis(1);
    config.ledger.opening[0].1 = scalp_types::Money::new(60_000 * scalp_types::Money::ONE);
}

fn held_and_stopped(config: &mut EngineConfig) {
    stopped(config);
    hold(config);
}

#[test]
fn loss_stops_wait_for_the_verdict_and_no_longer() {
    let long = || Jumper { starts_long: true, ..Jumper::default() };
    let mode_changes = |house: &House| -> Vec<(i64, Mode)> {
        let of = |it: &Record| match it.body {
            RecordBody::Mode(change) => Some((print_of(it), change.new)),
            _ => None,
        };
        house.records.iter().filter_map(of).collect()
    };
    for factor in [0.1, 10.0] {
        let (_, house) = play(long(), &odd(factor, false), stopped);
        assert!(!mode_changes(&house).is_empty(), "{factor}: without the watch a wrong print trips the stop");
        let (engine, house) = play(long(), &odd(factor, false), held_and_stopped);
        assert_eq!(mode_changes(&house), [], "{factor}");
        let equity = engine.gate().losses(USDT).unwrap().peak().to_f64();
        assert!((equity / 60_000.0 - 1.0).abs() < 0.1, "no wrong print is the highest equity: {equity}");
    }
    let (_, house) = play(long(), &odd(0.5, true), held_and_stopped);
    assert_eq!(
        mode_changes(&house),
        [(2, Mode::Reduced)],
        "with the verdict on the first print of the crash"
    );
}

#[test]
fn a_crash_in_steps_is_valued_by_its_last_judged_print() {
    // Each print falls by three tenths of the one before: each is far from all that were judged.
    let mut events = walk(1, CALM + 40);
    let mut price = 5_000_000.0;
    for event in &mut events[CALM..] {
        let MarketBody::Trade(trade) = &mut event.body else { unreachable!() };
        price *= if price > 100_000.0 { 0.7 } else { 1.0 };
        trade.price = Price::new(price as i64);
    }
    let keeps = Jumper { starts_long: true, ..Jumper::default() };
    let (engine, house) = play(keeps, &events, held_and_stopped);
    let tripped = house.records.iter().find(|it| matches!(it.body, RecordBody::Mode(_))).unwrap();
    assert_eq!(print_of(tripped), 2, "two prints after the first of them");
    assert_eq!(engine.counters().wrong_prints, 0);
}

#[test]
fn closes_of_bars_are_judged_where_there_are_no_trades() {
    let bars = |stays: bool| -> Vec<MarketEvent<'static>> {
        let closes = odd(0.8, stays).into_iter().map(|it| match it.body {
            MarketBody::Trade(it) => it.price,
            _ => unreachable!(),
        });
        let bar = |(n, close): (usize, Price)| {
            let at_ms = n as i64 * 10;
            let bar = Bar { open: close, high: close, low: close, close, ..bar_at(at(at_ms)) };
            market(0, at_ms, MarketBody::Bar(bar))
        };
        closes.enumerate().map(bar).collect()
    };
    let (engine, house) = play(Jumper::default(), &bars(false), hold);
    assert_eq!((bought_at(&house), engine.counters().wrong_prints), (vec![], 1));
    let mut traded = bars(false);
    traded.insert(0, trade(0, 0, 5_000_000, 1));
    let (engine, _) = play(Jumper::default(), &traded, hold);
    assert_eq!(engine.counters().wrong_prints, 0, "trades are what is judged where there are any");
}

fn bar_at(open_at: Timestamp) -> Bar {
    Bar {
        open_at,
        span: Span::from_millis(10),
        open: Price::new(1),
        high: Price::new(1),
        low: Price::new(1),
        close: Price::new(1),
        volume: Qty::new(9),
        taker_buy: Qty::new(4),
        trades: 3,
    }
}

#[test]
fn nothing_is_opened_while_the_spread_is_far_wider_than_usual() {
    let level = |price: i64| Level { price: Price::new(price), qty: Qty::new(1) };
    let quote = |n: i64, spread: i64| {
        let quote = Quote { id: 0, bid: level(5_000_000), ask: level(5_000_000 + spread) };
        market(0, 10 + n, MarketBody::Quote(quote))
    };
    let spreads = |n: i64| match n {
        1_100 => 60,
        1_101 => 61,
        1_102 => 5_000,
        n => 1 + n % 5,
    };
    let (mut engine, mut house) =
        started(Jumper::default(), |config| config.watch.spread_times_max = Some(20));
    house.market(&mut engine, &trade(0, 0, 5_000_000, 9));
    let refused = |house: &House| {
        let is_wide =
            |it: &&Record| matches!(it.body, RecordBody::Refused { refusal: Refusal::WideSpread { .. }, .. });
        house.records.iter().filter(is_wide).count()
    };
    for n in 0..1_300 {
        house.market(&mut engine, &quote(n, spreads(n)));
        let want = match n {
            0..=1_100 => 0,
            1_101 => 1,
            _ => 2,
        };
        assert_eq!(refused(&house), want, "quote {n}");
    }
    let wide = Refusal::WideSpread { got: 61, usual: 3, times_max: 20 };
    assert!(
        house
            .records
            .iter()
            .any(|it| matches!(it.body, RecordBody::Refused { refusal, .. } if refusal == wide))
    );
    let genesis = genesis(&["A"]);
    let mut none = config(&genesis);
    none.watch.spread_times_max = Some(0);
    let error = Engine::new(&genesis, Jumper::default(), none).unwrap_err();
    assert_eq!(error, BuildError::SpreadTimes);
}
