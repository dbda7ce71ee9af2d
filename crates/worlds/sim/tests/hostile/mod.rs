//! What comes from outside and cannot be: market events and orders of any numbers.

use crate::floor::Floor;
use proptest::prelude::*;
use scalp_types::{
    BookAction, DepthKind, Level, MarketBody, OrderKind, OrderRequest, Price, Qty, Rate, Side, Span,
    Timestamp, Trade, TradeId,
};

/// Something from outside that nobody in their right mind sends.
#[derive(Debug, Clone)]
pub enum Hostile {
    Market(u8, i64, i64, i64, i64),
    Request(OrderRequest),
    Amend(u64, Option<i64>, Option<i64>),
}

fn any_size() -> impl Strategy<Value = i64> {
    prop_oneof![any::<i64>(), -5..200_i64, Just(i64::MAX), Just(i64::MIN), Just(1_i64 << 60)]
}

/// Any of it, with orders made of `request`.
pub fn hostile(request: fn() -> BoxedStrategy<OrderRequest>) -> impl Strategy<Value = Hostile> {
    let huge = (request(), any_size(), any_size()).prop_map(|(request, qty, price)| {
        let kind = match request.kind {
            OrderKind::Limit { .. } => OrderKind::Limit { price: Price::new(price) },
            OrderKind::StopMarket { .. } => OrderKind::StopMarket { trigger: Price::new(price) },
            other => other,
        };
        Hostile::Request(OrderRequest { qty: Qty::new(qty), kind, ..request })
    });
    prop_oneof![
        4 => (0..9_u8, any_size(), any_size(), any_size(), any::<i64>())
            .prop_map(|(kind, a, b, c, at)| Hostile::Market(kind, a, b, c, at)),
        2 => huge,
        1 => request().prop_map(Hostile::Request),
        1 => (1..40_u64, proptest::option::of(any_size()), proptest::option::of(any_size()))
            .prop_map(|(id, p, q)| Hostile::Amend(id, p, q)),
    ]
}

/// Throws a market event of a kind, made of any three numbers.
pub fn hurl(floor: &mut Floor, kind: u8, a: i64, b: i64, c: i64) {
    let level = |price, qty| Level { price: Price::new(price), qty: Qty::new(qty) };
    let taker = if c % 2 == 0 { Side::Buy } else { Side::Sell };
    let body = match kind {
        0 => MarketBody::Trade(Trade { id: TradeId(1), price: Price::new(a), qty: Qty::new(b), taker }),
        1 | 2 => {
            let (bids, asks) = ([level(a, b), level(b, c)], [level(c, a)]);
            let kind = if kind == 1 { DepthKind::Delta } else { DepthKind::TopSnapshot };
            let depth = scalp_types::Depth {
                kind,
                first_id: 0,
                last_id: 0,
                previous_id: 0,
                bids: &bids,
                asks: &asks,
            };
            floor.market(MarketBody::Depth(depth));
            return;
        }
        3 => MarketBody::Quote(scalp_types::Quote { id: 0, bid: level(a, b), ask: level(b, c) }),
        4 => MarketBody::Mark(scalp_types::MarkPrice { mark: Price::new(a), index: None }),
        5 => MarketBody::Funding(scalp_types::FundingRate { rate: Rate::new(a), mark: Some(Price::new(b)) }),
        6 => MarketBody::Order(scalp_types::BookOrder {
            action: BookAction::Add,
            id: a as u64,
            side: taker,
            price: Price::new(b),
            qty: Qty::new(c),
        }),
        7 => MarketBody::Order(scalp_types::BookOrder {
            action: BookAction::Modify,
            id: a as u64,
            side: taker,
            price: Price::new(c),
            qty: Qty::new(b),
        }),
        _ => MarketBody::Bar(scalp_types::Bar {
            open_at: Timestamp::from_nanos(a),
            span: Span::from_nanos(b),
            open: Price::new(a),
            high: Price::new(b.max(a)),
            low: Price::new(a.min(c)),
            close: Price::new(c),
            volume: Qty::new(c),
            taker_buy: Qty::ZERO,
            trades: 0,
        }),
    };
    floor.market(body);
}
