//! Exponential smoothing in the error-correction form of Hyndman, Koehler, Ord & Snyder (2008): simple, Holt's trend,
//! the damped trend, Holt-Winters with additive or multiplicative seasons. Errors are additive.

use super::{Forecast, check_level};
use crate::Error;
use crate::given::quantile_sorted;
use crate::optimise::{Stop, nelder_mead};
use crate::regression::Ols;
use crate::rng::Key;
use crate::series::{check_varying, mean};

/// How the level moves on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// Not at all.
    None,
    /// By a slope that is learnt.
    Holt,
    /// By a slope that fades.
    Damped,
}

/// How seasons act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Season {
    /// There are none.
    None,
    /// They are added; the number of values in a season.
    Additive(usize),
    /// They multiply, which needs values above 0; the number of values in a season.
    Multiplicative(usize),
}

impl Season {
    fn period(self) -> usize {
        match self {
            Self::None => 0,
            Self::Additive(m) | Self::Multiplicative(m) => m,
        }
    }
}

/// Smoothing parameters: `level += alpha e`, `slope += beta e`, `season += gamma e` for each one-step error `e` (by the
/// season or the level where seasons multiply).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smoothing {
    /// Of the level, 0 to 1.
    pub alpha: f64,
    /// Of the slope, 0 to alpha.
    pub beta: f64,
    /// Of the seasons, 0 to 1 - alpha.
    pub gamma: f64,
    /// Share of the slope that is left after a step: 1 but for a damped trend.
    pub phi: f64,
}

/// Level, slope and seasons at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Level.
    pub level: f64,
    /// Slope per step; 0 without a trend.
    pub slope: f64,
    /// One value for each place in the season, the next one first; empty without seasons.
    pub seasons: Vec<f64>,
}

/// A fitted model.
#[derive(Clone, Debug, PartialEq)]
pub struct Ets {
    /// Kind of trend.
    pub trend: Trend,
    /// Kind of season.
    pub season: Season,
    /// Smoothing parameters.
    pub smoothing: Smoothing,
    /// Where it started.
    pub start: State,
    /// Where it stands.
    pub state: State,
    /// One-step errors.
    pub errors: Vec<f64>,
    /// Mean squared one-step error.
    pub variance: f64,
    /// Gaussian log-likelihood.
    pub log_likelihood: f64,
    /// Bias-corrected Akaike criterion; the seasons at the start count as parameters.
    pub aicc: f64,
}

/// Rounds in which the seasons at the start are improved.
const SEASON_ROUNDS: usize = 3;

/// Largest season.
pub const PERIOD_MAX: usize = 1_000;

impl Ets {
    /// Fits smoothing parameters and the start by least squares of one-step errors. The seasons at the start come from the
    /// classical decomposition of the first seasons and are improved in a few rounds. Needs three whole seasons and 14
    /// values.
    pub fn fit(x: &[f64], trend: Trend, season: Season) -> Result<Self, Error> {
        let m = season.period();
        if season != Season::None && !(2..=PERIOD_MAX).contains(&m) {
            return Err(Error::Parameter { name: "season", value: m as f64, expected: "2 to 1,000" });
        }
        check_varying("smoothing: series", x, (3 * m).max(14 + m))?;
        if let (Season::Multiplicative(_), Some(index)) = (season, x.iter().position(|v| *v <= 0.0)) {
            let expected = "above 0 for seasons that multiply";
            return Err(Error::OutOfRange { what: "smoothing: series", index, value: x[index], expected });
        }
        let (smoothing, state) = Self::search(x, trend, season, initial(x, trend, season))?;
        let mut best = Self::with(x, trend, season, smoothing, state)?;
        for _ in 0..SEASON_ROUNDS {
            if season == Season::None {
                break;
            }
            let Some(start) = best.better_seasons(x) else { break };
            let Ok((smoothing, state)) = Self::search(x, trend, season, start) else { break };
            match Self::with(x, trend, season, smoothing, state) {
                Ok(next) if next.variance < best.variance => best = next,
                _ => break,
            }
        }
        Ok(best)
    }

