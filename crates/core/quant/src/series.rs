//! What is asked of every series before anything is estimated from it, and the sums that everybody needs. Sums run from
//! the first value to the last.

use crate::Error;

pub(crate) use crate::given::{equal_lengths as check_same, parameter as check_parameter};

/// Values beyond this are refused, and series that vary by less than its inverse: the fourth power of a value, summed
/// up, neither overflows nor vanishes.
pub(crate) const SIZE_MAX: f64 = 1e70;

/// All values finite and of bearable size, and at least `need` of them.
pub(crate) fn check(what: &'static str, x: &[f64], need: usize) -> Result<(), Error> {
    crate::given::series(what, x, need)?;
    match x.iter().position(|v| v.abs() > SIZE_MAX) {
        Some(index) => {
            Err(Error::OutOfRange { what, index, value: x[index], expected: "at most 1e70 in size" })
        }
        None => Ok(()),
    }
}

/// As [`check`], and values that vary by more than their rounding.
pub(crate) fn check_varying(what: &'static str, x: &[f64], need: usize) -> Result<(), Error> {
    check(what, x, need)?;
    let (low, high) = x.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    let size = low.abs().max(high.abs());
    if high - low <= (16.0 * f64::EPSILON * size).max(1.0 / SIZE_MAX) {
        return Err(Error::Constant { what });
    }
    Ok(())
}

/// One value of a stream, finite and of bearable size.
pub(crate) fn check_value(what: &'static str, seen: u64, x: f64) -> Result<(), Error> {
    let index = usize::try_from(seen).unwrap_or(usize::MAX);
    if !x.is_finite() {
        return Err(Error::NotFinite { what, index, value: x });
    }
    if x.abs() > SIZE_MAX {
        return Err(Error::OutOfRange { what, index, value: x, expected: "at most 1e70 in size" });
    }
    Ok(())
}

/// Mean; 0 of nothing. What the first sum lost to rounding is found by a second over what is left, which matters where
/// values differ by little of their size.
pub(crate) fn mean(x: &[f64]) -> f64 {
    if x.is_empty() {
        return 0.0;
    }
    let n = x.len() as f64;
    let near = x.iter().sum::<f64>() / n;
    let left = x.iter().map(|v| v - near).sum::<f64>() / n;
    if left.is_finite() { near + left } else { near }
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

#[cfg(test)]
mod tests {
    #[test]
    fn a_mean_keeps_the_digits_of_values_that_hardly_differ() {
        let small: Vec<f64> = (0..200).map(|i| f64::from(i * i % 61) / 61.0).collect();
        // Numbers beside one whose distances from one are exact.
        let unit = libm::exp2(-30.0);
        let steps: Vec<f64> = small.iter().map(|v| libm::round(v * 4_194_304.0)).collect();
        let x: Vec<f64> = steps.iter().map(|v| 1.0 + v / 4_194_304.0 * unit).collect();
        let exact = 1.0 + steps.iter().sum::<f64>() / 200.0 / 4_194_304.0 * unit;
        assert!((super::mean(&x) - exact).abs() <= f64::EPSILON);
        let plain = super::moments(&steps);
        let beside = super::moments(&x);
        assert!((beside.m2 / (plain.m2 / 4_194_304.0 / 4_194_304.0 * unit * unit) - 1.0).abs() < 1e-6);
        assert!(
            (beside.m4 / (beside.m2 * beside.m2) / (plain.m4 / (plain.m2 * plain.m2)) - 1.0).abs() < 1e-6
        );
    }
}
