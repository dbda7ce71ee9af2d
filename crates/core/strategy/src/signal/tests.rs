//! What the strategy does, claim by claim.

use super::*;
use crate::fixtures::{Stage, instruments};
use scalp_features::{Schema, Sources};
use scalp_types::{OrderId, RejectReason, Timestamp};

fn parameters() -> SignalParameters {
    SignalParameters {
        instrument: None,
        order_qty: Decimal::new(10, 3),
        enter_long: Some("close > 1000".into()),
        exit_long: Some("close < 900".into()),
        enter_short: None,
        exit_short: None,
        with: Vec::new(),
        stop_atr: 0.0,
        take_atr: 0.0,
        atr_bars: 14,
        outcome_bars: 10,
        outcome_half_life: 1_000.0,
        expect_schema: None,
    }
}

fn build(parameters: &SignalParameters) -> Result<Signal, ParameterError> {
    Signal::build(parameters, &Setup { instruments: &instruments(&["A"]), seed: 0, bars: &[] })
}

fn both(enter_long: &str, exit_long: &str, enter_short: &str, exit_short: &str) -> Signal {
    let [enter_long, exit_long, enter_short, exit_short] =
        [enter_long, exit_long, enter_short, exit_short].map(|it| Some(it.to_owned()));
    build(&SignalParameters { enter_long, exit_long, enter_short, exit_short, ..parameters() }).unwrap()
}

fn long(enter: &str, exit: &str) -> Signal {
    let p = SignalParameters { enter_long: Some(enter.into()), exit_long: Some(exit.into()), ..parameters() };
    build(&p).unwrap()
}

/// Closes in tenths: 10,000 is a price of 1,000.
fn tags(intents: &[Intent]) -> Vec<(u64, &'static str)> {
    let tag = |it: &Intent| match it {
        Intent::Place(it) => Some((it.tag >> 3, PLACES[(it.tag & 7) as usize])),
        _ => None,
    };
    intents.iter().filter_map(tag).collect()
}

#[test]
fn it_enters_and_leaves_by_its_rules_with_one_order_each() {
    let mut stage = Stage::new(&["A"]);
    let mut signal = build(&parameters()).unwrap();
    assert!(stage.bar(&mut signal, 0, 10_000).is_empty(), "1000 is not above 1000");
    let out = stage.bar(&mut signal, 0, 10_001);
    assert_eq!(stage.placed(&out), [(Side::Buy, 10, Reason::Signal)]);
    assert_eq!(tags(&out), [(2, "enter_long")]);
    stage.rest(&out);
    assert!(stage.bar(&mut signal, 0, 10_002).is_empty(), "the entry is out");
    stage.open(0).clear();
    stage.fill(0, Side::Buy, 10, 10_002);
    assert!(stage.bar(&mut signal, 0, 10_003).is_empty(), "in the position already");
    let out = stage.bar(&mut signal, 0, 8_999);
    assert_eq!(stage.placed(&out), [(Side::Sell, 10, Reason::Exit)]);
    assert_eq!(tags(&out), [(5, "exit_long")]);
    assert!(matches!(out[0], Intent::Place(it) if it.reduce_only));
    stage.rest(&out);
    assert!(stage.bar(&mut signal, 0, 8_998).is_empty(), "the exit is out already");
}

#[test]
fn a_short_is_its_mirror() {
    let mut stage = Stage::new(&["A"]);
    let mut signal = both("close > 2000", "close < 1", "close < 900", "close > 1000");
    let out = stage.bar(&mut signal, 0, 8_000);
    assert_eq!(stage.placed(&out), [(Side::Sell, 10, Reason::Signal)]);
    stage.fill(0, Side::Sell, 10, 8_000);
    let out = stage.bar(&mut signal, 0, 11_000);
    assert_eq!(stage.placed(&out), [(Side::Buy, 10, Reason::Exit)]);
    assert_eq!(tags(&out), [(2, "exit_short")]);
}

#[test]
fn an_unknown_rule_does_not_act_and_is_counted() {
    let mut stage = Stage::new(&["A"]);
    let mut signal = long("SMA(3) > 0", "SMA(2) < 0");
    assert!(stage.bar(&mut signal, 0, 100).is_empty());
    assert!(stage.bar(&mut signal, 0, 100).is_empty());
    assert!(!stage.bar(&mut signal, 0, 100).is_empty());
    assert_eq!((signal.items.bars(), signal.unknown), (3, [2, 1, 0, 0]));
}

