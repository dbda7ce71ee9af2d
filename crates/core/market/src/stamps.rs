//! Whether the time that a venue stamped on an event is believed, where the event arrived long before that time.
//!
//! Nothing arrives before it has happened. A stamp that lies ahead of its arrival is a clock that runs ahead, the venue's or ours,
//! or a mistake in one message; if it were believed, all bars of time would close with it, and what comes after it would be
//! late. So one that is ahead by more than [`AHEAD_MAX`] is not, unless the venue's clock has been ahead of ours by as much before:
//! [`AGREE_MIN`] stamps in a row that agree show that it is our clock that is behind. A hole in the data says nothing here:
//! behind it arrivals are later, too.

use scalp_types::{MarketBody, MarketEvent, Span, StateHash, Timestamp};
use serde::{Deserialize, Serialize};

/// How far a stamp may lie ahead of its arrival, beside what is usual.
pub const AHEAD_MAX: Span = Span::from_secs(60);
/// So many events in a row, each with a stamp of its own, show by how much the venue's clock is ahead of ours.
pub const AGREE_MIN: u32 = 8;

/// What is known of the venue's clock by the events of one instrument. Constant space; it costs nothing while events arrive after
/// they happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamps {
    /// How far the venue's clock is ahead of ours, nanoseconds.
    usual: i64,
    /// How far the latest of them say that it is, and how many in a row do.
    claimed: i64,
    agreeing: u32,
    /// The latest stamp that was ahead: one stamp, on however many events, is one witness.
    witness: Timestamp,
    /// Events that were not ahead, when one was last.
    others: u64,
    disbelieved: u64,
}

impl Stamps {
    /// Whether the stamp of an event that arrived before it is believed. `others` is how many events of the instrument were not
    /// ahead so far.
    ///
    /// A bar is stamped with its end. One that arrives well before that is one that still grows, as a recorder may see it first, and
    /// what it says of its end is not to be known yet: so it may be ahead by a tenth of its length and a second, by half its length at
    /// most, and however many of them agree show nothing of the clock.
    pub fn believe(&mut self, event: &MarketEvent<'_>, others: u64) -> bool {
        let (exchange_at, arrived_at) = (event.exchange_at, event.arrived_at);
        let bar = match &event.body {
            MarketBody::Bar(bar) => bar,
            // Announced before it settles: it says nothing of the clock.
            MarketBody::Funding(_) => return self.is_usual(exchange_at, arrived_at),
            _ => return self.believe_stamp(exchange_at, arrived_at, others),
        };
        let span = bar.span.nanos();
        let most = (span / 10).saturating_add(1_000_000_000).min(span / 2).min(AHEAD_MAX.nanos());
        let lead = exchange_at.nanos().saturating_sub(arrived_at.nanos());
        let is_believed = lead <= self.usual.saturating_add(most);
        self.disbelieved += u64::from(!is_believed);
        is_believed
    }

    fn believe_stamp(&mut self, exchange_at: Timestamp, arrived_at: Timestamp, others: u64) -> bool {
        let between = others.saturating_sub(self.others);
        self.others = others;
        if between > 0 {
            self.agreeing = 0;
        }
        if between >= u64::from(AGREE_MIN) {
            self.usual = 0;
        }
        let lead = exchange_at.nanos().saturating_sub(arrived_at.nanos());
        if self.usual == 0 && lead <= AHEAD_MAX.nanos() {
            self.agreeing = 0;
            return true;
        }
        if self.agreeing == 0 || lead.abs_diff(self.claimed) > AHEAD_MAX.nanos().unsigned_abs() {
            (self.claimed, self.agreeing) = (lead, 1);
        } else if exchange_at != self.witness {
            self.agreeing = self.agreeing.saturating_add(1);
        }
        self.witness = exchange_at;
        if self.agreeing >= AGREE_MIN {
            self.usual = lead.max(0);
        }
        let is_believed = self.is_usual(exchange_at, arrived_at);
        self.disbelieved += u64::from(!is_believed);
        is_believed
    }

    /// Whether a stamp is no further ahead of its arrival than the venue's clock is, as far as is known.
    const fn is_usual(&self, exchange_at: Timestamp, arrived_at: Timestamp) -> bool {
        let lead = exchange_at.nanos().saturating_sub(arrived_at.nanos());
        lead <= self.usual.saturating_add(AHEAD_MAX.nanos())
    }

    /// The least that the venue's clock can have shown when an event arrived, as far as is known.
    pub(crate) const fn least(&self, arrived_at: Timestamp) -> Timestamp {
        arrived_at.saturating_add(Span::from_nanos(self.usual)).saturating_sub(AHEAD_MAX)
    }

    /// One that was not believed goes on with a time that is not ahead, and so counts among the others: still in a row.
    pub(crate) const fn pass(&mut self) {
        self.others += 1;
    }

    /// Events whose stamp was not believed.
    pub const fn disbelieved(&self) -> u64 {
        self.disbelieved
    }

