//! Where the world takes market events from: anything that can say when its next event is.

use scalp_types::{Level, MarketBody, MarketEvent, Span, StreamError, Timestamp};

/// Market events in one order of time, looked at before they are taken.
pub trait Feed {
    /// When the next event is, in the order of this feed: its exchange time or its arrival time. `None` at the end.
    /// Constant until `take`.
    fn next_at(&mut self) -> Result<Option<Timestamp>, StreamError>;
    /// Takes the next event. Called only after `next_at` has said `Some`.
    fn take(&mut self) -> Result<MarketEvent<'_>, StreamError>;
    /// Takes the next event and lends it to `to`. The same as `take`; a feed that makes its events on the way can
    /// spare itself moving them.
    #[inline]
    fn lend<R>(&mut self, to: impl FnOnce(&MarketEvent<'_>) -> R) -> Result<R, StreamError>
    where
        Self: Sized,
    {
        self.take().map(|event| to(&event))
    }
    /// Lends the next event, and the ones behind it for as long as each is before `end`, `to` says true and the feed
    /// likes to go on: it may stop after any event. With each event comes its time in the order of this feed. Spares a
    /// feed that has its events in a row from being asked for each of them.
    #[inline]
    fn lend_run(
        &mut self,
        _end: Timestamp,
        mut to: impl FnMut(Timestamp, &MarketEvent<'_>) -> bool,
    ) -> Result<(), StreamError>
    where
        Self: Sized,
    {
        if let Some(at) = self.next_at()? {
            self.lend(|event| to(at, event))?;
        }
        Ok(())
    }
}

impl<F: Feed + ?Sized> Feed for &mut F {
    fn next_at(&mut self) -> Result<Option<Timestamp>, StreamError> {
        (**self).next_at()
    }
    fn take(&mut self) -> Result<MarketEvent<'_>, StreamError> {
        (**self).take()
    }
}

/// Which of its two times a feed goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// When it happened at the exchange.
    Exchange,
    /// When it reached us.
    Arrival,
}

impl Order {
    /// That time of an event.
    #[inline]
    pub const fn time_of(self, event: &MarketEvent<'_>) -> Timestamp {
        match self {
            Self::Exchange => event.exchange_at,
            Self::Arrival => event.arrived_at,
        }
    }
}

/// An event with its levels, kept in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    event: MarketEvent<'static>,
    bids: Box<[Level]>,
    asks: Box<[Level]>,
}

impl StoredEvent {
    /// A copy that owns its levels.
    pub fn new(event: &MarketEvent<'_>) -> Self {
        let (body, bids, asks) = match event.body {
            MarketBody::Depth(it) => {
                let bare = scalp_types::Depth { bids: &[], asks: &[], ..it };
                (MarketBody::Depth(bare), it.bids.into(), it.asks.into())
            }
            MarketBody::Trade(it) => (MarketBody::Trade(it), Box::default(), Box::default()),
            MarketBody::Order(it) => (MarketBody::Order(it), Box::default(), Box::default()),
            MarketBody::Quote(it) => (MarketBody::Quote(it), Box::default(), Box::default()),
            MarketBody::Bar(it) => (MarketBody::Bar(it), Box::default(), Box::default()),
            MarketBody::Funding(it) => (MarketBody::Funding(it), Box::default(), Box::default()),
            MarketBody::Mark(it) => (MarketBody::Mark(it), Box::default(), Box::default()),
            MarketBody::OpenInterest(it) => (MarketBody::OpenInterest(it), Box::default(), Box::default()),
            MarketBody::Liquidation(it) => (MarketBody::Liquidation(it), Box::default(), Box::default()),
            MarketBody::Status(it) => (MarketBody::Status(it), Box::default(), Box::default()),
        };
        let event = MarketEvent {
            instrument: event.instrument,
            exchange_at: event.exchange_at,
            arrived_at: event.arrived_at,
            body,
        };
        Self { event, bids, asks }
    }
    /// The event, with its levels lent.
    #[inline]
    pub fn event(&self) -> MarketEvent<'_> {
        let body = match self.event.body {
            MarketBody::Depth(it) => {
                MarketBody::Depth(scalp_types::Depth { bids: &self.bids, asks: &self.asks, ..it })
            }
            other => other,
        };
        MarketEvent { body, ..self.event }
    }
}

