//! How much was traded and how much was held.

use super::{DAYS_PER_YEAR, MetricError, finite, mean, needs};
use scalp_types::{Span, Timestamp};

/// Annual turnover: traded notional (both sides) over mean equity, scaled to a year of 365 days.
pub fn turnover(traded_notional: f64, equity: &[f64], length: Span) -> Result<f64, MetricError> {
    needs("the turnover: equity values", 1, equity.len())?;
    finite(equity)?;
    finite(&[traded_notional])?;
    let base = mean(equity);
    if base <= 0.0 {
        return Err(MetricError::Undefined { what: "the turnover", why: "mean equity is not positive" });
    }
    if length <= Span::ZERO {
        return Err(MetricError::OutOfRange { what: "the length of the run (above zero)" });
    }
    Ok(traded_notional / base * DAYS_PER_YEAR * Span::DAY.nanos() as f64 / length.nanos() as f64)
}

/// What was held over time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// Share of the time with a position.
    pub in_market: f64,
    /// Mean signed notional over equity, weighted by time.
    pub net: f64,
    /// Mean absolute notional over equity, weighted by time.
    pub gross: f64,
    /// Largest absolute notional over equity.
    pub peak: f64,
}

/// Exposure from a step function: `share[i]` (signed notional over equity) holds from `at[i]` to `at[i + 1]`, the
/// last one to `end`.
pub fn exposure(at: &[Timestamp], share: &[f64], end: Timestamp) -> Result<Exposure, MetricError> {
    if at.len() != share.len() {
        return Err(MetricError::Lengths { left: at.len(), right: share.len() });
    }
    needs("the exposure: values", 1, share.len())?;
    finite(share)?;
    let mut sums = Exposure { in_market: 0.0, net: 0.0, gross: 0.0, peak: 0.0 };
    let mut whole = 0.0;
    for (index, value) in share.iter().enumerate() {
        let until = at.get(index + 1).copied().unwrap_or(end);
        if until < at[index] {
            return Err(MetricError::Disorder { index: index + 1 });
        }
        let span = (i128::from(until.nanos()) - i128::from(at[index].nanos())) as f64;
        whole += span;
        sums.in_market += if value.abs() > 0.0 { span } else { 0.0 };
        sums.net += value * span;
        sums.gross += value.abs() * span;
        sums.peak = sums.peak.max(value.abs());
    }
    if whole <= 0.0 {
        return Err(MetricError::OutOfRange { what: "the length of the run (above zero)" });
    }
    Ok(Exposure {
        in_market: sums.in_market / whole,
        net: sums.net / whole,
        gross: sums.gross / whole,
        peak: sums.peak,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_weighs_the_exposure() {
        let at: Vec<_> = [0, 10, 30].map(|s| Timestamp::from_secs(s).unwrap()).into();
        let got = exposure(&at, &[1.0, 0.0, -0.5], Timestamp::from_secs(40).unwrap()).unwrap();
        assert!((got.in_market - 0.5).abs() < 1e-12);
        assert!((got.net - 0.125).abs() < 1e-12);
        assert!((got.gross - 0.375).abs() < 1e-12);
        assert!((got.peak - 1.0).abs() < 1e-12);
        assert!(exposure(&at, &[1.0, 0.0, 0.0], at[1]).is_err());
    }

    #[test]
    fn a_notional_of_twice_the_equity_in_a_tenth_of_a_year_turns_it_over_twenty_times() {
        let got = turnover(200.0, &[100.0, 100.0], Span::from_secs(365 * 8_640)).unwrap();
        assert!((got - 20.0).abs() < 1e-9);
        assert!(turnover(200.0, &[-1.0], Span::DAY).is_err());
    }
}
