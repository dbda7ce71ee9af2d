//! A house in miniature for tests: an engine, a venue that answers at once, timers, and a log of what came out.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "tests only")]

use rust_decimal::Decimal;
use scalp_engine::{Action, Actions, Engine, EngineConfig, Record};
use scalp_ledger::LedgerConfig;
use scalp_strategy::{Configured, Setup, Shipped, ShippedParameters, Strategy};
use scalp_types::{
    AssetId, Body, CancelReason, Command, CommandBody, Contract, Event, Fill, Genesis, InstrumentId,
    InstrumentSpec, Instruments, Liquidity, MarketBody, MarketEvent, Mode, Money, OrderBody, OrderEvent,
    OrderKind, OrderRequest, Price, Qty, Rate, Rounding, RunId, Side, StateHash, Timer, TimerId, Timestamp,
    Trade, TradeId, VenueRequest,
};
use std::collections::VecDeque;

/// A linear perpetual of 0.01 by 0.000001.
pub fn spec(symbol: &str) -> InstrumentSpec {
    InstrumentSpec {
        venue: "v".into(),
        symbol: symbol.into(),
        contract: Contract::Linear,
        base: symbol.into(),
        quote: "USDT".into(),
        tick: Decimal::new(1, 2),
        lot: Decimal::new(1, 6),
        ..InstrumentSpec::unlimited()
    }
}

pub fn genesis(symbols: &[&str]) -> Genesis {
    Genesis {
        run: RunId(7),
        seed: 42,
        config_hash: [3; 32],
        instruments: Instruments::new(symbols.iter().map(|it| spec(it))).unwrap(),
        config: String::new(),
    }
}

/// A million USDT, no limits.
pub fn config(genesis: &Genesis) -> EngineConfig {
    let usdt = genesis.instruments.get(InstrumentId(0)).quote;
    let ledger =
        LedgerConfig { opening: vec![(usdt, Money::new(1_000_000 * Money::ONE))], ..LedgerConfig::default() };
    EngineConfig { ledger, ..EngineConfig::default() }
}

pub fn shipped(genesis: &Genesis, json: &str) -> Shipped {
    let parameters: ShippedParameters = serde_json::from_str(json).unwrap();
    Shipped::build(&parameters, &Setup { instruments: &genesis.instruments, seed: genesis.seed, bars: &[] })
        .unwrap()
}

pub fn engine(symbols: &[&str], json: &str, change: impl FnOnce(&mut EngineConfig)) -> Engine<Shipped> {
    let genesis = genesis(symbols);
    let mut config = config(&genesis);
    change(&mut config);
    Engine::new(&genesis, shipped(&genesis, json), config).unwrap()
}

pub fn at(ms: i64) -> Timestamp {
    Timestamp::from_nanos(1_700_000_000_000_000_000 + ms * 1_000_000)
}

pub fn trade(instrument: u16, ms: i64, price: i64, lots: i64) -> MarketEvent<'static> {
    let trade = Trade { id: TradeId(0), price: Price::new(price), qty: Qty::new(lots), taker: Side::Buy };
    market(instrument, ms, MarketBody::Trade(trade))
}

pub fn market(instrument: u16, ms: i64, body: MarketBody<'_>) -> MarketEvent<'_> {
    MarketEvent { instrument: InstrumentId(instrument), exchange_at: at(ms), arrived_at: at(ms), body }
}

/// A walk of trades, 10 ms apart.
pub fn walk(seed: u64, n: usize) -> Vec<MarketEvent<'static>> {
    let mut stream = scalp_types::rng::Stream::named(seed, "walk");
    let mut price = 5_000_000_i64;
    (0..n)
        .map(|i| {
            price += stream.below(401) as i64 - 200;
            trade(0, i as i64 * 10, price, 1 + stream.below(5_000) as i64)
        })
        .collect()
}

/// A resting limit order at the venue.
struct Resting(OrderRequest);

/// The venue of workload W1: the last trade is the touch on both sides with its size displayed; a market order takes
/// the displayed size at that price and the remainder one tick worse. Limit orders rest and fill whole when a trade
/// goes through their price.
#[derive(Default)]
pub struct House {
    pub actions: Actions,
    /// Requests with the sequence number that caused them.
    pub requests: Vec<(u64, VenueRequest)>,
    pub records: Vec<Record>,
    pub timers: Vec<(Timestamp, TimerId)>,
    pub fills: u64,
    pub snapshots: u64,
    pub silent: bool,
    answers: VecDeque<OrderEvent>,
    resting: Vec<Resting>,
    last: Vec<Option<Trade>>,
    trades: u64,
    now: Timestamp,
}

