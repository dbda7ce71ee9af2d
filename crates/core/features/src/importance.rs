//! How each feature has gone with what came after: a running correlation of its value at a decision with the return that
//! followed, over the decisions themselves. Not a model's own measure, and nothing about cause; costs are not in it.
//!
//! A decision at bar `t` is joined with its outcome, `ln(price[t + h] / price[t])`, when bar `t + h` closes, and counts from
//! then on: nothing is looked ahead at. The correlation is Pearson's, with weights that halve every `half_life` joined decisions,
//! from means and sums of squares about them that are updated as West (1979), Communications of the ACM 22, 532-535, does and
//! Finch (2009), "Incremental calculation of weighted mean and variance", section 9, for weights that decay. Constant time for
//! each feature and decision.
//!
//! Its standard error is `sqrt((1 - r^2) / (n - 2))` with the effective number `n = (sum w)^2 / sum w^2` (Kish 1965, Survey
//! Sampling) of those decisions alone whose outcomes do not overlap, taken greedily from the first on: outcomes that share
//! bars are not independent. It is that of a normal sample; returns have fatter tails, so take two of them for little.

use crate::error::Error;
use scalp_types::{Side, StateHash};
use serde::{Deserialize, Serialize};

/// Longest time to an outcome, in bars.
pub const HORIZON_MAX: usize = 10_000;
/// Longest half-life, in decisions.
pub const HALF_LIFE_MAX: f64 = 1e9;
/// Neither a correlation nor an error is told of fewer effective decisions.
pub const EFFECTIVE_MIN: f64 = 4.0;
/// A deviation that is smaller than this part of the size of the values is rounding: what does not move goes with nothing.
const MOVES: f64 = 1e-9;
/// A larger value has squares that no sum of them holds: it counts as none.
const SIZE_MAX: f64 = 1e140;

/// Features, and how each has gone with the outcomes of decisions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Importance {
    features: usize,
    half_life: f64,
    /// What the half-life makes of a weight with each decision.
    #[serde(skip_serializing)]
    decay: f64,
    decisions: u64,
    /// Decisions whose outcome is not known yet: a ring, beginning at `head` once it is full.
    waiting: Vec<Waiting>,
    /// Their values, side by side.
    values: Vec<Option<f64>>,
    /// At every decision.
    all: Vec<Link>,
    /// At those that entered, with returns in the direction of the entry.
    entered: Vec<Link>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Waiting {
    price: f64,
    entered: Option<Side>,
}

/// What one feature has to do with outcomes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Relation {
    /// Decisions with a value and a known outcome.
    pub decisions: u64,
    /// The effective number of decisions, those with overlapping outcomes left out.
    pub effective: f64,
    /// The correlation, from -1 to 1; none below [`EFFECTIVE_MIN`], and where value or outcome does not move.
    pub correlation: Option<f64>,
    /// Its standard error, where there is a correlation.
    pub standard_error: Option<f64>,
}

/// Sums with decaying weights of the values `x` of a feature and the outcomes `y`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Link {
    joined: u64,
    weight: f64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
    /// Of decisions whose outcomes do not overlap: weight, square of weight, and the first decision that does not overlap
    /// the last of them.
    apart: f64,
    apart_squared: f64,
    next: u64,
}

impl Link {
    fn join(&mut self, decision: u64, horizon: u64, decay: f64, x: f64, y: f64) {
        let (dx, dy) = (x - self.x, y - self.y);
        self.joined += 1;
        self.weight = self.weight * decay + 1.0;
        self.x += dx / self.weight;
        self.y += dy / self.weight;
        self.xx = self.xx * decay + dx * (x - self.x);
        self.yy = self.yy * decay + dy * (y - self.y);
        self.xy = self.xy * decay + dx * (y - self.y);
        let is_apart = decision >= self.next;
        self.apart = self.apart * decay + f64::from(u8::from(is_apart));
        self.apart_squared = self.apart_squared * decay * decay + f64::from(u8::from(is_apart));
        if is_apart {
            self.next = decision + horizon;
        }
    }

