//! A market that never was, for demonstrations and stress: books, trades, marks and funding of one or more perpetuals,
//! from a seed. It knows no strategy and no future: each event follows from what came before it.
//!
//! The efficient price walks with wandering volatility under a regime that switches; makers renew their quotes around
//! it in a steady beat; between the beats market orders, limit orders and cancels excite one another. The book is
//! never crossed, trades hit displayed levels, and the update ids chain as on Binance futures (`previous` is the last
//! id of the message before; a snapshot has the id of the last message before it).

pub mod config;
pub mod flow;
pub mod makers;
pub mod price;

pub use config::{
    CrashConfig, FeedConfig, FlowConfig, InstrumentConfig, Intraday, JumpsConfig, MakersConfig, RegimeConfig,
    RegimesConfig, SyntheticConfig, SyntheticError, VolatilityConfig,
};
pub use price::Regime;

use flow::{Arrival, Flow, KINDS, Kind};
use makers::Makers;
use price::{Price as Efficient, Weather};
use rust_decimal::prelude::ToPrimitive;
use scalp_types::rng::Stream;
use scalp_types::{
    Depth, DepthKind, EventStream, FundingRate, InstrumentId, Level, MarkPrice, MarketBody, MarketEvent,
    Price, Quote, Rate, Side, Span, StreamError, Timestamp, Trade, TradeId,
};
use std::ops::Range;

/// What a funding rate is at rest, for eight hours: 0.01 %.
const FUNDING_AT_REST: f64 = 0.0001;
/// The most that a rise or fall since the last payment adds or takes away, for eight hours.
const FUNDING_SWING: f64 = 0.0004;
/// The rise since the last payment at which most of that swing is reached.
const FUNDING_SCALE: f64 = 0.02;

/// The synthetic market: an [`EventStream`] in order of arrival, which is also the order of the exchange.
#[derive(Debug, Clone)]
pub struct Synthetic {
    config: SyntheticConfig,
    weather: Weather,
    venues: Vec<One>,
    /// Seconds of one beat.
    beat: f64,
    beats: u64,
    beats_end: u64,
    last_arrival: Timestamp,
    trades: u64,
    rng_feed: Stream,
    rng_beat: Stream,
    ready: Vec<Ready>,
    levels: Vec<Level>,
    next_ready: usize,
}

/// One instrument.
#[derive(Debug, Clone)]
struct One {
    id: InstrumentId,
    price: Efficient,
    makers: Makers,
    flow: Flow,
    arrival: Option<Arrival>,
    /// When the makers renew their quotes, seconds since the start; infinite when they have, in this beat.
    renew_at: f64,
    last_id: u64,
    quoted: Option<(Level, Level)>,
    value_at_funding: f64,
}

/// An event with its levels in the arena.
#[derive(Debug, Clone)]
struct Ready {
    instrument: InstrumentId,
    exchange_at: Timestamp,
    arrived_at: Timestamp,
    body: ReadyBody,
}

#[derive(Debug, Clone)]
enum ReadyBody {
    Plain(MarketBody<'static>),
    Depth { kind: DepthKind, ids: [u64; 3], bids: Range<usize>, asks: Range<usize> },
}

impl Synthetic {
    /// The market of `config`; its first events are a snapshot of each book.
    pub fn new(config: SyntheticConfig) -> Result<Self, SyntheticError> {
        config.check()?;
        let beat = f64::from(config.book.beat_ms) / 1_000.0;
        let mut venues = Vec::with_capacity(config.instruments.len());
        for (n, it) in config.instruments.iter().enumerate() {
            let ticks = (it.price / it.tick).to_f64().unwrap_or(f64::MAX);
            let stream = |what: &str| Stream::named(config.seed, &format!("synthetic.{what}.{n}"));
            venues.push(One {
                id: InstrumentId(n as u16),
                price: Efficient::new(&config, n, ticks, beat),
                makers: Makers::new(it, &config.book, config.flow.size_tail, ticks, stream("makers")),
                flow: Flow::new(&config.flow, it.activity, stream("flow"))?,
                arrival: None,
                renew_at: f64::INFINITY,
                last_id: 0,
                quoted: None,
                value_at_funding: ticks,
            });
        }
        let mut market = Self {
            weather: Weather::new(&config, beat),
            venues,
            beat,
            beats: 0,
            beats_end: (config.hours * 3_600.0 / beat).ceil() as u64,
            last_arrival: Timestamp::MIN,
            trades: 0,
            rng_feed: Stream::named(config.seed, "synthetic.feed"),
            rng_beat: Stream::named(config.seed, "synthetic.beat"),
            ready: Vec::with_capacity(64),
            levels: Vec::with_capacity(4_096),
            next_ready: 0,
            config,
        };
        for n in 0..market.venues.len() {
            let one = &mut market.venues[n];
            one.makers.renew(one.price.value(), 1.0, 1.0);
            one.last_id = 1;
            market.send_snapshot(n, 0.0);
        }
        Ok(market)
    }

