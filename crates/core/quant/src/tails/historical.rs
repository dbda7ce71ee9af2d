//! The empirical tail.

use super::{TailRisk, mean, tail_probability};
use crate::Error;
use crate::volatility::check_series;

/// Value at risk as the negative empirical quantile of the returns, interpolated linearly between neighbours (Hyndman &
/// Fan's type 7, the default of numpy), and as expected shortfall the negative mean of the returns at or below it. Refuses
/// an empty series.
pub fn historical_tail(returns: &[f64], confidence: f64) -> Result<TailRisk, Error> {
    let p = tail_probability(confidence)?;
    let at = quantile(returns, p)?;
    let tail: Vec<f64> = returns.iter().copied().filter(|r| *r <= at).collect();
    // Rounding of the interpolation may leave nothing at or below a quantile among equal values.
    let shortfall = if tail.is_empty() { -at } else { -mean(&tail) };
    TailRisk::new(-at, shortfall)
}

/// The empirical quantile at `p` in `[0, 1]`, interpolated linearly: `(n - 1) p` steps up the sorted values. Refuses an
/// empty series.
pub fn quantile(values: &[f64], p: f64) -> Result<f64, Error> {
    check_series("values", values, 1)?;
    if !(0.0..=1.0).contains(&p) {
        return Err(Error::Parameter { name: "probability", value: p, expected: "from 0 to 1" });
    }
    let mut values = values.to_vec();
    let place = p * (values.len() - 1) as f64;
    let below = (place.floor() as usize).min(values.len() - 1);
    let (_, low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let low = *low;
    let high = above.iter().copied().fold(f64::INFINITY, f64::min);
    if above.is_empty() {
        return Ok(low);
    }
    let value = low + (high - low) * (place - below as f64);
    Ok(value.clamp(low, high))
}
