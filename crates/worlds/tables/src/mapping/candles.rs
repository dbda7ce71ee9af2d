//! Candles as a recorder heard them: a source that tells them as they grow tells each many times, and one that is polled tells the
//! last ones again with each answer. What it told last of a candle is the candle, however late the stages before it arrived, and it
//! was known when that was told first at or after the end.

use crate::buffer::{EventBuffer, Stamp};
use scalp_types::{Bar, InstrumentId, Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The newest candles of each instrument are held: one may be told once more after the next has begun.
const HELD: usize = 2;
/// So many that were handed out are remembered: more than one answer of a venue tells again.
const REMEMBERED: usize = 8_192;

/// The newest candles of each instrument, as they were told so far.
#[derive(Debug, Default)]
pub(super) struct Candles(BTreeMap<InstrumentId, Source>);

/// Start and length.
type Key = (Timestamp, Span);

#[derive(Debug, Default)]
struct Source {
    held: BTreeMap<Key, Told>,
    handed_out: BTreeSet<Key>,
}

/// A candle as it was told last.
#[derive(Debug)]
struct Told {
    bar: Bar,
    rows: u64,
    /// When, and in which line, it was told so first, and last.
    first: (Stamp, u64),
    last: (Stamp, u64),
    /// First at its end or after.
    whole: Option<(Stamp, u64)>,
    /// What it was when it was told before, if it was another.
    before: Option<(Bar, (Stamp, u64))>,
}

impl Candles {
    /// Takes a candle with its time of arrival, and hands out those behind which two later ones were told. How many rows told of what
    /// is handed out, or was before, and are no event.
    pub(super) fn tell(&mut self, stamp: Stamp, line: u64, bar: Bar, out: &mut EventBuffer) -> u64 {
        let Source { held, handed_out } = self.0.entry(stamp.instrument).or_default();
        let key = (bar.open_at, bar.span);
        if handed_out.contains(&key) {
            return 1;
        }
        held.entry(key).or_insert_with(|| Told::new((stamp, line), bar)).tell((stamp, line), bar);
        let mut unfinished = 0;
        while held.len() > HELD
            && let Some((key, told)) = held.pop_first()
        {
            unfinished += told.hand_out(out);
            handed_out.insert(key);
            if handed_out.len() > REMEMBERED {
                handed_out.pop_first();
            }
        }
        unfinished
    }

    /// Hands out what is held.
    pub(super) fn end(&mut self, out: &mut EventBuffer) -> u64 {
        let held = std::mem::take(&mut self.0).into_values().flat_map(|it| it.held.into_values());
        held.map(|told| told.hand_out(out)).sum()
    }
}

impl Told {
    fn new(at: (Stamp, u64), bar: Bar) -> Told {
        Told { bar, rows: 0, first: at, last: at, whole: None, before: None }
    }

    /// Takes it in as it is told, again or for the first time. Of rows in another order what arrived last is the candle.
    fn tell(&mut self, at: (Stamp, u64), bar: Bar) {
        self.rows += 1;
        let is_earlier = at.0.arrived_at < self.last.0.arrived_at;
        if self.bar != bar {
            if is_earlier {
                self.before.get_or_insert((bar, at));
                return;
            }
            self.before = Some((self.bar, self.last));
            (self.bar, self.first, self.whole) = (bar, at, None);
        }
        if !is_earlier {
            self.last = at;
        }
        let is_first = self.whole.is_none_or(|it| at.0.arrived_at < it.0.arrived_at);
        if at.0.arrived_at >= at.0.exchange_at && is_first {
            self.whole = Some(at);
        }
    }

    /// How many rows told of it beside what is handed out. Of one that was not told at its end or after, as where a recorder was away,
    /// it is told twice where it was told twice, if it grew both of the last stages: that shows that neither is to be believed.
    fn hand_out(self, out: &mut EventBuffer) -> u64 {
        let mut push = |(stamp, line): (Stamp, u64), bar: Bar| out.push_bar(stamp, line, bar);
        let events = match (self.whole, self.before) {
            (Some(whole), _) => {
                push(whole, self.bar);
                1
            }
            (None, Some((before, at))) => {
                push(at, before);
                push(self.last, self.bar);
                2
            }
            (None, None) if self.rows > 1 => {
                push(self.first, self.bar);
                push(self.last, self.bar);
                2
            }
            (None, None) => {
                push(self.first, self.bar);
                1
            }
        };
        self.rows - events
    }
}