#[test]
fn a_period_longer_than_the_data_never_speaks() {
    let mut stage = Stage::new(&["A"]);
    let mut signal = long("close > SMA(200)", "close < SMA(200)");
    for close in 0..150 {
        assert!(stage.bar(&mut signal, 0, 1_000 + close).is_empty());
    }
    assert_eq!((signal.items.bars(), signal.unknown), (150, [150, 150, 0, 0]));
    assert_eq!(
        signal.remarks(),
        [
            "strategy.enter_long was not known at 150 of 150 bars; absent still at the last: SMA(200).",
            "strategy.exit_long was not known at 150 of 150 bars; absent still at the last: SMA(200).",
        ]
    );
    for close in 150..2_000 {
        stage.bar(&mut signal, 0, 1_000 + close);
    }
    assert!(signal.remarks().is_empty(), "warming up is nothing to remark upon");
}

#[test]
fn both_entries_at_once_are_none() {
    let mut stage = Stage::new(&["A"]);
    let mut signal = both("close > 10", "close < 1", "close > 20", "close < 1");
    assert!(stage.bar(&mut signal, 0, 300).is_empty());
    assert_eq!(tags(&stage.bar(&mut signal, 0, 150)), [(2, "enter_long")]);
}

#[test]
fn an_entry_waits_while_its_own_exit_holds_or_is_not_known() {
    let mut stage = Stage::new(&["A"]);
    let mut signal = long("close > 10", "SMA(2) < 15");
    assert!(stage.bar(&mut signal, 0, 200).is_empty(), "the exit is not known");
    assert!(stage.bar(&mut signal, 0, 90).is_empty(), "nor does the entry hold");
    assert!(stage.bar(&mut signal, 0, 110).is_empty(), "the exit holds");
    assert!(!stage.bar(&mut signal, 0, 200).is_empty());
}

#[test]
fn an_entry_to_the_other_side_does_not_turn_a_position() {
    let mut stage = Stage::new(&["A"]);
    let mut signal = both("close > 1000", "close < 500", "close < 900", "close > 2000");
    stage.fill(0, Side::Buy, 10, 10_001);
    assert!(stage.bar(&mut signal, 0, 8_000).is_empty());
    let out = stage.bar(&mut signal, 0, 4_000);
    assert_eq!(stage.placed(&out), [(Side::Sell, 10, Reason::Exit)], "closed, not turned");
    stage.fill(0, Side::Sell, 10, 4_000);
    assert_eq!(tags(&stage.bar(&mut signal, 0, 4_000)), [(3, "enter_short")]);
}

#[test]
fn why_names_the_rule_and_the_values_of_its_features() {
    let mut stage = Stage::new(&["A"]);
    let mut signal = long("close > SMA(2) or SMA(9) > 1", "close < 0");
    assert_eq!(signal.why(0), None);
    stage.bar(&mut signal, 0, 1_000);
    stage.bar(&mut signal, 0, 1_010);
    assert_eq!(
        signal.why(2 << 3).unwrap(),
        "enter_long at bar 2: close > SMA(2) or SMA(9) > 1; close = 101, SMA(2) = 100.5, SMA(9) is absent"
    );
    assert_eq!((signal.why(2 << 3 | STOP), signal.why(1 << 3)), (None, None));
}

