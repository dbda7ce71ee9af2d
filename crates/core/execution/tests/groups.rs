//! Groups worked out by us, for venues that have none.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod support;

use proptest::prelude::*;
use scalp_execution::{Change, Effect, GroupsBy};
use scalp_types::{
    GroupRole, OrderBody, OrderId, OrderKind, OrderStatus, Qty, RejectReason, Side, VenueRequest,
};
use support::{BTC, Desk, at, cancelled, limit, linked, stop};

const ENTRY: u64 = 1;
const TARGET: u64 = 2;
const STOP: u64 = 3;

/// A bracket of 10: buy at 99, target 110, stop 90. Everything sent so far is accepted.
fn bracket() -> (Desk, [OrderId; 3]) {
    let mut desk = Desk::new(GroupsBy::Us);
    let parent = desk.submit(linked(limit(ENTRY, Side::Buy, 10, 99), GroupRole::Parent), at(0));
    let target = desk.submit(linked(limit(TARGET, Side::Sell, 10, 110), GroupRole::Child), at(0));
    let stop = desk.submit(linked(stop(STOP, Side::Sell, 10, 90), GroupRole::Child), at(0));
    desk.answer(parent, OrderBody::Accepted, at(1));
    (desk, [parent, target, stop])
}

fn submitted(sent: &[VenueRequest]) -> Vec<(OrderId, i64)> {
    let of = |it: &VenueRequest| match it {
        VenueRequest::Submit(request) => Some((request.id, request.qty.get())),
        _ => None,
    };
    sent.iter().filter_map(of).collect()
}

#[test]
fn children_are_held_until_the_parent_fills_and_go_out_in_slices_of_what_filled() {
    let (mut desk, [parent, target, stop]) = bracket();
    assert_eq!(submitted(&desk.sent()), [(parent, 10)]);
    desk.fill(parent, Side::Buy, 4, 6);
    let slices = submitted(&desk.sent());
    assert_eq!(slices.iter().map(|it| it.1).collect::<Vec<_>>(), [4, 4]);
    assert!(slices.iter().all(|it| it.0 > stop), "slices have ids of their own");
    desk.fill(parent, Side::Buy, 6, 0);
    assert_eq!(submitted(&desk.sent()), [(target, 6), (stop, 6)], "the last slice is the order itself");
    let exposure = desk.orders.exposure(BTC);
    assert_eq!((exposure.closing_sell, exposure.orders), (Qty::new(20), 4));
}

#[test]
fn a_whole_target_cancels_the_stop_and_a_part_of_it_shrinks_what_can_be_shrunk() {
    let (mut desk, [parent, target, stop]) = bracket();
    desk.fill(parent, Side::Buy, 10, 0);
    desk.sent();
    desk.answer(target, OrderBody::Accepted, at(60));
    desk.answer(stop, OrderBody::Accepted, at(60));
    desk.fill(target, Side::Sell, 3, 7);
    assert!(desk.sent().is_empty(), "a stop that is partly too large stands, reduce-only");
    desk.fill(target, Side::Sell, 7, 0);
    assert_eq!(desk.sent(), [VenueRequest::Cancel { order: stop, instrument: BTC }]);
    assert_eq!(desk.answer(stop, cancelled(), at(61)).change, Change::Ended(OrderStatus::Cancelled));
    assert!(desk.orders.is_empty());
    assert_eq!(desk.position, 0);
}

#[test]
fn a_triggered_stop_cancels_the_target_and_fills_alone() {
    let (mut desk, [parent, target, stop]) = bracket();
    desk.fill(parent, Side::Buy, 10, 0);
    desk.answer(target, OrderBody::Accepted, at(60));
    desk.answer(stop, OrderBody::Accepted, at(60));
    desk.sent();
    desk.answer(stop, OrderBody::Triggered, at(61));
    assert_eq!(desk.sent(), [VenueRequest::Cancel { order: target, instrument: BTC }]);
    desk.answer(target, cancelled(), at(62));
    desk.fill(stop, Side::Sell, 10, 0);
    assert!(desk.orders.is_empty() && desk.position == 0 && desk.out.is_empty());
}

