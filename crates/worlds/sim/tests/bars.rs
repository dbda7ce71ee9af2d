//! Orders on bars alone.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod floor;

use Side::{Buy, Sell};
use floor::{Floor, coins, in_group, limit, market, spec, stop, take_profit, tier};
use scalp_ledger::MarginTerms;
use scalp_sim::{BarPath, BarRules, ExchangeConfig, FillRules, MarginRules};
use scalp_types::{
    Bar, GroupRole, MarginMode, MarketBody, MarketEvent, OrderKind, OrderRequest, Price, Qty, Side, Span,
    TimeInForce, Timestamp,
};

fn floor(bars: BarRules) -> Floor {
    let fills = FillRules { bars, ..FillRules::default() };
    Floor::new(&ExchangeConfig { fills, ..ExchangeConfig::default() })
}

#[test]
fn a_market_order_gets_the_next_open_and_pays_the_slippage() {
    let mut it = floor(BarRules { slippage_ticks: 2, ..BarRules::default() });
    it.bar([100, 110, 90, 105], 1_000);
    assert_eq!(it.submit(market(1, Buy, 3)), "1 accepted");
    assert_eq!(it.bar([106, 110, 100, 108], 1_000), "1 taker 3@108 left 0");
}

#[test]
fn an_order_that_comes_within_a_bar_waits_for_the_next_one() {
    let mut it = floor(BarRules::default());
    it.bar([100, 110, 90, 105], 1_000);
    it.wait(30);
    it.submit(market(1, Buy, 3));
    it.submit(limit(2, Buy, 3, 95));
    assert_eq!(it.bar([106, 110, 90, 108], 1_000), "");
    assert_eq!(it.bar([107, 110, 90, 108], 1_000), "1 taker 3@107 left 0, 2 maker 3@95 left 0");
}

#[test]
fn limits_fill_at_their_price_or_better_at_a_gap() {
    let mut it = floor(BarRules::default());
    it.bar([100, 110, 90, 105], 1_000);
    it.submit(limit(1, Buy, 1, 95));
    it.submit(limit(2, Sell, 1, 109));
    it.submit(limit(3, Buy, 1, 80));
    assert_eq!(it.bar([105, 109, 95, 100], 1_000), "2 maker 1@109 left 0, 1 maker 1@95 left 0");
    assert_eq!(it.bar([70, 75, 60, 70], 1_000), "3 taker 1@70 left 0", "opened below the limit");
}

#[test]
fn a_stop_fills_at_its_trigger_or_at_the_open_of_a_gap() {
    let mut it = floor(BarRules::default());
    it.bar([100, 110, 90, 105], 1_000);
    it.submit(stop(1, Sell, 1, 95));
    assert_eq!(it.bar([105, 106, 94, 100], 1_000), "1 triggered, 1 taker 1@95 left 0");
    it.submit(stop(2, Sell, 1, 95));
    assert_eq!(it.bar([90, 96, 85, 90], 1_000), "2 triggered, 2 taker 1@90 left 0");
}

#[test]
fn the_path_goes_to_the_nearer_extreme_first_unless_told_to_be_pessimistic() {
    let bracket = |path| {
        let mut it = floor(BarRules { path, ..BarRules::default() });
        it.bar([100, 100, 100, 100], 1_000);
        it.submit(in_group(take_profit(1, Sell, 1, 103), 1, GroupRole::Leg));
        it.submit(in_group(stop(2, Sell, 1, 95), 1, GroupRole::Leg));
        it.bar([100, 104, 90, 92], 1_000)
    };
    let profit = "1 triggered, 2 cancelled Group, 1 taker 1@103 left 0";
    assert_eq!(bracket(BarPath::NearerExtremeFirst), profit);
    let loss = "2 triggered, 1 cancelled Group, 2 taker 1@95 left 0";
    assert_eq!(bracket(BarPath::Pessimistic), loss);
}

