//! The GARCH family: what a model is, how it walks over returns, one at a time or a whole series, and what it forecasts.
//!
//! - GARCH (Bollerslev 1986): `v' = omega + alpha e^2 + beta v`
//! - GJR (Glosten, Jagannathan & Runkle 1993): `v' = omega + (alpha + gamma [e < 0]) e^2 + beta v`
//! - EGARCH (Nelson 1991): `ln v' = omega + alpha (|z| - sqrt(2 / pi)) + gamma z + beta ln v`, with `z = e / sqrt(v)`. The
//!   constant is that of normal errors whatever the errors are, so that parameters compare with other software.

use serde::{Deserialize, Serialize};

use super::check_series;
use crate::Error;
use crate::special::{HansenT, StudentT, normal_quantile};

/// Mean of `|z|` for a standard normal `z`.
pub(super) const MEAN_ABS_NORMAL: f64 = 0.797_884_560_802_865_4;
/// Weight left of each further residual in the start value, and how many are taken.
const BACKCAST_DECAY: f64 = 0.94;
const BACKCAST_MAX: usize = 75;

/// Which recursion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Symmetric.
    Garch,
    /// Losses may count more.
    Gjr,
    /// On logarithms, with a signed response.
    Egarch,
}

/// Which mean is taken off the returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mean {
    /// None.
    Zero,
    /// One constant, fitted with the rest.
    Constant,
}

/// Which distribution of the standardised errors is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorFamily {
    /// Standard normal.
    Normal,
    /// Student's t of unit variance.
    StudentT,
    /// Hansen's skewed t.
    SkewedT,
}

/// The standardised errors: mean zero, variance one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Errors {
    /// Standard normal.
    Normal,
    /// Student's t scaled to unit variance.
    StudentT {
        /// Degrees of freedom, above 2.
        nu: f64,
    },
    /// Hansen's skewed t.
    SkewedT {
        /// Degrees of freedom, above 2.
        nu: f64,
        /// Skewness in `(-1, 1)`; negative for a longer left tail.
        lambda: f64,
    },
}

impl Errors {
    /// The family they belong to.
    pub const fn family(&self) -> ErrorFamily {
        match self {
            Self::Normal => ErrorFamily::Normal,
            Self::StudentT { .. } => ErrorFamily::StudentT,
            Self::SkewedT { .. } => ErrorFamily::SkewedT,
        }
    }

    /// The value that is exceeded with probability `1 - p`. Refuses a `p` outside `(0, 1)`.
    pub fn quantile(&self, p: f64) -> Result<f64, Error> {
        match *self {
            Self::Normal => normal_quantile(p),
            Self::StudentT { nu } => {
                let t = StudentT::new(nu)?;
                Ok(t.quantile(p)? * t.unit_scale()?)
            }
            Self::SkewedT { nu, lambda } => HansenT::new(nu, lambda)?.quantile(p),
        }
    }

    /// The mean of their absolute value: `sqrt(2 / pi)` of normal ones, less of those with wider tails.
    pub fn mean_abs(&self) -> Result<f64, Error> {
        // Of mean zero, so that the part above the mean weighs as much as the part below.
        Ok(match *self {
            Self::Normal => MEAN_ABS_NORMAL,
            Self::StudentT { nu } => {
                let t = StudentT::new(nu)?;
                -2.0 * t.partial_mean(0.0)? * t.unit_scale()?
            }
            Self::SkewedT { nu, lambda } => -2.0 * HansenT::new(nu, lambda)?.partial_mean(0.0)?,
        })
    }

    /// The mean of the errors in the lower tail of probability `p`: negative.
    pub fn tail_mean(&self, p: f64) -> Result<f64, Error> {
        let at = self.quantile(p)?;
        match *self {
            Self::Normal => Ok(-crate::special::normal_pdf(at) / p),
            Self::StudentT { nu } => {
                let t = StudentT::new(nu)?;
                let unit = t.unit_scale()?;
                Ok(t.partial_mean(at / unit)? * unit / p)
            }
            Self::SkewedT { nu, lambda } => Ok(HansenT::new(nu, lambda)?.partial_mean(at)? / p),
        }
    }
}

