//! Hashing that answers the same on every run: a rolling hash of state, and a map for lookup only.

use std::hash::{BuildHasherDefault, Hasher};

/// A rolling 64-bit hash: two runs agree on it when they agree on everything it has absorbed, in order. Not
/// cryptographic: it finds differences, not forgers.
///
/// Each word is folded in by a full 64 x 64 -> 128 bit multiplication, as in wyhash (Wang Yi, public domain).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StateHash(u64);

const P0: u64 = 0xa076_1d64_78bd_642f;
const P1: u64 = 0xe703_7ed1_a0b4_28db;

impl Default for StateHash {
    fn default() -> Self {
        Self(P0)
    }
}

impl StateHash {
    /// Absorbs one word.
    #[inline]
    pub const fn absorb(&mut self, word: u64) {
        let product = ((self.0 ^ P1) as u128).wrapping_mul((word ^ P0) as u128 | 1 << 64);
        self.0 = (product as u64) ^ ((product >> 64) as u64) ^ self.0.rotate_left(29);
    }
    /// Absorbs a signed word.
    #[inline]
    pub const fn absorb_signed(&mut self, word: i64) {
        self.absorb(word as u64);
    }
    /// Absorbs an amount of money.
    #[inline]
    pub const fn absorb_wide(&mut self, word: i128) {
        self.absorb(word as u64);
        self.absorb((word >> 64) as u64);
    }
    /// The hash so far.
    #[inline]
    pub const fn get(self) -> u64 {
        self.0
    }
    /// A hash that was written down, to compare with or to go on from.
    #[inline]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

impl std::fmt::Display for StateHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The fixed-seed hasher behind [`IdMap`].
#[derive(Debug, Clone, Copy, Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }
    #[inline]
    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word ^ P0) * u128::from(P1);
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }
    #[inline]
    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }
    #[inline]
    fn write_u16(&mut self, word: u16) {
        self.write_u64(u64::from(word));
    }
}

/// A hash map for lookup only: fixed seed, and no way to iterate, so its order can never reach an outcome.
#[derive(Debug, Clone)]
#[allow(clippy::disallowed_types, reason = "this is the one wrapper that makes the type safe to use")]
pub struct IdMap<K, V>(std::collections::HashMap<K, V, BuildHasherDefault<IdHasher>>);

impl<K, V> Default for IdMap<K, V> {
    fn default() -> Self {
        Self(Default::default())
    }
}

#[allow(clippy::disallowed_types, reason = "see the type")]
impl<K: Eq + std::hash::Hash, V> IdMap<K, V> {
    /// Empty, with room for `capacity` entries.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(std::collections::HashMap::with_capacity_and_hasher(capacity, Default::default()))
    }
    /// Looks up.
    #[inline]
    pub fn get(&self, key: &K) -> Option<&V> {
        self.0.get(key)
    }
    /// Looks up to change.
    #[inline]
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.0.get_mut(key)
    }
    /// Puts in; returns what was there.
    #[inline]
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.0.insert(key, value)
    }
    /// Takes out.
    #[inline]
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.0.remove(key)
    }
    /// True when the key is there.
    #[inline]
    pub fn contains_key(&self, key: &K) -> bool {
        self.0.contains_key(key)
    }
    /// How many entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Forgets all entries, keeping the room.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_every_bit_matter() {
        let of = |words: &[u64]| {
            let mut hash = StateHash::default();
            words.iter().for_each(|&w| hash.absorb(w));
            hash.get()
        };
        assert_ne!(of(&[1, 2]), of(&[2, 1]));
        assert_ne!(of(&[0]), of(&[0, 0]));
        assert_ne!(of(&[P0]), of(&[P0, P0]));
        let mut seen: Vec<u64> = (0..64).map(|bit| of(&[1 << bit, 7])).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 64);
    }

    #[test]
    fn the_hash_is_the_same_in_every_build() {
        let mut hash = StateHash::default();
        (0..1000).for_each(|w| hash.absorb(w));
        assert_eq!(hash.to_string(), hash.to_string());
        assert_ne!(hash, StateHash::default());
    }
}
