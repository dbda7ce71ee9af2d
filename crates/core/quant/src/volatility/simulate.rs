//! What a model makes of the next steps, by simulation: where no closed form exists (EGARCH beyond one step) or none for
//! the whole distribution (the return over several steps, for its tail).

use super::check_series;
use super::model::{ErrorFamily, GarchStream, Kind};
use crate::Error;
use crate::rng::Key;

/// Most steps times paths of one call.
const DRAWS_MAX: usize = 1_000_000_000;

/// Where the standardised errors of a simulation come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Draws<'a> {
    /// The distribution of the model.
    Model,
    /// Drawn again, each as likely, from those of a series ([`Garch::standardised`](super::Garch::standardised)): filtered
    /// historical simulation (Barone-Adesi, Giannopoulos & Vosper 1999).
    Again(&'a [f64]),
}

/// How far and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Steps ahead.
    pub horizon: usize,
    /// Independent paths.
    pub paths: usize,
    /// Of the random numbers: the same seed gives the same paths.
    pub seed: u64,
}

/// Simulated futures.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// The sum of the returns over the horizon, one per path. Its tail is
    /// [`historical_tail(&returns, confidence)`](crate::tails::historical_tail).
    pub returns: Vec<f64>,
    /// Mean variance at each step and its standard error. `None` for EGARCH with Student-t errors of either kind beyond one
    /// step: the mean of `exp(alpha |z|)` is infinite, so that a sample mean would be a number without a meaning.
    pub variances: Option<Vec<(f64, f64)>>,
}

/// Simulates the next returns. Refuses an empty plan, and a path on which the variance overflows.
pub fn simulate(stream: &GarchStream, draws: Draws, plan: Plan) -> Result<Simulation, Error> {
    for (name, value) in [("horizon", plan.horizon), ("paths", plan.paths)] {
        if value == 0 || plan.horizon.saturating_mul(plan.paths) > DRAWS_MAX {
            let expected = "at least 1, steps times paths at most a billion";
            return Err(Error::Parameter { name, value: value as f64, expected });
        }
    }
    if let Draws::Again(errors) = draws {
        check_series("standardised errors", errors, 1)?;
    }
    let params = stream.model().params();
    let mut uniforms = Key::named(plan.seed, "volatility simulation").stream(0);
    let mut sums = vec![(0.0, 0.0); plan.horizon];
    let mut returns = Vec::with_capacity(plan.paths);
    for _ in 0..plan.paths {
        let mut path = *stream;
        let mut total = 0.0;
        for (mean, square) in &mut sums {
            let variance = path.variance();
            *mean += variance;
            *square += variance * variance;
            let u = uniforms.uniform();
            let z = match draws {
                Draws::Model => params.errors.quantile(u)?,
                Draws::Again(errors) => errors[((u * errors.len() as f64) as usize).min(errors.len() - 1)],
            };
            let value = params.mu + variance.sqrt() * z;
            total += value;
            path.update(value).ok_or(Error::Parameter {
                name: "simulated variance",
                value: variance,
                expected: "such that the next is finite: the model explodes",
            })?;
        }
        returns.push(total);
    }
    let endless = stream.model().kind() == Kind::Egarch
        && params.errors.family() != ErrorFamily::Normal
        && draws == Draws::Model
        && plan.horizon > 1;
    let n = plan.paths as f64;
    let variances = sums.into_iter().map(|(sum, square)| {
        let mean = sum / n;
        (mean, ((square / n - mean * mean).max(0.0) / n).sqrt())
    });
    Ok(Simulation { returns, variances: (!endless).then(|| variances.collect()) })
}
