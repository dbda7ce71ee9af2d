//! The method of Broyden, Fletcher, Goldfarb and Shanno with a dense inverse Hessian: for up to some dozens of variables.

use super::line_search::Line;
use super::{Minimum, Stop, check_start, dot, norm_max, scale, value_at_start};
use crate::Error;

/// Minimises a smooth function from `start`. `f` writes its gradient into its second argument and returns its value.
///
/// Ends when the gradient is small as [`Stop`] says, or when no step can lower the value and the decrease that a Newton
/// step promises lies below the rounding of the value; otherwise `NotConverged`. Space `O(n^2)`. Nocedal & Wright,
/// algorithm 6.1, with their scaling (6.20) of the first inverse Hessian.
pub fn bfgs(
    mut f: impl FnMut(&[f64], &mut [f64]) -> f64,
    start: &[f64],
    stop: &Stop,
) -> Result<Minimum, Error> {
    check_start(stop.what, start)?;
    let n = start.len();
    let mut x = start.to_vec();
    let mut gradient = vec![0.0; n];
    let mut value = value_at_start(&mut f, stop.what, &x, &mut gradient)?;
    let mut inverse = Inverse::identity(n);
    let mut fresh = true;
    let (mut direction, mut trial_x, mut trial_gradient) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    let mut evaluations = 1;
    let first_value = value;
    for iterations in 0..stop.iterations_max {
        let gradient_norm = norm_max(&gradient);
        let size = scale(value, first_value);
        if gradient_norm <= stop.tolerance * size {
            return Ok(Minimum { x, value, gradient_norm, iterations, evaluations });
        }
        inverse.direction(&gradient, &mut direction);
        let mut slope = dot(&gradient, &direction);
        if slope >= 0.0 {
            inverse = Inverse::identity(n);
            fresh = true;
            inverse.direction(&gradient, &mut direction);
            slope = dot(&gradient, &direction);
        }
        let first = if fresh { (1.0 / gradient_norm).min(1.0) } else { 1.0 };
        let mut line = Line {
            x: &x,
            value,
            slope,
            direction: &direction,
            trial_x: &mut trial_x,
            trial_gradient: &mut trial_gradient,
            evaluations: &mut evaluations,
        };
        let Some(lower) = line.search(&mut f, first) else {
            let promised = -0.5 * slope;
            if !fresh && promised <= 1e-12 * size {
                return Ok(Minimum { x, value, gradient_norm, iterations, evaluations });
            }
            if fresh {
                let detail = format!("no step lowers the value, gradient {gradient_norm:.3e}");
                return Err(Error::NotConverged { what: stop.what, iterations, detail });
            }
            inverse = Inverse::identity(n);
            fresh = true;
            continue;
        };
        for i in 0..n {
            direction[i] = trial_x[i] - x[i];
            gradient[i] = trial_gradient[i] - gradient[i];
        }
        inverse.learn(&direction, &gradient, fresh);
        fresh = false;
        std::mem::swap(&mut x, &mut trial_x);
        std::mem::swap(&mut gradient, &mut trial_gradient);
        value = lower;
    }
    let detail = format!("gradient {:.3e} at value {value}", norm_max(&gradient));
    Err(Error::NotConverged { what: stop.what, iterations: stop.iterations_max, detail })
}

/// The approximate inverse Hessian, row by row.
struct Inverse {
    n: usize,
    entries: Vec<f64>,
    product: Vec<f64>,
}

impl Inverse {
    fn identity(n: usize) -> Self {
        let mut entries = vec![0.0; n * n];
        entries.iter_mut().step_by(n + 1).for_each(|e| *e = 1.0);
        Self { n, entries, product: vec![0.0; n] }
    }

    fn direction(&self, gradient: &[f64], out: &mut [f64]) {
        for (to, row) in out.iter_mut().zip(self.entries.chunks_exact(self.n)) {
            *to = -dot(row, gradient);
        }
    }

    /// Takes in that a step `s` changed the gradient by `y`.
    fn learn(&mut self, s: &[f64], y: &[f64], fresh: bool) {
        let sy = dot(s, y);
        let yy = dot(y, y);
        if sy <= 1e-300 || sy <= 1e-14 * (dot(s, s) * yy).sqrt() {
            return;
        }
        if fresh {
            self.entries.iter_mut().for_each(|e| *e *= sy / yy);
        }
        for (to, row) in self.product.iter_mut().zip(self.entries.chunks_exact(self.n)) {
            *to = dot(row, y);
        }
        let scale = (1.0 + dot(y, &self.product) / sy) / sy;
        for (i, row) in self.entries.chunks_exact_mut(self.n).enumerate() {
            for (j, e) in row.iter_mut().enumerate() {
                *e += scale * s[i] * s[j] - (self.product[i] * s[j] + s[i] * self.product[j]) / sy;
            }
        }
    }
}
