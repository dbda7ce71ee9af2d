//! Are values distributed normally? By their skewness and kurtosis, by their distribution function, by their order.

use super::Test;
use super::pvalue::chi2_sf;
use crate::Error;
use crate::series::{check_varying, moments};
use crate::special::{normal_cdf, normal_quantile, normal_sf};

/// Answer of [`jarque_bera`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JarqueBera {
    /// n/6 (S^2 + (K-3)^2/4), chi-square with 2 degrees of freedom (asymptotic: small samples reject too rarely).
    pub test: Test,
    /// Skewness, from moments divided by n.
    pub skew: f64,
    /// Kurtosis, from moments divided by n; 3 for a normal distribution.
    pub kurtosis: f64,
}

/// Jarque & Bera (1980). Null hypothesis: normal.
pub fn jarque_bera(x: &[f64]) -> Result<JarqueBera, Error> {
    check_varying("Jarque-Bera: series", x, 4)?;
    let m = moments(x);
    let skew = m.m3 / (m.m2 * libm::sqrt(m.m2));
    let kurtosis = m.m4 / (m.m2 * m.m2);
    if !skew.is_finite() || !kurtosis.is_finite() {
        return Err(Error::Constant { what: "Jarque-Bera: series, to within rounding" });
    }
    let statistic = x.len() as f64 / 6.0 * (skew * skew + (kurtosis - 3.0) * (kurtosis - 3.0) / 4.0);
    Ok(JarqueBera { test: Test { statistic, p: chi2_sf(statistic, 2.0) }, skew, kurtosis })
}

/// Anderson & Darling (1954), mean and variance (ddof 1) estimated. Null hypothesis: normal. The statistic is A^2; the
/// p-value is that of D'Agostino & Stephens (1986, table 4.9) for A^2 (1 + 0.75/n + 2.25/n^2), good to two digits.
pub fn anderson_darling(x: &[f64]) -> Result<Test, Error> {
    check_varying("Anderson-Darling: series", x, 8)?;
    let n = x.len();
    let m = moments(x);
    let sd = libm::sqrt(m.m2 * n as f64 / (n - 1) as f64);
    let mut z: Vec<f64> = x.iter().map(|v| (v - m.mean) / sd).collect();
    z.sort_by(f64::total_cmp);
    let mut sum = 0.0;
    for i in 0..n {
        // Both tails as such; beyond 38 deviations the logarithm is taken of the smallest number there is.
        let below = normal_cdf(z[i]).max(f64::MIN_POSITIVE);
        let above = normal_sf(z[n - 1 - i]).max(f64::MIN_POSITIVE);
        sum += (2 * i + 1) as f64 * (libm::log(below) + libm::log(above));
    }
    let statistic = -(n as f64) - sum / n as f64;
    let a = statistic * (1.0 + 0.75 / n as f64 + 2.25 / (n * n) as f64);
    let p = if a >= 0.6 {
        libm::exp(1.2937 - 5.709 * a + 0.0186 * a * a)
    } else if a >= 0.34 {
        libm::exp(0.9177 - 4.279 * a - 1.38 * a * a)
    } else if a >= 0.2 {
        1.0 - libm::exp(-8.318 + 42.796 * a - 59.938 * a * a)
    } else {
        1.0 - libm::exp(-13.436 + 101.14 * a - 223.73 * a * a)
    };
    // The quadratic turns up again beyond 153, far outside the table.
    Ok(Test { statistic, p: if a > 13.0 { 0.0 } else { p.clamp(0.0, 1.0) } })
}

/// Most values that [`shapiro_wilk`] is calibrated for.
pub const SHAPIRO_WILK_MAX: usize = 5_000;

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// Shapiro & Wilk (1965) by the approximation of Royston (1995, Applied Statistics 44.4, algorithm AS R94), for 3 to
/// 5,000 values. Null hypothesis: normal. The most powerful of the three on small samples.
pub fn shapiro_wilk(x: &[f64]) -> Result<Test, Error> {
    check_varying("Shapiro-Wilk: series", x, 3)?;
    let n = x.len();
    if n > SHAPIRO_WILK_MAX {
        return Err(Error::Parameter { name: "values", value: n as f64, expected: "at most 5,000" });
    }
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    let weights = shapiro_weights(n)?;
    let m = moments(x);
    let spread: f64 = weights.iter().enumerate().map(|(i, a)| a * (sorted[n - 1 - i] - sorted[i])).sum();
    let statistic = (spread * spread / (m.m2 * n as f64)).min(1.0);
    let nf = n as f64;
    if n == 3 {
        let root = |w: f64| libm::asin(libm::sqrt(w));
        return Ok(Test {
            statistic,
            p: (6.0 / core::f64::consts::PI * (root(statistic) - root(0.75))).clamp(0.0, 1.0),
        });
    }
    let rest = libm::log(1.0 - statistic);
    let (y, mean, deviation) = if n <= 11 {
        let bound = 0.459 * nf - 2.273;
        if rest >= bound {
            return Ok(Test { statistic, p: 0.0 });
        }
        let mean = polynomial(&[0.544, -0.39978, 0.025054, -6.714e-4], nf);
        let deviation = libm::exp(polynomial(&[1.3822, -0.77857, 0.062767, -0.0020322], nf));
        (-libm::log(bound - rest), mean, deviation)
    } else {
        let log = libm::log(nf);
        let mean = polynomial(&[-1.5861, -0.31082, -0.083751, 0.0038915], log);
        (rest, mean, libm::exp(polynomial(&[-0.4803, -0.082676, 0.0030302], log)))
    };
    Ok(Test { statistic, p: normal_sf((y - mean) / deviation) })
}

/// Weights of the differences between the largest and the smallest value, the second of each, and so on.
fn shapiro_weights(n: usize) -> Result<Vec<f64>, Error> {
    let nf = n as f64;
    if n == 3 {
        return Ok(vec![core::f64::consts::FRAC_1_SQRT_2]);
    }
    // Expected order statistics of normal values, nearly; the lower half, so that they are negative.
    let m: Vec<f64> =
        (1..=n / 2).map(|i| normal_quantile((i as f64 - 0.375) / (nf + 0.25))).collect::<Result<_, _>>()?;
    let square = 2.0 * m.iter().map(|v| v * v).sum::<f64>();
    let (size, root) = (libm::sqrt(square), 1.0 / libm::sqrt(nf));
    let first = polynomial(&[0.0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056], root) - m[0] / size;
    if n <= 5 {
        let rest = libm::sqrt((square - 2.0 * m[0] * m[0]) / (1.0 - 2.0 * first * first));
        return Ok(m.iter().enumerate().map(|(i, v)| if i == 0 { first } else { -v / rest }).collect());
    }
    let second = polynomial(&[0.0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633], root) - m[1] / size;
    let left = square - 2.0 * m[0] * m[0] - 2.0 * m[1] * m[1];
    let rest = libm::sqrt(left / (1.0 - 2.0 * first * first - 2.0 * second * second));
    let weight = |(i, v): (usize, &f64)| match i {
        0 => first,
        1 => second,
        _ => -v / rest,
    };
    Ok(m.iter().enumerate().map(weight).collect())
}
