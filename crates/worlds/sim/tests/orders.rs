//! Orders at the exchange, one rule at a time.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod floor;

use Side::{Buy, Sell};
use floor::{Floor, in_group, limit, market, order, spec, stop, take_profit};
use scalp_sim::{
    Beyond, ExchangeConfig, FeeTier, FillRules, FillSize, IdRule, QueueModel, RateLimits, UnseenQueue,
};
use scalp_types::{
    BookAction, GroupRole, Money, OrderId, OrderKind, OrderRequest, Price, Qty, Rate, SelfTradePrevention,
    Side, Span, TimeInForce, Timestamp, TradingStatus,
};

const BOOK: &str = "100:5 99:3 | 101:4 102:9";

fn floor() -> Floor {
    let mut floor = Floor::new(&ExchangeConfig::default());
    floor.depth(BOOK);
    floor
}

#[test]
fn a_market_order_walks_the_displayed_book_and_the_rest_is_cancelled() {
    let mut it = floor();
    assert_eq!(it.submit(market(1, Buy, 6)), "1 accepted, 1 taker 4@101 left 2, 1 taker 2@102 left 0");
    let rest = it.submit(market(2, Sell, 10));
    assert_eq!(rest, "2 accepted, 2 taker 5@100 left 5, 2 taker 3@99 left 2, 2 cancelled Unfilled");
    assert_eq!(it.position(), -2);
}

#[test]
fn what_came_before_the_first_event_meets_it() {
    let early = || {
        let mut it = Floor::new(&ExchangeConfig::default());
        it.submit(market(1, Buy, 3));
        it.submit(limit(2, Buy, 1, 100));
        it.submit(OrderRequest { post_only: true, ..limit(3, Buy, 1, 120) });
        it
    };
    let mut it = early();
    let first = it.depth("99:1 | 101:4");
    assert_eq!(first, "1 taker 3@101 left 0, 3 cancelled PostOnlyWouldTake");
    assert_eq!(it.trade(Sell, 99, 1), "2 maker 1@100 left 0");
    let mut it = early();
    assert_eq!(it.trade(Sell, 110, 5), "1 taker 3@110 left 0, 3 cancelled PostOnlyWouldTake");
}

#[test]
fn what_we_took_stays_taken_until_the_feed_touches_the_level() {
    let mut it = floor();
    it.submit(market(1, Buy, 4));
    assert_eq!(it.submit(market(2, Buy, 2)), "2 accepted, 2 taker 2@102 left 0");
    it.depth("| 101:4");
    assert_eq!(it.submit(market(3, Buy, 1)), "3 accepted, 3 taker 1@101 left 0");
}

#[test]
fn beyond_the_book_the_square_root_law_sets_the_price() {
    let beyond = Beyond::Impact { k: 1.0, sigma: 0.02, daily_volume: Qty::new(10_000) };
    let config =
        ExchangeConfig { fills: FillRules { beyond, ..FillRules::default() }, ..ExchangeConfig::default() };
    let mut it = Floor::new(&config);
    it.depth("9999:1 | 10000:1");
    // 0.02 * sqrt(100 / 10_000) = 0.2 % of 10,000.
    assert_eq!(
        it.submit(market(1, Buy, 101)),
        "1 accepted, 1 taker 1@10000 left 100, 1 taker 100@10020 left 0"
    );
}

#[test]
fn a_resting_order_waits_for_its_queue_and_is_filled_in_parts() {
    let mut it = floor();
    assert_eq!(it.submit(limit(1, Buy, 4, 100)), "1 accepted");
    assert_eq!(it.exchange.queue_ahead(OrderId(1)), Some(5.0));
    assert_eq!(it.trade(Sell, 100, 5), "", "the queue before us");
    assert_eq!(it.trade(Sell, 100, 1), "1 maker 1@100 left 3");
    assert_eq!(it.position(), 1, "a resting partial fill reaches the position");
    assert_eq!(it.trade(Sell, 100, 3), "1 maker 3@100 left 0", "exactly what remained");
    assert_eq!(it.trade(Sell, 100, 3), "", "and the order is gone");
    assert_eq!(it.cancel(1), "1 cancel rejected UnknownOrder");
}

