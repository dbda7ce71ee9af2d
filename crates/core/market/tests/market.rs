//! The one entry for market events: what is kept, what is refused and counted, and that nothing panics.
#![allow(clippy::unwrap_used, reason = "a test may")]

use proptest::prelude::*;
use scalp_market::{
    Absurd, BarRule, Bars, BookChange, Market, MarketChange, MarketConfig, SyncRule, Verdict,
};
use scalp_types::{
    Bar, BookAction, BookOrder, Contract, Depth, DepthKind, FundingRate, InstrumentId, InstrumentSpec,
    Instruments, Level, MarkPrice, MarketBody, MarketEvent, OpenInterest, Price, PublicLiquidation, Qty,
    Quote, Rate, Side, Span, StateHash, Timestamp, Trade, TradeId, TradingStatus,
};

const ONE: InstrumentId = InstrumentId(0);

fn instruments() -> Instruments {
    let spec = |symbol: &str| InstrumentSpec {
        venue: "v".into(),
        symbol: symbol.into(),
        contract: Contract::Linear,
        base: "B".into(),
        quote: "Q".into(),
        tick: "0.1".parse().unwrap(),
        lot: "0.001".parse().unwrap(),
        ..InstrumentSpec::unlimited()
    };
    Instruments::new([spec("A"), spec("B")]).unwrap()
}

fn level(price: i64, lots: i64) -> Level {
    Level { price: Price::new(price), qty: Qty::new(lots) }
}

fn trade(id: u64, price: i64, lots: i64) -> MarketBody<'static> {
    let (price, qty) = (Price::new(price), Qty::new(lots));
    MarketBody::Trade(Trade { id: TradeId(id), price, qty, taker: Side::Buy })
}

fn feed(market: &mut Market, exchange: i64, arrived: i64, body: MarketBody<'_>) -> MarketChange {
    let (exchange_at, arrived_at) = (Timestamp::from_nanos(exchange), Timestamp::from_nanos(arrived));
    market.on_event(&MarketEvent { instrument: ONE, exchange_at, arrived_at, body })
}

fn delta<'a>(bids: &'a [Level], asks: &'a [Level]) -> MarketBody<'a> {
    MarketBody::Depth(Depth { kind: DepthKind::Delta, first_id: 0, last_id: 0, previous_id: 0, bids, asks })
}

#[test]
fn changes_are_told_of_messages_that_the_book_took_and_not_of_whole_books() {
    let sync = vec![(ONE, SyncRule::BinanceFutures)];
    let mut market = Market::with_config(&instruments(), &MarketConfig { sync, ..MarketConfig::default() });
    market.tell_changes(true);
    let mut send = |kind, [first_id, last_id, previous_id]: [u64; 3], bids: &[Level]| {
        let body =
            MarketBody::Depth(Depth { kind, first_id, last_id, previous_id, bids, asks: &[level(12, 6)] });
        feed(&mut market, 1, 1, body);
        let it = market.state(ONE);
        let told = it.book.told().iter().map(|it| (it.side, it.level, it.before.get()));
        (it.has_new_book, told.collect::<Vec<_>>())
    };
    assert_eq!(send(DepthKind::Snapshot, [0, 10, 0], &[level(9, 4), level(8, 2)]), (true, vec![]));
    assert_eq!(send(DepthKind::Delta, [4, 5, 3], &[level(9, 7)]), (false, vec![]), "older than the book");
    // The ask and one bid are as they were.
    let bids = [level(9, 1), level(8, 2), level(7, 3), level(9, 0)];
    let want = [(level(9, 1), 4), (level(7, 3), 0), (level(9, 0), 1)];
    let want = want.map(|(level, before)| (Side::Buy, level, before)).to_vec();
    assert_eq!(send(DepthKind::Delta, [10, 12, 9], &bids), (true, want));
    assert_eq!(
        send(DepthKind::Delta, [20, 21, 19], &[level(9, 1)]),
        (true, vec![]),
        "a gap empties the book"
    );
    assert_eq!(send(DepthKind::Delta, [22, 23, 21], &[level(9, 2)]), (false, vec![]), "held back");
}

