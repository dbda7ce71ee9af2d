//! Recorded events as the simulator takes them: an event file played as often as asked, in the order of the exchange
//! or in the order of arrival.

use scalp_sim::{Feed, Order};
use scalp_tables::eventfile::{ByArrival, ByExchange, EventFile, Timed};
use scalp_types::{
    Depth, DepthKind, EventStream, Instrument, InstrumentId, InstrumentSpec, Instruments, MarketBody,
    MarketEvent, Span, StreamError, Timestamp,
};

/// One event file and how it is played.
#[derive(Debug, Clone)]
pub struct Track {
    /// The file.
    pub file: EventFile,
    /// Added to every arrival.
    pub shift: Span,
    /// Nothing before this.
    pub start: Timestamp,
    /// Nothing at or after this; [`Timestamp::MAX`] for no end.
    pub end: Timestamp,
    /// How often it is played, one replica after the other.
    pub repeat: u32,
    /// Time from the last event of one replica to the first of the next.
    pub gap: Span,
    /// Only so many events from the start, over all replicas; none for all of them.
    pub events_max: Option<u64>,
}

impl Track {
    /// True when every event has one time only, so that one order serves the exchange and us.
    pub fn has_one_time(&self) -> bool {
        let summary = self.file.summary();
        let recorded = self.shift.nanos().checked_neg().map(Span::from_nanos);
        recorded.is_some() && summary.latency_min == recorded && summary.latency_max == recorded
    }

    /// How far each replica lies behind the one before.
    fn period(&self) -> Span {
        let summary = self.file.summary();
        let (Some(exchange), Some(arrival)) = (summary.exchange, summary.arrival) else { return Span::ZERO };
        let arrival = (arrival.0.saturating_add(self.shift), arrival.1.saturating_add(self.shift));
        exchange.1.max(arrival.1) - exchange.0.min(arrival.0) + self.gap
    }
}

/// A walk through one file in one of its orders.
#[derive(Debug)]
enum Cursor {
    Arrival(ByArrival),
    Exchange(ByExchange),
}

/// A track in one order, all replicas; its instruments have the ids of the run.
#[derive(Debug)]
pub struct Replicas {
    track: Track,
    order: Order,
    period: Span,
    /// How far the replica being played is shifted.
    offset: Span,
    left: u32,
    /// Events taken so far.
    taken: u64,
    /// Books still to be cleared before the replica begins, so that it does not inherit the end of the last one.
    to_clear: usize,
    /// The run's id of each instrument of the file.
    ids: Vec<InstrumentId>,
    cursor: Cursor,
}

impl Replicas {
    /// Opens a track. An instrument that the run does not know, or knows with other terms, is refused.
    pub fn new(track: &Track, order: Order, instruments: &Instruments) -> Result<Self, StreamError> {
        let known = |it: &Instrument| {
            let found = instruments.find(&it.spec.venue, &it.spec.symbol);
            let problem = match found {
                Some(found) if means_the_same(&found.spec, &it.spec) => return Ok(found.id),
                Some(_) => "is declared with another tick, lot, contract or multiplier in the configuration",
                None => "is in the data and not in the configuration",
            };
            let source_name = track.file.path().display().to_string();
            Err(StreamError { source_name, message: format!("instrument {} {problem}", it.name()) })
        };
        let ids = track.file.instruments().iter().map(known).collect::<Result<_, _>>()?;
        Ok(Self {
            track: track.clone(),
            order,
            period: track.period(),
            offset: Span::ZERO,
            left: track.repeat.saturating_sub(1),
            taken: 0,
            to_clear: books_to_clear(track),
            ids,
            cursor: open(track, order)?,
        })
    }

    /// Forgets the next of the books that are to be cleared, at the time of the first event behind.
    #[cold]
    fn clear(&mut self) -> Result<MarketEvent<'static>, StreamError> {
        let at = self.next_at()?.expect("next_at has said that there is one");
        self.to_clear -= 1;
        let kind = DepthKind::Clear;
        let depth = Depth { kind, first_id: 0, last_id: 0, previous_id: 0, bids: &[], asks: &[] };
        let (instrument, body) = (self.ids[self.to_clear], MarketBody::Depth(depth));
        Ok(MarketEvent { instrument, exchange_at: at, arrived_at: at, body })
    }

    #[cold]
    fn rewind(&mut self) -> Result<bool, StreamError> {
        if self.left == 0 {
            return Ok(false);
        }
        self.left -= 1;
        self.to_clear = books_to_clear(&self.track);
        self.offset = self.offset + self.period;
        match &mut self.cursor {
            _ if is_bounded(&self.track) => self.cursor = open(&self.track, self.order)?,
            Cursor::Arrival(it) => it.rewind(),
            Cursor::Exchange(it) => it.rewind(),
        }
        Ok(true)
    }
}