    fn relation(&self) -> Relation {
        let effective = if self.apart > 0.0 { self.apart * self.apart / self.apart_squared } else { 0.0 };
        let moves = |squares: f64, mean: f64| squares > MOVES * MOVES * mean * mean * self.weight;
        let is_told = effective >= EFFECTIVE_MIN && moves(self.xx, self.x) && moves(self.yy, self.y);
        let correlation = (self.xy / (libm::sqrt(self.xx) * libm::sqrt(self.yy))).clamp(-1.0, 1.0);
        let correlation = is_told.then_some(correlation).filter(|it| it.is_finite());
        let error = |r: f64| libm::sqrt((1.0 - r * r) / (effective - 2.0));
        Relation { decisions: self.joined, effective, correlation, standard_error: correlation.map(error) }
    }

    fn digest(&self, hash: &mut StateHash) {
        let Self { joined, weight, x, y, xx, yy, xy, apart, apart_squared, next } = *self;
        hash.absorb(joined);
        hash.absorb(next);
        [weight, x, y, xx, yy, xy, apart, apart_squared].iter().for_each(|it| hash.absorb(it.to_bits()));
    }
}

impl Importance {
    /// Of so many features. `horizon`: bars from a decision to its outcome. `half_life`: joined decisions in which a weight
    /// halves.
    ///
    /// # Errors
    /// A horizon of 0 or beyond [`HORIZON_MAX`], or a half-life that is not from 1 to [`HALF_LIFE_MAX`].
    pub fn new(features: usize, horizon: usize, half_life: f64) -> Result<Importance, Error> {
        if !(1..=HORIZON_MAX).contains(&horizon) {
            let expected = format!("a whole number from 1 to {HORIZON_MAX}");
            return Err(Error::Input { key: "horizon", expected, given: horizon.to_string() });
        }
        if !(1.0..=HALF_LIFE_MAX).contains(&half_life) {
            let expected = format!("a number from 1 to {HALF_LIFE_MAX}");
            return Err(Error::Input { key: "half_life", expected, given: half_life.to_string() });
        }
        Ok(Importance {
            features,
            half_life,
            decay: libm::exp2(-1.0 / half_life),
            decisions: 0,
            waiting: vec![Waiting::default(); horizon],
            values: vec![None; horizon * features],
            all: vec![Link::default(); features],
            entered: vec![Link::default(); features],
        })
    }

    /// Bars from a decision to its outcome.
    #[must_use]
    pub fn horizon(&self) -> usize {
        self.waiting.len()
    }

    /// Joined decisions in which a weight halves.
    #[must_use]
    pub fn half_life(&self) -> f64 {
        self.half_life
    }

    /// Decisions taken in, those included whose outcome is not known yet.
    #[must_use]
    pub fn decisions(&self) -> u64 {
        self.decisions
    }

    /// A bar closed at `price` and was decided upon, seeing `values` (as many as features) and entering to a side or not. The
    /// decision `horizon` bars before is joined with its outcome first. A price that is not above zero joins nothing: there
    /// is no return from it or to it.
    pub fn on_decision(&mut self, price: f64, values: &[Option<f64>], entered: Option<Side>) {
        let horizon = self.waiting.len() as u64;
        let place = (self.decisions % horizon) as usize;
        let row = place * self.features..(place + 1) * self.features;
        if self.decisions >= horizon {
            let Waiting { price: before, entered } = self.waiting[place];
            let outcome = libm::log(price / before);
            let decision = self.decisions - horizon;
            if before > 0.0 && price > 0.0 && outcome.is_finite() {
                join(&mut self.all, &self.values[row.clone()], |link, x| {
                    link.join(decision, horizon, self.decay, x, outcome);
                });
                if let Some(side) = entered {
                    let outcome = outcome * side.sign() as f64;
                    join(&mut self.entered, &self.values[row.clone()], |link, x| {
                        link.join(decision, horizon, self.decay, x, outcome);
                    });
                }
            }
        }
        self.waiting[place] = Waiting { price, entered };
        for (at, kept) in self.values[row].iter_mut().enumerate() {
            *kept = values.get(at).copied().flatten().filter(|it| it.abs() <= SIZE_MAX);
        }
        self.decisions += 1;
    }

