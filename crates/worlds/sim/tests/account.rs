//! The account at the venue: funding, margin before a trade, liquidation, debts.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod floor;

use Side::{Buy, Sell};
use floor::{Floor, ONE, coins, limit, market, spec, stop, tier};
use scalp_ledger::MarginTerms;
use scalp_sim::{Beyond, ExchangeConfig, FillRules, MarginRules};
use scalp_types::{AssetId, InstrumentId, MarginMode, Side, VenueRequest};

const Q: AssetId = AssetId(1);

/// A wallet of 1,000 and ten times leverage; this share of a position goes in each step of a liquidation.
fn config(mode: MarginMode, liquidation_share: f64) -> ExchangeConfig {
    let terms = MarginTerms { mode, leverage: 10 };
    ExchangeConfig {
        balances: vec![(Q, coins(1_000))],
        margin: MarginRules { enforced: true, terms, liquidation_share, ..MarginRules::default() },
        ..ExchangeConfig::default()
    }
}

/// Two instruments with five percent maintenance; the first has a liquidation fee of one percent.
fn floor(mode: MarginMode) -> Floor {
    let mut one = spec("ONE");
    one.margin_tiers = vec![tier("0", "0.05", 20), tier("8000", "0.1", 5)];
    one.liquidation_fee = "0.01".parse().unwrap();
    let mut two = spec("TWO");
    two.margin_tiers = vec![tier("0", "0.05", 20)];
    let mut floor = Floor::with([one, two], &config(mode, 1.0));
    assert_eq!(floor.settle(), Q);
    floor.depth("99:1000 98:1000 | 100:1000 101:1000");
    floor
}

#[test]
fn an_order_needs_free_margin_and_open_orders_reserve_it() {
    let mut it = floor(MarginMode::Cross);
    assert_eq!(it.submit(market(1, Buy, 79)), "1 accepted, 1 taker 79@100 left 0");
    // 790 tied up (at the mid of 99), a loss of 79 open: 139 are free.
    assert_eq!(it.submit(limit(2, Buy, 15, 90)), "2 rejected Leverage", "8,000 is above ten times");
    assert_eq!(it.submit(limit(3, Sell, 79, 103)), "3 accepted", "closing needs no margin");
    let mut it = floor(MarginMode::Cross);
    it.mark(100);
    assert_eq!(it.submit(limit(1, Buy, 50, 90)), "1 accepted");
    assert_eq!(it.submit(limit(2, Buy, 62, 90)), "2 rejected InsufficientMargin");
    assert_eq!(it.submit(limit(3, Buy, 61, 90)), "3 accepted", "450 and 549 of 1,000");
    assert_eq!(it.amend(3, Some(95), None), "3 amend rejected InsufficientMargin");
    it.cancel(1);
    assert_eq!(it.amend(3, Some(95), None), "3 amended 61@95");
}

#[test]
fn funding_is_paid_by_the_long_at_the_recorded_mark() {
    let mut it = floor(MarginMode::Cross);
    it.submit(market(1, Buy, 10));
    assert_eq!(it.funding("0.001", Some(110)), "funding -1.10000000 at 110");
    assert_eq!(it.funding("-0.001", None), "funding 0.99000000 at 99", "the mid where no mark is recorded");
    assert_eq!(it.balance(), "999.89000000");
    it.submit(market(2, Sell, 10));
    assert_eq!(it.funding("0.001", Some(110)), "", "flat");
}

#[test]
fn a_position_that_eats_its_margin_is_closed_with_a_fee_after_its_orders() {
    let mut it = floor(MarginMode::Cross);
    it.mark(100);
    it.submit(market(1, Buy, 70));
    it.submit(limit(2, Sell, 1, 120));
    it.depth("99:0 98:0 90:1000 | 100:0 101:0 92:1000");
    assert_eq!(it.mark(91), "", "equity 370, maintenance 318.5");
    assert_eq!(
        it.mark(90),
        "2 cancelled Liquidation, liquidated 70 fee 63.00000000, forced taker 70@90 left 0",
        "equity 300, maintenance 315"
    );
    assert_eq!(it.position(), 0);
    assert_eq!(it.balance(), "237.00000000");
}