#[test]
fn the_share_of_the_volume_is_a_cap_for_all_orders_together() {
    let mut it = floor(BarRules { volume_share: Some(0.1), ..BarRules::default() });
    it.bar([100, 110, 90, 105], 1_000);
    it.submit(market(1, Buy, 8));
    it.submit(limit(2, Buy, 8, 95));
    let first = it.bar([105, 110, 90, 105], 100);
    assert_eq!(first, "1 taker 8@105 left 0, 2 maker 2@95 left 6");
    assert_eq!(it.bar([105, 110, 90, 105], 100), "2 maker 6@95 left 0");
    it.submit(OrderRequest { time_in_force: TimeInForce::Ioc, ..limit(3, Buy, 20, 120) });
    assert_eq!(it.bar([105, 110, 90, 105], 100), "3 taker 10@105 left 10, 3 expired");
}

#[test]
fn a_bar_that_dips_below_the_maintenance_margin_takes_the_position_away() {
    let mut one = spec("ONE");
    one.margin_tiers = vec![tier("0", "0.05", 20)];
    let config = ExchangeConfig {
        balances: vec![(scalp_types::AssetId(1), coins(1_000))],
        margin: MarginRules {
            enforced: true,
            terms: MarginTerms { mode: MarginMode::Cross, leverage: 10 },
            ..MarginRules::default()
        },
        ..ExchangeConfig::default()
    };
    let mut it = Floor::with([one], &config);
    it.bar([100, 100, 100, 100], 1_000);
    it.submit(market(1, Buy, 80));
    assert_eq!(it.bar([100, 101, 93, 100], 1_000), "1 taker 80@100 left 0", "440 against 372");
    let lost = it.bar([100, 101, 92, 100], 1_000);
    assert_eq!(lost, "liquidated 80 fee 0.00000000, forced taker 80@92 left 0");
    assert_eq!(it.balance(), "360.00000000", "the close does not bring it back");
}

#[test]
fn a_candle_that_is_told_twice_trades_once() {
    let mut it = floor(BarRules { volume_share: Some(0.1), ..BarRules::default() });
    it.bar([100, 110, 90, 105], 1_000);
    it.submit(limit(1, Buy, 20, 95));
    assert_eq!(it.bar([105, 110, 90, 105], 100), "1 maker 10@95 left 10");
    it.now -= 2_000;
    assert_eq!(it.bar([105, 110, 90, 105], 100), "", "the same minute");
    it.wait(1);
    assert_eq!(it.bar([105, 110, 90, 105], 100), "1 maker 10@95 left 0");
}

/// The next minute as it stands so many seconds before its end, which is when it arrives.
fn stage(it: &mut Floor, [open, high, low, close]: [i64; 4], seconds: i64) -> String {
    const MINUTE: i64 = 60_000_000_000;
    let open_at = it.now.div_euclid(MINUTE) * MINUTE;
    let price = Price::new;
    let bar = Bar {
        open_at: Timestamp::from_nanos(open_at),
        span: Span::from_nanos(MINUTE),
        open: price(open),
        high: price(high),
        low: price(low),
        close: price(close),
        volume: Qty::new(60 - seconds),
        taker_buy: Qty::ZERO,
        trades: 0,
    };
    let exchange_at = Timestamp::from_nanos(open_at + MINUTE);
    let arrived_at = exchange_at.saturating_sub(Span::from_secs(seconds));
    let event = MarketEvent { instrument: floor::ONE, exchange_at, arrived_at, body: MarketBody::Bar(bar) };
    it.exchange.on_market(&event, &mut it.replies);
    it.answers()
}

#[test]
fn a_candle_that_came_as_it_grew_trades_as_it_was_in_the_end() {
    let mut it = floor(BarRules::default());
    it.bar([100, 110, 90, 105], 1_000);
    it.submit(limit(1, Buy, 3, 95));
    for (high, seconds) in [(105, 55), (107, 5), (110, 1)] {
        assert_eq!(stage(&mut it, [105, high, 100, 105], seconds), "", "{seconds} s before its end");
    }
    assert_eq!(it.bar([105, 110, 90, 105], 1_000), "1 maker 3@95 left 0");
}