#[test]
fn the_schema_of_rules_is_that_of_their_features_over_the_bars_of_the_run() {
    use scalp_types::Money;
    let all = instruments(&["A"]);
    let of = |rule: &str, bars: &[(InstrumentId, BarRule)]| {
        both(rule, "close < 0", "close < 0", "close > 0").schema(bars)
    };
    let by = |rule| [(InstrumentId(0), rule)];
    let minute = by(BarRule::Time(Span::from_secs(60)));
    let sources = Sources { bar_span: Some(60_000_000_000), ..Sources::market(reading::LEVELS_MAX) };
    let computed = Schema::of_items(&["RSI(14)", "SMA(20)@1h", "close"], &sources).unwrap().hash();
    assert_eq!(of("RSI(14) > SMA(20)@1h", &minute), Some(computed), "the list as `features compute` has it");
    let mut different = vec![Some(computed), None];
    let value = BarRule::value(all.get(InstrumentId(0)), Money::new(1_000_000_000_000)).unwrap();
    for rule in [BarRule::Tick(1000), BarRule::Volume(Qty::new(1000)), value] {
        assert_eq!(of("RSI(14) > SMA(20)@1h", &by(rule)), None, "they have no length: {rule:?}");
        let hash = of("RSI(14) > 50", &by(rule));
        assert!(!different.contains(&hash), "{rule:?}");
        different.push(hash);
    }
    different.push(of("RSI(14) > SMA(20)@1h", &by(BarRule::Time(Span::from_secs(300)))));
    assert!(different[5].is_some() && different[..5].iter().all(|it| *it != different[5]));
    assert!(!different.contains(&of("RSI(15) > SMA(20)@1h", &minute)));
    assert_eq!(of("RSI(14) > 50", &[]), None, "the candles of the feed are not known before they come");
    let mut signal = both("RSI(14) > 50", "close < 0", "close < 0", "close > 0");
    Stage::new(&["A"]).bar(&mut signal, 0, 100);
    assert!(signal.schema(&[]).is_some());
    let p = SignalParameters { expect_schema: Some("83b1".into()), ..parameters() };
    let refused = build(&p).unwrap_err();
    assert!(refused.key == "expect_schema" && refused.expected.contains("16 hexadecimal"), "{refused}");
}

fn with_bracket() -> SignalParameters {
    SignalParameters { stop_atr: 2.0, take_atr: 3.0, atr_bars: 2, ..parameters() }
}

/// Bars of a range of 100 ticks, the last of which enters.
fn entered(stage: &mut Stage, signal: &mut Signal) -> Vec<Intent> {
    for _ in 0..3 {
        assert!(stage.candle(signal, 0, 10_050, 9_950, 10_000).is_empty());
    }
    stage.candle(signal, 0, 10_050, 9_950, 10_010)
}

#[test]
fn a_bracket_goes_with_the_entry_at_multiples_of_the_true_range() {
    let mut stage = Stage::new(&["A"]);
    let mut signal = build(&with_bracket()).unwrap();
    let out = entered(&mut stage, &mut signal);
    let orders: Vec<OrderIntent> = out
        .iter()
        .map(|it| match it {
            Intent::Place(it) => *it,
            other => panic!("unexpected {other:?}"),
        })
        .collect();
    assert_eq!(tags(&out), [(4, "enter_long"), (4, "stop-loss"), (4, "take-profit")]);
    let roles: Vec<_> = orders.iter().map(|it| it.link.unwrap()).collect();
    let group = GroupId(4);
    assert_eq!(roles[0], GroupLink { group, role: GroupRole::Parent });
    assert!(roles[1..].iter().all(|it| *it == GroupLink { group, role: GroupRole::Child }));
    assert!(orders[1..].iter().all(|it| it.reduce_only && it.side == Side::Sell && it.qty == Qty::new(10)));
    assert_eq!(orders[1].kind, OrderKind::StopMarket { trigger: Price::new(9_810) });
    assert_eq!(orders[2].kind, OrderKind::TakeProfitMarket { trigger: Price::new(10_310) });
}

#[test]
fn an_entry_with_a_bracket_waits_for_the_true_range() {
    let mut stage = Stage::new(&["A"]);
    let mut signal = build(&with_bracket()).unwrap();
    assert!(stage.candle(&mut signal, 0, 10_050, 9_950, 10_010).is_empty());
    assert!(stage.candle(&mut signal, 0, 10_050, 9_950, 10_010).is_empty());
    assert!(!stage.candle(&mut signal, 0, 10_050, 9_950, 10_010).is_empty(), "two ranges are known");
    let mut stage = Stage::new(&["A"]);
    let mut signal = build(&with_bracket()).unwrap();
    for _ in 0..9 {
        assert!(stage.bar(&mut signal, 0, 10_010).is_empty(), "a range of nothing places no stop");
    }
}