#[test]
fn a_resting_partial_fill_reaches_the_profit() {
    let mut it = floor();
    it.submit(limit(1, Buy, 4, 100));
    it.trade(Sell, 100, 7);
    it.submit(limit(2, Sell, 2, 101));
    assert_eq!(it.trade(Buy, 101, 6), "2 maker 2@101 left 0");
    assert_eq!(it.balance(), "2.00000000");
    assert_eq!(it.position(), 0);
}

#[test]
fn a_trade_through_our_price_fills_no_more_than_it_traded() {
    let mut it = floor();
    it.submit(limit(1, Buy, 4, 100));
    assert_eq!(it.trade(Sell, 99, 3), "1 maker 3@100 left 1");
    assert_eq!(it.trade(Sell, 98, 9), "1 maker 1@100 left 0");
}

#[test]
fn the_opposite_best_that_crosses_us_trades_at_our_price_as_far_as_it_is_displayed() {
    let mut it = floor();
    it.submit(limit(1, Buy, 4, 100));
    assert_eq!(it.depth("| 100:3"), "1 maker 3@100 left 1");
    assert_eq!(it.depth("| 102:8"), "", "nothing new is displayed there");
    assert_eq!(it.depth("| 100:1"), "1 maker 1@100 left 0");
}

#[test]
fn of_our_own_orders_the_better_price_meets_the_best_offer_first() {
    let mut it = floor();
    it.submit(limit(1, Buy, 3, 99));
    it.submit(limit(2, Buy, 3, 100));
    let crossed = it.depth("100:0 99:0 | 99:3 100:3");
    assert_eq!(
        crossed, "2 maker 3@100 left 0",
        "the offer at 99 is gone, and the one at 100 is dear for the other"
    );
}

#[test]
fn cancels_ahead_advance_the_queue_by_the_model() {
    let power = |n| FillRules { queue: QueueModel::Power { n }, ..FillRules::default() };
    let ahead = |fills: FillRules| {
        let mut it = Floor::new(&ExchangeConfig { fills, ..ExchangeConfig::default() });
        it.depth("100:10 | 101:5");
        it.submit(limit(1, Buy, 1, 100));
        it.depth("100:20 |");
        it.depth("100:14 |");
        it.exchange.queue_ahead(OrderId(1)).unwrap()
    };
    // Ten before us and ten behind: half of the six that left were before us.
    assert!((ahead(power(2.0)) - 7.0).abs() < 1e-12);
    let log = FillRules { queue: QueueModel::Log, ..FillRules::default() };
    assert!((ahead(log) - 7.0).abs() < 1e-12);
    let averse = FillRules { queue: QueueModel::RiskAverse, ..FillRules::default() };
    assert!((ahead(averse) - 10.0).abs() < 1e-12);
}

#[test]
fn our_own_orders_of_one_price_are_filled_in_the_order_they_came() {
    let mut it = floor();
    it.submit(limit(1, Buy, 2, 100));
    it.submit(limit(2, Buy, 2, 100));
    assert_eq!(it.trade(Sell, 100, 8), "1 maker 2@100 left 0, 2 maker 1@100 left 1");
}

#[test]
fn order_by_order_data_gives_the_exact_place() {
    let mut it = Floor::new(&ExchangeConfig::default());
    it.l3(BookAction::Add, 1, Buy, 100, 5);
    it.l3(BookAction::Add, 2, Buy, 100, 4);
    it.l3(BookAction::Add, 3, Sell, 101, 4);
    it.submit(limit(1, Buy, 3, 100));
    it.l3(BookAction::Add, 4, Buy, 100, 6);
    assert_eq!(it.exchange.queue_ahead(OrderId(1)), Some(9.0));
    it.l3(BookAction::Delete, 4, Buy, 100, 0);
    assert_eq!(it.exchange.queue_ahead(OrderId(1)), Some(9.0), "behind us");
    it.l3(BookAction::Delete, 1, Buy, 100, 0);
    assert_eq!(it.exchange.queue_ahead(OrderId(1)), Some(4.0));
    it.l3(BookAction::Add, 5, Buy, 100, 9);
    assert_eq!(it.l3(BookAction::Fill, 2, Buy, 100, 4), "");
    assert_eq!(it.l3(BookAction::Fill, 5, Buy, 100, 2), "1 maker 2@100 left 1", "behind us: it would be us");
}