/// The parameters of a model. `gamma` is 0 for plain GARCH, `mu` 0 without a mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Params {
    /// Mean return per step.
    pub mu: f64,
    /// The constant.
    pub omega: f64,
    /// Response to the last squared error (EGARCH: to its size).
    pub alpha: f64,
    /// Further response to a negative error (EGARCH: to its sign).
    pub gamma: f64,
    /// Memory of the last variance.
    pub beta: f64,
    /// The errors.
    pub errors: Errors,
}

impl Params {
    /// `mu, omega, alpha, gamma, beta, nu, lambda`; what the errors do not have is 0.
    pub(super) fn to_array(self) -> [f64; 7] {
        let (nu, lambda) = match self.errors {
            Errors::Normal => (0.0, 0.0),
            Errors::StudentT { nu } => (nu, 0.0),
            Errors::SkewedT { nu, lambda } => (nu, lambda),
        };
        [self.mu, self.omega, self.alpha, self.gamma, self.beta, nu, lambda]
    }

    pub(super) fn from_array(all: &[f64; 7], family: ErrorFamily) -> Self {
        let [mu, omega, alpha, gamma, beta, nu, lambda] = *all;
        let errors = match family {
            ErrorFamily::Normal => Errors::Normal,
            ErrorFamily::StudentT => Errors::StudentT { nu },
            ErrorFamily::SkewedT => Errors::SkewedT { nu, lambda },
        };
        Self { mu, omega, alpha, gamma, beta, errors }
    }
}

/// A model whose parameters have been checked: its variance stays positive and returns to a finite mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "(Kind, Params)", into = "(Kind, Params)")]
pub struct Garch {
    kind: Kind,
    params: Params,
}

impl Garch {
    /// Refuses parameters under which the variance could become zero or negative or grow without bound: GARCH and GJR
    /// need `omega > 0`, `alpha >= 0`, `alpha + gamma >= 0`, `beta >= 0` and a [persistence](Self::persistence) below 1;
    /// EGARCH `|beta| < 1`; the errors `nu > 2` and `|lambda| < 1`.
    pub fn new(kind: Kind, params: Params) -> Result<Self, Error> {
        let names = ["mu", "omega", "alpha", "gamma", "beta", "nu", "lambda"];
        for (name, value) in names.into_iter().zip(params.to_array()) {
            if !value.is_finite() {
                return Err(Error::Parameter { name, value, expected: "a finite number" });
            }
        }
        let refuse = |name, value, expected| Err(Error::Parameter { name, value, expected });
        let it = Self { kind, params };
        let Params { omega, alpha, gamma, beta, .. } = params;
        match kind {
            Kind::Garch if gamma.abs() > 0.0 => return refuse("gamma", gamma, "0 in a plain GARCH"),
            Kind::Egarch if beta.abs() >= 1.0 => return refuse("beta", beta, "in (-1, 1)"),
            Kind::Egarch => {}
            _ if omega <= 0.0 => return refuse("omega", omega, "positive"),
            _ if alpha < 0.0 => return refuse("alpha", alpha, "not negative"),
            _ if alpha + gamma < 0.0 => return refuse("gamma", gamma, "at least -alpha"),
            _ if beta < 0.0 => return refuse("beta", beta, "not negative"),
            _ if it.persistence() >= 1.0 => {
                return refuse("alpha + gamma / 2 + beta", it.persistence(), "below 1");
            }
            _ => {}
        }
        match params.errors {
            Errors::Normal => {}
            Errors::StudentT { nu } => drop(StudentT::new(nu)?.unit_scale()?),
            Errors::SkewedT { nu, lambda } => drop(HansenT::new(nu, lambda)?),
        }
        Ok(it)
    }

    /// Which recursion.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The parameters.
    pub const fn params(&self) -> &Params {
        &self.params
    }