#[test]
fn a_fall_beyond_the_wallet_is_covered_visibly() {
    let mut it = floor(MarginMode::Cross);
    it.mark(100);
    it.submit(market(1, Buy, 70));
    it.depth("99:0 98:0 50:1000 | 100:0 101:0 52:1000");
    assert_eq!(
        it.mark(51),
        "liquidated 70 fee 0.00000000, forced taker 70@50 left 0, bankruptcy 2500.00000000"
    );
    assert_eq!(it.balance(), "0.00000000");
}

#[test]
fn an_isolated_position_dies_alone() {
    let mut it = floor(MarginMode::Isolated);
    it.mark(100);
    it.submit(market(1, Buy, 50));
    it.depth("99:0 98:0 94:1000 | 100:0 101:0 95:1000");
    assert_eq!(it.mark(96), "", "500 set aside, 200 lost, 240 needed");
    assert_eq!(
        it.mark(94),
        "liquidated 50 fee 47.00000000, forced taker 50@94 left 0",
        "200 left, 235 needed"
    );
    assert_eq!(it.balance(), "653.00000000", "the rest of the wallet is as it was");
}

#[test]
fn an_isolated_position_costs_its_own_margin_at_most_however_far_the_price_jumps() {
    let mut it = floor(MarginMode::Isolated);
    it.mark(100);
    it.submit(market(1, Buy, 50));
    it.depth("99:0 98:0 50:1000 | 100:0 101:0 52:1000");
    assert_eq!(
        it.mark(51),
        "liquidated 50 fee 0.00000000, forced taker 50@50 left 0, bankruptcy 2000.00000000",
        "2,500 lost, 500 of them set aside"
    );
    assert_eq!(it.balance(), "500.00000000", "the other half of the wallet is as it was");
    // Where the margin covers the loss but not the whole fee, the fee is what is left of it.
    let mut it = floor(MarginMode::Isolated);
    it.mark(100);
    it.submit(market(1, Buy, 50));
    it.depth("99:0 98:0 91:20 90:1000 | 100:0 101:0 92:1000");
    assert_eq!(
        it.mark(91),
        "liquidated 50 fee 20.00000000, forced taker 20@91 left 30, forced taker 30@90 left 0",
        "480 of the 500 are lost"
    );
    assert_eq!(it.balance(), "500.00000000");
}

#[test]
fn funding_beyond_the_margin_of_an_isolated_position_is_not_taken_from_the_rest_of_the_wallet() {
    let mut it = floor(MarginMode::Isolated);
    it.mark(100);
    it.submit(market(1, Buy, 50));
    assert_eq!(
        it.funding("0.12", Some(100)),
        "funding -600.00000000 at 100, liquidated 50 fee 0.00000000, forced taker 50@99 left 0, bankruptcy 150.00000000",
        "500 were set aside; 600 are owed and 50 lost at the exit"
    );
    assert_eq!(it.balance(), "500.00000000", "the other half of the wallet is as it was");
    // Open profit carries it, whether the position is then closed whole or in part.
    for parts in [[50, 0], [20, 30]] {
        let mut it = floor(MarginMode::Isolated);
        it.mark(100);
        it.submit(market(1, Buy, 50));
        it.depth("120:1000 | 121:1000");
        it.mark(120);
        assert_eq!(it.funding("0.1", Some(120)), "funding -600.00000000 at 120");
        for (n, qty) in parts.into_iter().enumerate().filter(|it| it.1 > 0) {
            let id = n as u64 + 2;
            assert!(!it.submit(market(id, Sell, qty)).contains("bankruptcy"));
        }
        assert_eq!(it.balance(), "1400.00000000", "1,000 won and 600 paid");
    }
    // A loss of our own making: what was paid in funding counts, too.
    let mut it = floor(MarginMode::Isolated);
    it.mark(100);
    it.submit(market(1, Buy, 50));
    it.mark(120);
    assert_eq!(it.funding("0.1", Some(120)), "funding -600.00000000 at 120");
    assert_eq!(
        it.submit(market(2, Sell, 50)),
        "2 accepted, 2 taker 50@99 left 0, bankruptcy 150.00000000",
        "the book is far below the mark"
    );
    assert_eq!(it.balance(), "500.00000000");
}

