//! What happens when the venue says nothing, or says "not now".
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod support;

use scalp_execution::{Books, CancelOutcome, Change, GroupsBy, Stated, SubmitError};
use scalp_types::{
    InstrumentId, Money, OrderBody, OrderId, OrderStatus, Qty, RejectReason, Side, TradeId, VenueQuery,
    VenueRequest,
};
use support::{BTC, Desk, at, cancelled, fill, limit};

/// The other instrument of the desk.
const OTHER: InstrumentId = InstrumentId(1);

fn look_up(order: OrderId) -> VenueRequest {
    VenueRequest::Query(VenueQuery::Order { order, instrument: BTC })
}

#[test]
fn silence_makes_an_order_unknown_counted_and_looked_up_but_never_sent_again() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let id = desk.submit(limit(1, Side::Buy, 10, 99), at(0));
    assert_eq!(desk.sent().len(), 1);
    assert_eq!(desk.orders.next_due(), Some(at(5_000)));
    desk.orders.on_time(at(4_999), &mut desk.out);
    assert!(desk.out.is_empty());
    desk.orders.on_time(at(5_000), &mut desk.out);
    assert_eq!(desk.sent(), [look_up(id)]);
    let exposure = desk.orders.exposure(BTC);
    assert_eq!((exposure.open_buy, exposure.unknown_buy), (Qty::ZERO, Qty::new(10)));
    assert_eq!(desk.orders.next_due(), Some(at(5_250)), "it is asked for again");
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
    assert_eq!(desk.sent(), [statement(0)], "the venue was unavailable: how does everything stand?");
    assert!(desk.orders.is_empty());
}

#[test]
fn a_cancel_that_overtakes_its_order_is_sent_again_when_the_order_appears() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let id = desk.submit(limit(1, Side::Buy, 10, 99), at(0));
    desk.orders.cancel(id, at(0), &mut desk.out);
    desk.sent();
    desk.answer(id, OrderBody::CancelRejected(RejectReason::UnknownOrder), at(1));
    assert_eq!(desk.orders.get(id).unwrap().status, OrderStatus::Unknown);
    assert_eq!(desk.sent(), [look_up(id)]);
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
    for _ in 0..6 {
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
    // The least id is left out: nothing is below it.
    desk.orders.next_id().unwrap();
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
    let bytes = postcard::to_stdvec(&desk.orders).unwrap();
    desk.orders = postcard::from_bytes(&bytes).unwrap();
    let third = twin.split(Qty::new(1), id).unwrap();
    let refused = desk.orders.submit(third, 1, intent.reason, None, at(3), &mut desk.out);
    assert_eq!(
        refused,
        Err(SubmitError::DuplicateId(id)),
        "nor by orders that were put away and brought back"
    );
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
    assert_eq!(desk.sent(), [look_up(id)]);
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

#[test]
fn an_unknown_order_is_asked_for_eight_times_with_growing_pauses_and_then_not_any_more() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let id = desk.submit(limit(1, Side::Buy, 10, 99), at(0));
    desk.sent();
    let mut asked = Vec::new();
    for now in 0..60_000 {
        desk.orders.on_time(at(now), &mut desk.out);
        let asks = desk.sent().iter().filter(|it| **it == look_up(id)).count();
        asked.extend((0..asks).map(|_| now));
    }
    assert_eq!(asked, [5_000, 5_250, 5_750, 6_750, 8_750, 12_750, 20_750, 28_750]);
    let order = desk.orders.get(id).unwrap();
    assert_eq!(order.status, OrderStatus::Unknown, "it stays in the books");
    assert_eq!(desk.orders.exposure(BTC).unknown_buy, Qty::new(10));
}

#[test]
fn an_order_that_the_venue_does_not_know_has_never_arrived_when_it_says_so_twice() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let id = desk.submit(limit(1, Side::Buy, 10, 99), at(0));
    let no_such = OrderBody::Rejected(RejectReason::UnknownOrder);
    assert_eq!(desk.answer(id, no_such, at(10)).change, Change::Nothing, "nobody asked");
    desk.orders.on_time(at(5_000), &mut desk.out);
    assert_eq!(desk.answer(id, no_such, at(5_100)).change, Change::Nothing, "the order may be overtaken");
    desk.orders.on_time(at(5_250), &mut desk.out);
    let last = desk.answer(id, no_such, at(5_300));
    assert_eq!(last.change, Change::Ended(OrderStatus::Rejected));
    assert!(desk.orders.is_empty());
    let listed = OrderBody::Listed { limit: None, qty: Qty::new(10), triggered: false };
    desk.sent();
    assert_eq!(desk.answer(id, listed, at(6_000)).change, Change::Late);
    assert_eq!(
        desk.sent(),
        [VenueRequest::Cancel { order: id, instrument: BTC }],
        "it came after all: it has to go"
    );
}

