//! The state of every instrument, and the one entry that each market event goes through. Market data is outside data:
//! what cannot be is counted and refused here, and nothing panics.

mod known;

pub use known::grace;

use crate::book::{Book, BookConfig, LEVEL_LOTS_MAX, PRICE_TICKS_MAX};
use crate::latency::Latency;
use crate::orders::{OrderBook, OrderBookConfig, OrderFault};
use crate::stamps::Stamps;
use crate::sync::{BookSync, SyncRule, Verdict};
use scalp_types::{
    Bar, BookOrder, Depth, DepthKind, FundingRate, InstrumentId, Instruments, Level, MarkPrice, MarketBody,
    MarketEvent, OpenInterest, Price, PublicLiquidation, Qty, Quote, Rate, Span, StateHash, Timestamp, Trade,
    TradingStatus,
};
use serde::{Deserialize, Serialize};

/// What is fixed when the market is made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MarketConfig {
    /// Bounds of each L2 book.
    pub book: BookConfig,
    /// Bounds of each L3 book; one is made when the first order event of an instrument comes.
    pub orders: OrderBookConfig,
    /// How the venue of an instrument numbers its books; those not listed are applied as they come.
    pub sync: Vec<(InstrumentId, SyncRule)>,
    /// Instruments that may trade at zero and below (dated spreads); elsewhere such prices are refused.
    pub negative_prices: Vec<InstrumentId>,
}

/// Best prices, last trade and mark: what most decisions need.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// Best bid.
    pub bid: Option<Level>,
    /// Best ask.
    pub ask: Option<Level>,
    /// Price of the last trade, or the close of the last bar where there are no trades.
    pub last: Option<Price>,
    /// Mark price.
    pub mark: Option<Price>,
}

/// What one market event changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarketChange {
    /// The last trade.
    Trade,
    /// The L2 book, as far as the verdict says.
    Book(BookChange),
    /// The L3 book.
    Orders,
    /// The quote.
    Quote,
    /// The last bar.
    Bar,
    /// The funding rate.
    Funding,
    /// Mark and index price.
    Mark,
    /// Open interest.
    OpenInterest,
    /// The last liquidation of somebody else.
    Liquidation,
    /// The trading status, which was this before.
    Status(TradingStatus),
    /// Nothing: the event cannot be. Counted in [`Health::refused`].
    Refused(Absurd),
}

/// What a depth message did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookChange {
    /// What was done with the message.
    pub verdict: Verdict,
    /// True when the best bid or ask has another price than before.
    pub best_moved: bool,
}

/// Why an event was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absurd {
    /// An instrument of another run.
    Instrument,
    /// A price out of range, or not positive where it must be.
    Price,
    /// A size that is negative, zero where it must not be, or out of range.
    Size,
    /// A funding rate of more than the whole position.
    Rate,
    /// A bar whose prices are not between its low and its high.
    Bar,
    /// A bar whose end lies so far ahead of its arrival that it is not believed: see [`Stamps`].
    Stamp,
    /// A bar that starts at or before the last one of its length.
    Repeated,
    /// An event of the L3 book that did not fit it.
    Order(OrderFault),
}

/// What was wrong with the feed of one instrument. Gaps, crosses and stale messages of the books are counted by
/// [`BookSync::counts`] and [`Book::counts`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Events refused.
    pub refused: u64,
    /// Trades whose exchange time is before that of an earlier trade.
    pub trades_disordered: u64,
    /// Trades whose id is not above that of an earlier trade, where the venue gives ids.
    pub trades_repeated: u64,
    /// Depth messages whose exchange time is before that of an earlier one.
    pub depth_disordered: u64,
    /// Quotes whose bid is at or above their ask. They are kept: the venue said so.
    pub quotes_crossed: u64,
    /// Events whose arrival is before that of an earlier event.
    pub arrivals_disordered: u64,
    /// Bars of the feed that start at or before the last one of their length. They are among the refused.
    pub bars_repeated: u64,
}