    /// How much of a disturbance of the variance is left after a step: `alpha + gamma / 2 + beta`, for EGARCH `beta` (of
    /// its logarithm). Half of `gamma`, as half of the squared errors is taken to be of negative ones: exact for symmetric
    /// errors, the usual convention for skewed ones.
    pub fn persistence(&self) -> f64 {
        let Params { alpha, gamma, beta, .. } = self.params;
        match self.kind {
            Kind::Egarch => beta,
            _ => alpha + 0.5 * gamma + beta,
        }
    }

    /// The mean variance in the long run, `omega / (1 - persistence)`. None for EGARCH, where it has no closed form.
    pub fn long_run_variance(&self) -> Option<f64> {
        (self.kind != Kind::Egarch).then(|| self.params.omega / (1.0 - self.persistence()))
    }

    /// The mean of the logarithm of the variance of an EGARCH in the long run: `(omega + alpha (E|z| - sqrt(2 / pi))) / (1 -
    /// beta)` with `E|z|` of its errors. `None` for other models.
    pub fn mean_log_variance(&self) -> Result<Option<f64>, Error> {
        let Params { omega, alpha, beta, errors, .. } = self.params;
        if self.kind != Kind::Egarch {
            return Ok(None);
        }
        Ok(Some((omega + alpha * (errors.mean_abs()? - MEAN_ABS_NORMAL)) / (1.0 - beta)))
    }

    /// The variance of the step after one of this variance whose return less its mean was `error`: the response to news
    /// (Engle & Ng 1993). Refuses a variance that is not positive, and what makes the next one infinite.
    pub fn after(&self, variance: f64, error: f64) -> Result<f64, Error> {
        let expected = "positive and finite";
        let before = State { variance, log: libm::log(variance) };
        if !before.is_sound() {
            return Err(Error::Parameter { name: "variance", value: variance, expected });
        }
        let next = self.next(before, error);
        if next.is_sound() {
            return Ok(next.variance);
        }
        Err(Error::Parameter { name: "variance after this return", value: next.variance, expected })
    }

    /// Expected variances of the next `horizon` steps, when `next` is that of the first and the errors are drawn
    /// independently, each as likely, from `errors`. Exact for every kind: of EGARCH the logarithm of the variance `h` steps
    /// on is `beta^h` of the first's and a sum of independent terms `beta^i g(z)`, so that the mean of its exponential is
    /// a product of means over the errors. Refuses an empty plan, and variances that become infinite.
    pub fn forecast_again(&self, next: f64, errors: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
        check_series("standardised errors", errors, 1)?;
        let expected = "positive and finite";
        if !(next > 0.0 && next.is_finite()) {
            return Err(Error::Parameter { name: "next variance", value: next, expected });
        }
        if horizon == 0 {
            return Err(Error::Parameter { name: "horizon", value: 0.0, expected: "at least 1" });
        }
        let Params { omega, alpha, gamma, beta, .. } = self.params;
        let mean = |of: &dyn Fn(f64) -> f64| errors.iter().map(|z| of(*z)).sum::<f64>() / errors.len() as f64;
        let kept = beta + mean(&|z| if z < 0.0 { alpha + gamma } else { alpha } * z * z);
        // Of EGARCH: the power of beta, the logarithm of the first variance, and the product of the means so far.
        let (mut power, log, mut product) = (1.0, libm::log(next), 1.0);
        let mut out = vec![next];
        while out.len() < horizon {
            let value = if self.kind == Kind::Egarch {
                product *=
                    mean(&|z| libm::exp(power * (omega + alpha * (z.abs() - MEAN_ABS_NORMAL) + gamma * z)));
                power *= beta;
                libm::exp(power * log) * product
            } else {
                omega + kept * out[out.len() - 1]
            };
            if !(value > 0.0 && value.is_finite()) {
                return Err(Error::Parameter { name: "expected variance", value, expected });
            }
            out.push(value);
        }
        Ok(out)
    }