#[test]
fn in_a_bar_without_volume_nobody_traded() {
    for share in [0.5, 1.0] {
        let mut it = floor(BarRules { volume_share: Some(share), ..BarRules::default() });
        it.bar([100, 110, 90, 105], 8);
        it.submit(market(1, Buy, 3));
        it.submit(limit(2, Sell, 1, 101));
        it.submit(stop(3, Sell, 1, 95));
        assert_eq!(it.bar([105, 110, 90, 105], 0), "", "share {share}");
        let all = "1 taker 3@105 left 0, 2 taker 1@105 left 0";
        assert_eq!(it.bar([105, 106, 100, 105], 8), all, "the next one that trades");
    }
    // Whose bars have no volume says so.
    let mut it = floor(BarRules { volume_share: None, ..BarRules::default() });
    it.bar([100, 110, 90, 105], 0);
    it.submit(market(1, Buy, 3));
    assert_eq!(it.bar([105, 110, 90, 105], 0), "1 taker 3@105 left 0");
}

#[test]
fn what_a_bar_leaves_goes_by_price_and_then_by_arrival() {
    let told = |path: [i64; 4]| {
        let mut it = floor(BarRules { volume_share: Some(0.5), ..BarRules::default() });
        it.bar([100, 100, 100, 100], 10);
        for (id, price) in [(1, 92), (2, 95), (3, 94), (4, 95)] {
            it.submit(limit(id, Buy, 3, price));
        }
        it.bar(path, 10)
    };
    let gap = told([90, 91, 89, 90]);
    assert_eq!(gap, "2 taker 3@90 left 0, 4 taker 2@90 left 1", "at an open beyond all of them");
    let way = told([100, 101, 90, 90]);
    assert_eq!(way, "2 maker 3@95 left 0, 4 maker 2@95 left 1", "on the way down");
}

#[test]
fn exits_are_judged_by_the_price_at_which_their_entry_filled_and_one_passed_at_an_open_goes_there() {
    let bracket = |it: &mut Floor, entry: OrderRequest, target: i64, stop_at: i64| {
        let reduce = |order| in_group(OrderRequest { reduce_only: true, ..order }, 5, GroupRole::Child);
        it.submit(in_group(entry, 5, GroupRole::Parent));
        it.submit(reduce(take_profit(2, Sell, 1, target)));
        it.submit(reduce(stop(3, Sell, 1, stop_at)));
    };
    let mut it = floor(BarRules::default());
    it.bar([100, 100, 100, 100], 10);
    // Down from 100 to the entry at 95: the target above it was passed before, not after.
    bracket(&mut it, limit(1, Buy, 1, 95), 98, 90);
    assert_eq!(it.bar([100, 101, 94, 96], 10), "1 maker 1@95 left 0");
    assert_eq!(it.position(), 1);
    let up = it.bar([96, 99, 96, 99], 10);
    assert_eq!(up, "2 triggered, 3 cancelled Group, 2 taker 1@98 left 0");
    // An answer would come a whole bar late, so what the open has passed is left at the open.
    let mut it = floor(BarRules::default());
    it.bar([100, 100, 100, 100], 10);
    bracket(&mut it, market(1, Buy, 1), 104, 97);
    let gap = it.bar([96, 99, 95, 98], 10);
    assert_eq!(gap, "1 taker 1@96 left 0, 3 triggered, 2 cancelled Group, 3 taker 1@96 left 0");
}

/// An entry of one lot with its target and its stop, all in one group.
fn bracket(it: &mut Floor, entry: OrderRequest, target: i64, stop_at: i64) {
    let out = entry.side.opposite();
    let reduce = |order| in_group(OrderRequest { reduce_only: true, ..order }, 5, GroupRole::Child);
    let qty = entry.qty.get();
    it.submit(in_group(entry, 5, GroupRole::Parent));
    it.submit(reduce(take_profit(2, out, qty, target)));
    it.submit(reduce(stop(3, out, qty, stop_at)));
}

