//! Which ids have been seen, as ranges: ids that count by one need one range, whatever their number.

use std::collections::BTreeMap;

/// Ranges held at most, some megabytes. Beyond them the lowest is forgotten, and with it which ids it held.
const RANGES_MAX: usize = 1 << 16;

/// A set of ids.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// First and last id of each range; no two touch.
    ranges: BTreeMap<u64, u64>,
    /// Ranges that are held no more.
    forgotten: u64,
}

impl Seen {
    /// Adds an id; false when it was there.
    pub(super) fn insert(&mut self, id: u64) -> bool {
        // Ids that count by one come behind the highest.
        if let Some(mut highest) = self.ranges.last_entry()
            && highest.get().checked_add(1) == Some(id)
        {
            *highest.get_mut() = id;
            return true;
        }
        let before = self.ranges.range(..=id).next_back().map(|(&first, &last)| (first, last));
        if before.is_some_and(|it| it.1 >= id) {
            return false;
        }
        let first = before.filter(|it| it.1 + 1 == id).map_or(id, |it| it.0);
        let after = id.checked_add(1).and_then(|it| self.ranges.remove(&it));
        self.ranges.insert(first, after.unwrap_or(id));
        if self.ranges.len() > RANGES_MAX {
            self.ranges.pop_first();
            self.forgotten += 1;
        }
        true
    }

    /// How many ranges there are, with those that were forgotten.
    pub(super) fn runs(&self) -> u64 {
        self.ranges.len() as u64 + self.forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_is_a_set_and_its_ranges_never_touch() {
        let (mut seen, mut plain) = (Seen::default(), BTreeSet::new());
        let mut id = 1_u64;
        for n in 0..5_000_u64 {
            id = id.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(n | 1);
            assert_eq!(seen.insert(id % 700), plain.insert(id % 700));
        }
        let ranges: Vec<_> = seen.ranges.iter().collect();
        assert!(ranges.windows(2).all(|it| it[0].1 + 1 < *it[1].0), "{ranges:?}");
        assert!(seen.insert(u64::MAX) && !seen.insert(u64::MAX) && seen.insert(u64::MAX - 1));
    }

    #[test]
    fn what_is_held_is_bounded() {
        let mut seen = Seen::default();
        (0..2 * RANGES_MAX as u64).for_each(|n| assert!(seen.insert(2 * n)));
        assert_eq!(seen.ranges.len(), RANGES_MAX);
    }
}