    /// The start with the seasons that least squares prefers at these parameters: errors are linear in them where
    /// seasons are added, and nearly so where they multiply. The last season stands still, as the level can do its work.
    fn better_seasons(&self, x: &[f64]) -> Option<State> {
        let m = self.start.seasons.len();
        let size = self.start.seasons.iter().fold(0.0f64, |s, v| s.max(v.abs()));
        let step = 1e-4 * size;
        let columns: Vec<Vec<f64>> = (0..m - 1)
            .map(|i| {
                let mut start = self.start.clone();
                start.seasons[i] += step;
                let (_, errors) = smooth(x, self.season, self.smoothing, start);
                errors.iter().zip(&self.errors).map(|(a, b)| (b - a) / step).collect()
            })
            .collect();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let moves = Ols::fit(&columns, &self.errors).ok()?.coef;
        let mut start = self.start.clone();
        for (s, d) in start.seasons.iter_mut().zip(&moves) {
            *s += d;
        }
        let positive = self.season == Season::Additive(m) || start.seasons.iter().all(|s| *s > 0.0);
        positive.then_some(start)
    }

    /// Smoothing parameters, and level and slope at the start, by least squares for given seasons at the start.
    fn search(x: &[f64], trend: Trend, season: Season, start: State) -> Result<(Smoothing, State), Error> {
        let m = season.period();
        let scale = libm::sqrt(crate::series::moments(x).m2);
        let unpack = |z: &[f64]| {
            let share = |z: f64| 1.0 / (1.0 + libm::exp(-z));
            let alpha = share(z[0]);
            let beta = if trend == Trend::None { 0.0 } else { alpha * share(z[1]) };
            let gamma = if m == 0 { 0.0 } else { (1.0 - alpha) * share(z[2]) };
            // Damping below 0.8 is no trend, above 0.98 no damping.
            let phi = if trend == Trend::Damped { 0.8 + 0.18 * share(z[3]) } else { 1.0 };
            let slope = if trend == Trend::None { 0.0 } else { start.slope + scale * z[5] };
            let state = State { level: start.level + scale * z[4], slope, seasons: start.seasons.clone() };
            (Smoothing { alpha, beta, gamma, phi }, state)
        };
        // Only what the model has is searched.
        let used: Vec<usize> =
            [true, trend != Trend::None, m > 0, trend == Trend::Damped, true, trend != Trend::None]
                .iter()
                .enumerate()
                .filter(|(_, used)| **used)
                .map(|(i, _)| i)
                .collect();
        let spread = |free: &[f64]| {
            let mut z = [0.0, -2.0, -2.0, 0.5, 0.0, 0.0];
            for (i, v) in used.iter().zip(free) {
                z[*i] = *v;
            }
            z
        };
        let objective = |free: &[f64]| {
            let (smoothing, state) = unpack(&spread(free));
            let sum = squares(x, season, smoothing, state);
            // Beyond 30 a share is its limit to the last digit; keep the search from wandering off.
            if free.iter().any(|v| v.abs() > 30.0) { f64::INFINITY } else { libm::log(sum / x.len() as f64) }
        };
        let from: Vec<f64> = used.iter().map(|i| [0.0, -2.0, -2.0, 0.5, 0.0, 0.0][*i]).collect();
        let scales: Vec<f64> = used.iter().map(|i| if *i == 5 { 0.05 } else { 0.5 }).collect();
        let stop = Stop { what: "smoothing", tolerance: 1e-9, iterations_max: 6_000 };
        let found = nelder_mead(objective, &from, &scales, &stop)?;
        Ok(unpack(&spread(&found.x)))
    }

