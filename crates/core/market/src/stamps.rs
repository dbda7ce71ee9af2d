//! Whether the time that a venue stamped on an event is believed, where the event arrived long before that time.
//!
//! Nothing arrives before it has happened. A stamp that lies ahead of its arrival is a clock that runs ahead, the venue's or ours,
//! or a mistake in one message; if it were believed, all bars of time would close with it, and what comes after it would be
//! late. So one that is ahead by more than [`AHEAD_MAX`] is not, unless the venue's clock has been ahead of ours by as much before:
//! [`AGREE_MIN`] stamps in a row that agree show that it is our clock that is behind. A hole in the data says nothing here:
//! behind it arrivals are later, too.
//!
//! A candle of the feed is stamped with its end. One that arrives before that either still grows, as a recorder may see it, and what
//! it says of its end is not to be known yet, or is whole, and a clock is off. How the source tells its candles shows which
//! ([`Telling`]).

use scalp_types::{Bar, MarketBody, MarketEvent, Span, StateHash, Timestamp};
use serde::{Deserialize, Serialize};

/// How far a stamp may lie ahead of its arrival, beside what is usual.
pub const AHEAD_MAX: Span = Span::from_secs(60);
/// So many events in a row, each with a stamp of its own, show by how much the venue's clock is ahead of ours.
pub const AGREE_MIN: u32 = 8;

/// How far the end of a candle may lie ahead of its arrival while nothing is known of how its source tells them: clocks that are set
/// by the net are no further apart.
const CANDLE_AHEAD: i64 = 1_000_000_000;

/// How a source tells the candles that arrive before their ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Telling {
    /// Nothing is known of that.
    #[default]
    Unknown,
    /// Once: the last that came a little early was not told again before another was.
    Once,
    /// As they grow: the last that came early was told again, and was another by then.
    Grown,
}

/// The candle that came early last, as it was told first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Early {
    bar: Bar,
    /// Whether clocks that are off may explain it.
    is_near: bool,
    /// Whether it was told again.
    is_again: bool,
}

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
    telling: Telling,
    early: Option<Early>,
}

impl Stamps {
    /// Whether the stamp of an event that arrived before it is believed. `others` is how many events of the instrument were not
    /// ahead so far.
    ///
    /// A candle may be ahead by a second, and where its source tells each once by a tenth of its length more, by half its length and
    /// [`AHEAD_MAX`] at most; where its source tells them as they grow, not at all. However many of them agree show nothing of the
    /// clock. Those that are not ahead are to be told to [`Stamps::tell`].
    pub fn believe(&mut self, event: &MarketEvent<'_>, others: u64) -> bool {
        let (exchange_at, arrived_at) = (event.exchange_at, event.arrived_at);
        let bar = match &event.body {
            MarketBody::Bar(bar) => bar,
            // Announced before it settles: it says nothing of the clock.
            MarketBody::Funding(_) => return self.is_usual(exchange_at, arrived_at),
            _ => return self.believe_stamp(exchange_at, arrived_at, others),
        };
        let half = (bar.span.nanos() / 2).min(AHEAD_MAX.nanos());
        let most = (bar.span.nanos() / 10).saturating_add(CANDLE_AHEAD).min(half);
        let lead = exchange_at.nanos().saturating_sub(arrived_at.nanos()).saturating_sub(self.usual);
        self.tell(bar);
        if self.early.is_none() {
            self.early = Some(Early { bar: *bar, is_near: lead <= most, is_again: false });
        }
        let is_believed = lead
            <= match self.telling {
                Telling::Unknown => CANDLE_AHEAD.min(half),
                Telling::Once => most,
                Telling::Grown => 0,
            };
        self.disbelieved += u64::from(!is_believed);
        is_believed
    }

    /// Takes a candle in, which may be one that came early before.
    #[inline]
    pub fn tell(&mut self, bar: &Bar) {
        if self.early.is_some() {
            self.tell_after(bar);
        }
    }

    #[cold]
    fn tell_after(&mut self, bar: &Bar) {
        let Some(early) = &mut self.early else { return };
        if (early.bar.open_at, early.bar.span) == (bar.open_at, bar.span) {
            early.is_again = true;
            if early.bar != *bar {
                self.telling = Telling::Grown;
            }
            return;
        }
        // An older one that is told again, as with each answer to a poll, shows nothing of this one.
        let is_older = bar.open_at < early.bar.open_at;
        if is_older && early.is_near {
            return;
        }
        if !is_older && early.is_near && !early.is_again {
            self.telling = Telling::Once;
        }
        self.early = None;
    }

    /// How the source tells its candles, as far as is known.
    pub const fn telling(&self) -> Telling {
        self.telling
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
        if self.disbelieved == 0 && self.usual == 0 && self.telling == Telling::Unknown {
            return;
        }
        let words = [self.usual, self.claimed, i64::from(self.agreeing), self.witness.nanos()];
        words.into_iter().for_each(|it| hash.absorb_signed(it));
        hash.absorb(self.disbelieved);
        hash.absorb(self.telling as u64);
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
        // Once one that came a little early was told once.
        assert!(!believes(30, minute, 7 * SECOND));
        assert!(believes(31, minute, 7 * SECOND) && !believes(32, minute, 7 * SECOND + 1));
        assert!(believes(30, SECOND, SECOND / 2) && !believes(31, SECOND, SECOND / 2 + 1));
        assert!(believes(90, 24 * 60 * minute, minute) && !believes(91, 24 * 60 * minute, minute + 1));
    }

