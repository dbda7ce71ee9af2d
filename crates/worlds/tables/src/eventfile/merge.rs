//! Several event files as one stream, by time; where times are equal, the file named first comes first.

use super::cursor::Timed;
use crate::error::stream_error;
use scalp_types::{EventStream, InstrumentId, Instruments, MarketEvent, StreamError, Timestamp};

/// Merges streams that are ordered by the same clock. Instruments are joined by venue and symbol and get new ids.
#[derive(Debug)]
pub struct Merge<C> {
    sources: Vec<Source<C>>,
    instruments: Instruments,
    current: usize,
    /// The current source goes on while its next time is before this, or equal and its number is lower.
    rival: Option<(Timestamp, usize)>,
    started: bool,
}

#[derive(Debug)]
struct Source<C> {
    stream: C,
    next_at: Option<Timestamp>,
    /// The joined id of each instrument of the source.
    ids: Vec<InstrumentId>,
}

impl<C: Timed> Merge<C> {
    /// Joins the streams. The same instrument declared differently in two of them is refused.
    pub fn new(streams: Vec<C>) -> Result<Self, StreamError> {
        Self::with_instruments(streams, Instruments::default())
    }
    /// The same, with ids of a table that exists already; instruments it lacks are added behind.
    pub fn with_instruments(streams: Vec<C>, mut instruments: Instruments) -> Result<Self, StreamError> {
        let mut sources = Vec::with_capacity(streams.len());
        for mut stream in streams {
            let mut ids = Vec::with_capacity(stream.instruments().len());
            for it in stream.instruments().iter() {
                ids.push(join(&mut instruments, it).map_err(|what| stream_error(stream.path(), &what))?);
            }
            let next_at = stream.next_at()?;
            sources.push(Source { stream, next_at, ids });
        }
        Ok(Self { sources, instruments, current: 0, rival: None, started: false })
    }
    /// The joined instruments: events name these.
    pub fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    /// Refreshes the time of the current source, and changes the source when another is due.
    #[inline]
    fn settle(&mut self) -> Result<(), StreamError> {
        let Some(source) = self.sources.get_mut(self.current) else { return Ok(()) };
        if self.started {
            source.next_at = source.stream.next_at()?;
            let due = source.next_at.is_some_and(|at| self.rival.is_none_or(|it| (at, self.current) < it));
            if due {
                return Ok(());
            }
        }
        self.started = true;
        self.choose();
        Ok(())
    }
    fn choose(&mut self) {
        let (mut best, mut second) = (None, None);
        for (n, it) in self.sources.iter().enumerate() {
            let Some(at) = it.next_at else { continue };
            let candidate = Some((at, n));
            if best.is_none_or(|it| candidate < Some(it)) {
                (best, second) = (candidate, best);
            } else if second.is_none_or(|it| candidate < Some(it)) {
                second = candidate;
            }
        }
        self.current = best.map_or(self.current, |it| it.1);
        self.rival = second;
    }
}

fn join(table: &mut Instruments, it: &scalp_types::Instrument) -> Result<InstrumentId, String> {
    match table.find(&it.spec.venue, &it.spec.symbol) {
        Some(known) if known.spec == it.spec => Ok(known.id),
        Some(known) => {
            Err(format!("{} is declared differently than before (tick, lot or terms)", known.name()))
        }
        None => table.add(it.spec.clone()).map_err(|e| e.to_string()),
    }
}

impl<C: Timed> EventStream for Merge<C> {
    #[inline]
    fn next(&mut self) -> Result<Option<MarketEvent<'_>>, StreamError> {
        self.settle()?;
        let Some(source) = self.sources.get_mut(self.current) else { return Ok(None) };
        let Some(mut event) = source.stream.next()? else { return Ok(None) };
        event.instrument = source.ids[event.instrument.index()];
        Ok(Some(event))
    }
}
