//! Bars of every kind: their rules one by one, and against sums over the whole tape.
#![allow(clippy::unwrap_used, reason = "a test may")]

use proptest::prelude::*;
use scalp_market::bars::fill;
use scalp_market::{BarRule, Bars, FlowKind, FlowRule, FlowUnit};
use scalp_types::{
    Bar, Contract, InstrumentSpec, Instruments, Money, Price, Qty, Side, Span, Timestamp, Trade, TradeId,
};

fn trade(price: i64, lots: i64) -> Trade {
    let taker = if lots < 0 { Side::Sell } else { Side::Buy };
    Trade { id: TradeId(0), price: Price::new(price), qty: Qty::new(lots.abs()), taker }
}

fn at(nanos: i64) -> Timestamp {
    Timestamp::from_nanos(nanos)
}

/// open_at, open, high, low, close, volume, taker_buy, trades.
fn told(bar: Bar) -> (i64, [i64; 4], i64, i64, u32) {
    let prices = [bar.open, bar.high, bar.low, bar.close].map(Price::get);
    (bar.open_at.nanos(), prices, bar.volume.get(), bar.taker_buy.get(), bar.trades)
}

#[test]
fn a_tick_bar_closes_with_its_last_trade() {
    let mut bars = Bars::new(BarRule::Tick(3)).unwrap();
    assert_eq!(bars.push(&trade(10, 1), at(5)), None);
    assert_eq!(bars.push(&trade(12, -2), at(3)), None, "the time of a trade does not matter here");
    let bar = bars.push(&trade(9, 4), at(7)).unwrap();
    assert_eq!(told(bar), (5, [10, 12, 9, 9], 7, 5, 3));
    assert_eq!(bars.open(), None);
}

#[test]
fn volume_and_value_bars_close_with_the_trade_that_reaches_them_and_carry_nothing_over() {
    let mut bars = Bars::new(BarRule::Volume(Qty::new(10))).unwrap();
    assert_eq!(bars.push(&trade(5, 9), at(1)), None);
    assert_eq!(bars.push(&trade(5, 30), at(2)).unwrap().volume, Qty::new(39));
    assert_eq!(bars.push(&trade(5, 9), at(3)), None, "29 too many were not carried over");
    let mut bars = Bars::new(BarRule::Value(100)).unwrap();
    assert_eq!(bars.push(&trade(9, 11), at(1)), None);
    assert_eq!(bars.push(&trade(1, 1), at(2)).unwrap().trades, 2, "99 and 1");
    assert_eq!(bars.push(&trade(99, 1), at(3)), None);
    assert!(bars.push(&trade(i64::MAX, i64::MAX), at(4)).is_some());
}

#[test]
fn a_time_bar_closes_with_the_first_trade_after_it_and_empty_intervals_make_none() {
    let mut bars = Bars::new(BarRule::Time(Span::from_nanos(10))).unwrap();
    assert_eq!(bars.push(&trade(5, 1), at(12)), None);
    assert_eq!(bars.push(&trade(7, 1), at(19)), None);
    let first = bars.push(&trade(6, 1), at(43)).unwrap();
    assert_eq!(told(first), (10, [5, 7, 5, 7], 2, 2, 2));
    assert_eq!(bars.push(&trade(3, 1), at(41)), None, "out of order within its interval");
    assert_eq!(bars.push(&trade(99, 1), at(39)), None, "late");
    assert_eq!(bars.late(), 1);
    let second = bars.push(&trade(8, 1), at(50)).unwrap();
    assert_eq!(told(second), (40, [6, 6, 3, 3], 2, 2, 2));
    let flat: Vec<_> = fill(&first, &second).map(told).collect();
    assert_eq!(flat, [(20, [7; 4], 0, 0, 0), (30, [7; 4], 0, 0, 0)]);
}

#[test]
fn a_clock_closes_a_time_bar_and_what_comes_after_is_late() {
    let mut bars = Bars::new(BarRule::Time(Span::from_nanos(10))).unwrap();
    bars.push(&trade(5, 1), at(12));
    assert_eq!(bars.due(), Some(at(20)));
    assert_eq!(bars.on_time(at(19)), None);
    assert_eq!(bars.on_time(at(20)).map(|it| it.trades), Some(1));
    assert_eq!(bars.on_time(at(99)), None, "nothing is open");
    assert_eq!(bars.push(&trade(5, 1), at(19)), None);
    assert_eq!((bars.late(), bars.open()), (1, None));
    bars.push(&trade(5, 1), at(20));
    assert_eq!(bars.open().unwrap().open_at, at(20));
}