    /// Kurtosis of the returns of a GARCH with normal errors (Bollerslev 1986, section 3): `3 (1 - p^2) / (1 - p^2 - 2
    /// alpha^2)`. `None` for other models, or where the fourth moment is infinite.
    pub fn kurtosis(&self) -> Option<f64> {
        let left = 1.0 - self.persistence() * self.persistence();
        let rest = left - 2.0 * self.params.alpha * self.params.alpha;
        let closed = self.kind == Kind::Garch && self.params.errors == Errors::Normal;
        (closed && rest > 0.0).then(|| 3.0 * left / rest)
    }

    /// Autocorrelation of the squared errors of a GARCH at `lag`, from 1 (Bollerslev 1988): it starts at `alpha (1 - p
    /// beta) / (1 - p^2 + alpha^2)` with `p = alpha + beta` and falls by `p` each step. `None` for other models.
    pub fn squared_autocorrelation(&self, lag: u32) -> Option<f64> {
        if self.kind != Kind::Garch || lag == 0 {
            return None;
        }
        let (alpha, beta, p) = (self.params.alpha, self.params.beta, self.persistence());
        let first = alpha * (1.0 - p * beta) / (1.0 - p * p + alpha * alpha);
        Some(first * libm::pow(p, f64::from(lag - 1)))
    }

    /// The variance before the first return, from a start value as [`backcast`] gives it.
    fn first(&self, backcast: f64) -> State {
        let Params { omega, alpha, gamma, beta, .. } = self.params;
        match self.kind {
            Kind::Egarch => State::from_log(omega + beta * libm::log(backcast)),
            _ => State::from_variance(omega + (alpha + 0.5 * gamma + beta) * backcast),
        }
    }

    /// The variance after the error `e`, of which `before` was the variance.
    #[inline]
    fn next(&self, before: State, e: f64) -> State {
        let Params { omega, alpha, gamma, beta, .. } = self.params;
        if self.kind == Kind::Egarch {
            let z = e / before.variance.sqrt();
            let response = alpha * (z.abs() - MEAN_ABS_NORMAL) + gamma * z;
            return State::from_log(omega + response + beta * before.log);
        }
        let response = if e < 0.0 { alpha + gamma } else { alpha };
        State::from_variance(omega + response * (e * e) + beta * before.variance)
    }

    /// The variance of each return given those before it, and after the last the variance of the one to come: one value
    /// more than returns. `backcast` is the start value, see [`backcast`].
    pub fn variances(&self, returns: &[f64], backcast: f64) -> Result<Vec<f64>, Error> {
        check_series("returns", returns, 1)?;
        let mut stream = self.stream(backcast)?;
        let mut out = Vec::with_capacity(returns.len() + 1);
        out.push(stream.variance());
        for (index, &value) in returns.iter().enumerate() {
            let expected = "a return that keeps the variance finite";
            let next = stream.update(value);
            out.push(next.ok_or(Error::OutOfRange { what: "returns", index, value, expected })?);
        }
        Ok(out)
    }

    /// `(return - mu) / sqrt(variance)` of each return.
    pub fn standardised(&self, returns: &[f64], backcast: f64) -> Result<Vec<f64>, Error> {
        let variances = self.variances(returns, backcast)?;
        Ok(returns.iter().zip(&variances).map(|(r, v)| (r - self.params.mu) / v.sqrt()).collect())
    }

    /// A filter that takes returns one at a time.
    pub fn stream(&self, backcast: f64) -> Result<GarchStream, Error> {
        if !(backcast > 0.0 && backcast.is_finite()) {
            return Err(Error::Parameter {
                name: "backcast",
                value: backcast,
                expected: "positive and finite",
            });
        }
        let state = self.first(backcast);
        if !state.is_sound() {
            let value = state.variance;
            return Err(Error::Parameter { name: "first variance", value, expected: "positive and finite" });
        }
        Ok(GarchStream { model: *self, state })
    }

