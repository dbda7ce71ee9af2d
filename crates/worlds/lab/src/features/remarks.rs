//! What whoever reads the numbers should know of what they were computed of: how files were read, sides that nobody told, books
//! of fewer levels than were asked for, trades that are in no bar.

use super::built::Built;
use super::table::{Holds, Table};
use scalp_features::Schema;
use scalp_features::measure::Print;
use scalp_market::BarRule;
use scalp_tables::plain::taker_names;

/// Columns that one remark names; of more it says how many.
const NAMED_MAX: usize = 20;

/// Remarks in words, without a full stop.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remarks {
    /// Of how the files were read.
    pub read: Vec<String>,
    /// Of what was found as items were computed.
    pub found: Vec<String>,
}

impl Remarks {
    /// All of them as sentences.
    pub fn sentences(&self) -> impl Iterator<Item = String> {
        self.read.iter().chain(&self.found).map(|it| format!("{it}."))
    }
}

impl Table {
    /// What is to be said of how it was read.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let choices = self.beside.choices.iter().map(|(path, what)| format!("{path}: {what}"));
        self.beside.remarks.iter().cloned().chain(choices).chain(self.beside.mended.words()).collect()
    }
}

/// What of the events of a file is in no bar.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lost {
    /// Trades that came after theirs had closed.
    pub(super) late: u64,
    /// Candles that start at or before the one above.
    pub(super) repeated: u64,
    /// Candles that arrived before their ends and are not believed.
    pub(super) unfinished: u64,
}

impl Lost {
    pub(super) fn words(self) -> [Option<String>; 3] {
        let told = |count: u64, what: &str| (count > 0).then(|| format!("{count} {what}"));
        [
            told(self.late, "trades came after the candle of their time had closed, and are in none"),
            told(
                self.repeated,
                "candles start at or before the one above: each counts once, as it came first",
            ),
            told(
                self.unfinished,
                "candles arrived before their ends and are not believed: they still grew, or the recorder's clock is behind \
                 (data import --shift-clock)",
            ),
        ]
    }
}

/// Of sides that were estimated: which columns rest on that, and by which rule it was done.
pub(super) fn sides(table: &Table, schema: &Schema, bars: Option<&Built>) -> Option<String> {
    if let Holds::Events(events) = &table.holds {
        let told = events.sides_estimated()?.words();
        if bars.is_some_and(|it| matches!(it.0.rule, BarRule::Flow(_))) {
            return Some(format!(
                "{told}; all columns rest on that, as the sides say where these bars close"
            ));
        }
        return named(&schema.on_sides()).map(|it| format!("{told}; on that rest {it}"));
    }
    let trades: &[Print] =
        if let Holds::Trades(trades) = &table.holds { trades } else { &table.beside.trades };
    let without = trades.iter().filter(|it| it.aggressor.is_none()).count();
    if without == 0 {
        return None;
    }
    let who = if without == trades.len() {
        let names = taker_names().collect::<Vec<_>>().join(", ");
        format!("no trade says who took ({names})")
    } else {
        format!("{without} of {} trades do not say who took", trades.len())
    };
    let rule = if schema.sources().book_levels > 0 {
        "the rule of Lee and Ready, before the first book by the tick rule"
    } else {
        "the tick rule"
    };
    named(&schema.on_estimated_sides())
        .map(|it| format!("{who}: it is estimated by {rule}; on that rest {it}"))
}

fn named(titles: &[&str]) -> Option<String> {
    let rest = titles.len().saturating_sub(NAMED_MAX);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    (!titles.is_empty()).then(|| format!("{}{more}", titles[..titles.len() - rest].join(", ")))
}

/// Books that were seen, by how many levels a side they had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Depths {
    /// The levels that are asked for.
    pub(super) asked: usize,
    all: u64,
    /// Those with fewer.
    shallow: u64,
    deepest: usize,
}

impl Depths {
    pub(super) fn of(asked: usize) -> Depths {
        Depths { asked, ..Depths::default() }
    }

    /// Counts a book whose shorter side has so many levels, or as many as are asked for.
    pub(super) fn see(&mut self, levels: usize) {
        self.all += 1;
        self.shallow += u64::from(levels < self.asked);
        self.deepest = self.deepest.max(levels);
    }

    /// In words, where `item` read fewer levels than it asked for. That a side is empty is no lack of levels.
    pub(super) fn words(&self, item: &str) -> Option<String> {
        let Depths { asked, all, shallow, deepest } = *self;
        let most = if deepest < asked { format!(" (the deepest had {deepest})") } else { String::new() };
        (asked > 1 && shallow > 0).then(|| {
            format!(
                "{shallow} of {all} books had fewer than the {asked} levels a side that {item} reads{most}: there it read those that \
                 it had"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_columns_are_counted_and_few_are_named() {
        let titles: Vec<String> = (0..23).map(|it| format!("C{it}")).collect();
        let all: Vec<&str> = titles.iter().map(String::as_str).collect();
        assert_eq!(named(&all[..2]).as_deref(), Some("C0, C1"));
        assert!(named(&all).is_some_and(|it| it.starts_with("C0, C1, ") && it.ends_with("C19 and 3 more")));
        assert_eq!(named(&[]), None);
    }

    #[test]
    fn an_empty_side_is_no_lack_of_levels() {
        let mut depths = Depths::of(1);
        depths.see(0);
        assert_eq!(depths.words("MICROPRICE"), None);
        let mut depths = Depths::of(5);
        [5, 7, 4, 0].into_iter().for_each(|it| depths.see(it));
        let want = "2 of 4 books had fewer than the 5 levels a side that OFI(20,5) reads: there it read those that it had";
        assert_eq!(depths.words("OFI(20,5)").as_deref(), Some(want));
        let mut depths = Depths::of(9);
        [5, 7].into_iter().for_each(|it| depths.see(it));
        assert!(depths.words("OFI(20,9)").is_some_and(|it| it.contains("reads (the deepest had 7): there")));
    }
}
