//! What is asked of every series before anything is estimated from it, and the sums that everybody needs. Sums run from
//! the first value to the last.

use crate::Error;

/// All values finite and at least `need` of them.
pub(crate) fn check(what: &'static str, x: &[f64], need: usize) -> Result<(), Error> {
    if x.len() < need {
        return Err(Error::TooShort { what, have: x.len(), need });
    }
    match x.iter().position(|v| !v.is_finite()) {
        Some(index) => Err(Error::NotFinite { what, index, value: x[index] }),
        None => Ok(()),
    }
}

/// As [`check`], and not all values equal.
pub(crate) fn check_varying(what: &'static str, x: &[f64], need: usize) -> Result<(), Error> {
    check(what, x, need)?;
    let first = x[0].to_bits();
    if x.iter().all(|v| v.to_bits() == first) {
        return Err(Error::Constant { what });
    }
    Ok(())
}

/// Two inputs that belong together have one length.
pub(crate) fn check_same(
    left: &'static str,
    left_len: usize,
    right: &'static str,
    right_len: usize,
) -> Result<(), Error> {
    if left_len == right_len { Ok(()) } else { Err(Error::Lengths { left, left_len, right, right_len }) }
}

/// A finite parameter for which `ok` holds.
pub(crate) fn check_parameter(
    name: &'static str,
    value: f64,
    ok: bool,
    expected: &'static str,
) -> Result<(), Error> {
    if value.is_finite() && ok { Ok(()) } else { Err(Error::Parameter { name, value, expected }) }
}

/// A result that is finite; finite input of extreme size can still overflow on the way.
pub(crate) fn finite(what: &'static str, value: f64) -> Result<f64, Error> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Error::OutOfRange {
            what,
            index: 0,
            value,
            expected: "a finite result (the input is too large or too small)",
        })
    }
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