impl House {
    pub fn start<S: Strategy>(engine: &mut Engine<S>, genesis: &Genesis, start: Timestamp) -> Self {
        let mut house = Self { last: vec![None; genesis.instruments.len()], now: start, ..Self::default() };
        house.step(engine, start, Body::Genesis(genesis));
        house
    }

    /// Timers that are due before it, the event, and all answers.
    pub fn market<S: Strategy>(&mut self, engine: &mut Engine<S>, event: &MarketEvent<'_>) {
        self.time_to(engine, event.arrived_at);
        if let MarketBody::Trade(trade) = &event.body
            && let Some(last) = self.last.get_mut(event.instrument.index())
        {
            *last = Some(*trade);
            self.match_resting(event.instrument, trade, engine.instruments());
        }
        self.step(engine, event.arrived_at, Body::Market(*event));
        self.answer(engine);
    }

    pub fn command<S: Strategy>(&mut self, engine: &mut Engine<S>, body: CommandBody) {
        self.step(engine, self.now, Body::Command(Command { operator: 1, body }));
        self.answer(engine);
    }

    pub fn mode<S: Strategy>(&mut self, engine: &mut Engine<S>, mode: Mode) {
        self.command(engine, CommandBody::SetMode(mode));
    }

    /// Timers due before `now`.
    pub fn time_to<S: Strategy>(&mut self, engine: &mut Engine<S>, now: Timestamp) {
        while let Some(next) = self.timers.iter().enumerate().min_by_key(|(n, it)| (it.0, *n)).map(|it| it.0)
            && self.timers[next].0 < now
        {
            let (due, id) = self.timers.remove(next);
            self.step(engine, due.max(self.now), Body::Timer(Timer { id, due }));
            self.answer(engine);
        }
    }

    pub fn order<S: Strategy>(&mut self, engine: &mut Engine<S>, event: OrderEvent) {
        self.step(engine, self.now, Body::Order(event));
        self.answer(engine);
    }

    fn answer<S: Strategy>(&mut self, engine: &mut Engine<S>) {
        while let Some(event) = self.answers.pop_front() {
            self.step(engine, self.now, Body::Order(event));
        }
    }

    fn step<S: Strategy>(&mut self, engine: &mut Engine<S>, at: Timestamp, body: Body<'_>) {
        self.now = self.now.max(at);
        let seq = engine.next_seq();
        self.actions.clear();
        engine.step(&Event { seq, at: self.now, body }, &mut self.actions);
        let mut actions = std::mem::take(&mut self.actions);
        for action in actions.drain() {
            match action {
                Action::Request(request) => {
                    self.requests.push((seq, *request.get()));
                    if !self.silent {
                        self.take(request.get(), engine.instruments());
                    }
                }
                Action::SetTimer { id, at } => self.timers.push((at, id)),
                Action::Snapshot => self.snapshots += 1,
                Action::Record(record) => self.records.push(record),
            }
        }
        self.actions = actions;
    }

    fn take(&mut self, request: &VenueRequest, instruments: &Instruments) {
        match request {
            VenueRequest::Submit(it) => match it.kind {
                OrderKind::Market => self.fill_market(it, instruments),
                _ => {
                    self.say(it.id, it.instrument, OrderBody::Accepted);
                    self.resting.push(Resting(*it));
                }
            },
            VenueRequest::Cancel { order, instrument } => {
                if let Some(at) = self.resting.iter().position(|it| it.0.id == *order) {
                    self.resting.remove(at);
                    let body = OrderBody::Cancelled { reason: CancelReason::Requested, filled: Qty::ZERO };
                    self.say(*order, *instrument, body);
                }
            }
            VenueRequest::Query(_) => {}
            other => panic!("the test venue does not know {other:?}"),
        }
    }

