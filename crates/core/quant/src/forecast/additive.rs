//! An additive model in the sense of Taylor & Letham, "Forecasting at scale" (2018), known as Prophet: a trend of
//! straight lines whose slope may change at many places and does at few, seasons by Fourier terms, and regressors. The
//! same priors and the same maximum a posteriori, found exactly: with the noise given it is a convex problem.
//!
//! Values are evenly spaced; time is counted in bars. Left out: logistic growth, multiplied seasons, holidays, and the
//! doubt about seasons (which Prophet has only when it samples the posterior).

use super::lasso::lasso;
use super::{Forecast, check_level};
use crate::Error;
use crate::given::quantile_sorted;
use crate::matrix::Matrix;
use crate::rng::{Key, Poisson};
use crate::series::{check, check_parameter, check_same, check_varying, dot};

/// A season as a sum of sines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seasonality {
    /// Length in bars.
    pub period: f64,
    /// Pairs of sine and cosine.
    pub order: usize,
}

/// What the model consists of.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Places at which the slope may change, spread evenly over the first part of the history.
    pub changepoints: usize,
    /// That part, as a share.
    pub changepoint_range: f64,
    /// Scale of the Laplace prior on changes of slope: larger bends more readily.
    pub changepoint_prior: f64,
    /// Seasons.
    pub seasons: Vec<Seasonality>,
}

impl Options {
    /// The usual: 25 changepoints in the first 80 %, prior 0.05, a day of 4 and a week of 3 pairs.
    pub fn daily_and_weekly(bars_per_day: f64) -> Self {
        let day = Seasonality { period: bars_per_day, order: 4 };
        let week = Seasonality { period: 7.0 * bars_per_day, order: 3 };
        Self { changepoints: 25, changepoint_range: 0.8, changepoint_prior: 0.05, seasons: vec![week, day] }
    }
}

/// Standard deviations of the normal priors, all on values scaled to at most 1 and time scaled to 0..1.
const TREND_PRIOR: f64 = 5.0;
const TERM_PRIOR: f64 = 10.0;
const NOISE_PRIOR: f64 = 0.5;

/// A regressor's mean and standard deviation over the history.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Standard {
    mean: f64,
    deviation: f64,
}

/// A fitted model.
#[derive(Clone, Debug, PartialEq)]
pub struct Additive {
    options: Options,
    bars: usize,
    scale: f64,
    standards: Vec<Standard>,
    /// Bars at which the slope may change.
    places: Vec<usize>,
    slope: f64,
    offset: f64,
    terms: Vec<f64>,
    changes: Vec<f64>,
    noise: f64,
    objective: f64,
}

/// Most terms of all seasons and regressors.
pub const TERMS_MAX: usize = 500;

impl Additive {
    /// Fits a history and the regressors over it. Needs more values than terms, and two of them per changepoint.
    pub fn fit(y: &[f64], regressors: &[&[f64]], options: Options) -> Result<Self, Error> {
        let range = options.changepoint_range;
        check_parameter("changepoint range", range, range > 0.0 && range <= 1.0, "above 0, at most 1")?;
        check_parameter(
            "changepoint prior",
            options.changepoint_prior,
            options.changepoint_prior > 0.0,
            "above 0",
        )?;
        for season in &options.seasons {
            let ok = season.period > 1.0 && season.order > 0 && season.period >= 2.0 * season.order as f64;
            check_parameter(
                "season",
                season.period,
                ok,
                "a period of at least two bars for each pair of terms",
            )?;
        }
        let terms = options.seasons.iter().fold(regressors.len(), |n, s| n.saturating_add(2 * s.order));
        check_parameter("terms", terms as f64, terms <= TERMS_MAX, "at most 500")?;
        check_varying("additive model: values", y, (terms + 4).max(2 * options.changepoints + 4))?;
        let n = y.len();
        let standards = regressors.iter().map(|r| standard(r, n)).collect::<Result<Vec<_>, _>>()?;
        let reach = libm::floor(n as f64 * range) as usize;
        let step = (reach.max(1) - 1) as f64 / options.changepoints.max(1) as f64;
        let mut places: Vec<usize> = (1..=options.changepoints)
            .map(|i| libm::round(i as f64 * step) as usize)
            .filter(|p| *p > 0)
            .collect();
        places.dedup();
        let scale = y.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let mut model = Self {
            bars: n,
            scale,
            standards,
            places,
            slope: 0.0,
            offset: 0.0,
            terms: Vec::new(),
            changes: Vec::new(),
            noise: 0.0,
            objective: 0.0,
            options,
        };
        model.maximise(y, regressors)?;
        Ok(model)
    }

