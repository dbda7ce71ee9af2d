//! Orders come and go without an allocation once the table is warm.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod support;

use allocation_counter::measure;
use scalp_execution::GroupsBy;
use scalp_types::{OrderBody, Side};
use support::{BTC, Desk, at, cancelled, fill, limit};

#[test]
fn fifty_thousand_orders_are_reviewed_sent_filled_and_cancelled_without_an_allocation() {
    let mut desk = Desk::new(GroupsBy::Us);
    let round = |desk: &mut Desk, n: u64| {
        desk.orders.begin(n);
        let now = at(n as i64);
        let first = desk.submit(limit(1, Side::Buy, 10, 99), now);
        let second = desk.submit(limit(2, Side::Sell, 10, 101), now);
        for id in [first, second] {
            desk.answer(id, OrderBody::Accepted, now);
        }
        desk.answer(first, OrderBody::Filled(fill(2 * n, Side::Buy, 4, 6)), now);
        desk.answer(first, OrderBody::Filled(fill(2 * n + 1, Side::Buy, 6, 0)), now);
        desk.orders.cancel(second, now, &mut desk.out);
        desk.answer(second, cancelled(), now);
        desk.orders.on_time(now, &mut desk.out);
        assert!(desk.orders.exposure(BTC).orders == 0);
        desk.out.drain();
    };
    let warm_up = 20_000;
    (0..warm_up).for_each(|n| round(&mut desk, n));
    let cost = measure(|| (warm_up..warm_up + 25_000).for_each(|n| round(&mut desk, n)));
    assert_eq!(cost.count_total, 0);
    assert_eq!(desk.orders.counters().submits, 90_000);
}
