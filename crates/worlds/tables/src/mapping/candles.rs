//! Candles as a recorder heard them: a source that tells them as they grow tells each many times, and what it told last is the
//! candle, however late the stages before it arrived.

use crate::buffer::{EventBuffer, Stamp};
use scalp_types::Bar;

/// The last candle of each instrument, until the next begins.
#[derive(Debug, Default)]
pub(super) struct Candles(Vec<Told>);

/// A candle as it was told last.
#[derive(Debug)]
struct Told {
    bar: Bar,
    /// When, and in which line; each time that it was told the same.
    times: Vec<(Stamp, u64)>,
    /// Whether it was another when it was told before.
    has_grown: bool,
}

impl Candles {
    /// Takes a candle with its time of arrival, and hands out the one before it. How many rows told of one that still grew.
    pub(super) fn tell(&mut self, stamp: Stamp, line: u64, bar: Bar, out: &mut EventBuffer) -> u64 {
        let Some(told) = self.0.iter_mut().find(|it| it.times[0].0.instrument == stamp.instrument) else {
            self.0.push(Told { bar, times: vec![(stamp, line)], has_grown: false });
            return 0;
        };
        let is_same = (told.bar.open_at, told.bar.span) == (bar.open_at, bar.span);
        let unfinished = match is_same {
            true if told.bar == bar => 0,
            true => {
                let unfinished = told.times.len() as u64;
                told.times.clear();
                unfinished
            }
            false => told.hand_out(Some(stamp), out),
        };
        told.has_grown = is_same && (told.has_grown || unfinished > 0);
        told.bar = bar;
        told.times.push((stamp, line));
        unfinished
    }

    /// Hands out the last of each, but for those of which the end was not told: how many rows told of these.
    pub(super) fn end(&mut self, out: &mut EventBuffer) -> u64 {
        self.0.drain(..).map(|mut told| told.hand_out(None, out)).sum()
    }
}

impl Told {
    /// A candle that grew is known when it was told whole, after its end: what arrived before that was told of it with the next one
    /// (`next`), that no more came. How many rows told of it before.
    fn hand_out(&mut self, next: Option<Stamp>, out: &mut EventBuffer) -> u64 {
        let mut unfinished = 0;
        if self.has_grown {
            let is_whole = |it: &(Stamp, u64)| it.0.arrived_at >= it.0.exchange_at;
            let last = self.times.len() - 1;
            let at = self.times.iter().position(is_whole).unwrap_or(last);
            self.times.drain(..at);
            unfinished = at as u64;
            match (is_whole(&self.times[0]), next) {
                (true, _) => {}
                (false, Some(next)) => {
                    let stamp = &mut self.times[0].0;
                    stamp.arrived_at = stamp.arrived_at.max(next.arrived_at);
                }
                (false, None) => {
                    self.times.clear();
                    unfinished += 1;
                }
            }
        }
        self.times.drain(..).for_each(|(stamp, line)| out.push_bar(stamp, line, self.bar));
        unfinished
    }
}