    /// A candle of a minute, by its number, its volume, and how long before its end it arrives.
    fn candle(n: i64, volume: i64, lead: i64) -> (Bar, MarketEvent<'static>) {
        let (price, span) = (scalp_types::Price::new(1), Span::from_secs(60));
        let bar = Bar {
            open_at: Timestamp::from_nanos(n * span.nanos()),
            span,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: scalp_types::Qty::new(volume),
            taker_buy: scalp_types::Qty::ZERO,
            trades: 1,
        };
        let exchange_at = bar.open_at.saturating_add(span);
        let event = MarketEvent {
            instrument: scalp_types::InstrumentId(0),
            exchange_at,
            arrived_at: exchange_at.saturating_sub(Span::from_nanos(lead)),
            body: MarketBody::Bar(bar),
        };
        (bar, event)
    }

    /// Feeds candles as [`candle`] makes them; whether each is believed.
    fn candles(stamps: &mut Stamps, told: &[(i64, i64, i64)]) -> Vec<bool> {
        let one = |&(n, volume, lead): &(i64, i64, i64)| {
            let (bar, event) = candle(n, volume, lead);
            if lead > 0 {
                return stamps.believe(&event, 0);
            }
            stamps.tell(&bar);
            true
        };
        told.iter().map(one).collect()
    }

    #[test]
    fn of_a_candle_that_is_told_as_it_grows_no_stage_is_believed() {
        let half = SECOND / 2;
        // From its first second on, or only twice.
        let mut stamps = Stamps::default();
        let told =
            [(0, 5, 55 * SECOND), (0, 40, 20 * SECOND), (0, 59, half), (0, 60, -SECOND), (1, 58, half)];
        assert_eq!(candles(&mut stamps, &told), [false, false, false, true, false]);
        assert_eq!(stamps.telling(), Telling::Grown);
        // In a quiet minute nothing new is told, and that says nothing else.
        let quiet = [(1, 58, -SECOND), (2, 1, half), (2, 1, -SECOND), (3, 1, half)];
        assert_eq!(candles(&mut stamps, &quiet), [true, false, true, false]);
        // The first may have been taken for whole, in its last second: no other is.
        let mut stamps = Stamps::default();
        let told = [(0, 59, half), (0, 60, -SECOND), (1, 59, half), (1, 60, 0), (2, 59, 1), (2, 60, 0)];
        assert_eq!(candles(&mut stamps, &told), [true, true, false, true, false, true]);
    }

    /// Each answer to a poll tells the candle before once more, and a lost connection leaves one without its end.
    #[test]
    fn an_older_candle_that_is_told_again_shows_nothing_of_the_one_that_grows() {
        let mut stamps = Stamps::default();
        let poll = |n: i64, second: i64| [(n - 1, 60, -SECOND * second), (n, second, SECOND * (60 - second))];
        let told: Vec<_> = (55..=57).flat_map(|second| poll(1, second)).chain(poll(3, 20)).collect();
        let believed = candles(&mut stamps, &told);
        assert_eq!(believed, [true, false, true, false, true, false, true, false]);
        assert_eq!(stamps.telling(), Telling::Grown);
        // Once a minute, two seconds before the end.
        let mut stamps = Stamps::default();
        let told: Vec<_> = (1..9).flat_map(|n| poll(n, 58)).collect();
        assert!(candles(&mut stamps, &told).iter().enumerate().all(|(at, it)| *it == (at % 2 == 0)));
    }

    #[test]
    fn candles_that_are_told_once_are_believed_a_little_early_and_one_that_was_put_right_costs_one() {
        let mut stamps = Stamps::default();
        let first = |lead: i64| candles(&mut Stamps::default(), &[(0, 60, lead)]);
        assert_eq!((first(SECOND), first(SECOND + 1)), (vec![true], vec![false]));
        let early = |n: i64| (n, 60, 3 * SECOND);
        assert_eq!(candles(&mut stamps, &[early(0), early(1), early(2)]), [false, true, true]);
        assert_eq!(stamps.telling(), Telling::Once);
        // The same twice, as of two connections, is no other one.
        assert_eq!(candles(&mut stamps, &[early(3), early(3), early(4)]), [true; 3]);
        let corrected = [(4, 61, -SECOND), early(5), early(6)];
        assert_eq!(candles(&mut stamps, &corrected), [true, false, true]);
        // A slip of hours is no clock that is a little off.
        let mut stamps = Stamps::default();
        assert_eq!(candles(&mut stamps, &[(600, 1, 5 * HOUR), early(0), early(1)]), [false, false, true]);
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
