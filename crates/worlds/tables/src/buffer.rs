//! A batch of market events that owns its levels, and is cleared and filled again without new memory.

use scalp_types::{
    Bar, BookOrder, Depth, DepthKind, FundingRate, InstrumentId, Level, MarkPrice, MarketBody, MarketEvent,
    OpenInterest, PublicLiquidation, Quote, Span, Timestamp, Trade, TradingStatus,
};

/// Events that a reader puts into a buffer before it returns, more or less: enough to spread the cost of a call,
/// few enough to stay in the second-level cache.
pub const BATCH_EVENTS: usize = 4_096;

/// Which instrument an event is of, and its two times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// When it happened at the exchange.
    pub exchange_at: Timestamp,
    /// When it reached the recorder; equal to `exchange_at` where the source does not say.
    pub arrived_at: Timestamp,
}

/// An owned, reusable batch of events. Each remembers where it came from: a line of text, counted from 1, or a
/// byte offset, as the reader says.
#[derive(Debug, Clone, Default)]
pub struct EventBuffer {
    events: Vec<Stored>,
    levels: Vec<Level>,
}

#[derive(Debug, Clone, Copy)]
struct Stored {
    stamp: Stamp,
    source: u64,
    body: StoredBody,
}

#[derive(Debug, Clone, Copy)]
enum StoredBody {
    Trade(Trade),
    Depth {
        kind: DepthKind,
        first_id: u64,
        last_id: u64,
        previous_id: u64,
        start: usize,
        bids: usize,
        asks: usize,
    },
    Order(BookOrder),
    Quote(Quote),
    Bar(Bar),
    Funding(FundingRate),
    Mark(MarkPrice),
    OpenInterest(OpenInterest),
    Liquidation(PublicLiquidation),
    Status(TradingStatus),
}

