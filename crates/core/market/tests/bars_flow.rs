//! Imbalance and run bars: by hand, at their bounds, and against a twin that keeps the whole tape.
#![allow(clippy::unwrap_used, reason = "a test may")]

use proptest::prelude::*;
use scalp_market::{BarRule, Bars, FlowCounts, FlowKind, FlowRule, FlowUnit};
use scalp_types::{Price, Qty, Side, StateHash, Timestamp, Trade, TradeId};

const RULE: FlowRule = FlowRule {
    kind: FlowKind::Imbalance,
    unit: FlowUnit::Tick,
    trades_first: 3,
    trades_min: 1,
    trades_max: 10,
    trades_span: 1,
    flow_span: 3,
};

/// Negative lots: the taker sells.
fn trade(price: i64, lots: i64) -> Trade {
    let taker = if lots < 0 { Side::Sell } else { Side::Buy };
    Trade { id: TradeId(0), price: Price::new(price), qty: Qty::new(lots.abs()), taker }
}

/// The trades that closed a bar, counted from 1.
fn ends(bars: &mut Bars, tape: &[(i64, i64)]) -> Vec<usize> {
    let mut closes =
        |&(price, lots): &(i64, i64)| bars.push(&trade(price, lots), Timestamp::from_nanos(0)).is_some();
    tape.iter().enumerate().filter(|(_, it)| closes(it)).map(|(index, _)| index + 1).collect()
}

fn new(rule: FlowRule) -> Bars {
    Bars::new(BarRule::Flow(rule)).unwrap()
}

#[test]
fn tick_imbalance_bars_by_hand() {
    // With a flow span of 3 each trade keeps half. After buy, sell, buy: bought 1 + 1/4, sold 1/2, weights 1 + 1/2 +
    // 1/4. Expected lean: 3 trades times (3/4) / (7/4) = 9/7, reached by 2.
    let mut bars = new(RULE);
    assert_eq!(ends(&mut bars, &[(9, 5), (9, -7), (9, 1)]), [3]);
    assert_eq!(bars.flow().unwrap().threshold(), Some(2));
    // Sell, sell. Then bought 5/16, sold 13/8, weights 31/16: 2 trades times (21/16) / (31/16) = 42/31.
    assert_eq!(ends(&mut bars, &[(9, -5), (9, -7)]), [2]);
    assert_eq!((bars.flow().unwrap().threshold(), bars.flow().unwrap().expected_trades()), (Some(2), 2.0));
    assert_eq!(ends(&mut bars, &[(9, -1), (9, 1), (9, -1), (9, 1), (9, 1), (9, 1)]), [6], "the sides cancel");
}

#[test]
fn tick_run_bars_by_hand() {
    // After buy, sell, buy the larger side expects 3 trades times (5/4) / (7/4) = 15/7, reached by 3 of one side.
    let mut bars = new(FlowRule { kind: FlowKind::Run, ..RULE });
    assert_eq!(ends(&mut bars, &[(9, 5), (9, -7), (9, 1)]), [3]);
    assert_eq!(bars.flow().unwrap().threshold(), Some(3));
    assert_eq!(ends(&mut bars, &[(9, -1), (9, -1), (9, 1), (9, -1)]), [4], "the sides do not cancel");
}

#[test]
fn volume_and_value_weigh_each_trade() {
    // Bought 4/4 + 2 = 3, sold 6/2 = 3, weights 7/4.
    let tape = [(10, 4), (10, -6), (10, 2)];
    for (kind, unit, threshold) in [
        (FlowKind::Imbalance, FlowUnit::Volume, 0),
        (FlowKind::Imbalance, FlowUnit::Value, 0),
        // 3 trades times 3 / (7/4) = 36/7 lots.
        (FlowKind::Run, FlowUnit::Volume, 6),
        (FlowKind::Run, FlowUnit::Value, 52),
    ] {
        let mut bars = new(FlowRule { kind, unit, ..RULE });
        assert_eq!(ends(&mut bars, &tape), [3]);
        assert_eq!(bars.flow().unwrap().threshold(), Some(threshold), "{kind:?} {unit:?}");
    }
    let mut bars = new(FlowRule { kind: FlowKind::Run, unit: FlowUnit::Value, ..RULE });
    assert_eq!(ends(&mut bars, &tape), [3]);
    assert_eq!(ends(&mut bars, &[(10, 5), (10, -5), (2, 1)]), [3], "50 and 2");
}

