//! Ordinary least squares by Householder QR: coefficients, their standard errors and what is left over. Knows nothing
//! of time.

use crate::Error;
use crate::series::{check, check_same, dot};

/// A fitted linear regression.
#[derive(Clone, Debug, PartialEq)]
pub struct Ols {
    /// One coefficient for each column.
    pub coef: Vec<f64>,
    /// Standard error of each, under equal variances of independent errors.
    pub std_err: Vec<f64>,
    /// What the fit leaves of each observation.
    pub residuals: Vec<f64>,
    /// Sum of squared residuals.
    pub rss: f64,
    /// Sum of squares of y about its mean.
    pub tss_centred: f64,
}

impl Ols {
    /// Fits `y = columns * coef`; a constant must be among the columns if one is wanted. Needs more observations than
    /// columns, and columns that are linearly independent.
    pub fn fit(columns: &[&[f64]], y: &[f64]) -> Result<Self, Error> {
        let qr = Qr::new(columns, y)?;
        let (n, k) = (y.len(), columns.len());
        let coef = qr.solve();
        let mut residuals = y.to_vec();
        for (column, b) in columns.iter().zip(&coef) {
            for (r, x) in residuals.iter_mut().zip(*column) {
                *r -= b * x;
            }
        }
        let rss = dot(&residuals, &residuals);
        let s2 = rss / (n - k) as f64;
        let std_err = qr.inverse_gram_diagonal().into_iter().map(|d| libm::sqrt(s2 * d)).collect();
        let mean = crate::series::mean(y);
        let tss_centred = y.iter().map(|v| (v - mean) * (v - mean)).sum();
        Ok(Self { coef, std_err, residuals, rss, tss_centred })
    }

    /// Observations.
    pub fn len(&self) -> usize {
        self.residuals.len()
    }

    /// Never: a fit needs observations.
    pub fn is_empty(&self) -> bool {
        self.residuals.is_empty()
    }

    /// Share of the variance about the mean that is explained; meaningful when a constant is among the columns.
    /// `None` when y is constant.
    pub fn r_squared(&self) -> Option<f64> {
        (self.tss_centred > 0.0).then(|| 1.0 - self.rss / self.tss_centred)
    }
}

/// Relative size below which what is left of a column counts as nothing.
const RANK_TOLERANCE: f64 = 1e-12;

/// The QR factorisation of a design matrix, with Q'y beside it. Columns are kept in the order given, so that the
/// regressions on the first 1, 2, 3 ... columns are all contained in it.
pub(crate) struct Qr {
    /// Column-major; the upper triangle is R.
    a: Vec<Vec<f64>>,
    /// Q'y.
    qty: Vec<f64>,
    diagonal: Vec<f64>,
}

impl Qr {
    pub(crate) fn new(columns: &[&[f64]], y: &[f64]) -> Result<Self, Error> {
        let (n, k) = (y.len(), columns.len());
        check("regression: y", y, k + 1)?;
        for column in columns {
            check_same("regression: column", column.len(), "y", n)?;
            check("regression: column", column, k + 1)?;
        }
        let mut a: Vec<Vec<f64>> = columns.iter().map(|c| c.to_vec()).collect();
        let mut qty = y.to_vec();
        let mut diagonal = vec![0.0; k];
        for j in 0..k {
            let size = libm::sqrt(dot(&a[j], &a[j]));
            let norm = libm::sqrt(dot(&a[j][j..], &a[j][j..]));
            if norm.is_nan() || norm <= RANK_TOLERANCE * size {
                return Err(Error::Singular {
                    what: "regression design",
                    detail: format!("column {j} is a linear combination of those before it"),
                });
            }
            let alpha = if a[j][j] > 0.0 { -norm } else { norm };
            diagonal[j] = alpha;
            // The reflector v = x - alpha e_j is kept only while the later columns need it.
            let mut v = a[j][j..].to_vec();
            v[0] -= alpha;
            let vv = dot(&v, &v);
            let reflect = |target: &mut [f64]| {
                let c = 2.0 * dot(&v, target) / vv;
                for (t, w) in target.iter_mut().zip(&v) {
                    *t -= c * w;
                }
            };
            for column in &mut a[j + 1..] {
                reflect(&mut column[j..]);
            }
            reflect(&mut qty[j..]);
            a[j][j] = alpha;
        }
        Ok(Self { a, qty, diagonal })
    }