    /// Alternates between the exact minimum for a given noise and the exact noise for given residuals.
    fn maximise(&mut self, y: &[f64], regressors: &[&[f64]]) -> Result<(), Error> {
        const ROUNDS_MAX: usize = 1_000;
        let columns = self.columns(regressors);
        let scaled: Vec<f64> = y.iter().map(|v| v / self.scale).collect();
        let k = columns.len();
        let free = k - self.places.len();
        let gram = Matrix::symmetric_from(k, |i, j| dot(&columns[j], &columns[i]));
        let right: Vec<f64> = columns.iter().map(|column| dot(column, &scaled)).collect();
        let total = dot(&scaled, &scaled);
        let n = y.len() as f64;
        let mut variance = crate::series::moments(&scaled).m2;
        let mut x = Vec::new();
        for _ in 0..ROUNDS_MAX {
            let mut h = gram.scaled(1.0 / variance);
            for i in 0..free {
                let prior = if i < 2 { TREND_PRIOR } else { TERM_PRIOR };
                h[(i, i)] += 1.0 / (prior * prior);
            }
            let pull: Vec<f64> = right.iter().map(|v| v / variance).collect();
            x = lasso(&h, &pull, free, 1.0 / self.options.changepoint_prior, &x)?;
            let mut left = scaled.clone();
            for (column, x) in columns.iter().zip(&x).filter(|(_, x)| x.abs() > 0.0) {
                left.iter_mut().zip(column).for_each(|(left, c)| *left -= c * x);
            }
            let residual = dot(&left, &left);
            if residual <= 1e-24 * total {
                return Err(Error::Constant { what: "additive model: what is left of the values" });
            }
            // Root of the noise's own condition under its half-normal prior.
            let weight = 1.0 / (NOISE_PRIOR * NOISE_PRIOR);
            let next = (libm::sqrt(n * n + 4.0 * weight * residual) - n) / (2.0 * weight);
            let done = (next - variance).abs() <= 1e-12 * variance;
            variance = next;
            if done {
                (self.slope, self.offset) = (x[0], x[1]);
                self.terms = x[2..free].to_vec();
                self.changes = x[free..].to_vec();
                self.noise = libm::sqrt(variance);
                self.objective = self.minus_log_posterior(residual, n);
                return Ok(());
            }
        }
        let detail = format!("noise {variance:e} still moves");
        Err(Error::NotConverged { what: "additive model", iterations: ROUNDS_MAX, detail })
    }

    fn minus_log_posterior(&self, residual: f64, n: f64) -> f64 {
        let variance = self.noise * self.noise;
        let square = |x: &f64| x * x;
        n * libm::log(self.noise)
            + residual / (2.0 * variance)
            + variance / (2.0 * NOISE_PRIOR * NOISE_PRIOR)
            + (square(&self.slope) + square(&self.offset)) / (2.0 * TREND_PRIOR * TREND_PRIOR)
            + self.terms.iter().map(square).sum::<f64>() / (2.0 * TERM_PRIOR * TERM_PRIOR)
            + self.changes.iter().map(|d| d.abs()).sum::<f64>() / self.options.changepoint_prior
    }

    /// Time from 0 at the first bar to 1 at the last of the history.
    fn time(&self, bar: usize) -> f64 {
        bar as f64 / (self.bars - 1) as f64
    }

    /// Slope, offset, Fourier terms, regressors, and one hinge for each changepoint.
    fn columns(&self, regressors: &[&[f64]]) -> Vec<Vec<f64>> {
        let n = self.bars;
        let mut columns = vec![(0..n).map(|t| self.time(t)).collect(), vec![1.0; n]];
        let terms: Vec<Vec<f64>> = (0..n).map(|t| self.fourier(t)).collect();
        for i in 0..terms[0].len() {
            columns.push(terms.iter().map(|row| row[i]).collect());
        }
        for (r, s) in regressors.iter().zip(&self.standards) {
            columns.push(r.iter().map(|v| (v - s.mean) / s.deviation).collect());
        }
        for place in &self.places {
            let from = self.time(*place);
            columns.push((0..n).map(|t| (self.time(t) - from).max(0.0)).collect());
        }
        columns
    }

    fn fourier(&self, bar: usize) -> Vec<f64> {
        let mut out = Vec::new();
        for season in &self.options.seasons {
            for i in 1..=season.order {
                let angle = 2.0 * core::f64::consts::PI * i as f64 * bar as f64 / season.period;
                out.push(libm::sin(angle));
                out.push(libm::cos(angle));
            }
        }
        out
    }

    /// The trend at a bar of the history, or after it if no further change comes.
    pub fn trend(&self, bar: usize) -> f64 {
        let t = self.time(bar);
        let bends: f64 =
            self.places.iter().zip(&self.changes).map(|(p, d)| d * (t - self.time(*p)).max(0.0)).sum();
        self.scale * (self.slope * t + self.offset + bends)
    }

    /// The seasons' part at any bar, counted from the start of the history.
    pub fn seasonal(&self, bar: usize) -> f64 {
        self.scale * dot(&self.fourier(bar), &self.terms)
    }

    /// The regressors' part, given their values at a bar.
    fn regressed(&self, values: impl Iterator<Item = f64>) -> f64 {
        let first = self.terms.len() - self.standards.len();
        let parts = values.zip(&self.standards).zip(&self.terms[first..]);
        self.scale * parts.map(|((v, s), b)| b * (v - s.mean) / s.deviation).sum::<f64>()
    }