#[test]
fn an_exit_takes_the_bracket_with_it_and_the_rest_is_cleared() {
    let mut stage = Stage::new(&["A"]);
    let mut signal = build(&with_bracket()).unwrap();
    let bracket = entered(&mut stage, &mut signal);
    stage.rest(&bracket[1..]);
    stage.fill(0, Side::Buy, 10, 10_010);
    assert!(stage.candle(&mut signal, 0, 10_050, 9_950, 10_010).is_empty());
    let out = stage.candle(&mut signal, 0, 9_000, 8_900, 8_900);
    assert_eq!(out[0], Intent::CancelGroup { group: GroupId(4) });
    assert_eq!(stage.placed(&out), [(Side::Sell, 10, Reason::Exit)]);
    stage.fill(0, Side::Sell, 10, 8_900);
    let out = stage.candle(&mut signal, 0, 9_000, 8_900, 8_900);
    assert_eq!(out, [Intent::CancelAll { instrument: InstrumentId(0) }]);
}

#[test]
fn a_position_without_its_stop_is_closed_at_once() {
    let mut stage = Stage::new(&["A"]);
    let mut signal = build(&with_bracket()).unwrap();
    entered(&mut stage, &mut signal);
    let event = OrderEvent {
        order: OrderId(2),
        instrument: InstrumentId(0),
        exchange_at: Timestamp::MIN,
        body: OrderBody::Rejected(RejectReason::WouldTrigger),
    };
    let stop = Wake::Order { tag: 4 << 3 | STOP, event: &event };
    assert!(stage.wake(&mut signal, &stop).is_empty(), "nothing is held yet");
    stage.fill(0, Side::Buy, 10, 10_010);
    let out = stage.wake(&mut signal, &stop);
    assert_eq!(stage.placed(&out), [(Side::Sell, 10, Reason::RiskReduction)]);
    assert_eq!(tags(&out), [(4, "without a stop")]);
    let out = stage.wake(&mut signal, &Wake::Order { tag: 4 << 3 | TAKE, event: &event });
    assert!(out.is_empty(), "a lost target is no danger");
    let out = stage.candle(&mut signal, 0, 10_050, 9_950, 10_010);
    assert_eq!(stage.placed(&out), [(Side::Sell, 10, Reason::RiskReduction)], "and again at the next bar");
}

#[test]
fn bars_of_other_instruments_pass_by() {
    let all = instruments(&["A", "B"]);
    let p = SignalParameters { instrument: Some("A".into()), ..parameters() };
    let mut signal = Signal::build(&p, &Setup { instruments: &all, seed: 0, bars: &[] }).unwrap();
    let mut stage = Stage::new(&["A", "B"]);
    assert!(stage.bar(&mut signal, 1, 10_001).is_empty());
    assert_eq!(signal.items.bars(), 0);
}

#[test]
fn nonsense_prices_do_not_panic() {
    let mut stage = Stage::new(&["A"]);
    let p = SignalParameters {
        enter_long: Some("RSI(2) < 90 or DOUBLE_TOP > 0 or OBV > 0".into()),
        ..with_bracket()
    };
    let mut signal = build(&p).unwrap();
    for (high, low, close) in
        [(i64::MAX, i64::MIN, 0), (0, 0, i64::MAX), (-5, -9, -7), (i64::MIN, i64::MAX, -1)]
    {
        for _ in 0..5 {
            stage.candle(&mut signal, 0, high, low, close);
        }
    }
}

#[test]
fn what_was_put_away_comes_back_to_the_last_bit() {
    let rules = (
        "crosses_above(EMA(5), KAMA(9)) or RSI(14) < 45 and DOUBLE_BOTTOM(swing=fractal,size=2) >= 0",
        "OBV < 3",
    );
    let close = |step: i64| 10_000 + (step * step * 37) % 900 - step % 7 * 30;
    let play = |stage: &mut Stage, signal: &mut Signal, from: i64, to: i64| {
        let bars = from..to;
        bars.map(|it| stage.candle(signal, 0, close(it) + 20, close(it) - 20, close(it))).collect::<Vec<_>>()
    };
    for cut in [1, 2, 13, 100] {
        // Two stages whose clocks agree.
        let (mut whole, mut other) = (long(rules.0, rules.1), long(rules.0, rules.1));
        let (mut stage, mut twin) = (Stage::new(&["A"]), Stage::new(&["A"]));
        play(&mut stage, &mut whole, 0, cut);
        play(&mut twin, &mut other, 0, cut);
        let bytes = postcard::to_allocvec(&whole).unwrap();
        let mut resumed: Signal = postcard::from_bytes(&bytes).unwrap();
        for step in cut..cut + 50 {
            let hash = |it: &Signal| {
                let mut hash = StateHash::default();
                it.digest(&mut hash);
                hash
            };
            assert_eq!(hash(&resumed), hash(&whole), "cut at {cut}, step {step}");
            assert_eq!(resumed, whole);
            let said = play(&mut twin, &mut resumed, step, step + 1);
            assert_eq!(said, play(&mut stage, &mut whole, step, step + 1));
        }
        assert!(whole.items.now().iter().filter(|it| it.is_some()).count() >= 3);
    }
}