    fn solve(&self) -> Vec<f64> {
        let k = self.diagonal.len();
        let mut b = self.qty[..k].to_vec();
        for j in (0..k).rev() {
            b[j] /= self.diagonal[j];
            let bj = b[j];
            for (i, value) in b.iter_mut().enumerate().take(j) {
                *value -= self.a[j][i] * bj;
            }
        }
        b
    }

    /// Diagonal of (X'X)^-1: row norms of R^-1.
    fn inverse_gram_diagonal(&self) -> Vec<f64> {
        let k = self.diagonal.len();
        let mut out = vec![0.0; k];
        for column in 0..k {
            // R z = e_column gives one column of R^-1.
            let mut z = vec![0.0; k];
            z[column] = 1.0;
            for j in (0..=column).rev() {
                z[j] /= self.diagonal[j];
                let zj = z[j];
                for (i, value) in z.iter_mut().enumerate().take(j) {
                    *value -= self.a[j][i] * zj;
                }
            }
            for (o, v) in out.iter_mut().zip(&z) {
                *o += v * v;
            }
        }
        out
    }

    /// Sum of squared residuals of the regression on the first 0, 1, ... k columns.
    pub(crate) fn nested_rss(&self) -> Vec<f64> {
        let k = self.diagonal.len();
        let mut rss = dot(&self.qty[k..], &self.qty[k..]);
        let mut out = vec![rss];
        for j in (0..k).rev() {
            rss += self.qty[j] * self.qty[j];
            out.push(rss);
        }
        out.reverse();
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longley_by_hand() {
        // y = 1 + 2 x with residuals +-0.5 that are orthogonal to both columns.
        let x = [0.0, 1.0, 2.0, 3.0];
        let one = [1.0; 4];
        let y = [1.5, 2.5, 4.5, 7.5];
        let fit = Ols::fit(&[&one, &x], &y).unwrap();
        assert!((fit.coef[0] - 1.0).abs() < 1e-14);
        assert!((fit.coef[1] - 2.0).abs() < 1e-14);
        assert!((fit.rss - 1.0).abs() < 1e-14);
        // s2 = 1/2, Sxx = 5.
        assert!((fit.std_err[1] - libm::sqrt(0.5 / 5.0)).abs() < 1e-14);
        assert!((fit.r_squared().unwrap() - (1.0 - 1.0 / 21.0)).abs() < 1e-14);
    }

    #[test]
    fn a_column_given_twice_is_refused() {
        let x = [0.0, 1.0, 2.0, 3.0];
        assert!(matches!(Ols::fit(&[&x, &x], &[1.0, 2.0, 3.0, 5.0]), Err(Error::Singular { .. })));
    }

    #[test]
    fn nested_sums_are_those_of_the_smaller_fits() {
        let one = [1.0; 6];
        let x = [0.3, 1.0, 2.2, 3.0, 4.7, 5.1];
        let z = [1.0, -1.0, 0.5, 2.0, -0.3, 0.9];
        let y = [1.0, 2.0, 4.5, 3.0, 6.0, 7.0];
        let nested = Qr::new(&[&one, &x, &z], &y).unwrap().nested_rss();
        assert!((nested[0] - dot(&y, &y)).abs() < 1e-12);
        assert!((nested[2] - Ols::fit(&[&one, &x], &y).unwrap().rss).abs() < 1e-12);
        assert!((nested[3] - Ols::fit(&[&one, &x, &z], &y).unwrap().rss).abs() < 1e-12);
    }
}
