//! Hidden Markov models with one-dimensional emissions: likelihood, smoothing, the most probable path, and the filter
//! that runs bar by bar. Rabiner (1989), with the scaling of his section V.

pub use super::hmm_fit::{Fit, Search};

use super::Emission;
use crate::Error;
use crate::series::check;
use serde::{Deserialize, Serialize};

/// Most states.
pub const STATES_MAX: usize = 32;

/// A model: where it starts, how it moves, what it emits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hmm {
    pub(super) start: Vec<f64>,
    /// Row i: chances of the next state after state i.
    pub(super) transition: Vec<Vec<f64>>,
    pub(super) emissions: Vec<Emission>,
}

impl Hmm {
    /// A model from its parts; each row of chances adds up to 1 within 1e-9.
    pub fn new(start: Vec<f64>, transition: Vec<Vec<f64>>, emissions: Vec<Emission>) -> Result<Self, Error> {
        let k = emissions.len();
        if !(1..=STATES_MAX).contains(&k) {
            return Err(Error::Parameter { name: "states", value: k as f64, expected: "1 to 32" });
        }
        crate::series::check_same("start", start.len(), "emissions", k)?;
        crate::series::check_same("transition", transition.len(), "emissions", k)?;
        for row in transition.iter().chain([&start]) {
            crate::series::check_same("chances", row.len(), "emissions", k)?;
            if let Some(index) = row.iter().position(|p| !(0.0..=1.0).contains(p)) {
                return Err(Error::OutOfRange {
                    what: "chances",
                    index,
                    value: row[index],
                    expected: "0 to 1",
                });
            }
            let sum: f64 = row.iter().sum();
            if (sum - 1.0).abs() > 1e-9 {
                return Err(Error::OutOfRange {
                    what: "chances",
                    index: 0,
                    value: sum,
                    expected: "a sum of 1",
                });
            }
        }
        emissions.iter().try_for_each(Emission::check)?;
        Ok(Self { start, transition, emissions })
    }

    /// A model that starts anywhere and stays where it is with chance `stay`, going elsewhere with equal chances.
    pub fn sticky(stay: f64, emissions: Vec<Emission>) -> Result<Self, Error> {
        crate::series::check_parameter("stay", stay, (0.0..=1.0).contains(&stay), "0 to 1")?;
        let k = emissions.len();
        let elsewhere = if k > 1 { (1.0 - stay) / (k - 1) as f64 } else { 0.0 };
        let stay = if k > 1 { stay } else { 1.0 };
        let row = |i: usize| (0..k).map(|j| if i == j { stay } else { elsewhere }).collect();
        Self::new(vec![1.0 / k.max(1) as f64; k], (0..k).map(row).collect(), emissions)
    }

    /// Chances of the first state.
    pub fn start(&self) -> &[f64] {
        &self.start
    }

    /// Row i: chances of the next state after state i.
    pub fn transition(&self) -> &[Vec<f64>] {
        &self.transition
    }

    /// What each state emits.
    pub fn emissions(&self) -> &[Emission] {
        &self.emissions
    }

    /// Number of states.
    pub fn states(&self) -> usize {
        self.emissions.len()
    }

    /// Mean number of bars that a visit to a state lasts; infinite where it is never left.
    pub fn mean_duration(&self, state: usize) -> Option<f64> {
        Some(1.0 / (1.0 - self.transition.get(state)?.get(state)?))
    }

    /// Log-likelihood of a series.
    pub fn log_likelihood(&self, x: &[f64]) -> Result<f64, Error> {
        check("HMM: series", x, 1)?;
        Ok(Passes::forward(self, x)?.log_likelihood)
    }

    /// Probability of each state at each bar given the whole series.
    pub fn smooth(&self, x: &[f64]) -> Result<Vec<Vec<f64>>, Error> {
        check("HMM: series", x, 1)?;
        let mut passes = Passes::forward(self, x)?;
        passes.backward(self);
        Ok((0..x.len()).map(|t| passes.posterior(t).collect()).collect())
    }

    /// The most probable path of states (Viterbi 1967), the lower number of two equally probable ones.
    pub fn viterbi(&self, x: &[f64]) -> Result<Vec<usize>, Error> {
        check("HMM: series", x, 1)?;
        let k = self.states();
        let log = |p: f64| if p > 0.0 { libm::log(p) } else { f64::NEG_INFINITY };
        let moves: Vec<Vec<f64>> =
            self.transition.iter().map(|row| row.iter().map(|p| log(*p)).collect()).collect();
        let mut score: Vec<f64> =
            (0..k).map(|i| log(self.start[i]) + self.emissions[i].log_density(x[0])).collect();
        let mut from = vec![0u8; x.len() * k];
        let mut next = vec![0.0; k];
        for t in 1..x.len() {
            for j in 0..k {
                let best = (1..k)
                    .fold(0, |b, i| if score[i] + moves[i][j] > score[b] + moves[b][j] { i } else { b });
                from[t * k + j] = best as u8;
                next[j] = score[best] + moves[best][j] + self.emissions[j].log_density(x[t]);
            }
            core::mem::swap(&mut score, &mut next);
        }
        let mut state = (1..k).fold(0, |b, i| if score[i] > score[b] { i } else { b });
        let mut path = vec![0; x.len()];
        for t in (0..x.len()).rev() {
            path[t] = state;
            state = usize::from(from[t * k + state]);
        }
        Ok(path)
    }