    /// What the feature at `place` has to do with the return after every decision; nothing is known beyond the last feature.
    #[must_use]
    pub fn at_decisions(&self, place: usize) -> Relation {
        self.all.get(place).map_or_else(Relation::default, Link::relation)
    }

    /// The same over the decisions that entered, with the return counted in the direction of the entry: above zero, entries with
    /// higher values went better.
    #[must_use]
    pub fn at_entries(&self, place: usize) -> Relation {
        self.entered.get(place).map_or_else(Relation::default, Link::relation)
    }

    /// Folds the whole state into a rolling hash.
    pub fn digest(&self, hash: &mut StateHash) {
        hash.absorb(self.decisions);
        hash.absorb(self.half_life.to_bits());
        for it in &self.waiting {
            hash.absorb(it.price.to_bits());
            hash.absorb_signed(it.entered.map_or(0, Side::sign));
        }
        self.values.iter().for_each(|it| hash.absorb(it.map_or(u64::MAX, f64::to_bits)));
        self.all.iter().chain(&self.entered).for_each(|it| it.digest(hash));
    }
}

/// As it was put away, and not looked at yet.
#[derive(Deserialize)]
struct Stored {
    features: usize,
    half_life: f64,
    decisions: u64,
    waiting: Vec<Waiting>,
    values: Vec<Option<f64>>,
    all: Vec<Link>,
    entered: Vec<Link>,
}

impl TryFrom<Stored> for Importance {
    type Error = Error;

    fn try_from(it: Stored) -> Result<Self, Error> {
        let Stored { features, half_life, decisions, waiting, values, all, entered } = it;
        let Importance { decay, .. } = Importance::new(0, waiting.len(), half_life)?;
        let is_alike = (all.len(), entered.len()) == (features, features)
            && features.checked_mul(waiting.len()) == Some(values.len());
        if !is_alike {
            let expected = format!("{features} features over {} bars", waiting.len());
            return Err(Error::Input { key: "importance", expected, given: "another shape".into() });
        }
        Ok(Importance { features, half_life, decay, decisions, waiting, values, all, entered })
    }
}

