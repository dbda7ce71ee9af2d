//! The probabilistic and the deflated Sharpe ratio, and how long a record must be. Bailey & Lopez de Prado, "The Sharpe
//! ratio efficient frontier" (2012) and "The deflated Sharpe ratio" (2014); the variance of the estimate is that of
//! Mertens (2002), which allows for skewness and fat tails but not for autocorrelation.

use crate::Error;
use crate::series::{check, check_parameter, check_varying, moments};
use crate::special::{normal_cdf, normal_quantile, normal_sf};

/// What of a record its Sharpe ratio's uncertainty depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SharpeSample {
    /// Mean return by its standard deviation (ddof 1), per period, over no risk-free rate.
    pub sharpe: f64,
    /// Skewness, from moments divided by n.
    pub skew: f64,
    /// Kurtosis, from moments divided by n; 3 for normal returns.
    pub kurtosis: f64,
    /// Number of returns.
    pub observations: usize,
}

/// How much was tried before one record was chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trials {
    /// Independent trials, at least 1; trials that resemble each other count as fewer.
    pub count: f64,
    /// Variance of their Sharpe ratios, per period.
    pub variance: f64,
}

const EULER_MASCHERONI: f64 = 0.577_215_664_901_532_9;

impl Trials {
    /// Of the Sharpe ratios per period of all that was tried, at least two, each counted as a trial of its own.
    pub fn of(sharpes: &[f64]) -> Result<Self, Error> {
        check("trials: Sharpe ratios", sharpes, 2)?;
        let n = sharpes.len() as f64;
        Ok(Self { count: n, variance: moments(sharpes).m2 * n / (n - 1.0) })
    }

    /// The Sharpe ratio that the best of so many trials without any edge is expected to show: equation 1 of the paper
    /// of 2014. Zero for one trial.
    pub fn expected_best(&self) -> Result<f64, Error> {
        check_parameter("trials", self.count, self.count >= 1.0, "at least 1")?;
        check_parameter("variance of trials", self.variance, self.variance >= 0.0, "at least 0")?;
        if self.count <= 1.0 {
            return Ok(0.0);
        }
        let first = -normal_quantile(1.0 / self.count)?;
        let second = -normal_quantile(1.0 / (self.count * core::f64::consts::E))?;
        Ok(libm::sqrt(self.variance) * ((1.0 - EULER_MASCHERONI) * first + EULER_MASCHERONI * second))
    }
}

impl SharpeSample {
    /// Measures a record of at least 4 returns.
    pub fn of(returns: &[f64]) -> Result<Self, Error> {
        check_varying("Sharpe: returns", returns, 4)?;
        let n = returns.len();
        let m = moments(returns);
        let sd = libm::sqrt(m.m2 * n as f64 / (n - 1) as f64);
        let sample = Self {
            sharpe: m.mean / sd,
            skew: m.m3 / (m.m2 * libm::sqrt(m.m2)),
            kurtosis: m.m4 / (m.m2 * m.m2),
            observations: n,
        };
        let known = sample.sharpe.is_finite() && sample.skew.is_finite() && sample.kurtosis.is_finite();
        if known { Ok(sample) } else { Err(Error::Constant { what: "Sharpe: returns, to within rounding" }) }
    }

    /// Variance of the estimate times the number of returns, if the true ratio were `sharpe`. By the inequality of
    /// Pearson (kurtosis at least skew^2 + 1) it is never negative.
    fn unit_variance(&self, sharpe: f64) -> Result<f64, Error> {
        let v = 1.0 - self.skew * sharpe + (self.kurtosis - 1.0) / 4.0 * sharpe * sharpe;
        if v > 0.0 {
            Ok(v)
        } else {
            let expected = "skewness and kurtosis of one distribution";
            Err(Error::OutOfRange { what: "variance of the Sharpe ratio", index: 0, value: v, expected })
        }
    }

    /// Standard error of the ratio for returns that need not be normal, by n - 1.
    pub fn standard_error(&self) -> Result<f64, Error> {
        Ok(libm::sqrt(self.unit_variance(self.sharpe)? / (self.observations - 1) as f64))
    }

    /// Standard error for independent normal returns, Lo (2002): `sqrt((1 + SR^2 / 2) / n)`.
    pub fn standard_error_normal(&self) -> f64 {
        libm::sqrt((1.0 + 0.5 * self.sharpe * self.sharpe) / self.observations as f64)
    }

    /// Probabilistic Sharpe ratio: the confidence that the true ratio exceeds `benchmark`.
    pub fn probabilistic(&self, benchmark: f64) -> Result<f64, Error> {
        check_parameter("benchmark", benchmark, true, "finite")?;
        Ok(normal_cdf((self.sharpe - benchmark) / self.standard_error()?))
    }

    /// Deflated Sharpe ratio: the confidence that the true ratio exceeds what the best of so many trials without any
    /// edge is expected to show.
    pub fn deflated(&self, trials: Trials) -> Result<f64, Error> {
        self.probabilistic(trials.expected_best()?)
    }

    /// Minimum track record length: the number of returns after which a ratio and moments like these exceed
    /// `benchmark` with this `confidence`. The ratio must exceed the benchmark.
    pub fn minimum_length(&self, benchmark: f64, confidence: f64) -> Result<f64, Error> {
        check_parameter("confidence", confidence, confidence > 0.5 && confidence < 1.0, "between 0.5 and 1")?;
        check_parameter("benchmark", benchmark, true, "finite")?;
        let expected = "above the benchmark is needed";
        check_parameter("the Sharpe ratio", self.sharpe, self.sharpe > benchmark, expected)?;
        let z = -normal_quantile(1.0 - confidence)? / (self.sharpe - benchmark);
        Ok(1.0 + self.unit_variance(self.sharpe)? * z * z)
    }

