//! ARIMA(p, d, q) and seasonal ARIMA(p, d, q)(P, D, Q)s (Box & Jenkins 1970) by exact maximum likelihood of the differenced
//! series, and forecasts with intervals. The order can be chosen by [`Arima::auto`] and [`Arima::auto_seasonal`].

use super::arma::{Arma, Evidence, stationary};
use super::{Forecast, check_level};
use crate::Error;
use crate::optimise::{Stop, bfgs, gradient_by_differences, nelder_mead};
use crate::regression::Ols;
use crate::series::{check, dot, mean};

pub use super::auto_arima::Stepwise;

/// Largest p and q.
pub const ORDER_MAX: usize = 8;
/// Largest d.
pub const DIFFERENCES_MAX: usize = 2;
/// Largest P and Q.
pub const SEASONAL_ORDER_MAX: usize = 3;
/// Longest season.
pub const PERIOD_MAX: usize = 400;

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

/// The seasonal part of an order: its polynomials, in steps of a period, multiply those of [`Order`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeasonalOrder {
    /// Autoregressive terms (P), at most 3.
    pub p: usize,
    /// Differences over a period (D), at most 1.
    pub d: usize,
    /// Moving-average terms (Q), at most 3.
    pub q: usize,
    /// Steps of a period, from 2 to 400.
    pub period: usize,
}

/// The exact gradient keeps each step of the filter; beyond so many values times states, differences take its place.
const STEPS_KEPT_MAX: usize = 1 << 22;
/// Frequencies at which a [`narrow`] start is tried, and how many of the best are climbed from.
const NARROW_FREQUENCIES: usize = 16;
const NARROW_STARTS: usize = 4;

/// A fitted model.
#[derive(Clone, Debug, PartialEq)]
pub struct Arima {
    /// Its order.
    pub order: Order,
    /// The seasonal part of it.
    pub seasonal: Option<SeasonalOrder>,
    /// Autoregressive coefficients.
    pub ar: Vec<f64>,
    /// Moving-average coefficients.
    pub ma: Vec<f64>,
    /// Seasonal autoregressive coefficients, of steps of a period.
    pub seasonal_ar: Vec<f64>,
    /// Seasonal moving-average coefficients.
    pub seasonal_ma: Vec<f64>,
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
    /// The last values of the series, from which forecasts go on: as many as differencing takes.
    history: Vec<f64>,
    /// Both parts multiplied out.
    product: Arma,
    state: Vec<f64>,
}

/// `x_t - x_(t - by)`.
pub(super) fn difference(x: &[f64], by: usize) -> Vec<f64> {
    x.iter().skip(by).zip(x).map(|(now, before)| now - before).collect()
}

/// Of `(1 - B)^d (1 - B^s)^D`, from the power 1 on, with the sign turned: `x_t = w_t + sum of c_j x_(t - j)`.
fn integration(d: usize, seasonal: Option<SeasonalOrder>) -> Vec<f64> {
    let mut polynomial = vec![1.0];
    let periods = seasonal.iter().flat_map(|it| (0..it.d).map(|_| it.period));
    for by in (0..d).map(|_| 1).chain(periods) {
        let mut next = polynomial.clone();
        next.resize(polynomial.len() + by, 0.0);
        for (j, c) in polynomial.iter().enumerate() {
            next[j + by] -= c;
        }
        polynomial = next;
    }
    polynomial[1..].iter().map(|c| -c).collect()
}

impl Arima {
    /// Fits a model of given order. Needs twice as many differenced values as parameters, plus 8.
    pub fn fit(x: &[f64], order: Order) -> Result<Self, Error> {
        Self::fit_product(x, order, None)
    }

    /// Fits a seasonal model of given order. Needs as many differenced values as above, and two periods.
    pub fn fit_seasonal(x: &[f64], order: Order, seasonal: SeasonalOrder) -> Result<Self, Error> {
        let limits = [
            ("P", seasonal.p, 0, SEASONAL_ORDER_MAX, "at most 3"),
            ("D", seasonal.d, 0, 1, "at most 1"),
            ("Q", seasonal.q, 0, SEASONAL_ORDER_MAX, "at most 3"),
            ("period", seasonal.period, 2, PERIOD_MAX, "from 2 to 400"),
        ];
        for (name, value, min, max, expected) in limits {
            crate::series::check_parameter(name, value as f64, (min..=max).contains(&value), expected)?;
        }
        check("ARIMA: series", x, 2 * seasonal.period)?;
        Self::fit_product(x, order, Some(seasonal))
    }

