//! Is a series stationary? The augmented Dickey-Fuller test has the unit root as its null hypothesis, the KPSS test
//! stationarity: a series is best judged by both.

use super::Test;
use super::mackinnon::{CONSTANT, NONE, Surface, TREND};
use crate::Error;
use crate::regression::{Ols, Qr};
use crate::series::{check, check_varying, dot};
use crate::special::normal_cdf;

/// What the regression contains beside the series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deterministic {
    /// Nothing.
    None,
    /// A constant.
    Constant,
    /// A constant and a linear trend.
    Trend,
}

impl Deterministic {
    fn terms(self) -> usize {
        match self {
            Self::None => 0,
            Self::Constant => 1,
            Self::Trend => 2,
        }
    }

    fn surface(self) -> &'static Surface {
        match self {
            Self::None => &NONE,
            Self::Constant => &CONSTANT,
            Self::Trend => &TREND,
        }
    }
}

/// How many lagged differences the Dickey-Fuller regression contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lags {
    /// Exactly so many.
    Fixed(usize),
    /// The number up to a maximum that minimises the Akaike criterion; the regressions compared share one sample.
    /// `None` stands for Schwert's maximum, `ceil(12 (n / 100)^(1/4))`.
    Aic(Option<usize>),
    /// As `Aic`, by the Bayesian (Schwarz) criterion.
    Bic(Option<usize>),
}

/// Answer of [`adf`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adf {
    /// t-ratio of the lagged level, and MacKinnon's (1994) approximate asymptotic p-value.
    pub test: Test,
    /// Lagged differences used.
    pub lags: usize,
    /// Observations in the regression.
    pub observations: usize,
    /// Critical values at 1, 5 and 10 % for this number of observations (MacKinnon 2010).
    pub critical: [f64; 3],
}

/// Augmented Dickey-Fuller test (Said & Dickey 1984). Null hypothesis: a unit root; small p speaks for stationarity.
/// Agrees with `adfuller` of statsmodels.
pub fn adf(x: &[f64], deterministic: Deterministic, lags: Lags) -> Result<Adf, Error> {
    let terms = deterministic.terms();
    check_varying("ADF: series", x, terms + 5)?;
    let n = x.len();
    // A regression with this many lags keeps at least as many observations as columns, plus one.
    let room = (n / 2).saturating_sub(terms + 1);
    let lags = match lags {
        Lags::Fixed(lags) if lags > room => {
            return Err(Error::TooShort { what: "ADF: series", have: n, need: 2 * (lags + terms + 1) });
        }
        Lags::Fixed(lags) => lags,
        Lags::Aic(max) => select(x, deterministic, max.unwrap_or(schwert(n)).min(room), |_| 2.0)?,
        Lags::Bic(max) => {
            select(x, deterministic, max.unwrap_or(schwert(n)).min(room), |n| libm::log(n as f64))?
        }
    };
    let (y, columns) = design(x, deterministic, lags, lags);
    // The level comes after the deterministic terms.
    let fit = Ols::fit(&refs(&columns), &y)?;
    if fit.std_err[terms] <= 0.0 {
        return Err(Error::Singular { what: "ADF regression", detail: "it fits without error".into() });
    }
    let statistic = fit.coef[terms] / fit.std_err[terms];
    let critical = critical(deterministic, 1, Some(y.len())).unwrap_or_default();
    Ok(Adf {
        test: Test { statistic, p: p_value(statistic, deterministic, 1) },
        lags,
        observations: y.len(),
        critical,
    })
}

fn schwert(n: usize) -> usize {
    libm::ceil(12.0 * libm::pow(n as f64 / 100.0, 0.25)) as usize
}

/// Differences explained by deterministic terms, the level before, and `lags` lagged differences; the first
/// `skipped + 1` values serve as lags only.
fn design(x: &[f64], deterministic: Deterministic, lags: usize, skipped: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    let difference: Vec<f64> = x.windows(2).map(|w| w[1] - w[0]).collect();
    let rows = difference.len() - skipped;
    let mut columns = Vec::with_capacity(lags + 3);
    if deterministic != Deterministic::None {
        columns.push(vec![1.0; rows]);
    }
    if deterministic == Deterministic::Trend {
        columns.push((1..=rows).map(|t| t as f64).collect());
    }
    columns.push(x[skipped..skipped + rows].to_vec());
    for lag in 1..=lags {
        columns.push(difference[skipped - lag..skipped - lag + rows].to_vec());
    }
    (difference[skipped..].to_vec(), columns)
}

fn refs(columns: &[Vec<f64>]) -> Vec<&[f64]> {
    columns.iter().map(Vec::as_slice).collect()
}

fn select(
    x: &[f64],
    deterministic: Deterministic,
    max: usize,
    penalty: fn(usize) -> f64,
) -> Result<usize, Error> {
    let (y, columns) = design(x, deterministic, max, max);
    let rss = Qr::new(&refs(&columns), &y)?.nested_rss();
    let n = y.len();
    let first = deterministic.terms() + 1;
    let mut best = (f64::INFINITY, 0);
    for lags in 0..=max {
        let k = first + lags;
        let criterion = n as f64 * libm::log(rss[k] / n as f64) + penalty(n) * k as f64;
        if criterion < best.0 {
            best = (criterion, lags);
        }
    }
    Ok(best.1)
}