#[test]
fn the_touch_is_the_books_once_depth_has_come_and_the_quotes_before() {
    let mut market = Market::new(&instruments());
    assert_eq!(market.touch(ONE), scalp_market::Touch::default());
    let quote = Quote { id: 0, bid: level(9, 1), ask: level(11, 0) };
    assert_eq!(feed(&mut market, 1, 2, MarketBody::Quote(quote)), MarketChange::Quote);
    assert_eq!(
        (market.touch(ONE).bid, market.touch(ONE).ask),
        (Some(level(9, 1)), None),
        "size zero: no ask"
    );
    let change = feed(&mut market, 2, 3, delta(&[level(8, 5)], &[level(12, 6)]));
    assert_eq!(change, MarketChange::Book(BookChange { verdict: Verdict::Apply, best_moved: true }));
    let change = feed(&mut market, 2, 3, delta(&[level(8, 4), level(7, 1)], &[]));
    assert_eq!(change, MarketChange::Book(BookChange { verdict: Verdict::Apply, best_moved: false }));
    assert_eq!((market.touch(ONE).bid, market.touch(ONE).ask), (Some(level(8, 4)), Some(level(12, 6))));
    let bar = Bar {
        open_at: Timestamp::from_nanos(0),
        span: Span::from_secs(1),
        open: Price::new(1),
        high: Price::new(3),
        low: Price::new(1),
        close: Price::new(2),
        volume: Qty::new(1),
        taker_buy: Qty::ZERO,
        trades: 0,
    };
    assert_eq!(market.close_bar(ONE, &bar), MarketChange::Bar);
    assert_eq!(market.touch(ONE).last, Some(Price::new(2)), "the close, while no trade is known");
    feed(&mut market, 3, 4, trade(1, 10, 1));
    feed(&mut market, 3, 4, MarketBody::Mark(MarkPrice { mark: Price::new(13), index: None }));
    assert_eq!(
        (market.touch(ONE).last, market.touch(ONE).mark),
        (Some(Price::new(10)), Some(Price::new(13)))
    );
    assert_eq!(
        market.touch(InstrumentId(1)),
        scalp_market::Touch::default(),
        "the other knows nothing of it"
    );
}

/// Candles of a second, of which the last in a bar of five may be missing.
#[test]
fn a_bar_of_candles_is_known_with_its_last_or_with_the_next_that_closes_it() {
    const SECOND: i64 = 1_000_000_000;
    let part = |n: i64| {
        let price = Price::new(10);
        MarketBody::Bar(Bar {
            open_at: Timestamp::from_nanos(n * SECOND),
            span: Span::from_nanos(SECOND),
            open: price,
            high: price,
            low: price,
            close: price,
            volume: Qty::new(1),
            taker_buy: Qty::ZERO,
            trades: 1,
        })
    };
    // Candles with what they arrive after their ends: when the first bar was known.
    let known = |told: &[(i64, i64)]| {
        let mut market = Market::new(&instruments());
        let mut bars = Bars::new(BarRule::Time(Span::from_secs(5))).unwrap();
        for &(n, late) in told {
            let (end, MarketBody::Bar(bar)) = ((n + 1) * SECOND, part(n)) else { unreachable!() };
            if feed(&mut market, end, end + late, part(n)) != MarketChange::Bar {
                continue;
            }
            if let Some(closed) = bars.push_bar(&bar).unwrap()[0] {
                return market.state(ONE).heard_at(&closed).nanos();
            }
        }
        // Another instrument closes it.
        let closed = bars.on_time(Timestamp::from_nanos(5 * SECOND)).unwrap();
        market.state(ONE).heard_at(&closed).nanos()
    };
    let (end, grace) = (5 * SECOND, SECOND / 2);
    assert_eq!(known(&[(0, 0), (4, grace)]), end);
    assert_eq!(known(&[(0, 0), (4, grace + 1)]), end + grace + 1, "the candle that closes it is in it");
    assert_eq!(known(&[(0, 0), (5, 0)]), end + SECOND, "one behind it says that its last is missing");
    assert_eq!(known(&[(0, 0), (3, 3 * SECOND), (7, 0)]), 8 * SECOND);
    assert_eq!(known(&[(0, 0), (5, 2 * SECOND)]), 8 * SECOND, "when that was heard");
    assert_eq!(known(&[(0, 0), (3, 3 * SECOND)]), end + 2 * SECOND);
    // Nothing that was refused is in it.
    assert_eq!(known(&[(0, 0), (3, 0), (3, 4 * SECOND), (9, 0)]), 10 * SECOND);
    assert_eq!(known(&[(0, 0), (3, 0), (3, 4 * SECOND)]), end);
}

