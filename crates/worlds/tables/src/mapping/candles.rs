//! Candles as a recorder heard them: a source that tells them as they grow tells each many times, and what it told last is the
//! candle, however late the stages before it arrived.

use crate::buffer::{EventBuffer, Stamp};
use scalp_types::Bar;

/// The last two candles of each instrument: one may be told once more after the next has begun.
#[derive(Debug, Default)]
pub(super) struct Candles(Vec<Told>);

/// So many times that a candle was told the same are kept; what comes after those counts for nothing.
const TIMES_MAX: usize = 4_096;

/// A candle as it was told last.
#[derive(Debug)]
struct Told {
    bar: Bar,
    /// When, and in which line; each time that it was told the same.
    times: Vec<(Stamp, u64)>,
    /// What it was when it was told before, if it was another.
    before: Option<(Bar, Stamp, u64)>,
}

impl Candles {
    /// Takes a candle with its time of arrival, and hands out the one before the last. How many rows told of one that still grew.
    pub(super) fn tell(&mut self, stamp: Stamp, line: u64, bar: Bar, out: &mut EventBuffer) -> u64 {
        let instrument = |it: &Told| it.times[0].0.instrument == stamp.instrument;
        let is_same = |it: &Told| (it.bar.open_at, it.bar.span) == (bar.open_at, bar.span);
        if let Some(told) = self.0.iter_mut().find(|it| instrument(it) && is_same(it)) {
            return told.tell(stamp, line, bar);
        }
        let mut held = self.0.iter().enumerate().filter(|it| instrument(it.1)).map(|it| it.0);
        let oldest = held.next().filter(|_| held.next().is_some());
        let unfinished = oldest.map_or(0, |it| self.0.remove(it).hand_out(out));
        self.0.push(Told { bar, times: vec![(stamp, line)], before: None });
        unfinished
    }

    /// Hands out the last of each.
    pub(super) fn end(&mut self, out: &mut EventBuffer) -> u64 {
        self.0.drain(..).map(|told| told.hand_out(out)).sum()
    }
}

impl Told {
    /// Takes it in as it is told again.
    fn tell(&mut self, stamp: Stamp, line: u64, bar: Bar) -> u64 {
        let mut unfinished = 0;
        if self.bar != bar {
            unfinished = self.times.len() - 1 + usize::from(self.before.is_some());
            let (stamp, line) = self.times[0];
            self.before = Some((self.bar, stamp, line));
            self.bar = bar;
            self.times.clear();
        }
        if self.times.len() == TIMES_MAX {
            return 1;
        }
        self.times.push((stamp, line));
        unfinished as u64
    }

    /// How many rows told of it before it was whole. Of one that grew and was not told at its end or after, as where a recorder was
    /// away, both of the last stages are handed out: that it grew shows that neither is to be believed.
    fn hand_out(mut self, out: &mut EventBuffer) -> u64 {
        let mut unfinished = 0;
        if let Some((bar, stamp, line)) = self.before.take() {
            match self.times.iter().position(|it| it.0.arrived_at >= it.0.exchange_at) {
                Some(at) => {
                    self.times.drain(..at);
                    unfinished = at as u64 + 1;
                }
                None => out.push_bar(stamp, line, bar),
            }
        }
        self.times.iter().for_each(|(stamp, line)| out.push_bar(*stamp, *line, self.bar));
        unfinished
    }
}