/// Events kept in memory, in one order of time.
#[derive(Debug, Clone)]
pub struct Kept {
    events: std::sync::Arc<[StoredEvent]>,
    places: Vec<u32>,
    order: Order,
    at: usize,
}

impl Kept {
    /// The events by exchange time or arrival time; equal times keep their place.
    pub fn new(events: std::sync::Arc<[StoredEvent]>, order: Order) -> Self {
        let mut places: Vec<u32> =
            (0..u32::try_from(events.len()).expect("fewer than four billion events in memory")).collect();
        places.sort_by_key(|&at| order.time_of(&events[at as usize].event));
        Self { events, places, order, at: 0 }
    }
    /// Back to the start.
    pub const fn rewind(&mut self) {
        self.at = 0;
    }
}

impl Feed for Kept {
    #[inline]
    fn next_at(&mut self) -> Result<Option<Timestamp>, StreamError> {
        Ok(self.places.get(self.at).map(|&at| self.order.time_of(&self.events[at as usize].event)))
    }
    #[inline]
    fn take(&mut self) -> Result<MarketEvent<'_>, StreamError> {
        let place = self.places[self.at];
        self.at += 1;
        Ok(self.events[place as usize].event())
    }
    #[inline]
    fn lend_run(
        &mut self,
        end: Timestamp,
        mut to: impl FnMut(Timestamp, &MarketEvent<'_>) -> bool,
    ) -> Result<(), StreamError> {
        while let Some(at) = self.next_at()? {
            if !to(at, &self.take()?) || self.next_at()?.is_none_or(|next| next >= end) {
                break;
            }
        }
        Ok(())
    }
}

/// Several feeds as one, by time; at equal times the earlier feed in the list goes first.
#[derive(Debug)]
pub struct Merged<F> {
    feeds: Vec<F>,
    heads: Vec<Option<Timestamp>>,
    next: Option<usize>,
    /// The head of `next` was taken and has not been asked for again.
    taken: bool,
}

impl<F: Feed> Merged<F> {
    /// Asks each feed for its first time.
    pub fn new(mut feeds: Vec<F>) -> Result<Self, StreamError> {
        let heads = feeds.iter_mut().map(F::next_at).collect::<Result<Vec<_>, _>>()?;
        let mut merged = Self { feeds, heads, next: None, taken: false };
        merged.choose();
        Ok(merged)
    }

    fn choose(&mut self) {
        let heads = self.heads.iter().enumerate();
        self.next = heads.filter_map(|(index, head)| head.map(|at| (at, index))).min().map(|it| it.1);
    }
}

impl<F: Feed> Feed for Merged<F> {
    #[inline]
    fn next_at(&mut self) -> Result<Option<Timestamp>, StreamError> {
        if self.taken
            && let Some(index) = self.next
        {
            self.taken = false;
            self.heads[index] = self.feeds[index].next_at()?;
            self.choose();
        }
        Ok(self.next.and_then(|it| self.heads[it]))
    }
    #[inline]
    fn take(&mut self) -> Result<MarketEvent<'_>, StreamError> {
        let index = self.next.expect("next_at has said that there is one");
        self.taken = true;
        self.feeds[index].take()
    }
    #[inline]
    fn lend<R>(&mut self, to: impl FnOnce(&MarketEvent<'_>) -> R) -> Result<R, StreamError> {
        let index = self.next.expect("next_at has said that there is one");
        self.taken = true;
        self.feeds[index].lend(to)
    }
    #[inline]
    fn lend_run(
        &mut self,
        end: Timestamp,
        to: impl FnMut(Timestamp, &MarketEvent<'_>) -> bool,
    ) -> Result<(), StreamError> {
        let index = self.next.expect("next_at has said that there is one");
        self.taken = true;
        let others = self.heads.iter().enumerate().filter(|it| it.0 != index);
        // At equal times the earlier feed in the list goes first.
        let turns =
            others.filter_map(|(other, head)| head.map(|at| if other < index { at } else { after(at) }));
        let end = turns.fold(end, Timestamp::min);
        self.feeds[index].lend_run(end, to)
    }
}

/// The moment after.
pub(crate) const fn after(at: Timestamp) -> Timestamp {
    at.saturating_add(Span::from_nanos(1))
}