#[test]
fn a_later_bar_changes_nothing_before_it() {
    let answers = |last: i64| {
        let mut stage = Stage::new(&["A"]);
        let mut signal = long("crosses_above(EMA(3), SMA(7)) or RSI(5) < 40", "CMO(4) > 90");
        let mut said = Vec::new();
        for step in 0..60_i64 {
            let close = if step < 59 { 10_000 + (step * step * 37) % 900 } else { last };
            let out = stage.candle(&mut signal, 0, close + 9, close - 9, close);
            said.push((out, signal.items.now().to_vec()));
        }
        said
    };
    let (one, other) = (answers(5_000), answers(15_000));
    assert_eq!(one[..59], other[..59]);
    assert_ne!(one[59], other[59], "the last bar matters at all");
}

#[test]
fn impossible_parameters_are_refused_by_key() {
    let refused = |change: &dyn Fn(&mut SignalParameters)| {
        let mut p = parameters();
        change(&mut p);
        build(&p).unwrap_err().to_string()
    };
    let enter = |text: &str| refused(&|p| p.enter_long = Some(text.into()));
    for (text, expected) in [
        ("RSX(14) < 30", "a feature at column 1: unknown feature \"RSX\"; did you mean RSI?"),
        ("close > 1 and clse > 2", "a feature at column 15: unknown feature \"clse\"; did you mean close?"),
        ("DOUBLE_TOPS > 0", "did you mean DOUBLE_TOP?"),
        ("cross_above(close) > 1", "did you mean crosses_above?"),
        ("RSI(0) < 30", "RSI.timeperiod must be a whole number from 2"),
        ("RSI(2, 3) < 30", "RSI takes 1 parameter at most, got 2"),
        ("SMA(5, real=prise) > 1", "unknown feature \"prise\""),
        ("MACD(12,26,9) > 0", "several outputs: name one of macd, macdsignal, macdhist"),
        ("MACD(12,26,9).macdd > 0", "no output \"macdd\"; did you mean macd?"),
        ("LAG(RSX(14), 3) < 30", "unknown feature \"RSX\"; did you mean RSI?"),
        ("VPIN(50) > 0.3", "several outputs: name one of"),
        (
            "close > 1 and GROUP:lag@1 > 0",
            "a feature at column 15: GROUP:lag@1 is 7 values and a rule compares one: name a member, of \
             LAG(PCTCHANGE(close,1),1), LAG(PCTCHANGE(close,1),2)",
        ),
        ("GROUP:technical@1 > 0", "CCI(14)"),
        ("GROUP:technical@1 > 0", "MACD(12,26,9).macdsignal, "),
        ("SCHEMA:model@1 > 0", " more (scalp features describe SCHEMA:model@1)"),
        ("GROUP:cross-asset@1 > 0", "leader"),
        ("GROUP:prices@1 > 0", "GROUP:price@1, GROUP:volume@1"),
        ("GROUP:price > 0", "GROUP:price@1, GROUP:volume@1"),
        ("GROUP: > 0", "GROUP:price@1, GROUP:volume@1"),
        ("RSI(14) <", "a number or a feature at column 10, found the end"),
        ("RSI(14)", "a comparison such as RSI(14) < 30 at column 1"),
        ("1 < 2", "at least one feature"),
    ] {
        let error = enter(text);
        assert!(error.starts_with("strategy.enter_long is \""), "{error}");
        assert!(error.contains(expected), "{text}: {error}");
    }
    // The second rule names its own key.
    let error = refused(&|p| p.exit_long = Some("RSI(14) > 5 or Rsy > 1".into()));
    assert!(
        error
            .starts_with("strategy.exit_long is \"RSI(14) > 5 or Rsy > 1\", expected a feature at column 16"),
        "{error}"
    );

    let missing = |change: &dyn Fn(&mut SignalParameters), text: &str| {
        assert_eq!(refused(change), format!("strategy.{text}"));
    };
    missing(
        &|p| p.exit_long = None,
        "exit_long is missing, expected a rule, because enter_long is given and there is no stop_atr or take_atr",
    );
    missing(&|p| p.enter_long = None, "enter_long is missing, expected a rule, because exit_long is given");
    missing(
        &|p| (p.enter_long, p.exit_long) = (None, None),
        "enter_long is missing, expected a rule, here or in enter_short",
    );
    missing(
        &|p| p.exit_short = Some("close > 1".into()),
        "enter_short is missing, expected a rule, because exit_short is given",
    );
    assert!(refused(&|p| p.stop_atr = -1.0).starts_with("strategy.stop_atr is -1"));
    assert!(refused(&|p| p.take_atr = f64::NAN).starts_with("strategy.take_atr is NaN"));
    assert!(refused(&|p| p.atr_bars = 0).starts_with("strategy.atr_bars is 0"));
    assert!(refused(&|p| p.order_qty = Decimal::ZERO).starts_with("strategy.order_qty is 0"));
    assert!(refused(&|p| p.instrument = Some("B".into())).starts_with("strategy.instrument is"));
    let only_bracket = SignalParameters { exit_long: None, ..with_bracket() };
    assert!(build(&only_bracket).is_ok(), "the bracket ends it");
}

