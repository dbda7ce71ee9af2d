//! Return, risk and their quotients. `per_year` is the number of return steps in a year; the risk-free rate is zero.

use super::{MetricError, constant, finite, mean, moments, needs};

/// `prod(1 + r) - 1`; 0 for no returns.
pub fn total_return(returns: &[f64]) -> Result<f64, MetricError> {
    finite(returns)?;
    Ok(returns.iter().map(|r| 1.0 + r).product::<f64>() - 1.0)
}

/// Compound annual growth: `prod(1 + r)^(per_year / n) - 1`. A lost account is -1.
pub fn annual_return(returns: &[f64], per_year: f64) -> Result<f64, MetricError> {
    needs("the annual return: returns", 1, returns.len())?;
    let wealth = 1.0 + total_return(returns)?;
    if wealth <= 0.0 {
        return Ok(-1.0);
    }
    let annual = libm::expm1(libm::log(wealth) * per_year / returns.len() as f64);
    if annual.is_finite() {
        Ok(annual)
    } else {
        Err(MetricError::OutOfRange { what: "the annual return (the run is too short to annualise)" })
    }
}

/// Sample standard deviation (divisor `n - 1`) of one step's return.
pub fn deviation(returns: &[f64]) -> Result<f64, MetricError> {
    needs("the volatility: returns", 2, returns.len())?;
    finite(returns)?;
    let n = returns.len() as f64;
    Ok(libm::sqrt(moments(returns)[0] * n / (n - 1.0)))
}

/// Annual volatility: `deviation * sqrt(per_year)`.
pub fn volatility(returns: &[f64], per_year: f64) -> Result<f64, MetricError> {
    Ok(deviation(returns)? * libm::sqrt(per_year))
}

/// Sharpe ratio of one step, not annualised: `mean / deviation` (Sharpe 1994, zero benchmark).
pub fn sharpe_per_step(returns: &[f64]) -> Result<f64, MetricError> {
    needs("the Sharpe ratio: returns", 2, returns.len())?;
    finite(returns)?;
    if constant(returns) {
        return Err(MetricError::Undefined { what: "the Sharpe ratio", why: "returns do not vary" });
    }
    Ok(mean(returns) / deviation(returns)?)
}

/// Annual Sharpe ratio: `mean / deviation * sqrt(per_year)`; assumes that returns are not autocorrelated.
pub fn sharpe(returns: &[f64], per_year: f64) -> Result<f64, MetricError> {
    Ok(sharpe_per_step(returns)? * libm::sqrt(per_year))
}

/// Annual Sortino ratio: `mean * per_year / (sqrt(mean(min(r, 0)^2)) * sqrt(per_year))`, target return zero
/// (Sortino and van der Meer 1991; the downside deviation divides by all returns, not by the losing ones).
pub fn sortino(returns: &[f64], per_year: f64) -> Result<f64, MetricError> {
    needs("the Sortino ratio: returns", 2, returns.len())?;
    finite(returns)?;
    let downside = returns.iter().map(|r| r.min(0.0) * r.min(0.0)).sum::<f64>() / returns.len() as f64;
    if downside <= 0.0 {
        return Err(MetricError::Undefined { what: "the Sortino ratio", why: "there is no losing step" });
    }
    Ok(mean(returns) / libm::sqrt(downside) * libm::sqrt(per_year))
}

/// Calmar ratio: annual return over maximum drawdown of the same period (Young 1991, over the whole period).
pub fn calmar(annual_return: f64, drawdown_depth: f64) -> Result<f64, MetricError> {
    if drawdown_depth > 0.0 {
        Ok(annual_return / drawdown_depth)
    } else {
        Err(MetricError::Undefined { what: "the Calmar ratio", why: "equity never fell" })
    }
}

/// Omega ratio at threshold zero: sum of gains over sum of losses of the steps (Keating and Shadwick 2002).
pub fn omega(returns: &[f64]) -> Result<f64, MetricError> {
    needs("the Omega ratio: returns", 1, returns.len())?;
    finite(returns)?;
    let gains: f64 = returns.iter().map(|r| r.max(0.0)).sum();
    let losses: f64 = returns.iter().map(|r| -r.min(0.0)).sum();
    if losses > 0.0 {
        Ok(gains / losses)
    } else {
        Err(MetricError::Undefined { what: "the Omega ratio", why: "there is no losing step" })
    }
}

/// Skewness `m3 / m2^1.5` and kurtosis `m4 / m2^2` (not excess, 3 for a normal), biased moments.
pub fn shape(returns: &[f64]) -> Result<(f64, f64), MetricError> {
    needs("skewness and kurtosis: returns", 4, returns.len())?;
    finite(returns)?;
    if constant(returns) {
        return Err(MetricError::Undefined { what: "skewness and kurtosis", why: "returns do not vary" });
    }
    let [m2, m3, m4] = moments(returns);
    Ok((m3 / (m2 * libm::sqrt(m2)), m4 / (m2 * m2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worked_example_by_hand() {
        let returns = [0.10, -0.05, 0.02, -0.01];
        assert!((total_return(&returns).unwrap() - (1.1 * 0.95 * 1.02 * 0.99 - 1.0)).abs() < 1e-15);
        // mean 0.015; squared deviations 0.007225, 0.004225, 0.000025, 0.000625 sum to 0.0121.
        let deviation_by_hand = (0.0121_f64 / 3.0).sqrt();
        assert!((deviation(&returns).unwrap() - deviation_by_hand).abs() < 1e-15);
        assert!((sharpe(&returns, 4.0).unwrap() - 0.03 / deviation_by_hand).abs() < 1e-12);
        assert!((sortino(&returns, 4.0).unwrap() - 0.03 / (0.0026_f64 / 4.0).sqrt()).abs() < 1e-12);
        assert!((omega(&returns).unwrap() - 2.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_is_a_nan() {
        assert!(matches!(sharpe(&[0.01; 9], 365.0), Err(MetricError::Undefined { .. })));
        assert!(matches!(sharpe(&[0.0; 9], 365.0), Err(MetricError::Undefined { .. })));
        assert_eq!(
            sharpe(&[0.01], 365.0),
            Err(MetricError::TooShort { what: "the Sharpe ratio: returns", needs: 2, got: 1 })
        );
        assert!(matches!(sortino(&[0.01, 0.02], 365.0), Err(MetricError::Undefined { .. })));
        assert!(matches!(calmar(0.1, 0.0), Err(MetricError::Undefined { .. })));
        assert!(matches!(annual_return(&[9.0], 525_600.0), Err(MetricError::OutOfRange { .. })));
        assert_eq!(total_return(&[f64::NAN]), Err(MetricError::NotFinite { index: 0 }));
        assert!((annual_return(&[-1.0], 365.0).unwrap() + 1.0).abs() < 1e-15);
    }
}
