//! Estimation of hidden Markov models by expectation and maximisation (Baum et al. 1970), from given or from random
//! starts.

use super::hmm::{Hmm, Passes, STATES_MAX};
use super::{Emission, Family};
use crate::Error;
use crate::rng::{Key, Stream};
use crate::series::{check_varying, moments};

/// How a model is sought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Search {
    /// Law of the emissions.
    pub family: Family,
    /// Number of states, 1 to 32.
    pub states: usize,
    /// Random starts beside the first, which takes its states from the sizes of the values. The likelihood has many
    /// maxima; the best that is found wins.
    pub starts: usize,
    /// Seed of the random starts.
    pub seed: u64,
}

/// A fitted model.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The model.
    pub model: Hmm,
    /// Its log-likelihood.
    pub log_likelihood: f64,
    /// Steps of the algorithm.
    pub iterations: usize,
    /// Starts that led to a model; the others collapsed onto a single value or did not converge.
    pub starts_used: usize,
}

impl Fit {
    /// Bayesian information criterion, smaller is better: for choosing the number of states.
    pub fn bic(&self, observations: usize) -> f64 {
        let k = self.model.states();
        let laws: usize = self
            .model
            .emissions()
            .iter()
            .map(|e| if matches!(e, Emission::Gaussian { .. }) { 2 } else { 3 })
            .sum();
        let free = (k - 1) + k * (k - 1) + laws;
        free as f64 * libm::log(observations as f64) - 2.0 * self.log_likelihood
    }
}

const STEPS_MAX: usize = 5_000;
/// A step that raises the log-likelihood by less than this share ends the search.
const GAIN_MIN: f64 = 1e-11;
/// A state whose variance is this small beside the series' has collapsed onto one value.
const COLLAPSED: f64 = 1e-7;

impl Hmm {
    /// Fits a model with states in order of their variance, the calmest first. `NotConverged` when no start led to one.
    pub fn fit(x: &[f64], search: Search) -> Result<Fit, Error> {
        let k = search.states;
        if !(1..=STATES_MAX).contains(&k) {
            return Err(Error::Parameter { name: "states", value: k as f64, expected: "1 to 32" });
        }
        check_varying("HMM: series", x, 10 * k)?;
        let key = Key::named(search.seed, "hidden Markov model");
        let mut best: Option<Fit> = None;
        let (mut used, mut last) = (0, None);
        for number in 0..=search.starts {
            let start = if number == 0 {
                by_size(x, search)
            } else {
                at_random(x, search, &mut key.stream(number as u64))
            };
            match start.and_then(|start| start.fit_from(x)) {
                Ok(fit) => {
                    used += 1;
                    if best.as_ref().is_none_or(|b| fit.log_likelihood > b.log_likelihood) {
                        best = Some(fit);
                    }
                }
                Err(error) => last = Some(error),
            }
        }
        match (best, last) {
            (Some(fit), _) => Ok(Fit { model: fit.model.by_variance(), starts_used: used, ..fit }),
            (None, Some(error)) => Err(error),
            (None, None) => unreachable!("at least one start is tried"),
        }
    }

    /// Climbs from this model to the nearest maximum of the likelihood; states keep their numbers.
    pub fn fit_from(&self, x: &[f64]) -> Result<Fit, Error> {
        check_varying("HMM: series", x, 10 * self.states())?;
        let floor = COLLAPSED * moments(x).m2;
        let mut model = self.clone();
        let mut before = f64::NEG_INFINITY;
        for iterations in 1..=STEPS_MAX {
            let mut passes = Passes::forward(&model, x)?;
            let now = passes.log_likelihood;
            if now - before <= GAIN_MIN * (1.0 + now.abs()) {
                return Ok(Fit { model, log_likelihood: now, iterations, starts_used: 1 });
            }
            before = now;
            passes.backward(&model);
            model = maximise(&model, x, &passes);
            let alive = |e: &Emission| e.check().is_ok() && e.variance().is_none_or(|v| v > floor);
            if !model.emissions.iter().all(alive) {
                let detail =
                    "a state collapsed onto a single value, where the likelihood has no bound".into();
                return Err(Error::NotConverged { what: "HMM", iterations, detail });
            }
        }
        let detail = format!("log-likelihood {before} still rises");
        Err(Error::NotConverged { what: "HMM", iterations: STEPS_MAX, detail })
    }