#[test]
fn larger_bars_close_with_the_part_that_reaches_their_end() {
    let part = |open: i64, close: i64| Bar {
        open_at: at(open),
        span: Span::from_nanos(5),
        open: Price::new(close - 1),
        high: Price::new(close + 2),
        low: Price::new(close - 3),
        close: Price::new(close),
        volume: Qty::new(4),
        taker_buy: Qty::new(1),
        trades: 2,
    };
    let mut bars = Bars::new(BarRule::Time(Span::from_nanos(10))).unwrap();
    assert_eq!(bars.push_bar(&part(10, 50)), Ok([None, None]));
    let [whole, none] = bars.push_bar(&part(15, 60)).unwrap();
    assert_eq!(told(whole.unwrap()), (10, [49, 62, 47, 60], 8, 2, 4));
    assert_eq!((none, bars.open()), (None, None));
    // A part is missing: the bar before closes late, and the new one at once.
    assert_eq!(bars.push_bar(&part(20, 70)), Ok([None, None]));
    let [before, whole] = bars.push_bar(&part(35, 80)).unwrap().map(|it| it.map(told));
    assert_eq!(before, Some((20, [69, 72, 67, 70], 4, 1, 2)));
    assert_eq!(whole, Some((30, [79, 82, 77, 80], 4, 1, 2)));
    assert_eq!(bars.push_bar(&part(25, 80)), Ok([None, None]));
    assert_eq!(bars.late(), 1);
}

#[test]
fn a_part_that_does_not_lie_whole_in_one_bar_is_refused_and_leaves_no_trace() {
    let minute = Span::from_secs(60);
    let part = |secs: i64, span: i64| Bar {
        open_at: Timestamp::from_secs(secs).unwrap(),
        span: Span::from_secs(span),
        open: Price::new(1),
        high: Price::new(1),
        low: Price::new(1),
        close: Price::new(1),
        volume: Qty::new(1),
        taker_buy: Qty::ZERO,
        trades: 1,
    };
    for (bars, secs, span) in [(90, 0, 60), (90, 60, 60), (30, 0, 60), (60, 30, 60), (60, 45, 30)] {
        let mut bars = Bars::new(BarRule::Time(Span::from_secs(bars))).unwrap();
        let fresh = bars.clone();
        let why = bars.push_bar(&part(secs, span)).unwrap_err();
        assert_eq!((why.part, &bars), (Span::from_secs(span), &fresh));
    }
    let told = Bars::new(BarRule::Time(Span::from_secs(90))).unwrap().push_bar(&part(0, 60)).unwrap_err();
    assert_eq!(told.to_string(), "bars of 90 s cannot be made of bars of 60 s: it does not divide");
    let mut bars = Bars::new(BarRule::Time(minute)).unwrap();
    assert_eq!(bars.push_bar(&part(120, 60)).unwrap()[0].unwrap().span, minute, "as long as the bar itself");
}

#[test]
fn weekly_bars_begin_on_a_monday() {
    let week = Span::from_secs(7 * 86_400);
    let mut bars = Bars::new(BarRule::Time(week)).unwrap();
    let monday = Timestamp::from_date(2025, 10, 6).unwrap();
    let sunday_night = monday.saturating_sub(Span::from_nanos(1));
    assert_eq!(bars.push(&trade(5, 1), sunday_night), None);
    let before = bars.push(&trade(6, 1), monday).unwrap();
    assert_eq!(before.open_at, monday.saturating_sub(week));
    assert_eq!(bars.open().unwrap().open_at, monday);
}

#[test]
fn value_bars_are_set_in_quote_currency() {
    let spec = |contract, tick: &str, lot: &str, multiplier: &str| InstrumentSpec {
        venue: "v".into(),
        symbol: "S".into(),
        contract,
        base: "B".into(),
        quote: "Q".into(),
        tick: tick.parse().unwrap(),
        lot: lot.parse().unwrap(),
        multiplier: multiplier.parse().unwrap(),
        ..InstrumentSpec::unlimited()
    };
    let rule = |spec, coins: i128| {
        let all = Instruments::new([spec]).unwrap();
        BarRule::value(all.iter().next().unwrap(), Money::new(coins * Money::ONE))
    };
    let linear = spec(Contract::Linear, "0.1", "0.001", "1");
    assert_eq!(rule(linear.clone(), 1_000_000), Some(BarRule::Value(10_000_000_000)));
    assert_eq!(rule(spec(Contract::Linear, "0.3", "1", "1"), 1), Some(BarRule::Value(4)), "rounded up");
    assert_eq!(rule(spec(Contract::Inverse, "0.1", "1", "100"), 1_001), Some(BarRule::Volume(Qty::new(11))));
    assert_eq!(rule(linear, 0).map(Bars::new), Some(Err(scalp_market::BarRuleError(BarRule::Value(0)))));
}

