//! The quadratic programme with bounds and a budget alone, solved exactly by block pivoting.
//!
//! `minimise 1/2 w'Sw + q'w` with `sum w = budget` and `min <= w <= max`, `S` positive definite. Each asset is free or at
//! one of its bounds; the free ones solve a linear system, those on the wrong side change places all at once, and one at a
//! time when that stops helping (Portugal, Judice & Vicente 1994). A handful of factorisations gives the optimum to the
//! last digits, where an interior-point method needs two dozen.

use crate::certificate::Check;
use crate::constraints::Range;
use crate::covariance::dot;
use scalp_quant::matrix::{Cholesky, Matrix};

const ROUNDS_MAX: usize = 100;
/// Rounds without fewer misplaced assets after which one asset changes place at a time.
const PATIENCE: usize = 3;
/// How far on the wrong side counts as misplaced.
const MISPLACED_MIN: f64 = 1e-13;

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Free,
    Low,
    High,
}

/// What is to be minimised.
pub(crate) struct Boxed<'a> {
    /// Row by row, of order 1.
    pub quadratic: &'a [f64],
    pub linear: &'a [f64],
    pub bounds: &'a [Range],
    pub budget: f64,
}

impl Boxed<'_> {
    /// The optimum; nothing where the bounds exclude the budget, the matrix is not safely positive definite, or the pivots
    /// go round in circles: the general solver is asked then.
    pub fn solve(&self) -> Option<(Vec<f64>, Check)> {
        let least: f64 = self.bounds.iter().map(|it| it.min).sum();
        let most: f64 = self.bounds.iter().map(|it| it.max).sum();
        let crossed = self.bounds.iter().any(|it| it.min > it.max);
        if crossed || least > self.budget || most < self.budget {
            return None;
        }
        let mut places = vec![Place::Free; self.bounds.len()];
        let (mut fewest, mut patience) = (usize::MAX, PATIENCE);
        for _ in 0..ROUNDS_MAX {
            let (weights, gradient) = self.at(&places)?;
            let misplaced = self.misplaced(&places, &weights, &gradient);
            if misplaced.is_empty() {
                let check = self.check(&weights, &gradient);
                return Some((weights, check));
            }
            let chosen = if misplaced.len() < fewest {
                (fewest, patience) = (misplaced.len(), PATIENCE);
                &misplaced[..]
            } else if patience > 0 {
                patience -= 1;
                &misplaced[..]
            } else {
                &misplaced[misplaced.len() - 1..]
            };
            chosen.iter().for_each(|(asset, place)| places[*asset] = *place);
        }
        None
    }

    /// The weights for given places, and the gradient less the price of the budget.
    fn at(&self, places: &[Place]) -> Option<(Vec<f64>, Vec<f64>)> {
        let size = places.len();
        let free: Vec<usize> = (0..size).filter(|it| places[*it] == Place::Free).collect();
        if free.is_empty() {
            return None;
        }
        let mut weights = vec![0.0; size];
        for (asset, range) in self.bounds.iter().enumerate() {
            match places[asset] {
                Place::Free => {}
                Place::Low => weights[asset] = range.min,
                Place::High => weights[asset] = range.max,
            }
        }
        let mut part = Matrix::zeros(free.len(), free.len());
        for (a, &row) in free.iter().enumerate() {
            let values = &self.quadratic[row * size..(row + 1) * size];
            for (b, &column) in free.iter().enumerate() {
                part[(a, b)] = values[column];
            }
        }
        let factor = Cholesky::of(&part).ok()?;
        let right: Vec<f64> = free
            .iter()
            .map(|&it| -self.linear[it] - dot(&self.quadratic[it * size..(it + 1) * size], &weights))
            .collect();
        let ones = factor.solve(&vec![1.0; free.len()]).ok()?;
        let base = factor.solve(&right).ok()?;
        let left = self.budget - weights.iter().sum::<f64>() - base.iter().sum::<f64>();
        let price = left / ones.iter().sum::<f64>();
        for ((&asset, one), base) in free.iter().zip(&ones).zip(&base) {
            weights[asset] = base + price * one;
        }
        let gradient = self.quadratic.chunks_exact(size).zip(self.linear);
        let gradient = gradient.map(|(row, linear)| dot(row, &weights) + linear - price).collect();
        Some((weights, gradient))
    }

    fn misplaced(&self, places: &[Place], weights: &[f64], gradient: &[f64]) -> Vec<(usize, Place)> {
        let mut misplaced = Vec::new();
        for (asset, range) in self.bounds.iter().enumerate() {
            let to = match places[asset] {
                Place::Free if weights[asset] < range.min - MISPLACED_MIN => Place::Low,
                Place::Free if weights[asset] > range.max + MISPLACED_MIN => Place::High,
                Place::Low if gradient[asset] < -MISPLACED_MIN => Place::Free,
                Place::High if gradient[asset] > MISPLACED_MIN => Place::Free,
                _ => continue,
            };
            misplaced.push((asset, to));
        }
        misplaced
    }

    /// The residuals, from the weights and the gradient alone: an asset inside its bounds has no gradient, one at a bound
    /// has it pointing outward.
    fn check(&self, weights: &[f64], gradient: &[f64]) -> Check {
        let mut check = Check::exact((weights.iter().sum::<f64>() - self.budget).abs());
        for ((range, weight), slope) in self.bounds.iter().zip(weights).zip(gradient) {
            check.primal = check.primal.max(range.min - weight).max(weight - range.max);
            let room = if *slope > 0.0 { weight - range.min } else { range.max - weight };
            let slack = slope.abs().min(room.max(0.0));
            check.stationarity = check.stationarity.max(slack);
            check.gap += slope.abs() * room.clamp(0.0, 1.0 + weight.abs());
        }
        check
    }
}
