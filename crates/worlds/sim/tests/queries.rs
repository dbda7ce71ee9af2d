//! Questions to the venue: what it says about orders and the account, what it costs, and what gets lost.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod floor;

use Side::{Buy, Sell};
use floor::{Floor, limit, market, stop};
use scalp_sim::{ANSWER_FILLS_MAX, ExchangeConfig, FaultRules, ORDERS_KEPT_MAX, RateLimits};
use scalp_types::{OrderRequest, Side, TimeInForce, Timestamp};

fn open_floor() -> Floor {
    let mut it = Floor::new(&ExchangeConfig::default());
    it.depth("99:1000 98:1000 | 100:10 101:1000");
    it
}

#[test]
fn an_order_is_told_with_its_fills_and_where_it_stands() {
    let mut it = open_floor();
    assert_eq!(it.look_up(1), "1 rejected UnknownOrder", "nobody has heard of it");
    it.submit(limit(1, Buy, 30, 100));
    assert_eq!(it.look_up(1), "1 past taker 10@100 left 20, 1 listed 30@100");
    it.amend(1, Some(98), Some(25));
    assert_eq!(it.look_up(1), "1 past taker 10@100 left 20, 1 listed 25@98", "as it was changed");
    it.cancel(1);
    assert_eq!(it.look_up(1), "1 past taker 10@100 left 20, 1 cancelled");
    it.submit(market(2, Sell, 10));
    assert_eq!(it.look_up(2), "2 past taker 10@99 left 0", "the last fill says that it is over");
    it.submit(OrderRequest { time_in_force: TimeInForce::Ioc, ..limit(3, Buy, 5, 90) });
    assert_eq!(it.look_up(3), "3 expired");
    it.submit(stop(4, Buy, 5, 120));
    assert_eq!(it.look_up(4), "4 listed 5@market");
    assert_eq!(it.submit(limit(5, Buy, 0, 90)), "5 rejected Malformed");
    assert_eq!(it.look_up(5), "5 rejected UnknownOrder", "what was refused was never an order");
}

#[test]
fn a_statement_tells_fills_from_a_place_on_and_open_orders_and_what_is_held() {
    let mut it = open_floor();
    it.submit(limit(1, Buy, 30, 100));
    it.submit(market(2, Buy, 4));
    assert_eq!(
        it.statement(0),
        "1 past taker 10@100 left 20, 2 past taker 4@101 left 0, 1 listed 30@100, \
         statement 14 cash -1404.00000000 upto 2"
    );
    assert_eq!(
        it.statement(1),
        "2 past taker 4@101 left 0, 1 listed 30@100, statement 14 cash -1404.00000000 upto 2"
    );
    assert_eq!(it.statement(2), "1 listed 30@100, statement 14 cash -1404.00000000 upto 2");
}

#[test]
fn more_fills_than_one_answer_holds_are_told_in_the_next() {
    let mut it = open_floor();
    let all = ANSWER_FILLS_MAX as u64 + 5;
    for id in 0..all {
        it.depth("99:1000 | 101:1000");
        it.submit(market(id, if id % 2 == 0 { Buy } else { Sell }, 1));
    }
    let first = it.statement(0);
    assert_eq!(first.matches("past").count(), ANSWER_FILLS_MAX);
    assert!(first.ends_with(&format!("upto {ANSWER_FILLS_MAX} more")), "{}", &first[first.len() - 80..]);
    let rest = it.statement(ANSWER_FILLS_MAX as u64);
    assert_eq!(rest.matches("past").count(), 5);
    assert!(rest.ends_with(&format!("upto {all}")), "{rest}");
}

#[test]
fn the_venue_forgets_the_oldest_of_many_ended_orders() {
    let mut it = open_floor();
    for id in 1..=ORDERS_KEPT_MAX as u64 + 1 {
        it.submit(limit(id, Buy, 1, 90));
        it.cancel(id);
    }
    assert_eq!(it.look_up(1), "1 rejected UnknownOrder");
    assert_eq!(it.look_up(2), "2 cancelled");
}

#[test]
fn questions_weigh_on_the_request_limit_and_are_not_answered_beyond_it_or_in_an_outage() {
    let limits = RateLimits { weight_1m: 20, ..RateLimits::default() };
    let mut it = Floor::new(&ExchangeConfig { limits, ..ExchangeConfig::default() });
    it.depth("99:1000 | 100:1000");
    assert_eq!(it.look_up(1), "1 rejected UnknownOrder", "6 of 20");
    assert_eq!(it.statement(0), "", "16 more than are left");
    assert_eq!(it.look_up(1), "1 rejected UnknownOrder");
    assert_eq!(it.look_up(1), "1 rejected UnknownOrder");
    assert_eq!(it.look_up(1), "", "2 are left");
    it.wait(60);
    assert!(it.statement(0).starts_with("statement 0"));
    let for_ever = (Timestamp::MIN, Timestamp::MAX);
    let faults = FaultRules { outages: vec![for_ever], ..FaultRules::default() };
    let mut it = Floor::new(&ExchangeConfig { faults, ..ExchangeConfig::default() });
    assert_eq!((it.look_up(1).as_str(), it.statement(0).as_str()), ("", ""));
    assert_eq!(it.exchange.counts().queries, 2);
}