#[test]
fn trades_alone_show_the_last_trade_as_the_touch_of_both_sides() {
    let mut it = Floor::new(&ExchangeConfig::default());
    assert_eq!(it.submit(market(1, Buy, 1)), "1 accepted", "waits for the first price");
    it.cancel(1);
    it.trade(Buy, 100, 3);
    assert_eq!(it.submit(market(2, Buy, 5)), "2 accepted, 2 taker 3@100 left 2, 2 cancelled Unfilled");
    it.trade(Buy, 100, 3);
    assert_eq!(it.submit(market(3, Sell, 4)), "3 accepted, 3 taker 3@100 left 1, 3 cancelled Unfilled");
}

#[test]
fn a_trade_through_our_price_fills_us_whoever_took() {
    for (ours, through) in [(Buy, 90), (Sell, 110)] {
        let price = if ours == Buy { 99 } else { 101 };
        for taker in [Buy, Sell] {
            let mut it = Floor::new(&ExchangeConfig::default());
            it.trade(Buy, 100, 3);
            it.submit(limit(1, ours, 25, price));
            let first = format!("1 maker 20@{price} left 5");
            assert_eq!(it.trade(taker, through, 20), first, "{ours:?} by {taker:?}");
            assert_eq!(it.trade(taker, through, 20), format!("1 maker 5@{price} left 0"));
        }
    }
    // Where quotes are known, they say who offers.
    let mut it = Floor::new(&ExchangeConfig::default());
    it.quote("99:5", "101:5");
    it.submit(limit(1, Buy, 2, 100));
    assert_eq!(it.trade(Buy, 98, 20), "");
}

#[test]
fn beyond_a_trade_or_a_quote_the_configured_rule_holds_as_beyond_a_book() {
    let with = |beyond| {
        let fills = FillRules { beyond, ..FillRules::default() };
        let mut trades = Floor::new(&ExchangeConfig { fills: fills.clone(), ..ExchangeConfig::default() });
        trades.trade(Buy, 10_000, 1);
        let mut quotes = Floor::new(&ExchangeConfig { fills, ..ExchangeConfig::default() });
        quotes.quote("9999:1", "10000:1");
        let [a, b] = [&mut trades, &mut quotes].map(|it| it.submit(market(1, Buy, 101)));
        assert_eq!(a, b);
        // Whoever names a limit gets what is displayed, and the rest waits.
        quotes.quote("9999:1", "10000:1");
        assert_eq!(quotes.submit(limit(2, Buy, 3, 10_900)), "2 accepted, 2 taker 1@10000 left 2");
        a
    };
    assert_eq!(with(Beyond::Nothing), "1 accepted, 1 taker 1@10000 left 100, 1 cancelled Unfilled");
    let worse = |ticks| with(Beyond::Worse { ticks });
    assert_eq!(worse(5), "1 accepted, 1 taker 1@10000 left 100, 1 taker 100@10005 left 0");
    assert_eq!(worse(500), "1 accepted, 1 taker 1@10000 left 100, 1 taker 100@10500 left 0");
    let impact = with(Beyond::Impact { k: 1.0, sigma: 0.02, daily_volume: Qty::new(10_000) });
    assert_eq!(impact, "1 accepted, 1 taker 1@10000 left 100, 1 taker 100@10020 left 0");
}

#[test]
fn a_queue_that_the_data_does_not_show_lets_only_trades_through_unless_told_otherwise() {
    let with = |unseen_queue| {
        let fills = FillRules { unseen_queue, ..FillRules::default() };
        let mut it = Floor::new(&ExchangeConfig { fills, ..ExchangeConfig::default() });
        it.trade(Buy, 100, 3);
        it.submit(limit(1, Buy, 4, 99));
        (it.trade(Sell, 99, 2), it.trade(Sell, 98, 9))
    };
    assert_eq!(with(UnseenQueue::ThroughOnly), (String::new(), "1 maker 4@99 left 0".into()));
    assert_eq!(with(UnseenQueue::Empty), ("1 maker 2@99 left 2".into(), "1 maker 2@99 left 0".into()));
}

#[test]
fn quotes_alone_fill_at_the_touch() {
    let mut it = Floor::new(&ExchangeConfig::default());
    it.quote("100:5", "102:4");
    assert_eq!(it.submit(market(1, Buy, 6)), "1 accepted, 1 taker 4@102 left 2, 1 cancelled Unfilled");
    it.submit(limit(2, Buy, 3, 100));
    assert_eq!(it.exchange.queue_ahead(OrderId(2)), Some(5.0));
    assert_eq!(it.quote("98:5", "100:2"), "2 maker 2@100 left 1");
    assert_eq!(it.trade(Sell, 99, 5), "2 maker 1@100 left 0");
}

