//! Are values distributed normally? By their skewness and kurtosis, and by their distribution function.

use super::Test;
use super::pvalue::chi2_sf;
use crate::Error;
use crate::series::{check_varying, moments};
use crate::special::{normal_cdf, normal_sf};

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
