//! A small exchange to talk to in tests: books and trades as text, answers as text.

#![allow(dead_code, reason = "each test uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use scalp_sim::{Exchange, ExchangeConfig, FORCED_ORDER_IDS, Replies, Reply, ReplyBody};
use scalp_types::instrument::MarginTierSpec;
use scalp_types::{
    AccountBody, AssetId, Bar, BookAction, BookOrder, CancelReason, Contract, Depth, DepthKind, FundingRate,
    GroupId, GroupLink, GroupRole, InstrumentId, InstrumentSpec, Instruments, Level, Liquidity, MarkPrice,
    MarketBody, MarketEvent, Money, OrderBody, OrderId, OrderKind, OrderRequest, Price, Qty, Quote, Rate,
    SelfTradePrevention, Side, Span, TimeInForce, Timestamp, Trade, TradeId, TradingStatus, TriggerSource,
    VenueQuery, VenueRequest,
};

pub const ONE: InstrumentId = InstrumentId(0);

/// A linear contract with tick 1, lot 1 and multiplier 1: price times size is coins.
pub fn spec(symbol: &str) -> InstrumentSpec {
    InstrumentSpec {
        venue: "v".into(),
        symbol: symbol.into(),
        contract: Contract::Linear,
        base: "B".into(),
        quote: "Q".into(),
        tick: "1".parse().unwrap(),
        lot: "1".parse().unwrap(),
        ..InstrumentSpec::unlimited()
    }
}

pub fn tier(floor: &str, rate: &str, leverage_max: u32) -> MarginTierSpec {
    MarginTierSpec {
        notional_floor: floor.parse().unwrap(),
        maintenance: rate.parse().unwrap(),
        leverage_max,
    }
}

pub struct Floor {
    pub exchange: Exchange,
    pub instruments: Instruments,
    pub replies: Replies,
    pub all: Vec<Reply>,
    pub now: i64,
}

