//! Do two samples come from one distribution, or one sample from a given one?

use super::Test;
use super::kolmogorov::{one_sample_sf, two_sample_asymptotic_sf, two_sample_exact_sf};
use super::pvalue::t_two_sided;
use crate::Error;
use crate::series::{check, mean};
use crate::special::normal_sf;

/// Kolmogorov-Smirnov, two-sided: the largest distance between the distribution of `x` and `cdf`, with the p-value of
/// the finite sample. Null hypothesis: `x` is drawn from `cdf`, whose parameters were not estimated from `x`.
pub fn ks_one_sample(x: &[f64], cdf: impl Fn(f64) -> f64) -> Result<Test, Error> {
    check("Kolmogorov-Smirnov: sample", x, 1)?;
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let mut d: f64 = 0.0;
    for (i, v) in sorted.iter().enumerate() {
        let p = cdf(*v);
        if !(0.0..=1.0).contains(&p) {
            return Err(Error::OutOfRange {
                what: "Kolmogorov-Smirnov: cdf",
                index: i,
                value: p,
                expected: "0 to 1",
            });
        }
        d = d.max((i + 1) as f64 / n - p).max(p - i as f64 / n);
    }
    Ok(Test { statistic: d, p: one_sample_sf(x.len(), d) })
}

/// Samples up to this size get an exact p-value; it costs the product of the two sizes.
pub const KS_EXACT_MAX: usize = 10_000;

/// Kolmogorov-Smirnov of two samples, two-sided; exact for samples of up to [`KS_EXACT_MAX`] each (assuming no ties),
/// asymptotic beyond. Null hypothesis: one distribution.
pub fn ks_two_sample(x: &[f64], y: &[f64]) -> Result<Test, Error> {
    let (statistic, steps) = ks_distance(x, y)?;
    let p = if x.len().max(y.len()) <= KS_EXACT_MAX {
        two_sample_exact_sf(x.len(), y.len(), steps)
    } else {
        two_sample_asymptotic_sf(x.len(), y.len(), statistic)
    };
    Ok(Test { statistic, p })
}

/// As [`ks_two_sample`], with the asymptotic p-value at any size.
pub fn ks_two_sample_asymptotic(x: &[f64], y: &[f64]) -> Result<Test, Error> {
    let (statistic, _) = ks_distance(x, y)?;
    Ok(Test { statistic, p: two_sample_asymptotic_sf(x.len(), y.len(), statistic) })
}

/// The largest distance, and the same as an integer: `max |i n - j m|` over all values.
fn ks_distance(x: &[f64], y: &[f64]) -> Result<(f64, u64), Error> {
    check("Kolmogorov-Smirnov: first sample", x, 1)?;
    check("Kolmogorov-Smirnov: second sample", y, 1)?;
    let (mut x, mut y) = (x.to_vec(), y.to_vec());
    x.sort_by(f64::total_cmp);
    y.sort_by(f64::total_cmp);
    let (m, n) = (x.len(), y.len());
    let (mut i, mut j, mut steps) = (0, 0, 0u64);
    while i < m || j < n {
        let v = match (x.get(i), y.get(j)) {
            (Some(a), Some(b)) => a.min(*b),
            (Some(a), None) => *a,
            (None, Some(b)) => *b,
            (None, None) => break,
        };
        while i < m && x[i] <= v {
            i += 1;
        }
        while j < n && y[j] <= v {
            j += 1;
        }
        steps = steps.max((i as u64 * n as u64).abs_diff(j as u64 * m as u64));
    }
    Ok((steps as f64 / (m as f64 * n as f64), steps))
}

/// Largest number of observations in the smaller sample for which Mann-Whitney's p-value is exact.
const MANN_WHITNEY_EXACT_MAX: usize = 8;