/// Whether prices and sizes of one declaration mean the same in the other; filters and margin may differ.
fn means_the_same(a: &InstrumentSpec, b: &InstrumentSpec) -> bool {
    let terms = |it: &InstrumentSpec| (it.contract, it.tick, it.lot, it.multiplier);
    terms(a) == terms(b)
}

/// Moves an event by the offset of its replica, in all of its times.
#[inline]
fn shift(event: &mut MarketEvent<'_>, offset: Span) {
    event.exchange_at = event.exchange_at.saturating_add(offset);
    event.arrived_at = event.arrived_at.saturating_add(offset);
    if let MarketBody::Bar(bar) = &mut event.body {
        bar.open_at = bar.open_at.saturating_add(offset);
    }
}

/// Each instrument's, where books are played several times.
fn books_to_clear(track: &Track) -> usize {
    let summary = track.file.summary();
    if track.repeat > 1 && summary.levels > 0 { summary.instruments.len() } else { 0 }
}

fn is_bounded(track: &Track) -> bool {
    track.start != Timestamp::MIN || track.end != Timestamp::MAX
}

fn open(track: &Track, order: Order) -> Result<Cursor, StreamError> {
    let bounded = is_bounded(track);
    Ok(match order {
        Order::Arrival => {
            let cursor = track.file.by_arrival().shifted(track.shift);
            Cursor::Arrival(if bounded { cursor.between(track.start, track.end)? } else { cursor })
        }
        Order::Exchange => {
            let cursor = track.file.by_exchange().shifted(track.shift);
            Cursor::Exchange(if bounded { cursor.between(track.start, track.end)? } else { cursor })
        }
    })
}

impl Feed for Replicas {
    #[inline]
    fn next_at(&mut self) -> Result<Option<Timestamp>, StreamError> {
        if self.track.events_max.is_some_and(|most| self.taken >= most) {
            return Ok(None);
        }
        loop {
            let next = match &mut self.cursor {
                Cursor::Arrival(it) => it.next_at()?,
                Cursor::Exchange(it) => it.next_at()?,
            };
            if let Some(at) = next {
                return Ok(Some(at.saturating_add(self.offset)));
            }
            if !self.rewind()? {
                return Ok(None);
            }
        }
    }

    fn take(&mut self) -> Result<MarketEvent<'_>, StreamError> {
        if self.to_clear > 0 {
            return self.clear();
        }
        let event = match &mut self.cursor {
            Cursor::Arrival(it) => it.next()?,
            Cursor::Exchange(it) => it.next()?,
        };
        let mut event = event.expect("next_at has said that there is one");
        event.instrument = self.ids[event.instrument.index()];
        shift(&mut event, self.offset);
        self.taken += 1;
        Ok(event)
    }

    #[inline(always)]
    fn lend<R>(&mut self, to: impl FnOnce(&MarketEvent<'_>) -> R) -> Result<R, StreamError> {
        if self.to_clear > 0 {
            return self.clear().map(|event| to(&event));
        }
        self.taken += 1;
        let (ids, offset) = (&self.ids, self.offset);
        let played = |event: &mut MarketEvent<'_>| {
            event.instrument = ids[event.instrument.index()];
            shift(event, offset);
            to(event)
        };
        let result = match &mut self.cursor {
            Cursor::Arrival(it) => it.hand(played)?,
            Cursor::Exchange(it) => it.hand(played)?,
        };
        Ok(result.expect("next_at has said that there is one"))
    }

    #[inline(always)]
    fn lend_run(
        &mut self,
        end: Timestamp,
        mut to: impl FnMut(Timestamp, &MarketEvent<'_>) -> bool,
    ) -> Result<(), StreamError> {
        if self.to_clear > 0 {
            let event = self.clear()?;
            to(event.exchange_at, &event);
            return Ok(());
        }
        let (ids, offset, order, taken) = (&self.ids, self.offset, self.order, &mut self.taken);
        let most = self.track.events_max.unwrap_or(u64::MAX);
        let played = |event: &mut MarketEvent<'_>| {
            event.instrument = ids[event.instrument.index()];
            shift(event, offset);
            *taken += 1;
            to(order.time_of(event), event) && *taken < most
        };
        // No bound stays none.
        let end = if end == Timestamp::MAX { end } else { end.saturating_sub(offset) };
        match &mut self.cursor {
            Cursor::Arrival(it) => it.hand_run(end, played),
            Cursor::Exchange(it) => it.hand_run(end, played),
        }
    }
}