#[test]
fn when_both_legs_fill_the_race_is_flagged_and_the_excess_flattened_once() {
    let (mut desk, [parent, target, stop]) = bracket();
    desk.fill(parent, Side::Buy, 10, 0);
    desk.answer(target, OrderBody::Accepted, at(60));
    desk.answer(stop, OrderBody::Accepted, at(60));
    desk.fill(target, Side::Sell, 10, 0);
    desk.sent();
    desk.fill(stop, Side::Sell, 4, 6);
    desk.fill(stop, Side::Sell, 6, 0);
    let flattened: Vec<(Side, i64, bool)> = desk
        .out
        .drain()
        .filter_map(|it| match it {
            Effect::Flatten { intent, .. } => {
                assert_eq!(intent.kind, OrderKind::Market);
                Some((intent.side, intent.qty.get(), intent.reduce_only))
            }
            _ => None,
        })
        .collect();
    assert_eq!(flattened, [(Side::Buy, 4, true), (Side::Buy, 6, true)]);
    assert_eq!((desk.position, desk.orders.counters().races), (-10, 1));
}

#[test]
fn children_die_with_a_parent_that_never_filled() {
    let (mut desk, [parent, target, stop]) = bracket();
    desk.sent();
    desk.answer(parent, cancelled(), at(5));
    let ended: Vec<OrderId> = desk
        .out
        .drain()
        .filter_map(|it| match it {
            Effect::Ended(end) => Some(end.order.id),
            _ => None,
        })
        .collect();
    assert_eq!(ended, [target, stop]);
    assert!(desk.orders.is_empty());
    let (mut desk, [parent, ..]) = bracket();
    desk.sent();
    desk.answer(parent, OrderBody::Rejected(RejectReason::InsufficientMargin), at(5));
    assert_eq!(desk.orders.len(), 3, "a refusal after the acceptance is an answer gone astray");
    desk.orders.cancel_group(support::GROUP, at(6), &mut desk.out);
    assert_eq!(desk.sent().len(), 1, "only the parent is at the venue");
}

#[test]
fn a_partial_fill_of_one_leg_shrinks_the_other_by_as_much() {
    let mut desk = Desk::new(GroupsBy::Us);
    let low = desk.submit(linked(limit(1, Side::Buy, 10, 95), GroupRole::Leg), at(0));
    let high = desk.submit(linked(limit(2, Side::Buy, 10, 97), GroupRole::Leg), at(0));
    for id in [low, high] {
        desk.answer(id, OrderBody::Accepted, at(1));
    }
    desk.sent();
    desk.fill(high, Side::Buy, 4, 6);
    let amend = VenueRequest::Amend { order: low, instrument: BTC, price: None, qty: Some(Qty::new(6)) };
    assert_eq!(desk.sent(), [amend]);
    desk.answer(low, OrderBody::Amended { price: scalp_types::Price::new(95), qty: Qty::new(6) }, at(2));
    assert!(desk.sent().is_empty(), "the target is reached: nothing more to ask");
    desk.fill(high, Side::Buy, 6, 0);
    assert_eq!(desk.sent(), [VenueRequest::Cancel { order: low, instrument: BTC }]);
}

#[test]
fn a_venue_that_knows_groups_gets_the_links_and_one_that_does_not_gets_none() {
    for (groups_by, is_linked) in [(GroupsBy::Venue, true), (GroupsBy::Us, false)] {
        let mut desk = Desk::new(groups_by);
        desk.submit(linked(limit(1, Side::Buy, 10, 95), GroupRole::Leg), at(0));
        let sent = desk.sent();
        assert!(matches!(sent[..], [VenueRequest::Submit(request)] if request.link.is_some() == is_linked));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// However the entry fills, is accepted or cancelled, no more of a child is ever sent than the parent has filled,
    /// and in the end as much as it has filled.
    #[test]
    fn no_child_is_larger_than_what_its_parent_filled(parts in prop::collection::vec(1..4_i64, 1..6), dies in any::<bool>()) {
        let (mut desk, [parent, ..]) = bracket();
        desk.sent();
        let (mut filled, mut sent) = (0, std::collections::BTreeMap::new());
        for part in parts {
            let part = part.min(10 - filled);
            if part == 0 {
                break;
            }
            filled += part;
            desk.fill(parent, Side::Buy, part, 10 - filled);
            for it in desk.sent() {
                if let VenueRequest::Submit(request) = it {
                    *sent.entry(request.kind.limit()).or_insert(0) += request.qty.get();
                }
            }
            prop_assert_eq!(sent.values().copied().collect::<Vec<_>>(), vec![filled; 2]);
        }
        if dies && filled < 10 {
            desk.answer(parent, cancelled(), at(70));
            let held = desk.orders.exposure(BTC).closing_sell.get();
            prop_assert_eq!(held, 2 * filled, "what can never be released is dropped");
        }
    }
}