    fn fill_market(&mut self, order: &OrderRequest, instruments: &Instruments) {
        let last = self.last[order.instrument.index()].expect("an order comes after a trade");
        let shown = order.qty.min(last.qty);
        let rest = order.qty - shown;
        let fill = self.one_fill(order, instruments, last.price, shown, rest, Liquidity::Taker);
        self.say(order.id, order.instrument, OrderBody::Filled(fill));
        if !rest.is_zero() {
            let worse = Price::new(last.price.get() + order.side.sign());
            let fill = self.one_fill(order, instruments, worse, rest, Qty::ZERO, Liquidity::Taker);
            self.say(order.id, order.instrument, OrderBody::Filled(fill));
        }
    }

    fn match_resting(&mut self, instrument: InstrumentId, trade: &Trade, instruments: &Instruments) {
        let through = |it: &OrderRequest| match it.side {
            Side::Buy => it.kind.limit().is_some_and(|limit| trade.price < limit),
            Side::Sell => it.kind.limit().is_some_and(|limit| trade.price > limit),
        };
        let mut at = 0;
        while at < self.resting.len() {
            let order = self.resting[at].0;
            if order.instrument == instrument && through(&order) {
                self.resting.remove(at);
                let price = order.kind.limit().unwrap();
                let fill = self.one_fill(&order, instruments, price, order.qty, Qty::ZERO, Liquidity::Maker);
                self.say(order.id, order.instrument, OrderBody::Filled(fill));
            } else {
                at += 1;
            }
        }
    }

    fn one_fill(
        &mut self,
        order: &OrderRequest,
        instruments: &Instruments,
        price: Price,
        qty: Qty,
        remaining: Qty,
        liquidity: Liquidity,
    ) -> Fill {
        self.trades += 1;
        self.fills += 1;
        let it = instruments.get(order.instrument);
        let fee = it.value(price, qty).times(Rate::new(400_000_000), Rounding::HalfEven);
        let (trade, side, fee_asset) = (TradeId(self.trades), order.side, it.settle);
        Fill { trade, side, price, qty, remaining, liquidity, fee, fee_asset, forced: false }
    }

    fn say(&mut self, order: scalp_types::OrderId, instrument: InstrumentId, body: OrderBody) {
        self.answers.push_back(OrderEvent { order, instrument, exchange_at: self.now, body });
    }
}

/// Everything that came out of a run over these events.
pub struct Outcome {
    pub house: House,
    pub engine: Engine<Shipped>,
    pub hash: StateHash,
}

pub fn run(
    symbols: &[&str],
    json: &str,
    events: &[MarketEvent<'_>],
    change: impl FnOnce(&mut EngineConfig),
) -> Outcome {
    let mut engine = engine(symbols, json, change);
    let start = events.first().map_or(at(0), |it| it.arrived_at);
    let mut house = House::start(&mut engine, &genesis(symbols), start);
    events.iter().for_each(|it| house.market(&mut engine, it));
    let hash = engine.state_hash();
    Outcome { house, engine, hash }
}

pub const USDT: AssetId = AssetId(1);
pub const CROSS: &str = r#"{"name":"cross","order_qty":"0.001"}"#;
pub const GRID: &str =
    r#"{"name":"grid","order_qty":"0.001","interval_ms":100,"spacing_ticks":50,"half_spread_ticks":60}"#;
pub const RANDOM: &str =
    r#"{"name":"random-entry","order_qty":"0.001","entry_probability":0.3,"holding_bars":4}"#;
/// Rules over indicators of three kinds and a pattern, with a stop.
pub const SIGNAL: &str = r#"{"name":"signal","order_qty":"0.001","stop_atr":40,
    "enter_long":"crosses_above(EMA(2), EMA(4)) and DOUBLE_TOP >= -1","exit_long":"crosses_below(EMA(2), EMA(4)) or RSI(5) > 90",
    "enter_short":"close < BBANDS(9,1,1,0).lowerband","exit_short":"close > SMA(5)"}"#;
/// Rules over trades, quotes and what is made of them, beside one over bars.
pub const FLOW: &str = r#"{"name":"signal","order_qty":"0.001",
    "enter_long":"EMA(3, real=price) > LAG(mid, 4) and (TRADE_FLOW(1).count > -2 or VPIN(5).vpin > 2)",
    "exit_long":"EMA(3, real=price) < LAG(mid, 4) or RSI(5) > 99",
    "enter_short":"price < ROLLMEAN(mid, 9) and (OFI(3).ofi > 0 or MICROPRICE(2).price > 0)",
    "exit_short":"price > ROLLMEAN(mid, 9) or RSI(5, real=price) < 1 and CANCELS(1).cancels > 0"}"#;
