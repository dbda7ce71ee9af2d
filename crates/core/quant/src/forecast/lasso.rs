//! The lasso on normal equations: the minimum of `x'Hx / 2 - b'x + penalty * sum |x_i|` over the last entries, the first
//! ones being free. Coordinate descent finds which are zero, one linear system the rest exactly.

use crate::Error;
use nalgebra::{DMatrix, DVector};

const SWEEPS_MAX: usize = 20_000;
/// Sweeps between two tries to finish exactly.
const SWEEPS: usize = 20;

/// Solves for a positive definite `h`; the entries from `free` on are penalised.
pub(super) fn lasso(
    h: &DMatrix<f64>,
    b: &DVector<f64>,
    free: usize,
    penalty: f64,
) -> Result<DVector<f64>, Error> {
    let n = b.len();
    let singular =
        || Error::Singular { what: "normal equations", detail: "terms depend on each other".into() };
    let rest = n - free;
    // The free ones follow from the others, which leaves a smaller problem.
    let huu = h.view((0, 0), (free, free)).clone_owned().cholesky().ok_or_else(singular)?;
    let hul = h.view((0, free), (free, rest)).clone_owned();
    let bu = b.rows(0, free).clone_owned();
    let solved = huu.solve(&hul);
    let s = h.view((free, free), (rest, rest)) - hul.transpose() * &solved;
    let c = b.rows(free, rest) - solved.transpose() * &bu;
    let inner = if rest == 0 { DVector::zeros(0) } else { descend(&s, &c, penalty)? };
    let outer = huu.solve(&(bu - &hul * &inner));
    Ok(DVector::from_iterator(n, outer.iter().chain(inner.iter()).copied()))
}

fn descend(s: &DMatrix<f64>, c: &DVector<f64>, penalty: f64) -> Result<DVector<f64>, Error> {
    let n = c.len();
    let mut x = DVector::zeros(n);
    for sweep in 1..=SWEEPS_MAX {
        for i in 0..n {
            if s[(i, i)] <= 0.0 {
                return Err(Error::Singular {
                    what: "normal equations",
                    detail: format!("term {i} has no size"),
                });
            }
            let others: f64 = (0..n).filter(|j| *j != i).map(|j| s[(i, j)] * x[j]).sum();
            let pull: f64 = c[i] - others;
            x[i] = if pull.abs() <= penalty { 0.0 } else { (pull - penalty.copysign(pull)) / s[(i, i)] };
        }
        if sweep % SWEEPS == 0
            && let Some(exact) = finish(s, c, penalty, &x)
        {
            return Ok(exact);
        }
    }
    Err(Error::NotConverged {
        what: "lasso",
        iterations: SWEEPS_MAX,
        detail: "the set of zeros still changes".into(),
    })
}

/// The exact minimum if zeros and signs are those of `x`; `None` if that is contradicted.
fn finish(s: &DMatrix<f64>, c: &DVector<f64>, penalty: f64, x: &DVector<f64>) -> Option<DVector<f64>> {
    let active: Vec<usize> = (0..x.len()).filter(|i| x[*i].abs() > 0.0).collect();
    let k = active.len();
    let mut out = DVector::zeros(x.len());
    if k > 0 {
        let inner = DMatrix::from_fn(k, k, |i, j| s[(active[i], active[j])]);
        let right = DVector::from_fn(k, |i, _| c[active[i]] - penalty.copysign(x[active[i]]));
        let solved = inner.cholesky()?.solve(&right);
        for (i, a) in active.iter().enumerate() {
            if solved[i] * x[*a] <= 0.0 {
                return None;
            }
            out[*a] = solved[i];
        }
    }
    // Whatever is zero must be held there by the penalty.
    let slope = c - s * &out;
    let held = (0..x.len()).all(|i| out[i].abs() > 0.0 || slope[i].abs() <= penalty * (1.0 + 1e-9));
    held.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_step_away_is_better() {
        let h = DMatrix::from_row_slice(
            4,
            4,
            &[4.0, 1.0, 0.5, 0.2, 1.0, 3.0, 1.2, 0.9, 0.5, 1.2, 2.0, 1.1, 0.2, 0.9, 1.1, 1.5],
        );
        let b = DVector::from_row_slice(&[1.0, -2.0, 0.3, 0.4]);
        let value = |x: &DVector<f64>| {
            0.5 * x.dot(&(&h * x)) - b.dot(x) + 1.2 * (x[1].abs() + x[2].abs() + x[3].abs())
        };
        let got = lasso(&h, &b, 1, 1.2).unwrap();
        let least = value(&got);
        for i in 0..4 {
            for step in [-1e-3, 1e-3, -0.1, 0.1] {
                let mut x = got.clone();
                x[i] += step;
                assert!(value(&x) > least);
            }
        }
        assert!(got.iter().any(|v| v.abs() <= 0.0));
    }
}