/// MacKinnon's approximate p-value of a Dickey-Fuller t-ratio; `series` is 1, or the number of series whose
/// cointegrating residual is tested.
pub(super) fn p_value(statistic: f64, deterministic: Deterministic, series: usize) -> f64 {
    let (surface, row) = (deterministic.surface(), series - 1);
    if statistic > surface.max[row] {
        return 1.0;
    }
    if statistic < surface.min[row] {
        return 0.0;
    }
    let polynomial: &[f64] =
        if statistic <= surface.star[row] { &surface.small[row] } else { &surface.large[row] };
    normal_cdf(polynomial.iter().rev().fold(0.0, |sum, c| sum * statistic + c))
}

/// Critical values at 1, 5 and 10 %; asymptotic without a number of observations. `None` where no table exists.
pub(super) fn critical(
    deterministic: Deterministic,
    series: usize,
    observations: Option<usize>,
) -> Option<[f64; 3]> {
    let row = deterministic.surface().crit.get(series - 1)?;
    let inverse = observations.map_or(0.0, |n| 1.0 / n as f64);
    Some(row.map(|c| c.iter().rev().fold(0.0, |sum, c| sum * inverse + c)))
}

/// Answer of [`kpss`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kpss {
    /// The statistic, and a p-value interpolated in the table of Kwiatkowski et al., which ends at 0.01 and 0.1: those
    /// two mean "at most" and "at least".
    pub test: Test,
    /// Lags in the long-run variance.
    pub lags: usize,
    /// Critical values at 10, 5, 2.5 and 1 %.
    pub critical: [f64; 4],
}

const KPSS_P: [f64; 4] = [0.1, 0.05, 0.025, 0.01];

/// Test of Kwiatkowski, Phillips, Schmidt & Shin (1992). Null hypothesis: stationary around a level (`trend` false) or a
/// linear trend; small p speaks against it. Without `lags` the bandwidth is that of Hobijn, Franses & Ooms (1998).
pub fn kpss(x: &[f64], around: Around, lags: Option<usize>) -> Result<Kpss, Error> {
    check_varying("KPSS: series", x, 4)?;
    let n = x.len();
    if let Some(lags) = lags.filter(|&lags| lags >= n) {
        return Err(Error::TooShort { what: "KPSS: series", have: n, need: lags + 1 });
    }
    let (residuals, critical) = match around {
        Around::Level => (crate::series::centred(x), [0.347, 0.463, 0.574, 0.739]),
        Around::Trend => {
            let one = vec![1.0; n];
            let time: Vec<f64> = (1..=n).map(|t| t as f64).collect();
            (Ols::fit(&[&one, &time], x)?.residuals, [0.119, 0.146, 0.176, 0.216])
        }
    };
    let lags = lags.unwrap_or_else(|| bandwidth(&residuals));
    let (mut sum, mut eta) = (0.0, 0.0);
    for r in &residuals {
        sum += r;
        eta += sum * sum;
    }
    let variance = long_run_variance(&residuals, lags);
    // What is left of an exact line is rounding, not noise.
    if variance <= 1e-24 * dot(x, x) / n as f64 {
        return Err(Error::Constant { what: "KPSS: series without its level or trend" });
    }
    let statistic = eta / (n as f64 * n as f64) / variance;
    Ok(Kpss { test: Test { statistic, p: interpolate(statistic, &critical) }, lags, critical })
}

/// What a stationary series varies around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Around {
    /// A constant.
    Level,
    /// A line.
    Trend,
}

/// Newey-West variance of the mean times n, Bartlett weights.
pub(crate) fn long_run_variance(residuals: &[f64], lags: usize) -> f64 {
    let mut sum = dot(residuals, residuals);
    for lag in 1..=lags {
        sum += 2.0 * dot(&residuals[lag..], residuals) * (1.0 - lag as f64 / (lags + 1) as f64);
    }
    sum / residuals.len() as f64
}

fn bandwidth(residuals: &[f64]) -> usize {
    let n = residuals.len();
    let nf = n as f64;
    let covariances = libm::pow(nf, 2.0 / 9.0) as usize;
    let mut s0 = dot(residuals, residuals) / nf;
    let mut s1 = 0.0;
    for lag in 1..=covariances {
        let product = dot(&residuals[lag..], residuals) / (nf / 2.0);
        s0 += product;
        s1 += lag as f64 * product;
    }
    let ratio = if s0 == 0.0 { 0.0 } else { s1 / s0 };
    let gamma = 1.1447 * libm::cbrt(ratio * ratio);
    ((gamma * libm::cbrt(nf)) as usize).min(n - 1)
}

fn interpolate(statistic: f64, critical: &[f64; 4]) -> f64 {
    if statistic <= critical[0] {
        return KPSS_P[0];
    }
    for i in 1..4 {
        if statistic <= critical[i] {
            let share = (statistic - critical[i - 1]) / (critical[i] - critical[i - 1]);
            return KPSS_P[i - 1] + share * (KPSS_P[i] - KPSS_P[i - 1]);
        }
    }
    KPSS_P[3]
}

/// The series differenced until KPSS no longer rejects a level at 5 %, at most `max` times: the `d` that an ARIMA model
/// needs (Hyndman & Khandakar 2008), with `3 sqrt(n) / 13` lags, as their package `forecast` has it.
pub fn differences_needed(x: &[f64], max: usize) -> Result<usize, Error> {
    check("differences: series", x, 8 + max)?;
    let mut series = x.to_vec();
    for d in 0..max {
        let lags = (3.0 * libm::sqrt(series.len() as f64) / 13.0) as usize;
        match kpss(&series, Around::Level, Some(lags)) {
            Ok(answer) if answer.test.statistic > answer.critical[1] => {}
            Ok(_) | Err(Error::Constant { .. }) => return Ok(d),
            Err(error) => return Err(error),
        }
        series = series.windows(2).map(|w| w[1] - w[0]).collect();
    }
    Ok(max)
}