impl Floor {
    pub fn new(config: &ExchangeConfig) -> Self {
        Self::with([spec("ONE"), spec("TWO")], config)
    }
    pub fn with(specs: impl IntoIterator<Item = InstrumentSpec>, config: &ExchangeConfig) -> Self {
        let instruments = Instruments::new(specs).unwrap();
        let exchange = Exchange::new(&instruments, config, 7).unwrap();
        Self { exchange, instruments, replies: Replies::default(), all: Vec::new(), now: 0 }
    }
    /// Later by so many seconds.
    pub fn wait(&mut self, secs: i64) -> String {
        self.now += secs * 1_000_000_000;
        if self.exchange.next_due().nanos() <= self.now {
            self.exchange.on_time(Timestamp::from_nanos(self.now), &mut self.replies);
        }
        self.answers()
    }
    pub fn market_of(&mut self, instrument: InstrumentId, body: MarketBody<'_>) -> String {
        self.now += 1_000;
        let at = Timestamp::from_nanos(self.now);
        let event = MarketEvent { instrument, exchange_at: at, arrived_at: at, body };
        self.exchange.on_market(&event, &mut self.replies);
        self.answers()
    }
    pub fn market(&mut self, body: MarketBody<'_>) -> String {
        self.market_of(ONE, body)
    }
    /// The next minute: open, high, low, close; the exchange gets it at its close.
    pub fn bar(&mut self, [open, high, low, close]: [i64; 4], volume: i64) -> String {
        const MINUTE: i64 = 60_000_000_000;
        let open_at = self.now.div_euclid(MINUTE) * MINUTE;
        self.now = open_at + MINUTE - 1_000;
        let price = Price::new;
        self.market(MarketBody::Bar(Bar {
            open_at: Timestamp::from_nanos(open_at),
            span: Span::from_secs(60),
            open: price(open),
            high: price(high),
            low: price(low),
            close: price(close),
            volume: Qty::new(volume),
            taker_buy: Qty::ZERO,
            trades: 0,
        }))
    }
    pub fn send(&mut self, request: VenueRequest) -> String {
        self.now += 1_000;
        self.exchange.on_request(Timestamp::from_nanos(self.now), &request, &mut self.replies);
        self.answers()
    }
    /// `bids | asks`, each `price:size`.
    pub fn depth(&mut self, text: &str) -> String {
        self.book(DepthKind::Delta, text)
    }
    pub fn snapshot(&mut self, text: &str) -> String {
        self.book(DepthKind::Snapshot, text)
    }
    fn book(&mut self, kind: DepthKind, text: &str) -> String {
        let (bids, asks) = text.split_once('|').unwrap();
        let side = |text: &str| -> Vec<Level> { text.split_whitespace().map(level).collect() };
        let (bids, asks) = (side(bids), side(asks));
        let depth = Depth { kind, first_id: 0, last_id: 0, previous_id: 0, bids: &bids, asks: &asks };
        self.market(MarketBody::Depth(depth))
    }
    pub fn trade(&mut self, taker: Side, price: i64, qty: i64) -> String {
        let (price, qty) = (Price::new(price), Qty::new(qty));
        self.market(MarketBody::Trade(Trade { id: TradeId(0), price, qty, taker }))
    }
    pub fn quote(&mut self, bid: &str, ask: &str) -> String {
        self.market(MarketBody::Quote(Quote { id: 0, bid: level(bid), ask: level(ask) }))
    }
    pub fn mark(&mut self, price: i64) -> String {
        self.market(MarketBody::Mark(MarkPrice { mark: Price::new(price), index: None }))
    }
    pub fn funding(&mut self, rate: &str, mark: Option<i64>) -> String {
        let rate = Rate::from_decimal(rate.parse().unwrap()).unwrap();
        self.market(MarketBody::Funding(FundingRate { rate, mark: mark.map(Price::new) }))
    }
    pub fn status(&mut self, status: TradingStatus) -> String {
        self.market(MarketBody::Status(status))
    }
    pub fn l3(&mut self, action: BookAction, id: u64, side: Side, price: i64, qty: i64) -> String {
        let (price, qty) = (Price::new(price), Qty::new(qty));
        self.market(MarketBody::Order(BookOrder { action, id, side, price, qty }))
    }
    pub fn submit(&mut self, order: OrderRequest) -> String {
        self.send(VenueRequest::Submit(order))
    }
    pub fn cancel(&mut self, id: u64) -> String {
        self.send(VenueRequest::Cancel { order: OrderId(id), instrument: ONE })
    }
    pub fn amend(&mut self, id: u64, price: Option<i64>, qty: Option<i64>) -> String {
        self.send(VenueRequest::Amend {
            order: OrderId(id),
            instrument: ONE,
            price: price.map(Price::new),
            qty: qty.map(Qty::new),
        })
    }
    /// What became of an order.
    pub fn look_up(&mut self, id: u64) -> String {
        self.send(VenueRequest::Query(VenueQuery::Order { order: OrderId(id), instrument: ONE }))
    }
    /// How the instrument stands, with its fills after this one.
    pub fn statement(&mut self, after: u64) -> String {
        self.send(VenueRequest::Query(VenueQuery::Statement { instrument: ONE, after: TradeId(after) }))
    }
    pub fn position(&self) -> i64 {
        self.exchange.ledger().position(ONE).qty.get()
    }
    pub fn balance(&self) -> String {
        self.exchange.ledger().balance(self.settle()).to_string()
    }
    pub fn settle(&self) -> AssetId {
        self.instruments.get(ONE).settle
    }
    pub fn answers(&mut self) -> String {
        let text: Vec<String> = self.replies.as_slice().iter().map(say).collect();
        self.all.extend_from_slice(self.replies.as_slice());
        self.replies.clear();
        text.join(", ")
    }
}

pub fn coins(whole: i64) -> Money {
    Money::new(i128::from(whole) * Money::ONE)
}