#[test]
fn post_only_never_takes() {
    let mut it = floor();
    let mut post = limit(1, Buy, 1, 101);
    post.post_only = true;
    assert_eq!(it.submit(post), "1 rejected PostOnlyWouldTake");
    assert_eq!(it.submit(OrderRequest { post_only: true, ..limit(2, Buy, 1, 100) }), "2 accepted");
}

#[test]
fn immediate_or_cancel_expires_and_fill_or_kill_is_all_or_nothing() {
    let mut it = floor();
    let ioc = OrderRequest { time_in_force: TimeInForce::Ioc, ..limit(1, Buy, 6, 101) };
    assert_eq!(it.submit(ioc), "1 accepted, 1 taker 4@101 left 2, 1 expired");
    it.depth("| 101:4");
    let fok = |id, qty| OrderRequest { time_in_force: TimeInForce::Fok, ..limit(id, Buy, qty, 102) };
    assert_eq!(it.submit(fok(2, 14)), "2 rejected FokNotFilled");
    assert_eq!(it.submit(fok(3, 13)), "3 accepted, 3 taker 4@101 left 9, 3 taker 9@102 left 0");
}

#[test]
fn good_till_date_ends_at_its_date() {
    let mut it = floor();
    let until = TimeInForce::Gtd(Timestamp::from_nanos(5_000_000_000));
    it.submit(OrderRequest { time_in_force: until, ..limit(1, Buy, 1, 99) });
    assert_eq!(it.wait(4), "");
    assert_eq!(it.wait(1), "1 expired");
    let late = OrderRequest { time_in_force: until, ..limit(2, Buy, 1, 99) };
    assert_eq!(it.submit(late), "2 rejected Malformed");
}

#[test]
fn stops_and_take_profits_trigger_on_their_own_side_of_the_price() {
    let mut it = floor();
    it.trade(Buy, 100, 1);
    assert_eq!(it.submit(stop(1, Sell, 1, 98)), "1 accepted");
    assert_eq!(it.submit(stop(2, Buy, 1, 103)), "2 accepted");
    assert_eq!(it.submit(take_profit(3, Sell, 1, 104)), "3 accepted");
    assert_eq!(it.submit(take_profit(4, Buy, 1, 97)), "4 accepted");
    assert_eq!(it.submit(stop(5, Sell, 1, 101)), "5 rejected WouldTrigger");
    assert_eq!(it.trade(Buy, 103, 1), "2 triggered, 2 taker 1@101 left 0");
    assert_eq!(it.trade(Buy, 104, 1), "3 triggered, 3 taker 1@100 left 0");
    assert_eq!(it.trade(Sell, 98, 1), "1 triggered, 1 taker 1@100 left 0");
    assert_eq!(it.trade(Sell, 96, 1), "4 triggered, 4 taker 1@101 left 0");
}

#[test]
fn a_stop_limit_rests_at_its_limit_once_triggered() {
    let mut it = floor();
    it.trade(Buy, 100, 1);
    let kind = OrderKind::StopLimit { trigger: Price::new(98), price: Price::new(102) };
    it.submit(order(1, Sell, 2, kind));
    assert_eq!(it.trade(Sell, 97, 1), "1 triggered");
    assert_eq!(it.trade(Buy, 102, 10), "1 maker 1@102 left 1", "nine were displayed before it");
}

#[test]
fn a_trailing_stop_follows_the_best_price_and_turns_with_it() {
    let mut it = Floor::new(&ExchangeConfig::default());
    it.depth("9990:50 | 10010:50");
    it.trade(Buy, 10_000, 1);
    let callback = Rate::from_decimal("0.01".parse().unwrap()).unwrap();
    let kind = OrderKind::TrailingStop { activation: Some(Price::new(10_100)), callback };
    assert_eq!(it.submit(order(1, Sell, 1, kind)), "1 accepted");
    assert_eq!(it.trade(Sell, 9_800, 1), "", "not active before 10,100");
    assert_eq!(it.trade(Buy, 10_100, 1), "");
    assert_eq!(it.trade(Buy, 10_200, 1), "");
    assert_eq!(it.trade(Sell, 10_099, 1), "");
    assert_eq!(it.trade(Sell, 10_098, 1), "1 triggered, 1 taker 1@9990 left 0", "one percent below 10,200");
}

