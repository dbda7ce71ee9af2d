//! Where a profile is unusually high: single windows that are strange, and the places where a series changes.

use std::ops::Range;

use super::Error;
use super::join::Profile;

/// The value below which `percent` of the values lie, linear between neighbours (numpy's default).
pub fn percentile(values: &[f64], percent: f64) -> Result<f64, Error> {
    if !(0.0..=100.0).contains(&percent) {
        return Err(Error::Parameter { name: "percent", value: percent, expected: "0 to 100" });
    }
    if let Some(index) = values.iter().position(|x| !x.is_finite()) {
        return Err(Error::NotFinite { what: "values", index, value: values[index] });
    }
    if values.is_empty() {
        return Err(Error::TooShort { what: "values", have: 0, need: 1 });
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = percent / 100.0 * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    Ok(sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64))
}

/// The windows whose distance is above that percentile of all distances of the profile, with the distance. Windows without a
/// neighbour count for nothing.
fn above(profile: &Profile, percent: f64) -> Result<Vec<(usize, f64)>, Error> {
    let known = |(i, it): (usize, &Option<super::Neighbour>)| it.map(|it| (i, it.distance));
    let known: Vec<(usize, f64)> = profile.nearest.iter().enumerate().filter_map(known).collect();
    let distances: Vec<f64> = known.iter().map(|it| it.1).collect();
    let threshold = percentile(&distances, percent)?;
    Ok(known.into_iter().filter(|it| it.1 > threshold).collect())
}

/// Windows next to each other that are all unusual.
#[derive(Clone, Debug, PartialEq)]
pub struct Anomaly {
    /// The starts of these windows.
    pub windows: Range<usize>,
    /// The start of the one that is farthest from its neighbour.
    pub peak: usize,
    /// How far that is.
    pub distance: f64,
    /// The windows with those around them, as far as there are any.
    pub context: Range<usize>,
}

/// The runs of windows above a percentile of the profile (99 is usual), with `context` windows on either side (10 is usual).
/// For price and volume together, take the anomalies of each. Fails on a profile in which no window has a neighbour.
pub fn anomalies(profile: &Profile, percent: f64, context: usize) -> Result<Vec<Anomaly>, Error> {
    let mut found: Vec<Anomaly> = Vec::new();
    for (i, distance) in above(profile, percent)? {
        match found.last_mut() {
            Some(last) if last.windows.end == i => {
                last.windows.end = i + 1;
                if distance > last.distance {
                    (last.peak, last.distance) = (i, distance);
                }
            }
            _ => found.push(Anomaly { windows: i..i + 1, peak: i, distance, context: 0..0 }),
        }
    }
    let count = profile.nearest.len();
    for it in &mut found {
        it.context =
            it.windows.start.saturating_sub(context)..it.windows.end.saturating_add(context).min(count);
    }
    Ok(found)
}

/// The windows at which the series changes, by their starts: those above a percentile of the profile (95 is usual), from left
/// to right, where the segment since the last change (or since the start) has at least `window` values. Fails on a profile
/// in which no window has a neighbour.
pub fn changes(profile: &Profile, percent: f64) -> Result<Vec<usize>, Error> {
    let mut found = Vec::new();
    let mut last = 0;
    for (i, _) in above(profile, percent)? {
        if i - last >= profile.window {
            found.push(i);
            last = i;
        }
    }
    Ok(found)
}