    fn fit_product(x: &[f64], order: Order, seasonal: Option<SeasonalOrder>) -> Result<Self, Error> {
        let Order { p, d, q, constant } = order;
        for (name, value, max) in [("p", p, ORDER_MAX), ("d", d, DIFFERENCES_MAX), ("q", q, ORDER_MAX)] {
            let expected = if name == "d" { "at most 2" } else { "at most 8" };
            crate::series::check_parameter(name, value as f64, value <= max, expected)?;
        }
        let shape = Shape { order, seasonal };
        let integration = integration(d, seasonal);
        let parameters = shape.coefficients() + 1;
        check("ARIMA: series", x, integration.len() + 2 * parameters + 8)?;
        let over = seasonal.map_or_else(Vec::new, |it| vec![it.period; it.d]);
        let w = over.iter().chain(&vec![1; d]).fold(x.to_vec(), |x, by| difference(&x, *by));
        let centre = if constant { mean(&w) } else { 0.0 };
        let size = libm::sqrt(w.iter().map(|v| (v - centre) * (v - centre)).sum::<f64>() / w.len() as f64);
        // What is left of an exact polynomial is rounding, not noise.
        let level = x.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        if size <= 1e-13 * level || size <= 0.0 {
            return Err(Error::Constant { what: "ARIMA: differenced series" });
        }
        let scaled: Vec<f64> = w.iter().map(|v| (v - centre) / size).collect();
        let best = minimise(&scaled, shape)?;
        let (parts, shift) = shape.unpack(&best);
        let product = parts.product();
        let moved: Vec<f64> = scaled.iter().map(|v| v - shift).collect();
        let n = w.len() as f64;
        let unusable =
            || Error::Singular { what: "ARIMA", detail: "the process is too near to a unit root".into() };
        let filtered = product.filter(&moved).ok_or_else(unusable)?;
        let s2 = filtered.squares / n;
        let log_likelihood = -0.5 * (n * libm::log(2.0 * core::f64::consts::PI * s2) + filtered.logs + n)
            - n * libm::log(size);
        let k = parameters as f64;
        let aicc = -2.0 * log_likelihood + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0);
        let deviation = libm::sqrt(s2);
        Ok(Self {
            order,
            seasonal,
            ar: parts.ar,
            ma: parts.ma,
            seasonal_ar: parts.seasonal_ar,
            seasonal_ma: parts.seasonal_ma,
            mean: centre + shift * size,
            variance: s2 * size * size,
            log_likelihood,
            residuals: filtered.innovations.iter().map(|v| v / deviation).collect(),
            aicc,
            history: x[x.len() - integration.len()..].to_vec(),
            product,
            state: filtered.state.iter().map(|v| v * size).collect(),
        })
    }

    /// The next `horizon` values with normal intervals of this level. They hold the shocks to come, not the doubt about
    /// the coefficients.
    pub fn forecast(&self, horizon: usize, level: f64) -> Result<Forecast, Error> {
        check_level(level)?;
        let integration = integration(self.order.d, self.seasonal);
        let summed = |mut values: Vec<f64>, h: usize| {
            // The value before the first of them has lag 1.
            values[h] += integration.iter().enumerate().map(|(j, c)| c * values[h - 1 - j]).sum::<f64>();
            values
        };
        let past = self.history.len();
        let mut values = self.history.clone();
        values.extend(self.product.predict(&self.state, horizon).iter().map(|v| v + self.mean));
        let mut psi = vec![0.0; past];
        psi.extend(self.product.psi(horizon));
        for h in past..past + horizon {
            (values, psi) = (summed(values, h), summed(psi, h));
        }
        values.drain(..past);
        psi.drain(..past);
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

/// What is fitted.
#[derive(Clone, Copy)]
struct Shape {
    order: Order,
    seasonal: Option<SeasonalOrder>,
}

/// The polynomials of a model.
struct Parts {
    ar: Vec<f64>,
    ma: Vec<f64>,
    seasonal_ar: Vec<f64>,
    seasonal_ma: Vec<f64>,
    period: usize,
}

impl Shape {
    /// AR, MA, seasonal AR, seasonal MA.
    fn counts(&self) -> [usize; 4] {
        let (p, q) = self.seasonal.map_or((0, 0), |it| (it.p, it.q));
        [self.order.p, self.order.q, p, q]
    }

    fn coefficients(&self) -> usize {
        self.counts().iter().sum::<usize>() + usize::from(self.order.constant)
    }

    fn unpack(&self, z: &[f64]) -> (Parts, f64) {
        let mut rest = z;
        let [ar, ma, seasonal_ar, seasonal_ma] = self.counts().map(|count| {
            let (these, others) = rest.split_at(count);
            rest = others;
            stationary(these)
        });
        // Invertible: the polynomial with the signs turned is stationary.
        let turned = |it: Vec<f64>| it.iter().map(|c| -c).collect();
        let period = self.seasonal.map_or(1, |it| it.period);
        let parts = Parts { ar, ma: turned(ma), seasonal_ar, seasonal_ma: turned(seasonal_ma), period };
        (parts, rest.first().copied().unwrap_or(0.0))
    }
}

impl Parts {
    fn product(&self) -> Arma {
        Arma {
            ar: times(&self.ar, &self.seasonal_ar, self.period, -1.0),
            ma: times(&self.ma, &self.seasonal_ma, self.period, 1.0),
        }
    }
}

/// Coefficients, from the power 1 on, of `(1 + sign a(B)) (1 + sign b(B^period))`, times `sign` again.
fn times(a: &[f64], b: &[f64], period: usize, sign: f64) -> Vec<f64> {
    let mut out = a.to_vec();
    out.resize(a.len() + b.len() * period, 0.0);
    for (j, b) in b.iter().enumerate() {
        let from = (j + 1) * period;
        out[from - 1] += b;
        for (i, a) in a.iter().enumerate() {
            out[from + i] += sign * a * b;
        }
    }
    out
}

/// Minus the log-likelihood per value, with the variance at its best and constants left out.
fn minus_likelihood(x: &[f64], shape: Shape, z: &[f64]) -> f64 {
    let (parts, mean) = shape.unpack(z);
    parts.product().evidence(x, mean).map_or(f64::INFINITY, |it| per_value(it, x.len()))
}

fn per_value(it: Evidence, count: usize) -> f64 {
    let n = count as f64;
    0.5 * (libm::log(it.squares / n) + it.logs / n)
}

/// Minimises [`minus_likelihood`].
fn minimise(x: &[f64], shape: Shape) -> Result<Vec<f64>, Error> {
    let k = shape.coefficients();
    if k == 0 {
        return Ok(Vec::new());
    }
    let objective = |z: &[f64]| minus_likelihood(x, shape, z);
    let stop = Stop { tolerance: 1e-7, iterations_max: 400, ..Stop::new("ARIMA") };
    // The likelihood has several maxima as soon as AR and MA parts meet; the best that is found wins.
    let mut best: Option<(f64, Vec<f64>)> = None;
    let mut unfinished: Option<(f64, Vec<f64>)> = None;
    let better = |it: f64, than: &Option<(f64, Vec<f64>)>| than.as_ref().is_none_or(|than| it < than.0);
    let mut begin = starts(x, shape);
    let mut narrow: Vec<(f64, Vec<f64>)> = narrow(shape).into_iter().map(|z| (objective(&z), z)).collect();
    narrow.sort_by(|a, b| a.0.total_cmp(&b.0));
    begin.extend(narrow.into_iter().take(NARROW_STARTS).map(|it| it.1));
    for start in begin {
        let mut lowest = (f64::INFINITY, Vec::new());
        let watched = |z: &[f64], gradient: &mut [f64]| {
            let value = slopes(x, shape, z, gradient);
            if value < lowest.0 {
                lowest = (value, z.to_vec());
            }
            value
        };
        match bfgs(watched, &start, &stop) {
            Ok(found) if better(found.value, &best) => best = Some((found.value, found.x)),
            Ok(_) => {}
            Err(_) if better(lowest.0, &unfinished) => unfinished = Some(lowest),
            Err(_) => {}
        }
    }
    // A maximum at the edge, where a coefficient wants to be 1, has no gradient to end on.
    if let Some((value, start)) = unfinished
        && better(value, &best)
        && let Ok(found) =
            nelder_mead(objective, &start, &vec![0.3; k], &Stop { iterations_max: 4000, ..stop })
        && better(found.value, &best)
    {
        best = Some((found.value, found.x));
    }
    let detail = || "no start led to a maximum of the likelihood".to_owned();
    best.map(|b| b.1).ok_or_else(|| Error::NotConverged { what: "ARIMA", iterations: 4000, detail: detail() })
}

/// [`minus_likelihood`] and its gradient: exact by what the filter is made of, which follows from the variables without the
/// series, so that differences cost little there.
fn slopes(x: &[f64], shape: Shape, z: &[f64], gradient: &mut [f64]) -> f64 {
    let n = x.len() as f64;
    let (parts, mean) = shape.unpack(z);
    let product = parts.product();
    if x.len().saturating_mul(product.size()) > STEPS_KEPT_MAX {
        gradient.copy_from_slice(&gradient_by_differences(|z| minus_likelihood(x, shape, z), z));
        return minus_likelihood(x, shape, z);
    }
    let Some(score) = product.score(x, mean, |it| [0.5 / it.squares, 0.5 / n]) else {
        gradient.fill(f64::NAN);
        return f64::INFINITY;
    };
    let made = |z: &[f64]| {
        let product = shape.unpack(z).0.product();
        let column = product.first_column()?;
        Some(dot(&score.ar, &product.ar) + dot(&score.column, &column))
    };
    let coefficients = z.len() - usize::from(shape.order.constant);
    let by = gradient_by_differences(
        |head| made(&[head, &z[coefficients..]].concat()).unwrap_or(f64::NAN),
        &z[..coefficients],
    );
    gradient[..coefficients].copy_from_slice(&by);
    if shape.order.constant {
        gradient[coefficients] = score.mean;
    }
    per_value(score.evidence, x.len())
}

/// Where to start: from regressions, and for mixed models from strong memory of either sign as well.
fn starts(x: &[f64], shape: Shape) -> Vec<Vec<f64>> {
    let [p, q, seasonal_p, seasonal_q] = shape.counts();
    let fill = |ar: &[f64], ma: &[f64], seasonal: (f64, f64)| {
        let mut z = [ar, ma, &vec![seasonal.0; seasonal_p], &vec![seasonal.1; seasonal_q]].concat();
        z.resize(shape.coefficients(), 0.0);
        z
    };
    // Not on the line where AR and MA cancel, along which the likelihood is flat.
    let mut out = vec![fill(&vec![0.1; p], &vec![0.05; q], (0.1, 0.05))];
    if seasonal_p + seasonal_q > 0 {
        // What a difference over a period takes too much of, a moving average gives back.
        out.push(fill(&vec![0.1; p], &vec![0.3; q], (0.05, 0.6)));
    }
    if let Some((ar, ma)) = hannan_rissanen(x, p, q) {
        let turned: Vec<f64> = ma.iter().map(|c| -c).collect();
        out.push(fill(&partial(ar), &partial(turned), (0.1, 0.3)));
    }
    if p > 0 && q > 0 {
        for (a, m) in [(2.0, 1.0), (-2.0, -3.0), (2.0, 3.0)] {
            let lead = |first: f64, count: usize| {
                let mut z = vec![0.0; count];
                z[0] = first;
                z
            };
            out.push(fill(&lead(a, p), &lead(m, q), (0.1, 0.3)));
        }
    }
    out
}

/// A pair of AR roots and one of MA roots at one frequency, near each other: a narrow peak or notch in the spectrum, as the
/// likelihood of longer models tends to have its maximum in one.
fn narrow(shape: Shape) -> Vec<Vec<f64>> {
    let [p, q, ..] = shape.counts();
    if p < 2 || q < 2 {
        return Vec::new();
    }
    let pair = |size: f64, angle: f64| {
        let second = -size * size;
        let first = 2.0 * size * libm::cos(angle) / (1.0 - second);
        [first, second].map(|r| r / libm::sqrt(1.0 - r * r))
    };
    let frequencies = (0..NARROW_FREQUENCIES)
        .map(|it| core::f64::consts::PI * (it as f64 + 0.5) / NARROW_FREQUENCIES as f64);
    frequencies
        .flat_map(|angle| [(0.9, 0.97), (0.97, 0.9)].map(|(ar, ma)| (pair(ar, angle), pair(ma, angle))))
        .map(|(ar, ma)| {
            let mut z = vec![0.0; shape.coefficients()];
            z[..2].copy_from_slice(&ar);
            z[p..p + 2].copy_from_slice(&ma);
            z
        })
        .collect()
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
