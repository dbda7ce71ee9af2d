//! Maximum likelihood for the GARCH family, with standard errors.

use serde::{Deserialize, Serialize};

use super::check_series;
use super::likelihood::{Kink, Series};
use super::model::{ErrorFamily, Garch, GarchStream, Kind, Mean, Params, backcast};
use super::transform::Transform;
use crate::Error;
use crate::matrix::{Cholesky, Matrix};
use crate::optimise::{Minimum, Stop, bfgs};

/// Fewer returns than this say too little about five parameters.
const RETURNS_MIN: usize = 50;
/// Response, persistence and degrees of freedom from which a search may start.
const STARTS: [(f64, f64, f64); 6] = [
    (0.05, 0.98, 6.0),
    (0.1, 0.98, 20.0),
    (0.1, 0.9, 6.0),
    (0.2, 0.95, 6.0),
    (0.05, 0.8, 20.0),
    (0.3, 0.5, 6.0),
];
/// Short series have likelihoods with more than one maximum: so many returns share the searches, of which each starts
/// elsewhere and the best is kept.
const RETURNS_PER_SEARCH: usize = 6_000;
/// The likelihood of EGARCH has a kink in `mu` at every return, as its response to an error has one at 0, and its maximum
/// tends to lie on one. The search rounds the kink off within this share of a standard deviation, which moves the
/// likelihood by parts in a million; what is reported of the model found is exact.
const KINK_ROUNDING: f64 = 1e-3;
/// A response or memory below this, or degrees of freedom above, lie at their bounds.
const NEAR_BOUND: f64 = 1e-6;
const NU_FLAT: f64 = 499.0;
/// Above this persistence a disturbance has a half-life of about seven hundred thousand steps: the series does not tell
/// the model from one without a mean variance.
const NEARLY_INTEGRATED: f64 = 1.0 - 1e-6;

/// What is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// Which recursion.
    pub kind: Kind,
    /// Which mean.
    pub mean: Mean,
    /// Which errors.
    pub errors: ErrorFamily,
    /// Weight of `alpha^2 + gamma^2 + beta^2` against the log-likelihood: 0 for plain maximum likelihood. The standard
    /// errors of a penalised fit take no account of the penalty.
    pub ridge: f64,
}

impl Spec {
    /// A constant mean and no penalty.
    pub const fn new(kind: Kind, errors: ErrorFamily) -> Self {
        Self { kind, mean: Mean::Constant, errors, ridge: 0.0 }
    }
}

/// Standard errors, in the order `mu, omega, alpha, gamma, beta, nu, lambda`; `None` for what the model does not have. Of a
/// fit that is [nearly integrated](Fit::nearly_integrated) those of the integrated model, whose persistence is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StandardErrors {
    /// From the inverse of the observed information: right if the errors are distributed as the model says.
    pub classical: [Option<f64>; 7],
    /// From the sandwich of Bollerslev & Wooldridge (1992): right for the variance even where the errors are not.
    pub robust: [Option<f64>; 7],
}

/// A model fitted to a series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// The model.
    pub model: Garch,
    /// Its filter at the end of the series: ready for the next return.
    pub stream: GarchStream,
    /// The start value of the variance, from the series.
    pub backcast: f64,
    /// The log-likelihood, without the penalty.
    pub log_likelihood: f64,
    /// Returns used.
    pub n: usize,
    /// Parameters searched.
    pub parameters: usize,
    /// `None` where the likelihood is flat in some direction at its maximum (no memory in the series, say), so that no
    /// error can be stated; a parameter alone has none where the likelihood pushes it against its bound.
    pub standard_errors: Option<StandardErrors>,
    /// Whether the persistence came to lie at 1 (above 0.999999): the long-run variance is then not to be used.
    pub nearly_integrated: bool,
    /// Steps of the search.
    pub iterations: usize,
    /// The largest component of the gradient of the mean negative log-likelihood by the free variables.
    pub gradient_norm: f64,
}

impl Fit {
    /// The mean variance in the long run, [`Garch::long_run_variance`]. None for EGARCH, and where the fit is
    /// [nearly integrated](Self::nearly_integrated): a ratio of two numbers that both came to lie at 0.
    pub fn long_run_variance(&self) -> Option<f64> {
        if self.nearly_integrated { None } else { self.model.long_run_variance() }
    }

