//! Prints and candles that their neighbours contradict, told where they stand once they are judged.

use super::checks::{ABSURD, Checks, Place, State};
use super::{Example, FindingKind};
use scalp_market::prints::candles::{Candle, CandleInspector, CandleVerdict};
use scalp_market::prints::{Inspector, LAG, RUN_MAX};
use scalp_types::{Bar, Price, Timestamp};
use std::collections::VecDeque;
use std::rc::Rc;

/// Lengths of candles of one instrument that are judged; those of more are not.
const JUDGED_LENGTHS_MAX: usize = 8;
/// The judge of trades, and those that it may still speak of.
#[derive(Debug)]
pub(super) struct Prints {
    inspector: Inspector,
    unjudged: VecDeque<Print>,
    /// Those judged last, which may turn out wrong after all.
    passed: VecDeque<Print>,
}

impl Default for Prints {
    fn default() -> Self {
        Self {
            inspector: Inspector::default(),
            unjudged: VecDeque::with_capacity(LAG + 1),
            passed: VecDeque::with_capacity(RUN_MAX),
        }
    }
}

/// The judge of candles of one length, and the one that waits for its verdict.
#[derive(Debug)]
pub(super) struct Candles {
    span: i64,
    inspector: CandleInspector,
    open_at: Timestamp,
    waiting: Print,
}

/// Where a trade, or a candle, stands that waits for its verdict.
#[derive(Debug, Clone)]
struct Print {
    file: Rc<str>,
    line: u64,
    at: Timestamp,
    price: Price,
}

impl Checks<'_> {
    /// Prints that their neighbours contradict.
    pub(super) fn print_seen(&mut self, state: &mut State, price: Price, place: &Place<'_>) {
        if price.get() <= 0 || price.get() > ABSURD {
            return; // marked as bad already
        }
        let file = Rc::clone(&self.file);
        state.prints.unjudged.push_back(Print { file, line: place.line, at: place.at, price });
        let verdict = state.prints.inspector.push(price.get() as f64);
        if state.prints.unjudged.len() <= LAG {
            return;
        }
        let Some(print) = state.prints.unjudged.pop_front() else { return };
        let ticks = print.price.get();
        for back in (0..RUN_MAX).rev().filter(|it| state.prints.inspector.taken_back()[*it]) {
            let Some(before) =
                state.prints.passed.len().checked_sub(back + 1).map(|it| &state.prints.passed[it])
            else {
                continue;
            };
            let run = before.price.get();
            self.wrong_print(before, place, || {
                format!("{run} ticks, until the price was back at {ticks} with no trade between")
            });
        }
        if let Some(verdict) = verdict.filter(|it| it.is_wrong()) {
            let percent = verdict.probability.unwrap_or(0.0) * 100.0;
            self.wrong_print(&print, place, || {
                format!("{ticks} ticks among {:.0} ({percent:.3} % sure)", verdict.usual)
            });
        }
        if state.prints.passed.len() == RUN_MAX {
            state.prints.passed.pop_front();
        }
        state.prints.passed.push_back(print);
    }

    fn wrong_print(&mut self, print: &Print, place: &Place<'_>, detail: impl FnOnce() -> String) {
        self.add(FindingKind::WrongPrint, 1, || Example {
            file: print.file.to_string(),
            line: print.line,
            instrument: place.instrument.name(),
            at: print.at,
            detail: detail(),
        });
    }

    /// Prices of candles that their neighbours contradict. One that comes behind a later one is not judged.
    pub(super) fn candle_seen(&mut self, state: &mut State, it: &Bar, place: &Place<'_>) {
        let span = it.span.nanos();
        let waiting = Print { file: Rc::clone(&self.file), line: place.line, at: place.at, price: it.close };
        let known = state.candles.iter().position(|it| it.span == span);
        let at = match known {
            Some(at) => at,
            None if state.candles.len() == JUDGED_LENGTHS_MAX => return,
            None => {
                let (inspector, open_at) = (CandleInspector::with_step(1.0), Timestamp::MIN);
                state.candles.push(Candles { span, inspector, open_at, waiting: waiting.clone() });
                state.candles.len() - 1
            }
        };
        let candles = &mut state.candles[at];
        let [open, high, low, close] = [it.open, it.high, it.low, it.close].map(Price::get);
        let is_bad = low <= 0 || high > ABSURD || low > open.min(close) || high < open.max(close);
        if it.open_at < candles.open_at || is_bad {
            return; // marked already
        }
        candles.open_at = it.open_at;
        let [open, high, low, close] = [open, high, low, close].map(|it| it as f64);
        let candle = Candle { open, high, low, close, volume: it.volume.get() as f64 };
        let verdicts = candles.inspector.push(&candle);
        let judged = std::mem::replace(&mut candles.waiting, waiting);
        for verdict in verdicts.iter().flatten().filter(|it| it.is_wrong()) {
            let CandleVerdict { part, price, usual, z, probability } = *verdict;
            let percent = probability.unwrap_or(0.0) * 100.0;
            self.wrong_print(&judged, place, || {
                let name = part.name();
                format!("{name} {price:.0} ticks among {usual:.0}, {z:.0} ranges away ({percent:.3} % sure)")
            });
        }
    }
}
