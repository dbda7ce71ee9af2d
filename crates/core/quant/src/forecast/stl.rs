//! Seasonal and trend decomposition by LOESS: STL for one season (Cleveland, Cleveland, McRae & Terpenning 1990), MSTL
//! for several (Bandara, Hyndman & Bergmeir 2021). Linear LOESS throughout, evaluated at every point.

use crate::Error;
use crate::series::{check, check_parameter};

/// A series as `trend + sum of seasons + rest`.
#[derive(Clone, Debug, PartialEq)]
pub struct Decomposition {
    /// What moves slowly.
    pub trend: Vec<f64>,
    /// One component for each period, in order of the periods.
    pub seasons: Vec<Vec<f64>>,
    /// What is left.
    pub rest: Vec<f64>,
}

/// Windows of [`stl`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Seasons over which a season's place is smoothed: odd, at least 3. 7 lets seasons change, large values fix them.
    pub seasonal: usize,
    /// Values over which the trend is smoothed: odd, larger than the period. `None` for the paper's choice.
    pub trend: Option<usize>,
    /// Whether outliers lose their weight, in 15 rounds.
    pub robust: bool,
}

/// Decomposes a series of at least two whole periods; agrees with `STL` of statsmodels.
pub fn stl(x: &[f64], period: usize, windows: Windows) -> Result<Decomposition, Error> {
    check_parameter("period", period as f64, period >= 2, "at least 2")?;
    let odd = windows.seasonal >= 3 && !windows.seasonal.is_multiple_of(2);
    check_parameter("seasonal window", windows.seasonal as f64, odd, "odd and at least 3")?;
    check("STL: series", x, period.saturating_mul(2))?;
    let ratio = 1.5 * period as f64 / (1.0 - 1.5 / windows.seasonal as f64);
    let trend_window = windows.trend.unwrap_or_else(|| {
        let window = libm::ceil(ratio) as usize;
        window + usize::from(window.is_multiple_of(2))
    });
    let fits = trend_window > period && !trend_window.is_multiple_of(2);
    check_parameter("trend window", trend_window as f64, fits, "odd and larger than the period")?;
    let low_window = period + 1 + usize::from(!period.is_multiple_of(2));
    let (inner, outer) = if windows.robust { (2, 15) } else { (5, 0) };
    let n = x.len();
    let mut trend = vec![0.0; n];
    let mut season = vec![0.0; n];
    let mut weights: Option<Vec<f64>> = None;
    for round in 0..=outer {
        for _ in 0..inner {
            let detrended: Vec<f64> = x.iter().zip(&trend).map(|(x, t)| x - t).collect();
            let cycle = cycle_subseries(&detrended, period, windows.seasonal, weights.as_deref());
            let low = moving_average(&moving_average(&moving_average(&cycle, period), period), 3);
            let low = smooth(&low, low_window, None);
            for (t, s) in season.iter_mut().enumerate() {
                *s = cycle[t + period] - low[t];
            }
            let adjusted: Vec<f64> = x.iter().zip(&season).map(|(x, s)| x - s).collect();
            trend = smooth(&adjusted, trend_window, weights.as_deref());
        }
        if round < outer {
            weights = Some(bisquare(x, &trend, &season));
        }
    }
    let rest = (0..n).map(|t| x[t] - trend[t] - season[t]).collect();
    Ok(Decomposition { trend, seasons: vec![season], rest })
}

/// Decomposes a series with several seasons, e.g. days and weeks of hourly values. Periods rise; the series holds two of
/// the longest. Windows are 11, 15, 19 ... as in `MSTL` of statsmodels, with which it agrees; two rounds.
pub fn mstl(x: &[f64], periods: &[usize]) -> Result<Decomposition, Error> {
    let (Some(longest), true) = (periods.last(), periods.windows(2).all(|w| w[0] < w[1])) else {
        return Err(Error::Parameter {
            name: "periods",
            value: periods.len() as f64,
            expected: "at least one, rising",
        });
    };
    check("MSTL: series", x, longest.saturating_mul(2))?;
    let mut seasons = vec![vec![0.0; x.len()]; periods.len()];
    let mut rest = x.to_vec();
    let mut trend = Vec::new();
    let rounds = if periods.len() == 1 { 1 } else { 2 };
    for _ in 0..rounds {
        for (i, period) in periods.iter().enumerate() {
            rest.iter_mut().zip(&seasons[i]).for_each(|(r, s)| *r += s);
            let windows = Windows { seasonal: 7 + 4 * (i + 1), trend: None, robust: false };
            let mut part = stl(&rest, *period, windows)?;
            seasons[i] = part.seasons.swap_remove(0);
            trend = part.trend;
            rest.iter_mut().zip(&seasons[i]).for_each(|(r, s)| *r -= s);
        }
    }
    rest.iter_mut().zip(&trend).for_each(|(r, t)| *r -= t);
    Ok(Decomposition { trend, seasons, rest })
}