fn flow_rule() -> impl Strategy<Value = BarRule> {
    let kind = prop_oneof![Just(FlowKind::Imbalance), Just(FlowKind::Run)];
    let unit = prop_oneof![Just(FlowUnit::Tick), Just(FlowUnit::Volume), Just(FlowUnit::Value)];
    (kind, unit, 1_u32..9, 0_u32..9, 0_u32..30, 1_u32..9, 1_u32..50).prop_map(
        |(kind, unit, trades_min, more, most, trades_span, flow_span)| {
            let trades_first = trades_min + more;
            let trades_max = trades_first + most;
            BarRule::Flow(FlowRule {
                kind,
                unit,
                trades_first,
                trades_min,
                trades_max,
                trades_span,
                flow_span,
            })
        },
    )
}

fn rule() -> impl Strategy<Value = BarRule> {
    prop_oneof![
        (1_i64..50).prop_map(|it| BarRule::Time(Span::from_nanos(it))),
        (1_u32..20).prop_map(BarRule::Tick),
        (1_i64..200).prop_map(|it| BarRule::Volume(Qty::new(it))),
        (1_i128..2_000).prop_map(BarRule::Value),
        flow_rule(),
    ]
}

proptest! {
    #[test]
    fn no_trade_is_lost_or_counted_twice(
        rule in rule(), tape in prop::collection::vec((0_i64..400, 1_i64..50, -40_i64..40), 1..300)
    ) {
        let mut bars = Bars::new(rule).unwrap();
        let (mut volume, mut trades, mut closed) = (0, 0, vec![]);
        for (time, price, lots) in tape {
            let late = bars.late();
            closed.extend(bars.push(&trade(price, lots), at(time)));
            if bars.late() == late {
                volume += lots.abs();
                trades += 1;
            }
        }
        let all = || closed.iter().chain(bars.open());
        prop_assert_eq!(all().map(|it| it.volume.get()).sum::<i64>(), volume);
        prop_assert_eq!(all().map(|it| it.trades).sum::<u32>(), trades);
        for it in &closed {
            prop_assert!(it.low <= it.open && it.open <= it.high && it.low <= it.close && it.close <= it.high);
            match rule {
                BarRule::Tick(want) => prop_assert_eq!(it.trades, want),
                BarRule::Volume(want) => prop_assert!(it.volume >= want),
                BarRule::Time(span) => prop_assert_eq!(it.open_at.candle_start(span), it.open_at),
                BarRule::Value(_) => {}
                BarRule::Flow(rule) => prop_assert!((rule.trades_min..=rule.trades_max).contains(&it.trades)),
            }
        }
        if let BarRule::Time(_) = rule {
            prop_assert!(closed.windows(2).all(|it| it[0].open_at < it[1].open_at));
        }
    }

    #[test]
    fn absurd_trades_and_times_never_panic(
        rule in rule(), tape in prop::collection::vec((any::<i64>(), any::<i64>(), any::<i64>(), any::<bool>()), 1..60)
    ) {
        let mut bars = Bars::new(rule).unwrap();
        for (time, price, lots, whole) in tape {
            let it = Trade { id: TradeId(0), price: Price::new(price), qty: Qty::new(lots), taker: Side::Buy };
            bars.push(&it, at(time));
            if whole && let Some(bar) = bars.open().copied() {
                let _ = bars.push_bar(&Bar { open_at: at(lots), span: Span::from_nanos(price), ..bar });
            }
            bars.on_time(at(lots));
            bars.due();
            if let (BarRule::Flow(rule), Some(flow)) = (rule, bars.flow()) {
                let bounds = f64::from(rule.trades_min)..=f64::from(rule.trades_max);
                prop_assert!(bounds.contains(&flow.expected_trades()));
                prop_assert!(flow.threshold() >= Some(0) || flow.threshold().is_none());
            }
        }
    }
}
