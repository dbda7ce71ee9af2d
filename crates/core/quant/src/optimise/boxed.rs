//! Limited-memory BFGS in a box: each variable between its bounds. The two-metric projection of Bertsekas (1982): variables
//! that are held at a bound by the gradient stay, the others move along the quasi-Newton direction, and every trial is
//! projected into the box.

use super::lbfgs::Memory;
use super::{Minimum, Stop, check_start, scale, value_at_start};
use crate::Error;

const SUFFICIENT_DECREASE: f64 = 1e-4;
const HALVINGS_MAX: usize = 60;
/// Differences of values below this, relative, are rounding.
const ROUNDING: f64 = 1e-14;

/// Bounds of each variable; an infinity where there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds<'a> {
    /// Least values.
    pub lower: &'a [f64],
    /// Greatest values.
    pub upper: &'a [f64],
}

/// Minimises a smooth function from `start`, which is moved into the box first; it is never asked outside. The gradient
/// that must become small is its part that does not point out of the box. Otherwise as [`lbfgs`](super::lbfgs).
pub fn lbfgs_in_box(
    mut f: impl FnMut(&[f64], &mut [f64]) -> f64,
    start: &[f64],
    bounds: Bounds,
    stop: &Stop,
) -> Result<Minimum, Error> {
    check_start(stop.what, start)?;
    bounds.check(start.len())?;
    let n = start.len();
    let mut x = start.to_vec();
    bounds.project(&mut x);
    let mut gradient = vec![0.0; n];
    let mut value = value_at_start(&mut f, stop.what, &x, &mut gradient)?;
    let first_value = value;
    let mut memory = Memory::default();
    let mut held = vec![false; n];
    let (mut direction, mut free) = (vec![0.0; n], vec![0.0; n]);
    let (mut trial_x, mut trial_gradient) = (vec![0.0; n], vec![0.0; n]);
    let mut evaluations = 1;
    for iterations in 0..stop.iterations_max {
        let size = scale(value, first_value);
        let mut changed = false;
        let mut gradient_norm = 0.0_f64;
        for i in 0..n {
            let now = (x[i] <= bounds.lower[i] && gradient[i] > 0.0)
                || (x[i] >= bounds.upper[i] && gradient[i] < 0.0);
            changed |= now != held[i];
            held[i] = now;
            free[i] = if now { 0.0 } else { gradient[i] };
            gradient_norm = gradient_norm.max(free[i].abs());
        }
        if gradient_norm <= stop.tolerance * size {
            return Ok(Minimum { x, value, gradient_norm, iterations, evaluations });
        }
        // What was learnt with other variables held does not describe the space of these.
        if changed {
            memory.steps.clear();
        }
        let mut lower = None;
        for fresh in [memory.steps.is_empty(), true] {
            if fresh {
                memory.steps.clear();
            }
            memory.direction(&free, &mut direction);
            let first = if fresh { (1.0 / gradient_norm).min(1.0) } else { 1.0 };
            let mut step = first;
            for _ in 0..HALVINGS_MAX {
                let mut slope = 0.0;
                for i in 0..n {
                    let to = x[i] + if held[i] { 0.0 } else { step * direction[i] };
                    trial_x[i] = to.clamp(bounds.lower[i], bounds.upper[i]);
                    slope += gradient[i] * (trial_x[i] - x[i]);
                }
                evaluations += 1;
                let trial = f(&trial_x, &mut trial_gradient);
                let allowed = value + SUFFICIENT_DECREASE * slope + ROUNDING * value.abs();
                let sound = trial.is_finite() && trial_gradient.iter().all(|g| g.is_finite());
                if slope < 0.0 && sound && trial <= allowed {
                    lower = Some(trial);
                    break;
                }
                step *= 0.5;
            }
            if lower.is_some() || fresh {
                break;
            }
        }
        let Some(trial) = lower else {
            let detail = format!("no step lowers the value, gradient {gradient_norm:.3e}");
            return Err(Error::NotConverged { what: stop.what, iterations, detail });
        };
        let mask = |i: usize, v: f64| if held[i] { 0.0 } else { v };
        let s: Vec<f64> = (0..n).map(|i| mask(i, trial_x[i] - x[i])).collect();
        let y: Vec<f64> = (0..n).map(|i| mask(i, trial_gradient[i] - gradient[i])).collect();
        memory.learn(s, y);
        std::mem::swap(&mut x, &mut trial_x);
        std::mem::swap(&mut gradient, &mut trial_gradient);
        value = trial;
    }
    let detail = format!("still moving at value {value}");
    Err(Error::NotConverged { what: stop.what, iterations: stop.iterations_max, detail })
}

impl Bounds<'_> {
    fn check(&self, n: usize) -> Result<(), Error> {
        for (right, bounds) in [("lower bounds", self.lower), ("upper bounds", self.upper)] {
            if bounds.len() != n {
                return Err(Error::Lengths { left: "start", left_len: n, right, right_len: bounds.len() });
            }
        }
        let crossed = |(low, high): (&f64, &f64)| low.is_nan() || high.is_nan() || low > high;
        if let Some(index) = self.lower.iter().zip(self.upper).position(crossed) {
            let expected = "at most the upper bound";
            return Err(Error::OutOfRange {
                what: "lower bounds",
                index,
                value: self.lower[index],
                expected,
            });
        }
        Ok(())
    }

    fn project(&self, x: &mut [f64]) {
        for ((v, low), high) in x.iter_mut().zip(self.lower).zip(self.upper) {
            *v = v.clamp(*low, *high);
        }
    }
}
