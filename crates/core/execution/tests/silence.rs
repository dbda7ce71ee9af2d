//! What happens when the venue says nothing, or says "not now".
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod support;

use scalp_execution::{
    CancelOutcome, Change, Correction, Effect, GroupsBy, SubmitError, VenueOrder, VenueTruth, reconcile,
};
use scalp_types::{OrderBody, OrderId, OrderStatus, Qty, RejectReason, Side, VenueRequest};
use support::{BTC, Desk, at, cancelled, limit};

#[test]
fn silence_makes_an_order_unknown_counted_and_looked_up_but_never_sent_again() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let id = desk.submit(limit(1, Side::Buy, 10, 99), at(0));
    assert_eq!(desk.sent().len(), 1);
    assert_eq!(desk.orders.next_due(), Some(at(5_000)));
    desk.orders.on_time(at(4_999), &mut desk.out);
    assert!(desk.out.is_empty());
    desk.orders.on_time(at(5_000), &mut desk.out);
    assert_eq!(desk.out.drain().collect::<Vec<_>>(), [Effect::LookUp { order: id, instrument: BTC }]);
    let exposure = desk.orders.exposure(BTC);
    assert_eq!((exposure.open_buy, exposure.unknown_buy), (Qty::ZERO, Qty::new(10)));
    assert_eq!(desk.orders.next_due(), None);
    desk.answer(id, OrderBody::Accepted, at(6_000));
    assert_eq!(desk.orders.get(id).unwrap().status, OrderStatus::Open);
}

#[test]
fn a_retryable_refusal_is_sent_again_three_times_under_the_same_id() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let id = desk.submit(limit(1, Side::Buy, 10, 99), at(0));
    desk.sent();
    let mut now = at(0);
    for pause in [100, 200, 300] {
        assert_eq!(
            desk.answer(id, OrderBody::Rejected(RejectReason::RateLimit), now).change,
            Change::Retrying
        );
        let due = desk.orders.next_due().unwrap();
        assert_eq!(due, now.saturating_add(scalp_types::Span::from_millis(pause)));
        now = due;
        desk.orders.on_time(now, &mut desk.out);
        let sent = desk.sent();
        assert!(matches!(sent[..], [VenueRequest::Submit(request)] if request.id == id));
    }
    let last = desk.answer(id, OrderBody::Rejected(RejectReason::RateLimit), now);
    assert_eq!(last.change, Change::Ended(OrderStatus::Rejected));
    assert_eq!(last.ended.unwrap().quality.sends, 4);
}

#[test]
fn a_refusal_that_cannot_change_is_not_repeated_and_a_waiting_retry_can_be_called_off() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let id = desk.submit(limit(1, Side::Buy, 10, 99), at(0));
    let change = desk.answer(id, OrderBody::Rejected(RejectReason::InsufficientMargin), at(1));
    assert_eq!(change.change, Change::Ended(OrderStatus::Rejected));
    let id = desk.submit(limit(2, Side::Buy, 10, 99), at(0));
    desk.answer(id, OrderBody::Rejected(RejectReason::Unavailable), at(1));
    assert_eq!(desk.orders.cancel(id, at(2), &mut desk.out), CancelOutcome::Dropped);
    desk.sent();
    desk.orders.on_time(at(60_000), &mut desk.out);
    assert!(desk.out.is_empty() && desk.orders.is_empty());
}

#[test]
fn a_cancel_that_overtakes_its_order_is_sent_again_when_the_order_appears() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let id = desk.submit(limit(1, Side::Buy, 10, 99), at(0));
    desk.orders.cancel(id, at(0), &mut desk.out);
    desk.sent();
    desk.answer(id, OrderBody::CancelRejected(RejectReason::UnknownOrder), at(1));
    assert_eq!(desk.orders.get(id).unwrap().status, OrderStatus::Unknown);
    desk.answer(id, OrderBody::Accepted, at(2));
    assert_eq!(desk.sent(), [VenueRequest::Cancel { order: id, instrument: BTC }]);
    assert_eq!(desk.answer(id, cancelled(), at(3)).change, Change::Ended(OrderStatus::Cancelled));
}

#[test]
fn an_unanswered_cancel_is_repeated_and_then_the_order_is_unknown() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let id = desk.submit(limit(1, Side::Buy, 10, 99), at(0));
    desk.answer(id, OrderBody::Accepted, at(1));
    desk.orders.cancel(id, at(1), &mut desk.out);
    let mut cancels = 0;
    for _ in 0..10 {
        cancels += desk.sent().iter().filter(|it| matches!(it, VenueRequest::Cancel { .. })).count();
        let Some(due) = desk.orders.next_due() else { break };
        desk.orders.on_time(due, &mut desk.out);
    }
    assert_eq!(cancels, 4);
    assert_eq!(desk.orders.get(id).unwrap().status, OrderStatus::Unknown);
}

