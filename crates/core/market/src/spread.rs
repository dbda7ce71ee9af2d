//! What spread is usual for an instrument: the median of those that its book has shown lately.

use scalp_types::{Price, StateHash};
use serde::{Deserialize, Serialize};

/// Looks at the book before anything is called usual.
pub const LOOKS_MIN: u32 = 1_000;
/// Looks that are remembered: when so many are, each counts for half of what it did.
const LOOKS_MAX: u32 = 16_384;
/// Spreads below this many ticks are told apart exactly, those above by a sixteenth of themselves.
const EXACT: u64 = 32;
const PARTS: u64 = 16;
const BUCKETS: usize = (EXACT + (64 - EXACT.ilog2() as u64) * PARTS) as usize;

/// The median of the last 8,192 to 16,384 spreads, by a histogram. Constant time and space; half of what it remembers would
/// have to be odd to mislead it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsualSpread {
    counts: Vec<u32>,
    total: u32,
    /// The bucket of the median, and how many lie below it.
    middle: usize,
    below: u32,
}

impl Default for UsualSpread {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0, middle: 0, below: 0 }
    }
}

impl UsualSpread {
    /// Looks at a touch. One that is crossed or locked has no spread and is passed over.
    #[inline]
    pub fn see(&mut self, bid: Price, ask: Price) {
        let Some(spread) = spread_of(bid, ask) else { return };
        let bucket = bucket_of(spread);
        self.counts[bucket] += 1;
        self.total += 1;
        self.below += u32::from(bucket < self.middle);
        if self.total == LOOKS_MAX {
            self.fade();
        }
        while 2 * (self.below + self.counts[self.middle]) < self.total {
            self.below += self.counts[self.middle];
            self.middle += 1;
        }
        while 2 * self.below > self.total {
            self.middle -= 1;
            self.below -= self.counts[self.middle];
        }
    }

    /// The median in ticks, rounded up by a sixteenth at most; none before [`LOOKS_MIN`] looks.
    #[must_use]
    pub fn usual(&self) -> Option<u64> {
        (self.total >= LOOKS_MIN).then(|| largest_of(self.middle))
    }

    /// As new; the room stays.
    pub fn reset(&mut self) {
        self.counts.fill(0);
        (self.total, self.middle, self.below) = (0, 0, 0);
    }

    /// Folds what it knows into a hash.
    pub fn digest(&self, hash: &mut StateHash) {
        [self.total, self.below, self.middle as u32].iter().for_each(|it| hash.absorb(u64::from(*it)));
    }

    fn fade(&mut self) {
        self.counts.iter_mut().for_each(|it| *it /= 2);
        self.total = self.counts.iter().sum();
        self.below = self.counts[..self.middle].iter().sum();
    }
}

/// Ask less bid in ticks, where there is any.
#[inline]
pub(crate) fn spread_of(bid: Price, ask: Price) -> Option<u64> {
    (ask > bid).then(|| ask.get().abs_diff(bid.get()))
}

const fn bucket_of(spread: u64) -> usize {
    if spread < EXACT {
        return spread as usize;
    }
    let octave = spread.ilog2() - EXACT.ilog2();
    let part = (spread >> (octave + EXACT.ilog2() - PARTS.ilog2())) % PARTS;
    (EXACT + octave as u64 * PARTS + part) as usize
}

/// The largest spread that falls into a bucket.
const fn largest_of(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < EXACT {
        return bucket;
    }
    let (octave, part) = ((bucket - EXACT) / PARTS, (bucket - EXACT) % PARTS);
    let width = 1_u64 << (octave + (EXACT / PARTS).ilog2() as u64);
    (PARTS + part) * width + (width - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalp_types::rng::Stream;

    fn seen(spreads: impl IntoIterator<Item = u64>) -> UsualSpread {
        let mut usual = UsualSpread::default();
        for it in spreads {
            usual.see(Price::new(1_000), Price::new(1_000 + it as i64));
        }
        usual
    }

    #[test]
    fn a_bucket_holds_what_falls_into_it_and_is_a_sixteenth_wide() {
        for octave in 0..62 {
            for spread in [1_u64 << octave, (1 << octave) + 1, (1 << octave) * 3 / 2, (2 << octave) - 1] {
                let largest = largest_of(bucket_of(spread));
                assert!(largest >= spread && largest - spread <= spread / PARTS, "{spread}: {largest}");
                assert_eq!(bucket_of(largest), bucket_of(spread));
                assert_eq!(bucket_of(largest + 1), bucket_of(spread) + 1, "{spread}");
            }
        }
    }

    #[test]
    fn it_is_the_median_of_what_was_seen() {
        let mut stream = Stream::named(5, "spreads");
        for (n, top) in [(1_001, 9), (4_001, 31), (9_999, 30), (15_001, 2)] {
            let mut spreads: Vec<u64> = (0..n).map(|_| 1 + stream.below(top)).collect();
            let usual = seen(spreads.iter().copied()).usual();
            spreads.sort_unstable();
            assert_eq!(usual, Some(spreads[n as usize / 2]));
        }
    }

    #[test]
    fn it_is_silent_until_a_thousand_looks_and_follows_what_lasts() {
        assert_eq!(seen([2; 999]).usual(), None);
        assert_eq!(seen([2; 1_000]).usual(), Some(2));
        let crossed = seen([2; 999].into_iter().chain([0; 500]));
        assert_eq!(crossed.usual(), None, "no spread, no look");
        let burst = seen([2; 1_000].into_iter().chain([400; 990]));
        assert_eq!(burst.usual(), Some(2), "less than half of what it remembers");
        let wider = seen(std::iter::repeat_n(2, 100_000).chain([31; 20_000]));
        assert_eq!(wider.usual(), Some(31), "what has come to stay is usual");
        let mut again = wider;
        again.reset();
        assert_eq!(again, UsualSpread::default());
    }
}