#[test]
fn a_balanced_flow_does_not_collapse_into_bars_of_one_trade() {
    // Nothing is expected, so every trade reaches the threshold; each bar is held to three.
    let mut bars = new(FlowRule { trades_min: 3, trades_first: 4, flow_span: 1_000_000, ..RULE });
    let tape: Vec<(i64, i64)> = (0..100).map(|it| (9, if it % 2 == 0 { 1 } else { -1 })).collect();
    let closed = ends(&mut bars, &tape);
    assert_eq!(closed[0], 4);
    assert!(closed.windows(2).all(|it| it[1] - it[0] >= 3));
    let flow = bars.flow().unwrap();
    assert!(flow.expected_trades() >= 3.0);
    assert_eq!(flow.counts(), FlowCounts { held: closed.len() as u64 - 1, cut: 0, refused: 0 });
}

#[test]
fn a_turn_of_the_flow_does_not_explode_the_bars() {
    // Buyers only, so three in a row are expected; then the sides alternate and no bar could ever lean by three.
    let mut bars = new(RULE);
    assert_eq!(ends(&mut bars, &[(9, 1); 3]), [3]);
    let tape: Vec<(i64, i64)> = (0..10).map(|it| (9, if it % 2 == 0 { 1 } else { -1 })).collect();
    assert_eq!(ends(&mut bars, &tape), [10]);
    assert_eq!(bars.flow().unwrap().counts(), FlowCounts { held: 0, cut: 1, refused: 0 });
    assert!((bars.flow().unwrap().expected_trades() - 10.0).abs() < 1e-12);
}

#[test]
fn smaller_bars_are_refused_and_counted() {
    let mut whole = Bars::new(BarRule::Tick(1)).unwrap();
    let part = whole.push(&trade(9, 4), Timestamp::from_nanos(0)).unwrap();
    let mut bars = new(RULE);
    assert_eq!(bars.push_bar(&part), Ok([None, None]));
    assert_eq!((bars.open(), bars.flow().unwrap().counts().refused), (None, 1));
}

#[test]
fn a_rule_that_contradicts_itself_is_refused() {
    for rule in [
        FlowRule { trades_min: 0, ..RULE },
        FlowRule { trades_min: 4, ..RULE },
        FlowRule { trades_max: 2, ..RULE },
        FlowRule { trades_span: 0, ..RULE },
        FlowRule { flow_span: 0, ..RULE },
    ] {
        let error = Bars::new(BarRule::Flow(rule)).unwrap_err();
        assert!(error.to_string().contains("trades_min <= trades_first <= trades_max"), "{error}");
    }
}

/// The lean of these trades by definition.
fn lean(rule: &FlowRule, part: &[(i64, i64)]) -> i128 {
    let size = |&(price, lots): &(i64, i64)| match rule.unit {
        FlowUnit::Tick => lots.signum().into(),
        FlowUnit::Volume => lots.into(),
        FlowUnit::Value => i128::from(price * lots),
    };
    let bought: i128 = part.iter().map(size).filter(|&it| it > 0).sum();
    let sold: i128 = part.iter().map(size).filter(|&it| it < 0).sum();
    match rule.kind {
        FlowKind::Imbalance => (bought + sold).abs(),
        FlowKind::Run => bought.max(-sold),
    }
}

