//! The recorder's clock: by how much it was off, where every event seems to have come before it happened.

use crate::eventfile::latency;
use scalp_market::{Stamps, Telling};
use scalp_types::{InstrumentId, MarketBody, MarketEvent, Span, Timestamp};
use std::collections::BTreeMap;

/// What is known of the clocks of the instruments of a source.
#[derive(Debug, Default)]
pub(crate) struct Clocks {
    /// Of each instrument, with how many of its events did not run ahead.
    stamps: BTreeMap<InstrumentId, (Stamps, u64)>,
}

impl Clocks {
    /// Whether a run would believe the stamp of this event; of funding, which is announced before it settles, it tells nothing.
    pub(crate) fn believe(&mut self, event: &MarketEvent<'_>) -> bool {
        let Some(latency) = latency(event) else { return false };
        let (stamps, others) = self.stamps.entry(event.instrument).or_default();
        let is_ahead = latency < Span::ZERO;
        if is_ahead {
            return stamps.believe(event, *others);
        }
        *others += 1;
        if let MarketBody::Bar(bar) = &event.body {
            stamps.tell(bar);
        }
        true
    }

    /// Whether the last candle of an instrument may be one that still grew, as its source tells them.
    fn tells_grown(&self, instrument: InstrumentId) -> bool {
        self.stamps.get(&instrument).is_some_and(|it| it.0.telling() == Telling::Grown)
    }
}

/// The smallest feed latency of a source, without events whose stamp no run would believe: one of them would shift all arrivals by
/// hours. Of a candle that is told as it grows it is that of the last time: before that it was not over.
#[derive(Debug, Default)]
pub struct SmallestLatency {
    clocks: Clocks,
    of_all: Smallest,
    /// The last candle of each instrument, by start and length.
    candles: BTreeMap<InstrumentId, ((Timestamp, Span), Seen)>,
}

/// The latency of an event.
#[derive(Debug, Clone, Copy)]
struct Seen {
    latency: Span,
    is_believed: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Smallest {
    believed: Option<Span>,
    all: Option<Span>,
}

impl Smallest {
    fn see(&mut self, it: Seen) {
        self.all = self.all.into_iter().chain([it.latency]).min();
        if it.is_believed {
            self.believed = self.believed.into_iter().chain([it.latency]).min();
        }
    }
}

impl SmallestLatency {
    /// Takes an event in.
    pub fn see(&mut self, event: &MarketEvent<'_>) {
        let Some(latency) = latency(event) else { return };
        let seen = Seen { latency, is_believed: self.clocks.believe(event) };
        let MarketBody::Bar(bar) = &event.body else { return self.of_all.see(seen) };
        let candle = (bar.open_at, bar.span);
        if let Some((before, of_it)) = self.candles.insert(event.instrument, (candle, seen))
            && before != candle
        {
            self.of_all.see(of_it);
        }
    }

    /// The smallest so far; of all events where none is believed.
    pub fn get(&self) -> Option<Span> {
        let mut smallest = self.of_all;
        // The last candle is over where each is told once.
        let over = self.candles.iter().filter(|it| !self.clocks.tells_grown(*it.0));
        over.for_each(|it| smallest.see(it.1.1));
        smallest.believed.or(smallest.all)
    }
}

/// What is to be added to every arrival so that the smallest feed latency is zero; nothing where there is none.
pub fn shift_to_zero(latency_min: Option<Span>) -> Span {
    Span::from_nanos(latency_min.map_or(0, |it| it.nanos().saturating_neg()))
}