    /// What it is made of.
    pub const fn config(&self) -> &SyntheticConfig {
        &self.config
    }
    /// The regime in force when the last event was made: a label for research, which no trader has.
    pub const fn regime(&self) -> Regime {
        self.weather.regime()
    }
    /// The efficient price of an instrument in ticks: a label for research, which no trader has. `None` for an
    /// instrument that is not of this market.
    pub fn efficient(&self, instrument: InstrumentId) -> Option<f64> {
        self.venues.get(instrument.index()).map(|it| it.price.value())
    }

    /// Makes the next few events. False at the end.
    fn make(&mut self) -> bool {
        self.ready.clear();
        self.levels.clear();
        self.next_ready = 0;
        while self.ready.is_empty() {
            let next_beat = self.beats as f64 * self.beat;
            let stop = self.venues.iter().fold(next_beat, |stop, it| stop.min(it.renew_at));
            if let Some((n, arrival)) = self.first_arrival(stop) {
                self.order(n, arrival);
            } else if stop < next_beat {
                self.renew(stop);
            } else if self.beats >= self.beats_end {
                return false;
            } else {
                self.tick();
            }
        }
        true
    }

    /// The first order before `stop`, of whichever instrument.
    fn first_arrival(&mut self, stop: f64) -> Option<(usize, Arrival)> {
        let now = *self.weather.now();
        let mut first: Option<(usize, Arrival)> = None;
        for (n, one) in self.venues.iter_mut().enumerate() {
            if one.arrival.is_none() {
                let off = (one.price.value() - one.makers.mid()) / one.makers.gap() as f64;
                let tilt = self.config.flow.informed * off.clamp(-1.0, 1.0);
                let mut factor = [now.activity; KINDS];
                factor[Kind::MarketBuy as usize] *= 1.0 + tilt;
                factor[Kind::MarketSell as usize] *= 1.0 - tilt;
                one.arrival = one.flow.next(stop, &factor);
            }
            if let Some(arrival) = one.arrival
                && first.is_none_or(|(_, it)| arrival.at < it.at)
            {
                first = Some((n, arrival));
            }
        }
        if let Some((n, _)) = first {
            self.venues[n].arrival = None;
        }
        first
    }

    fn order(&mut self, n: usize, arrival: Arrival) {
        match arrival.kind {
            Kind::MarketBuy => self.take(n, arrival, Side::Buy),
            Kind::MarketSell => self.take(n, arrival, Side::Sell),
            Kind::LimitBid => self.venues[n].makers.rest(Side::Buy),
            Kind::LimitAsk => self.venues[n].makers.rest(Side::Sell),
            Kind::CancelBid => self.venues[n].makers.cancel(Side::Buy),
            Kind::CancelAsk => self.venues[n].makers.cancel(Side::Sell),
        }
        self.send_changes(n, arrival.at);
    }

