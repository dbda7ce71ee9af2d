//! The values of a schema side by side, with what is missing and how old each is.

use scalp_types::StateHash;

/// The values of a schema as of one event.
#[derive(Clone, Copy, Debug)]
pub struct FeatureVector<'a> {
    pub(super) schema: StateHash,
    pub(super) at: i64,
    pub(super) values: &'a [f64],
    pub(super) known: &'a [i64],
    pub(super) missing: &'a [u64],
}

impl FeatureVector<'_> {
    /// The hash of its schema.
    #[must_use]
    pub fn schema(&self) -> StateHash {
        self.schema
    }
    /// When it was known, nanoseconds since 1970.
    #[must_use]
    pub fn at(&self) -> i64 {
        self.at
    }
    /// How many values there are, absent ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }
    /// Never.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
    /// The value at `place`; none while it is absent.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<f64> {
        self.values.get(place).copied().filter(|it| it.is_finite())
    }
    /// The values side by side; not a number where absent, and nowhere else.
    #[must_use]
    pub fn raw(&self) -> &[f64] {
        self.values
    }
    /// A bit for each value, the first the lowest of the first word: set where it is absent.
    #[must_use]
    pub fn missing(&self) -> &[u64] {
        self.missing
    }
    /// How many are absent.
    #[must_use]
    pub fn missing_count(&self) -> u32 {
        self.missing.iter().map(|it| it.count_ones()).sum()
    }
    /// For each value when it was last computed; the smallest number before that.
    pub(crate) fn known(&self) -> &[i64] {
        self.known
    }
    /// Nanoseconds since the value at `place` was last computed (of a series from outside: published); none before that.
    #[must_use]
    pub fn age(&self, place: usize) -> Option<i64> {
        let known = *self.known.get(place)?;
        (known > i64::MIN).then(|| self.at.saturating_sub(known))
    }
}
