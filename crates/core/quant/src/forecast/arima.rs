//! ARIMA(p, d, q) by exact maximum likelihood of the differenced series, and forecasts with intervals. The order can be
//! chosen by [`Arima::auto`]. Seasonal terms are left out; take seasons off with [`super::stl`] first.

use super::arma::{Arma, stationary};
use super::{Forecast, check_level};
use crate::Error;
use crate::optimise::{Stop, bfgs, gradient_by_differences, nelder_mead};
use crate::regression::Ols;
use crate::series::{check, mean};

pub use super::auto_arima::Stepwise;

/// Largest p and q.
pub const ORDER_MAX: usize = 8;
/// Largest d.
pub const DIFFERENCES_MAX: usize = 2;

/// Order of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order {
    /// Autoregressive terms, at most 8.
    pub p: usize,
    /// Differences, at most 2.
    pub d: usize,
    /// Moving-average terms, at most 8.
    pub q: usize,
    /// Whether the differenced series has a mean of its own: a level for d = 0, a drift for d = 1.
    pub constant: bool,
}

/// A fitted model.
#[derive(Clone, Debug, PartialEq)]
pub struct Arima {
    /// Its order.
    pub order: Order,
    /// Autoregressive coefficients.
    pub ar: Vec<f64>,
    /// Moving-average coefficients.
    pub ma: Vec<f64>,
    /// Mean of the differenced series; 0 without a constant.
    pub mean: f64,
    /// Variance of the shocks.
    pub variance: f64,
    /// Log-likelihood of the differenced series.
    pub log_likelihood: f64,
    /// Standardised one-step errors of the differenced series, for tests of what is left.
    pub residuals: Vec<f64>,
    /// Bias-corrected Akaike criterion.
    pub aicc: f64,
    /// The last values of the 0th to (d-1)th difference, from which forecasts go on.
    tails: Vec<f64>,
    state: Vec<f64>,
}

pub(super) fn difference(x: &[f64], times: usize) -> Vec<f64> {
    (0..times).fold(x.to_vec(), |x, _| x.windows(2).map(|w| w[1] - w[0]).collect())
}

impl Arima {
    /// Fits a model of given order. Needs twice as many differenced values as parameters, plus 8.
    pub fn fit(x: &[f64], order: Order) -> Result<Self, Error> {
        let Order { p, d, q, constant } = order;
        for (name, value, max) in [("p", p, ORDER_MAX), ("d", d, DIFFERENCES_MAX), ("q", q, ORDER_MAX)] {
            let expected = if name == "d" { "at most 2" } else { "at most 8" };
            crate::series::check_parameter(name, value as f64, value <= max, expected)?;
        }
        let parameters = p + q + usize::from(constant) + 1;
        check("ARIMA: series", x, d + 2 * parameters + 8)?;
        let w = difference(x, d);
        let centre = if constant { mean(&w) } else { 0.0 };
        let size = libm::sqrt(w.iter().map(|v| (v - centre) * (v - centre)).sum::<f64>() / w.len() as f64);
        // What is left of an exact polynomial is rounding, not noise.
        let level = x.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        if size <= 1e-13 * level || size <= 0.0 {
            return Err(Error::Constant { what: "ARIMA: differenced series" });
        }
        let scaled: Vec<f64> = w.iter().map(|v| (v - centre) / size).collect();
        let best = minimise(&scaled, order)?;
        let (arma, shift) = unpack(&best, order);
        let moved: Vec<f64> = scaled.iter().map(|v| v - shift).collect();
        let n = w.len() as f64;
        let unusable =
            || Error::Singular { what: "ARIMA", detail: "the process is too near to a unit root".into() };
        let filtered = arma.filter(&moved).ok_or_else(unusable)?;
        let s2 = filtered.squares / n;
        let log_likelihood = -0.5 * (n * libm::log(2.0 * core::f64::consts::PI * s2) + filtered.logs + n)
            - n * libm::log(size);
        let k = parameters as f64;
        let aicc = -2.0 * log_likelihood + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0);
        let deviation = libm::sqrt(s2);
        Ok(Self {
            order,
            ar: arma.ar,
            ma: arma.ma,
            mean: centre + shift * size,
            variance: s2 * size * size,
            log_likelihood,
            residuals: filtered.innovations.iter().map(|v| v / deviation).collect(),
            aicc,
            tails: (0..d).map(|i| difference(x, i).last().copied().unwrap_or(0.0)).collect(),
            state: filtered.state.iter().map(|v| v * size).collect(),
        })
    }

    /// The next `horizon` values with normal intervals of this level. They hold the shocks to come, not the doubt about
    /// the coefficients.
    pub fn forecast(&self, horizon: usize, level: f64) -> Result<Forecast, Error> {
        check_level(level)?;
        let arma = Arma { ar: self.ar.clone(), ma: self.ma.clone() };
        let mut values: Vec<f64> = arma.predict(&self.state, horizon).iter().map(|v| v + self.mean).collect();
        let mut psi = arma.psi(horizon);
        for tail in self.tails.iter().rev() {
            let (mut value, mut weight) = (*tail, 0.0);
            for (v, w) in values.iter_mut().zip(&mut psi) {
                value += *v;
                *v = value;
                weight += *w;
                *w = weight;
            }
        }
        let mut sum = 0.0;
        let sd: Vec<f64> = psi
            .iter()
            .map(|w| {
                sum += w * w;
                libm::sqrt(self.variance * sum)
            })
            .collect();
        Forecast::normal(values, &sd, level)
    }
}