/// Everything known about one instrument.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InstrumentMarket {
    /// The last trade.
    pub trade: Option<Trade>,
    /// Its exchange time.
    pub trade_at: Timestamp,
    /// The latest arrival of any event.
    pub updated_at: Timestamp,
    /// The latest arrival of a depth message that was applied.
    pub book_updated_at: Timestamp,
    /// Exchange time of the latest depth message.
    pub depth_at: Timestamp,
    /// Age of the data on arrival.
    pub latency: Latency,
    /// What is believed of the venue's clock.
    pub stamps: Stamps,
    /// What was wrong with the feed.
    pub health: Health,
    /// The L2 book; empty while its sequence is broken.
    pub book: Book,
    /// The sequence state of the L2 book.
    pub sync: BookSync,
    /// The L3 book, once an order event has come.
    pub orders: Option<Box<OrderBook>>,
    /// The last quote.
    pub quote: Option<Quote>,
    /// The last closed bar.
    pub bar: Option<Bar>,
    /// Mark and index price.
    pub mark: Option<MarkPrice>,
    /// The last funding rate and the exchange time at which it settles.
    pub funding: Option<(FundingRate, Timestamp)>,
    /// Open interest.
    pub open_interest: Option<OpenInterest>,
    /// The last liquidation of somebody else.
    pub liquidation: Option<PublicLiquidation>,
    /// Trading, unless the venue said otherwise.
    pub status: TradingStatus,
    /// True once a depth message has come: the touch is then the book's.
    pub has_depth: bool,
    /// Whether the last depth message made another book: not one that was too old or has to wait. Noted while changes are
    /// told ([`Market::tell_changes`]), and part of no snapshot.
    #[serde(skip)]
    pub has_new_book: bool,
    /// Whether the event in hand is a bar whose stamp is not believed.
    #[serde(skip)]
    is_bar_ahead: bool,
    /// Whether the last trade is the event in hand. What closes a bar is part of the same event, and so of no snapshot.
    #[serde(skip)]
    is_trade_in_hand: bool,
    /// Whether the event in hand is a bar of the feed that was taken in, and so `part`.
    #[serde(skip)]
    is_part_in_hand: bool,
    /// Start and length of the last bar of the feed.
    part: (Timestamp, Span),
    /// The latest that was heard before the event in hand, by either clock. What was refused is in no bar, and not heard of here.
    heard_before: Timestamp,
    /// Whether the last event was refused.
    was_refused: bool,
    /// The latest exchange time of any event.
    latest_at: Timestamp,
    price_min: i64,
}

/// All instruments of a run, by id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Market {
    all: Vec<InstrumentMarket>,
    config: MarketConfig,
    /// Events of instruments that are not in the table.
    unknown: u64,
}

impl Market {
    /// Nothing known yet about any instrument, with the default bounds and no sequence rules.
    pub fn new(instruments: &Instruments) -> Self {
        Self::with_config(instruments, &MarketConfig::default())
    }

    /// Nothing known yet about any instrument.
    pub fn with_config(instruments: &Instruments, config: &MarketConfig) -> Self {
        let one = |id: InstrumentId| {
            let rule = config.sync.iter().rfind(|it| it.0 == id).map_or(SyncRule::None, |it| it.1);
            let price_min = if config.negative_prices.contains(&id) { -PRICE_TICKS_MAX } else { 1 };
            InstrumentMarket::new(config, rule, price_min)
        };
        Self { all: instruments.iter().map(|it| one(it.id)).collect(), config: config.clone(), unknown: 0 }
    }