#[test]
fn what_the_bars_of_the_run_are_built_by_is_known_to_its_features() {
    let (all, only) = (instruments(&["A"]), InstrumentId(0));
    let p = SignalParameters {
        enter_long: Some("close > 1 and CONFLUENCE(1,5,15,0.5).score > 0".into()),
        ..parameters()
    };
    let build = |bars: &[(InstrumentId, BarRule)]| {
        Signal::build(&p, &Setup { instruments: &all, seed: 0, bars }).map_err(|it| it.to_string())
    };
    let bars = [(only, BarRule::Time(Span::from_secs(900)))];
    let signal = build(&bars).unwrap();
    assert!(signal.schema(&bars).is_some());
    let bytes = postcard::to_allocvec(&signal).unwrap();
    assert_eq!(postcard::from_bytes::<Signal>(&bytes).unwrap(), signal);
    assert!(build(&[]).unwrap_err().contains("CONFLUENCE needs bars of one length"));
    let uneven = build(&[(only, BarRule::Tick(5))]).unwrap_err();
    assert!(
        uneven.contains("at column 15") && uneven.contains("CONFLUENCE needs bars of one length"),
        "{uneven}"
    );
}

#[test]
fn bars_that_a_feature_cannot_be_made_of_are_refused_with_the_rule_that_names_it() {
    let signal = long("close > 1 and RSI(14) < 30", "SMA(5)@90s > 2 or close < 1");
    let only = InstrumentId(0);
    let time = |seconds| BarRule::Time(Span::from_secs(seconds));
    let refused = |id, rule| signal.check_bars(&[(id, rule)]).map_err(|it| it.to_string());
    for seconds in [1, 9, 15, 30, 45, 90] {
        assert_eq!(refused(only, time(seconds)), Ok(()), "{seconds}");
    }
    let told = |seconds| refused(only, time(seconds)).unwrap_err();
    assert_eq!(
        told(60),
        "strategy.exit_long is \"SMA(5)@90s > 2 or close < 1\", expected features that the bars of the run have: \
         SMA(5)@90s: bars of 90s cannot be made of bars of 1m: it does not divide; the nearest is @1m or @2m"
    );
    assert!(told(3_600).ends_with("bars of 1h: it does not divide; the nearest is @1h"), "{}", told(3_600));
    let uneven = refused(only, BarRule::Tick(100)).unwrap_err();
    assert!(
        uneven.contains(
            "SMA(5)@90s: bars of 90s cannot be made of bars that have no length of time (trades 100)"
        ),
        "{uneven}"
    );
    // Of what is not known nothing is said, and of what other instruments have.
    assert_eq!(refused(InstrumentId(1), time(60)), Ok(()));
    assert_eq!(signal.check_bars(&[]), Ok(()));
    assert_eq!(long("RSI(14) < 30", "close < 1").check_bars(&[(only, BarRule::Tick(9))]), Ok(()));
}