    fn by_variance(self) -> Self {
        let spread = |i: &usize| self.emissions[*i].variance().unwrap_or(f64::INFINITY);
        let mut order: Vec<usize> = (0..self.states()).collect();
        order.sort_by(|a, b| spread(a).total_cmp(&spread(b)));
        Self {
            start: order.iter().map(|i| self.start[*i]).collect(),
            transition: order
                .iter()
                .map(|i| order.iter().map(|j| self.transition[*i][*j]).collect())
                .collect(),
            emissions: order.iter().map(|i| self.emissions[*i]).collect(),
        }
    }
}

fn maximise(model: &Hmm, x: &[f64], passes: &Passes) -> Hmm {
    let (k, n) = (model.states(), x.len());
    let start = passes.posterior(0).collect();
    let mut moves = vec![vec![0.0; k]; k];
    for t in 1..n {
        for (i, row) in moves.iter_mut().enumerate() {
            let a = passes.alpha[(t - 1) * k + i] / passes.scale[t];
            for (j, m) in row.iter_mut().enumerate() {
                *m += a * model.transition[i][j] * passes.density[t * k + j] * passes.beta[t * k + j];
            }
        }
    }
    for (i, row) in moves.iter_mut().enumerate() {
        let sum: f64 = row.iter().sum();
        // A state that is never left again within the series keeps its row.
        if sum > 0.0 {
            row.iter_mut().for_each(|m| *m /= sum);
        } else {
            row.copy_from_slice(&model.transition[i]);
        }
    }
    let weights: Vec<f64> = passes.alpha.iter().zip(&passes.beta).map(|(a, b)| a * b).collect();
    let emissions =
        model.emissions.iter().enumerate().map(|(i, e)| e.update(x, |t| weights[t * k + i])).collect();
    Hmm { start, transition: moves, emissions }
}

const STAY: f64 = 0.95;
const DF_START: f64 = 8.0;

fn law(family: Family, mean: f64, variance: f64) -> Emission {
    match family {
        Family::Gaussian => Emission::Gaussian { mean, variance },
        Family::StudentT => {
            let scale = libm::sqrt(variance * (DF_START - 2.0) / DF_START);
            Emission::StudentT { location: mean, scale, df: DF_START }
        }
    }
}

/// States by the distance from the mean: the calm half, the wilder quarter and so on by equal counts.
fn by_size(x: &[f64], search: Search) -> Result<Hmm, Error> {
    let m = moments(x);
    let mut squares: Vec<f64> = x.iter().map(|v| (v - m.mean) * (v - m.mean)).collect();
    squares.sort_by(f64::total_cmp);
    let k = search.states;
    let part = squares.len() / k;
    let laws = (0..k)
        .map(|i| {
            let own = &squares[i * part..if i + 1 == k { squares.len() } else { (i + 1) * part }];
            law(search.family, m.mean, crate::series::mean(own).max(1e-3 * m.m2))
        })
        .collect();
    Hmm::sticky(STAY, laws)
}

fn at_random(x: &[f64], search: Search, stream: &mut Stream) -> Result<Hmm, Error> {
    let m = moments(x);
    let sd = libm::sqrt(m.m2);
    let laws = (0..search.states)
        .map(|_| {
            let mean = m.mean + 0.5 * sd * stream.normal();
            // Between a sixteenth of and four times the variance, evenly in the logarithm.
            let variance = m.m2 * libm::exp2(6.0 * stream.uniform() - 4.0);
            law(search.family, mean, variance)
        })
        .collect();
    Hmm::sticky(0.8 + 0.19 * stream.uniform(), laws)
}