/// Mann-Whitney U of the first sample, two-sided. Null hypothesis: a value of the first exceeds one of the second with
/// probability one half. Exact when the smaller sample has at most 8 values and there are no ties; else normal, with
/// corrections for ties and continuity.
pub fn mann_whitney(x: &[f64], y: &[f64]) -> Result<Test, Error> {
    check("Mann-Whitney: first sample", x, 1)?;
    check("Mann-Whitney: second sample", y, 1)?;
    let (n1, n2) = (x.len(), y.len());
    let mut all: Vec<(f64, bool)> =
        x.iter().map(|v| (*v, true)).chain(y.iter().map(|v| (*v, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut rank_sum, mut ties) = (0.0, 0.0);
    let mut start = 0;
    while start < all.len() {
        let mut end = start + 1;
        // -0 and 0 are one value, which total order parts.
        while end < all.len() && all[end].0 <= all[start].0 {
            end += 1;
        }
        let rank = (start + end + 1) as f64 / 2.0;
        rank_sum += rank * all[start..end].iter().filter(|v| v.1).count() as f64;
        let t = (end - start) as f64;
        ties += t * (t * t - 1.0);
        start = end;
    }
    let (a, b) = (n1 as f64, n2 as f64);
    let statistic = rank_sum - a * (a + 1.0) / 2.0;
    let larger = statistic.max(a * b - statistic);
    if n1.min(n2) <= MANN_WHITNEY_EXACT_MAX && ties <= 0.0 {
        return Ok(Test { statistic, p: (2.0 * mann_whitney_exact_sf(n1, n2, larger as usize)).min(1.0) });
    }
    let n = a + b;
    let variance = a * b / 12.0 * ((n + 1.0) - ties / (n * (n - 1.0)));
    if variance <= 0.0 {
        return Err(Error::Constant { what: "Mann-Whitney: both samples together" });
    }
    let z = (larger - a * b / 2.0 - 0.5) / libm::sqrt(variance);
    Ok(Test { statistic, p: (2.0 * normal_sf(z)).min(1.0) })
}

/// P(U >= u) when all orders are equally likely. The recursion of Mann & Whitney, over the smaller sample.
fn mann_whitney_exact_sf(n1: usize, n2: usize, u: usize) -> f64 {
    let (small, large) = (n1.min(n2), n1.max(n2));
    // Ways to choose `small` numbers of 0..=large that add up to the index, not decreasing: the Gaussian binomial
    // prod (1 - q^(large+i)) / (1 - q^i). The counts are kept as shares of all to stay within range.
    let top = small * large;
    let mut count = vec![0.0; top + 1];
    count[0] = 1.0;
    for i in 1..=small {
        for k in (large + i..=top).rev() {
            count[k] -= count[k - large - i];
        }
        for k in i..=top {
            count[k] += count[k - i];
        }
    }
    let total: f64 = count.iter().sum();
    count[u.min(top)..].iter().sum::<f64>() / total
}

/// Answer of [`welch`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Welch {
    /// t, and its two-sided p-value.
    pub test: Test,
    /// Degrees of freedom by Welch & Satterthwaite.
    pub df: f64,
}

/// Welch (1947). Null hypothesis: equal means; variances may differ.
pub fn welch(x: &[f64], y: &[f64]) -> Result<Welch, Error> {
    check("Welch: first sample", x, 2)?;
    check("Welch: second sample", y, 2)?;
    let part = |v: &[f64]| {
        let m = mean(v);
        let ss: f64 = v.iter().map(|a| (a - m) * (a - m)).sum();
        (m, ss / (v.len() - 1) as f64 / v.len() as f64)
    };
    let ((m1, v1), (m2, v2)) = (part(x), part(y));
    let variance = v1 + v2;
    if variance <= 0.0 {
        return Err(Error::Constant { what: "Welch: each of the samples" });
    }
    let statistic = (m1 - m2) / libm::sqrt(variance);
    // Shares, not variances, so that nothing under- or overflows.
    let (s1, s2) = (v1 / variance, v2 / variance);
    let df = 1.0 / (s1 * s1 / (x.len() - 1) as f64 + s2 * s2 / (y.len() - 1) as f64);
    Ok(Welch { test: Test { statistic, p: t_two_sided(statistic, df) }, df })
}
