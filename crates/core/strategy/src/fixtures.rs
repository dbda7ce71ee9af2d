//! A small stage for tests: instruments, prices, a position and open orders, and a strategy called upon.

use crate::strategy::Strategy;
use crate::view::{OpenOrders, View};
use crate::wake::Wake;
use rust_decimal::Decimal;
use scalp_ledger::{Ledger, LedgerConfig, MarginTerms};
use scalp_market::Market;
use scalp_types::{
    AssetId, Bar, Contract, Fill, Instrument, InstrumentId, InstrumentSpec, Instruments, Intent, Intents,
    Level, Liquidity, MarketBody, MarketEvent, Money, OpenOrder, OrderId, OrderStatus, Price, Qty, Quote,
    Reason, Side, Span, Timer, TimerId, Timestamp, TradeId,
};

fn spec(symbol: &str, contract: Contract, tick: &str, lot: &str, multiplier: i64) -> InstrumentSpec {
    InstrumentSpec {
        venue: "v".into(),
        symbol: symbol.into(),
        contract,
        base: symbol.into(),
        quote: "USDT".into(),
        tick: tick.parse().unwrap(),
        lot: lot.parse().unwrap(),
        multiplier: Decimal::from(multiplier),
        ..InstrumentSpec::unlimited()
    }
}

/// Linear instruments with a tick of 0.1 and a lot of 0.001.
pub(crate) fn instruments(symbols: &[&str]) -> Instruments {
    Instruments::new(symbols.iter().map(|it| spec(it, Contract::Linear, "0.1", "0.001", 1))).unwrap()
}

pub(crate) fn instrument(tick: &str, lot: &str) -> Instrument {
    let all = Instruments::new([spec("A", Contract::Linear, tick, lot, 1)]).unwrap();
    all.get(InstrumentId(0)).clone()
}

/// 100 quote coins a contract, tick 0.1.
pub(crate) fn inverse() -> Instrument {
    let all = Instruments::new([spec("A", Contract::Inverse, "0.1", "1", 100)]).unwrap();
    all.get(InstrumentId(0)).clone()
}

/// Open orders of each instrument.
#[derive(Default)]
struct Listed(Vec<Vec<OpenOrder>>);

impl OpenOrders for Listed {
    fn open(&self, instrument: InstrumentId) -> &[OpenOrder] {
        &self.0[instrument.index()]
    }
}

/// Prices in ticks, sizes in lots; time moves by a second with every call.
pub(crate) struct Stage {
    pub(crate) instruments: Instruments,
    market: Market,
    ledger: Ledger,
    orders: Listed,
    pub(crate) now: Timestamp,
    count: u64,
}

impl Stage {
    /// With 100,000 USDT.
    pub(crate) fn new(symbols: &[&str]) -> Self {
        let instruments = instruments(symbols);
        let usdt = instruments.get(InstrumentId(0)).quote;
        let opening = vec![(usdt, Money::new(100_000 * Money::ONE))];
        let config = LedgerConfig { terms: MarginTerms::default(), overrides: vec![], opening };
        Self {
            market: Market::new(&instruments),
            ledger: Ledger::new(&instruments, &config).unwrap(),
            orders: Listed(vec![vec![]; instruments.len()]),
            now: Timestamp::from_nanos(0),
            count: 0,
            instruments,
        }
    }

    fn later(&mut self) {
        self.now = self.now.saturating_add(Span::from_secs(1));
        self.count += 1;
    }

    pub(crate) fn wake(&mut self, strategy: &mut impl Strategy, wake: &Wake<'_>) -> Vec<Intent> {
        let mut out = Intents::default();
        let view = View {
            now: self.now,
            instruments: &self.instruments,
            market: &self.market,
            ledger: &self.ledger,
            orders: &self.orders,
        };
        strategy.decide(wake, &view, &mut out);
        out.as_slice().to_vec()
    }

    /// A bar whose four prices are one.
    pub(crate) fn bar(&mut self, strategy: &mut impl Strategy, instrument: u16, close: i64) -> Vec<Intent> {
        self.candle(strategy, instrument, close, close, close)
    }

    pub(crate) fn candle(
        &mut self,
        strategy: &mut impl Strategy,
        instrument: u16,
        high: i64,
        low: i64,
        close: i64,
    ) -> Vec<Intent> {
        self.later();
        let [high, low, close] = [high, low, close].map(Price::new);
        let span = Span::from_secs(1);
        let bar = Bar {
            open_at: self.now.saturating_sub(span),
            span,
            open: close,
            high,
            low,
            close,
            volume: Qty::new(1),
            taker_buy: Qty::ZERO,
            trades: 1,
        };
        self.feed(instrument, MarketBody::Bar(bar));
        self.wake(strategy, &Wake::Bar { instrument: InstrumentId(instrument), bar: &bar })
    }

    pub(crate) fn feed(&mut self, instrument: u16, body: MarketBody<'_>) {
        let event = MarketEvent {
            instrument: InstrumentId(instrument),
            exchange_at: self.now,
            arrived_at: self.now,
            body,
        };
        self.market.on_event(&event);
    }

    pub(crate) fn quote(&mut self, instrument: u16, bid: i64, ask: i64) {
        let level = |price| Level { price: Price::new(price), qty: Qty::new(1_000) };
        self.feed(instrument, MarketBody::Quote(Quote { id: 0, bid: level(bid), ask: level(ask) }));
    }

    pub(crate) fn timer(&mut self, strategy: &mut impl Strategy) -> Vec<Intent> {
        self.later();
        self.wake(strategy, &Wake::Timer(Timer { id: TimerId(0), due: self.now }))
    }

    /// Books a fill of ours.
    pub(crate) fn fill(&mut self, instrument: u16, side: Side, lots: i64, price: i64) {
        self.later();
        let fill = Fill {
            trade: TradeId(self.count),
            side,
            price: Price::new(price),
            qty: Qty::new(lots),
            remaining: Qty::ZERO,
            liquidity: Liquidity::Taker,
            fee: Money::ZERO,
            fee_asset: AssetId(1),
            forced: false,
        };
        let it = self.instruments.get(InstrumentId(instrument));
        self.ledger.on_fill(it, self.now, &fill).unwrap();
    }

    /// Puts the placed orders among the open ones, as acknowledged.
    pub(crate) fn rest(&mut self, intents: &[Intent]) {
        for intent in intents {
            let Intent::Place(it) = intent else { continue };
            self.count += 1;
            self.orders.0[it.instrument.index()].push(OpenOrder {
                id: OrderId(self.count),
                tag: it.tag,
                instrument: it.instrument,
                side: it.side,
                qty: it.qty,
                filled: Qty::ZERO,
                kind: it.kind,
                status: OrderStatus::Open,
                reduce_only: it.reduce_only,
                link: it.link,
                reason: it.reason,
                submitted_at: self.now,
            });
        }
    }

    pub(crate) fn open(&mut self, instrument: u16) -> &mut Vec<OpenOrder> {
        &mut self.orders.0[usize::from(instrument)]
    }

    /// Side, lots and reason of what was placed.
    pub(crate) fn placed(&self, intents: &[Intent]) -> Vec<(Side, i64, Reason)> {
        let place = |it: &Intent| match it {
            Intent::Place(it) => Some((it.side, it.qty.get(), it.reason)),
            _ => None,
        };
        intents.iter().filter_map(place).collect()
    }
}
