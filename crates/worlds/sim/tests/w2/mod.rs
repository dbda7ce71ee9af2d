//! Workload W2 as a plain driver: the capture as events, and the grid quoter against the world.

#![allow(dead_code, reason = "each test and bench uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use scalp_market::{Book, BookConfig};
use scalp_sim::{
    Exchange, ExchangeConfig, FeeTier, FillRules, FillSize, Kept, LatencyConfig, Order, QueueModel,
    StoredEvent, World,
};
use scalp_types::{
    Contract, Depth, DepthKind, IncomingBody, InstrumentId, InstrumentSpec, Instruments, Level, MarketBody,
    MarketEvent, Money, OrderBody, OrderId, OrderKind, OrderRequest, Price, Qty, Rate, RejectReason,
    SelfTradePrevention, Side, Span, TimeInForce, TimerId, Timestamp, Trade, TradeId, TriggerSource,
    VenueRequest,
};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::sync::Arc;

/// A recorded capture of Binance USD-M futures.
#[derive(Clone, Copy)]
pub struct Capture {
    pub path: &'static str,
    pub symbol: &'static str,
    pub base: &'static str,
    pub tick: &'static str,
    /// Decimal places of the tick.
    pub places: usize,
}

pub const BTC: Capture = Capture {
    path: concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../../shared/data/hftbacktest/usdm_btcusdt_20240808.gz"
    ),
    symbol: "BTCUSDT",
    base: "BTC",
    tick: "0.1",
    places: 1,
};
pub const ETH: Capture = Capture {
    path: concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../../shared/data/hftbacktest/usdm_ethusdt_20240808.gz"
    ),
    symbol: "ETHUSDT",
    base: "ETH",
    tick: "0.01",
    places: 2,
};

/// The instrument of the workload: BTCUSDT, tick 0.1, lot 0.001.
pub fn instruments() -> Instruments {
    instruments_of(BTC)
}

pub fn instruments_of(capture: Capture) -> Instruments {
    let spec = InstrumentSpec {
        venue: "binance-usdm".into(),
        symbol: capture.symbol.into(),
        contract: Contract::Linear,
        base: capture.base.into(),
        quote: "USDT".into(),
        tick: capture.tick.parse().unwrap(),
        lot: "0.001".parse().unwrap(),
        ..InstrumentSpec::unlimited()
    };
    Instruments::new([spec]).unwrap()
}

/// The capture as market events: depth messages, market trades and the snapshot; receive times shifted so that the
/// smallest feed latency is zero.
pub fn events() -> Arc<[StoredEvent]> {
    events_of(BTC)
}

pub fn events_of(capture: Capture) -> Arc<[StoredEvent]> {
    let (path, places) = (capture.path, capture.places);
    let file = std::fs::File::open(path).unwrap_or_else(|e| panic!("the test data {path}: {e}"));
    let lines = BufReader::with_capacity(1 << 20, flate2::read::GzDecoder::new(file)).lines();
    let mut raw: Vec<(i64, i64, Body)> = Vec::new();
    for line in lines {
        let line = line.unwrap();
        if line.contains("\"bookTicker\"") {
            continue;
        }
        let (received, json) = line.split_once(' ').unwrap();
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        let data = json.get("data").unwrap_or(&json);
        let at = data["T"].as_i64().unwrap() * 1_000_000;
        let body = match data.get("e").and_then(|e| e.as_str()) {
            Some("trade") if data["X"] == "MARKET" => Body::Trade(Trade {
                id: TradeId(data["t"].as_u64().unwrap()),
                price: Price::new(units(&data["p"], places)),
                qty: Qty::new(units(&data["q"], 3)),
                taker: if data["m"] == true { Side::Sell } else { Side::Buy },
            }),
            Some("depthUpdate") => {
                Body::Depth(DepthKind::Delta, levels(&data["b"], places), levels(&data["a"], places))
            }
            None => Body::Depth(
                DepthKind::TopSnapshot,
                levels(&data["bids"], places),
                levels(&data["asks"], places),
            ),
            _ => continue,
        };
        raw.push((at, received.parse().unwrap(), body));
    }
    let shift = raw.iter().map(|it| it.1 - it.0).min().unwrap().min(0);
    raw.iter()
        .map(|(at, received, body)| {
            StoredEvent::new(&MarketEvent {
                instrument: InstrumentId(0),
                exchange_at: Timestamp::from_nanos(*at),
                arrived_at: Timestamp::from_nanos(received - shift),
                body: match body {
                    Body::Trade(it) => MarketBody::Trade(*it),
                    Body::Depth(kind, bids, asks) => MarketBody::Depth(Depth {
                        kind: *kind,
                        first_id: 0,
                        last_id: 0,
                        previous_id: 0,
                        bids,
                        asks,
                    }),
                },
            })
        })
        .collect()
}

