//! Tail probabilities of the distributions that test statistics follow. Each tail is computed as such, never as one
//! minus the other, so that small p-values keep their digits.

use statrs::function::{beta::beta_reg, gamma::gamma_ur};

/// P(Z <= z) of a standard normal.
pub(crate) fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / core::f64::consts::SQRT_2)
}

/// P(Z > z) of a standard normal.
pub(crate) fn normal_sf(z: f64) -> f64 {
    0.5 * libm::erfc(z / core::f64::consts::SQRT_2)
}

/// P(X > x) of chi-square with `df` degrees of freedom.
pub(crate) fn chi2_sf(x: f64, df: f64) -> f64 {
    if x <= 0.0 { 1.0 } else { gamma_ur(df / 2.0, x / 2.0) }
}

/// P(F > f) with (`d1`, `d2`) degrees of freedom.
pub(crate) fn f_sf(f: f64, d1: f64, d2: f64) -> f64 {
    if f <= 0.0 { 1.0 } else { beta_reg(d2 / 2.0, d1 / 2.0, d2 / (d2 + d1 * f)) }
}

/// P(|T| > |t|) of Student's t.
pub(crate) fn t_two_sided(t: f64, df: f64) -> f64 {
    beta_reg(df / 2.0, 0.5, df / (df + t * t))
}

/// The z below which a standard normal falls with probability `p`, 0 < p < 1.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    // Newton steps on the tail that is small, from the published approximation.
    let (tail, sign) = if p < 0.5 { (p, -1.0) } else { (1.0 - p, 1.0) };
    let mut z = core::f64::consts::SQRT_2 * statrs::function::erf::erfc_inv(2.0 * tail);
    for _ in 0..3 {
        let density = libm::exp(-0.5 * z * z) / libm::sqrt(2.0 * core::f64::consts::PI);
        if density <= 0.0 {
            break;
        }
        z += (normal_sf(z) - tail) / density;
    }
    sign * z
}
