//! Makes the one total order: every event gets the next number, and a time that is never before the last one.

use crate::clock::Clock;
use scalp_types::{Body, Event, Genesis, Incoming, IncomingBody, Span, Timestamp};

/// Gives events their place. `seq` counts without gaps; `at` never goes back.
///
/// When an arrival time lies before the last one (a clock was set back, a feed delivered late), the event keeps
/// its place in the order of arrival and gets the time of the event before: time stands still until the clock has
/// caught up. How often and how far is counted, so that a driver can stop when a clock has leapt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequencer {
    next_seq: u64,
    last_at: Timestamp,
    held: u64,
    held_worst: Span,
}

impl Default for Sequencer {
    fn default() -> Self {
        Self::new()
    }
}

impl Sequencer {
    /// Starts at sequence number 0.
    pub const fn new() -> Self {
        Self::resume(0, Timestamp::MIN)
    }

    /// Goes on after a journal that was read: `next_seq` is the first number to give, `last_at` the last time given.
    pub const fn resume(next_seq: u64, last_at: Timestamp) -> Self {
        Self { next_seq, last_at, held: 0, held_worst: Span::ZERO }
    }

    /// The first event of a run.
    ///
    /// # Panics
    /// When an event has been given out before: a run has one genesis.
    pub fn genesis<'a>(&mut self, at: Timestamp, genesis: &'a Genesis) -> Event<'a> {
        assert_eq!(self.next_seq, 0, "genesis is the first event");
        self.place(at, Body::Genesis(genesis))
    }

    /// The next event, at the time it says that it arrived.
    #[inline]
    pub fn next<'a>(&mut self, incoming: &Incoming<'a>) -> Event<'a> {
        self.place(incoming.at, incoming.body.into_body())
    }

    /// The next event, at the time that `clock` shows.
    pub fn stamp<'a>(&mut self, clock: &impl Clock, body: IncomingBody<'a>) -> Event<'a> {
        self.place(clock.now(), body.into_body())
    }

    /// The number that the next event will get.
    pub const fn next_seq(&self) -> u64 {
        self.next_seq
    }
    /// The time of the last event; [`Timestamp::MIN`] before the first.
    pub const fn last_at(&self) -> Timestamp {
        self.last_at
    }
    /// How many events came with a time before the last one.
    pub const fn held(&self) -> u64 {
        self.held
    }
    /// The farthest that a time lay before the last one.
    pub const fn held_worst(&self) -> Span {
        self.held_worst
    }

    #[inline]
    fn place<'a>(&mut self, at: Timestamp, body: Body<'a>) -> Event<'a> {
        if at < self.last_at {
            self.hold(at);
        } else {
            self.last_at = at;
        }
        let seq = self.next_seq;
        self.next_seq += 1;
        Event { seq, at: self.last_at, body }
    }

    #[cold]
    fn hold(&mut self, at: Timestamp) {
        self.held += 1;
        let back = Span::from_nanos(self.last_at.nanos().saturating_sub(at.nanos()));
        self.held_worst = self.held_worst.max(back);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::VirtualClock;
    use proptest::prelude::*;
    use scalp_types::{Timer, TimerId};

    fn timer(at: i64) -> Incoming<'static> {
        let at = Timestamp::from_nanos(at);
        Incoming { at, body: IncomingBody::Timer(Timer { id: TimerId(1), due: at }) }
    }

    #[test]
    fn a_clock_that_goes_back_holds_time_still_until_it_has_caught_up() {
        let mut sequencer = Sequencer::new();
        let times: Vec<i64> =
            [10, 20, 5, 19, 20, 21].map(|at| sequencer.next(&timer(at)).at.nanos()).to_vec();
        assert_eq!(times, [10, 20, 20, 20, 20, 21]);
        assert_eq!((sequencer.held(), sequencer.held_worst().nanos()), (2, 15));
    }

    #[test]
    fn the_whole_range_of_time_can_be_held() {
        let mut sequencer = Sequencer::new();
        sequencer.next(&timer(i64::MAX));
        assert_eq!(sequencer.next(&timer(i64::MIN)).at, Timestamp::MAX);
        assert_eq!(sequencer.held_worst().nanos(), i64::MAX);
    }

    #[test]
    fn stamps_with_the_clock_it_is_given() {
        let clock = VirtualClock { now: Timestamp::from_nanos(77) };
        let mut sequencer = Sequencer::resume(9, Timestamp::from_nanos(70));
        let event = sequencer.stamp(&clock, timer(0).body);
        assert_eq!((event.seq, event.at.nanos()), (9, 77));
    }

    proptest! {
        #[test]
        fn numbers_have_no_gaps_and_time_never_goes_back(times in prop::collection::vec(any::<i64>(), 1..100)) {
            let mut sequencer = Sequencer::new();
            let mut last = Timestamp::MIN;
            for (seq, at) in times.into_iter().enumerate() {
                let event = sequencer.next(&timer(at));
                prop_assert_eq!(event.seq, seq as u64);
                prop_assert!(event.at >= last && event.at.nanos() >= at);
                last = event.at;
            }
        }
    }
}