fn level(text: &str) -> Level {
    let (price, qty) = text.split_once(':').unwrap();
    Level { price: Price::new(price.parse().unwrap()), qty: Qty::new(qty.parse().unwrap()) }
}

fn say(reply: &Reply) -> String {
    match &reply.body {
        ReplyBody::Order(event) => {
            let id = event.order.0;
            let who = if id > FORCED_ORDER_IDS { "forced".to_owned() } else { id.to_string() };
            format!("{who} {}", say_order(&event.body))
        }
        ReplyBody::Account(event) => match event.body {
            AccountBody::Transfer { amount, .. } => format!("transfer {amount}"),
            AccountBody::Funding { amount, mark, .. } => format!("funding {amount} at {}", mark.get()),
            AccountBody::Liquidated { qty, fee, .. } => format!("liquidated {} fee {fee}", qty.get()),
            AccountBody::Bankruptcy { amount, .. } => format!("bankruptcy {amount}"),
            AccountBody::Statement { position, cash, upto, more, .. } => {
                format!(
                    "statement {} cash {cash} upto {upto}{}",
                    position.get(),
                    if more { " more" } else { "" }
                )
            }
        },
    }
}

fn say_order(body: &OrderBody) -> String {
    match body {
        OrderBody::Accepted => "accepted".into(),
        OrderBody::Rejected(reason) => format!("rejected {reason:?}"),
        OrderBody::Triggered => "triggered".into(),
        OrderBody::Amended { price, qty } => format!("amended {}@{}", qty.get(), price.get()),
        OrderBody::AmendRejected(reason) => format!("amend rejected {reason:?}"),
        OrderBody::CancelRejected(reason) => format!("cancel rejected {reason:?}"),
        OrderBody::Cancelled { reason: CancelReason::Requested, .. } => "cancelled".into(),
        OrderBody::Cancelled { reason, .. } => format!("cancelled {reason:?}"),
        OrderBody::Expired { .. } => "expired".into(),
        OrderBody::Listed { limit, qty, triggered } => format!(
            "listed {}@{}{}",
            qty.get(),
            limit.map_or("market".into(), |it| it.get().to_string()),
            if *triggered { " triggered" } else { "" }
        ),
        OrderBody::PastFill(fill) => format!("past {}", say_order(&OrderBody::Filled(*fill))),
        OrderBody::Filled(fill) => {
            let how = if fill.liquidity == Liquidity::Maker { "maker" } else { "taker" };
            format!("{how} {}@{} left {}", fill.qty.get(), fill.price.get(), fill.remaining.get())
        }
    }
}

pub fn order(id: u64, side: Side, qty: i64, kind: OrderKind) -> OrderRequest {
    OrderRequest {
        id: OrderId(id),
        instrument: ONE,
        side,
        qty: Qty::new(qty),
        kind,
        time_in_force: TimeInForce::Gtc,
        post_only: false,
        reduce_only: false,
        trigger_source: TriggerSource::Last,
        self_trade: SelfTradePrevention::CancelMaker,
        link: None,
    }
}
pub fn limit(id: u64, side: Side, qty: i64, price: i64) -> OrderRequest {
    order(id, side, qty, OrderKind::Limit { price: Price::new(price) })
}
pub fn market(id: u64, side: Side, qty: i64) -> OrderRequest {
    order(id, side, qty, OrderKind::Market)
}
pub fn stop(id: u64, side: Side, qty: i64, trigger: i64) -> OrderRequest {
    order(id, side, qty, OrderKind::StopMarket { trigger: Price::new(trigger) })
}
pub fn take_profit(id: u64, side: Side, qty: i64, trigger: i64) -> OrderRequest {
    order(id, side, qty, OrderKind::TakeProfitMarket { trigger: Price::new(trigger) })
}
pub fn in_group(mut order: OrderRequest, group: u64, role: GroupRole) -> OrderRequest {
    order.link = Some(GroupLink { group: GroupId(group), role });
    order
}