fn unpack(z: &[f64], order: Order) -> (Arma, f64) {
    let ar = stationary(&z[..order.p]);
    // Invertible: the polynomial with the signs turned is stationary.
    let ma = stationary(&z[order.p..order.p + order.q]).iter().map(|c| -c).collect();
    (Arma { ar, ma }, if order.constant { z[order.p + order.q] } else { 0.0 })
}

/// Minus the log-likelihood per value, with the variance at its best and constants left out.
fn minimise(x: &[f64], order: Order) -> Result<Vec<f64>, Error> {
    let k = order.p + order.q + usize::from(order.constant);
    if k == 0 {
        return Ok(Vec::new());
    }
    let n = x.len() as f64;
    let objective = |z: &[f64]| {
        let (arma, shift) = unpack(z, order);
        let moved: Vec<f64> = x.iter().map(|v| v - shift).collect();
        arma.filter(&moved).map_or(f64::INFINITY, |f| 0.5 * (libm::log(f.squares / n) + f.logs / n))
    };
    let stop = Stop { tolerance: 1e-7, iterations_max: 400, ..Stop::new("ARIMA") };
    let with_gradient = |z: &[f64], g: &mut [f64]| {
        g.copy_from_slice(&gradient_by_differences(objective, z));
        objective(z)
    };
    // The likelihood has several maxima as soon as AR and MA parts meet; the best that is found wins.
    let mut best: Option<(f64, Vec<f64>)> = None;
    for start in starts(x, order) {
        // A maximum at the edge, where a coefficient wants to be 1, has no gradient to end on.
        let found = bfgs(with_gradient, &start, &stop).or_else(|_| {
            nelder_mead(objective, &start, &vec![0.3; k], &Stop { iterations_max: 4000, ..stop })
        });
        if let Ok(found) = found
            && best.as_ref().is_none_or(|b| found.value < b.0)
        {
            best = Some((found.value, found.x));
        }
    }
    let detail = || "no start led to a maximum of the likelihood".to_owned();
    best.map(|b| b.1).ok_or_else(|| Error::NotConverged { what: "ARIMA", iterations: 4000, detail: detail() })
}

/// Where to start: from regressions, and for mixed models from strong memory of either sign as well.
fn starts(x: &[f64], order: Order) -> Vec<Vec<f64>> {
    let (p, q) = (order.p, order.q);
    let fill = |ar: &[f64], ma: &[f64]| {
        let mut z: Vec<f64> = ar.iter().chain(ma).copied().collect();
        z.resize(p + q + usize::from(order.constant), 0.0);
        z
    };
    // Not on the line where AR and MA cancel, along which the likelihood is flat.
    let mut out = vec![fill(&vec![0.1; p], &vec![0.05; q])];
    if let Some((ar, ma)) = hannan_rissanen(x, p, q) {
        let turned: Vec<f64> = ma.iter().map(|c| -c).collect();
        out.push(fill(&partial(ar), &partial(turned)));
    }
    if p > 0 && q > 0 {
        for (a, m) in [(2.0, 1.0), (-2.0, -3.0), (2.0, 3.0)] {
            let lead = |first: f64, count: usize| {
                let mut z = vec![0.0; count];
                z[0] = first;
                z
            };
            out.push(fill(&lead(a, p), &lead(m, q)));
        }
    }
    out
}

/// Hannan & Rissanen (1982): shocks from a long autoregression, then one regression on past values and past shocks.
fn hannan_rissanen(x: &[f64], p: usize, q: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    let n = x.len();
    let long = if q == 0 { 0 } else { (p + q + 4).max(libm::cbrt(n as f64) as usize * 2) };
    let past = long + p.max(q);
    if n < 3 * past + 10 {
        return None;
    }
    let lag = |series: &[f64], by: usize, from: usize| -> Vec<f64> { series[from - by..n - by].to_vec() };
    let mut shocks = vec![0.0; n];
    if q > 0 {
        let columns: Vec<Vec<f64>> = (1..=long).map(|l| lag(x, l, long)).collect();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        shocks[long..].copy_from_slice(&Ols::fit(&columns, &x[long..]).ok()?.residuals);
    }
    let columns: Vec<Vec<f64>> =
        (1..=p).map(|l| lag(x, l, past)).chain((1..=q).map(|l| lag(&shocks, l, past))).collect();
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let coef = Ols::fit(&columns, &x[past..]).ok()?.coef;
    Some((coef[..p].to_vec(), coef[p..].to_vec()))
}

/// The inverse of [`stationary`]; coefficients outside its range are drawn in until they are inside.
fn partial(mut phi: Vec<f64>) -> Vec<f64> {
    for _ in 0..200 {
        let mut down = phi.clone();
        let mut out = vec![0.0; phi.len()];
        let mut inside = true;
        for k in (0..phi.len()).rev() {
            let r = down[k];
            if r.is_nan() || r.abs() >= 0.995 {
                inside = false;
                break;
            }
            out[k] = r / libm::sqrt(1.0 - r * r);
            let before = down.clone();
            for j in 0..k {
                down[j] = (before[j] + r * before[k - 1 - j]) / (1.0 - r * r);
            }
        }
        if inside {
            return out;
        }
        let mut share = 1.0;
        for c in &mut phi {
            share *= 0.97;
            *c *= share;
        }
    }
    vec![0.1; phi.len()]
}