    /// The event at the time at which it counts: as it was stamped, unless that is so far ahead of its arrival that it is not
    /// believed ([`Stamps`]). Then it counts at the latest time that the venue had stamped on anything of the instrument before,
    /// and at least a minute before its arrival: it closes no bar, and is in the one that is open. To be asked before
    /// [`Market::on_event`] wherever events come as the venue stamped them; a bar of the feed that is ahead is refused there.
    #[inline]
    pub fn dated<'a>(&mut self, event: &MarketEvent<'a>) -> MarketEvent<'a> {
        let at = if event.arrived_at < event.exchange_at { self.date(event) } else { event.exchange_at };
        MarketEvent { exchange_at: at, ..*event }
    }

    /// When an event counts that arrived before it was stamped.
    #[cold]
    fn date(&mut self, event: &MarketEvent<'_>) -> Timestamp {
        let Some(it) = self.all.get_mut(event.instrument.index()) else { return event.exchange_at };
        if it.stamps.believe(event, it.latency.count()) {
            return event.exchange_at;
        }
        it.is_bar_ahead = matches!(event.body, MarketBody::Bar(_));
        let at = it.latest_at.max(it.stamps.least(event.arrived_at));
        if at <= event.arrived_at {
            it.stamps.pass();
        }
        at
    }

    /// Takes in one event. The hot entry: no allocation after warm-up.
    // A call costs a twentieth of a backtest over trades.
    #[inline(always)]
    pub fn on_event(&mut self, event: &MarketEvent<'_>) -> MarketChange {
        let Some(it) = self.all.get_mut(event.instrument.index()) else {
            self.unknown += 1;
            return MarketChange::Refused(Absurd::Instrument);
        };
        let is_funding = matches!(event.body, MarketBody::Funding(_));
        // Funding is announced before it settles: it says nothing of the clock.
        if event.arrived_at >= event.exchange_at || !is_funding {
            it.latency.record(event.exchange_at, event.arrived_at);
        }
        if !std::mem::take(&mut it.was_refused) {
            it.heard_before = it.heard();
        }
        if event.arrived_at < it.updated_at {
            it.health.arrivals_disordered += 1;
        } else {
            it.updated_at = event.arrived_at;
        }
        it.is_trade_in_hand = matches!(event.body, MarketBody::Trade(_));
        it.latest_at = it.latest_at.max(event.exchange_at);
        let change = match &event.body {
            MarketBody::Trade(trade) => it.on_trade(trade, event.exchange_at),
            MarketBody::Depth(depth) => it.on_depth(depth, event),
            MarketBody::Quote(quote) => it.on_quote(quote),
            MarketBody::Order(order) => it.on_order(order, self.config.orders),
            MarketBody::Bar(_) if std::mem::take(&mut it.is_bar_ahead) => it.refuse(Absurd::Stamp),
            MarketBody::Bar(bar) => {
                if event.arrived_at >= event.exchange_at {
                    it.stamps.tell(bar);
                }
                it.on_part(bar)
            }
            MarketBody::Funding(funding) => it.on_funding(funding, event.exchange_at),
            MarketBody::Mark(mark) => it.on_mark(mark),
            MarketBody::OpenInterest(interest) => it.on_open_interest(interest),
            MarketBody::Liquidation(liquidation) => it.on_liquidation(liquidation),
            MarketBody::Status(status) => MarketChange::Status(std::mem::replace(&mut it.status, *status)),
        };
        it.is_part_in_hand = matches!(change, MarketChange::Bar);
        change
    }

    /// Whether each L2 book tells the levels that a message changes: see [`Book::tell`]. To be said again after a snapshot.
    pub fn tell_changes(&mut self, is_wanted: bool) {
        self.all.iter_mut().for_each(|it| it.book.tell(is_wanted));
    }

    /// Everything known about one instrument. Panics for an id of another table.
    #[inline]
    pub fn state(&self, instrument: InstrumentId) -> &InstrumentMarket {
        &self.all[instrument.index()]
    }
    /// Everything known about one instrument; `None` for an id of another table.
    #[inline]
    pub fn get(&self, instrument: InstrumentId) -> Option<&InstrumentMarket> {
        self.all.get(instrument.index())
    }
    /// All, by id.
    pub fn iter(&self) -> std::slice::Iter<'_, InstrumentMarket> {
        self.all.iter()
    }
    /// Best prices, last trade and mark of one instrument. Panics for an id of another table.
    #[inline]
    pub fn touch(&self, instrument: InstrumentId) -> Touch {
        self.state(instrument).touch()
    }
    /// Keeps a bar that was built from trades here, as if the venue had sent it.
    #[inline]
    pub fn close_bar(&mut self, instrument: InstrumentId, bar: &Bar) -> MarketChange {
        match self.all.get_mut(instrument.index()) {
            Some(it) => it.on_bar(bar),
            None => MarketChange::Refused(Absurd::Instrument),
        }
    }
    /// Events of instruments that are not in the table.
    pub const fn unknown(&self) -> u64 {
        self.unknown
    }
    /// Absorbs the state of every instrument. Walks the books.
    pub fn digest(&self, hash: &mut StateHash) {
        hash.absorb(self.unknown);
        self.all.iter().for_each(|it| it.digest(hash));
    }
}

/// Of a trade.
#[inline]
fn is_size(qty: Qty) -> bool {
    qty > Qty::ZERO && qty.get() <= LEVEL_LOTS_MAX
}

impl InstrumentMarket {
    fn new(config: &MarketConfig, rule: SyncRule, price_min: i64) -> Self {
        Self {
            trade: None,
            trade_at: Timestamp::MIN,
            updated_at: Timestamp::MIN,
            book_updated_at: Timestamp::MIN,
            depth_at: Timestamp::MIN,
            latency: Latency::default(),
            stamps: Stamps::default(),
            health: Health::default(),
            book: Book::new(config.book),
            sync: BookSync::new(rule),
            orders: None,
            quote: None,
            bar: None,
            mark: None,
            funding: None,
            open_interest: None,
            liquidation: None,
            status: TradingStatus::Trading,
            has_depth: false,
            has_new_book: false,
            is_bar_ahead: false,
            is_trade_in_hand: false,
            is_part_in_hand: false,
            part: (Timestamp::MIN, Span::ZERO),
            heard_before: Timestamp::MIN,
            was_refused: false,
            latest_at: Timestamp::MIN,
            price_min,
        }
    }

