//! Exact becomes belief: what a pipeline of features is fed of one instrument's trades and books, the same in a run and over a
//! recorded file.

use crate::sizing::PriceScale;
use scalp_features::measure::{Change, Depth, Level as Resting, Print};
use scalp_features::{Pipeline, Schema, Worth};
use scalp_market::{BarRule, InstrumentMarket};
use scalp_types::{
    Bar, Contract, Instrument, Level, MarketBody, MarketEvent, Price, Qty, Span, Timestamp, Trade,
};
use serde::{Deserialize, Serialize};

/// Levels a side of the book that features may look at.
pub const LEVELS_MAX: usize = 50;
/// Levels that one message may change before room has to be made.
const CHANGES_USUAL: usize = 4_096;

/// Prices in quote coins, volume in units of the instrument: the floats nearest to the decimal texts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    price: PriceScale,
    lot: f64,
    lots: f64,
    is_inverse: bool,
    multiplier: f64,
}

impl Scale {
    /// Of this instrument.
    pub fn of(instrument: &Instrument) -> Self {
        let lot = instrument.spec.lot.normalize();
        let lots = (0..lot.scale()).fold(1.0, |power, _| power * 10.0);
        let multiplier = instrument.spec.multiplier.normalize();
        let parts = (0..multiplier.scale()).fold(1.0, |power, _| power * 10.0);
        Self {
            price: PriceScale::of(instrument),
            lot: lot.mantissa() as f64,
            lots,
            is_inverse: instrument.spec.contract == Contract::Inverse,
            multiplier: multiplier.mantissa() as f64 / parts,
        }
    }

    /// What a unit of size is worth.
    pub fn worth(&self) -> Worth {
        match self.multiplier {
            quote if self.is_inverse => Worth::Inverse(quote),
            1.0 => Worth::Base,
            base => Worth::Linear(base),
        }
    }

    /// The length of bars that close by a rule, nanoseconds; of those that have none what closes them, as a schema tells it.
    pub fn kind(&self, rule: BarRule) -> (Option<i64>, String) {
        match rule {
            BarRule::Time(span) => (Some(span.nanos()), String::new()),
            BarRule::Tick(trades) => (None, format!("trades {trades}")),
            BarRule::Volume(lots) => (None, format!("volume {}", self.size(lots))),
            BarRule::Value(units) => {
                let unit = self.price(Price::new(1)) * self.size(Qty::new(1)) * self.multiplier;
                (None, format!("value {}", units as f64 * unit))
            }
            BarRule::Flow(it) => (None, format!("{it:?}")),
        }
    }

    /// Quote coins.
    pub fn price(&self, price: Price) -> f64 {
        self.price.to_f64(price)
    }

    /// Units of the instrument.
    pub fn size(&self, qty: Qty) -> f64 {
        qty.get() as f64 * self.lot / self.lots
    }

    /// Open, high, low, close and volume.
    pub fn bar(&self, bar: &Bar) -> [f64; 5] {
        let [open, high, low, close] = [bar.open, bar.high, bar.low, bar.close].map(|it| self.price(it));
        [open, high, low, close, self.size(bar.volume)]
    }

    fn level(&self, level: Level) -> Resting {
        Resting { price: self.price(level.price), size: self.size(level.qty) }
    }

    fn print(&self, trade: &Trade, at: Timestamp) -> Print {
        let (price, size) = (self.price(trade.price), self.size(trade.qty));
        Print { at: at.nanos(), price, size, aggressor: Some(trade.taker) }
    }
}

/// When bars began and when they were known, as a pipeline is told, nanoseconds. Bars of time are on their grid. The others have
/// none: where the venue dates a trade before the start of the last bar, the next one begins at that start, and none was known
/// before it began or before the last one was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moments {
    open_at: i64,
    known_at: i64,
}

impl Default for Moments {
    fn default() -> Self {
        Self { open_at: i64::MIN, known_at: i64::MIN }
    }
}

impl Moments {
    /// Of the next bar.
    pub fn of(&mut self, open_at: Timestamp, span: Span, known_at: Timestamp) -> (i64, i64) {
        if span > Span::ZERO {
            *self = Self { open_at: open_at.nanos(), known_at: open_at.saturating_add(span).nanos() };
        } else {
            self.open_at = self.open_at.max(open_at.nanos());
            self.known_at = self.known_at.max(known_at.nanos()).max(self.open_at);
        }
        self.last()
    }

    /// Of the last bar.
    pub const fn last(&self) -> (i64, i64) {
        (self.open_at, self.known_at)
    }
}

