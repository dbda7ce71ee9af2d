//! Losses that are exceeded rarely. Value at risk and expected shortfall are positive fractions of equity over one
//! step of the series that came in; state that step beside the number.

use super::{MetricError, finite, moments, needs, normal};

/// One level of the historical loss distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tail {
    /// Loss that a share `level` of the steps did not exceed; negative when even the tail is a gain.
    pub value_at_risk: f64,
    /// Mean loss of the steps at or beyond the value at risk.
    pub expected_shortfall: f64,
}

/// Fewest returns for a tail at this level: at least one observation is expected beyond it.
pub fn returns_min(level: f64) -> usize {
    libm::ceil(1.0 / (1.0 - level) - 1e-9) as usize
}

/// Historical value at risk (linear interpolation between order statistics, Hyndman and Fan 1996, type 7) and
/// expected shortfall (mean of the returns not above that quantile). `level` is within 0.5..1.
pub fn historical(returns: &[f64], level: f64) -> Result<Tail, MetricError> {
    in_range(level)?;
    needs("value at risk: returns", returns_min(level), returns.len())?;
    finite(returns)?;
    let mut sorted = returns.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = quantile_sorted(&sorted, 1.0 - level);
    let beyond = sorted.partition_point(|r| *r <= cut).max(1);
    let mean = sorted[..beyond].iter().sum::<f64>() / beyond as f64;
    Ok(Tail { value_at_risk: -cut, expected_shortfall: -mean })
}

/// Modified value at risk by the Cornish-Fisher expansion (Favre and Galeano 2002). The expansion is only valid near
/// the normal; where it is not monotone in the level (Maillard 2012) this refuses instead of answering too little.
pub fn cornish_fisher(returns: &[f64], level: f64) -> Result<f64, MetricError> {
    in_range(level)?;
    let (skew, kurtosis) = super::ratio::shape(returns)?;
    let excess = kurtosis - 3.0;
    if !monotone(skew, excess) {
        return Err(MetricError::Undefined {
            what: "Cornish-Fisher value at risk",
            why: "skewness and kurtosis are outside the range of the expansion",
        });
    }
    Ok(cornish_fisher_unchecked(returns, level, skew, excess))
}

/// The expansion itself: biased skewness and kurtosis, deviation with divisor `n - 1`.
pub(super) fn cornish_fisher_unchecked(returns: &[f64], level: f64, skew: f64, excess: f64) -> f64 {
    let z = normal::quantile(1.0 - level).expect("the level was checked");
    let bent = z + (z * z - 1.0) * skew / 6.0 + (z * z * z - 3.0 * z) * excess / 24.0
        - (2.0 * z * z * z - 5.0 * z) * skew * skew / 36.0;
    let n = returns.len() as f64;
    -(super::mean(returns) + bent * libm::sqrt(moments(returns)[0] * n / (n - 1.0)))
}

/// Whether the derivative of the expansion is positive for every z (Maillard 2012, equation 6).
fn monotone(skew: f64, excess: f64) -> bool {
    let (s, k) = (skew / 6.0, excess / 24.0);
    // d/dz = 1 + 2 s z + 3 k (z^2 - 1) - s^2 (6 z^2 - 5): a quadratic in z without a real root.
    let (a, b, c) = (3.0 * k - 6.0 * s * s, 2.0 * s, 1.0 - 3.0 * k + 5.0 * s * s);
    if a.abs() < 1e-15 { b.abs() < 1e-15 && c > 0.0 } else { a > 0.0 && b * b < 4.0 * a * c }
}

fn in_range(level: f64) -> Result<(), MetricError> {
    if (0.5..1.0).contains(&level) {
        Ok(())
    } else {
        Err(MetricError::OutOfRange { what: "the level of a tail (0.5 to below 1)" })
    }
}

/// Quantile by linear interpolation (Hyndman and Fan type 7) of values in ascending order; `share` within 0..=1.
/// Panics on an empty slice.
pub fn quantile_sorted(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = (libm::floor(place) as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    let part = place - below as f64;
    sorted[below] + (sorted[above] - sorted[below]) * part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_returns_by_hand() {
        let returns: Vec<f64> = (1..=21).map(|i| f64::from(i) / 100.0 - 0.11).collect();
        let tail = historical(&returns, 0.95).unwrap();
        // Type 7: place 0.05 * 20 = 1, the second smallest.
        assert!((tail.value_at_risk - 0.09).abs() < 1e-12);
        assert!((tail.expected_shortfall - 0.095).abs() < 1e-12);
    }

    #[test]
    fn says_how_many_returns_a_level_needs() {
        assert_eq!((returns_min(0.95), returns_min(0.99)), (20, 100));
        assert_eq!(
            historical(&[0.0; 99], 0.99),
            Err(MetricError::TooShort { what: "value at risk: returns", needs: 100, got: 99 })
        );
        assert!(matches!(historical(&[0.0; 99], 1.0), Err(MetricError::OutOfRange { .. })));
        assert!(matches!(historical(&[0.0; 99], f64::NAN), Err(MetricError::OutOfRange { .. })));
    }

    #[test]
    fn cornish_fisher_refuses_fat_tails_it_cannot_describe() {
        let mut returns: Vec<f64> = (0..200).map(|i| f64::from(i % 7) / 1000.0 - 0.003).collect();
        assert!(monotone(0.0, 1.0));
        assert!(!monotone(0.0, 30.0));
        returns[5] = -0.5;
        assert!(matches!(cornish_fisher(&returns, 0.95), Err(MetricError::Undefined { .. })));
    }
}