    /// Expected variances of the next `horizon` steps, when `next` is that of the first: `f' = omega + persistence * f`.
    /// EGARCH has no such form beyond one step and refuses it; see [`forecast_again`](Self::forecast_again) and
    /// [`simulate`](super::simulate()).
    pub fn forecast(&self, next: f64, horizon: usize) -> Result<Vec<f64>, Error> {
        if !(next > 0.0 && next.is_finite()) {
            return Err(Error::Parameter {
                name: "next variance",
                value: next,
                expected: "positive and finite",
            });
        }
        if horizon == 0 || (self.kind == Kind::Egarch && horizon > 1) {
            let expected =
                if horizon == 0 { "at least 1" } else { "1 for EGARCH, which has no closed form beyond" };
            return Err(Error::Parameter { name: "horizon", value: horizon as f64, expected });
        }
        let persistence = self.persistence();
        let mut f = next;
        Ok((0..horizon)
            .map(|_| {
                let now = f;
                f = self.params.omega + persistence * f;
                now
            })
            .collect())
    }
}

impl TryFrom<(Kind, Params)> for Garch {
    type Error = Error;
    fn try_from((kind, params): (Kind, Params)) -> Result<Self, Error> {
        Self::new(kind, params)
    }
}

impl From<Garch> for (Kind, Params) {
    fn from(it: Garch) -> Self {
        (it.kind, it.params)
    }
}

/// A variance; EGARCH keeps the logarithm too, which is what it remembers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct State {
    variance: f64,
    log: f64,
}

impl State {
    fn from_variance(variance: f64) -> Self {
        Self { variance, log: 0.0 }
    }

    fn from_log(log: f64) -> Self {
        Self { variance: libm::exp(log), log }
    }

    #[inline]
    fn is_sound(&self) -> bool {
        self.variance > 0.0 && self.variance < f64::INFINITY
    }
}

/// A model at work on a live series: constant time and space, the same bits as [`Garch::variances`] over the same returns.
/// Serialises as a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "(Garch, State)", into = "(Garch, State)")]
pub struct GarchStream {
    model: Garch,
    state: State,
}

impl GarchStream {
    /// Takes a return in and gives the variance of the next. `None`, with nothing changed, when the return is not finite
    /// or so large that the variance would not be.
    #[inline]
    pub fn update(&mut self, value: f64) -> Option<f64> {
        let next = self.model.next(self.state, value - self.model.params.mu);
        if !next.is_sound() {
            return None;
        }
        self.state = next;
        Some(next.variance)
    }

    /// The variance of the next return.
    pub const fn variance(&self) -> f64 {
        self.state.variance
    }

    /// The model.
    pub const fn model(&self) -> &Garch {
        &self.model
    }
}

impl TryFrom<(Garch, State)> for GarchStream {
    type Error = Error;
    fn try_from((model, state): (Garch, State)) -> Result<Self, Error> {
        if state.is_sound() && state.log.is_finite() {
            return Ok(Self { model, state });
        }
        let value = state.variance;
        Err(Error::Parameter { name: "variance of a snapshot", value, expected: "positive and finite" })
    }
}

impl From<GarchStream> for (Garch, State) {
    fn from(it: GarchStream) -> Self {
        (it.model, it.state)
    }
}

/// The start value of a filter: the mean of the first 75 squared deviations from the mean of `returns` (from 0 without a
/// mean), each weighing 0.94 of the one before. Refuses an empty series, and one whose first values do not vary.
pub fn backcast(returns: &[f64], mean: Mean) -> Result<f64, Error> {
    check_series("returns", returns, 1)?;
    let centre = match mean {
        Mean::Zero => 0.0,
        Mean::Constant => returns.iter().sum::<f64>() / returns.len() as f64,
    };
    let (mut weight, mut weights, mut sum) = (1.0, 0.0, 0.0);
    for r in returns.iter().take(BACKCAST_MAX) {
        sum += weight * (r - centre) * (r - centre);
        weights += weight;
        weight *= BACKCAST_DECAY;
    }
    let value = sum / weights;
    if value > 0.0 && value.is_finite() {
        return Ok(value);
    }
    Err(Error::Constant { what: "the start of the returns" })
}
