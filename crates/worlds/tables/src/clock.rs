//! The recorder's clock: by how much it was off, where every event seems to have come before it happened.

use crate::eventfile::latency;
use scalp_market::Stamps;
use scalp_types::{InstrumentId, MarketEvent, Span};
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
        *others += u64::from(!is_ahead);
        !is_ahead || stamps.believe(event, *others)
    }
}

/// The smallest feed latency of a source, without events whose stamp no run would believe: one of them would shift all arrivals by
/// hours.
#[derive(Debug, Default)]
pub struct SmallestLatency {
    clocks: Clocks,
    believed: Option<Span>,
    all: Option<Span>,
}

impl SmallestLatency {
    /// Takes an event in.
    pub fn see(&mut self, event: &MarketEvent<'_>) {
        let Some(latency) = latency(event) else { return };
        self.all = self.all.into_iter().chain([latency]).min();
        if self.clocks.believe(event) {
            self.believed = self.believed.into_iter().chain([latency]).min();
        }
    }

    /// The smallest so far; of all events where none is believed.
    pub fn get(&self) -> Option<Span> {
        self.believed.or(self.all)
    }
}

/// What is to be added to every arrival so that the smallest feed latency is zero; nothing where there is none.
pub fn shift_to_zero(latency_min: Option<Span>) -> Span {
    Span::from_nanos(latency_min.map_or(0, |it| it.nanos().saturating_neg()))
}