    /// A market order: its trades, and what its unexpected part does to the price.
    fn take(&mut self, n: usize, arrival: Arrival, taker: Side) {
        let (exchange_at, arrived_at) = self.times(arrival.at);
        let one = &mut self.venues[n];
        let (ready, trades, instrument) = (&mut self.ready, &mut self.trades, one.id);
        let size = one.makers.take(taker, |price, qty| {
            *trades += 1;
            let body = MarketBody::Trade(Trade { id: TradeId(*trades), price, qty, taker });
            ready.push(Ready { instrument, exchange_at, arrived_at, body: ReadyBody::Plain(body) });
        });
        let bought = if taker == Side::Buy { 1.0 } else { 0.0 };
        let surprise = 2.0 * (bought - arrival.buying);
        one.price.push(self.config.flow.impact * surprise * libm::sqrt(size.min(25.0)));
    }

    /// The makers whose time it is renew their quotes.
    fn renew(&mut self, at: f64) {
        let now = *self.weather.now();
        for n in 0..self.venues.len() {
            let one = &mut self.venues[n];
            if one.renew_at <= at {
                one.renew_at = f64::INFINITY;
                one.makers.renew(one.price.value(), now.spread, now.depth);
                self.send_changes(n, at);
            }
        }
    }

    /// The beat: the weather changes, prices step, and what comes by the clock is sent.
    fn tick(&mut self) {
        let at = self.beats as f64 * self.beat;
        let now = self.time(at);
        let of_day = (now.nanos() - now.day_start().nanos()) as f64 / 1e9;
        self.weather.step(at, of_day, self.beat);
        let conditions = *self.weather.now();
        for one in &mut self.venues {
            one.price.step(&conditions);
            // Within the first half of the beat, so that takers may come before the makers have moved.
            one.renew_at = at + 0.5 * self.beat * self.rng_beat.uniform();
        }
        let before = self.time(at - self.beat);
        let passes = |span: Span| self.beats > 0 && now.floor(span) > before.floor(span);
        let book = self.config.book;
        let marks = book.mark_ms > 0 && passes(Span::from_millis(i64::from(book.mark_ms)));
        let snapshot = book.snapshot_seconds > 0 && passes(Span::from_secs(i64::from(book.snapshot_seconds)));
        let funding =
            book.funding_hours > 0 && passes(Span::from_secs(3_600 * i64::from(book.funding_hours)));
        for n in 0..self.venues.len() {
            if marks {
                self.send_mark(n, at);
            }
            if funding {
                self.send_funding(n, at);
            }
            if snapshot {
                self.send_snapshot(n, at);
            }
        }
        self.beats += 1;
    }

    fn send_changes(&mut self, n: usize, at: f64) {
        let (exchange_at, arrived_at) = self.times(at);
        let one = &mut self.venues[n];
        if one.makers.changed_bids.is_empty() && one.makers.changed_asks.is_empty() {
            return;
        }
        let start = self.levels.len();
        self.levels.extend_from_slice(&one.makers.changed_bids);
        let middle = self.levels.len();
        self.levels.extend_from_slice(&one.makers.changed_asks);
        one.makers.clear_changes();
        let previous = one.last_id;
        one.last_id += (self.levels.len() - start) as u64;
        let body = ReadyBody::Depth {
            kind: DepthKind::Delta,
            ids: [previous + 1, one.last_id, previous],
            bids: start..middle,
            asks: middle..self.levels.len(),
        };
        self.ready.push(Ready { instrument: one.id, exchange_at, arrived_at, body });
        if self.config.book.quotes {
            self.send_quote(n, exchange_at, arrived_at);
        }
    }

    fn send_quote(&mut self, n: usize, exchange_at: Timestamp, arrived_at: Timestamp) {
        let one = &mut self.venues[n];
        let best = one.makers.best();
        if one.quoted == Some(best) {
            return;
        }
        one.quoted = Some(best);
        let body = MarketBody::Quote(Quote { id: one.last_id, bid: best.0, ask: best.1 });
        self.ready.push(Ready { instrument: one.id, exchange_at, arrived_at, body: ReadyBody::Plain(body) });
    }

