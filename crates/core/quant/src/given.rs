//! What this crate asks of numbers that come in, said in one way.

use crate::Error;

/// Refuses NaN and infinity.
pub(crate) fn finite(what: &'static str, values: &[f64]) -> Result<(), Error> {
    match values.iter().position(|v| !v.is_finite()) {
        Some(index) => Err(Error::NotFinite { what, index, value: values[index] }),
        None => Ok(()),
    }
}

/// Refuses fewer than `need` values, and NaN and infinity.
pub(crate) fn series(what: &'static str, values: &[f64], need: usize) -> Result<(), Error> {
    enough(what, values.len(), need)?;
    finite(what, values)
}

/// Refuses fewer than `need`.
pub(crate) fn enough(what: &'static str, have: usize, need: usize) -> Result<(), Error> {
    if have < need { Err(Error::TooShort { what, have, need }) } else { Ok(()) }
}

/// Refuses a parameter for which `holds` is false; NaN and infinity are refused always.
pub(crate) fn parameter(
    name: &'static str,
    value: f64,
    holds: bool,
    expected: &'static str,
) -> Result<(), Error> {
    if holds && value.is_finite() { Ok(()) } else { Err(Error::Parameter { name, value, expected }) }
}

/// Refuses two lengths that differ.
pub(crate) fn equal_lengths(
    left: &'static str,
    left_len: usize,
    right: &'static str,
    right_len: usize,
) -> Result<(), Error> {
    if left_len == right_len { Ok(()) } else { Err(Error::Lengths { left, left_len, right, right_len }) }
}

/// Quantile by linear interpolation between order statistics (Hyndman and Fan 1996, type 7). `sorted` is ascending and
/// not empty, `share` within 0..=1.
pub(crate) fn quantile_sorted(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = (place as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    let (low, high) = (sorted[below], sorted[above]);
    let (part, spread) = (place - below as f64, high - low);
    // Two numbers of either sign may be farther apart than any number.
    let value = if spread.is_finite() { low + part * spread } else { low * (1.0 - part) + high * part };
    value.clamp(low, high)
}
