//! The time that measures are told of an event, where the stamps of a venue fall back or run ahead.
//!
//! What fades with time would forget twice if it followed a stamp back and forth, and bars of equal time would be cut where one
//! late trade stands. So a late event counts now: at the latest time but one that was stamped. Not at the latest itself, as a
//! single wrong stamp far ahead would then hold up all that follows it.

use crate::state::plain;

/// So many events in a row behind both of the latest stamps show that those were wrong.
const BEHIND_MAX: u32 = 64;

/// The two latest stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    latest: i64,
    before: i64,
    behind: u32,
}

plain!(Pace { latest, before, behind });

impl Pace {
    /// Before any event.
    pub(crate) const NEW: Pace = Pace { latest: i64::MIN, before: i64::MIN, behind: 0 };

    /// The time of an event that is stamped `at`.
    #[inline]
    pub(crate) fn of(&mut self, at: i64) -> i64 {
        if at >= self.latest {
            *self = Pace { latest: at, before: self.latest, behind: 0 };
            return at;
        }
        if at >= self.before {
            (self.before, self.behind) = (at, 0);
            return at;
        }
        self.behind += 1;
        if self.behind > BEHIND_MAX {
            *self = Pace { latest: at, before: at, behind: 0 };
        }
        self.before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(stamps: &[i64]) -> Vec<i64> {
        let mut pace = Pace::NEW;
        stamps.iter().map(|&it| pace.of(it)).collect()
    }

    #[test]
    fn times_in_order_stay_as_they_are() {
        assert_eq!(told(&[1, 2, 2, 5, 9]), [1, 2, 2, 5, 9]);
    }

    #[test]
    fn a_late_event_counts_now_and_a_wrong_stamp_ahead_holds_nothing_up() {
        assert_eq!(told(&[100, 200, 300, 50, 310, 60, 320]), [100, 200, 300, 200, 310, 300, 320]);
        assert_eq!(told(&[100, 200, i64::MAX, 210, 220, 230, 205]), [100, 200, i64::MAX, 210, 220, 230, 230]);
    }

    #[test]
    fn stamps_that_many_events_contradict_are_given_up() {
        let mut pace = Pace::NEW;
        [100, 900, 900].into_iter().for_each(|it| {
            pace.of(it);
        });
        let told: Vec<i64> = (101..200).map(|it| pace.of(it)).collect();
        let held = usize::try_from(BEHIND_MAX).unwrap_or_default();
        assert!(told[..held].iter().all(|it| *it == 900));
        assert!(told[held..].iter().zip(101 + i64::from(BEHIND_MAX)..).all(|(told, at)| *told == at));
    }
}
