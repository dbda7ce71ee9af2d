//! Order ids: a function of the sequence number of the event that caused the order and a counter within it. Together
//! with the run they are unique for ever; within the run they only rise.

use scalp_types::OrderId;
use serde::{Deserialize, Serialize};

/// Bits of an id that count the orders of one event.
const COUNTER_BITS: u32 = 16;
/// Most orders that one event can cause; past it no more ids are given out until the next event.
pub const ORDERS_PER_EVENT_MAX: u64 = 1 << COUNTER_BITS;
/// Events of a run that can cause orders: 2^48.
pub const EVENTS_MAX: u64 = 1 << (64 - COUNTER_BITS);

/// Gives out order ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ids {
    seq: u64,
    next: u64,
}

impl Ids {
    /// Starts the ids of the event `seq`; sequence numbers only rise.
    #[inline]
    pub fn begin(&mut self, seq: u64) {
        debug_assert!(seq >= self.seq, "events come in order");
        if seq != self.seq {
            *self = Self { seq, next: 0 };
        }
    }

    /// The next id; `None` when this event has had its share.
    #[inline]
    pub fn next_id(&mut self) -> Option<OrderId> {
        if self.next >= ORDERS_PER_EVENT_MAX || self.seq >= EVENTS_MAX {
            return None;
        }
        let id = OrderId(self.seq << COUNTER_BITS | self.next);
        self.next += 1;
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_over_events_and_within_them_and_run_out_at_the_bound() {
        let mut ids = Ids::default();
        let mut last = ids.next_id().unwrap();
        for seq in [0, 1, 2, 9] {
            ids.begin(seq);
            for _ in 0..3 {
                let id = ids.next_id().unwrap();
                assert!(id > last);
                last = id;
            }
        }
        ids = Ids { seq: 1, next: ORDERS_PER_EVENT_MAX - 1 };
        assert!(ids.next_id().is_some());
        assert_eq!(ids.next_id(), None);
        ids.begin(2);
        assert!(ids.next_id().is_some());
    }
}
