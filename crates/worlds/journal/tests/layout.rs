//! The layout of the bodies belongs to the version of the journal: one of each, as bytes.
#![allow(clippy::unwrap_used, reason = "a test")]

mod events;

use scalp_journal::codec::{encode_event, encode_request};
use scalp_journal::frame::VERSION;
use scalp_types::*;

const ID: InstrumentId = InstrumentId(3);
const ORDER: OrderId = OrderId(300);

fn fill() -> Fill {
    Fill {
        trade: TradeId(7),
        side: Side::Sell,
        price: Price::new(1_000),
        qty: Qty::new(20),
        remaining: Qty::new(5),
        liquidity: Liquidity::Maker,
        fee: Money::new(-123),
        fee_asset: AssetId(1),
        forced: true,
    }
}

fn answers() -> Vec<OrderBody> {
    let (price, qty, filled) = (Price::new(9), Qty::new(8), Qty::new(7));
    vec![
        OrderBody::Accepted,
        OrderBody::Rejected(RejectReason::UnknownOrder),
        OrderBody::Triggered,
        OrderBody::Amended { price, qty },
        OrderBody::AmendRejected(RejectReason::PercentPrice),
        OrderBody::CancelRejected(RejectReason::UnknownOrder),
        OrderBody::Cancelled { reason: CancelReason::Liquidation, filled },
        OrderBody::Expired { filled },
        OrderBody::Filled(fill()),
        OrderBody::PastFill(fill()),
        OrderBody::Listed { limit: Some(price), qty, triggered: true },
    ]
}

fn changes() -> Vec<AccountBody> {
    let (asset, amount, position) = (AssetId(2), Money::new(-1 << 70), Qty::new(-3));
    vec![
        AccountBody::Transfer { asset, amount },
        AccountBody::Funding { instrument: ID, rate: Rate::new(5), mark: Price::new(6), position, amount },
        AccountBody::Liquidated { instrument: ID, qty: position, fee: amount },
        AccountBody::Bankruptcy { asset, instrument: Some(ID), amount },
        AccountBody::Bankruptcy { asset, instrument: None, amount },
        AccountBody::Statement {
            instrument: ID,
            position,
            cost: amount,
            cash: amount,
            upto: TradeId(9),
            more: true,
        },
    ]
}

fn requests() -> Vec<VenueRequest> {
    let link = Some(GroupLink { group: GroupId(4), role: GroupRole::Child });
    let submit = OrderRequest {
        id: ORDER,
        instrument: ID,
        side: Side::Buy,
        qty: Qty::new(4),
        kind: OrderKind::StopLimit { trigger: Price::new(5), price: Price::new(6) },
        time_in_force: TimeInForce::Gtd(Timestamp::from_nanos(11)),
        post_only: true,
        reduce_only: true,
        trigger_source: TriggerSource::Mark,
        self_trade: SelfTradePrevention::None,
        link,
    };
    vec![
        VenueRequest::Submit(submit),
        VenueRequest::Amend {
            order: ORDER,
            instrument: ID,
            price: Some(Price::new(1)),
            qty: Some(Qty::new(2)),
        },
        VenueRequest::Cancel { order: ORDER, instrument: ID },
        VenueRequest::CancelAll { instrument: ID },
        VenueRequest::Query(VenueQuery::Order { order: ORDER, instrument: ID }),
        VenueRequest::Query(VenueQuery::Statement { instrument: ID, after: TradeId(9) }),
    ]
}

/// A change of layout without another version would let this program take an earlier journal for what it is not.
#[test]
fn the_bodies_are_those_of_this_version() {
    let (at, mut bytes) = (Timestamp::from_nanos(17), Vec::new());
    let genesis = events::genesis();
    let mut put = |body: Body<'_>| {
        encode_event(&Event { seq: 1, at, body }, &mut bytes);
    };
    put(Body::Genesis(&genesis));
    answers().into_iter().for_each(|body| {
        put(Body::Order(OrderEvent { order: ORDER, instrument: ID, exchange_at: at, body }));
    });
    changes().into_iter().for_each(|body| put(Body::Account(AccountEvent { exchange_at: at, body })));
    put(Body::Timer(Timer { id: TimerId(5), due: at }));
    for body in [CommandBody::SetMode(Mode::Emergency), CommandBody::Snapshot, CommandBody::Reconcile] {
        put(Body::Command(Command { operator: 300, body }));
    }
    for made in events::some(2) {
        made.lend(1, at, |event| put(event.body));
    }
    requests().iter().for_each(|it| {
        encode_request(it, &mut bytes);
    });
    let found = (VERSION, bytes.len(), crc32fast::hash(&bytes));
    assert_eq!(
        found,
        (2, 571, 1_603_790_330),
        "the layout has changed: raise VERSION in frame.rs, and only then take these numbers"
    );
}
