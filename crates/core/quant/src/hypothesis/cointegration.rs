//! Do series that wander share their wandering? Engle & Granger test the residual of one regression, Johansen counts
//! the relations among several series.

use super::Test;
use super::johansen_tables as tables;
use super::unit_root::{Deterministic, Lags, adf, critical, p_value};
use crate::Error;
use crate::matrix::{Cholesky, Eigen, Matrix};
use crate::regression::Ols;
use crate::series::{check, check_same, check_varying};

/// Answer of [`engle_granger`].
#[derive(Clone, Debug, PartialEq)]
pub struct EngleGranger {
    /// Dickey-Fuller t-ratio of the residual, with MacKinnon's (1994) p-value for this number of series.
    pub test: Test,
    /// Critical values at 1, 5 and 10 % (MacKinnon 2010).
    pub critical: [f64; 3],
    /// Coefficients of the `others`, in their order: the hedge ratios.
    pub hedge: Vec<f64>,
    /// Coefficients of the constant, and of the trend if there is one.
    pub deterministic: Vec<f64>,
    /// What the regression leaves: the spread.
    pub spread: Vec<f64>,
}

/// Residual-based test of Engle & Granger (1987). Null hypothesis: no cointegration. The regression holds a constant,
/// and a trend if asked for; at most five others, as the tables end there. Agrees with `coint` of statsmodels.
pub fn engle_granger(y: &[f64], others: &[&[f64]], trend: bool, lags: Lags) -> Result<EngleGranger, Error> {
    if !(1..=5).contains(&others.len()) {
        return Err(Error::Parameter {
            name: "others",
            value: others.len() as f64,
            expected: "one to five series",
        });
    }
    check_varying("cointegration: y", y, others.len() + 12)?;
    for other in others {
        check_same("cointegration: other", other.len(), "y", y.len())?;
        check_varying("cointegration: other", other, 1)?;
    }
    let one = vec![1.0; y.len()];
    let time: Vec<f64> = (1..=y.len()).map(|t| t as f64).collect();
    let mut columns = others.to_vec();
    columns.push(&one);
    if trend {
        columns.push(&time);
    }
    let fit = Ols::fit(&columns, y)?;
    // The bound of statsmodels: what is left would be rounding.
    if fit.r_squared().is_none_or(|r2| r2 >= 1.0 - 100.0 * libm::sqrt(f64::EPSILON)) {
        return Err(Error::Singular {
            what: "cointegrating regression",
            detail: "the series are almost collinear".into(),
        });
    }
    let (kind, series) =
        (if trend { Deterministic::Trend } else { Deterministic::Constant }, others.len() + 1);
    let residual = adf(&fit.residuals, Deterministic::None, lags)?;
    let statistic = residual.test.statistic;
    let critical = critical(kind, series, Some(y.len() - 1)).unwrap_or_default();
    let (hedge, deterministic) = fit.coef.split_at(others.len());
    Ok(EngleGranger {
        test: Test { statistic, p: p_value(statistic, kind, series) },
        critical,
        hedge: hedge.to_vec(),
        deterministic: deterministic.to_vec(),
        spread: fit.residuals,
    })
}

/// A statistic of Johansen with its critical values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankTest {
    /// The statistic.
    pub statistic: f64,
    /// Critical values at 10, 5 and 1 %.
    pub critical: [f64; 3],
}

/// Answer of [`johansen`].
#[derive(Clone, Debug, PartialEq)]
pub struct Johansen {
    /// Eigenvalues, falling.
    pub eigenvalues: Vec<f64>,
    /// The vector of each eigenvalue, scaled so that its combination of the levels has unit variance; the first
    /// element that is not zero is positive.
    pub vectors: Vec<Vec<f64>>,
    /// Row r: null hypothesis of at most r relations, against more.
    pub trace: Vec<RankTest>,
    /// Row r: null hypothesis of r relations, against r + 1.
    pub max_eigen: Vec<RankTest>,
}

/// A level of significance for which tables exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// 10 %.
    Ten,
    /// 5 %.
    Five,
    /// 1 %.
    One,
}

impl Johansen {
    /// The number of cointegrating relations by the trace test: the first rank that is not rejected.
    pub fn rank(&self, level: Level) -> usize {
        let column = level as usize;
        self.trace.iter().take_while(|t| t.statistic > t.critical[column]).count()
    }
}

