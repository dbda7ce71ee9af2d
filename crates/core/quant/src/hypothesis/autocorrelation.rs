//! Does a series remember? Autocorrelations, and the tests of Ljung & Box and of Engle whether they are all zero.

use super::Test;
use super::pvalue::{chi2_sf, f_sf};
use crate::Error;
use crate::regression::Ols;
use crate::series::{centred, check_varying, dot};

/// Autocorrelations at lags 0 to `lags`: covariances about the common mean over n, divided by the variance.
pub fn acf(x: &[f64], lags: usize) -> Result<Vec<f64>, Error> {
    check_varying("autocorrelation: series", x, lags + 2)?;
    let d = centred(x);
    let c0 = dot(&d, &d);
    if c0 <= 0.0 {
        return Err(Error::Constant { what: "autocorrelation: series" });
    }
    Ok((0..=lags).map(|lag| if lag == 0 { 1.0 } else { dot(&d[lag..], &d) / c0 }).collect())
}

/// Partial autocorrelations at lags 0 to `lags`, by Durbin and Levinson's recursion on [`acf`] (the Yule-Walker
/// equations; what statsmodels calls `ywm`).
pub fn pacf(x: &[f64], lags: usize) -> Result<Vec<f64>, Error> {
    let r = acf(x, lags)?;
    let mut out = vec![1.0];
    let mut phi: Vec<f64> = Vec::new();
    let mut error = 1.0;
    for k in 1..=lags {
        let covered: f64 = phi.iter().enumerate().map(|(j, p)| p * r[k - 1 - j]).sum();
        if error <= 0.0 {
            return Err(Error::Singular {
                what: "Yule-Walker matrix",
                detail: format!("no variance is left at lag {k}"),
            });
        }
        let reflection = (r[k] - covered) / error;
        let before = phi.clone();
        for (j, p) in phi.iter_mut().enumerate() {
            *p -= reflection * before[k - 2 - j];
        }
        phi.push(reflection);
        error *= 1.0 - reflection * reflection;
        out.push(reflection);
    }
    Ok(out)
}

/// Ljung & Box (1978): null hypothesis, the first `lags` autocorrelations are zero. `fitted` is the number of ARMA
/// parameters if `x` are residuals of such a model, else 0.
pub fn ljung_box(x: &[f64], lags: usize, fitted: usize) -> Result<Test, Error> {
    if lags <= fitted {
        return Err(Error::Parameter {
            name: "lags",
            value: lags as f64,
            expected: "more than the fitted parameters",
        });
    }
    let r = acf(x, lags)?;
    let n = x.len() as f64;
    let sum: f64 = r.iter().enumerate().skip(1).map(|(k, r)| r * r / (n - k as f64)).sum();
    let statistic = n * (n + 2.0) * sum;
    Ok(Test { statistic, p: chi2_sf(statistic, (lags - fitted) as f64) })
}

/// Answer of [`arch_lm`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArchLm {
    /// Lagrange multiplier, n R^2, chi-square with `lags` degrees of freedom.
    pub lm: Test,
    /// The same regression's F.
    pub f: Test,
}

/// Engle (1982): null hypothesis, the squares of the residuals do not depend on the `lags` squares before: no
/// conditional heteroskedasticity. The mean is not taken off; give residuals.
pub fn arch_lm(residuals: &[f64], lags: usize) -> Result<ArchLm, Error> {
    if lags == 0 {
        return Err(Error::Parameter { name: "lags", value: 0.0, expected: "at least 1" });
    }
    check_varying("ARCH-LM: residuals", residuals, 2 * lags + 3)?;
    let squares: Vec<f64> = residuals.iter().map(|r| r * r).collect();
    let n = squares.len() - lags;
    let one = vec![1.0; n];
    let mut columns: Vec<&[f64]> = vec![&one];
    for lag in 1..=lags {
        columns.push(&squares[lags - lag..lags - lag + n]);
    }
    let fit = Ols::fit(&columns, &squares[lags..])?;
    let r2 = fit.r_squared().ok_or(Error::Constant { what: "ARCH-LM: squared residuals" })?;
    let (lm, free) = (n as f64 * r2, (n - lags - 1) as f64);
    if r2 >= 1.0 {
        return Err(Error::Singular { what: "ARCH-LM regression", detail: "it fits without error".into() });
    }
    let f = r2 / lags as f64 / ((1.0 - r2) / free);
    Ok(ArchLm {
        lm: Test { statistic: lm, p: chi2_sf(lm, lags as f64) },
        f: Test { statistic: f, p: f_sf(f, lags as f64, free) },
    })
}