#[test]
fn fills_told_on_request_count_once_whatever_comes_before_or_after() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let id = desk.submit(limit(1, Side::Buy, 10, 99), at(0));
    desk.orders.on_time(at(5_000), &mut desk.out);
    let [one, two] = [fill(1, Side::Buy, 4, 6), fill(2, Side::Buy, 6, 0)];
    assert_eq!(desk.answer(id, OrderBody::PastFill(one), at(5_100)).change, Change::PartlyFilled);
    assert_eq!(desk.answer(id, OrderBody::PastFill(one), at(5_150)).change, Change::Nothing);
    assert_eq!(
        desk.answer(id, OrderBody::Filled(one), at(5_200)).change,
        Change::DuplicateFill,
        "the lost one, late"
    );
    let end = desk.answer(id, OrderBody::PastFill(two), at(5_300));
    assert_eq!(end.change, Change::Ended(OrderStatus::Filled));
    assert_eq!(desk.answer(id, OrderBody::PastFill(two), at(5_400)).change, Change::Nothing);
    assert_eq!(desk.position, 10);
}

fn stated(position: i64, upto: u64, now: i64) -> Stated {
    let books = Books { position: Qty::new(position), cost: Money::ZERO, cash: Money::ZERO };
    Stated { instrument: BTC, as_of: at(now), books, upto: TradeId(upto), more: false }
}

fn statement(after: u64) -> VenueRequest {
    VenueRequest::Query(VenueQuery::Statement { instrument: BTC, after: TradeId(after) })
}

#[test]
fn a_statement_finds_what_is_gone_what_is_orphaned_and_what_was_not_heard_of() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let [gone, partly] = [1, 2].map(|tag| desk.submit(limit(tag, Side::Buy, 10, 99), at(tag as i64)));
    desk.answer(gone, OrderBody::Accepted, at(3));
    desk.answer(partly, OrderBody::Accepted, at(3));
    let fresh = desk.submit(limit(3, Side::Buy, 10, 99), at(60));
    desk.sent();
    desk.orders.reconcile(at(50), &mut desk.out);
    assert_eq!(desk.sent(), [statement(0)]);
    let listed =
        OrderBody::Listed { limit: Some(scalp_types::Price::new(98)), qty: Qty::new(8), triggered: false };
    desk.answer(partly, OrderBody::PastFill(fill(7, Side::Buy, 4, 4)), at(55));
    assert_eq!(desk.answer(partly, listed, at(55)).change, Change::Amended, "a change whose answer was lost");
    desk.answer(OrderId(1 << 40), listed, at(55));
    let ours = Books { position: Qty::new(desk.position), cost: Money::ZERO, cash: Money::ZERO };
    assert_eq!(desk.orders.on_statement(&stated(4, 7, 55), &ours, at(70), &mut desk.out), None);
    let orphan = VenueRequest::Cancel { order: OrderId(1 << 40), instrument: BTC };
    let next = VenueQuery::Statement { instrument: OTHER, after: TradeId(0) };
    assert_eq!(desk.sent(), [orphan, look_up(gone), VenueRequest::Query(next)]);
    let other = Stated { instrument: OTHER, ..stated(0, 0, 70) };
    assert_eq!(desk.orders.on_statement(&other, &other.books, at(75), &mut desk.out), None);
    assert_eq!(desk.orders.get(gone).unwrap().status, OrderStatus::Unknown);
    assert_eq!(desk.orders.get(partly).unwrap().qty, Qty::new(8));
    assert_eq!(
        desk.orders.get(fresh).unwrap().status,
        OrderStatus::Pending,
        "sent after the venue was asked"
    );
    assert!(!desk.orders.is_settled());
    desk.orders.reconcile(at(80), &mut desk.out);
    assert_eq!(desk.sent(), [statement(7)], "what has been told is not asked for again");
}

#[test]
fn a_difference_that_three_passes_find_alike_is_one_and_a_fill_on_its_way_is_none() {
    let mut desk = Desk::new(GroupsBy::Venue);
    let id = desk.submit(limit(1, Side::Buy, 10, 99), at(0));
    desk.answer(id, OrderBody::Filled(fill(9, Side::Buy, 3, 7)), at(1));
    let mut pass = |position, now| {
        desk.orders.reconcile(at(now), &mut desk.out);
        let ours = Books { position: Qty::new(3), cost: Money::ZERO, cash: Money::ZERO };
        let early = desk.orders.on_statement(&stated(position, 8, now), &ours, at(now), &mut desk.out);
        assert_eq!(early, None, "a pass asks for every instrument");
        let other = Stated { instrument: OTHER, ..stated(0, 0, now) };
        desk.orders.on_statement(&other, &other.books, at(now), &mut desk.out)
    };
    assert_eq!([1, 2, 3, 4].map(|now| pass(0, now)), [None; 4], "the venue had not made that fill yet");
    assert_eq!([pass(5, 5), pass(5, 6), pass(6, 7), pass(6, 8)], [None; 4], "not three alike");
    let found = pass(6, 9).expect("the third time");
    assert_eq!((found.position, found.cash), (Qty::new(-6), Money::ZERO));
}

#[test]
fn a_statement_that_nobody_gives_is_given_up_and_asked_for_again_later() {
    let mut desk = Desk::new(GroupsBy::Venue);
    desk.orders.reconcile(at(0), &mut desk.out);
    let mut asked = vec![0; desk.sent().len()];
    for now in 1..120_000 {
        desk.orders.on_time(at(now), &mut desk.out);
        asked.extend(desk.sent().iter().map(|_| now));
    }
    // The eighth is waited for as long as the seventh.
    assert_eq!(asked[..9], [0, 250, 750, 1_750, 3_750, 7_750, 15_750, 23_750, 91_750]);
}
