//! Tails that know today's volatility.

use super::{TailRisk, fit_pareto_tail, historical_tail, tail_probability};
use crate::Error;
use crate::volatility::{Fit, GarchStream};

/// The tail of the model itself over `horizon` steps: `sqrt(sum of the forecast variances)` times the quantile of its
/// errors, less the drift. Exact for one step. Beyond, the sum of several errors is taken to be distributed as one of them:
/// adding makes tails thinner, moving volatility fatter, and which prevails depends on the model;
/// [`simulate`](crate::volatility::simulate()) and [`historical_tail`](super::historical_tail) give the tail of the sum
/// itself. EGARCH gives one step only.
pub fn conditional_tail(stream: &GarchStream, confidence: f64, horizon: usize) -> Result<TailRisk, Error> {
    let p = tail_probability(confidence)?;
    let model = stream.model();
    let variance: f64 = model.forecast(stream.variance(), horizon)?.iter().sum();
    let params = model.params();
    let (drift, spread) = (params.mu * horizon as f64, variance.sqrt());
    let (at, beyond) = (params.errors.quantile(p)?, params.errors.tail_mean(p)?);
    TailRisk::new(-(drift + spread * at), -(drift + spread * beyond))
}

/// Filtered historical simulation for one step (Barone-Adesi, Giannopoulos & Vosper 1999): the empirical tail of the
/// standardised errors at the next step's volatility. `returns` are those that the model was fitted to.
pub fn filtered_historical(fit: &Fit, returns: &[f64], confidence: f64) -> Result<TailRisk, Error> {
    let errors = fit.model.standardised(returns, fit.backcast)?;
    Ok(at_next_volatility(fit, historical_tail(&errors, confidence)?))
}

/// McNeil & Frey (2000) for one step: a generalised Pareto tail on the standardised errors, beyond their quantile
/// `1 - share`, at the next step's volatility.
pub fn conditional_extreme(
    fit: &Fit,
    returns: &[f64],
    share: f64,
    confidence: f64,
) -> Result<TailRisk, Error> {
    let errors = fit.model.standardised(returns, fit.backcast)?;
    let losses: Vec<f64> = errors.iter().map(|z| -z).collect();
    Ok(at_next_volatility(fit, fit_pareto_tail(&losses, share)?.tail(confidence)?))
}

fn at_next_volatility(fit: &Fit, of_errors: TailRisk) -> TailRisk {
    let (mu, deviation) = (fit.model.params().mu, fit.stream.variance().sqrt());
    TailRisk {
        value_at_risk: deviation * of_errors.value_at_risk - mu,
        expected_shortfall: deviation * of_errors.expected_shortfall - mu,
    }
}
