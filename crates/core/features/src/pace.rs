//! The time that measures are told of an event, where the stamps of a venue fall back or run ahead.
//!
//! What fades with time would forget twice if it followed a stamp back and forth, and bars of equal time would be cut where one
//! late trade stands. So a late event counts now, at the latest time that was stamped; unless the next ones are behind that, too:
//! then it was the stamp that was wrong.

use crate::state::plain;

/// So many events in a row behind the latest stamp show that it was wrong.
const BEHIND_MAX: u32 = 8;

/// The latest stamp, and what has come behind it since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    latest: i64,
    /// The latest of those behind.
    next: i64,
    behind: u32,
}

plain!(Pace { latest, next, behind });

impl Pace {
    /// Before any event.
    pub(crate) const NEW: Pace = Pace { latest: i64::MIN, next: i64::MIN, behind: 0 };

    /// The time of an event that is stamped `at`.
    #[inline]
    pub(crate) fn of(&mut self, at: i64) -> i64 {
        if at >= self.latest {
            *self = Pace { latest: at, next: i64::MIN, behind: 0 };
            return at;
        }
        self.next = self.next.max(at);
        self.behind += 1;
        if self.behind == BEHIND_MAX {
            *self = Pace { latest: self.next, next: i64::MIN, behind: 0 };
        }
        self.latest
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
    fn a_late_event_counts_now() {
        assert_eq!(told(&[100, 200, 300, 50, 310, 60, 70, 320]), [100, 200, 300, 300, 310, 310, 310, 320]);
    }

    #[test]
    fn a_stamp_that_the_next_events_contradict_is_given_up() {
        let held = usize::try_from(BEHIND_MAX).unwrap_or_default() - 1;
        for wrong in [&[900][..], &[900, 900], &[900, i64::MAX]] {
            let stamps: Vec<i64> = [100].iter().chain(wrong).copied().chain(101..200).collect();
            let told = told(&stamps);
            // Two that were stamped apart are given up one after the other: nothing of either is left then.
            assert!(told[wrong.len() + 1..][..held].iter().all(|it| *it == wrong[wrong.len() - 1]));
            assert_eq!(told[wrong.len() + 1 + held..], stamps[wrong.len() + 1 + held..], "{wrong:?}");
        }
    }
}
