//! The empirical tail.

use super::{TailRisk, mean, tail_probability};
use crate::Error;
use crate::given::{self, quantile_sorted};

/// Value at risk as the negative empirical quantile of the returns, interpolated linearly between neighbours (Hyndman &
/// Fan's type 7, the default of numpy), and as expected shortfall the negative mean of the returns at or below it. Refuses
/// an empty series.
pub fn historical_tail(returns: &[f64], confidence: f64) -> Result<TailRisk, Error> {
    let p = tail_probability(confidence)?;
    given::series("returns", returns, 1)?;
    let mut sorted = returns.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let (at, tail) = lower_tail(&sorted, p);
    TailRisk::new(-at, -mean(tail))
}

/// The quantile at `p` of returns in ascending order, and those at or below it, at least one.
pub(crate) fn lower_tail(sorted: &[f64], p: f64) -> (f64, &[f64]) {
    let at = quantile_sorted(sorted, p);
    // Rounding of the interpolation may leave nothing at or below a quantile among equal values.
    (at, &sorted[..sorted.partition_point(|r| *r <= at).max(1)])
}

/// The empirical quantile at `p` in `[0, 1]`, interpolated linearly: `(n - 1) p` steps up the sorted values. Refuses an
/// empty series.
pub fn quantile(values: &[f64], p: f64) -> Result<f64, Error> {
    given::series("values", values, 1)?;
    if !(0.0..=1.0).contains(&p) {
        return Err(Error::Parameter { name: "probability", value: p, expected: "from 0 to 1" });
    }
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    Ok(quantile_sorted(&values, p))
}
