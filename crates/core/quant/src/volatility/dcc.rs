//! Dynamic conditional correlation (Engle 2002): each asset its own GARCH, and correlations that move with the products of
//! the standardised errors and return to their mean, `Q' = (1 - a - b) S + a z z^T + b Q`, `R = diag(Q)^-1/2 Q
//! diag(Q)^-1/2`.
//!
//! Fitted in two steps, volatilities first, with `S` the second moments of the standardised errors (correlation
//! targeting), so that only `a` and `b` are searched however many assets there are. Aielli (2013) shows that this targeting
//! is not exactly consistent; the effect is small where `a` is, as it is for daily returns.

use serde::{Deserialize, Serialize};

use super::fit::{Fit, Spec, fit};
use super::model::GarchStream;
use crate::Error;
use crate::matrix::{Cholesky, Matrix, dot};
use crate::optimise::{Stop, nelder_mead};

/// Most assets: the work of each step grows with the cube of them in a fit, with the square in a stream.
const ASSETS_MAX: usize = 512;

/// How correlations move. Checked: `a >= 0`, `b >= 0`, `a + b < 1`, the target a correlation matrix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Dcc {
    a: f64,
    b: f64,
    /// Row by row.
    target: Vec<f64>,
    assets: usize,
}

impl Dcc {
    /// From `target`, the mean of the standardised products row by row. Refuses what is not symmetric or not positive
    /// definite.
    pub fn new(a: f64, b: f64, target: Vec<f64>, assets: usize) -> Result<Self, Error> {
        for (name, value) in [("a", a), ("b", b)] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(Error::Parameter { name, value, expected: "not negative" });
            }
        }
        if a + b >= 1.0 {
            return Err(Error::Parameter { name: "a + b", value: a + b, expected: "below 1" });
        }
        if !(2..=ASSETS_MAX).contains(&assets) {
            return Err(Error::Parameter { name: "assets", value: assets as f64, expected: "from 2 to 512" });
        }
        if target.len() != assets * assets {
            let (left_len, right_len) = (target.len(), assets * assets);
            return Err(Error::Lengths { left: "target", left_len, right: "assets squared", right_len });
        }
        super::check_series("target", &target, 4)?;
        let matrix = Matrix::new(assets, assets, target.clone())?;
        let crooked = (0..assets).any(|i| (0..i).any(|j| (matrix[(i, j)] - matrix[(j, i)]).abs() > 1e-12));
        if crooked || Cholesky::of(&matrix).is_err() {
            let detail = "not symmetric, or not positive definite".to_owned();
            return Err(Error::Singular { what: "target correlation", detail });
        }
        Ok(Self { a, b, target, assets })
    }

    /// Weight of the last products.
    pub const fn a(&self) -> f64 {
        self.a
    }

    /// Memory.
    pub const fn b(&self) -> f64 {
        self.b
    }

    /// Mean of the standardised products, row by row.
    pub fn target(&self) -> &[f64] {
        &self.target
    }

    /// Normal log-likelihood of standardised errors (a row per step, a column per asset) beyond that of uncorrelated ones:
    /// Engle (2002), equation 26. Refuses a length that is not whole rows, and errors under which a correlation matrix is
    /// singular.
    pub fn log_likelihood(&self, errors: &[f64]) -> Result<f64, Error> {
        super::check_series("standardised errors", errors, self.assets)?;
        let rest = errors.len() % self.assets;
        if rest != 0 {
            let (left, right) = ("errors", "errors in whole rows");
            return Err(Error::Lengths {
                left,
                left_len: errors.len(),
                right,
                right_len: errors.len() - rest,
            });
        }
        let detail = "not positive definite at some step".to_owned();
        correlation_likelihood(self, errors).ok_or(Error::Singular { what: "correlation", detail })
    }

    fn next(&self, q: &mut [f64], z: &[f64]) {
        let rest = 1.0 - self.a - self.b;
        for (i, (row, target)) in
            q.chunks_exact_mut(self.assets).zip(self.target.chunks_exact(self.assets)).enumerate()
        {
            for ((entry, s), zj) in row.iter_mut().zip(target).zip(z) {
                *entry = rest * s + self.a * (z[i] * zj) + self.b * *entry;
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Parts(f64, f64, Vec<f64>, usize);

impl TryFrom<Parts> for Dcc {
    type Error = Error;
    fn try_from(Parts(a, b, target, assets): Parts) -> Result<Self, Error> {
        Self::new(a, b, target, assets)
    }
}

impl From<Dcc> for Parts {
    fn from(it: Dcc) -> Self {
        Self(it.a, it.b, it.target, it.assets)
    }
}

/// A fitted model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DccFit {
    /// The volatility of each asset.
    pub assets: Vec<Fit>,
    /// How the correlations move.
    pub model: Dcc,
    /// Both at the end of the series: ready for the next returns.
    pub stream: DccStream,
    /// Log-likelihood of the correlations, normal errors, beyond that of the assets one by one with normal errors.
    pub correlation_log_likelihood: f64,
    /// Steps of the search for `a` and `b`.
    pub iterations: usize,
}

/// Fits the volatility of each series (all of one length) by `spec`, then the correlations by quasi maximum likelihood.
/// Refuses series whose standardised errors are collinear.
pub fn fit_dcc(returns: &[&[f64]], spec: &Spec) -> Result<DccFit, Error> {
    let k = returns.len();
    if !(2..=ASSETS_MAX).contains(&k) {
        return Err(Error::Parameter { name: "assets", value: k as f64, expected: "from 2 to 512" });
    }
    let n = returns[0].len();
    if let Some(other) = returns.iter().find(|r| r.len() != n) {
        let (left, right) = ("returns of the first asset", "returns of another");
        return Err(Error::Lengths { left, left_len: n, right, right_len: other.len() });
    }
    let assets = returns.iter().map(|r| fit(r, spec)).collect::<Result<Vec<Fit>, Error>>()?;
    let mut z = vec![0.0; n * k];
    for (column, (asset, returns)) in assets.iter().zip(returns).enumerate() {
        for (t, value) in asset.model.standardised(returns, asset.backcast)?.into_iter().enumerate() {
            z[t * k + column] = value;
        }
    }
    let mut target = vec![0.0; k * k];
    for row in z.chunks_exact(k) {
        for i in 0..k {
            for j in 0..k {
                target[i * k + j] += row[i] * row[j];
            }
        }
    }
    target.iter_mut().for_each(|s| *s /= n as f64);
    Dcc::new(0.0, 0.0, target.clone(), k)?;
    // Shares of the persistence, so that no pair tried lies outside the bounds.
    let at = |u: &[f64]| {
        let part = |v: f64| 1.0 / (1.0 + libm::exp(-v));
        let (whole, share) = ((1.0 - 1e-6) * part(u[0]), part(u[1]));
        Dcc { a: whole * share, b: whole * (1.0 - share), target: target.clone(), assets: k }
    };
    let stop = Stop { what: "DCC", tolerance: 1e-9, iterations_max: 1_000 };
    let objective = |u: &[f64]| correlation_likelihood(&at(u), &z).map_or(f64::INFINITY, |l| -l / n as f64);
    let found = nelder_mead(objective, &[3.5, -3.0], &[0.7, 0.7], &stop)?;
    let model = at(&found.x);
    let mut stream =
        DccStream::new(&model, assets.iter().map(|a| a.model.stream(a.backcast)).collect::<Result<_, _>>()?)?;
    let mut row = vec![0.0; k];
    for t in 0..n {
        row.iter_mut().zip(returns).for_each(|(to, r)| *to = r[t]);
        if !stream.update(&row) {
            let detail = format!("the variance explodes at return {t}");
            return Err(Error::NotConverged { what: "DCC", iterations: found.iterations, detail });
        }
    }
    let correlation_log_likelihood = -found.value * n as f64;
    Ok(DccFit { assets, model, stream, correlation_log_likelihood, iterations: found.iterations })
}

/// Engle (2002), equation 26: `-1/2 sum(ln |R| + z' R^-1 z - z' z)`. `None` where a correlation matrix is not positive
/// definite.
fn correlation_likelihood(model: &Dcc, z: &[f64]) -> Option<f64> {
    let k = model.assets;
    let mut q = model.target.clone();
    let mut sum = 0.0;
    for row in z.chunks_exact(k) {
        let scale: Vec<f64> = (0..k).map(|i| 1.0 / q[i * k + i].sqrt()).collect();
        let r = Matrix::symmetric_from(k, |i, j| q[i * k + j] * (scale[i] * scale[j]));
        let factor = Cholesky::of(&r).ok()?;
        let mut solved = row.to_vec();
        factor.solve_lower(&mut solved);
        let mut diagonal = 1.0;
        let mut logs = 0.0;
        for i in 0..k {
            diagonal *= factor.lower()[(i, i)];
            // A product of dozens of small numbers would vanish.
            if i % 16 == 15 {
                logs += libm::log(diagonal);
                diagonal = 1.0;
            }
        }
        logs += libm::log(diagonal);
        sum -= logs + 0.5 * (dot(&solved, &solved) - dot(row, row));
        model.next(&mut q, row);
    }
    sum.is_finite().then_some(sum)
}

/// Volatilities and correlations at work on live series: no allocation after the start, work `O(assets^2)` a step.
/// Serialises as a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Snapshot", into = "Snapshot")]
pub struct DccStream {
    model: Dcc,
    assets: Vec<GarchStream>,
    q: Vec<f64>,
    /// Room for the standardised errors of a step.
    z: Vec<f64>,
}

/// What a stream remembers.
#[derive(Serialize, Deserialize)]
struct Snapshot(Dcc, Vec<GarchStream>, Vec<f64>);

impl TryFrom<Snapshot> for DccStream {
    type Error = Error;
    fn try_from(Snapshot(model, assets, q): Snapshot) -> Result<Self, Error> {
        let mut it = Self::new(&model, assets)?;
        if q.len() != it.q.len() {
            let (left_len, right_len) = (q.len(), it.q.len());
            return Err(Error::Lengths {
                left: "correlations",
                left_len,
                right: "assets squared",
                right_len,
            });
        }
        super::check_series("correlations", &q, 4)?;
        if let Some(index) = (0..q.len()).step_by(model.assets + 1).find(|&place| q[place] <= 0.0) {
            let expected = "positive on the diagonal";
            return Err(Error::OutOfRange { what: "correlations", index, value: q[index], expected });
        }
        it.q = q;
        Ok(it)
    }
}

impl From<DccStream> for Snapshot {
    fn from(it: DccStream) -> Self {
        Self(it.model, it.assets, it.q)
    }
}

impl DccStream {
    /// From filters of the assets, in the order of the target, and correlations at their mean.
    pub fn new(model: &Dcc, assets: Vec<GarchStream>) -> Result<Self, Error> {
        if assets.len() != model.assets {
            let (left_len, right_len) = (assets.len(), model.assets);
            return Err(Error::Lengths { left: "filters", left_len, right: "assets", right_len });
        }
        let (q, z) = (model.target.clone(), vec![0.0; model.assets]);
        Ok(Self { model: model.clone(), assets, q, z })
    }

    /// Takes one return of each asset in. `false`, with nothing changed, when their number is wrong or one of them is not
    /// finite or would make its variance infinite.
    pub fn update(&mut self, returns: &[f64]) -> bool {
        if returns.len() != self.assets.len() {
            return false;
        }
        let sound = self.assets.iter().zip(returns).all(|(asset, &r)| {
            let mut trial = *asset;
            trial.update(r).is_some()
        });
        if !sound {
            return false;
        }
        for ((asset, z), &r) in self.assets.iter_mut().zip(&mut self.z).zip(returns) {
            *z = (r - asset.model().params().mu) / asset.variance().sqrt();
            asset.update(r);
        }
        self.model.next(&mut self.q, &self.z);
        self.z.fill(0.0);
        true
    }

    /// Variance of the next return of an asset; `None` where there is no such asset.
    pub fn variance(&self, asset: usize) -> Option<f64> {
        self.assets.get(asset).map(GarchStream::variance)
    }

    /// Correlation of the next returns of two assets; `None` where there is no such asset.
    pub fn correlation(&self, one: usize, other: usize) -> Option<f64> {
        let k = self.assets.len();
        if one >= k || other >= k {
            return None;
        }
        if one == other {
            return Some(1.0);
        }
        let entry = |i: usize, j: usize| self.q[i * k + j];
        Some((entry(one, other) / (entry(one, one) * entry(other, other)).sqrt()).clamp(-1.0, 1.0))
    }

    /// Writes the covariances of the next returns, row by row, into `out`, which holds assets squared. `false`, and
    /// nothing written, where it does not.
    pub fn covariance(&self, out: &mut [f64]) -> bool {
        let k = self.assets.len();
        if out.len() != k * k {
            return false;
        }
        for i in 0..k {
            for j in 0..k {
                let scale = (self.assets[i].variance() * self.assets[j].variance()).sqrt();
                let r = self.q[i * k + j] / (self.q[i * k + i] * self.q[j * k + j]).sqrt();
                out[i * k + j] = if i == j { self.assets[i].variance() } else { scale * r };
            }
        }
        true
    }

    /// Expected correlations `horizon` steps ahead (1 is the next), row by row: `R` is taken to return to its mean as
    /// `Q` does (Engle & Sheppard 2001, the second of their two approximations), as no exact form exists.
    pub fn forecast_correlation(&self, horizon: u32) -> Result<Vec<f64>, Error> {
        if horizon == 0 {
            return Err(Error::Parameter { name: "horizon", value: 0.0, expected: "at least 1" });
        }
        let k = self.assets.len();
        let kept = libm::pow(self.model.a + self.model.b, f64::from(horizon - 1));
        let target = |i: usize, j: usize| {
            let entry = |i: usize, j: usize| self.model.target[i * k + j];
            if i == j { 1.0 } else { entry(i, j) / (entry(i, i) * entry(j, j)).sqrt() }
        };
        let mut out = Vec::with_capacity(k * k);
        for i in 0..k {
            for j in 0..k {
                let now = self.correlation(i, j).expect("both are below the number of assets");
                out.push(kept * now + (1.0 - kept) * target(i, j));
            }
        }
        Ok(out)
    }
}
