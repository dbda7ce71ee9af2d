//! The laws of an order's life under any answers in any order.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod support;

use proptest::prelude::*;
use scalp_execution::{CancelOutcome, Change, GroupsBy, Orders};
use scalp_types::{OrderBody, OrderId, OrderStatus, Price, Qty, RejectReason, Side, StateHash};
use support::{BTC, Desk, at, cancelled, fill, limit};

/// Answers to one order of 100 lots, among them at least one end.
fn answers() -> impl Strategy<Value = Vec<OrderBody>> {
    let cuts = prop::collection::vec(1..99_i64, 0..6);
    let noise = prop::collection::vec(0..8_u8, 0..8);
    (cuts, noise, any::<bool>()).prop_map(|(mut cuts, noise, whole)| {
        cuts.extend([0, 100]);
        cuts.sort_unstable();
        cuts.dedup();
        let mut all = vec![OrderBody::Accepted];
        for (n, pair) in cuts.windows(2).enumerate() {
            let remaining = 100 - pair[1];
            all.push(OrderBody::Filled(fill(n as u64, Side::Buy, pair[1] - pair[0], remaining)));
        }
        if !whole {
            all.pop();
            all.push(cancelled());
        }
        all.extend(noise.iter().map(|kind| match kind {
            0 => OrderBody::Accepted,
            1 => OrderBody::Triggered,
            2 => OrderBody::CancelRejected(RejectReason::UnknownOrder),
            3 => OrderBody::AmendRejected(RejectReason::RateLimit),
            4 => OrderBody::Rejected(RejectReason::Unavailable),
            5 => OrderBody::Rejected(RejectReason::DuplicateId),
            6 => OrderBody::Expired { filled: Qty::ZERO },
            _ => OrderBody::Amended { price: Price::new(98), qty: Qty::new(100) },
        }));
        let copies: Vec<OrderBody> = all.iter().step_by(2).copied().collect();
        all.extend(copies);
        all
    })
}

fn shuffled() -> impl Strategy<Value = Vec<OrderBody>> {
    answers().prop_flat_map(|all| Just(all).prop_shuffle())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn an_order_ends_exactly_once_and_each_fill_counts_once(answers in shuffled(), cancel_at in 0..40_usize) {
        let mut desk = Desk::new(GroupsBy::Venue);
        let id = desk.submit(limit(1, Side::Buy, 100, 99), at(0));
        let mut distinct = std::collections::BTreeMap::new();
        let mut ends = 0;
        for (n, body) in answers.iter().enumerate() {
            if n == cancel_at {
                // An order that waits to be sent again is not at the venue: its cancel ends it on the spot.
                let outcome = desk.orders.cancel(id, at(10), &mut desk.out);
                ends += usize::from(outcome == CancelOutcome::Dropped);
            }
            if let OrderBody::Filled(fill) = body {
                distinct.insert(fill.trade, fill.qty.get());
            }
            let was_open = desk.orders.get(id).is_some();
            let change = desk.answer(id, *body, at(10 + n as i64));
            ends += usize::from(change.ended.is_some());
            prop_assert!(was_open || change.ended.is_none(), "ended once, it stays ended");
            prop_assert_eq!(desk.orders.get(id).is_some(), was_open && change.ended.is_none());
            if let Some(end) = change.ended {
                prop_assert!(end.order.status.is_terminal());
                prop_assert_eq!(change.change, Change::Ended(end.order.status));
            }
        }
        prop_assert_eq!(ends, 1);
        prop_assert_eq!(desk.position, distinct.values().sum::<i64>(), "the sum of fills is the position");
        prop_assert!(desk.orders.is_empty() && desk.orders.open(BTC).is_empty());
        prop_assert_eq!(desk.orders.exposure(BTC), scalp_risk::Exposure::default());
    }

    #[test]
    fn a_snapshot_goes_on_like_the_original(answers in shuffled(), cut in 0..30_usize) {
        let mut desk = Desk::new(GroupsBy::Us);
        let id = desk.submit(limit(1, Side::Buy, 100, 99), at(0));
        desk.submit(limit(2, Side::Sell, 7, 105), at(0));
        let mut restored: Option<Orders> = None;
        for (n, body) in answers.iter().enumerate() {
            if n == cut {
                let bytes = postcard::to_stdvec(&desk.orders).unwrap();
                restored = Some(postcard::from_bytes(&bytes).unwrap());
            }
            let now = at(10 + n as i64);
            let change = desk.answer(id, *body, now);
            if let Some(orders) = &mut restored {
                let event = scalp_types::OrderEvent { order: id, instrument: BTC, exchange_at: now, body: *body };
                prop_assert_eq!(orders.on_event(&event, now, &mut desk.out), change);
            }
        }
        if let Some(orders) = restored {
            let [mut a, mut b] = [StateHash::default(); 2];
            orders.digest(&mut a);
            desk.orders.digest(&mut b);
            prop_assert_eq!(a, b);
            prop_assert_eq!(orders.open(BTC), desk.orders.open(BTC));
            prop_assert_eq!(orders.len(), desk.orders.len());
        }
    }
}

#[test]
fn a_fill_exactly_equal_to_the_remaining_quantity_ends_the_order() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let id = desk.submit(limit(1, Side::Buy, 10, 99), at(0));
    assert_eq!(desk.fill(id, Side::Buy, 4, 6).change, Change::PartlyFilled);
    assert_eq!(desk.orders.exposure(BTC).open_buy, Qty::new(6));
    // The venue's own count is off here: what we have counted ends it all the same.
    let change = desk.fill(id, Side::Buy, 6, 1);
    assert_eq!(change.change, Change::Ended(OrderStatus::Filled));
    assert_eq!(change.ended.unwrap().quality.traded, 1_000);
}

#[test]
fn a_late_reply_never_revives_an_order_but_a_late_fill_is_booked() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let id = desk.submit(limit(1, Side::Buy, 10, 99), at(0));
    desk.answer(id, OrderBody::Accepted, at(1));
    desk.answer(id, cancelled(), at(2));
    for body in [OrderBody::Accepted, OrderBody::Triggered, cancelled()] {
        assert_eq!(desk.answer(id, body, at(3)).change, Change::Late);
    }
    let late = desk.fill(id, Side::Buy, 3, 7);
    assert_eq!(
        (late.change, late.fill.map(|it| it.qty), desk.position),
        (Change::Late, Some(Qty::new(3)), 3)
    );
    assert!(desk.orders.is_empty());
    let stranger = OrderId(99 << 16);
    assert_eq!(desk.answer(stranger, OrderBody::Accepted, at(4)).change, Change::Foreign);
    assert_eq!((desk.orders.counters().late, desk.orders.counters().foreign), (4, 1));
}

#[test]
fn cancelling_twice_equals_cancelling_once() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let id = desk.submit(limit(1, Side::Buy, 10, 99), at(0));
    desk.answer(id, OrderBody::Accepted, at(1));
    desk.sent();
    assert_eq!(desk.orders.cancel(id, at(2), &mut desk.out), CancelOutcome::Sent);
    assert_eq!(desk.orders.cancel(id, at(3), &mut desk.out), CancelOutcome::Already);
    assert_eq!(desk.sent().len(), 1);
    desk.answer(id, cancelled(), at(4));
    assert_eq!(desk.orders.cancel(id, at(5), &mut desk.out), CancelOutcome::Gone);
    assert!(desk.sent().is_empty());
}