#[test]
fn what_cannot_be_is_refused_counted_and_leaves_the_state_as_it_was() {
    let mut market = Market::new(&instruments());
    feed(&mut market, 1, 1, trade(1, 10, 1));
    let bar = Bar {
        open_at: Timestamp::from_nanos(0),
        span: Span::ZERO,
        open: Price::new(9),
        high: Price::new(8),
        low: Price::new(7),
        close: Price::new(8),
        volume: Qty::new(1),
        taker_buy: Qty::ZERO,
        trades: 0,
    };
    let rate = |rate| MarketBody::Funding(FundingRate { rate: Rate::new(rate), mark: None });
    let interest = OpenInterest { qty: Qty::new(-1), value: None };
    let liquidation = PublicLiquidation { side: Side::Buy, price: Price::new(1), qty: Qty::ZERO };
    let order = |id| BookOrder {
        action: BookAction::Delete,
        id,
        side: Side::Buy,
        price: Price::new(1),
        qty: Qty::ZERO,
    };
    let cases = [
        (trade(2, 0, 1), Absurd::Price),
        (trade(2, -5, 1), Absurd::Price),
        (trade(2, i64::MAX, 1), Absurd::Price),
        (trade(2, 10, 0), Absurd::Size),
        (trade(2, 10, -3), Absurd::Size),
        (trade(2, 10, i64::MAX), Absurd::Size),
        (MarketBody::Quote(Quote { id: 0, bid: level(-1, 1), ask: level(2, 1) }), Absurd::Price),
        (MarketBody::Quote(Quote { id: 0, bid: level(1, 1), ask: level(2, -1) }), Absurd::Size),
        (MarketBody::Mark(MarkPrice { mark: Price::new(0), index: None }), Absurd::Price),
        (rate(Rate::ONE + 1), Absurd::Rate),
        (rate(i64::MIN), Absurd::Rate),
        (MarketBody::OpenInterest(interest), Absurd::Size),
        (MarketBody::Liquidation(liquidation), Absurd::Size),
        (MarketBody::Bar(bar), Absurd::Bar),
        (MarketBody::Order(order(7)), Absurd::Order(scalp_market::OrderFault::Unknown)),
    ];
    for (body, why) in cases {
        assert_eq!(feed(&mut market, 2, 2, body), MarketChange::Refused(why), "{body:?}");
    }
    let it = market.state(ONE);
    assert_eq!(it.health.refused, cases.len() as u64);
    assert_eq!(it.trade.map(|it| it.price), Some(Price::new(10)));
    assert!(it.quote.is_none() && it.mark.is_none() && it.funding.is_none() && it.bar.is_none());
    assert!(it.open_interest.is_none() && it.liquidation.is_none());
    let stranger = MarketEvent {
        instrument: InstrumentId(9),
        exchange_at: Timestamp::MIN,
        arrived_at: Timestamp::MAX,
        body: trade(1, 1, 1),
    };
    assert_eq!(market.on_event(&stranger), MarketChange::Refused(Absurd::Instrument));
    assert_eq!(market.unknown(), 1);
}

#[test]
fn disorder_is_counted_and_the_clock_of_the_state_never_goes_back() {
    let mut market = Market::new(&instruments());
    feed(&mut market, 10, 20, trade(5, 10, 1));
    feed(&mut market, 9, 19, trade(5, 11, 1));
    feed(&mut market, 30, 25, trade(6, 12, 1));
    let it = market.state(ONE);
    assert_eq!(it.health.trades_disordered, 1);
    assert_eq!(it.health.trades_repeated, 1);
    assert_eq!(it.health.arrivals_disordered, 1);
    assert_eq!(it.updated_at, Timestamp::from_nanos(25));
    assert_eq!((it.latency.count(), it.latency.ahead()), (2, 1));
    assert_eq!(it.trade.map(|it| it.price), Some(Price::new(12)), "the last to arrive is the last trade");
    assert_eq!(
        feed(&mut market, 1, 99, MarketBody::Status(TradingStatus::Halted)),
        MarketChange::Status(TradingStatus::Trading)
    );
    assert_eq!(market.state(ONE).status, TradingStatus::Halted);
}

#[test]
fn negative_prices_are_for_those_declared_so() {
    let config = MarketConfig { negative_prices: vec![ONE], ..MarketConfig::default() };
    let mut market = Market::with_config(&instruments(), &config);
    assert_eq!(feed(&mut market, 1, 1, trade(1, -5, 1)), MarketChange::Trade);
}

#[test]
fn a_broken_sequence_empties_the_touch_until_a_snapshot_heals_it() {
    let config = MarketConfig { sync: vec![(ONE, SyncRule::Consecutive)], ..MarketConfig::default() };
    let mut market = Market::with_config(&instruments(), &config);
    let (bids, asks) = ([level(8, 1)], [level(9, 1)]);
    let depth = |kind, last_id| {
        MarketBody::Depth(Depth { kind, first_id: 0, last_id, previous_id: 0, bids: &bids, asks: &asks })
    };
    let verdict = |change| match change {
        MarketChange::Book(it) => it.verdict,
        other => panic!("{other:?}"),
    };
    assert_eq!(verdict(feed(&mut market, 1, 1, depth(DepthKind::Delta, 5))), Verdict::Wait);
    assert_eq!(market.touch(ONE).bid, None);
    assert_eq!(verdict(feed(&mut market, 2, 2, depth(DepthKind::Snapshot, 5))), Verdict::Apply);
    assert_eq!(market.touch(ONE).bid, Some(bids[0]));
    let gap = Verdict::Gap { expected: 6, got: 8 };
    assert_eq!(verdict(feed(&mut market, 3, 3, depth(DepthKind::Delta, 8))), gap);
    assert_eq!((market.touch(ONE).bid, market.touch(ONE).ask), (None, None));
    assert_eq!(market.state(ONE).book_updated_at, Timestamp::from_nanos(2));
    assert_eq!(verdict(feed(&mut market, 4, 4, depth(DepthKind::Snapshot, 8))), Verdict::Apply);
    assert!(market.state(ONE).sync.is_valid() && market.touch(ONE).ask.is_some());
    assert_eq!(market.state(ONE).sync.counts().gaps, 1);
}

