//! Online standardisation: a value is scaled with what was known before it, and only then learnt from. What has been learnt
//! can be frozen, to be stored with a model. No clock, no file.

use crate::error::Error;
use crate::state::state;
use crate::window::ABSENT;
use scalp_types::StateHash;
use serde::{Deserialize, Serialize};

/// How long a scaler remembers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Memory {
    /// All values count the same (Welford 1962).
    All,
    /// A value counts half after so many further values (exponential weights, West 1979).
    HalfLife(f64),
}

/// How values are scaled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScaleRule {
    /// How long it remembers.
    pub memory: Memory,
    /// Silent until so many values have been learnt from, 2 or more.
    pub warm_up: u32,
    /// Answers lie within this distance of zero.
    pub clip: f64,
}

impl ScaleRule {
    /// All values alike, silent for 100, clipped at 10 deviations.
    pub const STANDARD: ScaleRule = ScaleRule { memory: Memory::All, warm_up: 100, clip: 10.0 };

    fn check(&self) -> Result<(), Error> {
        let refuse = |key, expected: &str, given: String| {
            Err(Error::Input { key, expected: expected.to_owned(), given })
        };
        if self.warm_up < 2 {
            return refuse("warm_up", "at least 2 values", self.warm_up.to_string());
        }
        if !(self.clip.is_finite() && self.clip > 0.0) {
            return refuse("clip", "a finite number above zero", self.clip.to_string());
        }
        match self.memory {
            Memory::HalfLife(it) if !(it.is_finite() && it > 0.0) => {
                refuse("half_life", "a finite number above zero", it.to_string())
            }
            _ => Ok(()),
        }
    }
}

/// Scales one stream of values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaler {
    rule: ScaleRule,
    decay: f64,
    count: u64,
    /// Sum of the weights: the count, where all weigh the same.
    weight: f64,
    /// Sum of their squares.
    squared: f64,
    mean: f64,
    /// Weighted sum of squared distances from the mean.
    spread: f64,
}

state!(Scaler { count, weight, squared, mean, spread; rule, decay });

impl Scaler {
    /// Nothing learnt yet.
    pub fn new(rule: ScaleRule) -> Result<Scaler, Error> {
        rule.check()?;
        let decay = match rule.memory {
            Memory::All => 1.0,
            Memory::HalfLife(it) => libm::exp2(-1.0 / it),
        };
        Ok(Scaler { rule, decay, count: 0, weight: 0.0, squared: 0.0, mean: 0.0, spread: 0.0 })
    }

    /// Scales `x` with what was learnt before it, then learns from it. None until warm, where nothing has moved yet, and
    /// for what is not finite (which teaches nothing).
    pub fn push(&mut self, x: f64) -> Option<f64> {
        let answer = self.scaled(x);
        if x.is_finite() {
            self.learn(x);
        }
        answer
    }

    /// Scales `x` with what has been learnt; learns nothing.
    #[must_use]
    pub fn scaled(&self, x: f64) -> Option<f64> {
        let deviation = self.deviation()?;
        let answer = (x - self.mean) / deviation;
        answer.is_finite().then(|| answer.clamp(-self.rule.clip, self.rule.clip))
    }

    pub(crate) fn step(&mut self, x: f64) -> f64 {
        self.push(x).unwrap_or(ABSENT)
    }

    fn learn(&mut self, x: f64) {
        self.count += 1;
        self.weight = self.weight * self.decay + 1.0;
        self.squared = self.squared * self.decay * self.decay + 1.0;
        let distance = x - self.mean;
        self.mean += distance / self.weight;
        self.spread = self.spread * self.decay + distance * (x - self.mean);
    }

    /// The mean so far.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    /// The standard deviation so far, unbiased for the weights; none until warm and where nothing has moved.
    #[must_use]
    pub fn deviation(&self) -> Option<f64> {
        if self.count < u64::from(self.rule.warm_up) {
            return None;
        }
        // With equal weights this is n - 1.
        let deviation = libm::sqrt(self.spread / (self.weight - self.squared / self.weight));
        // What is below the rounding of the mean is no movement.
        let is_moved = deviation > self.mean.abs() * f64::EPSILON;
        (deviation.is_finite() && is_moved).then_some(deviation)
    }

    /// What has been learnt, to be applied without learning; none until warm.
    #[must_use]
    pub fn freeze(&self) -> Option<Frozen> {
        Some(Frozen { mean: self.mean, deviation: self.deviation()?, clip: self.rule.clip })
    }

    pub(crate) fn reset(&mut self) {
        (self.count, self.weight, self.squared, self.mean, self.spread) = (0, 0.0, 0.0, 0.0, 0.0);
    }
}

/// A scaler that learns no more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frozen {
    /// What is subtracted.
    pub mean: f64,
    /// What is divided by, above zero.
    pub deviation: f64,
    /// Answers lie within this distance of zero.
    pub clip: f64,
}

impl Frozen {
    /// The scaled value; none for what is not finite.
    #[must_use]
    pub fn scaled(&self, x: f64) -> Option<f64> {
        let answer = (x - self.mean) / self.deviation;
        answer.is_finite().then(|| answer.clamp(-self.clip, self.clip))
    }
}

/// Scalers for all values of a schema, fitted on the training data and stored with a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scalers {
    /// The schema that they were fitted for.
    pub schema: u64,
    /// One for each value of the schema; none where it never moved or was never there.
    pub scalers: Vec<Option<Frozen>>,
}

