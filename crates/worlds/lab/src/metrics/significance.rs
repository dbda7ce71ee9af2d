//! Whether a Sharpe ratio is more than luck: probabilistic and deflated Sharpe ratio, minimum track record.
//!
//! All Sharpe ratios here are per step, not annualised; divide an annual one by `sqrt(per_year)`, and the variance
//! of annual ones by `per_year`.

use super::{MetricError, finite, mean, moments, needs, normal, ratio};

/// Fewest returns for which the asymptotic variance of a Sharpe ratio is worth printing.
pub const RETURNS_MIN: usize = 30;
const EULER_MASCHERONI: f64 = 0.577_215_664_901_532_9;

/// What the tests need to know of a series of returns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SharpeSample {
    /// Sharpe ratio of one step.
    pub sharpe: f64,
    /// Number of returns.
    pub returns: usize,
    /// Skewness (biased).
    pub skew: f64,
    /// Kurtosis, not excess (biased); 3 for a normal.
    pub kurtosis: f64,
}

impl SharpeSample {
    /// From at least [`RETURNS_MIN`] returns that vary.
    pub fn of(returns: &[f64]) -> Result<Self, MetricError> {
        needs("the probabilistic Sharpe ratio: returns", RETURNS_MIN, returns.len())?;
        let (skew, kurtosis) = ratio::shape(returns)?;
        Ok(Self { sharpe: ratio::sharpe_per_step(returns)?, returns: returns.len(), skew, kurtosis })
    }

    /// `1 - skew * SR + (kurtosis - 1) / 4 * SR^2`, the variance of the estimate times `n - 1` (Mertens 2002).
    fn variance(&self) -> Result<f64, MetricError> {
        let v = 1.0 - self.skew * self.sharpe + (self.kurtosis - 1.0) / 4.0 * self.sharpe * self.sharpe;
        if v > 0.0 {
            Ok(v)
        } else {
            Err(MetricError::Undefined {
                what: "the probabilistic Sharpe ratio",
                why: "the variance of the estimate is not positive",
            })
        }
    }

    /// Standard error of the Sharpe ratio of one step, for returns that are neither normal nor autocorrelated.
    pub fn standard_error(&self) -> Result<f64, MetricError> {
        Ok(libm::sqrt(self.variance()? / (self.returns as f64 - 1.0)))
    }

    /// Probabilistic Sharpe ratio: the probability that the true ratio is above `benchmark` (Bailey and Lopez de
    /// Prado 2012, "The Sharpe Ratio Efficient Frontier", equation 11).
    pub fn probabilistic(&self, benchmark: f64) -> Result<f64, MetricError> {
        Ok(normal::cdf((self.sharpe - benchmark) / self.standard_error()?))
    }

    /// Deflated Sharpe ratio: the probabilistic one against the largest ratio that `trials` attempts without skill
    /// would show (Bailey and Lopez de Prado 2014, "The Deflated Sharpe Ratio", equations 1 and 2).
    pub fn deflated(&self, trials: Trials) -> Result<f64, MetricError> {
        self.probabilistic(expected_maximum(trials)?)
    }

    /// Minimum track record length: returns needed for the probability of exceeding `benchmark` to reach
    /// `confidence` (Bailey and Lopez de Prado 2012, equation 13).
    pub fn returns_needed(&self, benchmark: f64, confidence: f64) -> Result<f64, MetricError> {
        if self.sharpe <= benchmark {
            return Err(MetricError::Undefined {
                what: "the minimum track record",
                why: "the Sharpe ratio is not above the benchmark",
            });
        }
        let z = normal::quantile(confidence)? / (self.sharpe - benchmark);
        Ok(1.0 + self.variance()? * z * z)
    }
}

/// How many attempts were made and how much their Sharpe ratios differed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trials {
    /// Number of independent attempts, at least 1.
    pub count: u64,
    /// Variance (divisor `n - 1`) of their Sharpe ratios of one step.
    pub variance: f64,
}

impl Trials {
    /// From the Sharpe ratios of one step of every attempt, at least two.
    pub fn of(sharpes: &[f64]) -> Result<Self, MetricError> {
        needs("the variance of the trials: Sharpe ratios", 2, sharpes.len())?;
        finite(sharpes)?;
        let n = sharpes.len() as f64;
        Ok(Self { count: sharpes.len() as u64, variance: moments(sharpes)[0] * n / (n - 1.0) })
    }
}

