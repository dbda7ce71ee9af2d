//! Percentiles of whole numbers in fixed memory.

/// Steps within one doubling: a percentile is off by at most one part in this many.
const STEPS: usize = 64;
const STEP_BITS: u32 = STEPS.trailing_zeros();
const BUCKETS: usize = (64 - STEP_BITS as usize + 1) * STEPS;

/// Counts of numbers by size: exact below 64, then in 64 steps per doubling; on both sides of zero.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    above: Vec<u64>,
    below: Vec<u64>,
    count: u64,
}

impl Histogram {
    pub(super) fn new() -> Self {
        Self { above: vec![0; BUCKETS], below: vec![0; BUCKETS], count: 0 }
    }
    pub(super) fn add(&mut self, value: i64) {
        let side = if value < 0 { &mut self.below } else { &mut self.above };
        side[bucket(value.unsigned_abs())] += 1;
        self.count += 1;
    }
    pub(super) fn count(&self) -> u64 {
        self.count
    }
    /// Share of numbers below zero.
    pub(super) fn share_below_zero(&self) -> f64 {
        let below = self.below.iter().sum::<u64>();
        if self.count == 0 { 0.0 } else { below as f64 / self.count as f64 }
    }
    /// The number that `share` of all do not exceed, to one part in 64; `None` without numbers.
    pub(super) fn percentile(&self, share: f64) -> Option<i64> {
        let rank = ((self.count as f64 * share).ceil() as u64).clamp(1, self.count.max(1));
        let below = self.below.iter().enumerate().rev().map(|(at, n)| (-value(at), n));
        let above = self.above.iter().enumerate().map(|(at, n)| (value(at), n));
        let mut seen = 0;
        for (value, n) in below.chain(above) {
            seen += n;
            if seen >= rank {
                return Some(value);
            }
        }
        None
    }
}

fn bucket(size: u64) -> usize {
    if size < STEPS as u64 {
        return size as usize;
    }
    let doubling = size.ilog2() - STEP_BITS;
    let step = (size >> doubling) as usize - STEPS;
    (doubling as usize + 1) * STEPS + step
}

/// The smallest number of a bucket.
fn value(bucket: usize) -> i64 {
    if bucket < STEPS {
        return bucket as i64;
    }
    let (doubling, step) = (bucket / STEPS - 1, bucket % STEPS);
    i64::try_from(((STEPS + step) as u128) << doubling).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_within_one_part_in_64() {
        let mut all = Histogram::new();
        (1..=100_000).for_each(|n| all.add(n));
        for (share, want) in [(0.5, 50_000), (0.99, 99_000), (1.0, 100_000)] {
            let got = all.percentile(share).unwrap();
            assert!(got <= want && (want - got) * 64 <= want, "{got} for {want}");
        }
        [i64::MIN, i64::MAX, 0, -1].into_iter().for_each(|n| all.add(n));
        assert_eq!(all.percentile(0.0), Some(-i64::MAX));
        assert!(all.share_below_zero() > 0.0);
        assert_eq!(Histogram::new().percentile(0.5), None);
    }
}