    /// Akaike's criterion: `2 k - 2 ln L`.
    pub fn aic(&self) -> f64 {
        2.0 * self.parameters as f64 - 2.0 * self.log_likelihood
    }

    /// Schwarz's criterion: `k ln n - 2 ln L`.
    pub fn bic(&self) -> f64 {
        self.parameters as f64 * libm::log(self.n as f64) - 2.0 * self.log_likelihood
    }

    /// Expected variances of the next `horizon` steps; see [`Garch::forecast`].
    pub fn forecast(&self, horizon: usize) -> Result<Vec<f64>, Error> {
        self.model.forecast(self.stream.variance(), horizon)
    }
}

/// Fits a model to at least 50 returns of any scale. A series is scaled to variance one for the search, so that the unit
/// of the returns changes nothing. Refuses a constant series; `NotConverged` when no start leads to a maximum whose model has
/// a finite likelihood and a finite next variance in the unit of the returns. That happens to EGARCH on short calm series:
/// its likelihood then rises up to where the filter no longer forgets its start.
pub fn fit(returns: &[f64], spec: &Spec) -> Result<Fit, Error> {
    check_series("returns", returns, RETURNS_MIN)?;
    if !(spec.ridge >= 0.0 && spec.ridge.is_finite()) {
        return Err(Error::Parameter { name: "ridge", value: spec.ridge, expected: "not negative" });
    }
    let n = returns.len() as f64;
    let mean = returns.iter().sum::<f64>() / n;
    let deviation = (returns.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / n).sqrt();
    if !deviation.is_finite() {
        return Err(Error::Parameter { name: "variance of returns", value: deviation, expected: "finite" });
    }
    let largest = returns.iter().fold(0.0, |most: f64, r| most.max(r.abs()));
    // What is left of a constant after subtracting its rounded mean is no variance.
    if deviation <= 1e-12 * largest || deviation < 1e-140 {
        return Err(Error::Constant { what: "returns" });
    }
    let scaled: Vec<f64> = returns.iter().map(|r| r / deviation).collect();
    let search = Search {
        series: Series {
            returns: &scaled,
            backcast: backcast(&scaled, spec.mean)?,
            kink: Kink::Rounded(KINK_ROUNDING),
        },
        unscaled: Series { returns, backcast: backcast(returns, spec.mean)?, kink: Kink::Sharp },
        deviation,
        spec,
        transform: Transform { kind: spec.kind, mean: spec.mean, family: spec.errors },
    };
    let Found { minimum, at_scale, model, stream, log_likelihood } = search.run(mean / deviation)?;
    Ok(Fit {
        model,
        stream,
        backcast: search.unscaled.backcast,
        log_likelihood,
        n: returns.len(),
        parameters: minimum.x.len(),
        standard_errors: search.standard_errors(&at_scale),
        nearly_integrated: model.persistence() > NEARLY_INTEGRATED,
        iterations: minimum.iterations,
        gradient_norm: minimum.gradient_norm,
    })
}

/// Parameters of `returns` from those of `returns / deviation`.
fn unscale(kind: Kind, scaled: [f64; 7], deviation: f64) -> [f64; 7] {
    let mut p = scaled;
    p[0] *= deviation;
    match kind {
        Kind::Egarch => p[1] += (1.0 - p[4]) * 2.0 * libm::log(deviation),
        _ => p[1] *= deviation * deviation,
    }
    p
}

struct Search<'a> {
    /// Of variance one.
    series: Series<'a>,
    /// As given.
    unscaled: Series<'a>,
    deviation: f64,
    spec: &'a Spec,
    transform: Transform,
}

/// Where a search ended, and the model that it means in the unit of the returns.
struct Found {
    minimum: Minimum,
    at_scale: [f64; 7],
    model: Garch,
    stream: GarchStream,
    log_likelihood: f64,
}

