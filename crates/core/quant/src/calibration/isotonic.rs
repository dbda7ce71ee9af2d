//! Isotonic regression by pooling adjacent violators: the rising step function nearest to the outcomes (Ayer et al.
//! 1955; Zadrozny & Elkan 2002), with straight lines between the steps as in scikit-learn.

use crate::Error;
use crate::series::{check, check_same};
use serde::{Deserialize, Serialize};

/// A fitted map that never falls. Between its corners it is linear, outside them constant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Isotonic {
    x: Vec<f64>,
    y: Vec<f64>,
}

/// A run of pooled values.
#[derive(Clone, Copy)]
struct Block {
    sum: f64,
    weight: f64,
    /// Number of distinct x in it.
    length: usize,
}

impl Block {
    fn mean(self) -> f64 {
        self.sum / self.weight
    }
}

impl Isotonic {
    /// Fits `y` (e.g. outcomes as 0 and 1) to scores `x`, each with weight 1. Values at equal scores are averaged first.
    /// Time: that of sorting.
    pub fn fit(x: &[f64], y: &[f64]) -> Result<Self, Error> {
        check_same("isotonic: scores", x.len(), "outcomes", y.len())?;
        check("isotonic: scores", x, 1)?;
        check("isotonic: outcomes", y, 1)?;
        let (xs, blocks) = pool(sorted(x, y));
        let mut at = 0;
        let mut out = Self { x: Vec::new(), y: Vec::new() };
        // A block is known by its first and last corner.
        for block in blocks {
            let (first, last) = (xs[at], xs[at + block.length - 1]);
            out.x.push(first);
            out.y.push(block.mean());
            if block.length > 1 {
                out.x.push(last);
                out.y.push(block.mean());
            }
            at += block.length;
        }
        Ok(out)
    }

    /// Fits outcomes to scores.
    pub fn fit_outcomes(scores: &[f64], outcomes: &[bool]) -> Result<Self, Error> {
        let y: Vec<f64> = outcomes.iter().map(|o| f64::from(u8::from(*o))).collect();
        Self::fit(scores, &y)
    }

    /// The value at a score; `None` for NaN. Logarithmic time.
    pub fn predict(&self, score: f64) -> Option<f64> {
        if score.is_nan() {
            return None;
        }
        let above = self.x.partition_point(|x| *x < score);
        if above == 0 {
            return self.y.first().copied();
        }
        if above == self.x.len() {
            return self.y.last().copied();
        }
        let (x0, x1) = (self.x[above - 1], self.x[above]);
        let (y0, y1) = (self.y[above - 1], self.y[above]);
        // Halves, so that a span wider than the largest number stays one.
        let share = (0.5 * score - 0.5 * x0) / (0.5 * x1 - 0.5 * x0);
        Some(y0 + share * (y1 - y0))
    }

    /// Scores at the corners, rising.
    pub fn corners(&self) -> (&[f64], &[f64]) {
        (&self.x, &self.y)
    }
}

/// Key whose order as an integer is that of the number.
fn key(x: f64) -> u64 {
    // Minus zero is zero.
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 0 { bits ^ (1 << 63) } else { !bits }
}

fn number(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key ^ (1 << 63) } else { !key })
}

const DIGIT_BITS: u32 = 11;
const DIGITS: usize = 1 << DIGIT_BITS;
/// Passes over the leading digits of what differs; the little that they leave in disorder is sorted by comparing.
const PASSES: u32 = 3;
/// Below this a comparison sort is faster than counting digits.
const RADIX_FROM: usize = 4096;

/// The pairs in order of x; pairs of equal x keep the order given.
fn sorted(x: &[f64], y: &[f64]) -> Vec<(u64, f64)> {
    let mut pairs: Vec<(u64, f64)> = x.iter().zip(y).map(|(x, y)| (key(*x), *y)).collect();
    if pairs.len() < RADIX_FROM {
        pairs.sort_by_key(|p| p.0);
        return pairs;
    }
    let (low, high) = pairs.iter().fold((u64::MAX, 0), |(l, h), p| (l.min(p.0), h.max(p.0)));
    let width = 64 - (high - low).leading_zeros();
    let skipped = width.saturating_sub(PASSES * DIGIT_BITS);
    let leading = |key: u64| (key - low) >> skipped;
    let mut other = vec![(0u64, 0.0f64); pairs.len()];
    for pass in 0..(width - skipped).div_ceil(DIGIT_BITS) {
        let digit = |key: u64| (leading(key) >> (pass * DIGIT_BITS)) as usize & (DIGITS - 1);
        let mut places = vec![0usize; DIGITS];
        for pair in &pairs {
            places[digit(pair.0)] += 1;
        }
        let mut sum = 0;
        for place in &mut places {
            sum += core::mem::replace(place, sum);
        }
        for pair in &pairs {
            let place = &mut places[digit(pair.0)];
            other[*place] = *pair;
            *place += 1;
        }
        core::mem::swap(&mut pairs, &mut other);
    }
    if skipped > 0 {
        for run in pairs.chunk_by_mut(|a, b| leading(a.0) == leading(b.0)) {
            if run.len() > 1 {
                run.sort_by_key(|p| p.0);
            }
        }
    }
    pairs
}

