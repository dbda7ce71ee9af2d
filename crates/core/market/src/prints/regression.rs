//! The logistic regression behind an [`Inspector`](super::Inspector): examples as they come, and a fit that is spread over
//! many prints, so that no print waits for it.

use scalp_types::StateHash;
use serde::{Deserialize, Serialize};

/// Inputs of the regression, the constant among them.
pub(super) const INPUTS: usize = 8;
/// Pairs of examples that a fit is made of, at most.
const PAIRS: usize = 4_096;
/// Prints that passed before the first fit.
const FIRST_FIT: u64 = 1_024;
/// Prints between two fits, at most; it doubles from the first fit on.
const FIT_EVERY_MAX: u64 = 65_536;
/// Pairs that a running fit takes in with each print.
const PAIRS_A_PRINT: usize = 24;
/// Steps of Newton's method in a fit.
const STEPS_MAX: u32 = 25;
/// A step this small is the last: the error after it is its square.
const SETTLED: f64 = 1e-5;
/// Pulls the weights towards zero, so that examples that can be told apart wholly do not drive them without end.
const RIDGE: f64 = 3e-5;
/// Share of wrong prints that is expected before looking.
const SHARE: f64 = 1e-5;

/// How a print looks among its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Look {
    /// Logarithm of its distance from the usual, in typical changes.
    pub size: f64,
    /// 1: the market is back where it was. 0: it stayed. Below: it went on.
    pub back: f64,
    /// How far the prints before it had gone the same way already.
    pub going: f64,
    /// How far what comes after is from where the market was, as a logarithm in typical changes.
    pub drift: f64,
    /// Logarithm of how much faster the market moves now than usual.
    pub haste: f64,
}

impl Look {
    fn inputs(&self) -> [f64; INPUTS] {
        let Self { size, back, going, drift, haste } = *self;
        [1.0, size, back, size * back, drift, going, haste, size * haste.max(0.0)]
    }
}

/// A true print, and what it would have looked like with a wrong price: what comes after is the same. In single precision,
/// as thousands of them are kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Pair {
    right: [f32; 3],
    wrong: [f32; 3],
    drift: f32,
    haste: f32,
}

impl Pair {
    fn looks(&self) -> [Look; 2] {
        let (drift, haste) = (f64::from(self.drift), f64::from(self.haste));
        [self.right, self.wrong].map(|it| it.map(f64::from)).map(|[size, back, going]| Look {
            size,
            back,
            going,
            drift,
            haste,
        })
    }
}

/// Weights, the examples for the next ones, and the fit under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Regression {
    weights: Option<[f64; INPUTS]>,
    /// A ring once it is full; `next` is the oldest then.
    pairs: Vec<Pair>,
    next: usize,
    /// Prints that passed.
    passed: u64,
    next_fit: u64,
    fit: Option<Fit>,
}

/// Newton's method, between two prints.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Fit {
    weights: [f64; INPUTS],
    slope: [f64; INPUTS],
    bend: [[f64; INPUTS]; INPUTS],
    /// Pairs of this step that have been taken in.
    at: usize,
    steps: u32,
}

impl Default for Regression {
    fn default() -> Self {
        let pairs = Vec::with_capacity(PAIRS);
        Self { weights: None, pairs, next: 0, passed: 0, next_fit: FIRST_FIT, fit: None }
    }
}

impl Regression {
    /// As new; the room stays.
    pub fn reset(&mut self) {
        let mut pairs = std::mem::take(&mut self.pairs);
        pairs.clear();
        *self = Self { weights: None, pairs, next: 0, passed: 0, next_fit: FIRST_FIT, fit: None };
    }

    /// That a print is wrong; `None` before the first fit.
    pub fn probability(&self, look: &Look) -> Option<f64> {
        self.probability_of(look, SHARE)
    }

    /// The same where a share of them is expected to be wrong before looking.
    pub fn probability_of(&self, look: &Look, share: f64) -> Option<f64> {
        let odds = dot(self.weights.as_ref()?, &look.inputs()) + libm::log(share / (1.0 - share));
        Some(1.0 / (1.0 + libm::exp(-odds)))
    }

    pub const fn is_fitted(&self) -> bool {
        self.weights.is_some()
    }

    /// Whether the next print that passes is an example: those before a fit are, not those that a later one will not see,
    /// nor those that come while a fit runs.
    pub const fn wants_examples(&self) -> bool {
        self.fit.is_none() && self.next_fit.saturating_sub(self.passed) <= PAIRS as u64
    }

    /// Takes in an example.
    pub fn learn(&mut self, right: &Look, wrong: &Look) {
        let own = |it: &Look| [it.size as f32, it.back as f32, it.going as f32];
        let (drift, haste) = (right.drift as f32, right.haste as f32);
        let pair = Pair { right: own(right), wrong: own(wrong), drift, haste };
        if self.pairs.len() < PAIRS {
            self.pairs.push(pair);
        } else {
            self.pairs[self.next] = pair;
        }
        self.next = (self.next + 1) % PAIRS;
    }