    /// Best prices from the L2 book once depth has come, else from the L3 book, else from the last quote.
    #[inline]
    pub fn touch(&self) -> Touch {
        let (bid, ask) = if self.has_depth {
            (self.book.best_bid(), self.book.best_ask())
        } else if let Some(orders) = &self.orders {
            (orders.best_bid(), orders.best_ask())
        } else {
            let shown = |it: Level| (!it.qty.is_zero()).then_some(it);
            self.quote.map_or((None, None), |it| (shown(it.bid), shown(it.ask)))
        };
        let last = self.trade.map(|it| it.price).or(self.bar.map(|it| it.close));
        Touch { bid, ask, last, mark: self.mark.map(|it| it.mark) }
    }

    /// Best bid and ask price of what [`Self::touch`] takes them from; `None` while one is missing. Looks up no sizes.
    #[inline]
    pub fn best_prices(&self) -> Option<(Price, Price)> {
        if self.has_depth {
            return self.book.best_bid_price().zip(self.book.best_ask_price());
        }
        let touch = self.touch();
        touch.bid.zip(touch.ask).map(|(bid, ask)| (bid.price, ask.price))
    }

    #[inline]
    const fn is_price(&self, price: Price) -> bool {
        price.get() >= self.price_min && price.get() <= PRICE_TICKS_MAX
    }

    #[cold]
    fn refuse(&mut self, why: Absurd) -> MarketChange {
        self.health.refused += 1;
        self.was_refused = true;
        MarketChange::Refused(why)
    }

    #[inline]
    fn on_trade(&mut self, trade: &Trade, at: Timestamp) -> MarketChange {
        if !self.is_price(trade.price) {
            return self.refuse(Absurd::Price);
        }
        if !is_size(trade.qty) {
            return self.refuse(Absurd::Size);
        }
        if let Some(before) = &self.trade {
            self.health.trades_disordered += u64::from(at < self.trade_at);
            self.health.trades_repeated += u64::from(trade.id.0 != 0 && trade.id <= before.id);
        }
        self.trade = Some(*trade);
        self.trade_at = at;
        MarketChange::Trade
    }

    /// Whether a trade has a price and a size that can be: else it is refused.
    #[inline]
    #[must_use]
    pub fn takes(&self, trade: &Trade) -> bool {
        self.is_price(trade.price) && is_size(trade.qty)
    }

    #[inline]
    fn on_depth(&mut self, depth: &Depth<'_>, event: &MarketEvent<'_>) -> MarketChange {
        self.has_depth = true;
        if event.exchange_at < self.depth_at {
            self.health.depth_disordered += 1;
        } else {
            self.depth_at = event.exchange_at;
        }
        let before = (self.book.best_bid_price(), self.book.best_ask_price());
        let verdict = self.sync.on_depth(depth, &mut self.book);
        if self.book.tells() {
            self.note_depth(depth.kind, verdict);
        }
        if verdict == Verdict::Apply {
            self.book_updated_at = self.updated_at;
        }
        let best_moved = before != (self.book.best_bid_price(), self.book.best_ask_price());
        MarketChange::Book(BookChange { verdict, best_moved })
    }

    /// What a strategy that is told changes wants to know of a message.
    #[cold]
    fn note_depth(&mut self, kind: DepthKind, verdict: Verdict) {
        if kind != DepthKind::Delta || verdict != Verdict::Apply {
            // A whole book says what there is, not what became of it.
            self.book.forget_told();
        }
        self.has_new_book =
            matches!(verdict, Verdict::Apply | Verdict::Gap { .. }) || kind == DepthKind::Clear;
    }

    fn on_quote(&mut self, quote: &Quote) -> MarketChange {
        let absent = |it: Level| it.qty.is_zero();
        for level in [quote.bid, quote.ask] {
            if !absent(level) && !self.is_price(level.price) {
                return self.refuse(Absurd::Price);
            }
            if level.qty < Qty::ZERO || level.qty.get() > LEVEL_LOTS_MAX {
                return self.refuse(Absurd::Size);
            }
        }
        let both = !absent(quote.bid) && !absent(quote.ask);
        self.health.quotes_crossed += u64::from(both && quote.bid.price >= quote.ask.price);
        self.quote = Some(*quote);
        MarketChange::Quote
    }