#[test]
fn an_id_is_taken_once_also_after_its_order_has_ended() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let intent = limit(1, Side::Buy, 10, 99);
    let mut approved = desk.approve(&intent);
    let id = approved.get().id;
    let other = approved.split(Qty::new(4), OrderId(77)).unwrap();
    let same = approved.get().qty;
    assert_eq!((same, other.get().qty), (Qty::new(6), Qty::new(4)));
    desk.orders.submit(approved, 1, intent.reason, None, at(0), &mut desk.out).unwrap();
    desk.answer(id, cancelled(), at(1));
    let mut twin = other;
    assert!(twin.split(Qty::new(1), id).is_some());
    let second = twin.split(Qty::new(1), id).unwrap();
    let refused = desk.orders.submit(second, 1, intent.reason, None, at(2), &mut desk.out);
    assert_eq!(refused, Err(SubmitError::DuplicateId(id)));
}

#[test]
fn reconciling_finds_the_lost_the_orphaned_and_the_unheard_of_fills() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let [lost, partly, fresh] =
        [1, 2, 3].map(|tag| desk.submit(limit(tag, Side::Buy, 10, 99), at(tag as i64)));
    desk.answer(lost, OrderBody::Accepted, at(2));
    desk.orders.on_time(at(5_002), &mut desk.out);
    let orphan = OrderId(1 << 40);
    let list = |id, filled| VenueOrder { id, instrument: BTC, filled: Qty::new(filled) };
    let truth = VenueTruth {
        as_of: at(3),
        orders: &[list(partly, 4), list(orphan, 0)],
        positions: &[(BTC, Qty::new(4))],
    };
    let found = reconcile(&desk.orders, [(BTC, Qty::ZERO)].into_iter(), &truth);
    assert_eq!(found.len(), 5);
    let event = |order, body| {
        Correction::Event(scalp_types::OrderEvent { order, instrument: BTC, exchange_at: at(3), body })
    };
    let gone = OrderBody::Cancelled { reason: scalp_types::CancelReason::Venue, filled: Qty::ZERO };
    assert_eq!(found[0], event(lost, gone));
    assert_eq!(found[1], event(partly, OrderBody::Accepted));
    assert!(
        matches!(found[2], Correction::MissingFills { order, venues, .. } if order == partly && venues.get() == 4)
    );
    assert!(
        matches!(&found[3], Correction::Orphan(it) if matches!(it.get(), VenueRequest::Cancel { order, .. } if *order == orphan))
    );
    assert!(matches!(found[4], Correction::Position { ours, .. } if ours == Qty::ZERO));
    assert!(desk.orders.get(fresh).is_some(), "sent after the venue was asked: says nothing about it");
}

#[test]
fn a_duplicate_id_after_a_repetition_means_that_the_first_sending_arrived() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let id = desk.submit(limit(1, Side::Buy, 10, 99), at(0));
    desk.answer(id, OrderBody::Rejected(RejectReason::Unavailable), at(1));
    desk.orders.on_time(at(200), &mut desk.out);
    desk.sent();
    desk.answer(id, OrderBody::Rejected(RejectReason::DuplicateId), at(201));
    assert_eq!(desk.orders.get(id).unwrap().status, OrderStatus::Unknown);
    assert_eq!(desk.out.drain().collect::<Vec<_>>(), [Effect::LookUp { order: id, instrument: BTC }]);
    desk.answer(id, OrderBody::Accepted, at(202));
    assert_eq!(desk.orders.get(id).unwrap().status, OrderStatus::Open);
}

#[test]
fn a_refused_cancel_is_repeated_with_pauses_and_then_given_up() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let id = desk.submit(limit(1, Side::Buy, 10, 99), at(0));
    desk.answer(id, OrderBody::Accepted, at(1));
    desk.orders.cancel(id, at(1), &mut desk.out);
    desk.sent();
    let mut now = at(1);
    for pause in [100, 200, 300] {
        desk.answer(id, OrderBody::CancelRejected(RejectReason::RateLimit), now);
        assert_eq!(desk.orders.get(id).unwrap().status, OrderStatus::CancelPending);
        assert!(desk.sent().is_empty(), "not at once");
        now = now.saturating_add(scalp_types::Span::from_millis(pause));
        desk.orders.on_time(now, &mut desk.out);
        assert_eq!(desk.sent(), [VenueRequest::Cancel { order: id, instrument: BTC }]);
    }
    desk.answer(id, OrderBody::CancelRejected(RejectReason::RateLimit), now);
    assert_eq!(desk.orders.get(id).unwrap().status, OrderStatus::Open);
    assert_eq!(desk.orders.cancel(id, now, &mut desk.out), CancelOutcome::Sent, "it may be asked for again");
}
