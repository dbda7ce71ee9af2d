//! Workload W1 against NautilusTrader's figures: moving-average cross on trades alone, to the last digit.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod floor;

use scalp_sim::{Beyond, Exchange, ExchangeConfig, FeeTier, Feed, FillRules, LatencyConfig, World};
use scalp_types::{
    IncomingBody, InstrumentId, InstrumentSpec, Instruments, MarketBody, MarketEvent, Money, OrderBody, Qty,
    Rate, Side, StreamError, Timestamp, Trade, TradeId, VenueRequest,
};
use std::io::{BufRead, BufReader};

const TRADES: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/nautilus/bench/btcusdt_spot_trades.csv.gz");
const REPLICAS: usize = 500;
const ONE: InstrumentId = InstrumentId(0);
/// Lots of one unit of position: 0.001.
const UNIT: i64 = 1_000;

/// The file again and again, each time later by its own length and a millisecond.
struct Replicas {
    trades: Vec<(i64, Trade)>,
    at: usize,
}

impl Replicas {
    fn time(&self) -> i64 {
        let (first, last) = (self.trades[0].0, self.trades[self.trades.len() - 1].0);
        let replica = (self.at / self.trades.len()) as i64;
        self.trades[self.at % self.trades.len()].0 + replica * (last - first + 1_000_000)
    }
}

impl Feed for Replicas {
    fn next_at(&mut self) -> Result<Option<Timestamp>, StreamError> {
        let more = self.at < self.trades.len() * REPLICAS;
        Ok(more.then(|| Timestamp::from_nanos(self.time())))
    }
    fn take(&mut self) -> Result<MarketEvent<'_>, StreamError> {
        let at = Timestamp::from_nanos(self.time());
        let body = MarketBody::Trade(self.trades[self.at % self.trades.len()].1);
        self.at += 1;
        Ok(MarketEvent { instrument: ONE, exchange_at: at, arrived_at: at, body })
    }
}

fn replicas(instruments: &Instruments) -> Replicas {
    let file = std::fs::File::open(TRADES).unwrap_or_else(|e| panic!("the test data {TRADES}: {e}"));
    let one = instruments.get(ONE);
    let read = |line: String| {
        let field: Vec<&str> = line.split(',').collect();
        let trade = Trade {
            id: TradeId(field[1].parse().unwrap()),
            price: one.price(field[2].parse().unwrap()).unwrap(),
            qty: one.qty(field[3].parse().unwrap()).unwrap(),
            taker: if field[4] == "1" { Side::Sell } else { Side::Buy },
        };
        (field[0].parse().unwrap(), trade)
    };
    let lines = BufReader::new(flate2::read::GzDecoder::new(file)).lines().skip(1);
    Replicas { trades: lines.map(|it| read(it.unwrap())).collect(), at: 0 }
}

/// Exponential averages of closes; what they want is long or short from the twentieth close on.
#[derive(Default)]
struct Cross {
    seen: u32,
    fast: f64,
    slow: f64,
}

impl Cross {
    fn push(&mut self, close: f64) -> Option<Side> {
        let step = |y: f64, n: f64| {
            let alpha = 2.0 / (n + 1.0);
            alpha * close + (1.0 - alpha) * y
        };
        let first = self.seen == 0;
        self.fast = if first { close } else { step(self.fast, 10.0) };
        self.slow = if first { close } else { step(self.slow, 20.0) };
        self.seen += 1;
        let want = if self.fast >= self.slow { Side::Buy } else { Side::Sell };
        (self.seen >= 20).then_some(want)
    }
}

#[test]
fn the_moving_average_cross_ends_with_the_same_balance() {
    let spec = InstrumentSpec {
        tick: "0.01".parse().unwrap(),
        lot: "0.000001".parse().unwrap(),
        base: "BTC".into(),
        quote: "USDT".into(),
        ..floor::spec("BTCUSDT")
    };
    let instruments = Instruments::new([spec]).unwrap();
    let one = instruments.get(ONE);
    let taker = Rate::from_decimal("0.0004".parse().unwrap()).unwrap();
    // NautilusTrader's book of trades: what the last one did not have fills one tick worse.
    let fills = FillRules { beyond: Beyond::Worse { ticks: 1 }, ..FillRules::default() };
    let config = ExchangeConfig {
        fills,
        fees: vec![FeeTier { volume: Money::ZERO, maker: taker, taker }],
        balances: vec![(one.settle, floor::coins(1_000_000))],
        ..ExchangeConfig::default()
    };
    let exchange = Exchange::new(&instruments, &config, 1).unwrap();
    let mut world = World::one_order(exchange, replicas(&instruments), &LatencyConfig::default(), 1).unwrap();
    let (mut cross, mut position, mut trades, mut bars, mut orders, mut fills) =
        (Cross::default(), 0, 0, 0, 0, 0);
    let mut send: Option<(Timestamp, VenueRequest)> = None;
    loop {
        if let Some((now, request)) = send.take() {
            world.request(now, &request).unwrap();
        }
        let Some(incoming) = world.next().unwrap() else { break };
        match incoming.body {
            IncomingBody::Market(event) => {
                let MarketBody::Trade(trade) = event.body else { continue };
                trades += 1;
                if trades % 20 != 0 {
                    continue;
                }
                bars += 1;
                let Some(want) = cross.push(one.price_f64(trade.price)) else { continue };
                if position != want.sign() * UNIT {
                    orders += 1;
                    let qty = if position == 0 { UNIT } else { 2 * UNIT };
                    send = Some((incoming.at, VenueRequest::Submit(floor::market(orders, want, qty))));
                }
            }
            IncomingBody::Order(event) => {
                if let OrderBody::Filled(fill) = event.body {
                    fills += 1;
                    position += fill.qty.signed(fill.side).get();
                }
            }
            _ => {}
        }
    }
    assert_eq!((trades, bars, orders, fills), (1_000_500, 50_025, 1_000, 1_075));
    let ledger = world.exchange().ledger();
    assert_eq!(ledger.balance(one.settle).to_string(), "1000006.45450732");
    assert_eq!(ledger.position(ONE).qty, Qty::new(-UNIT), "open short");
}