/// Smooths each place of the season over the seasons, and one season beyond either end.
fn cycle_subseries(x: &[f64], period: usize, window: usize, weights: Option<&[f64]>) -> Vec<f64> {
    let n = x.len();
    let mut out = vec![0.0; n + 2 * period];
    for place in 0..period {
        let own: Vec<f64> = x.iter().skip(place).step_by(period).copied().collect();
        let own_weights: Option<Vec<f64>> =
            weights.map(|w| w.iter().skip(place).step_by(period).copied().collect());
        let w = own_weights.as_deref();
        let k = own.len();
        // Beyond the ends the window is that of the end itself.
        let right = window.min(k);
        let left = k.saturating_sub(window);
        let inside = smooth(&own, window, w);
        out[place] = loess(&own, window, 0.0, 0, right - 1, w).unwrap_or(inside[0]);
        out[place + (k + 1) * period] =
            loess(&own, window, k as f64 + 1.0, left, k - 1, w).unwrap_or(inside[k - 1]);
        for (i, v) in inside.into_iter().enumerate() {
            out[place + (i + 1) * period] = v;
        }
    }
    out
}

/// LOESS at every place of an evenly spaced series; a place without weight keeps its value.
fn smooth(y: &[f64], window: usize, weights: Option<&[f64]>) -> Vec<f64> {
    let n = y.len();
    if n < 2 {
        return y.to_vec();
    }
    let half = window.div_ceil(2);
    (0..n)
        .map(|i| {
            let left = if window >= n { 0 } else { (i + 1).saturating_sub(half).min(n - window) };
            let right = if window >= n { n - 1 } else { left + window - 1 };
            loess(y, window, (i + 1) as f64, left, right, weights).unwrap_or(y[i])
        })
        .collect()
}

/// The local line at `at` (places count from 1) through `left..=right`, tricube weights; `None` without any weight.
fn loess(
    y: &[f64],
    window: usize,
    at: f64,
    left: usize,
    right: usize,
    weights: Option<&[f64]>,
) -> Option<f64> {
    let n = y.len();
    let place = |j: usize| (j + 1) as f64;
    let mut reach = (at - place(left)).max(place(right) - at);
    if window > n {
        reach += ((window - n) / 2) as f64;
    }
    // The bounds of the published code: full weight very near, none very far.
    let (far, near) = (0.999 * reach, 0.001 * reach);
    let mut w = vec![0.0; right + 1 - left];
    let mut sum = 0.0;
    for (k, w) in w.iter_mut().enumerate() {
        let distance = (place(left + k) - at).abs();
        if distance <= far {
            *w = 1.0;
            if distance > near {
                let share = distance / reach;
                let cube = 1.0 - share * share * share;
                *w = cube * cube * cube;
            }
            *w *= weights.map_or(1.0, |r| r[left + k]);
            sum += *w;
        }
    }
    if sum <= 0.0 {
        return None;
    }
    w.iter_mut().for_each(|w| *w /= sum);
    if reach > 0.0 {
        let centre: f64 = w.iter().enumerate().map(|(k, w)| w * place(left + k)).sum();
        let b = at - centre;
        let spread: f64 = w
            .iter()
            .enumerate()
            .map(|(k, w)| w * (place(left + k) - centre) * (place(left + k) - centre))
            .sum();
        if libm::sqrt(spread) > 0.001 * (n as f64 - 1.0) {
            let b = b / spread;
            for (k, w) in w.iter_mut().enumerate() {
                *w *= b * (place(left + k) - centre) + 1.0;
            }
        }
    }
    Some(w.iter().zip(&y[left..]).map(|(w, y)| w * y).sum())
}

fn moving_average(x: &[f64], window: usize) -> Vec<f64> {
    let mut sum: f64 = x[..window].iter().sum();
    let mut out = vec![sum / window as f64];
    for t in window..x.len() {
        sum += x[t] - x[t - window];
        out.push(sum / window as f64);
    }
    out
}

/// Robustness weights: bisquare of the rest by six times its median size.
fn bisquare(x: &[f64], trend: &[f64], season: &[f64]) -> Vec<f64> {
    let sizes: Vec<f64> = (0..x.len()).map(|t| (x[t] - trend[t] - season[t]).abs()).collect();
    let mut sorted = sizes.clone();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let bound = 3.0 * (sorted[n / 2] + sorted[n - n / 2 - 1]);
    sizes
        .iter()
        .map(|r| {
            if *r <= 0.001 * bound {
                1.0
            } else if *r <= 0.999 * bound {
                let share = r / bound;
                (1.0 - share * share) * (1.0 - share * share)
            } else {
                0.0
            }
        })
        .collect()
}