    fn on_order(&mut self, order: &BookOrder, config: OrderBookConfig) -> MarketChange {
        let book = self.orders.get_or_insert_with(|| Box::new(OrderBook::new(config)));
        match book.apply(order) {
            Ok(()) => MarketChange::Orders,
            Err(fault) => self.refuse(Absurd::Order(fault)),
        }
    }

    #[inline]
    /// A bar of the feed. One that does not lie behind the last of its length has been told before.
    fn on_part(&mut self, bar: &Bar) -> MarketChange {
        if bar.span == self.part.1 && bar.open_at <= self.part.0 {
            self.health.bars_repeated += 1;
            return self.refuse(Absurd::Repeated);
        }
        let change = self.on_bar(bar);
        if change == MarketChange::Bar {
            self.part = (bar.open_at, bar.span);
        }
        change
    }

    fn on_bar(&mut self, bar: &Bar) -> MarketChange {
        if !self.is_price(bar.low) || !self.is_price(bar.high) {
            return self.refuse(Absurd::Price);
        }
        let inside = |it: Price| bar.low <= it && it <= bar.high;
        if !inside(bar.open) || !inside(bar.close) {
            return self.refuse(Absurd::Bar);
        }
        if bar.taker_buy < Qty::ZERO || bar.volume < bar.taker_buy {
            return self.refuse(Absurd::Size);
        }
        self.bar = Some(*bar);
        MarketChange::Bar
    }

    fn on_funding(&mut self, funding: &FundingRate, at: Timestamp) -> MarketChange {
        if funding.rate.get().unsigned_abs() > Rate::ONE.unsigned_abs() {
            return self.refuse(Absurd::Rate);
        }
        if funding.mark.is_some_and(|it| !self.is_price(it)) {
            return self.refuse(Absurd::Price);
        }
        self.funding = Some((*funding, at));
        MarketChange::Funding
    }

    fn on_mark(&mut self, mark: &MarkPrice) -> MarketChange {
        if !self.is_price(mark.mark) || mark.index.is_some_and(|it| !self.is_price(it)) {
            return self.refuse(Absurd::Price);
        }
        self.mark = Some(*mark);
        MarketChange::Mark
    }

    fn on_open_interest(&mut self, interest: &OpenInterest) -> MarketChange {
        if interest.qty < Qty::ZERO {
            return self.refuse(Absurd::Size);
        }
        self.open_interest = Some(*interest);
        MarketChange::OpenInterest
    }

    fn on_liquidation(&mut self, liquidation: &PublicLiquidation) -> MarketChange {
        if !self.is_price(liquidation.price) {
            return self.refuse(Absurd::Price);
        }
        if liquidation.qty <= Qty::ZERO {
            return self.refuse(Absurd::Size);
        }
        self.liquidation = Some(*liquidation);
        MarketChange::Liquidation
    }

    fn digest(&self, hash: &mut StateHash) {
        self.book.digest(hash);
        self.sync.digest(hash);
        if let Some(orders) = &self.orders {
            orders.digest(hash);
        }
        self.latency.digest(hash);
        self.stamps.digest(hash);
        let health = &self.health;
        for word in [
            health.refused,
            health.trades_disordered,
            health.trades_repeated,
            health.depth_disordered,
            health.quotes_crossed,
            health.arrivals_disordered,
            self.status as u64,
        ] {
            hash.absorb(word);
        }
        for at in [self.trade_at, self.updated_at, self.book_updated_at, self.depth_at] {
            hash.absorb_signed(at.nanos());
        }
        let price = |it: Option<Price>| it.map_or(i64::MIN, Price::get);
        let words = [
            price(self.trade.map(|it| it.price)),
            self.trade.map_or(0, |it| it.qty.get()),
            price(self.quote.map(|it| it.bid.price)),
            price(self.quote.map(|it| it.ask.price)),
            price(self.bar.map(|it| it.close)),
            price(self.mark.map(|it| it.mark)),
            self.funding.map_or(0, |it| it.0.rate.get()),
            self.open_interest.map_or(0, |it| it.qty.get()),
            price(self.liquidation.map(|it| it.price)),
        ];
        words.into_iter().for_each(|it| hash.absorb_signed(it));
    }
}