impl Scalers {
    /// Fits on whole columns, one for each value of the schema: what is not finite is left out.
    pub fn fit(
        schema: &crate::schema::Schema,
        columns: &[&[f64]],
        rule: ScaleRule,
    ) -> Result<Scalers, Error> {
        if columns.len() != schema.len() {
            let expected = format!("{} columns, one for each value of the schema", schema.len());
            return Err(Error::Input { key: "columns", expected, given: columns.len().to_string() });
        }
        let fresh = Scaler::new(rule)?;
        let fit = |column: &&[f64]| {
            let mut scaler = fresh;
            column.iter().filter(|it| it.is_finite()).for_each(|&it| scaler.learn(it));
            scaler.freeze()
        };
        Ok(Scalers { schema: schema.hash().get(), scalers: columns.iter().map(fit).collect() })
    }

    /// Changes with the schema and with every number that was fitted.
    #[must_use]
    pub fn hash(&self) -> StateHash {
        let mut hash = StateHash::default();
        hash.absorb(self.schema);
        for it in &self.scalers {
            hash.absorb(u64::from(it.is_some()));
            if let Some(it) = it {
                for number in [it.mean, it.deviation, it.clip] {
                    hash.absorb(number.to_bits());
                }
            }
        }
        hash
    }

    /// Scales a vector into `out`: none where the value is absent or its scaler is. The vector must be of the schema that
    /// the scalers were fitted for.
    pub fn apply(
        &self,
        vector: &crate::pipeline::FeatureVector<'_>,
        out: &mut [Option<f64>],
    ) -> Result<(), Error> {
        if vector.schema().get() != self.schema {
            let expected = format!("a vector of the schema {:016x}", self.schema);
            return Err(Error::Input { key: "vector", expected, given: vector.schema().to_string() });
        }
        if out.len() != self.scalers.len() {
            let expected = format!("room for {} values", self.scalers.len());
            return Err(Error::Input { key: "out", expected, given: out.len().to_string() });
        }
        for (place, (to, scaler)) in out.iter_mut().zip(&self.scalers).enumerate() {
            *to = scaler.and_then(|it| it.scaled(vector.get(place)?));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rule(memory: Memory) -> ScaleRule {
        ScaleRule { memory, warm_up: 3, clip: 4.0 }
    }

    #[test]
    fn a_value_is_scaled_with_what_came_before_it() {
        let mut scaler = Scaler::new(rule(Memory::All)).unwrap();
        for x in [1.0, 2.0, 3.0] {
            assert_eq!(scaler.push(x), None);
        }
        // Mean 2, deviation 1: the 1000 plays no part in its own scale, and is clipped.
        assert_eq!(scaler.push(1000.0), Some(4.0));
        assert!(scaler.push(2.0).unwrap() > -1.0);
    }

    #[test]
    fn what_never_moved_is_not_scaled() {
        let mut scaler = Scaler::new(rule(Memory::All)).unwrap();
        for _ in 0..50 {
            assert_eq!(scaler.push(0.1), None);
        }
        assert!(Scaler::new(ScaleRule { warm_up: 1, ..rule(Memory::All) }).is_err());
        assert!(Scaler::new(ScaleRule { clip: f64::NAN, ..rule(Memory::All) }).is_err());
        assert!(Scaler::new(rule(Memory::HalfLife(0.0))).is_err());
    }

    proptest! {
        #[test]
        fn the_running_numbers_are_those_of_the_textbook(
            xs in prop::collection::vec(-1e3..1e3_f64, 3..100), half_life in 1.0..50.0_f64,
        ) {
            for memory in [Memory::All, Memory::HalfLife(half_life)] {
                let mut scaler = Scaler::new(rule(memory)).unwrap();
                xs.iter().for_each(|&x| { scaler.push(x); });
                let decay = if memory == Memory::All { 1.0 } else { libm::pow(0.5, 1.0 / half_life) };
                let weights: Vec<f64> = (0..xs.len()).rev().map(|age| libm::pow(decay, age as f64)).collect();
                let total: f64 = weights.iter().sum();
                let squared: f64 = weights.iter().map(|it| it * it).sum();
                let mean = xs.iter().zip(&weights).map(|(x, w)| x * w).sum::<f64>() / total;
                let spread: f64 = xs.iter().zip(&weights).map(|(x, w)| w * (x - mean) * (x - mean)).sum();
                let deviation = (spread / (total - squared / total)).sqrt();
                prop_assert!((scaler.mean().unwrap() - mean).abs() < 1e-9 * mean.abs().max(1.0));
                prop_assert!((scaler.deviation().unwrap() - deviation).abs() < 1e-8 * deviation.max(1.0));
                let frozen = scaler.freeze().unwrap();
                prop_assert_eq!(frozen.scaled(7.0), scaler.scaled(7.0));
            }
        }

        #[test]
        fn nothing_after_a_value_changes_its_scale(
            xs in prop::collection::vec(-1e3..1e3_f64, 5..40), other in -1e6..1e6_f64,
        ) {
            let cut = xs.len() / 2;
            let run = |xs: &[f64]| {
                let mut scaler = Scaler::new(rule(Memory::HalfLife(5.0))).unwrap();
                xs.iter().map(|&x| scaler.push(x)).collect::<Vec<_>>()
            };
            let mut altered = xs.clone();
            altered[cut + 1..].fill(other);
            prop_assert_eq!(&run(&xs)[..=cut], &run(&altered)[..=cut]);
        }
    }
}