/// What the next bar should lean by, from all trades so far and the lengths of all bars so far.
fn expected(rule: &FlowRule, past: &[(i64, i64)], lengths: &[usize]) -> f64 {
    let share = |span: u32| 2.0 / (f64::from(span) + 1.0);
    let k = share(rule.trades_span);
    let trades =
        lengths.iter().fold(f64::from(rule.trades_first), |it, &len| (1.0 - k) * it + k * len as f64);
    let (mut bought, mut sold, mut weights, mut weight) = (0.0, 0.0, 0.0, 1.0);
    for it in past.iter().rev() {
        let size = weight * lean(rule, &[*it]) as f64;
        if it.1 > 0 {
            bought += size
        } else {
            sold += size
        }
        weights += weight;
        weight *= 1.0 - share(rule.flow_span);
    }
    let flow = match rule.kind {
        FlowKind::Imbalance => bought - sold,
        FlowKind::Run => f64::max(bought, sold),
    };
    trades * flow.abs() / weights
}

fn rule() -> impl Strategy<Value = FlowRule> {
    let kind = prop_oneof![Just(FlowKind::Imbalance), Just(FlowKind::Run)];
    let unit = prop_oneof![Just(FlowUnit::Tick), Just(FlowUnit::Volume), Just(FlowUnit::Value)];
    (kind, unit, 1_u32..5, 0_u32..9, 0_u32..30, 1_u32..9, 1_u32..50).prop_map(
        |(kind, unit, trades_min, more, most, trades_span, flow_span)| {
            let trades_first = trades_min + more;
            let trades_max = trades_first + most;
            FlowRule { kind, unit, trades_first, trades_min, trades_max, trades_span, flow_span }
        },
    )
}

fn tape() -> impl Strategy<Value = Vec<(i64, i64)>> {
    let lots = prop_oneof![1_i64..60, -60_i64..0, 1_i64..3];
    prop::collection::vec((1_i64..50, lots), 1..400)
}

proptest! {
    #[test]
    fn bars_are_those_of_the_twin(rule in rule(), tape in tape()) {
        let mut bars = new(rule);
        let (mut start, mut lengths, mut counts) = (0, vec![], FlowCounts::default());
        for (index, &(price, lots)) in tape.iter().enumerate() {
            let threshold = bars.flow().unwrap().threshold();
            let closed = bars.push(&trade(price, lots), Timestamp::from_nanos(0)).is_some();
            let part = &tape[start..=index];
            let want = match threshold {
                None => part.len() == rule.trades_first as usize,
                Some(threshold) => {
                    let inside = part.len() >= rule.trades_min as usize;
                    inside && (lean(&rule, part) >= threshold || part.len() == rule.trades_max as usize)
                }
            };
            prop_assert_eq!(closed, want, "trade {}", index);
            if !closed {
                continue;
            }
            if let Some(threshold) = threshold {
                let early = (1..rule.trades_min as usize).any(|it| lean(&rule, &part[..it]) >= threshold);
                counts.held += u64::from(early);
                counts.cut += u64::from(lean(&rule, part) < threshold);
            }
            prop_assert_eq!(bars.flow().unwrap().counts(), counts);
            lengths.push(part.len());
            start = index + 1;
            let want = expected(&rule, &tape[..start], &lengths);
            let got = bars.flow().unwrap().threshold().unwrap() as f64;
            // The next whole number up, give or take the rounding of two different sums.
            let slack = 1e-9 * (1.0 + want);
            prop_assert!(got >= want - slack && got < want + 1.0 + slack, "{} for {}", got, want);
        }
    }

    #[test]
    fn a_state_put_away_goes_on_as_if_it_had_not_been(rule in rule(), tape in tape(), cut in 0_usize..400) {
        let (mut bars, mut hash) = (new(rule), StateHash::default());
        let (before, after) = tape.split_at(cut.min(tape.len()));
        ends(&mut bars, before);
        let mut back: Bars = postcard::from_bytes(&postcard::to_allocvec(&bars).unwrap()).unwrap();
        prop_assert_eq!(&back, &bars);
        prop_assert_eq!(ends(&mut back, after), ends(&mut bars, after));
        prop_assert_eq!(&back, &bars);
        bars.digest(&mut hash);
        let mut other = StateHash::default();
        back.digest(&mut other);
        prop_assert_eq!(hash, other);
        // One trade more and it is another state.
        bars.push(&trade(7, 3), Timestamp::from_nanos(0));
        let mut other = StateHash::default();
        bars.digest(&mut other);
        prop_assert_ne!(hash, other);
    }
}
