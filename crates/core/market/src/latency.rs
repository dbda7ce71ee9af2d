//! How old market data is when it reaches us: count, smallest, largest, mean, and quantiles to within a factor of two.

use scalp_types::{Span, StateHash, Timestamp};
use serde::{Deserialize, Serialize};

/// Buckets by powers of two of nanoseconds: the last holds everything above 2^39 ns (nine minutes).
const BUCKETS: usize = 40;

/// Feed latency of one instrument. Constant space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    count: u64,
    ahead: u64,
    sum: u64,
    min: u64,
    max: u64,
    #[serde(with = "buckets")]
    buckets: [u32; BUCKETS],
}

impl Default for Latency {
    fn default() -> Self {
        Self { count: 0, ahead: 0, sum: 0, min: u64::MAX, max: 0, buckets: [0; BUCKETS] }
    }
}

impl Latency {
    /// One event. An exchange time after our own (a clock is off) is counted apart.
    #[inline]
    pub(crate) fn record(&mut self, exchange_at: Timestamp, arrived_at: Timestamp) {
        if arrived_at < exchange_at {
            self.ahead += 1;
            return;
        }
        let nanos = arrived_at.nanos().wrapping_sub(exchange_at.nanos()) as u64;
        self.count += 1;
        self.sum = self.sum.saturating_add(nanos);
        self.min = self.min.min(nanos);
        self.max = self.max.max(nanos);
        let bucket = &mut self.buckets[(64 - nanos.leading_zeros() as usize).min(BUCKETS - 1)];
        *bucket = bucket.saturating_add(1);
    }

    /// Events measured.
    pub const fn count(&self) -> u64 {
        self.count
    }
    /// Events that claim to have happened after they arrived.
    pub const fn ahead(&self) -> u64 {
        self.ahead
    }
    /// Smallest latency; `None` before the first event.
    pub fn min(&self) -> Option<Span> {
        (self.count > 0).then(|| span(self.min))
    }
    /// Largest latency.
    pub fn max(&self) -> Option<Span> {
        (self.count > 0).then(|| span(self.max))
    }
    /// Mean latency, rounded down.
    pub fn mean(&self) -> Option<Span> {
        self.sum.checked_div(self.count).map(span)
    }
    /// The latency that `percent` of all events do not exceed, rounded up to a power of two and at most the largest.
    pub fn percentile(&self, percent: u32) -> Option<Span> {
        let wanted = (u128::from(self.count) * u128::from(percent.min(100))).div_ceil(100).max(1);
        let mut seen = 0_u128;
        for (bits, count) in self.buckets.iter().enumerate() {
            seen += u128::from(*count);
            if *count > 0 && seen >= wanted {
                return Some(span(((1_u64 << bits) - 1).min(self.max)));
            }
        }
        self.max()
    }
    pub(crate) fn digest(&self, hash: &mut StateHash) {
        for word in [self.count, self.ahead, self.sum, self.max] {
            hash.absorb(word);
        }
    }
}

fn span(nanos: u64) -> Span {
    Span::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}

/// Serde knows arrays up to 32 only.
mod buckets {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(it: &[u32; super::BUCKETS], to: S) -> Result<S::Ok, S::Error> {
        it.as_slice().serialize(to)
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u32; super::BUCKETS], D::Error> {
        let all = Vec::<u32>::deserialize(from)?;
        all.try_into().map_err(|_| serde::de::Error::custom("expected 40 latency buckets"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(latency: &mut Latency, exchange: i64, arrived: i64) {
        latency.record(Timestamp::from_nanos(exchange), Timestamp::from_nanos(arrived));
    }

    #[test]
    fn quantiles_are_within_a_factor_of_two_above_the_truth() {
        let mut latency = Latency::default();
        assert_eq!((latency.min(), latency.percentile(50)), (None, None));
        (1..=1000).for_each(|it| record(&mut latency, 0, it * 1_000));
        assert_eq!(latency.mean(), Some(Span::from_nanos(500_500)));
        for percent in [1, 50, 90, 99, 100] {
            let (truth, told) = (i64::from(percent) * 10_000, latency.percentile(percent).unwrap().nanos());
            assert!((truth..truth * 2).contains(&told), "{percent} %: {told}, truth {truth}");
        }
    }

    #[test]
    fn clocks_that_are_absurd_do_not_disturb() {
        let mut latency = Latency::default();
        record(&mut latency, i64::MIN, i64::MAX);
        record(&mut latency, i64::MAX, i64::MIN);
        record(&mut latency, i64::MIN, i64::MAX);
        assert_eq!((latency.count(), latency.ahead()), (2, 1));
        assert_eq!(latency.max(), Some(Span::from_nanos(i64::MAX)));
    }
}
