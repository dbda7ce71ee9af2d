//! The lasso on normal equations: the minimum of `x'Hx / 2 - b'x + penalty * sum |x_i|` over the last entries, the first
//! ones being free. Coordinate descent finds which are zero, one linear system the rest exactly.

use crate::Error;
use crate::matrix::{Cholesky, Matrix, dot};

const SWEEPS_MAX: usize = 20_000;
/// Sweeps between two tries to finish exactly.
const SWEEPS: usize = 20;

/// Solves for a positive definite `h`; the entries from `free` on are penalised. `guess` is the solution of a problem nearby,
/// or empty: where its zeros and signs are right, there is nothing to search.
pub(super) fn lasso(
    h: &Matrix,
    b: &[f64],
    free: usize,
    penalty: f64,
    guess: &[f64],
) -> Result<Vec<f64>, Error> {
    let rest = b.len() - free;
    // The free ones follow from the others, which leaves a smaller problem.
    let huu = Cholesky::of(&Matrix::from_fn(free, free, |i, j| h[(i, j)]))?;
    let (bu, bl) = b.split_at(free);
    let solved: Vec<Vec<f64>> = (0..rest)
        .map(|j| huu.solve(&(0..free).map(|i| h[(i, free + j)]).collect::<Vec<f64>>()))
        .collect::<Result<_, _>>()?;
    let s = Matrix::symmetric_from(rest, |i, j| {
        let carried: f64 = (0..free).map(|k| h[(k, free + i)] * solved[j][k]).sum();
        h[(free + i, free + j)] - carried
    });
    let c: Vec<f64> = bl.iter().zip(&solved).map(|(b, solved)| b - dot(solved, bu)).collect();
    let known = guess.get(free..).filter(|it| it.len() == rest).and_then(|it| finish(&s, &c, penalty, it));
    let inner = match known {
        Some(exact) => exact,
        None if rest == 0 => Vec::new(),
        None => descend(&s, &c, penalty)?,
    };
    let left: Vec<f64> = (0..free)
        .map(|i| bu[i] - inner.iter().enumerate().map(|(j, x)| h[(i, free + j)] * x).sum::<f64>())
        .collect();
    let mut out = huu.solve(&left)?;
    out.extend(inner);
    Ok(out)
}

fn descend(s: &Matrix, c: &[f64], penalty: f64) -> Result<Vec<f64>, Error> {
    let n = c.len();
    let mut x = vec![0.0; n];
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
fn finish(s: &Matrix, c: &[f64], penalty: f64, x: &[f64]) -> Option<Vec<f64>> {
    let active: Vec<usize> = (0..x.len()).filter(|i| x[*i].abs() > 0.0).collect();
    let k = active.len();
    let mut out = vec![0.0; x.len()];
    if k > 0 {
        let inner = Matrix::from_fn(k, k, |i, j| s[(active[i], active[j])]);
        let right: Vec<f64> = active.iter().map(|a| c[*a] - penalty.copysign(x[*a])).collect();
        let solved = Cholesky::of(&inner).ok()?.solve(&right).ok()?;
        for (solved, a) in solved.iter().zip(&active) {
            if solved * x[*a] <= 0.0 {
                return None;
            }
            out[*a] = *solved;
        }
    }
    // Whatever is zero must be held there by the penalty.
    let held = (0..x.len())
        .all(|i| out[i].abs() > 0.0 || (c[i] - dot(s.row(i), &out)).abs() <= penalty * (1.0 + 1e-9));
    held.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_step_away_is_better() {
        let rows = [[4.0, 1.0, 0.5, 0.2], [1.0, 3.0, 1.2, 0.9], [0.5, 1.2, 2.0, 1.1], [0.2, 0.9, 1.1, 1.5]];
        let h = Matrix::from_rows(&rows).unwrap();
        let b = [1.0, -2.0, 0.3, 0.4];
        let value = |x: &[f64]| {
            0.5 * h.quadratic_form(x).unwrap() - dot(&b, x) + 1.2 * (x[1].abs() + x[2].abs() + x[3].abs())
        };
        let got = lasso(&h, &b, 1, 1.2, &[]).unwrap();
        let least = value(&got);
        for i in 0..4 {
            for step in [-1e-3, 1e-3, -0.1, 0.1] {
                let mut x = got.clone();
                x[i] += step;
                assert!(value(&x) > least);
            }
        }
        assert!(got.iter().any(|v| v.abs() <= 0.0));
        // A guess changes nothing, a right or a wrong one.
        for guess in [got.clone(), vec![1.0; 4], vec![0.0; 4], vec![-1.0; 4]] {
            let again = lasso(&h, &b, 1, 1.2, &guess).unwrap();
            assert!(got.iter().zip(&again).all(|(a, b)| (a - b).abs() < 1e-14));
        }
    }
}