    /// Runs with given parameters from a given start.
    pub fn with(
        x: &[f64],
        trend: Trend,
        season: Season,
        smoothing: Smoothing,
        start: State,
    ) -> Result<Self, Error> {
        check_varying("smoothing: series", x, 2)?;
        crate::series::check_same("seasons at the start", start.seasons.len(), "season", season.period())?;
        let (state, errors) = smooth(x, season, smoothing, start.clone());
        let n = x.len() as f64;
        let variance = errors.iter().map(|e| e * e).sum::<f64>() / n;
        if !variance.is_finite() {
            return Err(Error::OutOfRange {
                what: "smoothing: errors",
                index: 0,
                value: variance,
                expected: "finite errors",
            });
        }
        if variance <= 0.0 {
            return Err(Error::Constant { what: "smoothing: what is left of the series" });
        }
        let log_likelihood = -0.5 * n * (libm::log(2.0 * core::f64::consts::PI * variance) + 1.0);
        let slopes = match trend {
            Trend::None => 0,
            Trend::Holt => 2,
            Trend::Damped => 3,
        };
        let seasonal = if season == Season::None { 0 } else { season.period() };
        // Alpha, the level, the variance; the seasons add up, so that one of them is none of its own, but gamma is.
        let k = (3 + slopes + seasonal) as f64;
        let aicc = -2.0 * log_likelihood
            + 2.0 * k
            + if n > k + 1.0 { 2.0 * k * (k + 1.0) / (n - k - 1.0) } else { f64::INFINITY };
        Ok(Self { trend, season, smoothing, start, state, errors, variance, log_likelihood, aicc })
    }

    /// The model of smallest corrected Akaike criterion among all trends, with this kind of season or none.
    pub fn auto(x: &[f64], season: Season) -> Result<Self, Error> {
        let mut best: Option<Self> = None;
        let mut refused = None;
        let seasons: &[Season] =
            if season == Season::None { &[Season::None] } else { &[Season::None, season] };
        for season in seasons {
            for trend in [Trend::None, Trend::Holt, Trend::Damped] {
                match Self::fit(x, trend, *season) {
                    Ok(model) if best.as_ref().is_none_or(|b| model.aicc < b.aicc) => best = Some(model),
                    Ok(_) => {}
                    Err(error) => {
                        refused.get_or_insert(error);
                    }
                }
            }
        }
        best.ok_or_else(|| refused.unwrap_or(Error::Constant { what: "smoothing: series" }))
    }

    /// The next `horizon` values. Intervals of this level are exact for additive seasons (the book's table 6.1), and
    /// those of 2,000 simulated paths from `seed` for multiplicative ones; the doubt about the parameters is not in them.
    pub fn forecast(&self, horizon: usize, level: f64, seed: u64) -> Result<Forecast, Error> {
        check_level(level)?;
        let mut state = self.state.clone();
        let mean: Vec<f64> =
            (0..horizon).map(|_| advance(&mut state, self.season, self.smoothing, |_| 0.0).0).collect();
        if matches!(self.season, Season::Multiplicative(_)) {
            return self.simulated(mean, level, seed);
        }
        let Smoothing { alpha, beta, gamma, phi } = self.smoothing;
        let m = self.season.period();
        let (mut sum, mut reach, mut power) = (1.0, 0.0, 1.0);
        let sd: Vec<f64> = (1..=horizon)
            .map(|h| {
                let sd = libm::sqrt(self.variance * sum);
                power *= phi;
                reach += power;
                let seasonal = if m > 0 && h % m == 0 { gamma } else { 0.0 };
                let weight = alpha + beta * reach + seasonal;
                sum += weight * weight;
                sd
            })
            .collect();
        Forecast::normal(mean, &sd, level)
    }

    fn simulated(&self, mean: Vec<f64>, level: f64, seed: u64) -> Result<Forecast, Error> {
        const PATHS: u64 = 2_000;
        let key = Key::named(seed, "exponential smoothing");
        let sd = libm::sqrt(self.variance);
        let mut values = vec![Vec::with_capacity(PATHS as usize); mean.len()];
        for path in 0..PATHS {
            let mut stream = key.stream(path);
            let mut state = self.state.clone();
            for values in &mut values {
                let shock = sd * stream.normal();
                let (expected, ..) = advance(&mut state, self.season, self.smoothing, |_| shock);
                values.push(expected + shock);
            }
        }
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        for mut values in values {
            crate::series::check("smoothing: simulated values", &values, 1)?;
            values.sort_by(f64::total_cmp);
            lower.push(quantile_sorted(&values, 0.5 - 0.5 * level));
            upper.push(quantile_sorted(&values, 0.5 + 0.5 * level));
        }
        Ok(Forecast { mean, lower, upper })
    }
}