#[test]
fn an_amend_keeps_the_place_only_when_it_shrinks() {
    let mut it = floor();
    it.submit(limit(1, Buy, 4, 100));
    it.trade(Sell, 100, 3);
    let ahead = |it: &Floor| it.exchange.queue_ahead(OrderId(1));
    assert_eq!(ahead(&it), Some(2.0));
    assert_eq!(it.amend(1, None, Some(3)), "1 amended 3@100");
    assert_eq!(ahead(&it), Some(2.0));
    assert_eq!(it.amend(1, None, Some(5)), "1 amended 5@100");
    assert_eq!(ahead(&it), Some(5.0), "back to the end");
    assert_eq!(it.amend(1, Some(101), None), "1 amended 5@101, 1 taker 4@101 left 1");
    assert_eq!(it.amend(1, None, Some(4)), "1 cancelled", "no more than what has filled");
    assert_eq!(it.amend(1, None, Some(9)), "1 amend rejected UnknownOrder");
}

#[test]
fn an_amend_is_judged_by_the_price_band_as_a_new_order_is() {
    let mut one = spec("ONE");
    (one.percent_up, one.percent_down) = (Some("1.1".parse().unwrap()), Some("0.9".parse().unwrap()));
    let mut it = Floor::with([one], &ExchangeConfig::default());
    // No mark is recorded, so the last trade stands for it.
    it.depth("99:5 | 101:5");
    it.trade(Buy, 100, 1);
    assert_eq!(it.submit(limit(1, Sell, 1, 89)), "1 rejected PercentPrice");
    assert_eq!(it.submit(limit(2, Sell, 1, 105)), "2 accepted");
    assert_eq!(it.amend(2, Some(89), None), "2 amend rejected PercentPrice");
}

#[test]
fn a_post_only_amend_that_would_take_cancels() {
    let mut it = floor();
    it.submit(OrderRequest { post_only: true, ..limit(1, Buy, 1, 99) });
    assert_eq!(it.amend(1, Some(101), None), "1 cancelled PostOnlyWouldTake");
}

#[test]
fn reduce_only_closes_no_more_than_there_is_and_ends_with_the_position() {
    let mut it = floor();
    let reduce = |order| OrderRequest { reduce_only: true, ..order };
    assert_eq!(it.submit(reduce(market(1, Sell, 1))), "1 rejected ReduceOnly");
    it.submit(market(2, Buy, 3));
    it.submit(reduce(limit(3, Sell, 9, 103)));
    assert_eq!(
        it.submit(reduce(market(4, Sell, 5))),
        "4 accepted, 4 taker 3@100 left 2, 3 cancelled ReduceOnly, 4 cancelled Unfilled"
    );
    assert_eq!(it.position(), 0);
}

#[test]
fn self_trade_prevention_ends_who_it_says() {
    let with = |self_trade| {
        let mut it = floor();
        it.submit(limit(1, Sell, 2, 101));
        it.submit(OrderRequest { self_trade, ..limit(2, Buy, 6, 101) })
    };
    assert_eq!(
        with(SelfTradePrevention::CancelMaker),
        "2 accepted, 2 taker 4@101 left 2, 1 cancelled SelfTrade"
    );
    assert_eq!(
        with(SelfTradePrevention::CancelTaker),
        "2 accepted, 2 taker 4@101 left 2, 2 cancelled SelfTrade"
    );
    assert_eq!(
        with(SelfTradePrevention::CancelBoth),
        "2 accepted, 2 taker 4@101 left 2, 1 cancelled SelfTrade, 2 cancelled SelfTrade"
    );
    assert_eq!(
        with(SelfTradePrevention::None),
        "2 accepted, 2 taker 4@101 left 2, 1 maker 2@101 left 0, 2 taker 2@101 left 0"
    );
}