    /// The filter of this model, before the first bar.
    pub fn filter(&self) -> Filter {
        let now = self.start.clone();
        Filter {
            model: self.clone(),
            next: vec![0.0; now.len()],
            density: vec![0.0; now.len()],
            now,
            seen: 0,
            log_likelihood: 0.0,
        }
    }
}

/// Runs bar by bar: probabilities of the states given the past and the bar in hand. Time `O(k^2)` a bar, no allocation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    model: Hmm,
    now: Vec<f64>,
    next: Vec<f64>,
    density: Vec<f64>,
    seen: u64,
    log_likelihood: f64,
}

impl Filter {
    /// Takes one value and answers with the probability of each state. A value that is not finite is refused and
    /// changes nothing.
    pub fn push(&mut self, x: f64) -> Result<&[f64], Error> {
        crate::series::check_value("HMM: value", self.seen, x)?;
        let k = self.now.len();
        if self.seen == 0 {
            self.next.copy_from_slice(&self.now);
        } else {
            step(&self.model.transition, &self.now, &mut self.next);
        }
        let mut top = f64::NEG_INFINITY;
        for i in 0..k {
            self.density[i] = self.model.emissions[i].log_density(x);
            // Only states that can be are measured.
            if self.next[i] > 0.0 {
                top = top.max(self.density[i]);
            }
        }
        let mut sum = 0.0;
        for (p, density) in self.next.iter_mut().zip(&self.density) {
            *p *= libm::exp((density - top).min(0.0));
            sum += *p;
        }
        for (now, p) in self.now.iter_mut().zip(&self.next) {
            *now = p / sum;
        }
        self.seen += 1;
        self.log_likelihood += top + libm::log(sum);
        Ok(&self.now)
    }

    /// Probability of each state now; before the first value, the model's start.
    pub fn probabilities(&self) -> &[f64] {
        &self.now
    }

    /// Log-likelihood of all values so far.
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// Probability of each state `bars` from now.
    pub fn forecast(&self, bars: u32) -> Vec<f64> {
        let (mut now, mut next) = (self.now.clone(), self.now.clone());
        for _ in 0..bars {
            step(&self.model.transition, &now, &mut next);
            core::mem::swap(&mut now, &mut next);
        }
        now
    }
}

fn step(transition: &[Vec<f64>], now: &[f64], next: &mut [f64]) {
    next.fill(0.0);
    for (p, row) in now.iter().zip(transition) {
        for (n, t) in next.iter_mut().zip(row) {
            *n += p * t;
        }
    }
}

/// Forward and backward variables of a series, each bar scaled to a sum of 1.
pub(super) struct Passes {
    k: usize,
    /// Density of each bar in each state, by the largest of the bar.
    pub density: Vec<f64>,
    pub alpha: Vec<f64>,
    pub beta: Vec<f64>,
    /// Sum of the unscaled alpha of each bar.
    pub scale: Vec<f64>,
    pub log_likelihood: f64,
}

impl Passes {
    pub fn forward(model: &Hmm, x: &[f64]) -> Result<Self, Error> {
        let (k, n) = (model.states(), x.len());
        let (mut density, mut alpha, mut scale) = (vec![0.0; n * k], vec![0.0; n * k], vec![0.0; n]);
        let mut log_likelihood = 0.0;
        let mut prior = model.start.clone();
        for t in 0..n {
            let row = &mut density[t * k..(t + 1) * k];
            for (d, e) in row.iter_mut().zip(&model.emissions) {
                *d = e.log_density(x[t]);
            }
            if t > 0 {
                step(&model.transition, &alpha[(t - 1) * k..t * k], &mut prior);
            }
            // Only states that can be are measured, so that an impossible one cannot push all others to zero.
            let reach = row.iter().zip(&prior).filter(|(_, p)| **p > 0.0).map(|(d, _)| *d);
            let top = reach.fold(f64::NEG_INFINITY, f64::max);
            let mut sum = 0.0;
            for i in 0..k {
                row[i] = libm::exp((row[i] - top).min(700.0));
                alpha[t * k + i] = prior[i] * row[i];
                sum += alpha[t * k + i];
            }
            if !(sum > 0.0 && sum.is_finite() && top.is_finite()) {
                let expected = "a value that some state can emit";
                return Err(Error::OutOfRange { what: "HMM: series", index: t, value: x[t], expected });
            }
            for a in &mut alpha[t * k..(t + 1) * k] {
                *a /= sum;
            }
            scale[t] = sum;
            log_likelihood += top + libm::log(sum);
        }
        Ok(Self { k, density, alpha, beta: Vec::new(), scale, log_likelihood })
    }

    pub fn backward(&mut self, model: &Hmm) {
        let (k, n) = (self.k, self.scale.len());
        self.beta = vec![1.0; n * k];
        for t in (0..n - 1).rev() {
            for i in 0..k {
                let sum: f64 = (0..k)
                    .map(|j| {
                        model.transition[i][j] * self.density[(t + 1) * k + j] * self.beta[(t + 1) * k + j]
                    })
                    .sum();
                self.beta[t * k + i] = sum / self.scale[t + 1];
            }
        }
    }

    /// Probability of each state at bar t.
    pub fn posterior(&self, t: usize) -> impl Iterator<Item = f64> + '_ {
        (0..self.k).map(move |i| self.alpha[t * self.k + i] * self.beta[t * self.k + i])
    }
}