fn number() -> impl Strategy<Value = i64> {
    prop_oneof![4 => -3_i64..30, 1 => any::<i64>(), 1 => prop_oneof![Just(i64::MIN), Just(i64::MAX)]]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_event_is_taken_or_refused_and_the_state_survives_storing(
        events in prop::collection::vec((0_u8..10, prop::array::uniform8(number()), any::<bool>()), 1..60)
    ) {
        let config = MarketConfig { sync: vec![(ONE, SyncRule::BinanceSpot)], ..MarketConfig::default() };
        let config = MarketConfig {
            orders: scalp_market::OrderBookConfig { orders_max: 16, pages_max: 4 },
            book: scalp_market::BookConfig { pages_max: 4 },
            ..config
        };
        let mut market = Market::with_config(&instruments(), &config);
        for (kind, [a, b, c, d, e, f, g, h], flag) in events {
            let side = if flag { Side::Buy } else { Side::Sell };
            let (bids, asks) = ([level(a, b), level(c, d)], [level(e, f)]);
            let [pa, pb, pc] = [a, b, c].map(Price::new);
            let body = match kind {
                0 => MarketBody::Trade(Trade { id: TradeId(c as u64), price: pa, qty: Qty::new(b), taker: side }),
                1 | 2 => MarketBody::Depth(Depth {
                    kind: [DepthKind::Delta, DepthKind::Snapshot, DepthKind::TopSnapshot, DepthKind::Clear][(g as usize) % 4],
                    first_id: g as u64, last_id: h as u64, previous_id: 0, bids: &bids, asks: &asks,
                }),
                3 => MarketBody::Quote(Quote { id: 0, bid: bids[0], ask: asks[0] }),
                4 => MarketBody::Bar(Bar {
                    open_at: Timestamp::from_nanos(g), span: Span::from_nanos(h), open: pa, high: pb, low: pc,
                    close: Price::new(d), volume: Qty::new(e), taker_buy: Qty::new(f), trades: 1,
                }),
                5 => MarketBody::Funding(FundingRate { rate: Rate::new(a), mark: flag.then_some(pb) }),
                6 => MarketBody::Mark(MarkPrice { mark: pa, index: flag.then_some(pb) }),
                7 => MarketBody::OpenInterest(OpenInterest { qty: Qty::new(a), value: None }),
                8 => MarketBody::Liquidation(PublicLiquidation { side, price: pa, qty: Qty::new(b) }),
                _ => MarketBody::Order(BookOrder {
                    action: [BookAction::Add, BookAction::Modify, BookAction::Delete, BookAction::Fill][(g as usize) % 4],
                    id: (h as u64) % 9, side, price: pa, qty: Qty::new(b),
                }),
            };
            feed(&mut market, g, h, body);
            market.touch(ONE);
            let book = &market.state(ONE).book;
            prop_assert!(book.spread_ticks().is_none_or(|it| it > 0));
            book.mid_half_ticks();
        }
        let digest = |it: &Market| { let mut hash = StateHash::default(); it.digest(&mut hash); hash };
        let text = serde_json::to_string(&market).unwrap();
        let restored: Market = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(digest(&restored), digest(&market));
        prop_assert_eq!(serde_json::to_string(&restored).unwrap(), text);
    }
}

#[test]
fn a_bar_without_a_length_is_not_known_before_what_is_in_it_or_beside_it() {
    let mut market = Market::new(&instruments());
    let mut bars = scalp_market::Bars::new(scalp_market::BarRule::Tick(3)).unwrap();
    let mut known = Vec::new();
    for (n, at) in [4, 30, 5, 31, 32, 33].into_iter().enumerate() {
        let body = trade(n as u64 + 1, 100, 1);
        feed(&mut market, at, 40 + n as i64, body);
        let MarketBody::Trade(it) = body else { panic!("a trade") };
        let closed = bars.push(&it, Timestamp::from_nanos(at));
        known.extend(closed.map(|it| market.state(ONE).known_at(&it).nanos()));
        if n == 4 {
            // A book that is dated later than the trade that closes the bar.
            feed(&mut market, 50, 45, delta(&[level(9, 1)], &[level(12, 1)]));
        }
    }
    assert_eq!(known, [30, 50]);
}
