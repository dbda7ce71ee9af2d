//! Limited-memory BFGS: for many variables.

use super::line_search::Line;
use super::{Minimum, Stop, check_start, dot, norm_max, scale, value_at_start};
use crate::Error;

/// Steps remembered.
const MEMORY: usize = 10;

/// Minimises a smooth function of many variables from `start`; as [`bfgs`](super::bfgs), in space `O(n)`. Nocedal &
/// Wright, algorithms 7.4 and 7.5, with the last ten steps.
pub fn lbfgs(
    mut f: impl FnMut(&[f64], &mut [f64]) -> f64,
    start: &[f64],
    stop: &Stop,
) -> Result<Minimum, Error> {
    check_start(stop.what, start)?;
    let n = start.len();
    let mut x = start.to_vec();
    let mut gradient = vec![0.0; n];
    let mut value = value_at_start(&mut f, stop.what, &x, &mut gradient)?;
    let mut memory = Memory::default();
    let (mut direction, mut trial_x, mut trial_gradient) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    let mut evaluations = 1;
    let first_value = value;
    for iterations in 0..stop.iterations_max {
        let gradient_norm = norm_max(&gradient);
        let size = scale(value, first_value);
        if gradient_norm <= stop.tolerance * size {
            return Ok(Minimum { x, value, gradient_norm, iterations, evaluations });
        }
        memory.direction(&gradient, &mut direction);
        let mut slope = dot(&gradient, &direction);
        if slope >= 0.0 {
            memory.steps.clear();
            memory.direction(&gradient, &mut direction);
            slope = dot(&gradient, &direction);
        }
        let fresh = memory.steps.is_empty();
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
            if !fresh && -0.5 * slope <= 1e-12 * size {
                return Ok(Minimum { x, value, gradient_norm, iterations, evaluations });
            }
            if fresh {
                let detail = format!("no step lowers the value, gradient {gradient_norm:.3e}");
                return Err(Error::NotConverged { what: stop.what, iterations, detail });
            }
            memory.steps.clear();
            continue;
        };
        let s: Vec<f64> = trial_x.iter().zip(&x).map(|(to, from)| to - from).collect();
        let y: Vec<f64> = trial_gradient.iter().zip(&gradient).map(|(to, from)| to - from).collect();
        memory.learn(s, y);
        std::mem::swap(&mut x, &mut trial_x);
        std::mem::swap(&mut gradient, &mut trial_gradient);
        value = lower;
    }
    let detail = format!("gradient {:.3e} at value {value}", norm_max(&gradient));
    Err(Error::NotConverged { what: stop.what, iterations: stop.iterations_max, detail })
}

/// The last steps, the changes of the gradient they brought, and the inner product of the two.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) steps: Vec<(Vec<f64>, Vec<f64>, f64)>,
}

impl Memory {
    pub(super) fn learn(&mut self, s: Vec<f64>, y: Vec<f64>) {
        let sy = dot(&s, &y);
        if sy <= 1e-300 || sy <= 1e-14 * (dot(&s, &s) * dot(&y, &y)).sqrt() {
            return;
        }
        if self.steps.len() == MEMORY {
            self.steps.remove(0);
        }
        self.steps.push((s, y, sy));
    }

    /// The two-loop recursion.
    pub(super) fn direction(&self, gradient: &[f64], out: &mut [f64]) {
        out.iter_mut().zip(gradient).for_each(|(to, g)| *to = -g);
        let mut weights = [0.0; MEMORY];
        for (weight, (s, y, sy)) in weights.iter_mut().zip(&self.steps).rev() {
            *weight = dot(s, out) / sy;
            out.iter_mut().zip(y).for_each(|(to, c)| *to -= *weight * c);
        }
        if let Some((_, y, sy)) = self.steps.last() {
            let scale = sy / dot(y, y);
            out.iter_mut().for_each(|to| *to *= scale);
        }
        for (weight, (s, y, sy)) in weights.iter().zip(&self.steps) {
            let correction = weight - dot(y, out) / sy;
            out.iter_mut().zip(s).for_each(|(to, c)| *to += correction * c);
        }
    }
}