    pub(crate) fn digest(&self, hash: &mut StateHash) {
        // Of nearly all feeds there is nothing to tell.
        if self.disbelieved == 0 && self.usual == 0 {
            return;
        }
        let words = [self.usual, self.claimed, i64::from(self.agreeing), self.witness.nanos()];
        words.into_iter().for_each(|it| hash.absorb_signed(it));
        hash.absorb(self.disbelieved);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;
    const HOUR: i64 = 3_600 * SECOND;

    /// Feeds times of arrival with how far each stamp is ahead; whether each is believed.
    fn believed(events: &[(i64, i64)]) -> Vec<bool> {
        let (mut stamps, mut others) = (Stamps::default(), 0);
        let one = |&(arrived, lead): &(i64, i64)| {
            if lead <= 0 {
                others += 1;
                return true;
            }
            let at = Timestamp::from_nanos;
            stamps.believe_stamp(at(arrived + lead), at(arrived), others)
        };
        events.iter().map(one).collect()
    }

    fn second_by_second(leads: impl IntoIterator<Item = i64>) -> Vec<(i64, i64)> {
        (0..).map(|it| it * SECOND).zip(leads).collect()
    }

    #[test]
    fn a_bar_that_arrives_while_it_grows_is_not_believed_however_often() {
        let price = scalp_types::Price::new(1);
        let mut stamps = Stamps::default();
        let mut believes = |n: i64, span: i64, lead: i64| {
            let bar = scalp_types::Bar {
                open_at: Timestamp::from_nanos(n * span),
                span: Span::from_nanos(span),
                open: price,
                high: price,
                low: price,
                close: price,
                volume: scalp_types::Qty::new(1),
                taker_buy: scalp_types::Qty::ZERO,
                trades: 1,
            };
            let exchange_at = Timestamp::from_nanos((n + 1) * span);
            let event = MarketEvent {
                instrument: scalp_types::InstrumentId(0),
                exchange_at,
                arrived_at: exchange_at.saturating_sub(Span::from_nanos(lead)),
                body: MarketBody::Bar(bar),
            };
            stamps.believe(&event, 0)
        };
        let minute = 60 * SECOND;
        assert!((0..20).all(|n| !believes(n, minute, minute) && !believes(n, minute, minute - SECOND)));
        assert!((0..20).all(|n| !believes(n, 60 * minute, 60 * minute)));
        assert!(believes(30, minute, 7 * SECOND) && !believes(31, minute, 7 * SECOND + 1));
        assert!(believes(30, SECOND, SECOND / 2) && !believes(31, SECOND, SECOND / 2 + 1));
        assert!(believes(90, 24 * 60 * minute, minute) && !believes(91, 24 * 60 * minute, minute + 1));
    }

    #[test]
    fn one_that_is_hours_ahead_is_not_believed_first_or_later_and_a_little_is() {
        let leads = [5 * HOUR, -SECOND, 5 * HOUR, 60 * SECOND, 60 * SECOND + 1, -SECOND];
        assert_eq!(believed(&second_by_second(leads)), [false, true, false, true, false, true]);
    }

    #[test]
    fn eight_in_a_row_show_that_our_clock_is_behind_and_eight_that_it_is_right_again() {
        let behind = || std::iter::repeat_n(2 * HOUR, 20);
        let told = believed(&second_by_second(behind()));
        assert_eq!(told.iter().filter(|it| !**it).count(), AGREE_MIN as usize - 1);
        assert!(told[AGREE_MIN as usize - 1..].iter().all(|it| *it));
        // Behind by two hours one may be ahead no more than by those.
        let told = believed(&second_by_second(behind().chain([7 * HOUR, 2 * HOUR, 2 * HOUR + SECOND])));
        assert_eq!(told[20..], [false, true, true]);
        for (right, still) in [(7, true), (8, false)] {
            let told = believed(&second_by_second(behind().chain(vec![-SECOND; right]).chain([2 * HOUR])));
            assert_eq!(told.last(), Some(&still), "{right}");
        }
        // Put right by half.
        let half = std::iter::repeat_n(HOUR, AGREE_MIN as usize);
        let told = believed(&second_by_second(behind().chain(half).chain([2 * HOUR])));
        assert!(told[20..28].iter().all(|it| *it) && !told[28]);
    }

    #[test]
    fn what_is_not_in_a_row_or_does_not_agree_shows_nothing() {
        let now_and_then = (0..100).map(|n| if n % 5 == 0 { -SECOND } else { 3 * HOUR });
        let told = believed(&second_by_second(now_and_then));
        assert!(told.iter().enumerate().all(|(n, it)| *it == (n % 5 == 0)), "{told:?}");
        let here_and_there = (0..100).map(|n| HOUR * (1 + n % 2));
        assert!(believed(&second_by_second(here_and_there)).iter().all(|it| !it));
        // One order that takes twenty levels has one stamp.
        let sweep: Vec<_> = vec![(SECOND, 3 * HOUR); 20];
        assert!(believed(&sweep).iter().all(|it| !it));
    }

    #[test]
    fn absurd_clocks_do_not_disturb() {
        let mut stamps = Stamps::default();
        let (first, last) = (Timestamp::MIN, Timestamp::MAX);
        assert!((0..20).all(|_| !stamps.believe_stamp(last, first, 0)), "one stamp is one witness");
        assert!(stamps.believe_stamp(Timestamp::from_nanos(1), Timestamp::from_nanos(0), 1));
        assert_eq!((stamps.disbelieved(), stamps.least(first)), (20, first));
    }
}