/// Feeds a pipeline with trades, and with the L2 book or, where there is none, the quotes, by the time of the venue.
#[derive(Debug, Clone)]
pub struct Reading {
    scale: Scale,
    reads_flow: bool,
    /// Levels a side that are lent; none where no feature looks at the book.
    levels: usize,
    bids: Vec<Resting>,
    asks: Vec<Resting>,
    changes: Vec<Change>,
}

impl Reading {
    /// Of what `schema` reads.
    pub fn new(schema: &Schema, scale: Scale) -> Self {
        let levels = if schema.reads_book() { schema.levels().clamp(1, LEVELS_MAX) } else { 0 };
        let (changes, levels_kept) = if levels > 0 { (CHANGES_USUAL, levels) } else { (0, 0) };
        Self {
            scale,
            reads_flow: schema.reads_flow(),
            levels,
            bids: Vec::with_capacity(levels_kept),
            asks: Vec::with_capacity(levels_kept),
            changes: Vec::with_capacity(changes),
        }
    }

    /// Of all trades and books, whatever `schema` reads: where each is a row, each moves the time of the row on.
    pub fn of_rows(schema: &Schema, scale: Scale) -> Self {
        let read = Self::new(schema, scale);
        Self { reads_flow: true, levels: read.levels.max(1), ..read }
    }

    /// Whether trades or the book are read.
    pub const fn reads_flow(&self) -> bool {
        self.reads_flow
    }

    /// Whether the book is read.
    pub const fn reads_book(&self) -> bool {
        self.levels > 0
    }

    /// Feeds an event of the instrument, which `market` has taken in already; false where nothing of it is read. Messages of
    /// the book that it did not take, and quotes beside a book, are not fed. What changed is known of messages of changes, if
    /// the book was asked to tell it ([`scalp_market::Market::tell_changes`]), and not of whole books and quotes.
    pub fn feed(
        &mut self,
        pipeline: &mut Pipeline,
        event: &MarketEvent<'_>,
        market: &InstrumentMarket,
    ) -> bool {
        let at = event.exchange_at;
        match &event.body {
            MarketBody::Trade(trade) if self.reads_flow => self.trade(pipeline, trade, at, market),
            MarketBody::Depth(_) if self.reads_book() && market.has_new_book => {
                self.lend_book(market);
                self.show(pipeline, at, market);
            }
            MarketBody::Quote(quote) if self.reads_book() && !market.has_depth => {
                let of = |it: Level| (!it.qty.is_zero()).then_some(it);
                let ask = of(quote.ask);
                // As in a book, an ask pushes away the bid that reaches it.
                let bid = of(quote.bid).filter(|bid| ask.is_none_or(|ask| bid.price < ask.price));
                self.bids.clear();
                self.bids.extend(bid.map(|it| self.scale.level(it)));
                self.asks.clear();
                self.asks.extend(ask.map(|it| self.scale.level(it)));
                self.changes.clear();
                self.show(pipeline, at, market);
            }
            _ => return false,
        }
        true
    }

    /// Feeds the trade that closed a bar and is part of it, before the bar; false where no trade is read or none closed it. It is not
    /// to be fed again as an event.
    pub fn feed_closing(&self, pipeline: &mut Pipeline, bar: &Bar, market: &InstrumentMarket) -> bool {
        let closing = market.closing_trade(bar).filter(|_| self.reads_flow);
        if let Some((trade, at)) = closing {
            self.trade(pipeline, &trade, at, market);
        }
        closing.is_some()
    }

    // What the venue dated later, read here or not, has been heard of.
    fn trade(&self, pipeline: &mut Pipeline, trade: &Trade, at: Timestamp, market: &InstrumentMarket) {
        pipeline.publish_until(market.latest_at().nanos());
        // What is not sound changes nothing, by the pipeline's own rule.
        let _ = pipeline.on_trade(&self.scale.print(trade, at));
    }

    fn lend_book(&mut self, market: &InstrumentMarket) {
        let (book, scale) = (&market.book, self.scale);
        self.bids.clear();
        self.bids.extend(book.bids().take(self.levels).map(|it| scale.level(it)));
        self.asks.clear();
        self.asks.extend(book.asks().take(self.levels).map(|it| scale.level(it)));
        self.changes.clear();
        self.changes.extend(book.told().iter().map(|it| Change {
            side: it.side,
            level: scale.level(it.level),
            before: scale.size(it.before),
        }));
    }

    fn show(&self, pipeline: &mut Pipeline, at: Timestamp, market: &InstrumentMarket) {
        pipeline.publish_until(market.latest_at().nanos());
        let Self { bids, asks, changes, .. } = self;
        // What is not sound changes nothing.
        let _ = pipeline.on_book(&Depth { at: at.nanos(), bids, asks, changes });
    }
}
