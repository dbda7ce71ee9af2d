//! Time of the exchange and the world: W2's capture without and with a grid of orders, a million trades with a market
//! order now and then (the shape of W1), and orders at the highest rate.

#![allow(missing_docs, reason = "criterion's macros")]
#![allow(clippy::unwrap_used, reason = "a bench stops at what it does not expect")]

#[path = "../tests/w2/mod.rs"]
mod w2;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scalp_sim::{
    Exchange, ExchangeConfig, Feed, Kept, LatencyConfig, Order, QueueModel, Replies, StoredEvent, World,
};
use scalp_types::{
    IncomingBody, InstrumentId, MarketBody, MarketEvent, OrderId, OrderKind, OrderRequest, Price, Qty,
    SelfTradePrevention, Side, Span, StreamError, TimeInForce, Timestamp, Trade, TradeId, TriggerSource,
    VenueRequest,
};
use std::hint::black_box;

fn rows(events: &[StoredEvent]) -> u64 {
    let of = |it: &StoredEvent| match it.event().body {
        MarketBody::Depth(depth) => (depth.bids.len() + depth.asks.len()) as u64,
        _ => 1,
    };
    events.iter().map(of).sum()
}

fn order_book(c: &mut Criterion) {
    let events = w2::events();
    let mut group = c.benchmark_group("w2");
    group.throughput(Throughput::Elements(rows(&events))).sample_size(20);
    group.bench_function("exchange alone, no orders", |b| {
        b.iter(|| {
            let exchange =
                Exchange::new(&w2::instruments(), &w2::config(QueueModel::Power { n: 2.0 }), 1).unwrap();
            let mut exchange = exchange;
            let mut replies = Replies::default();
            for event in events.iter() {
                exchange.on_market(&event.event(), &mut replies);
            }
            black_box(exchange.counts().fills)
        });
    });
    group.bench_function("world without orders", |b| {
        let exchange_order = Kept::new(events.clone(), Order::Exchange);
        let arrival_order = Kept::new(events.clone(), Order::Arrival);
        b.iter(|| {
            let exchange =
                Exchange::new(&w2::instruments(), &w2::config(QueueModel::Power { n: 2.0 }), 1).unwrap();
            let latency = LatencyConfig::constant(Span::from_millis(5), Span::from_millis(5));
            let mut world =
                World::two_orders(exchange, exchange_order.clone(), arrival_order.clone(), &latency, 1)
                    .unwrap();
            let mut seen = 0_u64;
            while let Some(incoming) = world.next().unwrap() {
                seen += incoming.at.nanos() as u64 & 1;
            }
            black_box(seen)
        });
    });
    group.bench_function("grid with its own book", |b| {
        b.iter(|| w2::run(&events, w2::W2B, Span::from_millis(5), QueueModel::Power { n: 2.0 }).fills);
    });
    group.finish();
}

fn request(id: u64, side: Side, kind: OrderKind) -> VenueRequest {
    VenueRequest::Submit(OrderRequest {
        id: OrderId(id),
        instrument: InstrumentId(0),
        side,
        qty: Qty::new(2),
        kind,
        time_in_force: TimeInForce::Gtc,
        post_only: false,
        reduce_only: false,
        trigger_source: TriggerSource::Last,
        self_trade: SelfTradePrevention::CancelMaker,
        link: None,
    })
}

const TRADES: i64 = 1_000_000;

/// A tape made up as it is read, so that the bench measures the world and not the memory.
#[derive(Clone)]
struct Tape(i64);

impl Feed for Tape {
    #[inline]
    fn next_at(&mut self) -> Result<Option<Timestamp>, StreamError> {
        Ok((self.0 < TRADES).then_some(Timestamp::from_nanos(self.0 * 1_000)))
    }
    #[inline]
    fn take(&mut self) -> Result<MarketEvent<'_>, StreamError> {
        let at = self.0;
        self.0 += 1;
        let body = MarketBody::Trade(Trade {
            id: TradeId(at as u64),
            price: Price::new(600_000 + (at & 63)),
            qty: Qty::new(1 + (at & 3)),
            taker: if at & 1 == 0 { Side::Buy } else { Side::Sell },
        });
        let at = Timestamp::from_nanos(at * 1_000);
        Ok(MarketEvent { instrument: InstrumentId(0), exchange_at: at, arrived_at: at, body })
    }
}

fn trades(c: &mut Criterion) {
    let feed = Tape(0);
    let mut group = c.benchmark_group("w1");
    group.throughput(Throughput::Elements(TRADES as u64)).sample_size(20);
    group.bench_function("world, a market order every thousand trades", |b| {
        b.iter(|| {
            let exchange = Exchange::new(&w2::instruments(), &ExchangeConfig::default(), 1).unwrap();
            let mut world = World::one_order(exchange, feed.clone(), &LatencyConfig::default(), 1).unwrap();
            let (mut seen, mut sent, mut send_at) = (0_u64, 0, None);
            loop {
                if let Some(at) = send_at.take() {
                    sent += 1;
                    let side = if sent % 2 == 0 { Side::Buy } else { Side::Sell };
                    world.request(at, &request(sent, side, OrderKind::Market)).unwrap();
                }
                let Some(incoming) = world.next().unwrap() else { break };
                if let IncomingBody::Market(_) = incoming.body {
                    seen += 1;
                    if seen % 1_000 == 0 {
                        send_at = Some(incoming.at);
                    }
                }
            }
            black_box(world.exchange().counts().fills)
        });
    });
    group.finish();
}

fn order_rate(c: &mut Criterion) {
    const ORDERS: u64 = 100_000;
    let mut group = c.benchmark_group("orders");
    group.throughput(Throughput::Elements(ORDERS)).sample_size(20);
    let events = w2::events();
    let mut book = Exchange::new(&w2::instruments(), &ExchangeConfig::default(), 1).unwrap();
    let mut replies = Replies::default();
    for event in events.iter().take(5_000) {
        book.on_market(&event.event(), &mut replies);
    }
    let best = book.best_price(InstrumentId(0), Side::Buy).unwrap();
    let mut next = 0;
    group.bench_function("submit and cancel, 100 resting", |b| {
        b.iter(|| {
            let at = Timestamp::from_nanos(i64::MAX / 2);
            for _ in 0..ORDERS / 2 {
                next += 1;
                let price = Price::new(best.get() - 1 - (next % 50) as i64);
                book.on_request(at, &request(next, Side::Buy, OrderKind::Limit { price }), &mut replies);
                if next > 100 {
                    let cancel =
                        VenueRequest::Cancel { order: OrderId(next - 100), instrument: InstrumentId(0) };
                    book.on_request(at, &cancel, &mut replies);
                }
                replies.clear();
            }
            assert!(book.open_orders() <= 100);
        });
    });
    group.finish();
}

criterion_group!(benches, order_book, trades, order_rate);
criterion_main!(benches);