impl EventBuffer {
    /// Empty, with room for [`BATCH_EVENTS`] events.
    pub fn new() -> Self {
        Self { events: Vec::with_capacity(BATCH_EVENTS), levels: Vec::with_capacity(BATCH_EVENTS) }
    }
    /// Forgets the events and keeps the room.
    pub fn clear(&mut self) {
        self.events.clear();
        self.levels.clear();
    }
    /// How many events.
    pub fn len(&self) -> usize {
        self.events.len()
    }
    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
    /// True when a reader should return: a batch is full, by events or by levels.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.events.len() >= BATCH_EVENTS || self.levels.len() >= 16 * BATCH_EVENTS
    }

    /// Adds a copy of an event that came from `source` (line or byte offset).
    pub fn push(&mut self, event: &MarketEvent<'_>, source: u64) {
        let MarketEvent { instrument, exchange_at, arrived_at, body } = *event;
        let stamp = Stamp { instrument, exchange_at, arrived_at };
        match body {
            MarketBody::Trade(it) => self.push_trade(stamp, source, it),
            MarketBody::Depth(it) => self.push_depth(stamp, source, &it),
            MarketBody::Order(it) => self.push_order(stamp, source, it),
            MarketBody::Quote(it) => self.push_quote(stamp, source, it),
            MarketBody::Bar(it) => self.push_bar(stamp, source, it),
            MarketBody::Funding(it) => self.push_funding(stamp, source, it),
            MarketBody::Mark(it) => self.push_mark(stamp, source, it),
            MarketBody::OpenInterest(it) => self.push_open_interest(stamp, source, it),
            MarketBody::Liquidation(it) => self.push_liquidation(stamp, source, it),
            MarketBody::Status(it) => self.push_status(stamp, source, it),
        }
    }
    /// Adds a trade.
    #[inline]
    pub fn push_trade(&mut self, stamp: Stamp, source: u64, trade: Trade) {
        self.put(stamp, source, StoredBody::Trade(trade));
    }
    /// Adds changed levels, which are copied.
    #[inline]
    pub fn push_depth(&mut self, stamp: Stamp, source: u64, depth: &Depth<'_>) {
        let Depth { kind, first_id, last_id, previous_id, bids, asks } = *depth;
        let start = self.levels.len();
        self.levels.extend_from_slice(bids);
        self.levels.extend_from_slice(asks);
        let (bids, asks) = (bids.len(), asks.len());
        self.put(
            stamp,
            source,
            StoredBody::Depth { kind, first_id, last_id, previous_id, start, bids, asks },
        );
    }
    /// Adds a change of an order of an L3 book.
    #[inline]
    pub fn push_order(&mut self, stamp: Stamp, source: u64, order: BookOrder) {
        self.put(stamp, source, StoredBody::Order(order));
    }
    /// Adds a quote.
    #[inline]
    pub fn push_quote(&mut self, stamp: Stamp, source: u64, quote: Quote) {
        self.put(stamp, source, StoredBody::Quote(quote));
    }
    /// Adds a closed bar.
    #[inline]
    pub fn push_bar(&mut self, stamp: Stamp, source: u64, bar: Bar) {
        self.put(stamp, source, StoredBody::Bar(bar));
    }
    /// Adds a funding rate.
    #[inline]
    pub fn push_funding(&mut self, stamp: Stamp, source: u64, funding: FundingRate) {
        self.put(stamp, source, StoredBody::Funding(funding));
    }
    /// Adds a mark price.
    #[inline]
    pub fn push_mark(&mut self, stamp: Stamp, source: u64, mark: MarkPrice) {
        self.put(stamp, source, StoredBody::Mark(mark));
    }
    /// Adds open interest.
    #[inline]
    pub fn push_open_interest(&mut self, stamp: Stamp, source: u64, interest: OpenInterest) {
        self.put(stamp, source, StoredBody::OpenInterest(interest));
    }
    /// Adds a published liquidation.
    #[inline]
    pub fn push_liquidation(&mut self, stamp: Stamp, source: u64, liquidation: PublicLiquidation) {
        self.put(stamp, source, StoredBody::Liquidation(liquidation));
    }
    /// Adds a change of trading status.
    #[inline]
    pub fn push_status(&mut self, stamp: Stamp, source: u64, status: TradingStatus) {
        self.put(stamp, source, StoredBody::Status(status));
    }
    #[inline]
    fn put(&mut self, stamp: Stamp, source: u64, body: StoredBody) {
        self.events.push(Stored { stamp, source, body });
    }

    /// The events in the order they were put in.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = MarketEvent<'_>> {
        self.events.iter().map(|it| self.lend(it))
    }
    /// The events, each with its line or byte offset in the source.
    pub fn iter_with_source(&self) -> impl ExactSizeIterator<Item = (MarketEvent<'_>, u64)> {
        self.events.iter().map(|it| (self.lend(it), it.source))
    }
    /// The event at `index`.
    pub fn get(&self, index: usize) -> Option<MarketEvent<'_>> {
        self.events.get(index).map(|it| self.lend(it))
    }
    /// The event at `index`, with its line or byte offset in the source.
    #[inline]
    pub fn get_with_source(&self, index: usize) -> Option<(MarketEvent<'_>, u64)> {
        self.events.get(index).map(|it| (self.lend(it), it.source))
    }
    /// Moves every arrival from event `first` on by `span`: a recorder's clock was wrong by a constant.
    pub fn shift_arrivals(&mut self, first: usize, span: Span) {
        for it in self.events.iter_mut().skip(first) {
            it.stamp.arrived_at = it.stamp.arrived_at.saturating_add(span);
        }
    }

    #[inline]
    fn lend(&self, it: &Stored) -> MarketEvent<'_> {
        let body = match it.body {
            StoredBody::Trade(it) => MarketBody::Trade(it),
            StoredBody::Depth { kind, first_id, last_id, previous_id, start, bids, asks } => {
                let (bids, asks) = self.levels[start..start + bids + asks].split_at(bids);
                MarketBody::Depth(Depth { kind, first_id, last_id, previous_id, bids, asks })
            }
            StoredBody::Order(it) => MarketBody::Order(it),
            StoredBody::Quote(it) => MarketBody::Quote(it),
            StoredBody::Bar(it) => MarketBody::Bar(it),
            StoredBody::Funding(it) => MarketBody::Funding(it),
            StoredBody::Mark(it) => MarketBody::Mark(it),
            StoredBody::OpenInterest(it) => MarketBody::OpenInterest(it),
            StoredBody::Liquidation(it) => MarketBody::Liquidation(it),
            StoredBody::Status(it) => MarketBody::Status(it),
        };
        let Stamp { instrument, exchange_at, arrived_at } = it.stamp;
        MarketEvent { instrument, exchange_at, arrived_at, body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalp_types::{Price, Qty, Side, TradeId};

    #[test]
    fn events_come_back_as_they_went_in_and_clearing_keeps_the_room() {
        let level = |p, q| Level { price: Price::new(p), qty: Qty::new(q) };
        let (bids, asks) = ([level(9, 1), level(8, 0)], [level(10, 4)]);
        let stamp = |at| Stamp {
            instrument: InstrumentId(1),
            exchange_at: Timestamp::from_nanos(at),
            arrived_at: Timestamp::from_nanos(at + 5),
        };
        let depth = Depth {
            kind: DepthKind::Delta,
            first_id: 1,
            last_id: 2,
            previous_id: 0,
            bids: &bids,
            asks: &asks,
        };
        let trade = Trade { id: TradeId(3), price: Price::new(9), qty: Qty::new(1), taker: Side::Sell };
        let mut buffer = EventBuffer::new();
        let capacity = (buffer.events.capacity(), buffer.levels.capacity());
        for _ in 0..2 {
            buffer.clear();
            buffer.push_depth(stamp(1), 7, &depth);
            buffer.push_trade(stamp(2), 8, trade);
            buffer.push_depth(stamp(3), 9, &Depth { bids: &[], ..depth });
        }
        let got: Vec<_> = buffer.iter_with_source().collect();
        assert_eq!(got.len(), 3);
        assert_eq!(got[0].0.body, MarketBody::Depth(depth));
        assert_eq!(got[1].0.body, MarketBody::Trade(trade));
        assert_eq!(got[2].0.body, MarketBody::Depth(Depth { bids: &[], ..depth }));
        assert_eq!(got.iter().map(|it| it.1).collect::<Vec<_>>(), [7, 8, 9]);
        let mut copy = EventBuffer::new();
        got.iter().for_each(|(event, source)| copy.push(event, *source));
        assert!(copy.iter().eq(buffer.iter()));
        assert_eq!((buffer.events.capacity(), buffer.levels.capacity()), capacity);
    }

    #[test]
    fn a_clock_offset_moves_only_the_arrivals_from_its_start() {
        let mut buffer = EventBuffer::new();
        let at = Timestamp::from_nanos(10);
        let stamp = Stamp { instrument: InstrumentId(0), exchange_at: at, arrived_at: at };
        (0..3).for_each(|n| buffer.push_status(stamp, n, TradingStatus::Trading));
        buffer.shift_arrivals(1, Span::from_nanos(7));
        let times: Vec<_> = buffer.iter().map(|it| (it.exchange_at.nanos(), it.arrived_at.nanos())).collect();
        assert_eq!(times, [(10, 10), (10, 17), (10, 17)]);
    }
}
