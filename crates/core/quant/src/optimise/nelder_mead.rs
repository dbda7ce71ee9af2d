//! The simplex search of Nelder and Mead (1965), for functions without a gradient.

use super::{Minimum, Stop, check_start, gradient_by_differences, norm_max};
use crate::Error;

/// How often a search that seems done is started again from where it ended, to see whether it stays there.
const RESTARTS: usize = 3;

/// Minimises `f` from `start` with a simplex whose corners lie `scale[i]` away along each axis.
///
/// The coefficients depend on the dimension as Gao & Han (2012) advise, and a finished search is restarted with a fresh
/// simplex: a simplex can collapse where there is no minimum (McKinnon 1998), and only a search that returns to the same
/// value is believed.
pub fn nelder_mead(
    mut f: impl FnMut(&[f64]) -> f64,
    start: &[f64],
    scale: &[f64],
    stop: &Stop,
) -> Result<Minimum, Error> {
    check_start(stop.what, start)?;
    if scale.len() != start.len() {
        let (left_len, right_len) = (start.len(), scale.len());
        return Err(Error::Lengths { left: "start", left_len, right: "scale", right_len });
    }
    if let Some(index) = scale.iter().position(|s| !(s.is_finite() && *s != 0.0)) {
        let expected = "a finite number other than zero";
        return Err(Error::OutOfRange { what: "scale", index, value: scale[index], expected });
    }
    let mut evaluations = 0;
    let mut counted = |x: &[f64]| {
        evaluations += 1;
        let value = f(x);
        if value.is_nan() { f64::INFINITY } else { value }
    };
    if !counted(start).is_finite() {
        let detail = "the start is outside its domain".to_owned();
        return Err(Error::NotConverged { what: stop.what, iterations: 0, detail });
    }
    let mut iterations = 0;
    let mut best = start.to_vec();
    let mut value = f64::INFINITY;
    for round in 0..=RESTARTS {
        let shrink = if round == 0 { 1.0 } else { 0.1 };
        let mut simplex = Simplex::around(&best, scale, shrink, &mut counted);
        simplex.descend(&mut counted, stop, &mut iterations)?;
        let (lowest, x) = simplex.corners.swap_remove(0);
        let stayed = value - lowest <= stop.tolerance * lowest.abs().max(1.0);
        (best, value) = (x, lowest);
        if stayed {
            break;
        }
        if round == RESTARTS {
            let detail = format!("every restart went lower, the last to {value}");
            return Err(Error::NotConverged { what: stop.what, iterations, detail });
        }
    }
    let gradient_norm = norm_max(&gradient_by_differences(&mut counted, &best));
    Ok(Minimum { x: best, value, gradient_norm, iterations, evaluations })
}

/// Corners with their values, lowest first.
struct Simplex {
    corners: Vec<(f64, Vec<f64>)>,
}

impl Simplex {
    fn around(x: &[f64], scale: &[f64], shrink: f64, f: &mut impl FnMut(&[f64]) -> f64) -> Self {
        let mut corners = vec![(f(x), x.to_vec())];
        for i in 0..x.len() {
            let mut corner = x.to_vec();
            corner[i] += shrink * scale[i];
            corners.push((f(&corner), corner));
        }
        Self { corners }
    }

    fn descend(
        &mut self,
        f: &mut impl FnMut(&[f64]) -> f64,
        stop: &Stop,
        iterations: &mut usize,
    ) -> Result<(), Error> {
        let n = self.corners.len() - 1;
        let dimension = n as f64;
        let expansion = 1.0 + 2.0 / dimension;
        let contraction = 0.75 - 0.5 / dimension;
        let reduction = if n == 1 { 0.5 } else { 1.0 - 1.0 / dimension };
        loop {
            self.corners.sort_by(|a, b| a.0.total_cmp(&b.0));
            if self.is_small(stop.tolerance) {
                return Ok(());
            }
            if *iterations == stop.iterations_max {
                let spread = self.corners[n].0 - self.corners[0].0;
                let detail = format!("values over the simplex differ by {spread:.3e}");
                return Err(Error::NotConverged { what: stop.what, iterations: *iterations, detail });
            }
            *iterations += 1;
            let centre: Vec<f64> = (0..n)
                .map(|i| self.corners[..n].iter().map(|(_, x)| x[i]).sum::<f64>() / dimension)
                .collect();
            let worst = self.corners[n].clone();
            let along =
                |t: f64| -> Vec<f64> { centre.iter().zip(&worst.1).map(|(c, w)| c + t * (c - w)).collect() };
            let mut try_at = |t: f64| {
                let x = along(t);
                (f(&x), x)
            };
            let reflected = try_at(1.0);
            let (lowest, second) = (self.corners[0].0, self.corners[n - 1].0);
            let replacement = if reflected.0 < lowest {
                let expanded = try_at(expansion);
                Some(if expanded.0 < reflected.0 { expanded } else { reflected })
            } else if reflected.0 < second {
                Some(reflected)
            } else {
                let inside = reflected.0 >= worst.0;
                let contracted = try_at(if inside { -contraction } else { contraction });
                (contracted.0 < worst.0.min(reflected.0)).then_some(contracted)
            };
            match replacement {
                Some(corner) => self.corners[n] = corner,
                None => self.shrink(reduction, f),
            }
        }
    }

    fn shrink(&mut self, reduction: f64, f: &mut impl FnMut(&[f64]) -> f64) {
        let best = self.corners[0].1.clone();
        for (value, x) in &mut self.corners[1..] {
            x.iter_mut().zip(&best).for_each(|(c, b)| *c = b + reduction * (*c - b));
            *value = f(x);
        }
    }

    fn is_small(&self, tolerance: f64) -> bool {
        let (lowest, best) = &self.corners[0];
        let spread = self.corners[self.corners.len() - 1].0 - lowest;
        // The value of a smooth function changes with the square of the distance from its minimum.
        let close = tolerance.sqrt();
        spread <= tolerance * lowest.abs().max(1.0)
            && self.corners[1..]
                .iter()
                .all(|(_, x)| x.iter().zip(best).all(|(c, b)| (c - b).abs() <= close * b.abs().max(1.0)))
    }
}