/// Expected largest Sharpe ratio of attempts without skill:
/// `sqrt(V) * ((1 - g) * Q(1 - 1/N) + g * Q(1 - 1/(N e)))` with g the Euler-Mascheroni constant; 0 for one attempt.
pub fn expected_maximum(trials: Trials) -> Result<f64, MetricError> {
    if trials.count == 0 {
        return Err(MetricError::OutOfRange { what: "the number of trials (at least 1)" });
    }
    if !(trials.variance >= 0.0 && trials.variance.is_finite()) {
        return Err(MetricError::OutOfRange { what: "the variance of the trials (zero or more)" });
    }
    if trials.count == 1 {
        return Ok(0.0);
    }
    let n = trials.count as f64;
    // Q(1 - p) = -Q(p), which keeps all digits for many trials.
    let high = -normal::quantile(1.0 / n)?;
    let higher = -normal::quantile(1.0 / (n * std::f64::consts::E))?;
    Ok(libm::sqrt(trials.variance) * ((1.0 - EULER_MASCHERONI) * high + EULER_MASCHERONI * higher))
}

/// Mean and standard error of a mean, for readers who want the plain t-statistic beside the rest.
pub fn t_statistic(returns: &[f64]) -> Result<f64, MetricError> {
    let deviation = ratio::deviation(returns)?;
    if deviation <= 0.0 {
        return Err(MetricError::Undefined { what: "the t-statistic", why: "returns do not vary" });
    }
    Ok(mean(returns) / deviation * libm::sqrt(returns.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of Bailey and Lopez de Prado (2014), section "A numerical example": annual Sharpe ratio
    /// 2.5, five years of 250 daily returns, skewness -3, kurtosis 10, 100 trials, variance of the annual ratios 1/2.
    #[test]
    fn the_published_example_of_the_deflated_sharpe_ratio() {
        let sample = SharpeSample { sharpe: 2.5 / 250_f64.sqrt(), returns: 1250, skew: -3.0, kurtosis: 10.0 };
        let trials = Trials { count: 100, variance: 0.5 / 250.0 };
        assert!((expected_maximum(trials).unwrap() - 0.1132).abs() < 5e-5);
        assert!((sample.deflated(trials).unwrap() - 0.9004).abs() < 5e-5);
        // With 46 trials the paper finds 0.9505.
        assert!((sample.deflated(Trials { count: 46, ..trials }).unwrap() - 0.9505).abs() < 5e-5);
    }

    /// Bailey and Lopez de Prado (2012): two years of monthly returns, monthly Sharpe ratio 0.458, skewness -2.448,
    /// kurtosis 10.164 give a probability of 0.982 above zero if normal is assumed to hold, 0.913 if not.
    #[test]
    fn the_published_example_of_the_probabilistic_sharpe_ratio() {
        let sample = SharpeSample { sharpe: 0.458, returns: 24, skew: -2.448, kurtosis: 10.164 };
        let normal = SharpeSample { skew: 0.0, kurtosis: 3.0, ..sample };
        assert!((normal.probabilistic(0.0).unwrap() - 0.982).abs() < 1e-3);
        assert!((sample.probabilistic(0.0).unwrap() - 0.913).abs() < 1e-3);
    }

    #[test]
    fn the_track_record_needed_is_where_the_probability_reaches_the_confidence() {
        let sample = SharpeSample { sharpe: 0.1, returns: 500, skew: -0.5, kurtosis: 6.0 };
        let needed = sample.returns_needed(0.0, 0.95).unwrap();
        let there = SharpeSample { returns: needed.round() as usize, ..sample };
        assert!((there.probabilistic(0.0).unwrap() - 0.95).abs() < 1e-3);
        assert!(sample.returns_needed(0.2, 0.95).is_err());
    }

    #[test]
    fn more_trials_never_raise_the_deflated_ratio() {
        let sample = SharpeSample { sharpe: 0.1, returns: 500, skew: 0.0, kurtosis: 3.0 };
        let mut before = 1.0;
        for count in [1, 2, 3, 10, 1000, u64::MAX] {
            let now = sample.deflated(Trials { count, variance: 0.001 }).unwrap();
            assert!(now <= before, "{count}");
            before = now;
        }
        assert!(sample.deflated(Trials { count: 0, variance: 0.001 }).is_err());
        assert!(sample.deflated(Trials { count: 9, variance: f64::NAN }).is_err());
    }
}