#[test]
fn an_isolated_liquidation_in_steps_costs_no_more() {
    let mut one = spec("ONE");
    one.margin_tiers = vec![tier("0", "0.05", 20)];
    one.liquidation_fee = "0.01".parse().unwrap();
    let mut it = Floor::with([one], &config(MarginMode::Isolated, 0.25));
    it.depth("99:1000 | 100:1000");
    it.mark(100);
    it.submit(market(1, Buy, 60));
    it.depth("99:0 95:15 70:1000 | 100:0 96:1000");
    let told = it.mark(92);
    assert!(told.contains("bankruptcy"), "{told}");
    assert_eq!(it.position(), 0);
    assert_eq!(it.balance(), "400.00000000", "600 were set aside");
    assert_eq!(it.exchange.ledger().audit(&it.instruments), Ok(()));
}

#[test]
fn a_stop_of_our_own_that_fills_beyond_the_margin_costs_an_isolated_position_no_more() {
    let mut it = floor(MarginMode::Isolated);
    it.mark(100);
    it.submit(market(1, Buy, 50));
    it.submit(stop(2, Sell, 50, 95));
    it.depth("99:0 98:0 88:25 80:1000 | 100:0 101:0 96:1000");
    // The mark has not moved, so the position is not liquidated; the last trade triggers the stop.
    assert_eq!(
        it.trade(Sell, 95, 1),
        "2 triggered, 2 taker 25@88 left 25, 2 taker 25@80 left 0, bankruptcy 300.00000000",
        "800 lost, 500 of them set aside: the fills of one event stand together"
    );
    assert_eq!(it.balance(), "500.00000000");
    assert_eq!(it.exchange.ledger().audit(&it.instruments), Ok(()));
}

#[test]
fn a_mark_takes_the_position_before_it_triggers_its_stop() {
    let mut it = floor(MarginMode::Isolated);
    it.mark(100);
    it.submit(market(1, Buy, 50));
    let by_mark = scalp_types::OrderRequest {
        trigger_source: scalp_types::TriggerSource::Mark,
        ..stop(2, Sell, 50, 95)
    };
    it.submit(by_mark);
    it.depth("99:0 98:0 50:1000 | 100:0 101:0 52:1000");
    assert_eq!(
        it.mark(51),
        "2 cancelled Liquidation, liquidated 50 fee 0.00000000, forced taker 50@50 left 0, \
         bankruptcy 2000.00000000"
    );
    assert_eq!(it.balance(), "500.00000000");
}

#[test]
fn a_liquidation_in_steps_stops_when_the_margin_suffices() {
    let mut one = spec("ONE");
    one.margin_tiers = vec![tier("0", "0.05", 20)];
    let mut it = Floor::with([one], &config(MarginMode::Cross, 0.25));
    it.depth("99:1000 | 100:1000");
    it.mark(100);
    it.submit(market(1, Buy, 80));
    it.depth("99:0 92:1000 | 100:0 93:1000");
    assert_eq!(
        it.mark(92),
        "liquidated 20 fee 0.00000000, forced taker 20@92 left 0",
        "360 kept 368 from 276"
    );
    assert_eq!(it.position(), 60);
}