/// Distinct scores, and the blocks of rising means over them.
fn pool(pairs: Vec<(u64, f64)>) -> (Vec<f64>, Vec<Block>) {
    let mut xs = Vec::with_capacity(pairs.len());
    let mut blocks: Vec<Block> = Vec::new();
    let mut i = 0;
    while i < pairs.len() {
        let x = pairs[i].0;
        let mut new = Block { sum: 0.0, weight: 0.0, length: 1 };
        while i < pairs.len() && pairs[i].0 == x {
            new.sum += pairs[i].1;
            new.weight += 1.0;
            i += 1;
        }
        xs.push(number(x));
        while let Some(last) = blocks.last() {
            // Compared without a division: the mean before is at least the new one.
            if last.sum * new.weight < new.sum * last.weight {
                break;
            }
            new = Block {
                sum: last.sum + new.sum,
                weight: last.weight + new.weight,
                length: last.length + new.length,
            };
            blocks.pop();
        }
        blocks.push(new);
    }
    (xs, blocks)
}

/// One map for each market regime; a regime for which none is fitted passes probabilities through as they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PerRegime {
    maps: Vec<Option<Isotonic>>,
}

impl PerRegime {
    /// Sets the map of a regime, given by its dense number.
    pub fn set(&mut self, regime: u16, map: Isotonic) {
        let regime = usize::from(regime);
        if self.maps.len() <= regime {
            self.maps.resize(regime + 1, None);
        }
        self.maps[regime] = Some(map);
    }

    /// The calibrated value of a raw probability in a regime; `None` for NaN.
    pub fn predict(&self, regime: u16, raw: f64) -> Option<f64> {
        match self.maps.get(usize::from(regime)) {
            Some(Some(map)) => map.predict(raw),
            _ => (!raw.is_nan()).then_some(raw),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The textbook definition: max over starts of min over ends of the mean between.
    fn slow(y: &[f64]) -> Vec<f64> {
        let mean = |a: usize, b: usize| y[a..=b].iter().sum::<f64>() / (b + 1 - a) as f64;
        (0..y.len())
            .map(|i| {
                (0..=i)
                    .map(|a| (i..y.len()).map(|b| mean(a, b)).fold(f64::INFINITY, f64::min))
                    .fold(f64::NEG_INFINITY, f64::max)
            })
            .collect()
    }

    proptest! {
        #[test]
        fn the_fit_is_that_of_the_min_max_formula(y in prop::collection::vec(0u8..=1, 1..40)) {
            let y: Vec<f64> = y.into_iter().map(f64::from).collect();
            let x: Vec<f64> = (0..y.len()).map(|i| i as f64 * 0.37 - 3.0).collect();
            let map = Isotonic::fit(&x, &y).unwrap();
            for (x, want) in x.iter().zip(slow(&y)) {
                prop_assert!((map.predict(*x).unwrap() - want).abs() < 1e-12);
            }
        }

        #[test]
        fn counting_digits_sorts_as_comparing_does(x in prop::collection::vec(-1e3f64..1e3, 1..50)) {
            let many: Vec<f64> = x.iter().cycle().take(RADIX_FROM + 7).enumerate().map(|(i, v)| v * ((i % 97) as f64 - 48.0)).collect();
            let y: Vec<f64> = (0..many.len()).map(|i| i as f64).collect();
            let got = sorted(&many, &y);
            let mut want: Vec<(u64, f64)> = many.iter().zip(&y).map(|(x, y)| (key(*x), *y)).collect();
            want.sort_by_key(|p| p.0);
            prop_assert_eq!(got, want);
        }
    }

    #[test]
    fn an_unknown_regime_passes_through() {
        let mut maps = PerRegime::default();
        maps.set(2, Isotonic::fit(&[0.2, 0.8], &[0.4, 0.6]).unwrap());
        assert_eq!(maps.predict(0, 0.3), Some(0.3));
        assert_eq!(maps.predict(9, 0.3), Some(0.3));
        assert_eq!(maps.predict(2, 0.9), Some(0.6));
        assert_eq!(maps.predict(2, f64::NAN), None);
        assert!((maps.predict(2, 0.5).unwrap() - 0.5).abs() < 1e-15);
    }
}
