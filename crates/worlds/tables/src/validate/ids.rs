//! Ids of trades: which were told before, which are left out, and whether they count at all. Some venues give trades numbers that
//! mean nothing (hashes), of which none can be missed.

use super::Example;
use super::seen::Seen;

/// Ids count where they stand in runs without a hole whose number is at most a tenth of theirs: nine steps in ten are by one.
/// It is all one in which order they come.
const STEPS_A_HOLE: u64 = 10;

/// The ids of one instrument.
#[derive(Debug, Default)]
pub(super) struct Ids {
    seen: Seen,
    /// How many there were, each once.
    count: u64,
    highest: u64,
    gaps: u64,
    missing: u64,
    /// The first gaps.
    pub(super) examples: Vec<Example>,
}

/// What an id is to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// New, and none is left out before it.
    New,
    /// It was told before.
    Again,
    /// New, and behind the highest so far, which this is, some are left out.
    After(u64),
}

/// What all ids come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counting {
    /// They count, and none is missing.
    Whole,
    /// They count, with gaps.
    Broken {
        /// How many gaps there were.
        gaps: u64,
        /// How many ids are left out.
        missing: u64,
    },
    /// They do not count.
    Not {
        /// How many ids.
        ids: u64,
        /// How many runs without a hole they stand in.
        runs: u64,
    },
}

impl Ids {
    /// Adds the id of a trade.
    pub(super) fn add(&mut self, id: u64) -> Told {
        if !self.seen.insert(id) {
            return Told::Again;
        }
        let highest = self.highest;
        self.highest = highest.max(id);
        self.count += 1;
        if self.count == 1 {
            return Told::New;
        }
        if id < highest {
            self.missing = self.missing.saturating_sub(1); // late, and not missing
        } else if id > highest + 1 {
            self.gaps += 1;
            self.missing = self.missing.saturating_add(id - highest - 1);
            return Told::After(highest);
        }
        Told::New
    }

    /// What they come to.
    pub(super) fn counting(&self) -> Counting {
        let (ids, runs) = (self.count, self.seen.runs());
        match () {
            () if runs.saturating_sub(1).saturating_mul(STEPS_A_HOLE) > ids.saturating_sub(1) => {
                Counting::Not { ids, runs }
            }
            () if self.missing > 0 => Counting::Broken { gaps: self.gaps, missing: self.missing },
            () => Counting::Whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FindingKind, Report, ValidateOptions, Validator};
    use super::*;
    use crate::buffer::EventBuffer;
    use crate::capture::CaptureOptions;
    use crate::detect;
    use crate::symbols::Symbols;
    use crate::testing::{data, instruments};

    fn of(ids: impl IntoIterator<Item = u64>) -> Counting {
        let mut all = Ids::default();
        ids.into_iter().for_each(|it| {
            all.add(it);
        });
        all.counting()
    }

    #[test]
    fn numbers_by_chance_do_not_count_and_counting_ones_do_in_any_order() {
        let by_chance = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 8;
        assert_eq!(of((1..=5_000).map(by_chance)), Counting::Not { ids: 5_000, runs: 5_000 });
        // Also where the highest comes first, so that nothing ever seems to be left out, and where runs are forgotten.
        let highest_first = [u64::MAX].into_iter().chain((1..=5_000).map(by_chance));
        assert_eq!(of(highest_first), Counting::Not { ids: 5_001, runs: 5_001 });
        let many = of((1..=100_000).map(by_chance));
        assert!(matches!(many, Counting::Not { ids: 100_000, runs: 90_000.. }), "{many:?}");
        assert_eq!(of(1..=5_000), Counting::Whole);
        let (mut swapped, mut back): (Vec<u64>, Vec<u64>) = ((1..=5_000).collect(), (1..=5_000).collect());
        swapped.chunks_mut(2).for_each(<[u64]>::reverse);
        back.reverse();
        assert_eq!((of(swapped), of(back)), (Counting::Whole, Counting::Whole));
        let gap = (1..=4_000).chain(4_011..=5_000);
        assert_eq!(of(gap), Counting::Broken { gaps: 1, missing: 10 });
        assert_eq!(of([7]), Counting::Whole);
        assert_eq!(of([]), Counting::Whole);
        // Nine steps in ten.
        assert!(matches!(of((0..100).map(|n| n + n / 10 + 1)), Counting::Broken { gaps: 9, missing: 9 }));
        assert!(matches!(of((0..100).map(|n| n + n / 8 + 1)), Counting::Not { ids: 100, runs: 13 }));
    }

    /// The first events of a file but that of one place.
    fn report(file: &str, symbol: (&str, &str, &str), without: usize) -> Report {
        let all = instruments(&[symbol]);
        let symbols = Symbols::of_venue(&all, "v");
        let mut reader = detect::open(&data(file), symbols, CaptureOptions::default()).unwrap();
        let mut validator = Validator::new(&all, ValidateOptions::default());
        let (mut batch, mut at) = (EventBuffer::new(), 0);
        while at < 20_000 {
            batch.clear();
            let more = reader.read(&mut batch).unwrap();
            for (event, line) in batch.iter_with_source() {
                at += 1;
                if at != without {
                    validator.on_event(&event, line);
                }
            }
            if !more {
                break;
            }
        }
        validator.finish()
    }

    #[test]
    fn nothing_is_missed_by_the_ids_of_hyperliquid_which_is_said_and_one_trade_is_by_those_of_binance() {
        let file = "l2snap-hyperliquid-20250904/trades_BTC.csv.zst";
        let hyperliquid = report(file, ("BTC", "1", "0.00001"), 0);
        assert_eq!(hyperliquid.count(FindingKind::IdGap), 0, "{hyperliquid}");
        let text = hyperliquid.to_string();
        let told: Vec<&str> = text.lines().filter(|it| it.contains("do not count")).collect();
        assert_eq!(
            told,
            [text.lines().find(|it| it.starts_with("v:BTC: trade ids do not count by one")).unwrap()]
        );
        let file = "aggtrades-btcusdc-spot/BTCUSDC-aggTrades-2025-10-04.csv.zst";
        let spot = |without| report(file, ("BTCUSDC", "0.01", "0.00001"), without);
        let (whole, broken) = (spot(0), spot(5_000));
        assert!(whole.uncounted_ids.is_empty() && broken.uncounted_ids.is_empty(), "{whole}");
        assert_eq!(whole.count(FindingKind::IdGap), 0, "{whole}");
        let gap = broken.finding(FindingKind::IdGap).unwrap();
        assert_eq!((gap.count, gap.missing), (1, 1), "{broken}");
    }
}