#[test]
fn an_exit_passed_at_the_open_leaves_at_the_open_wherever_the_bar_goes_first() {
    for path in [BarPath::NearerExtremeFirst, BarPath::Pessimistic] {
        for (open, [high, low]) in [(90, [91, 89]), (90, [91, 80]), (90, [99, 89])] {
            let told = |mirror: i64, side: Side| {
                let at = |price: i64| 100 + mirror * (price - 100);
                let mut it = floor(BarRules { path, ..BarRules::default() });
                it.bar([100, 100, 100, 100], 10);
                bracket(&mut it, market(1, side, 1), at(110), at(97));
                let (one, other) = (at(high), at(low));
                it.bar([at(open), one.max(other), one.min(other), at(open)], 10)
            };
            let want = |price: i64| {
                format!("1 taker 1@{price} left 0, 3 triggered, 2 cancelled Group, 3 taker 1@{price} left 0")
            };
            assert_eq!(told(1, Buy), want(90), "{path:?} {high} {low}");
            assert_eq!(told(-1, Sell), want(110), "{path:?} {high} {low}");
        }
    }
    let mut it = floor(BarRules::default());
    it.bar([100, 100, 100, 100], 10);
    bracket(&mut it, market(1, Buy, 1), 110, 97);
    let up = it.bar([120, 125, 119, 120], 10);
    assert_eq!(
        up, "1 taker 1@120 left 0, 2 triggered, 3 cancelled Group, 2 taker 1@120 left 0",
        "not at 119"
    );
}

#[test]
fn exits_see_what_is_left_of_the_leg_on_which_their_entry_filled() {
    let mut it = floor(BarRules::default());
    it.bar([100, 100, 100, 100], 10);
    bracket(&mut it, limit(1, Buy, 1, 95), 110, 92);
    let down = it.bar([100, 101, 85, 86], 10);
    assert_eq!(down, "1 maker 1@95 left 0, 3 triggered, 2 cancelled Group, 3 taker 1@92 left 0");
}

#[test]
fn an_exit_without_volume_left_waits_for_the_next_bar() {
    let mut it = floor(BarRules { volume_share: Some(0.5), ..BarRules::default() });
    it.bar([100, 100, 100, 100], 10);
    bracket(&mut it, market(1, Buy, 5), 110, 97);
    let first = it.bar([100, 101, 90, 92], 10);
    assert_eq!(
        first, "1 taker 5@100 left 0, 3 triggered, 2 cancelled Group",
        "the entry took what there was"
    );
    assert_eq!(it.bar([91, 92, 90, 91], 10), "3 taker 5@91 left 0");
    assert_eq!(it.position(), 0);
}

#[test]
fn a_limit_behind_a_trigger_takes_at_the_trigger_when_it_may() {
    let order = |id, kind| OrderRequest { kind, ..stop(id, Sell, 1, 95) };
    let price = Price::new;
    let mut it = floor(BarRules { slippage_ticks: 3, ..BarRules::default() });
    it.bar([100, 100, 100, 100], 10);
    it.submit(order(1, OrderKind::StopLimit { trigger: price(95), price: price(94) }));
    it.submit(order(2, OrderKind::StopLimit { trigger: price(96), price: price(98) }));
    let down = it.bar([100, 101, 90, 91], 10);
    assert_eq!(
        down, "1 triggered, 2 triggered, 1 taker 1@94 left 0",
        "within its limit, and 98 was not reached"
    );
    assert_eq!(it.bar([91, 99, 90, 99], 10), "2 maker 1@98 left 0");
    it.submit(order(3, OrderKind::StopLimit { trigger: price(95), price: price(94) }));
    assert_eq!(it.bar([90, 91, 89, 90], 10), "3 triggered", "a gap beyond its limit");
}

#[test]
fn orders_that_wait_for_a_bar_reserve_their_margin() {
    let config = ExchangeConfig {
        balances: vec![(scalp_types::AssetId(1), coins(1_000))],
        margin: MarginRules {
            enforced: true,
            terms: MarginTerms { mode: MarginMode::Cross, leverage: 1 },
            ..MarginRules::default()
        },
        ..ExchangeConfig::default()
    };
    let mut it = Floor::with([spec("ONE")], &config);
    it.bar([100, 100, 100, 100], 1_000);
    assert_eq!(it.submit(limit(1, Buy, 6, 100)), "1 accepted");
    assert_eq!(it.submit(limit(2, Buy, 6, 100)), "2 rejected InsufficientMargin");
    assert_eq!(it.submit(market(3, Buy, 4)), "3 accepted");
    assert_eq!(it.submit(market(4, Buy, 1)), "4 rejected InsufficientMargin");
    assert_eq!(it.amend(1, None, Some(7)), "1 amend rejected InsufficientMargin");
    assert_eq!(it.amend(1, None, Some(5)), "1 amended 5@100");
}
