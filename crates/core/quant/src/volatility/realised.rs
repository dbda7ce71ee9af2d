//! The variance of a day from the returns within it, and how much of it came in jumps.

use super::check_series;
use crate::Error;
use crate::special::normal_sf;

/// Mean of `|z|^(4/3)` for a standard normal `z`, cubed inverse: `(2^(2/3) Gamma(7/6) / Gamma(1/2))^-3`.
const TRIPOWER_SCALE: f64 = 1.743_472_074_531_984_4;

/// Realised variance: the sum of squared returns. Refuses an empty series.
pub fn realised_variance(returns: &[f64]) -> Result<f64, Error> {
    check_series("returns", returns, 1)?;
    Ok(returns.iter().map(|r| r * r).sum())
}

/// Bipower variation: `pi / 2` times the sum of `|r_i| |r_(i-1)|`, which jumps do not reach (Barndorff-Nielsen & Shephard
/// 2004). Without a correction for the one product that is lacking, which is `n / (n - 1)`. Refuses fewer than 2 returns.
pub fn bipower_variation(returns: &[f64]) -> Result<f64, Error> {
    check_series("returns", returns, 2)?;
    let sum: f64 = returns.windows(2).map(|w| (w[0] * w[1]).abs()).sum();
    Ok(std::f64::consts::FRAC_PI_2 * sum)
}

/// Tripower quarticity: `n mu^-3` times the sum of the products of three neighbouring `|r|^(4/3)`, with `mu` the mean of
/// `|z|^(4/3)`; estimates the integral of the squared variance (Barndorff-Nielsen & Shephard 2006). Corrected by
/// `n / (n - 2)` for the two products lacking. Refuses fewer than 3 returns.
pub fn tripower_quarticity(returns: &[f64]) -> Result<f64, Error> {
    check_series("returns", returns, 3)?;
    let n = returns.len() as f64;
    let power = |r: f64| {
        let root = libm::cbrt(r.abs());
        let square = root * root;
        square * square
    };
    let sum: f64 = returns.windows(3).map(|w| power(w[0]) * power(w[1]) * power(w[2])).sum();
    Ok(n * n / (n - 2.0) * TRIPOWER_SCALE * sum)
}

/// Whether prices jumped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JumpTest {
    /// Realised variance.
    pub realised: f64,
    /// Bipower variation, corrected for its length: what the variance would have been without jumps.
    pub bipower: f64,
    /// Share of the realised variance that came in jumps: `1 - bipower / realised`, below zero by chance.
    pub ratio: f64,
    /// Standard normal when there are no jumps.
    pub statistic: f64,
    /// Probability of a statistic this large without jumps.
    pub p_value: f64,
}

/// The ratio test for jumps of Barndorff-Nielsen & Shephard (2006), in the form that Huang & Tauchen (2005) recommend for
/// its size: `(1 - BV / RV) / sqrt((pi^2 / 4 + pi - 5) / n max(1, TQ / BV^2))`. For some dozens of returns or more; refuses
/// fewer than 10, and returns among which no two neighbours differ from zero.
pub fn jump_test(returns: &[f64]) -> Result<JumpTest, Error> {
    check_series("returns", returns, 10)?;
    let n = returns.len() as f64;
    let realised = realised_variance(returns)?;
    let bipower = bipower_variation(returns)? * n / (n - 1.0);
    if !(bipower > 0.0 && realised.is_finite()) {
        return Err(Error::Constant { what: "returns" });
    }
    let quarticity = tripower_quarticity(returns)? / (bipower * bipower);
    let pi = std::f64::consts::PI;
    let spread = ((0.25 * pi * pi + pi - 5.0) / n * quarticity.max(1.0)).sqrt();
    let ratio = 1.0 - bipower / realised;
    let statistic = ratio / spread;
    Ok(JumpTest { realised, bipower, ratio, statistic, p_value: normal_sf(statistic) })
}
