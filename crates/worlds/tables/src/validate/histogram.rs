//! Percentiles of whole numbers in fixed memory.

/// Steps within one doubling: a percentile is off by at most one part in this many.
const STEPS: usize = 64;
const STEP_BITS: u32 = STEPS.trailing_zeros();
const BUCKETS: usize = (64 - STEP_BITS as usize + 1) * STEPS;

/// Counts of numbers by size: exact below 64, then in 64 steps per doubling; on both sides of zero.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    above: Side,
    below: Side,
    count: u64,
}

/// Of each bucket how many numbers it has, and the least and the most of them.
#[derive(Debug, Clone)]
struct Side {
    counts: Vec<u64>,
    least: Vec<i64>,
    most: Vec<i64>,
}

impl Side {
    fn new() -> Self {
        Self { counts: vec![0; BUCKETS], least: vec![0; BUCKETS], most: vec![0; BUCKETS] }
    }

    fn add(&mut self, value: i64) {
        let at = bucket(value.unsigned_abs());
        let is_first = self.counts[at] == 0;
        self.counts[at] += 1;
        self.least[at] = if is_first { value } else { self.least[at].min(value) };
        self.most[at] = if is_first { value } else { self.most[at].max(value) };
    }

    /// The number of this rank in a bucket, from 1, if they lie evenly between the least and the most of it.
    fn value(&self, at: usize, rank: u64) -> i64 {
        let (least, most) = (i128::from(self.least[at]), i128::from(self.most[at]));
        let steps = i128::from(self.counts[at].saturating_sub(1).max(1));
        let value = least + (most - least) * i128::from(rank.saturating_sub(1)) / steps;
        i64::try_from(value).expect("it lies between two numbers of 64 bits")
    }
}

impl Histogram {
    pub(super) fn new() -> Self {
        Self { above: Side::new(), below: Side::new(), count: 0 }
    }
    pub(super) fn add(&mut self, value: i64) {
        let side = if value < 0 { &mut self.below } else { &mut self.above };
        side.add(value);
        self.count += 1;
    }
    pub(super) fn count(&self) -> u64 {
        self.count
    }
    /// Share of numbers below zero.
    pub(super) fn share_below_zero(&self) -> f64 {
        let below = self.below.counts.iter().sum::<u64>();
        if self.count == 0 { 0.0 } else { below as f64 / self.count as f64 }
    }
    /// The number that `share` of all do not exceed, to one part in 64, and never beyond the least and the most of all; exact of
    /// numbers that are equal. `None` without numbers.
    pub(super) fn percentile(&self, share: f64) -> Option<i64> {
        let rank = ((self.count as f64 * share).ceil() as u64).clamp(1, self.count.max(1));
        let mut before = 0;
        let below = (0..BUCKETS).rev().map(|at| (&self.below, at));
        for (side, at) in below.chain((0..BUCKETS).map(|at| (&self.above, at))) {
            if before + side.counts[at] >= rank {
                return Some(side.value(at, rank - before));
            }
            before += side.counts[at];
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_within_one_part_in_64() {
        let mut all = Histogram::new();
        (1..=100_000).for_each(|n| all.add(n));
        for (share, want) in [(0.5, 50_000), (0.99, 99_000), (1.0, 100_000)] {
            let got = all.percentile(share).unwrap();
            assert!((want - got).abs() * 64 <= want, "{got} for {want}");
        }
        [i64::MIN, i64::MAX, 0, -1].into_iter().for_each(|n| all.add(n));
        assert_eq!([all.percentile(0.0), all.percentile(1.0)], [Some(i64::MIN), Some(i64::MAX)]);
        assert!(all.share_below_zero() > 0.0);
        assert_eq!(Histogram::new().percentile(0.5), None);
    }

    #[test]
    fn no_percentile_lies_beyond_the_numbers() {
        for sign in [1, -1] {
            let mut all = Histogram::new();
            (0..990).for_each(|_| all.add(sign * 50_000_000));
            (0..10).for_each(|_| all.add(sign * 80_050_000_000));
            let at = |share: f64| all.percentile(share).unwrap() * sign;
            let shares = if sign > 0 { [0.0, 0.5, 0.99, 0.991, 1.0] } else { [1.0, 0.5, 0.011, 0.01, 0.0] };
            let (usual, late) = (50_000_000, 80_050_000_000);
            assert_eq!(shares.map(at), [usual, usual, usual, late, late]);
        }
    }
}