#[test]
fn two_positions_share_a_cross_wallet() {
    let mut it = floor(MarginMode::Cross);
    let two = InstrumentId(1);
    it.mark(100);
    let bid = scalp_types::Level { price: scalp_types::Price::new(99), qty: scalp_types::Qty::new(500) };
    let ask = scalp_types::Level { price: scalp_types::Price::new(100), qty: scalp_types::Qty::new(500) };
    it.market_of(two, scalp_types::MarketBody::Quote(scalp_types::Quote { id: 0, bid, ask }));
    it.submit(market(1, Buy, 40));
    let sell = scalp_types::OrderRequest { instrument: two, ..market(2, Sell, 40) };
    assert_eq!(it.send(VenueRequest::Submit(sell)), "2 accepted, 2 taker 40@99 left 0");
    // Long one, short two: what one loses, the other does not win here, because its mark stays.
    assert_eq!(it.mark(85), "", "400 against 170 and 198");
    assert!(it.mark(84).ends_with("forced taker 40@99 left 0"), "360 against 168 and 198");
    assert_eq!(it.exchange.ledger().position(ONE).qty.get(), 0);
    assert_eq!(it.exchange.ledger().position(two).qty.get(), -40, "the other one may stay");
}

#[test]
fn without_margin_rules_the_wallet_may_go_below_zero() {
    let mut it = Floor::new(&ExchangeConfig::default());
    it.depth("99:1000 | 100:1000");
    it.submit(market(1, Buy, 70));
    it.submit(market(2, Sell, 70));
    assert_eq!(it.balance(), "-70.00000000");
}

#[test]
fn a_liquidation_larger_than_what_is_displayed_pays_for_the_rest() {
    let with = |beyond, mode, ours: Side, against: i64| {
        let mut one = spec("ONE");
        one.margin_tiers = vec![tier("0", "0.05", 20)];
        let fills = FillRules { beyond, ..FillRules::default() };
        let mut it = Floor::with([one], &ExchangeConfig { fills, ..config(mode, 1.0) });
        let at = |step: i64| 1_000 + ours.sign() * step;
        // Trades of five show five lots of nine.
        it.trade(ours, at(0), 100);
        assert_eq!(it.submit(market(1, ours, 9)), "1 accepted, 1 taker 9@1000 left 0");
        let told = it.trade(ours.opposite(), at(-against), 5);
        assert_eq!(it.exchange.ledger().audit(&it.instruments), Ok(()));
        (told, it.balance(), it.position())
    };
    let liquidated = |beyond, mode, ours, against| with(beyond, mode, ours, against).0;
    // 100 are set aside for each lot.
    let isolated = MarginMode::Isolated;
    assert_eq!(
        liquidated(Beyond::Worse { ticks: 7 }, isolated, Buy, 60),
        "liquidated 9 fee 0.00000000, forced taker 5@940 left 4, forced taker 4@933 left 0"
    );
    assert_eq!(
        liquidated(Beyond::Worse { ticks: 7 }, isolated, Sell, 60),
        "liquidated -9 fee 0.00000000, forced taker 5@1060 left 4, forced taker 4@1067 left 0"
    );
    // Nobody displays the rest: the fund takes it over at the price at which nothing is left.
    assert_eq!(
        liquidated(Beyond::Nothing, isolated, Buy, 60),
        "liquidated 9 fee 0.00000000, forced taker 5@940 left 4, forced taker 4@900 left 0"
    );
    assert_eq!(
        liquidated(Beyond::Nothing, isolated, Sell, 60),
        "liquidated -9 fee 0.00000000, forced taker 5@1060 left 4, forced taker 4@1100 left 0"
    );
    // What is displayed is worse than that: the fund pays nobody a better price.
    let far = liquidated(Beyond::Nothing, isolated, Buy, 150);
    assert!(far.contains("forced taker 5@850 left 4, forced taker 4@850 left 0, bankruptcy 450"), "{far}");
    // Cross, the whole wallet of 1,000 carries it: 500 are lost on five lots, 500 carry four.
    let (told, balance, held) = with(Beyond::Nothing, MarginMode::Cross, Buy, 100);
    assert!(told.ends_with("forced taker 5@900 left 4, forced taker 4@875 left 0"), "{told}");
    assert_eq!((&*balance, held), ("0.00000000", 0));
    // What five lots at the displayed price bring is enough: 280 of equity against 184.
    let (told, balance, held) = with(Beyond::Nothing, MarginMode::Cross, Buy, 80);
    assert_eq!(told, "liquidated 5 fee 0.00000000, forced taker 5@920 left 4");
    assert_eq!((&*balance, held), ("600.00000000", 4));
}