/// Johansen (1988, 1991): trace and largest-eigenvalue tests on two to twelve `series` of one length with `lags` lagged
/// differences. Agrees with `coint_johansen` of statsmodels, whose treatment of deterministic terms (taken off the
/// levels first) and tables (MacKinnon, Haug & Michelis 1996) it follows.
///
/// The tables take series with `Constant` to drift, and with `Trend` to have a quadratic trend. Where they do not, the trace
/// test finds relations too often: of three walks without drift it rejects none at 5 % in 9 of 100 with `Constant` and in 15
/// of 100 with `Trend` (the largest eigenvalue: 5 and 7).
pub fn johansen(series: &[&[f64]], deterministic: Deterministic, lags: usize) -> Result<Johansen, Error> {
    let k = series.len();
    if !(2..=12).contains(&k) {
        return Err(Error::Parameter { name: "series", value: k as f64, expected: "two to twelve" });
    }
    let n = series[0].len();
    for s in series {
        check_same("Johansen: series", s.len(), "the first", n)?;
        check("Johansen: series", s, (k + 1) * (lags + 2) + 3)?;
        check_varying("Johansen: series", s, 1)?;
    }
    let levels: Vec<Vec<f64>> = series.iter().map(|s| detrend(s, deterministic)).collect::<Result<_, _>>()?;
    let differences: Vec<Vec<f64>> =
        levels.iter().map(|s| s.windows(2).map(|w| w[1] - w[0]).collect()).collect();
    let rows = n - 1 - lags;
    let centre =
        |x: &[f64]| if deterministic == Deterministic::None { x.to_vec() } else { crate::series::centred(x) };
    let mut lagged = Vec::with_capacity(k * lags);
    for lag in 1..=lags {
        for d in &differences {
            lagged.push(centre(&d[lags - lag..lags - lag + rows]));
        }
    }
    let lagged: Vec<&[f64]> = lagged.iter().map(Vec::as_slice).collect();
    let clear = |x: &[f64]| -> Result<Vec<f64>, Error> {
        let x = centre(x);
        if lagged.is_empty() { Ok(x) } else { Ok(Ols::fit(&lagged, &x)?.residuals) }
    };
    let r0: Vec<Vec<f64>> = differences.iter().map(|d| clear(&d[lags..])).collect::<Result<_, _>>()?;
    let r1: Vec<Vec<f64>> = levels.iter().map(|s| clear(&s[1..1 + rows])).collect::<Result<_, _>>()?;
    let (eigenvalues, vectors) = reduced_rank(&r0, &r1, rows)?;
    let (trace_table, max_table) = match deterministic {
        Deterministic::None => (&tables::TRACE_NONE, &tables::MAX_EIGEN_NONE),
        Deterministic::Constant => (&tables::TRACE_CONSTANT, &tables::MAX_EIGEN_CONSTANT),
        Deterministic::Trend => (&tables::TRACE_TREND, &tables::MAX_EIGEN_TREND),
    };
    let logs: Vec<f64> = eigenvalues.iter().map(|e| -(rows as f64) * libm::log1p(-e)).collect();
    let test =
        |statistic, table: &[[f64; 3]; 12], r: usize| RankTest { statistic, critical: table[k - r - 1] };
    let trace = (0..k).map(|r| test(logs[r..].iter().sum(), trace_table, r)).collect();
    let max_eigen = (0..k).map(|r| test(logs[r], max_table, r)).collect();
    Ok(Johansen { eigenvalues, vectors, trace, max_eigen })
}

fn detrend(x: &[f64], deterministic: Deterministic) -> Result<Vec<f64>, Error> {
    match deterministic {
        Deterministic::None => Ok(x.to_vec()),
        Deterministic::Constant => Ok(crate::series::centred(x)),
        Deterministic::Trend => {
            let one = vec![1.0; x.len()];
            // Centred time, for the condition of the regression.
            let half = (x.len() - 1) as f64 / 2.0;
            let time: Vec<f64> = (0..x.len()).map(|t| t as f64 - half).collect();
            Ok(Ols::fit(&[&one, &time], x)?.residuals)
        }
    }
}

/// Solves |lambda S11 - S10 S00^-1 S01| = 0 through the Cholesky factor of S11, so that the problem is symmetric.
fn reduced_rank(r0: &[Vec<f64>], r1: &[Vec<f64>], rows: usize) -> Result<(Vec<f64>, Vec<Vec<f64>>), Error> {
    let k = r0.len();
    let product = |a: &[Vec<f64>], b: &[Vec<f64>]| {
        Matrix::from_fn(k, k, |i, j| crate::series::dot(&a[i], &b[j]) / rows as f64)
    };
    let (s00, s11, s10) = (product(r0, r0), product(r1, r1), product(r1, r0));
    let singular = |what: &'static str| Error::Singular {
        what,
        detail: "some series are combinations of others".into(),
    };
    let c00 = Cholesky::of(&s00).map_err(|_| singular("covariance of the differences"))?;
    let c11 = Cholesky::of(&s11).map_err(|_| singular("covariance of the levels"))?;
    // Row i is L00^-1 of row i of S10, so that products of rows are S10 S00^-1 S01; then L11^-1 from either side.
    let halves: Vec<Vec<f64>> = (0..k)
        .map(|i| {
            let mut row = s10.row(i).to_vec();
            c00.solve_lower(&mut row);
            row
        })
        .collect();
    let columns: Vec<Vec<f64>> = (0..k)
        .map(|j| {
            let mut column: Vec<f64> = halves.iter().map(|row| row[j]).collect();
            c11.solve_lower(&mut column);
            column
        })
        .collect();
    let whole = Matrix::symmetric_from(k, |i, j| columns.iter().map(|column| column[i] * column[j]).sum());
    let eigen = Eigen::of(&whole)?;
    let mut order: Vec<usize> = (0..k).collect();
    order.sort_by(|a, b| eigen.values[*b].total_cmp(&eigen.values[*a]));
    let mut values = Vec::with_capacity(k);
    let mut out = Vec::with_capacity(k);
    for &i in &order {
        let value = eigen.values[i];
        if value.is_nan() || value >= 1.0 {
            return Err(singular("reduced-rank regression"));
        }
        let mut column = eigen.vectors.column(i);
        c11.solve_upper(&mut column);
        let sign = column.iter().find(|v| v.abs() > 0.0).map_or(1.0, |v| v.signum());
        values.push(value.max(0.0));
        out.push(column.iter().map(|v| v * sign).collect());
    }
    Ok((values, out))
}