    /// Power of the one-sided test of `benchmark` at error rate `alpha` after `observations` returns, if the true ratio
    /// is that of this sample: the chance to recognise the edge.
    pub fn power(&self, benchmark: f64, alpha: f64, observations: usize) -> Result<f64, Error> {
        check_parameter("alpha", alpha, alpha > 0.0 && alpha < 0.5, "between 0 and 0.5")?;
        check_parameter("benchmark", benchmark, true, "finite")?;
        if observations < 2 {
            return Err(Error::TooShort { what: "power: record", have: observations, need: 2 });
        }
        let root = libm::sqrt((observations - 1) as f64);
        let threshold = -normal_quantile(alpha)? * libm::sqrt(self.unit_variance(benchmark)?);
        let z = (threshold - (self.sharpe - benchmark) * root) / libm::sqrt(self.unit_variance(self.sharpe)?);
        Ok(normal_sf(z))
    }
}

/// How many returns it takes until an edge of `sharpe` per period is told from `benchmark`: falsely at most `alpha` of
/// the time, missed at most `beta` of the time. `shape` gives skewness and kurtosis (0 and 3 for normal returns). The
/// variance of the estimate is taken at either hypothesis, as in [`SharpeSample::power`], whose answer at this length
/// is `1 - beta`.
pub fn required_length(
    sharpe: f64,
    benchmark: f64,
    shape: (f64, f64),
    alpha: f64,
    beta: f64,
) -> Result<f64, Error> {
    check_parameter("sharpe", sharpe, sharpe > benchmark, "above the benchmark")?;
    check_parameter("benchmark", benchmark, true, "finite")?;
    check_parameter("alpha", alpha, alpha > 0.0 && alpha < 0.5, "between 0 and 0.5")?;
    check_parameter("beta", beta, beta > 0.0 && beta < 0.5, "between 0 and 0.5")?;
    check_parameter("skew", shape.0, true, "finite")?;
    let pearson = shape.1 >= shape.0 * shape.0 + 1.0;
    check_parameter("kurtosis", shape.1, pearson, "at least the square of the skewness plus 1")?;
    let sample = SharpeSample { sharpe, skew: shape.0, kurtosis: shape.1, observations: 2 };
    let at_null = -normal_quantile(alpha)? * libm::sqrt(sample.unit_variance(benchmark)?);
    let at_edge = -normal_quantile(beta)? * libm::sqrt(sample.unit_variance(sharpe)?);
    let root = (at_null + at_edge) / (sharpe - benchmark);
    Ok(1.0 + root * root)
}

/// The error rate each of `trials` independent tests may have so that all together have `alpha` (Sidak 1967).
pub fn familywise(alpha: f64, trials: f64) -> Result<f64, Error> {
    check_parameter("alpha", alpha, alpha > 0.0 && alpha < 1.0, "between 0 and 1")?;
    check_parameter("trials", trials, trials >= 1.0, "at least 1")?;
    Ok(-libm::expm1(libm::log1p(-alpha) / trials))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_at_the_required_length_is_what_was_required() {
        let shape = (-0.5, 7.0);
        let n = required_length(0.06, 0.01, shape, 0.05, 0.2).unwrap();
        let sample = SharpeSample { sharpe: 0.06, skew: shape.0, kurtosis: shape.1, observations: 100 };
        let below = sample.power(0.01, 0.05, n as usize).unwrap();
        let above = sample.power(0.01, 0.05, n as usize + 1).unwrap();
        assert!(below < 0.8 && above >= 0.8, "{below} {above}");
    }

    #[test]
    fn one_year_of_days_hardly_shows_an_annual_sharpe_of_one() {
        // Daily ratio 1 / sqrt(252), normal returns: 95 % against 20 % takes (1.645 + 0.8416)^2 * 252 days, six years.
        let n = required_length(1.0 / libm::sqrt(252.0), 0.0, (0.0, 3.0), 0.05, 0.2).unwrap();
        assert!((n / 252.0 - 6.19).abs() < 0.01, "{n}");
    }

    #[test]
    fn a_bar_for_many_is_higher_than_for_one() {
        assert!((familywise(0.05, 1.0).unwrap() - 0.05).abs() < 1e-15);
        let each = familywise(0.05, 1000.0).unwrap();
        assert!((each - 5.1291978e-5).abs() < 1e-11, "{each}");
        let one = Trials { count: 1.0, variance: 0.01 }.expected_best().unwrap();
        assert!(one.abs() < 1e-300);
    }

    #[test]
    fn impossible_moments_and_benchmarks_are_refused() {
        assert!(required_length(0.1, 0.0, (3.0, 3.0), 0.05, 0.2).is_err());
        assert!(required_length(0.1, 0.2, (0.0, 3.0), 0.05, 0.2).is_err());
        assert!(SharpeSample::of(&[1.0, 1.0, 1.0, 1.0]).is_err());
        let sample = SharpeSample::of(&[1.0, -1.0, 0.5, 1.2, 0.1]).unwrap();
        assert!(sample.minimum_length(sample.sharpe, 0.95).is_err());
        assert!(sample.deflated(Trials { count: 0.5, variance: 1.0 }).is_err());
    }
}
