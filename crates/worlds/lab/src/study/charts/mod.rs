//! The charts of the studies: from the same numbers as their tables, each with the conditions that it holds under.

pub mod forecast;
pub mod portfolio;
pub mod risk;
pub mod statistics;
pub mod volatility;

use super::Sample;
use scalp_quant::hypothesis::autocorrelation::acf;
use scalp_quant::tails::quantile;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};

const NANOS_PER_MILLI: f64 = 1e6;
/// Standard errors that a band of 95 % reaches to either side.
const BAND_95: f64 = 1.96;
/// Most points of a quantile plot; the outer ones are all kept.
const QUANTILES_MAX: usize = 400;
/// Of these, points at either end that stand one by one.
const QUANTILES_OUTER: usize = 60;

/// Milliseconds since 1970.
pub fn millis(at: scalp_types::Timestamp) -> f64 {
    at.nanos() as f64 / NANOS_PER_MILLI
}

/// The axis of the returns from `first` on, by their times or, where there are none, counted from 1.
pub fn along(sample: &Sample, first: usize) -> (Axis, Vec<f64>) {
    if sample.times.is_empty() {
        let counted = (first..sample.steps()).map(|it| (it + 1) as f64).collect();
        return (Axis::new("step", Unit::Count), counted);
    }
    (Axis::new("time", Unit::Time), sample.times[first..].iter().copied().map(millis).collect())
}

/// Equity that begins at one, after each return.
pub fn growth(returns: &[f64]) -> Vec<f64> {
    let mut equity = 1.0;
    let step = |it: &f64| {
        equity *= 1.0 + it;
        equity
    };
    returns.iter().map(step).collect()
}

/// Falls from the highest value so far, the one of one at the start included, as fractions below zero.
pub fn falls(equity: &[f64]) -> Vec<f64> {
    let mut peak: f64 = 1.0;
    let fall = |it: &f64| {
        peak = peak.max(*it);
        it / peak - 1.0
    };
    equity.iter().map(fall).collect()
}

/// A histogram.
pub struct Histogram {
    /// Left edges of the columns.
    pub left: Vec<f64>,
    /// Their width.
    pub width: f64,
    /// Share of all values in each column.
    pub shares: Vec<f64>,
    /// Values of each.
    pub counts: Vec<f64>,
    /// Values below and above the columns.
    pub outside: usize,
}

impl Histogram {
    /// Columns over the values without the share `cut` at either end; none where they do not differ.
    pub fn of(values: &[f64], cut: f64) -> Option<Self> {
        let (low, high) = (quantile(values, cut).ok()?, quantile(values, 1.0 - cut).ok()?);
        if high - low <= 0.0 || !(high - low).is_finite() {
            return None;
        }
        let columns = (libm::sqrt(values.len() as f64) as usize).clamp(8, 60);
        let width = (high - low) / columns as f64;
        let mut counts = vec![0.0; columns];
        let mut outside = 0;
        for value in values {
            if *value < low || *value > high {
                outside += 1;
            } else {
                counts[(((value - low) / width) as usize).min(columns - 1)] += 1.0;
            }
        }
        let shares = counts.iter().map(|it| it / values.len() as f64).collect();
        let left = (0..columns).map(|it| low + it as f64 * width).collect();
        Some(Self { left, width, shares, counts, outside })
    }
}

/// Places in a sorted list of `n` values at which a quantile plot has points: all of the outer ones.
pub fn quantile_places(n: usize) -> Vec<usize> {
    if n <= QUANTILES_MAX {
        return (0..n).collect();
    }
    let inner = n - 2 * QUANTILES_OUTER;
    let every = inner.div_ceil(QUANTILES_MAX - 2 * QUANTILES_OUTER);
    let mut places: Vec<usize> = (0..QUANTILES_OUTER).collect();
    places.extend((QUANTILES_OUTER..n - QUANTILES_OUTER).step_by(every));
    places.extend(n - QUANTILES_OUTER..n);
    places
}

/// Evenly spaced values from `low` to `high`, both included.
pub fn steps(low: f64, high: f64, count: usize) -> Vec<f64> {
    (0..count).map(|it| low + (high - low) * it as f64 / (count - 1) as f64).collect()
}

/// Autocorrelations of several series of one length, side by side, with the band that independent values stay in.
pub fn autocorrelations(name: &str, note: &str, series: &[(&str, Colour, &[f64])], lags: usize) -> Chart {
    let n = series.first().map_or(0, |it| it.2.len());
    let lags = lags.min(n.saturating_sub(2));
    let mut plane = Plane::new(
        Axis::new("lag, steps", Unit::Count),
        Axis::new("autocorrelation", Unit::Plain).from_zero(),
    );
    let width = 0.8 / series.len() as f64;
    for (at, (label, colour, values)) in series.iter().enumerate() {
        let found = match acf(values, lags) {
            Ok(found) => found,
            Err(why) => return Chart::missing(name, why),
        };
        let x = (1..=lags).map(|lag| lag as f64 - 0.4 + at as f64 * width).collect();
        plane.layer(label, *colour, Shape::Columns(width), x, found[1..].to_vec());
    }
    let band = BAND_95 / libm::sqrt(n as f64);
    plane.level("", band);
    plane.level("", -band);
    let note = format!(
        "{note} Dashed: \u{b1} 1.96 / \u{221a}n, where 95 % of the autocorrelations of {n} independent values lie."
    );
    Chart::plane(name, &note, plane)
}