    fn send_snapshot(&mut self, n: usize, at: f64) {
        let (exchange_at, arrived_at) = self.times(at);
        let one = &mut self.venues[n];
        let start = self.levels.len();
        self.levels.extend(one.makers.bids());
        let middle = self.levels.len();
        self.levels.extend(one.makers.asks());
        one.makers.clear_changes();
        let body = ReadyBody::Depth {
            kind: DepthKind::Snapshot,
            ids: [one.last_id, one.last_id, 0],
            bids: start..middle,
            asks: middle..self.levels.len(),
        };
        self.ready.push(Ready { instrument: one.id, exchange_at, arrived_at, body });
    }

    fn send_mark(&mut self, n: usize, at: f64) {
        let one = &self.venues[n];
        let (mark, index) = (ticks(one.mark()), ticks(one.price.value()));
        let body = MarketBody::Mark(MarkPrice { mark, index: Some(index) });
        self.send(n, at, body);
    }

    /// The rate leans to the side that has won since the last payment.
    fn send_funding(&mut self, n: usize, at: f64) {
        let one = &mut self.venues[n];
        let value = one.price.value();
        let rise = libm::log(value / one.value_at_funding);
        one.value_at_funding = value;
        let hours = f64::from(self.config.book.funding_hours) / 8.0;
        let rate = hours * (FUNDING_AT_REST + FUNDING_SWING * libm::tanh(rise / FUNDING_SCALE));
        let mark = ticks(one.mark());
        // Whole units of 1e-8, as venues publish it.
        let rate = Rate::new(libm::round(rate * 1e8) as i64 * (Rate::ONE / 100_000_000));
        self.send(n, at, MarketBody::Funding(FundingRate { rate, mark: Some(mark) }));
    }

    fn send(&mut self, n: usize, at: f64, body: MarketBody<'static>) {
        let (exchange_at, arrived_at) = self.times(at);
        let instrument = self.venues[n].id;
        self.ready.push(Ready { instrument, exchange_at, arrived_at, body: ReadyBody::Plain(body) });
    }

    /// When something that happens at `at` seconds happens, and when it reaches us: never before something sent
    /// earlier.
    fn times(&mut self, at: f64) -> (Timestamp, Timestamp) {
        let exchange_at = self.time(at);
        let feed = &self.config.feed;
        let delay_us = feed.median_us * libm::exp(feed.spread * self.rng_feed.normal());
        let delay = Span::from_nanos((delay_us * 1e3) as i64);
        self.last_arrival = self.last_arrival.max(exchange_at.saturating_add(delay));
        (exchange_at, self.last_arrival)
    }

    fn time(&self, at: f64) -> Timestamp {
        self.config.start.saturating_add(Span::from_nanos((at * 1e9) as i64))
    }
}

impl One {
    /// Half way between the index and the middle of the book, in ticks.
    fn mark(&self) -> f64 {
        0.5 * (self.price.value() + self.makers.mid())
    }
}

fn ticks(value: f64) -> Price {
    Price::new((libm::round(value) as i64).max(1))
}

impl EventStream for Synthetic {
    fn next(&mut self) -> Result<Option<MarketEvent<'_>>, StreamError> {
        if self.next_ready == self.ready.len() && !self.make() {
            return Ok(None);
        }
        let ready = &self.ready[self.next_ready];
        self.next_ready += 1;
        let body = match &ready.body {
            ReadyBody::Plain(body) => *body,
            ReadyBody::Depth { kind, ids, bids, asks } => MarketBody::Depth(Depth {
                kind: *kind,
                first_id: ids[0],
                last_id: ids[1],
                previous_id: ids[2],
                bids: &self.levels[bids.clone()],
                asks: &self.levels[asks.clone()],
            }),
        };
        Ok(Some(MarketEvent {
            instrument: ready.instrument,
            exchange_at: ready.exchange_at,
            arrived_at: ready.arrived_at,
            body,
        }))
    }
}