    /// Standard deviation of what the model leaves.
    pub fn noise(&self) -> f64 {
        self.scale * self.noise
    }

    /// Bars at which the slope may change, and by how much it does there, in values per bar.
    pub fn changes(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let per_bar = self.scale / (self.bars - 1) as f64;
        self.places.iter().zip(&self.changes).map(move |(p, d)| (*p, d * per_bar))
    }

    /// Minus the logarithm of the posterior at its maximum, without constants, for scaled values.
    pub fn objective(&self) -> f64 {
        self.objective
    }

    /// The model over its own history.
    pub fn fitted(&self, regressors: &[&[f64]]) -> Result<Vec<f64>, Error> {
        self.check_regressors(regressors, self.bars)?;
        Ok((0..self.bars)
            .map(|t| self.trend(t) + self.seasonal(t) + self.regressed(regressors.iter().map(|r| r[t])))
            .collect())
    }

    fn check_regressors(&self, regressors: &[&[f64]], length: usize) -> Result<(), Error> {
        check_same("regressors", regressors.len(), "those of the fit", self.standards.len())?;
        for r in regressors {
            check_same("regressor", r.len(), "bars", length)?;
            check("regressor", r, 0)?;
        }
        Ok(())
    }

    /// Simulates `paths` futures of `horizon` bars from `seed`: changes of slope come as often and as large as in the
    /// history, and noise is added. `regressors` are those of the future.
    pub fn simulate(
        &self,
        horizon: usize,
        regressors: &[&[f64]],
        paths: usize,
        seed: u64,
    ) -> Result<Futures, Error> {
        self.check_regressors(regressors, horizon)?;
        check_parameter("paths", paths as f64, paths > 0, "at least 1")?;
        let mean: Vec<f64> = (0..horizon)
            .map(|h| {
                let bar = self.bars + h;
                self.trend(bar) + self.seasonal(bar) + self.regressed(regressors.iter().map(|r| r[h]))
            })
            .collect();
        let span = self.time(self.bars - 1 + horizon) - 1.0;
        let count = Poisson::new(self.places.len() as f64 * span)?;
        let size = crate::series::mean(&self.changes.iter().map(|d| d.abs()).collect::<Vec<_>>()) + 1e-8;
        let key = Key::named(seed, "additive model");
        let mut values = vec![Vec::with_capacity(paths); horizon];
        for path in 0..paths {
            let mut stream = key.stream(path as u64);
            let changes: Vec<(f64, f64)> = (0..count.draw(&mut stream))
                .map(|_| {
                    let at = 1.0 + span * stream.uniform();
                    let sign = if stream.uniform() < 0.5 { -1.0 } else { 1.0 };
                    (at, sign * size * stream.exponential())
                })
                .collect();
            for (h, (values, mean)) in values.iter_mut().zip(&mean).enumerate() {
                let t = self.time(self.bars + h);
                let bend: f64 = changes.iter().map(|(at, d)| d * (t - at).max(0.0)).sum();
                values.push(mean + self.scale * (bend + self.noise * stream.normal()));
            }
        }
        values.iter_mut().for_each(|v| v.sort_by(f64::total_cmp));
        Ok(Futures { mean, values })
    }
}

/// Mean and deviation (ddof 1); one that takes two values only, 0 and 1, stays as it is.
fn standard(r: &[f64], n: usize) -> Result<Standard, Error> {
    check_same("regressor", r.len(), "values", n)?;
    check_varying("regressor", r, 2)?;
    if r.iter().all(|v| v.abs() <= 0.0 || (v - 1.0).abs() <= 0.0) {
        return Ok(Standard { mean: 0.0, deviation: 1.0 });
    }
    let m = crate::series::moments(r);
    Ok(Standard { mean: m.mean, deviation: libm::sqrt(m.m2 * n as f64 / (n - 1) as f64) })
}

/// Simulated futures.
#[derive(Clone, Debug, PartialEq)]
pub struct Futures {
    mean: Vec<f64>,
    /// For each bar, the values of all paths in order.
    values: Vec<Vec<f64>>,
}

impl Futures {
    /// The model's own path, and the interval that holds this share of the simulated values.
    pub fn forecast(&self, level: f64) -> Result<Forecast, Error> {
        check_level(level)?;
        let ends = |share: f64| self.values.iter().map(|v| quantile_sorted(v, share)).collect();
        Ok(Forecast {
            mean: self.mean.clone(),
            lower: ends(0.5 - 0.5 * level),
            upper: ends(0.5 + 0.5 * level),
        })
    }

    /// For each bar, the share of futures above a threshold: the probability, 0 to 1, of a transition that is said by
    /// its crossing.
    pub fn above(&self, threshold: f64) -> Vec<f64> {
        self.values
            .iter()
            .map(|v| 1.0 - v.partition_point(|x| *x <= threshold) as f64 / v.len() as f64)
            .collect()
    }
}
