//! Entropic value at risk (Ahmadi-Javid 2012): the tightest bound that Chernoff's inequality gives on both other measures.

use super::tail_probability;
use crate::Error;
use crate::optimise::{bracket, minimum};
use crate::volatility::check_series;

/// `min over t > 0 of ln(E[exp(t loss)] / p) / t` of the empirical losses, with `p` one minus the confidence: at least the
/// expected shortfall of exactly that share of the losses, at most the largest loss. Refuses an empty series.
pub fn entropic_var(returns: &[f64], confidence: f64) -> Result<f64, Error> {
    check_series("returns", returns, 1)?;
    let p = tail_probability(confidence)?;
    let n = returns.len() as f64;
    let worst = returns.iter().copied().fold(f64::INFINITY, f64::min);
    let best = returns.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let at_worst = returns.iter().filter(|r| **r <= worst).count() as f64;
    let width = best - worst;
    // The whole tail is one loss.
    if at_worst >= n * p {
        return Ok(-worst);
    }
    if !width.is_finite() {
        return Err(Error::Parameter { name: "range of returns", value: width, expected: "finite" });
    }
    // About the worst, no exponential overflows.
    let bound = |log_t: f64| {
        let t = libm::exp(log_t);
        let sum: f64 = returns.iter().map(|r| libm::exp(-t * (r - worst) / width)).sum();
        libm::log(sum / (n * p)) / t
    };
    let held = bracket("entropic value at risk", bound, 1.0, 2.0)?;
    let found = minimum("entropic value at risk", bound, held, 1e-8)?;
    Ok(-worst + width * found.value.min(0.0))
}