    /// Another print has passed.
    #[inline]
    pub fn pass(&mut self) {
        self.passed += 1;
        if self.passed >= self.next_fit && self.fit.is_none() {
            self.next_fit = self.passed + self.passed.min(FIT_EVERY_MAX);
            self.fit = Some(Fit::from(self.weights.unwrap_or_default()));
        }
    }

    /// Goes on with the fit under way, by a few examples.
    #[inline]
    pub fn work(&mut self) {
        if self.fit.is_some() {
            self.go_on();
        }
    }

    fn go_on(&mut self) {
        let Some(fit) = &mut self.fit else { return };
        let end = (fit.at + PAIRS_A_PRINT).min(self.pairs.len());
        self.pairs[fit.at..end].iter().for_each(|it| fit.take(it));
        fit.at = end;
        if end < self.pairs.len() {
            return;
        }
        match fit.step(self.pairs.len()) {
            Stepped::On => return,
            Stepped::Settled => self.weights = Some(fit.weights),
            // A fit that does not settle leaves the one before.
            Stepped::Lost => {}
        }
        self.fit = None;
        if !self.wants_examples() {
            // The next fit will be made of others.
            self.pairs.clear();
            self.next = 0;
        }
    }

    pub fn digest(&self, hash: &mut StateHash) {
        hash.absorb(self.passed);
        hash.absorb(self.next_fit);
        hash.absorb(self.pairs.len() as u64);
        let running = self.fit.as_ref();
        for weights in [self.weights.as_ref(), running.map(|it| &it.weights), running.map(|it| &it.slope)] {
            weights.into_iter().flatten().for_each(|it| hash.absorb(it.to_bits()));
        }
        hash.absorb(running.map_or(u64::MAX, |it| it.at as u64));
    }
}

/// What came of a step of Newton's method.
enum Stepped {
    On,
    Settled,
    Lost,
}

impl Fit {
    const fn from(weights: [f64; INPUTS]) -> Self {
        Self { weights, slope: [0.0; INPUTS], bend: [[0.0; INPUTS]; INPUTS], at: 0, steps: 0 }
    }

    fn take(&mut self, pair: &Pair) {
        for (look, truth) in pair.looks().iter().zip([0.0, 1.0]) {
            let inputs = look.inputs();
            let p = 1.0 / (1.0 + libm::exp(-dot(&self.weights, &inputs)));
            let (miss, weight) = (truth - p, p * (1.0 - p));
            for i in 0..INPUTS {
                self.slope[i] += miss * inputs[i];
                let row = weight * inputs[i];
                // Both halves, though they are alike: rows of one length are added side by side.
                (0..INPUTS).for_each(|j| self.bend[i][j] += row * inputs[j]);
            }
        }
    }

    /// All pairs have been taken in.
    fn step(&mut self, pairs: usize) -> Stepped {
        let share = 0.5 / pairs as f64;
        let slope = std::array::from_fn(|i| self.slope[i] * share - RIDGE * self.weights[i]);
        let bend = std::array::from_fn(|i| {
            std::array::from_fn(|j| {
                let sum = self.bend[i][j] * share;
                if i == j { sum + RIDGE } else { sum }
            })
        });
        let Some(step) = solve(bend, slope) else { return Stepped::Lost };
        (0..INPUTS).for_each(|i| self.weights[i] += step[i]);
        self.steps += 1;
        if step.iter().all(|it| it.abs() < SETTLED) {
            return Stepped::Settled;
        }
        (self.slope, self.bend, self.at) = ([0.0; INPUTS], [[0.0; INPUTS]; INPUTS], 0);
        if self.steps < STEPS_MAX { Stepped::On } else { Stepped::Lost }
    }
}

fn dot(a: &[f64; INPUTS], b: &[f64; INPUTS]) -> f64 {
    (0..INPUTS).map(|i| a[i] * b[i]).sum()
}

/// Solves a positive definite system by elimination.
fn solve(mut a: [[f64; INPUTS]; INPUTS], mut b: [f64; INPUTS]) -> Option<[f64; INPUTS]> {
    for k in 0..INPUTS {
        if a[k][k] <= 0.0 {
            return None;
        }
        for i in k + 1..INPUTS {
            let times = a[i][k] / a[k][k];
            (k..INPUTS).for_each(|j| a[i][j] -= times * a[k][j]);
            b[i] -= times * b[k];
        }
    }
    for k in (0..INPUTS).rev() {
        let known: f64 = (k + 1..INPUTS).map(|j| a[k][j] * b[j]).sum();
        b[k] = (b[k] - known) / a[k][k];
    }
    b.iter().all(|it| it.is_finite()).then_some(b)
}
