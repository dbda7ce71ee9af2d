//! Clocks: what time it is, for whoever stamps arrivals. The wall clock is here and nowhere else.

use scalp_types::{Span, Timestamp};
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time. Read by whoever stamps what comes in, by nobody else.
pub trait Clock {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine. It may go back when somebody sets it; the [`crate::Sequencer`] does not.
#[derive(Debug, Clone, Copy, Default)]
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let nanos = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |it| -it),
        };
        Timestamp::from_nanos(nanos)
    }
}

/// A clock that stands still until it is told otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VirtualClock {
    /// What it shows; setting it back is allowed, as it is on a machine.
    pub now: Timestamp,
}

impl VirtualClock {
    /// Moves the hand by `span`.
    pub const fn advance(&mut self, span: Span) {
        self.now = self.now.saturating_add(span);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_clock_lives_in_our_century() {
        let (year, ..) = WallClock.now().date();
        assert!((2024..2100).contains(&year));
    }

    #[test]
    fn the_virtual_clock_moves_only_when_told() {
        let mut clock = VirtualClock { now: Timestamp::from_nanos(5) };
        assert_eq!(clock.now(), clock.now());
        clock.advance(Span::from_nanos(-2));
        assert_eq!(clock.now().nanos(), 3);
    }
}