#[test]
fn one_cancels_other_by_fill_trigger_and_part() {
    let mut it = floor();
    it.trade(Buy, 100, 1);
    it.submit(in_group(limit(1, Sell, 4, 102), 9, GroupRole::Leg));
    it.submit(in_group(stop(2, Sell, 4, 97), 9, GroupRole::Leg));
    assert_eq!(it.trade(Buy, 102, 10), "1 maker 1@102 left 3, 2 amended 3@97", "a part shrinks the other");
    assert_eq!(it.trade(Buy, 102, 3), "1 maker 3@102 left 0, 2 cancelled Group");
    it.submit(in_group(limit(3, Sell, 4, 102), 9, GroupRole::Leg));
    it.submit(in_group(stop(4, Sell, 4, 97), 9, GroupRole::Leg));
    assert_eq!(it.trade(Sell, 97, 1), "4 triggered, 3 cancelled Group, 4 taker 4@100 left 0");
    assert_eq!(it.cancel(3), "3 cancel rejected UnknownOrder", "the cancel came too late");
}

#[test]
fn of_two_legs_that_one_trade_triggers_only_the_first_trades() {
    let mut it = floor();
    it.trade(Buy, 100, 1);
    it.submit(in_group(stop(1, Sell, 2, 98), 9, GroupRole::Leg));
    it.submit(in_group(stop(2, Sell, 2, 97), 9, GroupRole::Leg));
    assert_eq!(it.trade(Sell, 96, 1), "1 triggered, 2 cancelled Group, 1 taker 2@100 left 0");
    assert_eq!(it.position(), -2);
}

#[test]
fn a_bracket_holds_its_legs_until_the_parent_fills_and_sizes_them_by_it() {
    let mut it = floor();
    it.trade(Buy, 101, 1);
    let reduce = |order| OrderRequest { reduce_only: true, ..order };
    it.submit(in_group(limit(1, Buy, 4, 100), 5, GroupRole::Parent));
    assert_eq!(it.submit(in_group(reduce(limit(2, Sell, 4, 103)), 5, GroupRole::Child)), "2 accepted");
    assert_eq!(it.submit(in_group(reduce(stop(3, Sell, 4, 98)), 5, GroupRole::Child)), "3 accepted");
    assert_eq!(it.trade(Buy, 104, 5), "", "held legs see no price");
    let part = it.trade(Sell, 100, 7);
    assert_eq!(part, "1 maker 2@100 left 2");
    assert_eq!(it.trade(Sell, 100, 2), "1 maker 2@100 left 0, 2 amended 4@103, 3 amended 4@98");
    assert_eq!(it.trade(Buy, 104, 1), "2 maker 1@103 left 3, 3 amended 3@98");
    assert_eq!(it.trade(Sell, 98, 1), "3 triggered, 2 cancelled Group, 3 taker 3@100 left 0");
    assert_eq!(it.position(), 0);
}

#[test]
fn an_exit_whose_price_is_passed_when_the_entry_has_filled_is_refused_as_one_sent_alone_is() {
    let reduce = |order| OrderRequest { reduce_only: true, ..order };
    let mut it = floor();
    it.trade(Buy, 102, 1);
    it.submit(in_group(market(1, Buy, 4), 5, GroupRole::Parent));
    assert_eq!(it.position(), 4);
    assert_eq!(it.submit(reduce(take_profit(2, Sell, 4, 101))), "2 rejected WouldTrigger");
    let target = in_group(reduce(take_profit(3, Sell, 4, 101)), 5, GroupRole::Child);
    assert_eq!(it.submit(target), "3 accepted, 3 expired");
    assert_eq!(it.submit(in_group(reduce(stop(4, Sell, 4, 98)), 5, GroupRole::Child)), "4 accepted");
    assert_eq!(it.trade(Sell, 98, 1), "4 triggered, 4 taker 4@100 left 0", "the stop has stayed");
}

#[test]
fn a_parent_that_ends_unfilled_takes_its_legs_along() {
    let mut it = floor();
    it.submit(in_group(limit(1, Buy, 4, 100), 5, GroupRole::Parent));
    it.submit(in_group(limit(2, Sell, 4, 103), 5, GroupRole::Child));
    assert_eq!(it.cancel(1), "1 cancelled, 2 cancelled Group");
    assert_eq!(it.submit(in_group(limit(3, Sell, 4, 103), 5, GroupRole::Child)), "3 rejected Malformed");
}