fn join(links: &mut [Link], values: &[Option<f64>], with: impl Fn(&mut Link, f64)) {
    for (link, value) in links.iter_mut().zip(values) {
        if let Some(x) = value {
            with(link, *x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A seeded stream of numbers that look drawn from -1 to 1.
    fn noise(seed: u64, n: usize) -> Vec<f64> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let draw = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
        };
        std::iter::repeat_with(draw).take(n).collect()
    }

    fn prices(returns: &[f64]) -> Vec<f64> {
        let step = |price: &mut f64, it: &f64| {
            *price *= libm::exp(0.01 * it);
            Some(*price)
        };
        returns.iter().scan(100.0, step).collect()
    }

    fn entry(n: usize) -> Option<Side> {
        [None, Some(Side::Buy), None, None, Some(Side::Sell), None, None][n % 7]
    }

    fn fed(prices: &[f64], feature: impl Fn(usize) -> Option<f64>, h: usize, half_life: f64) -> Importance {
        let mut importance = Importance::new(1, h, half_life).unwrap();
        for (n, price) in prices.iter().enumerate() {
            importance.on_decision(*price, &[feature(n)], entry(n));
        }
        importance
    }

    /// The textbook formula in two passes over all joined decisions.
    fn slow(pairs: &[(usize, f64, f64)], h: usize, half_life: f64) -> (f64, f64, f64) {
        let weight = |k: usize| libm::exp2(-((pairs.len() - 1 - k) as f64) / half_life);
        let sum = |of: &dyn Fn(&(usize, f64, f64)) -> f64| -> f64 {
            pairs.iter().enumerate().map(|(k, it)| weight(k) * of(it)).sum()
        };
        let all = sum(&|_| 1.0);
        let (x, y) = (sum(&|it| it.1) / all, sum(&|it| it.2) / all);
        let xy = sum(&|it| (it.1 - x) * (it.2 - y));
        let r = xy / (sum(&|it| (it.1 - x) * (it.1 - x)) * sum(&|it| (it.2 - y) * (it.2 - y))).sqrt();
        let (mut next, mut w, mut ww) = (0, 0.0, 0.0);
        for (k, it) in pairs.iter().enumerate() {
            if it.0 >= next {
                next = it.0 + h;
                w += weight(k);
                ww += weight(k) * weight(k);
            }
        }
        let n = w * w / ww;
        (n, r, ((1.0 - r * r) / (n - 2.0)).sqrt())
    }

    proptest! {
        #[test]
        fn it_is_the_textbook_formula_over_what_is_known_by_now(
            seed in 1..1_000_u64, h in 1..12_usize, half_life in 5.0..400.0_f64, level in -1e4..1e4_f64,
        ) {
            let (xs, price) = (noise(seed, 300), prices(&noise(seed + 7, 300)));
            let x = |n: usize| (n % 5 != 3).then(|| level + xs[n]);
            let importance = fed(&price, x, h, half_life);
            let joined = |enters: bool| -> Vec<(usize, f64, f64)> {
                let outcome = |n: usize| libm::log(price[n + h] / price[n]);
                let sign = |n: usize| entry(n).map(|it| if it == Side::Buy { 1.0 } else { -1.0 });
                let sign = |n: usize| if enters { sign(n) } else { Some(1.0) };
                (0..300 - h).filter_map(|n| Some((n, x(n)?, sign(n)? * outcome(n)))).collect()
            };
            for (enters, told) in [(false, importance.at_decisions(0)), (true, importance.at_entries(0))] {
                let pairs = joined(enters);
                let (n, r, error) = slow(&pairs, h, half_life);
                prop_assert_eq!(told.decisions, pairs.len() as u64);
                prop_assert!((told.effective / n - 1.0).abs() < 1e-9, "{} {}", told.effective, n);
                if n >= EFFECTIVE_MIN {
                    prop_assert!((told.correlation.unwrap() - r).abs() < 1e-8, "{:?} {}", told, r);
                    prop_assert!((told.standard_error.unwrap() / error - 1.0).abs() < 1e-6);
                } else {
                    prop_assert_eq!((told.correlation, told.standard_error), (None, None));
                }
            }
        }
    }

    #[test]
    fn the_future_changes_nothing_and_an_outcome_counts_from_the_bar_that_makes_it_known() {
        let (h, n) = (6, 200);
        let (xs, price) = (noise(3, n), prices(&noise(4, n)));
        for cut in [40, 41, 120, 199] {
            let mut altered = price.clone();
            altered[cut..].iter_mut().for_each(|it| *it *= 3.0);
            let x = |n: usize| Some(xs[n]);
            assert_eq!(fed(&price[..cut], x, h, 50.0), fed(&altered[..cut], x, h, 50.0));
            let [as_it_was, otherwise] = [&price, &altered].map(|it| fed(&it[..=cut], x, h, 50.0));
            assert_eq!(as_it_was.at_decisions(0).decisions, (cut + 1 - h) as u64);
            assert_ne!(as_it_was.at_decisions(0), otherwise.at_decisions(0), "the bar itself is known");
            // What has not been joined yet weighs nothing, whatever it was.
            let hidden = |n: usize| Some(if n > cut - h { 1e6 } else { xs[n] });
            assert_eq!(fed(&price[..=cut], hidden, h, 50.0).at_decisions(0), as_it_was.at_decisions(0));
        }
    }

    #[test]
    fn what_foretells_is_told_from_what_does_not() {
        let n = 4_000;
        let returns = noise(11, n);
        let price = prices(&returns);
        let drawn = noise(99, n);
        let foretells = fed(&price, |it| Some(returns.get(it + 1)? + drawn[it]), 1, 1e6).at_decisions(0);
        let r = foretells.correlation.unwrap();
        let error = foretells.standard_error.unwrap();
        assert!((r - 0.5_f64.sqrt()).abs() < 4.0 * error, "{r} of sqrt(1/2), error {error}");
        // Of 200 features without any relation about one in twenty lies beyond two errors, overlapping outcomes or not.
        for h in [1, 10] {
            let beyond = (0..200).filter(|seed| {
                let xs = noise(1_000 + seed, n);
                let told = fed(&price, |it| Some(xs[it]), h, 1e6).at_decisions(0);
                told.correlation.unwrap().abs() > 2.0 * told.standard_error.unwrap()
            });
            let beyond = beyond.count();
            assert!(beyond <= 20, "{beyond} of 200 at {h}");
        }
        // Nor where the feature is as slow as the outcomes overlap: a walk, which plain counting would call significant.
        let beyond = (0..200).filter(|seed| {
            let walk = noise(5_000 + seed, n);
            let slow = |it: usize| Some(walk[it.saturating_sub(20)..=it].iter().sum::<f64>());
            let told = fed(&price, slow, 20, 1e6).at_decisions(0);
            told.correlation.unwrap().abs() > 2.0 * told.standard_error.unwrap()
        });
        let beyond = beyond.count();
        assert!(beyond <= 24, "{beyond} of 200 slow features");
    }

    #[test]
    fn what_cannot_be_is_refused_and_what_does_not_move_says_nothing() {
        for (h, half_life, key) in [
            (0, 10.0, "horizon"),
            (10_001, 10.0, "horizon"),
            (3, 0.5, "half_life"),
            (3, f64::NAN, "half_life"),
            (3, f64::INFINITY, "half_life"),
        ] {
            let error = Importance::new(2, h, half_life).unwrap_err().to_string();
            assert!(error.starts_with(key), "{error}");
        }
        let price = prices(&noise(5, 100));
        let flat = fed(&price, |_| Some(0.1), 2, 20.0).at_decisions(0);
        assert_eq!((flat.decisions, flat.correlation, flat.standard_error), (98, None, None));
        let after_a_move = fed(&price, |n| Some(if n == 1 { 1e9 } else { 0.3 }), 2, 1.0).at_decisions(0);
        assert_eq!(after_a_move.correlation, None, "{after_a_move:?}");
        let still = fed(&[5.0; 100], |n| Some(n as f64), 2, 20.0).at_decisions(0);
        assert_eq!(still.correlation, None);
        let absent = fed(&price, |n| Some(if n % 2 == 0 { f64::NAN } else { f64::INFINITY }), 2, 20.0);
        assert_eq!(absent.at_decisions(0), Relation::default());
        let past_all = fed(&price, |n| Some(if n == 9 { 1e200 } else { (n * n % 7) as f64 }), 2, 20.0);
        let without = fed(&price, |n| (n != 9).then_some((n * n % 7) as f64), 2, 20.0);
        assert_eq!(past_all.at_decisions(0), without.at_decisions(0));
        assert!(past_all.at_decisions(0).correlation.is_some());
        let none = fed(&[0.0, -1.0, f64::NAN, 0.0, f64::INFINITY, 0.0], |_| Some(1.0), 1, 20.0);
        assert_eq!(none.at_decisions(0).decisions, 0);
        assert_eq!(none.at_entries(7), Relation::default());
    }

    #[test]
    fn what_was_put_away_comes_back_whole_or_not_at_all() {
        // Of numbers that a text holds to the last bit.
        let price: Vec<f64> = (0..60).map(|n| f64::from(1 << (n % 5))).collect();
        let mut importance = fed(&price, |n| (n > 9).then_some(n as f64 % 7.0), 4, 1.0);
        importance.all[0] = Link { joined: 7, weight: 1.5, next: 9, ..Link::default() };
        importance.entered[0] = Link::default();
        let text = serde_json::to_string(&importance).unwrap();
        assert_eq!(serde_json::from_str::<Importance>(&text).unwrap(), importance);
        for (from, to) in [("\"features\":1", "\"features\":2"), ("\"half_life\":1.0", "\"half_life\":0.5")] {
            assert!(text.contains(from), "{text}");
            assert!(serde_json::from_str::<Importance>(&text.replace(from, to)).is_err(), "{to}");
        }
        let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
        json["waiting"] = serde_json::json!([]);
        assert!(serde_json::from_value::<Importance>(json).is_err());
    }

    #[test]
    fn a_decision_allocates_nothing() {
        let mut importance = Importance::new(64, 10, 100.0).unwrap();
        let values: Vec<Option<f64>> = noise(1, 64).into_iter().map(Some).collect();
        let measured = allocation_counter::measure(|| {
            for n in 0..100 {
                importance.on_decision(100.0 + f64::from(n % 7), &values, Some(Side::Buy));
            }
        });
        assert_eq!(measured.count_total, 0);
    }
}