#[test]
fn its_features_are_told_with_how_they_went_with_what_came_after() {
    let p = SignalParameters {
        enter_long: Some("DIFF(close,1) > 0 and volume < 0".into()),
        exit_long: Some("close < 1".into()),
        enter_short: Some("DIFF(close,1) < 0".into()),
        exit_short: Some("DIFF(close,1) > 0".into()),
        outcome_bars: 1,
        ..parameters()
    };
    let mut stage = Stage::new(&["A"]);
    let mut signal = build(&p).unwrap();
    assert_eq!(signal.features(), None, "before the first bar");
    // Two up, one down: after the one fall there is always a rise, so a higher change goes with a lower return after it.
    let close = |n: i64| 10_000 + 10 * (n / 3) + [0, 20, 40][(n % 3) as usize];
    for n in 0..90 {
        let out = stage.bar(&mut signal, 0, close(n));
        if let [(Side::Sell, 10, Reason::Signal)] = stage.placed(&out)[..] {
            assert_eq!(n % 3, 0, "it sells at a fall");
        }
    }
    let told = signal.features().unwrap();
    assert_eq!((told.outcome_bars, told.outcome_half_life), (Some(1), Some(1_000.0)));
    let names: Vec<&str> = told.features.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["DIFF(close,1)", "volume", "close"]);
    let change = &told.features[0];
    assert_eq!((change.value, change.age), (Some(2.0), Some(Span::ZERO)));
    // The first change is absent, and the outcome of the last is not known.
    assert_eq!(change.at_decisions.decisions, 88);
    let [r, error] =
        [change.at_decisions.correlation, change.at_decisions.standard_error].map(Option::unwrap);
    assert!(r < -0.4 && error < 0.12, "{change:?}");
    // Nothing was filled, so it goes on selling at each fall but the last; the rise after it goes against a short.
    assert_eq!(change.at_entries.decisions, 29);
    assert_eq!(told.features[1].at_decisions.correlation, None, "volume does not move");

    let none = build(&SignalParameters { outcome_bars: 0, ..p.clone() }).unwrap();
    let mut stage = Stage::new(&["A"]);
    let mut none = none;
    stage.bar(&mut none, 0, 10_000);
    let told = none.features().unwrap();
    assert_eq!((told.outcome_bars, told.features[0].at_decisions.decisions), (None, 0));
    for (bars, half_life, key) in [(10_001, 5.0, "outcome_bars"), (5, 0.0, "outcome_half_life")] {
        let p = SignalParameters { outcome_bars: bars, outcome_half_life: half_life, ..p.clone() };
        assert_eq!(build(&p).unwrap_err().key, key);
    }
}

#[test]
fn weights_are_part_of_the_state() {
    let mut stage = Stage::new(&["A"]);
    let mut signal = build(&parameters()).unwrap();
    let mut other = build(&SignalParameters { outcome_half_life: 10.0, ..parameters() }).unwrap();
    let hash = |it: &Signal| {
        let mut hash = StateHash::default();
        it.digest(&mut hash);
        hash.get()
    };
    for n in 0..30 {
        stage.bar(&mut signal, 0, 9_500 + n * n % 70);
        stage.bar(&mut other, 0, 9_500 + n * n % 70);
    }
    assert_ne!(hash(&signal), hash(&other));
    let mut back: Signal = postcard::from_bytes(&postcard::to_allocvec(&signal).unwrap()).unwrap();
    for n in 0..30 {
        let (mut a, mut b) = (Stage::new(&["A"]), Stage::new(&["A"]));
        a.bar(&mut signal, 0, 9_400 + n * 7 % 90);
        b.bar(&mut back, 0, 9_400 + n * 7 % 90);
        assert_eq!((hash(&signal), signal.features()), (hash(&back), back.features()));
    }
}