impl Search<'_> {
    /// From the starts in the order of their likelihood, until enough of them have led to a maximum that can be used.
    fn run(&self, mean: f64) -> Result<Found, Error> {
        let mut starts: Vec<(f64, Vec<f64>)> = STARTS
            .iter()
            .map(|start| {
                let u = self.transform.free(&self.start(mean, start));
                (self.objective(&u, &mut vec![0.0; u.len()]), u)
            })
            .filter(|(value, _)| value.is_finite())
            .collect();
        starts.sort_by(|a, b| a.0.total_cmp(&b.0));
        let stop = Stop { what: "GARCH", tolerance: 1e-7, iterations_max: 300 };
        let mut searches = RETURNS_PER_SEARCH.div_ceil(self.series.returns.len());
        let mut best: Option<Found> = None;
        let mut failure = None;
        for (_, start) in &starts {
            match bfgs(|u, g| self.objective(u, g), start, &stop).and_then(|it| self.in_unit(it)) {
                Ok(found) => {
                    if best.as_ref().is_none_or(|b| found.minimum.value < b.minimum.value) {
                        best = Some(found);
                    }
                    searches -= 1;
                }
                Err(error) => failure = failure.or(Some(error)),
            }
            if searches == 0 {
                break;
            }
        }
        let none = || {
            let detail = "the likelihood is not finite at any start".to_owned();
            Error::NotConverged { what: "GARCH", iterations: 0, detail }
        };
        best.ok_or_else(|| failure.unwrap_or_else(none))
    }

    /// The model at a minimum, after it has gone through the returns as they are. What is finite for a series of variance one
    /// need not be here, and the kink is sharp.
    fn in_unit(&self, minimum: Minimum) -> Result<Found, Error> {
        let refuse =
            |detail: String| Error::NotConverged { what: "GARCH", iterations: minimum.iterations, detail };
        let (kind, family) = (self.spec.kind, self.spec.errors);
        let at_scale = self.transform.parameters(&minimum.x).0;
        let params = Params::from_array(&unscale(kind, at_scale, self.deviation), family);
        let model = Garch::new(kind, params)
            .map_err(|error| refuse(format!("the search ended at a bound: {error}")))?;
        let leaves = || refuse("the variance leaves the range of f64 under the best parameters".to_owned());
        let mut stream = model.stream(self.unscaled.backcast).map_err(|_| leaves())?;
        for &value in self.unscaled.returns {
            stream.update(value).ok_or_else(leaves)?;
        }
        let log_likelihood = self.unscaled.pass(kind, family, &params.to_array(), &mut [0.0; 7], None);
        if !log_likelihood.is_finite() {
            return Err(leaves());
        }
        Ok(Found { minimum, at_scale, model, stream, log_likelihood })
    }

    /// Parameters for a series of variance one.
    fn start(&self, mean: f64, &(response, persistence, nu): &(f64, f64, f64)) -> [f64; 7] {
        let mu = if self.spec.mean == Mean::Constant { mean } else { 0.0 };
        let lambda = 0.0;
        match self.spec.kind {
            Kind::Garch => [mu, 1.0 - persistence, response, 0.0, persistence - response, nu, lambda],
            Kind::Gjr => {
                let (alpha, gamma) = (0.5 * response, response);
                [mu, 1.0 - persistence, alpha, gamma, persistence - alpha - 0.5 * gamma, nu, lambda]
            }
            Kind::Egarch => [mu, 0.0, 2.0 * response, -0.5 * response, persistence, nu, lambda],
        }
    }

    /// Mean negative log-likelihood and penalty at free variables.
    fn objective(&self, u: &[f64], gradient: &mut [f64]) -> f64 {
        let (p, jacobian) = self.transform.parameters(u);
        let mut slopes = [0.0; 7];
        let likelihood = self.series.pass(self.spec.kind, self.spec.errors, &p, &mut slopes, None);
        let mut penalty = 0.0;
        for place in [2, 3, 4] {
            penalty += self.spec.ridge * p[place] * p[place];
            slopes[place] -= 2.0 * self.spec.ridge * p[place];
        }
        let n = self.series.returns.len() as f64;
        for (k, g) in gradient.iter_mut().enumerate() {
            *g = -(0..7).map(|row| slopes[row] * jacobian[row][k]).sum::<f64>() / n;
        }
        (penalty - likelihood) / n
    }

    /// At the maximum, in the unit of the returns. Parameters at a bound are taken for known where the likelihood does not
    /// curve in them, and the persistence where it came to lie at 1.
    ///
    /// The likelihood of EGARCH is differentiated with the sign of each error held. What that leaves out are the jumps of
    /// its slope by `mu` where an error is 0: each is a product with a sum of later scores, whose mean is 0, so that they
    /// average out of the information and would only add noise, the more of it the shorter the step of a difference.
    fn standard_errors(&self, params: &[f64; 7]) -> Option<StandardErrors> {
        let [mu, _, alpha, gamma, beta, nu, _] = *params;
        let smooth = Series { kink: Kink::Held(mu), ..self.series };
        let linear = self.spec.kind != Kind::Egarch;
        let at_bound = |place: &usize| match place {
            2 => linear && alpha < NEAR_BOUND,
            3 => linear && alpha + gamma < NEAR_BOUND,
            4 => linear && beta < NEAR_BOUND,
            5 => nu > NU_FLAT,
            _ => false,
        };
        let mut places = self.transform.places();
        let integrated = linear && alpha + 0.5 * gamma + beta > NEARLY_INTEGRATED;
        let curvature = self.information(&smooth, params);
        let inverse_along = |free: &Matrix| {
            let within = free.transposed().times(&curvature).ok()?.times(free).ok()?;
            let even = Matrix::symmetric_from(free.cols(), |i, j| 0.5 * (within[(i, j)] + within[(j, i)]));
            Some(Cholesky::of(&even).ok()?.inverse())
        };
        let mut free = directions(&places, integrated);
        let inverse = match inverse_along(&free) {
            Some(inverse) => inverse,
            None => {
                places.retain(|place| !at_bound(place));
                free = directions(&places, integrated);
                inverse_along(&free)?
            }
        };
        let mut scores = Vec::with_capacity(self.series.returns.len());
        smooth.pass(self.spec.kind, self.spec.errors, params, &mut [0.0; 7], Some(&mut scores));
        let products = Matrix::symmetric_from(7, |i, j| scores.iter().map(|score| score[i] * score[j]).sum());
        let middle = free.transposed().times(&products).ok()?.times(&free).ok()?;
        let sandwich = inverse.times(&middle).ok()?.times(&inverse).ok()?;
        let back = self.unscaling(self.deviation).times(&free).ok()?;
        let spread = |covariance: &Matrix| {
            let covariance = back.times(covariance).ok()?.times(&back.transposed()).ok()?;
            let mut out = [None; 7];
            for place in (0..7).filter(|place| free.row(*place).iter().any(|by| by.abs() > 0.0)) {
                let variance = covariance[(place, place)];
                if !(variance > 0.0 && variance.is_finite()) {
                    return None;
                }
                out[place] = Some(variance.sqrt());
            }
            Some(out)
        };
        Some(StandardErrors { classical: spread(&inverse)?, robust: spread(&sandwich)? })
    }

    /// Negative Hessian of the log-likelihood by the parameters that the model has, by central differences of the exact
    /// gradient; 0 for the others.
    fn information(&self, series: &Series, params: &[f64; 7]) -> Matrix {
        let gradient_at = |place: usize, by: f64| {
            let mut p = *params;
            p[place] += by;
            let mut gradient = [0.0; 7];
            series.pass(self.spec.kind, self.spec.errors, &p, &mut gradient, None);
            gradient
        };
        let mut out = Matrix::zeros(7, 7);
        for by in self.transform.places() {
            let step = 1e-5 * params[by].abs().max(0.01);
            let (up, down) = (gradient_at(by, step), gradient_at(by, -step));
            for of in 0..7 {
                out[(of, by)] = -(up[of] - down[of]) / (2.0 * step);
            }
        }
        out
    }

    /// Derivatives of the parameters of the returns by those of the scaled returns.
    fn unscaling(&self, deviation: f64) -> Matrix {
        let mut out = Matrix::identity(7);
        out[(0, 0)] = deviation;
        match self.spec.kind {
            Kind::Egarch => out[(1, 4)] = -2.0 * libm::log(deviation),
            _ => out[(1, 1)] = deviation * deviation,
        }
        out
    }
}

/// One column for each direction in which parameters are free, one row for each of the seven parameters. A persistence that
/// is known leaves `beta` to follow from the responses.
fn directions(places: &[usize], persistence_known: bool) -> Matrix {
    let free: Vec<usize> =
        places.iter().copied().filter(|place| !(persistence_known && *place == 4)).collect();
    let mut out = Matrix::zeros(7, free.len());
    for (column, &place) in free.iter().enumerate() {
        out[(place, column)] = 1.0;
        if persistence_known && place == 2 {
            out[(4, column)] = -1.0;
        }
        if persistence_known && place == 3 {
            out[(4, column)] = -0.5;
        }
    }
    out
}