enum Body {
    Trade(Trade),
    Depth(DepthKind, Vec<Level>, Vec<Level>),
}

fn levels(value: &serde_json::Value, places: usize) -> Vec<Level> {
    let level = |it: &serde_json::Value| Level {
        price: Price::new(units(&it[0], places)),
        qty: Qty::new(units(&it[1], 3)),
    };
    value.as_array().unwrap().iter().map(level).collect()
}

/// A decimal text as a whole count of `10^-places`.
fn units(value: &serde_json::Value, places: usize) -> i64 {
    let text = value.as_str().unwrap();
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let (kept, rest) = part.split_at(part.len().min(places));
    assert!(rest.bytes().all(|it| it == b'0'), "{text} is finer than the instrument");
    let scale = 10_i64.pow(places as u32);
    let kept = format!("{kept:0<places$}");
    whole.parse::<i64>().unwrap() * scale + if places == 0 { 0 } else { kept.parse::<i64>().unwrap() }
}

/// What is quoted.
#[derive(Clone, Copy)]
pub struct Grid {
    pub step: Span,
    pub levels: i64,
    pub interval: i64,
    pub half_spread: f64,
    pub skew: f64,
    pub limit: i64,
}

pub const W2B: Grid =
    Grid { step: Span::from_millis(100), levels: 5, interval: 5, half_spread: 10.0, skew: 2.0, limit: 10 };
pub const W2C: Grid =
    Grid { step: Span::from_millis(10), levels: 1, interval: 1, half_spread: 1.0, skew: 1.0, limit: 5 };
/// Lots of one order: 0.01.
const UNIT: i64 = 10;

/// What came out, and every request and fill.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Outcome {
    pub submits: u64,
    pub cancels: u64,
    pub fills: u64,
    pub position: i64,
    pub fee: Money,
    pub equity: Money,
    pub trace: Vec<String>,
}

/// One of our orders as the quoter knows it: by side and tick.
struct Quoted {
    id: OrderId,
    open: bool,
}

pub fn config(queue: QueueModel) -> ExchangeConfig {
    let bp = |n: i64| Rate::new(n * Rate::ONE / 10_000);
    ExchangeConfig {
        fills: FillRules { queue, size: FillSize::Whole, ..FillRules::default() },
        fees: vec![FeeTier { volume: Money::ZERO, maker: bp(2), taker: bp(5) }],
        ..ExchangeConfig::default()
    }
}

/// Runs a grid over the events with this latency each way.
pub fn run(events: &Arc<[StoredEvent]>, grid: Grid, latency: Span, queue: QueueModel) -> Outcome {
    run_on(&instruments(), events, grid, latency, queue)
}

pub fn run_on(
    instruments: &Instruments,
    events: &Arc<[StoredEvent]>,
    grid: Grid,
    latency: Span,
    queue: QueueModel,
) -> Outcome {
    let exchange = Exchange::new(instruments, &config(queue), 1).unwrap();
    let mut world = World::two_orders(
        exchange,
        Kept::new(events.clone(), Order::Exchange),
        Kept::new(events.clone(), Order::Arrival),
        &LatencyConfig::constant(latency, latency),
        1,
    )
    .unwrap();
    let mut quoter = Quoter::new(grid);
    let first = world.start_at().unwrap() + grid.step;
    world.set_timer(TimerId(0), first);
    let mut due = first;
    while let Some(incoming) = world.next().unwrap() {
        match incoming.body {
            IncomingBody::Market(event) => {
                if let MarketBody::Depth(depth) = &event.body {
                    quoter.book.apply(depth);
                }
            }
            IncomingBody::Order(event) => quoter.on_order(event.order, event.exchange_at, &event.body),
            IncomingBody::Timer(_) => {
                quoter.requote(due);
                for request in quoter.requests.drain(..) {
                    world.request(due, &request).unwrap();
                }
                due = due + grid.step;
                world.set_timer(TimerId(0), due);
            }
            _ => {}
        }
    }
    let mut out = quoter.out;
    let (bid, ask) = (quoter.book.best_bid_price().unwrap(), quoter.book.best_ask_price().unwrap());
    let ledger = world.exchange().ledger();
    let position = ledger.position(InstrumentId(0));
    let it = instruments.get(InstrumentId(0));
    // Profit at the mid, which may lie between two ticks: the mean of the profits at bid and ask.
    let profit = ledger.unrealised(it, bid) + ledger.unrealised(it, ask);
    out.equity = ledger.balance(it.settle) + Money::new(profit.get() / 2);
    out.position = position.qty.get();
    out.fee = position.fees;
    out.trace.sort();
    out
}

