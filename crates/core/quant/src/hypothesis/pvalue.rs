//! Tail probabilities of the distributions that test statistics follow. Each tail is computed as such, never as one
//! minus the other, so that small p-values keep their digits.

use crate::special::{beta_tails, gamma_tails};

/// P(X > x) of chi-square with `df` degrees of freedom.
pub(crate) fn chi2_sf(x: f64, df: f64) -> f64 {
    gamma_tails(df / 2.0, x / 2.0).1
}

/// P(F > f) with (`d1`, `d2`) degrees of freedom.
pub(crate) fn f_sf(f: f64, d1: f64, d2: f64) -> f64 {
    if f <= 0.0 {
        return 1.0;
    }
    let total = d2 + d1 * f;
    beta_tails(d2 / total, d1 * f / total, d2 / 2.0, d1 / 2.0).0
}

/// P(|T| > |t|) of Student's t.
pub(crate) fn t_two_sided(t: f64, df: f64) -> f64 {
    let total = df + t * t;
    beta_tails(df / total, t * t / total, df / 2.0, 0.5).0
}