#[test]
fn an_id_is_taken_while_its_order_is_open_or_for_a_day() {
    let mut it = floor();
    it.submit(limit(1, Buy, 1, 99));
    assert_eq!(it.submit(limit(1, Buy, 1, 99)), "1 rejected DuplicateId");
    it.cancel(1);
    assert_eq!(it.submit(limit(1, Buy, 1, 99)), "1 accepted");
    let config = ExchangeConfig { ids: IdRule::Remembered(Span::DAY), ..ExchangeConfig::default() };
    let mut it = Floor::new(&config);
    it.depth(BOOK);
    it.submit(limit(1, Buy, 1, 99));
    it.cancel(1);
    assert_eq!(it.submit(limit(1, Buy, 1, 99)), "1 rejected DuplicateId");
    it.wait(86_400);
    assert_eq!(it.submit(limit(1, Buy, 1, 99)), "1 accepted");
}

#[test]
fn the_rate_limit_refuses_and_refills() {
    let limits = RateLimits { orders_10s: 2, orders_1m: 5, weight_1m: 0 };
    let mut it = Floor::new(&ExchangeConfig { limits, ..ExchangeConfig::default() });
    it.depth(BOOK);
    let mut id = 0;
    let mut send = |it: &mut Floor| {
        id += 1;
        it.submit(limit(id, Buy, 1, 99)).ends_with("accepted")
    };
    assert_eq!([send(&mut it), send(&mut it), send(&mut it)], [true, true, false]);
    it.wait(5);
    assert_eq!([send(&mut it), send(&mut it)], [true, false], "one token in five seconds");
    assert_eq!(it.cancel(1), "1 cancelled", "cancels are no orders");
}

#[test]
fn a_halted_instrument_takes_cancels_only_and_a_delisted_one_drops_its_orders() {
    let mut it = floor();
    it.submit(limit(1, Buy, 1, 99));
    it.submit(limit(2, Buy, 1, 98));
    it.status(TradingStatus::Halted);
    assert_eq!(it.submit(limit(3, Buy, 1, 99)), "3 rejected NotTrading");
    assert_eq!(it.amend(1, None, Some(2)), "1 amend rejected NotTrading");
    assert_eq!(it.cancel(1), "1 cancelled");
    assert_eq!(it.status(TradingStatus::Delisted), "2 cancelled Venue");
}

#[test]
fn fees_follow_the_volume_of_thirty_days() {
    let bp = |n: i64| Rate::new(n * Rate::ONE / 10_000);
    let tier = |volume: i64, maker: i64, taker: i64| FeeTier {
        volume: floor::coins(volume),
        maker: bp(maker),
        taker: bp(taker),
    };
    let fees = vec![tier(0, 2, 5), tier(1_000, -1, 3)];
    let mut it = Floor::new(&ExchangeConfig { fees, ..ExchangeConfig::default() });
    it.depth("100:50 | 101:50");
    let fee = |it: &Floor| -it.exchange.ledger().wallet(it.settle()).brought_by(scalp_ledger::Cause::Fee);
    it.submit(market(1, Buy, 10));
    assert_eq!(fee(&it).to_string(), "0.50500000", "five basis points of 1,010");
    it.submit(market(2, Buy, 10));
    assert_eq!(fee(&it).to_string(), "1.01000000", "the step is settled once a day");
    it.wait(86_400);
    it.submit(market(3, Buy, 10));
    assert_eq!(fee(&it).to_string(), "1.31300000", "three basis points now");
    it.submit(limit(4, Buy, 1, 100));
    it.trade(Sell, 99, 1);
    assert_eq!(fee(&it).to_string(), "1.30300000", "a rebate for resting");
    it.wait(31 * 86_400);
    it.submit(market(5, Buy, 10));
    assert_eq!((fee(&it) - Money::new(130_300_000)).to_string(), "0.50500000", "and the volume is forgotten");
}

#[test]
fn without_partial_fills_an_order_fills_whole_when_its_turn_comes() {
    let fills = FillRules { size: FillSize::Whole, ..FillRules::default() };
    let mut it = Floor::new(&ExchangeConfig { fills, ..ExchangeConfig::default() });
    it.depth(BOOK);
    it.submit(limit(1, Buy, 40, 100));
    assert_eq!(it.trade(Sell, 100, 5), "");
    assert_eq!(it.trade(Sell, 100, 1), "1 maker 40@100 left 0");
    assert_eq!(it.submit(market(2, Sell, 70)), "2 accepted, 2 taker 70@100 left 0");
}
