//! How each feature has gone with what came after: a running correlation of its value at a decision with the return that
//! followed, over the decisions themselves. Not a model's own measure, and nothing about cause; costs are not in it.
//!
//! A decision at bar `t` is joined with its outcome, `ln(price[e + h] / price[e])`, when bar `e + h` closes, and counts from
//! then on: nothing is looked ahead at. `e` is `t`, or the last bar that had begun before bar `t` was known, or was known with it
//! ([`Moment`]): what had passed by then is no part of the outcome. Where bars have no length and trades close them, one that begins
//! at the very time has part in it, too: all trades of one order have one time, and the rest of the order that closed `t` is done
//! when `t` is decided upon. The correlation is Pearson's, with weights that halve every `half_life` joined decisions,
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
use std::collections::VecDeque;

/// Longest time to an outcome, in bars.
pub const HORIZON_MAX: usize = 10_000;
/// Longest half-life, in decisions.
pub const HALF_LIFE_MAX: f64 = 1e9;
/// Decisions for which there is room until it is known which bars have part in their moment; of more, those that wait longest
/// count for nothing.
pub const HELD_MAX: usize = 4_096;
/// Those for which there is room from the first on: hardly a bar is heard so late, and hardly an order is of more.
const HELD: usize = 64;
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
    horizon: usize,
    half_life: f64,
    /// What the half-life makes of a weight with each decision.
    #[serde(skip_serializing)]
    decay: f64,
    decisions: u64,
    /// Of the last bar.
    price: f64,
    /// When the bars so far were known: never before one of them was.
    known_by: i64,
    /// Decisions whose outcome is not known yet, in their order.
    waiting: VecDeque<Waiting>,
    /// So many of them, the last, are held: the next bar may have part in their moment.
    held: usize,
    /// The values of those that wait, side by side.
    values: VecDeque<Option<f64>>,
    /// At every decision.
    all: Vec<Link>,
    /// At those that entered, with returns in the direction of the entry.
    entered: Vec<Link>,
}

/// When a bar began and was known, nanoseconds since 1970. One that begins before another was known, or is known with it, has part
/// in the moment at which that one was decided upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Its start, not before that of the last bar.
    pub open_at: i64,
    /// When it was known, not before its start.
    pub known_at: i64,
    /// A trade has closed it, and it has no length: one that begins as another was known has part in its moment, too.
    pub is_of_trades: bool,
}