pub struct Quoter {
    grid: Grid,
    book: Book,
    /// By side (buy first) and tick.
    orders: BTreeMap<(Side, i64), Quoted>,
    by_id: BTreeMap<OrderId, (Side, i64)>,
    position: i64,
    next_id: u64,
    requests: Vec<VenueRequest>,
    out: Outcome,
}

impl Quoter {
    fn new(grid: Grid) -> Self {
        Self {
            grid,
            book: Book::new(BookConfig::default()),
            orders: BTreeMap::new(),
            by_id: BTreeMap::new(),
            position: 0,
            next_id: 0,
            requests: Vec::new(),
            out: Outcome::default(),
        }
    }

    fn on_order(&mut self, id: OrderId, at: Timestamp, body: &OrderBody) {
        let place = self.by_id[&id];
        match body {
            OrderBody::Accepted => {
                if let Some(it) = self.orders.get_mut(&place) {
                    it.open = true;
                }
            }
            OrderBody::Filled(fill) => {
                assert!(fill.remaining.is_zero(), "orders fill whole here");
                self.out.fills += 1;
                self.position += fill.qty.signed(fill.side).get();
                self.out.trace.push(format!("{} fill {} {}", at.nanos(), name(place.0), place.1));
                self.forget(place, id);
            }
            OrderBody::Rejected(reason) => {
                assert_eq!(*reason, RejectReason::PostOnlyWouldTake);
                self.forget(place, id);
            }
            OrderBody::Cancelled { .. } => self.forget(place, id),
            OrderBody::CancelRejected(reason) => assert_eq!(*reason, RejectReason::UnknownOrder),
            other => panic!("{other:?} is not expected here"),
        }
    }

    fn forget(&mut self, place: (Side, i64), id: OrderId) {
        if self.orders.get(&place).is_some_and(|it| it.id == id) {
            self.orders.remove(&place);
        }
    }

    fn requote(&mut self, now: Timestamp) {
        let (Some(bid), Some(ask)) = (self.book.best_bid_price(), self.book.best_ask_price()) else { return };
        let units = self.position / UNIT;
        let g = self.grid;
        let reservation = (bid.get() + ask.get()) as f64 / 2.0 - g.skew * units as f64;
        let interval = g.interval as f64;
        let start = |side| match side {
            Side::Buy => ((reservation - g.half_spread).min(bid.get() as f64) / interval).floor() * interval,
            Side::Sell => ((reservation + g.half_spread).max(ask.get() as f64) / interval).ceil() * interval,
        };
        for side in [Side::Buy, Side::Sell] {
            let quoting = units * side.sign() < g.limit;
            let first = start(side) as i64;
            let wanted: Vec<i64> = (0..if quoting { g.levels } else { 0 })
                .map(|at| first - side.sign() * at * g.interval)
                .collect();
            for (&(_, tick), order) in self.orders.range_mut((side, i64::MIN)..=(side, i64::MAX)) {
                if order.open && !wanted.contains(&tick) {
                    order.open = false;
                    self.out.cancels += 1;
                    self.out.trace.push(format!("{} cancel {} {tick}", now.nanos(), name(side)));
                    self.requests.push(VenueRequest::Cancel { order: order.id, instrument: InstrumentId(0) });
                }
            }
            for tick in wanted {
                if !self.orders.contains_key(&(side, tick)) {
                    self.submit(now, side, tick);
                }
            }
        }
    }

    fn submit(&mut self, now: Timestamp, side: Side, tick: i64) {
        self.next_id += 1;
        let id = OrderId(self.next_id);
        self.orders.insert((side, tick), Quoted { id, open: false });
        self.by_id.insert(id, (side, tick));
        self.out.submits += 1;
        self.out.trace.push(format!("{} submit {} {tick}", now.nanos(), name(side)));
        self.requests.push(VenueRequest::Submit(OrderRequest {
            id,
            instrument: InstrumentId(0),
            side,
            qty: Qty::new(UNIT),
            kind: OrderKind::Limit { price: Price::new(tick) },
            time_in_force: TimeInForce::Gtc,
            post_only: true,
            reduce_only: false,
            trigger_source: TriggerSource::Last,
            self_trade: SelfTradePrevention::CancelMaker,
            link: None,
        }));
    }
}

pub fn name(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}
