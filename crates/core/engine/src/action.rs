//! Actions: the only way out. The driver hands over a buffer, the step fills it, the driver carries them out in order.

use crate::record::Record;
use scalp_risk::Approved;
use scalp_types::{StateHash, TimerId, Timestamp, VenueQuery, VenueRequest};

/// Most actions of one step. Requests and timers may fill it whole; records leave [`REQUESTS_ROOM`] of it free. What
/// finds no place is counted in [`Actions::dropped`]; the engine asks for room before it takes an order on.
pub const ACTIONS_MAX: usize = 8_192;

/// Room that records leave to requests and timers.
pub const REQUESTS_ROOM: usize = 4_096;

/// One thing to be done outside.
#[derive(Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "actions live in a buffer that is made once")]
pub enum Action {
    /// Send this to the venue of its instrument.
    Request(Approved<VenueRequest>),
    /// Bring this timer back as an event at that time, or at once when it has passed. A timer set again replaces
    /// itself; the old one may still be delivered, and is then ignored.
    SetTimer {
        /// Which.
        id: TimerId,
        /// When.
        at: Timestamp,
    },
    /// Take a snapshot of the engine after this step.
    Snapshot,
    /// Keep this, if anybody wants to know why.
    Record(Record),
}

/// The buffer of actions: made once, cleared by the driver before each step.
#[derive(Debug)]
pub struct Actions {
    all: Vec<Action>,
    dropped: u64,
}

impl Default for Actions {
    fn default() -> Self {
        Self::new()
    }
}

impl Actions {
    /// Empty, with room for [`ACTIONS_MAX`].
    pub fn new() -> Self {
        Self { all: Vec::with_capacity(ACTIONS_MAX), dropped: 0 }
    }
    /// Forgets the actions, keeping the room.
    #[inline]
    pub fn clear(&mut self) {
        self.all.clear();
    }
    /// What the step asks for, in order.
    #[inline]
    pub fn as_slice(&self) -> &[Action] {
        &self.all
    }
    /// Takes the actions out, in order; the room stays.
    #[inline]
    pub fn drain(&mut self) -> std::vec::Drain<'_, Action> {
        self.all.drain(..)
    }
    /// True when the step asks for nothing.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
    /// Records (and, should it ever be, requests) that found the buffer full, over all steps.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// True when `n` more requests or timers find a place.
    #[inline]
    pub(crate) fn has_room(&self, n: usize) -> bool {
        self.all.len() + n <= ACTIONS_MAX
    }
    #[inline]
    pub(crate) fn push(&mut self, action: Action) {
        if self.all.len() < ACTIONS_MAX {
            self.all.push(action);
        } else {
            self.dropped += 1;
        }
    }
    #[inline]
    pub(crate) fn record(&mut self, record: Record) {
        if self.all.len() < ACTIONS_MAX - REQUESTS_ROOM {
            self.all.push(Action::Record(record));
        } else {
            self.dropped += 1;
        }
    }
}

/// Folds a request into a rolling hash.
pub(crate) fn absorb_request(hash: &mut StateHash, request: &VenueRequest) {
    match request {
        VenueRequest::Submit(it) => {
            hash.absorb(it.id.0);
            hash.absorb(u64::from(it.instrument.0) << 32 | u64::from(it.side == scalp_types::Side::Sell));
            hash.absorb_signed(it.qty.get());
            hash.absorb_signed(it.kind.limit().map_or(0, scalp_types::Price::get));
            hash.absorb_signed(it.kind.trigger().map_or(0, scalp_types::Price::get));
        }
        VenueRequest::Amend { order, instrument, price, qty } => {
            hash.absorb(order.0 ^ 1 << 62);
            hash.absorb(u64::from(instrument.0));
            hash.absorb_signed(price.map_or(-1, scalp_types::Price::get));
            hash.absorb_signed(qty.map_or(-1, scalp_types::Qty::get));
        }
        VenueRequest::Cancel { order, instrument } => {
            hash.absorb(order.0 ^ 1 << 63);
            hash.absorb(u64::from(instrument.0));
        }
        VenueRequest::CancelAll { instrument } => hash.absorb(u64::from(instrument.0) ^ 3 << 62),
        VenueRequest::Query(VenueQuery::Order { order, instrument }) => {
            hash.absorb(order.0 ^ 5 << 61);
            hash.absorb(u64::from(instrument.0));
        }
        VenueRequest::Query(VenueQuery::Statement { instrument, after }) => {
            hash.absorb(u64::from(instrument.0) ^ 7 << 61);
            hash.absorb(after.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Fault, RecordBody};
    use scalp_risk::Gate;
    use scalp_types::{InstrumentId, OrderId};

    #[test]
    fn records_leave_room_for_requests() {
        let mut actions = Actions::new();
        let record = Record {
            seq: 0,
            at: Timestamp::MIN,
            body: RecordBody::Fault(Fault::UnknownInstrument(InstrumentId(9))),
        };
        (0..ACTIONS_MAX).for_each(|_| actions.record(record));
        assert_eq!(actions.as_slice().len(), ACTIONS_MAX - REQUESTS_ROOM);
        assert!(actions.has_room(REQUESTS_ROOM));
        assert!(!actions.has_room(REQUESTS_ROOM + 1));
        (0..=REQUESTS_ROOM)
            .for_each(|_| actions.push(Action::Request(Gate::cancel(OrderId(1), InstrumentId(0)))));
        assert_eq!(actions.as_slice().len(), ACTIONS_MAX);
        assert_eq!(actions.dropped(), REQUESTS_ROOM as u64 + 1);
        actions.clear();
        assert!(actions.is_empty());
    }
}
