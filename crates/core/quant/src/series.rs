//! What is asked of every series before anything is estimated from it, and the sums that everybody needs. Sums run from
//! the first value to the last.

use crate::Error;

pub(crate) use crate::given::{equal_lengths as check_same, parameter as check_parameter, series as check};

/// As [`check`], and not all values equal.
pub(crate) fn check_varying(what: &'static str, x: &[f64], need: usize) -> Result<(), Error> {
    check(what, x, need)?;
    let first = x[0].to_bits();
    if x.iter().all(|v| v.to_bits() == first) {
        return Err(Error::Constant { what });
    }
    Ok(())
}

/// Mean; 0 of nothing.
pub(crate) fn mean(x: &[f64]) -> f64 {
    if x.is_empty() { 0.0 } else { x.iter().sum::<f64>() / x.len() as f64 }
}

/// Sum of `a[i] * b[i]` over the shorter of the two.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Mean and the second to fourth central moments, all divided by n.
pub(crate) struct Moments {
    pub mean: f64,
    pub m2: f64,
    pub m3: f64,
    pub m4: f64,
}

/// The moments of a non-empty series.
pub(crate) fn moments(x: &[f64]) -> Moments {
    let n = x.len() as f64;
    let mean = mean(x);
    let (mut m2, mut m3, mut m4) = (0.0, 0.0, 0.0);
    for v in x {
        let d = v - mean;
        let d2 = d * d;
        m2 += d2;
        m3 += d2 * d;
        m4 += d2 * d2;
    }
    Moments { mean, m2: m2 / n, m3: m3 / n, m4: m4 / n }
}

/// The values without their mean.
pub(crate) fn centred(x: &[f64]) -> Vec<f64> {
    let m = mean(x);
    x.iter().map(|v| v - m).collect()
}
