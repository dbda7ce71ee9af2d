//! How far one query is from every window of a series.

use super::Error;
use super::windows::{Windows, distance, is_missing};

/// The distance of `query` to every window of `series` of its length; `None` where the window misses a value.
///
/// What MASS answers (Mueen et al. 2017), but summed window by window instead of by a Fourier transform: the time grows with the
/// product of both lengths, and a near copy of the query is as exact as a far one. Errors: a query of fewer than 3 values or with
/// a missing one, a series shorter than the query.
pub fn distance_profile(query: &[f64], series: &[f64]) -> Result<Vec<Option<f64>>, Error> {
    let m = query.len();
    if let Some(index) = query.iter().position(|x| is_missing(*x)) {
        return Err(Error::NotFinite { what: "query", index, value: query[index] });
    }
    let query = Windows::of("query", query, m, m)?;
    let series = Windows::of("series", series, m, m)?;
    Ok((0..series.count()).map(|j| distance(&query, 0, &series, j)).collect())
}
