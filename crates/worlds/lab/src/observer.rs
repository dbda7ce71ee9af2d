//! Looks on while a run goes by and keeps what the report needs.

use crate::drive::{Watch, WatchError};
use crate::outcome::Outcome;
use crate::trace::Traces;
use scalp_engine::{Engine, Record, RecordBody};
use scalp_journal::{Snapshots, Writer};
use scalp_strategy::Strategy;
use scalp_types::{Body, Event, MarketBody, MarketEvent, Price, Span, StateHash, Timestamp, VenueRequest};

/// Events between two hashes in the journal.
const CHECK_EVERY: u64 = 4_096;

/// Where a run is kept while it goes by.
#[derive(Debug)]
pub struct Keeping {
    /// The journal.
    pub journal: Writer,
    /// Snapshots that the core asks for.
    pub snapshots: Snapshots,
}

/// Told now and then how far the run is.
pub type Tick<'a> = &'a mut dyn FnMut(Timestamp, u64);

/// Gathers orders, fills, prices and, where asked, the journal.
pub struct Observer<'a> {
    /// What came of the run.
    pub outcome: Outcome,
    /// Prices over time; none when no page is written.
    pub traces: Option<Traces>,
    /// Sum of best bid and best ask in ticks over all book messages, by instrument.
    pub touch_sums: Vec<i128>,
    keeping: Option<Keeping>,
    tick: Option<Tick<'a>>,
    events: u64,
}

impl<'a> Observer<'a> {
    /// For so many instruments; prices are kept when the distance of their marks is given.
    pub fn new(
        instruments: usize,
        traces_every: Option<Span>,
        keeping: Option<Keeping>,
        tick: Option<Tick<'a>>,
    ) -> Self {
        Self {
            // Without a page and tables nobody looks at single orders.
            outcome: if traces_every.is_some() { Outcome::default() } else { Outcome::lean() },
            traces: traces_every.map(|every| Traces::new(instruments, every)),
            touch_sums: vec![0; instruments],
            keeping,
            tick,
            events: 0,
        }
    }

    /// Ends the journal with the hash of the way here.
    pub fn close(&mut self, path: StateHash) -> Result<(), WatchError> {
        let Some(keeping) = &mut self.keeping else { return Ok(()) };
        keeping.journal.close(path).map(|_| ()).map_err(|e| WatchError(e.to_string()))
    }

    #[inline]
    fn count(&mut self, at: Timestamp) {
        self.events += 1;
        if self.events.is_multiple_of(TICK_EVERY) {
            self.tick(at);
        }
    }

    /// Writes an event into the journal, if there is one.
    fn keep(&mut self, event: &Event<'_>, path: StateHash) -> Result<(), WatchError> {
        let Some(keeping) = &mut self.keeping else { return Ok(()) };
        let kept = keeping.journal.append(event);
        let kept = kept.and_then(|()| match event.seq.is_multiple_of(CHECK_EVERY) {
            true => keeping.journal.append_check(path),
            false => Ok(()),
        });
        kept.map_err(|e| WatchError(e.to_string()))
    }

    #[cold]
    fn tick(&mut self, at: Timestamp) {
        if let Some(tick) = &mut self.tick {
            tick(at, self.events);
        }
    }
}

/// Events between two ticks.
const TICK_EVERY: u64 = 1 << 16;

impl<S: Strategy> Watch<S> for Observer<'_> {
    #[inline]
    fn on_market(
        &mut self,
        seq: u64,
        at: Timestamp,
        event: &MarketEvent<'_>,
        engine: &Engine<S>,
    ) -> Result<(), WatchError> {
        self.count(at);
        if let MarketBody::Depth(_) = event.body {
            let book = engine.market().state(event.instrument);
            if let Some((bid, ask)) = book.best_prices() {
                let (bid, ask) = (bid.get(), ask.get());
                self.touch_sums[event.instrument.index()] += i128::from(bid) + i128::from(ask);
                if let Some(traces) = &mut self.traces {
                    traces.push(event.instrument, at, Price::new(bid.midpoint(ask)));
                }
            }
        }
        if let Some(traces) = &mut self.traces {
            traces.on_event(at, event);
        }
        if self.keeping.is_some() {
            return self.keep(&Event { seq, at, body: Body::Market(*event) }, engine.path_hash());
        }
        Ok(())
    }

    fn on_event(&mut self, event: &Event<'_>, engine: &Engine<S>) -> Result<(), WatchError> {
        self.count(event.at);
        self.keep(event, engine.path_hash())
    }

    fn on_request(&mut self, request: &VenueRequest) -> Result<(), WatchError> {
        match &mut self.keeping {
            Some(keeping) => keeping.journal.append_request(request).map_err(|e| WatchError(e.to_string())),
            None => Ok(()),
        }
    }

    fn on_record_of(&mut self, record: &Record, engine: &Engine<S>) {
        self.outcome.take(record);
        if let RecordBody::Approved { intent, request, .. } = &record.body
            && let Some(why) = engine.strategy().why(intent.tag)
        {
            self.outcome.explain(request.id, why);
        }
    }

    fn on_record(&mut self, record: &Record) {
        self.outcome.take(record);
    }

    fn on_snapshot(&mut self, engine: &Engine<S>) -> Result<(), WatchError> {
        let Some(keeping) = &mut self.keeping else { return Ok(()) };
        let failed = |e: String| WatchError(format!("snapshot: {e}"));
        let state = postcard::to_allocvec(&engine.snapshot()).map_err(|e| failed(e.to_string()))?;
        // A snapshot goes by the last event that it has absorbed: the tail of the journal begins with the next one.
        let last = engine.next_seq().saturating_sub(1);
        let saved = keeping.snapshots.save(last, engine.path_hash(), &state);
        saved.map(|_| ()).map_err(|e| failed(e.to_string()))
    }
}
