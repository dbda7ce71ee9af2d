//! Candles as a recorder heard them: a source that tells them as they grow tells each many times, and one that is polled tells the
//! last ones again with each answer. What it told last of a candle is the candle, however late the stages before it arrived, and it
//! was known when that was told first at or after the end. Where a table has no times of arrival, as one to which pages are
//! appended, it is what stands last; what stands there twice alike is told twice.

use crate::buffer::{EventBuffer, Stamp};
use scalp_types::{Bar, InstrumentId, Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The newest candles of each instrument are held: one may be told once more after the next has begun.
const HELD: usize = 2;
/// So many that were handed out are remembered: more than one answer of a venue tells again.
const REMEMBERED: usize = 8_192;

/// Copies of a candle that are kept; further ones are told at once.
const COPIES: usize = 4_096;

/// The newest candles of each instrument, as they were told so far.
#[derive(Debug, Default)]
pub(super) struct Candles(BTreeMap<InstrumentId, Source>);

/// Start and length.
type Key = (Timestamp, Span);

#[derive(Debug, Default)]
struct Source {
    /// Rows that arrived at one time: in whichever order an answer has them, they are taken in that of their starts.
    answer: Vec<(Stamp, u64, Bar)>,
    held: BTreeMap<Key, Told>,
    handed_out: BTreeSet<Key>,
    /// A candle that was told before its end was another at its end: what is told before the end alone is no candle.
    grows: bool,
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
    /// Without times of arrival the rows that tell the same once more.
    copies: Vec<(Stamp, u64)>,
    /// What it was when it was told before, if it was another.
    before: Option<(Bar, (Stamp, u64))>,
}

impl Candles {
    /// Takes a candle, with its time of arrival where `arrives`, and hands out those behind which two later ones were told. How many
    /// rows told of what is handed out, or was before, and are no event.
    pub(super) fn tell(
        &mut self,
        arrives: bool,
        stamp: Stamp,
        line: u64,
        bar: Bar,
        out: &mut EventBuffer,
    ) -> u64 {
        let source = self.0.entry(stamp.instrument).or_default();
        if !arrives {
            return source.tell(false, (stamp, line), bar, out);
        }
        let is_another = source.answer.first().is_some_and(|it| it.0.arrived_at != stamp.arrived_at);
        let unfinished = if is_another { source.take_answer(out) } else { 0 };
        source.answer.push((stamp, line, bar));
        unfinished
    }

    /// Hands out what is held.
    pub(super) fn end(&mut self, out: &mut EventBuffer) -> u64 {
        let mut unfinished = 0;
        for mut source in std::mem::take(&mut self.0).into_values() {
            unfinished += source.take_answer(out);
            let grows = source.grows;
            unfinished += source.held.into_values().map(|told| told.hand_out(grows, out)).sum::<u64>();
        }
        unfinished
    }
}

impl Source {
    fn take_answer(&mut self, out: &mut EventBuffer) -> u64 {
        let mut answer = std::mem::take(&mut self.answer);
        answer.sort_by_key(|it| it.2.open_at);
        let unfinished =
            answer.drain(..).map(|(stamp, line, bar)| self.tell(true, (stamp, line), bar, out)).sum();
        self.answer = answer;
        unfinished
    }

    fn tell(&mut self, arrives: bool, at: (Stamp, u64), bar: Bar, out: &mut EventBuffer) -> u64 {
        let key = (bar.open_at, bar.span);
        if self.handed_out.contains(&key) {
            if !arrives {
                out.push_bar(at.0, at.1, bar);
            }
            return u64::from(arrives);
        }
        let told = self.held.entry(key).or_insert_with(|| Told::new(at, bar));
        let is_copy = !arrives && told.rows > 0 && told.bar == bar;
        match is_copy {
            true if told.copies.len() == COPIES => out.push_bar(at.0, at.1, bar),
            true => told.copies.push(at),
            false => told.tell(at, bar),
        }
        let mut unfinished = 0;
        while self.held.len() > HELD
            && let Some((key, told)) = self.held.pop_first()
        {
            self.grows |= told.has_grown();
            unfinished += told.hand_out(self.grows, out);
            self.handed_out.insert(key);
            if self.handed_out.len() > REMEMBERED {
                self.handed_out.pop_first();
            }
        }
        unfinished
    }
}

impl Told {
    fn new(at: (Stamp, u64), bar: Bar) -> Told {
        Told { bar, rows: 0, first: at, last: at, whole: None, copies: Vec::new(), before: None }
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
            // They were copies of a stage.
            self.rows += self.copies.drain(..).len() as u64;
        }
        if !is_earlier {
            self.last = at;
        }
        let is_first = self.whole.is_none_or(|it| at.0.arrived_at < it.0.arrived_at);
        if at.0.arrived_at >= at.0.exchange_at && is_first {
            self.whole = Some(at);
        }
    }

    /// Whether it was told before its end, and was another at its end or after.
    fn has_grown(&self) -> bool {
        let is_early = |it: &Stamp| it.arrived_at < it.exchange_at;
        self.whole.is_some() && self.before.is_some_and(|it| is_early(&it.1.0))
    }

    /// How many rows told of it beside what is handed out. One that was not told at its end or after, as where a recorder was away, is
    /// no candle where the source `grows`. Where that is not known it is told twice if it was, and if it grew both of the last stages
    /// are: that shows that neither is to be believed.
    fn hand_out(self, grows: bool, out: &mut EventBuffer) -> u64 {
        let mut push = |(stamp, line): (Stamp, u64), bar: Bar| out.push_bar(stamp, line, bar);
        let events = match (self.whole, self.before) {
            (Some(whole), _) => {
                push(whole, self.bar);
                1
            }
            (None, _) if grows => 0,
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
        self.copies.iter().for_each(|it| push(*it, self.bar));
        self.rows - events
    }
}
