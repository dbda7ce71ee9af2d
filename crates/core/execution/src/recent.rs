//! A bounded memory of what has been seen: the newest so many, and nothing older than a day.

use scalp_types::{IdMap, Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::hash::Hash;

/// Seen longer ago than this is forgotten.
pub const MEMORY: Span = Span::DAY;

/// Keys with a note each. When it is full the oldest is forgotten; its room is taken at the start and never grows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Entries<K, V>", into = "Entries<K, V>")]
#[serde(bound(serialize = "K: Copy + Eq + Hash + Serialize, V: Copy + Serialize"))]
#[serde(bound(deserialize = "K: Copy + Eq + Hash + Deserialize<'de>, V: Copy + Deserialize<'de>"))]
pub struct Recent<K: Copy + Eq + Hash, V: Copy> {
    capacity: usize,
    /// A ring of at most `capacity`: `oldest` is the first of `len` entries.
    ring: Vec<(K, Timestamp)>,
    oldest: usize,
    len: usize,
    notes: IdMap<K, V>,
    /// Something has been forgotten.
    forgetful: bool,
}

/// What is written to a snapshot: oldest first.
#[derive(Debug, Serialize, Deserialize)]
struct Entries<K, V> {
    capacity: usize,
    forgetful: bool,
    entries: Vec<(K, Timestamp, V)>,
}

impl<K: Copy + Eq + Hash, V: Copy> Recent<K, V> {
    /// Room for `capacity` keys, at least one.
    pub fn with_capacity(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        // Twice the room keeps the map from growing when it cleans up after removals.
        Self {
            capacity,
            ring: Vec::with_capacity(capacity),
            oldest: 0,
            len: 0,
            notes: IdMap::with_capacity(capacity * 2),
            forgetful: false,
        }
    }

    /// True when something that happened at `at` may have been seen and forgotten: it is no younger than the oldest
    /// that is remembered.
    pub fn may_have_forgotten(&self, at: Timestamp) -> bool {
        self.forgetful && (self.len == 0 || at <= self.ring[self.oldest].1)
    }

    /// What is remembered, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let keys = (0..self.len).map(|n| &self.ring[(self.oldest + n) % self.capacity].0);
        keys.filter_map(|key| self.notes.get(key).map(|note| (key, note)))
    }

    /// The note of a key, if it is remembered.
    #[inline]
    pub fn get(&self, key: &K) -> Option<V> {
        self.notes.get(key).copied()
    }

    /// Remembers a key; false, and the old note stays, when it is remembered already.
    pub fn insert(&mut self, key: K, note: V, now: Timestamp) -> bool {
        if self.notes.contains_key(&key) {
            return false;
        }
        self.forget_before(now);
        if self.len == self.capacity {
            self.forget_oldest();
        }
        let at = (self.oldest + self.len) % self.capacity;
        if at == self.ring.len() {
            self.ring.push((key, now));
        } else {
            self.ring[at] = (key, now);
        }
        self.len += 1;
        self.notes.insert(key, note);
        true
    }

    /// How many are remembered.
    pub const fn len(&self) -> usize {
        self.len
    }
    /// True when nothing is.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn forget_before(&mut self, now: Timestamp) {
        while self.len > 0 && self.ring[self.oldest].1.saturating_add(MEMORY) < now {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let (key, _) = self.ring[self.oldest];
        self.notes.remove(&key);
        self.forgetful = true;
        self.oldest = (self.oldest + 1) % self.capacity;
        self.len -= 1;
    }
}

impl<K: Copy + Eq + Hash, V: Copy> From<Recent<K, V>> for Entries<K, V> {
    fn from(it: Recent<K, V>) -> Self {
        let capacity = it.capacity;
        let entries = (0..it.len).filter_map(|n| {
            let (key, at) = it.ring[(it.oldest + n) % capacity];
            it.notes.get(&key).map(|note| (key, at, *note))
        });
        Self { capacity, forgetful: it.forgetful, entries: entries.collect() }
    }
}

impl<K: Copy + Eq + Hash, V: Copy> From<Entries<K, V>> for Recent<K, V> {
    fn from(it: Entries<K, V>) -> Self {
        let mut memory = Self::with_capacity(it.capacity.min(1 << 24).max(it.entries.len()));
        for (key, at, note) in it.entries {
            memory.insert(key, note, at);
        }
        memory.forgetful = it.forgetful;
        memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs).unwrap()
    }

    #[test]
    fn a_copy_and_a_snapshot_remember_as_much_as_the_original() {
        let mut memory = Recent::with_capacity(3);
        for key in 0..5_u64 {
            memory.insert(key, key, at(0));
        }
        let restored: Recent<u64, u64> = Entries::from(memory.clone()).into();
        for mut it in [memory, restored] {
            it.insert(9, 9, at(1));
            assert_eq!([2, 3, 4, 9].map(|key| it.get(&key)), [None, Some(3), Some(4), Some(9)]);
        }
    }

    #[test]
    fn the_oldest_goes_when_it_is_full_and_everything_goes_after_a_day() {
        let mut memory = Recent::with_capacity(3);
        for key in 0..5_u64 {
            assert!(memory.insert(key, key * 10, at(0)));
            assert!(!memory.insert(key, 99, at(0)), "seen already");
        }
        assert_eq!([0, 1, 2, 3, 4].map(|key| memory.get(&key)), [None, None, Some(20), Some(30), Some(40)]);
        memory.insert(7, 70, at(86_400));
        assert_eq!(memory.len(), 3, "a day old is not too old");
        assert_eq!(memory.iter().map(|it| *it.1).collect::<Vec<_>>(), [30, 40, 70]);
        assert!(memory.may_have_forgotten(at(0)) && !memory.may_have_forgotten(at(1)));
        memory.insert(8, 80, at(86_401));
        assert_eq!(memory.get(&4), None);
        assert_eq!(memory.get(&7), Some(70));
        assert_eq!(memory.len(), 2);
    }
}