impl Moment {
    /// Whether it has part in that of a bar before it that was known by then.
    fn has_part(&self, known_by: i64) -> bool {
        self.open_at < known_by || self.known_at <= known_by || self.is_of_trades && self.open_at == known_by
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Waiting {
    /// The bar from which the return is counted, and its price; while it is held, those of the decision.
    entry: u64,
    price: f64,
    known_by: i64,
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
    /// Of decisions whose outcomes do not overlap: weight, square of weight, and the first bar from which an outcome does not
    /// overlap the last of them.
    apart: f64,
    apart_squared: f64,
    next: u64,
}

impl Link {
    fn join(&mut self, entry: u64, horizon: u64, decay: f64, x: f64, y: f64) {
        let (dx, dy) = (x - self.x, y - self.y);
        self.joined += 1;
        self.weight = self.weight * decay + 1.0;
        self.x += dx / self.weight;
        self.y += dy / self.weight;
        self.xx = self.xx * decay + dx * (x - self.x);
        self.yy = self.yy * decay + dy * (y - self.y);
        self.xy = self.xy * decay + dx * (y - self.y);
        let is_apart = entry >= self.next;
        self.apart = self.apart * decay + f64::from(u8::from(is_apart));
        self.apart_squared = self.apart_squared * decay * decay + f64::from(u8::from(is_apart));
        if is_apart {
            self.next = entry.saturating_add(horizon);
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
            horizon,
            half_life,
            decay: libm::exp2(-1.0 / half_life),
            decisions: 0,
            price: 0.0,
            known_by: i64::MIN,
            waiting: VecDeque::with_capacity(horizon + HELD),
            held: 0,
            values: VecDeque::with_capacity((horizon + HELD) * features),
            all: vec![Link::default(); features],
            entered: vec![Link::default(); features],
        })
    }

    /// Bars from a decision to its outcome.
    #[must_use]
    pub fn horizon(&self) -> usize {
        self.horizon
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

    /// A bar closed at `price` and was decided upon, seeing `values` (as many as features) and entering to a side or not. The decisions whose return is counted from the bar `horizon` before
    /// are joined with their outcome first. A price that is not above zero joins nothing: there is no return from it or to it.
    ///
    /// An order, or a delay, of more than some dozens of bars makes room for [`HELD_MAX`] decisions, once; nothing else is allocated.
    pub fn on_decision(&mut self, price: f64, moment: Moment, values: &[Option<f64>], entered: Option<Side>) {
        let bar = self.decisions;
        self.settle(bar, moment);
        while self.waiting.len() > self.held
            && let Some(first) = self.waiting.front().copied()
            && first.entry.saturating_add(self.horizon as u64) <= bar
        {
            self.join_first(first, price);
            self.forget_first();
        }
        self.make_room();
        self.known_by = self.known_by.max(moment.known_at);
        self.waiting.push_back(Waiting { entry: bar, price, known_by: self.known_by, entered });
        self.held += 1;
        let value = |at: usize| values.get(at).copied().flatten().filter(|it| it.abs() <= SIZE_MAX);
        self.values.extend((0..self.features).map(value));
        self.price = price;
        self.decisions += 1;
    }

    /// The return of those in whose moment a bar has no part is counted from the bar before it. None has part in what was known
    /// before those of which it has none.
    fn settle(&mut self, bar: u64, moment: Moment) {
        while self.held > 0 {
            let place = self.waiting.len() - self.held;
            let it = &mut self.waiting[place];
            if moment.has_part(it.known_by) {
                return;
            }
            (it.entry, it.price) = (bar.saturating_sub(1), self.price);
            self.held -= 1;
        }
    }

    fn join_first(&mut self, first: Waiting, price: f64) {
        let Waiting { entry, price: before, entered, .. } = first;
        let outcome = libm::log(price / before);
        if !(before > 0.0 && price > 0.0 && outcome.is_finite()) {
            return;
        }
        let (horizon, decay) = (self.horizon as u64, self.decay);
        let join = |links: &mut [Link], outcome: f64| {
            for (link, value) in links.iter_mut().zip(&self.values) {
                if let Some(x) = value {
                    link.join(entry, horizon, decay, *x, outcome);
                }
            }
        };
        join(&mut self.all, outcome);
        if let Some(side) = entered {
            join(&mut self.entered, outcome * side.sign() as f64);
        }
    }

    fn forget_first(&mut self) {
        self.waiting.pop_front();
        self.held = self.held.min(self.waiting.len());
        self.values.drain(..self.features);
    }

    /// For one more decision.
    fn make_room(&mut self) {
        let most = self.horizon + HELD_MAX;
        while self.waiting.len() >= most {
            self.forget_first();
        }
        if self.waiting.len() == self.waiting.capacity() {
            self.waiting.reserve_exact(most - self.waiting.len());
            self.values.reserve_exact(most * self.features - self.values.len());
        }
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
        hash.absorb(self.price.to_bits());
        hash.absorb_signed(self.known_by);
        hash.absorb(self.held as u64);
        for it in &self.waiting {
            hash.absorb(it.entry);
            hash.absorb(it.price.to_bits());
            hash.absorb_signed(it.known_by);
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
    horizon: usize,
    half_life: f64,
    decisions: u64,
    price: f64,
    known_by: i64,
    waiting: VecDeque<Waiting>,
    held: usize,
    values: VecDeque<Option<f64>>,
    all: Vec<Link>,
    entered: Vec<Link>,
}

impl TryFrom<Stored> for Importance {
    type Error = Error;

    fn try_from(it: Stored) -> Result<Self, Error> {
        let Stored { features, horizon, half_life, .. } = it;
        let Importance { decay, .. } = Importance::new(0, horizon, half_life)?;
        let Stored { decisions, price, known_by, waiting, held, values, all, entered, .. } = it;
        let is_alike = (all.len(), entered.len()) == (features, features)
            && held <= waiting.len()
            && waiting.len() <= horizon + HELD_MAX
            && features.checked_mul(waiting.len()) == Some(values.len());
        if !is_alike {
            let expected = format!("{features} features over {} bars", waiting.len());
            return Err(Error::Input { key: "importance", expected, given: "another shape".into() });
        }
        Ok(Importance {
            features,
            horizon,
            half_life,
            decay,
            decisions,
            price,
            known_by,
            waiting,
            held,
            values,
            all,
            entered,
        })
    }
}

#[cfg(test)]
mod tests;