/// Moves a state by one value, whose error is what `error` answers to the expected value; answers with both.
fn advance(state: &mut State, season: Season, s: Smoothing, error: impl FnOnce(f64) -> f64) -> (f64, f64) {
    let base = state.level + s.phi * state.slope;
    let now = state.seasons.first().copied();
    let expected = match (season, now) {
        (Season::Additive(_), Some(v)) => base + v,
        (Season::Multiplicative(_), Some(v)) => base * v,
        _ => base,
    };
    let e = error(expected);
    let (to_level, to_season) = match (season, now) {
        (Season::Multiplicative(_), Some(v)) => (e / v, e / base),
        _ => (e, e),
    };
    state.level = base + s.alpha * to_level;
    state.slope = s.phi * state.slope + s.beta * to_level;
    if let Some(v) = now {
        state.seasons.rotate_left(1);
        if let Some(last) = state.seasons.last_mut() {
            *last = v + s.gamma * to_season;
        }
    }
    (expected, e)
}

fn smooth(x: &[f64], season: Season, smoothing: Smoothing, mut state: State) -> (State, Vec<f64>) {
    let errors =
        x.iter().map(|v| advance(&mut state, season, smoothing, |expected| v - expected).1).collect();
    (state, errors)
}

/// Sum of the squared errors of [`smooth`], in the same bits.
fn squares(x: &[f64], season: Season, s: Smoothing, start: State) -> f64 {
    if season != Season::None {
        return smooth(x, season, s, start).1.iter().map(|e| e * e).sum();
    }
    let State { mut level, mut slope, .. } = start;
    // Starts as an empty sum of floats does.
    let mut sum = -0.0;
    for v in x {
        let base = level + s.phi * slope;
        let e = v - base;
        level = base + s.alpha * e;
        slope = s.phi * slope + s.beta * e;
        sum += e * e;
    }
    sum
}

/// Start by the book's section 2.6.1: seasons of a classical decomposition of up to five seasons, then a line through
/// the first values without them.
fn initial(x: &[f64], trend: Trend, season: Season) -> State {
    let m = season.period();
    let seasons = if m == 0 { Vec::new() } else { initial_seasons(x, season) };
    let clean: Vec<f64> = x
        .iter()
        .take(10.max(2 * m))
        .enumerate()
        .map(|(t, v)| match season {
            Season::None => *v,
            Season::Additive(_) => v - seasons[t % m],
            Season::Multiplicative(_) => v / seasons[t % m],
        })
        .collect();
    let n = clean.len() as f64;
    let middle = (n + 1.0) / 2.0;
    let average = mean(&clean);
    let tt = n * (n * n - 1.0) / 12.0;
    let slope =
        clean.iter().enumerate().map(|(t, v)| ((t + 1) as f64 - middle) * (v - average)).sum::<f64>() / tt;
    if trend == Trend::None {
        return State { level: average, slope: 0.0, seasons };
    }
    State { level: average - slope * middle, slope, seasons }
}

fn initial_seasons(x: &[f64], season: Season) -> Vec<f64> {
    let m = season.period();
    let n = x.len().min(5 * m);
    // The centred moving average over one season.
    let half = m / 2;
    let smooth = |t: usize| {
        if m.is_multiple_of(2) {
            let inner: f64 = x[t - half + 1..t + half].iter().sum();
            (inner + 0.5 * (x[t - half] + x[t + half])) / m as f64
        } else {
            mean(&x[t - half..=t + half])
        }
    };
    let (mut sums, mut counts) = (vec![0.0; m], vec![0.0; m]);
    for t in half..n - half {
        let ratio =
            if matches!(season, Season::Multiplicative(_)) { x[t] / smooth(t) } else { x[t] - smooth(t) };
        sums[t % m] += ratio;
        counts[t % m] += 1.0;
    }
    let mut seasons: Vec<f64> = sums.iter().zip(&counts).map(|(s, c)| s / c).collect();
    let centre = mean(&seasons);
    for s in &mut seasons {
        *s = if matches!(season, Season::Multiplicative(_)) { *s / centre } else { *s - centre };
    }
    seasons
}
